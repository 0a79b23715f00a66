//! The sequence diagram, made from the log: each exchange of the run is an arrow and its answer. What happens elsewhere
//! (in a browser that is not ours) and what has not happened yet stands between them, and looks different.

use super::shown::{Shown, countdown, endpoint, result, stopwatch};
use crate::{
    flow::{FlowKind, Prompt, StepId, StepState},
    text::{Line, Role},
    time::UnixTime,
    tui::widgets::sequence::{Arrow, ArrowKind, ArrowState},
    workbench::{Channel, Exchange, FrontChannel},
};

/// A diagram as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagram {
    /// Who takes part, left to right.
    pub participants: Vec<String>,
    /// What they say, in order.
    pub arrows: Vec<Arrow>,
}

/// The lanes of a diagram by index.
#[derive(Clone, Copy)]
struct Lanes {
    person: usize,
    client: usize,
    authority: usize,
}

/// Draws up the diagram of a run.
pub fn diagram(shown: &Shown<'_>, now: UnixTime) -> Diagram {
    let authority = shown.authority();
    let client = "authwright".to_owned();
    let (participants, lanes) = match shown.session.kind {
        FlowKind::ClientCredentials
        | FlowKind::OnBehalfOf
        | FlowKind::RefreshToken
        | FlowKind::CallApi
        | FlowKind::UserInfo
        | FlowKind::ManagedIdentity
        | FlowKind::Password => (vec![client, authority], Lanes { person: 0, client: 0, authority: 1 }),
        FlowKind::AuthorizationCode
        | FlowKind::Hybrid
        | FlowKind::Implicit
        | FlowKind::AdminConsent
        | FlowKind::Logout => {
            (vec!["Browser".to_owned(), client, authority], Lanes { person: 0, client: 1, authority: 2 })
        }
        FlowKind::DeviceCode => {
            (vec!["You".to_owned(), client, authority], Lanes { person: 0, client: 1, authority: 2 })
        }
    };
    let mut arrows = Vec::new();
    let mut opened = false;
    let mut returned = false;
    let exchanges: Vec<&Exchange> = shown.exchanges().collect();
    let mut at = 0;
    while let Some(exchange) = exchanges.get(at) {
        let later = |than: StepId| exchange.step.is_some_and(|step| order(step) > order(than));
        if !opened && (exchange.channel == Channel::Front || later(StepId::Authorize)) {
            opened = open(shown, lanes, &mut arrows);
        }
        if !returned && later(StepId::Return) {
            returned = come_back(shown, lanes, &mut arrows);
        }
        let run = alike(&exchanges[at..]);
        sent(exchanges[at + run - 1], run, lanes, &mut arrows);
        if exchange.step == Some(StepId::DeviceAuthorization)
            && exchange.result.is_some()
            && shown.prompt.is_some()
        {
            arrows.push(plain(lanes.client, lanes.person, "show the code"));
            if !matches!(shown.session.front, Some(FrontChannel::Builtin(_))) {
                arrows.push(elsewhere(lanes, "sign in there"));
            }
        }
        at += run;
    }
    if !opened {
        open(shown, lanes, &mut arrows);
    }
    if !returned {
        come_back(shown, lanes, &mut arrows);
    }
    arrows.extend(ahead(shown, lanes, now));
    Diagram { participants, arrows }
}

/// How many exchanges at the beginning are polls of the same kind, so that they become one arrow.
fn alike(exchanges: &[&Exchange]) -> usize {
    let is_poll = |exchange: &&&Exchange| {
        exchange.step == Some(StepId::Poll)
            && exchange.channel == Channel::Back
            && exchange.result.is_some()
            && exchange.response().is_some_and(|response| !response.is_success())
    };
    exchanges.iter().take_while(is_poll).count().max(1)
}

/// The place of a step among those of the flows.
fn order(step: StepId) -> usize {
    StepId::ALL.iter().position(|known| *known == step).unwrap_or(0)
}

fn arrow(from: usize, to: usize, label: Line, state: ArrowState, kind: ArrowKind) -> Arrow {
    Arrow { from, to, label, state, kind }
}

fn plain(from: usize, to: usize, label: &str) -> Arrow {
    arrow(from, to, Line::of(Role::Text, label), ArrowState::Done, ArrowKind::Message)
}

fn elsewhere(lanes: Lanes, label: &str) -> Arrow {
    arrow(lanes.person, lanes.authority, Line::of(Role::Muted, label), ArrowState::Done, ArrowKind::Elsewhere)
}

/// The browser is given the address, once the step that does so was taken.
fn open(shown: &Shown<'_>, lanes: Lanes, arrows: &mut Vec<Arrow>) -> bool {
    let step = shown.steps.iter().find(|step| step.id == StepId::Authorize);
    let is_taken = step
        .is_some_and(|step| matches!(step.state, StepState::Running | StepState::Done | StepState::Failed));
    if is_taken && shown.session.front.is_some() {
        arrows.push(plain(lanes.client, lanes.person, "open URL"));
        if !matches!(shown.session.front, Some(FrontChannel::Builtin(_))) {
            arrows.push(elsewhere(lanes, "sign in, consent"));
        }
    }
    is_taken
}

/// The browser brings the answer to the redirect URI.
fn come_back(shown: &Shown<'_>, lanes: Lanes, arrows: &mut Vec<Arrow>) -> bool {
    let Some(step) = shown.steps.iter().find(|step| step.id == StepId::Return) else { return false };
    let (state, is_over) = match step.state {
        StepState::Done | StepState::Ready | StepState::Running => (ArrowState::Done, true),
        StepState::Failed => (ArrowState::Failed, true),
        StepState::Todo | StepState::Skipped => (ArrowState::Done, false),
    };
    if is_over {
        let what = step
            .facts
            .iter()
            .map(|fact| fact.name)
            .filter(|name| matches!(*name, "code" | "state" | "error" | "iss"));
        let what: Vec<_> = what.collect();
        let label = if what.is_empty() { "redirect".to_owned() } else { what.join(", ") };
        let line = Line::of(Role::Text, label);
        arrows.push(arrow(lanes.person, lanes.client, line, state, ArrowKind::Message));
    }
    is_over
}

/// An exchange and its answer; `count` of its kind as one.
fn sent(exchange: &Exchange, count: usize, lanes: Lanes, arrows: &mut Vec<Arrow>) {
    let from = match exchange.channel {
        Channel::Back => lanes.client,
        Channel::Front => lanes.person,
    };
    let request = &exchange.request;
    let mut label = Line::of(Role::Method, request.method.as_str())
        .then(Role::Text, format!(" {}", endpoint(&request.url)));
    if count > 1 {
        label = label.then(Role::Muted, format!(" ×{count}"));
    }
    let state = if exchange.result.is_none() { ArrowState::Running } else { ArrowState::Done };
    arrows.push(arrow(from, lanes.authority, label, state, ArrowKind::Message));
    let Some((role, word)) = result(exchange) else { return };
    let state = match (&exchange.result, role) {
        (Some(Err(_)), _) => ArrowState::Failed,
        // To be told to wait is how polling goes; it is no failure.
        (_, Role::Refused) if word.ends_with("authorization_pending") || word.ends_with("slow_down") => {
            ArrowState::Done
        }
        (_, Role::Refused) => ArrowState::Failed,
        _ => ArrowState::Done,
    };
    let brings = match (exchange.step, exchange.channel, exchange.response()) {
        (Some(StepId::Token | StepId::Poll), Channel::Back, Some(response)) if response.is_success() => {
            "tokens"
        }
        (Some(StepId::DeviceAuthorization), _, Some(response)) if response.is_success() => "codes",
        (_, Channel::Front, Some(response)) if response.redirect_target().is_some() => "redirect",
        (_, Channel::Front, Some(_)) => "page",
        _ => "",
    };
    // What came says more than how long it took, should one of them be cut.
    let line = match word.split_once(' ').filter(|_| !brings.is_empty()) {
        Some((status, rest)) => Line::of(role, status)
            .then(Role::Text, format!(" {brings}"))
            .then(if state == ArrowState::Failed { role } else { Role::Muted }, format!(" {rest}")),
        None => Line::of(role, word),
    };
    arrows.push(arrow(lanes.authority, from, line, state, ArrowKind::Message));
}

/// What comes next: the request that waits for the person, or what everybody waits for.
fn ahead(shown: &Shown<'_>, lanes: Lanes, now: UnixTime) -> Option<Arrow> {
    if !shown.session.is_running() {
        return None;
    }
    let planned = |from, to, label| Some(arrow(from, to, label, ArrowState::Planned, ArrowKind::Message));
    if let Some(step) = shown.ready() {
        if step.id == StepId::Authorize {
            return planned(lanes.client, lanes.person, Line::of(Role::Muted, "open URL"));
        }
        let draft = step.draft?;
        let address = draft.endpoint.value.parse().map_or_else(|_| String::new(), |url| endpoint(&url));
        let label = Line::of(Role::Muted, format!("{} {address}", draft.method));
        return planned(lanes.client, lanes.authority, label);
    }
    let wait = |label: String| {
        let line = Line::of(Role::Busy, label);
        Some(arrow(lanes.person, lanes.authority, line, ArrowState::Running, ArrowKind::Wait))
    };
    match &shown.prompt {
        Some(Prompt::Visit(_)) if !shown.session.agent_busy => {
            let since = shown.session.waiting_since.unwrap_or(now);
            wait(format!("waiting for the redirect  {}", stopwatch(since, now)))
        }
        Some(Prompt::DeviceCode(prompt)) if shown.pending().is_none() => {
            wait(format!("next poll in {}", countdown(prompt.next_poll.since(now).as_secs())))
        }
        _ => None,
    }
}
