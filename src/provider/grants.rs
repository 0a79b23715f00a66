//! What the tenant has handed out and will be shown again: codes, device codes, refresh tokens.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{
    claims::Claims,
    scenario::{Application, PlatformKind, Tenant},
    scope::Wanted,
    sessions::Person,
    tenant::Segment,
};
use crate::time::UnixTime;

/// How long an authorization code can be redeemed.
pub const CODE_LIFE: Duration = Duration::from_secs(600);

/// How long a device code can be polled with.
pub const DEVICE_CODE_LIFE: Duration = Duration::from_secs(900);

/// Seconds between two polls.
pub const POLL_INTERVAL: u64 = 5;

/// How long a refresh token may lie unused.
pub const REFRESH_TOKEN_IDLE: Duration = Duration::from_secs(90 * 86_400);

/// How long the refresh tokens of a single-page application last, all in a row taken together.
pub const SPA_REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(86_400);

/// An authorization code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub client: Arc<Application>,
    pub tenant: Arc<Tenant>,
    /// The path segment of the request that led to it.
    pub segment: Segment,
    pub person: Person,
    pub wanted: Wanted,
    pub platform: PlatformKind,
    /// `redirect_uri` of the authorization request; absent if it was left out there.
    pub redirect_uri: Option<String>,
    pub nonce: Option<String>,
    pub challenge: Option<Challenge>,
    /// Whether the ID token tells when the person signed in.
    pub auth_time: bool,
    /// What `claims` of the authorization request asked for.
    pub claims: Claims,
    pub issued: UnixTime,
    pub redeemed: bool,
}

/// What the verifier must fit (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub value: String,
    pub method: ChallengeMethod,
}

/// `code_challenge_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeMethod {
    Plain,
    S256,
}

impl ChallengeMethod {
    /// Absent means plain.
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("plain") => Some(Self::Plain),
            Some("S256") => Some(Self::S256),
            Some(_) => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::S256 => "S256",
        }
    }
}

impl Challenge {
    /// The challenge that this verifier would have led to.
    pub fn of(verifier: &str, method: ChallengeMethod) -> String {
        match method {
            ChallengeMethod::Plain => verifier.to_owned(),
            ChallengeMethod::S256 => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        }
    }

    pub fn fits(&self, verifier: &str) -> bool {
        Self::of(verifier, self.method) == self.value
    }
}

/// A device code and where its sign-in stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub user_code: String,
    pub client: Arc<Application>,
    pub segment: Segment,
    pub wanted: Wanted,
    pub issued: UnixTime,
    pub progress: Progress,
    pub polled: Option<UnixTime>,
}

/// Where the sign-in on the second device stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Waiting,
    Approved(Box<Person>, Arc<Tenant>),
    Declined,
    Redeemed,
}

/// A refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    pub client: Arc<Application>,
    pub tenant: Arc<Tenant>,
    pub person: Person,
    pub wanted: Wanted,
    /// The platform of the sign-in; none for the device flow.
    pub platform: Option<PlatformKind>,
    pub issued: UnixTime,
    /// When the first of the row was issued.
    pub row_began: UnixTime,
    /// Since when tokens of its person count again, if it was issued before and no longer does.
    pub revoked: Option<UnixTime>,
}

/// The name that a refresh token is kept under. A hundred thousand of them have a place, for 90 days each: a digest is a
/// twentieth of the token, and enough to know it again.
pub fn kept_as(refresh_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(refresh_token)[..24])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b_is_ours() {
        let challenge = Challenge::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", ChallengeMethod::S256);
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
