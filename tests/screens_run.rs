//! The Run screen, drawn while real runs against the lab tenant go through it: keys in, screen out. Tenant and clock are
//! values, so that every picture repeats.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, OnceLock},
    time::Duration,
};

use authwright::{
    flow::{CallId, FlowKind},
    oauth::{Arrival, ArrivedBy},
    provider::{
        Provider,
        keys::{Keys, SigningKey},
        scenario::Scenario,
    },
    secret::Secret,
    time::UnixTime,
    tui::{
        action::Action,
        keymap::{self, Context, Key},
        look::{Environment, Look, Motion},
        pane::{Intent, Scene},
        panes::run::State,
        theme::Theme,
    },
    wire::{Body, Failure, Headers, Params, Response, Timing},
    workbench::{Effect, Event, FrontChannel, SessionId, Start, User, Workbench},
};
use ratatui::{
    buffer::Buffer,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
    layout::Rect,
    style::Style,
};

/// Key pairs are slow to make and are made once.
fn signing_keys() -> Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let key = |certificate: &[u8]| {
            let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a key pair");
            SigningKey::new(pair, certificate.to_vec()).expect("an RSA key")
        };
        Keys::new(key(b"one"), key(b"two"))
    })
    .clone()
}

/// The screen, the workbench behind it, and the lab tenant that answers it.
struct Desk {
    bench: Workbench,
    lab: Provider,
    state: State,
    now: UnixTime,
    queue: VecDeque<Effect>,
    alarms: Vec<(SessionId, CallId, UnixTime)>,
    /// While true, requests stay under way.
    silent: bool,
    /// What the shell was asked to do beyond the workbench.
    intents: Vec<Intent>,
    look: Look,
    no_browser: Option<&'static str>,
    reveal: bool,
}

impl Desk {
    fn new() -> Self {
        let scenario = Scenario::northwind();
        let mut bench = Workbench::new(None, scenario.clone());
        let now = UnixTime::from_seconds(1_772_615_727);
        let base = "http://localhost:7080".parse().expect("a URL");
        bench.apply(Event::LabReady(base), now);
        Self {
            bench,
            lab: Provider::new(Arc::new(scenario), signing_keys(), [7; 32]),
            state: State::default(),
            now,
            queue: VecDeque::new(),
            alarms: Vec::new(),
            silent: false,
            intents: Vec::new(),
            look: Look::new(&Theme::terminal(), &Environment::default()),
            no_browser: None,
            reveal: false,
        }
    }

    /// Starts the ready-made run of this application.
    fn start(kind: FlowKind, key: &str) -> Self {
        let mut desk = Self::new();
        desk.begin(kind, key, |_| {});
        desk
    }

    fn begin(&mut self, kind: FlowKind, key: &str, change: impl FnOnce(&mut Start)) {
        let offer = self.bench.offers.iter().find(|offer| offer.kind == kind && offer.key == key);
        let offer = offer.unwrap_or_else(|| panic!("{key} is on offer"));
        let mut start = Start {
            kind,
            profile: offer.profile.clone(),
            bends: Vec::new(),
            front: None,
            auto: false,
            seeds: authwright::flow::Seeds {
                state: "state-of-the-test-0123".to_owned(),
                nonce: "nonce-of-the-test-0123".to_owned(),
                verifier: Secret::new("verifier-of-the-test-0123456789-0123456789-abc"),
            },
        };
        change(&mut start);
        self.event(Event::User(User::Start(start)));
        self.state.show_latest();
        // Keys need to know what the last frame had room for.
        let _ = self.buffer(80, 22);
    }

    fn event(&mut self, event: Event) {
        let effects = self.bench.apply(event, self.now);
        self.queue.extend(effects);
        self.settle();
    }

    /// Lets the world answer until nothing is under way.
    fn settle(&mut self) {
        let mut held = VecDeque::new();
        while let Some(effect) = self.queue.pop_front() {
            let event = match effect {
                Effect::Send(..) if self.silent => {
                    held.push_back(effect);
                    continue;
                }
                Effect::Send(exchange, request) => {
                    let decision = self.lab.decide(&request, self.now);
                    let note = decision.note.clone();
                    let response = decision.respond();
                    self.now = self.now + Duration::from_millis(12);
                    let measured = Duration::from_millis(12);
                    let timing = Timing { headers: Duration::from_millis(9), total: measured, ..Timing::default() };
                    if let Some(note) = note {
                        self.queue.extend(self.bench.apply(Event::LabNote(note), self.now));
                    }
                    Event::Answered { exchange, result: Ok(response), timing }
                }
                Effect::Listen(session, call, mut uri) => {
                    if uri.port().is_none() {
                        uri.set_port(Some(53111)).expect("an address of a host");
                    }
                    Event::Listening { session, call, result: Ok(uri) }
                }
                Effect::WakeAt(session, call, at) => {
                    self.alarms.push((session, call, at));
                    continue;
                }
                Effect::Stop(session, call) => {
                    self.alarms.retain(|(other, known, _)| (*other, *known) != (session, call));
                    continue;
                }
                Effect::Abandon(_) | Effect::OpenBrowser(_) => continue,
            };
            let effects = self.bench.apply(event, self.now);
            self.queue.extend(effects);
        }
        self.queue = held;
    }

    /// Lets time pass, and rings what falls due in it.
    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(index) = (0..self.alarms.len()).min_by_key(|index| self.alarms[*index].2) {
            let (session, call, at) = self.alarms[index];
            if at > until {
                break;
            }
            self.alarms.remove(index);
            self.now = self.now.max(at);
            self.event(Event::Woke { session, call });
        }
        self.now = self.now.max(until);
    }

    /// Types keys as they are written in help: `Enter`, `Tab`, `x`.
    fn press(&mut self, keys: &str) {
        for name in keys.split(' ').filter(|name| !name.is_empty()) {
            let code = match name {
                "Enter" => KeyCode::Enter,
                "Esc" => KeyCode::Esc,
                "Tab" => KeyCode::Tab,
                "Up" => KeyCode::Up,
                "Down" => KeyCode::Down,
                "Space" => KeyCode::Char(' '),
                other => KeyCode::Char(other.chars().next().expect("a key")),
            };
            self.key(KeyEvent::new(code, KeyModifiers::NONE));
        }
    }

    fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
    }

    fn key(&mut self, event: KeyEvent) {
        let key = Key::from_event(event).expect("a press");
        let context = self.state.context(&self.bench);
        let intents = match keymap::lookup(context, key) {
            Some(action) => self.state.update(action, &self.bench, self.now).unwrap_or_default(),
            None if context == Context::Field => self.state.typed(event),
            None => Vec::new(),
        };
        for intent in intents {
            match intent {
                Intent::Bench(user) => self.event(Event::User(user)),
                other => self.intents.push(other),
            }
        }
    }

    fn act(&mut self, action: Action) -> Option<Vec<Intent>> {
        self.state.update(action, &self.bench, self.now)
    }

    fn buffer(&mut self, width: u16, height: u16) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let scene = Scene { look: &self.look, now: self.now, reveal: self.reveal, no_browser: self.no_browser };
        let cursor = self.state.view(&self.bench, &scene, area, &mut buffer);
        assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "the cursor is off the screen: {cursor:?}");
        buffer
    }

    /// The screen without header and footer: text, then where which style begins.
    fn screen(&mut self, (width, height): (u16, u16)) -> String {
        let buffer = self.buffer(width, height - 2);
        format!("{}\n{}", text(&buffer), legend(&buffer))
    }

    fn text(&mut self) -> String {
        text(&self.buffer(80, 22))
    }

    fn last_intent(&self) -> &Intent {
        self.intents.last().expect("the shell was asked for something")
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
    let mut styles: Vec<(Style, Vec<String>)> = Vec::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let style = buffer[(x, y)].style();
            let end = (x..buffer.area.width).find(|x| buffer[(*x, y)].style() != style).unwrap_or(buffer.area.width);
            // The look of blanks is seen only where they are painted or underlined.
            let is_seen = (x..end).any(|x| buffer[(x, y)].symbol() != " ") || !style.add_modifier.is_empty();
            if style != buffer_default() && is_seen {
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

fn buffer_default() -> Style {
    ratatui::buffer::Cell::default().style()
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Compares the screen at every size with the pictures that were looked at.
fn assert_screens(desk: &mut Desk, name: &str) {
    for (width, height) in SIZES {
        let picture = desk.screen((width, height));
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots" }, {
            insta::assert_snapshot!(format!("run_{name}_{width}x{height}"), picture);
        });
    }
    // What follows is done with the screen that most people have.
    let _ = desk.buffer(80, 22);
}

fn authorization_code() -> Desk {
    Desk::start(FlowKind::AuthorizationCode, "desktop")
}

#[test]
fn with_no_run_the_screen_says_how_to_get_one() {
    let mut desk = Desk::new();
    let text = desk.text();
    assert!(text.contains("Nothing has run yet.") && text.contains("1 shows the flows"), "{text}");
    assert_eq!(desk.act(Action::FlowNext), None);
    assert_eq!(desk.state.context(&desk.bench), Context::Run);
}

#[test]
fn a_request_is_laid_out_before_it_is_sent() {
    let mut desk = authorization_code();
    desk.press("Enter Enter");
    assert_screens(&mut desk, "request");
}
