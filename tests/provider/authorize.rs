//! The authorization endpoint: refusals as pages and redirects, and the modes of the answer.

use crate::desk::{Browser, CATALOG, Desk, Refusal, STATE, attribute, with};

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
    let (wish_list, zero) =
        (("client_id", desk.client_id("wish-list")), "00000000-0000-0000-0000-000000000000");
    let daemon = desk.client_id("inventory-sync");
    let directory = ("client_id", desk.client_id("staff-directory"));
    let reports = [
        ("client_id", desk.client_id("store-reports")),
        ("redirect_uri", "http://localhost:7083/signin-oidc"),
    ];
    let cases: Vec<PageCase<'_>> = vec![
        ("unknown tenant", "nobody.example", vec![], 90002),
        ("malformed tenant", "nobody", vec![], 900_023),
        ("tenant never filled in", zero, vec![], 90002),
        ("no client", &home, vec![("client_id", "")], 900_144),
        ("client id no guid", &home, vec![("client_id", "desktop")], 700_038),
        ("unknown client", &home, vec![("client_id", unknown)], 700_016),
        ("single tenant on common", "common", reports.to_vec(), 50194),
        ("single tenant elsewhere", "fabrikam.example", reports.to_vec(), 700_016),
        ("work application for personal accounts", "consumers", vec![], 9_002_332),
        ("personal application on common", "common", vec![wish_list], 9_002_331),
        ("personal application on organizations", "organizations", vec![wish_list], 9_002_331),
        ("personal application in a tenant", &home, vec![wish_list], 9_002_331),
        ("application of the other tenant only", "fabrikam.example", vec![directory], 700_016),
        ("switched off", &home, vec![("client_id", desk.client_id("price-tags"))], 7_000_112),
        ("redirect URI no address", &home, vec![("redirect_uri", "/signin")], 90102),
        ("redirect URI of another case", &home, vec![("redirect_uri", "http://localhost/CB")], 50011),
        ("redirect URI with a query", &home, vec![("redirect_uri", "http://localhost/?x=1")], 50011),
        ("redirect URI over IPv6", &home, vec![("redirect_uri", "http://[::1]/")], 50011),
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
    let mut empty = with(&desk.authorization("desktop", PUBLIC), &[("redirect_uri", "")]);
    empty.push(("redirect_uri", ""));
    let answer = desk.get(&desk.authorize_url(&home, &empty), &[]).await;
    desk.check_page("redirect URI empty", &answer, 900_971).await;
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
        ("old prompt", vec![("prompt", "admin_consent")], "invalid_request", 90023),
        ("age no number", vec![("max_age", "soon")], "invalid_request", 90023),
        ("claims no JSON", vec![("claims", "eyJhY2Nlc3NfdG9rZW4iOnt9fQ==")], "invalid_request", 90100),
        (
            "resource of another scope",
            vec![("resource", "https://vault.azure.net"), ("scope", CATALOG)],
            "invalid_target",
            9_010_010,
        ),
        ("challenge method", vec![("code_challenge_method", "s256")], "invalid_request", 50149),
        ("challenge missing", vec![("code_challenge", "")], "invalid_request", 50147),
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
async fn a_redirect_uri_may_be_left_out_and_the_page_of_native_clients_is_there() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk);
    let left_out = with(&desk.authorization("storefront", SPA), &[("redirect_uri", "")]);
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &left_out), "mina").await;
    assert!(answer.returned(SPA).contains_key("code"), "the only one that is registered");

    let blank = desk.url("common/oauth2/nativeclient");
    let parameters = with(&desk.authorization("staff-directory", &blank), &[("scope", "openid")]);
    let answer = browser.sign_in(&desk.authorize_url(&desk.home, &parameters), "mina").await;
    assert!(answer.returned(&blank).contains_key("code"));
    let page = browser.get(answer.header("location")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
}
