//! The two requests of the device code grant.

use super::{Report, any, header, token};
use crate::{
    finding::Finding,
    flow::{Draft, Platform, Profile},
};

/// Looks at a request for device and user code.
pub(in crate::flow) fn device_authorization(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    // The standard lets the scope be left out, Entra does not (RFC 8628 §3.1).
    let is_entra = profile.authority.is_entra();
    let by_header = header(draft, "authorization").is_some();
    let names = ["client_id", "scope"];
    let required: &[_] = match (by_header, is_entra) {
        (false, true) => &names,
        (false, false) => &names[..1],
        (true, true) => &names[1..],
        (true, false) => &[],
    };
    let mut report = Report(any(draft, required));
    report.scope(profile, draft);
    report.offline_access(draft);
    report.0
}

/// Looks at the poll.
pub(in crate::flow) fn poll(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(token::request(draft, &["device_code"]));
    if profile.platform != Platform::Web {
        report.secret(profile, draft);
    }
    report.0
}
