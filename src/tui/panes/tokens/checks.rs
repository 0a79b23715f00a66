//! What each seat makes of a token: the verdict, the mistakes by name, whose keys are missing, every light with its mark and
//! its source, and what was expected.

use serde_json::Value;

use super::proof;
use crate::{
    finding::{Finding, Severity},
    text::{Line, Role, visible},
    time::UnixTime,
    token::{
        Decoded, Kind, TokenKind, kind_of,
        seat::{Answer, Seat, Verdict},
    },
    tui::{glyphs::Glyphs, widgets::fit},
    wire::Response,
    workbench::{Demand, Exchange, Held, Owner, Term, Workbench},
};

/// Where the search for a token's keys stands.
#[derive(Debug)]
pub enum Keys<'a> {
    /// They are known, and the signature was looked at.
    Known,
    /// They would not help: nobody but the issuer or recipient can check it.
    Useless,
    /// Its issuer is no address, so there is nobody to ask.
    Nowhere,
    /// It is a client's own word, signed with the client's key, which nobody publishes.
    OfClient,
    /// They can be asked for at this host.
    At(String),
    /// They are being asked for.
    Asked(&'a Exchange),
    /// They were asked for, and this came instead.
    Refused(&'a Exchange),
}

/// Where the search for the keys of the token at `index` stands.
pub fn keys(bench: &Workbench, index: usize) -> Keys<'_> {
    let Some(held) = bench.shelf.all().get(index).filter(|held| held.decoded.kind == Kind::Jws) else {
        return Keys::Useless;
    };
    if bench.shelf.knows_keys(index) {
        return Keys::Known;
    }
    if kind_of(&held.decoded).kind == TokenKind::ClientAssertion {
        return Keys::OfClient;
    }
    let Some(source) = bench.shelf.key_source(index) else { return Keys::Nowhere };
    let about_keys = |exchange: &&Exchange| exchange.owner == Owner::Keys;
    let last = bench.traffic.all().iter().rev().find(about_keys);
    match last.filter(|exchange| exchange.request.url.host() == source.host()) {
        Some(asked) if asked.result.is_none() => Keys::Asked(asked),
        Some(refused) => Keys::Refused(refused),
        None => Keys::At(host(&source)),
    }
}

fn host(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The lights: those that need attention first, and then in the order in which people ask.
pub fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    const ASKED: [&str; 5] =
        ["check.signature", "check.issuer", "check.audience", "check.expiry", "check.nonce"];
    findings.sort_by_key(|finding| {
        let severity = match finding.severity {
            Severity::Error => 0,
            Severity::Warning => 1,
            Severity::Passed => 2,
            Severity::Info => 3,
        };
        let asked = ASKED.iter().position(|id| *id == finding.id).unwrap_or(ASKED.len());
        (severity, asked)
    });
    findings
}

/// Everything that stands in the region: the verdict of the seat, that of the other one, what is to be done, each light, and
/// what was expected.
pub fn lines(bench: &Workbench, index: usize, seats: &Seats, now: UnixTime, glyphs: &Glyphs) -> Vec<Line> {
    let Some(held) = bench.shelf.all().get(index) else { return Vec::new() };
    let mut lines = as_assertion(bench, held, now, glyphs);
    // Whoever has just asked for it looks for it first.
    lines.extend(trial(bench, held, glyphs));
    lines.extend(verdict(&seats.own, glyphs));
    lines.extend(about_keys(&keys(bench, index), &held.decoded, glyphs));
    lines.extend(sorted(seats.own.checks.clone()).iter().map(|finding| line(finding, glyphs)));
    lines.push(header(&held.decoded, glyphs));
    lines.extend(advice(bench, held, glyphs));
    lines.push(Line::new());
    lines.push(other(&seats.other, glyphs));
    lines.extend(expected(&bench.terms(index), seats.own.seat));
    lines
}

/// A client assertion is for neither seat: what it is worth to the token endpoint comes first.
fn as_assertion(bench: &Workbench, held: &Held, now: UnixTime, glyphs: &Glyphs) -> Vec<Line> {
    if kind_of(&held.decoded).kind != TokenKind::ClientAssertion {
        return Vec::new();
    }
    let lights = proof::lights(held, bench, now);
    let worst = lights.iter().map(|light| light.severity).max().unwrap_or(Severity::Passed);
    let faults = lights.iter().filter(|light| light.severity == Severity::Error).count();
    let said = match (worst, faults) {
        (_, 1) => "One thing is wrong with it as a client assertion.".to_owned(),
        (_, 2..) => format!("{faults} things are wrong with it as a client assertion."),
        (Severity::Warning, _) => "As a client assertion it has a weakness.".to_owned(),
        _ => "As a client assertion it is well made.".to_owned(),
    };
    let (mark, role) = glyphs.severity(if worst == Severity::Info { Severity::Passed } else { worst });
    vec![
        Line::of(role, format!("{mark} ")).then(Role::Title, said),
        indented(glyphs)
            .then(Role::Key, "f")
            .then(Role::Text, " tells each member, and compares registered certificates."),
    ]
}

/// What both seats make of a token.
#[derive(Debug)]
pub struct Seats {
    /// The seat that is taken.
    pub own: Verdict,
    /// The other one.
    pub other: Verdict,
}

/// Mark and role of an answer.
const fn answer(answer: Answer, glyphs: &Glyphs) -> (&'static str, Role) {
    match answer {
        Answer::Accepted => (glyphs.ok, Role::Ok),
        Answer::Rejected | Answer::Forbidden => (glyphs.failed, Role::Refused),
        Answer::Open => (glyphs.warning, Role::Warn),
        Answer::NotOurs => (glyphs.info, Role::Muted),
    }
}

/// What a frame calls a seat.
pub const fn seat_title(seat: Seat) -> &'static str {
    match seat {
        Seat::Client => "as the client",
        Seat::Api => "as the API",
    }
}

/// The verdict of the seat that is taken: the decision, what would be answered, and the mistakes by name.
fn verdict(verdict: &Verdict, glyphs: &Glyphs) -> Vec<Line> {
    let (mark, role) = answer(verdict.answer, glyphs);
    let mut lines = vec![Line::of(role, format!("{mark} ")).then(Role::Title, verdict.headline())];
    let indent = " ".repeat(usize::from(glyphs.mark_width) + 1);
    if let Some(challenge) = &verdict.challenge {
        lines.push(
            Line::of(Role::Text, &indent).then(Role::Name, "www-authenticate: ").then(Role::Value, challenge),
        );
    }
    for mistake in &verdict.mistakes {
        lines.push(Line::of(Role::Warn, format!("{} ", glyphs.warning)).then(Role::Text, &mistake.title));
        lines.push(Line::of(Role::Text, &indent).then(Role::Muted, mistake.advice));
    }
    lines
}

/// What the other seat makes of it, in one line.
fn other(verdict: &Verdict, glyphs: &Glyphs) -> Line {
    let (mark, role) = answer(verdict.answer, glyphs);
    Line::of(role, format!("{mark} "))
        .then(Role::Muted, format!("{}: ", seat_title(verdict.seat)))
        .then(Role::Text, verdict.headline())
        .then(Role::Text, "  ")
        .then(Role::Key, "a")
        .then(Role::Muted, " takes this seat")
}

/// The verdict of the other seat in a few words, for the border.
pub fn in_short(verdict: &Verdict, glyphs: &Glyphs) -> Line {
    let (mark, role) = answer(verdict.answer, glyphs);
    let words = match (verdict.seat, verdict.answer) {
        (_, Answer::Accepted) => "taken",
        (Seat::Api, Answer::Rejected) => "401",
        (Seat::Api, Answer::Forbidden) => "403",
        (Seat::Client, Answer::Rejected | Answer::Forbidden) => "not taken",
        (_, Answer::Open) => "open",
        (_, Answer::NotOurs) => "not its to judge",
    };
    Line::of(Role::Key, "a")
        .then(Role::Muted, format!(" {}: ", seat_title(verdict.seat)))
        .then(role, mark)
        .then(Role::Text, format!(" {words}"))
}

/// What the lab's API answered, if it was asked.
fn trial(bench: &Workbench, held: &Held, glyphs: &Glyphs) -> Vec<Line> {
    let Some(exchange) = held.tried.and_then(|id| bench.traffic.get(id)) else { return Vec::new() };
    let said = |role, mark: &str, text: String| Line::of(role, format!("{mark} ")).then(Role::Text, text);
    let (path, id) = (exchange.request.url.path(), exchange.id.0);
    match &exchange.result {
        None => vec![said(Role::Busy, glyphs.running, format!("Calling the lab's API at {path} (#{id})"))],
        Some(Err(failure)) => vec![said(
            Role::Refused,
            glyphs.failed,
            format!("The lab's API was not reached (#{id}): {failure}"),
        )],
        Some(Ok(response)) => {
            let (mark, role) =
                if response.is_success() { (glyphs.ok, Role::Ok) } else { (glyphs.failed, Role::Refused) };
            let mut lines = vec![said(
                role,
                mark,
                format!("The lab's API at {path} answered {} (#{id}).", response.status),
            )];
            lines.extend(
                member(response, "error_description").map(|text| indented(glyphs).then(Role::Text, text)),
            );
            lines
        }
    }
}

/// What else the lab's API said: its advice, and the challenge as it came.
fn advice(bench: &Workbench, held: &Held, glyphs: &Glyphs) -> Vec<Line> {
    let exchange = held.tried.and_then(|id| bench.traffic.get(id));
    let Some(response) = exchange.and_then(Exchange::response) else { return Vec::new() };
    let advice = member(response, "advice");
    let challenge = response.headers.get("www-authenticate");
    if advice.is_none() && challenge.is_none() {
        return Vec::new();
    }
    let mut lines = vec![Line::new(), Line::of(Role::Title, "The lab's API also said")];
    lines.extend(advice.map(|text| indented(glyphs).then(Role::Text, text)));
    lines.extend(challenge.map(|challenge| {
        indented(glyphs).then(Role::Name, "www-authenticate: ").then(Role::Value, visible(challenge))
    }));
    lines
}

fn indented(glyphs: &Glyphs) -> Line {
    Line::of(Role::Text, " ".repeat(usize::from(glyphs.mark_width) + 1))
}

/// A text in the JSON of an answer.
fn member(response: &Response, name: &str) -> Option<String> {
    let document = serde_json::from_slice::<Value>(response.body.bytes()).ok()?;
    Some(visible(document.get(name)?.as_str()?).into_owned())
}

/// What the seat expects, and where that comes from.
fn expected(terms: &[Demand], seat: Seat) -> Vec<Line> {
    let mut lines = vec![
        Line::new(),
        Line::of(Role::Title, "Expected")
            .then(Role::Muted, "  ")
            .then(Role::Key, "e")
            .then(Role::Muted, " changes it"),
    ];
    for wanted in terms.iter().filter(|wanted| Term::of(seat).contains(&wanted.term)) {
        let value = if wanted.values.is_empty() { "not compared".to_owned() } else { few(&wanted.values) };
        let role = match (wanted.edited, wanted.values.is_empty()) {
            (true, _) => Role::Edited,
            (false, true) => Role::Muted,
            (false, false) => Role::Value,
        };
        lines.push(
            Line::of(Role::Name, format!("{:<10}", wanted.term.title()))
                .then(role, visible(&value))
                .then(Role::Muted, format!("  {}", wanted.source)),
        );
    }
    lines
}

/// Of many values the first ones.
pub fn few(values: &[String]) -> String {
    match values {
        [first @ .., _, _] if first.len() > 3 => {
            format!("{} and {} more", values[..4].join(", "), values.len() - 4)
        }
        all => all.join(", "),
    }
}

/// How many findings there are of each kind that there are any of.
pub fn tally(findings: &[Finding], glyphs: &Glyphs) -> Line {
    let mut line = Line::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Passed, Severity::Info] {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        if count > 0 {
            let (mark, role) = glyphs.severity(severity);
            let blank = if line.0.is_empty() { "" } else { "  " };
            line = line.then(Role::Text, blank).then(role, format!("{mark} {count}"));
        }
    }
    line
}

/// A finding with its mark.
pub fn line(finding: &Finding, glyphs: &Glyphs) -> Line {
    let (mark, role) = glyphs.severity(finding.severity);
    let role_of_text = match finding.severity {
        Severity::Passed | Severity::Warning | Severity::Error => Role::Text,
        Severity::Info => Role::Muted,
    };
    let source = if finding.source.is_empty() { String::new() } else { format!("  {}", finding.source) };
    // In one piece with its blank, the mark tells where broken lines go on.
    Line::of(role, format!("{mark} ")).then(role_of_text, &finding.title).then(Role::Muted, source)
}

/// `alg RS256  typ JWT  kid rrX2…`
fn header(decoded: &Decoded, glyphs: &Glyphs) -> Line {
    let mut line = Line::new();
    for name in ["alg", "enc", "typ", "kid"] {
        let value = match decoded.header.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => continue,
        };
        let blank = if line.0.is_empty() { "" } else { "  " };
        let value = fit::text(&visible(&value), if name == "kid" { 9 } else { 20 }, glyphs);
        line = line.then(Role::Name, format!("{blank}{name} ")).then(Role::Value, value);
    }
    if line.0.is_empty() { Line::of(Role::Title, decoded.kind.title()) } else { line }
}

fn about_keys(keys: &Keys<'_>, decoded: &Decoded, glyphs: &Glyphs) -> Vec<Line> {
    // The whole issuer stands among the claims; here its host tells enough.
    let issuer = match decoded.claims.get("iss").and_then(Value::as_str) {
        Some(issuer) => issuer.parse::<url::Url>().map_or_else(|_| issuer.to_owned(), |url| host(&url)),
        None => "its issuer".to_owned(),
    };
    let not_checked = || {
        Line::of(Role::Warn, format!("{} ", glyphs.warning))
            .then(Role::Text, "Signature not checked: the keys of ")
            .then(Role::Value, &issuer)
            .then(Role::Text, " are not known.")
    };
    let indent = " ".repeat(usize::from(glyphs.mark_width) + 1);
    let press = |line: Line| line.then(Role::Text, &indent).then(Role::Key, "s").then(Role::Text, " ");
    match keys {
        Keys::Known | Keys::Useless | Keys::OfClient => Vec::new(),
        Keys::Nowhere => vec![
            Line::of(Role::Warn, format!("{} ", glyphs.warning))
                .then(Role::Text, "Signature not checked: iss is no address to ask for keys. ")
                .then(Role::Key, "p")
                .then(Role::Text, " takes pasted ones."),
        ],
        Keys::At(host) => vec![
            not_checked(),
            press(Line::new()).then(Role::Text, "fetches them; this contacts ").then(Role::Link, host),
        ],
        Keys::Asked(exchange) => vec![
            Line::of(Role::Busy, format!("{} ", glyphs.running))
                .then(Role::Text, "Asking ")
                .then(Role::Link, exchange.host())
                .then(Role::Text, format!(" for keys (#{})", exchange.id.0)),
        ],
        Keys::Refused(exchange) => {
            let came = match &exchange.result {
                Some(Err(failure)) => failure.to_string(),
                Some(Ok(response)) if response.is_success() => {
                    "what came does not lead to keys of this issuer".to_owned()
                }
                Some(Ok(response)) => format!("status {}", response.status),
                None => String::new(),
            };
            vec![
                not_checked(),
                press(Line::new())
                    .then(Role::Text, "asks ")
                    .then(Role::Link, exchange.host())
                    .then(Role::Text, " again, ")
                    .then(Role::Key, "p")
                    .then(Role::Text, " takes pasted ones"),
                Line::of(Role::Refused, format!("{} ", glyphs.failed))
                    .then(Role::Text, format!("When it was asked (#{}): {came}.", exchange.id.0)),
            ]
        }
    }
}
