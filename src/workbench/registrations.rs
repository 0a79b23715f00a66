//! Registrations at hand: those that the person has brought, and the lab tenant's own; authorize URLs beside them.
//!
//! What is brought comes in pieces, as `az` and Graph print them: the application, its service principal, its grants, its
//! federated credentials. `import` joins those of one application. [`Workbench::registration_entries`] lists everything
//! there is, [`Workbench::examined`] says what the checks make of one. [`Registrations::supply`] gives what was brought to
//! an explanation that lacks it.
//!
//! [`Workbench::registration_entries`]: super::Workbench::registration_entries
//! [`Workbench::examined`]: super::Workbench::examined

mod arriving;
mod examined;
mod supplied;

pub use examined::{Entry, EntryId, Examined, Form, Requested, Standing};
pub use supplied::Supplied;

use crate::{
    entra::registration::{Application, Grants, ServicePrincipal},
    lint::UrlReport,
    time::UnixTime,
};

/// What tells one that was brought from the others; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeptId(u32);

/// What was brought, the newest first.
#[derive(Debug, Default)]
pub struct Registrations {
    kept: Vec<Kept>,
    next: u32,
    revision: u64,
    /// What was taken away last, and from where.
    removed: Option<(usize, Kept)>,
    /// What became of the text that came last.
    last: Option<Result<Arrival, String>>,
}

/// Something that was brought.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Which one it is.
    pub id: KeptId,
    /// What it is.
    pub what: What,
}

/// What can be brought.
#[derive(Clone, Debug)]
pub enum What {
    /// An application, as far as it is known.
    Registration(Box<Known>),
    /// The address of a sign-in.
    Address(Box<Address>),
}

/// What is known of one application.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The registration; without one there is only what the tenant's service principal says.
    pub application: Option<Application>,
    /// The service principal.
    pub principal: Option<ServicePrincipal>,
    /// What was granted to it.
    pub grants: Option<Grants>,
    /// Whether somebody looked for grants of delegated permissions.
    pub knows_delegated: bool,
    /// The same for application permissions.
    pub knows_assigned: bool,
    /// The time for which it was written down, if it names one.
    pub now: Option<UnixTime>,
}

/// The address of a sign-in.
#[derive(Clone, Debug)]
pub struct Address {
    /// What was read from it, before any comparison.
    pub report: UrlReport,
    /// Whom it names.
    pub client_id: Option<String>,
}

/// What a text brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// In words, for the person.
    pub said: String,
    /// What to show of it.
    pub show: KeptId,
}

impl Known {
    /// The client id.
    pub fn app_id(&self) -> Option<&str> {
        let own = self.application.as_ref().and_then(|app| app.app_id.as_deref());
        own.or_else(|| self.principal.as_ref()?.app_id.as_deref()).filter(|id| !id.is_empty())
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        let own = self.application.as_ref().and_then(|app| app.display_name.as_deref());
        let name = own.or_else(|| self.principal.as_ref()?.display_name.as_deref());
        name.filter(|name| !name.trim().is_empty())
            .or_else(|| self.app_id())
            .unwrap_or("an application without a name")
    }

    /// The tenant where it is at home, by id or domain, as far as anything says.
    pub fn tenant(&self) -> Option<&str> {
        let home = self.principal.as_ref().and_then(|principal| principal.home_tenant.as_deref());
        home.or_else(|| self.application.as_ref()?.publisher_domain.as_deref())
    }

    /// A redirect URI, where a page of consent can lead back to: best one that goes over https.
    pub fn redirect_uri(&self) -> Option<&str> {
        let all = || self.application.iter().flat_map(Application::all_redirect_uris).map(|(_, uri)| uri);
        let whole = |uri: &&str| !uri.contains('*');
        all().filter(whole).find(|uri| uri.starts_with("https://")).or_else(|| all().find(whole))
    }

    /// The domain of that tenant, or else its id: for people.
    pub fn tenant_name(&self) -> Option<&str> {
        let domain = self.application.as_ref().and_then(|app| app.publisher_domain.as_deref());
        domain.or_else(|| self.tenant())
    }

    /// Whether this is what an id or an identifier stands for.
    pub fn is_called(&self, name: &str) -> bool {
        let wanted = name.trim_end_matches('/');
        let same = |own: &str| own.trim_end_matches('/').eq_ignore_ascii_case(wanted);
        let is_bare = wanted.strip_prefix("api://").zip(self.app_id());
        self.app_id().is_some_and(same)
            || is_bare.is_some_and(|(id, own)| id.eq_ignore_ascii_case(own))
            || self.application.iter().flat_map(|app| &app.identifier_uris).any(|uri| same(uri))
            || self.principal.iter().flat_map(|principal| &principal.names).any(|name| same(name))
    }
}

impl Registrations {
    /// Everything that was brought, the newest first.
    pub fn all(&self) -> &[Kept] {
        &self.kept
    }

    /// One of them.
    pub fn get(&self, id: KeptId) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.id == id)
    }

    /// What is known of the applications among them.
    pub fn known(&self) -> impl Iterator<Item = &Known> {
        self.kept.iter().filter_map(|kept| match &kept.what {
            What::Registration(known) => Some(&**known),
            What::Address(_) => None,
        })
    }

    /// Grows with every change.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// What became of the text that came last: what it brought, or what is wrong with it.
    pub const fn last(&self) -> Option<&Result<Arrival, String>> {
        self.last.as_ref()
    }

    /// Takes one away; what is known no longer is not forgotten before the next is taken away.
    pub(super) fn remove(&mut self, id: KeptId) {
        if let Some(at) = self.kept.iter().position(|kept| kept.id == id) {
            self.removed = Some((at, self.kept.remove(at)));
            self.revision += 1;
        }
    }

    /// Puts back what was taken away last.
    pub(super) fn put_back(&mut self) {
        if let Some((at, kept)) = self.removed.take() {
            self.kept.insert(at.min(self.kept.len()), kept);
            self.revision += 1;
        }
    }

    /// What was taken away last and can be put back.
    pub fn removed(&self) -> Option<KeptId> {
        self.removed.as_ref().map(|(_, kept)| kept.id)
    }

    fn keep(&mut self, what: What) -> KeptId {
        let id = KeptId(self.next);
        self.next += 1;
        self.kept.insert(0, Kept { id, what });
        id
    }
}

#[cfg(test)]
mod tests;
