//! A recipe being carried out: orders to the tenant, runs before, the run that shows the number, and what happens in the
//! middle of it. Each waits for the one before; nothing here waits by itself, for [`Workbench::apply`] asks after every
//! event what is next.

use std::collections::VecDeque;

use super::{
    plan::{Hold, Plan},
    recipe::recipe,
    undo::{after, inverse},
};
use crate::{
    flow::{Prompt, Seeds, StepId, StepState},
    provider::order::Order,
    time::UnixTime,
    workbench::{Channel, Effect, FrontChannel, LabState, Owner, Session, SessionId, Start, Workbench},
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
    /// What makes the tenant as it was.
    mend: Vec<Order>,
    /// The run that works then.
    mended: Start,
    /// Orders without an answer so far.
    open: Vec<Order>,
    /// Runs before, in one browser.
    before: VecDeque<Start>,
    /// The one of them that goes on, or was the last.
    last: Option<SessionId>,
    main: Option<Start>,
    holds: Vec<Hold>,
    /// Whether a request that is sent beforehand has no answer so far.
    is_sending: bool,
    press: Vec<String>,
    /// Who signs in once a device was dealt with.
    front: Option<FrontChannel>,
}

/// What is next.
enum Next {
    Order(Vec<Order>),
    Start(Box<Start>, Option<SessionId>),
    SendBefore(SessionId, StepId),
    GoOn(SessionId, StepId),
}

impl Reproduction {
    /// Whether a step of a run waits for something that is to be done first.
    pub(in crate::workbench) fn holds(&self, session: &Session) -> bool {
        self.session == Some(session.id) && self.due(session).is_some()
    }

    /// What is to be done before the step at which the run is.
    fn due(&self, session: &Session) -> Option<usize> {
        let is_at = |step: StepId| match step {
            StepId::Poll => matches!(session.flow.prompt(), Some(Prompt::DeviceCode(_))),
            _ => session.flow.steps().iter().any(|one| one.id == step && one.state == StepState::Ready),
        };
        self.holds.iter().position(|hold| is_at(hold.step))
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
            if self.last.is_some_and(|last| !is_over(last)) {
                return None;
            }
            let browser = self.last;
            let id = SessionId::at(sessions.len());
            let start = if let Some(start) = self.before.pop_front() {
                self.last = Some(id);
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
        let at = self.due(session)?;
        let hold = &mut self.holds[at];
        if !hold.orders.is_empty() {
            return Some(Next::Order(std::mem::take(&mut hold.orders)));
        }
        if hold.sent_before > 0 {
            hold.sent_before -= 1;
            self.is_sending = true;
            return Some(Next::SendBefore(session.id, hold.step));
        }
        let hold = self.holds.remove(at);
        Some(Next::GoOn(session.id, hold.step))
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
        let Some(plan) = self.plan(recipe, seeds, now) else { return Vec::new() };
        let Plan { orders, before, main, holds, press, mended } = plan;
        let left = self.reproduction.take().filter(|one| !one.is_mended).map(|one| one.mend);
        let left = left.unwrap_or_default();
        // How each is taken back shows itself in the directory before it.
        let mut scenario = (*self.lab.scenario).clone();
        for order in &left {
            scenario = after(order, &scenario).unwrap_or(scenario);
        }
        let mut mend = Vec::new();
        for order in orders.iter().chain(holds.iter().flat_map(|hold| &hold.orders)) {
            mend.extend(inverse(order, &scenario));
            scenario = after(order, &scenario).unwrap_or(scenario);
        }
        mend.reverse();
        let orders: Vec<Order> = left.into_iter().chain(orders).collect();
        self.reproduction = Some(Reproduction {
            code,
            shows: &recipe.shows,
            session: None,
            is_mended: false,
            trouble: None,
            mend,
            mended,
            open: orders.clone(),
            before: before.into(),
            last: None,
            main: Some(main),
            holds,
            is_sending: false,
            press,
            front: None,
        });
        orders.into_iter().map(|order| Effect::Lab(Box::new(order))).collect()
    }

    /// Mends what the last reproduction broke, and starts the run that works then.
    pub(in crate::workbench) fn mend(&mut self, seeds: &Seeds) -> Vec<Effect> {
        let Some(shown) = self.reproduction.as_mut().filter(|shown| !shown.is_mended) else {
            return Vec::new();
        };
        let orders = std::mem::take(&mut shown.mend);
        shown.is_mended = true;
        shown.session = None;
        shown.last = None;
        shown.before.clear();
        shown.holds.clear();
        shown.press.clear();
        shown.is_sending = false;
        shown.main = Some(Start { seeds: seeds.clone(), ..shown.mended.clone() });
        shown.open.clone_from(&orders);
        orders.into_iter().map(|order| Effect::Lab(Box::new(order))).collect()
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
                Next::GoOn(session, StepId::Poll) => self.come_to_device(session, now),
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
        let press = self.reproduction.as_ref().filter(|shown| shown.main.is_none());
        let press = press.map(|shown| shown.press.clone()).unwrap_or_default();
        self.start_for(None, browser, press, start, now)
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
}
