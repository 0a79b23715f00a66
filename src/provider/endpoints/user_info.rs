//! `UserInfo` (reference §6.4, OpenID Connect Core §5.3): served by Graph, for Graph's own tokens, in Graph's manners.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::graph;
use crate::{
    provider::{
        Provider,
        bearer::{self, Api, Needs, error, refuse},
        call::Call,
        mint,
        refusal::Refusal,
        reply::Reply,
    },
    wire::Method,
};

/// A person is asked about, so no role opens it.
const NEEDS: Needs = Needs { scopes: &["openid"], roles: &[] };

/// `oidc/userinfo`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    match call.method {
        Method::Options => graph::preflight(call),
        Method::Get | Method::Post => match members(provider, call) {
            Ok(members) => graph::plain(call, members),
            Err(refusal) => graph::refused(call, refusal),
        },
        _ => super::wrong_method(call, "GET, POST, OPTIONS"),
    }
}

fn members(provider: &Provider, call: &Call) -> Result<Map<String, Value>, Box<Refusal>> {
    let graph = Arc::clone(provider.scenario.graph());
    let api = Api::new(provider, &graph);
    let token = bearer::judge(&api, call)?;
    bearer::continuous::still_counts(provider, call, &token, &graph)?;
    bearer::permit(&api, &token, NEEDS)?;
    let user =
        provider.scenario.user_with_id(token.text("oid")).filter(|user| provider.accounts.exists(user));
    let user = user.ok_or_else(|| {
        refuse(error::INVALID_TOKEN, "The person of the token is no longer in the directory.")
            .demands("the person that `oid` names is in the directory")
            .compares("oid", token.text("oid"), ["somebody of the tenant"])
            .by("person.exists")
    })?;
    let scopes = token.scopes();
    let mut members = Map::new();
    let mut member = |name: &str, value: Value| members.insert(name.to_owned(), value);
    // The client's view of the person, so that it can be compared with the ID token (OpenID Connect Core §5.3.2).
    member("sub", json!(mint::pairwise(&user.id, token.client())));
    if scopes.contains(&"profile") {
        member("name", json!(user.display_name));
        member("family_name", json!(user.surname));
        member("given_name", json!(user.given_name));
        member("picture", json!(format!("{}/v1.0/me/photo/$value", call.base)));
    }
    if let Some(mail) = user.mail.as_ref().filter(|_| scopes.contains(&"email")) {
        member("email", json!(mail));
    }
    Ok(members)
}
