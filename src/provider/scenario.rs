//! The directory a lab tenant is stocked with, read from TOML.

/// Tenants, people, applications, resources, grants and policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {}
