//! An entry as rows of name and value, and the selected row explained below them.

use crate::{
    text::{Line, Role},
    time::relative,
    tui::{pane::Scene, widgets::fit},
    workbench::tenant::facts::{Fact, Held},
};

/// How wide the columns are.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    name: usize,
    value: usize,
    about: usize,
}

impl Columns {
    /// In this width; where there is room, each row says what it means.
    pub fn of(width: u16) -> Self {
        let width = usize::from(width);
        if width < 100 {
            let name = (width * 9 / 20).clamp(8, 28);
            return Self { name, value: width.saturating_sub(name + 1), about: 0 };
        }
        // A GUID fits.
        let (name, value) = (28, 37);
        Self { name, value, about: width - name - value - 2 }
    }

    /// Where values begin.
    pub fn value_at(self) -> u16 {
        u16::try_from(self.name + 1).unwrap_or(u16::MAX)
    }

    /// How wide they are.
    pub fn value_width(self) -> u16 {
        u16::try_from(self.value).unwrap_or(u16::MAX)
    }
}

/// A row.
pub fn line(fact: &Fact, columns: Columns, scene: &Scene<'_>) -> Line {
    let look = scene.look;
    let indent = " ".repeat(fact.depth * 2);
    let line = super::columns::cell(
        Line::new(),
        Role::Name,
        &format!("{indent}{}", short(&fact.name)),
        columns.name,
        look,
    );
    let (text, role) = value(&fact.value, scene);
    if columns.about == 0 {
        return line.then(role, text);
    }
    let line = super::columns::cell(line, role, &text, columns.value, look);
    super::columns::last(line, Role::Muted, &fact.about, columns.about, look)
}

/// What stands on its last members: a long path tells nothing more.
fn short(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    match (dots.next(), dots.next()) {
        (Some(last), Some(_)) => &name[last + 1..],
        _ => name,
    }
}

fn value(value: &Held, scene: &Scene<'_>) -> (String, Role) {
    let look = scene.look;
    match value {
        Held::Nothing => ("none".to_owned(), Role::Muted),
        Held::On => (format!("{} yes", look.glyphs.ok), Role::Ok),
        Held::Off => (format!("{} no", look.glyphs.todo), Role::Muted),
        Held::Text(text) => (text.clone(), Role::Value),
        Held::Secret(secret) if scene.reveal => (secret.expose().to_owned(), Role::Secret),
        Held::Secret(secret) => (secret.masked(), Role::Secret),
        Held::Time(time, _) => {
            let role = if *time <= scene.now { Role::Refused } else { Role::Value };
            (format!("{}, {}", time.date_time(), relative(*time, scene.now)), role)
        }
        Held::Count(count) => (count.to_string(), Role::Muted),
    }
}

/// What the selected row means, and what can be done with it: as many rows as there is room for.
pub fn about(fact: &Fact, room: u16, width: u16, scene: &Scene<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let (text, role) = value(&fact.value, scene);
    let is_cut = fit::width(&text) > Columns::of(width).value_width();
    if is_cut && room > 1 {
        lines.push(Line::of(role, text));
    }
    let about = Line::of(Role::Text, &fact.about);
    lines.push(match doing(fact) {
        "" => about,
        words if fact.about.is_empty() => about.then(Role::Key, words),
        words => about.then(Role::Muted, "  ").then(Role::Key, words),
    });
    lines
}

/// The key that changes a row.
const fn doing(fact: &Fact) -> &'static str {
    use crate::workbench::tenant::facts::Kind;
    match fact.kind {
        Kind::Switch => "Space switches",
        Kind::Choice(_) => "Enter chooses",
        Kind::Text | Kind::OptionalText | Kind::Number | Kind::Time | Kind::Secret { .. } | Kind::Words => {
            "e edits"
        }
        Kind::Texts => "a adds one",
        Kind::Items(_) if fact.depth > 0 => "d removes",
        Kind::Fixed | Kind::Items(_) => "",
    }
}
