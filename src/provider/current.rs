//! Keeping what was handed out in step with the directory: codes, sessions and refresh tokens hold people, tenants and
//! registrations as they were when they were made; after a change of the directory they get the present ones. What is no
//! longer in the directory stays as it was known, and the rules find that it is gone.

use std::sync::Arc;

use super::{
    Provider,
    grants::{Code, Device, Progress, Refresh},
    scenario::{Application, Scenario, Tenant, User},
    scope::Wanted,
    sessions::{Interaction, Participant, Person, Purpose, Session},
    tenant::Segment,
};

/// Something that holds entries of the directory.
pub trait Renew {
    /// Takes over how these entries are now.
    fn renew(&mut self, scenario: &Scenario);
}

impl Renew for Arc<User> {
    fn renew(&mut self, scenario: &Scenario) {
        if let Some(user) = scenario.user_with_id(&self.id) {
            self.clone_from(user);
        }
    }
}

impl Renew for Arc<Application> {
    fn renew(&mut self, scenario: &Scenario) {
        if let Some(application) = scenario.application_with_id(&self.app_id) {
            self.clone_from(application);
        }
    }
}

impl Renew for Arc<Tenant> {
    fn renew(&mut self, scenario: &Scenario) {
        if let Some(tenant) = scenario.tenant_named(&self.id) {
            self.clone_from(tenant);
        }
    }
}

impl Renew for Segment {
    fn renew(&mut self, scenario: &Scenario) {
        if let Self::Tenant(tenant) = self {
            tenant.renew(scenario);
        }
    }
}

impl Renew for Wanted {
    fn renew(&mut self, scenario: &Scenario) {
        for target in &mut self.targets {
            target.resource.renew(scenario);
        }
    }
}

impl Renew for Person {
    fn renew(&mut self, scenario: &Scenario) {
        self.user.renew(scenario);
    }
}

impl Renew for Session {
    fn renew(&mut self, scenario: &Scenario) {
        self.people.iter_mut().chain(&mut self.ended).for_each(|person| person.renew(scenario));
    }
}

impl Renew for Vec<Participant> {
    fn renew(&mut self, scenario: &Scenario) {
        for participant in self {
            participant.client.renew(scenario);
            participant.tenant.renew(scenario);
        }
    }
}

impl Renew for Code {
    fn renew(&mut self, scenario: &Scenario) {
        self.client.renew(scenario);
        self.tenant.renew(scenario);
        self.segment.renew(scenario);
        self.person.renew(scenario);
        self.wanted.renew(scenario);
    }
}

impl Renew for Device {
    fn renew(&mut self, scenario: &Scenario) {
        self.client.renew(scenario);
        self.segment.renew(scenario);
        self.wanted.renew(scenario);
        if let Progress::Approved(person, tenant) = &mut self.progress {
            person.renew(scenario);
            tenant.renew(scenario);
        }
    }
}

impl Renew for Refresh {
    fn renew(&mut self, scenario: &Scenario) {
        self.client.renew(scenario);
        self.tenant.renew(scenario);
        self.person.renew(scenario);
        self.wanted.renew(scenario);
    }
}

impl Renew for Interaction {
    fn renew(&mut self, scenario: &Scenario) {
        self.client.renew(scenario);
        self.segment.renew(scenario);
        self.wanted.renew(scenario);
        if let Some(person) = &mut self.person {
            person.renew(scenario);
        }
        if let Some(user) = &mut self.elsewhere {
            user.renew(scenario);
        }
        if let Purpose::AdminConsent(asked) = &mut self.purpose
            && let Some(wanted) = &mut asked.wanted
        {
            wanted.renew(scenario);
        }
    }
}

impl Provider {
    /// Brings everything that was handed out up to the present directory.
    pub(super) fn catch_up(&mut self) {
        let scenario = Arc::clone(&self.scenario);
        self.codes.values_mut().for_each(|code| code.renew(&scenario));
        self.devices.values_mut().for_each(|device| device.renew(&scenario));
        self.refresh_tokens.values_mut().for_each(|token| token.renew(&scenario));
        self.interactions.values_mut().for_each(|interaction| interaction.renew(&scenario));
        self.sessions.values_mut().for_each(|session| session.renew(&scenario));
        self.participants.values_mut().for_each(|participants| participants.renew(&scenario));
        self.accounts.keep_track(&scenario);
    }
}
