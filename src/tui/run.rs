//! The loop: wait for something, take all that is ready, draw once.
//!
//! It owns the model and the terminal; everything else sends messages. Nothing is drawn unless something happened, and
//! nothing ticks unless something on the screen counts.

mod files;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crossterm::event::{Event as TerminalEvent, EventStream};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::{
    glyphs::{Charset, Glyphs},
    look::{Environment, Look},
    model::Model,
    msg::{Effect, Msg},
    pane::Toast,
    panic,
    terminal::{self, Screen},
    theme::Theme,
    update::update,
    view,
};
use crate::{
    flow::Profile,
    provider::scenario::Scenario,
    runtime::{
        self, Runtime, browser,
        clipboard::{Clipboard, Copied},
        clock, entropy, http, lab, signals,
    },
    secret::Secret,
    workbench::{Event, Start, User, Workbench},
};

/// How many orders to the lab tenant may wait: more than anybody types.
const ORDERS: usize = 64;

/// How the workbench is started.
#[derive(Debug)]
pub struct Options {
    /// The theme's name; the default one if absent.
    pub theme: Option<String>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Whom to sign in at; the lab tenant if absent.
    pub target: Option<Profile>,
    /// What the lab tenant is stocked with.
    pub scenario: Scenario,
    /// The options of the HTTP client.
    pub http: http::Options,
    /// Where themes and scenarios of the user lie.
    pub config: Option<PathBuf>,
    /// Where reports go.
    pub state: Option<PathBuf>,
}

/// Opens the workbench and runs it until the person quits.
pub fn run(options: Options) -> ExitCode {
    let look = match look(&options) {
        Ok(look) => look,
        Err(why) => return refuse(&why),
    };
    panic::install(options.state.clone());
    let tokio = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(tokio) => tokio,
        Err(why) => return refuse(&format!("no worker threads can be started: {why}")),
    };
    let ended = tokio.block_on(drive(options, look));
    // The screen was given back when `drive` returned; a request that hangs must not keep the program.
    tokio.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => refuse(&format!("the terminal cannot be used: {why}")),
    }
}

fn refuse(why: &str) -> ExitCode {
    terminal::restore();
    let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("authwright: {why}\n"));
    ExitCode::from(2)
}

fn look(options: &Options) -> Result<Look, String> {
    let environment = Environment::read(|name| env::var(name).ok());
    let name = options.theme.as_deref().unwrap_or(Theme::DEFAULT);
    let folder = options.config.as_ref().map(|folder| folder.join("themes"));
    let theme = Theme::load(name, folder.as_deref()).map_err(|why| why.to_string())?;
    // How many colours there are is decided here; the terminal library must not decide it again under NO_COLOR, or a QR
    // code would lose its black and white.
    crossterm::style::force_color_output(true);
    let mut look = Look::new(&theme, &environment);
    if options.ascii {
        look.glyphs = Glyphs::of(Charset::Ascii);
    }
    Ok(look)
}

async fn drive(options: Options, look: Look) -> io::Result<()> {
    let mut screen = Screen::take(true)?;
    let scenario = options.scenario;
    let bench = Workbench::new(options.target.clone(), scenario.clone());
    let mut model = Model::new(bench, look, browser::unavailable());
    model.faulty = cfg!(debug_assertions) && env::var_os("AUTHWRIGHT_TEST_FAULT").is_some();
    screen.draw(|frame| view::view(&mut model, frame, clock::now()))?;

    // Only now, with the first frame on the screen, does anything else begin.
    let (events, queue) = mpsc::channel(runtime::QUEUE);
    let lab_options = lab::Options { state: options.state.clone(), ..lab::Options::new(scenario) };
    let (orders, inbox) = mpsc::channel(ORDERS);
    let lab = options.target.is_none().then(|| start_lab(lab_options, inbox, events.clone()));
    let (said, messages) = mpsc::channel(8);
    let (filed, from_files) = mpsc::channel(8);
    let driver = Driver {
        runtime: Runtime::new(events, http::Client::new(options.http)).with_lab(orders),
        keys: Keyboard::open(),
        clipboard: std::sync::Arc::default(),
        screen,
        model,
        queue,
        said,
        messages,
        config: options.config,
        filed,
        from_files,
    };
    let ended = Box::pin(driver.run()).await;
    drop(lab);
    ended
}

/// Starts the lab tenant beside the screen, and serves its owner until the handle is dropped.
fn start_lab(
    options: lab::Options,
    tasks: mpsc::Receiver<lab::Task>,
    events: mpsc::Sender<Event>,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        match lab::start(options, events.clone()).await {
            Ok(lab) => {
                let _ = events.send(lab.ready()).await;
                let _ = events.send(Event::LabIdentityHeader(lab.identity_header().clone())).await;
                lab.serve_owner(tasks, events).await;
                std::future::pending::<()>().await;
            }
            Err(why) => {
                let _ = events.send(Event::LabFailed(why.to_string())).await;
            }
        }
    })
}

struct Driver {
    screen: Screen,
    model: Model,
    runtime: Runtime,
    queue: mpsc::Receiver<Event>,
    keys: Keyboard,
    clipboard: std::sync::Arc<std::sync::Mutex<Clipboard>>,
    said: mpsc::Sender<(Toast, Option<Secret>)>,
    messages: mpsc::Receiver<(Toast, Option<Secret>)>,
    /// Where scenario files lie, and what became of those that were asked for.
    config: Option<PathBuf>,
    filed: mpsc::Sender<Msg>,
    from_files: mpsc::Receiver<Msg>,
}

impl Driver {
    async fn run(mut self) -> io::Result<()> {
        let mut ended = std::pin::pin!(signals::ended());
        loop {
            let now = clock::now();
            let wait = self.model.next_redraw(now);
            let tick = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            let msg = tokio::select! {
                biased;
                // The terminal is gone when nothing can come any more.
                event = self.keys.events.recv() => event.map_or(Some(Msg::Ended), from_terminal),
                () = &mut ended => Some(Msg::Ended),
                Some((toast, text)) = self.messages.recv() => {
                    if let Some(text) = text {
                        self.screen.to_clipboard(text.expose())?;
                    }
                    Some(Msg::Said(toast))
                }
                Some(msg) = self.from_files.recv() => Some(msg),
                Some(event) = self.queue.recv() => Some(Msg::Bench(event)),
                () = tick => Some(Msg::Tick),
            };
            let Some(msg) = msg else { continue };
            if self.take(msg)? || self.take_ready()? {
                return Ok(());
            }
            let model = &mut self.model;
            self.screen.draw(|frame| view::view(model, frame, clock::now()))?;
        }
    }

    /// Takes what else is ready, so that a burst costs one frame; not more than a screenful, so that keys get their turn.
    fn take_ready(&mut self) -> io::Result<bool> {
        for _ in 0..256 {
            let Ok(event) = self.queue.try_recv() else { break };
            if self.take(Msg::Bench(event))? {
                return Ok(true);
            }
        }
        while let Ok(event) = self.keys.events.try_recv() {
            if let Some(msg) = from_terminal(event)
                && self.take(msg)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes one message and does what follows; true when the program is to end.
    fn take(&mut self, msg: Msg) -> io::Result<bool> {
        for effect in update(&mut self.model, msg, clock::now()) {
            match effect {
                Effect::Bench(effect) => self.runtime.perform(effect),
                Effect::Start(begin) => {
                    let start = Start {
                        kind: begin.kind,
                        profile: begin.profile,
                        bends: begin.bends,
                        front: None,
                        auto: begin.auto,
                        seeds: entropy::seeds(),
                    };
                    self.take(Msg::Bench(Event::User(User::Start(start))))?;
                }
                Effect::Reproduce(code) => {
                    let user = User::Reproduce(code, entropy::seeds());
                    self.take(Msg::Bench(Event::User(user)))?;
                }
                Effect::Mend => {
                    self.take(Msg::Bench(Event::User(User::Mend(entropy::seeds()))))?;
                }
                Effect::ReadEvidence(path) => self.read(path, Msg::Evidence),
                Effect::ReadRegistration(path) => self.read(path, Msg::Registration),
                Effect::Copy { what, text } => self.copy(what, text),
                Effect::SaveScenario { name, text, replace } => {
                    self.with_files(move |config| files::save(config, name, &text, replace));
                }
                Effect::ListScenarios => self.with_files(files::list),
                Effect::LoadScenario(name) => self.with_files(move |config| files::load(config, &name)),
                Effect::Browse(url) => browser::open(&url),
                Effect::Redraw => self.screen.clear()?,
                Effect::Mouse(on) => self.screen.set_mouse(on)?,
                Effect::Suspend => self.suspend()?,
                Effect::Quit => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Reads a file off the drawing task.
    fn read(&self, path: String, msg: fn(Result<String, String>) -> Msg) {
        let filed = self.filed.clone();
        tokio::task::spawn_blocking(move || {
            let _ = filed.blocking_send(msg(files::text_of(&path)));
        });
    }

    /// Reads or writes scenario files off the drawing task.
    fn with_files(&self, work: impl FnOnce(&Path) -> Msg + Send + 'static) {
        let (config, filed) = (self.config.clone(), self.filed.clone());
        tokio::task::spawn_blocking(move || {
            let msg = match &config {
                Some(config) => work(config),
                None => Msg::Said(Toast::bad("there is no home folder to keep scenarios in")),
            };
            let _ = filed.blocking_send(msg);
        });
    }

    /// Copies off the drawing task, and says how it went.
    fn copy(&self, what: String, text: Secret) {
        let (clipboard, said) = (self.clipboard.clone(), self.said.clone());
        tokio::task::spawn_blocking(move || {
            let copied = match clipboard.lock() {
                Ok(mut clipboard) => clipboard.copy(&text),
                Err(_) => Copied::AskTerminal,
            };
            let (toast, text) = match copied {
                Copied::Clipboard => (Toast::good(format!("{what} copied")), None),
                Copied::Tmux => (Toast::good(format!("{what} copied to tmux and its terminal")), None),
                Copied::AskTerminal => {
                    (Toast::good(format!("{what} sent to the terminal's clipboard")), Some(text))
                }
            };
            let _ = said.blocking_send((toast, text));
        });
    }

    fn suspend(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        {
            // Our reader must not take keys meant for the shell.
            self.keys.close();
            let suspended = self.screen.lend(|| {
                let own = rustix::process::getpid();
                rustix::process::kill_process(own, rustix::process::Signal::TSTP)
            })?;
            self.keys = Keyboard::open();
            suspended?;
        }
        Ok(())
    }
}

/// What comes from the terminal, read by a task of its own.
///
/// The stream remembers the first waker it is polled with, so it must not be looked at in passing; the channel can be.
struct Keyboard {
    events: mpsc::Receiver<TerminalEvent>,
    reader: tokio::task::JoinHandle<()>,
}

impl Keyboard {
    fn open() -> Self {
        let (send, events) = mpsc::channel(runtime::QUEUE);
        let reader = tokio::spawn(async move {
            let mut stream = EventStream::new();
            while let Some(Ok(event)) = stream.next().await {
                if send.send(event).await.is_err() {
                    break;
                }
            }
        });
        Self { events, reader }
    }

    fn close(&mut self) {
        self.reader.abort();
    }
}

/// What a terminal event means to us; key releases and focus changes mean nothing.
fn from_terminal(event: TerminalEvent) -> Option<Msg> {
    match event {
        TerminalEvent::Key(key) if key.is_release() => None,
        TerminalEvent::Key(key) => Some(Msg::Key(key)),
        TerminalEvent::Paste(text) => Some(Msg::Pasted(text)),
        TerminalEvent::Mouse(mouse) => match mouse.kind {
            crossterm::event::MouseEventKind::Moved | crossterm::event::MouseEventKind::Drag(_) => None,
            _ => Some(Msg::Mouse(mouse)),
        },
        TerminalEvent::Resize(..) => Some(Msg::Resized),
        TerminalEvent::FocusGained | TerminalEvent::FocusLost => None,
    }
}
