//! How an application proves itself beyond secrets: its certificates, and other issuers whose tokens stand in for one.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::provider::{
    certificate::Certificate,
    public_key::{PublishedKey, read_key_set, write_key_set},
};

/// Stands for the lab's own address in the issuer of a federated credential.
pub const LAB: &str = "{lab}";

/// The `key` of a certificate that the lab makes as it starts.
const MADE_AT_START: &str = "made at start";

/// A certificate of a registration (`keyCredentials`, of type `AsymmetricX509Cert` and usage `Verify`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyCredential {
    /// What it is called.
    pub display_name: String,
    /// The certificate: PEM, base64 of DER, or the words `made at start`.
    pub key: Key,
}

/// Where the certificate of a registration comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The lab makes a key pair as it starts, registers the certificate, and gives the private key to its own workbench.
    MadeAtStart,
    /// It is known.
    Certificate(Box<Certificate>),
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::MadeAtStart => serializer.serialize_str(MADE_AT_START),
            Self::Certificate(certificate) => serializer.serialize_str(&STANDARD.encode(&certificate.der)),
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == MADE_AT_START {
            return Ok(Self::MadeAtStart);
        }
        Certificate::from_text(&text).map(|read| Self::Certificate(Box::new(read))).map_err(|why| {
            D::Error::custom(format!("{why}; the words {MADE_AT_START:?} have the lab make one"))
        })
    }
}

/// An issuer whose tokens prove the application (`federatedIdentityCredentials`, reference §4.6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FederatedCredential {
    /// What it is called: 3 to 120 letters, digits, `-` and `_`.
    pub name: String,
    /// `iss`, letter for letter. `{lab}` stands for the lab's own address.
    pub issuer: String,
    /// `sub`, letter for letter.
    pub subject: String,
    /// `aud`: exactly one.
    pub audiences: Vec<String>,
}

impl FederatedCredential {
    /// The audience.
    pub fn audience(&self) -> &str {
        self.audiences.first().map_or("", String::as_str)
    }

    /// The issuer as it is spelled by those who reach the lab at `base`.
    pub fn issuer_at(&self, base: &str) -> String {
        self.issuer.replace(LAB, base)
    }

    /// What is wrong with it, by the rules that the directory has for such entries: the property, and the fault.
    pub(super) fn fault(&self) -> Option<(&'static str, String)> {
        let name_fits = (3..=120).contains(&self.name.len())
            && self.name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && self.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !name_fits {
            let rule = "a name has 3 to 120 letters, digits, - and _, and begins with a letter or digit";
            return Some(("name", format!("{:?}: {rule}", self.name)));
        }
        if self.audiences.len() != 1 {
            return Some(("audiences", "there must be exactly one".to_owned()));
        }
        let texts =
            [("issuer", self.issuer.as_str()), ("subject", &self.subject), ("audiences", self.audience())];
        texts.into_iter().find(|(_, text)| text.is_empty() || text.chars().count() > 600).map(
            |(name, text)| {
                (name, format!("it has {} characters, and must have 1 to 600", text.chars().count()))
            },
        )
    }
}

/// An issuer outside the lab with the keys it publishes: the lab asks nobody over the network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Issuer {
    /// Its `iss`.
    pub issuer: String,
    /// Its key set document (RFC 7517), as text.
    #[serde(rename = "jwks", deserialize_with = "key_set", serialize_with = "key_set_text")]
    pub keys: Vec<PublishedKey>,
}

fn key_set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PublishedKey>, D::Error> {
    read_key_set(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn key_set_text<S: Serializer>(keys: &[PublishedKey], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write_key_set(keys))
}
