//! The request of a step: the address, then every parameter and header on a row of its own. Before it is sent each can
//! be changed; afterwards the rows show what was sent.
//!
//! ```text
//! GET http://localhost:7080/northwind/oauth2/v2.0/authorize
//!   client_id      1111…
//! ▌ prompt         select_account     ● edited
//!   state          9f3c…              – left out
//! ```

use unicode_width::UnicodeWidthStr as _;

use super::{shown::value, steps::clipped_line};
use crate::{
    flow::{Draft, Field, Place as Travels},
    oauth::choices::choices,
    text::{Line, Role, visible},
    tui::glyphs::Glyphs,
};

/// One row: the address, or a field by its index in the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The address of the request.
    Endpoint,
    /// A field of the draft.
    Field(usize),
}

impl Row {
    /// The row at a place of the list; the address comes first.
    pub const fn at(index: usize) -> Self {
        match index.checked_sub(1) {
            None => Self::Endpoint,
            Some(field) => Self::Field(field),
        }
    }

    /// The field behind it.
    pub fn field(self, draft: &Draft) -> Option<&Field> {
        match self {
            Self::Endpoint => Some(&draft.endpoint),
            Self::Field(index) => draft.fields.get(index),
        }
    }
}

/// One line of the list: a row, or the heading of a part of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The row at this place.
    Row(usize),
    /// The name of a part.
    Heading(&'static str),
}

/// What stands on each line. A request has one row after the other; an assertion has its header and its payload.
pub fn places(draft: &Draft) -> Vec<Place> {
    if !draft.is_assertion {
        return (0..count(draft)).map(Place::Row).collect();
    }
    let part = |wanted| {
        let fields = draft.fields.iter().enumerate();
        fields.filter(move |(_, field)| field.place == wanted).map(|(index, _)| Place::Row(index + 1))
    };
    let mut places = vec![Place::Row(0), Place::Heading("header")];
    places.extend(part(Travels::JoseHeader));
    places.push(Place::Heading("payload"));
    places.extend(part(Travels::Claim));
    places
}

/// The line on which a row stands.
pub fn line_of(draft: &Draft, row: usize) -> usize {
    places(draft).iter().position(|place| *place == Place::Row(row)).unwrap_or(row)
}

/// How many rows a draft has.
pub const fn count(draft: &Draft) -> usize {
    draft.fields.len() + 1
}

/// How wide the column of names is.
pub fn name_width(draft: &Draft, width: usize) -> usize {
    let widest = draft.fields.iter().map(|field| visible(&field.name).width()).max();
    widest.unwrap_or(0).clamp(8, 24).min(width / 2)
}

/// Every row, `width` columns wide, without the mark of the selection.
pub fn rows(draft: &Draft, width: usize, reveal: bool, glyphs: &Glyphs) -> Vec<Line> {
    let note_width = note(&draft.endpoint, glyphs).map_or(0, |note| note.plain().width() + 2);
    let address = endpoint(draft, width.saturating_sub(note_width), glyphs);
    let names = name_width(draft, width);
    let line = |place: Place| match place {
        Place::Heading(part) => Line::of(Role::Muted, part),
        Place::Row(0) => with_note(&address, note(&draft.endpoint, glyphs), width, glyphs),
        Place::Row(at) => row(&draft.fields[at - 1], names, width, reveal, glyphs),
    };
    places(draft).into_iter().map(line).collect()
}

fn endpoint(draft: &Draft, width: usize, glyphs: &Glyphs) -> Line {
    if draft.is_assertion {
        let line = Line::of(Role::Method, "JWT")
            .then(Role::Muted, "  signed as it stands, then sent with the token request");
        return clipped_line(&line, width, glyphs.ellipsis);
    }
    let role = if draft.endpoint.is_changed() { Role::Edited } else { Role::Link };
    let room = width.saturating_sub(draft.method.as_str().len() + 1);
    let address = shortened(&draft.endpoint.value, room, glyphs);
    Line::of(Role::Method, draft.method.as_str()).then(Role::Text, " ").then(role, address)
}

/// An address in little room: host and end say most, so what is left out is the beginning of the path.
pub fn shortened(address: &str, room: usize, glyphs: &Glyphs) -> String {
    if visible(address).width() <= room {
        return address.to_owned();
    }
    let Ok(url) = url::Url::parse(address) else { return address.to_owned() };
    let origin = url.origin().ascii_serialization();
    let mut end = url.path().trim_start_matches('/');
    while let Some((_, rest)) = end.split_once('/') {
        let short = format!("{origin}/{}/{rest}", glyphs.ellipsis);
        if short.width() <= room {
            return short;
        }
        end = rest;
    }
    address.to_owned()
}

fn row(field: &Field, names: usize, width: usize, reveal: bool, glyphs: &Glyphs) -> Line {
    let name = super::steps::clipped(&visible(&field.name), names, glyphs.ellipsis);
    let pad = " ".repeat(names.saturating_sub(name.width()) + 2);
    let role = if field.removed { Role::Muted } else { Role::Name };
    let mut line = Line::of(role, name).then(Role::Text, pad);
    let mut shown = value_of(field, &field.value, reveal);
    if field.value.is_empty() {
        shown = Line::of(Role::Muted, "(empty)");
    }
    for mut span in shown.0 {
        if field.removed {
            span.role = Role::Muted;
        } else if field.is_changed() && span.role == Role::Value {
            span.role = Role::Edited;
        }
        line.0.push(span);
    }
    with_note(&line, note(field, glyphs), width, glyphs)
}

/// A value of a field, masked if whoever sees it could use it. What an assertion says is meant to be read.
fn value_of(field: &Field, text: &str, reveal: bool) -> Line {
    if field.is_secret() { value(&field.name, text, reveal) } else { Line::of(Role::Value, text) }
}

/// What was done to a field, and where it travels if that is not the usual place.
fn note(field: &Field, glyphs: &Glyphs) -> Option<Line> {
    let changed = match (&field.proposed, field.removed) {
        (_, true) => Some((glyphs.skipped, "left out")),
        (None, false) => Some((glyphs.running, "added")),
        (Some(_), false) if field.is_changed() => Some((glyphs.running, "edited")),
        (Some(_), false) => None,
    };
    let header = (field.place == Travels::Header).then(|| Line::of(Role::Muted, "header"));
    match (header, changed) {
        (None, None) => None,
        (header, Some((mark, word))) => {
            let line = header.map_or_else(Line::new, |line| line.then(Role::Text, "  "));
            Some(line.then(Role::Edited, format!("{mark} {word}")))
        }
        (header, None) => header,
    }
}

fn with_note(line: &Line, note: Option<Line>, width: usize, glyphs: &Glyphs) -> Line {
    let Some(note) = note else { return clipped_line(line, width, glyphs.ellipsis) };
    let needs = note.plain().width() + 2;
    if needs >= width {
        return clipped_line(line, width, glyphs.ellipsis);
    }
    let mut line = clipped_line(line, width - needs, glyphs.ellipsis);
    line = line.then(Role::Text, "  ");
    line.0.extend(note.0);
    line
}

/// What the selected row is for: the rule it must obey, where that stands, and, in full, what is sent.
pub fn meaning(field: &Field, reveal: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    if field.place == Travels::Endpoint && field.value.is_empty() {
        return vec![Line::of(
            Role::Text,
            "The client's assertion, member by member. The private key signs it as it stands, whatever was changed.",
        )];
    }
    match field.meaning() {
        Some(known) => {
            lines.push(
                Line::of(Role::Name, known.name)
                    .then(Role::Text, format!("  {}", known.short))
                    .then(Role::Muted, format!("  {}", known.source)),
            );
            lines.push(Line::of(Role::Text, known.long));
        }
        None => lines.push(Line::of(Role::Name, &field.name).then(
            Role::Text,
            "  is not a parameter of this endpoint that authwright knows. It is sent as it stands.",
        )),
    }
    if field.removed {
        lines.push(Line::of(Role::Edited, "Left out: it will not be sent."));
    }
    if let Some(proposed) = field.proposed.as_deref().filter(|proposed| *proposed != field.value) {
        let mut line = Line::of(Role::Muted, "proposed was  ");
        line.0.extend(if field.place == Travels::Endpoint {
            Line::of(Role::Link, proposed).0
        } else {
            value_of(field, proposed, reveal).0
        });
        lines.push(line);
    }
    let known = choices(&field.name);
    if !known.is_empty() {
        lines.push(Line::of(Role::Muted, "known values  ").then(Role::Value, known.join("  ")));
    }
    lines
}

/// Reads what a person typed to add something: `name=value` is a parameter, `name: value` a header.
pub fn read_addition(draft: &Draft, text: &str) -> Result<(Travels, String, String), &'static str> {
    let parameter = text.find('=');
    let header = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1));
    let (place, at) = match (parameter, header) {
        (Some(equals), Some(colon)) if colon < equals => (header_place(draft), colon),
        (Some(equals), _) => (parameter_place(draft), equals),
        (None, Some(colon)) => (header_place(draft), colon),
        (None, None) => return Err("write name=value for a parameter, or name: value for a header"),
    };
    let (name, value) = (text[..at].trim(), &text[at + 1..]);
    if name.is_empty() {
        return Err("a name is missing before the sign");
    }
    let value = if place == parameter_place(draft) { value } else { value.trim() };
    Ok((place, name.to_owned(), value.to_owned()))
}

const fn parameter_place(draft: &Draft) -> Travels {
    match draft.method {
        _ if draft.is_assertion => Travels::Claim,
        crate::wire::Method::Post => Travels::Form,
        _ => Travels::Query,
    }
}

const fn header_place(draft: &Draft) -> Travels {
    if draft.is_assertion { Travels::JoseHeader } else { Travels::Header }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::Bend,
        tui::glyphs::{Charset, Glyphs},
        wire::Method,
    };

    fn draft() -> Draft {
        Draft::new(Method::Post, "http://localhost/token")
            .with(Travels::Form, "client_id", "me")
            .with(Travels::Form, "client_secret", "hush")
            .with(Travels::Header, "origin", "http://localhost")
    }

    fn plain(draft: &Draft, width: usize, reveal: bool) -> Vec<String> {
        rows(draft, width, reveal, Glyphs::of(Charset::Unicode)).iter().map(Line::plain).collect()
    }

    #[test]
    fn each_field_has_a_row_and_secrets_are_masked() {
        let rows = plain(&draft(), 60, false);
        assert_eq!(
            rows,
            [
                "POST http://localhost/token",
                "client_id      me",
                "client_secret  •••••••• (4 chars)",
                "origin         http://localhost  header",
            ]
        );
        assert!(plain(&draft(), 60, true)[2].ends_with("hush"));
    }

    #[test]
    fn an_assertion_is_read_before_it_is_signed() {
        let mut draft = Draft::assertion().with(Travels::JoseHeader, "alg", "PS256").with(
            Travels::Claim,
            "aud",
            "http://localhost/token",
        );
        draft.bend(Bend::Set(1, "http://elsewhere".to_owned()));
        let rows = plain(&draft, 60, false);
        assert_eq!(rows[1..4], ["header", "alg       PS256", "payload"]);
        assert_eq!(rows[4], "aud       http://elsewhere  ● edited");
        let text: String = meaning(&draft.fields[1], false).iter().map(Line::plain).collect();
        assert!(text.ends_with("proposed was  http://localhost/token"), "{text}");
    }

    #[test]
    fn what_was_changed_is_said_on_its_row() {
        let mut draft = draft();
        draft.bend(Bend::Set(0, "you".to_owned()));
        draft.bend(Bend::ToggleRemoved(1));
        draft.bend(Bend::Add(Travels::Form, "x".to_owned(), String::new()));
        draft.bend(Bend::Endpoint("http://elsewhere".to_owned()));
        let rows = plain(&draft, 60, false);
        assert_eq!(rows[0], "POST http://elsewhere  ● edited");
        assert_eq!(rows[1], "client_id      you  ● edited");
        assert!(rows[2].ends_with("  – left out"), "{}", rows[2]);
        assert_eq!(rows[4], "x              (empty)  ● added");
    }

    #[test]
    fn a_long_value_is_cut_before_its_note() {
        let mut draft = draft();
        draft.bend(Bend::Set(0, "a very long value that has no end in sight".to_owned()));
        let rows = plain(&draft, 40, false);
        assert_eq!(rows[1], "client_id      a very long va…  ● edited");
        for width in 0..60 {
            assert!(plain(&draft, width, true).iter().all(|row| row.width() <= width.max(1)), "{width}");
        }
    }

    #[test]
    fn a_long_address_keeps_its_host_and_its_end() {
        let glyphs = Glyphs::of(Charset::Unicode);
        let address = "http://localhost:7080/6b1f8f0e-4c1d-4a57-9e0b-2f7c3d5a9b10/oauth2/v2.0/token";
        assert_eq!(shortened(address, 100, glyphs), address);
        assert_eq!(shortened(address, 45, glyphs), "http://localhost:7080/…/oauth2/v2.0/token");
        assert_eq!(shortened(address, 30, glyphs), "http://localhost:7080/…/token");
        assert_eq!(shortened("not an address, and long", 5, glyphs), "not an address, and long");
    }

    #[test]
    fn additions_are_parameters_or_headers() {
        let add = |text: &str| read_addition(&draft(), text);
        let want = |place, name: &str, value: &str| Ok((place, name.to_owned(), value.to_owned()));
        assert_eq!(add("a=b=c"), want(Travels::Form, "a", "b=c"));
        assert_eq!(add("Origin: http://x?a=b"), want(Travels::Header, "Origin", "http://x?a=b"));
        assert_eq!(add("redirect=http://x: y"), want(Travels::Form, "redirect", "http://x: y"));
        assert_eq!(add("x-empty:"), want(Travels::Header, "x-empty", ""));
        assert!(add("nothing").is_err() && add("=x").is_err());
        let get = Draft::new(Method::Get, "http://localhost/authorize");
        assert_eq!(read_addition(&get, "a=").map(|(place, ..)| place), Ok(Travels::Query));
    }

    #[test]
    fn the_meaning_names_the_rule_and_never_the_secret() {
        let mut draft = draft();
        draft.bend(Bend::Set(1, "other".to_owned()));
        let text: String = meaning(&draft.fields[1], false).iter().map(Line::plain).collect();
        assert!(
            text.contains("client_secret") && !text.contains("hush") && !text.contains("other"),
            "{text}"
        );
        draft.bend(Bend::Add(Travels::Form, "made_up".to_owned(), "1".to_owned()));
        assert!(meaning(&draft.fields[3], false)[0].plain().contains("made_up"));
    }
}
