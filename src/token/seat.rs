//! The same token from two seats: the client that signs a person in with an ID token, and the API that is called with an
//! access token. Each has its own expectations, and each its own verdict; what a careful API would answer is written as it
//! would write it (RFC 6750 §3).
//!
//! A verdict sums up the lights of [`checks::judge`] and hides none of them: it names those that decided. Where something
//! that decides could not be looked at, such as a signature without keys, the verdict is open.

use serde_json::Value;

use super::{
    Decoded, Kind, TokenKind,
    checks::{self, Expected, Purpose, roles_of, scopes_of},
    compact::is_unsecured,
    kind_of, known,
    remarks::quote,
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
    /// It is not ours to judge: only the resource it was made for, or its issuer, can.
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
            (_, Answer::NotOurs) => {
                "It is not for this seat to judge: only those it was made for can.".to_owned()
            }
        }
    }
}

/// A classic mistake: what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// A stable name, such as `mistake.id_token_at_api`.
    pub id: &'static str,
    /// What happened.
    pub title: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// The verdict of one seat.
pub fn verdict(token: &Decoded, seat: Seat, expectations: &Expectations, now: UnixTime) -> Verdict {
    let expected = expectations.of(seat);
    let checks = checks::judge(token, &expected, now);
    let mistakes = mistakes(token, seat, expectations, &checks);
    let failed: Vec<&'static str> = ids(&checks, |finding| finding.severity == Severity::Error);
    let (answer, because) = if !is_ours(token, seat, &checks) {
        (Answer::NotOurs, Vec::new())
    } else if token.kind != Kind::Jws {
        (Answer::Rejected, vec!["check.form"])
    } else if failed.iter().any(|id| *id != "check.permission") {
        (Answer::Rejected, failed)
    } else if !failed.is_empty() {
        (Answer::Forbidden, failed)
    } else {
        let open = ids(&checks, is_open);
        (if open.is_empty() { Answer::Accepted } else { Answer::Open }, open)
    };
    let (status, challenge) = match seat {
        Seat::Client => (None, None),
        Seat::Api => reply(answer, &because, expectations),
    };
    Verdict { seat, answer, status, challenge, because, checks, mistakes }
}

fn ids(checks: &[Finding], fits: impl Fn(&Finding) -> bool) -> Vec<&'static str> {
    checks.iter().filter(|finding| fits(finding)).map(|finding| finding.id).collect()
}

/// Lights without which nobody should say yes, and that are neither green nor red.
fn is_open(finding: &Finding) -> bool {
    const DECIDE: &[&str] =
        &["check.algorithm", "check.key", "check.signature", "check.issuer", "check.audience", "check.kind"];
    // A key that had to be guessed among those of the set has still verified the signature.
    let unseen = match finding.id {
        "check.key" => finding.severity == Severity::Info,
        _ => matches!(finding.severity, Severity::Info | Severity::Warning),
    };
    DECIDE.contains(&finding.id) && unseen
}

/// Whether a seat like ours can judge it at all. What is opaque speaks to its issuer alone; a token for Microsoft Graph has a
/// signature that nobody else can check. To hold one where another was meant is a mistake, which is named beside.
fn is_ours(token: &Decoded, seat: Seat, checks: &[Finding]) -> bool {
    let is_for_graph = matches!(kind_of(token).kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly);
    let audience_fits =
        checks.iter().any(|finding| finding.id == "check.audience" && finding.severity == Severity::Passed);
    match token.kind {
        Kind::Opaque | Kind::Jwe => false,
        Kind::Jws | Kind::Saml | Kind::NotAToken => {
            !(seat == Seat::Api && is_for_graph && token.header.contains_key("nonce") && !audience_fits)
        }
    }
}

fn reply(answer: Answer, because: &[&str], expectations: &Expectations) -> (Option<u16>, Option<String>) {
    match answer {
        Answer::Accepted => (Some(200), None),
        Answer::Rejected => {
            let why = because.first().map_or("is no token", |id| reason(id));
            let header = format!("Bearer error=\"invalid_token\", error_description=\"The token {why}\"");
            (Some(401), Some(header))
        }
        Answer::Forbidden => {
            let scope = expectations.scopes.join(" ");
            let scope = if scope.is_empty() { String::new() } else { format!(", scope=\"{scope}\"") };
            (Some(403), Some(format!("Bearer error=\"insufficient_scope\"{scope}")))
        }
        Answer::Open | Answer::NotOurs => (None, None),
    }
}

/// What an API says about a failed check. It tells the caller enough to mend it and an attacker nothing new.
fn reason(id: &str) -> &'static str {
    match id {
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

/// The classic mistakes that this token shows in that seat.
fn mistakes(token: &Decoded, seat: Seat, expectations: &Expectations, checks: &[Finding]) -> Vec<Mistake> {
    let failed =
        |id: &str| checks.iter().any(|finding| finding.id == id && finding.severity == Severity::Error);
    let kind = kind_of(token).kind;
    let mut found = Vec::new();
    let mut say = |id, title: String, advice| found.push(Mistake { id, title, advice });
    match token.kind {
        Kind::Opaque => say(
            "mistake.opaque",
            "An opaque token: a refresh token, a code, or an access token whose issuer alone can read it."
                .to_owned(),
            "Send the access token. A refresh token goes to the token endpoint only; the access token of a personal \
             account for Graph is opaque and goes to Graph only.",
        ),
        Kind::Jwe => say(
            "mistake.encrypted",
            "An encrypted token: only the resource it was made for can open it.".to_owned(),
            "Ask for a token for your own API; Microsoft encrypts those for some of its own.",
        ),
        Kind::Saml => say(
            "mistake.saml",
            "A SAML assertion where a JWT is wanted.".to_owned(),
            "Sign in with OpenID Connect, or exchange the assertion for an access token first.",
        ),
        Kind::NotAToken | Kind::Jws => {}
    }
    if token.kind != Kind::Jws {
        return found;
    }
    if is_unsecured(&token.header) {
        say(
            "mistake.unsigned",
            "It is not signed (alg is none): anybody can have written it.".to_owned(),
            "Take tokens from the token endpoint only, and refuse alg none in every validator.",
        );
    }
    let algorithm = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if algorithm.starts_with("HS") && failed("check.algorithm") {
        say(
            "mistake.public_key_as_secret",
            format!("It says {algorithm}: a published key was taken for a shared secret."),
            "Fix the algorithms of the validator (RS256 for Entra); never let the token choose.",
        );
    }
    if token.text("iss").is_some()
        && token.text("iss") == token.text("sub")
        && !token.claims.contains_key("scp")
    {
        say(
            "mistake.client_assertion",
            "A client assertion: iss and sub are the client itself. It proves a client to the token endpoint.".to_owned(),
            "Send it as client_assertion, and call the API with the access token that comes back.",
        );
    }
    match seat {
        Seat::Api => {
            if kind == TokenKind::IdToken {
                say(
                    "mistake.id_token_at_api",
                    "An ID token was sent to an API. It tells the client who signed in, and is for nobody else.".to_owned(),
                    "Ask for a scope of the API (api://…/.default or a named one) and send the access token.",
                );
            } else if failed("check.audience") {
                say(
                    "mistake.audience",
                    format!("The token is for {}, not for this API.", audience_of(token)),
                    "Ask for a scope of this API: the scope decides the audience, and a token has one.",
                );
            }
            if failed("check.permission") && kind.is_app_only() && expectations.roles.is_empty() {
                say(
                    "mistake.app_only_at_delegated",
                    "An app-only token where a user must take part: it has roles and no scp.".to_owned(),
                    "Sign a person in, or let the operation take an application role as well.",
                );
            } else if failed("check.permission")
                && !kind.is_app_only()
                && expectations.scopes.is_empty()
                && !expectations.roles.is_empty()
            {
                say(
                    "mistake.delegated_at_app_only",
                    "A delegated token where an application role is needed: it has scp, for a user."
                        .to_owned(),
                    "Use client credentials with the application role granted, or let the operation take a scope as well.",
                );
            } else if failed("check.permission") && scopes_of(token).is_empty() && roles_of(token).is_empty()
            {
                say(
                    "mistake.no_permission",
                    "It has neither scp nor roles: nothing was granted to the application.".to_owned(),
                    "Add the permission to the registration and have it consented to; then get a new token.",
                );
            }
        }
        Seat::Client => {
            if kind.is_access() {
                say(
                    "mistake.access_token_at_client",
                    "An access token was taken for an ID token. It is the API's to read, and its form may change.".to_owned(),
                    "Ask for the scope openid and read the ID token.",
                );
            } else if failed("check.audience") {
                say(
                    "mistake.other_client",
                    format!("The ID token is for another client: {}.", audience_of(token)),
                    "Take ID tokens from your own requests only; one of another client proves nothing to you.",
                );
            }
        }
    }
    if failed("check.issuer") && known::is_entra(&token.claims) {
        let version = token.text("ver").unwrap_or_default();
        let wants_v2 = expectations.common.issuers.iter().any(|issuer| issuer.ends_with("/v2.0"));
        let wants_v1 = expectations.common.issuers.iter().any(|issuer| !issuer.ends_with("/v2.0"));
        if version == "1.0" && wants_v2 && !wants_v1 {
            say(
                "mistake.version_1",
                "A token of version 1.0 (issuer at sts.windows.net) where one of version 2.0 is expected."
                    .to_owned(),
                "Set api.requestedAccessTokenVersion to 2 in the API's registration; the API decides, not the endpoint.",
            );
        } else if version == "2.0" && wants_v1 && !wants_v2 {
            say(
                "mistake.version_2",
                "A token of version 2.0 where one of version 1.0 is expected.".to_owned(),
                "Read issuer and keys from the v2.0 metadata document, or set requestedAccessTokenVersion back to 1.",
            );
        }
    }
    if matches!(kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly)
        && token.header.contains_key("nonce")
        && !expectations.common.issuers.is_empty()
    {
        say(
            "mistake.graph_token",
            "A token for Microsoft Graph: its signature covers a changed header, and only Graph can check it.".to_owned(),
            "Do not validate it; call Graph with it. For your own API ask for a scope of that API.",
        );
    }
    if failed("check.expiry") {
        say(
            "mistake.expired",
            "It is over.".to_owned(),
            "Get a new one with the refresh token, or silently; if it is fresh, compare the clocks.",
        );
    }
    if failed("check.not_before") || failed("check.issued_at") {
        say(
            "mistake.clock",
            "It lies in the future by this clock.".to_owned(),
            "Set the clock of this machine by the network; the authority's Date header shows the difference.",
        );
    }
    found
}

fn audience_of(token: &Decoded) -> String {
    match token.claims.get("aud") {
        Some(Value::String(one)) => {
            known::resource(one).map_or_else(|| quote(one), |name| format!("{name} ({})", quote(one)))
        }
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).take(4).map(quote).collect::<Vec<_>>().join(", ")
        }
        _ => "nobody in particular (there is no aud)".to_owned(),
    }
}
