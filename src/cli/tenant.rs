//! `authwright tenant`: what the lab tenant is stocked with.

use std::{fs, path::Path};

use serde_json::Value;

use super::exit::{Exit, print, usage};
use crate::{provider::scenario::Scenario, text::visible};

/// The options of `tenant`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print tenants, people with lab passwords, applications with lab credentials
    Show {
        /// A scenario file (TOML) in place of Northwind Retail
        #[arg(long, value_name = "FILE")]
        scenario: Option<std::path::PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let Command::Show { scenario: file, json } = &options.command;
    let scenario = match scenario(file.as_deref()) {
        Ok(scenario) => scenario,
        Err(why) => return usage(why),
    };
    let base = "http://localhost:7080".parse().expect("a well-formed address");
    let description = scenario.describe(&base);
    if *json {
        print(serde_json::to_string_pretty(&description).unwrap_or_default());
    } else {
        for line in outline(&description, 0) {
            print(line);
        }
    }
    Exit::Done
}

/// The scenario in `file`, or the built-in one.
pub fn scenario(file: Option<&Path>) -> Result<Scenario, String> {
    let Some(file) = file else { return Ok(Scenario::northwind()) };
    let text = fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
    Scenario::parse(&text).map_err(|why| format!("{}: {why}", file.display()))
}

/// JSON as an indented outline: names and values, a blank line between the members of a list.
fn outline(value: &Value, depth: usize) -> Vec<String> {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Object(_) | Value::Array(_) if !is_plain_list(value) => {
                    let mut lines = vec![format!("{indent}{name}")];
                    lines.extend(outline(value, depth + 1));
                    lines
                }
                _ => vec![format!("{indent}{name:<22} {}", inline(value))],
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .flat_map(|item| {
                let mut lines = outline(item, depth);
                lines.push(String::new());
                lines
            })
            .collect(),
        other => vec![format!("{indent}{}", inline(other))],
    }
}

fn is_plain_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(|item| !item.is_object() && !item.is_array()))
}

fn inline(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => visible(text).into_owned(),
        Value::Array(items) => items.iter().map(inline).collect::<Vec<_>>().join("  "),
        other => other.to_string(),
    }
}
