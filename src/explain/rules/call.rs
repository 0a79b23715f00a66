//! Which cause it is where an API refuses a token: the header that was sent, the token in
//! it, and the words of the answer.

use super::{
    super::place::Place,
    Case, Check, Found,
    assertion::{TOLERANCE, ahead, over, shown, text},
};
use crate::{
    entra::scopes,
    token::{Decoded, Kind, TokenKind, kind_of},
    wire::Request,
};

/// Checks about calls to APIs.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("token.missing", no_token),
    ("token.header_malformed", malformed),
    ("token.id_token_as_bearer", id_token),
    ("token.expired", |case| {
        let by_clock = || over(case, bearer(case)?, TOLERANCE);
        case.by_rule(&["token.valid_until"]).or_else(by_clock).or_else(|| case.said(&["expired", "lifetime"]))
    }),
    ("token.not_yet_valid", |case| {
        case.by_rule(&["token.valid_from"]).or_else(|| ahead(case, bearer(case)?))
    }),
    ("token.audience", audience),
    (
        "token.audience_form",
        |case| if is_other_form(case) { case.by_rule(&["token.audience"]) } else { None },
    ),
    ("token.graph_token_not_for_you", graph_token),
    ("token.issuer_version", |case| {
        case.by_rule(&["token.version", "token.issuer"]).or_else(|| case.said(&["issuer"]))
    }),
    ("token.other_tenant", |case| case.by_rule(&["token.tenant"])),
    ("token.key_not_found", |case| {
        case.by_rule(&["token.key"]).or_else(|| case.said(&["key was not found", "no key", "kid"]))
    }),
    ("token.altered", |case| {
        case.by_rule(&["token.signature", "token.algorithm"]).or_else(|| case.said(&["signature"]))
    }),
    ("permission.needs_person", needs_person),
    ("permission.needs_application", |case| case.by_rule(&["permission.application"])),
    ("permission.scope_missing", scope_missing),
    ("permission.application_not_granted", role_missing),
    ("permission.user_lacks_right", |case| case.by_rule(&["person.administrator"])),
    ("api.request_form", |case| {
        case.by_rule(&[
            "path.known",
            "query.select",
            "query.supported",
            "method.allowed",
            "body.readable",
            "stock.room",
        ])
    }),
    ("api.object_elsewhere", |case| case.by_rule(&["resource.exists", "photo.exists"])),
];

/// The request, if it went to an API.
fn call<'a>(case: &Case<'a>) -> Option<&'a Request> {
    case.evidence.request.as_ref().filter(|_| matches!(case.facts.place, Place::Api(_)))
}

/// The token that an API got, if it can be read.
fn bearer<'a>(case: &'a Case<'_>) -> Option<&'a Decoded> {
    call(case)?;
    case.presented.bearer.as_ref().filter(|token| token.kind == Kind::Jws)
}

fn no_token(case: &Case<'_>) -> Option<Found> {
    let header = call(case)?.headers.get("authorization").unwrap_or_default().trim();
    if header.is_empty() || header.eq_ignore_ascii_case("bearer") {
        let sent = if header.is_empty() { "absent" } else { "Bearer and nothing behind it" };
        return Found::certain("request Authorization", sent, "Bearer and an access token");
    }
    case.by_rule(&["credential.present"])
}

fn malformed(case: &Case<'_>) -> Option<Found> {
    let request = call(case)?;
    if case.param("access_token").is_some() {
        return Found::certain("place of the token", "query or body", "the header Authorization alone");
    }
    let count = request.headers.all("authorization").count();
    if count > 1 {
        return Found::certain("request Authorization", &format!("{count} headers"), "one header");
    }
    let header = request.headers.get("authorization")?.trim();
    let (scheme, token) = header.split_once(' ').unwrap_or(("", header));
    let certain = |seen: &str| Found::certain("request Authorization", seen, "Bearer, one blank, the token");
    if !scheme.eq_ignore_ascii_case("bearer") {
        return certain(if scheme.is_empty() { "one word, no scheme" } else { "another scheme than Bearer" });
    }
    let token = token.trim();
    if token.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("bearer ")) {
        return certain("the word Bearer twice");
    }
    if token.starts_with(['"', '\'', '{']) {
        return certain("quotes or braces around the token");
    }
    if token.contains(char::is_whitespace) {
        return certain("a blank inside the token");
    }
    if token.split('.').count() == 3 {
        return case.by_rule(&["token.shape"]);
    }
    let seen = format!("{} parts", token.split('.').count());
    let is_said =
        case.says(&["well formed", "compacttoken", "jwt"]) || case.by_rule(&["token.shape"]).is_some();
    let found = if is_said { Found::certain } else { Found::likely };
    found("the token", &seen, "three parts with dots between them")
}

fn id_token(case: &Case<'_>) -> Option<Found> {
    let token = bearer(case).filter(|token| kind_of(token).kind == TokenKind::IdToken);
    match token {
        Some(token) => Found::certain(
            "the token",
            &format!("an ID token for {}", shown(token, "aud")),
            "an access token for this API",
        ),
        None => case.by_rule(&["token.kind"]),
    }
}

fn audience(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.audience"]) {
        return Some(found).filter(|_| !is_other_form(case));
    }
    let (token, request) = (bearer(case)?, call(case)?);
    let audience = shown(token, "aud");
    let is_graphs = scopes::well_known(&audience).is_some_and(|known| known.id == scopes::GRAPH.id);
    if request.url.host_str() == Some("graph.microsoft.com") && !is_graphs {
        return Found::certain("aud of the token", &audience, "https://graph.microsoft.com");
    }
    if case.says(&["audience"]) {
        return Found::likely("aud of the token", &audience, "an identifier of the API that was called");
    }
    None
}

/// Whether the token names the API after all, in the form that this API does not take.
fn is_other_form(case: &Case<'_>) -> bool {
    let bare = |name: &str| name.trim_start_matches("api://").trim_end_matches('/').to_ascii_lowercase();
    case.compared("aud").is_some_and(|compared| {
        compared.expected.iter().any(|expected| bare(expected) == bare(&compared.sent))
    })
}

fn graph_token(case: &Case<'_>) -> Option<Found> {
    let (token, request) = (bearer(case)?, call(case)?);
    let is_graphs = matches!(kind_of(token).kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly);
    let path = request.url.path();
    let is_graph = request.url.host_str() == Some("graph.microsoft.com")
        || ["/v1.0/", "/beta/", "/oidc/"].iter().any(|begin| path.starts_with(begin));
    if is_graph || !is_graphs {
        return None;
    }
    Found::certain("aud of the token", &shown(token, "aud"), "an identifier of the API that was called")
}

fn needs_person(case: &Case<'_>) -> Option<Found> {
    let (token, request) = (bearer(case)?, call(case)?);
    let is_me = request.url.path().split('/').any(|part| part == "me");
    if is_me && kind_of(token).kind.is_app_only() {
        return Found::certain("the token", "an application by itself", "a signed-in person");
    }
    case.by_rule(&["permission.delegated"])
}

fn scope_missing(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["permission.scope"]) {
        return Some(found);
    }
    let token = bearer(case).filter(|token| !text(token, "scp").is_empty())?;
    let wanted = case.facts.get("scope").unwrap_or("the scope that the operation needs");
    Found::likely("scp of the token", text(token, "scp"), wanted)
}

fn role_missing(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["permission.role"]) {
        return Some(found);
    }
    let token = bearer(case).filter(|token| kind_of(token).kind.is_app_only())?;
    Found::likely("roles of the token", &shown(token, "roles"), "the role that the operation needs")
}
