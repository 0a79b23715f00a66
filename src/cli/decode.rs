//! `authwright decode`: what a token says, without believing it.

use serde_json::json;

use super::exit::{Exit, input, print, usage};
use crate::{
    finding::Finding,
    oauth,
    runtime::clock,
    text::{visible, visible_json},
    time::UnixTime,
    token::{self, Decoded, Kind, TokenKind, assertion, claims, values},
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
        let lights = of_assertion(&decoded, clock::now());
        let mut object = decoded.into_json();
        if !lights.is_empty() {
            let light = |light: &Finding| json!({"id": light.id, "severity": light.severity.name(), "title": light.title});
            object["assertion"] = lights.iter().map(light).collect();
        }
        let text = serde_json::to_string_pretty(&object).unwrap_or_default();
        print(visible_json(&text));
    } else {
        // In one go: standard output hands every line on by itself.
        print(lines(&decoded, clock::now()).join("\n"));
    }
    exit
}

/// The lights of a client assertion; none for any other token.
fn of_assertion(decoded: &Decoded, now: UnixTime) -> Vec<Finding> {
    if token::kind_of(decoded).kind != TokenKind::ClientAssertion {
        return Vec::new();
    }
    assertion::judge(decoded, &assertion::Expected::default(), now)
}

/// The token in lines for a person.
fn lines(decoded: &Decoded, now: UnixTime) -> Vec<String> {
    let recognised = token::kind_of(decoded);
    // Its members mean something else than those of tokens, which an issuer writes.
    let of_assertion = recognised.kind == TokenKind::ClientAssertion;
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
            let short =
                of_assertion.then(|| oauth::assertion::meaning(name)).flatten().map(|meaning| meaning.short);
            let short = short.or_else(|| Some(meaning?.short));
            let said = values::explain_value(name, value, now).or_else(|| short.map(str::to_owned));
            let said = said.map_or_else(String::new, |said| format!("   ({said})"));
            lines.push(format!("  {:<width$}  {}{said}", visible(name), visible(&text)));
        }
    }
    let lights = self::of_assertion(decoded, now);
    if !lights.is_empty() {
        lines.push("\nas a client assertion".to_owned());
        lines.extend(
            lights.iter().map(|light| format!("  {} {}", light.severity.mark(), visible(&light.title))),
        );
    }
    if !decoded.findings.is_empty() {
        lines.push("\nfindings".to_owned());
        let found = |finding: &Finding| format!("  {} {}", finding.severity.mark(), visible(&finding.title));
        lines.extend(decoded.findings.iter().map(found));
    }
    lines.push("\nNothing here was verified: decoding is not checking.".to_owned());
    lines
}
