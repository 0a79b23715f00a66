//! The running tenant as a scenario file, to be loaded again another day.

use serde_json::{Value, json};

use super::Tenant;
use crate::provider::scenario::Scenario;

/// A certificate of a registration that the lab makes as it starts is of this start only.
const MADE_AT_START: &str = "made at start";

impl Tenant {
    /// The text of a scenario file with the directory as it is now, and with what was granted for everybody. A scenario
    /// has no place for what single people agreed to: how many of these grants are left out comes beside it.
    pub fn scenario_file(&self) -> (String, usize) {
        let view = self.view();
        let mut document = view.scenario.document();
        let mut left_out = view.grants.iter().filter(|grant| grant.principal.is_some()).count();
        let applications = document["applications"].as_array_mut().into_iter().flatten();
        for application in applications {
            forget_own_certificates(application);
            let key = application["key"].as_str().unwrap_or_default().to_owned();
            let home = application["tenant"].as_str().map(str::to_owned);
            let is_at_home = |tenant: &str| home.as_deref().is_none_or(|home| home == tenant);
            let mut granted: Vec<Value> = Vec::new();
            for grant in view.grants.iter().filter(|grant| grant.client == key && grant.principal.is_none()) {
                if !is_at_home(&grant.tenant) {
                    left_out += 1;
                    continue;
                }
                add(&mut granted, &grant.resource, "scopes", grant.scopes.iter());
            }
            let mut assigned: Vec<Value> = Vec::new();
            for role in view.assignments.iter().filter(|role| role.client == key) {
                if !is_at_home(&role.tenant) {
                    left_out += 1;
                    continue;
                }
                add(&mut assigned, &role.resource, "roles", [&role.role]);
            }
            application["oauth2PermissionGrants"] = granted.into();
            application["appRoleAssignments"] = assigned.into();
        }
        let scenario =
            Scenario::from_document(&document).expect("what the tenant grants, its scenario can say");
        (scenario.to_toml(), left_out)
    }
}

/// Adds permissions of a resource to a list of such, each once.
fn add<'a>(
    list: &mut Vec<Value>,
    resource: &str,
    member: &str,
    values: impl IntoIterator<Item = &'a String>,
) {
    let at = list.iter().position(|entry| entry["resource"] == resource).unwrap_or_else(|| {
        list.push(json!({ "resource": resource, member: [] }));
        list.len() - 1
    });
    let Some(held) = list[at][member].as_array_mut() else { return };
    for value in values {
        if !held.iter().any(|known| known == value) {
            held.push(value.as_str().into());
        }
    }
}

fn forget_own_certificates(application: &mut Value) {
    let Some(credentials) = application.get_mut("keyCredentials").and_then(Value::as_array_mut) else {
        return;
    };
    if credentials.iter().any(|credential| credential["key"] == MADE_AT_START) {
        credentials.retain(|credential| credential["key"] == MADE_AT_START);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::provider::{PermissionGrant, RoleAssignment, order::View};

    #[test]
    fn what_was_granted_for_everybody_is_in_the_file_and_what_single_people_agreed_to_is_counted() {
        let mut tenant = Tenant::new(Arc::new(Scenario::northwind()));
        let grant = |principal: Option<&str>, client: &str, tenant: &str| PermissionGrant {
            id: String::new(),
            tenant: tenant.to_owned(),
            client: client.to_owned(),
            resource: "catalog-api".to_owned(),
            principal: principal.map(str::to_owned),
            scopes: vec!["Catalog.Read".to_owned()],
        };
        let role = RoleAssignment {
            id: String::new(),
            tenant: "northwind".to_owned(),
            client: "inventory-sync".to_owned(),
            resource: "microsoft-graph".to_owned(),
            role: "User.Read.All".to_owned(),
        };
        let view = View {
            revision: 1,
            grants: vec![
                grant(None, "desktop", "northwind"),
                grant(Some("mina"), "storefront", "northwind"),
                grant(None, "desktop", "fabrikam"),
            ],
            assignments: vec![role],
            ..tenant.view().clone()
        };
        assert!(tenant.learn(view));
        let (text, left_out) = tenant.scenario_file();
        assert_eq!(left_out, 2);
        let read = Scenario::parse(&text).expect("it can be loaded again");
        let desktop = read.application("desktop").unwrap();
        assert_eq!(desktop.oauth2_permission_grants.len(), 1);
        assert_eq!(desktop.oauth2_permission_grants[0].scopes, ["Catalog.Read"]);
        assert!(read.application("storefront").unwrap().oauth2_permission_grants.is_empty());
        let daemon = read.application("inventory-sync").unwrap();
        assert_eq!(daemon.app_role_assignments.len(), 1);
        assert_eq!(daemon.app_role_assignments[0].roles, ["User.Read.All"]);
    }
}
