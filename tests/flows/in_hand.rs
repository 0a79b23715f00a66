//! Refresh tokens (reference §4.8): what one is good for, for how long, and what ends it.

use authwright::flow::{FanOutResult, FlowKind, Outcome, StepId::Token};

use crate::case::{Case, Ended, Refused, claim, client, grant, json, refuses, request};

const SCOPE: &str = "openid profile offline_access api://northwind-catalog/Catalog.Read";

/// A sign-in to that application, and then the use of its refresh token.
fn signed_in(key: &str) -> Case {
    after(Case::new(FlowKind::AuthorizationCode, key, SCOPE).run(), key, SCOPE)
}

/// The use of the refresh token that a run brought.
fn after(ended: Ended, key: &str, scope: &str) -> Case {
    let given = ended.tokens().refresh_token.clone();
    assert!(given.is_some(), "a refresh token came");
    let mut case = Case::at(ended.desk, FlowKind::RefreshToken, key, scope);
    case.profile.given = given;
    case
}

fn desktop() -> Case {
    signed_in("desktop")
}

fn storefront() -> Case {
    signed_in("storefront")
}

fn portal() -> Case {
    signed_in("admin-portal")
}

/// The mail client of the family: graph has authorised it beforehand.
fn mail() -> Case {
    let scope = "openid profile offline_access https://graph.microsoft.com/Mail.Read";
    after(Case::new(FlowKind::DeviceCode, "family-mail", scope).run(), "family-mail", scope)
}

fn bad_scope(number: u32) -> Refused {
    json(Token, 400, "invalid_scope", number)
}

#[test]
fn each_kind_of_application_refreshes() {
    for key in ["desktop", "storefront", "admin-portal"] {
        let ended = signed_in(key).run();
        assert_eq!(ended.claim("azp"), ended.desk.client_id(key));
        assert!(ended.tokens().refresh_token.is_some() && ended.tokens().id_token.is_some(), "{key}");
    }
    let scope = "openid offline_access User.Read";
    let device = Case::new(FlowKind::DeviceCode, "kiosk", scope).run();
    after(device, "kiosk", scope).run().tokens();
}

#[test]
fn the_old_token_stays_good_beside_the_new_one() {
    let mut case = desktop();
    let old = case.profile.given.clone();
    for _ in 0..3 {
        let ended = case.run();
        assert_ne!(ended.tokens().refresh_token, old);
        assert!(ended.found(Token).contains(&"refresh_token.rotated"), "{:?}", ended.found(Token));
        case = Case::at(ended.desk, FlowKind::RefreshToken, "desktop", SCOPE);
        case.profile.given.clone_from(&old);
    }
}

#[test]
fn one_token_reaches_every_api_that_was_agreed_to() {
    let both =
        "openid offline_access https://graph.microsoft.com/User.Read api://northwind-catalog/Catalog.Read";
    let ended = Case::new(FlowKind::AuthorizationCode, "desktop", both);
    let mut first = ended;
    first.set(Token, "scope", "openid offline_access https://graph.microsoft.com/User.Read");
    let ended = after(first.run(), "desktop", "api://northwind-catalog/.default").run();
    assert_eq!(ended.claim("aud"), ended.desk.client_id("catalog-api"));
    assert!(ended.tokens().refresh_token.is_none(), "nobody asked for one");
    assert!(ended.found(Token).contains(&"refresh_token.kept"), "{:?}", ended.found(Token));
}

#[test]
fn a_scope_may_be_left_out_narrowed_or_widened_over_apis() {
    let mut case = desktop();
    case.without(Token, "scope");
    let ended = case.run();
    assert_eq!((ended.claim("scp"), ended.tokens().refresh_token.is_some()), ("Catalog.Read".into(), true));
    let mut case = desktop();
    case.scope("api://northwind-catalog/Catalog.Read");
    let ended = case.run();
    assert!(ended.tokens().id_token.is_none() && ended.tokens().refresh_token.is_none());
    let mut case = desktop();
    case.scope("api://northwind-catalog/Catalog.Read https://graph.microsoft.com/User.Read");
    let ended = case.run();
    assert_eq!(ended.claim("aud"), ended.desk.client_id("catalog-api"), "several APIs: the first one counts");
}

#[test]
fn a_list_of_apis_makes_a_grid() {
    let mut case = desktop();
    case.profile.fan_out = [
        "api://northwind-catalog/Catalog.Read",
        "api://nobody/.default",
        "https://graph.microsoft.com/Mail.Read",
        "https://vault.azure.net/.default",
    ]
    .map(str::to_owned)
    .to_vec();
    let ended = case.run();
    assert!(matches!(ended.outcome, Outcome::Done(_)), "{:?}", ended.outcome);
    let rows = ended.flow.fan_out();
    assert!(rows[0].granted().iter().any(|scope| scope.ends_with("/Catalog.Read")), "{rows:#?}");
    let numbers: Vec<_> = rows[1..]
        .iter()
        .map(|row| match &row.result {
            Some(FanOutResult::Refused(refusal)) => refusal.error_codes.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [[500_011], [65001], [65001]]);
}

#[test]
fn a_family_shares_its_refresh_tokens() {
    let case = mail();
    let scope = "openid offline_access https://graph.microsoft.com/User.ReadBasic.All";
    let mut other = Case::at(case.desk, FlowKind::RefreshToken, "family-files", scope);
    other.profile.given.clone_from(&case.profile.given);
    let ended = other.run();
    assert_eq!(ended.claim("appid"), ended.desk.client_id("family-files"));
    assert_eq!(ended.tokens().foci.as_deref(), Some("1"));
    assert!(ended.found(Token).contains(&"refresh_token.family"), "{:?}", ended.found(Token));
    assert!(!ended.claim("scp").contains("Mail.Read"), "each may do what it may do: {}", ended.claim("scp"));
    refuses(
        mail,
        &[(
            "a client outside the family",
            |case| {
                let id = case.desk.client_id("desktop");
                case.set(Token, "client_id", &id);
            },
            grant(70000).class("client_mismatch"),
        )],
    );
}

#[test]
fn a_guest_takes_the_token_to_another_tenant() {
    let mut first = Case::new(FlowKind::AuthorizationCode, "desktop", "openid offline_access User.Read");
    first.person("farah");
    let mut case = after(first.run(), "desktop", "User.Read");
    // To the tenant where she is at home. Nobody consented there yet; the answer is that tenant's.
    case.segment("fabrikam.example");
    grant(65001).class("consent_required").check("no consent there", &case.run());
    let mut first = Case::new(FlowKind::AuthorizationCode, "desktop", "openid offline_access User.Read");
    first.person("farah");
    let ended = first.run();
    let guest = ended.tokens().refresh_token.clone();
    let mut home =
        Case::at(ended.desk, FlowKind::AuthorizationCode, "desktop", "openid offline_access User.Read");
    home.segment("fabrikam.example");
    let ended = home.run();
    let mut case = Case::at(ended.desk, FlowKind::RefreshToken, "desktop", "openid offline_access User.Read");
    case.profile.given = guest;
    case.segment("fabrikam.example");
    assert_eq!(case.run().claim("tid"), "c2a7e9d4-58b3-4f06-8d21-7e94b0c6f3a5");
}

#[test]
fn a_refresh_token_is_refused_for_what_happened_to_it() {
    refuses(
        desktop,
        &[
            ("left out", |case| case.without(Token, "refresh_token"), request(900_144)),
            (
                "garbled",
                |case| case.set(Token, "refresh_token", "1.garbled"),
                grant(9_002_313).class("bad_token"),
            ),
            ("unused for 90 days", |case| case.desk.pass(90 * 86_400), grant(700_082).class("token_expired")),
            (
                "revoked",
                |case| {
                    case.desk.pass(60);
                    let (mina, now) = (case.desk.id_of("mina"), case.desk.now);
                    assert!(case.desk.provider.revoke_sessions(&mina, now));
                },
                grant(50173).class("bad_token"),
            ),
            (
                "account switched off",
                |case| {
                    let mina = case.desk.id_of("mina");
                    assert!(case.desk.provider.enable_account(&mina, false));
                },
                grant(50057),
            ),
            (
                "account deleted",
                |case| {
                    let mina = case.desk.id_of("mina");
                    assert!(case.desk.provider.delete_account(&mina));
                },
                grant(50034),
            ),
            (
                "consent withdrawn",
                |case| {
                    let (desktop, mina) = (case.desk.client_id("desktop"), case.desk.id_of("mina"));
                    assert!(case.desk.provider.withdraw_consent(&desktop, Some(&mina)));
                },
                grant(65001).class("consent_required"),
            ),
            (
                "never agreed to",
                |case| case.scope("https://graph.microsoft.com/Mail.Read"),
                grant(65001).class("consent_required"),
            ),
            (
                "a policy asks for more",
                |case| {
                    case.set(Token, "claims", r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#);
                },
                grant(50076).class("basic_action").with_claims(),
            ),
            (
                "of another application",
                |case| {
                    let id = case.desk.client_id("kiosk");
                    case.set(Token, "client_id", &id);
                },
                grant(70000),
            ),
            (
                "in a tenant where the person is nobody",
                |case| case.elsewhere(Token, "fabrikam.example"),
                grant(50020),
            ),
            (
                "an unknown API",
                |case| case.scope("api://nobody/Read"),
                json(Token, 400, "invalid_resource", 500_011),
            ),
            (
                "an unknown permission",
                |case| case.scope("api://northwind-catalog/Catalog.Eat"),
                bad_scope(70011),
            ),
            (
                "a public client with a secret",
                |case| case.set(Token, "client_secret", "any"),
                client(700_025),
            ),
            (
                "a public client in a browser",
                |case| case.set(Token, "origin", "http://localhost:1"),
                request(9_002_326),
            ),
        ],
    );
    refuses(
        portal,
        &[
            ("no secret", |case| case.without(Token, "client_secret"), client(7_000_218)),
            ("a wrong secret", |case| case.set(Token, "client_secret", "wrong"), client(7_000_215)),
        ],
    );
}

#[test]
fn use_keeps_a_token_alive_but_not_that_of_a_single_page_application() {
    let mut case = desktop();
    for _ in 0..3 {
        case.desk.pass(89 * 86_400);
        case = after(case.run(), "desktop", SCOPE);
    }
    let mut case = storefront();
    for _ in 0..2 {
        case.desk.pass(11 * 3600);
        case = after(case.run(), "storefront", SCOPE);
    }
    case.desk.pass(2 * 3600);
    grant(700_084).check("24 hours after the sign-in", &case.run());
    refuses(
        storefront,
        &[
            ("outside a browser", |case| case.without(Token, "origin"), request(9_002_327)),
            ("a day later", |case| case.desk.pass(86_400), grant(700_084)),
        ],
    );
}

#[test]
fn a_policy_ends_a_sign_in_after_an_hour_whatever_is_refreshed() {
    let scope = "openid offline_access api://northwind-payments/Payments.Read";
    let first = Case::new(FlowKind::AuthorizationCode, "admin-portal", scope).run();
    let mut case = after(first, "admin-portal", scope);
    case.desk.pass(3599);
    let mut case = after(case.run(), "admin-portal", scope);
    case.desk.pass(1);
    grant(70043).class("token_expired").check("an hour after the sign-in", &case.run());
}

#[test]
fn who_forgets_offline_access_gets_no_refresh_token() {
    let ended = Case::new(FlowKind::AuthorizationCode, "desktop", "openid User.Read").run();
    assert!(ended.tokens().refresh_token.is_none());
    let token = ended.tokens().access_token.clone().expect("it came");
    assert!(!claim(&token, "scp").contains("offline_access"));
}

#[test]
fn an_access_token_is_no_refresh_token() {
    let ended = Case::new(FlowKind::AuthorizationCode, "desktop", SCOPE).run();
    let token = ended.tokens().access_token.clone();
    let mut case = Case::at(ended.desk, FlowKind::RefreshToken, "desktop", SCOPE);
    case.profile.given = token;
    grant(9_002_313).class("bad_token").check("an access token", &case.run());
}
