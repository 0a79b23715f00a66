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
    wire::Timing,
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
            let pair =
                aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a key pair");
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
                assertion_id: "assertion-of-the-test".to_owned(),
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
                    let timing =
                        Timing { headers: Duration::from_millis(9), total: measured, ..Timing::default() };
                    if let Some(note) = note {
                        self.queue.extend(self.bench.apply(Event::LabNote(note), self.now));
                    }
                    Event::Answered { exchange, result: Ok(response), timing }
                }
                Effect::Listen(session, call, mut uri) => {
                    if uri.port().is_none() {
                        uri.set_port(Some(53111)).expect("an address of a host");
                    }
                    Event::Listening { session, call, result: Ok(uri.into()) }
                }
                Effect::Sign(session, call, signing) => {
                    Event::Signed { session, call, result: authwright::runtime::sign::sign(&signing) }
                }
                Effect::WakeAt(session, call, at) => {
                    self.alarms.push((session, call, at));
                    continue;
                }
                Effect::Stop(session, call) => {
                    self.alarms.retain(|(other, known, _)| (*other, *known) != (session, call));
                    continue;
                }
                Effect::Abandon(_) | Effect::OpenBrowser(_) | Effect::Lab(_) | Effect::SignToken(..) => {
                    continue;
                }
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
            None if context == Context::Field => self.state.typed(key),
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
        let scene =
            Scene { look: &self.look, now: self.now, reveal: self.reveal, no_browser: self.no_browser };
        let cursor = self.state.view(&self.bench, &scene, area, &mut buffer);
        assert!(
            cursor.is_none_or(|cursor| area.contains(cursor)),
            "the cursor is off the screen: {cursor:?}"
        );
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
            let end = (x..buffer.area.width)
                .find(|x| buffer[(*x, y)].style() != style)
                .unwrap_or(buffer.area.width);
            // The look of blanks is seen only where they are painted or underlined.
            let is_seen = (x..end).any(|x| buffer[(x, y)].symbol() != " ") || !style.add_modifier.is_empty();
            // The QR code has a test of its own, which scans it.
            let is_picture = buffer[(x, y)].symbol() == "▀";
            if style != buffer_default() && is_seen && !is_picture {
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

#[test]
fn a_changed_request_shows_what_was_changed() {
    let mut desk = authorization_code();
    desk.press("Enter Enter");
    // Another scope, no state, twice the nonce, and one of one's own.
    desk.press("Down Down Down Down e");
    assert_eq!(desk.state.context(&desk.bench), Context::Field);
    desk.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    desk.write("openid");
    desk.press("Enter");
    desk.press("Down Down x Down D A");
    desk.write("login_hint=mina@northwind.example");
    desk.press("Enter");
    assert_screens(&mut desk, "changed");

    let session = desk.bench.latest().expect("a run");
    let steps = session.flow.steps();
    let draft = steps[2].draft.expect("a request");
    let sent = draft.request().expect("it can be sent");
    let names: Vec<_> = sent.query().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(sent.query().get("scope"), Some("openid"));
    assert_eq!(sent.query().get("login_hint"), Some("mina@northwind.example"));
    assert!(!names.contains(&"state".to_owned()), "{names:?}");
    assert_eq!(names.iter().filter(|name| *name == "nonce").count(), 2, "{names:?}");

    desk.press("u");
    assert!(!desk.text().contains("login_hint"), "undo takes the last change back");
}

#[test]
fn what_cannot_be_added_is_said_and_the_field_stays() {
    let mut desk = authorization_code();
    desk.press("Enter Enter A");
    desk.write("just words");
    desk.press("Enter");
    let text = desk.text();
    assert!(text.contains("just words") && text.contains("write name=value"), "{text}");
    desk.press("Esc");
    assert_eq!(desk.state.context(&desk.bench), Context::Request);
}

#[test]
fn the_ways_to_sign_in_are_offered_when_somebody_has_to() {
    let mut desk = authorization_code();
    desk.press("Enter Enter Enter");
    desk.wait(42);
    assert_screens(&mut desk, "sign_in");
    desk.press("o");
    assert_eq!(desk.bench.latest().and_then(|run| run.front.clone()), Some(FrontChannel::Browser));
    assert!(desk.text().contains("the answer is awaited at http://localhost:53111  0:42"));
}

#[test]
fn enter_takes_the_way_to_sign_in_that_shows_every_hop() {
    let mut desk = authorization_code();
    desk.press("Enter Enter Enter");
    assert!(desk.text().contains("Enter built-in"), "{}", desk.text());
    desk.press("Enter");
    assert_eq!(desk.bench.latest().and_then(|run| run.front.clone()), Some(FrontChannel::Builtin(None)));
}

#[test]
fn on_a_remote_shell_the_browser_is_not_offered_and_the_reason_is_said() {
    let mut desk = authorization_code();
    desk.no_browser = Some("this is a remote shell");
    desk.press("Enter Enter Enter");
    let text = desk.text();
    assert!(text.contains("Not from here: this is a remote shell."), "{text}");
    assert!(text.contains("ssh -L 53111:localhost:53111"), "{text}");
    desk.press("o");
    assert!(matches!(desk.last_intent(), Intent::Toast(toast) if !toast.good));
    assert_eq!(desk.bench.latest().and_then(|run| run.front.clone()), None);
}

#[test]
fn the_address_can_be_pasted_and_a_wrong_one_is_explained() {
    let mut desk = authorization_code();
    desk.press("Enter Enter Enter p");
    desk.write("http://localhost:53111/");
    desk.press("Enter");
    assert!(desk.text().contains("this address has no answer in it"), "{}", desk.text());
    assert!(desk.state.clear_field());
    desk.state.pasted("http://localhost:53111/?code=abc&state=somebody-elses", &desk.bench);
    desk.press("Enter Enter");
    assert_screens(&mut desk, "wrong_state");
}

#[test]
fn a_paste_without_a_field_opens_the_one_that_waits_for_it() {
    let mut desk = authorization_code();
    desk.state.pasted("nothing waits yet", &desk.bench);
    assert_ne!(desk.state.context(&desk.bench), Context::Field);
    desk.press("Enter Enter Enter");
    desk.state
        .pasted("http://localhost:53111/?error=access_denied&state=state-of-the-test-0123", &desk.bench);
    assert_eq!(desk.state.context(&desk.bench), Context::Field);
    desk.press("Enter Enter");
    assert!(desk.text().contains("access_denied"), "{}", desk.text());
}

#[test]
fn the_built_in_user_agent_signs_somebody_in_by_hand() {
    let mut desk = authorization_code();
    desk.press("Enter Enter Enter b");
    assert_screens(&mut desk, "page");
    assert_eq!(desk.state.context(&desk.bench), Context::Page);
    // Tab to the people, Enter fills in what is theirs.
    desk.press("Tab Enter");
    assert!(desk.text().contains("mina@northwind.example"), "{}", desk.text());
    let mut pages = 0;
    while desk.bench.latest().is_some_and(|run| run.waiting_since.is_some()) {
        pages += 1;
        assert!(pages < 8, "the sign-in does not end:\n{}", desk.text());
        let text = desk.text();
        if text.contains("Password") && !text.contains("••••") {
            desk.press("Tab Enter");
        }
        desk.press("Enter");
    }
    assert_screens(&mut desk, "returned");
    desk.press("Enter Enter Enter Enter");
    let text = desk.text();
    assert!(text.contains("✓ Done"), "{text}");
    desk.press("Enter");
    assert!(matches!(desk.last_intent(), Intent::Token(_)), "{:?}", desk.last_intent());
}

#[test]
fn the_lab_signs_somebody_in_at_the_press_of_a_key() {
    let mut desk = authorization_code();
    desk.press("a b a");
    assert!(desk.text().contains("✓ Done"), "{}", desk.text());
    // The step before the last: the last one shows keys, which are fresh in every test.
    desk.press("Up");
    assert_screens(&mut desk, "done");
    // Every secret of the run, and nowhere on the screen.
    let secrets: Vec<String> =
        desk.bench.shelf.all().iter().map(|held| held.decoded.raw.expose().to_owned()).collect();
    assert_eq!(secrets.len(), 3);
    for region in 0..8 {
        for size in SIZES {
            let picture = desk.screen(size).replace(['\n', ' ', '│', '┃'], "");
            for secret in &secrets {
                let part = &secret[secret.len() - 24..];
                assert!(!picture.contains(part), "region {region} at {size:?} shows a token");
            }
            assert!(!picture.contains("verifier-of-the-test"), "region {region} at {size:?}");
        }
        desk.press("Tab");
    }
}

#[test]
fn revealed_secrets_are_shown_for_as_long_as_that_lasts() {
    let mut desk = authorization_code();
    desk.press("a b a");
    for _ in 0..5 {
        desk.press("Up");
    }
    desk.press("Down Down Down Down");
    assert!(!desk.text().contains("verifier-of-the-test"), "{}", desk.text());
    desk.reveal = true;
    desk.press("Tab Tab Tab");
    desk.press("End");
    assert!(desk.text().contains("verifier-of-the-test"), "{}", desk.text());
}

#[test]
fn a_refusal_is_named_and_enter_explains_it() {
    let mut desk = Desk::start(FlowKind::ClientCredentials, "inventory-sync");
    desk.press("Enter");
    let steps = desk.bench.latest().expect("a run").flow.steps();
    let draft =
        steps.iter().find_map(|step| step.draft.filter(|draft| draft.value("client_secret").is_some()));
    let place = draft.expect("a request with a secret").fields.iter().position(|f| f.name == "client_secret");
    for _ in 0..=place.expect("it has one") {
        desk.press("Down");
    }
    desk.press("e");
    desk.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    desk.write("not-the-secret");
    assert!(
        !desk.text().contains("not-the-secret"),
        "a secret is masked while it is typed:\n{}",
        desk.text()
    );
    desk.press("Enter Enter");
    assert_screens(&mut desk, "refused");
    assert!(desk.text().contains("invalid_client, AADSTS7000215"), "{}", desk.text());
    desk.press("Enter");
    assert!(matches!(desk.last_intent(), Intent::Explain(evidence) if evidence.refusal.is_some()));
    // Again, with the same wrong secret.
    desk.press("r");
    let Intent::Start { bends, kind, .. } = desk.last_intent() else { panic!("{:?}", desk.last_intent()) };
    assert_eq!(*kind, FlowKind::ClientCredentials);
    assert!(bends.iter().any(|bend| bend.name == "client_secret"), "{bends:?}");
}

#[test]
fn the_device_code_prompt_has_all_that_is_needed() {
    let mut desk = Desk::start(FlowKind::DeviceCode, "kiosk");
    desk.press("Enter Enter");
    desk.wait(17);
    assert_eq!(desk.state.context(&desk.bench), Context::Device);
    assert_screens(&mut desk, "device");
    desk.press("y");
    let Intent::Copy { what, text } = desk.last_intent() else { panic!("{:?}", desk.last_intent()) };
    let code = text.expose().to_owned();
    assert_eq!(what, "user code");
    assert!(code.len() >= 8, "{code}");
    // The same person approves it right here, in the built-in user agent.
    desk.press("b a");
    desk.wait(10);
    desk.press("Enter");
    assert!(desk.text().contains("✓ Done"), "{}", desk.text());
}

#[test]
fn a_person_approves_a_device_code_by_hand() {
    let mut desk = Desk::start(FlowKind::DeviceCode, "kiosk");
    desk.press("Enter Enter b");
    let mut pages = 0;
    while !desk.text().contains("Nothing to press on this page.") {
        pages += 1;
        assert!(pages < 8, "the sign-in does not end:\n{}", desk.text());
        // A field that is empty is filled in by the selected person; then the button is pressed.
        if desk.text().contains("[        ") {
            desk.press("Tab Enter");
        }
        desk.press("Enter");
    }
    assert_screens(&mut desk, "approved");
    // Behind the page is the code, and behind that the run; b looks at the page again.
    desk.press("Esc");
    assert!(desk.text().contains("Enter this code"), "{}", desk.text());
    desk.press("Esc");
    assert_eq!(desk.state.context(&desk.bench), Context::Run);
    desk.press("Enter");
    assert_eq!(desk.state.context(&desk.bench), Context::Device);
    desk.press("b");
    assert!(desk.text().contains("Nothing to press on this page."));
    desk.wait(10);
    assert!(desk.text().contains("Check the tokens"), "{}", desk.text());
}

#[test]
fn an_error_page_ends_the_run_and_is_explained() {
    let mut desk = authorization_code();
    desk.press("Enter Enter");
    // The redirect URI, changed to one that is not registered.
    desk.press("Down Down Down e");
    desk.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
    desk.write("http://localhost:53111/elsewhere");
    desk.press("Enter Enter b");
    assert_screens(&mut desk, "error_page");
    assert!(desk.text().contains("AADSTS50011"), "{}", desk.text());
    desk.press("Enter");
    let Intent::Explain(evidence) = desk.last_intent() else { panic!("{:?}", desk.last_intent()) };
    assert!(!evidence.compared.is_empty(), "the lab's own comparison comes along");
    desk.press("Esc");
    assert!(desk.text().contains("✗ Refused"), "{}", desk.text());
}

#[test]
fn a_run_can_be_cancelled_and_started_again_with_its_changes() {
    let mut desk = authorization_code();
    desk.press("Enter Enter Down Down Down Down Down Down x Enter");
    let id = desk.bench.latest().expect("a run").id;
    desk.press("r");
    assert!(desk.text().contains("Cancelled"), "{}", desk.text());
    let Intent::Start { bends, .. } = desk.last_intent() else { panic!("{:?}", desk.last_intent()) };
    assert_eq!(bends.len(), 1, "{bends:?}");
    assert_eq!(bends[0].name, "state");
    assert_eq!(desk.bench.latest().map(|run| run.id), Some(id));
}

#[test]
fn a_step_that_is_over_cannot_be_changed_and_says_what_to_do_instead() {
    let mut desk = Desk::start(FlowKind::ClientCredentials, "inventory-sync");
    desk.press("a Tab Tab Tab");
    assert_eq!(desk.state.context(&desk.bench), Context::Request);
    desk.press("e");
    assert!(matches!(desk.last_intent(), Intent::Toast(toast) if toast.text.contains("r runs again")));
}

#[test]
fn what_is_selected_is_copied_whole() {
    let mut desk = Desk::start(FlowKind::ClientCredentials, "inventory-sync");
    desk.press("a Up");
    // The answer of the token endpoint, its access token.
    while !desk.text().contains("┏━ Answer") {
        desk.press("Tab");
    }
    let mut copied = None;
    for _ in 0..20 {
        desk.press("y");
        if let Intent::Copy { what, text } = desk.last_intent()
            && what == "access_token"
        {
            copied = Some(text.clone());
            break;
        }
        desk.press("Down");
        let _ = desk.text();
    }
    assert_eq!(copied.as_ref(), desk.bench.shelf.secret(0));
    desk.press("c");
    let Intent::Copy { text, .. } = desk.last_intent() else { panic!("{:?}", desk.last_intent()) };
    let command = text.expose();
    assert!(command.starts_with("curl") && !command.contains("lab-"), "{command}");
    desk.press("i");
    assert!(matches!(desk.last_intent(), Intent::Inspect(id) if id.0 == 2));
}

#[test]
fn a_request_under_way_is_shown_as_such_and_asks_for_redraws() {
    let mut desk = Desk::start(FlowKind::ClientCredentials, "inventory-sync");
    assert_eq!(desk.state.next_redraw(&desk.bench, Motion::Full, desk.now), None, "nothing moves");
    desk.silent = true;
    desk.press("Enter");
    desk.now = desk.now + Duration::from_millis(2_300);
    assert_screens(&mut desk, "under_way");
    let redraw = |motion| desk.state.next_redraw(&desk.bench, motion, desk.now);
    assert_eq!(redraw(Motion::Full), Some(Duration::from_millis(100)));
    assert_eq!(redraw(Motion::Reduced), Some(Duration::from_millis(700)), "to the next full second");
    desk.press("Enter");
    assert!(matches!(desk.last_intent(), Intent::Toast(_)));
}

#[test]
fn a_device_prompt_counts_by_the_second_and_can_be_left() {
    let mut desk = Desk::start(FlowKind::DeviceCode, "kiosk");
    desk.press("a");
    let redraw = desk.state.next_redraw(&desk.bench, Motion::Full, desk.now).expect("it counts down");
    assert!(redraw <= Duration::from_secs(1) && !redraw.is_zero(), "{redraw:?}");
    desk.press("Esc");
    assert!(desk.text().contains("Wait for the person"), "{}", desk.text());
    desk.press("Enter");
    assert!(desk.text().contains("Enter this code"), "{}", desk.text());
    desk.press("o");
    assert_eq!(desk.bench.latest().and_then(|run| run.front.clone()), Some(FrontChannel::Browser));
    desk.press("U");
    assert!(
        matches!(desk.last_intent(), Intent::ShowPlain { text, .. } if text.expose().ends_with("/devicelogin"))
    );
}

#[test]
fn a_pane_can_be_zoomed_and_gives_the_screen_back() {
    let mut desk = authorization_code();
    desk.press("Enter Enter z");
    let text = desk.text();
    assert!(text.contains("code_challenge_method") && !text.contains("Sequence"), "{text}");
    desk.press("Esc");
    assert!(desk.text().contains("Sequence"));
}

/// Desks in every state that looks different.
fn desks() -> Vec<(&'static str, Desk)> {
    let at = |keys: &str| {
        let mut desk = authorization_code();
        desk.press(keys);
        desk
    };
    let mut device = Desk::start(FlowKind::DeviceCode, "kiosk");
    device.press("a");
    device.wait(7);
    let mut busy = Desk::start(FlowKind::ClientCredentials, "inventory-sync");
    busy.silent = true;
    busy.press("Enter");
    vec![
        ("nothing", Desk::new()),
        ("request", at("Enter Enter")),
        ("editing", at("Enter Enter Down e")),
        ("adding", at("Enter Enter A")),
        ("sign in", at("Enter Enter Enter")),
        ("pasting", at("Enter Enter Enter p")),
        ("page", at("Enter Enter Enter b")),
        ("typing on a page", at("Enter Enter Enter b Enter")),
        ("done", at("a b a")),
        ("device", device),
        ("busy", busy),
    ]
}

#[test]
fn every_state_fits_every_size_whatever_has_the_focus() {
    for (name, mut desk) in desks() {
        for turn in 0..9 {
            for width in (0..=200).step_by(17).chain([59, 60, 79, 80, 120, 200]) {
                for height in (0..=58).step_by(9).chain([14, 22, 38, 58]) {
                    let _ = desk.buffer(width, height);
                }
            }
            if desk.state.context(&desk.bench) == Context::Field {
                break;
            }
            desk.press(if turn % 2 == 0 { "Tab" } else { "Tab Down z" });
            assert!(turn < 9, "{name}");
        }
    }
}

#[test]
fn sixty_columns_show_one_region_at_a_time() {
    let mut desk = authorization_code();
    desk.press("Enter Enter");
    let mut titles = Vec::new();
    for _ in 0..5 {
        let picture = text(&desk.buffer(60, 18));
        assert_eq!(picture.matches('┏').count(), 1, "{picture}");
        titles.push(picture.lines().find(|line| line.starts_with('┏')).expect("a frame").to_owned());
        desk.press("Tab");
    }
    let all = titles.join("\n");
    for title in ["Request", "Answer", "Authorization code", "Sequence", "of 5, Tab"] {
        assert!(all.contains(title), "{title} is missing:\n{all}");
    }
}

#[test]
fn a_terminal_without_unicode_gets_ascii_alone() {
    for (name, mut desk) in desks() {
        let environment = Environment { lang: Some("C".to_owned()), ..Environment::default() };
        desk.look = Look::new(&Theme::terminal(), &environment);
        for (width, height) in SIZES {
            let picture = text(&desk.buffer(width, height - 2));
            let foreign = picture.chars().find(|c| !c.is_ascii());
            assert_eq!(foreign, None, "{name} at {width}x{height}:\n{picture}");
        }
    }
}
