//! Exit statuses, and printing that survives a closed pipe.

use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::Path,
    process::{ExitCode, Termination},
};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0
    Done,
    /// 2: usage, or a bad input file
    Usage,
    /// 3: refused by the authority, or a check failed
    Refused,
    /// 4: no answer
    NoAnswer,
    /// 5: cancelled
    Cancelled,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::NoAnswer => 4,
            Self::Cancelled => 5,
        })
    }
}

/// Prints a line of results. A reader that has gone away is no error: `authwright … | head` must end quietly.
pub fn print(line: impl AsRef<str>) {
    let _ = writeln!(io::stdout().lock(), "{}", line.as_ref());
}

/// Says something beside the results.
pub fn say(line: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", line.as_ref());
}

/// Says what is wrong with the call and gives the status for it.
pub fn usage(message: impl AsRef<str>) -> Exit {
    say(format!("authwright: {}", message.as_ref()));
    Exit::Usage
}

/// The text that an argument stands for: itself, a file for `@FILE`, standard input for `-`.
pub fn argument(argument: &str, what: &str) -> Result<String, String> {
    /// Longer than the name of any file that somebody types.
    const LONGEST_NAME: usize = 512;
    match argument.strip_prefix('@') {
        Some(file) => {
            let bytes = std::fs::read(file).map_err(|why| format!("{what} {file}: {why}"))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        // No token is the name of a file that is there; whoever gives one has forgotten the @.
        None if argument.len() < LONGEST_NAME && Path::new(argument).is_file() => {
            Err(format!("{what}: {argument} is the name of a file; @{argument} reads it"))
        }
        None => input(Some(argument), what),
    }
}

/// The same where the argument may be left out: then standard input is read.
pub fn optional_argument(text: Option<&str>, what: &str) -> Result<String, String> {
    text.map_or_else(|| input(None, what), |text| argument(text, what))
}

/// The text to work on: the argument, or standard input for `-` and for a missing argument with a pipe.
pub fn input(argument: Option<&str>, what: &str) -> Result<String, String> {
    /// More than anybody pastes; keeps a runaway pipe from filling memory.
    const CAP: u64 = 16 * 1024 * 1024;
    match argument {
        Some(text) if text != "-" => Ok(text.to_owned()),
        None if io::stdin().is_terminal() => {
            Err(format!("no {what} given; pass it as an argument, or pipe it in"))
        }
        Some(_) | None => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().take(CAP).read_to_end(&mut bytes);
            read.map_err(|why| format!("standard input cannot be read: {why}"))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

/// Breaks a line at blanks, keeping its indentation. Commands stay on one line, so that they can be copied.
pub fn wrapped(line: &str, width: usize) -> Vec<String> {
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
    use super::wrapped;

    #[test]
    fn prose_is_wrapped_and_commands_are_not() {
        assert_eq!(wrapped("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(wrapped("  az ad app update --id x", 9), ["  az ad app update --id x"]);
    }
}
