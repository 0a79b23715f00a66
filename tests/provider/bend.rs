//! Bent tokens: signed by the lab, looked at by the token layer, and shown to the lab's careful API over HTTP.

use authwright::{
    time::UnixTime,
    token::{
        bend::{Bent, Part, Signing},
        checks::{self, Expected},
        decode,
    },
};
use serde_json::{Value, json};

use crate::desk::{CATALOG, Desk};

/// What is done to a token.
type Change = fn(&mut Bent);

/// The lights that are red.
fn red(token: &str, keys: &Value, claims: &Value) -> Vec<&'static str> {
    let expected = Expected {
        jwks: Some(keys.clone()),
        issuers: vec![claims["iss"].as_str().expect("an issuer").to_owned()],
        audiences: vec![claims["aud"].as_str().expect("an audience").to_owned()],
        ..Expected::default()
    };
    let now = UnixTime::from_seconds(claims["iat"].as_i64().expect("a time") + 60);
    let findings = checks::judge(&decode(token), &expected, now);
    let red = findings.iter().filter(|finding| finding.severity == authwright::finding::Severity::Error);
    red.map(|finding| finding.id).collect()
}

#[tokio::test]
async fn each_signature_and_each_change_turns_its_own_light_red_and_the_api_says_so() {
    let desk = Desk::open().await;
    let form = [
        ("grant_type", "password"),
        ("client_id", desk.client_id("handheld")),
        ("username", "mina@northwind.example"),
        ("password", "lab-Mina-1"),
        ("scope", CATALOG),
    ];
    let tokens = desk.token(&desk.home, &form, &[]).await.json();
    let token = tokens["access_token"].as_str().expect("an access token");
    let decoded = decode(token);
    let claims = Value::Object(decoded.claims.clone());
    let keys = desk.get(&desk.url(&format!("{}/discovery/v2.0/keys", desk.home)), &[]).await.json();
    assert_eq!(red(token, &keys, &claims), [""; 0], "the token is good before it is bent");

    let nothing: Change = |_| {};
    let cases: [(Signing, Change, &[&str], u16, &str); 9] = [
        (Signing::LabKey, nothing, &[], 200, ""),
        (
            Signing::LabKey,
            |bent| bent.set(Part::Claims, "aud", json!("api://another")),
            &["check.audience"],
            401,
            "invalid_token",
        ),
        (
            Signing::LabKey,
            |bent| bent.set(Part::Claims, "exp", json!(1)),
            &["check.expiry"],
            401,
            "invalid_token",
        ),
        (
            Signing::LabKey,
            |bent| bent.set_text(Part::Claims, "scp", "Catalog.None"),
            &[],
            403,
            "insufficient_scope",
        ),
        (
            Signing::LabKey,
            |bent| bent.set_text(Part::Header, "kid", "nobody"),
            &["check.key"],
            401,
            "invalid_token",
        ),
        (Signing::OtherKey, nothing, &["check.signature"], 401, "invalid_token"),
        (Signing::PublicKeyAsSecret, nothing, &["check.algorithm"], 401, "invalid_token"),
        (Signing::None, nothing, &["check.algorithm", "check.signature"], 401, "invalid_token"),
        (
            Signing::Keep,
            |bent| bent.set(Part::Claims, "scp", json!("Catalog.Write")),
            &["check.signature"],
            401,
            "invalid_token",
        ),
    ];
    for (signing, change, lights, status, error) in cases {
        let mut bent = Bent::of(&decoded).expect("a signed token");
        change(&mut bent);
        let text = match bent.finished(signing) {
            Some(text) => text,
            None => desk.lab.sign_token(&bent, signing).await.expect("the lab signs it"),
        };
        let what = format!("{signing:?} {:?}", bent.changes());
        assert_eq!(
            Value::Object(decode(text.expose()).claims),
            Value::Object(bent.part(Part::Claims).clone())
        );
        let found = red(text.expose(), &keys, &claims);
        assert!(lights.iter().all(|light| found.contains(light)), "{what}: {found:?}");
        assert!(!lights.is_empty() || found.is_empty(), "{what}: {found:?}");
        let bearer = format!("Bearer {}", text.expose());
        let answer = desk.get(&desk.url("api/catalog/products"), &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains(error) && challenge.is_empty() == error.is_empty(), "{what}: {challenge}");
    }
}

#[tokio::test]
async fn the_lab_signs_only_what_needs_a_key() {
    let desk = Desk::open().await;
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln";
    let bent = Bent::of(&decode(token)).expect("it can be read");
    for signing in Signing::ALL {
        let needs_key = bent.finished(signing).is_none();
        assert_eq!(desk.lab.sign_token(&bent, signing).await.is_ok(), needs_key, "{signing:?}");
    }
}
