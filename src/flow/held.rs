//! A token in hand, opened before it is used: what it is, for whom, until when, and whether it fits the place that it is
//! about to be sent to. What does not fit is told and ends nothing: people come to see it refused.

use super::Fact;
use crate::{
    finding::{Finding, Severity},
    secret::Secret,
    text::visible,
    time::{self, UnixTime},
    token::{Decoded, Kind, TokenKind, claims, decode, kind_of},
};

/// Where the token is going to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// To an API.
    Api,
    /// To the UserInfo endpoint, which speaks about a user.
    UserInfo,
    /// To the end-session endpoint, as a hint.
    LogoutHint,
}

/// The claims that say what a token is for, in reading order.
const TELLING: &[&str] =
    &["aud", "iss", "tid", "azp", "appid", "scp", "roles", "sub", "oid", "preferred_username"];

/// What can be seen of it.
pub(super) fn facts(token: &Secret, now: UnixTime) -> Vec<Fact> {
    let decoded = decode(token.expose());
    let what = kind_of(&decoded);
    let mut facts = vec![Fact::secret("token", token, "The token as it will be sent.")];
    facts.push(match decoded.kind {
        Kind::Jws => Fact::open("kind", what.kind.title(), what.because),
        other @ (Kind::Jwe | Kind::Opaque | Kind::Saml | Kind::NotAToken) => {
            Fact::open("kind", other.title(), what.because)
        }
    });
    let told = TELLING.iter().filter_map(|name| {
        let value = decoded.claims.get(*name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(Fact::open(name, text, claims::meaning(name).map_or("", |known| known.long)))
    });
    facts.extend(told);
    if let Some(end) = decoded.time("exp") {
        let text = format!("{} ({})", end.date_time(), time::relative(end, now));
        facts.push(Fact::open("exp", text, claims::meaning("exp").map_or("", |known| known.long)));
    }
    facts
}

/// Whether it fits.
pub(super) fn findings(token: &Secret, used: Use, now: UnixTime) -> Vec<Finding> {
    let decoded = decode(token.expose());
    let fit = match used {
        Use::Api | Use::UserInfo => as_access_token(&decoded, used),
        Use::LogoutHint => as_hint(&decoded),
    };
    let mut findings = vec![fit];
    if used != Use::LogoutHint {
        findings.extend(clock(&decoded, now));
    }
    findings
}

fn finding(id: &'static str, severity: Severity, source: &'static str, title: impl Into<String>) -> Finding {
    Finding { id, severity, title: title.into(), source }
}

fn as_access_token(decoded: &Decoded, used: Use) -> Finding {
    let kind = kind_of(decoded).kind;
    match (decoded.kind, kind) {
        (Kind::NotAToken | Kind::Saml, _) if !can_travel(decoded.raw.expose()) => finding(
            "given.no_token",
            Severity::Warning,
            "RFC 6750 §2.1",
            "This cannot be an access token: it has characters that no bearer token may have. Expect 401.",
        ),
        (_, TokenKind::IdToken) => finding(
            "given.id_token",
            Severity::Warning,
            "OpenID Connect Core §2",
            "This is an ID token: it tells the client who signed in. An API must refuse it; the access token of the same \
             sign-in is the one to send.",
        ),
        (_, kind) if kind.is_app_only() && used == Use::UserInfo => finding(
            "given.app_only",
            Severity::Warning,
            "OpenID Connect Core §5.3",
            "An application got this token for itself: there is no user that UserInfo could tell about.",
        ),
        (Kind::Jws, kind) if kind.is_access() => {
            let audience = match decoded.claims.get("aud") {
                Some(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                None => "nobody in particular".to_owned(),
            };
            finding(
                "given.access_token",
                Severity::Passed,
                "RFC 6750 §1.2",
                format!("It is an access token, addressed to {}.", visible(&audience)),
            )
        }
        _ => finding(
            "given.unreadable",
            Severity::Info,
            "RFC 6749 §1.4",
            "What kind of token it is cannot be told from outside. That is as it should be: it is for the API to read.",
        ),
    }
}

/// Whether it has the form of a bearer token (RFC 6750 §2.1). What is inside is between the issuer and the API.
fn can_travel(text: &str) -> bool {
    let word = text.trim_end_matches('=');
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c))
}

fn as_hint(decoded: &Decoded) -> Finding {
    let source = "RP-Initiated Logout §2";
    if kind_of(decoded).kind == TokenKind::IdToken {
        let title = "It is an ID token, which is what the hint should be.";
        finding("given.id_token", Severity::Passed, source, title)
    } else {
        let title = "The hint should be the ID token of the sign-in, and this is none.";
        finding("given.no_id_token", Severity::Warning, source, title)
    }
}

fn clock(decoded: &Decoded, now: UnixTime) -> Option<Finding> {
    let source = "RFC 7519 §4.1.4";
    if let Some(end) = decoded.time("exp").filter(|end| *end <= now) {
        let title = format!("It ended {}: expect 401.", time::relative(end, now));
        return Some(finding("given.expired", Severity::Warning, source, title));
    }
    let start = decoded.time("nbf").filter(|start| *start > now)?;
    let title = format!("It is not valid before {} ({}).", start.date_time(), time::relative(start, now));
    Some(finding("given.not_yet", Severity::Warning, source, title))
}
