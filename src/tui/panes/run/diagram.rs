//! The sequence diagram, made from the log: each exchange of the run is an arrow and its answer. What happens elsewhere
//! (in a browser that is not ours) and what has not happened yet stands between them, and looks different.

use super::shown::{Shown, countdown, endpoint, is_visit, result, stopwatch};
use crate::{
    flow::{Credential, Federated, FlowKind, Prompt, StepId, StepState},
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

/// The lanes of one run by index.
#[derive(Clone, Copy)]
struct Lanes {
    person: usize,
    client: usize,
    authority: usize,
    /// Who else is asked: an API, another issuer, the endpoint of a machine.
    other: usize,
}

/// Draws up the diagram of a run, the one that brought its token before it.
pub fn diagram(shown: &Shown<'_>, now: UnixTime) -> Diagram {
    let chain = shown.bench.chain(shown.session.id);
    let runs: Vec<Shown<'_>> = chain.iter().map(|session| Shown::new(shown.bench, session, None)).collect();
    let casts: Vec<Cast> = runs.iter().map(|run| cast(run, shown)).collect();
    // Left to right: people, those who ask, those who are asked; each once.
    let mut participants: Vec<String> = Vec::new();
    let people = casts.iter().filter_map(|cast| cast.person.clone());
    let clients = casts.iter().map(|cast| cast.client.clone());
    let authorities = casts.iter().filter_map(|cast| cast.authority.clone());
    let others = casts.iter().filter_map(|cast| cast.other.clone());
    for name in people.chain(clients).chain(authorities).chain(others) {
        if !participants.contains(&name) {
            participants.push(name);
        }
    }
    let mut arrows = Vec::new();
    let mut before: Option<Lanes> = None;
    for (run, cast) in runs.iter().zip(&casts) {
        let lane =
            |name: Option<&String>| name.and_then(|name| participants.iter().position(|known| known == name));
        let client = lane(Some(&cast.client)).unwrap_or(0);
        let authority = lane(cast.authority.as_ref()).unwrap_or(client);
        let other = lane(cast.other.as_ref()).unwrap_or(authority);
        let person = lane(cast.person.as_ref()).or(before.map(|lanes| lanes.person)).unwrap_or(client);
        let lanes = Lanes { person, client, authority, other };
        if let Some(before) = before.filter(|before| before.client != client)
            && run.session.began_with.is_some()
        {
            let label = Line::of(Role::Text, "call with its token");
            arrows.push(arrow(before.client, client, label, ArrowState::Done, ArrowKind::Elsewhere));
        }
        of_run(run, lanes, now, &mut arrows);
        before = Some(lanes);
    }
    Diagram { participants, arrows }
}

/// Who takes part in one run, by name.
struct Cast {
    person: Option<String>,
    client: String,
    authority: Option<String>,
    other: Option<String>,
}

fn cast(run: &Shown<'_>, shown: &Shown<'_>) -> Cast {
    let kind = run.session.kind;
    let is_front_end = shown.session.kind == FlowKind::OnBehalfOf && run.session.id != shown.session.id;
    let client = match kind {
        FlowKind::OnBehalfOf => "API",
        FlowKind::ManagedIdentity => "program",
        _ if is_front_end => "front end",
        _ => "authwright",
    };
    let person = match kind {
        FlowKind::AuthorizationCode
        | FlowKind::Hybrid
        | FlowKind::Implicit
        | FlowKind::AdminConsent
        | FlowKind::Logout => Some("Browser"),
        FlowKind::DeviceCode => Some("You"),
        FlowKind::ClientCredentials
        | FlowKind::OnBehalfOf
        | FlowKind::RefreshToken
        | FlowKind::CallApi
        | FlowKind::UserInfo
        | FlowKind::ManagedIdentity
        | FlowKind::Password => None,
    };
    let profile = &run.session.profile;
    let other = match (kind, &profile.credential) {
        (FlowKind::CallApi, _) => Some(match &profile.api {
            Some(api) if api.url.path().starts_with("/v1.0/") => "Graph",
            _ => "API",
        }),
        (FlowKind::UserInfo, _) => Some("API"),
        (FlowKind::ManagedIdentity, _) => Some("endpoint"),
        (_, Credential::Federated(Federated::Fetched(_))) => Some("issuer"),
        _ => None,
    };
    // A call to an API asks nobody else.
    let authority = (kind != FlowKind::CallApi).then(|| run.authority());
    Cast {
        person: person.map(str::to_owned),
        client: client.to_owned(),
        authority,
        other: other.map(str::to_owned),
    }
}

fn of_run(shown: &Shown<'_>, lanes: Lanes, now: UnixTime, arrows: &mut Vec<Arrow>) {
    let visit = shown.steps.iter().find(|step| is_visit(step.id)).map_or(StepId::Authorize, |step| step.id);
    let mut opened = false;
    let mut returned = false;
    let exchanges: Vec<&Exchange> = shown.exchanges().collect();
    let mut at = 0;
    while let Some(exchange) = exchanges.get(at) {
        let later = |than: StepId| exchange.step.is_some_and(|step| order(step) > order(than));
        if !opened && (exchange.channel == Channel::Front || later(visit)) {
            opened = open(shown, lanes, arrows);
        }
        if !returned && later(StepId::Return) {
            returned = come_back(shown, lanes, arrows);
        }
        let run = alike(&exchanges[at..]);
        sent(exchanges[at + run - 1], run, shown.session.kind, lanes, arrows);
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
        open(shown, lanes, arrows);
    }
    if !returned {
        come_back(shown, lanes, arrows);
    }
    arrows.extend(ahead(shown, lanes, now));
}

/// Whom a step asks.
fn asked(step: Option<StepId>, kind: FlowKind, lanes: Lanes) -> usize {
    match (step, kind) {
        (Some(StepId::Call | StepId::Federate), _) | (Some(StepId::Token), FlowKind::ManagedIdentity) => {
            lanes.other
        }
        _ => lanes.authority,
    }
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
    let step = shown.steps.iter().find(|step| is_visit(step.id));
    let is_taken = step
        .is_some_and(|step| matches!(step.state, StepState::Running | StepState::Done | StepState::Failed));
    if is_taken && shown.session.front.is_some() {
        arrows.push(plain(lanes.client, lanes.person, "open URL"));
        if !matches!(shown.session.front, Some(FrontChannel::Builtin(_))) {
            arrows.push(elsewhere(
                lanes,
                match step.map(|step| step.id) {
                    Some(StepId::AdminConsent) => "sign in, agree for all",
                    Some(StepId::Logout) => "sign out",
                    _ => "sign in, consent",
                },
            ));
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
        let came = |names: &[&str]| -> Vec<&str> {
            step.facts.iter().map(|fact| fact.name).filter(|name| names.contains(name)).collect()
        };
        // What was waited for says more than what ties it to the request.
        let mut what = came(&["code", "id_token", "access_token", "error"]);
        if what.len() < 2 {
            what.extend(came(&["state", "iss"]));
        }
        let label = if what.is_empty() { "redirect".to_owned() } else { what.join(", ") };
        let line = Line::of(Role::Text, label);
        arrows.push(arrow(lanes.person, lanes.client, line, state, ArrowKind::Message));
    }
    is_over
}

/// An exchange and its answer; `count` of its kind as one.
fn sent(exchange: &Exchange, count: usize, kind: FlowKind, lanes: Lanes, arrows: &mut Vec<Arrow>) {
    let to = asked(exchange.step, kind, lanes);
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
    arrows.push(arrow(from, to, label, state, ArrowKind::Message));
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
    arrows.push(arrow(to, from, line, state, ArrowKind::Message));
}

/// What comes next: the request that waits for the person, or what everybody waits for.
fn ahead(shown: &Shown<'_>, lanes: Lanes, now: UnixTime) -> Option<Arrow> {
    if !shown.session.is_running() {
        return None;
    }
    let planned = |from, to, label| Some(arrow(from, to, label, ArrowState::Planned, ArrowKind::Message));
    if let Some(step) = shown.ready() {
        if is_visit(step.id) {
            return planned(lanes.client, lanes.person, Line::of(Role::Muted, "open URL"));
        }
        let draft = step.draft.filter(|draft| !draft.is_assertion)?;
        let address = draft.endpoint.value.parse().map_or_else(|_| String::new(), |url| endpoint(&url));
        let label = Line::of(Role::Muted, format!("{} {address}", draft.method));
        return planned(lanes.client, asked(Some(step.id), shown.session.kind, lanes), label);
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
