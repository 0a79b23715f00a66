//! Failures without a number: exception names, error words and phrases of libraries, and the entries that explain them.
//!
//! `names.tsv` is the table. A text is read once, word by word; only a word that begins a known name is looked at closer,
//! so that a megabyte costs no more than reading it.

use std::{collections::HashMap, sync::OnceLock};

const TABLE: &str = include_str!("names.tsv");

struct Name {
    /// The whole name; a phrase in lower case, or one word as it is written.
    text: &'static str,
    entry: &'static str,
    /// Its line: the lower, the more precise.
    rank: usize,
}

/// The names by their first word in lower case.
fn table() -> &'static HashMap<String, Vec<Name>> {
    static NAMES: OnceLock<HashMap<String, Vec<Name>>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: HashMap<String, Vec<Name>> = HashMap::new();
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        for (rank, (text, entry)) in rows.filter_map(|line| line.split_once('\t')).enumerate() {
            names.entry(first_word(text).to_ascii_lowercase()).or_default().push(Name { text, entry, rank });
        }
        names
    })
}

/// The entry about the most precise name in a text; an OAuth error or status that has an entry of its own counts as a
/// name too, behind all others.
pub(super) fn find(text: &str) -> Option<&'static str> {
    entries(text).into_iter().next()
}

/// The entries about all names in a text, the most precise first.
pub(super) fn entries(text: &str) -> Vec<&'static str> {
    let mut found: std::collections::BTreeMap<usize, &'static str> = std::collections::BTreeMap::new();
    let mut plain = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let word = first_word(rest);
        if word.is_empty() {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        if word.len() <= 80 {
            for name in table().get(&word.to_ascii_lowercase()).into_iter().flatten() {
                if begins_with(rest, word, name.text) {
                    found.insert(name.rank, name.entry);
                }
            }
            if plain.is_none() && is_no_common_word(word) {
                plain = super::entry_for_error(word).map(|entry| entry.error);
            }
        }
        at += word.len();
    }
    found.into_values().chain(plain).collect()
}

/// The entry about a name that stands alone, such as the code in an API's answer.
pub(super) fn entry_of(name: &str) -> Option<&'static str> {
    let mut names = table().get(&first_word(name).to_ascii_lowercase())?.iter();
    names.find(|known| begins_with(name, first_word(name), known.text)).map(|known| known.entry)
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
}
