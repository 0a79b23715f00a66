//! The keys that tokens are signed with, and how they are published.
//!
//! Making a key needs randomness and time, so that is done by `runtime::lab::make_keys`; from here on a key is data.
//! Signing takes `&self` and no lock, so that any number of threads can sign at once.

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
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
use crate::{secret::Secret, time::UnixTime};

/// How long a key is still published after it was replaced: longer than the longest token that it can have signed.
const RETIRED_FOR: Duration = Duration::from_secs(30 * 3600);

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

    /// Reads what [`SigningKey::private_key`] and [`SigningKey::certificate`] gave, both base64 of DER.
    pub fn restore(private_key: &Secret, certificate: &str) -> Result<Self, UnusableKey> {
        let der = |text: &str| STANDARD.decode(text).map_err(|_| UnusableKey);
        let pair = RsaKeyPair::from_pkcs8(&der(private_key.expose())?).map_err(|_| UnusableKey)?;
        Self::new(pair, der(certificate)?)
    }

    /// The private key: PKCS #8, base64 of DER.
    pub fn private_key(&self) -> Secret {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().expect("it was read from one, or made by the library");
        Secret::new(STANDARD.encode(der.as_ref()))
    }

    /// The certificate: base64 of DER.
    pub fn certificate(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// The public key as people paste it into a configuration (`SubjectPublicKeyInfo`, RFC 5280 §4.1.2.7), in PEM.
    pub fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().expect("the library read the key");
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
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

/// The keys of a tenant. Two are published at all times, so that a change of keys surprises nobody; those that signed before
/// stay published until their tokens have expired.
#[derive(Clone, Debug)]
pub struct Keys {
    current: Arc<SigningKey>,
    next: Arc<SigningKey>,
    retired: Vec<Retired>,
}

/// A key that signs no more.
#[derive(Clone, Debug)]
pub struct Retired {
    /// The key.
    pub key: Arc<SigningKey>,
    /// Until when it is published.
    pub until: UnixTime,
}

impl Keys {
    /// `current` signs; `next` is published beside it.
    pub fn new(current: SigningKey, next: SigningKey) -> Self {
        Self { current: Arc::new(current), next: Arc::new(next), retired: Vec::new() }
    }

    /// With keys that signed before.
    #[must_use]
    pub fn with_retired(mut self, retired: Vec<Retired>) -> Self {
        self.retired = retired;
        self
    }

    /// The next key signs from now on, and `next` is published in its place. The one that signed until now stays published
    /// for as long as its tokens can last.
    pub fn rotate(&mut self, next: SigningKey, now: UnixTime) {
        let current = std::mem::replace(&mut self.next, Arc::new(next));
        let key = std::mem::replace(&mut self.current, current);
        self.retired.push(Retired { key, until: now + RETIRED_FOR });
    }

    /// Takes those from the key set whose tokens have expired.
    pub fn drop_retired(&mut self, now: UnixTime) {
        if !self.retired.is_empty() {
            self.retired.retain(|retired| retired.until > now);
        }
    }

    /// The key that signs at present.
    pub const fn current(&self) -> &Arc<SigningKey> {
        &self.current
    }

    /// The key that will sign after the next change.
    pub const fn next(&self) -> &Arc<SigningKey> {
        &self.next
    }

    /// The keys that signed before.
    pub fn retired(&self) -> &[Retired] {
        &self.retired
    }

    /// In the order in which they are published.
    fn all(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        [&self.next, &self.current].into_iter().chain(self.retired.iter().map(|retired| &retired.key))
    }

    /// The published key with that id.
    pub fn find(&self, kid: &str) -> Option<&Arc<SigningKey>> {
        self.all().find(|key| key.thumbprint == kid)
    }

    /// Every published key.
    pub fn published(&self) -> Vec<PublishedKey> {
        self.all().map(|key| key.published()).collect()
    }

    /// The ids of the published keys, that of the one that signs first.
    pub fn ids(&self) -> Vec<&str> {
        let retired = self.retired.iter().map(|retired| &retired.key);
        [&self.current, &self.next].into_iter().chain(retired).map(|key| key.thumbprint()).collect()
    }

    /// The key set document.
    pub fn jwks(&self, issuer: Option<&str>, cloud: &str) -> Value {
        json!({ "keys": self.all().map(|key| key.jwk(issuer, cloud)).collect::<Vec<_>>() })
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
