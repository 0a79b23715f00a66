//! Assertions of a client with a certificate, made here byte by byte.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use authwright::runtime::key_pair::{self, KeyPair};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::desk::{Answer, Desk};

pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Valid for a month; making a key takes a while.
static PAIR: LazyLock<KeyPair> =
    LazyLock::new(|| key_pair::make("registered", 30).expect("a key can be made"));

static MADE: AtomicU64 = AtomicU64::new(0);

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
    i64::try_from(since.as_secs()).expect("it fits")
}

/// Changes the members of a part of an assertion; those that become null go.
pub type Change = fn(&Desk, header: &mut Value, claims: &mut Value);

/// An assertion of `price-feed` with its certificate registered, right but for a change.
pub async fn made(desk: &Desk, change: Change) -> String {
    let registered = desk.lab.register_certificate("price-feed", &PAIR.certificate_der).await;
    registered.expect("it is a certificate");
    unregistered(desk, change)
}

/// The same where nobody has registered the certificate.
pub fn unregistered(desk: &Desk, change: Change) -> String {
    let id = desk.client_id("price-feed");
    let mut header = json!({ "typ": "JWT", "alg": "PS256", "x5t#S256": PAIR.certificate.x5t_s256() });
    let mut claims = json!({
        "aud": desk.url(&format!("{}/oauth2/v2.0/token", desk.home)),
        "iss": id,
        "sub": id,
        "nbf": now() - 10,
        "exp": now() + 600,
        "jti": MADE.fetch_add(1, Ordering::Relaxed).to_string(),
    });
    change(desk, &mut header, &mut claims);
    let encode = |part: &Value| {
        let members = part.as_object().expect("an object").iter().filter(|(_, value)| !value.is_null());
        let part: Value = members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        URL_SAFE_NO_PAD.encode(part.to_string())
    };
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let scheme: &dyn RsaEncoding = if header["alg"] == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
    let key = private_key();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(scheme, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("it signs");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// An assertion in the shape of `x5t`, SHA-1.
pub fn x5t() -> String {
    PAIR.certificate.x5t()
}

fn private_key() -> RsaKeyPair {
    let body: String = PAIR.private_key_pem.expose().lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).expect("base64")).expect("a private key")
}

/// A token with members changed, its signature left as it was.
pub fn bent(token: &str, change: fn(header: &mut Value, claims: &mut Value)) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
    };
    let (mut header, mut claims) = (read(parts[0]), read(parts[1]));
    change(&mut header, &mut claims);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&header), part(&claims), parts[2])
}

/// Asks for an application's own token with an assertion.
pub async fn ask(desk: &Desk, application: &str, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", desk.client_id(application)),
        ("scope", "api://northwind-catalog/.default"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    desk.token(&desk.home, &form, &[]).await
}

/// A token of the lab's second issuer, as a pipeline fetches it.
pub async fn pipeline(desk: &Desk, query: &str) -> String {
    let answer = desk.get(&desk.url(&format!("pipeline/token?{query}")), &[]).await;
    answer.json()["value"].as_str().expect("a token").to_owned()
}

/// A token of a managed identity.
pub async fn identity(desk: &Desk, key: &str, resource: &str) -> String {
    let identities = desk.scenario.managed_identities();
    let id = &identities.iter().find(|identity| identity.key == key).expect("it is there").client_id;
    let path = "metadata/identity/oauth2/token?api-version=2018-02-01";
    let url = desk.url(&format!("{path}&resource={resource}&client_id={id}"));
    let answer = desk.get(&url, &[("metadata", "true")]).await;
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}
