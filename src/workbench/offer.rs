//! What can be started with one key: a flow with a ready-made profile.

use url::Url;

use crate::{
    flow::{FlowKind, Profile},
    provider::scenario::Scenario,
};

/// A ready-made run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which flow.
    pub kind: FlowKind,
    /// The short name of its application, such as `storefront`.
    pub key: String,
    /// What kind of application it is, in a few words.
    pub subtitle: String,
    /// With which settings.
    pub profile: Profile,
}

impl Offer {
    /// Each flow for a target given on the command line.
    pub(super) fn for_target(profile: &Profile) -> Vec<Self> {
        FlowKind::ALL
            .into_iter()
            .map(|kind| Self {
                kind,
                key: profile.name.clone(),
                subtitle: profile.name.clone(),
                profile: profile.clone(),
            })
            .collect()
    }

    /// The lab tenant's applications, each with the flow that it is made for.
    pub fn for_lab(base: &Url, scenario: &Scenario) -> Vec<Self> {
        let _ = (base, scenario);
        Vec::new()
    }
}
