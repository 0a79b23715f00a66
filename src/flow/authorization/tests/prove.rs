//! Clients that sign, or let somebody else sign, between the answer and the redemption.

use super::*;
use crate::flow::{Federated, playbook::client_key};

fn web(credential: Credential) -> Profile {
    Profile { platform: Platform::Web, credential, ..profile() }
}

/// A run whose answer has come, with a step of proof laid out.
fn at_proof(credential: Credential, id: StepId) -> Play {
    let (mut play, _) = away(web(credential), Vec::new());
    assert_eq!(play.answer(3, redirected(GOOD)), []);
    assert_eq!((play.state(StepId::Return), play.state(id)), (StepState::Done, StepState::Ready));
    play
}

#[test]
fn an_assertion_is_made_and_signed_before_the_code_is_redeemed() {
    let mut play = at_proof(Credential::PrivateKey(client_key()), StepId::Assert);
    assert!(play.step(StepId::Assert).draft.is_some_and(|draft| draft.value("jti") == Some("assertion-1")));
    let effects = play.next();
    assert!(matches!(&effects[..], [Effect::Sign(CallId(4), _)]), "{effects:?}");
    assert_eq!(play.answer(4, Answer::Signed(vec![1, 2, 3])), []);
    assert_eq!(play.finds(StepId::Token, Severity::Warning), [] as [&str; 0]);
    let sent = form(&play.sends(5, StepId::Token));
    let names: Vec<_> = sent.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"code") && names.contains(&"client_assertion"), "{names:?}");
    assert!(!names.contains(&"client_secret"), "{names:?}");
    play.answer(5, json_answer(200, &tokens()));
    play.sends(6, StepId::Validate);
    assert!(matches!(play.ends(6, json_answer(200, &keys())).0, Outcome::Tokens(_)));
}

#[test]
fn an_assertion_of_somebody_else_is_shown_or_fetched_first() {
    let given = Secret::new("a.b.c");
    let mut play = at_proof(Credential::Federated(Federated::Given(given)), StepId::Federate);
    assert_eq!(play.next(), []);
    assert!(
        form(&play.sends(4, StepId::Token)).contains(&("client_assertion".to_owned(), "a.b.c".to_owned()))
    );

    let fetched = Credential::Federated(Federated::Fetched(url("http://localhost:4000/pipeline/token")));
    let mut play = at_proof(fetched.clone(), StepId::Federate);
    play.sends(4, StepId::Federate);
    assert_eq!(play.answer(4, json_answer(200, &json!({"value": "d.e.f"}))), []);
    assert!(
        form(&play.sends(5, StepId::Token)).contains(&("client_assertion".to_owned(), "d.e.f".to_owned()))
    );

    let mut play = at_proof(fetched, StepId::Federate);
    play.sends(4, StepId::Federate);
    let (outcome, stopped) = play.ends(4, Answer::Failed(Failure::Dns { host: "h".into() }));
    assert!(matches!(outcome, Outcome::Failed(_)) && stopped == [CallId(2)], "{outcome:?}");
}

#[test]
fn a_key_that_cannot_sign_ends_the_run() {
    let mut play = at_proof(Credential::PrivateKey(client_key()), StepId::Assert);
    play.next();
    let failure = Failure::Unsendable { reason: "the key cannot be read".into() };
    assert_eq!(play.ends(4, Answer::Failed(failure.clone())).0, Outcome::Failed(failure));
}

#[test]
fn implicit_has_nothing_to_prove() {
    let flow = Flow::new(FlowKind::Implicit, web(Credential::PrivateKey(client_key())), Vec::new());
    assert!(flow.steps().iter().all(|step| step.id != StepId::Assert));
}

#[test]
fn every_short_sequence_with_a_proof_keeps_the_promises() {
    let way = [
        sequences::begin(),
        NEXT,
        Letter::Newest(json_answer(200, &metadata())),
        NEXT,
        Letter::Newest(Answer::Listening(listening(HOME))),
        NEXT,
        Letter::Newest(redirected(GOOD)),
        NEXT,
        Letter::Newest(Answer::Signed(vec![1])),
        NEXT,
        Letter::Newest(json_answer(200, &tokens())),
        NEXT,
        Letter::Newest(json_answer(200, &keys())),
    ];
    let signs = web(Credential::PrivateKey(client_key()));
    sequences::play_everywhere(&Flow::new(KIND, signs, Vec::new()), &way, &[], 8);
}
