//! A recipe in words: what is changed, where the number comes, what mending does; and how the one that was begun stands.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    plan::fill,
    recipe::{But, During, Lab, On, Recipe, Run, Types, recipe},
};
use crate::{
    flow::{Flow, FlowKind, Outcome, StepId},
    provider::{
        order::Order,
        scenario::edit::{Edit, List},
    },
    secret::is_harmless,
    text, time,
    workbench::{ExchangeId, Workbench},
};

/// The longest value that is shown whole.
const LONGEST: usize = 80;

/// A recipe in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What is wrong, in one sentence without a capital and a full stop.
    pub shows: &'static str,
    /// Which run, as whom: `Device code as Northwind Kiosk, Mina signs in`.
    pub run: String,
    /// What is changed, in the order in which it is done.
    pub changes: Vec<(Part, String)>,
    /// Where the number comes: `at "Redeem the code", in a JSON answer`.
    pub seen: String,
    /// Why the lab has to be told to answer so; `None` for a number to which a state leads.
    pub played: Option<&'static str>,
    /// Whether something in the lab tenant has to be taken back.
    pub leaves_a_mark: bool,
}

/// What a change is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Something runs first.
    Before,
    /// The directory, the policies, the clock.
    Lab,
    /// A request, or what it is made of.
    Request,
    /// Whoever signs in.
    Person,
    /// While a step or a page waits.
    Meanwhile,
}

impl Part {
    /// A word or two for the margin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Lab => "lab tenant",
            Self::Request => "request",
            Self::Person => "person",
            Self::Meanwhile => "in between",
        }
    }
}

/// How a reproduction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It could not be set up, and why.
    Trouble(String),
    /// The tenant is being changed, or the runs before go on.
    SettingUp,
    /// The run goes on, and the number has not come so far.
    Running,
    /// The number came, in this exchange.
    Met(ExchangeId),
    /// The run ended without it: somebody has done something else.
    Missed,
    /// What was wrong is taken back, and the run goes on again.
    Mending,
    /// It was mended, and the run works.
    Passes,
    /// It was mended, and the run did not work all the same.
    StillFails,
}

impl Workbench {
    /// How the number that is shown in the lab tenant stands.
    pub fn standing(&self) -> Option<Standing> {
        let shown = self.reproduction()?;
        let outcome = shown.session.and_then(|id| self.session(id)).map(|session| &session.outcome);
        let met = || {
            let new = self.traffic.all().get(shown.since..).unwrap_or_default();
            new.iter().find(|one| one.note.as_ref().is_some_and(|note| note.code == shown.code))
        };
        Some(match (&shown.trouble, outcome) {
            (Some(why), _) => Standing::Trouble(why.clone()),
            (None, Some(Some(Outcome::Tokens(_) | Outcome::Done(_)))) if shown.is_mended => Standing::Passes,
            (None, Some(Some(_))) if shown.is_mended => Standing::StillFails,
            (None, _) if shown.is_mended => Standing::Mending,
            (None, outcome) => match (met(), outcome) {
                (Some(exchange), _) => Standing::Met(exchange.id),
                (None, None) => Standing::SettingUp,
                (None, Some(None)) => Standing::Running,
                (None, Some(Some(_))) => Standing::Missed,
            },
        })
    }

    /// What is done to bring the lab to this number. `None` where that cannot be done, or not any more.
    pub fn told(&self, code: u32) -> Option<Told> {
        let recipe = recipe(code)?;
        let Recipe { run, but, lab, during, .. } = recipe;
        let kind = FlowKind::parse(&run.flow)?;
        let whole = Teller { bench: self, steps: self.titles(kind, &run.application)? };
        let mut changes: Vec<(Part, String)> =
            recipe.before.iter().map(|run| (Part::Before, whole.run(run))).collect();
        changes.extend(whole.lab(lab).into_iter().map(|text| (Part::Lab, text)));
        changes.extend(whole.wrong(run, but));
        changes.extend(during.iter().flat_map(|during| whole.meanwhile(during)));
        let orders = lab.orders(&run.application);
        let later = during.iter().flat_map(|during| during.lab.orders(&run.application));
        let stays = |order: Order| matches!(order, Order::Edit { .. } | Order::MoveClock { .. });
        Some(Told {
            shows: &recipe.shows,
            run: whole.run(run),
            changes,
            seen: whole.seen(recipe),
            played: recipe.played.as_deref(),
            leaves_a_mark: orders.into_iter().chain(later).any(stays),
        })
    }

    /// The titles of the steps of such a run; those of the run that brings its token stand behind.
    fn titles(&self, kind: FlowKind, application: &str) -> Option<Vec<(StepId, &'static str)>> {
        let profile = self.profile_for(kind, Some(application))?;
        let titles = |kind, profile: crate::flow::Profile| {
            let flow = Flow::new(kind, profile, Vec::new());
            flow.steps().iter().map(|step| (step.id, step.title)).collect::<Vec<_>>()
        };
        let source = profile.source.clone();
        let mut steps = titles(kind, profile);
        steps.extend(source.into_iter().flat_map(|source| titles(source.kind, source.profile)));
        Some(steps)
    }
}

/// Puts the parts of a recipe into words.
struct Teller<'a> {
    bench: &'a Workbench,
    steps: Vec<(StepId, &'static str)>,
}

impl Teller<'_> {
    fn title(&self, step: &str) -> String {
        let id = StepId::parse(step);
        let known = self.steps.iter().find(|(known, _)| Some(*known) == id);
        known.map_or_else(|| step.to_owned(), |(_, title)| format!("\"{title}\""))
    }

    fn application(&self, key: &str) -> String {
        let known = self.bench.lab.scenario.application(key);
        known.map_or_else(|| key.to_owned(), |known| known.display_name.clone())
    }

    fn person(&self, key: Option<&str>) -> String {
        let scenario = &self.bench.lab.scenario;
        let person = match key {
            Some(key) => scenario.user(key).cloned(),
            None => scenario.users().iter().find(|user| user.tenant == scenario.home().key).cloned(),
        };
        person.map_or_else(|| key.unwrap_or("somebody").to_owned(), |person| person.display_name.clone())
    }

    /// `Device code as Northwind Kiosk, Mina signs in`.
    fn run(&self, run: &Run) -> String {
        let kind = FlowKind::parse(&run.flow);
        let title = kind.map_or(run.flow.as_str(), |kind| kind.title());
        let application = self.application(&run.application);
        match kind {
            Some(FlowKind::ClientCredentials | FlowKind::ManagedIdentity) | None => {
                format!("{title} as {application}")
            }
            Some(FlowKind::Logout) => {
                format!("{title} as {application}, of {}", self.person(run.person.as_deref()))
            }
            Some(_) => format!("{title} as {application}, {} signs in", self.person(run.person.as_deref())),
        }
    }

    /// What is done to the tenant.
    fn lab(&self, lab: &Lab) -> Vec<String> {
        let mut said = Vec::new();
        for (list, entries) in &lab.set {
            for (entry, set) in entries {
                // `{lab}` in a directory is the address that the lab has.
                let set = fill(&members(set), |name| match name {
                    "lab" => self.bench.value("base"),
                    _ => None,
                });
                said.push(format!("{}: {set}", self.entry(*list, entry)));
            }
        }
        for policy in &lab.conditions {
            let names = |name: &&String| !matches!(name.as_str(), "id" | "displayName");
            let shown: Map<String, Value> = policy
                .iter()
                .filter(|(name, _)| names(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            said.push(format!("a Conditional Access policy comes in: {}", members(&shown)));
        }
        if !lab.policy.is_empty() {
            said.push(format!("policy of the tenants: {}", members(&lab.policy)));
        }
        if lab.clock != 0 {
            let span = time::span(Duration::from_secs(lab.clock.unsigned_abs()));
            said.push(format!("its clock goes {span} {}", if lab.clock > 0 { "forward" } else { "back" }));
        }
        said.extend(lab.orders.iter().map(|order| self.order(order)));
        said
    }

    fn entry(&self, list: List, entry: &str) -> String {
        match list {
            List::Applications => self.application(entry),
            List::Users => self.person(Some(entry)),
            List::Tenants
            | List::ManagedIdentities
            | List::ConditionalAccessPolicies
            | List::Groups
            | List::GroupRanges
            | List::Devices
            | List::NamedLocations => entry.to_owned(),
        }
    }

    fn order(&self, order: &Order) -> String {
        match order {
            Order::RevokeSessions { user } => format!("every session of {} ends", self.person(Some(user))),
            Order::Fault { fault } => format!("the lab is told to answer so: {}", fault.said()),
            Order::Edit { change: Edit::Remove { from, entry } } => {
                format!("{} is taken out of {}", self.entry(*from, entry), from.name())
            }
            other @ (Order::Edit { .. }
            | Order::Grant { .. }
            | Order::Withdraw { .. }
            | Order::Assign { .. }
            | Order::Unassign { .. }
            | Order::Load { .. }
            | Order::MoveClock { .. }
            | Order::ResetClock
            | Order::RemoveFault { .. }
            | Order::ClearFaults
            | Order::Reset
            | Order::Undo
            | Order::Redo) => serde_json::to_value(other).map(|value| spelled(&value)).unwrap_or_default(),
        }
    }

    /// What is wrong about the request and whoever sends it.
    fn wrong(&self, run: &Run, but: &But) -> Vec<(Part, String)> {
        let mut said: Vec<(Part, String)> = Vec::new();
        let mut say = |part: Part, text: String| said.push((part, text));
        if let Some(person) = &but.person {
            let instead = self.person(run.person.as_deref());
            say(Part::Person, format!("{} signs in instead of {instead}", self.person(Some(person))));
        }
        let Types { username, password, one_time_code, user_code } = &but.types;
        let typed = [
            ("sign-in name", username),
            ("password", password),
            ("one-time code", one_time_code),
            ("code of the device", user_code),
        ];
        for (what, typed) in typed {
            match typed.as_deref() {
                Some("") => say(Part::Person, format!("types no {what}")),
                Some(_) if what == "password" => say(Part::Person, "types a wrong password".to_owned()),
                Some(text) => say(Part::Person, format!("types {text} as the {what}")),
                None => {}
            }
        }
        if but.nobody {
            say(Part::Person, "nobody comes to sign in".to_owned());
        }
        for button in &but.press {
            say(Part::Person, format!("presses {button}"));
        }
        for (name, value) in [("scope", &but.scope), ("response_type", &but.response_type)] {
            if let Some(value) = value {
                say(Part::Request, format!("{name} = {value}"));
            }
        }
        if let Some(tenant) = &but.tenant {
            say(Part::Request, format!("{tenant} stands in the path in place of the tenant"));
        }
        if but.without_pkce {
            say(Part::Request, "no PKCE: neither challenge nor verifier".to_owned());
        }
        if let Some(source) = &but.source {
            say(Part::Request, format!("the token to begin with comes from: {}", self.run(source)));
        }
        if let Some(vouched) = &but.vouched {
            let claim = |name: &str| vouched.claims.get(name).and_then(Value::as_str).unwrap_or_default();
            let issuer = self.bench.filled(claim("iss"));
            say(
                Part::Request,
                format!("an unsigned token of {issuer} about {} proves the client", claim("sub")),
            );
        }
        for bend in &but.bend {
            if let Some((step, change)) = bend.split_once(' ') {
                say(Part::Request, format!("{}: {}", self.title(step), self.change(change)));
            }
        }
        said
    }

    fn change(&self, change: &str) -> String {
        if let Some(name) = change.strip_prefix('-') {
            return format!("no {name}");
        }
        let (place, change) = match change.strip_prefix('+').and_then(|rest| rest.split_once(' ')) {
            Some((place, rest)) => (format!(" (one more, {place})"), rest),
            None => (String::new(), change),
        };
        let Some((name, value)) = change.split_once('=') else { return change.to_owned() };
        if !is_harmless(name) && !value.contains('{') && !value.is_empty() {
            return format!("{name} = (another one){place}");
        }
        format!("{name} = {}{place}", self.value(value))
    }

    /// A value, with names in place of what is secret, long, or not there yet.
    fn value(&self, value: &str) -> String {
        if value.is_empty() {
            return "(empty)".to_owned();
        }
        let named = fill(value, |place| {
            Some(match place.split_once(':') {
                None if place == "long" => "(16 KiB of x)".to_owned(),
                Some(("secret", key)) => format!("(the secret of {})", self.application(key)),
                Some(("basic", key)) => format!("(id and secret of {})", self.application(key)),
                Some(("id", _)) | None => self.bench.value(place)?,
                Some(("source", what)) => format!("(the {} that came with it)", words(what)),
                Some((run, what)) if run.parse::<u32>().is_ok() => {
                    format!("({} of run {run} before)", words(what))
                }
                Some(_) => return None,
            })
        });
        shortened(&named)
    }

    fn meanwhile(&self, during: &During) -> Vec<(Part, String)> {
        let when = during.page.as_ref().map_or_else(
            || format!("while {} waits", self.title(&during.step)),
            |button| format!("while the page with \"{button}\" is open"),
        );
        let mut said = self.lab(&during.lab);
        said.extend(during.bend.iter().map(|change| self.change(change)));
        match during.sent_before {
            0 => {}
            1 => said.push("the same request is sent once".to_owned()),
            times => said.push(format!("the same request is sent {times} times")),
        }
        if during.visits_before > 0 {
            said.push("somebody types the code and signs in".to_owned());
        }
        said.into_iter().map(|text| (Part::Meanwhile, format!("{when}, {text}"))).collect()
    }

    fn seen(&self, recipe: &Recipe) -> String {
        let on = match recipe.seen.on {
            On::Page => "on a page of the lab tenant",
            On::Interrupt => "as a page that asks for more; the number stands in the sign-in log",
            On::Redirect => "sent back to the redirect URI",
            On::Form => "in the form that the browser sends to the application",
            On::Json => "in a JSON answer",
        };
        format!("at {}, {on}", self.title(&recipe.seen.at))
    }
}

/// `lockedOut true, riskLevel high`.
fn members(members: &Map<String, Value>) -> String {
    let shown = members.iter().map(|(name, value)| format!("{name} {}", spelled(value)));
    shown.collect::<Vec<_>>().join(", ")
}

fn spelled(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => shortened(text),
        Value::Array(items) if items.is_empty() => "(none)".to_owned(),
        Value::Array(items) => items.iter().map(spelled).collect::<Vec<_>>().join(" and "),
        Value::Object(object) => members(object),
    }
}

/// `id_token` as it is read out.
fn words(name: &str) -> String {
    match name {
        "id_token" => "ID token".to_owned(),
        "access_token" => "access token".to_owned(),
        claim => claim.to_owned(),
    }
}

fn shortened(value: &str) -> String {
    let shown = text::visible(value);
    if shown.chars().count() <= LONGEST {
        return shown.into_owned();
    }
    let start: String = shown.chars().take(LONGEST - 1).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{ClientKey, SigningAlgorithm},
        provider::scenario::Scenario,
        secret::Secret,
        time::UnixTime,
        workbench::{Event, reproduce::recipes},
    };

    fn bench() -> Workbench {
        let mut bench = Workbench::new(None, Scenario::northwind());
        let base = "http://localhost:7080".parse().expect("an address");
        bench.apply(Event::LabReady(base), UnixTime::default());
        let key = ClientKey {
            pem: Secret::new("a key"),
            algorithm: SigningAlgorithm::Ps256,
            names: Vec::new(),
            about: "CN=Northwind Price Feed".to_owned(),
        };
        bench.apply(Event::LabKey { application: "price-feed".to_owned(), key }, UnixTime::default());
        bench
    }

    #[test]
    fn every_recipe_says_what_it_changes_and_where_the_number_comes() {
        let bench = bench();
        for recipe in recipes() {
            let told = bench.told(recipe.code).unwrap_or_else(|| panic!("{}", recipe.code));
            assert!(!told.changes.is_empty(), "{}", recipe.code);
            let texts = told.changes.iter().map(|(_, text)| text).chain([&told.run, &told.seen]);
            for text in texts {
                // JSON may stand in a value, a place that was not filled may not.
                let has_place =
                    text.split('{').skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
                let is_plain = !has_place && !text.contains("~secret") && !text.is_empty();
                assert!(is_plain, "{}: {text}", recipe.code);
            }
            assert!(told.seen.starts_with("at \""), "{}: {}", recipe.code, told.seen);
        }
    }

    #[test]
    fn changes_are_told_in_words() {
        let bench = bench();
        let told = |code| bench.told(code).expect("there is a recipe");
        assert_eq!(
            told(50155).changes,
            [
                (
                    Part::Lab,
                    "a Conditional Access policy comes in: builtInControls compliantDevice".to_owned()
                ),
                (Part::Person, "presses NW-LAPTOP-17".to_owned()),
                (
                    Part::Meanwhile,
                    "while the page with \"NW-LAPTOP-17\" is open, noor-laptop: registeredOwners mina"
                        .to_owned()
                ),
            ]
        );
        assert_eq!(
            told(240_002).changes,
            [(
                Part::Meanwhile,
                "while \"Exchange the token\" waits, assertion = (the ID token that came with it)".to_owned()
            )]
        );
        assert_eq!(told(70008).seen, "at \"Redeem the code\", in a JSON answer");
        assert!(told(70008).leaves_a_mark && !told(50011).leaves_a_mark);
        assert!(told(90036).played.is_some() && told(90055).played.is_none());
    }
}
