//! The sentence of a message, without what stands around it, and what it names: quoted values, ids, people.
//!
//! It is the message that `wording` makes readable, up to its end: the ids and the time behind it are none of its values.

use super::super::facts::is_guid;

/// The sentence about a number: of the message from the number on (`told`), or of the whole text where a log gives the
/// number alone and the words in another line.
pub(super) fn sentence(told: &str, whole: &str) -> String {
    const LONGEST: usize = 4000;
    const FEW: usize = 12;
    let words = told.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    let is_bare = words.chars().filter(|c| c.is_alphabetic()).take(FEW).count() < FEW;
    let text = if is_bare { &whole[..whole.floor_char_boundary(LONGEST)] } else { told };
    let text = until(text, &[r#"","#, r#""}"#, r#"\","#, r#"\"}"#, r#"", ""#]);
    let text = text.replace(r"\r\n", " ").replace(r"\n", " ").replace(r"\u0026", "&").replace(r"\u002B", "+");
    until(&text, &["Trace ID", "trace_id", "Request Id", "Correlation ID", "Timestamp:"]).trim().to_owned()
}

/// The text before the first of these.
fn until<'a>(text: &'a str, ends: &[&str]) -> &'a str {
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    &text[..end]
}

/// What stands in quotes, straight or typographic. An apostrophe inside a word is none.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    const MOST: usize = 24;
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MOST {
        let Some((open, quote)) = rest.char_indices().find(|(_, c)| closing(*c).is_some()) else { break };
        let inside = &rest[open + quote.len_utf8()..];
        let is_apostrophe = quote == '\'' && rest[..open].ends_with(char::is_alphanumeric);
        let close = closing(quote).filter(|_| !is_apostrophe).and_then(|close| {
            let ends = |at: &usize| !inside[at + close.len_utf8()..].starts_with(char::is_alphanumeric);
            inside.match_indices(close).map(|(at, _)| at).find(ends)
        });
        match close {
            Some(end) => {
                found.push(inside[..end].trim());
                let after = &inside[end..];
                rest = &after[after.chars().next().map_or(0, char::len_utf8)..];
            }
            None => rest = inside,
        }
    }
    found
}

const fn closing(open: char) -> Option<char> {
    match open {
        '\'' => Some('\''),
        '"' => Some('"'),
        '`' => Some('`'),
        '“' => Some('”'),
        '„' => Some('“'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}

/// The GUIDs of a text in their order.
pub(super) fn guids(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| is_guid(word)).collect()
}

/// What stands behind the first of these words (in lower case), up to the first of the ends; without quotes around it.
pub(super) fn behind<'a>(text: &'a str, words: &[&str], ends: &[&str]) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let at = words.iter().find_map(|word| Some(lower.find(word)? + word.len()))?;
    let rest = text[at..].trim_start_matches([':', ' ']);
    let value = match rest.chars().next().and_then(closing) {
        Some(close) => {
            let inside = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
            &inside[..inside.find(close)?]
        }
        None => until(rest, ends),
    };
    Some(value.trim().trim_end_matches(['.', ','])).filter(|value| !value.is_empty() && value.len() <= 600)
}

/// The person that a message names: a quoted name with an at sign, or what is called the account. Entra hides most names.
pub(super) fn person(text: &str) -> Option<&str> {
    let named = quoted(text).into_iter().find(|value| value.contains('@') && !value.contains(' '));
    let called = || behind(text, &["user account ", "the user ", "signed in user "], &[" ", ","]);
    named.or_else(called).filter(|name| !name.starts_with('{') && name.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_before_the_ids_behind_it() {
        let check = |told: &str, expected: &str| assert_eq!(sentence(told, "whole"), expected, "{told}");
        check("AADSTS65001: The 'application' of x. Trace ID: 1", "AADSTS65001: The 'application' of x.");
        check(
            "AADSTS50020: 'a@b' is not a guest here\",\"error_codes\":[50020]}",
            "AADSTS50020: 'a@b' is not a guest here",
        );
        check("AADSTS50020", "whole");
    }

    #[test]
    fn values_are_found_by_quotes_and_by_words() {
        assert_eq!(quoted("it isn't 'one' or “two”, 'it's' and 'open"), ["one", "two", "it's"]);
        assert_eq!(
            guids("ID '11111111-2222-3333-4444-555555555555'(x)."),
            ["11111111-2222-3333-4444-555555555555"]
        );
        let text = "The resource principal named api://x was not found in the tenant named Contoso. Next";
        assert_eq!(behind(text, &["principal named"], &[" was not"]), Some("api://x"));
        assert_eq!(behind(text, &["tenant named"], &[". "]), Some("Contoso"));
        assert_eq!(person("User account 'a@b.example' from 'live.com'"), Some("a@b.example"));
        assert_eq!(person("User account '{EmailHidden}' from 'live.com'"), None);
    }
}
