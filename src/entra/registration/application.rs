//! An application object (Graph `application`, `az ad app show`).

use serde_json::Value;

use super::{flag, list, text, texts, time};
use crate::time::UnixTime;

/// An application's registration, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// `appId`: the client id.
    pub app_id: Option<String>,
    /// `id`: the object id, which is no client id.
    pub object_id: Option<String>,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `signInAudience`, such as `AzureADMyOrg`.
    pub sign_in_audience: Option<String>,
    /// `publisherDomain`.
    pub publisher_domain: Option<String>,
    /// Whether `verifiedPublisher` names one.
    pub has_verified_publisher: bool,
    /// `identifierUris`.
    pub identifier_uris: Vec<String>,
    /// `web.redirectUris`.
    pub web: Vec<String>,
    /// `spa.redirectUris`.
    pub spa: Vec<String>,
    /// `publicClient.redirectUris`.
    pub public_client: Vec<String>,
    /// `web.implicitGrantSettings.enableIdTokenIssuance`.
    pub implicit_id_token: Option<bool>,
    /// `web.implicitGrantSettings.enableAccessTokenIssuance`.
    pub implicit_access_token: Option<bool>,
    /// `isFallbackPublicClient`; Graph prints `null` for no.
    pub is_fallback_public_client: Option<bool>,
    /// `requiredResourceAccess`.
    pub required: Vec<Required>,
    /// `api.oauth2PermissionScopes`.
    pub scopes: Vec<ExposedScope>,
    /// `appRoles`.
    pub app_roles: Vec<AppRole>,
    /// `api.requestedAccessTokenVersion`; Graph prints `null` for version 1.
    pub access_token_version: Option<u64>,
    /// `api.acceptMappedClaims`.
    pub accept_mapped_claims: Option<bool>,
    /// `api.knownClientApplications`.
    pub known_clients: Vec<String>,
    /// The `appId`s of `api.preAuthorizedApplications`.
    pub pre_authorized: Vec<String>,
    /// `passwordCredentials`.
    pub passwords: Vec<Password>,
    /// `keyCredentials`.
    pub certificates: Vec<Certificate>,
    /// `federatedIdentityCredentials`, which the Azure command line prints apart; `None` if nobody looked.
    pub federated: Option<Vec<Federated>>,
    /// The whole object.
    pub json: Value,
}

/// A platform of redirect URIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// `web`: a confidential client.
    Web,
    /// `spa`: code in a browser.
    Spa,
    /// `publicClient`: mobile, desktop, command line.
    PublicClient,
}

impl Platform {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Web, Self::Spa, Self::PublicClient];

    /// The name that the portal shows.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Web => "Web",
            Self::Spa => "Single-page application",
            Self::PublicClient => "Mobile and desktop applications",
        }
    }

    /// The member of the application object.
    pub const fn member(self) -> &'static str {
        match self {
            Self::Web => "web.redirectUris",
            Self::Spa => "spa.redirectUris",
            Self::PublicClient => "publicClient.redirectUris",
        }
    }
}

/// Delegated or application permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Delegated: on behalf of a signed-in person.
    Scope,
    /// Application: an app role, given to the client itself.
    Role,
}

impl Kind {
    /// The word that `requiredResourceAccess` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scope => "Scope",
            Self::Role => "Role",
        }
    }
}

/// A row of `requiredResourceAccess`: one permission that is listed, and thereby not yet granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// `resourceAppId`.
    pub resource: String,
    /// The permission's GUID; empty if a resource is listed without permissions.
    pub permission: String,
    /// Its kind.
    pub kind: Kind,
}

/// A delegated permission that the application exposes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExposedScope {
    /// Its GUID.
    pub id: String,
    /// Its name, as it stands in `scp`.
    pub value: String,
    /// `isEnabled`; taken as true where it is not told.
    pub is_enabled: bool,
    /// Whether only administrators may consent (`type` is `Admin`).
    pub needs_admin: bool,
}

/// An app role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppRole {
    /// Its GUID.
    pub id: String,
    /// Its name, as it stands in `roles`.
    pub value: String,
    /// `isEnabled`; taken as true where it is not told.
    pub is_enabled: bool,
    /// `allowedMemberTypes`: `User`, `Application`.
    pub members: Vec<String>,
}

/// A client secret, without its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Password {
    /// `keyId`: what is often copied in place of the value.
    pub key_id: String,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `hint`: the first three characters of the value.
    pub hint: Option<String>,
    /// `startDateTime`.
    pub start: Option<UnixTime>,
    /// `endDateTime`.
    pub end: Option<UnixTime>,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// `keyId`.
    pub key_id: String,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `customKeyIdentifier`: the SHA-1 thumbprint, in hexadecimal or base64 as it was printed.
    pub thumbprint: Option<String>,
    /// `startDateTime`.
    pub start: Option<UnixTime>,
    /// `endDateTime`.
    pub end: Option<UnixTime>,
}

/// A federated identity credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Federated {
    /// `name`.
    pub name: String,
    /// `issuer`.
    pub issuer: String,
    /// `subject`; empty where an expression takes its place.
    pub subject: String,
    /// `audiences`.
    pub audiences: Vec<String>,
    /// `claimsMatchingExpression` of a flexible credential.
    pub expression: Option<String>,
}

impl Application {
    /// Reads an application object; `None` if this is no object.
    pub fn read(value: &Value) -> Option<Self> {
        value.is_object().then(|| {
            let none = Value::Null;
            let part = |name: &str| value.get(name).unwrap_or(&none);
            let (web, api) = (part("web"), part("api"));
            let implicit = web.get("implicitGrantSettings").unwrap_or(&none);
            Self {
                app_id: text(value, "appId"),
                object_id: text(value, "id"),
                display_name: text(value, "displayName"),
                sign_in_audience: text(value, "signInAudience"),
                publisher_domain: text(value, "publisherDomain"),
                has_verified_publisher: text(part("verifiedPublisher"), "verifiedPublisherId").is_some(),
                identifier_uris: texts(value, "identifierUris"),
                web: texts(web, "redirectUris"),
                spa: texts(part("spa"), "redirectUris"),
                public_client: texts(part("publicClient"), "redirectUris"),
                implicit_id_token: flag(implicit, "enableIdTokenIssuance"),
                implicit_access_token: flag(implicit, "enableAccessTokenIssuance"),
                is_fallback_public_client: flag(value, "isFallbackPublicClient"),
                required: list(value, "requiredResourceAccess").iter().flat_map(required).collect(),
                scopes: list(api, "oauth2PermissionScopes").iter().map(scope).collect(),
                app_roles: list(value, "appRoles").iter().map(role).collect(),
                access_token_version: api.get("requestedAccessTokenVersion").and_then(Value::as_u64),
                accept_mapped_claims: flag(api, "acceptMappedClaims"),
                known_clients: texts(api, "knownClientApplications"),
                pre_authorized: list(api, "preAuthorizedApplications")
                    .iter()
                    .filter_map(|client| text(client, "appId"))
                    .collect(),
                passwords: list(value, "passwordCredentials").iter().map(password).collect(),
                certificates: list(value, "keyCredentials").iter().map(certificate).collect(),
                federated: value
                    .get("federatedIdentityCredentials")
                    .and_then(Value::as_array)
                    .map(|all| all.iter().map(federated).collect()),
                json: value.clone(),
            }
        })
    }

    /// The redirect URIs of a platform.
    pub fn redirect_uris(&self, platform: Platform) -> &[String] {
        match platform {
            Platform::Web => &self.web,
            Platform::Spa => &self.spa,
            Platform::PublicClient => &self.public_client,
        }
    }

    /// Every redirect URI with its platform.
    pub fn all_redirect_uris(&self) -> impl Iterator<Item = (Platform, &str)> {
        Platform::ALL
            .into_iter()
            .flat_map(|platform| self.redirect_uris(platform).iter().map(move |uri| (platform, uri.as_str())))
    }
}

fn required(value: &Value) -> Vec<Required> {
    let resource = text(value, "resourceAppId").unwrap_or_default();
    let access = list(value, "resourceAccess");
    let row = |permission: String, kind: Kind| Required { resource: resource.clone(), permission, kind };
    if access.is_empty() {
        return vec![row(String::new(), Kind::Scope)];
    }
    let kind = |access: &Value| {
        if text(access, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("role")) {
            Kind::Role
        } else {
            Kind::Scope
        }
    };
    access.iter().map(|access| row(text(access, "id").unwrap_or_default(), kind(access))).collect()
}

fn scope(value: &Value) -> ExposedScope {
    ExposedScope {
        id: text(value, "id").unwrap_or_default(),
        value: text(value, "value").unwrap_or_default(),
        is_enabled: flag(value, "isEnabled").unwrap_or(true),
        needs_admin: text(value, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("admin")),
    }
}

fn role(value: &Value) -> AppRole {
    AppRole {
        id: text(value, "id").unwrap_or_default(),
        value: text(value, "value").unwrap_or_default(),
        is_enabled: flag(value, "isEnabled").unwrap_or(true),
        members: texts(value, "allowedMemberTypes"),
    }
}

fn password(value: &Value) -> Password {
    Password {
        key_id: text(value, "keyId").unwrap_or_default(),
        display_name: text(value, "displayName"),
        hint: text(value, "hint"),
        start: time(value, "startDateTime"),
        end: time(value, "endDateTime"),
    }
}

fn certificate(value: &Value) -> Certificate {
    Certificate {
        key_id: text(value, "keyId").unwrap_or_default(),
        display_name: text(value, "displayName"),
        thumbprint: text(value, "customKeyIdentifier"),
        start: time(value, "startDateTime"),
        end: time(value, "endDateTime"),
    }
}

fn federated(value: &Value) -> Federated {
    let expression = value.get("claimsMatchingExpression");
    Federated {
        name: text(value, "name").unwrap_or_default(),
        issuer: text(value, "issuer").unwrap_or_default(),
        subject: text(value, "subject").unwrap_or_default(),
        audiences: texts(value, "audiences"),
        expression: expression.and_then(|it| text(it, "value").or_else(|| it.as_str().map(str::to_owned))),
    }
}
