//! The workbench: sessions, traffic and the token shelf, in one value that its driver owns.
//!
//! [`Workbench::apply`] takes one [`Event`] and returns the [`Effect`]s that follow; it does no I/O and reads no clock.
//! The terminal interface, `authwright run` and the tests drive the same value. Panes read it when they draw; nobody
//! tells them.

pub mod compare;
mod course;
mod event;
pub mod evidence;
mod lab;
mod offer;
pub mod registrations;
pub mod replay;
pub mod reproduce;
mod session;
mod shelf;
mod source;
pub mod tenant;
mod terms;
mod traffic;

pub use event::{Effect, Event, Start, User};
pub use lab::{Lab, LabState};
pub use offer::{Group, Offer};
pub use registrations::{KeptId, Registrations};
pub use session::{FrontChannel, Session, SessionId};
pub use shelf::{Held, Shelf, TokenUse};
pub use source::Candidate;
pub use tenant::Tenant;
pub use terms::{Demand, Term};
pub use traffic::{Channel, Exchange, ExchangeId, Owner, Traffic};

use std::{collections::BTreeMap, sync::Arc};

use url::Url;

use crate::{
    flow::{self, Profile},
    provider::scenario::Scenario,
    time::UnixTime,
    wire::{Headers, Request},
};

/// The state of the program, without its looks.
#[derive(Debug)]
pub struct Workbench {
    /// The lab tenant as far as it is known.
    pub lab: Lab,
    /// What it told of its inside, to its owner.
    pub tenant: Tenant,
    /// What can be started with one key.
    pub offers: Vec<Offer>,
    /// The runs of this sitting, oldest first.
    pub sessions: Vec<Session>,
    /// Every exchange.
    pub traffic: Traffic,
    /// Tokens held.
    pub shelf: Shelf,
    /// Registrations and addresses that the person has brought.
    pub registrations: Registrations,
    /// Given on the command line: run against this instead of the lab tenant.
    target: Option<Profile>,
    /// Runs that wait for the lab tenant to answer.
    waiting: Vec<Start>,
    /// The number that is shown in the lab tenant.
    reproduction: Option<reproduce::Reproduction>,
}

impl Workbench {
    /// An empty workbench for the given target, or for a lab tenant stocked with `scenario`.
    pub fn new(target: Option<Profile>, scenario: Scenario) -> Self {
        let scenario = Arc::new(scenario);
        let tenant = Tenant::new(Arc::clone(&scenario));
        let lab =
            Lab { scenario, state: LabState::Starting, client_keys: BTreeMap::new(), identity_header: None };
        let offers = match &target {
            Some(profile) => Offer::for_target(profile),
            None => Offer::for_lab(&lab),
        };
        Self {
            lab,
            tenant,
            offers,
            sessions: Vec::new(),
            traffic: Traffic::default(),
            shelf: Shelf::default(),
            registrations: Registrations::default(),
            target,
            waiting: Vec::new(),
            reproduction: None,
        }
    }

    /// Whether requests go to the simulated tenant.
    pub const fn is_lab(&self) -> bool {
        match &self.target {
            None => true,
            Some(profile) => profile.authority.is_lab(),
        }
    }

    /// Whether the simulated tenant runs in here, so that it can be looked into and changed.
    pub const fn has_own_lab(&self) -> bool {
        self.target.is_none()
    }

    /// The run of that id.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id.index())
    }

    /// The run started last.
    pub fn latest(&self) -> Option<&Session> {
        self.sessions.last()
    }

    /// The hosts that were contacted, each once, in the order of the first contact.
    pub fn hosts(&self) -> Vec<String> {
        self.traffic.hosts()
    }

    /// Takes one event and says what follows.
    pub fn apply(&mut self, event: Event, now: UnixTime) -> Vec<Effect> {
        let mut effects = self.applied(event, now);
        effects.extend(self.stage_on(now));
        effects
    }

    fn applied(&mut self, event: Event, now: UnixTime) -> Vec<Effect> {
        match event {
            Event::User(user) => self.decide(user, now),
            Event::Answered { exchange, result, timing } => self.answered(exchange, result, timing, now),
            Event::Listening { session, call, result } => {
                let answer = match result {
                    Ok(listening) => flow::Answer::Listening(listening),
                    Err(failure) => flow::Answer::Failed(failure),
                };
                self.advance(session, flow::Input::Answer(call, answer), now)
            }
            Event::Arrived { session, arrival } => self.arrived(session, arrival, now),
            Event::Woke { session, call } => {
                self.advance(session, flow::Input::Answer(call, flow::Answer::Woke), now)
            }
            Event::Signed { session, call, result } => {
                let answer = match result {
                    Ok(signature) => flow::Answer::Signed(signature),
                    Err(failure) => flow::Answer::Failed(failure),
                };
                self.advance(session, flow::Input::Answer(call, answer), now)
            }
            Event::LabReady(base) => self.lab_ready(&base, now),
            Event::LabFailed(reason) => {
                self.lab.state = LabState::Failed(reason);
                Vec::new()
            }
            Event::LabKey { application, key } => {
                self.lab.client_keys.insert(application, key);
                self.rebuild_offers();
                Vec::new()
            }
            Event::LabIdentityHeader(header) => {
                self.lab.identity_header = Some(header);
                self.rebuild_offers();
                Vec::new()
            }
            Event::LabNote(note) => {
                self.tenant.noted(&note);
                self.traffic.annotate(note);
                Vec::new()
            }
            Event::LabChanged(view) => {
                if self.tenant.learn(*view) {
                    self.lab.scenario = Arc::clone(&self.tenant.view().scenario);
                    self.rebuild_offers();
                }
                Vec::new()
            }
            Event::LabSignIns(new) => {
                self.tenant.signed_in(new);
                Vec::new()
            }
            Event::TokenSigned { bent, signing, result } => {
                if let Ok(token) = result {
                    self.shelf.hold_bent(&bent, signing, &token, now);
                }
                Vec::new()
            }
            // What follows from it comes as a change; the words are for the person.
            Event::LabAnswered { order, result } => {
                if let Some(shown) = &mut self.reproduction {
                    shown.answered(&order, &result);
                }
                Vec::new()
            }
        }
    }

    fn decide(&mut self, user: User, now: UnixTime) -> Vec<Effect> {
        match user {
            User::Start(start) => {
                if start.profile.authority.is_lab() && self.lab.state == LabState::Starting {
                    self.waiting.push(start);
                    return Vec::new();
                }
                self.start(start, now)
            }
            User::Choose(id, choice) => self.advance(id, flow::Input::Chosen(choice), now),
            User::Auto(id, auto) => self.set_auto(id, auto, now),
            User::SignIn(id, front) => {
                let Some(session) = self.sessions.get_mut(id.index()) else { return Vec::new() };
                session.front = Some(front);
                session.sign_in(&mut self.traffic, now)
            }
            User::Act(id, act) => {
                let Some(session) = self.sessions.get_mut(id.index()) else { return Vec::new() };
                let (effects, input) = session.act(act, &mut self.traffic, now);
                self.and_then(id, effects, input, now)
            }
            User::Pasted(id, arrival) => self.arrived(id, arrival, now),
            User::Cancel(id) => self.cancel(id, now),
            User::Give(id, token) => self.give(id, token, now),
            User::Decode(text) => {
                self.shelf.paste(&text, now);
                Vec::new()
            }
            User::Discard(index) => {
                self.shelf.discard(index);
                Vec::new()
            }
            User::PutBack => {
                self.shelf.put_back();
                Vec::new()
            }
            User::FetchKeys(index) => self
                .shelf
                .key_source(index)
                .map(|url| self.traffic.send(Owner::Keys, None, Channel::Back, Request::get(url), now))
                .into_iter()
                .collect(),
            User::Replay(of, request) => {
                let Some(first) = self.traffic.get(of) else { return Vec::new() };
                let (step, channel) = (first.step, first.channel);
                vec![self.traffic.send(Owner::Replay(of), step, channel, request, now)]
            }
            User::Bend(bent, signing) => match bent.finished(signing) {
                _ if !self.shelf.is_from_lab(bent.original()) => Vec::new(),
                Some(token) => {
                    self.shelf.hold_bent(&bent, signing, &token, now);
                    Vec::new()
                }
                None => vec![Effect::SignToken(bent, signing)],
            },
            User::Expect(index, term, values) => {
                self.shelf.expect(index, term, values);
                Vec::new()
            }
            User::UseKeys(index, keys) => {
                self.shelf.use_keys(index, keys);
                Vec::new()
            }
            User::Try(index) => self.try_at_api(index, now),
            User::Import(text, beside) => {
                self.registrations.import(text.expose(), beside);
                Vec::new()
            }
            User::Learn(text) => {
                self.registrations.learn(text.expose());
                Vec::new()
            }
            User::Forget(id) => {
                self.registrations.remove(id);
                Vec::new()
            }
            User::Recall => {
                self.registrations.put_back();
                Vec::new()
            }
            User::Order(order) => vec![Effect::Lab(Box::new(order))],
            User::Reproduce(code, seeds) => self.reproduce(code, &seeds, now),
            User::Mend(seeds) => self.mend(&seeds, now),
        }
    }

    /// The call of the lab's careful API that a token of the lab is tried at: its own API's, else the catalog's.
    fn try_at_api(&mut self, index: usize, now: UnixTime) -> Vec<Effect> {
        let Some(held) = self.shelf.all().get(index).filter(|held| held.is_from_lab()) else {
            return Vec::new();
        };
        let path = match self.api_of(index).map(|api| api.key.as_str()) {
            Some("payments-api") => "api/payments/transactions",
            _ => "api/catalog/products",
        };
        let Ok(url) = self.lab.base().join(path) else { return Vec::new() };
        let bearer = format!("Bearer {}", held.decoded.raw.expose());
        let headers = Headers::new().with("authorization", bearer);
        let request = Request { headers, ..Request::get(url) };
        let send = self.traffic.send(Owner::Trial, None, Channel::Back, request, now);
        if let Effect::Send(exchange, _) = &send {
            self.shelf.tried(index, *exchange);
        }
        vec![send]
    }
    /// The lab's offers follow its address, its directory, and the keys that it has made.
    fn rebuild_offers(&mut self) {
        if self.target.is_none() {
            self.offers = Offer::for_lab(&self.lab);
        }
    }

    /// Now the address is known: what was started before gets it.
    fn lab_ready(&mut self, base: &Url, now: UnixTime) -> Vec<Effect> {
        self.lab.state = LabState::Running(base.clone());
        self.rebuild_offers();
        let waiting = std::mem::take(&mut self.waiting);
        let with_address = waiting.into_iter().map(|mut start| {
            offer::rebase(&mut start.profile, base);
            start
        });
        with_address.flat_map(|start| self.start(start, now)).collect()
    }
}
