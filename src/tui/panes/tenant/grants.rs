//! Grants in the list: which application may do what, and for whom.

use super::columns::{cell, last, no_mark, rest};
use crate::{
    provider::{PermissionGrant, RoleAssignment},
    text::{Line, Role},
    tui::look::Look,
};

/// What an application may do for people.
pub fn line(grant: &PermissionGrant, width: usize, look: &Look) -> Line {
    let whom = grant.principal.as_deref().unwrap_or("everybody");
    row(&grant.client, whom, &grant.resource, &grant.scopes.join(" "), width, look)
}

/// What an application may do by itself.
pub fn role(role: &RoleAssignment, width: usize, look: &Look) -> Line {
    row(&role.client, "itself", &role.resource, &role.role, width, look)
}

fn row(client: &str, whom: &str, resource: &str, what: &str, width: usize, look: &Look) -> Line {
    let (who, at) = if width < 66 { (14, 15) } else { (22, 20) };
    let person = 9;
    let rest = rest(width, &[who, person, at], look);
    let line = cell(no_mark(look), Role::Text, client, who, look);
    let line = cell(line, if whom == "itself" { Role::Edited } else { Role::Muted }, whom, person, look);
    let line = cell(line, Role::Muted, resource, at, look);
    last(line, Role::Value, what, rest, look)
}
