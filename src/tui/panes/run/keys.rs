//! What each action does on this screen.

use super::{
    State, begin, copies,
    edit::{Edit, Purpose},
    layout::{self, Depth, Mode, Region},
    outcome, page, page_keys, request,
    shown::Shown,
    sign_in::{self, Way},
};
use crate::{
    agent::{Act, Agent},
    flow::{Bend, Choice, Outcome, Prompt, StepState},
    oauth::{choices::choices, front_channel},
    secret::Secret,
    time::UnixTime,
    tui::{
        action::Action,
        pane::{Intent, Toast},
        panes::errors::mend,
    },
    workbench::{FrontChannel, User, Workbench},
};

impl State {
    /// Takes an action; `None` if it means nothing here.
    pub fn update(&mut self, action: Action, bench: &Workbench, now: UnixTime) -> Option<Vec<Intent>> {
        if self.edit.is_some() {
            return self.update_field(action, bench);
        }
        let shown = self.shown(bench)?;
        let intents = match action {
            Action::PaneNext => self.turn(&shown, 1),
            Action::PanePrevious => self.turn(&shown, -1),
            Action::PaneZoom => {
                self.region = Some(self.focus(&shown));
                self.zoomed = !self.zoomed;
                Vec::new()
            }
            Action::Close => return self.close(&shown),
            Action::FlowNext => self.go_on(&shown, now),
            Action::FlowAuto => self.auto(&shown),
            Action::FlowRetry => again(&shown),
            Action::VisitBrowser => self.browser(&shown),
            Action::VisitBuiltin => self.builtin(&shown),
            Action::Paste => self.paste(&shown),
            Action::Explain => vec![explain(&shown, now)],
            Action::ExchangeShow => {
                let exchange = shown.step().and_then(|step| shown.exchange_of(step.id));
                vec![exchange.map_or_else(
                    || bad("this step has sent nothing yet"),
                    |exchange| Intent::Inspect(exchange.id),
                )]
            }
            Action::ExchangeReplay => {
                let exchange = shown.step().and_then(|step| shown.exchange_of(step.id));
                vec![match exchange {
                    Some(exchange) if exchange.result.is_some() => Intent::Replay(exchange.id),
                    Some(_) => bad("the answer is still on its way"),
                    None => bad("this step has sent nothing yet"),
                }]
            }
            Action::ErrorMend => mend(bench),
            Action::TokenUse => vec![begin::pick(&shown)],
            Action::Edit => self.edit_row(&shown),
            Action::EditAdd => self.add(&shown),
            Action::EditDrop => self.bend_row(&shown, Bend::ToggleRemoved),
            Action::EditDouble => self.bend_row(&shown, Bend::Double),
            Action::EditUndo => choose(&shown, Choice::Undo),
            Action::EditRedo => choose(&shown, Choice::Redo),
            Action::Copy => vec![self.copy(&shown)],
            Action::CopyUrl => copies::copy_url(&shown),
            Action::CopyCurl => vec![copies::copy_curl(&shown)],
            Action::Activate => self.activate(&shown, now),
            Action::Toggle => self.toggle(&shown),
            _ => return self.moved(action, &shown).then(Vec::new),
        };
        Some(intents)
    }

    /// Puts the focus on the next or the previous region.
    fn turn(&mut self, shown: &Shown<'_>, by: isize) -> Vec<Intent> {
        let regions = layout::regions(self.mode(shown), self.last.size, shown);
        let focus = self.focus(shown);
        let at = regions.iter().position(|region| *region == focus).unwrap_or(0);
        let count = isize::try_from(regions.len()).unwrap_or(1).max(1);
        let next = (isize::try_from(at).unwrap_or(0) + by).rem_euclid(count);
        self.region = regions.get(next.unsigned_abs()).copied();
        Vec::new()
    }

    /// Closes the topmost thing of this screen, if there is one.
    fn close(&mut self, shown: &Shown<'_>) -> Option<Vec<Intent>> {
        if self.zoomed {
            self.zoomed = false;
        } else if self.mode(shown) != Mode::Run {
            let has_prompt = matches!(shown.prompt, Some(Prompt::DeviceCode(_)));
            self.depth = match self.mode(shown) {
                Mode::Page if has_prompt => Depth::Prompt,
                Mode::Page | Mode::Device | Mode::Run => Depth::Steps,
            };
            self.region = None;
        } else if self.region.is_some() || self.step.is_some() {
            self.region = None;
            self.step = None;
        } else {
            return None;
        }
        Some(Vec::new())
    }

    /// Enter: says go to the step that waits; afterwards leads to what the run has brought.
    pub(super) fn go_on(&mut self, shown: &Shown<'_>, now: UnixTime) -> Vec<Intent> {
        let id = shown.session.id;
        if shown.ready().is_some() {
            (self.region, self.step, self.row, self.line) = (None, None, 0, 0);
            self.depth = Depth::Front;
            return vec![Intent::Bench(User::Choose(id, Choice::Next))];
        }
        match &shown.session.outcome {
            Some(Outcome::Tokens(_) | Outcome::Rejected { tokens: Some(_), .. }) => vec![token(shown)],
            Some(Outcome::Refused(_)) => vec![explain(shown, now)],
            Some(
                Outcome::Rejected { tokens: None, .. }
                | Outcome::Done(_)
                | Outcome::Failed(_)
                | Outcome::Cancelled,
            ) => again(shown),
            // Back to what was in front: the code comes before its page, which b shows.
            None if self.brings_back(shown) => {
                self.region = None;
                self.depth = if shown.visit().is_some() { Depth::Front } else { Depth::Prompt };
                Vec::new()
            }
            None if shown.session.wanted().is_some() => {
                vec![bad("a token comes first: w takes one from the shelf, p takes a pasted one")]
            }
            None if shown.visit().is_some() => match sign_in::by_enter(shown, self.last.no_browser) {
                Some(Way::Builtin) => self.builtin(shown),
                Some(Way::Browser) => self.browser(shown),
                None => vec![bad("the visit comes first: p pastes the address that you were sent to")],
            },
            None => vec![bad("this step is still running")],
        }
    }

    /// Whether Enter shows the page or the code again that was put behind the steps.
    pub(super) fn brings_back(&self, shown: &Shown<'_>) -> bool {
        self.depth == Depth::Steps
            && shown.session.is_running()
            && shown.ready().is_none()
            && (shown.has_page() || shown.visit().is_none())
            && shown.prompt.is_some()
    }

    /// `a`: on a page of the lab signs in as the selected person; elsewhere lets the run go on by itself.
    fn auto(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let session = shown.session;
        if self.mode(shown) == Mode::Page && session.is_running() {
            return match self.person(shown) {
                Some(person) => {
                    let credentials = shown.bench.lab.person(Some(&person.key));
                    let front = FrontChannel::Builtin(credentials);
                    vec![Intent::Bench(User::SignIn(session.id, front))]
                }
                None => vec![bad("only people of the lab tenant can be signed in by a key")],
            };
        }
        if !session.is_running() {
            return vec![bad("this run is over; r runs it again")];
        }
        if shown.ready().is_none() && shown.session.wanted().is_some() && session.profile.source.is_none() {
            return vec![bad("a token comes first: w takes one from the shelf, p takes a pasted one")];
        }
        self.step = None;
        vec![Intent::Bench(User::Auto(session.id, !session.auto))]
    }

    fn browser(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let session = shown.session;
        if shown.prompt.is_none() || !session.is_running() {
            return vec![bad("no visit to the authority is waited for")];
        }
        if let Some(reason) = self.last.no_browser {
            let text = format!("no browser can be opened from here: {reason}; U shows the address");
            return vec![Intent::Toast(Toast::bad(text))];
        }
        vec![Intent::Bench(User::SignIn(session.id, FrontChannel::Browser))]
    }

    fn builtin(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let session = shown.session;
        if shown.has_page() && self.depth != Depth::Front {
            (self.depth, self.region) = (Depth::Front, None);
            return Vec::new();
        }
        if shown.prompt.is_none() || !session.is_running() {
            return vec![bad("no visit to the authority is waited for")];
        }
        if self.mode(shown) == Mode::Page {
            return Vec::new();
        }
        (self.depth, self.region) = (Depth::Front, None);
        vec![Intent::Bench(User::SignIn(session.id, FrontChannel::Builtin(None)))]
    }

    fn paste(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let session = shown.session;
        if shown.visit().is_none() && shown.bench.takes_token(session.id) {
            (self.depth, self.region) = (Depth::Steps, Some(Region::SignIn));
            self.edit = Some(Edit::new(session.id, Purpose::Token, ""));
            return Vec::new();
        }
        if shown.visit().is_none() || !session.is_running() {
            return vec![bad("nothing is waited for that could be pasted")];
        }
        (self.depth, self.region) = (Depth::Steps, Some(Region::SignIn));
        self.edit = Some(Edit::new(session.id, Purpose::Arrival, ""));
        match session.front {
            None => vec![Intent::Bench(User::SignIn(session.id, FrontChannel::Paste))],
            Some(_) => Vec::new(),
        }
    }

    fn edit_row(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let Some((draft, row)) = self.open_row(shown) else { return vec![closed(shown)] };
        let Some(field) = row.field(draft) else { return Vec::new() };
        let purpose = match row {
            request::Row::Endpoint if draft.is_assertion => {
                return vec![bad("its members can be changed one by one: go down to one")];
            }
            request::Row::Endpoint => Purpose::Endpoint,
            request::Row::Field(index) => Purpose::Value(index, field.is_secret()),
        };
        self.edit = Some(Edit::new(shown.session.id, purpose, &field.value));
        Vec::new()
    }

    fn add(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        if self.open_row(shown).is_none() {
            return vec![closed(shown)];
        }
        self.edit = Some(Edit::new(shown.session.id, Purpose::Addition, ""));
        Vec::new()
    }

    fn bend_row(&mut self, shown: &Shown<'_>, bend: impl Fn(usize) -> Bend) -> Vec<Intent> {
        match self.open_row(shown) {
            Some((_, request::Row::Field(index))) => choose(shown, Choice::Bend(bend(index))),
            Some((_, request::Row::Endpoint)) => vec![bad("every request needs an address; e changes it")],
            None => vec![closed(shown)],
        }
    }

    /// The draft that can be bent now and the selected row in it, if its step is the one that is shown.
    fn open_row<'a>(&self, shown: &Shown<'a>) -> Option<(&'a crate::flow::Draft, request::Row)> {
        let draft = shown.step().filter(|step| outcome::is_open(step))?.draft?;
        Some((draft, request::Row::at(self.row.min(draft.fields.len()))))
    }

    /// Actions while a text field has the focus.
    fn update_field(&mut self, action: Action, bench: &Workbench) -> Option<Vec<Intent>> {
        match action {
            Action::Activate | Action::PaneNext => Some(self.accept(bench, 1)),
            Action::PanePrevious => Some(self.accept(bench, -1)),
            Action::Close => {
                self.edit = None;
                Some(Vec::new())
            }
            Action::MoveUp | Action::MoveDown => {
                self.choose_value(bench, action == Action::MoveDown);
                Some(Vec::new())
            }
            _ => None,
        }
    }

    /// Up and Down in a field: where the values of the parameter are known, one of them.
    fn choose_value(&mut self, bench: &Workbench, forward: bool) {
        let Some(Edit { purpose: Purpose::Value(index, _), .. }) = &self.edit else { return };
        let Some(shown) = self.shown(bench) else { return };
        let draft = shown.step().and_then(|step| step.draft);
        let Some(field) = draft.and_then(|draft| draft.fields.get(*index)) else { return };
        let known = choices(&field.name);
        if let Some(edit) = &mut self.edit {
            edit.choose(known, forward);
        }
    }

    /// Takes what was typed, and moves the selection on by one.
    fn accept(&mut self, bench: &Workbench, by: isize) -> Vec<Intent> {
        let Some(mut edit) = self.edit.take() else { return Vec::new() };
        let Some(shown) = self.shown(bench).filter(|shown| shown.session.id == edit.session) else {
            return Vec::new();
        };
        let id = edit.session;
        let text = edit.text().to_owned();
        let intent = match &edit.purpose {
            Purpose::Value(index, _) => User::Choose(id, Choice::Bend(Bend::Set(*index, text))),
            Purpose::Endpoint => User::Choose(id, Choice::Bend(Bend::Endpoint(text))),
            Purpose::Addition => {
                let Some((draft, _)) = self.open_row(&shown) else { return Vec::new() };
                match request::read_addition(draft, &text) {
                    Ok((place, name, value)) => {
                        self.row = request::count(draft);
                        User::Choose(id, Choice::Bend(Bend::Add(place, name, value)))
                    }
                    Err(complaint) => {
                        edit.complaint = Some(complaint.to_owned());
                        self.edit = Some(edit);
                        return Vec::new();
                    }
                }
            }
            Purpose::Arrival => match front_channel::read_pasted(&text) {
                Ok(arrival) => {
                    (self.depth, self.region) = (Depth::Front, None);
                    User::Pasted(id, arrival)
                }
                Err(complaint) => {
                    edit.complaint = Some(complaint);
                    self.edit = Some(edit);
                    return Vec::new();
                }
            },
            Purpose::Token => match begin::read(&text) {
                Ok(token) => {
                    self.region = None;
                    User::Give(id, token)
                }
                Err(complaint) => {
                    edit.complaint = Some(complaint);
                    self.edit = Some(edit);
                    return Vec::new();
                }
            },
            Purpose::Control { form, index, .. } => {
                self.page.seen = shown.session.exchanges.len();
                self.page.at = self.page.at.saturating_add_signed(by);
                self.after_field(&shown);
                User::Act(id, Act::Fill(*form, *index, Secret::new(text)))
            }
        };
        vec![Intent::Bench(intent)]
    }

    /// Movement: of a selection where there is one, else of the view.
    fn moved(&mut self, action: Action, shown: &Shown<'_>) -> bool {
        let focus = self.focus(shown);
        let scrolls = &mut self.scrolls;
        match focus {
            Region::Steps => {
                let Some(at) = select(action, shown.selected, shown.steps.len()) else { return false };
                self.step = shown.steps.get(at).map(|step| step.id);
                (self.row, self.line) = (0, 0);
                true
            }
            Region::Request => {
                let count = shown.step().and_then(|step| step.draft).map_or(0, request::count);
                moved_to(action, &mut self.row, count)
            }
            Region::Response => {
                // How many lines there are is known when they are drawn; the selection is cut to them there.
                moved_to(action, &mut self.line, usize::MAX)
            }
            Region::Page => {
                let page = shown.session.agent.as_ref().and_then(Agent::page);
                let count = page.map_or(0, |page| page::targets(page).len());
                let mut at = self.page_at(shown);
                // A page without anything to press is scrolled.
                if count == 0 {
                    return self.scrolls.page.act(action);
                }
                let moved = moved_to(action, &mut at, count);
                self.page.seen = shown.session.exchanges.len();
                self.page.at = at;
                moved
            }
            Region::People => {
                let count = page_keys::people(shown.bench).len();
                let mut at = self.person_at(shown);
                let moved = moved_to(action, &mut at, count);
                self.person = Some(at);
                moved
            }
            Region::About => scrolls.about.act(action),
            Region::Sequence => {
                let count = super::diagram::diagram(shown, UnixTime::default()).arrows.len();
                scrolls.sequence.act(action, count)
            }
            Region::SignIn => scrolls.sign_in.act(action),
            Region::Variables => scrolls.variables.act(action),
            Region::Traffic | Region::Hops => scrolls.traffic.act(action),
            Region::Scan | Region::Code => scrolls.code.act(action),
            Region::Polls => scrolls.polls.act(action),
            Region::WhyPolling => scrolls.why.act(action),
        }
    }
}

fn moved_to(action: Action, at: &mut usize, count: usize) -> bool {
    match select(action, *at, count) {
        Some(next) => {
            *at = next;
            true
        }
        None => false,
    }
}

/// Where a selection among `count` goes; `None` if the action is no movement.
fn select(action: Action, at: usize, count: usize) -> Option<usize> {
    const PAGE: usize = 10;
    let last = count.saturating_sub(1);
    Some(match action {
        Action::MoveUp => at.min(last).saturating_sub(1),
        Action::MoveDown => at.saturating_add(1).min(last),
        Action::MoveTop => 0,
        Action::MoveBottom => last,
        Action::PageUp => at.min(last).saturating_sub(PAGE),
        Action::PageDown => at.saturating_add(PAGE).min(last),
        Action::HalfPageUp => at.min(last).saturating_sub(PAGE / 2),
        Action::HalfPageDown => at.saturating_add(PAGE / 2).min(last),
        _ => return None,
    })
}

/// Says why nothing happens.
pub fn bad(text: &str) -> Intent {
    Intent::Toast(Toast::bad(text))
}

/// Why the request of the selected step cannot be changed.
fn closed(shown: &Shown<'_>) -> Intent {
    bad(match shown.step().map(|step| (step.state, step.draft.is_some())) {
        Some((StepState::Done | StepState::Failed | StepState::Running, true)) => {
            "this was sent already; r runs again, and the changes come along"
        }
        Some((_, false)) | None => "this step has no request to change",
        Some((StepState::Todo | StepState::Ready | StepState::Skipped, true)) => {
            "only the step that waits can be changed"
        }
    })
}

fn choose(shown: &Shown<'_>, choice: Choice) -> Vec<Intent> {
    match shown.ready() {
        Some(_) => vec![Intent::Bench(User::Choose(shown.session.id, choice))],
        None => vec![closed(shown)],
    }
}

/// The same run from its start, with the changes made so far, and with the token in hand that it began with. A run that
/// is still going is given up. Where the run only brings a token, it is the one it was for that begins again.
fn again(shown: &Shown<'_>) -> Vec<Intent> {
    let root = shown.bench.root(shown.session.id);
    let session = shown.bench.session(root).unwrap_or(shown.session);
    let start = Intent::Start {
        kind: session.kind,
        profile: Box::new(session.profile_again()),
        bends: session.all_bends(),
        auto: session.auto,
    };
    if session.is_running() { vec![Intent::Bench(User::Cancel(session.id)), start] } else { vec![start] }
}

fn explain(shown: &Shown<'_>, now: UnixTime) -> Intent {
    let of_step = || {
        let exchange = shown.step().and_then(|step| shown.exchange_of(step.id))?;
        shown.bench.evidence_for(exchange.id, now)
    };
    match shown.bench.evidence(shown.session.id, now).or_else(of_step) {
        Some(evidence) => Intent::Explain(Box::new(evidence)),
        None => bad("nothing was refused in this run"),
    }
}

/// The first token of the run on the shelf.
fn token(shown: &Shown<'_>) -> Intent {
    match shown.bench.shelf.of_run(shown.session.id) {
        Some(index) => Intent::Token(index),
        None => bad("the tokens of this run are not on the shelf any more"),
    }
}
