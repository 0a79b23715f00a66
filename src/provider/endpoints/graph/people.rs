//! What Graph tells about people and their organisation, and the one thing it changes: when their sessions began.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Permitted, answer,
    query::{self, SUPPORTED},
};
use crate::provider::{
    Provider,
    bearer::{Kind, error, refuse},
    refusal::Refusal,
    reply::Reply,
    scenario::User,
};

type Answered = Result<Reply, Box<Refusal>>;

/// `User.ReadBasic.All` shows these and no others.
const BASIC: &[&str] = &["displayName", "givenName", "mail", "surname", "userPrincipalName", "id"];

/// The default properties of a user, in the order in which the real service writes them. What the directory does not hold
/// is null.
fn entity(user: &User) -> Map<String, Value> {
    let value = json!({
        "businessPhones": [],
        "displayName": user.display_name,
        "givenName": user.given_name,
        "jobTitle": null,
        "mail": user.mail,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": user.surname,
        "userPrincipalName": user.user_principal_name,
        "id": user.id,
    });
    let Value::Object(members) = value else { unreachable!("the literal is an object") };
    members
}

/// What this caller may see of somebody.
fn visible(permitted: &Permitted<'_>, user: &User) -> Map<String, Value> {
    let whole = entity(user);
    if permitted.by != "User.ReadBasic.All" {
        return whole;
    }
    whole.into_iter().filter(|(name, _)| BASIC.contains(&name.as_str())).collect()
}

/// The person that the token is about.
fn caller(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<User>, Box<Refusal>> {
    let id = permitted.token.text("oid");
    let user = provider.scenario.users().iter().find(|user| user.id == id);
    user.cloned().ok_or_else(|| not_found(id))
}

/// Somebody of the token's tenant, by object id or sign-in name.
fn named(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<User>, Box<Refusal>> {
    let name = &permitted.named;
    let mut people = provider.scenario.users().iter().filter(|user| user.tenant == permitted.tenant.key);
    let user = people.find(|user| {
        user.id.eq_ignore_ascii_case(name) || user.user_principal_name.eq_ignore_ascii_case(name)
    });
    user.cloned().ok_or_else(|| not_found(name))
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
    show(permitted, &user)
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = named(provider, permitted)?;
    let oneself = permitted.token.text("oid") == user.id;
    if permitted.by == "User.Read" && !oneself {
        return Err(refuse(error::INSUFFICIENT_SCOPE, "User.Read opens one's own profile only.")
            .demands("reading somebody else needs a permission on all users")
            .compares("scp", permitted.token.text("scp"), &super::PEOPLE.scopes[..])
            .by("permission.scope"));
    }
    show(permitted, &user)
}

fn show(permitted: &Permitted<'_>, user: &User) -> Answered {
    query::is_supported(permitted.call, &["$select"])?;
    let (members, selected) = query::select(permitted.call, &visible(permitted, user))?;
    Ok(answer::document(permitted.call, &format!("users{selected}/$entity"), members))
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let call = permitted.call;
    query::is_supported(call, SUPPORTED)?;
    let home = |user: &&Arc<User>| user.tenant == permitted.tenant.key;
    let people: Vec<_> = provider.scenario.users().iter().filter(home).collect();
    let page = query::page(call, people.len())?;
    let mut selected = String::new();
    let mut shown = Vec::new();
    for user in &people[page.begin..page.end] {
        let (members, context) = query::select(call, &visible(permitted, user))?;
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
                .demands("a delegated token never allows more than its person may do: an administrator is needed")
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
