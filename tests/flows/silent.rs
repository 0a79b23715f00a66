//! Authorization code in a browser that stays open: whom a sign-in finds there, and what `prompt=none` is refused
//! (reference §3.4, §3.7).

use authwright::flow::{FlowKind, StepId::Authorize};

use crate::{
    case::{Case, Ended, back, refuses},
    desk::Desk,
};

const SCOPE: &str = "openid profile User.Read";

/// A desk at which these people signed in to the desktop application, one after the other.
fn after(people: &[&str]) -> Desk {
    let mut desk = Desk::new("mina");
    for person in people {
        desk.seat(person);
        let mut case = Case::at(desk, FlowKind::AuthorizationCode, "desktop", SCOPE);
        case.set(Authorize, "prompt", "login");
        let ended = case.run();
        ended.tokens();
        desk = ended.desk;
    }
    desk
}

/// The next sign-in there, without pages.
fn silently(desk: Desk) -> Case {
    let mut case = Case::at(desk, FlowKind::AuthorizationCode, "desktop", SCOPE);
    case.set(Authorize, "prompt", "none");
    case
}

fn whom(ended: &Ended) -> String {
    ended.id_claim("preferred_username")
}

#[test]
fn a_session_signs_in_without_a_page() {
    assert_eq!(whom(&silently(after(&["mina"])).run()), "mina@northwind.example");
    let mut case = silently(after(&["mina", "adele"]));
    case.set(Authorize, "login_hint", "mina@northwind.example");
    assert_eq!(whom(&case.run()), "mina@northwind.example");
    // Without prompt=none a list is shown, and the person of the desk is on it.
    let case = Case::at(after(&["mina", "adele"]), FlowKind::AuthorizationCode, "desktop", SCOPE);
    assert_eq!(whom(&case.run()), "adele@northwind.example");
}

#[test]
fn a_session_is_named_by_its_sid() {
    let mut desk = after(&["mina"]);
    desk.seat("adele");
    let mut case = Case::at(desk, FlowKind::AuthorizationCode, "desktop", SCOPE);
    case.set(Authorize, "prompt", "login");
    let adele = case.run();
    let sid = adele.id_claim("sid");
    let mut case = silently(adele.desk);
    case.set(Authorize, "sid", &sid);
    assert_eq!(whom(&case.run()), "adele@northwind.example");
    let mut case = silently(after(&["mina"]));
    case.set(Authorize, "sid", "00000000-0000-4000-8000-000000000000");
    back("interaction_required", 160_021).check("no such session", &case.run());
    // The session is there, and is not of the account that the hint means.
    let ended = Case::at(Desk::new("mina"), FlowKind::AuthorizationCode, "desktop", SCOPE).run();
    let sid = ended.id_claim("sid");
    let mut case = silently(ended.desk);
    case.set(Authorize, "sid", &sid);
    case.set(Authorize, "login_hint", "adele@northwind.example");
    back("interaction_required", 16002).check("a session of somebody else", &case.run());
}

#[test]
fn what_a_page_would_have_mended_is_refused_where_none_may_be_shown() {
    refuses(|| silently(Desk::new("mina")), &[("nobody signed in", |_| {}, back("login_required", 50058))]);
    refuses(
        || silently(after(&["mina"])),
        &[
            (
                "somebody else is signed in",
                |case| case.set(Authorize, "login_hint", "adele@northwind.example"),
                back("login_required", 50058),
            ),
            (
                "nobody of that domain",
                |case| case.set(Authorize, "domain_hint", "fabrikam.example"),
                back("login_required", 50058),
            ),
            (
                "signed in too long ago",
                |case| {
                    case.set(Authorize, "max_age", "60");
                    case.before(Authorize, |desk| desk.pass(61));
                },
                back("login_required", 50058),
            ),
            (
                "the session ran out",
                |case| case.before(Authorize, |desk| desk.pass(2 * 86_400)),
                back("login_required", 50058),
            ),
            (
                "sessions revoked",
                |case| {
                    case.before(Authorize, |desk| {
                        let (mina, now) = (desk.id_of("mina"), desk.now);
                        assert!(desk.provider.revoke_sessions(&mina, now));
                    });
                },
                back("login_required", 50133),
            ),
            (
                "account switched off",
                |case| {
                    case.before(Authorize, |desk| {
                        let mina = desk.id_of("mina");
                        assert!(desk.provider.enable_account(&mina, false));
                    });
                },
                back("login_required", 50058),
            ),
            (
                "not agreed to",
                |case| case.scope("openid api://northwind-catalog/Catalog.Read"),
                back("interaction_required", 65001).class("consent_required"),
            ),
            (
                "consent withdrawn",
                |case| {
                    case.before(Authorize, |desk| {
                        let (desktop, mina) = (desk.client_id("desktop"), desk.id_of("mina"));
                        assert!(desk.provider.withdraw_consent(&desktop, Some(&mina)));
                    });
                },
                back("interaction_required", 65001).class("consent_required"),
            ),
            (
                "for an administrator to agree to",
                |case| {
                    case.application("staff-directory");
                    case.scope("openid User.Read.All");
                },
                back("consent_required", 90094),
            ),
            (
                "a policy asks for more",
                |case| {
                    // An authentication context stands for a policy of the tenant: c1 wants a second factor.
                    case.scope("openid User.Read");
                    case.set(
                        Authorize,
                        "claims",
                        r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#,
                    );
                },
                back("interaction_required", 50076).class("basic_action").with_claims(),
            ),
        ],
    );
    refuses(
        || silently(after(&["mina", "adele"])),
        &[("several signed in", |_| {}, back("interaction_required", 16000))],
    );
}

#[test]
fn a_second_factor_that_is_owed_cannot_be_asked_for_in_silence() {
    // Somebody who left at the second page has shown a password and nothing more.
    let mut case = Case::new(FlowKind::AuthorizationCode, "desktop", SCOPE);
    case.person("theo");
    case.desk.person.one_time_code = None;
    let ended = case.run();
    assert!(ended.refusal().error_codes.is_empty(), "a page waits: {:?}", ended.outcome);
    back("interaction_required", 50076).class("basic_action").check("theo", &silently(ended.desk).run());
}

#[test]
fn a_policy_wants_the_person_to_sign_in_again_every_hour() {
    let payments = || {
        let scope = "openid api://northwind-payments/Payments.Read";
        Case::new(FlowKind::AuthorizationCode, "admin-portal", scope)
    };
    let ended = payments().run();
    ended.tokens();
    let mut later =
        Case::at(ended.desk, FlowKind::AuthorizationCode, "admin-portal", &payments().profile.scope);
    later.set(Authorize, "prompt", "none");
    later.before(Authorize, |desk| desk.pass(3600));
    back("interaction_required", 70044).check("an hour later", &later.run());
}
