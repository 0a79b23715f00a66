//! What the run has gathered so far, and its exchanges as a table: for screens with room.

use unicode_width::UnicodeWidthStr as _;

use super::{
    response::size,
    shown::{Shown, endpoint, fact_value, milliseconds, result},
    steps::clipped,
};
use crate::{
    flow::{Authority, Credential},
    text::{Line, Role, visible},
    tui::glyphs::Glyphs,
    workbench::{Channel, Exchange},
};

/// Every value that the run goes by: whom it asks, as whom, and what each step made or learned. Also gives the column
/// in which the values stand.
pub fn lines(shown: &Shown<'_>, reveal: bool) -> (Vec<Line>, u16) {
    let profile = &shown.session.profile;
    let authority = match &profile.authority {
        Authority::Lab { base, tenant } | Authority::Entra { base, tenant } => {
            format!("{}/{tenant}", base.as_str().trim_end_matches('/'))
        }
        Authority::Issuer(issuer) => issuer.to_string(),
    };
    let mut rows = vec![
        ("authority", Line::of(Role::Link, authority)),
        ("client_id", Line::of(Role::Value, &profile.client_id)),
        ("platform", Line::of(Role::Value, profile.platform.name())),
    ];
    if let Credential::Secret(secret) = &profile.credential {
        let text = if reveal { secret.expose().to_owned() } else { secret.masked() };
        rows.push(("client_secret", Line::of(Role::Secret, text)));
    }
    for step in &shown.steps {
        for fact in step.facts {
            // The newest value under a name is the one that counts.
            rows.retain(|(name, _)| *name != fact.name);
            rows.push((fact.name, fact_value(fact, reveal)));
        }
    }
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0).min(30);
    let row = |(name, value): (&str, Line)| {
        let mut line = Line::of(Role::Name, format!("{name:<width$}  "));
        line.0.extend(value.0);
        line
    };
    (rows.into_iter().map(row).collect(), u16::try_from(width + 2).unwrap_or(u16::MAX))
}

/// The exchanges of the run, or only those of its user agent, oldest first, under a line of headings; each row is
/// `width` columns wide.
pub fn traffic(shown: &Shown<'_>, only_front: bool, width: usize, glyphs: &Glyphs) -> Vec<Line> {
    let mut lines = vec![Line::of(
        Role::Muted,
        clipped(
            &format!("{:<4} {:<9}  {:<5} {:<6} {}", "#", "time", "side", "method", "to, answer, time, size"),
            width,
            glyphs.ellipsis,
        ),
    )];
    let wanted = |exchange: &&Exchange| !only_front || exchange.channel == Channel::Front;
    lines.extend(shown.exchanges().filter(wanted).map(|exchange| row(exchange, width, glyphs)));
    if lines.len() == 1 {
        lines.push(Line::of(Role::Muted, "Nothing was sent yet."));
    }
    lines
}

fn row(exchange: &Exchange, width: usize, glyphs: &Glyphs) -> Line {
    let side = match exchange.channel {
        Channel::Back => "back",
        Channel::Front => "front",
    };
    let request = &exchange.request;
    let head = Line::of(Role::Muted, format!("{:<4} ", exchange.id.0))
        .then(Role::Text, format!("{}  ", exchange.sent.clock()))
        .then(Role::Muted, format!("{side:<5} "))
        .then(Role::Method, format!("{:<6} ", request.method.as_str()));
    let used = head.plain().width();
    let (role, outcome) = match result(exchange) {
        Some((role, text)) => {
            let bytes = exchange.response().map_or(0, |response| response.body.len());
            let took =
                if text.ends_with(" ms") { String::new() } else { format!("  {}", milliseconds(exchange)) };
            (role, format!("  {text}{took}  {}", size(bytes)))
        }
        None => (Role::Busy, "  under way".to_owned()),
    };
    let outcome = visible(&outcome).into_owned();
    let room = width.saturating_sub(used + outcome.width());
    let path = format!("{}{}", exchange.host(), request.url.path());
    // The end of an address says more than its middle.
    let path =
        if path.width() > room { format!("{} {}", exchange.host(), endpoint(&request.url)) } else { path };
    let line = head
        .then(Role::Link, format!("{:<room$}", clipped(&path, room, glyphs.ellipsis)))
        .then(role, outcome);
    super::steps::clipped_line(&line, width, glyphs.ellipsis)
}
