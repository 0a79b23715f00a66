//! The line or two above the regions that say where the run stands and which key leads on: what Enter does now, what is
//! waited for, or how it ended.

use super::{
    shown::{Shown, endpoint, milliseconds, spinner, stopwatch},
    sign_in::{self, Way},
};
use crate::{
    entra,
    finding::Severity,
    flow::{FlowKind, Outcome, Prompt, Step, StepId, StepState},
    oauth::{Refusal, Surface, TokenSet},
    text::{Line, Role},
    time,
    tui::pane::Scene,
    workbench::FrontChannel,
};

/// What is said, at most two lines; a flow that should not be used any more says so first.
pub fn lines(shown: &Shown<'_>, scene: &Scene<'_>) -> Vec<Line> {
    let mut lines = match &shown.session.outcome {
        Some(outcome) => ended(shown, scene, outcome),
        None => going_on(shown, scene),
    };
    if let Some(waiting) = shown.brings_for().filter(|_| lines.len() < 2) {
        lines.push(
            Line::of(Role::Muted, "  This brings the token for ")
                .then(Role::Title, waiting.kind.title())
                .then(Role::Muted, "."),
        );
    }
    if let Some(warning) = shown.session.kind.warning() {
        let mark = format!("{} ", scene.look.glyphs.warning);
        // Said in full at the beginning; afterwards what is wrong with it is enough of a reminder.
        let is_new = shown.session.exchanges.is_empty();
        let short = warning.split_inclusive(". ").next().unwrap_or(warning).trim_end();
        lines.insert(0, Line::of(Role::Warn, mark).then(Role::Warn, if is_new { warning } else { short }));
    }
    lines
}

/// What Enter does now, for the footer; `None` when there is nothing to say yes to.
pub fn enter_means(shown: &Shown<'_>) -> Option<String> {
    match &shown.session.outcome {
        None => shown.ready().map(|step| what_next(shown, step)),
        Some(outcome) => Some(leads_to(outcome).to_owned()),
    }
}

/// What Enter leads to once a run has ended.
pub const fn leads_to(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused(_) => "explain",
        Outcome::Tokens(_) | Outcome::Rejected { tokens: Some(_), .. } => "tokens",
        Outcome::Rejected { tokens: None, .. }
        | Outcome::Done(_)
        | Outcome::Failed(_)
        | Outcome::Cancelled => "run again",
    }
}

/// What saying go does for a step, in two or three words.
fn what_next(shown: &Shown<'_>, step: &Step<'_>) -> String {
    match (step.id, step.draft) {
        (StepId::Authorize, Some(_)) => "go to sign-in".to_owned(),
        (StepId::AdminConsent, Some(_)) => "go and agree".to_owned(),
        (StepId::Logout, Some(_)) => "go and sign out".to_owned(),
        (_, Some(draft)) if draft.is_assertion => "sign it".to_owned(),
        (StepId::Given, None)
            if shown.session.began_with.is_some() || shown.session.profile.given.is_some() =>
        {
            "go on with it".to_owned()
        }
        (StepId::Given, None) if shown.session.profile.source.is_some() => "sign in for it".to_owned(),
        (StepId::Given, None) => "choose one".to_owned(),
        (_, Some(draft)) => match draft.endpoint.value.parse() {
            Ok(url) => format!("send {} {}", draft.method, endpoint(&url)),
            Err(_) => format!("send {}", draft.method),
        },
        (StepId::Prepare, None) => "make them".to_owned(),
        (_, None) => "do it".to_owned(),
    }
}

fn going_on(shown: &Shown<'_>, scene: &Scene<'_>) -> Vec<Line> {
    if let Some(step) = shown.ready() {
        return ready(shown, scene, step);
    }
    if shown.session.wanted().is_some() {
        let line = Line::of(Role::Key, format!("{} ", scene.look.glyphs.ready))
            .then(Role::Title, "A token to begin with is needed.");
        return vec![keys(line, &[("w", "from the shelf"), ("p", "paste")])];
    }
    let spinner = format!("{} ", spinner(scene));
    let mut line = Line::of(Role::Busy, spinner);
    if let Some(visit) = shown.visit() {
        line = match &shown.session.front {
            None => line.then(Role::Title, what_for(shown.session.kind)).then(Role::Text, " How?"),
            Some(FrontChannel::Browser) => {
                line.then(Role::Text, "Your browser signs in; the answer is awaited at ")
            }
            Some(FrontChannel::Paste) => {
                line.then(Role::Text, "Sign in elsewhere and paste the address you reach, at ")
            }
            Some(FrontChannel::Builtin(None)) if shown.session.agent_busy => {
                line.then(Role::Text, "The built-in user agent waits for an answer")
            }
            Some(FrontChannel::Builtin(None)) => {
                line.then(Role::Text, "The built-in user agent shows a page")
            }
            Some(FrontChannel::Builtin(Some(_))) => {
                line.then(Role::Text, "The built-in user agent signs in by itself")
            }
        };
        line = match &shown.session.front {
            None => {
                let enter = sign_in::by_enter(shown, scene.no_browser);
                let key = |way, key| if enter == Some(way) { "Enter" } else { key };
                let (browser, builtin) = (key(Way::Browser, "o"), key(Way::Builtin, "b"));
                let ways = [(browser, "browser"), (builtin, "built-in"), ("p", "paste")];
                let from = usize::from(scene.no_browser.is_some());
                keys(line, &ways[from..])
            }
            Some(FrontChannel::Builtin(_)) => keys(line, &[("b", "look at it")]),
            Some(FrontChannel::Browser | FrontChannel::Paste) => {
                line.then(Role::Link, visit.redirect_uri.as_str().trim_end_matches('/'))
            }
        };
        if let Some(since) = shown.session.waiting_since {
            line = line.then(Role::Busy, format!("  {}", stopwatch(since, scene.now)));
        }
        return vec![line];
    }
    if let Some(exchange) = shown.pending() {
        line = line
            .then(Role::Text, format!("{} {} at ", exchange.request.method, endpoint(&exchange.request.url)))
            .then(Role::Link, exchange.host())
            .then(Role::Busy, format!("  {}", stopwatch(exchange.sent, scene.now)));
        return vec![line];
    }
    if let Some(Prompt::DeviceCode(prompt)) = &shown.prompt {
        let left = prompt.expires_at.since(scene.now);
        line = line
            .then(Role::Text, "Waiting until somebody enters ")
            .then(Role::Title, &prompt.user_code)
            .then(Role::Text, " at ")
            .then(Role::Link, &prompt.verification_uri)
            .then(Role::Muted, format!("  {} left", time::span(left)));
        return vec![line];
    }
    vec![line.then(Role::Text, "Working")]
}

/// What a visit is paid for.
const fn what_for(kind: FlowKind) -> &'static str {
    match kind {
        FlowKind::Logout => "Sign out to go on.",
        FlowKind::AdminConsent => "An administrator has to agree.",
        _ => "Sign in to go on.",
    }
}

fn ready(shown: &Shown<'_>, scene: &Scene<'_>, step: &Step<'_>) -> Vec<Line> {
    let number = shown.steps.iter().position(|other| other.id == step.id).map_or(0, |at| at + 1);
    let line = Line::of(Role::Key, format!("{} ", scene.look.glyphs.ready))
        .then(Role::Text, format!("{number} "))
        .then(Role::Title, step.title);
    let next = what_next(shown, step);
    let mut pairs = vec![("Enter", next.as_str())];
    if step.draft.is_some() {
        pairs.push(("e", "edit"));
    }
    pairs.push(("a", "auto"));
    let mut lines = vec![keys(line, &pairs)];
    if shown.bench.takes_token(shown.session.id) {
        let line = match shown.brings_for() {
            Some(waiting) => Line::of(Role::Muted, "  This brings the token for ")
                .then(Role::Title, waiting.kind.title())
                .then(Role::Muted, ". Instead:"),
            None if shown.session.profile.given.is_some() => Line::of(Role::Muted, "  Another one:"),
            None => Line::of(Role::Muted, "  A sign-in brings it, or:"),
        };
        lines.push(keys(line, &[("w", "from the shelf"), ("p", "paste")]));
    }
    // What would stop it, or what stopped it from being sent.
    // A token that was given may have been passed by in the same breath: what it was found to be still counts.
    let given = shown.steps.iter().find(|other| other.id == StepId::Given);
    let before = given.filter(|_| step.id == StepId::Call).map_or(&[][..], |given| given.findings);
    let worst = before.iter().chain(step.findings).filter(|finding| finding.severity >= Severity::Warning);
    // The reminder of a legacy flow stands above already.
    let warning = shown.session.kind.warning();
    let worst = worst.filter(|finding| warning.is_none_or(|warning| finding.title != warning));
    // Of several that are as bad, the first: what is missing or misspelt comes before what follows from it.
    if let Some(finding) = worst.rev().max_by_key(|finding| finding.severity) {
        let (mark, role) = scene.look.glyphs.severity(finding.severity);
        lines.push(Line::of(role, format!("{mark} ")).then(Role::Text, &finding.title));
    }
    lines
}

fn ended(shown: &Shown<'_>, scene: &Scene<'_>, outcome: &Outcome) -> Vec<Line> {
    let glyphs = scene.look.glyphs;
    let failed = |word: &str| Line::of(Role::Refused, format!("{} {word}", glyphs.failed));
    match outcome {
        Outcome::Tokens(tokens) => {
            let first = Line::of(Role::Ok, format!("{} Done", glyphs.ok))
                .then(Role::Text, format!(" in {}: ", took(shown)))
                .then(Role::Text, brought(tokens));
            vec![first, keys(Line::of(Role::Text, " "), &[("Enter", "look at them"), ("r", "run again")])]
        }
        Outcome::Done(what) => {
            let first = Line::of(Role::Ok, format!("{} Done", glyphs.ok))
                .then(Role::Text, format!(" in {}: ", took(shown)))
                .then(Role::Text, what);
            vec![first, keys(Line::of(Role::Text, " "), &[("Enter", "run again")])]
        }
        Outcome::Refused(refusal) => {
            let first = failed("Refused").then(Role::Text, ": ").then(Role::Title, name_of(refusal)).then(
                Role::Text,
                match title_of(refusal) {
                    Some(title) => format!("  {title}"),
                    None => String::new(),
                },
            );
            let second = Line::of(Role::Muted, format!("  {}.", surface(refusal.surface)));
            let again = match shown.session.challenge() {
                Some(_) => "answer its claims",
                None => "run again",
            };
            vec![first, keys(second, &[("Enter", "explain"), ("r", again)])]
        }
        Outcome::Rejected { reason, tokens } => {
            let first = failed("A check of ours failed").then(Role::Text, ": ").then(Role::Text, reason);
            let second = Line::of(Role::Text, " ");
            vec![
                first,
                match tokens {
                    Some(_) => keys(second, &[("Enter", "look at what came"), ("r", "run again")]),
                    None => keys(second, &[("Enter", "run again")]),
                },
            ]
        }
        Outcome::Failed(failure) => {
            let first = failed("No answer").then(Role::Text, ": ").then(Role::Text, failure.to_string());
            vec![first, keys(Line::of(Role::Text, " "), &[("Enter", "run again")])]
        }
        Outcome::Cancelled => {
            let first =
                Line::of(Role::Warn, format!("{} Cancelled", glyphs.warning)).then(Role::Text, " by you.");
            vec![keys(first, &[("Enter", "run again")])]
        }
    }
}

/// `invalid_grant, AADSTS70008`.
pub fn name_of(refusal: &Refusal) -> String {
    let number = refusal.error_codes.first().map(|code| format!("AADSTS{code}"));
    match (refusal.error.is_empty(), number) {
        (false, Some(number)) => format!("{}, {number}", refusal.error),
        (false, None) => refusal.error.clone(),
        (true, Some(number)) => number,
        (true, None) => "without a reason".to_owned(),
    }
}

fn title_of(refusal: &Refusal) -> Option<String> {
    refusal.error_codes.iter().find_map(|code| Some(entra::aadsts::lookup(*code)?.title.clone().into_owned()))
}

fn surface(surface: Surface) -> String {
    match surface {
        Surface::Json(status) => format!("In a JSON answer with status {status}"),
        Surface::Api(status) => format!("In the API's answer, with status {status}"),
        Surface::Redirect => "Sent back to the redirect URI".to_owned(),
        Surface::Page(_) => "On a page of the authority, never sent back to us".to_owned(),
    }
}

/// What came: `ID token, access token for 1 h 0 min, refresh token`.
fn brought(tokens: &TokenSet) -> String {
    let mut parts = Vec::new();
    if tokens.id_token.is_some() {
        parts.push("an ID token".to_owned());
    }
    if tokens.access_token.is_some() {
        parts.push(match tokens.expires_in {
            Some(seconds) => {
                format!("an access token for {}", time::span(std::time::Duration::from_secs(seconds)))
            }
            None => "an access token".to_owned(),
        });
    }
    if tokens.refresh_token.is_some() {
        parts.push("a refresh token".to_owned());
    }
    if parts.is_empty() { "no token came".to_owned() } else { parts.join(", ") }
}

fn took(shown: &Shown<'_>) -> String {
    let span = shown.session.ended.map_or_else(Default::default, |ended| ended.since(shown.session.began));
    match (span.as_secs(), shown.exchanges().next_back()) {
        (0, Some(last)) if span.is_zero() => milliseconds(last),
        (0, _) => format!("{} ms", span.as_millis()),
        _ => time::span(span),
    }
}

/// Adds `  Enter send  e edit`.
pub fn keys(mut line: Line, pairs: &[(&str, &str)]) -> Line {
    for (key, does) in pairs {
        line = line.then(Role::Text, "  ").then(Role::Key, key).then(Role::Text, format!(" {does}"));
    }
    line
}

/// Whether the step a person looks at is one that can still be bent.
pub fn is_open(step: &Step<'_>) -> bool {
    step.state == StepState::Ready && step.draft.is_some()
}
