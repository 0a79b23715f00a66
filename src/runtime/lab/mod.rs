//! The lab tenant behind loopback ports: one for http, one for https.
//!
//! [`start`] opens the ports and returns at once; keys are made meanwhile on blocking threads, and requests that come
//! before they are done wait for them. The keys of the tenant come first; those of the second issuer and of applications
//! follow, and only requests to that issuer wait for these. Each request is decided under a lock, which takes microseconds, and signed beside
//! it, so that all cores sign at once.
//!
//! Only loopback addresses are bound, and only requests whose `Host` is one of our names are answered: a page elsewhere
//! that points its own name at 127.0.0.1 gets nothing. Both ports lead to the same tenant; what it says of itself follows the
//! address by which it was asked.

mod authority;
mod connections;
mod door;
mod keys;
mod ports;
mod steward;
mod tls;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, watch};
use url::Url;

use super::{clock, entropy};
use crate::{
    provider::{NotRegistered, SignIn, certificate::Certificate, identity_header, scenario::Scenario},
    secret::Secret,
    workbench::Event,
};
pub use authority::Ca;
use connections::Desk;
use door::{Door, Scheme};
pub use keys::{KeyError, make_keys};
use keys::{State, lock};
use steward::Bell;

/// The port for http that is tried first, so that addresses stay the same from one start to the next.
pub const PREFERRED_PORT: u16 = 7080;

/// The same for https.
pub const PREFERRED_HTTPS_PORT: u16 = 7443;

/// What a lab tenant is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// This port for http and no other; 0 for any free one. `None`: 7080, or a free one if that is taken.
    pub port: Option<u16>,
    /// The same for https, where it is 7443.
    pub https_port: Option<u16>,
    /// The directory.
    pub scenario: Scenario,
    /// The folder that keeps the certificate authority from one start to the next; `None`: a new one each time.
    pub state: Option<PathBuf>,
}

impl Options {
    /// On the usual ports, with nothing kept.
    pub const fn new(scenario: Scenario) -> Self {
        Self { port: None, https_port: None, scenario, state: None }
    }

    /// On any free ports, with nothing kept: for tests, and for whoever needs it for a moment.
    pub const fn anywhere(scenario: Scenario) -> Self {
        Self { port: Some(0), https_port: Some(0), scenario, state: None }
    }
}

/// Why the lab tenant cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is in use.
    #[error("port {0} is taken by another program; close it, or choose another port")]
    PortTaken(u16),
    /// The port is for privileged programs.
    #[error("port {0} is for privileged programs; choose one above 1023, and forward {0} to it")]
    PortReserved(u16),
    /// The system does not let us listen.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[from] io::Error),
}

/// A certificate could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The tenant does not take it.
    #[error(transparent)]
    Refused(#[from] NotRegistered),
    /// The tenant is not there.
    #[error("{0}")]
    Stopped(String),
}

/// A running lab tenant. Its clock is the machine's, until it is moved. It stops when this is dropped; answers under way are finished first.
#[derive(Debug)]
pub struct Lab {
    base: Url,
    https_base: Url,
    keys: watch::Receiver<State>,
    tls: watch::Receiver<tls::State>,
    ahead: Arc<AtomicU64>,
    bell: Arc<Bell>,
    identity_header: Secret,
    _running: watch::Sender<()>,
}

/// Opens the ports and starts answering. Each refusal's note goes to `events`, before the answer itself is sent.
pub async fn start(options: Options, events: mpsc::Sender<Event>) -> Result<Lab, StartError> {
    let plain = ports::bind(options.port, PREFERRED_PORT).await?;
    let encrypted = ports::bind(options.https_port, PREFERRED_HTTPS_PORT).await?;
    let http = Door { scheme: Scheme::Http, port: plain[0].local_addr()?.port() };
    let https = Door { scheme: Scheme::Https, port: encrypted[0].local_addr()?.port() };

    let (set_keys, keys) = watch::channel(State::MakingKeys);
    let seed = entropy::bytes();
    let bell = Arc::new(Bell::default());
    let (told, rung) = (events.clone(), Arc::clone(&bell));
    tokio::task::spawn_blocking(move || {
        keys::make_all(options.scenario, seed, &set_keys, &told);
        rung.ring();
    });
    let (set_tls, tls) = watch::channel(None);
    tokio::task::spawn_blocking(move || {
        let made = tls::make(options.state.as_deref(), clock::now());
        set_tls.send_replace(Some(made.map_err(|why| why.to_string().into())));
    });

    let (running, stopped) = watch::channel(());
    let ahead = Arc::new(AtomicU64::new(0));
    for (door, sockets) in [(http, plain), (https, encrypted)] {
        let desk = Desk {
            door,
            keys: keys.clone(),
            tls: tls.clone(),
            ahead: Arc::clone(&ahead),
            bell: Arc::clone(&bell),
            events: events.clone(),
        };
        for socket in sockets {
            tokio::spawn(connections::accept(socket, desk.clone(), stopped.clone()));
        }
    }
    Ok(Lab {
        base: http.base(),
        https_base: https.base(),
        keys,
        tls,
        ahead,
        bell,
        identity_header: identity_header(seed),
        _running: running,
    })
}

impl Lab {
    /// Where it answers, such as `http://localhost:7080/`.
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// Where it answers over https, such as `https://localhost:7443/`.
    pub const fn https_base(&self) -> &Url {
        &self.https_base
    }

    /// What others have to trust to reach it over https, once it is there.
    pub async fn ca(&self) -> Result<Ca, String> {
        tls::ready(self.tls.clone()).await.map(|ready| ready.ca)
    }

    /// The file with the certificate that others have to trust; `None` while it is made, and where none is kept.
    pub fn ca_path(&self) -> Option<PathBuf> {
        self.tls.borrow().as_ref().and_then(|made| made.as_ref().ok()).and_then(|made| made.ca.file.clone())
    }

    /// The event that tells the workbench so.
    pub fn ready(&self) -> Event {
        Event::LabReady(self.base.clone())
    }

    /// Moves the tenant's clock ahead, on top of earlier moves: codes expire, sessions grow old. Everybody else's stays.
    pub fn move_clock(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead.fetch_add(millis, Ordering::Relaxed);
    }

    /// What a program on the lab's machine shows at the App Service endpoint: `IDENTITY_HEADER`, new at every start.
    pub const fn identity_header(&self) -> &Secret {
        &self.identity_header
    }

    /// Registers a certificate (DER) with the application of that short name or client id, once the tenant is ready.
    pub async fn register_certificate(
        &self,
        application: &str,
        der: &[u8],
    ) -> Result<Certificate, RegisterError> {
        let provider = keys::ready(self.keys.clone(), false).await.map_err(RegisterError::Stopped)?;
        Ok(lock(&provider).register_certificate(application, der)?)
    }

    /// The sign-in log so far, oldest first.
    pub fn sign_ins(&self) -> Vec<SignIn> {
        match &*self.keys.borrow() {
            State::Ready(provider) | State::Complete(provider) => {
                lock(provider).sign_ins().cloned().collect()
            }
            State::MakingKeys | State::Failed(_) => Vec::new(),
        }
    }
}
