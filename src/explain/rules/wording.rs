//! What a message says beside its number: the values in quotes behind certain words, and the times.
//!
//! Entra's sentences change from year to year and reach people escaped, in the middle of a log. So a rule never looks for
//! a whole sentence: it asks for the value behind a word, and gets `None` where the message has no such word.

use crate::{explain::Evidence, time::UnixTime};

/// So much of a text is looked at, from the number on.
const LONGEST: usize = 6000;

/// The message, readable: from the number on, without the escapes of HTML, JSON and addresses.
pub(super) fn told(evidence: &Evidence, code: Option<u32>) -> String {
    let refusal = evidence.refusal.as_ref().and_then(|refusal| refusal.description.as_deref());
    let texts = [refusal, evidence.text.as_deref()];
    let number = code.map(|code| format!("aadsts{code}"));
    let from_number = |text: &&str| {
        let number = number.as_deref()?;
        text.as_bytes().windows(number.len()).position(|part| part.eq_ignore_ascii_case(number.as_bytes()))
    };
    let texts = || texts.into_iter().flatten();
    let begun = texts().find_map(|text| from_number(&text).map(|at| &text[at..]));
    readable(cut(begun.or_else(|| texts().next()).unwrap_or_default(), LONGEST))
}

fn cut(text: &str, longest: usize) -> &str {
    &text[..text.floor_char_boundary(longest)]
}

fn readable(text: &str) -> String {
    let begin = cut(text, 80);
    let is_encoded = begin.len() > 30 && !begin.contains(char::is_whitespace) && begin.contains(['%', '+']);
    let mut text = if is_encoded {
        let end = text.find(['&', ' ', '\n', '"']).unwrap_or(text.len());
        let blanks = text[..end].replace('+', " ");
        percent_encoding::percent_decode_str(&blanks).decode_utf8_lossy().into_owned()
    } else {
        text.to_owned()
    };
    const ESCAPES: [(&str, &str); 12] = [
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
        (r"\u0027", "'"),
        (r"\u0022", "\""),
        ("\\\"", "\""),
    ];
    for (escape, character) in ESCAPES {
        if text.contains(escape) {
            text = text.replace(escape, character);
        }
    }
    text
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

    #[test]
    fn escapes_are_undone() {
        let check =
            |text: &str, value: &str| assert_eq!(quoted_after(&readable(text), &["identifier"]), Some(value));
        check("AADSTS700016: identifier &#39;a&#39;", "a");
        check(r"AADSTS700016: identifier \u0027a\u0027", "a");
        check("AADSTS700016%3a+Application+with+identifier+%27a%27+was+not+found&state=x", "a");
    }
}
