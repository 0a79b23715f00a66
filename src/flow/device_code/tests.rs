//! The machine's playbook: what comes in, what must go out, and when.

use serde_json::{Value, json};

use super::*;
use crate::{
    finding::Severity,
    flow::{
        Bend, CallId, Change, Choice, Credential, Flow, FlowKind, StepState,
        playbook::{
            Play, START, client_key, elsewhere, ended, garbage, json_answer, keys, metadata, profile,
            refusal, tokens,
        },
        sequences::{self, Letter, NEXT},
    },
};

const KIND: FlowKind = FlowKind::DeviceCode;

fn codes() -> Value {
    json!({
        "device_code": "dc", "user_code": "K4PTWQ7NR", "verification_uri": "https://login.example/device",
        "expires_in": 60, "interval": 5, "message": "Go there."
    })
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A run that waits for its first poll, with the alarm as call 3.
fn waiting(profile: Profile, bends: Vec<NamedBend>) -> Play {
    let mut play = Play::begin(KIND, profile, bends);
    play.sends(1, StepId::Discover);
    assert_eq!(play.answer(1, json_answer(200, &metadata())), []);
    play.sends(2, StepId::DeviceAuthorization);
    let effects = play.answer(2, json_answer(200, &codes()));
    assert_eq!(effects, [Effect::WakeAt(CallId(3), START + seconds(5))]);
    play
}

/// Lets time pass until the alarm `call` rings; gives the poll, whose call is the next.
fn poll(play: &mut Play, call: u32, after: u64) -> Request {
    play.now = play.now + seconds(after);
    let effects = play.answer(call, Answer::Woke);
    play.one_request(effects, call + 1, StepId::Poll)
}

fn prompt(play: &Play) -> DevicePrompt {
    match play.flow.prompt() {
        Some(Prompt::DeviceCode(prompt)) => prompt,
        other => panic!("no prompt: {other:?}"),
    }
}

#[test]
fn the_whole_run() {
    let mut play = Play::begin(KIND, Profile { market: Some("de-DE".into()), ..profile() }, Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    let request = play.sends(2, StepId::DeviceAuthorization);
    assert_eq!(request.url.as_str(), "http://localhost:4000/tid/devicecode?mkt=de-DE");
    assert_eq!(request.body.text(), "client_id=app&scope=openid+api%2FRead");
    play.answer(2, json_answer(200, &codes()));
    let expected = DevicePrompt {
        user_code: "K4PTWQ7NR".into(),
        verification_uri: "https://login.example/device".into(),
        verification_uri_complete: None,
        message: Some("Go there.".into()),
        expires_at: START + seconds(60),
        interval: 5,
        next_poll: START + seconds(5),
        polls: Vec::new(),
    };
    assert_eq!(prompt(&play), expected);
    assert_eq!(play.fact(StepId::DeviceAuthorization, "device_code").as_deref(), Some("•••••••• (2 chars)"));

    let request = poll(&mut play, 3, 5);
    assert_eq!(
        request.body.text(),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=app&device_code=dc"
    );
    let again = play.answer(4, refusal("authorization_pending"));
    assert_eq!(again, [Effect::WakeAt(CallId(5), START + seconds(10))]);
    poll(&mut play, 5, 5);
    assert_eq!(play.answer(6, json_answer(200, &tokens())), []);
    assert_eq!((play.flow.prompt(), play.state(StepId::Poll)), (None, StepState::Done));
    play.sends(7, StepId::Validate);
    let (outcome, stopped) = play.ends(7, json_answer(200, &keys()));
    assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
    assert_eq!(stopped, []);
}

#[test]
fn slow_down_adds_five_seconds_for_good_and_a_timeout_doubles() {
    let mut play = waiting(profile(), Vec::new());
    let (mut alarm, mut interval) = (3, 5);
    let timeout = Answer::Failed(Failure::Timeout { host: "h".into(), after: seconds(1) });
    for (answer, next) in [
        (refusal("authorization_pending"), 5),
        (refusal("slow_down"), 10),
        (refusal("authorization_pending"), 10),
        (timeout, 20),
    ] {
        poll(&mut play, alarm, interval);
        let effects = play.answer(alarm + 1, answer);
        assert_eq!(effects, [Effect::WakeAt(CallId(alarm + 2), play.now + seconds(next))]);
        assert_eq!((prompt(&play).interval, prompt(&play).next_poll), (next, play.now + seconds(next)));
        (alarm, interval) = (alarm + 2, next);
    }
    let polls = prompt(&play).polls;
    let said: Vec<_> = polls.iter().map(|(_, error)| error.as_str()).collect();
    assert_eq!(said, ["authorization_pending", "slow_down", "authorization_pending", "no answer in time"]);
    assert_eq!(polls[0].0, START + seconds(5));
}

#[test]
fn each_refusal_of_a_poll_ends_the_run() {
    for error in ["authorization_declined", "access_denied", "expired_token", "invalid_grant", "unheard_of"] {
        let mut play = waiting(profile(), Vec::new());
        poll(&mut play, 3, 5);
        let (outcome, _) = play.ends(4, refusal(error));
        assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.error == error), "{outcome:?}");
        assert_eq!((play.state(StepId::Poll), play.flow.prompt()), (StepState::Failed, None));
    }
}

#[test]
fn a_poll_without_a_readable_answer_ends_the_run() {
    for answer in [
        garbage(),
        elsewhere(),
        json_answer(200, &json!({})),
        Answer::Failed(Failure::Dns { host: "h".into() }),
    ] {
        let mut play = waiting(profile(), Vec::new());
        poll(&mut play, 3, 5);
        let (outcome, _) = play.ends(4, answer);
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    }
}

#[test]
fn the_codes_end_by_our_own_clock() {
    let mut play = waiting(profile(), Vec::new());
    for alarm in 0..11 {
        poll(&mut play, 3 + 2 * alarm, 5);
        play.answer(4 + 2 * alarm, refusal("authorization_pending"));
    }
    // The next poll would be at 60 seconds, when the codes end.
    play.now = play.now + seconds(5);
    let (outcome, _) = play.ends(25, Answer::Woke);
    let Outcome::Rejected { reason, tokens: None } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("nobody had signed in"), "{reason}");
}

#[test]
fn the_alarm_never_lies_behind_the_end_of_the_codes() {
    let mut play = Play::begin(KIND, profile(), Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    play.sends(2, StepId::DeviceAuthorization);
    let mut codes = codes();
    codes["expires_in"] = json!(3);
    codes["interval"] = json!(u64::MAX);
    let effects = play.answer(2, json_answer(200, &codes));
    assert_eq!(effects, [Effect::WakeAt(CallId(3), START + seconds(3))]);
}

#[test]
fn each_way_the_first_request_can_end_badly() {
    for (answer, is_refused) in
        [(refusal("unauthorized_client"), true), (garbage(), false), (elsewhere(), false)]
    {
        let mut play = Play::begin(KIND, profile(), Vec::new());
        play.sends(1, StepId::Discover);
        play.answer(1, json_answer(200, &metadata()));
        play.sends(2, StepId::DeviceAuthorization);
        let (outcome, _) = play.ends(2, answer);
        assert_eq!(matches!(outcome, Outcome::Refused(_)), is_refused, "{outcome:?}");
        assert_eq!(play.state(StepId::DeviceAuthorization), StepState::Failed);
    }
}

#[test]
fn giving_up_stops_the_alarm_or_the_poll() {
    let mut play = waiting(profile(), Vec::new());
    let effects = play.says(Input::Cancel);
    assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(3)]));
    let mut play = waiting(profile(), Vec::new());
    poll(&mut play, 3, 5);
    let effects = play.says(Input::Cancel);
    assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(4)]));
}

#[test]
fn a_poll_that_cannot_be_sent_is_mended_first() {
    let bend = NamedBend {
        step: Some(StepId::Poll),
        name: "url".to_owned(),
        change: Change::Set("no address".to_owned()),
    };
    let mut play = Play::begin(KIND, profile(), vec![bend]);
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    play.sends(2, StepId::DeviceAuthorization);
    assert_eq!(play.answer(2, json_answer(200, &codes())), []);
    assert_eq!(play.finds(StepId::Poll, Severity::Error), ["request.unsendable"]);
    assert_eq!((play.next(), play.state(StepId::Poll)), (vec![], StepState::Ready));
    play.says(Input::Chosen(Choice::Bend(Bend::Endpoint("http://localhost:4000/token".to_owned()))));
    assert_eq!(play.next(), [Effect::WakeAt(CallId(3), START + seconds(5))]);
    poll(&mut play, 3, 5);
}

#[test]
fn a_confidential_client_proves_itself_when_polling_only() {
    let credential = Credential::Secret(Secret::new("hunter2"));
    let mut play = Play::begin(KIND, Profile { credential, ..profile() }, Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    let request = play.sends(2, StepId::DeviceAuthorization);
    assert!(!request.body.text().contains("hunter2"));
    play.answer(2, json_answer(200, &codes()));
    assert!(poll(&mut play, 3, 5).body.text().contains("&client_secret=hunter2"));
    assert!(play.finds(StepId::Poll, Severity::Warning).contains(&"secret.public_client"));
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let way = [
        sequences::begin(),
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(json_answer(200, &codes())),
        Letter::Newest(Answer::Woke),
        Letter::Newest(refusal("authorization_pending")),
        Letter::Newest(Answer::Woke),
        Letter::Newest(json_answer(200, &tokens())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    let more = [Letter::Newest(refusal("slow_down")), Letter::Oldest(json_answer(200, &codes()))];
    sequences::play_everywhere(&Flow::new(KIND, profile(), Vec::new()), &way, &more, 8);
}

#[test]
fn a_busy_or_broken_server_is_asked_again_later() {
    let busy = |status, retry_after: Option<&str>| {
        let mut headers = crate::wire::Headers::new().with("content-type", "text/html");
        if let Some(seconds) = retry_after {
            headers.push("retry-after", seconds);
        }
        Answer::Response(Response { status, headers, body: "<h1>later</h1>".to_owned().into() })
    };
    let in_json = json_answer(503, &json!({"error": "temporarily_unavailable"}));
    let mut play = waiting(profile(), Vec::new());
    let (mut alarm, mut pause) = (3, 5);
    for (answer, next) in [
        (busy(429, Some("7")), 7),
        (busy(429, Some("1")), 5),
        (busy(502, None), 10),
        (refusal("authorization_pending"), 10),
        (in_json, 20),
    ] {
        poll(&mut play, alarm, pause);
        let effects = play.answer(alarm + 1, answer);
        let wake = (play.now + seconds(next)).min(START + seconds(60));
        assert_eq!(effects, [Effect::WakeAt(CallId(alarm + 2), wake)]);
        (alarm, pause) = (alarm + 2, next);
    }
    assert!(prompt(&play).polls[0].1.contains("429"));
}

#[test]
fn a_client_that_signs_makes_a_new_assertion_for_every_poll() {
    let key = Credential::PrivateKey(client_key());
    let mut play = Play::begin(KIND, Profile { credential: key, ..profile() }, Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    assert_eq!(play.state(StepId::Assert), StepState::Ready);
    play.next();
    assert_eq!(play.answer(2, Answer::Signed(vec![1])), []);
    let request = play.sends(3, StepId::DeviceAuthorization);
    assert!(!request.body.text().contains("client_assertion"), "Entra asks for no proof there");
    play.answer(3, json_answer(200, &codes()));
    let mut seen = Vec::new();
    for call in [4, 7] {
        play.now = play.now + seconds(5);
        let effects = play.answer(call, Answer::Woke);
        assert!(matches!(&effects[..], [Effect::Sign(CallId(one), _)] if *one == call + 1), "{effects:?}");
        let effects = play.answer(call + 1, Answer::Signed(vec![2]));
        let request = play.one_request(effects, call + 2, StepId::Poll);
        let text = request.body.text().into_owned();
        let assertion = text.split("client_assertion=").nth(1).expect("it is sent").to_owned();
        assert!(!seen.contains(&assertion), "each poll has its own");
        seen.push(assertion);
        play.answer(call + 2, refusal("authorization_pending"));
    }
    let last = crate::token::decode(&seen[1]);
    assert_eq!(last.time("iat"), Some(play.now));
}

#[test]
fn elsewhere_the_client_proves_itself_for_the_codes_too() {
    let issuer = "http://localhost:4000/tid/v2.0".parse().expect("an address");
    let authority = crate::flow::Authority::Issuer(issuer);
    let secret = Credential::Secret(Secret::new("hunter2"));
    let profile = Profile { authority, credential: secret, ..profile() };
    let mut play = Play::begin(KIND, profile, Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    assert_eq!(play.finds(StepId::DeviceAuthorization, Severity::Warning), [] as [&str; 0]);
    let request = play.sends(2, StepId::DeviceAuthorization);
    assert!(request.headers.get("authorization").is_some_and(|value| value.starts_with("Basic ")));
    assert_eq!(request.body.text(), "scope=openid+api%2FRead");
}

#[test]
fn what_the_codes_will_not_bring_is_said_before() {
    let mut play = Play::begin(KIND, Profile { scope: "a/x b/y".into(), ..profile() }, Vec::new());
    play.sends(1, StepId::Discover);
    play.answer(1, json_answer(200, &metadata()));
    let found = play.finds(StepId::DeviceAuthorization, Severity::Info);
    assert_eq!(found, ["scope.several_apis", "scope.no_offline_access"]);
}
