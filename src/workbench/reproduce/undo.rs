//! The order that takes another one back, found before that is carried out: nobody's later changes are touched by it, as
//! they would be by going back step by step.

use serde_json::{Map, Value};

use crate::provider::{
    order::Order,
    scenario::{Scenario, edit::Edit},
};

/// What takes an order back that is about to be carried out on this directory; nothing for what passes by itself.
pub fn inverse(order: &Order, scenario: &Scenario) -> Option<Order> {
    match order {
        Order::Edit { change } => Some(Order::Edit { change: inverse_edit(change, &scenario.document())? }),
        Order::MoveClock { seconds } => Some(Order::MoveClock { seconds: -seconds }),
        Order::Fault { .. }
        | Order::Grant { .. }
        | Order::Withdraw { .. }
        | Order::Assign { .. }
        | Order::Unassign { .. }
        | Order::RevokeSessions { .. }
        | Order::Load { .. }
        | Order::ResetClock
        | Order::RemoveFault { .. }
        | Order::ClearFaults
        | Order::Reset
        | Order::Undo
        | Order::Redo => None,
    }
}

/// The directory after an order; as it was, if the order does something else or is not taken.
pub fn after(order: &Order, scenario: &Scenario) -> Option<Scenario> {
    match order {
        Order::Edit { change } => change.apply(scenario).ok(),
        Order::Grant { .. }
        | Order::Withdraw { .. }
        | Order::Assign { .. }
        | Order::Unassign { .. }
        | Order::RevokeSessions { .. }
        | Order::Load { .. }
        | Order::MoveClock { .. }
        | Order::ResetClock
        | Order::Fault { .. }
        | Order::RemoveFault { .. }
        | Order::ClearFaults
        | Order::Reset
        | Order::Undo
        | Order::Redo => None,
    }
}

fn inverse_edit(edit: &Edit, document: &Value) -> Option<Edit> {
    let entry_of = |list: crate::provider::scenario::edit::List, name: &str| {
        let entries = document[list.name()].as_array()?;
        entries.iter().find(|entry| entry[list.identity()] == name)
    };
    Some(match edit {
        Edit::Add { to, entry } => {
            Edit::Remove { from: *to, entry: entry.get(to.identity())?.as_str()?.to_owned() }
        }
        Edit::Set { of, entry, members } => {
            let members = before(members, entry_of(*of, entry)?);
            Edit::Set { of: *of, entry: entry.clone(), members }
        }
        Edit::Remove { from, entry } => {
            Edit::Add { to: *from, entry: entry_of(*from, entry)?.as_object()?.clone() }
        }
        Edit::Policy { members } => Edit::Policy { members: before(members, &document["policy"]) },
    })
}

/// The members that a merge patch (RFC 7396) changes, as they were.
fn before(patch: &Map<String, Value>, was: &Value) -> Map<String, Value> {
    let member = |(name, value): (&String, &Value)| {
        let was = was.get(name).cloned().unwrap_or(Value::Null);
        let back = match (value, &was) {
            (Value::Object(inner), Value::Object(_)) => Value::Object(before(inner, &was)),
            _ => was,
        };
        (name.clone(), back)
    };
    patch.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::scenario::edit::List;

    #[test]
    fn what_is_taken_back_is_as_it_was() {
        let scenario = Scenario::northwind();
        let members = |value: Value| value.as_object().expect("an object").clone();
        let policy = json!({ "id": "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b", "displayName": "x", "includeUsers": ["All"],
                    "includeApplications": ["desktop"], "builtInControls": ["block"] });
        let edits = [
            Edit::set(List::Users, "mina", "accountEnabled", false),
            Edit::set(List::Applications, "desktop", "publicClient", json!({ "redirectUris": [] })),
            Edit::Add { to: List::ConditionalAccessPolicies, entry: members(policy) },
            Edit::Remove { from: List::Devices, entry: "noor-laptop".to_owned() },
            Edit::Policy { members: members(json!({ "securityDefaults": true })) },
        ];
        for edit in edits {
            let order = Order::Edit { change: edit };
            let changed = after(&order, &scenario).expect("the directory takes it");
            assert_ne!(changed, scenario, "{order:?}");
            let back = inverse(&order, &scenario).expect("it can be taken back");
            let again = after(&back, &changed).expect("the directory takes it");
            let devices = |scenario: &Scenario| {
                let mut keys: Vec<String> = scenario.devices().iter().map(|one| one.key.clone()).collect();
                keys.sort();
                keys
            };
            assert_eq!(devices(&again), devices(&scenario));
            if !matches!(back, Order::Edit { change: Edit::Add { .. } }) {
                assert_eq!(again, scenario, "{order:?}");
            }
        }
        assert_eq!(
            inverse(&Order::MoveClock { seconds: 60 }, &scenario),
            Some(Order::MoveClock { seconds: -60 })
        );
    }
}
