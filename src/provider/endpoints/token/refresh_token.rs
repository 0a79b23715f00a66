//! `grant_type=refresh_token` (reference §4.8). A refresh token is bound to person and client, or to person and family of
//! clients; not to a resource, and not to a tenant. Each use gives a new one, and the old one goes on working.

use std::sync::Arc;

use super::{
    Answered, Request,
    authorization_code::known_scope,
    client,
    issue::{Established, issue},
    suits_origin,
};
use crate::provider::{
    Provider,
    accounts::Accounts,
    claims::Claims,
    grants::{REFRESH_TOKEN_IDLE, Refresh, SPA_REFRESH_TOKEN_LIFE, kept_as},
    mint::precise,
    policies,
    refusal::{Refusal, Verdict},
    reply::Reply,
    scenario::{CONSUMERS, PlatformKind, Tenant},
    scope::{Fault, Wanted},
    tenant::{self, Segment},
};
use crate::time::span;

struct Use<'a> {
    request: &'a Request<'a>,
    token: Option<Refresh>,
    /// The tenant that the new tokens are for.
    tenant: Option<Arc<Tenant>>,
    wanted: Option<Result<Wanted, Fault>>,
}

type Rule = fn(&Use<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("refresh_token.present", |used| used.request.has("refresh_token")),
    ("refresh_token.readable", is_readable),
    ("refresh_token.client", belongs_to_client),
    ("origin.suits_platform", |used| on_token(used, |token| suits_origin(used.request, token.platform))),
    ("credential.none_if_public", |used| client::is_silent_if_public(used.request, is_public(used))),
    ("credential.present", |used| client::has_credential(used.request, is_public(used))),
    ("credential.right", |used| client::is_right_credential(used.request)),
    ("refresh_token.unrevoked", is_unrevoked),
    ("refresh_token.row_unexpired", is_row_unexpired),
    ("refresh_token.used_lately", is_used_lately),
    ("account.in_tenant", is_in_tenant),
    ("scope.known", |used| known_scope(used.request, used.wanted.as_ref())),
    ("policy.sign_in_frequency", is_signed_in_lately),
];

pub fn answer(provider: &mut Provider, request: &Request<'_>) -> Answered {
    let now = request.call.now;
    let token = request.call.form.get("refresh_token");
    let token = token.and_then(|token| provider.refresh_tokens.get(&kept_as(token), now)).cloned();
    let tenant = token.as_ref().and_then(|token| tenant_for(request, token));
    let wanted = request.wanted(tenant.as_deref());
    let platform = token.as_ref().and_then(|token| token.platform);
    Answered { result: refresh(provider, Use { request, token, tenant, wanted }), platform }
}

fn refresh(provider: &mut Provider, used: Use<'_>) -> Result<Reply, Box<Refusal>> {
    let person = used.token.as_ref().map(|token| Arc::clone(&token.person.user));
    RULES.iter().try_for_each(|(name, rule)| {
        rule(&used).map_err(|refusal| refusal.by(name).concerning(used.request.client(), person.as_deref()))
    })?;
    let token = used.token.expect("the rule refresh_token.readable was kept");
    let wanted = match used.wanted {
        Some(wanted) => wanted.expect("the rule scope.known was kept"),
        None => token.wanted,
    };
    // Refreshing is laxer than redeeming: where several resources are named, the token is for the first.
    let wanted = wanted.for_first_resource();
    let row_began =
        if token.platform == Some(PlatformKind::Spa) { token.row_began } else { used.request.call.now };
    let established = Established {
        tenant: used.tenant.expect("the rule account.in_tenant was kept"),
        person: token.person,
        wanted,
        nonce: None,
        auth_time: false,
        claims: Claims::default(),
        platform: token.platform,
        row_began,
    };
    issue(provider, used.request, &established)
}

/// A single tenant in the path is meant, if the person is a member or guest of it; otherwise the tenant of the sign-in.
fn tenant_for(request: &Request<'_>, token: &Refresh) -> Option<Arc<Tenant>> {
    match &request.segment {
        Segment::Common | Segment::Organizations => Some(Arc::clone(&token.tenant)),
        segment @ (Segment::Tenant(_) | Segment::Consumers | Segment::Unknown(_) | Segment::Malformed(_)) => {
            tenant::entered_by(segment, &token.person.user, request.scenario)
        }
    }
}

fn on_token(used: &Use<'_>, rule: impl Fn(&Refresh) -> Verdict) -> Verdict {
    used.token.as_ref().map_or(Ok(()), rule)
}

/// The platform of the sign-in decides; the device flow has none, and then the registration does.
fn is_public(used: &Use<'_>) -> bool {
    let platform = used.token.as_ref().and_then(|token| token.platform);
    platform.map_or_else(|| used.request.client().is_fallback_public_client, PlatformKind::is_public)
}

fn is_readable(used: &Use<'_>) -> Verdict {
    if used.token.is_some() {
        return Ok(());
    }
    let sent = used.request.call.form.get("refresh_token").unwrap_or_default();
    Err(Refusal::new(9_002_313, "invalid_grant", "The request is malformed.")
        .suberror("bad_token")
        .demands("the refresh token must be one that this tenant issued, unchanged")
        .compares_secret("refresh_token", sent, "a refresh token of this tenant"))
}

fn belongs_to_client(used: &Use<'_>) -> Verdict {
    on_token(used, |token| {
        let client = used.request.client();
        let is_family = token.client.is_family_client;
        if token.client.app_id == client.app_id || is_family && client.is_family_client {
            return Ok(());
        }
        let text = "The grant (refresh token, code or assertion) is not valid.";
        let refusal = Refusal::new(70000, "invalid_grant", text).compares(
            "client_id",
            &client.app_id,
            [format!("{} ({})", token.client.app_id, token.client.display_name)],
        );
        Err(if is_family {
            refusal
                .suberror("client_mismatch")
                .additional_info("client_mismatch")
                .demands("a refresh token of the family is used by members of the family")
        } else {
            refusal.demands("a refresh token is used by the application that it was issued to")
        })
    })
}

fn is_unrevoked(used: &Use<'_>) -> Verdict {
    on_token(used, |token| {
        let Some(valid_from) = token.revoked else { return Ok(()) };
        let (issued, valid_from) = (precise(token.issued), precise(valid_from));
        let text = format!(
            "This grant was revoked; sign in again. Issued '{issued}', tokens valid from '{valid_from}'."
        );
        Err(Refusal::new(50173, "invalid_grant", text)
            .suberror("bad_token")
            .demands("the refresh token must be younger than the moment at which the person's sessions were revoked")
            .compares("issued", issued, [format!("from {valid_from} on")]))
    })
}

fn is_in_tenant(used: &Use<'_>) -> Verdict {
    on_token(used, |token| {
        if used.tenant.is_some() {
            return Ok(());
        }
        if token.person.user.tenant_id == CONSUMERS {
            let text = "The grant was obtained for a personal account.";
            return Err(Refusal::new(70_000_121, "invalid_grant", text)
                .by("refresh_token.of_work_account")
                .demands("a personal account's refresh token works at `consumers`, and in no work tenant")
                .compares("tenant", used.request.segment.shown(), ["consumers"]));
        }
        let (client, person, here) =
            (used.request.client(), &token.person.user, used.request.segment.shown());
        let text = format!(
            "User '{}' from provider '{}' is not in tenant '{here}', so app '{}' ({}) is out of reach; invite the user first.",
            "{EmailHidden}", token.tenant.display_name, client.app_id, client.display_name,
        );
        Err(Refusal::new(50020, "invalid_grant", text)
            .demands("a refresh token works in every tenant that its person is a member or guest of, and in no other")
            .compares("tenant", here, [person.tenant.clone()].into_iter().chain(person.guest_in.iter().map(|guest| guest.tenant.clone()))))
    })
}

fn is_row_unexpired(used: &Use<'_>) -> Verdict {
    on_token(used, |token| {
        let age = used.request.call.now.since(token.row_began);
        if token.platform != Some(PlatformKind::Spa) || age < SPA_REFRESH_TOKEN_LIFE {
            return Ok(());
        }
        let issued = precise(token.row_began);
        let text = format!(
            "A refresh token of a single-page app lives at most 1.00:00:00 and is over. Issued {issued}."
        );
        Err(Refusal::new(700_084, "invalid_grant", text)
            .demands("a single-page application signs in again after 24 hours, refreshed or not")
            .compares("age", span(age), ["less than 24 hours"]))
    })
}

fn is_used_lately(used: &Use<'_>) -> Verdict {
    on_token(used, |token| {
        let idle = used.request.call.now.since(token.issued);
        if idle < REFRESH_TOKEN_IDLE {
            return Ok(());
        }
        let issued = precise(token.issued);
        let text = format!("The refresh token was unused for too long. Issued {issued}, idle 90.00:00:00.");
        Err(Refusal::new(700_082, "invalid_grant", text)
            .suberror("token_expired")
            .demands("a refresh token is used at least once in 90 days")
            .compares("idle", span(idle), ["less than 90 days"]))
    })
}

/// A policy of the resource may want people to sign in more often than refresh tokens end.
fn is_signed_in_lately(used: &Use<'_>) -> Verdict {
    on_token(used, |token| {
        let request = used.request;
        let wanted = used.wanted.as_ref().map_or(Some(&token.wanted), |wanted| wanted.as_ref().ok());
        let Some(target) = wanted.map(|wanted| wanted.first(request.scenario)) else { return Ok(()) };
        let claims = Claims::read(request.call.form.get("claims")).unwrap_or_default();
        let attempt = policies::Attempt {
            person: Some(&token.person),
            tenant: used.tenant.as_deref(),
            client: request.client(),
            resource: &target.resource,
            claims: &claims,
            // What was accepted is asked about when the tokens are issued.
            accounts: &Accounts::default(),
            address: request.call.address,
            way: policies::Way::Other,
            now: request.call.now,
        };
        let Some(allowed) = policies::sign_in_frequency(request.scenario, &attempt) else { return Ok(()) };
        let age = request.call.now.since(token.person.authenticated_at);
        if age < allowed {
            return Ok(());
        }
        let (issued, seconds) = (precise(token.issued), allowed.as_secs());
        let text = format!(
            "The refresh token is too old for the sign-in frequency policy. Issued {issued}, allowed {seconds} s."
        );
        Err(Refusal::new(70043, "invalid_grant", text)
            .suberror("token_expired")
            .demands("a policy of the resource wants the person to sign in again from time to time")
            .compares("since the sign-in", span(age), [format!("less than {}", span(allowed))]))
    })
}
