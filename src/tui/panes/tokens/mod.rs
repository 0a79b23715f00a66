//! The Tokens screen: every token of this sitting, decoded, with what was checked and what each claim means.
//!
//! ```text
//! ╭─ Tokens  3 ──────────────╮╭─ Checks ──────────────────────────────── ✓ 8  · 2 ╮
//! │▌access  this app 41:02 mi││ alg RS256  typ JWT  kid rrX2…                     │
//! ╰──────────────────────────╯╰───────────────────────────────────────────────────╯
//! ┏━ Claims  access token, for a user ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ LAB ━┓
//! ┃ ████████████░░░░░░░ 41:02 min left                                             ┃
//! ┃ ▾ who                                                                          ┃
//! ┃▌  oid  4b0e6a21-…   the user's object id, the same in every app                ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//! ```
//!
//! `layout` says which regions there are; `list`, `checks`, `claims`, `meaning` and `raw` make the lines of one region
//! each; `entry` is the line to paste a token into; `draw` puts them on the screen. What keys do is here.

mod checks;
mod claims;
mod draw;
mod entry;
mod layout;
mod list;
mod meaning;
mod raw;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;

use self::{
    checks::Keys,
    claims::{Row, Section},
    entry::Entry,
    layout::{Form, Region, Wanted},
};
use crate::{
    secret::Secret,
    time::UnixTime,
    token::{self, Kind, claims::Group},
    tui::{
        action::Action,
        keymap::{Context, Key},
        pane::{Intent, Toast},
        widgets::{field::Field, lines::Scroll, list::Selection},
    },
    workbench::{Held, User, Workbench},
};

/// What the text field is for.
#[derive(Debug)]
enum Input {
    /// A token to look at.
    Token(Entry),
    /// A text to find among the claims.
    Search(Field),
}

/// Selection, folds, scroll and what is being typed.
#[derive(Debug)]
pub struct State {
    region: Region,
    zoomed: bool,
    meaning: bool,
    raw: bool,
    token: Selection,
    claim: Selection,
    folded: Vec<Section>,
    input: Option<Input>,
    needle: String,
    checks_scroll: Scroll,
    meaning_scroll: Scroll,
    raw_scroll: Scroll,
    /// How much room the last frame had.
    form: Form,
}

impl Default for State {
    fn default() -> Self {
        let mut claim = Selection::default();
        claim.select(1);
        Self {
            region: Region::default(),
            zoomed: false,
            meaning: false,
            raw: false,
            token: Selection::default(),
            claim,
            folded: vec![Section::Of(Group::Internal)],
            input: None,
            needle: String::new(),
            checks_scroll: Scroll::default(),
            meaning_scroll: Scroll::default(),
            raw_scroll: Scroll::default(),
            form: Form::default(),
        }
    }
}

impl State {
    /// Which part of the keymap applies.
    pub const fn context(&self) -> Context {
        if self.input.is_some() { Context::Field } else { Context::Tokens }
    }

    /// Shows the token at this place of the shelf.
    pub fn show(&mut self, index: usize) {
        self.select(index);
        self.region = Region::Claims;
        self.zoomed = false;
        self.input = None;
    }

    /// Takes a key for the text field.
    pub fn typed(&mut self, key: Key) -> Vec<Intent> {
        match &mut self.input {
            Some(Input::Token(entry)) => entry.typed(key),
            Some(Input::Search(field)) => {
                field.key(key);
                field.text().clone_into(&mut self.needle);
            }
            None => {}
        }
        Vec::new()
    }

    /// Takes a pasted text: a token, unless something is being searched for.
    pub fn pasted(&mut self, text: &str) {
        match self.input.get_or_insert_with(|| Input::Token(Entry::default())) {
            Input::Token(entry) => entry.pasted(text),
            Input::Search(field) => {
                field.paste(text);
                field.text().clone_into(&mut self.needle);
            }
        }
    }

    /// Empties the text field; says whether there was something in it.
    pub fn clear_field(&mut self) -> bool {
        match &mut self.input {
            Some(Input::Token(entry)) => entry.clear(),
            Some(Input::Search(field)) => {
                let was_empty = field.is_empty();
                field.clear();
                self.needle.clear();
                !was_empty
            }
            None => false,
        }
    }

    /// What can be copied of the selected token.
    pub fn copies(&self, bench: &Workbench) -> Vec<(String, Secret)> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let mut copies = vec![(name_of(held), held.decoded.raw.clone())];
        if let Some((what, value)) = self.row(bench).and_then(|row| value_of(&row)) {
            copies.push((what, value));
        }
        if held.decoded.kind == Kind::Jws
            && let Some((unsigned, _)) = held.decoded.raw.expose().rsplit_once('.')
        {
            copies.push((format!("{} without its signature", name_of(held)), Secret::new(unsigned)));
        }
        for (what, members) in [("claims", &held.decoded.claims), ("header", &held.decoded.header)] {
            if !members.is_empty() {
                let text = serde_json::to_string_pretty(members).unwrap_or_default();
                copies.push((format!("{what} as JSON"), Secret::new(text)));
            }
        }
        copies
    }

    /// How long the screen may stand as it is: a countdown is shown while the selected token, or another in the list,
    /// has its end within the next days or behind it by less.
    pub fn next_redraw(&self, bench: &Workbench, now: UnixTime) -> Option<Duration> {
        const SPELLED_OUT: Duration = Duration::from_secs(48 * 3600);
        let near = |time: UnixTime| time.since(now).max(now.since(time)) < SPELLED_OUT;
        let counts_down = |held: &Held| held.decoded.time("exp").is_some_and(|end| end > now && near(end));
        let ages = |held: &Held| {
            let times = ["exp", "nbf", "iat"].into_iter().filter_map(|name| held.decoded.time(name));
            times.into_iter().any(near)
        };
        if bench.shelf.all().iter().any(counts_down) || self.held(bench).is_some_and(ages) {
            let into_second = u64::try_from(now.millis().rem_euclid(1000)).unwrap_or(0);
            return Some(Duration::from_millis(1000 - into_second));
        }
        None
    }

    fn index(&self, bench: &Workbench) -> usize {
        self.token.index().min(bench.shelf.all().len().saturating_sub(1))
    }

    fn held<'a>(&self, bench: &'a Workbench) -> Option<&'a Held> {
        bench.shelf.all().get(self.index(bench))
    }

    fn row<'a>(&self, bench: &'a Workbench) -> Option<Row<'a>> {
        let rows = claims::rows(&self.held(bench)?.decoded, &self.folded);
        rows.get(self.claim.index().min(rows.len().saturating_sub(1))).copied()
    }

    fn wanted(&self, bench: &Workbench) -> Wanted {
        let wanted = Wanted {
            focus: self.region,
            zoomed: self.zoomed,
            meaning: self.meaning,
            raw: self.raw,
            tokens: bench.shelf.all().len(),
        };
        let regions = layout::regions(self.form, wanted);
        let stand_in = if regions.contains(&Region::Claims) { Region::Claims } else { Region::Raw };
        Wanted { focus: if regions.contains(&self.region) { self.region } else { stand_in }, ..wanted }
    }

    fn select(&mut self, index: usize) {
        self.token.select(index);
        // The first claim, not the heading above it: its meaning is there at once.
        self.claim.select(1);
        self.checks_scroll.to_top();
        self.meaning_scroll.to_top();
        self.raw_scroll.to_top();
    }

    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, _now: UnixTime) -> Option<Vec<Intent>> {
        if self.input.is_some() {
            return self.typing_update(action, bench);
        }
        // What a frame with less room did not show cannot have the focus.
        self.region = self.wanted(bench).focus;
        match action {
            Action::PaneNext => self.turn(bench, 1),
            Action::PanePrevious => self.turn(bench, usize::MAX),
            Action::PaneZoom => self.zoomed = !self.zoomed,
            Action::PaneView => self.turn_to_raw(),
            Action::Activate => self.activate(bench),
            Action::Close => return self.close().then(Vec::new),
            Action::Paste => self.input = Some(Input::Token(Entry::default())),
            Action::Search => self.input = Some(Input::Search(Field::new(&self.needle))),
            Action::SearchNext => return Some(self.seek(bench, true)),
            Action::SearchPrevious => return Some(self.seek(bench, false)),
            Action::TokenVerify => return Some(self.verify(bench)),
            Action::TokenDiscard => return Some(self.discard(bench)),
            Action::EditUndo => return Some(Self::undo(bench)),
            Action::ExchangeShow => return Some(self.exchange(bench)),
            Action::Copy => return Some(self.copy(bench)),
            Action::MoveLeft | Action::MoveRight | Action::Toggle if self.region == Region::Claims => {
                self.fold(bench, action);
            }
            action => return self.moved(action, bench).then(Vec::new),
        }
        Some(Vec::new())
    }

    fn typing_update(&mut self, action: Action, bench: &Workbench) -> Option<Vec<Intent>> {
        match (action, self.input.take()) {
            (Action::Activate, Some(Input::Token(entry))) => return Some(self.take_in(entry, bench)),
            (Action::Activate, Some(Input::Search(_))) => {
                self.region = Region::Claims;
                return Some(self.seek(bench, true));
            }
            (Action::Close, Some(Input::Search(_))) => self.needle.clear(),
            (Action::Close, _) => {}
            (_, input) => {
                self.input = input;
                return None;
            }
        }
        Some(Vec::new())
    }

    /// Puts a token on the shelf, if it is one.
    fn take_in(&mut self, entry: Entry, bench: &Workbench) -> Vec<Intent> {
        let text = entry.text();
        if text.is_empty() {
            return Vec::new();
        }
        let decoded = token::decode(text.expose());
        if decoded.kind == Kind::NotAToken {
            let why =
                decoded.findings.first().map_or_else(String::new, |finding| format!(": {}", finding.title));
            self.input = Some(Input::Token(entry));
            return vec![Intent::Toast(Toast::bad(format!("that is no token{why}")))];
        }
        self.show(bench.shelf.all().len());
        vec![Intent::Bench(User::Decode(text.expose().to_owned()))]
    }

    fn turn(&mut self, bench: &Workbench, by: usize) {
        let regions = layout::regions(self.form, self.wanted(bench));
        let at = regions.iter().position(|region| *region == self.region).unwrap_or(0);
        self.region = regions
            [if by == 1 { (at + 1) % regions.len() } else { (at + regions.len() - 1) % regions.len() }];
    }

    fn turn_to_raw(&mut self) {
        if self.form == Form::Small {
            self.raw = !self.raw;
            self.region = if self.raw { Region::Raw } else { Region::Claims };
        } else {
            self.region = if self.region == Region::Raw { Region::Claims } else { Region::Raw };
        }
    }

    fn activate(&mut self, bench: &Workbench) {
        match self.region {
            Region::List | Region::Checks => {
                self.region = if self.form == Form::Small && self.raw { Region::Raw } else { Region::Claims };
            }
            Region::Claims if matches!(self.row(bench), Some(Row::Heading { .. })) => {
                self.fold(bench, Action::Toggle);
            }
            Region::Claims if self.form == Form::Small => {
                // The focus stays: going on to another claim shows the meaning of that one.
                self.meaning = !self.meaning;
                self.meaning_scroll.to_top();
            }
            Region::Claims => self.region = Region::Meaning,
            Region::Meaning => {
                self.meaning = false;
                self.region = Region::Claims;
            }
            Region::Raw => self.turn_to_raw(),
        }
    }

    /// Closes the topmost thing; says whether there was one.
    fn close(&mut self) -> bool {
        if self.zoomed {
            self.zoomed = false;
        } else if !self.needle.is_empty() {
            self.needle.clear();
        } else if self.meaning && self.form == Form::Small {
            self.meaning = false;
            self.region = if self.raw { Region::Raw } else { Region::Claims };
        } else if self.region == Region::Raw || (self.raw && self.form == Form::Small) {
            self.raw = false;
            self.region = Region::Claims;
        } else if self.region == Region::Meaning {
            self.region = Region::Claims;
        } else {
            return false;
        }
        true
    }

    fn moved(&mut self, action: Action, bench: &Workbench) -> bool {
        match self.region {
            Region::Checks => self.checks_scroll.act(action),
            Region::Meaning => self.meaning_scroll.act(action),
            Region::Raw => self.raw_scroll.act(action),
            Region::List => {
                let before = self.index(bench);
                self.token.select(before);
                let moved = self.token.act(action, bench.shelf.all().len());
                if self.token.index() != before {
                    self.select(self.token.index());
                }
                moved
            }
            Region::Claims => {
                let count =
                    self.held(bench).map_or(0, |held| claims::rows(&held.decoded, &self.folded).len());
                let moved = self.claim.act(action, count);
                if moved {
                    self.meaning_scroll.to_top();
                }
                moved
            }
        }
    }

    /// Folds or unfolds the section of the selected row; the selection goes to its heading.
    fn fold(&mut self, bench: &Workbench, action: Action) {
        let Some((held, row)) = self.held(bench).zip(self.row(bench)) else { return };
        let section = row.section();
        let is_folded = self.folded.contains(&section);
        let fold = match action {
            Action::MoveLeft => true,
            Action::MoveRight => false,
            _ => !is_folded,
        };
        if fold == is_folded {
            return;
        }
        if fold {
            self.folded.push(section);
        } else {
            self.folded.retain(|one| *one != section);
        }
        let rows = claims::rows(&held.decoded, &self.folded);
        let is_heading = |row: &Row<'_>| matches!(row, Row::Heading { .. }) && row.section() == section;
        self.claim.select(rows.iter().position(is_heading).unwrap_or(0));
    }

    /// Goes to the next or previous claim with the text that was searched for, unfolding what hides it.
    fn seek(&mut self, bench: &Workbench, forward: bool) -> Vec<Intent> {
        let Some(held) = self.held(bench).filter(|_| !self.needle.is_empty()) else { return Vec::new() };
        let all = claims::rows(&held.decoded, &[]);
        let here = self.row(bench).and_then(|row| place_of(&all, &row)).unwrap_or(0);
        let hits: Vec<usize> = (0..all.len()).filter(|at| all[*at].holds(&self.needle)).collect();
        // Around the end, as in a text editor.
        let hit = if forward {
            hits.iter().find(|at| **at > here).or(hits.first())
        } else {
            hits.iter().rev().find(|at| **at < here).or(hits.last())
        };
        let Some(hit) = hit.map(|at| all[*at]) else {
            return vec![Intent::Toast(Toast::bad(format!(
                "no claim holds \u{201c}{}\u{201d}",
                self.needle
            )))];
        };
        self.folded.retain(|section| *section != hit.section());
        let rows = claims::rows(&held.decoded, &self.folded);
        self.claim.select(place_of(&rows, &hit).unwrap_or(0));
        self.meaning_scroll.to_top();
        Vec::new()
    }

    fn verify(&self, bench: &Workbench) -> Vec<Intent> {
        let index = self.index(bench);
        let fetch = |host: String| {
            let toast = Toast::good(format!("asking {host} for the keys of this issuer"));
            vec![Intent::Bench(User::FetchKeys(index)), Intent::Toast(toast)]
        };
        let say = |text: &str| vec![Intent::Toast(Toast::good(text))];
        match checks::keys(bench, index) {
            Keys::At(host) => fetch(host),
            Keys::Refused(exchange) => fetch(exchange.host()),
            Keys::Asked(_) => say("the keys are being asked for"),
            Keys::Known => say("the keys are known, and the signature was looked at: see Checks"),
            Keys::Nowhere => {
                vec![Intent::Toast(Toast::bad("iss is no address: there is nobody to ask for keys"))]
            }
            Keys::Useless if self.held(bench).is_none() => Vec::new(),
            Keys::Useless => say("there is no signature here that anybody but its issuer could check"),
        }
    }

    fn discard(&mut self, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let index = self.index(bench);
        self.select(index);
        let toast = Toast::good(format!("{} taken off the shelf; u puts it back", name_of(held)));
        vec![Intent::Bench(User::Discard(index)), Intent::Toast(toast)]
    }

    fn undo(bench: &Workbench) -> Vec<Intent> {
        if bench.shelf.can_put_back() {
            vec![Intent::Bench(User::PutBack), Intent::Toast(Toast::good("the token is back on the shelf"))]
        } else {
            vec![Intent::Toast(Toast::bad("no token was taken off the shelf"))]
        }
    }

    fn exchange(&self, bench: &Workbench) -> Vec<Intent> {
        match self.held(bench).map(|held| held.exchange) {
            Some(Some(exchange)) => vec![Intent::Inspect(exchange)],
            Some(None) => vec![Intent::Toast(Toast::bad("this token was pasted: no exchange brought it"))],
            None => Vec::new(),
        }
    }

    fn copy(&self, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let (what, text) = match self.region {
            Region::List | Region::Raw => (name_of(held), held.decoded.raw.clone()),
            Region::Checks => {
                let line = |finding: &crate::finding::Finding| {
                    format!("{} {}\n", finding.severity.mark(), finding.title)
                };
                ("checks".to_owned(), Secret::new(held.checks.iter().map(line).collect::<String>()))
            }
            Region::Claims | Region::Meaning => match self.row(bench).and_then(|row| value_of(&row)) {
                Some(copied) => copied,
                None => (name_of(held), held.decoded.raw.clone()),
            },
        };
        vec![Intent::Copy { what, text }]
    }
}

/// What a toast calls a token.
fn name_of(held: &Held) -> String {
    format!("{} token", held.used_as.name())
}

/// The value behind a row, for copying.
fn value_of(row: &Row<'_>) -> Option<(String, Secret)> {
    match row {
        Row::Member { name, value, .. } => {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((format!("value of {name}"), Secret::new(text)))
        }
        Row::Remark(finding) => Some(("remark".to_owned(), Secret::new(&finding.title))),
        Row::Heading { .. } | Row::More(_) => None,
    }
}

/// Where a row stands among others, whether headings are folded or not.
fn place_of(rows: &[Row<'_>], wanted: &Row<'_>) -> Option<usize> {
    rows.iter().position(|row| match (row, wanted) {
        (Row::Heading { section, .. }, Row::Heading { section: other, .. }) => section == other,
        _ => row == wanted,
    })
}
