//! The Tenant screen: the lab tenant from inside, where every change takes effect at once and can be undone.
//!
//! ```text
//! ╭─ Tenant ─────────╮┏━ People  14 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! │▌People        14 │┃▌✓ Mina Okafor        mina@northwind.example                ┃
//! │ Applications  31 │┃ ✗ Bruno Castellan    bruno@northwind.example   blocked     ┃
//! │ Grants        12 │┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//! │ …                │╭─ mina ─────────────────────────────────────────────────────╮
//! │ Steps          2 ││ accountEnabled             ✓ yes                           │
//! ╰──────────────────╯╰────────────────────────────────────────────────────────────╯
//! ```
//!
//! `keys` says what keys do, `listing` which entries are shown, `draw` puts it all on the screen; the other files are what
//! stands in the rows. Orders go to the workbench, and the picture follows what the tenant tells of itself.

mod applications;
mod asking;
mod columns;
mod detail;
mod draw;
mod grants;
mod keys;
mod listing;
mod log;
mod people;
mod places;
mod policies;
mod steps;
mod trouble;

pub use asking::{Ask, answer, to_load};

use crate::{
    secret::Secret,
    text::Line,
    tui::{
        keymap::{Context, Key},
        look::Look,
        pane::Intent,
        widgets::{field::Field, list::Selection},
    },
    workbench::{
        LabState, Workbench,
        tenant::{
            Entry, Section,
            facts::{self, Fact, Kind},
        },
    },
};
use listing::Listing;

/// Where the focus is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Region {
    #[default]
    Sections,
    Entries,
    Detail,
}

impl Region {
    const ALL: [Self; 3] = [Self::Sections, Self::Entries, Self::Detail];
}

/// What is typed, and where it goes.
#[derive(Debug)]
struct Typing {
    purpose: Purpose,
    field: Field,
    /// What is wrong with it.
    complaint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Purpose {
    /// It narrows the list.
    Filter,
    /// It becomes the value at this path of the entry with this identity.
    Value { identity: String, path: String, kind: Kind },
    /// A scenario file gets this name.
    Name,
}

/// Selection, filter, and what is typed.
#[derive(Debug, Default)]
pub struct State {
    region: Region,
    zoomed: bool,
    section: Selection,
    lists: [Listing; Section::ALL.len()],
    fact: Selection,
    typing: Option<Typing>,
    /// Whether the selection stays where it was put in the log, and not with the newest row.
    staying: bool,
    only_failures: bool,
}

impl State {
    /// Which part of the keymap applies.
    pub fn context(&self) -> Context {
        match (&self.typing, self.region) {
            (Some(_), _) => Context::Field,
            (None, Region::Sections) => Context::Tenant,
            (None, _) if self.section() == Section::SignIns => Context::SignIns,
            (None, _) => Context::Entry,
        }
    }

    /// Shows the application with this client id; says whether there is one.
    pub fn show_application(&mut self, client_id: &str, bench: &Workbench) -> bool {
        let found = bench.tenant.view().scenario.application_with_id(client_id);
        let (Some(application), true) = (found, is_there(bench)) else { return false };
        self.section.select(Section::ALL.iter().position(|one| *one == Section::Applications).unwrap_or(0));
        self.list_mut().choose(&application.key);
        self.fact.select(0);
        self.region = Region::Detail;
        self.zoomed = false;
        self.typing = None;
        true
    }

    /// Takes a key for the text field.
    pub fn typed(&mut self, key: Key) -> Vec<Intent> {
        if let Some(typing) = &mut self.typing {
            typing.field.key(key);
        }
        self.was_typed();
        Vec::new()
    }

    /// Takes a pasted text: into the field, or as a filter.
    pub fn pasted(&mut self, text: &str) {
        if self.typing.is_none() {
            self.region = Region::Entries;
            self.open(Purpose::Filter, Field::default());
        }
        if let Some(typing) = &mut self.typing {
            typing.field.paste(text);
        }
        self.was_typed();
    }

    /// Empties the text field; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        let Some(typing) = self.typing.as_mut().filter(|typing| !typing.field.is_empty()) else {
            return false;
        };
        typing.field.clear();
        self.was_typed();
        true
    }

    /// A filter works while it is typed; a complaint is about what stood there before.
    fn was_typed(&mut self) {
        let Some(typing) = &mut self.typing else { return };
        typing.complaint = None;
        if typing.purpose == Purpose::Filter {
            let text = typing.field.text().to_owned();
            self.list_mut().set_filter(&text);
        }
    }

    fn open(&mut self, purpose: Purpose, field: Field) {
        self.typing = Some(Typing { purpose, field, complaint: None });
    }

    /// What can be copied of the selected entry.
    pub fn copies(&self, bench: &Workbench) -> Vec<(String, Secret)> {
        let facts = self.facts(bench).into_iter();
        facts.map(|fact| (fact.name, fact.value.text())).filter(|(_, text)| !text.is_empty()).collect()
    }

    fn section(&self) -> Section {
        Section::ALL.get(self.section.index()).copied().unwrap_or_default()
    }

    fn list(&self) -> &Listing {
        &self.lists[self.section.index().min(Section::ALL.len() - 1)]
    }

    fn list_mut(&mut self) -> &mut Listing {
        &mut self.lists[self.section.index().min(Section::ALL.len() - 1)]
    }

    /// Brings the list of the section up to date, the selection with it.
    fn refresh(&mut self, bench: &Workbench, look: &Look) {
        let (section, only_failures) = (self.section(), self.only_failures);
        let follows = section == Section::SignIns && !self.staying;
        self.list_mut().refresh(&bench.tenant, section, only_failures, follows, look);
    }

    fn entry<'a>(&self, bench: &'a Workbench) -> Option<Entry<'a>> {
        bench.tenant.entry(self.section(), self.list().selected()?)
    }

    fn facts(&self, bench: &Workbench) -> Vec<Fact> {
        self.entry(bench).map(|entry| facts::of(&bench.tenant, entry)).unwrap_or_default()
    }

    /// The selected row of the entry.
    fn selected_fact(&self, bench: &Workbench) -> Option<Fact> {
        let mut facts = self.facts(bench);
        let index = self.fact.index().min(facts.len().checked_sub(1)?);
        Some(facts.swap_remove(index))
    }
}

/// Whether there is a tenant to look into.
fn is_there(bench: &Workbench) -> bool {
    bench.has_own_lab() && !matches!(bench.lab.state, LabState::Failed(_))
}

/// An entry as a row of its section's list.
fn line(bench: &crate::workbench::Tenant, entry: Entry<'_>, width: usize, look: &Look) -> Line {
    use crate::provider::scenario::edit::List;
    let scenario = &bench.view().scenario;
    match entry {
        Entry::Listed(List::Users, at, _) => {
            scenario.users().get(at).map_or_else(Line::new, |user| people::line(user, width, look))
        }
        Entry::Listed(List::Applications, at, _) => {
            let application = scenario.applications().get(at);
            application.map_or_else(Line::new, |application| applications::line(application, width, look))
        }
        Entry::Listed(List::ManagedIdentities, at, _) => {
            let identity = scenario.managed_identities().get(at);
            identity.map_or_else(Line::new, |identity| places::identity(identity, width, look))
        }
        Entry::Listed(List::Tenants, at, _) => {
            scenario.tenants().get(at).map_or_else(Line::new, |tenant| places::tenant(tenant, width, look))
        }
        Entry::Listed(List::ConditionalAccessPolicies, at, _) => {
            let policy = scenario.conditional_access_policies.get(at);
            policy.map_or_else(Line::new, |policy| policies::line(policy, width, look))
        }
        Entry::Listed(List::Groups, _, value) => places::group(value, width, look),
        Entry::Listed(List::GroupRanges, _, value) => places::groups(value, width, look),
        Entry::Listed(List::Devices, _, value) => places::device(value, width, look),
        Entry::Listed(List::NamedLocations, _, value) => places::location(value, width, look),
        Entry::Policy(_) => policies::everywhere(scenario, width, look),
        Entry::Grant(grant) => grants::line(grant, width, look),
        Entry::Role(role) => grants::role(role, width, look),
        Entry::Clock(clock) => trouble::clock(clock, width, look),
        Entry::Fault(fault) => trouble::fault(fault, width, look),
        Entry::Attempt(attempt) => log::line(attempt, width, look),
        Entry::Done(step) => steps::done(step, look),
        Entry::Undone(step) => steps::undone(step, look),
    }
}
