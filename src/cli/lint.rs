//! `authwright lint`: a registration or an authorize URL, checked before anybody signs in.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::exit::{Exit, input, print, usage, wrapped};
use crate::{
    lint::{self, LintFinding, Subject},
    runtime::clock,
    text::{Line, of_file, visible_json},
};

/// The options of `lint`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "FILE is what `az ad app show --id CLIENT_ID` prints, the portal's manifest, `az ad app list`, or one object \
                  {registration, service_principal, grants, federated_credentials}, or a list of these.\n\n\
                  Exit status: 0 nothing fails for certain, 3 something will be refused, 2 usage or bad input."
)]
pub struct Options {
    /// A file with a registration, an authorize URL, or @FILE with a URL in it; - or nothing reads standard input
    #[arg(value_name = "FILE|URL")]
    target: Option<String>,
    /// For a URL: the registration of its client, to compare with
    #[arg(long, value_name = "FILE")]
    registration: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    match run(options) {
        Ok(will_fail) => {
            if will_fail {
                Exit::Refused
            } else {
                Exit::Done
            }
        }
        Err(why) => usage(why),
    }
}

fn run(options: &Options) -> Result<bool, String> {
    let (name, text) = target(options.target.as_deref())?;
    let is_document = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
    if is_document {
        if options.registration.is_some() {
            return Err("--registration is for a URL".to_owned());
        }
        let subjects = lint::read(&text).map_err(|why| format!("{name}: {why}"))?;
        return Ok(registrations(&subjects, options.json));
    }
    let mut report = lint::url::url(&text).map_err(|why| format!("{name}: {why}"))?;
    if let Some(file) = &options.registration {
        let subjects = lint::read(&whole(file)?).map_err(|why| format!("{}: {why}", file.display()))?;
        let [subject] = subjects.as_slice() else {
            return Err(format!("{}: expected one application", file.display()));
        };
        report.compare(&subject.application, subject.grants.as_ref());
    }
    let will_fail = lint::will_fail(&report.findings);
    show(&lint::url_lines(&report), || lint::url_to_json(&report), options.json);
    Ok(will_fail)
}

/// The name of what was given, and its text.
fn target(target: Option<&str>) -> Result<(String, String), String> {
    match target {
        None | Some("-") => Ok(("standard input".to_owned(), input(target, "file or URL")?)),
        Some(name) if name.starts_with('@') => Ok((name[1..].to_owned(), whole(Path::new(&name[1..]))?)),
        // A name that is there is a file, whatever it looks like.
        Some(name) if Path::new(name).is_file() => Ok((name.to_owned(), whole(Path::new(name))?)),
        Some(text)
            if text.contains("://")
                || text.to_ascii_lowercase().contains("%3a%2f%2f")
                || text.trim_start().starts_with(['{', '[']) =>
        {
            Ok(("the text".to_owned(), text.to_owned()))
        }
        Some(name) => Err(format!("{name}: neither a file nor an address")),
    }
}

fn whole(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(of_file(&bytes))
}

fn registrations(subjects: &[Subject], as_json: bool) -> bool {
    let checked: Vec<(&Subject, Vec<LintFinding>)> = subjects
        .iter()
        .map(|one| {
            let now = one.now.unwrap_or_else(clock::now);
            (one, lint::registration(&one.application, one.principal.as_ref(), one.grants.as_ref(), now))
        })
        .collect();
    let will_fail = checked.iter().any(|(_, findings)| lint::will_fail(findings));
    let mut lines = Vec::new();
    for (one, findings) in &checked {
        if !lines.is_empty() {
            lines.extend([Line::new(), Line::new()]);
        }
        lines.extend(lint::lines(&one.application, findings));
    }
    let objects = || {
        let mut all = checked.iter().map(|(one, findings)| lint::to_json(&one.application, findings));
        match (all.len(), all.next()) {
            (1, Some(only)) => only,
            (_, first) => {
                json!({ "kind": "registrations", "will_fail": will_fail, "registrations": first.into_iter().chain(all).collect::<Vec<_>>() })
            }
        }
    };
    show(&lines, objects, as_json);
    will_fail
}

fn show(lines: &[Line], object: impl Fn() -> Value, as_json: bool) {
    if as_json {
        print(visible_json(&serde_json::to_string_pretty(&object()).unwrap_or_default()));
    } else {
        let rows: Vec<String> = lines.iter().flat_map(|line| wrapped(&line.plain(), 100)).collect();
        print(rows.join("\n"));
    }
}
