//! What differs where more than a code comes back, and what may come to the listener besides.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{
    flow::playbook::START,
    oauth::{ArrivedBy, Listening},
    wire::Params,
};

/// The provider's key of this test.
struct Signer(KeyPair);

impl Signer {
    fn new() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).expect("a key can be made"))
    }

    fn keys(&self) -> Answer {
        let public = self.0.public_key();
        let big = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json_answer(
            200,
            &json!({"keys": [{
                "kty": "RSA", "kid": "k1",
                "n": big(public.modulus().big_endian_without_leading_zero()),
                "e": big(public.exponent().big_endian_without_leading_zero())
            }]}),
        )
    }

    /// An ID token of the playbook's tenant with these members changed.
    fn id_token(&self, changes: &Value) -> String {
        let now = START.seconds();
        let mut claims = json!({
            "iss": "http://localhost:4000/tid/v2.0", "aud": "app", "sub": "s", "nonce": "nonce-1",
            "iat": now - 10, "nbf": now - 10, "exp": now + 3600
        });
        for (name, value) in changes.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message =
            format!("{}.{}", part(&json!({"alg": "RS256", "kid": "k1", "typ": "JWT"})), part(&claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .expect("it can sign");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn half(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

fn arrives(by: ArrivedBy, params: &[(&str, &str)]) -> Answer {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer::Redirected(Arrival { by, params: Params(params) })
}

/// A run of `kind` that waits for the answer of the visit, which is call 3.
pub(super) fn away(kind: FlowKind, profile: Profile, bends: Vec<NamedBend>) -> Play {
    let mut play = Play::begin(kind, profile, bends);
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    assert!(matches!(play.next()[..], [Effect::Listen(CallId(2), _)]));
    play.answer(2, Answer::Listening(listening(HOME)));
    assert!(matches!(play.next()[..], [Effect::Visit(CallId(3), _)]));
    play
}

fn sent(play: &Play, name: &str) -> Option<String> {
    play.step(StepId::Authorize).draft.expect("laid out").value(name).map(str::to_owned)
}

#[test]
fn each_flow_asks_for_what_it_needs_in_the_way_that_suits_it() {
    let check = |kind, profile: Profile, expected: [Option<&str>; 4]| {
        let play = away(kind, profile, Vec::new());
        let names = ["response_type", "response_mode", "nonce", "code_challenge_method"];
        assert_eq!(names.map(|name| sent(&play, name)), expected.map(|value| value.map(str::to_owned)));
    };
    let web = || Profile { platform: Platform::Web, ..profile() };
    let nonce = Some("nonce-1");
    check(FlowKind::AuthorizationCode, web(), [Some("code"), Some("query"), nonce, Some("S256")]);
    check(FlowKind::Hybrid, web(), [Some("code id_token"), Some("form_post"), nonce, Some("S256")]);
    check(FlowKind::Hybrid, profile(), [Some("code id_token"), Some("fragment"), nonce, Some("S256")]);
    check(FlowKind::Implicit, profile(), [Some("id_token token"), Some("fragment"), nonce, None]);
    let chosen = Profile {
        response_type: Some("token".into()),
        response_mode: Some("form_post".into()),
        scope: "api/Read".into(),
        ..profile()
    };
    check(FlowKind::Implicit, chosen.clone(), [Some("token"), Some("form_post"), None, None]);
    let id_token = Profile { response_type: Some("id_token".into()), ..chosen };
    check(FlowKind::Implicit, id_token, [Some("id_token"), Some("form_post"), nonce, None]);
    let authority = Authority::Issuer(url("http://localhost:4000/tid/v2.0"));
    check(
        FlowKind::Implicit,
        Profile { authority, ..profile() },
        [Some("id_token token"), None, nonce, None],
    );
}

#[test]
fn further_parameters_are_sent_as_they_were_given() {
    let authorize_with =
        vec![("prompt".to_owned(), "login".to_owned()), ("max_age".to_owned(), "0".to_owned())];
    let play = away(KIND, Profile { authorize_with, ..profile() }, Vec::new());
    assert_eq!((sent(&play, "prompt"), sent(&play, "max_age")), (Some("login".into()), Some("0".into())));
}

#[test]
fn hybrid_checks_the_id_token_before_it_redeems_the_code() {
    let signer = Signer::new();
    let mut play = away(FlowKind::Hybrid, profile(), Vec::new());
    assert_eq!(play.finds(StepId::Prepare, Severity::Warning), ["flow.outdated"]);
    let first = signer.id_token(&json!({"c_hash": half("the-code")}));
    let came = [("code", "the-code"), ("id_token", &first), ("state", "state-1")];
    assert_eq!(play.answer(3, arrives(ArrivedBy::Fragment, &came)), []);
    assert_eq!(play.finds(StepId::Return, Severity::Warning), [] as [&str; 0]);

    let request = play.sends(4, StepId::Identify);
    assert_eq!(request, Request::get(url("http://localhost:4000/tid/keys")));
    assert_eq!(play.answer(4, signer.keys()), []);
    assert_eq!(play.state(StepId::Identify), StepState::Done);
    let findings = play.finds(StepId::Identify, Severity::Passed);
    assert!(findings.contains(&"check.c_hash") && findings.contains(&"check.signature"), "{findings:?}");

    let request = play.sends(5, StepId::Token);
    assert!(form(&request).contains(&("code".to_owned(), "the-code".to_owned())));
    let mut document = tokens();
    document["id_token"] = json!(signer.id_token(&json!({"at_hash": half("at")})));
    assert_eq!(play.answer(5, json_answer(200, &document)), []);
    assert_eq!(play.state(StepId::Validate), StepState::Ready);
    assert!(play.step(StepId::Validate).draft.is_none(), "the keys are at hand");
    let (outcome, stopped) = ended(play.next());
    let Outcome::Tokens(set) = outcome else { panic!("{outcome:?}") };
    assert_eq!(set.access_token, Some(Secret::new("at")));
    assert_eq!(stopped, [CallId(2)]);
    let findings = play.finds(StepId::Validate, Severity::Passed);
    assert!(findings.contains(&"id_tokens.agree") && findings.contains(&"check.at_hash"), "{findings:?}");
}

#[test]
fn hybrid_redeems_nothing_when_its_id_token_is_not_right() {
    let signer = Signer::new();
    let check = |token: &str, keys: Answer, wrong: &str| {
        let mut play = away(FlowKind::Hybrid, profile(), Vec::new());
        let came = [("code", "the-code"), ("id_token", token), ("state", "state-1")];
        play.answer(3, arrives(ArrivedBy::FormPost, &came));
        play.sends(4, StepId::Identify);
        let (outcome, _) = play.ends(4, keys);
        assert!(matches!(outcome, Outcome::Rejected { tokens: Some(_), .. }), "{wrong}: {outcome:?}");
        assert!(play.finds(StepId::Identify, Severity::Error).contains(&wrong), "{wrong}");
        assert_eq!(
            (play.state(StepId::Identify), play.state(StepId::Token)),
            (StepState::Failed, StepState::Todo)
        );
    };
    let good = signer.id_token(&json!({"c_hash": half("the-code")}));
    check(&signer.id_token(&json!({"c_hash": half("another")})), signer.keys(), "check.c_hash");
    check(&signer.id_token(&json!({})), signer.keys(), "check.c_hash");
    let replayed = signer.id_token(&json!({"c_hash": half("the-code"), "nonce": "old"}));
    check(&replayed, signer.keys(), "check.nonce");
    check(&good, Signer::new().keys(), "check.signature");
    check(&good, refusal("server_error"), "keys.unavailable");
    check(&good, Answer::Failed(Failure::Dns { host: "h".into() }), "keys.unavailable");
}

#[test]
fn both_id_tokens_of_hybrid_speak_of_the_same_person() {
    let signer = Signer::new();
    let mut play = away(FlowKind::Hybrid, profile(), Vec::new());
    let first = signer.id_token(&json!({"c_hash": half("the-code")}));
    let came = [("code", "the-code"), ("id_token", first.as_str()), ("state", "state-1")];
    play.answer(3, arrives(ArrivedBy::Fragment, &came));
    play.sends(4, StepId::Identify);
    play.answer(4, signer.keys());
    play.sends(5, StepId::Token);
    let mut document = tokens();
    document["id_token"] = json!(signer.id_token(&json!({"sub": "somebody else"})));
    play.answer(5, json_answer(200, &document));
    let (outcome, _) = ended(play.next());
    assert!(matches!(outcome, Outcome::Rejected { tokens: Some(_), .. }), "{outcome:?}");
    assert_eq!(play.finds(StepId::Validate, Severity::Error), ["id_tokens.differ"]);
}

#[test]
fn the_id_token_of_the_browser_is_kept_when_no_other_comes() {
    let signer = Signer::new();
    let mut play = away(FlowKind::Hybrid, profile(), Vec::new());
    let first = signer.id_token(&json!({"c_hash": half("the-code")}));
    let came = [("code", "the-code"), ("id_token", first.as_str()), ("state", "state-1")];
    play.answer(3, arrives(ArrivedBy::Fragment, &came));
    play.sends(4, StepId::Identify);
    play.answer(4, signer.keys());
    play.sends(5, StepId::Token);
    play.answer(5, json_answer(200, &tokens()));
    let (outcome, _) = ended(play.next());
    let Outcome::Tokens(set) = outcome else { panic!("{outcome:?}") };
    assert_eq!(set.id_token, Some(Secret::new(first)));
}

#[test]
fn hybrid_without_id_token_fetches_the_keys_at_the_end() {
    let response_type = Some("code token".to_owned());
    let mut play = away(FlowKind::Hybrid, Profile { response_type, ..profile() }, Vec::new());
    let came = [("code", "c"), ("access_token", "front"), ("token_type", "Bearer"), ("state", "state-1")];
    play.answer(3, arrives(ArrivedBy::Fragment, &came));
    assert_eq!(
        (play.state(StepId::Identify), play.state(StepId::Token)),
        (StepState::Skipped, StepState::Ready)
    );
    play.sends(4, StepId::Token);
    play.answer(4, json_answer(200, &tokens()));
    play.sends(5, StepId::Validate);
    let (outcome, _) = play.ends(5, json_answer(200, &keys()));
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
}

#[test]
fn implicit_takes_its_tokens_from_the_answer() {
    let signer = Signer::new();
    let check = |response_type: &str, came: &[(&str, &str)], wrong: &[&str]| {
        let response_type = Some(response_type.to_owned());
        let mut play = away(FlowKind::Implicit, Profile { response_type, ..profile() }, Vec::new());
        assert!(play.flow.steps().iter().all(|step| step.id != StepId::Token));
        assert_eq!(play.answer(3, arrives(ArrivedBy::Fragment, came)), []);
        play.sends(4, StepId::Validate);
        let (outcome, _) = play.ends(4, signer.keys());
        assert_eq!(matches!(outcome, Outcome::Tokens(_)), wrong.is_empty(), "{came:?}: {outcome:?}");
        assert_eq!(play.finds(StepId::Validate, Severity::Error), wrong, "{came:?}");
    };
    let bound = signer.id_token(&json!({"at_hash": half("at")}));
    let foreign = signer.id_token(&json!({"at_hash": half("another")}));
    let alone = signer.id_token(&json!({}));
    let replayed = signer.id_token(&json!({"nonce": "old"}));
    let state = ("state", "state-1");
    let access = [("access_token", "at"), ("token_type", "Bearer"), ("expires_in", "3599")];
    check("id_token", &[("id_token", &alone), state], &[]);
    check("id_token token", &[access[0], access[1], access[2], ("id_token", &bound), state], &[]);
    check("id_token token", &[access[0], access[1], ("id_token", &foreign), state], &["check.at_hash"]);
    check("id_token token", &[access[0], access[1], ("id_token", &alone), state], &["check.at_hash"]);
    check("id_token", &[("id_token", &replayed), state], &["check.nonce"]);
    check("token", &[access[0], access[1], access[2], state], &[]);
}

#[test]
fn what_was_asked_for_must_have_come() {
    let check = |kind, response_type: &str, query: &[(&str, &str)], wrong: &[&str]| {
        let response_type = Some(response_type.to_owned());
        let mut play = away(kind, Profile { response_type, ..profile() }, Vec::new());
        let mut came = query.to_vec();
        came.push(("state", "state-1"));
        let (outcome, _) = play.ends(3, arrives(ArrivedBy::Fragment, &came));
        assert!(matches!(outcome, Outcome::Rejected { tokens: None, .. }), "{query:?}: {outcome:?}");
        assert_eq!(play.finds(StepId::Return, Severity::Error), wrong, "{query:?}");
    };
    check(FlowKind::Hybrid, "code id_token", &[("code", "c")], &["id_token.missing"]);
    check(FlowKind::Hybrid, "code id_token", &[("id_token", "i")], &["code.missing"]);
    check(FlowKind::Hybrid, "code token", &[("code", "c")], &["access_token.missing"]);
    check(FlowKind::Implicit, "id_token token", &[("id_token", "i")], &["access_token.missing"]);
    check(FlowKind::Implicit, "token", &[("id_token", "i")], &["access_token.missing"]);
    check(FlowKind::Implicit, "code", &[("code", "c")], &["code.not_redeemed"]);
}

#[test]
fn tokens_that_nobody_asked_for_are_told_and_not_used() {
    let signer = Signer::new();
    let response_type = Some("token".to_owned());
    let mut play = away(FlowKind::Implicit, Profile { response_type, ..profile() }, Vec::new());
    let unasked = signer.id_token(&json!({}));
    let came =
        [("access_token", "at"), ("token_type", "Bearer"), ("id_token", &unasked), ("state", "state-1")];
    play.answer(3, arrives(ArrivedBy::Query, &came));
    assert_eq!(
        play.finds(StepId::Return, Severity::Warning),
        ["answer.unasked", "answer.other_way", "answer.tokens_in_query"]
    );
    play.sends(4, StepId::Validate);
    let (outcome, _) = play.ends(4, signer.keys());
    let Outcome::Tokens(set) = outcome else { panic!("{outcome:?}") };
    assert_eq!(set.id_token, None);
}

#[test]
fn a_refusal_ends_each_flow_in_the_same_way() {
    for kind in [FlowKind::Hybrid, FlowKind::Implicit] {
        let mut play = away(kind, profile(), Vec::new());
        let came = [("error", "unsupported_response_type"), ("state", "state-1")];
        let (outcome, stopped) = play.ends(3, arrives(ArrivedBy::Fragment, &came));
        assert!(
            matches!(&outcome, Outcome::Refused(refusal) if refusal.error == "unsupported_response_type")
        );
        assert_eq!(stopped, [CallId(2)]);
        assert_eq!(play.finds(StepId::Return, Severity::Error), [] as [&str; 0]);
    }
}

#[test]
fn max_age_and_claims_are_compared_with_what_came() {
    let signer = Signer::new();
    let now = START.seconds();
    let check = |auth_time: Value, claims: &str, expected: (&str, Severity)| {
        let authorize_with =
            vec![("max_age".to_owned(), "60".to_owned()), ("claims".to_owned(), claims.to_owned())];
        let response_type = Some("id_token".to_owned());
        let profile = Profile { response_type, authorize_with, ..profile() };
        let mut play = away(FlowKind::Implicit, profile, Vec::new());
        let token = signer.id_token(&json!({"auth_time": auth_time}));
        play.answer(3, arrives(ArrivedBy::Fragment, &[("id_token", &token), ("state", "state-1")]));
        play.sends(4, StepId::Validate);
        let (outcome, _) = play.ends(4, signer.keys());
        let step = play.step(StepId::Validate);
        let found = step.findings.iter().find(|finding| finding.id == expected.0);
        assert_eq!(found.map(|finding| finding.severity), Some(expected.1), "{auth_time} {claims}");
        assert_eq!(matches!(outcome, Outcome::Tokens(_)), expected.1 != Severity::Error);
    };
    check(json!(now), "{}", ("check.auth_time", Severity::Passed));
    check(json!(now - 9999), "{}", ("check.auth_time", Severity::Error));
    check(Value::Null, "{}", ("check.auth_time", Severity::Error));
    let essential = r#"{"id_token":{"acr":{"essential":true}}}"#;
    check(json!(now), essential, ("claims.missing", Severity::Warning));
    check(json!(now), r#"{"id_token":{"auth_time":null}}"#, ("claims.given", Severity::Passed));
}

#[test]
fn what_else_comes_to_the_listener_is_told_and_changes_nothing() {
    let mut play = at_authorize(profile(), Vec::new());
    assert_eq!(play.answer(2, redirected("code=planted&state=x")), []);
    assert_eq!(play.finds(StepId::Return, Severity::Info), ["answer.early"]);
    assert!(matches!(play.next()[..], [Effect::Visit(CallId(3), _)]));
    play.answer(3, redirected(GOOD));
    assert_eq!(play.answer(2, redirected(GOOD)), []);
    assert_eq!(play.answer(2, redirected(GOOD)), []);
    assert_eq!(play.answer(2, redirected("code=another&state=state-1")), []);
    assert_eq!(play.finds(StepId::Return, Severity::Info), ["answer.early", "answer.again", "answer.second"]);
    assert_eq!((play.state(StepId::Return), play.state(StepId::Token)), (StepState::Done, StepState::Ready));
    assert!(form(&play.sends(4, StepId::Token)).contains(&("code".to_owned(), "the-code".to_owned())));
}

#[test]
fn what_the_person_has_to_know_about_the_listener_is_told() {
    let mut play = at_prepare(profile(), Vec::new());
    play.next();
    let open = Listening {
        certificate: Some("AA:BB".into()),
        tunnel: Some("ssh -N -L 5001:127.0.0.1:5001 198.51.100.4".into()),
        ..listening("https://localhost:5001/cb")
    };
    play.answer(2, Answer::Listening(open));
    assert_eq!(play.fact(StepId::Prepare, "certificate").as_deref(), Some("AA:BB"));
    assert!(play.fact(StepId::Prepare, "tunnel").is_some_and(|command| command.starts_with("ssh ")));
    assert_eq!(play.finds(StepId::Prepare, Severity::Info), ["listener.certificate", "listener.remote"]);
}

#[test]
fn every_parameter_and_fact_has_a_meaning() {
    let signer = Signer::new();
    let names =
        ["prompt", "login_hint", "domain_hint", "max_age", "claims", "sid", "ui_locales", "client_info"];
    let authorize_with = names.map(|name| (name.to_owned(), "1".to_owned())).into();
    let response_type = Some("code id_token token".to_owned());
    let mut play = away(FlowKind::Hybrid, Profile { response_type, authorize_with, ..profile() }, Vec::new());
    let first =
        signer.id_token(&json!({"c_hash": half("c"), "at_hash": half("at"), "auth_time": START.seconds()}));
    let came = [
        ("code", "c"),
        ("id_token", &*first),
        ("access_token", "at"),
        ("token_type", "Bearer"),
        ("expires_in", "3599"),
        ("scope", "api/Read"),
        ("session_state", "x"),
        ("client_info", "e30"),
        ("iss", "http://localhost:4000/tid/v2.0"),
        ("state", "state-1"),
    ];
    play.answer(3, arrives(ArrivedBy::FormPost, &came));
    play.sends(4, StepId::Identify);
    play.answer(4, signer.keys());
    assert_eq!(play.state(StepId::Token), StepState::Ready);
    assert_eq!(play.step(StepId::Return).facts.len(), came.len());
    for step in play.flow.steps() {
        for field in step.draft.iter().flat_map(|draft| draft.fields.iter().chain([&draft.endpoint])) {
            assert!(crate::oauth::parameters::meaning(&field.name).is_some(), "{}", field.name);
        }
        for fact in step.facts {
            assert!(!fact.meaning.is_empty(), "{}", fact.name);
        }
    }
    for step in play.flow.steps() {
        assert!(!format!("{:?}", step.facts).contains(&first), "{:?} shows the token", step.id);
    }
}

#[test]
fn every_short_sequence_of_hybrid_and_implicit_keeps_the_promises() {
    let signer = Signer::new();
    let first = signer.id_token(&json!({"c_hash": half("the-code")}));
    let mut document = tokens();
    document["id_token"] = json!(signer.id_token(&json!({})));
    let start = || {
        vec![
            sequences::begin(),
            NEXT,
            Letter::Newest(json_answer(200, &metadata())),
            NEXT,
            Letter::Newest(Answer::Listening(listening(HOME))),
            NEXT,
        ]
    };
    let mut hybrid = start();
    let came = [("code", "the-code"), ("id_token", first.as_str()), ("state", "state-1")];
    hybrid.extend([
        Letter::Newest(arrives(ArrivedBy::Fragment, &came)),
        NEXT,
        Letter::Newest(signer.keys()),
        NEXT,
        Letter::Newest(json_answer(200, &document)),
        NEXT,
    ]);
    let more =
        [Letter::Newest(redirected(GOOD)), Letter::Newest(redirected("error=access_denied&state=state-1"))];
    sequences::play_everywhere(&Flow::new(FlowKind::Hybrid, profile(), Vec::new()), &hybrid, &more, 8);

    let mut implicit = start();
    let alone = signer.id_token(&json!({"at_hash": half("at")}));
    let came = [("access_token", "at"), ("id_token", alone.as_str()), ("state", "state-1")];
    implicit.extend([
        Letter::Newest(arrives(ArrivedBy::FormPost, &came)),
        NEXT,
        Letter::Newest(signer.keys()),
    ]);
    sequences::play_everywhere(&Flow::new(FlowKind::Implicit, profile(), Vec::new()), &implicit, &more, 8);
}
