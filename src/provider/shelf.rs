//! Things kept under unguessable names for a while: codes, sessions, pages in progress.

use std::{collections::HashMap, time::Duration};

use crate::time::UnixTime;

/// How many insertions pass between two rounds of clearing out.
const ROUND: usize = 256;

/// A map whose entries are forgotten some time after they were put there.
#[derive(Debug)]
pub struct Shelf<T> {
    entries: HashMap<String, (UnixTime, T)>,
    keeps_for: Duration,
    inserted: usize,
}

impl<T> Shelf<T> {
    /// `keeps_for` is longer than the entries are valid, so that an expired one can still be told from an unknown one.
    pub fn new(keeps_for: Duration) -> Self {
        Self { entries: HashMap::new(), keeps_for, inserted: 0 }
    }

    pub fn put(&mut self, name: String, value: T, now: UnixTime) {
        self.inserted += 1;
        if self.inserted.is_multiple_of(ROUND) {
            self.entries.retain(|_, (until, _)| *until > now);
        }
        self.entries.insert(name, (now + self.keeps_for, value));
    }

    pub fn get(&self, name: &str, now: UnixTime) -> Option<&T> {
        self.entries.get(name).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, name: &str, now: UnixTime) -> Option<&mut T> {
        self.entries.get_mut(name).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    pub fn take(&mut self, name: &str, now: UnixTime) -> Option<T> {
        self.entries.remove(name).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    /// Removes what fits.
    pub fn forget(&mut self, fits: impl Fn(&T) -> bool) {
        self.entries.retain(|_, (_, value)| !fits(value));
    }

    /// Every value, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.values_mut().map(|(_, value)| value)
    }

    /// The first entry that fits, with its name.
    pub fn find(&self, now: UnixTime, fits: impl Fn(&T) -> bool) -> Option<(&str, &T)> {
        let mut entries = self.entries.iter().filter(|(_, (until, _))| *until > now);
        entries.find(|(_, (_, value))| fits(value)).map(|(name, (_, value))| (name.as_str(), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_forgotten_when_their_time_is_over() {
        let start = UnixTime::from_seconds(1000);
        let mut shelf = Shelf::new(Duration::from_secs(60));
        shelf.put("a".to_owned(), 1, start);
        assert_eq!(shelf.get("a", start + Duration::from_secs(59)), Some(&1));
        assert_eq!(shelf.get("a", start + Duration::from_secs(60)), None);
        for number in 0..ROUND {
            shelf.put(number.to_string(), 2, start + Duration::from_secs(120));
        }
        assert!(!shelf.entries.contains_key("a"), "what is over does not pile up");
    }
}
