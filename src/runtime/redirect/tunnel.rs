//! Where this program runs over SSH, the person's browser is on another machine and its `localhost` is not ours. A tunnel
//! leads from there to the listener here; this knows the command that opens one.

use std::{env, net::IpAddr};

use url::Url;

/// The way to this machine over SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    user: Option<String>,
    host: IpAddr,
    port: u16,
}

impl Tunnel {
    /// From the variables that sshd sets; `None` where we do not run over SSH.
    pub fn from_environment() -> Option<Self> {
        let user = env::var("USER").or_else(|_| env::var("LOGNAME")).ok();
        Self::read(&env::var("SSH_CONNECTION").ok()?, user)
    }

    /// Reads `SSH_CONNECTION`: the client's address and port, then ours.
    pub fn read(connection: &str, user: Option<String>) -> Option<Self> {
        let mut words = connection.split(' ').skip(2);
        let host = words.next()?.parse().ok()?;
        let port = words.next()?.parse().ok()?;
        // It becomes part of a command line.
        let is_plain = |name: &String| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        Some(Self { user: user.filter(is_plain), host, port })
    }

    /// The command to be run on the machine with the browser, so that the redirect URI leads here.
    pub fn command(&self, redirect_uri: &Url) -> String {
        let port = redirect_uri.port_or_known_default().unwrap_or(80);
        let here = match redirect_uri.host_str() {
            Some("[::1]") => "[::1]",
            _ => "127.0.0.1",
        };
        let near = if here == "[::1]" { "[::1]:" } else { "" };
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let other_port = if self.port == 22 { String::new() } else { format!("-p {} ", self.port) };
        format!("ssh -N -L {near}{port}:{here}:{port} {other_port}{user}{}", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_leads_from_the_other_machine_to_the_listener() {
        let check = |connection: &str, user: &str, uri: &str, expected: Option<&str>| {
            let uri: Url = uri.parse().expect("an address");
            let tunnel = Tunnel::read(connection, Some(user.to_owned()));
            assert_eq!(tunnel.map(|tunnel| tunnel.command(&uri)).as_deref(), expected, "{connection}");
        };
        let home = "http://localhost:5001/cb";
        let ours = "203.0.113.7 50022 198.51.100.4 22";
        check(ours, "ann", home, Some("ssh -N -L 5001:127.0.0.1:5001 ann@198.51.100.4"));
        check(ours, "ann; true", home, Some("ssh -N -L 5001:127.0.0.1:5001 198.51.100.4"));
        check(
            "2001:db8::1 50022 2001:db8::2 2222",
            "ann",
            "https://[::1]:5002/",
            Some("ssh -N -L [::1]:5002:[::1]:5002 -p 2222 ann@2001:db8::2"),
        );
        for wrong in ["", "203.0.113.7 50022", "203.0.113.7 50022 host 22", "a b c d"] {
            check(wrong, "ann", home, None);
        }
    }
}
