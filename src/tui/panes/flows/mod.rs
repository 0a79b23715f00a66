//! The Flows screen: what can be run, as which application, and what each flow is for.
//!
//! ```text
//! ┏━ Flows ━━━━━━━━━━━━━━━━━━━━━━━┓╭─ About ────────────────────────────╮
//! ┃ Authorization code            ┃│ Authorization code                 │
//! ┃▌  desktop    desktop applicat…┃│ A person signs in at the …         │
//! ┃   storefront single-page appl…┃│ Steps  1 read the metadata         │
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛╰────────────────────────────────────╯
//! ╭─ Runs of this sitting ─────────────────────────────────────────────╮
//! ```

mod about;
mod lines;
mod sought;

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    widgets::Widget as _,
};

use crate::{
    flow::FlowKind,
    secret::Secret,
    text::{Line, Role},
    time::UnixTime,
    tui::{
        action::Action,
        keymap::{Context, Key},
        pane::{Intent, Scene},
        widgets::{
            field::{Field, Typed},
            fit,
            frame::{Frame, more_below},
            lines::{Hanging, Lines, Scroll},
        },
    },
    workbench::{Offer, Workbench},
};

/// Where the focus is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Region {
    #[default]
    Offers,
    About,
    Runs,
}

impl Region {
    const ALL: [Self; 3] = [Self::Offers, Self::About, Self::Runs];
}

/// What tells an offer from every other: its flow, its application, and what is done with it.
type Chosen = (FlowKind, String, String);

/// Selection and scroll.
#[derive(Debug, Default)]
pub struct State {
    region: Region,
    zoomed: bool,
    /// What the list is narrowed to.
    sought: String,
    /// The field in which that is typed, while it is.
    field: Option<Field>,
    /// The selection, counted among the offers that are shown.
    offer: usize,
    /// Which offer stands there: while the lab makes its keys the list grows, and the selection stays with its offer.
    chosen: Option<Chosen>,
    run: usize,
    offers_scroll: Scroll,
    about_scroll: Scroll,
    runs_scroll: Scroll,
}

impl State {
    /// Which part of the keymap applies.
    pub const fn context(&self) -> Context {
        if self.field.is_some() { Context::Field } else { Context::Flows }
    }

    /// Takes a key for the text field.
    pub fn typed(&mut self, key: Key) {
        if let Some(field) = &mut self.field
            && field.key(key) == Typed::Changed
        {
            let text = field.text().to_owned();
            self.seek(&text);
        }
    }

    /// Takes a pasted text: it narrows the list.
    pub fn pasted(&mut self, text: &str) {
        let field = self.field.get_or_insert_with(Field::default);
        field.paste(text);
        let text = field.text().to_owned();
        self.region = Region::Offers;
        self.seek(&text);
    }

    /// Empties the text field; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        let Some(field) = self.field.as_mut().filter(|field| !field.is_empty()) else { return false };
        field.clear();
        self.seek("");
        true
    }

    fn seek(&mut self, text: &str) {
        if self.sought != text {
            text.clone_into(&mut self.sought);
            (self.offer, self.chosen) = (0, None);
            self.offers_scroll.to_top();
            self.about_scroll.to_top();
        }
    }

    fn shown<'a>(&self, bench: &'a Workbench) -> Vec<&'a Offer> {
        bench.offers.iter().filter(|offer| sought::matches(offer, &self.sought)).collect()
    }

    fn typing_update(&mut self, action: Action, bench: &Workbench) -> Option<Vec<Intent>> {
        match action {
            Action::Activate => self.field = None,
            Action::Close => {
                self.seek("");
                self.field = None;
            }
            // The list is narrowed while one types: its rows can be walked at once.
            Action::MoveUp | Action::MoveDown => self.choose(action, bench)?,
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, _now: UnixTime) -> Option<Vec<Intent>> {
        self.follow(bench);
        if self.field.is_some() {
            return self.typing_update(action, bench);
        }
        match action {
            Action::Search => {
                self.region = Region::Offers;
                self.field = Some(Field::new(&self.sought));
            }
            Action::PaneNext | Action::PanePrevious => {
                let at = Region::ALL.iter().position(|region| *region == self.region).unwrap_or(0);
                let step = if action == Action::PaneNext { 1 } else { Region::ALL.len() - 1 };
                self.region = Region::ALL[(at + step) % Region::ALL.len()];
            }
            Action::PaneZoom => self.zoomed = !self.zoomed,
            Action::Close if self.zoomed => self.zoomed = false,
            // The selection stays with its offer.
            Action::Close if !self.sought.is_empty() => {
                self.chosen = self.shown(bench).get(self.offer).copied().map(identity);
                self.sought.clear();
            }
            Action::FlowStart if self.region == Region::Runs => {
                let id = bench.sessions.iter().rev().nth(self.run)?.id;
                return Some(vec![Intent::ShowRun(id)]);
            }
            Action::FlowStart => return Some(self.start(bench, false)),
            Action::FlowAuto => return Some(self.start(bench, true)),
            Action::Copy => {
                let client_id = self.shown(bench).get(self.offer)?.profile.client_id.as_str();
                return Some(vec![Intent::Copy {
                    what: "client id".to_owned(),
                    text: Secret::new(client_id),
                }]);
            }
            action => match self.region {
                Region::Offers => self.choose(action, bench)?,
                Region::Runs => self.run = moved(action, self.run, bench.sessions.len())?,
                Region::About => return self.about_scroll.act(action).then(Vec::new),
            },
        }
        Some(Vec::new())
    }

    /// Finds the chosen offer again in a list that may have changed.
    fn follow(&mut self, bench: &Workbench) {
        let shown = self.shown(bench);
        let at = |chosen: &Chosen| shown.iter().position(|offer| identity(offer) == *chosen);
        if let Some(index) = self.chosen.as_ref().and_then(at) {
            self.offer = index;
        }
        self.offer = self.offer.min(shown.len().saturating_sub(1));
    }

    /// Moves the selection in the list of offers.
    fn choose(&mut self, action: Action, bench: &Workbench) -> Option<()> {
        let shown = self.shown(bench);
        self.offer = moved(action, self.offer, shown.len())?;
        self.chosen = shown.get(self.offer).copied().map(identity);
        self.about_scroll.to_top();
        Some(())
    }

    fn start(&self, bench: &Workbench, auto: bool) -> Vec<Intent> {
        let Some(offer) = self.shown(bench).get(self.offer).copied() else { return Vec::new() };
        let profile = Box::new(offer.profile.clone());
        vec![Intent::Start { kind: offer.kind, profile, bends: Vec::new(), auto }]
    }

    /// Draws the screen.
    pub fn view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        self.follow(bench);
        self.run = self.run.min(bench.sessions.len().saturating_sub(1));
        let narrow = area.width < 80 || area.height < 20;
        if self.zoomed || narrow {
            return self.region_view(self.region, bench, scene, area, buffer);
        }
        let runs = if area.height >= 34 { 9 } else { 6 };
        let [upper, lower] = Layout::vertical([Constraint::Min(0), Constraint::Length(runs)]).areas(area);
        let list = if area.width >= 120 { 52 } else { 36 };
        let [left, right] = Layout::horizontal([Constraint::Length(list), Constraint::Min(0)]).areas(upper);
        let cursor = self.region_view(Region::Offers, bench, scene, left, buffer);
        self.region_view(Region::About, bench, scene, right, buffer);
        self.region_view(Region::Runs, bench, scene, lower, buffer);
        cursor
    }

    fn region_view(
        &mut self,
        region: Region,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let look = scene.look;
        let focused = self.region == region;
        let mut inner = Frame::inner(area);
        let mut cursor = None;
        let shown = self.shown(bench);
        match region {
            Region::Offers => {
                let (lines, mark) = lines::offers(bench, &shown, self.offer, inner.width, look.glyphs);
                let place = format!("{}/{}", (self.offer + 1).min(shown.len()), shown.len());
                let footnote = if self.sought.is_empty() || self.field.is_some() {
                    Line::of(Role::Muted, place)
                } else {
                    Line::of(Role::Edited, format!("{}: {place}, Esc shows all", self.sought))
                };
                Frame::new("Flows", look).focused(focused).footnote(footnote).render(area, buffer);
                if let Some(field) = &self.field {
                    let [rows, row] =
                        Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(inner);
                    cursor = prompt(field, scene, row, buffer);
                    inner = rows;
                }
                Lines::new(&lines, look).mark(mark).hanging(Hanging::Columns(lines::ABOUT_COLUMN)).scrolled(
                    inner,
                    buffer,
                    &mut self.offers_scroll,
                );
            }
            Region::About => {
                let lines = shown
                    .get(self.offer)
                    .map(|offer| lines::about(offer, bench, look.glyphs))
                    .unwrap_or_default();
                Frame::new("About", look).focused(focused).render(area, buffer);
                let readable = Rect { width: inner.width.min(100), ..inner };
                Lines::new(&lines, look).hanging(Hanging::Columns(lines::VALUE_COLUMN)).scrolled(
                    readable,
                    buffer,
                    &mut self.about_scroll,
                );
                if !self.about_scroll.is_at_end() {
                    more_below(inner, look, buffer);
                }
            }
            Region::Runs => {
                let lines = lines::runs(bench, scene.now);
                let mark = (focused && !bench.sessions.is_empty()).then_some(self.run);
                let note = Line::of(Role::Muted, "Enter shows one again; nothing is sent");
                Frame::new("Runs of this sitting", look).focused(focused).note(note).render(area, buffer);
                Lines::new(&lines, look).mark(mark).scrolled(inner, buffer, &mut self.runs_scroll);
            }
        }
        cursor
    }
}

fn prompt(field: &Field, scene: &Scene<'_>, row: Rect, buffer: &mut Buffer) -> Option<Position> {
    let label = "show ";
    Lines::new(&[Line::of(Role::Key, label)], scene.look).draw(row, buffer);
    let used = fit::width(label).min(row.width);
    let place = Rect { x: row.x + used, width: row.width - used, ..row };
    let view = field.view(scene.look).placeholder("flow or application");
    (&view).render(place, buffer);
    view.cursor(place)
}

fn identity(offer: &Offer) -> Chosen {
    (offer.kind, offer.key.clone(), offer.about.clone())
}

fn moved(action: Action, selected: usize, count: usize) -> Option<usize> {
    let last = count.saturating_sub(1);
    Some(match action {
        Action::MoveUp => selected.saturating_sub(1),
        Action::MoveDown => (selected + 1).min(last),
        Action::PageUp | Action::HalfPageUp => selected.saturating_sub(10),
        Action::PageDown | Action::HalfPageDown => (selected + 10).min(last),
        Action::MoveTop => 0,
        Action::MoveBottom => last,
        _ => return None,
    })
}
