//! What travels: requests, responses and what can go wrong between them, as plain comparable values.
//!
//! Nothing here sends anything. A flow builds a [`Request`], the lab tenant answers one, the log keeps both, and only
//! `runtime` turns them into bytes. Bodies are kept as the bytes that arrived; readers decide what they mean.

use std::{fmt, time::Duration};

use url::Url;

/// The verb of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The verb as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Reads a verb; `None` for one that no OAuth endpoint takes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Head, Self::Options, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Header lines in their order; names are lower case, repeated names stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a line and returns the whole, for building.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, value);
        self
    }

    /// Adds a line behind the others.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// The first value under `name`, whatever its letter case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// All values under `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Every line in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

/// The bytes of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    #[default]
    Empty,
    /// All of it.
    Whole(Vec<u8>),
    /// More arrived than is kept; what was cut is said, never hidden.
    Cut {
        /// The beginning.
        kept: Vec<u8>,
        /// How many bytes there were.
        total: u64,
    },
}

impl Body {
    /// The bytes that are at hand.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Empty => &[],
            Self::Whole(bytes) | Self::Cut { kept: bytes, .. } => bytes,
        }
    }

    /// The bytes as text, broken UTF-8 replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// How long the body was on the wire.
    pub fn len(&self) -> u64 {
        match self {
            Self::Cut { total, .. } => *total,
            Self::Empty | Self::Whole(_) => self.bytes().len() as u64,
        }
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Whole(text.into_bytes())
    }
}

/// A request as it is going to be sent. Redirects are never followed on its behalf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Where to, with the query.
    pub url: Url,
    /// The header lines that we set ourselves; the client adds `host` and `content-length`.
    pub headers: Headers,
    /// The bytes to send.
    pub body: Body,
}

impl Request {
    /// A plain `GET`.
    pub const fn get(url: Url) -> Self {
        Self { method: Method::Get, url, headers: Headers::new(), body: Body::Empty }
    }

    /// The parameters in the query string.
    pub fn query(&self) -> Params {
        Params::parse(self.url.query().unwrap_or_default())
    }

    /// The parameters of a form body; none if the body is not a form.
    pub fn form(&self) -> Params {
        let is_form = self
            .headers
            .get("content-type")
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if is_form { Params::parse(&self.body.text()) } else { Params::default() }
    }
}

/// An answer as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header lines in their order.
    pub headers: Headers,
    /// The bytes that came.
    pub body: Body,
}

impl Response {
    /// Whether the status is one of 200 to 299.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The status with its name, `404 Not Found`; the number alone if it has none that is common.
    pub fn named_status(&self) -> String {
        match status_name(self.status) {
            "" => self.status.to_string(),
            name => format!("{} {name}", self.status),
        }
    }

    /// The `Location` of a redirect, if this is one.
    pub fn redirect_target(&self) -> Option<&str> {
        if (300..400).contains(&self.status) { self.headers.get("location") } else { None }
    }
}

/// What a status is called (RFC 9110 §15, RFC 6585); HTTP/2 does not send it. Empty for one that is rarely met here.
const fn status_name(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// Where the time of an exchange went, as far as a client can know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Looking up the name, if a look-up was made.
    pub dns: Option<Duration>,
    /// Connecting, TLS included, if a connection was opened.
    pub connect: Option<Duration>,
    /// From the start until the status line and headers were there.
    pub headers: Duration,
    /// From the start until the last byte of the body.
    pub total: Duration,
}

/// No answer: what lies outside the conversation with the authority. A refusal is not a failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The name has no address.
    #[error("no address found for {host}; check the spelling and the network")]
    Dns {
        /// The name that was looked up.
        host: String,
    },
    /// Nothing accepts the connection.
    #[error("cannot connect to {host}: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The certificate or handshake was not accepted.
    #[error("no trusted TLS connection to {host}: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What the TLS library said.
        reason: String,
    },
    /// It took too long.
    #[error("no answer from {host} within {} s", .after.as_secs())]
    Timeout {
        /// Host and port.
        host: String,
        /// How long we waited.
        after: Duration,
    },
    /// The connection ended in the middle of the answer.
    #[error("the answer of {host} broke off: {reason}")]
    Broken {
        /// Host and port.
        host: String,
        /// What the client library said.
        reason: String,
    },
    /// An answer came, but not one that can be read as what it should be.
    #[error("the answer is not {expected}: {reason}")]
    Unreadable {
        /// What should have come, such as `a JSON object`.
        expected: String,
        /// Where it stopped making sense.
        reason: String,
    },
    /// The redirect listener could not be opened.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The loopback address and port.
        address: String,
        /// What the system said, and what to do.
        reason: String,
    },
    /// The request cannot be sent as it stands, usually after an edit by hand.
    #[error("this request cannot be sent: {reason}")]
    Unsendable {
        /// Which part is at fault and why.
        reason: String,
    },
}

/// Names and values in their order, duplicates included, as in a query string or a form.
///
/// Used by the client side only: the lab tenant reads requests with a reader of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub Vec<(String, String)>);

impl Params {
    /// Reads `a=1&b=2`, with percent-escapes and `+` decoded.
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Writes `a=1&b=2`, escaping what must be.
    pub fn encode(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.0 {
            out.append_pair(name, value);
        }
        out.finish()
    }

    /// The first value under `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether there is nothing.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every pair in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_its_name_and_no_blank_where_there_is_none() {
        let named = |status| Response { status, headers: Headers::new(), body: Body::Empty }.named_status();
        assert_eq!([named(404), named(429), named(299)], ["404 Not Found", "429 Too Many Requests", "299"]);
    }
}
