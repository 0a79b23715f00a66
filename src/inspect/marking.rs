//! Text with secrets in it, as lines: masked or marked.

use crate::{
    inspect::Reveal,
    secret::{find::Found, mask},
    text::{Line, Role},
};

/// Adds a value of one line.
pub(super) fn value(line: Line, role: Role, text: &str, found: &[Found], reveal: Reveal) -> Line {
    let mut line = line;
    for (part, is_secret) in parts(text, found) {
        line = match (is_secret, reveal) {
            (false, _) => line.then(role, part),
            (true, Reveal::Masked) => line.then(Role::Secret, mask(part)),
            (true, Reveal::Shown) => line.then(Role::Secret, part),
        };
    }
    line
}

/// A text of several lines; tabs become blanks.
pub(super) fn text(text: &str, found: &[Found], reveal: Reveal) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    for (part, is_secret) in parts(text, found) {
        let masked;
        let (part, role) = match (is_secret, reveal) {
            (false, _) => (part, Role::Text),
            (true, Reveal::Shown) => (part, Role::Secret),
            (true, Reveal::Masked) => {
                masked = mask(part);
                (masked.as_str(), Role::Secret)
            }
        };
        for (index, piece) in part.split('\n').enumerate() {
            if index > 0 {
                lines.push(Line::new());
            }
            let piece = piece.strip_suffix('\r').unwrap_or(piece).replace('\t', "    ");
            if !piece.is_empty() {
                let line = lines.pop().unwrap_or_default();
                lines.push(line.then(role, piece));
            }
        }
    }
    if lines.last().is_some_and(|line| line.0.is_empty()) {
        lines.pop();
    }
    lines
}

/// The text in parts that are secret or not.
fn parts<'a>(text: &'a str, found: &[Found]) -> Vec<(&'a str, bool)> {
    let mut parts = Vec::with_capacity(found.len() * 2 + 1);
    let mut end = 0;
    for secret in found {
        parts.push((&text[end..secret.range.start], false));
        parts.push((&text[secret.range.clone()], true));
        end = secret.range.end;
    }
    parts.push((&text[end..], false));
    parts.retain(|(part, _)| !part.is_empty());
    parts
}
