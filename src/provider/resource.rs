//! Rules about the resource that a token is for, whichever endpoint asks for it (reference §9, §10.2, §10.4).

use super::{
    consents,
    refusal::{Refusal, Verdict},
    scenario::{Application, Audience, Scenario},
    scope::Target,
    tenant::Segment,
    version::Version,
};

/// Who asks, and how.
struct Asked<'a> {
    scenario: &'a Scenario,
    client: &'a Application,
    version: Version,
}

type Rule = fn(&Asked<'_>, &Target) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("resource.enabled", |_, target| is_enabled(target)),
    ("resource.itself_by_id", is_itself_by_id),
    ("resource.itself_reads_profile", may_be_for_itself),
    ("client.preauthorized", is_preauthorized),
];

/// Whether a client may have tokens for these resources at all, as far as registrations tell; in the order in which the rules
/// are applied.
pub fn are_usable(
    scenario: &Scenario,
    client: &Application,
    version: Version,
    targets: &[Target],
) -> Verdict {
    let asked = Asked { scenario, client, version };
    RULES.iter().try_for_each(|(name, rule)| {
        targets.iter().try_for_each(|target| rule(&asked, target).map_err(|refusal| refusal.by(name)))
    })
}

/// 50001: version 1 has to name a resource before there can be a token.
pub fn none_named() -> Box<Refusal> {
    Refusal::new(
        50001,
        "invalid_resource",
        "No resource was named, so there is nothing to issue a token for.",
    )
    .demands("version 1 has no scopes: `resource` names the API, by App ID URI or client id")
    .compares("resource", "(nothing)", ["the App ID URI of a resource in the tenant"])
}

/// Rule: the resource's own application is switched on.
pub fn is_enabled(target: &Target) -> Verdict {
    let resource = &target.resource;
    if !resource.is_disabled {
        return Ok(());
    }
    let text = format!("The service principal of resource '{}' is switched off.", target.audience);
    Err(Refusal::new(500_014, "invalid_resource", text)
        .demands(
            "the resource must be switched on in the tenant, as well as the application that asks for it",
        )
        .compares(&format!("isDisabled of {}", resource.display_name), "true", ["false"]))
}

/// Rule: an application that asks for a token for itself calls itself by its id.
fn is_itself_by_id(asked: &Asked<'_>, target: &Target) -> Verdict {
    let client = asked.client;
    if target.resource.app_id != client.app_id || target.audience.eq_ignore_ascii_case(&client.app_id) {
        return Ok(());
    }
    let text = format!(
        "App '{}' ({}) asks for a token for itself, and may name itself by its id only.",
        client.app_id, client.display_name
    );
    Err(Refusal::new(90009, "invalid_request", text)
        .demands("client and resource are one registration here, so the resource is the client id and no App ID URI")
        .compares("resource", &target.audience, [&client.app_id]))
}

/// Rule: in version 1 a token for itself takes the permission to sign people in, listed in the registration.
fn may_be_for_itself(asked: &Asked<'_>, target: &Target) -> Verdict {
    let Asked { scenario, client, version } = *asked;
    let required = || consents::required(scenario, client);
    let lists_sign_in = || required().iter().any(|one| one.resource.is_graph());
    if version == Version::Two || target.resource.app_id != client.app_id || lists_sign_in() {
        return Ok(());
    }
    let text = format!(
        "App '{}' asks for a token for itself and lacks the permission to sign people in and read their profile.",
        client.app_id
    );
    Err(Refusal::new(90008, "invalid_grant", text)
        .demands("the registration must list User.Read of Microsoft Graph")
        .compares("requiredResourceAccess", "(nothing of Microsoft Graph)", ["User.Read"]))
}

/// Rule: Microsoft's own applications get permissions of Microsoft's own resources by arrangement only; nobody can consent.
fn is_preauthorized(asked: &Asked<'_>, target: &Target) -> Verdict {
    let (client, resource) = (asked.client, &target.resource);
    if client.tenant.is_some() || resource.tenant.is_some() || resource.app_id == client.app_id {
        return Ok(());
    }
    let entries = resource.api.pre_authorized_applications.iter();
    let arranged = entries.filter(|entry| entry.application == client.key).flat_map(|entry| &entry.scopes);
    let granted = client.oauth2_permission_grants.iter().filter(|grant| grant.resource == resource.key);
    let had: Vec<&String> = arranged.chain(granted.flat_map(|grant| &grant.scopes)).collect();
    let lacks = |value: &String| !had.contains(&value);
    let lacking: Vec<&str> = target
        .permissions
        .iter()
        .map(|one| &one.value)
        .filter(|one| lacks(one))
        .map(String::as_str)
        .collect();
    if lacking.is_empty() && !(target.default && had.is_empty()) {
        return Ok(());
    }
    let text = format!(
        "First-party app '{}' is not pre-authorised on first-party resource '{}'.",
        client.app_id, resource.app_id
    );
    let asked = if target.default { ".default".to_owned() } else { lacking.join(" ") };
    Err(Refusal::new(65002, "invalid_request", text)
        .demands("Microsoft's applications are arranged among themselves; another program brings its own client id")
        .compares("scope", asked, had.into_iter().cloned()))
}

/// Rule: claims are changed by policy only where a key, or the registration, allows it. The client's own ID tokens count, and
/// the access tokens of the resource.
pub fn take_mapped_claims(scenario: &Scenario, client: &Application, targets: &[Target]) -> Verdict {
    has_mapped_claims_allowed(scenario, client, &client.app_id)?;
    targets
        .iter()
        .try_for_each(|target| has_mapped_claims_allowed(scenario, &target.resource, &target.audience))
}

fn has_mapped_claims_allowed(scenario: &Scenario, application: &Application, audience: &str) -> Verdict {
    if application.claims_mapping_policies.is_empty() {
        return Ok(());
    }
    let policies = application.claims_mapping_policies.join(", ");
    if !application.api.accept_mapped_claims {
        let text = format!(
            "The claims of app '{}' are changed by policy, and it has neither a signing key of its own nor acceptMappedClaims.",
            application.app_id
        );
        return Err(Refusal::new(50146, "invalid_request", text)
            .by("claims.mapping_allowed")
            .demands("an application whose claims are changed signs with its own key, or says in its registration that it takes them")
            .compares("claimsMappingPolicies", policies, ["(none)"])
            .compares("api.acceptMappedClaims", "false", ["true"]));
    }
    let home = application.tenant.as_ref().and_then(|key| scenario.tenant(key));
    let host = audience.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let is_verified = |host: &str| {
        home.is_some_and(|home| home.domains.iter().any(|domain| host.eq_ignore_ascii_case(domain)))
    };
    if audience.eq_ignore_ascii_case(&application.app_id)
        || application.api.requested_access_token_version == Some(2)
        || host.is_some_and(is_verified)
    {
        return Ok(());
    }
    let text = format!("acceptMappedClaims does not go with audience '{audience}'.");
    let expected =
        home.into_iter().flat_map(|home| home.domains.iter().map(|domain| format!("https://{domain}/…")));
    Err(Refusal::new(501_461, "invalid_request", text)
        .by("claims.mapping_audience")
        .demands("with acceptMappedClaims the audience is the client id, or an address below a verified domain of the tenant")
        .compares("aud", audience, std::iter::once(application.app_id.clone()).chain(expected)))
}

/// Rule: where personal accounts may sign in, the resource has to know version 2, or them.
pub fn suit_shared_paths(
    segment: &Segment,
    client: &Application,
    version: Version,
    targets: &[Target],
) -> Verdict {
    let is_shared = matches!(segment, Segment::Common | Segment::Consumers);
    let takes_personal = |audience| matches!(audience, Audience::Everyone | Audience::Personal);
    if version == Version::One || !is_shared || !takes_personal(client.sign_in_audience) {
        return Ok(());
    }
    let unfit = targets.iter().find(|target| {
        let resource = &target.resource;
        !resource.is_graph()
            && resource.api.requested_access_token_version != Some(2)
            && !takes_personal(resource.sign_in_audience)
    });
    let Some(target) = unfit else { return Ok(()) };
    let text = format!("Resource '{}' cannot be used on /common or /consumers.", target.audience);
    Err(Refusal::new(90124, "invalid_request", text)
        .demands("personal accounts cannot use this resource, so the path names a tenant or `organizations`")
        .compares("tenant", segment.name(), ["a GUID or domain", "organizations"])
        .compares(
            "signInAudience of the resource",
            target.resource.sign_in_audience.name(),
            [Audience::Everyone.name()],
        ))
}
