//! What was changed, the newest first; what was taken back stands above it.

use super::columns::mark;
use crate::{
    provider::order::Step,
    text::{Line, Role},
    tui::look::Look,
};

/// A step that can be taken back.
pub fn done(step: &Step, look: &Look) -> Line {
    let line = mark(Some(true), look).then(Role::Muted, format!("{}  ", step.at.clock()));
    line.then(Role::Text, &step.said)
}

/// A step that was taken back.
pub fn undone(step: &Step, look: &Look) -> Line {
    Line::of(Role::Muted, format!("{} {}  ", look.glyphs.todo, step.at.clock()))
        .then(Role::Muted, &step.said)
        .then(Role::Warn, "  taken back")
}
