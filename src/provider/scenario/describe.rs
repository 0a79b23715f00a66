//! The scenario as JSON, for `tenant show` and `serve`: everything a person needs to use the lab, credentials included.

use serde_json::{Map, Value, json};
use url::Url;

use super::{Application, Scenario};

impl Scenario {
    /// Tenants, people and applications with their lab credentials, as reached at `base`.
    ///
    /// Shows every password and secret of the scenario: they are there to be used, and open nothing but the lab.
    pub fn describe(&self, base: &Url) -> Value {
        let base = base.as_str().trim_end_matches('/');
        let tenants: Vec<_> = self
            .tenants
            .iter()
            .map(|tenant| {
                json!({
                    "key": tenant.key,
                    "id": tenant.id,
                    "displayName": tenant.display_name,
                    "domains": tenant.domains,
                    "authority": format!("{base}/{}", tenant.id),
                    "metadata": format!("{base}/{}/v2.0/.well-known/openid-configuration", tenant.id),
                })
            })
            .collect();
        let users: Vec<_> = self
            .users
            .iter()
            .map(|user| {
                json!({
                    "key": user.key,
                    "about": user.about,
                    "tenant": user.tenant,
                    "id": user.id,
                    "userPrincipalName": user.user_principal_name,
                    "displayName": user.display_name,
                    "password": user.password.expose(),
                    "oneTimeCode": user.one_time_code.as_ref().map(crate::secret::Secret::expose),
                    "accountEnabled": user.account_enabled,
                    "administrator": user.administrator,
                })
            })
            .collect();
        let applications: Vec<_> =
            self.applications.iter().filter(|application| !application.is_resource()).map(client).collect();
        let resources: Vec<_> =
            self.applications.iter().filter(|application| application.is_resource()).map(resource).collect();
        json!({
            "base": base,
            "deviceLogin": format!("{base}/devicelogin"),
            "tenants": tenants,
            "users": users,
            "applications": applications,
            "resources": resources,
        })
    }
}

fn client(application: &std::sync::Arc<Application>) -> Value {
    let redirect_uris: Vec<_> = application
        .redirect_uris()
        .map(|(platform, uri)| json!({ "platform": platform.name(), "uri": uri }))
        .collect();
    let secrets: Vec<_> = application
        .password_credentials
        .iter()
        .map(|credential| {
            json!({
                "displayName": credential.display_name,
                "keyId": credential.key_id,
                "secretText": credential.secret_text.expose(),
                "endDateTime": credential.end_date_time.map(crate::time::UnixTime::rfc3339),
            })
        })
        .collect();
    let access: Map<_, _> = application
        .required_resource_access
        .iter()
        .map(|access| (access.resource.clone(), json!({ "scopes": access.scopes, "roles": access.roles })))
        .collect();
    json!({
        "key": application.key,
        "about": application.about,
        "tenant": application.tenant,
        "appId": application.app_id,
        "displayName": application.display_name,
        "signInAudience": application.sign_in_audience.name(),
        "isFallbackPublicClient": application.is_fallback_public_client,
        "redirectUris": redirect_uris,
        "passwordCredentials": secrets,
        "requiredResourceAccess": access,
    })
}

fn resource(application: &std::sync::Arc<Application>) -> Value {
    let scopes: Vec<_> = application
        .api
        .scopes
        .iter()
        .map(|scope| json!({ "value": scope.value, "adminOnly": scope.consent == super::ConsentType::Admin }))
        .collect();
    json!({
        "key": application.key,
        "about": application.about,
        "appId": application.app_id,
        "displayName": application.display_name,
        "identifierUris": application.identifier_uris,
        "accessTokenVersion": application.api.requested_access_token_version.unwrap_or(1),
        "scopes": scopes,
        "appRoles": application.app_roles.iter().map(|role| role.value.as_str()).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_holds_what_a_person_needs_to_sign_in() {
        let base = Url::parse("http://localhost:7080/").unwrap();
        let shown = Scenario::northwind().describe(&base);
        assert_eq!(shown["users"][0]["userPrincipalName"], "mina@northwind.example");
        assert_eq!(shown["users"][0]["password"], "lab-Mina-1");
        assert_eq!(shown["applications"][0]["redirectUris"][0]["platform"], "spa");
        assert_eq!(
            shown["tenants"][0]["authority"],
            format!("http://localhost:7080/{}", Scenario::northwind().home().id)
        );
        let daemon =
            &shown["applications"].as_array().unwrap().iter().find(|app| app["key"] == "inventory-sync");
        assert_eq!(daemon.unwrap()["passwordCredentials"][0]["secretText"], "lab~inventory-sync~secret");
    }
}
