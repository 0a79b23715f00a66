//! The sign-in log as the tenant reports it, each row with the rule behind a refusal.

use std::collections::VecDeque;

use crate::provider::{Note, SignIn};

/// How many rows are kept.
const KEPT: usize = 10_000;

/// How many notes wait for their row, and how many rows for their note: the two come by different ways, but soon.
const WAITING: usize = 256;

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number in this sitting, from 1.
    pub number: u64,
    /// What the tenant wrote down.
    pub sign_in: SignIn,
    /// Which rule refused it, and what it compared.
    pub note: Option<Note>,
}

impl Attempt {
    /// Whether the tenant let it through.
    pub const fn succeeded(&self) -> bool {
        self.sign_in.code == 0
    }

    /// Whether some column holds this word, whatever its letter case.
    pub fn holds(&self, word: &str) -> bool {
        let row = &self.sign_in;
        let texts = [&row.application, &row.user, &row.client_id].into_iter().flatten();
        let rule = self.note.as_ref().map_or("", |note| note.rule);
        texts
            .map(String::as_str)
            .chain([&*row.reason, &*row.correlation_id, &*row.trace_id, rule, row.kind.name()])
            .any(|text| contains(text, word))
            || contains(&row.at.clock(), word)
            || contains(&if row.code == 0 { "ok".to_owned() } else { format!("AADSTS{}", row.code) }, word)
    }
}

/// Whether `text` holds `word`, ASCII letters of either case alike.
fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    word.is_empty() || text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// All rows that are kept.
#[derive(Debug, Default)]
pub(super) struct Log {
    attempts: VecDeque<Attempt>,
    /// Notes without a row so far.
    early: VecDeque<Note>,
    count: u64,
    version: u64,
}

impl Log {
    pub const fn attempts(&self) -> &VecDeque<Attempt> {
        &self.attempts
    }

    pub const fn version(&self) -> u64 {
        self.version
    }

    pub fn add(&mut self, new: Vec<SignIn>) {
        for sign_in in new {
            let known = self.early.iter().position(|note| note.trace_id == sign_in.trace_id);
            let note = known.and_then(|at| self.early.remove(at));
            if self.attempts.len() == KEPT {
                self.attempts.pop_front();
            }
            self.count += 1;
            self.attempts.push_back(Attempt { number: self.count, sign_in, note });
        }
        self.version += 1;
    }

    pub fn annotate(&mut self, note: &Note) {
        let mut latest = self.attempts.iter_mut().rev().take(WAITING);
        if let Some(attempt) = latest.find(|attempt| attempt.sign_in.trace_id == note.trace_id) {
            attempt.note = Some(note.clone());
            self.version += 1;
            return;
        }
        if self.early.len() == WAITING {
            self.early.pop_front();
        }
        self.early.push_back(note.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{provider::SignInKind, time::UnixTime};

    fn row(trace: &str, code: u32) -> SignIn {
        SignIn {
            at: UnixTime::from_seconds(1_772_615_727),
            kind: SignInKind::Interactive,
            correlation_id: "c".to_owned(),
            trace_id: trace.to_owned(),
            client_id: None,
            application: Some("Northwind Desktop".to_owned()),
            user: Some("mina@northwind.example".to_owned()),
            code,
            reason: String::new(),
            ..SignIn::default()
        }
    }

    fn note(trace: &str) -> Note {
        Note {
            trace_id: trace.to_owned(),
            code: 50057,
            rule: "user.enabled",
            demand: String::new(),
            compared: Vec::new(),
        }
    }

    #[test]
    fn a_note_finds_its_row_whichever_comes_first() {
        let mut log = Log::default();
        log.annotate(&note("one"));
        log.add(vec![row("one", 50057), row("two", 50057), row("three", 0)]);
        log.annotate(&note("two"));
        let rules: Vec<_> =
            log.attempts().iter().map(|one| one.note.as_ref().map(|note| note.rule)).collect();
        assert_eq!(rules, [Some("user.enabled"), Some("user.enabled"), None]);
    }

    #[test]
    fn a_word_is_looked_for_in_every_column() {
        let mut log = Log::default();
        log.add(vec![row("one", 50057)]);
        log.annotate(&note("one"));
        let attempt = &log.attempts()[0];
        for word in ["MINA", "desktop", "50057", "aadsts5", "enabled", "09:15", "interactive", ""] {
            assert!(attempt.holds(word), "{word}");
        }
        assert!(!attempt.holds("petra") && !attempt.holds("ok"));
    }

    #[test]
    fn the_log_forgets_its_oldest_rows() {
        let mut log = Log::default();
        log.add((0..KEPT + 3).map(|_| row("x", 0)).collect());
        assert_eq!(log.attempts().len(), KEPT);
        assert_eq!(log.attempts()[0].number, 4);
    }
}
