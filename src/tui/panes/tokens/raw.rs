//! The token itself, in its parts. What would make it usable is masked unless secrets are shown: the signature of a signed
//! token, and the whole of any other.

use crate::{
    secret::mask,
    text::{Line, Role},
    token::{Decoded, Kind},
};

/// So many characters of a part are shown; a screen holds fewer.
const SHOWN: usize = 8000;

/// The parts, each on a line of its own.
pub fn lines(decoded: &Decoded, reveal: bool) -> Vec<Line> {
    let text = decoded.raw.expose();
    let parts: Vec<&str> = text.split('.').collect();
    match (decoded.kind, parts.len()) {
        (Kind::Jws, 2..) => compact(&parts, &[Role::Name, Role::Value], reveal),
        (Kind::Jwe, 2..) => compact(&parts, &[Role::Name], reveal),
        _ if reveal => vec![shown(Role::Secret, text)],
        _ => vec![Line::of(Role::Secret, decoded.raw.masked())],
    }
}

/// The first parts may be read by anybody, in these roles; those after them are secret.
fn compact(parts: &[&str], open: &[Role], reveal: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            lines.push(Line::of(Role::Muted, "."));
        }
        lines.push(match open.get(at) {
            Some(role) => shown(*role, part),
            None if part.is_empty() => continue,
            None if reveal => shown(Role::Secret, part),
            None => Line::of(Role::Secret, mask(part)),
        });
    }
    lines
}

fn shown(role: Role, part: &str) -> Line {
    match part.char_indices().nth(SHOWN) {
        Some((end, _)) => {
            let more = part.chars().count() - SHOWN;
            Line::of(role, &part[..end]).then(Role::Muted, format!(" and {more} more characters"))
        }
        None => Line::of(role, part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token;

    fn plain(text: &str, reveal: bool) -> Vec<String> {
        lines(&token::decode(text), reveal).iter().map(Line::plain).collect()
    }

    #[test]
    fn the_signature_is_masked_and_the_rest_is_not() {
        // {"alg":"RS256"} and {"sub":"x"}
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        let parts = ["eyJhbGciOiJSUzI1NiJ9", ".", "eyJzdWIiOiJ4In0", "."];
        assert_eq!(plain(token, false), [&parts[..], &["•••••••• (12 chars)"]].concat());
        assert_eq!(plain(token, true), [&parts[..], &["c2lnbmF0dXJl"]].concat());
    }

    #[test]
    fn what_only_the_issuer_can_read_is_masked_whole() {
        let token = "1.AXoA-the-refresh-token-of-somebody";
        assert!(plain(token, false).iter().all(|line| !line.contains("AXoA")));
        assert_eq!(plain(token, true), [token]);
    }
}
