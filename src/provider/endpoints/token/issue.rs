//! The tokens of a grant that stands for a person, and the answer that carries them (reference §4.2).

use std::{collections::BTreeSet, sync::Arc};

use serde_json::json;

use super::Request;
use crate::provider::{
    Provider,
    call::Call,
    claims::Claims,
    consents::Missing,
    directory_claims::Subject,
    endpoints::{next_page::not_consented, standing},
    grants::{Refresh, SPA_REFRESH_TOKEN_LIFE, kept_as},
    membership,
    mint::{self, Extra, IdTokenParts, Mint},
    policies::{self, Way},
    refusal::{Refusal, Verdict},
    reply::{Field, Reply},
    resource,
    scenario::{Application, Control, PlatformKind, Tenant},
    scope::{self, Target, Wanted},
    sessions::Person,
    version::Version,
};
use crate::time::UnixTime;

/// What a grant has established.
pub struct Established<'a> {
    pub tenant: Arc<Tenant>,
    pub person: Person,
    /// What is asked for now, OpenID Connect's scopes of the whole flow included.
    pub wanted: Wanted,
    pub nonce: Option<&'a str>,
    pub auth_time: bool,
    /// What `claims` of an earlier request of the flow asked for; `claims` of this one adds to it.
    pub claims: Claims,
    pub platform: Option<PlatformKind>,
    /// When the row of refresh tokens began; now, but for a refresh.
    pub row_began: UnixTime,
}

/// What the person, the application and the policies have to allow, whichever grant it is; in the order of reference §4.1.
const RULES: &[(&str, Rule)] = &[
    ("account.enabled", |grant| {
        let Established { person, tenant, .. } = grant.established;
        grant.provider.accounts.may_go_on(&person.user, &tenant.display_name)
    }),
    ("account.let_in", |grant| {
        let Established { person, tenant, .. } = grant.established;
        let (call, client) = (grant.request.call, grant.request.client());
        membership::lets_in(&membership::Entry { call, user: &person.user, client, tenant })
            .map_err(|refusal| refusal.as_error("invalid_grant"))
    }),
    ("security_defaults.allow", |grant| {
        policies::suits_security_defaults(grant.request.scenario, &attempt(grant))
    }),
    ("scope.known_here", has_resource),
    ("resource.usable", |grant| {
        let (request, target) = (grant.request, std::slice::from_ref(grant.target));
        resource::are_usable(request.scenario, request.client(), request.version, target)?;
        resource::take_mapped_claims(request.scenario, request.client(), target)
    }),
    ("resource.suits_shared_path", |grant| {
        let (request, target) = (grant.request, std::slice::from_ref(grant.target));
        resource::suit_shared_paths(&request.segment, request.client(), request.version, target)
    }),
    ("consent.given", has_consent),
    ("client.assigned", |grant| is_assigned(grant, grant.request.client())),
    ("resource.assigned", |grant| is_assigned(grant, &grant.target.resource)),
    ("factor.second", has_second_factor),
    ("policy.met", meets_policies),
];

/// Seconds from which a token is worth renewing before it ends: clients are told when (`refresh_in`).
const LONG: i64 = 7200;

type Rule = fn(&Grant<'_>) -> Verdict;

/// What the rules look at.
struct Grant<'a> {
    provider: &'a Provider,
    request: &'a Request<'a>,
    established: &'a Established<'a>,
    target: &'a Target,
    /// The permissions of the target that were ever granted.
    granted: &'a BTreeSet<String>,
    claims: &'a Claims,
}

/// Checks what is to be checked for every person, and issues.
pub fn issue(
    provider: &mut Provider,
    request: &Request<'_>,
    grant: &Established<'_>,
) -> Result<Reply, Box<Refusal>> {
    let (call, client, scenario) = (request.call, request.client(), request.scenario);
    let Established { tenant, person, wanted, .. } = grant;
    let target = wanted.first(scenario);
    let granted = provider.consents.granted(tenant, client, &person.user, &target.resource);
    let claims = grant.claims.clone().and(Claims::read(call.form.get("claims")).unwrap_or_default());
    let looked_at =
        Grant { provider, request, established: grant, target: &target, granted: &granted, claims: &claims };
    RULES.iter().try_for_each(|(name, rule)| {
        rule(&looked_at).map_err(|refusal| refusal.by(name).concerning(client, Some(&person.user)))
    })?;

    let grant_type = call.form.get("grant_type").unwrap_or_default();
    let what = [&client.app_id, &person.user.id, &target.resource.app_id, &wanted.text, grant_type];
    provider
        .pace
        .is_no_loop(&scenario.policy, &what, call.now)
        .map_err(|refusal| refusal.concerning(client, Some(&person.user)))?;

    let keys = provider.keys.clone();
    let proof = request.credential.proof();
    let mut mint = Mint { call, keys: &keys, random: &mut provider.random, tenant, client, proof };
    let subject =
        Subject { scenario, person, tenant, base: &call.base, address: call.address, in_an_address: false };
    let extra = Extra::of(&claims, &subject, &target.resource);
    let life = mint.access_token_life_for(&target, &extra);
    let access_token = mint.user_token(person, &target, &scp(&target, &granted), &extra, life);
    let echo = match request.version {
        Version::One => scp(&target, &granted).into_iter().collect::<Vec<_>>().join(" "),
        Version::Two => wanted.echo(&target, &granted),
    };
    let mut fields: Vec<(&'static str, Field)> =
        vec![("token_type", json!("Bearer").into()), ("scope", json!(echo).into())];
    fields.extend(times(request, &target, life));
    fields.push(("access_token", access_token.into()));
    let id_token = wanted.has("openid").then(|| {
        let parts = IdTokenParts {
            version: request.version,
            wanted,
            nonce: grant.nonce,
            auth_time: grant.auth_time || claims.auth_time,
            contexts: policies::published(scenario, &claims.id_token_contexts),
            code: None,
            beside_access_token: false,
            directory: subject.in_id_token(client),
        };
        mint.id_token(person, &parts)
    });
    if wanted.has("offline_access") {
        let token = format!("1.A{}", provider.random.text(16));
        let name = kept_as(&token);
        fields.push(("refresh_token", json!(token).into()));
        if grant.platform == Some(PlatformKind::Spa) {
            let left = SPA_REFRESH_TOKEN_LIFE.saturating_sub(call.now.since(grant.row_began)).as_secs();
            fields.push(("refresh_token_expires_in", json!(left.saturating_sub(1)).into()));
        }
        if client.is_family_client {
            fields.push(("foci", json!("1").into()));
        }
        provider.refresh_tokens.put(name, refresh(request, grant), call.now);
    }
    if let Some(id_token) = id_token {
        fields.push(("id_token", id_token.into()));
    }
    if call.form.get("client_info") == Some("1") {
        fields.push(("client_info", json!(mint::client_info(person)).into()));
    }
    let attempt = policies::Attempt {
        person: Some(person),
        tenant: Some(tenant),
        client,
        resource: &target.resource,
        claims: &claims,
        accounts: &provider.accounts,
        address: call.address,
        way: way_of(call),
        now: call.now,
    };
    let entry = provider.sign_ins.succeeded(call, client, Some(&person.user));
    entry.at(tenant, client, Some(&person.user)).meeting(scenario, &attempt);
    Ok(Reply::tokens(call, fields))
}

/// How long an access token lives. Version 1 writes numbers as texts, tells both ends, and names the resource.
pub fn times(request: &Request<'_>, target: &Target, life: i64) -> Vec<(&'static str, Field)> {
    let number = |seconds: i64| match request.version {
        Version::One => json!(seconds.to_string()),
        Version::Two => json!(seconds),
    };
    let mut fields: Vec<(&'static str, Field)> =
        vec![("expires_in", number(life).into()), ("ext_expires_in", number(life).into())];
    if life >= LONG {
        fields.push(("refresh_in", number(life / 2).into()));
    }
    if request.version == Version::One {
        let now = request.call.now.seconds();
        fields.push(("expires_on", number(now + life).into()));
        fields.push(("not_before", number(now - mint::BACKDATED).into()));
        fields.push(("resource", json!(target.audience).into()));
    }
    fields
}

fn refresh(request: &Request<'_>, grant: &Established<'_>) -> Refresh {
    Refresh {
        client: Arc::clone(request.client()),
        tenant: Arc::clone(&grant.tenant),
        person: grant.person.clone(),
        wanted: grant.wanted.clone(),
        platform: grant.platform,
        issued: request.call.now,
        row_began: grant.row_began,
        revoked: None,
    }
}

/// The tenant is known for certain only now, and so whether it has the resource.
fn has_resource(grant: &Grant<'_>) -> Verdict {
    let (target, tenant) = (grant.target, &grant.established.tenant);
    if scope::exists_in(&target.resource, Some(tenant)) {
        return Ok(());
    }
    Err(standing::absent(grant.request.client(), &target.resource, &target.audience, tenant))
}

fn has_consent(grant: &Grant<'_>) -> Verdict {
    let Established { tenant, person, wanted, .. } = grant.established;
    let (client, consents, target) = (grant.request.client(), &grant.provider.consents, grant.target);
    let missing = consents.missing(grant.request.scenario, tenant, client, &person.user, wanted);
    let of_target =
        |missing: &&Missing| missing.resource.app_id == target.resource.app_id || missing.resource.is_graph();
    let missing: Vec<String> =
        missing.iter().filter(of_target).map(|missing| missing.scope.value.clone()).collect();
    // For itself an application needs nobody's consent: such a token allows nothing, and begins an on-behalf-of chain.
    let is_for_itself = target.resource.app_id == client.app_id;
    if missing.is_empty() && (is_for_itself || !target.default || !grant.granted.is_empty()) {
        return Ok(());
    }
    Err(not_consented(client, missing))
}

fn is_assigned(grant: &Grant<'_>, application: &Application) -> Verdict {
    let user = &grant.established.person.user;
    if !application.app_role_assignment_required || grant.request.scenario.is_assigned(user, application) {
        return Ok(());
    }
    let text = format!(
        "User '{}' is not assigned to app '{}' ({}), which requires assignment.",
        "{EmailHidden}", application.app_id, application.display_name
    );
    Err(Refusal::new(50105, "invalid_grant", text)
        .demands("the application has appRoleAssignmentRequired, so the person must be assigned to it")
        .compares("user", &user.user_principal_name, grant.request.scenario.assigned_to(application)))
}

fn has_second_factor(grant: &Grant<'_>) -> Verdict {
    let person = &grant.established.person;
    if !person.owes_second_factor() {
        return Ok(());
    }
    Err(policies::second_factor_owed(&grant.target.resource.app_id).compares(
        "amr",
        person.methods.join(" "),
        ["pwd mfa"],
    ))
}

fn way_of(call: &Call) -> Way {
    match call.form.get("grant_type") {
        Some("password") => Way::Password,
        Some(grant_type) if grant_type.ends_with("device_code") => Way::DeviceCode,
        _ => Way::Other,
    }
}

fn attempt<'a>(grant: &'a Grant<'_>) -> policies::Attempt<'a> {
    let request = grant.request;
    policies::Attempt {
        person: Some(&grant.established.person),
        tenant: Some(&grant.established.tenant),
        client: request.client(),
        resource: &grant.target.resource,
        claims: grant.claims,
        accounts: &grant.provider.accounts,
        address: request.call.address,
        way: way_of(request.call),
        now: request.call.now,
    }
}

fn meets_policies(grant: &Grant<'_>) -> Verdict {
    let (request, attempt) = (grant.request, attempt(grant));
    let Some(unmet) = policies::unmet(request.scenario, &attempt) else { return Ok(()) };
    let mut refusal = unmet.refusal(request.scenario, &attempt);
    // There is no page that a password could be taken back to: the challenge is left out (reference §4.12).
    if request.call.form.get("grant_type") == Some("password") && unmet.control == Control::Mfa {
        refusal.claims = None;
    }
    Err(refusal)
}

/// The permissions in `scp`: for Graph and for `.default` all that were ever granted, else those asked for.
pub fn scp(target: &Target, granted: &BTreeSet<String>) -> BTreeSet<String> {
    let is_named = |value: &String| target.permissions.iter().any(|permission| permission.value == *value);
    let takes_all = target.resource.is_graph() || target.default;
    granted
        .iter()
        .filter(|value| *value != "offline_access" && (takes_all || is_named(value)))
        .cloned()
        .collect()
}
