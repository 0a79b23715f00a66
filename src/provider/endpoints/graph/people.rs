//! What Graph tells about people and their organisation, and since when their sessions count.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Answered, Permitted, answer, needs,
    query::{self, Kind as EntityKind},
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

/// `User.ReadBasic.All` shows these and no others.
const BASIC: &[&str] = &["displayName", "givenName", "mail", "surname", "userPrincipalName", "id"];

/// The entity; eleven properties come without `$select`.
pub const USER: EntityKind<'_> =
    EntityKind { name: "user", context: "users", default: 11, in_directory: true };

/// The role that every administrator of the lab has, by the id that it has in each directory (Global Administrator).
const ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// A user as the directory of one tenant has it: the default properties in the order in which the real service writes
/// them, then those that must be asked for. What the lab does not keep is null.
pub fn entity(provider: &Provider, permitted: &Permitted<'_>, user: &User) -> Map<String, Value> {
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
        ("mailNickname", json!(user.user_principal_name.split('@').next())),
        ("signInSessionsValidFromDateTime", json!(valid_from)),
    ];
    let shown = |name: &str| permitted.by != "User.ReadBasic.All" || BASIC.contains(&name);
    whole.into_iter().filter(|(name, _)| shown(name)).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The name of every property that Graph's user has here, without values: what a body is compared with.
pub fn every_property() -> Map<String, Value> {
    let names = [
        "businessPhones",
        "displayName",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
        "id",
        "accountEnabled",
        "userType",
        "mailNickname",
        "passwordProfile",
        "usageLocation",
        "department",
        "companyName",
        "city",
        "country",
        "otherMails",
    ];
    names.into_iter().map(|name| (name.to_owned(), Value::Null)).collect()
}

/// The members and guests of the token's tenant.
fn people(provider: &Provider, permitted: &Permitted<'_>) -> Vec<Arc<User>> {
    let users = provider.scenario.users().iter();
    let here =
        users.filter(|user| user.object_id_in(&permitted.tenant).is_some() && provider.accounts.exists(user));
    here.cloned().collect()
}

/// The person that the token is about.
pub fn caller(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<User>, Box<Refusal>> {
    let id = permitted.token.text("oid");
    let user =
        people(provider, permitted).into_iter().find(|user| user.object_id_in(&permitted.tenant) == Some(id));
    user.ok_or_else(|| not_found(id))
}

/// Somebody of the token's tenant, by object id or sign-in name.
pub fn named(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<User>, Box<Refusal>> {
    let name = permitted.named(0);
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
    super::not_found(id, "the object id or sign-in name of somebody of the tenant")
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
            .compares("scp", permitted.token.text("scp"), needs::PEOPLE.scopes.iter().copied())
            .by("permission.scope"));
    }
    show(provider, permitted, &user)
}

fn show(provider: &Provider, permitted: &Permitted<'_>, user: &User) -> Answered {
    query::entity(permitted.call, USER, &entity(provider, permitted, user))
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let people = people(provider, permitted);
    let entities = people.iter().map(|user| entity(provider, permitted, user)).collect();
    query::collection(permitted.call, USER, entities)
}

pub fn own_memberships(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = caller(provider, permitted)?;
    memberships_of(permitted, &user)
}

pub fn memberships(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = named(provider, permitted)?;
    memberships_of(permitted, &user)
}

fn memberships_of(permitted: &Permitted<'_>, user: &User) -> Answered {
    let mut held = Vec::new();
    if user.administrator && user.tenant == permitted.tenant.key {
        let role = json!({
            "@odata.type": "#microsoft.graph.directoryRole", "id": ADMINISTRATOR,
            "displayName": "Global Administrator", "roleTemplateId": ADMINISTRATOR,
        });
        held.extend(role.as_object().cloned());
    }
    let kind = EntityKind {
        name: "directoryObject",
        context: "directoryObjects",
        default: usize::MAX,
        in_directory: true,
    };
    query::collection(permitted.call, kind, held)
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
