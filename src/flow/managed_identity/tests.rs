//! The machine's playbook: what comes in, what must go out.

use serde_json::{Value, json};

use super::*;
use crate::{
    flow::{
        Bend, CallId, Change, Choice, Flow, FlowKind,
        playbook::{
            self, Play, START, elsewhere, ended, garbage, json_answer, keys, metadata, refusal, token as jwt,
        },
        sequences::{self, Letter, NEXT},
    },
    oauth::Surface,
    secret::Secret,
};

const KIND: FlowKind = FlowKind::ManagedIdentity;
const TENANT: &str = "72a2d8a5-3f0c-4c59-9d1e-6f1b3c1a9d11";

fn profile() -> Profile {
    Profile { scope: "https://vault.azure.net/.default".to_owned(), ..playbook::profile() }
}

fn at(host: IdentityHost, endpoint: &str, identity: Option<UserAssigned>) -> Profile {
    let endpoint = endpoint.parse().expect("an address");
    Profile { managed_identity: Some(ManagedIdentity { host, endpoint, identity }), ..profile() }
}

fn token(change: &[(&str, Value)]) -> Value {
    let mut claims = json!({
        "aud": "https://vault.azure.net", "iss": format!("http://localhost:4000/{TENANT}/v2.0"), "tid": TENANT,
        "idtyp": "app", "azp": "c", "oid": "o", "sub": "o", "ver": "2.0", "exp": START.seconds() + 86_400
    });
    for (name, value) in change {
        claims[*name] = value.clone();
    }
    json!({
        "access_token": jwt(&claims).expose(), "refresh_token": "", "expires_in": "86400",
        "expires_on": (START.seconds() + 86_400).to_string(), "not_before": (START.seconds() - 300).to_string(),
        "resource": "https://vault.azure.net", "token_type": "Bearer", "client_id": "c"
    })
}

fn begin(profile: Profile) -> Play {
    Play::begin_at(StepId::Token, KIND, profile, Vec::new())
}

fn status(status: u16) -> Answer {
    json_answer(status, &json!({"error": "busy"}))
}

#[test]
fn the_whole_run_on_a_virtual_machine() {
    let mut play = begin(profile());
    assert_eq!(play.finds(StepId::Token, Severity::Info), [] as [&str; 0]);
    let request = play.sends(1, StepId::Token);
    assert_eq!(
        (request.method, request.url.as_str()),
        (
            Method::Get,
            "http://localhost:4000/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
        )
    );
    assert_eq!(request.headers.get("metadata"), Some("true"));
    assert_eq!(request.headers.get("authorization"), None);
    assert_eq!(play.answer(1, json_answer(200, &token(&[]))), []);
    assert_eq!(
        play.fact(StepId::Token, "expires_on").as_deref(),
        Some("2026-03-05 09:15:27Z (in 24 h 0 min)")
    );
    assert_eq!(play.fact(StepId::Token, "resource").as_deref(), Some("https://vault.azure.net"));

    let request = play.sends(2, StepId::Discover);
    let address = format!("http://localhost:4000/{TENANT}/v2.0/.well-known/openid-configuration");
    assert_eq!(request.url.as_str(), address);
    assert_eq!(play.answer(2, json_answer(200, &metadata())), []);
    play.sends(3, StepId::Validate);
    let (outcome, stopped) = play.ends(3, json_answer(200, &keys()));
    let Outcome::Tokens(set) = outcome else { panic!("{outcome:?}") };
    assert_eq!((set.expires_in, set.refresh_token), (Some(86_400), None));
    assert_eq!(stopped, []);
    assert!(play.flow.steps().iter().all(|step| step.state == StepState::Done));
}

#[test]
fn each_host_and_each_identity_is_asked_in_its_own_way() {
    let sent = |profile| begin(profile).sends(1, StepId::Token);
    let proof = || IdentityHost::AppService(Secret::new("from-inside"));
    let by_resource = UserAssigned::ResourceId("/subscriptions/1".into());
    let request = sent(at(proof(), "http://localhost:4000/msi/token", Some(by_resource)));
    assert_eq!(
        request.url.as_str(),
        "http://localhost:4000/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net\
         &mi_res_id=%2Fsubscriptions%2F1"
    );
    assert_eq!(
        (request.headers.get("x-identity-header"), request.headers.get("metadata")),
        (Some("from-inside"), None)
    );
    let by_client = UserAssigned::ClientId("c".into());
    let request = sent(at(IdentityHost::VirtualMachine, "http://169.254.169.254", Some(by_client)));
    assert!(request.url.as_str().starts_with("http://169.254.169.254/metadata/identity/oauth2/token?"));
    assert_eq!(request.query().get("client_id"), Some("c"));
    let by_object = UserAssigned::ObjectId("o".into());
    let request = sent(at(IdentityHost::VirtualMachine, "http://localhost:9/own/path", Some(by_object)));
    assert_eq!((request.url.path(), request.query().get("object_id")), ("/own/path", Some("o")));
    let base = "https://login.microsoftonline.com".parse().expect("an address");
    let live = Profile { authority: Authority::Entra { base, tenant: "t".into() }, ..profile() };
    assert_eq!(sent(live).url.host_str(), Some("169.254.169.254"));
}

#[test]
fn what_the_endpoint_will_refuse_is_said_before() {
    let check = |profile: Profile, bend: Option<(&str, Change)>, expected: &[&str]| {
        let bends =
            bend.map(|(name, change)| NamedBend { step: Some(StepId::Token), name: name.to_owned(), change });
        let play = Play::begin_at(StepId::Token, KIND, profile, bends.into_iter().collect());
        assert_eq!(play.finds(StepId::Token, Severity::Warning), expected);
    };
    let machine = |address| at(IdentityHost::VirtualMachine, address, None);
    let set = |value: &str| Change::Set(value.to_owned());
    check(machine("http://169.254.169.254"), None, &[]);
    check(machine("http://169.254.169.253"), None, &["transport.plain"]);
    check(machine("http://metadata.example"), None, &["transport.plain", "identity.outside"]);
    check(profile(), Some(("Metadata", Change::Drop)), &["identity.no_proof"]);
    check(profile(), Some(("metadata", set("True"))), &["identity.no_proof"]);
    check(profile(), Some(("x-forwarded-for", set("10.0.0.1"))), &[]);
    let mut play = begin(profile());
    let forwarded = Bend::Add(Place::Header, "X-Forwarded-For".into(), "10.0.0.1".into());
    play.says(Input::Chosen(Choice::Bend(forwarded)));
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["identity.forwarded"]);
    let form = Bend::Add(Place::Form, "client_secret".into(), "s".into());
    play.says(Input::Chosen(Choice::Bend(form)));
    assert!(play.finds(StepId::Token, Severity::Warning).contains(&"parameter.misplaced"));
    check(profile(), Some(("resource", set("https://vault.azure.net/.default"))), &["identity.scope"]);
    check(profile(), Some(("api-version", Change::Drop)), &["parameter.missing"]);
    let service = at(IdentityHost::AppService(Secret::new("h")), "http://localhost:4000/msi/token", None);
    check(service.clone(), None, &[]);
    check(service, Some(("x-identity-header", Change::Drop)), &["identity.no_proof"]);
    let named =
        at(IdentityHost::VirtualMachine, "http://localhost:4000", Some(UserAssigned::ClientId("c".into())));
    check(named, Some(("object_id", set("o"))), &["identity.named_twice"]);
}

#[test]
fn a_busy_endpoint_is_asked_again_each_time_later() {
    for busy in [404, 429, 500, 503] {
        let mut play = begin(profile());
        let first = play.sends(1, StepId::Token);
        let mut call = 1;
        for pause in [2, 4, 8, 16] {
            let at = play.now + Duration::from_secs(pause);
            assert_eq!(play.answer(call, status(busy)), [Effect::WakeAt(CallId(call + 1), at)]);
            play.now = at;
            let effects = play.answer(call + 1, Answer::Woke);
            assert_eq!(play.one_request(effects, call + 2, StepId::Token), first);
            call += 2;
        }
        assert_eq!(play.finds(StepId::Token, Severity::Info), ["identity.retry"; 4]);
        let (outcome, _) = play.ends(call, status(busy));
        assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.surface == Surface::Json(busy)));
    }
}

#[test]
fn a_service_that_is_being_updated_gets_its_seventy_seconds() {
    let mut play = begin(profile());
    play.sends(1, StepId::Token);
    for turn in 0..7 {
        let at = play.now + Duration::from_secs(10);
        assert_eq!(play.answer(2 * turn + 1, status(410)), [Effect::WakeAt(CallId(2 * turn + 2), at)]);
        play.now = at;
        play.answer(2 * turn + 2, Answer::Woke);
    }
    assert_eq!(play.now, START + Duration::from_secs(70));
    let (outcome, _) = play.ends(15, status(410));
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
}

#[test]
fn a_pause_that_is_asked_for_is_kept_within_reason() {
    let pause = |asked: &str| {
        let mut play = begin(profile());
        play.sends(1, StepId::Token);
        let Answer::Response(mut response) = status(429) else { unreachable!() };
        response.headers.push("retry-after", asked);
        match play.answer(1, Answer::Response(response))[..] {
            [Effect::WakeAt(_, at)] => at.since(START).as_secs(),
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!([pause("7"), pause("1"), pause("86400"), pause("soon")], [7, 2, 120, 2]);
}

#[test]
fn app_service_says_500_for_a_resource_that_it_does_not_know() {
    let profile = || at(IdentityHost::AppService(Secret::new("h")), "http://localhost:4000/msi/token", None);
    let mut play = begin(profile());
    play.sends(1, StepId::Token);
    let (outcome, _) =
        play.ends(1, json_answer(500, &json!({"statusCode": 500, "message": "no such resource"})));
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.description.as_deref(), Some("no such resource"));
    let mut play = begin(profile());
    play.sends(1, StepId::Token);
    assert!(matches!(play.answer(1, status(503))[..], [Effect::WakeAt(..)]));
}

#[test]
fn a_refusal_says_what_to_mend() {
    let advice = |error: &str, description: &str| {
        let mut play = begin(profile());
        play.sends(1, StepId::Token);
        let (outcome, _) =
            play.ends(1, json_answer(400, &json!({"error": error, "error_description": description})));
        assert!(matches!(outcome, Outcome::Refused(refusal) if refusal.error == error));
        play.step(StepId::Token).findings.iter().map(|finding| finding.title.clone()).collect::<String>()
    };
    assert!(advice("bad_request_102", "").contains("Metadata: true"));
    assert!(advice("invalid_resource", "AADSTS500011").contains("resource"));
    assert!(advice("unknown_source", "").contains("address"));
    assert!(advice("invalid_request", "Identity not found").contains("Assign it"));
    assert_eq!(advice("unauthorized_client", ""), "");
}

#[test]
fn where_there_is_no_endpoint_the_step_says_so() {
    let mut play = begin(profile());
    play.sends(1, StepId::Token);
    let nobody = Failure::Connect { host: "169.254.169.254:80".into(), reason: "unreachable".into() };
    let (outcome, _) = play.ends(1, Answer::Failed(nobody.clone()));
    assert_eq!(outcome, Outcome::Failed(nobody));
    assert_eq!(play.finds(StepId::Token, Severity::Warning), ["identity.no_endpoint"]);
    for answer in [garbage(), elsewhere()] {
        let mut play = begin(profile());
        play.sends(1, StepId::Token);
        let (outcome, _) = play.ends(1, answer);
        assert!(matches!(outcome, Outcome::Failed(Failure::Unreadable { .. })), "{outcome:?}");
    }
}

#[test]
fn a_token_that_the_authority_cannot_speak_for_is_kept_unchecked() {
    let check = |profile: Profile, answer: Value, part: &str| {
        let mut play = begin(profile);
        play.sends(1, StepId::Token);
        let (outcome, _) = play.ends(1, json_answer(200, &answer));
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        assert_eq!(
            (play.state(StepId::Discover), play.state(StepId::Validate)),
            (StepState::Skipped, StepState::Skipped)
        );
        let step = play.step(StepId::Validate);
        assert!(
            step.findings.iter().any(|finding| finding.title.contains(part)),
            "{part}: {:?}",
            step.findings
        );
    };
    check(profile(), json!({"access_token": "opaque"}), "cannot be read");
    check(profile(), token(&[("iss", json!("https://evil.example/t/v2.0"))]), "evil.example");
    check(profile(), token(&[("tid", json!("../../evil"))]), "names no tenant");
    let issuer = Authority::Issuer("http://localhost:4000".parse().expect("an address"));
    check(Profile { authority: issuer, ..profile() }, token(&[]), "no managed identities");
}

#[test]
fn a_token_of_version_1_is_compared_with_the_document_of_version_1() {
    let mut play = begin(profile());
    play.sends(1, StepId::Token);
    play.answer(1, json_answer(200, &token(&[("ver", json!("1.0"))])));
    let request = play.sends(2, StepId::Discover);
    assert_eq!(request.url.path(), format!("/{TENANT}/.well-known/openid-configuration"));
}

#[test]
fn trouble_with_metadata_or_keys_costs_no_token() {
    let timeout = || Answer::Failed(Failure::Timeout { host: "h".into(), after: Duration::from_secs(9) });
    for answer in [garbage(), elsewhere(), refusal("invalid_tenant"), timeout()] {
        let mut play = begin(profile());
        play.sends(1, StepId::Token);
        play.answer(1, json_answer(200, &token(&[])));
        play.sends(2, StepId::Discover);
        let (outcome, _) = play.ends(2, answer.clone());
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        assert_eq!(play.finds(StepId::Validate, Severity::Warning), ["keys.unavailable"]);

        let mut play = begin(profile());
        play.sends(1, StepId::Token);
        play.answer(1, json_answer(200, &token(&[])));
        play.sends(2, StepId::Discover);
        play.answer(2, json_answer(200, &metadata()));
        play.sends(3, StepId::Validate);
        let (outcome, _) = play.ends(3, answer);
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
        assert!(play.finds(StepId::Validate, Severity::Warning).contains(&"keys.unavailable"));
    }
    let mut play = begin(profile());
    play.sends(1, StepId::Token);
    play.answer(1, status(429));
    let effects = play.says(Input::Cancel);
    assert_eq!(ended(effects), (Outcome::Cancelled, vec![CallId(2)]));
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let busy = Letter::Newest(status(429));
    let way = [
        sequences::begin(),
        NEXT,
        busy.clone(),
        Letter::Newest(Answer::Woke),
        Letter::Newest(json_answer(200, &token(&[]))),
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    let gone = Letter::Newest(status(410));
    sequences::play_everywhere(&Flow::new(KIND, profile(), Vec::new()), &way, &[gone], 8);
}
