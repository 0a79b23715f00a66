//! Sessions at the authority: silent requests that found none, pages in the middle of a sign-in; and the device code flow,
//! where a person acts in another place.

use super::{Case, Check, Found, browser};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] =
    &[("session.none", none), ("session.interrupt", interrupt), ("device_code.pending", pending)];

/// Numbers and errors that say by themselves that there was no session to use.
fn is_told(case: &Case<'_>) -> bool {
    const ERRORS: [&str; 4] =
        ["login_required", "no_account_error", "no_tokens_found", "account_selection_required"];
    matches!(case.code, Some(50058 | 160_021))
        || (case.code.is_none() && case.facts.error.as_deref().is_some_and(|error| ERRORS.contains(&error)))
        || case.says(&["aadb2c90077"])
}

fn none(case: &Case<'_>) -> Option<Found> {
    if browser::cookies_are_blocked(case).is_some() {
        return None;
    }
    let several = case.says(&["multiple user identities", "multiple accounts", "several accounts"]);
    if case.code == Some(16000) && case.says(&["does not exist in tenant", "not exist in the tenant"]) {
        return Found::excluded();
    }
    let prompt = case.param("prompt").or(case.previous_param("prompt")).filter(|prompt| *prompt == "none");
    let hint =
        ["login_hint", "sid", "domain_hint"].into_iter().find_map(|name| Some((name, case.param(name)?)));
    let with_hint = |found: Found| match hint {
        Some((name, value)) => {
            found.and(&format!("request {name}"), value, "the account of a session that exists")
        }
        None if prompt.is_some() => {
            found.and("request login_hint and sid", "absent", "one of them, if several people are signed in")
        }
        None => found,
    };
    match prompt {
        Some(prompt) if is_told(case) || several || matches!(case.code, Some(16000..=16003)) => {
            Found::likely("request prompt", prompt, "absent, so that a page can be shown").map(with_hint)
        }
        Some(prompt) if case.code.is_none() => {
            Found::likely("request prompt", prompt, "absent, so that a page can be shown")
        }
        _ if several => Found::likely(
            "the message",
            "several accounts are signed in",
            "one, or login_hint in the request",
        ),
        _ if is_told(case) => Found::likely(
            "the message",
            "no session that the silent request could use",
            "a sign-in on a page",
        ),
        _ => None,
    }
}

fn interrupt(case: &Case<'_>) -> Option<Found> {
    let page = match case.code? {
        50140 => "the question whether to stay signed in",
        50199 => "the question whether this application was meant",
        50125 => "the page to register for password reset",
        50072 => return None, // the second factor's own cause is nearer
        _ => return None,
    };
    Found::certain("the number", page, "the entry behind it in the sign-in log tells how it ended")
}

fn pending(case: &Case<'_>) -> Option<Found> {
    let is_told = case.code == Some(70016) || case.says(&["authorization_pending", "slow_down"]);
    Found::certain("the message", "the user has not finished yet", "poll again after the interval")
        .filter(|_| is_told)
}
