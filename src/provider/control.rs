//! The control address: orders, view, log and forge as JSON, for scripts and tests that drive a served tenant. It lies below
//! a path that no tenant can have, and whoever asks shows the bearer token that was made for this start.
//!
//! A web page can neither show the token nor leave out its `Origin`; with both refused, nothing that a browser visits gets
//! here. What takes longer than a lock may be held (signing, making a key) is left to whoever carries the answer.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Provider,
    forge::{Forgery, Spec},
    order::{Order, View},
};
use crate::{
    secret::Secret,
    time::UnixTime,
    wire::{Body, Headers, Method, Request, Response},
};

/// The first segment of its paths.
pub const SEGMENT: &str = ".lab";

/// What there is.
const OPERATIONS: &[(Method, &str)] = &[
    (Method::Post, "orders"),
    (Method::Get, "view"),
    (Method::Get, "sign-ins"),
    (Method::Post, "forge"),
    (Method::Post, "keys/rotate"),
    (Method::Get, "scenario"),
];

/// What is answered.
#[derive(Debug)]
pub enum Answer {
    /// This.
    Done(Response),
    /// The token, once it is signed: [`forged`].
    Forge(Box<Forgery>),
    /// A new key is to be made, given to [`Provider::rotate_keys`], and [`rotated`] answers.
    RotateKeys,
}

/// Whether a request is for the control address.
pub fn is_meant(request: &Request) -> bool {
    let mut segments = request.url.path().trim_start_matches('/').split('/');
    segments.next() == Some(SEGMENT)
}

/// The refusal of whoever may not ask.
pub fn refused(request: &Request, token: &Secret) -> Option<Response> {
    if request.headers.get("origin").is_some() {
        let help = "pages in a browser are not answered; ask from a program";
        return Some(error(403, "the request has an Origin header", "Origin", help));
    }
    let sent = request.headers.get("authorization").and_then(|value| value.split_once(' '));
    let sent =
        sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let what = match sent {
        // Digests take the same time to compare wherever they differ first.
        Some(sent) if Sha256::digest(sent) == Sha256::digest(token.expose()) => return None,
        Some(_) => "the token is another one",
        None => "no token was sent",
    };
    let help = "send `Authorization: Bearer` with control_token of the line that serve printed as it began";
    let refused = error(401, what, "Authorization", help);
    Some(Response {
        headers: refused.headers.with("www-authenticate", "Bearer realm=\"lab control\""),
        ..refused
    })
}

impl Provider {
    /// Answers a request to the control address from somebody who may. `now` is the machine's time.
    pub fn control(&mut self, request: &Request, now: UnixTime) -> Answer {
        let path = request.url.path().trim_start_matches('/').trim_start_matches(SEGMENT).trim_matches('/');
        let mut here = OPERATIONS.iter().filter(|(_, operation)| *operation == path).peekable();
        if here.peek().is_none() {
            let help = "there are orders, view, sign-ins, forge, keys/rotate and scenario";
            return Answer::Done(error(404, "there is nothing at this path", path, help));
        }
        if !here.any(|(method, _)| *method == request.method) {
            let help = "orders, forge and keys/rotate take POST, the others GET";
            return Answer::Done(error(405, "the method is another one", request.method.as_str(), help));
        }
        Answer::Done(match path {
            "orders" => self.take_orders(request, now),
            "view" => answer(200, &document(&self.view(), self.clock.at(now))),
            "sign-ins" => answer(200, &json!(self.sign_ins().collect::<Vec<_>>())),
            "scenario" => Response {
                status: 200,
                headers: uncached().with("content-type", "application/toml"),
                body: Body::from(self.exported().to_toml()),
            },
            "forge" => match read::<Spec>(request) {
                Err(refused) => refused,
                Ok(spec) => match self.forge(&spec, &base_of(request), now) {
                    Ok(forgery) => return Answer::Forge(Box::new(forgery)),
                    Err(why) => {
                        error(422, &why.to_string(), "the body", "GET view shows what the directory has")
                    }
                },
            },
            _ => return Answer::RotateKeys,
        })
    }

    /// One order, or a list of them: each is carried out on its own, and the first that cannot be ends it.
    fn take_orders(&mut self, request: &Request, now: UnixTime) -> Response {
        let document: Value = match read(request) {
            Ok(document) => document,
            Err(refused) => return refused,
        };
        let (documents, is_list) = match document {
            Value::Array(documents) => (documents, true),
            one => (vec![one], false),
        };
        let place = |index: usize| if is_list { format!("order {index}") } else { "the order".to_owned() };
        let read = documents.into_iter().enumerate().map(|(index, document)| {
            serde_json::from_value::<Order>(document).map_err(|why| {
                let help = "an order is an object such as {\"order\": \"moveClock\", \"seconds\": 3600}";
                error(400, &why.to_string(), &place(index), help)
            })
        });
        // All are read before the first is carried out.
        let orders = match read.collect::<Result<Vec<_>, _>>() {
            Ok(orders) => orders,
            Err(refused) => return refused,
        };
        let mut done = Vec::new();
        for (index, order) in orders.iter().enumerate() {
            match self.carry_out(order, now) {
                Ok(said) => done.push(said),
                Err(why) => {
                    let help = "what stands in `done` was carried out; the order undo takes it back";
                    let mut said = problem(&why.to_string(), &place(index), help);
                    said["done"] = json!(done);
                    return answer(422, &said);
                }
            }
        }
        answer(200, &json!({ "revision": self.revision(), "done": done }))
    }
}

/// The answer to a request for a token.
pub fn forged(forgery: Forgery) -> Response {
    answer(200, &json!(forgery.sign()))
}

/// The answer to a change of keys, or why there was none.
pub fn rotated(result: Result<&Provider, String>) -> Response {
    match result {
        Ok(provider) => answer(
            200,
            &json!({ "signs": provider.keys.current().thumbprint(), "keys": provider.keys.ids() }),
        ),
        Err(why) => error(500, &why, "the new key", "try again"),
    }
}

/// The view as JSON. It holds lab passwords and secrets, as the scenario file does.
fn document(view: &View, now: UnixTime) -> Value {
    let steps = |steps: &[super::order::Step]| {
        steps.iter().map(|step| json!({ "at": step.at.rfc3339(), "said": step.said })).collect::<Vec<_>>()
    };
    json!({
        "revision": view.revision,
        "clock": { "now": now.rfc3339(), "aheadMilliseconds": view.clock.ahead(), "said": view.clock.said() },
        "faults": view.faults,
        "keys": view.keys,
        "oauth2PermissionGrants": view.grants,
        "appRoleAssignments": view.assignments,
        "done": steps(&view.done),
        "undone": steps(&view.undone),
        "directory": view.scenario.document(),
    })
}

fn base_of(request: &Request) -> url::Url {
    let mut base = request.url.clone();
    base.set_path("/");
    base.set_query(None);
    base
}

fn read<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, Response> {
    serde_json::from_slice(request.body.bytes()).map_err(|why| {
        let place = format!("the body, line {} column {}", why.line(), why.column());
        error(400, &why.to_string(), &place, "the README describes the control address")
    })
}

fn problem(what: &str, place: &str, help: &str) -> Value {
    json!({ "error": { "what": what, "where": place, "help": help } })
}

fn error(status: u16, what: &str, place: &str, help: &str) -> Response {
    answer(status, &problem(what, place, help))
}

fn answer(status: u16, document: &Value) -> Response {
    let headers = uncached().with("content-type", "application/json; charset=utf-8");
    Response { status, headers, body: Body::from(document.to_string()) }
}

fn uncached() -> Headers {
    Headers::new().with("cache-control", "no-store").with("x-content-type-options", "nosniff")
}
