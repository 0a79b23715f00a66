//! The redemption of a code, looked at beside the authorization request that brought it.

use std::collections::BTreeSet;

use super::{Report, api_of, header, is_oidc, token, words};
use crate::{
    finding::Finding,
    flow::{Draft, Platform, Profile},
    oauth::pkce,
    secret::Secret,
};

/// Looks at the redemption of a code, given the authorization request that was sent.
pub(in crate::flow) fn redeem(profile: &Profile, draft: &Draft, authorize: &Draft) -> Vec<Finding> {
    let mut report = Report(token::request(draft, &["code"]));
    report.secret(profile, draft);
    if profile.authority.is_entra() {
        match (profile.platform, header(draft, "origin")) {
            (Platform::Spa, None) => report.warn(
                "origin.missing",
                "Entra",
                "Entra redeems the code of a single-page application only with an Origin header.",
            ),
            (Platform::Web | Platform::Native, Some(_)) => report.warn(
                "origin.unexpected",
                "Entra",
                "Entra takes an Origin header for a browser, and accepts that from single-page applications only.",
            ),
            (Platform::Spa, Some(_)) | (Platform::Web | Platform::Native, None) => {}
        }
    }
    report.apis(profile, draft, authorize);
    let sent = authorize.value("redirect_uri");
    if draft.value("redirect_uri") != sent {
        report.warn(
            "redirect_uri.differs",
            "RFC 6749 §4.1.3",
            "redirect_uri is not the one that the authorization request carried.",
        );
    }
    let verifier = draft.value("code_verifier").filter(|verifier| !verifier.is_empty());
    match (authorize.value("code_challenge"), verifier) {
        (None, Some(_)) => report.info(
            "pkce.no_challenge",
            "RFC 7636 §4.5",
            "A verifier is sent, but the authorization request carried no challenge.",
        ),
        (Some(_), None) => report.warn(
            "pkce.no_verifier",
            "RFC 7636 §4.5",
            "The authorization request carried a challenge, and no verifier is sent.",
        ),
        (Some(challenge), Some(verifier)) => {
            // Left out, the method is plain (RFC 7636 §4.3).
            let method = match authorize.value("code_challenge_method") {
                Some("S256") => pkce::Method::S256,
                _ => pkce::Method::Plain,
            };
            if let Some(flaw) = pkce::flaw(verifier) {
                report.warn("pkce.form", "RFC 7636 §4.1", format!("The verifier's form is wrong: {flaw}."));
            }
            if pkce::challenge(method, &Secret::new(verifier)) != challenge {
                report.warn(
                    "pkce.mismatch",
                    "RFC 7636 §4.6",
                    "The verifier does not give the challenge that was sent.",
                );
            }
        }
        (None, None) => {}
    }
    report.0
}

impl Report {
    /// A code may be good for several APIs, a token is for one.
    fn apis(&mut self, profile: &Profile, draft: &Draft, authorize: &Draft) {
        fn apis(draft: &Draft) -> BTreeSet<String> {
            words(draft.value("scope").unwrap_or_default())
                .filter(|word| !is_oidc(word))
                .map(api_of)
                .collect()
        }
        if !profile.authority.is_entra() {
            return;
        }
        self.scope(profile, draft);
        if apis(draft).len() < 2 && apis(authorize).len() > 1 {
            self.info(
                "scope.first_api",
                "Entra",
                "The sign-in asked for several APIs. This token is for the first; a refresh token gets the others.",
            );
        }
    }
}
