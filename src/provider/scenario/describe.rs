//! The scenario as JSON, for `tenant show` and `serve`: everything a person needs to use the lab, credentials included.

use serde_json::{Map, Value, json};
use url::Url;

use super::{Application, ConsentType, Device, Group, Key, NamedLocation, ResourceAccess, Scenario};
use crate::{provider::issuers, secret::Secret, time::UnixTime};

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
                    "display_name": tenant.display_name,
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
                    "username": user.user_principal_name,
                    "password": user.password.expose(),
                    "one_time_code": user.one_time_code.as_ref().map(Secret::expose),
                    "display_name": user.display_name,
                    "account_enabled": user.account_enabled,
                    "administrator": user.administrator,
                    "second_factor_on_demand": user.second_factor_on_demand,
                    "password_expired": user.password_expired,
                    "locked_out": user.locked_out,
                    "federated": user.federated,
                    "risk_level": user.risk_level.name(),
                    "devices": self.devices_of(user).map(|device| device.key.as_str()).collect::<Vec<_>>(),
                    "guest_in": user.guest_in.iter().map(|membership| membership.tenant.as_str()).collect::<Vec<_>>(),
                })
            })
            .collect();
        let policies: Vec<_> = self
            .conditional_access_policies
            .iter()
            .map(|policy| {
                json!({
                    "id": policy.id,
                    "display_name": policy.display_name,
                    "state": policy.state.name(),
                    "include_users": policy.include_users,
                    "exclude_users": policy.exclude_users,
                    "include_service_principals": policy.include_service_principals,
                    "include_applications": policy.include_applications,
                    "built_in_controls": policy.built_in_controls.iter().map(|control| control.name()).collect::<Vec<_>>(),
                    "sign_in_frequency": policy.sign_in_frequency,
                    "include_groups": policy.include_groups,
                    "include_locations": policy.include_locations,
                    "exclude_locations": policy.exclude_locations,
                    "terms_of_use": policy.terms_of_use,
                })
            })
            .collect();
        let identities: Vec<_> = self
            .managed_identities
            .iter()
            .map(|identity| {
                json!({
                    "key": identity.key,
                    "about": identity.about,
                    "tenant": identity.tenant,
                    "kind": identity.kind.name(),
                    "client_id": identity.client_id,
                    "object_id": identity.object_id,
                    "resource_id": identity.resource_id,
                    "app_roles": access(&identity.app_role_assignments),
                })
            })
            .collect();
        json!({
            "base": base,
            "device_login": format!("{base}/devicelogin"),
            "tenants": tenants,
            "users": users,
            "applications":
                self.applications.iter().map(|application| describe(application, base)).collect::<Vec<_>>(),
            "managed_identities": identities,
            "pipeline": {
                "issuer": issuers::pipeline(base),
                "token": format!("{base}/pipeline/token?audience=api://AzureADTokenExchange"),
            },
            "conditional_access_policies": policies,
            "groups": self.groups.iter().map(describe_group).collect::<Vec<_>>(),
            "devices": self.devices.iter().map(describe_device).collect::<Vec<_>>(),
            "named_locations": self.named_locations.iter().map(describe_location).collect::<Vec<_>>(),
        })
    }
}

fn describe_group(group: &Group) -> Value {
    json!({
        "key": group.key,
        "id": group.id,
        "tenant": group.tenant,
        "display_name": group.display_name,
        "security_enabled": group.security_enabled,
        "members": group.members,
        "member_groups": group.member_groups,
    })
}

fn describe_device(device: &Device) -> Value {
    json!({
        "key": device.key,
        "device_id": device.device_id,
        "display_name": device.display_name,
        "trust_type": device.trust_type.name(),
        "is_compliant": device.is_compliant,
        "account_enabled": device.account_enabled,
        "registered_owners": device.registered_owners,
    })
}

fn describe_location(location: &NamedLocation) -> Value {
    json!({
        "key": location.key,
        "display_name": location.display_name,
        "ip_ranges": location.ip_ranges,
        "is_trusted": location.is_trusted,
        "risk_level": location.risk_level.name(),
    })
}

fn access(entries: &[ResourceAccess]) -> Map<String, Value> {
    entries
        .iter()
        .map(|access| (access.resource.clone(), json!({ "scopes": access.scopes, "roles": access.roles })))
        .collect()
}

fn describe(application: &Application, base: &str) -> Value {
    let redirect_uris: Vec<_> = application
        .redirect_uris()
        .map(|(platform, uri)| json!({ "platform": platform.name(), "uri": uri }))
        .collect();
    let secrets: Vec<_> = application
        .password_credentials
        .iter()
        .map(|credential| {
            json!({
                "display_name": credential.display_name,
                "id": credential.key_id,
                "value": credential.secret_text.expose(),
                "ends": credential.end_date_time.map(UnixTime::rfc3339),
            })
        })
        .collect();
    let certificates: Vec<_> = application
        .key_credentials
        .iter()
        .map(|credential| match &credential.key {
            Key::MadeAtStart => json!({ "display_name": credential.display_name, "made_at_start": true }),
            Key::Certificate(certificate) => json!({
                "display_name": credential.display_name,
                "thumbprint": certificate.thumbprint(),
                "x5t#S256": certificate.x5t_s256(),
                "ends": certificate.not_after.rfc3339(),
            }),
        })
        .collect();
    let federated: Vec<_> = application
        .federated_identity_credentials
        .iter()
        .map(|credential| {
            json!({
                "name": credential.name,
                "issuer": credential.issuer_at(base),
                "subject": credential.subject,
                "audiences": credential.audiences,
            })
        })
        .collect();
    let mut description = json!({
        "key": application.key,
        "about": application.about,
        "tenant": application.tenant,
        "client_id": application.app_id,
        "display_name": application.display_name,
        "sign_in_audience": application.sign_in_audience.name(),
        "client_secret": application.secret().map(Secret::expose),
        "secrets": secrets,
        "redirect_uris": redirect_uris,
        "is_fallback_public_client": application.is_fallback_public_client,
        "required_resource_access": access(&application.required_resource_access),
        "is_family_client": application.is_family_client,
        "is_disabled": application.is_disabled,
    });
    if let Some(logout_url) = &application.web.logout_url {
        description["logout_url"] = json!(logout_url);
    }
    if !certificates.is_empty() {
        description["certificates"] = json!(certificates);
    }
    if !federated.is_empty() {
        description["federated_credentials"] = json!(federated);
    }
    if application.is_resource() {
        let scopes = application.api.scopes.iter();
        let scopes = scopes
            .map(|scope| json!({ "value": scope.value, "admin_only": scope.consent == ConsentType::Admin }));
        description["identifier_uri"] = json!(application.identifier_uris.first());
        description["access_token_version"] =
            json!(application.api.requested_access_token_version.unwrap_or(1));
        description["scopes"] = scopes.collect();
        description["app_roles"] = application.app_roles.iter().map(|role| role.value.as_str()).collect();
    }
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_holds_what_a_person_needs_to_sign_in() {
        let base = Url::parse("http://localhost:7080/").unwrap();
        let shown = Scenario::northwind().describe(&base);
        assert_eq!(shown["users"][0]["username"], "mina@northwind.example");
        assert_eq!(shown["users"][0]["password"], "lab-Mina-1");
        assert_eq!(shown["applications"][0]["redirect_uris"][0]["platform"], "spa");
        assert_eq!(
            shown["tenants"][0]["authority"],
            format!("http://localhost:7080/{}", Scenario::northwind().home().id)
        );
        let daemon =
            &shown["applications"].as_array().unwrap().iter().find(|app| app["key"] == "inventory-sync");
        assert_eq!(daemon.unwrap()["client_secret"], "lab~inventory-sync~secret");
        let applications = shown["applications"].as_array().unwrap();
        let pipeline = applications.iter().find(|app| app["key"] == "pipeline").unwrap();
        assert_eq!(pipeline["federated_credentials"][0]["issuer"], "http://localhost:7080/pipeline");
        assert_eq!(shown["managed_identities"][0]["kind"], "system");
    }
}
