//! The token that a run begins with: brought by a sign-in of its own, taken from the shelf, or pasted.
//!
//! A flow that begins with a token says so with [`flow::Effect::Need`]. If its profile names a source, that run is started
//! beside it and hands over what it brought; else the run waits until [`User::Give`](super::User::Give) comes. The two
//! runs know each other by [`Session::source_run`] and [`Session::brings_for`].

use serde_json::Value;

use super::{Effect, Held, Offer, Session, SessionId, Start, TokenUse, Workbench};
use crate::{
    flow::{self, Choice, Flow, FlowKind, NamedBend, Need, Outcome, Profile, Source, StepId, StepState},
    provider::scenario::Application,
    secret::Secret,
    time::UnixTime,
    token::{Kind, TokenKind, kind_of},
};

/// A token on the shelf that a run could begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place on the shelf.
    pub index: usize,
    /// Why it does not suit, in a few words; `None` if it does. It can be taken all the same.
    pub unfit: Option<&'static str>,
}

impl Workbench {
    /// Starts the run that brings the token which run `id` begins with, if it waits for one and knows where from.
    pub(super) fn fetch_token(&mut self, id: SessionId, now: UnixTime) -> Vec<Effect> {
        let next = SessionId::at(self.sessions.len());
        let Some(session) = self.sessions.get_mut(id.index()) else { return Vec::new() };
        if session.source_run.is_some() || session.wanted().is_none() {
            return Vec::new();
        }
        let Some(source) = session.profile.source.clone() else { return Vec::new() };
        let Source { kind, profile } = *source;
        // Changes to steps that only the source has are meant for it.
        let own: Vec<_> = session.flow.steps().iter().map(|step| step.id).collect();
        let is_for_source = |bend: &&NamedBend| bend.step.is_some_and(|step| !own.contains(&step));
        let bends = session.bends.iter().filter(is_for_source).cloned().collect();
        let start = Start {
            kind,
            profile,
            bends,
            front: session.front.clone(),
            auto: session.auto,
            seeds: session.seeds.derived(),
        };
        session.source_run = Some(next);
        // Whatever is done on pages, is done where the pages come up.
        let visitor = std::mem::take(&mut session.visitor);
        self.start_for(Some(id), visitor, start, now)
    }

    /// Hands what run `id` brought to the run that waits for it, once it has ended.
    pub(super) fn hand_over(&mut self, id: SessionId, now: UnixTime) -> Vec<Effect> {
        let Some(session) = self.session(id) else { return Vec::new() };
        let (Some(outcome), Some(for_run)) = (&session.outcome, session.brings_for) else {
            return Vec::new();
        };
        let outcome = outcome.clone();
        let waiting = self.sessions.get_mut(for_run.index()).expect("a run is never removed");
        let input = waiting.brought(&outcome);
        self.and_then(for_run, Vec::new(), input, now)
    }

    /// The run that something is to be done about when a person acts on `id`: the one that fetches its token while
    /// that goes on, else itself.
    pub fn acting(&self, id: SessionId) -> SessionId {
        match self.session(id).and_then(|session| session.source_run) {
            Some(source_run) if self.session(source_run).is_some_and(Session::is_running) => {
                self.acting(source_run)
            }
            _ => id,
        }
    }

    /// The run that all this is about: `id` itself, or the one that waits for its tokens.
    pub fn root(&self, id: SessionId) -> SessionId {
        match self.session(id).and_then(|session| session.brings_for) {
            Some(waiting) => self.root(waiting),
            None => id,
        }
    }

    /// The run in which `id` ended badly: the one that was to bring its token, if that is the reason, else itself.
    pub fn culprit(&self, id: SessionId) -> SessionId {
        let Some(session) = self.session(id) else { return id };
        let source = session.source_run.and_then(|source| self.session(source));
        let is_bad = |outcome: &Outcome| {
            matches!(outcome, Outcome::Refused(_) | Outcome::Rejected { .. } | Outcome::Failed(_))
        };
        match source {
            // A token that was taken from elsewhere made the source's end unimportant.
            Some(source) if session.began_with.is_none() && source.outcome.as_ref().is_some_and(is_bad) => {
                self.culprit(source.id)
            }
            _ => id,
        }
    }

    /// Run `id` with the runs that were to bring its token before it, in the order in which they sent something.
    pub fn chain(&self, id: SessionId) -> Vec<&Session> {
        let Some(session) = self.session(id) else { return Vec::new() };
        let mut chain = session.source_run.map_or_else(Vec::new, |source| self.chain(source));
        chain.push(session);
        chain
    }

    /// Lets a run go on by itself, or stops that; those that wait for its tokens go the same way.
    pub(super) fn set_auto(&mut self, id: SessionId, auto: bool, now: UnixTime) -> Vec<Effect> {
        let mut next = Some(id);
        while let Some(session) = next.and_then(|id| self.sessions.get_mut(id.index())) {
            session.auto = auto;
            next = session.brings_for;
        }
        let effects = self.run_on(id, now);
        self.go_along(id, effects, now)
    }

    /// Gives a run up. Whoever gives up a sign-in gives up what it was for.
    pub(super) fn cancel(&mut self, id: SessionId, now: UnixTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut next = Some(self.root(id));
        while let Some(id) = next {
            effects.extend(self.advance(id, flow::Input::Cancel, now));
            next = self.session(id).and_then(|session| session.source_run);
        }
        effects
    }

    /// Begins a run with this token. A sign-in that was to bring one is given up.
    pub(super) fn give(&mut self, id: SessionId, token: Secret, now: UnixTime) -> Vec<Effect> {
        let id = self.root(id);
        let mut effects = self.begin_afresh_with(id, &token, now);
        if self.session(id).is_some_and(Self::waits_to_begin) {
            effects.extend(self.step(id, flow::Input::Chosen(Choice::Next), now));
        }
        let Some(session) = self.sessions.get_mut(id.index()) else { return effects };
        let (input, source) = (session.given(Ok(token)), session.source_run);
        if input.is_none() {
            effects.extend(self.run_on(id, now));
            return self.go_along(id, effects, now);
        }
        if let Some(source) = source {
            effects.extend(self.advance(source, flow::Input::Cancel, now));
        }
        self.and_then(id, effects, input, now)
    }

    /// A run that has a token in hand and has not looked at it yet is put back to its start with this one instead.
    fn begin_afresh_with(&mut self, id: SessionId, token: &Secret, now: UnixTime) -> Vec<Effect> {
        let Some(session) = self.sessions.get_mut(id.index()) else { return Vec::new() };
        if session.profile.given.is_none() || !Self::waits_to_begin(session) {
            return Vec::new();
        }
        session.profile.given = Some(token.clone());
        session.flow = Flow::new(session.kind, session.profile.clone(), session.bends.clone());
        let seeds = session.seeds.clone();
        self.step(id, flow::Input::Begin(seeds), now)
    }

    /// Whether a token can be given to a run now: it waits for one, will as soon as it goes on, or has one that can still
    /// be taken back.
    pub fn takes_token(&self, id: SessionId) -> bool {
        self.session(self.root(id))
            .is_some_and(|session| session.wanted().is_some() || Self::waits_to_begin(session))
    }

    /// What kind of token a run begins with, whether or not it has it already; `None` if it begins without.
    pub fn need(&self, id: SessionId) -> Option<Need> {
        let session = self.session(id)?;
        session.wanted().or_else(|| need_of(session.kind))
    }

    fn waits_to_begin(session: &Session) -> bool {
        let steps = session.flow.steps();
        session.is_running()
            && session.began_with.is_none()
            && steps.iter().any(|step| step.id == StepId::Given && step.state == StepState::Ready)
    }

    /// The tokens on the shelf that a run of this profile could begin with: those that suit first, newest first.
    pub fn candidates(&self, need: Need, profile: &Profile) -> Vec<Candidate> {
        let held = self.shelf.all().iter().enumerate().rev();
        let mut candidates: Vec<_> =
            held.map(|(index, held)| Candidate { index, unfit: self.unfit(held, need, profile) }).collect();
        candidates.sort_by_key(|candidate| candidate.unfit.is_some());
        candidates
    }

    /// The runs on offer that begin with a token, each with the one at this place of the shelf in hand; those that it
    /// suits first, each of the others with why it does not.
    pub fn uses(&self, index: usize) -> Vec<(Offer, Option<&'static str>)> {
        let Some(held) = self.shelf.all().get(index) else { return Vec::new() };
        let begin = |offer: &Offer| {
            let need = need_of(offer.kind)?;
            let given = Some(held.decoded.raw.clone());
            let profile = Profile { given, ..offer.profile.clone() };
            Some((Offer { profile, ..offer.clone() }, self.unfit(held, need, &offer.profile)))
        };
        let mut uses: Vec<_> = self.offers.iter().filter_map(begin).collect();
        // A refresh token has one use and an access token has no other than a call: the rest is for curiosity.
        let is_of_kind = |unfit: Option<&str>| !unfit.is_some_and(|why| why.starts_with("no "));
        if uses.iter().any(|(_, unfit)| is_of_kind(*unfit)) {
            uses.retain(|(offer, unfit)| is_of_kind(*unfit) || offer.kind == FlowKind::CallApi);
        }
        // The API that the token was made for comes before others.
        let calls_its_api =
            |offer: &Offer| offer.kind == FlowKind::CallApi && self.calls_api_of(held, &offer.profile);
        uses.sort_by_key(|(offer, unfit)| (unfit.is_some(), !calls_its_api(offer)));
        uses
    }

    /// Whether any run begins with a token, so that [`Self::uses`] has something to tell.
    pub fn has_uses(&self) -> bool {
        self.offers.iter().any(|offer| need_of(offer.kind).is_some())
    }

    /// Whether the API that a run calls is the one that a token is for: the one whose scope the sign-in before the call
    /// would ask for.
    fn calls_api_of(&self, held: &Held, profile: &Profile) -> bool {
        let Some(audience) = held.decoded.claims.get("aud").and_then(Value::as_str) else { return false };
        let scope = profile.source.as_ref().map_or(&profile.scope, |source| &source.profile.scope);
        let mut resources =
            scope.split_ascii_whitespace().filter_map(|scope| Some(scope.rsplit_once('/')?.0));
        resources.any(|resource| {
            let goes_by = |name: &str, one: &Application| {
                one.app_id == name.strip_prefix("api://").unwrap_or(name)
                    || one.identifier_uris.iter().any(|uri| uri == name)
            };
            self.lab
                .scenario
                .applications()
                .iter()
                .any(|one| goes_by(resource, one) && goes_by(audience, one))
        })
    }

    /// Why a token does not suit, if so.
    fn unfit(&self, held: &Held, need: Need, profile: &Profile) -> Option<&'static str> {
        let kind = kind_of(&held.decoded).kind;
        let came_for = held.session.and_then(|id| self.session(id)).map(|run| &run.profile.client_id);
        let is_own = came_for.is_none_or(|client_id| *client_id == profile.client_id);
        let is_access = held.used_as == TokenUse::Access || kind.is_access();
        match need {
            Need::RefreshToken => match (held.used_as, held.decoded.kind) {
                (TokenUse::Refresh, _) if is_own => None,
                (TokenUse::Refresh, _) => Some("of another application"),
                (TokenUse::Pasted, Kind::Opaque) => None,
                _ => Some("no refresh token"),
            },
            Need::IdToken => match kind {
                TokenKind::IdToken if is_own => None,
                TokenKind::IdToken => Some("for another application"),
                TokenKind::AccessDelegated
                | TokenKind::AccessAppOnly
                | TokenKind::GraphDelegated
                | TokenKind::GraphAppOnly
                | TokenKind::ClientAssertion
                | TokenKind::WorkloadAssertion
                | TokenKind::Unknown => Some("no ID token"),
            },
            Need::AccessToken if is_access => None,
            Need::AccessToken | Need::UserAssertion if !is_access => Some("no access token"),
            Need::UserAssertion if kind.is_app_only() => Some("of no user"),
            Need::UserAssertion if !self.is_for(held, profile) => Some("for another API"),
            Need::UserAssertion | Need::AccessToken => None,
        }
    }

    /// Whether the audience of a token is this application, by its id or by a name that the lab knows for it.
    fn is_for(&self, held: &Held, profile: &Profile) -> bool {
        let Some(audience) = held.decoded.claims.get("aud").and_then(Value::as_str) else { return false };
        let known = self.lab.scenario.application_with_id(&profile.client_id);
        let is_name = known.is_some_and(|known| known.identifier_uris.iter().any(|uri| uri == audience));
        audience == profile.client_id
            || audience.strip_prefix("api://") == Some(&*profile.client_id)
            || is_name
    }
}

/// What kind of token a flow begins with.
pub const fn need_of(kind: FlowKind) -> Option<Need> {
    match kind {
        FlowKind::OnBehalfOf => Some(Need::UserAssertion),
        FlowKind::RefreshToken => Some(Need::RefreshToken),
        FlowKind::CallApi | FlowKind::UserInfo => Some(Need::AccessToken),
        FlowKind::Logout => Some(Need::IdToken),
        FlowKind::AuthorizationCode
        | FlowKind::ClientCredentials
        | FlowKind::DeviceCode
        | FlowKind::ManagedIdentity
        | FlowKind::AdminConsent
        | FlowKind::Hybrid
        | FlowKind::Implicit
        | FlowKind::Password => None,
    }
}
