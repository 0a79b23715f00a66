//! A registration in Graph's members and in the scenario's. Most have the same names; permissions go by id in Graph and by
//! value in the scenario, applications by client id and by key.
//!
//! [`entity`] shows one; [`members`] reads what a request wants changed, as a merge patch of the scenario's entry.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{body, credentials};
use crate::provider::{
    bearer::{error, refuse},
    mint,
    refusal::Refusal,
    scenario::{AppRole, Application, ConsentType, PermissionScope, ResourceAccess, Scenario, is_guid},
};

type Read<T> = Result<T, Box<Refusal>>;

/// What the lab keeps of Graph's application.
const KEPT: &[&str] = &[
    "displayName",
    "signInAudience",
    "identifierUris",
    "isFallbackPublicClient",
    "web",
    "spa",
    "publicClient",
    "api",
    "appRoles",
    "requiredResourceAccess",
    "optionalClaims",
    "keyCredentials",
];

/// A registration as Graph shows it. What the lab does not keep is null or empty.
pub fn entity(scenario: &Scenario, application: &Application) -> Map<String, Value> {
    let id_of = |key: &String| scenario.application(key).map(|found| found.app_id.clone());
    let home = application.tenant.as_ref().and_then(|key| scenario.tenant(key));
    let known: Vec<_> = application.api.known_client_applications.iter().filter_map(id_of).collect();
    let pre_authorized: Vec<_> = application
        .api
        .pre_authorized_applications
        .iter()
        .filter_map(|entry| {
            let ids: Vec<_> =
                entry.scopes.iter().filter_map(|value| Some(&application.scope(value)?.id)).collect();
            Some(json!({ "appId": id_of(&entry.application)?, "delegatedPermissionIds": ids }))
        })
        .collect();
    let claims = |names: &[String]| -> Vec<Value> {
        let claim = |name: &String| json!({ "name": name, "source": null, "essential": false, "additionalProperties": [] });
        names.iter().map(claim).collect()
    };
    let optional = &application.optional_claims;
    let optional_claims = (!optional.id_token.is_empty() || !optional.access_token.is_empty()).then(|| {
        json!({ "idToken": claims(&optional.id_token), "accessToken": claims(&optional.access_token),
                "saml2Token": [] })
    });
    let uris = application.web.redirect_uris.iter();
    let uri_settings: Vec<_> = uris.map(|uri| json!({ "uri": uri, "index": null })).collect();
    let shown = json!({
        "id": mint::registration(application),
        "deletedDateTime": null,
        "appId": application.app_id,
        "applicationTemplateId": null,
        "disabledByMicrosoftStatus": application.disabled_by_microsoft_status,
        "createdDateTime": null,
        "displayName": application.display_name,
        "description": null,
        "groupMembershipClaims": null,
        "identifierUris": application.identifier_uris,
        "isDeviceOnlyAuthSupported": null,
        "isFallbackPublicClient": application.is_fallback_public_client,
        "notes": null,
        "publisherDomain": home.and_then(|tenant| tenant.domains.first()),
        "serviceManagementReference": null,
        "signInAudience": application.sign_in_audience.name(),
        "tags": [],
        "tokenEncryptionKeyId": null,
        "samlMetadataUrl": null,
        "defaultRedirectUri": null,
        "certification": null,
        "optionalClaims": optional_claims,
        "servicePrincipalLockConfiguration": null,
        "requestSignatureVerification": null,
        "addIns": [],
        "api": {
            "acceptMappedClaims": application.api.accept_mapped_claims,
            "knownClientApplications": known,
            "requestedAccessTokenVersion": application.api.requested_access_token_version,
            "oauth2PermissionScopes": application.api.scopes.iter().map(scope).collect::<Vec<_>>(),
            "preAuthorizedApplications": pre_authorized,
        },
        "appRoles": application.app_roles.iter().map(role).collect::<Vec<_>>(),
        "info": { "logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null, "supportUrl": null,
                  "termsOfServiceUrl": null },
        "keyCredentials": credentials::keys(application),
        "parentalControlSettings": { "countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow" },
        "passwordCredentials": credentials::passwords(application),
        "publicClient": { "redirectUris": application.public_client.redirect_uris },
        "requiredResourceAccess": required(scenario, &application.required_resource_access),
        "verifiedPublisher": { "displayName": application.verified_publisher, "verifiedPublisherId": null, "addedDateTime": null },
        "web": {
            "homePageUrl": null,
            "logoutUrl": application.web.logout_url,
            "redirectUris": application.web.redirect_uris,
            "implicitGrantSettings": application.web.implicit_grant_settings,
            "redirectUriSettings": uri_settings,
        },
        "spa": { "redirectUris": application.spa.redirect_uris },
    });
    let Value::Object(members) = shown else { unreachable!("it was written as an object") };
    members
}

/// A delegated permission; the lab keeps one text where Graph has four.
pub fn scope(scope: &PermissionScope) -> Value {
    let kind = match scope.consent {
        ConsentType::User => "User",
        ConsentType::Admin => "Admin",
    };
    json!({
        "adminConsentDescription": scope.display_name, "adminConsentDisplayName": scope.display_name,
        "id": scope.id, "isEnabled": true, "type": kind,
        "userConsentDescription": scope.display_name, "userConsentDisplayName": scope.display_name,
        "value": scope.value,
    })
}

/// An application permission.
pub fn role(role: &AppRole) -> Value {
    json!({
        "allowedMemberTypes": role.allowed_member_types, "description": role.display_name,
        "displayName": role.display_name, "id": role.id, "isEnabled": true, "origin": "Application",
        "value": role.value,
    })
}

fn required(scenario: &Scenario, access: &[ResourceAccess]) -> Vec<Value> {
    let entry = |access: &ResourceAccess| {
        let resource = scenario.application(&access.resource)?;
        let scopes = access.scopes.iter().filter_map(|value| Some((&resource.scope(value)?.id, "Scope")));
        let role = |value: &String| resource.app_roles.iter().find(|role| role.value == *value);
        let roles = access.roles.iter().filter_map(|value| Some((&role(value)?.id, "Role")));
        let all: Vec<_> = scopes.chain(roles).map(|(id, kind)| json!({ "id": id, "type": kind })).collect();
        Some(json!({ "resourceAppId": resource.app_id, "resourceAccess": all }))
    };
    access.iter().filter_map(entry).collect()
}

/// What a request wants a registration to be, as members of the scenario's entry. `own` is the one that is changed.
pub fn members(
    scenario: &Scenario,
    sent: &Map<String, Value>,
    own: &Application,
) -> Read<Map<String, Value>> {
    let shown = entity(scenario, own);
    body::knows(sent, KEPT, &shown)?;
    let mut members = Map::new();
    if sent.contains_key("displayName") {
        let name = body::required(sent, "displayName")?;
        if name.chars().count() > 256 {
            return Err(body::wrong(
                "displayName",
                &sent["displayName"],
                "256 characters at most",
                "body.value",
            ));
        }
        members.insert("displayName".to_owned(), json!(name));
    }
    if let Some(audience) = body::text(sent, "signInAudience")? {
        members.insert("signInAudience".to_owned(), json!(audience));
    }
    if sent.contains_key("isFallbackPublicClient") {
        let flag = body::flag(sent, "isFallbackPublicClient")?.unwrap_or_default();
        members.insert("isFallbackPublicClient".to_owned(), json!(flag));
    }
    if sent.contains_key("identifierUris") {
        members.insert("identifierUris".to_owned(), json!(identifier_uris(scenario, sent, own)?));
    }
    for name in ["web", "spa", "publicClient"] {
        if sent.contains_key(name) {
            members.insert(name.to_owned(), platform(sent, name, &shown)?);
        }
    }
    if sent.contains_key("api") {
        members.insert("api".to_owned(), api(scenario, sent, own, &shown)?);
    }
    if sent.contains_key("appRoles") {
        let roles: Read<Vec<_>> = body::objects(sent, "appRoles")?.into_iter().map(role_sent).collect();
        members.insert("appRoles".to_owned(), json!(roles?));
    }
    if sent.contains_key("requiredResourceAccess") {
        members.insert("requiredResourceAccess".to_owned(), json!(required_sent(scenario, sent)?));
    }
    if sent.contains_key("optionalClaims") {
        members.insert("optionalClaims".to_owned(), optional_claims(sent)?);
    }
    if sent.contains_key("keyCredentials") {
        members.insert("keyCredentials".to_owned(), json!(credentials::keys_sent(sent, own)?));
    }
    Ok(members)
}

/// App ID URIs name one application in the whole directory.
fn identifier_uris<'a>(
    scenario: &Scenario,
    sent: &'a Map<String, Value>,
    own: &Application,
) -> Read<Vec<&'a str>> {
    let uris = body::texts(sent, "identifierUris")?;
    let others = || scenario.applications().iter().filter(|other| other.app_id != own.app_id);
    for uri in &uris {
        let same = |other: &&Arc<Application>| other.identifier_uris.iter().any(|taken| taken == uri);
        if let Some(other) = others().find(same) {
            let text = "Another object with the same value for property identifierUris already exists.";
            return Err(refuse(error::INVALID_REQUEST, text)
                .demands("an App ID URI belongs to one application of the directory")
                .compares("identifierUris", *uri, [format!("not the one of {}", other.display_name)])
                .by("body.identifier_uri_free"));
        }
        if url::Url::parse(uri).is_err() {
            return Err(body::wrong(
                "identifierUris",
                &json!(uri),
                "an absolute URI such as api://name",
                "body.value",
            ));
        }
    }
    Ok(uris)
}

fn platform(sent: &Map<String, Value>, name: &str, shown: &Map<String, Value>) -> Read<Value> {
    let members = body::object(sent, name)?;
    let kept: &[&str] = if name == "web" {
        &["redirectUris", "logoutUrl", "implicitGrantSettings", "redirectUriSettings"]
    } else {
        &["redirectUris"]
    };
    body::knows(&members, kept, shown[name].as_object().expect("a platform is an object"))?;
    let mut kept = Map::new();
    if members.contains_key("redirectUris") {
        kept.insert("redirectUris".to_owned(), json!(body::texts(&members, "redirectUris")?));
    } else if members.contains_key("redirectUriSettings") {
        let settings = body::objects(&members, "redirectUriSettings")?;
        let uris: Read<Vec<_>> = settings.into_iter().map(|one| body::required(one, "uri")).collect();
        kept.insert("redirectUris".to_owned(), json!(uris?));
    }
    if members.contains_key("logoutUrl") {
        kept.insert("logoutUrl".to_owned(), json!(body::text(&members, "logoutUrl")?));
    }
    if members.contains_key("implicitGrantSettings") {
        let settings = body::object(&members, "implicitGrantSettings")?;
        kept.insert("implicitGrantSettings".to_owned(), Value::Object(settings));
    }
    Ok(Value::Object(kept))
}

fn api(
    scenario: &Scenario,
    sent: &Map<String, Value>,
    own: &Application,
    shown: &Map<String, Value>,
) -> Read<Value> {
    let members = body::object(sent, "api")?;
    let kept = &[
        "acceptMappedClaims",
        "requestedAccessTokenVersion",
        "oauth2PermissionScopes",
        "knownClientApplications",
        "preAuthorizedApplications",
    ];
    body::knows(&members, kept, shown["api"].as_object().expect("it was written as an object"))?;
    let mut kept = Map::new();
    if let Some(accepts) = body::flag(&members, "acceptMappedClaims")? {
        kept.insert("acceptMappedClaims".to_owned(), json!(accepts));
    }
    if let Some(version) = members.get("requestedAccessTokenVersion") {
        kept.insert("requestedAccessTokenVersion".to_owned(), version.clone());
    }
    let mut offered: Vec<(String, String)> =
        own.api.scopes.iter().map(|scope| (scope.id.clone(), scope.value.clone())).collect();
    if members.contains_key("oauth2PermissionScopes") {
        let scopes: Read<Vec<_>> =
            body::objects(&members, "oauth2PermissionScopes")?.into_iter().map(scope_sent).collect();
        let scopes = scopes?;
        offered = scopes.iter().map(|scope| (scope.id.clone(), scope.value.clone())).collect();
        kept.insert("oauth2PermissionScopes".to_owned(), json!(scopes));
    }
    if members.contains_key("knownClientApplications") {
        let ids = body::texts(&members, "knownClientApplications")?;
        let keys: Read<Vec<_>> =
            ids.into_iter().map(|id| key_of(scenario, "knownClientApplications", id)).collect();
        kept.insert("knownClientApplications".to_owned(), json!(keys?));
    }
    if members.contains_key("preAuthorizedApplications") {
        let entries = body::objects(&members, "preAuthorizedApplications")?.into_iter().map(|entry| {
            let key = key_of(scenario, "preAuthorizedApplications", body::required(entry, "appId")?)?;
            let value = |id: &str| {
                let known = offered.iter().find(|(known, _)| known.eq_ignore_ascii_case(id));
                known.map(|(_, value)| value.clone()).ok_or_else(|| unknown_permission(id, &own.display_name))
            };
            let ids = body::texts(entry, "delegatedPermissionIds")?;
            let scopes: Read<Vec<_>> = ids.into_iter().map(value).collect();
            Ok(json!({ "application": key, "scopes": scopes? }))
        });
        let entries: Read<Vec<_>> = entries.collect();
        kept.insert("preAuthorizedApplications".to_owned(), json!(entries?));
    }
    Ok(Value::Object(kept))
}

fn key_of<'a>(scenario: &'a Scenario, member: &str, app_id: &str) -> Read<&'a str> {
    let found = scenario.application_with_id(app_id).map(|application| application.key.as_str());
    found.ok_or_else(|| {
        refuse(error::INVALID_REQUEST, format!("There is no application with the id '{app_id}'."))
            .demands("the lab keeps references to applications that it has")
            .compares(member, app_id, ["the client id of an application"])
            .by("body.reference_known")
    })
}

fn unknown_permission(id: &str, resource: &str) -> Box<Refusal> {
    refuse(error::INVALID_REQUEST, format!("{resource} offers no permission with the id '{id}'."))
        .demands("permissions are named by the id that their resource gives them; scope and role of one name differ")
        .compares("id", id, ["the id of a scope or role of the resource"])
        .by("body.permission_offered")
}

/// The id, the value, and a text for people: what scopes and roles have in common.
fn permission(sent: &Map<String, Value>, texts: &[&str]) -> Read<(String, String, String)> {
    let (id, value) = (body::required(sent, "id")?, body::required(sent, "value")?);
    if !is_guid(id) {
        return Err(body::wrong("id", &sent["id"], "a GUID is expected", "body.value"));
    }
    if body::flag(sent, "isEnabled")? == Some(false) {
        let expected = "the lab keeps permissions that are switched on; leave the others out";
        return Err(body::wrong("isEnabled", &sent["isEnabled"], expected, "body.member_kept"));
    }
    for name in texts {
        if let Some(text) = body::text(sent, name)? {
            return Ok((id.to_owned(), value.to_owned(), text.to_owned()));
        }
    }
    Ok((id.to_owned(), value.to_owned(), value.to_owned()))
}

fn scope_sent(sent: &Map<String, Value>) -> Read<PermissionScope> {
    let texts = [
        "userConsentDisplayName",
        "adminConsentDisplayName",
        "userConsentDescription",
        "adminConsentDescription",
    ];
    let (id, value, display_name) = permission(sent, &texts)?;
    let consent = match body::text(sent, "type")? {
        None | Some("User") => ConsentType::User,
        Some("Admin") => ConsentType::Admin,
        Some(_) => return Err(body::wrong("type", &sent["type"], "User or Admin is expected", "body.value")),
    };
    Ok(PermissionScope { id, value, consent, display_name })
}

fn role_sent(sent: &Map<String, Value>) -> Read<AppRole> {
    let (id, value, display_name) = permission(sent, &["displayName", "description"])?;
    let types = body::texts(sent, "allowedMemberTypes")?;
    let are_known = types.iter().all(|kind| ["User", "Application"].contains(kind));
    if types.is_empty() || !are_known {
        let value = sent.get("allowedMemberTypes").cloned().unwrap_or_default();
        return Err(body::wrong("allowedMemberTypes", &value, "User, Application or both", "body.value"));
    }
    Ok(AppRole {
        id,
        value,
        display_name,
        allowed_member_types: types.into_iter().map(str::to_owned).collect(),
    })
}

fn required_sent(scenario: &Scenario, sent: &Map<String, Value>) -> Read<Vec<ResourceAccess>> {
    let mut all: Vec<ResourceAccess> = Vec::new();
    for entry in body::objects(sent, "requiredResourceAccess")? {
        let key = key_of(scenario, "resourceAppId", body::required(entry, "resourceAppId")?)?;
        let resource = scenario.application(key).expect("it was just found");
        let mut access = ResourceAccess { resource: key.to_owned(), scopes: Vec::new(), roles: Vec::new() };
        for permission in body::objects(entry, "resourceAccess")? {
            let id = body::required(permission, "id")?;
            let unknown = || unknown_permission(id, &resource.display_name);
            match body::required(permission, "type")? {
                "Scope" => {
                    let scope = resource.api.scopes.iter().find(|scope| scope.id.eq_ignore_ascii_case(id));
                    access.scopes.push(scope.ok_or_else(unknown)?.value.clone());
                }
                "Role" => {
                    let role = resource.app_roles.iter().find(|role| role.id.eq_ignore_ascii_case(id));
                    access.roles.push(role.ok_or_else(unknown)?.value.clone());
                }
                _ => {
                    return Err(body::wrong(
                        "type",
                        &permission["type"],
                        "Scope or Role is expected",
                        "body.value",
                    ));
                }
            }
        }
        all.push(access);
    }
    Ok(all)
}

fn optional_claims(sent: &Map<String, Value>) -> Read<Value> {
    let claims = body::object(sent, "optionalClaims")?;
    let names = |kind: &str| -> Read<Vec<String>> {
        let entries = body::objects(&claims, kind)?;
        entries.into_iter().map(|entry| Ok(body::required(entry, "name")?.to_owned())).collect()
    };
    if !names("saml2Token")?.is_empty() {
        let expected = "the lab issues no SAML tokens; leave the list empty";
        return Err(body::wrong("saml2Token", &claims["saml2Token"], expected, "body.member_kept"));
    }
    Ok(json!({ "idToken": names("idToken")?, "accessToken": names("accessToken")? }))
}
