//! One of the lab's two ports: which `Host` it admits, and what address a request came to.
//!
//! A page elsewhere can make its own name mean 127.0.0.1 and then have the browser ask us; the browser still sends that
//! name as `Host`. Only names are admitted that nobody else can give away.

use url::Url;

/// The name of the public cloud, for a client that resolves it to this machine, or comes through a proxy that does.
pub(super) const CLOUD: &str = "login.microsoftonline.com";

/// The names of this machine as they stand in a `Host` header.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// How a port is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// An open port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door {
    pub scheme: Scheme,
    pub port: u16,
}

impl Door {
    /// Its address under the name `localhost`.
    pub fn base(self) -> Url {
        let scheme = self.scheme.name();
        Url::parse(&format!("{scheme}://localhost:{}/", self.port)).expect("a well-formed address")
    }

    /// The address that a request was sent to, by its `Host` and target; `None` if it cannot be read.
    pub fn address(self, host: &str, target: &str) -> Option<Url> {
        Url::parse(&format!("{}://{}{target}", self.scheme.name(), host.to_ascii_lowercase())).ok()
    }

    /// Whether `Host` is one of our names with our port. The scheme's usual port may be left out; over https it may be even
    /// where ours is another, as somebody may forward 443 to it, and a page that is not on https cannot have sent it.
    pub fn admits(self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, digits)) if !digits.ends_with(']') => (name, digits.parse::<u16>().ok()),
            _ => (host, Some(self.scheme.usual_port())),
        };
        let is_ours = port == Some(self.port);
        let is_named = |own: &&str| own.eq_ignore_ascii_case(name);
        match self.scheme {
            Scheme::Http => is_ours && LOOPBACK.iter().any(is_named),
            Scheme::Https => {
                (is_ours || port == Some(Scheme::Https.usual_port()))
                    && LOOPBACK.iter().chain([&CLOUD]).any(is_named)
            }
        }
    }

    /// What is said to somebody who came under another name.
    pub const fn names(self) -> &'static str {
        match self.scheme {
            Scheme::Http => "The lab tenant answers on localhost, 127.0.0.1 and [::1] only.",
            Scheme::Https => {
                "The lab tenant answers on localhost, 127.0.0.1, [::1] and login.microsoftonline.com only."
            }
        }
    }
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn usual_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP: Door = Door { scheme: Scheme::Http, port: 7080 };
    const HTTPS: Door = Door { scheme: Scheme::Https, port: 7443 };

    #[test]
    fn over_http_only_loopback_names_with_the_own_port_are_admitted() {
        for own in ["localhost:7080", "LOCALHOST:7080", "127.0.0.1:7080", "[::1]:7080"] {
            assert!(HTTP.admits(own), "{own}");
        }
        for other in [
            "",
            "localhost",
            "localhost:7081",
            "evil.example:7080",
            "localhost.evil.example:7080",
            "[::1]",
            "127.0.0.2:7080",
            "login.microsoftonline.com:7080",
            "login.microsoftonline.com",
        ] {
            assert!(!HTTP.admits(other), "{other}");
        }
        let usual = Door { port: 80, ..HTTP };
        assert!(usual.admits("[::1]") && usual.admits("localhost"));
    }

    #[test]
    fn over_https_the_clouds_name_is_admitted_too_and_443_need_not_be_said() {
        for own in [
            "localhost:7443",
            "127.0.0.1:7443",
            "[::1]:7443",
            "localhost",
            "[::1]",
            "Login.MicrosoftOnline.com",
            "login.microsoftonline.com:443",
            "login.microsoftonline.com:7443",
        ] {
            assert!(HTTPS.admits(own), "{own}");
        }
        for other in [
            "",
            "evil.example",
            "evil.example:7443",
            "localhost:7080",
            "login.microsoftonline.com:80",
            "login.microsoftonline.com.evil.example",
            "evil.login.microsoftonline.com",
        ] {
            assert!(!HTTPS.admits(other), "{other}");
        }
    }

    #[test]
    fn an_address_is_written_as_it_was_reached() {
        let address = |door: Door, host: &str| door.address(host, "/x?y=1").map(String::from);
        assert_eq!(address(HTTP, "LocalHost:7080").as_deref(), Some("http://localhost:7080/x?y=1"));
        assert_eq!(address(HTTPS, "[::1]:7443").as_deref(), Some("https://[::1]:7443/x?y=1"));
        assert_eq!(address(HTTPS, "localhost:443").as_deref(), Some("https://localhost/x?y=1"));
        assert_eq!(HTTPS.base().as_str(), "https://localhost:7443/");
    }
}
