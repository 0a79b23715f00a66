//! Connections, and requests on them: read, checked, decided, answered.

use std::{convert::Infallible, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use futures_util::{Stream, stream};
use http_body_util::{BodyExt as _, Either, Full, Limited, StreamBody};
use hyper::{
    StatusCode,
    body::{Bytes, Frame, Incoming},
    header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, HeaderName, HeaderValue},
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
    store::{self, Store},
    tls::{self, Opened},
};
use crate::{
    provider::{Decision, control, faults::Delivery},
    runtime::clock,
    secret::Secret,
    time::UnixTime,
    wire::{Body, Headers, Method, Request, Response},
    workbench::Event,
};

/// The most of a request body that is read.
const BODY_CAP: usize = 1024 * 1024;

/// How many pieces a body comes in that is sent slowly.
const DROPS: usize = 16;

/// An answer; its body comes at once, or slowly.
type Answer = hyper::Response<Either<Full<Bytes>, StreamBody<Drops>>>;

type Drops = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>;

/// In place of an answer: the connection closes.
#[derive(Debug, thiserror::Error)]
#[error("a fault that is switched on closes the connection")]
struct Dropped;

/// What every connection needs.
#[derive(Clone)]
pub(super) struct Desk {
    pub door: Door,
    pub keys: watch::Receiver<keys::State>,
    pub tls: watch::Receiver<tls::State>,
    /// Rung after each request: something may have changed.
    pub bell: Arc<Bell>,
    /// What opens the control address; `None` where there is none.
    pub control: Option<Secret>,
    /// Where the tenant is kept, if it is.
    pub store: Option<Arc<Store>>,
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
        async move { answer(&desk, request).await }
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

async fn answer(desk: &Desk, request: hyper::Request<Incoming>) -> Result<Answer, Dropped> {
    let request = match read(desk.door, request).await {
        Ok(request) => request,
        Err(refusal) => return Ok(refusal),
    };
    if let Some(token) = desk.control.as_ref().filter(|_| control::is_meant(&request)) {
        return Ok(control(desk, &request, token).await);
    }
    let is_of_pipeline = request.url.path().starts_with("/pipeline/");
    let provider = match keys::ready(desk.keys.clone(), is_of_pipeline).await {
        Ok(provider) => provider,
        Err(why) => return Ok(refuse(StatusCode::SERVICE_UNAVAILABLE, &why)),
    };
    let mut decision = lock(&provider).decide(&request, clock::now());
    desk.bell.ring();
    if let Some(note) = decision.note.take() {
        let _ = desk.events.send(Event::LabNote(note)).await;
    }
    deliver(decision).await
}

/// Reads a request, and turns those away that the door does not admit.
async fn read(door: Door, request: hyper::Request<Incoming>) -> Result<Request, Answer> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !door.admits(host) {
        return Err(refuse(StatusCode::MISDIRECTED_REQUEST, door.names()));
    }
    let Some(method) = Method::parse(head.method.as_str()) else {
        return Err(refuse(StatusCode::METHOD_NOT_ALLOWED, "The lab tenant does not know this method."));
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let Some(url) = door.address(host, target) else {
        return Err(refuse(StatusCode::BAD_REQUEST, "The address cannot be read."));
    };
    let Ok(body) = Limited::new(body, BODY_CAP).collect().await else {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MB, or broke off."));
    };
    let mut headers = Headers::new();
    for (name, value) in &head.headers {
        headers.push(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    let body = body.to_bytes();
    let body = if body.is_empty() { Body::Empty } else { Body::Whole(body.to_vec()) };
    Ok(Request { method, url, headers, body })
}

/// Sends what was decided, in the way that the faults want it.
async fn deliver(decision: Decision) -> Result<Answer, Dropped> {
    let (Delivery { delay, over, drops }, at) = (decision.delivery, decision.at);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if drops {
        return Err(Dropped);
    }
    // Signing takes the better part of a millisecond. Handing it to another thread would cost more than it saves: the
    // workers are as many as the cores, and nothing else waits on them.
    let mut answer = into_hyper(decision.respond(), over);
    if let Ok(date) = HeaderValue::from_str(&UnixTime::http_date(at)) {
        answer.headers_mut().insert(DATE, date);
    }
    Ok(answer)
}

/// Answers at the control address.
async fn control(desk: &Desk, request: &Request, token: &Secret) -> Answer {
    if let Some(refused) = control::refused(request, token) {
        return into_hyper(refused, Duration::ZERO);
    }
    // The forge needs every key.
    let provider = match keys::ready(desk.keys.clone(), true).await {
        Ok(provider) => provider,
        Err(why) => return refuse(StatusCode::SERVICE_UNAVAILABLE, &why),
    };
    let answer = lock(&provider).control(request, clock::now());
    let response = match answer {
        control::Answer::Done(response) => response,
        control::Answer::Forge(forgery) => control::forged(*forgery),
        control::Answer::RotateKeys => match keys::rotate(&provider).await {
            Ok(()) => control::rotated(Ok(&lock(&provider))),
            Err(why) => control::rotated(Err(why.to_string())),
        },
    };
    desk.bell.ring();
    if let Some(store) = desk.store.as_ref().filter(|_| request.method == Method::Post) {
        // What was answered survives whatever comes next. Why it may not, the keeper says when it tries again.
        let _ = store::save(store, &provider).await;
    }
    into_hyper(response, Duration::ZERO)
}

fn into_hyper(response: Response, over: Duration) -> Answer {
    let Response { status, headers, body } = response;
    let bytes = match body {
        Body::Empty => Bytes::new(),
        Body::Whole(bytes) | Body::Cut { kept: bytes, .. } => Bytes::from(bytes),
    };
    let length = bytes.len();
    let is_slow = !over.is_zero() && length > 0;
    let body = if is_slow { Either::Right(slowly(bytes, over)) } else { Either::Left(Full::new(bytes)) };
    let mut out = hyper::Response::new(body);
    *out.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers.iter() {
        // What a header cannot hold (a line break, say) was percent-encoded by whoever wrote it.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            out.headers_mut().append(name, value);
        }
    }
    if is_slow {
        out.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    out
}

/// A body that takes that long to come, piece by piece.
fn slowly(bytes: Bytes, over: Duration) -> StreamBody<Drops> {
    let size = bytes.len().div_ceil(DROPS);
    let pause = over / u32::try_from(bytes.len().div_ceil(size)).unwrap_or(1);
    let drops = stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let drop = rest.split_to(size.min(rest.len()));
        Some((Ok(Frame::data(drop)), rest))
    });
    StreamBody::new(Box::pin(drops))
}

fn refuse(status: StatusCode, text: &str) -> Answer {
    let mut out = hyper::Response::new(Either::Left(Full::new(Bytes::from(format!("{text}\n")))));
    *out.status_mut() = status;
    out.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    out
}
