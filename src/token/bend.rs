//! Bending a token: its members changed, and what becomes of its signature then. For tokens of the lab, to see which light
//! turns red and what an API answers.
//!
//! A [`Bent`] begins as a copy of a decoded token and remembers what it was. No key is here: [`Bent::finished`] gives what
//! needs none (the old signature, or no signature at all), and for everything else says `None`: then whoever holds the keys
//! signs [`Bent::parts`].

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{Decoded, Kind};
use crate::secret::Secret;

/// The two readable parts of a signed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The JOSE header.
    Header,
    /// The claims.
    Claims,
}

impl Part {
    /// The word used in JSON and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Claims => "claims",
        }
    }
}

/// What becomes of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// The lab signs it anew with its own key: everything about the signature is right.
    LabKey,
    /// Another key signs it, under the name of the lab's.
    OtherKey,
    /// The lab's public key is the secret of an HMAC (HS256): what a verifier accepts that believes `alg`.
    PublicKeyAsSecret,
    /// There is none, and `alg` says so.
    None,
    /// The one it had before the change.
    Keep,
}

impl Signing {
    /// Every one, the one that is right first.
    pub const ALL: [Self; 5] =
        [Self::LabKey, Self::OtherKey, Self::PublicKeyAsSecret, Self::None, Self::Keep];

    /// A stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LabKey => "lab_key",
            Self::OtherKey => "other_key",
            Self::PublicKeyAsSecret => "public_key_as_secret",
            Self::None => "none",
            Self::Keep => "keep",
        }
    }

    /// A few words for lists.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LabKey => "the lab's key",
            Self::OtherKey => "another key, same kid",
            Self::PublicKeyAsSecret => "HS256 with the public key",
            Self::None => "no signature (alg none)",
            Self::Keep => "the old signature",
        }
    }

    /// The fewest words that tell one bent copy from another; `None` where the signature is right.
    const fn in_short(self) -> Option<&'static str> {
        match self {
            Self::LabKey => None,
            Self::OtherKey => Some("other key"),
            Self::PublicKeyAsSecret => Some("HS256"),
            Self::None => Some("alg none"),
            Self::Keep => Some("old signature"),
        }
    }

    /// A sentence that says what it shows.
    pub const fn about(self) -> &'static str {
        match self {
            Self::LabKey => "The signature is right, so that only what you changed can be wrong.",
            Self::OtherKey => {
                "Somebody else signs and names the lab's key: the signature must not verify with it."
            }
            Self::PublicKeyAsSecret => {
                "Everybody has the public key. A verifier that lets the token choose the algorithm takes it for the secret."
            }
            Self::None => {
                "Nothing protects the token. A verifier that lets the token choose the algorithm accepts it."
            }
            Self::Keep => "What a thief can do who has no key: change the text and leave the signature.",
        }
    }

    /// The algorithm that the header has to name for it; `None` leaves the header alone.
    const fn algorithm(self) -> Option<&'static str> {
        match self {
            Self::LabKey | Self::OtherKey => Some("RS256"),
            Self::PublicKeyAsSecret => Some("HS256"),
            Self::None => Some("none"),
            Self::Keep => None,
        }
    }
}

/// One member that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Altered {
    /// Where it stands.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// What it was; `None` if it was not there.
    pub before: Option<Value>,
    /// What it is; `None` if it was taken out.
    pub after: Option<Value>,
}

/// In what a copy is bent, in a few words for lists: `aud changed`, `alg none, scp added`. The names are the token's own.
pub fn in_short(changes: &[Altered], signing: Signing) -> String {
    let change = |altered: &Altered| {
        let what = match (&altered.before, &altered.after) {
            (_, None) => "left out",
            (None, Some(_)) => "added",
            (Some(_), Some(_)) => "changed",
        };
        format!("{} {what}", altered.name)
    };
    let words: Vec<String> =
        signing.in_short().map(ToOwned::to_owned).into_iter().chain(changes.iter().map(change)).collect();
    if words.is_empty() { "signed anew".to_owned() } else { words.join(", ") }
}

/// A token that is being changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bent {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    original_header: Map<String, Value>,
    original_claims: Map<String, Value>,
    original: Secret,
}

impl Bent {
    /// Begins with a token; `None` if it is no signed token whose parts can be read.
    pub fn of(token: &Decoded) -> Option<Self> {
        (token.kind == Kind::Jws && !token.header.is_empty() && !token.claims.is_empty()).then(|| Self {
            header: token.header.clone(),
            claims: token.claims.clone(),
            original_header: token.header.clone(),
            original_claims: token.claims.clone(),
            original: token.raw.clone(),
        })
    }

    /// The token that it began as.
    pub const fn original(&self) -> &Secret {
        &self.original
    }

    /// A part as it is now.
    pub const fn part(&self, part: Part) -> &Map<String, Value> {
        match part {
            Part::Header => &self.header,
            Part::Claims => &self.claims,
        }
    }

    const fn part_mut(&mut self, part: Part) -> &mut Map<String, Value> {
        match part {
            Part::Header => &mut self.header,
            Part::Claims => &mut self.claims,
        }
    }

    const fn before(&self, part: Part) -> &Map<String, Value> {
        match part {
            Part::Header => &self.original_header,
            Part::Claims => &self.original_claims,
        }
    }

    /// Gives a member a value. It keeps its place; a new one comes last.
    pub fn set(&mut self, part: Part, name: &str, value: Value) {
        self.part_mut(part).insert(name.to_owned(), value);
    }

    /// The same from what a person typed; see [`typed`].
    pub fn set_text(&mut self, part: Part, name: &str, text: &str) {
        let held = self.part(part).get(name).or_else(|| self.before(part).get(name));
        let value = typed(name, held, text);
        self.set(part, name, value);
    }

    /// Takes a member out; whether it was there.
    pub fn remove(&mut self, part: Part, name: &str) -> bool {
        self.part_mut(part).shift_remove(name).is_some()
    }

    /// Makes a member what it was, in its old place.
    pub fn restore(&mut self, part: Part, name: &str) {
        let Some(value) = self.before(part).get(name).cloned() else {
            self.remove(part, name);
            return;
        };
        let is_there = self.part(part).contains_key(name);
        if is_there {
            self.set(part, name, value);
            return;
        }
        // Behind the nearest one before it that is still there.
        let names: Vec<&String> = self.before(part).keys().collect();
        let own = names.iter().position(|one| *one == name).unwrap_or_default();
        let place = names[..own]
            .iter()
            .rev()
            .find_map(|earlier| self.part(part).keys().position(|one| one == *earlier))
            .map_or(0, |earlier| earlier + 1);
        self.part_mut(part).shift_insert(place, name.to_owned(), value);
    }

    /// What is different from the token that it began as: header first, each in the order of the token, new members last.
    pub fn changes(&self) -> Vec<Altered> {
        [Part::Header, Part::Claims].into_iter().flat_map(|part| self.changes_in(part)).collect()
    }

    fn changes_in(&self, part: Part) -> Vec<Altered> {
        let (before, after) = (self.before(part), self.part(part));
        let new = after.keys().filter(|name| !before.contains_key(*name));
        before
            .keys()
            .chain(new)
            .filter(|name| before.get(*name) != after.get(*name))
            .map(|name| Altered {
                part,
                name: name.clone(),
                before: before.get(name).cloned(),
                after: after.get(name).cloned(),
            })
            .collect()
    }

    /// Whether a member is not what it was.
    pub fn is_altered(&self, part: Part, name: &str) -> bool {
        self.part(part).get(name) != self.before(part).get(name)
    }

    /// Header and claims as they go under this signature. `alg` follows it, unless somebody has changed that by hand: who
    /// does so wants to see a header that contradicts the signature.
    pub fn parts(&self, signing: Signing) -> (Map<String, Value>, Map<String, Value>) {
        let mut header = self.header.clone();
        if let Some(algorithm) = signing.algorithm().filter(|_| !self.is_altered(Part::Header, "alg")) {
            header.insert("alg".to_owned(), algorithm.into());
        }
        (header, self.claims.clone())
    }

    /// What is signed: both parts as base64url with a dot between (RFC 7515 §5.1). A part that nobody has changed stays as
    /// it was written.
    pub fn signing_input(&self, signing: Signing) -> String {
        let (header, claims) = self.parts(signing);
        let mut written = self.original.expose().split('.');
        let mut part = |now: Map<String, Value>, before: &Map<String, Value>| match written.next() {
            Some(text) if now == *before => text.to_owned(),
            _ => URL_SAFE_NO_PAD.encode(Value::Object(now).to_string()),
        };
        let header = part(header, &self.original_header);
        format!("{header}.{}", part(claims, &self.original_claims))
    }

    /// The token, where no key is needed for it; `None` where somebody has to sign [`Bent::parts`].
    pub fn finished(&self, signing: Signing) -> Option<Secret> {
        let input = self.signing_input(signing);
        match signing {
            Signing::None => Some(Secret::new(format!("{input}."))),
            Signing::Keep => {
                let signature = self.original.expose().splitn(3, '.').nth(2).unwrap_or_default();
                Some(Secret::new(format!("{input}.{signature}")))
            }
            Signing::LabKey | Signing::OtherKey | Signing::PublicKeyAsSecret => None,
        }
    }
}

/// The JSON value that a person means by `text` for a member that holds `held`. What is written as a list, an object or in
/// quotes is that; beyond it text stays text and everything else is read as JSON if it can be. A member that is new takes
/// plain words and numbers as text, except where its name promises a number or a truth value.
pub fn typed(name: &str, held: Option<&Value>, text: &str) -> Value {
    const NUMBERS: &[&str] = &["exp", "nbf", "iat", "auth_time", "acct", "hasgroups", "b64"];
    let text = text.trim();
    let is_json = text.starts_with(['[', '{', '"'])
        || match held {
            Some(held) => !held.is_string(),
            None => NUMBERS.contains(&name),
        };
    let parsed = if is_json { serde_json::from_str(text).ok() } else { None };
    parsed.unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::token::{
        decode,
        signed::{encode, id_token},
    };

    fn bent() -> Bent {
        Bent::of(&decode(&id_token())).unwrap()
    }

    fn parts_of(token: &str) -> (Value, Value) {
        let decoded = decode(token);
        (decoded.header.into(), decoded.claims.into())
    }

    #[test]
    fn a_few_words_tell_in_what_a_copy_is_bent() {
        let mut copy = bent();
        let check = |copy: &Bent, signing: Signing, expected: &str| {
            assert_eq!(in_short(&copy.changes(), signing), expected);
        };
        check(&copy, Signing::LabKey, "signed anew");
        check(&copy, Signing::None, "alg none");
        copy.set(Part::Claims, "aud", json!("api://else"));
        check(&copy, Signing::LabKey, "aud changed");
        copy.remove(Part::Claims, "exp");
        copy.set(Part::Claims, "roles", json!(["x"]));
        check(&copy, Signing::OtherKey, "other key, aud changed, exp left out, roles added");
    }

    #[test]
    fn only_signed_tokens_that_can_be_read_bend() {
        for text in ["", "a.b.c", "1.AXoA-refresh-token", "eyJhbGciOiJub25lIn0..", "e30.eyJzdWIiOiJ4In0."] {
            assert_eq!(Bent::of(&decode(text)), None, "{text}");
        }
    }

    #[test]
    fn what_nobody_changed_is_the_same_token_to_the_letter() {
        // Written with blanks, which no serializer of ours would make.
        let token =
            format!("{}.{}.c2ln", encode(r#"{ "alg": "RS256" }"#), encode(r#"{ "sub": "x", "exp": 1 }"#));
        let mut bent = Bent::of(&decode(&token)).unwrap();
        assert_eq!(bent.finished(Signing::Keep).unwrap().expose(), token);
        bent.set(Part::Claims, "sub", json!("y"));
        let changed = bent.finished(Signing::Keep).unwrap();
        let (header, _) = token.split_once('.').unwrap();
        assert!(changed.expose().starts_with(&format!("{header}.")), "the header stays as it was written");
        assert_eq!(changed.expose().rsplit('.').next(), Some("c2ln"));
        assert_eq!(parts_of(changed.expose()).1, json!({"sub": "y", "exp": 1}));
    }

    #[test]
    fn members_keep_their_places_and_come_back_to_them() {
        let mut bent = bent();
        let names = |bent: &Bent| bent.part(Part::Claims).keys().cloned().collect::<Vec<_>>();
        let before = names(&bent);
        bent.set_text(Part::Claims, "iss", "https://evil.example");
        assert_eq!(names(&bent), before);
        assert!(bent.remove(Part::Claims, "iat") && !bent.remove(Part::Claims, "iat"));
        bent.remove(Part::Claims, "iss");
        bent.remove(Part::Claims, "aud");
        bent.set(Part::Claims, "roles", json!(["Orders.Read.All"]));
        assert!(bent.is_altered(Part::Claims, "roles") && !bent.is_altered(Part::Header, "alg"));
        let changed: Vec<_> = bent.changes().into_iter().map(|one| (one.name, one.after)).collect();
        assert_eq!(
            changed,
            [
                ("aud".to_owned(), None),
                ("iss".to_owned(), None),
                ("iat".to_owned(), None),
                ("roles".to_owned(), Some(json!(["Orders.Read.All"]))),
            ]
        );
        for name in ["iat", "roles", "iss", "aud"] {
            bent.restore(Part::Claims, name);
        }
        assert_eq!((names(&bent), bent.changes()), (before, Vec::new()));
    }

    #[test]
    fn the_algorithm_follows_the_signature_unless_a_person_chose_it() {
        let mut bent = bent();
        for (signing, algorithm) in
            [(Signing::LabKey, "RS256"), (Signing::PublicKeyAsSecret, "HS256"), (Signing::None, "none")]
        {
            assert_eq!(bent.parts(signing).0["alg"], algorithm, "{signing:?}");
        }
        bent.set(Part::Header, "alg", json!("nOnE"));
        assert_eq!(bent.parts(Signing::None).0["alg"], "nOnE");
        assert_eq!(bent.parts(Signing::LabKey).0["alg"], "nOnE");
        let token = bent.finished(Signing::None).unwrap();
        assert!(token.expose().ends_with('.') && token.expose().matches('.').count() == 2);
        for needs_key in [Signing::LabKey, Signing::OtherKey, Signing::PublicKeyAsSecret] {
            assert_eq!(bent.finished(needs_key), None);
        }
    }

    #[test]
    fn typed_text_becomes_the_type_that_stood_there() {
        let text = json!("1.0");
        let number = json!(5);
        let list = json!(["a"]);
        for (name, held, typed_text, expected) in [
            ("ver", Some(&text), "2.0", json!("2.0")),
            ("ver", Some(&text), "\"2.0\"", json!("2.0")),
            ("ver", Some(&text), "[2.0]", json!([2.0])),
            ("exp", Some(&number), " 17 ", json!(17)),
            ("exp", Some(&number), "\"17\"", json!("17")),
            ("exp", Some(&number), "soon", json!("soon")),
            ("roles", Some(&list), "null", json!(null)),
            ("exp", None, "17", json!(17)),
            ("azpacr", None, "1", json!("1")),
            ("hasgroups", None, "true", json!(true)),
            ("roles", None, "[\"a\"]", json!(["a"])),
            ("x", None, "{broken", json!("{broken")),
        ] {
            assert_eq!(typed(name, held, typed_text), expected, "{name} {held:?} {typed_text}");
        }
    }
}
