//! Times compared with the clock: the authority's, where it is known how far ours is from it.

use super::{AUTH_TIME, Check, EXPIRY, ISSUED_AT, NOT_BEFORE};
use crate::{
    finding::Finding,
    time::{self, UnixTime},
    token::{Decoded, moment::Moment, remarks::quote},
};

/// How far the clocks of issuer and validator may differ, in seconds: what Entra's own libraries grant.
pub const LEEWAY: i64 = 300;

/// How exactly times are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// How far the clocks of issuer and validator may differ, in seconds.
    pub leeway: i64,
    /// How many seconds the authority's clock is ahead of ours, by the `Date` of its answers.
    pub ahead: i64,
}

impl Clock {
    /// Differences up to this many seconds say nothing: `Date` has whole seconds, and an answer takes its time.
    const UNSURE: i64 = 2;

    /// With the difference between the authority's clock and ours, by the `Date` header (RFC 9110 §6.6.1) of an answer
    /// that came at `now`. A header that is no date leaves things as they are.
    #[must_use]
    pub fn by_date(self, date: &str, now: UnixTime) -> Self {
        let Some(theirs) = UnixTime::from_http_date(date) else { return self };
        let ahead = theirs.seconds().saturating_sub(now.seconds());
        Self { ahead: if ahead.abs() <= Self::UNSURE { 0 } else { ahead }, ..self }
    }

    /// The authority's time when ours is `now`, in seconds.
    const fn theirs(self, now: UnixTime) -> i64 {
        now.seconds().saturating_add(self.ahead)
    }

    fn remark(self) -> String {
        match self.ahead {
            0 => String::new(),
            ahead if ahead > 0 => format!(" by this clock, which is {ahead} s behind the authority's"),
            ahead => format!(" by this clock, which is {} s ahead of the authority's", ahead.unsigned_abs()),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self { leeway: LEEWAY, ahead: 0 }
    }
}

/// The token is not over.
pub(super) fn expiry(token: &Decoded, clock: Clock, now: UnixTime) -> Finding {
    let Some(value) = token.claims.get("exp") else {
        return EXPIRY.error("There is no exp: the token would be valid for ever.");
    };
    let Some(exp) = Moment::read(value).time() else {
        return EXPIRY.error(format!("exp cannot be read as a time: {}.", quote(&value.to_string())));
    };
    let when = format!("exp is {exp}, {}{}", time::relative(exp, now), clock.remark());
    let (leeway, over) = (clock.leeway, clock.theirs(now) - exp.seconds());
    if over < 0 {
        EXPIRY.passed(format!("{when}."))
    } else if over < leeway {
        let leeway = if leeway == LEEWAY {
            format!("the {leeway} s of leeway that Entra's libraries grant")
        } else {
            format!("{leeway} s of leeway")
        };
        EXPIRY.warning(format!("{when}: over, but within {leeway}."))
    } else {
        EXPIRY.error(format!("{when}: over, also with {leeway} s of leeway."))
    }
}

/// The token's time has begun.
pub(super) fn not_before(token: &Decoded, clock: Clock, now: UnixTime) -> Finding {
    start(NOT_BEFORE, "nbf", token, clock, now)
}

/// The token was not made in the future.
pub(super) fn issued_at(token: &Decoded, clock: Clock, now: UnixTime) -> Finding {
    start(ISSUED_AT, "iat", token, clock, now)
}

/// `nbf` and `iat`: neither may lie ahead by more than the leeway.
fn start(check: Check, name: &str, token: &Decoded, clock: Clock, now: UnixTime) -> Finding {
    let Some(value) = token.claims.get(name) else {
        return check.info(format!("There is no {name}, so it was not compared with the clock."));
    };
    let Some(start) = Moment::read(value).time() else {
        return check.error(format!("{name} cannot be read as a time: {}.", quote(&value.to_string())));
    };
    let when = format!("{name} is {start}, {}{}", time::relative(start, now), clock.remark());
    let (leeway, ahead) = (clock.leeway, start.seconds() - clock.theirs(now));
    if ahead <= 0 {
        check.passed(format!("{when}."))
    } else if ahead <= leeway {
        check.passed(format!("{when}: ahead, but within {leeway} s of leeway."))
    } else {
        check.error(format!("{when}: ahead by more than {leeway} s of leeway. Compare the clocks."))
    }
}

/// `max_age` was asked for, so the token says when the person signed in, and that is not too long ago.
pub(super) fn auth_time(token: &Decoded, since: UnixTime, clock: Clock) -> Finding {
    let Some(value) = token.claims.get("auth_time") else {
        return AUTH_TIME
            .error("max_age was asked for, and there is no auth_time: nobody knows how old the sign-in is.");
    };
    let Some(signed_in) = Moment::read(value).time() else {
        return AUTH_TIME
            .error(format!("auth_time cannot be read as a time: {}.", quote(&value.to_string())));
    };
    let early = since.seconds() - signed_in.seconds();
    if early <= 0 {
        AUTH_TIME.passed(format!("auth_time is {signed_in}: as recent as max_age asked for."))
    } else if early <= clock.leeway {
        AUTH_TIME.warning(format!(
            "auth_time is {signed_in}, {early} s older than max_age allowed; clocks may differ by {} s.",
            clock.leeway
        ))
    } else {
        AUTH_TIME.error(format!("auth_time is {signed_in}; max_age allowed nothing before {since}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_tells_how_far_the_clocks_differ() {
        let now = UnixTime::from_seconds(1_772_615_727);
        let ahead = |date: &str| Clock::default().by_date(date, now).ahead;
        assert_eq!(ahead("Wed, 04 Mar 2026 09:15:27 GMT"), 0);
        assert_eq!(ahead("Wed, 04 Mar 2026 09:15:29 GMT"), 0);
        assert_eq!(ahead("Wed, 04 Mar 2026 09:25:27 GMT"), 600);
        assert_eq!(ahead("Wed, 04 Mar 2026 08:15:27 GMT"), -3600);
        assert_eq!(ahead("yesterday"), 0);
        let kept = Clock { leeway: 7, ahead: 5 };
        assert_eq!(kept.by_date("", now), kept);
    }
}
