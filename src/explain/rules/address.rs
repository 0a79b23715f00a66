//! Redirect URIs compared with those that are registered: which one comes closest, and in which parts they differ.
//!
//! They are compared as text ([`Parts`]). Two liberties are Entra's own: the
//! port of this machine does not count (RFC 8252 §7.3), and no path is the same as the path `/`.

use percent_encoding::percent_decode_str;

use crate::entra::{address::Parts, registration::Platform};

/// Whether people outside would not reach this host: an address in digits, a name without a dot, or the name of an
/// internal zone.
pub(super) fn is_internal(host: &str) -> bool {
    let is_number = host.starts_with('[')
        || (host.split('.').count() == 4 && host.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let lower = host.to_ascii_lowercase();
    is_number
        || !host.contains('.')
        || [".local", ".internal", ".lan", ".svc", ".cluster.local", ".corp"]
            .iter()
            .any(|zone| lower.ends_with(zone))
}

/// How two paths differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Equal,
    Slash,
    Case,
    Encoding,
    Other,
}

/// Which parts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Differs {
    scheme: bool,
    host: Host,
    port: bool,
    path: Path,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Equal,
    /// Two names of this machine.
    Alias,
    /// Different names that may still be the same site.
    Near,
    Other,
}

/// A registered address, and how the one that was sent differs from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nearest<'a> {
    /// The cause; `None` if both are the same.
    pub cause: Option<&'static str>,
    /// Whether nothing else differs.
    pub only: bool,
    /// Where it is registered.
    pub platform: Platform,
    /// The registered address.
    pub uri: &'a str,
}

/// Whether Entra takes the one for the other.
pub(super) fn same(sent: &str, registered: &str) -> bool {
    // A registered address may have one wildcard, for a label of the host or the end of the path.
    let fits_wildcard = || {
        registered.split_once('*').is_some_and(|(begin, end)| {
            sent.len() >= begin.len() + end.len() && sent.starts_with(begin) && sent.ends_with(end)
        })
    };
    sent == registered
        || fits_wildcard()
        || differs(sent, registered).is_some_and(|found| {
            !found.scheme && found.host == Host::Equal && !found.port && found.path == Path::Equal
        })
}

/// The registered address that comes closest to the one that was sent; `None` if there is none.
pub(super) fn nearest<'a>(
    sent: &str,
    registered: impl IntoIterator<Item = (Platform, &'a str)>,
) -> Option<Nearest<'a>> {
    let judged = registered.into_iter().map(|(platform, uri)| {
        let (cause, only, distance) = judge(sent, uri);
        (distance, Nearest { cause, only, platform, uri })
    });
    judged.min_by_key(|(distance, _)| *distance).map(|(_, nearest)| nearest)
}

/// The cause, whether it is the only difference, and how far apart the two are.
fn judge(sent: &str, registered: &str) -> (Option<&'static str>, bool, usize) {
    const FAR: usize = 1000;
    if same(sent, registered) {
        return (None, true, 0);
    }
    if let Some(only) = encoded_once_more(sent, registered) {
        return (Some("redirect_uri.encoding"), only, 1);
    }
    let Some(found) = differs(sent, registered) else {
        return (Some("redirect_uri.not_registered"), true, FAR);
    };
    let distance = usize::from(found.scheme) * 20
        + usize::from(found.port) * 20
        + match found.host {
            Host::Equal => 0,
            Host::Alias => 15,
            Host::Near => 60,
            Host::Other => 90,
        }
        + match found.path {
            Path::Equal => 0,
            Path::Slash | Path::Case | Path::Encoding => 10,
            Path::Other => 70 + common_start(sent, registered),
        };
    let only = [found.scheme, found.host != Host::Equal, found.port, found.path != Path::Equal];
    let only = only.iter().filter(|differs| **differs).count() == 1;
    let near_path = found.path != Path::Other;
    let cause = match found {
        Differs { host: Host::Near, .. } if near_path => "redirect_uri.host",
        Differs { host: Host::Near | Host::Other, .. } => "redirect_uri.not_registered",
        Differs { host: Host::Alias, .. } => "redirect_uri.loopback_alias",
        // No path of this host will do while the scheme is wrong; on this machine both are taken.
        Differs { scheme: true, .. }
            if near_path || !Parts::of(sent).is_some_and(|parts| parts.is_loopback()) =>
        {
            "redirect_uri.scheme"
        }
        Differs { port: true, .. } if near_path => "redirect_uri.port",
        Differs { path: Path::Slash, .. } => "redirect_uri.trailing_slash",
        Differs { path: Path::Case, .. } => "redirect_uri.path_case",
        Differs { path: Path::Encoding, .. } => "redirect_uri.encoding",
        _ => "redirect_uri.path",
    };
    let is_far = cause == "redirect_uri.not_registered";
    (Some(cause), only || is_far, if is_far { FAR } else { distance })
}

/// Fewer for more that is equal at the beginning, so that among several paths the likeliest is shown.
fn common_start(sent: &str, registered: &str) -> usize {
    20usize.saturating_sub(sent.bytes().zip(registered.bytes()).take_while(|(a, b)| a == b).count() / 4)
}

/// Whether the address is right once it is decoded, or freed from blanks; and whether nothing else differs then.
fn encoded_once_more(sent: &str, registered: &str) -> Option<bool> {
    let decoded = percent_decode_str(sent).decode_utf8_lossy();
    let twice = percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
    let bare = |text: &str| text.replace([' ', '+'], "").replace("%20", "");
    let is_right = |text: &str| text != sent && same(text.trim(), registered);
    if is_right(&decoded) || is_right(&twice) || (sent != registered && bare(sent) == bare(registered)) {
        return Some(true);
    }
    // A registered address that holds percent signs, sent without them.
    let other = percent_decode_str(registered).decode_utf8_lossy();
    (other != registered && same(sent, &other)).then_some(true)
}

fn differs(sent: &str, registered: &str) -> Option<Differs> {
    let (a, b) = (Parts::of(sent)?, Parts::of(registered)?);
    let scheme = !a.scheme.eq_ignore_ascii_case(b.scheme);
    if scheme && !(a.is_web() && b.is_web()) {
        return None; // an application's own scheme is another address altogether
    }
    if !a.is_web() && (a.scheme != b.scheme || a.host != b.host) {
        // An application's own scheme is compared letter by letter; what differs in case only is close all the same.
        let is_case = a.host.eq_ignore_ascii_case(b.host) && a.path.eq_ignore_ascii_case(b.path);
        let path = if is_case { Path::Case } else { Path::Other };
        let host = if a.host.eq_ignore_ascii_case(b.host) { Host::Equal } else { Host::Other };
        return Some(Differs { scheme: false, host, port: false, path });
    }
    let both_loopback = a.is_loopback() && b.is_loopback();
    let in_wildcard = b.host.strip_prefix('*').is_some_and(|zone| a.host.ends_with(zone) && zone.len() > 1);
    let host = if a.host.eq_ignore_ascii_case(b.host) || in_wildcard {
        Host::Equal
    } else if both_loopback {
        Host::Alias
    } else if is_same_site(&a, &b) {
        Host::Near
    } else {
        Host::Other
    };
    Some(Differs { scheme, host, port: !both_loopback && a.port != b.port, path: path(a.path, b.path) })
}

/// Whether another host may be the same site: the path is one that nobody shares by chance, or the names are related.
fn is_same_site(a: &Parts<'_>, b: &Parts<'_>) -> bool {
    let has_path = |parts: &Parts<'_>| !parts.path.trim_matches('/').is_empty();
    if has_path(a) && has_path(b) {
        return true;
    }
    let zone = |host: &str| {
        let labels: Vec<_> = host.rsplit('.').take(2).map(str::to_ascii_lowercase).collect();
        labels
    };
    let related = zone(a.host).len() == 2 && zone(a.host) == zone(b.host);
    let is_inside = |parts: &Parts<'_>| is_internal(parts.host) && !parts.is_loopback();
    related || is_inside(a) || is_inside(b)
}

fn path(sent: &str, registered: &str) -> Path {
    let root = |path: &str| path.is_empty() || path == "/";
    if sent == registered || (root(sent) && root(registered)) {
        return Path::Equal;
    }
    let bare = |path: &str| path.trim_end_matches('/').to_owned();
    if bare(sent) == bare(registered) {
        return Path::Slash;
    }
    if bare(sent).eq_ignore_ascii_case(&bare(registered)) {
        return Path::Case;
    }
    let decoded = |path: &str| percent_decode_str(path).decode_utf8_lossy().replace('+', " ");
    if decoded(sent) == decoded(registered) {
        return Path::Encoding;
    }
    Path::Other
}

/// The addresses in a text that may be an application's own: not those of the authority, of documents and portals.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = String> {
    const NOT_OWN: [&str; 14] = [
        "login.microsoftonline.",
        "login.live.com",
        "login.windows.net",
        "sts.windows.net",
        "aka.ms",
        "learn.microsoft.com",
        "docs.microsoft.com",
        "go.microsoft.com",
        "portal.azure.com",
        "entra.microsoft.com",
        "graph.microsoft.com",
        "graph.windows.net",
        "github.com",
        "stackoverflow.com",
    ];
    let text = text
        .replace("&#39;", " ")
        .replace("&quot;", " ")
        .replace("\\u0027", " ")
        .replace("\\u0022", " ")
        .replace("&amp;", "&");
    let is_edge = |c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\' | '«' | '»' | '(' | ')' | '|')
            || ('\u{2018}'..='\u{201f}').contains(&c)
    };
    let found: Vec<String> = text
        .split(is_edge)
        .filter(|word| word.contains("://") || word.starts_with("urn:ietf:wg:oauth"))
        .map(|word| word.trim_end_matches(['.', ',', ';', ':', '!', ']', '}']).to_owned())
        .filter(|word| {
            Parts::of(word).is_some_and(|parts| {
                !NOT_OWN.iter().any(|host| parts.host.starts_with(host)) || word.ends_with("/nativeclient")
            })
        })
        .collect();
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(sent: &str, registered: &[&str]) -> Option<&'static str> {
        nearest(sent, registered.iter().map(|uri| (Platform::Web, *uri))).expect("one is registered").cause
    }

    #[test]
    fn the_part_that_differs_is_named() {
        let check = |sent: &str, registered: &[&str], expected: &str| {
            assert_eq!(cause(sent, registered), Some(format!("redirect_uri.{expected}").as_str()), "{sent}");
        };
        check("http://wiki.example/cb", &["https://wiki.example/cb"], "scheme");
        check("http://wiki.example:8080/cb", &["https://wiki.example/cb"], "scheme");
        check(
            "https://wiki.example/cb/",
            &["https://other.example", "https://wiki.example/cb"],
            "trailing_slash",
        );
        check("https://wiki.example/callback", &["https://wiki.example/cb"], "path");
        check("https://wiki.example", &["https://wiki.example/cb"], "path");
        check("https://wiki.example/cb?x=1", &["https://wiki.example/cb"], "path");
        check("https://wiki.example/CB", &["https://wiki.example/cb"], "path_case");
        check("https://wiki.example:8443/cb", &["https://wiki.example/cb"], "port");
        check("https://10.0.0.7/cb", &["https://wiki.example/cb"], "host");
        check("http://10.0.0.7:8080/", &["https://wiki.example"], "host");
        check("https://pr-7.wiki.example", &["https://wiki.example"], "host");
        check("http://127.0.0.1:5000/cb", &["http://localhost/cb"], "loopback_alias");
        check("http://[::1]:5000/cb", &["http://localhost/cb"], "loopback_alias");
        check("http://localhost:53111/callback", &["http://localhost"], "path");
        check("https%3A%2F%2Fwiki.example%2Fcb", &["https://wiki.example/cb"], "encoding");
        check("https%253A%252F%252Fwiki.example%252Fcb", &["https://wiki.example/cb"], "encoding");
        check("https://wiki.example/my+page", &["https://wiki.example/my page"], "encoding");
        check("https://wiki.example/cb ", &["https://wiki.example/cb"], "encoding");
        check("msauth.com.app.One://auth", &["msauth.com.app.one://auth"], "path_case");
        check("https://pr-7.a.example/x", &["https://*.a.example/cb"], "path");
        check("myapp://auth", &["https://wiki.example/cb"], "not_registered");
        check("http://a.example/x", &["https://wiki.example/cb"], "not_registered");
        check("https://a.example", &["https://wiki.test"], "not_registered");
    }

    #[test]
    fn what_entra_takes_as_equal_is_equal() {
        for (sent, registered) in [
            ("http://localhost:53111", "http://localhost"),
            ("http://localhost:53111/", "http://localhost:8080"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"),
            ("https://a.example", "https://a.example/"),
            ("https://A.example/cb", "https://a.example/cb"),
            ("https://pr-7.a.example/cb", "https://*.a.example/cb"),
        ] {
            assert!(same(sent, registered), "{sent}");
        }
        assert!(!same("https://a.example:1/cb", "https://a.example:2/cb"));
        assert!(!same("http://localhost:1/cb", "http://127.0.0.1:1/cb"));
    }

    #[test]
    fn addresses_of_the_authority_are_not_the_applications() {
        let text = "see https://aka.ms/x: redirect URI \u{201e}https://a.example/cb\u{201c} (https://login.microsoftonline.com/t/oauth2). \
                    &#39;myapp://auth&#39;";
        assert_eq!(addresses(text).collect::<Vec<_>>(), ["https://a.example/cb", "myapp://auth"]);
    }
}
