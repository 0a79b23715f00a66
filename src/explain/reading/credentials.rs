//! A bearer token in a text, and the challenge by which an API asks for one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::plain;
use crate::{
    oauth::challenge,
    wire::{Body, Headers, Response},
};

/// The token that a call used or that somebody wants to be looked at: the last JWT of the text that is no assertion.
pub fn token(text: &str) -> Option<&str> {
    const MOST: usize = 100;
    let mut found = None;
    let mut end = 0;
    let in_token = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    for (at, _) in text.match_indices("eyJ").take(MOST * 100) {
        if at < end {
            continue;
        }
        let length = text.as_bytes()[at..].iter().take_while(|b| in_token(b)).count();
        end = at + length;
        let token = text[at..end].trim_end_matches('.');
        let before = text[..at].trim_end_matches(['"', '\'', '=', ':', ' ', '\\']);
        let is_proof =
            ["assertion", "id_token_hint", "code", "refresh_token"].iter().any(|name| before.ends_with(name));
        if !is_proof && token.split('.').count() == 3 && is_header(token) {
            found = Some(token);
        }
    }
    found
}

fn is_header(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    header.len() < 4000
        && URL_SAFE_NO_PAD.decode(header).is_ok_and(|bytes| {
            serde_json::from_slice::<serde_json::Value>(&bytes)
                .is_ok_and(|header| header.get("alg").is_some())
        })
}

/// The answer that holds the last `WWW-Authenticate` of a text, or what stands in one: `Bearer error="invalid_token"`.
pub fn challenge(text: &str) -> Option<Response> {
    const NAME: &str = "www-authenticate";
    let lower = text.to_ascii_lowercase();
    let named = lower.rfind(NAME).map(|at| at + NAME.len());
    let begin = named.or_else(|| {
        let bearer = lower.rfind("bearer ")?;
        let line = lower[bearer..].lines().next()?;
        (line.contains("error=") || line.contains("authorization_uri=")).then_some(bearer)
    })?;
    let value = text[begin..].lines().next().unwrap_or_default();
    let value = plain::words(value);
    let value = value.trim_start_matches(['"', '\'', ':', '=', '>', ' ', '[', ',']);
    let challenges = challenge::parse(value);
    let told = challenges.iter().filter(|one| one.is_bearer());
    let telling = told.clone().find(|one| one.get("error").is_some()).or_else(|| told.clone().next())?;
    let telling_names = ["error", "authorization_uri", "authorization", "claims", "realm"];
    telling_names.iter().find_map(|name| telling.get(name))?;
    let status = if telling.get("error") == Some("insufficient_scope") { 403 } else { 401 };
    let headers = Headers::new().with(NAME, value.trim_end_matches([']', '}', ',']));
    Some(Response { status, headers, body: Body::Empty })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_found_with_and_without_its_name() {
        for text in [
            "HTTP 401\nWWW-Authenticate: Bearer realm=\"\", error=\"invalid_token\", error_description=\"old\"\nx: y",
            "< www-authenticate: Bearer error=\"invalid_token\"",
            "{\"WWW-Authenticate\": \"Bearer error=\\\"invalid_token\\\"\"}",
            "the API says Bearer error=\"invalid_token\"",
        ] {
            let response = challenge(text).unwrap_or_else(|| panic!("{text}"));
            let read = challenge::read(&response.headers);
            assert_eq!(read[0].get("error"), Some("invalid_token"), "{text}");
        }
        for text in ["Authorization: Bearer abc", "WWW-Authenticate: Basic realm=\"x\"", "bearer of bad news"]
        {
            assert_eq!(challenge(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_found_and_an_assertion_is_none() {
        let token = format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#));
        assert_eq!(super::token(&format!("Bearer {token}.")), Some(token.as_str()));
        assert_eq!(super::token(&format!("client_assertion={token}&x=y")), None);
        assert_eq!(super::token("eyJhbGciOiJ.x.y"), None);
    }
}
