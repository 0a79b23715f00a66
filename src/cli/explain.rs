//! `authwright explain`: a number or a pasted error, explained.

use super::exit::{Exit, input, print, usage};
use crate::{explain, runtime::clock};

/// The options of `explain`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A number (50011), an OAuth error, or any text with an error in it; - or nothing reads standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let text = match input(options.text.as_deref(), "error text") {
        Ok(text) => text,
        Err(why) => return usage(why),
    };
    let explanation = explain::from_text(&text, clock::now());
    if options.json {
        print(serde_json::to_string_pretty(&explanation.to_json()).unwrap_or_default());
    } else {
        // In one go: standard output hands every line on by itself.
        let rows: Vec<String> = explanation.lines().iter().flat_map(|line| wrap(&line.plain(), 96)).collect();
        print(rows.join("\n"));
    }
    Exit::Done
}

/// Breaks a line at blanks, keeping its indentation. Commands stay on one line, so that they can be copied.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let indent = line.len() - line.trim_start().len();
    let is_command = line.trim_start().starts_with("az ") || line.trim_start().starts_with("$ ");
    if is_command || line.chars().count() <= width {
        return vec![line.to_owned()];
    }
    let mut rows = vec![String::new()];
    for word in line.split_whitespace() {
        let row = rows.last_mut().expect("there is always a row");
        if row.is_empty() {
            *row = format!("{}{word}", " ".repeat(indent));
        } else if row.chars().count() + 1 + word.chars().count() <= width {
            row.push(' ');
            row.push_str(word);
        } else {
            rows.push(format!("{}{word}", " ".repeat(indent)));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn prose_is_wrapped_and_commands_are_not() {
        assert_eq!(wrap("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(wrap("  az ad app update --id x", 9), ["  az ad app update --id x"]);
    }
}
