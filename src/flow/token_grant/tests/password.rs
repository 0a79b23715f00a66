//! A name and a password.

use serde_json::json;

use crate::{
    finding::Severity,
    flow::{
        Authority, Credential, Flow, FlowKind, Outcome, Platform, Profile, StepId,
        playbook::{self, Play, json_answer, keys, metadata, refusal, tokens},
        sequences::{self, Letter, NEXT},
    },
    secret::Secret,
};

const KIND: FlowKind = FlowKind::Password;

fn profile() -> Profile {
    Profile {
        username: Some("mina@x.example".into()),
        password: Some(Secret::new("hunter2")),
        scope: "api://stock/Read".into(),
        ..playbook::profile()
    }
}

fn at_token(profile: Profile) -> Play {
    let mut play = Play::begin(KIND, profile, Vec::new());
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
    play
}

#[test]
fn the_whole_run() {
    let mut play = at_token(profile());
    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
    let request = play.sends(2, StepId::Token);
    assert_eq!(
        request.body.text(),
        "grant_type=password&client_id=app&username=mina%40x.example&password=hunter2&scope=api%3A%2F%2Fstock%2FRead"
    );
    play.answer(2, json_answer(200, &tokens()));
    play.sends(3, StepId::Validate);
    let (outcome, _) = play.ends(3, json_answer(200, &keys()));
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
}

#[test]
fn a_second_factor_is_told_from_a_wrong_password() {
    for (number, suberror, interaction) in
        [(50126, None, false), (50076, Some("basic_action"), true), (50079, None, true), (50057, None, false)]
    {
        let mut play = at_token(profile());
        play.sends(2, StepId::Token);
        let body = json!({"error": "invalid_grant", "error_codes": [number], "suberror": suberror});
        let (outcome, _) = play.ends(2, json_answer(400, &body));
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        let found = play.finds(StepId::Token, Severity::Info);
        assert_eq!(found.contains(&"password.interaction"), interaction, "{number}: {found:?}");
    }
}

#[test]
fn what_will_be_refused_is_said_before() {
    let check = |profile: Profile, expected: &[&str]| {
        assert_eq!(at_token(profile).finds(StepId::Token, Severity::Warning), expected);
    };
    check(Profile { username: None, ..profile() }, &["parameter.missing"]);
    check(Profile { password: None, ..profile() }, &["parameter.missing"]);
    check(Profile { password: Some(Secret::new(" x")), ..profile() }, &["password.blanks"]);
    check(Profile { platform: Platform::Web, ..profile() }, &["secret.missing"]);
    let secret = Credential::Secret(Secret::new("s"));
    check(Profile { platform: Platform::Web, credential: secret, ..profile() }, &[]);
    check(Profile { scope: "a/x b/y".into(), ..profile() }, &["scope.several_apis"]);
    check(Profile { scope: "a/x a/.default openid".into(), ..profile() }, &["scope.default_mixed"]);
    check(Profile { scope: "https://graph.microsoft.com/".into(), ..profile() }, &["scope.v1_resource"]);
    for (tenant, expected) in [("common", true), ("consumers", true), ("organizations", false)] {
        let mut document = metadata();
        document["token_endpoint"] = json!(format!("http://localhost:4000/{tenant}/oauth2/v2.0/token"));
        let mut play = Play::begin(KIND, profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &document));
        assert_eq!(play.finds(StepId::Token, Severity::Warning).contains(&"tenant.shared"), expected);
    }
    let issuer = "http://localhost:4000/tid/v2.0".parse().expect("an address");
    check(Profile { scope: "a/x b/y".into(), authority: Authority::Issuer(issuer), ..profile() }, &[]);
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
    sequences::play_everywhere(
        &Flow::new(KIND, profile(), Vec::new()),
        &way,
        &[Letter::Newest(refusal("x"))],
        7,
    );
}
