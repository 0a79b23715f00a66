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
    provider::{keys::Keys, scenario::Scenario},
    runtime::{self, Runtime, clock, entropy, http, lab},
    workbench::{Event, FrontChannel, Start, User, Workbench},
};
use tokio::sync::mpsc;

use super::{
    load::{LOAD, cores, tokio},
    row,
    server::{Server, lab_request, peers},
};

/// How often each of those compared is measured; the best round counts, for whatever else the machine does only takes away.
const ROUNDS: u32 = 3;

/// Client-credentials tokens per second with all cores busy, and signatures per second with all cores busy. Each server is
/// a process of its own, and the same client asks them in turn, round after round, so that none has the quiet minutes.
pub fn tokens_per_second() {
    let tokio = tokio();
    let (lab, base) = Server::lab();
    let mut running = vec![("authwright", lab, lab_request(&base))];
    let skipped = match peers() {
        Ok(peers) => {
            running.extend(peers);
            None
        }
        Err(why) => Some(why),
    };
    let keys = Arc::new(lab::make_keys().expect("a key can be made"));
    let mut alone: f64 = 0.0;
    let mut best = vec![0.0_f64; running.len()];
    for _ in 0..ROUNDS {
        alone = alone.max(signatures_per_second(&keys));
        for ((_, _, target), best) in running.iter().zip(&mut best) {
            *best = best.max(tokio.block_on(target.saturate()));
        }
    }
    let ours = best[0];
    println!("{:<58} {alone:>10.0} /s", "RS256 signatures, library alone, all cores");
    for ((name, _, target), best) in running.iter().zip(&best) {
        let (what, beside) = if *name == "authwright" {
            let share = best / alone * 100.0;
            ("client_credentials tokens over HTTP, same cores".to_owned(), format!("{share:.0} % of that"))
        } else {
            (
                format!("  the same by npm's {name}, as it comes"),
                format!("{:.0} % of ours", best / ours * 100.0),
            )
        };
        println!("{what:<58} {best:>10.0} /s   {beside}");
        row("    a token at half of that load", tokio.block_on(target.at_rate(best / 2.0)));
    }
    if let Some(why) = skipped {
        println!("  the same by npm's oidc-provider and oauth2-mock-server: skipped, {why}");
    }
}

/// Over one round.
fn signatures_per_second(keys: &Arc<Keys>) -> f64 {
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
