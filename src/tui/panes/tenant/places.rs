//! Tenants, the identities of the lab's machine, groups, devices and locations in their lists.

use serde_json::Value;

use super::columns::{self, cell, mark, rest};
use crate::{
    provider::scenario::{ManagedIdentity, Tenant},
    text::{Line, Role},
    tui::look::Look,
};

/// An organisation as a row.
pub fn tenant(tenant: &Tenant, width: usize, look: &Look) -> Line {
    let domain = tenant.domains.first().map_or("", String::as_str);
    row(&tenant.display_name, domain, &tenant.id, width, look)
}

/// An identity as a row.
pub fn identity(identity: &ManagedIdentity, width: usize, look: &Look) -> Line {
    row(&identity.key, identity.kind.name(), &identity.about, width, look)
}

/// A group as a row: who is in it.
pub fn group(entry: &Value, width: usize, look: &Look) -> Line {
    row(
        text(entry, "displayName"),
        text(entry, "key"),
        &words(entry, &["members", "memberGroups"]),
        width,
        look,
    )
}

/// Many groups at once: how many, and who is in all of them.
pub fn groups(entry: &Value, width: usize, look: &Look) -> Line {
    let name = format!("{} 1 to {}", text(entry, "displayName"), entry["count"]);
    row(&name, text(entry, "key"), &words(entry, &["members"]), width, look)
}

/// A device as a row: whose it is.
pub fn device(entry: &Value, width: usize, look: &Look) -> Line {
    let compliant = if entry["isCompliant"] == true { "compliant" } else { "not compliant" };
    let owners = words(entry, &["registeredOwners"]);
    row(text(entry, "displayName"), compliant, &owners, width, look)
}

/// A location as a row: its networks.
pub fn location(entry: &Value, width: usize, look: &Look) -> Line {
    let trusted = if entry["isTrusted"] == true { "trusted" } else { "not trusted" };
    row(text(entry, "displayName"), trusted, &words(entry, &["ipRanges"]), width, look)
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap_or_default()
}

/// The words of some lists.
fn words(entry: &Value, lists: &[&str]) -> String {
    let items = lists.iter().filter_map(|list| entry[*list].as_array()).flatten();
    items.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn row(name: &str, middle: &str, last: &str, width: usize, look: &Look) -> Line {
    let (name_width, middle_width) = if width < 66 { (18, 18) } else { (22, 22) };
    let rest = rest(width, &[name_width, middle_width], look);
    let line = cell(mark(Some(true), look), Role::Text, name, name_width, look);
    let line = cell(line, Role::Muted, middle, middle_width, look);
    columns::last(line, Role::Muted, last, rest, look)
}
