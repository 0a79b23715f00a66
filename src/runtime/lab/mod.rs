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
mod store;
mod tls;

use std::{
    io,
    path::Path,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::{mpsc, watch};
use url::Url;

use super::{clock, entropy};
use crate::{
    provider::{
        NotRegistered, Provider, SignIn,
        certificate::Certificate,
        forge::{Forged, Forgery, Spec},
        identity_header,
        scenario::Scenario,
    },
    secret::Secret,
    workbench::Event,
};
pub use authority::Ca;
use connections::Desk;
use door::{Door, Scheme};
pub use keys::{KeyError, make_keys};
use keys::{State, lock};
use steward::Bell;
pub use steward::{Task, settle};
use store::Store;

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
    /// The folder that keeps the tenant itself: directory, grants, keys, refresh tokens; `None`: it begins anew each time.
    pub keep: Option<PathBuf>,
    /// Whether there is a control address.
    pub control: bool,
}

impl Options {
    /// On the usual ports, with nothing kept.
    pub const fn new(scenario: Scenario) -> Self {
        Self { port: None, https_port: None, scenario, state: None, keep: None, control: false }
    }

    /// On any free ports, with nothing kept: for tests, and for whoever needs it for a moment.
    pub fn anywhere(scenario: Scenario) -> Self {
        Self { port: Some(0), https_port: Some(0), ..Self::new(scenario) }
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
    control: Option<Secret>,
    store: Option<Arc<Store>>,
    bell: Arc<Bell>,
    remarks: watch::Receiver<Vec<String>>,
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
    let (remarks, remarked) = watch::channel(Vec::new());
    let store = open_store(options.keep.as_deref(), &remarks);
    let (kept, scenario) = (store.clone(), Arc::new(options.scenario));
    let bell = Arc::new(Bell::default());
    let (told, said, rung) = (events.clone(), remarks.clone(), Arc::clone(&bell));
    tokio::task::spawn_blocking(move || {
        let resumed = kept.and_then(|store| {
            store.resume(&scenario, seed, clock::now(), &said).unwrap_or_else(|why| {
                // It goes on being written all the same: what cannot be set aside cannot be written over either.
                store::remark(&said, format!("what was kept can neither be used nor set aside: {why}"));
                None
            })
        });
        keys::make_all(&scenario, resumed, seed, &set_keys, &told);
        rung.ring();
    });
    let (set_tls, tls) = watch::channel(None);
    tokio::task::spawn_blocking(move || {
        let made = tls::make(options.state.as_deref(), clock::now());
        set_tls.send_replace(Some(made.map_err(|why| why.to_string().into())));
    });

    let (running, stopped) = watch::channel(());
    let control = options.control.then(|| Secret::new(URL_SAFE_NO_PAD.encode(entropy::bytes::<32>())));
    if let Some(store) = &store {
        let (store, bell) = (Arc::clone(store), bell.listen());
        tokio::spawn(store::keep(store, keys.clone(), bell, remarks, stopped.clone()));
    }
    for (door, sockets) in [(http, plain), (https, encrypted)] {
        let desk = Desk {
            door,
            keys: keys.clone(),
            tls: tls.clone(),
            bell: Arc::clone(&bell),
            store: store.clone(),
            control: control.clone().filter(|_| door.scheme == Scheme::Http),
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
        control,
        store,
        bell,
        remarks: remarked,
        identity_header: identity_header(seed),
        _running: running,
    })
}

/// The store for what is to be kept. Where the folder cannot be used, that is said, and nothing is.
fn open_store(folder: Option<&Path>, remarks: &store::Remarks) -> Option<Arc<Store>> {
    let folder = folder?;
    match Store::open(folder) {
        Ok(store) => Some(Arc::new(store)),
        Err(why) => {
            store::remark(remarks, format!("nothing can be kept in {}: {why}", folder.display()));
            None
        }
    }
}

/// Takes away the tenant that is kept in a folder; whether there was one. Certificate authority and other files stay.
pub fn clear(folder: &Path) -> io::Result<bool> {
    Store::clear(folder)
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
    pub async fn move_clock(&self, by: Duration) {
        if let Ok(provider) = self.tenant().await {
            let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            lock(&provider).move_clock(millis, clock::now());
        }
    }

    /// Makes a token with one thing wrong, for those who know the tenant by this address (one of its own).
    pub async fn forge(&self, spec: &Spec, base: &Url) -> Result<Forged, String> {
        let provider = keys::ready(self.keys.clone(), true).await?;
        let forgery = lock(&provider).forge(spec, base, clock::now());
        forgery.map(Forgery::sign).map_err(|why| why.to_string())
    }

    /// Has a new key published, and the one that was next sign from now on.
    pub async fn rotate_keys(&self) -> Result<(), KeyError> {
        match self.tenant().await {
            Ok(provider) => keys::rotate(&provider).await,
            Err(why) => Err(KeyError::from(why)),
        }
    }

    /// The control address, and what opens it; `None` where it was not asked for.
    pub fn control(&self) -> Option<(Url, &Secret)> {
        let token = self.control.as_ref()?;
        let path = format!("{}/", crate::provider::control::SEGMENT);
        Some((self.base.join(&path).expect("a path that is well formed"), token))
    }

    /// What there is to say beside requests: state that could not be used or kept. It grows.
    pub fn remarks(&self) -> watch::Receiver<Vec<String>> {
        self.remarks.clone()
    }

    /// Writes what has changed since it was last written. The error is a sentence.
    pub async fn save(&self) -> Result<(), String> {
        let Some(store) = &self.store else { return Ok(()) };
        store::save(store, &self.tenant().await?).await
    }

    async fn tenant(&self) -> Result<Arc<Mutex<Provider>>, String> {
        keys::ready(self.keys.clone(), false).await
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
