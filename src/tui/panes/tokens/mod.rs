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
//! each; `comparison` and `proof` can take the place of the claims. `bending` is a token that is being changed, `entry` the
//! line to paste a token into. `draw` puts them on the screen; `keys` and `acts` say what keys do.

mod acts;
mod bending;
mod checks;
mod claims;
mod comparison;
mod draw;
mod entry;
mod keys;
mod layout;
mod list;
mod meaning;
mod proof;
mod raw;

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use self::{
    bending::{Bending, Member},
    checks::Seats,
    claims::{Row, Section},
    entry::Entry,
    layout::{Form, Region, Wanted},
};
use crate::{
    secret::Secret,
    time::UnixTime,
    token::{Decoded, Kind, claims::Group, federation::Registered, seat::Seat, thumbprint::Certificate},
    tui::{
        keymap::{Context, Key},
        pane::Intent,
        widgets::{field::Field, lines::Scroll, list::Selection},
    },
    workbench::{Demand, Held, Term, TokenUse, Workbench},
};

/// What the text field is for.
#[derive(Debug)]
enum Input {
    /// A token to look at.
    Token(Entry),
    /// A text to find among the claims.
    Search(Field),
    /// What a seat expects.
    Term(Term, Field),
    /// A member of a token that is being changed.
    Member(Member),
}

/// What stands where the claims stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Panel {
    /// The claims.
    #[default]
    Claims,
    /// The token beside the one that was marked.
    Comparison,
    /// An assertion beside what the registration trusts: certificates, federated credentials.
    Proof,
}

/// What a verdict depends on.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    token: Secret,
    second: i64,
    seat: Option<Seat>,
    terms: Vec<Demand>,
    has_keys: bool,
    /// With its access token, an ID token is judged by more.
    tokens: usize,
}

/// Selection, folds, scroll and what is being typed.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether one part of the screen is open, in any combination"
)]
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
    /// The seat that is taken; `None`: the one that the token was made for.
    seat: Option<Seat>,
    panel: Panel,
    /// Whether a comparison shows what is the same, too.
    whole: bool,
    /// The token that others are compared with.
    marked: Option<Secret>,
    bending: Option<Bending>,
    /// A certificate that was pasted.
    certificate: Option<Certificate>,
    /// Federated credentials of a registration that were pasted.
    registered: Vec<Registered>,
    /// What the last frame judged.
    last: Option<(Judged, Arc<Seats>)>,
    panel_scroll: Scroll,
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
            seat: None,
            panel: Panel::Claims,
            whole: false,
            marked: None,
            bending: None,
            certificate: None,
            registered: Vec::new(),
            last: None,
            panel_scroll: Scroll::default(),
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
        match (&self.input, &self.bending) {
            (Some(_), _) => Context::Field,
            (None, Some(_)) => Context::Bend,
            (None, None) => Context::Tokens,
        }
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
            Some(Input::Term(_, field) | Input::Member(Member { field, .. })) => {
                field.key(key);
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
            Input::Term(_, field) | Input::Member(Member { field, .. }) => {
                field.paste(text);
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
            Some(Input::Term(_, field) | Input::Member(Member { field, .. })) => {
                let was_empty = field.is_empty();
                field.clear();
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

    /// The token as it is shown: with what is being changed.
    fn shown<'a>(&'a self, bench: &'a Workbench) -> Option<&'a Decoded> {
        let held = self.held(bench)?;
        let bending = self.bending.as_ref().filter(|bending| bending.is_of(&held.decoded.raw));
        Some(bending.map_or(&held.decoded, |bending| &bending.shown))
    }

    /// What both seats make of the selected token.
    fn seats(&self, bench: &Workbench, now: UnixTime) -> Option<Seats> {
        let held = self.held(bench)?;
        let seat = self.seat.unwrap_or_else(|| Workbench::natural_seat(held));
        let judged = |seat| bench.verdict(self.index(bench), seat, now);
        Some(Seats { own: judged(seat)?, other: judged(seat.other())? })
    }

    /// The same for a frame: judging reads the whole token, which may be long, so it is done anew only when something that
    /// counts has changed.
    fn judged(&mut self, bench: &Workbench, now: UnixTime) -> Option<Arc<Seats>> {
        let (held, index) = (self.held(bench)?, self.index(bench));
        let judged = Judged {
            token: held.decoded.raw.clone(),
            second: now.seconds(),
            seat: self.seat,
            terms: bench.terms(index),
            has_keys: bench.shelf.knows_keys(index),
            tokens: bench.shelf.all().len(),
        };
        if let Some((last, seats)) = &self.last
            && *last == judged
        {
            return Some(Arc::clone(seats));
        }
        let seats = Arc::new(self.seats(bench, now)?);
        self.last = Some((judged, Arc::clone(&seats)));
        Some(seats)
    }

    /// The token that the selected one is compared with, if it is still here and another.
    fn marked<'a>(&self, bench: &'a Workbench) -> Option<&'a Held> {
        let marked = self.marked.as_ref()?;
        let index = bench.shelf.all().iter().position(|held| held.decoded.raw == *marked)?;
        (index != self.index(bench)).then(|| &bench.shelf.all()[index])
    }

    fn row<'a>(&'a self, bench: &'a Workbench) -> Option<Row<'a>> {
        let rows = claims::rows(self.shown(bench)?, &self.folded);
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
        self.bending = None;
        self.seat = None;
        if self.panel == Panel::Proof {
            self.panel = Panel::Claims;
        }
        self.panel_scroll.to_top();
        self.checks_scroll.to_top();
        self.meaning_scroll.to_top();
        self.raw_scroll.to_top();
    }
}

/// What a toast calls a token.
fn name_of(held: &Held) -> String {
    match held.used_as {
        TokenUse::Proof => "proof of the client".to_owned(),
        used_as => format!("{} token", used_as.name()),
    }
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
        Row::Remark(finding, _) => Some(("remark".to_owned(), Secret::new(&finding.title))),
        Row::Heading { .. } | Row::More(_) => None,
    }
}
