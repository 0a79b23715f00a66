//! What an API exchanges on behalf of whoever called it: the token in `assertion`, and whether it was meant for this API.

use super::{
    super::facts::is_guid,
    Case, Check, Found,
    assertion::{over, shown, text},
    wording,
};
use crate::{
    entra::scopes,
    token::{Decoded, Kind, TokenKind, kind_of},
};
use std::time::Duration;

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("obo.graph_token", for_graph),
    ("obo.id_token", is_id_token),
    ("obo.app_only", is_app_only),
    ("obo.assertion_audience", for_another_api),
    ("obo.assertion_expired", expired),
    ("assertion.altered", altered),
];

fn user<'a>(case: &'a Case<'_>) -> Option<&'a Decoded> {
    // Some programs send the person's token where the client's own assertion belongs, or hand us the token alone.
    let tokens = [case.presented.user.as_ref(), case.token.as_ref()];
    tokens.into_iter().flatten().find(|token| token.kind == Kind::Jws)
}

/// The audience that the message names, and the one that was expected.
fn told_audiences<'a>(case: &'a Case<'_>) -> (Option<&'a str>, Option<&'a str>) {
    let told = case.sentence.as_str();
    (
        wording::value_after(told, &["audience in the assertion was", "audience of the assertion"]),
        wording::value_after(told, &["expected audience is", "expected audience", "expected"]),
    )
}

fn is_graph(audience: &str) -> bool {
    let host = audience.trim_end_matches('/');
    scopes::well_known(audience).is_some_and(|known| known.id == scopes::GRAPH.id)
        || [
            "https://graph.microsoft.us",
            "https://dod-graph.microsoft.us",
            "https://microsoftgraph.chinacloudapi.cn",
        ]
        .contains(&host)
}

fn for_graph(case: &Case<'_>) -> Option<Found> {
    let expected = "a token for this API, not for Microsoft Graph";
    let Some(token) = user(case) else {
        let audience = told_audiences(case).0.filter(|audience| is_graph(audience))?;
        return Found::likely("aud of the assertion, in the message", audience, expected);
    };
    let audience = shown(token, "aud");
    let is_graphs = matches!(kind_of(token).kind, TokenKind::GraphDelegated | TokenKind::GraphAppOnly)
        || is_graph(&audience);
    let has_nonce = token.header.contains_key("nonce");
    if !is_graphs && !has_nonce {
        return Found::excluded();
    }
    let found = Found::certain("aud of the assertion", &audience, expected)?;
    Some(if has_nonce {
        found.and("header of the assertion", "nonce", "no nonce: only Graph verifies such a token")
    } else {
        found
    })
}

fn is_id_token(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.no_id_token"]) {
        return Some(found);
    }
    let Some(token) = user(case) else {
        return if case.says(&["id_token", "id token"]) {
            Found::likely("the message", "speaks of an ID token", "an access token for this API")
        } else {
            None
        };
    };
    if kind_of(token).kind != TokenKind::IdToken {
        return if case.code == Some(240_002) { None } else { Found::excluded() };
    }
    let found = if case.code == Some(50013) { Found::likely } else { Found::certain };
    let seen = format!("ID token for {}", shown(token, "aud"));
    found("kind of the assertion", &seen, "an access token for this API")
        .map(|found| found.and("scp of the assertion", "absent", "the permissions that the person granted"))
}

fn is_app_only(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.of_a_person"]) {
        return Some(found);
    }
    let Some(token) = user(case) else {
        return if case.code == Some(90083) && case.says(&["app-only", "app only", "apponly"]) {
            Found::likely("the message", "speaks of an app-only token", "a person's token")
        } else {
            None
        };
    };
    let kind = kind_of(token).kind;
    if !kind.is_app_only() {
        return None;
    }
    let (name, seen) = if text(token, "idtyp") == "app" {
        ("idtyp of the assertion", "app".to_owned())
    } else {
        ("roles of the assertion", format!("{}, and no scp", shown(token, "roles")))
    };
    let client = ["azp", "appid"]
        .into_iter()
        .map(|name| text(token, name))
        .find(|id| !id.is_empty())
        .unwrap_or_default();
    Found::certain(name, &seen, "scp: the permissions of a person")
        .map(|found| found.and("client in the assertion", client, "a person beside it (oid other than sub)"))
}

fn for_another_api(case: &Case<'_>) -> Option<Found> {
    if case.code == Some(500_131)
        && let Some(compared) = case.compared("aud")
    {
        return Found::certain("aud of the assertion", &compared.sent, &compared.expected.join(" or "));
    }
    let place = "aud of the assertion";
    let (told, expected) = told_audiences(case);
    let client_id = case.facts.get("client_id").filter(|id| is_guid(id));
    let token = user(case).filter(|token| !token.header.contains_key("nonce"));
    let Some(token) = token else {
        // A token that cannot be read is judged by what the message says of it.
        if user(case).is_some() {
            return None;
        }
        let told = told.filter(|told| !is_graph(told))?;
        let expected = expected.or(client_id).unwrap_or("an identifier of the API that exchanges it");
        let found = Found::likely("aud of the assertion, in the message", told, expected)?;
        return Some(if told.eq_ignore_ascii_case(expected) {
            found.and("difference", "letter case only", "lower case on both sides")
        } else {
            found
        });
    };
    let audience = shown(token, "aud");
    let app = case.app();
    let uris = app.map(|app| app.identifier_uris.clone()).unwrap_or_default();
    let client_id = client_id.or_else(|| app.and_then(|app| app.app_id.as_deref()))?;
    let own = [client_id.to_owned(), format!("api://{client_id}")];
    let known = || own.iter().chain(&uris);
    let fits = |known: &String| known.trim_end_matches('/') == audience.trim_end_matches('/');
    let in_case = known().find(|known| !fits(known) && known.eq_ignore_ascii_case(&audience));
    if known().any(fits) {
        return if case.code == Some(500_131) { None } else { Found::excluded() };
    }
    if let Some(known) = in_case {
        let found = if case.code == Some(500_131) { Found::certain } else { Found::likely };
        return found(place, &audience, known)
            .map(|found| found.and("difference", "letter case only", "lower case on both sides"));
    }
    let identifiers: Vec<&str> = known().map(String::as_str).collect();
    let expected = format!(
        "{}{}",
        identifiers.join(" or "),
        if app.is_some() { "" } else { ", or another identifier of this API" }
    );
    let is_certain = case.code == Some(500_131) && app.is_some() && !is_graph(&audience);
    let found = if is_certain { Found::certain } else { Found::likely };
    let requester = ["azp", "appid"].into_iter().map(|name| text(token, name)).find(|id| !id.is_empty());
    found(place, &audience, &expected).map(|found| match requester {
        Some(requester) => {
            found.and("client that asked for it (azp or appid)", requester, "asks for a scope of this API")
        }
        None => found,
    })
}

fn expired(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.unexpired"]) {
        return Some(found);
    }
    // A clock that is behind takes a token for valid that is over.
    if super::client_assertion::skewed(case).is_some() {
        return None;
    }
    if let Some(found) = user(case).and_then(|token| over(case, token, Duration::ZERO)) {
        return Some(found);
    }
    let end = wording::time_after(&case.sentence, &["expiry time of assertion", "expiry time", "expires"])?;
    let there = wording::time_after(&case.sentence, &["current time"])?;
    if end > there {
        return None;
    }
    Found::likely("end of the assertion (exp)", &end.rfc3339(), &format!("later than {}", there.rfc3339()))
}

fn altered(case: &Case<'_>) -> Option<Found> {
    case.by_rule(&["federation.signature"]).or_else(|| {
        let found = case.by_rule(&["assertion.signature"])?;
        let is_graphs = user(case).is_some_and(|token| token.header.contains_key("nonce"));
        (!is_graphs).then_some(found)
    })
}
