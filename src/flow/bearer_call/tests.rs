//! The machine's playbook: what comes in, what must go out.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::*;
use crate::{
    finding::Severity,
    flow::{
        Bend, CallId, Change, Choice, Flow, FlowKind, StepState,
        playbook::{
            self, Play, START, elsewhere, ended, garbage, json_answer, metadata, refusal, token as jwt,
        },
        sequences::{self, Letter, NEXT},
    },
    oauth::Surface,
    wire::Headers,
};

fn claims(audience: &str, more: &Value) -> Value {
    let mut claims = json!({
        "aud": audience, "iss": "http://localhost:4000/tid/v2.0", "tid": "tid", "azp": "app", "azpacr": "0",
        "sub": "s", "oid": "o", "scp": "User.Read", "nbf": START.seconds() - 10, "exp": START.seconds() + 3600,
        "ver": "2.0"
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name.as_str()] = value.clone();
    }
    claims
}

const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

fn graph_token() -> Secret {
    jwt(&claims(GRAPH, &json!({})))
}

fn id_token(sub: &str) -> Secret {
    jwt(&json!({
        "aud": "app", "iss": "http://localhost:4000/tid/v2.0", "sub": sub, "nonce": "n", "name": "Mina Okafor",
        "preferred_username": "mina@northwind.example", "exp": START.seconds() + 3600, "ver": "2.0"
    }))
}

fn api(method: Method, address: &str, body: Option<&str>) -> Profile {
    let url = address.parse().expect("an address");
    let call = ApiCall { method, url, body: body.map(str::to_owned) };
    Profile { given: Some(graph_token()), api: Some(call), ..playbook::profile() }
}

fn me() -> Profile {
    api(Method::Get, "http://localhost:4000/v1.0/me?$select=id", None)
}

/// A run whose call is laid out.
fn at_call(profile: Profile, bends: Vec<NamedBend>) -> Play {
    let mut play = Play::begin_at(StepId::Given, FlowKind::CallApi, profile, bends);
    assert_eq!(play.next(), []);
    assert_eq!(play.state(StepId::Call), StepState::Ready);
    play
}

fn header(answer: Answer, name: &str, value: &str) -> Answer {
    let Answer::Response(mut response) = answer else { panic!("not a response") };
    response.headers.push(name, value);
    Answer::Response(response)
}

fn graph_error(status: u16, code: &str) -> Answer {
    let inner = json!({"date": "2026-03-04T09:20:11", "request-id": "r-1", "client-request-id": "c-1"});
    json_answer(status, &json!({"error": {"code": code, "message": "no", "innerError": inner}}))
}

#[test]
fn the_whole_call() {
    let mut play = Play::begin_at(StepId::Given, FlowKind::CallApi, me(), Vec::new());
    assert_eq!(play.next(), []);
    assert_eq!(play.state(StepId::Given), StepState::Done);
    assert_eq!(play.fact(StepId::Given, "aud").as_deref(), Some(GRAPH));
    assert_eq!(play.fact(StepId::Given, "scp").as_deref(), Some("User.Read"));
    assert_eq!(play.fact(StepId::Given, "exp").as_deref(), Some("2026-03-04 10:15:27Z (in 1 h 0 min)"));
    assert!(play.fact(StepId::Given, "token").is_some_and(|shown| shown.starts_with("••")));
    assert_eq!(play.finds(StepId::Given, Severity::Passed), ["given.access_token"]);

    assert_eq!(play.finds(StepId::Call, Severity::Info), [] as [&str; 0]);
    let request = play.sends(1, StepId::Call);
    assert_eq!(
        (request.method, request.url.as_str()),
        (Method::Get, "http://localhost:4000/v1.0/me?$select=id")
    );
    assert_eq!(request.headers.get("authorization"), Some(&*bearer::authorization(&graph_token())));
    assert!(request.body.is_empty());
    let me = json!({"displayName": "Mina Okafor", "id": "o-1", "mobilePhone": null});
    let (outcome, stopped) = play.ends(1, json_answer(200, &me));
    assert_eq!(outcome, Outcome::Done("GET localhost:4000/v1.0/me answered 200.".to_owned()));
    assert_eq!(stopped, []);
    assert_eq!(play.fact(StepId::Call, "displayName").as_deref(), Some("Mina Okafor"));
    assert_eq!(play.fact(StepId::Call, "other members").as_deref(), Some("mobilePhone"));
    assert!(play.flow.steps().iter().all(|step| step.state == StepState::Done));
}

#[test]
fn without_a_token_in_hand_the_driver_is_asked_for_one() {
    let profile = Profile { given: None, ..me() };
    let run = || {
        let mut play = Play::begin_at(StepId::Given, FlowKind::CallApi, profile.clone(), Vec::new());
        assert_eq!(play.next(), [Effect::Need(CallId(1), Need::AccessToken)]);
        assert_eq!(play.state(StepId::Given), StepState::Running);
        play
    };
    let mut play = run();
    assert_eq!(play.answer(1, Answer::Given(Secret::new("opaque"))), []);
    let request = play.sends(2, StepId::Call);
    assert_eq!(request.headers.get("authorization"), Some("Bearer opaque"));
    let nothing = Failure::Unsendable { reason: "nothing at hand".into() };
    let (outcome, _) = run().ends(1, Answer::Failed(nothing.clone()));
    assert_eq!(outcome, Outcome::Failed(nothing));
}

#[test]
fn a_call_may_have_a_verb_and_a_body() {
    let profile = api(Method::Patch, "http://localhost:4000/api/catalog/products/1", Some(r#"{"price":2}"#));
    let request = at_call(profile, Vec::new()).sends(1, StepId::Call);
    assert_eq!((request.method, &*request.body.text()), (Method::Patch, r#"{"price":2}"#));
    assert_eq!(request.headers.get("content-type"), Some("application/json"));
    for method in [Method::Post, Method::Put, Method::Delete] {
        let request =
            at_call(api(method, "http://localhost:4000/x", None), Vec::new()).sends(1, StepId::Call);
        assert!(request.body.is_empty(), "{method}");
        assert_eq!((request.method, request.headers.get("content-type")), (method, None));
    }
    let play = at_call(api(Method::Get, "http://localhost:4000/x", Some("{}")), Vec::new());
    assert!(play.finds(StepId::Call, Severity::Warning).contains(&"call.body"));
}

#[test]
fn where_no_api_is_named_it_is_graph_and_elsewhere_an_address_has_to_be_typed() {
    let with = |authority| Profile { authority, api: None, ..me() };
    let mut lab = at_call(with(me().authority), Vec::new());
    assert_eq!(lab.sends(1, StepId::Call).url.as_str(), "http://localhost:4000/v1.0/me");
    let base = "https://login.microsoftonline.com".parse().expect("an address");
    let mut live = at_call(with(Authority::Entra { base, tenant: "t".into() }), Vec::new());
    assert_eq!(live.sends(1, StepId::Call).url.as_str(), "https://graph.microsoft.com/v1.0/me");
    let issuer = Authority::Issuer("https://idp.example".parse().expect("an address"));
    let mut other = at_call(with(issuer), Vec::new());
    assert_eq!(other.finds(StepId::Call, Severity::Error), ["request.unsendable"]);
    assert_eq!(other.next(), []);
    other.says(Input::Chosen(Choice::Bend(Bend::Endpoint("https://api.example/x".into()))));
    other.sends(1, StepId::Call);
}

#[test]
fn a_token_that_does_not_fit_is_told_and_sent_all_the_same() {
    let check = |token: Secret, given: &str, call: Option<&str>| {
        let play = at_call(Profile { given: Some(token), ..me() }, Vec::new());
        assert!(play.finds(StepId::Given, Severity::Info).contains(&given), "{given}");
        assert_eq!(play.finds(StepId::Call, Severity::Info).first().copied(), call, "{given}");
    };
    check(id_token("s"), "given.id_token", None);
    check(jwt(&claims(GRAPH, &json!({"exp": START.seconds()}))), "given.expired", None);
    check(jwt(&claims(GRAPH, &json!({"nbf": START.seconds() + 60}))), "given.not_yet", None);
    check(Secret::new("0.opaque"), "given.unreadable", None);
    check(Secret::new("no token at all"), "given.no_token", Some("call.header_form"));
    let catalog =
        at_call(Profile { given: Some(jwt(&claims("api://catalog", &json!({})))), ..me() }, Vec::new());
    assert_eq!(catalog.finds(StepId::Call, Severity::Warning), ["call.wrong_audience"]);
    let foreign = at_call(api(Method::Get, "https://api.example/x", None), Vec::new());
    assert_eq!(foreign.finds(StepId::Call, Severity::Warning), ["call.foreign_token"]);
}

#[test]
fn the_header_can_be_dropped_doubled_and_spoilt() {
    let bent = |bend: Bend| {
        let mut play = at_call(me(), Vec::new());
        assert_eq!(play.says(Input::Chosen(Choice::Bend(bend))), []);
        let finds = play.finds(StepId::Call, Severity::Warning);
        (finds, play.sends(1, StepId::Call))
    };
    let (finds, request) = bent(Bend::ToggleRemoved(0));
    assert_eq!((finds, request.headers.get("authorization")), (vec!["call.no_token"], None));
    let (finds, request) = bent(Bend::Double(0));
    assert_eq!((finds, request.headers.all("authorization").count()), (vec!["call.two_tokens"], 2));
    for (value, id) in [
        ("Basic dTpw", "call.scheme"),
        ("Bearer", "call.header_form"),
        ("Bearer Bearer x", "call.header_form"),
    ] {
        let (finds, _) = bent(Bend::Set(0, value.to_owned()));
        assert_eq!(finds, [id], "{value}");
    }
    let (finds, request) = bent(Bend::Add(Place::Query, "access_token".into(), "x".into()));
    assert_eq!(finds, ["call.token_in_address"]);
    assert!(request.url.as_str().ends_with("&access_token=x"));
    let drop = NamedBend { step: None, name: "Authorization".to_owned(), change: Change::Drop };
    let request = at_call(me(), vec![drop]).sends(1, StepId::Call);
    assert_eq!(request.headers.get("authorization"), None);
}

#[test]
fn a_refusal_of_graph_names_its_code_and_what_to_do() {
    let mut play = at_call(Profile { given: Some(id_token("s")), ..me() }, Vec::new());
    play.sends(1, StepId::Call);
    let answer =
        header(graph_error(401, "InvalidAuthenticationToken"), "www-authenticate", "Bearer realm=\"\"");
    let (outcome, _) = play.ends(1, answer);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.surface, &*refusal.error), (Surface::Api(401), "InvalidAuthenticationToken"));
    assert_eq!(refusal.trace_id.as_deref(), Some("r-1"));
    assert_eq!(play.fact(StepId::Call, "error.code").as_deref(), Some("InvalidAuthenticationToken"));
    assert_eq!(play.finds(StepId::Call, Severity::Info), ["api.advice"]);
    assert!(play.step(StepId::Call).findings[0].title.contains("ID token"));
    assert_eq!((play.flow.current(), play.state(StepId::Call)), (StepId::Call, StepState::Failed));
}

#[test]
fn advice_comes_from_the_token_that_was_sent() {
    let advice = |profile: Profile, bend: Option<Bend>, answer: Answer| {
        let mut play = at_call(profile, Vec::new());
        if let Some(bend) = bend {
            play.says(Input::Chosen(Choice::Bend(bend)));
        }
        play.sends(1, StepId::Call);
        let (outcome, _) = play.ends(1, answer);
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        let step = play.step(StepId::Call);
        let found = step.findings.iter().find(|finding| matches!(finding.id, "api.advice" | "api.throttled"));
        found.map(|finding| finding.title.clone()).unwrap_or_default()
    };
    let refused = |code| graph_error(403, code);
    let roles = json!({"scp": null, "idtyp": "app", "roles": ["User.Read.All"]});
    let app_only = Profile { given: Some(jwt(&claims(GRAPH, &roles))), ..me() };
    assert!(advice(app_only, None, graph_error(400, "BadRequest")).contains("no user"));
    assert!(advice(me(), None, refused("Authorization_RequestDenied")).contains("scp User.Read"));
    assert!(advice(me(), None, graph_error(401, "InvalidAuthenticationToken")).contains(GRAPH));
    let dropped = advice(me(), Some(Bend::ToggleRemoved(0)), graph_error(401, "InvalidAuthenticationToken"));
    assert!(dropped.contains("No token was sent"), "{dropped}");
    let throttled = header(graph_error(429, "TooManyRequests"), "retry-after", "17");
    assert!(advice(me(), None, throttled).contains("17 s"));
}

#[test]
fn a_claims_challenge_is_decoded_and_says_what_to_send() {
    let document = json!({"access_token": {"nbf": {"essential": true, "value": "1772615790"}}});
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.example/common\", error=\"insufficient_claims\", claims=\"{}\"",
        STANDARD.encode(document.to_string())
    );
    let mut play = at_call(me(), Vec::new());
    play.sends(1, StepId::Call);
    let (outcome, _) =
        play.ends(1, header(graph_error(401, "InvalidAuthenticationToken"), "www-authenticate", &challenge));
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.error, "insufficient_claims");
    assert_eq!(refusal.claims, Some(document.to_string()));
    assert_eq!(play.fact(StepId::Call, "claims"), Some(document.to_string()));
    assert_eq!(play.fact(StepId::Call, "authorization_uri").as_deref(), Some("https://login.example/common"));
    assert!(play.finds(StepId::Call, Severity::Error).contains(&"api.claims_challenge"));
}

#[test]
fn a_careful_api_says_in_its_challenge_what_is_missing() {
    let check = |status: u16, challenge: &str, id: &str, part: &str| {
        let mut play = at_call(me(), Vec::new());
        play.sends(1, StepId::Call);
        let answer = header(json_answer(status, &json!({})), "www-authenticate", challenge);
        let (outcome, _) = play.ends(1, answer);
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        let step = play.step(StepId::Call);
        let found = step.findings.iter().find(|finding| finding.id == id);
        assert!(found.is_some_and(|finding| finding.title.contains(part)), "{id}: {:?}", step.findings);
    };
    check(
        401,
        "Bearer error=\"invalid_token\", error_description=\"it ended\"",
        "api.invalid_token",
        "it ended",
    );
    check(
        403,
        "Bearer error=\"insufficient_scope\", scope=\"catalog.read\"",
        "api.insufficient_scope",
        "catalog.read",
    );
    check(400, "Bearer error=\"invalid_request\"", "api.invalid_request", "Authorization");
    check(401, "Bearer error=\"odd\u{7}\"", "api.error", "odd");
    check(401, "Bearer claims=\"%\"", "api.claims_challenge", "base64");
    check(401, "Bearer realm=\"", "api.challenge_form", "never closed");
    let mut play = at_call(me(), Vec::new());
    play.sends(1, StepId::Call);
    play.ends(1, json_answer(401, &json!({})));
    assert!(play.finds(StepId::Call, Severity::Info).contains(&"api.no_challenge"));
}

#[test]
fn each_other_way_a_call_can_end() {
    let run = || {
        let mut play = at_call(me(), Vec::new());
        play.sends(1, StepId::Call);
        play
    };
    let (outcome, _) = run().ends(1, garbage());
    assert!(matches!(outcome, Outcome::Done(_)), "an API may answer with a page: {outcome:?}");
    let (outcome, _) = run().ends(1, elsewhere());
    let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
    assert!(failure.to_string().contains("evil.example"), "{failure}");
    let (outcome, _) = run().ends(1, json_answer(502, &json!([])));
    assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.surface == Surface::Api(502)));
    let timeout = Failure::Timeout { host: "h".into(), after: Duration::from_secs(9) };
    let (outcome, _) = run().ends(1, Answer::Failed(timeout.clone()));
    assert_eq!(outcome, Outcome::Failed(timeout));
    let effects = run().says(Input::Cancel);
    assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(1)]));
}

fn with_user_info() -> Value {
    let mut document = metadata();
    document["userinfo_endpoint"] = json!("http://localhost:4000/oidc/userinfo");
    document
}

/// A run that has asked UserInfo.
fn asked(profile: Profile) -> Play {
    let mut play = Play::begin_at(StepId::Given, FlowKind::UserInfo, profile, Vec::new());
    assert_eq!(play.next(), []);
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &with_user_info())), []);
    assert_eq!(play.finds(StepId::Call, Severity::Info), [] as [&str; 0]);
    let request = play.sends(2, StepId::Call);
    assert_eq!((request.method, request.url.as_str()), (Method::Get, "http://localhost:4000/oidc/userinfo"));
    play
}

#[test]
fn user_info_must_speak_of_the_person_in_the_id_token() {
    let answer = || json_answer(200, &json!({"sub": "s", "name": "Mina Okafor", "made_up": 1}));
    let with = |id_token| Profile { id_token, ..me() };
    let mut play = asked(with(Some(id_token("s"))));
    let (outcome, _) = play.ends(2, answer());
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(play.finds(StepId::Call, Severity::Passed), ["userinfo.subject_matches"]);
    assert_eq!(play.fact(StepId::Call, "name").as_deref(), Some("Mina Okafor"));
    assert_eq!(play.fact(StepId::Call, "other members").as_deref(), Some("made_up"));

    let mut play = asked(with(Some(id_token("somebody else"))));
    let (outcome, _) = play.ends(2, answer());
    assert!(matches!(outcome, Outcome::Rejected { tokens: None, .. }), "{outcome:?}");
    assert_eq!(play.finds(StepId::Call, Severity::Error), ["userinfo.subject_mismatch"]);

    let mut play = asked(with(None));
    play.ends(2, answer());
    assert_eq!(play.finds(StepId::Call, Severity::Info), ["userinfo.subject_unchecked"]);
}

#[test]
fn the_id_token_may_come_with_the_token_that_was_asked_for() {
    let profile = Profile { given: None, ..me() };
    let mut play = Play::begin_at(StepId::Given, FlowKind::UserInfo, profile, Vec::new());
    play.next();
    assert_eq!(play.answer(1, Answer::GivenWith { token: graph_token(), id_token: id_token("other") }), []);
    play.sends(2, StepId::Discover);
    play.answer(2, json_answer(200, &with_user_info()));
    play.sends(3, StepId::Call);
    let (outcome, _) = play.ends(3, json_answer(200, &json!({"sub": "s"})));
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
}

#[test]
fn user_info_may_come_as_a_token_and_refuse_as_any_api() {
    let as_token = |text: &str| {
        let headers = Headers::new().with("content-type", "application/jwt");
        Answer::Response(Response { status: 200, headers, body: text.to_owned().into() })
    };
    let mut play = asked(me());
    let (outcome, _) = play.ends(2, as_token(jwt(&json!({"sub": "s", "name": "Mina"})).expose()));
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(play.finds(StepId::Call, Severity::Info).contains(&"userinfo.signed"));
    for bad in ["a.b.c.d.e", "nonsense", jwt(&json!({"name": "x"})).expose()] {
        let (outcome, _) = asked(me()).ends(2, as_token(bad));
        assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{bad}: {outcome:?}");
    }
    let (outcome, _) = asked(me()).ends(2, graph_error(401, "InvalidAuthenticationToken"));
    assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.surface == Surface::Api(401)));
    let (outcome, _) = asked(me()).ends(2, json_answer(200, &json!({"name": "x"})));
    assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{outcome:?}");
    for answer in [garbage(), elsewhere()] {
        let (outcome, _) = asked(me()).ends(2, answer);
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    }
    let roles = json!({"scp": null, "idtyp": "app", "roles": ["x"]});
    let mut play = asked(Profile { given: Some(jwt(&claims(GRAPH, &roles))), ..me() });
    assert_eq!(play.finds(StepId::Given, Severity::Warning), ["given.app_only"]);
    let (outcome, _) = play.ends(2, refusal("invalid_token"));
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
}

#[test]
fn a_provider_without_user_info_leaves_the_address_to_be_typed() {
    let mut play = Play::begin_at(StepId::Given, FlowKind::UserInfo, me(), Vec::new());
    play.next();
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    assert_eq!(play.finds(StepId::Call, Severity::Error), ["request.unsendable"]);
    assert_eq!(play.next(), []);
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let given = Letter::Newest(Answer::Given(graph_token()));
    let both = Letter::Newest(Answer::GivenWith { token: graph_token(), id_token: id_token("s") });
    let answer = || Letter::Newest(json_answer(200, &json!({"sub": "s"})));
    let profile = Profile { given: None, ..me() };
    let way = [sequences::begin(), NEXT, given.clone(), NEXT, answer()];
    let flow = Flow::new(FlowKind::CallApi, profile.clone(), Vec::new());
    sequences::play_everywhere(&flow, &way, std::slice::from_ref(&both), 9);
    let document = Letter::Newest(json_answer(200, &with_user_info()));
    let way = [sequences::begin(), NEXT, both, NEXT, document, NEXT, answer()];
    let flow = Flow::new(FlowKind::UserInfo, profile, Vec::new());
    sequences::play_everywhere(&flow, &way, &[given], 9);
}
