//! `authwright diff`: two tokens claim by claim, with reasons.

use serde_json::Value;

use super::{
    decode::{WIDTH, wrap},
    exit::{Exit, argument, print, usage},
};
use crate::{
    runtime::clock,
    text::{visible, visible_json},
    time::UnixTime,
    token::{
        Kind,
        claims::Group,
        decode,
        difference::{Change, Difference, Row, difference},
    },
};

/// The options of `diff`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The first token; @FILE reads a file, - standard input
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    before: String,
    /// The second token, in the same way
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    after: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    if options.before == "-" && options.after == "-" {
        return usage("standard input can be one of the two tokens, not both");
    }
    let read = |text: &str, what: &str| {
        let token = decode(&argument(text, what)?);
        if token.kind == Kind::NotAToken {
            return Err(format!("{what}: this is no token"));
        }
        Ok(token)
    };
    let (before, after) =
        match (read(&options.before, "the first token"), read(&options.after, "the second token")) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(why), _) | (_, Err(why)) => return usage(why),
        };
    let found = difference(&before, &after);
    if options.json {
        let text = serde_json::to_string_pretty(&found.to_json()).unwrap_or_default();
        print(visible_json(&text));
    } else {
        print(lines(&found, clock::now()).join("\n"));
    }
    Exit::Done
}

fn lines(found: &Difference, now: UnixTime) -> Vec<String> {
    let mut lines = vec![found.headline().to_owned()];
    lines.extend(wrap(found.pair().about(), WIDTH));
    lines.push(String::new());
    lines.push(format!("first   {}", found.kinds.0.title()));
    lines.push(format!("second  {}", found.kinds.1.title()));
    let mut group = None;
    for row in found.header.iter().chain(&found.claims) {
        // What is the same is only shown where that is telling.
        if row.change == Change::Same && row.why.is_none() {
            continue;
        }
        if group != Some(row.group) {
            group = Some(row.group);
            let title = if row.group == Group::Form { "header" } else { row.group.title() };
            lines.push(format!("\n{title}"));
        }
        lines.extend(of_row(row, now));
    }
    let same = found.header.iter().chain(&found.claims).filter(|row| row.change == Change::Same).count();
    lines.push(format!("\n{} differ, {same} are the same. Nothing here was verified.", found.differing()));
    lines
}

fn of_row(row: &Row, now: UnixTime) -> Vec<String> {
    let mut lines = vec![format!("  {} {}", row.change.mark(), visible(&row.name))];
    let (old, new) = row.meanings(now);
    let value = |mark: &str, value: &Option<Value>, said: Option<String>| {
        let text =
            value.as_ref().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))?;
        let said = said.map_or_else(String::new, |said| format!("   ({said})"));
        Some(format!("      {mark} {}{said}", visible(&text)))
    };
    match (&row.elements, row.change) {
        (Some(elements), Change::Changed) => {
            let element = |mark: &str, all: &[String]| {
                all.iter().map(|one| format!("      {mark} {}", visible(one))).collect::<Vec<_>>()
            };
            lines.extend(element("-", &elements.removed));
            lines.extend(element("+", &elements.added));
            if !elements.kept.is_empty() {
                lines.push(format!("      = {} in both", elements.kept.len()));
            }
        }
        (_, Change::Same) => lines.extend(value("=", &row.after, new)),
        _ => {
            lines.extend(value("-", &row.before, old));
            lines.extend(value("+", &row.after, new));
        }
    }
    let why = row.why.iter().flat_map(|why| wrap(why, WIDTH - 6));
    lines.extend(why.map(|why| format!("      {why}")));
    lines
}
