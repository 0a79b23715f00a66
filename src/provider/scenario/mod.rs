//! The directory a lab tenant is stocked with, read from TOML.
//!
//! [`Scenario::northwind`] is the one built in; [`Scenario::parse`] reads another. Properties of registrations carry the
//! names that Microsoft Graph gives them, unknown keys are refused, and an error names line and key. Tests and the
//! workbench find things by their short `key`: `scenario.application("storefront")`, `scenario.user("mina")`.

mod application;
mod check;
mod credentials;
mod describe;
mod devices;
pub mod edit;
mod groups;
mod locations;
mod managed_identity;
mod people;
pub(super) mod plain;
mod policy;
mod read;

use std::sync::Arc;

use super::{
    certificate::Certificate,
    consents::{PermissionGrant, RoleAssignment},
};
pub use application::{
    Api, AppRole, Application, Audience, ConsentType, ImplicitGrantSettings, OptionalClaims,
    PasswordCredential, PermissionScope, Platform, PlatformKind, PreAuthorized, ResourceAccess, Web,
};
pub(super) use check::{EVERYTHING, is_guid};
pub use credentials::{FederatedCredential, Issuer, Key, KeyCredential, LAB};
pub use devices::{Device, TrustType};
pub use groups::{AssignedTo, Group, GroupMembershipClaims, GroupRange};
pub(super) use locations::ALL_TRUSTED;
pub use locations::NamedLocation;
pub use managed_identity::{IdentityKind, ManagedIdentity};
pub use people::{Blocked, LegalAgeGroup, Membership, Tenant, User};
pub use policy::{
    ConditionalAccessPolicy, Control, Operator, Policy, PolicyState, Repeated, RiskLevel, TransferMethod,
    UserAction, UserConsent,
};
pub use read::ScenarioError;

/// The tenant id behind the word `consumers` (personal Microsoft accounts).
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Microsoft Graph's application id, the same in every tenant.
pub const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Tenants, people, applications and policies. Checked: whatever is referred to exists, ids are GUIDs, keys are unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What the tenants agreed on.
    pub policy: Policy,
    /// What the tenants ask of sign-ins, in the order of the file.
    pub conditional_access_policies: Vec<ConditionalAccessPolicy>,
    tenants: Vec<Arc<Tenant>>,
    users: Vec<Arc<User>>,
    applications: Vec<Arc<Application>>,
    managed_identities: Vec<Arc<ManagedIdentity>>,
    issuers: Vec<Issuer>,
    groups: Vec<Group>,
    group_ranges: Vec<GroupRange>,
    devices: Vec<Device>,
    named_locations: Vec<NamedLocation>,
    grants: Vec<PermissionGrant>,
    assignments: Vec<RoleAssignment>,
}

impl Scenario {
    /// Northwind Retail, the scenario that is built in.
    pub fn northwind() -> Self {
        Self::parse(include_str!("../northwind.toml")).expect("the built-in scenario is read by a test")
    }

    /// All tenants; the first is the home tenant.
    pub fn tenants(&self) -> &[Arc<Tenant>] {
        &self.tenants
    }

    /// All people.
    pub fn users(&self) -> &[Arc<User>] {
        &self.users
    }

    /// All registrations, resources included.
    pub fn applications(&self) -> &[Arc<Application>] {
        &self.applications
    }

    /// The tenant that ready-made profiles use.
    pub fn home(&self) -> &Arc<Tenant> {
        self.tenants.first().expect("a scenario without tenants is refused when it is read")
    }

    /// The tenant with that short name.
    pub fn tenant(&self, key: &str) -> Option<&Arc<Tenant>> {
        self.tenants.iter().find(|tenant| tenant.key == key)
    }

    /// The person with that short name.
    pub fn user(&self, key: &str) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.key == key)
    }

    /// The registration with that short name.
    pub fn application(&self, key: &str) -> Option<&Arc<Application>> {
        self.applications.iter().find(|application| application.key == key)
    }

    /// The identities of the lab's machine.
    pub fn managed_identities(&self) -> &[Arc<ManagedIdentity>] {
        &self.managed_identities
    }

    /// The devices that the directory knows.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The named locations.
    pub fn named_locations(&self) -> &[NamedLocation] {
        &self.named_locations
    }

    /// What is granted from the beginning beside what stands in the registrations.
    pub fn grants(&self) -> &[PermissionGrant] {
        &self.grants
    }

    /// The roles that are held from the beginning beside what stands in the registrations.
    pub fn assignments(&self) -> &[RoleAssignment] {
        &self.assignments
    }

    /// The issuers outside the lab whose keys are known.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// Adds a certificate to the registration with that short name or client id; false if there is none.
    pub(super) fn add_certificate(&mut self, application: &str, certificate: Certificate) -> bool {
        let found = self
            .applications
            .iter_mut()
            .find(|found| found.key == application || found.app_id.eq_ignore_ascii_case(application));
        let Some(found) = found else { return false };
        let display_name = certificate.subject.clone();
        let key = Key::Certificate(Box::new(certificate));
        Arc::make_mut(found).key_credentials.push(KeyCredential { display_name, key });
        true
    }

    /// The directory without these certificates (DER), whosever they are.
    pub(super) fn without_certificates(&self, ders: &[Vec<u8>]) -> Self {
        let mut scenario = self.clone();
        for application in &mut scenario.applications {
            let is_one = |credential: &KeyCredential| match &credential.key {
                Key::Certificate(certificate) => ders.contains(&certificate.der),
                Key::MadeAtStart => false,
            };
            if application.key_credentials.iter().any(is_one) {
                Arc::make_mut(application).key_credentials.retain(|credential| !is_one(credential));
            }
        }
        scenario
    }

    /// The tenant with that GUID or domain name, whatever the letter case.
    pub fn tenant_named(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.tenants.iter().find(|tenant| {
            tenant.id.eq_ignore_ascii_case(name)
                || tenant.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))
        })
    }

    /// The person with that sign-in name, whatever the letter case.
    pub fn user_named(&self, name: &str) -> Option<&Arc<User>> {
        self.users.iter().find(|user| user.user_principal_name.eq_ignore_ascii_case(name.trim()))
    }

    /// The registration with that client id.
    pub fn application_with_id(&self, app_id: &str) -> Option<&Arc<Application>> {
        self.applications.iter().find(|application| application.app_id.eq_ignore_ascii_case(app_id))
    }

    /// The person with that object id, in whichever tenant.
    pub fn user_with_id(&self, object_id: &str) -> Option<&Arc<User>> {
        self.users.iter().find(|user| {
            user.id.eq_ignore_ascii_case(object_id)
                || user.guest_in.iter().any(|membership| membership.id.eq_ignore_ascii_case(object_id))
        })
    }

    /// Somebody's home tenant.
    pub fn tenant_of(&self, user: &User) -> &Arc<Tenant> {
        self.tenant(&user.tenant).expect("a person's tenant is checked when the scenario is read")
    }

    /// Microsoft Graph's registration.
    pub fn graph(&self) -> &Arc<Application> {
        self.application_with_id(GRAPH).expect("a scenario without Graph is refused when it is read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_scenario_is_read_and_has_somebody_for_each_situation() {
        let scenario = Scenario::northwind();
        assert_eq!(scenario.home().display_name, "Northwind Retail");
        assert!(scenario.users().iter().any(|user| user.administrator));
        assert!(scenario.users().iter().any(|user| user.one_time_code.is_some()));
        assert!(scenario.users().iter().any(|user| !user.account_enabled));
        for key in ["storefront", "admin-portal", "inventory-sync", "desktop", "kiosk", "catalog-api"] {
            assert!(scenario.application(key).is_some(), "{key} is missing");
        }
        assert_eq!(
            scenario.tenant_named("NORTHWIND.example"),
            scenario.tenant_named(&scenario.home().id),
            "a domain means the same tenant as its id"
        );
    }

    #[test]
    fn ready_made_profiles_find_what_they_need() {
        let scenario = Scenario::northwind();
        let of = |key: &str| scenario.application(key).unwrap();
        assert_eq!(
            of("storefront").redirect_uri(),
            Some((PlatformKind::Spa, "http://localhost:7081/signin"))
        );
        assert_eq!(of("desktop").redirect_uri(), Some((PlatformKind::PublicClient, "http://localhost")));
        assert!(of("inventory-sync").secret().is_some() && of("kiosk").secret().is_none());
        assert_eq!(
            of("store-reports").secret().unwrap().expose(),
            "lab~store-reports~secret",
            "not the expired one"
        );
    }
}
