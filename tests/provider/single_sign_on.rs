//! Who is meant when several are signed in, and what happens where no page may be shown: `prompt`, `login_hint`, `sid`,
//! `domain_hint`, `max_age`.

use std::time::Duration;

use authwright::wire::{Headers, Method, Response};
use serde_json::Value;

use crate::{
    desk::{Browser, Desk, Refusal, attribute, step, with},
    tenant::{MINUTE, PUBLIC, Tenant, claims},
};

const LEGACY: &str = "http://localhost:7084/signin";
const WITH_URI: &[&str] = &["error_uri"];

/// A request whose answer says at once who was meant: an ID token in the fragment.
fn asking(desk: &Desk, tenant: &str, changes: &[(&str, &str)]) -> String {
    let asked = [("response_type", "id_token"), ("scope", "openid profile")];
    let parameters = with(&desk.authorization("legacy-portal", LEGACY), &asked);
    desk.authorize_url(tenant, &with(&parameters, changes))
}

/// Signs people in one after the other and gives their ID tokens' claims.
async fn signed_in(desk: &Desk, browser: &mut Browser<'_>, people: &[&str]) -> Vec<Value> {
    let mut tokens = Vec::new();
    for person in people {
        let answer = browser.sign_in(&asking(desk, "common", &[("prompt", "login")]), person).await;
        tokens.push(claims(&answer.returned(LEGACY)["id_token"].as_str().into()));
    }
    tokens
}

#[tokio::test]
async fn a_silent_request_finds_the_account_by_session_or_hint() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let tokens = signed_in(&desk, &mut browser, &["mina", "adele", "farah"]).await;
    let text = |index: usize, claim: &str| tokens[index][claim].as_str().expect("it is there").to_owned();
    assert_ne!(text(0, "sid"), text(1, "sid"), "each person has a session");
    let (sid, hint) = (text(0, "sid"), text(1, "login_hint"));
    let cases: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (vec![("sid", &sid)], "mina@northwind.example"),
        (vec![("login_hint", &hint)], "adele@northwind.example"),
        (vec![("login_hint", "Adele@Northwind.example")], "adele@northwind.example"),
        (vec![("domain_hint", "fabrikam.example")], "farah@fabrikam.example"),
    ];
    for (mut changes, expected) in cases {
        changes.push(("prompt", "none"));
        let answer = browser.get(&asking(&desk, "common", &changes)).await;
        let claims = claims(&answer.returned(LEGACY)["id_token"].as_str().into());
        assert_eq!(claims["preferred_username"], expected, "{changes:?}");
    }

    let refusals = [
        ("several", vec![], "interaction_required", 16000),
        ("several of a domain", vec![("domain_hint", "organizations")], "interaction_required", 16000),
        (
            "unknown session",
            vec![("sid", "1c0f6d1e-4f5a-4b41-9f0a-3f1f3a0b9f77")],
            "interaction_required",
            160_021,
        ),
        ("session of another", vec![("sid", &sid), ("login_hint", &hint)], "interaction_required", 16002),
        ("hint of nobody there", vec![("login_hint", "theo@northwind.example")], "login_required", 50058),
        ("personal account", vec![("domain_hint", "consumers")], "login_required", 50058),
    ];
    for (name, mut changes, error, code) in refusals {
        changes.push(("prompt", "none"));
        let answer = browser.get(&asking(&desk, "common", &changes)).await;
        desk.check_redirect(name, &answer, LEGACY, Refusal { error, code }, WITH_URI).await;
    }
}

#[tokio::test]
async fn a_page_is_shown_where_a_silent_request_would_fail() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let tokens = signed_in(&desk, &mut browser, &["mina", "adele"]).await;
    let opaque = tokens[1]["login_hint"].as_str().expect("it is there").to_owned();

    let pick = browser.get(&asking(&desk, "common", &[])).await;
    assert_eq!(step(&pick.body), Some("pick"));
    let hinted = [("prompt", "select_account"), ("login_hint", opaque.as_str())];
    let pick = browser.get(&asking(&desk, "common", &hinted)).await;
    assert!(pick.body.contains("mina@") && pick.body.contains("adele@"), "a hint leaves the choice");
    let none = browser.submit(&pick, ("login", "theo@northwind.example"), &[]).await;
    assert_eq!(step(&none.body), Some("sign_in"), "only who is on the list can be picked");

    let page = browser.get(&asking(&desk, "common", &[("prompt", "login"), ("login_hint", &opaque)])).await;
    assert_eq!(step(&page.body), Some("sign_in"));
    let name = page.body.split_once("name=\"loginfmt\" ").expect("a field").1;
    assert_eq!(
        attribute(name, "value").as_deref(),
        Some("adele@northwind.example"),
        "people get no opaque hint"
    );

    let page = browser.get(&asking(&desk, "common", &[("prompt", "create")])).await;
    assert!(step(&page.body) == Some("sign_in") && page.body.contains("Nobody can sign up here"));
    let page = browser.get(&asking(&desk, "common", &[("sid", "unknown")])).await;
    assert_eq!(step(&page.body), Some("sign_in"), "a session that is gone is no end");
    let page = browser.get(&asking(&desk, "common", &[("domain_hint", "consumers")])).await;
    assert_eq!(step(&page.body), Some("sign_in"));
}

#[tokio::test]
async fn consent_can_be_asked_for_again_and_silence_cannot_give_it() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    signed_in(&desk, &mut browser, &["mina"]).await;
    let again = browser.get(&asking(&desk, "common", &[("prompt", "consent")])).await;
    assert_eq!(step(&again.body), Some("consent"), "although nothing is missing");
    let more = [("prompt", "none"), ("scope", "openid Mail.Read")];
    let refused = browser.get(&asking(&desk, "common", &more)).await;
    let refusal = Refusal { error: "interaction_required", code: 65001 };
    desk.check_redirect("silent", &refused, LEGACY, refusal, &["error_uri", "suberror"]).await;
    assert!(refused.header("location").contains("#error="));
}

/// Asks for a code of the desktop application.
fn ask(tenant: &mut Tenant, changes: &[(&str, &str)]) -> Response {
    let (client, home) = (tenant.client_id("desktop"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid User.Read"),
    ];
    let path = format!("{home}/oauth2/v2.0/authorize");
    tenant.ask(Method::Get, &path, &with(&parameters, changes), Headers::new())
}

fn check_silent(response: &Response, error: &str) {
    let location = response.redirect_target().expect("a redirect");
    assert!(location.contains(&format!("error={error}&")), "{location}");
}

fn has_code(response: &Response) -> bool {
    response.redirect_target().is_some_and(|location| location.contains("?code="))
}

#[test]
fn a_sign_in_can_be_too_old() {
    let mut tenant = Tenant::northwind();
    let page = ask(&mut tenant, &[]);
    assert!(has_code(&tenant.walk(page)));
    tenant.now = tenant.now + Duration::from_secs(90);
    assert!(has_code(&ask(&mut tenant, &[("max_age", "120"), ("prompt", "none")])));
    check_silent(&ask(&mut tenant, &[("max_age", "60"), ("prompt", "none")]), "login_required");
    check_silent(&ask(&mut tenant, &[("max_age", "0"), ("prompt", "none")]), "login_required");
    let page = ask(&mut tenant, &[("max_age", "60")]);
    assert_eq!(step(&page.body.text()), Some("sign_in"));
    assert!(has_code(&tenant.walk(page)));
    assert!(has_code(&ask(&mut tenant, &[("max_age", "60"), ("prompt", "none")])));
}

#[test]
fn the_moment_of_signing_in_is_told_on_demand() {
    let asks: [&[(&str, &str)]; 3] =
        [&[], &[("max_age", "600")], &[("claims", r#"{"id_token":{"auth_time":{"essential":true}}}"#)]];
    for (index, changes) in asks.into_iter().enumerate() {
        let mut tenant = Tenant::northwind();
        let began = tenant.now;
        let page = ask(&mut tenant, &[]);
        tenant.walk(page);
        tenant.now = tenant.now + MINUTE;
        let answer = ask(&mut tenant, changes);
        let location = url::Url::parse(answer.redirect_target().expect("a redirect")).expect("an address");
        let code = location.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let client = tenant.client_id("desktop");
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client.as_str()),
            ("code", code.as_str()),
            ("redirect_uri", PUBLIC),
        ];
        let token = claims(&tenant.token(&form, None).1["id_token"]);
        let expected = (index > 0).then(|| began.seconds());
        assert_eq!(token["auth_time"].as_i64(), expected, "{changes:?}");
    }
}

#[test]
fn an_account_that_is_switched_off_meanwhile_is_signed_in_no_more() {
    let mut tenant = Tenant::northwind();
    let page = ask(&mut tenant, &[]);
    assert!(has_code(&tenant.walk(page)));
    let mina = tenant.object_id("mina");
    assert!(tenant.provider.enable_account(&mina, false));
    check_silent(&ask(&mut tenant, &[("prompt", "none")]), "login_required");
    assert_eq!(step(&ask(&mut tenant, &[]).body.text()), Some("sign_in"));
    assert!(tenant.provider.enable_account(&mina, true));
    assert!(has_code(&ask(&mut tenant, &[("prompt", "none")])));
    assert!(tenant.provider.revoke_sessions(&mina, tenant.now));
    check_silent(&ask(&mut tenant, &[("prompt", "none")]), "login_required");
}
