//! Whom we sign in as what: the settings of a run.

use url::Url;

use crate::{secret::Secret, wire::Method};

/// The kinds of flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowKind {
    /// Authorization code, with or without PKCE and client authentication (RFC 6749 §4.1).
    AuthorizationCode,
    /// Client credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// Device authorization grant (RFC 8628).
    DeviceCode,
    /// An API exchanges the token it was called with for one to the next API (reference §4.11).
    OnBehalfOf,
    /// A refresh token for new tokens (RFC 6749 §6), to one API or to a list of them.
    RefreshToken,
    /// A token to an API, or an API to a token: one call with what it answers.
    CallApi,
    /// Who signed in, from the provider's own endpoint (OpenID Connect Core §5.3).
    UserInfo,
    /// A token from the machine that the program runs on (reference §11).
    ManagedIdentity,
    /// An administrator agrees for everybody (reference §6).
    AdminConsent,
    /// The end of the session at the authority (OpenID Connect RP-Initiated Logout).
    Logout,
    /// Code and ID token from the authorization endpoint (OpenID Connect Core §3.3).
    Hybrid,
    /// Tokens from the authorization endpoint (RFC 6749 §4.2).
    Implicit,
    /// The person's password for tokens (RFC 6749 §4.3).
    Password,
}

impl FlowKind {
    /// Every kind that can be run, in the order they are offered.
    pub const ALL: &[Self] = &[
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::OnBehalfOf,
        Self::RefreshToken,
        Self::CallApi,
        Self::UserInfo,
        Self::ManagedIdentity,
        Self::AdminConsent,
        Self::Logout,
        Self::Hybrid,
        Self::Implicit,
        Self::Password,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "device_code",
            Self::OnBehalfOf => "on_behalf_of",
            Self::RefreshToken => "refresh_token",
            Self::CallApi => "call_api",
            Self::UserInfo => "userinfo",
            Self::ManagedIdentity => "managed_identity",
            Self::AdminConsent => "admin_consent",
            Self::Logout => "logout",
            Self::Hybrid => "hybrid",
            Self::Implicit => "implicit",
            Self::Password => "password",
        }
    }

    /// The name on screens.
    pub const fn title(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "Authorization code",
            Self::ClientCredentials => "Client credentials",
            Self::DeviceCode => "Device code",
            Self::OnBehalfOf => "On behalf of",
            Self::RefreshToken => "Refresh token",
            Self::CallApi => "Call an API",
            Self::UserInfo => "UserInfo",
            Self::ManagedIdentity => "Managed identity",
            Self::AdminConsent => "Admin consent",
            Self::Logout => "Logout",
            Self::Hybrid => "Hybrid",
            Self::Implicit => "Implicit",
            Self::Password => "Password",
        }
    }

    /// Why not to use it any more and what to use in its place; `None` for flows that are current.
    pub const fn warning(self) -> Option<&'static str> {
        match self {
            Self::Implicit => Some(
                "Tokens travel in the address and end in the browser's history. Use authorization code with PKCE.",
            ),
            Self::Hybrid => Some(
                "An ID token travels through the browser. Use authorization code with PKCE, which brings it directly.",
            ),
            Self::Password => Some(
                "The application sees the password, and no second factor is possible. Use authorization code or \
                 device code; without a person, client credentials.",
            ),
            Self::AuthorizationCode
            | Self::ClientCredentials
            | Self::DeviceCode
            | Self::OnBehalfOf
            | Self::RefreshToken
            | Self::CallApi
            | Self::UserInfo
            | Self::ManagedIdentity
            | Self::AdminConsent
            | Self::Logout => None,
        }
    }

    /// Why this flow cannot be run at such an authority; `None` where it can.
    pub const fn unsuited(self, authority: &Authority) -> Option<&'static str> {
        let Authority::Issuer(_) = authority else { return None };
        match self {
            Self::AdminConsent => Some(
                "Admin consent is an endpoint of Entra's own; OpenID Connect knows no such page, and no metadata names one.",
            ),
            Self::ManagedIdentity => {
                Some("Managed identities belong to Azure, and their tokens come from Entra alone.")
            }
            Self::AuthorizationCode
            | Self::ClientCredentials
            | Self::DeviceCode
            | Self::OnBehalfOf
            | Self::RefreshToken
            | Self::CallApi
            | Self::UserInfo
            | Self::Logout
            | Self::Hybrid
            | Self::Implicit
            | Self::Password => None,
        }
    }

    /// The kind of that command-line name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Which authority, as which client, asking for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What the person calls it.
    pub name: String,
    /// Whom we ask.
    pub authority: Authority,
    /// The application (client) id.
    pub client_id: String,
    /// The kind of application, which decides who must authenticate and how.
    pub platform: Platform,
    /// Where the answer comes back; `http://localhost` without a port means any free one.
    pub redirect_uri: Option<Url>,
    /// Every redirect URI that the registration holds, with its platform, where that is known; else empty.
    pub registered: Vec<(Platform, Url)>,
    /// Blank-separated scopes.
    pub scope: String,
    /// How the client proves itself.
    pub credential: Credential,
    /// How a secret travels; `None` takes what the provider's metadata offers.
    pub secret_method: Option<SecretMethod>,
    /// How the code is bound to us.
    pub pkce: Pkce,
    /// The language of the device-code message (`mkt`), such as `de-DE`.
    pub market: Option<String>,
    /// What the authorization endpoint is asked for where the flow leaves a choice: `id_token`, `token`,
    /// `id_token token`, `code id_token`.
    pub response_type: Option<String>,
    /// How the answer comes back: `query`, `fragment`, `form_post`; `None` leaves it to the flow.
    pub response_mode: Option<String>,
    /// Further parameters of the authorization request, such as `prompt`, `login_hint` or `max_age` (reference §3.1).
    pub authorize_with: Vec<(String, String)>,
    /// The person whose password is sent (password grant only).
    pub username: Option<String>,
    /// That password.
    pub password: Option<Secret>,
    /// The token in hand that the flow begins with: the user's token (on behalf of), the refresh token, the token to
    /// call an API with, the ID token as a hint at logout. `None`: the flow asks for one with
    /// [`Effect::Need`](super::Effect::Need).
    pub given: Option<Secret>,
    /// The run that brings that token where none is in hand.
    pub source: Option<Box<Source>>,
    /// Scopes to try one refresh token on, one per row of the fan-out matrix.
    pub fan_out: Vec<String>,
    /// The ID token that came with it, where UserInfo is asked about that sign-in.
    pub id_token: Option<Secret>,
    /// The API to call.
    pub api: Option<ApiCall>,
    /// The managed-identity endpoint to ask.
    pub managed_identity: Option<ManagedIdentity>,
    /// Which of the two admin consent endpoints is meant.
    pub admin_consent: AdminConsentVersion,
    /// Where the person is sent after signing out; `None`: the redirect URI.
    pub post_logout_redirect_uri: Option<Url>,
}

impl Profile {
    /// A public client that asks for a sign-in and nothing else.
    pub fn new(name: impl Into<String>, authority: Authority, client_id: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            authority,
            client_id: client_id.into(),
            platform: Platform::Native,
            redirect_uri: None,
            registered: Vec::new(),
            scope: "openid profile offline_access".to_owned(),
            credential: Credential::None,
            secret_method: None,
            pkce: Pkce::S256,
            market: None,
            response_type: None,
            response_mode: None,
            authorize_with: Vec::new(),
            username: None,
            password: None,
            given: None,
            source: None,
            fan_out: Vec::new(),
            id_token: None,
            api: None,
            managed_identity: None,
            admin_consent: AdminConsentVersion::V2,
            post_logout_redirect_uri: None,
        }
    }
}

/// A run that brings the token which another run begins with: whose sign-in, by which flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The flow.
    pub kind: FlowKind,
    /// Its settings.
    pub profile: Profile,
}

/// A request to an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCall {
    /// The verb.
    pub method: Method,
    /// The address, with its query.
    pub url: Url,
    /// The body, usually JSON; `None` where there is none.
    pub body: Option<String>,
}

impl ApiCall {
    /// A plain `GET`.
    pub const fn get(url: Url) -> Self {
        Self { method: Method::Get, url, body: None }
    }
}

/// The two admin consent endpoints (reference §6.1, §6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdminConsentVersion {
    /// `v2.0/adminconsent`: to the permissions that the request names.
    #[default]
    V2,
    /// `adminconsent`: to everything that the registration lists.
    V1,
}

impl AdminConsentVersion {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V1 => "v1",
        }
    }
}

/// A managed-identity endpoint and which identity of the machine is meant (reference §11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedIdentity {
    /// Which kind of endpoint it is.
    pub host: IdentityHost,
    /// Its address: `http://169.254.169.254` on a virtual machine, `IDENTITY_ENDPOINT` on App Service.
    pub endpoint: Url,
    /// Which identity; `None` is the system-assigned one.
    pub identity: Option<UserAssigned>,
}

/// What the program runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityHost {
    /// A virtual machine: the instance metadata service, which wants the header `Metadata: true`.
    VirtualMachine,
    /// App Service or Functions: the value of `IDENTITY_HEADER` proves that the request comes from inside.
    AppService(Secret),
}

/// How a user-assigned identity is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserAssigned {
    /// By its application (client) id.
    ClientId(String),
    /// By its object (principal) id.
    ObjectId(String),
    /// By its Azure resource id.
    ResourceId(String),
}

/// Whom we ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The lab tenant in this program, at this loopback address.
    Lab {
        /// The authority's base address, without tenant.
        base: Url,
        /// GUID, domain, `common`, `organizations` or `consumers`.
        tenant: String,
    },
    /// Microsoft Entra ID.
    Entra {
        /// The authority's base address, without tenant.
        base: Url,
        /// GUID, domain, `common`, `organizations` or `consumers`.
        tenant: String,
    },
    /// Any OpenID provider, by its issuer identifier.
    Issuer(Url),
}

impl Authority {
    /// Where the metadata stands (OpenID Connect Discovery §4; the v2.0 document for Entra).
    pub fn metadata_url(&self) -> String {
        match self {
            Self::Lab { base, tenant } | Self::Entra { base, tenant } => {
                format!(
                    "{}/{tenant}/v2.0/.well-known/openid-configuration",
                    base.as_str().trim_end_matches('/')
                )
            }
            Self::Issuer(issuer) => {
                format!("{}/.well-known/openid-configuration", issuer.as_str().trim_end_matches('/'))
            }
        }
    }

    /// Whether this is the simulated tenant.
    pub const fn is_lab(&self) -> bool {
        matches!(self, Self::Lab { .. })
    }

    /// Whether Entra's own rules apply (lab or real).
    pub const fn is_entra(&self) -> bool {
        matches!(self, Self::Lab { .. } | Self::Entra { .. })
    }
}

/// The kind of application, as Entra's registrations name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// A server with a secret or certificate.
    Web,
    /// JavaScript in a browser: no secret, PKCE, and an `Origin` header when redeeming.
    Spa,
    /// Desktop, mobile, command line: no secret.
    Native,
}

impl Platform {
    /// The name in profiles and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::Native => "native",
        }
    }

    /// The name in a sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Web => "web application",
            Self::Spa => "single-page application",
            Self::Native => "desktop or mobile application",
        }
    }
}

/// How the client proves itself to the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Not at all: a public client.
    None,
    /// With a shared secret (`client_secret_post`, or `client_secret_basic` where only that is taken).
    Secret(Secret),
    /// With an assertion that it signs (`private_key_jwt`, RFC 7523 §2.2; reference §4.5).
    PrivateKey(ClientKey),
    /// With an assertion that somebody else signed for it (reference §4.6).
    Federated(Federated),
}

/// How a client secret travels to the token endpoint (OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretMethod {
    /// In the form.
    Post,
    /// In the header `authorization`.
    Basic,
}

impl SecretMethod {
    /// The name in metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "client_secret_post",
            Self::Basic => "client_secret_basic",
        }
    }
}

/// A private key and how the authority knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// The key, PKCS#8 in PEM.
    pub pem: Secret,
    /// With which algorithm it signs.
    pub algorithm: SigningAlgorithm,
    /// The header members that name it, such as `x5t`, `x5t#S256` or `kid`.
    pub names: Vec<(String, String)>,
    /// What to show about it: subject and end of the certificate, or where it came from.
    pub about: String,
}

/// The signature algorithms of client assertions (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

impl SigningAlgorithm {
    /// The algorithm of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Ps256].into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The value of `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }
}

/// Where the assertion of somebody else comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Federated {
    /// In hand: read from a file or a variable.
    Given(Secret),
    /// Fetched with a GET from a service that answers `{"value": "…"}`, as the lab's second issuer and CI systems do.
    Fetched(Url),
}

/// How the code is bound to the client that asked for it (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// The challenge is the SHA-256 of the verifier.
    S256,
    /// The challenge is the verifier itself.
    Plain,
    /// No PKCE.
    None,
}

impl Pkce {
    /// The value of `code_challenge_method`, or `none`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
            Self::None => "none",
        }
    }
}
