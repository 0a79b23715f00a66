//! The running tenant as a scenario file, to be loaded again another day.

use serde_json::Value;

use super::Tenant;
use crate::provider::{PermissionGrant, RoleAssignment};

/// A certificate of a registration that the lab makes as it starts is of this start only.
const MADE_AT_START: &str = "made at start";

impl Tenant {
    /// The text of a scenario file with the directory as it is now, and with what was granted.
    pub fn scenario_file(&self) -> String {
        let view = self.view();
        // What a resource no longer offers has no place in a file.
        let grant = |grant: &PermissionGrant| {
            let resource = view.scenario.application(&grant.resource)?;
            let is_offered = |value: &&String| resource.scope(value).is_some();
            let scopes: Vec<_> = grant.scopes.iter().filter(is_offered).cloned().collect();
            (!scopes.is_empty()).then(|| PermissionGrant { id: String::new(), scopes, ..grant.clone() })
        };
        let role = |held: &RoleAssignment| {
            let resource = view.scenario.application(&held.resource)?;
            let is_offered = resource.app_roles.iter().any(|role| role.value == held.role);
            is_offered.then(|| RoleAssignment { id: String::new(), ..held.clone() })
        };
        let grants = view.grants.iter().filter_map(grant).collect();
        let now = view.scenario.with_grants(grants, view.assignments.iter().filter_map(role).collect());
        let mut document = now.document();
        document["applications"].as_array_mut().into_iter().flatten().for_each(forget_own_certificates);
        toml::to_string_pretty(&document).expect("a document without nulls is TOML")
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
    use crate::provider::{order::View, scenario::Scenario};

    #[test]
    fn what_was_granted_and_taken_back_is_so_in_the_file() {
        let mut tenant = Tenant::new(Arc::new(Scenario::northwind()));
        let grant = |principal: Option<&str>, client: &str| PermissionGrant {
            id: "made by the tenant".to_owned(),
            tenant: "northwind".to_owned(),
            client: client.to_owned(),
            resource: "catalog-api".to_owned(),
            principal: principal.map(str::to_owned),
            scopes: vec!["Catalog.Read".to_owned()],
        };
        let gone = PermissionGrant { scopes: vec!["Catalog.Burn".to_owned()], ..grant(None, "kiosk") };
        let grants = vec![grant(None, "desktop"), grant(Some("mina"), "storefront"), gone];
        let view = View { revision: 1, grants, ..tenant.view().clone() };
        assert!(tenant.learn(view));
        let text = tenant.scenario_file();
        let read = Scenario::parse(&text).expect("it can be loaded again");
        assert!(read.application("handheld").unwrap().oauth2_permission_grants.is_empty());
        assert!(!text.contains("Catalog.Burn"), "nothing offers it");
        for part in ["client = \"desktop\"", "principal = \"mina\""] {
            assert_eq!(text.matches(part).count(), 1, "{part}");
        }
    }

    #[test]
    fn certificates_of_this_start_stay_behind() {
        let mut application = serde_json::json!({ "keyCredentials": [
            { "displayName": "one", "key": "made at start" },
            { "displayName": "two", "key": "MII" },
        ]});
        forget_own_certificates(&mut application);
        assert_eq!(application["keyCredentials"].as_array().map(Vec::len), Some(1));
    }
}
