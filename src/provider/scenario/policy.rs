//! What the tenants ask beyond a password: switches that hold everywhere, and conditional access.

use serde::{Deserialize, Serialize};

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
