//! What the directory says of an application, in the words of Graph, for the owner of the tenant: the objects that
//! `az ad app show`, `az ad sp show` and Graph print of a real one, without a request or a token.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    assignments, federated, grants, registration,
    service_principals::{self, Principal},
};
use crate::provider::{
    mint,
    order::View,
    scenario::{Application, Tenant},
    scope,
};

impl View {
    /// The registration with that client id, together with its federated credentials, which the Azure command line prints
    /// apart. `base` is the address of the lab, without a slash at its end: the issuer of some of them.
    pub fn registration(&self, client_id: &str, base: &str) -> Option<Value> {
        let application = self.scenario.application_with_id(client_id)?;
        let mut shown = registration::entity(&self.scenario, application);
        let trusted = application.federated_identity_credentials.iter();
        let trusted: Vec<Value> =
            trusted.map(|one| federated::entity(base, application, one).into()).collect();
        shown.insert("federatedIdentityCredentials".to_owned(), trusted.into());
        Some(Value::Object(shown))
    }

    /// The service principal with that client id in a tenant, named by domain or id; `None` if the tenant has none.
    pub fn service_principal(&self, client_id: &str, tenant: &str) -> Option<Value> {
        let tenant = self.scenario.tenant_named(tenant)?;
        let principal = match self.scenario.application_with_id(client_id) {
            Some(application) if self.knows(tenant, application) => {
                Principal::Application(Arc::clone(application))
            }
            Some(_) => return None,
            None => {
                let mut identities = self.scenario.managed_identities().iter();
                let found = identities.find(|one| one.client_id.eq_ignore_ascii_case(client_id))?;
                Principal::Identity(Arc::clone(found))
            }
        };
        Some(service_principals::entity(&self.scenario, tenant, &principal).into())
    }

    /// What a tenant granted to an application: `{oauth2PermissionGrants, appRoleAssignments}`; `None` if there is no such
    /// tenant or application.
    pub fn granted_to(&self, client_id: &str, tenant: &str) -> Option<Value> {
        let tenant = self.scenario.tenant_named(tenant)?;
        let client = self.scenario.application_with_id(client_id)?;
        let delegated =
            self.grants.iter().filter(|grant| grant.tenant == tenant.key && grant.client == client.key);
        let delegated: Vec<Value> =
            delegated.map(|grant| grants::entity(&self.scenario, tenant, grant).into()).collect();
        let own = mint::service_principal(tenant, client);
        let roles = assignments::of_table(&self.scenario, &self.assignments, tenant);
        let roles: Vec<Value> = roles
            .iter()
            .map(|row| Value::Object(row.entity()))
            .filter(|row| row["principalId"] == own.as_str())
            .collect();
        Some(json!({ "oauth2PermissionGrants": delegated, "appRoleAssignments": roles }))
    }

    /// The client id of the API that a scope or a `resource` names, by App ID URI or client id.
    pub fn resource_called(&self, name: &str) -> Option<String> {
        Some(scope::resource_named(name, &self.scenario, None)?.app_id.clone())
    }

    /// Whether a tenant has a service principal for an application: by its registration, or because something was granted.
    fn knows(&self, tenant: &Tenant, client: &Application) -> bool {
        client.has_service_principal_in(tenant)
            || self.grants.iter().any(|grant| grant.tenant == tenant.key && grant.client == client.key)
            || self.assignments.iter().any(|held| held.tenant == tenant.key && held.client == client.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::scenario::Scenario;

    #[test]
    fn what_is_printed_is_what_graph_shows() {
        let scenario = Arc::new(Scenario::northwind());
        let view = View::of(Arc::clone(&scenario));
        let id = |key: &str| scenario.application(key).unwrap().app_id.clone();
        let shown = view.registration(&id("pipeline"), "http://localhost:7080").unwrap();
        assert_eq!(shown["appId"], id("pipeline"));
        assert_eq!(
            shown["federatedIdentityCredentials"][0]["issuer"], "http://localhost:7080/pipeline",
            "{shown:#}"
        );
        let here = |key: &str, tenant: &str| view.service_principal(&id(key), tenant).is_some();
        assert!(here("desktop", &scenario.home().id));
        assert!(!here("staff-directory", "fabrikam.example"), "nobody brought it there");
        assert!(here("microsoft-graph", "fabrikam.example"));
        assert_eq!(view.resource_called("https://graph.microsoft.com/"), Some(id("microsoft-graph")));
        assert_eq!(view.resource_called("api://nobody"), None);
        assert_eq!(view.registration("nobody", ""), None);
    }
}
