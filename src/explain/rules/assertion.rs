//! What the JWTs in a request say about why it was refused: the assertion by which a client proves itself, the one that it
//! exchanges on behalf of somebody, and what the lab tenant compared in them.
//!
//! The tokens are read and not believed: whoever sent the request may have put anything there. They decide only between
//! causes.

use std::time::Duration;

use serde_json::Value;

use super::{Case, Check, Found};
use crate::{
    secret::mask,
    time::UnixTime,
    token::{self, Decoded, Kind},
    wire::{Params, Request},
};

/// What clocks may differ by.
pub(super) const TOLERANCE: Duration = Duration::from_secs(300);

/// The JWTs of a request, as far as it holds any.
#[derive(Debug, Default)]
pub(crate) struct Presented {
    /// What stands behind `Bearer`.
    pub bearer: Option<Decoded>,
    /// `client_assertion`.
    pub client: Option<Decoded>,
    /// `assertion`.
    pub user: Option<Decoded>,
}

impl Presented {
    /// Reads them.
    pub fn read(request: &Request, params: &Params) -> Self {
        let of = |name: &str| params.get(name).filter(|value| !value.is_empty()).map(token::decode);
        let header = request.headers.get("authorization").and_then(|value| value.split_once(' '));
        Self {
            bearer: header
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token::decode(token)),
            client: of("client_assertion"),
            user: of("assertion"),
        }
    }
}

/// Checks that look at assertions.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("assertion.not_a_jwt", no_jwt),
    ("client_id.header_and_form", header_and_form),
    ("logout.hint_unreadable", |case| {
        let name = ["id_token_hint", "logout_hint"].into_iter().find(|name| case.param(name).is_some())?;
        Found::likely(&format!("request {name}"), "sent", "an ID token, or its claim login_hint")
    }),
];

/// A claim that is a text; empty if there is none.
pub(super) fn text<'a>(token: &'a Decoded, claim: &str) -> &'a str {
    token.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
}

/// A claim as it is shown; a list stands with blanks between its members.
pub(super) fn shown(token: &Decoded, claim: &str) -> String {
    match token.claims.get(claim) {
        None => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    }
}

/// Whether the token has ended by the clock of this machine.
pub(super) fn over(case: &Case<'_>, token: &Decoded, tolerance: Duration) -> Option<Found> {
    let (now, end) = (case.evidence.now?, token.time("exp")?);
    if now < end + tolerance {
        return None;
    }
    Found::certain("exp of the token", &end.date_time(), &format!("later than {}", now.date_time()))
}

/// Whether the token has yet to begin by the clock of this machine.
pub(super) fn ahead(case: &Case<'_>, token: &Decoded) -> Option<Found> {
    let now: UnixTime = case.evidence.now?;
    let (name, begin) = ["nbf", "iat"].into_iter().find_map(|name| Some((name, token.time(name)?)))?;
    if begin <= now + TOLERANCE {
        return None;
    }
    Found::certain(
        &format!("{name} of the token"),
        &begin.date_time(),
        &format!("{} or earlier", now.date_time()),
    )
}

fn no_jwt(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.readable"]) {
        return Some(found);
    }
    let is_token = |sent: &str| {
        sent.split('.').count() == 3
            && sent.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=.".contains(&b))
            && token::decode(sent).kind == Kind::Jws
    };
    let (name, sent) = ["client_assertion", "assertion"]
        .into_iter()
        .find_map(|name| Some((name, case.param(name).filter(|sent| !is_token(sent))?)))?;
    let parts = sent.split('.').count();
    let seen = format!("{}, in {parts} {}", mask(sent), if parts == 1 { "part" } else { "parts" });
    Found::certain(&format!("request {name}"), &seen, "a JWT: three parts in base64url")
}

fn header_and_form(case: &Case<'_>) -> Option<Found> {
    let header = case.evidence.request.as_ref()?.headers.get("authorization")?;
    let sent = case
        .param("client_id")
        .filter(|_| header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")))?;
    case.by_rule(&["client_id.one"])
        .or_else(|| Found::likely("request client_id", sent, "the client id of the Authorization header"))
}
