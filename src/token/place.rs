//! Where in the text or in the token a finding has its reason, so that a screen can mark the very spot.

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::{finding::Finding, text::visible};

/// The place at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// In which part.
    pub within: Within,
    /// The member at fault: of the header, of the claims or, [`Within::Input`], of the JSON text or form around the
    /// token. As it stands there, so not safe to print.
    pub member: Option<String>,
    /// Bytes of [`super::Decoded::raw`] or, [`Within::Input`], of the text that was pasted; empty where something is
    /// missing. They lie on character boundaries.
    pub bytes: Option<Range<usize>>,
}

/// What a [`Place`] is a place in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// The text around the token, as it was pasted.
    Input,
    /// The first part.
    Header,
    /// The second part: the claims.
    Payload,
    /// The third part, or what stands behind the second.
    Signature,
}

impl Within {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        }
    }
}

impl Place {
    /// A member of the JSON in that part.
    pub(super) fn member(within: Within, name: &str) -> Self {
        Self { within, member: Some(name.to_owned()), bytes: None }
    }

    /// A stretch of bytes.
    pub(super) const fn bytes(within: Within, bytes: Range<usize>) -> Self {
        Self { within, member: None, bytes: Some(bytes) }
    }

    /// The object in `decode --json`: `{"part": …, "member": …, "start": …, "end": …}`, without what is not known.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("part".to_owned(), json!(self.within.name()));
        if let Some(member) = &self.member {
            object.insert("member".to_owned(), json!(member));
        }
        if let Some(bytes) = &self.bytes {
            object.insert("start".to_owned(), json!(bytes.start));
            object.insert("end".to_owned(), json!(bytes.end));
        }
        object.into()
    }

    /// A few words for people, safe to print: `payload, exp`.
    pub fn words(&self) -> String {
        match &self.member {
            Some(member) => {
                let member: String = visible(member).chars().take(40).collect();
                format!("{}, {member}", self.within.name())
            }
            None => self.within.name().to_owned(),
        }
    }
}

/// Findings as they are gathered, each with its place where it has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    pub findings: Vec<Finding>,
    pub places: Vec<Option<Place>>,
}

impl Noted {
    /// A finding about the whole.
    pub fn push(&mut self, finding: Finding) {
        self.push_at(finding, None);
    }

    /// A finding with its place.
    pub fn push_at(&mut self, finding: Finding, place: impl Into<Option<Place>>) {
        self.findings.push(finding);
        self.places.push(place.into());
    }

    /// A finding about one claim.
    pub fn claim(&mut self, name: &str, finding: Finding) {
        self.push_at(finding, Place::member(Within::Payload, name));
    }

    /// A finding about one member of the header.
    pub fn header(&mut self, name: &str, finding: Finding) {
        self.push_at(finding, Place::member(Within::Header, name));
    }

    /// Whether a finding with this id is there.
    pub fn has(&self, id: &str) -> bool {
        self.findings.iter().any(|finding| finding.id == id)
    }
}
