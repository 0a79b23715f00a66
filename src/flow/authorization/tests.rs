//! The machine's playbook: what comes in, what must go out.

mod front;
mod preflight;
mod prove;

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{
    finding::Severity,
    flow::{
        Authority, Bend, CallId, Change, Choice, Credential, Flow, FlowKind, Place, Platform,
        playbook::{
            CHALLENGE, Play, VERIFIER, elsewhere, ended, garbage, json_answer, keys, listening, metadata,
            profile, redirected, refusal, tokens,
        },
        sequences::{self, Letter, NEXT},
    },
    oauth::Surface,
    wire::{Failure, Headers, Response},
};

const KIND: FlowKind = FlowKind::AuthorizationCode;
const HOME: &str = "http://localhost:5001/cb";
const GOOD: &str = "code=the-code&state=state-1";

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn set(step: StepId, name: &str, value: &str) -> NamedBend {
    NamedBend { step: Some(step), name: name.to_owned(), change: Change::Set(value.to_owned()) }
}

fn drop(step: StepId, name: &str) -> NamedBend {
    NamedBend { step: Some(step), name: name.to_owned(), change: Change::Drop }
}

/// A run whose preparation is laid out.
fn at_prepare(profile: Profile, bends: Vec<NamedBend>) -> Play {
    let mut play = Play::begin(KIND, profile, bends);
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
    assert_eq!(play.state(StepId::Prepare), StepState::Ready);
    play
}

/// A run whose authorization request is laid out, with a listener as call 2.
fn at_authorize(profile: Profile, bends: Vec<NamedBend>) -> Play {
    let mut play = at_prepare(profile, bends);
    assert!(matches!(play.next()[..], [Effect::Listen(CallId(2), _)]));
    assert_eq!(play.answer(2, Answer::Listening(listening(HOME))), []);
    assert_eq!(play.state(StepId::Authorize), StepState::Ready);
    play
}

/// A run that waits for the answer of the visit, which is call 3.
fn away(profile: Profile, bends: Vec<NamedBend>) -> (Play, Visit) {
    let mut play = at_authorize(profile, bends);
    let effects = play.next();
    let [Effect::Visit(CallId(3), visit)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((play.flow.current(), play.state(StepId::Authorize)), (StepId::Authorize, StepState::Running));
    assert_eq!(play.flow.prompt(), Some(Prompt::Visit(visit.clone())));
    let visit = visit.clone();
    (play, visit)
}

/// A run whose token request is laid out.
fn at_token(profile: Profile, bends: Vec<NamedBend>) -> Play {
    let (mut play, _) = away(profile, bends);
    assert_eq!(play.answer(3, redirected(GOOD)), []);
    assert_eq!((play.state(StepId::Return), play.state(StepId::Token)), (StepState::Done, StepState::Ready));
    assert_eq!(play.flow.prompt(), None);
    play
}

fn form(request: &Request) -> Vec<(String, String)> {
    request.form().0
}

#[test]
fn the_whole_run() {
    let mut play = at_prepare(profile(), Vec::new());
    assert_eq!(play.fact(StepId::Prepare, "code_challenge").as_deref(), Some(CHALLENGE));
    assert_eq!(play.fact(StepId::Prepare, "code_verifier").as_deref(), Some("•••••••• (43 chars)"));
    assert_eq!(play.next(), [Effect::Listen(CallId(2), url("http://localhost/cb"))]);
    assert_eq!((play.flow.current(), play.state(StepId::Prepare)), (StepId::Prepare, StepState::Running));
    assert_eq!(play.answer(2, Answer::Listening(listening(HOME))), []);
    assert_eq!(play.fact(StepId::Prepare, "redirect_uri").as_deref(), Some(HOME));

    assert_eq!(play.finds(StepId::Authorize, Severity::Info), ["scope.no_offline_access"]);
    let effects = play.next();
    let sent = format!(
        "http://localhost:4000/tid/authorize?client_id=app&response_type=code\
         &redirect_uri=http%3A%2F%2Flocalhost%3A5001%2Fcb&scope=openid+api%2FRead&response_mode=query\
         &state=state-1&nonce=nonce-1&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let visit = Visit { url: url(&sent), redirect_uri: url(HOME) };
    assert_eq!(effects, [Effect::Visit(CallId(3), visit)]);

    assert_eq!(play.answer(3, redirected(GOOD)), []);
    assert_eq!(play.fact(StepId::Return, "code").as_deref(), Some("•••••••• (8 chars)"));
    assert_eq!(play.finds(StepId::Return, Severity::Passed), ["state.matches"]);

    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
    let request = play.sends(4, StepId::Token);
    assert_eq!(request.url, url("http://localhost:4000/tid/token"));
    assert_eq!(request.headers.get("origin"), None);
    assert_eq!(
        request.body.text(),
        format!(
            "grant_type=authorization_code&client_id=app&code=the-code\
             &redirect_uri=http%3A%2F%2Flocalhost%3A5001%2Fcb&code_verifier={VERIFIER}&scope=openid+api%2FRead"
        )
    );
    assert_eq!(play.answer(4, json_answer(200, &tokens())), []);
    // The tokens of the playbook hold no ID token, which was asked for.
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["id_token.absent"]);
    let request = play.sends(5, StepId::Validate);
    assert_eq!(request, Request::get(url("http://localhost:4000/tid/keys")));
    let (outcome, stopped) = play.ends(5, json_answer(200, &keys()));
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
    assert_eq!(stopped, [CallId(2)], "the listener stays open until the end");
    assert!(play.flow.steps().iter().all(|step| step.state == StepState::Done));
}

#[test]
fn no_secret_is_in_what_the_steps_made() {
    let mut play = at_token(profile(), Vec::new());
    play.sends(4, StepId::Token);
    play.answer(4, json_answer(200, &tokens()));
    for step in play.flow.steps() {
        let shown = format!("{:?} {:?}", step.facts, step.findings);
        for secret in [VERIFIER, "the-code"] {
            assert!(!shown.contains(secret), "{:?} shows it: {shown}", step.id);
        }
    }
}

#[test]
fn a_listener_that_does_not_open_leaves_pasting() {
    let mut play = at_prepare(profile(), Vec::new());
    play.next();
    let failure = Failure::Listen { address: "localhost:80".into(), reason: "taken".into() };
    assert_eq!(play.answer(2, Answer::Failed(failure)), []);
    assert_eq!(play.finds(StepId::Prepare, Severity::Warning), ["listener.none"]);
    let draft = play.step(StepId::Authorize).draft.expect("laid out");
    assert_eq!(draft.value("redirect_uri"), Some("http://localhost/cb"));
    assert!(matches!(play.next()[..], [Effect::Visit(CallId(3), _)]));
    // Nothing to stop: no listener is open.
    assert_eq!(play.answer(3, redirected(GOOD)), []);
}

#[test]
fn only_loopback_is_listened_to() {
    for (address, listens) in [
        ("http://localhost", true),
        ("http://127.0.0.1:5001/cb", true),
        ("http://[::1]/", true),
        ("https://localhost/cb", true),
        ("https://app.example/cb", false),
        ("http://app.example/cb", false),
        ("msalapp://auth", false),
    ] {
        let mut play = at_prepare(Profile { redirect_uri: Some(url(address)), ..profile() }, Vec::new());
        let effects = play.next();
        if listens {
            assert_eq!(effects, [Effect::Listen(CallId(2), url(address))]);
        } else {
            assert_eq!(effects, []);
            assert_eq!(play.finds(StepId::Prepare, Severity::Warning), ["listener.none"]);
            let draft = play.step(StepId::Authorize).draft.expect("laid out");
            assert_eq!(draft.value("redirect_uri"), Some(address));
        }
    }
    let mut play = at_prepare(Profile { redirect_uri: None, ..profile() }, Vec::new());
    assert_eq!(play.finds(StepId::Prepare, Severity::Info), ["redirect_uri.assumed"]);
    assert_eq!(play.next(), [Effect::Listen(CallId(2), url("http://localhost/"))]);
}

#[test]
fn what_came_back_is_checked_before_it_is_used() {
    let check = |query: &str, id: &str| {
        let (mut play, _) = away(profile(), Vec::new());
        let (outcome, stopped) = play.ends(3, redirected(query));
        assert!(matches!(outcome, Outcome::Rejected { tokens: None, .. }), "{query}: {outcome:?}");
        assert_eq!(stopped, [CallId(2)]);
        assert_eq!(play.finds(StepId::Return, Severity::Error), [id], "{query}");
        assert_eq!((play.flow.current(), play.state(StepId::Return)), (StepId::Return, StepState::Failed));
    };
    check("code=c&state=another", "state.mismatch");
    check("code=c", "state.missing");
    check("code=c&state=", "state.missing");
    check("state=state-1", "code.missing");
    check("code=c&code=d&state=state-1", "answer.repeated");
    check("code=c&state=state-1&iss=http://evil.example", "iss.mismatch");
    check("error=access_denied&state=another", "state.mismatch");
}

#[test]
fn a_refusal_in_the_redirect_ends_the_run_with_it() {
    for (query, warnings) in
        [("error=access_denied&state=state-1", &[][..]), ("error=access_denied", &["state.missing"][..])]
    {
        let (mut play, _) = away(profile(), Vec::new());
        let (outcome, stopped) = play.ends(3, redirected(query));
        assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.error == "access_denied"));
        assert_eq!(stopped, [CallId(2)]);
        assert_eq!(play.finds(StepId::Return, Severity::Warning), warnings);
    }
}

#[test]
fn an_answer_names_its_issuer_where_the_metadata_promises_it() {
    let mut document = metadata();
    document["authorization_response_iss_parameter_supported"] = json!(true);
    let run = || {
        let mut play = Play::begin(KIND, profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &document));
        play.next();
        play.answer(2, Answer::Listening(listening(HOME)));
        play.next();
        play
    };
    let (outcome, _) = run().ends(3, redirected(GOOD));
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    let named = format!("{GOOD}&iss=http%3A%2F%2Flocalhost%3A4000%2Ftid%2Fv2.0");
    let mut play = run();
    play.answer(3, redirected(&named));
    assert_eq!(play.state(StepId::Token), StepState::Ready);
    assert_eq!(play.finds(StepId::Return, Severity::Passed), ["state.matches", "iss.matches"]);
}

#[test]
fn the_state_is_compared_with_the_one_that_was_sent() {
    let (mut play, _) = away(profile(), vec![set(StepId::Authorize, "state", "bent")]);
    play.answer(3, redirected("code=c&state=bent"));
    assert_eq!(play.state(StepId::Return), StepState::Done);
    let (mut play, _) = away(profile(), vec![drop(StepId::Authorize, "state")]);
    assert_eq!(play.finds(StepId::Authorize, Severity::Warning), ["state.not_sent"]);
    play.answer(3, redirected("code=c"));
    assert_eq!(play.state(StepId::Return), StepState::Done);
    assert_eq!(play.finds(StepId::Return, Severity::Warning), ["state.not_sent"]);
}

#[test]
fn a_page_of_the_authority_on_which_nothing_leads_on_is_a_refusal() {
    let (mut play, _) = away(profile(), Vec::new());
    let page = Response {
        status: 200,
        headers: Headers::new().with("content-type", "text/html"),
        body: "<p>AADSTS50011: not registered.</p>".to_owned().into(),
    };
    let (outcome, stopped) = play.ends(3, Answer::DeadEnd(page));
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.surface, &refusal.error_codes[..]), (Surface::Page(200), &[50011][..]));
    assert_eq!(stopped, [CallId(2)]);
    assert_eq!((play.state(StepId::Authorize), play.flow.prompt()), (StepState::Failed, None));
}

#[test]
fn a_visit_that_failed_and_one_that_is_given_up_close_the_listener() {
    let (mut play, _) = away(profile(), Vec::new());
    let failure = Failure::Dns { host: "h".into() };
    assert_eq!(play.ends(3, Answer::Failed(failure.clone())), (Outcome::Failed(failure), vec![CallId(2)]));
    let (mut play, _) = away(profile(), Vec::new());
    let effects = play.says(Input::Cancel);
    assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(2), CallId(3)]));
}

#[test]
fn each_way_the_token_request_can_end_badly() {
    let run = || {
        let mut play = at_token(profile(), Vec::new());
        play.sends(4, StepId::Token);
        play
    };
    let mut play = run();
    let (outcome, _) = play.ends(4, refusal("invalid_grant"));
    assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.error == "invalid_grant"));
    assert_eq!((play.flow.current(), play.state(StepId::Token)), (StepId::Token, StepState::Failed));
    for answer in [garbage(), elsewhere(), json_answer(200, &json!({"token_type": "Bearer"}))] {
        let (outcome, _) = run().ends(4, answer);
        assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{outcome:?}");
    }
    let timeout = Failure::Timeout { host: "h".into(), after: Duration::from_secs(9) };
    assert_eq!(run().ends(4, Answer::Failed(timeout.clone())).0, Outcome::Failed(timeout));
}

#[test]
fn an_id_token_that_cannot_be_checked_is_rejected_and_kept() {
    let mut document = tokens();
    document["id_token"] = json!("it");
    for answer in [garbage(), refusal("server_error"), Answer::Failed(Failure::Dns { host: "h".into() })] {
        let mut play = at_token(profile(), Vec::new());
        play.sends(4, StepId::Token);
        play.answer(4, json_answer(200, &document));
        play.sends(5, StepId::Validate);
        let (outcome, _) = play.ends(5, answer);
        let Outcome::Rejected { tokens: Some(tokens), .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(tokens.id_token, Some(Secret::new("it")));
        assert_eq!(play.state(StepId::Validate), StepState::Failed);
        assert!(play.finds(StepId::Validate, Severity::Error).contains(&"keys.unavailable"));
    }
}

#[test]
fn pkce_is_sent_as_the_profile_says() {
    let play = at_token(Profile { pkce: Pkce::None, ..profile() }, Vec::new());
    assert_eq!(play.finds(StepId::Authorize, Severity::Warning), ["pkce.none"]);
    for (step, name) in [(StepId::Authorize, "code_challenge"), (StepId::Token, "code_verifier")] {
        assert_eq!(play.step(step).draft.and_then(|draft| draft.value(name)), None, "{name}");
    }
    let play = at_token(Profile { pkce: Pkce::Plain, ..profile() }, Vec::new());
    assert_eq!(play.finds(StepId::Authorize, Severity::Warning), ["pkce.plain"]);
    let draft = play.step(StepId::Authorize).draft.expect("laid out");
    assert_eq!(
        (draft.value("code_challenge"), draft.value("code_challenge_method")),
        (Some(VERIFIER), Some("plain"))
    );
    assert_eq!(play.finds(StepId::Token, Severity::Warning), [] as [&str; 0]);
}

#[test]
fn each_platform_proves_itself_in_its_own_way_and_may_be_made_to_err() {
    let secret = || Credential::Secret(Secret::new("hunter2"));
    let run = |platform, credential| at_token(Profile { platform, credential, ..profile() }, Vec::new());
    let sends_secret = |play: &mut Play| {
        let request = play.sends(4, StepId::Token);
        form(&request).contains(&("client_secret".to_owned(), "hunter2".to_owned()))
    };
    let mut web = run(Platform::Web, secret());
    assert_eq!(web.finds(StepId::Token, Severity::Warning), [] as [&str; 0]);
    assert!(sends_secret(&mut web));
    let web = run(Platform::Web, Credential::None);
    assert_eq!(web.finds(StepId::Token, Severity::Warning), ["secret.missing"]);
    for platform in [Platform::Native, Platform::Spa] {
        let mut play = run(platform, secret());
        assert_eq!(play.finds(StepId::Token, Severity::Warning), ["secret.public_client"]);
        assert!(sends_secret(&mut play));
    }
    let mut spa = run(Platform::Spa, Credential::None);
    assert_eq!(spa.finds(StepId::Token, Severity::Warning), [] as [&str; 0]);
    assert_eq!(spa.sends(4, StepId::Token).headers.get("origin"), Some("http://localhost:5001"));
}

#[test]
fn a_token_request_names_one_api_on_entra_and_none_elsewhere() {
    let scope = |profile: Profile| {
        let play = at_token(profile, Vec::new());
        let draft = play.step(StepId::Token).draft.expect("laid out");
        (draft.value("scope").map(str::to_owned), play.finds(StepId::Token, Severity::Info))
    };
    let several = Profile { scope: "openid a://x/One b://y/Two a://x/Three User.Read".into(), ..profile() };
    assert_eq!(scope(several), (Some("openid a://x/One a://x/Three".into()), vec!["scope.first_api"]));
    let graph =
        Profile { scope: "User.Read openid https://graph.microsoft.com/Mail.Read".into(), ..profile() };
    let whole = "User.Read openid https://graph.microsoft.com/Mail.Read";
    assert_eq!(scope(graph), (Some(whole.into()), vec![]));
    let authority = Authority::Issuer(url("http://localhost:4000/tid/v2.0"));
    assert_eq!(scope(Profile { authority, ..profile() }).0, None);
}

#[test]
fn the_redirect_uri_is_repeated_as_it_was_sent() {
    let elsewhere = "https://app.example/cb";
    let (mut play, visit) = away(profile(), vec![set(StepId::Authorize, "redirect_uri", elsewhere)]);
    assert_eq!(visit.redirect_uri, url(elsewhere));
    assert_eq!(
        play.finds(StepId::Authorize, Severity::Warning),
        ["redirect_uri.not_ours", "redirect_uri.not_registered"]
    );
    play.answer(3, redirected(GOOD));
    let sent = play.step(StepId::Token).draft.and_then(|draft| draft.value("redirect_uri"));
    assert_eq!(sent, Some(elsewhere));

    let (mut play, visit) = away(profile(), vec![drop(StepId::Authorize, "redirect_uri")]);
    assert_eq!(visit.redirect_uri, url(HOME));
    play.answer(3, redirected(GOOD));
    assert_eq!(play.step(StepId::Token).draft.and_then(|draft| draft.value("redirect_uri")), None);
}

#[test]
fn findings_follow_what_the_person_changes() {
    let mut play = at_token(profile(), Vec::new());
    let verifier = |play: &Play| {
        let draft = play.step(StepId::Token).draft.expect("laid out");
        draft.fields.iter().position(|field| field.name == "code_verifier").expect("it is sent")
    };
    let index = verifier(&play);
    let bend = |play: &mut Play, choice| assert_eq!(play.says(Input::Chosen(choice)), []);
    bend(&mut play, Choice::Bend(Bend::Set(index, "another".into())));
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["pkce.form", "pkce.mismatch"]);
    bend(&mut play, Choice::Undo);
    assert_eq!(play.finds(StepId::Token, Severity::Warning), [] as [&str; 0]);
    bend(&mut play, Choice::Bend(Bend::ToggleRemoved(index)));
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["pkce.no_verifier"]);
    bend(&mut play, Choice::Undo);
    bend(&mut play, Choice::Redo);
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["pkce.no_verifier"]);
    bend(&mut play, Choice::Bend(Bend::Double(0)));
    assert!(play.finds(StepId::Token, Severity::Warning).contains(&"parameter.repeated"));
}

#[test]
fn every_parameter_that_is_proposed_has_a_meaning() {
    let credential = Credential::Secret(Secret::new("hunter2"));
    let play = at_token(Profile { platform: Platform::Spa, credential, ..profile() }, Vec::new());
    for step in play.flow.steps() {
        let fields = step.draft.iter().flat_map(|draft| draft.fields.iter().chain([&draft.endpoint]));
        for field in fields {
            assert!(crate::oauth::parameters::meaning(&field.name).is_some(), "{}", field.name);
        }
        for fact in step.facts {
            assert!(!fact.meaning.is_empty(), "{}", fact.name);
        }
    }
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let way = [
        sequences::begin(),
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(Answer::Listening(listening(HOME))),
        NEXT,
        Letter::Newest(redirected(GOOD)),
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    let more = [
        Letter::Newest(redirected("code=c&state=another")),
        Letter::Newest(redirected("error=access_denied&state=state-1")),
        Letter::Oldest(redirected(GOOD)),
    ];
    sequences::play_everywhere(&Flow::new(KIND, profile(), Vec::new()), &way, &more, 9);
}
