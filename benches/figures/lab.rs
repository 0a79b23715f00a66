//! The lab tenant under load, beside the signing library alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use authwright::{
    flow::FlowKind,
    provider::scenario::Scenario,
    runtime::{self, Runtime, clock, entropy, http, lab},
    workbench::{Event, FrontChannel, Start, User, Workbench},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};

use super::row;

/// How long each load runs.
const LOAD: Duration = Duration::from_secs(4);

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, Into::into)
}

fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores())
        .enable_all()
        .build()
        .expect("threads start")
}

/// Client-credentials tokens per second with all cores busy, and signatures per second with all cores busy.
pub fn tokens_per_second() {
    let alone = signatures_per_second();
    let tokio = tokio();
    let (served, mut latencies) = tokio.block_on(async {
        let (events, _queue) = mpsc::channel(runtime::QUEUE);
        let lab = lab::start(lab::Options::anywhere(Scenario::northwind()), events).await.expect("it starts");
        let request = token_request(&lab);
        let address = format!("127.0.0.1:{}", lab.base().port().expect("it has a port"));
        // The first token waits for the key to be made.
        exchange(&mut TcpStream::connect(&address).await.expect("it listens"), &request).await;
        let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let started = Instant::now();
        let clients: Vec<_> = (0..cores() * 4)
            .map(|_| {
                let (address, request, stop, count) =
                    (address.clone(), request.clone(), stop.clone(), count.clone());
                tokio::spawn(async move {
                    let mut stream = TcpStream::connect(&address).await.expect("it listens");
                    while !stop.load(Ordering::Relaxed) {
                        exchange(&mut stream, &request).await;
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        tokio::time::sleep(LOAD).await;
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.expect("no client fails");
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of thousands")]
        let served = count.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
        (served, at_half_load(&address, &request, served / 2.0).await)
    });
    println!("{:<58} {alone:>10.0} /s", "RS256 signatures, library alone, all cores");
    println!(
        "{:<58} {served:>10.0} /s   {:.0} %",
        "client_credentials tokens over HTTP, same cores",
        served / alone * 100.0
    );
    row("  a token at half of that load", std::mem::take(&mut latencies));
}

fn signatures_per_second() -> f64 {
    let keys = Arc::new(lab::make_keys().expect("a key can be made"));
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let threads: Vec<_> = (0..cores())
        .map(|_| {
            let (keys, stop, count) = (keys.clone(), stop.clone(), count.clone());
            std::thread::spawn(move || {
                let message = [7_u8; 900];
                while !stop.load(Ordering::Relaxed) {
                    std::hint::black_box(keys.current().sign(&message));
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    std::thread::sleep(LOAD);
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("no thread fails");
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of thousands")]
    let count = count.load(Ordering::Relaxed) as f64;
    count / started.elapsed().as_secs_f64()
}

async fn at_half_load(address: &str, request: &str, rate: f64) -> Vec<f64> {
    let mut due = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let mut samples = Vec::new();
    let started = Instant::now();
    while started.elapsed() < LOAD {
        due.tick().await;
        let sent = Instant::now();
        exchange(&mut stream, request).await;
        samples.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    samples
}

fn token_request(lab: &lab::Lab) -> String {
    let scenario = Scenario::northwind();
    let daemon = scenario.application("inventory-sync").expect("the daemon is there");
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &daemon.app_id)
        .append_pair("client_secret", daemon.secret().expect("it has a secret").expose())
        .append_pair("scope", "api://northwind-catalog/.default")
        .finish();
    format!(
        "POST /{}/oauth2/v2.0/token HTTP/1.1\r\nhost: localhost:{}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{body}",
        scenario.home().id,
        lab.base().port().expect("it has a port"),
        body.len()
    )
}

/// One request and its whole answer on an open connection.
async fn exchange(stream: &mut TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).await.expect("it takes requests");
    let mut answer = Vec::with_capacity(4096);
    loop {
        stream.read_buf(&mut answer).await.expect("it answers");
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length:")).expect("it says how long");
        if answer.len() >= end + 4 + length.trim().parse::<usize>().expect("a number") {
            return;
        }
    }
}

/// Code and PKCE from the metadata to the checked tokens, sign-in and consent by the built-in user agent.
pub fn sign_in_round_trip() {
    let samples = tokio().block_on(async {
        let (events, mut queue) = mpsc::channel(runtime::QUEUE);
        let scenario = Scenario::northwind();
        let lab =
            lab::start(lab::Options::anywhere(scenario.clone()), events.clone()).await.expect("it starts");
        let mut bench = Workbench::new(None, scenario);
        bench.apply(lab.ready(), clock::now());
        let mut runtime = Runtime::new(events, http::Client::default());
        let mut samples = Vec::new();
        for _ in 0..60 {
            let started = Instant::now();
            let profile = bench.offers[0].profile.clone();
            let front = Some(FrontChannel::Builtin(bench.lab.person(None)));
            let kind = FlowKind::AuthorizationCode;
            let start =
                Start { kind, profile, bends: Vec::new(), front, auto: true, seeds: entropy::seeds() };
            let mut event = Event::User(User::Start(start));
            loop {
                for effect in bench.apply(event, clock::now()) {
                    runtime.perform(effect);
                }
                if bench.latest().is_some_and(|session| !session.is_running()) {
                    break;
                }
                event = queue.recv().await.expect("the runtime lives");
            }
            samples.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        // The first one makes the HTTP client and waits for the key.
        samples.split_off(1)
    });
    row("code + PKCE round trip, headless, in process", samples);
}
