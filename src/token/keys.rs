//! Keys that a person gives: a key set in any of its usual forms ([`key_set`]), a shared secret ([`SharedKey`]), and where
//! keys come from, in words ([`KeySource`]).
//!
//! Nothing of a private key is kept: whoever pastes one meant its public half. And what is public is never taken for a
//! secret: a validator that does so accepts tokens from everybody (RFC 8725 §2.1).

use std::fmt;

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use x509_parser::{
    pem::Pem,
    prelude::{FromDer as _, X509Certificate},
    public_key::PublicKey,
    x509::SubjectPublicKeyInfo,
};

use super::part;
use crate::{text::visible, time::UnixTime};

/// Where a key set comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The keys' address of an authority's metadata, and when it was asked.
    Authority {
        /// The `jwks_uri`.
        address: String,
        /// When the keys came.
        fetched: UnixTime,
        /// Whether they were at hand already, so that nobody was asked this time.
        cached: bool,
    },
    /// An address that a person named.
    Address(String),
    /// A file that a person named.
    File(String),
    /// A text that a person pasted.
    Pasted,
}

impl fmt::Display for KeySource {
    /// As findings say it behind “The set comes from”.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority { address, fetched, cached: false } => {
                write!(f, "{} (fetched at {})", visible(address), fetched.clock())
            }
            Self::Authority { address, fetched, cached: true } => {
                write!(f, "{} (kept since {}; not asked again)", visible(address), fetched.date_time())
            }
            Self::Address(address) => write!(f, "the address {}", visible(address)),
            Self::File(name) => write!(f, "the file {}", visible(name)),
            Self::Pasted => f.write_str("what was pasted"),
        }
    }
}

/// Members that only the owner of a key may know (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth"];

/// A key set (RFC 7517 §5) from a text: a set, a single key, or PEM with certificates or public keys. An error says what
/// it is instead.
pub fn key_set(text: &str) -> Result<Value, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.contains("-----BEGIN ") {
        return from_pem(text);
    }
    let read: Value = serde_json::from_str(text)
        .map_err(|why| format!("neither PEM nor JSON (line {}, column {})", why.line(), why.column()))?;
    let keys = match read {
        Value::Object(mut object) => match object.remove("keys") {
            Some(Value::Array(keys)) => keys,
            Some(_) => return Err("a JSON object whose keys are no list".to_owned()),
            None if object.contains_key("kty") => vec![Value::Object(object)],
            None if object.contains_key("jwks_uri") => {
                return Err("a metadata document; the keys stand at its jwks_uri".to_owned());
            }
            None => return Err("a JSON object that is neither a key set nor a key".to_owned()),
        },
        _ => return Err("JSON, but neither a key set nor a key".to_owned()),
    };
    Ok(json!({ "keys": keys.into_iter().map(public_half).collect::<Vec<_>>() }))
}

fn public_half(mut key: Value) -> Value {
    if let Some(members) = key.as_object_mut() {
        for name in PRIVATE {
            members.shift_remove(*name);
        }
    }
    key
}

fn from_pem(text: &str) -> Result<Value, String> {
    let mut keys = Vec::new();
    for block in Pem::iter_from_buffer(text.as_bytes()) {
        let block = block.map_err(|why| format!("PEM that cannot be read: {why}"))?;
        let (mut key, thumbprint) = match block.label.as_str() {
            "CERTIFICATE" => {
                let (_, certificate) = X509Certificate::from_der(&block.contents)
                    .map_err(|why| format!("a certificate that cannot be read: {why}"))?;
                let hash = digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, &block.contents);
                (jwk(certificate.public_key())?, Some(URL_SAFE_NO_PAD.encode(hash)))
            }
            "PUBLIC KEY" => {
                let (_, info) = SubjectPublicKeyInfo::from_der(&block.contents)
                    .map_err(|why| format!("a public key that cannot be read: {why}"))?;
                (jwk(&info)?, None)
            }
            label if label.ends_with("PRIVATE KEY") => {
                return Err("a private key; give its certificate or public key instead".to_owned());
            }
            label => {
                return Err(format!("PEM with {}, not with a certificate or a public key", visible(label)));
            }
        };
        if let Some(thumbprint) = thumbprint {
            // Entra names its keys by this thumbprint.
            key.insert("kid".to_owned(), thumbprint.clone().into());
            key.insert("x5t".to_owned(), thumbprint.into());
        }
        keys.push(Value::Object(key));
    }
    if keys.is_empty() { Err("PEM without a whole block".to_owned()) } else { Ok(json!({ "keys": keys })) }
}

/// A key of an X.509 structure as a JWK (RFC 7518 §6).
fn jwk(info: &SubjectPublicKeyInfo<'_>) -> Result<Map<String, Value>, String> {
    let value = match info.parsed() {
        Ok(PublicKey::RSA(key)) => {
            let number = |bytes: &[u8]| {
                let bytes: Vec<u8> = bytes.iter().skip_while(|byte| **byte == 0).copied().collect();
                URL_SAFE_NO_PAD.encode(bytes)
            };
            json!({"kty": "RSA", "n": number(key.modulus), "e": number(key.exponent)})
        }
        Ok(PublicKey::EC(point)) => {
            let (curve, width) = match point.key_size() {
                256 => ("P-256", 32),
                384 => ("P-384", 48),
                521 | 528 => ("P-521", 66),
                bits => return Err(format!("a key on a curve of {bits} bits, which is not supported")),
            };
            let coordinates = point.data().strip_prefix(&[4]).filter(|bytes| bytes.len() == 2 * width);
            let coordinates = coordinates.ok_or("a key on a curve in a compressed form")?;
            let (x, y) = coordinates.split_at(width);
            json!({"kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)})
        }
        // x509-parser knows no Ed25519; its key is the bare bit string (RFC 8410 §4).
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&info.subject_public_key.data)})
        }
        _ => return Err("a key of a type that is not supported".to_owned()),
    };
    match value {
        Value::Object(members) => Ok(members),
        _ => Err("a key of a type that is not supported".to_owned()),
    }
}

/// A secret that the issuer and whoever checks its tokens share, for HS256 and its kin. Entra has no such tokens; they come
/// from other issuers, and only if a person gives the secret are they looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedKey(Vec<u8>);

impl SharedKey {
    /// Takes bytes as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Reads what a file holds: a JWK of type `oct`, alone or the only one of its set, or the bare bytes without a final
    /// line break. What is public is refused, and so is nothing at all.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let bare = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        if bare.is_empty() {
            return Err("there is nothing in it".to_owned());
        }
        if let Ok(mut read @ Value::Object(_)) = serde_json::from_slice::<Value>(bare) {
            if let Some([only]) = read.get("keys").and_then(Value::as_array).map(Vec::as_slice) {
                read = only.clone();
            }
            if let Some(kty) = read.get("kty").and_then(Value::as_str) {
                let secret = read.get("k").and_then(Value::as_str).map(part::read);
                return match secret {
                    Some(secret) if kty == "oct" && !secret.cut && !secret.bytes.is_empty() => {
                        Ok(Self(secret.bytes))
                    }
                    _ if kty == "oct" => Err("its member k cannot be read".to_owned()),
                    _ => Err(format!("a key of type {}, and no shared secret", visible(kty))),
                };
            }
            if read.get("keys").is_some() {
                return Err("a set of several keys, and no shared secret".to_owned());
            }
        }
        if is_public(bare) {
            return Err("a public key or certificate: everybody knows it, so it is no secret".to_owned());
        }
        Ok(Self(bare.to_vec()))
    }

    /// The bytes. Whoever calls this answers for where they go.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedKey({} bytes)", self.0.len())
    }
}

/// PEM, an SSH key, or DER that names the algorithm of a public key near its beginning.
fn is_public(bytes: &[u8]) -> bool {
    /// The object identifiers of RSA keys, keys on curves, and Ed25519 keys, in DER.
    const IDENTIFIERS: [&[u8]; 3] = [
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01],
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
        &[0x2b, 0x65, 0x70],
    ];
    let holds = |wanted: &[u8], within: usize| {
        bytes[..bytes.len().min(within)].windows(wanted.len()).any(|window| window == wanted)
    };
    let is_der = bytes.first() == Some(&0x30)
        && (IDENTIFIERS.iter().any(|identifier| holds(identifier, 40)) || bytes.ends_with(&[2, 3, 1, 0, 1]));
    is_der
        || holds(b"-----BEGIN ", bytes.len())
        || bytes.starts_with(b"ssh-")
        || bytes.starts_with(b"ecdsa-sha2-")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use rcgen::PublicKeyData as _;

    use super::*;

    fn pem(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
    }

    #[test]
    fn a_key_set_is_read_in_each_of_its_forms_and_nothing_private_is_kept() {
        let key = json!({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"});
        let set = json!({ "keys": [key] });
        assert_eq!(key_set(&set.to_string()), Ok(set.clone()));
        assert_eq!(key_set(&format!("\u{feff} {key}\n")), Ok(set.clone()));
        let mut private = key.clone();
        for name in PRIVATE {
            private[*name] = json!("AQAB");
        }
        assert_eq!(key_set(&private.to_string()), Ok(set));
        for (wrong, why) in [
            ("", "neither PEM nor JSON"),
            ("[]", "neither a key set nor a key"),
            (r#"{"keys": {}}"#, "no list"),
            (r#"{"jwks_uri": "https://x.example"}"#, "metadata"),
            (r#"{"issuer": 1}"#, "neither a key set nor a key"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "private key"),
            ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "X509 CRL"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
            ("-----BEGIN CERTIFICATE-----", "PEM"),
        ] {
            let said = key_set(wrong).expect_err(wrong);
            assert!(said.contains(why), "{wrong}: {said}");
        }
    }

    #[test]
    fn a_certificate_and_a_public_key_become_keys() {
        for algorithm in [
            &rcgen::PKCS_RSA_SHA256,
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ED25519,
        ] {
            let pair = rcgen::KeyPair::generate_for(algorithm).expect("a key");
            let certificate = rcgen::CertificateParams::default().self_signed(&pair).expect("a certificate");
            let of_certificate = key_set(&pem("CERTIFICATE", certificate.der())).expect("readable");
            let of_key = key_set(&pem("PUBLIC KEY", &pair.subject_public_key_info())).expect("readable");
            let key = &of_certificate["keys"][0];
            let name = URL_SAFE_NO_PAD.encode(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der()));
            assert_eq!((key["kid"].as_str(), key["x5t"].as_str()), (Some(&*name), Some(&*name)));
            let mut nameless = key.clone();
            nameless.as_object_mut().expect("an object").retain(|name, _| name != "kid" && name != "x5t");
            assert_eq!(of_key["keys"][0], nameless);
            assert!(super::super::signature::Key(key).allowed().is_ok(), "{key}");
        }
    }

    #[test]
    fn what_everybody_knows_is_no_secret() {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
        let public = key_set(&pem("PUBLIC KEY", &pair.subject_public_key_info())).expect("readable");
        let single = public["keys"][0].to_string();
        for known in [
            pem("PUBLIC KEY", &pair.subject_public_key_info()).as_bytes(),
            &pair.subject_public_key_info(),
            pair.public_key_raw(),
            public.to_string().as_bytes(),
            single.as_bytes(),
            b"ssh-rsa AAAA",
            b"",
            b"\n",
            br#"{"kty": "oct"}"#,
        ] {
            assert!(SharedKey::read(known).is_err(), "{}", String::from_utf8_lossy(known));
        }
        let read = |bytes: &[u8]| SharedKey::read(bytes).map(|key| key.expose().to_vec());
        assert_eq!(read(b"abc\r\n"), Ok(b"abc".to_vec()));
        assert_eq!(read(&[0, 10, 0xff]), Ok(vec![0, 10, 0xff]));
        assert_eq!(read(br#"{"kty": "oct", "k": "aGk"}"#), Ok(b"hi".to_vec()));
        assert_eq!(read(br#"{"keys": [{"kty": "oct", "k": "aGk"}]}"#), Ok(b"hi".to_vec()));
        assert_eq!(format!("{:?}", SharedKey::new("abc")), "SharedKey(3 bytes)");
    }

    #[test]
    fn a_source_says_when_keys_were_fetched_and_whether_they_were_kept() {
        let fetched = UnixTime::from_seconds(1_772_615_727);
        let authority =
            |cached| KeySource::Authority { address: "https://l.example/keys".into(), fetched, cached };
        assert_eq!(authority(false).to_string(), "https://l.example/keys (fetched at 09:15:27Z)");
        assert!(authority(true).to_string().ends_with("(kept since 2026-03-04 09:15:27Z; not asked again)"));
        assert_eq!(
            KeySource::File("a\u{1b}b".into()).to_string(),
            format!("the file {}", visible("a\u{1b}b"))
        );
    }
}
