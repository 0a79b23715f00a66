//! What client libraries ask before anything else: is this host an authority, and how does this person sign in?

use percent_encoding::percent_decode_str;
use serde_json::json;
use url::Url;

use crate::provider::{
    Provider,
    call::Call,
    issuers::is_lab,
    refusal::{Refusal, Verdict},
    reply::Reply,
};

struct Asked<'a> {
    call: &'a Call,
    endpoint: Option<Url>,
}

type Rule = fn(&Asked<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("authorization_endpoint.readable", |asked| {
        if asked.endpoint.is_some() {
            return Ok(());
        }
        let sent = asked.call.query.get("authorization_endpoint").unwrap_or("(nothing)");
        Err(Refusal::new(50050, "invalid_request", "The request for instance discovery is malformed.")
            .demands("`authorization_endpoint` must be the absolute address of an authorization endpoint")
            .compares("authorization_endpoint", sent, ["an absolute address"]))
    }),
    ("authority.known", |asked| {
        let Some(endpoint) = &asked.endpoint else { return Ok(()) };
        // A library may leave the port out, so host names are compared alone; and it asks the cloud about the lab's other
        // names, where both are the lab.
        let own = asked.call.host().rsplit_once(':').map_or(asked.call.host(), |(name, _)| name);
        if endpoint.host_str() == Some(own) || is_lab(endpoint) {
            return Ok(());
        }
        Err(Refusal::new(50049, "invalid_instance", "The authority is not known to this cloud.")
            .demands("the host of `authorization_endpoint` must be this tenant's own")
            .compares("host", endpoint.host_str().unwrap_or_default(), [own]))
    }),
];

/// `common/discovery/instance` (reference §1.6).
pub fn discovery(_: &mut Provider, call: &Call) -> Reply {
    let endpoint = call.query.get("authorization_endpoint").and_then(|text| Url::parse(text).ok());
    let asked = Asked { call, endpoint };
    let verdict = RULES.iter().try_for_each(|(name, rule)| rule(&asked).map_err(|refusal| refusal.by(name)));
    if let Err(refusal) = verdict {
        return Reply::refused_metadata(call, refusal);
    }
    let path = asked.endpoint.as_ref().map(Url::path).unwrap_or_default().trim_start_matches('/');
    let tenant = path.split('/').next().filter(|tenant| !tenant.is_empty()).unwrap_or("common");
    let mut document = json!({
        "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", call.base),
    });
    if call.query.get("api-version") == Some("1.1") {
        let host = call.host();
        document["api-version"] = json!("1.1");
        document["metadata"] =
            json!([{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }]);
    }
    Reply::metadata(call, &document)
}

/// `{t}/userrealm/{user}` (reference §1.7): nobody in the lab is federated.
pub fn user_realm(provider: &mut Provider, call: &Call) -> Reply {
    let name = call.path.rsplit('/').next().unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy();
    let domain = name.rsplit('@').next().unwrap_or_default();
    let account_type = if provider.scenario.tenant_named(domain).is_some() { "Managed" } else { "Unknown" };
    let document = json!({
        "ver": "1.0",
        "account_type": account_type,
        "domain_name": domain,
        "cloud_instance_name": call.host(),
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    });
    Reply::metadata(call, &document)
}
