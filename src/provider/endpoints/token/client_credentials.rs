//! `grant_type=client_credentials` (reference §4.9): an application by itself.

use std::sync::Arc;

use serde_json::json;

use super::{
    Answered, Request,
    authorization_code::{known_scope, one_resource},
    client,
    issue::times,
    suits_origin,
};
use crate::provider::{
    Provider,
    accounts::Accounts,
    claims::Claims,
    mint::{Extra, Mint},
    policies,
    refusal::{Refusal, Verdict},
    reply::{Field, Reply},
    resource,
    scenario::{Application, Tenant},
    scope::{Fault, Wanted},
};

struct Asked<'a> {
    request: &'a Request<'a>,
    wanted: Option<Result<Wanted, Fault>>,
    /// Whether the tenant has a service principal for the application.
    is_known_there: bool,
    /// The roles of the resource that an administrator of the tenant has granted; none is no reason to refuse.
    roles: Vec<String>,
}

type Rule = fn(&Asked<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("tenant.single", is_for_one_tenant),
    ("origin.suits_platform", |asked| suits_origin(asked.request, None)),
    ("credential.present", |asked| client::has_credential(asked.request, false)),
    ("credential.right", |asked| client::is_right_credential(asked.request)),
    ("client.service_principal", has_service_principal),
    ("scope.present", |asked| asked.request.names_target()),
    ("scope.resource_known", is_known_resource),
    ("scope.default", is_default),
    ("scope.known", |asked| known_scope(asked.request, asked.wanted.as_ref())),
    ("scope.one_resource", |asked| one_resource(asked.wanted.as_ref())),
    ("resource.enabled", |asked| {
        on_wanted(asked, |wanted| wanted.targets.iter().try_for_each(resource::is_enabled))
    }),
    ("claims.mapping", |asked| {
        let request = asked.request;
        on_wanted(asked, |wanted| {
            resource::take_mapped_claims(request.scenario, request.client(), &wanted.targets)
        })
    }),
    ("client.assigned", is_assigned),
    ("policy.met", meets_policies),
];

pub fn answer(provider: &mut Provider, request: &Request<'_>) -> Answered {
    let tenant = request.segment.tenant().map(Arc::as_ref);
    let wanted = request.wanted(tenant);
    let is_known_there = tenant.is_some_and(|tenant| provider.consents.knows(tenant, request.client()));
    let roles = match (tenant, &wanted) {
        (Some(tenant), Some(Ok(wanted))) => {
            provider.consents.roles(tenant, request.client(), &wanted.first(request.scenario).resource)
        }
        _ => Vec::new(),
    };
    let asked = Asked { request, wanted, is_known_there, roles };
    let verdict = RULES.iter().try_for_each(|(name, rule)| {
        rule(&asked).map_err(|refusal| refusal.by(name).concerning(request.client(), None))
    });
    Answered { result: verdict.map(|()| issue(provider, asked)), platform: None }
}

fn issue(provider: &mut Provider, asked: Asked<'_>) -> Reply {
    let Asked { request, wanted, roles, .. } = asked;
    let (call, client) = (request.call, request.client());
    let tenant: &Tenant = request.segment.tenant().expect("the rule tenant.single was kept");
    let wanted = wanted.and_then(Result::ok).expect("the rule scope.known was kept");
    let target = wanted.first(request.scenario);
    let keys = provider.keys.clone();
    let proof = request.credential.proof();
    let mut mint = Mint { call, keys: &keys, random: &mut provider.random, tenant, client, proof };
    let life = mint.access_token_life_for(&target, &Extra::default());
    let token = mint.app_token(&target, &roles, life);
    let mut fields: Vec<(&'static str, Field)> = vec![("token_type", json!("Bearer").into())];
    fields.extend(times(request, &target, life));
    fields.push(("access_token", token.into()));
    let claims = Claims::read(call.form.get("claims")).unwrap_or_default();
    let nobody = Accounts::default();
    let attempt = attempt(request, &target.resource, &claims, &nobody);
    let entry = provider.sign_ins.succeeded(call, client, None);
    entry.at(tenant, client, None).meeting(request.scenario, &attempt);
    Reply::tokens(call, fields)
}

fn on_wanted(asked: &Asked<'_>, rule: impl Fn(&Wanted) -> Verdict) -> Verdict {
    match &asked.wanted {
        Some(Ok(wanted)) => rule(wanted),
        _ => Ok(()),
    }
}

fn is_for_one_tenant(asked: &Asked<'_>) -> Verdict {
    if asked.request.segment.tenant().is_some() {
        return Ok(());
    }
    let text = "No tenant could be derived from the request or its credentials.";
    Err(Refusal::new(50059, "invalid_request", text)
        .demands("an application signs in by itself to one tenant: its GUID or domain stands in the path")
        .compares("tenant", asked.request.segment.name(), ["a GUID or domain"]))
}

/// Outside its own tenant an application has a service principal once it was added or somebody has consented to it there;
/// in its own, unless it was registered through Graph and nobody has made one.
fn has_service_principal(asked: &Asked<'_>) -> Verdict {
    let Some(tenant) = asked.request.segment.tenant() else { return Ok(()) };
    let client = asked.request.client();
    if asked.is_known_there {
        return Ok(());
    }
    let text = format!("App '{}' has no service principal in tenant '{}'.", client.app_id, tenant.id);
    Err(Refusal::new(7_000_229, "invalid_client", text)
        .demands("the tenant must have a service principal for the application: a registration alone is none")
        .compares("service principal", "(none)", [format!("one in {}", tenant.display_name)])
        .compares("registered in", client.tenant.clone().unwrap_or_default(), Vec::<String>::new()))
}

fn is_known_resource(asked: &Asked<'_>) -> Verdict {
    match &asked.wanted {
        Some(Err(fault @ Fault::UnknownResource(_))) => {
            Err(fault.at_token(asked.request.segment.shown(), ""))
        }
        _ => Ok(()),
    }
}

fn is_default(asked: &Asked<'_>) -> Verdict {
    let sent = asked.request.call.form.get("scope").unwrap_or_default();
    let defaults_only = match &asked.wanted {
        Some(Ok(wanted)) => !wanted.targets.is_empty() && wanted.targets.iter().all(|target| target.default),
        // Several `.default` are a fault, too, but of another kind.
        Some(Err(Fault::Malformed { .. } | Fault::SeveralDefaults(_))) => {
            sent.split_ascii_whitespace().all(|word| word.ends_with("/.default"))
        }
        Some(Err(_)) => false,
        None => true,
    };
    if defaults_only {
        return Ok(());
    }
    let text = format!("Scope '{sent}' does not suit client_credentials; use the resource plus /.default.");
    Err(Refusal::new(1_002_012, "invalid_scope", text)
        .demands("an application gets all roles granted to it, so it asks for `resource/.default` and nothing by name")
        .compares("scope", sent, ["resource/.default"]))
}

fn is_assigned(asked: &Asked<'_>) -> Verdict {
    let Some(Ok(wanted)) = &asked.wanted else { return Ok(()) };
    let (client, resource) = (asked.request.client(), wanted.first(asked.request.scenario).resource);
    if !resource.app_role_assignment_required || !asked.roles.is_empty() {
        return Ok(());
    }
    let text = format!(
        "App '{}' ({}) holds no role on '{}' ({}).",
        client.app_id, client.display_name, resource.app_id, resource.display_name
    );
    Err(Refusal::new(501_051, "invalid_grant", text)
        .demands("the resource has appRoleAssignmentRequired, so the application needs a role of it")
        .compares("appRoleAssignments", "(none)", resource.app_roles.iter().map(|role| role.value.clone())))
}

/// `accounts` is empty: nobody is there to have accepted anything.
fn attempt<'a>(
    request: &'a Request<'_>,
    resource: &'a Application,
    claims: &'a Claims,
    accounts: &'a Accounts,
) -> policies::Attempt<'a> {
    policies::Attempt {
        person: None,
        tenant: request.segment.tenant().map(Arc::as_ref),
        client: request.client(),
        resource,
        claims,
        accounts,
        address: request.call.address,
        way: policies::Way::Other,
        now: request.call.now,
    }
}

fn meets_policies(asked: &Asked<'_>) -> Verdict {
    let Some(Ok(wanted)) = &asked.wanted else { return Ok(()) };
    let resource = wanted.first(asked.request.scenario).resource;
    let claims = Claims::read(asked.request.call.form.get("claims")).unwrap_or_default();
    let (scenario, nobody) = (asked.request.scenario, Accounts::default());
    let attempt = attempt(asked.request, &resource, &claims, &nobody);
    policies::unmet(scenario, &attempt).map_or(Ok(()), |unmet| Err(unmet.refusal(scenario, &attempt)))
}
