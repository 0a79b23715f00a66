//! Grants and prompts: what a kind of request can and cannot do.

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("browser.grant_not_allowed", grant_in_browser),
    ("session.none", prompt_none),
    ("refresh_token.inactive", refresh_grant),
    ("refresh_token.mangled", refresh_grant),
    ("code.expired", code_grant),
    ("code.mangled", code_grant),
];

fn grant_in_browser(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| !["authorization_code", "refresh_token"].contains(grant))?;
    Found::certain("request grant_type", grant, "authorization_code or refresh_token")
}

fn prompt_none(case: &Case<'_>) -> Option<Found> {
    let prompt = case.param("prompt").filter(|prompt| *prompt == "none")?;
    Found::likely("request prompt", prompt, "absent, so that a page can be shown")
}

fn refresh_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| *grant == "refresh_token")?;
    Found::likely("request grant_type", grant, "a refresh token in use")
}

fn code_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| *grant == "authorization_code")?;
    Found::likely("request grant_type", grant, "a fresh, unchanged code")
}
