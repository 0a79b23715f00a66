//! A recipe being carried out: orders to the tenant, runs before, the run that shows the number, and what happens in the
//! middle of it. Each waits for the one before; nothing here waits by itself, for [`Workbench::apply`] asks after every
//! event what is next.

use std::collections::VecDeque;

use super::{
    plan::Hold,
    recipe::recipe,
    undo::{after, inverse},
};
use crate::{
    flow::{self, Bend, Change, Choice, NamedBend, Prompt, Seeds, StepId, StepState},
    provider::order::Order,
    time::UnixTime,
    workbench::{
        Channel, Effect, FrontChannel, LabState, Owner, Session, SessionId, Start, Workbench,
        session::Visitor,
    },
};

/// A number that is shown, or was, in the lab tenant.
#[derive(Debug)]
pub struct Reproduction {
    /// Which.
    pub code: u32,
    /// What is wrong, in one sentence.
    pub shows: &'static str,
    /// The run that shows it, or that works since it was mended; `None` until it begins.
    pub session: Option<SessionId>,
    /// Whether what was wrong is mended, or about to be.
    pub is_mended: bool,
    /// Why it could not be set up, if so.
    pub trouble: Option<String>,
    /// How many exchanges there were before it.
    pub(super) since: usize,
    /// The run that was there last when it began, and is looked at until its own begins.
    stands_in: Option<SessionId>,
    /// The runs before, in one browser, as far as they have begun.
    pub(super) ran: Vec<SessionId>,
    /// What makes the tenant as it was.
    mend: Vec<Order>,
    /// The run that works then; `None` if it could not be set up.
    mended: Option<Start>,
    /// Orders without an answer so far.
    open: Vec<Order>,
    /// Runs before that are still to begin.
    before: VecDeque<Start>,
    main: Option<Start>,
    holds: Vec<Hold>,
    /// Whether a request that is sent beforehand has no answer so far.
    is_sending: bool,
    /// Whether somebody is at the device beforehand.
    is_visiting: bool,
    press: Vec<String>,
    /// Who signs in once a device was dealt with.
    front: Option<FrontChannel>,
}

/// What is next.
enum Next {
    Order(Vec<Order>),
    Start(Box<Start>, Option<SessionId>),
    Bend(SessionId, StepId, Vec<String>),
    SendBefore(SessionId, StepId),
    /// Somebody comes to the device, now that everything about it is as it should be.
    Come(SessionId),
    /// Whoever was at the device has left.
    Leave(SessionId),
    GoOn(SessionId, Hold),
}

impl Reproduction {
    /// Whether a run is about it: the one that shows the number (or works since), or one of those before.
    pub fn concerns(&self, run: SessionId) -> bool {
        let stands_in = self.session.is_none() && self.stands_in == Some(run);
        self.session == Some(run) || self.ran.contains(&run) || stands_in
    }

    /// Whether it has given this order and has no answer so far.
    pub fn awaits(&self, order: &Order) -> bool {
        self.open.contains(order)
    }

    /// Whether a step of a run waits for something that is to be done first.
    pub(in crate::workbench) fn holds(&self, session: &Session) -> bool {
        self.session == Some(session.id) && self.due(session).is_some()
    }

    /// What is to be done before the step or the page at which the run is.
    fn due(&self, session: &Session) -> Option<usize> {
        let is_at = |hold: &Hold| match (hold.step, &hold.page) {
            (_, Some(_)) => session.is_paused(),
            (StepId::Poll, None) => matches!(session.flow.prompt(), Some(Prompt::DeviceCode(_))),
            (step, None) => {
                session.flow.steps().iter().any(|one| one.id == step && one.state == StepState::Ready)
            }
        };
        self.holds.iter().position(is_at)
    }

    /// Takes note that an order was answered.
    pub(in crate::workbench) fn answered(&mut self, order: &Order, result: &Result<String, String>) {
        let Some(at) = self.open.iter().position(|open| open == order) else { return };
        self.open.remove(at);
        if let Err(why) = result {
            self.trouble.get_or_insert_with(|| why.clone());
            self.main = None;
            self.before.clear();
            self.holds.clear();
        }
    }

    /// Takes note that the request which was sent beforehand has its answer.
    pub(in crate::workbench) const fn sent(&mut self) {
        self.is_sending = false;
    }

    fn next(&mut self, sessions: &[Session]) -> Option<Next> {
        if !self.open.is_empty() || self.is_sending {
            return None;
        }
        let is_over = |id: SessionId| sessions.get(id.index()).is_none_or(|session| !session.is_running());
        if self.main.is_some() {
            if self.ran.last().is_some_and(|last| !is_over(*last)) {
                return None;
            }
            let browser = self.ran.last().copied();
            let id = SessionId::at(sessions.len());
            let start = if let Some(start) = self.before.pop_front() {
                self.ran.push(id);
                start
            } else {
                self.session = Some(id);
                let mut start = self.main.take()?;
                if self.holds.iter().any(|hold| hold.step == StepId::Poll) {
                    self.front = start.front.take();
                }
                start
            };
            return Some(Next::Start(Box::new(start), browser));
        }
        let session = sessions.get(self.session?.index()).filter(|session| session.is_running())?;
        if self.is_visiting {
            self.is_visiting = session.stranded.is_none();
            return (!self.is_visiting).then_some(Next::Leave(session.id));
        }
        let at = self.due(session)?;
        let hold = &mut self.holds[at];
        if !hold.orders.is_empty() {
            return Some(Next::Order(std::mem::take(&mut hold.orders)));
        }
        if !hold.bends.is_empty() {
            return Some(Next::Bend(session.id, hold.step, std::mem::take(&mut hold.bends)));
        }
        if hold.sent_before > 0 {
            hold.sent_before -= 1;
            self.is_sending = true;
            return Some(Next::SendBefore(session.id, hold.step));
        }
        if hold.visits_before > 0 {
            hold.visits_before -= 1;
            self.is_visiting = true;
            return Some(Next::Come(session.id));
        }
        Some(Next::GoOn(session.id, self.holds.remove(at)))
    }

    /// The button of a page at which the run that is about to begin waits.
    fn page_of_run(&self) -> Option<String> {
        self.holds.iter().find_map(|hold| hold.page.clone())
    }
}

impl Workbench {
    /// The number that is being shown in the lab tenant, or was shown last.
    pub const fn reproduction(&self) -> Option<&Reproduction> {
        self.reproduction.as_ref()
    }

    /// Whether the lab can be brought to a number from here.
    pub fn can_reproduce(&self, code: u32) -> bool {
        let is_running = matches!(self.lab.state, LabState::Running(_));
        self.has_own_lab() && is_running && recipe(code).is_some()
    }

    /// Sets the lab tenant to the state that gives a number, and starts the run that meets it. What an earlier one left
    /// behind is mended first.
    pub(in crate::workbench) fn reproduce(&mut self, code: u32, seeds: &Seeds, now: UnixTime) -> Vec<Effect> {
        let Some(recipe) = recipe(code).filter(|_| self.can_reproduce(code)) else { return Vec::new() };
        let mut effects = self.give_up_stage(now);
        let plan = self.plan(recipe, seeds, now);
        let left = self.reproduction.take().filter(|one| !one.is_mended).map(|one| one.mend);
        let left = left.unwrap_or_default();
        let trouble = plan.is_none().then(|| {
            "the directory was changed: an application, a person or a list that it takes is not there"
                .to_owned()
        });
        let (orders, plan) = plan.map_or_else(Default::default, |plan| (plan.orders.clone(), Some(plan)));
        // How each is taken back shows itself in the directory before it.
        let mut scenario = (*self.lab.scenario).clone();
        for order in &left {
            scenario = after(order, &scenario).unwrap_or(scenario);
        }
        let mut mend = Vec::new();
        let holds = plan.as_ref().map(|plan| plan.holds.clone()).unwrap_or_default();
        for order in orders.iter().chain(holds.iter().flat_map(|hold| &hold.orders)) {
            mend.extend(inverse(order, &scenario));
            scenario = after(order, &scenario).unwrap_or(scenario);
        }
        mend.reverse();
        let open: Vec<Order> = left.into_iter().chain(orders).collect();
        let (before, main, press, mended) = plan.map_or_else(Default::default, |plan| {
            (plan.before, Some(plan.main), plan.press, Some(plan.mended))
        });
        self.reproduction = Some(Reproduction {
            code,
            shows: &recipe.shows,
            session: None,
            // What could not be set up needs no mending.
            is_mended: trouble.is_some(),
            trouble,
            since: self.traffic.all().len(),
            stands_in: self.latest().map(|last| self.root(last.id)),
            ran: Vec::new(),
            mend,
            mended,
            open: open.clone(),
            before: before.into(),
            main,
            holds,
            is_sending: false,
            is_visiting: false,
            press,
            front: None,
        });
        effects.extend(open.into_iter().map(|order| Effect::Lab(Box::new(order))));
        effects
    }

    /// Mends what the last reproduction broke, and starts the run that works then.
    pub(in crate::workbench) fn mend(&mut self, seeds: &Seeds, now: UnixTime) -> Vec<Effect> {
        if self.reproduction.as_ref().is_none_or(|shown| shown.is_mended) {
            return Vec::new();
        }
        let mut effects = self.give_up_stage(now);
        let stands_in = self.latest().map(|last| self.root(last.id));
        let Some(shown) = &mut self.reproduction else { return effects };
        shown.stands_in = stands_in;
        let orders = std::mem::take(&mut shown.mend);
        shown.is_mended = true;
        shown.session = None;
        shown.ran.clear();
        shown.before.clear();
        shown.holds.clear();
        shown.press.clear();
        shown.is_sending = false;
        shown.is_visiting = false;
        shown.since = self.traffic.all().len();
        shown.main = shown.mended.clone().map(|mended| Start { seeds: seeds.clone(), ..mended });
        shown.open.clone_from(&orders);
        effects.extend(orders.into_iter().map(|order| Effect::Lab(Box::new(order))));
        effects
    }

    /// Gives up what still goes on of the number that is being shown: nobody waits for it any more.
    fn give_up_stage(&mut self, now: UnixTime) -> Vec<Effect> {
        let Some(shown) = &self.reproduction else { return Vec::new() };
        let runs: Vec<SessionId> = shown.ran.iter().copied().chain(shown.session).collect();
        runs.into_iter()
            .filter(|id| self.session(*id).is_some_and(Session::is_running))
            .collect::<Vec<_>>()
            .into_iter()
            .flat_map(|id| self.cancel(id, now))
            .collect()
    }

    /// Whatever is next of the number that is being shown.
    pub(in crate::workbench) fn stage_on(&mut self, now: UnixTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(next) = self.reproduction.as_mut().and_then(|shown| shown.next(&self.sessions)) {
            effects.extend(match next {
                Next::Order(orders) => {
                    if let Some(shown) = &mut self.reproduction {
                        shown.open.clone_from(&orders);
                    }
                    orders.into_iter().map(|order| Effect::Lab(Box::new(order))).collect()
                }
                Next::Start(start, browser) => self.start_on_stage(*start, browser, now),
                Next::SendBefore(session, step) => self.send_before(session, step, now),
                Next::Bend(session, step, changes) => self.bend_on_stage(session, step, &changes, now),
                Next::Come(session) => self.come_to_device(session, now),
                Next::Leave(session) => {
                    self.leave_device(session);
                    Vec::new()
                }
                Next::GoOn(session, Hold { page: Some(_), .. }) => {
                    let Some(waiting) = self.sessions.get_mut(session.index()) else { continue };
                    let (effects, input) = waiting.resume(&mut self.traffic, now);
                    self.and_then(session, effects, input, now)
                }
                Next::GoOn(session, Hold { step: StepId::Poll, .. }) => self.come_to_device(session, now),
                Next::GoOn(session, _) => {
                    let more = self.run_on(session, now);
                    self.go_along(session, more, now)
                }
            });
        }
        effects
    }

    fn start_on_stage(&mut self, start: Start, browser: Option<SessionId>, now: UnixTime) -> Vec<Effect> {
        let browser = browser.and_then(|id| self.session(id)).and_then(|session| session.agent.clone());
        // What is done on pages is for the run that shows the number.
        let shown = self.reproduction.as_ref().filter(|shown| shown.main.is_none());
        let visitor = Visitor {
            browser,
            presses: shown.map(|shown| shown.press.clone()).unwrap_or_default(),
            waits_at: shown.and_then(Reproduction::page_of_run),
        };
        self.start_for(None, visitor, start, now)
    }

    /// Changes the request that a step is about to send, with what came before.
    fn bend_on_stage(
        &mut self,
        id: SessionId,
        step: StepId,
        changes: &[String],
        now: UnixTime,
    ) -> Vec<Effect> {
        let named: Vec<NamedBend> = changes.iter().filter_map(|change| self.change(step, change)).collect();
        let mut effects = Vec::new();
        for NamedBend { name, change, .. } in named {
            let steps = self.session(id).map(|session| session.flow.steps()).unwrap_or_default();
            let draft = steps.iter().find(|one| one.id == step).and_then(|one| one.draft);
            let at = draft.and_then(|draft| draft.fields.iter().position(|field| field.is_called(&name)));
            let bend = match (change, at) {
                (Change::Set(value), Some(at)) => Bend::Set(at, value),
                (Change::Drop, Some(at)) => Bend::ToggleRemoved(at),
                (Change::Add(place, value), _) => Bend::Add(place, name, value),
                (Change::Set(_) | Change::Drop, None) => continue,
            };
            effects.extend(self.step(id, flow::Input::Chosen(Choice::Bend(bend)), now));
        }
        effects
    }

    /// Sends what a step is about to send, so that the step comes second.
    fn send_before(&mut self, id: SessionId, step: StepId, now: UnixTime) -> Vec<Effect> {
        let request = self.session(id).and_then(|session| {
            let steps = session.flow.steps();
            steps.iter().find(|one| one.id == step)?.draft?.request().ok()
        });
        let (Some(request), Some(session)) = (request, self.sessions.get_mut(id.index())) else {
            if let Some(shown) = &mut self.reproduction {
                shown.sent();
            }
            return Vec::new();
        };
        let send = self.traffic.send(Owner::Ahead(id), Some(step), Channel::Back, request, now);
        if let Effect::Send(exchange, _) = &send {
            session.exchanges.push(*exchange);
        }
        vec![send]
    }

    /// The person comes to the device, now that everything about it is as it should be.
    fn come_to_device(&mut self, id: SessionId, now: UnixTime) -> Vec<Effect> {
        let front = self.reproduction.as_mut().and_then(|shown| shown.front.take());
        let (Some(front), Some(session)) = (front, self.sessions.get_mut(id.index())) else {
            return Vec::new();
        };
        session.front = Some(front);
        session.sign_in(&mut self.traffic, now)
    }

    /// The person leaves the device, and can come again.
    fn leave_device(&mut self, id: SessionId) {
        let front = self.sessions.get_mut(id.index()).and_then(|session| session.front.take());
        if let Some(shown) = &mut self.reproduction {
            shown.front = front;
        }
    }
}
