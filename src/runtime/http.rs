//! The HTTP client: the only place that knows `reqwest`. It follows no redirect, keeps no cookie, and caps bodies.

use std::{
    error::Error as _,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use crate::wire::{Body, Failure, Headers, Method, Request, Response, Timing};

/// The most of a body that is kept.
const BODY_CAP: usize = 2 * 1024 * 1024;

/// Options for the client.
#[derive(Clone, Debug)]
pub struct Options {
    /// Certificates (PEM) to trust besides the system's.
    pub ca: Option<Vec<u8>>,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { ca: None, timeout: Duration::from_secs(30) }
    }
}

/// A client that can be cloned cheaply. It is built on first use: reading the system's certificates takes longer than
/// the first frame may.
///
/// There are two, with and without the proxy that the environment names: what is on this machine is never asked through
/// one, and least of all for a token of this machine.
#[derive(Clone, Debug, Default)]
pub struct Client {
    inner: Arc<OnceLock<Built>>,
    direct: Arc<OnceLock<Built>>,
    options: Options,
}

type Built = Result<reqwest::Client, String>;

impl Client {
    /// A client with these options.
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Sends a request and reads the answer, with the time it took.
    pub async fn send(&self, request: Request) -> (Result<Response, Failure>, Timing) {
        let started = Instant::now();
        let mut timing = Timing::default();
        let result = self.exchange(request, started, &mut timing).await;
        timing.total = started.elapsed();
        (result, timing)
    }

    async fn exchange(
        &self,
        request: Request,
        started: Instant,
        timing: &mut Timing,
    ) -> Result<Response, Failure> {
        let host = host(&request);
        let direct = goes_direct(&request);
        let inner = if direct { &self.direct } else { &self.inner };
        let (options, cell) = (self.options.clone(), inner.clone());
        let client = match inner.get() {
            Some(client) => client.clone(),
            None => tokio::task::spawn_blocking(move || cell.get_or_init(|| build(&options, direct)).clone())
                .await
                .map_err(|why| Failure::Unsendable { reason: why.to_string() })?,
        };
        let client = client.map_err(|reason| Failure::Tls { host: host.clone(), reason })?;
        let fail = |why: reqwest::Error| failure(&why, &host, self.options.timeout);
        let mut response = client.execute(outgoing(request)?).await.map_err(fail)?;
        timing.headers = started.elapsed();
        let mut headers = Headers::new();
        for (name, value) in response.headers() {
            headers.push(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        }
        let status = response.status().as_u16();
        let (mut kept, mut total) = (Vec::new(), 0_u64);
        while let Some(chunk) = response.chunk().await.map_err(fail)? {
            total += chunk.len() as u64;
            let room = BODY_CAP.saturating_sub(kept.len()).min(chunk.len());
            kept.extend_from_slice(&chunk[..room]);
        }
        let body = match total {
            0 => Body::Empty,
            total if total == kept.len() as u64 => Body::Whole(kept),
            total => Body::Cut { kept, total },
        };
        Ok(Response { status, headers, body })
    }
}

/// Whether a request must not go through a proxy: its address is on this machine or link-local, or it carries what an
/// identity endpoint takes as proof that it comes from inside.
fn goes_direct(request: &Request) -> bool {
    let is_near = match request.url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(url::Host::Ipv6(address)) => address.is_loopback() || address.is_unicast_link_local(),
        None => false,
    };
    is_near || ["metadata", "x-identity-header"].iter().any(|name| request.headers.get(name).is_some())
}

fn build(options: &Options, direct: bool) -> Built {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(options.timeout)
        .connect_timeout(Duration::from_secs(10))
        .user_agent(concat!("authwright/", env!("CARGO_PKG_VERSION")));
    if direct {
        builder = builder.no_proxy();
    }
    if let Some(pem) = &options.ca {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|why| why.to_string())?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|why| chain(&why))
}

fn outgoing(request: Request) -> Result<reqwest::Request, Failure> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Head => reqwest::Method::HEAD,
        Method::Options => reqwest::Method::OPTIONS,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut outgoing = reqwest::Request::new(method, request.url);
    for (name, value) in request.headers.iter() {
        let unsendable = |part: &str| Failure::Unsendable {
            reason: format!("the {part} of header “{name}” is not allowed in HTTP"),
        };
        let header = reqwest::header::HeaderName::try_from(name).map_err(|_| unsendable("name"))?;
        let value = reqwest::header::HeaderValue::try_from(value).map_err(|_| unsendable("value"))?;
        outgoing.headers_mut().append(header, value);
    }
    if let Body::Whole(bytes) = request.body {
        *outgoing.body_mut() = Some(bytes.into());
    }
    Ok(outgoing)
}

fn host(request: &Request) -> String {
    let host = request.url.host_str().unwrap_or_default();
    request.url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn failure(why: &reqwest::Error, host: &str, after: Duration) -> Failure {
    let host = host.to_owned();
    let reason = chain(why);
    let lower = reason.to_lowercase();
    if why.is_timeout() {
        Failure::Timeout { host, after }
    } else if lower.contains("dns error") || lower.contains("failed to lookup") {
        Failure::Dns { host }
    } else if lower.contains("certificate") || lower.contains("tls") || lower.contains("handshake") {
        Failure::Tls { host, reason }
    } else if why.is_connect() {
        Failure::Connect { host, reason }
    } else {
        Failure::Broken { host, reason }
    }
}

/// The error and its causes in one line, without the address, which the reader knows.
fn chain(why: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut next = why.source();
    while let Some(cause) = next {
        parts.push(cause.to_string());
        next = cause.source();
    }
    match parts.last() {
        Some(last) => last.clone(),
        None => why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_or_proves_where_it_comes_from_never_takes_the_proxy() {
        let request = |address: &str| Request::get(address.parse().expect("an address"));
        for near in [
            "http://localhost:7080/x",
            "http://127.0.0.1/x",
            "http://[::1]:1/x",
            "http://169.254.169.254/metadata/identity/oauth2/token",
        ] {
            assert!(goes_direct(&request(near)), "{near}");
        }
        for far in ["https://login.microsoftonline.com/x", "http://10.0.0.1/x", "http://localhost.example/x"]
        {
            assert!(!goes_direct(&request(far)), "{far}");
            for header in ["Metadata", "X-IDENTITY-HEADER"] {
                let mut proven = request(far);
                proven.headers.push(header, "true");
                assert!(goes_direct(&proven), "{far} with {header}");
            }
        }
    }
}
