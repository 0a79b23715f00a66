//! The line at the bottom in which a token is typed or pasted. A token is a secret, so the line masks it, and says what it
//! was recognised as instead. Certificates, keys and registered credentials can be pasted there, too ([`Evidence`]).

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    widgets::Widget as _,
};

use serde_json::Value;

use crate::{
    secret::Secret,
    text::{Line, Role},
    token::{
        self, Kind,
        federation::{self, Registered},
    },
    tui::{
        keymap::Key,
        look::Look,
        widgets::{
            field::{Field, Typed},
            fit,
            lines::Lines,
        },
    },
};

/// More than this is kept aside when it is pasted: a line of text is not made for it.
const LONGEST_IN_FIELD: usize = 4000;

/// What can be pasted besides tokens, since tokens are judged by it.
#[derive(Debug)]
pub enum Evidence {
    /// Looks like a certificate.
    Certificate,
    /// Federated credentials of a registration.
    Registered(Vec<Registered>),
    /// A key set, without what is private in it.
    Keys(Value),
}

impl Evidence {
    /// Longer texts are none of these.
    const LONGEST: usize = 256 * 1024;

    /// What a text is; `None` for tokens and everything else.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > Self::LONGEST {
            return None;
        }
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Some(Self::Certificate);
        }
        if text.starts_with("-----BEGIN PUBLIC KEY-----") {
            return token::key_set(text).ok().map(Self::Keys);
        }
        if !text.starts_with(['{', '[']) {
            return None;
        }
        if let Ok(mut keys) = token::key_set(text)
            && let Some(all) = keys["keys"].as_array_mut()
        {
            // A shared secret is no key to show around, and Entra has none.
            all.retain(|key| key.get("kty").and_then(Value::as_str).is_some_and(|kty| kty != "oct"));
            if !all.is_empty() {
                return Some(Self::Keys(keys));
            }
        }
        let registered = federation::registered(text).ok().filter(|found| !found.is_empty())?;
        Some(Self::Registered(registered))
    }

    fn title(&self) -> String {
        match self {
            Self::Certificate => "a certificate".to_owned(),
            Self::Registered(all) if all.len() == 1 => "a federated credential".to_owned(),
            Self::Registered(all) => format!("{} federated credentials", all.len()),
            Self::Keys(keys) => match keys["keys"].as_array().map_or(0, Vec::len) {
                1 => "a key".to_owned(),
                count => format!("{count} keys"),
            },
        }
    }
}

/// What was entered so far.
#[derive(Clone, Debug)]
pub struct Entry {
    field: Field,
    /// A text that was pasted whole.
    pasted: Option<Secret>,
    /// What the text is recognised as.
    recognised: String,
}

impl Default for Entry {
    fn default() -> Self {
        let mut field = Field::default();
        field.set_masked(true);
        Self { field, pasted: None, recognised: String::new() }
    }
}

impl Entry {
    /// Takes a key.
    pub fn typed(&mut self, key: Key) {
        if self.field.key(key) == Typed::Changed {
            self.pasted = None;
            self.recognise();
        }
    }

    /// Takes a pasted text.
    pub fn pasted(&mut self, text: &str) {
        if text.chars().count() > LONGEST_IN_FIELD {
            self.field.clear();
            self.pasted = Some(Secret::new(text));
        } else {
            self.pasted = None;
            self.field.paste(text);
        }
        self.recognise();
    }

    /// Empties it; says whether there was something in it.
    pub fn clear(&mut self) -> bool {
        let was_empty = self.field.is_empty() && self.pasted.is_none();
        *self = Self::default();
        !was_empty
    }

    /// What was entered.
    pub fn text(&self) -> Secret {
        self.pasted.clone().unwrap_or_else(|| self.field.to_secret())
    }

    fn recognise(&mut self) {
        let text = self.text();
        if let Some(evidence) = Evidence::of(text.expose()) {
            self.recognised = evidence.title();
            return;
        }
        let decoded = token::decode(text.expose());
        self.recognised = match decoded.kind {
            _ if text.is_empty() => String::new(),
            Kind::NotAToken => "not a token so far".to_owned(),
            Kind::Jws if !decoded.claims.is_empty() => token::kind_of(&decoded).kind.title().to_owned(),
            Kind::Jws | Kind::Jwe | Kind::Opaque | Kind::Saml => decoded.kind.title().to_owned(),
        };
    }

    /// Draws it into one row.
    pub fn draw(&self, look: &Look, reveal: bool, row: Rect, buffer: &mut Buffer) -> Option<Position> {
        let label = "Token ";
        let note = if self.recognised.is_empty() { String::new() } else { format!(" {} ", self.recognised) };
        let note_width = fit::width(&note).min(row.width / 2);
        let at = |x: u16, width: u16| Rect { x: row.x + x, width, ..row }.intersection(row);
        Lines::new(&[Line::of(Role::Key, label)], look).draw(row, buffer);
        let start = fit::width(label);
        let place = at(start, row.width.saturating_sub(start + note_width));
        let cursor = if let Some(text) = &self.pasted {
            Lines::new(&[Line::of(Role::Secret, text.masked())], look).draw(place, buffer);
            Some(place.as_position())
        } else {
            let mut field = self.field.clone();
            field.set_masked(!reveal);
            let view =
                field.view(look).placeholder("type or paste any token, with whatever stands around it");
            (&view).render(place, buffer);
            view.cursor(place)
        };
        let note = fit::cell(&note, note_width, look.glyphs);
        Lines::new(&[Line::of(Role::Muted, note)], look)
            .draw(at(row.width.saturating_sub(note_width), note_width), buffer);
        cursor.filter(|_| !place.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_tokens_are_judged_by_is_told_from_tokens() {
        let check = |text: &str, title: Option<&str>| {
            assert_eq!(Evidence::of(text).map(|found| found.title()).as_deref(), title, "{text}");
        };
        let key = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
        let entry = json!({"issuer": "https://ci.example", "subject": "job", "audiences": ["api://x"]});
        check(&format!("\n{key}\n"), Some("a key"));
        check(&json!({"keys": [key, key]}).to_string(), Some("2 keys"));
        check(&json!([entry]).to_string(), Some("a federated credential"));
        check(&json!({"value": [entry, entry]}).to_string(), Some("2 federated credentials"));
        check("-----BEGIN CERTIFICATE-----", Some("a certificate"));
        check(&json!({"kty": "oct", "k": "c2VjcmV0"}).to_string(), None);
        check(&json!({"access_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."}).to_string(), None);
        check(&json!({"payload": "eyJ9", "signatures": []}).to_string(), None);
        check("{", None);
        check("", None);
    }

    #[test]
    fn nothing_private_of_a_key_is_kept() {
        let text = json!({"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "d": "ZA"}).to_string();
        match Evidence::of(&text) {
            Some(Evidence::Keys(keys)) => assert!(keys["keys"][0].get("d").is_none(), "{keys}"),
            other => panic!("{other:?}"),
        }
    }
}
