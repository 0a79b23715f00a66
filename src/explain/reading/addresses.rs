//! Addresses in a text: the authorize request that somebody copied from the browser, and the callback that came back.

use url::Url;

use crate::{
    oauth::{Refusal, error::from_params},
    wire::{Params, Request},
};

/// What was found; of several the last one counts.
#[derive(Default)]
pub struct Found {
    /// The address of an authorize or logout request.
    pub request: Option<Request>,
    /// The refusal that a callback carried.
    pub refusal: Option<Refusal>,
}

/// Reads the addresses of a text.
pub fn find(text: &str) -> Found {
    const MOST: usize = 200;
    let text = joined(text);
    let mut found = Found::default();
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\' | '|'));
    let telling =
        |word: &&str| word.contains("error=") || (word.contains("client_id=") && word.contains("://"));
    for word in words.filter(telling).take(MOST) {
        let word = word.trim_end_matches([',', '.', ';', ')', ']', '}']).replace("&amp;", "&");
        let url = word.find("http").and_then(|at| Url::parse(&word[at..]).ok());
        if let Some(url) = url.filter(is_authorize) {
            found.request = Some(Request::get(url));
            continue;
        }
        let carried = word.split(['?', '#']).filter(|part| part.contains("error="));
        // `error?code=50011` is a page about the error, and no callback.
        found.refusal =
            carried.filter_map(|part| from_params(&Params::parse(part))).next_back().or(found.refusal);
    }
    found
}

/// Whether a request to this address begins or ends a sign-in in the browser.
fn is_authorize(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/');
    let has_client = url.query_pairs().any(|(name, _)| name == "client_id");
    has_client
        && ["/authorize", "/auth", "/adminconsent", "/logout", "/devicecode"]
            .iter()
            .any(|end| path.ends_with(end))
}

/// The text with addresses put together that stand over several lines, one parameter on each.
fn joined(text: &str) -> std::borrow::Cow<'_, str> {
    let is_joint = |line: &str, next: &str| {
        let (line, next) = (line.trim_end(), next.trim_start());
        (line.ends_with(['?', '&']) && next.contains('=')) || next.starts_with('&')
    };
    let mut lines = text.lines().zip(text.lines().skip(1));
    if !lines.any(|(line, next)| is_joint(line, next)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some_and(|next| is_joint(line, next)) {
            out.push_str(line.trim());
        } else {
            out.push_str(line.trim_start());
            out.push('\n');
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authorize_address_is_a_request() {
        for text in [
            "open https://login.example/t/oauth2/v2.0/authorize?client_id=c1&amp;scope=openid.",
            "https://login.example/t/oauth2/v2.0/authorize?\n  client_id=c1\n  &scope=openid",
            "GET 'https://login.example/t/oauth2/v2.0/authorize?\nclient_id=c1&\nscope=openid'",
        ] {
            let request = find(text).request.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (request.query().get("client_id"), request.query().get("scope")),
                (Some("c1"), Some("openid"))
            );
        }
    }

    #[test]
    fn a_callback_is_a_refusal() {
        for text in [
            "https://app.example/cb?error=access_denied&error_subcode=cancel&state=s",
            "GET /cb?error=access_denied&error_subcode=cancel HTTP/1.1",
            "landed on <http://localhost:53211/#error=access_denied&amp;error_subcode=cancel>",
        ] {
            let refusal = find(text).refusal.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (refusal.error.as_str(), refusal.suberror.as_deref()),
                ("access_denied", Some("cancel"))
            );
        }
        assert_eq!(find("https://login.example/error?code=50011").refusal, None);
    }
}
