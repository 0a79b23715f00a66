//! An application that signs in as itself, with a secret: what comes in, what must go out.

use std::time::Duration;

use serde_json::json;

use crate::{
    finding::Severity,
    flow::{
        Answer, Authority, Bend, Change, Choice, Credential, Flow, FlowKind, Input, NamedBend, Outcome,
        Platform, Profile, StepId, StepState,
        playbook::{self, Play, elsewhere, ended, garbage, json_answer, keys, metadata, refusal, tokens},
        sequences::{self, Letter, NEXT},
    },
    secret::Secret,
    wire::{Failure, Method},
};

const KIND: FlowKind = FlowKind::ClientCredentials;

fn profile() -> Profile {
    Profile {
        platform: Platform::Web,
        credential: Credential::Secret(Secret::new("hunter2")),
        scope: "api://stock/.default".to_owned(),
        ..playbook::profile()
    }
}

/// A run whose token request is laid out.
fn at_token(profile: Profile, bends: Vec<NamedBend>) -> Play {
    let mut play = Play::begin(KIND, profile, bends);
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
    assert_eq!(play.state(StepId::Token), StepState::Ready);
    play
}

#[test]
fn the_whole_run() {
    let mut play = Play::begin(KIND, profile(), Vec::new());
    let request = play.sends(1, StepId::Discover);
    let address = "http://localhost:4000/northwind.example/v2.0/.well-known/openid-configuration";
    assert_eq!((request.method, request.url.as_str()), (Method::Get, address));
    assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
    assert_eq!(play.finds(StepId::Discover, Severity::Passed), ["issuer.matches"]);

    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
    let request = play.sends(2, StepId::Token);
    assert_eq!((request.method, request.url.path()), (Method::Post, "/tid/token"));
    assert_eq!(
        request.body.text(),
        "grant_type=client_credentials&client_id=app&client_secret=hunter2&scope=api%3A%2F%2Fstock%2F.default"
    );
    assert_eq!(play.answer(2, json_answer(200, &tokens())), []);
    assert_eq!(play.fact(StepId::Token, "access_token").as_deref(), Some("•••••••• (2 chars)"));

    let request = play.sends(3, StepId::Validate);
    assert_eq!(request.url.path(), "/tid/keys");
    let (outcome, stopped) = play.ends(3, json_answer(200, &keys()));
    let Outcome::Tokens(set) = outcome else { panic!("{outcome:?}") };
    assert_eq!(set.access_token, Some(Secret::new("at")));
    assert_eq!(stopped, []);
    assert!(play.flow.steps().iter().all(|step| step.state == StepState::Done));
}

#[test]
fn each_way_a_request_can_end_badly() {
    for (answer, step) in [(1, StepId::Discover), (2, StepId::Token)] {
        let run = || {
            let mut play = match step {
                StepId::Discover => Play::begin(KIND, profile(), Vec::new()),
                _ => at_token(profile(), Vec::new()),
            };
            play.sends(answer, step);
            play
        };
        let mut play = run();
        let (outcome, _) = play.ends(answer, refusal("invalid_client"));
        assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.error == "invalid_client"));
        assert_eq!((play.flow.current(), play.state(step)), (step, StepState::Failed));

        let (outcome, _) = run().ends(answer, garbage());
        assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{outcome:?}");
        let (outcome, _) = run().ends(answer, elsewhere());
        let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
        assert!(failure.to_string().contains("evil.example"), "{failure}");
        let timeout = Failure::Timeout { host: "h".into(), after: Duration::from_secs(9) };
        let (outcome, _) = run().ends(answer, Answer::Failed(timeout.clone()));
        assert_eq!(outcome, Outcome::Failed(timeout));
        let mut play = run();
        let effects = play.says(Input::Cancel);
        assert_eq!(ended(effects), (Outcome::Cancelled, vec![crate::flow::CallId(answer)]));
    }
}

#[test]
fn an_access_token_that_cannot_be_checked_is_a_warning_and_no_failure() {
    for answer in [
        garbage(),
        refusal("server_error"),
        Answer::Failed(Failure::Dns { host: "h".into() }),
        json_answer(200, &json!({"keys": 1})),
    ] {
        let mut play = at_token(profile(), Vec::new());
        play.sends(2, StepId::Token);
        play.answer(2, json_answer(200, &tokens()));
        play.sends(3, StepId::Validate);
        let (outcome, _) = play.ends(3, answer);
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        assert!(play.finds(StepId::Validate, Severity::Warning).contains(&"keys.unavailable"));
    }
}

#[test]
fn without_an_address_for_the_keys_the_run_ends_with_its_tokens() {
    let mut document = metadata();
    document["jwks_uri"] = json!(null);
    let mut play = Play::begin(KIND, profile(), Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &document));
    play.sends(2, StepId::Token);
    let (outcome, _) = play.ends(2, json_answer(200, &tokens()));
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
    assert!(play.finds(StepId::Validate, Severity::Warning).contains(&"keys.unavailable"));
}

#[test]
fn what_cannot_be_sent_stays_ready_until_it_is_mended() {
    let mut document = metadata();
    document["token_endpoint"] = json!(null);
    let mut play = Play::begin(KIND, profile(), Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &document));
    for _ in 0..2 {
        assert_eq!(play.finds(StepId::Token, Severity::Error), ["request.unsendable"]);
        assert_eq!(play.next(), []);
        assert_eq!(play.state(StepId::Token), StepState::Ready);
    }
    let mend = Bend::Endpoint("http://localhost:4000/tid/token".to_owned());
    assert_eq!(play.says(Input::Chosen(Choice::Bend(mend))), []);
    assert_eq!(play.finds(StepId::Token, Severity::Error), [] as [&str; 0]);
    play.sends(2, StepId::Token);
}

#[test]
fn bends_by_name_and_by_hand_change_what_is_sent() {
    let set = |name: &str, value: &str| NamedBend {
        step: Some(StepId::Token),
        name: name.to_owned(),
        change: Change::Set(value.to_owned()),
    };
    let drop = NamedBend { step: None, name: "client_secret".to_owned(), change: Change::Drop };
    let mut play = at_token(profile(), vec![set("client_id", "other"), set("extra", "1"), drop]);
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["secret.missing"]);
    let hand = Bend::Set(0, "password".to_owned());
    play.says(Input::Chosen(Choice::Bend(hand)));
    play.says(Input::Chosen(Choice::Undo));
    play.says(Input::Chosen(Choice::Redo));
    let request = play.sends(2, StepId::Token);
    let changed = "grant_type=password&client_id=other&scope=api%3A%2F%2Fstock%2F.default&extra=1";
    assert_eq!(request.body.text(), changed);
    play.says(Input::Chosen(Choice::Undo));
    assert_eq!(play.step(StepId::Token).draft.and_then(|draft| draft.value("grant_type")), Some("password"));
}

#[test]
fn what_entra_will_refuse_is_said_before() {
    let check = |profile: Profile, expected: &[&str]| {
        let play = at_token(profile, Vec::new());
        assert_eq!(play.finds(StepId::Token, Severity::Warning), expected);
    };
    check(profile(), &[]);
    check(Profile { credential: Credential::None, ..profile() }, &["secret.missing"]);
    check(Profile { platform: Platform::Spa, ..profile() }, &["secret.public_client"]);
    check(Profile { scope: "api://stock/Read".into(), ..profile() }, &["scope.not_default"]);
    check(Profile { scope: "a/.default b/.default".into(), ..profile() }, &["scope.not_default"]);
    check(Profile { scope: "openid a/.default".into(), ..profile() }, &[]);
    let mut document = metadata();
    document["token_endpoint"] = json!("http://localhost:4000/common/oauth2/v2.0/token");
    let mut play = Play::begin(KIND, profile(), Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &document));
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["tenant.shared"]);
}

#[test]
fn an_issuer_that_is_not_the_one_asked_ends_the_run() {
    let issuer =
        |at: &str| Profile { authority: Authority::Issuer(at.parse().expect("an address")), ..profile() };
    let mut play = Play::begin(KIND, issuer("http://localhost:4000/tid/v2.0"), Vec::new());
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
    let mut play = Play::begin(KIND, issuer("http://localhost:4000/other/v2.0"), Vec::new());
    play.sends(1, StepId::Discover);
    let (outcome, _) = play.ends(1, json_answer(200, &metadata()));
    assert!(matches!(outcome, Outcome::Rejected { tokens: None, .. }), "{outcome:?}");
    assert_eq!(play.finds(StepId::Discover, Severity::Error), ["issuer.mismatch"]);
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let way = [
        sequences::begin(),
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    sequences::play_everywhere(&Flow::new(KIND, profile(), Vec::new()), &way, &[], 8);
}
