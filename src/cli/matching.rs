//! `authwright match`: a workload's token beside the federated credentials of a registration.

use super::exit::{Exit, argument, input, print, usage};
use crate::{
    runtime::clock,
    text::{visible, visible_json},
    token::{
        decode,
        federation::{self, Candidate, Compared, Marked, Matching},
    },
};

/// The options of `match`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "FILE is what `az ad app federated-credential list --id CLIENT_ID` prints, an application with its \
                        federatedIdentityCredentials, or `authwright tenant show --json`.\n\n\
                        Exit status: 0 one fits, 3 none does, 2 usage or bad input."
)]
pub struct Options {
    /// The token that the workload presents; @FILE reads a file, - standard input
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    token: String,
    /// The registered federated credentials, as JSON; - reads standard input
    #[arg(value_name = "FILE")]
    registered: String,
    /// The application's client id, for the command that would mend it
    #[arg(long, value_name = "ID", default_value = "CLIENT_ID")]
    client_id: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    if options.token == "-" && options.registered == "-" {
        return usage("standard input can be one of the two, not both");
    }
    match run(options) {
        Ok(exit) => exit,
        Err(why) => usage(why),
    }
}

fn run(options: &Options) -> Result<Exit, String> {
    let token = decode(&argument(&options.token, "the token")?);
    let file = &options.registered;
    let text = if file == "-" {
        input(Some("-"), "list")?
    } else {
        std::fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?
    };
    let registered = federation::registered(&text).map_err(|why| format!("{file}: {why}"))?;
    let found = federation::matching(&token, &registered, &options.client_id, clock::now());
    let found = found.map_err(|why| why.to_string())?;
    if options.json {
        print(visible_json(&serde_json::to_string_pretty(&found.to_json()).unwrap_or_default()));
    } else {
        print(lines(&found).join("\n"));
    }
    Ok(if found.refused.is_none() { Exit::Done } else { Exit::Refused })
}

/// How many of the entries are shown; the nearest come first.
const SHOWN: usize = 5;

fn lines(found: &Matching) -> Vec<String> {
    let mut lines = vec![found.headline.clone(), String::new()];
    if let Some(platform) = found.platform {
        lines.push(format!("By its issuer  {platform}"));
    }
    lines.push(format!("By its subject {}", found.about));
    for candidate in found.candidates.iter().take(SHOWN) {
        lines.extend(of_candidate(candidate));
    }
    if let Some(more) = found.candidates.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("\n{more} more, further away."));
    }
    if !found.findings.is_empty() {
        lines.push(String::new());
        lines.extend(
            found.findings.iter().map(|one| format!("{} {}", one.severity.mark(), visible(&one.title))),
        );
    }
    if let Some(command) = &found.command {
        lines.push("\nThis registers what the token has, if that is what you want to trust:".to_owned());
        lines.push(format!("  {}", visible(command)));
    }
    lines
}

fn of_candidate(candidate: &Candidate) -> Vec<String> {
    let mut lines = vec![format!("\n\u{201c}{}\u{201d}", visible(&candidate.registered.name))];
    for one in &candidate.compared {
        lines.extend(of_claim(one));
    }
    lines
}

fn of_claim(one: &Compared) -> Vec<String> {
    let claim = one.member.claim();
    if one.fits {
        return vec![format!("  ✓ {claim}  {}", visible(&one.presented))];
    }
    let mut lines = if one.marked == Marked::default() {
        vec![
            format!("  · {claim}  token       {}", visible(&one.presented)),
            format!("         registered  {}", visible(&one.registered)),
        ]
    } else {
        let marked = |part: &str| {
            format!("{}[{}]{}", visible(&one.marked.before), visible(part), visible(&one.marked.after))
        };
        vec![
            format!("  ✗ {claim}  token       {}", marked(&one.marked.presented)),
            format!("         registered  {}", marked(&one.marked.registered)),
        ]
    };
    lines.extend(one.why.iter().map(|why| format!("         {why}")));
    lines
}
