//! The regions on the screen.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    widgets::{StatefulWidget as _, Widget as _},
};

use super::{
    State, codes, lab, last_refusal,
    layout::{self, Form, Region},
    shown,
};
use crate::{
    flow::Outcome,
    inspect::{self, Reveal},
    text::{Line, Role},
    tui::{
        look::Look,
        pane::Scene,
        widgets::{
            fit,
            frame::Frame,
            lines::{Hanging, Lines, Scroll},
            list::List,
        },
    },
    wire::Request,
    workbench::Workbench,
};

/// Prose is not made wider than this.
const WIDEST: u16 = 100;

impl State {
    /// Draws the screen; says where the cursor stands.
    pub fn view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        self.form = Form::of(area);
        self.codes.open();
        let look = scene.look;
        let came_back = match &mut self.shown {
            Some(shown) => {
                shown.keep_up(&bench.registrations);
                shown.trace(bench);
                shown.in_the_lab(lab::lines(shown.explanation.code, bench, look));
                shown::lines(shown, bench, area.width, look.glyphs)
            }
            None => Vec::new(),
        };
        let mut wanted = self.wanted();
        if wanted.came_back > 0 {
            // As tall as it is at about the width that it gets.
            let width =
                if self.form == Form::Large && wanted.request { area.width * 7 / 10 } else { area.width };
            let width = width.saturating_sub(4).clamp(1, WIDEST);
            let (height, most) = match self.form {
                // There each line gets one row.
                Form::Small => (came_back.len(), 3),
                Form::Single | Form::Medium | Form::Large => (Lines::new(&came_back, look).height(width), 8),
            };
            wanted.came_back = u16::try_from(height).unwrap_or(most).clamp(1, most);
        }
        let mut cursor = None;
        for (region, place) in layout::places(area, self.form, wanted) {
            let focused = region == wanted.focus;
            match region {
                Region::CameBack => {
                    let mut frame = Frame::new("What came back", look).focused(focused);
                    if let Some(id) = self.shown.as_ref().and_then(shown::Shown::exchange) {
                        let does = format!(" shows exchange #{}", id.0);
                        frame = frame.note(Line::of(Role::Key, "i").then(Role::Muted, does));
                    }
                    if focused {
                        frame = frame.footnote(Line::of(Role::Muted, "y copies the ids for support"));
                    }
                    frame.render(place, buffer);
                    let inner = readable(padded(Frame::inner(place)));
                    if self.form == Form::Small && !self.zoomed {
                        one_row_each(&came_back, look, inner, buffer);
                    } else {
                        Lines::new(&came_back, look).scrolled(inner, buffer, &mut self.came_back_scroll);
                    }
                }
                Region::Explained => {
                    cursor = self.draw_explained(focused, bench, look, place, buffer).or(cursor);
                }
                Region::Codes => cursor = self.draw_codes(focused, bench, look, place, buffer).or(cursor),
                Region::Request => self.draw_request(focused, scene, place, buffer),
            }
        }
        cursor
    }

    fn draw_explained(
        &mut self,
        focused: bool,
        bench: &Workbench,
        look: &Look,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let mut frame = Frame::new("Explained", look).focused(focused);
        let mut inner = Frame::inner(area);
        let mut cursor = None;
        if let Some(field) = &self.file {
            let [row, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
            let row = padded(row);
            let view =
                field.view(look).placeholder("a file: what az or Graph printed, HAR, log; or paste it");
            (&view).render(row, buffer);
            cursor = view.cursor(row);
            inner = rest;
        }
        let Some(shown) = &self.shown else {
            frame.render(area, buffer);
            Lines::new(&nothing_yet(bench), look).draw(readable(padded(inner)), buffer);
            return cursor;
        };
        frame = match self.in_the_lab(bench) {
            Some(note) => frame.note(note),
            None if !self.trail.is_empty() => {
                frame.note(Line::of(Role::Muted, "Esc goes back to the one before"))
            }
            None => frame,
        };
        let has_commands = shown.printed.places.iter().any(|(_, place)| match place {
            crate::explain::Place::Fix(fix) => fix.command.is_some(),
            crate::explain::Place::Related(_) => false,
        });
        let line = self.place.and_then(|place| shown.printed.places.get(place)).map(|(line, _)| *line);
        let width = inner.width.saturating_sub(1).min(WIDEST);
        Lines::new(&shown.printed.lines, look).mark(line).hanging(Hanging::LikeFirst).scrolled(
            Rect { width, ..inner },
            buffer,
            &mut self.scroll,
        );
        // The frame comes last: only then is it known whether there is more than fits.
        let hint = match (focused, has_commands, self.place) {
            (false, _, _) => "",
            (true, _, None) => "Enter goes to what helps",
            (true, true, Some(_)) => "y copies, Enter shows it alone",
            (true, false, Some(_)) => "y copies",
        };
        frame.footnote(more(&self.scroll, hint, look)).render(area, buffer);
        cursor
    }

    /// What the lab tenant can do about what is explained.
    fn in_the_lab(&self, bench: &Workbench) -> Option<Line> {
        let code = self.shown.as_ref()?.explanation.code?;
        let waits = bench.reproduction().filter(|shown| shown.code == code && !shown.is_mended);
        if waits.is_some() {
            return Some(Line::of(Role::Key, "m").then(Role::Muted, " mends it in the lab"));
        }
        let has_trail = !self.trail.is_empty();
        bench.can_reproduce(code).then(|| {
            let line = Line::of(Role::Key, "R").then(Role::Muted, " shows it in the lab");
            if has_trail { line.then(Role::Muted, ", Esc goes back") } else { line }
        })
    }

    fn draw_codes(
        &mut self,
        focused: bool,
        bench: &Workbench,
        look: &Look,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let (count, all) = (self.codes.count(), self.codes.all());
        let title = if self.codes.query().is_empty() {
            format!("Codes  {all}")
        } else {
            format!("Codes  {count} of {all}")
        };
        let in_lab = Line::of(Role::Ok, look.glyphs.running)
            .then(Role::Key, " R")
            .then(Role::Muted, " shows it in the lab");
        let in_lab = if bench.has_own_lab() { in_lab } else { Line::new() };
        Frame::new(title, look)
            .focused(focused)
            .note(Line::of(Role::Key, "/").then(Role::Muted, " searches"))
            .footnote(in_lab)
            .render(area, buffer);
        let inner = Frame::inner(area);
        let [row, mut rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
        let row = padded(row);
        let mut cursor = None;
        match &self.input {
            Some(field) => {
                let view = field.view(look).placeholder("number, symbol, words, or a whole error");
                (&view).render(row, buffer);
                cursor = view.cursor(row);
            }
            None if !self.codes.query().is_empty() => {
                let line = Line::of(Role::Edited, format!("search: {}", self.codes.query()));
                Lines::new(&[line], look).draw(row, buffer);
            }
            None => rest = inner,
        }
        if count == 0 {
            let line = Line::of(Role::Muted, "No code fits. ")
                .then(Role::Key, "Enter")
                .then(Role::Muted, " explains the text as it stands.");
            Lines::new(&[line], look).draw(readable(padded(rest)), buffer);
            return cursor;
        }
        let codes = &self.codes;
        let is_in_lab = |code: Option<u32>| code.is_some_and(|code| bench.can_reproduce(code));
        let line = |at: usize| {
            codes.at(at).map_or_else(Line::new, |row| codes::line(row, is_in_lab(row.code), look.glyphs))
        };
        List::new(count, &line, look).focused(focused).render(rest, buffer, &mut self.code);
        cursor
    }

    fn draw_request(&mut self, focused: bool, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let look = scene.look;
        let reveal = if scene.reveal { Reveal::Shown } else { Reveal::Masked };
        let mut frame = Frame::new("The request that was refused", look).focused(focused);
        if let Some(exchange) = self.shown.as_ref().and_then(shown::Shown::exchange) {
            frame = frame.note(Line::of(Role::Muted, format!("#{}", exchange.0)));
        }
        let request = self.shown.as_ref().and_then(|shown| shown.evidence.request.as_ref());
        let lines = request.map_or_else(Vec::new, |request| request_lines(request, reveal));
        Lines::new(&lines, look).scrolled(
            readable(padded(Frame::inner(area))),
            buffer,
            &mut self.request_scroll,
        );
        frame.footnote(more(&self.request_scroll, "", look)).render(area, buffer);
    }
}

/// A note for the lower border, with a mark if there is more below.
fn more(scroll: &Scroll, note: &str, look: &Look) -> Line {
    let line = Line::of(Role::Muted, note);
    if scroll.is_at_end() {
        return line;
    }
    let blank = if note.is_empty() { "" } else { "  " };
    line.then(Role::Text, blank).then(Role::Key, format!("{} more", look.glyphs.unfolded))
}

/// Lines that do not wrap: what does not fit is cut, and read by zooming.
fn one_row_each(lines: &[Line], look: &Look, area: Rect, buffer: &mut Buffer) {
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        let mut line = look.line(line);
        fit::cut(&mut line, area.width, look.glyphs);
        buffer.set_line(area.x, y, &line, area.width);
    }
}

fn request_lines(request: &Request, reveal: Reveal) -> Vec<Line> {
    let mut lines = vec![Line::of(Role::Method, request.method.as_str())];
    lines.extend(inspect::url(&request.url, reveal));
    if !request.body.is_empty() {
        lines.push(Line::new());
        lines.extend(inspect::lines(request.headers.get("content-type"), &request.body, reveal).lines);
    }
    lines
}

/// What is said while nothing is explained.
fn nothing_yet(bench: &Workbench) -> Vec<Line> {
    let key =
        |line: Line, key: &str, does: &str| line.then(Role::Key, key).then(Role::Text, format!(" {does}"));
    let mut lines = Vec::new();
    if let Some(session) = last_refusal(bench)
        && let Some(Outcome::Refused(refusal)) = &session.outcome
    {
        let number = refusal.error_codes.first().map(|code| format!("AADSTS{code}")).unwrap_or_default();
        let blank = if refusal.error.is_empty() || number.is_empty() { "" } else { ", " };
        lines.push(
            key(Line::new(), "E", "explains the last refusal of this sitting: ")
                .then(Role::Refused, [refusal.error.as_str(), &number].join(blank))
                .then(Role::Muted, format!("  ({} as {})", session.kind.title(), session.profile.name)),
        );
    } else {
        lines.push(Line::of(
            Role::Text,
            "No run of this sitting was refused. When one is, it is explained here from what was sent.",
        ));
    }
    lines.push(key(
        key(Line::new(), "p", "takes any error that you paste, "),
        "/",
        "finds a code by number, name or words.",
    ));
    lines
}

/// Without the column beside the border.
const fn padded(area: Rect) -> Rect {
    let side = if area.width > 2 { 1 } else { 0 };
    Rect { x: area.x + side, width: area.width - 2 * side, ..area }
}

fn readable(area: Rect) -> Rect {
    Rect { width: area.width.min(WIDEST), ..area }
}
