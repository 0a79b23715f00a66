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
    flow::{Draft, Field, Place},
    oauth::{choices::choices, parameters},
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
    let mut rows = vec![with_note(&address, note(&draft.endpoint, glyphs), width, glyphs)];
    let names = name_width(draft, width);
    rows.extend(draft.fields.iter().map(|field| row(field, names, width, reveal, glyphs)));
    rows
}

fn endpoint(draft: &Draft, width: usize, glyphs: &Glyphs) -> Line {
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
    let mut shown = value(&field.name, &field.value, reveal);
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

/// What was done to a field, and where it travels if that is not the usual place.
fn note(field: &Field, glyphs: &Glyphs) -> Option<Line> {
    let changed = match (&field.proposed, field.removed) {
        (_, true) => Some((glyphs.skipped, "left out")),
        (None, false) => Some((glyphs.running, "added")),
        (Some(_), false) if field.is_changed() => Some((glyphs.running, "edited")),
        (Some(_), false) => None,
    };
    let header = (field.place == Place::Header).then(|| Line::of(Role::Muted, "header"));
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
    match parameters::meaning(&field.name) {
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
    let known = choices(&field.name);
    if !known.is_empty() {
        let line = Line::of(Role::Muted, "known values  ").then(Role::Value, known.join("  "));
        lines.insert(lines.len().min(1), line);
    }
    if field.removed {
        lines.push(Line::of(Role::Edited, "Left out: it will not be sent."));
    }
    if let Some(proposed) = field.proposed.as_deref().filter(|proposed| *proposed != field.value) {
        let mut line = Line::of(Role::Muted, "proposed was  ");
        line.0.extend(if field.place == Place::Endpoint {
            Line::of(Role::Link, proposed).0
        } else {
            value(&field.name, proposed, reveal).0
        });
        lines.push(line);
    }
    lines
}

/// Reads what a person typed to add something: `name=value` is a parameter, `name: value` a header.
pub fn read_addition(draft: &Draft, text: &str) -> Result<(Place, String, String), &'static str> {
    let parameter = text.find('=');
    let header = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1));
    let (place, at) = match (parameter, header) {
        (Some(equals), Some(colon)) if colon < equals => (Place::Header, colon),
        (Some(equals), _) => (parameter_place(draft), equals),
        (None, Some(colon)) => (Place::Header, colon),
        (None, None) => return Err("write name=value for a parameter, or name: value for a header"),
    };
    let (name, value) = (text[..at].trim(), &text[at + 1..]);
    if name.is_empty() {
        return Err("a name is missing before the sign");
    }
    let value = if place == Place::Header { value.trim() } else { value };
    Ok((place, name.to_owned(), value.to_owned()))
}

fn parameter_place(draft: &Draft) -> Place {
    if draft.method == crate::wire::Method::Post { Place::Form } else { Place::Query }
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
            .with(Place::Form, "client_id", "me")
            .with(Place::Form, "client_secret", "hush")
            .with(Place::Header, "origin", "http://localhost")
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
    fn what_was_changed_is_said_on_its_row() {
        let mut draft = draft();
        draft.bend(Bend::Set(0, "you".to_owned()));
        draft.bend(Bend::ToggleRemoved(1));
        draft.bend(Bend::Add(Place::Form, "x".to_owned(), String::new()));
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
        assert_eq!(add("a=b=c"), want(Place::Form, "a", "b=c"));
        assert_eq!(add("Origin: http://x?a=b"), want(Place::Header, "Origin", "http://x?a=b"));
        assert_eq!(add("redirect=http://x: y"), want(Place::Form, "redirect", "http://x: y"));
        assert_eq!(add("x-empty:"), want(Place::Header, "x-empty", ""));
        assert!(add("nothing").is_err() && add("=x").is_err());
        let get = Draft::new(Method::Get, "http://localhost/authorize");
        assert_eq!(read_addition(&get, "a=").map(|(place, ..)| place), Ok(Place::Query));
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
        draft.bend(Bend::Add(Place::Form, "made_up".to_owned(), "1".to_owned()));
        assert!(meaning(&draft.fields[3], false)[0].plain().contains("made_up"));
    }
}
