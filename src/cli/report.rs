//! What `run` prints: events while it runs, one object at the end, or lines for a person. Secrets are masked unless
//! they were asked for.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::exit::print;
use crate::{
    explain,
    export::redact,
    finding::Severity,
    flow::{FanOutResult, FanOutRow, Outcome, Prompt, StepId, StepState},
    oauth::{Refusal, Surface, TokenSet},
    runtime::clock,
    secret::Secret,
    text::{visible, visible_lines},
    wire::{Failure, Response},
    workbench::{Channel, Exchange, ExchangeId, Session, SessionId, Workbench},
};

/// Prints JSON lines about what changed since it looked last.
#[derive(Debug)]
pub struct Reporter {
    on: bool,
    steps: BTreeMap<(SessionId, StepId), StepState>,
    open: Vec<ExchangeId>,
    seen: usize,
    prompted: Option<SessionId>,
}

impl Reporter {
    /// A reporter that prints, or one that keeps quiet.
    pub const fn new(on: bool) -> Self {
        Self { on, steps: BTreeMap::new(), open: Vec::new(), seen: 0, prompted: None }
    }

    /// Looks at the workbench and reports.
    pub fn observe(&mut self, bench: &Workbench) {
        if !self.on {
            return;
        }
        for session in &bench.sessions {
            self.steps(bench, session);
            if let Some(prompt) = session.flow.prompt().filter(|_| self.prompted != Some(session.id)) {
                self.prompted = Some(session.id);
                prompted(&prompt);
            }
        }
        let all = bench.traffic.all();
        self.open.extend(all[self.seen..].iter().map(|exchange| exchange.id));
        self.seen = all.len();
        self.open.retain(|id| match bench.traffic.get(*id).filter(|exchange| exchange.result.is_some()) {
            Some(done) => {
                let mut line = Map::from_iter([("event".to_owned(), json!("exchange"))]);
                line.extend(exchange(done));
                emit(&Value::Object(line));
                false
            }
            None => true,
        });
    }

    /// What has become of the steps of one run; of one that brings a token it is said what for.
    fn steps(&mut self, bench: &Workbench, session: &Session) {
        let brings_for = session.brings_for.and_then(|id| bench.session(id));
        for step in session.flow.steps() {
            let key = (session.id, step.id);
            if step.state == StepState::Todo || self.steps.insert(key, step.state) == Some(step.state) {
                continue;
            }
            let mut line = json!({"event": "step", "step": step.id.name(), "title": step.title, "state": state(step.state)});
            if let Some(brings_for) = brings_for {
                line["for"] = json!(brings_for.kind.name());
            }
            emit(&line);
        }
    }
}

fn prompted(prompt: &Prompt) {
    match prompt {
        Prompt::Visit(visit) => {
            emit(&json!({"event": "listening", "redirect_uri": visit.redirect_uri.as_str()}));
            emit(&json!({"event": "open_url", "url": visit.url.as_str()}));
        }
        Prompt::DeviceCode(device) => emit(&json!({
            "event": "device_code",
            "user_code": device.user_code,
            "verification_uri": device.verification_uri,
            "verification_uri_complete": device.verification_uri_complete,
            "expires_in": device.expires_at.since(clock::now()).as_secs(),
            "interval": device.interval,
        })),
    }
}

fn emit(line: &Value) {
    print(line.to_string());
}

const fn state(state: StepState) -> &'static str {
    match state {
        StepState::Todo => "todo",
        StepState::Ready => "ready",
        StepState::Running => "running",
        StepState::Done => "done",
        StepState::Failed => "failed",
        StepState::Skipped => "skipped",
    }
}

/// The last event, which is also what `--json` prints.
pub fn outcome(bench: &Workbench, session: &Session, outcome: &Outcome, with_secrets: bool) -> Value {
    let mut object = Map::new();
    object.insert("event".to_owned(), json!("outcome"));
    object.insert("outcome".to_owned(), json!(word(outcome)));
    object.insert("flow".to_owned(), json!(session.kind.name()));
    match outcome {
        Outcome::Tokens(set) => {
            object.insert("tokens".to_owned(), tokens(set, with_secrets));
        }
        Outcome::Refused(no) => {
            object.insert("refusal".to_owned(), refusal(no));
        }
        Outcome::Rejected { reason, tokens: set } => {
            object.insert("refusal".to_owned(), json!({"by": "authwright", "error_description": reason}));
            if let Some(set) = set {
                object.insert("tokens".to_owned(), tokens(set, with_secrets));
            }
        }
        Outcome::Failed(failure) => {
            object.insert("failure".to_owned(), json!(visible(&failure.to_string())));
        }
        Outcome::Done(what) => {
            object.insert("done".to_owned(), json!(visible(what)));
        }
        Outcome::Cancelled => {}
    }
    if matches!(outcome, Outcome::Tokens(_) | Outcome::Rejected { .. }) {
        // So that others can check the tokens, also when the lab tenant has ended with this process.
        object.insert("jwks".to_owned(), keys(bench, session));
    }
    if !session.flow.fan_out().is_empty() {
        let rows = session.flow.fan_out().iter().map(|row| fan_out(row, with_secrets));
        object.insert("fan_out".to_owned(), rows.collect());
    }
    if let Some(answer) = api_answer(bench, session, with_secrets) {
        let body = String::from_utf8_lossy(answer.body.bytes()).into_owned();
        let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
        object.insert("answer".to_owned(), json!({"status": answer.status, "body": body}));
    }
    let chain = bench.chain(session.id);
    let found = chain.iter().flat_map(|session| findings(session));
    object.insert("findings".to_owned(), found.collect());
    let exchanges = chain.iter().flat_map(|session| &session.exchanges);
    let exchanges = exchanges.filter_map(|id| bench.traffic.get(*id));
    object.insert("exchanges".to_owned(), exchanges.map(|one| Value::Object(exchange(one))).collect());
    Value::Object(object)
}

/// One row of the fan-out.
fn fan_out(row: &FanOutRow, with_secrets: bool) -> Value {
    let mut object = Map::from_iter([("scope".to_owned(), json!(row.scope))]);
    let (name, value) = match &row.result {
        None => ("outcome", json!("none")),
        Some(FanOutResult::Granted(set)) => ("tokens", tokens(set, with_secrets)),
        Some(FanOutResult::Refused(no)) => ("refusal", refusal(no)),
        Some(FanOutResult::Failed(failure)) => ("failure", json!(visible(&failure.to_string()))),
    };
    object.insert(name.to_owned(), value);
    Value::Object(object)
}

/// What an API answered, without its secrets unless they are asked for; `None` where none was called.
fn api_answer(bench: &Workbench, session: &Session, with_secrets: bool) -> Option<Response> {
    let called = session.exchanges.iter().rev().filter_map(|id| bench.traffic.get(*id));
    let answer =
        called.filter(|exchange| exchange.step == Some(StepId::Call)).find_map(Exchange::response)?;
    Some(if with_secrets { answer.clone() } else { redact::response(answer) })
}

/// What to do about it when no answer came, where that can be told.
pub const fn advice(failure: &Failure, has_ca: bool) -> Option<&'static str> {
    match failure {
        Failure::Tls { .. } if has_ca => {
            Some("the file of --ca must hold the certificate that the server's was signed with, in PEM")
        }
        Failure::Tls { .. } => Some(
            "if its certificate comes from a CA of your own, name that one's file: --ca FILE (`authwright serve` says \
             where the lab's is)",
        ),
        _ => None,
    }
}

const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Tokens(_) => "tokens",
        Outcome::Done(_) => "done",
        Outcome::Refused(_) | Outcome::Rejected { .. } => "refused",
        Outcome::Failed(_) => "failed",
        Outcome::Cancelled => "cancelled",
    }
}

fn tokens(set: &TokenSet, with_secrets: bool) -> Value {
    let secret =
        |secret: &Secret| json!(if with_secrets { secret.expose().to_owned() } else { secret.masked() });
    let mut object = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    put("token_type", set.token_type.as_ref().map(|text| json!(text)));
    put("expires_in", set.expires_in.map(|seconds| json!(seconds)));
    put("scope", set.scope.as_ref().map(|text| json!(text)));
    put("access_token", set.access_token.as_ref().map(secret));
    put("id_token", set.id_token.as_ref().map(secret));
    put("refresh_token", set.refresh_token.as_ref().map(secret));
    Value::Object(object)
}

fn refusal(no: &Refusal) -> Value {
    let surface = match no.surface {
        Surface::Json(_) => "json",
        Surface::Redirect => "redirect",
        Surface::Page(_) => "page",
        Surface::Api(_) => "api",
    };
    let status = match no.surface {
        Surface::Json(status) | Surface::Page(status) | Surface::Api(status) => Some(status),
        Surface::Redirect => None,
    };
    json!({
        "by": if matches!(no.surface, Surface::Api(_)) { "api" } else { "authority" },
        "surface": surface,
        "status": status,
        "error": no.error,
        "error_description": no.description,
        "error_codes": no.error_codes,
        "error_uri": no.error_uri,
        "suberror": no.suberror,
        "claims": no.claims,
        "timestamp": no.timestamp,
        "trace_id": no.trace_id,
        "correlation_id": no.correlation_id,
    })
}

/// The key set that the run fetched.
fn keys(bench: &Workbench, session: &Session) -> Value {
    let fetched = session.exchanges.iter().rev().filter_map(|id| bench.traffic.get(*id)?.response());
    let documents =
        fetched.filter_map(|response| serde_json::from_slice::<Value>(response.body.bytes()).ok());
    documents
        .into_iter()
        .find(|document| document.get("keys").is_some_and(Value::is_array))
        .unwrap_or_default()
}

fn findings(session: &Session) -> Vec<Value> {
    let steps = session.flow.steps();
    let all = steps.iter().flat_map(|step| step.findings.iter().map(move |finding| (step.id, finding)));
    all.map(|(step, finding)| {
        json!({"id": finding.id, "severity": finding.severity.name(), "title": finding.title, "step": step.name()})
    })
    .collect()
}

fn exchange(exchange: &Exchange) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("id", json!(exchange.id.0));
    put("step", json!(exchange.step.map(StepId::name)));
    put(
        "channel",
        json!(match exchange.channel {
            Channel::Back => "back",
            Channel::Front => "front",
        }),
    );
    put("method", json!(exchange.request.method.as_str()));
    put("url", json!(redact::url(&exchange.request.url).as_str()));
    match &exchange.result {
        Some(Ok(response)) => put("status", json!(response.status)),
        Some(Err(failure)) => put("failure", json!(visible(&failure.to_string()))),
        None => put("status", Value::Null),
    };
    put("ms", json!(exchange.timing.total.as_secs_f64() * 1000.0));
    object
}

/// The end of a run in lines for a person.
pub fn summary(bench: &Workbench, session: &Session, outcome: &Outcome, with_secrets: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for run in bench.chain(session.id) {
        if let Some(brings_for) = run.brings_for.and_then(|id| bench.session(id)) {
            lines.push(format!("{}, for {}:", run.kind.title(), brings_for.kind.title()));
        } else if run.source_run.is_some() {
            lines.push(format!("{}:", run.kind.title()));
        }
        let steps = run.flow.steps();
        let begun = steps.iter().filter(|step| !matches!(step.state, StepState::Todo | StepState::Skipped));
        for step in begun {
            let mark = if step.state == StepState::Failed { "✗" } else { "✓" };
            lines.push(format!("{mark} {}", step.title));
            let warnings = step.findings.iter().filter(|finding| finding.severity == Severity::Warning);
            lines.extend(warnings.map(|finding| format!("  ! {}", visible(&finding.title))));
        }
    }
    lines.push(String::new());
    lines.extend(session.flow.fan_out().iter().map(fan_out_line));
    if let Some(answer) = api_answer(bench, session, with_secrets) {
        if !matches!(outcome, Outcome::Done(_)) {
            lines.push(format!("the API answered {}", answer.status));
        }
        let challenges = answer.headers.all("www-authenticate");
        lines.extend(challenges.map(|line| format!("www-authenticate: {}", visible(line))));
        lines.extend(visible_lines(&answer.body.text()).map(String::from));
        lines.push(String::new());
    }
    match outcome {
        Outcome::Tokens(set) => token_lines(set, with_secrets, &mut lines),
        Outcome::Refused(no) => {
            let code = no.error_codes.last().map_or(String::new(), |code| format!(" (AADSTS{code})"));
            lines.push(format!("refused: {}{code}", visible(&no.error)));
            if let Some(evidence) = bench.evidence(session.id, clock::now()) {
                lines.push(String::new());
                lines.extend(explain::explain(&evidence).lines().iter().map(crate::text::Line::plain));
            }
        }
        Outcome::Rejected { reason, tokens } => {
            lines.push(format!("a check failed: {}", visible(reason)));
            if let Some(set) = tokens {
                token_lines(set, with_secrets, &mut lines);
            }
        }
        Outcome::Failed(failure) => lines.push(format!("no answer: {}", visible(&failure.to_string()))),
        Outcome::Done(what) => lines.push(visible(what).into_owned()),
        Outcome::Cancelled => lines.push("cancelled".to_owned()),
    }
    lines
}

fn fan_out_line(row: &FanOutRow) -> String {
    let answer = match &row.result {
        None => "not asked".to_owned(),
        Some(FanOutResult::Granted(_)) => format!("granted {}", row.granted().join(" ")),
        Some(FanOutResult::Refused(no)) => {
            let code = no.error_codes.first().map_or(String::new(), |code| format!(" (AADSTS{code})"));
            format!("refused {}{code}", no.error)
        }
        Some(FanOutResult::Failed(failure)) => format!("no answer: {failure}"),
    };
    format!("{}  {}", visible(&row.scope), visible(&answer))
}

fn token_lines(set: &TokenSet, with_secrets: bool, lines: &mut Vec<String>) {
    if let Some(scope) = &set.scope {
        lines.push(format!("scope          {}", visible(scope)));
    }
    if let Some(seconds) = set.expires_in {
        lines.push(format!("expires_in     {seconds} s"));
    }
    let secrets = [
        ("access_token", &set.access_token),
        ("id_token", &set.id_token),
        ("refresh_token", &set.refresh_token),
    ];
    for (name, secret) in secrets {
        if let Some(secret) = secret {
            let text = if with_secrets { visible(secret.expose()).into_owned() } else { secret.masked() };
            lines.push(format!("{name:<14} {text}"));
        }
    }
    if !with_secrets {
        lines.push("\n--with-secrets shows the tokens.".to_owned());
    }
}
