//! One key press, in the one form that the table is written in.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::tui::glyphs::Charset;

/// A key with what is held down beside it. Shift is part of the character (`G`), never a modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// Enter.
    pub const ENTER: Self = Self::plain(KeyCode::Enter);
    /// Escape.
    pub const ESC: Self = Self::plain(KeyCode::Esc);
    /// Tab.
    pub const TAB: Self = Self::plain(KeyCode::Tab);
    /// Shift and Tab.
    pub const BACK_TAB: Self = Self::plain(KeyCode::BackTab);
    /// Up.
    pub const UP: Self = Self::plain(KeyCode::Up);
    /// Down.
    pub const DOWN: Self = Self::plain(KeyCode::Down);
    /// Left.
    pub const LEFT: Self = Self::plain(KeyCode::Left);
    /// Right.
    pub const RIGHT: Self = Self::plain(KeyCode::Right);
    /// Home.
    pub const HOME: Self = Self::plain(KeyCode::Home);
    /// End.
    pub const END: Self = Self::plain(KeyCode::End);
    /// Page up.
    pub const PAGE_UP: Self = Self::plain(KeyCode::PageUp);
    /// Page down.
    pub const PAGE_DOWN: Self = Self::plain(KeyCode::PageDown);
    /// Delete.
    pub const DELETE: Self = Self::plain(KeyCode::Delete);

    /// A character.
    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// Ctrl and a lower-case letter.
    pub const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    /// A function key.
    pub const fn function(number: u8) -> Self {
        Self::plain(KeyCode::F(number))
    }

    const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// The key of a terminal event, or `None` for a release, which some terminals report too.
    ///
    /// Terminals disagree in detail; here they are brought together: Shift is dropped where the character or key already
    /// carries it, Ctrl with Alt is `AltGr` and types a character, and the control codes that a terminal sends for
    /// Backspace, Enter and Escape become those keys.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let held = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let (ctrl, alt) = (held.contains(KeyModifiers::CONTROL), held.contains(KeyModifiers::ALT));
        Some(match event.code {
            KeyCode::Char(c) if ctrl && alt => Self::char(c),
            KeyCode::Char('h' | 'H') if ctrl => Self::plain(KeyCode::Backspace),
            KeyCode::Char('i' | 'I') if ctrl => Self::TAB,
            KeyCode::Char('j' | 'J' | 'm' | 'M') if ctrl => Self::ENTER,
            KeyCode::Char('[') if ctrl => Self::ESC,
            KeyCode::Char(c) if ctrl => Self::ctrl(c.to_ascii_lowercase()),
            KeyCode::Tab if held == KeyModifiers::SHIFT => Self::BACK_TAB,
            KeyCode::BackTab => Self::BACK_TAB,
            code @ (KeyCode::Char(_) | KeyCode::Enter | KeyCode::Esc | KeyCode::Backspace) => {
                Self { code, modifiers: held - KeyModifiers::SHIFT }
            }
            code => Self { code, modifiers: held },
        })
    }

    /// Which key.
    pub const fn code(self) -> KeyCode {
        self.code
    }

    /// What is held down: Ctrl, Alt, or Shift beside a key that is no character.
    pub const fn modifiers(self) -> KeyModifiers {
        self.modifiers
    }

    /// The character it types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// The way it is typed: `Ctrl-P`, `Shift-Tab`, `↑`.
    pub fn label(self, charset: Charset) -> String {
        let arrow = |unicode: &str, ascii: &str| match charset {
            Charset::Unicode => unicode.to_owned(),
            Charset::Ascii => ascii.to_owned(),
        };
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if self.modifiers.is_empty() => c.to_string(),
            KeyCode::Char(c) => c.to_uppercase().to_string(),
            KeyCode::Up => arrow("↑", "Up"),
            KeyCode::Down => arrow("↓", "Down"),
            KeyCode::Left => arrow("←", "Left"),
            KeyCode::Right => arrow("→", "Right"),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::Delete => "Del".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        let held =
            [(KeyModifiers::CONTROL, "Ctrl-"), (KeyModifiers::ALT, "Alt-"), (KeyModifiers::SHIFT, "Shift-")];
        let held = held.into_iter().filter(|(modifier, _)| self.modifiers.contains(*modifier));
        held.map(|(_, name)| name).collect::<String>() + &name
    }
}

#[cfg(test)]
impl Key {
    /// Whether every terminal can send it, and as itself.
    pub(super) fn exists_everywhere(self) -> bool {
        let chord = self.modifiers.contains(KeyModifiers::ALT)
            || self.modifiers.contains(KeyModifiers::SHIFT)
            || (self.modifiers.contains(KeyModifiers::CONTROL)
                && !matches!(self.code, KeyCode::Char('a'..='z')));
        let same_bytes = self.modifiers == KeyModifiers::CONTROL
            && matches!(self.code, KeyCode::Char('h' | 'i' | 'j' | 'm'));
        !chord && !same_bytes
    }

    /// Whether no multiplexer, flow control, desktop or laptop keyboard takes it for itself.
    pub(super) fn is_never_taken(self) -> bool {
        let control = self.modifiers == KeyModifiers::CONTROL;
        let taken = control && matches!(self.code, KeyCode::Char('q' | 's' | 'a' | 'b'));
        !taken && !matches!(self.code, KeyCode::F(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        Key::from_event(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn what_terminals_send_becomes_one_form() {
        let (shift, control, alt) = (KeyModifiers::SHIFT, KeyModifiers::CONTROL, KeyModifiers::ALT);
        let check =
            |code, modifiers, key| assert_eq!(event(code, modifiers), Some(key), "{code:?} {modifiers:?}");
        check(KeyCode::Char('G'), shift, Key::char('G'));
        check(KeyCode::Char('P'), control | shift, Key::ctrl('p'));
        check(KeyCode::Char('@'), control | alt, Key::char('@'));
        check(KeyCode::Char('h'), control, Key::plain(KeyCode::Backspace));
        check(KeyCode::Char('j'), control, Key::ENTER);
        check(KeyCode::Enter, shift, Key::ENTER);
        check(KeyCode::BackTab, shift, Key::BACK_TAB);
        check(KeyCode::Tab, shift, Key::BACK_TAB);
        check(KeyCode::Up, KeyModifiers::NONE, Key::UP);
    }

    #[test]
    fn releases_are_dropped_and_repeats_are_not() {
        let of = |kind| KeyEvent { kind, ..KeyEvent::new(KeyCode::Down, KeyModifiers::NONE) };
        assert_eq!(Key::from_event(of(KeyEventKind::Release)), None);
        assert_eq!(Key::from_event(of(KeyEventKind::Repeat)), Some(Key::DOWN));
    }

    #[test]
    fn a_chord_with_alt_types_nothing() {
        let key = event(KeyCode::Char('x'), KeyModifiers::ALT).expect("a press");
        assert_eq!(key.typed(), None);
        assert_ne!(key, Key::char('x'));
        assert_eq!(key.label(Charset::Unicode), "Alt-X");
    }

    #[test]
    fn labels_show_keys_as_they_are_typed() {
        let labels =
            [Key::ctrl('p'), Key::BACK_TAB, Key::char('Y'), Key::char(' '), Key::UP, Key::function(1)];
        assert_eq!(
            labels.map(|key| key.label(Charset::Unicode)),
            ["Ctrl-P", "Shift-Tab", "Y", "Space", "↑", "F1"]
        );
        assert!(Key::UP.label(Charset::Ascii).is_ascii());
    }
}
