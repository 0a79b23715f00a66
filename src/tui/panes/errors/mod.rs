//! The Errors screen: what was refused and why, from the evidence of a run, from anything pasted, or from the list.
//!
//! ```text
//! ╭─ What came back ─────────────────────────────────────────────────────────────╮
//! │ AADSTS50011  invalid_request  on a page of the authority (status 400), …     │
//! ╰──────────────────────────────────────────────────────────────────────────────╯
//! ┏━ Explained ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓╭─ Codes  458  / searches ──────────╮
//! ┃ Meaning                                   ┃│▌● 50011    Redirect URI is not …  │
//! ┃▌→ edit redirect_uri in the request        ┃│ ● 50034    No such user           │
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛╰───────────────────────────────────╯
//! ```
//!
//! `shown` holds what is explained and says in which words it came back; `codes` is the list; `layout` says which regions
//! there are; `told` lays an explanation out, what helps first; `lab` says what the lab tenant can do about it; `draw` puts
//! them on the screen. What keys do is here.
//!
//! What is explained can be asked of the lab tenant: it is brought to the state that gives the number, and mended again.
//! What others tell of a real tenant (`az`, Graph, a HAR file) is added to it, from a file or pasted.
//!
//! Up and Down in an explanation scroll it, and stop at every fix and every related number on their way, so that both a
//! long text and its fixes are reached with the same two keys.

mod codes;
mod draw;
mod lab;
mod layout;
mod shown;
mod told;

use self::{
    codes::Codes,
    layout::{Form, Region, Wanted},
    shown::{Origin, Shown},
};
use crate::{
    explain::{self, Evidence, Place},
    flow::Outcome,
    secret::{Secret, find},
    text::Line,
    time::UnixTime,
    tui::{
        action::Action,
        keymap::{Context, Key},
        pane::{Intent, Toast},
        widgets::{
            field::{Field, Typed},
            lines::{self, Scroll},
            list::Selection,
        },
    },
    workbench::{Session, Workbench},
};

/// A pasted text up to this long may be a search; a longer one is an error to explain.
const LONGEST_QUERY: usize = 60;
/// So many explanations are kept to go back to.
const TRAIL: usize = 20;

/// What is explained, selection, scroll and search.
#[derive(Debug, Default)]
pub struct State {
    region: Region,
    zoomed: bool,
    input: Option<Field>,
    /// The name of a file with evidence, while it is typed.
    file: Option<Field>,
    /// What was pasted before there was anything to add it to.
    kept: Vec<Secret>,
    codes: Codes,
    code: Selection,
    shown: Option<Shown>,
    /// What was explained before, to go back to.
    trail: Vec<Shown>,
    /// The selected place of the explanation.
    place: Option<usize>,
    came_back_scroll: Scroll,
    scroll: Scroll,
    request_scroll: Scroll,
    /// How much room the last frame had.
    form: Form,
}

impl State {
    /// Which part of the keymap applies.
    pub const fn context(&self) -> Context {
        if self.input.is_some() || self.file.is_some() { Context::Field } else { Context::Errors }
    }

    /// Explains this.
    pub fn show(&mut self, evidence: Evidence, _now: UnixTime) {
        self.trail.clear();
        self.shown = None;
        self.open(Shown::new(Origin::Refusal, evidence));
    }

    /// Takes a key for the search.
    pub fn typed(&mut self, key: Key) -> Vec<Intent> {
        if let Some(field) = &mut self.file {
            field.key(key);
        } else if let Some(field) = &mut self.input
            && field.key(key) == Typed::Changed
        {
            self.codes.search(field.text());
            self.code.select(0);
        }
        Vec::new()
    }

    /// Takes a pasted text. A word or two can be searched for; anything else is an error to explain, and is kept out of
    /// the field, because it may hold secrets.
    pub fn pasted(&mut self, text: &str) {
        let is_short = text.chars().count() <= LONGEST_QUERY && !text.trim().contains('\n');
        if let Some(field) = self.file.as_mut().filter(|_| is_short) {
            field.paste(text);
        } else if self.add(text) {
            // It belongs to what is explained, or will belong to what comes next.
        } else if is_short && find::in_text(text).is_empty() {
            let field = self.input.get_or_insert_default();
            field.paste(text);
            self.codes.search(field.text());
            self.code.select(0);
            self.region = Region::Codes;
        } else {
            self.explain_text(text);
        }
    }

    /// Empties the search; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        let is_file = self.file.is_some();
        let field = if is_file { &mut self.file } else { &mut self.input };
        let Some(field) = field.as_mut().filter(|field| !field.is_empty()) else { return false };
        field.clear();
        if is_file {
            return true;
        }
        self.codes.search("");
        true
    }

    /// What can be copied here: every command, the explanation, and what support asks for.
    pub fn copies(&self, _bench: &Workbench) -> Vec<(String, Secret)> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let commands = shown.printed.places.iter().filter_map(|(_, place)| match place {
            Place::Fix(fix) => Some((format!("command: {}", fix.title), Secret::new(fix.command.clone()?))),
            Place::Related(_) => None,
        });
        let mut copies: Vec<_> = commands.collect();
        copies.push(("explanation".to_owned(), whole(shown)));
        copies.extend(shown.for_support().map(|text| ("ids for support".to_owned(), text)));
        copies
    }

    fn wanted(&self) -> Wanted {
        let origin = self.shown.as_ref().map(|shown| shown.origin);
        let wanted = Wanted {
            focus: self.region,
            zoomed: self.zoomed,
            came_back: u16::from(origin.is_some_and(|origin| origin != Origin::List)),
            explained: self.shown.is_some(),
            request: self.shown.as_ref().is_some_and(|shown| shown.evidence.request.is_some()),
        };
        let regions = layout::regions(wanted);
        let stand_in = if wanted.explained { Region::Explained } else { Region::Codes };
        Wanted { focus: if regions.contains(&self.region) { self.region } else { stand_in }, ..wanted }
    }

    /// Shows an explanation, and remembers the one before.
    fn open(&mut self, shown: Shown) {
        if let Some(row) = shown.explanation.code.and_then(|code| self.codes.row_of(code)) {
            self.code.select(row);
        }
        if let Some(before) = self.shown.replace(shown) {
            self.trail.push(before);
            if self.trail.len() > TRAIL {
                self.trail.remove(0);
            }
        }
        self.turn_to_top();
    }

    fn turn_to_top(&mut self) {
        self.region = Region::Explained;
        self.input = None;
        self.file = None;
        self.place = None;
        self.scroll.to_top();
        self.came_back_scroll.to_top();
        self.request_scroll.to_top();
    }

    fn explain_text(&mut self, text: &str) {
        let mut evidence = Evidence { text: Some(text.to_owned()), ..Evidence::default() };
        for kept in std::mem::take(&mut self.kept) {
            explain::add(&mut evidence, kept.expose());
        }
        self.open(Shown::new(Origin::Pasted, evidence));
    }

    /// Takes a file that the person named.
    pub fn take_file(&mut self, text: &str) -> Toast {
        if self.add(text) {
            return Toast::good(match &self.shown {
                Some(_) => "added to the evidence; everything was looked at again",
                None => "kept: paste the error that it belongs to",
            });
        }
        if explain::from_text(text, UnixTime::default()).found_nothing() {
            return Toast::bad("there is no error in that file, and nothing that tells about an application");
        }
        self.explain_text(text);
        Toast::good("explained from the file")
    }

    /// Adds a text to the evidence, if it tells about an application or a request and of no error of its own.
    fn add(&mut self, text: &str) -> bool {
        if !explain::from_text(text, UnixTime::default()).found_nothing() {
            return false;
        }
        let Some(shown) = &self.shown else {
            let is_evidence = !explain::add(&mut Evidence::default(), text).is_empty();
            if is_evidence {
                self.kept.push(Secret::new(text));
            }
            return is_evidence;
        };
        let mut evidence = shown.given.clone();
        if explain::add(&mut evidence, text).is_empty() {
            return false;
        }
        self.shown = Some(shown.with(evidence));
        self.turn_to_top();
        true
    }

    /// Explains what the list has under this name.
    pub fn look_up(&mut self, text: String) {
        self.open(Shown::new(Origin::List, Evidence { text: Some(text), ..Evidence::default() }));
    }

    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, now: UnixTime) -> Option<Vec<Intent>> {
        if let Some(shown) = &mut self.shown {
            shown.keep_up(&bench.registrations);
        }
        if self.file.is_some() {
            return self.naming_update(action);
        }
        if self.input.is_some() {
            return self.typing_update(action);
        }
        self.region = self.wanted().focus;
        match action {
            Action::PaneNext => self.turn(true),
            Action::PanePrevious => self.turn(false),
            Action::PaneZoom => self.zoomed = !self.zoomed,
            Action::Activate => return Some(self.activate()),
            Action::Close => return self.close().then(Vec::new),
            Action::Search | Action::Paste => {
                self.codes.open();
                self.region = Region::Codes;
                let text = if action == Action::Search { self.codes.query() } else { "" };
                self.input = Some(Field::new(text));
            }
            Action::SearchNext | Action::SearchPrevious => {
                let step = if action == Action::SearchNext { Action::MoveDown } else { Action::MoveUp };
                self.code.act(step, self.codes.count());
                self.look_up_selected();
            }
            Action::ErrorEvidence => {
                self.region = if self.shown.is_some() { Region::Explained } else { self.region };
                self.file = Some(Field::default());
            }
            Action::ErrorReproduce => return Some(self.reproduce(bench)),
            Action::ErrorMend => return Some(mend(bench)),
            Action::Explain => return Some(self.explain_last(bench, now)),
            Action::ExchangeShow => return Some(self.exchange(bench)),
            Action::Copy => return Some(self.copy()),
            action => return self.moved(action).then(Vec::new),
        }
        Some(Vec::new())
    }

    /// Whether an action would do something now; for the footer.
    pub fn works(&self, action: Action, bench: &Workbench) -> bool {
        match action {
            Action::ErrorReproduce => self.code().is_some_and(|code| bench.can_reproduce(code)),
            Action::ErrorMend => bench.reproduction().is_some_and(|shown| !shown.is_mended),
            Action::ErrorEvidence => self.shown.is_some(),
            Action::ExchangeShow => self.shown.as_ref().is_some_and(|shown| shown.origin == Origin::Refusal),
            _ => true,
        }
    }

    /// The number that keys are about: of the selected row of the list, else of what is explained.
    fn code(&self) -> Option<u32> {
        match (self.wanted().focus, &self.shown) {
            (Region::Codes, _) => self.codes.at(self.code.index())?.code,
            (_, shown) => shown.as_ref()?.explanation.code,
        }
    }

    fn reproduce(&self, bench: &Workbench) -> Vec<Intent> {
        vec![match self.code() {
            _ if !bench.has_own_lab() => {
                Intent::Toast(Toast::bad("there is no lab tenant here: start without a target to have one"))
            }
            None => Intent::Toast(Toast::bad("the lab tenant is brought to numbers; choose one")),
            Some(code) if bench.can_reproduce(code) => Intent::Reproduce(code),
            Some(code) => Intent::Toast(Toast::bad(format!("the lab tenant has no way to AADSTS{code}"))),
        }]
    }

    fn naming_update(&mut self, action: Action) -> Option<Vec<Intent>> {
        match action {
            Action::Activate => {
                let name = self.file.take().map(|field| field.text().trim().to_owned());
                let name = name.filter(|name| !name.is_empty());
                Some(name.map(Intent::ReadEvidence).into_iter().collect())
            }
            Action::Close => {
                self.file = None;
                Some(Vec::new())
            }
            _ => None,
        }
    }

    fn typing_update(&mut self, action: Action) -> Option<Vec<Intent>> {
        match action {
            Action::Activate => {
                let text = self.input.take().map(|field| field.text().trim().to_owned()).unwrap_or_default();
                if !text.is_empty() {
                    if self.codes.count() > 0 {
                        self.look_up_selected();
                    } else {
                        // Not a search, then: a message that somebody typed.
                        self.codes.search("");
                        self.explain_text(&text);
                    }
                }
            }
            Action::Close => {
                self.input = None;
                self.codes.search("");
            }
            // A list is filtered while one types: its rows can be walked at once.
            Action::MoveUp | Action::MoveDown => {
                self.code.act(action, self.codes.count());
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    fn turn(&mut self, forward: bool) {
        let regions = layout::regions(self.wanted());
        let at = regions.iter().position(|region| *region == self.region).unwrap_or(0);
        let by = if forward { 1 } else { regions.len() - 1 };
        self.region = regions[(at + by) % regions.len()];
    }

    fn look_up_selected(&mut self) {
        if let Some(row) = self.codes.at(self.code.index()) {
            self.look_up(codes::text(row));
        }
    }

    fn activate(&mut self) -> Vec<Intent> {
        match self.region {
            Region::Codes => {
                self.codes.open();
                self.look_up_selected();
            }
            Region::CameBack | Region::Request => self.region = Region::Explained,
            Region::Explained => match self.selected() {
                Some(Place::Related(code)) => {
                    let code = *code;
                    self.look_up(format!("AADSTS{code}"));
                }
                Some(Place::Fix(fix)) => {
                    return vec![match &fix.command {
                        Some(command) => plain(&fix.title, command),
                        None => {
                            Intent::Toast(Toast::good("this one is done by hand: there is no command for it"))
                        }
                    }];
                }
                // To what can be done.
                None => {
                    let has_places =
                        self.shown.as_ref().is_some_and(|shown| !shown.printed.places.is_empty());
                    self.place = has_places.then_some(0);
                }
            },
        }
        Vec::new()
    }

    fn selected(&self) -> Option<&Place> {
        let (_, place) = self.shown.as_ref()?.printed.places.get(self.place?)?;
        Some(place)
    }

    /// Closes the topmost thing; says whether there was one.
    fn close(&mut self) -> bool {
        if self.zoomed {
            self.zoomed = false;
        } else if self.place.is_some() && self.region == Region::Explained {
            self.place = None;
        } else if self.region != Region::Explained && self.shown.is_some() {
            self.region = Region::Explained;
        } else if let Some(before) = self.trail.pop() {
            self.shown = Some(before);
            self.turn_to_top();
        } else if !self.codes.query().is_empty() {
            self.codes.search("");
        } else {
            return false;
        }
        true
    }

    fn moved(&mut self, action: Action) -> bool {
        match (self.region, action) {
            (Region::Codes, _) => self.code.act(action, self.codes.count()),
            (Region::CameBack, _) => self.came_back_scroll.act(action),
            (Region::Request, _) => self.request_scroll.act(action),
            (Region::Explained, Action::MoveDown | Action::MoveUp) => {
                self.walk(action == Action::MoveDown);
                true
            }
            (Region::Explained, _) => {
                let moved = self.scroll.act(action);
                if moved {
                    // A selection would be kept in view, and hold the text back.
                    self.place = None;
                }
                moved
            }
        }
    }

    fn walk(&mut self, down: bool) {
        let Some(shown) = &self.shown else { return };
        let stops: Vec<usize> = shown.printed.places.iter().map(|(line, _)| *line).collect();
        lines::walk(&mut self.scroll, &stops, &mut self.place, down);
    }

    fn explain_last(&mut self, bench: &Workbench, now: UnixTime) -> Vec<Intent> {
        match last_refusal(bench).and_then(|session| bench.evidence(session.id, now)) {
            Some(evidence) => {
                self.show(evidence, now);
                Vec::new()
            }
            None => vec![Intent::Toast(Toast::bad("no run of this sitting was refused"))],
        }
    }

    fn exchange(&mut self, bench: &Workbench) -> Vec<Intent> {
        let exchange = self.shown.as_mut().and_then(|shown| {
            shown.trace(bench);
            shown.exchange()
        });
        match exchange {
            Some(exchange) => vec![Intent::Inspect(exchange)],
            None => vec![Intent::Toast(Toast::bad("no exchange of this sitting is behind this"))],
        }
    }

    fn copy(&self) -> Vec<Intent> {
        let copied = match (self.region, &self.shown) {
            (Region::Codes, _) => {
                self.codes.at(self.code.index()).map(|row| ("code".to_owned(), Secret::new(codes::text(row))))
            }
            (_, None) => None,
            (Region::CameBack, Some(shown)) => {
                let text = shown.for_support().map(|text| ("ids for support".to_owned(), text));
                text.or_else(|| {
                    let pasted = shown.evidence.text.as_deref()?;
                    Some(("pasted text".to_owned(), Secret::new(shown::without_secrets(pasted))))
                })
            }
            (Region::Explained, Some(shown)) => Some(match self.selected() {
                Some(Place::Fix(fix)) => match &fix.command {
                    Some(command) => ("command".to_owned(), Secret::new(command)),
                    None => ("fix".to_owned(), Secret::new(&fix.title)),
                },
                Some(Place::Related(code)) => ("code".to_owned(), Secret::new(format!("AADSTS{code}"))),
                None => ("explanation".to_owned(), whole(shown)),
            }),
            (Region::Request, Some(shown)) => shown
                .evidence
                .request
                .as_ref()
                .map(|request| ("address of the request".to_owned(), Secret::new(request.url.as_str()))),
        };
        copied.map(|(what, text)| Intent::Copy { what, text }).into_iter().collect()
    }
}

/// Has mended what the lab tenant was brought to.
pub(in crate::tui::panes) fn mend(bench: &Workbench) -> Vec<Intent> {
    vec![match bench.reproduction() {
        Some(shown) if !shown.is_mended => Intent::Mend,
        _ => {
            Intent::Toast(Toast::bad("nothing in the lab tenant waits to be mended; R brings it to a number"))
        }
    }]
}

fn plain(title: &str, command: &str) -> Intent {
    Intent::ShowPlain { title: title.to_owned(), text: Secret::new(command) }
}

/// The explanation as text.
fn whole(shown: &Shown) -> Secret {
    Secret::new(shown.printed.lines.iter().map(Line::plain).collect::<Vec<_>>().join("\n"))
}

/// The run that was refused last.
fn last_refusal(bench: &Workbench) -> Option<&Session> {
    bench.sessions.iter().rev().find(|session| matches!(session.outcome, Some(Outcome::Refused(_))))
}
