//! What the evidence says: the number, the OAuth error, and the values that the prose has slots for.
//!
//! Everything here comes from outside and may be hostile. It is read in time proportional to its size, and whatever looks
//! like a credential is masked before it is kept, so that nothing behind this module can print one.

use url::Url;

use super::{
    Evidence,
    place::Place,
    quotes,
    reading::{UNKNOWN, plain, what_stayed},
};
use crate::{
    entra::{aadsts, scopes},
    oauth::challenge,
    secret,
    time::UnixTime,
    token,
    wire::{Headers, Params, Request, Response},
};

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

/// Parameters that are taken as they stand in a request or an answer.
const PARAMETERS: [(&str, &str); 8] = [
    ("client_id", "client_id"),
    ("redirect_uri", "redirect_uri"),
    ("scope", "scope"),
    ("resource", "resource"),
    ("username", "username"),
    ("login_hint", "username"),
    ("correlation_id", "correlation_id"),
    ("client-request-id", "correlation_id"),
];

/// The words by which messages name their values, and the slots that take them.
const MESSAGE_SLOTS: [(&str, &str); 10] = [
    ("client_id", "client_id"),
    ("redirect_uri", "redirect_uri"),
    ("scope", "scope"),
    ("tenant", "tenant"),
    ("tenant_name", "tenant"),
    ("resource", "resource"),
    ("resource_app_id", "resource"),
    ("user", "username"),
    ("param_name", "param_name"),
    ("request_origin", "origin"),
];

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

    fn read_request(&mut self, request: &Request) {
        let (query, form) = (request.query(), request.form());
        let path = percent_encoding::percent_decode_str(request.url.path()).decode_utf8_lossy();
        let is_untold = |params: &Params| params.iter().any(|(_, value)| value.contains(UNKNOWN));
        self.is_from_program |= path.contains(UNKNOWN) || is_untold(&query) || is_untold(&form);
        self.read_params(&query);
        self.read_params(&form);
        self.read_headers(&request.headers);
        self.read_address(&request.url);
    }

    /// Client, tenant and API of a call: the token that was sent names them, and the challenge what would be enough.
    fn read_call(&mut self, request: Option<&Request>, response: Option<&Response>) {
        let token = request.and_then(|request| request.headers.get("authorization"));
        let token = token.and_then(|value| value.split_once(' ')).map(|(_, token)| token::decode(token));
        if let Some(token) = token {
            self.read_token(&token);
        }
        for challenge in response.map(|response| challenge::read(&response.headers)).unwrap_or_default() {
            self.set("scope", challenge.get("scope").unwrap_or_default());
            if let Some(url) = challenge.get("authorization_uri").and_then(|uri| Url::parse(uri).ok()) {
                self.read_address(&url);
            }
        }
    }

    fn read_token(&mut self, token: &token::Decoded) {
        let text = |name: &str| token.claims.get(name).and_then(serde_json::Value::as_str);
        for (slot, value) in
            [("client_id", text("azp").or(text("appid"))), ("tenant", text("tid")), ("resource", text("aud"))]
        {
            self.set(slot, value.unwrap_or_default());
        }
    }

    fn read_headers(&mut self, headers: &Headers) {
        if let Some(origin) = headers.get("origin") {
            self.set("origin", origin);
        }
        if let Some(id) = headers.get("client-request-id") {
            self.set("correlation_id", id);
        }
    }

    fn read_params(&mut self, params: &Params) {
        for (parameter, slot) in PARAMETERS {
            if let Some(value) = params.get(parameter).filter(|value| !value.contains(UNKNOWN)) {
                self.set(slot, value);
            }
        }
    }

    /// Host and tenant, if the address is one of an authority's endpoints.
    fn read_address(&mut self, url: &Url) {
        const ENDPOINTS: [&str; 7] =
            ["authorize", "token", "devicecode", "adminconsent", "logout", "openid-configuration", "keys"];
        if Place::of_machine(url) {
            return;
        }
        let segments: Vec<&str> = url.path_segments().into_iter().flatten().take(8).collect();
        let is_endpoint = segments.len() > 1 && segments.last().is_some_and(|last| ENDPOINTS.contains(last));
        if !is_endpoint || url.host_str().is_none() {
            return;
        }
        self.set("authority", &url.origin().ascii_serialization());
        if let Some(tenant) = segments.first() {
            let tenant = percent_encoding::percent_decode_str(tenant).decode_utf8_lossy();
            // Other providers have words of their path there.
            let is_word = [
                "oauth2", "oauth", "login", "connect", "as", "o", "realms", "auth", "adfs", "idp", "services",
            ]
            .contains(&tenant.as_ref())
                || segments.len() == 1;
            if !tenant.contains(UNKNOWN) && !is_word {
                self.set("tenant", &tenant);
            }
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
            ["client_id=", "redirect_uri=", "error=", "/oauth2/", "/v2.0/"]
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
                    self.read_message(description);
                }
            }
        }
    }

    /// The values that Entra's message names, and what stands behind it: the ids and the time.
    fn read_message(&mut self, text: &str) {
        const MOST: usize = 8;
        if let Some(code) = self.code.and_then(aadsts::lookup) {
            let mark = format!("aadsts{}", code.number);
            let lower = text.to_ascii_lowercase(); // keeps byte positions
            // The last mention is the failure that stayed; the ones before it fill what that one leaves out.
            let mentions = lower.rmatch_indices(&mark).map(|(at, _)| at);
            for at in mentions
                .filter(|at| !lower[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()))
                .take(MOST)
            {
                self.read_values(code, message_at(text, at));
            }
        }
        let id = |label: &str| labelled(text, label).and_then(guid_at);
        if let Some(id) =
            id("correlation id").or_else(|| id("correlation_id")).or_else(|| id("correlationid"))
        {
            self.set("correlation_id", id);
        }
        if let Some(id) = id("trace id").or_else(|| id("trace_id")).or_else(|| id("request id")) {
            self.set("trace_id", id);
        }
        self.timestamp = self.timestamp.take().or_else(|| labelled(text, "timestamp").and_then(time_at));
    }

    /// The quoted values of one message, each for the next slot that it fits; what is left is looked for without quotes.
    fn read_values(&mut self, code: &aadsts::Code, message: &str) {
        let words = plain::words(message);
        let words = words.split("Trace ID").next().unwrap_or_default();
        let all: Vec<&'static str> = code.slots().collect();
        let mut slots = all.as_slice();
        for value in quotes::within(words) {
            // `{EmailHidden}` and the like: the authority keeps the name to itself.
            let is_hidden = value.starts_with('{') && code.number != 900_023;
            // Older and newer wordings leave values out: then the next slot that can hold it takes it.
            let Some(at) = slots.iter().position(|slot| fits(slot, value)) else { continue };
            let slot = slots[at];
            slots = &slots[at + 1..];
            let known = MESSAGE_SLOTS.iter().find(|(name, _)| *name == slot);
            if let Some((_, slot)) = known.filter(|_| !is_hidden) {
                self.set(slot, value);
            }
        }
        let has = |name: &str| all.contains(&name);
        if let Some(id) = labelled(words, "client app id").and_then(guid_at).filter(|_| has("client_id")) {
            self.set("client_id", id);
        }
        if has("client_id") && self.get("client_id").is_none() {
            let mut ids = words.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|id| is_guid(id));
            if let (Some(id), None) = (ids.next(), ids.next()) {
                self.set("client_id", id);
            }
        }
        if has("redirect_uri") && self.get("redirect_uri").is_none() {
            let mut addresses =
                words.split_whitespace().map(|word| word.trim_matches(['.', ',', '(', ')', ';', '"', '\'']));
            let is_theirs = |address: &&str| {
                address.contains("://")
                    && !["//aka.ms", "//login.", "//learn.microsoft", "//go.microsoft"]
                        .iter()
                        .any(|own| address.contains(own))
            };
            if let Some(address) = addresses.find(is_theirs) {
                self.set("redirect_uri", address);
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

/// The message that begins with its number at that place.
fn message_at(text: &str, at: usize) -> &str {
    const LONGEST: usize = 4000;
    // In JSON among other text, the message ends where its string does: the quotes behind are not its own.
    let rest = &text[at..];
    let message = if text[..at].ends_with('"') { within_string(rest) } else { rest };
    let end = message.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST).unwrap_or(message.len());
    let message = &message[..end];
    // Another number is another message.
    let next =
        message.get(6..).and_then(|behind| behind.find("AADSTS")).map_or(message.len(), |next| next + 6);
    &message[..next]
}

/// What stands behind a label, in any letter case: colons, blanks, quotes and encodings of these are passed over.
fn labelled<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let bytes = text.as_bytes();
    let first = label.as_bytes().first()?.to_ascii_lowercase();
    let is_label = |at: &usize| {
        bytes[*at].to_ascii_lowercase() == first
            && bytes
                .get(*at..*at + label.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(label.as_bytes()))
    };
    let at = (0..bytes.len()).rev().find(is_label)?;
    let rest =
        text[at + label.len()..].trim_start_matches([':', ' ', '"', '\'', '=', '\\', '\n', '\t', '+', '>']);
    let rest = rest.strip_prefix("%3a").or_else(|| rest.strip_prefix("%3A")).unwrap_or(rest);
    Some(rest.trim_start_matches(['+', ' ']).trim_start_matches("%20"))
}

/// A GUID at the beginning.
fn guid_at(text: &str) -> Option<&str> {
    text.get(..36).filter(|id| is_guid(id))
}

/// A time at the beginning, as Entra writes it: `2026-03-04 09:15:27Z`; also percent-encoded, or with a `T`.
fn time_at(text: &str) -> Option<String> {
    let begin: String = text.chars().take(40).collect();
    let begin = begin.replace("%3a", ":").replace("%3A", ":").replace("%20", " ").replace('+', " ");
    let date = begin.get(..10)?;
    let clock = begin.get(11..19)?;
    let is_date = date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let is_clock = clock.bytes().all(|b| b.is_ascii_digit() || b == b':');
    (is_date && is_clock).then(|| format!("{date} {clock}Z"))
}

/// Whether a value can be what a slot is for.
fn fits(slot: &str, value: &str) -> bool {
    match slot {
        "redirect_uri" | "request_origin" => {
            // Also one that is relative, encoded twice, or ends in a blank: that is why it is refused.
            let value = value.trim();
            let is_address = value.contains([':', '/']) || value.to_ascii_lowercase().contains("%3a");
            is_address && !value.contains(' ') && !is_guid(value)
        }
        "client_id" => !value.contains("://") && !value.contains(' ') || value.starts_with("api://"),
        "tenant" | "tenant_name" => !value.contains("://"),
        _ => true,
    }
}

/// The text up to the quotation mark that ends a JSON string (RFC 8259 §7).
fn within_string(text: &str) -> &str {
    let mut escaped = false;
    let end = text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    &text[..end.unwrap_or(text.len())]
}

/// The number to explain. The texts stand in the order of how close to the wire they are; where the closest has only a
/// number that wraps others, the next may have the precise one.
fn most_telling(texts: &[String]) -> Option<u32> {
    let found: Vec<Vec<u32>> =
        texts.iter().map(|text| aadsts::find(text)).filter(|all| !all.is_empty()).collect();
    let closest = found.first()?;
    let known = |all: &Vec<u32>| all.iter().copied().find(|number| aadsts::lookup(*number).is_some());
    let first = known(closest).or_else(|| closest.first().copied())?;
    let precise = found.iter().skip(1).filter_map(known).find(|number| !aadsts::is_wrapper(*number));
    if aadsts::is_wrapper(first) { precise.or(Some(first)) } else { Some(first) }
}

/// A number or symbol that somebody typed by itself, or in a few words of their own.
fn alone(text: &str) -> Option<u32> {
    const FEW: usize = 200;
    let text = text.trim();
    if text.len() > FEW {
        return None;
    }
    if (5..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok(); // known or not: nothing else can be meant
    }
    let words = || text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '#' | '"' | '\''));
    let words: Vec<&str> = words()
        .map(|word| word.trim_end_matches(['.', ':', '?', '!']))
        .filter(|word| !word.is_empty())
        .collect();
    // In a sentence a number can be anything: it counts where it is called an error or a code, or stands almost alone.
    let is_called = |word: &str| {
        ["error", "code", "errorcode", "aadsts", "aad", "entra", "azure", "number"]
            .contains(&word.to_ascii_lowercase().trim_end_matches([':', '=']))
    };
    let is_other = |word: &str| {
        ["port", "line", "pid", "id", "order", "ticket", "process", "room", "status", "exit"]
            .contains(&word.to_ascii_lowercase().trim_end_matches([':', '=']))
    };
    let number = words.iter().enumerate().find_map(|(at, word)| {
        let number: u32 = word.parse().ok().filter(|number| aadsts::lookup(*number).is_some())?;
        let before = &words[at.saturating_sub(2)..at];
        let is_ours = before.iter().any(|word| is_called(word)) || words.len() <= 4;
        (is_ours && !before.last().is_some_and(|word| is_other(word))).then_some(number)
    });
    number.or_else(|| {
        // Symbols have capitals inside; a single word of a sentence is none, and neither is one of an answer in JSON, or of a
        // failure that has a name of its own.
        if words.len() > 6 || text.contains('{') || !super::names::entries(text).is_empty() {
            return None;
        }
        words.iter().find_map(|word| aadsts::by_symbol(word).first().map(|code| code.number))
    })
}

/// The error that stands for a status, where somebody typed nothing else: `403`, `HTTP 403`.
fn status_alone(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix("HTTP").or_else(|| text.strip_prefix("http")).unwrap_or(text).trim();
    let status = digits.parse().ok().filter(|status| digits.len() == 3 && (400..600).contains(status))?;
    Some(Place::Api(status).entry(None)?.error.to_owned())
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

/// Masks a value that looks like a credential, and the parameters of an address that may be one.
pub(super) fn without_credentials(value: &str) -> String {
    if looks_like_credential(value) {
        return secret::mask(value);
    }
    let Some(at) = value.find(['?', '#']).filter(|_| value.contains("://")) else {
        return value.to_owned();
    };
    let (address, rest) = value.split_at(at);
    let separators = ['?', '#', '&'];
    let mut out = address.to_owned();
    for part in rest.split_inclusive(separators) {
        let (part, separator) = match part.chars().last() {
            Some(last) if separators.contains(&last) => (&part[..part.len() - 1], Some(last)),
            _ => (part, None),
        };
        match part.split_once('=') {
            Some((name, _)) if !secret::is_harmless(name) => {
                out.push_str(name);
                out.push_str("=•••");
            }
            _ if looks_like_credential(part) => out.push_str("•••"),
            _ => out.push_str(part),
        }
        out.extend(separator);
    }
    out
}

/// Tokens, codes, and client secrets as Entra makes them: 40 characters with a tilde, or long texts without blanks.
fn looks_like_credential(value: &str) -> bool {
    const LONGEST_NAME: usize = 120;
    let is_one_word = !value.contains(char::is_whitespace);
    let is_token = value.starts_with("eyJ") && value.contains('.');
    let is_secret = value.contains('~') && (30..=60).contains(&value.len()) && !value.contains('/');
    let is_code = value.len() > LONGEST_NAME && !value.contains("://") && !value.contains('/');
    is_one_word && (is_token || is_secret || is_code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oauth::Refusal, wire::Body};

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
        let check = |value: &str, kept: &str| assert_eq!(without_credentials(value), kept);
        check(&secret, "•••••••• (40 chars)");
        check("eyJhbGciOiJub25lIn0.e30.", "•••••••• (24 chars)");
        check("https://a/cb?code=0.AbC&state=s1#x", "https://a/cb?code=•••&state=s1#x");
        check("https://a/cb#access_token=eyJ.x", "https://a/cb#access_token=•••");
        check("https://a/cb", "https://a/cb");
        check("User.Read Mail.Read", "User.Read Mail.Read");
        let facts = of_text(&format!("AADSTS700016: App '{secret}' does not exist in directory 't'"));
        assert_eq!(facts.get("client_id"), Some("•••••••• (40 chars)"));
    }
}
