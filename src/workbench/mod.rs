//! The workbench: sessions, traffic and the token shelf, in one value that its driver owns.
//!
//! [`Workbench::apply`] takes one [`Event`] and returns the [`Effect`]s that follow; it does no I/O and reads no clock.
//! The terminal interface, `authwright run` and the tests drive the same value. Panes read it when they draw; nobody
//! tells them.

pub mod compare;
pub mod evidence;
mod lab;
mod offer;
pub mod replay;
pub mod reproduce;
mod session;
mod shelf;
mod source;
pub mod tenant;
mod terms;
mod traffic;

pub use lab::{Lab, LabState};
pub use offer::{Group, Offer};
pub use session::{FrontChannel, Session, SessionId};
pub use shelf::{Held, Shelf, TokenUse};
pub use source::Candidate;
pub use tenant::Tenant;
pub use terms::{Demand, Term};
pub use traffic::{Channel, Exchange, ExchangeId, Owner, Traffic};

use self::session::Visitor;
use std::{collections::BTreeMap, sync::Arc};

use url::Url;

use crate::{
    agent,
    flow::{self, CallId, Choice, ClientKey, FlowKind, NamedBend, Profile, Seeds, Signing, StepId},
    oauth::{Arrival, Listening},
    provider::{
        Note, SignIn,
        order::{Order, View},
        scenario::Scenario,
    },
    secret::Secret,
    time::UnixTime,
    token::bend::{self, Bent},
    wire::{Failure, Headers, Request, Response, Timing},
};

/// Everything that can wake the workbench.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The person decided something.
    User(User),
    /// A request got its answer, or none.
    Answered {
        /// Which one.
        exchange: ExchangeId,
        /// What came.
        result: Result<Response, Failure>,
        /// Where the time went.
        timing: Timing,
    },
    /// The redirect listener is open (with the port it really has), or could not be opened.
    Listening {
        /// For this run.
        session: SessionId,
        /// Answers this call.
        call: CallId,
        /// The redirect URI to use, and what is to be known about it.
        result: Result<Listening, Failure>,
    },
    /// The redirect listener caught an answer.
    Arrived {
        /// For this run.
        session: SessionId,
        /// What it carried.
        arrival: Arrival,
    },
    /// A timer ran out.
    Woke {
        /// For this run.
        session: SessionId,
        /// Answers this call.
        call: CallId,
    },
    /// A signature was made, or could not be.
    Signed {
        /// For this run.
        session: SessionId,
        /// Answers this call.
        call: CallId,
        /// The signature.
        result: Result<Vec<u8>, Failure>,
    },
    /// The lab tenant answers at this base address.
    LabReady(Url),
    /// The lab tenant could not be started.
    LabFailed(String),
    /// The lab tenant made a key for an application and registered its certificate.
    LabKey {
        /// The short name of the application.
        application: String,
        /// The key.
        key: ClientKey,
    },
    /// What a program on the lab tenant's machine shows at its App Service endpoint.
    LabIdentityHeader(Secret),
    /// The lab tenant says why it refused.
    LabNote(Note),
    /// The lab tenant's directory or grants have changed: by an order, on a page, over its APIs.
    LabChanged(Box<View>),
    /// These rows are new in the lab tenant's sign-in log.
    LabSignIns(Vec<SignIn>),
    /// The lab tenant has signed a bent token, or cannot, and why.
    TokenSigned {
        /// Which one.
        bent: Box<Bent>,
        /// With which key.
        signing: bend::Signing,
        /// The token.
        result: Result<Secret, String>,
    },
    /// The lab tenant has carried out an order and says what was done, or has not and says why.
    LabAnswered {
        /// Which one.
        order: Box<Order>,
        /// What was done, or why it was not.
        result: Result<String, String>,
    },
}

/// What a person can decide.
#[derive(Clone, Debug, PartialEq)]
pub enum User {
    /// Start a run.
    Start(Start),
    /// Decide about the current step.
    Choose(SessionId, Choice),
    /// Run on until something needs a person, or stop doing so.
    Auto(SessionId, bool),
    /// Sign in this way.
    SignIn(SessionId, FrontChannel),
    /// Do something on the page in the built-in user agent.
    Act(SessionId, agent::Act),
    /// The redirected address, pasted and read.
    Pasted(SessionId, Arrival),
    /// Give a run up, and with it the one that brings its token or waits for its tokens.
    Cancel(SessionId),
    /// Begin a run with this token in place of one that a sign-in would bring.
    Give(SessionId, Secret),
    /// Look at a token from elsewhere.
    Decode(String),
    /// Take a token off the shelf.
    Discard(usize),
    /// Put the token back that was taken off last.
    PutBack,
    /// Fetch the keys of the issuer of the token at this place on the shelf, to check its signature.
    FetchKeys(usize),
    /// Send a finished exchange again, as changed.
    Replay(ExchangeId, Request),
    /// Put a token of the lab up that has been changed, signed like that.
    Bend(Box<Bent>, bend::Signing),
    /// Compare the token at this place of the shelf with these values; `None`: with what is filled in.
    Expect(usize, Term, Option<Vec<String>>),
    /// Judge the token at this place of the shelf by this key set (RFC 7517 §5), whatever its issuer publishes.
    UseKeys(usize, serde_json::Value),
    /// Call the lab's careful API with the token at this place of the shelf, if the lab made it.
    Try(usize),
    /// Change the lab tenant.
    Order(Order),
    /// Set the lab tenant to the state that gives this number, and start the run that meets it.
    Reproduce(u32, Seeds),
    /// Mend what the last reproduction broke, and start the run that works then.
    Mend(Seeds),
}

/// How a run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Which flow.
    pub kind: FlowKind,
    /// As whom, against what.
    pub profile: Profile,
    /// Changes to make to the requests.
    pub bends: Vec<NamedBend>,
    /// How to sign in; `None` asks when it is needed.
    pub front: Option<FrontChannel>,
    /// Run on until something needs a person.
    pub auto: bool,
    /// The random values of this run.
    pub seeds: Seeds,
}

/// What the workbench wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this, follow no redirect, answer with [`Event::Answered`].
    Send(ExchangeId, Request),
    /// Drop a request that nobody waits for.
    Abandon(ExchangeId),
    /// Open a loopback listener, answer with [`Event::Listening`], and later [`Event::Arrived`].
    Listen(SessionId, CallId, Url),
    /// Answer with [`Event::Woke`] then.
    WakeAt(SessionId, CallId, UnixTime),
    /// Sign this, answer with [`Event::Signed`].
    Sign(SessionId, CallId, Signing),
    /// Close the listener or drop the timer of this call.
    Stop(SessionId, CallId),
    /// Show this address in the person's own browser.
    OpenBrowser(Url),
    /// Have the lab tenant sign this token, answer with [`Event::TokenSigned`].
    SignToken(Box<Bent>, bend::Signing),
    /// Have the lab tenant carry this out, answer with [`Event::LabAnswered`].
    Lab(Box<Order>),
}

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

    fn start(&mut self, start: Start, now: UnixTime) -> Vec<Effect> {
        self.start_for(None, Visitor::default(), start, now)
    }

    /// Starts a run; `brings_for` names the run that waits for its tokens.
    fn start_for(
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

    /// Gives one input to a run's flow and turns what it wants into effects, then runs on if the person asked for that.
    fn advance(&mut self, id: SessionId, input: flow::Input, now: UnixTime) -> Vec<Effect> {
        let mut effects = self.step(id, input, now);
        effects.extend(self.run_on(id, now));
        self.go_along(id, effects, now)
    }

    /// After run `id` has moved: what other runs do about it.
    fn go_along(&mut self, id: SessionId, mut effects: Vec<Effect>, now: UnixTime) -> Vec<Effect> {
        effects.extend(self.fetch_token(id, now));
        effects.extend(self.hand_over(id, now));
        effects
    }

    fn step(&mut self, id: SessionId, input: flow::Input, now: UnixTime) -> Vec<Effect> {
        let Some(session) = self.sessions.get_mut(id.index()) else { return Vec::new() };
        let effects = session.step(input, &mut self.traffic, now);
        for effect in &effects {
            let Effect::Send(exchange, request) = effect else { continue };
            let form = request.form();
            let Some(assertion) = form.get("client_assertion") else { continue };
            // Polling sends one after another, all alike.
            let is_poll = |id: &ExchangeId| {
                self.traffic.get(*id).is_some_and(|exchange| exchange.step == Some(StepId::Poll))
            };
            if !is_poll(exchange) || session.exchanges.iter().filter(|id| is_poll(id)).count() == 1 {
                self.shelf.take_proof(assertion, session, *exchange, now);
            }
        }
        if let Some(tokens) = session.take_tokens() {
            // The tokens came with the last answer of the token endpoint.
            let brought = session.exchanges.iter().rev().find(|id| {
                self.traffic.get(**id).is_some_and(|exchange| {
                    exchange.channel == Channel::Back
                        && matches!(exchange.step, Some(StepId::Token | StepId::Poll))
                })
            });
            self.shelf.take(&tokens, session, brought.copied(), now);
        }
        effects
    }

    /// While a run is on automatic and a step waits only for "next": choose it.
    fn run_on(&mut self, id: SessionId, now: UnixTime) -> Vec<Effect> {
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

    fn answered(
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

    fn and_then(
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

    fn arrived(&mut self, id: SessionId, arrival: Arrival, now: UnixTime) -> Vec<Effect> {
        match self.sessions.get_mut(id.index()).and_then(|session| session.arrived(arrival)) {
            Some(input) => self.advance(id, input, now),
            None => Vec::new(),
        }
    }
}
