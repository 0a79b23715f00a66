//! Two tokens beside each other, claim by claim, and why they differ.
//!
//! [`difference`] first finds out what kind of pair it is (a refreshed token, app-only beside delegated, on-behalf-of in and
//! out, …), for the same difference means something else in each. The reasons stand in `difference/reasons.rs`: a table, of
//! which the first line that fits speaks. Lists are compared by element, and so is `scp`.

mod pair;
mod reasons;

pub use pair::Pair;

use serde_json::{Map, Value, json};

use super::{
    Decoded, TokenKind,
    claims::{self, Group},
    kind_of,
    values::explain_value,
};
use crate::time::UnixTime;

/// Two tokens compared: `before` is the first, `after` the second.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What the two are to each other, the most telling first; never empty.
    pub pairs: Vec<Pair>,
    /// Both kinds.
    pub kinds: (TokenKind, TokenKind),
    /// The members of the headers.
    pub header: Vec<Row>,
    /// The claims, grouped as [`Group::ALL`] has them.
    pub claims: Vec<Row>,
}

/// A member of one token or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name, as the token has it.
    pub name: String,
    /// Its heading.
    pub group: Group,
    /// What happened to it.
    pub change: Change,
    /// Its value in the first token.
    pub before: Option<Value>,
    /// Its value in the second token.
    pub after: Option<Value>,
    /// The difference by element, where both are lists.
    pub elements: Option<Elements>,
    /// Why it differs, or why it is telling that it does not.
    pub why: Option<String>,
}

/// What happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the second token has it.
    Added,
    /// Only the first token has it.
    Removed,
    /// Both have it, with different values.
    Changed,
    /// Both have the same.
    Same,
}

impl Change {
    /// The word used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }

    /// The mark that carries the meaning without colour.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Added => "+",
            Self::Removed => "-",
            Self::Changed => "~",
            Self::Same => "=",
        }
    }
}

/// What two lists have and have not in common. Order does not count; an element that stands twice counts twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elements {
    /// In the second list only.
    pub added: Vec<String>,
    /// In the first list only.
    pub removed: Vec<String>,
    /// In both.
    pub kept: Vec<String>,
}

impl Difference {
    /// The most telling word on what the two are to each other.
    pub fn pair(&self) -> Pair {
        self.pairs.first().copied().unwrap_or(Pair::Unrelated)
    }

    /// One line that says it.
    pub fn headline(&self) -> &'static str {
        self.pair().headline()
    }

    /// How many members differ, those of the header included.
    pub fn differing(&self) -> usize {
        self.header.iter().chain(&self.claims).filter(|row| row.change != Change::Same).count()
    }

    /// The object of `diff --json`. Names and values are data from outside: whoever prints the text of this object to a
    /// terminal passes it through [`crate::text::visible_json`].
    pub fn to_json(&self) -> Value {
        let rows = |rows: &[Row]| rows.iter().map(Row::to_json).collect::<Vec<_>>();
        json!({
            "pair": self.pair().name(),
            "headline": self.headline(),
            "about": self.pair().about(),
            "also": self.pairs.iter().skip(1).map(|pair| pair.name()).collect::<Vec<_>>(),
            "kinds": [self.kinds.0.title(), self.kinds.1.title()],
            "differing": self.differing(),
            "header": rows(&self.header),
            "claims": rows(&self.claims),
        })
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("name".to_owned(), self.name.as_str().into());
        object.insert("change".to_owned(), self.change.name().into());
        if let Some(before) = &self.before {
            object.insert("before".to_owned(), before.clone());
        }
        if let Some(after) = &self.after {
            object.insert("after".to_owned(), after.clone());
        }
        if let Some(elements) = &self.elements {
            object.insert("added".to_owned(), elements.added.clone().into());
            object.insert("removed".to_owned(), elements.removed.clone().into());
        }
        if let Some(why) = &self.why {
            object.insert("why".to_owned(), why.as_str().into());
        }
        object.into()
    }

    /// What the value says in words, before and after; `now` is for times.
    pub fn meanings(&self, now: UnixTime) -> (Option<String>, Option<String>) {
        let said =
            |value: &Option<Value>| value.as_ref().and_then(|value| explain_value(&self.name, value, now));
        (said(&self.before), said(&self.after))
    }
}

/// Compares two tokens. Neither is verified; what cannot be read counts as empty.
pub fn difference(before: &Decoded, after: &Decoded) -> Difference {
    let kinds = (kind_of(before).kind, kind_of(after).kind);
    let pairs = pair::recognise(before, after, kinds);
    let header = rows(&before.header, &after.header, |name, change| Row {
        group: Group::Form,
        why: reasons::of_header(&pairs, name, change).map(str::to_owned),
        ..Row::empty(name, change)
    });
    let mut claims = rows(&before.claims, &after.claims, |name, change| Row {
        group: claims::group(name),
        ..Row::empty(name, change)
    });
    for row in &mut claims {
        row.why = reasons::of_claim(&pairs, row, before, after);
    }
    claims.sort_by_key(|row| row.group);
    Difference { pairs, kinds, header, claims }
}

impl Row {
    fn empty(name: &str, change: Change) -> Self {
        Self {
            name: name.to_owned(),
            group: Group::Unknown,
            change,
            before: None,
            after: None,
            elements: None,
            why: None,
        }
    }
}

/// A row for each name, in the order of the first token and then of the second.
fn rows(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    row: impl Fn(&str, Change) -> Row,
) -> Vec<Row> {
    let new = after.keys().filter(|name| !before.contains_key(*name));
    before
        .keys()
        .chain(new)
        .map(|name| {
            let (old, new) = (before.get(name), after.get(name));
            let change = match (old, new) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                (old, new) if old == new => Change::Same,
                _ => Change::Changed,
            };
            let elements = if change == Change::Changed { elements(name, old, new) } else { None };
            // The same elements in another order say the same.
            let is_reordered =
                elements.as_ref().is_some_and(|all| all.added.is_empty() && all.removed.is_empty());
            let change = if is_reordered { Change::Same } else { change };
            Row { before: old.cloned(), after: new.cloned(), elements, ..row(name, change) }
        })
        .collect()
}

/// Claims whose text is a list of words.
const WORDS: &[&str] = &["scp", "scope"];

/// The elements of a value that is a list; `None` if it is none.
fn list(name: &str, value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => Some(
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect(),
        ),
        Value::String(text) if WORDS.contains(&name) => {
            Some(text.split_ascii_whitespace().map(str::to_owned).collect())
        }
        _ => None,
    }
}

fn elements(name: &str, before: Option<&Value>, after: Option<&Value>) -> Option<Elements> {
    let (before, after) = (list(name, before?)?, list(name, after?)?);
    // Sorted, so that long lists of groups take no quadratic time.
    let sorted = |list: &[String]| {
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        sorted
    };
    Some(Elements {
        added: without(&after, sorted(&before)).0,
        removed: without(&before, sorted(&after)).0,
        kept: without(&before, sorted(&after)).1,
    })
}

/// The elements of `list` that are not in `sorted`, and those that are.
fn without(list: &[String], sorted: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut left: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for one in sorted {
        *left.entry(one).or_default() += 1;
    }
    list.iter().cloned().partition(|one| match left.get_mut(one) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests;
