//! The lab tenant behind loopback ports.
//!
//! [`start`] opens the port and returns at once; keys are made meanwhile on a blocking thread, and requests that come
//! before they are done wait for them. The keys of the tenant come first; those of the second issuer and of applications
//! follow, and only requests to that issuer wait for these. Each request is decided under a lock, which takes microseconds, and signed beside
//! it, so that all cores sign at once.
//!
//! Only loopback addresses are bound, and only requests whose `Host` is a loopback name with the lab's own port are
//! answered: a page elsewhere that points its own name at 127.0.0.1 gets nothing.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeySize,
    signature::RsaKeyPair,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
};
use url::Url;

use super::{clock, entropy, key_pair};
use crate::{
    provider::{
        NotRegistered, Provider, SignIn,
        certificate::Certificate,
        identity_header,
        keys::{Keys, SigningKey},
        scenario::Scenario,
    },
    secret::Secret,
    wire::{Body, Headers, Method, Request, Response},
    workbench::Event,
};

/// The port that is tried first, so that addresses stay the same from one start to the next.
pub const PREFERRED_PORT: u16 = 7080;

/// How long the certificates last that are made at start.
const CLIENT_KEY_DAYS: u32 = 90;

/// The most of a request body that is read.
const BODY_CAP: usize = 1024 * 1024;

/// How often a free port is looked for: one may be free for IPv4 and taken for IPv6.
const TRIES: usize = 8;

/// What a lab tenant is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// This port and no other; 0 for any free one. `None`: 7080, or a free one if that is taken.
    pub port: Option<u16>,
    /// The directory.
    pub scenario: Scenario,
}

/// Why the lab tenant cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is in use.
    #[error("port {0} is taken by another program; close it, or choose another port")]
    PortTaken(u16),
    /// The system does not let us listen.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[from] io::Error),
}

/// A key could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no signing key could be made: {0}")]
pub struct KeyError(String);

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
    state: watch::Receiver<State>,
    ahead: Arc<AtomicU64>,
    identity_header: Secret,
    _running: watch::Sender<()>,
}

/// Where the making of keys stands.
#[derive(Clone, Debug)]
enum State {
    MakingKeys,
    /// The tenant answers; the second issuer has no key yet.
    Ready(Arc<Mutex<Provider>>),
    /// All keys are made.
    Complete(Arc<Mutex<Provider>>),
    Failed(Arc<str>),
}

/// Opens the port and starts answering. Each refusal's note goes to `events`, before the answer itself is sent.
pub async fn start(options: Options, events: mpsc::Sender<Event>) -> Result<Lab, StartError> {
    let sockets = bind(options.port).await?;
    let port = sockets[0].local_addr()?.port();
    let base = Url::parse(&format!("http://localhost:{port}/")).expect("a well-formed address");
    let (set_state, state) = watch::channel(State::MakingKeys);
    let seed = entropy::bytes();
    let told = events.clone();
    tokio::task::spawn_blocking(move || {
        let scenario = Arc::new(options.scenario);
        let provider = match make_keys() {
            Ok(keys) => Arc::new(Mutex::new(Provider::new(Arc::clone(&scenario), keys, seed))),
            Err(why) => {
                set_state.send_replace(State::Failed(why.to_string().into()));
                return;
            }
        };
        set_state.send_replace(State::Ready(Arc::clone(&provider)));
        // Without a key of its own the second issuer stays closed; the tenant goes on all the same.
        if let Ok(key) = make_key("authwright lab pipeline") {
            lock(&provider).open_pipeline(key);
        }
        set_state.send_replace(State::Complete(Arc::clone(&provider)));
        make_client_keys(&scenario, &provider, &told);
    });
    let (running, stopped) = watch::channel(());
    let ahead = Arc::new(AtomicU64::new(0));
    let desk = Desk { port, state: state.clone(), ahead: Arc::clone(&ahead), events };
    for socket in sockets {
        tokio::spawn(accept(socket, desk.clone(), stopped.clone()));
    }
    Ok(Lab { base, state, ahead, identity_header: identity_header(seed), _running: running })
}

impl Lab {
    /// Where it answers, such as `http://localhost:7080/`.
    pub const fn base(&self) -> &Url {
        &self.base
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
        let provider = ready(self.state.clone(), false).await.map_err(RegisterError::Stopped)?;
        Ok(lock(&provider).register_certificate(application, der)?)
    }

    /// The sign-in log so far, oldest first.
    pub fn sign_ins(&self) -> Vec<SignIn> {
        match &*self.state.borrow() {
            State::Ready(provider) | State::Complete(provider) => {
                lock(provider).sign_ins().cloned().collect()
            }
            State::MakingKeys | State::Failed(_) => Vec::new(),
        }
    }
}

/// Makes the two keys that a tenant publishes: RSA with 2048 bits, each with a self-signed certificate. Takes about a
/// tenth of a second on two cores; belongs on a blocking thread.
pub fn make_keys() -> Result<Keys, KeyError> {
    let (current, next) = std::thread::scope(|scope| {
        let next = scope.spawn(|| make_key("authwright lab tenant"));
        (make_key("authwright lab tenant"), next.join())
    });
    let next = next.map_err(|_| KeyError("the thread that made it ended early".to_owned()))?;
    Ok(Keys::new(current?, next?))
}

/// Makes a key pair for each application that is to have one, registers the certificate, and tells the workbench.
fn make_client_keys(scenario: &Scenario, provider: &Mutex<Provider>, events: &mpsc::Sender<Event>) {
    for application in scenario.applications().iter().filter(|application| application.gets_a_key()) {
        let Ok(pair) = key_pair::make(&application.display_name, CLIENT_KEY_DAYS) else { continue };
        let registered = lock(provider).register_certificate(&application.key, &pair.certificate_der);
        if registered.is_ok() {
            let event = Event::LabKey { application: application.key.clone(), key: pair.client_key() };
            // Nobody listens any more: the lab was stopped.
            let Ok(()) = events.blocking_send(event) else { return };
        }
    }
}

fn lock(provider: &Mutex<Provider>) -> MutexGuard<'_, Provider> {
    provider.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_key(name: &str) -> Result<SigningKey, KeyError> {
    let failed = |why: &dyn std::fmt::Display| KeyError(why.to_string());
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|why| failed(&why))?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|why| failed(&why))?;
    let signer = rcgen::KeyPair::try_from(der.as_ref()).map_err(|why| failed(&why))?;
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).map_err(|why| failed(&why))?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.not_before = rcgen::date_time_ymd(2025, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2045, 1, 1);
    let certificate = parameters.self_signed(&signer).map_err(|why| failed(&why))?;
    SigningKey::new(pair, certificate.der().to_vec()).map_err(|why| failed(&why))
}

async fn bind(port: Option<u16>) -> Result<Vec<TcpListener>, StartError> {
    let mut tries = match port {
        Some(0) => vec![0; TRIES],
        Some(port) => vec![port],
        None => {
            let mut tries = vec![0; TRIES];
            tries[0] = PREFERRED_PORT;
            tries
        }
    };
    let last = tries.pop().expect("there is at least one try");
    for port in tries {
        if let Ok(sockets) = bind_both(port).await {
            return Ok(sockets);
        }
    }
    bind_both(last).await.map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken(last),
        _ => StartError::Listen(why),
    })
}

/// Opens the port on both loopback addresses: `localhost` may mean either. A machine without IPv6 does with one, but a port
/// that somebody else has on `[::1]` is taken, or browsers would ask them.
async fn bind_both(port: u16) -> io::Result<Vec<TcpListener>> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = first.local_addr()?.port();
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(second) => Ok(vec![first, second]),
        Err(why) if why.kind() == io::ErrorKind::AddrInUse => Err(why),
        Err(_) => Ok(vec![first]),
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Desk {
    port: u16,
    state: watch::Receiver<State>,
    /// Milliseconds by which the tenant's clock is ahead of the machine's.
    ahead: Arc<AtomicU64>,
    events: mpsc::Sender<Event>,
}

async fn accept(socket: TcpListener, desk: Desk, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, peer)) => {
                    while connections.try_join_next().is_some() {}
                    connections.spawn(connection(stream, peer, desk.clone(), stopped.clone()));
                }
                // Out of file descriptors, most likely: let some be closed first.
                Err(_) => tokio::task::yield_now().await,
            },
            _ = stopped.changed() => break,
        }
    }
    drop(socket);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, peer: SocketAddr, desk: Desk, mut stopped: watch::Receiver<()>) {
    if !peer.ip().is_loopback() {
        return;
    }
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(answer(&desk, request).await) }
    });
    let serving =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = stopped.changed() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

async fn answer(desk: &Desk, request: hyper::Request<Incoming>) -> hyper::Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_own_host(host, desk.port) {
        return refuse(
            StatusCode::MISDIRECTED_REQUEST,
            "The lab tenant answers on localhost, 127.0.0.1 and [::1] only.",
        );
    }
    let Some(method) = Method::parse(head.method.as_str()) else {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "The lab tenant does not know this method.");
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let Ok(url) = Url::parse(&format!("http://{}{target}", host.to_ascii_lowercase())) else {
        return refuse(StatusCode::BAD_REQUEST, "The address cannot be read.");
    };
    let Ok(body) = Limited::new(body, BODY_CAP).collect().await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MB, or broke off.");
    };
    let mut headers = Headers::new();
    for (name, value) in &head.headers {
        headers.push(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    let body = body.to_bytes();
    let body = if body.is_empty() { Body::Empty } else { Body::Whole(body.to_vec()) };
    let request = Request { method, url, headers, body };

    let is_of_pipeline = request.url.path().starts_with("/pipeline/");
    let provider = match ready(desk.state.clone(), is_of_pipeline).await {
        Ok(provider) => provider,
        Err(why) => return refuse(StatusCode::SERVICE_UNAVAILABLE, &why),
    };
    let now = clock::now() + Duration::from_millis(desk.ahead.load(Ordering::Relaxed));
    let mut decision = lock(&provider).decide(&request, now);
    if let Some(note) = decision.note.take() {
        let _ = desk.events.send(Event::LabNote(note)).await;
    }
    // Signing takes the better part of a millisecond. Handing it to another thread would cost more than it saves: the
    // workers are as many as the cores, and nothing else waits on them.
    into_hyper(decision.respond())
}

/// The tenant once it can answer; `complete` waits for the second issuer as well.
async fn ready(mut state: watch::Receiver<State>, complete: bool) -> Result<Arc<Mutex<Provider>>, String> {
    let settled = state.wait_for(|state| match state {
        State::MakingKeys => false,
        State::Ready(_) => !complete,
        State::Complete(_) | State::Failed(_) => true,
    });
    match settled.await.as_deref() {
        Ok(State::Ready(provider) | State::Complete(provider)) => Ok(Arc::clone(provider)),
        Ok(State::Failed(why)) => Err(why.to_string()),
        Ok(State::MakingKeys) | Err(_) => Err("the lab tenant has stopped".to_owned()),
    }
}

/// Whether `Host` is a name of this machine's loopback with our port; port 80 may be left out.
fn is_own_host(host: &str, port: u16) -> bool {
    let (name, given) = match host.rsplit_once(':') {
        Some((name, digits)) if !digits.ends_with(']') => (name, digits.parse().ok()),
        _ => (host, Some(80)),
    };
    given == Some(port)
        && ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

fn into_hyper(response: Response) -> hyper::Response<Full<Bytes>> {
    let Response { status, headers, body } = response;
    let bytes = match body {
        Body::Empty => Bytes::new(),
        Body::Whole(bytes) | Body::Cut { kept: bytes, .. } => Bytes::from(bytes),
    };
    let mut out = hyper::Response::new(Full::new(bytes));
    *out.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers.iter() {
        // What a header cannot hold (a line break, say) was percent-encoded by whoever wrote it.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            out.headers_mut().append(name, value);
        }
    }
    out
}

fn refuse(status: StatusCode, text: &str) -> hyper::Response<Full<Bytes>> {
    let mut out = hyper::Response::new(Full::new(Bytes::from(format!("{text}\n"))));
    *out.status_mut() = status;
    out.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_with_the_own_port_are_answered() {
        for own in ["localhost:7080", "LOCALHOST:7080", "127.0.0.1:7080", "[::1]:7080"] {
            assert!(is_own_host(own, 7080), "{own}");
        }
        for other in [
            "",
            "localhost",
            "localhost:7081",
            "evil.example:7080",
            "localhost.evil.example:7080",
            "[::1]",
            "127.0.0.2:7080",
        ] {
            assert!(!is_own_host(other, 7080), "{other}");
        }
        assert!(is_own_host("[::1]", 80) && is_own_host("localhost", 80));
    }
}
