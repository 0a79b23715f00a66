//! `spa_code` (reference §4.2, §4.7): a web application that has signed somebody in on its server gets a second code, for the
//! part of it that runs in the browser. That part redeems it like a single-page application, without a second sign-in.

use serde_json::{Value, json};

use super::{Request, issue::Established};
use crate::{
    provider::{Provider, grants::Code, scenario::PlatformKind},
    time::UnixTime,
};

/// The record of the second code, if the request asks for one: the application has proved itself, and its registration has
/// an address on the single-page platform as well.
pub fn beside(request: &Request<'_>, grant: &Established<'_>) -> Option<Code> {
    let asks = request.call.form.get("return_spa_code") == Some("1");
    let client = request.client();
    if !asks || grant.platform != Some(PlatformKind::Web) || client.spa.redirect_uris.is_empty() {
        return None;
    }
    Some(Code {
        client: client.clone(),
        tenant: grant.tenant.clone(),
        segment: request.segment.clone(),
        person: grant.person.clone(),
        wanted: grant.wanted.clone(),
        platform: PlatformKind::Spa,
        // The browser never asked for it, so there is no address to repeat, and no challenge to answer.
        redirect_uri: None,
        nonce: grant.nonce.map(str::to_owned),
        challenge: None,
        auth_time: grant.auth_time,
        claims: grant.claims.clone(),
        issued: request.call.now,
        redeemed: false,
    })
}

/// Keeps the record, and gives the code.
pub fn keep(provider: &mut Provider, now: UnixTime, record: Code) -> Value {
    let code = format!("1.A{}", provider.random.text(12));
    provider.codes.put(code.clone(), record, now);
    json!(code)
}
