//! What runs know of the lab tenant: its directory, and its address once it answers.

use std::{collections::BTreeMap, sync::Arc};

use url::Url;

use crate::{agent::Credentials, flow::ClientKey, provider::scenario::Scenario, secret::Secret};

/// The lab tenant as seen from here: as far away as a real one would be.
#[derive(Debug)]
pub struct Lab {
    /// The directory as it is now.
    pub scenario: Arc<Scenario>,
    /// Whether it answers.
    pub state: LabState,
    /// Keys that it made for applications as it started, by their short names.
    pub client_keys: BTreeMap<String, ClientKey>,
    /// What a program on its machine shows at the App Service endpoint, once it is known.
    pub identity_header: Option<Secret>,
}

/// Whether the lab tenant answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabState {
    /// Its port is being opened and its keys are being made.
    Starting,
    /// It answers at this address.
    Running(Url),
    /// It cannot be started, and why.
    Failed(String),
}

impl Lab {
    /// Its base address: the one it has, or the one it will most likely get.
    pub fn base(&self) -> Url {
        match &self.state {
            LabState::Running(base) => base.clone(),
            LabState::Starting | LabState::Failed(_) => {
                "http://localhost:7080".parse().expect("a well-formed address")
            }
        }
    }

    /// What a person of the lab signs in with: the one of that sign-in name or key, or the first of the home tenant.
    pub fn person(&self, name: Option<&str>) -> Option<Credentials> {
        let mut users = self.scenario.users().iter();
        let user = match name {
            None => users.find(|user| user.tenant == self.scenario.home().key),
            Some(name) => {
                users.find(|user| user.key == name || user.user_principal_name.eq_ignore_ascii_case(name))
            }
        }?;
        Some(Credentials {
            username: user.user_principal_name.clone(),
            password: user.password.clone(),
            one_time_code: user.one_time_code.clone(),
            user_code: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::SigningAlgorithm,
        secret::Secret,
        time::UnixTime,
        workbench::{Event, Workbench},
    };

    #[test]
    fn a_key_that_the_lab_made_is_kept_for_its_application() {
        let mut workbench = Workbench::new(None, Scenario::northwind());
        let key = ClientKey {
            pem: Secret::new("a key"),
            algorithm: SigningAlgorithm::Ps256,
            names: Vec::new(),
            about: "CN=Northwind Price Feed".to_owned(),
        };
        let event = Event::LabKey { application: "price-feed".to_owned(), key: key.clone() };
        assert_eq!(workbench.apply(event, UnixTime::default()), []);
        assert_eq!(workbench.lab.client_keys.get("price-feed"), Some(&key));
    }
}
