//! An access token of the lab, shown to the lab again: the assertion of an on-behalf-of request (reference §4.11).
//!
//! Read as any API reads it: the signature is checked over the header as it was sent. Graph's tokens therefore do not pass,
//! here as elsewhere; only Graph knows how theirs are signed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{keys::Keys, mint};
use crate::time::UnixTime;

/// A token whose signature is right. Nothing else about it is judged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    claims: Map<String, Value>,
}

/// Why a text is not a token of this tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not in the form of a JWT.
    Malformed(&'static str),
    /// Signed by nobody here; the key it names.
    UnknownKey(String),
    /// The signature does not fit; the key it names, and whether its header has the nonce of tokens for Graph.
    WrongSignature { kid: String, has_nonce: bool },
}

/// What a token is for, told by what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An access token of a person.
    Person,
    /// An access token of an application by itself.
    Application,
    /// An ID token.
    Identity,
}

impl Assertion {
    pub fn read(keys: &Keys, text: &str) -> Result<Self, Fault> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(Fault::Malformed("a JWT has three parts, divided by dots"));
        };
        let bytes =
            |part: &str, or: &'static str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Fault::Malformed(or));
        let members = |part: &str, or: &'static str| {
            let bytes = bytes(part, or)?;
            serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|_| Fault::Malformed(or))
        };
        let names = members(header, "the first part is not a JSON object in base64url")?;
        let held = members(claims, "the second part is not a JSON object in base64url")?;
        let signature = bytes(signature, "the third part is not base64url")?;
        let kid = names.get("kid").and_then(Value::as_str).unwrap_or_default();
        let key = keys.find(kid).ok_or_else(|| Fault::UnknownKey(kid.to_owned()))?;
        let is_rs256 = names.get("alg").and_then(Value::as_str) == Some("RS256");
        if is_rs256 && key.verifies(&format!("{header}.{claims}"), &signature) {
            return Ok(Self { claims: held });
        }
        Err(Fault::WrongSignature { kid: kid.to_owned(), has_nonce: names.contains_key("nonce") })
    }

    /// A claim that is a text; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The client that the token was issued to.
    pub fn client(&self) -> &str {
        if self.claims.contains_key("azp") { self.text("azp") } else { self.text("appid") }
    }

    pub fn kind(&self) -> Kind {
        if self.client().is_empty() {
            Kind::Identity
        } else if self.claims.contains_key("scp") {
            Kind::Person
        } else {
            Kind::Application
        }
    }

    /// When it ends.
    pub fn expires(&self) -> UnixTime {
        UnixTime::from_seconds(self.claims.get("exp").and_then(Value::as_i64).unwrap_or_default())
    }

    /// How its person signed in.
    pub fn methods(&self) -> Vec<&'static str> {
        mint::methods_of(self.text("aio"))
    }
}
