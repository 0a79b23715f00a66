//! The request to be: every parameter can be seen, changed, removed, doubled and added before it is sent. A client's
//! assertion is drafted in the same way before it is signed; its fields are members of header and payload.

use serde_json::{Map, Value};
use url::Url;

use super::StepId;
use crate::{
    oauth::{
        assertion,
        parameters::{self, Parameter},
    },
    secret,
    wire::{Body, Failure, Headers, Method, Params, Request},
};

/// A request that is laid out and not sent yet, with everything a person has changed about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The verb.
    pub method: Method,
    /// The address without our parameters; an edit may make it unreadable, which [`Draft::request`] reports.
    pub endpoint: Field,
    /// Parameters and headers in the order they are sent.
    pub fields: Vec<Field>,
    /// Whether this is not sent but signed: an assertion, which has no address and no verb.
    pub is_assertion: bool,
    past: Vec<(Field, Vec<Field>)>,
    future: Vec<(Field, Vec<Field>)>,
}

/// One parameter or header of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it travels.
    pub place: Place,
    /// Its name on the wire.
    pub name: String,
    /// Its value as it will be sent.
    pub value: String,
    /// What we proposed; `None` if the person added it.
    pub proposed: Option<String>,
    /// Taken out by the person: shown struck through, not sent.
    pub removed: bool,
}

impl Field {
    /// Whether the person touched it.
    pub fn is_changed(&self) -> bool {
        self.removed || self.proposed.as_deref() != Some(self.value.as_str())
    }

    /// Whether this is its name; header names are the same in any letter case.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || (self.place == Place::Header && self.name.eq_ignore_ascii_case(name))
    }

    /// Whether its value must be masked. An assertion is harmless until it is signed.
    pub fn is_secret(&self) -> bool {
        match self.place {
            Place::Endpoint | Place::JoseHeader | Place::Claim => false,
            Place::Query | Place::Form | Place::Header | Place::Body => !secret::is_harmless(&self.name),
        }
    }

    /// What is known of it, in the place where it travels.
    pub fn meaning(&self) -> Option<&'static Parameter> {
        match self.place {
            Place::JoseHeader | Place::Claim => assertion::meaning(&self.name),
            Place::Query | Place::Form | Place::Header | Place::Body | Place::Endpoint => {
                parameters::meaning(&self.name)
            }
        }
    }
}

/// Where a field travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the address.
    Query,
    /// In the form body.
    Form,
    /// As a header line.
    Header,
    /// It is the body, byte for byte, and no form.
    Body,
    /// It is the address.
    Endpoint,
    /// In the header of a client assertion (RFC 7515 §4).
    JoseHeader,
    /// In the payload of a client assertion (RFC 7523 §3).
    Claim,
}

/// One change by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bend {
    /// Give the field at this index another value.
    Set(usize, String),
    /// Leave it out, or put it back.
    ToggleRemoved(usize),
    /// Send it twice.
    Double(usize),
    /// Add one behind the others.
    Add(Place, String, String),
    /// Send to another address.
    Endpoint(String),
}

/// A change by name, as `--set` and `--drop` give it, or as carried over into a repeated run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBend {
    /// Only in this step; `None` for every step that has the parameter.
    pub step: Option<StepId>,
    /// The parameter's name.
    pub name: String,
    /// What to do with it.
    pub change: Change,
}

/// What a [`NamedBend`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give it this value; where no such parameter stands and the bend names a step, add it.
    Set(String),
    /// Add one there, even if one stands there already.
    Add(Place, String),
    /// Leave it out.
    Drop,
}

impl Draft {
    /// A draft without parameters.
    pub fn new(method: Method, endpoint: &str) -> Self {
        let endpoint = Field {
            place: Place::Endpoint,
            name: "url".to_owned(),
            value: endpoint.to_owned(),
            proposed: Some(endpoint.to_owned()),
            removed: false,
        };
        Self {
            method,
            endpoint,
            fields: Vec::new(),
            is_assertion: false,
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    /// A draft of an assertion, without members.
    pub fn assertion() -> Self {
        Self { is_assertion: true, ..Self::new(Method::Post, "") }
    }

    /// Adds proposed parameters that all travel in the same place.
    #[must_use]
    pub fn with_all(self, place: Place, params: Params) -> Self {
        params.0.into_iter().fold(self, |draft, (name, value)| draft.with(place, &name, value))
    }

    /// Adds a proposed parameter.
    #[must_use]
    pub fn with(mut self, place: Place, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        self.fields.push(Field {
            place,
            name: name.to_owned(),
            proposed: Some(value.clone()),
            value,
            removed: false,
        });
        self
    }

    /// The value of the first field of that name as it will be sent.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| !field.removed && field.name == name)
            .map(|field| field.value.as_str())
    }

    /// How many fields the person touched.
    pub fn changes(&self) -> usize {
        std::iter::once(&self.endpoint).chain(&self.fields).filter(|field| field.is_changed()).count()
    }

    /// Applies a change; one that names a field that is not there does nothing.
    pub fn bend(&mut self, bend: Bend) {
        let before = (self.endpoint.clone(), self.fields.clone());
        match bend {
            Bend::Set(index, value) => {
                if let Some(field) = self.fields.get_mut(index) {
                    field.value = value;
                    field.removed = false;
                }
            }
            Bend::ToggleRemoved(index) => match self.fields.get_mut(index) {
                Some(field) if field.proposed.is_none() => {
                    self.fields.remove(index);
                }
                Some(field) => field.removed = !field.removed,
                None => {}
            },
            Bend::Double(index) => {
                if let Some(field) = self.fields.get(index) {
                    let twin = Field { proposed: None, removed: false, ..field.clone() };
                    self.fields.insert(index + 1, twin);
                }
            }
            Bend::Add(place, name, value) => self.add(place, name, value),
            Bend::Endpoint(value) => {
                if !self.is_assertion {
                    self.endpoint.value = value;
                }
            }
        }
        if before != (self.endpoint.clone(), self.fields.clone()) {
            self.past.push(before);
            self.future.clear();
        }
    }

    /// Takes the last change back.
    pub fn undo(&mut self) {
        if let Some(before) = self.past.pop() {
            let after = self.swap(before);
            self.future.push(after);
        }
    }

    /// Does the change again that was taken back last.
    pub fn redo(&mut self) {
        if let Some(after) = self.future.pop() {
            let before = self.swap(after);
            self.past.push(before);
        }
    }

    fn swap(&mut self, (endpoint, fields): (Field, Vec<Field>)) -> (Field, Vec<Field>) {
        (std::mem::replace(&mut self.endpoint, endpoint), std::mem::replace(&mut self.fields, fields))
    }

    /// Applies the changes that concern `step`. Where the place of an added parameter is not known it joins the others
    /// of the draft: the form if there is one, else the query.
    #[must_use]
    pub fn bent(mut self, step: StepId, bends: &[NamedBend]) -> Self {
        for bend in bends.iter().filter(|bend| bend.step.is_none_or(|wanted| wanted == step)) {
            let before = (self.endpoint.clone(), self.fields.clone());
            let index = self.fields.iter().position(|field| field.is_called(&bend.name));
            match (&bend.change, index) {
                (Change::Set(value), _) if bend.name == self.endpoint.name && !self.is_assertion => {
                    self.endpoint.value.clone_from(value);
                }
                (Change::Set(value), Some(index)) => {
                    self.fields[index].value.clone_from(value);
                    self.fields[index].removed = false;
                }
                (Change::Set(value), None) if bend.step.is_some() => {
                    let place = if self.is_assertion {
                        Place::Claim
                    } else if parameters::is_header(&bend.name) {
                        Place::Header
                    } else if self.fields.iter().any(|field| field.place == Place::Form) {
                        Place::Form
                    } else {
                        Place::Query
                    };
                    self.add(place, bend.name.clone(), value.clone());
                }
                (Change::Add(place, value), _) => self.add(*place, bend.name.clone(), value.clone()),
                (Change::Drop, Some(index)) => self.fields[index].removed = true,
                (Change::Set(_) | Change::Drop, None) => {}
            }
            // Each can be taken back, like those made by hand.
            if before != (self.endpoint.clone(), self.fields.clone()) {
                self.past.push(before);
            }
        }
        self
    }

    fn add(&mut self, place: Place, name: String, value: String) {
        self.fields.push(Field { place, name, value, proposed: None, removed: false });
    }

    /// The changes made here, by name, so that a repeated run can make them again.
    pub fn named_bends(&self, step: StepId) -> Vec<NamedBend> {
        let change = |field: &Field| match (field.removed, &field.proposed) {
            (true, _) => Change::Drop,
            (false, Some(_)) => Change::Set(field.value.clone()),
            (false, None) => Change::Add(field.place, field.value.clone()),
        };
        std::iter::once(&self.endpoint)
            .chain(&self.fields)
            .filter(|field| field.is_changed())
            .map(|field| NamedBend { step: Some(step), name: field.name.clone(), change: change(field) })
            .collect()
    }

    /// The request as it will be sent: exactly these fields, in this order.
    pub fn request(&self) -> Result<Request, Failure> {
        let mut url = Url::parse(&self.endpoint.value).map_err(|why| Failure::Unsendable {
            reason: format!("the address “{}” is not a URL: {why}", self.endpoint.value),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::Unsendable {
                reason: format!("the address begins with “{}:”, not with http or https", url.scheme()),
            });
        }
        let query = self.params(Place::Query);
        if !query.is_empty() {
            let joined = match url.query() {
                Some(before) if !before.is_empty() => format!("{before}&{}", query.encode()),
                _ => query.encode(),
            };
            url.set_query(Some(&joined));
        }
        let mut headers = Headers::new();
        for field in self.sent(Place::Header) {
            let printable = field.value.chars().all(|c| c == '\t' || (' '..='\u{7e}').contains(&c));
            let token = !field.name.is_empty()
                && field.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
            if !printable || !token {
                return Err(Failure::Unsendable {
                    reason: format!(
                        "header “{}” has a character that HTTP does not allow",
                        crate::text::visible(&field.name)
                    ),
                });
            }
            headers.push(&field.name, &*field.value);
        }
        let body = if let Some(whole) = self.body() {
            Body::from(whole.to_owned())
        } else if self.method == Method::Post && !self.has_own_body() {
            headers.push("content-type", "application/x-www-form-urlencoded");
            Body::from(self.params(Place::Form).encode())
        } else {
            Body::Empty
        };
        Ok(Request { method: self.method, url, headers, body })
    }

    /// The body as typed, where this draft has one instead of a form.
    fn body(&self) -> Option<&str> {
        self.sent(Place::Body).map(|field| field.value.as_str()).find(|body| !body.is_empty())
    }

    /// Whether the body is typed as a whole, be it empty or taken out.
    fn has_own_body(&self) -> bool {
        self.fields.iter().any(|field| field.place == Place::Body)
    }

    /// Whether it can go ahead as it stands.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_assertion { Ok(()) } else { self.request().map(|_| ()) }
    }

    /// What is signed of an assertion. A member that stands twice counts once, with its last value: JSON knows no other
    /// way.
    pub fn signing_input(&self) -> String {
        let members = |place| -> Map<String, Value> {
            let typed = |field: &Field| (field.name.clone(), assertion::typed(&field.name, &field.value));
            self.sent(place).map(typed).collect()
        };
        assertion::signing_input(members(Place::JoseHeader), members(Place::Claim))
    }

    fn sent(&self, place: Place) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.place == place && !field.removed)
    }

    fn params(&self, place: Place) -> Params {
        Params(self.sent(place).map(|field| (field.name.clone(), field.value.clone())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::new(Method::Post, "https://login.example/token?t=1")
            .with(Place::Query, "mkt", "de DE")
            .with(Place::Header, "origin", "https://app.example")
            .with(Place::Form, "client_id", "app")
            .with(Place::Form, "client_secret", "hunter2")
    }

    fn reason(draft: &Draft) -> String {
        match draft.request() {
            Err(Failure::Unsendable { reason }) => reason,
            other => panic!("not unsendable: {other:?}"),
        }
    }

    #[test]
    fn each_field_travels_where_it_belongs() {
        let request = draft().request().expect("sendable");
        assert_eq!(request.url.as_str(), "https://login.example/token?t=1&mkt=de+DE");
        assert_eq!(request.headers.get("origin"), Some("https://app.example"));
        assert_eq!(request.body.text(), "client_id=app&client_secret=hunter2");
    }

    #[test]
    fn every_change_can_be_taken_back_and_done_again() {
        let changes = [
            Bend::Set(2, "other".into()),
            Bend::ToggleRemoved(3),
            Bend::Double(0),
            Bend::Add(Place::Form, "extra".into(), "1".into()),
            Bend::Endpoint("https://else.example".into()),
        ];
        let mut states = vec![draft()];
        let mut bent = draft();
        for change in changes {
            bent.bend(change);
            states.push(bent.clone());
        }
        let seen = |draft: &Draft| (draft.endpoint.clone(), draft.fields.clone());
        for state in states.iter().rev().skip(1) {
            bent.undo();
            assert_eq!(seen(&bent), seen(state));
        }
        bent.undo();
        assert_eq!(seen(&bent), seen(&states[0]));
        for state in &states[1..] {
            bent.redo();
            assert_eq!(seen(&bent), seen(state));
        }
        let request = bent.request().expect("sendable");
        assert_eq!(request.url.as_str(), "https://else.example/?mkt=de+DE&mkt=de+DE");
        assert_eq!(request.body.text(), "client_id=other&extra=1");
    }

    #[test]
    fn a_change_that_names_nothing_changes_nothing_and_leaves_no_trace() {
        for bend in [Bend::Set(9, "x".into()), Bend::ToggleRemoved(9), Bend::Double(9)] {
            let mut bent = draft();
            bent.bend(bend);
            assert_eq!(bent, draft());
        }
    }

    #[test]
    fn what_was_added_disappears_when_it_is_taken_out() {
        let mut bent = draft();
        bent.bend(Bend::Add(Place::Form, "extra".into(), "1".into()));
        bent.bend(Bend::ToggleRemoved(4));
        assert_eq!((bent.fields.len(), bent.changes()), (4, 0));
    }

    #[test]
    fn named_changes_find_their_field_and_come_out_again() {
        let by_name =
            |name: &str, change| NamedBend { step: Some(StepId::Token), name: name.to_owned(), change };
        let bends = vec![
            by_name("url", Change::Set("https://else.example".into())),
            by_name("client_id", Change::Set("other".into())),
            by_name("client_secret", Change::Drop),
            by_name("client_secret", Change::Add(Place::Form, "twin".into())),
            by_name("origin", Change::Add(Place::Header, "https://else.example".into())),
            by_name("extra", Change::Add(Place::Form, "1".into())),
        ];
        let mut changed = draft().bent(StepId::Token, &bends);
        let again = draft().bent(StepId::Token, &changed.named_bends(StepId::Token));
        assert_eq!((&again.fields, changed.changes()), (&changed.fields, bends.len()));
        for _ in &bends {
            changed.undo();
        }
        assert_eq!(changed.changes(), 0, "each can be taken back");
        assert_eq!(draft().bent(StepId::Poll, &bends), draft());
        let everywhere = NamedBend { step: None, ..by_name("unknown", Change::Set("1".into())) };
        assert_eq!(draft().bent(StepId::Token, &[everywhere]), draft());
    }

    #[test]
    fn what_was_doubled_or_put_into_a_header_is_so_again_in_a_repeated_run() {
        let mut bent = draft();
        bent.bend(Bend::Double(0));
        bent.bend(Bend::Add(Place::Header, "x-own".into(), "1".into()));
        let again = draft().bent(StepId::Token, &bent.named_bends(StepId::Token));
        let sorted = |draft: &Draft| {
            let mut fields: Vec<_> =
                draft.fields.iter().map(|field| (field.name.clone(), format!("{:?}", field.place))).collect();
            fields.sort();
            fields
        };
        assert_eq!(sorted(&again), sorted(&bent));
    }

    #[test]
    fn what_is_a_header_is_added_as_one() {
        let set = |name: &str| NamedBend {
            step: Some(StepId::Token),
            name: name.to_owned(),
            change: Change::Set("1".to_owned()),
        };
        let bent =
            draft().bent(StepId::Token, &[set("Cookie"), set("x-identity-header"), set("x-client-sku")]);
        let places: Vec<_> = bent.fields.iter().rev().take(3).map(|field| field.place).collect();
        assert_eq!(places, [Place::Form, Place::Header, Place::Header]);
    }

    #[test]
    fn an_assertion_is_bent_member_by_member_and_has_no_address() {
        let draft = Draft::assertion()
            .with(Place::JoseHeader, "alg", "RS256")
            .with(Place::Claim, "aud", "https://login.example/token")
            .with(Place::Claim, "exp", "1772616027");
        let by_name =
            |name: &str, change| NamedBend { step: Some(StepId::Assert), name: name.into(), change };
        let bends = [
            by_name("exp", Change::Set("17".into())),
            by_name("aud", Change::Drop),
            by_name("roles", Change::Set("[\"x\"]".into())),
        ];
        let mut bent = draft.clone().bent(StepId::Assert, &bends);
        // {"alg":"RS256"} . {"exp":17,"roles":["x"]}
        assert_eq!(bent.signing_input(), "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3LCJyb2xlcyI6WyJ4Il19");
        bent.bend(Bend::Endpoint("https://else.example".into()));
        assert_eq!((bent.endpoint.is_changed(), bent.changes(), bent.check()), (false, 3, Ok(())));
        assert!(bent.fields.iter().all(|field| !field.is_secret()));
        assert_eq!(draft.fields[1].meaning().map(|known| known.short), Some("for whom it is"));
    }

    #[test]
    fn what_cannot_be_sent_says_why() {
        let at = |address: &str| Draft { endpoint: Draft::new(Method::Get, address).endpoint, ..draft() };
        assert!(reason(&at("no address")).contains("no address"));
        assert!(reason(&at("file:///etc/passwd")).contains("file:"));
        for (name, value) in [("x\r\ny", "1"), ("", "1"), ("x", "1\r\nhost: evil.example"), ("x", "ä")] {
            assert!(
                reason(&draft().with(Place::Header, name, value)).contains("header"),
                "{name:?}: {value:?}"
            );
        }
    }

    #[test]
    fn the_address_is_no_secret_and_an_unknown_name_is_one() {
        assert!(!draft().endpoint.is_secret());
        let secret: Vec<_> = draft().fields.iter().map(Field::is_secret).collect();
        assert_eq!(secret, [false, false, false, true]);
    }
}
