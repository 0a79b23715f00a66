//! What is being explained, and in which words it came back.

use super::told::told;
use crate::{
    explain::{self, Evidence, Explanation, Printed},
    oauth::{Refusal, Surface},
    secret::{Secret, find, mask},
    text::{Line, Role, visible_lines},
    tui::{glyphs::Glyphs, widgets::fit},
    workbench::{Exchange, ExchangeId, Registrations, Workbench, registrations::Supplied},
};

/// So much of a pasted text is shown again.
const LONGEST: usize = 2000;

/// Where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A run, or an exchange of the log.
    Refusal,
    /// The person pasted or typed it.
    Pasted,
    /// The list.
    List,
}

/// Something explained.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where it comes from.
    pub origin: Origin,
    /// What there was to go by when somebody asked.
    pub given: Evidence,
    /// The same with what is known of client and API.
    pub evidence: Evidence,
    /// What it means.
    pub explanation: Explanation,
    /// The same as lines, with what the lab tenant can do about it.
    pub printed: Printed,
    /// The same without.
    plain: Printed,
    /// Before which line of it the lab tenant has its say.
    lab_at: usize,
    lab: Vec<Line>,
    /// What came from the registrations at hand, and which of their revisions was looked at.
    supplied: Supplied,
    looked_at: u64,
    /// Whether the exchange was looked for in the log, which takes a while in a long one.
    is_traced: bool,
    exchange: Option<ExchangeId>,
}

impl Shown {
    /// Explains.
    pub fn new(origin: Origin, evidence: Evidence) -> Self {
        let explanation = explain::explain(&evidence);
        let supplied = Supplied::default();
        let (printed, lab_at) = told(&explanation, &evidence, &supplied, origin == Origin::List);
        Self {
            origin,
            given: evidence.clone(),
            evidence,
            explanation,
            plain: printed.clone(),
            printed,
            lab_at,
            lab: Vec::new(),
            supplied,
            looked_at: 0,
            is_traced: false,
            exchange: None,
        }
    }

    /// Explains again if registrations have come or gone that tell about this.
    pub fn keep_up(&mut self, known: &Registrations) {
        if self.looked_at == known.revision() {
            return;
        }
        self.looked_at = known.revision();
        let mut evidence = self.given.clone();
        let supplied = known.supply(&mut evidence);
        if supplied.is_empty() && self.supplied.is_empty() {
            return;
        }
        self.explanation = explain::explain(&evidence);
        (self.plain, self.lab_at) = told(&self.explanation, &evidence, &supplied, false);
        // What the lab tenant can do is put in again.
        (self.printed, self.lab) = (self.plain.clone(), Vec::new());
        (self.evidence, self.supplied) = (evidence, supplied);
    }

    /// Puts in what the lab tenant can do about it now.
    pub fn in_the_lab(&mut self, lab: Vec<Line>) {
        if self.lab == lab {
            return;
        }
        let (before, behind) = self.plain.lines.split_at(self.lab_at);
        let lines = [before, &lab, behind].concat();
        let moved = |line: usize| if line < self.lab_at { line } else { line + lab.len() };
        let places = self.plain.places.iter().map(|(line, place)| (moved(*line), place.clone()));
        self.printed = Printed { lines, places: places.collect() };
        self.lab = lab;
    }

    /// The same with more evidence.
    pub fn with(&self, evidence: Evidence) -> Self {
        let (is_traced, exchange) = (self.is_traced, self.exchange);
        Self { is_traced, exchange, ..Self::new(self.origin, evidence) }
    }

    /// Looks for the exchange behind it, once.
    pub fn trace(&mut self, bench: &Workbench) {
        if std::mem::replace(&mut self.is_traced, true) {
            return;
        }
        // The request that counts may be an earlier one; the answer is the exchange's own.
        let Evidence { request: Some(request), response, .. } = &self.evidence else { return };
        let is_it = |exchange: &&Exchange| {
            exchange.response() == response.as_ref() && (response.is_some() || exchange.request == *request)
        };
        self.exchange = bench.traffic.all().iter().rev().find(is_it).map(|exchange| exchange.id);
    }

    /// The exchange in the log, if it is there.
    pub const fn exchange(&self) -> Option<ExchangeId> {
        self.exchange
    }

    /// What Microsoft's support asks for.
    pub fn for_support(&self) -> Option<Secret> {
        let refusal = self.evidence.refusal.as_ref()?;
        let number = self.explanation.code.map(|code| format!("AADSTS{code}"));
        let parts = [
            ("Error", Some(refusal.error.clone()).filter(|error| !error.is_empty())),
            ("Code", number),
            ("Trace ID", refusal.trace_id.clone()),
            ("Correlation ID", refusal.correlation_id.clone()),
            ("Timestamp", refusal.timestamp.clone()),
        ];
        let lines = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}\n", value?)));
        Some(Secret::new(lines.collect::<String>()))
    }
}

/// What came back, in a few lines; empty for what was chosen from the list.
pub fn lines(shown: &Shown, bench: &Workbench, width: u16, glyphs: &Glyphs) -> Vec<Line> {
    match (shown.origin, &shown.evidence.refusal) {
        (Origin::List, _) => Vec::new(),
        (Origin::Refusal, Some(refusal)) => refusal_lines(shown, refusal, bench, width, glyphs),
        (Origin::Refusal, None) => {
            let status = shown.evidence.response.as_ref().map_or_else(
                || "no answer that could be read".to_owned(),
                |response| format!("status {}", response.status),
            );
            vec![Line::of(Role::Refused, status), where_it_was(shown, bench)]
        }
        (Origin::Pasted, _) => pasted_lines(shown.evidence.text.as_deref().unwrap_or_default()),
    }
}

fn refusal_lines(
    shown: &Shown,
    refusal: &Refusal,
    bench: &Workbench,
    width: u16,
    glyphs: &Glyphs,
) -> Vec<Line> {
    let mut first = Line::new();
    if let Some(code) = shown.explanation.code {
        first = first.then(Role::Refused, format!("AADSTS{code}")).then(Role::Text, "  ");
    }
    if !refusal.error.is_empty() {
        first = first.then(Role::Value, &refusal.error).then(Role::Text, "  ");
    }
    let surface = match refusal.surface {
        Surface::Json(status) => format!("in a JSON answer with status {status}"),
        Surface::Api(status) => format!("in an API's answer with status {status}"),
        Surface::Redirect => "sent back to the redirect URI".to_owned(),
        Surface::Page(status) => {
            format!("on a page of the authority (status {status}), never sent back")
        }
    };
    let mut lines = vec![first.then(Role::Muted, surface)];
    // Entra repeats the number before its sentence and the ids behind it; they have places of their own here.
    let said = refusal.description.as_deref().map(|text| {
        let text = without_secrets(text);
        let said = text.split(" Trace ID:").next().unwrap_or_default().trim();
        let number = shown.explanation.code.map(|code| format!("AADSTS{code}: ")).unwrap_or_default();
        said.strip_prefix(&number).unwrap_or(said).to_owned()
    });
    lines.extend(
        said.filter(|text| !text.is_empty()).into_iter().flat_map(|text| {
            visible_lines(&text).map(|line| Line::of(Role::Text, &line)).collect::<Vec<_>>()
        }),
    );
    // Whole ids where they fit; the whole of them is copied anyway.
    let room = if width >= 110 { 36 } else { 9 };
    let mut ids = Line::new();
    for (name, id) in [("trace", &refusal.trace_id), ("correlation", &refusal.correlation_id)] {
        if let Some(id) = id {
            let id = fit::text(&crate::text::visible(id), room, glyphs);
            ids = ids.then(Role::Name, format!("{name} ")).then(Role::Value, id).then(Role::Text, "  ");
        }
    }
    if let Some(suberror) = &refusal.suberror {
        ids = ids.then(Role::Name, "suberror ").then(Role::Value, suberror).then(Role::Text, "  ");
    }
    let mut last = match &refusal.timestamp {
        Some(timestamp) => Line::of(Role::Value, timestamp).then(Role::Text, "  "),
        None => Line::new(),
    };
    // Where it was says more than the ids, which are cut first.
    last.0.extend(where_it_was(shown, bench).0);
    last.0.extend(ids.0);
    lines.push(last);
    lines
}

/// `at Redeem the code`.
fn where_it_was(shown: &Shown, bench: &Workbench) -> Line {
    let exchange = shown.exchange().and_then(|id| bench.traffic.get(id));
    let session = exchange.and_then(|exchange| bench.session(exchange.session()?));
    let steps = session.map(|session| session.flow.steps()).unwrap_or_default();
    match steps.iter().find(|step| Some(step.id) == exchange.and_then(|exchange| exchange.step)) {
        Some(step) => Line::of(Role::Muted, "at ").then(Role::Text, step.title).then(Role::Text, "  "),
        None => Line::new(),
    }
}

fn pasted_lines(text: &str) -> Vec<Line> {
    let count = text.chars().count();
    let masked = without_secrets(text);
    let shown: String = masked.chars().take(LONGEST).collect();
    let mut lines: Vec<_> = visible_lines(shown.trim())
        .filter(|line| !line.trim().is_empty())
        .map(|line| Line::of(Role::Text, &line))
        .collect();
    if count > LONGEST {
        lines.push(Line::of(Role::Muted, format!("{count} characters in all")));
    }
    lines
}

/// A text from outside with its secrets masked.
pub fn without_secrets(text: &str) -> String {
    find::replace(text, &find::in_text(text), |_, secret| mask(secret))
}
