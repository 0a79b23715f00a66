//! Text with roles: what every pure module prints with. A [`Role`] says what a piece of text is; themes say how it looks.

use std::borrow::Cow;

/// What a piece of text is. Themes give each role its look; see `themes/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Text,
    /// Less important text, still legible.
    Muted,
    /// A heading or pane title.
    Title,
    /// The border of the focused pane, the active tab.
    Focus,
    /// The border of other panes.
    Border,
    /// The selected row.
    Selection,
    /// A key that can be pressed.
    Key,
    /// A name: parameter, header, member, claim.
    Name,
    /// A value that belongs to a name.
    Value,
    /// A masked or revealed secret.
    Secret,
    /// Good: done, passed, valid.
    Ok,
    /// Needs attention but is not wrong.
    Warn,
    /// Refused, failed, wrong.
    Refused,
    /// Running or waiting.
    Busy,
    /// Changed by the person.
    Edited,
    /// The verb of a request.
    Method,
    /// A status code below 400.
    Status,
    /// The word LAB.
    Lab,
    /// The word LIVE.
    Live,
    /// A link or address.
    Link,
    /// What differs, in the value that was sent.
    DiffSent,
    /// What differs, in the value that was expected.
    DiffExpected,
}

impl Role {
    /// Every role, for themes and their tests.
    pub const ALL: [Self; 22] = [
        Self::Text,
        Self::Muted,
        Self::Title,
        Self::Focus,
        Self::Border,
        Self::Selection,
        Self::Key,
        Self::Name,
        Self::Value,
        Self::Secret,
        Self::Ok,
        Self::Warn,
        Self::Refused,
        Self::Busy,
        Self::Edited,
        Self::Method,
        Self::Status,
        Self::Lab,
        Self::Live,
        Self::Link,
        Self::DiffSent,
        Self::DiffExpected,
    ];

    /// The name used in theme files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Title => "title",
            Self::Focus => "focus",
            Self::Border => "border",
            Self::Selection => "selection",
            Self::Key => "key",
            Self::Name => "name",
            Self::Value => "value",
            Self::Secret => "secret",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Edited => "edited",
            Self::Method => "method",
            Self::Status => "status",
            Self::Lab => "lab",
            Self::Live => "live",
            Self::Link => "link",
            Self::DiffSent => "diff_sent",
            Self::DiffExpected => "diff_expected",
        }
    }
}

/// A run of text with one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The text; already safe to print (see [`visible`]).
    pub text: String,
    /// What it is.
    pub role: Role,
}

/// A line of spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// An empty line.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A line of one span.
    pub fn of(role: Role, text: impl AsRef<str>) -> Self {
        Self::new().then(role, text)
    }

    /// Adds a span, with control characters made visible.
    #[must_use]
    pub fn then(mut self, role: Role, text: impl AsRef<str>) -> Self {
        self.0.push(Span { text: visible(text.as_ref()).into_owned(), role });
        self
    }

    /// The text without roles, for plain output and tests.
    pub fn plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}

/// Makes every character visible that could act on a terminal or reorder text: control characters appear as their
/// Unicode pictures, line breaks as `␤`, bidirectional and other invisible format characters as `<U+202E>`.
///
/// Everything that comes from outside passes through here before it reaches a screen or standard output.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| !is_unsafe(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\u{0}'..='\u{1f}' => out.extend(char::from_u32(0x2400 + c as u32)),
            '\u{7f}' => out.push('␡'),
            c if is_unsafe(c) => out.extend(format!("<U+{:04X}>", c as u32).chars()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The text of a file: UTF-8, or the UTF-16 that `PowerShell` 5 writes, told by its mark at the beginning. What cannot be read
/// becomes U+FFFD.
pub fn of_file(bytes: &[u8]) -> String {
    let units = |of: fn([u8; 2]) -> u16, rest: &[u8]| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|two| of([two[0], two[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => units(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The beginning of a text, at most so many bytes of it, cut between characters.
pub fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// Like [`visible`], but a line break stays one and a tab becomes blanks: for bodies shown over several lines.
pub fn visible_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines().map(|line| {
        if line.contains('\t') {
            Cow::Owned(visible(&line.replace('\t', "    ")).into_owned())
        } else {
            visible(line)
        }
    })
}

/// The text of a JSON document, safe to print and still the same document: characters that [`visible`] would replace
/// become `\u` escapes. Line breaks between members stay.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    let acts = |c: char| is_unsafe(c) && c != '\n';
    if !json.chars().any(acts) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(c) {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether `c` could act on a terminal, reorder text or hide in it: what [`visible`] replaces.
pub const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'            // C0, DEL, C1
        | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_file_is_read_in_the_form_that_its_mark_tells() {
        let text = "{\"é\": 1}";
        let wide = |of: fn(u16) -> [u8; 2], mark: [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(of)).collect::<Vec<u8>>()
        };
        assert_eq!(of_file(text.as_bytes()), text);
        assert_eq!(of_file(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), text);
        assert_eq!(of_file(&wide(u16::to_le_bytes, [0xff, 0xfe])), text);
        assert_eq!(of_file(&wide(u16::to_be_bytes, [0xfe, 0xff])), text);
        assert_eq!(of_file(b"a\xff"), "a\u{fffd}");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(beginning("aä漢", 0), "");
        assert_eq!(beginning("aä漢", 2), "a");
        assert_eq!(beginning("aä漢", 3), "aä");
        assert_eq!(beginning("aä漢", 99), "aä漢");
    }

    #[test]
    fn escape_sequences_and_bidi_controls_lose_their_power() {
        assert_eq!(visible("a\x1b[31mred\r\n"), "a␛[31mred␍␊");
        assert_eq!(visible("safe\u{202e}evil\u{9b}0m"), "safe<U+202E>evil<U+009B>0m");
        assert!(matches!(visible("plain – text"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_stays_the_same_document() {
        let value = serde_json::json!({"na\u{9b}me": "a\u{202e}b\u{e0001}\u{7f}\u{1b}"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let printed = visible_json(&text);
        assert!(printed.contains('\n') && !printed.chars().any(|c| is_unsafe(c) && c != '\n'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), value);
    }

    #[test]
    fn every_role_is_listed_once_and_has_its_own_name() {
        let names: std::collections::BTreeSet<_> = Role::ALL.iter().map(|role| role.name()).collect();
        assert_eq!(names.len(), Role::ALL.len());
    }
}
