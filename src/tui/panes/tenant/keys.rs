//! What keys do on the Tenant screen.

use super::{Purpose, Region, State, asking, is_there, trouble};
use crate::{
    provider::{order::Order, scenario::edit::List},
    secret::Secret,
    time::UnixTime,
    tui::{
        action::Action,
        pane::{Choice, Intent, Toast},
        panes::tenant::asking::Ask,
        widgets::field::Field,
    },
    workbench::{
        Workbench,
        tenant::{
            Attempt, Entry, Section, edits,
            facts::{Fact, Held, Kind},
        },
    },
};

/// The lists of an application that `a` adds to.
const REDIRECT_URIS: [(&str, &str); 3] = [
    ("web.redirectUris", "a server that holds a credential"),
    ("spa.redirectUris", "a script in a page"),
    ("publicClient.redirectUris", "an installed program"),
];

impl State {
    /// Takes an action.
    pub fn update(&mut self, action: Action, bench: &Workbench, now: UnixTime) -> Option<Vec<Intent>> {
        if self.typing.is_some() {
            return self.typing_update(action, bench);
        }
        if !is_there(bench) {
            return None;
        }
        let intents = match action {
            Action::PaneNext => self.turned(1),
            Action::PanePrevious => self.turned(Region::ALL.len() - 1),
            Action::PaneZoom => {
                self.zoomed = !self.zoomed;
                Vec::new()
            }
            Action::MoveRight if self.region != Region::Detail => self.turned(1),
            Action::MoveLeft if self.region != Region::Sections => self.turned(Region::ALL.len() - 1),
            Action::Close => return self.close(),
            Action::Activate => self.activate(bench, now),
            Action::Toggle => self.toggle(bench),
            Action::Edit => self.edit(bench),
            Action::TenantAdd => self.add(bench),
            Action::TenantRemove => self.remove(bench),
            Action::TenantRevoke => self.do_or_say(
                self.entry(bench).and_then(edits::revoked),
                "only sessions of people and grants can be revoked",
            ),
            Action::EditUndo => vec![asking::order(Order::Undo)],
            Action::EditRedo => vec![asking::order(Order::Redo)],
            Action::Copy => self.copy(bench),
            Action::Search if self.region == Region::Sections => {
                self.region = Region::Entries;
                self.open(Purpose::Filter, Field::new(self.list().filter()));
                Vec::new()
            }
            Action::Search => {
                self.open(Purpose::Filter, Field::new(self.list().filter()));
                Vec::new()
            }
            Action::TenantFailures => {
                self.only_failures = !self.only_failures;
                Vec::new()
            }
            Action::TrafficFollow => {
                self.staying = !self.staying;
                Vec::new()
            }
            Action::Explain if self.section() == Section::SignIns => self.explain(bench, now),
            Action::ExchangeShow => vec![self.exchange(bench)],
            Action::ScenarioSave => {
                self.open(Purpose::Name, Field::default());
                Vec::new()
            }
            Action::ScenarioLoad => vec![Intent::ListScenarios],
            action => return self.moved(action, bench).then(Vec::new),
        };
        Some(intents)
    }

    /// Whether an action would do something now: what would not, the footer leaves out.
    pub fn works(&self, action: Action, bench: &Workbench) -> bool {
        if !is_there(bench) {
            return matches!(action, Action::Help | Action::Palette | Action::Back);
        }
        let (entry, in_detail) = (self.entry(bench), self.region == Region::Detail);
        let fact = || self.selected_fact(bench).filter(|_| in_detail);
        match action {
            Action::EditUndo => !bench.tenant.view().done.is_empty(),
            Action::EditRedo => !bench.tenant.view().undone.is_empty(),
            Action::Toggle => match fact() {
                Some(fact) => matches!(fact.kind, Kind::Switch | Kind::Choice(_)),
                None => entry.is_some_and(|entry| edits::main_switch(entry).is_some()),
            },
            Action::Edit => match fact() {
                Some(fact) => is_written(&fact),
                None => entry.is_some_and(has_name),
            },
            Action::TenantAdd => match fact() {
                Some(fact) => {
                    list_of(&fact).is_some() || matches!(self.section(), Section::Grants | Section::Trouble)
                }
                None => matches!(self.section(), Section::Grants | Section::Applications | Section::Trouble),
            },
            Action::TenantRemove => match fact() {
                Some(fact) if !self.is_whole() => fact.is_item(),
                _ => entry.is_some_and(|entry| edits::removed(entry).is_some()),
            },
            Action::TenantRevoke => entry.is_some_and(|entry| edits::revoked(entry).is_some()),
            // In the detail, Enter says so.
            Action::Explain => !in_detail && self.is_refused(bench),
            Action::ExchangeShow => {
                let trace = self.attempt(bench).map(|attempt| &attempt.sign_in.trace_id);
                trace.is_some_and(|trace| bench.traffic.by_trace(trace).is_some())
            }
            Action::Activate => self.region == Region::Sections || entry.is_some(),
            Action::Copy => self.region != Region::Sections && entry.is_some(),
            _ => true,
        }
    }

    fn turned(&mut self, step: usize) -> Vec<Intent> {
        let at = Region::ALL.iter().position(|region| *region == self.region).unwrap_or(0);
        self.region = Region::ALL[(at + step) % Region::ALL.len()];
        Vec::new()
    }

    /// Closes the topmost thing: zoom, detail, filter, list.
    fn close(&mut self) -> Option<Vec<Intent>> {
        if self.zoomed {
            self.zoomed = false;
        } else if self.region == Region::Detail {
            self.region = Region::Entries;
        } else if !self.list().filter().is_empty() {
            self.list_mut().set_filter("");
        } else if self.region == Region::Entries {
            self.region = Region::Sections;
        } else {
            return None;
        }
        Some(Vec::new())
    }

    fn moved(&mut self, action: Action, bench: &Workbench) -> bool {
        match self.region {
            Region::Sections => {
                let moved = self.section.act(action, Section::ALL.len());
                if moved {
                    self.fact.select(0);
                }
                moved
            }
            Region::Entries => {
                let section = self.section();
                let moved = self.list_mut().act(action, &bench.tenant, section);
                if moved {
                    self.fact.select(0);
                    // The newest row is followed from the top on.
                    if section == Section::SignIns {
                        self.staying = self.list().selection.index() > 0 || action == Action::MoveDown;
                    }
                }
                moved
            }
            Region::Detail => self.fact.act(action, self.facts(bench).len()),
        }
    }

    fn activate(&mut self, bench: &Workbench, now: UnixTime) -> Vec<Intent> {
        match self.region {
            Region::Sections => {
                self.region = Region::Entries;
                Vec::new()
            }
            Region::Entries => {
                if self.entry(bench).is_some() {
                    // Who reads a row does not want it to be another one the next moment.
                    self.staying = true;
                    self.region = Region::Detail;
                }
                Vec::new()
            }
            Region::Detail if self.is_refused(bench) => self.explain(bench, now),
            Region::Detail => self.open_fact(bench),
        }
    }

    /// Enter in the detail: changes what can be changed, and shows whole what cannot.
    fn open_fact(&mut self, bench: &Workbench) -> Vec<Intent> {
        let (Some(entry), Some(fact)) = (self.entry(bench), self.selected_fact(bench)) else {
            return Vec::new();
        };
        match fact.kind {
            Kind::Switch => self.toggle(bench),
            Kind::Choice(values) => {
                let choice = |(value, meaning): &(&str, &str)| {
                    Some(Choice {
                        name: if value.is_empty() { "nothing".to_owned() } else { (*value).to_owned() },
                        note: (*meaning).to_owned(),
                        intent: asking::order(edits::choose(entry, &fact, value)?),
                    })
                };
                let choices = values.iter().filter_map(choice).collect();
                vec![Intent::Choose { title: fact.name.clone(), choices }]
            }
            Kind::Texts => {
                self.add_to(&fact.path, bench);
                Vec::new()
            }
            _ if is_written(&fact) => self.edit(bench),
            _ => match &fact.value {
                Held::Text(text) => {
                    vec![Intent::ShowPlain { title: fact.name.clone(), text: Secret::new(text.as_str()) }]
                }
                _ => Vec::new(),
            },
        }
    }

    fn toggle(&self, bench: &Workbench) -> Vec<Intent> {
        let Some(entry) = self.entry(bench) else { return Vec::new() };
        let facts = self.facts(bench);
        let fact = match self.region {
            Region::Detail => facts.get(self.fact.index().min(facts.len().saturating_sub(1))),
            Region::Sections | Region::Entries => {
                let name = edits::main_switch(entry);
                facts.iter().find(|fact| Some(&*fact.path) == name)
            }
        };
        self.do_or_say(fact.and_then(|fact| edits::toggled(entry, fact)), "there is no switch here")
    }

    fn edit(&mut self, bench: &Workbench) -> Vec<Intent> {
        let Some(entry) = self.entry(bench) else { return Vec::new() };
        if self.region != Region::Detail {
            let name = self.facts(bench).iter().position(|fact| fact.path == "displayName");
            let Some(row) = name.filter(|_| has_name(entry)) else {
                return vec![Intent::Toast(Toast::bad("its values stand in the detail; Enter goes there"))];
            };
            self.fact.select(row);
            self.region = Region::Detail;
        }
        let Some(fact) = self.selected_fact(bench) else { return Vec::new() };
        match fact.kind {
            Kind::Switch => return self.toggle(bench),
            Kind::Choice(_) => return self.open_fact(bench),
            _ if !is_written(&fact) => {
                return vec![Intent::Toast(Toast::bad("this one stays as it is"))];
            }
            _ => {}
        }
        let text = fact.value.text();
        let field = match fact.value {
            Held::Secret(_) => Field::secret(&text),
            _ => Field::new(text.expose()),
        };
        self.open(Purpose::Value { identity: entry.identity(), path: fact.path, kind: fact.kind }, field);
        Vec::new()
    }

    /// Whether an entry of the section is only there as a whole: then it can be removed from its detail, too.
    fn is_whole(&self) -> bool {
        matches!(self.section(), Section::Grants | Section::Trouble)
    }

    fn add(&mut self, bench: &Workbench) -> Vec<Intent> {
        let scenario = &bench.tenant.view().scenario;
        match self.section() {
            Section::Grants => return vec![asking::to_which(scenario)],
            Section::Trouble => return vec![trouble::what()],
            _ => {}
        }
        if self.region == Region::Detail
            && let Some(list) = self.selected_fact(bench).as_ref().and_then(list_of)
        {
            self.add_to(&list, bench);
            return Vec::new();
        }
        let Some(entry @ Entry::Listed(List::Applications, ..)) = self.entry(bench) else {
            return vec![Intent::Toast(Toast::bad(
                "a adds redirect URIs, grants and faults, where they stand",
            ))];
        };
        let uri = |(path, note): (&str, &str)| Choice {
            name: format!("a redirect URI, {}", path.split('.').next().unwrap_or_default()),
            note: note.to_owned(),
            intent: Intent::Ask(Ask::Add(path.to_owned())),
        };
        let grant = Choice {
            name: "a grant".to_owned(),
            note: "what it may do, and for whom".to_owned(),
            intent: Intent::Ask(Ask::GrantTo(entry.identity())),
        };
        let choices = REDIRECT_URIS.into_iter().map(uri).chain([grant]).collect();
        vec![Intent::Choose { title: format!("Add to {}", entry.identity()), choices }]
    }

    fn remove(&self, bench: &Workbench) -> Vec<Intent> {
        let Some(entry) = self.entry(bench) else { return Vec::new() };
        let fact = self.selected_fact(bench).filter(|_| self.region == Region::Detail);
        match fact {
            Some(fact) if !self.is_whole() => self.do_or_say(
                edits::dropped(entry, &fact),
                "only items of lists can be removed here; d in the list removes the whole entry",
            ),
            _ => self.do_or_say(edits::removed(entry), "this cannot be removed"),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn do_or_say(&self, order: Option<Order>, otherwise: &str) -> Vec<Intent> {
        match order {
            Some(order) => vec![asking::order(order)],
            None => vec![Intent::Toast(Toast::bad(otherwise))],
        }
    }

    fn copy(&self, bench: &Workbench) -> Vec<Intent> {
        let facts = self.facts(bench);
        let names = ["appId", "clientId", "id", "correlation id"];
        let fact = match self.region {
            Region::Detail => self.selected_fact(bench),
            Region::Sections => None,
            Region::Entries => {
                names.iter().find_map(|name| facts.iter().find(|fact| fact.name == *name)).cloned()
            }
        };
        match fact.map(|fact| (fact.name, fact.value.text())).filter(|(_, text)| !text.is_empty()) {
            Some((what, text)) => vec![Intent::Copy { what, text }],
            None => vec![Intent::Toast(Toast::bad("there is nothing to copy here; Y lists what there is"))],
        }
    }

    fn attempt<'a>(&self, bench: &'a Workbench) -> Option<&'a Attempt> {
        match self.entry(bench)? {
            Entry::Attempt(attempt) => Some(attempt),
            _ => None,
        }
    }

    fn is_refused(&self, bench: &Workbench) -> bool {
        self.attempt(bench).is_some_and(|attempt| !attempt.succeeded())
    }

    /// Whether Enter leads to the explanation of a refusal.
    pub fn enter_explains(&self, bench: &Workbench) -> bool {
        self.region == Region::Detail && self.is_refused(bench)
    }

    fn explain(&self, bench: &Workbench, now: UnixTime) -> Vec<Intent> {
        let evidence = self.attempt(bench).and_then(|attempt| bench.evidence_for_attempt(attempt, now));
        vec![match evidence {
            Some(evidence) => Intent::Explain(Box::new(evidence)),
            None => Intent::Toast(Toast::good("it was let through: there is nothing to explain")),
        }]
    }

    fn exchange(&self, bench: &Workbench) -> Intent {
        let trace = self.attempt(bench).map(|attempt| attempt.sign_in.trace_id.as_str());
        match trace.and_then(|trace| bench.traffic.by_trace(trace)) {
            Some(exchange) => Intent::Inspect(exchange.id),
            None => {
                Intent::Toast(Toast::bad("no exchange of this sitting belongs to it: another program asked"))
            }
        }
    }

    fn typing_update(&mut self, action: Action, bench: &Workbench) -> Option<Vec<Intent>> {
        let is_filter = self.typing.as_ref().is_some_and(|typing| typing.purpose == Purpose::Filter);
        match action {
            Action::Activate => return Some(self.accept(bench)),
            Action::Close => {
                if is_filter {
                    self.list_mut().set_filter("");
                }
                self.typing = None;
            }
            // A list is filtered while one types: its rows can be walked at once.
            Action::MoveUp | Action::MoveDown if is_filter => {
                let section = self.section();
                self.staying = true;
                self.list_mut().act(action, &bench.tenant, section);
            }
            Action::PaneNext | Action::PanePrevious | Action::MoveUp | Action::MoveDown => {}
            _ => return None,
        }
        Some(Vec::new())
    }

    /// Takes what was typed. What the directory would refuse stays in its field, with the reason below it.
    fn accept(&mut self, bench: &Workbench) -> Vec<Intent> {
        let Some(mut typing) = self.typing.take() else { return Vec::new() };
        let accepted = match &typing.purpose {
            Purpose::Filter => {
                self.region = Region::Entries;
                return Vec::new();
            }
            Purpose::Name => scenario_name(typing.field.text())
                .map(|name| Some(Intent::SaveScenario { name, replace: false })),
            Purpose::Value { identity, path, kind } => {
                // The entry may have gone meanwhile.
                let Some(entry) = self.entry(bench).filter(|entry| entry.identity() == *identity) else {
                    return Vec::new();
                };
                let order = edits::typed(entry, path, *kind, typing.field.to_secret().expose());
                order.and_then(|order| match order {
                    Some(Order::Edit { change }) => {
                        change.apply(&bench.tenant.view().scenario).map_err(|why| why.to_string())?;
                        Ok(Some(asking::order(Order::Edit { change })))
                    }
                    order => Ok(order.map(asking::order)),
                })
            }
        };
        match accepted {
            Ok(intent) => intent.into_iter().collect(),
            Err(why) => {
                typing.complaint = Some(why);
                self.typing = Some(typing);
                Vec::new()
            }
        }
    }
}

/// A name that is a file name everywhere.
fn scenario_name(text: &str) -> Result<String, String> {
    let name = text.trim().trim_end_matches(".toml");
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 60 || !name.chars().all(fits) {
        return Err("a name has letters, digits, - and _".to_owned());
    }
    Ok(name.to_owned())
}

/// Whether a row is changed by writing.
const fn is_written(fact: &Fact) -> bool {
    matches!(
        fact.kind,
        Kind::Text | Kind::OptionalText | Kind::Number | Kind::Time | Kind::Secret { .. } | Kind::Words
    )
}

/// The list of texts that a row is, or that its item stands in.
fn list_of(fact: &Fact) -> Option<String> {
    match fact.kind {
        Kind::Texts => Some(fact.path.clone()),
        Kind::Text if fact.is_item() => fact.path.rsplit_once('.').map(|(list, _)| list.to_owned()),
        _ => None,
    }
}

fn has_name(entry: Entry<'_>) -> bool {
    matches!(entry, Entry::Listed(_, _, value) if value.get("displayName").is_some())
}
