//! Arriving at the redirect URI: telling it from other addresses, and reading the answer it carries.

use url::Url;

use crate::{
    oauth::{Arrival, ArrivedBy},
    wire::Params,
};

/// Parameters by which an authorization response in the query is known (RFC 6749 §4.1.2, OAuth 2.0 Multiple Response
/// Types).
const ANSWERS: [&str; 6] = ["code", "error", "state", "id_token", "access_token", "admin_consent"];

/// Whether `address` is the redirect URI: same scheme, host, port and path. No path and `/` are the same, since the
/// authority adds the slash itself (reference, §7); the query belongs to the answer.
pub(super) fn is_redirect_uri(address: &Url, redirect_uri: &Url) -> bool {
    let path = |url: &Url| match url.path() {
        "/" => String::new(),
        path => path.to_owned(),
    };
    address.scheme() == redirect_uri.scheme()
        && address.host_str() == redirect_uri.host_str()
        && address.port_or_known_default() == redirect_uri.port_or_known_default()
        && path(address) == path(redirect_uri)
}

/// The answer in the address at which a visit ended. A query that holds an answer wins over a fragment, because some
/// authorities (Entra among them) leave an empty or meaningless fragment behind.
pub(super) fn in_address(address: &Url) -> Arrival {
    let query = Params::parse(address.query().unwrap_or_default());
    let fragment = Params::parse(address.fragment().unwrap_or_default());
    let in_query = ANSWERS.iter().any(|name| query.get(name).is_some());
    if in_query || fragment.is_empty() {
        Arrival { by: ArrivedBy::Query, params: query }
    } else {
        Arrival { by: ArrivedBy::Fragment, params: fragment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_redirect_uri_is_known_by_scheme_host_port_and_path() {
        let check = |address: &str, redirect_uri: &str, expected: bool| {
            assert_eq!(
                is_redirect_uri(&url(address), &url(redirect_uri)),
                expected,
                "{address} {redirect_uri}"
            );
        };
        check("http://localhost:7081/cb?code=1", "http://localhost:7081/cb", true);
        check("http://localhost:7081/cb/?code=1", "http://localhost:7081/cb", false);
        check("http://localhost:7082/cb", "http://localhost:7081/cb", false);
        check("https://localhost:7081/cb", "http://localhost:7081/cb", false);
        check("http://127.0.0.1:7081/cb", "http://localhost:7081/cb", false);
        check("https://APP.example:443?code=1", "https://app.example/", true);
        check("msal123://auth/?code=1", "msal123://auth", true);
        check("msal123://other?code=1", "msal123://auth", false);
        check("com.example.app:/cb?code=1", "com.example.app:/cb", true);
        check("urn:ietf:wg:oauth:2.0:oob?code=1", "urn:ietf:wg:oauth:2.0:oob", true);
    }

    #[test]
    fn the_answer_is_read_from_where_it_is() {
        let check = |address: &str, by: ArrivedBy, pairs: &str| {
            let arrival = in_address(&url(address));
            assert_eq!((arrival.by, arrival.params.encode().as_str()), (by, pairs), "{address}");
        };
        check("http://localhost/?code=a+b&state=s#", ArrivedBy::Query, "code=a+b&state=s");
        check("http://localhost/#id_token=x&state=s", ArrivedBy::Fragment, "id_token=x&state=s");
        check("http://localhost/?keep=1#code=x", ArrivedBy::Fragment, "code=x");
        check("http://localhost/?error=access_denied#_=_", ArrivedBy::Query, "error=access_denied");
        check("http://localhost/", ArrivedBy::Query, "");
    }
}
