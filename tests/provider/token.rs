//! The token endpoint: refusals as JSON, and the answers' shapes.

use std::time::Duration;

use crate::desk::{CATALOG, Desk, NONCE, Refusal, VERIFIER, with};

const PUBLIC: &str = "http://localhost:50123";
const SPA: &str = "http://localhost:7081/signin";
const WEB: &str = "http://localhost:7082/signin-oidc";
const ORIGIN: &[(&str, &str)] = &[("origin", "http://localhost:7081")];
const WITH_URI: &[&str] = &["error_uri"];

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// Name, tenant, changes to the form, headers, and what comes: status, `error`, number.
type AppCase<'a> = (&'a str, &'a str, Pairs<'a>, &'a [(&'a str, &'a str)], u16, &'a str, u32);

/// Name, application, redirect URI, changes at authorize and at token, headers, and what comes.
type CodeCase<'a> =
    (&'a str, &'a str, &'a str, Pairs<'a>, Pairs<'a>, &'a [(&'a str, &'a str)], u16, &'a str, u32);

#[tokio::test]
async fn client_credentials_are_refused_as_entra_refuses_them() {
    let desk = Desk::open().await;
    let (home, kiosk) = (desk.home.as_str(), desk.client_id("kiosk"));
    let (reports, expired) = (desk.client_id("store-reports"), "lab~store-reports~expired");
    let (portal, portal_secret) = (desk.client_id("admin-portal"), desk.secret("admin-portal"));
    let (tags, tags_secret) = (desk.client_id("price-tags"), desk.secret("price-tags"));
    let unknown = "11111111-2222-3333-4444-555555555555";
    let secret_id = "2b84f6d0-e173-4c95-9a58-d7c01e6f3b49";
    let two = "api://northwind-catalog/.default https://graph.microsoft.com/.default";
    let cases: Vec<AppCase<'_>> = vec![
        ("unknown tenant", "nobody.example", vec![], &[], 400, "invalid_tenant", 90002),
        ("unknown tenant id", unknown, vec![], &[], 400, "invalid_tenant", 90002),
        ("malformed tenant", "token", vec![], &[], 400, "invalid_request", 900_023),
        ("no grant type", home, vec![("grant_type", "")], &[], 400, "invalid_request", 900_144),
        ("no client", home, vec![("client_id", "")], &[], 400, "invalid_request", 900_144),
        ("no scope", home, vec![("scope", "")], &[], 400, "invalid_request", 900_144),
        ("unknown grant", home, vec![("grant_type", "magic")], &[], 400, "unsupported_grant_type", 70003),
        (
            "broker's grant",
            home,
            vec![("grant_type", "srv_challenge")],
            &[],
            400,
            "unsupported_grant_type",
            70003,
        ),
        ("client id no guid", home, vec![("client_id", "me")], &[], 400, "unauthorized_client", 700_038),
        (
            "client id zeros",
            home,
            vec![("client_id", "00000000-0000-0000-0000-000000000000")],
            &[],
            400,
            "unauthorized_client",
            700_038,
        ),
        ("unknown client", home, vec![("client_id", unknown)], &[], 400, "unauthorized_client", 700_016),
        ("client of another tenant", "fabrikam.example", vec![], &[], 400, "unauthorized_client", 700_016),
        ("single tenant on common", "common", vec![], &[], 400, "invalid_request", 50194),
        (
            "no tenant in common",
            "common",
            vec![("client_id", portal), ("client_secret", portal_secret)],
            &[],
            400,
            "invalid_request",
            50059,
        ),
        (
            "not in that tenant",
            "fabrikam.example",
            vec![("client_id", portal), ("client_secret", portal_secret)],
            &[],
            401,
            "invalid_client",
            7_000_229,
        ),
        ("wrong secret", home, vec![("client_secret", "wrong")], &[], 401, "invalid_client", 7_000_215),
        ("secret's id", home, vec![("client_secret", secret_id)], &[], 401, "invalid_client", 7_000_215),
        (
            "expired secret",
            home,
            vec![("client_id", reports), ("client_secret", expired)],
            &[],
            401,
            "invalid_client",
            7_000_222,
        ),
        ("no secret", home, vec![("client_secret", "")], &[], 401, "invalid_client", 7_000_216),
        ("kiosk has no secret", home, vec![("client_id", kiosk)], &[], 401, "invalid_client", 7_000_215),
        (
            "assertion of no type",
            home,
            vec![("client_secret", ""), ("client_assertion", "x.y.z")],
            &[],
            400,
            "invalid_request",
            900_144,
        ),
        ("named scope", home, vec![("scope", CATALOG)], &[], 400, "invalid_scope", 1_002_012),
        ("bare scope", home, vec![("scope", "User.Read")], &[], 400, "invalid_scope", 1_002_012),
        (
            "unknown resource",
            home,
            vec![("scope", "api://nobody/.default")],
            &[],
            400,
            "invalid_resource",
            500_011,
        ),
        ("two resources", home, vec![("scope", two)], &[], 400, "invalid_scope", 70011),
        (
            "no role where one is needed",
            home,
            vec![("scope", "api://northwind-payments/.default")],
            &[],
            400,
            "invalid_grant",
            501_051,
        ),
        ("from a browser", home, vec![], ORIGIN, 400, "invalid_request", 9_002_326),
        (
            "switched off",
            home,
            vec![("client_id", tags), ("client_secret", tags_secret)],
            &[],
            400,
            "unauthorized_client",
            7_000_112,
        ),
        (
            "another's resource",
            home,
            vec![("resource", "https://graph.microsoft.com")],
            &[],
            400,
            "invalid_target",
            9_010_010,
        ),
    ];
    for (name, tenant, changes, headers, status, error, code) in cases {
        let answer = desk.token(tenant, &with(&desk.daemon(), &changes), headers).await;
        let has_uri = ![70003, 700_038].contains(&code);
        let extra = if has_uri { WITH_URI } else { &[] };
        desk.check_json(name, &answer, status, Refusal { error, code }, extra).await;
    }
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let desk = Desk::open().await;
    let url = desk.url(&format!("{}/oauth2/v2.0/token", desk.home));
    let check = async |name: &str, body: &str, code: u32| {
        let answer = desk.post_text(&url, body.to_owned(), &[]).await;
        desk.check_json(name, &answer, 400, Refusal { error: "invalid_request", code }, WITH_URI).await;
    };
    check("broken escape", "grant_type=%zz", 9_002_313).await;
    check("no UTF-8", "grant_type=%ff", 9_002_313).await;
    check("empty", "", 900_144).await;
    let client = desk.client_id("kiosk");
    check("twice", &format!("grant_type=refresh_token&client_id={client}&client_id={client}"), 9_000_411)
        .await;
    let answer = desk.get(&url, &[]).await;
    desk.check_json("by GET", &answer, 400, Refusal { error: "invalid_request", code: 900_561 }, WITH_URI)
        .await;
}

#[tokio::test]
async fn codes_are_refused_as_entra_refuses_them() {
    let desk = Desk::open().await;
    let both = format!("User.Read {CATALOG}");
    let (web_secret, wrong) = (desk.secret("admin-portal"), "w".repeat(43));
    let no_pkce = vec![("code_challenge", ""), ("code_challenge_method", "")];
    let cases: Vec<CodeCase<'_>> = vec![
        ("no code", "desktop", PUBLIC, vec![], vec![("code", "")], &[], 400, "invalid_request", 900_144),
        (
            "garbled code",
            "desktop",
            PUBLIC,
            vec![],
            vec![("code", "1.Ax")],
            &[],
            400,
            "invalid_grant",
            9_002_313,
        ),
        (
            "another's code",
            "desktop",
            PUBLIC,
            vec![],
            vec![("client_id", desk.client_id("kiosk"))],
            &[],
            400,
            "invalid_grant",
            70000,
        ),
        (
            "public with secret",
            "desktop",
            PUBLIC,
            vec![],
            vec![("client_secret", "x")],
            &[],
            401,
            "invalid_client",
            700_025,
        ),
        ("web without secret", "admin-portal", WEB, vec![], vec![], &[], 401, "invalid_client", 7_000_218),
        (
            "web with wrong secret",
            "admin-portal",
            WEB,
            vec![],
            vec![("client_secret", "x")],
            &[],
            401,
            "invalid_client",
            7_000_215,
        ),
        (
            "web in a browser",
            "admin-portal",
            WEB,
            vec![],
            vec![("client_secret", web_secret)],
            ORIGIN,
            400,
            "invalid_request",
            9_002_326,
        ),
        ("native in a browser", "desktop", PUBLIC, vec![], vec![], ORIGIN, 400, "invalid_request", 9_002_326),
        ("spa outside a browser", "storefront", SPA, vec![], vec![], &[], 400, "invalid_request", 9_002_327),
        (
            "spa with secret",
            "storefront",
            SPA,
            vec![],
            vec![("client_secret", "x")],
            ORIGIN,
            401,
            "invalid_client",
            700_025,
        ),
        (
            "redirect URI missing",
            "desktop",
            PUBLIC,
            vec![],
            vec![("redirect_uri", "")],
            &[],
            400,
            "invalid_request",
            700_009,
        ),
        (
            "redirect URI changed",
            "desktop",
            PUBLIC,
            vec![],
            vec![("redirect_uri", "http://localhost:1")],
            &[],
            401,
            "invalid_client",
            500_112,
        ),
        (
            "verifier missing",
            "desktop",
            PUBLIC,
            vec![],
            vec![("code_verifier", "")],
            &[],
            400,
            "invalid_grant",
            50148,
        ),
        (
            "verifier wrong",
            "desktop",
            PUBLIC,
            vec![],
            vec![("code_verifier", &wrong)],
            &[],
            400,
            "invalid_grant",
            501_481,
        ),
        (
            "plain verifier wrong",
            "desktop",
            PUBLIC,
            vec![("code_challenge_method", "plain")],
            vec![],
            &[],
            400,
            "invalid_grant",
            501_481,
        ),
        (
            "verifier short",
            "desktop",
            PUBLIC,
            vec![],
            vec![("code_verifier", "short")],
            &[],
            400,
            "invalid_grant",
            501_491,
        ),
        ("verifier not expected", "desktop", PUBLIC, no_pkce, vec![], &[], 400, "invalid_grant", 501_491),
        (
            "two resources",
            "desktop",
            PUBLIC,
            vec![],
            vec![("scope", &both)],
            &[],
            400,
            "invalid_request",
            28000,
        ),
        (
            "unknown scope",
            "desktop",
            PUBLIC,
            vec![],
            vec![("scope", "Nothing.Read")],
            &[],
            400,
            "invalid_scope",
            70011,
        ),
        (
            "unknown resource",
            "desktop",
            PUBLIC,
            vec![],
            vec![("scope", "api://nobody/x")],
            &[],
            400,
            "invalid_resource",
            500_011,
        ),
        (
            "not consented",
            "desktop",
            PUBLIC,
            vec![],
            vec![("scope", "Mail.Read")],
            &[],
            400,
            "invalid_grant",
            65001,
        ),
    ];
    for (name, key, redirect_uri, asked, changes, headers, status, error, code) in cases {
        let issued = desk.code(key, redirect_uri, &asked).await;
        let form = with(&desk.redemption(key, redirect_uri, &issued), &changes);
        let answer = desk.token(&desk.home, &form, headers).await;
        let extra: &[&str] = match code {
            9_002_313 | 65001 => &["error_uri", "suberror"],
            _ => WITH_URI,
        };
        desk.check_json(name, &answer, status, Refusal { error, code }, extra).await;
    }

    let issued = desk.code("desktop", PUBLIC, &[]).await;
    let form = desk.redemption("desktop", PUBLIC, &issued);
    let other = desk.token("fabrikam.example", &form, &[]).await;
    desk.check_json(
        "another tenant",
        &other,
        400,
        Refusal { error: "invalid_grant", code: 700_005 },
        WITH_URI,
    )
    .await;
    let mut empty = form.clone();
    empty.push(("scope", ""));
    let answer = desk.token(&desk.home, &empty, &[]).await;
    desk.check_json("empty scope", &answer, 400, Refusal { error: "invalid_scope", code: 28003 }, WITH_URI)
        .await;
    assert_eq!(
        desk.token(&desk.home, &form, &[]).await.status,
        200,
        "a refused redemption does not use the code up"
    );
    let again = desk.token(&desk.home, &form, &[]).await;
    desk.check_json("used twice", &again, 400, Refusal { error: "invalid_grant", code: 54005 }, WITH_URI)
        .await;

    let issued = desk.code("desktop", PUBLIC, &[]).await;
    desk.lab.move_clock(Duration::from_secs(600)).await;
    let late = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &issued), &[]).await;
    desk.check_json("too late", &late, 400, Refusal { error: "invalid_grant", code: 70008 }, WITH_URI).await;
}

#[tokio::test]
async fn a_code_gives_exactly_the_fields_of_a_user_grant() {
    let desk = Desk::open().await;
    let issued = desk.code("desktop", PUBLIC, &[]).await;
    let form = with(&desk.redemption("desktop", PUBLIC, &issued), &[("client_info", "1")]);
    let answer = desk.token(&desk.home, &form, &[]).await;
    let body = answer.json();
    let fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "token_type",
        "scope",
        "expires_in",
        "ext_expires_in",
        "access_token",
        "refresh_token",
        "id_token",
        "client_info",
    ];
    assert_eq!((answer.status, fields), (200, expected.to_vec()));
    assert_eq!(body["scope"], "openid profile User.Read");
    assert!((3600..=5399).contains(&body["expires_in"].as_i64().unwrap()));
    assert_eq!(answer.header("cache-control"), "no-store, no-cache");
    assert_eq!(answer.header("x-ms-clitelem"), "1,0,0,,");
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_single_page_application_redeems_in_the_browser() {
    let desk = Desk::open().await;
    let issued = desk.code("storefront", SPA, &[]).await;
    let form = with(&desk.redemption("storefront", SPA, &issued), &[("scope", CATALOG)]);
    let refused = desk.token(&desk.home, &form, ORIGIN).await;
    desk.check_json(
        "not consented",
        &refused,
        400,
        Refusal { error: "invalid_grant", code: 65001 },
        &["error_uri", "suberror"],
    )
    .await;
    assert_eq!(refused.header("access-control-allow-origin"), "*", "the page may read the refusal");

    let form = desk.redemption("storefront", SPA, &issued);
    let answer = desk.token(&desk.home, &form, ORIGIN).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"));
    assert_eq!(answer.json()["refresh_token_expires_in"], 86399);
    let preflight =
        desk.request("OPTIONS", &desk.url(&format!("{}/oauth2/v2.0/token", desk.home)), ORIGIN).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (200, "POST, OPTIONS"));
}

#[tokio::test]
async fn an_app_gets_a_bare_answer() {
    let desk = Desk::open().await;
    let answer = desk.token("NORTHWIND.example", &with(&desk.daemon(), &[("client_info", "1")]), &[]).await;
    let body = answer.json();
    let fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        (answer.status, fields),
        (200, vec!["token_type", "expires_in", "ext_expires_in", "access_token"])
    );

    // Without a granted role there is a token, too: it has no `roles`.
    let scope = [("scope", "https://graph.microsoft.com/.default openid")];
    assert_eq!(desk.token(&desk.home, &with(&desk.daemon(), &scope), &[]).await.status, 200);
}

#[tokio::test]
async fn a_secret_may_come_by_http_basic() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let desk = Desk::open().await;
    let form = with(&desk.daemon(), &[("client_secret", ""), ("client_id", "")]);
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", desk.client_id("inventory-sync"), encoded(desk.secret("inventory-sync")));
    let basic = format!("Basic {}", STANDARD.encode(pair));
    let answer = desk.token(&desk.home, &form, &[("authorization", &basic)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn refresh_tokens_reach_other_resources_and_stay_with_their_client() {
    let desk = Desk::open().await;
    let scope = format!("openid offline_access User.Read {CATALOG}");
    let issued = desk.code("desktop", PUBLIC, &[("scope", &scope)]).await;
    let first = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &issued), &[]).await.json();
    let token = first["refresh_token"].as_str().unwrap();
    let form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", desk.client_id("desktop")),
        ("refresh_token", token),
        ("scope", "api://northwind-catalog/Catalog.Read offline_access"),
    ];
    let second = desk.token(&desk.home, &form, &[]).await.json();
    assert_eq!(second["scope"], CATALOG);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert!(second.get("id_token").is_none(), "openid was not asked for again");
    assert_eq!(desk.token(&desk.home, &form, &[]).await.status, 200, "the old one goes on working");

    let check = async |name: &str,
                       changes: &[(&str, &str)],
                       headers: &[(&str, &str)],
                       status,
                       error,
                       code,
                       extra: &[&str]| {
        let answer = desk.token(&desk.home, &with(&form, changes), headers).await;
        desk.check_json(name, &answer, status, Refusal { error, code }, extra).await;
    };
    check("missing", &[("refresh_token", "")], &[], 400, "invalid_request", 900_144, WITH_URI).await;
    check(
        "garbled",
        &[("refresh_token", "1.Ax")],
        &[],
        400,
        "invalid_grant",
        9_002_313,
        &["error_uri", "suberror"],
    )
    .await;
    check("another's", &[("client_id", desk.client_id("kiosk"))], &[], 400, "invalid_grant", 70000, WITH_URI)
        .await;
    check("with secret", &[("client_secret", "x")], &[], 401, "invalid_client", 700_025, WITH_URI).await;
    check("from a browser", &[], ORIGIN, 400, "invalid_request", 9_002_326, WITH_URI).await;
    let mail = [("scope", "Mail.Read")];
    check("not consented", &mail, &[], 400, "invalid_grant", 65001, &["error_uri", "suberror"]).await;
}

#[tokio::test]
async fn the_clients_correlation_id_is_used_and_echoed_on_request() {
    let desk = Desk::open().await;
    let id = "1F4E7C9A-0b2d-4a53-8c66-9e7d1f2a3b4c";
    let headers = [("client-request-id", id), ("return-client-request-id", "true")];
    let answer = desk.token(&desk.home, &with(&desk.daemon(), &[("scope", "")]), &headers).await;
    assert_eq!(answer.json()["correlation_id"], id.to_lowercase());
    assert_eq!(answer.header("client-request-id"), id.to_lowercase());
    let answer =
        desk.token(&desk.home, &with(&desk.daemon(), &[("scope", ""), ("client-request-id", id)]), &[]).await;
    assert_eq!(answer.json()["correlation_id"], id.to_lowercase(), "also from the form");
    assert_eq!(answer.header("client-request-id"), "");
    assert!(!answer.body.contains(NONCE) && !answer.body.contains(VERIFIER));
}
