//! The one text field that may be open on this screen, and what its text is for.

use crate::{
    secret::Secret,
    tui::{keymap::Key, widgets::field::Field},
    workbench::SessionId,
};

/// What the text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The value of the field at this index of the draft; masked if it is a secret.
    Value(usize, bool),
    /// The address of the request.
    Endpoint,
    /// A parameter or header to add.
    Addition,
    /// The address that the person was sent back to.
    Arrival,
    /// A token to begin with.
    Token,
    /// A control of the page.
    Control {
        /// Which form.
        form: usize,
        /// Which of its controls.
        index: usize,
        /// Whether it is a password.
        masked: bool,
    },
}

/// A text being typed.
#[derive(Debug)]
pub struct Edit {
    /// The run that it is for.
    pub session: SessionId,
    /// What for.
    pub purpose: Purpose,
    /// Why the last attempt was not taken.
    pub complaint: Option<String>,
    /// The field.
    pub field: Field,
}

impl Edit {
    /// Opens a field with a text in it.
    pub fn new(session: SessionId, purpose: Purpose, text: &str) -> Self {
        // What comes back to a redirect URI holds the code; only its beginning would be worth seeing.
        let masked = match purpose {
            Purpose::Value(_, masked) | Purpose::Control { masked, .. } => masked,
            Purpose::Token => true,
            Purpose::Endpoint | Purpose::Addition | Purpose::Arrival => false,
        };
        let field = if masked { Field::secret(&Secret::new(text)) } else { Field::new(text) };
        Self { session, purpose, complaint: None, field }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.field.text()
    }

    /// Takes a key.
    pub fn typed(&mut self, key: Key) {
        self.field.key(key);
        self.complaint = None;
    }

    /// Puts a known value of the parameter into the field: the next one, or the one before.
    pub fn choose(&mut self, known: &[&str], forward: bool) {
        self.field.choose(known, forward);
        self.complaint = None;
    }

    /// Takes a pasted text.
    pub fn pasted(&mut self, text: &str) {
        self.field.paste(text);
        self.complaint = None;
    }

    /// Empties the field; says whether there was something in it.
    pub fn clear(&mut self) -> bool {
        let had_text = !self.field.is_empty();
        self.field.clear();
        self.complaint = None;
        had_text
    }
}
