//! Tokens, looked at without being believed: decoding that never fails ([`decode`]), what kind of token it is
//! ([`kind_of`]), the meaning of each claim ([`claims`]) and value ([`values`]), and checks that each say what they
//! compared with what ([`checks`]), summed up for the two seats that look at tokens ([`seat`]).
//!
//! The way of a pasted text: `paste` finds the tokens in it (compact ones by `scan`, opaque ones by `words`, those in JSON by
//! `serialized`) and `front` explains what stood before them; `compact` reads the parts of a token (or `opaque` and `saml`
//! say what else it is), `remarks` notes what is odd or telling about the claims. Every finding's id stands in `catalogue`,
//! and where it has one its [`Place`] stands beside it. Nothing here reads a clock: what depends on the present takes
//! `now` ([`Decoded::at`], [`Life::used`], [`checks::judge`]).

pub mod assertion;
pub mod bend;
mod catalogue;
pub mod checks;
pub mod claims;
mod compact;
pub mod difference;
pub mod federation;
mod front;
mod json;
mod keys;
mod kind;
mod known;
mod life;
mod moment;
mod opaque;
mod overage;
mod part;
mod paste;
mod permissions;
mod place;
mod remarks;
mod saml;
mod scan;
pub mod seat;
mod serialized;
mod signature;
#[cfg(test)]
mod signed;
#[cfg(test)]
mod tests;
pub mod thumbprint;
pub mod values;
mod words;

pub use keys::{KeySource, SharedKey, key_set};
pub use kind::{Recognised, TokenKind, kind_of};
pub(crate) use known::client as first_party_client;
pub use life::Life;
pub use overage::{Overage, group_overage};
use place::Noted;
pub use place::{Place, Within};

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
    /// For each of the findings, by its index, the place at fault; shorter than they are where the rest has none. Read it
    /// with [`Decoded::place`].
    pub places: Vec<Option<Place>>,
    /// The name that it had where it was found: of a parameter, a member, a header, a variable. From outside.
    pub name: Option<String>,
    /// The token itself, cleaned of what stood around it.
    pub raw: Secret,
}

impl Decoded {
    fn new(
        kind: Kind,
        header: Map<String, Value>,
        claims: Map<String, Value>,
        noted: Noted,
        raw: Secret,
        name: Option<String>,
    ) -> Self {
        let Noted { findings, places } = noted;
        Self { kind, header, claims, findings, places, name, raw }
    }

    /// The same, with findings about the present: expired, or not yet valid. Unlike [`checks::judge`] this grants no
    /// leeway; it says what the token says.
    #[must_use]
    pub fn at(mut self, now: UnixTime) -> Self {
        self.places.resize(self.findings.len(), None);
        let mut noted = Noted { findings: self.findings, places: self.places };
        remarks::on_present(&self.claims, now, &mut noted);
        self.findings = noted.findings;
        self.places = noted.places;
        self
    }

    /// The place at fault of the finding at `index`, if it has one.
    pub fn place(&self, index: usize) -> Option<&Place> {
        self.places.get(index)?.as_ref()
    }

    /// The findings about the member `name` of the header or the claims.
    pub fn findings_on<'d>(&'d self, within: Within, name: &'d str) -> impl Iterator<Item = &'d Finding> {
        let on = move |place: &Option<Place>| {
            place
                .as_ref()
                .is_some_and(|place| place.within == within && place.member.as_deref() == Some(name))
        };
        self.findings.iter().zip(&self.places).filter(move |(_, place)| on(place)).map(|(finding, _)| finding)
    }

    /// From when until when it is valid by its own claims, if it says so.
    pub fn life(&self) -> Option<Life> {
        Life::of(self)
    }

    /// The object of `decode --json`:
    /// `{"kind": …, "header": {…}, "claims": {…}, "findings": [{"id", "severity", "title", "at"}]}`; `at` is
    /// [`Place::to_json`], where a place is known.
    ///
    /// Header and claims are data from outside, as the token holds them; whoever prints the text of this object to a
    /// terminal passes it through [`crate::text::visible_json`].
    pub fn to_json(&self) -> Value {
        self.clone().into_json()
    }

    /// The same without a second copy of the claims, which may be large: for the command, which needs them no more.
    pub fn into_json(self) -> Value {
        let finding = |(index, finding): (usize, &Finding)| {
            let mut object =
                json!({"id": finding.id, "severity": finding.severity.name(), "title": finding.title});
            if let Some(place) = self.place(index) {
                object["at"] = place.to_json();
            }
            object
        };
        let findings: Value = self.findings.iter().enumerate().map(finding).collect();
        let mut object = Map::new();
        object.insert("kind".to_owned(), self.kind.name().into());
        object.insert("header".to_owned(), self.header.into());
        object.insert("claims".to_owned(), self.claims.into());
        object.insert("findings".to_owned(), findings);
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

/// The name of the API of Microsoft behind an audience, in any of the forms that tokens carry.
pub fn microsoft_api(audience: &str) -> Option<&'static str> {
    known::resource(audience)
}

/// So many tokens of one text are read. [`decode_all`] says when there are more.
pub const MOST_TOKENS: usize = 64;

/// How deep tokens inside of tokens are followed.
const DEEPEST: usize = 3;

/// Reads whatever was pasted, as far as it can be read. Never fails, never believes. Of several tokens this is the first
/// one; [`decode_all`] gives them all.
pub fn decode(text: &str) -> Decoded {
    let paste::Found { pasted, count } = paste::find(text, 1);
    let first = pasted.into_iter().next().expect("a search gives at least what was searched");
    read(first, 1, count)
}

/// Reads every token in a text, at most [`MOST_TOKENS`]: those in readable form in the order of the text, then the opaque
/// ones; a token inside another one follows it. Never empty.
pub fn decode_all(text: &str) -> Vec<Decoded> {
    let paste::Found { pasted, count } = paste::find(text, MOST_TOKENS);
    let mut all = Vec::with_capacity(pasted.len());
    for (index, pasted) in pasted.into_iter().enumerate() {
        let decoded = read(pasted, index + 1, count);
        let mut inside = compact::nested(decoded.raw.expose());
        all.push(decoded);
        for _ in 0..DEEPEST {
            let Some(token) = inside else { break };
            inside = compact::nested(&token);
            let mut decoded = decode(&token);
            decoded.name = Some("the token inside".to_owned());
            all.push(decoded);
        }
    }
    all
}

/// Reads what was found as the token of this `number` (from 1) of `count`.
fn read(mut pasted: paste::Pasted, number: usize, count: usize) -> Decoded {
    if count > 1 {
        let from = pasted
            .name
            .as_deref()
            .map_or_else(String::new, |name| format!(", from {}", remarks::quote(name)));
        let title = format!("{count} tokens were found; this is number {number}{from}.");
        pasted.noted.push(catalogue::SEVERAL_TOKENS.says(title));
    }
    let other = match pasted.shape {
        paste::Shape::Compact { shortened } => return compact::read(pasted, shortened),
        paste::Shape::Unencoded => return compact::read_unencoded(pasted),
        paste::Shape::Word
            if !opaque::has_known_beginning(&pasted.token) && opaque::has_compact_shape(&pasted.token) =>
        {
            return compact::read(pasted, false);
        }
        paste::Shape::Word => opaque::recognise_word(&pasted.token),
        paste::Shape::Text => opaque::recognise_text(&pasted.token),
        paste::Shape::Json { key } => opaque::recognise_json(key),
        paste::Shape::Empty => opaque::recognise_json(None),
    };
    let paste::Pasted { token, mut noted, name, .. } = pasted;
    other.finding.into_iter().for_each(|finding| noted.push(finding));
    Decoded::new(other.kind, Map::new(), other.claims, noted, Secret::new(token), name)
}
