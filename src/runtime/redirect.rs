//! The redirect listener: catches the authority's answer on loopback, once.
//!
//! It binds loopback addresses only, answers only requests whose `Host` is a loopback name with its own port (so that a
//! page elsewhere cannot reach it by rebinding a name), and takes the first answer. `state` is checked by the flow.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use url::Url;

use crate::{
    oauth::{Arrival, ArrivedBy},
    wire::{Failure, Params},
};

/// What the person reads in the browser when the answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Go back to the terminal.
    Terminal,
}

/// An open listener.
#[derive(Debug)]
pub struct Listener {
    redirect_uri: Url,
    sockets: Vec<TcpListener>,
}

/// The parameters that make a request an answer of the authority.
const ANSWERS: [&str; 5] = ["code", "error", "id_token", "access_token", "state"];

/// The most of a form post that is read.
const BODY_CAP: usize = 256 * 1024;

impl Listener {
    /// Opens a listener for a redirect URI on loopback; without a port, on any free one.
    pub async fn open(redirect_uri: &Url) -> Result<Self, Failure> {
        let refuse = |reason: String| Failure::Listen { address: redirect_uri.to_string(), reason };
        if redirect_uri.scheme() != "http" {
            return Err(refuse(format!(
                "only http is caught here, not {}; paste the redirected address instead",
                redirect_uri.scheme()
            )));
        }
        let addresses: &[&str] = match redirect_uri.host_str() {
            // A browser may try either address for this name.
            Some("localhost") => &["127.0.0.1", "[::1]"],
            Some("127.0.0.1") => &["127.0.0.1"],
            Some("[::1]") => &["[::1]"],
            other => {
                return Err(refuse(format!(
                    "{} is not this machine's loopback",
                    other.unwrap_or("an address without host")
                )));
            }
        };
        let wanted = redirect_uri.port().unwrap_or(0);
        let mut sockets = Vec::new();
        let mut port = wanted;
        for address in addresses {
            match TcpListener::bind(format!("{address}:{port}")).await {
                Ok(socket) => {
                    port = socket.local_addr().map_err(|why| refuse(why.to_string()))?.port();
                    sockets.push(socket);
                }
                // Machines without IPv6 have no [::1]; that is no reason to give up on 127.0.0.1.
                Err(_) if !sockets.is_empty() => {}
                Err(why) if why.kind() == std::io::ErrorKind::AddrInUse => {
                    return Err(refuse(format!(
                        "port {port} is taken by another program; close it, or use a redirect URI with another port"
                    )));
                }
                Err(why) => return Err(refuse(why.to_string())),
            }
        }
        let mut redirect_uri = redirect_uri.clone();
        redirect_uri.set_port(Some(port)).map_err(|()| refuse("it can carry no port".to_owned()))?;
        Ok(Self { redirect_uri, sockets })
    }

    /// The redirect URI with the port that is really open.
    pub const fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// Waits for the one answer. Open connections end with it.
    pub async fn catch(self, page: Page) -> Option<Arrival> {
        let (caught, mut arrivals) = mpsc::channel(1);
        let expected = Arc::new((self.redirect_uri, page));
        let mut tasks = JoinSet::new();
        for socket in self.sockets {
            let (expected, caught) = (expected.clone(), caught.clone());
            tasks.spawn(async move {
                while let Ok((stream, peer)) = socket.accept().await {
                    if peer.ip().is_loopback() {
                        tokio::spawn(serve(stream, peer, expected.clone(), caught.clone()));
                    }
                }
            });
        }
        drop(caught);
        arrivals.recv().await
    }
}

async fn serve(
    stream: TcpStream,
    _peer: SocketAddr,
    expected: Arc<(Url, Page)>,
    caught: mpsc::Sender<Arrival>,
) {
    let service = service_fn(move |request| {
        let (expected, caught) = (expected.clone(), caught.clone());
        async move { Ok::<_, Infallible>(answer(request, &expected.0, expected.1, &caught).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    expected: &Url,
    page: Page,
    caught: &mpsc::Sender<Arrival>,
) -> Response<Full<Bytes>> {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok());
    if !host.is_some_and(|host| is_own_host(host, expected)) {
        return html(
            StatusCode::MISDIRECTED_REQUEST,
            "Wrong host",
            "This address only answers under its loopback name.",
        );
    }
    if request.uri().path() != expected.path() {
        return html(
            StatusCode::NOT_FOUND,
            "Nothing here",
            "authwright waits for a sign-in at another path.",
        );
    }
    let (by, params) = match *request.method() {
        Method::GET => (ArrivedBy::Query, Params::parse(request.uri().query().unwrap_or_default())),
        Method::POST => match Limited::new(request.into_body(), BODY_CAP).collect().await {
            Ok(body) => (ArrivedBy::FormPost, Params::parse(&String::from_utf8_lossy(&body.to_bytes()))),
            Err(_) => {
                return html(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "Too long",
                    "The form is too long to be a sign-in answer.",
                );
            }
        },
        _ => {
            return html(
                StatusCode::METHOD_NOT_ALLOWED,
                "Not like this",
                "A sign-in answer comes with GET or POST.",
            );
        }
    };
    if !params.iter().any(|(name, _)| ANSWERS.contains(&name)) {
        return html(
            StatusCode::OK,
            "No answer in this address",
            "If the browser's address bar shows a # with parameters behind it, copy the whole address, go back to the \
             terminal and paste it there.",
        );
    }
    let refused = params.get("error").is_some();
    match caught.try_send(Arrival { by, params }) {
        Ok(()) if refused => html(StatusCode::OK, "The sign-in was refused", told(page)),
        Ok(()) => html(StatusCode::OK, "The answer has arrived", told(page)),
        Err(_) => html(
            StatusCode::CONFLICT,
            "Answered before",
            "An answer has been taken already; this one is ignored.",
        ),
    }
}

const fn told(page: Page) -> &'static str {
    match page {
        Page::Terminal => "You can go back to the terminal and close this page. Nothing more happens here.",
    }
}

/// Whether a `Host` header names this listener: a loopback name and our port.
fn is_own_host(host: &str, expected: &Url) -> bool {
    let Some(port) = expected.port_or_known_default() else { return false };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.eq_ignore_ascii_case(&format!("{name}:{port}"))
            || (port == 80 && host.eq_ignore_ascii_case(name))
    })
}

fn html(status: StatusCode, title: &str, text: &str) -> Response<Full<Bytes>> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · authwright</title>\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem;\
         color-scheme:light dark}}h1{{font-size:1.4rem}}</style><h1>{title}</h1><p>{text}</p></html>"
    );
    Response::builder()
        .status(status)
        .header("content-type", "text/html; charset=utf-8")
        .header("cache-control", "no-store")
        .header("referrer-policy", "no-referrer")
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
        .header("connection", "close")
        .body(Full::new(Bytes::from(page)))
        .expect("the header lines above are valid")
}
