//! `authwright explain`: a number or a pasted error, explained.

use std::path::{Path, PathBuf};

use super::exit::{Exit, input, print, usage, wrapped};
use crate::{
    entra::registration::Application,
    explain::{self, Evidence},
    runtime::clock,
};

/// The options of `explain`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A number (50011), an OAuth error, or any text with an error in it; - or nothing reads standard input
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// A file with one JSON object of evidence: `text`, `request`, `previous_request`, `response`, `registration`,
    /// `service_principal`, `grants`, `token`, `now`
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// The application's registration, as az ad app show prints it
    #[arg(long, value_name = "FILE")]
    registration: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let evidence = match evidence(options) {
        Ok(evidence) => evidence,
        Err(why) => return usage(why),
    };
    let explanation = explain::explain(&evidence);
    if options.json {
        print(serde_json::to_string_pretty(&explanation.to_json()).unwrap_or_default());
    } else {
        // In one go: standard output hands every line on by itself.
        let rows: Vec<String> =
            explanation.lines().iter().flat_map(|line| wrapped(&line.plain(), 96)).collect();
        print(rows.join("\n"));
    }
    Exit::Done
}

/// What was given, put together.
fn evidence(options: &Options) -> Result<Evidence, String> {
    let mut evidence = match &options.bundle {
        Some(path) => explain::read_bundle(&whole(path, "bundle")?, clock::now()).map_err(|why| {
            format!("{}: {why}; authwright explain --help lists the members", path.display())
        })?,
        None => Evidence { now: Some(clock::now()), is_asked_later: true, ..Evidence::default() },
    };
    if options.bundle.is_none() || options.text.is_some() {
        evidence.text = Some(input(options.text.as_deref(), "error text")?);
    }
    if let Some(path) = &options.registration {
        let expected = "expected what az ad app show --id CLIENT_ID prints";
        let json = serde_json::from_str(&whole(path, "registration")?);
        let json = json.map_err(|why| format!("{}: this is not JSON ({why}); {expected}", path.display()))?;
        let app = Application::read(only(&json)).ok_or_else(|| format!("{}: {expected}", path.display()))?;
        evidence.registration = Some(app);
    }
    Ok(evidence)
}

/// The one object of a list, as `az ad app list` prints it.
fn only(json: &serde_json::Value) -> &serde_json::Value {
    match json.as_array().map(Vec::as_slice) {
        Some([one]) => one,
        _ => json,
    }
}

/// A file of evidence. Bytes that are no text are shown as such and spoil nothing.
fn whole(path: &Path, what: &str) -> Result<String, String> {
    let bytes =
        std::fs::read(path).map_err(|why| format!("{}: the {what} cannot be read: {why}", path.display()))?;
    // What Windows writes: UTF-16 with a mark in front of it, or UTF-8 with one.
    let wide = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| join([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    Ok(match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    })
}
