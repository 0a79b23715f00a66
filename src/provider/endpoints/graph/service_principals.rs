//! `/servicePrincipals`: what of an application a tenant knows. Its own applications have one as soon as somebody makes
//! one, those of other tenants once they were added or consented to, Microsoft's everywhere, managed identities from birth.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Answered, Permitted, answer, applications::alternate_key, body, credentials, edit, not_found, not_unique,
    not_writable, query, registration,
};
use crate::provider::{
    Provider,
    bearer::{error, refuse},
    mint,
    refusal::Refusal,
    scenario::{
        Application, Audience, ManagedIdentity, Scenario, Tenant,
        edit::{Edit, EditError, List},
    },
};

pub const SERVICE_PRINCIPAL: query::Kind<'_> = query::Kind {
    name: "servicePrincipal",
    context: "servicePrincipals",
    default: usize::MAX,
    in_directory: true,
};

/// What the lab keeps of it.
const KEPT: &[&str] = &["accountEnabled", "appRoleAssignmentRequired"];

/// Somebody in a tenant that is no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Application(Arc<Application>),
    Identity(Arc<ManagedIdentity>),
}

impl Principal {
    /// The object id in a tenant: `oid` of its tokens.
    pub fn id(&self, tenant: &Tenant) -> String {
        match self {
            Self::Application(application) => mint::service_principal(tenant, application),
            Self::Identity(identity) => identity.object_id.clone(),
        }
    }

    pub fn app_id(&self) -> &str {
        match self {
            Self::Application(application) => &application.app_id,
            Self::Identity(identity) => &identity.client_id,
        }
    }

    pub fn display_name(&self) -> &str {
        match self {
            Self::Application(application) => &application.display_name,
            Self::Identity(identity) => &identity.key,
        }
    }

    pub const fn application(&self) -> Option<&Arc<Application>> {
        match self {
            Self::Application(application) => Some(application),
            Self::Identity(_) => None,
        }
    }
}

/// Every service principal of a tenant.
pub fn all(provider: &Provider, tenant: &Tenant) -> Vec<Principal> {
    let applications = provider.scenario.applications().iter();
    let applications = applications.filter(|application| provider.consents.knows(tenant, application));
    let identities = provider.scenario.managed_identities().iter();
    let identities = identities.filter(|identity| identity.tenant == tenant.key);
    applications
        .map(|application| Principal::Application(Arc::clone(application)))
        .chain(identities.map(|identity| Principal::Identity(Arc::clone(identity))))
        .collect()
}

/// The one with that object id.
pub fn with_id(provider: &Provider, tenant: &Tenant, id: &str) -> Option<Principal> {
    all(provider, tenant).into_iter().find(|principal| principal.id(tenant).eq_ignore_ascii_case(id))
}

/// The one that the path names, by object id or as `servicePrincipals(appId='…')`.
pub fn named(provider: &Provider, permitted: &Permitted<'_>) -> Result<Principal, Box<Refusal>> {
    let (name, tenant) = (permitted.named(0), &permitted.tenant);
    let found = match alternate_key(name) {
        Some(app_id) => {
            all(provider, tenant).into_iter().find(|one| one.app_id().eq_ignore_ascii_case(app_id))
        }
        None => with_id(provider, tenant, name),
    };
    let expected =
        "the object id of a service principal (its registration has another), or appId='its client id'";
    found.ok_or_else(|| not_found(name, expected))
}

/// A service principal as Graph shows it to its tenant.
pub fn entity(scenario: &Scenario, tenant: &Tenant, principal: &Principal) -> Map<String, Value> {
    let blank = Application::default();
    let (application, kind, alternative) = match principal {
        Principal::Application(application) => (application.as_ref(), "Application", Vec::new()),
        Principal::Identity(identity) => {
            let is_explicit = identity.kind == crate::provider::scenario::IdentityKind::User;
            let names = vec![
                format!("isExplicit={}", if is_explicit { "True" } else { "False" }),
                identity.resource_id.clone(),
            ];
            (&blank, "ManagedIdentity", names)
        }
    };
    let owner = application.tenant.as_ref().and_then(|key| scenario.tenant(key));
    let names: Vec<&str> = std::iter::once(principal.app_id())
        .chain(application.identifier_uris.iter().map(String::as_str))
        .collect();
    let replies: Vec<&str> = application.redirect_uris().map(|(_, uri)| uri).collect();
    let is_identity = matches!(principal, Principal::Identity(_));
    let shown = json!({
        "id": principal.id(tenant),
        "deletedDateTime": null,
        "accountEnabled": !application.is_disabled,
        "alternativeNames": alternative,
        "appDisplayName": principal.display_name(),
        "appDescription": null,
        "appId": principal.app_id(),
        "applicationTemplateId": null,
        "appOwnerOrganizationId": owner.map(|tenant| &tenant.id),
        "appRoleAssignmentRequired": application.app_role_assignment_required,
        "createdDateTime": null,
        "description": null,
        "disabledByMicrosoftStatus": application.disabled_by_microsoft_status,
        "displayName": principal.display_name(),
        "homepage": null,
        "loginUrl": null,
        "logoutUrl": application.web.logout_url,
        "notes": null,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": null,
        "preferredTokenSigningKeyThumbprint": null,
        "replyUrls": replies,
        "servicePrincipalNames": names,
        "servicePrincipalType": kind,
        "signInAudience": (!is_identity).then(|| application.sign_in_audience.name()),
        "tags": [],
        "tokenEncryptionKeyId": null,
        "samlSingleSignOnSettings": null,
        "addIns": [],
        "appRoles": application.app_roles.iter().map(registration::role).collect::<Vec<_>>(),
        "info": { "logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null, "supportUrl": null,
                  "termsOfServiceUrl": null },
        "keyCredentials": if application.tenant.as_ref() == Some(&tenant.key) { credentials::keys(application) } else { Vec::new() },
        "oauth2PermissionScopes": application.api.scopes.iter().map(registration::scope).collect::<Vec<_>>(),
        "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
        "verifiedPublisher": { "displayName": application.verified_publisher, "verifiedPublisherId": null, "addedDateTime": null },
    });
    let Value::Object(members) = shown else { unreachable!("it was written as an object") };
    members
}

pub fn list(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let tenant = &permitted.tenant;
    let entities = all(provider, tenant).iter().map(|one| entity(&provider.scenario, tenant, one)).collect();
    query::collection(permitted.call, SERVICE_PRINCIPAL, entities)
}

pub fn one(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let principal = named(provider, permitted)?;
    query::entity(
        permitted.call,
        SERVICE_PRINCIPAL,
        &entity(&provider.scenario, &permitted.tenant, &principal),
    )
}

/// Makes one for an application: of this tenant, or of another one and open to this.
pub fn add(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (sent, tenant) = (body::read(permitted.call)?, &permitted.tenant);
    let app_id = body::required(sent, "appId")?;
    let found = provider.scenario.application_with_id(app_id).cloned();
    let application = found.ok_or_else(|| {
        refuse(error::INVALID_REQUEST, format!("The appId '{app_id}' leads to no application."))
            .demands("a service principal stands for a registration: its client id, not its object id")
            .compares("appId", app_id, ["the client id of a registration"])
            .by("body.reference_known")
    })?;
    let is_own = application.tenant.as_ref() == Some(&tenant.key);
    if !is_own && application.sign_in_audience == Audience::MyOrg {
        let text = format!("The application '{app_id}' is open to its own tenant only.");
        return Err(refuse(error::INVALID_REQUEST, text)
            .demands("another tenant's application needs to be multi-tenant")
            .compares("signInAudience", application.sign_in_audience.name(), [Audience::MultipleOrgs.name()])
            .by("body.application_multi_tenant"));
    }
    if provider.consents.knows(tenant, &application) {
        let text = format!("The service principal of the application '{app_id}' exists already.");
        return Err(not_unique(text, "appId", app_id));
    }
    let principal = Principal::Application(Arc::clone(&application));
    let mut kept = vec!["appId"];
    if is_own {
        kept.extend(KEPT);
    }
    body::knows(sent, &kept, &entity(&provider.scenario, tenant, &principal))?;
    let members = if is_own {
        let mut members = switches(sent)?;
        members.insert("lacksServicePrincipal".to_owned(), Value::Null);
        members
    } else {
        let mut tenants = application.service_principals_in.clone();
        tenants.push(tenant.key.clone());
        Map::from_iter([("servicePrincipalsIn".to_owned(), json!(tenants))])
    };
    let change = Edit::Set { of: List::Applications, entry: application.key.clone(), members };
    edit(provider, &change, permitted.call.now)?;
    let made = provider.scenario.application(&application.key).expect("it was just changed");
    let principal = Principal::Application(Arc::clone(made));
    let path = format!("servicePrincipals/{}", principal.id(tenant));
    Ok(answer::created(
        permitted.call,
        "servicePrincipals",
        &path,
        entity(&provider.scenario, tenant, &principal),
    ))
}

/// The switches of a service principal, as members of the scenario's entry.
fn switches(sent: &Map<String, Value>) -> Result<Map<String, Value>, Box<Refusal>> {
    let mut members = Map::new();
    if let Some(enabled) = body::flag(sent, "accountEnabled")? {
        members.insert("isDisabled".to_owned(), json!(!enabled));
    }
    if let Some(required) = body::flag(sent, "appRoleAssignmentRequired")? {
        members.insert("appRoleAssignmentRequired".to_owned(), json!(required));
    }
    Ok(members)
}

/// The application behind a principal whose switches are this tenant's to set.
fn of_own_tenant<'a>(
    permitted: &Permitted<'_>,
    principal: &'a Principal,
) -> Result<&'a Arc<Application>, Box<Refusal>> {
    let own = principal.application().filter(|one| one.tenant.as_ref() == Some(&permitted.tenant.key));
    own.ok_or_else(|| {
        let text = "The lab keeps one switch for an application in every tenant: it is set in its own.";
        not_writable(text, principal.display_name(), "an application of the token's tenant")
    })
}

pub fn change(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let principal = named(provider, permitted)?;
    let application = of_own_tenant(permitted, &principal)?;
    let sent = body::read(permitted.call)?;
    body::knows(sent, KEPT, &entity(&provider.scenario, &permitted.tenant, &principal))?;
    let members = switches(sent)?;
    let change = Edit::Set { of: List::Applications, entry: application.key.clone(), members };
    edit(provider, &change, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}

/// Takes it away, and what was granted to it and of it.
pub fn remove(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (principal, tenant) = (named(provider, permitted)?, &permitted.tenant);
    let (Principal::Application(application), true) =
        (&principal, principal.application().is_some_and(|application| application.tenant.is_some()))
    else {
        let text = "Microsoft's own service principals and managed identities are not removed from here.";
        return Err(not_writable(text, principal.display_name(), "the service principal of a registration"));
    };
    let members = if application.tenant.as_ref() == Some(&tenant.key) {
        Map::from_iter([("lacksServicePrincipal".to_owned(), json!(true))])
    } else {
        let mut tenants = application.service_principals_in.clone();
        tenants.retain(|key| *key != tenant.key);
        Map::from_iter([("servicePrincipalsIn".to_owned(), json!(tenants))])
    };
    let change = Edit::Set { of: List::Applications, entry: application.key.clone(), members };
    let now = permitted.call.now;
    let said = format!("{}: no service principal in {}", application.display_name, tenant.display_name);
    provider
        .in_one_step(
            |()| said,
            now,
            |provider| {
                provider.edit(&change, now)?;
                provider.consents.forget(tenant, application);
                Ok(())
            },
        )
        .map_err(|why: EditError| body::not_taken(&why))?;
    Ok(answer::done(permitted.call))
}
