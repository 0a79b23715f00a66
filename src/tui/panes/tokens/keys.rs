//! What keys do on the Tokens screen.

use super::{
    Input, Panel, State,
    checks::{self, Keys},
    claims::{self, Row},
    entry::Entry,
    layout::{self, Form, Region},
    name_of, value_of,
};
use crate::{
    finding::Finding,
    secret::Secret,
    time::UnixTime,
    token::{self, Kind},
    tui::{
        action::Action,
        pane::{Choice, Intent, Toast},
        widgets::field::Field,
    },
    workbench::{Offer, User, Workbench},
};

impl State {
    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, now: UnixTime) -> Option<Vec<Intent>> {
        if self.input.is_some() {
            return self.typing_update(action, bench);
        }
        // What a frame with less room did not show cannot have the focus.
        self.region = self.wanted(bench).focus;
        if let Some(intents) = self.act(action, bench) {
            return Some(intents);
        }
        match action {
            Action::PaneNext => self.turn(bench, 1),
            Action::PanePrevious => self.turn(bench, usize::MAX),
            Action::PaneZoom => self.zoomed = !self.zoomed,
            Action::PaneView if self.panel == Panel::Comparison => self.whole = !self.whole,
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
            Action::TokenUse => return Some(self.use_with(bench)),
            Action::Copy => return Some(self.copy(bench, now)),
            Action::MoveLeft | Action::MoveRight | Action::Toggle
                if self.region == Region::Claims && self.panel == Panel::Claims =>
            {
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
            (Action::Activate, Some(Input::Term(term, field))) => {
                return Some(self.take_term(term, field, bench));
            }
            (Action::Activate, Some(Input::Member(member))) => return Some(self.take_member(member)),
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
        if let Some(intents) = self.take_evidence(text.expose(), bench) {
            return intents;
        }
        let all = token::decode_all(text.expose());
        let Some(decoded) = all.first() else { return Vec::new() };
        if decoded.kind == Kind::NotAToken {
            let worst = decoded.findings.iter().rev().max_by_key(|finding| finding.severity);
            let why = worst.map_or_else(String::new, |finding| format!(": {}", finding.title));
            self.input = Some(Input::Token(entry));
            return vec![Intent::Toast(Toast::bad(format!("that is no token{why}")))];
        }
        self.show(bench.shelf.all().len());
        let mut intents = vec![Intent::Bench(User::Decode(text.expose().to_owned()))];
        if all.len() > 1 {
            intents.push(Intent::Toast(Toast::good(format!("{} tokens are on the shelf now", all.len()))));
        }
        intents
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
            Region::Claims if self.panel != Panel::Claims => {}
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
        } else if self.panel != Panel::Claims {
            self.panel = Panel::Claims;
        } else if self.bending.is_some() {
            self.bending = None;
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
            Region::Claims if self.panel != Panel::Claims => self.panel_scroll.act(action),
            Region::Claims => {
                let count = self.shown(bench).map_or(0, |token| claims::rows(token, &self.folded).len());
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
        let Some(section) = self.row(bench).map(|row| row.section()) else { return };
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
        let Some(token) = self.shown(bench) else { return };
        let is_heading = |row: &Row<'_>| matches!(row, Row::Heading { .. }) && row.section() == section;
        let at = claims::rows(token, &self.folded).iter().position(is_heading);
        self.claim.select(at.unwrap_or(0));
    }

    /// Goes to the next or previous claim with the text that was searched for, unfolding what hides it.
    fn seek(&mut self, bench: &Workbench, forward: bool) -> Vec<Intent> {
        if self.needle.is_empty() {
            return Vec::new();
        }
        let Some(token) = self.shown(bench).cloned() else { return Vec::new() };
        let all = claims::rows(&token, &[]);
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
        self.panel = Panel::Claims;
        self.folded.retain(|section| *section != hit.section());
        let rows = claims::rows(&token, &self.folded);
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
            Keys::OfClient => say(
                "its key is the client's own: f sets it beside the registered certificates, p takes its public key",
            ),
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
        match self.held(bench).map(|held| held.exchange.or(held.tried)) {
            Some(Some(exchange)) => vec![Intent::Inspect(exchange)],
            Some(None) => {
                let is_bent = self.held(bench).is_some_and(|held| held.bent.is_some());
                let came = if is_bent { "bent here" } else { "pasted" };
                vec![Intent::Toast(Toast::bad(format!("this token was {came}: no exchange brought it")))]
            }
            None => Vec::new(),
        }
    }

    /// `w`: the runs that can begin with this token, those that suit it first.
    fn use_with(&self, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let choice = |(offer, unfit): (Offer, Option<&'static str>)| Choice {
            name: format!("{} as {}", offer.kind.title(), offer.key),
            note: match unfit {
                Some(why) => format!("{why}; try it all the same"),
                None => offer.about.clone(),
            },
            intent: Intent::Start {
                kind: offer.kind,
                profile: Box::new(offer.profile),
                bends: Vec::new(),
                auto: false,
            },
        };
        let choices: Vec<Choice> = bench.uses(self.index(bench)).into_iter().map(choice).collect();
        if choices.is_empty() {
            return vec![Intent::Toast(Toast::bad("no run here begins with a token like this one"))];
        }
        vec![Intent::Choose { title: format!("Begin with this {}", name_of(held)), choices }]
    }

    fn copy(&self, bench: &Workbench, now: UnixTime) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let (what, text) = match self.region {
            Region::List | Region::Raw => (name_of(held), held.decoded.raw.clone()),
            Region::Checks => {
                let Some(seats) = self.seats(bench, now) else { return Vec::new() };
                let line = |finding: &Finding| format!("{} {}\n", finding.severity.mark(), finding.title);
                let lights = seats.own.checks.iter().map(line).collect::<String>();
                ("verdict".to_owned(), Secret::new(format!("{}\n{lights}", seats.own.headline())))
            }
            Region::Claims | Region::Meaning => match self.row(bench).and_then(|row| value_of(&row)) {
                Some(copied) => copied,
                None => (name_of(held), held.decoded.raw.clone()),
            },
        };
        vec![Intent::Copy { what, text }]
    }
}

/// Where a row stands among others, whether headings are folded or not.
fn place_of(rows: &[Row<'_>], wanted: &Row<'_>) -> Option<usize> {
    rows.iter().position(|row| match (row, wanted) {
        (Row::Heading { section, .. }, Row::Heading { section: other, .. }) => section == other,
        _ => row == wanted,
    })
}
