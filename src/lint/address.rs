//! Redirect URIs as they are written, taken apart without mending anything, and compared as Entra compares them.

/// An address in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What stands before the colon.
    pub scheme: &'a str,
    /// The host; empty for addresses such as `urn:…`.
    pub host: &'a str,
    /// The digits behind the host's colon.
    pub port: &'a str,
    /// Everything behind.
    pub path: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes an absolute address apart; `None` for anything else.
    pub fn of(address: &'a str) -> Option<Self> {
        let (scheme, rest) = address.split_once(':')?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !is_scheme || rest.is_empty() {
            return None;
        }
        let Some(rest) = rest.strip_prefix("//") else {
            // `localhost:3000/cb` has no scheme; neither has `https:/host` a host.
            let is_port = rest.starts_with(|c: char| c.is_ascii_digit());
            let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
            return (!is_port && !is_web).then_some(Self { scheme, host: "", port: "", path: rest });
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // The colons of an IPv6 address are no port.
        let colon = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        let (host, port) = colon.map_or((authority, ""), |at| (&authority[..at], &authority[at + 1..]));
        (!host.is_empty()).then_some(Self { scheme, host, port, path })
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| self.host.eq_ignore_ascii_case(name))
    }

    /// Whether the scheme is this one.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Whether it is a page on the web.
    pub fn is_web(&self) -> bool {
        self.is("http") || self.is("https")
    }

    fn bare_path(&self) -> &'a str {
        if self.path == "/" { "" } else { self.path }
    }
}

/// Whether Entra takes the one for the other: the letter case of scheme and host is set aside, a path that is empty or
/// `/`, and the port of this machine.
pub fn same(sent: &str, registered: &str) -> bool {
    match (Parts::of(sent), Parts::of(registered)) {
        (Some(one), Some(other)) => {
            one.is(other.scheme)
                && one.host.eq_ignore_ascii_case(other.host)
                && (one.port == other.port || one.is_loopback())
                && one.bare_path() == other.bare_path()
        }
        _ => sent == registered,
    }
}

/// What distinguishes two addresses that are nearly the same: the last slash or letter case.
pub fn twins(one: &str, other: &str) -> Option<&'static str> {
    if same(one, other) {
        return None;
    }
    let trimmed = |text: &str| text.trim_end_matches('/').to_owned();
    if same(&trimmed(one), &trimmed(other)) {
        return Some("the last slash");
    }
    trimmed(one).eq_ignore_ascii_case(&trimmed(other)).then_some("letter case")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_the_same_as_entra_takes_them() {
        for (one, other, expected) in [
            ("http://localhost:5000/cb", "http://localhost/cb", true),
            ("https://App.example/cb", "https://app.example/cb", true),
            ("https://app.example", "https://app.example/", true),
            ("https://app.example/cb", "https://app.example/cb/", false),
            ("https://app.example/Cb", "https://app.example/cb", false),
            ("https://app.example:8443/cb", "https://app.example/cb", false),
            ("http://127.0.0.1:1/cb", "http://localhost/cb", false),
            ("urn:a:b", "urn:a:b", true),
        ] {
            assert_eq!(same(one, other), expected, "{one} {other}");
        }
        assert_eq!(twins("https://a.example/cb", "https://a.example/cb/"), Some("the last slash"));
        assert_eq!(twins("https://a.example/CB", "https://a.example/cb"), Some("letter case"));
        assert_eq!(twins("https://a.example/x", "https://a.example/cb"), None);
    }

    #[test]
    fn what_has_no_scheme_or_host_is_no_address() {
        for text in ["/cb", "localhost:3000/cb", "app.example/cb", "https://", "https:/a", ""] {
            assert_eq!(Parts::of(text), None, "{text}");
        }
        assert_eq!(
            Parts::of("http://[::1]:80/x").map(|parts| (parts.host, parts.port)),
            Some(("[::1]", "80"))
        );
    }
}
