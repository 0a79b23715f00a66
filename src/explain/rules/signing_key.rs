//! Key and signature: whether the key that signed the token is one that the API knows, and whether the token can be
//! verified by anybody but Microsoft Graph at all.

use super::{
    Case, Check, Found,
    assertion::{shown, text},
    called_api::{api_called, registration_of_api},
    validation::Complaint,
};
use crate::token::{Decoded, TokenKind, kind_of, microsoft_api};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("token.graph_token_not_for_you", graph_token),
    ("token.key_not_found", key_not_found),
    ("token.encrypted", |_| None),
    ("token.altered", altered),
];

/// Whether the token is one for Microsoft Graph.
pub(super) fn is_graphs(token: &Decoded) -> bool {
    matches!(kind_of(token).kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly)
        || microsoft_api(&shown(token, "aud")) == Some("Microsoft Graph")
}

/// Whether its header holds a nonce, which is hashed before signing: Entra does that for its own APIs.
fn has_nonce(token: &Decoded) -> bool {
    token.header.contains_key("nonce")
}

fn graph_token(case: &Case<'_>) -> Option<Found> {
    if case.evidence.rule.is_some() {
        return None; // the lab knows which of its rules it was
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::Signature, Complaint::Key, Complaint::Issuer]) {
        return Found::excluded();
    }
    let Some(token) = case.token.as_ref() else {
        // The issuer is what was looked at, and nothing speaks of Graph.
        let is_other = said.is(Complaint::Issuer) && !said.lower.contains("graph");
        return if is_other { Found::excluded() } else { None };
    };
    // Graph itself, or another API of Microsoft, which looks at the audience.
    let calls_microsoft = api_called(case).is_some();
    let path = case.evidence.request.as_ref().map(|request| request.url.path()).unwrap_or_default();
    // The lab tenant serves its Graph from its own host.
    let is_labs_graph = ["/v1.0/", "/beta/", "/oidc/"].iter().any(|begin| path.starts_with(begin));
    if calls_microsoft || is_labs_graph || !(is_graphs(token) || has_nonce(token)) {
        return Found::excluded();
    }
    let expected = registration_of_api(case)
        .and_then(|api| api.identifier_uris.first().cloned())
        .unwrap_or_else(|| "an identifier of the API that was called".to_owned());
    let mut found = Found::certain("aud of the token", &shown(token, "aud"), &expected)?;
    if has_nonce(token) {
        found = found.and(
            "header of the token",
            &format!("nonce {}", text_of_header(token, "nonce")),
            "no nonce",
        );
    }
    let scope = if expected.contains("://") { format!("{expected}/.default") } else { String::new() };
    Some(found.with("audience", shown(token, "aud")).with("corrected_scope", scope))
}

fn text_of_header<'a>(token: &'a Decoded, name: &str) -> &'a str {
    token.header.get(name).and_then(serde_json::Value::as_str).unwrap_or_default()
}

fn key_not_found(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.key"]) {
        return Some(found);
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::Key, Complaint::Signature]) {
        return Found::excluded();
    }
    let token = case.token.as_ref();
    if token.is_some_and(|token| is_graphs(token) || has_nonce(token)) && api_called(case).is_none() {
        return Found::excluded();
    }
    if !said.is(Complaint::Key) {
        return None;
    }
    let labels = [
        "kid: ",
        "kid is: ",
        "signing key that matches: ",
        "signing key that matches ",
        "a key with kid ",
        "key with id ",
        "key id ",
        "kid ",
    ];
    let kid = token
        .map(|token| text_of_header(token, "kid").to_owned())
        .filter(|kid| !kid.is_empty())
        .or_else(|| said.first_of(&labels).into_iter().next());
    let issuer = token.map(|token| text(token, "iss").to_owned()).filter(|issuer| !issuer.is_empty());
    let host = issuer.as_deref().and_then(|issuer| issuer.split('/').nth(2)).unwrap_or_default();
    let expected = match &issuer {
        Some(issuer) if host == "sts.windows.net" || host.starts_with("login.") => {
            let tenant = issuer.split('/').nth(3).unwrap_or_default();
            format!("a key of https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys")
        }
        Some(issuer) => format!("a key of {issuer}"),
        None => "a key of the set that the API reads".to_owned(),
    };
    let kid = kid.unwrap_or_else(|| "no kid is named".to_owned());
    let mut found = Found::likely("kid of the token", &kid, &expected)?.with("key_id", kid);
    if let Some(issuer) = &issuer {
        found = found.and("iss of the token", issuer, "the issuer whose metadata the API reads");
    }
    if let Some(api) = registration_of_api(case) {
        let id = api.app_id.clone().unwrap_or_default();
        if api.accept_mapped_claims == Some(true) || !api.certificates.is_empty() {
            let seen = if api.accept_mapped_claims == Some(true) {
                "acceptMappedClaims is true"
            } else {
                "a key of its own in keyCredentials"
            };
            let expected = format!("metadata read with ?appid={id}");
            found = found.and("registration", seen, &expected);
        }
        found = found.with("client_id", id);
    }
    Some(found)
}

fn altered(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.signature", "token.algorithm"]) {
        return Some(found);
    }
    let said = case.validation();
    if !said.may_be(&[Complaint::Signature]) {
        return Found::excluded();
    }
    let token = case.token.as_ref()?;
    if is_graphs(token) && api_called(case).is_none() {
        return Found::excluded();
    }
    let algorithm = text_of_header(token, "alg");
    if !algorithm.is_empty() && !["RS256", "PS256", "ES256"].contains(&algorithm) {
        return Found::certain("alg of the token", algorithm, "RS256");
    }
    None
}
