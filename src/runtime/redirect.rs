//! The redirect listener: catches the authority's answer on loopback, over http or https.
//!
//! It binds loopback addresses only, and answers only requests whose `Host` is a loopback name with its own port, so that a
//! page elsewhere cannot reach it by rebinding a name. Answers come in the query, as a form, or behind the `#`, which only
//! a script on the listener's own page can read; that page hands it on. Whether an answer is ours is for the flow to say:
//! the listener tells it of each one that comes, and the person in the browser which was the first.

mod certificate;
mod page;
mod tunnel;

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::HeaderMap,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::{
    oauth::{Arrival, ArrivedBy, Listening},
    wire::{Failure, Params},
};
use certificate::Identity;
use page::Page;
pub use tunnel::Tunnel;

/// An open listener.
pub struct Listener {
    listening: Listening,
    sockets: Vec<TcpListener>,
    tls: Option<TlsAcceptor>,
}

/// The parameters that make a request an answer of the authority.
const ANSWERS: [&str; 6] = ["code", "error", "id_token", "access_token", "state", "admin_consent"];

/// The most of a form post that is read.
const BODY_CAP: usize = 256 * 1024;

/// How often a free port is looked for that is free on both loopback addresses.
const TRIES: usize = 8;

/// The header by which the listener's own page says that it hands on a fragment. A page of another origin cannot send it
/// without being asked first, and is never allowed to.
const RELAY: &str = "x-authwright-relay";

impl Listener {
    /// Opens a listener for a redirect URI on loopback; without a port, on any free one. `tunnel` is the way here for a
    /// browser on another machine.
    pub async fn open(redirect_uri: &Url, tunnel: Option<&Tunnel>) -> Result<Self, Failure> {
        let refuse = |reason: String| Failure::Listen { address: redirect_uri.to_string(), reason };
        if !matches!(redirect_uri.scheme(), "http" | "https") {
            let scheme = redirect_uri.scheme();
            return Err(refuse(format!(
                "only http and https are caught here, not {scheme}; paste the redirected address instead"
            )));
        }
        let addresses: &[&str] = match redirect_uri.host_str() {
            // A browser may try either address for this name.
            Some("localhost") => &["127.0.0.1", "[::1]"],
            Some("127.0.0.1") => &["127.0.0.1"],
            Some("[::1]") => &["[::1]"],
            other => {
                let name = other.unwrap_or("an address without host");
                return Err(refuse(format!("{name} is not this machine's loopback")));
            }
        };
        let (sockets, port) = bind(addresses, redirect_uri.port()).await.map_err(|(port, why)| {
            refuse(match why.kind() {
                io::ErrorKind::AddrInUse => format!(
                    "port {port} is taken by another program; close it, or use a redirect URI with another port \
                     (Entra ignores the port of localhost)"
                ),
                io::ErrorKind::PermissionDenied => format!(
                    "port {port} is for privileged programs; use a redirect URI with a port above 1023"
                ),
                _ => why.to_string(),
            })
        })?;
        let mut redirect_uri = redirect_uri.clone();
        redirect_uri.set_port(Some(port)).map_err(|()| refuse("it can carry no port".to_owned()))?;
        let identity = if redirect_uri.scheme() == "https" {
            Some(Identity::make().map_err(|why| refuse(format!("no certificate can be made: {why}")))?)
        } else {
            None
        };
        let (tls, certificate) = identity.map(|made| (made.acceptor, made.fingerprint)).unzip();
        let tunnel = tunnel.map(|tunnel| tunnel.command(&redirect_uri));
        Ok(Self { listening: Listening { redirect_uri, certificate, tunnel }, sockets, tls })
    }

    /// What is to be known about it; the redirect URI carries the port that is really open.
    pub const fn listening(&self) -> &Listening {
        &self.listening
    }

    /// Answers browsers until it is dropped. Each answer of an authority goes to `caught`; when nobody takes them from
    /// there, further ones are thrown away.
    pub async fn serve(self, caught: mpsc::Sender<Arrival>) {
        let desk = Arc::new(Desk {
            redirect_uri: self.listening.redirect_uri,
            caught,
            has_answered: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        for socket in self.sockets {
            let (desk, tls) = (desk.clone(), self.tls.clone());
            tasks.spawn(async move {
                while let Ok((stream, peer)) = socket.accept().await {
                    if peer.ip().is_loopback() {
                        // Not part of the set: whoever is being answered is answered to the end.
                        tokio::spawn(connected(stream, tls.clone(), desk.clone()));
                    }
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Opens the port on all addresses, or says which port it was that could not be opened.
async fn bind(addresses: &[&str], wanted: Option<u16>) -> Result<(Vec<TcpListener>, u16), (u16, io::Error)> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match bind_all(addresses, wanted.unwrap_or(0)).await {
            // Free on one address and taken on the other: the next one will do as well.
            Err((_, why)) if wanted.is_none() && tries > 0 && why.kind() == io::ErrorKind::AddrInUse => {}
            result => return result,
        }
    }
}

async fn bind_all(addresses: &[&str], mut port: u16) -> Result<(Vec<TcpListener>, u16), (u16, io::Error)> {
    let mut sockets = Vec::new();
    for address in addresses {
        match TcpListener::bind(format!("{address}:{port}")).await {
            Ok(socket) => {
                port = socket.local_addr().map_err(|why| (port, why))?.port();
                sockets.push(socket);
            }
            // Machines without IPv6 have no [::1]; that is no reason to give up on 127.0.0.1. But a port that another
            // program has there is taken: the browser might ask that one.
            Err(why) if !sockets.is_empty() && why.kind() != io::ErrorKind::AddrInUse => {}
            Err(why) => return Err((port, why)),
        }
    }
    Ok((sockets, port))
}

/// What all connections share.
struct Desk {
    redirect_uri: Url,
    caught: mpsc::Sender<Arrival>,
    has_answered: AtomicBool,
}

async fn connected(stream: TcpStream, tls: Option<TlsAcceptor>, desk: Arc<Desk>) {
    match tls {
        None => converse(stream, desk).await,
        // A browser that does not trust the certificate breaks off here, asks the person, and comes back.
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                converse(stream, desk).await;
            }
        }
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, desk: Arc<Desk>) {
    let service = service_fn(move |request| {
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(desk.answer(request).await.respond()) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>) -> Page {
        let host = header(request.headers(), "host").unwrap_or_default().to_owned();
        if !self.is_own_host(&host) {
            return Page::WRONG_HOST;
        }
        if request.uri().path() != self.redirect_uri.path() {
            return Page::ELSEWHERE;
        }
        let (by, params) = match *request.method() {
            Method::GET => (ArrivedBy::Query, Params::parse(request.uri().query().unwrap_or_default())),
            Method::POST => {
                let kind = header(request.headers(), "content-type").unwrap_or_default();
                if !kind.starts_with("application/x-www-form-urlencoded") {
                    return Page::NO_FORM;
                }
                let by = if header(request.headers(), RELAY).is_some() {
                    let own = format!("{}://{host}", self.redirect_uri.scheme());
                    if header(request.headers(), "origin")
                        .is_none_or(|origin| !origin.eq_ignore_ascii_case(&own))
                    {
                        return Page::WRONG_ORIGIN;
                    }
                    ArrivedBy::Fragment
                } else {
                    ArrivedBy::FormPost
                };
                match Limited::new(request.into_body(), BODY_CAP).collect().await {
                    Ok(body) => (by, Params::parse(&String::from_utf8_lossy(&body.to_bytes()))),
                    Err(_) => return Page::TOO_LONG,
                }
            }
            _ => return Page::WRONG_METHOD,
        };
        let is_answer = params.iter().any(|(name, _)| ANSWERS.contains(&name));
        match (is_answer, by) {
            (true, _) => self.take(Arrival { by, params }),
            // The answer may stand behind the #, which the browser has kept to itself.
            (false, ArrivedBy::Query) => Page::RELAY,
            (false, _) => Page::NO_ANSWER,
        }
    }

    fn take(&self, arrival: Arrival) -> Page {
        let error = arrival.params.get("error").map(str::to_owned);
        let is_second = self.has_answered.swap(true, Ordering::SeqCst);
        // Where nobody takes it any more, there have been too many already.
        let _ = self.caught.try_send(arrival);
        match error {
            _ if is_second => Page::SECOND,
            Some(error) => Page::refused(&error),
            None => Page::ARRIVED,
        }
    }

    /// Whether a `Host` header names this listener: a loopback name and our port.
    fn is_own_host(&self, host: &str) -> bool {
        let Some(port) = self.redirect_uri.port_or_known_default() else { return false };
        // Browsers leave out the port that goes with the scheme, and `Url` does not keep it.
        let is_usual = self.redirect_uri.port().is_none();
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
            host.eq_ignore_ascii_case(&format!("{name}:{port}"))
                || (is_usual && host.eq_ignore_ascii_case(name))
        })
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl Page {
    fn respond(self) -> Response<Full<Bytes>> {
        let status = StatusCode::from_u16(self.status).expect("a page has a valid status");
        Response::builder()
            .status(status)
            .header("content-type", "text/html; charset=utf-8")
            .header("cache-control", "no-store")
            .header("referrer-policy", "no-referrer")
            .header("x-content-type-options", "nosniff")
            .header("content-security-policy", self.policy())
            .header("connection", "close")
            .body(Full::new(Bytes::from(self.html())))
            .expect("the header lines above are valid")
    }
}
