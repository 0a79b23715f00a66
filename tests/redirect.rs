//! The redirect listener over real loopback connections: every way an answer comes, its own host names, its own path, and
//! what it says to those who come too late, from elsewhere, or for something else.

use authwright::{
    oauth::{Arrival, ArrivedBy},
    runtime::redirect::{Listener, Tunnel},
    wire::Failure,
};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::AbortHandle,
};
use url::Url;

fn uri(text: &str) -> Url {
    text.parse().expect("a well-formed address")
}

/// A listener at work.
struct Desk {
    port: u16,
    uri: Url,
    certificate: Option<String>,
    arrivals: mpsc::Receiver<Arrival>,
    task: AbortHandle,
}

impl Desk {
    async fn open(redirect_uri: &str) -> Self {
        let listener = Listener::open(&uri(redirect_uri), None).await.expect("a port is free");
        let listening = listener.listening().clone();
        let (caught, arrivals) = mpsc::channel(2);
        let task = tokio::spawn(listener.serve(caught)).abort_handle();
        let port = listening.redirect_uri.port().expect("the port is told");
        Self { port, uri: listening.redirect_uri, certificate: listening.certificate, arrivals, task }
    }

    /// Sends a request and gives the status line, the head and the page.
    async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
        let own = ("host", &*format!("localhost:{}", self.port));
        let host = if headers.iter().any(|(name, _)| *name == "host") { None } else { Some(own) };
        let lines: Vec<_> =
            host.iter().chain(headers).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let lines = lines.concat();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        let head =
            format!("{method} {target} HTTP/1.1\r\n{lines}content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(head.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers and closes");
        answer
    }

    async fn post(&self, body: &str, headers: &[(&str, &str)]) -> String {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.ask("POST", self.uri.path(), &all, body).await
    }

    fn nothing_came(&mut self) -> bool {
        self.arrivals.try_recv().is_err()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn an_answer_in_the_query_is_taken_under_its_own_name_and_path() {
    let mut desk = Desk::open("http://localhost/callback").await;
    assert_eq!(desk.uri.as_str(), format!("http://localhost:{}/callback", desk.port));

    for host in [format!("evil.example:{}", desk.port), "localhost:1".to_owned(), "localhost".to_owned()] {
        let answer = desk.ask("GET", "/callback?code=stolen", &[("host", &host)], "").await;
        assert!(answer.starts_with("HTTP/1.1 421"), "{host}: {answer}");
    }
    let icon = desk.ask("GET", "/favicon.ico", &[], "").await;
    assert!(icon.starts_with("HTTP/1.1 404") && icon.contains("Nothing here"), "{icon}");
    let method = desk.ask("DELETE", "/callback?code=c", &[], "").await;
    assert!(method.starts_with("HTTP/1.1 405"), "{method}");
    assert!(desk.nothing_came());

    let answered = desk.ask("GET", "/callback?code=abc&state=x%20y", &[], "").await;
    assert!(
        answered.starts_with("HTTP/1.1 200") && answered.contains("The answer has arrived"),
        "{answered}"
    );
    let arrival = desk.arrivals.recv().await.expect("an answer");
    assert_eq!(arrival.by, ArrivedBy::Query);
    assert_eq!((arrival.params.get("code"), arrival.params.get("state")), (Some("abc"), Some("x y")));
}

#[tokio::test]
async fn the_second_answer_is_told_so_and_handed_on_for_the_flow_to_judge() {
    let mut desk = Desk::open("http://localhost/callback").await;
    desk.ask("GET", "/callback?code=first&state=s", &[], "").await;
    for _ in 0..3 {
        let second = desk.ask("GET", "/callback?code=second&state=s", &[], "").await;
        assert!(second.starts_with("HTTP/1.1 409") && second.contains("first one counts"), "{second}");
    }
    let first = desk.arrivals.recv().await.expect("the first");
    let second = desk.arrivals.recv().await.expect("the second");
    assert_eq!((first.params.get("code"), second.params.get("code")), (Some("first"), Some("second")));
    assert!(desk.nothing_came(), "a flood is not passed on");
}

#[tokio::test]
async fn a_form_post_is_an_answer_too() {
    let mut desk = Desk::open("http://127.0.0.1").await;
    let plain = desk.ask("POST", "/", &[("content-type", "text/plain")], "code=c").await;
    assert!(plain.starts_with("HTTP/1.1 415"), "{plain}");
    let empty = desk.post("submit=1", &[]).await;
    assert!(empty.starts_with("HTTP/1.1 400"), "{empty}");
    let long = desk.post(&format!("code={}", "x".repeat(300_000)), &[]).await;
    assert!(long.starts_with("HTTP/1.1 413"), "{long}");
    assert!(desk.nothing_came());
    // The authority's page is of another origin, and so it must be.
    let origin = [("origin", "https://login.example")];
    let answered = desk.post("error=access_denied&state=s", &origin).await;
    assert!(answered.contains("refused") && answered.contains("(access_denied)"), "{answered}");
    let arrival = desk.arrivals.recv().await.expect("an answer");
    assert_eq!((arrival.by, arrival.params.get("error")), (ArrivedBy::FormPost, Some("access_denied")));
}

#[tokio::test]
async fn a_fragment_is_handed_on_by_the_listener_s_own_page_alone() {
    let mut desk = Desk::open("http://localhost/cb").await;
    let page = desk.ask("GET", "/cb", &[], "").await;
    assert!(page.contains("<script>") && page.contains("location.hash"), "{page}");
    assert!(page.contains("script-src 'sha256-") && page.contains("connect-src 'self'"), "{page}");
    assert!(page.contains("paste it there"), "without script there is a way too");

    let relay = ("x-authwright-relay", "fragment");
    for origin in [None, Some("http://evil.example"), Some("null"), Some("http://localhost:1")] {
        let headers: Vec<_> = [relay].into_iter().chain(origin.map(|origin| ("origin", origin))).collect();
        let refused = desk.post("id_token=i&state=s", &headers).await;
        assert!(refused.starts_with("HTTP/1.1 403"), "{origin:?}: {refused}");
    }
    assert!(desk.nothing_came());
    let own = format!("http://localhost:{}", desk.port);
    let handed_on = desk.post("id_token=i&state=s", &[relay, ("origin", &own)]).await;
    assert!(
        handed_on.starts_with("HTTP/1.1 200") && handed_on.contains("The answer has arrived"),
        "{handed_on}"
    );
    let arrival = desk.arrivals.recv().await.expect("an answer");
    assert_eq!((arrival.by, arrival.params.get("id_token")), (ArrivedBy::Fragment, Some("i")));
}

#[tokio::test]
async fn https_has_a_certificate_made_on_the_spot_whose_fingerprint_is_told() {
    let mut desk = Desk::open("https://localhost/cb").await;
    let told = desk.certificate.clone().expect("a fingerprint");
    let client = reqwest::Client::builder().no_proxy().tls_info(true);
    let strict = client.build().expect("a client").get(desk.uri.clone()).send().await;
    assert!(strict.is_err(), "nobody vouches for it");

    let client = reqwest::Client::builder().no_proxy().tls_info(true).danger_accept_invalid_certs(true);
    let client = client.build().expect("a client");
    let answer = client.get(format!("{}?code=c&state=s", desk.uri)).send().await.expect("it answers");
    let info = answer.extensions().get::<reqwest::tls::TlsInfo>().expect("it is TLS");
    let seen = Sha256::digest(info.peer_certificate().expect("it has a certificate"));
    let seen: Vec<_> = seen.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(seen.join(":"), told);
    assert_eq!(answer.status(), 200);
    assert_eq!(desk.arrivals.recv().await.expect("an answer").params.get("code"), Some("c"));

    let other = Desk::open("https://127.0.0.1").await;
    assert_ne!(other.certificate, Some(told), "each listener has its own");
    // Whoever speaks http to it gets no page, and does no harm.
    let mut stream = TcpStream::connect(("127.0.0.1", other.port)).await.expect("it listens");
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it reads");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn localhost_is_listened_to_on_both_of_its_addresses() {
    let desk = Desk::open("http://localhost").await;
    assert!(TcpStream::connect(("127.0.0.1", desk.port)).await.is_ok());
    let has_ipv6 = TcpListener::bind("[::1]:0").await.is_ok();
    assert_eq!(TcpStream::connect(("::1", desk.port)).await.is_ok(), has_ipv6);
    if has_ipv6 {
        let desk = Desk::open("http://[::1]/cb").await;
        assert!(TcpStream::connect(("::1", desk.port)).await.is_ok());
        assert!(TcpStream::connect(("127.0.0.1", desk.port)).await.is_err());
    }
}

async fn refused(text: &str) -> String {
    match Listener::open(&uri(text), None).await {
        Err(Failure::Listen { address, reason }) => {
            assert_eq!(address, text);
            reason
        }
        Err(other) => panic!("{text}: {other:?}"),
        Ok(_) => panic!("{text} is listened to"),
    }
}

#[tokio::test]
async fn only_loopback_is_listened_on_and_a_taken_port_is_said() {
    assert!(refused("http://192.0.2.7/callback").await.contains("not this machine"));
    assert!(refused("https://app.example/callback").await.contains("not this machine"));
    assert!(refused("msalapp://auth").await.contains("paste"));
    let first = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = first.local_addr().expect("it has one").port();
    for host in ["localhost", "127.0.0.1"] {
        let reason = refused(&format!("http://{host}:{port}/a")).await;
        assert!(
            reason.contains(&format!("port {port} is taken")) && reason.contains("another port"),
            "{reason}"
        );
    }
    // Taken on one of the two addresses is taken: the browser might ask the other program.
    if let Ok(first) = TcpListener::bind("[::1]:0").await {
        let port = first.local_addr().expect("it has one").port();
        assert!(refused(&format!("http://localhost:{port}/a")).await.contains("is taken"));
    }
}

#[tokio::test]
async fn over_ssh_the_command_for_a_tunnel_is_told() {
    let tunnel = Tunnel::read("203.0.113.7 50022 198.51.100.4 22", None);
    let listener =
        Listener::open(&uri("http://localhost/cb"), tunnel.as_ref()).await.expect("a port is free");
    let port = listener.listening().redirect_uri.port().expect("the port is told");
    let expected = format!("ssh -N -L {port}:127.0.0.1:{port} 198.51.100.4");
    assert_eq!(listener.listening().tunnel, Some(expected));
}
