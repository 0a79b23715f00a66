//! Answers and the surfaces they come on: JSON, a page, a redirect back to the application.
//!
//! A [`Reply`] may hold tokens that are not signed yet; signing is put off until [`Reply::respond`], which needs no lock.

use serde_json::{Map, Value, json};
use url::Url;

use super::{call::Call, mint::Unsigned, pages, refusal::Refusal};
use crate::wire::{Body, Headers, Method, Response};

/// An answer that is complete but for signatures.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: Headers,
    content: Content,
    /// Why it is a refusal, if it is one.
    pub refusal: Option<Box<Refusal>>,
}

#[derive(Debug)]
enum Content {
    Bytes(String),
    Json(Vec<(&'static str, Field)>),
    Return { to: Return, fields: Vec<(&'static str, Field)> },
}

/// A member of an answer.
#[derive(Debug)]
pub enum Field {
    Value(Value),
    Token(Box<Unsigned>),
}

impl From<Value> for Field {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Unsigned> for Field {
    fn from(token: Unsigned) -> Self {
        Self::Token(Box::new(token))
    }
}

/// The way back to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The redirect URI of the request.
    pub uri: Url,
    pub mode: Mode,
    /// Returned byte for byte.
    pub state: Option<String>,
}

/// `response_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Query,
    Fragment,
    FormPost,
}

impl Mode {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

impl Reply {
    /// A JSON document that may be cached and read by any page: metadata and keys.
    pub fn metadata(call: &Call, document: &Value) -> Self {
        Self::new(call, 200, with_metadata_headers(Headers::new()), document.to_string())
    }

    /// A JSON document that is for this caller alone.
    pub fn json(call: &Call, status: u16, document: &Value) -> Self {
        Self::new(call, status, with_json_headers(Headers::new()), document.to_string())
    }

    /// The answer of a protocol endpoint, with tokens still to be signed.
    pub fn tokens(call: &Call, fields: Vec<(&'static str, Field)>) -> Self {
        let headers = common(call, with_json_headers(Headers::new()), 0).with("x-ms-srs", "1.P");
        Self { status: 200, headers, content: Content::Json(fields), refusal: None }
    }

    /// A refusal as a JSON envelope (reference §2.2).
    pub fn refused(call: &Call, refusal: Box<Refusal>) -> Self {
        let headers = common(call, with_json_headers(Headers::new()), refusal.code);
        let body = envelope(call, &refusal).to_string();
        Self { status: refusal.status(), headers, content: Content::Bytes(body), refusal: Some(refusal) }
    }

    /// A refusal with a body of its own, where an endpoint does not speak OAuth's envelope.
    pub fn refused_as(call: &Call, status: u16, body: &Value, refusal: Box<Refusal>) -> Self {
        let headers = common(call, with_json_headers(Headers::new()), refusal.code);
        Self { status, headers, content: Content::Bytes(body.to_string()), refusal: Some(refusal) }
    }

    /// A refusal of a metadata request.
    pub fn refused_metadata(call: &Call, refusal: Box<Refusal>) -> Self {
        let headers = common(call, with_metadata_headers(Headers::new()), refusal.code);
        let body = envelope(call, &refusal).to_string();
        Self { status: refusal.status(), headers, content: Content::Bytes(body), refusal: Some(refusal) }
    }

    /// A page for a person. Pages are 200 even when they say no; the number then stands in `x-ms-clitelem` (reference §3.7).
    pub fn page(call: &Call, html: String) -> Self {
        let headers = common(call, with_page_headers(Headers::new()), 0);
        Self { status: 200, headers, content: Content::Bytes(html), refusal: None }
    }

    /// A page on which the person can try again, with the reason why the last try did not work.
    pub fn page_refusing(call: &Call, html: String, refusal: Box<Refusal>) -> Self {
        let headers = common(call, with_page_headers(Headers::new()), refusal.code);
        Self { status: 200, headers, content: Content::Bytes(html), refusal: Some(refusal) }
    }

    /// A refusal as a page from which nothing leads on.
    pub fn error_page(call: &Call, refusal: Box<Refusal>) -> Self {
        let html = pages::refusal(call, &refusal);
        Self::page_refusing(call, html, refusal)
    }

    /// A page that is no part of the protocol, such as "not found".
    pub fn plain_page(call: &Call, status: u16, html: String) -> Self {
        Self { status, ..Self::page(call, html) }
    }

    /// Sends the person to another page of the tenant.
    pub fn elsewhere(call: &Call, path: &str) -> Self {
        let mut reply = Self::page(call, String::new());
        reply.status = 302;
        reply.headers.push("location", format!("{}{path}", call.base));
        reply
    }

    /// Sends the person to an address outside of the tenant.
    pub fn outside(call: &Call, to: &Url) -> Self {
        let headers = common(call, with_return_headers(Headers::new()), 0).with("location", to.as_str());
        Self { status: 302, headers, content: Content::Bytes(String::new()), refusal: None }
    }

    /// Back to the application.
    pub fn back(call: &Call, to: &Return, fields: Vec<(&'static str, Field)>) -> Self {
        let mut fields = fields;
        if let Some(state) = &to.state {
            fields.push(("state", json!(state).into()));
        }
        Self {
            status: 302,
            headers: common(call, with_return_headers(Headers::new()), 0),
            content: Content::Return { to: to.clone(), fields },
            refusal: None,
        }
    }

    /// Back to the application with a refusal (RFC 6749 §4.1.2.1; order of the parameters as captured, reference §3.7).
    pub fn refused_back(call: &Call, to: &Return, refusal: Box<Refusal>) -> Self {
        Self::refused_back_with(call, to, refusal, Vec::new())
    }

    /// The same, with what an endpoint adds to its refusals.
    pub fn refused_back_with(
        call: &Call,
        to: &Return,
        refusal: Box<Refusal>,
        extra: Vec<(&'static str, Field)>,
    ) -> Self {
        let mut fields: Vec<(&'static str, Field)> = vec![
            ("error", json!(refusal.error).into()),
            ("error_description", json!(description(call, &refusal)).into()),
        ];
        if let Some(uri) = refusal.error_uri(&call.base) {
            fields.push(("error_uri", json!(uri).into()));
        }
        if let Some(subcode) = refusal.subcode {
            fields.push(("error_subcode", json!(subcode).into()));
        }
        if let Some(suberror) = refusal.suberror {
            fields.push(("suberror", json!(suberror).into()));
        }
        if let Some(claims) = &refusal.claims {
            fields.push(("claims", json!(claims).into()));
        }
        fields.extend(extra);
        let mut reply = Self::back(call, to, fields);
        reply.headers = common(call, with_return_headers(Headers::new()), refusal.code);
        reply.refusal = Some(refusal);
        reply
    }

    /// The answer to a preflight request of a browser.
    pub fn preflight(call: &Call, methods: &str) -> Self {
        let headers = Headers::new()
            .with("access-control-allow-origin", "*")
            .with("access-control-allow-methods", methods)
            .with("access-control-allow-headers", "content-type, client-request-id, return-client-request-id")
            .with("access-control-max-age", "86400");
        Self::new(call, 200, headers, String::new())
    }

    /// The answer of an API, which has headers of its own and none of the authority's.
    pub const fn of_api(status: u16, headers: Headers, body: String) -> Self {
        Self { status, headers, content: Content::Bytes(body), refusal: None }
    }

    /// Says that it is a refusal, and why.
    #[must_use]
    pub fn refusing(mut self, refusal: Box<Refusal>) -> Self {
        self.refusal = Some(refusal);
        self
    }

    /// Lets a page in a browser read the answer: what single-page applications need at the token endpoint (reference §14.3).
    #[must_use]
    pub fn readable_across_origins(mut self) -> Self {
        self.headers.push("access-control-allow-origin", "*");
        self.headers.push("access-control-allow-methods", "POST, OPTIONS");
        let exposed = "Content-Length,Content-Encoding,x-ms-request-id,x-ms-srs";
        self.headers.push("access-control-expose-headers", exposed);
        self
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a member at the end of a JSON document of tokens, or of an answer to the application.
    #[must_use]
    pub fn with_field(mut self, name: &'static str, value: impl Into<Field>) -> Self {
        match &mut self.content {
            Content::Json(fields) | Content::Return { fields, .. } => fields.push((name, value.into())),
            Content::Bytes(_) => {}
        }
        self
    }

    /// Adds a header line.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }

    fn new(call: &Call, status: u16, headers: Headers, body: String) -> Self {
        Self { status, headers: common(call, headers, 0), content: Content::Bytes(body), refusal: None }
    }

    /// Signs what is to be signed and writes the answer.
    pub fn respond(self) -> Response {
        let Self { mut status, mut headers, content, .. } = self;
        let body = match content {
            Content::Bytes(text) => text,
            Content::Json(fields) => {
                let members: Map<_, _> =
                    settle(fields).map(|(name, value)| (name.to_owned(), value)).collect();
                Value::Object(members).to_string()
            }
            Content::Return { to, fields } => {
                let fields: Vec<_> = settle(fields).map(|(name, value)| (name, as_text(value))).collect();
                match to.mode {
                    Mode::Query | Mode::Fragment => {
                        headers.push("location", address(&to, &fields));
                        String::new()
                    }
                    Mode::FormPost => {
                        status = 200;
                        pages::form_post(&to.uri, &fields)
                    }
                }
            }
        };
        let body = if body.is_empty() { Body::Empty } else { Body::from(body) };
        Response { status, headers, body }
    }
}

/// Signs the tokens. An access token comes before the ID token that holds its hash, so one pass is enough.
fn settle(fields: Vec<(&'static str, Field)>) -> impl Iterator<Item = (&'static str, Value)> {
    let mut access_token = None;
    fields.into_iter().map(move |(name, field)| match field {
        Field::Value(value) => (name, value),
        Field::Token(token) => {
            let text = token.sign(access_token.as_deref());
            if name == "access_token" {
                access_token = Some(text.clone());
            }
            (name, Value::String(text))
        }
    })
}

fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn address(to: &Return, fields: &[(&str, String)]) -> String {
    let mut uri = to.uri.clone();
    let parameters = fields
        .iter()
        .fold(&mut form_urlencoded::Serializer::new(String::new()), |out, (name, value)| {
            out.append_pair(name, value)
        })
        .finish();
    if to.mode == Mode::Fragment {
        uri.set_fragment(Some(&parameters));
        return uri.into();
    }
    let query = match uri.query() {
        Some(present) if !present.is_empty() => format!("{present}&{parameters}"),
        _ => parameters,
    };
    uri.set_query(Some(&query));
    // The real service ends its redirects with an empty fragment, so that a browser does not carry an old one over.
    format!("{uri}#")
}

/// `AADSTSn: text Trace ID: … Correlation ID: … Timestamp: …`.
fn description(call: &Call, refusal: &Refusal) -> String {
    format!(
        "AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {}",
        refusal.code,
        refusal.text,
        call.trace_id,
        call.correlation_id,
        call.now.date_time()
    )
}

fn envelope(call: &Call, refusal: &Refusal) -> Value {
    let mut body = json!({
        "error": refusal.error,
        "error_description": description(call, refusal),
        "error_codes": [refusal.code],
        "timestamp": call.now.date_time(),
        "trace_id": call.trace_id,
        "correlation_id": call.correlation_id,
    });
    if let Some(uri) = refusal.error_uri(&call.base) {
        body["error_uri"] = json!(uri);
    }
    if let Some(suberror) = refusal.suberror {
        body["suberror"] = json!(suberror);
    }
    if let Some(info) = refusal.additional_info {
        body["error_additional_info"] = json!([info]);
    }
    if let Some(claims) = &refusal.claims {
        body["claims"] = json!(claims);
    }
    body
}

/// What every answer carries (reference §14.1). `Strict-Transport-Security` is left out on purpose: sent from `localhost`,
/// a browser that honours it would force every other local server of the developer to https.
fn common(call: &Call, headers: Headers, code: u32) -> Headers {
    let headers = headers
        .with("x-content-type-options", "nosniff")
        .with("p3p", r#"CP="DSP CUR OTPi IND OTRi ONL FIN""#)
        .with("x-ms-request-id", &call.trace_id)
        .with("x-ms-ests-server", "2.1.0 - LAB ProdSlices")
        .with("x-ms-clitelem", format!("1,{code},0,,"))
        .with("x-xss-protection", "0");
    if call.echo_correlation { headers.with("client-request-id", &call.correlation_id) } else { headers }
}

fn with_json_headers(headers: Headers) -> Headers {
    uncached(headers)
        .with("content-type", "application/json; charset=utf-8")
        .with("referrer-policy", "strict-origin-when-cross-origin")
}

fn with_page_headers(headers: Headers) -> Headers {
    with_return_headers(headers).with("x-frame-options", "DENY")
}

/// Answers on their way back to the application may be framed: silent sign-in happens in a hidden frame.
fn with_return_headers(headers: Headers) -> Headers {
    uncached(headers)
        .with("content-type", "text/html; charset=utf-8")
        .with("referrer-policy", "strict-origin-when-cross-origin")
}

fn with_metadata_headers(headers: Headers) -> Headers {
    headers
        .with("cache-control", "max-age=86400, private")
        .with("content-type", "application/json; charset=utf-8")
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-methods", "GET, OPTIONS")
}

fn uncached(headers: Headers) -> Headers {
    headers.with("cache-control", "no-store, no-cache").with("pragma", "no-cache").with("expires", "-1")
}

/// Whether a method asks for a document.
pub const fn reads(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, mode: Mode, expected: &str) {
        let to = Return { uri: Url::parse(uri).unwrap(), mode, state: None };
        assert_eq!(address(&to, &[("code", "a b&c".to_owned()), ("state", "é|=".to_owned())]), expected);
    }

    #[test]
    fn answers_are_added_to_whatever_redirect_uri() {
        check("http://localhost", Mode::Query, "http://localhost/?code=a+b%26c&state=%C3%A9%7C%3D#");
        check(
            "http://localhost/cb?x=1",
            Mode::Query,
            "http://localhost/cb?x=1&code=a+b%26c&state=%C3%A9%7C%3D#",
        );
        check("myapp://auth", Mode::Query, "myapp://auth?code=a+b%26c&state=%C3%A9%7C%3D#");
        check("https://a.example/cb", Mode::Fragment, "https://a.example/cb#code=a+b%26c&state=%C3%A9%7C%3D");
    }
}
