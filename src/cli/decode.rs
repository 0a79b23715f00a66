//! `authwright decode`: what a token says, without believing it.

use super::exit::{Exit, input, print, usage};
use crate::{
    runtime::clock,
    text::visible,
    token::{self, Kind, claims},
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
    let decoded = token::decode(&text);
    if options.json {
        print(serde_json::to_string_pretty(&decoded.to_json()).unwrap_or_default());
    } else {
        let now = clock::now();
        print(format!("{}: {}", decoded.kind.name(), claims::kind_of(&decoded).1));
        for (title, members) in [("header", &decoded.header), ("claims", &decoded.claims)] {
            if members.is_empty() {
                continue;
            }
            print(format!("\n{title}"));
            let width = members.keys().map(|name| visible(name).chars().count()).max().unwrap_or(0).min(24);
            for (name, value) in members {
                let value_text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                let said = claims::explain_value(name, value, now)
                    .or_else(|| claims::meaning(name).map(|meaning| meaning.short.to_owned()));
                print(format!(
                    "  {:<width$}  {}{}",
                    visible(name),
                    visible(&value_text),
                    said.map_or(String::new(), |said| format!("   ({})", visible(&said)))
                ));
            }
        }
        if !decoded.findings.is_empty() {
            print("\nfindings");
        }
        for finding in &decoded.findings {
            print(format!("  {} {}", finding.severity.mark(), visible(&finding.title)));
        }
        print("\nNothing here was verified: decoding is not checking.");
    }
    if decoded.kind == Kind::NotAToken { Exit::Usage } else { Exit::Done }
}
