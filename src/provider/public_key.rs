//! RSA public keys: what a certificate holds, what a key set publishes, and whether a signature is theirs.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// How a JWT is signed; nothing else is taken from clients (RFC 7518 §3.3, §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

impl Algorithm {
    /// Reads the `alg` of a header.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            _ => None,
        }
    }

    fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
        }
    }
}

/// Modulus and exponent, big-endian, without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// `n`.
    pub modulus: Vec<u8>,
    /// `e`.
    pub exponent: Vec<u8>,
}

impl PublicKey {
    /// From numbers as ASN.1 writes them, where a zero may stand in front.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Self {
        let trimmed = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
        Self { modulus: trimmed(modulus), exponent: trimmed(exponent) }
    }

    /// Whether `signature` is this key's signature of `message`. Keys below 2048 bits verify nothing.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let components = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        components.verify(algorithm.parameters(), message, signature).is_ok()
    }
}

/// A key that an issuer has published, and what it calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// Its `kid`.
    pub kid: Option<String>,
    /// The key.
    pub key: PublicKey,
}

/// Reads a key set (RFC 7517 §5). Keys of other kinds are passed over; a set without any RSA key is an error.
pub fn read_key_set(text: &str) -> Result<Vec<PublishedKey>, String> {
    let document: Value =
        serde_json::from_str(text).map_err(|why| format!("the key set is no JSON: {why}"))?;
    let entries = document["keys"].as_array().ok_or("the key set has no member `keys`")?;
    let number = |entry: &Value, name: &str| {
        let text = entry[name].as_str()?.trim_end_matches('=');
        URL_SAFE_NO_PAD.decode(text).ok()
    };
    let keys: Vec<_> = entries
        .iter()
        .filter(|entry| entry["kty"] == "RSA")
        .filter_map(|entry| {
            let key = PublicKey::new(&number(entry, "n")?, &number(entry, "e")?);
            Some(PublishedKey { kid: entry["kid"].as_str().map(str::to_owned), key })
        })
        .collect();
    if keys.is_empty() { Err("the key set has no RSA key".to_owned()) } else { Ok(keys) }
}

/// The key set document that [`read_key_set`] reads.
pub fn write_key_set(keys: &[PublishedKey]) -> String {
    let entry = |published: &PublishedKey| {
        let PublicKey { modulus, exponent } = &published.key;
        let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
        let mut entry = json!({ "kty": "RSA", "n": n, "e": e });
        if let Some(kid) = &published.kid {
            entry["kid"] = json!(kid);
        }
        entry
    };
    json!({ "keys": keys.iter().map(entry).collect::<Vec<_>>() }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_is_read_and_what_is_no_rsa_key_is_passed_over() {
        let set = r#"{"keys":[{"kty":"EC","kid":"a"},{"kty":"RSA","kid":"b","n":"AMU","e":"AQAB"}]}"#;
        let keys = read_key_set(set).unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].kid.as_deref(), Some("b"));
        assert_eq!(keys[0].key, PublicKey { modulus: vec![0xc5], exponent: vec![1, 0, 1] });
        for broken in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"RSA","n":"!","e":"AQAB"}]}"#] {
            assert!(read_key_set(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_short_key_verifies_nothing() {
        let key = PublicKey::new(&[0, 0xc5], &[3]);
        assert_eq!(key.modulus, [0xc5]);
        assert!(!key.verifies(Algorithm::Rs256, b"x", &[1]));
    }
}
