//! PKCE: verifier and challenge, and how one should follow from the other (RFC 7636 §4).

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("pkce.challenge_missing", challenge_missing),
    ("pkce.verifier_missing", verifier_missing),
    ("pkce.verifier_length", verifier_length),
    ("pkce.base64_form", challenge_in_base64),
    ("pkce.hex_digest", challenge_in_hexadecimal),
];

fn challenge_missing(case: &Case<'_>) -> Option<Found> {
    case.param("response_type").filter(|_| case.param("code_challenge").is_none())?;
    Found::likely("request code_challenge", "absent", "43 characters")
}

fn verifier_missing(case: &Case<'_>) -> Option<Found> {
    case.grant().filter(|_| case.param("code_verifier").is_none())?;
    Found::certain("request code_verifier", "absent", "the verifier that the challenge was made from")
}

fn verifier_length(case: &Case<'_>) -> Option<Found> {
    let length = case.param("code_verifier")?.chars().count();
    if (43..=128).contains(&length) {
        return None;
    }
    Found::certain("request code_verifier", &format!("{length} characters"), "43 to 128 characters")
}

fn challenge_in_base64(case: &Case<'_>) -> Option<Found> {
    let challenge = case.param("code_challenge").filter(|challenge| challenge.contains(['+', '/', '=']))?;
    Found::certain("request code_challenge", challenge, "letters, digits, - and _ only")
}

fn challenge_in_hexadecimal(case: &Case<'_>) -> Option<Found> {
    let challenge = case.param("code_challenge")?;
    let is_hex = challenge.len() == 64 && challenge.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex || challenge.len() == 86 {
        Found::certain("request code_challenge", &format!("{} characters", challenge.len()), "43 characters")
    } else {
        None
    }
}
