//! The line at the bottom in which a token is typed or pasted. A token is a secret, so the line masks it, and says what it
//! was recognised as instead.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    widgets::Widget as _,
};

use crate::{
    secret::Secret,
    text::{Line, Role},
    token::{self, Kind},
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
