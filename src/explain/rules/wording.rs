//! What a message says beside its number: the values in quotes behind certain words, and the times.
//!
//! Entra's sentences change from year to year. So a rule never looks for a whole one: it asks for the value behind a word,
//! and gets `None` where the message has no such word. `Case::sentence` holds the message without escapes.

use crate::time::UnixTime;

/// The beginning of a text, cut between characters.
pub(super) fn cut(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let end = (0..=longest).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// The value in quotes behind one of these words (in lower case), the first that has one. A colon may stand between; words
/// without a quotation mark behind them are passed over.
pub(super) fn quoted_after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase(); // keeps byte positions
    words.iter().find_map(|word| {
        lower.match_indices(word).find_map(|(at, _)| quoted_at_start(&text[at + word.len()..]))
    })
}

fn quoted_at_start(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches([' ', ':', '=']);
    let open = rest.chars().next()?;
    let close = match open {
        '\'' | '"' | '`' => open,
        '\u{2018}' | '\u{201c}' | '\u{201e}' => '\u{201d}',
        '\u{ab}' => '\u{bb}',
        _ => return None,
    };
    let inside = &rest[open.len_utf8()..];
    let is_end = |c: char| c == close || (close == '\u{201d}' && matches!(c, '\u{2019}' | '\u{201c}'));
    Some(inside[..inside.find(is_end)?].trim()).filter(|value| !value.is_empty())
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

/// The time that a text begins with: RFC 3339, or month, day and year as .NET writes them; without an offset it is UTC.
fn time(text: &str) -> Option<UnixTime> {
    let text = text.trim_start_matches([' ', ':', '=', '\'', '"', '(']);
    let text = cut(text, 40);
    let words: Vec<&str> = text
        .split_whitespace()
        .take(3)
        .map(|word| word.trim_matches([',', '.', '\'', '"', ')', ']', ';']))
        .collect();
    let joined = |count: usize| words.get(..count).map(|words| words.join(" "));
    (1..=words.len()).rev().filter_map(joined).find_map(|text| {
        let zoned = text.parse::<jiff::Timestamp>().ok();
        let plain = || {
            const FORMS: [&str; 4] =
                ["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
            let read = |form: &&str| jiff::civil::DateTime::strptime(form, &text).ok();
            let time = FORMS.iter().find_map(read)?;
            time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|time| time.timestamp())
        };
        zoned.or_else(plain).map(|time| UnixTime::from_millis(time.as_millisecond()))
    })
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
