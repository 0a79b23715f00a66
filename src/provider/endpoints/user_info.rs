//! `UserInfo` (reference §6.4): served by Graph, and so for Graph's own tokens only. This is the one place where the lab
//! verifies a token, and it shows how: hash the `nonce` of the header first.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{
    provider::{Provider, call::Call, mint, reply::Reply},
    wire::Method,
};

/// `oidc/userinfo`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if !matches!(call.method, Method::Get | Method::Post) {
        return super::wrong_method(call, "GET, POST");
    }
    let token = call.authorization.as_deref().and_then(|value| value.split_once(' '));
    let token =
        token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    match token.ok_or("no bearer token was sent").and_then(|token| member(provider, call, token)) {
        Ok(members) => Reply::json(call, 200, &Value::Object(members)),
        Err(reason) => {
            let body = json!({ "error": { "code": "InvalidAuthenticationToken", "message": reason } });
            Reply::json(call, 401, &body).with_header("www-authenticate", "Bearer realm=\"\"")
        }
    }
}

fn member(provider: &Provider, call: &Call, token: &str) -> Result<Map<String, Value>, &'static str> {
    let claims = verified(provider, token).ok_or("the token is not one of this tenant's, or was changed")?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let graph = provider.scenario.graph();
    let for_graph = graph.app_id == text("aud")
        || graph.identifier_uris.iter().any(|uri| text("aud").trim_end_matches('/') == uri);
    if !for_graph {
        return Err("the token is for another resource");
    }
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|end| end <= call.now.seconds()) {
        return Err("the token has expired");
    }
    let scopes: Vec<&str> = text("scp").split(' ').collect();
    if !scopes.contains(&"openid") {
        return Err("the token does not hold the scope openid");
    }
    let user = provider
        .scenario
        .users()
        .iter()
        .find(|user| user.id == text("oid"))
        .ok_or("there is no such person")?;
    let mut members = Map::new();
    members.insert("sub".to_owned(), json!(mint::pairwise(&user.id, text("appid"))));
    if scopes.contains(&"profile") {
        members.insert("name".to_owned(), json!(user.display_name));
        members.insert("family_name".to_owned(), json!(user.surname));
        members.insert("given_name".to_owned(), json!(user.given_name));
    }
    if let Some(mail) = user.mail.as_ref().filter(|_| scopes.contains(&"email")) {
        members.insert("email".to_owned(), json!(mail));
    }
    Ok(members)
}

fn verified(provider: &Provider, token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
    let key = provider.keys.find(header["kid"].as_str()?)?;
    let signed = URL_SAFE_NO_PAD.encode(mint::signed_header(&header).to_string());
    let is_ours = parts.next().is_none() && key.verifies(&format!("{signed}.{claims}"), &decoded(signature)?);
    let claims = serde_json::from_slice(&decoded(claims)?).ok()?;
    is_ours.then_some(claims)
}
