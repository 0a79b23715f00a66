//! What only shows in a browser: answers that a page may not read, frames and cookies, and redirect pages that lose what
//! came back.

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("browser.cors_on_authorize", cors_on_authorize),
    ("browser.cookies_blocked", cookies_are_blocked),
    ("browser.hash_lost", |case| on_page(case, &HASH)),
    ("browser.frame_refused", |case| on_page(case, &FRAME)),
    ("browser.interaction_unfinished", |case| on_page(case, &["interaction_in_progress"])),
    ("browser.popup_blocked", |case| on_page(case, &["popup_window_error", "empty_window_error", "popup"])),
    ("browser.not_initialized", |case| on_page(case, &["uninitialized_public_client_application"])),
];

/// Words about an answer that the redirect page did not hand over.
const HASH: [&str; 5] = [
    "hash_empty_error",
    "hash_does_not_contain_known_properties",
    "state_interaction_type_mismatch",
    "no_token_request_cache_error",
    "monitor_window_timeout",
];

/// Words about a page that does not show in a frame.
const FRAME: [&str; 6] = [
    "x-frame-options",
    "frame-ancestors",
    "refused to display",
    "refused to connect",
    "redirect_in_iframe",
    "block_iframe_reload",
];

/// A fetch that ended on the sign-in page.
fn cors_on_authorize(case: &Case<'_>) -> Option<Found> {
    let of_request = case.request_ends_with("/authorize")
        && (case.header("origin").is_some()
            || matches!(case.header("sec-fetch-mode"), Some("cors" | "no-cors")));
    if of_request {
        let mode = case.header("sec-fetch-mode").unwrap_or("cors");
        return Found::likely(
            "request Sec-Fetch-Mode",
            mode,
            "navigate: a sign-in page must be shown, not fetched",
        );
    }
    let message = &case.message;
    let is_blocked = case.says(&["cors", "access-control-allow-origin", "cross-origin request blocked"]);
    if !is_blocked {
        return None;
    }
    // Only the address that was refused counts; others may stand in the same log.
    let at = ["/oauth2/v2.0/authorize", "/oauth2/authorize", "/authorize?"]
        .iter()
        .find_map(|path| message.find(path));
    match at {
        Some(at) => {
            let begin = message[..at].rfind(['\'', '"', ' ', '\u{2018}', '(']).map_or(0, |at| at + 1);
            let begin = (begin..=at).find(|begin| message.is_char_boundary(*begin)).unwrap_or(at);
            let end = message[at..].find(['?', '\'', '"', ' ']).map_or(message.len(), |end| at + end);
            let found = Found::likely(
                "address that was fetched",
                &message[begin..end],
                "an address of the API, which answers 401",
            )?;
            Some(match redirected_from(message) {
                Some(from) => found.and("redirected from", from, "401 in place of a redirect"),
                None => found,
            })
        }
        None if case.says(&["/token"]) || case.request_ends_with("/token") => Found::excluded(),
        None => None,
    }
}

/// The address of the API in `(redirected from '…')`.
fn redirected_from(message: &str) -> Option<&str> {
    let rest = message.split_once("redirected from")?.1.trim_start();
    let rest = rest.trim_start_matches(['\'', '"']);
    let end = rest.find(['\'', '"', ')', ' '])?;
    Some(&rest[..end]).filter(|address| !address.is_empty())
}

/// Signs that a frame was not given the cookies of the session.
pub(super) fn cookies_are_blocked(case: &Case<'_>) -> Option<Found> {
    const WORDS: [&str; 20] = [
        "third-party cookie",
        "third party cookie",
        "3rd party cookie",
        "third-party storage",
        "intelligent tracking prevention",
        "private window",
        "private browsing",
        "incognito",
        "safari",
        "firefox",
        "brave",
        "tracking protection",
        "samesite",
        "storage access",
        "blocked cookie",
        "cookies blocked",
        "cookies are blocked",
        "block cookies",
        "partitioned",
        "inprivate",
    ];
    if !is_silent(case) {
        return None;
    }
    if let Some(word) = WORDS.into_iter().find(|word| case.says(&[word])) {
        let found = Found::likely("the text", word, "a browser that sends the session cookie to a frame")?;
        return Some(with_frame(case, found));
    }
    let is_frame = case.header("sec-fetch-dest") == Some("iframe");
    let agent = case.header("user-agent").unwrap_or_default();
    let is_strict = agent.contains("Firefox/")
        || (agent.contains("Safari/") && !agent.contains("Chrome/") && !agent.contains("Chromium/"));
    let has_session = case.header("cookie").is_some_and(|cookies| cookies.contains("ESTSAUTH"));
    let is_cross_site = case.header("sec-fetch-site") == Some("cross-site");
    if has_session || !(is_strict || (is_frame && is_cross_site && case.header("cookie").is_none())) {
        return None;
    }
    if is_frame
        || (is_strict && case.param("prompt") == Some("none") && case.param("response_mode") != Some("query"))
    {
        let sent = if is_frame { "iframe, without the session cookie" } else { "without the session cookie" };
        let found = Found::likely("request Sec-Fetch-Dest", sent, "a full page, or a refresh token")?;
        return Some(if agent.is_empty() { found } else { found.and("request User-Agent", agent, "") });
    }
    None
}

fn with_frame(case: &Case<'_>, found: Found) -> Found {
    match case.param("prompt") {
        Some(prompt) => found.and("request prompt", prompt, ""),
        None => found,
    }
}

/// Whether it was a request that shows nothing.
fn is_silent(case: &Case<'_>) -> bool {
    case.param("prompt") == Some("none")
        || matches!(case.code, Some(50058 | 160_021))
        || case.says(&["login_required", "monitor_window_timeout", "silent", "prompt=none", "iframe"])
}

/// The words of the library, or of the browser.
fn on_page(case: &Case<'_>, words: &[&str]) -> Option<Found> {
    if cookies_are_blocked(case).is_some() {
        return None;
    }
    case.said(words)
}
