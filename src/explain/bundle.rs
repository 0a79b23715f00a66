//! Evidence in one file: the JSON object that `explain --bundle` takes. Every member may be absent.
//!
//! `text`, `request`, `previous_request` `{method, url, headers, body}`, `response` `{status, headers, body}`,
//! `registration` (as `az ad app show` prints it), `service_principal` and `resource_service_principal` (as
//! `az ad sp show` prints them; `null` says that somebody looked and found none), `resource_registration`, `grants`
//! `{oauth2PermissionGrants, appRoleAssignments}`, `token`, `now` (RFC 3339). A member of another form is an error that
//! names it; what stands inside of a registration is read leniently.

use serde_json::{Map, Value};
use url::Url;

use super::{Evidence, Looked, reading::refusal_of};
use crate::{
    entra::registration::{Application, Grants, ServicePrincipal},
    time::UnixTime,
    wire::{Body, Headers, Method, Request, Response},
};

/// Reads a bundle. `now` is the clock where the bundle names none.
///
/// # Errors
///
/// A sentence that says which member is wrong, and what it should be.
pub fn read(bundle: &str, now: UnixTime) -> Result<Evidence, String> {
    let bundle: Value =
        serde_json::from_str(bundle).map_err(|error| format!("the bundle is not JSON: {error}"))?;
    let Value::Object(bundle) = bundle else {
        return Err("the bundle must be one JSON object".to_owned());
    };
    let response = member(&bundle, "response").map(response).transpose()?;
    let request = member(&bundle, "request").map(|value| request(value, "request")).transpose()?;
    Ok(Evidence {
        text: text(&bundle, "text")?,
        refusal: response.as_ref().and_then(|response| refusal_of(request.as_ref(), response)),
        request,
        previous_request: member(&bundle, "previous_request")
            .map(|value| self::request(value, "previous_request"))
            .transpose()?,
        response,
        registration: application(&bundle, "registration")?,
        service_principal: principal(&bundle, "service_principal")?,
        resource_registration: application(&bundle, "resource_registration")?,
        resource_service_principal: principal(&bundle, "resource_service_principal")?,
        grants: member(&bundle, "grants")
            .map(|value| {
                Grants::read(value).ok_or("grants: expected {oauth2PermissionGrants, appRoleAssignments}")
            })
            .transpose()?,
        token: text(&bundle, "token")?,
        now: match text(&bundle, "now")? {
            Some(time) => Some(UnixTime::parse(&time).ok_or("now: expected a time in RFC 3339")?),
            None => Some(now),
        },
        is_asked_later: member(&bundle, "now").is_none(),
        ..Evidence::default()
    })
}

/// A member that is there and not `null`.
fn member<'a>(bundle: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    bundle.get(name).filter(|value| !value.is_null())
}

fn text(bundle: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match member(bundle, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name}: expected a string")),
    }
}

fn application(bundle: &Map<String, Value>, name: &str) -> Result<Option<Application>, String> {
    member(bundle, name)
        .map(|value| {
            Application::read(value)
                .ok_or_else(|| format!("{name}: expected an object, as az ad app show prints it"))
        })
        .transpose()
}

fn principal(bundle: &Map<String, Value>, name: &str) -> Result<Looked<ServicePrincipal>, String> {
    match bundle.get(name) {
        None => Ok(Looked::Unknown),
        Some(Value::Null) => Ok(Looked::Absent),
        Some(value) => ServicePrincipal::read(value)
            .map(Looked::Found)
            .ok_or_else(|| format!("{name}: expected an object, as az ad sp show prints it, or null")),
    }
}

fn request(value: &Value, name: &str) -> Result<Request, String> {
    let url = value.get("url").and_then(Value::as_str).ok_or_else(|| format!("{name}.url is missing"))?;
    let url = Url::parse(url.trim()).map_err(|error| format!("{name}.url: {error}"))?;
    let body = body_in(value);
    let method = value.get("method").and_then(Value::as_str);
    let method = match method {
        Some(method) => Method::parse(&method.to_ascii_uppercase())
            .ok_or_else(|| format!("{name}.method: {method} is not a method that is known here"))?,
        None if body.is_some() => Method::Post,
        None => Method::Get,
    };
    Ok(Request { method, url, headers: headers(value), body: body_of(body.as_deref()) })
}

/// The body as a text; one that is JSON may stand there as JSON.
fn body_in(value: &Value) -> Option<String> {
    match value.get("body") {
        Some(body @ (Value::Object(_) | Value::Array(_))) => Some(body.to_string()),
        body => body.and_then(Value::as_str).map(str::to_owned),
    }
}

fn response(value: &Value) -> Result<Response, String> {
    let status = value.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    Ok(Response {
        status: status.ok_or("response.status: expected a number")?,
        headers: headers(value),
        body: body_of(body_in(value).as_deref()),
    })
}

fn body_of(text: Option<&str>) -> Body {
    text.map_or(Body::Empty, |text| Body::from(text.to_owned()))
}

fn headers(value: &Value) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in value.get("headers").and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::String(text) => headers.push(name, text.as_str()),
            Value::Array(several) => {
                several.iter().filter_map(Value::as_str).for_each(|text| headers.push(name, text));
            }
            Value::Number(number) => headers.push(name, number.to_string()),
            _ => {}
        }
    }
    headers
}
