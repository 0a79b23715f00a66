//! From whatever was pasted to the tokens inside it.
//!
//! People paste header lines, log lines, `.env` files, JSON bodies, addresses, curl commands, and tokens that a mail
//! program wrapped. Signed and encrypted tokens are easy to spot anywhere, since their header is base64 of `{`; so the
//! search looks for that beginning first ([`scan`]). Opaque tokens are told by their names and beginnings (`words`), and
//! only then the text is treated as one opaque word. What stands in front of a token is explained by `front`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{
    catalogue,
    front::{self, note, short},
    json,
    place::{Noted, Place, Within},
    saml,
    scan::{self, Search, Spotted},
    serialized, words,
};

/// Names under which tokens travel, best first; used where the value itself does not tell.
pub(super) const TOKEN_NAMES: &[&str] = &[
    "access_token",
    "id_token",
    "refresh_token",
    "code",
    "accessToken",
    "idToken",
    "refreshToken",
    "SAMLResponse",
    "SAMLRequest",
    "assertion",
    "client_assertion",
    "subject_token",
    "id_token_hint",
    "device_code",
    "client_secret",
    "secret",
    "token",
];

/// How often a text is percent-decoded in search of a token: addresses travel inside addresses.
const ROUNDS: usize = 3;

/// What was found.
#[derive(Debug)]
pub(super) struct Pasted {
    /// The token, or the whole text where nothing looks like one.
    pub token: String,
    /// What the token looks like from outside.
    pub shape: Shape,
    /// What was removed, and where it was found.
    pub noted: Noted,
    /// The name it had there.
    pub name: Option<String>,
}

/// What a text looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Dot-separated parts that begin with a JOSE header.
    Compact {
        /// An ellipsis says that somebody shortened it.
        shortened: bool,
    },
    /// A single word.
    Word,
    /// Several words, markup, or lines: no token in compact form.
    Text,
    /// A signed token in JSON whose payload stands there as it is (RFC 7797 §3).
    Unencoded,
    /// JSON without a token in it, perhaps a key.
    Json {
        /// What part of a key it holds.
        key: Option<KeyMaterial>,
    },
    /// Nothing.
    Empty,
}

/// A key where a token was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyMaterial {
    /// Only what everybody may know.
    Public,
    /// What only its owner may know.
    Private,
}

/// What a text holds.
#[derive(Debug)]
pub(super) struct Found {
    /// The tokens, as many as were asked for; never empty.
    pub pasted: Vec<Pasted>,
    /// How many there are in all.
    pub count: usize,
}

impl Found {
    fn one(token: impl Into<String>, shape: Shape, noted: Noted) -> Self {
        Self { pasted: vec![Pasted { token: token.into(), shape, noted, name: None }], count: 1 }
    }
}

/// A text on the way, with what is known of where it came from.
#[derive(Clone, Copy)]
pub(super) struct Source<'t> {
    /// The text.
    pub text: &'t str,
    /// Where it begins in what was pasted; `None` where it was decoded or taken out of JSON.
    pub offset: Option<usize>,
}

impl Source<'_> {
    /// A part of it.
    pub fn part(self, from: usize, to: usize) -> Self {
        Self { text: &self.text[from..to], offset: self.offset.map(|offset| offset + from) }
    }

    /// These bytes of it as a place in what was pasted, if that can still be told.
    pub fn place(self, from: usize, to: usize) -> Option<Place> {
        self.offset.map(|offset| Place::bytes(Within::Input, offset + from..offset + to))
    }
}

/// Finds the tokens in `text`, at most `most` of them.
pub(super) fn find(text: &str, most: usize) -> Found {
    let trimmed = text.trim_matches(scan::is_blank);
    let mut noted = Noted::default();
    if trimmed.is_empty() {
        noted.push(catalogue::EMPTY.says("There is nothing here but white space."));
        return Found::one("", Shape::Empty, noted);
    }
    let start = text.len() - text.trim_start_matches(scan::is_blank).len();
    if trimmed.len() < text.len() {
        let place = Place::bytes(Within::Input, if start > 0 { 0..start } else { trimmed.len()..text.len() });
        note(&mut noted, catalogue::WHITESPACE, "White space around the text was removed.", place);
    }
    let plain = without_escapes(trimmed);
    let offset = matches!(plain, Cow::Borrowed(_)).then_some(start);
    if offset.is_none() {
        note(&mut noted, catalogue::WHITESPACE, "Colours of a terminal were removed.", None);
    }
    find_in(Source { text: &plain, offset }, noted, most)
}

fn find_in(source: Source<'_>, noted: Noted, most: usize) -> Found {
    let text = source.text;
    if text.starts_with("-----BEGIN ") || text.starts_with('<') && saml::is_saml(text) {
        return Found::one(text, Shape::Text, noted);
    }
    if text.starts_with(['{', '['])
        && let Ok(json::Strict { value, .. }) = json::read(text)
    {
        return serialized::find(&value, text, noted, most);
    }
    let Searched { text: decoded, search, rounds } = search(text, most);
    if search.count > 0 {
        let source = Source { text: &decoded, offset: source.offset.filter(|_| rounds == 0) };
        let mut noted = noted;
        report_rounds(rounds, &mut noted);
        return all_in(source, search, None, &noted, most);
    }
    if text.contains("-----BEGIN ") {
        return Found::one(text, Shape::Text, noted);
    }
    if let Some(joined) = words::joined(text) {
        let mut noted = noted;
        note(&mut noted, catalogue::WHITESPACE, "Line breaks inside the token were removed.", None);
        return Found::one(joined, Shape::Word, noted);
    }
    let found = all_in(source, search, None, &noted, most);
    if found.count > 0 {
        return found;
    }
    if text.starts_with('<') {
        return Found::one(text, Shape::Text, noted);
    }
    Found { pasted: vec![word(source, noted)], count: 1 }
}

/// What a search brought, and in which text: the one given, or what it decodes to.
pub(super) struct Searched<'t> {
    pub text: Cow<'t, str>,
    pub search: Search,
    /// How often the text was percent-decoded.
    pub rounds: usize,
}

/// Searches `text` for compact tokens, and what it percent-decodes to if it holds none.
pub(super) fn search(text: &str, most: usize) -> Searched<'_> {
    let search = scan::search(text, most);
    if search.count == 0 {
        let mut decoded = Cow::Borrowed(text);
        for rounds in 1..=ROUNDS {
            let Cow::Owned(next) = percent_decode_str(&decoded).decode_utf8_lossy() else { break };
            let search = scan::search(&next, most);
            if search.count > 0 {
                return Searched { text: Cow::Owned(next), search, rounds };
            }
            decoded = Cow::Owned(next);
        }
    }
    Searched { text: Cow::Borrowed(text), search, rounds: 0 }
}

/// Says that a text was percent-decoded.
pub(super) fn report_rounds(rounds: usize, noted: &mut Noted) {
    let times = match rounds {
        0 => return,
        1 => "",
        2 => " twice",
        _ => " more than twice",
    };
    let title = format!("The text was percent-encoded{times} and has been decoded.");
    note(noted, catalogue::PERCENT_ENCODED, &title, None);
}

/// The tokens of one text: first those in compact form, then the opaque ones beside them; failing both, the fragment of
/// one. `hint` is the name that the text as a whole has.
pub(super) fn all_in(
    source: Source<'_>,
    search: Search,
    hint: Option<&str>,
    noted: &Noted,
    most: usize,
) -> Found {
    let taken: Vec<_> = search.tokens.iter().map(|spotted| spotted.start..spotted.end).collect();
    let opaque = words::find(source.text, hint, &taken, most.saturating_sub(taken.len()));
    let count = search.count + opaque.count;
    let mut pasted = Vec::new();
    let mut before = 0;
    for spotted in search.tokens {
        let end = spotted.end;
        pasted.push(compact(spotted, source, before, noted.clone()));
        before = end;
    }
    for word in opaque.words {
        let mut noted = noted.clone();
        let name = explain(source, word.bytes.start, word.bytes.end, 0, &mut noted);
        let word = percent_decoded(&source.text[word.bytes], &mut noted);
        pasted.push(Pasted { token: word, shape: Shape::Word, noted, name });
    }
    if count > 0 {
        return Found { pasted, count };
    }
    match search.fragment {
        Some(fragment) => Found { pasted: vec![compact(fragment, source, 0, noted.clone())], count: 1 },
        None => Found { pasted, count: 0 },
    }
}

/// Notes what stands around the token at `start`, back to the end of the token before it.
fn explain(source: Source<'_>, start: usize, end: usize, before: usize, noted: &mut Noted) -> Option<String> {
    /// Whatever explains a token stands close to it; a long text shall cost its length only once.
    const CLOSE: usize = 4096;
    let mut from = before.max(start.saturating_sub(CLOSE));
    while !source.text.is_char_boundary(from) {
        from += 1;
    }
    let name = front::look_back(source.part(from, start), noted).name;
    if source.text[end..].starts_with(['"', '\'', '`', '\\']) {
        let place = source.place(end, end + 1);
        note(noted, catalogue::QUOTES, "Quotation marks around the token were removed.", place);
    }
    name
}

/// A compact token inside a text, with the words around it explained.
fn compact(spotted: Spotted, source: Source<'_>, before: usize, mut noted: Noted) -> Pasted {
    let Spotted { start, end, token, blanks, shortened, punctuation } = spotted;
    let name = explain(source, start, end, before, &mut noted);
    if blanks {
        let title = "Blanks or line breaks inside the token were removed.";
        note(&mut noted, catalogue::WHITESPACE, title, source.place(start, end));
    }
    let had_percent = token.contains('%');
    let (mut token, mut shortened) = (percent_decoded(&token, &mut noted), shortened);
    if had_percent {
        // Decoding can bring to light what ends a token.
        let mut search = scan::search(&token, 1);
        if let Some(inner) = search.tokens.pop().or(search.fragment) {
            token = inner.token;
            shortened |= inner.shortened;
        }
    }
    if let Some(mark) = punctuation {
        let place = source.place(end - mark.len_utf8(), end);
        note(
            &mut noted,
            catalogue::QUOTES,
            &format!("A trailing \u{201c}{mark}\u{201d} was removed."),
            place,
        );
    }
    Pasted { token, shape: Shape::Compact { shortened }, noted, name }
}

/// A token without percent-encoding, however often it was applied.
fn percent_decoded(token: &str, noted: &mut Noted) -> String {
    let mut decoded = Cow::Borrowed(token);
    for _ in 0..ROUNDS {
        let Cow::Owned(next) = percent_decode_str(&decoded).decode_utf8_lossy() else { break };
        let title = "The token was percent-encoded and has been decoded.";
        note(noted, catalogue::PERCENT_ENCODED, title, None);
        decoded = Cow::Owned(next);
    }
    decoded.into_owned()
}

/// A text without a token that is known by its look: one opaque word, perhaps dressed up, or no token at all.
pub(super) fn word(source: Source<'_>, mut noted: Noted) -> Pasted {
    let text = source.text;
    if let Some((name, value)) = parameter(text) {
        let title = format!("Taken from the parameter \u{201c}{}\u{201d} of an address.", short(name));
        note(&mut noted, catalogue::URL, &title, None);
        let token = percent_decoded(value, &mut noted);
        return Pasted { token, shape: Shape::Word, noted, name: Some(name.to_owned()) };
    }
    let end = text.trim_end_matches(['"', '\'', '`', ',', ';', '.']);
    let digits = end.trim_end_matches('=');
    let start = digits
        .char_indices()
        .rev()
        .find(|(_, c)| scan::is_blank(*c) || matches!(c, '"' | '\'' | '`' | '=' | ':'))
        .map_or(0, |(index, c)| index + c.len_utf8());
    let mut dressing = noted.clone();
    let front = front::look_back(source.part(0, start), &mut dressing);
    if front.unexplained {
        return Pasted { token: text.to_owned(), shape: Shape::Text, noted, name: None };
    }
    if end.len() < text.len() {
        note(
            &mut dressing,
            catalogue::QUOTES,
            "Quotation marks or punctuation around the text were removed.",
            source.place(end.len(), text.len()),
        );
    }
    Pasted { token: end[start..].to_owned(), shape: Shape::Word, noted: dressing, name: front.name }
}

/// The first parameter of an address that carries a token by its name.
fn parameter(text: &str) -> Option<(&str, &str)> {
    if !(text.contains("://") || text.starts_with(['?', '#'])) {
        return None;
    }
    let (_, parameters) = text.split_once(['?', '#'])?;
    let named = |wanted: &&str| {
        parameters
            .split(['&', '?', '#'])
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, value)| name == wanted && !value.is_empty())
    };
    TOKEN_NAMES.iter().find_map(named)
}

/// The text without the sequences that colour a terminal or set its title (ECMA-48 §5.4, §5.6): logs are full of them.
fn without_escapes(text: &str) -> Cow<'_, str> {
    /// A title longer than this is none, and shall not cost a look at all that follows.
    const LONGEST_TITLE: usize = 256;
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('\u{1b}');
    out.push_str(pieces.next().unwrap_or_default());
    let mut title = false;
    for piece in pieces {
        // What ends a title is itself an escape sequence.
        let ended = std::mem::take(&mut title).then(|| piece.strip_prefix('\\')).flatten();
        let rest = if let Some(rest) = ended {
            rest
        } else if let Some(rest) = piece.strip_prefix('[') {
            let rest = rest.trim_start_matches(|c: char| matches!(c, ' '..='?'));
            rest.strip_prefix(|c: char| matches!(c, '@'..='~')).unwrap_or(rest)
        } else if let Some(rest) = piece.strip_prefix(']') {
            let bell = rest.bytes().take(LONGEST_TITLE).position(|byte| byte == 7);
            title = bell.is_none() && rest.len() <= LONGEST_TITLE;
            bell.map_or(if title { "" } else { rest }, |bell| &rest[bell + 1..])
        } else {
            piece
        };
        out.push_str(rest);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_titles_of_terminals_vanish() {
        let check = |text: &str, expected: &str| assert_eq!(without_escapes(text), expected, "{text:?}");
        check("plain", "plain");
        check("\u{1b}[1;31mred\u{1b}[0m and \u{1b}[38;5;4mblue\u{1b}[m.", "red and blue.");
        check("\u{1b}]0;title\u{7}text", "text");
        check("\u{1b}]8;;http://x\u{1b}\\text\u{1b}]8;;\u{1b}\\", "text");
        check("\u{1b}", "");
        check("\u{1b}[", "");
        check("a\u{1b}[31", "a");
    }
}
