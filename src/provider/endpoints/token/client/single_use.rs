//! An application's own assertion is for one use (RFC 7523 §3): its `jti` is remembered with what it was used for.
//!
//! Microsoft's libraries make an assertion, keep it for some minutes and show it with every request of that time, so "one
//! use" cannot mean one request. It means one grant: the same scope, code, refresh token or user again is a request that
//! somebody recorded. Where a library asks again on purpose (MSAL Node's `skipCache`), it names the request anew with
//! `client-request-id`; so that counts, too. Assertions of other issuers are left out: a pod shows the token that lies in its file for as long as it lasts.
//! An assertion without `jti` cannot be told from another one and is not remembered.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{
    Request,
    assertion::{Assertion, malformed},
};
use crate::provider::{call::Call, refusal::Verdict};

/// What tells one grant from another.
const GRANT: &[&str] = &[
    "grant_type",
    "scope",
    "resource",
    "claims",
    "code",
    "refresh_token",
    "device_code",
    "assertion",
    "requested_token_use",
    "username",
];

/// Under which a client names its request: a header, or a parameter of the address or the form.
const REQUEST_ID: &str = "client-request-id";

/// An assertion of this request, with what it is used for, as the name under which that is remembered.
pub fn name(call: &Call) -> Option<String> {
    let assertion = Assertion::read(call.form.get("client_assertion")?).ok()?;
    if assertion.issuer().contains("://") {
        return None;
    }
    let id = assertion.text("jti").filter(|id| !id.is_empty())?;
    let asked = GRANT.iter().map(|name| call.form.get(name).unwrap_or_default());
    let request = [call.header(REQUEST_ID), call.query.get(REQUEST_ID), call.form.get(REQUEST_ID)];
    let digest = [assertion.issuer(), id, call.path.as_str()]
        .into_iter()
        .chain(asked)
        .chain(request.into_iter().map(Option::unwrap_or_default))
        // The length keeps neighbours apart.
        .fold(Sha256::new(), |digest, part| digest.chain_update(part.len().to_be_bytes()).chain_update(part));
    Some(URL_SAFE_NO_PAD.encode(digest.finalize()))
}

/// Rule: the assertion was not used for this before.
pub fn is_unused(request: &Request<'_>, assertion: &Assertion) -> Verdict {
    if !request.assertion_is_spent {
        return Ok(());
    }
    Err(malformed("its 'jti' was used before")
        .demands("an assertion is used once for one grant; the next request makes a new one with a `jti` of its own")
        .compares("jti", assertion.text("jti").unwrap_or_default(), ["one that was not used yet"]))
}
