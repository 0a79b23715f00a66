//! The same token from two seats: the client that signs a person in with an ID token, and the API that is called with an
//! access token. Each has its own expectations, and each its own verdict; what a careful API would answer is written as it
//! would write it (RFC 6750 §3).
//!
//! A verdict sums up the lights of [`checks::judge`] and hides none of them: it names those that decided. Where something
//! that decides could not be looked at, such as a signature without keys, the verdict is open.

mod mistakes;

pub use mistakes::Mistake;

use serde_json::{Value, json};

use super::{
    Decoded, Kind, TokenKind,
    checks::{self, Expected, Purpose},
    kind_of,
};
use crate::{
    finding::{Finding, Severity},
    time::UnixTime,
};

/// Who looks at the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// The application that signs a person in: it wants an ID token.
    Client,
    /// The resource that is called: it wants an access token.
    Api,
}

impl Seat {
    /// The word used on screens and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Api => "api",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Api,
            Self::Api => Self::Client,
        }
    }
}

/// What both seats compare with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    /// What both share: keys, issuers, tenants, clock. Its `audiences`, `nonce` and `purpose` are not used.
    pub common: Expected,
    /// The client's id, the audience of ID tokens.
    pub client_id: Option<String>,
    /// The nonce that the client sent.
    pub nonce: Option<String>,
    /// The API's names: client id and App ID URIs.
    pub api_audiences: Vec<String>,
    /// Scopes of which the operation demands one.
    pub scopes: Vec<String>,
    /// Roles of which the operation demands one.
    pub roles: Vec<String>,
}

impl Expectations {
    /// What one seat compares with.
    pub fn of(&self, seat: Seat) -> Expected {
        let common = self.common.clone();
        match seat {
            Seat::Client => Expected {
                audiences: self.client_id.iter().cloned().collect(),
                nonce: self.nonce.clone(),
                purpose: Some(Purpose::SignIn),
                ..common
            },
            Seat::Api => Expected {
                audiences: self.api_audiences.clone(),
                nonce: None,
                access_token: None,
                code: None,
                signed_in_since: None,
                purpose: Some(Purpose::Call { scopes: self.scopes.clone(), roles: self.roles.clone() }),
                ..common
            },
        }
    }
}

/// How a seat decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing speaks against it, and everything that decides was looked at.
    Accepted,
    /// The token proves nothing here. An API answers 401, a client does not sign the person in.
    Rejected,
    /// The token is good and does not allow this: an API answers 403.
    Forbidden,
    /// Nothing speaks against it, but something that decides could not be looked at.
    Open,
    /// It is not ours to judge: only the resource it was made for, or its issuer, can. A seat that gets it all the same does
    /// not take it, which says nothing about the token.
    NotOurs,
}

impl Answer {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Forbidden => "forbidden",
            Self::Open => "open",
            Self::NotOurs => "not_ours",
        }
    }
}

/// What one seat makes of a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Who judged.
    pub seat: Seat,
    /// The decision.
    pub answer: Answer,
    /// The HTTP status that a careful API would answer with; `None` for clients, and where it cannot be told.
    pub status: Option<u16>,
    /// The `WWW-Authenticate` header that would go with it.
    pub challenge: Option<String>,
    /// The ids of the lights that decided.
    pub because: Vec<&'static str>,
    /// Every light.
    pub checks: Vec<Finding>,
    /// What went wrong, where it is one of the classic mistakes.
    pub mistakes: Vec<Mistake>,
}

impl Verdict {
    /// One line that says it.
    pub fn headline(&self) -> String {
        match (self.seat, self.answer) {
            (Seat::Client, Answer::Accepted) => "The client would sign this person in.".to_owned(),
            (Seat::Client, Answer::Rejected | Answer::Forbidden) => {
                "The client would not sign anybody in with it.".to_owned()
            }
            (Seat::Api, Answer::Accepted) => "The API would answer the call.".to_owned(),
            (Seat::Api, Answer::Rejected) => {
                "The API would answer 401: the token proves nothing to it.".to_owned()
            }
            (Seat::Api, Answer::Forbidden) => {
                "The API would answer 403: the token is good, but does not allow this.".to_owned()
            }
            (_, Answer::Open) => {
                "Nothing speaks against it so far, but not everything could be checked.".to_owned()
            }
            (Seat::Client, Answer::NotOurs) => {
                "It is not for a client to judge: only those it was made for can.".to_owned()
            }
            (Seat::Api, Answer::NotOurs) => {
                "It is not for this API to judge: only the one it was made for can.".to_owned()
            }
        }
    }

    /// The object of `verify --json`, without what surrounds it: `{"seat", "answer", "headline", "status",
    /// "www_authenticate", "because": [id], "checks": [{"id", "severity", "title", "source"}],
    /// "mistakes": [{"id", "title", "advice"}]}`.
    pub fn to_json(&self) -> Value {
        let check = |finding: &Finding| {
            json!({
                "id": finding.id,
                "severity": finding.severity.name(),
                "title": finding.title,
                "source": finding.source,
            })
        };
        let mistake =
            |mistake: &Mistake| json!({"id": mistake.id, "title": mistake.title, "advice": mistake.advice});
        json!({
            "seat": self.seat.name(),
            "answer": self.answer.name(),
            "headline": self.headline(),
            "status": self.status,
            "www_authenticate": self.challenge,
            "because": self.because,
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
            "mistakes": self.mistakes.iter().map(mistake).collect::<Vec<_>>(),
        })
    }
}

/// The verdict of one seat.
pub fn verdict(token: &Decoded, seat: Seat, expectations: &Expectations, now: UnixTime) -> Verdict {
    let expected = expectations.of(seat);
    let mut checks = checks::judge(token, &expected, now);
    let mistakes = mistakes::find(token, seat, &expected, &checks);
    let failed = ids(&checks, |finding| finding.severity == Severity::Error);
    let (answer, because) = if !is_ours(token, seat, &checks) {
        for finding in &mut checks {
            soften(finding);
        }
        (Answer::NotOurs, Vec::new())
    } else if token.kind != Kind::Jws {
        (Answer::Rejected, vec!["check.form"])
    } else if failed.iter().any(|id| *id != "check.permission") {
        (Answer::Rejected, failed)
    } else if !failed.is_empty() {
        (Answer::Forbidden, failed)
    } else {
        let open = ids(&checks, |finding| is_open(finding, seat));
        (if open.is_empty() { Answer::Accepted } else { Answer::Open }, open)
    };
    let (status, challenge) = match seat {
        Seat::Client => (None, None),
        Seat::Api => reply(token, answer, &because, expectations),
    };
    Verdict { seat, answer, status, challenge, because, checks, mistakes }
}

fn ids(checks: &[Finding], fits: impl Fn(&Finding) -> bool) -> Vec<&'static str> {
    checks.iter().filter(|finding| fits(finding)).map(|finding| finding.id).collect()
}

fn severity_of(checks: &[Finding], id: &str) -> Option<Severity> {
    checks.iter().find(|finding| finding.id == id).map(|finding| finding.severity)
}

/// Lights without which nobody should say yes, and that are neither green nor red.
fn is_open(finding: &Finding, seat: Seat) -> bool {
    const DECIDE: &[&str] =
        &["check.algorithm", "check.key", "check.signature", "check.issuer", "check.audience", "check.kind"];
    match finding.id {
        // A key that had to be guessed among those of the set has still verified the signature.
        "check.key" => finding.severity == Severity::Info,
        // The token answers a nonce, and which one was sent is not known: it may be another sign-in's.
        "check.nonce" => seat == Seat::Client && finding.severity == Severity::Info,
        id => DECIDE.contains(&id) && matches!(finding.severity, Severity::Info | Severity::Warning),
    }
}

/// Whether a seat like ours can judge it at all. What is opaque speaks to its issuer alone; a token for Microsoft Graph has a
/// signature that nobody else can check. To hold one where another was meant is a mistake, which is named beside. What is
/// not even signed, or has no token's form, is nobody's.
fn is_ours(token: &Decoded, seat: Seat, checks: &[Finding]) -> bool {
    match token.kind {
        Kind::Opaque | Kind::Jwe => false,
        Kind::Saml | Kind::NotAToken => true,
        Kind::Jws => {
            let passed = |id: &str| severity_of(checks, id) == Some(Severity::Passed);
            let failed = |id: &str| severity_of(checks, id) == Some(Severity::Error);
            let is_for_graph =
                matches!(kind_of(token).kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly);
            let is_graphs = is_for_graph
                && token.header.contains_key("nonce")
                && !["check.form", "check.algorithm"].into_iter().any(failed);
            seat == Seat::Client || !is_graphs || passed("check.audience")
        }
    }
}

/// Lights of a token that is not ours: what it fails by our measure, it need not meet. Its times count for everybody.
fn soften(finding: &mut Finding) {
    let counts = ["check.expiry", "check.not_before", "check.issued_at"].contains(&finding.id);
    if finding.severity == Severity::Error && !counts {
        finding.severity = Severity::Info;
    }
}

/// What an API answers: the status, and the challenge that goes with a refusal (RFC 6750 §3).
fn reply(
    token: &Decoded,
    answer: Answer,
    because: &[&str],
    expectations: &Expectations,
) -> (Option<u16>, Option<String>) {
    let unauthorized = |why: &str| {
        (Some(401), Some(format!("Bearer error=\"invalid_token\", error_description=\"The token {why}\"")))
    };
    match answer {
        Answer::Accepted => (Some(200), None),
        Answer::Rejected => unauthorized(because.first().map_or("is malformed", |id| reason(token, id))),
        Answer::Forbidden => {
            // Scopes are the only words of ours in it; RFC 6749 §3.3 says what may stand in one.
            let is_scope = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
            let scopes = expectations.scopes.iter().filter(|scope| scope.chars().all(is_scope));
            let scope = scopes.map(String::as_str).collect::<Vec<_>>().join(" ");
            let scope = if scope.is_empty() { String::new() } else { format!(", scope=\"{scope}\"") };
            let why = "error_description=\"The token does not allow this\"";
            (Some(403), Some(format!("Bearer error=\"insufficient_scope\", {why}{scope}")))
        }
        // Without knowing who the API is, nothing can be said of its answer.
        Answer::NotOurs if !expectations.api_audiences.is_empty() => unauthorized("is not for this API"),
        Answer::Open | Answer::NotOurs => (None, None),
    }
}

/// What an API says about a failed check. It tells the caller enough to mend it and an attacker nothing new.
fn reason(token: &Decoded, id: &str) -> &'static str {
    match id {
        // What is missing or cannot be read as a time is neither over nor ahead.
        "check.expiry" if token.time("exp").is_none() => "is malformed",
        "check.not_before" if token.time("nbf").is_none() => "is malformed",
        "check.issued_at" if token.time("iat").is_none() => "is malformed",
        "check.algorithm" => "is signed with an algorithm that is not taken",
        "check.key" => "is signed with an unknown key",
        "check.signature" => "has a signature that does not verify",
        "check.issuer" | "check.key_issuer" => "comes from another issuer",
        "check.tenant" => "comes from a tenant that is not let in",
        "check.audience" => "is for another audience",
        "check.expiry" => "has expired",
        "check.not_before" | "check.issued_at" => "is not valid yet",
        "check.kind" => "is not an access token",
        _ => "is malformed",
    }
}
