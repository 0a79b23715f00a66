//! What can be done to a running tenant beside its protocol: by the Tenant screen, the control address, and tests.
//!
//! [`Provider::carry_out`] does it; what changes the directory or the grants takes effect with the next request and can be
//! undone, step by step. [`Provider::view`] is what there is to see.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Provider,
    clock::Clock,
    consents::{Consents, GrantError, PermissionGrant, RoleAssignment},
    faults::{ActiveFault, Fault, FaultError},
    scenario::{
        Scenario, ScenarioError,
        edit::{Edit, EditError},
    },
};
use crate::{secret::is_harmless_member, time::UnixTime};

/// How many steps can be undone.
const STEPS: usize = 100;

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "order", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Order {
    /// Changes the directory.
    Edit {
        /// How.
        change: Edit,
    },
    /// Grants delegated permissions, of which the application keeps those it has.
    Grant {
        /// What to whom.
        grant: PermissionGrant,
    },
    /// Takes back a grant of delegated permissions.
    Withdraw {
        /// Its `id`.
        id: String,
    },
    /// Gives an application a role.
    Assign {
        /// Which to which.
        assignment: RoleAssignment,
    },
    /// Takes a role back.
    Unassign {
        /// The `id` of the assignment.
        id: String,
    },
    /// Ends all sessions of a person.
    RevokeSessions {
        /// Their key.
        user: String,
    },
    /// Replaces the directory by that of a scenario file.
    Load {
        /// The text of the file.
        text: String,
    },
    /// Moves the tenant's clock, on top of earlier moves.
    MoveClock {
        /// How far; back if it is negative.
        seconds: i64,
    },
    /// Lets the tenant's clock show the machine's time again.
    ResetClock,
    /// Switches a fault on. It is no step that is undone: it is switched off.
    Fault {
        /// What, where and how often.
        fault: Fault,
    },
    /// Switches a fault off.
    RemoveFault {
        /// Its `id`.
        id: String,
    },
    /// Switches all faults off.
    ClearFaults,
    /// Goes back to how the tenant began: directory, grants and clock (which can be undone), and nobody is signed in, nothing
    /// was handed out, no fault is on and the log is empty.
    Reset,
    /// Takes the last step back.
    Undo,
    /// Does again what was taken back last.
    Redo,
}

/// Why an order was not carried out. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The directory does not take the edit.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The grant names something that is not there.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The scenario file is at fault.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The fault cannot be switched on or off.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// There is no such person.
    #[error("nobody in the directory has the key {0:?}")]
    NoUser(String),
    /// There is no grant or assignment with that id.
    #[error("there is no grant with the id {0:?}")]
    NoGrant(String),
    /// Nothing was done yet.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing was undone.
    #[error("there is nothing to do again")]
    NothingToRedo,
}

/// A step that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it was done.
    pub at: UnixTime,
    /// What was done.
    pub said: String,
}

/// The steps that were done and those that were taken back, each with the state on its other side.
#[derive(Debug, Default)]
pub(super) struct History {
    done: Vec<(Step, State)>,
    undone: Vec<(Step, State)>,
}

/// What steps change.
#[derive(Clone, Debug)]
struct State {
    scenario: Arc<Scenario>,
    consents: Consents,
    clock: Clock,
}

/// The tenant as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Grows with every change of what is in here.
    pub revision: u64,
    /// The directory.
    pub scenario: Arc<Scenario>,
    /// What applications may do for people.
    pub grants: Vec<PermissionGrant>,
    /// What applications may do by themselves.
    pub assignments: Vec<RoleAssignment>,
    /// How its clock differs from the machine's.
    pub clock: Clock,
    /// The faults that are on.
    pub faults: Vec<ActiveFault>,
    /// The ids of the published keys, the one that signs first.
    pub keys: Vec<String>,
    /// The steps that can be taken back, the last one last.
    pub done: Vec<Step>,
    /// The steps that can be done again, the next one last.
    pub undone: Vec<Step>,
}

impl View {
    /// What there is to see of a tenant that nothing else is known of.
    pub const fn of(scenario: Arc<Scenario>) -> Self {
        Self {
            revision: 0,
            scenario,
            grants: Vec::new(),
            assignments: Vec::new(),
            clock: Clock::ZERO,
            faults: Vec::new(),
            keys: Vec::new(),
            done: Vec::new(),
            undone: Vec::new(),
        }
    }
}

impl Provider {
    /// Carries out an order and says what was done. `now` is the machine's time.
    pub fn carry_out(&mut self, order: &Order, now: UnixTime) -> Result<String, OrderError> {
        let now = self.clock.at(now);
        match order {
            Order::Edit { change } => self.edit(change, now).map_err(Into::into),
            Order::Grant { grant } => {
                let before = self.before();
                let said = self.consents.add(&self.scenario, grant)?;
                Ok(self.did(said, before, now))
            }
            Order::Withdraw { id } => {
                let before = self.before();
                let said = self.consents.remove(&self.scenario, id);
                said.map(|said| self.did(said, before, now)).ok_or_else(|| OrderError::NoGrant(id.clone()))
            }
            Order::Assign { assignment } => {
                let before = self.before();
                let said = self.consents.add_role(&self.scenario, assignment)?;
                Ok(self.did(said, before, now))
            }
            Order::Unassign { id } => {
                let before = self.before();
                let said = self.consents.remove_role(&self.scenario, id);
                said.map(|said| self.did(said, before, now)).ok_or_else(|| OrderError::NoGrant(id.clone()))
            }
            Order::RevokeSessions { user } => {
                let found = self.scenario.user(user).ok_or_else(|| OrderError::NoUser(user.clone()))?;
                let (id, name) = (found.id.clone(), found.display_name.clone());
                self.revoke_sessions(&id, now);
                self.revision += 1;
                Ok(format!("{name}: every session ended"))
            }
            Order::Load { text } => {
                let scenario = Arc::new(Scenario::parse(text)?);
                let before = self.before();
                self.consents = Consents::stocked(&scenario);
                self.scenario = scenario;
                self.catch_up();
                Ok(self.did("a scenario was loaded".to_owned(), before, now))
            }
            Order::MoveClock { seconds } => {
                Ok(self.set_clock(self.clock.moved(seconds.saturating_mul(1000)), now))
            }
            Order::ResetClock => Ok(self.set_clock(Clock::default(), now)),
            Order::Fault { fault } => {
                let id = self.faults.switch_on(fault)?;
                self.revision += 1;
                Ok(format!("{id} is on: {}", fault.said()))
            }
            Order::RemoveFault { id } => {
                let fault = self.faults.switch_off(id)?;
                self.revision += 1;
                Ok(format!("{id} is off: {}", fault.kind.said()))
            }
            Order::ClearFaults => {
                let count = self.faults.clear();
                self.revision += 1;
                Ok(match count {
                    1 => "1 fault switched off".to_owned(),
                    _ => format!("{count} faults switched off"),
                })
            }
            Order::Reset => {
                let before = self.before();
                self.consents = Consents::stocked(&self.began);
                self.scenario = Arc::clone(&self.began);
                self.clock = Clock::default();
                self.faults.clear();
                self.forget_everybody();
                Ok(self.did("everything is as it began".to_owned(), before, now))
            }
            Order::Undo => {
                let (step, state) = self.history.done.pop().ok_or(OrderError::NothingToUndo)?;
                let said = format!("undone: {}", step.said);
                let after = self.restore(state);
                self.history.undone.push((step, after));
                Ok(said)
            }
            Order::Redo => {
                let (step, state) = self.history.undone.pop().ok_or(OrderError::NothingToRedo)?;
                let said = format!("done again: {}", step.said);
                let before = self.restore(state);
                self.history.done.push((step, before));
                Ok(said)
            }
        }
    }

    /// Changes the directory and says what was done.
    pub(super) fn edit(&mut self, change: &Edit, now: UnixTime) -> Result<String, EditError> {
        let scenario = Arc::new(change.apply(&self.scenario)?);
        let before = self.before();
        self.scenario = scenario;
        self.catch_up();
        Ok(self.did(outline(change), before, now))
    }

    /// Does several things as one step: all of them, or none if one fails.
    pub(super) fn in_one_step<T, E>(
        &mut self,
        said: impl FnOnce(&T) -> String,
        now: UnixTime,
        act: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let (before, history) = (self.before(), std::mem::take(&mut self.history));
        let done = act(self);
        self.history = history;
        match &done {
            Ok(made) => {
                self.did(said(made), before, now);
            }
            Err(_) => {
                self.restore(before);
            }
        }
        done
    }

    /// Writes down what somebody granted on a page: a step like any other.
    pub(super) fn consented(&mut self, said: String, now: UnixTime, write: impl FnOnce(&mut Consents)) {
        let before = self.before();
        write(&mut self.consents);
        self.did(said, before, now);
    }

    /// Notes a change of directory or grants that was made, so that it can be undone.
    fn did(&mut self, said: String, before: State, now: UnixTime) -> String {
        self.revision += 1;
        self.history.undone.clear();
        if self.history.done.len() == STEPS {
            self.history.done.remove(0);
        }
        self.history.done.push((Step { at: now, said: said.clone() }, before));
        said
    }

    /// What a step is about to change.
    fn before(&self) -> State {
        State { scenario: Arc::clone(&self.scenario), consents: self.consents.clone(), clock: self.clock }
    }

    fn set_clock(&mut self, clock: Clock, now: UnixTime) -> String {
        let before = self.before();
        self.clock = clock;
        self.did(clock.said(), before, now)
    }

    /// Moves the clock by less than a second, too.
    pub fn move_clock(&mut self, millis: i64, now: UnixTime) -> String {
        self.set_clock(self.clock.moved(millis), self.clock.at(now))
    }

    /// Puts a state in place and gives back the one that was there.
    fn restore(&mut self, state: State) -> State {
        let there = State {
            scenario: std::mem::replace(&mut self.scenario, state.scenario),
            consents: std::mem::replace(&mut self.consents, state.consents),
            clock: std::mem::replace(&mut self.clock, state.clock),
        };
        self.catch_up();
        self.revision += 1;
        there
    }

    /// What there is to see.
    pub fn view(&self) -> View {
        let steps = |steps: &[(Step, State)]| steps.iter().map(|(step, _)| step.clone()).collect();
        View {
            revision: self.revision,
            scenario: Arc::clone(&self.scenario),
            grants: self.consents.grants(&self.scenario),
            assignments: self.consents.assignments(&self.scenario),
            clock: self.clock,
            faults: self.faults.active().to_vec(),
            keys: self.keys.ids().into_iter().map(str::to_owned).collect(),
            done: steps(&self.history.done),
            undone: steps(&self.history.undone),
        }
    }

    /// The directory as it is now, with what is granted now: what a scenario file says of it.
    pub fn exported(&self) -> Scenario {
        // A permission that its resource no longer offers cannot be said in a file.
        let grant = |mut grant: PermissionGrant| {
            grant.id.clear();
            let resource = self.scenario.application(&grant.resource)?;
            grant.scopes.retain(|value| resource.scope(value).is_some());
            (!grant.scopes.is_empty()).then_some(grant)
        };
        let role = |mut held: RoleAssignment| {
            held.id.clear();
            held.read(&self.scenario).is_ok().then_some(held)
        };
        let grants = self.consents.grants(&self.scenario).into_iter().filter_map(grant).collect();
        let assignments = self.consents.assignments(&self.scenario).into_iter().filter_map(role).collect();
        self.scenario.without_certificates(&self.registered).with_grants(grants, assignments)
    }

    /// Grows with every change that [`Provider::view`] shows.
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}

/// An edit in one line, without secrets.
fn outline(edit: &Edit) -> String {
    let members = |members: &serde_json::Map<String, Value>| {
        let shown = members.iter().map(|(name, value)| match value {
            Value::Bool(_) | Value::Number(_) => format!("{name} {value}"),
            Value::String(text) if is_harmless_member(name, text) => format!("{name} {text}"),
            Value::Null => format!("no {name}"),
            Value::String(_) | Value::Array(_) | Value::Object(_) => name.clone(),
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    match edit {
        Edit::Add { to, entry } => {
            let name = ["displayName", "key", "id"].iter().find_map(|name| entry.get(*name)?.as_str());
            format!("{} added to {}", name.unwrap_or("an entry"), to.name())
        }
        Edit::Set { entry, members: set, .. } => format!("{entry}: {}", members(set)),
        Edit::Remove { from, entry } => format!("{entry} removed from {}", from.name()),
        Edit::Policy { members: set } => members(set),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::scenario::edit::List;

    #[test]
    fn orders_are_read_from_json() {
        let said = json!({"order": "edit", "change": {"edit": "set", "of": "users", "entry": "mina", "members": {"lockedOut": true}}});
        let edit = Edit::set(List::Users, "mina", "lockedOut", true);
        assert_eq!(serde_json::from_value::<Order>(said).unwrap(), Order::Edit { change: edit });
        assert_eq!(serde_json::from_value::<Order>(json!({"order": "undo"})).unwrap(), Order::Undo);
    }

    #[test]
    fn outlines_tell_what_and_hide_secrets() {
        assert_eq!(
            outline(&Edit::set(List::Users, "mina", "accountEnabled", false)),
            "mina: accountEnabled false"
        );
        assert_eq!(outline(&Edit::set(List::Users, "mina", "password", "x")), "mina: password");
    }
}
