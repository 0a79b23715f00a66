//! Times as tokens carry them (RFC 7519 §2, `NumericDate`): seconds since 1970, and the ways issuers get that wrong.

use serde_json::Value;

use crate::time::UnixTime;

/// The last second of the year 9999, beyond which calendars give up.
const LAST_SECOND: i64 = 253_402_300_799;
/// The first second of the year 0.
const FIRST_SECOND: i64 = -62_167_219_200;
/// As seconds this is the year 5138; as milliseconds, 1973. Nobody issues tokens for the former.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// As milliseconds, the year 5138.
const MILLISECONDS_TO: i64 = 100_000_000_000_000;

/// How a time was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As a whole number.
    Number,
    /// As a number with a fractional part.
    Fraction,
    /// As a string of digits.
    Text,
}

/// What a claim that should be a time holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// A usable time.
    At(UnixTime, Written),
    /// A number that only makes sense as milliseconds; the time it then names.
    Milliseconds(UnixTime),
    /// Beyond what calendars hold.
    OutOfRange,
    /// Neither a number nor digits.
    NotANumber,
}

impl Moment {
    /// Reads the value of a claim.
    pub fn read(value: &Value) -> Self {
        match value {
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(seconds), _) => Self::from_seconds(seconds, Written::Number),
                (None, Some(seconds)) => Self::from_fraction(seconds),
                (None, None) => Self::OutOfRange,
            },
            Value::String(text) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Self::NotANumber;
                }
                text.parse().map_or(Self::OutOfRange, |seconds| Self::from_seconds(seconds, Written::Text))
            }
            _ => Self::NotANumber,
        }
    }

    /// The time, where it can be used as one.
    pub fn time(self) -> Option<UnixTime> {
        match self {
            Self::At(time, _) => Some(time),
            Self::Milliseconds(_) | Self::OutOfRange | Self::NotANumber => None,
        }
    }

    fn from_seconds(seconds: i64, written: Written) -> Self {
        if (MILLISECONDS_FROM..MILLISECONDS_TO).contains(&seconds) {
            Self::Milliseconds(UnixTime::from_millis(seconds))
        } else if (FIRST_SECOND..=LAST_SECOND).contains(&seconds) {
            Self::At(UnixTime::from_seconds(seconds), written)
        } else {
            Self::OutOfRange
        }
    }

    fn from_fraction(seconds: f64) -> Self {
        if !(-1e15..1e15).contains(&seconds) {
            return Self::OutOfRange;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
        let whole = seconds.floor() as i64;
        let written = if seconds.fract() == 0.0 { Written::Number } else { Written::Fraction };
        Self::from_seconds(whole, written)
    }
}

/// A time as SAML writes it (RFC 3339).
pub(super) fn read_rfc3339(value: &Value) -> Option<UnixTime> {
    let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(UnixTime::from_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_way_of_writing_a_time_is_told_apart() {
        let at = |seconds, written| Moment::At(UnixTime::from_seconds(seconds), written);
        let check = |value: Value, expected: Moment| assert_eq!(Moment::read(&value), expected, "{value}");
        check(json!(1_772_615_727), at(1_772_615_727, Written::Number));
        check(json!(1_772_615_727.0), at(1_772_615_727, Written::Number));
        check(json!(1_772_615_727.9), at(1_772_615_727, Written::Fraction));
        check(json!("1772615727"), at(1_772_615_727, Written::Text));
        check(json!(-1), at(-1, Written::Number));
        check(json!(1_772_615_727_000_i64), Moment::Milliseconds(UnixTime::from_seconds(1_772_615_727)));
        check(json!(i64::MAX), Moment::OutOfRange);
        check(json!(u64::MAX), Moment::OutOfRange);
        check(json!(-1e300), Moment::OutOfRange);
        check(json!("99999999999999999999"), Moment::OutOfRange);
        for odd in [json!("soon"), json!(""), json!("-"), json!("+5"), json!(null), json!([1]), json!(true)] {
            check(odd, Moment::NotANumber);
        }
    }
}
