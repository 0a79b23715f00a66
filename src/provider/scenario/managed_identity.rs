//! Managed identities: what a machine in Azure can be without holding a credential (reference §11).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Application, ResourceAccess};

/// An identity that the lab's machine has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManagedIdentity {
    /// The short name in the scenario.
    pub key: String,
    /// What it is there for.
    pub about: String,
    /// The key of its tenant.
    pub tenant: String,
    /// Whether it belongs to the machine or was assigned to it.
    pub kind: IdentityKind,
    /// Its client id: `appid` or `azp` of its tokens.
    pub client_id: String,
    /// Its object id: `oid` and `sub` of its tokens, and what roles are granted to.
    pub object_id: String,
    /// Its resource id in Azure.
    pub resource_id: String,
    /// Roles that it holds.
    #[serde(default)]
    pub app_role_assignments: Vec<ResourceAccess>,
}

/// Whose identity it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentityKind {
    /// The machine's own; it is meant where a request names none.
    System,
    /// One that was assigned, and has to be named.
    User,
}

impl IdentityKind {
    /// The word in the scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
        }
    }
}

impl ManagedIdentity {
    /// The roles it holds on a resource.
    pub fn roles_on(&self, resource: &Application) -> &[String] {
        let assignment =
            self.app_role_assignments.iter().find(|assignment| assignment.resource == resource.key);
        assignment.map(|assignment| assignment.roles.as_slice()).unwrap_or_default()
    }

    /// The identity as tokens and the sign-in log see it: an application that has no registration.
    pub fn as_client(&self) -> Arc<Application> {
        Arc::new(Application {
            key: self.key.clone(),
            about: self.about.clone(),
            tenant: Some(self.tenant.clone()),
            app_id: self.client_id.clone(),
            display_name: self.key.clone(),
            ..Application::default()
        })
    }
}
