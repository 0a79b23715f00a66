//! How clients prove themselves: secrets in form and header, and assertions signed with a certificate's key. The assertions
//! are made here, byte by byte, with the peculiarities of Microsoft's own libraries.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use authwright::{
    provider::certificate::der_of,
    runtime::key_pair::{self, KeyPair},
};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{self, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::{
    desk::{Answer, Desk, Refusal, with},
    verify::verified,
};

pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const HOME: &str = "6b1f8f0e-4c1d-4a57-9e0b-2f7c3d5a9b10";
const DAY: Duration = Duration::from_secs(86_400);

/// Registered by each test with `price-feed`; making a key takes a while.
pub static PAIR: LazyLock<KeyPair> =
    LazyLock::new(|| key_pair::make("registered", 30).expect("a key can be made"));
static OTHER: LazyLock<KeyPair> =
    LazyLock::new(|| key_pair::make("somebody else's", 30).expect("a key can be made"));

/// Each assertion has an id of its own, unless the test says otherwise.
static MADE: AtomicU64 = AtomicU64::new(0);

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
    i64::try_from(since.as_secs()).expect("it fits")
}

fn private_key(pair: &KeyPair) -> RsaKeyPair {
    let body: String = pair.private_key_pem.expose().lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).expect("base64")).expect("a private key")
}

/// Signs with PS256 or RS256.
pub fn sign_with(pair: &KeyPair, pss: bool, message: &[u8]) -> Vec<u8> {
    let scheme: &dyn signature::RsaEncoding =
        if pss { &signature::RSA_PSS_SHA256 } else { &signature::RSA_PKCS1_SHA256 };
    let key = private_key(pair);
    let mut value = vec![0; key.public_modulus_len()];
    key.sign(scheme, &SystemRandom::new(), message, &mut value).expect("it signs");
    value
}

/// What goes into an assertion. Members with `null` are left out.
struct Making<'a> {
    header: Value,
    claims: Value,
    pair: &'a KeyPair,
    padded: bool,
}

fn without_nulls(value: &Value) -> Value {
    let members = value.as_object().expect("an object").iter().filter(|(_, value)| !value.is_null());
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

impl Making<'_> {
    fn sign(&self) -> String {
        let encode =
            |bytes: &[u8]| if self.padded { URL_SAFE.encode(bytes) } else { URL_SAFE_NO_PAD.encode(bytes) };
        let part = |value: &Value| encode(without_nulls(value).to_string().as_bytes());
        let mut claims = self.claims.clone();
        if claims.get("jti").is_none() {
            claims["jti"] = MADE.fetch_add(1, Ordering::Relaxed).to_string().into();
        }
        let signed = format!("{}.{}", part(&self.header), part(&claims));
        let value = sign_with(self.pair, self.header["alg"] == "PS256", signed.as_bytes());
        format!("{signed}.{}", encode(&value))
    }
}

/// A lab with the certificate registered.
async fn desk() -> Desk {
    let desk = Desk::open().await;
    let registered = desk.lab.register_certificate("price-feed", &PAIR.certificate_der).await;
    assert_eq!(registered.expect("it is a certificate").subject, "CN=registered");
    desk
}

/// The header and claims of an assertion that is taken.
fn good(desk: &Desk) -> (Value, Value) {
    let id = desk.client_id("price-feed");
    let header = json!({ "typ": "JWT", "alg": "PS256", "x5t#S256": PAIR.certificate.x5t_s256() });
    let claims = json!({
        "aud": desk.url(&format!("{HOME}/oauth2/v2.0/token")),
        "iss": id,
        "sub": id,
        "nbf": now() - 10,
        "exp": now() + 600,
    });
    (header, claims)
}

fn changed(value: &Value, changes: &Value) -> Value {
    let mut value = value.clone();
    for (name, new) in changes.as_object().expect("an object") {
        value[name] = new.clone();
    }
    value
}

/// Asks for a token with an assertion.
async fn ask(desk: &Desk, tenant: &str, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", desk.client_id("price-feed")),
        ("scope", "api://northwind-catalog/.default"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    desk.token(tenant, &form, &[]).await
}

#[tokio::test]
async fn assertions_are_taken_as_microsofts_libraries_write_them() {
    let desk = desk().await;
    let (header, claims) = good(&desk);
    let (x5t, s256) = (PAIR.certificate.x5t(), PAIR.certificate.x5t_s256());
    let (id, base) = (desk.client_id("price-feed").to_uppercase(), desk.lab.base().to_string());
    let rs256 = json!({ "alg": "RS256", "x5t": x5t, "x5t#S256": null });
    let hex = PAIR.certificate.thumbprint().to_lowercase();
    let cases = [
        ("PS256 with x5t#S256", json!({}), json!({}), false),
        ("RS256 with x5t", rs256.clone(), json!({}), false),
        ("RS256 with x5t#S256, no typ", json!({ "alg": "RS256", "typ": null }), json!({}), false),
        ("both thumbprints", json!({ "x5t": x5t }), json!({}), false),
        ("padded thumbprint", json!({ "x5t#S256": format!("{s256}=") }), json!({}), false),
        ("kid in hex", json!({ "x5t#S256": null, "kid": hex, "alg": "RS256" }), json!({}), false),
        ("kid beside a thumbprint", json!({ "kid": "of my own" }), json!({}), false),
        ("x5c as one text", json!({ "x5c": "MII" }), json!({}), false),
        (
            "times as texts",
            json!({}),
            json!({ "nbf": (now() - 5).to_string(), "exp": (now() + 5).to_string() }),
            false,
        ),
        (
            "times as fractions, no nbf",
            rs256,
            json!({ "nbf": null, "iat": 1.5, "exp": 4_102_444_800.25 }),
            false,
        ),
        ("neither nbf nor iat", json!({}), json!({ "nbf": null }), false),
        ("every part padded", json!({}), json!({ "x": "y" }), true),
        ("ended two minutes ago", json!({}), json!({ "exp": now() - 120 }), false),
        ("begins in two minutes", json!({}), json!({ "nbf": now() + 120 }), false),
        ("upper-case id", json!({}), json!({ "iss": id, "sub": id }), false),
        ("domain", json!({}), json!({ "aud": format!("{base}northwind.example/oauth2/v2.0/token") }), false),
        ("v1 endpoint", json!({}), json!({ "aud": format!("{base}{HOME}/oauth2/token") }), false),
        ("issuer", json!({}), json!({ "aud": format!("{base}{HOME}/v2.0") }), false),
        ("v1 issuer", json!({}), json!({ "aud": format!("{base}{HOME}/") }), false),
        ("common", json!({}), json!({ "aud": format!("{base}common/oauth2/v2.0/token") }), false),
        ("audience in a list", json!({}), json!({ "aud": ["x", format!("{base}{HOME}/v2.0")] }), false),
    ];
    for (name, in_header, in_claims, padded) in cases {
        let (header, claims) = (changed(&header, &in_header), changed(&claims, &in_claims));
        let assertion = Making { header, claims, pair: &PAIR, padded }.sign();
        let answer = ask(&desk, HOME, &assertion).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
        let claims = verified(&desk, &token, desk.client_id("catalog-api")).await;
        assert_eq!(
            (&claims["azpacr"], &claims["roles"][0]),
            (&json!("2"), &json!("Catalog.Read.All")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn assertions_are_refused_as_entra_refuses_them() {
    let desk = desk().await;
    let (header, claims) = good(&desk);
    let unsigned = json!({});
    let id = desk.client_id("inventory-sync");
    let hex_in_base64 = URL_SAFE_NO_PAD.encode(PAIR.certificate.thumbprint());
    let sha1 = PAIR.certificate.x5t();
    let cases: Vec<(&str, Value, Value, &KeyPair, u32)> = vec![
        ("other key", json!({}), json!({}), &OTHER, 700_027),
        (
            "unknown thumbprint",
            json!({ "x5t#S256": OTHER.certificate.x5t_s256() }),
            json!({}),
            &OTHER,
            700_027,
        ),
        ("thumbprint of hex digits", json!({ "x5t#S256": hex_in_base64 }), json!({}), &PAIR, 700_027),
        ("SHA-1 in x5t#S256", json!({ "x5t#S256": sha1 }), json!({}), &PAIR, 700_027),
        ("algorithm none", json!({ "alg": "none" }), unsigned.clone(), &PAIR, 700_027),
        ("HMAC", json!({ "alg": "HS256" }), json!({}), &PAIR, 700_027),
        ("declared otherwise", json!({ "alg": "ES256" }), json!({}), &PAIR, 700_027),
        ("no thumbprint", json!({ "x5t#S256": null }), json!({}), &PAIR, 50027),
        ("kid alone", json!({ "x5t#S256": null, "kid": "mine" }), json!({}), &PAIR, 50027),
        ("PS256 with x5t", json!({ "x5t#S256": null, "x5t": sha1 }), json!({}), &PAIR, 5_002_730),
        ("ended", json!({}), json!({ "exp": now() - 600 }), &PAIR, 700_024),
        ("begins later", json!({}), json!({ "nbf": now() + 900 }), &PAIR, 700_024),
        ("made later", json!({}), json!({ "nbf": null, "iat": now() + 900 }), &PAIR, 700_024),
        ("no end", json!({}), json!({ "exp": null }), &PAIR, 50027),
        ("end no number", json!({}), json!({ "exp": "soon" }), &PAIR, 50027),
        ("no audience", json!({}), json!({ "aud": null }), &PAIR, 50027),
        ("no issuer", json!({}), json!({ "iss": null }), &PAIR, 50027),
        ("no subject", json!({}), json!({ "sub": null }), &PAIR, 50027),
        ("another subject", json!({}), json!({ "sub": id }), &PAIR, 50048),
        ("another client", json!({}), json!({ "iss": id, "sub": id }), &PAIR, 700_021),
        ("audience elsewhere", json!({}), json!({ "aud": "https://login.example/x/v2.0" }), &PAIR, 700_023),
        (
            "other port",
            json!({}),
            json!({ "aud": format!("http://localhost:1/{HOME}/v2.0") }),
            &PAIR,
            700_023,
        ),
        ("other tenant", json!({}), json!({ "aud": desk.url("fabrikam.example/v2.0") }), &PAIR, 700_023),
        ("audience no endpoint", json!({}), json!({ "aud": desk.url("") }), &PAIR, 700_023),
        ("made up tenant", json!({}), json!({ "aud": desk.url("x/v2.0") }), &PAIR, 700_023),
    ];
    for (name, in_header, in_claims, pair, code) in cases {
        let (header, claims) = (changed(&header, &in_header), changed(&claims, &in_claims));
        let answer = ask(&desk, HOME, &Making { header, claims, pair, padded: false }.sign()).await;
        let refusal = Refusal { error: "invalid_client", code };
        desk.check_json(name, &answer, 401, refusal, &["error_uri"]).await;
    }
    let right = Making { header, claims, pair: &PAIR, padded: false }.sign();
    let (signed, _) = right.rsplit_once('.').expect("three parts");
    for (name, assertion, code) in [
        ("no JWT", "x".to_owned(), 50027),
        ("two parts", signed.to_owned(), 50027),
        ("no signature", format!("{signed}."), 700_027),
        ("a signature of other bytes", format!("{signed}.AAAA"), 700_027),
        ("no JSON", "eA.eA.eA".to_owned(), 50027),
        ("JSON, but no object", "W10.W10.W10".to_owned(), 50027),
    ] {
        let answer = ask(&desk, HOME, &assertion).await;
        let refusal = Refusal { error: "invalid_client", code };
        desk.check_json(name, &answer, 401, refusal, &["error_uri"]).await;
    }
}

#[tokio::test]
async fn a_certificate_must_be_valid_and_registered() {
    let desk = desk().await;
    let (header, claims) = good(&desk);
    let late = changed(&claims, &json!({ "exp": now() + 4_000_000, "nbf": null }));
    let assertion = Making { header: header.clone(), claims: late, pair: &PAIR, padded: false }.sign();
    assert_eq!(ask(&desk, HOME, &assertion).await.status, 200);
    desk.lab.move_clock(31 * DAY).await;
    let refusal = Refusal { error: "invalid_client", code: 1_000_502 };
    desk.check_json("expired", &ask(&desk, HOME, &assertion).await, 401, refusal, &["error_uri"]).await;

    let fresh = Desk::open().await;
    let claims = changed(&claims, &json!({ "aud": fresh.url(&format!("{HOME}/v2.0")) }));
    let assertion = Making { header, claims, pair: &PAIR, padded: false }.sign();
    let refusal = Refusal { error: "invalid_client", code: 700_027 };
    let answer = ask(&fresh, HOME, &assertion).await;
    assert!(
        answer.body.contains(&authwright::provider::certificate::hex(&PAIR.certificate.sha256)),
        "{answer:?}"
    );
    fresh.check_json("not registered", &answer, 401, refusal, &["error_uri"]).await;
    assert!(fresh.lab.register_certificate("nobody", &PAIR.certificate_der).await.is_err());
    assert!(fresh.lab.register_certificate("price-feed", b"x").await.is_err());
    fresh
        .lab
        .register_certificate(fresh.client_id("price-feed"), &PAIR.certificate_der)
        .await
        .expect("by its id");
    assert_eq!(ask(&fresh, HOME, &assertion).await.status, 200);
}

#[tokio::test]
async fn only_rsa_certificates_verify_anything() {
    let desk = Desk::open().await;
    let signer = rcgen::KeyPair::generate().expect("a key can be made");
    let parameters = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    let certificate = parameters.self_signed(&signer).expect("it signs itself");
    let registered =
        desk.lab.register_certificate("price-feed", certificate.der()).await.expect("it can be read");
    let (header, claims) = good(&desk);
    let header = changed(&header, &json!({ "x5t#S256": registered.x5t_s256() }));
    let answer = ask(&desk, HOME, &Making { header, claims, pair: &PAIR, padded: false }.sign()).await;
    let refusal = Refusal { error: "invalid_client", code: 700_027 };
    desk.check_json("elliptic curve", &answer, 401, refusal, &["error_uri"]).await;
}

#[tokio::test]
async fn an_assertion_goes_with_its_type_and_before_a_secret() {
    let desk = desk().await;
    let (header, claims) = good(&desk);
    let assertion = Making { header, claims, pair: &PAIR, padded: false }.sign();
    let form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", desk.client_id("price-feed")),
        ("scope", "api://northwind-catalog/.default"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    let both = with(&form, &[("client_secret", "wrong")]);
    assert_eq!(desk.token(HOME, &both, &[]).await.status, 200, "the assertion counts");
    for (name, changes, status, error, code) in [
        ("no type", vec![("client_assertion_type", "")], 400, "invalid_request", 900_144),
        ("wrong type", vec![("client_assertion_type", "jwt-bearer")], 400, "invalid_request", 900_144),
        ("type alone", vec![("client_assertion", "")], 401, "invalid_client", 7_000_216),
        ("from a browser", vec![], 400, "invalid_request", 9_002_326),
    ] {
        let origin: &[(&str, &str)] =
            if name == "from a browser" { &[("origin", "http://localhost:7081")] } else { &[] };
        let answer = desk.token(HOME, &with(&form, &changes), origin).await;
        desk.check_json(name, &answer, status, Refusal { error, code }, &["error_uri"]).await;
    }
    let public = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", desk.client_id("kiosk")),
        ("device_code", "x"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion.as_str()),
    ];
    let answer = desk.token(HOME, &public, &[]).await;
    let refusal = Refusal { error: "invalid_client", code: 700_025 };
    desk.check_json("public", &answer, 401, refusal, &["error_uri"]).await;
}

#[tokio::test]
async fn secrets_are_taken_by_form_and_by_header() {
    let desk = Desk::open().await;
    let (id, secret) = (desk.client_id("inventory-sync"), desk.secret("inventory-sync"));
    let basic = |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let encoded = secret.replace('~', "%7E").replace('-', "%2d");
    let bare = [("client_id", ""), ("client_secret", "")];
    let form = with(&desk.daemon(), &bare);
    for (name, form, header) in [
        ("header", form.clone(), basic(id, secret)),
        ("header, percent-encoded", form.clone(), basic(id, &encoded)),
        ("scheme in lower case", form.clone(), basic(id, secret).replace("Basic", "basic")),
        ("id in both", with(&desk.daemon(), &[("client_secret", "")]), basic(id, secret)),
        ("both", desk.daemon(), basic(id, secret)),
        ("header goes first", with(&desk.daemon(), &[("client_secret", "wrong")]), basic(id, secret)),
        ("header without a secret", desk.daemon(), basic(id, "")),
        ("another scheme", desk.daemon(), "Bearer x".to_owned()),
    ] {
        let answer = desk.token(HOME, &form, &[("authorization", &header)]).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }
    let portal = desk.client_id("admin-portal");
    for (name, form, header, status, error, code) in [
        ("wrong in the header", desk.daemon(), basic(id, "wrong"), 401, "invalid_client", 7_000_215),
        (
            "twice encoded",
            form.clone(),
            basic(id, &encoded.replace('%', "%25")),
            401,
            "invalid_client",
            7_000_215,
        ),
        ("two clients", desk.daemon(), basic(portal, secret), 400, "invalid_request", 7_000_110),
        ("no secret anywhere", form.clone(), basic(id, ""), 401, "invalid_client", 7_000_216),
        ("no client", form, "Basic ???".to_owned(), 400, "invalid_request", 900_144),
    ] {
        let answer = desk.token(HOME, &form, &[("authorization", &header)]).await;
        desk.check_json(name, &answer, status, Refusal { error, code }, &["error_uri"]).await;
    }
}

#[tokio::test]
async fn the_lab_gives_a_key_to_those_that_ask_for_one() {
    let desk = Desk::open().await;
    let key = desk.key_of("price-feed").await;
    assert!(key.about.contains("CN=Northwind Price Feed"), "{}", key.about);
    let names: Vec<_> = key.names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x5t#S256", "x5t"]);
    let (header, claims) = good(&desk);
    let header = changed(&header, &json!({ "x5t#S256": key.names[0].1 }));
    let pair = KeyPair { private_key_pem: key.pem, ..PAIR.clone() };
    let answer = ask(&desk, HOME, &Making { header, claims, pair: &pair, padded: false }.sign()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(der_of(&pair.certificate_pem).expect("PEM"), PAIR.certificate_der);
}
