//! Puts the regions on the screen: frames, lists and texts here; the page, the device-code prompt and the open field in
//! files of their own.

mod device;
mod field;
mod page;

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    style::Modifier,
    widgets::{StatefulWidget, Widget},
};

use super::{
    State, begin, diagram,
    edit::Purpose,
    layout::{self, Mode, Region, Size},
    outcome, request, response,
    shown::Shown,
    sign_in, staged, steps, variables,
};
use crate::{
    flow::FlowKind,
    oauth::choices::choices,
    text::{Line, Role},
    tui::{
        pane::Scene,
        widgets::{
            frame::{Frame, more_below},
            lines::{Hanging, Lines, Scroll},
            sequence::Sequence,
        },
    },
    workbench::Workbench,
};

/// The widest that prose gets.
const PROSE: u16 = 100;

/// Draws the screen; says where the cursor stands.
pub fn draw(
    state: &mut State,
    bench: &Workbench,
    scene: &Scene<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return None;
    }
    let Some(shown) = state.shown(bench) else {
        let area = staged_lines(bench, None, scene, area, buffer);
        nothing(scene, area, buffer);
        return None;
    };
    let area = staged_lines(bench, Some(&shown), scene, area, buffer);
    let mode = state.mode(&shown);
    let focus = state.focus(&shown);
    let size = state.last.size;
    let area = headline(mode, &shown, scene, area, buffer);
    let messages = diagram::diagram(&shown, scene.now).arrows.len();
    let places = layout::arrange(mode, size, &shown, messages, focus, state.zoomed, area);
    let is_alone = state.zoomed || size == Size::One;
    let mut painter = Painter { state, shown: &shown, scene, buffer, mode, focus, is_alone, cursor: None };
    for (region, area) in places {
        painter.region(region, area);
    }
    painter.cursor
}

fn nothing(scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
    let frame = Frame::new("Run", scene.look).focused(true);
    frame.render(area, buffer);
    let lines = [
        Line::new(),
        Line::of(Role::Text, "Nothing has run yet."),
        Line::new(),
        Line::of(Role::Key, "1")
            .then(Role::Text, " shows the flows; ")
            .then(Role::Key, "Enter")
            .then(Role::Text, " there starts one. Its steps, requests and answers will stand here."),
    ];
    Widget::render(&Lines::new(&lines, scene.look), inset(Frame::inner(area)), buffer);
}

/// What the run has to do with an error number that the lab tenant was brought to, at the top; gives what is left.
fn staged_lines(
    bench: &Workbench,
    shown: Option<&Shown<'_>>,
    scene: &Scene<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> Rect {
    let lines = staged::lines(bench, shown, scene.look, area.height >= 30);
    if lines.is_empty() || area.height < 12 {
        return area;
    }
    let lines = Lines::new(&lines, scene.look);
    let height = u16::try_from(lines.height(area.width.saturating_sub(2))).unwrap_or(6).clamp(1, 6);
    let [top, rest] = area.layout(&Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]));
    let top = Rect { x: top.x + top.width.min(1), width: top.width.saturating_sub(2), ..top };
    Widget::render(&lines, top, buffer);
    rest
}

/// Where the run stands, above the regions; gives what is left for them.
fn headline(mode: Mode, shown: &Shown<'_>, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) -> Rect {
    // The prompt and the page say themselves what is waited for.
    if mode != Mode::Run || area.height < 8 {
        return area;
    }
    let lines = outcome::lines(shown, scene);
    let lines = Lines::new(&lines, scene.look);
    let most = if shown.session.kind.warning().is_some() { 4 } else { 3 };
    let height = u16::try_from(lines.height(area.width.saturating_sub(2))).unwrap_or(most).clamp(1, most);
    let [top, rest] = area.layout(&Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]));
    let top = Rect { x: top.x + top.width.min(1), width: top.width.saturating_sub(2), ..top };
    Widget::render(&lines, top, buffer);
    rest
}

/// One column of air on each side, and no line of prose that is too long to read.
fn inset(area: Rect) -> Rect {
    let side = u16::from(area.width > 20);
    Rect { x: area.x + side, width: area.width.saturating_sub(2 * side).min(PROSE), ..area }
}

struct Painter<'a, 'b> {
    state: &'a mut State,
    shown: &'a Shown<'b>,
    scene: &'a Scene<'a>,
    buffer: &'a mut Buffer,
    mode: Mode,
    focus: Region,
    is_alone: bool,
    cursor: Option<Position>,
}

impl<'a> Painter<'a, '_> {
    fn region(&mut self, region: Region, area: Rect) {
        match region {
            Region::Steps => self.steps(area),
            Region::About => self.about(area),
            Region::Sequence => self.sequence(area),
            Region::Request => self.request(area),
            Region::Response => self.response(area),
            Region::SignIn => self.sign_in(area),
            Region::Variables => self.variables(area),
            Region::Traffic | Region::Hops => self.traffic(region, area),
            Region::Page => self.page(area),
            Region::People => self.people(area),
            Region::Scan => self.scan(area),
            Region::Code => self.code(area),
            Region::Polls => self.polls(area),
            Region::WhyPolling => self.why(area),
        }
    }

    fn titled(&self, title: impl AsRef<str>) -> Frame<'a> {
        Frame::new(title, self.scene.look)
    }

    /// Draws a frame and gives its inside.
    fn frame(&mut self, region: Region, frame: Frame<'a>, area: Rect) -> Rect {
        let mut frame = frame.focused(self.focus == region);
        if self.is_alone {
            let regions = layout::regions(self.mode, self.state.last.size, self.shown);
            let at = regions.iter().position(|known| *known == region).map_or(0, |at| at + 1);
            frame = frame.note(Line::of(Role::Muted, format!("{at} of {}, Tab", regions.len())));
        } else if self.focus == region {
            let turns = layout::turns(self.mode, self.state.last.size, self.shown, region);
            for (key, name) in turns {
                frame = frame.aside(Line::of(Role::Muted, format!("{key} {name}")));
            }
        }
        frame.render(area, self.buffer);
        Frame::inner(area)
    }

    /// Draws lines; `mark` is the selected one, if there is a selection. If there are more of them than fit, the border
    /// below says so, which therefore has to be there before.
    fn lines(
        &mut self,
        lines: &[Line],
        mark: Option<usize>,
        area: Rect,
        scroll: impl FnOnce(&mut State) -> &mut Scroll,
    ) {
        let mut widget = Lines::new(lines, self.scene.look);
        if mark.is_some() {
            widget = widget.mark(mark);
        }
        let scroll = scroll(self.state);
        StatefulWidget::render(&widget, area, self.buffer, scroll);
        if !scroll.is_at_end() {
            more_below(area, self.scene.look, self.buffer);
        }
    }

    /// Draws lines from their top.
    fn text(&mut self, lines: &[Line], area: Rect) {
        Widget::render(&Lines::new(lines, self.scene.look), area, self.buffer);
    }

    fn steps(&mut self, area: Rect) {
        let shown = self.shown;
        let title = Line::of(Role::Title, shown.title()).then(Role::Muted, format!("  {}", shown.progress()));
        let mut frame = Frame::titled(title, self.scene.look);
        frame = if shown.session.auto && shown.session.is_running() {
            frame.note(Line::of(Role::Busy, "auto"))
        } else {
            frame.note(Line::of(Role::Muted, &shown.session.profile.name))
        };
        let inner = self.frame(Region::Steps, frame, area);
        let lines = steps::rows(shown, self.scene, usize::from(inner.width.saturating_sub(2)));
        self.lines(&lines, Some(shown.selected), inner, |state| &mut state.scrolls.steps);
    }

    fn about(&mut self, area: Rect) {
        let Some(step) = self.shown.step() else { return };
        let title = format!("{} {}", self.shown.selected + 1, step.title);
        let frame = self.titled(title);
        let inner = inset(self.frame(Region::About, frame, area));
        let lines = steps::about(step, self.scene.reveal, self.scene.look.glyphs);
        self.lines(&lines, None, inner, |state| &mut state.scrolls.about);
    }

    fn sequence(&mut self, area: Rect) {
        let frame = self.titled("Sequence");
        let inner = self.frame(Region::Sequence, frame, area);
        let diagram = diagram::diagram(self.shown, self.scene.now);
        let participants: Vec<&str> = diagram.participants.iter().map(String::as_str).collect();
        let widget = Sequence::new(&participants, &diagram.arrows, self.scene.look);
        if self.focus == Region::Sequence {
            StatefulWidget::render(&widget, inner, self.buffer, &mut self.state.scrolls.sequence);
        } else {
            // Whoever comes back to it finds the newest message again.
            self.state.scrolls.sequence.select(usize::MAX);
            Widget::render(&widget, inner, self.buffer);
        }
    }

    fn request(&mut self, area: Rect) {
        let Some(step) = self.shown.step() else { return };
        let is_open = outcome::is_open(step);
        let mut frame = self.titled("Request");
        if let Some(draft) = step.draft {
            let tense = match (draft.is_assertion, is_open) {
                (true, true) => "not signed yet",
                (true, false) => "as it was signed",
                (false, true) => "not sent yet",
                (false, false) => "as it was sent",
            };
            frame = frame.note(Line::of(Role::Muted, tense));
            let changes = draft.changes();
            let hint = match (is_open && self.focus == Region::Request, self.known_values(draft)) {
                (true, true) => "Up, Down: known values",
                (true, false) => "e edit  x drop  A add",
                (false, _) => "",
            };
            frame = frame.footnote(match (changes, hint) {
                (0, hint) => Line::of(Role::Muted, hint),
                (changes, "") => Line::of(Role::Edited, format!("{changes} changed")),
                (changes, hint) => {
                    Line::of(Role::Muted, hint).then(Role::Edited, format!("  {changes} changed, u undoes"))
                }
            });
        }
        let inner = self.frame(Region::Request, frame, area);
        let Some(draft) = step.draft else {
            let text = match step.state {
                crate::flow::StepState::Todo => {
                    "Laid out when the run gets here; then every part of it can be changed."
                }
                _ => "This step sends nothing: it is done on this machine.",
            };
            return self.text(&[Line::of(Role::Muted, text)], inset(inner));
        };
        let is_focused = self.focus == Region::Request;
        self.state.row = self.state.row.min(draft.fields.len());
        let row = self.state.row;
        let selected = request::Row::at(row).field(draft).filter(|_| is_focused);
        let below = selected.map(|field| request::meaning(field, self.scene.reveal)).unwrap_or_default();
        let rows = u16::try_from(request::places(draft).len()).unwrap_or(u16::MAX);
        let adding = self.editing(|purpose| *purpose == Purpose::Addition);
        let wanted = Lines::new(&below, self.scene.look).height(inner.width.saturating_sub(2));
        let meaning = if is_focused { meaning_height(inner.height, rows, wanted) } else { 0 };
        let [list, field, rule] = inner.layout(&Layout::vertical([
            Constraint::Fill(1),
            Constraint::Length(if adding { 2 } else { 0 }),
            Constraint::Length(meaning),
        ]));
        let width = usize::from(list.width.saturating_sub(1));
        let lines = request::rows(draft, width, self.scene.reveal, self.scene.look.glyphs);
        let line = request::line_of(draft, row);
        self.explained(&below, rule);
        let mark = is_focused.then_some(line).or(Some(usize::MAX));
        self.lines(&lines, mark, list, |state| &mut state.scrolls.request);
        self.cross_out(draft, list);
        if adding {
            self.prompt_field("add  ", "name=value, or name: value for a header", field);
        } else {
            let at = match request::Row::at(row) {
                request::Row::Endpoint => draft.method.as_str().len() + 2,
                request::Row::Field(_) => request::name_width(draft, width) + 3,
            };
            let is_value = self.editing(|purpose| matches!(purpose, Purpose::Value(..) | Purpose::Endpoint));
            if is_value && is_focused {
                self.field_in_row(line, at, list, u16::MAX, |state| &state.scrolls.request);
            }
        }
    }

    /// Whether a value is being typed of which there are known ones.
    fn known_values(&self, draft: &crate::flow::Draft) -> bool {
        let Some(edit) = &self.state.edit else { return false };
        let Purpose::Value(index, _) = edit.purpose else { return false };
        draft.fields.get(index).is_some_and(|field| !choices(&field.name).is_empty())
    }

    /// Strikes out the values that will not be sent.
    fn cross_out(&mut self, draft: &crate::flow::Draft, list: Rect) {
        let places = request::places(draft);
        for y in 0..list.height {
            let line = self.state.scrolls.request.line_at(y);
            let place = line.and_then(|line| places.get(line).copied());
            let Some(request::Place::Row(row)) = place else { continue };
            let Some(index) = row.checked_sub(1) else { continue };
            if draft.fields.get(index).is_some_and(|field| field.removed) {
                let names = request::name_width(draft, usize::from(list.width.saturating_sub(1)));
                let names = u16::try_from(names).unwrap_or(u16::MAX);
                let name = Rect { x: list.x + 1, y: list.y + y, width: names.min(list.width), height: 1 };
                let name = name.intersection(list);
                let style = ratatui::style::Style::new().add_modifier(Modifier::CROSSED_OUT);
                self.buffer.set_style(name, style);
            }
        }
    }

    /// What the selected thing means, under a rule.
    fn explained(&mut self, lines: &[Line], area: Rect) {
        if area.height < 2 {
            return;
        }
        let bar = "─".repeat(area.width.into());
        let bar = self.scene.look.glyphs.plain(&bar).into_owned();
        self.buffer.set_stringn(area.x, area.y, bar, area.width.into(), self.scene.look.style(Role::Border));
        let text = Rect { y: area.y + 1, height: area.height - 1, ..area };
        self.text(lines, inset(text));
    }

    fn response(&mut self, area: Rect) {
        let Some(step) = self.shown.step() else { return };
        let mut frame = self.titled("Answer");
        if let Some(id) = self.shown.exchange_of(step.id).map(|exchange| exchange.id) {
            frame = frame.note(Line::of(Role::Muted, format!("#{}", id.0)));
        }
        let is_focused = self.focus == Region::Response;
        if is_focused && self.shown.exchange_of(step.id).is_some() {
            frame = frame.footnote(Line::of(Role::Muted, "y copies  i in Traffic"));
        }
        let inner = self.frame(Region::Response, frame, area);
        let lines = response::lines(self.shown, self.scene, step);
        self.state.line = self.state.line.min(lines.len().saturating_sub(1));
        let selected = &lines[self.state.line..];
        let selected = selected.first().filter(|_| is_focused);
        self.state.last.member = selected.and_then(response::member);
        let below: Vec<Line> = selected.and_then(response::meaning).into_iter().collect();
        let meaning = if below.is_empty() {
            0
        } else {
            let wanted = Lines::new(&below, self.scene.look).height(inner.width.saturating_sub(2));
            meaning_height(inner.height, inner.height / 2, wanted)
        };
        let [list, rule] =
            inner.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(meaning)]));
        self.explained(&below, rule);
        if is_focused {
            let line = self.state.line;
            let list = Rect { width: list.width.saturating_sub(1), ..list };
            self.lines(&lines, Some(line), list, |state| &mut state.scrolls.response);
        } else {
            self.text(&lines, inset(list));
            if Lines::new(&lines, self.scene.look).height(inset(list).width) > list.height.into() {
                more_below(list, self.scene.look, self.buffer);
            }
        }
    }

    fn sign_in(&mut self, area: Rect) {
        if self.shown.visit().is_none() {
            return self.token_wanted(area);
        }
        let frame = self.titled(match self.shown.session.kind {
            FlowKind::Logout => "Sign out: how?",
            FlowKind::AdminConsent => "Ask for consent: how?",
            _ => "Sign in: how?",
        });
        let inner = self.frame(Region::SignIn, frame, area);
        let Some(visit) = self.shown.visit() else { return };
        let pasting = self.editing(|purpose| *purpose == Purpose::Arrival);
        let [list, field] = inset(inner).layout(&Layout::vertical([
            Constraint::Fill(1),
            Constraint::Length(if pasting { 3 } else { 0 }),
        ]));
        let front = self.shown.session.front.as_ref();
        let lines = sign_in::lines(visit, front, self.scene, list.width.into());
        let widget = Lines::new(&lines, self.scene.look).hanging(Hanging::Columns(sign_in::TEXT));
        StatefulWidget::render(&widget, list, self.buffer, &mut self.state.scrolls.sign_in);
        if pasting {
            self.prompt_field("paste  ", "the whole address that you were sent back to", field);
        }
    }

    fn token_wanted(&mut self, area: Rect) {
        let frame = self.titled("A token to begin with");
        let inner = self.frame(Region::SignIn, frame, area);
        let pasting = self.editing(|purpose| *purpose == Purpose::Token);
        let [list, field] = inset(inner).layout(&Layout::vertical([
            Constraint::Fill(1),
            Constraint::Length(if pasting { 3 } else { 0 }),
        ]));
        let lines = begin::lines(self.shown);
        let widget = Lines::new(&lines, self.scene.look).hanging(Hanging::Columns(begin::TEXT));
        StatefulWidget::render(&widget, list, self.buffer, &mut self.state.scrolls.sign_in);
        if pasting {
            self.prompt_field("paste  ", "the token", field);
        }
    }

    fn variables(&mut self, area: Rect) {
        let frame = self.titled("Variables");
        let inner = inset(self.frame(Region::Variables, frame, area));
        let (lines, column) = variables::lines(self.shown, self.scene.reveal);
        let widget = Lines::new(&lines, self.scene.look).hanging(Hanging::Columns(column));
        StatefulWidget::render(&widget, inner, self.buffer, &mut self.state.scrolls.variables);
    }

    fn traffic(&mut self, region: Region, area: Rect) {
        let only_front = region == Region::Hops;
        let frame =
            self.titled(if only_front { "Every hop of the user agent" } else { "Traffic of this run" });
        let inner = self.frame(region, frame, area);
        let inner = Rect { width: inner.width.saturating_sub(2), x: inner.x + inner.width.min(1), ..inner };
        let lines =
            variables::traffic(self.shown, only_front, usize::from(inner.width), self.scene.look.glyphs);
        let count = lines.len();
        if self.focus != region && count > usize::from(inner.height) {
            // The newest are what matters while nobody looks back.
            self.state.scrolls.traffic.to_end();
        }
        self.lines(&lines, None, inner, |state| &mut state.scrolls.traffic);
    }
}

/// How many rows the meaning of a selected row gets, the rule above it included; none where there is no room.
fn meaning_height(height: u16, rows: u16, wanted: usize) -> u16 {
    let wanted = u16::try_from(wanted).unwrap_or(u16::MAX).saturating_add(1);
    if height < 6 {
        return 0;
    }
    // Rows beyond these are scrolled to: what a parameter means is why people stop at it.
    let left = height.saturating_sub(rows).max(height * 3 / 5);
    wanted.min(left)
}
