//! Each flow against the lab tenant, without a socket or a clock: the flow's effects are performed here, by the tenant,
//! by the built-in user agent, and by a virtual time that is wherever the next alarm is.

#[path = "flows/errands.rs"]
mod errands;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use authwright::{
    agent::{Act, Agent, ControlKind, Credentials, Next},
    flow::{
        Answer, Authority, CallId, Change, Choice, Credential, Effect, FanOutResult, Federated, Flow,
        FlowKind, Input, NamedBend, Outcome, Pkce, Platform, Profile, Prompt, Seeds, SigningAlgorithm,
        StepId, StepState,
    },
    oauth::{Refusal, Surface, parameters},
    provider::{
        Provider,
        keys::{Keys, SigningKey},
        scenario::Scenario,
    },
    secret::Secret,
    time::UnixTime,
    wire::{Failure, Request, Response},
};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use serde_json::Value;
use url::Url;

const START: UnixTime = UnixTime::from_seconds(1_772_615_727);

/// The lab tenant, a person, and the time.
struct Desk {
    provider: Provider,
    person: Credentials,
    now: UnixTime,
}

impl Desk {
    fn new(person: &str) -> Self {
        let key = |name: &str| {
            let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
            SigningKey::new(pair, name.as_bytes().to_vec()).expect("it is an RSA key")
        };
        let scenario = Arc::new(Scenario::northwind());
        let user = scenario.user(person).expect("the scenario has this person");
        let person = Credentials {
            username: user.user_principal_name.clone(),
            password: user.password.clone(),
            ..Credentials::default()
        };
        let keys = Keys::new(key("current"), key("next"));
        Self { provider: Provider::new(scenario, keys, [7; 32]), person, now: START }
    }

    /// The profile of one of the tenant's applications.
    fn profile(&self, key: &str, platform: Platform, scope: &str) -> Profile {
        let scenario = self.provider.scenario();
        let application = scenario.application(key).expect("the scenario has this application");
        let secret = application.secret().filter(|_| platform == Platform::Web);
        let authority = Authority::Lab {
            base: "http://localhost:4000".parse().expect("an address"),
            tenant: scenario.home().id.clone(),
        };
        Profile {
            platform,
            redirect_uri: application.redirect_uri().map(|(_, uri)| uri.parse().expect("an address")),
            scope: scope.to_owned(),
            credential: secret.cloned().map_or(Credential::None, Credential::Secret),
            ..Profile::new(key, authority, &application.app_id)
        }
    }

    /// Runs a flow to its end, choosing "next" whenever it waits for that.
    fn run(&mut self, kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> (Outcome, Flow) {
        let mut flow = Flow::new(kind, profile, bends);
        let seeds = Seeds {
            state: "state-of-the-test".into(),
            nonce: "nonce-of-the-test".into(),
            verifier: Secret::new("v".repeat(43)),
            assertion_id: "assertion-of-the-test".into(),
        };
        let mut effects = VecDeque::from(flow.advance(Input::Begin(seeds), self.now));
        loop {
            let Some(effect) = effects.pop_front() else {
                let ready = flow.steps().into_iter().any(|step| step.state == StepState::Ready);
                assert!(ready, "nothing happens and nobody is asked: {:?}", flow.current());
                let before = flow.clone();
                let more = flow.advance(Input::Chosen(Choice::Next), self.now);
                assert!(!more.is_empty() || flow != before, "the flow is stuck");
                effects.extend(more);
                continue;
            };
            let (call, answer): (CallId, Answer) = match effect {
                Effect::Send(call, request) => {
                    let response = self.provider.decide(&request, self.now).respond();
                    explained(&request, &response);
                    (call, Answer::Response(response))
                }
                Effect::Listen(call, mut uri) => {
                    uri.set_port(uri.port().or(Some(5001))).expect("a loopback address takes a port");
                    (call, Answer::Listening(uri.into()))
                }
                Effect::Visit(call, visit) => (call, self.visit(visit.url, Some(visit.redirect_uri))),
                Effect::Sign(call, signing) => {
                    let signature = authwright::runtime::sign::sign(&signing);
                    (call, signature.map_or_else(Answer::Failed, Answer::Signed))
                }
                Effect::Need(call, need) => panic!("{call:?} needs a token: {need:?}"),
                Effect::WakeAt(call, time) => {
                    self.now = self.now.max(time);
                    // The person comes after the first poll.
                    if let Some(Prompt::DeviceCode(prompt)) = flow.prompt()
                        && prompt.polls.len() == 1
                        && !self.person.username.is_empty()
                    {
                        self.person.user_code = Some(prompt.user_code);
                        let address = prompt.verification_uri.parse().expect("an address");
                        self.visit(address, None);
                    }
                    (call, Answer::Woke)
                }
                Effect::Stop(_) => continue,
                Effect::Finish(outcome) => return (outcome, flow),
            };
            effects.extend(flow.advance(Input::Answer(call, answer), self.now));
        }
    }

    fn visit(&mut self, url: Url, redirect_uri: Option<Url>) -> Answer {
        let (mut agent, mut request) = Agent::begin(url, redirect_uri);
        loop {
            let response = self.provider.decide(&request, self.now).respond();
            let mut next = agent.answer(response.clone());
            if next == Next::Page {
                next = agent
                    .autopilot(&self.person)
                    .or_else(|| says_yes(&mut agent))
                    .unwrap_or(Next::DeadEnd(response));
            }
            request = match next {
                Next::Send(request) => request,
                Next::Arrived(arrival) => {
                    for (name, _) in &arrival.params.0 {
                        assert!(parameters::meaning(name).is_some(), "{name} came back unexplained");
                    }
                    return Answer::Redirected(arrival);
                }
                Next::DeadEnd(page) => return Answer::DeadEnd(page),
                Next::Failed(failure) => return Answer::Failed(failure),
                Next::Page => unreachable!("the autopilot acts, and an act leads on"),
            };
        }
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

/// Presses the first button of a page that only asks for a yes: confirmation and consent look alike to the autopilot,
/// which answers a page once.
fn says_yes(agent: &mut Agent) -> Option<Next> {
    let form = agent.page()?.forms.first()?;
    let asks_nothing =
        form.controls.iter().all(|one| matches!(one.kind, ControlKind::Hidden | ControlKind::Submit));
    let button = form.controls.iter().position(|one| one.kind == ControlKind::Submit);
    agent.act(Act::Submit(0, Some(button.filter(|_| asks_nothing)?)))
}

fn set(step: StepId, name: &str, value: &str) -> NamedBend {
    NamedBend { step: Some(step), name: name.to_owned(), change: Change::Set(value.to_owned()) }
}

fn drop(step: StepId, name: &str) -> NamedBend {
    NamedBend { step: Some(step), name: name.to_owned(), change: Change::Drop }
}

fn catalog(desk: &Desk) -> String {
    let scenario = desk.provider.scenario();
    let api = scenario.application("catalog-api").expect("the scenario has this API");
    api.identifier_uris[0].clone()
}

fn delegated(desk: &Desk) -> String {
    format!("openid profile offline_access {}/Catalog.Read", catalog(desk))
}

#[test]
fn people_sign_in_to_every_kind_of_application() {
    for (key, platform) in
        [("desktop", Platform::Native), ("storefront", Platform::Spa), ("admin-portal", Platform::Web)]
    {
        for pkce in [Pkce::S256, Pkce::Plain, Pkce::None] {
            if platform == Platform::Spa && pkce == Pkce::None {
                continue;
            }
            let mut desk = Desk::new("mina");
            let profile = Profile { pkce, ..desk.profile(key, platform, &delegated(&desk)) };
            let (outcome, flow) = desk.run(FlowKind::AuthorizationCode, profile, Vec::new());
            let Outcome::Tokens(tokens) = outcome else {
                panic!("{key} {pkce:?}: {outcome:?} {:#?}", flow.steps())
            };
            assert!(tokens.id_token.is_some() && tokens.refresh_token.is_some(), "{key}");
            assert!(flow.steps().iter().all(|step| step.state == StepState::Done), "{key}");
        }
    }
}

#[test]
fn an_application_signs_in_as_itself() {
    let mut desk = Desk::new("mina");
    let profile = desk.profile("inventory-sync", Platform::Web, &format!("{}/.default", catalog(&desk)));
    let (outcome, flow) = desk.run(FlowKind::ClientCredentials, profile, Vec::new());
    let Outcome::Tokens(tokens) = outcome else { panic!("{outcome:?}") };
    assert_eq!((tokens.id_token, tokens.refresh_token, tokens.scope), (None, None, None));
    let findings: Vec<_> = flow.steps().last().map(|step| step.findings.to_vec()).unwrap_or_default();
    let signature = findings.iter().find(|finding| finding.id == "check.signature");
    let severity = signature.map(|finding| finding.severity);
    assert_eq!(severity, Some(authwright::finding::Severity::Passed), "{findings:#?}");
}

#[test]
fn a_device_waits_for_the_person() {
    let mut desk = Desk::new("mina");
    let profile = desk.profile("kiosk", Platform::Native, &delegated(&desk));
    let (outcome, _) = desk.run(FlowKind::DeviceCode, profile, Vec::new());
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
    assert_eq!(desk.now, START + Duration::from_secs(10), "two polls, five seconds apart");
}

#[test]
fn a_device_gives_up_when_the_codes_end() {
    let mut desk = Desk::new("mina");
    desk.person = Credentials::default();
    let profile = desk.profile("kiosk", Platform::Native, &delegated(&desk));
    let (outcome, _) = desk.run(FlowKind::DeviceCode, profile, Vec::new());
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    assert_eq!(desk.now, START + Duration::from_secs(900));
}

/// Runs a flow that is refused.
fn refused(kind: FlowKind, (key, platform): (&str, Platform), bends: Vec<NamedBend>) -> (Refusal, StepId) {
    let mut desk = Desk::new("mina");
    let scope = match kind {
        FlowKind::ClientCredentials => format!("{}/.default", catalog(&desk)),
        _ => delegated(&desk),
    };
    let profile = desk.profile(key, platform, &scope);
    match desk.run(kind, profile, bends) {
        (Outcome::Refused(refusal), flow) => (refusal, flow.current()),
        (outcome, _) => panic!("not refused: {outcome:?}"),
    }
}

#[test]
fn what_is_bent_is_refused_where_entra_refuses_it() {
    use StepId::{Authorize, Discover, Return, Token};
    let code = FlowKind::AuthorizationCode;
    let desktop = ("desktop", Platform::Native);
    let storefront = ("storefront", Platform::Spa);
    let portal = ("admin-portal", Platform::Web);
    let daemon = ("inventory-sync", Platform::Web);
    let check = |kind, application, bend: NamedBend, step, surface, error: &str, number: u32| {
        let (refusal, at) = refused(kind, application, vec![bend.clone()]);
        let seen = (at, refusal.surface, refusal.error.as_str(), refusal.error_codes.clone());
        assert_eq!(seen, (step, surface, error, vec![number]), "{bend:?}");
        assert!(refusal.trace_id.is_some() && refusal.timestamp.is_some(), "{refusal:?}");
    };
    let elsewhere = "http://localhost:4000/nowhere.example/v2.0/.well-known/openid-configuration";
    check(
        code,
        desktop,
        set(Discover, "url", elsewhere),
        Discover,
        Surface::Json(400),
        "invalid_tenant",
        90002,
    );
    let stranger = set(Authorize, "client_id", "00000000-1111-4222-8333-444444444444");
    check(code, desktop, stranger, Authorize, Surface::Page(200), "", 700_016);
    let unregistered = set(Authorize, "redirect_uri", "https://other.example/cb");
    check(code, desktop, unregistered, Authorize, Surface::Page(200), "", 50011);
    let implicit = set(Authorize, "response_type", "id_token");
    check(code, desktop, implicit, Return, Surface::Redirect, "unsupported_response_type", 700_054);
    let another = set(Token, "code_verifier", &"w".repeat(43));
    check(code, desktop, another, Token, Surface::Json(400), "invalid_grant", 501_481);
    check(code, desktop, drop(Token, "code_verifier"), Token, Surface::Json(400), "invalid_grant", 50148);
    let secret = set(Token, "client_secret", "any");
    check(code, desktop, secret, Token, Surface::Json(401), "invalid_client", 700_025);
    check(code, storefront, drop(Token, "origin"), Token, Surface::Json(400), "invalid_request", 9_002_327);
    check(code, portal, drop(Token, "client_secret"), Token, Surface::Json(401), "invalid_client", 7_000_218);
    let wrong = set(Token, "client_secret", "wrong");
    check(code, portal, wrong.clone(), Token, Surface::Json(401), "invalid_client", 7_000_215);
    let credentials = FlowKind::ClientCredentials;
    check(credentials, daemon, wrong, Token, Surface::Json(401), "invalid_client", 7_000_215);
    let grant = set(Token, "grant_type", "magic");
    check(credentials, daemon, grant, Token, Surface::Json(400), "unsupported_grant_type", 70003);
    let device = set(StepId::Poll, "device_code", "garbled");
    let kiosk = ("kiosk", Platform::Native);
    check(FlowKind::DeviceCode, kiosk, device, StepId::Poll, Surface::Json(400), "invalid_grant", 7_000_014);
}

#[test]
fn a_request_that_goes_to_no_authority_is_a_failure() {
    let mut desk = Desk::new("mina");
    let profile = desk.profile("desktop", Platform::Native, &delegated(&desk));
    let nowhere = set(StepId::Token, "url", "http://localhost:4000/");
    let (outcome, _) = desk.run(FlowKind::AuthorizationCode, profile, vec![nowhere]);
    assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{outcome:?}");
}

/// The catalog API as the middle tier, with the token that a person's front end got for it.
fn in_the_middle(desk: &mut Desk, scope: &str) -> Profile {
    let front = desk.profile("desktop", Platform::Native, &delegated(desk));
    let (outcome, _) = desk.run(FlowKind::AuthorizationCode, front, Vec::new());
    let Outcome::Tokens(tokens) = outcome else { panic!("{outcome:?}") };
    Profile { given: tokens.access_token, ..desk.profile("catalog-api", Platform::Web, scope) }
}

fn found(flow: &Flow, step: StepId) -> Vec<&'static str> {
    let steps = flow.steps();
    let step = steps.iter().find(|one| one.id == step).expect("the flow has this step");
    step.findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn an_api_calls_the_next_one_in_the_persons_name() {
    let mut desk = Desk::new("mina");
    let graph = "https://graph.microsoft.com/User.Read offline_access";
    let profile = in_the_middle(&mut desk, graph);
    let (outcome, flow) = desk.run(FlowKind::OnBehalfOf, profile.clone(), Vec::new());
    let Outcome::Tokens(tokens) = outcome else { panic!("{outcome:?}") };
    assert!(tokens.refresh_token.is_some() && tokens.scope.is_some_and(|scope| scope.contains("User.Read")));
    assert_eq!(found(&flow, StepId::Given), ["assertion.kind", "assertion.audience", "assertion.expiry"]);

    let mail = Profile { scope: "https://graph.microsoft.com/Mail.Read".into(), ..profile.clone() };
    let (outcome, _) = desk.run(FlowKind::OnBehalfOf, mail, Vec::new());
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.error_codes, refusal.suberror.as_deref()), (vec![65001], Some("consent_required")));

    let other = Profile { given: tokens.access_token, ..profile };
    let (outcome, flow) = desk.run(FlowKind::OnBehalfOf, other, Vec::new());
    assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.error == "invalid_grant"), "{outcome:?}");
    assert!(found(&flow, StepId::Given).contains(&"assertion.audience"));
}

#[test]
fn an_id_token_and_an_application_alone_have_nobody_to_act_for() {
    let mut desk = Desk::new("mina");
    let profile = in_the_middle(&mut desk, "https://graph.microsoft.com/User.Read");
    let daemon = desk.profile("inventory-sync", Platform::Web, &format!("{}/.default", catalog(&desk)));
    let (outcome, _) = desk.run(FlowKind::ClientCredentials, daemon, Vec::new());
    let Outcome::Tokens(app_only) = outcome else { panic!("{outcome:?}") };
    let given = Profile { given: app_only.access_token, ..profile };
    let (outcome, flow) = desk.run(FlowKind::OnBehalfOf, given, Vec::new());
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.error.as_str(), refusal.error_codes), ("unauthorized_client", vec![7_000_114]));
    assert!(found(&flow, StepId::Given).contains(&"assertion.app_only"));
}

#[test]
fn one_refresh_token_reaches_what_was_agreed_to_and_stays_good() {
    let mut desk = Desk::new("mina");
    let profile = desk.profile("desktop", Platform::Native, &delegated(&desk));
    let (outcome, _) = desk.run(FlowKind::AuthorizationCode, profile.clone(), Vec::new());
    let Outcome::Tokens(tokens) = outcome else { panic!("{outcome:?}") };
    let profile = Profile { given: tokens.refresh_token, ..profile };
    for _ in 0..2 {
        let (outcome, flow) = desk.run(FlowKind::RefreshToken, profile.clone(), Vec::new());
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        assert!(found(&flow, StepId::Token).contains(&"refresh_token.rotated"));
    }
    let own = format!("{}/Catalog.Read", catalog(&desk));
    let fan_out = vec![own, "api://nobody/.default".to_owned()];
    let (outcome, flow) = desk.run(FlowKind::RefreshToken, Profile { fan_out, ..profile }, Vec::new());
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    let rows = flow.fan_out();
    assert!(rows[0].granted().iter().any(|scope| scope.ends_with("/Catalog.Read")), "{rows:#?}");
    let Some(FanOutResult::Refused(refusal)) = &rows[1].result else { panic!("{rows:#?}") };
    assert_eq!(refusal.error_codes, [500_011]);
}

#[test]
fn a_password_does_where_nothing_more_is_asked_for() {
    for (person, number) in [("mina", None), ("theo", Some(50076))] {
        let mut desk = Desk::new(person);
        let profile = Profile {
            username: Some(desk.person.username.clone()),
            password: Some(desk.person.password.clone()),
            ..desk.profile("family-files", Platform::Native, "https://graph.microsoft.com/User.Read")
        };
        let (outcome, flow) = desk.run(FlowKind::Password, profile, Vec::new());
        match (outcome, number) {
            (Outcome::Tokens(_), None) => {}
            (Outcome::Refused(refusal), Some(number)) => {
                assert_eq!(refusal.error_codes, [number]);
                assert!(found(&flow, StepId::Token).contains(&"password.interaction"));
            }
            (outcome, _) => panic!("{person}: {outcome:?}"),
        }
    }
}

#[test]
fn a_certificate_proves_an_application_until_its_assertion_is_bent() {
    let pair = authwright::runtime::key_pair::make("Price feed", 30).expect("a key pair can be made");
    let run = |algorithm, bends| {
        let mut desk = Desk::new("mina");
        // The certificate begins with the day on which it is made.
        desk.now = pair.certificate.not_before + Duration::from_secs(3600);
        desk.provider.register_certificate("price-feed", &pair.certificate_der).expect("the scenario has it");
        let key = authwright::flow::ClientKey { algorithm, ..pair.client_key() };
        let scope = format!("{}/.default", catalog(&desk));
        let profile = Profile {
            credential: Credential::PrivateKey(key),
            ..desk.profile("price-feed", Platform::Web, &scope)
        };
        desk.run(FlowKind::ClientCredentials, profile, bends).0
    };
    for algorithm in [SigningAlgorithm::Ps256, SigningAlgorithm::Rs256] {
        let outcome = run(algorithm, Vec::new());
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        for (bend, number) in [
            (set(StepId::Assert, "exp", "1772615727"), 700_024),
            (set(StepId::Assert, "iss", "somebody"), 50_048),
            (set(StepId::Assert, "aud", "https://else.example"), 700_023),
        ] {
            let outcome = run(algorithm, vec![bend.clone()]);
            let Outcome::Refused(refusal) = outcome else { panic!("{bend:?}: {outcome:?}") };
            assert_eq!(
                (refusal.error.as_str(), refusal.error_codes),
                ("invalid_client", vec![number]),
                "{bend:?}"
            );
        }
    }
}

#[test]
fn a_pipeline_vouches_for_an_application_that_holds_no_secret() {
    for (query, number) in [
        ("audience=api://AzureADTokenExchange", None),
        ("audience=api://else", Some(700_212)),
        (
            "audience=api://AzureADTokenExchange&subject=repo:northwind/inventory:ref:refs/heads/other",
            Some(700_213),
        ),
    ] {
        let mut desk = Desk::new("mina");
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        desk.provider.open_pipeline(SigningKey::new(pair, b"pipeline".to_vec()).expect("it is an RSA key"));
        let url = format!("http://localhost:4000/pipeline/token?{query}").parse().expect("an address");
        let scope = format!("{}/.default", catalog(&desk));
        let profile = Profile {
            credential: Credential::Federated(Federated::Fetched(url)),
            ..desk.profile("pipeline", Platform::Web, &scope)
        };
        let (outcome, flow) = desk.run(FlowKind::ClientCredentials, profile, Vec::new());
        match (outcome, number) {
            (Outcome::Tokens(_), None) => assert_eq!(found(&flow, StepId::Federate), [] as [&str; 0]),
            (Outcome::Refused(refusal), Some(number)) => assert_eq!(refusal.error_codes, [number], "{query}"),
            (outcome, _) => panic!("{query}: {outcome:?}"),
        }
    }
}
