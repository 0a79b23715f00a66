//! A token of the lab, shown to the lab again: to one of its APIs, as the assertion of an on-behalf-of request (reference
//! §4.11), or as the hint of a request to sign out.
//!
//! [`Token::read`] takes it apart and believes nothing; `bearer` has rules of its own for what comes then. [`Token::signed`]
//! also checks the signature over the header as it was sent, as any API but Graph does it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{
    keys::{Keys, SigningKey},
    mint,
};

/// The parts of a signed token in compact form (RFC 7515 §7.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    signed: String,
    payload: String,
    signature: Vec<u8>,
}

/// Why a text is not a token that a tenant here has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not in the form of a JWT; what came in its place, in words that follow "the token …".
    Malformed(String),
    /// Signed by nobody here; the key it names.
    UnknownKey(String),
    /// The signature does not fit; the key it names, and whether its header has the nonce of tokens for Graph.
    WrongSignature { kid: String, has_nonce: bool },
}

/// What a token is meant for, by the claims that tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Tells a client who signed in.
    Id,
    /// Lets a client act for a person.
    Person,
    /// Lets a client act for itself.
    Application,
}

impl Token {
    /// Takes a token apart. The error says what came in its place, in words that follow "the token …".
    pub fn read(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        // What Entra hands out for its own use begins like this, and has dots, too.
        if parts.len() > 1 && ["0", "1"].contains(&parts[0]) {
            return Err(
                "is an authorization code or a refresh token, which only the token endpoint can read".into(),
            );
        }
        let [header, payload, signature] = parts[..] else { return Err(other_shape(text, &parts)) };
        Ok(Self {
            header: object(header, "header")?,
            claims: object(payload, "payload")?,
            signed: format!("{header}.{payload}"),
            payload: payload.to_owned(),
            signature: decoded(signature, "signature")?,
        })
    }

    /// Takes a token apart if a tenant here has signed it. Nothing else about it is judged yet. Graph's tokens do not pass,
    /// here as elsewhere: only Graph knows how theirs are signed.
    pub fn signed(keys: &Keys, text: &str) -> Result<Self, Fault> {
        let token = Self::read(text).map_err(Fault::Malformed)?;
        let kid = token.in_header("kid").to_owned();
        let Some(key) = keys.find(&kid) else { return Err(Fault::UnknownKey(kid)) };
        if token.in_header("alg") == "RS256" && token.is_signed_by(key, false) {
            return Ok(token);
        }
        Err(Fault::WrongSignature { kid, has_nonce: token.has_nonce() })
    }

    /// A claim that is a text; empty if there is none.
    pub fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text of the header; empty if there is none.
    pub fn in_header(&self, name: &str) -> &str {
        self.header.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A claim that is a time, in seconds since 1970.
    pub fn seconds(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim).and_then(Value::as_i64)
    }

    /// The delegated permissions.
    pub fn scopes(&self) -> Vec<&str> {
        self.text("scp").split_ascii_whitespace().collect()
    }

    /// The members of a claim that is a list of texts, such as `roles` or `acrs`.
    pub fn list(&self, claim: &str) -> Vec<&str> {
        let members = self.claims.get(claim).and_then(Value::as_array).into_iter().flatten();
        members.filter_map(Value::as_str).collect()
    }

    /// The client that the token was made for: `azp` in version 2, `appid` in version 1.
    pub fn client(&self) -> &str {
        if self.claims.contains_key("azp") { self.text("azp") } else { self.text("appid") }
    }

    /// Only access tokens name a client beside the audience, and only those for a person have scopes. `roles` tells nothing:
    /// ID tokens have it, too. `idtyp` would say it outright, but an API has to order it.
    pub fn kind(&self) -> Kind {
        let says = |claim: &str| self.claims.contains_key(claim);
        if says("scp") {
            Kind::Person
        } else if says("appid") || says("azp") {
            Kind::Application
        } else {
            Kind::Id
        }
    }

    /// Whether the token is one that only its resource can verify (reference §8.2).
    pub fn has_nonce(&self) -> bool {
        self.header.contains_key("nonce")
    }

    /// Whether the signature is the key's. `hashes_nonce` is what Graph does: its tokens are signed over a header whose
    /// `nonce` is hashed, so they fit for those alone who know that.
    pub fn is_signed_by(&self, key: &SigningKey, hashes_nonce: bool) -> bool {
        if hashes_nonce && self.has_nonce() {
            let header = mint::signed_header(&Value::Object(self.header.clone())).to_string();
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), self.payload);
            return key.verifies(&signed, &self.signature);
        }
        key.verifies(&self.signed, &self.signature)
    }
}

fn object(part: &str, name: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(&decoded(part, name)?).map_err(|_| format!("has a {name} that is no JSON object"))
}

fn decoded(part: &str, name: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| format!("has a {name} that is not base64url; it may be cut off"))
}

fn other_shape(text: &str, parts: &[&str]) -> String {
    match parts.len() {
        1 if uuid::Uuid::try_parse(text).is_ok() => "is a GUID, which names something and proves nothing".into(),
        1 => "has no dots; an opaque text may be a code, a refresh token or a secret, but is no access token of this \
              tenant"
            .into(),
        5 => "has five parts and is encrypted; this tenant's access tokens are signed only".into(),
        count => format!("has {count} parts and not three; it may be cut off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Token {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        Token::read(&format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(claims), part("signature")))
            .unwrap()
    }

    #[test]
    fn the_claims_tell_what_a_token_is_for() {
        assert_eq!(token(r#"{"aud":"a","nonce":"n"}"#).kind(), Kind::Id);
        assert_eq!(token(r#"{"aud":"a","roles":["R"]}"#).kind(), Kind::Id);
        assert_eq!(token(r#"{"azp":"c","scp":"A B"}"#).kind(), Kind::Person);
        assert_eq!(token(r#"{"azp":"c","scp":"A","roles":["R"]}"#).kind(), Kind::Person);
        assert_eq!(token(r#"{"azp":"c"}"#).kind(), Kind::Application);
        assert_eq!(token(r#"{"appid":"c","roles":["R"]}"#).kind(), Kind::Application);
        let both = token(r#"{"azp":"new","appid":"old","scp":" A  B ","roles":["R",7]}"#);
        assert_eq!((both.client(), both.scopes(), both.list("roles")), ("new", vec!["A", "B"], vec!["R"]));
    }

    #[test]
    fn what_is_no_token_is_said_to_be_what_it_is() {
        let cases = [
            ("4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d", "GUID"),
            ("opaque", "no dots"),
            ("1.AXEAopaque.AgABAQ", "refresh token"),
            ("a.b", "2 parts"),
            ("a.b.c.d.e", "encrypted"),
            ("e30.e30.====", "signature that is not base64url"),
            ("e30.W10.e30", "payload that is no JSON object"),
            ("e3.e30.e30", "header"),
        ];
        for (text, reason) in cases {
            let said = Token::read(text).expect_err("it is no token");
            assert!(said.contains(reason), "{text}: {said}");
        }
    }
}
