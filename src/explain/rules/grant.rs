//! Grants and prompts: what a kind of request can and cannot do.

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("consent.middle_tier_missing", on_behalf_of),
    ("mfa.obo_not_forwarded", on_behalf_of),
    ("consent.prompt_left", prompt_consent),
    ("consent.tenant_policy", |case| {
        case.by_rule(&["consent.by_people_allowed", "consent.not_while_assignment_required"])
    }),
    ("consent.publisher_unverified", |case| case.by_rule(&["consent.publisher_verified"])),
    ("consent.not_low_impact", |case| case.by_rule(&["consent.low_impact"])),
    ("claims.not_json", claims_not_json),
    ("user.wrong_password", wrong_password),
    ("ropc.not_possible", password_grant),
];

fn on_behalf_of(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| grant.ends_with(":jwt-bearer"))?;
    Found::likely("request grant_type", grant, "an interactive request of the front application")
}

fn prompt_consent(case: &Case<'_>) -> Option<Found> {
    let prompt = case.param("prompt").filter(|prompt| prompt.contains("consent"))?;
    Found::likely("request prompt", prompt, "absent")
}

fn claims_not_json(case: &Case<'_>) -> Option<Found> {
    let sent = case.param("claims")?;
    let is_object = serde_json::from_str::<serde_json::Value>(sent).is_ok_and(|value| value.is_object());
    if is_object { None } else { Found::certain("request claims", sent, "a JSON object") }
}

/// The lab tenant alone says that it was the password; Entra leaves that open.
fn wrong_password(case: &Case<'_>) -> Option<Found> {
    let compared = case.evidence.compared.iter().find(|compared| compared.what == "password")?;
    Found::certain("password", &compared.sent, "the one in the directory")
}

fn password_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| *grant == "password")?;
    Found::likely("request grant_type", grant, "a sign-in on a page")
}
