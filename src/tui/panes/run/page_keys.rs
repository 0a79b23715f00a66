//! What keys do on the page of the built-in user agent, and among the people of the lab who may sign in there.

use super::{
    State,
    edit::{Edit, Purpose},
    keys::bad,
    layout::{Mode, Region},
    page,
    shown::Shown,
};
use crate::{
    agent::{Act, Agent, ControlKind, Page},
    flow::{FlowKind, Prompt},
    provider::scenario::User as Person,
    time::UnixTime,
    tui::pane::Intent,
    workbench::{User, Workbench},
};

impl State {
    /// Enter on the page: does what the selected thing is for.
    pub(super) fn activate(&mut self, shown: &Shown<'_>, now: UnixTime) -> Vec<Intent> {
        if self.mode(shown) != Mode::Page {
            return self.go_on(shown, now);
        }
        let session = shown.session;
        if !session.is_running() {
            return self.go_on(shown, now);
        }
        let Some(page) = session.agent.as_ref().and_then(Agent::page) else { return Vec::new() };
        if session.agent_busy {
            return vec![bad("the page is on its way")];
        }
        if self.focus(shown) == Region::People {
            return self.fill_in(shown, page);
        }
        let at = self.page_at(shown);
        self.page.seen = session.exchanges.len();
        self.page.at = at;
        let Some(target) = page::targets(page).get(at).copied() else {
            return vec![bad("there is nothing to press on this page; Esc shows the run")];
        };
        let act = match (target, target.control(page).map(|control| control.kind)) {
            (page::Target::Link(block), _) => Act::Follow(block),
            (page::Target::Control(form, index), Some(ControlKind::Submit)) => Act::Submit(form, Some(index)),
            (
                page::Target::Control(form, index),
                Some(ControlKind::Checkbox { .. } | ControlKind::Radio { .. }),
            ) => Act::Toggle(form, index),
            (page::Target::Control(form, index), Some(ControlKind::Text | ControlKind::Password)) => {
                self.open_control(shown, page, form, index);
                return Vec::new();
            }
            (page::Target::Control(..), Some(ControlKind::Hidden) | None) => return Vec::new(),
        };
        vec![Intent::Bench(User::Act(session.id, act))]
    }

    fn open_control(&mut self, shown: &Shown<'_>, page: &Page, form: usize, index: usize) {
        let Some(control) = page::Target::Control(form, index).control(page) else { return };
        let masked = control.kind == ControlKind::Password;
        let purpose = Purpose::Control { form, index, masked };
        self.edit = Some(Edit::new(shown.session.id, purpose, control.value.expose()));
    }

    /// Space: ticks what can be ticked.
    pub(super) fn toggle(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let Some(page) = shown.session.agent.as_ref().and_then(Agent::page) else { return Vec::new() };
        if self.mode(shown) != Mode::Page || self.focus(shown) != Region::Page {
            return Vec::new();
        }
        match page::targets(page).get(self.page_at(shown)) {
            Some(page::Target::Control(form, index)) => {
                vec![Intent::Bench(User::Act(shown.session.id, Act::Toggle(*form, *index)))]
            }
            Some(page::Target::Link(_)) | None => Vec::new(),
        }
    }

    /// Writes what the selected person would into the page, and goes back to it.
    fn fill_in(&mut self, shown: &Shown<'_>, page: &Page) -> Vec<Intent> {
        let Some(person) = self.person(shown) else { return Vec::new() };
        let user_code = match &shown.prompt {
            Some(Prompt::DeviceCode(prompt)) => Some(prompt.user_code.as_str()),
            Some(Prompt::Visit(_)) | None => None,
        };
        let acts = page::filled_by(page, person, user_code);
        if acts.is_empty() {
            return vec![bad("this page asks for nothing that is known of this person")];
        }
        let targets = page::targets(page);
        let button = targets.iter().position(|target| {
            target.control(page).is_some_and(|control| control.kind == ControlKind::Submit)
        });
        self.page.seen = shown.session.exchanges.len();
        self.page.at = button.unwrap_or(0);
        self.region = Some(Region::Page);
        acts.into_iter().map(|act| Intent::Bench(User::Act(shown.session.id, act))).collect()
    }

    pub(super) fn person<'a>(&self, shown: &Shown<'a>) -> Option<&'a Person> {
        people(shown.bench).get(self.person_at(shown)).copied()
    }

    /// Who is selected: whoever was chosen; before that somebody with whom the flow can succeed.
    pub(super) fn person_at(&self, shown: &Shown<'_>) -> usize {
        let people = people(shown.bench);
        let suits = |person: &&Person| person.administrator;
        let usual = match shown.session.kind {
            FlowKind::AdminConsent => people.iter().position(suits).unwrap_or(0),
            _ => 0,
        };
        self.person.unwrap_or(usual).min(people.len().saturating_sub(1))
    }

    /// After a field of the page the next one opens by itself, as in a browser; a button waits for Enter.
    pub(super) fn after_field(&mut self, shown: &Shown<'_>) {
        let Some(page) = shown.session.agent.as_ref().and_then(Agent::page) else { return };
        let targets = page::targets(page);
        self.page.at = self.page.at.min(targets.len().saturating_sub(1));
        if let Some(page::Target::Control(form, index)) = targets.get(self.page.at).copied()
            && page::Target::Control(form, index).is_text(page)
        {
            self.open_control(shown, page, form, index);
        }
    }
}

/// Who can sign in at the lab tenant.
pub fn people(bench: &Workbench) -> Vec<&Person> {
    bench.lab.scenario.users().iter().map(AsRef::as_ref).collect()
}
