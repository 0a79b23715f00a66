//! `/oauth2PermissionGrants`: what applications may do for people. A grant names both sides by the object ids of their
//! service principals, not by client ids.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Answered, Permitted, answer, body, not_found, not_unique, query,
    service_principals::{self, Principal},
};
use crate::provider::{
    PermissionGrant, Provider,
    bearer::{error, refuse},
    consents::GrantError,
    mint,
    order::{Order, OrderError},
    refusal::Refusal,
    scenario::{Application, Scenario, Tenant},
};

const GRANT: query::Kind<'_> = query::Kind {
    name: "oAuth2PermissionGrant",
    context: "oauth2PermissionGrants",
    default: usize::MAX,
    in_directory: true,
};

/// The grants of the token's tenant.
fn all(provider: &Provider, permitted: &Permitted<'_>) -> Vec<PermissionGrant> {
    let mut grants = provider.consents.grants(&provider.scenario);
    grants.retain(|grant| grant.tenant == permitted.tenant.key);
    grants
}

/// A grant as Graph shows it to its tenant.
pub fn entity(scenario: &Scenario, tenant: &Tenant, grant: &PermissionGrant) -> Map<String, Value> {
    let id_of = |key: &str| Some(mint::service_principal(tenant, scenario.application(key)?));
    let principal = grant.principal.as_ref().and_then(|key| scenario.user(key)?.object_id_in(tenant));
    let shown = json!({
        "clientId": id_of(&grant.client),
        "consentType": if grant.principal.is_some() { "Principal" } else { "AllPrincipals" },
        "id": grant.id, "principalId": principal, "resourceId": id_of(&grant.resource),
        "scope": grant.scopes.join(" "),
    });
    let Value::Object(members) = shown else { unreachable!("it was written as an object") };
    members
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let grants = all(provider, permitted);
    let entities = grants.iter().map(|grant| entity(&provider.scenario, &permitted.tenant, grant)).collect();
    query::collection(permitted.call, GRANT, entities)
}

/// Those that one application holds.
pub fn of_client(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let principal = service_principals::named(provider, permitted)?;
    let key = principal.application().map(|application| application.key.as_str());
    let mut grants = all(provider, permitted);
    grants.retain(|grant| Some(grant.client.as_str()) == key);
    let entities = grants.iter().map(|grant| entity(&provider.scenario, &permitted.tenant, grant)).collect();
    query::collection(permitted.call, GRANT, entities)
}

fn named(provider: &Provider, permitted: &Permitted<'_>) -> Result<PermissionGrant, Box<Refusal>> {
    let found = all(provider, permitted).into_iter().find(|grant| grant.id == permitted.named(0));
    found.ok_or_else(|| not_found(permitted.named(0), "the id of a grant"))
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let grant = named(provider, permitted)?;
    query::entity(permitted.call, GRANT, &entity(&provider.scenario, &permitted.tenant, &grant))
}

/// The application whose service principal a member names.
fn party(
    provider: &Provider,
    permitted: &Permitted<'_>,
    sent: &Map<String, Value>,
    member: &str,
) -> Result<Arc<Application>, Box<Refusal>> {
    let id = body::required(sent, member)?;
    match service_principals::with_id(provider, &permitted.tenant, id) {
        Some(Principal::Application(application)) => Ok(application),
        _ => Err(no_such_principal(provider, permitted, member, id)),
    }
}

/// 404 for a member that names nothing. The classic mistake is a client id, or the object id of the registration.
pub fn no_such_principal(
    provider: &Provider,
    permitted: &Permitted<'_>,
    member: &str,
    id: &str,
) -> Box<Refusal> {
    let meant = service_principals::all(provider, &permitted.tenant).into_iter().find(|one| {
        let registration = one.application().map(|application| mint::registration(application));
        one.app_id().eq_ignore_ascii_case(id) || registration.is_some_and(|own| own.eq_ignore_ascii_case(id))
    });
    let expected = meant.map_or_else(
        || "the object id of a service principal".to_owned(),
        |one| {
            format!(
                "{}, the object id of the service principal of {}",
                one.id(&permitted.tenant),
                one.display_name()
            )
        },
    );
    refuse(
        error::INVALID_REQUEST,
        format!("The resource '{id}' does not exist, or it is not one of this query's."),
    )
    .demands(format!("`{member}` is the object id of a service principal of the tenant"))
    .compares(member, id, [expected])
    .by("reference.exists")
}

/// The permissions that a member lists, separated by blanks.
fn scopes(sent: &Map<String, Value>) -> Result<Vec<String>, Box<Refusal>> {
    Ok(body::required(sent, "scope")?.split_ascii_whitespace().map(str::to_owned).collect())
}

pub fn add(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (sent, tenant) = (body::read(permitted.call)?, Arc::clone(&permitted.tenant));
    let client = party(provider, permitted, sent, "clientId")?;
    let resource = party(provider, permitted, sent, "resourceId")?;
    let id = body::text(sent, "principalId")?;
    let principal = match (body::required(sent, "consentType")?, id) {
        ("AllPrincipals", None) => None,
        ("Principal", Some(id)) => {
            let users = provider.scenario.users().iter();
            let mut here = users
                .filter(|user| user.object_id_in(&tenant).is_some_and(|own| own.eq_ignore_ascii_case(id)));
            Some(
                here.next()
                    .ok_or_else(|| not_found(id, "the object id of somebody of the tenant"))?
                    .key
                    .clone(),
            )
        }
        _ => {
            let expected = "AllPrincipals without principalId, or Principal with one";
            return Err(body::wrong("consentType", &sent["consentType"], expected, "body.value"));
        }
    };
    let grant = PermissionGrant {
        id: String::new(),
        tenant: tenant.key.clone(),
        client: client.key.clone(),
        resource: resource.key.clone(),
        principal,
        scopes: scopes(sent)?,
    };
    let shown = entity(&provider.scenario, &permitted.tenant, &grant);
    body::knows(
        sent,
        &["clientId", "consentType", "principalId", "resourceId", "scope", "startTime", "expiryTime"],
        &shown,
    )?;
    if find(provider, permitted, &grant).is_some() {
        let text = "A permission entry for these parties exists already; change its scope.";
        return Err(not_unique(text, "clientId", body::required(sent, "clientId")?));
    }
    provider
        .carry_out(&Order::Grant { grant: grant.clone() }, permitted.call.now)
        .map_err(|why| not_granted(&why))?;
    let made = find(provider, permitted, &grant).expect("it was just granted");
    let path = format!("oauth2PermissionGrants/{}", made.id);
    let shown = entity(&provider.scenario, &permitted.tenant, &made);
    Ok(answer::created(permitted.call, "oauth2PermissionGrants", &path, shown))
}

/// The row with the same parties.
fn find(provider: &Provider, permitted: &Permitted<'_>, grant: &PermissionGrant) -> Option<PermissionGrant> {
    all(provider, permitted).into_iter().find(|one| {
        (&one.client, &one.resource, &one.principal) == (&grant.client, &grant.resource, &grant.principal)
    })
}

/// What the table of grants says against an order.
pub fn not_granted(why: &OrderError) -> Box<Refusal> {
    let rule = match why {
        OrderError::Grant(GrantError::NotOffered { .. }) => "body.permission_offered",
        OrderError::Edit(_)
        | OrderError::Grant(_)
        | OrderError::Scenario(_)
        | OrderError::Fault(_)
        | OrderError::NoUser(_)
        | OrderError::NoGrant(_)
        | OrderError::NothingToUndo
        | OrderError::NothingToRedo => "directory.takes",
    };
    refuse(error::INVALID_REQUEST, format!("The grant cannot be made: {why}."))
        .demands("what is granted is a permission that the resource offers, by its value")
        .compares("grant", why.to_string(), Vec::<String>::new())
        .by(rule)
}

/// `scope` is the whole new list: what it does not name is taken back.
pub fn change(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let before = named(provider, permitted)?;
    let sent = body::read(permitted.call)?;
    body::knows(sent, &["scope"], &entity(&provider.scenario, &permitted.tenant, &before))?;
    let after = PermissionGrant { scopes: scopes(sent)?, ..before.clone() };
    let now = permitted.call.now;
    provider
        .in_one_step(
            |said: &String| said.clone(),
            now,
            |provider| {
                provider.carry_out(&Order::Withdraw { id: before.id.clone() }, now)?;
                provider.carry_out(&Order::Grant { grant: after }, now)
            },
        )
        .map_err(|why| not_granted(&why))?;
    Ok(answer::done(permitted.call))
}

pub fn remove(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let grant = named(provider, permitted)?;
    provider
        .carry_out(&Order::Withdraw { id: grant.id }, permitted.call.now)
        .map_err(|why| not_granted(&why))?;
    Ok(answer::done(permitted.call))
}
