//! Every recipe is carried out: the lab tenant is brought to the state that gives the number, the run meets it, all is mended,
//! and the same run works.

#![allow(clippy::expect_used, reason = "a test that cannot set itself up should fail")]

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
    time::Duration,
};

use authwright::{
    flow::{CallId, Outcome, Seeds},
    provider::{
        Provider,
        keys::{Keys, SigningKey},
        order::Order,
        scenario::{Scenario, edit::Edit},
    },
    runtime::{
        key_pair::{self, KeyPair},
        sign,
    },
    secret::Secret,
    time::UnixTime,
    wire::Timing,
    workbench::{
        Effect, Event, SessionId, User, Workbench,
        reproduce::{On, Recipe, recipes},
    },
};
use aws_lc_rs::{rsa, rsa::KeySize};

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(key("current"), key("next")));

/// The key of the application that proves itself with a certificate.
static PAIR: LazyLock<KeyPair> =
    LazyLock::new(|| key_pair::make("Price feed", 90).expect("a key pair can be made"));

fn key(name: &str) -> SigningKey {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
    SigningKey::new(pair, name.as_bytes().to_vec()).expect("it is an RSA key")
}

/// More events than any run needs.
const ENOUGH: usize = 2000;

/// The workbench, the lab tenant, and the time.
struct Desk {
    bench: Workbench,
    lab: Provider,
    now: UnixTime,
    queue: VecDeque<Effect>,
    alarms: Vec<(SessionId, CallId, UnixTime)>,
    revision: Option<u64>,
}

impl Desk {
    fn open() -> Self {
        let scenario = Scenario::northwind();
        let mut lab = Provider::new(Arc::new(scenario.clone()), KEYS.clone(), [7; 32]);
        lab.open_pipeline(key("pipeline"));
        lab.register_certificate("price-feed", &PAIR.certificate_der).expect("the application is there");
        let mut desk = Self {
            bench: Workbench::new(None, scenario),
            lab,
            // The certificate begins today.
            now: authwright::runtime::clock::now(),
            queue: VecDeque::new(),
            alarms: Vec::new(),
            revision: None,
        };
        desk.event(Event::LabReady("http://localhost:7080".parse().expect("an address")));
        let key = PAIR.client_key();
        desk.event(Event::LabKey { application: "price-feed".to_owned(), key });
        desk.news();
        desk
    }

    fn event(&mut self, event: Event) {
        self.queue.extend(self.bench.apply(event, self.now));
    }

    fn news(&mut self) {
        if self.revision != Some(self.lab.revision()) {
            self.revision = Some(self.lab.revision());
            let view = Box::new(self.lab.view());
            self.event(Event::LabChanged(view));
        }
    }

    /// Does what a person decides and everything that follows, until nothing is under way or `done` says so.
    fn carry_out(&mut self, user: User, done: impl Fn(&Self) -> bool) {
        self.event(Event::User(user));
        for _ in 0..ENOUGH {
            match self.queue.pop_front() {
                Some(effect) => self.perform(effect),
                None if done(self) => return,
                None if !self.alarm() => return,
                None => {}
            }
        }
    }

    fn alarm(&mut self) -> bool {
        let Some(next) = (0..self.alarms.len()).min_by_key(|at| self.alarms[*at].2) else { return false };
        let (session, call, at) = self.alarms.remove(next);
        self.now = self.now.max(at);
        self.event(Event::Woke { session, call });
        true
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send(exchange, request) => {
                assert_eq!(request.url.host_str(), Some("localhost"), "{request:?}");
                self.now = self.now + Duration::from_millis(5);
                let decision = self.lab.decide(&request, self.now);
                if let Some(note) = decision.note.clone() {
                    self.event(Event::LabNote(note));
                }
                let result = Ok(decision.respond());
                self.event(Event::Answered { exchange, result, timing: Timing::default() });
                self.news();
            }
            Effect::Listen(session, call, mut uri) => {
                uri.set_port(uri.port().or(Some(53111))).expect("a loopback address takes a port");
                self.event(Event::Listening { session, call, result: Ok(uri.into()) });
            }
            Effect::Sign(session, call, signing) => {
                self.event(Event::Signed { session, call, result: sign::sign(&signing) });
            }
            Effect::WakeAt(session, call, at) => self.alarms.push((session, call, at)),
            Effect::Stop(session, call) => {
                self.alarms.retain(|(other, known, _)| (*other, *known) != (session, call));
            }
            Effect::Lab(order) => {
                let result = self.lab.carry_out(&order, self.now).map_err(|why| why.to_string());
                self.news();
                self.event(Event::LabAnswered { order, result });
            }
            Effect::Abandon(_) | Effect::OpenBrowser(_) | Effect::SignToken(..) => {}
        }
    }

    /// The numbers that the lab noted about exchanges since.
    fn noted(&self, since: usize) -> Vec<u32> {
        let new = &self.bench.traffic.all()[since..];
        new.iter().filter_map(|exchange| Some(exchange.note.as_ref()?.code)).collect()
    }

    /// At which step the number came, and in what.
    fn seen(&self, code: u32) -> Option<(&'static str, On)> {
        let all = self.bench.traffic.all();
        let exchange =
            all.iter().find(|exchange| exchange.note.as_ref().is_some_and(|note| note.code == code))?;
        let response = exchange.response()?;
        let body = response.body.text();
        let on = match (response.redirect_target(), response.headers.get("content-type")) {
            (Some(_), _) => On::Redirect,
            (None, Some(kind)) if kind.contains("json") => On::Json,
            _ if body.contains("name=\"error\"") => On::Form,
            _ if body.contains(&format!("AADSTS{code}")) => On::Page,
            _ => On::Interrupt,
        };
        Some((exchange.step?.name(), on))
    }

    fn outcome(&self) -> Option<&Outcome> {
        let session = self.bench.reproduction()?.session?;
        self.bench.session(session)?.outcome.as_ref()
    }
}

fn seeds(word: &str) -> Seeds {
    Seeds {
        state: format!("state-{word}-0123456789"),
        nonce: format!("nonce-{word}-0123456789"),
        verifier: Secret::new(format!("verifier-{word}-0123456789-0123456789-0123456789")),
        assertion_id: format!("assertion-{word}"),
    }
}

/// What is wrong with a recipe.
fn check(recipe: &Recipe) -> Result<(), String> {
    let mut desk = Desk::open();
    let before = desk.lab.scenario().document();
    let code = recipe.code;
    assert!(desk.bench.can_reproduce(code));
    desk.carry_out(User::Reproduce(code, seeds("one")), |desk| desk.noted(0).contains(&code));
    let shown = desk.bench.reproduction().ok_or("there is no reproduction: does it name what is there?")?;
    if let Some(why) = &shown.trouble {
        return Err(format!("not set up: {why}"));
    }
    if shown.session.is_none() {
        return Err(format!("the run did not begin; noted: {:?}", desk.noted(0)));
    }
    if !desk.noted(0).contains(&code) {
        return Err(format!("the lab noted {:?}; it ended with {:?}", desk.noted(0), desk.outcome()));
    }
    if let Some(Outcome::Refused(refusal)) = desk.outcome()
        && !refusal.error_codes.is_empty()
        && !refusal.error_codes.contains(&code)
    {
        return Err(format!("refused with {:?}", refusal.error_codes));
    }
    let (at, on) = desk.seen(code).ok_or("the lab's note is about no exchange")?;
    let seen = recipe.seen.at == at && recipe.seen.on == on;
    if !seen {
        return Err(format!("it comes at {at} on {on:?}, not as the recipe says: {:?}", recipe.seen));
    }
    let since = desk.bench.traffic.all().len();
    desk.alarms.clear();
    desk.carry_out(User::Mend(seeds("two")), |_| false);
    let noted: Vec<u32> = desk.noted(since).into_iter().filter(|code| !PASSING.contains(code)).collect();
    match desk.outcome() {
        Some(Outcome::Tokens(_) | Outcome::Done(_)) if noted.is_empty() => {}
        outcome => return Err(format!("mended, it ended with {outcome:?}; noted: {noted:?}")),
    }
    let after = desk.lab.scenario().document();
    let orders = recipe.during.iter().flat_map(|one| one.lab.orders(""));
    let removes = |order| matches!(order, Order::Edit { change: Edit::Remove { .. } });
    // What is added again stands at the end of its list.
    if before != after && !orders.into_iter().any(removes) {
        return Err("the directory is not as it was".to_owned());
    }
    if desk.lab.clock() != authwright::provider::clock::Clock::default() {
        return Err("the clock is not as it was".to_owned());
    }
    Ok(())
}

/// A device that waits, and pages that ask for what they then get, are no refusals.
const PASSING: [u32; 5] = [70016, 50074, 50097, 50158, 50076];

fn check_part(part: usize) {
    let problems: Vec<String> = recipes()
        .enumerate()
        .filter(|(at, _)| at % 4 == part)
        .filter_map(|(_, recipe)| check(recipe).err().map(|why| format!("{}: {why}", recipe.code)))
        .collect();
    assert!(problems.is_empty(), "{} fail:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn the_first_quarter_of_the_recipes_gives_its_numbers_and_is_mended() {
    check_part(0);
}

#[test]
fn the_second_quarter_of_the_recipes_gives_its_numbers_and_is_mended() {
    check_part(1);
}

#[test]
fn the_third_quarter_of_the_recipes_gives_its_numbers_and_is_mended() {
    check_part(2);
}

#[test]
fn the_last_quarter_of_the_recipes_gives_its_numbers_and_is_mended() {
    check_part(3);
}
