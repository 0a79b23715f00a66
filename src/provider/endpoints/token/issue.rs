//! The tokens of a grant that stands for a person, and the answer that carries them (reference §4.2).

use std::{collections::BTreeSet, sync::Arc};

use serde_json::json;

use super::Request;
use crate::provider::{
    Provider,
    consents::Missing,
    endpoints::next_page::not_consented,
    grants::{Refresh, SPA_REFRESH_TOKEN_LIFE},
    mint::{self, IdTokenParts, Mint},
    refusal::Refusal,
    reply::{Field, Reply},
    scenario::{PlatformKind, Tenant},
    scope::{Target, Wanted},
    sessions::Person,
};
use crate::time::UnixTime;

/// What a grant has established.
pub struct Established<'a> {
    pub tenant: Arc<Tenant>,
    pub person: Person,
    /// What is asked for now, OpenID Connect's scopes of the whole flow included.
    pub wanted: Wanted,
    pub nonce: Option<&'a str>,
    pub auth_time: bool,
    pub platform: Option<PlatformKind>,
    /// When the row of refresh tokens began; now, but for a refresh.
    pub row_began: UnixTime,
}

/// Checks consent and issues.
pub fn issue(
    provider: &mut Provider,
    request: &Request<'_>,
    grant: &Established<'_>,
) -> Result<Reply, Box<Refusal>> {
    let (call, client, scenario) = (request.call, request.client(), request.scenario);
    let Established { tenant, person, wanted, .. } = grant;
    let target = wanted.first(scenario);
    let granted = provider.consents.granted(tenant, client, &person.user, &target.resource);
    has_consent(provider, request, grant, &target, &granted)
        .map_err(|refusal| refusal.by("consent.given").concerning(client, Some(&person.user)))?;

    let keys = provider.keys.clone();
    let proof = request.credential.proof();
    let mut mint = Mint { call, keys: &keys, random: &mut provider.random, tenant, client, proof };
    let life = mint.access_token_life();
    let access_token = mint.user_token(person, &target, &scp(&target, &granted), life);
    let mut fields: Vec<(&'static str, Field)> = vec![
        ("token_type", json!("Bearer").into()),
        ("scope", json!(wanted.echo(&target, &granted)).into()),
        ("expires_in", json!(life).into()),
        ("ext_expires_in", json!(life).into()),
        ("access_token", access_token.into()),
    ];
    let id_token = wanted.has("openid").then(|| {
        let parts = IdTokenParts {
            wanted,
            nonce: grant.nonce,
            auth_time: grant.auth_time,
            code: None,
            beside_access_token: false,
        };
        mint.id_token(person, &parts)
    });
    if wanted.has("offline_access") {
        let token = format!("1.A{}", provider.random.text(16));
        fields.push(("refresh_token", json!(token).into()));
        if grant.platform == Some(PlatformKind::Spa) {
            let left = SPA_REFRESH_TOKEN_LIFE.saturating_sub(call.now.since(grant.row_began)).as_secs();
            fields.push(("refresh_token_expires_in", json!(left.saturating_sub(1)).into()));
        }
        provider.refresh_tokens.put(token, refresh(request, grant), call.now);
    }
    if let Some(id_token) = id_token {
        fields.push(("id_token", id_token.into()));
    }
    if call.form.get("client_info") == Some("1") {
        fields.push(("client_info", json!(mint::client_info(person, tenant)).into()));
    }
    provider.sign_ins.succeeded(call, client, Some(&person.user));
    Ok(Reply::tokens(call, fields))
}

fn refresh(request: &Request<'_>, grant: &Established<'_>) -> Refresh {
    Refresh {
        client: Arc::clone(request.client()),
        tenant: Arc::clone(&grant.tenant),
        person: grant.person.clone(),
        wanted: grant.wanted.clone(),
        platform: grant.platform,
        issued: request.call.now,
        row_began: grant.row_began,
        revoked: None,
    }
}

/// Rule: what the token is to hold was granted.
fn has_consent(
    provider: &Provider,
    request: &Request<'_>,
    grant: &Established<'_>,
    target: &Target,
    granted: &BTreeSet<String>,
) -> Result<(), Box<Refusal>> {
    let (client, user) = (request.client(), &grant.person.user);
    let missing = provider.consents.missing(request.scenario, &grant.tenant, client, user, &grant.wanted);
    let of_target =
        |missing: &&Missing| missing.resource.app_id == target.resource.app_id || missing.resource.is_graph();
    let missing: Vec<String> =
        missing.iter().filter(of_target).map(|missing| missing.scope.value.clone()).collect();
    if missing.is_empty() && !(target.default && granted.is_empty()) {
        return Ok(());
    }
    Err(not_consented(client, missing))
}

/// The permissions in `scp`: for Graph and for `.default` all that were ever granted, else those asked for.
pub fn scp(target: &Target, granted: &BTreeSet<String>) -> BTreeSet<String> {
    let is_named = |value: &String| target.permissions.iter().any(|permission| permission.value == *value);
    let takes_all = target.resource.is_graph() || target.default;
    granted
        .iter()
        .filter(|value| *value != "offline_access" && (takes_all || is_named(value)))
        .cloned()
        .collect()
}
