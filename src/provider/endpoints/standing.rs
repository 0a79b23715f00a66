//! Rules about the person who has signed in: whether the tenant, the application and the policies let them go on.
//!
//! `next_page` applies them. What can be mended on a page leads to that page; what cannot is shown, or goes back to the
//! application where no page may be shown (reference §3.4, §3.7).

use super::{
    next_page::{Next, Standing, is_silent},
    remedies,
};
use crate::{
    provider::{
        Provider, membership,
        policies::{self, Attempt, Remedy, Way},
        refusal::Refusal,
        scenario::{Application, Audience, CONSUMERS, Scenario, Tenant},
        scope::{self, Target},
        sessions::{Interaction, Person, Purpose},
        tenant,
        version::Version,
    },
    time::span,
};

/// `error` of everything that a page would have mended, where none may be shown.
const INTERACTION_REQUIRED: &str = "interaction_required";

/// 50020: neither member nor guest.
pub fn not_in_tenant(provider: &Provider, interaction: &Interaction, person: &Person) -> Box<Refusal> {
    let (user, client, here) = (&person.user, &interaction.client, interaction.segment.shown());
    let home = provider.scenario.tenant_of(user);
    let text = format!(
        "User '{}' from provider '{}' is not in tenant '{here}', so app '{}' ({}) is out of reach; invite the user first.",
        user.user_principal_name, home.display_name, client.app_id, client.display_name,
    );
    Refusal::new(50020, "access_denied", text)
        .demands("the account must be a member or guest of the tenant in the path, or of the kind that it stands for")
        .compares("tenant", &home.display_name, [here])
}

/// On `common` and `organizations` it is known only now where the account is from, and so whether the application takes it.
pub fn is_kind_of_account(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, person, tenant, .. } = standing;
    let client = &interaction.client;
    if tenant::takes_accounts_of(client, tenant) {
        return Ok(());
    }
    if client.sign_in_audience == Audience::MyOrg {
        return Err(Next::Page(not_in_tenant(standing.provider, interaction, person)));
    }
    let text = format!(
        "An account like '{}' cannot be used with app '{}' ({}).",
        person.user.user_principal_name, client.app_id, client.display_name
    );
    Err(Next::Page(
        Refusal::new(500_208, "access_denied", text)
            .demands("the application must take accounts of this kind")
            .compares("account", &tenant.display_name, Vec::<String>::new())
            .compares("signInAudience", client.sign_in_audience.name(), [Audience::Everyone.name()]),
    ))
}

/// Whether the tenant lets the person in at all.
pub fn is_let_in(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { call, interaction, person, tenant, .. } = standing;
    let entry = membership::Entry { call, user: &person.user, client: &interaction.client, tenant };
    membership::lets_in(&entry).map_err(|refusal| {
        if is_silent(interaction) {
            Next::Back(refusal.as_error(INTERACTION_REQUIRED))
        } else {
            Next::Page(refusal)
        }
    })
}

/// On `common` it is known only now whether it is a personal account, and version 1 knows none.
pub fn has_version(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, person, tenant, .. } = standing;
    if interaction.wanted.version == Version::Two || tenant.id != CONSUMERS {
        return Ok(());
    }
    let text = "This version of the endpoint signs in no personal accounts.";
    Err(Next::Page(
        Refusal::new(500_201, "invalid_request", text)
            .demands("personal accounts sign in at the endpoints of version 2")
            .compares("account", &person.user.user_principal_name, ["a work or school account"])
            .compares("path", "oauth2/…", ["oauth2/v2.0/…"]),
    ))
}

/// `.default` stands for what the registration lists. With nothing listed and nothing granted it stands for nothing.
pub fn lists_api(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, tenant, .. } = standing;
    let client = &interaction.client;
    let lists = |resource: &Application| {
        client.required_resource_access.iter().any(|access| access.resource == resource.key)
    };
    let empty = interaction.wanted.targets.iter().filter(|target| target.default).find(|target| {
        target.resource.app_id != client.app_id
            && !lists(&target.resource)
            && provider.consents.granted(tenant, client, &person.user, &target.resource).is_empty()
    });
    let Some(target) = empty else { return Ok(()) };
    let resource = &target.resource;
    let text = format!(
        "App is misconfigured: no permissions listed for '{}' or no admin consent. Client app ID: {}.",
        resource.display_name, client.app_id
    );
    let listed = client.required_resource_access.iter().map(|access| access.resource.clone());
    let refusal = Refusal::new(650_056, "invalid_client", text)
        .demands("the registration must list a permission of the resource, or an administrator must have granted one")
        .compares("requiredResourceAccess", listed.collect::<Vec<_>>().join(", "), [&resource.key]);
    Err(if is_silent(interaction) { Next::Back(refusal) } else { Next::Page(refusal) })
}

/// On `common` the tenant is known only now, and so whether its directory has the resource.
pub fn has_resources_in_tenant(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, tenant, .. } = standing;
    let is_absent = |target: &&Target| !scope::exists_in(&target.resource, Some(tenant));
    let Some(target) = interaction.wanted.targets.iter().find(is_absent) else { return Ok(()) };
    Err(Next::Back(absent(&interaction.client, &target.resource, &target.audience, tenant)))
}

/// A resource that a tenant does not have.
pub fn absent(client: &Application, resource: &Application, audience: &str, tenant: &Tenant) -> Box<Refusal> {
    if resource.sign_in_audience == Audience::MyOrg {
        return scope::unknown_resource(audience, &tenant.display_name);
    }
    let text = format!(
        "App '{}' wants service '{}' ({}) that organisation '{}' has not enabled.",
        client.app_id, resource.app_id, resource.display_name, tenant.id
    );
    Refusal::new(650_052, "invalid_client", text)
        .demands("a resource that is open to other tenants must have been set up in this one")
        .compares("resource", audience, Vec::<String>::new())
        .compares("tenant", &tenant.display_name, resource.tenant.clone())
}

/// The application, and the resource whose token the answer holds, may want people to be assigned. Where a code is the
/// answer, the token endpoint asks about the resource.
pub fn is_assigned(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, .. } = standing;
    is_assigned_to(&provider.scenario, &interaction.client, person)?;
    match &interaction.purpose {
        Purpose::Authorize(authorization) if authorization.response.token => {
            let resource = interaction.wanted.first(&provider.scenario).resource;
            is_assigned_to(&provider.scenario, &resource, person)
        }
        Purpose::Authorize(_) | Purpose::Device(_) | Purpose::AdminConsent(_) => Ok(()),
    }
}

fn is_assigned_to(scenario: &Scenario, application: &Application, person: &Person) -> Result<(), Next> {
    if !application.app_role_assignment_required || scenario.is_assigned(&person.user, application) {
        return Ok(());
    }
    let text = format!(
        "User '{}' is not assigned to app '{}' ({}), which requires assignment.",
        "{EmailHidden}", application.app_id, application.display_name
    );
    Err(Next::Back(
        Refusal::new(50105, INTERACTION_REQUIRED, text)
            .demands("the application has appRoleAssignmentRequired, so the person must be assigned to it")
            .compares("user", &person.user.user_principal_name, scenario.assigned_to(application)),
    ))
}

pub fn has_second_factor(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, .. } = standing;
    if !person.owes_second_factor() {
        return Ok(());
    }
    let resource = interaction.wanted.first(&provider.scenario).resource;
    let owed = policies::second_factor_owed(&resource.app_id)
        .as_error(INTERACTION_REQUIRED)
        .demands("this person needs a second factor, and prompt=none leaves no way to ask for it")
        .compares("amr", person.methods.join(" "), ["pwd mfa"]);
    if is_silent(interaction) {
        return Err(Next::Back(owed));
    }
    let asked = remedies::Asked::new((*person).clone(), Remedy::Verify, owed, Vec::new());
    Err(Next::Mend(Box::new(asked)))
}

/// A policy may want people to sign in again from time to time.
pub fn is_signed_in_lately(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, call, interaction, person, .. } = standing;
    let allowed = targets(standing)
        .iter()
        .filter_map(|target| policies::sign_in_frequency(&provider.scenario, &attempt(standing, target)))
        .min();
    let age = call.now.since(person.authenticated_at);
    let Some(allowed) = allowed.filter(|allowed| age >= *allowed) else { return Ok(()) };
    if !is_silent(interaction) {
        return Err(Next::SignIn);
    }
    let text = format!("The session is too old for the sign-in frequency policy: {} allowed.", span(allowed));
    Err(Next::Back(
        Refusal::new(70044, INTERACTION_REQUIRED, text)
            .demands(
                "a policy wants the person to sign in again, and prompt=none leaves no way to ask for it",
            )
            .compares("since the sign-in", span(age), [format!("less than {}", span(allowed))]),
    ))
}

/// Conditional access (reference §10.7): what a page can mend is asked for here and now, anything else is the end.
pub fn meets_policies(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, .. } = standing;
    for target in targets(standing) {
        let attempt = attempt(standing, &target);
        let Some(unmet) = policies::unmet(&provider.scenario, &attempt) else { continue };
        let refusal = unmet.refusal(&provider.scenario, &attempt).as_error(INTERACTION_REQUIRED);
        if is_silent(interaction) {
            return Err(Next::Back(refusal));
        }
        let Some(remedy) = unmet.remedy(&provider.scenario, &attempt) else {
            return Err(Next::Page(refusal));
        };
        if remedy == Remedy::Register
            && let Err(refusal) = policies::may_register(&provider.scenario, &attempt)
        {
            return Err(Next::Page(refusal));
        }
        let terms = unmet.policies.iter().flat_map(|policy| policy.terms_of_use.clone()).collect();
        let asked = remedies::Asked::new((*person).clone(), remedy, refusal, terms);
        return Err(Next::Mend(Box::new(asked)));
    }
    Ok(())
}

/// Every resource that is asked for; Graph if none is.
fn targets(standing: &Standing<'_>) -> Vec<Target> {
    let Standing { provider, interaction, .. } = standing;
    let wanted = &interaction.wanted;
    if wanted.targets.is_empty() { vec![wanted.first(&provider.scenario)] } else { wanted.targets.clone() }
}

/// How somebody at a page signs in.
pub const fn way_of(interaction: &Interaction) -> Way {
    if matches!(interaction.purpose, Purpose::Device(_)) { Way::DeviceCode } else { Way::Other }
}

fn attempt<'a>(standing: &Standing<'a>, target: &'a Target) -> Attempt<'a> {
    let Standing { provider, call, interaction, person, tenant } = *standing;
    Attempt {
        person: Some(person),
        tenant: Some(tenant),
        client: &interaction.client,
        resource: &target.resource,
        claims: &interaction.asked.claims,
        accounts: &provider.accounts,
        address: call.address,
        way: way_of(interaction),
        now: call.now,
    }
}
