//! The answer of a step: how it went, then the body with each member under its name, and what the selected one means.
//! Steps that ask nobody show what they made or learned instead.

use serde_json::Value;

use super::{
    fan_out,
    shown::{Shown, endpoint, is_visit, milliseconds, stopwatch},
    steps,
};
use crate::{
    flow::{Prompt, Step, StepId, StepState},
    inspect::{self, Reveal},
    oauth::{challenge, parameters},
    secret::Secret,
    text::{Line, Role},
    tui::pane::Scene,
    wire::{Response, Timing},
    workbench::{Channel, Exchange, FrontChannel},
};

/// What the region says about a step.
pub fn lines(shown: &Shown<'_>, scene: &Scene<'_>, step: &Step<'_>) -> Vec<Line> {
    let Some(exchange) = shown.exchange_of(step.id) else { return without_exchange(shown, scene, step) };
    let answer = answered(exchange, scene);
    if step.id == StepId::FanOut {
        let mut lines = fan_out::lines(shown.session.flow.fan_out(), scene.look.glyphs);
        lines.extend([Line::new(), Line::of(Role::Title, "The last answer")]);
        lines.extend(answer);
        return lines;
    }
    let mut learned = Vec::new();
    for (title, part) in [
        ("Checks", steps::findings(step, scene.look.glyphs)),
        ("Learned from it", steps::facts(step, scene.reveal)),
    ] {
        if !part.is_empty() {
            learned.push(Line::of(Role::Title, title));
            learned.extend(part);
            learned.push(Line::new());
        }
    }
    if learned.is_empty() {
        return answer;
    }
    // Where keys are fetched to check with, the checks are what is looked for; elsewhere it is the answer.
    if step.id == StepId::Validate {
        learned.extend(answer);
        return learned;
    }
    let mut lines = answer;
    lines.push(Line::new());
    lines.extend(learned);
    lines
}

/// The answer itself: how it went, and what came.
fn answered(exchange: &Exchange, scene: &Scene<'_>) -> Vec<Line> {
    let mut lines = vec![asked(exchange)];
    match &exchange.result {
        None => lines.push(
            Line::of(Role::Busy, "No answer yet, ")
                .then(Role::Busy, stopwatch(exchange.sent, scene.now))
                .then(Role::Text, ". It is shown here when it comes."),
        ),
        Some(Err(failure)) => {
            lines.push(Line::of(Role::Refused, "No answer"));
            lines.push(Line::of(Role::Text, failure.to_string()));
            lines.push(Line::of(Role::Muted, format!("given up after {}", milliseconds(exchange))));
        }
        Some(Ok(response)) => {
            lines.push(status(response));
            lines.push(Line::of(Role::Muted, timing(exchange.timing, response)));
            lines.extend(challenges(response));
            if let Some(location) = response.redirect_target() {
                lines.push(Line::of(Role::Muted, "location"));
                lines.extend(redirect(exchange, location, scene.reveal));
            }
            if !response.body.is_empty() {
                lines.push(Line::new());
                let reveal = if scene.reveal { Reveal::Shown } else { Reveal::Masked };
                let kind = response.headers.get("content-type");
                lines.extend(inspect::lines(kind, &response.body, reveal).lines);
            }
        }
    }
    lines
}

fn asked(exchange: &Exchange) -> Line {
    let through = match exchange.channel {
        Channel::Back => "",
        Channel::Front => "  through the built-in user agent",
    };
    Line::of(Role::Muted, format!("#{} ", exchange.id.0))
        .then(Role::Method, exchange.request.method.as_str())
        .then(Role::Text, format!(" {}", endpoint(&exchange.request.url)))
        .then(Role::Muted, through)
}

/// What an API that says no wants to be shown (RFC 9110 §11.6.1), member by member.
fn challenges(response: &Response) -> Vec<Line> {
    let mut lines = Vec::new();
    for challenge in challenge::read(&response.headers) {
        lines.push(Line::new());
        lines.push(Line::of(Role::Muted, "www-authenticate  ").then(Role::Title, &challenge.scheme));
        for (name, value) in &challenge.params {
            lines.push(
                Line::of(Role::Text, "  ")
                    .then(Role::Name, name)
                    .then(Role::Text, "  ")
                    .then(Role::Value, value),
            );
        }
        if let Some(Ok(claims)) = challenge.claims() {
            lines.push(Line::of(Role::Muted, "  which says  ").then(Role::Value, claims.to_string()));
        }
    }
    lines
}

fn redirect(exchange: &Exchange, location: &str, reveal: bool) -> Vec<Line> {
    match exchange.request.url.join(location) {
        Ok(url) => inspect::url(&url, if reveal { Reveal::Shown } else { Reveal::Masked }),
        Err(_) => vec![Line::of(Role::Warn, "an address that cannot be read")],
    }
}

/// `200 OK`.
pub fn status(response: &Response) -> Line {
    let role = if response.status < 400 { Role::Status } else { Role::Refused };
    Line::of(role, response.named_status()).then(
        Role::Muted,
        match response.headers.get("content-type") {
            Some(kind) => format!("  {}", kind.split(';').next().unwrap_or(kind)),
            None => String::new(),
        },
    )
}

/// `12 ms (connect 3, first byte 10)  1.7 kB`.
pub fn timing(timing: Timing, response: &Response) -> String {
    let mut parts = Vec::new();
    for (name, span) in
        [("look-up", timing.dns), ("connect", timing.connect), ("headers", Some(timing.headers))]
    {
        if let Some(span) = span.filter(|span| !span.is_zero()) {
            parts.push(format!("{name} {} ms", span.as_millis()));
        }
    }
    let detail = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!("{} ms{detail}  {}", timing.total.as_millis(), size(response.body.len()))
}

/// A number of bytes for people: `812 B`, `1.7 kB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn without_exchange(shown: &Shown<'_>, scene: &Scene<'_>, step: &Step<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let say = |text: &str| vec![Line::of(Role::Muted, text)];
    match (step.state, step.id) {
        (StepState::Todo, _) => return say("Not reached yet. What comes back will be shown here."),
        (StepState::Skipped, _) => return say("Not needed in this run."),
        (StepState::Ready, _) if step.draft.is_some() => {
            return say("Nothing was sent yet. Enter sends the request as it stands; the answer comes here.");
        }
        (StepState::Running, step) if is_visit(step) => {
            lines.push(Line::of(
                Role::Busy,
                match step {
                    StepId::AdminConsent => "Somebody is asked to agree.",
                    StepId::Logout => "Somebody is signing out.",
                    _ => "Somebody is signing in.",
                },
            ));
            lines.push(Line::of(Role::Text, match &shown.session.front {
                Some(FrontChannel::Browser | FrontChannel::Paste) => {
                    "What happens between that browser and the authority is theirs: it cannot be seen from here. \
                     The built-in user agent (b) shows every hop."
                }
                Some(FrontChannel::Builtin(_)) => "Each hop of the built-in user agent is shown here and in Traffic.",
                None => "Choose how: o opens your browser, b the built-in user agent, p takes a pasted address.",
            }));
            if let Some(visit) = shown.visit() {
                lines.push(
                    Line::of(Role::Muted, "awaited at  ").then(Role::Link, visit.redirect_uri.as_str()),
                );
            }
        }
        (StepState::Running, _) if matches!(shown.prompt, Some(Prompt::DeviceCode(_))) => {
            lines.push(Line::of(Role::Busy, "The first poll has not been sent yet."));
        }
        (StepState::Done | StepState::Failed, step) if is_visit(step) => {
            lines.push(Line::of(
                Role::Muted,
                "The sign-in happened in a browser that is not ours; the next step shows what came back.",
            ));
        }
        _ => {}
    }
    // The checks come first: where one failed, everything else is detail.
    for part in [steps::findings(step, scene.look.glyphs), steps::facts(step, scene.reveal)] {
        if !lines.is_empty() && !part.is_empty() {
            lines.push(Line::new());
        }
        lines.extend(part);
    }
    if lines.is_empty() {
        lines = say("This step asks nobody: it is done here, when Enter says so.");
    }
    lines
}

/// The name that a line of the answer is about.
pub fn member(line: &Line) -> Option<String> {
    let span = line.0.iter().find(|span| span.role == Role::Name)?;
    let name = span.text.trim().trim_end_matches(':').trim_matches('"');
    (!name.is_empty()).then(|| name.to_owned())
}

/// What the member of the selected line is for.
pub fn meaning(line: &Line) -> Option<Line> {
    let known = parameters::meaning(&member(line)?)?;
    Some(
        Line::of(Role::Name, known.name)
            .then(Role::Text, format!("  {}. ", known.short))
            .then(Role::Muted, known.long)
            .then(Role::Muted, format!("  {}", known.source)),
    )
}

/// The value under a name in an answer, for copying: a member of a JSON document, or a parameter of a redirect.
pub fn find(response: &Response, name: &str) -> Option<Secret> {
    if let Some(location) = response.redirect_target() {
        let base = url::Url::parse("http://localhost").expect("a plain address");
        let url = base.join(location).ok()?;
        let pair = url.query_pairs().find(|(known, _)| known == name);
        return pair.map(|(_, value)| Secret::new(value.into_owned()));
    }
    let document: Value = serde_json::from_slice(response.body.bytes()).ok()?;
    Some(Secret::new(match document.get(name)? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::{Body, Headers};

    fn json(body: &str) -> Response {
        let headers = Headers::new().with("content-type", "application/json; charset=utf-8");
        Response { status: 200, headers, body: Body::from(body.to_owned()) }
    }

    #[test]
    fn status_and_timing_are_told_in_one_line_each() {
        assert_eq!(status(&json("{}")).plain(), "200 OK  application/json");
        let measured = Timing {
            connect: Some(Duration::from_millis(3)),
            headers: Duration::from_millis(10),
            total: Duration::from_millis(12),
            ..Timing::default()
        };
        assert_eq!(timing(measured, &json("{}")), "12 ms (connect 3 ms, headers 10 ms)  2 B");
        assert_eq!(size(1_740), "1.7 kB");
        assert_eq!(size(2_000_000), "2.0 MB");
    }

    #[test]
    fn the_selected_member_has_its_meaning_and_its_whole_value() {
        let line = Line::of(Role::Text, "  ").then(Role::Name, "\"expires_in\"").then(Role::Value, ": 3599");
        assert_eq!(member(&line).as_deref(), Some("expires_in"));
        assert!(meaning(&line).is_some_and(|line| line.plain().starts_with("expires_in  ")));
        let answer = json(r#"{"access_token":"abc","expires_in":3599}"#);
        assert_eq!(find(&answer, "access_token"), Some(Secret::new("abc")));
        assert_eq!(find(&answer, "expires_in"), Some(Secret::new("3599")));
        assert_eq!(find(&answer, "nothing"), None);
    }

    #[test]
    fn a_redirect_gives_its_parameters() {
        let headers = Headers::new().with("location", "http://localhost:5000/?code=a%20b&state=s");
        let answer = Response { status: 302, headers, body: Body::Empty };
        assert_eq!(find(&answer, "code"), Some(Secret::new("a b")));
    }
}
