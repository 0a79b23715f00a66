//! What a person did to a row, as an order to the tenant.

use serde_json::{Map, Value};

use super::{
    Entry,
    facts::{Fact, Held, Kind},
};
use crate::provider::{
    order::Order,
    scenario::edit::{Edit, List},
};

/// The other position of a switch, or the next of a few values; `None` where a row has nothing of the kind.
pub fn toggled(entry: Entry<'_>, fact: &Fact) -> Option<Order> {
    let value = match (fact.kind, &fact.value) {
        (Kind::Switch, value) => Value::Bool(*value != Held::On),
        (Kind::Choice(values), value) => {
            let held = value.text();
            let at = values.iter().position(|(value, _)| *value == held.expose());
            let next = at.map_or(0, |at| (at + 1) % values.len());
            chosen(fact, values[next].0)
        }
        _ => return None,
    };
    set(entry, &fact.path, value)
}

/// One of the values of a choice.
pub fn choose(entry: Entry<'_>, fact: &Fact, value: &str) -> Option<Order> {
    set(entry, &fact.path, chosen(fact, value))
}

/// What a choice is in the document: the versions of access tokens are numbers.
fn chosen(fact: &Fact, value: &str) -> Value {
    match value.parse::<u64>() {
        _ if value.is_empty() => Value::Null,
        Ok(number) if fact.path.ends_with("Version") => number.into(),
        _ => value.into(),
    }
}

/// What was typed into a row; the error says what is wrong with it.
pub fn typed(entry: Entry<'_>, path: &str, kind: Kind, text: &str) -> Result<Option<Order>, String> {
    let text = text.trim();
    let value = match kind {
        Kind::OptionalText | Kind::Number | Kind::Time | Kind::Secret { optional: true }
            if text.is_empty() =>
        {
            Value::Null
        }
        Kind::Text | Kind::Secret { optional: false } if text.is_empty() => {
            return Err("something has to stand here".to_owned());
        }
        Kind::Number => text.parse::<u32>().map_err(|_| "a whole number belongs here".to_owned())?.into(),
        Kind::Time => moment(text)?.into(),
        Kind::Words => text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into(),
        Kind::Text | Kind::OptionalText | Kind::Secret { .. } => text.into(),
        Kind::Fixed | Kind::Switch | Kind::Choice(_) | Kind::Texts | Kind::Items(_) => return Ok(None),
    };
    Ok(set(entry, path, value))
}

/// A day, or a day and a time, as RFC 3339 writes it.
fn moment(text: &str) -> Result<String, String> {
    let full = if text.len() == "2027-01-31".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    match full.parse::<jiff::Timestamp>() {
        Ok(_) => Ok(full),
        Err(_) => Err("a day such as 2027-01-31, or 2027-01-31T12:00:00Z".to_owned()),
    }
}

/// An item taken out of its list.
pub fn dropped(entry: Entry<'_>, fact: &Fact) -> Option<Order> {
    if fact.is_item() { set(entry, &fact.path, Value::Null) } else { None }
}

/// The entry itself taken out of its section.
pub fn removed(entry: Entry<'_>) -> Option<Order> {
    Some(match entry {
        Entry::Listed(from, ..) => Order::Edit { change: Edit::Remove { from, entry: entry.identity() } },
        Entry::Grant(grant) => Order::Withdraw { id: grant.id.clone() },
        Entry::Role(role) => Order::Unassign { id: role.id.clone() },
        Entry::Fault(fault) => Order::RemoveFault { id: fault.id.clone() },
        Entry::Clock(clock) if clock.ahead() != 0 => Order::ResetClock,
        Entry::Policy(_) | Entry::Clock(_) | Entry::Attempt(_) | Entry::Undone(_) | Entry::Done(_) => {
            return None;
        }
    })
}

/// What is taken back of an entry without it going away: the sessions of a person, a grant.
pub fn revoked(entry: Entry<'_>) -> Option<Order> {
    match entry {
        Entry::Listed(List::Users, ..) => Some(Order::RevokeSessions { user: entry.identity() }),
        Entry::Grant(_) | Entry::Role(_) => removed(entry),
        Entry::Listed(..)
        | Entry::Policy(_)
        | Entry::Clock(_)
        | Entry::Fault(_)
        | Entry::Attempt(_)
        | Entry::Undone(_)
        | Entry::Done(_) => None,
    }
}

/// The member that says whether an entry counts: what Space in the list of entries turns.
pub const fn main_switch(entry: Entry<'_>) -> Option<&'static str> {
    match entry {
        Entry::Listed(List::Users, ..) => Some("accountEnabled"),
        Entry::Listed(List::Applications, ..) => Some("isDisabled"),
        Entry::Listed(List::ConditionalAccessPolicies, ..) => Some("state"),
        Entry::Listed(..)
        | Entry::Policy(_)
        | Entry::Grant(_)
        | Entry::Role(_)
        | Entry::Clock(_)
        | Entry::Fault(_)
        | Entry::Attempt(_)
        | Entry::Undone(_)
        | Entry::Done(_) => None,
    }
}

/// The place behind the last item of a list of texts: what is added goes there.
pub fn behind(entry: Entry<'_>, list: &str) -> String {
    let (Entry::Listed(_, _, value) | Entry::Policy(value)) = entry else { return list.to_owned() };
    let list_of = list.split('.').try_fold(value, |value, part| value.get(part));
    let count = list_of.and_then(Value::as_array).map_or(0, Vec::len);
    format!("{list}.{count}")
}

/// Puts a value at a path of an entry; null takes away what is there.
fn set(entry: Entry<'_>, path: &str, value: Value) -> Option<Order> {
    let (Entry::Listed(_, _, document) | Entry::Policy(document)) = entry else { return None };
    let parts: Vec<&str> = path.split('.').collect();
    // A merge patch replaces lists as a whole: from the first list on, the new state is written out.
    let list = parts.iter().position(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (to, value) = match list {
        None => (&parts[..], value),
        Some(at) => {
            let kept = parts[..at].iter().try_fold(document, |value, part| value.get(*part));
            let mut whole = kept.cloned().unwrap_or_else(|| Value::Array(Vec::new()));
            replace(&mut whole, &parts[at..], value);
            (&parts[..at], whole)
        }
    };
    let (innermost, outer) = to.split_last()?;
    let mut members = Map::from_iter([((*innermost).to_owned(), value)]);
    for part in outer.iter().rev() {
        members = Map::from_iter([((*part).to_owned(), Value::Object(members))]);
    }
    let change = match entry {
        Entry::Listed(of, ..) => Edit::Set { of, entry: entry.identity(), members },
        Entry::Policy(_)
        | Entry::Grant(_)
        | Entry::Role(_)
        | Entry::Clock(_)
        | Entry::Fault(_)
        | Entry::Attempt(_)
        | Entry::Undone(_)
        | Entry::Done(_) => Edit::Policy { members },
    };
    Some(Order::Edit { change })
}

fn replace(value: &mut Value, path: &[&str], new: Value) {
    let Some((first, rest)) = path.split_first() else {
        *value = new;
        return;
    };
    match (value, first.parse::<usize>()) {
        (Value::Array(items), Ok(index)) => match (items.get_mut(index), rest.is_empty()) {
            (Some(_), true) if new.is_null() => {
                items.remove(index);
            }
            (Some(item), _) => replace(item, rest, new),
            (None, _) => items.push(new),
        },
        (Value::Object(members), _) if rest.is_empty() && new.is_null() => {
            members.remove(*first);
        }
        (Value::Object(members), _) => replace(members.entry(*first).or_insert(Value::Null), rest, new),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        provider::scenario::{Audience, Scenario},
        workbench::tenant::{Section, Tenant, facts},
    };

    struct Desk {
        scenario: Scenario,
    }

    impl Desk {
        fn new() -> Self {
            Self { scenario: Scenario::northwind() }
        }

        /// Carries out what `order` makes of a row.
        fn change(
            &mut self,
            section: Section,
            key: &str,
            path: &str,
            order: impl FnOnce(Entry<'_>, &Fact) -> Option<Order>,
        ) {
            let tenant = Tenant::new(Arc::new(self.scenario.clone()));
            let count = tenant.count(section);
            let mut entries = (0..count).filter_map(|index| tenant.entry(section, index));
            let entry = entries.find(|entry| entry.identity() == key).expect("it is there");
            let facts = facts::of(&tenant, entry);
            let fact = facts.iter().find(|fact| fact.path == path).expect("the row is there");
            let Some(Order::Edit { change }) = order(entry, fact) else { panic!("no edit of {path}") };
            self.scenario = change.apply(&self.scenario).expect("the directory takes it");
        }

        fn write(&mut self, section: Section, key: &str, path: &str, text: &str) {
            self.change(section, key, path, |entry, fact| typed(entry, path, fact.kind, text).unwrap());
        }
    }

    #[test]
    fn switches_turn_and_choices_go_round() {
        let mut desk = Desk::new();
        desk.change(Section::People, "mina", "accountEnabled", toggled);
        assert!(!desk.scenario.user("mina").unwrap().account_enabled);
        let implicit = "web.implicitGrantSettings.enableIdTokenIssuance";
        desk.change(Section::Applications, "admin-portal", implicit, toggled);
        let portal = desk.scenario.application("admin-portal").unwrap();
        assert!(portal.web.implicit_grant_settings.enable_id_token_issuance);
        assert!(!portal.web.redirect_uris.is_empty(), "what stands beside it stays");
        assert_eq!(portal.sign_in_audience, Audience::MultipleOrgs);
        desk.change(Section::Applications, "admin-portal", "signInAudience", toggled);
        let portal = desk.scenario.application("admin-portal").unwrap();
        assert_eq!(portal.sign_in_audience, Audience::Everyone);
        let version = "api.requestedAccessTokenVersion";
        desk.change(Section::Applications, "catalog-api", version, |entry, fact| choose(entry, fact, "1"));
        assert_eq!(
            desk.scenario.application("catalog-api").unwrap().api.requested_access_token_version,
            Some(1)
        );
        desk.change(Section::Applications, "catalog-api", version, |entry, fact| choose(entry, fact, ""));
        assert_eq!(
            desk.scenario.application("catalog-api").unwrap().api.requested_access_token_version,
            None
        );
        desk.change(Section::Policies, "", "usersMayConsent", toggled);
        assert!(!desk.scenario.policy.users_may_consent);
    }

    #[test]
    fn items_of_lists_are_written_added_and_taken_out() {
        let mut desk = Desk::new();
        let uris = |desk: &Desk| desk.scenario.application("storefront").unwrap().spa.redirect_uris.clone();
        let before = uris(&desk);
        desk.change(Section::Applications, "storefront", "spa.redirectUris", |entry, _| {
            typed(entry, &behind(entry, "spa.redirectUris"), Kind::Text, "http://localhost:7081/new").unwrap()
        });
        assert_eq!(uris(&desk).last().map(String::as_str), Some("http://localhost:7081/new"));
        desk.write(Section::Applications, "storefront", "spa.redirectUris.0", "http://localhost:7081/other");
        assert_eq!(uris(&desk)[0], "http://localhost:7081/other");
        desk.change(Section::Applications, "storefront", "spa.redirectUris.0", dropped);
        assert_eq!(uris(&desk).len(), before.len());
        assert!(!uris(&desk).contains(&"http://localhost:7081/other".to_owned()));
        // The first of a list that was empty.
        desk.change(Section::Applications, "inventory-sync", "web.redirectUris", |entry, _| {
            typed(entry, &behind(entry, "web.redirectUris"), Kind::Text, "https://northwind.example/in")
                .unwrap()
        });
        assert_eq!(desk.scenario.application("inventory-sync").unwrap().web.redirect_uris.len(), 1);
    }

    #[test]
    fn the_end_of_a_secret_is_a_day_a_moment_or_nothing() {
        let mut desk = Desk::new();
        let path = "passwordCredentials.0.endDateTime";
        let end = |desk: &Desk| {
            desk.scenario.application("inventory-sync").unwrap().password_credentials[0].end_date_time
        };
        desk.write(Section::Applications, "inventory-sync", path, "2026-01-31");
        assert_eq!(end(&desk).map(crate::time::UnixTime::date_time).as_deref(), Some("2026-01-31 00:00:00Z"));
        desk.write(Section::Applications, "inventory-sync", path, "");
        assert_eq!(end(&desk), None);
        desk.change(Section::Applications, "inventory-sync", path, |entry, fact| {
            assert!(typed(entry, path, fact.kind, "soon").unwrap_err().contains("2027-01-31"));
            typed(entry, path, fact.kind, "2026-02-01T10:00:00Z").unwrap()
        });
        assert!(end(&desk).is_some());
        desk.change(Section::Applications, "inventory-sync", "passwordCredentials.0", dropped);
        assert!(desk.scenario.application("inventory-sync").unwrap().password_credentials.is_empty());
    }

    #[test]
    fn words_are_a_list_and_a_missing_number_is_none() {
        let mut desk = Desk::new();
        let id = desk.scenario.conditional_access_policies[0].id.clone();
        desk.write(Section::Policies, &id, "excludeUsers", "mina  adele");
        assert_eq!(desk.scenario.conditional_access_policies[0].exclude_users, ["mina", "adele"]);
        desk.write(Section::Policies, &id, "signInFrequency", "60");
        assert_eq!(desk.scenario.conditional_access_policies[0].sign_in_frequency, Some(60));
        desk.write(Section::Policies, &id, "signInFrequency", "");
        assert_eq!(desk.scenario.conditional_access_policies[0].sign_in_frequency, None);
        desk.change(Section::Policies, &id, "displayName", |entry, fact| {
            assert!(typed(entry, "displayName", fact.kind, "  ").is_err());
            assert!(typed(entry, "signInFrequency", Kind::Number, "often").is_err());
            removed(entry)
        });
        assert!(desk.scenario.conditional_access_policies.iter().all(|policy| policy.id != id));
    }
}
