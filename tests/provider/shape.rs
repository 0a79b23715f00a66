//! The shape of requests: what is too long, misplaced or unreadable; who may call from a browser; and the second code of web
//! applications that have a part in the browser.

use authwright::provider::scenario::{
    Scenario,
    edit::{Edit, List},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::desk::{Browser, CATALOG, Desk, Refusal, VERIFIER, with};

const PUBLIC: &str = "http://localhost:50123/";
const WEB: &str = "http://localhost:7082/signin-oidc";
const SPA: &str = "http://localhost:7082/spa";
const ORIGIN: &[(&str, &str)] = &[("origin", "http://localhost:7082")];
const WITH_URI: &[&str] = &["error_uri"];

const fn invalid_request(code: u32) -> Refusal<'static> {
    Refusal { error: "invalid_request", code }
}

#[tokio::test]
async fn a_query_has_an_end_and_a_form_does_not() {
    let desk = Desk::open().await;
    let padding = "x".repeat(16 * 1024);
    let long = with(&desk.authorization("desktop", PUBLIC), &[("id_token_hint", &padding)]);
    let answer = desk.get(&desk.authorize_url(&desk.home, &long), &[]).await;
    desk.check_page("too long", &answer, 90015).await;
    let short = with(&long, &[("id_token_hint", &padding[..12_000])]);
    let answer = desk.get(&desk.authorize_url(&desk.home, &short), &[]).await;
    assert!(answer.body.contains("name=\"step\""), "{}", answer.body);
}

#[tokio::test]
async fn version_2_takes_scopes_and_no_resource_in_their_place() {
    let desk = Desk::open().await;
    let catalog = ("resource", "api://northwind-catalog");
    let parameters = with(&desk.authorization("desktop", PUBLIC), &[("scope", ""), catalog]);
    let answer = desk.get(&desk.authorize_url(&desk.home, &parameters), &[]).await;
    desk.check_redirect("authorize", &answer, PUBLIC, invalid_request(901_002), WITH_URI).await;
    let form = with(&desk.daemon(), &[("scope", ""), catalog]);
    let answer = desk.token(&desk.home, &form, &[]).await;
    desk.check_json("token", &answer, 400, invalid_request(901_002), WITH_URI).await;
    let url = desk.url(&format!("{}/oauth2/v2.0/devicecode", desk.home));
    let answer = desk.post(&url, &[("client_id", desk.client_id("kiosk")), catalog], &[]).await;
    desk.check_json("devicecode", &answer, 400, invalid_request(901_002), WITH_URI).await;
    // Beside the scopes that it owns it is let through.
    assert_eq!(desk.token(&desk.home, &with(&desk.daemon(), &[catalog]), &[]).await.status, 200);
}

#[tokio::test]
async fn one_default_at_a_time() {
    let desk = Desk::open().await;
    let two = "https://graph.microsoft.com/.default api://northwind-catalog/.default";
    let parameters = with(&desk.authorization("desktop", PUBLIC), &[("scope", two)]);
    let answer = desk.get(&desk.authorize_url(&desk.home, &parameters), &[]).await;
    let refusal = Refusal { error: "invalid_scope", code: 700_022 };
    desk.check_redirect("authorize", &answer, PUBLIC, refusal, WITH_URI).await;
}

#[tokio::test]
async fn claims_are_json_at_the_token_endpoint_too() {
    let desk = Desk::open().await;
    for claims in ["eyJhY2Nlc3NfdG9rZW4iOnt9fQ==", "[]", "{"] {
        let answer = desk.token(&desk.home, &with(&desk.daemon(), &[("claims", claims)]), &[]).await;
        desk.check_json(claims, &answer, 400, invalid_request(90100), WITH_URI).await;
        let note = desk.note(answer.header("x-ms-request-id")).await;
        assert_eq!(note.rule, "claims.readable");
    }
}

/// OpenID Connect lets a provider ignore what it does not know, and the metadata says that it knows no request objects.
#[tokio::test]
async fn request_objects_are_passed_over() {
    let desk = Desk::open().await;
    let objects = [("request", "e30.e30."), ("request_uri", "https://a.example/r"), ("acr_values", "c9")];
    let parameters = with(&desk.authorization("desktop", PUBLIC), &objects);
    let answer = Browser::new(&desk).sign_in(&desk.authorize_url(&desk.home, &parameters), "mina").await;
    assert!(answer.returned(PUBLIC).contains_key("code"));
}

#[tokio::test]
async fn saml_assertions_are_read_and_their_realms_are_unknown() {
    let desk = Desk::open().await;
    let newer = "<Assertion xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><Issuer>http://fs.example/trust</Issuer></Assertion>";
    let older = "<saml:Assertion Issuer=\"http://fs.example/trust\" MajorVersion=\"1\"></saml:Assertion>";
    let grants =
        ["saml2-bearer", "saml1_1-bearer"].map(|name| format!("urn:ietf:params:oauth:grant-type:{name}"));
    let refusal = |code| Refusal { error: "invalid_grant", code };
    for (grant, assertion, code) in [
        (&grants[0], newer, 50107),
        (&grants[1], older, 50107),
        (&grants[0], "<Assertion></Assertion>", 50008),
        (&grants[0], "no assertion", 50008),
    ] {
        let encoded = URL_SAFE_NO_PAD.encode(assertion);
        let form = [
            ("grant_type", grant.as_str()),
            ("client_id", desk.client_id("handheld")),
            ("assertion", &encoded),
            ("scope", "User.Read"),
        ];
        let answer = desk.token(&desk.home, &form, &[]).await;
        desk.check_json(assertion, &answer, 400, refusal(code), WITH_URI).await;
        if code == 50107 {
            assert!(answer.body.contains("http://fs.example/trust"), "{}", answer.body);
        }
    }
    let form = [
        ("grant_type", grants[0].as_str()),
        ("client_id", desk.client_id("handheld")),
        ("scope", "User.Read"),
    ];
    desk.check_json(
        "none",
        &desk.token(&desk.home, &form, &[]).await,
        400,
        invalid_request(900_144),
        WITH_URI,
    )
    .await;
    let bare = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("client_id", desk.client_id("handheld")),
    ];
    let answer = desk.token(&desk.home, &bare, &[]).await;
    let refusal = Refusal { error: "unsupported_grant_type", code: 70003 };
    desk.check_json("token exchange", &answer, 400, refusal, &[]).await;
}

#[tokio::test]
async fn only_single_page_grants_are_readable_from_a_page() {
    let desk = Desk::open().await;
    let allowed = |answer: &crate::desk::Answer| answer.header("access-control-allow-origin").to_owned();
    let code = desk.code("admin-portal", WEB, &[]).await;
    let form =
        with(&desk.redemption("admin-portal", WEB, &code), &[("client_secret", desk.secret("admin-portal"))]);
    let refused = desk.token(&desk.home, &form, ORIGIN).await;
    desk.check_json("web", &refused, 400, invalid_request(9_002_326), WITH_URI).await;
    assert_eq!(allowed(&refused), "", "the page learns nothing");
    let device = desk.url(&format!("{}/oauth2/v2.0/devicecode", desk.home));
    let form = [("client_id", desk.client_id("kiosk")), ("scope", "openid")];
    assert_eq!(allowed(&desk.post(&device, &form, ORIGIN).await), "");
    let unknown = desk.token("nobody.example", &desk.daemon(), ORIGIN).await;
    assert_eq!((unknown.status, allowed(&unknown)), (400, String::new()));
    for path in
        ["v2.0/.well-known/openid-configuration", ".well-known/openid-configuration", "discovery/v2.0/keys"]
    {
        let url = desk.url(&format!("{}/{path}", desk.home));
        assert_eq!(allowed(&desk.get(&url, ORIGIN).await), "*", "{path}");
        let preflight = desk.request("OPTIONS", &url, ORIGIN).await;
        assert_eq!(
            (preflight.status, preflight.header("access-control-allow-methods")),
            (200, "GET, OPTIONS"),
            "{path}"
        );
    }
    let discovery =
        desk.url("common/discovery/instance?api-version=1.1&authorization_endpoint=https://evil.example/x");
    assert_eq!(allowed(&desk.get(&discovery, ORIGIN).await), "*", "on refusals, too");
    for path in ["authorize", "logout"] {
        let url = desk.url(&format!("{}/oauth2/v2.0/{path}", desk.home));
        assert_eq!(allowed(&desk.get(&url, ORIGIN).await), "", "{path} is for navigation");
    }
}

#[tokio::test]
async fn a_silent_request_may_be_framed_and_a_page_may_not() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let page = browser.get(&desk.authorize_url(&desk.home, &desk.authorization("desktop", PUBLIC))).await;
    assert_eq!(page.header("x-frame-options"), "DENY");
    let cookie = page.cookies.iter().find(|cookie| cookie.starts_with("fpc=")).expect("it names the browser");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
    for mode in ["query", "fragment", "form_post"] {
        let silent =
            with(&desk.authorization("desktop", PUBLIC), &[("prompt", "none"), ("response_mode", mode)]);
        let answer = browser.get(&desk.authorize_url(&desk.home, &silent)).await;
        assert_eq!(answer.header("x-frame-options"), "", "{mode}");
    }
}

/// A web application with a part in the browser.
async fn hybrid() -> Desk {
    let members = json!({ "spa": { "redirectUris": [SPA] } });
    let edit = Edit::Set {
        of: List::Applications,
        entry: "admin-portal".to_owned(),
        members: members.as_object().expect("an object").clone(),
    };
    Desk::stocked(edit.apply(&Scenario::northwind()).expect("it fits")).await
}

#[tokio::test]
async fn a_web_application_gets_a_second_code_for_its_part_in_the_browser() {
    let desk = hybrid().await;
    let issued =
        desk.code("admin-portal", WEB, &[("scope", &format!("openid offline_access {CATALOG}"))]).await;
    let proof = [("client_secret", desk.secret("admin-portal")), ("return_spa_code", "1")];
    let form = with(&desk.redemption("admin-portal", WEB, &issued), &proof);
    let body = desk.token(&desk.home, &form, &[]).await.json();
    let second = body["spa_code"].as_str().unwrap_or_else(|| panic!("{body:#}")).to_owned();

    let in_browser = [
        ("grant_type", "authorization_code"),
        ("client_id", desk.client_id("admin-portal")),
        ("code", second.as_str()),
    ];
    let without = desk.token(&desk.home, &in_browser, &[]).await;
    desk.check_json("no browser", &without, 400, invalid_request(9_002_327), WITH_URI).await;
    let proved = with(&in_browser, &[("client_secret", desk.secret("admin-portal"))]);
    let answer = desk.token(&desk.home, &proved, ORIGIN).await;
    let refusal = Refusal { error: "invalid_client", code: 700_025 };
    desk.check_json("with a secret", &answer, 401, refusal, WITH_URI).await;
    let answer = desk.token(&desk.home, &in_browser, ORIGIN).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"), "{}", answer.body);
    let tokens = answer.json();
    assert_eq!(tokens["refresh_token_expires_in"], 86399, "it is a single-page grant from here on");
    assert!(tokens.get("spa_code").is_none());
    let again = desk.token(&desk.home, &in_browser, ORIGIN).await;
    let refusal = Refusal { error: "invalid_grant", code: 54005 };
    desk.check_json("again", &again, 400, refusal, WITH_URI).await;
}

#[tokio::test]
async fn nobody_else_gets_a_second_code() {
    let ask = [("return_spa_code", "1")];
    let desk = Desk::open().await;
    let issued = desk.code("admin-portal", WEB, &[]).await;
    let proof = [("client_secret", desk.secret("admin-portal")), ask[0]];
    let body = desk
        .token(&desk.home, &with(&desk.redemption("admin-portal", WEB, &issued), &proof), &[])
        .await
        .json();
    assert!(body["access_token"].is_string() && body.get("spa_code").is_none(), "no address in the browser");
    let issued = desk.code("desktop", PUBLIC, &[]).await;
    let form = with(&desk.redemption("desktop", PUBLIC, &issued), &[ask[0], ("code_verifier", VERIFIER)]);
    let body = desk.token(&desk.home, &form, &[]).await.json();
    assert!(body["access_token"].is_string() && body.get("spa_code").is_none(), "a public client");
}
