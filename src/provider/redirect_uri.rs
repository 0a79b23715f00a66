//! Whether a redirect URI is registered, and on which platform (reference §7).
//!
//! Addresses are compared as text, so that `/a/../b` is not `/b`: only the letter case of scheme and host is set aside, a
//! path that is empty or `/`, the port of a loopback address, and the stars of a wildcard.

use url::Url;

use super::scenario::{Application, Audience, PlatformKind};

/// A redirect URI that the registration knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The platform of the registered URI; it decides who must authenticate.
    pub platform: PlatformKind,
    /// Where the answer goes.
    pub uri: Url,
}

/// An address in parts, as it was written.
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
    /// `?` and what follows.
    query: &'a str,
}

type Rule = fn(&Parts<'_>, &Parts<'_>) -> bool;

/// How the registered and the sent URI may match, the strictest way first.
const RULES: &[Rule] = &[is_same, is_same_but_for_bare_path, is_same_on_loopback];

/// Finds the registered URI that `sent` means.
pub fn find(application: &Application, sent: &str) -> Option<Matched> {
    let uri = Url::parse(sent).ok().filter(|uri| uri.fragment().is_none())?;
    let parts = Parts::of(sent)?;
    let registered_by = |rule: &Rule| {
        let mut registered = application.redirect_uris();
        registered.find(|(_, registered)| Parts::of(registered).is_some_and(|one| rule(&one, &parts)))
    };
    if let Some((platform, _)) = RULES.iter().find_map(registered_by) {
        return Some(Matched { platform, uri });
    }
    // Wildcards are for work accounts only. What they matched has its query cut off.
    let is_for_work = matches!(application.sign_in_audience, Audience::MyOrg | Audience::MultipleOrgs);
    // What it means once dots are resolved must be in the wildcard, too: a browser goes there.
    let meant = Parts::of(uri.as_str())?;
    let mut registered = application.redirect_uris().filter(|_| is_for_work);
    let (platform, _) = registered.find(|(_, registered)| {
        Parts::of(registered).is_some_and(|one| is_in_wildcard(&one, &parts) && is_in_wildcard(&one, &meant))
    })?;
    let mut uri = uri.clone();
    uri.set_query(None);
    Some(Matched { platform, uri })
}

impl<'a> Parts<'a> {
    /// Text without `//`, or with a name before an `@`, is compared by nothing but its own characters.
    fn of(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let (authority, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
            _ => (authority, ""),
        };
        Some(Self { scheme, host, port, path, query })
    }

    fn has_origin_of(&self, other: &Self) -> bool {
        self.scheme.eq_ignore_ascii_case(other.scheme) && self.host.eq_ignore_ascii_case(other.host)
    }

    const fn is_bare(&self) -> bool {
        self.query.is_empty() && matches!(self.path.as_bytes(), b"" | b"/")
    }

    /// `[::1]` is none: the service does not know it.
    fn is_loopback(&self) -> bool {
        let is_web = self.scheme.eq_ignore_ascii_case("http") || self.scheme.eq_ignore_ascii_case("https");
        is_web && (self.host.eq_ignore_ascii_case("localhost") || self.host == "127.0.0.1")
    }
}

/// Letter for letter, but for the case of scheme and host.
fn is_same(registered: &Parts<'_>, sent: &Parts<'_>) -> bool {
    registered.has_origin_of(sent)
        && registered.port == sent.port
        && (registered.path, registered.query) == (sent.path, sent.query)
}

fn is_same_but_for_bare_path(registered: &Parts<'_>, sent: &Parts<'_>) -> bool {
    registered.has_origin_of(sent)
        && registered.port == sent.port
        && registered.is_bare()
        && sent.is_bare()
        && !sent.host.is_empty()
}

/// An application on the person's machine takes whatever port is free (RFC 8252 §7.3).
fn is_same_on_loopback(registered: &Parts<'_>, sent: &Parts<'_>) -> bool {
    registered.is_loopback()
        && registered.has_origin_of(sent)
        && (registered.is_bare() && sent.is_bare()
            || (registered.path, registered.query) == (sent.path, sent.query))
}

/// `https://*.preview.example/cb` stands for one more label; a `*` at the end for whatever comes there.
fn is_in_wildcard(registered: &Parts<'_>, sent: &Parts<'_>) -> bool {
    let same_host = match registered.host.strip_prefix("*.") {
        Some(domain) => sent
            .host
            .split_once('.')
            .is_some_and(|(label, rest)| is_label(label) && rest.eq_ignore_ascii_case(domain)),
        None => registered.host.eq_ignore_ascii_case(sent.host),
    };
    let same_path = match registered.path.strip_suffix('*') {
        Some(start) => sent.path.starts_with(start),
        None => registered.path == sent.path,
    };
    let is_wildcard = registered.host.starts_with("*.") || registered.path.ends_with('*');
    is_wildcard
        && registered.scheme.eq_ignore_ascii_case(sent.scheme)
        && registered.port == sent.port
        && same_host
        && same_path
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What is registered, for people: one line for each URI.
pub fn registered(application: &Application) -> Vec<String> {
    application.redirect_uris().map(|(platform, uri)| format!("{uri} ({})", platform.name())).collect()
}

/// Why a redirect URI cannot be registered for an application; `None` if it can.
pub fn unregistrable(uri: &str, platform: PlatformKind, audience: Audience) -> Option<String> {
    let says = |why: &str| Some(format!("{uri:?} {why}"));
    let url = match Url::parse(uri) {
        Ok(url) => url,
        Err(error) => return Some(format!("{uri:?} is not an absolute address: {error}")),
    };
    let parts = Parts::of(uri)?;
    let is_personal = matches!(audience, Audience::Everyone | Audience::Personal);
    let has_star = uri.contains('*');
    if url.fragment().is_some() {
        return says("has a fragment");
    }
    if uri.len() > 256 {
        return says("is longer than 256 characters");
    }
    if uri.contains(['!', '$', '\'', '(', ')', ',', ';']) {
        return says("has a character that redirect URIs may not have: one of ! $ ' ( ) , ;");
    }
    if is_personal && has_star {
        return says("is a wildcard, and applications for personal accounts have none");
    }
    if is_personal && !parts.query.is_empty() {
        return says("has a query, and redirect URIs of applications for personal accounts have none");
    }
    match url.scheme() {
        "https" => None,
        "http" if parts.is_loopback() => None,
        "http" => says("is http, which is for localhost and 127.0.0.1 only"),
        _ if platform == PlatformKind::PublicClient => None,
        _ => says("has a scheme of its own, which only mobile and desktop applications may have"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::scenario::Scenario;

    fn check(key: &str, sent: &str, expected: Option<PlatformKind>) {
        let scenario = Scenario::northwind();
        let found = find(scenario.application(key).unwrap(), sent);
        assert_eq!(found.map(|matched| matched.platform), expected, "{key} {sent}");
    }

    #[test]
    fn redirect_uris_match_as_the_service_matches_them() {
        let (spa, web, native) =
            (Some(PlatformKind::Spa), Some(PlatformKind::Web), Some(PlatformKind::PublicClient));
        check("storefront", "http://localhost:7081/signin", spa);
        check("storefront", "http://localhost:50123/signin", spa);
        check("storefront", "http://localhost/signin", spa);
        check("storefront", "HTTP://LocalHost:7081/signin", spa);
        check("storefront", "http://localhost:7081/signin/", None);
        check("storefront", "http://localhost:7081/Signin", None);
        check("storefront", "http://localhost:7081/x/../signin", None);
        check("storefront", "http://localhost:7081\\signin", None);
        check("storefront", "http://localhost:7081/signin?x=1", None);
        check("storefront", "https://localhost:7081/signin", None);
        check("storefront", "http://127.0.0.1:7081/signin", None);
        check("storefront", "http://[::1]:7081/signin", None);
        check("storefront", "http://localhost:7081/signin#x", None);
        check("storefront", "http://user@localhost:7081/signin", None);
        check("admin-portal", "https://admin.northwind.example/signin-oidc", web);
        check("admin-portal", "https://Admin.Northwind.example/signin-oidc", web);
        check("admin-portal", "https://admin.northwind.example:8443/signin-oidc", None);
        check("admin-portal", "https://admin.northwind.example/signin-oidc?x=1", None);
        check("desktop", "http://localhost", native);
        check("desktop", "http://localhost:61234/", native);
        check("desktop", "http://localhost:61234/cb", None);
        check("desktop", "not an address", None);
    }

    fn check_registered(registered: &str, sent: &str, expected: Option<&str>) {
        let mut application =
            Application { sign_in_audience: Audience::MultipleOrgs, ..Application::default() };
        application.public_client.redirect_uris = vec![registered.to_owned()];
        let found = find(&application, sent).map(|matched| matched.uri.to_string());
        assert_eq!(found.as_deref(), expected, "{registered} {sent}");
    }

    #[test]
    fn other_hosts_and_wildcards_match_in_few_ways() {
        let cases = [
            ("https://a.example", "https://a.example/", Some("https://a.example/")),
            ("https://a.example/", "https://a.example", Some("https://a.example/")),
            ("https://a.example:8443/cb", "https://a.example/cb", None),
            (
                "https://a.example/cb?tenant=1",
                "https://a.example/cb?tenant=1",
                Some("https://a.example/cb?tenant=1"),
            ),
            ("https://a.example/cb?tenant=1", "https://a.example/cb", None),
            ("myapp://auth", "myapp://auth", Some("myapp://auth")),
            ("myapp://auth", "myapp://auth/", Some("myapp://auth/")),
            ("myapp://auth", "myapp://other", None),
            ("http://127.0.0.1/cb", "http://127.0.0.1:50123/cb", Some("http://127.0.0.1:50123/cb")),
            ("http://127.0.0.1/cb", "http://localhost:50123/cb", None),
            (
                "https://*.preview.example/cb",
                "https://pr7.preview.example/cb?x=1",
                Some("https://pr7.preview.example/cb"),
            ),
            ("https://*.preview.example/cb", "https://a.pr7.preview.example/cb", None),
            ("https://*.preview.example/cb", "https://evil.example/.preview.example/cb", None),
            ("https://*.preview.example/cb", "https://evil.example#.preview.example/cb", None),
            ("https://*.preview.example/cb", "https://evil@x.preview.example/cb", None),
            ("https://a.example/cb/*", "https://a.example/cb/7?x", Some("https://a.example/cb/7")),
            ("https://a.example/cb/*", "https://a.example/cb/../admin", None),
            ("https://a.example/cb/*", "https://a.example/cb/%2e%2e/admin", None),
            ("https://a.example/cb/*", "https://a.example/elsewhere", None),
        ];
        for (registered, sent, expected) in cases {
            check_registered(registered, sent, expected);
        }
        let personal = Application {
            sign_in_audience: Audience::Everyone,
            web: super::super::scenario::Web {
                redirect_uris: vec!["https://*.preview.example/cb".to_owned()],
                ..Default::default()
            },
            ..Application::default()
        };
        assert_eq!(find(&personal, "https://pr7.preview.example/cb"), None);
    }

    #[test]
    fn not_every_address_can_be_registered() {
        let (web, native) = (PlatformKind::Web, PlatformKind::PublicClient);
        let (work, everyone) = (Audience::MultipleOrgs, Audience::Everyone);
        let cases = [
            ("https://a.example/cb?x=1", web, work, None),
            ("https://a.example/cb?x=1", web, everyone, Some("has a query")),
            ("https://*.a.example/cb", web, work, None),
            ("https://*.a.example/cb", web, everyone, Some("is a wildcard")),
            ("http://a.example/cb", web, work, Some("is http")),
            ("http://127.0.0.1/cb", web, work, None),
            ("http://[::1]/cb", web, work, Some("is http")),
            ("myapp://auth", native, work, None),
            ("myapp://auth", web, work, Some("a scheme of its own")),
            ("https://a.example/(cb)", web, work, Some("a character")),
            ("https://a.example/cb#x", web, work, Some("a fragment")),
            ("/signin", web, work, Some("not an absolute address")),
        ];
        for (uri, platform, audience, expected) in cases {
            let why = unregistrable(uri, platform, audience);
            assert_eq!(why.is_some(), expected.is_some(), "{uri}: {why:?}");
            assert!(why.unwrap_or_default().contains(expected.unwrap_or_default()), "{uri}");
        }
    }
}
