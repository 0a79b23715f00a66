//! Points in time. The present is always an argument called `now`; only the drivers read a clock.
//!
//! Times are shown in UTC with a `Z`, as the authority writes them in its own errors and logs, so that what stands on
//! the screen can be compared with what a colleague sees.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

use jiff::Timestamp;

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// From whole seconds, as tokens carry them.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Reads a time as people give it: seconds since 1970, or RFC 3339 with `T` or a blank.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        text.parse()
            .ok()
            .map(Self::from_seconds)
            .or_else(|| text.parse::<Timestamp>().ok().map(|time| Self::from_millis(time.as_millisecond())))
    }

    /// Reads the date of an HTTP header (RFC 9110 §5.6.7) in its one current form.
    pub fn from_http_date(text: &str) -> Option<Self> {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(text.trim())
            .ok()
            .map(|time| Self::from_seconds(time.as_second()))
    }

    /// Whole seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// `2026-03-04 09:15:27Z`, as Entra writes timestamps.
    pub fn date_time(self) -> String {
        self.format("%Y-%m-%d %H:%M:%SZ")
    }

    /// `09:15:27Z`.
    pub fn clock(self) -> String {
        self.format("%H:%M:%SZ")
    }

    /// `Wed, 04 Mar 2026 09:15:27 GMT`, as in HTTP headers.
    pub fn http_date(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// RFC 3339 with milliseconds.
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    fn format(self, pattern: &str) -> String {
        match Timestamp::from_millisecond(self.0) {
            Ok(time) => time.strftime(pattern).to_string(),
            Err(_) => format!("{} s after 1970 (outside the calendar)", self.seconds()),
        }
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.date_time())
    }
}

impl Add<Duration> for UnixTime {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for UnixTime {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// A span in the largest two units that matter: `41 s`, `12:04`, `3 h 20 min`, `90 d`.
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// `in 41:02 min`, `5 s ago`, `now`.
pub fn relative(time: UnixTime, now: UnixTime) -> String {
    let difference = time.seconds() - now.seconds();
    let distance = Duration::from_secs(difference.unsigned_abs());
    match difference {
        0 => "now".to_owned(),
        1.. => format!("in {}", span(distance)),
        _ => format!("{} ago", span(distance)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_entra_writes_them() {
        let time = UnixTime::from_seconds(1_772_615_727);
        assert_eq!(time.date_time(), "2026-03-04 09:15:27Z");
        assert_eq!(time.http_date(), "Wed, 04 Mar 2026 09:15:27 GMT");
        assert_eq!((time + Duration::from_millis(5)).rfc3339(), "2026-03-04T09:15:27.005Z");
    }

    #[test]
    fn times_are_read_as_people_and_servers_write_them() {
        let time = UnixTime::from_seconds(1_772_615_727);
        for text in
            ["1772615727", " 2026-03-04T09:15:27Z\n", "2026-03-04 09:15:27Z", "2026-03-04T10:15:27+01:00"]
        {
            assert_eq!(UnixTime::parse(text), Some(time), "{text}");
        }
        for text in ["", "soon", "2026-03-04", "09:15:27Z", "1.5"] {
            assert_eq!(UnixTime::parse(text), None, "{text}");
        }
        assert_eq!(UnixTime::from_http_date(&time.http_date()), Some(time));
        assert_eq!(UnixTime::from_http_date("2026-03-04T09:15:27Z"), None);
    }

    #[test]
    fn a_time_outside_the_calendar_is_said_and_does_not_panic() {
        assert!(UnixTime::from_seconds(i64::MAX).date_time().contains("outside the calendar"));
        let _ = UnixTime::from_seconds(i64::MIN) - Duration::MAX;
    }

    #[test]
    fn distances_use_the_units_that_matter() {
        let now = UnixTime::from_seconds(1_000_000);
        let check = |ahead: i64, text: &str| {
            assert_eq!(relative(UnixTime::from_seconds(1_000_000 + ahead), now), text);
        };
        check(0, "now");
        check(41, "in 41 s");
        check(-61, "1:01 min ago");
        check(7200, "in 2 h 0 min");
        check(-90 * 86_400, "90 d ago");
    }
}
