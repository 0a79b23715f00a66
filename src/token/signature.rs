//! Which key signed a token, and did it. The key decides which algorithms may be used with it; what the token says about
//! itself only chooses among those (RFC 8725 §3.1).

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
        RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use serde_json::Value;

use super::part;

/// The algorithms that can be checked here (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

/// How an algorithm is computed, and so what kind of key it takes.
enum Method {
    /// With a secret that both sides know.
    Shared(hmac::Algorithm),
    /// With an RSA key of 2048 to 8192 bits.
    Rsa(&'static RsaParameters),
    /// With a point on a curve whose coordinates have that many bytes.
    Curve(&'static dyn VerificationAlgorithm, usize),
    /// With an Ed25519 key.
    Edwards,
}

impl Algorithm {
    /// Those for RSA keys.
    const RSA: &[Self] = &[Self::Rs256, Self::Rs384, Self::Rs512, Self::Ps256, Self::Ps384, Self::Ps512];

    /// The algorithm of that JOSE name, if it can be checked here. Names are compared letter by letter; `Ed25519` is
    /// the newer name of `EdDSA` with that curve (RFC 9864 §2.2).
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    /// Its JOSE name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Whether it works with a secret that both sides know.
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    /// The fewest bytes that a shared secret for it may have (RFC 7518 §3.2); 0 for the others.
    pub fn least_secret(self) -> usize {
        match self.method() {
            Method::Shared(hash) => hash.digest_algorithm().output_len(),
            Method::Rsa(_) | Method::Curve(..) | Method::Edwards => 0,
        }
    }

    /// Whether `mac` authenticates `message` under a shared secret.
    pub fn authenticates(self, secret: &[u8], message: &str, mac: &[u8]) -> bool {
        let Method::Shared(hash) = self.method() else { return false };
        hmac::verify(&hmac::Key::new(hash, secret), message.as_bytes(), mac).is_ok()
    }

    fn method(self) -> Method {
        match self {
            Self::Hs256 => Method::Shared(hmac::HMAC_SHA256),
            Self::Hs384 => Method::Shared(hmac::HMAC_SHA384),
            Self::Hs512 => Method::Shared(hmac::HMAC_SHA512),
            Self::Rs256 => Method::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Method::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Method::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Method::Rsa(&RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Method::Rsa(&RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Method::Rsa(&RSA_PSS_2048_8192_SHA512),
            Self::Es256 => Method::Curve(&ECDSA_P256_SHA256_FIXED, 32),
            Self::Es384 => Method::Curve(&ECDSA_P384_SHA384_FIXED, 48),
            Self::Es512 => Method::Curve(&ECDSA_P521_SHA512_FIXED, 66),
            Self::EdDsa => Method::Edwards,
        }
    }
}

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
            (Some("RSA"), _) => Algorithm::RSA.to_vec(),
            (Some("EC"), Some("P-256")) => vec![Algorithm::Es256],
            (Some("EC"), Some("P-384")) => vec![Algorithm::Es384],
            (Some("EC"), Some("P-521")) => vec![Algorithm::Es512],
            (Some("OKP"), Some("Ed25519")) => vec![Algorithm::EdDsa],
            (Some("oct"), _) => return Err(Unusable::SharedSecret),
            _ => return Err(Unusable::UnknownType),
        };
        let Some(own) = self.member("alg") else { return Ok(by_type) };
        let allowed: Vec<_> =
            by_type.into_iter().filter(|allowed| Algorithm::parse(own) == Some(*allowed)).collect();
        if allowed.is_empty() { Err(Unusable::OtherAlgorithm(own.to_owned())) } else { Ok(allowed) }
    }

    /// Whether the signature over `message` was made with this key. [`Key::allowed`] must have been asked first: this
    /// only computes.
    pub fn verifies(self, algorithm: Algorithm, message: &str, signature: &[u8]) -> Result<bool, Unusable> {
        let message = message.as_bytes();
        let outcome = match algorithm.method() {
            Method::Shared(_) => return Err(Unusable::SharedSecret),
            Method::Rsa(parameters) => {
                let (n, e) = (self.bytes("n")?, self.bytes("e")?);
                let significant = |number: &[u8]| {
                    number.iter().skip_while(|byte| **byte == 0).copied().collect::<Vec<u8>>()
                };
                let components = RsaPublicKeyComponents { n: significant(&n), e: significant(&e) };
                components.verify(parameters, message, signature)
            }
            Method::Curve(algorithm, width) => {
                // An uncompressed point (SEC 1 §2.3.3); RFC 7518 §6.2.1.2 fixes the length of the coordinates.
                let (x, y) = (self.bytes("x")?, self.bytes("y")?);
                if x.len() != width || y.len() != width {
                    return Err(Unusable::Unreadable);
                }
                let point = [&[4_u8][..], &x, &y].concat();
                UnparsedPublicKey::new(algorithm, point).verify(message, signature)
            }
            Method::Edwards => UnparsedPublicKey::new(&ED25519, self.bytes("x")?).verify(message, signature),
        };
        Ok(outcome.is_ok())
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
    /// The header names one, and these keys have no name: one of them may be meant.
    Nameless {
        /// The name it gives.
        wanted: &'a str,
        /// The keys without a name.
        keys: Vec<Key<'a>>,
    },
    /// The header names one that is not in the set.
    Missing {
        /// The name it gives.
        wanted: &'a str,
    },
}

/// Chooses among `keys` by the header's `kid`, or without one by its `x5t`. Keys that bear no name, as those given in a PEM
/// file, are tried for a name that no other key has.
pub(super) fn choose<'a>(header: &'a serde_json::Map<String, Value>, keys: &[Key<'a>]) -> Choice<'a> {
    let tried = |fits: &dyn Fn(Key<'_>) -> bool| {
        keys.iter().copied().filter(|key| fits(*key)).take(MOST_TRIED).collect()
    };
    let by_name = |name| header.get(name).and_then(Value::as_str).map(|wanted| (name, wanted));
    let Some((name, wanted)) = by_name("kid").or_else(|| by_name("x5t")) else {
        return Choice::Guessed(tried(&|_| true));
    };
    let named: Vec<Key<'a>> = tried(&|key| key.member(name) == Some(wanted));
    if !named.is_empty() {
        return Choice::Named(named);
    }
    let nameless: Vec<Key<'a>> = tried(&|key| key.member("kid").is_none() && key.member("x5t").is_none());
    if nameless.is_empty() { Choice::Missing { wanted } } else { Choice::Nameless { wanted, keys: nameless } }
}
