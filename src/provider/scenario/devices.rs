//! Devices that the directory knows. The lab asks on a page which of them somebody sits at; a real tenant learns it from a
//! certificate or a token of the device itself.

use serde::{Deserialize, Serialize};

use super::{Scenario, User, plain};

/// A device object (Graph's `device`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// The short name in the scenario.
    pub key: String,
    /// Its GUID, the `deviceid` of tokens.
    pub device_id: String,
    /// What it is called.
    pub display_name: String,
    /// `Windows`, `macOS`, `iOS` and so on.
    pub operating_system: String,
    /// How it is tied to the directory.
    #[serde(default)]
    pub trust_type: TrustType,
    /// Whether its management vouches for it.
    #[serde(default)]
    pub is_compliant: bool,
    /// Whether it may be used at all.
    #[serde(default = "plain::yes")]
    pub account_enabled: bool,
    /// The keys of the people it is registered to.
    #[serde(default)]
    pub registered_owners: Vec<String>,
}

/// How a device is tied to the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum TrustType {
    /// Registered by its owner.
    #[default]
    Workplace,
    /// Joined to Entra ID.
    AzureAd,
    /// Joined to a domain of the organisation, and to Entra ID through it.
    ServerAd,
}

impl TrustType {
    /// The word in the directory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workplace => "Workplace",
            Self::AzureAd => "AzureAd",
            Self::ServerAd => "ServerAd",
        }
    }
}

impl Scenario {
    /// The device with that short name.
    pub fn device(&self, key: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.key == key)
    }

    /// The devices that are registered to somebody.
    pub fn devices_of(&self, user: &User) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(|device| device.registered_owners.contains(&user.key))
    }
}
