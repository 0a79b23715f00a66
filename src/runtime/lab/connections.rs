//! Connections, and requests on them: read, checked, decided, answered.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
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
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    door::{Door, Scheme},
    keys::{self, lock},
    steward::Bell,
    tls::{self, Opened},
};
use crate::{
    runtime::clock,
    wire::{Body, Headers, Method, Request, Response},
    workbench::Event,
};

/// The most of a request body that is read.
const BODY_CAP: usize = 1024 * 1024;

/// What every connection needs.
#[derive(Clone)]
pub(super) struct Desk {
    pub door: Door,
    pub keys: watch::Receiver<keys::State>,
    pub tls: watch::Receiver<tls::State>,
    /// Milliseconds by which the tenant's clock is ahead of the machine's.
    pub ahead: Arc<AtomicU64>,
    pub bell: Arc<Bell>,
    pub events: mpsc::Sender<Event>,
}

/// Takes connections until `stopped` changes or its sender is gone, and sees those to their end that are open then.
pub(super) async fn accept(socket: TcpListener, desk: Desk, mut stopped: watch::Receiver<()>) {
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
    match desk.door.scheme {
        Scheme::Http => converse(stream, desk, stopped).await,
        Scheme::Https => {
            let opened = tokio::select! {
                opened = tls::open(stream, desk.tls.clone()) => opened,
                _ = stopped.changed() => return,
            };
            match opened {
                Opened::Encrypted(stream) => converse(stream, desk, stopped).await,
                Opened::Plain(stream) => tokio::select! {
                    () = turn_away(stream, desk.door) => {}
                    _ = stopped.changed() => {}
                },
                Opened::Gone => {}
            }
        }
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, desk: Desk, mut stopped: watch::Receiver<()>) {
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

/// Tells somebody who speaks http to the https port so; a closed connection would leave them guessing.
async fn turn_away(stream: TcpStream, door: Door) {
    let text = format!("This port speaks https: {}", door.base());
    let service = service_fn(|_| {
        let text = text.clone();
        async move { Ok::<_, Infallible>(refuse(StatusCode::BAD_REQUEST, &text)) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let _ = serving.await;
}

async fn answer(desk: &Desk, request: hyper::Request<Incoming>) -> hyper::Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !desk.door.admits(host) {
        return refuse(StatusCode::MISDIRECTED_REQUEST, desk.door.names());
    }
    let Some(method) = Method::parse(head.method.as_str()) else {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "The lab tenant does not know this method.");
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let Some(url) = desk.door.address(host, target) else {
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
    let provider = match keys::ready(desk.keys.clone(), is_of_pipeline).await {
        Ok(provider) => provider,
        Err(why) => return refuse(StatusCode::SERVICE_UNAVAILABLE, &why),
    };
    let now = clock::now() + Duration::from_millis(desk.ahead.load(Ordering::Relaxed));
    let mut decision = lock(&provider).decide(&request, now);
    desk.bell.ring();
    if let Some(note) = decision.note.take() {
        let _ = desk.events.send(Event::LabNote(note)).await;
    }
    // Signing takes the better part of a millisecond. Handing it to another thread would cost more than it saves: the
    // workers are as many as the cores, and nothing else waits on them.
    into_hyper(decision.respond())
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
