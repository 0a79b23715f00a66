//! Registrations: what an application is, proves itself with, offers and asks for. Resources are registrations too.

use serde::{Deserialize, Serialize};

use super::{
    AssignedTo, FederatedCredential, GRAPH, GroupMembershipClaims, Key, KeyCredential, Tenant, plain,
};
use crate::{provider::certificate::Certificate, secret::Secret, time::UnixTime};

/// An application registration; a resource is one that exposes scopes or roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the registration, as in Graph's application object"
)]
pub struct Application {
    /// The short name in the scenario.
    pub key: String,
    /// What kind of application it stands for.
    pub about: String,
    /// The key of the tenant it is registered in; absent for Microsoft's own, which every tenant has.
    pub tenant: Option<String>,
    /// The client id.
    pub app_id: String,
    /// What consent pages call it.
    pub display_name: String,
    /// Whose accounts may use it.
    pub sign_in_audience: Audience,
    /// Claims that its tokens hold beyond the usual ones.
    #[serde(default)]
    pub optional_claims: OptionalClaims,
    /// The web platform: redirect URIs that need a credential at redemption.
    #[serde(default)]
    pub web: Web,
    /// The single-page platform.
    #[serde(default)]
    pub spa: Platform,
    /// The mobile and desktop platform.
    #[serde(default)]
    pub public_client: Platform,
    /// Whether it is public where no redirect URI decides it: device code, password.
    #[serde(default)]
    pub is_fallback_public_client: bool,
    /// Client secrets.
    #[serde(default)]
    pub password_credentials: Vec<PasswordCredential>,
    /// Certificates.
    #[serde(default)]
    pub key_credentials: Vec<KeyCredential>,
    /// Issuers whose tokens prove it.
    #[serde(default)]
    pub federated_identity_credentials: Vec<FederatedCredential>,
    /// App ID URIs, by which scopes name this resource.
    #[serde(default)]
    pub identifier_uris: Vec<String>,
    /// What it offers as a resource.
    #[serde(default)]
    pub api: Api,
    /// Application permissions it offers.
    #[serde(default)]
    pub app_roles: Vec<AppRole>,
    /// What it says it needs of others.
    #[serde(default)]
    pub required_resource_access: Vec<ResourceAccess>,
    /// Application permissions that an administrator has granted to it.
    #[serde(default)]
    pub app_role_assignments: Vec<ResourceAccess>,
    /// Delegated permissions that an administrator has granted to it for everybody in its tenant; in every tenant if it is
    /// one of Microsoft's.
    #[serde(default)]
    pub oauth2_permission_grants: Vec<ResourceAccess>,
    /// Whether its refresh tokens serve every other application of the family (`foci`).
    #[serde(default)]
    pub is_family_client: bool,
    /// Whether an administrator has switched it off.
    #[serde(default)]
    pub is_disabled: bool,
    /// Why Microsoft has closed it, if it has, such as `DisabledDueToViolationOfServicesAgreement`.
    #[serde(default)]
    pub disabled_by_microsoft_status: Option<String>,
    /// The publisher's name, if Microsoft has verified it (`verifiedPublisher.displayName` of Graph).
    #[serde(default)]
    pub verified_publisher: Option<String>,
    /// The names of policies that change the claims of its tokens.
    #[serde(default)]
    pub claims_mapping_policies: Vec<String>,
    /// Whether only assigned people and applications get tokens.
    #[serde(default)]
    pub app_role_assignment_required: bool,
    /// The keys of the people assigned to it.
    #[serde(default)]
    pub assigned_users: Vec<String>,
    /// People and groups assigned to it, each with a role or without.
    #[serde(default)]
    pub app_role_assigned_to: Vec<AssignedTo>,
    /// Which groups tokens for it name.
    #[serde(default)]
    pub group_membership_claims: GroupMembershipClaims,
    /// Seconds that access tokens for it live, 600 to 86400 (`AccessTokenLifetime` of a token lifetime policy).
    #[serde(default)]
    pub access_token_lifetime: Option<u32>,
    /// Whether it is among the client applications that Microsoft has approved.
    #[serde(default)]
    pub is_approved_client_app: bool,
    /// Whether it enforces protection of what it holds, as Intune asks for it.
    #[serde(default)]
    pub enforces_app_protection: bool,
    /// Whether people who are minors are kept out (`legalAgeGroupRule` of `parentalControlSettings`).
    #[serde(default)]
    pub block_minors: bool,
    /// Whether its own tenant has no service principal for it: registering an application through Graph does not make one.
    #[serde(default)]
    pub lacks_service_principal: bool,
    /// The keys of other tenants that have a service principal for it without having granted it anything yet.
    #[serde(default)]
    pub service_principals_in: Vec<String>,
    /// Whether its access tokens carry a `nonce` header that is hashed before signing, so that nobody else can verify them.
    #[serde(default)]
    pub nonce_header: bool,
}

/// `signInAudience`: whose accounts may use an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum Audience {
    /// Its own tenant only.
    #[default]
    #[serde(rename = "AzureADMyOrg")]
    MyOrg,
    /// Work and school accounts of any tenant.
    #[serde(rename = "AzureADMultipleOrgs")]
    MultipleOrgs,
    /// These and personal accounts.
    #[serde(rename = "AzureADandPersonalMicrosoftAccount")]
    Everyone,
    /// Personal accounts only.
    #[serde(rename = "PersonalMicrosoftAccount")]
    Personal,
}

impl Audience {
    /// The word in the registration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MyOrg => "AzureADMyOrg",
            Self::MultipleOrgs => "AzureADMultipleOrgs",
            Self::Everyone => "AzureADandPersonalMicrosoftAccount",
            Self::Personal => "PersonalMicrosoftAccount",
        }
    }
}

/// Claims that a registration wants in tokens beyond the usual ones, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OptionalClaims {
    /// In ID tokens for it: `auth_time`, `login_hint`.
    pub id_token: Vec<String>,
    /// In access tokens for it: `xms_cc`.
    pub access_token: Vec<String>,
}

/// Redirect URIs of one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Platform {
    /// The registered URIs.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

/// The web platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Web {
    /// The registered URIs.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// What the authorization endpoint may hand out directly.
    #[serde(default)]
    pub implicit_grant_settings: ImplicitGrantSettings,
    /// Where it wants to be told that a session has ended (front-channel logout).
    #[serde(default)]
    pub logout_url: Option<String>,
}

/// What the authorization endpoint may hand out directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ImplicitGrantSettings {
    /// `response_type` may hold `token`.
    pub enable_access_token_issuance: bool,
    /// `response_type` may hold `id_token`.
    pub enable_id_token_issuance: bool,
}

/// A client secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordCredential {
    /// The secret's id, often mistaken for its value.
    pub key_id: String,
    /// What it is called.
    pub display_name: String,
    /// The value.
    #[serde(with = "plain::secret")]
    pub secret_text: Secret,
    /// When it was made, if that is known.
    #[serde(default, with = "plain::optional_time")]
    pub start_date_time: Option<UnixTime>,
    /// When it ends; never if absent.
    #[serde(default, with = "plain::optional_time")]
    pub end_date_time: Option<UnixTime>,
}

/// What an application offers as a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Api {
    /// 2 for version 2 access tokens; absent or 1 for version 1.
    pub requested_access_token_version: Option<u8>,
    /// Delegated permissions.
    #[serde(rename = "oauth2PermissionScopes")]
    pub scopes: Vec<PermissionScope>,
    /// The keys of front ends: who consents to one of these with `.default` consents to what this application needs, too.
    pub known_client_applications: Vec<String>,
    /// Who gets permissions of this resource without anybody's consent.
    pub pre_authorized_applications: Vec<PreAuthorized>,
    /// Whether its claims may be changed by policy although it has no signing key of its own.
    pub accept_mapped_claims: bool,
    /// Permissions that administrators have classified as of low impact, by value (Graph's
    /// `delegatedPermissionClassifications`).
    pub low_impact_scopes: Vec<String>,
}

/// An application that needs no consent for some permissions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreAuthorized {
    /// The key of its registration.
    pub application: String,
    /// The permissions, by value.
    pub scopes: Vec<String>,
}

/// A delegated permission.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PermissionScope {
    /// Its GUID.
    pub id: String,
    /// Its name in scopes and in `scp`.
    pub value: String,
    /// Who may consent.
    #[serde(rename = "type")]
    pub consent: ConsentType,
    /// What the consent page says.
    pub display_name: String,
}

/// Who may consent to a delegated permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum ConsentType {
    /// Everybody for themselves.
    User,
    /// Administrators.
    Admin,
}

/// An application permission.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppRole {
    /// Its GUID.
    pub id: String,
    /// Its name in `roles`.
    pub value: String,
    /// What it allows.
    pub display_name: String,
    /// `Application`, `User` or both.
    pub allowed_member_types: Vec<String>,
}

/// Permissions of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceAccess {
    /// The key of the resource's registration.
    pub resource: String,
    /// Delegated permissions, by value.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Application permissions, by value.
    #[serde(default)]
    pub roles: Vec<String>,
}

impl Application {
    /// Redirect URIs of every platform, in the order in which they are matched.
    pub fn redirect_uris(&self) -> impl Iterator<Item = (PlatformKind, &str)> {
        self.spa
            .redirect_uris
            .iter()
            .map(|uri| (PlatformKind::Spa, uri.as_str()))
            .chain(self.web.redirect_uris.iter().map(|uri| (PlatformKind::Web, uri.as_str())))
            .chain(
                self.public_client.redirect_uris.iter().map(|uri| (PlatformKind::PublicClient, uri.as_str())),
            )
    }

    /// The first redirect URI and its platform.
    pub fn redirect_uri(&self) -> Option<(PlatformKind, &str)> {
        self.redirect_uris().next()
    }

    /// A secret without an end, if it has one.
    pub fn secret(&self) -> Option<&Secret> {
        let lasting = self.password_credentials.iter().find(|credential| credential.end_date_time.is_none());
        lasting.map(|credential| &credential.secret_text)
    }

    /// Its certificates, those made at start as soon as they are made.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.key_credentials.iter().filter_map(|credential| match &credential.key {
            Key::Certificate(certificate) => Some(certificate.as_ref()),
            Key::MadeAtStart => None,
        })
    }

    /// Whether the lab makes it a key as it starts.
    pub fn gets_a_key(&self) -> bool {
        self.key_credentials.iter().any(|credential| credential.key == Key::MadeAtStart)
    }

    /// Whether the registration itself says that a tenant has a service principal for it: its own has one, Microsoft's have
    /// one everywhere, and tenants may have been given one.
    pub fn has_service_principal_in(&self, tenant: &Tenant) -> bool {
        match &self.tenant {
            None => true,
            Some(home) if *home == tenant.key => !self.lacks_service_principal,
            Some(_) => self.service_principals_in.contains(&tenant.key),
        }
    }

    /// Whether it offers anything to others.
    pub const fn is_resource(&self) -> bool {
        !self.api.scopes.is_empty() || !self.app_roles.is_empty() || !self.identifier_uris.is_empty()
    }

    /// The delegated permission of that name, whatever its letter case.
    pub fn scope(&self, value: &str) -> Option<&PermissionScope> {
        self.api.scopes.iter().find(|scope| scope.value.eq_ignore_ascii_case(value))
    }

    /// Whether this is Microsoft Graph, the resource meant where a scope names none.
    pub fn is_graph(&self) -> bool {
        self.app_id == GRAPH
    }
}

/// The platform that a redirect URI is registered under. It decides who must authenticate and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformKind {
    /// A server, with a credential.
    Web,
    /// JavaScript in a browser: PKCE and an `Origin`, no credential.
    Spa,
    /// Mobile and desktop: no credential.
    PublicClient,
}

impl PlatformKind {
    /// Whether those who use it can keep no credential.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Spa | Self::PublicClient)
    }

    /// The platform with that [`PlatformKind::name`].
    pub fn named(name: &str) -> Option<Self> {
        [Self::Web, Self::Spa, Self::PublicClient].into_iter().find(|kind| kind.name() == name)
    }

    /// The name of the property in the registration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::PublicClient => "publicClient",
        }
    }
}
