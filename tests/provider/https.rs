//! The same tenant over https: whom a client has to trust, by which names it answers, and what it then says of itself.

use authwright::{
    provider::scenario::Scenario,
    runtime::{self, lab},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};

struct Https {
    lab: lab::Lab,
    port: u16,
    home: String,
    http: reqwest::Client,
    _events: mpsc::Receiver<authwright::workbench::Event>,
}

impl Https {
    async fn open() -> Self {
        let (events, queue) = mpsc::channel(runtime::QUEUE);
        let scenario = Scenario::northwind();
        let home = scenario.home().id.clone();
        let lab = lab::start(lab::Options::anywhere(scenario), events).await.expect("ports can be opened");
        let port = lab.https_base().port().expect("it has one");
        let ca = lab.ca().await.expect("one is made");
        let ca = reqwest::Certificate::from_pem(ca.pem.as_bytes()).expect("a certificate");
        let here = ([127, 0, 0, 1], port).into();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([ca])
            .resolve("login.microsoftonline.com", here)
            .resolve("evil.example", here)
            .build()
            .expect("a client");
        Self { lab, port, home, http, _events: queue }
    }

    async fn metadata(&self, base: &str) -> Value {
        let url = format!("{base}/{}/v2.0/.well-known/openid-configuration", self.home);
        let answer = self.http.get(&url).send().await.unwrap_or_else(|why| panic!("{url}: {why:?}"));
        let text = answer.text().await.expect("a body");
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{url}: {why}: {text}"))
    }
}

#[tokio::test]
async fn each_name_is_vouched_for_and_comes_back_in_the_metadata() {
    let https = Https::open().await;
    let port = https.port;
    for name in ["localhost", "127.0.0.1", "[::1]", "login.microsoftonline.com"] {
        let base = format!("https://{name}:{port}");
        let document = https.metadata(&base).await;
        assert_eq!(document["issuer"], format!("{base}/{}/v2.0", https.home));
        for endpoint in ["token_endpoint", "authorization_endpoint", "jwks_uri", "end_session_endpoint"] {
            let url = document[endpoint].as_str().unwrap_or_default();
            assert!(url.starts_with(&format!("{base}/")), "{endpoint}: {url}");
        }
    }
    // Over http it is the same tenant with the other address.
    let url = format!("{}{}/v2.0/.well-known/openid-configuration", https.lab.base(), https.home);
    let text = https.http.get(url).send().await.expect("an answer").text().await.expect("a body");
    assert!(text.contains(&format!("{}{}/v2.0\"", https.lab.base(), https.home)), "{text}");
}

#[tokio::test]
async fn whoever_forwards_the_usual_port_gets_addresses_without_one() {
    let https = Https::open().await;
    for name in ["localhost", "login.microsoftonline.com"] {
        let url =
            format!("https://localhost:{}/{}/v2.0/.well-known/openid-configuration", https.port, https.home);
        let answer = https.http.get(url).header("host", name).send().await.expect("an answer");
        let document: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        assert_eq!(document["issuer"], format!("https://{name}/{}/v2.0", https.home));
    }
}

#[tokio::test]
async fn a_foreign_name_is_neither_vouched_for_nor_answered() {
    let https = Https::open().await;
    let url = format!("https://evil.example:{}/", https.port);
    assert!(https.http.get(url).send().await.is_err(), "the certificate is not for that name");
    let url = format!("https://localhost:{}/common/v2.0/.well-known/openid-configuration", https.port);
    for host in ["evil.example", "localhost:1"] {
        let answer = https.http.get(&url).header("host", host).send().await.expect("an answer");
        assert_eq!(answer.status(), 421, "{host}");
    }
    // The cloud's name is for https alone.
    let url = format!("{}common/v2.0/.well-known/openid-configuration", https.lab.base());
    let answer =
        https.http.get(url).header("host", "login.microsoftonline.com").send().await.expect("an answer");
    assert_eq!(answer.status(), 421);
}

#[tokio::test]
async fn a_client_that_does_not_know_the_ca_breaks_off_and_plain_http_is_told() {
    let https = Https::open().await;
    let stranger = reqwest::Client::builder().no_proxy().build().expect("a client");
    assert!(stranger.get(https.lab.https_base().clone()).send().await.is_err());
    let mut stream = TcpStream::connect(("127.0.0.1", https.port)).await.expect("it listens");
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it takes it");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains(https.lab.https_base().as_str()), "{answer}");
}

#[tokio::test]
async fn a_client_that_never_shakes_hands_does_not_keep_it_from_stopping() {
    let https = Https::open().await;
    let address = ("127.0.0.1", https.port);
    let mut idle = TcpStream::connect(address).await.expect("it listens");
    drop(https);
    let mut nothing = [0];
    assert_eq!(idle.read(&mut nothing).await.unwrap_or(0), 0, "the connection is closed");
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// The parameters of a password request of the handheld.
const PASSWORD: [(&str, &str); 4] = [
    ("grant_type", "password"),
    ("client_id", "6ec0d4a5-391b-4f82-8d7c-a2f5e1b69037"),
    ("username", "mina@northwind.example"),
    ("password", "lab-Mina-1"),
];

impl Https {
    async fn password(&self, base: &str, more: &[(&str, &str)]) -> Value {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(PASSWORD).extend_pairs(more);
        let url = format!("{base}/{}/oauth2/v2.0/token", self.home);
        let request = self.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body.finish()).send().await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
    }
}

#[tokio::test]
async fn what_was_issued_under_one_name_is_good_under_the_others() {
    let https = Https::open().await;
    let cloud = format!("https://login.microsoftonline.com:{}", https.port);
    let issued = https.password(&cloud, &[("scope", "User.Read")]).await;
    let token = issued["access_token"].as_str().unwrap_or_else(|| panic!("{issued}"));
    for base in [&cloud, https.lab.https_base().as_str(), https.lab.base().as_str()] {
        let url = format!("{}/v1.0/me", base.trim_end_matches('/'));
        let answer = https.http.get(url).header("authorization", format!("Bearer {token}")).send().await;
        assert_eq!(answer.expect("an answer").status(), 200, "{base}");
    }
}

#[tokio::test]
async fn only_long_tokens_say_when_to_renew_them() {
    let https = Https::open().await;
    let base = https.lab.https_base().as_str().trim_end_matches('/').to_owned();
    let short = https.password(&base, &[("scope", "User.Read")]).await;
    assert!(short["expires_in"].as_i64().is_some_and(|life| life < 7200), "{short}");
    assert!(short["refresh_in"].is_null(), "{short}");
    let claims = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
    let long = https.password(&base, &[("scope", "User.Read"), ("claims", claims)]).await;
    let (life, renew) = (long["expires_in"].as_i64(), long["refresh_in"].as_i64());
    assert!(life.is_some_and(|life| life >= 72_000), "{long}");
    assert_eq!(renew, life.map(|life| life / 2));
}

#[tokio::test]
async fn each_name_of_the_lab_is_an_authority_to_the_others() {
    let https = Https::open().await;
    let cloud = format!("https://login.microsoftonline.com:{}", https.port);
    let ask = async |endpoint: &str| {
        let mut url = reqwest::Url::parse(&format!("{cloud}/common/discovery/instance")).expect("an address");
        url.query_pairs_mut().append_pair("api-version", "1.0").append_pair(
            "authorization_endpoint",
            &format!("{endpoint}/{}/oauth2/v2.0/authorize", https.home),
        );
        let answer = https.http.get(url).send().await.expect("an answer");
        serde_json::from_str::<Value>(&answer.text().await.expect("a body")).expect("JSON")
    };
    let known = format!("{cloud}/{}/v2.0/.well-known/openid-configuration", https.home);
    for own in ["https://login.microsoftonline.com", "https://localhost", "https://127.0.0.1:1"] {
        assert_eq!(ask(own).await["tenant_discovery_endpoint"], known, "{own}");
    }
    assert_eq!(ask("https://evil.example").await["error"], "invalid_instance");
}
