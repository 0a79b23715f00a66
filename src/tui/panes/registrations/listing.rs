//! The list of registrations: which are shown, which is selected, and what the checks make of those in sight.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    finding::Severity,
    text::{Line, Role},
    time::UnixTime,
    tui::{
        action::Action,
        look::Look,
        widgets::{fit, list::Selection},
    },
    workbench::{
        Workbench,
        registrations::{Entry, EntryId, Examined, Form},
    },
};

/// Names get at least this many columns before anything else is shown beside them.
const NAME: u16 = 22;

/// An examination holds as long as nothing changes, and for this many seconds: credentials end as time passes.
const HOLDS: i64 = 600;

/// What the list was made from.
type Seen = ((u64, u64, bool), i64);

/// The list. The selection stays with its entry when others come or go.
#[derive(Debug, Default)]
pub struct Listing {
    pub selection: Selection,
    entries: Vec<Entry>,
    /// The places of those that the filter leaves.
    rows: Vec<usize>,
    filter: String,
    chosen: Option<EntryId>,
    seen: Option<Seen>,
    /// What was examined already. It takes reading tables, so it is done for what is looked at, and once.
    examined: BTreeMap<EntryId, Arc<Examined>>,
}

impl Listing {
    pub fn filter(&self) -> &str {
        &self.filter
    }

    pub fn set_filter(&mut self, text: &str) {
        text.trim().clone_into(&mut self.filter);
        self.narrow();
    }

    /// How many there are without a filter.
    pub const fn all(&self) -> usize {
        self.entries.len()
    }

    pub const fn count(&self) -> usize {
        self.rows.len()
    }

    pub fn at(&self, row: usize) -> Option<&Entry> {
        self.rows.get(row).and_then(|at| self.entries.get(*at))
    }

    pub fn selected(&self) -> Option<&Entry> {
        self.at(self.selection.index())
    }

    /// Selects an entry, whatever the filter was; the next look at the workbench finds it.
    pub fn choose(&mut self, id: EntryId) {
        self.filter.clear();
        self.chosen = Some(id);
        self.seen = None;
    }

    /// Looks at the workbench again if something has changed there; whether it did.
    pub fn refresh(&mut self, bench: &Workbench, now: UnixTime) -> bool {
        let seen = (bench.registrations_version(), now.seconds().div_euclid(HOLDS));
        if self.seen == Some(seen) {
            return false;
        }
        self.seen = Some(seen);
        self.examined.clear();
        self.entries = bench.registration_entries();
        self.narrow();
        true
    }

    /// What the checks make of the selected one.
    pub fn examine(&mut self, bench: &Workbench, now: UnixTime) -> Option<Arc<Examined>> {
        let id = self.selected()?.id.clone();
        self.examine_one(&id, bench, now);
        self.examined.get(&id).cloned()
    }

    /// The same for everything that may be in sight in a list of that height.
    pub fn examine_near(&mut self, height: u16, bench: &Workbench, now: UnixTime) {
        let (at, height) = (self.selection.index(), usize::from(height));
        let near = self.rows.iter().skip(at.saturating_sub(height)).take(2 * height + 1);
        let ids: Vec<EntryId> = near.map(|row| self.entries[*row].id.clone()).collect();
        for id in ids {
            self.examine_one(&id, bench, now);
        }
    }

    fn examine_one(&mut self, id: &EntryId, bench: &Workbench, now: UnixTime) {
        if !self.examined.contains_key(id)
            && let Some(examined) = bench.examined(id, now)
        {
            self.examined.insert(id.clone(), Arc::new(examined));
        }
    }

    /// Moves the selection; says whether it was a movement.
    pub fn act(&mut self, action: Action) -> bool {
        let moved = self.selection.act(action, self.rows.len());
        if moved {
            self.chosen = self.selected().map(|entry| entry.id.clone());
        }
        moved
    }

    fn narrow(&mut self) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let holds = |entry: &Entry| {
            let id = entry.client_id.as_deref().unwrap_or_default();
            let text = format!("{} {id} {}", entry.name, origin(&entry.id)).to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        self.rows = (0..self.entries.len()).filter(|at| holds(&self.entries[*at])).collect();
        let chosen = self.rows.iter().position(|at| Some(&self.entries[*at].id) == self.chosen.as_ref());
        let row = chosen.unwrap_or_else(|| self.selection.index()).min(self.rows.len().saturating_sub(1));
        self.selection.select(row);
        if chosen.is_none() {
            self.chosen = self.selected().map(|entry| entry.id.clone());
        }
    }

    /// A row: what was found, the name, whose it is; with more room, the same in words, and the client id.
    pub fn line(&self, row: usize, width: u16, look: &Look) -> Line {
        let Some(entry) = self.at(row) else { return Line::new() };
        let glyphs = look.glyphs;
        let examined = self.examined.get(&entry.id).map(|examined| &**examined);
        let mark_columns = glyphs.mark_width + 4;
        let origin_columns = 6;
        let mut left = width.saturating_sub(2 * mark_columns + origin_columns);
        let mut take = |columns: u16| {
            let takes = left >= columns + NAME;
            left -= if takes { columns } else { 0 };
            takes
        };
        let (has_words, has_id) = (take(24), take(38));
        let name = match entry.form {
            Form::Registration => entry.name.clone(),
            Form::Principal => format!("{} (service principal only)", entry.name),
            Form::Address => format!("URL: {}", entry.name),
        };
        let name_role = if entry.form == Form::Address { Role::Link } else { Role::Text };
        let origin_role = if matches!(entry.id, EntryId::Kept(_)) { Role::Edited } else { Role::Muted };
        let mut line = marks(examined, mark_columns, look)
            .then(name_role, fit::cell(&name, left.saturating_sub(1), glyphs))
            .then(Role::Text, " ")
            .then(origin_role, fit::cell(origin(&entry.id), origin_columns, glyphs));
        if has_words {
            line = line.then(Role::Muted, fit::cell(&examined.map(in_words).unwrap_or_default(), 24, glyphs));
        }
        if has_id {
            line = line.then(
                Role::Muted,
                fit::cell(entry.client_id.as_deref().unwrap_or("no client id"), 38, glyphs),
            );
        }
        line
    }
}

/// Whose it is.
pub const fn origin(id: &EntryId) -> &'static str {
    match id {
        EntryId::Kept(_) => "yours",
        EntryId::Lab(_) => "lab",
    }
}

/// `✗ 2  ! 1`, each in a column of its own; `✓` if there is neither.
fn marks(examined: Option<&Examined>, columns: u16, look: &Look) -> Line {
    let glyphs = look.glyphs;
    let Some(examined) = examined else {
        return Line::of(Role::Text, " ".repeat(2 * usize::from(columns)));
    };
    let mut line = Line::new();
    let mut any = false;
    for severity in [Severity::Error, Severity::Warning] {
        let count = examined.count(severity);
        let (mark, role) = glyphs.severity(severity);
        let text = if count > 0 { format!("{mark} {count}") } else { String::new() };
        any |= count > 0;
        line = line.then(role, fit::cell(&text, columns, glyphs));
    }
    if any {
        return line;
    }
    Line::of(Role::Ok, fit::cell(glyphs.ok, 2 * columns, glyphs))
}

/// What was found, in words.
pub fn in_words(examined: &Examined) -> String {
    match (examined.count(Severity::Error), examined.count(Severity::Warning)) {
        (0, 0) => "nothing wrong".to_owned(),
        (0, risky) => format!("{risky} risky"),
        (fails, 0) => format!("{fails} will fail"),
        (fails, risky) => format!("{fails} will fail, {risky} risky"),
    }
}
