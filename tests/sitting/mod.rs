//! A whole sitting without a terminal: the model that keys go into, the lab tenant that answers, and the time, all of them
//! values, so that every picture repeats.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
    sync::{Arc, OnceLock},
    time::Duration,
};

use authwright::{
    agent::Credentials,
    flow::{CallId, FlowKind, Seeds},
    provider::{
        Provider,
        forge::Bespoke,
        keys::{Keys, SigningKey},
        order::Order,
        scenario::Scenario,
    },
    runtime::lab,
    secret::Secret,
    time::UnixTime,
    token::bend::Signing,
    tui::{
        look::{Environment, Look},
        model::{Model, ScreenId},
        msg::{Effect, Msg},
        pane::Scene,
        theme::Theme,
        update::update,
    },
    wire::{Failure, Response, Timing},
    workbench::{self, Event, FrontChannel, SessionId, Start, User, Workbench},
};
use ratatui::{
    buffer::Buffer,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
    layout::{Position, Rect},
    style::Style,
};

/// The sizes of terminals that pictures are taken at.
pub const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// When a sitting begins.
pub const START: UnixTime = UnixTime::from_seconds(1_772_615_727);

/// Key pairs are slow to make and are made once.
fn signing_keys() -> Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let key = |certificate: &[u8]| {
            let pair =
                aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a key pair");
            SigningKey::new(pair, certificate.to_vec()).expect("an RSA key")
        };
        Keys::new(key(b"one"), key(b"two"))
    })
    .clone()
}

/// The interface, and the world around it.
pub struct Sitting {
    /// What keys go into.
    pub model: Model,
    /// The present.
    pub now: UnixTime,
    /// What was copied, and what it was called.
    pub copied: Vec<(String, String)>,
    /// Answers to requests to hosts other than the lab, in the order of asking; without one there is no answer.
    pub elsewhere: VecDeque<Response>,
    /// While true, requests stay under way.
    pub silent: bool,
    /// Scenario files, by name.
    pub files: BTreeMap<String, String>,
    lab: Provider,
    /// How much of the lab was told: its revision, and how many sign-ins.
    told: (Option<u64>, u64),
    alarms: Vec<(SessionId, CallId, UnixTime)>,
}

impl Sitting {
    /// Begins, with the lab tenant running.
    pub fn new() -> Self {
        let scenario = Scenario::northwind();
        let bench = Workbench::new(None, scenario.clone());
        let look = Look::new(&Theme::terminal(), &Environment::default());
        let mut sitting = Self {
            model: Model::new(bench, look, None),
            now: START,
            copied: Vec::new(),
            elsewhere: VecDeque::new(),
            silent: false,
            files: BTreeMap::new(),
            told: (None, 0),
            lab: Provider::new(Arc::new(scenario), signing_keys(), [7; 32]),
            alarms: Vec::new(),
        };
        let base = "http://localhost:7080".parse().expect("an address");
        sitting.tell(Msg::Bench(Event::LabReady(base)));
        for event in sitting.news() {
            sitting.tell(Msg::Bench(event));
        }
        sitting
    }

    /// Runs the ready-made run of this application to its end; the first person of the lab signs in.
    pub fn run(&mut self, kind: FlowKind, key: &str, change: impl FnOnce(&mut Start)) {
        let person = self.model.bench.lab.person(None);
        self.run_as(kind, key, person, change);
    }

    /// The same with somebody else.
    pub fn run_as(
        &mut self,
        kind: FlowKind,
        key: &str,
        person: Option<Credentials>,
        change: impl FnOnce(&mut Start),
    ) {
        let offers = &self.model.bench.offers;
        let offer = offers.iter().find(|offer| offer.kind == kind && offer.key == key);
        let mut start = Start {
            kind,
            profile: offer.unwrap_or_else(|| panic!("{key} is on offer")).profile.clone(),
            bends: Vec::new(),
            front: Some(FrontChannel::Builtin(person)),
            auto: true,
            seeds: seeds(),
        };
        change(&mut start);
        self.tell(Msg::Bench(Event::User(User::Start(start))));
    }

    /// Goes to a screen and draws it once, as the loop does.
    pub fn go(&mut self, screen: ScreenId) {
        self.model.go(screen);
        let _ = self.body(80, 22);
    }

    /// Presses keys, written as in the help: `Enter`, `Tab`, `x`.
    pub fn press(&mut self, keys: &str) {
        for name in keys.split(' ').filter(|name| !name.is_empty()) {
            let code = match name {
                "Enter" => KeyCode::Enter,
                "Esc" => KeyCode::Esc,
                "Tab" => KeyCode::Tab,
                "Up" => KeyCode::Up,
                "Down" => KeyCode::Down,
                "Left" => KeyCode::Left,
                "Right" => KeyCode::Right,
                "PageDown" => KeyCode::PageDown,
                "Home" => KeyCode::Home,
                "End" => KeyCode::End,
                "Delete" => KeyCode::Delete,
                "Backspace" => KeyCode::Backspace,
                "Space" => KeyCode::Char(' '),
                other => KeyCode::Char(other.chars().next().expect("a key")),
            };
            self.key(code);
            // A person sees what a key did before pressing the next.
            let _ = self.body(80, 22);
        }
    }

    /// Types a text.
    pub fn write(&mut self, text: &str) {
        text.chars().for_each(|c| self.key(KeyCode::Char(c)));
    }

    /// Pastes a text.
    pub fn paste(&mut self, text: &str) {
        self.tell(Msg::Pasted(text.to_owned()));
    }

    fn key(&mut self, code: KeyCode) {
        self.tell(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// The passing message.
    pub fn toast(&self) -> String {
        self.model.toast.as_ref().map_or_else(String::new, |toast| toast.text.clone())
    }

    pub fn tell(&mut self, msg: Msg) {
        let mut queue = VecDeque::from([msg]);
        while let Some(msg) = queue.pop_front() {
            for effect in update(&mut self.model, msg, self.now) {
                queue.extend(self.perform(effect));
            }
            if queue.is_empty() {
                queue.extend(self.alarm());
            }
        }
    }

    /// While a run waits for nothing but the time, the time comes.
    fn alarm(&mut self) -> Option<Msg> {
        let next = (0..self.alarms.len()).min_by_key(|at| self.alarms[*at].2)?;
        let (session, call, at) = self.alarms.remove(next);
        self.now = self.now.max(at);
        Some(Msg::Bench(Event::Woke { session, call }))
    }

    fn perform(&mut self, effect: Effect) -> Vec<Msg> {
        use workbench::Effect as E;
        let events = match effect {
            Effect::Copy { what, text } => {
                self.copied.push((what, text.expose().to_owned()));
                Vec::new()
            }
            Effect::Start(begin) => vec![Event::User(User::Start(Start {
                kind: begin.kind,
                profile: begin.profile,
                bends: begin.bends,
                front: None,
                auto: begin.auto,
                seeds: seeds(),
            }))],
            Effect::Reproduce(code) => vec![Event::User(User::Reproduce(code, seeds()))],
            Effect::Mend => vec![Event::User(User::Mend(seeds()))],
            Effect::ReadEvidence(path) => {
                let read = self.files.get(&path).cloned();
                return vec![Msg::Evidence(read.ok_or_else(|| format!("{path} cannot be read")))];
            }
            Effect::ReadRegistration(path) => {
                let read = self.files.get(&path).cloned();
                return vec![Msg::Registration(read.ok_or_else(|| format!("{path} cannot be read")))];
            }
            Effect::Bench(E::Send(..)) if self.silent => Vec::new(),
            Effect::Bench(E::Send(exchange, request)) => {
                self.now = self.now + Duration::from_millis(12);
                let timing = Timing { total: Duration::from_millis(12), ..Timing::default() };
                if request.url.host_str() == Some("localhost") {
                    let decision = self.lab.decide(&request, self.now);
                    let note = decision.note.clone().map(Event::LabNote);
                    let result = Ok(decision.respond());
                    let answered = Event::Answered { exchange, result, timing };
                    note.into_iter().chain([answered]).chain(self.news()).collect()
                } else {
                    let host = request.url.host_str().unwrap_or_default().to_owned();
                    let result = self.elsewhere.pop_front().ok_or(Failure::Dns { host });
                    vec![Event::Answered { exchange, result, timing }]
                }
            }
            Effect::Bench(E::Listen(session, call, mut uri)) => {
                if uri.port().is_none() {
                    uri.set_port(Some(53111)).expect("an address of a host");
                }
                vec![Event::Listening { session, call, result: Ok(uri.into()) }]
            }
            Effect::Bench(E::Sign(session, call, signing)) => {
                vec![Event::Signed { session, call, result: authwright::runtime::sign::sign(&signing) }]
            }
            Effect::Bench(E::WakeAt(session, call, at)) => {
                self.alarms.push((session, call, at));
                Vec::new()
            }
            Effect::Bench(E::Stop(session, call)) => {
                self.alarms.retain(|(other, known, _)| (*other, *known) != (session, call));
                Vec::new()
            }
            Effect::Bench(E::Lab(order)) => {
                let result = self.lab.carry_out(&order, self.now).map_err(|why| why.to_string());
                self.news().into_iter().chain([Event::LabAnswered { order, result }]).collect()
            }
            Effect::Bench(E::SignToken(bent, signing)) => {
                if signing == Signing::OtherKey {
                    // The key of the pipeline is the one that is not the tenant's.
                    let size = aws_lc_rs::rsa::KeySize::Rsa2048;
                    let pair = aws_lc_rs::rsa::KeyPair::generate(size).expect("a key pair");
                    self.lab.open_pipeline(SigningKey::new(pair, b"three".to_vec()).expect("an RSA key"));
                }
                let result = lab::settle(&self.lab, &bent, signing).map(Bespoke::sign);
                vec![Event::TokenSigned { bent, signing, result }]
            }
            Effect::SaveScenario { name, text, replace } => {
                if self.files.contains_key(&name) && !replace {
                    return vec![Msg::ScenarioThere(name)];
                }
                self.files.insert(name, text.expose().to_owned());
                Vec::new()
            }
            Effect::ListScenarios => return vec![Msg::Scenarios(self.files.keys().cloned().collect())],
            Effect::LoadScenario(name) => {
                let text = self.files[&name].clone();
                vec![Event::User(User::Order(Order::Load { text }))]
            }
            Effect::Bench(E::Abandon(_) | E::OpenBrowser(_))
            | Effect::Browse(_)
            | Effect::Redraw
            | Effect::Mouse(_)
            | Effect::Suspend
            | Effect::Quit => Vec::new(),
        };
        events.into_iter().map(Msg::Bench).collect()
    }

    /// What the lab has to tell its owner that is new.
    fn news(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if self.told.0 != Some(self.lab.revision()) {
            self.told.0 = Some(self.lab.revision());
            events.push(Event::LabChanged(Box::new(self.lab.view())));
        }
        let (count, new) = self.lab.sign_ins_since(self.told.1);
        self.told.1 = count;
        if !new.is_empty() {
            events.push(Event::LabSignIns(new));
        }
        events
    }

    /// The screen without header and footer, drawn on a canvas that shows whether anything goes beside it.
    pub fn body(&mut self, width: u16, height: u16) -> Buffer {
        let area = Rect::new(1, 1, width, height);
        let canvas = Rect::new(0, 0, width + 2, height + 2);
        let mut buffer = Buffer::empty(canvas);
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                if !area.contains(Position::new(x, y)) {
                    buffer[(x, y)].set_symbol("~");
                }
            }
        }
        let model = &mut self.model;
        let reveal = model.reveals(self.now);
        let scene = Scene { look: &model.look, now: self.now, reveal, no_browser: None };
        let cursor = match model.screen {
            ScreenId::Flows => model.flows.view(&model.bench, &scene, area, &mut buffer),
            ScreenId::Run => model.run.view(&model.bench, &scene, area, &mut buffer),
            ScreenId::Tokens => model.tokens.view(&model.bench, &scene, area, &mut buffer),
            ScreenId::Errors => model.errors.view(&model.bench, &scene, area, &mut buffer),
            ScreenId::Traffic => model.traffic.view(&model.bench, &scene, area, &mut buffer),
            ScreenId::Registrations => model.registrations.view(&model.bench, &scene, area, &mut buffer),
            ScreenId::Tenant => model.tenant.view(&model.bench, &scene, area, &mut buffer),
        };
        assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "{width}x{height}: {cursor:?}");
        let mut inside = Buffer::empty(Rect::new(0, 0, width, height));
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                if area.contains(Position::new(x, y)) {
                    inside[(x - 1, y - 1)] = buffer[(x, y)].clone();
                } else {
                    assert_eq!(
                        buffer[(x, y)].symbol(),
                        "~",
                        "{width}x{height}: drew beside its area at {x},{y}"
                    );
                }
            }
        }
        inside
    }

    /// The text of the screen in a terminal of this size.
    pub fn text(&mut self, (width, height): (u16, u16)) -> String {
        text(&self.body(width, height - 2))
    }

    /// Draws at a coarse grid of sizes, from nothing to large, to see that nothing panics or goes beside its area.
    pub fn resize_to_everything(&mut self) {
        for width in (0..=200).step_by(8).chain([1, 79, 81, 109, 110, 159, 161]) {
            for height in (0..=60).step_by(4).chain([1, 2, 3, 19, 21, 22, 29, 31]) {
                let _ = self.body(width, height);
            }
        }
        let _ = self.body(80, 22);
    }

    /// Text and styles of the screen in a terminal of this size, for comparison with a picture that was looked at.
    pub fn picture(&mut self, (width, height): (u16, u16)) -> String {
        let buffer = self.body(width, height - 2);
        format!("{}\n{}", text(&buffer), legend(&buffer))
    }
}

fn seeds() -> Seeds {
    Seeds {
        state: "state-of-the-test-0123".to_owned(),
        nonce: "nonce-of-the-test-0123".to_owned(),
        verifier: Secret::new("verifier-of-the-test-0123456789-0123456789-abc"),
        assertion_id: "assertion-of-the-test".to_owned(),
    }
}

fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

/// Each style other than the plain one, with the runs of cells that have it: `row:from-to`.
fn legend(buffer: &Buffer) -> String {
    let plain = ratatui::buffer::Cell::default().style();
    let mut styles: Vec<(Style, Vec<String>)> = Vec::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let style = buffer[(x, y)].style();
            let end = (x..buffer.area.width)
                .find(|x| buffer[(*x, y)].style() != style)
                .unwrap_or(buffer.area.width);
            // The look of blanks is seen only where they are painted or underlined.
            let is_seen = (x..end).any(|x| buffer[(x, y)].symbol() != " ") || !style.add_modifier.is_empty();
            if style != plain && is_seen {
                let run = format!("{y}:{x}-{}", end - 1);
                match styles.iter_mut().find(|(known, _)| *known == style) {
                    Some((_, runs)) => runs.push(run),
                    None => styles.push((style, vec![run])),
                }
            }
            x = end;
        }
    }
    let mut out = String::new();
    for (style, runs) in styles {
        let colour = style.fg.map_or_else(String::new, |colour| format!("{colour:?}"));
        let _ = writeln!(out, "{colour} {:?}: {}", style.add_modifier, runs.join(" "));
    }
    out
}

/// Compares the screen at every size with the pictures that were looked at.
#[macro_export]
macro_rules! assert_pictures {
    ($sitting:expr, $name:expr) => {
        for (width, height) in sitting::SIZES {
            let picture = $sitting.picture((width, height));
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots" }, {
                insta::assert_snapshot!(format!("{}_{width}x{height}", $name), picture);
            });
        }
        // What follows is done with the screen that most people have.
        let _ = $sitting.body(80, 22);
    };
}
