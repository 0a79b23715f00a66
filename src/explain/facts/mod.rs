//! What the evidence says: the number, the OAuth error, and the values that the prose has slots for.
//!
//! Everything here comes from outside and may be hostile. It is read in time proportional to its size, and whatever looks
//! like a credential is masked before it is kept, so that nothing behind this module can print one.

mod credentials;
mod message;
mod number;
mod request;

use url::Url;

use super::{
    Evidence,
    place::Place,
    reading::{plain, what_stayed},
};
use crate::{
    entra::scopes,
    time::UnixTime,
    token,
    wire::{Params, Request},
};
pub(super) use credentials::without_credentials;
use number::{alone, most_telling, status_alone};

/// What is known, by slot name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The number that matters.
    pub code: Option<u32>,
    /// The OAuth error.
    pub error: Option<String>,
    /// The entry that the words of the failure lead to, more precise than the OAuth error.
    pub named: Option<&'static str>,
    /// The name itself that leads there.
    pub said: Option<&'static str>,
    /// The entry about a name that only wraps others.
    pub wrapper: Option<&'static str>,
    /// Who refused.
    pub place: Place,
    /// When the authority refused, as it wrote it.
    pub timestamp: Option<String>,
    /// What the authority's clock showed when it answered.
    pub answered: Option<UnixTime>,
    /// Whether the request was read from a program with variables in it: then an address with a variable is what was written,
    /// not what was sent.
    is_from_program: bool,
    values: Vec<(&'static str, String)>,
}

impl Facts {
    /// Reads the evidence; what is closer to the wire wins.
    pub fn read(evidence: &Evidence) -> Self {
        let mut facts = Self { place: Place::of(evidence), ..Self::default() };
        let mut texts: Vec<String> = Vec::new();
        if let Some(refusal) = &evidence.refusal {
            facts.error = Some(refusal.error.clone()).filter(|error| !error.is_empty());
            facts.timestamp.clone_from(&refusal.timestamp);
            // The numbers are data already; written as a text they are ranked like all others.
            let description = refusal.description.as_deref().unwrap_or_default();
            let address = refusal.error_uri.as_deref().unwrap_or_default();
            texts.push(format!("{description}\n{address}\nerror_codes: {:?}", refusal.error_codes));
            if let Some(id) = &refusal.correlation_id {
                facts.set("correlation_id", id);
            }
            if let Some(id) = &refusal.trace_id {
                facts.set("trace_id", id);
            }
        }
        if matches!(facts.place, Place::Api(_)) {
            facts.read_call(evidence.request.as_ref(), evidence.response.as_ref());
        }
        if let Some(response) = &evidence.response {
            let mut said = response.redirect_target().unwrap_or_default().to_owned();
            if let Some(told) = response.headers.get("x-ms-clitelem") {
                said = format!("{said}\nx-ms-clitelem: {told}");
            }
            texts.push(format!("{said}\n{}", plain::plain(&response.body.text())));
            let date = response.headers.get("date").and_then(UnixTime::from_http_date);
            facts.answered = date;
        }
        let stayed = evidence.text.as_deref().map(what_stayed);
        texts.extend(stayed.map(str::to_owned));

        if let Some(request) = &evidence.request {
            facts.read_request(request);
        }
        facts.code = most_telling(&texts).or_else(|| evidence.text.as_deref().and_then(alone));
        for text in &texts {
            facts.read_text(text);
        }
        // What was cut off before the failure that stayed may still name client and tenant.
        let whole = evidence.text.as_deref();
        if let Some(text) = whole.filter(|text| stayed.is_some_and(|part| part.len() < text.len())) {
            facts.read_addresses(text);
        }
        if let Some(request) = &evidence.previous_request {
            facts.read_request(request);
        }
        if facts.error.is_none() && facts.code.is_none() {
            let status =
                evidence.response.as_ref().map(|response| response.status).filter(|status| *status >= 400);
            let of_answer = || Some(Place::Api(status?).entry(None)?.error.to_owned());
            facts.error = evidence.text.as_deref().and_then(status_alone).or_else(of_answer);
        }
        if let Some(token) = evidence.token.as_deref().filter(|_| facts.code.is_none()) {
            facts.read_token(&token::decode(token));
        }
        if facts.code.is_none() {
            let proves_itself = |request: &Request| request.form().get("client_assertion").is_some();
            if facts.error.as_deref() == Some("invalid_client")
                && evidence.request.as_ref().is_some_and(proves_itself)
            {
                facts.named = None; // words about a token are words about that assertion
            }
            let called = facts.error.as_deref().map(super::names::find).unwrap_or_default();
            facts.named = facts.named.or(called.named);
            facts.wrapper = facts.wrapper.or(called.wrapper);
            for text in &texts {
                facts.read_phrases(text);
            }
            if facts.get("redirect_uri").is_none()
                && facts.named.is_some_and(|named| named.starts_with("redirect_uri_"))
            {
                let mut addresses = texts.iter().flat_map(|text| super::phrases::addresses(text));
                if let Some(address) =
                    addresses.find(|address| super::elsewhere::may_be_redirect_uri(address))
                {
                    facts.set("redirect_uri", address);
                }
            }
            if facts.word().is_none() {
                facts.named = super::symptoms::find(evidence);
            }
        }
        // Nobody said otherwise, so the registration at hand is the client's.
        if let Some(id) = evidence.registration.as_ref().and_then(|app| app.app_id.as_deref()) {
            facts.set("client_id", id);
        }
        facts.answered = facts.answered.or_else(|| UnixTime::parse(facts.timestamp.as_deref()?));
        facts.derive();
        facts
    }

    /// The value for a slot, already safe from secrets, not yet from control characters.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The same with values that a rule found out; they come before what is known already.
    pub fn with(&self, values: Vec<(&'static str, String)>) -> Self {
        let mut facts = self.clone();
        let found = values.into_iter().map(|(name, value)| (name, without_credentials(value.trim())));
        facts.values.splice(0..0, found.filter(|(_, value)| !value.is_empty()));
        facts
    }

    /// Notes a value, unless one is known or there is nothing to note.
    pub fn set(&mut self, name: &'static str, value: &str) {
        let value = value.trim();
        if !value.is_empty() && self.get(name).is_none() {
            self.values.push((name, without_credentials(value)));
        }
    }

    fn read_text(&mut self, text: &str) {
        // The readers have made a refusal of what a text holds; an answer's body is read here.
        if let Some(answer) = json_object(text) {
            let member = |name: &str| answer.get(name).and_then(serde_json::Value::as_str);
            // APIs put an object there, with a word for programs in it.
            let inside = |name: &str| answer.get("error")?.get(name)?.as_str();
            self.error = self.error.take().or_else(|| member("error").or(inside("code")).map(str::to_owned));
            self.timestamp = self.timestamp.take().or_else(|| member("timestamp").map(str::to_owned));
            if let Some(id) = member("correlation_id").or_else(|| member("correlationId")) {
                self.set("correlation_id", id);
            }
            if let Some(description) = member("error_description") {
                self.read_message(description);
            }
            // What an API tells about itself (RFC 9728 §2), which clients put into their requests.
            if let (Some(resource), Some(scopes)) = (member("resource"), answer.get("scopes_supported")) {
                self.set("resource", resource);
                let scopes = scopes.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
                self.set("scope", &scopes.collect::<Vec<_>>().join(" "));
            }
        }
        self.read_addresses(text);
        self.read_message(text);
        let found = super::names::find(text);
        self.named = self.named.or(found.named);
        self.said = self.said.or(found.said);
        self.wrapper = self.wrapper.or(found.wrapper);
        if self.error.is_none() {
            self.error = found.plain.map(str::to_owned);
        }
    }

    /// Values that messages without a number name.
    fn read_phrases(&mut self, text: &str) {
        for (slot, value) in super::phrases::values(text) {
            self.set(slot, &value);
        }
    }

    /// The word that leads to an entry where there is no number: a precise name, a plain OAuth error, or what wraps others.
    pub fn word(&self) -> Option<&str> {
        let error = self.error.as_deref();
        let known = error.filter(|error| super::entry_for_error(error).is_some());
        let exact = known.filter(|error| !is_general(error));
        exact.or(self.named).or(known).or(self.wrapper).or(error)
    }

    /// Addresses and parameter lists in a text: each run of characters without blanks and quotes.
    fn read_addresses(&mut self, text: &str) {
        const MOST: usize = 64;
        let tokens =
            text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\'));
        let telling = |token: &&str| {
            ["client_id=", "redirect_uri=", "error=", "/oauth2/", "/v2.0/", "&scope=", "&resource="]
                .iter()
                .any(|mark| token.contains(mark))
        };
        let is_written = |token: &&str| self.is_from_program && token.contains(['$', '{', '}']);
        let tokens: Vec<&str> =
            tokens.filter(telling).filter(|token| !is_written(token)).take(MOST).collect();
        for token in tokens {
            if let Some(url) = token.find("http").and_then(|at| Url::parse(&token[at..]).ok()) {
                self.read_address(&url);
            }
            let token = token.replace("&amp;", "&");
            for part in token.split(['?', '#']) {
                let params = Params::parse(part);
                self.read_params(&params);
                let error = params.get("error").filter(|error| !error.is_empty());
                self.error = self.error.take().or_else(|| error.map(str::to_owned));
                if let Some(description) = params.get("error_description") {
                    self.read_message(&decoded(description));
                }
            }
        }
    }

    /// What follows from the rest: API and permissions from the scope.
    fn derive(&mut self) {
        let scope = self.get("scope").unwrap_or_default().to_owned();
        if let Some(api) = scopes::first_api(&scope) {
            self.set("resource", api);
            let permissions: Vec<_> = scope
                .split_whitespace()
                .map(scopes::Scope::parse)
                .filter(|scope| scope.api() == Some(api))
                .map(|scope| scope.permission)
                .collect();
            self.set("permission", &permissions.join(" "));
        }
        let resource = self.get("resource").unwrap_or_default().to_owned();
        let id =
            scopes::well_known(&resource).map_or(resource.trim_start_matches("api://"), |known| known.id);
        if is_guid(id) {
            self.set("resource_id", id);
        }
    }
}

/// Whether an error is one of the words that stand for many failures: those of RFC 6749, of OpenID Connect, and statuses.
/// Any name in the same text says more.
fn is_general(error: &str) -> bool {
    const WORDS: [&str; 17] = [
        "access_denied",
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "server_error",
        "temporarily_unavailable",
        "interaction_required",
        "unauthorized",
        "bad_request",
        "bad_verification_code",
        "BadRequest",
        "Forbidden",
        "InvalidAuthenticationToken",
    ];
    WORDS.contains(&error) || error.starts_with("http_")
}

/// The JSON object in a text: the whole text, or what begins at the first brace that is followed by a name.
fn json_object(text: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let begin = text.find("{\"").or_else(|| text.find('{'))?;
    let mut values = serde_json::Deserializer::from_str(&text[begin..]).into_iter();
    match values.next() {
        Some(Ok(serde_json::Value::Object(object))) => Some(object),
        _ => None,
    }
}

/// Whether a text has the form of a GUID.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A description that was percent-encoded more often than once.
fn decoded(text: &str) -> std::borrow::Cow<'_, str> {
    const MOST: usize = 3;
    let mut text = std::borrow::Cow::Borrowed(text);
    for _ in 0..MOST {
        let is_encoded = text.contains("%20") || text.contains("%3A") || text.contains("%3a");
        if !is_encoded {
            break;
        }
        text = percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned().into();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        oauth::Refusal,
        wire::{Body, Headers, Request},
    };

    fn of_text(text: &str) -> Facts {
        Facts::read(&Evidence { text: Some(text.to_owned()), ..Evidence::default() })
    }

    #[test]
    fn a_message_gives_its_values_in_the_order_of_the_table() {
        let facts = of_text(
            "AADSTS50011: Redirect address 'http://wiki.example/cb' isn't registered on app \
             'b10e7cea-04d8-4d7c-acba-73f3d47a97ee'. Trace ID: 1 Correlation ID: 97bb1ee9-dfa0-404f-85f4-943a3b026409",
        );
        assert_eq!(facts.code, Some(50011));
        assert_eq!(facts.get("redirect_uri"), Some("http://wiki.example/cb"));
        assert_eq!(facts.get("client_id"), Some("b10e7cea-04d8-4d7c-acba-73f3d47a97ee"));
        assert_eq!(facts.get("correlation_id"), Some("97bb1ee9-dfa0-404f-85f4-943a3b026409"));
        assert_eq!(
            of_text("AADSTS50034: User '{EmailHidden}' has no account in directory 'x'").get("username"),
            None
        );
    }

    #[test]
    fn quotes_behind_the_message_are_not_its_own() {
        let check = |message: &str, client_id: Option<&str>| {
            let facts = of_text(&format!(
                "POST /token\n{{\"error_description\":\"{message}\",\"error_codes\":[7000215]}}"
            ));
            assert_eq!(facts.get("client_id"), client_id, "{message}");
        };
        check("AADSTS7000215: Invalid client secret provided.", None);
        check("AADSTS7000215: Invalid client secret for app 'b10e7cea'.", Some("b10e7cea"));
        check(r#"AADSTS7000215: A \"so-called\" secret"#, Some("so-called"));
    }

    #[test]
    fn the_request_wins_over_the_message() {
        let url = "https://login.example/contoso.example/oauth2/v2.0/token".parse().expect("an address");
        let mut request = Request::get(url);
        request.headers = Headers::new().with("content-type", "application/x-www-form-urlencoded");
        request.body =
            Body::from("client_id=real&scope=openid+api%3A%2F%2Fx%2FRead+api%3A%2F%2Fx%2FWrite".to_owned());
        let evidence = Evidence {
            request: Some(request),
            refusal: Some(Refusal {
                error: "invalid_scope".into(),
                description: Some("AADSTS70011: Scope 'other' is not valid".into()),
                error_codes: vec![70011],
                ..Refusal::default()
            }),
            ..Evidence::default()
        };
        let facts = Facts::read(&evidence);
        assert_eq!((facts.code, facts.error.as_deref()), (Some(70011), Some("invalid_scope")));
        assert_eq!(facts.get("client_id"), Some("real"));
        assert_eq!(facts.get("tenant"), Some("contoso.example"));
        assert_eq!(facts.get("authority"), Some("https://login.example"));
        assert_eq!(facts.get("resource"), Some("api://x"));
        assert_eq!(facts.get("permission"), Some("Read Write"));
        assert_eq!(facts.get("resource_id"), None);
    }

    #[test]
    fn pasted_addresses_and_json_are_read() {
        let facts = of_text(
            "http://localhost:5001/cb?error=login_required&error_description=AADSTS50058%3a+x&state=1",
        );
        assert_eq!((facts.code, facts.error.as_deref()), (Some(50058), Some("login_required")));
        assert_eq!(facts.get("tenant"), None, "the application's address has no tenant");
        let facts =
            of_text("log line\n{\"error\":\"invalid_client\",\"timestamp\":\"2026-03-04 09:15:27Z\"} tail");
        assert_eq!((facts.code, facts.error.as_deref()), (None, Some("invalid_client")));
        assert_eq!(facts.timestamp.as_deref(), Some("2026-03-04 09:15:27Z"));
        let facts = of_text(
            "GET https://login.example/t1/oauth2/v2.0/authorize?client_id=c1&scope=User.Read HTTP/1.1",
        );
        assert_eq!(facts.get("client_id"), Some("c1"));
        assert_eq!(facts.get("tenant"), Some("t1"));
        assert_eq!(facts.get("resource_id"), Some(scopes::GRAPH.id));
        assert_eq!(
            of_text("Library.Error: consent_required (again)").error.as_deref(),
            Some("consent_required")
        );
    }

    #[test]
    fn credentials_are_masked_before_they_are_kept() {
        let secret = "Abc8Q~".to_owned() + &"x".repeat(34);
        let facts = of_text(&format!("AADSTS700016: App '{secret}' does not exist in directory 't'"));
        assert_eq!(facts.get("client_id"), Some("•••••••• (40 chars)"));
    }
}
