//! `/applications`: the registrations of a tenant, by object id or as `applications(appId='…')`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Answered, Permitted, answer, body, edit, key_for, not_found, query, registration};
use crate::provider::{
    Provider, mint,
    refusal::Refusal,
    scenario::{
        Application,
        edit::{Edit, List},
    },
};

const APPLICATION: query::Kind<'_> =
    query::Kind { name: "application", context: "applications", default: usize::MAX, in_directory: true };

/// What stands in a path in place of an object id: `appId='…'`.
pub fn alternate_key(named: &str) -> Option<&str> {
    let (name, value) = named.split_once('=')?;
    name.trim().eq_ignore_ascii_case("appId").then(|| value.trim().trim_matches('\''))
}

/// The registration that the path names. Those of other tenants, and Microsoft's own, are not there.
pub fn named(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<Application>, Box<Refusal>> {
    let name = permitted.named(0);
    let mut own = own(provider, permitted);
    let found = match alternate_key(name) {
        Some(app_id) => own.find(|application| application.app_id.eq_ignore_ascii_case(app_id)),
        None => own.find(|application| mint::registration(application).eq_ignore_ascii_case(name)),
    };
    found.cloned().ok_or_else(|| not_found(name, "the object id of a registration, or appId='its client id'"))
}

fn own<'a>(
    provider: &'a Provider,
    permitted: &'a Permitted<'_>,
) -> impl Iterator<Item = &'a Arc<Application>> {
    let applications = provider.scenario.applications().iter();
    applications.filter(|application| application.tenant.as_ref() == Some(&permitted.tenant.key))
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let entities =
        own(provider, permitted).map(|one| registration::entity(&provider.scenario, one)).collect();
    query::collection(permitted.call, APPLICATION, entities)
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let application = named(provider, permitted)?;
    query::entity(permitted.call, APPLICATION, &registration::entity(&provider.scenario, &application))
}

/// Registers one. It has no service principal yet, as with the real one, so it cannot sign in by itself.
pub fn add(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let sent = body::read(permitted.call)?;
    let name = body::required(sent, "displayName")?;
    let scenario = Arc::clone(&provider.scenario);
    let blank = Application { tenant: Some(permitted.tenant.key.clone()), ..Application::default() };
    let members = registration::members(&scenario, sent, &blank)?;
    let app_id = provider.random.guid();
    let mut entry: Map<String, Value> = Map::new();
    let key = key_for(name, scenario.applications().iter().map(|one| one.key.as_str()));
    entry.insert("key".to_owned(), json!(key));
    entry.insert("about".to_owned(), json!("registered through Graph"));
    entry.insert("tenant".to_owned(), json!(permitted.tenant.key));
    entry.insert("appId".to_owned(), json!(app_id));
    entry.insert("signInAudience".to_owned(), json!(blank.sign_in_audience.name()));
    entry.insert("lacksServicePrincipal".to_owned(), json!(true));
    entry.extend(members);
    edit(provider, &Edit::Add { to: List::Applications, entry }, permitted.call.now)?;
    let made = provider.scenario.application(&key).expect("it was just added");
    let path = format!("applications/{}", mint::registration(made));
    Ok(answer::created(permitted.call, "applications", &path, registration::entity(&provider.scenario, made)))
}

pub fn change(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let application = named(provider, permitted)?;
    let members = registration::members(&provider.scenario, body::read(permitted.call)?, &application)?;
    let change = Edit::Set { of: List::Applications, entry: application.key.clone(), members };
    edit(provider, &change, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}

pub fn remove(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let application = named(provider, permitted)?;
    let change = Edit::Remove { from: List::Applications, entry: application.key.clone() };
    edit(provider, &change, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}
