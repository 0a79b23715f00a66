//! Which regions there are, and where each stands at which size.
//!
//! What is shown is decided by the run: its steps, the page of the built-in user agent, or the device-code prompt. Where
//! it is shown is decided by the room: one region at a time, two rows, three areas, or four.

use ratatui::layout::{Constraint, Layout, Rect};

use super::shown::Shown;
use crate::{
    flow::{Outcome, Prompt},
    oauth::Surface,
};

/// What the screen is about at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The steps of the run.
    Run,
    /// The page in the built-in user agent.
    Page,
    /// The device-code prompt.
    Device,
}

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// The list of steps.
    Steps,
    /// Why the selected step exists, what it made, what its checks say.
    About,
    /// The diagram of the exchanges.
    Sequence,
    /// The request of the selected step.
    Request,
    /// Its answer.
    Response,
    /// The ways to sign in.
    SignIn,
    /// What the run has gathered.
    Variables,
    /// The exchanges as a table.
    Traffic,
    /// The page in the built-in user agent.
    Page,
    /// Who can sign in at the lab tenant.
    People,
    /// The hops of the user agent.
    Hops,
    /// The code to scan.
    Scan,
    /// The device code and what to do with it.
    Code,
    /// Each poll.
    Polls,
    /// Why there is polling.
    WhyPolling,
}

/// How much room there is; the area is the screen without header and footer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// One region at a time.
    #[default]
    One,
    /// 80x24.
    Two,
    /// 120x40.
    Three,
    /// 200x60.
    Four,
}

impl Size {
    /// The size of an area.
    pub const fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (180.., 50..) => Self::Four,
            (112.., 32..) => Self::Three,
            (80.., 22..) => Self::Two,
            _ => Self::One,
        }
    }
}

/// How far the person has looked behind what is in front: Esc goes one back each time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Whatever is in front: the page, else the prompt, else the steps.
    #[default]
    Front,
    /// Behind the page: the prompt, else the steps.
    Prompt,
    /// The steps.
    Steps,
}

/// What a run is about at present.
pub fn mode(shown: &Shown<'_>, depth: Depth) -> Mode {
    let session = shown.session;
    let is_waiting = session.is_running() && shown.prompt.is_some();
    // A page that ends the run is the answer: it stays until the person has read it.
    let is_last_word = matches!(
        &session.outcome,
        Some(Outcome::Refused(refusal)) if matches!(refusal.surface, Surface::Page(_))
    );
    if depth == Depth::Front && shown.has_page() && (is_waiting || is_last_word) {
        return Mode::Page;
    }
    match &shown.prompt {
        Some(Prompt::DeviceCode(_)) if session.is_running() && depth != Depth::Steps => Mode::Device,
        _ => Mode::Run,
    }
}

/// The regions in the order of Tab.
pub fn regions(mode: Mode, size: Size, shown: &Shown<'_>) -> Vec<Region> {
    use Region::{
        About, Code, Hops, Page, People, Polls, Request, Response, Scan, Sequence, SignIn, Steps, Traffic,
        Variables, WhyPolling,
    };
    let mut regions = match mode {
        Mode::Run => vec![Steps, About, Sequence, SignIn, Request, Response, Variables, Traffic],
        Mode::Page => vec![Page, People, Hops, Steps, Sequence],
        Mode::Device => vec![Code, Scan, Polls, Sequence, WhyPolling],
    };
    let is_lab = shown.session.profile.authority.is_lab();
    if mode == Mode::Run && size == Size::Two {
        // Those that take turns in one place follow each other.
        regions.swap(1, 2);
    }
    regions.retain(|region| match region {
        SignIn => shown.asks(),
        People => is_lab,
        Variables | Traffic | WhyPolling => size == Size::Four,
        Steps => mode == Mode::Run || size >= Size::Three,
        Sequence => match mode {
            Mode::Run => true,
            Mode::Page | Mode::Device => size == Size::Four,
        },
        Scan => size <= Size::One,
        About | Request | Response | Page | Hops | Code | Polls => true,
    });
    regions
}

/// Where there is one place for several regions: the keys that bring the others there instead of this one, with their
/// names.
pub fn turns(
    mode: Mode,
    size: Size,
    shown: &Shown<'_>,
    region: Region,
) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let takes_turns = mode == Mode::Run && size == Size::Two;
    let regions: Vec<Region> = regions(mode, size, shown)
        .into_iter()
        .filter(|region| takes_turns && turn(*region).is_some())
        .collect();
    let at = regions.iter().position(|known| *known == region);
    let next = at.and_then(|at| regions.get(at + 1)).and_then(|region| turn(*region));
    let before = at.and_then(|at| regions.get(at.checked_sub(1)?)).and_then(|region| turn(*region));
    next.map(|name| ("Tab", name)).into_iter().chain(before.map(|name| ("Shift-Tab", name)))
}

/// What a region of the lower half is called in a hint.
const fn turn(region: Region) -> Option<&'static str> {
    match region {
        Region::About => Some("why"),
        Region::SignIn => Some("sign-in"),
        Region::Request => Some("request"),
        Region::Response => Some("answer"),
        _ => None,
    }
}

/// Where the focus is unless the person puts it elsewhere: on what can be done now.
pub fn natural_focus(mode: Mode, shown: &Shown<'_>) -> Region {
    match mode {
        Mode::Page => Region::Page,
        Mode::Device => Region::Code,
        Mode::Run if shown.asks() => Region::SignIn,
        Mode::Run if shown.step().is_some_and(super::outcome::is_open) => Region::Request,
        Mode::Run => Region::Steps,
    }
}

/// Where each region is drawn. With `zoomed`, only the focused one is. `messages` is how many the diagram has.
pub fn arrange(
    mode: Mode,
    size: Size,
    shown: &Shown<'_>,
    messages: usize,
    focus: Region,
    zoomed: bool,
    area: Rect,
) -> Vec<(Region, Rect)> {
    if zoomed || size == Size::One {
        return vec![(focus, area)];
    }
    match mode {
        Mode::Run => arrange_run(size, shown, messages, focus, area),
        Mode::Page => arrange_page(size, shown, focus, area),
        Mode::Device => arrange_device(size, focus, area),
    }
}

fn steps_height(shown: &Shown<'_>) -> u16 {
    rows(shown.steps.len(), 2)
}

/// A height for this many lines and what stands around them.
fn rows(lines: usize, around: u16) -> u16 {
    u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(around)
}

/// What the lower half shows while none of its regions has the focus.
fn lower(shown: &Shown<'_>, focus: Region) -> Region {
    match focus {
        Region::About | Region::Request | Region::Response | Region::SignIn => focus,
        _ => {
            let step = shown.step();
            let is_visit = shown.asks();
            if is_visit && step.is_none_or(|step| step.id == shown.session.flow.current()) {
                Region::SignIn
            } else if step.is_some_and(super::outcome::is_open) {
                Region::Request
            } else if step.is_some_and(|step| shown.exchange_of(step.id).is_some() || !step.facts.is_empty())
            {
                Region::Response
            } else {
                Region::About
            }
        }
    }
}

fn arrange_run(
    size: Size,
    shown: &Shown<'_>,
    messages: usize,
    focus: Region,
    area: Rect,
) -> Vec<(Region, Rect)> {
    let waits = shown.asks();
    if size == Size::Two {
        let top_height = steps_height(shown).max(8).min(area.height / 2);
        let [top, bottom] =
            area.layout(&Layout::vertical([Constraint::Length(top_height), Constraint::Fill(1)]));
        let [steps, sequence] = top.layout(&Layout::horizontal([
            Constraint::Length((area.width / 2).clamp(36, 46)),
            Constraint::Fill(1),
        ]));
        return vec![(Region::Steps, steps), (Region::Sequence, sequence), (lower(shown, focus), bottom)];
    }
    let [left, right] = area.layout(&Layout::horizontal([Constraint::Length(42), Constraint::Fill(1)]));
    let [steps, about] =
        left.layout(&Layout::vertical([Constraint::Length(steps_height(shown)), Constraint::Fill(1)]));
    let mut places = vec![(Region::Steps, steps), (Region::About, about)];
    // While somebody signs in, the ways to do so stand where the answer will be.
    let answer = if waits && focus != Region::Response { Region::SignIn } else { Region::Response };
    if size == Size::Three {
        // Each gets what it needs, as far as that leaves room for the others; the answer gets the rest.
        let third = right.height / 3;
        let diagram = rows(messages, 3).clamp(7.min(third), third);
        // Nothing can have come while the request is still being looked at.
        let most = if shown.step().is_some_and(super::outcome::is_open) {
            right.height.saturating_sub(diagram + 6).max(5)
        } else {
            (right.height * 2 / 5).max(5)
        };
        let fields = shown.step().and_then(|step| step.draft).map_or(3, super::request::count);
        let [sequence, request, response] = right.layout(&Layout::vertical([
            Constraint::Length(diagram),
            Constraint::Length(rows(fields, if focus == Region::Request { 7 } else { 2 }).clamp(5, most)),
            Constraint::Fill(1),
        ]));
        places.extend([(Region::Sequence, sequence), (Region::Request, request), (answer, response)]);
    } else {
        let [upper, traffic] = right.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(12)]));
        let [middle, beside] = upper.layout(&Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]));
        let halves = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]);
        let [sequence, variables] = middle.layout(&halves);
        let [request, response] = beside.layout(&halves);
        places.extend([
            (Region::Sequence, sequence),
            (Region::Variables, variables),
            (Region::Request, request),
            (answer, response),
            (Region::Traffic, traffic),
        ]);
    }
    places
}

fn arrange_page(size: Size, shown: &Shown<'_>, focus: Region, area: Rect) -> Vec<(Region, Rect)> {
    let is_lab = shown.session.profile.authority.is_lab();
    if size == Size::Two {
        let [page, below] = area.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(7)]));
        let second = match focus {
            Region::Hops | Region::People => focus,
            _ if is_lab && shown.session.is_running() => Region::People,
            _ => Region::Hops,
        };
        return vec![(Region::Page, page), (second, below)];
    }
    let [left, right] = area.layout(&Layout::horizontal([Constraint::Length(42), Constraint::Fill(1)]));
    let [steps, people] =
        left.layout(&Layout::vertical([Constraint::Length(steps_height(shown)), Constraint::Fill(1)]));
    let mut places = vec![(Region::Steps, steps)];
    places.push((if is_lab { Region::People } else { Region::Hops }, people));
    let (main, beside) = if size == Size::Four {
        let [main, beside] = right.layout(&Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]));
        (main, Some(beside))
    } else {
        (right, None)
    };
    let [page, hops] = main.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(12)]));
    if is_lab {
        places.extend([(Region::Page, page), (Region::Hops, hops)]);
    } else {
        places.push((Region::Page, main));
    }
    places.extend(beside.map(|area| (Region::Sequence, area)));
    places
}

fn arrange_device(size: Size, focus: Region, area: Rect) -> Vec<(Region, Rect)> {
    // As wide as the picture of a usual address with its quiet zone and the frame.
    let scan_width = Constraint::Length(if size == Size::Two { 39 } else { 43 });
    if size == Size::Two {
        let [scan, code] = area.layout(&Layout::horizontal([scan_width, Constraint::Fill(1)]));
        return if focus == Region::Polls {
            let [code, polls] = area.layout(&Layout::vertical([Constraint::Fill(1), Constraint::Length(10)]));
            vec![(Region::Code, code), (Region::Polls, polls)]
        } else {
            vec![(Region::Scan, scan), (Region::Code, code)]
        };
    }
    let [upper, lower] = area.layout(&Layout::vertical([Constraint::Length(25), Constraint::Fill(1)]));
    if size == Size::Three {
        let [scan, code] = upper.layout(&Layout::horizontal([scan_width, Constraint::Fill(1)]));
        return vec![(Region::Scan, scan), (Region::Code, code), (Region::Polls, lower)];
    }
    let [scan, code, sequence] =
        upper.layout(&Layout::horizontal([scan_width, Constraint::Fill(1), Constraint::Fill(1)]));
    let [polls, why] = lower.layout(&Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]));
    vec![
        (Region::Scan, scan),
        (Region::Code, code),
        (Region::Sequence, sequence),
        (Region::Polls, polls),
        (Region::WhyPolling, why),
    ]
}
