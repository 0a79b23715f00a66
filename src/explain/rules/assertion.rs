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
    token::{self, Decoded, Kind, TokenKind, kind_of},
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

    fn client(&self) -> Option<&Decoded> {
        self.client.as_ref().filter(|token| token.kind == Kind::Jws)
    }

    fn user(&self) -> Option<&Decoded> {
        self.user.as_ref().filter(|token| token.kind == Kind::Jws)
    }
}

/// Checks that look at assertions.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("credential.x5t_is_hex_text", thumbprint_is_text),
    ("credential.certificate_not_registered", |case| {
        case.by_rule(&["assertion.certificate_registered"]).or_else(|| case.said(&["key was not found"]))
    }),
    ("credential.key_or_algorithm", algorithm_or_key),
    ("credential.assertion_replayed", |case| case.by_rule(&["assertion.unused"])),
    ("credential.assertion_claims", issuer_is_not_client),
    ("credential.assertion_incomplete", something_missing),
    ("credential.assertion_audience", meant_for_another),
    ("credential.assertion_expired", |case| over(case, case.presented.client()?, TOLERANCE)),
    ("credential.assertion_ahead", |case| ahead(case, case.presented.client()?)),
    ("assertion.not_a_jwt", no_jwt),
    ("assertion.altered", |case| case.by_rule(&["assertion.signature", "federation.signature"])),
    ("client_id.header_and_form", header_and_form),
    ("federated.none_configured", |case| case.by_rule(&["federation.configured"])),
    ("federated.subject_case", |case| subject(case, "federated.subject_case")),
    ("federated.subject_immutable", |case| subject(case, "federated.subject_immutable")),
    ("federated.subject_mismatch", |case| subject(case, "federated.subject_mismatch")),
    ("federated.issuer_slash", |case| issuer(case, true)),
    ("federated.issuer_mismatch", |case| issuer(case, false)),
    ("federated.key_unknown", |case| case.by_rule(&["federation.signature"])),
    ("obo.graph_token", for_graph),
    ("obo.id_token", is_id_token),
    ("obo.assertion_audience", for_another_api),
    ("obo.assertion_expired", |case| over(case, case.presented.user()?, Duration::ZERO)),
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

// The client's own assertion.

fn thumbprint_is_text(case: &Case<'_>) -> Option<Found> {
    let header = &case.presented.client()?.header;
    // base64url of 20 and of 32 bytes has 27 and 43 characters; padding adds one.
    [("x5t", 28), ("x5t#S256", 44)].into_iter().find_map(|(name, longest)| {
        let sent = header.get(name)?.as_str().filter(|sent| sent.len() > longest)?;
        let expected = format!("{} characters: base64url of the bytes", longest - 1);
        Found::certain(
            &format!("{name} of the client assertion"),
            &format!("{sent} ({} characters)", sent.len()),
            &expected,
        )
    })
}

fn algorithm_or_key(case: &Case<'_>) -> Option<Found> {
    let sent = case.presented.client().and_then(|token| token.header.get("alg")?.as_str());
    if let Some(sent) = sent.filter(|sent| !["RS256", "PS256"].contains(sent)) {
        return Found::certain("alg of the client assertion", sent, "RS256 or PS256");
    }
    let is_it =
        case.says(&["signature value did not match", "did not match the expected signature", "key found"]);
    case.by_rule(&["assertion.signature"]).or_else(|| {
        if is_it {
            Found::certain("the message", "the key was found", "a signature of that key")
        } else {
            None
        }
    })
}

fn issuer_is_not_client(case: &Case<'_>) -> Option<Found> {
    let token = case.presented.client()?;
    let (issuer, subject) = (text(token, "iss"), text(token, "sub"));
    if issuer != subject {
        return Found::certain("sub of the client assertion", subject, issuer);
    }
    let client_id = case.param("client_id").filter(|id| !id.eq_ignore_ascii_case(issuer))?;
    Found::certain("iss of the client assertion", issuer, client_id)
}

fn something_missing(case: &Case<'_>) -> Option<Found> {
    let token = case.presented.client()?;
    let name = ["iss", "sub", "aud", "exp"].into_iter().find(|name| !token.claims.contains_key(*name));
    if let Some(name) = name {
        return Found::certain(&format!("{name} of the client assertion"), "absent", "a value");
    }
    let names_certificate = ["x5t", "x5t#S256", "kid"].iter().any(|name| token.header.contains_key(*name));
    if names_certificate || text(token, "iss").contains("://") {
        return None;
    }
    Found::certain("x5t#S256 of the client assertion", "absent", "the thumbprint of the certificate")
}

fn meant_for_another(case: &Case<'_>) -> Option<Found> {
    let sent = shown(case.presented.client()?, "aud");
    let address = case.evidence.request.as_ref().map(|request| request.url.as_str()).unwrap_or_default();
    Found::certain("aud of the client assertion", &sent, address)
}

fn no_jwt(case: &Case<'_>) -> Option<Found> {
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

// Another issuer's token.

/// Which of the causes a subject that fits nowhere belongs to, by what the lab tenant compared it with.
fn subject(case: &Case<'_>, key: &str) -> Option<Found> {
    let compared = case.compared("sub")?;
    let (sent, expected) = (&compared.sent, &compared.expected);
    let found = if expected.iter().any(|one| one.to_lowercase() == sent.to_lowercase()) {
        "federated.subject_case"
    } else if expected.iter().any(|one| without_ids(one) == without_ids(sent)) {
        "federated.subject_immutable"
    } else {
        "federated.subject_mismatch"
    };
    if found == key { Found::certain("sub", sent, &expected.join(" or ")) } else { None }
}

/// A subject without the numbers that stand behind `@`.
fn without_ids(subject: &str) -> String {
    let mut out = String::with_capacity(subject.len());
    let mut pieces = subject.split('@');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

fn issuer(case: &Case<'_>, slash_only: bool) -> Option<Found> {
    let compared = case.compared("iss").filter(|_| case.code != Some(90061))?;
    let bare = |issuer: &str| issuer.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let differs_in_slash = compared.expected.iter().any(|expected| bare(expected) == bare(&compared.sent));
    if differs_in_slash != slash_only {
        return None;
    }
    Found::certain("iss", &compared.sent, &compared.expected.join(" or "))
}

// What is exchanged on behalf of somebody.

fn for_graph(case: &Case<'_>) -> Option<Found> {
    let token = case.presented.user()?;
    let is_graphs = matches!(kind_of(token).kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly);
    if is_graphs || token.header.contains_key("nonce") {
        Found::certain("aud of the assertion", &shown(token, "aud"), "this API, not Microsoft Graph")
    } else {
        None
    }
}

fn is_id_token(case: &Case<'_>) -> Option<Found> {
    let token = case.presented.user().filter(|token| kind_of(token).kind == TokenKind::IdToken)?;
    let certain = case.code != Some(50013); // there the signature is wrong as well
    let found = if certain { Found::certain } else { Found::likely };
    found(
        "kind of the assertion",
        &format!("ID token for {}", shown(token, "aud")),
        "an access token for this API",
    )
}

fn for_another_api(case: &Case<'_>) -> Option<Found> {
    if case.code == Some(500_131)
        && let Some(compared) = case.compared("aud")
    {
        return Found::certain("aud of the assertion", &compared.sent, &compared.expected.join(" or "));
    }
    let audience = shown(case.presented.user()?, "aud");
    let client_id = case.param("client_id")?;
    if audience.eq_ignore_ascii_case(client_id)
        || audience.eq_ignore_ascii_case(&format!("api://{client_id}"))
    {
        return None;
    }
    Found::likely("aud of the assertion", &audience, &format!("{client_id}, or an identifier of that API"))
}

// Codes, refresh tokens and addresses.
