//! A refresh token for new tokens, once and for a list of scopes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    finding::Severity,
    flow::{
        Answer, Authority, CallId, Credential, Effect, FanOutResult, Flow, FlowKind, Input, Need, Outcome,
        Platform, Profile, StepId, StepState,
        playbook::{self, Play, client_key, ended, json_answer, keys, metadata, refusal, token, tokens},
        sequences::{self, Letter, NEXT},
    },
    secret::Secret,
    token::decode,
    wire::{Failure, Request},
};

const KIND: FlowKind = FlowKind::RefreshToken;

fn profile() -> Profile {
    Profile {
        scope: "api://stock/Read offline_access".into(),
        given: Some(Secret::new("rt-1")),
        ..playbook::profile()
    }
}

fn fan_out(scopes: &[&str]) -> Profile {
    Profile { fan_out: scopes.iter().map(|scope| (*scope).to_owned()).collect(), ..profile() }
}

fn discovered(profile: Profile) -> Play {
    let mut play = Play::with_given(KIND, profile, Vec::new());
    assert_eq!(play.next(), []);
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
    play
}

fn form(request: &Request, name: &str) -> Option<String> {
    let text = request.body.text();
    form_urlencoded::parse(text.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into())
}

/// A token response with this refresh token, or none.
fn with_refresh_token(token: Option<&str>) -> Value {
    let mut body = tokens();
    body["refresh_token"] = json!(token);
    body
}

#[test]
fn the_whole_run() {
    let mut play = discovered(profile());
    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
    let request = play.sends(2, StepId::Token);
    assert_eq!(
        request.body.text(),
        "grant_type=refresh_token&client_id=app&refresh_token=rt-1&scope=api%3A%2F%2Fstock%2FRead+offline_access"
    );
    play.answer(2, json_answer(200, &with_refresh_token(Some("rt-2"))));
    assert_eq!(play.finds(StepId::Token, Severity::Info), ["refresh_token.rotated"]);
    play.sends(3, StepId::Validate);
    let (outcome, _) = play.ends(3, json_answer(200, &keys()));
    let Outcome::Tokens(set) = outcome else { panic!("{outcome:?}") };
    assert_eq!(set.refresh_token, Some(Secret::new("rt-2")));
}

#[test]
fn what_became_of_the_refresh_token_is_said() {
    for (came, expected) in [
        (Some("rt-2"), &["refresh_token.rotated"][..]),
        (Some("rt-1"), &["refresh_token.kept"]),
        (None, &["refresh_token.absent", "refresh_token.kept"]),
    ] {
        let mut play = discovered(profile());
        play.sends(2, StepId::Token);
        play.answer(2, json_answer(200, &with_refresh_token(came)));
        assert_eq!(play.finds(StepId::Token, Severity::Info), expected, "{came:?}");
    }
    let mut body = with_refresh_token(Some("rt-2"));
    body["foci"] = json!("1");
    let mut play = discovered(profile());
    play.sends(2, StepId::Token);
    play.answer(2, json_answer(200, &body));
    assert_eq!(play.finds(StepId::Token, Severity::Info), ["refresh_token.rotated", "refresh_token.family"]);
}

#[test]
fn the_scope_may_be_left_out_and_a_page_names_its_origin() {
    let page = Profile {
        scope: String::new(),
        platform: Platform::Spa,
        redirect_uri: Some("http://localhost:3000/cb".parse().expect("an address")),
        ..profile()
    };
    let mut play = discovered(page.clone());
    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
    let request = play.sends(2, StepId::Token);
    assert_eq!(
        (form(&request, "scope"), request.headers.get("origin")),
        (None, Some("http://localhost:3000"))
    );
    let play = discovered(Profile { redirect_uri: None, ..page });
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["origin.missing"]);
    let play = discovered(Profile { scope: "api://stock/Read".into(), ..profile() });
    assert_eq!(play.finds(StepId::Token, Severity::Info), ["scope.no_offline_access"]);
}

#[test]
fn without_a_token_in_hand_one_is_asked_for_and_a_wrong_one_is_noticed() {
    let mut play = Play::with_given(KIND, Profile { given: None, ..profile() }, Vec::new());
    assert_eq!(play.next(), [Effect::Need(CallId(1), Need::RefreshToken)]);
    play.answer(1, Answer::Given(token(&json!({"aud": "x", "scp": "Read"}))));
    assert_eq!(play.finds(StepId::Given, Severity::Warning), ["refresh_token.form"]);
    play.next();
    play.sends(2, StepId::Discover);
    assert_eq!(
        Play::with_given(KIND, profile(), Vec::new()).finds(StepId::Given, Severity::Passed),
        [] as [&str; 0]
    );
}

#[test]
fn a_refusal_ends_the_run_and_says_what_is_left() {
    let mut play = discovered(profile());
    play.sends(2, StepId::Token);
    let (outcome, _) = play.ends(2, refusal("invalid_grant"));
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    assert!(play.finds(StepId::Token, Severity::Info).contains(&"refresh_token.over"));
}

#[test]
fn one_token_is_tried_on_every_scope() {
    let mut play = discovered(fan_out(&["a/x", "b/y", "c/z"]));
    assert_eq!(play.flow.fan_out().len(), 3);
    assert!(play.flow.steps().iter().all(|step| step.id != StepId::Token && step.id != StepId::Validate));
    let mut request = play.sends(2, StepId::FanOut);
    let answers = [
        json_answer(200, &with_refresh_token(Some("rt-2"))),
        refusal("invalid_grant"),
        Answer::Failed(Failure::Dns { host: "h".into() }),
    ];
    for (call, (scope, answer)) in (2..).zip(["a/x", "b/y", "c/z"].into_iter().zip(answers)) {
        assert_eq!(form(&request, "scope").as_deref(), Some(scope));
        assert_eq!(form(&request, "refresh_token").as_deref(), Some("rt-1"), "the same token each time");
        let effects = play.answer(call, answer);
        if scope == "c/z" {
            let (outcome, _) = ended(effects);
            let Outcome::Done(said) = outcome else { panic!("{outcome:?}") };
            assert!(said.starts_with("1 of 3"), "{said}");
        } else {
            request = play.one_request(effects, call + 1, StepId::FanOut);
        }
    }
    let rows = play.flow.fan_out();
    assert_eq!(rows[0].granted(), ["api/Read"]);
    let kinds: Vec<_> = rows.iter().map(|row| row.result.as_ref().expect("each had its turn")).collect();
    assert!(matches!(
        kinds[..],
        [FanOutResult::Granted(_), FanOutResult::Refused(_), FanOutResult::Failed(_)]
    ));
    assert_eq!(play.state(StepId::FanOut), StepState::Done);
}

#[test]
fn a_list_on_which_nothing_is_granted_ends_with_the_first_refusal() {
    let mut play = discovered(fan_out(&["a/x", "b/y"]));
    play.sends(2, StepId::FanOut);
    play.answer(2, refusal("invalid_grant"));
    let (outcome, _) = play.ends(3, refusal("invalid_scope"));
    assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.error == "invalid_grant"), "{outcome:?}");
    assert_eq!(play.state(StepId::FanOut), StepState::Failed);
}

#[test]
fn a_list_can_be_given_up_in_the_middle() {
    let mut play = discovered(fan_out(&["a/x", "b/y"]));
    play.sends(2, StepId::FanOut);
    play.answer(2, refusal("invalid_grant"));
    let effects = play.says(Input::Cancel);
    assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(3)]));
    assert_eq!(play.flow.fan_out()[1].result, None);
}

#[test]
fn a_client_that_signs_makes_a_new_assertion_for_every_row() {
    let key = Credential::PrivateKey(client_key());
    let mut play =
        discovered(Profile { credential: key, platform: Platform::Web, ..fan_out(&["a/x", "b/y"]) });
    play.next();
    play.answer(2, Answer::Signed(vec![1]));
    let first = play.sends(3, StepId::FanOut);
    play.now = play.now + Duration::from_secs(30);
    let effects = play.answer(3, refusal("invalid_grant"));
    assert!(matches!(effects[..], [Effect::Sign(CallId(4), _)]), "{effects:?}");
    let effects = play.answer(4, Answer::Signed(vec![2]));
    let second = play.one_request(effects, 5, StepId::FanOut);
    let claims = |request: &Request| decode(&form(request, "client_assertion").expect("it is sent")).claims;
    let (first, second) = (claims(&first), claims(&second));
    assert_ne!(first["jti"], second["jti"]);
    assert_eq!(second["iat"].as_i64(), first["iat"].as_i64().map(|time| time + 30));
    assert_eq!(first["sub"], second["sub"]);
}

#[test]
fn where_tokens_rotate_a_list_is_warned_about() {
    let issuer = "http://localhost:4000/tid/v2.0".parse().expect("an address");
    let play = discovered(Profile { authority: Authority::Issuer(issuer), ..fan_out(&["a/x"]) });
    assert_eq!(play.finds(StepId::FanOut, Severity::Warning), ["refresh_token.reused"]);
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let way = [
        sequences::begin(),
        NEXT,
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    sequences::play_everywhere(&Flow::new(KIND, profile(), Vec::new()), &way, &[], 9);
    let key = Credential::PrivateKey(client_key());
    let listed = Profile { credential: key, ..fan_out(&["a/x", "b/y"]) };
    let way = [
        sequences::begin(),
        NEXT,
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(Answer::Signed(vec![1])),
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
        Letter::Newest(Answer::Signed(vec![1])),
        Letter::Newest(refusal("x")),
    ];
    sequences::play_everywhere(&Flow::new(KIND, listed, Vec::new()), &way, &[], 9);
}
