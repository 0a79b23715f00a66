//! Key pairs made on the spot: an RSA key and a self-signed certificate for it, with which an application can prove itself
//! (`private_key_jwt`). Nothing is written anywhere.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeySize,
    signature::RsaKeyPair,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::clock;
use crate::{
    flow::{ClientKey, SigningAlgorithm},
    provider::certificate::{Certificate, CertificateError},
    secret::Secret,
};

/// The longest that a certificate may last; directories refuse more than some years anyway.
pub const MOST_DAYS: u32 = 3650;

/// A private key with its certificate.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// PKCS#8, in PEM.
    pub private_key_pem: Secret,
    /// The certificate, in PEM: what a registration is given.
    pub certificate_pem: String,
    /// The same in DER.
    pub certificate_der: Vec<u8>,
    /// The certificate as it was read back: thumbprints, validity, subject.
    pub certificate: Certificate,
}

/// A key pair could not be made.
#[derive(Debug, thiserror::Error)]
pub enum KeyPairError {
    /// The number of days makes no sense.
    #[error("a certificate lasts 1 to {MOST_DAYS} days, not {0}")]
    Days(u32),
    /// The name cannot stand in a certificate.
    #[error("the common name must have 1 to 64 characters and no control characters")]
    Name,
    /// The library failed.
    #[error("no key pair could be made: {0}")]
    Library(String),
    /// What was made cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Makes an RSA key of 2048 bits and a certificate that begins today and lasts `days`. Takes about a tenth of a second;
/// belongs on a blocking thread.
pub fn make(common_name: &str, days: u32) -> Result<KeyPair, KeyPairError> {
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(KeyPairError::Days(days));
    }
    if !(1..=64).contains(&common_name.chars().count()) || common_name.chars().any(char::is_control) {
        return Err(KeyPairError::Name);
    }
    let failed = |why: &dyn std::fmt::Display| KeyPairError::Library(why.to_string());
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|why| failed(&why))?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|why| failed(&why))?;
    let signer = rcgen::KeyPair::try_from(private.as_ref()).map_err(|why| failed(&why))?;
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).map_err(|why| failed(&why))?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, common_name);
    let seconds = |days: u64| std::time::Duration::from_secs(days * 86_400);
    let today = u64::try_from(clock::now().seconds().div_euclid(86_400)).unwrap_or(0);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    parameters.not_before = epoch + seconds(today);
    parameters.not_after = epoch + seconds(today + u64::from(days));
    let made = parameters.self_signed(&signer).map_err(|why| failed(&why))?;
    let der = made.der().to_vec();
    Ok(KeyPair {
        private_key_pem: Secret::new(pem("PRIVATE KEY", private.as_ref())),
        certificate_pem: pem("CERTIFICATE", &der),
        certificate: Certificate::from_der(&der)?,
        certificate_der: der,
    })
}

impl KeyPair {
    /// The key as a flow signs with it: PS256, the certificate named by both thumbprints.
    pub fn client_key(&self) -> ClientKey {
        let Certificate { subject, not_after, .. } = &self.certificate;
        ClientKey {
            pem: self.private_key_pem.clone(),
            algorithm: SigningAlgorithm::Ps256,
            names: vec![
                ("x5t#S256".to_owned(), self.certificate.x5t_s256()),
                ("x5t".to_owned(), self.certificate.x5t()),
            ],
            about: format!("{subject}, until {}", not_after.date_time()),
        }
    }
}

/// PEM (RFC 7468): base64 in lines of 64 characters.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::certificate::der_of;

    #[test]
    fn a_made_certificate_lasts_as_long_as_it_was_asked_to() {
        let made = make("Northwind Price Feed", 30).unwrap();
        assert_eq!(made.certificate.subject, "CN=Northwind Price Feed");
        let life = made.certificate.not_after.since(made.certificate.not_before);
        assert_eq!(life.as_secs(), 30 * 86_400);
        assert!(made.certificate.is_valid_at(clock::now()));
        assert_eq!(der_of(&made.certificate_pem).unwrap(), made.certificate_der);
        assert!(made.private_key_pem.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert!(made.private_key_pem.expose().lines().all(|line| line.len() <= 64));
        let key = made.client_key();
        assert_eq!(key.names[0], ("x5t#S256".to_owned(), made.certificate.x5t_s256()));
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_a_key_is_made() {
        for (name, days) in [("", 1), ("a\nb", 1), ("a", 0), ("a", MOST_DAYS + 1)] {
            assert!(make(name, days).is_err(), "{name:?} {days}");
        }
    }
}
