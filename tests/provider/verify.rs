//! Tokens, read by `jsonwebtoken` against the published keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::desk::{CATALOG, Desk, NONCE, with};

const PUBLIC: &str = "http://localhost:50123/";
const WEB: &str = "http://localhost:7082/signin-oidc";

/// The claims of a token that verifies for that audience.
pub async fn verified(desk: &Desk, token: &str, audience: &str) -> Value {
    verify(desk, token, audience).await.expect("the token verifies")
}

async fn verify(desk: &Desk, token: &str, audience: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let keys = desk.get(&desk.url(&format!("{}/discovery/v2.0/keys", desk.home)), &[]).await;
    let keys: JwkSet = serde_json::from_str(&keys.body).expect("a key set");
    let header = decode_header(token)?;
    let key = keys.find(header.kid.as_deref().expect("a key id")).expect("the key is published");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[audience]);
    validation.validate_nbf = true;
    validation.leeway = 0;
    Ok(decode::<Value>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
}

fn header(token: &str) -> Value {
    let part = token.split('.').next().expect("it is well formed");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("it is well formed"))
        .expect("it is well formed")
}

fn names(claims: &Value) -> Vec<&str> {
    let mut names: Vec<_> =
        claims.as_object().expect("it is well formed").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn id_token_and_access_token_of_version_2_verify() {
    let desk = Desk::open().await;
    let scope = [("scope", "openid profile email api://northwind-catalog/Catalog.Read"), ("max_age", "600")];
    let code = desk.code("desktop", PUBLIC, &scope).await;
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();

    let id_token = body["id_token"].as_str().unwrap();
    let claims = verified(&desk, id_token, desk.client_id("desktop")).await;
    let adele = desk.scenario.user("adele").unwrap();
    let issuer = desk.url(&format!("{}/v2.0", desk.home));
    assert_eq!(header(id_token).as_object().unwrap().keys().collect::<Vec<_>>(), ["typ", "alg", "kid"]);
    for (name, expected) in [
        ("iss", json!(issuer)),
        ("tid", json!(desk.home)),
        ("ver", json!("2.0")),
        ("nonce", json!(NONCE)),
        ("oid", json!(adele.id)),
        ("preferred_username", json!("adele@northwind.example")),
        ("name", json!("Adele Lindqvist")),
        ("email", json!("adele@northwind.example")),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    assert!(claims["auth_time"].is_i64(), "max_age was sent");
    assert_eq!(claims["sub"].as_str().unwrap().len(), 43);

    let access_token = body["access_token"].as_str().unwrap();
    let access = verified(&desk, access_token, desk.client_id("catalog-api")).await;
    assert_eq!(
        (&access["scp"], &access["azpacr"], &access["ver"]),
        (&json!("Catalog.Read"), &json!("0"), &json!("2.0"))
    );
    assert_eq!(access["azp"], desk.client_id("desktop"));
    assert_eq!(
        access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(),
        body["expires_in"].as_i64().unwrap() + 300
    );
    assert_ne!(access["sub"], claims["sub"], "subjects are pairwise");
    assert!(
        verify(&desk, access_token, desk.client_id("desktop")).await.is_err(),
        "it is not for the client"
    );
}

#[tokio::test]
async fn the_token_of_an_app_has_roles_and_no_person() {
    let desk = Desk::open().await;
    let body = desk.token(&desk.home, &desk.daemon(), &[]).await.json();
    let claims = verified(&desk, body["access_token"].as_str().unwrap(), desk.client_id("catalog-api")).await;
    let expected = [
        "aio", "aud", "azp", "azpacr", "exp", "iat", "iss", "nbf", "oid", "rh", "roles", "sub", "tid", "uti",
        "ver",
    ];
    assert_eq!(names(&claims), expected);
    assert_eq!(
        (&claims["roles"], &claims["azpacr"]),
        (&json!(["Catalog.Read.All", "Orders.Read.All"]), &json!("1"))
    );
    assert_eq!(claims["sub"], claims["oid"]);
}

#[tokio::test]
async fn a_resource_decides_the_version_of_its_tokens() {
    let desk = Desk::open().await;
    let changes = [("scope", "openid api://northwind-payments/Payments.Read")];
    let code = desk.code("admin-portal", WEB, &changes).await;
    let secret = [("client_secret", desk.secret("admin-portal"))];
    let form = with(&desk.redemption("admin-portal", WEB, &code), &secret);
    let body = desk.token(&desk.home, &form, &[]).await.json();
    let token = body["access_token"].as_str().unwrap();
    let claims = verified(&desk, token, "api://northwind-payments").await;
    assert_eq!(claims["iss"], desk.url(&format!("{}/", desk.home)));
    assert_eq!(
        (&claims["ver"], &claims["appidacr"], &claims["amr"]),
        (&json!("1.0"), &json!("1"), &json!(["pwd"]))
    );
    assert_eq!(header(token)["x5t"], header(token)["kid"]);
}

#[tokio::test]
async fn graphs_tokens_verify_for_graph_alone() {
    let desk = Desk::open().await;
    let code = desk.code("desktop", PUBLIC, &[("scope", "openid profile User.Read")]).await;
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    let token = body["access_token"].as_str().unwrap();
    assert!(verify(&desk, token, "https://graph.microsoft.com").await.is_err());

    // With the nonce hashed, as Graph does it, the same signature fits.
    let mut hashed = header(token);
    hashed["nonce"] = json!(URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(hashed["nonce"].as_str().unwrap())));
    let rest = token.split_once('.').unwrap().1;
    let signed = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(hashed.to_string()));
    let claims = verified(&desk, &signed, "https://graph.microsoft.com").await;
    assert_eq!((&claims["scp"], &claims["idtyp"]), (&json!("User.Read openid profile"), &json!("user")));

    let user_info = async |token: &str| {
        desk.get(&desk.url("oidc/userinfo"), &[("authorization", &format!("Bearer {token}"))]).await
    };
    let answer = user_info(token).await;
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("Adele Lindqvist")));
    let id_token = verified(&desk, body["id_token"].as_str().unwrap(), desk.client_id("desktop")).await;
    assert_eq!(answer.json()["sub"], id_token["sub"]);
    assert_eq!(user_info(&signed).await.status, 401);
    assert_eq!(user_info("x.y.z").await.status, 401);
}

#[tokio::test]
async fn default_gives_everything_that_was_granted() {
    let desk = Desk::open().await;
    let code = desk.code("desktop", PUBLIC, &[("scope", "openid api://northwind-catalog/.default")]).await;
    let body = desk.token(&desk.home, &desk.redemption("desktop", PUBLIC, &code), &[]).await.json();
    assert_eq!(body["scope"], format!("{CATALOG} api://northwind-catalog/.default"));
    let claims = verified(&desk, body["access_token"].as_str().unwrap(), desk.client_id("catalog-api")).await;
    assert_eq!(claims["scp"], "Catalog.Read");
}
