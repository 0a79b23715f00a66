//! The token itself, in its parts. What would make it usable is masked unless secrets are shown: the signature of a signed
//! token, and the whole of any other.

use std::ops::Range;

use crate::{
    secret::mask,
    text::{Line, Role},
    token::{Decoded, Kind},
};

/// So many characters of a part are shown; a screen holds fewer.
const SHOWN: usize = 8000;

/// The parts, each on a line of its own. `marked` are the bytes that a remark is about.
pub fn lines(decoded: &Decoded, marked: Option<&Range<usize>>, reveal: bool) -> Vec<Line> {
    let text = decoded.raw.expose();
    let parts: Vec<&str> = text.split('.').collect();
    match (decoded.kind, parts.len()) {
        (Kind::Jws, 2..) => compact(&parts, &[Role::Name, Role::Value], marked, reveal),
        (Kind::Jwe, 2..) => compact(&parts, &[Role::Name], marked, reveal),
        _ if reveal => vec![shown(Role::Secret, text, None)],
        _ => vec![Line::of(Role::Secret, decoded.raw.masked())],
    }
}

/// The first parts may be read by anybody, in these roles; those after them are secret.
fn compact(parts: &[&str], open: &[Role], marked: Option<&Range<usize>>, reveal: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, part) in parts.iter().enumerate() {
        let here = start..start + part.len();
        start = here.end + 1;
        if at > 0 {
            lines.push(Line::of(Role::Muted, "."));
        }
        let marked = marked.filter(|marked| here.start <= marked.start && marked.end <= here.end);
        let marked = marked.map(|marked| marked.start - here.start..marked.end - here.start);
        lines.push(match open.get(at) {
            Some(role) => shown(*role, part, marked),
            None if part.is_empty() => continue,
            None if reveal => shown(Role::Secret, part, marked),
            None => Line::of(Role::Secret, mask(part)),
        });
    }
    lines
}

fn shown(role: Role, part: &str, marked: Option<Range<usize>>) -> Line {
    /// So much of what stands before a mark is shown, so that it is in view.
    const BEFORE: usize = 120;
    let from = marked.as_ref().map_or(0, |marked| marked.start.saturating_sub(BEFORE));
    let from = (0..=from).rev().find(|at| part.is_char_boundary(*at)).unwrap_or(0);
    let end = part[from..].char_indices().nth(SHOWN).map_or(part.len(), |(end, _)| from + end);
    let mut line = Line::new();
    if from > 0 {
        line = line.then(Role::Muted, format!("{} characters and then ", part[..from].chars().count()));
    }
    let cut = marked.and_then(|marked| {
        let within = marked.end <= end;
        let cut = (part.get(from..marked.start)?, part.get(marked.clone())?, part.get(marked.end..end)?);
        within.then_some(cut)
    });
    line = match cut {
        Some((before, marked, after)) => {
            line.then(role, before).then(Role::DiffSent, marked).then(role, after)
        }
        None => line.then(role, &part[from..end]),
    };
    if end < part.len() {
        let more = part[end..].chars().count();
        line = line.then(Role::Muted, format!(" and {more} more characters"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token;

    fn plain(text: &str, reveal: bool) -> Vec<String> {
        lines(&token::decode(text), None, reveal).iter().map(Line::plain).collect()
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

    #[test]
    fn the_place_at_fault_is_marked_and_in_view() {
        let check = |token: &str, marked: Range<usize>, line: usize, spans: &[(Role, &str)]| {
            let lines = lines(&token::decode(token), Some(&marked), false);
            let found: Vec<_> = lines[line].0.iter().map(|span| (span.role, span.text.as_ref())).collect();
            assert_eq!(found, spans);
        };
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        check(token, 24..26, 2, &[(Role::Value, "eyJ"), (Role::DiffSent, "zd"), (Role::Value, "WIiOiJ4In0")]);
        let long = format!("eyJhbGciOiJSUzI1NiJ9.{}!x.c2lnbmF0dXJl", "e".repeat(9000));
        let rest = "e".repeat(120);
        check(
            &long,
            9021..9022,
            2,
            &[
                (Role::Muted, "8880 characters and then "),
                (Role::Value, &rest),
                (Role::DiffSent, "!"),
                (Role::Value, "x"),
            ],
        );
    }
}
