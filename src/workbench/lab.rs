//! What the workbench knows of the lab tenant.

use url::Url;

use crate::provider::scenario::Scenario;

/// The lab tenant as seen from here: as far away as a real one would be.
#[derive(Debug)]
pub enum Lab {
    /// Its port is being opened and its keys are being made.
    Starting,
    /// It answers.
    Running {
        /// Its base address.
        base: Url,
        /// The directory it was stocked with.
        scenario: Box<Scenario>,
    },
    /// It cannot be started, and why.
    Failed(String),
}

impl Lab {
    pub(super) fn running(base: Url, scenario: Scenario) -> Self {
        Self::Running { base, scenario: Box::new(scenario) }
    }

    /// Its base address, once it answers.
    pub const fn base(&self) -> Option<&Url> {
        match self {
            Self::Running { base, .. } => Some(base),
            Self::Starting | Self::Failed(_) => None,
        }
    }
}
