//! What the message of a failure says, as plain words: the escapes of addresses, JSON and HTML undone, and what stands
//! around the sentence about the number left out. Checks read the names, ids and scopes that it quotes.
//!
//! The text is from outside. It is cut to a fixed length first, so that reading it again and again stays cheap.

use super::super::{facts::is_guid, quotes, reading::plain};
use crate::text::beginning;

/// Longer messages are cut; those of Entra have a few hundred characters.
const LONGEST: usize = 4000;

/// The sentence about a number in a text, or the beginning of the text where it has none.
pub(super) fn plain(text: &str, code: Option<u32>) -> String {
    let lower = text.to_ascii_lowercase(); // keeps byte positions
    let number = code.map(|code| format!("aadsts{code}")).unwrap_or_default();
    let at = if number.is_empty() { 0 } else { lower.find(&number).unwrap_or(0) };
    // A log may give the number alone, and the sentence in another line.
    let behind = text[at..].get(number.len()..).unwrap_or_default();
    let at = if behind.chars().filter(|c| c.is_alphabetic()).take(12).count() < 12 { 0 } else { at };
    let rest = beginning(&text[at..], LONGEST);
    let behind = rest.get(number.len()..).unwrap_or_default();
    let is_encoded =
        (at > 0 && (behind.starts_with(['+', '%']) || is_parameter(&text[..at]))) || behind.starts_with(":+");
    let words = if is_encoded { decoded(rest) } else { rest.to_owned() };
    let words = until(&words, &[r#"","#, r#""}"#, r#"\","#, r#"\"}"#, r#"", ""#]);
    let words = plain::words(words).replace(['\r', '\n'], " ");
    if number.is_empty() {
        return words; // a log may begin with what ends a message
    }
    until(&words, &["Trace ID", "trace_id", "Request Id", "Correlation ID", "Timestamp:"]).trim().to_owned()
}

/// Whether what stands before is the name of a parameter whose value comes next, as in an address.
fn is_parameter(before: &str) -> bool {
    let begin = (before.len().saturating_sub(24)..=before.len()).find(|at| before.is_char_boundary(*at));
    before.ends_with('=') && begin.is_some_and(|begin| before[begin..].contains("error_description"))
}

/// A value of an address: up to its end, with its escapes undone.
fn decoded(value: &str) -> String {
    let end =
        value.find(|c: char| c.is_whitespace() || matches!(c, '&' | '#' | '"' | '<')).unwrap_or(value.len());
    let spaced = value[..end].replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// The text before the first of these.
fn until<'a>(text: &'a str, ends: &[&str]) -> &'a str {
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    &text[..end]
}

/// The first values in quotes.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    const MOST: usize = 24;
    quotes::within(text).map(str::trim).take(MOST).collect()
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
    let value = match quotes::at_start(rest) {
        Some((value, _)) => value,
        None if rest.starts_with(quotes::opens) => return None, // cut off
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
    fn a_message_is_freed_of_what_wraps_it() {
        let check =
            |text: &str, code: u32, expected: &str| assert_eq!(plain(text, Some(code)), expected, "{text}");
        check("x AADSTS65001: The 'app'. Trace ID: 1", 65001, "AADSTS65001: The 'app'.");
        check(
            "https://a/cb?error=x&error_description=AADSTS70011%3a+The+scope+a%3bb+is+bad.&state=1",
            70011,
            "AADSTS70011: The scope a;b is bad.",
        );
        check(
            r#"{"error_description":"AADSTS50020: \u0027a@b\u0027 is","error_codes":[50020]}"#,
            50020,
            "AADSTS50020: 'a@b' is",
        );
        check(
            "<p>AADSTS50034: The account &#39;x&#39; &amp; y</p>",
            50034,
            "AADSTS50034: The account 'x' & y</p>",
        );
        assert_eq!(plain("no number", Some(50034)), "no number");
        assert!(plain(&"ä".repeat(9000), None).len() <= LONGEST);
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
