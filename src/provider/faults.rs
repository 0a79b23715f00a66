//! Trouble on demand: what a client meets when the service is slow, busy, broken or out of reach. A fault is switched on for an
//! endpoint and a number of requests, and stands before the endpoint: who is throttled is not looked at any further.
//!
//! [`Faults::meet`] takes what applies to a request. What a reply can say is said here; the rest (waiting, dropping the
//! connection, sending slowly) is told to whoever carries the answer, as [`Delivery`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    call::Call,
    endpoints, pages,
    refusal::{NO_NUMBER, Refusal},
    reply::Reply,
};
use crate::wire::{Body, Headers, Method, Response};

/// How many faults can be on at once.
const ROOM: usize = 100;

/// The longest that an answer is held back or drawn out, in milliseconds: ten minutes, more than any client waits.
const LONGEST: u64 = 600_000;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Where.
    pub endpoint: Endpoint,
    /// What.
    pub kind: FaultKind,
    /// For how many requests; until it is switched off if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Endpoint {
    /// Everywhere.
    Any,
    /// The authorization endpoint and the pages behind it.
    Authorize,
    /// The token endpoint.
    Token,
    /// The device authorization endpoint.
    DeviceCode,
    /// Discovery: the configuration documents, and that of the instance.
    Metadata,
    /// The key sets.
    Keys,
    /// `UserInfo`.
    UserInfo,
    /// Graph.
    Graph,
    /// The lab's own APIs.
    Api,
    /// The endpoints for managed identities.
    ManagedIdentity,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum FaultKind {
    /// The answer comes late.
    Latency {
        /// By how much.
        milliseconds: u64,
    },
    /// 429.
    TooManyRequests {
        /// `Retry-After`, in seconds.
        retry_after: u32,
    },
    /// 500.
    ServerError,
    /// 503, from something in front of the service: a page, whatever was asked for.
    Unavailable {
        /// `Retry-After`, in seconds; no such header if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// The connection closes without an answer; the request has done nothing.
    DroppedConnection,
    /// The answer breaks off in the middle, and says that it was whole.
    MalformedJson,
    /// The answer comes drop by drop.
    SlowBody {
        /// How long its body takes.
        milliseconds: u64,
    },
    /// The answer says that it is a page where it is JSON, and JSON where it is a page.
    WrongContentType,
    /// The answer has a status and no body.
    EmptyBody,
}

/// A fault that is switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveFault {
    /// What it is switched off by.
    pub id: String,
    /// What was switched on.
    #[serde(flatten)]
    pub fault: Fault,
    /// How many requests it will still strike; until it is switched off if absent.
    pub left: Option<u32>,
    /// How many it has struck.
    pub struck: u64,
}

/// A fault that cannot be switched on or off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// It would outlast every client.
    #[error("{0} ms is too long; {LONGEST} is the most")]
    TooLong(u64),
    /// It would strike nobody.
    #[error("a fault for no request does nothing; leave `requests` out for one that stays")]
    ForNobody,
    /// There are too many.
    #[error("{ROOM} faults are on, and that is the most; clear some first")]
    TooMany,
    /// There is no such fault.
    #[error("no fault with the id {0:?} is on")]
    NotOn(String),
}

/// The faults that are on.
#[derive(Debug, Default)]
pub struct Faults {
    active: Vec<ActiveFault>,
    made: u64,
}

/// What has to be done with an answer beyond sending it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Hold it back for so long.
    pub delay: Duration,
    /// Send its body over so long a time.
    pub over: Duration,
    /// Send nothing, and close the connection.
    pub drops: bool,
}

/// What a request met.
#[derive(Debug, Default)]
pub struct Met {
    /// What has to be done with the answer.
    pub delivery: Delivery,
    /// The fault that decides about the answer, with its id.
    decisive: Option<(String, FaultKind)>,
    /// What goes into the note: the rule and what was switched on.
    said: Option<(&'static str, String)>,
}

impl Endpoint {
    /// Its name in orders.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Authorize => "authorize",
            Self::Token => "token",
            Self::DeviceCode => "deviceCode",
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::UserInfo => "userInfo",
            Self::Graph => "graph",
            Self::Api => "api",
            Self::ManagedIdentity => "managedIdentity",
        }
    }

    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Any,
        Self::Authorize,
        Self::Token,
        Self::DeviceCode,
        Self::Metadata,
        Self::Keys,
        Self::UserInfo,
        Self::Graph,
        Self::Api,
        Self::ManagedIdentity,
    ];

    /// The one that a path belongs to; `Any` for paths that are none of the others.
    fn of(path: &str) -> Self {
        let is = |pattern: &str| endpoints::matches(pattern, path);
        let begins = |first: &str| path.split('/').next().is_some_and(|one| one.eq_ignore_ascii_case(first));
        match path {
            _ if begins("v1.0") => Self::Graph,
            _ if begins("api") => Self::Api,
            _ if begins("metadata") || begins("msi") => Self::ManagedIdentity,
            _ if is("oidc/userinfo") => Self::UserInfo,
            _ if is("common/discovery/instance") => Self::Metadata,
            _ if path.ends_with("/.well-known/openid-configuration") => Self::Metadata,
            _ if is("{t}/discovery/v2.0/keys") || is("{t}/discovery/keys") => Self::Keys,
            _ if is("{t}/oauth2/v2.0/token") || is("{t}/oauth2/token") => Self::Token,
            _ if is("{t}/oauth2/v2.0/devicecode") || is("{t}/oauth2/devicecode") => Self::DeviceCode,
            _ if is("{t}/oauth2/v2.0/authorize") || is("{t}/oauth2/authorize") || is("{t}/login") => {
                Self::Authorize
            }
            _ => Self::Any,
        }
    }
}

impl FaultKind {
    /// The rule that stands in the note.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "fault.latency",
            Self::TooManyRequests { .. } => "fault.too_many_requests",
            Self::ServerError => "fault.server_error",
            Self::Unavailable { .. } => "fault.unavailable",
            Self::DroppedConnection => "fault.dropped_connection",
            Self::MalformedJson => "fault.malformed_json",
            Self::SlowBody { .. } => "fault.slow_body",
            Self::WrongContentType => "fault.wrong_content_type",
            Self::EmptyBody => "fault.empty_body",
        }
    }

    /// What it is, in a few words.
    pub fn said(&self) -> String {
        match self {
            Self::Latency { milliseconds } => format!("answers {milliseconds} ms late"),
            Self::TooManyRequests { retry_after } => format!("429, Retry-After {retry_after} s"),
            Self::ServerError => "500".to_owned(),
            Self::Unavailable { retry_after: None } => "503".to_owned(),
            Self::Unavailable { retry_after: Some(seconds) } => format!("503, Retry-After {seconds} s"),
            Self::DroppedConnection => "closes the connection".to_owned(),
            Self::MalformedJson => "answers that break off".to_owned(),
            Self::SlowBody { milliseconds } => format!("bodies that take {milliseconds} ms"),
            Self::WrongContentType => "the wrong content type".to_owned(),
            Self::EmptyBody => "answers without a body".to_owned(),
        }
    }

    /// How long it holds an answer up, in milliseconds.
    const fn takes(&self) -> Option<u64> {
        match self {
            Self::Latency { milliseconds } | Self::SlowBody { milliseconds } => Some(*milliseconds),
            Self::TooManyRequests { .. }
            | Self::ServerError
            | Self::Unavailable { .. }
            | Self::DroppedConnection
            | Self::MalformedJson
            | Self::WrongContentType
            | Self::EmptyBody => None,
        }
    }
}

impl Fault {
    /// What it is, and where, in a few words.
    pub fn said(&self) -> String {
        let place = match self.endpoint {
            Endpoint::Any => "everywhere".to_owned(),
            endpoint @ (Endpoint::Authorize
            | Endpoint::Token
            | Endpoint::DeviceCode
            | Endpoint::Metadata
            | Endpoint::Keys
            | Endpoint::UserInfo
            | Endpoint::Graph
            | Endpoint::Api
            | Endpoint::ManagedIdentity) => format!("at {}", endpoint.name()),
        };
        match self.requests {
            Some(1) => format!("{} {place}, for 1 request", self.kind.said()),
            Some(count) => format!("{} {place}, for {count} requests", self.kind.said()),
            None => format!("{} {place}", self.kind.said()),
        }
    }
}

impl Faults {
    /// Switches a fault on and gives the id that it is switched off by.
    pub fn switch_on(&mut self, fault: &Fault) -> Result<String, FaultError> {
        if let Some(millis) = fault.kind.takes().filter(|millis| *millis > LONGEST) {
            return Err(FaultError::TooLong(millis));
        }
        if fault.requests == Some(0) {
            return Err(FaultError::ForNobody);
        }
        if self.active.len() >= ROOM {
            return Err(FaultError::TooMany);
        }
        self.made += 1;
        let id = format!("fault-{}", self.made);
        let active = ActiveFault { id: id.clone(), fault: fault.clone(), left: fault.requests, struck: 0 };
        self.active.push(active);
        Ok(id)
    }

    /// Switches one off and says what it was.
    pub fn switch_off(&mut self, id: &str) -> Result<Fault, FaultError> {
        let index = self.active.iter().position(|one| one.id == id);
        let index = index.ok_or_else(|| FaultError::NotOn(id.to_owned()))?;
        Ok(self.active.remove(index).fault)
    }

    /// Switches all off and says how many there were.
    pub fn clear(&mut self) -> usize {
        self.active.drain(..).count()
    }

    /// Those that are on, in the order in which they were switched on.
    pub fn active(&self) -> &[ActiveFault] {
        &self.active
    }

    /// What a request meets. Delays add up; of the others the first decides, and the rest wait for their turn. Preflights of
    /// browsers meet nothing: they are no requests of the client.
    pub fn meet(&mut self, method: Method, path: &str) -> Met {
        let mut met = Met::default();
        if self.active.is_empty() || method == Method::Options {
            return met;
        }
        let here = Endpoint::of(path);
        for one in &mut self.active {
            let kind = &one.fault.kind;
            if ![Endpoint::Any, here].contains(&one.fault.endpoint) {
                continue;
            }
            match kind {
                FaultKind::Latency { milliseconds } => {
                    met.delivery.delay += Duration::from_millis(*milliseconds);
                }
                FaultKind::SlowBody { milliseconds } => {
                    met.delivery.over += Duration::from_millis(*milliseconds);
                }
                _ if met.decisive.is_some() => continue,
                FaultKind::TooManyRequests { .. }
                | FaultKind::ServerError
                | FaultKind::Unavailable { .. }
                | FaultKind::DroppedConnection
                | FaultKind::MalformedJson
                | FaultKind::WrongContentType
                | FaultKind::EmptyBody => met.decisive = Some((one.id.clone(), kind.clone())),
            }
            if met.said.is_none() || kind.takes().is_none() {
                met.said = Some((kind.rule(), format!("{} ({})", one.fault.said(), one.id)));
            }
            one.struck += 1;
            one.left = one.left.map(|left| left - 1);
        }
        self.active.retain(|one| one.left != Some(0));
        met.delivery.drops = matches!(met.decisive, Some((_, FaultKind::DroppedConnection)));
        met
    }
}

impl Met {
    /// The answer that stands in for the endpoint's; `None` where the endpoint answers.
    pub fn reply(&self, call: &Call) -> Option<Reply> {
        let (_, kind) = self.decisive.as_ref()?;
        let (status, code, error, text) = match kind {
            FaultKind::TooManyRequests { .. } => {
                (429, 90055, "temporarily_unavailable", "Too many requests for this tenant; wait a little.")
            }
            FaultKind::ServerError => {
                (500, 90036, "server_error", "The directory service failed, and asking again is of no use.")
            }
            FaultKind::Unavailable { .. } => {
                (503, NO_NUMBER, "temporarily_unavailable", "The service is unavailable.")
            }
            // It is sent to nobody.
            FaultKind::DroppedConnection => (503, NO_NUMBER, "server_error", ""),
            FaultKind::Latency { .. }
            | FaultKind::MalformedJson
            | FaultKind::SlowBody { .. }
            | FaultKind::WrongContentType
            | FaultKind::EmptyBody => return None,
        };
        let refusal = self.told(Refusal::new(code, error, text));
        let here = Endpoint::of(&call.path);
        let reply = match (kind, here) {
            (FaultKind::Unavailable { .. } | FaultKind::DroppedConnection, _) => {
                Reply::plain_page(call, status, unavailable()).refusing(refusal)
            }
            (_, Endpoint::Authorize | Endpoint::Any) => Reply::error_page(call, refusal).with_status(status),
            (_, Endpoint::Graph | Endpoint::UserInfo | Endpoint::Api) => api(call, status, refusal),
            (_, Endpoint::ManagedIdentity) => {
                let body = serde_json::json!({
                    "error": if status == 429 { "too_many_requests" } else { "unknown" },
                    "error_description": text,
                });
                let refusal = Box::new(Refusal { code: NO_NUMBER, ..*refusal });
                Reply::refused_as(call, status, &body, refusal)
            }
            (_, Endpoint::Token | Endpoint::DeviceCode) => Reply::refused(call, refusal).with_status(status),
            (_, Endpoint::Metadata | Endpoint::Keys) => {
                Reply::refused_metadata(call, refusal).with_status(status)
            }
        };
        let reply = match kind {
            FaultKind::TooManyRequests { retry_after: seconds }
            | FaultKind::Unavailable { retry_after: Some(seconds) } => {
                reply.with_header("retry-after", seconds.to_string())
            }
            FaultKind::Latency { .. }
            | FaultKind::ServerError
            | FaultKind::Unavailable { .. }
            | FaultKind::DroppedConnection
            | FaultKind::MalformedJson
            | FaultKind::SlowBody { .. }
            | FaultKind::WrongContentType
            | FaultKind::EmptyBody => reply,
        };
        let is_read_by_script = matches!(here, Endpoint::Token) && call.origin.is_some();
        Some(if is_read_by_script { reply.readable_across_origins() } else { reply })
    }

    /// Whether any fault struck.
    pub const fn is_something(&self) -> bool {
        self.said.is_some()
    }

    /// Whether a fault decides what the answer looks like, so that the note is about it whatever the endpoint said.
    pub const fn has_the_word(&self) -> bool {
        self.decisive.is_some()
    }

    /// What goes into the note: the fault, with the number that is on the wire.
    pub fn refusal(&self, of_answer: Option<&Refusal>) -> Option<Box<Refusal>> {
        self.said.as_ref()?;
        let code = of_answer.map_or(NO_NUMBER, |refusal| refusal.code);
        Some(self.told(Refusal::new(code, "", "")))
    }

    fn told(&self, refusal: Box<Refusal>) -> Box<Refusal> {
        let Some((rule, said)) = &self.said else { return refusal };
        refusal
            .by(rule)
            .demands("a fault is switched on in the lab: this is no fault of the request")
            .compares("fault", said, ["none; the order clearFaults switches all off"])
    }

    /// Does to an answer what the fault does to it.
    pub fn damage(&self, mut response: Response) -> Response {
        match self.decisive.as_ref().map(|(_, kind)| kind) {
            Some(FaultKind::MalformedJson) => {
                let bytes = response.body.bytes();
                // Without its end no JSON document is well formed, and a page lacks what comes last.
                let kept = bytes[..bytes.len() * 2 / 3].to_vec();
                response.body = if kept.is_empty() { Body::Empty } else { Body::Whole(kept) };
            }
            Some(FaultKind::WrongContentType) => {
                let is_json = response.headers.get("content-type").is_some_and(|kind| kind.contains("json"));
                let wrong =
                    if is_json { "text/html; charset=utf-8" } else { "application/json; charset=utf-8" };
                response.headers = retyped(&response.headers, wrong);
            }
            Some(FaultKind::EmptyBody) => response.body = Body::Empty,
            _ => {}
        }
        response
    }
}

fn retyped(headers: &Headers, kind: &str) -> Headers {
    let kept = headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    kept.fold(Headers::new(), |all, (name, value)| all.with(name, value)).with("content-type", kind)
}

/// An error in the form that Graph gives it (reference §12.2); the lab's own APIs take it over for trouble of this kind.
fn api(call: &Call, status: u16, refusal: Box<Refusal>) -> Reply {
    let (code, message) = match status {
        429 => ("TooManyRequests", "Too many requests; wait as long as Retry-After says."),
        _ => ("generalException", "The service failed."),
    };
    let body = serde_json::json!({ "error": {
        "code": code,
        "message": message,
        "innerError": {
            "date": call.now.rfc3339().get(..19).unwrap_or_default(),
            "request-id": call.trace_id,
            "client-request-id": call.correlation_id,
        },
    } });
    let headers = Headers::new()
        .with("content-type", "application/json")
        .with("cache-control", "no-store, no-cache")
        .with("request-id", &call.trace_id)
        .with("client-request-id", &call.correlation_id)
        .with("access-control-allow-origin", "*")
        .with("access-control-expose-headers", "request-id, client-request-id, Retry-After");
    let refusal = Box::new(Refusal { code: NO_NUMBER, ..*refusal });
    Reply::of_api(status, headers, body.to_string()).refusing(refusal)
}

/// What a gateway says for a service that does not answer: nothing of the service's own.
fn unavailable() -> String {
    pages::page(
        "Service unavailable",
        "<h1>Service unavailable</h1><p>The service does not answer at present.</p>",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn on(faults: &mut Faults, fault: serde_json::Value) -> String {
        let fault: Fault = serde_json::from_value(fault).unwrap();
        faults.switch_on(&fault).unwrap()
    }

    #[test]
    fn faults_strike_where_and_as_often_as_they_shall() {
        let mut faults = Faults::default();
        let kind = json!({ "tooManyRequests": { "retryAfter": 5 } });
        on(&mut faults, json!({ "endpoint": "token", "kind": kind, "requests": 2 }));
        let mut meets = |method, path| faults.meet(method, path).decisive.is_some();
        let token = "northwind.example/oauth2/v2.0/token";
        assert!(!meets(Method::Get, "common/v2.0/.well-known/openid-configuration"), "another endpoint");
        assert!(!meets(Method::Options, token), "preflights are no requests of the client");
        assert!(meets(Method::Post, token) && meets(Method::Post, "x/OAuth2/v2.0/Token"));
        assert!(!meets(Method::Post, token), "it was for two requests");
        assert!(faults.active().is_empty());
    }

    #[test]
    fn delays_add_up_and_the_first_of_the_others_decides() {
        let mut faults = Faults::default();
        on(&mut faults, json!({ "endpoint": "any", "kind": { "latency": { "milliseconds": 20 } } }));
        on(&mut faults, json!({ "endpoint": "any", "kind": { "latency": { "milliseconds": 30 } } }));
        let first = on(&mut faults, json!({ "endpoint": "any", "kind": "serverError", "requests": 1 }));
        let second = on(&mut faults, json!({ "endpoint": "graph", "kind": "droppedConnection" }));
        let met = faults.meet(Method::Get, "v1.0/me");
        assert_eq!((met.delivery.delay, met.delivery.drops), (Duration::from_millis(50), false));
        assert_eq!(met.decisive, Some((first, FaultKind::ServerError)));
        let met = faults.meet(Method::Get, "v1.0/me");
        assert!(met.delivery.drops, "the second's turn");
        assert_eq!(faults.switch_off(&second).unwrap().kind, FaultKind::DroppedConnection);
        assert_eq!(faults.switch_off(&second), Err(FaultError::NotOn(second)));
        assert_eq!(faults.clear(), 2);
        assert_eq!(faults.meet(Method::Get, "v1.0/me").delivery, Delivery::default());
    }

    #[test]
    fn each_path_has_its_endpoint() {
        for (path, endpoint) in [
            ("", Endpoint::Any),
            ("a/oauth2/v2.0/authorize", Endpoint::Authorize),
            ("a/oauth2/authorize", Endpoint::Authorize),
            ("a/oauth2/token", Endpoint::Token),
            ("a/login", Endpoint::Authorize),
            ("a/oauth2/v2.0/token", Endpoint::Token),
            ("a/oauth2/v2.0/devicecode", Endpoint::DeviceCode),
            ("a/v2.0/.well-known/openid-configuration", Endpoint::Metadata),
            ("common/discovery/instance", Endpoint::Metadata),
            ("a/discovery/v2.0/keys", Endpoint::Keys),
            ("oidc/userinfo", Endpoint::UserInfo),
            ("v1.0/users/x", Endpoint::Graph),
            ("api/catalog/products", Endpoint::Api),
            ("metadata/identity/oauth2/token", Endpoint::ManagedIdentity),
            ("msi/token", Endpoint::ManagedIdentity),
        ] {
            assert_eq!(Endpoint::of(path), endpoint, "{path}");
        }
        for endpoint in Endpoint::ALL {
            assert_eq!(json!(endpoint), endpoint.name());
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut faults = Faults::default();
        let fault = |kind, requests| Fault { endpoint: Endpoint::Any, kind, requests };
        let long = FaultKind::SlowBody { milliseconds: LONGEST + 1 };
        assert_eq!(faults.switch_on(&fault(long, None)), Err(FaultError::TooLong(LONGEST + 1)));
        assert_eq!(faults.switch_on(&fault(FaultKind::EmptyBody, Some(0))), Err(FaultError::ForNobody));
        for _ in 0..ROOM {
            faults.switch_on(&fault(FaultKind::EmptyBody, None)).unwrap();
        }
        assert_eq!(faults.switch_on(&fault(FaultKind::EmptyBody, None)), Err(FaultError::TooMany));
        let misspelt = json!({ "endpoint": "token", "kind": { "tooManyRequests": { "retyAfter": 5 } } });
        assert!(serde_json::from_value::<Fault>(misspelt).is_err());
    }
}
