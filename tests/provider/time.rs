//! What takes time: expiry, idleness, polling. The provider is asked directly, with the clock as an argument.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use authwright::{
    provider::{Provider, keys::Keys, scenario::Scenario},
    runtime::lab,
    time::UnixTime,
    wire::{Body, Headers, Method, Request, Response},
};
use serde_json::Value;
use url::Url;

use crate::desk::{CHALLENGE, VERIFIER, attribute, step};

const START: UnixTime = UnixTime::from_seconds(1_772_615_727);
const BASE: &str = "http://localhost:7080";
const SPA: &str = "http://localhost:7081/signin";
const PUBLIC: &str = "http://localhost:50123/";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

static KEYS: LazyLock<Keys> = LazyLock::new(|| lab::make_keys().expect("keys can be made"));

/// A tenant whose clock the test moves.
struct Tenant {
    provider: Provider,
    scenario: Arc<Scenario>,
    now: UnixTime,
    cookies: BTreeMap<String, String>,
}

impl Tenant {
    fn new(scenario: Scenario) -> Self {
        let scenario = Arc::new(scenario);
        let provider = Provider::new(Arc::clone(&scenario), KEYS.clone(), [7; 32]);
        Self { provider, scenario, now: START, cookies: BTreeMap::new() }
    }

    fn client_id(&self, key: &str) -> String {
        self.scenario.application(key).expect("it is in the scenario").app_id.clone()
    }

    fn ask(&mut self, method: Method, path: &str, parameters: &[(&str, &str)], headers: Headers) -> Response {
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
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers.push("cookie", cookies.join("; "));
        let response = self.provider.decide(&request, self.now).respond();
        for cookie in response.headers.all("set-cookie") {
            let (name, value) = cookie
                .split(';')
                .next()
                .expect("it is well formed")
                .split_once('=')
                .expect("it is well formed");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    fn token(&mut self, form: &[(&str, &str)], origin: Option<&str>) -> (u16, Value) {
        let headers = origin.map_or_else(Headers::new, |origin| Headers::new().with("origin", origin));
        let path = format!("{}/oauth2/v2.0/token", self.scenario.home().id);
        let response = self.ask(Method::Post, &path, form, headers);
        (response.status, serde_json::from_str(&response.body.text()).expect("it is well formed"))
    }

    /// Answers page after page.
    fn walk(&mut self, mut response: Response) -> Response {
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
                ("loginfmt", "mina@northwind.example"),
                ("passwd", "lab-Mina-1"),
                ("action", "next"),
            ];
            response = self.ask(Method::Post, action.trim_start_matches('/'), &fields, Headers::new());
        }
        response
    }

    fn code(&mut self, key: &str, redirect_uri: &str) -> String {
        let client = self.client_id(key);
        let parameters = [
            ("client_id", client.as_str()),
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
            ("scope", "openid offline_access User.Read"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let path = format!("{}/oauth2/v2.0/authorize", self.scenario.home().id);
        let page = self.ask(Method::Get, &path, &parameters, Headers::new());
        let location =
            Url::parse(self.walk(page).redirect_target().expect("a redirect")).expect("it is well formed");
        location.query_pairs().find(|(name, _)| name == "code").expect("it is well formed").1.into_owned()
    }

    fn redeem(&mut self, key: &str, redirect_uri: &str, code: &str) -> (u16, Value) {
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

    fn refresh(&mut self, key: &str, token: &Value, origin: Option<&str>) -> (u16, Value) {
        let client = self.client_id(key);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client.as_str()),
            ("refresh_token", token.as_str().expect("a refresh token")),
        ];
        self.token(&form, origin)
    }

    fn device(&mut self) -> Value {
        let client = self.client_id("kiosk");
        let path = format!("{}/oauth2/v2.0/devicecode", self.scenario.home().id);
        let form = [("client_id", client.as_str()), ("scope", "openid")];
        let response = self.ask(Method::Post, &path, &form, Headers::new());
        serde_json::from_str(&response.body.text()).expect("it is well formed")
    }

    fn poll(&mut self, device: &Value) -> Value {
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
fn check(body: &Value, error: &str, code: u32) {
    assert_eq!((&body["error"], &body["error_codes"][0]), (&error.into(), &code.into()), "{body:#}");
}

#[test]
fn a_code_lives_ten_minutes() {
    let mut tenant = Tenant::new(Scenario::northwind());
    let code = tenant.code("desktop", PUBLIC);
    tenant.now = START + 10 * MINUTE;
    let (status, body) = tenant.redeem("desktop", PUBLIC, &code);
    assert_eq!(status, 400);
    check(&body, "invalid_grant", 70008);
    assert!(body["error_description"].as_str().unwrap().contains("2026-03-04T09:15:27.0000000Z"));

    let code = tenant.code("desktop", PUBLIC);
    tenant.now = tenant.now + 10 * MINUTE - Duration::from_millis(1);
    assert_eq!(tenant.redeem("desktop", PUBLIC, &code).0, 200);
}

#[test]
fn refresh_tokens_end_after_a_day_in_the_browser_and_after_90_idle_days_elsewhere() {
    let mut tenant = Tenant::new(Scenario::northwind());
    let origin = Some("http://localhost:7081");
    let code = tenant.code("storefront", SPA);
    let (_, first) = tenant.redeem("storefront", SPA, &code);
    tenant.now = START + 23 * 60 * MINUTE;
    let (status, second) = tenant.refresh("storefront", &first["refresh_token"], origin);
    assert_eq!((status, &second["refresh_token_expires_in"]), (200, &3599.into()), "the end does not move");
    check(&tenant.refresh("storefront", &second["refresh_token"], None).1, "invalid_request", 9_002_327);
    tenant.now = START + DAY;
    check(&tenant.refresh("storefront", &second["refresh_token"], origin).1, "invalid_grant", 700_084);

    let code = tenant.code("desktop", PUBLIC);
    let (_, first) = tenant.redeem("desktop", PUBLIC, &code);
    tenant.now = tenant.now + 89 * DAY;
    let (status, second) = tenant.refresh("desktop", &first["refresh_token"], None);
    assert_eq!(status, 200);
    tenant.now = tenant.now + 2 * DAY;
    let (_, idle) = tenant.refresh("desktop", &first["refresh_token"], None);
    check(&idle, "invalid_grant", 700_082);
    assert_eq!(idle["suberror"], "token_expired");
    assert_eq!(tenant.refresh("desktop", &second["refresh_token"], None).0, 200, "each use gives a new one");
}

#[test]
fn a_device_code_lives_fifteen_minutes() {
    let mut tenant = Tenant::new(Scenario::northwind());
    let device = tenant.device();
    check(&tenant.poll(&device), "authorization_pending", 70016);
    check(&tenant.poll(&device), "authorization_pending", 70016);
    tenant.now = START + 15 * MINUTE;
    check(&tenant.poll(&device), "expired_token", 70020);
    let code = device["user_code"].as_str().unwrap().to_owned();
    let page = tenant.ask(Method::Post, "common/oauth2/deviceauth", &[("user_code", &code)], Headers::new());
    assert!(page.body.text().contains("AADSTS70019: "), "{}", page.body.text());
}

#[test]
fn polls_that_come_too_fast_are_slowed_down_where_the_policy_says_so() {
    let mut scenario = Scenario::northwind();
    scenario.policy.slow_down = true;
    let mut tenant = Tenant::new(scenario);
    let device = tenant.device();
    check(&tenant.poll(&device), "authorization_pending", 70016);
    tenant.now = tenant.now + Duration::from_secs(4);
    check(&tenant.poll(&device), "slow_down", 70016);
    tenant.now = tenant.now + Duration::from_secs(5);
    check(&tenant.poll(&device), "authorization_pending", 70016);
}

#[test]
fn max_age_asks_for_the_password_again() {
    let mut tenant = Tenant::new(Scenario::northwind());
    tenant.code("desktop", PUBLIC);
    let client = tenant.client_id("desktop");
    let path = format!("{}/oauth2/v2.0/authorize", tenant.scenario.home().id);
    let parameters = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", PUBLIC),
        ("scope", "openid User.Read"),
        ("max_age", "60"),
    ];
    tenant.now = START + MINUTE;
    let answer = tenant.ask(Method::Get, &path, &parameters, Headers::new());
    assert_eq!(answer.status, 302);
    tenant.now = START + MINUTE + Duration::from_secs(1);
    let answer = tenant.ask(Method::Get, &path, &parameters, Headers::new());
    assert_eq!(step(&answer.body.text()), Some("sign_in"));
}

#[test]
fn the_same_seed_and_requests_give_the_same_answers() {
    let run = || {
        let mut tenant = Tenant::new(Scenario::northwind());
        let code = tenant.code("desktop", PUBLIC);
        tenant.redeem("desktop", PUBLIC, &code).1
    };
    assert_eq!(run(), run());
}
