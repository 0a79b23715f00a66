//! What keys do with a whole token: judge it from the other seat, compare it, bend and sign it, try it at the lab's API,
//! begin a run with it.

use super::{
    Input, Panel, State,
    bending::{Bending, Member},
    checks::{self, Keys},
    claims::{Row, Section, text_of},
    entry::Evidence,
    layout::Region,
    name_of,
};
use crate::{
    flow::FlowKind,
    token::{Kind, bend::Part, claims::Group, thumbprint::Certificate},
    tui::{
        action::Action,
        pane::{Choice, Intent, Toast},
        widgets::field::Field,
    },
    workbench::{Term, User, Workbench},
};

fn say(text: impl Into<String>) -> Vec<Intent> {
    vec![Intent::Toast(Toast::bad(text))]
}

impl State {
    /// Takes an action that is about a whole token, or about bending it; `None` if this is none.
    pub(super) fn act(&mut self, action: Action, bench: &Workbench) -> Option<Vec<Intent>> {
        Some(match action {
            Action::TokenSeat => self.take_seat(bench),
            Action::TokenCompare => self.compare(bench),
            Action::Toggle if self.region == Region::List => self.mark(bench),
            Action::TokenProof => self.prove(bench),
            Action::TokenTry => self.try_at_api(bench),
            Action::TokenSign => self.sign(bench),
            Action::TokenBearer => self.begin(FlowKind::CallApi, bench),
            Action::TokenAssertion => self.begin(FlowKind::OnBehalfOf, bench),
            Action::TokenRefresh => self.begin(FlowKind::RefreshToken, bench),
            Action::Edit if self.region == Region::Checks => self.choose_term(bench),
            Action::Edit => self.edit_member(bench),
            Action::EditAdd => self.add_member(bench),
            Action::EditDrop => self.drop_member(bench),
            Action::EditUndo if self.bending.is_some() => self.restore_member(),
            _ => return None,
        })
    }

    /// Whether an action would do something now; for the footer.
    pub fn works(&self, action: Action, bench: &Workbench) -> bool {
        let Some(held) = self.held(bench) else {
            return matches!(
                action,
                Action::Paste | Action::Help | Action::Palette | Action::Back | Action::EditUndo
            );
        };
        let is_jws = held.decoded.kind == Kind::Jws;
        match action {
            Action::TokenCompare => bench.shelf.all().len() > 1,
            Action::TokenTry | Action::TokenSign => is_jws && held.is_from_lab(),
            Action::Edit => match self.region {
                Region::Checks => true,
                _ => is_jws && held.is_from_lab() && self.panel == Panel::Claims,
            },
            Action::TokenVerify => {
                matches!(checks::keys(bench, self.index(bench)), Keys::At(_) | Keys::Refused(_))
            }
            Action::TokenSeat => is_jws,
            Action::TokenUse => bench.has_uses(),
            Action::EditUndo => self.bending.is_some() || bench.shelf.can_put_back(),
            _ => true,
        }
    }

    fn take_seat(&mut self, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let seat = self.seat.unwrap_or_else(|| Workbench::natural_seat(held)).other();
        self.seat = Some(seat);
        self.checks_scroll.to_top();
        vec![Intent::Toast(Toast::good(format!("judged {}", checks::seat_title(seat))))]
    }

    /// Marks the selected token; again: no token.
    fn mark(&mut self, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let token = held.decoded.raw.clone();
        if self.marked.as_ref() == Some(&token) {
            self.marked = None;
            self.panel = Panel::Claims;
            return vec![Intent::Toast(Toast::good("no token is marked"))];
        }
        let toast = format!("{} marked; d on another one compares them", name_of(held));
        self.marked = Some(token);
        vec![Intent::Toast(Toast::good(toast))]
    }

    /// Sets the selected token beside the marked one; without one, marks it.
    fn compare(&mut self, bench: &Workbench) -> Vec<Intent> {
        if self.panel == Panel::Comparison {
            self.panel = Panel::Claims;
            return Vec::new();
        }
        if self.marked(bench).is_some() {
            self.bending = None;
            self.open(Panel::Comparison);
            return Vec::new();
        }
        if bench.shelf.all().len() < 2 {
            return say("there is no other token to compare with");
        }
        self.marked = None;
        self.mark(bench)
    }

    fn open(&mut self, panel: Panel) {
        self.panel = panel;
        self.panel_scroll.to_top();
        self.region = Region::Claims;
        self.meaning = false;
        self.raw = false;
    }

    fn prove(&mut self, bench: &Workbench) -> Vec<Intent> {
        if self.panel == Panel::Proof {
            self.panel = Panel::Claims;
        } else if self.held(bench).is_some_and(|held| held.decoded.kind == Kind::Jws) {
            self.bending = None;
            self.open(Panel::Proof);
        } else if self.held(bench).is_some() {
            return say("only a signed token can prove who a client is");
        }
        Vec::new()
    }

    /// Takes what is no token and yet speaks of one: a certificate or a registration's federated credentials for the proof,
    /// keys for the signature. `None`: it is none of these.
    pub(super) fn take_evidence(&mut self, text: &str, bench: &Workbench) -> Option<Vec<Intent>> {
        match Evidence::of(text)? {
            Evidence::Certificate => match Certificate::read(text.as_bytes()) {
                Ok(certificate) => {
                    self.certificate = Some(certificate);
                    Some(self.show_proof(bench))
                }
                Err(why) => Some(say(why.to_string())),
            },
            Evidence::Registered(registered) => {
                self.registered = registered;
                Some(self.show_proof(bench))
            }
            Evidence::Keys(keys) => {
                let Some(held) = self.held(bench) else {
                    return Some(say("keys are for judging a token: paste the token first"));
                };
                self.last = None;
                self.checks_scroll.to_top();
                let toast = format!("the {} is judged by the pasted keys", name_of(held));
                Some(vec![
                    Intent::Bench(User::UseKeys(self.index(bench), keys)),
                    Intent::Toast(Toast::good(toast)),
                ])
            }
        }
    }

    fn show_proof(&mut self, bench: &Workbench) -> Vec<Intent> {
        self.panel_scroll.to_top();
        match self.held(bench) {
            None => say("kept: paste the token that it is to be compared with"),
            Some(_) if self.panel == Panel::Proof => Vec::new(),
            Some(_) => self.prove(bench),
        }
    }

    fn try_at_api(&mut self, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        if !held.is_from_lab() {
            return say("only tokens of the lab are tried at its API: this one goes nowhere");
        }
        self.checks_scroll.to_top();
        vec![Intent::Bench(User::Try(self.index(bench)))]
    }

    /// Begins a run of that kind with this token, as the application that it suits.
    fn begin(&self, kind: FlowKind, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let uses = bench.uses(self.index(bench));
        let Some((offer, unfit)) = uses.into_iter().find(|(offer, _)| offer.kind == kind) else {
            return say(format!("no run here can begin like that with this {}", name_of(held)));
        };
        if let Some(why) = unfit {
            return say(format!("this is {why}; w begins with it all the same"));
        }
        vec![Intent::Start { kind, profile: Box::new(offer.profile), bends: Vec::new(), auto: false }]
    }

    /// Lets the person choose which of the expected values to change.
    fn choose_term(&self, bench: &Workbench) -> Vec<Intent> {
        let Some(held) = self.held(bench) else { return Vec::new() };
        let (index, seat) = (self.index(bench), self.seat.unwrap_or_else(|| Workbench::natural_seat(held)));
        let mut choices = Vec::new();
        for wanted in bench.terms(index).into_iter().filter(|wanted| Term::of(seat).contains(&wanted.term)) {
            let values = if wanted.values.is_empty() {
                "not compared".to_owned()
            } else {
                checks::few(&wanted.values)
            };
            choices.push(Choice {
                name: wanted.term.title().to_owned(),
                note: format!("{values} ({})", wanted.source),
                intent: Intent::Expect(index, wanted.term),
            });
            if wanted.edited {
                choices.push(Choice {
                    name: format!("{} as before", wanted.term.title()),
                    note: "what is filled in by itself".to_owned(),
                    intent: Intent::Bench(User::Expect(index, wanted.term, None)),
                });
            }
        }
        vec![Intent::Choose { title: format!("What is expected, {}", checks::seat_title(seat)), choices }]
    }

    /// Opens the field for what is expected.
    pub fn expect(&mut self, index: usize, term: Term, bench: &Workbench) {
        let held = bench.terms(index).into_iter().find(|wanted| wanted.term == term);
        let text = held.map(|wanted| wanted.values.join(" ")).unwrap_or_default();
        self.input = Some(Input::Term(term, Field::new(text)));
    }

    /// Takes what was typed for an expected value.
    pub(super) fn take_term(&mut self, term: Term, field: Field, bench: &Workbench) -> Vec<Intent> {
        match term.read(field.text()) {
            Ok(values) => vec![Intent::Bench(User::Expect(self.index(bench), term, Some(values)))],
            Err(why) => {
                self.input = Some(Input::Term(term, field));
                say(why)
            }
        }
    }

    /// The token that is being changed, begun if need be.
    fn bend(&mut self, bench: &Workbench) -> Result<&mut Bending, Vec<Intent>> {
        if self.bending.is_none() {
            let Some(held) = self.held(bench) else { return Err(Vec::new()) };
            if !held.is_from_lab() {
                return Err(say("only tokens of the lab can be changed and signed again here"));
            }
            let Some(bending) = Bending::of(held) else {
                return Err(say("only a signed token that can be read can be changed"));
            };
            self.bending = Some(bending);
            self.panel = Panel::Claims;
            self.raw = false;
        }
        self.region = Region::Claims;
        self.bending.as_mut().ok_or_else(Vec::new)
    }

    /// Part and name of the selected member.
    fn member(&self, bench: &Workbench) -> Option<(Part, String, String)> {
        match self.row(bench)? {
            Row::Member { section, name, value, .. } => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Some((part_of(section), name.to_owned(), text))
            }
            Row::Heading { .. } | Row::Remark(..) | Row::More(_) => None,
        }
    }

    fn edit_member(&mut self, bench: &Workbench) -> Vec<Intent> {
        let selected = self.member(bench);
        if let Err(why) = self.bend(bench) {
            return why;
        }
        let Some((part, name, text)) = selected else {
            return say("select a claim or a member of the header first");
        };
        self.input = Some(Input::Member(Member { part, name: Some(name), field: Field::new(text) }));
        Vec::new()
    }

    fn add_member(&mut self, bench: &Workbench) -> Vec<Intent> {
        let part = self.row(bench).map_or(Part::Claims, |row| part_of(row.section()));
        if let Err(why) = self.bend(bench) {
            return why;
        }
        self.input = Some(Input::Member(Member { part, name: None, field: Field::default() }));
        Vec::new()
    }

    fn drop_member(&mut self, bench: &Workbench) -> Vec<Intent> {
        let Some((part, name, _)) = self.member(bench) else {
            return say("select a claim or a member of the header first");
        };
        match self.bend(bench) {
            Ok(bending) => {
                bending.remove(part, &name);
                Vec::new()
            }
            Err(why) => why,
        }
    }

    fn restore_member(&mut self) -> Vec<Intent> {
        match self.bending.as_mut().and_then(Bending::restore) {
            Some(name) => {
                let name = text_of(&name.into());
                vec![Intent::Toast(Toast::good(format!("{name} is as it was")))]
            }
            None => say("nothing is changed"),
        }
    }

    /// Takes what was typed for a member.
    pub(super) fn take_member(&mut self, member: Member) -> Vec<Intent> {
        let Some((name, text)) = member.read() else {
            self.input = Some(Input::Member(member));
            return say("write it as name=value");
        };
        if let Some(bending) = &mut self.bending {
            bending.set(member.part, &name, &text);
        }
        Vec::new()
    }

    fn sign(&mut self, bench: &Workbench) -> Vec<Intent> {
        match self.bend(bench) {
            Ok(bending) => vec![bending.signers()],
            Err(why) => why,
        }
    }
}

fn part_of(section: Section) -> Part {
    if section == Section::Of(Group::Form) { Part::Header } else { Part::Claims }
}
