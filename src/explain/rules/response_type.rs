//! `response_type`, `response_mode` and `prompt`: what exists, what goes together, and what a registration has to allow.

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] =
    &[("response_type.not_enabled", not_enabled), ("response_type.unsupported", unsupported)];

/// What a response type may be made of.
const WORDS: [&str; 3] = ["code", "id_token", "token"];

fn asked<'a>(case: &'a Case<'_>) -> Option<(&'static str, &'a str)> {
    let here = case.param("response_type").map(|asked| ("request response_type", asked));
    here.or_else(|| {
        case.previous_param("response_type").map(|asked| ("previous request response_type", asked))
    })
}

/// What the message names in quotes, if that is a response type.
fn told<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let mut quoted = case.message.split(['\'', '"', '\u{2019}', '\u{2018}']);
    quoted.find(|word| !word.is_empty() && word.split(' ').all(|part| WORDS.contains(&part)))
}

fn not_enabled(case: &Case<'_>) -> Option<Found> {
    if flaw(case).is_some() {
        return Found::excluded();
    }
    let (place, value) = asked(case).or_else(|| Some(("response_type in the message", told(case)?)))?;
    let asks = |word: &str| value.split_whitespace().any(|part| part == word);
    let (id_token, token) = (asks("id_token"), asks("token"));
    if !id_token && !token {
        return Found::excluded();
    }
    let Some(app) = case.app() else {
        let found = Found::likely(place, value, "code, or the switch for this response type")?;
        return Some(with_switch(found, id_token && case.code != Some(700_051)));
    };
    // The number tells which of the two was missed, where both are asked for.
    let looks_at_id = case.code != Some(700_051) && id_token;
    let looks_at_token = case.code != Some(700_054) && token;
    let id_off = looks_at_id && app.implicit_id_token != Some(true);
    let token_off = looks_at_token && app.implicit_access_token != Some(true);
    let (name, is_id) = match (id_off, token_off) {
        (true, _) => ("enableIdTokenIssuance", true),
        (false, true) => ("enableAccessTokenIssuance", false),
        (false, false) => return Found::excluded(),
    };
    let found = Found::certain(place, value, "code")?.and(
        &format!("registration web.implicitGrantSettings.{name}"),
        "false",
        "true, or another response_type",
    );
    Some(with_switch(found, is_id))
}

fn with_switch(found: Found, is_id: bool) -> Found {
    found.with("variant", if is_id { "id_token" } else { "token" })
}

fn unsupported(case: &Case<'_>) -> Option<Found> {
    match flaw(case) {
        Some((place, sent, expected)) => Found::certain(place, &sent, expected),
        None if case.code == Some(70007) => {
            let mode = case.param("response_mode").unwrap_or("not the default");
            let (_, kind) = asked(case).unwrap_or(("", "the response type"));
            let found = Found::likely(
                "request response_mode",
                mode,
                "query, fragment or form_post, as the response type allows",
            )?;
            Some(found.and("request response_type", kind, ""))
        }
        None if case.code.is_none() && is_refused(case) => {
            let (place, value) = asked(case)?;
            Found::likely(place, value, "one that the server's metadata lists: code works with all of them")
        }
        // The request is at hand and these parameters are in order.
        None if asked(case).is_some() && case.code != Some(70005) => Found::excluded(),
        None => None,
    }
}

/// Whether the message says that the response type as such is not offered.
fn is_refused(case: &Case<'_>) -> bool {
    case.says(&["response_type", "response type"])
        && case.says(&["not supported", "unsupported", "not offered", "unknown"])
}

/// The first parameter that cannot be: where, what, and what could be.
fn flaw(case: &Case<'_>) -> Option<(&'static str, String, &'static str)> {
    if let Some((place, value)) = asked(case) {
        let parts: Vec<&str> = value.split_whitespace().collect();
        let is_known = parts.iter().all(|part| WORDS.contains(part));
        let is_once = parts.iter().enumerate().all(|(at, part)| !parts[..at].contains(part));
        if !is_known || !is_once || parts.is_empty() {
            let expected = "code, id_token or token, or several of them with one blank between";
            return Some((place, value.to_owned(), expected));
        }
        let scope = case.param("scope").or(case.previous_param("scope"));
        let has_openid = scope.is_none_or(|scope| scope.split_whitespace().any(|one| one == "openid"));
        if parts.contains(&"id_token") && !has_openid {
            return Some((
                "request scope",
                format!("{} without openid, with response_type {value}", scope.unwrap_or_default()),
                "openid as well, where an id_token is asked for",
            ));
        }
        let returns_tokens = parts.contains(&"id_token") || parts.contains(&"token");
        if returns_tokens && case.param("response_mode") == Some("query") {
            return Some((
                "request response_mode",
                format!("query, with response_type {value}"),
                "fragment or form_post: tokens are never put into a query",
            ));
        }
    }
    if let Some(mode) = case.param("response_mode")
        && !["query", "fragment", "form_post"].contains(&mode)
    {
        return Some(("request response_mode", mode.to_owned(), "query, fragment or form_post"));
    }
    let prompt = case.param("prompt")?;
    let words: Vec<&str> = prompt.split_whitespace().collect();
    let is_known =
        words.iter().all(|word| ["none", "login", "consent", "select_account", "create"].contains(word));
    if !is_known || words.is_empty() {
        return Some(("request prompt", prompt.to_owned(), "none, login, consent, select_account or create"));
    }
    if words.contains(&"none") && words.len() > 1 {
        return Some(("request prompt", prompt.to_owned(), "none by itself: it cannot be combined"));
    }
    None
}
