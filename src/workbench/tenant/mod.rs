//! What the Tenant screen shows of the running lab tenant: its directory, what was granted, the sign-in log, and the steps
//! that can be taken back.
//!
//! [`Tenant`] keeps what the tenant told of itself; [`Section`] says what there is to walk through. [`facts`] makes rows of
//! an entry, each with what it means and what can be done with it, from one table (`members`). [`edits`] turns what a
//! person did to a row into an [`Order`](crate::provider::order::Order).

pub mod edits;
pub mod facts;
mod log;
mod members;
mod saved;

pub use log::Attempt;

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use crate::provider::{
    Note, PermissionGrant, RoleAssignment, SignIn,
    clock::Clock,
    faults::ActiveFault,
    order::{Step, View},
    scenario::{Scenario, edit::List},
};
use log::Log;

/// What there is to walk through, in the order of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// Who can sign in.
    #[default]
    People,
    /// Who belongs together.
    Groups,
    /// What people sit at, as far as the directory knows it.
    Devices,
    /// Registrations, resources included.
    Applications,
    /// The identities of the lab's machine.
    Identities,
    /// What applications may do, for people and by themselves.
    Grants,
    /// The switches that hold everywhere, and what is asked of sign-ins.
    Policies,
    /// Where sign-ins come from, as far as policies tell places apart.
    Locations,
    /// The organisations.
    Tenants,
    /// What time it is there, and what goes wrong on purpose.
    Trouble,
    /// Every attempt.
    SignIns,
    /// What was changed, and can be taken back.
    Steps,
}

impl Section {
    /// Every section.
    pub const ALL: [Self; 12] = [
        Self::People,
        Self::Groups,
        Self::Devices,
        Self::Applications,
        Self::Identities,
        Self::Grants,
        Self::Policies,
        Self::Locations,
        Self::Tenants,
        Self::Trouble,
        Self::SignIns,
        Self::Steps,
    ];

    /// Its name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::People => "People",
            Self::Groups => "Groups",
            Self::Devices => "Devices",
            Self::Applications => "Applications",
            Self::Identities => "Identities",
            Self::Grants => "Grants",
            Self::Policies => "Policies",
            Self::Locations => "Locations",
            Self::Tenants => "Tenants",
            Self::Trouble => "Clock, faults",
            Self::SignIns => "Sign-in log",
            Self::Steps => "Steps",
        }
    }

    /// The lists of the scenario that it shows, one after the other.
    pub const fn lists(self) -> &'static [List] {
        match self {
            Self::People => &[List::Users],
            Self::Groups => &[List::Groups, List::GroupRanges],
            Self::Devices => &[List::Devices],
            Self::Applications => &[List::Applications],
            Self::Identities => &[List::ManagedIdentities],
            Self::Policies => &[List::ConditionalAccessPolicies],
            Self::Locations => &[List::NamedLocations],
            Self::Tenants => &[List::Tenants],
            Self::Grants | Self::Trouble | Self::SignIns | Self::Steps => &[],
        }
    }
}

/// An entry of a section: its place there, counted from 0 in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// One of a list of the scenario, with its place in it.
    Listed(List, usize, &'a Value),
    /// The switches that hold for every tenant.
    Policy(&'a Value),
    /// What an application may do for people.
    Grant(&'a PermissionGrant),
    /// What an application may do by itself.
    Role(&'a RoleAssignment),
    /// How the tenant's clock differs from the machine's.
    Clock(Clock),
    /// A fault that is on.
    Fault(&'a ActiveFault),
    /// A row of the sign-in log.
    Attempt(&'a Attempt),
    /// A step that was taken back and can be done again.
    Undone(&'a Step),
    /// A step that can be taken back.
    Done(&'a Step),
}

/// The lab tenant as it last told of itself.
#[derive(Debug)]
pub struct Tenant {
    view: Arc<View>,
    /// The scenario as a document, for what is the same in all its entries.
    document: Value,
    log: Log,
}

impl Tenant {
    /// A tenant that has said nothing yet: all that is known is what it will be stocked with.
    pub(super) fn new(scenario: Arc<Scenario>) -> Self {
        let document = scenario.document();
        let view = Arc::new(View::of(scenario));
        Self { view, document, log: Log::default() }
    }

    /// Takes what the tenant told; false if it had told something newer before.
    pub(super) fn learn(&mut self, view: View) -> bool {
        if view.revision < self.view.revision {
            return false;
        }
        if !Arc::ptr_eq(&view.scenario, &self.view.scenario) {
            self.document = view.scenario.document();
        }
        self.view = Arc::new(view);
        true
    }

    pub(super) fn signed_in(&mut self, new: Vec<SignIn>) {
        self.log.add(new);
    }

    pub(super) fn noted(&mut self, note: &Note) {
        self.log.annotate(note);
    }

    /// What it told.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What it told so far, to be kept beside an answer of this moment.
    pub(super) const fn snapshot(&self) -> &Arc<View> {
        &self.view
    }

    /// The sign-in log, oldest first.
    pub const fn attempts(&self) -> &VecDeque<Attempt> {
        self.log.attempts()
    }

    /// What changes whenever something here does.
    pub fn version(&self) -> (u64, u64) {
        (self.view.revision, self.log.version())
    }

    /// How many entries a section has.
    pub fn count(&self, section: Section) -> usize {
        match section {
            Section::Grants => self.view.grants.len() + self.view.assignments.len(),
            // The first is the clock.
            Section::Trouble => 1 + self.view.faults.len(),
            Section::SignIns => self.attempts().len(),
            Section::Steps => self.view.done.len() + self.view.undone.len(),
            // The first is what holds everywhere.
            Section::Policies => 1 + self.in_lists(section).count(),
            Section::People
            | Section::Groups
            | Section::Devices
            | Section::Applications
            | Section::Identities
            | Section::Locations
            | Section::Tenants => self.in_lists(section).count(),
        }
    }

    /// The entry at a place of a section: the log and the steps begin with the newest.
    pub fn entry(&self, section: Section, index: usize) -> Option<Entry<'_>> {
        match section {
            Section::Grants => match self.view.grants.get(index) {
                Some(grant) => Some(Entry::Grant(grant)),
                None => self.view.assignments.get(index - self.view.grants.len()).map(Entry::Role),
            },
            Section::Trouble => match index.checked_sub(1) {
                None => Some(Entry::Clock(self.view.clock)),
                Some(index) => self.view.faults.get(index).map(Entry::Fault),
            },
            Section::SignIns => {
                let place = self.attempts().len().checked_sub(index + 1)?;
                self.attempts().get(place).map(Entry::Attempt)
            }
            // What would be done again last was done last: from there down it is one history.
            Section::Steps => match self.view.undone.get(index) {
                Some(step) => Some(Entry::Undone(step)),
                None => self.view.done.iter().rev().nth(index - self.view.undone.len()).map(Entry::Done),
            },
            Section::Policies => match index.checked_sub(1) {
                None => Some(Entry::Policy(&self.document["policy"])),
                Some(index) => self.in_lists(section).nth(index),
            },
            Section::People
            | Section::Groups
            | Section::Devices
            | Section::Applications
            | Section::Identities
            | Section::Locations
            | Section::Tenants => self.in_lists(section).nth(index),
        }
    }

    /// The entries of the lists that a section shows.
    fn in_lists(&self, section: Section) -> impl Iterator<Item = Entry<'_>> {
        section.lists().iter().flat_map(|list| {
            let entries = self.listed(*list).iter().enumerate();
            entries.map(|(place, entry)| Entry::Listed(*list, place, entry))
        })
    }

    fn listed(&self, list: List) -> &[Value] {
        self.document[list.name()].as_array().map(Vec::as_slice).unwrap_or_default()
    }
}

impl Entry<'_> {
    /// What tells it from the others of its section, as long as it is there.
    pub fn identity(&self) -> String {
        match self {
            Self::Listed(list, _, entry) => text(entry, list.identity()).to_owned(),
            Self::Policy(_) | Self::Clock(_) => String::new(),
            Self::Fault(fault) => fault.id.clone(),
            Self::Grant(grant) => grant.id.clone(),
            Self::Role(role) => role.id.clone(),
            Self::Attempt(attempt) => attempt.number.to_string(),
            Self::Undone(step) | Self::Done(step) => format!("{} {}", step.at.millis(), step.said),
        }
    }
}

/// The text of a member, empty if there is none.
fn text<'a>(entry: &'a Value, member: &str) -> &'a str {
    entry[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixTime;

    fn tenant() -> Tenant {
        Tenant::new(Arc::new(Scenario::northwind()))
    }

    #[test]
    fn every_section_has_as_many_entries_as_it_says() {
        let mut tenant = tenant();
        let step = |second, said: &str| Step { at: UnixTime::from_seconds(second), said: said.to_owned() };
        let view = View {
            revision: 1,
            done: vec![step(1, "first"), step(2, "second")],
            undone: vec![step(4, "fourth"), step(3, "third")],
            grants: vec![PermissionGrant { id: "g".to_owned(), ..PermissionGrant::default() }],
            assignments: vec![RoleAssignment { id: "r".to_owned(), ..RoleAssignment::default() }],
            ..tenant.view().clone()
        };
        assert!(tenant.learn(view));
        for section in Section::ALL {
            let count = tenant.count(section);
            assert!((0..count).all(|index| tenant.entry(section, index).is_some()), "{section:?}");
            assert_eq!(tenant.entry(section, count), None, "{section:?}");
        }
        let said = |index| match tenant.entry(Section::Steps, index) {
            Some(Entry::Undone(step) | Entry::Done(step)) => step.said.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!([0, 1, 2, 3].map(said), ["fourth", "third", "second", "first"], "the newest first");
    }

    #[test]
    fn what_comes_late_does_not_undo_what_is_newer() {
        let mut tenant = tenant();
        let with = |revision, tenant: &Tenant| View { revision, ..tenant.view().clone() };
        let (newer, older) = (with(3, &tenant), with(2, &tenant));
        assert!(tenant.learn(newer) && !tenant.learn(older));
        assert_eq!(tenant.view().revision, 3);
    }
}
