//! The tenant's clock: the machine's, and by how much it was moved. Everything that the tenant says or compares follows it:
//! the times in tokens, what has expired, the log, the `Date` of its answers.

use std::time::Duration;

use crate::time::UnixTime;

/// How far the clock can be moved either way, in milliseconds: a hundred years.
const FARTHEST: i64 = 100 * 365 * 86_400 * 1000;

/// How the tenant's clock differs from that of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds; negative where the tenant's clock is behind.
    ahead: i64,
}

impl Clock {
    /// The machine's time.
    pub(super) const ZERO: Self = Self { ahead: 0 };

    /// A clock that is ahead by so many milliseconds, or behind.
    pub(super) fn ahead_by(millis: i64) -> Self {
        Self { ahead: millis.clamp(-FARTHEST, FARTHEST) }
    }

    /// What it shows when the machine's clock shows `machine`.
    pub const fn at(self, machine: UnixTime) -> UnixTime {
        UnixTime::from_millis(machine.millis().saturating_add(self.ahead))
    }

    /// By how many milliseconds it is ahead; negative where it is behind.
    pub const fn ahead(self) -> i64 {
        self.ahead
    }

    /// The clock after it was moved on (or back) by so many milliseconds.
    pub(super) fn moved(self, millis: i64) -> Self {
        Self::ahead_by(self.ahead.saturating_add(millis))
    }

    /// The difference in words.
    pub fn said(self) -> String {
        let span = span(Duration::from_millis(self.ahead.unsigned_abs()));
        match self.ahead {
            0 => "the clock shows the machine's time".to_owned(),
            1.. => format!("the clock is {span} ahead"),
            _ => format!("the clock is {span} behind"),
        }
    }
}

/// In the units that people move clocks by.
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        _ if seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ => crate::time::span(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_moved_on_and_back_and_not_out_of_reach() {
        let machine = UnixTime::from_seconds(1000);
        let clock = Clock::default().moved(90_000).moved(-30_000);
        assert_eq!((clock.at(machine), clock.ahead()), (UnixTime::from_seconds(1060), 60_000));
        assert_eq!(Clock::default().moved(i64::MAX).moved(i64::MAX), Clock { ahead: FARTHEST });
        assert_eq!(Clock::default().moved(i64::MIN), Clock { ahead: -FARTHEST });
    }

    #[test]
    fn the_difference_is_said_in_units_that_fit() {
        let said = |millis| Clock::default().moved(millis).said();
        assert_eq!(said(0), "the clock shows the machine's time");
        assert_eq!(said(250), "the clock is 250 ms ahead");
        assert_eq!(said(-7_200_000), "the clock is 2 h behind");
        assert_eq!(said(90 * 86_400_000), "the clock is 90 d ahead");
    }
}
