//! The selected row in full: the whole value, what it says, and what the claim means.

use serde_json::Value;

use super::claims::{Row, Section};
use crate::{
    text::{Line, Role, visible_lines},
    time::{self, UnixTime},
    token::{Decoded, claims::Group, values},
    tui::glyphs::Glyphs,
};

/// So many lines of a value are shown, and so many characters of each.
const LINES: usize = 200;
const CHARACTERS: usize = 4000;

/// What the frame is called.
pub fn title(row: Option<&Row<'_>>) -> String {
    match row {
        Some(Row::Member { name, .. }) => format!("Meaning  {name}"),
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
        Row::Remark(finding) => {
            let (mark, role) = glyphs.severity(finding.severity);
            let mut lines = vec![Line::of(role, format!("{mark} ")).then(Role::Text, &finding.title)];
            let source = if finding.source.is_empty() { "" } else { ", " };
            lines.push(Line::of(Role::Muted, format!("{}{source}{}", finding.id, finding.source)));
            lines
        }
        Row::More(count) => vec![Line::of(
            Role::Text,
            format!("{count} further claims are not listed here. Copy the claims (Y) to see them all."),
        )],
        Row::Member { section, name, value, meaning } => {
            let mut lines = value_lines(name, value);
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
            lines.push(match meaning {
                Some(meaning) => Line::of(Role::Text, meaning.long),
                None if *section == Section::Of(Group::Form) => Line::of(
                    Role::Text,
                    "This header member is not known here. Unless crit lists it, a reader may ignore it.",
                ),
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

/// The whole value: blank-separated lists and arrays item by item, objects indented.
fn value_lines(name: &str, value: &Value) -> Vec<Line> {
    let item = |text: &str| Line::of(Role::Value, text.chars().take(CHARACTERS).collect::<String>());
    let mut lines = match value {
        Value::String(text) if matches!(name, "scp" | "scope") && text.contains(' ') => {
            text.split_ascii_whitespace().take(LINES).map(item).collect()
        }
        Value::String(text) => vec![item(text)],
        Value::Array(all) if !all.is_empty() && all.iter().all(Value::is_string) => {
            all.iter().take(LINES).filter_map(Value::as_str).map(item).collect()
        }
        Value::Array(_) | Value::Object(_) => {
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            visible_lines(&text).take(LINES).map(|line| item(&line)).collect()
        }
        other => vec![item(&other.to_string())],
    };
    if lines.len() == LINES {
        lines.push(Line::of(Role::Muted, "and more; y copies the whole value"));
    }
    lines
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}
