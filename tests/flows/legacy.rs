//! The flows that should not be begun any more: hybrid, implicit, password (reference §3.2, §3.3, §4.12).

use authwright::flow::{
    FlowKind,
    StepId::{Authorize, Return, Token, Validate},
};
use authwright::secret::Secret;

use authwright::provider::scenario::Control;

use crate::case::{Case, back, grant, json, refuses, request};
use crate::desk::Desk;

const SCOPE: &str = "openid profile offline_access api://northwind-catalog/Catalog.Read";

fn implicit(response_type: &str) -> Case {
    let mut case = Case::new(FlowKind::Implicit, "legacy-portal", SCOPE);
    case.profile.response_type = Some(response_type.to_owned());
    case
}

fn hybrid() -> Case {
    Case::new(FlowKind::Hybrid, "legacy-portal", SCOPE)
}

#[test]
fn tokens_come_straight_from_the_authorization_endpoint() {
    for (response_type, id_token, access_token) in [
        ("id_token", true, false),
        ("token", false, true),
        ("id_token token", true, true),
        ("token id_token", true, true),
    ] {
        for mode in [None, Some("fragment"), Some("form_post")] {
            let mut case = implicit(response_type);
            case.profile.response_mode = mode.map(str::to_owned);
            let ended = case.run();
            let tokens = ended.tokens();
            let brought =
                (tokens.id_token.is_some(), tokens.access_token.is_some(), tokens.refresh_token.is_some());
            assert_eq!(brought, (id_token, access_token, false), "{response_type} {mode:?}");
            let checks = ended.found(Validate);
            assert_eq!(
                checks.contains(&"check.at_hash"),
                id_token && access_token,
                "{response_type}: {checks:?}"
            );
        }
    }
}

#[test]
fn a_code_and_an_id_token_come_together() {
    for response_type in ["code id_token", "id_token code", "code token", "code id_token token"] {
        for mode in [None, Some("fragment"), Some("form_post")] {
            let mut case = hybrid();
            case.profile.response_type = Some(response_type.to_owned());
            case.profile.response_mode = mode.map(str::to_owned);
            let ended = case.run();
            let tokens = ended.tokens();
            assert!(
                tokens.access_token.is_some() && tokens.refresh_token.is_some(),
                "{response_type} {mode:?}"
            );
        }
    }
}

#[test]
fn what_the_registration_does_not_allow_is_refused() {
    refuses(
        || implicit("id_token token"),
        &[
            (
                "an ID token, not enabled",
                |case| {
                    case.application("admin-portal");
                    case.profile.response_type = Some("id_token".to_owned());
                },
                back("unsupported_response_type", 700_054),
            ),
            (
                "an access token, not enabled",
                |case| {
                    case.application("admin-portal");
                    case.profile.response_type = Some("token".to_owned());
                },
                back("unsupported_response_type", 700_051),
            ),
            (
                "both, not enabled",
                |case| {
                    case.application("admin-portal");
                    case.profile.response_type = Some("id_token token".to_owned());
                },
                back("unsupported_response_type", 700_054),
            ),
            (
                "a made-up one",
                |case| case.set(Authorize, "response_type", "id_token magic"),
                back("unsupported_response_type", 70005),
            ),
            (
                "none at all",
                |case| case.without(Authorize, "response_type"),
                back("invalid_request", 900_144),
            ),
        ],
    );
    refuses(
        hybrid,
        &[(
            "an ID token beside the code, not enabled",
            |case| case.application("admin-portal"),
            back("unsupported_response_type", 700_054),
        )],
    );
}

#[test]
fn tokens_never_travel_in_the_query() {
    for response_type in ["id_token", "token", "id_token token", "code id_token"] {
        let mut case = if response_type.contains("code") { hybrid() } else { implicit(response_type) };
        case.set(Authorize, "response_mode", "query");
        let ended = case.run();
        back("invalid_request", 70007).check(response_type, &ended);
        assert!(
            ended.found(Authorize).contains(&"response_mode.tokens_in_query"),
            "{:?}",
            ended.found(Authorize)
        );
    }
}

#[test]
fn an_id_token_needs_openid_and_a_nonce() {
    for begin in [|| implicit("id_token"), || implicit("id_token token"), hybrid] {
        refuses(
            begin,
            &[
                ("no nonce", |case| case.without(Authorize, "nonce"), back("invalid_request", 900_144)),
                (
                    "no openid",
                    |case| case.scope("api://northwind-catalog/Catalog.Read"),
                    back("unsupported_response_type", 70005),
                ),
            ],
        );
    }
    let mut case = implicit("token");
    case.without(Authorize, "nonce");
    case.scope("api://northwind-catalog/Catalog.Read");
    case.run().tokens();
}

#[test]
fn in_silence_without_a_session_there_is_a_refusal_in_the_fragment() {
    let mut case = implicit("id_token");
    case.set(Authorize, "prompt", "none");
    let ended = case.run();
    back("login_required", 50058).check("nobody", &ended);
    assert!(ended.found(Return).contains(&"answer.way"), "{:?}", ended.found(Return));
}

#[test]
fn the_code_of_a_hybrid_answer_is_redeemed_as_any_other() {
    refuses(
        hybrid,
        &[
            (
                "no secret",
                |case| case.without(Token, "client_secret"),
                json(Token, 401, "invalid_client", 7_000_218),
            ),
            ("garbled", |case| case.set(Token, "code", "garbled"), grant(9_002_313).class("bad_token")),
            ("late", |case| case.before(Token, |desk| desk.pass(600)), grant(70008)),
        ],
    );
}

/// The old scanner, with the person's password.
fn scanner(person: &str) -> Case {
    let scope = "openid profile https://graph.microsoft.com/User.Read";
    let mut case = Case::new(FlowKind::Password, "handheld", scope);
    types(&mut case, person);
    case
}

fn types(case: &mut Case, person: &str) {
    case.person(person);
    case.profile.username = Some(case.desk.person.username.clone());
    case.profile.password = Some(case.desk.person.password.clone());
}

#[test]
fn a_password_does_where_nothing_more_is_asked_for() {
    for segment in [crate::desk::HOME, "northwind.example", "organizations"] {
        let mut case = scanner("mina");
        case.segment(segment);
        assert_eq!(case.run().id_claim("preferred_username"), "mina@northwind.example", "{segment}");
    }
}

#[test]
fn a_password_is_refused_wherever_a_page_would_be_needed() {
    const CLASS: &str = "basic_action";
    refuses(
        || scanner("mina"),
        &[
            ("a wrong password", |case| case.profile.password = Some(Secret::new("wrong")), grant(50126)),
            (
                "nobody of that name",
                |case| case.profile.username = Some("nobody@northwind.example".to_owned()),
                grant(50034),
            ),
            ("a second factor is owed", |case| types(case, "theo"), grant(50076).class(CLASS)),
            ("switched off", |case| types(case, "bruno"), grant(50057)),
            ("password too old", |case| types(case, "petra"), grant(50055).class("user_password_expired")),
            ("locked", |case| types(case, "luis"), grant(50053)),
            ("a guest has none here", |case| types(case, "farah"), grant(50034)),
            ("a personal account", |case| types(case, "pia"), grant(50034)),
            (
                "federated",
                |case| {
                    types(case, "ines");
                    case.segment("fabrikam.example");
                },
                grant(50126),
            ),
            (
                "ten wrong ones lock, and the right one does not help",
                |case| {
                    for _ in 0..10 {
                        let mut wrong = scanner("mina");
                        wrong.profile.password = Some(Secret::new("wrong"));
                        std::mem::swap(&mut wrong.desk, &mut case.desk);
                        let ended = wrong.run();
                        grant(50126).check("wrong", &ended);
                        case.desk = ended.desk;
                    }
                },
                grant(50053),
            ),
            ("empty", |case| case.set(Token, "password", ""), grant(50056)),
            ("left out", |case| case.without(Token, "password"), request(900_144)),
            ("no name", |case| case.without(Token, "username"), request(900_144)),
            ("no scope", |case| case.without(Token, "scope"), request(900_144)),
            ("on common", |case| case.elsewhere(Token, "common"), request(9_001_023)),
            ("on consumers", |case| case.elsewhere(Token, "consumers"), request(9_001_023)),
            (
                "not agreed to",
                |case| {
                    case.application("kiosk");
                    case.profile.username = Some("mina@northwind.example".to_owned());
                    case.profile.password = Some(Secret::new("lab-Mina-1"));
                },
                grant(65001).class("consent_required"),
            ),
            (
                "a policy blocks",
                |case| case.desk = Desk::guarding("microsoft-graph", Control::Block),
                grant(53003).class("message_only").with_claims(),
            ),
            (
                "a policy wants a second factor",
                |case| case.scope("https://vault.azure.net/user_impersonation"),
                grant(50076).class(CLASS),
            ),
            (
                "a policy wants what is not set up",
                |case| {
                    types(case, "adele");
                    case.scope("https://vault.azure.net/user_impersonation");
                },
                grant(50079).class(CLASS),
            ),
            (
                "from managed devices only",
                |case| {
                    case.application("directory-export");
                    types(case, "mina");
                },
                grant(53000).class("message_only").with_claims(),
            ),
            (
                "no public client, and no secret",
                |case| {
                    case.application("admin-portal");
                    types(case, "mina");
                    case.without(Token, "client_secret");
                },
                json(Token, 401, "invalid_client", 7_000_218),
            ),
            (
                "a public client with a secret",
                |case| case.set(Token, "client_secret", "any"),
                json(Token, 401, "invalid_client", 700_025),
            ),
            ("from a browser", |case| case.set(Token, "origin", "http://localhost:1"), request(9_002_326)),
            (
                "two APIs",
                |case| {
                    case.scope("https://graph.microsoft.com/User.Read api://northwind-catalog/Catalog.Read");
                },
                request(28000),
            ),
            (
                "an unknown permission",
                |case| case.scope("https://graph.microsoft.com/User.Eat"),
                json(Token, 400, "invalid_scope", 70011),
            ),
        ],
    );
}

#[test]
fn whoever_needs_a_page_is_told_which_flow_has_one() {
    let ended = scanner("theo").run();
    assert!(ended.found(Token).contains(&"password.interaction"), "{:?}", ended.found(Token));
}
