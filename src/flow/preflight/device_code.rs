//! The two requests of the device code grant.

use super::{Report, any};
use crate::{
    finding::Finding,
    flow::{Draft, Platform, Profile},
};

/// Looks at a request for device and user code.
pub(in crate::flow) fn device_authorization(draft: &Draft) -> Vec<Finding> {
    any(draft, &["client_id", "scope"])
}

/// Looks at the poll.
pub(in crate::flow) fn poll(profile: &Profile, draft: &Draft) -> Vec<Finding> {
    let mut report = Report(any(draft, &["grant_type", "client_id", "device_code"]));
    if profile.platform != Platform::Web {
        report.secret(profile, draft);
    }
    report.0
}
