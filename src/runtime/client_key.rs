//! Reading a client's private key from the files that people have: PEM (RFC 7468) with or without its certificate, and
//! PFX (PKCS#12).
//!
//! What comes out signs as it is: an RSA key in PKCS#8, with the names by which the authority knows it. What cannot be
//! used says why, and where a tool can mend it, with which command. Nothing of a key is ever repeated in an error.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeyPair,
    signature::KeyPair as _,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy, error::Error as PfxError};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    flow::{ClientKey, SigningAlgorithm},
    secret::Secret,
    text::visible,
    time::UnixTime,
};

/// How the key is to be used and named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// With which algorithm it signs; PS256 unless said.
    pub algorithm: Option<SigningAlgorithm>,
    /// By which hash of the certificate it is named; the one that goes with the algorithm unless said.
    pub thumbprint: Option<Thumbprint>,
    /// The name under which the provider holds the public key.
    pub key_id: Option<String>,
}

/// A hash of a certificate that names it (RFC 7515 §4.1.7, §4.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thumbprint {
    /// `x5t`.
    Sha1,
    /// `x5t#S256`.
    Sha256,
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No private key is in the file.
    #[error("there is no private key in it (a block that begins with -----BEGIN PRIVATE KEY-----)")]
    NoKey,
    /// The private key is encrypted.
    #[error(
        "its private key is encrypted, and only PFX files are opened with a password here; \
         openssl pkcs8 -in FILE -out plain.pem writes it in the clear, or openssl pkcs12 -export makes a PFX"
    )]
    Encrypted,
    /// Another kind of key.
    #[error("its key is not an RSA key; Entra takes RSA only, and so does this program")]
    NotRsa,
    /// The key is RSA and still refused.
    #[error("its RSA key cannot be used: {0} (2048 bits at least are needed)")]
    Refused(String),
    /// No certificate where one was promised.
    #[error("there is no certificate in it (a block that begins with -----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// The certificate cannot be read.
    #[error("its certificate cannot be read")]
    Certificate,
    /// The certificate is that of another key.
    #[error("certificate and private key do not belong together")]
    Mismatch,
    /// A PFX file that cannot be opened.
    #[error("it cannot be opened as PFX: {0}")]
    Pfx(&'static str),
}

/// A key in PEM; `certificate` is the text that holds its certificate, which may be the same. Without one the key is
/// named by `key_id` alone, as providers other than Entra have it.
pub fn from_pem(certificate: Option<&str>, key: &str, used: &Use) -> Result<ClientKey, KeyError> {
    let der = private_key(key)?;
    let certificate = certificate.map(first_certificate).transpose()?;
    assemble(&der, certificate.as_deref(), used)
}

/// A key with its certificate from a PFX file.
pub fn from_pfx(file: &[u8], password: &Secret, used: &Use) -> Result<ClientKey, KeyError> {
    let store = KeyStore::from_pkcs12(file, password.expose(), Pkcs12ImportPolicy::Relaxed);
    let store = store.map_err(|why| {
        KeyError::Pfx(match why {
            PfxError::MacError(_) => "the password is wrong, or the file is damaged",
            _ => "it is no such file, or its encryption is unknown",
        })
    })?;
    let (_, chain) = store.private_key_chain().ok_or(KeyError::NoKey)?;
    let certificate = chain.certs().first().ok_or(KeyError::NoCertificate)?;
    assemble(chain.key().as_der(), Some(certificate.as_der()), used)
}

fn assemble(pkcs8: &[u8], certificate: Option<&[u8]>, used: &Use) -> Result<ClientKey, KeyError> {
    let pair = rsa(pkcs8, KeyPair::from_pkcs8)?;
    let algorithm = used.algorithm.unwrap_or(SigningAlgorithm::Ps256);
    let mut names = Vec::new();
    let mut about = format!("an RSA key of {} bits, without certificate", pair.public_modulus_len() * 8);
    if let Some(der) = certificate {
        let (_, read) = X509Certificate::from_der(der).map_err(|_| KeyError::Certificate)?;
        if *read.public_key().subject_public_key.data != *pair.public_key().as_ref() {
            return Err(KeyError::Mismatch);
        }
        names.push(
            match used.thumbprint.unwrap_or(match algorithm {
                SigningAlgorithm::Rs256 => Thumbprint::Sha1,
                SigningAlgorithm::Ps256 => Thumbprint::Sha256,
            }) {
                Thumbprint::Sha1 => ("x5t".to_owned(), URL_SAFE_NO_PAD.encode(Sha1::digest(der))),
                Thumbprint::Sha256 => ("x5t#S256".to_owned(), URL_SAFE_NO_PAD.encode(Sha256::digest(der))),
            },
        );
        let end = UnixTime::from_seconds(read.validity().not_after.timestamp());
        about = format!("{}, until {}", visible(&read.subject().to_string()), end.date_time());
    }
    names.extend(used.key_id.iter().map(|id| ("kid".to_owned(), id.clone())));
    Ok(ClientKey { pem: Secret::new(pem("PRIVATE KEY", pkcs8)), algorithm, names, about })
}

/// The private key of a PEM text, as PKCS#8.
fn private_key(text: &str) -> Result<Vec<u8>, KeyError> {
    let blocks = blocks(text);
    let labelled = |label: &str| blocks.iter().find(|block| block.label == label);
    if let Some(block) = labelled("PRIVATE KEY") {
        return Ok(block.der.clone());
    }
    if let Some(block) = labelled("RSA PRIVATE KEY").filter(|block| !block.is_encrypted) {
        // The older form (PKCS#1), which is the same key in a thinner wrapper.
        let pair = rsa(&block.der, KeyPair::from_der)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|why| KeyError::Refused(why.to_string()))?;
        return Ok(der.as_ref().to_vec());
    }
    if blocks.iter().any(|block| block.is_encrypted || block.label == "ENCRYPTED PRIVATE KEY") {
        return Err(KeyError::Encrypted);
    }
    let other = blocks.iter().any(|block| block.label.ends_with("PRIVATE KEY"));
    Err(if other { KeyError::NotRsa } else { KeyError::NoKey })
}

fn rsa(
    der: &[u8],
    read: fn(&[u8]) -> Result<KeyPair, aws_lc_rs::error::KeyRejected>,
) -> Result<KeyPair, KeyError> {
    /// The object identifier rsaEncryption, which stands near the beginning of PKCS#8; PKCS#1 goes without.
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    /// The one of keys on elliptic curves.
    const ELLIPTIC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    /// What Edwards curves begin with.
    const EDWARDS: &[u8] = &[0x06, 0x03, 0x2b, 0x65];
    read(der).map_err(|why| {
        let head = &der[..der.len().min(40)];
        let holds = |id: &[u8]| head.windows(id.len()).any(|window| window == id);
        if !holds(RSA) && (holds(ELLIPTIC) || holds(EDWARDS)) {
            KeyError::NotRsa
        } else {
            KeyError::Refused(why.to_string())
        }
    })
}

fn first_certificate(text: &str) -> Result<Vec<u8>, KeyError> {
    let found = blocks(text).into_iter().find(|block| block.label == "CERTIFICATE");
    found.map(|block| block.der).ok_or(KeyError::NoCertificate)
}

/// One block of a PEM text.
struct Block {
    label: String,
    der: Vec<u8>,
    is_encrypted: bool,
}

/// The blocks of a PEM text; text around them is a comment, and a block that is no base64 is none.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("-----BEGIN ") {
        rest = behind;
        let Some((label, body)) = behind.split_once("-----") else { continue };
        let Some((body, after)) = body.split_once(&format!("-----END {label}-----")) else { continue };
        rest = after;
        // The older format has header lines before the data (RFC 1421 §4.4).
        let is_encrypted = body.contains("ENCRYPTED");
        let data: String =
            body.lines().filter(|line| !line.contains(':')).flat_map(str::split_whitespace).collect();
        if let Ok(der) = STANDARD.decode(data) {
            blocks.push(Block { label: label.to_owned(), der, is_encrypted });
        }
    }
    blocks
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::KeySize;
    use p12_keystore::{Certificate, EncryptionAlgorithm, KeyStoreEntry, PrivateKey, PrivateKeyChain};

    use super::*;
    use crate::flow::Signing;

    struct Made {
        pkcs8: Vec<u8>,
        certificate: Vec<u8>,
    }

    fn make() -> Made {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pkcs8 = der.as_ref().to_vec();
        let signer = rcgen::KeyPair::try_from(&*pkcs8).unwrap();
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "Price feed");
        parameters.not_after = rcgen::date_time_ymd(2030, 1, 2);
        let certificate = parameters.self_signed(&signer).unwrap().der().to_vec();
        Made { pkcs8, certificate }
    }

    impl Made {
        fn texts(&self) -> (String, String) {
            (pem("CERTIFICATE", &self.certificate), pem("PRIVATE KEY", &self.pkcs8))
        }
    }

    fn signs(key: &ClientKey) {
        let signing =
            Signing { key: key.pem.clone(), algorithm: key.algorithm, input: "header.payload".into() };
        assert_eq!(crate::runtime::sign::sign(&signing).map(|signature| signature.len()), Ok(256));
    }

    #[test]
    fn a_certificate_with_its_key_is_read_and_named_by_its_thumbprint() {
        let made = make();
        let (certificate, key) = made.texts();
        let sha1 = URL_SAFE_NO_PAD.encode(Sha1::digest(&made.certificate));
        let sha256 = URL_SAFE_NO_PAD.encode(Sha256::digest(&made.certificate));
        let read = from_pem(Some(&certificate), &key, &Use::default()).unwrap();
        assert_eq!(read.about, "CN=Price feed, until 2030-01-02 00:00:00Z");
        assert_eq!(
            (read.algorithm, read.names.clone()),
            (SigningAlgorithm::Ps256, vec![("x5t#S256".to_owned(), sha256.clone())])
        );
        signs(&read);
        let both = format!("subject=CN = Price feed\n{key}{certificate}");
        let older = Use { algorithm: Some(SigningAlgorithm::Rs256), ..Use::default() };
        let read = from_pem(Some(&both), &both, &older).unwrap();
        assert_eq!(read.names, [("x5t".to_owned(), sha1)]);
        let named = Use { thumbprint: Some(Thumbprint::Sha256), key_id: Some("k1".into()), ..older };
        let read = from_pem(Some(&certificate), &key, &named).unwrap();
        assert_eq!(read.names, [("x5t#S256".to_owned(), sha256), ("kid".to_owned(), "k1".to_owned())]);
    }

    #[test]
    fn a_key_alone_is_named_by_its_id_only() {
        let (_, key) = make().texts();
        let read = from_pem(None, &key, &Use { key_id: Some("k1".into()), ..Use::default() }).unwrap();
        assert_eq!(read.names, [("kid".to_owned(), "k1".to_owned())]);
        assert_eq!(read.about, "an RSA key of 2048 bits, without certificate");
        signs(&read);
    }

    #[test]
    fn the_older_form_of_a_key_is_converted() {
        let made = make();
        // PKCS#8 is PKCS#1 behind 26 bytes of wrapping for a key of this size.
        let older = pem("RSA PRIVATE KEY", &made.pkcs8[26..]);
        let read = from_pem(Some(&made.texts().0), &older, &Use::default()).unwrap();
        signs(&read);
    }

    #[test]
    fn what_cannot_be_used_says_why_and_repeats_nothing() {
        let (made, other) = (make(), make());
        let (certificate, key) = made.texts();
        let check = |certificate: Option<&str>, key: &str, expected: &KeyError| {
            let error = from_pem(certificate, key, &Use::default()).unwrap_err();
            assert_eq!(error, *expected);
            assert!(!error.to_string().contains("hunter2"));
        };
        check(Some(&other.texts().0), &key, &KeyError::Mismatch);
        check(Some(&key), &key, &KeyError::NoCertificate);
        check(None, &certificate, &KeyError::NoKey);
        check(None, "hunter2", &KeyError::NoKey);
        check(None, &pem("ENCRYPTED PRIVATE KEY", b"hunter2"), &KeyError::Encrypted);
        let body = STANDARD.encode(b"hunter2");
        let older = format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{body}\n-----END RSA PRIVATE KEY-----"
        );
        check(None, &older, &KeyError::Encrypted);
        check(None, &pem("EC PRIVATE KEY", b"hunter2"), &KeyError::NotRsa);
        let curve = rcgen::KeyPair::generate().unwrap();
        check(None, &pem("PRIVATE KEY", &curve.serialize_der()), &KeyError::NotRsa);
        check(Some(&pem("CERTIFICATE", b"hunter2")), &key, &KeyError::Certificate);
        let error = from_pem(None, &pem("PRIVATE KEY", b"hunter2"), &Use::default()).unwrap_err();
        assert!(matches!(error, KeyError::Refused(_)), "{error:?}");
    }

    #[test]
    fn a_pfx_opens_with_its_password_whether_it_is_old_or_new() {
        let made = make();
        let chain = PrivateKeyChain::new(
            vec![1],
            PrivateKey::from_der(&made.pkcs8).unwrap(),
            [Certificate::from_der(&made.certificate).unwrap()],
        );
        let mut store = KeyStore::new();
        store.add_entry("feed", KeyStoreEntry::PrivateKeyChain(chain));
        let password = Secret::new("open sesame");
        let schemes = [
            EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
            EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        ];
        for scheme in schemes {
            let file = store.writer(password.expose()).encryption_algorithm(scheme).write().unwrap();
            let read = from_pfx(&file, &password, &Use::default()).unwrap();
            let from_text = from_pem(Some(&made.texts().0), &made.texts().1, &Use::default()).unwrap();
            assert_eq!(read, from_text);
            let wrong = from_pfx(&file, &Secret::new("hunter2"), &Use::default()).unwrap_err();
            assert!(wrong.to_string().contains("password is wrong"), "{wrong}");
        }
        assert!(matches!(from_pfx(b"no file", &password, &Use::default()), Err(KeyError::Pfx(_))));
    }
}
