//! Keys made for one test run, and tokens signed with them. Nothing that verifies against a real key is ever stored.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// The tenant of all test tokens.
pub(super) const TENANT: &str = "3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40";
/// The API that the access tokens are for.
pub(super) const API: &str = "c2a4d9f0-61b7-4e38-8a55-7f90d3e1b246";
/// The client, and the audience of ID tokens.
pub(super) const CLIENT: &str = "8d1f0b7c-52a3-4f6e-9b18-0c2f7a6d3e55";
/// When the test tokens were issued; they live for 3900 s.
pub(super) const ISSUED: i64 = 1_772_615_427;

static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static P256: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
static P384: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap());
static P521: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap());
/// A key of somebody else's, in no key set.
static STRANGER: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static ED: LazyLock<Ed25519KeyPair> = LazyLock::new(|| Ed25519KeyPair::generate().unwrap());

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `https://login.microsoftonline.com/{tenant}/v2.0`.
pub(super) fn issuer(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// The modulus of a 2048-bit key: it stands at a fixed place of `RSAPublicKey` (RFC 8017 §A.1.1).
fn modulus(key: &RsaKeyPair) -> &[u8] {
    let der = key.public_key().as_ref();
    assert_eq!(&der[der.len() - 5..], [2, 3, 1, 0, 1], "the exponent is 65537");
    &der[9..265]
}

/// A public key set with a key of each type, named `rsa`, `p256`, `p384`, `p521` and `ed`.
pub(super) fn jwks() -> Value {
    let point = |key: &EcdsaKeyPair, kid: &str, curve: &str| {
        let point = &key.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        json!({"kty": "EC", "crv": curve, "kid": kid, "x": encode(x), "y": encode(y)})
    };
    json!({"keys": [
        {"kty": "RSA", "use": "sig", "kid": "rsa", "x5t": "rsa", "n": encode(modulus(&RSA)), "e": "AQAB"},
        point(&P256, "p256", "P-256"),
        point(&P384, "p384", "P-384"),
        point(&P521, "p521", "P-521"),
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(ED.public_key().as_ref())},
    ]})
}

/// Every form in which the RSA key of the set is published: what a confused validator may take for a secret.
pub(super) fn published() -> Vec<(&'static str, Vec<u8>)> {
    let info: PublicKeyX509Der<'_> = RSA.public_key().as_der().unwrap();
    let pem = |label: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
    };
    let (info, bare) = (info.as_ref(), RSA.public_key().as_ref());
    let set = jwks();
    vec![
        ("PEM", pem("PUBLIC KEY", info).into_bytes()),
        ("PEM with a final line break", format!("{}\n", pem("PUBLIC KEY", info)).into_bytes()),
        ("PEM of PKCS #1", pem("RSA PUBLIC KEY", bare).into_bytes()),
        ("DER", info.to_vec()),
        ("DER of PKCS #1", bare.to_vec()),
        ("JWK", set["keys"][0].to_string().into_bytes()),
        ("key set", set.to_string().into_bytes()),
        ("modulus", modulus(&RSA).to_vec()),
        ("modulus in base64url", encode(modulus(&RSA)).into_bytes()),
        ("nothing", Vec::new()),
    ]
}

/// A token protected with a shared secret, by the hash that the header's `alg` names.
pub(super) fn sign_shared(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let algorithm = match header["alg"].as_str() {
        Some("HS384") => hmac::HMAC_SHA384,
        Some("HS512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let mac = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", encode(mac))
}

/// A token signed with RS256 by a key that nobody trusts.
pub(super) fn sign_as_stranger(header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let mut signature = vec![0; STRANGER.public_modulus_len()];
    STRANGER.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", encode(signature))
}

/// The public half of that key, as its maker would publish it.
pub(super) fn stranger() -> Value {
    json!({"kty": "RSA", "use": "sig", "n": encode(modulus(&STRANGER)), "e": "AQAB"})
}

/// A compact token, signed with the key that goes with the header's `alg` (RSA for any unknown one).
pub(super) fn sign(header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let bytes = message.as_bytes();
    let random = SystemRandom::new();
    let rsa = |encoding: &'static dyn RsaEncoding| {
        let mut signature = vec![0; RSA.public_modulus_len()];
        RSA.sign(encoding, &random, bytes, &mut signature).unwrap();
        signature
    };
    let signature = match header["alg"].as_str().unwrap_or_default() {
        "RS384" => rsa(&RSA_PKCS1_SHA384),
        "RS512" => rsa(&RSA_PKCS1_SHA512),
        "PS256" => rsa(&RSA_PSS_SHA256),
        "PS384" => rsa(&RSA_PSS_SHA384),
        "PS512" => rsa(&RSA_PSS_SHA512),
        "ES256" => P256.sign(&random, bytes).unwrap().as_ref().to_vec(),
        "ES384" => P384.sign(&random, bytes).unwrap().as_ref().to_vec(),
        "ES512" => P521.sign(&random, bytes).unwrap().as_ref().to_vec(),
        "EdDSA" => ED.sign(bytes).as_ref().to_vec(),
        _ => rsa(&RSA_PKCS1_SHA256),
    };
    format!("{message}.{}", encode(signature))
}

/// The header of an ordinary token.
pub(super) fn header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": "rsa"})
}

/// The claims of an ordinary ID token of version 2.0.
pub(super) fn id_claims() -> Value {
    json!({
        "aud": CLIENT, "iss": issuer(TENANT), "iat": ISSUED, "nbf": ISSUED, "exp": ISSUED + 3900,
        "name": "Mina Okafor", "nonce": "n-0S6_WzA2Mj", "oid": "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d",
        "preferred_username": "mina@fabrikam.example", "sub": "R2pT0mXh", "tid": TENANT, "ver": "2.0",
    })
}

/// The claims of an ordinary access token of version 2.0, for a client that acts for a user.
pub(super) fn access_claims() -> Value {
    json!({
        "aud": API, "iss": issuer(TENANT), "iat": ISSUED, "nbf": ISSUED, "exp": ISSUED + 4500, "azp": CLIENT,
        "azpacr": "0", "name": "Mina Okafor", "oid": "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d",
        "scp": "Catalog.Read Orders.Read", "sub": "pZ1x", "tid": TENANT, "ver": "2.0",
    })
}

/// The claims of an ordinary access token of version 2.0, for an application by itself.
pub(super) fn app_claims() -> Value {
    let own = "6f6d2f5e-0c5b-4d0f-a8a5-2f4b7f7f9c11";
    json!({
        "aud": API, "iss": issuer(TENANT), "iat": ISSUED, "nbf": ISSUED, "exp": ISSUED + 4500, "azp": CLIENT,
        "azpacr": "1", "idtyp": "app", "oid": own, "roles": ["Catalog.Read.All"], "sub": own, "tid": TENANT,
        "ver": "2.0",
    })
}

/// An ordinary ID token.
pub(super) fn id_token() -> String {
    sign(&header(), &id_claims())
}

/// `base` with members added or, where they are null, removed.
pub(super) fn with(base: &Value, changes: &Value) -> Value {
    let mut out = base.clone();
    let members = out.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    out
}
