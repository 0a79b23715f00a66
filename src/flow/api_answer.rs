//! What an API's answer says: its challenges and its error as facts, and findings that say what to do about them. The
//! advice comes from the answer and from the token that was really sent; nothing is guessed from the status alone.

use serde_json::{Map, Value};

use super::{Fact, Outcome};
use crate::{
    finding::{Finding, Severity},
    oauth::{
        Trouble, answer as json_answer,
        bearer::{ApiAnswer, ApiError},
        challenge::Challenge,
        user_info::UserInfo,
    },
    secret::Secret,
    text::visible,
    token::{Kind, TokenKind, claims, decode, kind_of},
    wire::{Body, Failure, Request, Response},
};

/// What was made of an answer.
#[derive(Debug)]
pub(super) struct Read {
    /// What is in it.
    pub facts: Vec<Fact>,
    /// What it means.
    pub findings: Vec<Finding>,
    /// Whether the call did what it was for, or how the run ends.
    pub verdict: Result<(), Outcome>,
}

/// Members of Graph's users and of our own catalog that are worth a line of their own.
const MEMBERS: &[(&str, &str)] = &[
    ("displayName", "The name to show."),
    ("userPrincipalName", "The name that the person signs in with. It can change."),
    ("mail", "The mailbox, if there is one."),
    ("id", "The object's id in its tenant; for a user, the `oid` of their tokens."),
    ("value", "A list of objects; long ones come in pages."),
    ("@odata.nextLink", "The list goes on at this address."),
];

/// Reads the answer of any API to a request that was sent.
pub(super) fn read(response: &Response, sent: &Request) -> Read {
    let answer = ApiAnswer::read(response);
    let mut facts = said(&answer, response);
    let mut findings = judged(&answer, sent);
    let verdict = match answer.refusal() {
        Some(refusal) => Err(Outcome::Refused(refusal)),
        None if (300..400).contains(&response.status) => Err(Outcome::Failed(elsewhere(response))),
        None => Ok(()),
    };
    if verdict.is_ok() {
        match &answer.json {
            Some(Value::Object(members)) => facts.extend(known_members(members)),
            Some(Value::Array(items)) => {
                facts.push(Fact::open("value", count(items.len()), "How many objects are in the list."));
            }
            _ => {}
        }
        findings.push(finding(
            "api.accepted",
            Severity::Passed,
            "RFC 6750 §2.1",
            format!("The API answered {}.", response.status),
        ));
    }
    Read { facts, findings, verdict }
}

/// Reads the answer of the UserInfo endpoint and compares its subject with that of the ID token, where that is at hand.
pub(super) fn read_user_info(response: &Response, sent: &Request, id_token: Option<&Secret>) -> Read {
    let answer = ApiAnswer::read(response);
    if answer.refusal().is_some() || (300..400).contains(&response.status) {
        return read(response, sent);
    }
    let mut facts = said(&answer, response);
    let mut findings = Vec::new();
    let members = match UserInfo::read(response) {
        Ok(UserInfo::Plain(members)) => members,
        Ok(UserInfo::Token(token)) => match opened(&token, &mut findings) {
            Ok(members) => members,
            Err(failure) => return Read { facts, findings, verdict: Err(Outcome::Failed(failure)) },
        },
        Err(Trouble::Unreadable(failure)) => {
            return Read { facts, findings, verdict: Err(Outcome::Failed(failure)) };
        }
        // An error member beside a status of success.
        Err(Trouble::Refused(refusal)) => {
            return Read { facts, findings, verdict: Err(Outcome::Refused(*refusal)) };
        }
    };
    facts.extend(members.iter().filter_map(|(name, value)| {
        let known = claims::meaning(name)?;
        Some(Fact::open(known.name, plain(value), known.long))
    }));
    facts.extend(others(&members, |name| claims::meaning(name).is_some()));
    let subject = members.get("sub").and_then(Value::as_str).unwrap_or_default();
    let same = subject_finding(subject, id_token);
    let verdict = match same.severity {
        Severity::Error => Err(Outcome::Rejected { reason: same.title.clone(), tokens: None }),
        Severity::Passed | Severity::Info | Severity::Warning => Ok(()),
    };
    findings.push(same);
    Read { facts, findings, verdict }
}

fn finding(id: &'static str, severity: Severity, source: &'static str, title: impl Into<String>) -> Finding {
    Finding { id, severity, title: title.into(), source }
}

/// Claims that came in a token.
fn opened(token: &Secret, findings: &mut Vec<Finding>) -> Result<Map<String, Value>, Failure> {
    let source = "OpenID Connect Core §5.3.2";
    let decoded = decode(token.expose());
    let unreadable = |reason: &str| Failure::Unreadable {
        expected: "a UserInfo response".to_owned(),
        reason: reason.to_owned(),
    };
    match decoded.kind {
        Kind::Jws if decoded.claims.get("sub").is_some_and(Value::is_string) => {
            let title = "The claims came as a signed token. Its signature is not checked here: it was fetched from the \
                         provider itself, over the connection that the metadata named.";
            findings.push(finding("userinfo.signed", Severity::Info, source, title));
            Ok(decoded.claims)
        }
        Kind::Jws => Err(unreadable("it is a signed token without `sub`")),
        Kind::Jwe => Err(unreadable("it is encrypted for a key that this client does not hold")),
        Kind::Opaque | Kind::Saml | Kind::NotAToken => {
            Err(unreadable("it calls itself application/jwt and is none"))
        }
    }
}

fn subject_finding(subject: &str, id_token: Option<&Secret>) -> Finding {
    let source = "OpenID Connect Core §5.3.2";
    let claims = id_token.map(|token| decode(token.expose()).claims);
    match claims.as_ref().map(|claims| claims.get("sub").and_then(Value::as_str)) {
        Some(Some(expected)) if expected == subject => {
            let title = "`sub` is the one in the ID token: both speak of the same person.";
            finding("userinfo.subject_matches", Severity::Passed, source, title)
        }
        Some(Some(_)) => finding(
            "userinfo.subject_mismatch",
            Severity::Error,
            source,
            "`sub` is not the one in the ID token: this answer is about somebody else and must not be used.",
        ),
        Some(None) => {
            let title = "The ID token at hand has no `sub` to compare with.";
            finding("userinfo.subject_unchecked", Severity::Warning, source, title)
        }
        None => finding(
            "userinfo.subject_unchecked",
            Severity::Info,
            source,
            "No ID token of the same sign-in is at hand, so `sub` was compared with nothing.",
        ),
    }
}

/// Status, challenges and error, as they came.
fn said(answer: &ApiAnswer, response: &Response) -> Vec<Fact> {
    let mut facts = vec![Fact::open(
        "status",
        answer.status.to_string(),
        "2xx: done. 401: the token is not accepted. 403: it is, and does not allow this. 429: too many calls.",
    )];
    let mut tell = |name: &'static str, value: Option<&str>, meaning: &str| {
        if let Some(value) = value {
            facts.push(Fact::open(name, value, meaning));
        }
    };
    for challenge in &answer.challenges {
        tell("challenge", Some(&challenge.scheme), "The scheme of a credential that the API takes.");
        for name in ["realm", "error", "error_description", "scope", "authorization_uri", "client_id"] {
            tell(name, challenge.get(name), Fact::meaning_of(name));
        }
        if let Some(Ok(claims)) = challenge.claims() {
            tell("claims", Some(&claims.to_string()), Fact::meaning_of("claims"));
        }
    }
    if let Some(ApiError { code, message, date, request_id, client_request_id, inner_code }) = &answer.error {
        tell("error.code", Some(code), "The API's word for the error, for programs.");
        tell("error.message", message.as_deref(), "The API's words for people; they may change.");
        tell("innerError.code", inner_code.as_deref(), "A finer word for the error.");
        tell("date", date.as_deref(), "When, by the API's clock.");
        tell("request-id", request_id.as_deref(), Fact::meaning_of("request-id"));
        tell("client-request-id", client_request_id.as_deref(), Fact::meaning_of("client-request-id"));
    }
    if let Body::Cut { kept, total } = &response.body {
        let text = format!("{} of {total} bytes", kept.len());
        tell("body", Some(&text), "Only the beginning of the body was kept.");
    }
    facts
}

fn judged(answer: &ApiAnswer, sent: &Request) -> Vec<Finding> {
    let mut findings = Vec::new();
    for challenge in &answer.challenges {
        if let Some(flaw) = challenge.flaw {
            let title = format!("A challenge is not well formed: {flaw}. It was read as far as it goes.");
            findings.push(finding("api.challenge_form", Severity::Info, "RFC 9110 §11.6.1", title));
        }
    }
    if answer.status == 401 && answer.challenges.is_empty() {
        findings.push(finding(
            "api.no_challenge",
            Severity::Info,
            "RFC 9110 §15.5.2",
            "The API answered 401 and does not say in WWW-Authenticate what it wants.",
        ));
    }
    findings.extend(answer.bearer().into_iter().flat_map(challenged));
    findings.extend(advice(answer, sent));
    findings
}

/// What the bearer challenge asks for.
fn challenged(challenge: &Challenge) -> Vec<Finding> {
    let mut findings = Vec::new();
    let source = "RFC 6750 §3.1";
    let said = challenge.get("error_description").filter(|text| !text.is_empty());
    let said = said.map(|text| format!(" It says: {}", visible(text))).unwrap_or_default();
    match challenge.get("error") {
        Some("invalid_token") => {
            let title = format!("The API does not accept this token.{said}");
            findings.push(finding("api.invalid_token", Severity::Error, source, title));
        }
        Some("insufficient_scope") => {
            let wanted = match challenge.get("scope").filter(|scope| !scope.is_empty()) {
                Some(scope) => format!("Sign in again with {} in the scope.", visible(scope)),
                None => "It does not say which scope would be enough.".to_owned(),
            };
            let title = format!("The token is good and does not allow this. {wanted}{said}");
            findings.push(finding("api.insufficient_scope", Severity::Error, source, title));
        }
        Some("invalid_request") => {
            let title = format!("The API cannot read the request: look at the Authorization header.{said}");
            findings.push(finding("api.invalid_request", Severity::Error, source, title));
        }
        Some("insufficient_claims") | None => {}
        Some(other) => {
            let title = format!("The API refuses with {}.{said}", visible(other));
            findings.push(finding("api.error", Severity::Error, source, title));
        }
    }
    match challenge.claims() {
        Some(Ok(claims)) => {
            let title = format!(
                "A policy asks for more than this token shows. Send this as `claims` with the next authorization and token \
                 request, and the new token to the API: {}",
                visible(&claims.to_string())
            );
            findings.push(finding("api.claims_challenge", Severity::Error, "Entra, claims challenge", title));
        }
        Some(Err(why)) => {
            let title = format!("The claims challenge cannot be read: {why}.");
            findings.push(finding(
                "api.claims_challenge",
                Severity::Warning,
                "Entra, claims challenge",
                title,
            ));
        }
        None => {}
    }
    findings
}

/// What is wrong with the token that was sent, as far as answer and token together show it.
fn advice(answer: &ApiAnswer, sent: &Request) -> Option<Finding> {
    let (id, source) = ("api.advice", "RFC 6750 §3.1");
    let error = |title: String| Some(finding(id, Severity::Error, source, title));
    let header = sent.headers.get("authorization");
    let token = header.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim());
    let decoded = decode(token.unwrap_or_default());
    let kind = kind_of(&decoded).kind;
    let claim = |name: &str| match decoded.claims.get(name) {
        Some(value) => visible(&plain(value)).into_owned(),
        None => "none".to_owned(),
    };
    match answer.status {
        401 if header.is_none() => {
            error("No token was sent: the request had no Authorization header.".to_owned())
        }
        401 if kind == TokenKind::IdToken => error(format!(
            "An ID token was sent. It is addressed to the client {} and says who signed in; an API takes access tokens.",
            claim("aud")
        )),
        401 if decoded.kind == Kind::Jws => error(format!(
            "Compare the token with what this API wants: it is addressed to aud {}, by iss {}.",
            claim("aud"),
            claim("iss")
        )),
        400 | 403 if kind.is_app_only() => error(format!(
            "The application called in its own name: the token has roles {} and no user. An address such as /me needs one; \
             otherwise an administrator has to grant the application permission.",
            claim("roles")
        )),
        403 if kind.is_access() => error(format!(
            "The token carries scp {}. Ask for the permission that this call needs, get consent, and fetch a new token: the \
             old one does not change. What the user may not do, no scope allows.",
            claim("scp")
        )),
        429 | 503 => {
            let wait = match answer.retry_after {
                Some(seconds) => format!("Call again in {seconds} s, not earlier."),
                None => "It does not say when to call again; wait longer each time.".to_owned(),
            };
            Some(finding("api.throttled", Severity::Warning, "RFC 9110 §10.2.3", wait))
        }
        _ => None,
    }
}

fn known_members(members: &Map<String, Value>) -> Vec<Fact> {
    let mut facts: Vec<_> = MEMBERS
        .iter()
        .filter_map(|(name, meaning)| match members.get(*name)? {
            Value::Array(items) => Some(Fact::open(name, count(items.len()), *meaning)),
            value => Some(Fact::open(name, plain(value), *meaning)),
        })
        .collect();
    facts.extend(others(members, |name| MEMBERS.iter().any(|(known, _)| *known == name)));
    facts
}

/// The names of what else is in the answer; the values stand in the response itself.
fn others(members: &Map<String, Value>, is_told: impl Fn(&str) -> bool) -> Option<Fact> {
    let names: Vec<_> = members.keys().map(String::as_str).filter(|name| !is_told(name)).collect();
    (!names.is_empty())
        .then(|| Fact::open("other members", names.join(", "), "Their values stand in the response."))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn count(objects: usize) -> String {
    if objects == 1 { "1 object".to_owned() } else { format!("{objects} objects") }
}

fn elsewhere(response: &Response) -> Failure {
    Failure::Unreadable {
        expected: "an answer of the API".to_owned(),
        reason: json_answer::redirect_reason(response),
    }
}
