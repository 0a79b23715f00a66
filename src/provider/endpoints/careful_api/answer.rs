//! How the APIs answer: JSON for programs, the same as a page where a browser asks, and `WWW-Authenticate` for both (RFC
//! 6750 §3).

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Asked, OPERATIONS, advice::advice};
use crate::{
    provider::{
        bearer::{error, refuse},
        call::Call,
        pages::{escape, page},
        refusal::Refusal,
        reply::Reply,
        scenario::Scenario,
        token::{Kind, Token},
    },
    wire::{Headers, Method},
};

/// Longest value of a parameter of `WWW-Authenticate`, for it may hold what a token says. The body has all of it.
const LONGEST: usize = 1000;

/// It was done.
pub fn done(asked: &Asked<'_>, token: &Token, by: &str, status: u16, document: &Value) -> Reply {
    let client = asked.scenario.application_with_id(token.client());
    let person = (token.kind() == Kind::Person).then(|| token.text("oid"));
    let name = person.and_then(|id| asked.scenario.user_with_id(id)).map(|user| user.display_name.as_str());
    let body = json!({
        "value": document,
        "caller": {
            "client": client.map_or_else(|| token.client(), |client| client.display_name.as_str()),
            "person": name,
            "permittedBy": by,
        },
    });
    json(asked.call, status, &body)
}

/// The answer to a refusal: 401 where the caller is not known well enough, 403 where it is and may not.
pub fn refused(asked: &Asked<'_>, token: Option<&Token>, refusal: Box<Refusal>) -> Reply {
    let call = asked.call;
    let status = match refusal.error {
        error::INVALID_REQUEST => 400,
        error::INSUFFICIENT_SCOPE => 403,
        _ => 401,
    };
    let advice = advice(asked, token, &refusal);
    let rules: Vec<&str> = Asked::rules().collect();
    // An operation refuses after all of them.
    let at = rules.iter().position(|rule| *rule == refusal.rule).unwrap_or(rules.len());
    let checks = json!({
        "passed": rules[..at],
        "failed": refusal.rule,
        "notReached": rules.get(at + 1..).unwrap_or_default(),
    });
    let compared: Vec<Value> = refusal
        .compared
        .iter()
        .map(|one| json!({ "what": one.what, "received": one.sent, "expected": one.expected }))
        .collect();
    let code = if refusal.error == error::NONE { "unauthorized" } else { refusal.error };
    let body = json!({
        "error": code,
        "error_description": refusal.text,
        "advice": advice,
        "demand": refusal.demand,
        "compared": compared,
        "checks": checks,
        "request_id": call.trace_id,
    });
    let reply = if wants_page(call) {
        html(call, status, refusal_page(&refusal, &advice))
    } else {
        json(call, status, &body)
    };
    // A body that cannot be read has nothing to do with who is asking.
    let about_token = at < rules.len();
    let reply =
        if about_token { reply.with_header("www-authenticate", challenge(asked, &refusal)) } else { reply };
    reply.refusing(refusal)
}

/// `WWW-Authenticate`. Without a credential there is no error in it, for nothing was wrong yet (RFC 6750 §3.1).
fn challenge(asked: &Asked<'_>, refusal: &Refusal) -> String {
    let tenant = asked.resource.tenant.as_deref().and_then(|key| asked.scenario.tenant(key));
    let segment = tenant.map_or("common", |tenant| tenant.id.as_str());
    let mut line = format!(
        "Bearer realm=\"{}\", authorization_uri=\"{}/{segment}/oauth2/v2.0/authorize\"",
        quotable(asked.operation.api),
        asked.call.base
    );
    if refusal.error != error::NONE {
        let _ =
            write!(line, ", error=\"{}\", error_description=\"{}\"", refusal.error, quotable(&refusal.text));
    }
    let needs = asked.operation.needs;
    if refusal.error == error::INSUFFICIENT_SCOPE {
        let scopes = match (refusal.rule, needs.scopes.first()) {
            ("permission.scope" | "permission.delegated", Some(scope)) => asked.scope(scope),
            _ => asked.scope(".default"),
        };
        let _ = write!(line, ", scope=\"{}\"", quotable(&scopes));
    }
    if let Some(claims) = &refusal.claims {
        let _ = write!(line, ", claims=\"{}\"", STANDARD.encode(claims));
    }
    line
}

/// What may stand between quotes in the parameters of RFC 6750 §3: printable ASCII without quote and backslash.
fn quotable(text: &str) -> String {
    text.chars()
        .take(LONGEST)
        .map(|c| match c {
            '"' | '\\' => '\'',
            ' '..='~' => c,
            _ => '?',
        })
        .collect()
}

/// The path is right, the method is not.
pub fn wrong_method(call: &Call, allowed: impl Iterator<Item = Method>) -> Reply {
    let allowed: Vec<_> = allowed.map(Method::as_str).chain(["OPTIONS"]).collect();
    let allowed = allowed.join(", ");
    let text = format!("The method {} is not for this address.", call.method);
    let refusal = refuse(error::INVALID_REQUEST, text.clone())
        .demands("each operation has its method")
        .compares("method", call.method.as_str(), [allowed.clone()])
        .by("method.allowed");
    let body = json!({ "error": "method_not_allowed", "error_description": text, "allowed": allowed });
    json(call, 405, &body).with_header("allow", allowed).refusing(refusal)
}

/// There is nothing at that address.
pub fn not_found(call: &Call, scenario: &Scenario) -> Reply {
    if wants_page(call) {
        return html(call, 404, front_page(call, scenario, "api", "There is nothing here"));
    }
    let body = json!({
        "error": "not_found",
        "error_description": format!("The lab's APIs have nothing at /{}.", call.path),
        "operations": operations(scenario, "api"),
    });
    json(call, 404, &body)
}

/// The front door of the APIs, open to everybody.
pub fn front(call: &Call, scenario: &Scenario, root: &str) -> Reply {
    if wants_page(call) {
        return html(call, 200, front_page(call, scenario, root, "The lab's APIs"));
    }
    json(call, 200, &json!({ "operations": operations(scenario, root) }))
}

fn below<'a>(scenario: &'a Scenario, root: &'a str) -> impl Iterator<Item = &'static super::Operation> + 'a {
    OPERATIONS.iter().filter(move |one| one.path.starts_with(root) && scenario.application(one.api).is_some())
}

fn operations(scenario: &Scenario, root: &str) -> Vec<Value> {
    below(scenario, root)
        .map(|one| {
            json!({ "method": one.method.as_str(), "path": format!("/{}", one.path), "about": one.about,
                    "scopes": one.needs.scopes, "roles": one.needs.roles })
        })
        .collect()
}

/// Whether a person looks at it: browsers name HTML first when they go somewhere.
fn wants_page(call: &Call) -> bool {
    call.headers.get("accept").is_some_and(|accept| accept.contains("text/html"))
}

fn front_page(call: &Call, scenario: &Scenario, root: &str, title: &str) -> String {
    let mut list = String::new();
    for one in below(scenario, root) {
        let scopes =
            if one.needs.scopes.is_empty() { "not open".to_owned() } else { one.needs.scopes.join(" or ") };
        let roles =
            if one.needs.roles.is_empty() { "not open".to_owned() } else { one.needs.roles.join(" or ") };
        let _ = writeln!(
            list,
            "<li><code>{} /{}</code><br>{}<br><span class=\"fine\">for a person: {}; for an application: {}</span></li>",
            one.method,
            escape(one.path),
            escape(one.about),
            escape(&scopes),
            escape(&roles),
        );
    }
    let body = format!(
        "<p>These APIs check tokens with care and say exactly why they refuse one.</p>\n<ul>\n{list}</ul>\n\
         <p>A browser cannot send a token by itself. With one at hand:</p>\n\
         <p><code>curl -H 'Authorization: Bearer TOKEN' {}/api/catalog/products</code></p>\n",
        escape(&call.base)
    );
    page(title, &body)
}

fn refusal_page(refusal: &Refusal, advice: &str) -> String {
    let mut compared = String::new();
    for one in &refusal.compared {
        let _ = writeln!(
            compared,
            "<dt>{}</dt><dd>came: {}<br>expected: {}</dd>",
            escape(&one.what),
            escape(&one.sent),
            escape(&one.expected.join(" or ")),
        );
    }
    let body = format!(
        "<p class=\"no\">{}</p>\n<p>{}</p>\n<dl class=\"fine\">\n<dt>Check:</dt><dd>{}</dd>\n{compared}</dl>\n\
         <p><a href=\"/api/catalog/\">What this API offers</a></p>\n",
        escape(&refusal.text),
        escape(advice),
        escape(refusal.rule),
    );
    page("The API refuses", &body)
}

/// The answer to a preflight request. Every origin may ask: what protects an API is the token, which no page has by itself.
pub fn preflight(call: &Call) -> Reply {
    let headers = Headers::new()
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", "GET, POST, OPTIONS")
        .with("access-control-allow-headers", "authorization, content-type, client-request-id")
        .with("access-control-max-age", "3600")
        .with("request-id", &call.trace_id);
    Reply::of_api(204, headers, String::new())
}

fn json(call: &Call, status: u16, body: &Value) -> Reply {
    let headers = common(call).with("content-type", "application/json; charset=utf-8");
    Reply::of_api(status, headers, body.to_string())
}

fn html(call: &Call, status: u16, body: String) -> Reply {
    let headers = common(call).with("content-type", "text/html; charset=utf-8");
    Reply::of_api(status, headers, body)
}

fn common(call: &Call) -> Headers {
    Headers::new()
        .with("cache-control", "no-store")
        .with("vary", "accept")
        .with("x-content-type-options", "nosniff")
        .with("request-id", &call.trace_id)
        .with("access-control-allow-origin", "*")
        .with("access-control-expose-headers", "request-id, WWW-Authenticate")
}
