//! Tenants, and the identities of the lab's machine, in their lists.

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

/// Groups, devices and locations as a row: their names.
pub fn other(entry: &serde_json::Value, width: usize, look: &Look) -> Line {
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    row(&text("displayName"), &text("key"), &text("tenant"), width, look)
}

fn row(name: &str, middle: &str, last: &str, width: usize, look: &Look) -> Line {
    let (name_width, middle_width) = if width < 66 { (18, 18) } else { (22, 22) };
    let rest = rest(width, &[name_width, middle_width], look);
    let line = cell(mark(Some(true), look), Role::Text, name, name_width, look);
    let line = cell(line, Role::Muted, middle, middle_width, look);
    columns::last(line, Role::Muted, last, rest, look)
}
