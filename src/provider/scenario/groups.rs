//! Groups, who is in them, and the roles of applications that people hold by themselves or through a group.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

use super::{Application, Scenario, Tenant, User, plain};

/// A group of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The short name in the scenario.
    pub key: String,
    /// The object id.
    pub id: String,
    /// What it is called.
    pub display_name: String,
    /// The key of its tenant.
    pub tenant: String,
    /// Whether rights can be given to it; a mere list of addresses otherwise.
    #[serde(default = "plain::yes")]
    pub security_enabled: bool,
    /// The keys of the people in it.
    #[serde(default)]
    pub members: Vec<String>,
    /// The keys of the groups in it.
    #[serde(default)]
    pub member_groups: Vec<String>,
}

/// Many security groups of the same members at once, for somebody who is in more groups than a token can name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupRange {
    /// The short name in the scenario; the groups follow it with a number.
    pub key: String,
    /// What they are called; a number follows.
    pub display_name: String,
    /// The key of their tenant.
    pub tenant: String,
    /// How many there are.
    pub count: u16,
    /// The keys of the people in all of them.
    #[serde(default)]
    pub members: Vec<String>,
}

impl GroupRange {
    /// The groups themselves. Their ids are the same at every start.
    fn groups(&self) -> impl Iterator<Item = Group> {
        (1..=self.count).map(|number| {
            let digest = Sha1::digest(format!("{}/{}/{number}", self.tenant, self.key));
            let [bytes @ .., _, _, _, _] = <[u8; 20]>::from(digest);
            Group {
                key: format!("{}-{number}", self.key),
                id: uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string(),
                display_name: format!("{} {number}", self.display_name),
                tenant: self.tenant.clone(),
                security_enabled: true,
                members: self.members.clone(),
                member_groups: Vec::new(),
            }
        })
    }
}

/// Which groups a token names (`groupMembershipClaims`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum GroupMembershipClaims {
    /// None.
    #[default]
    None,
    /// Security groups.
    SecurityGroup,
    /// Groups that are assigned to the application.
    ApplicationGroup,
    /// No groups, but the roles in the directory (`wids`).
    DirectoryRole,
    /// Every group, and the roles in the directory.
    All,
}

impl GroupMembershipClaims {
    /// The word in the registration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::SecurityGroup => "SecurityGroup",
            Self::ApplicationGroup => "ApplicationGroup",
            Self::DirectoryRole => "DirectoryRole",
            Self::All => "All",
        }
    }
}

/// Somebody, or everybody in a group, who is assigned to an application (Graph's `appRoleAssignedTo`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignedTo {
    /// The key of the person.
    #[serde(default)]
    pub user: Option<String>,
    /// The key of the group. Only its direct members count.
    #[serde(default)]
    pub group: Option<String>,
    /// The role, by value; absent for access without a role.
    #[serde(default)]
    pub role: Option<String>,
}

impl Scenario {
    /// The groups that are written one by one.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Every group, those of ranges included.
    pub fn all_groups(&self) -> impl Iterator<Item = Group> {
        self.groups.iter().cloned().chain(self.group_ranges.iter().flat_map(GroupRange::groups))
    }

    /// The group with that short name.
    pub fn group(&self, key: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.key == key)
    }

    /// The groups of a tenant that somebody is in, also by way of other groups.
    pub fn groups_of(&self, user: &User, tenant: &Tenant) -> Vec<Group> {
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut found: Vec<Group> = self
            .all_groups()
            .filter(|group| group.tenant == tenant.key && group.members.contains(&user.key))
            .inspect(|group| {
                reached.insert(group.key.clone());
            })
            .collect();
        // A group in a group in a group: until a round finds nothing new.
        loop {
            let holds_one = |group: &&Group| {
                group.tenant == tenant.key
                    && !reached.contains(&group.key)
                    && group.member_groups.iter().any(|inner| reached.contains(inner))
            };
            let more: Vec<Group> = self.groups.iter().filter(holds_one).cloned().collect();
            if more.is_empty() {
                return found;
            }
            reached.extend(more.iter().map(|group| group.key.clone()));
            found.extend(more);
        }
    }

    /// What assigns somebody to an application: themselves, or a group that they are in directly.
    fn assignments_of<'a>(
        &'a self,
        user: &'a User,
        application: &'a Application,
    ) -> impl Iterator<Item = &'a AssignedTo> {
        application.app_role_assigned_to.iter().filter(|assigned| {
            assigned.user.as_ref() == Some(&user.key)
                || assigned
                    .group
                    .as_ref()
                    .and_then(|key| self.group(key))
                    .is_some_and(|group| group.members.contains(&user.key))
        })
    }

    /// Whether somebody is assigned to an application.
    pub fn is_assigned(&self, user: &User, application: &Application) -> bool {
        application.assigned_users.contains(&user.key)
            || self.assignments_of(user, application).next().is_some()
    }

    /// Who is assigned to an application, by name, for people who look into a refusal.
    pub fn assigned_to(&self, application: &Application) -> Vec<String> {
        let by_entry = application.app_role_assigned_to.iter().filter_map(|assigned| {
            let group = || assigned.group.as_ref().map(|group| format!("members of {group}"));
            assigned.user.clone().or_else(group)
        });
        application.assigned_users.iter().cloned().chain(by_entry).collect()
    }

    /// The roles of an application that somebody holds, in the order of the registration.
    pub fn roles_of(&self, user: &User, application: &Application) -> Vec<String> {
        let held: BTreeSet<&str> =
            self.assignments_of(user, application).filter_map(|assigned| assigned.role.as_deref()).collect();
        let roles = application.app_roles.iter().map(|role| role.value.as_str());
        roles.filter(|role| held.contains(role)).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(key: &str, members: &[&str], member_groups: &[&str]) -> Group {
        let owned = |list: &[&str]| list.iter().map(|key| (*key).to_owned()).collect();
        Group {
            key: key.to_owned(),
            id: String::new(),
            display_name: key.to_owned(),
            tenant: "northwind".to_owned(),
            security_enabled: true,
            members: owned(members),
            member_groups: owned(member_groups),
        }
    }

    #[test]
    fn groups_are_reached_through_groups_and_circles_end() {
        let mut scenario = Scenario::northwind();
        scenario.groups = vec![
            group("till", &["mina"], &["all"]),
            group("shop", &["theo"], &["till"]),
            group("all", &[], &["shop"]),
            group("other", &["adele"], &[]),
        ];
        let keys = |scenario: &Scenario, user: &str| {
            let found = scenario.groups_of(scenario.user(user).unwrap(), scenario.home());
            found.into_iter().map(|group| group.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(&scenario, "mina"), ["till", "shop", "all"]);
        assert_eq!(keys(&scenario, "theo"), ["shop", "all", "till"]);
        assert_eq!(keys(&scenario, "adele"), ["other"]);
        let elsewhere = scenario.tenant("fabrikam").unwrap();
        assert!(scenario.groups_of(scenario.user("mina").unwrap(), elsewhere).is_empty());
    }

    #[test]
    fn roles_come_from_the_person_and_from_direct_groups_only() {
        let mut scenario = Scenario::northwind();
        scenario.groups = vec![group("till", &["mina"], &[]), group("shop", &["theo"], &["till"])];
        let mut application = Application::clone(scenario.application("catalog-api").unwrap());
        let assigned = |user: Option<&str>, group: Option<&str>, role: &str| AssignedTo {
            user: user.map(str::to_owned),
            group: group.map(str::to_owned),
            role: Some(role.to_owned()),
        };
        application.app_role_assigned_to = vec![
            assigned(None, Some("shop"), "Catalog.Write.All"),
            assigned(Some("mina"), None, "Orders.Read.All"),
            assigned(None, Some("till"), "Catalog.Read.All"),
        ];
        let roles = |user: &str| scenario.roles_of(scenario.user(user).unwrap(), &application);
        assert_eq!(roles("mina"), ["Catalog.Read.All", "Orders.Read.All"], "not what the outer group has");
        assert_eq!(roles("theo"), ["Catalog.Write.All"]);
        assert!(roles("adele").is_empty());
        assert!(!scenario.is_assigned(scenario.user("adele").unwrap(), &application));
    }
}
