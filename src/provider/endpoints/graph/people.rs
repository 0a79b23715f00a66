//! What Graph tells about people and their organisation, and the one thing it changes: when their sessions began.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Permitted, answer,
    query::{self, SUPPORTED},
};
use crate::{
    provider::{
        Provider,
        bearer::{error, refuse},
        refusal::Refusal,
        reply::Reply,
        scenario::User,
        token::Kind,
    },
    time::UnixTime,
};

type Answered = Result<Reply, Box<Refusal>>;

/// `User.ReadBasic.All` shows these and no others.
const BASIC: &[&str] = &["displayName", "givenName", "mail", "surname", "userPrincipalName", "id"];

/// How many properties come without `$select`.
const DEFAULT: usize = 11;

/// A user as the directory of one tenant has it: the default properties in the order in which the real service writes
/// them, then those that must be asked for. What the lab does not keep is null.
fn entity(provider: &Provider, permitted: &Permitted<'_>, user: &User) -> Map<String, Value> {
    let tenant = &permitted.tenant;
    let is_guest = user.tenant != tenant.key;
    let name = match tenant.domains.last().filter(|_| is_guest) {
        Some(domain) => format!("{}#EXT#@{domain}", user.user_principal_name.replace('@', "_")),
        None => user.user_principal_name.clone(),
    };
    let id = user.object_id_in(tenant).unwrap_or(&user.id);
    let valid_from = provider.sessions_valid_from(&user.id).map(UnixTime::rfc3339);
    let whole = [
        ("businessPhones", json!([])),
        ("displayName", json!(user.display_name)),
        ("givenName", json!(user.given_name)),
        ("jobTitle", Value::Null),
        ("mail", json!(user.mail)),
        ("mobilePhone", Value::Null),
        ("officeLocation", Value::Null),
        ("preferredLanguage", Value::Null),
        ("surname", json!(user.surname)),
        ("userPrincipalName", json!(name)),
        ("id", json!(id)),
        ("accountEnabled", json!(user.account_enabled)),
        ("userType", json!(if is_guest { "Guest" } else { "Member" })),
        ("signInSessionsValidFromDateTime", json!(valid_from)),
    ];
    let shown = |name: &str| permitted.by != "User.ReadBasic.All" || BASIC.contains(&name);
    whole.into_iter().filter(|(name, _)| shown(name)).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The members and guests of the token's tenant.
fn people(provider: &Provider, permitted: &Permitted<'_>) -> Vec<Arc<User>> {
    let users = provider.scenario.users().iter();
    let here =
        users.filter(|user| user.object_id_in(&permitted.tenant).is_some() && provider.accounts.exists(user));
    here.cloned().collect()
}

/// The person that the token is about.
fn caller(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<User>, Box<Refusal>> {
    let id = permitted.token.text("oid");
    let user =
        people(provider, permitted).into_iter().find(|user| user.object_id_in(&permitted.tenant) == Some(id));
    user.ok_or_else(|| not_found(id))
}

/// Somebody of the token's tenant, by object id or sign-in name.
fn named(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<User>, Box<Refusal>> {
    let name = &permitted.named;
    let fits = |user: &Arc<User>| {
        let entity = entity(provider, permitted, user);
        let is = |property: &str| {
            entity.get(property).and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(name))
        };
        is("id") || is("userPrincipalName")
    };
    people(provider, permitted).into_iter().find(fits).ok_or_else(|| not_found(name))
}

fn not_found(id: &str) -> Box<Refusal> {
    let text = format!("The resource '{id}' does not exist, or it is not one of this query's.");
    refuse(error::INVALID_REQUEST, text)
        .demands("an object id or a sign-in name of the token's own tenant")
        .compares("id", id, ["somebody of the tenant"])
        .by("resource.exists")
}

pub fn me(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = caller(provider, permitted)?;
    show(provider, permitted, &user)
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = named(provider, permitted)?;
    let oneself = user.object_id_in(&permitted.tenant) == Some(permitted.token.text("oid"));
    if permitted.by == "User.Read" && !oneself {
        return Err(refuse(error::INSUFFICIENT_SCOPE, "User.Read opens one's own profile only.")
            .demands("reading somebody else needs a permission on all users")
            .compares("scp", permitted.token.text("scp"), super::PEOPLE.scopes.iter().copied())
            .by("permission.scope"));
    }
    show(provider, permitted, &user)
}

fn show(provider: &Provider, permitted: &Permitted<'_>, user: &User) -> Answered {
    query::is_supported(permitted.call, &["$select"])?;
    let (members, selected) = query::select(permitted.call, &entity(provider, permitted, user), DEFAULT)?;
    Ok(answer::document(permitted.call, &format!("users{selected}/$entity"), members))
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let call = permitted.call;
    query::is_supported(call, SUPPORTED)?;
    let people = people(provider, permitted);
    let page = query::page(call, people.len())?;
    let mut selected = String::new();
    let mut shown = Vec::new();
    for user in &people[page.begin..page.end] {
        let (members, context) = query::select(call, &entity(provider, permitted, user), DEFAULT)?;
        selected = context;
        shown.push(Value::Object(members));
    }
    let mut members = Map::new();
    if let Some(next) = page.next {
        let mut link = form_urlencoded::Serializer::new(String::new());
        for name in ["$select", "$top"] {
            if let Some(value) = call.query.get(name) {
                link.append_pair(name, value);
            }
        }
        let link = link.append_pair("$skiptoken", &next.to_string()).finish();
        members.insert("@odata.nextLink".to_owned(), json!(format!("{}/v1.0/users?{link}", call.base)));
    }
    members.insert("value".to_owned(), Value::Array(shown));
    Ok(answer::document(call, &format!("users{selected}"), members))
}

/// Nobody in the lab has a picture, and Graph says that in its own way.
pub fn photo(_: &mut Provider, _: &Permitted<'_>) -> Answered {
    Err(refuse(error::INVALID_REQUEST, "No picture of this person is kept.")
        .demands("nobody of the lab has a picture")
        .by("photo.exists"))
}

pub fn organization(_: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    query::is_supported(permitted.call, &[])?;
    let tenant = &permitted.tenant;
    let domains: Vec<_> = tenant
        .domains
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({ "capabilities": "Email", "isDefault": index == 0, "isInitial": index + 1 == tenant.domains.len(),
                    "name": name, "type": "Managed" })
        })
        .collect();
    let one = json!({ "id": tenant.id, "displayName": tenant.display_name, "verifiedDomains": domains });
    let members = Map::from_iter([("value".to_owned(), json!([one]))]);
    Ok(answer::document(permitted.call, "organization", members))
}

pub fn revoke_own_sessions(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = caller(provider, permitted)?;
    Ok(revoke(provider, permitted, &user))
}

/// For somebody else the scope alone is not enough: the person who is signed in has to be allowed to, as well.
pub fn revoke_sessions(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = named(provider, permitted)?;
    if permitted.token.kind() == Kind::Person {
        let caller = caller(provider, permitted)?;
        if caller.id != user.id && !caller.administrator {
            let text = "The scope is there, but the person who is signed in may not do this to others.";
            return Err(refuse(error::INSUFFICIENT_SCOPE, text)
                .demands(
                    "a delegated token never allows more than its person may do: an administrator is needed",
                )
                .compares("person", &caller.user_principal_name, ["an administrator"])
                .by("person.administrator"));
        }
    }
    Ok(revoke(provider, permitted, &user))
}

fn revoke(provider: &mut Provider, permitted: &Permitted<'_>, user: &User) -> Reply {
    provider.revoke_sessions(&user.id, permitted.call.now);
    let members = Map::from_iter([("value".to_owned(), json!(true))]);
    answer::document(permitted.call, "Edm.Boolean", members)
}
