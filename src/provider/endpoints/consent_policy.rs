//! Whether people may consent by themselves, and how they ask an administrator where they may not (reference §9.2, §9.3).
//!
//! Four numbers say the same to the person and differ in why: 90094 and 90095 for what only administrators grant, 900941 and
//! 900981 for an application that looks risky; the second of each pair where the tenant takes requests.

use super::next_page;
use crate::{
    provider::{
        Provider,
        call::Call,
        consents::{ConsentRequest, Missing},
        pages,
        refusal::Refusal,
        reply::Reply,
        scenario::{Application, Audience, Policy, Tenant, UserConsent},
        scope,
        sessions::{Interaction, Purpose},
    },
    time::UnixTime,
};

/// The longest justification that is kept, in characters.
const LONGEST_JUSTIFICATION: usize = 500;

/// Why somebody may not consent to `missing` by themselves; `None` if they may.
pub fn obstacle(
    policy: &Policy,
    tenant: &Tenant,
    client: &Application,
    missing: &[Missing],
) -> Option<Box<Refusal>> {
    let scopes = || missing.iter().map(|missing| missing.scope.value.as_str());
    let refusal = || needs_administrator(policy, tenant, client, scopes());
    if missing.is_empty() {
        return None;
    }
    if missing.iter().any(Missing::needs_administrator) {
        return Some(refusal());
    }
    if client.app_role_assignment_required {
        let refusal = refusal().by("consent.not_while_assignment_required");
        return Some(refusal.compares("appRoleAssignmentRequired", "true", ["false"]));
    }
    if !policy.users_may_consent {
        return Some(
            refusal()
                .by("consent.by_people_allowed")
                .demands("the tenant must let people consent at all")
                .compares("usersMayConsent", "false", ["true"]),
        );
    }
    if policy.user_consent == UserConsent::LowImpact {
        return low_impact_only(policy, tenant, client, missing);
    }
    if policy.block_user_consent_for_risky_apps && looks_risky(tenant, client, missing) {
        return Some(risky(policy, tenant, client, scopes().collect::<Vec<_>>().join(" ")));
    }
    None
}

/// The policy `microsoft-user-default-low`: of verified publishers or the tenant's own, and nothing but low impact.
fn low_impact_only(
    policy: &Policy,
    tenant: &Tenant,
    client: &Application,
    missing: &[Missing],
) -> Option<Box<Refusal>> {
    let says = |refusal: Box<Refusal>, demand: &str| {
        Some(refusal.demands(demand).compares(
            "userConsent",
            UserConsent::LowImpact.name(),
            [UserConsent::Everything.name()],
        ))
    };
    if !is_of(tenant, client) && client.verified_publisher.is_none() {
        let refusal = needs_administrator(policy, tenant, client, std::iter::empty());
        return says(
            refusal.by("consent.publisher_verified").compares(
                "verifiedPublisher",
                "(nothing)",
                ["a publisher whom Microsoft has verified"],
            ),
            "in this tenant people consent to its own applications and to those of verified publishers",
        );
    }
    let beyond: Vec<&str> =
        missing.iter().filter(|one| !has_low_impact(one)).map(|one| one.scope.value.as_str()).collect();
    if beyond.is_empty() {
        return None;
    }
    let refusal = needs_administrator(policy, tenant, client, beyond.into_iter());
    says(
        refusal.by("consent.low_impact"),
        "in this tenant people consent to permissions that are classified as of low impact",
    )
}

fn has_low_impact(missing: &Missing) -> bool {
    missing.resource.api.low_impact_scopes.contains(&missing.scope.value)
}

/// Whether an application is the tenant's own, or Microsoft's.
fn is_of(tenant: &Tenant, client: &Application) -> bool {
    client.tenant.as_ref().is_none_or(|home| *home == tenant.key)
}

/// Entra takes the applications of other tenants for risky that nobody has vouched for and that ask for more than to sign
/// people in.
fn looks_risky(tenant: &Tenant, client: &Application, missing: &[Missing]) -> bool {
    !is_of(tenant, client)
        && client.sign_in_audience != Audience::MyOrg
        && client.verified_publisher.is_none()
        && missing.iter().any(|one| !has_low_impact(one))
}

fn risky(policy: &Policy, tenant: &Tenant, client: &Application, scopes: String) -> Box<Refusal> {
    let (code, text) = if policy.admin_consent_requests {
        (900_981, "This app looks risky; a request for it goes to an administrator with a warning.")
    } else {
        (900_941, "This app looks risky, so an administrator has to consent.")
    };
    Refusal::new(code, "consent_required", text)
        .by("consent.not_risky")
        .demands("an application of another tenant that asks for more than to sign people in needs a verified publisher, or an administrator")
        .compares("verifiedPublisher", "(nothing)", ["a publisher whom Microsoft has verified"])
        .compares("scope", scopes, ["openid, profile, email, offline_access, User.Read"])
        .compares("application", &client.display_name, Vec::<String>::new())
        .compares("tenant", &tenant.display_name, Vec::<String>::new())
}

/// 90094 or 90095: this is for an administrator to allow.
pub fn needs_administrator<'a>(
    policy: &Policy,
    tenant: &Tenant,
    client: &Application,
    permissions: impl Iterator<Item = &'a str>,
) -> Box<Refusal> {
    let scopes: Vec<&str> = permissions.collect();
    let (code, text) = if policy.admin_consent_requests {
        (90095, "An administrator has to consent; a request can be sent from here.")
    } else {
        (90094, "An administrator has to consent.")
    };
    let mut refusal = Refusal::new(code, "consent_required", text)
        .demands("permissions of type Admin, and any permission of an application that requires assignment, are granted by an administrator");
    if !scopes.is_empty() {
        refusal =
            refusal.compares("scope", scopes.join(" "), ["permissions that people may grant themselves"]);
    }
    refusal.compares("application", &client.display_name, Vec::<String>::new()).compares(
        "tenant",
        &tenant.display_name,
        Vec::<String>::new(),
    )
}

/// Whether the page that stops somebody takes a request. An administrator's own pages take none.
pub fn takes_requests(provider: &Provider, interaction: &Interaction) -> bool {
    provider.scenario.policy.admin_consent_requests
        && !matches!(interaction.purpose, Purpose::AdminConsent(_))
}

/// The person asks an administrator: kept for the administrators of the tenant, once for each person and application.
pub fn request(provider: &mut Provider, call: &Call, interaction: &Interaction, now: UnixTime) -> Reply {
    let entered = interaction
        .person
        .as_ref()
        .and_then(|person| Some((person, next_page::tenant_entered(provider, interaction, person)?)));
    if let Some((person, tenant)) = entered {
        let (client, user) = (&interaction.client, &person.user);
        let missing =
            provider.consents.missing(&provider.scenario, &tenant, client, user, &interaction.wanted);
        let justification = call.form.get("justification").unwrap_or_default();
        provider.consents.ask(ConsentRequest {
            tenant: tenant.id.clone(),
            client_id: client.app_id.clone(),
            user: user.user_principal_name.clone(),
            scopes: missing
                .iter()
                .filter(|one| !scope::is_oidc(&one.scope.value))
                .map(|one| one.scope.value.clone())
                .collect(),
            justification: justification.chars().take(LONGEST_JUSTIFICATION).collect(),
            at: now,
        });
    }
    Reply::page(call, pages::admin_consent::requested(&interaction.client))
}
