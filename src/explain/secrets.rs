//! The last door before an explanation leaves: whatever in it is a credential of the evidence is masked.
//!
//! The readers and the rules show credentials by their first characters and their length only. This holds even where one
//! of them forgets, or where a message of the authority repeats what was sent.

use std::borrow::Cow;

use super::{Evidence, Explanation};
use crate::{
    secret::{find, mask},
    wire::{Body, Params, Request},
};

/// The credentials of the evidence that are long enough to be told from words.
pub(super) struct Secrets(Vec<String>);

/// So many are looked for; nobody has more in earnest.
const MOST: usize = 200;

impl Secrets {
    /// Collects them.
    pub fn of(evidence: &Evidence) -> Self {
        let mut all = Self(Vec::new());
        let requests = [&evidence.request, &evidence.previous_request].into_iter().flatten();
        requests.chain(&evidence.history).for_each(|request| all.of_request(request));
        if let Some(token) = &evidence.token {
            all.of_token(token);
        }
        if let Some(response) = &evidence.response {
            all.of_text(&response.body.text());
        }
        if let Some(text) = &evidence.text {
            all.of_text(text);
        }
        all.0.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.0.dedup();
        all
    }

    /// Masks them wherever they stand in the explanation.
    pub fn hide_in(&self, explanation: &mut Explanation) {
        if self.0.is_empty() {
            return;
        }
        let Explanation { error, demand, sent, causes, .. } = explanation;
        error.iter_mut().chain(demand).for_each(|text| self.hide(text));
        for compared in sent {
            self.hide(&mut compared.sent);
            compared.expected.iter_mut().for_each(|text| self.hide(text));
        }
        for cause in causes {
            for text in [&mut cause.title, &mut cause.explanation, &mut cause.confirm] {
                self.hide(text);
            }
            for line in &mut cause.evidence {
                for text in [&mut line.where_, &mut line.sent, &mut line.expected] {
                    self.hide(text);
                }
            }
            for fix in &mut cause.fixes {
                self.hide(&mut fix.title);
                fix.command.iter_mut().for_each(|text| self.hide(text));
            }
        }
    }

    fn hide(&self, text: &mut String) {
        for secret in self.0.iter().filter(|secret| secret.len() <= text.len()).collect::<Vec<_>>() {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), &mask(secret));
            }
        }
    }

    fn of_request(&mut self, request: &Request) {
        let body = match &request.body {
            Body::Whole(_) => request.body.text(),
            Body::Empty | Body::Cut { .. } => Cow::Borrowed(""),
        };
        for text in [request.url.query(), request.url.fragment(), Some(&*body)].into_iter().flatten() {
            for (name, value) in Params::parse(text).iter() {
                if find::is_well_known(name) {
                    self.note(value);
                    self.of_token(value);
                }
            }
            // As it was written: encoded, or in a body of another form.
            self.of_text(text);
        }
        for name in ["authorization", "proxy-authorization", "cookie", "x-identity-header"] {
            for value in request.headers.all(name) {
                self.of_token(value.split_once(' ').map_or(value, |(_, credential)| credential).trim());
                for found in find::in_header(name, value) {
                    self.note(&value[found.range]);
                }
            }
        }
    }

    /// The whole of a token, and its last part: the others can be read by anybody and prove nothing.
    fn of_token(&mut self, token: &str) {
        self.note(token);
        if token.starts_with("eyJ") {
            self.note(token.rsplit('.').next().unwrap_or_default());
        }
    }

    fn of_text(&mut self, text: &str) {
        for found in find::in_text(text) {
            if self.0.len() >= MOST {
                return;
            }
            // A scheme may stand before the credential: `Bearer eyJ…`
            for value in text[found.range.clone()].split_whitespace() {
                if value.starts_with("eyJ") {
                    self.of_token(value);
                } else if find::is_well_known(&found.name) {
                    self.note(value);
                }
            }
        }
    }

    fn note(&mut self, value: &str) {
        if self.0.len() < MOST && is_credential(value) {
            self.0.push(value.to_owned());
        }
    }
}

/// What is shown whole on purpose is none: ids, and placeholders that nobody filled.
fn is_credential(value: &str) -> bool {
    const SHORT: usize = 16;
    const LONG: usize = 30;
    let is_id = value.len() == 36 && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let is_unfilled = value.contains(['$', ' ']);
    let is_word = value.contains(['<', '{', '%']) || !value.bytes().any(|b| b.is_ascii_digit());
    !is_id && !is_unfilled && (value.len() >= LONG || (value.len() >= SHORT && !is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str) -> Vec<String> {
        Secrets::of(&Evidence { text: Some(text.to_owned()), ..Evidence::default() }).0
    }

    #[test]
    fn credentials_are_collected_and_ids_are_not() {
        let secret = format!("a8Q~{}", "k".repeat(36));
        assert_eq!(
            of_text(&format!("client_secret={secret}&client_id={}", "c".repeat(40))),
            std::slice::from_ref(&secret)
        );
        assert_eq!(of_text("client_secret=11111111-2222-3333-4444-555555555555"), [] as [&str; 0]);
        assert_eq!(of_text("client_secret=${env:THE_SECRET_OF_THE_APPLICATION}"), [] as [&str; 0]);
        let signature = "s".repeat(43);
        let found = of_text(&format!("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.{signature}"));
        assert!(found.contains(&signature), "{found:?}");
    }

    #[test]
    fn what_was_collected_is_masked_everywhere() {
        let mut text = "sent xyz-1234567890-1234567890-xyz here".to_owned();
        Secrets(vec!["xyz-1234567890-1234567890-xyz".to_owned()]).hide(&mut text);
        assert_eq!(text, "sent •••••••• (29 chars) here");
    }
}
