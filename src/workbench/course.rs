//! How runs go on: each input is given to the flow of its run, and what the flow wants becomes effects. A run on automatic
//! goes on by itself; other runs follow what one has brought.

use super::{Channel, Effect, ExchangeId, Owner, Session, SessionId, Start, Workbench, session::Visitor};
use crate::{
    flow::{self, Choice, StepId},
    oauth::Arrival,
    secret::Secret,
    time::UnixTime,
    wire::{Failure, Request, Response, Timing},
};

impl Workbench {
    pub(super) fn start(&mut self, start: Start, now: UnixTime) -> Vec<Effect> {
        self.start_for(None, Visitor::default(), start, now)
    }

    /// Starts a run; `brings_for` names the run that waits for its tokens.
    pub(super) fn start_for(
        &mut self,
        brings_for: Option<SessionId>,
        visitor: Visitor,
        start: Start,
        now: UnixTime,
    ) -> Vec<Effect> {
        let (id, seeds) = (SessionId::at(self.sessions.len()), start.seeds.clone());
        let mut session = Session::new(id, start, now);
        session.brings_for = brings_for;
        session.visitor = visitor;
        self.sessions.push(session);
        self.advance(id, flow::Input::Begin(seeds), now)
    }

    /// Gives one input to a run's flow and turns what it wants into effects, then runs on if the person asked for that.
    pub(super) fn advance(&mut self, id: SessionId, input: flow::Input, now: UnixTime) -> Vec<Effect> {
        let mut effects = self.step(id, input, now);
        effects.extend(self.run_on(id, now));
        self.go_along(id, effects, now)
    }

    /// After run `id` has moved: what other runs do about it.
    pub(super) fn go_along(&mut self, id: SessionId, mut effects: Vec<Effect>, now: UnixTime) -> Vec<Effect> {
        effects.extend(self.fetch_token(id, now));
        effects.extend(self.hand_over(id, now));
        effects
    }

    pub(super) fn step(&mut self, id: SessionId, input: flow::Input, now: UnixTime) -> Vec<Effect> {
        let Some(session) = self.sessions.get_mut(id.index()) else { return Vec::new() };
        let effects = session.step(input, &mut self.traffic, now);
        for effect in &effects {
            let Effect::Send(exchange, request) = effect else { continue };
            let form = request.form();
            let Some(assertion) = form.get("client_assertion") else { continue };
            // Polling sends one after another, all alike; the one that counts is the one that brings the tokens.
            let is_poll = |id: &ExchangeId| {
                self.traffic.get(*id).is_some_and(|exchange| exchange.step == Some(StepId::Poll))
            };
            self.shelf.take_proof(assertion, session, *exchange, is_poll, now);
        }
        if let Some(tokens) = session.take_tokens() {
            let brought = |token: &Secret| {
                let answers = session.exchanges.iter().rev().filter_map(|id| self.traffic.get(*id));
                answers.filter(|exchange| exchange.brought(token)).map(|exchange| exchange.id).next()
            };
            self.shelf.take(&tokens, session, brought, now);
        }
        effects
    }

    /// While a run is on automatic and a step waits only for "next": choose it.
    pub(super) fn run_on(&mut self, id: SessionId, now: UnixTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.session(id).is_some_and(|session| session.can_run_on() && !self.is_held(session)) {
            let before = self.session(id).map(|session| session.flow.current());
            effects.extend(self.step(id, flow::Input::Chosen(Choice::Next), now));
            // A request that cannot be sent stays where it is: then only the person can go on.
            let stuck = self.session(id).is_some_and(Session::can_run_on)
                && before == self.session(id).map(|session| session.flow.current());
            if stuck && let Some(session) = self.sessions.get_mut(id.index()) {
                session.auto = false;
            }
        }
        effects
    }

    /// Whether something is to be done before the step at which a run is.
    fn is_held(&self, session: &Session) -> bool {
        self.reproduction.as_ref().is_some_and(|shown| shown.holds(session))
    }

    pub(super) fn answered(
        &mut self,
        exchange: ExchangeId,
        result: Result<Response, Failure>,
        timing: Timing,
        now: UnixTime,
    ) -> Vec<Effect> {
        let Some(owner) = self.traffic.close(exchange, result.clone(), timing) else {
            return Vec::new();
        };
        let directory = self.target.is_none().then(|| self.tenant.snapshot());
        self.traffic.witness(exchange, now, directory);
        if let (Ok(response), Some(exchange)) = (&result, self.traffic.get(exchange)) {
            self.shelf.learn(&exchange.request.url, response, now);
        }
        match owner {
            Owner::Flow(session, call) => {
                let answer = match result {
                    Ok(response) => flow::Answer::Response(response),
                    Err(failure) => flow::Answer::Failed(failure),
                };
                self.advance(session, flow::Input::Answer(call, answer), now)
            }
            Owner::Agent(session) => self.agent_answered(session, result, now),
            // Nobody goes on from it: it is there to be compared.
            Owner::Replay(_) | Owner::Trial => Vec::new(),
            Owner::Ahead(_) => {
                if let Some(shown) = &mut self.reproduction {
                    shown.sent();
                }
                Vec::new()
            }
            Owner::Keys => self
                .shelf
                .next_key_source()
                .map(|url| self.traffic.send(Owner::Keys, None, Channel::Back, Request::get(url), now))
                .into_iter()
                .collect(),
        }
    }

    fn agent_answered(
        &mut self,
        id: SessionId,
        result: Result<Response, Failure>,
        now: UnixTime,
    ) -> Vec<Effect> {
        let Some(session) = self.sessions.get_mut(id.index()) else { return Vec::new() };
        let (effects, input) = session.agent_answered(result, &mut self.traffic, now);
        self.and_then(id, effects, input, now)
    }

    pub(super) fn and_then(
        &mut self,
        id: SessionId,
        mut effects: Vec<Effect>,
        input: Option<flow::Input>,
        now: UnixTime,
    ) -> Vec<Effect> {
        if let Some(input) = input {
            effects.extend(self.advance(id, input, now));
        }
        effects
    }

    pub(super) fn arrived(&mut self, id: SessionId, arrival: Arrival, now: UnixTime) -> Vec<Effect> {
        match self.sessions.get_mut(id.index()).and_then(|session| session.arrived(arrival)) {
            Some(input) => self.advance(id, input, now),
            None => Vec::new(),
        }
    }
}
