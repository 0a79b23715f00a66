//! The permissions: all of them or those that were searched for, the selected one, and those that are picked.

use crate::{
    entra::{
        permissions::{self, Permission},
        registration::Kind,
    },
    lint::permission,
    text::{Line, Role},
    tui::{
        look::Look,
        widgets::{fit, list::Selection},
    },
};

/// The list, the search and the picks.
#[derive(Debug, Default)]
pub struct Wanted {
    pub selection: Selection,
    /// Everything; empty until somebody looks, since a program that is just starting should not pay for it.
    all: Vec<Permission>,
    found: Vec<Permission>,
    query: String,
    picked: Vec<Permission>,
}

impl Wanted {
    /// Reads the table, if that was not done yet.
    pub fn open(&mut self) {
        if self.all.is_empty() {
            self.all = permissions::all().collect();
            self.found.clone_from(&self.all);
        }
    }

    pub fn query(&self) -> &str {
        &self.query
    }

    /// Lists what fits, best first.
    pub fn search(&mut self, query: &str) {
        self.open();
        query.trim().clone_into(&mut self.query);
        self.found = if self.query.is_empty() { self.all.clone() } else { permission::find(&self.query) };
        self.selection.select(0);
    }

    /// Shows one permission among those of its name.
    pub fn show(&mut self, api: &str, id: &str, kind: Kind) {
        let Some(wanted) = permissions::of_api(api, id, kind) else { return };
        self.search(wanted.name);
        if !self.found.contains(&wanted) {
            self.search(id);
        }
        let row = self.found.iter().position(|one| *one == wanted);
        self.selection.select(row.unwrap_or(0));
    }

    /// A permission that a misspelled query probably means.
    pub fn nearest(&self) -> Option<Permission> {
        if self.found.is_empty() { permission::nearest(&self.query, "") } else { None }
    }

    pub const fn all(&self) -> usize {
        self.all.len()
    }

    pub const fn count(&self) -> usize {
        self.found.len()
    }

    pub fn selected(&self) -> Option<Permission> {
        self.found.get(self.selection.index()).copied()
    }

    pub fn picked(&self) -> &[Permission] {
        &self.picked
    }

    /// Those that commands are made for: the picked ones, or else the selected one.
    pub fn for_commands(&self) -> Vec<Permission> {
        if self.picked.is_empty() { self.selected().into_iter().collect() } else { self.picked.clone() }
    }

    /// Picks the selected one, or no longer.
    pub fn toggle(&mut self) {
        let Some(selected) = self.selected() else { return };
        match self.picked.iter().position(|one| *one == selected) {
            Some(at) => {
                self.picked.remove(at);
            }
            None => self.picked.push(selected),
        }
    }

    pub fn unpick_all(&mut self) {
        self.picked.clear();
    }

    /// A row: whether it is picked, the name, its kind, who consents; with more room, the API.
    pub fn line(&self, row: usize, width: u16, look: &Look) -> Line {
        const KIND: u16 = 12;
        const WHO: u16 = 6;
        const API: u16 = 20;
        let Some(one) = self.found.get(row) else { return Line::new() };
        let glyphs = look.glyphs;
        let is_picked = self.picked.contains(one);
        let mark = fit::cell(if is_picked { glyphs.ok } else { " " }, glyphs.mark_width, glyphs);
        let has_api = width >= 70;
        let fixed = glyphs.mark_width + 2 + KIND + WHO + if has_api { API } else { 0 };
        let name = fit::cell(one.name, width.saturating_sub(fixed), glyphs);
        let kind = match one.kind {
            Kind::Scope => "delegated",
            Kind::Role => "application",
        };
        let who = if one.needs_admin { "admin" } else { "people" };
        let line = Line::of(Role::Ok, mark)
            .then(Role::Text, " ")
            .then(if is_picked { Role::Edited } else { Role::Name }, name)
            .then(Role::Text, " ")
            .then(Role::Text, fit::cell(kind, KIND, glyphs))
            .then(if one.needs_admin { Role::Warn } else { Role::Muted }, fit::cell(who, WHO, glyphs));
        if !has_api {
            return line;
        }
        let api = one.api().map_or(one.api, |api| api.name);
        line.then(Role::Text, " ").then(Role::Muted, fit::cell(api, API - 1, glyphs))
    }
}
