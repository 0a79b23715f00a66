//! Conditional access at the authorization endpoint, and what `claims` brings into tokens.

use std::time::Duration;

use authwright::{
    provider::scenario::{ConditionalAccessPolicy, Control, PolicyState, Scenario},
    wire::{Headers, Method},
};
use serde_json::json;

use crate::{
    desk::{Browser, CATALOG, Desk, Refusal, step, with},
    tenant::{Tenant, claims},
};

const PUBLIC: &str = "http://localhost:50123/";
const WEB: &str = "http://localhost:7082/signin-oidc";
const STEP_UP: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
const CAPABLE: &str = r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#;
const VAULT: &str =
    r#"{"access_token":{"capolids":{"essential":true,"values":["3d0c8f1e-7b62-4a95-8e40-c1f7d96b2a53"]}}}"#;

fn url(desk: &Desk, changes: &[(&str, &str)]) -> String {
    desk.authorize_url(&desk.home, &with(&desk.authorization("desktop", PUBLIC), changes))
}

#[tokio::test]
async fn a_context_is_asked_for_met_on_a_page_and_told_in_the_token() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let refunds = format!("openid {} offline_access", CATALOG.replace("Catalog.Read", "Refunds.Issue"));
    let plain = browser.sign_in(&url(&desk, &[("scope", &refunds)]), "mina").await.returned(PUBLIC);
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &plain["code"]), &[]).await.json();
    assert!(claims(&body["access_token"]).get("acrs").is_none());

    let asked = [("scope", refunds.as_str()), ("claims", STEP_UP)];
    let silent = browser.get(&url(&desk, &[asked[0], asked[1], ("prompt", "none")])).await;
    let refusal = Refusal { error: "interaction_required", code: 50076 };
    desk.check_redirect("silent", &silent, PUBLIC, refusal, &["claims", "error_uri", "suberror"]).await;

    let page = browser.get(&url(&desk, &asked)).await;
    assert_eq!(step(&page.body), Some("verify"), "the session is there, the second factor is not");
    let answer = browser.submit(&page, ("action", "next"), &[("otc", "246810")]).await;
    let code = answer.returned(PUBLIC)["code"].clone();
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    assert_eq!(claims(&body["access_token"])["acrs"], json!(["c1"]));
    let token = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
    let order = [("authorization", token.as_str())];
    let done = desk.request("POST", &desk.url("api/catalog/refunds"), &order).await;
    assert!(!done.header("www-authenticate").contains("insufficient_claims"), "{done:?}");
    assert!(![401, 403].contains(&done.status), "the API is content with the token: {done:?}");

    let unknown = [("scope", refunds.as_str()), ("claims", r#"{"access_token":{"acrs":{"value":"c9"}}}"#)];
    let code = browser.get(&url(&desk, &unknown)).await.returned(PUBLIC)["code"].clone();
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    assert!(claims(&body["access_token"]).get("acrs").is_none(), "no policy is about c9");
}

#[tokio::test]
async fn a_context_can_be_told_in_the_id_token() {
    let desk = Desk::open().await;
    let legacy = "http://localhost:7084/signin";
    let wanted = r#"{"id_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let changes = [("response_type", "id_token"), ("scope", "openid"), ("claims", wanted)];
    let parameters = with(&desk.authorization("legacy-portal", legacy), &changes);
    let mut browser = Browser::new(&desk);
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &parameters), "mina").await;
    assert_eq!(claims(&answer.returned(legacy)["id_token"].as_str().into())["acrs"], json!(["c1"]));
}

#[tokio::test]
async fn who_has_no_second_factor_is_told_to_register_one() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let page = browser.sign_in(&url(&desk, &[("claims", VAULT)]), "adele").await;
    assert_eq!(step(&page.body), Some("register"), "a page can mend it");
    let silent = browser.get(&url(&desk, &[("claims", VAULT), ("prompt", "none")])).await;
    let refusal = Refusal { error: "interaction_required", code: 50079 };
    desk.check_redirect("silent", &silent, PUBLIC, refusal, &["claims", "error_uri", "suberror"]).await;
    let mut mina = Browser::new(&desk);
    let page = mina.get(&url(&desk, &[("claims", VAULT)])).await;
    let page = mina.type_password(&page, "mina").await;
    assert_eq!(step(&page.body), Some("verify"), "a challenge of an API further on");
}

fn asking_of_everybody(control: Control) -> Scenario {
    let mut scenario = Scenario::northwind();
    scenario.conditional_access_policies.push(ConditionalAccessPolicy {
        id: "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b".to_owned(),
        display_name: "Desktop".to_owned(),
        state: PolicyState::Enabled,
        include_users: vec!["All".to_owned()],
        exclude_users: vec!["adele".to_owned()],
        include_applications: vec!["desktop".to_owned()],
        built_in_controls: vec![control],
        ..ConditionalAccessPolicy::default()
    });
    scenario
}

#[tokio::test]
async fn what_no_page_can_mend_is_shown_or_sent_back_in_silence() {
    for (control, code) in [(Control::Block, 53003), (Control::CompliantDevice, 53000)] {
        let desk = Desk::stocked(asking_of_everybody(control)).await;
        let mut browser = Browser::new(&desk);
        desk.check_page("shown", &browser.sign_in(&url(&desk, &[]), "mina").await, code).await;
        let silent = browser.get(&url(&desk, &[("prompt", "none")])).await;
        let refusal = Refusal { error: "interaction_required", code };
        desk.check_redirect("silent", &silent, PUBLIC, refusal, &["claims", "error_uri", "suberror"]).await;
        let answer = Browser::new(&desk).sign_in(&url(&desk, &[]), "adele").await;
        assert!(answer.returned(PUBLIC).contains_key("code"), "she is left out");
    }
}

#[tokio::test]
async fn a_client_that_takes_challenges_gets_a_long_token_that_says_so() {
    let desk = Desk::open().await;
    for (scope, claims_parameter, capable, is_long) in [
        ("openid User.Read", CAPABLE, true, true),
        ("openid User.Read", "", false, false),
        (CATALOG, CAPABLE, true, false),
    ] {
        let changes = [("scope", scope), ("claims", claims_parameter)];
        let code = desk.code("desktop", PUBLIC, &changes).await;
        let form = with(&desk.redemption("desktop", PUBLIC, &code), &[("scope", scope)]);
        let body = desk.token(&desk.home, &form, &[]).await.json();
        let token = claims(&body["access_token"]);
        assert_eq!(token["xms_cc"] == json!(["cp1"]), capable, "{scope}: {token:#}");
        assert_eq!(body["expires_in"].as_i64().is_some_and(|life| life >= 72_000), is_long, "{scope}");
    }
}

#[test]
fn a_policy_may_want_people_to_sign_in_again_from_time_to_time() {
    let mut tenant = Tenant::northwind();
    let (client, home) = (tenant.client_id("admin-portal"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", WEB),
        ("scope", "openid api://northwind-payments/Payments.Read"),
    ];
    let path = format!("{home}/oauth2/v2.0/authorize");
    let ask = |tenant: &mut Tenant, changes: &[(&str, &str)]| {
        tenant.ask(Method::Get, &path, &with(&parameters, changes), Headers::new())
    };
    let page = ask(&mut tenant, &[]);
    assert!(tenant.walk(page).redirect_target().is_some_and(|to| to.contains("?code=")));
    tenant.now = tenant.now + Duration::from_secs(3599);
    assert!(
        ask(&mut tenant, &[("prompt", "none")]).redirect_target().is_some_and(|to| to.contains("?code="))
    );
    tenant.now = tenant.now + Duration::from_secs(2);
    let silent = ask(&mut tenant, &[("prompt", "none")]);
    let location = silent.redirect_target().expect("a redirect");
    assert!(
        location.contains("error=interaction_required&") && location.contains("AADSTS70044"),
        "{location}"
    );
    assert!(
        ask(&mut tenant, &[("scope", "openid"), ("prompt", "none")])
            .redirect_target()
            .is_some_and(|to| to.contains("?code=")),
        "other resources have no such policy"
    );
    let page = ask(&mut tenant, &[]);
    assert_eq!(step(&page.body.text()), Some("sign_in"));
    assert!(
        page.body.text().contains("value=\"mina@northwind.example\""),
        "whose sign-in is too old is known"
    );
    assert!(tenant.walk(page).redirect_target().is_some_and(|to| to.contains("?code=")));
}
