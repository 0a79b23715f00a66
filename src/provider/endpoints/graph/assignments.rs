//! `appRoleAssignments` and `appRoleAssignedTo`: who holds which role of which resource, seen from either side. Holders are
//! applications, managed identities, and people with the role of mere access (all zeros).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Answered, Permitted, answer, body, edit, grants,
    grants::not_granted,
    not_found, not_writable, query,
    service_principals::{self, Principal},
};
use crate::provider::{
    Provider, RoleAssignment,
    bearer::{error, refuse},
    mint,
    order::Order,
    refusal::Refusal,
    scenario::{
        Application, Scenario, Tenant, User,
        edit::{Edit, List},
    },
};

/// The role of being assigned at all.
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";

/// A row, seen from neither side.
pub struct Assigned {
    id: String,
    role_id: String,
    principal_id: String,
    principal_name: String,
    principal_type: &'static str,
    resource_id: String,
    resource_name: String,
    stands: Stands,
}

/// Where a row stands, so that it can be taken back.
enum Stands {
    /// In the table of roles, under the same id.
    Table,
    /// In the entry of a managed identity.
    Identity { identity: String, resource: String, role: String },
    /// In the entry of the application.
    Person { application: String, user: String },
}

/// Every row of a tenant.
fn all(provider: &Provider, tenant: &Tenant) -> Vec<Assigned> {
    let scenario = &provider.scenario;
    let mut rows = of_table(scenario, &provider.consents.assignments(scenario), tenant);
    for identity in scenario.managed_identities().iter().filter(|identity| identity.tenant == tenant.key) {
        for access in &identity.app_role_assignments {
            let Some(resource) = scenario.application(&access.resource) else { continue };
            for role in &access.roles {
                let stands = Stands::Identity {
                    identity: identity.key.clone(),
                    resource: resource.key.clone(),
                    role: role.clone(),
                };
                let principal = (identity.object_id.clone(), identity.key.clone());
                let id = opaque(&[&identity.object_id, &resource.app_id, role]);
                rows.extend(row(tenant, id, principal, "ServicePrincipal", resource, role, stands));
            }
        }
    }
    for resource in scenario.applications().iter().filter(|one| provider.consents.knows(tenant, one)) {
        let people = resource.assigned_users.iter().filter_map(|key| scenario.user(key));
        for user in people {
            let Some(object_id) = user.object_id_in(tenant) else { continue };
            rows.push(Assigned {
                id: opaque(&[object_id, &resource.app_id, DEFAULT_ACCESS]),
                role_id: DEFAULT_ACCESS.to_owned(),
                principal_id: object_id.to_owned(),
                principal_name: user.display_name.clone(),
                principal_type: "User",
                resource_id: mint::service_principal(tenant, resource),
                resource_name: resource.display_name.clone(),
                stands: Stands::Person { application: resource.key.clone(), user: user.key.clone() },
            });
        }
    }
    rows
}

/// The rows of the table of roles that are about a tenant.
pub fn of_table(scenario: &Scenario, held: &[RoleAssignment], tenant: &Tenant) -> Vec<Assigned> {
    let here = held.iter().filter(|held| held.tenant == tenant.key);
    here.filter_map(|held| {
        let (client, resource) = (scenario.application(&held.client)?, scenario.application(&held.resource)?);
        let principal = (mint::service_principal(tenant, client), client.display_name.clone());
        row(tenant, held.id.clone(), principal, "ServicePrincipal", resource, &held.role, Stands::Table)
    })
    .collect()
}

fn row(
    tenant: &Tenant,
    id: String,
    (principal_id, principal_name): (String, String),
    principal_type: &'static str,
    resource: &Application,
    role: &str,
    stands: Stands,
) -> Option<Assigned> {
    let role = resource.app_roles.iter().find(|offered| offered.value == role)?;
    Some(Assigned {
        id,
        role_id: role.id.clone(),
        principal_id,
        principal_name,
        principal_type,
        resource_id: mint::service_principal(tenant, resource),
        resource_name: resource.display_name.clone(),
        stands,
    })
}

fn opaque(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(parts.join("\n"))[..24])
}

impl Assigned {
    /// The row as Graph shows it.
    pub fn entity(&self) -> Map<String, Value> {
        let shown = json!({
            "id": self.id, "deletedDateTime": null, "appRoleId": self.role_id, "createdDateTime": null,
            "principalDisplayName": self.principal_name, "principalId": self.principal_id,
            "principalType": self.principal_type, "resourceDisplayName": self.resource_name,
            "resourceId": self.resource_id,
        });
        let Value::Object(members) = shown else { unreachable!("it was written as an object") };
        members
    }
}

fn listed(permitted: &Permitted<'_>, rows: &[Assigned], context: &str) -> Answered {
    let kind = query::Kind { name: "appRoleAssignment", context, default: usize::MAX, in_directory: true };
    query::collection(permitted.call, kind, rows.iter().map(Assigned::entity).collect())
}

/// The roles that the one in the path holds.
pub fn held(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let id = service_principals::named(provider, permitted)?.id(&permitted.tenant);
    let mut rows = all(provider, &permitted.tenant);
    rows.retain(|row| row.principal_id == id);
    listed(permitted, &rows, &format!("servicePrincipals('{id}')/appRoleAssignments"))
}

/// The roles of the one in the path, by whom they are held.
pub fn offered(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let id = service_principals::named(provider, permitted)?.id(&permitted.tenant);
    let mut rows = all(provider, &permitted.tenant);
    rows.retain(|row| row.resource_id == id);
    listed(permitted, &rows, &format!("servicePrincipals('{id}')/appRoleAssignedTo"))
}

/// Who is given a role.
enum Holder {
    Principal(Principal),
    Person(Arc<User>),
}

/// Assigns a role, from either side: the path names one of the two parties, the body both.
pub fn add(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (sent, tenant) = (body::read(permitted.call)?, Arc::clone(&permitted.tenant));
    let here = service_principals::named(provider, permitted)?.id(&tenant);
    let known = [
        "principalId",
        "resourceId",
        "appRoleId",
        "principalType",
        "principalDisplayName",
        "resourceDisplayName",
    ];
    body::knows(sent, &known, &Map::new())?;
    let (principal_id, resource_id) =
        (body::required(sent, "principalId")?, body::required(sent, "resourceId")?);
    if ![principal_id, resource_id].iter().any(|id| id.eq_ignore_ascii_case(&here)) {
        let expected = format!("the one in the path, {here}, is one of the two parties");
        return Err(body::wrong("principalId", &sent["principalId"], &expected, "body.matches_path"));
    }
    let Some(Principal::Application(resource)) = service_principals::with_id(provider, &tenant, resource_id)
    else {
        return Err(grants::no_such_principal(provider, permitted, "resourceId", resource_id));
    };
    let users = provider.scenario.users().iter();
    let user = users
        .filter(|user| user.object_id_in(&tenant).is_some_and(|own| own.eq_ignore_ascii_case(principal_id)))
        .find(|user| provider.accounts.exists(user));
    let holder = match (service_principals::with_id(provider, &tenant, principal_id), user) {
        (Some(principal), _) => Holder::Principal(principal),
        (None, Some(user)) => Holder::Person(Arc::clone(user)),
        (None, None) => {
            return Err(grants::no_such_principal(provider, permitted, "principalId", principal_id));
        }
    };
    let role_id = body::required(sent, "appRoleId")?;
    let is_same = |row: &Assigned| {
        row.principal_id.eq_ignore_ascii_case(principal_id)
            && row.resource_id.eq_ignore_ascii_case(resource_id)
            && row.role_id.eq_ignore_ascii_case(role_id)
    };
    if all(provider, &tenant).iter().any(is_same) {
        let text = "The permission that is assigned is there already.";
        return Err(refuse(error::INVALID_REQUEST, text)
            .demands("a role is assigned to somebody once")
            .compares("appRoleId", role_id, Vec::<String>::new())
            .by("body.assignment_new"));
    }
    match &holder {
        Holder::Person(user) => assign_person(provider, permitted, user, &resource, role_id)?,
        Holder::Principal(principal) => assign_role(provider, permitted, principal, &resource, role_id)?,
    }
    let made = all(provider, &tenant).into_iter().find(is_same).expect("it was just assigned");
    let context = format!("servicePrincipals('{here}')/appRoleAssignments");
    let path = format!("servicePrincipals/{here}/appRoleAssignments/{}", made.id);
    Ok(answer::created(permitted.call, &context, &path, made.entity()))
}

fn not_offered(resource: &Application, role_id: &str, kind: &str) -> Box<Refusal> {
    let offered =
        resource.app_roles.iter().filter(|role| role.allowed_member_types.iter().any(|one| one == kind));
    let offered: Vec<String> = offered.map(|role| format!("{} ({})", role.id, role.value)).collect();
    refuse(error::INVALID_REQUEST, format!("{} offers no such role.", resource.display_name))
        .demands("`appRoleId` is the id of a role that the resource offers to holders of this sort; a scope's id is none")
        .compares("appRoleId", role_id, offered)
        .by("body.permission_offered")
}

fn assign_person(
    provider: &mut Provider,
    permitted: &Permitted<'_>,
    user: &User,
    resource: &Application,
    role_id: &str,
) -> Result<(), Box<Refusal>> {
    if role_id != DEFAULT_ACCESS {
        return Err(not_offered(resource, role_id, "User"));
    }
    if resource.tenant.as_ref() != Some(&permitted.tenant.key) {
        let text = "The lab keeps the people assigned to an application in its own tenant.";
        return Err(not_writable(text, &resource.display_name, "an application of the token's tenant"));
    }
    let mut users = resource.assigned_users.clone();
    users.push(user.key.clone());
    let change = Edit::set(List::Applications, &resource.key, "assignedUsers", users);
    edit(provider, &change, permitted.call.now).map(drop)
}

fn assign_role(
    provider: &mut Provider,
    permitted: &Permitted<'_>,
    principal: &Principal,
    resource: &Application,
    role_id: &str,
) -> Result<(), Box<Refusal>> {
    let is_for_applications = |kinds: &[String]| kinds.iter().any(|kind| kind == "Application");
    let role = resource.app_roles.iter().find(|role| {
        role.id.eq_ignore_ascii_case(role_id) && is_for_applications(&role.allowed_member_types)
    });
    let role = role.ok_or_else(|| not_offered(resource, role_id, "Application"))?.value.clone();
    let now = permitted.call.now;
    match principal {
        Principal::Application(client) => {
            let assignment = RoleAssignment {
                id: String::new(),
                tenant: permitted.tenant.key.clone(),
                client: client.key.clone(),
                resource: resource.key.clone(),
                role,
            };
            provider.carry_out(&Order::Assign { assignment }, now).map(drop).map_err(|why| not_granted(&why))
        }
        Principal::Identity(identity) => {
            let mut access = identity.app_role_assignments.clone();
            match access.iter_mut().find(|access| access.resource == resource.key) {
                Some(access) => access.roles.push(role),
                None => access.push(crate::provider::scenario::ResourceAccess {
                    resource: resource.key.clone(),
                    scopes: Vec::new(),
                    roles: vec![role],
                }),
            }
            let access = serde_json::to_value(access).expect("every key is a text");
            edit(
                provider,
                &Edit::set(List::ManagedIdentities, &identity.key, "appRoleAssignments", access),
                now,
            )
            .map(drop)
        }
    }
}

/// Takes a role back, from either side.
pub fn remove(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (here, now) =
        (service_principals::named(provider, permitted)?.id(&permitted.tenant), permitted.call.now);
    let is_meant = |row: &Assigned| {
        row.id == permitted.named(1) && (row.principal_id == here || row.resource_id == here)
    };
    let found = all(provider, &permitted.tenant).into_iter().find(is_meant);
    let found = found.ok_or_else(|| not_found(permitted.named(1), "the id of an assignment of this one"))?;
    match found.stands {
        Stands::Table => {
            provider.carry_out(&Order::Unassign { id: found.id }, now).map_err(|why| not_granted(&why))?;
        }
        Stands::Person { application, user } => {
            let mut users = provider
                .scenario
                .application(&application)
                .map(|one| one.assigned_users.clone())
                .unwrap_or_default();
            users.retain(|key| *key != user);
            edit(provider, &Edit::set(List::Applications, &application, "assignedUsers", users), now)?;
        }
        Stands::Identity { identity, resource, role } => {
            let identities = provider.scenario.managed_identities().iter();
            let entry = identities.clone().find(|one| one.key == identity);
            let mut access = entry.map(|one| one.app_role_assignments.clone()).unwrap_or_default();
            for access in access.iter_mut().filter(|access| access.resource == resource) {
                access.roles.retain(|held| *held != role);
            }
            access.retain(|access| !access.roles.is_empty());
            let access = serde_json::to_value(access).expect("every key is a text");
            edit(
                provider,
                &Edit::set(List::ManagedIdentities, &identity, "appRoleAssignments", access),
                now,
            )?;
        }
    }
    Ok(answer::done(permitted.call))
}
