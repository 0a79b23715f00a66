//! The selected row in full: the whole value, what it says, and what the claim means.

use serde_json::Value;

use super::claims::{Row, Section, of_assertion, shown_name};
use crate::{
    text::{Line, Role, visible_lines},
    time::{self, UnixTime},
    token::{
        Decoded, Place, Within,
        claims::{self, Group},
        values,
    },
    tui::glyphs::Glyphs,
};

/// So many lines of a value are shown, and so many characters of each.
const LINES: usize = 200;
const CHARACTERS: usize = 4000;

/// What the frame is called.
pub fn title(row: Option<&Row<'_>>) -> String {
    match row {
        Some(Row::Member { name, .. }) => format!("Meaning  {}", shown_name(name)),
        Some(_) | None => "Meaning".to_owned(),
    }
}

/// Everything about a row.
pub fn lines(row: &Row<'_>, token: &Decoded, now: UnixTime, glyphs: &Glyphs) -> Vec<Line> {
    match row {
        Row::Heading { section, count, folded } => {
            let hint = if *folded { "opens it" } else { "closes it" };
            vec![
                Line::of(Role::Title, section.title()),
                Line::of(Role::Text, format!("{}.", capitalised(section.about()))),
                Line::of(Role::Muted, format!("{count} below.  "))
                    .then(Role::Key, "Enter")
                    .then(Role::Muted, format!(" {hint}.")),
            ]
        }
        Row::Remark(finding, place) => {
            let (mark, role) = glyphs.severity(finding.severity);
            let mut lines = vec![Line::of(role, format!("{mark} ")).then(Role::Text, &finding.title)];
            let source = if finding.source.is_empty() { "" } else { ", " };
            lines.push(Line::of(Role::Muted, format!("{}{source}{}", finding.id, finding.source)));
            lines.extend(place.map(|place| at_fault(place, token)).unwrap_or_default());
            lines
        }
        Row::More(count) => vec![Line::of(
            Role::Text,
            format!("{count} further claims are not listed here. Copy the claims (Y) to see them all."),
        )],
        Row::Member { section, name, value, meaning } => {
            let header = *section == Section::Of(Group::Form);
            let items = if header { Vec::new() } else { values::items(token, name) };
            let mut lines = if items.is_empty() { value_lines(value) } else { item_lines(&items) };
            let when = *section == Section::Of(Group::When);
            match token.time(name).filter(|_| when) {
                Some(time) => lines.push(
                    Line::of(Role::Text, time.date_time())
                        .then(Role::Text, format!(", {}", time::relative(time, now))),
                ),
                None => lines
                    .extend(values::explain_value(name, value, now).map(|says| Line::of(Role::Text, says))),
            }
            lines.push(Line::new());
            let special = of_assertion(token, name);
            lines.push(match meaning {
                _ if special.is_some() => Line::of(Role::Text, special.map_or("", |special| special.long)),
                Some(meaning) => Line::of(Role::Text, meaning.long),
                None if header => Line::of(
                    Role::Text,
                    "This header member is not known here. Unless crit lists it, a reader may ignore it.",
                ),
                None if claims::likely(name).is_some() => {
                    Line::of(Role::Text, claims::likely(name).unwrap_or_default())
                }
                None => Line::of(
                    Role::Text,
                    "This claim is not known here: neither Entra nor OpenID Connect define it for everybody. It may be \
                     an optional claim, a mapped claim or a directory extension of that tenant; whoever issued the \
                     token knows.",
                ),
            });
            lines
        }
    }
}

/// Where a finding has its reason, and what stands there.
fn at_fault(place: &Place, token: &Decoded) -> Vec<Line> {
    /// So many lines of the value at fault.
    const EXCERPT: usize = 12;
    let name = place.within.name();
    let mut lines = vec![Line::new()];
    match (place.within, &place.member, &place.bytes) {
        (Within::Input, Some(member), _) => lines.push(
            Line::of(Role::Muted, "In the text around the token, at ").then(Role::Name, shown_name(member)),
        ),
        (Within::Input, None, Some(bytes)) => lines.push(Line::of(
            Role::Muted,
            format!("In the text that was pasted, from byte {} to {}.", bytes.start + 1, bytes.end),
        )),
        (within, Some(member), _) => {
            lines.push(
                Line::of(Role::Muted, format!("In the {name}, at ")).then(Role::Name, shown_name(member)),
            );
            let members = if within == Within::Header { &token.header } else { &token.claims };
            let value = members.get(member).map(value_lines).unwrap_or_default();
            lines.extend(value.into_iter().take(EXCERPT));
        }
        (_, None, Some(bytes)) if bytes.is_empty() => {
            lines.push(Line::of(Role::Muted, format!("In the {name}, where the token ends.")));
        }
        (_, None, Some(bytes)) => lines.push(Line::of(
            Role::Muted,
            format!(
                "In the {name}, from character {} to {} of the token; marked under Raw.",
                bytes.start + 1,
                bytes.end
            ),
        )),
        (_, None, None) => lines.push(Line::of(Role::Muted, format!("In the {name}."))),
    }
    lines
}

/// A list item by item, each with what it says.
fn item_lines(items: &[values::Item]) -> Vec<Line> {
    let line = |item: &values::Item| {
        let line = Line::of(Role::Value, item.text.chars().take(CHARACTERS).collect::<String>());
        match &item.says {
            Some(says) => line.then(Role::Text, format!("  {says}")),
            None => line,
        }
    };
    cut(items.iter().take(LINES).map(line).collect())
}

/// The whole value: objects and mixed lists indented.
fn value_lines(value: &Value) -> Vec<Line> {
    let item = |text: &str| Line::of(Role::Value, text.chars().take(CHARACTERS).collect::<String>());
    cut(match value {
        Value::String(text) => vec![item(text)],
        Value::Array(all) if !all.is_empty() && all.iter().all(Value::is_string) => {
            all.iter().take(LINES).filter_map(Value::as_str).map(item).collect()
        }
        Value::Array(_) | Value::Object(_) => {
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            visible_lines(&text).take(LINES).map(|line| item(&line)).collect()
        }
        other => vec![item(&other.to_string())],
    })
}

fn cut(mut lines: Vec<Line>) -> Vec<Line> {
    if lines.len() == LINES {
        lines.push(Line::of(Role::Muted, "and more; y copies the whole value"));
    }
    lines
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}
