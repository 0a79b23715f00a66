//! PKCE at the authorization endpoint (RFC 7636 §4.3, reference §3.5).

use super::Request;
use crate::provider::{
    grants::ChallengeMethod,
    refusal::{Refusal, Verdict},
    scenario::PlatformKind,
};

pub(super) fn is_known_challenge_method(request: &Request<'_>) -> Verdict {
    let sent = request.fields.get("code_challenge_method");
    if ChallengeMethod::parse(sent).is_some() {
        return Ok(());
    }
    let sent = sent.unwrap_or_default();
    Err(Refusal::new(
        50149,
        "invalid_request",
        format!("code_challenge_method '{sent}' is not S256 or plain."),
    )
    .demands("`code_challenge_method` is `S256` or `plain`, letter for letter; absent means plain")
    .compares("code_challenge_method", sent, ["S256", "plain"]))
}

pub(super) fn has_challenge_for_method(request: &Request<'_>) -> Verdict {
    let Some(method) = request.fields.get("code_challenge_method") else { return Ok(()) };
    if request.fields.get("code_challenge").is_some() {
        return Ok(());
    }
    Err(Refusal::new(50147, "invalid_request", "The code_challenge is missing.")
        .demands("a `code_challenge_method` goes with a `code_challenge`")
        .compares("code_challenge", "(nothing)", [format!("a challenge made by {method}")]))
}

/// RFC 7636 §4.2: 43 to 128 characters of the verifier's alphabet.
pub(super) fn has_challenge_of_right_size(request: &Request<'_>) -> Verdict {
    let Some(challenge) = request.fields.get("code_challenge") else { return Ok(()) };
    if is_verifier_shaped(challenge) {
        return Ok(());
    }
    let length = challenge.chars().count();
    Err(Refusal::new(501_491, "invalid_request", "The code_challenge has an invalid length.")
        .demands("a challenge has 43 to 128 characters out of A–Z a–z 0–9 - . _ ~; with S256 it has 43, without padding")
        .compares("code_challenge", format!("{length} characters"), ["43 to 128 characters"]))
}

/// Whether a text has the form of a verifier or challenge (RFC 7636 §4.1).
pub fn is_verifier_shaped(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

pub(super) fn has_pkce_on_spa(request: &Request<'_>) -> Verdict {
    let wants_code = request.response.is_some_and(|response| response.code);
    let is_spa = request.platform() == Some(PlatformKind::Spa);
    if !wants_code || !is_spa || request.fields.get("code_challenge").is_some() {
        return Ok(());
    }
    Err(Refusal::new(9_002_325, "invalid_request", "A single-page app must use PKCE for the code flow.")
        .demands("a code for a redirect URI of the spa platform needs a `code_challenge`")
        .compares("code_challenge", "(nothing)", ["a challenge"])
        .compares("platform", PlatformKind::Spa.name(), Vec::<String>::new()))
}
