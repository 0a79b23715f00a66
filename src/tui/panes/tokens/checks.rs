//! What was checked of a token: its header in one line, whose keys are missing, and every finding with its mark.

use serde_json::Value;

use crate::{
    finding::{Finding, Severity},
    text::{Line, Role, visible},
    time::UnixTime,
    token::{Decoded, Kind},
    tui::{glyphs::Glyphs, widgets::fit},
    workbench::{Exchange, Held, Owner, Workbench},
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
    /// They can be asked for at this host.
    At(String),
    /// They are being asked for.
    Asked(&'a Exchange),
    /// They were asked for, and this came instead.
    Refused(&'a Exchange),
}

/// Where the search for the keys of the token at `index` stands.
pub fn keys(bench: &Workbench, index: usize) -> Keys<'_> {
    match bench.shelf.all().get(index) {
        Some(held) if held.decoded.kind == Kind::Jws => {}
        _ => return Keys::Useless,
    }
    if bench.shelf.knows_keys(index) {
        return Keys::Known;
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

/// The findings as they are now: those that need attention first, and then in the order in which people ask.
pub fn findings(held: &Held, now: UnixTime) -> Vec<Finding> {
    const ASKED: [&str; 5] =
        ["check.signature", "check.issuer", "check.audience", "check.expiry", "check.nonce"];
    let mut findings = held.checks_at(now);
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

/// Everything that stands in the region.
pub fn lines(bench: &Workbench, index: usize, now: UnixTime, glyphs: &Glyphs) -> Vec<Line> {
    let Some(held) = bench.shelf.all().get(index) else { return Vec::new() };
    let mut lines = vec![header(&held.decoded, glyphs)];
    lines.extend(about_keys(&keys(bench, index), &held.decoded, glyphs));
    lines.extend(findings(held, now).iter().map(|finding| line(finding, glyphs)));
    lines
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
    Line::of(role, mark).then(Role::Text, " ").then(role_of_text, &finding.title)
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
    let issuer = decoded.claims.get("iss").and_then(Value::as_str).unwrap_or("its issuer");
    let not_checked = || {
        Line::of(Role::Warn, format!("{} ", glyphs.warning))
            .then(Role::Text, "Signature not checked: the keys of ")
            .then(Role::Value, issuer)
            .then(Role::Text, " are not known.")
    };
    let indent = " ".repeat(usize::from(glyphs.mark_width) + 1);
    let press = |line: Line| line.then(Role::Text, &indent).then(Role::Key, "s").then(Role::Text, " ");
    match keys {
        Keys::Known | Keys::Useless => Vec::new(),
        Keys::Nowhere => vec![
            Line::of(Role::Warn, format!("{} ", glyphs.warning))
                .then(Role::Text, "Signature not checked: iss is no address that could be asked for keys."),
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
                    .then(Role::Text, " again"),
                Line::of(Role::Refused, format!("{} ", glyphs.failed))
                    .then(Role::Text, format!("When it was asked (#{}): {came}.", exchange.id.0)),
            ]
        }
    }
}
