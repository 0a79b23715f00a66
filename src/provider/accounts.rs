//! What happened to people's accounts that the directory does not tell: sessions revoked, people who are no longer there,
//! wrong passwords counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Provider,
    refusal::{Refusal, Verdict},
    scenario::{
        Scenario, User,
        edit::{Edit, List},
    },
};
use crate::time::UnixTime;

/// How many wrong passwords in a row lock an account (smart lockout).
const TRIES: u32 = 10;

/// For how long; it is as long again at every further wrong password.
const LOCKED_FOR: Duration = Duration::from_secs(60);

/// What happened, by the person's object id in their home tenant.
#[derive(Debug, Default)]
pub struct Accounts {
    valid_from: BTreeMap<String, UnixTime>,
    gone: BTreeSet<String>,
    known: BTreeSet<String>,
    failures: BTreeMap<String, Failures>,
    /// Which terms who has accepted.
    accepted: BTreeSet<(String, String)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    last: UnixTime,
}

impl Accounts {
    /// With the moments from which people's sessions count, and the ids of everybody who was ever in the directory.
    pub fn restore(valid_from: BTreeMap<String, UnixTime>, known: BTreeSet<String>) -> Self {
        Self { valid_from, known, ..Self::default() }
    }

    /// The moments from which people's sessions count.
    pub const fn valid_from(&self) -> &BTreeMap<String, UnixTime> {
        &self.valid_from
    }

    /// The ids of everybody who was ever in the directory.
    pub const fn known(&self) -> &BTreeSet<String> {
        &self.known
    }

    /// Whether the account is still in the directory.
    pub fn exists(&self, user: &User) -> bool {
        !self.gone.contains(&user.id)
    }

    /// Takes note of who is in the directory now, and who no longer.
    pub fn keep_track(&mut self, scenario: &Scenario) {
        let present: BTreeSet<String> = scenario.users().iter().map(|user| user.id.clone()).collect();
        self.known.extend(present.iter().cloned());
        self.gone = self.known.difference(&present).cloned().collect();
    }

    /// Takes note that somebody has accepted terms.
    pub fn accept(&mut self, user: &User, terms: &str) {
        self.accepted.insert((user.id.clone(), terms.to_owned()));
    }

    /// Whether somebody has accepted terms.
    pub fn has_accepted(&self, user: &User, terms: &str) -> bool {
        self.accepted.contains(&(user.id.clone(), terms.to_owned()))
    }

    /// Whether the account is locked at present, by the directory or by wrong passwords.
    pub fn is_locked(&self, user: &User, now: UnixTime) -> bool {
        let locked = |failures: &Failures| failures.count >= TRIES && now.since(failures.last) < LOCKED_FOR;
        user.locked_out || self.failures.get(&user.id).is_some_and(locked)
    }

    /// Counts a password: a wrong one towards the lock, a right one against all earlier ones.
    pub fn password_tried(&mut self, user: &User, right: bool, now: UnixTime) {
        if right {
            self.failures.remove(&user.id);
            return;
        }
        let failures = self.failures.entry(user.id.clone()).or_default();
        *failures = Failures { count: failures.count.saturating_add(1), last: now };
    }

    /// Rule: the account is there and may sign in. For whatever shows a grant instead of a password.
    pub fn may_go_on(&self, user: &User, tenant: &str) -> Verdict {
        if !self.exists(user) {
            return Err(unknown(&user.user_principal_name, tenant));
        }
        if user.account_enabled { Ok(()) } else { Err(switched_off()) }
    }
}

/// 50034: nobody of that name.
pub fn unknown(name: &str, tenant: &str) -> Box<Refusal> {
    let text = format!("User '{}' has no account in directory '{tenant}'.", "{EmailHidden}");
    Refusal::new(50034, "invalid_grant", text)
        .demands("the sign-in name must belong to somebody in the directory")
        .compares("username", name, ["the sign-in name of somebody in the directory"])
}

/// 50057: the account is switched off.
pub fn switched_off() -> Box<Refusal> {
    Refusal::new(50057, "invalid_grant", "This account is disabled.")
        .demands("accountEnabled must be true")
        .compares("accountEnabled", "false", ["true"])
}

/// 50053: locked, by the directory or by wrong passwords.
pub fn locked() -> Box<Refusal> {
    let text = "Sign-in is blocked: too many failed tries or a suspicious address.";
    Refusal::new(50053, "invalid_grant", text)
        .demands(
            "after ten wrong passwords an account rests for a minute; the right one does not help before",
        )
        .compares("account", "locked", ["open"])
}

/// 50126: not the password in the directory.
pub fn wrong_password(sent: &str, user: &User) -> Box<Refusal> {
    Refusal::new(50126, "invalid_grant", "User name or password is wrong.")
        .demands("the password must be the one in the directory")
        .compares_secret("password", sent, user.password.masked())
}

/// 50055: the password is right and must be changed all the same.
pub fn password_expired() -> Box<Refusal> {
    Refusal::new(50055, "invalid_grant", "The password is out of date and must be changed.")
        .suberror("user_password_expired")
        .demands("a new password must be set first, on a page")
        .compares("passwordExpired", "true", ["false"])
}

impl Provider {
    /// Ends all sessions of a person, by any of their object ids: `TokensValidFrom` moves to `now`. Refresh tokens issued so
    /// far answer 50173, browsers ask for the password again; access tokens live on until they expire. Tells whether there
    /// is such a person.
    pub fn revoke_sessions(&mut self, user_oid: &str, now: UnixTime) -> bool {
        let Some(user) = self.scenario.user_with_id(user_oid).cloned() else { return false };
        self.accounts.valid_from.insert(user.id.clone(), now);
        self.revision += 1;
        for token in self.refresh_tokens.values_mut().filter(|token| token.person.user.id == user.id) {
            token.revoked = Some(now);
        }
        for session in self.sessions.values_mut() {
            session.end(&user);
        }
        true
    }

    /// Since when a person's sessions count (`signInSessionsValidFromDateTime`); `None` if they were never revoked.
    pub fn sessions_valid_from(&self, user_oid: &str) -> Option<UnixTime> {
        let user = self.scenario.user_with_id(user_oid)?;
        self.accounts.valid_from.get(&user.id).copied()
    }

    /// Switches a person's account off or on again. Tells whether there is such a person.
    pub fn enable_account(&mut self, user_oid: &str, enabled: bool) -> bool {
        let Some(key) = self.key_of(user_oid) else { return false };
        self.edit(&Edit::set(List::Users, &key, "accountEnabled", enabled), self.latest).is_ok()
    }

    /// Takes a person out of the directory. Tells whether there is such a person.
    pub fn delete_account(&mut self, user_oid: &str) -> bool {
        let Some(entry) = self.key_of(user_oid) else { return false };
        self.edit(&Edit::Remove { from: List::Users, entry }, self.latest).is_ok()
    }

    fn key_of(&self, user_oid: &str) -> Option<String> {
        self.scenario.user_with_id(user_oid).map(|user| user.key.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_passwords_lock_for_a_minute_and_a_right_one_forgives_them() {
        let scenario = Scenario::northwind();
        let mina = scenario.user("mina").unwrap();
        let mut accounts = Accounts::default();
        let start = UnixTime::from_seconds(1000);
        for _ in 1..TRIES {
            accounts.password_tried(mina, false, start);
        }
        assert!(!accounts.is_locked(mina, start), "one try is left");
        accounts.password_tried(mina, false, start);
        assert!(accounts.is_locked(mina, start) && !accounts.is_locked(mina, start + LOCKED_FOR));
        accounts.password_tried(mina, true, start);
        assert!(!accounts.is_locked(mina, start));
    }
}
