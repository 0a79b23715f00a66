//! Ten thousand mutated requests at each endpoint of the table of paths: no panic, no 5xx, no hang, and every answer in the
//! shape of its surface.
//!
//! * `templates`: valid requests of each endpoint, taken from sign-ins that really happened, so that codes, assertions,
//!   cookies and device codes are in play.
//! * `changes`: what is done to them. `dice`: by which the same seed always does the same.
//! * `demands`: what holds for every answer.
//!
//! Each endpoint has a seed of its own, made of its path. A failure prints it with the number of the request, and the request.

mod changes;
mod demands;
#[path = "../../mutation/dice.rs"]
mod dice;
mod found;
mod templates;

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use authwright::provider::Provider;

use demands::Demands;
use dice::Dice;
use templates::World;

/// How many requests each endpoint gets.
const REQUESTS: u64 = 10_000;

/// After how many requests the tenant is replaced by a fresh one.
const SITTING: u64 = 400;

/// How long one request may take before that counts as a hang, on however busy a machine.
const HANG: Duration = Duration::from_secs(30);

/// The endpoints by what they speak; together they are the table of paths.
const DOCUMENTS: &[&str] = &[
    "",
    "error",
    "devicelogin",
    "common/discovery/instance",
    "common/oauth2/nativeclient",
    "{t}/v2.0/.well-known/openid-configuration",
    "{t}/.well-known/openid-configuration",
    "{t}/discovery/v2.0/keys",
    "{t}/discovery/keys",
    "{t}/userrealm/{user}",
    "pipeline/.well-known/openid-configuration",
    "pipeline/keys",
];
const PAGES: &[&str] = &[
    "common/oauth2/deviceauth",
    "{t}/oauth2/v2.0/authorize",
    "{t}/oauth2/authorize",
    "{t}/oauth2/v2.0/logout",
    "{t}/oauth2/logout",
    "{t}/v2.0/adminconsent",
    "{t}/adminconsent",
    "{t}/login",
];
const TOKENS: &[&str] = &[
    "{t}/oauth2/v2.0/token",
    "{t}/oauth2/v2.0/devicecode",
    "{t}/oauth2/token",
    "{t}/oauth2/devicecode",
    "pipeline/token",
    "metadata/identity/oauth2/token",
    "metadata/identity/oauth2/token/",
    "msi/token",
];
const APIS: &[&str] = &[
    "oidc/userinfo",
    "v1.0",
    "v1.0/{}",
    "v1.0/{}/{}",
    "v1.0/{}/{}/{}",
    "v1.0/{}/{}/{}/{}",
    "beta",
    "beta/{}",
    "beta/{}/{}",
    "beta/{}/{}/{}",
    "beta/{}/{}/{}/{}",
    "api",
    "api/{}",
    "api/{}/{}",
];
/// What Graph serves nothing at.
const WITHOUT_OPERATIONS: &[&str] = &["v1.0", "beta", "beta/{}", "beta/{}/{}/{}", "beta/{}/{}/{}/{}"];

#[test]
fn every_endpoint_gets_its_share() {
    let listed = || [DOCUMENTS, PAGES, TOKENS, APIS].into_iter().flatten().copied();
    let missing: Vec<_> = Provider::paths().filter(|path| !listed().any(|listed| listed == *path)).collect();
    assert!(missing.is_empty(), "these endpoints get no mutated requests: {missing:?}");
    let gone: Vec<_> = listed().filter(|listed| !Provider::paths().any(|path| path == *listed)).collect();
    assert!(gone.is_empty(), "these are no endpoints any more: {gone:?}");
}

#[test]
fn documents_stand_ten_thousand_mutated_requests() {
    batter(DOCUMENTS);
}

#[test]
fn pages_stand_ten_thousand_mutated_requests() {
    batter(PAGES);
}

#[test]
fn token_endpoints_stand_ten_thousand_mutated_requests() {
    batter(TOKENS);
}

#[test]
fn apis_stand_ten_thousand_mutated_requests() {
    batter(APIS);
}

fn batter(paths: &[&'static str]) {
    let watch = Watch::start();
    for path in paths {
        let seed = path.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let (accepted, refused) = batter_one(path, seed, &watch);
        // Requests that are all turned away at the door would prove nothing about what lies behind it.
        let has_operations = !WITHOUT_OPERATIONS.contains(path);
        assert!(
            accepted > REQUESTS / 100 || !has_operations,
            "{path}: {accepted} of the mutated requests were still good"
        );
        let has_rules = !DOCUMENTS.contains(path);
        assert!(
            refused > REQUESTS / 100 || !has_rules,
            "{path}: {refused} of the mutated requests were turned down"
        );
    }
}

/// Gives how many requests were answered with a success, and how many were not.
fn batter_one(path: &'static str, seed: u64, watch: &Watch) -> (u64, u64) {
    let mut dice = Dice::new(seed);
    let mut world = World::new();
    let demands = Demands::new(&world);
    let (mut templates, mut accepted) = (Vec::new(), 0);
    for number in 0..REQUESTS {
        if number % SITTING == SITTING - 1 {
            world = World::new();
        }
        if number % templates::fresh_for(path) == 0 || number % SITTING == SITTING - 1 {
            templates = world.templates(path);
        }
        let mut draft = dice.pick(&templates).clone();
        let neighbour = dice.pick(&templates).clone();
        changes::change(&mut draft, &neighbour, &mut dice);
        let (now, Some(request)) = (world.time(&draft), draft.request()) else { continue };
        watch.begins(path, seed, number);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let decision = world.tenant.provider.decide(&request, now);
            let noted = decision.note.is_some();
            let response = decision.respond();
            demands.check(path, &request, &response, noted);
            response
        }));
        watch.ends();
        match outcome {
            Ok(response) => accepted += u64::from(response.status < 400 && !demands::says_no(&response)),
            Err(why) => {
                let shown: String = format!("{request:?}").chars().take(3000).collect();
                #[expect(
                    clippy::print_stderr,
                    reason = "whoever mends it has to know how to get there again"
                )]
                {
                    eprintln!("endpoint {path:?}, seed {seed:#x}, request {number}, time {now}\n{shown}");
                }
                resume_unwind(why);
            }
        }
        world.pass_time();
    }
    (accepted, REQUESTS - accepted)
}

/// Ends the process when one request takes too long: a thread that hangs cannot be stopped otherwise.
struct Watch {
    count: Arc<AtomicU64>,
    busy: Arc<AtomicBool>,
    with: Arc<Mutex<String>>,
}

impl Watch {
    fn start() -> Self {
        let watch = Self { count: Arc::default(), busy: Arc::default(), with: Arc::default() };
        let (count, busy, with) =
            (Arc::clone(&watch.count), Arc::clone(&watch.busy), Arc::clone(&watch.with));
        std::thread::spawn(move || {
            let mut seen = 0;
            // The test has ended when nobody else holds the counter any more.
            while Arc::strong_count(&count) > 1 {
                std::thread::park_timeout(HANG);
                let now = count.load(Ordering::Relaxed);
                if now == seen && busy.load(Ordering::Relaxed) {
                    #[expect(clippy::print_stderr, reason = "the last words before the process is ended")]
                    {
                        eprintln!(
                            "no answer within {HANG:?}: {}",
                            with.lock().expect("nobody panics with it")
                        );
                    }
                    std::process::abort();
                }
                seen = now;
            }
        });
        watch
    }

    fn begins(&self, path: &str, seed: u64, number: u64) {
        self.count.fetch_add(1, Ordering::Relaxed);
        *self.with.lock().expect("nobody panics with it") =
            format!("endpoint {path:?}, seed {seed:#x}, request {number}");
        self.busy.store(true, Ordering::Relaxed);
    }

    fn ends(&self) {
        self.busy.store(false, Ordering::Relaxed);
    }
}
