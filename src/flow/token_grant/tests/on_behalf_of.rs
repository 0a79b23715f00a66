//! A caller's token for one to the next API.

use serde_json::{Value, json};

use crate::{
    finding::Severity,
    flow::{
        Answer, Authority, Bend, CallId, Choice, Credential, Effect, Flow, FlowKind, Input, Need, Outcome,
        Platform, Profile, StepId, StepState,
        playbook::{self, Play, START, json_answer, keys, metadata, token, tokens},
        sequences::{self, Letter, NEXT},
    },
    secret::Secret,
    wire::Failure,
};

const KIND: FlowKind = FlowKind::OnBehalfOf;

fn claims() -> Value {
    json!({
        "aud": "app", "iss": "http://localhost:4000/tid/v2.0", "azp": "front", "azpacr": "0", "scp": "Read",
        "oid": "mina", "sub": "s", "ver": "2.0", "exp": START.seconds() + 600
    })
}

fn profile(given: Option<Secret>) -> Profile {
    Profile {
        platform: Platform::Web,
        credential: Credential::Secret(Secret::new("hunter2")),
        scope: "https://graph.microsoft.com/User.Read".into(),
        given,
        ..playbook::profile()
    }
}

#[test]
fn the_whole_run_with_a_token_in_hand() {
    let given = token(&claims());
    let mut play = Play::with_given(KIND, profile(Some(given.clone())), Vec::new());
    assert_eq!(play.fact(StepId::Given, "aud").as_deref(), Some("app"));
    assert_eq!(play.fact(StepId::Given, "azp").as_deref(), Some("front"));
    assert_eq!(play.finds(StepId::Given, Severity::Info), [] as [&str; 0]);
    assert_eq!(
        play.finds(StepId::Given, Severity::Passed),
        ["assertion.kind", "assertion.audience", "assertion.expiry"]
    );
    assert_eq!(play.next(), []);
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
    let request = play.sends(2, StepId::Token);
    assert_eq!(
        request.body.text(),
        format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&client_id=app&assertion={}\
             &requested_token_use=on_behalf_of&client_secret=hunter2\
             &scope=https%3A%2F%2Fgraph.microsoft.com%2FUser.Read",
            given.expose()
        )
    );
    play.answer(2, json_answer(200, &tokens()));
    play.sends(3, StepId::Validate);
    let (outcome, _) = play.ends(3, json_answer(200, &keys()));
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
}

#[test]
fn without_a_token_in_hand_one_is_asked_for_and_shown() {
    let start = || {
        let mut play = Play::with_given(KIND, profile(None), Vec::new());
        assert_eq!(play.next(), [Effect::Need(CallId(1), Need::UserAssertion)]);
        assert_eq!(play.state(StepId::Given), StepState::Running);
        play
    };
    let mut play = start();
    assert_eq!(play.answer(1, Answer::Given(token(&claims()))), []);
    assert_eq!(play.state(StepId::Given), StepState::Ready, "the token is shown before it is used");
    assert_eq!(play.fact(StepId::Given, "oid").as_deref(), Some("mina"));
    assert_eq!(play.next(), []);
    play.sends(2, StepId::Discover);
    let failure = Failure::Unsendable { reason: "no sign-in".into() };
    let (outcome, _) = start().ends(1, Answer::Failed(failure.clone()));
    assert_eq!(outcome, Outcome::Failed(failure));
}

#[test]
fn the_token_is_judged_from_the_clients_seat() {
    let check = |change: &dyn Fn(&mut Value), severity: Severity, expected: &[&str]| {
        let mut claims = claims();
        change(&mut claims);
        let play = Play::with_given(KIND, profile(Some(token(&claims))), Vec::new());
        assert_eq!(play.finds(StepId::Given, severity), expected, "{claims}");
    };
    let warning = Severity::Warning;
    check(&|claims| claims["aud"] = json!("api://app"), Severity::Info, &[]);
    check(&|claims| claims["aud"] = json!("api://shop.example"), Severity::Info, &["assertion.audience"]);
    check(&|claims| claims["aud"] = json!("other"), warning, &["assertion.audience"]);
    check(&|claims| claims["aud"] = json!("https://graph.microsoft.com"), warning, &["assertion.audience"]);
    check(&|claims| claims["exp"] = json!(START.seconds()), warning, &["assertion.expiry"]);
    let app_only = |claims: &mut Value| {
        claims["idtyp"] = json!("app");
        claims.as_object_mut().expect("claims").remove("scp");
    };
    check(&app_only, warning, &["assertion.app_only"]);
    let id_token = |claims: &mut Value| {
        *claims = json!({"aud": "app", "iss": "x", "sub": "s", "nonce": "n", "exp": START.seconds() + 60});
    };
    check(&id_token, warning, &["assertion.id_token"]);
    let play = Play::with_given(KIND, profile(Some(Secret::new("opaque"))), Vec::new());
    assert_eq!(play.finds(StepId::Given, warning), ["assertion.form"]);
}

#[test]
fn a_claims_challenge_is_decoded_and_sent_back_to_the_caller() {
    let mut play = Play::with_given(KIND, profile(Some(token(&claims()))), Vec::new());
    play.next();
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    play.sends(2, StepId::Token);
    let challenge = r#"{"access_token":{"capolids":{"essential":true,"values":["p1"]}}}"#;
    let body = json!({
        "error": "invalid_grant", "suberror": "basic_action", "error_codes": [50076], "claims": challenge
    });
    let (outcome, _) = play.ends(2, json_answer(400, &body));
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    assert_eq!(play.fact(StepId::Token, "claims").as_deref(), Some(challenge));
    let found = play.finds(StepId::Token, Severity::Info);
    assert_eq!(found, ["claims.challenge", "on_behalf_of.interaction"]);
}

#[test]
fn what_will_be_refused_is_said_before() {
    let at_token = |profile: Profile| {
        let mut play = Play::with_given(KIND, profile, Vec::new());
        play.next();
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &metadata()));
        play.finds(StepId::Token, Severity::Warning)
    };
    let given = || Some(token(&claims()));
    assert_eq!(at_token(Profile { credential: Credential::None, ..profile(given()) }), ["secret.missing"]);
    assert_eq!(at_token(Profile { scope: String::new(), ..profile(given()) }), ["parameter.missing"]);
    let mut play = Play::with_given(KIND, profile(given()), Vec::new());
    play.next();
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    let draft = play.step(StepId::Token).draft.expect("it is laid out");
    let index =
        draft.fields.iter().position(|field| field.name == "requested_token_use").expect("it is sent");
    play.says(Input::Chosen(Choice::Bend(Bend::Set(index, "pop".into()))));
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["requested_token_use.other"]);
    let issuer = "http://localhost:4000/tid/v2.0".parse().expect("an address");
    let elsewhere = Profile { authority: Authority::Issuer(issuer), ..profile(given()) };
    let mut play = Play::with_given(KIND, elsewhere, Vec::new());
    play.next();
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    let draft = play.step(StepId::Token).draft.expect("it is laid out");
    assert_eq!(draft.value("requested_token_use"), None, "nothing of Entra elsewhere");
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let way = [
        sequences::begin(),
        NEXT,
        Letter::Newest(Answer::Given(token(&claims()))),
        NEXT,
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    sequences::play_everywhere(&Flow::new(KIND, profile(None), Vec::new()), &way, &[], 10);
}
