//! An authorize URL, read parameter by parameter: what each one is, whether it is right, and what is missing.
//!
//! The address is taken apart as it is written, before any library mends it: a blank, a bare `&` inside of a redirect URI
//! or a value that was encoded twice is just what goes wrong in addresses that were put together by hand.

mod against;
mod endpoint;
mod judge;
mod read;

pub use endpoint::Endpoint;

use super::{LintFinding, worst_first};
use crate::{
    entra::registration::{Application, Grants},
    finding::Severity,
    oauth::parameters,
    secret,
};

/// What was read from an address.
#[derive(Clone, Debug)]
pub struct UrlReport {
    /// Which endpoint it leads to.
    pub endpoint: Endpoint,
    /// The address without its query.
    pub base: String,
    /// The tenant's segment, where there is one.
    pub tenant: Option<String>,
    /// The parameters in their order.
    pub parameters: Vec<Parameter>,
    /// What could be sent and is not, with what that means.
    pub absent: Vec<(&'static str, &'static str)>,
    /// What the checks say, the worst first.
    pub findings: Vec<LintFinding>,
    /// The values as they are, for comparison with a registration.
    sent: Vec<(String, String)>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value, decoded once; a secret is masked.
    pub value: String,
    /// What it is.
    pub about: String,
    /// Whether the endpoint knows it.
    pub is_known: bool,
    /// Whether the value was masked.
    pub is_secret: bool,
}

impl UrlReport {
    /// A parameter's value; of several the first. Empty ones count as absent.
    fn get(&self, name: &str) -> Option<&str> {
        self.sent
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The worst that is said about a parameter.
    pub fn worst(&self, name: &str) -> Severity {
        let about = self.findings.iter().filter(|finding| finding.place == name);
        about.map(|finding| finding.severity).max().unwrap_or(Severity::Passed)
    }

    /// Who signs in at this tenant's segment.
    pub fn audience(&self) -> &'static str {
        match self.tenant.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("common") => "work accounts of every tenant, and personal accounts",
            Some("organizations") => "work accounts of every tenant",
            Some("consumers") => "personal accounts",
            Some(_) => "people and guests of this tenant",
            None => "",
        }
    }

    /// Compares it with the registration of its client, and with what was granted.
    pub fn compare(&mut self, application: &Application, grants: Option<&Grants>) {
        against::check(self, application, grants);
        worst_first(&mut self.findings);
    }
}

/// Reads and checks an address, out of whatever text stands around it. The error is a sentence.
pub fn url(text: &str) -> Result<UrlReport, String> {
    let address = read::address(text)?;
    let mut report = UrlReport {
        endpoint: address.endpoint(),
        base: address.base.clone(),
        tenant: address.tenant(),
        parameters: address.parameters.iter().map(|raw| annotated(address.endpoint(), raw)).collect(),
        absent: Vec::new(),
        findings: Vec::new(),
        sent: address.parameters.iter().map(|raw| (raw.name.clone(), raw.value.clone())).collect(),
    };
    read::check(&address, &mut report.findings);
    endpoint::check(&address, &mut report);
    if report.endpoint == Endpoint::Authorize || report.endpoint == Endpoint::AuthorizeV1 {
        judge::check(&mut report);
    } else if report.endpoint == Endpoint::AdminConsent || report.endpoint == Endpoint::AdminConsentV1 {
        judge::admin_consent(&mut report);
    }
    judge::leaks::check(&mut report);
    worst_first(&mut report.findings);
    Ok(report)
}

/// What may not stand in an address: it ends up in histories, logs and `Referer` headers.
const SECRETS: [&str; 9] = [
    "client_secret",
    "password",
    "refresh_token",
    "access_token",
    "client_assertion",
    "assertion",
    "code_verifier",
    "code",
    "device_code",
];

fn annotated(endpoint: Endpoint, raw: &read::Raw) -> Parameter {
    let known = parameters::meaning(&raw.name).filter(|_| !parameters::is_header(&raw.name));
    let is_known = endpoint.takes(&raw.name);
    let about = match known {
        Some(known) if is_known => known.short.to_owned(),
        Some(known) => format!("{}; not for this endpoint", known.short),
        None if is_known => endpoint::own_meaning(&raw.name).to_owned(),
        None => "not known; Entra ignores it".to_owned(),
    };
    let is_listed = SECRETS.contains(&raw.name.to_ascii_lowercase().as_str());
    let found = secret::find::in_parameter(&raw.name, &raw.value);
    // Of what the endpoint knows nothing else is secret, unless a token hides in it.
    let found = if is_known && !secret::find::is_jwt(&raw.value) { Vec::new() } else { found };
    let is_secret = !raw.value.is_empty() && (is_listed || !found.is_empty());
    let value = if is_listed {
        secret::mask(&raw.value)
    } else {
        secret::find::replace(&raw.value, &found, |_, text| secret::mask(text))
    };
    Parameter { name: raw.name.clone(), value, about, is_known, is_secret }
}
