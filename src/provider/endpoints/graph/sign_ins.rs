//! `/auditLogs/signIns` (reference §12.3): the tenant's sign-in log. `v1.0` knows what people did at pages; every other sort
//! is to be had in `beta`, for those who ask for it with a filter on `signInEventTypes`.

use serde_json::{Map, Value, json};

use super::{Answered, Permitted, not_found, query};
use crate::provider::{Provider, SignIn, SignInKind, scenario::CONSUMERS};

const SIGN_IN: query::Kind<'_> =
    query::Kind { name: "signIn", context: "auditLogs/signIns", default: usize::MAX, in_directory: false };

/// The members of `v1.0`.
fn entity(entry: &SignIn) -> Map<String, Value> {
    let policies: Vec<_> = entry
        .policies
        .iter()
        .map(|policy| {
            json!({ "id": policy.id, "displayName": policy.display_name, "enforcedGrantControls": policy.controls,
                    "enforcedSessionControls": policy.session_controls, "result": policy.result.name() })
        })
        .collect();
    let reason = if entry.code == 0 { "Other." } else { entry.reason.as_str() };
    let shown = json!({
        "id": entry.trace_id,
        "createdDateTime": entry.at.rfc3339(),
        "userDisplayName": entry.user_display_name,
        "userPrincipalName": entry.user,
        "userId": entry.user_id,
        "appId": entry.client_id,
        "appDisplayName": entry.application,
        "ipAddress": entry.ip_address,
        "clientAppUsed": entry.client_app_used,
        "correlationId": entry.correlation_id,
        "conditionalAccessStatus": entry.conditional_access().name(),
        "isInteractive": entry.is_interactive(),
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes": [],
        "riskEventTypes_v2": [],
        "resourceDisplayName": entry.resource,
        "resourceId": entry.resource_id,
        "status": { "errorCode": entry.code, "failureReason": reason, "additionalDetails": null },
        "deviceDetail": { "deviceId": "", "displayName": "", "operatingSystem": "", "browser": "",
                          "isCompliant": false, "isManaged": false, "trustType": "" },
        "location": { "city": "", "state": "", "countryOrRegion": "", "geoCoordinates":
                      { "altitude": null, "latitude": null, "longitude": null } },
        "appliedConditionalAccessPolicies": policies,
    });
    let Value::Object(members) = shown else { unreachable!("it was written as an object") };
    members
}

/// The members of `beta`: the sort, and the principal where it is no person.
fn entity_of_every_sort(entry: &SignIn) -> Map<String, Value> {
    let mut members = entity(entry);
    let (kind, is_principal) = match entry.kind {
        SignInKind::Interactive => ("interactiveUser", false),
        SignInKind::NonInteractive => ("nonInteractiveUser", false),
        SignInKind::ServicePrincipal => ("servicePrincipal", true),
        SignInKind::ManagedIdentity => ("managedIdentity", true),
    };
    members.insert("signInEventTypes".to_owned(), json!([kind]));
    let principal = if is_principal { (&entry.principal_id, &entry.application) } else { (&None, &None) };
    members.insert("servicePrincipalId".to_owned(), json!(principal.0));
    members.insert("servicePrincipalName".to_owned(), json!(principal.1));
    members
}

/// The entries of the token's tenant, newest first.
fn here<'a>(provider: &'a Provider, permitted: &'a Permitted<'_>) -> impl Iterator<Item = &'a SignIn> {
    let id = permitted.tenant.id.as_str();
    // Where it was not known yet which tenant somebody would enter, the home tenant keeps the entry.
    let is_home = provider.scenario.home().id == id && id != CONSUMERS;
    let entries: Vec<_> = provider.sign_ins.iter().collect();
    let entries = entries.into_iter().rev();
    entries.filter(move |entry| entry.tenant_id.as_deref().map_or(is_home, |tenant| tenant == id))
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let entries = here(provider, permitted).filter(|entry| entry.kind == SignInKind::Interactive);
    query::collection(permitted.call, SIGN_IN, entries.map(entity).collect())
}

pub fn list_of_every_sort(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let asks = permitted.call.query.get("$filter").is_some_and(|filter| filter.contains("signInEventTypes"));
    let entries = here(provider, permitted).filter(|entry| asks || entry.kind == SignInKind::Interactive);
    query::collection(permitted.call, SIGN_IN, entries.map(entity_of_every_sort).collect())
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let mut entries = here(provider, permitted).filter(|entry| entry.kind == SignInKind::Interactive);
    let found = entries.find(|entry| entry.trace_id == permitted.named(0)).map(entity);
    let found = found.ok_or_else(|| not_found(permitted.named(0), "the id of a sign-in at a page"))?;
    query::entity(permitted.call, SIGN_IN, &found)
}

pub fn one_of_every_sort(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let found = here(provider, permitted).find(|entry| entry.trace_id == permitted.named(0));
    let found = found.map(entity_of_every_sort);
    let found = found.ok_or_else(|| not_found(permitted.named(0), "the id of a sign-in"))?;
    query::entity(permitted.call, SIGN_IN, &found)
}
