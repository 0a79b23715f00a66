//! Tokens, looked at without being believed: decoding that never fails ([`decode`]), the meaning of each claim
//! ([`claims`]), and checks that each say what they compared with what ([`checks`]).

pub mod checks;
pub mod claims;

use serde_json::{Map, Value};

use crate::{finding::Finding, secret::Secret};

/// What a pasted text turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A signed token with three parts (RFC 7515).
    Jws,
    /// An encrypted token with five parts; only its header can be read (RFC 7516).
    Jwe,
    /// A token that only its issuer can read.
    Opaque,
    /// A SAML assertion.
    Saml,
    /// Not a token at all.
    NotAToken,
}

/// What could be read of a token. Nothing in it has been verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// What it is.
    pub kind: Kind,
    /// The JOSE header in the token's order, empty if unreadable.
    pub header: Map<String, Value>,
    /// The claims in the token's order, empty if unreadable.
    pub claims: Map<String, Value>,
    /// What is odd about it; ids from the findings catalogue.
    pub findings: Vec<Finding>,
    /// The token itself, cleaned of what stood around it.
    pub raw: Secret,
}

/// Reads whatever was pasted, as far as it can be read. Never fails, never believes.
pub fn decode(text: &str) -> Decoded {
    Decoded {
        kind: Kind::NotAToken,
        header: Map::new(),
        claims: Map::new(),
        findings: Vec::new(),
        raw: Secret::new(text),
    }
}
