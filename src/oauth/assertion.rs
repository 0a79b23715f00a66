//! The client's own assertion, in place of a secret (RFC 7523 §2.2, §3; reference §4.5): a JWT that says who the client
//! is, for one token endpoint and a few minutes.
//!
//! Made in three strokes: [`header`] and [`claims`] propose the members as text, so that each can be bent; [`typed`]
//! gives each text its JSON type again, and [`signing_input`] writes what is signed; [`compact`] joins the signature to
//! it. Who signs, and when, is not decided here.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::parameters::Parameter;
use crate::{secret::Secret, time::UnixTime, wire::Params};

/// The one value of `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion is good for: long enough for clocks that differ, short enough to be worthless when found.
pub const LIFE: Duration = Duration::from_secs(300);

/// Claims that hold a point in time, and so a number (RFC 7519 §2).
const TIMES: &[&str] = &["nbf", "iat", "exp"];

/// The header: the algorithm, and the names by which the authority knows the key (`x5t`, `x5t#S256`, `kid`).
pub fn header(algorithm: &str, names: &[(String, String)]) -> Params {
    let fixed = [("typ", "JWT"), ("alg", algorithm)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Params(fixed.into_iter().chain(names.iter().cloned()).collect())
}

/// The claims: this client, about itself, to `audience`, from now on for [`LIFE`].
pub fn claims(client_id: &str, audience: &str, id: &str, now: UnixTime) -> Params {
    let moment = |time: UnixTime| time.seconds().to_string();
    let claims = [
        ("aud", audience.to_owned()),
        ("iss", client_id.to_owned()),
        ("sub", client_id.to_owned()),
        ("jti", id.to_owned()),
        ("nbf", moment(now)),
        ("iat", moment(now)),
        ("exp", moment(now + LIFE)),
    ];
    Params(claims.map(|(name, value)| (name.to_owned(), value)).into())
}

/// The JSON value of a member that was written as text: times are numbers, what is written as a JSON list, object or
/// quoted text is that, and everything else is text as it stands.
pub fn typed(name: &str, text: &str) -> Value {
    let is_json = if TIMES.contains(&name) {
        serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_number() || value.is_string())
    } else {
        text.starts_with(['[', '{', '"'])
    };
    let parsed = is_json.then(|| serde_json::from_str(text).ok()).flatten();
    parsed.unwrap_or_else(|| Value::from(text))
}

/// What is signed: header and claims, each as base64url, with a dot between (RFC 7515 §5.1).
pub fn signing_input(header: Map<String, Value>, claims: Map<String, Value>) -> String {
    let part = |members: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(members).to_string());
    format!("{}.{}", part(header), part(claims))
}

/// The assertion: what was signed, and its signature (RFC 7515 §7.1).
pub fn compact(signing_input: &str, signature: &[u8]) -> Secret {
    Secret::new(format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// What is known of a member of an assertion, of its header or its claims.
pub fn meaning(name: &str) -> Option<&'static Parameter> {
    MEMBERS.iter().find(|known| known.name == name)
}

const fn member(
    name: &'static str,
    short: &'static str,
    long: &'static str,
    source: &'static str,
) -> Parameter {
    Parameter { name, short, long, source }
}

/// The members, header first. The same names mean something else in tokens and responses, where somebody else wrote
/// them.
const MEMBERS: &[Parameter] = &[
    member(
        "typ",
        "a JSON Web Token",
        "Says what the bytes are. Libraries look at it or not.",
        "RFC 7515 §4.1.9",
    ),
    member(
        "alg",
        "how it is signed",
        "RS256 and PS256 are both RSA with SHA-256; PS256 pads with fresh randomness and is what Entra recommends today. \
         Changed to the other one, the signature is made with that.",
        "RFC 7518 §3.1",
    ),
    member(
        "x5t",
        "which certificate: SHA-1 of it",
        "The thumbprint of the certificate, base64url. The authority looks up the public key by it among those that the \
         registration holds.",
        "RFC 7515 §4.1.7",
    ),
    member(
        "x5t#S256",
        "which certificate: SHA-256 of it",
        "The thumbprint of the certificate by the stronger hash, base64url. Entra finds the registration's certificate \
         by it; this form belongs with PS256.",
        "RFC 7515 §4.1.8",
    ),
    member(
        "kid",
        "which key, by name",
        "The name under which the provider holds the public key. Where it holds only one, it may be left out.",
        "RFC 7515 §4.1.4",
    ),
    member(
        "x5c",
        "the certificate itself",
        "A list with the certificate and those above it, base64. Only registrations that trust a subject name instead of \
         one certificate need it.",
        "RFC 7515 §4.1.6",
    ),
    member(
        "aud",
        "for whom it is",
        "The one endpoint that may accept this. Entra wants the tenant's token endpoint, other providers that or their \
         issuer. It keeps the receiver from using the assertion elsewhere in our name.",
        "RFC 7523 §3",
    ),
    member(
        "iss",
        "who says so: this client",
        "The client id. The client is the issuer of its own assertion; a federated one has somebody else here.",
        "RFC 7523 §3",
    ),
    member(
        "sub",
        "who it is about: this client",
        "The client id again. It must equal `iss`, and the `client_id` of the request.",
        "RFC 7523 §3",
    ),
    member(
        "jti",
        "a number for one use",
        "A fresh random id, so that a receiver can refuse the same assertion twice. Entra does not insist; other \
         providers do.",
        "RFC 7519 §4.1.7",
    ),
    member(
        "nbf",
        "not before",
        "Seconds since 1970. Too early by the authority's clock, and it is refused.",
        "RFC 7519 §4.1.5",
    ),
    member("iat", "when it was made", "Seconds since 1970.", "RFC 7519 §4.1.6"),
    member(
        "exp",
        "until when it is good",
        "Seconds since 1970. Keep it to minutes: whoever finds the assertion can use it until then. If the clock of this \
         machine is wrong, it may have ended before it arrives.",
        "RFC 7519 §4.1.4",
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(params: &Params) -> Map<String, Value> {
        params.0.iter().map(|(name, value)| (name.clone(), typed(name, value))).collect()
    }

    #[test]
    fn the_shape_is_the_one_that_the_authority_reads() {
        let now = UnixTime::from_seconds(1_772_615_727);
        let names = [("x5t#S256".to_owned(), "fingerprint".to_owned())];
        let header = object(&header("PS256", &names));
        let claims = object(&claims("app", "https://login.example/token", "id-1", now));
        assert_eq!(
            Value::Object(header.clone()).to_string(),
            r#"{"typ":"JWT","alg":"PS256","x5t#S256":"fingerprint"}"#
        );
        assert_eq!(
            Value::Object(claims.clone()).to_string(),
            r#"{"aud":"https://login.example/token","iss":"app","sub":"app","jti":"id-1","nbf":1772615727,"iat":1772615727,"exp":1772616027}"#
        );
        // Encoded by another program.
        assert_eq!(
            signing_input(header, claims),
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJQUzI1NiIsIng1dCNTMjU2IjoiZmluZ2VycHJpbnQifQ.\
             eyJhdWQiOiJodHRwczovL2xvZ2luLmV4YW1wbGUvdG9rZW4iLCJpc3MiOiJhcHAiLCJzdWIiOiJhcHAiLCJqdGkiOiJpZC0xIiwibmJmIjoxNzcyNjE1NzI3LCJpYXQiOjE3NzI2MTU3MjcsImV4cCI6MTc3MjYxNjAyN30"
        );
    }

    #[test]
    fn the_signature_is_joined_as_the_standard_shows() {
        // The first bytes of the signature of RFC 7515 appendix A.2.
        assert_eq!(compact("a.b", &[112, 46, 33, 137, 67, 232]).expose(), "a.b.cC4hiUPo");
    }

    #[test]
    fn each_text_gets_the_type_it_is_written_as() {
        for (name, text, expected) in [
            ("exp", "1772616027", json!(1_772_616_027)),
            ("exp", "1772616027.5", json!(1_772_616_027.5)),
            ("exp", "\"1772616027\"", json!("1772616027")),
            ("exp", "tomorrow", json!("tomorrow")),
            ("exp", "null", json!("null")),
            ("jti", "1772616027", json!("1772616027")),
            ("aud", r#"["a","b"]"#, json!(["a", "b"])),
            ("aud", "[a", json!("[a")),
            ("aud", "https://x.example", json!("https://x.example")),
            ("extra", "true", json!("true")),
        ] {
            assert_eq!(typed(name, text), expected, "{name}: {text}");
        }
    }

    #[test]
    fn every_proposed_member_has_a_meaning() {
        let names = ["x5t", "x5t#S256", "kid"].map(|name| (name.to_owned(), String::new()));
        let header = header("RS256", &names);
        let claims = claims("app", "aud", "id", UnixTime::default());
        for (name, _) in header.0.iter().chain(&claims.0) {
            assert!(meaning(name).is_some(), "{name}");
        }
    }
}
