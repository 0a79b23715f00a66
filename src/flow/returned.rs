//! The checks of an authorization response, before anything in it is used.

use super::{Fact, Outcome, course::Record};
use crate::{
    finding::{Finding, Severity},
    oauth::{
        Arrival, ArrivedBy, TokenSet,
        authorize::{AuthorizationResponse, ResponseType},
        discovery::Metadata,
    },
    secret::Secret,
    text::visible,
};

/// What is awaited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited<'a> {
    /// The state that was sent.
    pub state: Option<&'a str>,
    /// What was asked for.
    pub response_type: ResponseType,
    /// How it was to come, where that was said.
    pub response_mode: Option<&'a str>,
    /// Whether this flow redeems a code; else it takes tokens from the answer.
    pub redeems: bool,
}

/// What the checks made of an answer.
#[derive(Debug)]
pub(super) struct Checked {
    /// What was in it.
    pub facts: Vec<Fact>,
    /// Each check.
    pub findings: Vec<Finding>,
    /// What came, or how the run ends.
    pub verdict: Result<Came, Outcome>,
}

/// What an answer brought.
#[derive(Debug)]
pub(super) struct Came {
    /// The code; there is one in every flow that redeems.
    pub code: Option<Secret>,
    /// Tokens that were asked for.
    pub tokens: TokenSet,
}

/// Checks what arrived against what was sent and the provider that was asked.
///
/// An answer with a foreign state is thrown away even if it is a refusal: it is not an answer to us. A refusal without
/// state is believed, for some refuse before they have read it, and it gives nothing away.
pub(super) fn check(arrival: &Arrival, awaited: &Awaited<'_>, metadata: &Metadata) -> Checked {
    let response = AuthorizationResponse::read(arrival);
    let mut findings: Vec<Finding> =
        [repeated(&response), Some(state(&response, awaited.state)), issuer(&response, metadata)]
            .into_iter()
            .flatten()
            .collect();
    if response.refusal.is_none() {
        findings.extend(parts(&response, awaited));
    }
    findings.extend(way(arrival.by, awaited.response_mode));
    if arrival.by == ArrivedBy::Query
        && (response.tokens.access_token.is_some() || response.tokens.id_token.is_some())
    {
        findings.push(finding(
            "answer.tokens_in_query",
            Severity::Warning,
            "OAuth 2.0 Multiple Response Types §5",
            "Tokens came in the query of the address, where servers and proxies write them down.",
        ));
    }
    let first_error = findings.iter().find(|finding| finding.severity == Severity::Error);
    let reject = |finding: &Finding| Outcome::Rejected { reason: finding.title.clone(), tokens: None };
    let verdict = match (first_error, &response.refusal) {
        (Some(error), _) => Err(reject(error)),
        (None, Some(refusal)) => Err(Outcome::Refused(refusal.clone())),
        (None, None) => {
            let asked = awaited.response_type;
            let mut tokens = response.tokens.clone();
            // What nobody asked for is told above, and not used.
            tokens.access_token = tokens.access_token.filter(|_| asked.token);
            tokens.id_token = tokens.id_token.filter(|_| asked.id_token);
            Ok(Came { code: response.code.clone(), tokens })
        }
    };
    Checked { facts: facts(&response), findings, verdict }
}

fn facts(response: &AuthorizationResponse) -> Vec<Fact> {
    let open = |name: &'static str, value: &Option<String>| {
        value.as_ref().map(|value| Fact::open(name, value, Fact::meaning_of(name)))
    };
    let secret = |name: &'static str, value: &Option<Secret>| {
        value.as_ref().map(|value| Fact::secret(name, value, Fact::meaning_of(name)))
    };
    let refusal = response.refusal.as_ref();
    [
        secret("code", &response.code),
        secret("id_token", &response.tokens.id_token),
        secret("access_token", &response.tokens.access_token),
        open("error", &refusal.map(|refusal| refusal.error.clone())),
        open("error_description", &refusal.and_then(|refusal| refusal.description.clone())),
        open("state", &response.state),
        open("iss", &response.iss),
        open("session_state", &response.session_state),
        open("token_type", &response.tokens.token_type),
        open("expires_in", &response.tokens.expires_in.map(|seconds| format!("{seconds} s"))),
        open("scope", &response.tokens.scope),
        open("client_info", &response.tokens.client_info),
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

/// Whether everything came that was asked for, and nothing else.
fn parts(response: &AuthorizationResponse, awaited: &Awaited<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut missing = |id, source, title: &str| findings.push(finding(id, Severity::Error, source, title));
    let (asked, tokens) = (awaited.response_type, &response.tokens);
    if response.code.is_none() && awaited.redeems {
        missing("code.missing", "RFC 6749 §4.1.2", "The answer holds neither a code nor an error.");
    }
    if asked.id_token && tokens.id_token.is_none() {
        missing(
            "id_token.missing",
            "OpenID Connect Core §3.2.2.5",
            "An ID token was asked for, and the answer holds none and no error.",
        );
    }
    if asked.token && tokens.access_token.is_none() {
        missing(
            "access_token.missing",
            "RFC 6749 §4.2.2",
            "An access token was asked for, and the answer holds none and no error.",
        );
    }
    if !awaited.redeems && !asked.brings_tokens() {
        missing(
            "code.not_redeemed",
            "RFC 6749 §4.2",
            "Only a code was asked for, and this flow has no step that redeems one: choose authorization code.",
        );
    }
    let unasked: Vec<_> = [
        ("an ID token", tokens.id_token.is_some() && !asked.id_token),
        ("an access token", tokens.access_token.is_some() && !asked.token),
        ("a code", response.code.is_some() && !asked.code && !awaited.redeems),
    ]
    .into_iter()
    .filter_map(|(what, came)| came.then_some(what))
    .collect();
    if !unasked.is_empty() {
        findings.push(finding(
            "answer.unasked",
            Severity::Warning,
            "OAuth 2.0 Multiple Response Types §3",
            format!(
                "The answer also holds {}, which nobody asked for; it is not used.",
                unasked.join(" and ")
            ),
        ));
    }
    if asked.token && tokens.access_token.is_some() && tokens.token_type.is_none() {
        findings.push(finding(
            "token_type.missing",
            Severity::Warning,
            "RFC 6749 §4.2.2",
            "The answer does not say how the access token is presented; Bearer is assumed.",
        ));
    }
    findings
}

fn way(by: ArrivedBy, asked: Option<&str>) -> Option<Finding> {
    let source = "OAuth 2.0 Multiple Response Types §2.1";
    let (mode, way) = match by {
        ArrivedBy::Query => ("query", "in the query of the address"),
        ArrivedBy::Fragment => ("fragment", "in the fragment, which no server sees"),
        ArrivedBy::FormPost => ("form_post", "as a form that the browser posted"),
        ArrivedBy::Pasted => {
            return Some(finding("answer.way", Severity::Info, source, "The answer was pasted by hand."));
        }
    };
    match asked {
        Some(asked) if asked != mode => {
            let title = format!("{} was asked for, and the answer came {way}.", visible(asked));
            Some(finding("answer.other_way", Severity::Warning, source, title))
        }
        _ if by == ArrivedBy::Query => None,
        _ => Some(finding("answer.way", Severity::Info, source, format!("The answer came {way}."))),
    }
}

/// Says of something that came to the listener that it answers no visit. `record` is the step that waits for the answer, with
/// the facts of the one that was taken, if one was.
pub(super) fn stray(record: &mut Record, arrival: &Arrival, is_early: bool) {
    let same = |name: &str| {
        let taken = record.facts.iter().find(|fact| fact.name == name).and_then(|fact| fact.secret.as_ref());
        taken.is_some_and(|taken| arrival.params.get(name).map(Secret::new).as_ref() == Some(taken))
    };
    let (id, severity, title) = if is_early {
        (
            "answer.early",
            Severity::Warning,
            "An answer came before anybody was sent to sign in. It is not ours, and was thrown away.",
        )
    } else if ["code", "id_token", "access_token"].into_iter().any(same) {
        (
            "answer.again",
            Severity::Info,
            "The same answer came a second time, as when the page is loaded again. The first one counts.",
        )
    } else {
        (
            "answer.second",
            Severity::Warning,
            "Another answer came to the redirect URI and was thrown away: the first one counts. Either somebody signed in \
             twice, or somebody is trying to have their own sign-in taken for yours.",
        )
    };
    let finding = finding(id, severity, "RFC 6749 §10.12", title);
    if !record.findings.contains(&finding) {
        record.findings.push(finding);
    }
}
