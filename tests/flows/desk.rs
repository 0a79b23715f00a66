//! The lab tenant, a person at a browser that stays open, and the time.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use authwright::{
    agent::{Act, Agent, ControlKind, Credentials, Next, Page},
    flow::{Answer, Authority, Credential, DevicePrompt, Platform, Profile},
    oauth::{error, parameters},
    provider::{
        Note, Provider,
        keys::{Keys, SigningKey},
        scenario::{ConditionalAccessPolicy, Control, PlatformKind, PolicyState, Scenario},
    },
    runtime::key_pair::{self, KeyPair},
    time::UnixTime,
    wire::{Params, Request, Response},
};
use aws_lc_rs::{rsa, rsa::KeySize};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use url::Url;

/// When a desk opens. Certificates of the tests begin with the day on which they run, so desks for them open later.
pub const START: UnixTime = UnixTime::from_seconds(1_772_615_727);

/// Where the lab answers.
pub const BASE: &str = "http://localhost:4000/";

/// The tenant of most applications.
pub const HOME: &str = "6b1f8f0e-4c1d-4a57-9e0b-2f7c3d5a9b10";

/// The keys of the lab. Making keys is what takes long in here, so each is made once.
pub static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let key = |name: &str| {
        let pair = rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        SigningKey::new(pair, name.as_bytes().to_vec()).expect("it is an RSA key")
    };
    Keys::new(key("current"), key("next"))
});

/// The key of an application, with its certificate.
pub static CERTIFIED: LazyLock<KeyPair> =
    LazyLock::new(|| key_pair::make("Price feed", 30).expect("a key pair can be made"));

/// One that no registration knows.
pub static STRANGE: LazyLock<KeyPair> =
    LazyLock::new(|| key_pair::make("Somebody else", 30).expect("a key pair can be made"));

/// What the person does on pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Fills in what is asked for and says yes.
    Agrees,
    /// Signs in, and presses Cancel where only a yes is asked for.
    Declines,
    /// Presses Cancel on the first page.
    Cancels,
    /// Leaves each page open for an hour, and then does as the first.
    Dawdles,
}

/// The desk.
pub struct Desk {
    pub provider: Provider,
    pub person: Credentials,
    pub manner: Manner,
    pub now: UnixTime,
    /// By how much the lab's clock is ahead of the client's.
    pub ahead: Duration,
    /// Whether somebody follows the prompt of a device.
    pub attends: bool,
    /// What was sent to the lab by flows, in order.
    pub sent: Vec<Request>,
    /// Why the lab refused, in order.
    pub notes: Vec<Note>,
    /// The numbers on the pages that visits to the device page ended on.
    pub told: Vec<u32>,
    browser: Option<Agent>,
}

impl Desk {
    /// The lab with its usual directory, and somebody of it.
    pub fn new(person: &str) -> Self {
        Self::stocked(Scenario::northwind(), person)
    }

    /// With another directory.
    pub fn stocked(scenario: Scenario, person: &str) -> Self {
        let provider = Provider::new(Arc::new(scenario), KEYS.clone(), [7; 32]);
        let mut desk = Self {
            provider,
            person: Credentials::default(),
            manner: Manner::Agrees,
            now: START,
            ahead: Duration::ZERO,
            attends: true,
            sent: Vec::new(),
            notes: Vec::new(),
            told: Vec::new(),
            browser: None,
        };
        desk.seat(person);
        desk
    }

    /// With a policy that asks this of everybody who wants in at an application; mina is there.
    pub fn guarding(application: &str, control: Control) -> Self {
        let mut scenario = Scenario::northwind();
        scenario.conditional_access_policies.push(ConditionalAccessPolicy {
            id: "00c0ffee-0000-4000-8000-000000000001".to_owned(),
            display_name: "Of the test".to_owned(),
            state: PolicyState::Enabled,
            include_users: vec!["All".to_owned()],
            include_service_principals: vec!["All".to_owned()],
            include_applications: vec![application.to_owned()],
            built_in_controls: vec![control],
            ..ConditionalAccessPolicy::default()
        });
        Self::stocked(scenario, "mina")
    }

    /// Somebody else sits down at the same browser.
    pub fn seat(&mut self, person: &str) {
        let user = self.provider.scenario().user(person).expect("the scenario has this person");
        self.person = Credentials {
            username: user.user_principal_name.clone(),
            password: user.password.clone(),
            one_time_code: user.one_time_code.clone(),
            ..Credentials::default()
        };
    }

    /// The object id of somebody.
    pub fn id_of(&self, person: &str) -> String {
        self.provider.scenario().user(person).expect("the scenario has this person").id.clone()
    }

    /// The client id of an application.
    pub fn client_id(&self, key: &str) -> String {
        self.provider.scenario().application(key).expect("the scenario has this application").app_id.clone()
    }

    /// The profile of one of the tenant's applications, as its registration has it.
    pub fn profile(&self, key: &str, scope: &str) -> Profile {
        let scenario = self.provider.scenario();
        let application = scenario.application(key).expect("the scenario has this application");
        let platform = match application.redirect_uri().map(|(platform, _)| platform) {
            Some(PlatformKind::Web) => Platform::Web,
            Some(PlatformKind::Spa) => Platform::Spa,
            Some(PlatformKind::PublicClient) => Platform::Native,
            None if application.is_fallback_public_client => Platform::Native,
            None => Platform::Web,
        };
        let secret = application.secret().filter(|_| platform == Platform::Web);
        let authority =
            Authority::Lab { base: BASE.parse().expect("an address"), tenant: scenario.home().id.clone() };
        Profile {
            platform,
            redirect_uri: application.redirect_uri().map(|(_, uri)| uri.parse().expect("an address")),
            scope: scope.to_owned(),
            credential: secret.cloned().map_or(Credential::None, Credential::Secret),
            ..Profile::new(key, authority, &application.app_id)
        }
    }

    /// Opens the second issuer.
    pub fn open_pipeline(&mut self) {
        self.provider.open_pipeline(
            SigningKey::new(private_key(&CERTIFIED), b"pipeline".to_vec()).expect("it is RSA"),
        );
    }

    /// Lets time go by.
    pub fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// The lab's answer to a request.
    pub fn ask(&mut self, request: &Request) -> Response {
        let decision = self.provider.decide(request, self.now + self.ahead);
        self.notes.extend(decision.note.clone());
        let response = decision.respond();
        explained(request, &response);
        response
    }

    /// The value that a flow sent last under this name, in a form.
    pub fn last_sent(&self, name: &str) -> String {
        let forms = self.sent.iter().rev().map(|request| Params::parse(&request.body.text()));
        let mut values = forms.filter_map(|form| form.get(name).map(str::to_owned));
        values.next().expect("it was sent")
    }

    /// The person goes to an address, and does there what their manner is.
    pub fn visit(&mut self, url: Url, redirect_uri: Option<Url>) -> Answer {
        let (mut agent, mut request) = match self.browser.take() {
            Some(mut agent) => {
                let request = agent.again(url, redirect_uri);
                (agent, request)
            }
            None => Agent::begin(url, redirect_uri),
        };
        let answer = loop {
            let response = self.ask(&request);
            let mut next = agent.answer(response.clone());
            if next == Next::Page {
                next = self.act(&mut agent).unwrap_or(Next::DeadEnd(response));
            }
            request = match next {
                Next::Send(request) => request,
                Next::Arrived(arrival) => {
                    for (name, _) in &arrival.params.0 {
                        assert!(parameters::meaning(name).is_some(), "{name} came back unexplained");
                    }
                    break Answer::Redirected(arrival);
                }
                Next::DeadEnd(page) => break Answer::DeadEnd(page),
                Next::Failed(failure) => break Answer::Failed(failure),
                Next::Page => unreachable!("whoever acts leaves the page"),
            };
        };
        self.browser = Some(agent);
        answer
    }

    /// The person follows a device's prompt.
    pub fn follow(&mut self, prompt: &DevicePrompt) {
        let typed = self.person.user_code.clone();
        self.person.user_code.get_or_insert_with(|| prompt.user_code.clone());
        let address = prompt.verification_uri.parse().expect("an address");
        if let Answer::DeadEnd(page) = self.visit(address, None) {
            self.told.extend(error::from_page(&page).error_codes);
        }
        self.person.user_code = typed;
    }

    fn act(&mut self, agent: &mut Agent) -> Option<Next> {
        let page = agent.page()?;
        let cancels = match self.manner {
            Manner::Agrees => false,
            Manner::Dawdles => {
                self.pass(3600);
                false
            }
            Manner::Declines => {
                asks_for_a_yes(page) && labelled(page, "Accept").or(labelled(page, "Continue")).is_some()
            }
            Manner::Cancels => true,
        };
        if cancels {
            let (form, button) = labelled(page, "Cancel")?;
            return agent.act(Act::Submit(form, Some(button)));
        }
        agent.autopilot(&self.person).or_else(|| says_yes(agent))
    }
}

/// Whatever the authority answers, the reader can look up what each member means. APIs' own documents are theirs.
fn explained(request: &Request, response: &Response) {
    let path = request.url.path();
    let is_api = ["/v1.0/", "/oidc/", "/api/", "/pipeline/"].iter().any(|area| path.starts_with(area));
    let Ok(Value::Object(members)) = serde_json::from_slice(response.body.bytes()) else { return };
    for name in members.keys().filter(|_| !is_api) {
        assert!(parameters::meaning(name).is_some(), "{path} answers with {name}, of which nothing is known");
    }
}

/// The private key of a pair, to sign with.
pub fn private_key(pair: &KeyPair) -> rsa::KeyPair {
    let body: String = pair.private_key_pem.expose().lines().filter(|line| !line.starts_with('-')).collect();
    rsa::KeyPair::from_pkcs8(&STANDARD.decode(body).expect("base64")).expect("a private key")
}

fn labelled(page: &Page, label: &str) -> Option<(usize, usize)> {
    page.forms.iter().enumerate().find_map(|(index, form)| {
        let button = form
            .controls
            .iter()
            .position(|control| control.kind == ControlKind::Submit && control.label == label)?;
        Some((index, button))
    })
}

fn asks_for_a_yes(page: &Page) -> bool {
    let asks = |kind: &ControlKind| matches!(kind, ControlKind::Text | ControlKind::Password);
    page.forms.iter().flat_map(|form| &form.controls).all(|control| !asks(&control.kind))
}

/// Presses the first button of a page that only asks for a yes: confirmation and consent look alike to the autopilot,
/// which answers a page once.
fn says_yes(agent: &mut Agent) -> Option<Next> {
    let page = agent.page()?;
    let form = page.forms.first()?;
    let asks_nothing =
        form.controls.iter().all(|one| matches!(one.kind, ControlKind::Hidden | ControlKind::Submit));
    let button = form.controls.iter().position(|one| one.kind == ControlKind::Submit);
    agent.act(Act::Submit(0, Some(button.filter(|_| asks_nothing)?)))
}
