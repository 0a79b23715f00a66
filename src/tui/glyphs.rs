//! The characters that screens draw with, in two sets: Unicode, and ASCII for terminals that show nothing else.
//!
//! Two nets keep an ASCII screen ASCII: text is folded before it is measured ([`Glyphs::plain`]), and after everything is
//! drawn the root view lets [`Glyphs::finish`] sweep the buffer. No set has emoji or private-use characters, because
//! terminals disagree on their width.

use std::borrow::Cow;

use ratatui::{buffer::Buffer, symbols::border};

use crate::{finding::Severity, text::Role};

/// Which characters the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    /// Box drawing, marks and arrows.
    Unicode,
    /// Bytes below 128.
    Ascii,
}

/// A set of characters. Marks of one set are all [`Glyphs::mark_width`] columns wide, so that columns line up.
#[derive(Debug)]
pub struct Glyphs {
    /// Which set this is.
    pub charset: Charset,
    /// Columns that every mark takes.
    pub mark_width: u16,
    /// Done, passed.
    pub ok: &'static str,
    /// Failed, wrong.
    pub failed: &'static str,
    /// Needs attention.
    pub warning: &'static str,
    /// Worth knowing.
    pub info: &'static str,
    /// Running, or waiting for somebody.
    pub running: &'static str,
    /// Laid out and waiting for the person.
    pub ready: &'static str,
    /// Not yet.
    pub todo: &'static str,
    /// Not needed this time.
    pub skipped: &'static str,
    /// Stands before the selected row.
    pub selection: &'static str,
    /// Stands before an item of a list in prose.
    pub bullet: &'static str,
    /// Stands where text was cut off.
    pub ellipsis: &'static str,
    /// Stands for one character of a secret.
    pub mask: &'static str,
    /// Before something that is unfolded.
    pub unfolded: &'static str,
    /// Before something that is folded.
    pub folded: &'static str,
    /// The part of a bar that is used up.
    pub bar_full: &'static str,
    /// The part of a bar that is left.
    pub bar_empty: &'static str,
    /// The frames of a spinner.
    pub spinner: &'static [&'static str],
    /// The border of a pane.
    pub border: border::Set<'static>,
    /// The border of the focused pane.
    pub focus_border: border::Set<'static>,
    /// What sequence diagrams are drawn with.
    pub wires: Wires,
}

/// The characters of a sequence diagram; each is one column wide.
#[derive(Debug)]
pub struct Wires {
    /// A participant's line.
    pub life: &'static str,
    /// A participant's line while it waits.
    pub waiting: &'static str,
    /// A message.
    pub wire: &'static str,
    /// A message that has not been sent.
    pub planned: &'static str,
    /// The head of a message to the right.
    pub right: &'static str,
    /// The head of a message to the left.
    pub left: &'static str,
}

static UNICODE: Glyphs = Glyphs {
    charset: Charset::Unicode,
    mark_width: 1,
    ok: "✓",
    failed: "✗",
    warning: "!",
    info: "·",
    running: "●",
    ready: "▸",
    todo: "○",
    skipped: "–",
    selection: "▌",
    bullet: "·",
    ellipsis: "…",
    mask: "•",
    unfolded: "▾",
    folded: "▸",
    bar_full: "█",
    bar_empty: "░",
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    border: border::ROUNDED,
    focus_border: border::THICK,
    wires: Wires { life: "│", waiting: "┊", wire: "─", planned: "╌", right: "▶", left: "◀" },
};

static ASCII: Glyphs = Glyphs {
    charset: Charset::Ascii,
    mark_width: 3,
    ok: "[x]",
    failed: "[F]",
    warning: "[!]",
    info: "[i]",
    running: "[*]",
    ready: "[>]",
    todo: "[ ]",
    skipped: "[-]",
    selection: ">",
    bullet: "-",
    ellipsis: "~",
    mask: "*",
    unfolded: "v",
    folded: ">",
    bar_full: "#",
    bar_empty: ".",
    spinner: &["|", "/", "-", "\\"],
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
    // Equals signs and hashes: the one way to draw a thick line here.
    focus_border: border::Set {
        top_left: "#",
        top_right: "#",
        bottom_left: "#",
        bottom_right: "#",
        vertical_left: "#",
        vertical_right: "#",
        horizontal_top: "=",
        horizontal_bottom: "=",
    },
    wires: Wires { life: "|", waiting: ":", wire: "-", planned: ".", right: ">", left: "<" },
};

impl Glyphs {
    /// The set for a terminal with these characters.
    pub fn of(charset: Charset) -> &'static Self {
        match charset {
            Charset::Unicode => &UNICODE,
            Charset::Ascii => &ASCII,
        }
    }

    /// The mark of a finding, and the role it is drawn in.
    pub fn severity(&self, severity: Severity) -> (&'static str, Role) {
        match severity {
            Severity::Passed => (self.ok, Role::Ok),
            Severity::Info => (self.info, Role::Muted),
            Severity::Warning => (self.warning, Role::Warn),
            Severity::Error => (self.failed, Role::Refused),
        }
    }

    /// Text in these characters. In ASCII nothing is lost: what has no look-alike is written as `\u{e9}`.
    pub fn plain<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.charset == Charset::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                _ if c.is_ascii() => out.push(c),
                '✓' => out.push_str(self.ok),
                '✗' => out.push_str(self.failed),
                '→' => out.push_str("->"),
                '←' => out.push_str("<-"),
                '…' => out.push_str("..."),
                '§' => out.push_str("sec. "),
                '\u{2400}'..='\u{241f}' => {
                    let letter = u8::try_from(c as u32 - 0x2400).expect("the range has 32 characters") + b'@';
                    out.push('^');
                    out.push(char::from(letter));
                }
                _ => match look_alike(c) {
                    Some(ascii) => out.push(ascii),
                    None => out.extend(c.escape_unicode()),
                },
            }
        }
        Cow::Owned(out)
    }

    /// The last step of drawing: in ASCII, replaces whatever character of another kind has still come into the buffer.
    pub fn finish(&self, buffer: &mut Buffer) {
        if self.charset == Charset::Unicode {
            return;
        }
        for cell in &mut buffer.content {
            if !cell.symbol().is_ascii() {
                let ascii = cell.symbol().chars().next().and_then(look_alike).unwrap_or('?');
                cell.set_char(ascii);
            }
        }
    }
}

fn look_alike(c: char) -> Option<char> {
    Some(match c {
        '✗' | '×' => 'x',
        '●' | '•' => '*',
        '○' => 'o',
        '▌' | '▶' | '▸' | '›' | '→' => '>',
        '◀' | '◂' | '‹' | '←' => '<',
        '↑' | '▴' => '^',
        '✓' | '↓' | '▾' => 'v',
        '·' | '–' | '—' | '‐' | '‑' | '−' | '─' | '━' | '╌' => '-',
        '│' | '┃' | '┊' => '|',
        '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '┏' | '┓' | '┗' | '┛' | '├' | '┤' | '┬' | '┴'
        | '┼' => '+',
        '█' | '▀' | '▄' => '#',
        '░' => '.',
        '…' => '~',
        '“' | '”' | '„' => '"',
        '‘' | '’' => '\'',
        '\u{a0}' => ' ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn borders(set: &border::Set<'static>) -> [&'static str; 8] {
        [
            set.top_left,
            set.top_right,
            set.bottom_left,
            set.bottom_right,
            set.vertical_left,
            set.vertical_right,
            set.horizontal_top,
            set.horizontal_bottom,
        ]
    }

    fn marks(glyphs: &Glyphs) -> [&'static str; 8] {
        let g = glyphs;
        [g.ok, g.failed, g.warning, g.info, g.running, g.ready, g.todo, g.skipped]
    }

    fn others(glyphs: &Glyphs) -> Vec<&'static str> {
        let (g, w) = (glyphs, &glyphs.wires);
        let mut all =
            vec![g.selection, g.bullet, g.ellipsis, g.mask, g.unfolded, g.folded, g.bar_full, g.bar_empty];
        all.extend(g.spinner);
        all.extend(borders(&g.border));
        all.extend(borders(&g.focus_border));
        all.extend([w.life, w.waiting, w.wire, w.planned, w.right, w.left]);
        all
    }

    #[test]
    fn marks_are_distinct_and_of_one_width_and_all_else_is_one_column_wide() {
        for glyphs in [&UNICODE, &ASCII] {
            let marks = marks(glyphs);
            let distinct: std::collections::BTreeSet<_> = marks.iter().collect();
            assert_eq!(distinct.len(), marks.len());
            assert!(marks.iter().all(|mark| mark.width() == usize::from(glyphs.mark_width)));
            for glyph in others(glyphs) {
                assert_eq!(glyph.width(), 1, "{glyph}");
            }
        }
    }

    #[test]
    fn the_ascii_set_is_ascii_and_focus_shows_in_both() {
        assert!(marks(&ASCII).iter().chain(&others(&ASCII)).all(|glyph| glyph.is_ascii()));
        for glyphs in [&UNICODE, &ASCII] {
            for (plain, focused) in borders(&glyphs.border).iter().zip(borders(&glyphs.focus_border)) {
                assert_ne!(*plain, focused);
            }
        }
    }

    #[test]
    fn folded_text_keeps_what_it_says() {
        assert_eq!(ASCII.plain("✓ “café” → a␛b…"), r#"[x] "caf\u{e9}" -> a^[b..."#);
        assert!(matches!(UNICODE.plain("✓ café"), Cow::Borrowed("✓ café")));
    }

    #[test]
    fn the_last_sweep_leaves_ascii_only() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "│é 漢 x", ratatui::style::Style::new());
        ASCII.finish(&mut buffer);
        let symbols: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(symbols, "|? ?  x ");
    }
}
