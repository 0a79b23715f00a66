//! The checks of an authorization response, before anything in it is used.

use super::{Fact, Outcome};
use crate::{
    finding::{Finding, Severity},
    oauth::{Arrival, ArrivedBy, authorize::AuthorizationResponse, discovery::Metadata},
    secret::Secret,
    text::visible,
};

/// What the checks made of an answer.
#[derive(Debug)]
pub(super) struct Checked {
    /// What was in it.
    pub facts: Vec<Fact>,
    /// Each check.
    pub findings: Vec<Finding>,
    /// The code, or how the run ends.
    pub verdict: Result<Secret, Outcome>,
}

/// Checks what arrived against the state that was sent and the provider that was asked.
///
/// An answer with a foreign state is thrown away even if it is a refusal: it is not an answer to us. A refusal without
/// state is believed, for some refuse before they have read it, and it gives nothing away.
pub(super) fn check(arrival: &Arrival, sent_state: Option<&str>, metadata: &Metadata) -> Checked {
    let response = AuthorizationResponse::read(arrival);
    let checks = [
        repeated(&response),
        Some(state(&response, sent_state)),
        issuer(&response, metadata),
        code(&response),
        way(arrival.by),
    ];
    let findings: Vec<Finding> = checks.into_iter().flatten().collect();
    let first_error = findings.iter().find(|finding| finding.severity == Severity::Error);
    let reject = |finding: &Finding| Outcome::Rejected { reason: finding.title.clone(), tokens: None };
    let verdict = match (first_error, &response.refusal, &response.code) {
        (Some(error), _, _) => Err(reject(error)),
        (None, Some(refusal), _) => Err(Outcome::Refused(refusal.clone())),
        (None, None, Some(code)) => Ok(code.clone()),
        (None, None, None) => unreachable!("an answer with neither refusal nor code has an error finding"),
    };
    Checked { facts: facts(&response), findings, verdict }
}

fn facts(response: &AuthorizationResponse) -> Vec<Fact> {
    let open = |name: &'static str, value: &Option<String>| {
        value.as_ref().map(|value| Fact::open(name, value, Fact::meaning_of(name)))
    };
    let refusal = response.refusal.as_ref();
    [
        response.code.as_ref().map(|code| Fact::secret("code", code, Fact::meaning_of("code"))),
        open("error", &refusal.map(|refusal| refusal.error.clone())),
        open("error_description", &refusal.and_then(|refusal| refusal.description.clone())),
        open("state", &response.state),
        open("iss", &response.iss),
        open("session_state", &response.session_state),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn finding(id: &'static str, severity: Severity, source: &'static str, title: impl Into<String>) -> Finding {
    Finding { id, severity, title: title.into(), source }
}

fn repeated(response: &AuthorizationResponse) -> Option<Finding> {
    let name = response.repeated.first()?;
    let title = format!("{} came more than once: the answer can be read in two ways.", visible(name));
    Some(finding("answer.repeated", Severity::Error, "RFC 6749 §3.1", title))
}

fn state(response: &AuthorizationResponse, sent: Option<&str>) -> Finding {
    let (id, severity, title) = match (sent.filter(|state| !state.is_empty()), response.state.as_deref()) {
        (None, _) => (
            "state.not_sent",
            Severity::Warning,
            "No state was sent, so nobody can tell whether this answer belongs to our request.",
        ),
        (Some(sent), Some(came)) if sent == came => {
            ("state.matches", Severity::Passed, "The state is the one that was sent.")
        }
        (Some(_), Some(_)) => (
            "state.mismatch",
            Severity::Error,
            "The state is not the one that was sent: this answer belongs to another request.",
        ),
        (Some(_), None) if response.refusal.is_some() => {
            ("state.missing", Severity::Warning, "The refusal came without the state that was sent.")
        }
        (Some(_), None) => (
            "state.missing",
            Severity::Error,
            "A state was sent and none came back: this answer may belong to another request.",
        ),
    };
    finding(id, severity, "RFC 6749 §10.12", title)
}

fn issuer(response: &AuthorizationResponse, metadata: &Metadata) -> Option<Finding> {
    let (id, severity, title) = match response.iss.as_deref() {
        Some(iss) if metadata.is_issuer(iss) => {
            ("iss.matches", Severity::Passed, "The answer names the issuer that was asked.".to_owned())
        }
        Some(iss) => (
            "iss.mismatch",
            Severity::Error,
            format!("The answer comes from {}, and we asked {}.", visible(iss), visible(&metadata.issuer)),
        ),
        None if metadata.names_issuer_in_responses => (
            "iss.missing",
            Severity::Error,
            "The metadata promises that every answer names its issuer, and this one does not.".to_owned(),
        ),
        None => return None,
    };
    Some(finding(id, severity, "RFC 9207 §2.4", title))
}

fn code(response: &AuthorizationResponse) -> Option<Finding> {
    let is_missing = response.refusal.is_none() && response.code.is_none();
    let title = "The answer holds neither a code nor an error.";
    is_missing.then(|| finding("code.missing", Severity::Error, "RFC 6749 §4.1.2", title))
}

fn way(by: ArrivedBy) -> Option<Finding> {
    let way = match by {
        ArrivedBy::Query => return None,
        ArrivedBy::Fragment => "The answer came in the fragment, which no server sees.",
        ArrivedBy::FormPost => "The answer came as a form that the browser posted.",
        ArrivedBy::Pasted => "The answer was pasted by hand.",
    };
    Some(finding("answer.way", Severity::Info, "OAuth 2.0 Multiple Response Types §2.1", way))
}
