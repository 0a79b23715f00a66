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
