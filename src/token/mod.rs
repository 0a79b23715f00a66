//! Tokens, looked at without being believed: decoding that never fails ([`decode`]), what kind of token it is
//! ([`kind_of`]), the meaning of each claim ([`claims`]) and value ([`values`]), and checks that each say what they
//! compared with what ([`checks`]), summed up for the two seats that look at tokens ([`seat`]).
//!
//! The way of a pasted text: `paste` finds the token in it, `compact` reads its parts (or `opaque` says what else it
//! is), `remarks` notes what is odd or telling about the claims. Every finding's id stands in `catalogue`. Nothing here
//! reads a clock: what depends on the present takes `now` ([`Decoded::at`], [`checks::judge`]).

pub mod bend;
mod catalogue;
pub mod checks;
pub mod claims;
mod compact;
pub mod difference;
mod json;
mod keys;
mod kind;
mod known;
mod moment;
mod opaque;
mod part;
mod paste;
mod remarks;
mod scan;
pub mod seat;
mod signature;
#[cfg(test)]
mod signed;
#[cfg(test)]
mod tests;
pub mod thumbprint;
pub mod values;

pub use keys::{KeySource, SharedKey, key_set};
pub use kind::{Recognised, TokenKind, kind_of};

use serde_json::{Map, Value, json};

use crate::{finding::Finding, secret::Secret, time::UnixTime};

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

impl Kind {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jws => "jws",
            Self::Jwe => "jwe",
            Self::Opaque => "opaque",
            Self::Saml => "saml",
            Self::NotAToken => "not_a_token",
        }
    }

    /// The words used on screens.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Jws => "signed token (JWT)",
            Self::Jwe => "encrypted token (JWE)",
            Self::Opaque => "opaque token",
            Self::Saml => "SAML",
            Self::NotAToken => "not a token",
        }
    }
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

impl Decoded {
    /// The same, with findings about the present: expired, or not yet valid. Unlike [`checks::judge`] this grants no
    /// leeway; it says what the token says.
    #[must_use]
    pub fn at(mut self, now: UnixTime) -> Self {
        remarks::on_present(&self.claims, now, &mut self.findings);
        self
    }

    /// The object of `decode --json`:
    /// `{"kind": …, "header": {…}, "claims": {…}, "findings": [{"id", "severity", "title"}]}`.
    ///
    /// Header and claims are data from outside, as the token holds them; whoever prints the text of this object to a
    /// terminal passes it through [`crate::text::visible_json`].
    pub fn to_json(&self) -> Value {
        self.clone().into_json()
    }

    /// The same without a second copy of the claims, which may be large: for the command, which needs them no more.
    pub fn into_json(self) -> Value {
        let finding = |finding: &Finding| json!({"id": finding.id, "severity": finding.severity.name(), "title": finding.title});
        let mut object = Map::new();
        object.insert("kind".to_owned(), self.kind.name().into());
        object.insert("header".to_owned(), self.header.into());
        object.insert("claims".to_owned(), self.claims.into());
        object.insert("findings".to_owned(), self.findings.iter().map(finding).collect());
        object.into()
    }

    /// A claim that holds a point in time (RFC 7519 §2), if it can be read as one.
    pub fn time(&self, claim: &str) -> Option<UnixTime> {
        moment::Moment::read(self.claims.get(claim)?).time()
    }

    /// A claim, if it is a string.
    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }
}

/// Whether metadata fetched from `host` may speak for an issuer on `issuer_host` (OpenID Connect Discovery §4.3): only for
/// its own, except that Entra's hosts speak for each other, as its older issuers live on `sts.windows.net`.
pub fn speaks_for(host: &str, issuer_host: &str) -> bool {
    host.eq_ignore_ascii_case(issuer_host) || known::is_entra_host(host) && known::is_entra_host(issuer_host)
}

/// Reads whatever was pasted, as far as it can be read. Never fails, never believes.
pub fn decode(text: &str) -> Decoded {
    let paste::Pasted { token, shape, mut findings } = paste::find(text);
    let (kind, finding) = match shape {
        paste::Shape::Compact { shortened } => return compact::read(token, shortened, findings),
        paste::Shape::Word if !opaque::has_known_beginning(&token) && opaque::has_compact_shape(&token) => {
            return compact::read(token, false, findings);
        }
        paste::Shape::Word => opaque::recognise_word(&token),
        paste::Shape::Text => opaque::recognise_text(&token),
        paste::Shape::Json { key } => (Kind::NotAToken, key.map(opaque::key_material)),
        paste::Shape::Empty => (Kind::NotAToken, None),
    };
    findings.extend(finding);
    Decoded { kind, header: Map::new(), claims: Map::new(), findings, raw: Secret::new(token) }
}
