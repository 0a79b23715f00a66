//! The prose: what each number and each plain OAuth error means, and what usually causes it.
//!
//! It stands in `data/*.toml`, one file for each family. Three kinds of tables live there: `[50011]` and
//! `[access_denied]` are entries, `[redirect_uri.scheme]` is a cause that several entries can name. Titles of numbers come
//! from the table in `entra`. `tables` finds and parses the tables.

pub(super) mod tables;
mod whose_move;

#[cfg(test)]
mod tests;

pub use whose_move::WhoseMove;

use serde::Deserialize;

use crate::entra::aadsts;
use tables::{Table, UNDETERMINED, parsed_entry, tables};

/// What a number, or a plain OAuth error, means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The AADSTS number; `None` for a plain OAuth error.
    pub code: Option<u32>,
    /// The OAuth error; empty for an entry about a number.
    pub error: &'static str,
    /// One line.
    pub title: String,
    /// A few sentences; the first says what is wrong.
    pub meaning: String,
    /// Who has to act.
    pub whose_move: WhoseMove,
    /// What is known to be right, because it is checked earlier.
    pub proves: Option<String>,
    /// Numbers that are easily confused with it.
    pub related: Vec<u32>,
    /// Whether the number alone tells that the first cause is the one.
    pub settled: bool,
    /// Whether the number alone makes the first cause the likely one.
    pub usual: bool,
    causes: Vec<String>,
}

impl Entry {
    /// What usually causes it, the most frequent first.
    pub fn causes(&self) -> impl Iterator<Item = &'static Reason> {
        self.causes.iter().filter_map(|name| reason(name))
    }
}

/// A cause: how it comes about, how to tell that it is this one, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The key of its table. Several tables may tell about one cause in different words.
    #[serde(skip)]
    pub key: &'static str,
    /// The stable name, as in `--json`; the key unless the table says otherwise.
    #[serde(default)]
    pub id: String,
    /// One line.
    pub title: String,
    /// How it comes about.
    pub why: String,
    /// How to tell that it is this one.
    pub confirm: String,
    /// What helps, the best first. Texts hold slots such as `{client_id}`.
    pub fixes: Vec<Remedy>,
    /// What helps where the lab tenant refused, and no command line of Azure applies.
    pub lab: Option<String>,
}

/// Something that helps.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// What to do.
    pub title: String,
    /// The command that does it.
    pub command: Option<String>,
    /// The variant of the cause that it is for, where a rule tells which one it is: a platform, a switch.
    pub when: Option<String>,
}

impl Remedy {
    /// Whether it is for this variant; where none is known, each may be.
    pub fn suits(&self, variant: Option<&str>) -> bool {
        self.when.as_deref().zip(variant).is_none_or(|(own, variant)| own == variant)
    }
}

/// What a number means; `None` if there is no prose about it.
pub fn entry(code: u32) -> Option<&'static Entry> {
    parsed_entry(tables().get(code.to_string().as_str())?)
}

/// What a plain OAuth error means, such as `login_required`.
pub fn entry_for_error(error: &str) -> Option<&'static Entry> {
    parsed_entry(tables().get(error).filter(|table| table.is_entry())?)
}

/// The cause under that key.
pub(super) fn reason(key: &str) -> Option<&'static Reason> {
    tables::parsed_reason(tables().get(key)?)
}

/// The cause that is given where the evidence decides nothing.
pub(super) fn undetermined() -> &'static Reason {
    reason(UNDETERMINED).expect("the built-in prose has this table")
}

/// One row of the Errors screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The number; `None` for a plain OAuth error.
    pub code: Option<u32>,
    /// The OAuth error of an entry without number; empty otherwise.
    pub error: &'static str,
    /// One line.
    pub title: &'static str,
    /// Whether its causes are told, and what mends them; of the others there is no more than a meaning.
    pub is_explained: bool,
}

/// Everything that can be looked up: numbers first, those whose causes are told before the others, then plain OAuth errors.
pub fn catalogue() -> Vec<Listed> {
    // Parsing hundreds of tables for one word of each would be felt on the screen.
    let is_explained =
        |code: &aadsts::Code| tables().get(code.number.to_string().as_str()).is_some_and(Table::has_causes);
    let number = |code: &'static aadsts::Code| Listed {
        code: Some(code.number),
        error: "",
        title: &code.title,
        is_explained: is_explained(code),
    };
    let mut rows: Vec<_> = aadsts::all().iter().map(number).collect();
    rows.sort_by_key(|row| !row.is_explained); // stable: numbers stay ascending
    let plain = tables().values().filter(|table| table.is_entry() && !table.is_number());
    let mut plain: Vec<_> = plain.filter_map(parsed_entry).collect();
    plain.sort_by_key(|entry| entry.error);
    rows.extend(plain.into_iter().map(|entry| Listed {
        code: None,
        error: entry.error,
        title: &entry.title,
        is_explained: true,
    }));
    rows
}
