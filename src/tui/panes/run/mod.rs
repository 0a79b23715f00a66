//! The Run screen: one run step by step, with the request that is going to be sent, the diagram of what was sent, and the
//! answer; the pages of the built-in user agent; and the device-code prompt.
//!
//! ```text
//! ▸ Step 3 is laid out: Send the person to sign in.  Enter go to sign-in  e edit
//! ╭─ Authorization code + PKCE  3/6 ─────╮╭─ Sequence ────────────────────────────╮
//! │ ✓ 1 Read the metadata      200 12 ms ││ Browser    authwright     Lab tenant  │
//! ╰──────────────────────────────────────╯╰───────────────────────────────────────╯
//! ┏━ Request ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃▌GET http://localhost:7080/…/oauth2/v2.0/authorize                            ┃
//! ```
//!
//! `shown` looks the run up, `layout` decides which regions there are and where, and one file for each region says what
//! stands in it, as lines; `draw` puts them on the screen. What keys do is in `keys`,
//! `page_keys` and `copies`.

mod begin;
mod copies;
mod device;
mod diagram;
mod draw;
mod edit;
mod fan_out;
mod keys;
mod layout;
mod outcome;
mod page;
mod page_keys;
pub(in crate::tui::panes) mod request;
mod response;
mod shown;
mod sign_in;
mod staged;
mod steps;
mod variables;

pub(in crate::tui::panes) use self::steps::clipped_line;

use std::time::Duration;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::{
    edit::{Edit, Purpose},
    layout::{Depth, Mode, Region, Size},
    shown::Shown,
};
use crate::{
    flow::{Prompt, StepId},
    time::UnixTime,
    tui::{
        keymap::{Context, Key},
        look::Motion,
        pane::{Intent, Scene},
        widgets::{lines::Scroll, list::Selection},
    },
    workbench::{Session, SessionId, Workbench},
};

/// What the person looks at; the run itself is in the workbench.
#[derive(Debug, Default)]
pub struct State {
    /// The run that was chosen; `None` for the one started last.
    session: Option<SessionId>,
    /// The step that was selected; `None` for the one in progress.
    step: Option<StepId>,
    /// Where the person put the focus; `None` for where something can be done.
    region: Option<Region>,
    zoomed: bool,
    /// The selected row of the request.
    row: usize,
    /// The selected line of the answer.
    line: usize,
    /// The selected person of the lab, once one was chosen.
    person: Option<usize>,
    /// The selection on the page, and which page that was.
    page: PagePlace,
    /// How far the person has looked behind the page and the prompt.
    depth: Depth,
    edit: Option<Edit>,
    scrolls: Scrolls,
    last: LastFrame,
}

/// Where the selection stands on a page; another page begins anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PagePlace {
    /// How many exchanges the run had when the page was there.
    seen: usize,
    /// The place among the page's targets.
    at: usize,
}

/// Scroll positions, which drawing settles.
#[derive(Debug, Default)]
struct Scrolls {
    steps: Scroll,
    about: Scroll,
    sequence: Selection,
    request: Scroll,
    response: Scroll,
    sign_in: Scroll,
    variables: Scroll,
    traffic: Scroll,
    page: Scroll,
    people: Scroll,
    code: Scroll,
    polls: Scroll,
    why: Scroll,
}

/// What keys have to know of the last frame: which regions there was room for, and whether a browser can be opened.
#[derive(Clone, Debug, Default)]
struct LastFrame {
    size: Size,
    no_browser: Option<&'static str>,
    /// The name on the selected line of the answer.
    member: Option<String>,
    /// Which run it showed.
    shown: Option<SessionId>,
}

impl State {
    /// Shows the run that was started last, from its beginning.
    pub fn show_latest(&mut self) {
        *self = Self { last: std::mem::take(&mut self.last), ..Self::default() };
    }

    /// Shows this run.
    pub fn show(&mut self, id: SessionId) {
        self.show_latest();
        self.session = Some(id);
    }

    /// Which part of the keymap applies.
    pub fn context(&self, bench: &Workbench) -> Context {
        if self.edit.is_some() {
            return Context::Field;
        }
        let Some(shown) = self.shown(bench) else { return Context::Run };
        match (self.mode(&shown), self.focus(&shown)) {
            (Mode::Page, Region::Page | Region::People) => Context::Page,
            (Mode::Device, _) => Context::Device,
            (_, Region::Request) => Context::Request,
            _ => Context::Run,
        }
    }

    /// Whether the selected step's request can still be changed.
    pub fn is_editable(&self, bench: &Workbench) -> bool {
        let shown = self.shown(bench);
        shown.is_some_and(|shown| {
            shown.step().is_some_and(|step| step.draft.is_some() && outcome::is_open(step))
        })
    }

    /// What Enter leads to, once the run has ended.
    pub fn ended_leads_to(&self, bench: &Workbench) -> Option<&'static str> {
        let shown = self.shown(bench)?;
        let outcome = shown.session.outcome.as_ref()?;
        Some(if self.brings_back(&shown) { "back to it" } else { outcome::leads_to(outcome) })
    }

    /// What Enter does now, in a word or three, where that is more than the keymap can know.
    pub fn enter_means(&self, bench: &Workbench) -> Option<String> {
        let shown = self.shown(bench)?;
        match self.mode(&shown) {
            Mode::Run if self.brings_back(&shown) => Some("back to it".to_owned()),
            Mode::Run if shown.visit().is_some() => {
                sign_in::by_enter(&shown, self.last.no_browser).map(|way| match way {
                    sign_in::Way::Browser => "browser".to_owned(),
                    sign_in::Way::Builtin => "built-in".to_owned(),
                })
            }
            Mode::Run => outcome::enter_means(&shown),
            Mode::Page => {
                let page = shown.session.agent.as_ref()?.page()?;
                let target = page::targets(page).get(self.page_at(&shown)).copied()?;
                Some(page::enter_means(target, page).to_owned())
            }
            Mode::Device => None,
        }
    }

    /// Whether `m` mends something here: the run shows what the lab tenant was brought to.
    pub fn waits_to_be_mended(&self, bench: &Workbench) -> bool {
        self.session(bench).is_some_and(|session| staged::waits_to_be_mended(bench, session.id))
    }

    /// Takes a key while a text field has the focus.
    pub fn typed(&mut self, key: Key) -> Vec<Intent> {
        if let Some(edit) = &mut self.edit {
            edit.typed(key);
        }
        Vec::new()
    }

    /// Takes a pasted text. While an answer is awaited and nothing is being edited, it can only be the address.
    pub fn pasted(&mut self, text: &str, bench: &Workbench) {
        if self.edit.is_none() {
            let Some(shown) = self.shown(bench) else { return };
            if shown.visit().is_none() {
                return;
            }
            self.edit = Some(Edit::new(shown.session.id, Purpose::Arrival, ""));
            self.region = Some(Region::SignIn);
            self.depth = Depth::Steps;
        }
        if let Some(edit) = &mut self.edit {
            edit.pasted(text);
        }
    }

    /// Empties the field that is being edited; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        self.edit.as_mut().is_some_and(Edit::clear)
    }

    /// How long the screen may stand as it is; `None` if nothing counts or spins.
    pub fn next_redraw(&self, bench: &Workbench, motion: Motion, now: UnixTime) -> Option<Duration> {
        let shown = self.shown(bench)?;
        if !shown.session.is_running() {
            return None;
        }
        // To the next full second, so that a countdown is never late by more than a moment.
        let second = Duration::from_millis(1000 - u64::try_from(now.millis().rem_euclid(1000)).unwrap_or(0));
        let spins = shown.pending().is_some() || shown.session.agent_busy;
        if spins && motion == Motion::Full {
            return Some(motion.tick());
        }
        let counts = spins || matches!(shown.prompt, Some(Prompt::Visit(_) | Prompt::DeviceCode(_)));
        counts.then_some(second)
    }

    /// Draws the screen; says where the cursor stands.
    pub fn view(
        &mut self,
        bench: &Workbench,
        scene: &Scene<'_>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        self.follow(bench);
        self.last = LastFrame {
            size: Size::of(area),
            no_browser: scene.no_browser,
            member: None,
            shown: self.last.shown,
        };
        draw::draw(self, bench, scene, area, buffer)
    }

    /// The run that is shown: the chosen one, or the one started last. While another run brings its token, that one is
    /// shown, and stays if it brings none.
    pub fn session<'a>(&self, bench: &'a Workbench) -> Option<&'a Session> {
        let chosen = self.session.and_then(|id| bench.session(id));
        let root = match chosen {
            Some(session) => session,
            None => bench.session(bench.root(bench.latest()?.id))?,
        };
        let id = if root.is_running() { bench.acting(root.id) } else { bench.culprit(root.id) };
        bench.session(id)
    }

    /// Where another run is shown than before, what was selected in that one means nothing any more.
    fn follow(&mut self, bench: &Workbench) {
        let id = self.session(bench).map(|session| session.id);
        if id != self.last.shown {
            (self.region, self.step, self.row, self.line) = (None, None, 0, 0);
            (self.depth, self.page) = (Depth::Front, PagePlace::default());
            self.edit = self.edit.take().filter(|edit| Some(edit.session) == id);
            self.last.shown = id;
        }
    }

    fn shown<'a>(&self, bench: &'a Workbench) -> Option<Shown<'a>> {
        let mut shown = Shown::new(bench, self.session(bench)?, self.step);
        shown.asks_token |= matches!(&self.edit, Some(edit) if edit.purpose == Purpose::Token);
        Some(shown)
    }

    fn mode(&self, shown: &Shown<'_>) -> Mode {
        layout::mode(shown, self.depth)
    }

    fn focus(&self, shown: &Shown<'_>) -> Region {
        let mode = self.mode(shown);
        let regions = layout::regions(mode, self.last.size, shown);
        let natural = layout::natural_focus(mode, shown);
        self.region.filter(|region| regions.contains(region)).unwrap_or(natural)
    }

    /// The selected target of the page in front of the person.
    fn page_at(&self, shown: &Shown<'_>) -> usize {
        let Some(page) = shown.session.agent.as_ref().and_then(crate::agent::Agent::page) else { return 0 };
        if self.page.seen == shown.session.exchanges.len() { self.page.at } else { page::first(page) }
    }
}
