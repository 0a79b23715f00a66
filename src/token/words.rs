//! Opaque tokens in running text: there is no form to know them by, so they are known by their name, by the
//! authentication scheme in front of them, or by the beginning that their issuer gives them.

use std::ops::Range;

use super::{Kind, opaque, paste::TOKEN_NAMES, saml, scan};

/// Words shorter than this are only taken for a token by their name.
const LEAST_BY_BEGINNING: usize = 40;

/// An opaque token in a text.
#[derive(Debug)]
pub(super) struct Word {
    /// Where it stands.
    pub bytes: Range<usize>,
}

/// The opaque tokens of a text.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// In their order, as many as were asked for.
    pub words: Vec<Word>,
    /// How many there are in all.
    pub count: usize,
}

/// Finds them outside of what is `taken` already (in order), at most `most`. `hint` is the name of the whole text.
pub(super) fn find(text: &str, hint: Option<&str>, taken: &[Range<usize>], most: usize) -> Words {
    let bytes = text.as_bytes();
    let mut found = Words::default();
    let mut taken = taken.iter().peekable();
    let mut before = Before { name: hint.unwrap_or_default(), end: 0, assigned: hint.is_some() };
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        at += bytes[at..].iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len() - at);
        let mut end = at;
        // Equals signs are padding, unless something follows that they could assign.
        let padding = bytes[at..].iter().take_while(|byte| **byte == b'=').count();
        at += padding;
        let assigns =
            padding > 0 && bytes.get(at).is_some_and(|byte| is_word(*byte) || b"\"'`\\".contains(byte));
        if !assigns {
            end += padding;
        }
        while taken.next_if(|range| range.end <= start).is_some() {}
        let is_taken = taken.peek().is_some_and(|range| range.start < end);
        let word = &text[start..end];
        let trimmed = word.trim_end_matches('.');
        if !is_taken && is_token(trimmed, before.leads_to(text, start)) {
            found.count += 1;
            if found.words.len() < most {
                found.words.push(Word { bytes: start..start + trimmed.len() });
            }
        }
        before = Before { name: word, end: at, assigned: assigns };
    }
    found
}

/// The word before.
struct Before<'t> {
    name: &'t str,
    end: usize,
    /// An equals sign followed directly.
    assigned: bool,
}

/// How a word is introduced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// By a name under which tokens travel, or by an authentication scheme.
    Token,
    /// As the cookie of a session at the authority: that looks like a refresh token and is none.
    Session,
    Nothing,
}

impl Before<'_> {
    fn leads_to(&self, text: &str, start: usize) -> Lead {
        /// Quotes, a colon, some blanks.
        const LONGEST_GAP: usize = 8;
        let gap = &text.as_bytes()[self.end..start];
        if gap.len() > LONGEST_GAP {
            return Lead::Nothing;
        }
        if gap.iter().all(u8::is_ascii_whitespace) && !gap.is_empty() {
            let scheme =
                ["bearer", "dpop", "pop"].iter().any(|scheme| self.name.eq_ignore_ascii_case(scheme));
            return if scheme { Lead::Token } else { Lead::Nothing };
        }
        let between = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`\\:=".contains(byte);
        if !(self.assigned || gap.iter().any(|byte| b":=".contains(byte))) || !gap.iter().all(between) {
            return Lead::Nothing;
        }
        if self.name.starts_with("ESTS") {
            return Lead::Session;
        }
        if TOKEN_NAMES.contains(&self.name) { Lead::Token } else { Lead::Nothing }
    }
}

/// Whether a word is an opaque token, as far as that can be told.
fn is_token(word: &str, lead: Lead) -> bool {
    if scan::begins_header(word.as_bytes()) || lead == Lead::Session {
        return false;
    }
    if lead == Lead::Token {
        let plain = percent_encoding::percent_decode_str(word).decode_utf8_lossy();
        return matches!(opaque::recognise_word(&plain).kind, Kind::Opaque | Kind::Saml)
            || opaque::is_client_secret(&plain);
    }
    word.len() >= LEAST_BY_BEGINNING && opaque::has_known_beginning(word)
        || word.len() >= 300 && word.starts_with("Ew") && word.bytes().any(|byte| byte.is_ascii_digit())
        || word.len() >= 100 && saml::begins_encoded(word) && saml::read_word(word).is_some()
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'.' | b'~' | b'!' | b'*' | b'$' | b'%')
}

/// The one opaque token that all lines of a text make up, if they do: mail programs wrap long words.
pub(super) fn joined(text: &str) -> Option<String> {
    let mut lines = text.lines().map(|line| line.trim_matches(scan::is_blank));
    let mut joined = lines.next()?.to_owned();
    let first = joined.len();
    for line in lines {
        if line.is_empty() || line.len() > first || opaque::has_known_beginning(line) {
            return None;
        }
        joined.push_str(line);
    }
    let whole = joined.len() > first && joined.len() > LEAST_BY_BEGINNING && first >= 16;
    (whole && joined.chars().all(opaque::is_token_character)).then_some(joined)
}
