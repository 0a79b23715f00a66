//! A person's password on its way to the token endpoint.

use super::{Report, tenant_segment, token};
use crate::{
    finding::Finding,
    flow::{Draft, Platform, Profile},
};

/// Looks at a password request.
pub(in crate::flow) fn password(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(token::request(draft, &["username", "password"]));
    if profile.platform == Platform::Web {
        report.secret(profile, draft);
    }
    report.scope(profile, draft);
    if profile.authority.is_entra() {
        let tenant = tenant_segment(&draft.endpoint.value);
        if ["common", "consumers"].iter().any(|shared| tenant.eq_ignore_ascii_case(shared)) {
            report.warn(
                "tenant.shared",
                "Entra",
                "Passwords are taken for the accounts of one directory: common and consumers are refused.",
            );
        }
        if token::sent(draft, "password").is_some_and(|password| password.trim() != password) {
            report.warn(
                "password.blanks",
                "Entra",
                "The password begins or ends with a blank; Entra cannot take such a one in this grant.",
            );
        }
    }
    report.0
}
