//! A JWT in place of a secret (RFC 7523 §2.2): reading it, telling whose it is, and what holds for both kinds.
//!
//! Microsoft's own libraries are looser than the JWT RFC, so this reader is, too: base64url with or without padding,
//! numbers as integers, fractions or texts (reference §4.5). The signature is checked over the bytes as they came.

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use super::{Request, certificate, federated};
use crate::{
    provider::{
        public_key::{Algorithm, PublicKey},
        refusal::{Refusal, Verdict, missing},
    },
    secret::Secret,
    time::UnixTime,
};

/// The one `client_assertion_type` there is.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Seconds by which the client's clock may be off.
const SKEW: i64 = 300;

/// base64url, whatever its padding.
pub const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An assertion taken apart; nothing is believed yet.
#[derive(Debug)]
pub struct Assertion {
    pub header: Value,
    claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Assertion {
    /// Takes a JWT apart; the error is a reason in a few words.
    pub fn read(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let &[header, claims, signature] = parts.as_slice() else {
            return Err(format!("it has {} parts, and a signed JWT has three", parts.len()));
        };
        let object = |name: &str, part: &str| -> Result<Value, String> {
            let bytes = LENIENT.decode(part).map_err(|_| format!("its {name} is not base64url"))?;
            let value: Value =
                serde_json::from_slice(&bytes).map_err(|_| format!("its {name} is not JSON"))?;
            if value.is_object() { Ok(value) } else { Err(format!("its {name} is no JSON object")) }
        };
        Ok(Self {
            header: object("header", header)?,
            claims: object("body", claims)?,
            signed: format!("{header}.{claims}"),
            signature: LENIENT.decode(signature).map_err(|_| "its signature is not base64url")?,
        })
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims[name].as_str()
    }

    /// A claim, whatever it is.
    pub fn claim(&self, name: &str) -> &Value {
        &self.claims[name]
    }

    pub fn issuer(&self) -> &str {
        self.text("iss").unwrap_or_default()
    }

    pub fn subject(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// `aud`: a text, or a list of them.
    pub fn audiences(&self) -> Vec<&str> {
        match &self.claims["aud"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// `alg` as it was sent.
    pub fn algorithm(&self) -> &str {
        self.header["alg"].as_str().unwrap_or_default()
    }

    /// Whether the signature is that key's.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        Algorithm::parse(self.algorithm())
            .is_some_and(|algorithm| key.verifies(algorithm, self.signed.as_bytes(), &self.signature))
    }

    /// Seconds since 1970: an integer, a fraction, or a text of digits.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time beyond i64 saturates, and is then out of range anyway"
    )]
    fn seconds(&self, name: &str) -> Option<i64> {
        match &self.claims[name] {
            Value::Number(number) => {
                number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64))
            }
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

/// Rule: the assertion proves the client. Whose it is, its issuer tells: a client names itself by its id, anybody else by
/// an address.
pub fn is_right(request: &Request<'_>, sent: &Secret) -> Verdict {
    has_right_type(request).map_err(|refusal| refusal.by("assertion.type"))?;
    let assertion = Assertion::read(sent.expose()).map_err(|reason| {
        malformed(&reason)
            .demands("`client_assertion` is a signed JWT: header, claims and signature, each base64url")
            .compares_secret("client_assertion", sent.expose(), "header.claims.signature")
            .by("assertion.readable")
    })?;
    has_claims(&assertion).map_err(|refusal| refusal.by("assertion.claims"))?;
    if assertion.issuer().contains("://") {
        federated::is_right(request, &assertion)
    } else {
        certificate::is_right(request, &assertion)
    }
}

fn has_right_type(request: &Request<'_>) -> Verdict {
    let sent = request.call.form.get("client_assertion_type");
    if sent == Some(JWT_BEARER) {
        return Ok(());
    }
    let mut refusal = missing("client_assertion_type");
    if let Some(sent) = sent {
        let text = "Parameter 'client_assertion_type' has no value that is known here.";
        refusal = Refusal::new(refusal.code, refusal.error, text).compares(
            "client_assertion_type",
            sent,
            [JWT_BEARER],
        );
    }
    Err(refusal.demands(format!("beside `client_assertion`, `client_assertion_type` must be `{JWT_BEARER}`")))
}

fn has_claims(assertion: &Assertion) -> Verdict {
    let absent = ["iss", "sub"].into_iter().find(|name| assertion.text(name).is_none_or(str::is_empty));
    let absent = absent
        .or_else(|| assertion.audiences().is_empty().then_some("aud"))
        .or_else(|| assertion.seconds("exp").is_none().then_some("exp"));
    let Some(name) = absent else { return Ok(()) };
    Err(malformed(&format!("claim '{name}' is missing or of the wrong type"))
        .demands("an assertion says who made it (iss), for whom it stands (sub), for whom it is meant (aud), and when it ends (exp)")
        .compares(name, "(nothing)", ["a value"]))
}

/// 50027: it is no assertion that could be judged.
pub fn malformed(reason: &str) -> Box<Refusal> {
    Refusal::new(50027, "invalid_client", format!("The JWT could not be accepted: {reason}."))
}

/// Rule: now lies between `nbf` (or `iat`) and `exp`, some minutes of error allowed. There is no upper bound to the life.
pub fn is_in_time(request: &Request<'_>, assertion: &Assertion) -> Verdict {
    let now = request.call.now.seconds();
    let ends = assertion.seconds("exp").unwrap_or(i64::MIN);
    let begins = assertion.seconds("nbf").or_else(|| assertion.seconds("iat"));
    if now.saturating_add(SKEW) >= begins.unwrap_or(i64::MIN) && now.saturating_sub(SKEW) < ends {
        return Ok(());
    }
    let write = |seconds: i64| UnixTime::from_seconds(seconds).date_time();
    let begins = begins.map_or_else(|| "(any time)".to_owned(), write);
    let text = format!(
        "The client assertion is outside its valid time. Now {}, from {begins}, to {}.",
        write(now),
        write(ends)
    );
    Err(Refusal::new(700_024, "invalid_client", text)
        .demands("the assertion must be used while it lasts; five minutes of clock error are forgiven")
        .compares("now", write(now), [format!("from {begins}"), format!("before {}", write(ends))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(header: &str, claims: &str) -> String {
        format!("{}.{}.{}", LENIENT.encode(header), LENIENT.encode(claims), LENIENT.encode("s"))
    }

    #[test]
    fn times_come_as_integer_fraction_or_text() {
        let read =
            |exp: &str| Assertion::read(&jwt("{}", &format!("{{\"exp\":{exp}}}"))).unwrap().seconds("exp");
        assert_eq!((read("12"), read("12.9"), read("\"12\"")), (Some(12), Some(12), Some(12)));
        assert_eq!((read("true"), read("\"soon\"")), (None, None));
        assert_eq!(read("1e300"), Some(i64::MAX));
    }

    #[test]
    fn padding_does_not_matter_and_an_audience_may_be_a_list() {
        let padded = jwt("{}", r#"{"aud":["a",1,"b"]}"#);
        let bare = padded.replace('=', "");
        assert_ne!(padded, bare, "the case needs padding");
        for text in [padded, bare] {
            assert_eq!(Assertion::read(&text).unwrap().audiences(), ["a", "b"]);
        }
    }

    #[test]
    fn what_is_no_jwt_says_why() {
        for (text, reason) in [
            ("", "1 parts"),
            ("a.b", "2 parts"),
            ("!.e30.x", "header is not base64url"),
            ("e30.bm8.x", "body is not JSON"),
            ("e30.W10.x", "no JSON object"),
            ("e30.e30.!", "signature"),
        ] {
            let error = Assertion::read(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
