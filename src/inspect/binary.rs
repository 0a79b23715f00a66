//! Anything at all, in hexadecimal; the beginning is enough to recognise it.

use std::fmt::Write as _;

use super::{Content, Fit, Reveal};
use crate::text::{Line, Role};

/// How many bytes are shown.
const SHOWN: usize = 256;
const IN_A_LINE: usize = 16;

pub(super) const fn fit(_: &Content<'_>) -> Fit {
    Fit::LastResort
}

/// Bytes are not masked one by one: what cannot be read as text holds no parameter, and what looks like text inside is
/// shown as dots until it is revealed.
pub(super) fn show(content: &Content<'_>, reveal: Reveal) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, row) in content.bytes.chunks(IN_A_LINE).take(SHOWN / IN_A_LINE).enumerate() {
        let mut hex = String::with_capacity(IN_A_LINE * 3);
        let mut text = String::with_capacity(IN_A_LINE);
        for (column, byte) in row.iter().enumerate() {
            let gap = if column == IN_A_LINE / 2 { "  " } else { " " };
            write!(hex, "{gap}{byte:02x}").expect("a string can always be written to");
            let is_shown = reveal == Reveal::Shown && (byte.is_ascii_graphic() || *byte == b' ');
            text.push(if is_shown { char::from(*byte) } else { '.' });
        }
        lines.push(
            Line::of(Role::Muted, format!("{:04x} ", number * IN_A_LINE))
                .then(Role::Value, format!("{hex:<50}"))
                .then(Role::Text, format!("  {text}")),
        );
    }
    if content.bytes.len() > SHOWN {
        let more = content.bytes.len() - SHOWN;
        lines.push(Line::of(Role::Muted, format!("… and {more} bytes more")));
    }
    lines
}
