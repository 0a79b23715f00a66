//! The rows of the two tables as the owner of the tenant sees them: by short names, each with an id to take it back by.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Assignment, Consents, Missing, Role, Row};
use crate::provider::scenario::{Application, Scenario, Tenant, User};

/// What an application may do for people (Graph's `oauth2PermissionGrant`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PermissionGrant {
    /// What it is taken back by; made by the tenant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The key of the tenant.
    pub tenant: String,
    /// The key of the application that holds it.
    pub client: String,
    /// The key of the resource that offers the permissions.
    pub resource: String,
    /// The key of the person it is for; absent for everybody in the tenant.
    #[serde(default)]
    pub principal: Option<String>,
    /// The permissions, by value.
    pub scopes: Vec<String>,
}

/// What an application may do by itself (Graph's `appRoleAssignment`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleAssignment {
    /// What it is taken back by; made by the tenant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The key of the tenant.
    pub tenant: String,
    /// The key of the application that holds it.
    pub client: String,
    /// The key of the resource that offers the role.
    pub resource: String,
    /// The role, by value.
    pub role: String,
}

/// A grant of something that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// No entry of the directory.
    #[error("there is no {what} with the key {key:?}")]
    NoEntry {
        /// Tenant, application or person.
        what: &'static str,
        /// The key.
        key: String,
    },
    /// The resource has no such permission or role.
    #[error("{resource} offers no {value:?}")]
    NotOffered {
        /// The key of the resource.
        resource: String,
        /// The permission or role.
        value: String,
    },
    /// Nothing is asked for.
    #[error("a grant needs at least one scope")]
    Empty,
}

impl Consents {
    /// Every grant of delegated permissions whose application and resource are in the directory.
    pub fn grants(&self, scenario: &Scenario) -> Vec<PermissionGrant> {
        self.rows.iter().filter_map(|row| row.shown(scenario)).collect()
    }

    /// Every role that applications hold.
    pub fn assignments(&self, scenario: &Scenario) -> Vec<RoleAssignment> {
        self.assignments.iter().filter_map(|held| held.shown(scenario)).collect()
    }

    /// Grants what a row says, and says so.
    pub fn add(&mut self, scenario: &Scenario, grant: &PermissionGrant) -> Result<String, GrantError> {
        let Granted { tenant, client, principal, scopes } = grant.read(scenario)?;
        self.grant(tenant, client, principal, &scopes);
        let whom = principal.map_or("everybody", |user| user.display_name.as_str());
        Ok(format!("{} granted to {} for {whom}", grant.scopes.join(" "), client.display_name))
    }

    /// Takes the grant with that id back, and says so.
    pub fn remove(&mut self, scenario: &Scenario, id: &str) -> Option<String> {
        let index = self.rows.iter().position(|row| row.id() == id)?;
        let row = self.rows.remove(index);
        let scopes: Vec<&str> = row.scopes.iter().map(String::as_str).collect();
        Some(format!("{} taken back from {}", scopes.join(" "), name(scenario, &row.client)))
    }

    /// Gives a role, and says so.
    pub fn add_role(&mut self, scenario: &Scenario, asked: &RoleAssignment) -> Result<String, GrantError> {
        let (tenant, client, role) = asked.read(scenario)?;
        self.assign(tenant, client, &[role]);
        Ok(format!("{} given to {}", asked.role, client.display_name))
    }

    /// Takes the role with that id back, and says so.
    pub fn remove_role(&mut self, scenario: &Scenario, id: &str) -> Option<String> {
        let index = self.assignments.iter().position(|held| held.id() == id)?;
        let held = self.assignments.remove(index);
        Some(format!("{} taken back from {}", held.role, name(scenario, &held.client)))
    }
}

/// What a grant names, found in the directory.
pub struct Granted<'a> {
    tenant: &'a Tenant,
    client: &'a Application,
    principal: Option<&'a User>,
    scopes: Vec<Missing>,
}

impl PermissionGrant {
    /// Finds in the directory what it names.
    pub fn read<'a>(&self, scenario: &'a Scenario) -> Result<Granted<'a>, GrantError> {
        let (tenant, client, resource) = parties(scenario, &self.tenant, &self.client, &self.resource)?;
        let absent = |key: &String| GrantError::NoEntry { what: "person", key: key.clone() };
        let find = |key: &String| scenario.user(key).ok_or_else(|| absent(key));
        let principal = self.principal.as_ref().map(find).transpose()?.map(AsRef::as_ref);
        let scope = |value: &String| match resource.scope(value) {
            Some(scope) => Ok(Missing { resource: resource.clone(), scope: scope.clone() }),
            None => Err(GrantError::NotOffered { resource: resource.key.clone(), value: value.clone() }),
        };
        let scopes = self.scopes.iter().map(scope).collect::<Result<Vec<_>, _>>()?;
        if scopes.is_empty() {
            Err(GrantError::Empty)
        } else {
            Ok(Granted { tenant, client, principal, scopes })
        }
    }
}

impl RoleAssignment {
    /// Finds in the directory what it names.
    pub fn read<'a>(
        &self,
        scenario: &'a Scenario,
    ) -> Result<(&'a Tenant, &'a Application, Role), GrantError> {
        let (tenant, client, resource) = parties(scenario, &self.tenant, &self.client, &self.resource)?;
        let offered = resource.app_roles.iter().find(|role| role.value == self.role);
        let role = offered.ok_or_else(|| GrantError::NotOffered {
            resource: resource.key.clone(),
            value: self.role.clone(),
        })?;
        Ok((tenant, client, Role { resource: resource.clone(), role: role.clone() }))
    }
}

impl Row {
    /// The same as long as parties and person are.
    fn id(&self) -> String {
        opaque(&[&self.tenant, &self.client, &self.resource, self.principal.as_deref().unwrap_or_default()])
    }

    fn shown(&self, scenario: &Scenario) -> Option<PermissionGrant> {
        let principal = match &self.principal {
            Some(id) => Some(scenario.user_with_id(id)?.key.clone()),
            None => None,
        };
        Some(PermissionGrant {
            id: self.id(),
            tenant: scenario.tenant_named(&self.tenant)?.key.clone(),
            client: scenario.application_with_id(&self.client)?.key.clone(),
            resource: scenario.application_with_id(&self.resource)?.key.clone(),
            principal,
            scopes: self.scopes.iter().cloned().collect(),
        })
    }
}

impl Assignment {
    fn id(&self) -> String {
        opaque(&[&self.tenant, &self.client, &self.resource, &self.role])
    }

    fn shown(&self, scenario: &Scenario) -> Option<RoleAssignment> {
        Some(RoleAssignment {
            id: self.id(),
            tenant: scenario.tenant_named(&self.tenant)?.key.clone(),
            client: scenario.application_with_id(&self.client)?.key.clone(),
            resource: scenario.application_with_id(&self.resource)?.key.clone(),
            role: self.role.clone(),
        })
    }
}

type Parties<'a> = (&'a Tenant, &'a std::sync::Arc<Application>, &'a std::sync::Arc<Application>);

fn parties<'a>(
    scenario: &'a Scenario,
    tenant: &str,
    client: &str,
    resource: &str,
) -> Result<Parties<'a>, GrantError> {
    let absent = |what, key: &str| GrantError::NoEntry { what, key: key.to_owned() };
    Ok((
        scenario.tenant(tenant).ok_or_else(|| absent("tenant", tenant))?,
        scenario.application(client).ok_or_else(|| absent("application", client))?,
        scenario.application(resource).ok_or_else(|| absent("application", resource))?,
    ))
}

fn name<'a>(scenario: &'a Scenario, app_id: &'a str) -> &'a str {
    scenario.application_with_id(app_id).map_or(app_id, |application| &application.display_name)
}

fn opaque(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(parts.join("\n"))[..24])
}
