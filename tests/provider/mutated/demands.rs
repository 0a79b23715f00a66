//! What holds for every answer, whatever was asked.

use authwright::wire::{Request, Response};
use serde_json::Value;
use url::Url;

use super::templates::{BASE, World};

/// What the members of a refusal in OAuth's envelope may be, in their order (reference §2.2); the first six must be there.
const ENVELOPE: &[&str] = &[
    "error",
    "error_description",
    "error_codes",
    "timestamp",
    "trace_id",
    "correlation_id",
    "error_uri",
    "suberror",
    "error_additional_info",
    "claims",
];

/// What the members of an answer with tokens may be.
const TOKENS: &[&str] = &[
    "token_type",
    "scope",
    "expires_in",
    "ext_expires_in",
    "refresh_in",
    "access_token",
    "refresh_token",
    "refresh_token_expires_in",
    "foci",
    "id_token",
    "client_info",
];

/// What version 1 adds.
const TOKENS_OF_VERSION_1: &[&str] = &["expires_on", "not_before", "resource"];

/// Answers grow with requests by no more than this factor, and with a directory by no more than that many bytes.
const GROWTH: usize = 24;
const ROOM: usize = 64 * 1024;

/// Statuses that an endpoint may answer with.
const STATUSES: &[u16] = &[200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 413, 415, 429];

pub struct Demands {
    /// Where a browser may be sent: the registered addresses, and the tenant itself.
    addresses: Vec<Url>,
}

impl Demands {
    pub fn new(world: &World) -> Self {
        let applications = world.tenant.scenario.applications().iter();
        let registered = applications.flat_map(|application| {
            let uris = application.redirect_uris().map(|(_, uri)| uri.to_owned());
            uris.chain(application.web.logout_url.clone()).collect::<Vec<_>>()
        });
        let own = [format!("{BASE}/"), format!("{BASE}/common/oauth2/nativeclient")];
        let addresses =
            registered.chain(own).map(|uri| uri.parse().expect("registered addresses can be read"));
        Self { addresses: addresses.collect() }
    }

    pub fn check(&self, path: &str, request: &Request, response: &Response, noted: bool) {
        let Response { status, headers, body } = response;
        // App Service passes a refusal of the token service on as a failure of its own: that is what clients see there.
        let is_passed_on = path == "msi/token" && *status == 500 && body.text().contains("AADSTS");
        assert!(STATUSES.contains(status) || is_passed_on, "status {status}");
        for (name, value) in headers.iter() {
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte)),
                "{name}"
            );
            assert!(value.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "header {name}: {value:?}");
        }
        let sent = request.url.as_str().len()
            + request.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            + request.body.bytes().len();
        let answered = body.bytes().len() + headers.iter().map(|(_, value)| value.len()).sum::<usize>();
        assert!(answered <= sent * GROWTH + ROOM, "{answered} bytes for {sent}");
        assert!(*status != 204 || body.is_empty(), "204 has no body");
        if let Some(location) = headers.get("location") {
            assert!(*status == 302 || *status == 201, "a location with {status}");
            assert!(*status != 302 || self.may_go_to(location), "a redirect to {location}");
        } else {
            assert_ne!(*status, 302, "a redirect leads somewhere");
        }
        let kind = headers.get("content-type").unwrap_or_default();
        if kind.starts_with("application/json") && !body.is_empty() {
            let document: Value = serde_json::from_slice(body.bytes()).expect("what says it is JSON is JSON");
            if let Some(document) = document.as_object() {
                check_document(path, *status, document, noted);
            }
        } else if kind.starts_with("text/html") {
            self.check_page(&body.text());
        } else {
            assert!(
                body.is_empty() || path.starts_with("v1.0") || path.starts_with("beta"),
                "{kind:?} is none of the surfaces"
            );
        }
    }

    /// Whether an address is one that a registration names, query and fragment aside; on loopback any port will do.
    fn may_go_to(&self, address: &str) -> bool {
        let Ok(address) = Url::parse(address) else { return false };
        if address.origin().ascii_serialization() == BASE {
            return true;
        }
        let is_loopback = address.scheme() == "http" && address.host_str() == Some("localhost");
        address.username().is_empty()
            && self.addresses.iter().any(|known| {
                let same_port =
                    is_loopback || known.port_or_known_default() == address.port_or_known_default();
                let bare = |url: &Url| url.path().trim_end_matches('/').to_owned();
                known.scheme() == address.scheme()
                    && known.host_str() == address.host_str()
                    && same_port
                    && bare(known) == bare(&address)
            })
    }

    fn check_page(&self, html: &str) {
        for raw in ["<x", "x\"'", "q<"] {
            assert!(!html.contains(raw), "the page repeats markup as it was sent: {html}");
        }
        assert!(!html.contains('\0'), "a page has no NUL");
        for attribute in [" action=\"", " href=\"", " src=\"", ";url="] {
            for (at, _) in html.match_indices(attribute) {
                let value =
                    html[at + attribute.len()..].split('"').next().unwrap_or_default().replace("&amp;", "&");
                let is_own = value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\");
                assert!(is_own || value.starts_with('#') || self.may_go_to(&value), "{attribute}{value}");
            }
        }
    }
}

/// Whether an answer with a status of success is a refusal all the same: a page, or a redirect back with an error.
pub fn says_no(response: &Response) -> bool {
    let number = response.headers.get("x-ms-clitelem").and_then(|line| line.split(',').nth(1));
    number.is_some_and(|number| number != "0")
}

fn check_document(path: &str, status: u16, document: &serde_json::Map<String, Value>, noted: bool) {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let speaks_oauth = path.starts_with("{t}") || path.starts_with("common/");
    if speaks_oauth && status >= 400 {
        assert!(noted, "whoever is refused can look up why");
        let names: Vec<_> = document.keys().map(String::as_str).collect();
        assert_eq!(names.get(..6), ENVELOPE.get(..6), "the members of a refusal");
        assert!(names.iter().all(|name| ENVELOPE.contains(name)), "{names:?}");
        let code = document["error_codes"][0].as_u64().expect("a number");
        let description = text("error_description").expect("a text");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(description.contains(" Trace ID: ") && description.contains(" Timestamp: "), "{description}");
    } else if path == "{t}/oauth2/v2.0/token" {
        assert!(document.keys().all(|name| TOKENS.contains(&name.as_str())), "{document:?}");
        assert!(text("access_token").is_some() && document["expires_in"].is_u64(), "{document:?}");
        assert_eq!(text("token_type"), Some("Bearer"));
    } else if path == "{t}/oauth2/token" {
        let known = |name: &str| TOKENS.contains(&name) || TOKENS_OF_VERSION_1.contains(&name);
        assert!(document.keys().all(|name| known(name)), "{document:?}");
        let numbers = ["expires_in", "expires_on", "not_before"];
        let are_texts = numbers.iter().all(|name| text(name).is_some_and(|text| text.parse::<i64>().is_ok()));
        assert!(text("access_token").is_some() && are_texts, "{document:?}");
    } else if path == "msi/token" && status >= 400 {
        assert_eq!(document["statusCode"], status);
        assert!(text("message").is_some() && text("correlationId").is_some(), "{document:?}");
    } else if (path.starts_with("v1.0") || path.starts_with("beta") || path == "oidc/userinfo")
        && status >= 400
    {
        let error = &document["error"];
        assert!(error["code"].is_string() && error["message"].is_string(), "{document:?}");
        assert!(error["innerError"]["request-id"].is_string(), "{document:?}");
    } else if status >= 400 {
        assert!(text("error").is_some() && text("error_description").is_some(), "{document:?}");
    } else {
        assert!(!document.contains_key("error"), "a success holds no error: {document:?}");
    }
}
