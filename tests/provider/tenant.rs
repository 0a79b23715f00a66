//! The provider asked directly, with the clock in the test's hand: a tenant, a browser reduced to cookies and forms, and
//! checks of refusals in JSON down to the last field.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use authwright::{
    provider::{Note, Provider, keys::Keys, scenario::Scenario},
    runtime::lab,
    time::UnixTime,
    wire::{Body, Headers, Method, Request, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use url::Url;

use crate::desk::{CHALLENGE, VERIFIER, attribute, step, with};

pub const START: UnixTime = UnixTime::from_seconds(1_772_615_727);
pub const SPA: &str = "http://localhost:7081/signin";
pub const PUBLIC: &str = "http://localhost:50123/";
pub const MINUTE: Duration = Duration::from_secs(60);
pub const DAY: Duration = Duration::from_secs(86_400);
const BASE: &str = "http://localhost:7080";

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| lab::make_keys().expect("keys can be made"));

/// A tenant whose clock the test moves.
pub struct Tenant {
    pub provider: Provider,
    pub scenario: Arc<Scenario>,
    pub now: UnixTime,
    /// Who types a name and a password when a page asks for them.
    pub person: &'static str,
    cookies: BTreeMap<String, String>,
}

/// A JSON answer and the learner's side of it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub note: Option<Note>,
}

/// What a refusal is expected to hold beside its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused<'a> {
    pub status: u16,
    pub error: &'a str,
    pub code: u32,
    pub suberror: Option<&'a str>,
    /// The id of the policy that the claims challenge names.
    pub policy: Option<&'a str>,
}

/// A refusal without suberror and challenge, with the status that goes with its `error`.
pub fn refused(error: &str, code: u32) -> Refused<'_> {
    let status = if error == "invalid_client" { 401 } else { 400 };
    Refused { status, error, code, suberror: None, policy: None }
}

impl<'a> Refused<'a> {
    pub const fn sub(self, suberror: &'a str) -> Self {
        Self { suberror: Some(suberror), ..self }
    }

    pub const fn policy(self, id: &'a str) -> Self {
        Self { policy: Some(id), ..self }
    }
}

impl Answer {
    /// Expects tokens.
    #[track_caller]
    pub fn tokens(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    /// Expects a refusal with exactly the fields that belong there, and a note that gives nothing away.
    #[track_caller]
    pub fn check(&self, name: &str, expected: Refused<'_>) {
        let Self { status, body, note } = self;
        let text = |field: &str| body[field].as_str();
        let challenge: Value =
            text("claims").map_or(Value::Null, |claims| serde_json::from_str(claims).expect("JSON"));
        let shown = Refused {
            status: *status,
            error: text("error").unwrap_or_default(),
            code: body["error_codes"][0].as_u64().and_then(|code| code.try_into().ok()).unwrap_or_default(),
            suberror: text("suberror"),
            policy: challenge["access_token"]["capolids"]["values"][0].as_str(),
        };
        assert_eq!(shown, expected, "{name}: {body:#}");
        let description = text("error_description").unwrap_or_default();
        assert!(description.starts_with(&format!("AADSTS{}: ", expected.code)), "{name}: {description}");
        let note = note.as_ref().expect("each refusal has a note");
        assert_eq!(note.code, expected.code, "{name}: {note:?}");
        assert!(!note.rule.is_empty() && !note.demand.is_empty(), "{name}: {note:?}");
        let shown = format!("{note:?}");
        assert!(!shown.contains("lab-Mina-1") && !shown.contains("~secret"), "{name}: {shown}");
    }
}

impl Tenant {
    pub fn new(scenario: Scenario) -> Self {
        let scenario = Arc::new(scenario);
        let provider = Provider::new(Arc::clone(&scenario), KEYS.clone(), [7; 32]);
        Self { provider, scenario, now: START, person: "mina", cookies: BTreeMap::new() }
    }

    pub fn northwind() -> Self {
        Self::new(Scenario::northwind())
    }

    pub fn client_id(&self, key: &str) -> String {
        self.scenario.application(key).expect("it is in the scenario").app_id.clone()
    }

    pub fn secret(&self, key: &str) -> String {
        let application = self.scenario.application(key).expect("it is in the scenario");
        application.secret().expect("it has one").expose().to_owned()
    }

    pub fn home(&self) -> String {
        self.scenario.home().id.clone()
    }

    pub fn object_id(&self, key: &str) -> String {
        self.scenario.user(key).expect("somebody of the scenario").id.clone()
    }

    pub fn ask(
        &mut self,
        method: Method,
        path: &str,
        parameters: &[(&str, &str)],
        headers: Headers,
    ) -> Response {
        self.ask_for_note(method, path, parameters, headers).0
    }

    pub fn ask_for_note(
        &mut self,
        method: Method,
        path: &str,
        parameters: &[(&str, &str)],
        headers: Headers,
    ) -> (Response, Option<Note>) {
        let mut url = Url::parse(&format!("{BASE}/{path}")).expect("it is well formed");
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let mut request = Request { method, url: url.clone(), headers, body: Body::Empty };
        if method == Method::Post {
            request.headers.push("content-type", "application/x-www-form-urlencoded");
            request.body = text.into();
        } else {
            url.set_query(Some(&text));
            request.url = url;
        }
        request.headers.push("cookie", self.cookie_header());
        let decision = self.provider.decide(&request, self.now);
        let note = decision.note.clone();
        let response = decision.respond();
        self.keep_cookies(&response);
        (response, note)
    }

    /// What the browser sends along.
    pub fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Another browser.
    pub fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    /// A browser that was there before: takes what [`Self::cookie_header`] gave.
    pub fn take_cookies(&mut self, line: &str) {
        let pairs = line.split("; ").filter_map(|pair| pair.split_once('='));
        self.cookies.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Keeps what an answer sets.
    pub fn keep_cookies(&mut self, response: &Response) {
        for cookie in response.headers.all("set-cookie") {
            let (name, value) = cookie
                .split(';')
                .next()
                .expect("it is well formed")
                .split_once('=')
                .expect("it is well formed");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Asks the token endpoint of a tenant.
    pub fn token_at(&mut self, tenant: &str, form: &[(&str, &str)], origin: Option<&str>) -> Answer {
        self.tokens_of(&format!("{tenant}/oauth2/v2.0/token"), form, origin)
    }

    /// Asks the token endpoint of version 1.
    pub fn token_at_version_1(&mut self, tenant: &str, form: &[(&str, &str)]) -> Answer {
        self.tokens_of(&format!("{tenant}/oauth2/token"), form, None)
    }

    fn tokens_of(&mut self, path: &str, form: &[(&str, &str)], origin: Option<&str>) -> Answer {
        let headers = origin.map_or_else(Headers::new, |origin| Headers::new().with("origin", origin));
        let (response, note) = self.ask_for_note(Method::Post, path, form, headers);
        let body = serde_json::from_str(&response.body.text()).expect("it is well formed");
        Answer { status: response.status, body, note }
    }

    pub fn token(&mut self, form: &[(&str, &str)], origin: Option<&str>) -> (u16, Value) {
        let home = self.home();
        let answer = self.token_at(&home, form, origin);
        (answer.status, answer.body)
    }

    /// Sends the form of a page, filled in for the person, with some fields changed.
    pub fn submit(&mut self, html: &str, changes: &[(&str, &str)]) -> (Response, Option<Note>) {
        self.submit_from(html, changes, Headers::new())
    }

    pub fn submit_from(
        &mut self,
        html: &str,
        changes: &[(&str, &str)],
        headers: Headers,
    ) -> (Response, Option<Note>) {
        let user = Arc::clone(self.scenario.user(self.person).expect("somebody of the scenario"));
        let form = html.split_once("<form ").expect("a form").1;
        let action = attribute(form, "action").expect("it is well formed");
        let after = form.split_once("name=\"flow_token\" ").expect("it is well formed").1;
        let token = attribute(after, "value").expect("it is well formed");
        let due = step(html).expect("a step").to_owned();
        let fields = [
            ("flow_token", token.as_str()),
            ("step", due.as_str()),
            ("loginfmt", &user.user_principal_name),
            ("passwd", user.password.expose()),
            ("otc", "246810"),
            ("action", "next"),
        ];
        self.ask_for_note(Method::Post, action.trim_start_matches('/'), &with(&fields, changes), headers)
    }

    /// Answers page after page.
    pub fn walk(&mut self, mut response: Response) -> Response {
        let user = Arc::clone(self.scenario.user(self.person).expect("somebody of the scenario"));
        while let Some(due) = step(&response.body.text()).map(str::to_owned) {
            let html = response.body.text().into_owned();
            let form = html.split_once("<form ").expect("it is well formed").1;
            let action = attribute(form, "action").expect("it is well formed");
            let token =
                attribute(form.split_once("name=\"flow_token\" ").expect("it is well formed").1, "value")
                    .expect("it is well formed");
            let fields = [
                ("flow_token", token.as_str()),
                ("step", due.as_str()),
                ("loginfmt", &user.user_principal_name),
                ("passwd", user.password.expose()),
                ("otc", "246810"),
                ("action", "next"),
            ];
            response = self.ask(Method::Post, action.trim_start_matches('/'), &fields, Headers::new());
        }
        response
    }

    /// Signs the person in for a code.
    pub fn code(&mut self, key: &str, redirect_uri: &str) -> String {
        self.code_for(key, redirect_uri, "openid offline_access User.Read")
    }

    pub fn code_for(&mut self, key: &str, redirect_uri: &str, scope: &str) -> String {
        let client = self.client_id(key);
        let parameters = [
            ("client_id", client.as_str()),
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let path = format!("{}/oauth2/v2.0/authorize", self.home());
        let page = self.ask(Method::Get, &path, &parameters, Headers::new());
        let location =
            Url::parse(self.walk(page).redirect_target().expect("a redirect")).expect("it is well formed");
        location.query_pairs().find(|(name, _)| name == "code").expect("it is well formed").1.into_owned()
    }

    pub fn redeem(&mut self, key: &str, redirect_uri: &str, code: &str) -> (u16, Value) {
        let client = self.client_id(key);
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client.as_str()),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.token(&form, (redirect_uri == SPA).then_some("http://localhost:7081"))
    }

    pub fn refresh(&mut self, key: &str, token: &Value, origin: Option<&str>) -> (u16, Value) {
        let home = self.home();
        let answer = self.refresh_at(&home, key, token, &[], origin);
        (answer.status, answer.body)
    }

    pub fn refresh_at(
        &mut self,
        tenant: &str,
        key: &str,
        token: &Value,
        changes: &[(&str, &str)],
        origin: Option<&str>,
    ) -> Answer {
        let client = self.client_id(key);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client.as_str()),
            ("refresh_token", token.as_str().expect("a refresh token")),
        ];
        self.token_at(tenant, &with(&form, changes), origin)
    }

    /// Signs somebody in by name and password, with a few things changed.
    pub fn password(&mut self, key: &str, person: &str, scope: &str, changes: &[(&str, &str)]) -> Answer {
        let user = Arc::clone(self.scenario.user(person).expect("somebody of the scenario"));
        let (client, tenant) = (self.client_id(key), self.scenario.tenant_of(&user).id.clone());
        let form = [
            ("grant_type", "password"),
            ("client_id", client.as_str()),
            ("username", &user.user_principal_name),
            ("password", user.password.expose()),
            ("scope", scope),
        ];
        self.token_at(&tenant, &with(&form, changes), None)
    }

    pub fn device(&mut self) -> Value {
        let client = self.client_id("kiosk");
        let path = format!("{}/oauth2/v2.0/devicecode", self.home());
        let form = [("client_id", client.as_str()), ("scope", "openid")];
        let response = self.ask(Method::Post, &path, &form, Headers::new());
        serde_json::from_str(&response.body.text()).expect("it is well formed")
    }

    pub fn poll(&mut self, device: &Value) -> Value {
        let client = self.client_id("kiosk");
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", client.as_str()),
            ("device_code", device["device_code"].as_str().expect("it is well formed")),
        ];
        self.token(&form, None).1
    }
}

#[track_caller]
pub fn check(body: &Value, error: &str, code: u32) {
    assert_eq!((&body["error"], &body["error_codes"][0]), (&error.into(), &code.into()), "{body:#}");
}

/// The claims of a token, unverified.
#[track_caller]
pub fn claims(token: &Value) -> Value {
    let middle = token.as_str().and_then(|token| token.split('.').nth(1)).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).expect("base64url")).expect("JSON")
}
