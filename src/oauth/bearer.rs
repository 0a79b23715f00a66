//! Calling an API with a bearer token: how the token travels (RFC 6750 §2.1), and what the API answers (RFC 6750 §3;
//! reference §12.2).
//!
//! An API that refuses says so twice: in a `WWW-Authenticate` challenge, which is the protocol's word, and in a JSON body
//! of its own design. [`ApiAnswer`] reads both; [`ApiAnswer::refusal`] makes one refusal of them.

use serde_json::{Map, Value};

use super::{
    Refusal, Surface,
    challenge::{self, Challenge},
    error,
};
use crate::{
    secret::Secret,
    wire::{Body, Response},
};

/// The value of the `Authorization` header.
pub fn authorization(token: &Secret) -> String {
    format!("Bearer {}", token.expose())
}

/// What an API answered.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiAnswer {
    /// The status.
    pub status: u16,
    /// What it wants as credential.
    pub challenges: Vec<Challenge>,
    /// The API's own word on an error, where its body holds one.
    pub error: Option<ApiError>,
    /// The JSON in the body, if it is JSON and all of it is at hand.
    pub json: Option<Value>,
    /// Seconds to wait before the next call, if the API says so (RFC 9110 §10.2.3).
    pub retry_after: Option<u64>,
    request_id: Option<String>,
    client_request_id: Option<String>,
}

/// An error in a body: Microsoft Graph's envelope, or the members of RFC 6750 in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    /// A word for programs, such as `InvalidAuthenticationToken`.
    pub code: String,
    /// A sentence for people.
    pub message: Option<String>,
    /// When, as the API's clock has it.
    pub date: Option<String>,
    /// The API's id of this request.
    pub request_id: Option<String>,
    /// Our id of this request, or the API's again.
    pub client_request_id: Option<String>,
    /// The code inside `innerError`, where it says more.
    pub inner_code: Option<String>,
}

impl ApiAnswer {
    /// Reads an answer. Never fails: an API may answer whatever it likes.
    pub fn read(response: &Response) -> Self {
        let json = match &response.body {
            Body::Whole(bytes) => serde_json::from_slice(bytes).ok(),
            Body::Empty | Body::Cut { .. } => None,
        };
        let header = |name: &str| response.headers.get(name).map(str::to_owned);
        Self {
            status: response.status,
            challenges: challenge::read(&response.headers),
            error: json.as_ref().and_then(Value::as_object).and_then(ApiError::read),
            json,
            retry_after: response.headers.get("retry-after").and_then(|text| text.trim().parse().ok()),
            request_id: header("request-id").or_else(|| header("x-ms-request-id")),
            client_request_id: header("client-request-id"),
        }
    }

    /// The challenge for bearer tokens that says most: one with an error before one without.
    pub fn bearer(&self) -> Option<&Challenge> {
        let mut bearer = self.challenges.iter().filter(|challenge| challenge.is_bearer());
        let first = bearer.clone().next();
        bearer.find(|challenge| challenge.get("error").is_some()).or(first)
    }

    /// The refusal, if the status says that this is one. Its `error` is the challenge's, for that is what a client acts
    /// on; the body's own code is then the finer class.
    pub fn refusal(&self) -> Option<Refusal> {
        if self.status < 400 {
            return None;
        }
        let told = |name: &str| {
            self.bearer()
                .and_then(|challenge| challenge.get(name))
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let body = self.error.clone().unwrap_or_default();
        let code = Some(body.code).filter(|code| !code.is_empty());
        let (error, suberror) = match (told("error"), code) {
            (Some(error), Some(code)) if error == code => (error, None),
            (Some(error), code) => (error, code),
            (None, code) => (code.unwrap_or_default(), None),
        };
        let description = body.message.or_else(|| told("error_description"));
        let claims = self.bearer().and_then(Challenge::claims).and_then(Result::ok);
        Some(Refusal {
            surface: Surface::Api(self.status),
            error,
            error_codes: description.as_deref().map(error::numbers).unwrap_or_default(),
            description: Some(
                description.unwrap_or_else(|| format!("HTTP {} without a word of why", self.status)),
            ),
            error_uri: told("error_uri"),
            suberror,
            claims: claims.map(|claims| claims.to_string()),
            timestamp: body.date,
            trace_id: body.request_id.or_else(|| self.request_id.clone()),
            correlation_id: body.client_request_id.or_else(|| self.client_request_id.clone()),
        })
    }
}

impl ApiError {
    fn read(members: &Map<String, Value>) -> Option<Self> {
        let text = |members: &Map<String, Value>, name: &str| {
            members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        match members.get("error")? {
            Value::String(code) => Some(Self {
                code: code.clone(),
                message: text(members, "error_description"),
                ..Self::default()
            }),
            Value::Object(error) => {
                // Graph's documents spell it both ways.
                let inner =
                    ["innerError", "innererror"].iter().find_map(|name| error.get(*name)?.as_object());
                let inside = |name: &str| inner.and_then(|inner| text(inner, name));
                Some(Self {
                    code: text(error, "code")?,
                    message: text(error, "message"),
                    date: inside("date"),
                    request_id: inside("request-id"),
                    client_request_id: inside("client-request-id"),
                    inner_code: inside("code"),
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{oauth::answer::tests::answer, wire::Headers};

    fn graph_error() -> Value {
        json!({"error": {"code": "InvalidAuthenticationToken", "message": "Lifetime validation failed.", "innerError": {
            "date": "2026-03-04T09:20:11", "request-id": "r-1", "client-request-id": "c-1"
        }}})
    }

    #[test]
    fn the_token_travels_in_one_header() {
        assert_eq!(authorization(&Secret::new("abc")), "Bearer abc");
    }

    #[test]
    fn an_error_of_graph_is_read_whole() {
        let read = ApiAnswer::read(&answer(401, &graph_error()));
        let expected = Refusal {
            surface: Surface::Api(401),
            error: "InvalidAuthenticationToken".into(),
            description: Some("Lifetime validation failed.".into()),
            timestamp: Some("2026-03-04T09:20:11".into()),
            trace_id: Some("r-1".into()),
            correlation_id: Some("c-1".into()),
            ..Refusal::default()
        };
        assert_eq!(read.refusal(), Some(expected));
        let other_spelling =
            json!({"error": {"code": "x", "innererror": {"request-id": "r-2", "code": "y"}}});
        let error = ApiAnswer::read(&answer(400, &other_spelling)).error.expect("an error");
        assert_eq!((error.request_id.as_deref(), error.inner_code.as_deref()), (Some("r-2"), Some("y")));
    }

    #[test]
    fn the_challenge_names_the_error_and_the_body_the_finer_class() {
        let mut response = answer(401, &graph_error());
        response.headers.push("www-authenticate", "Basic realm=\"x\"");
        response.headers.push(
            "www-authenticate",
            "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"",
        );
        let refusal = ApiAnswer::read(&response).refusal().expect("a refusal");
        assert_eq!(refusal.error, "insufficient_claims");
        assert_eq!(refusal.suberror.as_deref(), Some("InvalidAuthenticationToken"));
        assert_eq!(refusal.claims.as_deref(), Some(r#"{"access_token":{}}"#));
    }

    #[test]
    fn an_api_that_keeps_to_the_rfc_needs_no_body() {
        let challenge = "Bearer error=\"insufficient_scope\", error_description=\"catalog.read is needed\", scope=\"catalog.read\"";
        let headers = Headers::new().with("www-authenticate", challenge).with("request-id", "r-3");
        let refusal = ApiAnswer::read(&Response { status: 403, headers, body: Body::Empty }).refusal();
        let refusal = refusal.expect("a refusal");
        assert_eq!(
            (&*refusal.error, refusal.description.as_deref()),
            ("insufficient_scope", Some("catalog.read is needed"))
        );
        assert_eq!(refusal.trace_id.as_deref(), Some("r-3"));
        let same = answer(401, &json!({"error": "invalid_token", "error_description": "expired"}));
        assert_eq!(ApiAnswer::read(&same).refusal().map(|no| no.error), Some("invalid_token".into()));
    }

    #[test]
    fn whatever_comes_is_an_answer() {
        let page = |status, body: &str| Response {
            status,
            headers: Headers::new().with("content-type", "text/html"),
            body: body.to_owned().into(),
        };
        assert_eq!(ApiAnswer::read(&page(200, "<h1>hello</h1>")).refusal(), None);
        let refusal = ApiAnswer::read(&page(502, "<h1>hello</h1>")).refusal().expect("a refusal");
        assert_eq!((&*refusal.error, refusal.surface), ("", Surface::Api(502)));
        for odd in [json!({"error": 7}), json!({"error": {}}), json!({"error": {"code": 1}}), json!([1])] {
            assert_eq!(ApiAnswer::read(&answer(400, &odd)).error, None, "{odd}");
        }
        let cut = Body::Cut { kept: b"{}".to_vec(), total: 9 };
        assert_eq!(ApiAnswer::read(&Response { body: cut, ..page(200, "") }).json, None);
    }
}
