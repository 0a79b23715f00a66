//! A request as the lab tenant reads it: path, parameters, cookies, correlation. These readers are the tenant's own and
//! share nothing with the client side, so that a mistake in one of them shows.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use super::{random::Random, scenario::is_guid};
use crate::{
    time::UnixTime,
    wire::{Headers, Method, Request},
};

/// One request, read once.
#[derive(Debug)]
pub struct Call {
    pub method: Method,
    /// Scheme, host and port by which the tenant was reached, without a slash at the end.
    pub base: String,
    /// The path without the slash at its beginning.
    pub path: String,
    pub query: Fields,
    pub form: Fields,
    pub origin: Option<String>,
    pub now: UnixTime,
    /// The id of this request, in the answer's `x-ms-request-id` and in errors.
    pub trace_id: String,
    /// The client's id if it sent one, else made up.
    pub correlation_id: String,
    /// Whether the client wants its id back in a header.
    pub echo_correlation: bool,
    /// `Authorization`, as sent.
    pub authorization: Option<String>,
    /// Every header line.
    pub headers: Headers,
    /// The body, if it says that it is JSON and is.
    pub json: Option<Value>,
    /// Where the request comes from. The lab listens on loopback only; a test, or a proxy beside it, says with
    /// `X-Forwarded-For` which address stands for the caller's.
    pub address: IpAddr,
    cookies: Vec<(String, String)>,
}

impl Call {
    pub fn read(request: &Request, now: UnixTime, random: &mut Random) -> Self {
        let header = |name: &str| request.headers.get(name).map(str::to_owned);
        let query = Fields::parse(request.url.query().unwrap_or_default());
        let kind = request.headers.get("content-type").unwrap_or_default();
        let is = |name: &str| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(name);
        let is_form = is("application/x-www-form-urlencoded");
        let form = if is_form { Fields::read(request.body.bytes()) } else { Fields::default() };
        let json =
            is("application/json").then(|| serde_json::from_slice(request.body.bytes()).ok()).flatten();
        let sent = header("client-request-id")
            .or_else(|| query.get("client-request-id").map(str::to_owned))
            .or_else(|| form.get("client-request-id").map(str::to_owned))
            .map(|id| id.trim().to_lowercase())
            .filter(|id| is_guid(id));
        Self {
            method: request.method,
            base: base_of(&request.url),
            path: request.url.path().trim_start_matches('/').to_owned(),
            query,
            form,
            origin: header("origin"),
            now,
            trace_id: random.trace_id(),
            correlation_id: sent.unwrap_or_else(|| random.guid()),
            echo_correlation: header("return-client-request-id")
                .is_some_and(|value| value.trim().eq_ignore_ascii_case("true")),
            authorization: header("authorization"),
            headers: request.headers.clone(),
            json,
            address: address_of(&request.headers),
            cookies: request.headers.all("cookie").flat_map(cookies).collect(),
        }
    }

    /// The first path segment: GUID, domain, `common` and so on, with percent-escapes decoded.
    pub fn segment(&self) -> String {
        let segment = self.path.split('/').next().unwrap_or_default();
        percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
    }

    /// A header, whatever the letter case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Host and port by which the tenant was reached.
    pub fn host(&self) -> &str {
        self.base.split_once("://").map_or(self.base.as_str(), |(_, host)| host)
    }
}

/// The first address of `X-Forwarded-For`, the one furthest away.
fn address_of(headers: &Headers) -> IpAddr {
    let first = headers.get("x-forwarded-for").and_then(|line| line.split(',').next());
    let address = first.and_then(|text| text.trim().trim_matches(['[', ']']).parse::<IpAddr>().ok());
    address.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.to_canonical())
}

fn base_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn cookies(line: &str) -> impl Iterator<Item = (String, String)> {
    line.split(';').filter_map(|pair| pair.trim().split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned()))
}

/// Names and values of a query or a form.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pairs: Vec<(String, String)>,
    broken: bool,
    length: usize,
}

impl Fields {
    fn parse(text: &str) -> Self {
        Self::read(text.as_bytes())
    }

    fn read(bytes: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(bytes).into_owned().collect();
        Self { pairs, broken: !is_well_formed(bytes), length: bytes.len() }
    }

    /// The value under `name`. An empty one counts as not sent, as it does for the real service.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// The value under `name`, even if it is empty.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// The first name that stands there twice.
    pub fn repeated(&self) -> Option<&str> {
        // A body has room for a hundred thousand names: each is looked up, not compared with all before it.
        let mut seen = HashSet::new();
        self.pairs.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
    }

    /// How many bytes it had, escapes and all.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Whether an escape was cut off or did not decode to UTF-8.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }
}

fn is_well_formed(bytes: &[u8]) -> bool {
    let escapes_are_whole = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(index, _)| {
        bytes.get(index + 1..index + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    escapes_are_whole && percent_encoding::percent_decode(bytes).decode_utf8().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_and_what_is_odd_about_them_is_known() {
        let fields = Fields::parse("scope=User.Read+openid&state=a%2Bb&empty=&state=c");
        assert_eq!(fields.get("scope"), Some("User.Read openid"));
        assert_eq!(fields.get("state"), Some("a+b"));
        assert_eq!((fields.get("empty"), fields.raw("empty")), (None, Some("")));
        assert_eq!(fields.repeated(), Some("state"));
        assert!(!fields.is_broken());
        for broken in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(Fields::parse(broken).is_broken(), "{broken}");
        }
    }

    #[test]
    fn the_base_is_how_the_tenant_was_reached() {
        let request = Request::get(Url::parse("http://127.0.0.1:7080/common/v2.0/x?y=1").unwrap());
        let call = Call::read(&request, UnixTime::default(), &mut Random::new([0; 32]));
        assert_eq!((call.base.as_str(), call.host()), ("http://127.0.0.1:7080", "127.0.0.1:7080"));
        assert_eq!((call.segment().as_str(), call.query.get("y")), ("common", Some("1")));
    }
}
