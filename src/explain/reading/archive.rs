//! HAR files (HTTP Archive 1.2) as browsers and proxies save them.

use serde_json::{Map, Value};
use url::Url;

use super::message::Exchange;
use crate::wire::{Body, Headers, Method, Params, Request, Response};

/// The exchanges of an archive, in order; `None` if this is no archive.
pub fn exchanges(members: &Map<String, Value>) -> Option<Vec<Exchange>> {
    let entries = match members.get("log") {
        Some(log) => log.get("entries")?.as_array()?,
        None => members.get("entries")?.as_array()?,
    };
    Some(entries.iter().filter_map(entry).collect())
}

/// One entry, also by itself: `{request: {method, url, …}, response: {status, …}}`.
pub fn entry(value: &Value) -> Option<Exchange> {
    let request = request(value.get("request")?)?;
    let response = value.get("response").and_then(response);
    Some(Exchange { at: 0, request: Some(request), response })
}

fn request(value: &Value) -> Option<Request> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let url = Url::parse(text("url")?).ok()?;
    let method = Method::parse(&text("method").unwrap_or("GET").to_ascii_uppercase())?;
    let mut headers = headers(value);
    let posted = value.get("postData");
    let body = posted.map_or(Body::Empty, |posted| {
        let whole = posted.get("text").and_then(Value::as_str).filter(|text| !text.is_empty());
        let parts = || {
            let pairs = posted.get("params").and_then(Value::as_array).into_iter().flatten();
            let pair = |pair: &Value| {
                let text = |name: &str| pair.get(name).and_then(Value::as_str).map(str::to_owned);
                Some((text("name")?, text("value").unwrap_or_default()))
            };
            Params(pairs.filter_map(pair).collect()).encode()
        };
        Body::from(whole.map_or_else(parts, str::to_owned))
    });
    let kind = posted.and_then(|posted| posted.get("mimeType")).and_then(Value::as_str);
    if let Some(kind) = kind.filter(|_| headers.get("content-type").is_none()) {
        headers.push("content-type", kind);
    }
    Some(Request { method, url, headers, body })
}

fn response(value: &Value) -> Option<Response> {
    let status = u16::try_from(value.get("status")?.as_u64()?).ok()?;
    let mut headers = headers(value);
    let location = value.get("redirectURL").and_then(Value::as_str).filter(|address| !address.is_empty());
    if let Some(location) = location.filter(|_| headers.get("location").is_none()) {
        headers.push("location", location);
    }
    let content = value.get("content");
    let text = content.and_then(|content| content.get("text")).and_then(Value::as_str).unwrap_or_default();
    let is_base64 =
        content.and_then(|content| content.get("encoding")).and_then(Value::as_str) == Some("base64");
    let body = if is_base64 {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        Body::Whole(STANDARD.decode(text.trim()).unwrap_or_default())
    } else if text.is_empty() {
        Body::Empty
    } else {
        Body::from(text.to_owned())
    };
    Some(Response { status, headers, body })
}

fn headers(value: &Value) -> Headers {
    let mut headers = Headers::new();
    for header in value.get("headers").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        if let (Some(name), Some(value)) = (text("name"), text("value")) {
            headers.push(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_archive_is_read_with_forms_and_answers() {
        let archive = json!({"log": {"entries": [
            {"request": {"method": "POST", "url": "https://login.example/t/oauth2/v2.0/token",
                         "headers": [{"name": "Origin", "value": "https://app.example"}],
                         "postData": {"mimeType": "application/x-www-form-urlencoded",
                                      "params": [{"name": "client_id", "value": "c 1"}]}},
             "response": {"status": 400, "headers": [], "content": {"text": "e30=", "encoding": "base64"}}},
            {"request": {"url": "no address"}}
        ]}});
        let found = exchanges(archive.as_object().expect("an object")).expect("an archive");
        assert_eq!(found.len(), 1);
        let request = found[0].request.as_ref().expect("a request");
        assert_eq!(request.form().get("client_id"), Some("c 1"));
        assert_eq!(request.headers.get("origin"), Some("https://app.example"));
        assert_eq!(
            found[0].response.as_ref().map(|answer| answer.body.text().into_owned()),
            Some("{}".into())
        );
        assert_eq!(exchanges(&Map::new()), None);
    }
}
