//! The request of an application that signs in as itself.

use super::{Report, is_oidc, is_shared_tenant, token, words};
use crate::{
    finding::Finding,
    flow::{Draft, Platform, Profile},
};

/// Looks at a client-credentials request.
pub(in crate::flow) fn client_credentials(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let is_entra = profile.authority.is_entra();
    let mut report = Report(token::request(draft, if is_entra { &["scope"] } else { &[] }));
    report.must_prove(draft);
    if profile.platform != Platform::Web {
        let title = format!(
            "This grant is for applications that can keep a secret on a server. A {} cannot: register the part that runs \
             without people as an application of its own.",
            profile.platform.title()
        );
        report.warn("secret.public_client", "RFC 6749 §4.4", title);
    }
    if is_entra {
        let scope = draft.value("scope").unwrap_or_default();
        let apis: Vec<_> = words(scope).filter(|word| !is_oidc(word)).collect();
        if matches!(apis[..], [one] if one.ends_with("/.default")) {
            report.scope(profile, draft);
        } else {
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
