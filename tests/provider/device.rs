//! The device flow, on both devices.

use std::time::Duration;

use serde_json::Value;

use crate::desk::{Answer, Browser, CATALOG, Desk, Refusal, step, with};

const URN: &str = "urn:ietf:params:oauth:grant-type:device_code";
const WITH_URI: &[&str] = &["error_uri"];

async fn begin(desk: &Desk, changes: &[(&str, &str)]) -> Answer {
    let scope = format!("openid offline_access {CATALOG}");
    let form = [("client_id", desk.client_id("kiosk")), ("scope", scope.as_str())];
    desk.post(&desk.url(&format!("{}/oauth2/v2.0/devicecode", desk.home)), &with(&form, changes), &[]).await
}

async fn poll(desk: &Desk, device: &Value, changes: &[(&str, &str)]) -> Answer {
    let code = device["device_code"].as_str().unwrap_or_default();
    let form = [("grant_type", URN), ("client_id", desk.client_id("kiosk")), ("device_code", code)];
    desk.token(&desk.home, &with(&form, changes), &[]).await
}

/// Types the code on the second device.
async fn enter(desk: &Desk, browser: &mut Browser<'_>, code: &str) -> Answer {
    let page = browser.get(&desk.url("devicelogin")).await;
    assert_eq!(page.status, 302);
    let page = browser.get(page.header("location")).await;
    browser.submit(&page, ("action", "next"), &[("user_code", code)]).await
}

#[tokio::test]
async fn a_device_waits_until_its_person_is_done() {
    let desk = Desk::open().await;
    let device = begin(&desk, &[]).await.json();
    let fields: Vec<_> = device.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["user_code", "device_code", "verification_uri", "expires_in", "interval", "message"]);
    assert_eq!((&device["expires_in"], &device["interval"]), (&900.into(), &5.into()));
    let pending = Refusal { error: "authorization_pending", code: 70016 };
    desk.check_json("pending", &poll(&desk, &device, &[]).await, 400, pending, WITH_URI).await;

    let mut browser = Browser::new(&desk);
    let code = device["user_code"].as_str().unwrap().to_lowercase();
    let page = enter(&desk, &mut browser, &format!(" {code} ")).await;
    let page = browser.type_password(&page, "mina").await;
    assert_eq!(step(&page.body), Some("confirm"), "she is asked whether she began this herself");
    assert!(page.body.contains("Northwind Kiosk"));
    let page = browser.submit(&page, ("action", "next"), &[]).await;
    assert_eq!(step(&page.body), Some("consent"));
    desk.check_json("still pending", &poll(&desk, &device, &[]).await, 400, pending, WITH_URI).await;
    let page = browser.submit(&page, ("action", "next"), &[]).await;
    assert!(page.body.contains("You can close this page"));

    // The short name of the grant, and the code under its old name, as Microsoft's libraries send them.
    let code = device["device_code"].as_str().unwrap();
    let answer =
        poll(&desk, &device, &[("grant_type", "device_code"), ("device_code", ""), ("code", code)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["scope"], CATALOG);
    assert!(body["id_token"].is_string() && body["refresh_token"].is_string());
    let used = Refusal { error: "invalid_grant", code: 54005 };
    desk.check_json("used", &poll(&desk, &device, &[]).await, 400, used, WITH_URI).await;

    let page = enter(&desk, &mut browser, device["user_code"].as_str().unwrap()).await;
    assert!(page.body.contains("AADSTS90120: "), "{}", page.body);
}

#[tokio::test]
async fn a_person_may_decline() {
    let desk = Desk::open().await;
    let device = begin(&desk, &[]).await.json();
    let mut browser = Browser::new(&desk);
    let page = enter(&desk, &mut browser, device["user_code"].as_str().unwrap()).await;
    let page = browser.type_password(&page, "mina").await;
    let page = browser.submit(&page, ("action", "cancel"), &[]).await;
    assert!(page.body.contains("Your device will be told"), "{}", page.body);
    let declined = Refusal { error: "authorization_declined", code: 65004 };
    desk.check_json("declined", &poll(&desk, &device, &[]).await, 400, declined, WITH_URI).await;
}

#[tokio::test]
async fn the_flow_is_refused_as_entra_refuses_it() {
    let desk = Desk::open().await;
    let reports = desk.client_id("store-reports");
    let check = async |name: &str, changes: &[(&str, &str)], error, code, extra: &[&str]| {
        desk.check_json(name, &begin(&desk, changes).await, 400, Refusal { error, code }, extra).await;
    };
    check("no client", &[("client_id", "")], "invalid_request", 900_144, WITH_URI).await;
    check("no scope", &[("scope", "")], "invalid_request", 900_144, WITH_URI).await;
    check("unknown scope", &[("scope", "Nothing.Read")], "invalid_scope", 70011, WITH_URI).await;
    check("unknown resource", &[("scope", "api://nobody/x")], "invalid_resource", 500_011, WITH_URI).await;
    check("no guid", &[("client_id", "kiosk")], "unauthorized_client", 700_038, &[]).await;
    let unknown = [("client_id", "11111111-2222-3333-4444-555555555555")];
    check("unknown client", &unknown, "unauthorized_client", 700_016, WITH_URI).await;
    let common = desk.url("common/oauth2/v2.0/devicecode");
    let answer = desk.post(&common, &[("client_id", reports), ("scope", "openid")], &[]).await;
    let refusal = Refusal { error: "invalid_request", code: 50059 };
    desk.check_json("single tenant on common", &answer, 400, refusal, WITH_URI).await;
    let refusal = Refusal { error: "invalid_request", code: 900_561 };
    desk.check_json("by GET", &desk.get(&common, &[]).await, 400, refusal, WITH_URI).await;

    let device = begin(&desk, &[]).await.json();
    let check = async |name: &str, changes: &[(&str, &str)], status, error, code, extra: &[&str]| {
        desk.check_json(name, &poll(&desk, &device, changes).await, status, Refusal { error, code }, extra)
            .await;
    };
    check("no code", &[("device_code", "")], 400, "invalid_request", 900_144, WITH_URI).await;
    check("garbled", &[("device_code", "FAQABIQ")], 400, "invalid_grant", 7_000_014, &[]).await;
    check("with secret", &[("client_secret", "x")], 401, "invalid_client", 700_025, WITH_URI).await;
    check(
        "not public",
        &[("client_id", desk.client_id("desktop"))],
        401,
        "invalid_client",
        7_000_218,
        WITH_URI,
    )
    .await;
    let portal =
        [("client_id", desk.client_id("admin-portal")), ("client_secret", desk.secret("admin-portal"))];
    check("another's", &portal, 400, "invalid_grant", 70000, WITH_URI).await;
    let code = device["device_code"].as_str().unwrap();
    let form = [("grant_type", URN), ("client_id", desk.client_id("kiosk")), ("device_code", code)];
    let refusal = Refusal { error: "invalid_grant", code: 7_000_012 };
    let answer = desk.token("organizations", &form, &[]).await;
    desk.check_json("at another tenant", &answer, 400, refusal, WITH_URI).await;
    let pending = Refusal { error: "authorization_pending", code: 70016 };
    let answer = desk.token("northwind.example", &form, &[]).await;
    desk.check_json("at the same one by its domain", &answer, 400, pending, WITH_URI).await;

    let mut browser = Browser::new(&desk);
    for (typed, code) in [("WRONGCODE", 70018), ("", 90119)] {
        let page = enter(&desk, &mut browser, typed).await;
        assert!(
            page.body.contains(&format!("AADSTS{code}: ")) && page.body.contains("<form"),
            "{}",
            page.body
        );
    }
    desk.lab.move_clock(Duration::from_secs(900)).await;
    check("too late", &[], 400, "expired_token", 70020, WITH_URI).await;
    let page = enter(&desk, &mut browser, device["user_code"].as_str().unwrap()).await;
    assert!(page.body.contains("AADSTS70019: "), "{}", page.body);
}

#[tokio::test]
async fn the_message_is_in_the_language_of_the_market() {
    let desk = Desk::open().await;
    let form = [("client_id", desk.client_id("kiosk")), ("scope", "openid")];
    for (market, word) in [
        ("", "open"),
        ("?mkt=de-DE", "Öffnen"),
        ("?mkt=fr-CA", "ouvrez"),
        ("?mkt=es", "abra"),
        ("?mkt=it-IT", "apra"),
        ("?mkt=NL-be", "voer"),
        ("?mkt=xx", "open"),
    ] {
        let url = desk.url(&format!("{}/oauth2/v2.0/devicecode{market}", desk.home));
        let device = desk.post(&url, &form, &[]).await.json();
        let message = device["message"].as_str().unwrap();
        let parts =
            [word, device["user_code"].as_str().unwrap(), device["verification_uri"].as_str().unwrap()];
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}
