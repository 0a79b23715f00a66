//! The redirect listener over real loopback connections: one answer, its own host names, its own path.

use authwright::{
    oauth::ArrivedBy,
    runtime::redirect::{Listener, Page},
    wire::Failure,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::Url;

fn uri(text: &str) -> Url {
    text.parse().expect("a well-formed address")
}

/// Sends a request and gives the status line and the page.
async fn ask(port: u16, method: &str, target: &str, host: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers and closes");
    answer
}

#[tokio::test]
async fn it_takes_the_first_answer_under_its_own_name_and_path() {
    let listener = Listener::open(&uri("http://localhost/callback")).await.expect("a port is free");
    let port = listener.redirect_uri().port().expect("the port is told");
    assert_eq!(listener.redirect_uri().as_str(), format!("http://localhost:{port}/callback"));
    let caught = tokio::spawn(listener.catch(Page::Terminal));
    let own = format!("localhost:{port}");

    let rebound = ask(port, "GET", "/callback?code=stolen", &format!("evil.example:{port}"), "").await;
    assert!(rebound.starts_with("HTTP/1.1 421"), "{rebound}");
    let other_port = ask(port, "GET", "/callback?code=stolen", "localhost:1", "").await;
    assert!(other_port.starts_with("HTTP/1.1 421"), "{other_port}");
    let elsewhere = ask(port, "GET", "/favicon.ico", &own, "").await;
    assert!(elsewhere.starts_with("HTTP/1.1 404"), "{elsewhere}");
    let empty = ask(port, "GET", "/callback", &own, "").await;
    assert!(empty.starts_with("HTTP/1.1 200") && empty.contains("paste"), "{empty}");

    let answered = ask(port, "GET", "/callback?code=abc&state=x%20y", &own, "").await;
    assert!(answered.contains("You can go back to the terminal"), "{answered}");
    let arrival = caught.await.expect("no fault").expect("an answer");
    assert_eq!(arrival.by, ArrivedBy::Query);
    assert_eq!((arrival.params.get("code"), arrival.params.get("state")), (Some("abc"), Some("x y")));
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "it is closed after the one answer");
}

#[tokio::test]
async fn a_form_post_is_an_answer_too() {
    let listener = Listener::open(&uri("http://127.0.0.1")).await.expect("a port is free");
    let port = listener.redirect_uri().port().expect("the port is told");
    let caught = tokio::spawn(listener.catch(Page::Terminal));
    let answered = ask(port, "POST", "/", &format!("127.0.0.1:{port}"), "error=access_denied&state=s").await;
    assert!(answered.contains("refused"), "{answered}");
    let arrival = caught.await.expect("no fault").expect("an answer");
    assert_eq!((arrival.by, arrival.params.get("error")), (ArrivedBy::FormPost, Some("access_denied")));
}

#[tokio::test]
async fn only_loopback_is_listened_on_and_a_taken_port_is_said() {
    let refused = |text: &'static str| async move {
        match Listener::open(&uri(text)).await {
            Err(Failure::Listen { reason, .. }) => reason,
            other => panic!("{text}: {other:?}"),
        }
    };
    assert!(refused("http://192.0.2.7/callback").await.contains("not this machine"));
    assert!(refused("https://localhost/callback").await.contains("paste"));
    let first = Listener::open(&uri("http://127.0.0.1/a")).await.expect("a port is free");
    let again = Listener::open(first.redirect_uri()).await;
    assert!(matches!(again, Err(Failure::Listen { reason, .. }) if reason.contains("taken")));
}
