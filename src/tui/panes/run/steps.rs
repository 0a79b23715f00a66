//! The list of steps, and what stands behind the selected one: why it exists, what protects it, what it made, what its
//! checks say.
//!
//! ```text
//! ✓ 1 Discover metadata        200 12 ms
//! ● 3 Send the person there     ⠹ 0:42
//! ```

use unicode_width::UnicodeWidthStr as _;

use super::shown::{Shown, fact_value, result, spinner, stopwatch};
use crate::{
    flow::{Step, StepState},
    text::{Line, Role},
    tui::{glyphs::Glyphs, pane::Scene},
};

/// The mark of a step, and its role.
pub const fn mark(state: StepState, glyphs: &Glyphs) -> (&'static str, Role) {
    match state {
        StepState::Todo => (glyphs.todo, Role::Muted),
        StepState::Ready => (glyphs.ready, Role::Key),
        StepState::Running => (glyphs.running, Role::Busy),
        StepState::Done => (glyphs.ok, Role::Ok),
        StepState::Failed => (glyphs.failed, Role::Refused),
        StepState::Skipped => (glyphs.skipped, Role::Muted),
    }
}

/// One line for each step, `width` columns wide: mark, number, title, and how it went at the right.
pub fn rows(shown: &Shown<'_>, scene: &Scene<'_>, width: usize) -> Vec<Line> {
    shown.steps.iter().enumerate().map(|(index, step)| row(shown, scene, index, step, width)).collect()
}

fn row(shown: &Shown<'_>, scene: &Scene<'_>, index: usize, step: &Step<'_>, width: usize) -> Line {
    let (mark, role) = mark(step.state, scene.look.glyphs);
    let (note_role, note) = note(shown, scene, step);
    let title_role = if step.state == StepState::Todo { Role::Muted } else { Role::Text };
    let before = format!(" {} ", index + 1);
    let room = width.saturating_sub(mark.width() + before.width() + note.width() + 1);
    let title = clipped(step.title, room, scene.look.glyphs.ellipsis);
    let gap = " ".repeat((room + 1).saturating_sub(title.width()));
    Line::of(role, mark)
        .then(Role::Muted, before)
        .then(title_role, title)
        .then(Role::Text, gap)
        .then(note_role, note)
}

/// How a step went, or how long it has been going on.
fn note(shown: &Shown<'_>, scene: &Scene<'_>, step: &Step<'_>) -> (Role, String) {
    let running = step.state == StepState::Running;
    let exchange = shown.exchange_of(step.id);
    if running {
        let pending = exchange.filter(|exchange| exchange.result.is_none()).map(|exchange| exchange.sent);
        return match pending.or(shown.session.waiting_since) {
            Some(since) => (Role::Busy, format!("{} {}", spinner(scene), stopwatch(since, scene.now))),
            None => (Role::Busy, spinner(scene).to_owned()),
        };
    }
    match step.state {
        StepState::Done | StepState::Failed => {
            exchange.and_then(result).unwrap_or((Role::Muted, String::new()))
        }
        StepState::Ready => (Role::Key, "Enter".to_owned()),
        StepState::Todo | StepState::Running | StepState::Skipped => (Role::Muted, String::new()),
    }
}

/// What stands behind a step. The most urgent comes first: what its checks say about it.
pub fn about(step: &Step<'_>, reveal: bool, glyphs: &Glyphs) -> Vec<Line> {
    let mut lines = Vec::new();
    if !step.findings.is_empty() {
        lines.push(Line::of(Role::Title, "Checks"));
        lines.extend(findings(step, glyphs));
        lines.push(Line::new());
    }
    lines.push(Line::of(Role::Title, "Why this step"));
    lines.push(Line::of(Role::Text, step.why));
    if !step.guards.is_empty() {
        lines.push(Line::new());
        lines.push(Line::of(Role::Title, "What protects it"));
        for guard in step.guards {
            lines.push(Line::of(Role::Muted, format!("{} ", glyphs.bullet)).then(Role::Text, guard));
        }
    }
    if !step.facts.is_empty() {
        lines.push(Line::new());
        lines.push(Line::of(Role::Title, "Made or learned here"));
        lines.extend(facts(step, reveal));
    }
    lines
}

/// What the checks of a step say, one line each.
pub fn findings(step: &Step<'_>, glyphs: &Glyphs) -> Vec<Line> {
    let line = |finding: &crate::finding::Finding| {
        let (mark, role) = glyphs.severity(finding.severity);
        let line = Line::of(role, format!("{mark} ")).then(Role::Text, &finding.title);
        if finding.source.is_empty() { line } else { line.then(Role::Muted, format!("  {}", finding.source)) }
    };
    step.findings.iter().map(line).collect()
}

/// What a step made or learned: name and value, and below it what that is for.
pub fn facts(step: &Step<'_>, reveal: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for fact in step.facts {
        let mut line = Line::of(Role::Name, fact.name).then(Role::Text, "  ");
        line.0.extend(fact_value(fact, reveal).0);
        lines.push(line);
        if !fact.meaning.is_empty() {
            lines.push(Line::of(Role::Muted, format!("  {}", fact.meaning)));
        }
    }
    lines
}

/// A text cut to `room` columns; a cut is marked.
pub fn clipped(text: &str, room: usize, ellipsis: &str) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let keep = room.saturating_sub(ellipsis.width());
    let mut out = String::new();
    for grapheme in unicode_segmentation::UnicodeSegmentation::graphemes(text, true) {
        if out.width() + grapheme.width() > keep {
            break;
        }
        out.push_str(grapheme);
    }
    if room >= ellipsis.width() {
        out.push_str(ellipsis);
    }
    out
}

/// A line cut to `room` columns; a cut is marked.
pub fn clipped_line(line: &Line, room: usize, ellipsis: &str) -> Line {
    if line.0.iter().map(|span| span.text.width()).sum::<usize>() <= room {
        return line.clone();
    }
    let mut left = room;
    let mut out = Line::new();
    for span in &line.0 {
        let width = span.text.width();
        if width < left {
            left -= width;
            out.0.push(span.clone());
            continue;
        }
        // What is cut here is cut for good, even if it would just fit: more stands behind it.
        let text = format!("{}{ellipsis}", clipped(&span.text, left.saturating_sub(ellipsis.width()), ""));
        out.0.push(crate::text::Span { text, role: span.role });
        break;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_text_says_so_and_never_grows() {
        assert_eq!(clipped("short", 10, "…"), "short");
        assert_eq!(clipped("a longer text", 8, "…"), "a longe…");
        assert_eq!(clipped("漢字漢字", 5, "…"), "漢字…");
        assert_eq!(clipped("text", 0, "…"), "");
        for room in 0..20 {
            assert!(clipped("漢字 and more 漢字", room, "…").width() <= room);
        }
    }

    #[test]
    fn a_cut_line_keeps_its_roles() {
        let line = Line::of(Role::Name, "name  ").then(Role::Value, "a value that is long");
        assert_eq!(clipped_line(&line, 12, "…").plain(), "name  a val…");
        assert_eq!(clipped_line(&line, 12, "…").0[1].role, Role::Value);
        assert_eq!(clipped_line(&line, 40, "…"), line);
        for room in 1..30 {
            let width: usize = clipped_line(&line, room, "…").0.iter().map(|span| span.text.width()).sum();
            assert!(width <= room, "{room}");
        }
    }
}
