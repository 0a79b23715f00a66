//! How Graph answers: headers, `OData` documents, and refusals (reference §12.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    provider::{
        bearer::{error, refuse},
        call::Call,
        refusal::Refusal,
        reply::Reply,
        scenario::GRAPH,
    },
    wire::Headers,
};

/// What pages of other origins may read beside the usual headers.
const EXPOSED: &str =
    "ETag, Location, Preference-Applied, request-id, client-request-id, WWW-Authenticate, Retry-After";

/// How a broken rule shows: status, code, and the text. Graph tells less than the lab's note does, as the real one.
struct Shown<'a> {
    status: u16,
    code: &'static str,
    message: &'a str,
}

fn shown(refusal: &Refusal) -> Shown<'_> {
    let (status, code, message) = match refusal.rule {
        "credential.present" | "credential.scheme" => {
            (401, "InvalidAuthenticationToken", "The access token of the request is empty.")
        }
        "token.shape" => {
            (401, "InvalidAuthenticationToken", "The JWT is not well formed and cannot be read.")
        }
        "token.valid_until" => {
            (401, "InvalidAuthenticationToken", "The lifetime of the token is not valid: it has expired.")
        }
        "token.audience" => (
            401,
            "InvalidAuthenticationToken",
            "The access token failed validation: its audience is not valid.",
        ),
        "token.algorithm" | "token.key" | "token.signature" => {
            (401, "InvalidAuthenticationToken", "The access token failed validation: signature.")
        }
        "token.issuer" | "token.tenant" | "token.version" | "token.kind" => {
            (401, "InvalidAuthenticationToken", "The access token failed validation.")
        }
        "permission.delegated" => (
            400,
            "BadRequest",
            "This request is for a signed-in person: it is valid with the delegated flows of authentication only.",
        ),
        "permission.scope" | "permission.role" | "permission.application" | "person.administrator" => (
            403,
            "Authorization_RequestDenied",
            "The privileges are not sufficient to complete the operation.",
        ),
        "object.writable" => (403, "Authorization_RequestDenied", refusal.text.as_str()),
        "resource.exists" | "reference.exists" => (404, "Request_ResourceNotFound", refusal.text.as_str()),
        "object.unique" => (409, "Request_MultipleObjectsWithSameKeyValue", refusal.text.as_str()),
        "query.advanced" => (400, "Request_UnsupportedQuery", refusal.text.as_str()),
        "photo.exists" => (404, "ImageNotFound", refusal.text.as_str()),
        "method.allowed" => (405, "Request_BadRequest", refusal.text.as_str()),
        "path.known" | "query.select" | "query.supported" => (400, "BadRequest", refusal.text.as_str()),
        "query.filter" | "query.orderby" | "directory.takes" => {
            (400, "Request_BadRequest", refusal.text.as_str())
        }
        rule if rule.starts_with("body.") => (400, "Request_BadRequest", refusal.text.as_str()),
        _ => (401, "InvalidAuthenticationToken", refusal.text.as_str()),
    };
    Shown { status, code, message }
}

/// A refusal in Graph's envelope; `UserInfo` uses it, too.
pub fn refused(call: &Call, refusal: Box<Refusal>) -> Reply {
    let Shown { status, code, message } = shown(&refusal);
    let id = client_request_id(call);
    let body = json!({ "error": {
        "code": code,
        "message": message,
        "innerError": {
            // Without a zone: the last letter of RFC 3339 and the milliseconds are left out.
            "date": call.now.rfc3339().get(..19).unwrap_or_default(),
            "request-id": call.trace_id,
            "client-request-id": id,
        },
    } });
    let mut headers = common(call).with("content-type", "application/json");
    if status == 401 {
        headers.push("www-authenticate", challenge(call, &refusal));
    }
    Reply::of_api(status, headers, body.to_string()).refusing(refusal)
}

/// The three parameters that every 401 of Graph has, an error where a token came, and a claims challenge if that is it.
fn challenge(call: &Call, refusal: &Refusal) -> String {
    let known = format!(
        "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{GRAPH}\"",
        call.base
    );
    match &refusal.claims {
        _ if refusal.error == error::NONE => known,
        Some(claims) => {
            format!("{known}, error=\"{}\", claims=\"{}\"", refusal.error, STANDARD.encode(claims))
        }
        None => format!("{known}, error=\"{}\"", refusal.error),
    }
}

/// A document with its context, such as `users/$entity`.
pub fn document(call: &Call, context: &str, members: Map<String, Value>) -> Reply {
    with_status(call, 200, context, members)
}

/// What was made, with its address: `path` stands behind the version.
pub fn created(call: &Call, context: &str, path: &str, members: Map<String, Value>) -> Reply {
    let location = format!("{}/{}/{path}", call.base, version(call));
    with_status(call, 201, &format!("{context}/$entity"), members).with_header("location", location)
}

/// It was done, and there is nothing to say.
pub fn done(call: &Call) -> Reply {
    Reply::of_api(204, common(call).with("odata-version", "4.0"), String::new())
}

fn with_status(call: &Call, status: u16, context: &str, members: Map<String, Value>) -> Reply {
    let mut document = Map::new();
    let context = format!("{}/{}/$metadata#{context}", call.base, version(call));
    document.insert("@odata.context".to_owned(), json!(context));
    document.extend(members);
    let kind =
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
    let headers =
        common(call).with("content-type", kind).with("odata-version", "4.0").with("x-ms-resource-unit", "1");
    Reply::of_api(status, headers, Value::Object(document).to_string())
}

/// The version in the path: `v1.0` or `beta`.
pub fn version(call: &Call) -> &str {
    call.path.split('/').next().unwrap_or_default()
}

/// The document of `UserInfo`, which is no `OData`.
pub fn plain(call: &Call, members: Map<String, Value>) -> Reply {
    let headers = common(call).with("content-type", "application/json; charset=utf-8");
    Reply::of_api(200, headers, Value::Object(members).to_string())
}

/// The answer to a preflight request. Graph lets every origin in: without a token there is nothing to get.
pub fn preflight(call: &Call) -> Reply {
    let wanted = call.headers.get("access-control-request-headers").unwrap_or("authorization");
    let headers = Headers::new()
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", "GET, POST, PATCH, PUT, DELETE, OPTIONS")
        .with("access-control-allow-headers", wanted)
        .with("access-control-max-age", "3600")
        .with("request-id", &call.trace_id);
    Reply::of_api(200, headers, String::new())
}

fn common(call: &Call) -> Headers {
    let diagnostic = json!({ "ServerInfo": {
        "DataCenter": "Lab", "Slice": "L", "Ring": "0", "ScaleUnit": "000", "RoleInstance": "LAB",
    } });
    Headers::new()
        .with("cache-control", "no-store, no-cache")
        .with("request-id", &call.trace_id)
        .with("client-request-id", client_request_id(call))
        .with("x-ms-ags-diagnostic", diagnostic.to_string())
        .with("access-control-allow-origin", "*")
        .with("access-control-expose-headers", EXPOSED)
}

fn client_request_id(call: &Call) -> &str {
    if call.headers.get("client-request-id").is_some() { &call.correlation_id } else { &call.trace_id }
}

/// There is nothing at that path.
pub fn no_such_segment(path: &str) -> Box<Refusal> {
    let last = path.rsplit('/').next().unwrap_or_default();
    refuse(error::INVALID_REQUEST, format!("No resource was found for the segment '{last}'."))
        .demands("the lab's Graph has a few operations, and not all of the real one's")
        .compares("path", path, super::OPERATIONS.iter().map(|operation| operation.path))
        .by("path.known")
}

/// The path is known, the method is not.
pub fn wrong_method(call: &Call) -> Box<Refusal> {
    let text = format!("The method {} is not allowed here.", call.method);
    refuse(error::INVALID_REQUEST, text)
        .demands("each operation has its method")
        .compares(
            "method",
            call.method.as_str(),
            super::OPERATIONS.iter().map(|operation| format!("{} {}", operation.method, operation.path)),
        )
        .by("method.allowed")
}
