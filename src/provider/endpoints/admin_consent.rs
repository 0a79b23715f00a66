//! Admin consent (reference §6.1, §6.2): an administrator allows an application for everybody in the tenant, roles for the
//! application itself included. Version 2 says what in `scope`; version 1 means everything that the registration lists.
//!
//! The request is judged as one for authorization is, and the person signs in on the same pages. From then on other rules
//! hold ([`RULES_ABOUT_THE_PERSON`]), since no token comes of it: nobody has to be assigned to the application, and an account
//! of another directory goes back to the application instead of a page.

use std::sync::Arc;

use serde_json::json;
use url::Url;

use super::{
    authorize::{self, BEFORE_THE_WAY_BACK_IS_KNOWN, Request},
    consent_policy,
    next_page::{self, Next, Standing},
    standing,
};
use crate::provider::{
    Provider,
    call::Call,
    consents::{self, Missing, Permissions},
    redirect_uri::{self, Matched},
    refusal::{Refusal, Verdict},
    reply::{Field, Mode, Reply, Return, reads},
    scenario::{Application, Policy, Scenario, Tenant},
    scope::{self, Wanted},
    sessions::{AdminConsent, Asked, Interaction, Prompt, Purpose},
    tenant::Segment,
};

/// What an application gets with any permission that concerns people: somebody must be able to sign in to use it.
const TO_SIGN_IN: &[&str] = &["openid", "profile", "offline_access"];

/// Which of the two endpoints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

type Rules = &'static [(&'static str, authorize::Rule)];

/// Refused with a page, after what an authorization request is refused for.
const PAGE_RULES_OF_VERSION_1: Rules = &[("tenant.administered", is_not_personal)];

/// Refused with a redirect.
const RULES_OF_VERSION_1: Rules =
    &[("parameters.once", authorize::is_unambiguous), ("registration.lists_permissions", lists_permissions)];

/// Refused with a page, after what an authorization request is refused for.
const PAGE_RULES_OF_VERSION_2: Rules = &[
    ("tenant.administered", is_not_personal),
    ("tenant.not_common", is_not_common),
    ("redirect_uri.present", |request| authorize::is_present(request, "redirect_uri")),
];

/// Refused with a redirect.
const RULES_OF_VERSION_2: Rules = &[
    ("parameters.once", authorize::is_unambiguous),
    ("scope.present", |request| authorize::is_present(request, "scope")),
    ("scope.known", authorize::is_known_scope),
    ("registration.lists_permissions", lists_permissions),
    ("resource.required", authorize::lists_resource),
];

/// Rules about who has signed in, and about the tenant that is theirs.
pub const RULES_ABOUT_THE_PERSON: &[(&str, next_page::Rule)] = &[
    ("account.kind", standing::is_kind_of_account),
    ("factor.second", standing::has_second_factor),
    ("policy.sign_in_frequency", standing::is_signed_in_lately),
    ("policy.met", standing::meets_policies),
    ("account.administers", is_administrator),
    ("resource.in_tenant", has_resources_in_tenant),
    ("consent.given", is_accepted),
];

/// `{t}/v2.0/adminconsent`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    begin(provider, call, Version::Two)
}

/// `{t}/adminconsent`.
pub fn answer_v1(provider: &mut Provider, call: &Call) -> Reply {
    begin(provider, call, Version::One)
}

fn begin(provider: &mut Provider, call: &Call, version: Version) -> Reply {
    if !reads(call.method) {
        return super::wrong_method(call, "GET, HEAD");
    }
    let scenario = Arc::clone(&provider.scenario);
    let mut request = Request::read(call, &call.query, &scenario);
    let (page_rules, rules) = match version {
        Version::One => (PAGE_RULES_OF_VERSION_1, RULES_OF_VERSION_1),
        Version::Two => (PAGE_RULES_OF_VERSION_2, RULES_OF_VERSION_2),
    };
    if version == Version::One {
        request.wanted = None;
        request.redirect = request.redirect.take().or_else(|| below_a_registered_one(&request));
    }
    let verdict = request.judge(BEFORE_THE_WAY_BACK_IS_KNOWN).and_then(|()| request.judge(page_rules));
    if let Err(refusal) = verdict {
        return Reply::error_page(call, refusal);
    }
    let redirect = request.redirect.as_ref().expect("the rule redirect_uri.registered was kept");
    let state = request.fields.raw("state").map(str::to_owned);
    let to = Return { uri: redirect.uri.clone(), mode: Mode::Query, state };
    if let Err(refusal) = request.judge(rules) {
        return refuse(call, &to, refusal);
    }
    let wanted = request.wanted.and_then(Result::ok);
    let client = request.client.expect("the rule client.in_tenant was kept");
    // Whoever is signed in may not be an administrator; the list of accounts lets another one in.
    let asked = Asked { prompt: Prompt::SelectAccount, ..Asked::default() };
    let purpose = Purpose::AdminConsent(Box::new(AdminConsent { to, wanted }));
    let interaction = Interaction::new(purpose, request.segment, client, Wanted::default(), asked);
    next_page::begin(provider, call, interaction)
}

/// Version 1 takes a registered redirect URI with more path behind it.
fn below_a_registered_one(request: &Request<'_>) -> Option<Matched> {
    let client = request.client.as_ref()?;
    // Dots in the path are resolved here, so that the shorter address is really a part of the longer one.
    let uri = Url::parse(request.fields.get("redirect_uri")?).ok().filter(|uri| uri.fragment().is_none())?;
    let mut shorter = uri.clone();
    while shorter.path().len() > 1 {
        shorter.path_segments_mut().ok()?.pop();
        if let Some(Matched { platform, .. }) = redirect_uri::find(client, shorter.as_str()) {
            return Some(Matched { platform, uri });
        }
    }
    None
}

/// Personal accounts have nobody who administers them.
fn is_not_personal(request: &Request<'_>) -> Verdict {
    if request.segment == Segment::Consumers { Err(names_no_tenant(request)) } else { Ok(()) }
}

/// Version 2 wants to know better.
fn is_not_common(request: &Request<'_>) -> Verdict {
    if request.segment == Segment::Common { Err(names_no_tenant(request)) } else { Ok(()) }
}

/// Sources name no number for this; 900021 is the one whose meaning fits.
fn names_no_tenant(request: &Request<'_>) -> Box<Refusal> {
    let segment = request.segment.name();
    let text = format!("'{segment}' does not say for which tenant an administrator is to consent.");
    Refusal::new(900_021, "invalid_request", text)
        .demands("the path names a tenant by GUID or domain, or says `organizations` for that of the administrator")
        .compares("tenant", segment, ["a GUID", "a domain name", "organizations"])
}

/// The whole registration is asked for in version 1, and with `.default`.
fn wants_whole_registration(wanted: Option<&Wanted>) -> bool {
    wanted.is_none_or(|wanted| wanted.targets.iter().any(|target| target.default))
}

fn lists_permissions(request: &Request<'_>) -> Verdict {
    let wanted = request.wanted.as_ref().and_then(|wanted| wanted.as_ref().ok());
    let Some(client) = &request.client else { return Ok(()) };
    let lists_any = client
        .required_resource_access
        .iter()
        .any(|access| !access.scopes.is_empty() || !access.roles.is_empty());
    if lists_any || !wants_whole_registration(wanted) {
        return Ok(());
    }
    let text =
        format!("The required permissions of app '{}' ({}) are empty.", client.app_id, client.display_name);
    Err(Refusal::new(1_003_031, "access_denied", text)
        .demands("what is consented to as a whole must be listed in the registration")
        .compares("requiredResourceAccess", "(empty)", ["at least one permission"]))
}

/// What the administrator is asked to allow; nothing for other kinds of sign-ins.
pub fn asked(scenario: &Scenario, interaction: &Interaction) -> Permissions {
    let Purpose::AdminConsent(consent) = &interaction.purpose else { return Permissions::default() };
    let (client, wanted) = (&interaction.client, consent.wanted.as_ref());
    let mut delegated = wanted.map(|wanted| consents::named(scenario, wanted)).unwrap_or_default();
    let mut roles = Vec::new();
    if wants_whole_registration(wanted) {
        delegated.extend(consents::required(scenario, client));
        roles = consents::required_roles(scenario, client);
    }
    if !delegated.is_empty() {
        let graph = scenario.graph();
        let to_sign_in = TO_SIGN_IN.iter().filter_map(|name| graph.scope(name));
        delegated
            .extend(to_sign_in.map(|scope| Missing { resource: Arc::clone(graph), scope: scope.clone() }));
    }
    let mut once: Vec<Missing> = Vec::new();
    for permission in delegated {
        if !once.contains(&permission) {
            once.push(permission);
        }
    }
    let behind = wanted.map(|wanted| consents::behind(scenario, client, wanted)).unwrap_or_default();
    Permissions { delegated: once, roles, behind }
}

fn is_administrator(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, tenant, .. } = standing;
    if next_page::administers(person, tenant) {
        return Ok(());
    }
    let asked = asked(&provider.scenario, interaction);
    let scopes = asked.delegated.iter().map(|permission| permission.scope.value.as_str());
    let roles = asked.roles.iter().map(|role| role.role.value.as_str());
    let refusal = consent_policy::needs_administrator(
        &Policy { admin_consent_requests: false, ..provider.scenario.policy.clone() },
        tenant,
        &interaction.client,
        scopes.chain(roles),
    )
    .compares("administrator", "false", ["true, in this tenant"]);
    Err(Next::AdminApproval(Arc::clone(tenant), refusal))
}

/// What the registration lists is for the application's own tenant, and need not be there in another one.
fn has_resources_in_tenant(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, tenant, .. } = standing;
    let asked = asked(&provider.scenario, interaction);
    let of_roles = asked.roles.iter().map(|role| &role.resource);
    let mut resources = asked.delegated.iter().map(|permission| &permission.resource).chain(of_roles);
    let absent = resources.find(|resource| !scope::exists_in(resource, Some(tenant)));
    absent.map_or(Ok(()), |resource| {
        Err(Next::Back(standing::absent(&interaction.client, resource, name_of(resource), tenant)))
    })
}

fn is_accepted(standing: &Standing<'_>) -> Result<(), Next> {
    if standing.interaction.consented {
        return Ok(());
    }
    Err(Next::ConsentForAll(Box::new(standing.person.clone()), Arc::clone(standing.tenant)))
}

/// Writes down what the page named: grants for everybody, and roles.
pub fn grant(provider: &mut Provider, call: &Call, interaction: &Interaction, tenant: &Tenant) {
    let Permissions { delegated, roles, behind } = asked(&provider.scenario, interaction);
    let said = format!("an administrator consented to {}", interaction.client.display_name);
    provider.consented(said, call.now, |consents| {
        consents.grant(tenant, &interaction.client, None, &delegated);
        consents.assign(tenant, &interaction.client, &roles);
        for (middle_tier, needs) in behind {
            consents.grant(tenant, &middle_tier, None, &needs);
        }
    });
}

/// The answer once it is granted. `tenant` proves nothing to the application: anybody can send it such a redirect.
pub fn granted(
    call: &Call,
    scenario: &Scenario,
    interaction: &Interaction,
    consent: &AdminConsent,
    tenant: &Tenant,
) -> Reply {
    let mut fields: Vec<(&'static str, Field)> =
        vec![("admin_consent", json!("True").into()), ("tenant", json!(tenant.id).into())];
    if let Some(wanted) = &consent.wanted {
        let granted = asked(scenario, interaction).delegated;
        let defaults = wanted.targets.iter().filter(|target| target.default);
        let words =
            granted.iter().map(written).chain(defaults.map(|target| format!("{}/.default", target.audience)));
        fields.push(("scope", json!(words.collect::<Vec<_>>().join(" ")).into()));
    }
    Reply::back(call, &consent.to, fields)
}

/// A permission as scopes name it: those of OpenID Connect stand alone.
fn written(permission: &Missing) -> String {
    let Missing { resource, scope } = permission;
    if scope::is_oidc(&scope.value) && resource.is_graph() {
        scope.value.clone()
    } else {
        format!("{}/{}", name_of(resource), scope.value)
    }
}

fn name_of(resource: &Application) -> &str {
    resource.identifier_uris.first().unwrap_or(&resource.app_id)
}

/// Back to the application with a refusal, which says by what it was refused but not for which tenant.
pub fn refuse(call: &Call, to: &Return, refusal: Box<Refusal>) -> Reply {
    Reply::refused_back_with(call, to, refusal, vec![("admin_consent", json!("True").into())])
}

/// Where an administrator can allow what a sign-in was stopped for; `None` where there is no way back from there.
pub fn address(call: &Call, interaction: &Interaction, tenant: &Tenant) -> Option<Url> {
    let redirect_uri = match &interaction.purpose {
        Purpose::Authorize(authorization) => authorization.redirect_uri.as_deref(),
        Purpose::Device(_) => None,
        Purpose::AdminConsent(_) => return None,
    };
    let redirect_uri = redirect_uri.or_else(|| interaction.client.redirect_uri().map(|(_, uri)| uri))?;
    let mut url = Url::parse(&format!("{}/{}/v2.0/adminconsent", call.base, tenant.id)).ok()?;
    url.query_pairs_mut()
        .append_pair("client_id", &interaction.client.app_id)
        .append_pair("scope", &interaction.wanted.text)
        .append_pair("redirect_uri", redirect_uri);
    Some(url)
}
