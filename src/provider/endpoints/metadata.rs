//! Metadata and keys: `openid-configuration` and the key sets (reference §1.4, §1.5).

use serde_json::{Value, json};

use crate::{
    provider::{
        Provider,
        call::Call,
        mint,
        refusal::Verdict,
        reply::{Reply, reads},
        scenario::CONSUMERS,
        tenant::{self, Segment},
    },
    wire::Method,
};

/// `{t}/v2.0/.well-known/openid-configuration`. A tenant asked for by domain answers with its GUID in every URL; the words
/// for groups of accounts keep theirs, with the literal `{tenantid}` in the issuer.
///
/// Whatever is named here answers, but for `kerberos_endpoint`: Entra's document has it, for devices that sign in to Windows.
/// No client of OAuth asks it, and the lab has nothing there.
pub fn configuration(provider: &mut Provider, call: &Call) -> Reply {
    respond(provider, call, |_, segment| {
        let (base, name, host) = (&call.base, segment.name(), call.host());
        json!({
            "token_endpoint": format!("{base}/{name}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/{name}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer(call, segment, 2),
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": format!("{base}/oidc/userinfo"),
            "authorization_endpoint": format!("{base}/{name}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/{name}/oauth2/v2.0/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/{name}/oauth2/v2.0/logout"),
            "claims_supported": [
                "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
                "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name",
                "tid", "ver", "at_hash", "c_hash", "email",
            ],
            // As in Entra's documents. Nothing answers there; it is not for programs that speak OAuth.
            "kerberos_endpoint": format!("{base}/{name}/kerberos"),
            "tenant_region_scope": segment.tenant().map(|tenant| tenant.region.as_str()),
            "cloud_instance_name": host,
            "cloud_graph_host_name": host,
            "msgraph_host": host,
            "rbac_url": base,
        })
    })
}

/// `{t}/.well-known/openid-configuration`: what tokens of version 1 are checked against, by APIs and by whoever looks over
/// their shoulder, and where programs from before scopes find their endpoints. What the lab has nothing for is left out:
/// `check_session_iframe`, and a UserInfo endpoint of version 1.
pub fn configuration_v1(provider: &mut Provider, call: &Call) -> Reply {
    respond(provider, call, |_, segment| {
        let (base, name, host) = (&call.base, segment.name(), call.host());
        json!({
            "authorization_endpoint": format!("{base}/{name}/oauth2/authorize"),
            "token_endpoint": format!("{base}/{name}/oauth2/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "device_authorization_endpoint": format!("{base}/{name}/oauth2/devicecode"),
            "jwks_uri": format!("{base}/{name}/discovery/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
            "request_uri_parameter_supported": false,
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
            "issuer": issuer(call, segment, 1),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/{name}/oauth2/logout"),
            "claims_supported": [
                "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
                "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "email", "given_name",
                "family_name", "nickname",
            ],
            "microsoft_multi_refresh_token": true,
            "tenant_region_scope": segment.tenant().map(|tenant| tenant.region.as_str()),
            "cloud_instance_name": host,
            "cloud_graph_host_name": host,
            "msgraph_host": host,
            "rbac_url": base,
        })
    })
}

/// `{t}/discovery/v2.0/keys`.
pub fn keys(provider: &mut Provider, call: &Call) -> Reply {
    respond(provider, call, |provider, segment| {
        provider.keys.jwks(Some(&issuer(call, segment, 2)), call.host())
    })
}

/// `{t}/discovery/keys`, the same keys for tokens of version 1.
pub fn keys_v1(provider: &mut Provider, call: &Call) -> Reply {
    respond(provider, call, |provider, _| provider.keys.jwks(None, call.host()))
}

fn issuer(call: &Call, segment: &Segment, version: u8) -> String {
    let tenant = match segment {
        Segment::Tenant(tenant) => tenant.id.as_str(),
        Segment::Consumers => CONSUMERS,
        Segment::Common | Segment::Organizations | Segment::Unknown(_) | Segment::Malformed(_) => {
            "{tenantid}"
        }
    };
    mint::issuer(&call.base, tenant, version)
}

type Rule = fn(&Provider, &Segment) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("tenant.named", |_, segment| tenant::is_named(segment)),
    ("tenant.known", |provider, segment| tenant::is_known(segment, &provider.scenario)),
];

fn respond(provider: &Provider, call: &Call, document: impl Fn(&Provider, &Segment) -> Value) -> Reply {
    match call.method {
        Method::Options => return Reply::preflight(call, "GET, OPTIONS"),
        method if !reads(method) => return super::wrong_method(call, "GET, HEAD, OPTIONS"),
        _ => {}
    }
    let segment = Segment::read(&call.segment(), &provider.scenario);
    let verdict = RULES
        .iter()
        .try_for_each(|(name, rule)| rule(provider, &segment).map_err(|refusal| refusal.by(name)));
    match verdict {
        Ok(()) => Reply::metadata(call, &document(provider, &segment)),
        Err(refusal) => Reply::refused_metadata(call, refusal),
    }
}
