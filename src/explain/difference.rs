//! Where two values part: the column that a mark points at, and what stands there on either side.

use std::borrow::Cow;

/// The place where a value that was sent leaves the expected one. Everything before and behind is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// How many characters are equal before it; the mark stands under the next one.
    pub column: usize,
    /// What was sent there; empty if something is missing.
    pub sent: &'a str,
    /// What was expected there; empty if something is too much.
    pub expected: &'a str,
    /// What is equal behind it.
    pub tail: &'a str,
}

impl Difference<'_> {
    /// How many characters differ, on both sides together.
    pub fn size(&self) -> usize {
        self.sent.chars().count() + self.expected.chars().count()
    }

    /// The difference in words, such as `from character 8: "s" is missing`.
    pub fn in_words(&self) -> String {
        let place = self.column + 1;
        match (self.sent, self.expected) {
            (sent, "") => format!("from character {place}: {sent:?} is too much"),
            ("", expected) => format!("from character {place}: {expected:?} is missing"),
            (sent, expected) => format!("from character {place}: {sent:?} in place of {expected:?}"),
        }
    }
}

/// Where two values part; `None` if they are equal, or masked: what differs there are the masks.
pub fn difference<'a>(sent: &'a str, expected: &'a str) -> Option<Difference<'a>> {
    if sent == expected || sent.contains("••••") || expected.contains("••••") {
        return None;
    }
    let equal = sent.chars().zip(expected.chars()).take_while(|(a, b)| a == b);
    let (column, begin) = equal.fold((0, 0), |(column, bytes), (c, _)| (column + 1, bytes + c.len_utf8()));
    let (sent, expected) = (&sent[begin..], &expected[begin..]);
    let tail: usize = sent
        .chars()
        .rev()
        .zip(expected.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let (sent, behind) = sent.split_at(sent.len() - tail);
    Some(Difference { column, sent, expected: &expected[..expected.len() - tail], tail: behind })
}

/// An expected address without the remark in brackets that the lab tenant puts behind it, such as its platform; and that
/// remark, with the blank before it.
pub fn apart(expected: &str) -> (&str, &str) {
    match expected.rfind(" (") {
        Some(at) if expected.contains("://") && expected.ends_with(')') => expected.split_at(at),
        _ => (expected, ""),
    }
}

/// The expected value that is closest to the one sent, without a remark behind it.
pub fn closest<'a>(sent: &str, expected: &'a [String]) -> Option<&'a str> {
    let size = |candidate: &&'a str| difference(sent, candidate).map_or(0, |found| found.size());
    expected.iter().map(|expected| apart(expected).0).min_by_key(size)
}

/// A registered address with the port of the one that was sent, where the port does not count: on the machine itself
/// (RFC 8252 §7.3). What differs then is what really differs.
pub fn with_port_of<'a>(sent: &str, registered: &'a str) -> Cow<'a, str> {
    let host = |address: &str| {
        let (scheme, rest) = address.split_once("://")?;
        let name = if rest.starts_with('[') {
            rest.find(']')? + 1
        } else {
            rest.find([':', '/', '?', '#']).unwrap_or(rest.len())
        };
        Some(scheme.len() + 3 + name)
    };
    let port = |behind: &str| {
        let digits = behind.strip_prefix(':')?;
        Some(1 + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()))
    };
    let (Some(here), Some(there)) = (host(sent), host(registered)) else { return Cow::Borrowed(registered) };
    let is_loopback =
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| sent[..here].ends_with(&format!("/{name}")));
    if !is_loopback || sent[..here] != registered[..there] {
        return Cow::Borrowed(registered);
    }
    let sent_port = &sent[here..here + port(&sent[here..]).unwrap_or(0)];
    let behind = &registered[there + port(&registered[there..]).unwrap_or(0)..];
    Cow::Owned(format!("{}{sent_port}{behind}", &registered[..there]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_values_are_not_compared() {
        assert_eq!(difference("•••••••• (5 chars)", "•••••••• (10 chars)"), None);
        assert_eq!(difference("https://a/cb", "••••••••"), None);
    }

    #[test]
    fn the_port_of_this_machine_is_no_difference() {
        let with = |sent: &str, registered: &'static str| with_port_of(sent, registered).into_owned();
        assert_eq!(with("http://localhost:53111/x", "http://localhost"), "http://localhost:53111");
        assert_eq!(with("http://localhost/x", "http://localhost:80/cb"), "http://localhost/cb");
        assert_eq!(with("http://[::1]:5/x", "http://[::1]/cb"), "http://[::1]:5/cb");
        assert_eq!(with("http://localhost:5/x", "http://127.0.0.1/x"), "http://127.0.0.1/x");
        assert_eq!(with("https://a.example:8443/cb", "https://a.example/cb"), "https://a.example/cb");
        assert_eq!(with("none", "http://localhost"), "http://localhost");
    }

    #[test]
    fn the_mark_stands_where_the_values_part() {
        let check = |sent: &str, expected: &str, column, differs: (&str, &str), words: &str| {
            let found = difference(sent, expected).expect("they differ");
            assert_eq!((found.column, (found.sent, found.expected)), (column, differs), "{sent} {expected}");
            assert_eq!(found.in_words(), words);
        };
        check("http://a/cb", "https://a/cb", 4, ("", "s"), r#"from character 5: "s" is missing"#);
        check("https://a/cb/", "https://a/cb", 12, ("/", ""), r#"from character 13: "/" is too much"#);
        check("https://a/Cb", "https://a/cb", 10, ("C", "c"), r#"from character 11: "C" in place of "c""#);
        check("ä€x", "ä€y", 2, ("x", "y"), r#"from character 3: "x" in place of "y""#);
        check("", "a", 0, ("", "a"), r#"from character 1: "a" is missing"#);
        check("aa", "aaa", 2, ("", "a"), r#"from character 3: "a" is missing"#);
        assert_eq!(difference("same", "same"), None);
    }

    #[test]
    fn the_closest_value_differs_least() {
        let expected = ["http://localhost".to_owned(), "https://app.example/auth".to_owned()];
        assert_eq!(closest("http://localhost/callback", &expected), Some("http://localhost"));
        assert_eq!(closest("https://app.example/auth/", &expected), Some("https://app.example/auth"));
        assert_eq!(closest("x", &[]), None);
        let remarked = ["http://localhost (publicClient)".to_owned()];
        assert_eq!(closest("http://localhost/callback", &remarked), Some("http://localhost"));
    }

    #[test]
    fn only_an_address_has_a_remark_taken_off() {
        let check = |text: &str, parts: (&str, &str)| assert_eq!(apart(text), parts);
        check("https://a/cb (web)", ("https://a/cb", " (web)"));
        check("https://a/cb", ("https://a/cb", ""));
        check("•• (25 chars)", ("•• (25 chars)", ""));
    }
}
