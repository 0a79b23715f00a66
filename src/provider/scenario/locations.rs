//! Named locations: where requests come from, by address. Policies take them as conditions; an address with a bad name
//! makes a sign-in risky.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::RiskLevel;

/// Stands for every location marked as trusted in the lists of a policy.
pub(in crate::provider) const ALL_TRUSTED: &str = "AllTrusted";

/// Addresses that belong together (Graph's `ipNamedLocation`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedLocation {
    /// The short name in the scenario.
    pub key: String,
    /// What administrators call it.
    pub display_name: String,
    /// Networks such as `203.0.113.0/24`; a single address stands for itself.
    pub ip_ranges: Vec<String>,
    /// Whether `AllTrusted` includes it.
    #[serde(default)]
    pub is_trusted: bool,
    /// How risky a sign-in from there is. The lab's stand-in for what Entra learns of addresses.
    #[serde(default)]
    pub risk_level: RiskLevel,
}

impl NamedLocation {
    /// Whether an address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.ip_ranges.iter().filter_map(|range| Network::parse(range)).any(|network| network.holds(address))
    }

    /// The first range that is none.
    pub(super) fn fault(&self) -> Option<&str> {
        self.ip_ranges.iter().find(|range| Network::parse(range).is_none()).map(String::as_str)
    }
}

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, n)| (address, Some(n)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(most), |prefix| prefix.parse().ok())?;
        (prefix <= most).then_some(Self { address, prefix })
    }

    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        for (network, address, expected) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.6", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("2001:db8::/32", "2001:db8:1::7", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("203.0.113.0/24", "::ffff:203.0.113.9", true),
            ("203.0.113.0/24", "2001:db8::1", false),
        ] {
            let found = Network::parse(network).expect(network).holds(address.parse().expect(address));
            assert_eq!(found, expected, "{network} {address}");
        }
        for broken in ["203.0.113.0/33", "203.0.113/24", "here", "::/129", "10.0.0.0/x"] {
            assert_eq!(Network::parse(broken), None, "{broken}");
        }
    }
}
