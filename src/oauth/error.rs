//! Reading a refusal, on whichever surface it comes (RFC 6749 §4.1.2.1, §5.2; Entra's envelope, reference §2.2, §3.7).
//!
//! The authority has three: a JSON body, the parameters of a redirect, and a page of the authority. The last has no agreed form
//! and often the status 200, so the page's text is searched for Entra's number. Numbers and texts are for people;
//! programs act on [`Refusal::error`] alone. What an API says is read by [`bearer`](super::bearer).

use serde_json::{Map, Value};
use url::Url;

use super::page;
use crate::wire::{Params, Response};

/// The authority said no. A value, and usually the point of the exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stood.
    pub surface: Surface,
    /// The OAuth error code, the one thing a program may act on; empty where a page gives none.
    pub error: String,
    /// The text for people.
    pub description: Option<String>,
    /// Entra's numbers, as sent in `error_codes`, or found in the text.
    pub error_codes: Vec<u32>,
    /// A page about the error.
    pub error_uri: Option<String>,
    /// Entra's finer class; `error_subcode` where a redirect carries that instead.
    pub suberror: Option<String>,
    /// A claims challenge to replay, a JSON document as text.
    pub claims: Option<String>,
    /// When the authority refused, in its own words.
    pub timestamp: Option<String>,
    /// The authority's id of this request.
    pub trace_id: Option<String>,
    /// The id that ties requests together, ours if we sent one.
    pub correlation_id: Option<String>,
}

/// Where a refusal stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    /// In a JSON body with this status.
    Json(u16),
    /// In the parameters of a redirect.
    #[default]
    Redirect,
    /// On a page of the authority: never sent back to the application.
    Page(u16),
    /// In the answer of an API with this status: its challenge, its body, or both.
    Api(u16),
}

impl Refusal {
    /// Takes what the description says in passing and no member has said: numbers, ids, time.
    fn completed(mut self) -> Self {
        let Some(text) = &self.description else { return self };
        if self.error_codes.is_empty() {
            self.error_codes = numbers(text);
        }
        self.trace_id = self.trace_id.or_else(|| labelled(text, &["trace id:", "request id:"]));
        self.correlation_id = self.correlation_id.or_else(|| labelled(text, &["correlation id:"]));
        self.timestamp = self.timestamp.or_else(|| labelled(text, &["timestamp:"]));
        self
    }
}

/// The refusal in an answer, if it is one: a JSON error, a redirect that carries one, or a page with Entra's number.
pub fn from_response(response: &Response) -> Option<Refusal> {
    if let Some(location) = response.redirect_target() {
        return from_location(location);
    }
    let bytes = response.body.bytes();
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if begins == Some(&b'{') {
        let Ok(Value::Object(members)) = serde_json::from_slice(bytes) else { return None };
        return from_json(response.status, &members);
    }
    let refusal = from_page(response);
    (!refusal.error_codes.is_empty()).then_some(refusal)
}

/// The refusal in a JSON body (RFC 6749 §5.2), if it has an `error`.
pub fn from_json(status: u16, members: &Map<String, Value>) -> Option<Refusal> {
    let text = |name: &str| match members.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(value @ (Value::Object(_) | Value::Array(_) | Value::Number(_))) => Some(value.to_string()),
        _ => None,
    };
    let (error, description) = match members.get("error")? {
        Value::String(error) => (error.clone(), text("error_description")),
        // Microsoft Graph and other APIs: an object with code and message.
        Value::Object(inner) => {
            let member = |name: &str| inner.get(name).and_then(Value::as_str).map(str::to_owned);
            (member("code")?, member("message"))
        }
        _ => return None,
    };
    let error_codes = match members.get("error_codes") {
        Some(Value::Array(codes)) => codes.iter().filter_map(code).collect(),
        _ => Vec::new(),
    };
    let refusal = Refusal {
        surface: Surface::Json(status),
        error,
        description,
        error_codes,
        error_uri: text("error_uri"),
        suberror: text("suberror"),
        claims: text("claims"),
        timestamp: text("timestamp"),
        trace_id: text("trace_id"),
        correlation_id: text("correlation_id"),
    };
    Some(refusal.completed())
}

fn code(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// The refusal in the parameters of a redirect (RFC 6749 §4.1.2.1), if they have an `error`.
pub fn from_params(params: &Params) -> Option<Refusal> {
    let text = |name: &str| params.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let refusal = Refusal {
        surface: Surface::Redirect,
        error: text("error")?,
        description: text("error_description"),
        error_codes: Vec::new(),
        error_uri: text("error_uri"),
        suberror: text("suberror").or_else(|| text("error_subcode")),
        claims: text("claims"),
        timestamp: text("timestamp"),
        trace_id: text("trace_id"),
        correlation_id: text("correlation_id"),
    };
    Some(refusal.completed())
}

fn from_location(location: &str) -> Option<Refusal> {
    // A relative address carries parameters all the same; the base is only there to parse it.
    let base = Url::parse("http://localhost/").ok()?;
    let url = base.join(location).ok()?;
    [url.query(), url.fragment()].into_iter().flatten().find_map(|text| from_params(&Params::parse(text)))
}

/// A page of the authority on which the journey ended, read as far as it can be. Without a number on it, the page's
/// heading is the description.
pub fn from_page(response: &Response) -> Refusal {
    let told = response.headers.get("x-ms-clitelem").and_then(telemetry_number);
    let html = response.body.text();
    let page = page::read(&html);
    let mut error_codes = numbers(page.message.as_deref().unwrap_or_default());
    // The header names the error that stopped the request; a page may mention others.
    if let Some(number) = told {
        error_codes.retain(|other| *other != number);
        error_codes.insert(0, number);
    }
    let refusal = Refusal {
        surface: Surface::Page(response.status),
        error_codes,
        trace_id: labelled(&page.text, &["request id:", "trace id:"])
            .or_else(|| response.headers.get("x-ms-request-id").map(str::to_owned)),
        correlation_id: labelled(&page.text, &["correlation id:"]),
        timestamp: labelled(&page.text, &["timestamp:"]),
        description: page.message.or(page.heading),
        ..Refusal::default()
    };
    refusal.completed()
}

/// The number in `1,90102,0,,`; 0 means none.
fn telemetry_number(header: &str) -> Option<u32> {
    header.split(',').nth(1)?.trim().parse().ok().filter(|number| *number != 0)
}

/// Every number that follows `AADSTS`, in order, each once.
pub fn numbers(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices("AADSTS") {
        let rest = &text[at + mark.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if let Ok(number) = rest[..end].parse()
            && !found.contains(&number)
        {
            found.push(number);
        }
    }
    found
}

/// The word behind one of the labels, in any letter case; for `2026-03-04 09:15:27Z` both halves.
fn labelled(text: &str, labels: &[&str]) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let behind = labels.iter().find_map(|label| Some(&text[lower.find(label)? + label.len()..]))?;
    let mut words = behind.split_whitespace();
    let first = words.next()?;
    let is_date = first.len() == 10 && first.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let whole = match words.next().filter(|_| is_date) {
        Some(second) => format!("{first} {second}"),
        None => first.to_owned(),
    };
    Some(whole.trim_end_matches(['.', ',', ';', '"']).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        oauth::answer::tests::answer,
        wire::{Body, Headers},
    };

    const TEXT: &str = "AADSTS7000215: not the secret. Trace ID: 5be0c2f1-77aa-4c1e-9d0e-2f6b1a3c0400 \
                        Correlation ID: 1f4e7c9a-0b2d-4a53-8c66-9e7d1f2a3b4c Timestamp: 2026-03-04 09:15:27Z";

    fn page(html: &str) -> Response {
        let headers = Headers::new().with("content-type", "text/html; charset=utf-8");
        Response { status: 200, headers, body: html.to_owned().into() }
    }

    #[test]
    fn the_whole_envelope_is_read() {
        let body = json!({
            "error": "invalid_client", "error_description": TEXT, "error_codes": [7_000_215, "70002", {}],
            "timestamp": "2026-03-04 09:15:27Z", "trace_id": "t", "correlation_id": "c", "suberror": "bad_token",
            "error_uri": "https://login.example/error?code=7000215", "claims": {"access_token": {}}
        });
        let expected = Refusal {
            surface: Surface::Json(401),
            error: "invalid_client".into(),
            description: Some(TEXT.into()),
            error_codes: vec![7_000_215, 70002],
            error_uri: Some("https://login.example/error?code=7000215".into()),
            suberror: Some("bad_token".into()),
            claims: Some(r#"{"access_token":{}}"#.into()),
            timestamp: Some("2026-03-04 09:15:27Z".into()),
            trace_id: Some("t".into()),
            correlation_id: Some("c".into()),
        };
        assert_eq!(from_response(&answer(401, &body)), Some(expected));
    }

    #[test]
    fn what_no_member_says_is_taken_from_the_text() {
        for text in [TEXT.to_owned(), TEXT.replace(" Trace", "\r\nTrace").replace(" Corr", "\r\nCorr")] {
            let params = Params(vec![
                ("error".into(), "access_denied".into()),
                ("error_description".into(), text),
                ("error_subcode".into(), "cancel".into()),
            ]);
            let refusal = from_params(&params).expect("an error");
            assert_eq!(refusal.error_codes, [7_000_215]);
            assert_eq!(refusal.trace_id.as_deref(), Some("5be0c2f1-77aa-4c1e-9d0e-2f6b1a3c0400"));
            assert_eq!(refusal.correlation_id.as_deref(), Some("1f4e7c9a-0b2d-4a53-8c66-9e7d1f2a3b4c"));
            assert_eq!(refusal.timestamp.as_deref(), Some("2026-03-04 09:15:27Z"));
            assert_eq!(refusal.suberror.as_deref(), Some("cancel"));
        }
    }

    #[test]
    fn a_redirect_that_carries_an_error_is_one() {
        for location in ["/cb?error=login_required&state=s", "https://app.example/#error=login_required"] {
            let headers = Headers::new().with("location", location);
            let response = Response { status: 302, headers, body: Body::Empty };
            assert_eq!(from_response(&response).map(|refusal| refusal.error), Some("login_required".into()));
        }
        let headers = Headers::new().with("location", "/cb?code=1");
        assert_eq!(from_response(&Response { status: 302, headers, body: Body::Empty }), None);
    }

    #[test]
    fn a_page_is_read_by_its_text() {
        let html = "<!doctype html><title>Sign in</title><style>.AADSTS1{}</style><h1>Sorry</h1>\
                    <p>AADSTS50011: The address &#39;x&#39; is <b>not</b> registered.</p>\
                    <ul><li>Request Id: r-1</li><li>Correlation Id: c-1</li>\
                    <li>Timestamp: 2026-03-04T09:15:27Z</li></ul>";
        let refusal = from_response(&page(html)).expect("a refusal");
        assert_eq!(refusal.surface, Surface::Page(200));
        assert_eq!(refusal.error_codes, [50011]);
        let description = refusal.description.as_deref();
        assert_eq!(description, Some("AADSTS50011: The address 'x' is not registered."));
        assert_eq!(refusal.trace_id.as_deref(), Some("r-1"));
        assert_eq!(refusal.correlation_id.as_deref(), Some("c-1"));
        assert_eq!(refusal.timestamp.as_deref(), Some("2026-03-04T09:15:27Z"));
        assert_eq!(refusal.error, "");
    }

    #[test]
    fn a_page_is_read_by_its_header_and_by_its_script() {
        let mut by_header = page("<h1>Trouble</h1>");
        by_header.headers.push("x-ms-clitelem", "1,90102,0,,");
        let refusal = from_response(&by_header).expect("a refusal");
        assert_eq!((refusal.error_codes, refusal.description), (vec![90102], Some("Trouble".into())));
        let script =
            r#"<script>$Config={"strServiceExceptionMessage":"AADSTS700016: no \u0027app\u0027."};</script>"#;
        let refusal = from_response(&page(script)).expect("a refusal");
        assert_eq!(refusal.error_codes, [700_016]);
        assert_eq!(refusal.description.as_deref(), Some("AADSTS700016: no 'app'."));
    }

    #[test]
    fn an_ordinary_page_is_no_refusal_unless_the_journey_ended_on_it() {
        let login = page("<title>Sign in</title><form><input name=login></form>");
        assert_eq!(from_response(&login), None);
        assert_eq!(from_page(&login).description.as_deref(), Some("Sign in"));
        let mut quiet = page("");
        quiet.headers.push("x-ms-clitelem", "1,0,0,,");
        assert_eq!(from_response(&quiet), None);
    }

    #[test]
    fn an_api_error_is_read_too() {
        let body = json!({"error": {"code": "InvalidAuthenticationToken", "message": "no"}});
        let refusal = from_response(&answer(401, &body)).expect("a refusal");
        assert_eq!(
            (&*refusal.error, refusal.description.as_deref()),
            ("InvalidAuthenticationToken", Some("no"))
        );
        assert_eq!(from_response(&answer(200, &json!({"error": 7}))), None);
    }

    #[test]
    fn labels_and_numbers_at_the_very_end_do_not_panic() {
        assert_eq!(numbers("AADSTS AADSTS99999999999 AADSTS50011 AADSTS50011 AADSTS"), [50011]);
        assert_eq!(labelled("Trace ID:", &["trace id:"]), None);
        assert_eq!(labelled("İ Trace ID: ä", &["trace id:"]).as_deref(), Some("ä"));
    }
}
