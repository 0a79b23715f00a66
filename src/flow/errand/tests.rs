//! The machine's playbook: what comes in, what must go out.

use serde_json::{Value, json};

use super::*;
use crate::{
    flow::{
        Bend, CallId, Choice, Flow, Platform, Source,
        playbook::{
            self, Play, START, ended, garbage, json_answer, metadata, redirected, refusal, token as jwt,
        },
        sequences::{self, Letter, NEXT},
    },
    oauth::Surface,
    wire::{Failure, Headers},
};

const TENANT: &str = "72a2d8a5-3f0c-4c59-9d1e-6f1b3c1a9d11";
const BACK: &str =
    "admin_consent=True&tenant=72a2d8a5-3f0c-4c59-9d1e-6f1b3c1a9d11&scope=api%2FRead&state=state-1";

fn lab(tenant: &str) -> Authority {
    Authority::Lab { base: "http://localhost:4000".parse().expect("an address"), tenant: tenant.to_owned() }
}

fn consenting() -> Profile {
    Profile { authority: lab(TENANT), scope: "api://stock/.default".to_owned(), ..playbook::profile() }
}

fn listening() -> Answer {
    let redirect_uri: Url = "http://localhost:5001/cb".parse().expect("an address");
    Answer::Listening(redirect_uri.into())
}

fn page(status: u16, html: &str) -> Answer {
    let headers = Headers::new().with("content-type", "text/html");
    Answer::DeadEnd(Response { status, headers, body: html.to_owned().into() })
}

/// The visit that goes out now.
fn leaves(play: &mut Play, call: u32) -> Visit {
    let mut effects = play.next();
    let Some(Effect::Visit(sent, visit)) = effects.pop() else { panic!("no visit") };
    assert_eq!((sent, effects.len()), (CallId(call), 0));
    assert_eq!(play.flow.prompt(), Some(Prompt::Visit(visit.clone())));
    visit
}

/// A consent whose visit is laid out.
fn at_consent(profile: Profile, bends: Vec<NamedBend>) -> Play {
    let mut play = Play::begin_at(StepId::Prepare, FlowKind::AdminConsent, profile, bends);
    assert_eq!(play.next(), [Effect::Listen(CallId(1), "http://localhost/cb".parse().expect("an address"))]);
    assert_eq!(play.answer(1, listening()), []);
    assert_eq!(play.state(StepId::AdminConsent), StepState::Ready);
    play
}

/// A consent whose administrator is away.
fn away(profile: Profile) -> Play {
    let mut play = at_consent(profile, Vec::new());
    leaves(&mut play, 2);
    play
}

#[test]
fn the_whole_consent() {
    let mut play = at_consent(consenting(), Vec::new());
    assert_eq!(play.fact(StepId::Prepare, "redirect_uri").as_deref(), Some("http://localhost:5001/cb"));
    assert_eq!(play.finds(StepId::Prepare, Severity::Passed), ["listener.open"]);
    assert_eq!(play.finds(StepId::AdminConsent, Severity::Info), [] as [&str; 0]);
    let visit = leaves(&mut play, 2);
    assert_eq!(
        visit.url.as_str(),
        "http://localhost:4000/72a2d8a5-3f0c-4c59-9d1e-6f1b3c1a9d11/v2.0/adminconsent?client_id=app\
         &scope=api%3A%2F%2Fstock%2F.default&redirect_uri=http%3A%2F%2Flocalhost%3A5001%2Fcb&state=state-1"
    );
    assert_eq!(visit.redirect_uri.as_str(), "http://localhost:5001/cb");
    let (outcome, stopped) = play.ends(2, redirected(BACK));
    let expected = format!("An administrator of {TENANT} agreed to api/Read for everybody.");
    assert_eq!((outcome, stopped), (Outcome::Done(expected), vec![CallId(1)]));
    assert_eq!(play.finds(StepId::Return, Severity::Passed), ["state.matches", "consent.unproven"]);
    assert_eq!(play.fact(StepId::Return, "tenant").as_deref(), Some(TENANT));
    assert_eq!(play.flow.prompt(), None);
    assert!(play.flow.steps().iter().all(|step| step.state == StepState::Done));
}

#[test]
fn version_1_asks_for_all_that_is_registered() {
    let profile = Profile { admin_consent: AdminConsentVersion::V1, ..consenting() };
    let mut play = at_consent(profile, Vec::new());
    let visit = leaves(&mut play, 2);
    assert_eq!(visit.url.path(), format!("/{TENANT}/adminconsent"));
    assert!(visit.url.query_pairs().all(|(name, _)| name != "scope"));
    let (outcome, _) = play.ends(2, redirected("admin_consent=True&tenant=t&state=state-1"));
    assert!(
        matches!(&outcome, Outcome::Done(done) if done.contains("everything that the registration lists")),
        "{outcome:?}"
    );
    assert!(play.finds(StepId::Return, Severity::Warning).contains(&"consent.other_tenant"));
}

#[test]
fn what_comes_back_is_checked_before_it_is_believed() {
    let check = |query: &str, id: &str| {
        let mut play = away(consenting());
        let (outcome, _) = play.ends(2, redirected(query));
        assert!(matches!(outcome, Outcome::Rejected { tokens: None, .. }), "{query}: {outcome:?}");
        assert_eq!(play.finds(StepId::Return, Severity::Error), [id], "{query}");
        assert_eq!((play.flow.current(), play.state(StepId::Return)), (StepId::Return, StepState::Failed));
    };
    check("admin_consent=True&tenant=t&state=other", "state.mismatch");
    check("admin_consent=True&tenant=t", "state.missing");
    check("tenant=t&state=state-1", "consent.not_given");
    check("admin_consent=True&state=state-1&state=state-1", "answer.repeated");
    check("error=access_denied&state=other", "state.mismatch");
}

#[test]
fn a_refusal_counts_more_than_admin_consent_beside_it() {
    let refused = |query: &str| {
        let (outcome, _) = away(consenting()).ends(2, redirected(query));
        match outcome {
            Outcome::Refused(refusal) => refusal,
            other => panic!("{query}: {other:?}"),
        }
    };
    let no =
        refused("error=access_denied&error_description=AADSTS65004%3A+no&admin_consent=True&state=state-1");
    assert_eq!(
        (no.surface, &*no.error, &no.error_codes[..]),
        (Surface::Redirect, "access_denied", &[65004][..])
    );
    assert_eq!(refused("error=permission_denied").error, "permission_denied");
    let (outcome, _) =
        away(consenting()).ends(2, page(200, "<h1>Need approval</h1><p>AADSTS90094: ask.</p>"));
    assert!(
        matches!(outcome, Outcome::Refused(no) if no.error_codes == [90094] && no.surface == Surface::Page(200))
    );
}

#[test]
fn what_entra_will_refuse_is_said_before_the_visit() {
    let check = |profile: Profile, expected: &[&str]| {
        assert_eq!(at_consent(profile, Vec::new()).finds(StepId::AdminConsent, Severity::Info), expected);
    };
    let scope = |scope: &str| Profile { scope: scope.to_owned(), ..consenting() };
    check(scope("api://stock/.default"), &[]);
    check(scope("api://stock/.default api://stock/Read"), &["scope.default_mixed"]);
    check(scope("api://stock/Read"), &["consent.delegated_only"]);
    check(scope("a://1/.default b://2/.default"), &["consent.several_apis"]);
    check(scope(""), &["parameter.missing"]);
    check(Profile { authority: lab("common"), ..consenting() }, &["tenant.shared"]);
    let version_1 = Profile { admin_consent: AdminConsentVersion::V1, ..consenting() };
    let mut play = at_consent(version_1, Vec::new());
    assert_eq!(play.finds(StepId::AdminConsent, Severity::Info), [] as [&str; 0]);
    play.says(Input::Chosen(Choice::Bend(Bend::Add(Place::Query, "scope".into(), "a/b".into()))));
    assert_eq!(play.finds(StepId::AdminConsent, Severity::Info), ["consent.scope_ignored"]);
    let mut play = at_consent(consenting(), Vec::new());
    let finds = |play: &Play| play.finds(StepId::AdminConsent, Severity::Warning);
    play.says(Input::Chosen(Choice::Bend(Bend::ToggleRemoved(3))));
    assert_eq!(finds(&play), ["state.not_sent"]);
    play.says(Input::Chosen(Choice::Bend(Bend::Set(2, "http://localhost:9/".into()))));
    assert_eq!(finds(&play), ["state.not_sent", "redirect_uri.not_ours", "redirect_uri.not_registered"]);
    play.says(Input::Chosen(Choice::Bend(Bend::Add(Place::Header, "x".into(), "1".into()))));
    assert!(finds(&play).contains(&"header.not_sent"));
    assert_eq!(leaves(&mut play, 2).redirect_uri.as_str(), "http://localhost:9/");
}

#[test]
fn without_a_listener_the_visit_goes_on_and_says_how() {
    let mut play = Play::begin_at(StepId::Prepare, FlowKind::AdminConsent, consenting(), Vec::new());
    play.next();
    let busy = Failure::Listen { address: "localhost:80".into(), reason: "port 80 is taken".into() };
    assert_eq!(play.answer(1, Answer::Failed(busy)), []);
    assert_eq!(play.finds(StepId::Prepare, Severity::Warning), ["listener.none"]);
    leaves(&mut play, 2);
    let elsewhere =
        Profile { redirect_uri: Some("https://app.example/cb".parse().expect("an address")), ..consenting() };
    let mut play = Play::begin_at(StepId::Prepare, FlowKind::AdminConsent, elsewhere, Vec::new());
    assert_eq!(play.next(), []);
    assert_eq!(play.finds(StepId::Prepare, Severity::Warning), ["listener.none"]);
    leaves(&mut play, 1);
    let effects = play.says(Input::Cancel);
    assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(1)]));
}

#[test]
fn other_providers_have_no_such_page() {
    let issuer = Authority::Issuer("https://idp.example".parse().expect("an address"));
    assert!(FlowKind::AdminConsent.unsuited(&issuer).is_some());
    assert_eq!(FlowKind::AdminConsent.unsuited(&lab("t")), None);
    assert_eq!(FlowKind::Logout.unsuited(&issuer), None);
    let profile = Profile { authority: issuer, ..consenting() };
    let mut play = at_consent(profile, Vec::new());
    assert_eq!(play.finds(StepId::Prepare, Severity::Error), ["authority.unsuited"]);
    assert_eq!(play.finds(StepId::AdminConsent, Severity::Error), ["request.unsendable"]);
    assert_eq!(play.next(), []);
}

fn id_token(more: &Value) -> Secret {
    let mut claims = json!({
        "aud": "app", "iss": "http://localhost:4000/tid/v2.0", "sub": "s", "nonce": "n", "name": "Mina",
        "preferred_username": "mina@northwind.example", "exp": START.seconds() - 60, "ver": "2.0"
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name.as_str()] = value.clone();
    }
    jwt(&claims)
}

fn with_logout() -> Value {
    let mut document = metadata();
    document["end_session_endpoint"] = json!("http://localhost:4000/tid/logout");
    document
}

fn leaving() -> Profile {
    Profile { given: Some(id_token(&json!({"login_hint": "O.abc"}))), ..playbook::profile() }
}

/// A logout whose visit is laid out. Its listener is call 2.
fn at_logout(profile: Profile) -> Play {
    let first = if profile.given.is_some() { StepId::Given } else { StepId::Discover };
    let mut play = Play::begin_at(first, FlowKind::Logout, profile, Vec::new());
    if first == StepId::Given {
        assert_eq!(play.next(), []);
    }
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &with_logout())), []);
    assert!(matches!(play.next()[..], [Effect::Listen(CallId(2), _)]));
    assert_eq!(play.answer(2, listening()), []);
    play
}

#[test]
fn the_whole_logout() {
    let mut play = at_logout(leaving());
    assert_eq!(play.finds(StepId::Given, Severity::Passed), ["given.id_token"]);
    assert_eq!(play.finds(StepId::Logout, Severity::Warning), [] as [&str; 0]);
    let visit = leaves(&mut play, 3);
    let sent: Vec<_> =
        visit.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let hint = id_token(&json!({"login_hint": "O.abc"}));
    let expected = [
        ("id_token_hint", hint.expose()),
        ("logout_hint", "O.abc"),
        ("client_id", "app"),
        ("post_logout_redirect_uri", "http://localhost:5001/cb"),
        ("state", "state-1"),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(visit.url.path(), "/tid/logout");
    let (outcome, stopped) = play.ends(3, redirected("state=state-1"));
    assert_eq!(
        (outcome, stopped),
        (Outcome::Done("The person signed out and came back.".into()), vec![CallId(2)])
    );
    assert_eq!(play.finds(StepId::Return, Severity::Passed), ["state.matches", "logout.tokens_live"]);
    assert!(play.flow.steps().iter().all(|step| step.state == StepState::Done));
}

#[test]
fn the_hint_is_asked_for_where_a_sign_in_brings_one_and_left_out_elsewhere() {
    let source = Source { kind: FlowKind::AuthorizationCode, profile: playbook::profile() };
    let profile = Profile { source: Some(Box::new(source)), ..playbook::profile() };
    let mut play = Play::begin_at(StepId::Given, FlowKind::Logout, profile, Vec::new());
    assert_eq!(play.next(), [Effect::Need(CallId(1), Need::IdToken)]);
    assert_eq!(play.answer(1, Answer::Given(id_token(&json!({})))), []);
    assert_eq!(play.state(StepId::Discover), StepState::Ready);

    let mut play = at_logout(playbook::profile());
    assert_eq!(play.state(StepId::Given), StepState::Skipped);
    assert_eq!(play.finds(StepId::Logout, Severity::Info), ["logout.registered", "logout.no_hint"]);
    let visit = leaves(&mut play, 3);
    assert!(visit.url.query_pairs().all(|(name, _)| !name.ends_with("_hint")));
}

#[test]
fn where_the_registration_is_known_the_way_back_is_held_against_it() {
    let finds = |registered: &str| {
        let registered = vec![(Platform::Native, registered.parse().expect("an address"))];
        let play = at_logout(Profile { registered, ..leaving() });
        play.finds(StepId::Logout, Severity::Info)
    };
    assert_eq!(finds("http://localhost/cb"), [] as [&str; 0]);
    assert_eq!(finds("http://localhost/elsewhere"), ["logout.registered"]);
}

#[test]
fn what_will_not_work_is_said_before_the_visit() {
    let finds = |profile: Profile, bend: Option<Bend>| {
        let mut play = at_logout(profile);
        if let Some(bend) = bend {
            play.says(Input::Chosen(Choice::Bend(bend)));
        }
        play.finds(StepId::Logout, Severity::Warning)
    };
    let access = jwt(&json!({"aud": "api", "scp": "x", "azp": "app", "ver": "2.0"}));
    assert_eq!(finds(Profile { given: Some(access), ..leaving() }, None), ["logout.hint_kind"]);
    let upn = Bend::Set(1, "mina@northwind.example".into());
    assert_eq!(finds(leaving(), Some(upn)), ["logout.hint_form"]);
    assert_eq!(finds(leaving(), Some(Bend::ToggleRemoved(3))), ["logout.no_return"]);
    assert_eq!(finds(leaving(), Some(Bend::ToggleRemoved(4))), ["state.not_sent"]);
    let own = Some("http://localhost/bye".parse().expect("an address"));
    let profile = Profile { post_logout_redirect_uri: own, ..playbook::profile() };
    let mut play = Play::begin(FlowKind::Logout, profile, Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &with_logout()));
    let Some(Effect::Listen(_, uri)) = play.next().pop() else { panic!("no listener") };
    assert_eq!(uri.path(), "/bye");
}

#[test]
fn each_way_a_logout_can_end() {
    let gone = || {
        let mut play = at_logout(leaving());
        leaves(&mut play, 3);
        play
    };
    let mut play = gone();
    let (outcome, _) = play.ends(3, page(200, "<h1>You signed out</h1>"));
    assert!(matches!(&outcome, Outcome::Done(done) if done.contains("You signed out")), "{outcome:?}");
    assert_eq!(play.state(StepId::Return), StepState::Skipped);
    assert!(play.finds(StepId::Return, Severity::Info).contains(&"logout.no_return"));

    let (outcome, _) = gone().ends(3, page(200, "<p>AADSTS50068: no sign-out.</p>"));
    assert!(matches!(outcome, Outcome::Refused(no) if no.error_codes == [50068]));
    let (outcome, _) = gone().ends(3, page(500, "<h1>Trouble</h1>"));
    assert!(matches!(outcome, Outcome::Refused(no) if no.surface == Surface::Page(500)));
    let (outcome, _) = gone().ends(3, redirected("state=other"));
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    let mut play = gone();
    let (outcome, _) = play.ends(3, redirected(""));
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(play.finds(StepId::Return, Severity::Warning).contains(&"state.missing"));
    let (outcome, _) = gone().ends(3, redirected("error=login_required&state=state-1"));
    assert!(matches!(outcome, Outcome::Refused(no) if no.error == "login_required"));

    let metadata_answered = |answer: Answer| {
        let mut play = Play::begin(FlowKind::Logout, playbook::profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.ends(1, answer).0
    };
    assert!(matches!(metadata_answered(refusal("invalid_tenant")), Outcome::Refused(_)));
    assert!(matches!(metadata_answered(garbage()), Outcome::Failed(_)));
    let mut play = Play::begin(FlowKind::Logout, playbook::profile(), Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    play.next();
    play.answer(2, listening());
    assert_eq!(play.finds(StepId::Logout, Severity::Error), ["request.unsendable"]);
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let open = || Letter::Newest(listening());
    let back = Letter::Newest(redirected(BACK));
    let way = [sequences::begin(), NEXT, open(), NEXT, back.clone()];
    let flow = Flow::new(FlowKind::AdminConsent, consenting(), Vec::new());
    sequences::play_everywhere(&flow, &way, &[], 9);

    let source = Source { kind: FlowKind::AuthorizationCode, profile: playbook::profile() };
    let profile = Profile { source: Some(Box::new(source)), ..playbook::profile() };
    let given = Letter::Newest(Answer::Given(id_token(&json!({}))));
    let document = Letter::Newest(json_answer(200, &with_logout()));
    let back = Letter::Newest(redirected("state=state-1"));
    let way = [sequences::begin(), NEXT, given, NEXT, document, NEXT, open(), NEXT, back];
    let flow = Flow::new(FlowKind::Logout, profile, Vec::new());
    sequences::play_everywhere(&flow, &way, &[], 11);
}
