//! What can be said about a request before it is sent. Nothing here forbids anything: people bend requests to see what
//! happens, and the findings only say what to expect.

mod assertion;
mod authorize;
mod call;
mod client_credentials;
mod device_code;
mod errand;
mod machine_token;
mod on_behalf_of;
mod password;
mod redeem;
mod redirect_uri;
mod refresh;
mod token;

pub(super) use assertion::assertion;
pub(super) use authorize::authorize;
pub(super) use call::call;
pub(super) use client_credentials::client_credentials;
pub(super) use device_code::{device_authorization, poll};
pub(super) use errand::{admin_consent, logout};
pub(super) use machine_token::machine_token;
pub(super) use on_behalf_of::on_behalf_of;
pub(super) use password::password;
pub(super) use redeem::redeem;
pub(super) use refresh::{fan_out, refresh};

use url::{Host, Url};

use super::{Draft, Place};
use crate::{
    finding::{Finding, Severity},
    text::visible,
    wire::Method,
};

/// Looks at a draft of any step; `required` names the parameters that its endpoint cannot do without.
pub(super) fn any(draft: &Draft, required: &[&str]) -> Vec<Finding> {
    let mut report = Report::default();
    report.sendable(draft);
    report.transport(draft);
    for name in required {
        if draft.value(name).is_none_or(str::is_empty) {
            report.warn(
                "parameter.missing",
                "RFC 6749",
                format!("{name} is required here, and is not sent."),
            );
        }
    }
    let sent: Vec<_> =
        draft.fields.iter().filter(|field| !field.removed && field.place != Place::Header).collect();
    for (index, field) in sent.iter().enumerate() {
        let earlier = sent[..index].iter().filter(|other| other.name == field.name).count();
        if earlier == 1 {
            let title =
                format!("{} is sent more than once; the authority may refuse that.", visible(&field.name));
            report.warn("parameter.repeated", "RFC 6749 §3.1", title);
        }
        if field.place == Place::Form && draft.method == Method::Get {
            let title = format!("{} belongs to a form, and a GET request has none.", visible(&field.name));
            report.warn("parameter.misplaced", "RFC 9110 §9.3.1", title);
        }
    }
    report.0
}

#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn warn(&mut self, id: &'static str, source: &'static str, title: impl Into<String>) {
        self.0.push(Finding { id, severity: Severity::Warning, title: title.into(), source });
    }

    fn info(&mut self, id: &'static str, source: &'static str, title: impl Into<String>) {
        self.0.push(Finding { id, severity: Severity::Info, title: title.into(), source });
    }

    fn sendable(&mut self, draft: &Draft) {
        if draft.is_assertion {
            return;
        }
        let title = if draft.endpoint.value.is_empty() {
            "There is no address to send this to: the metadata names none. Type one, or give up.".to_owned()
        } else {
            match draft.request() {
                Ok(_) => return,
                Err(failure) => format!("{}.", visible(&failure.to_string())),
            }
        };
        self.0.push(Finding { id: "request.unsendable", severity: Severity::Error, title, source: "" });
    }

    fn transport(&mut self, draft: &Draft) {
        if let Ok(url) = Url::parse(&draft.endpoint.value)
            && url.scheme() == "http"
            && !is_loopback(&url)
            && !super::managed_identity::is_link_local(&url)
        {
            self.warn(
                "transport.plain",
                "RFC 6749 §3.1, §3.2",
                "The address begins with http: everybody on the way can read and change this request.",
            );
        }
    }
}

/// The value of a header that is sent; its name is the same in any letter case, and a parameter of that name is none.
pub(super) fn header<'a>(draft: &'a Draft, name: &str) -> Option<&'a str> {
    let found = draft
        .fields
        .iter()
        .find(|field| field.place == Place::Header && !field.removed && field.is_called(name))?;
    Some(&found.value)
}

/// The words of a scope.
pub(super) fn words(scope: &str) -> impl Iterator<Item = &str> {
    scope.split(' ').filter(|word| !word.is_empty())
}

/// Whether a scope belongs to sign-in itself and not to an API.
pub(super) fn is_oidc(scope: &str) -> bool {
    ["openid", "profile", "email", "offline_access"].iter().any(|one| one.eq_ignore_ascii_case(scope))
}

/// The API that a scope belongs to, under one name; Entra takes a word without `/` for one of Microsoft Graph, and knows
/// each API by its application id as well.
pub(super) fn api_of(scope: &str) -> String {
    const GRAPH: &str = "https://graph.microsoft.com";
    let api = scope.rsplit_once('/').map_or(GRAPH, |(api, _)| api).to_ascii_lowercase();
    if api == "00000003-0000-0000-c000-000000000000" { GRAPH.to_owned() } else { api }
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_shared_tenant(endpoint: &str) -> bool {
    let tenant = tenant_segment(endpoint);
    ["common", "organizations", "consumers"].iter().any(|shared| shared.eq_ignore_ascii_case(&tenant))
}

/// The part of one of Entra's addresses that names the tenant.
fn tenant_segment(endpoint: &str) -> String {
    let url = Url::parse(endpoint).ok();
    let first = url.as_ref().and_then(Url::path_segments).and_then(|mut segments| segments.next());
    first.unwrap_or_default().to_owned()
}
