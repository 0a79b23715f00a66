//! Whether a scenario holds together: everything that is referred to exists, what has to be unique is, and nothing
//! contradicts. What is wrong is told by its key.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    ALL_TRUSTED, Application, Audience, ConditionalAccessPolicy, FederatedCredential, IdentityKind,
    ManagedIdentity, PlatformKind, ResourceAccess, Scenario,
};
use crate::provider::{consents::GrantError, redirect_uri};

/// What is wrong, and where.
pub(super) struct Fault {
    /// The key; entries of lists are counted from 0.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
}

fn fault(key: String, problem: impl Into<String>) -> Result<(), Fault> {
    Err(Fault { key, problem: problem.into() })
}

/// Finds the first thing that is wrong.
pub(super) fn check(scenario: &Scenario) -> Result<(), Fault> {
    if scenario.tenants.is_empty() {
        return fault("tenants".to_owned(), "there must be at least one");
    }
    unique("tenants", "key", scenario.tenants.iter().map(|tenant| tenant.key.as_str()))?;
    unique("users", "key", scenario.users.iter().map(|user| user.key.as_str()))?;
    unique(
        "users",
        "userPrincipalName",
        scenario.users.iter().map(|user| user.user_principal_name.as_str()),
    )?;
    unique("applications", "key", scenario.applications.iter().map(|application| application.key.as_str()))?;
    unique("issuers", "issuer", scenario.issuers.iter().map(|issuer| issuer.issuer.as_str()))?;
    let identities = &scenario.managed_identities;
    unique("managedIdentities", "key", identities.iter().map(|identity| identity.key.as_str()))?;
    unique("managedIdentities", "clientId", identities.iter().map(|identity| identity.client_id.as_str()))?;
    unique(
        "applications",
        "appId",
        scenario.applications.iter().map(|application| application.app_id.as_str()),
    )?;
    for (index, tenant) in scenario.tenants.iter().enumerate() {
        guid(format!("tenants.{index}.id"), &tenant.id)?;
    }
    for (index, user) in scenario.users.iter().enumerate() {
        guid(format!("users.{index}.id"), &user.id)?;
        if scenario.tenant(&user.tenant).is_none() {
            fault(
                format!("users.{index}.tenant"),
                format!("there is no tenant with the key {:?}", user.tenant),
            )?;
        }
        for (position, membership) in user.guest_in.iter().enumerate() {
            let key = |rest: &str| format!("users.{index}.guestIn.{position}.{rest}");
            guid(key("id"), &membership.id)?;
            if scenario.tenant(&membership.tenant).is_none_or(|_| membership.tenant == user.tenant) {
                fault(
                    key("tenant"),
                    format!("there is no other tenant with the key {:?}", membership.tenant),
                )?;
            }
        }
    }
    for (index, policy) in scenario.conditional_access_policies.iter().enumerate() {
        check_policy(scenario, index, policy)?;
    }
    for (index, application) in scenario.applications.iter().enumerate() {
        check_application(scenario, index, application)?;
    }
    for (index, identity) in scenario.managed_identities.iter().enumerate() {
        check_identity(scenario, index, identity)?;
    }
    check_groups(scenario)?;
    check_devices(scenario)?;
    for (index, location) in scenario.named_locations.iter().enumerate() {
        if let Some(range) = location.fault() {
            let key = format!("namedLocations.{index}.ipRanges");
            fault(key, format!("{range:?} is neither an address nor a network such as 203.0.113.0/24"))?;
        }
    }
    unique("namedLocations", "key", scenario.named_locations.iter().map(|location| location.key.as_str()))?;
    if scenario.application_with_id(super::GRAPH).is_none() {
        fault("applications".to_owned(), format!("Microsoft Graph ({}) is missing", super::GRAPH))?;
    }
    for (index, grant) in scenario.grants.iter().enumerate() {
        grant.read(scenario).map_err(|why| grant_fault("oauth2PermissionGrants", index, &why))?;
    }
    for (index, assignment) in scenario.assignments.iter().enumerate() {
        assignment.read(scenario).map_err(|why| grant_fault("appRoleAssignments", index, &why))?;
    }
    Ok(())
}

fn grant_fault(list: &str, index: usize, why: &GrantError) -> Fault {
    Fault { key: format!("{list}.{index}"), problem: why.to_string() }
}

fn check_application(scenario: &Scenario, index: usize, application: &Application) -> Result<(), Fault> {
    let key = |rest: &str| format!("applications.{index}.{rest}");
    guid(key("appId"), &application.app_id)?;
    if let Some(tenant) = application.tenant.as_ref().filter(|tenant| scenario.tenant(tenant).is_none()) {
        fault(key("tenant"), format!("there is no tenant with the key {tenant:?}"))?;
    }
    for (position, tenant) in application.service_principals_in.iter().enumerate() {
        if scenario.tenant(tenant).is_none() {
            let key = key(&format!("servicePrincipalsIn.{position}"));
            fault(key, format!("there is no tenant with the key {tenant:?}"))?;
        }
    }
    let platforms = [
        (PlatformKind::Web, &application.web.redirect_uris),
        (PlatformKind::Spa, &application.spa.redirect_uris),
        (PlatformKind::PublicClient, &application.public_client.redirect_uris),
    ];
    for (platform, uris) in platforms {
        for (position, uri) in uris.iter().enumerate() {
            if let Some(why) = redirect_uri::unregistrable(uri, platform, application.sign_in_audience) {
                fault(key(&format!("{}.redirectUris.{position}", platform.name())), why)?;
            }
        }
    }
    if let Some(uri) = &application.web.logout_url
        && let Some(why) = redirect_uri::unregistrable(uri, PlatformKind::Web, application.sign_in_audience)
    {
        fault(key("web.logoutUrl"), why)?;
    }
    if let Some(version) =
        application.api.requested_access_token_version.filter(|version| !(1..=2).contains(version))
    {
        fault(key("api.requestedAccessTokenVersion"), format!("{version} is neither 1 nor 2"))?;
    }
    // As Graph has it: whoever takes personal accounts issues tokens of version 2.
    let takes_personal = matches!(application.sign_in_audience, Audience::Everyone | Audience::Personal);
    if takes_personal
        && application.is_resource()
        && application.api.requested_access_token_version != Some(2)
    {
        let audience = application.sign_in_audience.name();
        fault(key("api.requestedAccessTokenVersion"), format!("a resource for {audience} has version 2"))?;
    }
    for (position, user) in application.assigned_users.iter().enumerate() {
        if scenario.user(user).is_none() {
            let key = key(&format!("assignedUsers.{position}"));
            fault(key, format!("there is no person with the key {user:?}"))?;
        }
    }
    check_assignments(scenario, application, key)?;
    let lists = [
        ("requiredResourceAccess", &application.required_resource_access),
        ("appRoleAssignments", &application.app_role_assignments),
        ("oauth2PermissionGrants", &application.oauth2_permission_grants),
    ];
    for (list, entries) in lists {
        for (position, access) in entries.iter().enumerate() {
            check_access(scenario, access, |rest| key(&format!("{list}.{position}.{rest}")))?;
        }
    }
    for (position, client) in application.api.known_client_applications.iter().enumerate() {
        known_application(scenario, client, key(&format!("api.knownClientApplications.{position}")))?;
    }
    for (position, client) in application.api.pre_authorized_applications.iter().enumerate() {
        let key = |rest: &str| key(&format!("api.preAuthorizedApplications.{position}.{rest}"));
        known_application(scenario, &client.application, key("application"))?;
        if let Some(scope) = client.scopes.iter().find(|scope| application.scope(scope).is_none()) {
            fault(key("scopes"), format!("{} offers no scope {scope:?}", application.key))?;
        }
    }
    let mut low_impact = application.api.low_impact_scopes.iter();
    if let Some(scope) = low_impact.find(|scope| application.scope(scope).is_none()) {
        fault(key("api.lowImpactScopes"), format!("{} offers no scope {scope:?}", application.key))?;
    }
    let credentials = &application.federated_identity_credentials;
    if credentials.len() > 20 {
        fault(key("federatedIdentityCredentials"), "an application has 20 of them at most")?;
    }
    for (position, credential) in credentials.iter().enumerate() {
        let key = |property: &str| key(&format!("federatedIdentityCredentials.{position}.{property}"));
        if let Some((property, problem)) = credential.fault() {
            fault(key(property), problem)?;
        }
        let same = |other: &&FederatedCredential| {
            other.issuer == credential.issuer && other.subject == credential.subject
        };
        if credentials[..position].iter().any(|other| same(&other)) {
            fault(key("subject"), "another credential has the same issuer and subject")?;
        }
    }
    Ok(())
}

fn check_groups(scenario: &Scenario) -> Result<(), Fault> {
    let people = scenario.users.iter().map(|user| user.key.as_str());
    unique("groups", "key", people.chain(scenario.groups.iter().map(|group| group.key.as_str())))?;
    unique("groups", "id", scenario.groups.iter().map(|group| group.id.as_str()))?;
    unique("groupRanges", "key", scenario.group_ranges.iter().map(|range| range.key.as_str()))?;
    for (index, group) in scenario.groups.iter().enumerate() {
        let key = |rest: &str| format!("groups.{index}.{rest}");
        guid(key("id"), &group.id)?;
        known_tenant(scenario, &group.tenant, key("tenant"))?;
        known_people(scenario, &group.members, key("members"))?;
        known_groups(scenario, &group.member_groups, key("memberGroups"))?;
    }
    for (index, range) in scenario.group_ranges.iter().enumerate() {
        known_tenant(scenario, &range.tenant, format!("groupRanges.{index}.tenant"))?;
        known_people(scenario, &range.members, format!("groupRanges.{index}.members"))?;
    }
    Ok(())
}

fn check_devices(scenario: &Scenario) -> Result<(), Fault> {
    unique("devices", "key", scenario.devices.iter().map(|device| device.key.as_str()))?;
    for (index, device) in scenario.devices.iter().enumerate() {
        guid(format!("devices.{index}.deviceId"), &device.device_id)?;
        known_people(scenario, &device.registered_owners, format!("devices.{index}.registeredOwners"))?;
    }
    Ok(())
}

/// What an application says about who is assigned to it, and about its tokens.
fn check_assignments(
    scenario: &Scenario,
    application: &Application,
    key: impl Fn(&str) -> String,
) -> Result<(), Fault> {
    for (position, assigned) in application.app_role_assigned_to.iter().enumerate() {
        let key = |rest: &str| key(&format!("appRoleAssignedTo.{position}.{rest}"));
        match (&assigned.user, &assigned.group) {
            (Some(user), None) => known_people(scenario, std::slice::from_ref(user), key("user"))?,
            (None, Some(group)) => known_groups(scenario, std::slice::from_ref(group), key("group"))?,
            (Some(_), Some(_)) | (None, None) => {
                fault(key("user"), "either a person is assigned or a group")?;
            }
        }
        let offers = |role: &String| {
            let for_people =
                |one: &&super::AppRole| one.allowed_member_types.iter().any(|kind| kind == "User");
            application.app_roles.iter().filter(for_people).any(|one| one.value == *role)
        };
        if let Some(role) = assigned.role.as_ref().filter(|role| !offers(role)) {
            fault(key("role"), format!("{} offers people no role {role:?}", application.key))?;
        }
    }
    if let Some(life) = application.access_token_lifetime.filter(|life| !(600..=86_400).contains(life)) {
        fault(key("accessTokenLifetime"), format!("{life} seconds are not between 600 and 86400"))?;
    }
    Ok(())
}

fn check_identity(scenario: &Scenario, index: usize, identity: &ManagedIdentity) -> Result<(), Fault> {
    let key = |rest: &str| format!("managedIdentities.{index}.{rest}");
    guid(key("clientId"), &identity.client_id)?;
    guid(key("objectId"), &identity.object_id)?;
    if scenario.tenant(&identity.tenant).is_none() {
        fault(key("tenant"), format!("there is no tenant with the key {:?}", identity.tenant))?;
    }
    let is_system = |other: &Arc<ManagedIdentity>| other.kind == IdentityKind::System;
    if identity.kind == IdentityKind::System && scenario.managed_identities[..index].iter().any(is_system) {
        fault(key("kind"), "a machine has one identity of its own")?;
    }
    for (position, access) in identity.app_role_assignments.iter().enumerate() {
        check_access(scenario, access, |rest| key(&format!("appRoleAssignments.{position}.{rest}")))?;
    }
    Ok(())
}

fn check_access(
    scenario: &Scenario,
    access: &ResourceAccess,
    key: impl Fn(&str) -> String,
) -> Result<(), Fault> {
    known_application(scenario, &access.resource, key("resource"))?;
    let Some(resource) = scenario.application(&access.resource) else { return Ok(()) };
    if let Some(scope) = access.scopes.iter().find(|scope| resource.scope(scope).is_none()) {
        fault(key("scopes"), format!("{} offers no scope {scope:?}", resource.key))?;
    }
    let offers = |role: &String| resource.app_roles.iter().any(|offered| offered.value == *role);
    if let Some(role) = access.roles.iter().find(|role| !offers(role)) {
        fault(key("roles"), format!("{} offers no role {role:?}", resource.key))?;
    }
    Ok(())
}

fn check_policy(scenario: &Scenario, index: usize, policy: &ConditionalAccessPolicy) -> Result<(), Fault> {
    let key = |rest: &str| format!("conditionalAccessPolicies.{index}.{rest}");
    guid(key("id"), &policy.id)?;
    let asks = !policy.built_in_controls.is_empty()
        || !policy.terms_of_use.is_empty()
        || policy.sign_in_frequency.is_some();
    if !asks {
        fault(key("builtInControls"), "a policy that asks for nothing does nothing")?;
    }
    for (list, people) in [("includeUsers", &policy.include_users), ("excludeUsers", &policy.exclude_users)] {
        let unknown = people.iter().find(|key| *key != EVERYTHING && scenario.user(key).is_none());
        if let Some(unknown) = unknown {
            fault(key(list), format!("there is no person with the key {unknown:?}"))?;
        }
    }
    let lists = [
        ("includeServicePrincipals", &policy.include_service_principals),
        ("includeApplications", &policy.include_applications),
    ];
    for (list, applications) in lists {
        for application in applications.iter().filter(|key| *key != EVERYTHING) {
            known_application(scenario, application, key(list))?;
        }
    }
    known_groups(scenario, &policy.include_groups, key("includeGroups"))?;
    known_groups(scenario, &policy.exclude_groups, key("excludeGroups"))?;
    let lists =
        [("includeLocations", &policy.include_locations), ("excludeLocations", &policy.exclude_locations)];
    for (list, locations) in lists {
        let is_known = |location: &String| {
            [EVERYTHING, ALL_TRUSTED].contains(&location.as_str())
                || scenario.named_locations.iter().any(|known| known.key == *location)
        };
        if let Some(unknown) = locations.iter().find(|location| !is_known(location)) {
            fault(key(list), format!("there is no named location with the key {unknown:?}"))?;
        }
    }
    Ok(())
}

fn known_tenant(scenario: &Scenario, tenant: &str, key: String) -> Result<(), Fault> {
    if scenario.tenant(tenant).is_some() {
        return Ok(());
    }
    fault(key, format!("there is no tenant with the key {tenant:?}"))
}

fn known_people(scenario: &Scenario, people: &[String], key: String) -> Result<(), Fault> {
    match people.iter().find(|person| scenario.user(person).is_none()) {
        Some(unknown) => fault(key, format!("there is no person with the key {unknown:?}")),
        None => Ok(()),
    }
}

fn known_groups(scenario: &Scenario, groups: &[String], key: String) -> Result<(), Fault> {
    match groups.iter().find(|group| scenario.group(group).is_none()) {
        Some(unknown) => fault(key, format!("there is no group with the key {unknown:?}")),
        None => Ok(()),
    }
}

fn known_application(scenario: &Scenario, application: &str, key: String) -> Result<(), Fault> {
    if scenario.application(application).is_some() {
        return Ok(());
    }
    fault(key, format!("there is no application with the key {application:?}"))
}

fn unique<'a>(list: &str, name: &str, values: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (index, value) in values.enumerate() {
        if !seen.insert(value.to_lowercase()) {
            return fault(format!("{list}.{index}.{name}"), format!("{value:?} is used twice"));
        }
    }
    Ok(())
}

fn guid(key: String, text: &str) -> Result<(), Fault> {
    if is_guid(text) { Ok(()) } else { fault(key, format!("{text:?} is not a GUID")) }
}

/// Whether a text is a GUID in its usual form of 36 characters.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// Stands for every person or application in the lists of a policy.
pub(in crate::provider) const EVERYTHING: &str = "All";
