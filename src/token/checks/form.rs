//! The form of a token: three parts, readable, and nothing in them that readers disagree about. What one program reads and
//! another does not is how a token gets past the one that was to stop it, so this light is strict where decoding forgives.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::FORM;
use crate::{
    finding::{Finding, Severity},
    token::{Decoded, part, remarks::quote},
};

/// Header members whose value is a string wherever they stand (RFC 7515 §4.1).
const TEXTS_OF_HEADER: &[&str] = &["alg", "kid", "x5t", "x5t#S256", "typ", "cty", "jku", "x5u"];
/// Claims whose value is a string wherever they stand (RFC 7519 §4.1).
const TEXTS_OF_CLAIMS: &[&str] = &["iss", "sub", "jti"];

/// Judges the form.
pub(super) fn judge(token: &Decoded) -> Finding {
    // These have checks of their own.
    let elsewhere = ["jwt.alg_none", "jwt.alg_missing", "jwt.signature_missing"];
    let broken = token.findings.iter().find(|finding| {
        finding.severity == Severity::Error
            && (finding.id.starts_with("jwt.") || finding.id == "text.invalid_utf8")
            && !elsewhere.contains(&finding.id)
    });
    if let Some(broken) = broken {
        return FORM.error(broken.title.clone());
    }
    if token.header.contains_key("crit") {
        return FORM.error("crit demands extensions that are not known here; such a token must be refused.");
    }
    if token.header.get("b64").is_some_and(|value| *value != Value::Bool(true)) {
        return FORM.error("b64 says that the payload travels as it is, which crit must demand as well.");
    }
    if token.claims.is_empty() {
        return FORM.error("The payload is no JSON object with claims.");
    }
    let texts = [(&token.header, TEXTS_OF_HEADER), (&token.claims, TEXTS_OF_CLAIMS)];
    for (members, names) in texts {
        if let Some((name, value)) =
            names.iter().find_map(|name| members.get_key_value(*name).filter(|(_, value)| !value.is_string()))
        {
            return FORM.error(format!("{name} must be a string; it is {}.", quote(&value.to_string())));
        }
    }
    if let Some(part) = unusual(token.raw.expose()) {
        return FORM.error(format!(
            "The {part} is not written as base64url writes it: several texts would stand for the same bytes, and \
             strict readers refuse all but one."
        ));
    }
    if let Some(sloppy) = token.findings.iter().find(|finding| finding.id == "jwt.padding") {
        return FORM.warning(sloppy.title.clone());
    }
    FORM.passed("Three base64url parts; header and payload are JSON objects without doubled members.")
}

/// The first part that base64url would write differently (RFC 4648 §3.5, §5), padding aside: by `+` and `/`, or by bits at
/// the end that stand for nothing.
fn unusual(raw: &str) -> Option<&'static str> {
    let parts = ["header", "payload", "signature"].into_iter().zip(raw.split('.'));
    parts.into_iter().find_map(|(name, text)| {
        let bare = text.trim_end_matches('=');
        (URL_SAFE_NO_PAD.encode(part::read(text).bytes) != bare).then_some(name)
    })
}
