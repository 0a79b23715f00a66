//! States of tenants, registrations and resources that nobody's request can mend: each refused by its number, wherever it
//! shows.

use authwright::provider::scenario::{
    Scenario,
    edit::{Edit, List},
};
use serde_json::{Value, json};

use crate::{
    desk::{CATALOG, Desk, Refusal, with},
    tenant::{Tenant, claims, refused},
};

const PUBLIC: &str = "http://localhost:50123/";
const WITH_URI: &[&str] = &["error_uri"];

/// Northwind with members of one entry set.
fn stocked(list: List, entry: &str, members: &Value) -> Scenario {
    let members = members.as_object().expect("an object").clone();
    let edit = Edit::Set { of: list, entry: entry.to_owned(), members };
    edit.apply(&Scenario::northwind()).expect("it fits")
}

#[tokio::test]
async fn a_tenant_that_is_elsewhere_or_closed_answers_nobody() {
    for (members, code) in [
        (json!({ "nationalCloud": "login.microsoftonline.us" }), 90038),
        (json!({ "blocked": "inactivity" }), 5_000_225),
        (json!({ "blocked": "abuse" }), 5_000_224),
    ] {
        let desk = Desk::stocked(stocked(List::Tenants, "northwind", &members)).await;
        let url = desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC));
        desk.check_page("authorize", &desk.get(&url, &[]).await, code).await;
        let refusal = Refusal { error: "invalid_request", code };
        let answer = desk.token("northwind.example", &desk.daemon(), &[]).await;
        desk.check_json("token", &answer, 400, refusal, WITH_URI).await;
        let form = [("client_id", desk.client_id("kiosk")), ("scope", "openid")];
        let url = desk.url(&format!("{}/oauth2/v2.0/devicecode", desk.home));
        desk.check_json("devicecode", &desk.post(&url, &form, &[]).await, 400, refusal, WITH_URI).await;
        let other = desk.authorize_url("fabrikam.example", &desk.authorization("desktop", PUBLIC));
        assert!(desk.get(&other, &[]).await.body.contains("name=\"step\""), "the other tenant is open");
    }
}

#[tokio::test]
async fn microsoft_may_have_closed_an_application() {
    let status = json!({ "disabledByMicrosoftStatus": "DisabledDueToViolationOfServicesAgreement" });
    let desk = Desk::stocked(stocked(List::Applications, "inventory-sync", &status)).await;
    let refusal = Refusal { error: "unauthorized_client", code: 1_000_031 };
    let answer = desk.token(&desk.home, &desk.daemon(), &[]).await;
    desk.check_json("token", &answer, 400, refusal, WITH_URI).await;
    let desk = Desk::stocked(stocked(List::Applications, "desktop", &status)).await;
    let url = desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC));
    desk.check_page("authorize", &desk.get(&url, &[]).await, 1_000_031).await;
}

#[tokio::test]
async fn a_resource_may_be_switched_off() {
    let desk =
        Desk::stocked(stocked(List::Applications, "catalog-api", &json!({ "isDisabled": true }))).await;
    let refusal = Refusal { error: "invalid_resource", code: 500_014 };
    let answer = desk.token(&desk.home, &desk.daemon(), &[]).await;
    desk.check_json("by itself", &answer, 400, refusal, WITH_URI).await;
    let parameters = with(&desk.authorization("desktop", PUBLIC), &[("scope", CATALOG)]);
    let answer = desk.get(&desk.authorize_url(&desk.home, &parameters), &[]).await;
    desk.check_redirect("authorize", &answer, PUBLIC, refusal, WITH_URI).await;
    let form = [
        ("grant_type", "password"),
        ("client_id", desk.client_id("handheld")),
        ("username", "mina@northwind.example"),
        ("password", "lab-Mina-1"),
        ("scope", CATALOG),
    ];
    desk.check_json("for somebody", &desk.token(&desk.home, &form, &[]).await, 400, refusal, WITH_URI).await;
}

#[test]
fn changed_claims_need_the_registrations_word_and_an_audience_of_the_tenant() {
    let ask = |members: Value, scope: &str| {
        let mut tenant = Tenant::new(stocked(List::Applications, "payments-api", &members));
        let daemon = (tenant.client_id("stock-robot"), tenant.secret("stock-robot"), tenant.home());
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", daemon.0.as_str()),
            ("client_secret", daemon.1.as_str()),
            ("scope", scope),
        ];
        tenant.token_at(&daemon.2, &form, None)
    };
    let uri = "api://northwind-payments/.default";
    let mapped = || json!({ "claimsMappingPolicies": ["shorter names"] });
    ask(mapped(), uri).check("not accepted", refused("invalid_request", 50146));
    let accepting = |version: Value| {
        let mut members = mapped();
        members["api"] = json!({ "acceptMappedClaims": true, "requestedAccessTokenVersion": version });
        members
    };
    ask(accepting(Value::Null), uri).check("a free name", refused("invalid_request", 501_461));
    let by_id = ask(accepting(Value::Null), "0ab73f5d-e82c-4961-b0d4-c5f16e9a7283/.default").tokens();
    assert_eq!(claims(&by_id["access_token"])["aud"], "0ab73f5d-e82c-4961-b0d4-c5f16e9a7283");
    assert_eq!(ask(accepting(json!(2)), uri).status, 200, "the audience of version 2 is the id");
    let mut verified = accepting(Value::Null);
    verified["identifierUris"] = json!(["https://northwind.example/payments"]);
    assert_eq!(ask(verified, "https://northwind.example/payments/.default").status, 200);
}

#[tokio::test]
async fn changed_claims_are_looked_at_on_the_page_too() {
    let mapped = json!({ "claimsMappingPolicies": ["shorter names"] });
    let desk = Desk::stocked(stocked(List::Applications, "desktop", &mapped)).await;
    let url = desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC));
    desk.check_page("the client's own ID token", &desk.get(&url, &[]).await, 50146).await;
}

#[tokio::test]
async fn an_api_for_work_accounts_is_not_reached_over_the_path_for_all() {
    let listed = json!({ "requiredResourceAccess": [
        { "resource": "microsoft-graph", "scopes": ["User.Read"] },
        { "resource": "key-vault", "scopes": ["user_impersonation"] },
    ] });
    let desk = Desk::stocked(stocked(List::Applications, "gift-cards", &listed)).await;
    let vault = [("scope", "https://vault.azure.net/user_impersonation")];
    let parameters = with(&desk.authorization("gift-cards", PUBLIC), &vault);
    for segment in ["common", "consumers"] {
        let answer = desk.get(&desk.authorize_url(segment, &parameters), &[]).await;
        desk.check_page(segment, &answer, 90124).await;
    }
    for (segment, parameters) in
        [("organizations", parameters.clone()), ("common", desk.authorization("gift-cards", PUBLIC))]
    {
        let answer = desk.get(&desk.authorize_url(segment, &parameters), &[]).await;
        assert!(answer.body.contains("name=\"step\""), "{segment}: {}", answer.body);
    }
}

#[test]
fn a_personal_grant_stays_with_personal_accounts() {
    let grants = json!({ "isFallbackPublicClient": true });
    let mut tenant = Tenant::new(stocked(List::Applications, "gift-cards", &grants));
    tenant.person = "pia";
    let (client, home) = (tenant.client_id("gift-cards"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid offline_access User.Read"),
    ];
    let page = tenant.ask(
        authwright::wire::Method::Get,
        "consumers/oauth2/v2.0/authorize",
        &parameters,
        authwright::wire::Headers::new(),
    );
    let end = tenant.walk(page);
    let location: url::Url = end.redirect_target().expect("a redirect").parse().expect("an address");
    let code = location.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", PUBLIC),
    ];
    let body = tenant.token_at("consumers", &form, None).tokens();
    let refreshed = tenant.refresh_at(&home, "gift-cards", &body["refresh_token"], &[], None);
    refreshed.check("at an organisation", refused("invalid_grant", 70_000_121));
    assert_eq!(tenant.refresh_at("consumers", "gift-cards", &body["refresh_token"], &[], None).status, 200);
}
