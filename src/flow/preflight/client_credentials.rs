//! The request of an application that signs in as itself.

use super::{Report, any, is_oidc, is_shared_tenant, words};
use crate::{
    finding::Finding,
    flow::{Draft, Profile},
};

/// Looks at a client-credentials request.
pub(in crate::flow) fn client_credentials(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(any(draft, &["grant_type", "client_id", "scope"]));
    if draft.value("client_secret").is_none_or(str::is_empty) {
        report.warn(
            "secret.missing",
            "RFC 6749 §4.4",
            "Without a credential nobody can tell that it is this application that asks.",
        );
    }
    if profile.authority.is_entra() {
        let scope = draft.value("scope").unwrap_or_default();
        let apis: Vec<_> = words(scope).filter(|word| !is_oidc(word)).collect();
        if !matches!(apis[..], [one] if one.ends_with("/.default")) {
            report.warn(
                "scope.not_default",
                "Entra",
                "Entra gives application permissions as a whole: the scope must be one API's name and /.default.",
            );
        }
        if is_shared_tenant(&draft.endpoint.value) {
            report.warn(
                "tenant.shared",
                "Entra",
                "An application signs in to one tenant: common, organizations and consumers name none.",
            );
        }
    }
    report.0
}
