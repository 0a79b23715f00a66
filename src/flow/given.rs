//! The token that a run begins with, looked at before it is used, and what the answer says about it afterwards.

use serde_json::Value;

use super::{Fact, FlowKind, Profile};
use crate::{
    finding::{Finding, Severity},
    oauth::{Refusal, TokenSet},
    secret::Secret,
    text::visible,
    time::UnixTime,
    token::{Decoded, Kind, TokenKind, decode, kind_of},
};

/// What a look brings: facts for the step, and what can be said about them.
pub(super) type Seen = (Vec<Fact>, Vec<Finding>);

/// A user's token, to be exchanged: is it one that the authority will take from this client? (reference §4.11)
pub(super) fn user_assertion(profile: &Profile, token: &Secret, now: UnixTime) -> Seen {
    let decoded = decode(token.expose());
    let mut facts = vec![Fact::secret("assertion", token, Fact::meaning_of("assertion"))];
    let rows = [
        ("aud", "Whom the caller's token is for. That must be this application."),
        ("azp", "The front end that called us."),
        ("appid", "The front end that called us."),
        ("scp", "What the front end may do here, in the person's name."),
        ("oid", "The person, whose token stays theirs through the exchange."),
        ("ver", "1.0 names the audience by an App ID URI, 2.0 by the client id."),
    ];
    for (name, meaning) in rows {
        facts.extend(text(&decoded, name).map(|value| Fact::open(name, value, meaning)));
    }
    facts.extend(decoded.time("exp").map(|end| {
        Fact::open("exp", end.date_time(), "Until when it can be exchanged, and it dies with it.")
    }));
    let mut findings = Vec::new();
    if decoded.kind == Kind::Jws {
        findings.push(kind(&decoded));
        findings.push(audience(profile, &decoded));
        findings.extend(expiry(&decoded, now));
    } else {
        let title = format!("This is no signed token but: {}. It cannot be exchanged.", decoded.kind.title());
        findings.push(finding("assertion.form", Severity::Warning, title));
    }
    (facts, findings)
}

fn kind(token: &Decoded) -> Finding {
    let recognised = kind_of(token);
    let (id, severity, verdict) = match recognised.kind {
        TokenKind::IdToken => (
            "assertion.id_token",
            Severity::Warning,
            "An ID token: it tells a client who signed in and is not meant to be shown to an API. Take the access token.",
        ),
        kind if kind.is_app_only() => (
            "assertion.app_only",
            Severity::Warning,
            "A token of an application alone: there is no person on whose behalf. Use client credentials instead.",
        ),
        kind if kind.is_access() => ("assertion.kind", Severity::Passed, "An access token for a person."),
        TokenKind::AccessDelegated
        | TokenKind::AccessAppOnly
        | TokenKind::GraphDelegated
        | TokenKind::GraphAppOnly
        | TokenKind::ClientAssertion
        | TokenKind::WorkloadAssertion
        | TokenKind::Unknown => {
            ("assertion.kind", Severity::Info, "It cannot be told which kind of token this is.")
        }
    };
    finding(id, severity, format!("{verdict} {}", recognised.because))
}

fn audience(profile: &Profile, token: &Decoded) -> Finding {
    let Some(audience) = text(token, "aud") else {
        let title = "It names no audience: nobody can tell that it is for this application.".to_owned();
        return finding("assertion.audience", Severity::Warning, title);
    };
    let shown = visible(&audience).into_owned();
    let own = audience.strip_prefix("api://").unwrap_or(&audience);
    if own.eq_ignore_ascii_case(&profile.client_id) {
        let title = format!("Its audience {shown} is this application.");
        return finding("assertion.audience", Severity::Passed, title);
    }
    if matches!(kind_of(token).kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly) {
        let title =
            format!("Its audience {shown} is Microsoft Graph: the front end must ask for a token for us.");
        return finding("assertion.audience", Severity::Warning, title);
    }
    if audience.contains("://") {
        let title = format!(
            "Its audience {shown} has to be one of our App ID URIs, which only the registration knows."
        );
        return finding("assertion.audience", Severity::Info, title);
    }
    let title =
        format!("Its audience {shown} is another application; we are {}.", visible(&profile.client_id));
    finding("assertion.audience", Severity::Warning, title)
}

fn expiry(token: &Decoded, now: UnixTime) -> Option<Finding> {
    let end = token.time("exp")?;
    let (severity, title) = if end <= now {
        (Severity::Warning, format!("It expired at {end}; the front end has to get a new one."))
    } else {
        (Severity::Passed, format!("It is good until {end}."))
    };
    Some(finding("assertion.expiry", severity, title))
}

/// A refresh token, of which only the authority can read anything.
pub(super) fn refresh_token(token: &Secret) -> Seen {
    let facts = vec![Fact::secret("refresh_token", token, Fact::meaning_of("refresh_token"))];
    let decoded = decode(token.expose());
    let findings = if decoded.kind == Kind::Jws && !decoded.claims.is_empty() {
        let title = format!(
            "This can be read: it is a {}. Refresh tokens are opaque as a rule; is this the right one?",
            kind_of(&decoded).kind.title()
        );
        vec![finding("refresh_token.form", Severity::Warning, title)]
    } else {
        Vec::new()
    };
    (facts, findings)
}

/// What became of the refresh token that was sent.
pub(super) fn rotation(profile: &Profile, sent: Option<&str>, tokens: &TokenSet) -> Vec<Finding> {
    let is_entra = profile.authority.is_entra();
    let (id, title) = match &tokens.refresh_token {
        None => {
            ("refresh_token.kept", "No new refresh token came: the one that was sent stays the one to keep.")
        }
        Some(new) if Some(new.expose()) == sent => {
            ("refresh_token.kept", "The same refresh token came back: this authority does not rotate it.")
        }
        Some(_) if is_entra => (
            "refresh_token.rotated",
            "A new refresh token came. Entra does not take the old one back: send it again to see that it still works.",
        ),
        Some(_) => (
            "refresh_token.rotated",
            "A new refresh token came. Most providers end the old one now, and some the whole sign-in if it is used again.",
        ),
    };
    let mut findings =
        vec![Finding { id, severity: Severity::Info, title: title.to_owned(), source: "RFC 6749 §6" }];
    if let Some(family) = &tokens.foci {
        findings.push(Finding {
            id: "refresh_token.family",
            severity: Severity::Info,
            title: format!(
                "It belongs to family {}: every application of that family can redeem it, each for what it may do itself.",
                visible(family)
            ),
            source: "Entra",
        });
    }
    findings
}

/// What a refusal of the token request means for this grant, where that is more than its code says.
pub(super) fn on_refusal(kind: FlowKind, refusal: &Refusal) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Numbers that ask for something only a page can give: a second factor, its set-up, terms, a managed device.
    let wants_a_page =
        refusal.error_codes.iter().any(|code| matches!(code, 50072 | 50074 | 50076 | 50079 | 50158 | 53004))
            || refusal.suberror.as_deref() == Some("basic_action");
    match kind {
        FlowKind::Password if wants_a_page => findings.push(Finding {
            id: "password.interaction",
            severity: Severity::Info,
            title: "More than a password is asked for, and this grant has no page to ask on: it will never do for this \
                    account. Use authorization code, or device code where there is no browser."
                .to_owned(),
            source: "Entra",
        }),
        FlowKind::OnBehalfOf if wants_a_page || refusal.claims.is_some() => findings.push(Finding {
            id: "on_behalf_of.interaction",
            severity: Severity::Info,
            title: "The person has to do something, and we have no page: answer the front end with 401 and a \
                    WWW-Authenticate header that carries the claims, so that it signs the person in again."
                .to_owned(),
            source: "RFC 6750 §3",
        }),
        FlowKind::RefreshToken if refusal.error == "invalid_grant" => findings.push(Finding {
            id: "refresh_token.over",
            severity: Severity::Info,
            title: "With invalid_grant a refresh token has done its service: only a new sign-in goes on from here."
                .to_owned(),
            source: "RFC 6749 §5.2",
        }),
        FlowKind::AuthorizationCode | FlowKind::ClientCredentials | FlowKind::DeviceCode | FlowKind::OnBehalfOf | FlowKind::RefreshToken | FlowKind::CallApi | FlowKind::UserInfo | FlowKind::ManagedIdentity | FlowKind::AdminConsent | FlowKind::Logout | FlowKind::Hybrid | FlowKind::Implicit | FlowKind::Password => {}
    }
    findings
}

fn text(token: &Decoded, name: &str) -> Option<String> {
    match token.claims.get(name)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

const fn finding(id: &'static str, severity: Severity, title: String) -> Finding {
    Finding { id, severity, title, source: "RFC 7523 §3" }
}
