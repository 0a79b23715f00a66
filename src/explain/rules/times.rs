//! Points in time that a text names: when a grant was issued, from when sessions count, when a log line was written.
//!
//! Only their order and their form matter here, so they stay as they were written; a reader finds them again in the text.

use std::time::Duration;

use crate::time::UnixTime;

/// A time as it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// As it was written, such as `2026-10-14T08:21:07Z` or `09:00:00Z`.
    pub text: String,
    /// The point in time; where no day is written, one on the first day of all.
    pub at: Option<UnixTime>,
    /// Whether a day is written.
    pub has_day: bool,
}

/// A point in time that is a text of its own, as programs write it: RFC 3339, the forms of .NET, and Go's. Without an offset
/// it is UTC.
pub(super) fn parse(written: &str) -> Option<UnixTime> {
    const FORMS: [&str; 4] =
        ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    UnixTime::parse(written).or_else(|| {
        let plain = written.trim_end_matches(" UTC").trim_end_matches(" +0000").trim_end_matches('Z');
        let time = FORMS.iter().find_map(|form| jiff::civil::DateTime::strptime(form, plain).ok())?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(UnixTime::from_millis(time.as_millisecond()))
    })
}

/// The times in a text, in their order, without the one that Entra puts behind every message.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    const MOST: usize = 32;
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < MOST {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let is_begin = before.is_none_or(|b| !b.is_ascii_alphanumeric() && !b".:-/_%".contains(&b));
        if bytes[at].is_ascii_digit()
            && is_begin
            && let Some((length, mention)) = mention(&text[at..])
        {
            if !is_stamp(&bytes[..at]) {
                found.push(mention);
            }
            at += length;
            continue;
        }
        at += 1;
    }
    found
}

/// How long it is from the first of two times to the second, if both are written in the same form.
pub(super) fn between(first: &Mention, second: &Mention) -> Option<Duration> {
    let (a, b) = (first.at?, second.at?);
    (first.has_day == second.has_day && b > a).then(|| b.since(a))
}

/// Whether `Timestamp:` stands before it, as in the tail of Entra's messages.
fn is_stamp(before: &[u8]) -> bool {
    let tail = &before[before.len().saturating_sub(16)..];
    String::from_utf8_lossy(tail).to_ascii_lowercase().contains("timestamp")
}

fn mention(text: &str) -> Option<(usize, Mention)> {
    let (day, behind) = match day(text) {
        Some((day, length)) => (Some(day), length),
        None => (None, 0),
    };
    let gap = match (&day, text.as_bytes().get(behind)) {
        (Some(_), Some(b'T' | b' ')) => 1,
        (Some(_), Some(b',')) => 2, // 10/14/2026, 08:21:07
        _ => 0,
    };
    let clock = text.get(behind + gap..).and_then(clock);
    let length = match (&day, &clock) {
        (_, Some((_, length))) => behind + gap + length,
        (Some(_), None) => behind,
        (None, None) => return None,
    };
    let has_day = day.is_some();
    let (year, month, date) = day.unwrap_or((1970, 1, 1));
    let seconds = clock.map_or(0, |(seconds, _)| seconds);
    let midnight = UnixTime::parse(&format!("{year:04}-{month:02}-{date:02}T00:00:00Z"));
    let at = midnight.map(|midnight| midnight + Duration::from_secs(seconds));
    Some((length, Mention { text: text[..length].to_owned(), at, has_day }))
}

/// `2026-10-14` or `10/14/2026`.
fn day(text: &str) -> Option<((u32, u32, u32), usize)> {
    let bytes = text.as_bytes();
    if let (Some(year), Some(month), Some(date)) =
        (number(bytes, 0, 4), number(bytes, 5, 2), number(bytes, 8, 2))
    {
        let separated =
            bytes[4] == b'-' && bytes[7] == b'-' && !bytes.get(10).is_some_and(u8::is_ascii_digit);
        return separated.then_some(((year, month, date), 10));
    }
    let length = |from: usize| {
        bytes[from.min(bytes.len())..].iter().take(3).take_while(|b| b.is_ascii_digit()).count()
    };
    let first = length(0);
    let second = length(first + 1);
    let year_at = first + second + 2;
    let has_slashes = bytes.get(first) == Some(&b'/') && bytes.get(first + second + 1) == Some(&b'/');
    if !has_slashes || !(1..=2).contains(&first) || !(1..=2).contains(&second) {
        return None;
    }
    let (month, date) = (number(bytes, 0, first)?, number(bytes, first + 1, second)?);
    let year = number(bytes, year_at, 4)?;
    // Both orders are in use; a month above twelve is a day.
    let (month, date) = if month > 12 { (date, month) } else { (month, date) };
    Some(((year, month, date), year_at + 4))
}

/// `08:21:07.113Z`, `08:21:07 AM`, `08:21`: the seconds of the day, and how long the text is.
fn clock(text: &str) -> Option<(u64, usize)> {
    let bytes = text.as_bytes();
    let hour = number(bytes, 0, 2).filter(|hour| *hour < 24 && bytes.get(2) == Some(&b':'))?;
    let minute = number(bytes, 3, 2).filter(|minute| *minute < 60)?;
    let mut length = 5;
    let mut second = 0;
    if bytes.get(5) == Some(&b':') {
        second = number(bytes, 6, 2).filter(|second| *second < 61)?;
        length = 8;
        if bytes.get(8) == Some(&b'.') {
            length += 1 + bytes[9..].iter().take_while(|b| b.is_ascii_digit()).count();
        }
    }
    if bytes.get(length).is_some_and(u8::is_ascii_digit) || bytes.get(length) == Some(&b':') {
        return None;
    }
    let mut hour = hour;
    let rest = &text[length..];
    if rest.starts_with('Z') {
        length += 1;
    } else if let Some(half) = [" AM", " PM", " am", " pm"].iter().find(|half| rest.starts_with(**half)) {
        length += half.len();
        hour = hour % 12 + if half.eq_ignore_ascii_case(" pm") { 12 } else { 0 };
    }
    Some((u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second), length))
}

fn number(bytes: &[u8], at: usize, digits: usize) -> Option<u32> {
    let digits = bytes.get(at..at + digits)?;
    digits.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        mentions(text).into_iter().map(|mention| mention.text).collect()
    }

    #[test]
    fn times_are_found_in_the_forms_that_people_write() {
        assert_eq!(
            texts("issued on 2026-05-01T08:00:00.0000000Z and was inactive for 90.00:00:00."),
            ["2026-05-01T08:00:00.0000000Z"]
        );
        assert_eq!(texts("issued 09:00:00Z redeemed 09:21:40Z"), ["09:00:00Z", "09:21:40Z"]);
        assert_eq!(texts("on 10/14/2026 8:21:07 AM"), ["10/14/2026"]);
        assert_eq!(
            texts("on 10/14/2026 08:21:07 PM, then 2026-10-15"),
            ["10/14/2026 08:21:07 PM", "2026-10-15"]
        );
        assert_eq!(texts("Timestamp: 2026-10-14 08:21:07Z"), [""; 0]);
        assert_eq!(
            texts("http://localhost:8080/x 12345 1.2.3.4 97bb1ee9-dfa0-404f-85f4-943a3b026409"),
            [""; 0]
        );
    }

    #[test]
    fn the_time_between_two_is_told_where_both_have_one_form() {
        let found = mentions("09:00:00Z 09:21:40Z 2026-01-01 2026-01-02T00:00:01Z");
        assert_eq!(between(&found[0], &found[1]), Some(Duration::from_secs(1300)));
        assert_eq!(between(&found[2], &found[3]), Some(Duration::from_secs(86_401)));
        assert_eq!(between(&found[0], &found[2]), None);
    }
}
