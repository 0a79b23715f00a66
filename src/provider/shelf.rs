//! Things kept under unguessable names for a while: codes, sessions, pages in progress.
//!
//! A shelf is bounded twice. Entries are forgotten when their time is over, and when it is full the oldest leaves first: a
//! client that asks for more and more costs itself its oldest codes, and nobody memory without end.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use crate::time::UnixTime;

/// How many names of entries that are gone may wait in line before the line is tidied.
const SLACK: usize = 64;

/// A map whose entries are forgotten some time after they were put there, the oldest first.
#[derive(Debug)]
pub struct Shelf<T> {
    entries: HashMap<Arc<str>, Entry<T>>,
    /// Names in the order in which they were put there. A name whose entry is gone, or was put there again, is passed over.
    line: VecDeque<(u64, Arc<str>)>,
    keeps_for: Duration,
    room: usize,
    inserted: u64,
}

#[derive(Debug)]
struct Entry<T> {
    until: UnixTime,
    number: u64,
    value: T,
}

impl<T> Shelf<T> {
    /// `keeps_for` is longer than the entries are valid, so that an expired one can still be told from an unknown one; `room`
    /// is how many are kept at most.
    pub fn new(keeps_for: Duration, room: usize) -> Self {
        Self { entries: HashMap::new(), line: VecDeque::new(), keeps_for, room, inserted: 0 }
    }

    pub fn put(&mut self, name: String, value: T, now: UnixTime) {
        let name: Arc<str> = name.into();
        self.inserted += 1;
        let entry = Entry { until: now + self.keeps_for, number: self.inserted, value };
        self.entries.insert(Arc::clone(&name), entry);
        self.line.push_back((self.inserted, name));
        self.clear_out(now);
    }

    /// Takes away what is over, and what there is no room for. Each name is looked at once on its way out.
    fn clear_out(&mut self, now: UnixTime) {
        while let Some((number, name)) = self.line.front() {
            let entry = self.entries.get(name).filter(|entry| entry.number == *number);
            if entry.is_some_and(|entry| entry.until > now && self.entries.len() <= self.room) {
                break;
            }
            if entry.is_some() {
                self.entries.remove(name);
            }
            self.line.pop_front();
        }
        if self.line.len() > 2 * self.entries.len() + SLACK {
            let entries = &self.entries;
            self.line.retain(|(number, name)| entries.get(name).is_some_and(|entry| entry.number == *number));
        }
    }

    pub fn get(&self, name: &str, now: UnixTime) -> Option<&T> {
        self.entries.get(name).filter(|entry| entry.until > now).map(|entry| &entry.value)
    }

    pub fn get_mut(&mut self, name: &str, now: UnixTime) -> Option<&mut T> {
        self.entries.get_mut(name).filter(|entry| entry.until > now).map(|entry| &mut entry.value)
    }

    pub fn take(&mut self, name: &str, now: UnixTime) -> Option<T> {
        self.entries.remove(name).filter(|entry| entry.until > now).map(|entry| entry.value)
    }

    /// Removes what fits.
    pub fn forget(&mut self, fits: impl Fn(&T) -> bool) {
        self.entries.retain(|_, entry| !fits(&entry.value));
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.line.clear();
    }

    /// How many entries were ever put there.
    pub const fn inserted(&self) -> u64 {
        self.inserted
    }

    /// Every entry with its name, in the order in which they were put there.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.line.iter().filter_map(|(number, name)| {
            let entry = self.entries.get(name).filter(|entry| entry.number == *number)?;
            Some((name.as_ref(), &entry.value))
        })
    }

    /// Every value, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.values_mut().map(|entry| &mut entry.value)
    }

    /// The first entry that fits, with its name.
    pub fn find(&self, now: UnixTime, fits: impl Fn(&T) -> bool) -> Option<(&str, &T)> {
        let mut entries = self.entries.iter().filter(|(_, entry)| entry.until > now);
        entries.find(|(_, entry)| fits(&entry.value)).map(|(name, entry)| (name.as_ref(), &entry.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixTime = UnixTime::from_seconds(1000);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn entries_are_forgotten_when_their_time_is_over() {
        let mut shelf = Shelf::new(MINUTE, 100);
        shelf.put("a".to_owned(), 1, START);
        assert_eq!(shelf.get("a", START + Duration::from_secs(59)), Some(&1));
        assert_eq!(shelf.get("a", START + MINUTE), None);
        shelf.put("b".to_owned(), 2, START + 2 * MINUTE);
        assert!(!shelf.entries.contains_key("a"), "what is over does not pile up");
    }

    #[test]
    fn a_full_shelf_lets_the_oldest_go() {
        let mut shelf = Shelf::new(MINUTE, 3);
        for number in 0..100_000 {
            shelf.put(number.to_string(), number, START);
            assert!(shelf.entries.len() <= 3 && shelf.line.len() <= 3);
        }
        assert_eq!(
            ["99996", "99997", "99999"].map(|name| shelf.get(name, START).copied()),
            [None, Some(99_997), Some(99_999)]
        );
    }

    #[test]
    fn what_is_taken_or_put_again_leaves_no_names_behind() {
        let mut shelf = Shelf::new(MINUTE, 1000);
        for number in 0..10_000 {
            shelf.put("again".to_owned(), number, START);
            shelf.put(number.to_string(), number, START);
            assert_eq!(shelf.take(&number.to_string(), START), Some(number));
        }
        assert_eq!((shelf.entries.len(), shelf.get("again", START)), (1, Some(&9999)));
        assert!(shelf.line.len() <= 2 + SLACK + 1, "{}", shelf.line.len());
    }

    #[test]
    fn what_was_put_again_is_as_young_as_that() {
        let mut shelf = Shelf::new(MINUTE, 2);
        for name in ["a", "b", "a", "c"] {
            shelf.put(name.to_owned(), (), START);
        }
        assert!(shelf.get("a", START).is_some() && shelf.get("b", START).is_none());
    }
}
