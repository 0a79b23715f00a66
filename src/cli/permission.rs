//! `authwright permission`: a permission by its GUID, name or words, and the commands that grant it.

use serde_json::json;

use super::exit::{Exit, print, usage};
use crate::{
    entra::permissions::Permission,
    lint::permission::{self, steps},
    text::{visible, visible_json},
};

/// Beyond that, commands for all that was found would be commands for nothing.
const GRANTABLE: usize = 8;
const SHOWN: usize = 40;

/// The options of `permission`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "All permissions of Microsoft Graph are known, and the usual ones of SharePoint, Exchange, Power BI, Azure \
                  DevOps and others; nothing is looked up on the network. The words delegated and application choose a kind, \
                  an API's name chooses the API.\n\nExit status: 0 found, 3 nothing found."
)]
pub struct Options {
    /// A GUID, a name such as Mail.Read, or words: calendar write application
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// The application that shall have it
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The tenant where it is granted
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let text = options.words.join(" ");
    if text.trim().is_empty() {
        return usage("a GUID, a name, or words of it");
    }
    let found = permission::find(&text);
    let steps = if found.len() <= GRANTABLE {
        steps(&found, options.client_id.as_deref(), options.tenant.as_deref())
    } else {
        Vec::new()
    };
    let near = if found.is_empty() { permission::nearest(text.trim(), "") } else { None };
    if options.json {
        let object = json!({
            "permissions": found.iter().map(permission::to_json).collect::<Vec<_>>(),
            "steps": steps.iter().map(|step| json!({ "title": step.title, "command": step.command })).collect::<Vec<_>>(),
            "nearest": near.as_ref().map(permission::to_json),
        });
        print(visible_json(&serde_json::to_string_pretty(&object).unwrap_or_default()));
    } else {
        let mut lines: Vec<String> = found.iter().take(SHOWN).flat_map(described).collect();
        if found.len() > SHOWN {
            lines.push(format!("and {} more; another word narrows it", found.len() - SHOWN));
        }
        for step in &steps {
            lines.push(format!("\n{}\n  {}", step.title, step.command));
        }
        if found.is_empty() {
            lines.push(format!("No permission that is known here is called {}.", visible(text.trim())));
            lines.extend(near.map(|near| format!("Perhaps {} is meant.", near.name)));
        }
        print(lines.join("\n"));
    }
    if found.is_empty() { Exit::Refused } else { Exit::Done }
}

fn described(one: &Permission) -> [String; 2] {
    let api = one.api().map_or(one.api, |api| api.name);
    [
        format!(
            "{}  {} ({api})",
            one.name,
            if one.kind.name() == "Role" { "application, Role" } else { "delegated, Scope" }
        ),
        format!("  {}  {}", one.id, permission::who(one)),
    ]
}
