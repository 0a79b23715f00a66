//! Everything that is at hand, and what the checks make of one.

use std::borrow::Cow;

use super::{KeptId, Known, What};
use crate::{
    entra::{
        permissions::{self, Permission},
        registration::{Application, Grants, Kind, ServicePrincipal},
        scopes,
    },
    finding::Severity,
    lint::{self, LintFinding, UrlReport},
    time::UnixTime,
    workbench::{LabState, Workbench},
};

/// Findings that say of a grant that it is missing: only who has looked for grants can say so.
const MISSING_DELEGATED: [&str; 1] = ["grant.scope_missing"];
const MISSING_ASSIGNED: [&str; 1] = ["grant.role_missing"];

/// What tells an entry from the others, as long as it is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryId {
    /// The person brought it.
    Kept(KeptId),
    /// The lab tenant's application with this client id.
    Lab(String),
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A registration.
    Registration,
    /// Only what the service principal says.
    Principal,
    /// The address of a sign-in.
    Address,
}

/// One that is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which one it is.
    pub id: EntryId,
    /// What it is.
    pub form: Form,
    /// What it is called.
    pub name: String,
    /// The client id, if it is known.
    pub client_id: Option<String>,
}

/// What the checks make of an entry.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What was found, the worst first.
    pub findings: Vec<LintFinding>,
    /// The address, if it is one, with what was found by comparing it.
    pub report: Option<UrlReport>,
    /// The registration that it was compared with, by name.
    pub compared_with: Option<String>,
    /// What it asks for.
    pub requested: Vec<Requested>,
}

/// A permission that a registration lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The client id of the API.
    pub api: String,
    /// What the API is called; its id if nobody knows.
    pub api_name: String,
    /// The permission's GUID; empty if an API is listed without one.
    pub id: String,
    /// Its name, if anybody knows.
    pub name: Option<String>,
    /// Delegated or application.
    pub kind: Kind,
    /// Whether only an administrator may consent, if that is known.
    pub needs_admin: Option<bool>,
    /// Whether it was granted.
    pub standing: Standing,
}

/// Whether a permission was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has looked.
    Unknown,
    /// To everybody, or to the application itself.
    Granted,
    /// To some people.
    ForSome,
    /// To nobody.
    Missing,
}

impl Requested {
    /// The permission in the table of those that are the same everywhere.
    pub fn listed(&self) -> Option<Permission> {
        permissions::of_api(&self.api, &self.id, self.kind)
    }
}

impl Examined {
    /// How many findings there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

impl Workbench {
    /// Everything that is at hand: what the person has brought, then the lab tenant's own applications.
    pub fn registration_entries(&self) -> Vec<Entry> {
        let brought = self.registrations.all().iter().map(|kept| match &kept.what {
            What::Registration(known) => Entry {
                id: EntryId::Kept(kept.id),
                form: if known.application.is_some() { Form::Registration } else { Form::Principal },
                name: known.name().to_owned(),
                client_id: known.app_id().map(str::to_owned),
            },
            What::Address(address) => {
                let called = address.client_id.as_deref().and_then(|id| self.known_client(id));
                let title = address.report.endpoint.title();
                Entry {
                    id: EntryId::Kept(kept.id),
                    form: Form::Address,
                    name: match (&called, &address.client_id) {
                        (Some((_, known)), _) => format!("{title} of {}", known.name()),
                        (None, Some(id)) => format!("{title} of {id}"),
                        (None, None) => title.to_owned(),
                    },
                    client_id: address.client_id.clone(),
                }
            }
        });
        let own = self.lab_applications().map(|application| Entry {
            id: EntryId::Lab(application.app_id.clone()),
            form: Form::Registration,
            name: application.display_name.clone(),
            client_id: Some(application.app_id.clone()),
        });
        brought.chain(own).collect()
    }

    /// What is known of an application; `None` for an address, and for what is no longer there.
    pub fn known(&self, id: &EntryId) -> Option<Cow<'_, Known>> {
        match id {
            EntryId::Kept(id) => match &self.registrations.get(*id)?.what {
                What::Registration(known) => Some(Cow::Borrowed(known)),
                What::Address(_) => None,
            },
            EntryId::Lab(client_id) => self.known_in_lab(client_id).map(Cow::Owned),
        }
    }

    /// What the checks make of an entry at this time of the machine.
    pub fn examined(&self, id: &EntryId, now: UnixTime) -> Option<Examined> {
        if let EntryId::Kept(kept) = id
            && let What::Address(address) = &self.registrations.get(*kept)?.what
        {
            let mut report = address.report.clone();
            let called = address.client_id.as_deref().and_then(|id| self.known_client(id));
            let called = called.filter(|(_, known)| known.application.is_some());
            if let Some((_, known)) = &called
                && let Some(application) = &known.application
            {
                let is_whole = known.knows_delegated && known.knows_assigned;
                report.compare(application, known.grants.as_ref().filter(|_| is_whole));
            }
            return Some(Examined {
                findings: report.findings.clone(),
                report: Some(report),
                compared_with: called.map(|(_, known)| known.name().to_owned()),
                requested: Vec::new(),
            });
        }
        let known = self.known(id)?;
        // The lab tenant's clock can be moved: its secrets end by that.
        let now = match id {
            EntryId::Kept(_) => known.now.unwrap_or(now),
            EntryId::Lab(_) => self.tenant.view().clock.at(now),
        };
        Some(Examined {
            findings: findings(&known, now),
            report: None,
            compared_with: None,
            requested: self.requested(&known),
        })
    }

    /// What changes whenever something here may.
    pub fn registrations_version(&self) -> (u64, u64, bool) {
        let (tenant, _) = self.tenant.version();
        (self.registrations.revision(), tenant, matches!(self.lab.state, LabState::Running(_)))
    }

    /// The lab tenant's own registrations, without those of Microsoft.
    fn lab_applications(
        &self,
    ) -> impl Iterator<Item = &std::sync::Arc<crate::provider::scenario::Application>> {
        let all = self.tenant.view().scenario.applications().iter();
        all.filter(|application| self.has_own_lab() && application.tenant.is_some())
    }

    fn known_in_lab(&self, client_id: &str) -> Option<Known> {
        let own = self.lab_applications().find(|own| own.app_id.eq_ignore_ascii_case(client_id))?;
        let view = self.tenant.view();
        let base = self.lab.base().origin().ascii_serialization();
        let home = own.tenant.as_deref().and_then(|key| view.scenario.tenant(key))?;
        let grants = view.granted_to(client_id, &home.id);
        Some(Known {
            application: view.registration(client_id, &base).as_ref().and_then(Application::read),
            principal: view.service_principal(client_id, &home.id).as_ref().and_then(ServicePrincipal::read),
            grants: grants.as_ref().and_then(Grants::read),
            knows_delegated: true,
            knows_assigned: true,
            now: None,
        })
    }

    /// The registration of a client: the person's own goes before the lab's.
    fn known_client(&self, client_id: &str) -> Option<(EntryId, Cow<'_, Known>)> {
        let is_it = |known: &Known| known.app_id().is_some_and(|own| own.eq_ignore_ascii_case(client_id));
        let brought = self.registrations.all().iter().find_map(|kept| match &kept.what {
            What::Registration(known) if is_it(known) => {
                Some((EntryId::Kept(kept.id), Cow::Borrowed(&**known)))
            }
            What::Registration(_) | What::Address(_) => None,
        });
        brought.or_else(|| {
            let known = self.known_in_lab(client_id)?;
            Some((EntryId::Lab(client_id.to_owned()), Cow::Owned(known)))
        })
    }

    /// What a registration lists, by name where anybody knows it: the table, or the registration of the API.
    fn requested(&self, known: &Known) -> Vec<Requested> {
        let Some(application) = &known.application else { return Vec::new() };
        let mut apis: Vec<(String, Option<Cow<'_, Known>>)> = Vec::new();
        let mut out = Vec::new();
        for one in &application.required {
            if !apis.iter().any(|(id, _)| *id == one.resource) {
                let api = if known.is_called(&one.resource) {
                    Some(Cow::Borrowed(known))
                } else {
                    self.known_client(&one.resource).map(|(_, api)| api)
                };
                apis.push((one.resource.clone(), api));
            }
            let api = apis.iter().find(|(id, _)| *id == one.resource).and_then(|(_, api)| api.as_deref());
            let listed = permissions::of_api(&one.resource, &one.permission, one.kind);
            let exposed = api.and_then(|api| exposed(api, &one.permission, one.kind));
            let name = listed.map(|found| found.name.to_owned());
            let name = name.or_else(|| exposed.as_ref().map(|(name, _)| name.clone()));
            let api_name = scopes::well_known(&one.resource).map(|found| found.name.to_owned());
            out.push(Requested {
                api: one.resource.clone(),
                api_name: api_name
                    .or_else(|| api.map(|api| api.name().to_owned()))
                    .unwrap_or_else(|| one.resource.clone()),
                id: one.permission.clone(),
                kind: one.kind,
                needs_admin: listed.map(|found| found.needs_admin).or(exposed.map(|(_, admin)| admin)),
                standing: standing(known, one.kind, &one.permission, name.as_deref()),
                name,
            });
        }
        out
    }
}

/// Name and whether only administrators may consent, as the API itself says it.
fn exposed(api: &Known, id: &str, kind: Kind) -> Option<(String, bool)> {
    let (application, principal) = (api.application.as_ref(), api.principal.as_ref());
    let is_it = |own: &str| own.eq_ignore_ascii_case(id);
    match kind {
        Kind::Scope => {
            let own = application.iter().flat_map(|app| &app.scopes);
            let found = own
                .chain(principal.iter().flat_map(|principal| &principal.scopes))
                .find(|scope| is_it(&scope.id))?;
            Some((found.value.clone(), found.needs_admin))
        }
        Kind::Role => {
            let own = application.iter().flat_map(|app| &app.app_roles);
            let found = own
                .chain(principal.iter().flat_map(|principal| &principal.app_roles))
                .find(|role| is_it(&role.id))?;
            Some((found.value.clone(), true))
        }
    }
}

fn standing(known: &Known, kind: Kind, id: &str, name: Option<&str>) -> Standing {
    let Some(grants) = &known.grants else { return Standing::Unknown };
    let is_named = |scope: &String| name.is_some_and(|name| scope.eq_ignore_ascii_case(name));
    match kind {
        Kind::Role if !known.knows_assigned => Standing::Unknown,
        Kind::Scope if !known.knows_delegated || name.is_none() => Standing::Unknown,
        Kind::Role => {
            let is_there = grants.application.iter().any(|one| one.role.eq_ignore_ascii_case(id));
            if is_there { Standing::Granted } else { Standing::Missing }
        }
        Kind::Scope => {
            let with = || grants.delegated.iter().filter(|one| one.scopes.iter().any(is_named));
            match with().next() {
                None => Standing::Missing,
                Some(_) if with().any(|one| one.principal.is_none()) => Standing::Granted,
                Some(_) => Standing::ForSome,
            }
        }
    }
}

fn findings(known: &Known, now: UnixTime) -> Vec<LintFinding> {
    // What nobody has brought of it is not there to be checked.
    let stand_in;
    let application = match (&known.application, &known.principal) {
        (Some(application), _) => application,
        (None, principal) => {
            let id = principal.as_ref().and_then(|principal| principal.app_id.clone());
            stand_in = Application { app_id: id, ..Application::default() };
            &stand_in
        }
    };
    let mut found = lint::registration(application, known.principal.as_ref(), known.grants.as_ref(), now);
    found.retain(|one| {
        (known.knows_delegated || !MISSING_DELEGATED.contains(&one.id))
            && (known.knows_assigned || !MISSING_ASSIGNED.contains(&one.id))
    });
    found
}
