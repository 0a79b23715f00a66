//! The log: every request with its answer, in the order of sending. Kept whole in memory; what leaves passes `export`.

use std::{collections::HashMap, sync::Arc};

use super::{Effect, SessionId};
use crate::{
    flow::{CallId, StepId},
    provider::{Note, order::View},
    secret::Secret,
    time::UnixTime,
    wire::{Failure, Request, Response, Timing},
};

/// Names an exchange; shown as `#1`, `#2`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u32);

impl ExchangeId {
    /// Its place in the log.
    pub const fn index(self) -> usize {
        self.0 as usize - 1
    }
}

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A flow, under this call.
    Flow(SessionId, CallId),
    /// The built-in user agent of a run.
    Agent(SessionId),
    /// The token shelf, looking for keys.
    Keys,
    /// A person who sent this exchange again to compare the answers.
    Replay(ExchangeId),
    /// A person who tries a token of the shelf at the lab's API.
    Trial,
    /// Somebody who sends what a run is about to send, so that the run comes second.
    Ahead(SessionId),
}

/// Which side of the protocol an exchange belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Straight from the client to the authority.
    Back,
    /// Through a user agent.
    Front,
}

/// A request with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// Its name.
    pub id: ExchangeId,
    /// Who asked.
    pub owner: Owner,
    /// The step it belongs to.
    pub step: Option<StepId>,
    /// Which side.
    pub channel: Channel,
    /// What was sent.
    pub request: Request,
    /// When.
    pub sent: UnixTime,
    /// What came back; `None` while it is under way.
    pub result: Option<Result<Response, Failure>>,
    /// Where the time went.
    pub timing: Timing,
    /// The lab tenant's own word on a refusal.
    pub note: Option<Note>,
    /// The lab tenant as it was when it answered: it may be mended since.
    pub directory: Option<Arc<View>>,
    /// When the answer came.
    pub answered: Option<UnixTime>,
}

impl Exchange {
    /// The response, if there is one.
    pub const fn response(&self) -> Option<&Response> {
        match &self.result {
            Some(Ok(response)) => Some(response),
            Some(Err(_)) | None => None,
        }
    }

    /// The id that the authority gave the request; APIs call it differently.
    pub fn trace(&self) -> Option<&str> {
        let headers = &self.response()?.headers;
        ["x-ms-request-id", "request-id"].iter().find_map(|name| headers.get(name))
    }

    /// Whether its answer holds this token: in the body, or in the address that it leads to. It is none where the answer
    /// went to another browser.
    pub fn brought(&self, token: &Secret) -> bool {
        let Some(response) = self.response() else { return false };
        let text = token.expose();
        // Some write a slash in JSON with a backslash before it.
        let escaped = text.replace('/', "\\/");
        let body = response.body.text();
        let is_in = |place: &str| place.contains(text) || place.contains(&escaped);
        !text.is_empty() && (is_in(&body) || response.redirect_target().is_some_and(is_in))
    }

    /// The run it belongs to.
    pub const fn session(&self) -> Option<SessionId> {
        match self.owner {
            Owner::Flow(session, _) | Owner::Agent(session) | Owner::Ahead(session) => Some(session),
            Owner::Keys | Owner::Replay(_) | Owner::Trial => None,
        }
    }

    /// Host and port.
    pub fn host(&self) -> String {
        host(&self.request)
    }
}

fn host(request: &Request) -> String {
    let host = request.url.host_str().unwrap_or_default();
    match request.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// All exchanges.
#[derive(Debug, Default)]
pub struct Traffic {
    exchanges: Vec<Exchange>,
    hosts: Vec<String>,
    /// Notes that came before their answer.
    early: HashMap<String, Note>,
    /// Closed exchanges by the authority's id of the request, for notes that come late.
    by_trace: HashMap<String, ExchangeId>,
}

impl Traffic {
    /// Opens an exchange and gives the effect that sends it.
    pub fn send(
        &mut self,
        owner: Owner,
        step: Option<StepId>,
        channel: Channel,
        request: Request,
        now: UnixTime,
    ) -> Effect {
        let id = ExchangeId(u32::try_from(self.exchanges.len() + 1).expect("fewer than 4 billion exchanges"));
        let host = host(&request);
        if !self.hosts.contains(&host) {
            self.hosts.push(host);
        }
        self.exchanges.push(Exchange {
            id,
            owner,
            step,
            channel,
            request: request.clone(),
            sent: now,
            result: None,
            timing: Timing::default(),
            note: None,
            directory: None,
            answered: None,
        });
        Effect::Send(id, request)
    }

    /// Closes an exchange with what came; `None` if it is unknown or closed already.
    pub fn close(
        &mut self,
        id: ExchangeId,
        result: Result<Response, Failure>,
        timing: Timing,
    ) -> Option<Owner> {
        let exchange = self.exchanges.get_mut(id.index()).filter(|exchange| exchange.result.is_none())?;
        exchange.timing = timing;
        exchange.result = Some(result);
        if let Some(trace) = exchange.trace().map(str::to_owned) {
            exchange.note = self.early.remove(&trace);
            if exchange.note.is_none() {
                self.by_trace.insert(trace, id);
            }
        }
        Some(exchange.owner)
    }

    /// Puts the lab tenant's note beside the exchange that it is about.
    pub fn annotate(&mut self, note: Note) {
        match self.by_trace.remove(&note.trace_id) {
            Some(id) => self.exchanges[id.index()].note = Some(note),
            None => {
                self.early.insert(note.trace_id.clone(), note);
            }
        }
    }

    /// Keeps when an answer came, and what the lab tenant looked like then if it was one.
    pub(super) fn witness(&mut self, id: ExchangeId, now: UnixTime, directory: Option<&Arc<View>>) {
        if let Some(exchange) = self.exchanges.get_mut(id.index()) {
            exchange.answered = Some(now);
            exchange.directory = directory.cloned();
        }
    }

    /// The exchange of that id.
    pub fn get(&self, id: ExchangeId) -> Option<&Exchange> {
        self.exchanges.get(id.index())
    }

    /// The newest exchange whose answer bears this id of the authority.
    pub fn by_trace(&self, trace: &str) -> Option<&Exchange> {
        self.exchanges.iter().rev().find(|exchange| exchange.trace() == Some(trace))
    }

    /// The exchange in which that one was sent again last.
    pub fn replay_of(&self, id: ExchangeId) -> Option<&Exchange> {
        self.exchanges.iter().rev().find(|exchange| exchange.owner == Owner::Replay(id))
    }

    /// All, oldest first.
    pub fn all(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The hosts that were contacted.
    pub fn hosts(&self) -> Vec<String> {
        self.hosts.clone()
    }
}
