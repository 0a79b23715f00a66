//! Columns of a list's rows: what is in a column is cut or padded to its width.

use crate::{
    text::{Line, Role},
    tui::{look::Look, widgets::fit},
};

/// Adds a column and the blank behind it.
pub fn cell(line: Line, role: Role, text: &str, width: usize, look: &Look) -> Line {
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let text = crate::text::visible(text);
    let cut = fit::text(&text, width, look.glyphs);
    let pad = usize::from(width.saturating_sub(fit::width(&cut)));
    line.then(role, cut).then(Role::Text, " ".repeat(pad + 1))
}

/// Adds the last column: what is behind it stays as it is.
pub fn last(line: Line, role: Role, text: &str, width: usize, look: &Look) -> Line {
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    line.then(role, fit::text(&crate::text::visible(text), width, look.glyphs))
}

/// A mark in a column of its own: good, bad, or neither.
pub fn mark(good: Option<bool>, look: &Look) -> Line {
    let (mark, role) = match good {
        Some(true) => (look.glyphs.ok, Role::Ok),
        Some(false) => (look.glyphs.failed, Role::Refused),
        None => (look.glyphs.warning, Role::Warn),
    };
    Line::of(role, mark).then(Role::Text, " ")
}

/// The same column where nothing can be good or bad.
pub fn no_mark(look: &Look) -> Line {
    Line::of(Role::Text, " ".repeat(usize::from(look.glyphs.mark_width) + 1))
}

/// What is left of `width` for one more column.
pub fn rest(width: usize, taken: &[usize], look: &Look) -> usize {
    let taken: usize = taken.iter().map(|width| width + 1).sum();
    // The mark and every column but the last have a blank behind them.
    width.saturating_sub(taken + usize::from(look.glyphs.mark_width) + 1)
}
