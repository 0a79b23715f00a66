//! The lab tenant under load, beside the signing library alone and beside servers that others wrote; and what it remembers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use authwright::{
    flow::FlowKind,
    provider::scenario::Scenario,
    runtime::{self, Runtime, clock, entropy, http, lab},
    workbench::{Event, FrontChannel, Start, User, Workbench},
};
use tokio::sync::mpsc;

use super::{
    load::{LOAD, Target, cores, tokio},
    row,
    server::{Server, lab_request, peers},
};

/// Client-credentials tokens per second with all cores busy, and signatures per second with all cores busy. Each server is
/// a process of its own, and the same client asks them one after the other.
pub fn tokens_per_second() {
    let alone = signatures_per_second();
    println!("{:<58} {alone:>10.0} /s", "RS256 signatures, library alone, all cores");
    let tokio = tokio();
    let measure = |target: &Target| {
        tokio.block_on(async {
            let served = target.saturate().await;
            (served, target.at_rate(served / 2.0).await)
        })
    };
    let (server, base) = Server::lab();
    let (ours, latencies) = measure(&lab_request(&base));
    drop(server);
    println!(
        "{:<58} {ours:>10.0} /s   {:.0} %",
        "client_credentials tokens over HTTP, same cores",
        ours / alone * 100.0
    );
    row("  a token at half of that load", latencies);
    match peers() {
        Ok(peers) => {
            for (name, _server, target) in peers {
                let (theirs, latencies) = measure(&target);
                let what = format!("  the same of npm's {name} (one process, as it comes)");
                println!("{what:<58} {theirs:>10.0} /s   {:.1} times slower", ours / theirs);
                row("    a token at half of that load", latencies);
            }
        }
        Err(why) => println!("  the same of npm's oidc-provider and oauth2-mock-server: skipped, {why}"),
    }
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
