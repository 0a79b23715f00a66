//! The sign-in log: one row an attempt, the newest first.

use super::columns::{cell, last, mark, rest};
use crate::{
    text::{Line, Role},
    tui::look::Look,
    workbench::tenant::Attempt,
};

/// The headings of the columns.
pub fn head(width: usize, look: &Look) -> Line {
    let widths = Widths::of(width, look);
    let line = Line::of(Role::Text, " ".repeat(usize::from(look.glyphs.mark_width) + 1));
    let line = cell(line, Role::Muted, "time", widths.time, look);
    let line = cell(line, Role::Muted, "result", widths.result, look);
    let line = cell(line, Role::Muted, "who", widths.who, look);
    if widths.reason == 0 {
        return last(line, Role::Muted, "application", widths.application, look);
    }
    let line = cell(line, Role::Muted, "application", widths.application, look);
    last(line, Role::Muted, "reason", widths.reason, look)
}

/// An attempt as a row.
pub fn line(attempt: &Attempt, width: usize, look: &Look) -> Line {
    let (row, widths) = (&attempt.sign_in, Widths::of(width, look));
    let good = attempt.succeeded();
    let (result, role) =
        if good { ("ok".to_owned(), Role::Ok) } else { (row.code.to_string(), Role::Refused) };
    // Nobody in person: then the kind says who.
    let who = row.user.as_deref().unwrap_or(row.kind.name());
    let application = row.application.as_deref().or(row.client_id.as_deref()).unwrap_or_default();
    let line = cell(mark(Some(good), look), Role::Muted, &row.at.clock(), widths.time, look);
    let line = cell(line, role, &result, widths.result, look);
    let line = cell(line, Role::Text, who, widths.who, look);
    if widths.reason == 0 {
        return last(line, Role::Muted, application, widths.application, look);
    }
    let line = cell(line, Role::Muted, application, widths.application, look);
    last(line, Role::Muted, &row.reason, widths.reason, look)
}

struct Widths {
    time: usize,
    result: usize,
    who: usize,
    application: usize,
    reason: usize,
}

impl Widths {
    fn of(width: usize, look: &Look) -> Self {
        let (time, result) = (9, 7);
        if width < 80 {
            let rest = rest(width, &[time, result], look);
            let who = rest / 2;
            return Self { time, result, who, application: rest.saturating_sub(who + 1), reason: 0 };
        }
        let (who, application) = (24, 24);
        Self { time, result, who, application, reason: rest(width, &[time, result, who, application], look) }
    }
}
