//! A load client that treats every server alike: keep-alive connections, one request after the other on each, and nothing
//! but the bytes that it needs to look at.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use url::Url;

/// How long each load runs.
pub const LOAD: Duration = Duration::from_secs(3);

/// How long a server is warmed up before it is measured: the first tokens wait for keys, and Node compiles.
const WARM_UP: Duration = Duration::from_secs(1);

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, Into::into)
}

pub fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores())
        .enable_all()
        .build()
        .expect("threads start")
}

/// Where a request goes, and the request.
#[derive(Clone, Debug)]
pub struct Target {
    address: String,
    request: String,
}

impl Target {
    /// A form that is posted.
    pub fn form(url: &Url, form: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        Self { address: address(url), request: post(url, "", &body) }
    }

    /// Requests per second with all cores busy.
    pub async fn saturate(&self) -> f64 {
        self.run(WARM_UP).await;
        self.run(LOAD).await
    }

    async fn run(&self, time: Duration) -> f64 {
        let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (started, mut clients) = (Instant::now(), JoinSet::new());
        for _ in 0..cores() * 4 {
            let (target, stop, count) = (self.clone(), stop.clone(), count.clone());
            clients.spawn(async move {
                let mut connection = Connection::open(&target.address).await;
                while !stop.load(Ordering::Relaxed) {
                    let answer = connection.ask(&target.request).await;
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        tokio::time::sleep(time).await;
        stop.store(true, Ordering::Relaxed);
        clients.join_all().await;
        #[expect(clippy::cast_precision_loss, reason = "a count of thousands")]
        let count = count.load(Ordering::Relaxed) as f64;
        count / started.elapsed().as_secs_f64()
    }

    /// Milliseconds from each request to its answer, while `rate` requests per second are sent.
    pub async fn at_rate(&self, rate: f64) -> Vec<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a handful of connections")]
        let pause = Duration::from_secs_f64(cores() as f64 / rate);
        let mut clients = JoinSet::new();
        for _ in 0..cores() {
            let target = self.clone();
            clients.spawn(async move {
                let mut connection = Connection::open(&target.address).await;
                let (mut due, mut samples) = (tokio::time::interval(pause), Vec::new());
                let started = Instant::now();
                while started.elapsed() < LOAD {
                    due.tick().await;
                    let sent = Instant::now();
                    connection.ask(&target.request).await;
                    samples.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                samples
            });
        }
        clients.join_all().await.concat()
    }
}

/// Host and port.
pub fn address(url: &Url) -> String {
    format!("127.0.0.1:{}", url.port_or_known_default().expect("it has a port"))
}

/// A POST of a form, with further header lines.
pub fn post(url: &Url, headers: &str, body: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n{headers}content-length: {}\r\n\r\n{body}",
        &url[url::Position::BeforePath..url::Position::AfterQuery],
        url.authority(),
        body.len()
    )
}

/// A GET, with further header lines.
pub fn get(url: &Url, headers: &str) -> String {
    format!(
        "GET {} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n",
        &url[url::Position::BeforePath..url::Position::AfterQuery],
        url.authority()
    )
}

/// An answer: its status, its head as it came, its body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Every value of a header, whose name is given in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.lines().filter_map(move |line| {
            let (present, value) = line.split_once(':')?;
            present.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// An open connection.
pub struct Connection(TcpStream);

impl Connection {
    pub async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("a loopback socket has this option");
        Self(stream)
    }

    /// One request and its whole answer.
    pub async fn ask(&mut self, request: &str) -> Answer {
        self.0.write_all(request.as_bytes()).await.expect("it takes requests");
        let mut answer = Vec::with_capacity(4096);
        loop {
            assert_ne!(self.0.read_buf(&mut answer).await.expect("it answers"), 0, "it closed");
            let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&answer[..end]).into_owned();
            let mut read = Answer { status: 0, head, body: String::new() };
            read.status = read.head.get(9..12).and_then(|code| code.parse().ok()).expect("a status");
            let length =
                read.all("content-length").next().map_or(0, |length| length.parse().expect("a number"));
            if answer.len() >= end + 4 + length {
                read.body = String::from_utf8_lossy(&answer[end + 4..]).into_owned();
                return read;
            }
        }
    }
}
