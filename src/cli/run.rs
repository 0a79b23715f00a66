//! `authwright run`: one flow to its end, without a screen. Drives the same workbench as the terminal interface.

use std::{io::BufRead as _, time::Duration};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use tokio::sync::mpsc;

use super::{
    exit::{Exit, print, say, usage},
    report::{self, Reporter},
    target::{self, TargetOptions, from_environment},
};
use crate::{
    agent::Credentials,
    flow::{Authority, Draft, FlowKind, NamedBend, Outcome, Profile, Prompt, StepId, StepState},
    oauth::{self, Refusal, front_channel},
    provider::scenario::Scenario,
    runtime::{self, Runtime, browser, clock, entropy, http, lab, signals},
    secret::Secret,
    wire::Failure,
    workbench::{Event, FrontChannel, Session, SessionId, Start, User, Workbench},
};

/// The options of `run`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Options {
    /// The flow
    #[arg(value_name = "FLOW", value_parser = kinds())]
    flow: FlowKind,
    /// Where, as whom, asking for what.
    #[command(flatten)]
    target: TargetOptions,
    /// In the lab tenant: which of its applications to be (see `authwright tenant show`)
    #[arg(long, value_name = "KEY", conflicts_with_all = ["authority", "issuer"], help_heading = "Target")]
    app: Option<String>,
    /// Who signs in when --sign-in is builtin
    #[arg(long, value_name = "NAME", help_heading = "Sign-in")]
    username: Option<String>,
    /// The environment variable that holds the password
    #[arg(long, value_name = "VAR", help_heading = "Sign-in")]
    password_env: Option<String>,
    /// How to sign in: your browser, the built-in user agent, pasting the redirected address, or not at all
    #[arg(long, value_name = "HOW", value_enum, help_heading = "Sign-in")]
    sign_in: Option<SignIn>,
    /// Never open a browser; same as --sign-in none
    #[arg(long, conflicts_with = "sign_in", help_heading = "Sign-in")]
    no_browser: bool,
    /// Give a parameter another value before it is sent: NAME=VALUE, or STEP.NAME=VALUE to be exact (repeatable)
    #[arg(long, value_name = "[STEP.]NAME=VALUE", value_parser = target::set, help_heading = "Bending")]
    set: Vec<NamedBend>,
    /// Leave a parameter out (repeatable)
    #[arg(long, value_name = "[STEP.]NAME", value_parser = target::drop, help_heading = "Bending")]
    drop: Vec<NamedBend>,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    timeout: u64,
    /// Print one JSON object at the end
    #[arg(long, conflicts_with = "events")]
    json: bool,
    /// Print JSON lines while it runs
    #[arg(long)]
    events: bool,
    /// Show tokens and other secrets in clear
    #[arg(long)]
    with_secrets: bool,
}

/// The ways to sign in, as options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum SignIn {
    /// The person's own browser.
    Browser,
    /// The built-in user agent, by itself.
    Builtin,
    /// Standard input brings the redirected address.
    Paste,
    /// Somebody else sees to it.
    None,
}

/// Takes a flow by its name; the help lists the names, each with what it is called on the screens.
fn kinds() -> impl TypedValueParser<Value = FlowKind> {
    let names = FlowKind::ALL.iter().map(|kind| PossibleValue::new(kind.name()).help(kind.title()));
    PossibleValuesParser::new(names)
        .map(|name| FlowKind::parse(&name).expect("only names of flows are possible values"))
}

/// Runs it.
pub fn execute(options: Options) -> Exit {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match tokio {
        Ok(tokio) => tokio.block_on(drive(options)),
        Err(why) => usage(format!("no worker threads can be started: {why}")),
    }
}

async fn drive(options: Options) -> Exit {
    let (events, mut queue) = mpsc::channel(runtime::QUEUE);
    let http = match options.target.http() {
        Ok(http) => http::Client::new(http),
        Err(why) => return usage(why),
    };
    let remote = match options.target.profile() {
        Ok(remote) => remote,
        Err(why) => return usage(why),
    };
    let scenario = Scenario::northwind();
    let mut bench = Workbench::new(remote.clone(), scenario.clone());
    // The lab tenant lives as long as this value.
    let mut lab = None;
    if remote.is_none() {
        // Nobody else asks it anything: https need not be where it is expected.
        let lab_options = lab::Options { https_port: Some(0), ..lab::Options::new(scenario) };
        match lab::start(lab_options, events.clone()).await {
            Ok(started) => {
                bench.apply(started.ready(), clock::now());
                let header = Event::LabIdentityHeader(started.identity_header().clone());
                bench.apply(header, clock::now());
                lab = Some(started);
                wait_for_key(&options, &mut bench, &mut queue).await;
            }
            Err(why) => return usage(format!("the lab tenant cannot start: {why}")),
        }
    }
    let start = match plan(&options, &bench) {
        Ok(start) => start,
        Err(why) => return usage(why),
    };
    let runtime = Runtime::new(events.clone(), http);
    let exit = Driver { bench, runtime, queue, events, reporter: Reporter::new(options.events), options }
        .run(start)
        .await;
    drop(lab);
    exit
}

/// The lab tenant makes the keys of its applications after it has begun to answer: who wants to be one of these waits.
async fn wait_for_key(options: &Options, bench: &mut Workbench, queue: &mut mpsc::Receiver<Event>) {
    let application = options.app.as_deref().and_then(|key| bench.lab.scenario.application(key));
    let Some(key) = application.filter(|known| known.gets_a_key()).map(|known| known.key.clone()) else {
        return;
    };
    let deadline = tokio::time::sleep(Duration::from_secs(options.timeout));
    tokio::pin!(deadline);
    while !bench.lab.client_keys.contains_key(&key) {
        let event = tokio::select! {
            event = queue.recv() => event,
            () = &mut deadline => None,
        };
        let Some(event) = event else { return };
        bench.apply(event, clock::now());
    }
}

/// What is to be run, with everything that must be known before it starts.
fn plan(options: &Options, bench: &Workbench) -> Result<Start, String> {
    let mut profile = match options.target.profile()? {
        Some(profile) => profile,
        None => options.target.over(lab_profile(options, bench)?)?,
    };
    // Who is somewhere else and only wants to leave need not come in first.
    if profile.given.is_none() && (options.flow != FlowKind::Logout || profile.authority.is_lab()) {
        let source = bench.source_for(options.flow, options.app.as_deref(), profile.api.as_ref());
        profile.source = source.or(profile.source);
    }
    if let Some(source) = &mut profile.source {
        options.target.over_source(options.flow, &mut source.profile)?;
    }
    if options.flow == FlowKind::Password {
        // Here the application itself sends what would otherwise be typed at the authority.
        let person = credentials(options, bench, &profile)?;
        profile.username = Some(person.username);
        profile.password = Some(person.password);
    }
    let front = front_channel(options, bench, &profile)?;
    let bends = options.set.iter().chain(&options.drop).cloned().collect();
    Ok(Start { kind: options.flow, profile, bends, front, auto: true, seeds: entropy::seeds() })
}

fn lab_profile(options: &Options, bench: &Workbench) -> Result<Profile, String> {
    bench.profile_for(options.flow, options.app.as_deref()).ok_or_else(|| {
        let keys: std::collections::BTreeSet<_> =
            bench.offers.iter().map(|offer| offer.key.as_str()).collect();
        let keys = keys.into_iter().collect::<Vec<_>>().join(", ");
        match &options.app {
            Some(app) => format!("the lab tenant has no application “{app}”; it has {keys}"),
            None => format!(
                "no application of the lab tenant is made for {}; --app takes one of {keys}",
                options.flow.name()
            ),
        }
    })
}

fn front_channel(
    options: &Options,
    bench: &Workbench,
    profile: &Profile,
) -> Result<Option<FrontChannel>, String> {
    let chosen = match options.sign_in {
        Some(chosen) => chosen,
        None if options.no_browser || browser::unavailable().is_some() => SignIn::None,
        None => SignIn::Browser,
    };
    Ok(match chosen {
        SignIn::None => None,
        SignIn::Paste => Some(FrontChannel::Paste),
        SignIn::Browser => match browser::unavailable() {
            None => Some(FrontChannel::Browser),
            Some(why) => {
                return Err(format!("no browser can be opened: {why}; use --sign-in builtin, paste or none"));
            }
        },
        SignIn::Builtin => Some(FrontChannel::Builtin(Some(credentials(options, bench, profile)?))),
    })
}

/// Who signs in: as the options say; in the lab tenant everybody's password is known.
fn credentials(options: &Options, bench: &Workbench, profile: &Profile) -> Result<Credentials, String> {
    // Lab credentials are for the lab tenant alone, whoever else has somebody of that name.
    let person = if profile.authority.is_lab() { lab_person(options, bench) } else { None };
    let given = match &options.password_env {
        Some(variable) => Some(from_environment(variable, "--password-env")?),
        None => None,
    };
    match (person, &options.username) {
        (Some(person), _) => Ok(Credentials { password: given.unwrap_or(person.password), ..person }),
        (None, Some(username)) => Ok(Credentials {
            username: username.clone(),
            password: match given {
                Some(password) => password,
                // Somebody that the lab tenant does not know may still try.
                None if profile.authority.is_lab() => Secret::new("wrong"),
                None => {
                    return Err(
                        "--password-env VAR is needed: who signs in by itself has a password".to_owned()
                    );
                }
            },
            ..Credentials::default()
        }),
        (None, None) => {
            if matches!(options.flow, FlowKind::ClientCredentials | FlowKind::ManagedIdentity) {
                return Ok(Credentials::default());
            }
            Err("--username and --password-env are needed: nobody else types them".to_owned())
        }
    }
}

/// Who signs in at the lab tenant: whoever was named; an administrator where only one can say yes; else the first.
fn lab_person(options: &Options, bench: &Workbench) -> Option<Credentials> {
    let mut users = bench.lab.scenario.users().iter();
    let administrator = match options.flow {
        FlowKind::AdminConsent => users.find(|user| user.administrator).map(|user| user.key.as_str()),
        _ => None,
    };
    bench.lab.person(options.username.as_deref().or(administrator))
}

/// The loop: one queue in, effects out, until the run is over.
struct Driver {
    bench: Workbench,
    runtime: Runtime,
    queue: mpsc::Receiver<Event>,
    events: mpsc::Sender<Event>,
    reporter: Reporter,
    options: Options,
}

impl Driver {
    async fn run(mut self, start: Start) -> Exit {
        let quiet = self.options.json || self.options.events;
        let deadline = tokio::time::sleep(Duration::from_secs(self.options.timeout));
        tokio::pin!(deadline);
        let first = Event::User(User::Start(start));
        self.apply(first);
        let Some(latest) = self.bench.latest().map(|session| session.id) else { return Exit::Usage };
        // The run that brings its token may have begun already.
        let id = self.bench.root(latest);
        let mut prompted = None;
        let mut interrupted = interrupts();
        let mut late = false;
        loop {
            // While another run brings its token, that one is the one to see to.
            let acting = self.bench.acting(id);
            if prompted != Some(acting)
                && let Some(prompt) = self.bench.session(acting).and_then(|session| session.flow.prompt())
            {
                prompted = Some(acting);
                self.prompt(acting, &prompt, quiet);
            }
            if let Some(reason) = self.stuck(acting) {
                return usage(reason);
            }
            if self.bench.session(id).is_none_or(|session| !session.is_running())
                || self.lost(acting).is_some()
            {
                break;
            }
            let event = tokio::select! {
                event = self.queue.recv() => event,
                () = &mut deadline, if !late => {
                    late = true;
                    Some(Event::User(User::Cancel(id)))
                }
                _ = interrupted.recv() => Some(Event::User(User::Cancel(id))),
            };
            match event {
                Some(event) => self.apply(event),
                None => break,
            }
        }
        // Notes of the lab tenant may still be on their way; what is there already is read.
        while let Ok(event) = self.queue.try_recv() {
            self.apply(event);
        }
        self.finish(id, late)
    }

    fn apply(&mut self, event: Event) {
        for effect in self.bench.apply(event, clock::now()) {
            self.runtime.perform(effect);
        }
        self.reporter.observe(&self.bench);
    }

    /// Tells the person, or the program that reads our events, what has to be done elsewhere.
    fn prompt(&self, id: SessionId, prompt: &Prompt, quiet: bool) {
        if let Some(session) = self.bench.session(id)
            && matches!(session.front, Some(FrontChannel::Builtin(_)))
        {
            return;
        }
        match prompt {
            Prompt::Visit(visit) => {
                say(format!("Sign in here:\n\n  {}\n", visit.url));
                if self.options.sign_in == Some(SignIn::Paste) {
                    say("Then paste the address that you were sent to, and press Enter:");
                    self.read_paste(id);
                } else if !quiet {
                    say(format!("Waiting for the answer at {}", visit.redirect_uri));
                }
            }
            Prompt::DeviceCode(device) => say(format!(
                "Open    {}\nEnter   {}\n",
                crate::text::visible(&device.verification_uri),
                crate::text::visible(&device.user_code)
            )),
        }
    }

    /// Reads redirected addresses from standard input, on a thread of its own, until one can be read.
    fn read_paste(&self, id: SessionId) {
        let events = self.events.clone();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { break };
                match front_channel::read_pasted(&line) {
                    Ok(arrival) => {
                        let _ = events.blocking_send(Event::User(User::Pasted(id, arrival)));
                        return;
                    }
                    Err(why) => say(format!("That cannot be read: {why}. Paste the whole address:")),
                }
            }
            let _ = events.blocking_send(Event::User(User::Cancel(id)));
        });
    }

    /// Why the run cannot go on without a person at a screen, if so: a request that cannot be sent.
    fn stuck(&self, id: SessionId) -> Option<String> {
        let session = self.bench.session(id).filter(|session| session.is_running())?;
        if session.wanted().is_some() && session.source_run.is_none() {
            return Some(format!(
                "{} begins with a token: none is at hand, and no sign-in is set up that would bring one",
                session.kind.name()
            ));
        }
        if session.auto {
            return None;
        }
        let steps = session.flow.steps();
        let step = steps.iter().find(|step| step.state == StepState::Ready)?;
        let why = step.draft.map(Draft::request);
        Some(match why {
            Some(Err(failure)) => format!("step {}: {failure}", step.id.name()),
            Some(Ok(_)) | None => format!("step {} cannot go on", step.id.name()),
        })
    }

    /// Why nobody will ever approve the device code, if so: the built-in user agent ended on a page that refuses.
    fn lost(&self, id: SessionId) -> Option<Refusal> {
        let session = self.bench.session(id).filter(|session| session.is_running() && !session.agent_busy)?;
        let page = session.stranded.as_ref()?;
        let waits = session.agent.as_ref()?.page().is_some_and(|page| !page.forms.is_empty());
        let refusal = oauth::error::from_page(page);
        (waits || !refusal.error_codes.is_empty()).then_some(refusal)
    }

    fn finish(&self, id: SessionId, late: bool) -> Exit {
        let Some(session) = self.bench.session(id) else { return Exit::Usage };
        // Where the run that was to bring the token ended badly, that is what there is to tell.
        let culprit = self.bench.session(self.bench.culprit(id)).unwrap_or(session);
        let timed_out = || {
            Outcome::Failed(Failure::Timeout {
                host: authority_name(&session.profile.authority),
                after: Duration::from_secs(self.options.timeout),
            })
        };
        let outcome = match &culprit.outcome {
            Some(Outcome::Cancelled) if late => timed_out(),
            Some(outcome) => outcome.clone(),
            None => self.lost(self.bench.acting(id)).map_or_else(timed_out, Outcome::Refused),
        };
        for bend in self
            .options
            .set
            .iter()
            .chain(&self.options.drop)
            .filter(|bend| self.bench.chain(id).iter().all(|session| !took_place(session, bend)))
        {
            let step = bend.step.map_or("any step", StepId::name);
            say(format!(
                "authwright: nothing called “{}” was sent in {step}; nothing was changed there",
                bend.name
            ));
        }
        if self.options.json || self.options.events {
            let object = report::outcome(&self.bench, session, &outcome, self.options.with_secrets);
            print(if self.options.json {
                serde_json::to_string_pretty(&object).unwrap_or_default()
            } else {
                object.to_string()
            });
        } else {
            for line in report::summary(&self.bench, culprit, &outcome, self.options.with_secrets) {
                print(line);
            }
        }
        if let Outcome::Failed(failure) = &outcome
            && let Some(advice) = report::advice(failure, self.options.target.ca.is_some())
        {
            say(format!("authwright: {advice}"));
        }
        match outcome {
            Outcome::Tokens(_) | Outcome::Done(_) => Exit::Done,
            Outcome::Refused(_) | Outcome::Rejected { .. } => Exit::Refused,
            Outcome::Failed(_) => Exit::NoAnswer,
            Outcome::Cancelled => Exit::Cancelled,
        }
    }
}

/// Whether a change found something to change in a request that was laid out.
fn took_place(session: &Session, bend: &NamedBend) -> bool {
    let steps = session.flow.steps();
    let mut drafts = steps
        .iter()
        .filter(|step| bend.step.is_none_or(|wanted| wanted == step.id))
        .filter_map(|step| step.draft);
    drafts.any(|draft| {
        bend.name == draft.endpoint.name || draft.fields.iter().any(|field| field.is_called(&bend.name))
    })
}

fn authority_name(authority: &Authority) -> String {
    match authority {
        Authority::Lab { base, .. } | Authority::Entra { base, .. } | Authority::Issuer(base) => {
            base.host_str().unwrap_or("the authority").to_owned()
        }
    }
}

/// Fires when the person presses Ctrl-C, or the system asks us to end.
fn interrupts() -> mpsc::Receiver<()> {
    let (fire, fired) = mpsc::channel(1);
    tokio::spawn(async move {
        signals::ended().await;
        let _ = fire.send(()).await;
    });
    fired
}
