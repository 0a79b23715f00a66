//! What the answers of all JSON endpoints have in common: is it a redirect, a refusal, or a JSON object, and which of
//! its members hold what.
//!
//! [`object`] sorts an answer; [`Members`] reads the members by name and type.

use serde_json::{Map, Value};
use url::Url;

use super::{Refusal, error};
use crate::wire::{Body, Failure, Response};

/// An answer that is not the one hoped for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The authority said no.
    Refused(Box<Refusal>),
    /// Something came that cannot be read as what it should be.
    Unreadable(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Unreadable(failure)
    }
}

/// The JSON object in an answer of `document` (such as `a token response`).
///
/// An `error` member makes it a refusal whatever the status says: some servers refuse with 200. A redirect is never
/// followed: the endpoint's secrets would travel to wherever it points.
pub fn object(response: &Response, document: &str) -> Result<Map<String, Value>, Trouble> {
    let unreadable =
        |reason: String| Trouble::Unreadable(Failure::Unreadable { expected: document.to_owned(), reason });
    if (300..400).contains(&response.status) {
        return Err(unreadable(redirect_reason(response)));
    }
    if let Some(refusal) = error::from_response(response) {
        return Err(Trouble::Refused(Box::new(refusal)));
    }
    let status = response.status;
    let kind = || match response.headers.get("content-type") {
        Some(kind) => format!("HTTP {status}, content type {}", crate::text::visible(kind)),
        None => format!("HTTP {status} without a content type"),
    };
    if let Body::Cut { kept, total } = &response.body {
        return Err(unreadable(format!("only {} of its {total} bytes were kept", kept.len())));
    }
    if response.body.is_empty() {
        return Err(unreadable(format!("the body is empty ({})", kind())));
    }
    let value: Value = serde_json::from_slice(response.body.bytes()).map_err(|why| {
        unreadable(format!("no JSON from line {}, column {} ({})", why.line(), why.column(), kind()))
    })?;
    let Value::Object(members) = value else {
        return Err(unreadable(format!("JSON, but {} and no object ({})", type_of(&value), kind())));
    };
    if !response.is_success() {
        return Err(unreadable(format!("HTTP {status} with a JSON object that has no `error`")));
    }
    Ok(members)
}

/// What a redirect says, for those who do not follow it: where to, without the parameters.
pub fn redirect_reason(response: &Response) -> String {
    let target = match response.headers.get("location") {
        None => "without saying where to".to_owned(),
        Some(location) => match Url::parse(location).ok().and_then(|url| url.host_str().map(str::to_owned)) {
            Some(host) => format!("to {host}"),
            None => "to another path of the same host".to_owned(),
        },
    };
    format!("HTTP {} redirects {target}, and redirects are not followed here", response.status)
}

/// The members of one document, read by name; errors name the member and never quote its value.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    document: &'static str,
    members: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    /// The members of `document`, which is named in errors.
    pub const fn new(document: &'static str, members: &'a Map<String, Value>) -> Self {
        Self { document, members }
    }

    /// A member that must hold text that is not empty.
    pub fn text(self, name: &str) -> Result<String, Failure> {
        self.optional_text(name)?.ok_or_else(|| self.fault(name, "is missing"))
    }

    /// A member that may hold text; absent, `null` and empty text are the same.
    pub fn optional_text(self, name: &str) -> Result<Option<String>, Failure> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.fault(name, &format!("is {}, not text", type_of(other)))),
        }
    }

    /// A member that may hold an absolute address.
    pub fn optional_url(self, name: &str) -> Result<Option<Url>, Failure> {
        self.optional_text(name)?
            .map(|text| Url::parse(&text).map_err(|why| self.fault(name, &format!("is no address: {why}"))))
            .transpose()
    }

    /// A member that may hold whole seconds, as a number or as digits in text (older Entra endpoints send text).
    pub fn optional_seconds(self, name: &str) -> Result<Option<u64>, Failure> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match (number.as_u64(), number.as_f64()) {
                (Some(seconds), _) => Ok(Some(seconds)),
                // 3599.0 is a whole number as JSON goes.
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the guard admits whole numbers between 0 and 2^53 only"
                )]
                (None, Some(seconds))
                    if seconds.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&seconds) =>
                {
                    Ok(Some(seconds as u64))
                }
                _ => Err(self.fault(name, "is a number, but no whole number of seconds")),
            },
            Some(Value::String(text)) => match text.trim().parse() {
                Ok(seconds) => Ok(Some(seconds)),
                Err(_) => Err(self.fault(name, "is text, but no whole number of seconds")),
            },
            Some(other) => Err(self.fault(name, &format!("is {}, not a number of seconds", type_of(other)))),
        }
    }

    /// A member that may hold a list of texts; other elements are skipped.
    pub fn optional_texts(self, name: &str) -> Result<Vec<String>, Failure> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            Some(other) => Err(self.fault(name, &format!("is {}, not a list", type_of(other)))),
        }
    }

    /// Whether a member is there and true.
    pub fn flag(self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// An error about one member.
    pub fn fault(self, name: &str, what: &str) -> Failure {
        Failure::Unreadable { expected: self.document.to_owned(), reason: format!("`{name}` {what}") }
    }

    fn value(self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }
}

/// The JSON type of a value, in words.
pub const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::Headers;

    /// A JSON answer.
    pub fn answer(status: u16, body: &Value) -> Response {
        Response {
            status,
            headers: Headers::new().with("content-type", "application/json"),
            body: body.to_string().into(),
        }
    }

    fn reason(response: &Response) -> String {
        match object(response, "a token response") {
            Err(Trouble::Unreadable(failure)) => failure.to_string(),
            other => panic!("not unreadable: {other:?}"),
        }
    }

    #[test]
    fn a_redirect_is_not_followed_and_names_its_host() {
        let mut response = answer(302, &json!({}));
        response.headers.push("location", "https://login.example/elsewhere?code=x");
        let reason = reason(&response);
        assert!(reason.contains("302") && reason.contains("login.example"), "{reason}");
        assert!(!reason.contains("code=x"), "{reason}");
    }

    #[test]
    fn an_error_member_is_a_refusal_whatever_the_status() {
        for status in [200, 400, 401, 500] {
            let response = answer(status, &json!({"error": "invalid_grant"}));
            let Err(Trouble::Refused(refusal)) = object(&response, "x") else { panic!("status {status}") };
            assert_eq!(refusal.error, "invalid_grant");
        }
    }

    #[test]
    fn what_is_no_json_object_says_what_came_and_quotes_nothing() {
        let mut html = answer(502, &json!({}));
        html.headers = Headers::new().with("content-type", "text/html");
        html.body = "<h1>Bad gateway hunter2</h1>".to_owned().into();
        let text = reason(&html);
        assert!(text.contains("502") && text.contains("text/html") && !text.contains("hunter2"), "{text}");
        assert!(reason(&answer(200, &json!(["hunter2"]))).contains("a list"));
        assert!(reason(&answer(500, &json!({"a": 1}))).contains("no `error`"));
        let empty = Response { status: 200, headers: Headers::new(), body: Body::Empty };
        assert!(reason(&empty).contains("empty"));
        let cut = Response { body: Body::Cut { kept: b"{}".to_vec(), total: 9 }, ..empty };
        assert!(reason(&cut).contains("2 of its 9"));
    }

    #[test]
    fn seconds_come_as_numbers_or_text() {
        let value = json!({"a": 3599, "b": "3599", "c": 3599.0, "d": 1.5, "e": -1, "f": "soon", "g": true, "h": null});
        let Value::Object(members) = value else { unreachable!() };
        let members = Members::new("a document", &members);
        for good in ["a", "b", "c"] {
            assert_eq!(members.optional_seconds(good), Ok(Some(3599)), "{good}");
        }
        assert_eq!(members.optional_seconds("h"), Ok(None));
        for bad in ["d", "e", "f", "g"] {
            let error = members.optional_seconds(bad).expect_err(bad).to_string();
            assert!(error.contains(&format!("`{bad}`")) && !error.contains("soon"), "{error}");
        }
    }
}
