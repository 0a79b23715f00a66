//! The second issuer: what a CI system is to Entra (reference §11.5). A job of it asks for a token about itself, and an
//! application with a federated credential for that issuer and subject takes the token in place of a secret.
//!
//! Three addresses: the discovery document, the key set, and the token. The token is a plain GET, so that it can be seen
//! with any tool; a real CI system also wants a bearer token that only the job has.

use serde_json::{Map, Value, json};

use super::wrong_method;
use crate::{
    provider::{
        Provider,
        call::Call,
        issuers::pipeline,
        mint::Unsigned,
        pages,
        reply::{Reply, reads},
    },
    wire::Method,
};

/// Whom a token is about if the request does not say: a push to the main branch.
const SUBJECT: &str = "repo:northwind/inventory:ref:refs/heads/main";

/// Seconds that a token lasts, and by which it is dated back.
const LIFE: i64 = 300;

/// `pipeline/.well-known/openid-configuration`.
pub fn configuration(provider: &mut Provider, call: &Call) -> Reply {
    let issuer = pipeline(&call.base);
    published(provider, call, |_| {
        json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/keys"),
            "subject_types_supported": ["public"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
            "claims_supported": [
                "sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "ref_type", "repository", "repository_owner",
                "run_id", "sha", "workflow", "event_name",
            ],
        })
    })
}

/// `pipeline/keys`.
pub fn keys(provider: &mut Provider, call: &Call) -> Reply {
    published(provider, call, |provider| {
        let key = provider.pipeline_key.as_ref().map(|key| key.plain_jwk());
        json!({ "keys": key.into_iter().collect::<Vec<_>>() })
    })
}

/// `pipeline/token?audience=…[&subject=…]`.
pub fn token(provider: &mut Provider, call: &Call) -> Reply {
    if call.method != Method::Get {
        return wrong_method(call, "GET");
    }
    let Some(key) = provider.pipeline_key.clone() else { return closed(call) };
    let subject = call.query.get("subject").unwrap_or(SUBJECT);
    let audience = call.query.get("audience").map_or_else(|| default_audience(call, subject), str::to_owned);
    let now = call.now.seconds();
    let mut claims = Map::new();
    let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    claim("jti", json!(provider.random.guid()));
    claim("sub", json!(subject));
    claim("aud", json!(audience));
    for (name, value) in about(subject) {
        claim(name, json!(value));
    }
    claim("sha", json!("9f2c1d7e4b6a8035d1e9c7b25f408a63de17bc94"));
    claim("run_id", json!(provider.random.between(10_000_000, 99_999_999).to_string()));
    claim("workflow", json!("deploy"));
    claim("iss", json!(pipeline(&call.base)));
    claim("nbf", json!(now - LIFE));
    claim("exp", json!(now + LIFE));
    claim("iat", json!(now));
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.thumbprint() });
    Reply::tokens(call, vec![("value", Unsigned::new(key, header, claims).into())])
}

/// Without an audience a CI system writes the owner's own address: no federated credential should take that.
fn default_audience(call: &Call, subject: &str) -> String {
    format!("{}/{}", call.base, owner(subject))
}

fn owner(subject: &str) -> &str {
    let repository = subject.strip_prefix("repo:").unwrap_or(subject);
    repository.split(['/', ':']).next().unwrap_or_default()
}

/// What else a token says about its job, as far as the subject tells.
fn about(subject: &str) -> Vec<(&'static str, String)> {
    let mut parts = subject.splitn(3, ':');
    let (Some("repo"), Some(repository)) = (parts.next(), parts.next()) else { return Vec::new() };
    let mut about =
        vec![("repository", repository.to_owned()), ("repository_owner", owner(subject).to_owned())];
    let (context, value) =
        parts.next().map(|rest| rest.split_once(':').unwrap_or((rest, ""))).unwrap_or_default();
    about.push(("event_name", if context == "pull_request" { "pull_request" } else { "push" }.to_owned()));
    match context {
        "ref" => {
            let kind = if value.starts_with("refs/tags/") { "tag" } else { "branch" };
            about.extend([("ref", value.to_owned()), ("ref_type", kind.to_owned())]);
        }
        "environment" => about.push(("environment", value.to_owned())),
        _ => {}
    }
    about
}

fn published(provider: &mut Provider, call: &Call, document: impl Fn(&Provider) -> Value) -> Reply {
    match call.method {
        Method::Options => Reply::preflight(call, "GET, OPTIONS"),
        method if !reads(method) => wrong_method(call, "GET, HEAD, OPTIONS"),
        _ if provider.pipeline_key.is_none() => closed(call),
        _ => Reply::metadata(call, &document(provider)),
    }
}

fn closed(call: &Call) -> Reply {
    Reply::plain_page(call, 404, pages::not_found(call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_follow_the_subject() {
        let of = |subject: &str| {
            about(subject)
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let main = "repository=northwind/inventory repository_owner=northwind event_name=push \
                    ref=refs/heads/main ref_type=branch";
        assert_eq!(of(SUBJECT), main);
        assert!(of("repo:a/b:environment:production").ends_with("environment=production"));
        assert!(of("repo:a/b:pull_request").contains("event_name=pull_request"));
        assert_eq!(of("system:serviceaccount:shop:sync"), "");
    }
}
