//! What may come back and how: `response_type`, `response_mode`, and what an ID token needs (reference §3.2, §3.3).

use super::Request;
use crate::provider::refusal::{Refusal, Verdict, missing};

const RESPONSE_TYPES: [&str; 4] = ["code", "id_token", "code id_token", "id_token token"];

pub(super) fn is_known_response_type(request: &Request<'_>) -> Verdict {
    if request.response.is_some() {
        return Ok(());
    }
    let sent = request.fields.get("response_type").unwrap_or_default();
    Err(response_type_refused(sent, "the server does not know it")
        .demands("`response_type` is made of `code`, `id_token` and `token`")
        .compares("response_type", sent, RESPONSE_TYPES))
}

fn response_type_refused(sent: &str, reason: &str) -> Box<Refusal> {
    let text = format!("response_type '{sent}' is not supported here: {reason}.");
    Refusal::new(70005, "unsupported_response_type", text)
}

pub(super) fn is_enabled_response_type(request: &Request<'_>) -> Verdict {
    let (Some(response), Some(client)) = (request.response, &request.client) else { return Ok(()) };
    let settings = client.web.implicit_grant_settings;
    let checks = [
        (
            response.id_token && !settings.enable_id_token_issuance,
            700_054,
            "id_token",
            "enableIdTokenIssuance",
        ),
        (
            response.token && !settings.enable_access_token_issuance,
            700_051,
            "token",
            "enableAccessTokenIssuance",
        ),
    ];
    let Some((_, code, word, switch)) = checks.into_iter().find(|(refused, ..)| *refused) else {
        return Ok(());
    };
    let text = format!("response_type '{word}' is not enabled on this app.");
    Err(Refusal::new(code, "unsupported_response_type", text)
        .demands("the registration must allow tokens from the authorization endpoint; the code flow needs no such switch")
        .compares(&format!("web.implicitGrantSettings.{switch}"), "false", ["true"]))
}

pub(super) fn suits_response_mode(request: &Request<'_>) -> Verdict {
    let (Some(sent), Some(response)) = (request.fields.get("response_mode"), request.response) else {
        return Ok(());
    };
    let modes: &[&str] = if response.hands_out_tokens() {
        &["fragment", "form_post"]
    } else {
        &["query", "fragment", "form_post"]
    };
    if modes.contains(&sent) {
        return Ok(());
    }
    let text = format!("response_mode '{sent}' cannot be used with this response_type.");
    Err(Refusal::new(70007, "invalid_request", text)
        .demands("tokens never travel in the query of a redirect")
        .compares("response_mode", sent, modes.iter().copied()))
}

pub(super) fn has_openid_for_id_token(request: &Request<'_>) -> Verdict {
    let wants_id_token = request.response.is_some_and(|response| response.id_token);
    // A scope that cannot be read is the matter of another rule.
    let lacks_openid = matches!(&request.wanted, Some(Ok(wanted)) if !wanted.has("openid"));
    if !wants_id_token || !lacks_openid {
        return Ok(());
    }
    let sent = request.fields.get("scope").unwrap_or_default();
    Err(response_type_refused("id_token", "the scope openid is missing")
        .demands("an ID token needs the scope openid")
        .compares("scope", sent, ["openid …"]))
}

pub(super) fn has_nonce_for_id_token(request: &Request<'_>) -> Verdict {
    let wants_id_token = request.response.is_some_and(|response| response.id_token);
    if !wants_id_token || request.fields.get("nonce").is_some() { Ok(()) } else { Err(missing("nonce")) }
}
