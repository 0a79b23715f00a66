//! A service principal (Graph `servicePrincipal`, `az ad sp show`).

use serde_json::Value;

use super::{AppRole, Application, ExposedScope, flag, text, texts};

/// An application as it stands in one tenant, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// `appId`: the client id.
    pub app_id: Option<String>,
    /// `id`: its own object id.
    pub object_id: Option<String>,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `accountEnabled`.
    pub account_enabled: Option<bool>,
    /// `appRoleAssignmentRequired`.
    pub assignment_required: Option<bool>,
    /// `servicePrincipalNames`: the identifiers that resources are found by.
    pub names: Vec<String>,
    /// `preferredSingleSignOnMode`, such as `saml`.
    pub single_sign_on_mode: Option<String>,
    /// `appOwnerOrganizationId`: the tenant where the application is at home.
    pub home_tenant: Option<String>,
    /// `oauth2PermissionScopes`.
    pub scopes: Vec<ExposedScope>,
    /// `appRoles`.
    pub app_roles: Vec<AppRole>,
    /// The whole object.
    pub json: Value,
}

impl ServicePrincipal {
    /// Reads a service principal; `None` if this is no object.
    pub fn read(value: &Value) -> Option<Self> {
        // Scopes and roles have the same form as at an application, one level higher.
        let as_application = serde_json::json!({ "api": value, "appRoles": value.get("appRoles") });
        let exposed = Application::read(&as_application)?;
        value.is_object().then(|| Self {
            app_id: text(value, "appId"),
            object_id: text(value, "id"),
            display_name: text(value, "displayName"),
            account_enabled: flag(value, "accountEnabled"),
            assignment_required: flag(value, "appRoleAssignmentRequired"),
            names: texts(value, "servicePrincipalNames"),
            single_sign_on_mode: text(value, "preferredSingleSignOnMode"),
            home_tenant: text(value, "appOwnerOrganizationId"),
            scopes: exposed.scopes,
            app_roles: exposed.app_roles,
            json: value.clone(),
        })
    }
}
