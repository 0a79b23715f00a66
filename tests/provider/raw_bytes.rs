//! Bytes at the port that are no good HTTP: the server turns them down or closes, never hangs, and goes on serving others.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::desk::Desk;

/// How long an answer or a close may take on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The cases in which the client ends in the middle.
const BROKEN_OFF: &[&str] =
    &["nothing", "an empty line", "HTTP/2 without asking", "less than announced", "chunks that end early"];

async fn connect(desk: &Desk) -> TcpStream {
    let port = desk.lab.base().port().expect("it has a port");
    TcpStream::connect(("127.0.0.1", port)).await.expect("it listens")
}

/// Sends bytes, says that no more come if they `break_off`, and gives what came back until the server closed.
async fn exchange(desk: &Desk, bytes: &[u8], break_off: bool) -> String {
    let mut stream = connect(desk).await;
    // The server may close before it has read all of it.
    let _ = stream.write_all(bytes).await;
    if break_off {
        let _ = stream.shutdown().await;
    }
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(
        read.is_ok(),
        "the server keeps quiet about {:?}",
        String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
    );
    String::from_utf8_lossy(&answer).into_owned()
}

async fn check_alive(desk: &Desk) {
    let answer = desk.token(&desk.home, &desk.daemon(), &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn bad_bytes_are_turned_down_and_the_server_goes_on() {
    let desk = Desk::open().await;
    let port = desk.lab.base().port().expect("it has a port");
    let host = format!("Connection: close\r\nHost: localhost:{port}\r\n");
    let get = |target: &str, headers: &str| {
        format!("GET {target} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").into_bytes()
    };
    let send_form = |headers: &str, body: &str| {
        format!("POST /{}/oauth2/v2.0/token HTTP/1.1\r\n{host}{headers}\r\n{body}", desk.home).into_bytes()
    };
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    // Name, bytes, and the status that comes; none where the server only closes.
    let cases: Vec<(&str, Vec<u8>, Option<u16>)> = vec![
        ("nothing", Vec::new(), None),
        ("an empty line", b"\r\n\r\n".to_vec(), None),
        ("no HTTP", b"hello\r\n\r\n".to_vec(), Some(400)),
        ("a TLS greeting", vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0], Some(400)),
        ("HTTP/2 without asking", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), None),
        ("an unknown version", b"GET / HTTP/9.9\r\n\r\n".to_vec(), Some(400)),
        ("control characters in the target", b"GET /\x01\x02 HTTP/1.1\r\n\r\n".to_vec(), Some(400)),
        ("no Host", get("/", ""), Some(421)),
        ("an empty Host", get("/", "Host:\r\n"), Some(421)),
        ("somebody else's Host", get("/", "Host: evil.example\r\n"), Some(421)),
        ("a Host that is no name", get("/", &format!("Host: a b c:{port}\r\n")), Some(421)),
        ("another port", get("/", "Host: localhost:1\r\n"), Some(421)),
        ("two Hosts", get("/", &format!("{host}Host: evil.example\r\n")), Some(200)),
        ("a target in absolute form", get("http://evil.example/", &host), Some(200)),
        ("a star", format!("OPTIONS * HTTP/1.1\r\n{host}\r\n").into_bytes(), Some(400)),
        ("an unknown method", format!("BREW / HTTP/1.1\r\n{host}\r\n").into_bytes(), Some(405)),
        ("a tunnel", format!("CONNECT localhost:{port} HTTP/1.1\r\n{host}\r\n").into_bytes(), Some(405)),
        ("a header without a name", get("/", &format!("{host}: x\r\n")), Some(400)),
        ("a header with a NUL", get("/", &format!("{host}X: a\0b\r\n")), Some(400)),
        ("a folded header", get("/", &format!("{host}X: a\r\n b\r\n")), Some(400)),
        ("two hundred headers", get("/", &format!("{host}{}", "X: y\r\n".repeat(200))), Some(431)),
        ("a header of a megabyte", get("/", &format!("{host}X: {}\r\n", "y".repeat(1 << 20))), Some(431)),
        ("a target of a megabyte", get(&format!("/{}", "y".repeat(1 << 20)), &host), Some(431)),
        (
            "bytes that are no UTF-8 in a header",
            [b"GET / HTTP/1.1\r\nX: \xff\xfe\r\n", host.as_bytes(), b"\r\n"].concat(),
            Some(200),
        ),
        ("a length that is no number", send_form("Content-Length: x\r\n", ""), Some(400)),
        ("a negative length", send_form("Content-Length: -1\r\n", ""), Some(400)),
        (
            "a length beyond all numbers",
            send_form("Content-Length: 99999999999999999999999\r\n", ""),
            Some(400),
        ),
        ("two lengths", send_form("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), Some(400)),
        ("less than announced", send_form(&format!("{form}Content-Length: 100\r\n"), "grant"), Some(413)),
        (
            "chunks that are none",
            send_form(&format!("{form}Transfer-Encoding: chunked\r\n"), "zz\r\nabc\r\n"),
            Some(413),
        ),
        (
            "chunks that end early",
            send_form(&format!("{form}Transfer-Encoding: chunked\r\n"), "5\r\ngr"),
            Some(413),
        ),
        (
            "length and chunks",
            send_form("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            Some(400),
        ),
        (
            "two megabytes",
            send_form(&format!("{form}Content-Length: {}\r\n", 2 << 20), &"a".repeat(2 << 20)),
            Some(413),
        ),
        (
            "a request in the shadow of another",
            send_form(&format!("{form}Content-Length: 0\r\n"), "GET / HTTP/1.1\r\n\r\n"),
            Some(400),
        ),
    ];
    for (name, bytes, expected) in cases {
        let break_off = BROKEN_OFF.contains(&name);
        let answer = exchange(&desk, &bytes, break_off).await;
        let status = answer
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3))
            .and_then(|code| code.parse().ok());
        assert_eq!(status, expected, "{name}: {}", answer.chars().take(300).collect::<String>());
        assert!(!answer.contains("500 Internal") && !answer.contains("panicked"), "{name}: {answer}");
    }
    check_alive(&desk).await;
}

/// Those who send nothing, or stop halfway, hold a connection and nothing else.
#[tokio::test]
async fn connections_that_say_nothing_hold_nobody_up() {
    let desk = Desk::open().await;
    let host = format!("Host: localhost:{}\r\n", desk.lab.base().port().expect("it has a port"));
    let mut held = Vec::new();
    for index in 0..200 {
        let mut stream = connect(&desk).await;
        let start = match index % 4 {
            0 => String::new(),
            1 => "POST / HT".to_owned(),
            2 => format!("GET / HTTP/1.1\r\n{host}"),
            _ => format!(
                "POST /{}/oauth2/v2.0/token HTTP/1.1\r\n{host}Content-Length: 50\r\n\r\ngrant",
                desk.home
            ),
        };
        stream.write_all(start.as_bytes()).await.expect("it takes bytes");
        held.push(stream);
    }
    timeout(PATIENCE, check_alive(&desk)).await.expect("others are served meanwhile");
    drop(held);
    timeout(PATIENCE, check_alive(&desk)).await.expect("and afterwards");
}

/// A body that comes byte by byte is waited for, and then answered like any other.
#[tokio::test]
async fn a_slow_body_is_read_to_its_end() {
    let desk = Desk::open().await;
    let body = "grant_type=client_credentials";
    let head = format!(
        "POST /{}/oauth2/v2.0/token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        desk.home,
        desk.lab.base().authority(),
        body.len()
    );
    let mut stream = connect(&desk).await;
    stream.write_all(head.as_bytes()).await.expect("it takes bytes");
    for byte in body.bytes() {
        stream.write_all(&[byte]).await.expect("it takes bytes");
        stream.flush().await.expect("it takes bytes");
        tokio::task::yield_now().await;
    }
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("it answers").expect("text");
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("AADSTS900144: "), "{answer}");
}
