//! What was brought here as evidence for an explanation that lacks it: client and API are known by their ids.

use super::{Known, Registrations};
use crate::explain::{self, Evidence, Looked};

/// What an explanation was given from here: the names of the applications, none if there was nothing to give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supplied {
    /// Whose registration it was.
    pub registration: Option<String>,
    /// Whose service principal or grants.
    pub directory: Option<String>,
    /// The API whose registration, or service principal, it was.
    pub resource: Option<String>,
}

impl Supplied {
    /// Whether nothing was.
    pub const fn is_empty(&self) -> bool {
        self.registration.is_none() && self.directory.is_none() && self.resource.is_none()
    }
}

impl Registrations {
    /// Adds to evidence what it lacks and what was brought of its client and its API. What the evidence has stays. A refusal
    /// of the lab tenant has its own directory beside it, and gets nothing.
    pub fn supply(&self, evidence: &mut Evidence) -> Supplied {
        let mut supplied = Supplied::default();
        if evidence.lab || self.known().next().is_none() {
            return supplied;
        }
        let parties = explain::parties(evidence);
        let client = parties.client.as_deref().and_then(|id| {
            self.known().find(|known| known.app_id().is_some_and(|own| own.eq_ignore_ascii_case(id)))
        });
        if let Some(known) = client {
            self::client(evidence, known, &parties, &mut supplied);
        }
        let resource = parties.resource.as_deref();
        let resource = resource.and_then(|name| self.known().find(|known| known.is_called(name)));
        // Who asks for a token to itself is both.
        if let Some(known) = resource {
            let name = || Some(known.name().to_owned());
            if let Some(application) = known.application.as_ref().filter(|_| parties.lacks_resource) {
                evidence.resource_registration = Some(application.clone());
                supplied.resource = name();
            }
            if let Some(principal) = known.principal.as_ref().filter(|_| parties.lacks_resource_principal) {
                evidence.resource_service_principal = Looked::Found(principal.clone());
                supplied.resource = name();
            }
        }
        supplied
    }
}

fn client(evidence: &mut Evidence, known: &Known, parties: &explain::Parties, supplied: &mut Supplied) {
    let name = || Some(known.name().to_owned());
    if let Some(application) = known.application.as_ref().filter(|_| parties.lacks_registration) {
        evidence.registration = Some(application.clone());
        supplied.registration = name();
    }
    if let Some(principal) = known.principal.as_ref().filter(|_| parties.lacks_principal) {
        evidence.service_principal = Looked::Found(principal.clone());
        supplied.directory = name();
    }
    // An empty list says that nothing was granted: half of the truth would say too much.
    let is_whole = known.knows_delegated && known.knows_assigned;
    if let Some(grants) = known.grants.as_ref().filter(|_| parties.lacks_grants && is_whole) {
        evidence.grants = Some(grants.clone());
        supplied.directory = name();
    }
}
