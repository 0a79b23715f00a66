//! Body viewers: what an exchange carried, made readable. Each viewer says how well it fits and the best one shows; hex
//! is the last resort. Addresses and header lines have a reader of their own.
//!
//! Secrets are masked unless the person asked to see them: everything under a name that is not known to be harmless, and
//! every JWT. Lines are safe to print.

mod binary;
mod form;
mod json;
mod jwt;
mod marking;
mod plain;

use std::borrow::Cow;

use url::Url;

use crate::{
    secret::find,
    text::{Line, Role},
    wire::{Body, Headers, Params},
};

/// Whether secrets are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reveal {
    /// Masked, with their length.
    #[default]
    Masked,
    /// As they are.
    Shown,
}

/// A body made readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// What it is, such as `JSON` or `form`.
    pub kind: &'static str,
    /// The lines, not wrapped.
    pub lines: Vec<Line>,
}

/// What viewers look at.
struct Content<'a> {
    /// The media type without parameters, in lower case.
    media_type: String,
    bytes: &'a [u8],
    /// The bytes as text, if they are text or say so; a character cut in two at the end is left out.
    text: Option<Cow<'a, str>>,
    /// The text as a JSON value.
    json: Option<serde_json::Value>,
    is_cut: bool,
}

/// One way to show a body.
struct Viewer {
    kind: &'static str,
    fit: fn(&Content<'_>) -> Fit,
    show: fn(&Content<'_>, Reveal) -> Vec<Line>,
}

/// How well a viewer suits a body; the last of equals is asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It cannot show it.
    Declined,
    /// It can, if nothing better does.
    LastResort,
    /// It looks like one.
    Likely,
    /// It is one, and says so.
    Certain,
}

const VIEWERS: [Viewer; 6] = [
    Viewer { kind: "JSON", fit: json::fit, show: json::show },
    Viewer { kind: "form", fit: form::fit, show: form::show },
    Viewer { kind: "JWT", fit: jwt::fit, show: jwt::show },
    Viewer { kind: "HTML", fit: plain::fit_html, show: plain::show_html },
    Viewer { kind: "text", fit: plain::fit, show: plain::show },
    Viewer { kind: "binary", fit: binary::fit, show: binary::show },
];

/// Shows a body by the viewer that fits it best.
pub fn lines(content_type: Option<&str>, body: &Body, reveal: Reveal) -> View {
    if body.is_empty() {
        return View { kind: "empty", lines: vec![Line::of(Role::Muted, "no body")] };
    }
    let content = Content::new(content_type, body);
    let mut best = &VIEWERS[VIEWERS.len() - 1];
    for viewer in &VIEWERS {
        if (viewer.fit)(&content) > (best.fit)(&content) {
            best = viewer;
        }
    }
    let mut lines = (best.show)(&content, reveal);
    if let Body::Cut { kept, total } = body {
        let missing = total.saturating_sub(kept.len() as u64);
        let text = format!("… cut here: {missing} of {total} bytes were not kept");
        lines.push(Line::of(Role::Warn, text));
    }
    View { kind: best.kind, lines }
}

/// Shows an address: where it leads, then one line for each parameter of its query (`?`, `&`) and fragment (`#`, `&`).
pub fn url(url: &Url, reveal: Reveal) -> Vec<Line> {
    let mut place = Line::of(Role::Muted, format!("{}:", url.scheme()));
    if let Some(host) = url.host_str() {
        place = place.then(Role::Muted, "//");
        // A name and password in an address have no place on a screen.
        if !url.username().is_empty() || url.password().is_some() {
            place = match reveal {
                Reveal::Masked => place.then(Role::Secret, "••••••••@"),
                Reveal::Shown => place.then(
                    Role::Secret,
                    format!("{}:{}@", url.username(), url.password().unwrap_or_default()),
                ),
            };
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        place = place.then(Role::Value, format!("{host}{port}"));
    }
    place = marking::value(place, Role::Link, url.path(), &find::in_text(url.path()), reveal);

    let mut lines = vec![place];
    let parts = [("?", url.query()), ("#", url.fragment())];
    let parts = parts.map(|(sign, text)| (sign, text.filter(|text| !text.is_empty())));
    let params = parts.map(|(sign, text)| (sign, Params::parse(text.unwrap_or_default())));
    let width = form::name_width(params.iter().flat_map(|(_, params)| params.iter().map(|(name, _)| name)));
    for (sign, params) in &params {
        for (index, (name, value)) in params.iter().enumerate() {
            let sign = if index == 0 { *sign } else { "&" };
            let line = Line::of(Role::Muted, format!("{sign} "));
            lines.push(form::pair(line, name, value, width, reveal));
        }
    }
    lines
}

/// Shows header lines as they stand on the wire.
pub fn headers(headers: &Headers, reveal: Reveal) -> Vec<Line> {
    headers
        .iter()
        .map(|(name, value)| {
            let line = Line::of(Role::Name, name).then(Role::Muted, ": ");
            marking::value(line, Role::Value, value, &find::in_header(name, value), reveal)
        })
        .collect()
}

/// Shows the value of one header line.
pub fn header(name: &str, value: &str, reveal: Reveal) -> Line {
    marking::value(Line::new(), Role::Value, value, &find::in_header(name, value), reveal)
}

/// Shows the value of one member of a JSON document.
pub fn member(name: &str, value: &str, reveal: Reveal) -> Line {
    marking::value(Line::new(), Role::Value, value, &find::in_member(name, value), reveal)
}

/// Shows one line of a text.
pub fn line(text: &str, reveal: Reveal) -> Line {
    marking::value(Line::new(), Role::Text, text, &find::in_html(text), reveal)
}

impl<'a> Content<'a> {
    fn new(content_type: Option<&str>, body: &'a Body) -> Self {
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        let bytes = body.bytes();
        let is_cut = matches!(body, Body::Cut { .. });
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => Some(Cow::Borrowed(text)),
            // No length: the bytes end in the middle of a character.
            Err(error) if is_cut && error.error_len().is_none() => {
                Some(String::from_utf8_lossy(&bytes[..error.valid_up_to()]))
            }
            // Broken text is still shown as text, where its secrets can be found and masked.
            Err(_) if is_text(&media_type) => Some(String::from_utf8_lossy(bytes)),
            Err(_) => None,
        };
        let json = text.as_deref().map(str::trim_start).filter(|text| text.starts_with(['{', '[']));
        let json = json.and_then(|text| serde_json::from_str(text).ok());
        Self { media_type, bytes, text, json, is_cut }
    }

    fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    fn says_json(&self) -> bool {
        self.media_type.ends_with("/json") || self.media_type.ends_with("+json")
    }
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || ["json", "xml", "javascript", "jwt", "x-www-form-urlencoded"]
            .iter()
            .any(|kind| media_type.ends_with(kind))
}

#[cfg(test)]
mod tests;
