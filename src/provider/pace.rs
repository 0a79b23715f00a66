//! How fast clients may ask: the same tokens over and over (50196), and a whole tenant's requests (90055). Both are off
//! unless the scenario's policy switches them on, for tests ask fast.

use std::{collections::VecDeque, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{
    refusal::{Refusal, Verdict},
    scenario::{Policy, Tenant},
    shelf::Shelf,
};
use crate::time::UnixTime;

/// How many times the same is given within [`WINDOW`]. Microsoft publishes no number; this one is told among developers.
const SAME: usize = 15;

/// How far back the same request counts.
const WINDOW: Duration = Duration::from_secs(300);

const MINUTE: Duration = Duration::from_secs(60);

/// How many different requests are watched at most.
const ROOM: usize = 10_000;

/// When what was asked for.
#[derive(Debug)]
pub struct Pace {
    same: Shelf<VecDeque<UnixTime>>,
    of_tenants: Shelf<VecDeque<UnixTime>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { same: Shelf::new(WINDOW, ROOM), of_tenants: Shelf::new(MINUTE, ROOM) }
    }
}

impl Pace {
    /// Rule: a client that has just got the same several times has no cache, or does not use it.
    pub fn is_no_loop(&mut self, policy: &Policy, what: &[&str], now: UnixTime) -> Verdict {
        if !policy.loop_detection {
            return Ok(());
        }
        let name = what.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part).chain_update([0]));
        let name = URL_SAFE_NO_PAD.encode(name.finalize());
        let times = recent(&mut self.same, &name, WINDOW, now);
        if times.len() < SAME {
            times.push_back(now);
            return Ok(());
        }
        let text = "The same request is being repeated in a loop; check the client's token cache.";
        Err(Refusal::new(50196, "invalid_grant", text)
            .by("client.keeps_tokens")
            .demands("a client keeps its tokens until they expire, and asks again only then")
            .compares(
                "the same in five minutes",
                format!("{SAME} times before"),
                [format!("less than {SAME} times")],
            ))
    }

    /// Rule: a tenant has so many requests a minute. The error tells how long to wait.
    pub fn admits(
        &mut self,
        policy: &Policy,
        tenant: &Tenant,
        now: UnixTime,
    ) -> Result<(), (Box<Refusal>, u64)> {
        let Some(allowed) = policy.token_requests_per_minute else { return Ok(()) };
        let times = recent(&mut self.of_tenants, &tenant.id, MINUTE, now);
        if times.len() < usize::try_from(allowed).unwrap_or(usize::MAX) {
            times.push_back(now);
            return Ok(());
        }
        let passed = times.front().map_or(Duration::ZERO, |first| now.since(*first));
        let wait = MINUTE.saturating_sub(passed).as_secs().max(1);
        let text = format!("Too many requests; try again in {wait} s.");
        let refusal = Refusal::new(90055, "temporarily_unavailable", text)
            .by("tenant.not_throttled")
            .demands("a tenant has so many token requests a minute; `Retry-After` says how long to wait")
            .compares("requests in a minute", format!("{allowed} before"), [format!("{allowed} at most")]);
        Err((refusal, wait))
    }
}

/// The times that still count under a name. Each look keeps them for as long again.
fn recent<'a>(
    shelf: &'a mut Shelf<VecDeque<UnixTime>>,
    name: &str,
    window: Duration,
    now: UnixTime,
) -> &'a mut VecDeque<UnixTime> {
    let mut times = shelf.take(name, now).unwrap_or_default();
    times.retain(|time| now.since(*time) < window);
    shelf.put(name.to_owned(), times, now);
    shelf.get_mut(name, now).expect("it was put there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::scenario::Scenario;

    #[test]
    fn the_same_again_is_a_loop_until_time_has_passed() {
        let mut pace = Pace::default();
        let start = UnixTime::from_seconds(1000);
        let (off, on) = (Policy::default(), Policy { loop_detection: true, ..Policy::default() });
        for _ in 0..3 * SAME {
            assert!(pace.is_no_loop(&off, &["a"], start).is_ok());
        }
        for second in 0..15 {
            let now = start + Duration::from_secs(second);
            assert!(pace.is_no_loop(&on, &["a", "b"], now).is_ok(), "{second}");
        }
        let now = start + Duration::from_secs(299);
        assert_eq!(pace.is_no_loop(&on, &["a", "b"], now).unwrap_err().code, 50196);
        assert!(pace.is_no_loop(&on, &["ab"], now).is_ok(), "another request");
        assert!(pace.is_no_loop(&on, &["a", "b"], start + WINDOW).is_ok(), "the first no longer counts");
    }

    #[test]
    fn a_tenant_has_so_many_requests_a_minute() {
        let (mut pace, scenario) = (Pace::default(), Scenario::northwind());
        let policy = Policy { token_requests_per_minute: Some(2), ..Policy::default() };
        let start = UnixTime::from_seconds(1000);
        let at = |second| start + Duration::from_secs(second);
        let home = scenario.home();
        assert!(pace.admits(&policy, home, at(0)).is_ok() && pace.admits(&policy, home, at(10)).is_ok());
        let (refusal, wait) = pace.admits(&policy, home, at(20)).unwrap_err();
        assert_eq!((refusal.code, wait), (90055, 40));
        assert!(pace.admits(&policy, scenario.tenant("fabrikam").unwrap(), at(20)).is_ok());
        assert!(pace.admits(&policy, home, at(60)).is_ok());
    }
}
