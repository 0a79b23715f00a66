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
        keymap::Context,
        pane::{Intent, Scene},
        widgets::{
            frame::Frame,
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
        Context::Flows
    }

    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, _now: UnixTime) -> Option<Vec<Intent>> {
        self.follow(bench);
        match action {
            Action::PaneNext | Action::PanePrevious => {
                let at = Region::ALL.iter().position(|region| *region == self.region).unwrap_or(0);
                let step = if action == Action::PaneNext { 1 } else { Region::ALL.len() - 1 };
                self.region = Region::ALL[(at + step) % Region::ALL.len()];
            }
            Action::PaneZoom => self.zoomed = !self.zoomed,
            Action::Close if self.zoomed => self.zoomed = false,
            Action::FlowStart if self.region == Region::Runs => {
                let id = bench.sessions.iter().rev().nth(self.run)?.id;
                return Some(vec![Intent::ShowRun(id)]);
            }
            Action::FlowStart => return Some(self.start(bench, false)),
            Action::FlowAuto => return Some(self.start(bench, true)),
            Action::Copy => {
                let client_id = bench.offers.get(self.offer)?.profile.client_id.as_str();
                return Some(vec![Intent::Copy {
                    what: "client id".to_owned(),
                    text: Secret::new(client_id),
                }]);
            }
            action => {
                let (selected, count) = match self.region {
                    Region::Offers => (&mut self.offer, bench.offers.len()),
                    Region::Runs => (&mut self.run, bench.sessions.len()),
                    Region::About => return self.about_scroll.act(action).then(Vec::new),
                };
                *selected = moved(action, *selected, count)?;
                if self.region == Region::Offers {
                    self.chosen = bench.offers.get(self.offer).map(identity);
                    self.about_scroll.to_top();
                }
            }
        }
        Some(Vec::new())
    }

    /// Finds the chosen offer again in a list that may have changed.
    fn follow(&mut self, bench: &Workbench) {
        let at = |chosen: &Chosen| bench.offers.iter().position(|offer| identity(offer) == *chosen);
        if let Some(index) = self.chosen.as_ref().and_then(at) {
            self.offer = index;
        }
        self.offer = self.offer.min(bench.offers.len().saturating_sub(1));
    }

    fn start(&self, bench: &Workbench, auto: bool) -> Vec<Intent> {
        let Some(offer) = bench.offers.get(self.offer) else { return Vec::new() };
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
            self.region_view(self.region, bench, scene, area, buffer);
            return None;
        }
        let runs = if area.height >= 34 { 9 } else { 6 };
        let [upper, lower] = Layout::vertical([Constraint::Min(0), Constraint::Length(runs)]).areas(area);
        let list = if area.width >= 120 { 52 } else { 36 };
        let [left, right] = Layout::horizontal([Constraint::Length(list), Constraint::Min(0)]).areas(upper);
        self.region_view(Region::Offers, bench, scene, left, buffer);
        self.region_view(Region::About, bench, scene, right, buffer);
        self.region_view(Region::Runs, bench, scene, lower, buffer);
        None
    }

    fn region_view(
        &mut self,
        region: Region,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let look = scene.look;
        let focused = self.region == region;
        let inner = Frame::inner(area);
        match region {
            Region::Offers => {
                let (lines, mark) = lines::offers(bench, self.offer, inner.width, look.glyphs);
                let place = format!("{}/{}", (self.offer + 1).min(bench.offers.len()), bench.offers.len());
                Frame::new("Flows", look)
                    .focused(focused)
                    .footnote(Line::of(Role::Muted, place))
                    .render(area, buffer);
                Lines::new(&lines, look).mark(mark).hanging(Hanging::Columns(lines::ABOUT_COLUMN)).scrolled(
                    inner,
                    buffer,
                    &mut self.offers_scroll,
                );
            }
            Region::About => {
                let lines = bench
                    .offers
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
            }
            Region::Runs => {
                let lines = lines::runs(bench, scene.now);
                let mark = (focused && !bench.sessions.is_empty()).then_some(self.run);
                let note = Line::of(Role::Muted, "Enter shows one again; nothing is sent");
                Frame::new("Runs of this sitting", look).focused(focused).note(note).render(area, buffer);
                Lines::new(&lines, look).mark(mark).scrolled(inner, buffer, &mut self.runs_scroll);
            }
        }
    }
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
