//! Explanations of one's own: files of the same form as the built-in ones, which add numbers, errors and causes or say them
//! in other words.
//!
//! A file that cannot be used is told about, table by table, and spoils neither the other tables nor the built-in ones.

use super::entry::{
    Reason,
    tables::{self, EntryTable},
};

/// Reads files of explanations, each by its name and text, before anything is explained. What a later file says wins over
/// an earlier one and over what is built in. Returns what is wrong with them, a sentence each.
///
/// A table is an entry (`[50011]`, `[invalid_grant]`: `whose_move`, `meaning`, and `title`, `proves`, `related`, `causes`)
/// or a cause (`[redirect_uri.scheme]`: `title`, `why`, `confirm`, `fixes`, and `id`, `lab`). A cause of a new name needs an
/// `id` of the list in `causes.tsv`, so that programs which read `--json` know it.
pub fn extend(files: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut added = Vec::new();
    for (file, text) in files {
        let whole: toml::Table = match text.parse() {
            Ok(whole) => whole,
            Err(error) => {
                problems.push(format!("{file}: {}", error.to_string().trim_end()));
                continue;
            }
        };
        for (name, table) in named(whole) {
            match checked(&name, &table) {
                Ok(()) => added.push((name, table.to_string())),
                Err(why) => problems.push(format!("{file}: [{name}]: {why}")),
            }
        }
    }
    if !added.is_empty() && !tables::add(added) {
        problems.push("explanations were asked for before these files were read".to_owned());
    }
    problems
}

/// The tables of a file. TOML reads `[redirect_uri.scheme]` as a table inside another one.
fn named(whole: toml::Table) -> Vec<(String, toml::Table)> {
    let mut tables = Vec::new();
    for (name, value) in whole {
        match value {
            toml::Value::Table(table) if table.values().all(toml::Value::is_table) && !table.is_empty() => {
                for (inner, value) in table {
                    if let toml::Value::Table(table) = value {
                        tables.push((format!("{name}.{inner}"), table));
                    }
                }
            }
            toml::Value::Table(table) => tables.push((name, table)),
            other => tables.push((name, toml::Table::from_iter([("value".to_owned(), other)]))),
        }
    }
    tables
}

fn checked(name: &str, table: &toml::Table) -> Result<(), String> {
    let told = |error: toml::de::Error| error.message().to_owned();
    if table.contains_key("why") {
        let reason: Reason = table.clone().try_into().map_err(told)?;
        let id = if reason.id.is_empty() { name } else { &reason.id };
        if !super::missing::is_cause(id) {
            return Err(format!("{id} is not the id of a cause; give it one with id = \"…\""));
        }
        return Ok(());
    }
    let entry: EntryTable = table.clone().try_into().map_err(told)?;
    if entry.title.is_none()
        && tables::code_of(name).is_none_or(|code| crate::entra::aadsts::lookup(code).is_none())
    {
        return Err("a title is missing".to_owned());
    }
    Ok(())
}
