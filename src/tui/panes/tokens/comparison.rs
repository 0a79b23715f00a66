//! Two tokens beside each other, in lines: what the pair is, then every member that differs, with the reason.

use serde_json::Value;

use super::claims::text_of;
use crate::{
    text::{Line, Role},
    time::UnixTime,
    token::{
        Decoded,
        difference::{self, Change, Row},
    },
};

/// So many elements of a list are named.
const ELEMENTS: usize = 12;

/// The comparison; with `whole`, what is the same is shown, too.
pub fn lines(before: (&str, &Decoded), after: (&str, &Decoded), whole: bool, now: UnixTime) -> Vec<Line> {
    let difference = difference::difference(before.1, after.1);
    let mut lines =
        vec![Line::of(Role::Title, difference.headline()), Line::of(Role::Text, difference.pair().about())];
    for also in difference.pairs.iter().skip(1) {
        lines.push(Line::of(Role::Muted, "also: ").then(Role::Text, also.headline()));
    }
    lines.push(Line::new());
    lines.push(
        Line::of(Role::DiffExpected, "- ")
            .then(Role::Text, format!("{}, {}", before.0, difference.kinds.0.title()))
            .then(Role::DiffSent, "   + ")
            .then(Role::Text, format!("{}, {}", after.0, difference.kinds.1.title())),
    );
    let mut same = 0;
    for (heading, rows) in [("header", &difference.header), ("claims", &difference.claims)] {
        let is_shown = |row: &&Row| whole || row.change != Change::Same || row.why.is_some();
        let shown: Vec<&Row> = rows.iter().filter(is_shown).collect();
        same += rows.len() - shown.len();
        if shown.is_empty() {
            continue;
        }
        lines.push(Line::of(Role::Title, heading));
        lines.extend(shown.iter().flat_map(|row| member(row, now)));
    }
    if difference.differing() == 0 {
        lines.push(Line::of(Role::Ok, "No member differs."));
    }
    if same > 0 {
        lines.push(Line::of(Role::Muted, format!("{same} the same; t shows them")));
    }
    lines
}

fn member(row: &Row, now: UnixTime) -> Vec<Line> {
    let role = match row.change {
        Change::Added => Role::DiffSent,
        Change::Removed => Role::DiffExpected,
        Change::Changed => Role::Warn,
        Change::Same => Role::Muted,
    };
    let mut head = Line::of(role, format!("{} ", row.change.mark())).then(Role::Name, &row.name);
    if row.change == Change::Same {
        head = head.then(Role::Muted, format!("  {}", row.before.as_ref().map(text_of).unwrap_or_default()));
    }
    let mut lines = vec![head];
    match &row.elements {
        Some(elements) if row.change == Change::Changed => {
            for (mark, role, list) in
                [("  - ", Role::DiffExpected, &elements.removed), ("  + ", Role::DiffSent, &elements.added)]
            {
                lines.extend(list.iter().take(ELEMENTS).map(|one| Line::of(role, mark).then(role, one)));
                if list.len() > ELEMENTS {
                    lines.push(
                        Line::of(role, mark).then(Role::Muted, format!("and {} more", list.len() - ELEMENTS)),
                    );
                }
            }
            if !elements.kept.is_empty() {
                lines.push(Line::of(Role::Muted, format!("    {} in both", elements.kept.len())));
            }
        }
        _ if row.change != Change::Same => {
            let (said_before, said_after) = row.meanings(now);
            lines.extend(value("  - ", Role::DiffExpected, row.before.as_ref(), said_before));
            lines.extend(value("  + ", Role::DiffSent, row.after.as_ref(), said_after));
        }
        _ => {}
    }
    lines.extend(row.why.as_ref().map(|why| Line::of(Role::Text, "    ").then(Role::Text, why)));
    lines
}

fn value(mark: &str, role: Role, value: Option<&Value>, says: Option<String>) -> Option<Line> {
    let line = Line::of(role, mark).then(role, text_of(value?));
    Some(match says {
        Some(says) => line.then(Role::Muted, format!("  {says}")),
        None => line,
    })
}
