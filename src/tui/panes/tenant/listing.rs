//! Which entries of a section are shown, and which of them is selected.

use super::line;
use crate::{
    tui::{action::Action, look::Look, widgets::list::Selection},
    workbench::{
        Tenant,
        tenant::{Entry, Section},
    },
};

/// What the rows were made from.
type Seen = ((u64, u64), bool);

/// The list of a section. The selection stays with its entry when the list changes.
#[derive(Debug, Default)]
pub struct Listing {
    pub selection: Selection,
    filter: String,
    /// The places in the section of the entries that are shown.
    rows: Vec<usize>,
    seen: Option<Seen>,
    /// The identity of the selected entry.
    chosen: Option<String>,
}

impl Listing {
    pub fn filter(&self) -> &str {
        &self.filter
    }

    pub fn set_filter(&mut self, text: &str) {
        if self.filter != text {
            text.clone_into(&mut self.filter);
            self.seen = None;
        }
    }

    /// Selects the entry of that identity, whatever the filter was.
    pub fn choose(&mut self, identity: &str) {
        self.filter.clear();
        self.seen = None;
        self.chosen = Some(identity.to_owned());
    }

    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The place in its section of the entry in a row.
    pub fn at(&self, row: usize) -> Option<usize> {
        self.rows.get(row).copied()
    }

    /// The same for the selected one.
    pub fn selected(&self) -> Option<usize> {
        self.at(self.selection.index())
    }

    /// Looks again if something has changed. `follows`: the selection stays with the newest, and not with its entry.
    pub fn refresh(
        &mut self,
        tenant: &Tenant,
        section: Section,
        only_failures: bool,
        follows: bool,
        look: &Look,
    ) {
        let seen = (tenant.version(), only_failures && section == Section::SignIns);
        if self.seen != Some(seen) {
            self.seen = Some(seen);
            let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
            let holds = |index: &usize| {
                let Some(entry) = tenant.entry(section, *index) else { return false };
                match entry {
                    Entry::Attempt(attempt) if seen.1 && attempt.succeeded() => false,
                    Entry::Attempt(attempt) => words.iter().all(|word| attempt.holds(word)),
                    _ if words.is_empty() => true,
                    entry => {
                        let text = text_of(tenant, entry, look);
                        words.iter().all(|word| text.contains(word))
                    }
                }
            };
            self.rows = (0..tenant.count(section)).filter(holds).collect();
            let is_chosen = |index: &usize| {
                tenant.entry(section, *index).is_some_and(|entry| Some(entry.identity()) == self.chosen)
            };
            if let (Some(_), Some(row)) = (&self.chosen, self.rows.iter().position(is_chosen)) {
                self.selection.select(row);
            }
        }
        if follows {
            self.selection.select(0);
        }
        self.selection.select(self.selection.index().min(self.rows.len().saturating_sub(1)));
        let chosen = self.selected().and_then(|index| tenant.entry(section, index));
        self.chosen = chosen.map(|entry| entry.identity()).or(self.chosen.take());
    }

    /// Moves the selection; says whether it was a movement.
    pub fn act(&mut self, action: Action, tenant: &Tenant, section: Section) -> bool {
        let moved = self.selection.act(action, self.rows.len());
        if moved {
            let chosen = self.selected().and_then(|index| tenant.entry(section, index));
            self.chosen = chosen.map(|entry| entry.identity());
        }
        moved
    }
}

/// What a filter looks at: the row as it is drawn on a wide screen, and the names and ids behind it.
fn text_of(tenant: &Tenant, entry: Entry<'_>, look: &Look) -> String {
    let mut text = line(tenant, entry, 400, look).plain();
    if let Entry::Listed(_, _, value) = entry {
        for member in ["key", "about", "id", "appId", "clientId", "userPrincipalName"] {
            text.push(' ');
            text.push_str(value[member].as_str().unwrap_or_default());
        }
    }
    text.to_lowercase()
}
