//! Who has allowed which application what (reference §9): the rows that Graph calls `oauth2PermissionGrant`, and for what
//! applications may do by themselves those that it calls `appRoleAssignment`.

mod rows;

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    scenario::{
        AppRole, Application, ConsentType, PermissionScope, ResourceAccess, Scenario, Tenant, User, plain,
    },
    scope::Wanted,
    version::Version,
};
use crate::time::UnixTime;

/// How many requests to administrators are kept.
const REQUESTS_KEPT: usize = 1000;

pub use rows::{GrantError, PermissionGrant, RoleAssignment};

/// Every grant, of delegated permissions and of roles.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Consents {
    rows: Vec<Row>,
    assignments: Vec<Assignment>,
    requests: Vec<ConsentRequest>,
}

/// What somebody who may not consent has asked an administrator for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRequest {
    /// The GUID of the tenant.
    pub tenant: String,
    /// The application.
    pub client_id: String,
    /// The person's sign-in name.
    pub user: String,
    /// The permissions, by value.
    pub scopes: Vec<String>,
    /// The person's own words, as they came; empty if there were none.
    pub justification: String,
    /// When it was sent last.
    #[serde(with = "plain::time")]
    pub at: UnixTime,
}

/// A role that an application holds by itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    tenant: String,
    client: String,
    resource: String,
    role: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    tenant: String,
    client: String,
    resource: String,
    /// The person's object id; `None` means everybody in the tenant.
    principal: Option<String>,
    scopes: BTreeSet<String>,
}

/// A permission that is asked for and not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub resource: Arc<Application>,
    pub scope: PermissionScope,
}

impl Missing {
    pub fn needs_administrator(&self) -> bool {
        self.scope.consent == ConsentType::Admin
    }
}

/// An application permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub resource: Arc<Application>,
    pub role: AppRole,
}

/// What an administrator is asked to allow for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// What the application may do for whoever signs in.
    pub delegated: Vec<Missing>,
    /// What it may do by itself.
    pub roles: Vec<Role>,
    /// The middle tiers behind it, with what they may do for whoever signs in.
    pub behind: Vec<(Arc<Application>, Vec<Missing>)>,
}

impl Consents {
    /// With what administrators granted before the lab began.
    pub fn stocked(scenario: &Scenario) -> Self {
        let mut consents = Self::default();
        for client in scenario.applications() {
            let granted = permissions(scenario, &client.oauth2_permission_grants);
            let assigned = roles(scenario, &client.app_role_assignments);
            let is_at_home =
                |tenant: &&Arc<Tenant>| client.tenant.as_ref().is_none_or(|home| *home == tenant.key);
            for tenant in scenario.tenants().iter().filter(is_at_home) {
                consents.grant(tenant, client, None, &granted);
                consents.assign(tenant, client, &assigned);
            }
        }
        for grant in scenario.grants() {
            consents.add(scenario, grant).expect("grants are checked when a scenario is read");
        }
        for assignment in scenario.assignments() {
            consents.add_role(scenario, assignment).expect("they are checked when a scenario is read");
        }
        consents
    }

    /// Whether a tenant has a service principal for an application: by its registration, or because it has granted the
    /// application something.
    pub fn knows(&self, tenant: &Tenant, client: &Application) -> bool {
        client.has_service_principal_in(tenant) || self.has_granted(tenant, client)
    }

    fn has_granted(&self, tenant: &Tenant, client: &Application) -> bool {
        self.rows.iter().any(|row| row.tenant == tenant.id && row.client == client.app_id)
            || self.assignments.iter().any(|held| held.tenant == tenant.id && held.client == client.app_id)
    }

    /// What administrators have been asked for and have not granted yet, oldest first.
    pub fn requests(&self) -> &[ConsentRequest] {
        &self.requests
    }

    /// Keeps a request; an earlier one of the same person for the same application gives way.
    pub fn ask(&mut self, request: ConsentRequest) {
        let is_same = |other: &ConsentRequest| {
            (&other.tenant, &other.client_id, &other.user)
                == (&request.tenant, &request.client_id, &request.user)
        };
        self.requests.retain(|other| !is_same(other));
        if self.requests.len() >= REQUESTS_KEPT {
            self.requests.remove(0);
        }
        self.requests.push(request);
    }

    /// The roles of a resource that an application holds by itself, by name.
    pub fn roles(&self, tenant: &Tenant, client: &Application, resource: &Application) -> Vec<String> {
        let ids = (&tenant.id, &client.app_id, &resource.app_id);
        let held = self.assignments.iter().filter(|held| (&held.tenant, &held.client, &held.resource) == ids);
        held.map(|held| held.role.clone()).collect()
    }

    /// Gives an application roles; earlier ones stay.
    pub fn assign(&mut self, tenant: &Tenant, client: &Application, roles: &[Role]) {
        for Role { resource, role } in roles {
            let assignment = Assignment {
                tenant: tenant.id.clone(),
                client: client.app_id.clone(),
                resource: resource.app_id.clone(),
                role: role.value.clone(),
            };
            if !self.assignments.contains(&assignment) {
                self.assignments.push(assignment);
            }
        }
    }

    /// Takes back what an application holds of delegated permissions: all of a person's grants to it, or with `None` those for everybody. Tells
    /// whether there were any.
    pub fn withdraw(&mut self, client: &Application, principal: Option<&User>) -> bool {
        let principal = principal.map(|user| &user.id);
        let before = self.rows.len();
        self.rows.retain(|row| row.client != client.app_id || row.principal.as_ref() != principal);
        self.rows.len() < before
    }

    /// Takes back all that a tenant has granted to an application, or to others of what it offers: its service principal
    /// there is no more.
    pub fn forget(&mut self, tenant: &Tenant, application: &Application) {
        let (tenant, id) = (&tenant.id, &application.app_id);
        self.rows.retain(|row| row.tenant != *tenant || (row.client != *id && row.resource != *id));
        self.assignments
            .retain(|held| held.tenant != *tenant || (held.client != *id && held.resource != *id));
    }

    /// The permissions of a resource that an application holds for somebody, by name: granted by an administrator or the
    /// person, or given by the resource itself to those it authorized beforehand.
    pub fn granted(
        &self,
        tenant: &Tenant,
        client: &Application,
        user: &User,
        resource: &Application,
    ) -> BTreeSet<String> {
        self.rows
            .iter()
            .filter(|row| {
                row.tenant == tenant.id && row.client == client.app_id && row.resource == resource.app_id
            })
            .filter(|row| row.principal.as_ref().is_none_or(|principal| *principal == user.id))
            .flat_map(|row| row.scopes.iter())
            .chain(pre_authorized(client, resource))
            .cloned()
            .collect()
    }

    /// Adds permissions; earlier ones stay. `principal` is a person, or `None` for the whole tenant.
    pub fn grant(
        &mut self,
        tenant: &Tenant,
        client: &Application,
        principal: Option<&User>,
        permissions: &[Missing],
    ) {
        if principal.is_none() {
            let is_answered = |request: &ConsentRequest| {
                request.tenant == tenant.id
                    && request.client_id == client.app_id
                    && request
                        .scopes
                        .iter()
                        .all(|asked| permissions.iter().any(|one| one.scope.value == *asked))
            };
            self.requests.retain(|request| !is_answered(request));
        }
        let principal = principal.map(|user| user.id.clone());
        for Missing { resource, scope } in permissions {
            let same = |row: &&mut Row| {
                row.tenant == tenant.id
                    && row.client == client.app_id
                    && row.resource == resource.app_id
                    && row.principal == principal
            };
            if let Some(row) = self.rows.iter_mut().find(same) {
                row.scopes.insert(scope.value.clone());
            } else {
                self.rows.push(Row {
                    tenant: tenant.id.clone(),
                    client: client.app_id.clone(),
                    resource: resource.app_id.clone(),
                    principal: principal.clone(),
                    scopes: BTreeSet::from([scope.value.clone()]),
                });
            }
        }
    }

    /// What is asked for and not granted yet.
    ///
    /// `.default` asks for nothing while any permission of its resource is granted; otherwise it asks for everything that
    /// the registration lists, of all resources.
    pub fn missing(
        &self,
        scenario: &Scenario,
        tenant: &Tenant,
        client: &Application,
        user: &User,
        wanted: &Wanted,
    ) -> Vec<Missing> {
        let mut asked = named(scenario, wanted);
        for target in wanted.targets.iter().filter(|target| target.default) {
            if self.granted(tenant, client, user, &target.resource).is_empty() {
                asked.extend(required(scenario, client));
            }
        }
        // Version 1 asks for the whole registration as somebody signs in for the first time, whatever for.
        let only_signs_in = wanted.version == Version::One && wanted.targets.is_empty();
        if only_signs_in && self.granted(tenant, client, user, scenario.graph()).is_empty() {
            asked.extend(required(scenario, client));
        }
        let mut missing: Vec<Missing> = Vec::new();
        for permission in asked {
            let granted = self.granted(tenant, client, user, &permission.resource);
            if !granted.contains(&permission.scope.value) && !missing.contains(&permission) {
                missing.push(permission);
            }
        }
        missing
    }
}

/// The permissions that a request names, those of OpenID Connect first.
pub fn named(scenario: &Scenario, wanted: &Wanted) -> Vec<Missing> {
    let graph = scenario.graph();
    let oidc = wanted.oidc().map(|name| (graph, name));
    let others = wanted.targets.iter().flat_map(|target| {
        target.permissions.iter().map(|permission| (&target.resource, permission.value.as_str()))
    });
    oidc.chain(others)
        .filter_map(|(resource, name)| {
            Some(Missing { resource: Arc::clone(resource), scope: resource.scope(name)?.clone() })
        })
        .collect()
}

/// The delegated permissions that a registration lists.
pub fn required(scenario: &Scenario, client: &Application) -> Vec<Missing> {
    permissions(scenario, &client.required_resource_access)
}

/// The roles that a registration lists.
pub fn required_roles(scenario: &Scenario, client: &Application) -> Vec<Role> {
    roles(scenario, &client.required_resource_access)
}

fn roles(scenario: &Scenario, access: &[ResourceAccess]) -> Vec<Role> {
    access
        .iter()
        .filter_map(|access| Some((scenario.application(&access.resource)?, access)))
        .flat_map(|(resource, access)| {
            access.roles.iter().filter_map(|name| {
                let role = resource.app_roles.iter().find(|role| role.value == *name)?;
                Some(Role { resource: Arc::clone(resource), role: role.clone() })
            })
        })
        .collect()
}

fn permissions(scenario: &Scenario, access: &[ResourceAccess]) -> Vec<Missing> {
    access
        .iter()
        .filter_map(|access| Some((scenario.application(&access.resource)?, access)))
        .flat_map(|(resource, access)| {
            access.scopes.iter().filter_map(|name| {
                Some(Missing { resource: Arc::clone(resource), scope: resource.scope(name)?.clone() })
            })
        })
        .collect()
}

fn pre_authorized<'a>(
    client: &'a Application,
    resource: &'a Application,
) -> impl Iterator<Item = &'a String> {
    let entries = resource.api.pre_authorized_applications.iter();
    entries.filter(|entry| entry.application == client.key).flat_map(|entry| &entry.scopes)
}

/// The middle tiers whose own needs are consented to together with a request: resources asked for with `.default` that
/// know the client (`knownClientApplications`), each with what its registration lists.
pub fn behind(
    scenario: &Scenario,
    client: &Application,
    wanted: &Wanted,
) -> Vec<(Arc<Application>, Vec<Missing>)> {
    let knows = |resource: &Application| resource.api.known_client_applications.contains(&client.key);
    let resources = wanted.targets.iter().filter(|target| target.default).map(|target| &target.resource);
    resources
        .filter(|resource| knows(resource))
        .map(|resource| (Arc::clone(resource), required(scenario, resource)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_add_up_and_belong_to_one_person() {
        let scenario = Scenario::northwind();
        let (home, client) = (scenario.home(), scenario.application("desktop").unwrap());
        let (mina, theo) = (scenario.user("mina").unwrap(), scenario.user("theo").unwrap());
        let wanted = |text: &str| Wanted::read(text, &scenario, Some(home)).unwrap();
        let mut consents = Consents::default();
        let names = |consents: &Consents, user: &User, text: &str| -> Vec<String> {
            let missing = consents.missing(&scenario, home, client, user, &wanted(text));
            missing.into_iter().map(|missing| missing.scope.value).collect()
        };

        assert_eq!(names(&consents, mina, "openid User.Read"), ["openid", "User.Read"]);
        consents.grant(home, client, Some(mina), &named(&scenario, &wanted("openid User.Read")));
        assert!(names(&consents, mina, "openid user.read").is_empty());
        assert_eq!(names(&consents, mina, "User.Read Mail.Read"), ["Mail.Read"]);
        assert_eq!(names(&consents, theo, "User.Read"), ["User.Read"]);
        consents.grant(home, client, None, &named(&scenario, &wanted("User.Read")));
        assert!(names(&consents, theo, "User.Read").is_empty());
    }

    #[test]
    fn roles_are_held_in_one_tenant_and_once() {
        let scenario = Scenario::northwind();
        let (home, other) = (scenario.home(), scenario.tenant("fabrikam").unwrap());
        let (client, catalog) =
            (scenario.application("store-planner").unwrap(), scenario.application("catalog-api").unwrap());
        let mut consents = Consents::stocked(&scenario);
        assert!(consents.roles(home, client, catalog).is_empty() && !consents.knows(other, client));
        let asked = required_roles(&scenario, client);
        for _ in 0..2 {
            consents.assign(other, client, &asked);
        }
        assert_eq!(consents.roles(other, client, catalog), ["Catalog.Read.All"]);
        assert!(consents.roles(home, client, catalog).is_empty() && consents.knows(other, client));
    }

    #[test]
    fn default_asks_for_the_whole_registration_once() {
        let scenario = Scenario::northwind();
        let (home, client) = (scenario.home(), scenario.application("desktop").unwrap());
        let mina = scenario.user("mina").unwrap();
        let wanted = Wanted::read("api://northwind-catalog/.default", &scenario, Some(home)).unwrap();
        let mut consents = Consents::default();
        let missing = consents.missing(&scenario, home, client, mina, &wanted);
        assert_eq!(missing.len(), 3, "User.Read, Mail.Read, Catalog.Read");
        consents.grant(home, client, Some(mina), &missing[2..]);
        assert!(consents.missing(&scenario, home, client, mina, &wanted).is_empty());
    }

    #[test]
    fn a_middle_tier_is_consented_to_by_way_of_its_front_end() {
        let scenario = Scenario::northwind();
        let of = |key: &str, text: &str| -> Vec<String> {
            let client = scenario.application(key).unwrap();
            let wanted = Wanted::read(text, &scenario, Some(scenario.home())).unwrap();
            let behind = behind(&scenario, client, &wanted);
            behind.into_iter().flat_map(|(_, needs)| needs).map(|need| need.scope.value).collect()
        };
        let default = "api://northwind-catalog/.default";
        assert_eq!(of("storefront", default), ["User.Read", "Mail.Read", "user_impersonation"]);
        assert!(of("storefront", "api://northwind-catalog/Catalog.Read").is_empty(), "only with .default");
        assert!(of("desktop", default).is_empty(), "the API does not know it");
    }

    #[test]
    fn administrators_and_resources_may_have_granted_before_the_lab_began() {
        let scenario = Scenario::northwind();
        let mina = scenario.user("mina").unwrap();
        let mut consents = Consents::stocked(&scenario);
        let holds = |consents: &Consents, tenant: &str, client: &str| {
            let (tenant, client) = (scenario.tenant(tenant).unwrap(), scenario.application(client).unwrap());
            consents.granted(tenant, client, mina, scenario.graph()).contains("User.Read")
        };
        assert!(holds(&consents, "northwind", "catalog-api") && !holds(&consents, "fabrikam", "catalog-api"));
        assert!(holds(&consents, "fabrikam", "family-mail"), "authorized beforehand, wherever");
        assert!(!holds(&consents, "northwind", "desktop"));
        assert!(consents.withdraw(scenario.application("catalog-api").unwrap(), None));
        assert!(!holds(&consents, "northwind", "catalog-api"));
    }
}
