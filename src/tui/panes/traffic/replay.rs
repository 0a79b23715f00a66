//! An exchange that is sent again with something changed: its request to edit, and below it both answers compared.
//!
//! ```text
//! ┏━ Send #12 again ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃▌POST http://localhost:7080/…/oauth2/v2.0/token                     ┃
//! ┃ scope          openid                          ● edited            ┃
//! ╭─ #12 and #14 ──────────────────────────────────────────────────────╮
//! │ ! status  200                      400                             │
//! ```

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    style::Modifier,
    widgets::Widget as _,
};

use super::{compared, prompt};
use crate::{
    export::{Secrets, curl},
    flow::{Bend, Draft},
    inspect::Reveal,
    oauth::choices::choices,
    secret::Secret,
    text::{Line, Role},
    time::UnixTime,
    tui::{
        action::Action,
        keymap::Key,
        pane::{Intent, Scene, Toast},
        panes::run::request::{self, Row},
        widgets::{
            field::Field,
            frame::Frame,
            lines::{Hanging, Lines, Scroll},
        },
    },
    workbench::{Exchange, ExchangeId, User, Workbench, compare, replay},
};

/// Where the focus is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Region {
    #[default]
    Request,
    Answers,
}

/// What the open text field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Value(usize),
    Endpoint,
    Addition,
}

#[derive(Debug)]
struct Edit {
    purpose: Purpose,
    field: Field,
    complaint: Option<&'static str>,
}

/// The request as it is going to be sent, and what is looked at.
#[derive(Debug)]
pub struct Replay {
    of: ExchangeId,
    draft: Draft,
    row: usize,
    region: Region,
    edit: Option<Edit>,
    /// Also show what is the same.
    whole: bool,
    zoomed: bool,
    request_scroll: Scroll,
    answers_scroll: Scroll,
}

impl Replay {
    /// Opens the request of a finished exchange.
    pub fn new(exchange: &Exchange) -> Self {
        Self {
            of: exchange.id,
            draft: replay::draft(&exchange.request),
            row: 0,
            region: Region::Request,
            edit: None,
            whole: false,
            zoomed: false,
            request_scroll: Scroll::default(),
            answers_scroll: Scroll::default(),
        }
    }

    /// Whether a text field has the focus.
    pub const fn is_typing(&self) -> bool {
        self.edit.is_some()
    }

    /// Takes a key for the text field.
    pub fn typed(&mut self, key: Key) {
        if let Some(edit) = &mut self.edit {
            edit.field.key(key);
            edit.complaint = None;
        }
    }

    /// Takes a pasted text; without an open field it becomes the value of the selected row.
    pub fn pasted(&mut self, text: &str) {
        if self.edit.is_none() {
            self.open();
            self.clear_field();
        }
        if let Some(edit) = &mut self.edit {
            edit.field.paste(text);
        }
    }

    /// Empties the field; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        let Some(edit) = &mut self.edit else { return false };
        let had_text = !edit.field.is_empty();
        edit.field.clear();
        had_text
    }

    /// Takes an action; `None` if it means nothing here, and for [`Action::Close`] if there is nothing left to close.
    pub fn update(&mut self, action: Action, bench: &Workbench, now: UnixTime) -> Option<Vec<Intent>> {
        if self.edit.is_some() {
            return self.update_field(action);
        }
        self.row = self.row.min(self.draft.fields.len());
        if matches!(
            action,
            Action::EditAdd | Action::EditDrop | Action::EditDouble | Action::EditUndo | Action::EditRedo
        ) {
            self.region = Region::Request;
        }
        match action {
            Action::Activate => return Some(self.send(bench)),
            Action::PaneNext | Action::PanePrevious => {
                self.region = match self.region {
                    Region::Request => Region::Answers,
                    Region::Answers => Region::Request,
                };
            }
            Action::PaneZoom => self.zoomed = !self.zoomed,
            Action::PaneView => self.whole = !self.whole,
            Action::Close if self.zoomed => self.zoomed = false,
            Action::Close => return None,
            Action::Edit => self.open(),
            Action::EditAdd => {
                let field = Field::default();
                self.edit = Some(Edit { purpose: Purpose::Addition, field, complaint: None });
            }
            Action::EditDrop => return Some(self.bend(Bend::ToggleRemoved)),
            Action::EditDouble => return Some(self.bend(Bend::Double)),
            Action::EditUndo => self.draft.undo(),
            Action::EditRedo => self.draft.redo(),
            Action::Copy => return Some(self.copy()),
            Action::CopyCurl => return Some(vec![self.copy_curl()]),
            Action::ExchangeShow => {
                let newest = bench.traffic.replay_of(self.of).map_or(self.of, |exchange| exchange.id);
                return Some(vec![Intent::Inspect(newest)]);
            }
            Action::Explain => {
                let newest = bench.traffic.replay_of(self.of).map_or(self.of, |exchange| exchange.id);
                return Some(vec![match bench.evidence_for(newest, now) {
                    Some(evidence) => Intent::Explain(Box::new(evidence)),
                    None => bad("this answer holds no error to explain"),
                }]);
            }
            action => return self.moved(action).then(Vec::new),
        }
        Some(Vec::new())
    }

    fn moved(&mut self, action: Action) -> bool {
        if self.region == Region::Answers {
            return self.answers_scroll.act(action);
        }
        let last = self.draft.fields.len();
        self.row = match action {
            Action::MoveUp => self.row.saturating_sub(1),
            Action::MoveDown => (self.row + 1).min(last),
            Action::PageUp | Action::HalfPageUp => self.row.saturating_sub(8),
            Action::PageDown | Action::HalfPageDown => (self.row + 8).min(last),
            Action::MoveTop => 0,
            Action::MoveBottom => last,
            _ => return false,
        };
        true
    }

    fn open(&mut self) {
        let row = Row::at(self.row);
        let Some(field) = row.field(&self.draft) else { return };
        let purpose = match row {
            Row::Endpoint => Purpose::Endpoint,
            Row::Field(index) => Purpose::Value(index),
        };
        let text = if field.is_secret() {
            Field::secret(&Secret::new(field.value.as_str()))
        } else {
            Field::new(&*field.value)
        };
        self.region = Region::Request;
        self.edit = Some(Edit { purpose, field: text, complaint: None });
    }

    fn bend(&mut self, bend: impl Fn(usize) -> Bend) -> Vec<Intent> {
        match Row::at(self.row) {
            Row::Field(index) => self.draft.bend(bend(index)),
            Row::Endpoint => return vec![bad("every request needs an address; e changes it")],
        }
        Vec::new()
    }

    fn update_field(&mut self, action: Action) -> Option<Vec<Intent>> {
        match action {
            Action::Activate | Action::PaneNext | Action::PanePrevious => self.accept(),
            Action::Close => self.edit = None,
            Action::MoveUp | Action::MoveDown => {
                let name = Row::at(self.row).field(&self.draft).map(|field| field.name.clone());
                if let (Some(edit), Some(name)) = (&mut self.edit, name)
                    && edit.purpose != Purpose::Addition
                {
                    edit.field.choose(choices(&name), action == Action::MoveDown);
                }
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn accept(&mut self) {
        let Some(mut edit) = self.edit.take() else { return };
        let text = edit.field.text().to_owned();
        match edit.purpose {
            Purpose::Value(index) => self.draft.bend(Bend::Set(index, text)),
            Purpose::Endpoint => self.draft.bend(Bend::Endpoint(text)),
            Purpose::Addition => match request::read_addition(&self.draft, &text) {
                Ok((place, name, value)) => {
                    self.draft.bend(Bend::Add(place, name, value));
                    self.row = self.draft.fields.len();
                }
                Err(complaint) => {
                    edit.complaint = Some(complaint);
                    self.edit = Some(edit);
                }
            },
        }
    }

    fn send(&mut self, bench: &Workbench) -> Vec<Intent> {
        if bench.traffic.replay_of(self.of).is_some_and(|exchange| exchange.result.is_none()) {
            return vec![bad("the answer is still on its way")];
        }
        match self.draft.request() {
            Ok(request) => {
                self.answers_scroll.to_top();
                // What comes is what is looked for now.
                self.region = Region::Answers;
                vec![Intent::Bench(User::Replay(self.of, request))]
            }
            Err(failure) => vec![bad(&failure.to_string())],
        }
    }

    fn copy(&self) -> Vec<Intent> {
        let field = Row::at(self.row).field(&self.draft);
        let copy = |field: &crate::flow::Field| Intent::Copy {
            what: field.name.clone(),
            text: Secret::new(field.value.as_str()),
        };
        field.map(copy).into_iter().collect()
    }

    fn copy_curl(&self) -> Intent {
        match self.draft.request() {
            Ok(request) => Intent::Copy {
                what: "curl command, without its secrets,".to_owned(),
                text: Secret::new(curl::curl(&request, Secrets::Redacted)),
            },
            Err(failure) => bad(&failure.to_string()),
        }
    }

    /// Draws the editor and the comparison.
    pub fn view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        if self.zoomed || area.height < 14 {
            return match self.region {
                Region::Request => self.request_view(scene, area, buffer),
                Region::Answers => {
                    self.answers_view(bench, scene, area, buffer);
                    None
                }
            };
        }
        let rows = u16::try_from(request::count(&self.draft)).unwrap_or(u16::MAX);
        // Whichever is looked at gets the room; the request is never smaller than what can be told apart.
        let wanted = match self.region {
            Region::Request => rows.saturating_add(6).clamp(8, area.height * 3 / 5),
            Region::Answers => rows.saturating_add(2).clamp(4, area.height / 3),
        };
        let [upper, lower] =
            area.layout(&Layout::vertical([Constraint::Length(wanted), Constraint::Fill(1)]));
        self.answers_view(bench, scene, lower, buffer);
        self.request_view(scene, upper, buffer)
    }

    fn request_view(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        let look = scene.look;
        self.row = self.row.min(self.draft.fields.len());
        let row = Row::at(self.row);
        let hint = match &self.edit {
            Some(edit) if edit.purpose == Purpose::Addition => String::new(),
            Some(_) => match row.field(&self.draft).map(|field| choices(&field.name)) {
                Some(known) if !known.is_empty() => "Up, Down: known values".to_owned(),
                _ => String::new(),
            },
            None => match self.draft.changes() {
                0 => "as it was sent: change something, then Enter".to_owned(),
                changes => format!("{changes} changed, u undoes"),
            },
        };
        Frame::new(format!("Send #{} again", self.of.0), look)
            .focused(self.region == Region::Request)
            .note(Line::of(Role::Muted, "Esc closes"))
            .footnote(Line::of(if self.draft.changes() > 0 { Role::Edited } else { Role::Muted }, hint))
            .render(area, buffer);
        let inner = Frame::inner(area);
        let adding = matches!(&self.edit, Some(edit) if edit.purpose == Purpose::Addition);
        let meaning = if inner.height < 9 { 0 } else { 3 };
        let [list, adds, below] = inner.layout(&Layout::vertical([
            Constraint::Fill(1),
            Constraint::Length(if adding { 2 } else { 0 }),
            Constraint::Length(meaning),
        ]));
        let width = usize::from(list.width.saturating_sub(1));
        let lines = request::rows(&self.draft, width, scene.reveal, look.glyphs);
        Lines::new(&lines, look).mark(Some(self.row)).scrolled(list, buffer, &mut self.request_scroll);
        self.cross_out(list, width, buffer);
        if let Some(field) = row.field(&self.draft) {
            let about = request::meaning(field, scene.reveal);
            let readable = Rect { x: below.x + 1, width: below.width.saturating_sub(2).min(100), ..below };
            Lines::new(&about, look).draw(readable, buffer);
        }
        let edit = self.edit.as_ref()?;
        if adding {
            let cursor = prompt("add  ", &edit.field, look, Rect { height: 1, ..adds }, buffer);
            if let Some(complaint) = edit.complaint {
                let line =
                    Line::of(Role::Refused, format!("{} ", look.glyphs.failed)).then(Role::Text, complaint);
                let place = Rect { y: adds.y + 1, height: adds.height.saturating_sub(1), ..adds };
                Lines::new(&[line], look).draw(place, buffer);
            }
            return cursor;
        }
        let column = match row {
            Row::Endpoint => self.draft.method.as_str().len() + 2,
            Row::Field(_) => request::name_width(&self.draft, width) + 3,
        };
        let column = u16::try_from(column).unwrap_or(u16::MAX).min(list.width);
        let at = (0..list.height).find(|y| self.request_scroll.line_at(*y) == Some(self.row))?;
        let place = Rect { x: list.x + column, y: list.y + at, width: list.width - column, height: 1 };
        if place.is_empty() {
            return None;
        }
        buffer.set_string(place.x, place.y, " ".repeat(place.width.into()), look.theme.base());
        for x in place.left()..place.right() {
            buffer[(x, place.y)].set_style(ratatui::style::Style::reset().patch(look.theme.base()));
        }
        let view = edit.field.view(look);
        (&view).render(place, buffer);
        view.cursor(place)
    }

    /// Strikes out the names of what will not be sent.
    fn cross_out(&self, list: Rect, width: usize, buffer: &mut Buffer) {
        let names = u16::try_from(request::name_width(&self.draft, width)).unwrap_or(u16::MAX);
        for y in 0..list.height {
            let index = self.request_scroll.line_at(y).and_then(|line| line.checked_sub(1));
            if index.and_then(|index| self.draft.fields.get(index)).is_some_and(|field| field.removed) {
                let name = Rect { x: list.x + 1, y: list.y + y, width: names, height: 1 }.intersection(list);
                buffer.set_style(name, ratatui::style::Style::new().add_modifier(Modifier::CROSSED_OUT));
            }
        }
    }

    fn answers_view(&mut self, bench: &Workbench, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let look = scene.look;
        let (first, second) = (bench.traffic.get(self.of), bench.traffic.replay_of(self.of));
        let title = match second {
            Some(second) => format!("#{} and #{}", self.of.0, second.id.0),
            None => format!("#{} and its second answer", self.of.0),
        };
        let word = if self.whole { "whole, t: differences" } else { "differences, t: whole" };
        Frame::new(title, look)
            .focused(self.region == Region::Answers)
            .note(Line::of(Role::Muted, word))
            .render(area, buffer);
        let inner = Frame::inner(area);
        let reveal = if scene.reveal { Reveal::Shown } else { Reveal::Masked };
        let lines = match (first.and_then(|first| first.result.as_ref()), second) {
            (None, _) => vec![Line::of(Role::Muted, "The first answer has not come yet.")],
            (Some(_), None) => vec![Line::of(
                Role::Muted,
                "Nothing was sent again yet. Enter sends the request above; then both answers stand here, and what \
                 differs is marked.",
            )],
            (Some(first), Some(second)) => match &second.result {
                None => vec![Line::of(
                    Role::Busy,
                    format!("waiting for {}", crate::time::span(scene.now.since(second.sent))),
                )],
                Some(result) => {
                    let rows = compare::compare(first, result);
                    let titles = [format!("#{} first", self.of.0), format!("#{} now", second.id.0)];
                    let titles = [titles[0].as_str(), titles[1].as_str()];
                    compared::lines(&rows, titles, self.whole, usize::from(inner.width), reveal)
                }
            },
        };
        Lines::new(&lines, look).hanging(Hanging::Columns(4)).scrolled(
            inner,
            buffer,
            &mut self.answers_scroll,
        );
    }
}

fn bad(text: &str) -> Intent {
    Intent::Toast(Toast::bad(text))
}
