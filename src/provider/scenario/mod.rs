//! The directory a lab tenant is stocked with, read from TOML.
//!
//! [`Scenario::northwind`] is the one built in; [`Scenario::parse`] reads another. Properties of registrations carry the
//! names that Microsoft Graph gives them, unknown keys are refused, and an error names line and key. Tests and the
//! workbench find things by their short `key`: `scenario.application("storefront")`, `scenario.user("mina")`.

mod credentials;
mod describe;
mod devices;
pub mod edit;
mod groups;
mod locations;
mod managed_identity;
pub(super) mod plain;
mod read;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    certificate::Certificate,
    consents::{PermissionGrant, RoleAssignment},
};
use crate::{secret::Secret, time::UnixTime};
pub use credentials::{FederatedCredential, Issuer, Key, KeyCredential, LAB};
pub use devices::{Device, TrustType};
pub use groups::{AssignedTo, Group, GroupMembershipClaims, GroupRange};
pub(super) use locations::ALL_TRUSTED;
pub use locations::NamedLocation;
pub use managed_identity::{IdentityKind, ManagedIdentity};
pub use read::ScenarioError;
pub(super) use read::{EVERYTHING, is_guid};

/// The tenant id behind the word `consumers` (personal Microsoft accounts).
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Microsoft Graph's application id, the same in every tenant.
pub const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Tenants, people, applications and policies. Checked: whatever is referred to exists, ids are GUIDs, keys are unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What the tenants agreed on.
    pub policy: Policy,
    /// What the tenants ask of sign-ins, in the order of the file.
    pub conditional_access_policies: Vec<ConditionalAccessPolicy>,
    tenants: Vec<Arc<Tenant>>,
    users: Vec<Arc<User>>,
    applications: Vec<Arc<Application>>,
    managed_identities: Vec<Arc<ManagedIdentity>>,
    issuers: Vec<Issuer>,
    groups: Vec<Group>,
    group_ranges: Vec<GroupRange>,
    devices: Vec<Device>,
    named_locations: Vec<NamedLocation>,
    grants: Vec<PermissionGrant>,
    assignments: Vec<RoleAssignment>,
}

/// Switches that hold for every tenant of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, and is shown as one")]
pub struct Policy {
    /// Answer polls that come too fast with `slow_down` (RFC 8628 §3.5). Entra does not, and some clients fail on it.
    pub slow_down: bool,
    /// Whether ordinary people may consent to permissions of type `User`.
    pub users_may_consent: bool,
    /// Microsoft's security defaults: everybody registers a second factor, administrators use it at every sign-in, and a
    /// password alone is not taken by the token endpoint.
    pub security_defaults: bool,
    /// Stop a client that asks for the same tokens over and over.
    pub loop_detection: bool,
    /// How many requests a minute the token endpoint takes for one tenant; any number if absent.
    pub token_requests_per_minute: Option<u32>,
    /// What they may consent to, where they may at all.
    pub user_consent: UserConsent,
    /// Whether the applications of others that look risky are for administrators to judge (Graph's directory setting
    /// `BlockUserConsentForRiskyApps`).
    pub block_user_consent_for_risky_apps: bool,
    /// Whether people can ask an administrator from the page that stops them (Graph's `adminConsentRequestPolicy`).
    pub admin_consent_requests: bool,
}

/// What people may consent to for themselves: the two policies that Entra brings along, by their ids in Graph's
/// `permissionGrantPoliciesAssigned`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum UserConsent {
    /// Whatever no administrator has to grant.
    #[default]
    #[serde(rename = "microsoft-user-default-legacy")]
    Everything,
    /// Permissions of low impact, for the tenant's own applications and those of verified publishers.
    #[serde(rename = "microsoft-user-default-low")]
    LowImpact,
}

impl UserConsent {
    /// The id of the policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everything => "microsoft-user-default-legacy",
            Self::LowImpact => "microsoft-user-default-low",
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            slow_down: false,
            users_may_consent: true,
            security_defaults: false,
            loop_detection: false,
            token_requests_per_minute: None,
            user_consent: UserConsent::default(),
            block_user_consent_for_risky_apps: false,
            admin_consent_requests: false,
        }
    }
}

/// What is asked of some sign-ins before a token is issued. Graph's `conditionalAccessPolicy`, with its conditions and
/// controls on one level. An empty list of people stands for nobody; the word `All` stands for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionalAccessPolicy {
    /// The GUID that a claims challenge names.
    pub id: String,
    /// What administrators call it.
    pub display_name: String,
    /// Whether it counts.
    #[serde(default)]
    pub state: PolicyState,
    /// The keys of the people it is about, or `All`.
    #[serde(default)]
    pub include_users: Vec<String>,
    /// The keys of people it leaves alone all the same.
    #[serde(default)]
    pub exclude_users: Vec<String>,
    /// The keys of the applications it is about when they sign in by themselves.
    #[serde(default)]
    pub include_service_principals: Vec<String>,
    /// The keys of the resources that it guards, or `All`.
    #[serde(default)]
    pub include_applications: Vec<String>,
    /// The authentication contexts that it is about, such as `c1`: what clients ask for with `claims`.
    #[serde(default)]
    pub include_authentication_context_class_references: Vec<String>,
    /// What it asks; all of it.
    #[serde(default)]
    pub built_in_controls: Vec<Control>,
    /// How many seconds after a sign-in the next one is due (Graph's session control `signInFrequency`).
    #[serde(default)]
    pub sign_in_frequency: Option<u32>,
    /// What has to be done again when that time is over.
    #[serde(default)]
    pub sign_in_frequency_authentication: Repeated,
    /// The keys of the groups whose members it is about.
    #[serde(default)]
    pub include_groups: Vec<String>,
    /// The keys of groups whose members it leaves alone all the same.
    #[serde(default)]
    pub exclude_groups: Vec<String>,
    /// The keys of the named locations it is about, `All`, or `AllTrusted`; anywhere if empty.
    #[serde(default)]
    pub include_locations: Vec<String>,
    /// The keys of named locations where it does not apply, or `AllTrusted`.
    #[serde(default)]
    pub exclude_locations: Vec<String>,
    /// How risky a person has to be; any if empty.
    #[serde(default)]
    pub user_risk_levels: Vec<RiskLevel>,
    /// How risky a sign-in has to be; any if empty.
    #[serde(default)]
    pub sign_in_risk_levels: Vec<RiskLevel>,
    /// Ways of moving a sign-in to another device that it is about; any way of signing in if empty.
    #[serde(default)]
    pub transfer_methods: Vec<TransferMethod>,
    /// What people do that it is about, beside reaching applications.
    #[serde(default)]
    pub include_user_actions: Vec<UserAction>,
    /// Whether all controls have to be met, or one of them.
    #[serde(default)]
    pub operator: Operator,
    /// The names of terms that have to be accepted.
    #[serde(default)]
    pub terms_of_use: Vec<String>,
}

/// Whether a policy counts (Graph's `state`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PolicyState {
    /// It does.
    #[default]
    Enabled,
    /// It is there and asks nothing.
    Disabled,
    /// It asks nothing either; in the real service the log would tell what it would have asked.
    EnabledForReportingButNotEnforced,
}

impl PolicyState {
    /// The word in the policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::EnabledForReportingButNotEnforced => "enabledForReportingButNotEnforced",
        }
    }
}

/// What has to be done again from time to time (`authenticationType` of Graph's `signInFrequency`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Repeated {
    /// The whole sign-in.
    #[default]
    PrimaryAndSecondaryAuthentication,
    /// The second factor.
    SecondaryAuthentication,
}

/// How much speaks for somebody else being at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RiskLevel {
    /// Nothing.
    #[default]
    None,
    /// Little.
    Low,
    /// Something.
    Medium,
    /// Much.
    High,
}

impl RiskLevel {
    /// The word in the directory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A way of moving a sign-in to another device (Graph's `authenticationFlows`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferMethod {
    /// The device code flow.
    DeviceCodeFlow,
}

/// What somebody does beside reaching an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum UserAction {
    /// Registering a second factor.
    #[serde(rename = "urn:user:registersecurityinfo")]
    RegisterSecurityInfo,
}

/// How the controls of a policy go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operator {
    /// All of them.
    #[default]
    And,
    /// One is enough.
    Or,
}

/// What a policy asks, the gravest first: what no page can mend, then what pages ask for, in the order of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Control {
    /// Nothing helps.
    Block,
    /// An application that Microsoft has approved.
    ApprovedApplication,
    /// An application that protects what it holds.
    CompliantApplication,
    /// A device that its management vouches for.
    CompliantDevice,
    /// A device that is joined to a domain of the organisation.
    DomainJoinedDevice,
    /// A second factor.
    Mfa,
    /// A new password, after which nothing speaks against the person any more.
    PasswordChange,
    /// Terms that were accepted. They stand in `termsOfUse`, and not among the controls.
    #[serde(skip)]
    TermsOfUse,
}

impl Control {
    /// The word in the policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::ApprovedApplication => "approvedApplication",
            Self::CompliantApplication => "compliantApplication",
            Self::CompliantDevice => "compliantDevice",
            Self::DomainJoinedDevice => "domainJoinedDevice",
            Self::Mfa => "mfa",
            Self::PasswordChange => "passwordChange",
            Self::TermsOfUse => "termsOfUse",
        }
    }
}

/// An organisation's directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tenant {
    /// Its short name in the scenario.
    pub key: String,
    /// Its GUID, the `tid` of tokens.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// Verified domain names; each works in place of the id.
    pub domains: Vec<String>,
    /// `tenant_region_scope` of its metadata, such as `EU`.
    pub region: String,
    /// The country of the organisation, two letters (`tenant_ctry`).
    #[serde(default)]
    pub country_letter_code: Option<String>,
    /// The host of the national cloud that it lives in, such as `login.microsoftonline.us`; absent for this one.
    #[serde(default)]
    pub national_cloud: Option<String>,
    /// Why Microsoft has closed it, if it has.
    #[serde(default)]
    pub blocked: Option<Blocked>,
}

/// Why a tenant is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Blocked {
    /// Nobody has used it for long.
    Inactivity,
    /// It was used for what the terms forbid.
    Abuse,
}

impl Blocked {
    /// The word in the scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inactivity => "inactivity",
            Self::Abuse => "abuse",
        }
    }
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the directory, as in Graph's user object"
)]
pub struct User {
    /// The short name in the scenario.
    pub key: String,
    /// The situation this person is there for.
    pub about: String,
    /// The key of the home tenant.
    pub tenant: String,
    /// The GUID of the home tenant, filled in when the scenario is read.
    #[serde(skip)]
    pub tenant_id: String,
    /// The object id, the `oid` of tokens.
    pub id: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The full name.
    pub display_name: String,
    /// The first name.
    pub given_name: String,
    /// The last name.
    pub surname: String,
    /// The e-mail address, if there is one.
    pub mail: Option<String>,
    /// The lab password.
    #[serde(with = "plain::secret")]
    pub password: Secret,
    /// Whether the account may sign in at all.
    #[serde(default = "plain::yes")]
    pub account_enabled: bool,
    /// Whether this person may consent for the whole organisation.
    #[serde(default)]
    pub administrator: bool,
    /// Present for people who need a second factor: the code that the lab takes for it.
    #[serde(default, with = "plain::optional_secret")]
    pub one_time_code: Option<Secret>,
    /// The second factor is asked for only where a policy wants it, not at every sign-in.
    #[serde(default)]
    pub second_factor_on_demand: bool,
    /// The password must be changed before it opens anything.
    #[serde(default)]
    pub password_expired: bool,
    /// Too many wrong passwords were typed.
    #[serde(default)]
    pub locked_out: bool,
    /// The password is known to another identity provider only, and never checked here.
    #[serde(default)]
    pub federated: bool,
    /// The other tenants that have invited this person.
    #[serde(default)]
    pub guest_in: Vec<Membership>,
    /// How much speaks for somebody else using the account.
    #[serde(default)]
    pub risk_level: RiskLevel,
    /// Two letters (`ctry`).
    #[serde(default)]
    pub country: Option<String>,
    /// Such as `de` (`xms_pl`).
    #[serde(default)]
    pub preferred_language: Option<String>,
    /// `Minor` for somebody who is too young for some applications.
    #[serde(default)]
    pub legal_age_group: LegalAgeGroup,
}

/// How old somebody is, as far as the law asks (`legalAgeGroupClassification`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum LegalAgeGroup {
    /// Old enough, or nothing is known.
    #[default]
    Adult,
    /// Too young to decide alone.
    Minor,
}

/// A guest's place in a tenant that is not their own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Membership {
    /// The key of the tenant.
    pub tenant: String,
    /// The object id there; each directory has its own for the same person.
    pub id: String,
    /// Whether the guest account may sign in there.
    #[serde(default = "plain::yes")]
    pub account_enabled: bool,
    /// The invitation was not accepted yet (`externalUserState`).
    #[serde(default)]
    pub is_pending: bool,
    /// Whether the guest administers that tenant for a partner.
    #[serde(default)]
    pub is_delegated_administrator: bool,
}

impl User {
    /// The object id in a tenant; `None` where the person is neither member nor guest.
    pub fn object_id_in(&self, tenant: &Tenant) -> Option<&str> {
        if self.tenant == tenant.key {
            return Some(&self.id);
        }
        self.membership_in(tenant).map(|membership| membership.id.as_str())
    }

    /// The place of a guest in a tenant.
    pub fn membership_in(&self, tenant: &Tenant) -> Option<&Membership> {
        self.guest_in.iter().find(|membership| membership.tenant == tenant.key)
    }
}

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

impl Scenario {
    /// Northwind Retail, the scenario that is built in.
    pub fn northwind() -> Self {
        Self::parse(include_str!("../northwind.toml")).expect("the built-in scenario is read by a test")
    }

    /// All tenants; the first is the home tenant.
    pub fn tenants(&self) -> &[Arc<Tenant>] {
        &self.tenants
    }

    /// All people.
    pub fn users(&self) -> &[Arc<User>] {
        &self.users
    }

    /// All registrations, resources included.
    pub fn applications(&self) -> &[Arc<Application>] {
        &self.applications
    }

    /// The tenant that ready-made profiles use.
    pub fn home(&self) -> &Arc<Tenant> {
        self.tenants.first().expect("a scenario without tenants is refused when it is read")
    }

    /// The tenant with that short name.
    pub fn tenant(&self, key: &str) -> Option<&Arc<Tenant>> {
        self.tenants.iter().find(|tenant| tenant.key == key)
    }

    /// The person with that short name.
    pub fn user(&self, key: &str) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.key == key)
    }

    /// The registration with that short name.
    pub fn application(&self, key: &str) -> Option<&Arc<Application>> {
        self.applications.iter().find(|application| application.key == key)
    }

    /// The identities of the lab's machine.
    pub fn managed_identities(&self) -> &[Arc<ManagedIdentity>] {
        &self.managed_identities
    }

    /// The devices that the directory knows.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The named locations.
    pub fn named_locations(&self) -> &[NamedLocation] {
        &self.named_locations
    }

    /// What is granted from the beginning beside what stands in the registrations.
    pub fn grants(&self) -> &[PermissionGrant] {
        &self.grants
    }

    /// The roles that are held from the beginning beside what stands in the registrations.
    pub fn assignments(&self) -> &[RoleAssignment] {
        &self.assignments
    }

    /// The issuers outside the lab whose keys are known.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// Adds a certificate to the registration with that short name or client id; false if there is none.
    pub(super) fn add_certificate(&mut self, application: &str, certificate: Certificate) -> bool {
        let found = self
            .applications
            .iter_mut()
            .find(|found| found.key == application || found.app_id.eq_ignore_ascii_case(application));
        let Some(found) = found else { return false };
        let display_name = certificate.subject.clone();
        let key = Key::Certificate(Box::new(certificate));
        Arc::make_mut(found).key_credentials.push(KeyCredential { display_name, key });
        true
    }

    /// The directory without these certificates (DER), whosever they are.
    pub(super) fn without_certificates(&self, ders: &[Vec<u8>]) -> Self {
        let mut scenario = self.clone();
        for application in &mut scenario.applications {
            let is_one = |credential: &KeyCredential| match &credential.key {
                Key::Certificate(certificate) => ders.contains(&certificate.der),
                Key::MadeAtStart => false,
            };
            if application.key_credentials.iter().any(is_one) {
                Arc::make_mut(application).key_credentials.retain(|credential| !is_one(credential));
            }
        }
        scenario
    }

    /// The tenant with that GUID or domain name, whatever the letter case.
    pub fn tenant_named(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.tenants.iter().find(|tenant| {
            tenant.id.eq_ignore_ascii_case(name)
                || tenant.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))
        })
    }

    /// The person with that sign-in name, whatever the letter case.
    pub fn user_named(&self, name: &str) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.user_principal_name.eq_ignore_ascii_case(name.trim()))
    }

    /// The registration with that client id.
    pub fn application_with_id(&self, app_id: &str) -> Option<&Arc<Application>> {
        self.applications.iter().find(|application| application.app_id.eq_ignore_ascii_case(app_id))
    }

    /// The person with that object id, in whichever tenant.
    pub fn user_with_id(&self, object_id: &str) -> Option<&Arc<User>> {
        self.users.iter().find(|user| {
            user.id.eq_ignore_ascii_case(object_id)
                || user.guest_in.iter().any(|membership| membership.id.eq_ignore_ascii_case(object_id))
        })
    }

    /// Somebody's home tenant.
    pub fn tenant_of(&self, user: &User) -> &Arc<Tenant> {
        self.tenant(&user.tenant).expect("a person's tenant is checked when the scenario is read")
    }

    /// Microsoft Graph's registration.
    pub fn graph(&self) -> &Arc<Application> {
        self.application_with_id(GRAPH).expect("a scenario without Graph is refused when it is read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_scenario_is_read_and_has_somebody_for_each_situation() {
        let scenario = Scenario::northwind();
        assert_eq!(scenario.home().display_name, "Northwind Retail");
        assert!(scenario.users().iter().any(|user| user.administrator));
        assert!(scenario.users().iter().any(|user| user.one_time_code.is_some()));
        assert!(scenario.users().iter().any(|user| !user.account_enabled));
        for key in ["storefront", "admin-portal", "inventory-sync", "desktop", "kiosk", "catalog-api"] {
            assert!(scenario.application(key).is_some(), "{key} is missing");
        }
        assert_eq!(
            scenario.tenant_named("NORTHWIND.example"),
            scenario.tenant_named(&scenario.home().id),
            "a domain means the same tenant as its id"
        );
    }

    #[test]
    fn ready_made_profiles_find_what_they_need() {
        let scenario = Scenario::northwind();
        let of = |key: &str| scenario.application(key).unwrap();
        assert_eq!(
            of("storefront").redirect_uri(),
            Some((PlatformKind::Spa, "http://localhost:7081/signin"))
        );
        assert_eq!(of("desktop").redirect_uri(), Some((PlatformKind::PublicClient, "http://localhost")));
        assert!(of("inventory-sync").secret().is_some() && of("kiosk").secret().is_none());
        assert_eq!(
            of("store-reports").secret().unwrap().expose(),
            "lab~store-reports~secret",
            "not the expired one"
        );
    }
}
