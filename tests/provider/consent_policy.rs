//! What people may consent to by themselves: the tenant's policy about it, applications that look risky, and the request
//! that somebody sends to an administrator.

use authwright::{
    provider::scenario::{
        Scenario,
        edit::{Edit, List},
    },
    wire::{Headers, Method},
};
use serde_json::{Value, json};

use crate::{
    desk::{Browser, Desk, Refusal, STATE, step, with},
    tenant::Tenant,
};

const PUBLIC: &str = "http://localhost:50123/";

/// Northwind with members of its policy set, and of one application.
fn stocked(policy: Value, application: &str, members: Value) -> Scenario {
    let object = |value: Value| value.as_object().expect("an object").clone();
    let scenario = Edit::Policy { members: object(policy) }.apply(&Scenario::northwind()).expect("it fits");
    let edit = Edit::Set { of: List::Applications, entry: application.to_owned(), members: object(members) };
    edit.apply(&scenario).expect("it fits")
}

/// What a sign-in of mina's ends with, for an application and a scope.
async fn asked(desk: &Desk, key: &str, scope: &str) -> crate::desk::Answer {
    let parameters = with(&desk.authorization(key, PUBLIC), &[("scope", scope)]);
    let mut browser = Browser::new(desk);
    let page = browser.get(&desk.authorize_url(&desk.home, &parameters)).await;
    browser.type_password(&page, "mina").await
}

#[tokio::test]
async fn a_tenant_may_leave_people_low_impact_and_verified_publishers() {
    let low = || json!({ "userConsent": "microsoft-user-default-low" });
    let desk = Desk::stocked(stocked(low(), "desktop", json!({}))).await;
    let harmless = asked(&desk, "desktop", "openid profile User.Read").await;
    assert_eq!(step(&harmless.body), Some("consent"), "of the tenant, and of low impact");
    let more = asked(&desk, "desktop", "openid User.Read Mail.Read").await;
    desk.check_page("beyond low impact", &more, 90094).await;
    let note = desk.note(more.header("x-ms-request-id")).await;
    assert_eq!(note.rule, "consent.low_impact");
    assert!(note.compared.iter().any(|one| one.what == "scope" && one.sent == "Mail.Read"), "{note:?}");

    let stranger = asked(&desk, "loyalty-cards", "openid User.Read").await;
    desk.check_page("of nobody in particular", &stranger, 90094).await;
    let note = desk.note(stranger.header("x-ms-request-id")).await;
    assert_eq!(note.rule, "consent.publisher_verified");

    let vouched = json!({ "verifiedPublisher": "Fabrikam Inc." });
    let desk = Desk::stocked(stocked(low(), "loyalty-cards", vouched)).await;
    let page = asked(&desk, "loyalty-cards", "openid User.Read").await;
    assert_eq!(step(&page.body), Some("consent"));
    assert!(page.body.contains("Fabrikam Inc. (verified publisher)"), "{}", page.body);
    // Silence gets the same number, sent back.
    let silent = with(&desk.authorization("desktop", PUBLIC), &[("scope", "Mail.Read"), ("prompt", "none")]);
    let mut browser = Browser::new(&desk);
    browser.sign_in(&desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC)), "mina").await;
    let answer = browser.get(&desk.authorize_url(&desk.home, &silent)).await;
    let refusal = Refusal { error: "consent_required", code: 90094 };
    desk.check_redirect("silent", &answer, PUBLIC, refusal, &["error_uri"]).await;
}

#[tokio::test]
async fn the_consent_page_says_who_stands_behind_an_application() {
    let desk = Desk::open().await;
    let page = asked(&desk, "loyalty-cards", "User.Read").await;
    assert!(page.body.contains("Fabrikam Supplies (unverified)"), "{}", page.body);
}

#[tokio::test]
async fn unverified_applications_of_others_are_for_administrators_to_judge() {
    let careful = || json!({ "blockUserConsentForRiskyApps": true });
    let desk = Desk::stocked(stocked(careful(), "desktop", json!({}))).await;
    desk.check_page("risky", &asked(&desk, "loyalty-cards", "User.Read Mail.Read").await, 900_941).await;
    let modest = asked(&desk, "loyalty-cards", "openid User.Read").await;
    assert_eq!(step(&modest.body), Some("consent"), "it only signs people in");
    let own = asked(&desk, "desktop", "User.Read Mail.Read").await;
    assert_eq!(step(&own.body), Some("consent"), "the tenant's own");
    let mut adele = Browser::new(&desk);
    let parameters = with(&desk.authorization("loyalty-cards", PUBLIC), &[("scope", "Mail.Read")]);
    let answer = adele.sign_in(&desk.authorize_url(&desk.home, &parameters), "adele").await;
    assert!(answer.returned(PUBLIC).contains_key("code"), "an administrator has judged");

    let both = json!({ "blockUserConsentForRiskyApps": true, "adminConsentRequests": true });
    let desk = Desk::stocked(stocked(both, "desktop", json!({}))).await;
    let page = asked(&desk, "loyalty-cards", "Mail.Read").await;
    assert_eq!(step(&page.body), Some("request"));
    assert!(page.body.contains("AADSTS900981: "), "{}", page.body);
    assert_eq!(desk.note(page.header("x-ms-request-id")).await.rule, "consent.not_risky");

    let vouched = json!({ "verifiedPublisher": "Fabrikam Inc." });
    let desk = Desk::stocked(stocked(careful(), "loyalty-cards", vouched)).await;
    assert_eq!(step(&asked(&desk, "loyalty-cards", "Mail.Read").await.body), Some("consent"));
}

#[tokio::test]
async fn whoever_may_not_consent_can_ask_and_go_back() {
    let desk = Desk::stocked(stocked(json!({ "adminConsentRequests": true }), "desktop", json!({}))).await;
    let parameters = with(&desk.authorization("staff-directory", PUBLIC), &[("scope", "User.Read.All")]);
    let mut mina = Browser::new(&desk);
    let page = mina.get(&desk.authorize_url(&desk.home, &parameters)).await;
    let page = mina.type_password(&page, "mina").await;
    assert_eq!(step(&page.body), Some("request"));
    assert!(page.body.contains("AADSTS90095: ") && page.body.contains("Request approval"), "{}", page.body);
    assert_eq!(page.header("x-ms-clitelem"), "1,90095,0,,");
    let sent = mina.submit(&page, ("action", "next"), &[("justification", "To <find> people")]).await;
    assert!(sent.body.contains("Request sent") && step(&sent.body).is_none(), "{}", sent.body);
    let again = mina.submit(&page, ("action", "next"), &[]).await;
    desk.check_page("the page is over", &again, 50089).await;

    let page = mina.get(&desk.authorize_url(&desk.home, &parameters)).await;
    let back = mina.submit(&page, ("action", "cancel"), &[]).await;
    let refusal = Refusal { error: "access_denied", code: 65004 };
    desk.check_redirect("back", &back, PUBLIC, refusal, &["error_subcode", "error_uri"]).await;
    assert!(
        back.header("location")
            .contains(&form_urlencoded::byte_serialize(STATE.as_bytes()).collect::<String>())
    );
}

#[test]
fn requests_wait_for_an_administrator_once_each() {
    let mut tenant = Tenant::new(stocked(json!({ "adminConsentRequests": true }), "desktop", json!({})));
    let (client, home) = (tenant.client_id("staff-directory"), tenant.home());
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid User.Read.All"),
        ("prompt", "login"),
    ];
    let path = format!("{home}/oauth2/v2.0/authorize");
    for person in ["mina", "mina", "theo"] {
        tenant.person = person;
        let page = tenant.ask(Method::Get, &path, &parameters, Headers::new());
        let end = tenant.walk(page);
        assert!(end.body.text().contains("Request sent"), "{person}");
    }
    let asked: Vec<_> = tenant.provider.consent_requests().iter().map(|one| one.user.clone()).collect();
    assert_eq!(asked, ["mina@northwind.example", "theo@northwind.example"]);
    let first = &tenant.provider.consent_requests()[0];
    assert_eq!(
        (&first.client_id, &first.tenant, first.scopes.as_slice()),
        (&client, &home, ["User.Read.All".to_owned()].as_slice())
    );

    // What an administrator has granted for everybody nobody waits for any more.
    tenant.person = "adele";
    let consent = [("client_id", client.as_str()), ("scope", "User.Read.All"), ("redirect_uri", PUBLIC)];
    let page = tenant.ask(Method::Get, &format!("{home}/v2.0/adminconsent"), &consent, Headers::new());
    tenant.walk(page);
    assert!(tenant.provider.consent_requests().is_empty(), "{:?}", tenant.provider.consent_requests());
}

#[tokio::test]
async fn microsofts_own_applications_are_arranged_among_themselves() {
    let desk = Desk::stocked(stocked(
        json!({}),
        "family-mail",
        json!({ "publicClient": { "redirectUris": ["http://localhost"] } }),
    ))
    .await;
    let arranged = asked(&desk, "family-mail", "User.Read Mail.Read").await;
    assert!(arranged.returned(PUBLIC).contains_key("code"), "nobody is asked");
    let url = |scope: &str| {
        desk.authorize_url(&desk.home, &with(&desk.authorization("family-mail", PUBLIC), &[("scope", scope)]))
    };
    let refusal = Refusal { error: "invalid_request", code: 65002 };
    for scope in ["User.Read.All", "https://vault.azure.net/user_impersonation"] {
        let answer = desk.get(&url(scope), &[]).await;
        desk.check_redirect(scope, &answer, PUBLIC, refusal, &["error_uri"]).await;
    }
}

#[tokio::test]
async fn a_default_that_stands_for_nothing_is_a_misconfiguration() {
    let desk = Desk::open().await;
    let default = "https://graph.microsoft.com/.default";
    let page = asked(&desk, "empty-shelf", default).await;
    desk.check_page("nothing listed", &page, 650_056).await;
    let mut mina = Browser::new(&desk);
    let named = with(&desk.authorization("empty-shelf", PUBLIC), &[("scope", "User.Read")]);
    assert!(
        mina.sign_in(&desk.authorize_url(&desk.home, &named), "mina")
            .await
            .returned(PUBLIC)
            .contains_key("code")
    );
    let whole = with(&desk.authorization("empty-shelf", PUBLIC), &[("scope", default)]);
    let answer = mina.get(&desk.authorize_url(&desk.home, &whole)).await;
    assert!(answer.returned(PUBLIC).contains_key("code"), "now something is granted");
}
