//! One run of a flow, with the user agent that may be signing in for it.

use std::collections::BTreeMap;

use super::{Channel, Effect, ExchangeId, Owner, Start, Traffic};
use crate::{
    agent::{self, Agent, Credentials},
    flow::{
        self, CallId, Flow, FlowKind, NamedBend, Need, Outcome, Profile, Prompt, Seeds, StepId, StepState,
    },
    oauth::{Arrival, TokenSet, Visit},
    secret::Secret,
    text,
    time::UnixTime,
    wire::{Failure, Response},
};

/// Names a run of this sitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u32);

impl SessionId {
    pub(super) fn at(index: usize) -> Self {
        Self(u32::try_from(index).expect("fewer than 4 billion runs"))
    }

    /// Its place among the sessions.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The ways a person can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrontChannel {
    /// In their own browser; the answer comes to the loopback listener.
    Browser,
    /// In the built-in user agent; by itself, if credentials are given.
    Builtin(Option<Credentials>),
    /// Wherever they like; they paste the redirected address.
    Paste,
}

/// What is arranged for the visits of a run before it begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Visitor {
    /// The browser that it continues, with whoever is signed in there.
    pub browser: Option<Agent>,
    /// Buttons of pages that are pressed as soon as they are there.
    pub presses: Vec<String>,
    /// The button of the page at which it waits until it is told to go on.
    pub waits_at: Option<String>,
}

/// One run.
#[derive(Debug)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Which flow.
    pub kind: FlowKind,
    /// As whom, against what.
    pub profile: Profile,
    /// The changes it began with.
    pub bends: Vec<NamedBend>,
    /// The machine.
    pub flow: Flow,
    /// When it began.
    pub began: UnixTime,
    /// When it ended.
    pub ended: Option<UnixTime>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Whether it runs on by itself.
    pub auto: bool,
    /// How the person signs in, once chosen.
    pub front: Option<FrontChannel>,
    /// The built-in user agent, while and after it is used.
    pub agent: Option<Agent>,
    /// Whether the agent waits for an answer.
    pub agent_busy: bool,
    /// Since when somebody is expected back from a visit.
    pub waiting_since: Option<UnixTime>,
    /// The page at which the agent ended without an answer for the flow: an error page, a page that it cannot go on
    /// from by itself, or the good-bye of a device sign-in.
    pub stranded: Option<Response>,
    /// Its exchanges in the log, in order.
    pub exchanges: Vec<ExchangeId>,
    /// The run that brings, or brought, the token this one begins with.
    pub source_run: Option<SessionId>,
    /// The run that waits for this one's tokens.
    pub brings_for: Option<SessionId>,
    /// The token it began with, once it has one.
    pub began_with: Option<Secret>,
    /// What is arranged for its visits.
    pub(super) visitor: Visitor,
    /// The page at which it waits because that was arranged.
    paused: Option<Response>,
    pub(super) seeds: Seeds,
    wants: Option<(CallId, Need)>,
    visit: Option<(CallId, Visit)>,
    listener: Option<CallId>,
    calls: BTreeMap<CallId, ExchangeId>,
    unshelved: Option<TokenSet>,
}

impl Session {
    pub(super) fn new(id: SessionId, start: Start, now: UnixTime) -> Self {
        Self {
            id,
            kind: start.kind,
            flow: Flow::new(start.kind, start.profile.clone(), start.bends.clone()),
            profile: start.profile,
            bends: start.bends,
            began: now,
            ended: None,
            outcome: None,
            auto: start.auto,
            front: start.front,
            agent: None,
            agent_busy: false,
            stranded: None,
            waiting_since: None,
            exchanges: Vec::new(),
            source_run: None,
            brings_for: None,
            began_with: None,
            visitor: Visitor::default(),
            paused: None,
            seeds: start.seeds,
            wants: None,
            visit: None,
            listener: None,
            calls: BTreeMap::new(),
            unshelved: None,
        }
    }

    /// Whether it is still going.
    pub const fn is_running(&self) -> bool {
        self.outcome.is_none()
    }

    /// The changes made so far, by name: those it began with, overridden by those made by hand.
    pub fn all_bends(&self) -> Vec<NamedBend> {
        let laid_out = self.flow.steps();
        let by_hand = laid_out.iter().filter_map(|step| Some((step.id, step.draft?)));
        let mut bends: Vec<NamedBend> = by_hand.flat_map(|(id, draft)| draft.named_bends(id)).collect();
        for bend in &self.bends {
            let reached =
                bend.step.is_some_and(|id| laid_out.iter().any(|step| step.id == id && step.draft.is_some()));
            if !reached && !bends.contains(bend) {
                bends.push(bend.clone());
            }
        }
        bends
    }

    /// Whether automatic running may choose "next" now.
    pub(super) fn can_run_on(&self) -> bool {
        self.auto && self.is_running() && self.flow.steps().iter().any(|step| step.state == StepState::Ready)
    }

    /// The nonce of the authorization request, as it was sent.
    pub fn nonce(&self) -> Option<String> {
        let steps = self.flow.steps();
        let draft = steps.iter().find(|step| step.id == StepId::Authorize)?.draft?;
        draft.value("nonce").map(ToOwned::to_owned)
    }

    /// The claims that its refusal asks for, if a sign-in of its own can bring a token that shows them.
    pub fn challenge(&self) -> Option<&str> {
        let Some(Outcome::Refused(refusal)) = &self.outcome else { return None };
        refusal.claims.as_deref().filter(|_| self.profile.source.is_some())
    }

    /// Its settings for another run like it: with the same token in hand, if it began with one; after a claims challenge
    /// with a new sign-in that asks for these claims, because the same token would be refused again.
    pub fn profile_again(&self) -> Profile {
        if let Some(claims) = self.challenge() {
            let mut profile = Profile { given: None, ..self.profile.clone() };
            if let Some(source) = &mut profile.source {
                let with = &mut source.profile.authorize_with;
                with.retain(|(name, _)| name != "claims");
                with.push(("claims".to_owned(), claims.to_owned()));
            }
            return profile;
        }
        let given = self.began_with.clone().or_else(|| self.profile.given.clone());
        Profile { given, ..self.profile.clone() }
    }

    /// What kind of token it waits for, if it does.
    pub fn wanted(&self) -> Option<Need> {
        self.wants.map(|(_, need)| need)
    }

    /// The input that gives the flow the token it waits for, or says that there is none.
    pub(super) fn given(&mut self, token: Result<Secret, Failure>) -> Option<flow::Input> {
        let (call, _) = self.wants.take()?;
        let answer = match token {
            Ok(token) => {
                self.began_with = Some(token.clone());
                flow::Answer::Given(token)
            }
            Err(failure) => flow::Answer::Failed(failure),
        };
        Some(flow::Input::Answer(call, answer))
    }

    /// The same, from how the run ended that was to bring the token.
    pub(super) fn brought(&mut self, outcome: &Outcome) -> Option<flow::Input> {
        let (_, need) = self.wants?;
        let missing = |reason: String| Err(Failure::Unsendable { reason });
        let token = match outcome {
            Outcome::Tokens(tokens) => {
                let (name, token) = match need {
                    Need::UserAssertion | Need::AccessToken => ("access", &tokens.access_token),
                    Need::RefreshToken => ("refresh", &tokens.refresh_token),
                    Need::IdToken => ("ID", &tokens.id_token),
                };
                token
                    .clone()
                    .ok_or(())
                    .or_else(|()| missing(format!("the sign-in before it brought no {name} token")))
            }
            Outcome::Refused(refusal) => {
                missing(format!("the sign-in before it was refused with {}", text::visible(&refusal.error)))
            }
            Outcome::Rejected { reason, .. } => {
                missing(format!("the sign-in before it was not accepted: {reason}"))
            }
            Outcome::Failed(failure) => Err(failure.clone()),
            Outcome::Done(_) => missing("the run before it brought no token".to_owned()),
            Outcome::Cancelled => missing("the sign-in before it was given up".to_owned()),
        };
        let input = self.given(token)?;
        Some(match (input, outcome) {
            // UserInfo wants to know whose sign-in it was.
            (
                flow::Input::Answer(call, flow::Answer::Given(token)),
                Outcome::Tokens(TokenSet { id_token: Some(id_token), .. }),
            ) if need == Need::AccessToken => {
                flow::Input::Answer(call, flow::Answer::GivenWith { token, id_token: id_token.clone() })
            }
            (input, _) => input,
        })
    }

    pub(super) const fn take_tokens(&mut self) -> Option<TokenSet> {
        self.unshelved.take()
    }

    /// Gives one input to the flow and turns what it wants into effects.
    pub(super) fn step(&mut self, input: flow::Input, traffic: &mut Traffic, now: UnixTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        for effect in self.flow.advance(input, now) {
            match effect {
                flow::Effect::Send(call, request) => {
                    let owner = Owner::Flow(self.id, call);
                    let send = traffic.send(owner, Some(self.flow.current()), Channel::Back, request, now);
                    let exchange = self.note_exchange(&send);
                    self.calls.insert(call, exchange);
                    effects.push(send);
                }
                flow::Effect::Listen(call, uri) => {
                    self.listener = Some(call);
                    effects.push(Effect::Listen(self.id, call, uri));
                }
                flow::Effect::Sign(call, signing) => effects.push(Effect::Sign(self.id, call, signing)),
                flow::Effect::Need(call, need) => self.wants = Some((call, need)),
                flow::Effect::WakeAt(call, at) => effects.push(Effect::WakeAt(self.id, call, at)),
                flow::Effect::Visit(call, visit) => {
                    self.visit = Some((call, visit));
                    self.waiting_since = Some(now);
                    effects.extend(self.sign_in(traffic, now));
                }
                flow::Effect::Stop(call) => effects.push(match self.calls.remove(&call) {
                    Some(exchange) => Effect::Abandon(exchange),
                    None => Effect::Stop(self.id, call),
                }),
                flow::Effect::Finish(outcome) => {
                    self.unshelved = match &outcome {
                        Outcome::Tokens(tokens) => Some(tokens.clone()),
                        Outcome::Rejected { tokens, .. } => tokens.clone(),
                        Outcome::Done(_) | Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Cancelled => {
                            None
                        }
                    };
                    self.wants = None;
                    self.outcome = Some(outcome);
                    self.ended = Some(now);
                    self.visit = None;
                    self.waiting_since = None;
                }
            }
        }
        // With a way to sign in already chosen, a device-code prompt needs nobody to press a key.
        if self.front.is_some()
            && self.agent.is_none()
            && matches!(self.flow.prompt(), Some(Prompt::DeviceCode(_)))
        {
            effects.extend(self.sign_in(traffic, now));
        }
        effects
    }

    /// Begins signing in the chosen way, if something waits for it.
    pub(super) fn sign_in(&mut self, traffic: &mut Traffic, now: UnixTime) -> Vec<Effect> {
        let Some((url, redirect_uri)) = self.destination() else { return Vec::new() };
        match &self.front {
            None | Some(FrontChannel::Paste) => Vec::new(),
            Some(FrontChannel::Browser) => vec![Effect::OpenBrowser(url)],
            Some(FrontChannel::Builtin(_)) => {
                let (agent, request) = match self.visitor.browser.take() {
                    Some(mut agent) => {
                        let request = agent.again(url, redirect_uri);
                        (agent, request)
                    }
                    None => Agent::begin(url, redirect_uri),
                };
                self.agent = Some(agent);
                self.stranded = None;
                vec![self.agent_sends(request, traffic, now)]
            }
        }
    }

    /// Where the person has to go now, and where that ends.
    fn destination(&self) -> Option<(url::Url, Option<url::Url>)> {
        match self.flow.prompt()? {
            Prompt::Visit(visit) => Some((visit.url, Some(visit.redirect_uri))),
            Prompt::DeviceCode(prompt) => {
                let address = prompt.verification_uri_complete.unwrap_or(prompt.verification_uri);
                Some((address.parse().ok()?, None))
            }
        }
    }

    /// Does something on the agent's page. Gives what follows and, when the visit is over, the input for the flow.
    pub(super) fn act(
        &mut self,
        act: agent::Act,
        traffic: &mut Traffic,
        now: UnixTime,
    ) -> (Vec<Effect>, Option<flow::Input>) {
        if self.agent_busy {
            return (Vec::new(), None);
        }
        match self.agent.as_mut().and_then(|agent| agent.act(act)) {
            Some(next) => self.go_on(next, None, traffic, now),
            None => (Vec::new(), None),
        }
    }

    /// The same for an answer to the user agent.
    pub(super) fn agent_answered(
        &mut self,
        result: Result<Response, Failure>,
        traffic: &mut Traffic,
        now: UnixTime,
    ) -> (Vec<Effect>, Option<flow::Input>) {
        self.agent_busy = false;
        let Some(agent) = self.agent.as_mut() else { return (Vec::new(), None) };
        match result {
            Ok(response) => {
                let next = agent.answer(response.clone());
                self.go_on(next, Some(response), traffic, now)
            }
            Err(failure) => (Vec::new(), self.visit_answer(flow::Answer::Failed(failure))),
        }
    }

    fn go_on(
        &mut self,
        next: agent::Next,
        page: Option<Response>,
        traffic: &mut Traffic,
        now: UnixTime,
    ) -> (Vec<Effect>, Option<flow::Input>) {
        match next {
            agent::Next::Send(request) => (vec![self.agent_sends(request, traffic, now)], None),
            agent::Next::Arrived(arrival) => (Vec::new(), self.arrived(arrival)),
            agent::Next::DeadEnd(page) => (Vec::new(), self.strand(page)),
            agent::Next::Failed(failure) => (Vec::new(), self.visit_answer(flow::Answer::Failed(failure))),
            agent::Next::Page => {
                let Some(FrontChannel::Builtin(Some(credentials))) = self.front.clone() else {
                    return (Vec::new(), None);
                };
                if let Some(page) = page.as_ref().filter(|_| self.waits_here()) {
                    self.visitor.waits_at = None;
                    self.paused = Some(page.clone());
                    return (Vec::new(), None);
                }
                if let Some(next) = self.press() {
                    return self.go_on(next, None, traffic, now);
                }
                let credentials = self.with_user_code(credentials);
                match (self.agent.as_mut().and_then(|agent| agent.autopilot(&credentials)), page) {
                    (Some(next), _) => self.go_on(next, None, traffic, now),
                    // It cannot go on alone: for a run without a person this page is the end.
                    (None, Some(page)) => (Vec::new(), self.strand(page)),
                    (None, None) => (Vec::new(), None),
                }
            }
        }
    }

    /// Whether it waits at a page because that was arranged.
    pub(super) const fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Goes on from the page at which it waits.
    pub(super) fn resume(
        &mut self,
        traffic: &mut Traffic,
        now: UnixTime,
    ) -> (Vec<Effect>, Option<flow::Input>) {
        match self.paused.take() {
            Some(page) => self.go_on(agent::Next::Page, Some(page), traffic, now),
            None => (Vec::new(), None),
        }
    }

    fn waits_here(&self) -> bool {
        let page = self.agent.as_ref().and_then(Agent::page);
        page.zip(self.visitor.waits_at.as_deref()).is_some_and(|(page, label)| button(page, label).is_some())
    }

    /// Presses a button that is on the list, if the page has one; each is pressed once.
    fn press(&mut self) -> Option<agent::Next> {
        let agent = self.agent.as_mut()?;
        let page = agent.page()?;
        let presses = &mut self.visitor.presses;
        let wanted = presses.iter().enumerate().find_map(|(at, label)| Some((at, button(page, label)?)));
        let (at, (form, button)) = wanted?;
        presses.remove(at);
        agent.act(agent::Act::Submit(form, Some(button)))
    }

    fn strand(&mut self, page: Response) -> Option<flow::Input> {
        self.stranded = Some(page.clone());
        self.visit_answer(flow::Answer::DeadEnd(page))
    }

    fn with_user_code(&self, mut credentials: Credentials) -> Credentials {
        if let Some(Prompt::DeviceCode(prompt)) = self.flow.prompt() {
            credentials.user_code.get_or_insert(prompt.user_code);
        }
        credentials
    }

    /// The answer to the visit that is going on, if one is. It is answered once; what comes besides is told to the flow as
    /// something that strayed to the listener.
    pub(super) fn arrived(&mut self, arrival: Arrival) -> Option<flow::Input> {
        let answer = flow::Answer::Redirected(arrival);
        match (&self.visit, self.listener) {
            (None, Some(listener)) => Some(flow::Input::Answer(listener, answer)),
            _ => self.visit_answer(answer),
        }
    }

    fn visit_answer(&mut self, answer: flow::Answer) -> Option<flow::Input> {
        let (call, _) = self.visit.take()?;
        self.waiting_since = None;
        Some(flow::Input::Answer(call, answer))
    }

    fn agent_sends(&mut self, request: crate::wire::Request, traffic: &mut Traffic, now: UnixTime) -> Effect {
        self.agent_busy = true;
        let send =
            traffic.send(Owner::Agent(self.id), Some(self.flow.current()), Channel::Front, request, now);
        self.note_exchange(&send);
        send
    }

    fn note_exchange(&mut self, send: &Effect) -> ExchangeId {
        let Effect::Send(id, _) = send else { unreachable!("Traffic::send returns Effect::Send") };
        self.exchanges.push(*id);
        *id
    }
}

/// The button of a page whose words hold these: its form, and its place there.
fn button(page: &agent::Page, label: &str) -> Option<(usize, usize)> {
    let is_it = |control: &agent::Control| {
        control.kind == agent::ControlKind::Submit && control.label.contains(label)
    };
    page.forms.iter().enumerate().find_map(|(at, form)| Some((at, form.controls.iter().position(is_it)?)))
}
