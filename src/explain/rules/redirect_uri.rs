//! Redirect URIs: which registered address the one that was sent comes close to, and where they part.

use super::{
    super::difference::{apart, closest},
    Case, Check, Found,
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("redirect_uri.scheme", |case| redirect(case, "redirect_uri.scheme")),
    ("redirect_uri.trailing_slash", |case| redirect(case, "redirect_uri.trailing_slash")),
    ("redirect_uri.path", |case| redirect(case, "redirect_uri.path")),
    ("redirect_uri.port", |case| redirect(case, "redirect_uri.port")),
    ("redirect_uri.host", |case| redirect(case, "redirect_uri.host")),
    ("redirect_uri.path_case", |case| redirect(case, "redirect_uri.path_case")),
    ("redirect_uri.loopback_alias", |case| redirect(case, "redirect_uri.loopback_alias")),
    ("redirect_uri.encoding", |case| redirect(case, "redirect_uri.encoding")),
    ("redirect_uri.not_registered", |case| redirect(case, "redirect_uri.not_registered")),
    ("redirect_uri.none_registered", |case| redirect(case, "redirect_uri.none_registered")),
];

fn redirect(case: &Case<'_>, key: &str) -> Option<Found> {
    let compared = case.evidence.compared.iter().find(|compared| compared.what.contains("redirect_uri"))?;
    let (found, expected) = redirect_difference(&compared.sent, &compared.expected);
    if found != key {
        return None;
    }
    Found::certain(&compared.what, &compared.sent, &expected)
}

/// Which part of a redirect URI differs from the closest registered one, by cause; and that one.
fn redirect_difference(sent: &str, registered: &[String]) -> (&'static str, String) {
    let Some(near) = closest(sent, registered) else {
        return ("redirect_uri.none_registered", "no redirect URI is registered".to_owned());
    };
    // The closest text may be farther in meaning than another one: ask each, and take the first that differs in one part.
    let mut all = std::iter::once(near).chain(registered.iter().map(|one| apart(one).0));
    let found = all.find_map(|one| Some((one_part(sent, one)?, one.to_owned())));
    found.unwrap_or_else(|| ("redirect_uri.not_registered", registered.join(" or ")))
}

fn one_part(sent: &str, registered: &str) -> Option<&'static str> {
    if sent.trim_end_matches('/') == registered.trim_end_matches('/') {
        return Some("redirect_uri.trailing_slash");
    }
    let decoded = percent_encoding::percent_decode_str(sent).decode_utf8_lossy();
    if decoded == registered || sent.replace([' ', '+'], "") == registered.replace([' ', '+'], "") {
        return Some("redirect_uri.encoding");
    }
    let (a, b) = (Parts::of(sent)?, Parts::of(registered)?);
    let is_loopback = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let same_port = a.port == b.port || (is_loopback(a.host) && is_loopback(b.host));
    let same_host = a.host.eq_ignore_ascii_case(b.host);
    match (a.scheme == b.scheme, same_host, same_port, a.path == b.path) {
        (false, true, true, true) => Some("redirect_uri.scheme"),
        (true, false, true, true) if is_loopback(a.host) && is_loopback(b.host) => {
            Some("redirect_uri.loopback_alias")
        }
        (true, false, _, true) => Some("redirect_uri.host"),
        (true, true, false, true) => Some("redirect_uri.port"),
        (true, true, true, false) if a.path.eq_ignore_ascii_case(b.path) => Some("redirect_uri.path_case"),
        (true, true, true, false) => Some("redirect_uri.path"),
        _ => None,
    }
}

/// An address taken apart as text: a reader of URLs would mend what we are looking for.
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(address: &'a str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // The colons of an IPv6 address are no port.
        let colon = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        let (host, port) = colon.map_or((authority, ""), |at| (&authority[..at], &authority[at + 1..]));
        Some(Self { scheme, host, port, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_a_redirect_uri_that_differs_is_named() {
        let check = |sent: &str, registered: &[&str], cause: &str| {
            let registered: Vec<String> = registered.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(redirect_difference(sent, &registered).0, format!("redirect_uri.{cause}"), "{sent}");
        };
        check("http://wiki.example/cb", &["https://wiki.example/cb"], "scheme");
        check(
            "https://wiki.example/cb/",
            &["https://other.example", "https://wiki.example/cb"],
            "trailing_slash",
        );
        check("https://wiki.example/callback", &["https://wiki.example/cb"], "path");
        check("https://wiki.example/cb?x=1", &["https://wiki.example/cb"], "path");
        check("https://wiki.example/CB", &["https://wiki.example/cb"], "path_case");
        check("https://wiki.example:8443/cb", &["https://wiki.example/cb"], "port");
        check("https://10.0.0.7/cb", &["https://wiki.example/cb"], "host");
        check("http://127.0.0.1:5000/cb", &["http://localhost/cb"], "loopback_alias");
        check("http://[::1]:5000/cb", &["http://localhost/cb"], "loopback_alias");
        check("http://localhost:53111/callback", &["http://localhost"], "path");
        check("https%3A%2F%2Fwiki.example%2Fcb", &["https://wiki.example/cb"], "encoding");
        check("myapp://auth", &["https://wiki.example/cb"], "not_registered");
        check("http://a.example/x", &["https://wiki.example/cb"], "not_registered");
        check("https://wiki.example/cb", &[], "none_registered");
    }
}
