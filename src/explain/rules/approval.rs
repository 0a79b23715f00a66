//! Who may say yes: permissions for administrators, tenants that leave nothing to their people, and pages that are asked for
//! although everything is granted.

use super::{
    Case, Check, Found, api,
    consent::{Wanted, coverage, wanted, with_slots},
    graph,
};
use crate::explain::Certainty;

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("consent.admin_required", administrator),
    ("consent.tenant_policy", tenant_policy),
    ("consent.publisher_unverified", |case| case.by_rule(&["consent.publisher_verified"])),
    ("consent.not_low_impact", |case| case.by_rule(&["consent.low_impact"])),
    ("consent.risky_application", |case| Some(risky(case))),
    ("consent.prompt_left", prompt_left),
];

/// Which of the permissions that were asked only administrators may grant; `None` if that is not known of all.
fn for_administrators(wanted: &Wanted<'_>) -> Option<Vec<String>> {
    let mut is_known = true;
    let mut found = Vec::new();
    for name in &wanted.names {
        let of_api = wanted.api.as_ref().and_then(|api| api.scope(name)).map(|scope| scope.needs_admin);
        let of_graph = || graph::needs_administrator(name).filter(|_| api::is_graph(&wanted.resource));
        match of_api.or_else(of_graph) {
            Some(true) => found.push(name.clone()),
            Some(false) => {}
            None => is_known = false,
        }
    }
    (is_known || !found.is_empty()).then_some(found)
}

/// What was asked and is not granted yet, where that is known; else all that was asked.
fn open_permissions<'a>(case: &Case<'a>) -> Option<(Wanted<'a>, bool)> {
    let mut wanted = wanted(case)?;
    let coverage = coverage(case, &wanted);
    let is_covered =
        coverage.as_ref().is_some_and(|coverage| coverage.missing.is_empty()) && !wanted.names.is_empty();
    if let Some(coverage) = coverage.filter(|coverage| !coverage.missing.is_empty()) {
        wanted.names = coverage.missing;
    }
    Some((wanted, is_covered))
}

fn administrator(case: &Case<'_>) -> Option<Found> {
    let (wanted, is_covered) = open_permissions(case)?;
    let marked = for_administrators(&wanted)?;
    if marked.is_empty() {
        // Only names of OpenID Connect, or permissions for everybody.
        return Found::excluded();
    }
    if is_covered {
        return None; // granted already, so no administrator is needed for it
    }
    let place = match &wanted.api {
        Some(api) => format!("type of the scope at {}", api.name()),
        None => "type of the scope at Microsoft Graph".to_owned(),
    };
    let found =
        Found::new(Certainty::Certain, wanted.place, &wanted.scope, "scopes that people may consent to")
            .and(&place, &format!("{}: Admin", marked.join(" ")), "User")
            .about(&marked.join(" "));
    Some(with_slots(found, case, Some(&wanted), &marked))
}

fn tenant_policy(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["consent.by_people_allowed", "consent.not_while_assignment_required"])
    {
        return Some(found);
    }
    let (wanted, is_covered) =
        open_permissions(case).map_or((None, false), |(wanted, covered)| (Some(wanted), covered));
    let principal = case.evidence.service_principal.found();
    let scope = wanted.as_ref().map_or("the scopes of the request", |wanted| wanted.scope.as_str());
    let names = wanted.as_ref().map(|wanted| wanted.names.clone()).unwrap_or_default();
    if principal.and_then(|principal| principal.assignment_required) == Some(true) && !is_covered {
        let found = Found::new(Certainty::Likely, "appRoleAssignmentRequired of the client", "true", "false")
            .and("request scope", scope, "consent by an administrator");
        return Some(with_slots(found, case, wanted.as_ref(), &names));
    }
    let words = case.said(&[
        "verified publisher",
        "unverified",
        "risky",
        "not allow users to consent",
        "user consent",
    ]);
    if let Some(found) = words {
        return Some(with_slots(found, case, wanted.as_ref(), &names));
    }
    if is_covered {
        return Found::excluded();
    }
    let only_openid = api::asked(case).is_some_and(|asked| asked.of_apis().next().is_none());
    let is_harmless = wanted.as_ref().and_then(for_administrators).is_some_and(|marked| marked.is_empty());
    let is_prompted = case.param("prompt").is_some_and(|prompt| prompt.contains("consent"));
    if (only_openid || is_harmless) && !is_prompted {
        let found = Found::new(Certainty::Likely, "request scope", scope, "consent by the person").and(
            "type of the scopes",
            "User: an administrator is not needed for them",
            "so it is the tenant's rule",
        );
        return Some(with_slots(found, case, wanted.as_ref(), &names));
    }
    None
}

fn risky(case: &Case<'_>) -> Found {
    if let Some(found) = case.by_rule(&["consent.not_risky"]) {
        return found;
    }
    let app = case.evidence.registration.as_ref();
    let sent = if app.is_some_and(|app| app.has_verified_publisher) { "verified" } else { "not verified" };
    let client = case.facts.get("client_id").unwrap_or("the application");
    let found = Found::new(Certainty::Likely, "publisher of the application", sent, "verified")
        .and("client", client, "");
    with_slots(found, case, wanted(case).as_ref(), &[])
}

fn prompt_left(case: &Case<'_>) -> Option<Found> {
    let pasted = || {
        let text = case.evidence.text.as_deref()?;
        ["prompt=consent", "prompt=admin_consent"]
            .into_iter()
            .find(|word| text.contains(word))
            .map(|word| &word[7..])
    };
    let prompt =
        match (case.param("prompt").filter(|prompt| prompt.contains("consent")), &case.evidence.request) {
            (Some(prompt), _) => prompt,
            (None, Some(_)) => return Found::excluded(),
            (None, None) => pasted()?,
        };
    let wanted = wanted(case);
    let coverage = wanted.as_ref().and_then(|wanted| coverage(case, wanted));
    let found = |certainty| Found::new(certainty, "request prompt", prompt, "absent");
    match (&coverage, &wanted) {
        (Some(coverage), Some(_)) if coverage.missing.is_empty() => {
            Some(found(Certainty::Certain).and("grants", &coverage.granted, "enough already"))
        }
        (Some(_), _) => None, // consent is missing, whatever prompt says
        _ => Some(found(Certainty::Likely)),
    }
}
