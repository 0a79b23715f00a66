//! One call with a bearer token: to any API, or to the provider's UserInfo endpoint, which is an API like others.
//!
//! ```text
//! call_api   Begin ─► Token ──given─────────────────────────► Call ──answer──► over
//! userinfo   Begin ─► Token ──given──► Metadata ──document──► Call ──answer──► over
//! ```
//!
//! The token is in the profile, or the driver is asked for one. It is opened and shown first; what is wrong with it never
//! keeps it from being sent. What the API says of it is read in [`answer`](super::api_answer).

use url::Url;

use super::{
    Answer, ApiCall, Authority, Draft, Effect, Input, NamedBend, Need, Outcome, Place, Profile, Seeds, Step,
    StepId, StepState, api_answer,
    course::{self, Course, Machine},
    discover, held, preflight,
    sheets::{self, errands},
};
use crate::{
    finding::Finding,
    oauth::bearer,
    secret::Secret,
    text::visible,
    time::UnixTime,
    wire::{Failure, Method, Request, Response},
};

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerCall {
    profile: Profile,
    bends: Vec<NamedBend>,
    course: Course,
    asks: Asks,
    state: State,
}

/// Whom it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// The API that the profile names.
    Api,
    /// The UserInfo endpoint that the metadata names.
    UserInfo,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The token.
    #[default]
    Token,
    /// The metadata.
    Metadata(Held),
    /// The API's answer.
    Call(Held),
}

/// What the call is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    /// The access token, or whatever is sent in its place.
    token: Secret,
    /// The ID token of the same sign-in, if it is at hand.
    id_token: Option<Secret>,
}

impl BearerCall {
    /// A call to an API that has not begun.
    pub fn api(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let course = Course::new(&[&errands::ACCESS_TOKEN, &errands::CALL]);
        Self { profile, bends, course, asks: Asks::Api, state: State::Token }
    }

    /// A call to UserInfo that has not begun.
    pub fn user_info(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let course = Course::new(&[&errands::ACCESS_TOKEN, &sheets::DISCOVER, &errands::USER_INFO]);
        Self { profile, bends, course, asks: Asks::UserInfo, state: State::Token }
    }

    /// Takes one input.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        course::advance(self, input, now)
    }

    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.course.steps()
    }

    fn token_came(&mut self, held: Held, now: UnixTime) -> Vec<Effect> {
        let used = match self.asks {
            Asks::Api => held::Use::Api,
            Asks::UserInfo => held::Use::UserInfo,
        };
        let record = self.course.record_mut(StepId::Given);
        record.facts = held::facts(&held.token, now);
        record.findings = held::findings(&held.token, used, now);
        self.course.settle(StepId::Given);
        match self.asks {
            Asks::Api => {
                let call = self.profile.api.clone().or_else(|| default_call(&self.profile.authority));
                self.lay_out_call(call.as_ref(), held);
            }
            Asks::UserInfo => {
                self.state = State::Metadata(held);
                let draft = discover::draft(&self.profile, &self.bends);
                course::lay_out(self, StepId::Discover, draft);
            }
        }
        Vec::new()
    }

    fn metadata_came(&mut self, response: &Response, held: Held) -> Vec<Effect> {
        match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => {
                let call = metadata.userinfo_endpoint.map(ApiCall::get);
                self.lay_out_call(call.as_ref(), held);
                Vec::new()
            }
            Err(outcome) => self.course.finish(*outcome),
        }
    }

    fn lay_out_call(&mut self, call: Option<&ApiCall>, held: Held) {
        let (method, address) = call.map_or((Method::Get, ""), |call| (call.method, call.url.as_str()));
        let body = call.and_then(|call| call.body.as_deref());
        let mut draft = Draft::new(method, address)
            .with(Place::Header, "authorization", bearer::authorization(&held.token))
            .with(Place::Header, "accept", "application/json");
        if body.is_some() {
            draft = draft.with(Place::Header, "content-type", "application/json");
        }
        if body.is_some() || matches!(method, Method::Post | Method::Put | Method::Patch) {
            draft = draft.with(Place::Body, "body", body.unwrap_or_default());
        }
        self.state = State::Call(held);
        course::lay_out(self, StepId::Call, draft.bent(StepId::Call, &self.bends));
    }

    fn answer_came(&mut self, response: &Response, held: &Held) -> Vec<Effect> {
        let sent = self.course.record(StepId::Call).draft.as_ref().and_then(|draft| draft.request().ok());
        let Some(sent) = sent else {
            // A request that was sent can be made again.
            let reason = "the request is gone".to_owned();
            return self.course.fail(Failure::Unsendable { reason });
        };
        let read = match self.asks {
            Asks::Api => api_answer::read(response, &sent),
            Asks::UserInfo => api_answer::read_user_info(response, &sent, held.id_token.as_ref()),
        };
        let record = self.course.record_mut(StepId::Call);
        record.facts = read.facts;
        record.findings.extend(read.findings);
        match read.verdict {
            Ok(()) => {
                self.course.settle(StepId::Call);
                self.course.finish(Outcome::Done(done(&sent, response.status)))
            }
            Err(outcome) => self.course.finish(outcome),
        }
    }
}

/// `GET graph.microsoft.com/v1.0/me answered 200.` The query is left out: it may hold anything.
fn done(sent: &Request, status: u16) -> String {
    let host = sent.url.host_str().unwrap_or_default();
    let port = sent.url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{} {}{port}{} answered {status}.", sent.method, visible(host), visible(sent.url.path()))
}

/// Microsoft Graph's word on the signed-in user, at Graph or in the lab.
fn default_call(authority: &Authority) -> Option<ApiCall> {
    let address = match authority {
        Authority::Lab { base, .. } => base.join("/v1.0/me").ok(),
        Authority::Entra { .. } => Url::parse("https://graph.microsoft.com/v1.0/me").ok(),
        Authority::Issuer(_) => None,
    };
    address.map(ApiCall::get)
}

impl Machine for BearerCall {
    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    fn begin(&mut self, _: Seeds) {
        self.course.record_mut(StepId::Given).state = StepState::Ready;
    }

    fn go(&mut self, id: StepId, request: Option<Request>, now: UnixTime) -> Vec<Effect> {
        match (id, request) {
            (StepId::Given, _) => match self.profile.given.clone() {
                Some(token) => {
                    let id_token = self.profile.id_token.clone();
                    self.token_came(Held { token, id_token }, now)
                }
                None => vec![self.course.need(Need::AccessToken)],
            },
            (id, request) => request.map(|request| self.course.send(id, request)).into_iter().collect(),
        }
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Token, Answer::Given(token)) => {
                let id_token = self.profile.id_token.clone();
                self.token_came(Held { token, id_token }, now)
            }
            (State::Token, Answer::GivenWith { token, id_token }) => {
                self.token_came(Held { token, id_token: Some(id_token) }, now)
            }
            (State::Metadata(held), Answer::Response(response)) => self.metadata_came(&response, held),
            (State::Call(held), Answer::Response(response)) => self.answer_came(&response, &held),
            (_, Answer::Failed(failure)) => self.course.fail(failure),
            (state, _) => {
                // The gate lets no other kind through.
                self.state = state;
                Vec::new()
            }
        }
    }

    fn preflight(&self, id: StepId, draft: &Draft) -> Vec<Finding> {
        match (id, &self.state) {
            (StepId::Call, State::Call(held)) => {
                preflight::call(&self.profile.authority, draft, &held.token, self.asks == Asks::UserInfo)
            }
            _ => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
