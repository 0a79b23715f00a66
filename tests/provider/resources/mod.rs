//! The lab's resources: Graph, `UserInfo`, and the careful APIs. Most tests ask the provider itself, with a clock in the
//! test's hand and tokens that the test signs with the tenant's key, so that each claim can be wrong by itself.

mod catalog;
mod directory;
mod grants;
mod graph;
mod over_http;
mod people;
mod sign_in_log;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use authwright::{
    provider::{Note, Provider, keys::Keys, order::Order, scenario::Scenario},
    runtime::lab,
    time::UnixTime,
    wire::{Body, Headers, Method, Request, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::Digest as _;
use url::Url;

const START: UnixTime = UnixTime::from_seconds(1_772_615_727);
const BASE: &str = "http://localhost:7080";

static KEYS: LazyLock<Keys> = LazyLock::new(|| lab::make_keys().expect("keys can be made"));

/// What the scenario's directory-admin holds.
const EVERYTHING: &[&str] = &[
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "User.ReadWrite.All",
    "AuditLog.Read.All",
    "Policy.Read.All",
    "Policy.ReadWrite.ConditionalAccess",
];

/// A tenant with its APIs, a clock, and a key to forge tokens with.
struct Lab {
    provider: Provider,
    scenario: Arc<Scenario>,
    now: UnixTime,
}

/// An answer with the learner's side of it.
#[derive(Debug)]
struct Answer {
    response: Response,
    note: Option<Note>,
}

impl Answer {
    const fn status(&self) -> u16 {
        self.response.status
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.response.body.text()).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        self.response.headers.get(name).unwrap_or_default()
    }

    /// The rule that refused.
    #[track_caller]
    fn rule(&self) -> &str {
        let note = self.note.as_ref().unwrap_or_else(|| panic!("it is a refusal: {self:?}"));
        assert_eq!(note.trace_id, self.header("request-id"), "the note is found by the answer's id");
        assert!(note.code == 0 && !note.demand.is_empty(), "{note:?}");
        note.rule
    }
}

impl Lab {
    fn open() -> Self {
        let scenario = Arc::new(Scenario::northwind());
        let provider = Provider::new(Arc::clone(&scenario), KEYS.clone(), [7; 32]);
        Self { provider, scenario, now: START }
    }

    fn id(&self, key: &str) -> &str {
        &self.scenario.application(key).expect("it is in the scenario").app_id
    }

    fn person(&self, key: &str) -> &str {
        &self.scenario.user(key).expect("somebody of the scenario").id
    }

    fn send(&mut self, request: &Request) -> Answer {
        let decision = self.provider.decide(request, self.now);
        let note = decision.note.clone();
        Answer { response: decision.respond(), note }
    }

    fn ask(&mut self, method: Method, path: &str, headers: Headers, body: Option<&Value>) -> Answer {
        let url = Url::parse(&format!("{BASE}/{path}")).expect("it is well formed");
        let (headers, body) = match body {
            None => (headers, Body::Empty),
            Some(body) => (headers.with("content-type", "application/json"), body.to_string().into()),
        };
        self.send(&Request { method, url, headers, body })
    }

    fn get(&mut self, path: &str, token: &str) -> Answer {
        self.ask(Method::Get, path, bearer(token), None)
    }

    fn patch(&mut self, path: &str, token: &str, body: &Value) -> Answer {
        self.ask(Method::Patch, path, bearer(token), Some(body))
    }

    fn delete(&mut self, path: &str, token: &str) -> Answer {
        self.ask(Method::Delete, path, bearer(token), None)
    }

    /// A token of the application that may change everything through Graph.
    fn admin(&self) -> String {
        graph_token(&self.app_for_graph(EVERYTHING))
    }

    /// A request to Graph that is expected to be taken, and its answer.
    #[track_caller]
    fn makes(&mut self, path: &str, body: &Value) -> Value {
        let admin = self.admin();
        let answer = self.post(path, &admin, body);
        assert_eq!(answer.status(), 201, "{path}: {:#}", answer.json());
        let made = answer.json();
        let location = answer.header("location");
        assert!(location.starts_with(BASE), "{location}");
        made
    }

    /// A list of Graph.
    #[track_caller]
    fn lists(&mut self, path: &str) -> Vec<Value> {
        let admin = self.admin();
        let answer = self.get(path, &admin);
        assert_eq!(answer.status(), 200, "{path}: {:#}", answer.json());
        answer.json()["value"].as_array().expect("a list").clone()
    }

    /// The object id of an application's service principal.
    fn principal(&mut self, key: &str) -> String {
        let path = format!("v1.0/servicePrincipals(appId='{}')", self.id(key));
        let admin = self.admin();
        self.get(&path, &admin).json()["id"].as_str().expect("an id").to_owned()
    }

    /// The last step that can be undone.
    fn last_step(&self) -> String {
        self.provider.view().done.last().map(|step| step.said.clone()).unwrap_or_default()
    }

    fn undo(&mut self) -> String {
        self.provider.carry_out(&Order::Undo, self.now).expect("there is a step")
    }

    fn post(&mut self, path: &str, token: &str, body: &Value) -> Answer {
        self.ask(Method::Post, path, bearer(token), Some(body))
    }

    fn header(version: u8) -> Value {
        let kid = KEYS.current().thumbprint();
        if version == 1 {
            json!({ "typ": "JWT", "alg": "RS256", "x5t": kid, "kid": kid })
        } else {
            json!({ "typ": "JWT", "alg": "RS256", "kid": kid })
        }
    }

    /// What every token of the home tenant holds.
    fn claims(&self, version: u8, audience: &str) -> Value {
        let (tenant, now) = (&self.scenario.home().id, self.now.seconds());
        let issuer = if version == 2 { format!("{BASE}/{tenant}/v2.0") } else { format!("{BASE}/{tenant}/") };
        json!({ "aud": audience, "iss": issuer, "iat": now - 300, "nbf": now - 300, "exp": now + 3600,
                "tid": tenant, "ver": format!("{version}.0") })
    }

    /// A version 2 access token for the catalog API, for Mina at the desktop application.
    fn for_mina(&self, scp: &str) -> Value {
        let more = json!({ "azp": self.id("desktop"), "oid": self.person("mina"), "scp": scp });
        merged(self.claims(2, self.id("catalog-api")), more)
    }

    /// A version 2 access token for the catalog API, for the daemon by itself.
    fn for_daemon(&self, roles: &[&str]) -> Value {
        let more = json!({ "azp": self.id("inventory-sync"), "oid": "1d3c7f70-54b1-4d4c-9a1b-7f5d5f0f6c11" });
        let roles = if roles.is_empty() { json!({}) } else { json!({ "roles": roles }) };
        merged(merged(self.claims(2, self.id("catalog-api")), more), roles)
    }

    /// An ID token for the desktop application.
    fn id_token(&self) -> Value {
        merged(
            self.claims(2, self.id("desktop")),
            json!({ "oid": self.person("mina"), "nonce": "n", "sub": "s" }),
        )
    }

    /// A Graph token for somebody.
    fn for_graph(&self, person: &str, scp: &str) -> Value {
        let more =
            json!({ "appid": self.id("desktop"), "oid": self.person(person), "scp": scp, "idtyp": "user" });
        merged(self.claims(1, "https://graph.microsoft.com"), more)
    }

    /// A Graph token for an application by itself.
    fn app_for_graph(&self, roles: &[&str]) -> Value {
        let more = json!({ "appid": self.id("inventory-sync"), "roles": roles, "idtyp": "app" });
        merged(self.claims(1, "https://graph.microsoft.com"), more)
    }
}

fn merged(mut claims: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("it is an object") };
    for (name, value) in more {
        claims[name] = value;
    }
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().expect("it is an object").remove(name);
    claims
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with that header and these claims, signed with the tenant's key.
fn signed(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(KEYS.current().sign(signed.as_bytes())))
}

/// A token of that version.
fn token(version: u8, claims: &Value) -> String {
    signed(&Lab::header(version), claims)
}

/// A token as the tenant makes them for Graph: sent with a nonce, signed with its hash in its place.
fn graph_token(claims: &Value) -> String {
    let header = |nonce: &str| {
        let kid = KEYS.current().thumbprint();
        json!({ "typ": "JWT", "nonce": nonce, "alg": "RS256", "x5t": kid, "kid": kid })
    };
    let hashed = header(&URL_SAFE_NO_PAD.encode(sha2::Sha256::digest("a nonce")));
    let token = signed(&hashed, claims);
    let (_, rest) = token.split_once('.').expect("it has dots");
    format!("{}.{rest}", encoded(&header("a nonce")))
}

fn bearer(token: &str) -> Headers {
    Headers::new().with("authorization", format!("Bearer {token}"))
}

/// The parameters of `WWW-Authenticate`.
#[track_caller]
fn challenge(answer: &Answer) -> BTreeMap<String, String> {
    let line = answer.header("www-authenticate");
    let rest = line.strip_prefix("Bearer ").unwrap_or_else(|| panic!("{line:?} of {answer:?}"));
    // No value holds a quote, so every second piece between quotes is one.
    let pieces: Vec<&str> = rest.split('"').collect();
    let pairs = pieces
        .chunks_exact(2)
        .map(|pair| (pair[0].trim_start_matches(", ").trim_end_matches('=').to_owned(), pair[1].to_owned()));
    pairs.collect()
}
