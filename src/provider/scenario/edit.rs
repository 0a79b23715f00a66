//! Changing a directory: each edit is made on the scenario's own document and passes the check that a file passes, so that
//! the Tenant screen, the Graph surface, the control address and a text editor can say the same things and fail alike.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Scenario;

/// One change of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "edit", rename_all = "camelCase")]
pub enum Edit {
    /// Adds an entry to a list.
    Add {
        /// The list.
        to: List,
        /// The entry, with the members that a scenario file gives it.
        entry: Map<String, Value>,
    },
    /// Changes members of an entry: those that are named get the new value, those that are null go (RFC 7396).
    Set {
        /// The list.
        of: List,
        /// The entry: its `key`, or for policies the `id`.
        entry: String,
        /// The members.
        members: Map<String, Value>,
    },
    /// Takes an entry out, and out of every list that names it.
    Remove {
        /// The list.
        from: List,
        /// The entry: its `key`, or for policies the `id`.
        entry: String,
    },
    /// Changes the switches that hold for every tenant.
    Policy {
        /// The members.
        members: Map<String, Value>,
    },
}

/// A list of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum List {
    /// `tenants`
    Tenants,
    /// `users`
    Users,
    /// `applications`
    Applications,
    /// `managedIdentities`
    ManagedIdentities,
    /// `conditionalAccessPolicies`
    ConditionalAccessPolicies,
    /// `groups`
    Groups,
    /// `groupRanges`
    GroupRanges,
    /// `devices`
    Devices,
    /// `namedLocations`
    NamedLocations,
}

impl List {
    /// Its name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenants => "tenants",
            Self::Users => "users",
            Self::Applications => "applications",
            Self::ManagedIdentities => "managedIdentities",
            Self::ConditionalAccessPolicies => "conditionalAccessPolicies",
            Self::Groups => "groups",
            Self::GroupRanges => "groupRanges",
            Self::Devices => "devices",
            Self::NamedLocations => "namedLocations",
        }
    }

    /// The lists in which other entries name its entries: the keys themselves, or objects that hold one.
    const fn references(self) -> &'static [&'static str] {
        match self {
            Self::Users => &[
                "assignedUsers",
                "includeUsers",
                "excludeUsers",
                "oauth2PermissionGrants",
                "members",
                "registeredOwners",
                "appRoleAssignedTo",
            ],
            Self::Groups => &["includeGroups", "excludeGroups", "memberGroups", "appRoleAssignedTo"],
            Self::Applications => &[
                "includeApplications",
                "includeServicePrincipals",
                "knownClientApplications",
                "preAuthorizedApplications",
                "requiredResourceAccess",
                "appRoleAssignments",
                "oauth2PermissionGrants",
            ],
            Self::Tenants => &["servicePrincipalsIn", "oauth2PermissionGrants", "appRoleAssignments"],
            Self::ManagedIdentities | Self::ConditionalAccessPolicies | Self::GroupRanges | Self::Devices => {
                &[]
            }
            // A policy about certain places must not become one about all places: the check refuses to lose the location.
            Self::NamedLocations => &[],
        }
    }

    /// The members by which objects in these lists hold a key.
    const fn holders(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["principal", "user"],
            Self::Groups => &["group"],
            Self::Applications => &["resource", "application", "client"],
            Self::Tenants => &["tenant"],
            Self::ManagedIdentities
            | Self::ConditionalAccessPolicies
            | Self::GroupRanges
            | Self::Devices
            | Self::NamedLocations => &[],
        }
    }

    /// The member by which its entries are told apart.
    pub const fn identity(self) -> &'static str {
        match self {
            Self::ConditionalAccessPolicies => "id",
            Self::Tenants
            | Self::Users
            | Self::Applications
            | Self::ManagedIdentities
            | Self::Groups
            | Self::GroupRanges
            | Self::Devices
            | Self::NamedLocations => "key",
        }
    }
}

/// An edit that the directory does not take. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct EditError {
    /// The key at fault, as in `users.2.tenant`; empty where only the problem tells.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.key, self.problem)
        }
    }
}

impl Edit {
    /// Sets one member of one entry.
    pub fn set(of: List, entry: &str, member: &str, value: impl Into<Value>) -> Self {
        let members = Map::from_iter([(member.to_owned(), value.into())]);
        Self::Set { of, entry: entry.to_owned(), members }
    }

    /// What the directory is after it.
    pub fn apply(&self, scenario: &Scenario) -> Result<Scenario, EditError> {
        let mut document = scenario.document();
        match self {
            Self::Add { to, entry } => list(&mut document, *to).push(Value::Object(entry.clone())),
            Self::Set { of, entry, members } => {
                let index = position(&mut document, *of, entry)?;
                merge(&mut list(&mut document, *of)[index], members);
            }
            Self::Remove { from, entry } => {
                let index = position(&mut document, *from, entry)?;
                list(&mut document, *from).remove(index);
                forget(&mut document, *from, entry);
            }
            Self::Policy { members } => merge(&mut document["policy"], members),
        }
        Scenario::from_document(&document)
    }
}

fn list(document: &mut Value, which: List) -> &mut Vec<Value> {
    let list = &mut document[which.name()];
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    list.as_array_mut().expect("it was made one")
}

fn position(document: &mut Value, which: List, entry: &str) -> Result<usize, EditError> {
    let found = list(document, which).iter().position(|one| one[which.identity()] == entry);
    found.ok_or_else(|| EditError {
        key: which.name().to_owned(),
        problem: format!("nothing there has the {} {entry:?}", which.identity()),
    })
}

/// Takes what names `entry` of a list out of the lists that may, wherever they stand.
fn forget(value: &mut Value, which: List, entry: &str) {
    let names = |item: &Value| *item == entry || which.holders().iter().any(|member| item[*member] == entry);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Array(items) if which.references().contains(&name.as_str()) => {
                        items.retain(|item| !names(item));
                    }
                    value => forget(value, which, entry),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| forget(item, which, entry)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let target = target.as_object_mut().expect("it was made one");
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(members) => merge(target.entry(name.clone()).or_insert(Value::Null), members),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scenario_is_written_and_read_again_as_it_was() {
        let scenario = Scenario::northwind();
        assert_eq!(Scenario::from_document(&scenario.document()).unwrap(), scenario);
        assert_eq!(Scenario::parse(&scenario.to_toml()).unwrap(), scenario);
    }

    #[test]
    fn edits_change_what_they_name_and_nothing_else() {
        let scenario = Scenario::northwind();
        let blocked = Edit::set(List::Users, "mina", "accountEnabled", false).apply(&scenario).unwrap();
        assert!(!blocked.user("mina").unwrap().account_enabled);
        assert_eq!(Edit::set(List::Users, "mina", "accountEnabled", true).apply(&blocked).unwrap(), scenario);
        let settings = json!({ "implicitGrantSettings": { "enableIdTokenIssuance": true } });
        let implicit =
            Edit::set(List::Applications, "admin-portal", "web", settings).apply(&scenario).unwrap();
        let web = |scenario: &Scenario| scenario.application("admin-portal").unwrap().web.clone();
        assert!(web(&implicit).implicit_grant_settings.enable_id_token_issuance);
        assert_eq!(web(&implicit).redirect_uris, web(&scenario).redirect_uris);
        let gone = Edit::Remove { from: List::Users, entry: "petra".to_owned() }.apply(&scenario).unwrap();
        assert_eq!((gone.users().len(), gone.user("petra")), (scenario.users().len() - 1, None));
        let assigned = |scenario: &Scenario| {
            scenario.applications().iter().any(|one| one.assigned_users.contains(&"adele".to_owned()))
        };
        let gone = Edit::Remove { from: List::Users, entry: "adele".to_owned() }.apply(&scenario).unwrap();
        assert!(assigned(&scenario) && !assigned(&gone));
    }

    #[test]
    fn grants_of_a_file_go_with_whoever_they_name() {
        let grants = r#"
            [[oauth2PermissionGrants]]
            tenant = "northwind"
            client = "desktop"
            resource = "catalog-api"
            principal = "mina"
            scopes = ["Catalog.Read"]
            [[oauth2PermissionGrants]]
            tenant = "northwind"
            client = "kiosk"
            resource = "catalog-api"
            scopes = ["Catalog.Read"]
        "#;
        let scenario = Scenario::parse(&format!("{}{grants}", Scenario::northwind().to_toml())).unwrap();
        let left = |scenario: &Scenario, from, entry: &str| {
            let left = Edit::Remove { from, entry: entry.to_owned() }.apply(scenario).unwrap();
            left.grants().iter().map(|grant| grant.client.clone()).collect::<Vec<_>>()
        };
        assert_eq!(left(&scenario, List::Users, "mina"), ["kiosk"]);
        assert_eq!(left(&scenario, List::Applications, "kiosk"), ["desktop"]);
        assert_eq!(left(&scenario, List::Users, "petra"), ["desktop", "kiosk"]);
        let unknown = grants.replace("Catalog.Read\"]", "Catalog.Burn\"]");
        let refused = Scenario::parse(&format!("{}{unknown}", Scenario::northwind().to_toml())).unwrap_err();
        assert_eq!(refused.key, "oauth2PermissionGrants.0");
        assert!(refused.problem.contains("Catalog.Burn"), "{refused}");
    }

    #[test]
    fn an_edit_that_a_file_could_not_say_is_refused_and_says_why() {
        let scenario = Scenario::northwind();
        let refused = |edit: Edit| edit.apply(&scenario).unwrap_err().to_string();
        assert!(
            refused(Edit::set(List::Users, "nobody", "surname", "x")).contains("nothing there has the key")
        );
        assert!(refused(Edit::set(List::Users, "mina", "tenant", "x")).contains("no tenant with the key"));
        assert!(refused(Edit::set(List::Users, "mina", "shoeSize", 44)).contains("unknown field"));
        assert!(refused(Edit::set(List::Users, "mina", "id", "44")).contains("users.0.id: "));
    }
}
