//! Whom we sign in as what: the settings of a run.

use url::Url;

use crate::secret::Secret;

/// The kinds of flow that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowKind {
    /// Authorization code, with or without PKCE and client secret.
    AuthorizationCode,
    /// Client credentials.
    ClientCredentials,
    /// Device authorization grant.
    DeviceCode,
}

impl FlowKind {
    /// Every kind, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::AuthorizationCode, Self::ClientCredentials, Self::DeviceCode];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "device_code",
        }
    }

    /// The name on screens.
    pub const fn title(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "Authorization code",
            Self::ClientCredentials => "Client credentials",
            Self::DeviceCode => "Device code",
        }
    }

    /// The kind of that command-line name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
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
    /// Blank-separated scopes.
    pub scope: String,
    /// How the client proves itself.
    pub credential: Credential,
    /// How the code is bound to us.
    pub pkce: Pkce,
    /// The language of the device-code message (`mkt`), such as `de-DE`.
    pub market: Option<String>,
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
}

/// How the client proves itself to the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Not at all: a public client.
    None,
    /// With a shared secret in the body (`client_secret_post`).
    Secret(Secret),
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
