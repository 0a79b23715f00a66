//! Keys made for one test run, and tokens signed with them. Nothing that verifies against a real key is ever stored.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The tenant of all test tokens.
pub(super) const TENANT: &str = "3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40";
/// The client, and the audience of ID tokens.
pub(super) const CLIENT: &str = "8d1f0b7c-52a3-4f6e-9b18-0c2f7a6d3e55";
/// When the test tokens were issued; they live for 3900 s.
pub(super) const ISSUED: i64 = 1_772_615_427;

static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static P256: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
static P384: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap());
static ED: LazyLock<Ed25519KeyPair> = LazyLock::new(|| Ed25519KeyPair::generate().unwrap());

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `https://login.microsoftonline.com/{tenant}/v2.0`.
pub(super) fn issuer(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// A public key set with a key of each type, named `rsa`, `p256`, `p384` and `ed`.
pub(super) fn jwks() -> Value {
    // RSAPublicKey (RFC 8017 §A.1.1) of a 2048-bit key: the modulus stands at a fixed place.
    let der = RSA.public_key().as_ref();
    assert_eq!(&der[der.len() - 5..], [2, 3, 1, 0, 1], "the exponent is 65537");
    let point = |key: &EcdsaKeyPair, kid: &str, curve: &str| {
        let point = &key.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        json!({"kty": "EC", "crv": curve, "kid": kid, "x": encode(x), "y": encode(y)})
    };
    json!({"keys": [
        {"kty": "RSA", "use": "sig", "kid": "rsa", "x5t": "rsa", "n": encode(&der[9..265]), "e": "AQAB"},
        point(&P256, "p256", "P-256"),
        point(&P384, "p384", "P-384"),
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(ED.public_key().as_ref())},
    ]})
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
