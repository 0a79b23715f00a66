//! The endpoints of version 1: programs from before scopes sign people in and themselves, and are refused in the words of
//! that version.

use std::time::Duration;

use authwright::{
    provider::scenario::Scenario,
    wire::{Headers, Method},
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    desk::{Desk, Refusal, VERIFIER, with},
    tenant::{Answer, MINUTE, PUBLIC, Tenant, claims, refused},
    verify::verified,
};

const CATALOG: &str = "api://northwind-catalog";
const GRAPH: &str = "https://graph.microsoft.com";
const LEGACY: &str = "http://localhost:7084/signin";

/// The members of an answer to somebody's sign-in, in their order.
const MEMBERS: [&str; 10] = [
    "token_type",
    "scope",
    "expires_in",
    "ext_expires_in",
    "expires_on",
    "not_before",
    "resource",
    "access_token",
    "refresh_token",
    "id_token",
];

fn members(body: &Value) -> Vec<&str> {
    body.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn token(tenant: &mut Tenant, form: &[(&str, &str)]) -> Answer {
    let home = tenant.home();
    tenant.token_at_version_1(&home, form)
}

/// Where a request of version 1 leads: the redirect, with its parameters.
fn authorize(tenant: &mut Tenant, segment: &str, parameters: &[(&str, &str)]) -> Url {
    let page = tenant.ask(Method::Get, &format!("{segment}/oauth2/authorize"), parameters, Headers::new());
    tenant.walk(page).redirect_target().expect("a redirect").parse().expect("an address")
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let text = url.fragment().filter(|text| !text.is_empty()).or(url.query()).unwrap_or_default();
    form_urlencoded::parse(text.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

#[test]
fn somebody_signs_in_with_a_resource_in_place_of_scopes() {
    let mut tenant = Tenant::northwind();
    let (client, home) = (tenant.client_id("desktop"), tenant.home());
    let asked = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("resource", CATALOG),
        ("nonce", "n1"),
    ];
    let code = parameter(&authorize(&mut tenant, &home, &asked), "code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", PUBLIC),
        ("resource", CATALOG),
    ];
    let body = token(&mut tenant, &form).tokens();
    assert_eq!(members(&body), MEMBERS);
    assert_eq!((&body["resource"], &body["scope"]), (&json!(CATALOG), &json!("Catalog.Read")));
    let number = |name: &str| body[name].as_str().expect("a text").parse::<i64>().expect("a number");
    assert_eq!(number("expires_on"), tenant.now.seconds() + number("expires_in"));
    assert_eq!(number("not_before"), tenant.now.seconds() - 300);

    let id_token = claims(&body["id_token"]);
    assert_eq!((&id_token["ver"], &id_token["nonce"]), (&json!("1.0"), &json!("n1")));
    assert!(id_token["iss"].as_str().unwrap().ends_with(&format!("/{home}/")), "{id_token}");
    assert_eq!(
        (&id_token["upn"], &id_token["unique_name"], &id_token["amr"]),
        (&json!("mina@northwind.example"), &json!("mina@northwind.example"), &json!(["pwd"]))
    );
    assert!(id_token.get("preferred_username").is_none(), "version 2 has that");
    // What an access token looks like its resource decides, whichever endpoint issued it.
    assert_eq!(claims(&body["access_token"])["ver"], "2.0");

    let refreshed = token(
        &mut tenant,
        &[
            ("grant_type", "refresh_token"),
            ("client_id", &client),
            ("refresh_token", body["refresh_token"].as_str().unwrap()),
            ("resource", GRAPH),
        ],
    )
    .tokens();
    assert_eq!(
        (&refreshed["resource"], &claims(&refreshed["access_token"])["aud"]),
        (&json!(GRAPH), &json!(GRAPH))
    );
}

#[test]
fn whoever_only_signs_in_names_no_resource_and_gets_no_access_token() {
    let mut tenant = Tenant::northwind();
    let (client, home, secret) =
        (tenant.client_id("legacy-portal"), tenant.home(), tenant.secret("legacy-portal"));
    let asked = |response: &'static str| {
        [
            ("client_id", client.clone()),
            ("response_type", response.to_owned()),
            ("redirect_uri", LEGACY.to_owned()),
            ("nonce", "n".to_owned()),
        ]
    };
    let pairs = |pairs: &[(&'static str, String); 4]| pairs.clone();
    let id = asked("id_token");
    let id: Vec<(&str, &str)> = id.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = authorize(&mut tenant, &home, &id);
    let id_token = json!(parameter(&answer, "id_token").expect("an ID token"));
    assert_eq!(claims(&id_token)["ver"], "1.0");

    let implicit = pairs(&asked("token"));
    let implicit: Vec<(&str, &str)> = implicit.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused_back = authorize(&mut tenant, &home, &implicit);
    assert_eq!(parameter(&refused_back, "error").as_deref(), Some("invalid_resource"));
    assert!(parameter(&refused_back, "error_description").unwrap().starts_with("AADSTS50001: "));

    let code = pairs(&asked("code"));
    let code: Vec<(&str, &str)> = code.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let code = parameter(&authorize(&mut tenant, &home, &code), "code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("client_secret", &secret),
        ("code", &code),
        ("redirect_uri", LEGACY),
    ];
    token(&mut tenant, &form).check("no resource", refused("invalid_resource", 50001));
    let named = token(&mut tenant, &with(&form, &[("resource", GRAPH)])).tokens();
    assert_eq!(named["resource"], GRAPH, "the refusal did not use up the code");
}

#[test]
fn every_grant_is_there() {
    let mut tenant = Tenant::northwind();
    let (daemon, secret) = (tenant.client_id("inventory-sync"), tenant.secret("inventory-sync"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", daemon.as_str()),
        ("client_secret", &secret),
        ("resource", CATALOG),
    ];
    let body = token(&mut tenant, &form).tokens();
    let bare = [
        "token_type",
        "expires_in",
        "ext_expires_in",
        "expires_on",
        "not_before",
        "resource",
        "access_token",
    ];
    assert_eq!(members(&body), bare);
    assert_eq!(claims(&body["access_token"])["roles"], json!(["Catalog.Read.All", "Orders.Read.All"]));

    let handheld = tenant.client_id("handheld");
    let password = [
        ("grant_type", "password"),
        ("client_id", handheld.as_str()),
        ("username", "mina@northwind.example"),
        ("password", "lab-Mina-1"),
        ("resource", CATALOG),
    ];
    let front = token(&mut tenant, &password).tokens();
    assert_eq!(members(&front), MEMBERS);

    let (api, secret) = (tenant.client_id("catalog-api"), tenant.secret("catalog-api"));
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("client_id", api.as_str()),
        ("client_secret", &secret),
        ("assertion", front["access_token"].as_str().unwrap()),
        ("requested_token_use", "on_behalf_of"),
        ("resource", GRAPH),
    ];
    let behind = token(&mut tenant, &exchange).tokens();
    assert!(claims(&behind["access_token"])["scp"].as_str().unwrap().contains("User.Read"));
}

#[test]
fn a_device_waits_in_the_words_of_version_1() {
    let mut tenant = Tenant::northwind();
    let (client, home) = (tenant.client_id("kiosk"), tenant.home());
    let path = format!("{home}/oauth2/devicecode");
    let form = [("client_id", client.as_str()), ("resource", CATALOG)];
    let response = tenant.ask(Method::Post, &path, &form, Headers::new());
    let device: Value = serde_json::from_str(&response.body.text()).expect("JSON");
    assert_eq!((&device["expires_in"], &device["interval"]), (&json!("900"), &json!("5")));
    assert!(device["verification_url"].is_string() && device.get("verification_uri").is_none(), "{device}");
    let poll = [
        ("grant_type", "device_code"),
        ("client_id", client.as_str()),
        ("code", device["device_code"].as_str().unwrap()),
        ("resource", CATALOG),
    ];
    token(&mut tenant, &poll).check("nobody yet", refused("authorization_pending", 70016));
    let typed = [("user_code", device["user_code"].as_str().unwrap())];
    let page = tenant.ask(Method::Post, "common/oauth2/deviceauth", &typed, Headers::new());
    tenant.walk(page);
    let body = token(&mut tenant, &poll).tokens();
    assert_eq!((members(&body), &body["scope"]), (MEMBERS.to_vec(), &json!("Catalog.Read")));

    let response = tenant.ask(Method::Post, &path, &form, Headers::new());
    let late: Value = serde_json::from_str(&response.body.text()).expect("JSON");
    tenant.now = tenant.now + 15 * MINUTE + Duration::from_secs(1);
    let poll = with(&poll, &[("code", late["device_code"].as_str().unwrap())]);
    token(&mut tenant, &poll).check("too late", refused("code_expired", 70020));
}

#[test]
fn what_is_missing_has_the_numbers_of_version_1() {
    let mut tenant = Tenant::northwind();
    let (daemon, secret) = (tenant.client_id("inventory-sync"), tenant.secret("inventory-sync"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", daemon.as_str()),
        ("client_secret", secret.as_str()),
        ("resource", CATALOG),
    ];
    for (name, changes, error, code) in [
        ("no grant", vec![("grant_type", "")], "invalid_request", 90014),
        ("no client", vec![("client_id", "")], "invalid_request", 90014),
        ("no resource", vec![("resource", "")], "invalid_resource", 50001),
        ("scope alone", vec![("resource", ""), ("scope", "x/.default")], "invalid_resource", 50001),
        ("unknown resource", vec![("resource", "api://nobody")], "invalid_resource", 500_011),
    ] {
        token(&mut tenant, &with(&form, &changes)).check(name, refused(error, code));
    }
    let gifts = tenant.client_id("gift-cards");
    let answer = tenant.token_at_version_1("consumers", &with(&form, &[("client_id", &gifts)]));
    answer.check("personal accounts", refused("invalid_request", 90027));
}

#[test]
fn an_application_names_itself_by_its_id_and_can_read_profiles() {
    let mut tenant = Tenant::northwind();
    let (client, home) = (tenant.client_id("catalog-api"), tenant.home());
    let secret = tenant.secret("catalog-api");
    let front = tenant.password("handheld", "mina", "api://northwind-catalog/Catalog.Read", &[]).tokens();
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("client_id", client.as_str()),
        ("client_secret", &secret),
        ("assertion", front["access_token"].as_str().unwrap()),
        ("requested_token_use", "on_behalf_of"),
        ("resource", CATALOG),
    ];
    token(&mut tenant, &exchange).check("by URI", refused("invalid_request", 90009));
    let handheld = tenant.client_id("handheld");
    let itself = [
        ("grant_type", "password"),
        ("client_id", handheld.as_str()),
        ("username", "mina@northwind.example"),
        ("password", "lab-Mina-1"),
        ("resource", &handheld),
    ];
    assert_eq!(token(&mut tenant, &itself).tokens()["resource"], handheld);
    // The same at the endpoint of version 2.
    let scope = [("resource", ""), ("scope", "api://northwind-catalog/Catalog.Read")];
    tenant.token_at(&home, &with(&exchange, &scope), None).check("by URI", refused("invalid_request", 90009));

    let shelf = tenant.client_id("empty-shelf");
    let asked = [
        ("client_id", shelf.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("resource", &shelf),
    ];
    let answer = authorize(&mut tenant, &home, &asked);
    assert_eq!(parameter(&answer, "error").as_deref(), Some("invalid_grant"));
    assert!(parameter(&answer, "error_description").unwrap().starts_with("AADSTS90008: "));
}

#[tokio::test]
async fn it_is_served_like_the_other_version() {
    let desk = Desk::open().await;
    let url = desk.url(&format!("{}/oauth2/token", desk.home));
    let opened = desk.get(&url, &[]).await;
    desk.check_page("opened like a page", &opened, 90056).await;
    let deleted = desk.request("DELETE", &url, &[]).await;
    let refusal = Refusal { error: "invalid_request", code: 90056 };
    desk.check_json("another verb", &deleted, 400, refusal, &["error_uri"]).await;
    let preflight = desk.request("OPTIONS", &url, &[("origin", "http://localhost:7081")]).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (200, "POST, OPTIONS"));

    // A library that knows nothing of ours reads the ID token with the keys and issuer of version 1.
    let form = [
        ("grant_type", "password"),
        ("client_id", desk.client_id("handheld")),
        ("username", "mina@northwind.example"),
        ("password", "lab-Mina-1"),
        ("resource", GRAPH),
    ];
    let body = desk.post(&url, &form, &[]).await.json();
    let claims = verified(&desk, body["id_token"].as_str().unwrap(), desk.client_id("handheld")).await;
    assert_eq!(claims["iss"], desk.url(&format!("{}/", desk.home)));
}

#[tokio::test]
async fn personal_accounts_are_turned_away() {
    let desk = Desk::open().await;
    let gifts = [
        ("client_id", desk.client_id("gift-cards")),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("resource", GRAPH),
    ];
    let url = |segment: &str| {
        let mut url = Url::parse(&desk.url(&format!("{segment}/oauth2/authorize"))).expect("an address");
        url.query_pairs_mut().extend_pairs(gifts);
        String::from(url)
    };
    desk.check_page("by the path", &desk.get(&url("consumers"), &[]).await, 90027).await;
    let mut pia = crate::desk::Browser::new(&desk);
    desk.check_page("by who signed in", &pia.sign_in(&url("common"), "pia").await, 500_201).await;
    let mut mina = crate::desk::Browser::new(&desk);
    assert!(mina.sign_in(&url("common"), "mina").await.returned(PUBLIC).contains_key("code"));
}

#[test]
fn pkce_and_the_right_tenant_count_here_too() {
    let mut tenant = Tenant::new(Scenario::northwind());
    let (client, home) = (tenant.client_id("desktop"), tenant.home());
    let code = tenant.code_for("desktop", PUBLIC, "api://northwind-catalog/Catalog.Read");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", PUBLIC),
        ("resource", CATALOG),
    ];
    let at = |tenant: &mut Tenant, segment: &str, changes: &[(&str, &str)]| {
        tenant.token_at_version_1(segment, &with(&form, changes))
    };
    at(&mut tenant, &home, &[]).check("no verifier", refused("invalid_grant", 50148));
    let proof = [("code_verifier", VERIFIER)];
    at(&mut tenant, "fabrikam.example", &proof).check("elsewhere", refused("invalid_grant", 700_005));
    assert_eq!(
        at(&mut tenant, &home, &proof).tokens()["resource"],
        CATALOG,
        "codes are the same in both versions"
    );
}
