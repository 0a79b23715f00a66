//! The whole screen: header, the screen's panes, footer, and what lies over them. Decides nothing.
//!
//! ```text
//!  1 Flows [2 Run] 3 Tokens 4 Errors 5 Traffic                 desktop · LAB
//! ┏━ … ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//!  ↑↓ move  Enter run  …                                                ? help
//! ```

mod overlays;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
    text::{Line, Span},
    widgets::Widget as _,
};

use super::{
    look::Look,
    model::{Model, ScreenId},
    widgets::footer::Footer,
};
use crate::{text::Role, time::UnixTime, workbench::LabState};

/// The smallest terminal that shows anything but a note.
const SMALLEST: (u16, u16) = (60, 16);

/// Draws the screen.
pub fn view(model: &mut Model, frame: &mut Frame<'_>, now: UnixTime) {
    let area = frame.area();
    let cursor = draw(model, area, frame.buffer_mut(), now);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// The same into a buffer; gives the place of the cursor.
pub fn draw(model: &mut Model, area: Rect, buffer: &mut Buffer, now: UnixTime) -> Option<Position> {
    model.hits.clear();
    buffer.set_style(area, model.look.theme.base());
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(area, buffer, &model.look);
        return None;
    }
    let [header, body, footer] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    draw_header(model, header, buffer);
    let scene =
        Model::scene(&model.look, model.no_browser, model.reveal_until.is_some_and(|until| now < until), now);
    let bench = &model.bench;
    let mut cursor = match model.screen {
        ScreenId::Flows => model.flows.view(bench, &scene, body, buffer),
        ScreenId::Run => model.run.view(bench, &scene, body, buffer),
        ScreenId::Tokens => model.tokens.view(bench, &scene, body, buffer),
        ScreenId::Errors => model.errors.view(bench, &scene, body, buffer),
        ScreenId::Traffic => model.traffic.view(bench, &scene, body, buffer),
        ScreenId::Registrations => model.registrations.view(bench, &scene, body, buffer),
        ScreenId::Tenant => model.tenant.view(bench, &scene, body, buffer),
    };
    draw_footer(model, footer, buffer);
    if !model.overlays.is_empty() {
        cursor = overlays::draw(model, body, buffer);
    }
    if let Some(toast) = &model.toast {
        toast.view(&model.look).render(body, buffer);
    }
    model.look.glyphs.finish(buffer);
    cursor
}

fn too_small(area: Rect, buffer: &mut Buffer, look: &Look) {
    let text = format!("needs {}x{}, is {}x{}", SMALLEST.0, SMALLEST.1, area.width, area.height);
    let row = Rect { y: area.y + area.height / 2, height: area.height.min(1), ..area };
    Line::styled(text, look.style(Role::Warn)).centered().render(row, buffer);
}

fn draw_header(model: &mut Model, area: Rect, buffer: &mut Buffer) {
    buffer.set_style(area, model.look.style(Role::Text));
    let tabs = Tabs::for_room(model, area.width);
    let mut x = area.x + tabs.margin;
    let mut on_top = None;
    for screen in ScreenId::ALL {
        let chosen = screen == model.screen;
        let text = tabs.text(screen, chosen);
        let role = if chosen { Role::Focus } else { Role::Muted };
        let width = u16::try_from(text.len()).unwrap_or(0);
        let place = Rect { x, width: width.min(area.right().saturating_sub(x)), ..area };
        let tab = Span::styled(text, model.look.style(role));
        (&tab).render(place, buffer);
        model.hits.push((place, screen.action()));
        if chosen {
            on_top = Some((tab, place));
        }
        // Where tabs stand close together they share the blank between them.
        x += width - tabs.overlap;
    }
    x += tabs.overlap;
    if let Some((tab, place)) = on_top {
        tab.render(place, buffer);
    }
    let status = status(model, area.right().saturating_sub(x));
    let width = u16::try_from(status.width()).unwrap_or(area.width);
    let place = Rect {
        x: area.right().saturating_sub(width).max(x),
        width: width.min(area.right().saturating_sub(x)),
        ..area
    };
    status.render(place, buffer);
}

/// How the tabs stand in the room there is: LAB or LIVE beside them has to be read, and better also where that is.
#[derive(Clone, Copy)]
struct Tabs {
    /// Blanks before the first one.
    margin: u16,
    /// How many columns neighbours share.
    overlap: u16,
    /// Whether those that are not chosen are told by their number alone.
    numbers: bool,
}

impl Tabs {
    /// The widest form that leaves room for the badge and the shortest words beside it, or else for the badge.
    fn for_room(model: &Model, width: u16) -> Self {
        const WORDS: [Tabs; 2] =
            [Tabs { margin: 1, overlap: 0, numbers: false }, Tabs { margin: 0, overlap: 1, numbers: false }];
        const NUMBERS: Tabs = Tabs { margin: 0, overlap: 1, numbers: true };
        let badge = 1 + if model.bench.is_lab() { LAB.len() } else { LIVE.len() };
        let detail = details(model).pop().map_or(0, |shortest| shortest.chars().count());
        let fits = |form: &Tabs, beside: usize| {
            let texts = ScreenId::ALL.map(|screen| form.text(screen, screen == model.screen).len());
            let shared = usize::from(form.overlap) * (texts.len() - 1);
            usize::from(form.margin) + texts.iter().sum::<usize>() - shared + beside <= usize::from(width)
        };
        let all = WORDS.iter().find(|form| fits(form, badge + detail));
        all.or_else(|| WORDS.iter().find(|form| fits(form, badge))).copied().unwrap_or(NUMBERS)
    }

    fn text(self, screen: ScreenId, chosen: bool) -> String {
        match (chosen, self.numbers) {
            (true, _) => format!("[{} {}]", screen.number(), screen.title()),
            (false, true) => format!(" {} ", screen.number()),
            (false, false) => format!(" {} {} ", screen.number(), screen.title()),
        }
    }
}

const LAB: &str = " LAB ";
const LIVE: &str = " LIVE ";

/// Whom we talk to, in words: as much as fits.
fn status(model: &Model, width: u16) -> Line<'static> {
    let look = &model.look;
    let badge = if model.bench.is_lab() {
        Span::styled(LAB, look.style(Role::Lab))
    } else {
        Span::styled(LIVE, look.style(Role::Live))
    };
    let room = usize::from(width).saturating_sub(badge.width() + 1);
    let fits = |text: &String| text.chars().count() <= room;
    let detail = details(model).into_iter().find(fits).unwrap_or_default();
    let detail = Span::styled(format!("{} ", look.glyphs.plain(&detail)), look.style(Role::Muted));
    Line::from_iter([detail, badge])
}

/// What stands beside LAB or LIVE, from the longest to the shortest.
fn details(model: &Model) -> Vec<String> {
    let target = if model.bench.is_lab() {
        match &model.bench.lab.state {
            LabState::Starting => vec!["the lab tenant is starting".to_owned(), "starting".to_owned()],
            LabState::Running(base) => {
                let address = base.as_str().trim_end_matches('/');
                vec![format!("lab tenant at {address}"), address.trim_start_matches("http://").to_owned()]
            }
            LabState::Failed(_) => {
                vec!["the lab tenant could not start".to_owned(), "no lab tenant".to_owned()]
            }
        }
    } else {
        let profile = model.bench.offers.first().map(|offer| &offer.profile);
        let name = profile.map_or_else(String::new, |profile| profile.name.clone());
        let client =
            profile.map_or_else(String::new, |profile| format!("{} · {}", profile.name, profile.client_id));
        vec![client, name]
    };
    let run = model.bench.latest().filter(|session| session.is_running());
    let run = run.map(|session| format!("{} as {}", session.kind.title(), session.profile.name));
    let together = run.iter().flat_map(|run| target.iter().map(move |target| format!("{run} · {target}")));
    together.chain(target.iter().cloned()).collect()
}

fn draw_footer(model: &mut Model, area: Rect, buffer: &mut Buffer) {
    let hints = model.hints();
    let footer = Footer::new(&hints, &model.look);
    footer.render(area, buffer);
    model.hits.extend(footer.places(area));
}
