//! Which key signed a token, and did it. The key decides which algorithms may be used with it; what the token says about
//! itself only chooses among those (RFC 8725 §3.1).

use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;

use super::part;

/// More keys than this are not tried for a token that does not name one.
const MOST_TRIED: usize = 32;

/// A key of the set, with what is needed to talk about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a>(pub &'a Value);

impl<'a> Key<'a> {
    /// The keys of a set (RFC 7517 §5), or nothing if it is no set.
    pub fn all(jwks: &'a Value) -> Option<Vec<Self>> {
        jwks.get("keys").and_then(Value::as_array).map(|keys| keys.iter().map(Key).collect())
    }

    /// A string member.
    pub fn member(self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Its `kid`, or a word in its place.
    pub fn name(self) -> &'a str {
        self.member("kid").unwrap_or("(without kid)")
    }

    /// What it is, in words: `RSA, 2048 bits`.
    pub fn description(self) -> String {
        match (self.member("kty"), self.member("crv")) {
            (Some("RSA"), _) => format!("RSA, {} bits", self.modulus_bits()),
            (Some(_), Some(curve)) => format!("curve {curve}"),
            (Some(kind), None) => format!("kty {kind}"),
            (None, _) => "no kty".to_owned(),
        }
    }

    /// The algorithms that may be used with this key, by its own members alone, or why it cannot be used at all.
    pub fn allowed(self) -> Result<Vec<Algorithm>, Unusable> {
        if self.member("use").is_some_and(|usage| usage != "sig") {
            return Err(Unusable::NotForSignatures);
        }
        let operations = self.0.get("key_ops").and_then(Value::as_array);
        if operations.is_some_and(|all| all.iter().all(|operation| operation != "verify")) {
            return Err(Unusable::NotForSignatures);
        }
        let by_type = match (self.member("kty"), self.member("crv")) {
            (Some("RSA"), _) if self.modulus_bits() < 2048 => {
                return Err(Unusable::TooShort(self.modulus_bits()));
            }
            (Some("RSA"), _) => vec![
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            (Some("EC"), Some("P-256")) => vec![Algorithm::ES256],
            (Some("EC"), Some("P-384")) => vec![Algorithm::ES384],
            (Some("OKP"), Some("Ed25519")) => vec![Algorithm::EdDSA],
            (Some("oct"), _) => return Err(Unusable::SharedSecret),
            _ => return Err(Unusable::UnknownType),
        };
        let Some(own) = self.member("alg") else { return Ok(by_type) };
        let allowed: Vec<_> =
            by_type.into_iter().filter(|allowed| algorithm(own) == Some(*allowed)).collect();
        if allowed.is_empty() { Err(Unusable::OtherAlgorithm(own.to_owned())) } else { Ok(allowed) }
    }

    /// Whether the signature over `message` was made with this key.
    pub fn verifies(self, algorithm: Algorithm, message: &str, signature: &[u8]) -> Result<bool, Unusable> {
        let member = |name: &str| self.member(name).ok_or(Unusable::Unreadable);
        let key = match self.member("kty") {
            Some("RSA") => Ok(DecodingKey::from_rsa_raw_components(&self.bytes("n")?, &self.bytes("e")?)),
            Some("EC") => DecodingKey::from_ec_components(member("x")?, member("y")?),
            Some("OKP") => DecodingKey::from_ed_components(member("x")?),
            _ => return Err(Unusable::UnknownType),
        };
        let key = key.map_err(|_| Unusable::Unreadable)?;
        let signature = base64url(signature);
        crypto::verify(&signature, message.as_bytes(), &key, algorithm).map_err(|_| Unusable::Unreadable)
    }

    fn bytes(self, member: &str) -> Result<Vec<u8>, Unusable> {
        let read = part::read(self.member(member).ok_or(Unusable::Unreadable)?);
        if read.bytes.is_empty() || read.cut { Err(Unusable::Unreadable) } else { Ok(read.bytes) }
    }

    fn modulus_bits(self) -> usize {
        let modulus = self.bytes("n").unwrap_or_default();
        let significant = modulus.iter().skip_while(|byte| **byte == 0);
        let leading = significant.clone().next().map_or(0, |byte| byte.leading_zeros() as usize);
        significant.count() * 8 - leading
    }
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Made for encryption.
    NotForSignatures,
    /// An RSA modulus of so many bits.
    TooShort(usize),
    /// A symmetric key has no place in a public key set.
    SharedSecret,
    /// A type or curve that is not supported here.
    UnknownType,
    /// Its own `alg` does not fit its type, or is not supported here.
    OtherAlgorithm(String),
    /// Members are missing or malformed.
    Unreadable,
}

/// Which keys of the set come into question.
#[derive(Clone, Debug)]
pub(super) enum Choice<'a> {
    /// These have the `kid` (or `x5t`) that the header names.
    Named(Vec<Key<'a>>),
    /// The header names none, so all are tried.
    Guessed(Vec<Key<'a>>),
    /// The header names one that is not in the set.
    Missing {
        /// The name it gives.
        wanted: &'a str,
    },
}

/// Chooses among `keys` by the header's `kid`, then by its `x5t`.
pub(super) fn choose<'a>(header: &'a serde_json::Map<String, Value>, keys: &[Key<'a>]) -> Choice<'a> {
    for name in ["kid", "x5t"] {
        if let Some(wanted) = header.get(name).and_then(Value::as_str) {
            let named: Vec<_> = keys.iter().copied().filter(|key| key.member(name) == Some(wanted)).collect();
            return if named.is_empty() { Choice::Missing { wanted } } else { Choice::Named(named) };
        }
    }
    Choice::Guessed(keys.iter().copied().take(MOST_TRIED).collect())
}

/// The algorithm of that JOSE name (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2), if it can be checked here.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "Ed25519" => Some(Algorithm::EdDSA),
        name => name.parse().ok(),
    }
}

/// Its JOSE name.
pub(super) fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HS256 => "HS256",
        Algorithm::HS384 => "HS384",
        Algorithm::HS512 => "HS512",
        Algorithm::ES256 => "ES256",
        Algorithm::ES384 => "ES384",
        Algorithm::RS256 => "RS256",
        Algorithm::RS384 => "RS384",
        Algorithm::RS512 => "RS512",
        Algorithm::PS256 => "PS256",
        Algorithm::PS384 => "PS384",
        Algorithm::PS512 => "PS512",
        Algorithm::EdDSA => "EdDSA",
        _ => "another algorithm",
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes)
}
