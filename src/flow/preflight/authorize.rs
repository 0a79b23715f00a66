//! The authorization request, looked at before somebody goes there.

use url::Url;

use super::{Report, any, words};
use crate::{
    finding::Finding,
    flow::{Draft, Pkce, Place, Platform, Profile},
    text::visible,
};

/// Looks at the authorization request. `listener` is the address at which answers are caught, if any is.
pub(in crate::flow) fn authorize(profile: &Profile, draft: &Draft, listener: Option<&Url>) -> Vec<Finding> {
    let mut report = Report(any(draft, &["client_id", "response_type", "redirect_uri", "scope"]));
    if draft.value("state").is_none_or(str::is_empty) {
        report.warn(
            "state.not_sent",
            "RFC 6749 §10.12",
            "Without state nobody can tell whether the answer belongs to this request.",
        );
    }
    let has_openid = draft.value("scope").is_some_and(|scope| words(scope).any(|word| word == "openid"));
    if !has_openid {
        report.info(
            "scope.no_openid",
            "OpenID Connect Core §3.1.2.1",
            "Without openid in the scope no ID token comes, and nobody learns who signed in.",
        );
    } else if draft.value("nonce").is_none_or(str::is_empty) {
        report.info(
            "nonce.not_sent",
            "OpenID Connect Core §15.5.2",
            "Without a nonce a replayed ID token cannot be told from a fresh one.",
        );
    }
    if draft.value("response_type").is_some_and(|kind| kind != "code") {
        report.warn(
            "response_type.not_code",
            "RFC 6749 §4.1.1",
            "This flow waits for a code; another response type brings something else back.",
        );
    }
    report.challenge(profile, draft);
    report.listener(draft, listener);
    for field in draft.fields.iter().filter(|field| field.place == Place::Header && !field.removed) {
        let title =
            format!("The browser makes this request: header {} does not travel.", visible(&field.name));
        report.warn("header.not_sent", "RFC 6749 §4.1.1", title);
    }
    report.0
}

impl Report {
    fn challenge(&mut self, profile: &Profile, draft: &Draft) {
        let is_spa = profile.platform == Platform::Spa && profile.authority.is_entra();
        let challenge = draft.value("code_challenge").filter(|challenge| !challenge.is_empty());
        match (challenge, draft.value("code_challenge_method")) {
            (None, _) if is_spa => self.warn(
                "pkce.none",
                "Entra",
                "Without a challenge Entra refuses a single-page application.",
            ),
            (None, _) => self.warn(
                "pkce.none",
                "RFC 9700 §2.1.1",
                "Without a challenge whoever catches the code can redeem it, or have you redeem theirs.",
            ),
            (Some(_), Some("S256")) => {
                if profile.pkce != Pkce::None && challenge.is_some_and(|one| one.len() != 43) {
                    self.warn("pkce.form", "RFC 7636 §4.2", "An S256 challenge has 43 characters.");
                }
            }
            (Some(_), None | Some("plain")) => self.warn(
                "pkce.plain",
                "RFC 7636 §7.2",
                "With plain the challenge is the verifier: whoever reads this request can redeem the code.",
            ),
            (Some(_), Some(_)) => {
                self.warn("pkce.method", "RFC 7636 §4.3", "code_challenge_method is neither S256 nor plain.");
            }
        }
    }

    fn listener(&mut self, draft: &Draft, listener: Option<&Url>) {
        let sent = draft.value("redirect_uri").and_then(|uri| Url::parse(uri).ok());
        if let (Some(sent), Some(listener)) = (sent, listener)
            && sent != *listener
        {
            let title = format!(
                "We listen at {listener}, and the answer goes to {sent}: it has to be pasted, or caught by the \
                 built-in user agent."
            );
            self.warn("redirect_uri.not_ours", "RFC 8252 §7.3", title);
        }
    }
}
