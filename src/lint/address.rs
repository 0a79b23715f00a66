//! Redirect URIs compared as Entra compares them, and told apart where they are nearly the same.

use crate::entra::address::Parts;

/// Whether Entra takes the one for the other: the letter case of scheme and host is set aside, a path that is empty or
/// `/`, and the port of this machine.
pub fn same(sent: &str, registered: &str) -> bool {
    match (Parts::of(sent), Parts::of(registered)) {
        (Some(one), Some(other)) => {
            one.is(other.scheme)
                && one.host.eq_ignore_ascii_case(other.host)
                && (one.port == other.port || one.is_loopback())
                && bare_path(one) == bare_path(other)
        }
        _ => sent == registered,
    }
}

fn bare_path(parts: Parts<'_>) -> &str {
    if parts.path == "/" { "" } else { parts.path }
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
}
