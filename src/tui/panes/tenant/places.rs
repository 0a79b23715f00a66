//! Tenants, the identities of the lab's machine, groups, devices and locations in their lists.
//!
//! A mark says something that a sign-in can meet: an organisation that is closed, a device that is switched off or not
//! compliant, a location that policies trust. What is merely there has none.

use serde_json::Value;

use super::columns::{self, cell, mark, no_mark, rest};
use crate::{
    provider::scenario::{ManagedIdentity, Tenant},
    text::{Line, Role},
    tui::look::Look,
};

/// An organisation as a row.
pub fn tenant(tenant: &Tenant, width: usize, look: &Look) -> Line {
    let domain = tenant.domains.first().map_or("", String::as_str);
    let (start, last) = match (tenant.blocked, &tenant.national_cloud) {
        (Some(why), _) => (mark(Some(false), look), format!("closed: {}", why.name())),
        (None, Some(cloud)) => (mark(None, look), format!("lives at {cloud}")),
        (None, None) => (no_mark(look), tenant.id.clone()),
    };
    row(start, [&tenant.display_name, domain, &last], width, look)
}

/// An identity as a row.
pub fn identity(identity: &ManagedIdentity, width: usize, look: &Look) -> Line {
    row(no_mark(look), [&identity.key, identity.kind.name(), &identity.about], width, look)
}

/// A group as a row: who is in it.
pub fn group(entry: &Value, width: usize, look: &Look) -> Line {
    let members = words(entry, &["members", "memberGroups"]);
    row(no_mark(look), [text(entry, "displayName"), text(entry, "key"), &members], width, look)
}

/// Many groups at once: how many, and who is in all of them.
pub fn groups(entry: &Value, width: usize, look: &Look) -> Line {
    let name = format!("{} 1 to {}", text(entry, "displayName"), entry["count"]);
    row(no_mark(look), [&name, text(entry, "key"), &words(entry, &["members"])], width, look)
}

/// A device as a row: whether policies are content with it, and whose it is.
pub fn device(entry: &Value, width: usize, look: &Look) -> Line {
    let (good, state) = match (entry["accountEnabled"] != false, entry["isCompliant"] == true) {
        (false, _) => (Some(false), "switched off"),
        (true, true) => (Some(true), "compliant"),
        (true, false) => (None, "not compliant"),
    };
    let owners = words(entry, &["registeredOwners"]);
    row(mark(good, look), [text(entry, "displayName"), state, &owners], width, look)
}

/// A location as a row: whether policies trust it, and its networks.
pub fn location(entry: &Value, width: usize, look: &Look) -> Line {
    let is_trusted = entry["isTrusted"] == true;
    let start = if is_trusted { mark(Some(true), look) } else { no_mark(look) };
    let trusted = if is_trusted { "trusted" } else { "not trusted" };
    row(start, [text(entry, "displayName"), trusted, &words(entry, &["ipRanges"])], width, look)
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap_or_default()
}

/// The words of some lists.
fn words(entry: &Value, lists: &[&str]) -> String {
    let items = lists.iter().filter_map(|list| entry[*list].as_array()).flatten();
    items.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn row(start: Line, [name, middle, last]: [&str; 3], width: usize, look: &Look) -> Line {
    let (name_width, middle_width) = if width < 66 { (18, 18) } else { (22, 22) };
    let rest = rest(width, &[name_width, middle_width], look);
    let line = cell(start, Role::Text, name, name_width, look);
    let line = cell(line, Role::Muted, middle, middle_width, look);
    columns::last(line, Role::Muted, last, rest, look)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tui::{look::Environment, theme::Theme};

    #[test]
    fn a_mark_tells_what_a_sign_in_meets() {
        let look = Look::new(&Theme::terminal(), &Environment::default());
        let begins = |line: &Line| line.plain().chars().next();
        let device = |on: bool, compliant: bool| {
            let entry = json!({ "displayName": "D", "accountEnabled": on, "isCompliant": compliant });
            begins(&device(&entry, 80, &look))
        };
        let glyph = |text: &str| text.chars().next();
        assert_eq!(device(true, true), glyph(look.glyphs.ok));
        assert_eq!(device(true, false), glyph(look.glyphs.warning));
        assert_eq!(device(false, true), glyph(look.glyphs.failed));
        let place = |trusted: bool| location(&json!({ "displayName": "L", "isTrusted": trusted }), 80, &look);
        assert_eq!(begins(&place(true)), glyph(look.glyphs.ok));
        assert_eq!(begins(&place(false)), Some(' '));
        assert_eq!(begins(&group(&json!({ "displayName": "G", "key": "g" }), 80, &look)), Some(' '));
        // The names of all stand in one column.
        let at = |line: &Line| line.plain().chars().position(char::is_alphabetic);
        assert_eq!(at(&place(true)), at(&place(false)));
    }
}
