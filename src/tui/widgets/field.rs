//! A text field of one line: it scrolls sideways, may be masked, and says where the terminal's cursor belongs.

use std::fmt;

use ratatui::{
    buffer::Buffer,
    crossterm::event::{KeyCode, KeyModifiers},
    layout::{Position, Rect},
    style::Modifier,
    widgets::Widget,
};
use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::fit;
use crate::{
    secret::Secret,
    text::{Role, visible},
    tui::{keymap::Key, look::Look},
};

/// The text being typed. Its `Debug` does not show a masked text.
#[derive(Clone, Default)]
pub struct Field {
    input: Input,
    masked: bool,
}

/// What a key did to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// It is not for the field.
    Ignored,
    /// The cursor moved, or tried to.
    Moved,
    /// The text is another now.
    Changed,
}

impl Field {
    /// A field with a text in it, the cursor behind it.
    pub fn new(text: impl Into<String>) -> Self {
        Self { input: Input::new(text.into()), masked: false }
    }

    /// The same for a secret, which is masked while it is typed.
    pub fn secret(secret: &Secret) -> Self {
        Self { input: Input::new(secret.expose().to_owned()), masked: true }
    }

    /// Shows or masks the text from now on.
    pub const fn set_masked(&mut self, masked: bool) {
        self.masked = masked;
    }

    /// The text. If it is masked it is a secret: take it by [`Field::to_secret`] then.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The text as a secret.
    pub fn to_secret(&self) -> Secret {
        Secret::new(self.input.value())
    }

    /// Whether nothing has been typed.
    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.input.reset();
    }

    /// Takes a key: characters, movements and deletions as in a shell.
    pub fn key(&mut self, key: Key) -> Typed {
        if let Some(c) = key.typed() {
            return self.request(InputRequest::InsertChar(c));
        }
        let ctrl = key.modifiers() == KeyModifiers::CONTROL;
        let request = match key.code() {
            KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
            KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
            KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
            KeyCode::Char('u') if ctrl => InputRequest::DeleteFromStart,
            KeyCode::Char('k') if ctrl => InputRequest::DeleteTillEnd,
            KeyCode::Char('y') if ctrl => InputRequest::Yank,
            KeyCode::Left if ctrl => InputRequest::GoToPrevWord,
            KeyCode::Right if ctrl => InputRequest::GoToNextWord,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            _ => return Typed::Ignored,
        };
        self.request(request)
    }

    fn request(&mut self, request: InputRequest) -> Typed {
        match self.input.handle(request) {
            Some(change) if change.value => Typed::Changed,
            _ => Typed::Moved,
        }
    }

    /// Puts the next of the known values into it, or the one before; from a text that is none of them, the first or last.
    pub fn choose(&mut self, known: &[&str], forward: bool) -> Typed {
        let count = known.len();
        if count == 0 {
            return Typed::Ignored;
        }
        let at = known.iter().position(|value| *value == self.text());
        let next = match (at, forward) {
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
            (None, true) => 0,
            (None, false) => count - 1,
        };
        self.input = Input::new(known[next].to_owned());
        Typed::Changed
    }

    /// Takes pasted text at the cursor. Line breaks and other control characters are left out, and so are blanks around
    /// it: what is pasted here is an address, a token, a code.
    pub fn paste(&mut self, text: &str) -> Typed {
        let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        if text.is_empty() {
            return Typed::Moved;
        }
        let cursor = self.input.cursor();
        let mut value: String = self.input.value().chars().take(cursor).collect();
        value.push_str(&text);
        value.extend(self.input.value().chars().skip(cursor));
        self.input = Input::new(value).with_cursor(cursor + text.chars().count());
        Typed::Changed
    }

    /// The field as it is drawn.
    pub const fn view<'a>(&'a self, look: &'a Look) -> FieldView<'a> {
        FieldView { field: self, look, placeholder: "" }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Field");
        if self.masked {
            debug.field("text", &self.to_secret());
        } else {
            debug.field("text", &self.text());
        }
        debug.field("cursor", &self.input.cursor()).finish()
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
            && self.input.cursor() == other.input.cursor()
            && self.masked == other.masked
    }
}

impl Eq for Field {}

/// A field to be drawn; takes one row.
#[derive(Clone, Copy)]
pub struct FieldView<'a> {
    field: &'a Field,
    look: &'a Look,
    placeholder: &'a str,
}

impl<'a> FieldView<'a> {
    /// What stands there while nothing is typed.
    #[must_use]
    pub const fn placeholder(mut self, text: &'a str) -> Self {
        self.placeholder = text;
        self
    }

    /// Where the terminal's cursor belongs when the field has the focus.
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        let (_, before) = self.layout(area.width);
        Some(Position::new(area.left() + before, area.top()))
    }

    /// What is shown in this width, and the column of the cursor in it.
    fn layout(&self, width: u16) -> (String, u16) {
        let mut pieces: Vec<(String, usize)> = Vec::new();
        let (mut before, mut codepoints) = (0, 0);
        for grapheme in self.field.text().graphemes(true) {
            let shown = if self.field.masked {
                self.look.glyphs.mask.to_owned()
            } else {
                self.look.glyphs.plain(&visible(grapheme)).into_owned()
            };
            let columns = shown.width();
            if codepoints < self.field.input.cursor() {
                before += columns;
            }
            codepoints += grapheme.chars().count();
            pieces.push((shown, columns));
        }
        // The cursor needs a column of its own behind the text.
        let mut hidden = before.saturating_sub(usize::from(width).saturating_sub(1));
        let mut scrolled = 0;
        let mut text = String::new();
        for (shown, columns) in pieces {
            if hidden > 0 {
                hidden = hidden.saturating_sub(columns);
                scrolled += columns;
            } else {
                text.push_str(&shown);
            }
        }
        (text, u16::try_from(before - scrolled).unwrap_or(u16::MAX))
    }
}

impl Widget for &FieldView<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = Rect { height: area.height.min(1), ..area }.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let role = if self.field.masked { Role::Secret } else { Role::Value };
        // The line beneath shows how far the field reaches.
        buffer.set_style(area, self.look.style(role).add_modifier(Modifier::UNDERLINED));
        if self.field.is_empty() {
            let hint = fit::text(&self.look.glyphs.plain(self.placeholder), area.width, self.look.glyphs);
            buffer.set_stringn(
                area.left(),
                area.top(),
                hint,
                area.width.into(),
                self.look.style(Role::Muted),
            );
            return;
        }
        let (text, _) = self.layout(area.width);
        buffer.set_stringn(area.left(), area.top(), text, area.width.into(), self.look.style(role));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        glyphs::Charset,
        widgets::testing::{at_all_sizes, drawn, look},
    };

    fn show(field: &Field, width: u16) -> (String, u16) {
        let look = look(Charset::Unicode);
        let row = drawn(width, 1, |area, buffer| field.view(&look).render(area, buffer)).remove(0);
        let cursor = field.view(&look).cursor(Rect::new(0, 0, width, 1)).expect("there is room");
        (row, cursor.x)
    }

    fn press(field: &mut Field, keys: &[Key]) {
        for key in keys {
            field.key(*key);
        }
    }

    #[test]
    fn the_text_scrolls_so_that_the_cursor_is_seen() {
        let mut field = Field::new("http://localhost");
        assert_eq!(show(&field, 20), ("http://localhost".to_owned(), 16));
        assert_eq!(show(&field, 10), ("localhost".to_owned(), 9));
        press(&mut field, &[Key::HOME]);
        assert_eq!(show(&field, 10), ("http://loc".to_owned(), 0));
        press(&mut field, &[Key::RIGHT, Key::char('x')]);
        assert_eq!(show(&field, 10), ("hxttp://lo".to_owned(), 2));
        assert_eq!(show(&field, 1).1, 0);
    }

    #[test]
    fn wide_and_invisible_characters_keep_the_cursor_where_it_belongs() {
        let mut field = Field::new("漢字");
        assert_eq!(show(&field, 8), ("漢字".to_owned(), 4));
        assert_eq!(show(&field, 4), ("字".to_owned(), 2));
        field.clear();
        field.paste("a\u{202e}b");
        assert_eq!(show(&field, 20), ("a<U+202E>b".to_owned(), 10));
        assert_eq!(field.text(), "a\u{202e}b", "what is sent is what was pasted");
    }

    #[test]
    fn a_secret_is_neither_drawn_nor_printed() {
        let field = Field::secret(&Secret::new("hunter2"));
        assert_eq!(show(&field, 10), ("•••••••".to_owned(), 7));
        assert!(!format!("{field:?}").contains("hunter2"), "{field:?}");
        assert_eq!(field.to_secret(), Secret::new("hunter2"));
    }

    #[test]
    fn keys_edit_as_in_a_shell_and_the_rest_is_passed_on() {
        let mut field = Field::new("one two");
        assert_eq!(field.key(Key::ctrl('w')), Typed::Changed);
        assert_eq!(field.text(), "one ");
        assert_eq!(field.key(Key::LEFT), Typed::Moved);
        assert_eq!(field.key(Key::DELETE), Typed::Changed);
        assert_eq!(field.text(), "one");
        assert_eq!(field.key(Key::ctrl('u')), Typed::Changed);
        assert!(field.is_empty());
        for key in [Key::ENTER, Key::ESC, Key::TAB, Key::UP, Key::ctrl('c'), Key::function(1)] {
            assert_eq!(field.key(key), Typed::Ignored, "{key:?}");
        }
    }

    #[test]
    fn a_paste_goes_in_at_the_cursor_without_its_line_breaks() {
        let mut field = Field::new("ab");
        press(&mut field, &[Key::LEFT]);
        assert_eq!(field.paste("\n eyJ\r\nxyz \n"), Typed::Changed);
        assert_eq!(field.text(), "aeyJxyzb");
        assert_eq!(show(&field, 20).1, 7);
        assert_eq!(field.paste(" \n"), Typed::Moved);
    }

    #[test]
    fn any_area_will_do() {
        let look = look(Charset::Ascii);
        let fields = [Field::default(), Field::new("some text with 漢字"), Field::secret(&Secret::new("x"))];
        for field in fields {
            let view = field.view(&look).placeholder("paste a token");
            at_all_sizes(|area, buffer| {
                view.render(area, buffer);
                assert!(view.cursor(area).is_none_or(|cursor| area.contains(cursor)));
            });
        }
    }
}
