//! The second issuer, and its tokens in place of a secret; tokens of other issuers whose keys the scenario knows; and a
//! managed identity's token.

use authwright::{provider::scenario::Scenario, runtime::key_pair};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::JwkSet};
use serde_json::{Value, json};

use crate::{
    credential::{JWT_BEARER, now},
    desk::{Answer, Desk, Refusal},
    verify::verified,
};

const AUDIENCE: &str = "api://AzureADTokenExchange";

async fn token(desk: &Desk, query: &str) -> String {
    let answer = desk.get(&desk.url(&format!("pipeline/token{query}")), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["value"].as_str().expect("a token").to_owned()
}

async fn exchange(desk: &Desk, application: &str, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", desk.client_id(application)),
        ("scope", "api://northwind-catalog/.default"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    desk.token(&desk.home, &form, &[]).await
}

async fn check(desk: &Desk, name: &str, answer: &Answer, code: u32) {
    desk.check_json(name, answer, 401, Refusal { error: "invalid_client", code }, &["error_uri"]).await;
}

#[tokio::test]
async fn the_second_issuer_publishes_what_verifies_its_tokens() {
    let desk = Desk::open().await;
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let issuer = desk.url("pipeline");
    let document = desk.get(&format!("{issuer}/.well-known/openid-configuration"), &[]).await.json();
    assert_eq!(document["issuer"], issuer);
    let keys = desk.get(document["jwks_uri"].as_str().expect("an address"), &[]).await;
    let keys: JwkSet = serde_json::from_str(&keys.body).expect("a key set");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[&issuer]);
    let key = DecodingKey::from_jwk(&keys.keys[0]).expect("a key");
    let claims =
        decode::<Value>(&token(&desk, "?audience=api://AzureADTokenExchange").await, &key, &validation);
    let claims = claims.expect("it verifies").claims;
    assert_eq!(claims["sub"], "repo:northwind/inventory:ref:refs/heads/main");
    assert_eq!(
        (&claims["repository"], &claims["ref_type"]),
        (&json!("northwind/inventory"), &json!("branch"))
    );
    assert!(claims["jti"].is_string() && claims["nbf"].is_i64());

    let other = decode::<Value>(&token(&desk, "").await, &key, &validation);
    assert!(other.is_err(), "without an audience it is for the owner");
    let tenant = desk.get(&desk.url(&format!("{}/discovery/v2.0/keys", desk.home)), &[]).await;
    let tenant: JwkSet = serde_json::from_str(&tenant.body).expect("a key set");
    let kid = keys.keys[0].common.key_id.clone().expect("a key id");
    assert!(tenant.find(&kid).is_none(), "it signs with a key of its own");
    assert_eq!(desk.request("POST", &format!("{issuer}/token"), &[]).await.status, 405);
}

#[tokio::test]
async fn a_pipelines_token_takes_the_place_of_a_secret() {
    let desk = Desk::open().await;
    let assertion = token(&desk, "?audience=api://AzureADTokenExchange").await;
    let body = exchange(&desk, "pipeline", &assertion).await.json();
    let claims =
        verified(&desk, body["access_token"].as_str().expect("a token"), desk.client_id("catalog-api")).await;
    assert_eq!((&claims["azpacr"], &claims["azp"]), (&json!("2"), &json!(desk.client_id("pipeline"))));

    // By another of the lab's names: the address in the token is the one it was fetched from.
    let numbered = desk.lab.base().as_str().replace("localhost", "127.0.0.1");
    let answer = desk.get(&format!("{numbered}pipeline/token?audience={AUDIENCE}"), &[]).await.json();
    let assertion = answer["value"].as_str().expect("a token");
    assert_eq!(exchange(&desk, "pipeline", assertion).await.status, 200);
}

#[tokio::test]
async fn tokens_that_fit_no_federated_credential_are_refused() {
    let desk = Desk::open().await;
    let good = token(&desk, "?audience=api://AzureADTokenExchange").await;
    let branch = "?audience=api://AzureADTokenExchange&subject=repo:northwind/inventory:ref:refs/heads/next";
    let letters = "?audience=api://AzureADTokenExchange&subject=repo:Northwind/inventory:ref:refs/heads/main";
    check(&desk, "none", &exchange(&desk, "price-feed", &good).await, 70021).await;
    check(&desk, "subject", &exchange(&desk, "pipeline", &token(&desk, branch).await).await, 700_213).await;
    check(&desk, "letter case", &exchange(&desk, "pipeline", &token(&desk, letters).await).await, 7_002_138)
        .await;
    check(&desk, "audience", &exchange(&desk, "pipeline", &token(&desk, "").await).await, 700_212).await;

    let altered = |change: &dyn Fn(&mut Value, &mut Value)| {
        let parts: Vec<&str> = good.split('.').collect();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
        };
        let (mut header, mut claims) = (read(parts[0]), read(parts[1]));
        change(&mut header, &mut claims);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(&header), part(&claims), parts[2])
    };
    let issuer =
        altered(&|_, claims| claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap_or(""))));
    check(&desk, "slash at the end", &exchange(&desk, "pipeline", &issuer).await, 700_211).await;
    let foreign = altered(&|_, claims| claims["iss"] = json!("https://tokens.example"));
    check(&desk, "issuer", &exchange(&desk, "pipeline", &foreign).await, 700_211).await;
    let longer = altered(&|_, claims| claims["exp"] = json!(now() + 9999));
    check(&desk, "signature", &exchange(&desk, "pipeline", &longer).await, 50013).await;
    let unknown = altered(&|header, _| header["kid"] = json!("nobody's"));
    check(&desk, "key", &exchange(&desk, "pipeline", &unknown).await, 7_000_272).await;
    let unsigned = altered(&|header, _| header["alg"] = json!("PS256"));
    check(&desk, "algorithm", &exchange(&desk, "pipeline", &unsigned).await, 50013).await;

    desk.lab.move_clock(std::time::Duration::from_secs(3600)).await;
    check(&desk, "time", &exchange(&desk, "pipeline", &good).await, 700_024).await;
}

#[tokio::test]
async fn an_issuer_outside_is_known_by_the_keys_in_the_scenario() {
    let pair = key_pair::make("outside", 1).expect("a key can be made");
    let body: String = pair.private_key_pem.expose().lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).expect("base64")).expect("a private key");
    let public = pair.certificate.key.as_ref().expect("an RSA key");
    assert!(!key.public_key().as_ref().is_empty());
    let set = json!({ "keys": [{
        "kty": "RSA", "kid": "k1",
        "n": URL_SAFE_NO_PAD.encode(&public.modulus), "e": URL_SAFE_NO_PAD.encode(&public.exponent),
    }] });
    let northwind = include_str!("../../src/provider/northwind.toml");
    let trusting =
        northwind.replacen("issuer = \"{lab}/pipeline\"", "issuer = \"https://tokens.example\"", 1);
    let text = format!("{trusting}\n[[issuers]]\nissuer = \"https://tokens.example\"\njwks = '{set}'\n");
    let desk = Desk::stocked(Scenario::parse(&text).expect("a scenario")).await;
    let assertion = |kid: Option<&str>| {
        let mut header = json!({ "alg": "RS256" });
        if let Some(kid) = kid {
            header["kid"] = json!(kid);
        }
        let claims = json!({
            "iss": "https://tokens.example", "sub": "repo:northwind/inventory:ref:refs/heads/main",
            "aud": [AUDIENCE], "exp": now() + 60,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut value = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut value).expect("it signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(value))
    };
    for kid in [Some("k1"), None] {
        assert_eq!(exchange(&desk, "pipeline", &assertion(kid)).await.status, 200, "{kid:?}");
    }
    check(&desk, "other key", &exchange(&desk, "pipeline", &assertion(Some("k2"))).await, 7_000_272).await;

    // Trusted by the registration, but without keys that the lab could know.
    let desk = Desk::stocked(Scenario::parse(&trusting).expect("a scenario")).await;
    let answer = exchange(&desk, "pipeline", &assertion(Some("k1"))).await;
    let refusal = Refusal { error: "invalid_request", code: 90061 };
    desk.check_json("keys unknown", &answer, 400, refusal, &["error_uri"]).await;
}

#[tokio::test]
async fn a_managed_identity_proves_an_application() {
    let desk = Desk::open().await;
    let identities = desk.scenario.managed_identities();
    let identity = |key: &str| identities.iter().find(|identity| identity.key == key).expect("it is there");
    let assertion = async |key: &str, resource: &str| {
        let id = &identity(key).client_id;
        let path = "metadata/identity/oauth2/token?api-version=2018-02-01";
        let url = desk.url(&format!("{path}&resource={resource}&client_id={id}"));
        let answer = desk.get(&url, &[("metadata", "true")]).await;
        answer.json()["access_token"].as_str().expect("a token").to_owned()
    };
    let right = assertion("warehouse-jobs", AUDIENCE).await;
    assert_eq!(exchange(&desk, "pipeline", &right).await.status, 200);
    let other = assertion("warehouse-vm", AUDIENCE).await;
    check(&desk, "another identity", &exchange(&desk, "pipeline", &other).await, 7_002_137).await;
    let catalog = assertion("warehouse-jobs", "api://northwind-catalog").await;
    check(&desk, "another audience", &exchange(&desk, "pipeline", &catalog).await, 700_212).await;
}
