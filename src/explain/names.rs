//! Failures without a number: exception names, error words and phrases of libraries, and the entries that explain them.
//!
//! `names.tsv` is the table. A text is read once, word by word; only a word that begins a known name is looked at closer,
//! so that a megabyte costs no more than reading it. Addresses and pages are read as a person sees them: what is
//! percent-encoded or escaped is decoded first, and blanks of all kinds count as one.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use super::reading::plain;

const TABLE: &str = include_str!("names.tsv");

struct Name {
    /// The whole name; a phrase in lower case, or one word as it is written.
    text: &'static str,
    entry: &'static str,
    /// Its line: the lower, the more precise.
    rank: usize,
    /// Whether it only says that something else went wrong: a plain OAuth error beside it tells more.
    is_wrapper: bool,
}

/// What a text calls its failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// The entry about the most precise name.
    pub named: Option<&'static str>,
    /// A plain OAuth error or status that has an entry of its own.
    pub plain: Option<&'static str>,
    /// The entry about a name that wraps others.
    pub wrapper: Option<&'static str>,
    /// The most precise name itself, as the table writes it.
    pub said: Option<&'static str>,
}

impl Names {
    /// Whether the text calls anything a failure.
    pub const fn is_some(&self) -> bool {
        self.named.is_some() || self.plain.is_some() || self.wrapper.is_some()
    }
}

/// What is alike in all spellings of a word: its length and first letter. It is cheap to make for each word of a long
/// text, and leaves a handful of names to compare.
type Key = (usize, u8);

fn key(word: &str) -> Key {
    (word.len(), word.bytes().next().unwrap_or_default().to_ascii_lowercase())
}

/// The names by the key of their first word.
fn table() -> &'static HashMap<Key, Vec<Name>> {
    static NAMES: OnceLock<HashMap<Key, Vec<Name>>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: HashMap<Key, Vec<Name>> = HashMap::new();
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        for (rank, (text, entry)) in rows.filter_map(|line| line.split_once('\t')).enumerate() {
            let (entry, kind) = entry.split_once('\t').unwrap_or((entry, ""));
            let name = Name { text, entry, rank, is_wrapper: kind == "wrapper" };
            names.entry(key(first_word(text))).or_default().push(name);
        }
        names
    })
}

/// The names in a text.
pub(super) fn find(text: &str) -> Names {
    let (found, plain) = all(text);
    let first =
        |is_wrapper: bool| found.values().find(|name| name.is_wrapper == is_wrapper).map(|name| name.entry);
    let said = found.values().find(|name| !name.is_wrapper).map(|name| name.text.trim());
    Names { named: first(false), plain, wrapper: first(true), said }
}

/// The entries about all names in a text, the most precise first.
pub(super) fn entries(text: &str) -> Vec<&'static str> {
    all(text).0.into_values().map(|name| name.entry).collect()
}

/// The entry about a name that stands alone, such as the code in an API's answer.
pub(super) fn entry_of(name: &str) -> Option<&'static str> {
    let mut names = table().get(&key(first_word(name)))?.iter();
    names.find(|known| begins_with(name, first_word(name), known.text)).map(|known| known.entry)
}

/// All names in a text by their rank, and the first plain OAuth error or status.
fn all(text: &str) -> (BTreeMap<usize, &'static Name>, Option<&'static str>) {
    let mut found: BTreeMap<usize, &Name> = BTreeMap::new();
    let mut plain = None;
    // A number alone is asked for most often, and names nothing.
    if text.trim().bytes().all(|b| b.is_ascii_digit()) {
        return (found, plain);
    }
    let text = as_seen(text);
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let word = first_word(rest);
        if word.is_empty() {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        if word.len() <= 80 {
            for name in table().get(&key(word)).into_iter().flatten() {
                if begins_with(rest, word, name.text) {
                    found.insert(name.rank, name);
                }
            }
            if plain.is_none() && is_no_common_word(word) {
                plain = super::entry_for_error(word).map(|entry| entry.error);
            }
        }
        at += word.len();
    }
    (found, plain)
}

/// A text as a person reads it: percent-encoding and the usual character references decoded, quotation marks made
/// plain, and each run of blanks one blank.
pub(super) fn as_seen(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    // A URL inside a URL is encoded twice; nobody encodes more often in earnest.
    for _ in 0..2 {
        if !text.contains('%') {
            break;
        }
        text = percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned().into();
    }
    let words = plain::words(&text);
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        if !c.is_whitespace() && c != '+' {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

/// Words of every day are not taken for errors: these have an underscore, or capitals inside.
fn is_no_common_word(word: &str) -> bool {
    word.contains('_') || word.bytes().skip(1).any(|b| b.is_ascii_uppercase())
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

fn begins_with(rest: &str, word: &str, name: &str) -> bool {
    if first_word(name).len() == name.len() {
        // One word: letter case counts where the table has capitals.
        return word == name
            || (!name.bytes().any(|b| b.is_ascii_uppercase()) && word.eq_ignore_ascii_case(name));
    }
    rest.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_an_entry() {
        for name in table().values().flatten() {
            assert!(super::super::entry_for_error(name.entry).is_some(), "{}: {}", name.text, name.entry);
            let is_phrase = first_word(name.text).len() < name.text.len();
            assert!(!is_phrase || name.text == name.text.to_ascii_lowercase(), "{}", name.text);
            assert!(!first_word(name.text).is_empty(), "{} begins with no word", name.text);
        }
    }

    #[test]
    fn names_are_found_however_they_are_wrapped() {
        let named = |text: &str| find(text).named;
        assert_eq!(named("...error_description=AADB2C90118%3a+The+user+has"), Some("AADB2C90118"));
        assert_eq!(named("u=error_description%3DAADB2C90118%253A"), Some("AADB2C90118"));
        assert_eq!(named("xAADB2C90118x"), None);
        assert_eq!(named("<p>Invalid\n  parameter: redirect_uri</p>"), Some("redirect_uri_mismatch"));
        assert_eq!(named("State&nbsp;cookie was missing"), Some("state_lost"));
    }

    #[test]
    fn a_wrapper_stands_behind_what_it_wraps() {
        let found = find("InteractionRequiredAuthError: consent_required: the user has to agree");
        assert_eq!((found.named, found.plain), (None, Some("consent_required")));
        assert!(found.wrapper.is_some());
    }
}
