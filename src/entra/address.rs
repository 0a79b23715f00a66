//! Redirect URIs as they are written, in their parts.
//!
//! A reader of URLs would mend what a check is looking for, so nothing is normalized or decoded here.

/// An address in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What stands before the colon.
    pub scheme: &'a str,
    /// The host; empty for addresses such as `urn:…`.
    pub host: &'a str,
    /// The digits of the port; empty where none is written.
    pub port: &'a str,
    /// Everything behind, with query and fragment.
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
            // `localhost:3000/cb` has no scheme, though it looks like one; in `com.example.app:/cb` it is one. `https:/host`
            // lacks its host.
            let is_port = rest.starts_with(|c: char| c.is_ascii_digit());
            let parts = Self { scheme, host: "", port: "", path: rest };
            return (!is_port && !parts.is_web()).then_some(parts);
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // The colons of an IPv6 address are no port.
        let colon = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        let (host, port) = colon.map_or((authority, ""), |at| (&authority[..at], &authority[at + 1..]));
        (!host.is_empty()).then_some(Self { scheme, host, port, path })
    }

    /// Whether the scheme is this one.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Whether the address is a page on the web.
    pub fn is_web(&self) -> bool {
        self.is("http") || self.is("https")
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| self.host.eq_ignore_ascii_case(name))
    }

    /// Scheme, host and port, as an `Origin` header has them.
    pub fn origin(&self) -> String {
        let port = if self.port.is_empty() { String::new() } else { format!(":{}", self.port) };
        format!("{}://{}{port}", self.scheme, self.host).to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_are_taken_apart() {
        for text in [
            "/cb",
            "",
            ":x",
            "localhost:3000/cb",
            "app.example/cb",
            "undefined/cb",
            "{base}/cb",
            "https://",
            "https:/a",
        ] {
            assert_eq!(Parts::of(text), None, "{text}");
        }
        let check = |text: &str, scheme: &str, host: &str, port: &str, path: &str| {
            assert_eq!(Parts::of(text), Some(Parts { scheme, host, port, path }), "{text}");
        };
        check("com.example.app:/cb", "com.example.app", "", "", "/cb");
        check("urn:ietf:wg:oauth:2.0:oob", "urn", "", "", "ietf:wg:oauth:2.0:oob");
        check("http://[::1]:80/x", "http", "[::1]", "80", "/x");
        check("https://a.example?x=1#y", "https", "a.example", "", "?x=1#y");
    }

    #[test]
    fn an_origin_has_no_path_and_no_capitals() {
        let origin = |text| Parts::of(text).map(|parts| parts.origin());
        assert_eq!(origin("HTTPS://A.example:8443/Cb").as_deref(), Some("https://a.example:8443"));
        assert_eq!(origin("http://localhost/cb").as_deref(), Some("http://localhost"));
    }
}
