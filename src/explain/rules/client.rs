//! Clients: what they call themselves, which tenant they ask, and how they prove themselves.

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] =
    &[("tenant.path_segment", path_segment), ("tenant.grant_needs_tenant", shared_tenant)];

fn path_segment(case: &Case<'_>) -> Option<Found> {
    const WORDS: [&str; 7] =
        ["oauth2", "v2.0", "authorize", "token", "devicecode", "adminconsent", ".well-known"];
    let tenant = case.facts.get("tenant").filter(|tenant| WORDS.contains(tenant))?;
    Found::certain("tenant in the path", tenant, "a GUID or a domain")
}

fn shared_tenant(case: &Case<'_>) -> Option<Found> {
    let shared = |tenant: &&str| ["common", "organizations", "consumers"].contains(tenant);
    let tenant = case.facts.get("tenant").filter(shared)?;
    Found::certain("tenant in the path", tenant, "one tenant's GUID or domain")
}
