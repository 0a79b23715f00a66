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
        EXPIRY.warning(format!(
            "{when}: over, but within the {leeway} s of leeway that Entra's libraries grant."
        ))
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
