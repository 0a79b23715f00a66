//! The files with the prose, cut into tables. A command line should not pay for prose that it does not print: the files are
//! cut once, and a table is parsed when somebody asks for it.

use std::{collections::HashMap, sync::OnceLock};

use memchr::memmem;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Entry, Reason, WhoseMove};
use crate::entra::aadsts;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::explain) struct EntryTable {
    pub title: Option<String>,
    whose_move: WhoseMove,
    meaning: String,
    proves: Option<String>,
    #[serde(default)]
    related: Vec<u32>,
    #[serde(default)]
    settled: bool,
    #[serde(default)]
    usual: bool,
    /// None for numbers that are rarely met and about which no more is known than the meaning.
    #[serde(default)]
    causes: Vec<String>,
}

/// A table that is parsed when it is first asked for.
pub(super) struct Table {
    pub name: &'static str,
    body: &'static str,
    // Boxed: few of the hundreds of tables are ever read, and all of them are moved into the map.
    entry: OnceLock<Box<Entry>>,
    reason: OnceLock<Box<Reason>>,
}

pub(super) const FILES: &[&str] = &[
    include_str!("../data/redirect_uri.toml"),
    include_str!("../data/client.toml"),
    include_str!("../data/application.toml"),
    include_str!("../data/certificate.toml"),
    include_str!("../data/cloud.toml"),
    include_str!("../data/assertion.toml"),
    include_str!("../data/federation.toml"),
    include_str!("../data/on_behalf_of.toml"),
    include_str!("../data/pkce.toml"),
    include_str!("../data/browser.toml"),
    include_str!("../data/scope.toml"),
    include_str!("../data/consent.toml"),
    include_str!("../data/tenant.toml"),
    include_str!("../data/user.toml"),
    include_str!("../data/policy.toml"),
    include_str!("../data/device_and_risk.toml"),
    include_str!("../data/membership.toml"),
    include_str!("../data/grant.toml"),
    include_str!("../data/device.toml"),
    include_str!("../data/request.toml"),
    include_str!("../data/renewal.toml"),
    include_str!("../data/oauth.toml"),
    include_str!("../data/api.toml"),
    include_str!("../data/validation.toml"),
    include_str!("../data/permission.toml"),
    include_str!("../data/machine.toml"),
    include_str!("../data/service.toml"),
    include_str!("../data/library.toml"),
    include_str!("../data/b2c.toml"),
    include_str!("../data/provider.toml"),
    include_str!("../data/rare_people.toml"),
    include_str!("../data/rare_policy.toml"),
    include_str!("../data/rare_federation.toml"),
    include_str!("../data/rare_request.toml"),
];

/// The table that is told where nothing else fits.
pub(super) const UNDETERMINED: &str = "undetermined";

impl Table {
    const fn new(name: &'static str, body: &'static str) -> Self {
        Self { name, body, entry: OnceLock::new(), reason: OnceLock::new() }
    }

    /// Whether it is about a number or an error, not about a cause.
    pub fn is_entry(&self) -> bool {
        !self.name.contains('.') && self.name != UNDETERMINED
    }

    /// Whether it is about a number.
    pub fn is_number(&self) -> bool {
        self.name.bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether it names causes; without parsing it.
    pub fn has_causes(&self) -> bool {
        self.body.contains("\ncauses = [")
    }
}

/// All tables, by name.
pub(super) fn tables() -> &'static HashMap<&'static str, Table> {
    static TABLES: OnceLock<HashMap<&'static str, Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let built_in = FILES.iter().copied().flat_map(cut);
        let added = ADDED.get().into_iter().flatten().map(|(name, body)| Table::new(name, body));
        // Room for all at once: a map that grows moves everything each time.
        let mut tables = HashMap::with_capacity(1200);
        tables.extend(built_in.chain(added).map(|table| (table.name, table)));
        tables
    })
}

/// Tables from files of the person's own, by name.
static ADDED: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Adds tables that have been checked; whether it was in time.
pub(in crate::explain) fn add(tables: Vec<(String, String)>) -> bool {
    ADDED.set(tables).is_ok()
}

/// The number that a table of this name is about.
pub(in crate::explain) fn code_of(name: &str) -> Option<u32> {
    name.parse().ok()
}

/// Cuts a file at its table headings. Only headings begin a line with a bracket: arrays close with one.
pub(super) fn cut(file: &'static str) -> impl Iterator<Item = Table> {
    let begins = memmem::find_iter(file.as_bytes(), "\n[").map(|at| at + 1);
    let mut begins = file.starts_with('[').then_some(0).into_iter().chain(begins).peekable();
    std::iter::from_fn(move || {
        let begin = begins.next()?;
        let table = &file[begin + 1..begins.peek().copied().unwrap_or(file.len())];
        let (heading, body) = table.split_once('\n').unwrap_or((table, ""));
        Some(Table::new(heading.trim_end().trim_end_matches(']'), body))
    })
}

/// The entry of a table; `None` if it is a cause's.
pub(super) fn parsed_entry(table: &'static Table) -> Option<&'static Entry> {
    let code = code_of(table.name);
    if !table.is_entry() {
        return None;
    }
    Some(table.entry.get_or_init(|| {
        let fields: EntryTable = read(table);
        let known = code.and_then(aadsts::lookup).map(|code| code.title.to_string());
        Box::new(Entry {
            code,
            error: if code.is_some() { "" } else { table.name },
            title: fields.title.or(known).unwrap_or_else(|| table.name.to_owned()),
            meaning: fields.meaning,
            whose_move: fields.whose_move,
            proves: fields.proves,
            related: fields.related,
            settled: fields.settled,
            usual: fields.usual,
            causes: fields.causes,
        })
    }))
}

/// The cause of a table; `None` if it is an entry's.
pub(super) fn parsed_reason(table: &'static Table) -> Option<&'static Reason> {
    if table.is_entry() {
        return None;
    }
    Some(table.reason.get_or_init(|| {
        let mut reason: Reason = read(table);
        reason.key = table.name;
        if reason.id.is_empty() {
            reason.id.push_str(table.name);
        }
        Box::new(reason)
    }))
}

fn read<T: DeserializeOwned>(table: &Table) -> T {
    match toml::from_str(table.body) {
        Ok(value) => value,
        Err(error) => panic!("the built-in prose is read whole by a test, but [{}]: {error}", table.name),
    }
}
