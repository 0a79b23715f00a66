//! The selected permission in full, and what lists and grants those that are picked, filled with the values of the selected
//! registration.

use super::{
    told::{Place, Told},
    wanted::Wanted,
};
use crate::{
    entra::{
        permissions::{self, Permission},
        registration::Kind,
    },
    lint::permission::{self, Recipient},
    text::{Line, Role},
};

/// For whom the commands are.
#[derive(Clone, Debug, Default)]
pub struct For {
    /// The selected registration, by name.
    pub name: String,
    /// Its client id.
    pub client: Option<String>,
    /// Its tenant.
    pub tenant: Option<String>,
    /// One of its redirect URIs.
    pub redirect_uri: Option<String>,
    /// The lab's address, if it is an application of the lab.
    pub authority: Option<String>,
}

/// Tells it.
pub fn told(wanted: &Wanted, recipient: &For) -> Told {
    let mut out = Told::default();
    let Some(selected) = wanted.selected().or_else(|| wanted.picked().first().copied()) else {
        out.muted(
            "A permission is chosen at the left, or above; here stands what it is, and what grants it.",
        );
        return out;
    };
    about(&mut out, &selected);
    let all = wanted.for_commands();
    let grants = if all.len() == 1 { "What grants it" } else { "What grants them" };
    match &recipient.client {
        Some(_) => out.section(&format!("{grants} to {}", recipient.name)),
        None => out.section(grants),
    }
    if recipient.client.is_none() {
        out.muted("No registration with a client id is chosen: its places in the commands stay open.");
    } else if recipient.authority.is_some() {
        out.muted("It is the lab's: the address works there, the az commands are for a real tenant.");
    }
    let steps = permission::steps_for(
        &all,
        &Recipient {
            client: recipient.client.as_deref(),
            tenant: recipient.tenant.as_deref(),
            redirect_uri: recipient.redirect_uri.as_deref(),
            authority: recipient.authority.as_deref(),
        },
    );
    for step in steps {
        out.fix(&step.title, Some(&step.command));
    }
    if !wanted.picked().is_empty() {
        out.section(&format!("Picked  {}", all.len()));
        for one in &all {
            let line = Line::of(Role::Value, one.name).then(Role::Muted, format!("  {}", short(one)));
            out.line(line);
        }
    }
    out
}

fn about(out: &mut Told, one: &Permission) {
    let kind = match one.kind {
        Kind::Scope => "delegated (Scope)",
        Kind::Role => "application (Role)",
    };
    let api = one.api().map_or(one.api, |api| api.name);
    out.line(Line::of(Role::Title, one.name).then(Role::Muted, format!("  {kind}, {api}")));
    let id = Place::Value { what: "GUID", text: one.id.to_owned() };
    out.place(id, Line::of(Role::Value, one.id));
    out.line(Line::of(Role::Muted, "of the API  ").then(Role::Value, one.api));
    out.line(Line::of(Role::Text, permission::who(one)));
    if let Some(allows) = permission::allows(one) {
        out.line(Line::of(Role::Text, allows));
    }
    let other = permissions::by_name(one.api, one.name).find(|other| other.kind != one.kind);
    if let Some(other) = other {
        let place =
            Place::Permission { api: other.api.to_owned(), id: other.id.to_owned(), kind: other.kind };
        let as_what = match other.kind {
            Kind::Scope => "There is a delegated one of this name, too: ",
            Kind::Role => "There is an application one of this name, too: ",
        };
        out.place(place, Line::of(Role::Muted, as_what).then(Role::Value, other.id));
    }
}

fn short(one: &Permission) -> String {
    let api = one.api().map_or(one.api, |api| api.name);
    let kind = match one.kind {
        Kind::Scope => "delegated",
        Kind::Role => "application",
    };
    format!("{kind}, {api}")
}
