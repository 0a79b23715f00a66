//! The authorization endpoint: refusals as pages and redirects, and the modes of the answer.

use crate::desk::{Browser, CATALOG, CHALLENGE, Desk, NONCE, Refusal, STATE, attribute, with};

const PUBLIC: &str = "http://localhost:50123/";
const SPA: &str = "http://localhost:7081/signin";

/// Name, tenant, changes, and the number on the page.
type PageCase<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, u32);

/// Name, changes, and what is sent back: `error` and number.
type RedirectCase<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str, u32);

#[tokio::test]
async fn what_cannot_be_sent_back_is_shown_as_a_page() {
    let desk = Desk::open().await;
    let home = desk.home.clone();
    let unknown = "11111111-2222-3333-4444-555555555555";
    let daemon = desk.client_id("inventory-sync");
    let reports = [
        ("client_id", desk.client_id("store-reports")),
        ("redirect_uri", "http://localhost:7083/signin-oidc"),
    ];
    let cases: Vec<PageCase<'_>> = vec![
        ("unknown tenant", "nobody.example", vec![], 90002),
        ("malformed tenant", "nobody", vec![], 900_023),
        ("no client", &home, vec![("client_id", "")], 900_144),
        ("client id no guid", &home, vec![("client_id", "desktop")], 700_038),
        ("unknown client", &home, vec![("client_id", unknown)], 700_016),
        ("single tenant on common", "common", reports.to_vec(), 50194),
        ("single tenant on organizations", "organizations", reports.to_vec(), 50194),
        ("single tenant elsewhere", "fabrikam.example", reports.to_vec(), 700_016),
        ("work application for personal accounts", "consumers", vec![], 9_002_332),
        ("no redirect URI registered", &home, vec![("client_id", daemon)], 500_113),
        ("redirect URI not registered", &home, vec![("redirect_uri", "http://localhost/elsewhere")], 50011),
        ("redirect URI of another host", &home, vec![("redirect_uri", "https://evil.example/")], 50011),
        ("redirect URI with a fragment", &home, vec![("redirect_uri", "http://localhost/#x")], 50011),
    ];
    for (name, tenant, changes, code) in cases {
        let parameters = with(&desk.authorization("desktop", PUBLIC), &changes);
        let answer = desk.get(&desk.authorize_url(tenant, &parameters), &[]).await;
        desk.check_page(name, &answer, code).await;
        assert_eq!(answer.header("location"), "", "{name}");
    }
    let url = desk.url(&format!("{home}/oauth2/v2.0/authorize?client_id=%zz"));
    desk.check_page("broken escape", &desk.get(&url, &[]).await, 9_002_313).await;
}

#[tokio::test]
async fn what_can_be_sent_back_is_sent_back() {
    let desk = Desk::open().await;
    let both = format!("User.Read {CATALOG}");
    let mixed = "User.Read api://northwind-catalog/.default";
    let (no_pkce, spa) = ([("code_challenge", ""), ("code_challenge_method", "")], ("redirect_uri", SPA));
    let storefront = ("client_id", desk.client_id("storefront"));
    let unlisted = ("scope", "api://northwind-payments/Payments.Read");
    let with_uri: &[&str] = &["error_uri"];
    let cases: Vec<RedirectCase<'_>> = vec![
        ("no response type", vec![("response_type", "")], "invalid_request", 900_144),
        ("unknown response type", vec![("response_type", "magic")], "unsupported_response_type", 70005),
        ("id_token not enabled", vec![("response_type", "id_token")], "unsupported_response_type", 700_054),
        (
            "hybrid not enabled",
            vec![("response_type", "code id_token")],
            "unsupported_response_type",
            700_054,
        ),
        ("token not enabled", vec![("response_type", "token")], "unsupported_response_type", 700_051),
        ("unknown response mode", vec![("response_mode", "pigeon")], "invalid_request", 70007),
        ("no scope", vec![("scope", "")], "invalid_request", 900_144),
        ("unknown prompt", vec![("prompt", "maybe")], "invalid_request", 90023),
        ("challenge method", vec![("code_challenge_method", "s256")], "invalid_request", 50149),
        ("challenge too short", vec![("code_challenge", "abc")], "invalid_request", 501_491),
        (
            "challenge padded",
            vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=")],
            "invalid_request",
            501_491,
        ),
        ("spa without PKCE", vec![storefront, spa, no_pkce[0], no_pkce[1]], "invalid_request", 9_002_325),
        ("unknown scope", vec![("scope", "Nothing.Read")], "invalid_client", 650_053),
        ("unknown resource", vec![("scope", "api://nobody/x")], "invalid_resource", 500_011),
        ("default beside names", vec![("scope", mixed)], "invalid_scope", 70011),
        ("resource not listed", vec![unlisted], "invalid_client", 650_057),
        ("silent, nobody there", vec![("prompt", "none"), ("scope", &both)], "login_required", 50058),
    ];
    for (name, changes, error, code) in cases {
        let parameters = with(&desk.authorization("desktop", PUBLIC), &changes);
        let redirect_uri = parameters.iter().find(|(name, _)| *name == "redirect_uri").unwrap().1;
        let answer = desk.get(&desk.authorize_url(&desk.home, &parameters), &[]).await;
        let extra = if code == 650_057 { &[] } else { with_uri };
        desk.check_redirect(name, &answer, redirect_uri, Refusal { error, code }, extra).await;
    }
    let mut twice = desk.authorization("desktop", PUBLIC);
    twice.push(("scope", "openid"));
    let answer = desk.get(&desk.authorize_url(&desk.home, &twice), &[]).await;
    let refusal = Refusal { error: "invalid_request", code: 9_000_411 };
    desk.check_redirect("scope twice", &answer, PUBLIC, refusal, with_uri).await;
}

#[tokio::test]
async fn the_answer_comes_in_the_mode_that_was_asked_for() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let asked = |mode: &'static str| {
        with(&desk.authorization("desktop", "http://localhost:50123"), &[("response_mode", mode)])
    };
    let url = |mode: &'static str| desk.authorize_url(&desk.home, &asked(mode));

    let answer = browser.sign_in(&url("query"), "mina").await;
    let location = answer.header("location");
    assert!(
        location.starts_with("http://localhost:50123/?code=1.A") && location.ends_with('#'),
        "{location}"
    );
    let returned = answer.returned("http://localhost:50123/");
    assert_eq!(returned.keys().map(String::as_str).collect::<Vec<_>>(), ["code", "session_state", "state"]);
    assert_eq!(returned["state"], STATE);

    let location = browser.get(&url("fragment")).await.header("location").to_owned();
    assert!(location.starts_with("http://localhost:50123/#code=1.A"), "{location}");

    let page = browser.get(&url("form_post")).await;
    assert_eq!((page.status, page.header("location"), page.header("x-frame-options")), (200, "", ""));
    let form = page.body.split_once("<form ").unwrap().1;
    assert_eq!(attribute(form, "action").unwrap(), "http://localhost:50123/");
    let state = form.split_once("name=\"state\" ").unwrap().1;
    assert_eq!(attribute(state, "value").unwrap(), STATE, "unharmed by escaping");
    assert!(form.contains(">Continue</button>"), "it can be sent without scripts");

    let refused = browser
        .get(&desk.authorize_url(&desk.home, &with(&asked("form_post"), &[("prompt", "maybe")])))
        .await;
    assert!(refused.body.contains("name=\"error\" value=\"invalid_request\""), "{}", refused.body);
}

#[tokio::test]
async fn a_request_by_post_is_taken_too() {
    let desk = Desk::open().await;
    let url = desk.url(&format!("{}/oauth2/v2.0/authorize", desk.home));
    let answer = desk.post(&url, &desk.authorization("desktop", PUBLIC), &[]).await;
    assert_eq!(crate::desk::step(&answer.body), Some("sign_in"));
    assert_eq!(desk.request("DELETE", &url, &[]).await.status, 405);
}

#[tokio::test]
async fn implicit_and_hybrid_work_where_a_registration_allows_them() {
    use authwright::{provider::scenario::Scenario, runtime::lab};
    let text = include_str!("../../src/provider/northwind.toml").replace(
        "web.redirectUris = [\"http://localhost:7083/signin-oidc\"]",
        "web = { redirectUris = [\"http://localhost:7083/signin-oidc\"], implicitGrantSettings = { enableIdTokenIssuance = true, enableAccessTokenIssuance = true } }",
    );
    let scenario = Scenario::parse(&text).expect("a scenario");
    let mut desk = Desk::open().await;
    let (events, _queue) = tokio::sync::mpsc::channel(8);
    desk.lab = lab::start(lab::Options { port: Some(0), scenario }, events).await.expect("it starts");
    let redirect_uri = "http://localhost:7083/signin-oidc";
    let changes = [("response_type", "code id_token token"), ("code_challenge", CHALLENGE)];
    let parameters = with(&desk.authorization("store-reports", redirect_uri), &changes);
    let mut browser = Browser::new(&desk);
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &parameters), "adele").await;
    assert!(answer.header("location").contains('#'), "tokens come in the fragment");
    let returned = answer.returned(redirect_uri);
    let claims = crate::verify::verified(&desk, &returned["id_token"], desk.client_id("store-reports")).await;
    let half_hash = |text: &str| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        use sha2::Digest as _;
        URL_SAFE_NO_PAD.encode(&sha2::Sha256::digest(text)[..16])
    };
    assert_eq!(claims["nonce"], NONCE);
    assert_eq!(claims["c_hash"], half_hash(&returned["code"]));
    assert_eq!(claims["at_hash"], half_hash(&returned["access_token"]));
}
