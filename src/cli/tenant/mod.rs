//! `authwright tenant`: what the lab tenant is stocked with, and orders for one that is served.

mod remote;

use std::{fs, path::Path, path::PathBuf};

use serde_json::{Value, json};

use super::exit::{Exit, input, print, usage};
use crate::{
    provider::{
        forge::{Flaw, Spec},
        scenario::Scenario,
    },
    runtime::lab,
    text::visible,
    wire::Method,
};
use remote::{Control, print_done};

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
        scenario: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print a scenario file (TOML) of the directory and its grants: that of a served tenant, or the built-in one
    Export {
        /// A scenario file to read and write anew in place of the built-in one
        #[arg(long, value_name = "FILE")]
        scenario: Option<PathBuf>,
        /// Which tenant.
        #[command(flatten)]
        control: Control,
    },
    /// Give a served tenant an order, or a list of them, as JSON
    Order {
        /// Such as '{"order": "moveClock", "seconds": 3600}'; - reads it from standard input
        #[arg(value_name = "JSON")]
        order: Option<String>,
        /// Which tenant.
        #[command(flatten)]
        control: Control,
    },
    /// Make a served tenant as it began, or take away what one has kept that is not running
    Reset {
        /// The folder that was given to `serve --state-dir`
        #[arg(long, value_name = "DIR", conflicts_with_all = ["address", "token"])]
        state_dir: Option<PathBuf>,
        /// Which tenant.
        #[command(flatten)]
        control: Control,
    },
    /// Have a served tenant make a token for your own API with one thing wrong
    Forge {
        /// What is to be wrong with it
        #[arg(long, value_name = "FLAW", default_value = "none", value_parser = flaw)]
        flaw: Flaw,
        /// The application that holds the token, by key or client id
        #[arg(long, value_name = "APP", required_unless_present = "token_file")]
        client: Option<String>,
        /// The API that the token is for, by key or client id
        #[arg(long, value_name = "API", required_unless_present = "token_file")]
        resource: Option<String>,
        /// The person it stands for, by key or sign-in name; without one the application acts by itself
        #[arg(long, value_name = "PERSON")]
        person: Option<String>,
        /// A permission in scp; may be given again
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// A permission in roles; may be given again
        #[arg(long, value_name = "ROLE")]
        role: Vec<String>,
        /// A token of the lab to begin with, in a file; - reads standard input
        #[arg(long, value_name = "FILE", conflicts_with_all = ["client", "resource", "person", "scope", "role"])]
        token_file: Option<String>,
        /// Print one JSON object, with header and claims
        #[arg(long)]
        json: bool,
        /// Which tenant.
        #[command(flatten)]
        control: Control,
    },
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let done = match &options.command {
        Command::Show { scenario, json } => show(scenario.as_deref(), *json),
        Command::Export { scenario, control } => export(scenario.as_deref(), control),
        Command::Order { order, control } => order_it(order.as_deref(), control),
        Command::Reset { state_dir: Some(folder), .. } => clear(folder),
        Command::Reset { state_dir: None, control } => {
            give(control, &json!({ "order": "reset" }).to_string())
        }
        Command::Forge { flaw, client, resource, person, scope, role, token_file, json, control } => {
            let spec = Spec {
                token: None,
                client: client.clone(),
                resource: resource.clone(),
                person: person.clone(),
                scopes: scope.clone(),
                roles: role.clone(),
                flaw: *flaw,
            };
            forge(spec, token_file.as_deref(), *json, control)
        }
    };
    done.map_or_else(|exit| exit, |()| Exit::Done)
}

fn flaw(name: &str) -> Result<Flaw, String> {
    let names = Flaw::ALL.map(Flaw::name).join(", ");
    Flaw::named(name).ok_or_else(|| format!("there are {names}"))
}

fn show(file: Option<&Path>, as_json: bool) -> Result<(), Exit> {
    let scenario = scenario(file).map_err(usage)?;
    let base = "http://localhost:7080".parse().expect("a well-formed address");
    let description = scenario.describe(&base);
    if as_json {
        print(serde_json::to_string_pretty(&description).unwrap_or_default());
    } else {
        for line in outline(&description, 0) {
            print(line);
        }
    }
    Ok(())
}

fn export(file: Option<&Path>, control: &Control) -> Result<(), Exit> {
    let text = match control.remote().map_err(usage)? {
        Some(_) if file.is_some() => return Err(usage("either --scenario or --control, not both")),
        Some(remote) => remote.ask(Method::Get, "scenario", None)?,
        None => scenario(file).map_err(usage)?.to_toml(),
    };
    print(text.trim_end());
    Ok(())
}

fn order_it(order: Option<&str>, control: &Control) -> Result<(), Exit> {
    let order = input(order, "order").map_err(usage)?;
    give(control, &order)
}

fn give(control: &Control, order: &str) -> Result<(), Exit> {
    let remote = control.required().map_err(usage)?;
    print_done(&remote.ask(Method::Post, "orders", Some(order.to_owned()))?);
    Ok(())
}

fn clear(folder: &Path) -> Result<(), Exit> {
    match lab::clear(folder) {
        Ok(true) => print("The tenant that was kept is gone; the next one begins anew."),
        Ok(false) => print("No tenant is kept there."),
        Err(why) => return Err(usage(format!("{}: {why}", folder.display()))),
    }
    Ok(())
}

fn forge(spec: Spec, token_file: Option<&str>, as_json: bool, control: &Control) -> Result<(), Exit> {
    let token = match token_file {
        None => None,
        Some("-") => Some(input(Some("-"), "token").map_err(usage)?),
        Some(file) => Some(fs::read_to_string(file).map_err(|why| usage(format!("{file}: {why}")))?),
    };
    let spec = Spec { token: token.map(|text| text.trim().to_owned()), ..spec };
    let remote = control.required().map_err(usage)?;
    let body = serde_json::to_string(&spec).expect("every key is a text");
    let text = remote.ask(Method::Post, "forge", Some(body))?;
    if as_json {
        print(&text);
    } else {
        let forged: Value = serde_json::from_str(&text).unwrap_or_default();
        super::exit::say(visible(forged["about"].as_str().unwrap_or_default()));
        print(visible(forged["token"].as_str().unwrap_or_default()));
    }
    Ok(())
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
