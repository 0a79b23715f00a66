//! What an ID token vouches for besides itself: `at_hash` binds it to the access token and `c_hash` to the code that came
//! with it (OpenID Connect Core §3.1.3.6, §3.3.2.11). Each is the left half of a hash, so anybody can do the sum again.

use aws_lc_rs::digest::{self, Algorithm};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{AT_HASH, C_HASH, Check};
use crate::{
    finding::Finding,
    secret::Secret,
    token::{Decoded, remarks::quote},
};

/// Something that came together with the ID token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// The access token or the code.
    pub secret: Secret,
    /// Whether the ID token has to vouch for it: both came through the browser, where they could be exchanged.
    pub is_vouched_for: bool,
}

/// Compares `at_hash` with the access token.
pub(super) fn at_hash(token: &Decoded, access_token: Option<&Companion>) -> Option<Finding> {
    judge(AT_HASH, "at_hash", "access token", token, access_token)
}

/// Compares `c_hash` with the code.
pub(super) fn c_hash(token: &Decoded, code: Option<&Companion>) -> Option<Finding> {
    judge(C_HASH, "c_hash", "code", token, code)
}

fn judge(
    check: Check,
    claim: &str,
    what: &str,
    token: &Decoded,
    companion: Option<&Companion>,
) -> Option<Finding> {
    let (held, companion) = match (token.text(claim), companion) {
        (None, None) => return None,
        (None, Some(companion)) if !companion.is_vouched_for => return None,
        (None, Some(_)) => {
            return Some(check.error(format!(
                "There is no {claim}: the {what} that came with this token may have been exchanged on the way."
            )));
        }
        (Some(_), None) => {
            return Some(
                check.info(format!("{claim} was not compared: the {what} it vouches for is not at hand.")),
            );
        }
        (Some(held), Some(companion)) => (held, companion),
    };
    let named = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let Some((name, algorithm)) = hash_of(named) else {
        return Some(check.warning(format!(
            "{claim} was not compared: no hash goes with the algorithm {}.",
            quote(named)
        )));
    };
    let made = left_half(algorithm, companion.secret.expose());
    Some(if held == made {
        check.passed(format!("{claim} is {}, the left half of the {name} of the {what}.", quote(held)))
    } else {
        check.error(format!(
            "{claim} is {}; the left half of the {name} of the {what} is {}: this token was not made for that {what}.",
            quote(held),
            quote(&made)
        ))
    })
}

/// The hash that a signature algorithm is used with, which is the one of these claims too.
fn hash_of(algorithm: &str) -> Option<(&'static str, &'static Algorithm)> {
    match algorithm {
        "RS256" | "PS256" | "ES256" | "HS256" => Some(("SHA-256", &digest::SHA256)),
        "RS384" | "PS384" | "ES384" | "HS384" => Some(("SHA-384", &digest::SHA384)),
        // Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
        "RS512" | "PS512" | "ES512" | "HS512" | "EdDSA" => Some(("SHA-512", &digest::SHA512)),
        _ => None,
    }
}

fn left_half(algorithm: &'static Algorithm, text: &str) -> String {
    let hash = digest::digest(algorithm, text.as_bytes());
    let bytes = hash.as_ref();
    URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Core, appendix A.4 and A.6.
    #[test]
    fn the_hashes_are_those_of_the_standard() {
        let half = |text: &str| left_half(&digest::SHA256, text);
        assert_eq!(half("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(
            half("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"),
            "LDktKdoQak3Pk0cnXxCltA"
        );
    }

    #[test]
    fn the_signature_algorithm_names_the_hash() {
        let length = |name: &str| hash_of(name).map(|(_, algorithm)| algorithm.output_len());
        assert_eq!(
            [length("RS256"), length("PS384"), length("ES512"), length("EdDSA"), length("none"), length("")],
            [Some(32), Some(48), Some(64), Some(64), None, None]
        );
    }
}
