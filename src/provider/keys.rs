//! The keys that tokens are signed with, and how they are published.
//!
//! Making a key needs randomness and time, so that is done by `runtime::lab::make_keys`; from here on a key is data.
//! Signing takes `&self` and no lock, so that any number of threads can sign at once.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::public_key::{Algorithm, PublicKey, PublishedKey};

/// An RSA key with the certificate that it is published with.
pub struct SigningKey {
    pair: RsaKeyPair,
    public: PublicKey,
    certificate: Vec<u8>,
    thumbprint: String,
}

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the public key is not an RSA key in the form of PKCS #1")]
pub struct UnusableKey;

impl SigningKey {
    /// Joins a key pair and its self-signed certificate (DER).
    pub fn new(pair: RsaKeyPair, certificate: Vec<u8>) -> Result<Self, UnusableKey> {
        let (modulus, exponent) = rsa_public_key(pair.public_key().as_ref()).ok_or(UnusableKey)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha1::digest(&certificate));
        let public = PublicKey { modulus, exponent };
        Ok(Self { pair, public, certificate, thumbprint })
    }

    /// The `kid` and `x5t`: SHA-1 of the certificate, base64url.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The RS256 signature of a message (RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 §3.3).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // The scheme is deterministic: the random source is asked for by the signature of the call, and not used.
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("the buffer has the length of the modulus");
        signature
    }

    /// Whether `signature` is this key's signature of `text`.
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        self.public.verifies(Algorithm::Rs256, text.as_bytes(), signature)
    }

    /// The key as an issuer other than Entra publishes it: without the members that are Entra's own.
    pub fn plain_jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.thumbprint,
            "n": URL_SAFE_NO_PAD.encode(&self.public.modulus),
            "e": URL_SAFE_NO_PAD.encode(&self.public.exponent),
        })
    }

    /// The key as it is published.
    pub fn published(&self) -> PublishedKey {
        PublishedKey { kid: Some(self.thumbprint.clone()), key: self.public.clone() }
    }

    /// The key as a member of a key set (RFC 7517 §4, reference §1.5); version 1 key sets have no issuer.
    fn jwk(&self, issuer: Option<&str>, cloud: &str) -> Value {
        let mut jwk = json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.thumbprint,
            "x5t": self.thumbprint,
            "n": URL_SAFE_NO_PAD.encode(&self.public.modulus),
            "e": URL_SAFE_NO_PAD.encode(&self.public.exponent),
            "x5c": [STANDARD.encode(&self.certificate)],
            "cloud_instance_name": cloud,
        });
        if let Some(issuer) = issuer {
            jwk["issuer"] = json!(issuer);
        }
        jwk
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.thumbprint)
    }
}

/// The keys of a tenant. Two are published at all times, so that a change of keys surprises nobody.
#[derive(Clone, Debug)]
pub struct Keys {
    current: Arc<SigningKey>,
    next: Arc<SigningKey>,
}

impl Keys {
    /// `current` signs; `next` is published beside it.
    pub fn new(current: SigningKey, next: SigningKey) -> Self {
        Self { current: Arc::new(current), next: Arc::new(next) }
    }

    /// The key that signs at present.
    pub const fn current(&self) -> &Arc<SigningKey> {
        &self.current
    }

    /// The published key with that id.
    pub fn find(&self, kid: &str) -> Option<&Arc<SigningKey>> {
        [&self.current, &self.next].into_iter().find(|key| key.thumbprint == kid)
    }

    /// Every published key.
    pub fn published(&self) -> Vec<PublishedKey> {
        vec![self.next.published(), self.current.published()]
    }

    /// The ids of the published keys.
    pub fn ids(&self) -> [&str; 2] {
        [&self.current.thumbprint, &self.next.thumbprint]
    }

    /// The key set document.
    pub fn jwks(&self, issuer: Option<&str>, cloud: &str) -> Value {
        json!({ "keys": [self.next.jwk(issuer, cloud), self.current.jwk(issuer, cloud)] })
    }
}

/// Modulus and exponent of `RSAPublicKey ::= SEQUENCE { INTEGER, INTEGER }` (RFC 8017 §A.1.1), without leading zeros.
fn rsa_public_key(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (body, rest) = der_value(der, 0x30)?;
    let (modulus, body) = der_value(body, 0x02)?;
    let (exponent, end) = der_value(body, 0x02)?;
    let trimmed = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    (rest.is_empty() && end.is_empty()).then(|| (trimmed(modulus), trimmed(exponent)))
}

/// The value with that tag at the beginning, and what follows it.
fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            (digits.iter().fold(0, |number, digit| number << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    if *first == tag { rest.split_at_checked(length) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_is_taken_apart_and_broken_ones_are_refused() {
        let der = [0x30, 0x09, 0x02, 0x02, 0x00, 0xc5, 0x02, 0x03, 0x01, 0x00, 0x01];
        assert_eq!(rsa_public_key(&der), Some((vec![0xc5], vec![1, 0, 1])));
        for length in 0..der.len() {
            assert_eq!(rsa_public_key(&der[..length]), None, "cut after {length} bytes");
        }
    }
}
