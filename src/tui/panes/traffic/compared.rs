//! Two answers in lines: side by side where there is room, else one below the other. What differs comes first.
//!
//! ```text
//! ≠ status   400                         200
//! + scope                                openid profile
//!   12 the same, 3 new in every answer: t shows them
//! ```

use unicode_width::UnicodeWidthStr as _;

use crate::{
    inspect::{self, Reveal},
    text::{Line, Role, visible},
    tui::panes::run::clipped_line,
    workbench::compare::{Part, Row, Verdict},
};

/// Narrower than this, the answers stand below each other.
const SIDE_BY_SIDE: usize = 90;

/// The comparison. `titles` name the two answers; with `whole`, what is the same is shown, too.
pub fn lines(rows: &[Row], titles: [&str; 2], whole: bool, width: usize, reveal: Reveal) -> Vec<Line> {
    let is_telling = |row: &&Row| matches!(row.verdict, Verdict::Differs | Verdict::Gone | Verdict::New);
    let shown: Vec<&Row> =
        if whole { rows.iter().collect() } else { rows.iter().filter(is_telling).collect() };
    let names = shown.iter().map(|row| visible(&row.name).width()).max().unwrap_or(0).clamp(6, 24);
    let mut lines = Vec::new();
    if width >= SIDE_BY_SIDE {
        let half = width.saturating_sub(names + 4) / 2;
        lines.push(
            Line::of(Role::Muted, " ".repeat(names + 4))
                .then(Role::Title, format!("{:<half$}", titles[0]))
                .then(Role::Title, titles[1]),
        );
        lines.extend(shown.iter().map(|row| beside(row, names, half, reveal)));
    } else {
        lines.push(
            Line::of(Role::DiffExpected, "- ")
                .then(Role::Title, titles[0])
                .then(Role::Muted, "   ")
                .then(Role::DiffSent, "+ ")
                .then(Role::Title, titles[1]),
        );
        lines.extend(shown.iter().flat_map(|row| below(row, reveal)));
    }
    if !rows.iter().any(|row| is_telling(&row)) {
        lines.push(Line::of(Role::Ok, "Nothing differs that would tell anything."));
    }
    if !whole {
        lines.extend(left_out(rows));
    }
    lines
}

/// How many rows are not shown, and why.
fn left_out(rows: &[Row]) -> Option<Line> {
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let (same, volatile) = (count(Verdict::Same), count(Verdict::Volatile));
    let mut parts = Vec::new();
    if same > 0 {
        parts.push(format!("{same} the same"));
    }
    if volatile > 0 {
        parts.push(format!("{volatile} new in every answer"));
    }
    (!parts.is_empty()).then(|| Line::of(Role::Muted, format!("  {}; t shows them", parts.join(", "))))
}

const fn mark(verdict: Verdict) -> (&'static str, Role) {
    match verdict {
        Verdict::Same => ("  ", Role::Muted),
        Verdict::Volatile => ("~ ", Role::Muted),
        Verdict::Differs => ("! ", Role::Warn),
        Verdict::Gone => ("- ", Role::DiffExpected),
        Verdict::New => ("+ ", Role::DiffSent),
    }
}

fn beside(row: &Row, names: usize, half: usize, reveal: Reveal) -> Line {
    let (sign, role) = mark(row.verdict);
    let name = clipped_line(&Line::of(Role::Name, &row.name), names, "…");
    let pad = " ".repeat((names + 2).saturating_sub(name.plain().width()));
    let mut line = Line::of(role, sign);
    line.0.extend(name.0);
    line = line.then(Role::Text, pad);
    let before = clipped_line(&value(row, row.before.as_deref(), Role::DiffExpected, reveal), half - 2, "…");
    let pad = " ".repeat(half.saturating_sub(before.plain().width()));
    line.0.extend(before.0);
    line = line.then(Role::Text, pad);
    line.0.extend(clipped_line(&value(row, row.after.as_deref(), Role::DiffSent, reveal), half, "…").0);
    line
}

fn below(row: &Row, reveal: Reveal) -> Vec<Line> {
    let (sign, role) = mark(row.verdict);
    let before = || value(row, row.before.as_deref(), Role::DiffExpected, reveal);
    let after = || value(row, row.after.as_deref(), Role::DiffSent, reveal);
    let with = |mut line: Line, value: Line| {
        line.0.extend(value.0);
        line
    };
    let head = Line::of(role, sign).then(Role::Name, &row.name);
    let gap = if row.name.is_empty() { "" } else { "  " };
    match row.verdict {
        Verdict::Same | Verdict::Gone => vec![with(head.then(Role::Text, gap), before())],
        Verdict::New => vec![with(head.then(Role::Text, gap), after())],
        Verdict::Differs | Verdict::Volatile => vec![
            head,
            with(Line::of(Role::DiffExpected, "  - "), before()),
            with(Line::of(Role::DiffSent, "  + "), after()),
        ],
    }
}

/// A value with its secrets masked; where the two differ, in the colour of its side.
fn value(row: &Row, value: Option<&str>, side: Role, reveal: Reveal) -> Line {
    let Some(value) = value else { return Line::new() };
    let mut line = match row.part {
        Part::Status => Line::of(Role::Value, value),
        Part::Header => inspect::header(&row.name, value, reveal),
        Part::Member => inspect::member(row.member(), value, reveal),
        Part::Line => inspect::line(value, reveal),
    };
    if matches!(row.verdict, Verdict::Differs | Verdict::Gone | Verdict::New) {
        for span in line.0.iter_mut().filter(|span| span.role != Role::Secret) {
            span.role = side;
        }
    }
    if matches!(row.verdict, Verdict::Same) {
        for span in &mut line.0 {
            span.role = Role::Muted;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        wire::{Body, Headers, Response},
        workbench::compare::compare,
    };

    fn rows() -> Vec<Row> {
        let answer = |status, body: &str| {
            let headers = Headers::new().with("content-type", "application/json");
            Ok(Response { status, headers, body: Body::from(body.to_owned()) })
        };
        compare(
            &answer(200, r#"{"access_token":"one-long-secret","scope":"a","token_type":"Bearer"}"#),
            &answer(400, r#"{"error":"invalid_scope","token_type":"Bearer"}"#),
        )
    }

    fn text(whole: bool, width: usize) -> Vec<String> {
        lines(&rows(), ["#1", "#2"], whole, width, Reveal::Masked).iter().map(Line::plain).collect()
    }

    #[test]
    fn where_there_is_room_the_answers_stand_side_by_side() {
        let text = text(false, 100);
        assert!(text[1].starts_with("! status        200") && text[1].ends_with("400"), "{text:#?}");
        assert!(text[4].starts_with("+ error") && text[4].trim_end().ends_with("invalid_scope"), "{text:#?}");
        assert!(text.iter().all(|line| line.width() <= 100), "{text:#?}");
        assert_eq!(text.last().map(String::as_str), Some("  2 the same; t shows them"));
    }

    #[test]
    fn else_they_stand_below_each_other() {
        let text = text(false, 78);
        assert_eq!(text[1..4], ["! status", "  - 200", "  + 400"]);
        assert!(text.contains(&"+ error  invalid_scope".to_owned()), "{text:#?}");
    }

    #[test]
    fn secrets_stay_masked_until_they_are_asked_for() {
        assert!(text(true, 78).iter().all(|line| !line.contains("one-long-secret")));
        let shown = lines(&rows(), ["#1", "#2"], true, 78, Reveal::Shown);
        assert!(shown.iter().any(|line| line.plain().contains("one-long-secret")));
    }
}
