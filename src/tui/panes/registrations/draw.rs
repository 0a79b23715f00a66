//! The Apps screen as it is drawn.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    widgets::{StatefulWidget as _, Widget as _},
};

use super::{
    Purpose, State,
    layout::{self, Form, Region},
    told::{Place, Told},
};
use crate::{
    text::{Line, Role},
    tui::{
        look::Look,
        pane::Scene,
        widgets::{
            frame::Frame,
            lines::{Hanging, Lines, Scroll},
            list::List,
        },
    },
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
        self.wanted.open();
        self.keep_up(bench, scene.now);
        let look = scene.look;
        let rows = self.list.count() + usize::from(self.typing.is_some());
        let mut cursor = None;
        for (region, place) in layout::places(area, self.form, self.region, self.zoomed, rows) {
            let focused = region == self.region;
            let at = match region {
                Region::List => self.draw_list(focused, bench, scene, place, buffer),
                Region::Permissions => self.draw_permissions(focused, look, place, buffer),
                Region::Findings => {
                    let nothing = Told::of_nothing();
                    let told = self.told.as_ref().map_or(&nothing, |(_, told)| told);
                    let title = match self.list.selected() {
                        Some(entry) => format!("Findings  {}", entry.name),
                        None => "Findings".to_owned(),
                    };
                    let chosen = Reading { title, told, place: self.place };
                    chosen.draw(focused, look, place, buffer, &mut self.scroll);
                    None
                }
                Region::Commands => {
                    let title = match self.wanted.selected() {
                        Some(one) => format!("Permission  {}", one.name),
                        None => "Permission".to_owned(),
                    };
                    let chosen = Reading { title, told: &self.granting, place: self.granting_place };
                    chosen.draw(focused, look, place, buffer, &mut self.granting_scroll);
                    None
                }
            };
            cursor = cursor.or(at);
        }
        cursor
    }

    fn draw_list(
        &mut self,
        focused: bool,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let look = scene.look;
        let (count, all) = (self.list.count(), self.list.all());
        let title = if count == all {
            format!("Registrations  {all}")
        } else {
            format!("Registrations  {count} of {all}")
        };
        let mut frame = Frame::new(title, look).focused(focused);
        if matches!(self.form, Form::Small | Form::Single) {
            frame = frame.note(Line::of(Role::Key, "f").then(Role::Muted, " finds permissions"));
        }
        let typing = self.typing.as_ref().filter(|typing| typing.purpose != Purpose::Find);
        if !self.list.filter().is_empty() && typing.is_none() {
            let words = format!("filter: {}  (Esc clears it)", self.list.filter());
            frame = frame.footnote(Line::of(Role::Edited, words));
        }
        frame.render(area, buffer);
        let mut inner = Frame::inner(area);
        let mut cursor = None;
        if let Some(typing) = typing {
            let [row, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
            let row = padded(row);
            let view = typing.field.view(look).placeholder(match typing.purpose {
                Purpose::Filter => "words of the name, client id, yours, lab",
                Purpose::Paste => "an authorize URL, or paste what az printed",
                Purpose::File => "a file: what az or Graph printed",
                Purpose::Find => "",
            });
            (&view).render(row, buffer);
            cursor = view.cursor(row);
            inner = rest;
        }
        if count == 0 {
            let lines = nothing_yet(all);
            Lines::new(&lines, look).draw(readable(padded(inner)), buffer);
            return cursor;
        }
        self.list.examine_near(inner.height, bench, scene.now);
        let mut selection = std::mem::take(&mut self.list.selection);
        let width = inner.width.saturating_sub(1);
        let line = |row: usize| self.list.line(row, width, look);
        List::new(count, &line, look).focused(focused).render(inner, buffer, &mut selection);
        self.list.selection = selection;
        cursor
    }

    fn draw_permissions(
        &mut self,
        focused: bool,
        look: &Look,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let (count, all) = (self.wanted.count(), self.wanted.all());
        let title = if self.wanted.query().is_empty() {
            format!("Permissions  {all}")
        } else {
            format!("Permissions  {count} of {all}")
        };
        let picked = self.wanted.picked().len();
        let note = if picked > 0 {
            Line::of(Role::Edited, format!("{picked} picked"))
        } else {
            Line::of(Role::Key, "f").then(Role::Muted, " finds one")
        };
        let typing = self.typing.as_ref().filter(|typing| typing.purpose == Purpose::Find);
        let mut frame = Frame::new(title, look).focused(focused).note(note);
        if typing.is_none() && !self.wanted.query().is_empty() {
            frame = frame.footnote(Line::of(Role::Edited, format!("search: {}", self.wanted.query())));
        }
        frame.render(area, buffer);
        let mut inner = Frame::inner(area);
        let mut cursor = None;
        if let Some(typing) = typing {
            let [row, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inner);
            let row = padded(row);
            let view =
                typing.field.view(look).placeholder("Mail.Read, a GUID, or: calendar write application");
            (&view).render(row, buffer);
            cursor = view.cursor(row);
            inner = rest;
        }
        if count == 0 {
            let mut lines = vec![Line::of(Role::Muted, "No permission that is known here is called that.")];
            if let Some(near) = self.wanted.nearest() {
                lines.push(
                    Line::of(Role::Muted, "Perhaps ")
                        .then(Role::Value, near.name)
                        .then(Role::Muted, " is meant."),
                );
            }
            Lines::new(&lines, look).draw(readable(padded(inner)), buffer);
            return cursor;
        }
        let mut selection = std::mem::take(&mut self.wanted.selection);
        let width = inner.width.saturating_sub(1);
        let line = |row: usize| self.wanted.line(row, width, look);
        List::new(count, &line, look).focused(focused).render(inner, buffer, &mut selection);
        self.wanted.selection = selection;
        cursor
    }
}

/// A text with places to stop at.
struct Reading<'a> {
    title: String,
    told: &'a Told,
    place: Option<usize>,
}

impl Reading<'_> {
    fn draw(self, focused: bool, look: &Look, area: Rect, buffer: &mut Buffer, scroll: &mut Scroll) {
        let inner = Frame::inner(area);
        let width = inner.width.saturating_sub(1).min(WIDEST);
        let place = self.place.and_then(|place| self.told.places.get(place));
        Lines::new(&self.told.lines, look)
            .mark(place.map(|(line, _)| *line))
            .hanging(Hanging::LikeFirst)
            .scrolled(Rect { width, ..inner }, buffer, scroll);
        let hint = match (focused, place.map(|(_, place)| place)) {
            (false, _) => "",
            (true, None) if self.told.places.is_empty() => "",
            (true, None) => "Enter goes to what helps",
            (true, Some(Place::Code(_))) => "Enter explains it",
            (true, Some(Place::Permission { .. })) => "Enter shows it among all, y copies its GUID",
            (true, Some(Place::Fix { command: Some(_), .. } | Place::Value { .. })) => {
                "y copies, Enter shows it alone"
            }
            (true, Some(Place::Fix { command: None, .. })) => "y copies",
        };
        // The frame comes last: only then is it known whether there is more than fits.
        let mut footnote = Line::of(Role::Muted, hint);
        if !scroll.is_at_end() && !self.told.lines.is_empty() {
            let blank = if hint.is_empty() { "" } else { "  " };
            footnote =
                footnote.then(Role::Text, blank).then(Role::Key, format!("{} more", look.glyphs.unfolded));
        }
        Frame::new(self.title, look).focused(focused).footnote(footnote).render(area, buffer);
    }
}

/// What an empty list says.
fn nothing_yet(all: usize) -> Vec<Line> {
    if all > 0 {
        return vec![Line::of(Role::Muted, "None has these words. Esc shows all again.")];
    }
    vec![
        Line::of(Role::Text, "Here stand registrations, with what will fail and what is risky."),
        Line::of(Role::Text, "Paste what ")
            .then(Role::Value, "az ad app show --id CLIENT_ID")
            .then(Role::Text, " prints, or an authorize URL."),
        Line::of(Role::Key, "a")
            .then(Role::Text, " reads a file, ")
            .then(Role::Key, "p")
            .then(Role::Text, " opens a field to type or paste into."),
    ]
}

/// Without the column beside the border.
const fn padded(area: Rect) -> Rect {
    let side = if area.width > 2 { 1 } else { 0 };
    Rect { x: area.x + side, width: area.width - 2 * side, ..area }
}

fn readable(area: Rect) -> Rect {
    Rect { width: area.width.min(WIDEST), ..area }
}
