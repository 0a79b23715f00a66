//! From when until when a token is valid, and how much of that is over: what a bar or a countdown shows.

use std::time::Duration;

use super::{Decoded, Kind, moment};
use crate::time::UnixTime;

/// A token's life by its own claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it was made, or becomes valid: `iat`, else `nbf`.
    pub start: UnixTime,
    /// When it is over: `exp`.
    pub end: UnixTime,
}

impl Life {
    /// `None` without an end or a beginning, or where the end does not come after the beginning.
    pub(super) fn of(token: &Decoded) -> Option<Self> {
        let saml = |name: &str| moment::read_rfc3339(token.claims.get(name)?);
        let (start, end) = if token.kind == Kind::Saml {
            (saml("NotBefore").or_else(|| saml("IssueInstant"))?, saml("NotOnOrAfter")?)
        } else {
            (token.time("iat").or_else(|| token.time("nbf"))?, token.time("exp")?)
        };
        (start < end).then_some(Self { start, end })
    }

    /// How much of it is over: 0 at its beginning and before, 1 at its end and from then on.
    pub fn used(&self, now: UnixTime) -> f64 {
        (now.since(self.start).as_secs_f64() / self.whole().as_secs_f64()).min(1.0)
    }

    /// How much of it is left; nothing once it is over.
    pub fn left(&self, now: UnixTime) -> Duration {
        self.end.since(now)
    }

    /// How long it is from beginning to end.
    pub fn whole(&self) -> Duration {
        self.end.since(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fraction_runs_from_zero_to_one_and_stays_there() {
        let at = UnixTime::from_seconds;
        let life = Life { start: at(1000), end: at(5000) };
        for (now, used, left) in
            [(0, 0.0, 5000), (1000, 0.0, 4000), (2000, 0.25, 3000), (5000, 1.0, 0), (9000, 1.0, 0)]
        {
            assert!((life.used(at(now)) - used).abs() < 1e-9, "{now}");
            assert_eq!(life.left(at(now)).as_secs(), left, "{now}");
        }
        assert_eq!(life.whole().as_secs(), 4000);
    }

    #[test]
    fn a_token_without_both_ends_has_no_life() {
        let life = |claims: &str| {
            let encode = |text: &str| super::super::signed::encode(text);
            super::super::decode(&format!("{}.{}.", encode("{\"alg\":\"none\"}"), encode(claims))).life()
        };
        assert_eq!(life("{\"exp\":5,\"iat\":5}"), None);
        assert_eq!(life("{\"exp\":5}"), None);
        assert_eq!(life("{\"iat\":5}"), None);
        let whole = life("{\"nbf\":4,\"exp\":\"5\"}").unwrap();
        assert_eq!((whole.start, whole.end), (UnixTime::from_seconds(4), UnixTime::from_seconds(5)));
    }
}
