//! Reading a scenario: TOML, or the document that a scenario is written as, to checked values (`check`). Every error names
//! the key, and the line where there are lines.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::{
    Application, ConditionalAccessPolicy, Device, Group, GroupRange, Issuer, ManagedIdentity, NamedLocation,
    Policy, Scenario, Tenant, User,
    check::{Fault, check},
    edit::EditError,
};
use crate::provider::consents::{PermissionGrant, RoleAssignment};

/// A scenario that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {key}: {problem}")]
pub struct ScenarioError {
    /// The line, counted from 1.
    pub line: usize,
    /// The key at fault; entries of lists are counted from 0, as in `users.2.tenant`.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A scenario file, and the form in which a scenario is written.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    #[serde(default)]
    policy: Policy,
    #[serde(default)]
    conditional_access_policies: Vec<ConditionalAccessPolicy>,
    tenants: Vec<Tenant>,
    users: Vec<User>,
    applications: Vec<Application>,
    #[serde(default)]
    managed_identities: Vec<ManagedIdentity>,
    #[serde(default)]
    issuers: Vec<Issuer>,
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    group_ranges: Vec<GroupRange>,
    #[serde(default)]
    devices: Vec<Device>,
    #[serde(default)]
    named_locations: Vec<NamedLocation>,
    #[serde(default)]
    oauth2_permission_grants: Vec<PermissionGrant>,
    #[serde(default)]
    app_role_assignments: Vec<RoleAssignment>,
}

impl Scenario {
    /// Reads a scenario file and checks that everything it refers to exists.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let file: File = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        Self::checked(file).map_err(|Fault { key, problem }| ScenarioError {
            line: line_of(text, &key),
            key,
            problem,
        })
    }

    /// The scenario as a document: what [`Scenario::from_document`] reads again. Members that hold their default or
    /// nothing are left out.
    pub fn document(&self) -> Value {
        let file = File {
            policy: self.policy.clone(),
            conditional_access_policies: self.conditional_access_policies.clone(),
            tenants: self.tenants.iter().map(|tenant| Tenant::clone(tenant)).collect(),
            users: self.users.iter().map(|user| User::clone(user)).collect(),
            applications: self
                .applications
                .iter()
                .map(|application| Application::clone(application))
                .collect(),
            managed_identities: self
                .managed_identities
                .iter()
                .map(|identity| ManagedIdentity::clone(identity))
                .collect(),
            issuers: self.issuers.clone(),
            groups: self.groups.clone(),
            group_ranges: self.group_ranges.clone(),
            devices: self.devices.clone(),
            named_locations: self.named_locations.clone(),
            oauth2_permission_grants: self.grants.clone(),
            app_role_assignments: self.assignments.clone(),
        };
        let mut document = serde_json::to_value(file).expect("every key is a text");
        prune(&mut document);
        document
    }

    /// Reads what [`Scenario::document`] wrote, or what somebody made of it. The error names the key; there are no lines.
    pub fn from_document(document: &Value) -> Result<Self, EditError> {
        let file = File::deserialize(document)
            .map_err(|why| EditError { key: String::new(), problem: why.to_string() })?;
        Self::checked(file).map_err(|Fault { key, problem }| EditError { key, problem })
    }

    /// The same with other grants: `oauth2PermissionGrants` and `appRoleAssignments` take the place of whatever stands in the
    /// file and in its applications.
    #[must_use]
    pub fn with_grants(&self, grants: Vec<PermissionGrant>, assignments: Vec<RoleAssignment>) -> Self {
        let mut scenario = Self { grants, assignments, ..self.clone() };
        for application in &mut scenario.applications {
            let granted = !application.oauth2_permission_grants.is_empty();
            if granted || !application.app_role_assignments.is_empty() {
                let application = Arc::make_mut(application);
                application.oauth2_permission_grants.clear();
                application.app_role_assignments.clear();
            }
        }
        scenario
    }

    /// The text of a scenario file.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(&self.document()).expect("a document without nulls is TOML")
    }

    fn checked(mut file: File) -> Result<Self, Fault> {
        for user in &mut file.users {
            let home = file.tenants.iter().find(|tenant| tenant.key == user.tenant);
            user.tenant_id = home.map(|tenant| tenant.id.clone()).unwrap_or_default();
        }
        let scenario = Self {
            policy: file.policy,
            conditional_access_policies: file.conditional_access_policies,
            tenants: file.tenants.into_iter().map(Arc::new).collect(),
            users: file.users.into_iter().map(Arc::new).collect(),
            applications: file.applications.into_iter().map(Arc::new).collect(),
            managed_identities: file.managed_identities.into_iter().map(Arc::new).collect(),
            issuers: file.issuers,
            groups: file.groups,
            group_ranges: file.group_ranges,
            devices: file.devices,
            named_locations: file.named_locations,
            grants: file.oauth2_permission_grants,
            assignments: file.app_role_assignments,
        };
        check(&scenario).map(|()| scenario)
    }
}

/// Takes out of every object what is null or empty: it says what its absence says.
fn prune(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(prune);
            members.retain(|_, value| match value {
                Value::Null => false,
                Value::Array(items) => !items.is_empty(),
                Value::Object(members) => !members.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            });
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn unreadable(text: &str, error: &toml::de::Error) -> ScenarioError {
    let span = error.span().unwrap_or(0..0);
    let at = text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
    ScenarioError {
        line: line_at(text, span.start),
        key: if at.is_empty() { "file".to_owned() } else { at.to_owned() },
        problem: error.message().lines().collect::<Vec<_>>().join(" "),
    }
}

/// The line on which the value with that dotted path stands; the nearest one above it if the path ends early.
fn line_of(text: &str, path: &str) -> usize {
    let Ok(root) = DeTable::parse(text) else { return 1 };
    let mut start = 0;
    let mut table = Some(root.get_ref());
    let mut list = None;
    for step in path.split('.') {
        let found = match (table, list) {
            (Some(table), _) => table
                .iter()
                .find(|(name, _)| name.get_ref() == step)
                .map(|(name, value)| (name.span().start, value)),
            (None, Some(list)) => {
                let list: &toml::de::DeArray<'_> = list;
                step.parse()
                    .ok()
                    .and_then(|index: usize| list.get(index))
                    .map(|value| (value.span().start, value))
            }
            (None, None) => None,
        };
        let Some((position, value)) = found else { break };
        start = position;
        (table, list) = match value.get_ref() {
            DeValue::Table(table) => (Some(table), None),
            DeValue::Array(list) => (None, Some(list)),
            _ => (None, None),
        };
    }
    line_at(text, start)
}

fn line_at(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../northwind.toml");

    fn refused(from: &str, to: &str, key: &str, problem: &str) {
        assert!(GOOD.contains(from), "{from:?} is not in the scenario");
        let text = GOOD.replacen(from, to, 1);
        let line = text.lines().position(|line| line.contains(to)).expect("it was put in") + 1;
        let error = Scenario::parse(&text).expect_err("it is at fault");
        assert!(error.key.contains(key), "{error}");
        assert!(error.problem.contains(problem), "{error}");
        assert_eq!(error.line, line, "{error}");
    }

    #[test]
    fn errors_name_line_and_key() {
        refused("usersMayConsent = true", "usersMayConsnet = true", "usersMayConsnet", "unknown field");
        refused("id = \"4b0e6a21-", "id = \"4b0e6a2-", "users.0.id", "not a GUID");
        refused("key = \"theo\"", "key = \"mina\" # again", "users.2.key", "used twice");
        refused(
            "[\"http://localhost:7081/signin\"]",
            "[\"/signin\"]",
            "applications.0.spa.redirectUris",
            "absolute",
        );
        refused(
            "scopes = [\"Catalog.Read\", \"Catalog.Write\"]",
            "scopes = [\"Catalog.Burn\"]",
            "requiredResourceAccess.1.scopes",
            "no scope \"Catalog.Burn\"",
        );
        refused("assignedUsers = [\"adele\"]", "assignedUsers = [\"adel\"]", "assignedUsers.0", "no person");
        refused("requestedAccessTokenVersion = 2", "requestedAccessTokenVersion = 3", ".api", "neither");
        refused(
            "lowImpactScopes = [\"openid\"",
            "lowImpactScopes = [\"opened\"",
            "lowImpactScopes",
            "no scope",
        );
        refused(
            "includeApplications = [\"key-vault\"]",
            "includeApplications = [\"vault\"]",
            "includeApplications",
            "no application",
        );
        refused(
            "builtInControls = [\"mfa\"]",
            "builtInControls = []",
            "conditionalAccessPolicies.0",
            "asks for nothing",
        );
        refused(
            "builtInControls = [\"block\"]",
            "builtInControls = [\"retina\"]",
            "retina",
            "unknown variant",
        );
        refused(
            "guestIn = [{ tenant = \"northwind\"",
            "guestIn = [{ tenant = \"fabrikam\"",
            "guestIn.0.tenant",
            "no other tenant",
        );
        refused(
            "{ application = \"family-mail\"",
            "{ application = \"family-post\"",
            "preAuthorized",
            "no application",
        );
        refused("endDateTime = \"2024-06-30T", "endDateTime = \"yesterday T", "yesterday", "");
    }

    #[test]
    fn a_resource_for_personal_accounts_has_version_2() {
        let payments = "displayName = \"Northwind Payments API\"\nsignInAudience = \"AzureADMyOrg\"";
        assert!(GOOD.contains(payments));
        let open = payments.replace("AzureADMyOrg", "AzureADandPersonalMicrosoftAccount");
        let error = Scenario::parse(&GOOD.replacen(payments, &open, 1)).expect_err("it has version 1");
        assert!(error.key.ends_with("api.requestedAccessTokenVersion"), "{error}");
    }

    #[test]
    fn broken_toml_is_an_error_with_a_line() {
        let error = Scenario::parse("\n[policy\n").expect_err("it is broken");
        assert_eq!(error.line, 2);
    }
}
