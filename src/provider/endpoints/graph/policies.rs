//! `/identity/conditionalAccess/policies`: what is asked of sign-ins. Graph nests what the scenario keeps on one level, and
//! names people by object id and applications by client id.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Answered, Permitted, answer, body, edit, not_found, query, service_principals};
use crate::provider::{
    Provider,
    bearer::{error, refuse},
    refusal::Refusal,
    scenario::{
        ConditionalAccessPolicy, EVERYTHING, Scenario, Tenant,
        edit::{Edit, List},
    },
};

type Read<T> = Result<T, Box<Refusal>>;

const POLICY: query::Kind<'_> = query::Kind {
    name: "conditionalAccessPolicy",
    context: "identity/conditionalAccess/policies",
    default: usize::MAX,
    in_directory: false,
};

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

fn people_ids(scenario: &Scenario, tenant: &Tenant, keys: &[String]) -> Vec<String> {
    let id = |key: &String| match key.as_str() {
        EVERYTHING => Some(key.clone()),
        _ => scenario.user(key)?.object_id_in(tenant).map(str::to_owned),
    };
    keys.iter().filter_map(id).collect()
}

fn group_ids(scenario: &Scenario, keys: &[String]) -> Vec<String> {
    keys.iter().filter_map(|key| scenario.group(key)).map(|group| group.id.clone()).collect()
}

fn application_ids(scenario: &Scenario, keys: &[String]) -> Vec<String> {
    let id = |key: &String| match key.as_str() {
        EVERYTHING => Some(key.clone()),
        _ => scenario.application(key).map(|application| application.app_id.clone()),
    };
    keys.iter().filter_map(id).collect()
}

fn entity(
    provider: &Provider,
    permitted: &Permitted<'_>,
    policy: &ConditionalAccessPolicy,
) -> Map<String, Value> {
    let (scenario, tenant) = (&provider.scenario, &permitted.tenant);
    let principals: Vec<String> = policy
        .include_service_principals
        .iter()
        .filter_map(|key| {
            let application = scenario.application(key)?;
            Some(service_principals::Principal::Application(Arc::clone(application)).id(tenant))
        })
        .collect();
    let controls: Vec<&str> = policy.built_in_controls.iter().map(|control| control.name()).collect();
    let grant_controls = (!controls.is_empty() || !policy.terms_of_use.is_empty()).then(|| {
        json!({ "operator": policy.operator, "builtInControls": controls, "customAuthenticationFactors": [],
                "termsOfUse": policy.terms_of_use, "authenticationStrength": null })
    });
    let session_controls = policy.sign_in_frequency.map(|seconds| {
        let (value, kind) =
            if seconds % DAY == 0 { (seconds / DAY, "days") } else { (seconds.div_ceil(HOUR), "hours") };
        json!({ "signInFrequency": { "value": value, "type": kind, "isEnabled": true,
                "authenticationType": policy.sign_in_frequency_authentication, "frequencyInterval": "timeBased" } })
    });
    let client_applications = (!principals.is_empty())
        .then(|| json!({ "includeServicePrincipals": principals, "excludeServicePrincipals": [] }));
    // Named locations have no id of their own in the lab: their keys stand for it.
    let locations = (!policy.include_locations.is_empty() || !policy.exclude_locations.is_empty()).then(
        || json!({ "includeLocations": policy.include_locations, "excludeLocations": policy.exclude_locations }),
    );
    let shown = json!({
        "id": policy.id, "templateId": null, "displayName": policy.display_name, "createdDateTime": null,
        "modifiedDateTime": null, "state": policy.state,
        "conditions": {
            "userRiskLevels": policy.user_risk_levels, "signInRiskLevels": policy.sign_in_risk_levels,
            "clientAppTypes": ["all"], "platforms": null, "locations": locations, "devices": null, "clientApplications": client_applications,
            "applications": {
                "includeApplications": application_ids(scenario, &policy.include_applications),
                "excludeApplications": [], "includeUserActions": policy.include_user_actions,
                "includeAuthenticationContextClassReferences": policy.include_authentication_context_class_references,
            },
            "users": {
                "includeUsers": people_ids(scenario, tenant, &policy.include_users),
                "excludeUsers": people_ids(scenario, tenant, &policy.exclude_users),
                "includeGroups": group_ids(scenario, &policy.include_groups),
                "excludeGroups": group_ids(scenario, &policy.exclude_groups), "includeRoles": [], "excludeRoles": [],
            },
        },
        "grantControls": grant_controls,
        "sessionControls": session_controls,
    });
    let Value::Object(members) = shown else { unreachable!("it was written as an object") };
    members
}

/// A policy that says nothing, to compare a body with.
fn blank() -> ConditionalAccessPolicy {
    serde_json::from_value(json!({ "id": "", "displayName": "" })).expect("the rest has defaults")
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let policies = provider.scenario.conditional_access_policies.iter();
    let entities = policies.map(|policy| entity(provider, permitted, policy)).collect();
    query::collection(permitted.call, POLICY, entities)
}

fn named(provider: &Provider, permitted: &Permitted<'_>) -> Read<ConditionalAccessPolicy> {
    let mut policies = provider.scenario.conditional_access_policies.iter();
    let found = policies.find(|policy| policy.id.eq_ignore_ascii_case(permitted.named(0)));
    found.cloned().ok_or_else(|| not_found(permitted.named(0), "the id of a policy"))
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let policy = named(provider, permitted)?;
    query::entity(permitted.call, POLICY, &entity(provider, permitted, &policy))
}

/// What a request wants a policy to be, as members of the scenario's entry.
fn members(
    provider: &Provider,
    permitted: &Permitted<'_>,
    sent: &Map<String, Value>,
    own: &ConditionalAccessPolicy,
) -> Read<Map<String, Value>> {
    let shown = entity(provider, permitted, own);
    body::knows(sent, &["displayName", "state", "conditions", "grantControls", "sessionControls"], &shown)?;
    let mut members = Map::new();
    if sent.contains_key("displayName") {
        members.insert("displayName".to_owned(), json!(body::required(sent, "displayName")?));
    }
    if sent.contains_key("state") {
        members.insert("state".to_owned(), json!(body::required(sent, "state")?));
    }
    if sent.contains_key("conditions") {
        members.extend(conditions(
            provider,
            permitted,
            &body::object(sent, "conditions")?,
            &shown["conditions"],
        )?);
    }
    if sent.contains_key("grantControls") {
        let controls = body::object(sent, "grantControls")?;
        let like = json!({ "customAuthenticationFactors": [], "authenticationStrength": null });
        let kept = &["operator", "builtInControls", "termsOfUse"];
        body::knows(&controls, kept, like.as_object().expect("an object"))?;
        if let Some(operator) = body::text(&controls, "operator")? {
            members.insert("operator".to_owned(), json!(operator));
        }
        for name in ["builtInControls", "termsOfUse"] {
            members.insert(name.to_owned(), json!(body::texts(&controls, name)?));
        }
    }
    if sent.contains_key("sessionControls") {
        let controls = body::object(sent, "sessionControls")?;
        let like = json!({ "applicationEnforcedRestrictions": null, "cloudAppSecurity": null,
                           "persistentBrowser": null, "disableResilienceDefaults": null });
        body::knows(&controls, &["signInFrequency"], like.as_object().expect("an object"))?;
        members
            .insert("signInFrequency".to_owned(), frequency(&body::object(&controls, "signInFrequency")?)?);
    }
    Ok(members)
}

fn frequency(sent: &Map<String, Value>) -> Read<Value> {
    if sent.is_empty() || body::flag(sent, "isEnabled")? == Some(false) {
        return Ok(Value::Null);
    }
    let unit = match body::required(sent, "type")? {
        "hours" => HOUR,
        "days" => DAY,
        _ => return Err(body::wrong("type", &sent["type"], "hours or days", "body.value")),
    };
    let value = sent.get("value").and_then(Value::as_u64).and_then(|value| u32::try_from(value).ok());
    let seconds = value.filter(|value| *value > 0).and_then(|value| value.checked_mul(unit));
    let seconds = seconds.ok_or_else(|| {
        body::wrong("value", sent.get("value").unwrap_or(&Value::Null), "a number above 0", "body.value")
    })?;
    Ok(json!(seconds))
}

fn conditions(
    provider: &Provider,
    permitted: &Permitted<'_>,
    sent: &Map<String, Value>,
    shown: &Value,
) -> Read<Map<String, Value>> {
    let shown = shown.as_object().expect("it was written as an object");
    body::knows(sent, &["applications", "users", "clientApplications"], shown)?;
    let (scenario, tenant) = (&provider.scenario, &permitted.tenant);
    let mut members = Map::new();
    if sent.contains_key("users") {
        let users = body::object(sent, "users")?;
        body::knows(
            &users,
            &["includeUsers", "excludeUsers"],
            shown["users"].as_object().expect("an object"),
        )?;
        for name in ["includeUsers", "excludeUsers"] {
            let key = |id: &str| match id {
                EVERYTHING | "None" => Ok(id.to_owned()),
                _ => {
                    let mut here = scenario.users().iter();
                    let found = here.find(|user| {
                        user.object_id_in(tenant).is_some_and(|own| own.eq_ignore_ascii_case(id))
                    });
                    found
                        .map(|user| user.key.clone())
                        .ok_or_else(|| unknown(name, id, "the object id of somebody of the tenant"))
                }
            };
            let keys: Read<Vec<_>> = body::texts(&users, name)?.into_iter().map(key).collect();
            members.insert(
                name.to_owned(),
                json!(keys?.into_iter().filter(|key| key != "None").collect::<Vec<_>>()),
            );
        }
    }
    if sent.contains_key("applications") {
        let applications = body::object(sent, "applications")?;
        let kept = &["includeApplications", "includeAuthenticationContextClassReferences"];
        body::knows(&applications, kept, shown["applications"].as_object().expect("an object"))?;
        let key = |id: &str| match id {
            EVERYTHING | "None" => Ok(id.to_owned()),
            _ => {
                let found = scenario.application_with_id(id).map(|application| application.key.clone());
                found.ok_or_else(|| unknown("includeApplications", id, "the client id of an application"))
            }
        };
        let keys: Read<Vec<_>> =
            body::texts(&applications, "includeApplications")?.into_iter().map(key).collect();
        members.insert(
            "includeApplications".to_owned(),
            json!(keys?.into_iter().filter(|key| key != "None").collect::<Vec<_>>()),
        );
        let contexts = "includeAuthenticationContextClassReferences";
        members.insert(contexts.to_owned(), json!(body::texts(&applications, contexts)?));
    }
    if sent.contains_key("clientApplications") {
        let clients = body::object(sent, "clientApplications")?;
        let like = json!({ "excludeServicePrincipals": [], "servicePrincipalFilter": null });
        body::knows(&clients, &["includeServicePrincipals"], like.as_object().expect("an object"))?;
        let key = |id: &str| {
            let found = service_principals::with_id(provider, tenant, id);
            let found = found.as_ref().and_then(|one| one.application()).map(|one| one.key.clone());
            found.ok_or_else(|| {
                unknown("includeServicePrincipals", id, "the object id of a service principal")
            })
        };
        let keys: Read<Vec<_>> =
            body::texts(&clients, "includeServicePrincipals")?.into_iter().map(key).collect();
        members.insert("includeServicePrincipals".to_owned(), json!(keys?));
    }
    Ok(members)
}

fn unknown(member: &str, id: &str, expected: &str) -> Box<Refusal> {
    refuse(error::INVALID_REQUEST, format!("'{id}' in {member} is not known."))
        .demands("a policy is about people and applications that are there")
        .compares(member, id, [expected])
        .by("body.reference_known")
}

pub fn add(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let sent = body::read(permitted.call)?;
    for name in ["displayName", "state"] {
        body::required(sent, name)?;
    }
    let members = members(provider, permitted, sent, &blank())?;
    let id = provider.random.guid();
    let mut entry: Map<String, Value> = Map::from_iter([("id".to_owned(), json!(id))]);
    // A switch that is set to nothing is one that is not there.
    entry.extend(members.into_iter().filter(|(_, value)| !value.is_null()));
    edit(provider, &Edit::Add { to: List::ConditionalAccessPolicies, entry }, permitted.call.now)?;
    let mut policies = provider.scenario.conditional_access_policies.iter();
    let made = policies.find(|policy| policy.id == id).expect("it was just added");
    let shown = entity(provider, permitted, made);
    Ok(answer::created(permitted.call, POLICY.context, &format!("{}/{id}", POLICY.context), shown))
}

pub fn change(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let policy = named(provider, permitted)?;
    let members = members(provider, permitted, body::read(permitted.call)?, &policy)?;
    let change = Edit::Set { of: List::ConditionalAccessPolicies, entry: policy.id, members };
    edit(provider, &change, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}

pub fn remove(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let entry = named(provider, permitted)?.id;
    edit(provider, &Edit::Remove { from: List::ConditionalAccessPolicies, entry }, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}
