//! Device code (reference §4.10, §5): what the device asks for, what the person does meanwhile, and how polling ends.

use authwright::{
    flow::{
        Answer, Choice, DevicePrompt, Effect, Flow, FlowKind, Input, Outcome, Prompt,
        StepId::{DeviceAuthorization, Poll},
    },
    provider::scenario::Scenario,
    secret::Secret,
};
use std::time::Duration;

use crate::{
    case::{Case, Happens, Refused, json, refuses, seeds},
    desk::{Desk, Manner, START},
};

const SCOPE: &str = "openid profile offline_access api://northwind-catalog/Catalog.Read";

fn kiosk() -> Case {
    Case::new(FlowKind::DeviceCode, "kiosk", SCOPE)
}

const fn asked(status: u16, error: &'static str, number: u32) -> Refused {
    json(DeviceAuthorization, status, error, number)
}

const fn polled(error: &'static str, number: u32) -> Refused {
    json(Poll, 400, error, number)
}

#[test]
fn a_device_waits_for_the_person() {
    let ended = kiosk().run();
    assert_eq!(ended.claim("azp"), ended.desk.client_id("kiosk"));
    assert_eq!(ended.desk.now, START + Duration::from_secs(10), "two polls, five seconds apart");
    let pending: Vec<u32> = ended.desk.notes.iter().map(|note| note.code).collect();
    assert_eq!(pending, [70016], "the first poll came before the person");
}

#[test]
fn the_message_is_in_the_language_of_the_market() {
    let mut case = kiosk();
    case.profile.market = Some("de-DE".to_owned());
    let ended = case.run();
    let steps = ended.flow.steps();
    let step = steps.iter().find(|step| step.id == DeviceAuthorization).expect("it has this step");
    let message = step.facts.iter().find(|fact| fact.name == "message").expect("a message came");
    assert!(format!("{:?}", message.value).contains("Öffnen Sie"), "{message:?}");
}

#[test]
fn a_confidential_application_proves_itself_when_it_polls() {
    let ended = Case::new(FlowKind::DeviceCode, "admin-portal", SCOPE).run();
    assert_eq!(ended.claim("azpacr"), "1");
}

#[test]
fn microsofts_own_libraries_use_other_names() {
    let mut case = kiosk();
    case.set(Poll, "grant_type", "device_code");
    case.run().tokens();
}

#[test]
fn a_lab_that_slows_down_is_obeyed() {
    let mut scenario = Scenario::northwind();
    scenario.policy.slow_down = true;
    let case = Case::at(Desk::stocked(scenario, "mina"), FlowKind::DeviceCode, "kiosk", SCOPE);
    case.run().tokens();
}

#[test]
fn codes_are_not_given_to_everybody() {
    refuses(
        kiosk,
        &[
            (
                "no client",
                |case| case.without(DeviceAuthorization, "client_id"),
                asked(400, "invalid_request", 900_144),
            ),
            (
                "no scope",
                |case| case.without(DeviceAuthorization, "scope"),
                asked(400, "invalid_request", 900_144),
            ),
            (
                "a stranger",
                |case| case.set(DeviceAuthorization, "client_id", "00000000-1111-4222-8333-444444444444"),
                asked(400, "unauthorized_client", 700_016),
            ),
            (
                "no such tenant",
                |case| case.elsewhere(DeviceAuthorization, "nowhere.example"),
                asked(400, "invalid_tenant", 90002),
            ),
            (
                "one tenant's application on common",
                |case| {
                    case.application("directory-export");
                    case.scope("openid User.Read");
                    case.elsewhere(DeviceAuthorization, "common");
                },
                asked(400, "invalid_request", 50059),
            ),
            (
                "an unknown permission",
                |case| case.scope("openid api://northwind-catalog/Catalog.Eat"),
                asked(400, "invalid_scope", 70011),
            ),
            (
                "an unknown API",
                |case| case.scope("api://nobody/Read"),
                asked(400, "invalid_resource", 500_011),
            ),
        ],
    );
}

#[test]
fn a_poll_shows_the_code_that_was_given_to_the_same_device() {
    refuses(
        kiosk,
        &[
            ("no code", |case| case.without(Poll, "device_code"), polled("invalid_request", 900_144)),
            (
                "a garbled code",
                |case| case.set(Poll, "device_code", "garbled"),
                polled("invalid_grant", 7_000_014),
            ),
            (
                "a code of another application",
                |case| {
                    let id = case.desk.client_id("handheld");
                    case.set(Poll, "client_id", &id);
                },
                polled("invalid_grant", 70000),
            ),
            (
                "redeemed before",
                |case| {
                    let mut first = kiosk();
                    std::mem::swap(&mut first.desk, &mut case.desk);
                    let ended = first.run();
                    ended.tokens();
                    let code = ended.desk.last_sent("device_code");
                    case.desk = ended.desk;
                    case.set(Poll, "device_code", &code);
                },
                polled("invalid_grant", 54005),
            ),
            (
                "a made-up grant type",
                |case| case.set(Poll, "grant_type", "magic"),
                polled("unsupported_grant_type", 70003),
            ),
            (
                "with a secret",
                |case| case.set(Poll, "client_secret", "any"),
                json(Poll, 401, "invalid_client", 700_025),
            ),
            (
                "no public client, and no secret",
                |case| {
                    case.application("admin-portal");
                    case.without(Poll, "client_secret");
                },
                json(Poll, 401, "invalid_client", 7_000_218),
            ),
        ],
    );
}

#[test]
fn the_person_decides_how_it_ends() {
    refuses(
        kiosk,
        &[
            (
                "declined at the confirmation",
                |case| case.desk.manner = Manner::Declines,
                polled("authorization_declined", 65004),
            ),
            (
                "the account is switched off in between",
                |case| {
                    case.before(Poll, |desk| {
                        let mina = desk.id_of("mina");
                        assert!(desk.provider.enable_account(&mina, false));
                    });
                    case.desk.attends = true;
                },
                polled("invalid_grant", 50057),
            ),
            (
                "the lab's clock says that it took too long",
                |case| {
                    case.desk.attends = false;
                    case.before(Poll, |desk| desk.ahead = Duration::from_secs(900));
                },
                polled("expired_token", 70020),
            ),
        ],
    );
}

#[test]
fn a_device_gives_up_when_the_codes_end() {
    let mut case = kiosk();
    case.desk.attends = false;
    let ended = case.run();
    assert!(matches!(ended.outcome, Outcome::Rejected { .. }), "{:?}", ended.outcome);
    assert_eq!(ended.desk.now, START + Duration::from_secs(900));
}

#[test]
fn what_the_device_page_says_no_to_leaves_the_device_waiting() {
    for (name, person, twist, number) in [
        (
            "a wrong code",
            "mina",
            (|desk| desk.person.user_code = Some("AAAA11111".to_owned())) as Happens,
            70018,
        ),
        ("no code", "mina", |desk| desk.person.user_code = Some(String::new()), 90119),
        ("switched off", "bruno", |_| {}, 50057),
        ("a wrong password", "mina", |desk| desk.person.password = Secret::new("wrong"), 50126),
        ("neither member nor guest", "ines", |_| {}, 50020),
    ] {
        let mut case = kiosk();
        case.person(person);
        twist(&mut case.desk);
        let ended = case.run();
        assert!(matches!(ended.outcome, Outcome::Rejected { .. }), "{name}: {:?}", ended.outcome);
        assert_eq!(ended.desk.told, [number], "{name}");
    }
    let mut case = Case::new(FlowKind::DeviceCode, "directory-export", "openid User.Read");
    case.person("mina");
    let ended = case.run();
    assert!(matches!(ended.outcome, Outcome::Rejected { .. }), "{:?}", ended.outcome);
    assert_eq!(ended.desk.told, [53000], "from managed devices only, and the person's is none");
}

#[test]
fn a_code_is_entered_once_and_in_time() {
    let mut desk = Desk::new("mina");
    let prompt = prompted(&mut desk);
    desk.follow(&prompt);
    assert_eq!(desk.told, [] as [u32; 0]);
    desk.follow(&prompt);
    assert_eq!(desk.told, [90120], "used already");
    let prompt = prompted(&mut desk);
    desk.pass(900);
    desk.follow(&prompt);
    assert_eq!(desk.told, [90120, 70019], "too late");
}

/// The prompt of a device that is switched off before its first poll.
fn prompted(desk: &mut Desk) -> DevicePrompt {
    let mut flow = Flow::new(FlowKind::DeviceCode, desk.profile("kiosk", SCOPE), Vec::new());
    let mut effects = flow.advance(Input::Begin(seeds()), desk.now);
    loop {
        let more = match effects.pop() {
            None => flow.advance(Input::Chosen(Choice::Next), desk.now),
            Some(Effect::Send(call, request)) => {
                let answer = Answer::Response(desk.ask(&request));
                flow.advance(Input::Answer(call, answer), desk.now)
            }
            Some(Effect::WakeAt(..)) => break,
            Some(other) => panic!("{other:?}"),
        };
        effects.extend(more);
    }
    match flow.prompt() {
        Some(Prompt::DeviceCode(prompt)) => prompt,
        other => panic!("no prompt for a device: {other:?}"),
    }
}
