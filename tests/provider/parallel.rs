//! Eight at once over real HTTP: of what can be used once, exactly one attempt gets something, and the others are told why
//! not.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    credential::{JWT_BEARER, PAIR, now, sign_with},
    desk::{Answer, Browser, Desk, Refusal, step},
};

const ATTEMPTS: usize = 8;
const PUBLIC: &str = "http://localhost:50123/";

/// Sends the same form from eight connections at the same moment, and gives the answers.
async fn at_once(desk: &Arc<Desk>, form: &[(&str, &str)]) -> Vec<Answer> {
    let form: Arc<Vec<(String, String)>> =
        Arc::new(form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    let (barrier, mut attempts) = (Arc::new(Barrier::new(ATTEMPTS)), JoinSet::new());
    for _ in 0..ATTEMPTS {
        let (desk, form, barrier) = (Arc::clone(desk), Arc::clone(&form), Arc::clone(&barrier));
        attempts.spawn(async move {
            let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            // A connection is open before the race begins.
            desk.get(&desk.url(""), &[]).await;
            barrier.wait().await;
            desk.token(&desk.home, &form, &[]).await
        });
    }
    attempts.join_all().await
}

/// One has tokens; the others were refused in the same way.
async fn check(desk: &Desk, name: &str, answers: &[Answer], status: u16, refusal: Refusal<'_>) {
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((won, answers.len()), (1, ATTEMPTS), "{name}");
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        desk.check_json(name, lost, status, refusal, &["error_uri"]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_authorization_code_is_redeemed_once() {
    let desk = Arc::new(Desk::open().await);
    for _ in 0..3 {
        let code = desk.code("desktop", PUBLIC, &[]).await;
        let answers = at_once(&desk, &desk.redemption("desktop", PUBLIC, &code)).await;
        check(&desk, "code", &answers, 400, Refusal { error: "invalid_grant", code: 54005 }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_device_code_gives_tokens_once() {
    let desk = Arc::new(Desk::open().await);
    let device = begin(&desk).await;
    let mut browser = Browser::new(&desk);
    let page = last_page(&desk, &mut browser, &device.1, "mina").await;
    let page = browser.submit(&page, ("action", "next"), &[]).await;
    assert!(page.body.contains("You can close this page"), "{}", page.body);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", desk.client_id("kiosk")),
        ("device_code", &device.0),
    ];
    let answers = at_once(&desk, &form).await;
    check(&desk, "device code", &answers, 400, Refusal { error: "invalid_grant", code: 54005 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_assertion_is_used_once_for_the_same_grant() {
    let desk = Arc::new(Desk::open().await);
    desk.lab.register_certificate("price-feed", &PAIR.certificate_der).await.expect("it is a certificate");
    let client = desk.client_id("price-feed");
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "PS256", "x5t#S256": PAIR.certificate.x5t_s256() });
    let claims = json!({
        "aud": desk.url(&format!("{}/oauth2/v2.0/token", desk.home)),
        "iss": client,
        "sub": client,
        "jti": "0b9c4a2e-5d1f-4c83-9a76-e2f81d3b6c07",
        "exp": now() + 600,
    });
    let signed = |claims: &serde_json::Value| {
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = sign_with(&PAIR, true, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let assertion = signed(&claims);
    let form = |scope: &'static str, assertion: &str| {
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("scope", scope),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let catalog = "api://northwind-catalog/.default";
    let pairs = form(catalog, &assertion);
    let pairs = pairs.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
    let refusal = Refusal { error: "invalid_client", code: 50027 };
    let wrong = [&pairs[..2], &[("scope", "User.Read")], &pairs[3..]].concat();
    let refused = desk.token(&desk.home, &wrong, &[]).await;
    assert_eq!(
        refused.status, 400,
        "a request that fails for another reason uses nothing up: {}",
        refused.body
    );
    let answers = at_once(&desk, &pairs).await;
    check(&desk, "assertion", &answers, 401, refusal).await;
    let late = desk.token(&desk.home, &pairs, &[]).await;
    desk.check_json("later", &late, 401, refusal, &["error_uri"]).await;
    assert_eq!(desk.note(late.header("x-ms-request-id")).await.rule, "assertion.unused");

    // The same id in another assertion is the same id; the same assertion for another API is what MSAL does.
    let mut again = claims.clone();
    again["exp"] = (now() + 500).into();
    for (name, scope, assertion, status) in [
        ("another signature", catalog, signed(&again), 401),
        ("another resource", "https://graph.microsoft.com/.default", assertion.clone(), 200),
        (
            "without an id",
            catalog,
            signed(
                &json!({ "jti": null, "aud": claims["aud"], "iss": client, "sub": client, "exp": claims["exp"] }),
            ),
            200,
        ),
    ] {
        let pairs = form(scope, &assertion);
        let pairs = pairs.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
        let answer = desk.token(&desk.home, &pairs, &[]).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
    }
}

/// A device code and what its person types.
async fn begin(desk: &Desk) -> (String, String) {
    let form = [("client_id", desk.client_id("kiosk")), ("scope", "openid")];
    let device =
        desk.post(&desk.url(&format!("{}/oauth2/v2.0/devicecode", desk.home)), &form, &[]).await.json();
    let text = |name: &str| device[name].as_str().expect("a text").to_owned();
    (text("device_code"), text("user_code"))
}

/// Types the code and signs in, up to the last page.
async fn last_page(desk: &Desk, browser: &mut Browser<'_>, code: &str, person: &str) -> Answer {
    let page = browser.get(&desk.url("common/oauth2/deviceauth")).await;
    let page = browser.submit(&page, ("action", "next"), &[("user_code", code)]).await;
    let mut page = browser.type_password(&page, person).await;
    if step(&page.body) == Some("verify") {
        page = browser.submit(&page, ("action", "next"), &[("otc", "246810")]).await;
    }
    assert_eq!(step(&page.body), Some("confirm"), "{}", page.body);
    let page = browser.submit(&page, ("action", "next"), &[]).await;
    assert_eq!(step(&page.body), Some("consent"), "{}", page.body);
    page
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_user_code_is_approved_once() {
    let desk = Arc::new(Desk::open().await);
    let (device_code, user_code) = begin(&desk).await;
    let (barrier, mut attempts) = (Arc::new(Barrier::new(ATTEMPTS)), JoinSet::new());
    for _ in 0..ATTEMPTS {
        let (desk, barrier, user_code) = (Arc::clone(&desk), Arc::clone(&barrier), user_code.clone());
        attempts.spawn(async move {
            let mut browser = Browser::new(&desk);
            let page = last_page(&desk, &mut browser, &user_code, "mina").await;
            barrier.wait().await;
            browser.submit(&page, ("action", "next"), &[]).await.body
        });
    }
    let mut outcomes = BTreeMap::new();
    for page in attempts.join_all().await {
        let outcome = match () {
            () if page.contains("You can close this page") => "approved",
            () if page.contains("AADSTS90120: ") => "too late",
            () => panic!("{page}"),
        };
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    assert_eq!(outcomes, BTreeMap::from([("approved", 1), ("too late", ATTEMPTS - 1)]));
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", desk.client_id("kiosk")),
        ("device_code", &device_code),
    ];
    assert_eq!(desk.token(&desk.home, &form, &[]).await.status, 200);
}
