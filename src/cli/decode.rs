//! `authwright decode`: what a token says, without believing it.

use super::exit::{Exit, input, print, usage};
use crate::{
    finding::Finding,
    runtime::clock,
    text::{visible, visible_json},
    time::UnixTime,
    token::{self, Decoded, Kind, claims, values},
};

/// The options of `decode`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The token, with or without what stands around it; - or nothing reads standard input
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    token: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let text = match input(options.token.as_deref(), "token") {
        Ok(text) => text,
        Err(why) => return usage(why),
    };
    let decoded = token::decode(&text).at(clock::now());
    let exit = if decoded.kind == Kind::NotAToken { Exit::Usage } else { Exit::Done };
    if options.json {
        let text = serde_json::to_string_pretty(&decoded.into_json()).unwrap_or_default();
        print(visible_json(&text));
    } else {
        // In one go: standard output hands every line on by itself.
        print(lines(&decoded, clock::now()).join("\n"));
    }
    exit
}

/// The token in lines for a person.
fn lines(decoded: &Decoded, now: UnixTime) -> Vec<String> {
    let recognised = token::kind_of(decoded);
    let mut lines = vec![format!("{}: {}", decoded.kind.title(), recognised.kind.title())];
    if !recognised.because.is_empty() {
        lines.push(recognised.because.to_owned());
    }
    let parts = [("header", &decoded.header, true), ("claims", &decoded.claims, false)];
    for (title, members, is_header) in parts.into_iter().filter(|(_, members, _)| !members.is_empty()) {
        lines.push(format!("\n{title}"));
        let width = members.keys().map(|name| visible(name).chars().count()).max().unwrap_or(0).min(24);
        for (name, value) in members {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let meaning = if is_header { claims::header_meaning(name) } else { claims::meaning(name) };
            let said = values::explain_value(name, value, now).or_else(|| Some(meaning?.short.to_owned()));
            let said = said.map_or_else(String::new, |said| format!("   ({said})"));
            lines.push(format!("  {:<width$}  {}{said}", visible(name), visible(&text)));
        }
    }
    if !decoded.findings.is_empty() {
        lines.push("\nfindings".to_owned());
        let found = |finding: &Finding| format!("  {} {}", finding.severity.mark(), visible(&finding.title));
        lines.extend(decoded.findings.iter().map(found));
    }
    lines.push("\nNothing here was verified: decoding is not checking.".to_owned());
    lines
}
