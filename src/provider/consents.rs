//! Who has allowed which application what (reference §9): the rows that Graph calls `oauth2PermissionGrant`.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    scenario::{Application, ConsentType, PermissionScope, Scenario, Tenant, User},
    scope::Wanted,
};

/// Every grant of delegated permissions.
#[derive(Debug, Default)]
pub struct Consents {
    rows: Vec<Row>,
}

#[derive(Debug)]
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

impl Consents {
    /// The permissions of a resource that an application holds for somebody, by name.
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
            .flat_map(|row| row.scopes.iter().cloned())
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
    let access = client.required_resource_access.iter();
    access
        .filter_map(|access| Some((scenario.application(&access.resource)?, access)))
        .flat_map(|(resource, access)| {
            access.scopes.iter().filter_map(|name| {
                Some(Missing { resource: Arc::clone(resource), scope: resource.scope(name)?.clone() })
            })
        })
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
}
