//! The application itself: whether it has a service principal in the tenant, whether that is switched on, and of what kind
//! it is.

use super::{
    super::facts::is_guid,
    Case, Check, Found,
    client_id::{asked, is_deleted},
    replication::fresh_in_words,
    wording,
};
use crate::{
    entra::{registration::ServicePrincipal, scopes},
    token,
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("service_principal.missing", principal_missing),
    ("service_principal.disabled", principal_disabled),
    ("client.closed_by_microsoft", |case| case.by_rule(&["client.not_blocked"])),
    ("registration.mapped_claims_not_accepted", mapped_claims),
    ("registration.mapped_claims_audience", mapped_claims_audience),
    ("client.agent_blueprint", agent_blueprint),
    ("client.first_party_borrowed", first_party),
];

fn principal_missing(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["client.service_principal"]) {
        return Some(found);
    }
    let told = wording::guid_after(&case.sentence, &["client application", "application", "identifier"]);
    let sent = asked(case).or(told).unwrap_or("the application");
    let says_so = matches!(case.code, Some(7_000_229 | 1_001_010 | 700_011)) || case.code.is_none();
    let tenant = case.facts.get("tenant").unwrap_or("the tenant of the request");
    if case.evidence.service_principal.found().is_some() {
        return Found::excluded();
    }
    let is_absent = case.evidence.service_principal.is_absent();
    if says_so {
        let found = if is_absent { Found::certain } else { Found::likely };
        let shown = if is_absent { "looked up: there is none" } else { "missing, as the message says" };
        if case.code.is_none() && !is_absent {
            return None;
        }
        if !is_absent && fresh_in_words(case).is_some() {
            return None;
        }
        let found = found("service principal", shown, &format!("one for {sent} in {tenant}"))?;
        return Some(if is_guid(sent) { found.with("client_id", sent) } else { found });
    }
    // A single-tenant application is never given one elsewhere.
    let audience = case.app()?.sign_in_audience.as_deref()?;
    if audience == "AzureADMyOrg" {
        return if case.code == Some(700_016) { Found::excluded() } else { None };
    }
    if is_deleted(case) || super::cloud::mismatch(case).is_some() {
        return None;
    }
    let found = if is_absent { Found::certain } else { Found::likely };
    let shown = if is_absent { "looked up: there is none" } else { "none, as nobody consented there yet" };
    found("service principal", shown, &format!("one for {sent} in {tenant}")).map(|found| {
        found.and(
            "registration signInAudience",
            audience,
            "open to other tenants, after the first consent there",
        )
    })
}

fn principal_disabled(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["client.enabled"]) {
        return Some(found);
    }
    let found = disabled(case, case.evidence.service_principal.found());
    if found.is_some() {
        return found;
    }
    if case.code == Some(70001) && !case.says(&["disabled", "deaktiviert"]) {
        return None;
    }
    let told = case.says(&["disabled"]).then_some("says that it is disabled")?;
    Found::likely("the message", told, "an application that is switched on")
}

fn disabled(case: &Case<'_>, principal: Option<&ServicePrincipal>) -> Option<Found> {
    let principal = principal?;
    match principal.account_enabled {
        Some(false) => {
            let name = principal.display_name.as_deref().or(principal.app_id.as_deref()).unwrap_or_default();
            let id = principal.app_id.as_deref().or(asked(case)).unwrap_or_default();
            Found::certain("service principal accountEnabled", "false", "true")
                .map(|found| found.and("service principal", &format!("{name} ({id})"), "switched on"))
                .map(|found| found.with("client_id", id))
        }
        // A number that says it once is not refuted by what was looked up later.
        Some(true) if case.code == Some(70001) => Found::excluded(),
        _ => None,
    }
}

fn mapped_claims(case: &Case<'_>) -> Option<Found> {
    let app = case.app()?;
    match app.accept_mapped_claims {
        Some(true) => None,
        flag => {
            let shown = flag.map_or_else(|| "null".to_owned(), |flag| flag.to_string());
            let found = Found::certain(
                "registration api.acceptMappedClaims",
                &shown,
                "true, or a signing key of its own",
            )?;
            Some(found.with("object_id", app.object_id.clone().unwrap_or_default()))
        }
    }
}

fn mapped_claims_audience(case: &Case<'_>) -> Option<Found> {
    let told = wording::value_after(&case.sentence, &["audience", "resource identifier"]);
    let app = case.app()?;
    let uris = app.identifier_uris.join(" ");
    let sent = told.unwrap_or(if uris.is_empty() { "no identifier" } else { &uris });
    let version = app.access_token_version.map_or_else(|| "null".to_owned(), |version| version.to_string());
    let found = Found::certain("audience", sent, "the client id, or a URI below a verified domain")?;
    Some(
        found
            .and(
                "registration api.requestedAccessTokenVersion",
                &version,
                "2: then the audience is the client id",
            )
            .with("object_id", app.object_id.clone().unwrap_or_default()),
    )
}

fn agent_blueprint(case: &Case<'_>) -> Option<Found> {
    let told = wording::quoted_after(&case.sentence, &["application", "app", "identity"])
        .or(asked(case))
        .unwrap_or("the application");
    let grant = case.grant().unwrap_or("an ordinary request");
    Found::likely(
        "the application",
        &format!("{told}, an agent identity blueprint"),
        "an agent identity, or an ordinary application",
    )
    .map(|found| found.and("request grant_type", grant, "the exchange for an agent identity"))
}

/// The tenant that owns Microsoft's own applications.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

fn first_party(case: &Case<'_>) -> Option<Found> {
    let told =
        || wording::guid_after(&case.sentence, &["client app id", "first party application", "application"]);
    let client_id = asked(case).or_else(told);
    let name = client_id.and_then(token::first_party_client);
    if let (Some(client_id), Some(name)) = (client_id, name) {
        return Found::certain("client_id", &format!("{client_id} ({name})"), "a client id of your own");
    }
    if let Some(client_id) = client_id.filter(|id| scopes::well_known(id).is_some()) {
        return Found::certain(
            "client_id",
            &format!("{client_id}, an API of Microsoft"),
            "a client id of your own",
        );
    }
    let owner =
        case.evidence.service_principal.found().and_then(|principal| principal.home_tenant.as_deref());
    if owner.is_some_and(|owner| owner.eq_ignore_ascii_case(MICROSOFT)) {
        return Found::certain(
            "service principal appOwnerOrganizationId",
            MICROSOFT,
            "your own tenant: this application is Microsoft's",
        );
    }
    if case.app().is_some() {
        return Found::excluded();
    }
    if case.code == Some(65002) {
        return Found::likely(
            "client_id",
            client_id.unwrap_or("an application of Microsoft"),
            "a client id of your own",
        );
    }
    None
}
