//! Whose signatures the lab tenant can check: its own, those of the pipeline beside it, and those of issuers whose keys
//! the scenario lists. It asks nobody over the network.

use std::sync::Arc;

use url::{Host, Url};

use super::{
    keys::{Keys, SigningKey},
    mint,
    public_key::PublishedKey,
    scenario::Scenario,
};

/// The sign-in host of the public cloud. Who makes this name mean the lab's machine gets there by it.
const CLOUD: &str = "login.microsoftonline.com";

/// The keys at hand.
#[derive(Clone, Debug)]
pub struct Issuers {
    pub tenants: Keys,
    pub pipeline: Option<Arc<SigningKey>>,
}

impl Issuers {
    /// The keys that an issuer publishes, if they are known here.
    pub fn keys_of(&self, issuer: &str, scenario: &Scenario) -> Option<Vec<PublishedKey>> {
        if lab_base(issuer).is_some_and(|base| issuer == pipeline(&base)) {
            return self.pipeline.as_ref().map(|key| vec![key.published()]);
        }
        if self.is_tenant(issuer, scenario) {
            return Some(self.tenants.published());
        }
        scenario.issuers().iter().find(|known| known.issuer == issuer).map(|known| known.keys.clone())
    }

    /// Whether it is a tenant of the scenario, in either version.
    #[expect(clippy::unused_self, reason = "asked beside keys_of, of the same issuer")]
    pub fn is_tenant(&self, issuer: &str, scenario: &Scenario) -> bool {
        lab_base(issuer).is_some_and(|base| {
            let mut tenants = scenario.tenants().iter();
            tenants.any(|tenant| {
                [1, 2].iter().any(|version| mint::issuer(&base, &tenant.id, *version) == issuer)
            })
        })
    }
}

/// The `iss` of the pipeline.
pub fn pipeline(base: &str) -> String {
    format!("{base}/pipeline")
}

/// The lab's own address as an issuer spells it, or `None` if it cannot be the lab's. The lab goes by several names
/// (localhost, 127.0.0.1, http and https, and over https by the cloud's own); whose keys they are, the signature tells.
pub fn lab_base(issuer: &str) -> Option<String> {
    let url = Url::parse(issuer).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let base = url.origin().ascii_serialization();
    (is_lab(&url) && issuer.starts_with(&base)).then_some(base)
}

/// Whether an address is one by which the lab can be reached.
pub fn is_lab(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name == CLOUD && url.scheme() == "https",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_over_https_the_cloud_is_the_lab() {
        assert_eq!(lab_base("http://localhost:7080/pipeline").as_deref(), Some("http://localhost:7080"));
        assert_eq!(lab_base("https://[::1]:1/x").as_deref(), Some("https://[::1]:1"));
        let cloud = "https://login.microsoftonline.com";
        assert_eq!(lab_base(&format!("{cloud}/t/v2.0")).as_deref(), Some(cloud));
        for other in [
            "https://tokens.example/pipeline",
            "http://LOCALHOST:7080/x",
            "pipeline",
            "ftp://localhost/",
            "http://login.microsoftonline.com/t/v2.0",
            "https://login.microsoftonline.us/t/v2.0",
        ] {
            assert_eq!(lab_base(other), None, "{other}");
        }
    }
}
