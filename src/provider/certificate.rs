//! X.509 certificates of applications: what the lab tenant needs of them to check a client assertion.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use x509_parser::{prelude::FromDer as _, public_key::PublicKey as Parsed};

use super::public_key::PublicKey;
use crate::time::UnixTime;

/// A certificate that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// `CN=…` and so on.
    pub subject: String,
    /// SHA-1 of its DER form, which `x5t` carries.
    pub sha1: [u8; 20],
    /// SHA-256 of its DER form, which `x5t#S256` carries.
    pub sha256: [u8; 32],
    /// Its first moment.
    pub not_before: UnixTime,
    /// Its last moment.
    pub not_after: UnixTime,
    /// Its RSA key; other kinds can be registered but verify nothing.
    pub key: Option<PublicKey>,
    /// The whole of it, as it was read.
    pub der: Vec<u8>,
}

/// A certificate that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No certificate in the text.
    #[error("there is no certificate in it: neither PEM (-----BEGIN CERTIFICATE-----) nor base64 of DER")]
    Absent,
    /// Its encoding is broken.
    #[error("the certificate cannot be read: {0}")]
    Unreadable(String),
}

impl Certificate {
    /// Reads the DER form.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let unreadable = |why: String| CertificateError::Unreadable(why);
        let (rest, read) = x509_parser::certificate::X509Certificate::from_der(der)
            .map_err(|why| unreadable(why.to_string()))?;
        if !rest.is_empty() {
            return Err(unreadable(format!("{} bytes stand behind it", rest.len())));
        }
        let key = match read.public_key().parsed() {
            Ok(Parsed::RSA(key)) => Some(PublicKey::new(key.modulus, key.exponent)),
            _ => None,
        };
        Ok(Self {
            subject: read.subject().to_string(),
            sha1: Sha1::digest(der).into(),
            sha256: Sha256::digest(der).into(),
            not_before: UnixTime::from_seconds(read.validity().not_before.timestamp()),
            not_after: UnixTime::from_seconds(read.validity().not_after.timestamp()),
            key,
            der: der.to_vec(),
        })
    }

    /// Reads PEM text, of which the first certificate counts, or base64 of the DER form.
    pub fn from_text(text: &str) -> Result<Self, CertificateError> {
        Self::from_der(&der_of(text)?)
    }

    /// Upper-case hex of the SHA-1 thumbprint, as the portal and error texts write it.
    pub fn thumbprint(&self) -> String {
        hex(&self.sha1)
    }

    /// What `x5t` of an assertion holds: base64url of the SHA-1 thumbprint.
    pub fn x5t(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.sha1)
    }

    /// What `x5t#S256` of an assertion holds: base64url of the SHA-256 thumbprint.
    pub fn x5t_s256(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.sha256)
    }

    /// Whether it is valid at that moment.
    pub fn is_valid_at(&self, now: UnixTime) -> bool {
        self.not_before <= now && now <= self.not_after
    }
}

/// The DER form of the first certificate in a text: PEM, or bare base64.
pub fn der_of(text: &str) -> Result<Vec<u8>, CertificateError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let body = match text.split_once(BEGIN) {
        Some((_, rest)) => rest.split("-----END").next().unwrap_or_default(),
        None => text,
    };
    let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    if packed.is_empty() {
        return Err(CertificateError::Absent);
    }
    STANDARD.decode(packed).map_err(|_| CertificateError::Absent)
}

/// Upper-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert_eq!(Certificate::from_text(""), Err(CertificateError::Absent));
        assert_eq!(Certificate::from_text("no base64!"), Err(CertificateError::Absent));
        assert!(matches!(Certificate::from_text("AAAA"), Err(CertificateError::Unreadable(_))));
    }

    #[test]
    fn pem_and_bare_base64_are_the_same() {
        let signer = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&signer).unwrap();
        let bare = STANDARD.encode(certificate.der());
        let pem = format!("Bag\n-----BEGIN CERTIFICATE-----\n{bare}\n-----END CERTIFICATE-----\n");
        let read = Certificate::from_text(&pem).unwrap();
        assert_eq!(Certificate::from_text(&bare).unwrap(), read);
        assert_eq!(read.key, None, "its key is of an elliptic curve");
        assert_eq!(read.thumbprint().len(), 40);
    }
}
