//! Changing people: `POST`, `PATCH` and `DELETE` on `/users`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Answered, Permitted, answer, body, edit, key_for, not_writable, people};
use crate::provider::{
    Provider,
    bearer::{error, refuse},
    refusal::{Refusal, Verdict},
    scenario::{
        User,
        edit::{Edit, List},
    },
};

/// What the lab keeps of Graph's user.
const KEPT: &[&str] = &[
    "accountEnabled",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "mailNickname",
    "userPrincipalName",
    "passwordProfile",
    "userType",
];

/// What a request wants somebody to be, as members of the scenario's entry. `name` is their sign-in name so far.
fn members(
    provider: &Provider,
    permitted: &Permitted<'_>,
    sent: &Map<String, Value>,
    own: Option<&User>,
) -> Result<Map<String, Value>, Box<Refusal>> {
    let shown = people::every_property();
    body::knows(sent, KEPT, &shown)?;
    let mut members = Map::new();
    for name in ["displayName", "givenName", "surname", "mail"] {
        if sent.contains_key(name) {
            let text = body::text(sent, name)?;
            // Names are never null in the lab; an address may be.
            let value = if name == "mail" { json!(text) } else { json!(text.unwrap_or_default()) };
            members.insert(name.to_owned(), value);
        }
    }
    if let Some(enabled) = body::flag(sent, "accountEnabled")? {
        members.insert("accountEnabled".to_owned(), json!(enabled));
    }
    if let Some(name) = body::text(sent, "userPrincipalName")? {
        has_own_domain(permitted, name)?;
        is_free(provider, name, own)?;
        members.insert("userPrincipalName".to_owned(), json!(name));
    }
    let name =
        body::text(sent, "userPrincipalName")?.or_else(|| own.map(|user| user.user_principal_name.as_str()));
    let local = name.and_then(|name| name.split_once('@')).map_or("", |(local, _)| local);
    if body::text(sent, "mailNickname")?.is_some_and(|nickname| nickname != local) {
        let expected = "the lab keeps no other than the part of the sign-in name before the @";
        return Err(body::wrong("mailNickname", &sent["mailNickname"], expected, "body.member_kept"));
    }
    if body::text(sent, "userType")?.is_some_and(|kind| kind != "Member") {
        let expected = "Member: the lab makes no guests here";
        return Err(body::wrong("userType", &sent["userType"], expected, "body.member_kept"));
    }
    if sent.contains_key("passwordProfile") {
        let profile = body::object(sent, "passwordProfile")?;
        if let Some(password) = body::text(&profile, "password")? {
            is_complex(password)?;
            members.insert("password".to_owned(), json!(password));
            members.insert("passwordExpired".to_owned(), json!(true));
        }
        if let Some(force) = body::flag(&profile, "forceChangePasswordNextSignIn")? {
            members.insert("passwordExpired".to_owned(), json!(force));
        }
    }
    Ok(members)
}

/// Rule: a sign-in name ends in a domain that the tenant has verified.
fn has_own_domain(permitted: &Permitted<'_>, name: &str) -> Verdict {
    let domain = name.split_once('@').filter(|(local, _)| !local.is_empty()).map_or("", |(_, domain)| domain);
    if permitted.tenant.domains.iter().any(|own| own.eq_ignore_ascii_case(domain)) {
        return Ok(());
    }
    Err(refuse(error::INVALID_REQUEST, "Property userPrincipalName is invalid.")
        .demands("a sign-in name is a name, an @, and a domain that the tenant has verified")
        .compares("userPrincipalName", name, permitted.tenant.domains.iter().map(|own| format!("name@{own}")))
        .by("body.domain_verified"))
}

/// Rule: nobody else signs in with that name.
fn is_free(provider: &Provider, name: &str, own: Option<&User>) -> Verdict {
    let other = provider.scenario.user_named(name).filter(|found| own.is_none_or(|own| own.key != found.key));
    let Some(other) = other else { return Ok(()) };
    let text = "Another object with the same value for property userPrincipalName already exists.";
    Err(refuse(error::INVALID_REQUEST, text)
        .demands("each sign-in name belongs to one person")
        .compares("userPrincipalName", name, [format!("not the one of {}", other.display_name)])
        .by("body.user_principal_name_free"))
}

/// Rule: three of four sorts of characters, eight at least.
fn is_complex(password: &str) -> Verdict {
    let sorts: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_ascii_alphanumeric(),
    ];
    let found = sorts.iter().filter(|is_of_sort| password.chars().any(is_of_sort)).count();
    let length = password.chars().count();
    if (8..=256).contains(&length) && found >= 3 {
        return Ok(());
    }
    let text = "The password is not complex enough.";
    Err(refuse(error::INVALID_REQUEST, text)
        .demands("a password has 8 to 256 characters, and three of: small letters, capitals, digits, others")
        .compares(
            "password",
            format!("{length} characters of {found} sorts"),
            ["8 to 256 characters of 3 sorts"],
        )
        .by("body.password_complex"))
}

pub fn add(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let sent = body::read(permitted.call)?;
    for name in ["displayName", "userPrincipalName", "mailNickname"] {
        body::required(sent, name)?;
    }
    if body::flag(sent, "accountEnabled")?.is_none() {
        return Err(body::wrong(
            "accountEnabled",
            &Value::Null,
            "true or false is expected",
            "body.member_present",
        ));
    }
    body::required(&body::object(sent, "passwordProfile")?, "password")?;
    let members = members(provider, permitted, sent, None)?;
    let name = body::required(sent, "displayName")?;
    let key = key_for(name, provider.scenario.users().iter().map(|user| user.key.as_str()));
    let mut entry: Map<String, Value> = Map::new();
    entry.insert("key".to_owned(), json!(key));
    entry.insert("about".to_owned(), json!("made through Graph"));
    entry.insert("tenant".to_owned(), json!(permitted.tenant.key));
    entry.insert("id".to_owned(), json!(provider.random.guid()));
    entry.insert("givenName".to_owned(), json!(""));
    entry.insert("surname".to_owned(), json!(""));
    entry.extend(members);
    edit(provider, &Edit::Add { to: List::Users, entry }, permitted.call.now)?;
    let made = Arc::clone(provider.scenario.user(&key).expect("it was just added"));
    let mut shown = people::entity(provider, permitted, &made);
    shown = shown.into_iter().take(people::USER.default).collect();
    Ok(answer::created(permitted.call, "users", &format!("users/{}", made.id), shown))
}

/// Somebody whose home is the token's tenant: for guests, the account belongs to another one.
fn own(provider: &Provider, permitted: &Permitted<'_>) -> Result<Arc<User>, Box<Refusal>> {
    let user = people::named(provider, permitted)?;
    if user.tenant == permitted.tenant.key {
        return Ok(user);
    }
    let text = "The account of a guest is changed in the tenant that it is from.";
    Err(not_writable(text, &user.user_principal_name, "a member of the token's tenant"))
}

pub fn change(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = own(provider, permitted)?;
    let members = members(provider, permitted, body::read(permitted.call)?, Some(&user))?;
    edit(provider, &Edit::Set { of: List::Users, entry: user.key.clone(), members }, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}

/// A member leaves for good, a guest leaves this tenant.
pub fn remove(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let user = people::named(provider, permitted)?;
    let change = if user.tenant == permitted.tenant.key {
        Edit::Remove { from: List::Users, entry: user.key.clone() }
    } else {
        let mut memberships = user.guest_in.clone();
        memberships.retain(|membership| membership.tenant != permitted.tenant.key);
        let memberships = serde_json::to_value(memberships).expect("every key is a text");
        Edit::set(List::Users, &user.key, "guestIn", memberships)
    };
    edit(provider, &change, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}
