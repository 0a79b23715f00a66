//! The lab tenant: a simulated Microsoft Entra ID, as a function of request and time.
//!
//! [`Provider::decide`] looks at one request and settles everything about the answer but the signatures; it is quick and
//! needs the tenant for itself. [`Decision::respond`] signs and writes, which is slow and needs nobody. `runtime::lab` puts
//! the two behind a loopback port, `decide` under a lock and `respond` beside it.
//!
//! Where to look:
//! * `endpoints/`: one file for each endpoint. Each lists its rules in one table, in the order in which they are applied;
//!   a rule is a small function over directory, request, session and time that returns a [refusal](Note) or nothing.
//! * `scenario`: the directory. `scope`, `redirect_uri`, `tenant`, `claims`: requests read against it.
//! * `sessions`, `grants`, `consents`, `accounts`, `sign_ins`, `stock`: what is remembered between requests, on a `shelf` where
//!   it ends by itself.
//! * `policies`: what is asked of a sign-in beyond a password. `membership`: who gets into a tenant at all. `pace`: how often.
//!   `directory_claims`: what tokens tell of groups, roles and people because a registration asks for it.
//! * `clock`, `faults`: time that is moved, and trouble that is switched on.
//! * `order`: what can be done to the running tenant, and undone; `current` keeps what was handed out in step.
//!   `control` takes such orders over HTTP; `state` is what survives the tenant's end.
//! * `forge`: tokens with one thing wrong.
//! * `mint`, `keys`, `token`: tokens, made and read again. `bearer`: how an API judges one. `certificate`, `public_key`,
//!   `issuers`: what others sign with. `refusal`, `reply`, `pages`: the surfaces.
//!
//! It reads requests with its own readers and never uses `oauth`, `flow` or [`crate::wire::Params`]: were client and
//! provider to share builders or readers, they would agree on every mistake.

mod accounts;
mod bearer;
mod call;
pub mod certificate;
mod claims;
pub mod clock;
mod consents;
pub mod control;
mod current;
mod directory_claims;
mod endpoints;
pub mod faults;
pub mod forge;
mod grants;
mod issuers;
pub mod keys;
mod membership;
mod mint;
pub mod order;
mod pace;
mod pages;
mod policies;
pub mod public_key;
mod random;
mod redirect_uri;
mod refusal;
mod reply;
mod resource;
pub mod scenario;
mod scope;
mod sessions;
mod shelf;
mod sign_ins;
pub mod state;
mod stock;
mod tenant;
mod token;
mod version;

use std::{sync::Arc, time::Duration};

use sha2::{Digest as _, Sha256};

use crate::{
    finding::Compared,
    secret::Secret,
    time::UnixTime,
    wire::{Request, Response},
};
use accounts::Accounts;
use call::Call;
use certificate::{Certificate, CertificateError};
use clock::Clock;
pub use consents::ConsentRequest;
use consents::Consents;
pub use consents::{GrantError, PermissionGrant, RoleAssignment};
use endpoints::managed_identity::{self, IdentityToken};
use faults::{Delivery, Faults, Met};
use grants::{Code, Device, Refresh};
use issuers::Issuers;
use keys::{Keys, SigningKey};
use order::History;
use pace::Pace;
use random::Random;
use reply::Reply;
use scenario::Scenario;
use sessions::{Interaction, Participant, Session};
use shelf::Shelf;
use sign_ins::SignIns;
pub use sign_ins::{AppliedPolicy, ConditionalAccess, SignIn, SignInKind};
use stock::Stock;

/// How many codes, pages in progress, devices and browser sessions are kept at most: each is of use for minutes or hours.
const ROOM_FOR_WHAT_IS_UNDER_WAY: usize = 10_000;

/// How many refresh tokens are kept at most, and how many uses of assertions. A refresh token lasts for 90 days, so the cap
/// is what bounds them: beyond it the tenant has forgotten the oldest, and answers as for one that it never issued. A lab
/// that keeps its state in a folder writes all of them each time.
const ROOM_FOR_WHAT_LASTS: usize = 25_000;

/// The tenant while it runs: directory, grants, sessions, codes.
#[derive(Debug)]
pub struct Provider {
    scenario: Arc<Scenario>,
    /// The directory that it began with.
    began: Arc<Scenario>,
    keys: Keys,
    pipeline_key: Option<Arc<SigningKey>>,
    identity_header: Secret,
    /// Tokens of managed identities: the platform keeps them, and hands out the same one again.
    identity_tokens: Shelf<IdentityToken>,
    random: Random,
    codes: Shelf<Code>,
    devices: Shelf<Device>,
    refresh_tokens: Shelf<Refresh>,
    interactions: Shelf<Interaction>,
    sessions: Shelf<Session>,
    /// The applications that somebody signed in to, by the `sid` of their session.
    participants: Shelf<Vec<Participant>>,
    /// What client assertions were already used for.
    assertions: Shelf<()>,
    consents: Consents,
    stock: Stock,
    accounts: Accounts,
    sign_ins: SignIns,
    history: History,
    pace: Pace,
    /// Certificates that were registered by whoever runs the tenant, and not by its directory.
    registered: Vec<Vec<u8>>,
    revision: u64,
    clock: Clock,
    faults: Faults,
    /// When the last request came, by the tenant's clock.
    latest: UnixTime,
}

/// What the tenant decided about a request. Signing is left to [`Decision::respond`], so that it needs no lock.
#[derive(Debug)]
pub struct Decision {
    reply: Reply,
    met: Met,
    /// The learner's side of it, for refusals and faults.
    pub note: Option<Note>,
    /// When it was decided, by the tenant's clock.
    pub at: UnixTime,
    /// What has to be done with the answer beyond sending it.
    pub delivery: Delivery,
}

/// Why the tenant refused: never on the wire, found by the trace id that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The `trace_id` of the answer, its `x-ms-request-id`.
    pub trace_id: String,
    /// The AADSTS number; 0 where an API of the lab or an endpoint for managed identities refused, for those have none.
    pub code: u32,
    /// The rule that fired, such as `redirect_uri.registered`.
    pub rule: &'static str,
    /// What the rule demands, in one sentence.
    pub demand: String,
    /// What it compared; secrets are masked.
    pub compared: Vec<Compared>,
}

/// A certificate that was not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRegistered {
    /// It cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// There is no such application.
    #[error("the lab tenant has no application {0:?}; `authwright tenant show` lists them")]
    NoApplication(String),
}

impl Provider {
    /// A tenant with the directory of `scenario`. `seed` makes ids and codes unguessable, and repeatable in tests.
    ///
    /// The tenant has no address of its own: it writes its URLs by the one that each request used.
    pub fn new(scenario: Arc<Scenario>, keys: Keys, seed: [u8; 32]) -> Self {
        let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(86_400));
        let (some, many) = (ROOM_FOR_WHAT_IS_UNDER_WAY, ROOM_FOR_WHAT_LASTS);
        let consents = Consents::stocked(&scenario);
        let mut accounts = Accounts::default();
        accounts.keep_track(&scenario);
        Self {
            began: Arc::clone(&scenario),
            scenario,
            keys,
            pipeline_key: None,
            identity_header: identity_header(seed),
            identity_tokens: Shelf::new(managed_identity::TOKEN_LIFE / 2, some),
            random: Random::new(seed),
            codes: Shelf::new(day, some),
            devices: Shelf::new(day, some),
            refresh_tokens: Shelf::new(180 * day, many),
            interactions: Shelf::new(hour, some),
            sessions: Shelf::new(day, some),
            participants: Shelf::new(day, some),
            assertions: Shelf::new(day, many),
            consents,
            stock: Stock::default(),
            accounts,
            sign_ins: SignIns::default(),
            history: History::default(),
            pace: Pace::default(),
            registered: Vec::new(),
            revision: 0,
            clock: Clock::default(),
            faults: Faults::default(),
            latest: UnixTime::default(),
        }
    }

    /// Decides one request; its URL says by which address the tenant was reached. `now` is the machine's time; the tenant has
    /// a clock of its own.
    pub fn decide(&mut self, request: &Request, now: UnixTime) -> Decision {
        let now = self.clock.at(now);
        self.latest = now;
        let call = Call::read(request, now, &mut self.random);
        self.keys.drop_retired(now);
        let met = self.faults.meet(call.method, &call.path);
        if met.is_something() {
            self.revision += 1;
        }
        let reply = met.reply(&call).unwrap_or_else(|| {
            let reply = endpoints::answer(self, &call);
            if let Some(refusal) = &reply.refusal {
                self.sign_ins.refused(&call, refusal, &self.scenario);
            }
            reply
        });
        let told = reply.refusal.as_ref().filter(|_| !met.has_the_word());
        let note = match told {
            Some(refusal) => Some(refusal.note(&call.trace_id)),
            None => met.refusal(reply.refusal.as_deref()).map(|refusal| refusal.note(&call.trace_id)),
        };
        Decision { reply, note, at: now, delivery: met.delivery, met }
    }

    /// The tenant's clock.
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Opens the second issuer, which signs like a pipeline of a CI system. Until then its addresses are not there.
    pub fn open_pipeline(&mut self, key: SigningKey) {
        self.pipeline_key = Some(Arc::new(key));
    }

    /// Adds a certificate to the registration with that short name or client id, and gives it back as it was read.
    pub fn register_certificate(
        &mut self,
        application: &str,
        der: &[u8],
    ) -> Result<Certificate, NotRegistered> {
        let certificate = Certificate::from_der(der)?;
        if Arc::make_mut(&mut self.scenario).add_certificate(application, certificate.clone()) {
            Arc::make_mut(&mut self.began).add_certificate(application, certificate.clone());
            self.registered.push(certificate.der.clone());
            self.catch_up();
            self.revision += 1;
            Ok(certificate)
        } else {
            Err(NotRegistered::NoApplication(application.to_owned()))
        }
    }

    /// The paths that are answered, as patterns: `{t}` stands for a tenant, other braces for one segment of any text.
    pub fn paths() -> impl Iterator<Item = &'static str> {
        endpoints::paths()
    }

    /// Has the next key sign from now on, with `next` published in its place. `now` is the machine's time.
    pub fn rotate_keys(&mut self, next: SigningKey, now: UnixTime) {
        self.keys.rotate(next, self.clock.at(now));
        self.revision += 1;
    }

    fn issuers(&self) -> Issuers {
        Issuers { tenants: self.keys.clone(), pipeline: self.pipeline_key.clone() }
    }

    /// Takes back what a person granted to an application, or with `None` what was granted for everybody. Tells whether
    /// anything was.
    pub fn withdraw_consent(&mut self, client_id: &str, user_oid: Option<&str>) -> bool {
        let Some(client) = self.scenario.application_with_id(client_id) else { return false };
        let user = user_oid.map(|id| self.scenario.user_with_id(id));
        match user {
            None => self.consents.withdraw(client, None),
            Some(Some(user)) => self.consents.withdraw(client, Some(user)),
            Some(None) => false,
        }
    }

    /// What people have asked administrators to consent to, oldest first; what was granted since is gone.
    pub fn consent_requests(&self) -> &[ConsentRequest] {
        self.consents.requests()
    }

    /// The sign-in log, oldest first.
    pub fn sign_ins(&self) -> impl Iterator<Item = &SignIn> {
        self.sign_ins.iter()
    }

    /// How many entries the sign-in log ever had, and those that came after the first `seen` of them, as far as they are kept.
    pub fn sign_ins_since(&self, seen: u64) -> (u64, Vec<SignIn>) {
        let (count, new) = self.sign_ins.since(seen);
        (count, new.cloned().collect())
    }

    /// The directory.
    pub const fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }
}

/// The value of `IDENTITY_HEADER` of a tenant with that seed: what a program on the lab's machine shows at the App Service
/// endpoint, so that pages which trick a server into requests get nothing there.
pub fn identity_header(seed: [u8; 32]) -> Secret {
    // A stream of its own: the values of the tenant are to stay as they are.
    let own = Sha256::new().chain_update(seed).chain_update(b"identity header").finalize();
    Secret::new(Random::new(own.into()).guid().to_uppercase())
}

impl Decision {
    /// Makes the response, signing what is to be signed.
    pub fn respond(self) -> Response {
        self.met.damage(self.reply.respond())
    }
}
