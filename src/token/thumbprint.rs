//! The thumbprint bench: the fingerprints of a certificate in every form that people meet, beside the one in use, with the
//! mix-up named where they do not fit.
//!
//! A certificate has two fingerprints, SHA-1 and SHA-256 of its DER form (RFC 7515 §4.1.7, §4.1.8). Portals write the first
//! in hexadecimal, assertions either in base64url (`x5t`, `x5t#S256`), Graph in base64 (`customKeyIdentifier`). Most failures
//! with AADSTS700027 are one of them where another belongs. [`Certificate::compare`] takes whatever text holds the one in
//! use: the bare value, `x5t=…`, a JSON object, the output of `az ad app show`, or a whole client assertion, whose signature
//! it looks at too.

mod mixup;

pub use mixup::Mixup;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use x509_parser::{prelude::FromDer as _, public_key::PublicKey};

use super::{
    Kind, decode,
    signature::{Algorithm, Key},
};
use crate::{
    finding::{Finding, Severity},
    text::visible,
    time::UnixTime,
};

/// What a thumbprint is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// `CN=…` and so on. Data from outside.
    pub subject: String,
    /// The issuer in the same form.
    pub issuer: String,
    /// Its serial number, upper-case hexadecimal.
    pub serial: String,
    /// The kind of its key: `RSA, 2048 bits`.
    pub key: String,
    /// Its first moment.
    pub not_before: UnixTime,
    /// Its last moment.
    pub not_after: UnixTime,
    /// SHA-1 of the DER form.
    pub sha1: [u8; 20],
    /// SHA-256 of the DER form.
    pub sha256: [u8; 32],
    /// Modulus and exponent, where the key is an RSA key.
    rsa: Option<(Vec<u8>, Vec<u8>)>,
    /// Other values that people take for the thumbprint, with what they are.
    lookalikes: Vec<(Mixup, Vec<u8>)>,
}

/// A text that holds no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// None in it.
    #[error(
        "there is no certificate in it: neither PEM (-----BEGIN CERTIFICATE-----) nor DER nor base64 of DER"
    )]
    Absent,
    /// A private key, and no certificate.
    #[error("there is a private key in it and no certificate; a thumbprint is that of the certificate")]
    OnlyKey,
    /// Its encoding is broken.
    #[error("the certificate cannot be read: {0}")]
    Unreadable(String),
}

/// One way to write a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Which hash.
    pub hash: Hash,
    /// A stable name, such as `x5t`.
    pub name: &'static str,
    /// Where this form is met.
    pub about: &'static str,
    /// The fingerprint in it.
    pub text: String,
}

/// The two hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl Hash {
    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
        }
    }
}

/// Where a thumbprint was in use, which says what form it should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// `x5t` of an assertion: base64url of SHA-1.
    X5t,
    /// `x5t#S256` of an assertion: base64url of SHA-256.
    X5tS256,
    /// `kid` of an assertion: nothing prescribed, often the thumbprint.
    Kid,
    /// `customKeyIdentifier` of a registration's key: base64 of SHA-1 in Graph, hexadecimal in `az`.
    CustomKeyIdentifier,
    /// A thumbprint in a portal, a dialog or an error message: hexadecimal of SHA-1.
    Thumbprint,
    /// Not said: any form will do.
    Unnamed,
}

impl Slot {
    /// Its name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X5t => "x5t",
            Self::X5tS256 => "x5t#S256",
            Self::Kid => "kid",
            Self::CustomKeyIdentifier => "customKeyIdentifier",
            Self::Thumbprint => "thumbprint",
            Self::Unnamed => "value",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().replace(['-', '_', ' '], "").as_str() {
            "x5t" => Self::X5t,
            "x5t#s256" | "x5ts256" => Self::X5tS256,
            "kid" => Self::Kid,
            "customkeyidentifier" => Self::CustomKeyIdentifier,
            "thumbprint"
            | "certificatethumbprint"
            | "fingerprint"
            | "sha1fingerprint"
            | "sha256fingerprint"
            | "sha1thumbprint"
            | "sha256thumbprint"
            | "thumbprintsha1"
            | "thumbprintsha256" => Self::Thumbprint,
            _ => return None,
        })
    }
}

/// A thumbprint in use, beside the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Where it stood.
    pub slot: Slot,
    /// The text, safe to print.
    pub used: String,
    /// What should stand there for this certificate.
    pub expected: String,
    /// Whether it names this certificate in the form that belongs there.
    pub fits: bool,
    /// What went wrong, the nearest cause first; may be empty where it is simply another certificate's.
    pub mixups: Vec<Mixup>,
    /// The result in a sentence.
    pub finding: Finding,
}

impl Certificate {
    /// Reads a file: PEM text, of which the first certificate counts, DER, or base64 of DER.
    pub fn read(file: &[u8]) -> Result<Self, CertificateError> {
        let (der, text) = match std::str::from_utf8(file) {
            Ok(text) => (der_of(text)?, Some(text)),
            Err(_) => (file.to_vec(), None),
        };
        let unreadable = |why: String| CertificateError::Unreadable(why);
        let (rest, read) = x509_parser::certificate::X509Certificate::from_der(&der).map_err(|why| {
            let is_der = der.first() == Some(&0x30);
            if is_der { unreadable(why.to_string()) } else { CertificateError::Absent }
        })?;
        if !rest.is_empty() {
            return Err(unreadable(format!("{} bytes stand behind it", rest.len())));
        }
        let (key, rsa) = match read.public_key().parsed() {
            Ok(PublicKey::RSA(rsa)) => {
                (format!("RSA, {} bits", rsa.key_size()), Some((rsa.modulus.to_vec(), rsa.exponent.to_vec())))
            }
            Ok(PublicKey::EC(point)) => (format!("elliptic curve, {} bits", point.key_size()), None),
            _ => ("of another kind".to_owned(), None),
        };
        let mut certificate = Self {
            subject: read.subject().to_string(),
            issuer: read.issuer().to_string(),
            serial: hex(read.raw_serial()),
            key,
            not_before: UnixTime::from_seconds(read.validity().not_before.timestamp()),
            not_after: UnixTime::from_seconds(read.validity().not_after.timestamp()),
            sha1: Sha1::digest(&der).into(),
            sha256: Sha256::digest(&der).into(),
            rsa,
            lookalikes: Vec::new(),
        };
        certificate.lookalikes = mixup::lookalikes(&der, &read, text);
        Ok(certificate)
    }

    /// Both fingerprints in every form.
    pub fn forms(&self) -> Vec<Form> {
        let both: [(Hash, &[u8]); 2] = [(Hash::Sha1, &self.sha1), (Hash::Sha256, &self.sha256)];
        let mut forms = Vec::new();
        for (hash, bytes) in both {
            let is_old = hash == Hash::Sha1;
            let mut add = |name, about, text| forms.push(Form { hash, name, about, text });
            let upper = hex(bytes);
            add(
                if is_old { "hex" } else { "hex_s256" },
                if is_old {
                    "as the portal, Windows and AADSTS700027 write it; az shows it as customKeyIdentifier"
                } else {
                    "as newer tools write it"
                },
                upper.clone(),
            );
            add(
                if is_old { "hex_lower" } else { "hex_lower_s256" },
                "the same in lower case",
                upper.to_lowercase(),
            );
            add(
                if is_old { "colons" } else { "colons_s256" },
                "as openssl x509 -fingerprint writes it",
                colons(&upper),
            );
            add(
                if is_old { "x5t" } else { "x5t#S256" },
                if is_old {
                    "as the header of an assertion has it (base64url), with RS256"
                } else {
                    "as the header of an assertion has it (base64url), with PS256"
                },
                URL_SAFE_NO_PAD.encode(bytes),
            );
            if is_old {
                add("base64", "as Graph writes customKeyIdentifier", STANDARD.encode(bytes));
            }
        }
        forms
    }

    /// What should stand in a slot for this certificate.
    pub fn expected(&self, slot: Slot) -> String {
        match slot {
            Slot::X5t => URL_SAFE_NO_PAD.encode(self.sha1),
            Slot::X5tS256 => URL_SAFE_NO_PAD.encode(self.sha256),
            Slot::Kid | Slot::Thumbprint | Slot::Unnamed => hex(&self.sha1),
            Slot::CustomKeyIdentifier => STANDARD.encode(self.sha1),
        }
    }

    /// Every thumbprint in `text`, compared. What kind of text it is, is found out.
    pub fn compare(&self, text: &str) -> Vec<Comparison> {
        let mut found: Vec<_> =
            in_use(text).into_iter().map(|(slot, used)| mixup::compare(self, slot, &used)).collect();
        // A kid is anybody's to choose: one that is no thumbprint is nothing to complain about beside one that is.
        if found.iter().any(|one| one.slot != Slot::Kid) {
            found.retain(|one| one.slot != Slot::Kid || one.fits || !one.mixups.is_empty());
        }
        found
    }

    /// Whether the signature of a client assertion was made with this certificate's key; `None` if `text` holds no signed
    /// token, or the key is none that Entra takes.
    pub fn signed(&self, text: &str) -> Option<Finding> {
        let token = decode(text);
        if token.kind != Kind::Jws {
            return None;
        }
        let (input, signature) = token.raw.expose().rsplit_once('.')?;
        let signature = super::part::read(signature).bytes;
        let says = |severity, title: String| {
            Some(Finding { id: "thumbprint.signature", severity, title, source: "RFC 7515 §5.2" })
        };
        let named = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let (modulus, exponent) = self.rsa.as_ref()?;
        let jwk = json!({
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(significant(modulus)),
            "e": URL_SAFE_NO_PAD.encode(significant(exponent)),
        });
        let key = Key(&jwk);
        let Some(algorithm) =
            Algorithm::parse(named).filter(|one| key.allowed().is_ok_and(|allowed| allowed.contains(one)))
        else {
            let title = format!("alg is {}, which an RSA key cannot have made.", quoted(named));
            return says(Severity::Error, title);
        };
        match key.verifies(algorithm, input, &signature) {
            Ok(true) => says(
                Severity::Passed,
                format!("The signature was made with the private key of this certificate ({named})."),
            ),
            _ => says(
                Severity::Error,
                "The signature was not made with the private key of this certificate, or the text was changed since."
                    .to_owned(),
            ),
        }
    }
}

fn quoted(text: &str) -> String {
    super::remarks::quote(text)
}

/// Without the zeros that only keep a number from being negative.
fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// The DER form of the first certificate in a text.
fn der_of(text: &str) -> Result<Vec<u8>, CertificateError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let body = match text.split_once(BEGIN) {
        Some((_, rest)) => rest.split("-----END").next().unwrap_or_default(),
        None if text.contains("PRIVATE KEY-----") => return Err(CertificateError::OnlyKey),
        None if text.contains("-----BEGIN") => return Err(CertificateError::Absent),
        None => text,
    };
    let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    if packed.is_empty() {
        return Err(CertificateError::Absent);
    }
    STANDARD.decode(packed).map_err(|_| CertificateError::Absent)
}

/// The thumbprints in a text, with where they stand.
fn in_use(text: &str) -> Vec<(Slot, String)> {
    let trimmed = text.trim();
    if let Ok(value) = serde_json::from_str::<Value>(trimmed)
        && !value.is_string()
        && !value.is_number()
    {
        let mut found = Vec::new();
        collect(&value, &mut found);
        return found;
    }
    let token = decode(trimmed);
    if token.kind == Kind::Jws && !token.header.is_empty() {
        let mut found = Vec::new();
        collect(&Value::Object(token.header), &mut found);
        return found;
    }
    let bare = |text: &str| text.trim().trim_matches(['"', '\'', '`', ',', ';']).to_owned();
    // `x5t=…`, `Thumbprint: …`, `SHA1 Fingerprint=AA:BB…`; a bare value may hold colons and = itself.
    for at in [trimmed.find('='), trimmed.find(':')].into_iter().flatten() {
        let (name, value) = trimmed.split_at(at);
        if let Some(slot) = Slot::named(&bare(name)) {
            return vec![(slot, bare(&value[1..]))];
        }
    }
    if trimmed.is_empty() { Vec::new() } else { vec![(Slot::Unnamed, bare(trimmed))] }
}

/// The members of a document that hold thumbprints, at any depth (which the reader bounds).
fn collect(value: &Value, found: &mut Vec<(Slot, String)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (Slot::named(name), value.as_str()) {
                    (Some(slot), Some(text)) => found.push((slot, text.to_owned())),
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// Upper-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// `AA:BB:…`.
fn colons(hex: &str) -> String {
    let pairs: Vec<&str> =
        hex.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()).collect();
    pairs.join(":")
}

/// A value for people: safe to print, with invisible characters shown.
fn shown(text: &str) -> String {
    visible(text).into_owned()
}

#[cfg(test)]
mod tests;
