//! Text as it is, and the source of pages.

use super::{Content, Fit, Reveal, marking};
use crate::{secret::find, text::Line};

pub(super) fn fit(content: &Content<'_>) -> Fit {
    match content.text.as_deref() {
        Some(text) if !text.contains('\0') => Fit::Likely,
        _ => Fit::Declined,
    }
}

pub(super) fn show(content: &Content<'_>, reveal: Reveal) -> Vec<Line> {
    let text = content.text();
    marking::text(text, &find::in_text(text), reveal)
}

pub(super) fn fit_html(content: &Content<'_>) -> Fit {
    let Some(text) = content.text.as_deref() else { return Fit::Declined };
    let start = text.trim_start().get(..9).unwrap_or_default().to_ascii_lowercase();
    if matches!(content.media_type.as_str(), "text/html" | "application/xhtml+xml") {
        Fit::Certain
    } else if start.starts_with("<!doctype") || start.starts_with("<html") {
        Fit::Likely
    } else {
        Fit::Declined
    }
}

/// The source, with the values of inputs masked.
pub(super) fn show_html(content: &Content<'_>, reveal: Reveal) -> Vec<Line> {
    let html = content.text();
    marking::text(html, &find::in_html(html), reveal)
}
