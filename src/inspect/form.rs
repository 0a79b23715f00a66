//! Forms: one line for each pair, decoded, values under one another.

use unicode_width::UnicodeWidthStr;

use super::{Content, Fit, Reveal, marking};
use crate::{
    secret::find,
    text::{Line, Role, visible},
    wire::Params,
};

/// Longer names do not push all values aside.
const WIDEST: usize = 28;

pub(super) fn fit(content: &Content<'_>) -> Fit {
    let Some(text) = content.text.as_deref() else { return Fit::Declined };
    if content.media_type == "application/x-www-form-urlencoded" {
        return Fit::Certain;
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'%' | b'+');
    let looks_like_pairs = content.media_type.is_empty()
        && text.bytes().find(|b| !plain(*b)) == Some(b'=')
        && !text.contains(char::is_whitespace);
    if looks_like_pairs { Fit::Likely } else { Fit::Declined }
}

pub(super) fn show(content: &Content<'_>, reveal: Reveal) -> Vec<Line> {
    let params = Params::parse(content.text());
    let width = name_width(params.iter().map(|(name, _)| name));
    params.iter().map(|(name, value)| pair(Line::new(), name, value, width, reveal)).collect()
}

/// The width at which values begin.
pub(super) fn name_width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| visible(name).width()).filter(|width| *width <= WIDEST).max().unwrap_or_default()
}

/// Name and value, the value at `width` and two blanks.
pub(super) fn pair(line: Line, name: &str, value: &str, width: usize, reveal: Reveal) -> Line {
    let gap = width.saturating_sub(visible(name).width()) + 2;
    let line = line.then(Role::Name, name).then(Role::Text, " ".repeat(gap));
    marking::value(line, Role::Value, value, &find::in_parameter(name, value), reveal)
}
