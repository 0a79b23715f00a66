//! What every test needs: a running lab tenant, a plain HTTP client, a browser reduced to cookies and forms, and checks of
//! the three surfaces on which a refusal can come.

use std::{collections::BTreeMap, sync::Mutex as PlainMutex};

use authwright::{
    explain::{self, Evidence},
    flow::ClientKey,
    provider::{Note, scenario::Scenario},
    runtime::{self, lab},
    wire::{self, Body, Headers, Method},
    workbench::Event,
};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};
use url::Url;

pub const STATE: &str = "a|b=c&é";
pub const NONCE: &str = "n-0S6_WzA2Mj";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const CATALOG: &str = "api://northwind-catalog/Catalog.Read";

/// A lab tenant and a client without memory.
pub struct Desk {
    pub lab: lab::Lab,
    pub scenario: Scenario,
    pub home: String,
    http: reqwest::Client,
    events: Mutex<(mpsc::Receiver<Event>, Vec<Note>)>,
    /// What was sent, with the id that the lab gave it.
    sent: PlainMutex<Vec<(wire::Request, String)>>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub cookies: Vec<String>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The answer as the workbench keeps it.
    #[allow(dead_code, reason = "the table of refusals holds explanations against it")]
    pub fn response(&self) -> wire::Response {
        let headers =
            self.headers.iter().fold(Headers::new(), |headers, (name, value)| headers.with(name, value));
        wire::Response { status: self.status, headers, body: Body::from(self.body.clone()) }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The parameters of a redirect, in its query or its fragment.
    #[track_caller]
    pub fn returned(&self, redirect_uri: &str) -> BTreeMap<String, String> {
        assert_eq!(self.status, 302, "{self:?}");
        let location = self.header("location");
        assert!(location.starts_with(redirect_uri), "{location}");
        let url = Url::parse(location).expect("an address");
        let text = url.fragment().filter(|text| !text.is_empty()).or(url.query()).unwrap_or_default();
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }
}

/// A refusal as it is expected.
#[derive(Clone, Copy)]
pub struct Refusal<'a> {
    pub error: &'a str,
    pub code: u32,
}

impl Desk {
    pub async fn open() -> Self {
        Self::stocked(Scenario::northwind()).await
    }

    /// With another directory.
    pub async fn stocked(scenario: Scenario) -> Self {
        let (events, queue) = mpsc::channel(runtime::QUEUE);
        let lab = lab::start(lab::Options::anywhere(scenario.clone()), events)
            .await
            .expect("loopback ports can be opened");
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self {
            lab,
            home: scenario.home().id.clone(),
            scenario,
            http: http.build().expect("a client"),
            events: Mutex::new((queue, Vec::new())),
            sent: PlainMutex::default(),
        }
    }

    /// An address of the lab.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.lab.base())
    }

    pub fn client_id(&self, key: &str) -> &str {
        &self.scenario.application(key).expect("it is in the scenario").app_id
    }

    pub fn secret(&self, key: &str) -> &str {
        self.scenario.application(key).and_then(|app| app.secret()).expect("it has one").expose()
    }

    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(self.http.get(url), headers).await
    }

    pub async fn request(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        let method = method.parse().expect("a method");
        self.send(self.http.request(method, url), headers).await
    }

    pub async fn post(&self, url: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        // Made before anything is waited for: the writer cannot go from one thread to another.
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.post_text(url, body, headers).await
    }

    pub async fn post_text(&self, url: &str, body: String, headers: &[(&str, &str)]) -> Answer {
        let request =
            self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(body);
        self.send(request, headers).await
    }

    /// Sends JSON, or nothing, with a bearer token.
    pub async fn json(&self, method: &str, url: &str, token: &str, body: Option<&Value>) -> Answer {
        let mut request = self.http.request(method.parse().expect("a method"), url).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.send(request, &[]).await
    }

    async fn send(&self, mut request: reqwest::RequestBuilder, headers: &[(&str, &str)]) -> Answer {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.build().expect("a request");
        let sent = written(&request);
        let response = self.http.execute(request).await.expect("the lab answers");
        let text =
            |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let trace = response.headers().get("x-ms-request-id").map(text).unwrap_or_default();
        self.sent.lock().expect("nobody panicked").push((sent, trace));
        Answer {
            status: response.status().as_u16(),
            cookies: response.headers().get_all("set-cookie").iter().map(text).collect(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: response.text().await.expect("a body"),
        }
    }

    /// Everything that was sent so far, each with the id that the lab gave it.
    #[allow(dead_code, reason = "the table of refusals holds explanations against it")]
    pub fn sent(&self) -> Vec<(wire::Request, String)> {
        self.sent.lock().expect("nobody panicked").clone()
    }

    /// Asks the token endpoint of a tenant.
    pub async fn token(&self, tenant: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        self.post(&self.url(&format!("{tenant}/oauth2/v2.0/token")), form, headers).await
    }

    /// The form of a client credentials request that works.
    pub fn daemon(&self) -> Vec<(&str, &str)> {
        vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id("inventory-sync")),
            ("client_secret", self.secret("inventory-sync")),
            ("scope", "api://northwind-catalog/.default"),
        ]
    }

    /// The parameters of an authorization request that works, with PKCE.
    pub fn authorization<'a>(&'a self, key: &str, redirect_uri: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("client_id", self.client_id(key)),
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
            ("scope", "openid profile offline_access User.Read"),
            ("state", STATE),
            ("nonce", NONCE),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
    }

    pub fn authorize_url(&self, tenant: &str, parameters: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&self.url(&format!("{tenant}/oauth2/v2.0/authorize"))).expect("an address");
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    /// Signs somebody in and gives the code.
    pub async fn code(&self, key: &str, redirect_uri: &str, changes: &[(&str, &str)]) -> String {
        let parameters = with(&self.authorization(key, redirect_uri), changes);
        let mut browser = Browser::new(self);
        let answer = browser.sign_in(&self.authorize_url(&self.home, &parameters), "adele").await;
        answer.returned(redirect_uri)["code"].clone()
    }

    /// The form that redeems a code.
    pub fn redemption<'a>(
        &'a self,
        key: &str,
        redirect_uri: &'a str,
        code: &'a str,
    ) -> Vec<(&'a str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", self.client_id(key)),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ]
    }

    /// The learner's note to an answer. It was sent before the answer was.
    pub async fn note(&self, trace_id: &str) -> Note {
        let mut events = self.events.lock().await;
        let (queue, notes) = &mut *events;
        while let Ok(event) = queue.try_recv() {
            if let Event::LabNote(note) = event {
                notes.push(note);
            }
        }
        notes.iter().find(|note| note.trace_id == trace_id).expect("each refusal has a note").clone()
    }

    /// The key that the lab made for an application, as soon as it is made.
    pub async fn key_of(&self, application: &str) -> ClientKey {
        let mut events = self.events.lock().await;
        loop {
            match events.0.recv().await.expect("the lab runs") {
                Event::LabKey { application: made_for, key } if made_for == application => return key,
                Event::LabNote(note) => events.1.push(note),
                _ => {}
            }
        }
    }

    async fn check_note(&self, answer: &Answer, code: u32) {
        let note = self.note(answer.header("x-ms-request-id")).await;
        assert_eq!(note.code, code, "{note:?}");
        assert!(!note.rule.is_empty() && !note.demand.is_empty(), "{note:?}");
        let secrets = [self.secret("inventory-sync"), "lab-Mina-1", VERIFIER];
        let shown = format!("{note:?}");
        assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
        assert_eq!(answer.header("x-ms-clitelem"), format!("1,{code},0,,"), "{answer:?}");
        let explanation = explain::explain(&Evidence {
            text: Some(format!("AADSTS{code}")),
            rule: Some((note.rule.to_owned(), note.demand.clone())),
            compared: note.compared,
            lab: true,
            ..Evidence::default()
        });
        assert_eq!(explanation.code, Some(code));
    }

    /// Expects a refusal as JSON, with exactly the fields that belong there.
    #[track_caller]
    pub fn check_json<'a>(
        &'a self,
        name: &'a str,
        answer: &'a Answer,
        status: u16,
        refusal: Refusal<'a>,
        extra: &'a [&str],
    ) -> impl Future<Output = ()> + 'a {
        let body = answer.json();
        assert_eq!(
            (answer.status, body["error"].as_str()),
            (status, Some(refusal.error)),
            "{name}: {body:#}"
        );
        assert_eq!(body["error_codes"], serde_json::json!([refusal.code]), "{name}: {body:#}");
        let mut fields =
            vec!["error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"];
        fields.extend(extra);
        let present: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(present, fields, "{name}");
        let text = |field: &str| body[field].as_str().expect("a text").to_owned();
        let tail = format!(
            " Trace ID: {} Correlation ID: {} Timestamp: {}",
            text("trace_id"),
            text("correlation_id"),
            text("timestamp")
        );
        let description = text("error_description");
        assert!(description.starts_with(&format!("AADSTS{}: ", refusal.code)), "{name}: {description}");
        assert!(description.ends_with(&tail), "{name}: {description}");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8", "{name}");
        assert_eq!(answer.header("x-ms-request-id"), text("trace_id"), "{name}");
        if extra.contains(&"error_uri") {
            assert_eq!(text("error_uri"), self.url(&format!("error?code={}", refusal.code)), "{name}");
        }
        self.check_note(answer, refusal.code)
    }

    /// Expects a refusal on a page from which nothing leads on.
    #[track_caller]
    pub fn check_page<'a>(
        &'a self,
        name: &'a str,
        answer: &'a Answer,
        code: u32,
    ) -> impl Future<Output = ()> + 'a {
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{name}: {answer:?}"
        );
        assert!(answer.body.contains(&format!("AADSTS{code}: ")), "{name}: {}", answer.body);
        assert!(
            answer.body.contains("Request Id:") && !answer.body.contains("<form"),
            "{name}: {}",
            answer.body
        );
        self.check_note(answer, code)
    }

    /// Expects a refusal that goes back to the application.
    #[track_caller]
    pub fn check_redirect<'a>(
        &'a self,
        name: &'a str,
        answer: &'a Answer,
        redirect_uri: &str,
        refusal: Refusal<'a>,
        extra: &[&str],
    ) -> impl Future<Output = ()> + 'a {
        let returned = answer.returned(redirect_uri);
        assert_eq!(returned.get("error").map(String::as_str), Some(refusal.error), "{name}: {returned:#?}");
        let description = &returned["error_description"];
        assert!(description.starts_with(&format!("AADSTS{}: ", refusal.code)), "{name}: {description}");
        assert_eq!(returned.get("state").map(String::as_str), Some(STATE), "{name}");
        let mut fields = vec!["error", "error_description", "state"];
        fields.extend(extra);
        fields.sort_unstable();
        assert_eq!(returned.keys().map(String::as_str).collect::<Vec<_>>(), fields, "{name}");
        self.check_note(answer, refusal.code)
    }
}

/// A request as the workbench keeps it.
fn written(request: &reqwest::Request) -> wire::Request {
    let headers = request.headers().iter().filter(|(_, value)| !value.is_empty());
    let headers = headers.fold(Headers::new(), |headers, (name, value)| {
        headers.with(name.as_str(), String::from_utf8_lossy(value.as_bytes()))
    });
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    wire::Request {
        method: Method::parse(request.method().as_str()).expect("a method that the workbench knows"),
        url: request.url().clone(),
        headers,
        body: if body.is_empty() { Body::Empty } else { Body::Whole(body.to_vec()) },
    }
}

/// Parameters with some replaced, added, or (with an empty value) left out.
pub fn with<'a>(
    parameters: &[(&'a str, &'a str)],
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut out = parameters.to_vec();
    for (name, value) in changes {
        out.retain(|(present, _)| present != name);
        if !value.is_empty() {
            out.push((name, value));
        }
    }
    out
}

/// Cookies and forms.
pub struct Browser<'a> {
    desk: &'a Desk,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub const fn new(desk: &'a Desk) -> Self {
        Self { desk, cookies: BTreeMap::new() }
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for cookie in &answer.cookies {
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub async fn get(&mut self, url: &str) -> Answer {
        let answer = self.desk.get(url, &[("cookie", &self.cookie())]).await;
        self.keep(answer)
    }

    pub async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.desk.post(url, form, &[("cookie", &self.cookie())]).await;
        self.keep(answer)
    }

    /// Fills in the page's form and presses a button.
    pub async fn submit(&mut self, page: &Answer, button: (&str, &str), fields: &[(&str, &str)]) -> Answer {
        let (action, mut form) = form(&page.body);
        for (name, value) in fields.iter().chain([&button]) {
            form.retain(|(present, _)| present != name);
            form.push(((*name).to_owned(), (*value).to_owned()));
        }
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let url = self.desk.url(action.trim_start_matches('/'));
        let answer = self.desk.post(&url, &form, &[("cookie", &self.cookie())]).await;
        self.keep(answer)
    }

    /// Types somebody's name and password into the sign-in page.
    pub async fn type_password(&mut self, page: &Answer, key: &str) -> Answer {
        let user = self.desk.scenario.user(key).expect("somebody of the scenario");
        let fields = [("loginfmt", user.user_principal_name.as_str()), ("passwd", user.password.expose())];
        self.submit(page, ("action", "next"), &fields).await
    }

    /// Goes to an address and says yes to everything until the way leads back to the application, or ends.
    pub async fn sign_in(&mut self, url: &str, key: &str) -> Answer {
        let mut answer = self.get(url).await;
        for _ in 0..6 {
            answer = match step(&answer.body) {
                Some("sign_in" | "home_realm") => self.type_password(&answer, key).await,
                Some("verify") => self.submit(&answer, ("action", "next"), &[("otc", "246810")]).await,
                Some("consent" | "confirm") => self.submit(&answer, ("action", "next"), &[]).await,
                _ => return answer,
            };
        }
        panic!("the sign-in does not end: {answer:?}");
    }
}

/// Which page of a sign-in this is.
pub fn step(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("name=\"step\" value=\"")?;
    rest.split('"').next()
}

/// The first form of a page: where it goes and its inputs, ticked boxes aside.
fn form(html: &str) -> (String, Vec<(String, String)>) {
    let form = html.split_once("<form ").expect("a form").1.split_once("</form>").expect("its end").0;
    let inputs = form.split("<input ").skip(1).filter_map(|input| {
        let tag = input.split('>').next()?;
        (attribute(tag, "type")? != "checkbox").then_some(())?;
        Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
    });
    (attribute(form, "action").expect("an action"), inputs.collect())
}

/// The value of an attribute.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!("{name}=\""))?.1.split('"').next()?;
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Some(entities.iter().fold(value.to_owned(), |text, (entity, c)| text.replace(entity, c)))
}
