//! The exchange of a caller's token.

use super::{Report, token};
use crate::{
    finding::Finding,
    flow::{Draft, Profile},
};

/// Looks at an on-behalf-of request.
pub(in crate::flow) fn on_behalf_of(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let is_entra = profile.authority.is_entra();
    let required: &[_] =
        if is_entra { &["assertion", "requested_token_use", "scope"] } else { &["assertion"] };
    let mut report = Report(token::request(draft, required));
    report.must_prove(draft);
    report.scope(profile, draft);
    if is_entra && token::sent(draft, "requested_token_use").is_some_and(|use_| use_ != "on_behalf_of") {
        report.warn("requested_token_use.other", "Entra", "requested_token_use must be on_behalf_of.");
    }
    report.0
}
