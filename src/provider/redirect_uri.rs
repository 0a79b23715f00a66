//! Whether a redirect URI is registered, and on which platform (reference §7).

use url::Url;

use super::scenario::{Application, PlatformKind};

/// A redirect URI that the registration knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The platform of the registered URI; it decides who must authenticate.
    pub platform: PlatformKind,
    /// Where the answer goes.
    pub uri: Url,
}

/// Finds the registered URI that `sent` means: the same text, the same but for a path that is empty or `/`, or on the
/// loopback the same but for the port.
pub fn find(application: &Application, sent: &str) -> Option<Matched> {
    let uri = Url::parse(sent).ok().filter(|uri| uri.fragment().is_none())?;
    let rules: [fn(&str, &str, &Url) -> bool; 3] = [same_text, same_but_for_bare_path, same_on_loopback];
    rules.iter().find_map(|rule| {
        let (platform, _) =
            application.redirect_uris().find(|(_, registered)| rule(registered, sent, &uri))?;
        Some(Matched { platform, uri: uri.clone() })
    })
}

fn same_text(registered: &str, sent: &str, _: &Url) -> bool {
    registered == sent
}

fn same_but_for_bare_path(registered: &str, _: &str, sent: &Url) -> bool {
    Url::parse(registered).is_ok_and(|registered| {
        registered.path() == "/" && registered.query().is_none() && registered.as_str() == sent.as_str()
    })
}

/// An application on the person's machine takes whatever port is free (RFC 8252 §7.3).
fn same_on_loopback(registered: &str, _: &str, sent: &Url) -> bool {
    Url::parse(registered).is_ok_and(|registered| {
        matches!(registered.host_str(), Some("localhost" | "127.0.0.1"))
            && registered.host_str() == sent.host_str()
            && registered.scheme() == sent.scheme()
            && registered.path() == sent.path()
            && registered.query() == sent.query()
            && sent.username().is_empty()
            && sent.password().is_none()
    })
}

/// What is registered, for people: one line for each URI.
pub fn registered(application: &Application) -> Vec<String> {
    application.redirect_uris().map(|(platform, uri)| format!("{uri} ({})", platform.name())).collect()
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
        check("storefront", "http://localhost:7081/signin/", None);
        check("storefront", "http://localhost:7081/Signin", None);
        check("storefront", "https://localhost:7081/signin", None);
        check("storefront", "http://127.0.0.1:7081/signin", None);
        check("storefront", "http://localhost:7081/signin#x", None);
        check("storefront", "http://user@localhost:7081/signin", None);
        check("admin-portal", "https://admin.northwind.example/signin-oidc", web);
        check("admin-portal", "https://admin.northwind.example:8443/signin-oidc", None);
        check("desktop", "http://localhost", native);
        check("desktop", "http://localhost:61234/", native);
        check("desktop", "http://localhost:61234/cb", None);
        check("desktop", "not an address", None);
    }
}
