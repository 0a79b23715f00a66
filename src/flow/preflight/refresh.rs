//! A refresh token on its way to the token endpoint, once or for a list of scopes.

use super::{Report, header, is_oidc, token, words};
use crate::{
    finding::Finding,
    flow::{Draft, Platform, Profile},
};

/// Looks at a refresh request.
pub(in crate::flow) fn refresh(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(token::request(draft, &["refresh_token"]));
    report.common(profile, draft);
    report.scope(profile, draft);
    let scope = draft.value("scope").unwrap_or_default();
    if words(scope).any(|word| !is_oidc(word)) {
        report.offline_access(draft);
    }
    report.0
}

/// Looks at the request that is sent for each row of the matrix.
pub(in crate::flow) fn fan_out(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(token::request(draft, &["refresh_token", "scope"]));
    report.common(profile, draft);
    if !profile.authority.is_entra() {
        report.warn(
            "refresh_token.reused",
            "RFC 9700 §4.14.2",
            "Every row sends the same token. Where refresh tokens rotate, the second row looks like theft, and the \
             whole sign-in may be ended.",
        );
    }
    report.0
}

impl Report {
    fn common(&mut self, profile: &Profile, draft: &Draft) {
        self.secret(profile, draft);
        if profile.authority.is_entra()
            && profile.platform == Platform::Spa
            && header(draft, "origin").is_none()
        {
            self.warn(
                "origin.missing",
                "Entra",
                "A refresh token of a single-page application is taken only with an Origin header.",
            );
        }
    }
}
