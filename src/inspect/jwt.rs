//! A body that is one JWT, such as a signed `UserInfo` answer: header and payload, then the signature.
//!
//! What its claims mean is the business of the token inspector.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Content, Fit, Reveal, json};
use crate::{
    secret::{find, mask},
    text::{Line, Role},
};

pub(super) fn fit(content: &Content<'_>) -> Fit {
    let is_one = content.text.as_deref().is_some_and(|text| find::is_jwt(text.trim()));
    match (is_one, content.media_type.contains("jwt")) {
        (true, true) => Fit::Certain,
        (true, false) => Fit::Likely,
        (false, _) => Fit::Declined,
    }
}

pub(super) fn show(content: &Content<'_>, reveal: Reveal) -> Vec<Line> {
    let token = content.text().trim();
    if reveal == Reveal::Masked {
        return vec![Line::of(Role::Secret, mask(token))];
    }
    let mut lines = Vec::new();
    let parts: Vec<&str> = token.split('.').collect();
    // Five parts are encrypted: only the header can be read.
    let names: &[&str] = if parts.len() == 5 {
        &["header", "encrypted key", "initialization vector", "ciphertext", "tag"]
    } else {
        &["header", "payload", "signature"]
    };
    for (part, name) in parts.iter().zip(names) {
        lines.push(Line::of(Role::Title, name));
        let readable = URL_SAFE_NO_PAD.decode(part).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match readable.filter(|text| text.starts_with('{')) {
            Some(text) => lines.extend(json::pretty(&text, json::Rule::Public, reveal)),
            None => lines.push(Line::of(Role::Secret, part)),
        }
    }
    lines
}
