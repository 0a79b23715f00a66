//! One exchange in lines: as pretty as it gets, as it was on the wire, or where its time went.

use crate::{
    inspect::{self, Reveal},
    text::{Line, Role, visible, visible_lines},
    time::UnixTime,
    wire::{Body, Headers},
    workbench::{Channel, Exchange},
};

/// How an exchange is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Parameters and bodies laid out, secrets masked.
    #[default]
    Pretty,
    /// As it was on the wire.
    Raw,
    /// Where the time went, and what it belongs to.
    Timing,
}

impl Form {
    /// The next one.
    pub const fn next(self) -> Self {
        match self {
            Self::Pretty => Self::Raw,
            Self::Raw => Self::Timing,
            Self::Timing => Self::Pretty,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Raw => "raw",
            Self::Timing => "timing",
        }
    }
}

/// The request in lines.
pub fn request(exchange: &Exchange, form: Form, reveal: Reveal) -> Vec<Line> {
    let request = &exchange.request;
    let mut lines = Vec::new();
    match form {
        Form::Pretty => {
            let mut address = inspect::url(&request.url, reveal).into_iter();
            let first = address.next().unwrap_or_default();
            let mut line = Line::of(Role::Method, format!("{} ", request.method));
            line.0.extend(first.0);
            lines.push(line);
            lines.extend(address);
            lines.extend(inspect::headers(&request.headers, reveal));
            push_body(&mut lines, &request.headers, &request.body, reveal);
        }
        Form::Raw => {
            // The wire form goes through the same door: where secrets are masked, it is the prettified one in one line.
            let target = &request.url[url::Position::BeforePath..];
            let target = if reveal == Reveal::Shown { target.to_owned() } else { masked_target(exchange) };
            lines.push(
                Line::of(Role::Method, request.method.as_str())
                    .then(Role::Text, format!(" {target} HTTP/1.1")),
            );
            lines.push(Line::of(Role::Name, "host: ").then(Role::Value, exchange.host()));
            lines.extend(inspect::headers(&request.headers, reveal));
            raw_body(&mut lines, &request.headers, &request.body, reveal);
            lines.push(Line::new());
            lines.push(Line::of(
                Role::Muted,
                "host and content-length are added by the client; the rest is as built here.",
            ));
        }
        Form::Timing => timing(exchange, &mut lines),
    }
    lines
}

/// The answer in lines.
pub fn response(exchange: &Exchange, form: Form, reveal: Reveal, now: UnixTime) -> Vec<Line> {
    let mut lines = Vec::new();
    match &exchange.result {
        None => lines.push(Line::of(
            Role::Busy,
            format!("waiting for {}", crate::time::span(now.since(exchange.sent))),
        )),
        Some(Err(failure)) => lines.push(Line::of(Role::Refused, failure.to_string())),
        Some(Ok(response)) => {
            let role = if response.status < 400 { Role::Status } else { Role::Refused };
            lines.push(
                Line::of(role, response.named_status())
                    .then(Role::Muted, format!("   {:.1} ms", exchange.timing.total.as_secs_f64() * 1000.0)),
            );
            if let Some(note) = exchange.note.as_ref().filter(|_| form == Form::Pretty) {
                lines.push(Line::of(Role::Warn, format!("The lab tenant says: {}", note.demand)));
                for compared in &note.compared {
                    lines.push(
                        Line::of(Role::Name, format!("  {} ", compared.what))
                            .then(Role::DiffSent, &compared.sent),
                    );
                    for expected in &compared.expected {
                        lines.push(Line::of(Role::Muted, "    expected ").then(Role::DiffExpected, expected));
                    }
                }
            }
            lines.extend(inspect::headers(&response.headers, reveal));
            match form {
                Form::Pretty | Form::Timing => {
                    push_body(&mut lines, &response.headers, &response.body, reveal);
                }
                Form::Raw => raw_body(&mut lines, &response.headers, &response.body, reveal),
            }
        }
    }
    lines
}

fn push_body(lines: &mut Vec<Line>, headers: &Headers, body: &Body, reveal: Reveal) {
    if !body.is_empty() {
        lines.push(Line::new());
        lines.extend(inspect::lines(headers.get("content-type"), body, reveal).lines);
    }
}

fn raw_body(lines: &mut Vec<Line>, headers: &Headers, body: &Body, reveal: Reveal) {
    if reveal == Reveal::Shown {
        lines.push(Line::new());
        lines.extend(visible_lines(&body.text()).map(|line| Line::of(Role::Text, line)));
    } else {
        push_body(lines, headers, body, reveal);
        if !body.is_empty() {
            lines.push(Line::of(
                Role::Muted,
                "v shows the body as it was, secrets included, for ten seconds.",
            ));
        }
    }
}

fn masked_target(exchange: &Exchange) -> String {
    let path = visible(exchange.request.url.path()).into_owned();
    if exchange.request.url.query().is_some() { format!("{path}?…") } else { path }
}

fn timing(exchange: &Exchange, lines: &mut Vec<Line>) {
    let pair =
        |name: &str, value: String| Line::of(Role::Name, format!("{name:<10} ")).then(Role::Value, value);
    let milliseconds = |time: std::time::Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    lines.push(pair("sent", exchange.sent.rfc3339()));
    lines.push(pair("headers", milliseconds(exchange.timing.headers)));
    lines.push(pair("body", milliseconds(exchange.timing.total.saturating_sub(exchange.timing.headers))));
    lines.push(pair("total", milliseconds(exchange.timing.total)));
    lines.push(pair("step", exchange.step.map_or("none", |step| step.name()).to_owned()));
    lines.push(pair(
        "channel",
        match exchange.channel {
            Channel::Back => "back channel: straight to the authority",
            Channel::Front => "front channel: through the built-in user agent",
        }
        .to_owned(),
    ));
    lines.push(Line::new());
    lines.push(Line::of(
        Role::Muted,
        "Connecting is part of the headers' time; an open connection is used again.",
    ));
}
