//! What will fail, and what is risky, before anybody signs in: checks of a registration ([`registration`]) and of an
//! authorize URL ([`url`]).
//!
//! A check looks at what is written and at nothing else: no directory, no network. It is an [`Severity::Error`] where a
//! request that the registration is made for will be refused, a [`Severity::Warning`] where some request will be refused
//! or somebody gets more than they should, and [`Severity::Info`] where it is worth knowing. What is not in the file is
//! not known, and silence is the answer to it.
//!
//! To add a check: a function in the file of its family, a finding with a stable id, and a test where it speaks and one
//! where it does not. `expose` is never needed here: values of secrets are masked as soon as they are read.

mod address;
mod api;
mod client;
mod command;
mod credentials;
mod federated;
mod input;
pub mod permission;
mod permissions;
mod principal;
mod print;
mod redirect_uris;
pub mod url;

pub use input::{Pieces, Subject, pieces, read, with_federated};
pub use print::{GROUPS, lines, summary, to_json, url_lines, url_to_json};
pub use url::UrlReport;

use crate::{
    entra::registration::{Application, Grants, ServicePrincipal},
    finding::Severity,
    time::UnixTime,
};

/// What one check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    /// A stable name, such as `redirect_uri.http`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: String,
    /// The member or parameter, such as `web.redirectUris`.
    pub place: String,
    /// What stands there; secrets masked. May be empty.
    pub value: String,
    /// What will be refused; `None` where nothing is.
    pub fails: Option<Fails>,
    /// Why, and what is at risk.
    pub why: String,
    /// What to do.
    pub fix: Option<Fix>,
}

/// What will be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fails {
    /// The flow or the call.
    pub flow: &'static str,
    /// The AADSTS numbers of the refusal; empty where it comes without one.
    pub codes: &'static [u32],
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// In words.
    pub title: String,
    /// A command for a POSIX shell, filled with the values of the registration.
    pub command: Option<String>,
}

impl LintFinding {
    fn new(severity: Severity, id: &'static str, place: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            title: title.into(),
            place: place.into(),
            value: String::new(),
            fails: None,
            why: String::new(),
            fix: None,
        }
    }

    fn error(id: &'static str, place: impl Into<String>, title: impl Into<String>) -> Self {
        Self::new(Severity::Error, id, place, title)
    }

    fn warning(id: &'static str, place: impl Into<String>, title: impl Into<String>) -> Self {
        Self::new(Severity::Warning, id, place, title)
    }

    fn info(id: &'static str, place: impl Into<String>, title: impl Into<String>) -> Self {
        Self::new(Severity::Info, id, place, title)
    }

    fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    fn fails(mut self, flow: &'static str, codes: &'static [u32]) -> Self {
        self.fails = Some(Fails { flow, codes });
        self
    }

    fn fix(mut self, title: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), command: None });
        self
    }

    fn run(mut self, title: impl Into<String>, command: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), command: Some(command.into()) });
        self
    }
}

/// Checks a registration: the application, and what is known of it in a tenant. The worst comes first.
pub fn registration(
    application: &Application,
    principal: Option<&ServicePrincipal>,
    grants: Option<&Grants>,
    now: UnixTime,
) -> Vec<LintFinding> {
    let mut out = Vec::new();
    redirect_uris::check(application, &mut out);
    client::check(application, now, &mut out);
    credentials::check(application, now, &mut out);
    federated::check(application, &mut out);
    api::check(application, &mut out);
    permissions::check(application, grants, &mut out);
    if let Some(principal) = principal {
        principal::check(application, principal, &mut out);
    }
    worst_first(&mut out);
    out
}

/// Whether something will be refused.
pub fn will_fail(findings: &[LintFinding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn worst_first(findings: &mut [LintFinding]) {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}

/// Whether a text has the form of a GUID.
fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// A value that was left as a template has it: `<tenant-id>`, `{{clientId}}`, `YOUR_CLIENT_ID`, `undefined`.
fn is_placeholder(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    matches!(lower.as_str(), "undefined" | "null" | "none" | "nan" | "xxx" | "todo" | "changeme")
        || lower.contains(['<', '>', '{', '}'])
        || lower.starts_with('$')
        || (lower.starts_with('%') && lower.ends_with('%') && lower.len() > 1)
        || [
            "your_",
            "your-",
            "yourtenant",
            "enter_the_",
            "enter-the-",
            "insert_",
            "insert-",
            "replace_",
            "replace-",
        ]
        .iter()
        .any(|start| lower.starts_with(start))
        || ["client_id", "client-id", "clientid", "tenant_id", "tenant-id", "tenantid"]
            .contains(&lower.as_str())
}

/// The zero GUID, which stands for nothing.
fn is_zero(text: &str) -> bool {
    is_guid(text) && text.bytes().all(|b| matches!(b, b'0' | b'-'))
}

/// A list in words, cut where it would fill the screen.
fn listed<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 6;
    let items: Vec<_> = items.into_iter().collect();
    let shown = items.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
