//! What each action does on this screen.

use super::{
    State,
    edit::{Edit, Purpose},
    layout::{self, Depth, Mode, Region},
    outcome, page, request, response,
    shown::Shown,
};
use crate::{
    agent::{Act, Agent, ControlKind},
    export,
    flow::{Bend, Choice, Outcome, Prompt, StepState},
    oauth::front_channel,
    provider::scenario::User as Person,
    secret::Secret,
    time::UnixTime,
    tui::{
        action::Action,
        pane::{Intent, Toast},
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
            Action::Edit => self.edit_row(&shown),
            Action::EditAdd => self.add(&shown),
            Action::EditDrop => self.bend_row(&shown, Bend::ToggleRemoved),
            Action::EditDouble => self.bend_row(&shown, Bend::Double),
            Action::EditUndo => choose(&shown, Choice::Undo),
            Action::EditRedo => choose(&shown, Choice::Redo),
            Action::Copy => vec![self.copy(&shown)],
            Action::CopyUrl => copy_url(&shown),
            Action::CopyCurl => vec![copy_curl(&shown)],
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
    fn go_on(&mut self, shown: &Shown<'_>, now: UnixTime) -> Vec<Intent> {
        let id = shown.session.id;
        if shown.ready().is_some() {
            (self.region, self.step, self.row, self.line) = (None, None, 0, 0);
            self.depth = Depth::Front;
            return vec![Intent::Bench(User::Choose(id, Choice::Next))];
        }
        match &shown.session.outcome {
            Some(Outcome::Tokens(_) | Outcome::Rejected { tokens: Some(_), .. }) => vec![token(shown)],
            Some(Outcome::Refused(_)) => vec![explain(shown, now)],
            Some(Outcome::Rejected { tokens: None, .. } | Outcome::Failed(_) | Outcome::Cancelled) => {
                again(shown)
            }
            // Back to what was in front: the code comes before its page, which b shows.
            None if self.depth == Depth::Steps
                && (shown.has_page() || shown.visit().is_none())
                && shown.prompt.is_some() =>
            {
                self.region = None;
                self.depth = if shown.visit().is_some() { Depth::Front } else { Depth::Prompt };
                Vec::new()
            }
            None if shown.visit().is_some() => {
                vec![bad("signing in comes first: o your browser, b built-in, p paste")]
            }
            None => vec![bad("this step is still running")],
        }
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
        self.step = None;
        vec![Intent::Bench(User::Auto(session.id, !session.auto))]
    }

    fn browser(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let session = shown.session;
        if shown.prompt.is_none() || !session.is_running() {
            return vec![bad("no sign-in is waited for")];
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
            return vec![bad("no sign-in is waited for")];
        }
        if self.mode(shown) == Mode::Page {
            return Vec::new();
        }
        (self.depth, self.region) = (Depth::Front, None);
        vec![Intent::Bench(User::SignIn(session.id, FrontChannel::Builtin(None)))]
    }

    fn paste(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let session = shown.session;
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

    fn activate(&mut self, shown: &Shown<'_>, now: UnixTime) -> Vec<Intent> {
        if self.mode(shown) != Mode::Page {
            return self.go_on(shown, now);
        }
        let session = shown.session;
        if !session.is_running() {
            return self.go_on(shown, now);
        }
        let Some(page) = session.agent.as_ref().and_then(Agent::page) else { return Vec::new() };
        if session.agent_busy {
            return vec![bad("the page is on its way")];
        }
        if self.focus(shown) == Region::People {
            return self.fill_in(shown, page);
        }
        let at = self.page_at(shown);
        self.page.seen = session.exchanges.len();
        self.page.at = at;
        let Some(target) = page::targets(page).get(at).copied() else {
            return vec![bad("there is nothing to press on this page; Esc shows the run")];
        };
        let act = match (target, target.control(page).map(|control| control.kind)) {
            (page::Target::Link(block), _) => Act::Follow(block),
            (page::Target::Control(form, index), Some(ControlKind::Submit)) => Act::Submit(form, Some(index)),
            (
                page::Target::Control(form, index),
                Some(ControlKind::Checkbox { .. } | ControlKind::Radio { .. }),
            ) => Act::Toggle(form, index),
            (page::Target::Control(form, index), Some(ControlKind::Text | ControlKind::Password)) => {
                self.open_control(shown, page, form, index);
                return Vec::new();
            }
            (page::Target::Control(..), Some(ControlKind::Hidden) | None) => return Vec::new(),
        };
        vec![Intent::Bench(User::Act(session.id, act))]
    }

    fn open_control(&mut self, shown: &Shown<'_>, page: &crate::agent::Page, form: usize, index: usize) {
        let Some(control) = page::Target::Control(form, index).control(page) else { return };
        let masked = control.kind == ControlKind::Password;
        let purpose = Purpose::Control { form, index, masked };
        self.edit = Some(Edit::new(shown.session.id, purpose, control.value.expose()));
    }

    /// Space: ticks what can be ticked.
    fn toggle(&mut self, shown: &Shown<'_>) -> Vec<Intent> {
        let Some(page) = shown.session.agent.as_ref().and_then(Agent::page) else { return Vec::new() };
        if self.mode(shown) != Mode::Page || self.focus(shown) != Region::Page {
            return Vec::new();
        }
        match page::targets(page).get(self.page_at(shown)) {
            Some(page::Target::Control(form, index)) => {
                vec![Intent::Bench(User::Act(shown.session.id, Act::Toggle(*form, *index)))]
            }
            Some(page::Target::Link(_)) | None => Vec::new(),
        }
    }

    /// Writes what the selected person would into the page, and goes back to it.
    fn fill_in(&mut self, shown: &Shown<'_>, page: &crate::agent::Page) -> Vec<Intent> {
        let Some(person) = self.person(shown) else { return Vec::new() };
        let user_code = match &shown.prompt {
            Some(Prompt::DeviceCode(prompt)) => Some(prompt.user_code.as_str()),
            Some(Prompt::Visit(_)) | None => None,
        };
        let acts = page::filled_by(page, person, user_code);
        if acts.is_empty() {
            return vec![bad("this page asks for nothing that is known of this person")];
        }
        let targets = page::targets(page);
        let button = targets.iter().position(|target| {
            target.control(page).is_some_and(|control| control.kind == ControlKind::Submit)
        });
        self.page.seen = shown.session.exchanges.len();
        self.page.at = button.unwrap_or(0);
        self.region = Some(Region::Page);
        acts.into_iter().map(|act| Intent::Bench(User::Act(shown.session.id, act))).collect()
    }

    fn person<'a>(&self, shown: &Shown<'a>) -> Option<&'a Person> {
        let people = people(shown.bench);
        people.get(self.person.min(people.len().saturating_sub(1))).copied()
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
            _ => None,
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
            Purpose::Control { form, index, .. } => {
                self.page.seen = shown.session.exchanges.len();
                self.page.at = self.page.at.saturating_add_signed(by);
                self.after_field(&shown);
                User::Act(id, Act::Fill(*form, *index, Secret::new(text)))
            }
        };
        vec![Intent::Bench(intent)]
    }

    /// After a field of the page the next one opens by itself, as in a browser; a button waits for Enter.
    fn after_field(&mut self, shown: &Shown<'_>) {
        let Some(page) = shown.session.agent.as_ref().and_then(Agent::page) else { return };
        let targets = page::targets(page);
        self.page.at = self.page.at.min(targets.len().saturating_sub(1));
        if let Some(page::Target::Control(form, index)) = targets.get(self.page.at).copied()
            && page::Target::Control(form, index).is_text(page)
        {
            self.open_control(shown, page, form, index);
        }
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
                let count = people(shown.bench).len();
                moved_to(action, &mut self.person, count)
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

    fn copy(&self, shown: &Shown<'_>) -> Intent {
        if let Some(Prompt::DeviceCode(prompt)) = &shown.prompt
            && self.mode(shown) == Mode::Device
        {
            return Intent::Copy {
                what: "user code".to_owned(),
                text: Secret::new(prompt.user_code.as_str()),
            };
        }
        let Some(step) = shown.step() else { return bad("there is nothing to copy here") };
        match self.focus(shown) {
            Region::Request => {
                let Some(draft) = step.draft else { return bad("this step sends nothing") };
                let row = request::Row::at(self.row.min(draft.fields.len()));
                let Some(field) = row.field(draft) else { return bad("there is nothing to copy here") };
                Intent::Copy { what: field.name.clone(), text: Secret::new(field.value.as_str()) }
            }
            Region::Page => match &shown.session.agent {
                Some(agent) => {
                    Intent::Copy { what: "address".to_owned(), text: Secret::new(agent.here().as_str()) }
                }
                None => bad("there is no page"),
            },
            Region::SignIn => match shown.visit() {
                Some(visit) => {
                    Intent::Copy { what: "sign-in address".to_owned(), text: Secret::new(visit.url.as_str()) }
                }
                None => bad("no sign-in is waited for"),
            },
            _ => self.copy_answer(shown),
        }
    }

    /// The value of the selected member of the answer, else the answer as a whole.
    fn copy_answer(&self, shown: &Shown<'_>) -> Intent {
        let Some(step) = shown.step() else { return bad("there is nothing to copy here") };
        let fact = |name: &str| {
            let fact = step.facts.iter().find(|fact| fact.name == name)?;
            Some(fact.secret.clone().unwrap_or_else(|| Secret::new(fact.value.plain())))
        };
        let answer = shown.exchange_of(step.id).and_then(|exchange| exchange.response());
        let name = self.last.member.clone();
        let member = name
            .as_ref()
            .and_then(|name| answer.and_then(|answer| response::find(answer, name)).or_else(|| fact(name)));
        match (name, member, answer) {
            (Some(what), Some(text), _) => Intent::Copy { what, text },
            (_, None, Some(answer)) => {
                Intent::Copy { what: "answer".to_owned(), text: Secret::new(answer.body.text().into_owned()) }
            }
            _ => bad("there is nothing to copy here"),
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

/// Who can sign in at the lab tenant.
pub fn people(bench: &Workbench) -> Vec<&Person> {
    bench.lab.scenario.users().iter().map(AsRef::as_ref).collect()
}

fn bad(text: &str) -> Intent {
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

/// The same run from its start, with the changes made so far. A run that is still going is given up.
fn again(shown: &Shown<'_>) -> Vec<Intent> {
    let session = shown.session;
    let start = Intent::Start {
        kind: session.kind,
        profile: Box::new(session.profile.clone()),
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

/// The newest token of the run on the shelf.
fn token(shown: &Shown<'_>) -> Intent {
    let ours = |held: &crate::workbench::Held| held.session == Some(shown.session.id);
    match shown.bench.shelf.all().iter().position(ours) {
        Some(index) => Intent::Token(index),
        None => bad("the tokens of this run are not on the shelf any more"),
    }
}

fn copy_url(shown: &Shown<'_>) -> Vec<Intent> {
    let (title, text) = match &shown.prompt {
        Some(Prompt::Visit(visit)) => ("sign-in address", visit.url.to_string()),
        Some(Prompt::DeviceCode(prompt)) => {
            ("verification address", super::device::scanned(prompt).0.to_owned())
        }
        None => {
            let Some(step) = shown.step() else { return vec![bad("there is no address here")] };
            let sent = shown.exchange_of(step.id).map(|exchange| exchange.request.url.to_string());
            let planned = || step.draft?.request().ok().map(|request| request.url.to_string());
            match sent.or_else(planned) {
                Some(url) => ("address of the request", url),
                None => return vec![bad("this step has no address")],
            }
        }
    };
    let text = Secret::new(text);
    vec![
        Intent::Copy { what: title.to_owned(), text: text.clone() },
        Intent::ShowPlain { title: title.to_owned(), text },
    ]
}

/// The request as a curl command; secrets become variables of the shell.
fn copy_curl(shown: &Shown<'_>) -> Intent {
    let Some(step) = shown.step() else { return bad("there is no request here") };
    let planned = || step.draft.filter(|_| step.state == StepState::Ready)?.request().ok();
    let request = planned().or_else(|| shown.exchange_of(step.id).map(|exchange| exchange.request.clone()));
    match request {
        Some(request) => Intent::Copy {
            what: "curl command, secrets left out".to_owned(),
            text: Secret::new(export::curl::curl(&request, export::Secrets::Redacted)),
        },
        None => bad("this step has sent nothing yet"),
    }
}
