//! The token endpoint's answer (RFC 6749 §5.1).

use crate::secret::Secret;

/// What a token endpoint gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenSet {
    /// The key to an API.
    pub access_token: Option<Secret>,
    /// Who signed in, for the client.
    pub id_token: Option<Secret>,
    /// For getting more later.
    pub refresh_token: Option<Secret>,
    /// How the access token is presented, `Bearer`.
    pub token_type: Option<String>,
    /// Seconds the access token lives.
    pub expires_in: Option<u64>,
    /// What was granted, blank-separated.
    pub scope: Option<String>,
}
