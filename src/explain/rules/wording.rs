//! What a message says beside its number: the values in quotes behind certain words, and the times.
//!
//! Entra's sentences change from year to year. So a rule never looks for a whole one: it asks for the value behind a word,
//! and gets `None` where the message has no such word. `Case::sentence` holds the message without escapes.

use super::{super::quotes, times};
use crate::{text::beginning, time::UnixTime};

/// The value in quotes behind one of these words (in lower case), the first that has one. A colon may stand between; words
/// without a quotation mark behind them are passed over.
pub(super) fn quoted_after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase(); // keeps byte positions
    words.iter().find_map(|word| {
        lower.match_indices(word).find_map(|(at, _)| quoted_at_start(&text[at + word.len()..]))
    })
}

fn quoted_at_start(rest: &str) -> Option<&str> {
    let (value, _) = quotes::at_start(rest.trim_start_matches([' ', ':', '=']))?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// The same; a word behind it counts without quotation marks if it has a colon in it, as addresses and subjects do.
pub(super) fn value_after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    quoted_after(text, words).or_else(|| {
        let lower = text.to_ascii_lowercase();
        words.iter().find_map(|word| {
            lower.match_indices(word).find_map(|(at, _)| {
                let rest = text[at + word.len()..].trim_start_matches([' ', ':', '=', '-']);
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | '\'' | '"'));
                let value = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
                Some(value).filter(|value| value.len() > 5 && value.contains(':'))
            })
        })
    })
}

/// The GUID that follows one of these words (in lower case) at once, with or without quotation marks.
pub(super) fn guid_after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    words.iter().find_map(|word| {
        lower.match_indices(word).find_map(|(at, _)| {
            let rest = text[at + word.len()..].trim_start_matches([' ', ':', '=', '\'', '"', '(']);
            rest.get(..36).filter(|id| super::super::facts::is_guid(id))
        })
    })
}

/// The time behind one of these words (in lower case), with or without quotation marks.
pub(super) fn time_after(text: &str, words: &[&str]) -> Option<UnixTime> {
    let lower = text.to_ascii_lowercase();
    words.iter().find_map(|word| lower.match_indices(word).find_map(|(at, _)| time(&text[at + word.len()..])))
}

/// The time that a text begins with, in up to three words.
fn time(text: &str) -> Option<UnixTime> {
    let text = text.trim_start_matches([' ', ':', '=', '\'', '"', '(']);
    let words: Vec<&str> = beginning(text, 40)
        .split_whitespace()
        .take(3)
        .map(|word| word.trim_matches([',', '.', '\'', '"', ')', ']', ';']))
        .collect();
    let joined = |count: usize| words.get(..count).map(|words| words.join(" "));
    // A bare number is no time in a sentence.
    let is_date = |text: &String| text.contains(['-', '/']);
    (1..=words.len()).rev().filter_map(joined).filter(is_date).find_map(|text| times::parse(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_behind_their_words() {
        let text = "Check Subject, Audience. Issuer: 'https://i.example/', subject \u{201c}repo:a/b\u{201d}";
        assert_eq!(quoted_after(text, &["issuer"]), Some("https://i.example/"));
        assert_eq!(quoted_after(text, &["subject"]), Some("repo:a/b"));
        assert_eq!(quoted_after(text, &["audience"]), None);
        assert_eq!(
            value_after("the subject repo:a/b:pull_request.", &["subject"]),
            Some("repo:a/b:pull_request")
        );
    }

    #[test]
    fn times_are_read_in_the_forms_of_messages() {
        let noon = Some(UnixTime::from_seconds(1_791_979_200));
        for text in [
            "Current time: 2026-10-14T12:00:00.0000000Z, assertion",
            "current time (UTC): '10/14/2026 12:00:00'.",
            "current time 10/14/2026 12:00:00 PM.",
            "Current time: 2026-10-14 12:00:00Z",
        ] {
            assert_eq!(time_after(text, &["current time (utc)", "current time"]), noon, "{text}");
        }
        assert_eq!(time_after("current time unknown", &["current time"]), None);
    }
}
