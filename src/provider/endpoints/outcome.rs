//! How a sign-in ends: with an answer to the application, with a device that may go on, or with a refusal to either.

use std::sync::Arc;

use serde_json::json;

use super::{admin_consent, device_page, logout, standing};
use crate::{
    provider::{
        Provider,
        call::Call,
        directory_claims::Subject,
        grants::{Code, Progress},
        mint::{self, Extra, IdTokenParts, Mint, Proof},
        pages, policies,
        refusal::Refusal,
        reply::{Field, Reply},
        scenario::{CONSUMERS, Tenant},
        sessions::{Authorization, Interaction, Person, Purpose},
    },
    time::UnixTime,
};

/// `error` for a person who declined. Sources name `consent_required`, too.
const DECLINED_ERROR: &str = "access_denied";

/// The person said no: on the sign-in page, at the confirmation, or to the permissions.
pub fn cancel(provider: &mut Provider, call: &Call, interaction: &Interaction) -> Reply {
    let mut refusal = Refusal::new(65004, DECLINED_ERROR, "The user refused consent.")
        .by("consent.given")
        .concerning(&interaction.client, interaction.person.as_ref().map(|person| person.user.as_ref()))
        .demands("the person must accept")
        .compares("the person's answer", "declined", ["accepted"]);
    if !matches!(interaction.purpose, Purpose::AdminConsent(_)) {
        refusal = refusal.subcode("cancel");
    }
    refuse(provider, call, interaction, refusal)
}

/// Refuses to whoever asked: the application, by redirect; or the person, while the device learns of it when it polls.
pub fn refuse(
    provider: &mut Provider,
    call: &Call,
    interaction: &Interaction,
    refusal: Box<Refusal>,
) -> Reply {
    match &interaction.purpose {
        Purpose::Authorize(authorization) => Reply::refused_back(call, &authorization.to, refusal),
        Purpose::Device(code) if refusal.code == 65004 => {
            // Too late for a no: somebody else with the same code was quicker.
            if let Err(late) = device_page::still_waits(provider, call, code) {
                return Reply::error_page(call, late);
            }
            if let Some(device) = provider.devices.get_mut(code, call.now) {
                device.progress = Progress::Declined;
            }
            Reply::page_refusing(call, pages::device_declined(&interaction.client), refusal)
        }
        Purpose::Device(_) => Reply::error_page(call, refusal),
        Purpose::AdminConsent(asked) => admin_consent::refuse(call, &asked.to, refusal),
    }
}

/// Everything was asked and answered.
pub fn finish(
    provider: &mut Provider,
    call: &Call,
    interaction: &Interaction,
    person: Person,
    tenant: Arc<Tenant>,
) -> Reply {
    if let Purpose::Device(code) = &interaction.purpose
        && let Err(late) = device_page::still_waits(provider, call, code)
    {
        return Reply::error_page(call, late.concerning(&interaction.client, Some(&person.user)));
    }
    note_success(provider, call, interaction, &person, &tenant);
    match &interaction.purpose {
        Purpose::Authorize(authorization) => {
            logout::note_participant(provider, call.now, &person, &interaction.client, &tenant);
            authorized(provider, call, interaction, authorization, person, tenant)
        }
        Purpose::Device(code) => {
            if let Some(device) = provider.devices.get_mut(code, call.now) {
                device.progress = Progress::Approved(Box::new(person), tenant);
            }
            Reply::page(call, pages::device_done(&interaction.client))
        }
        Purpose::AdminConsent(asked) => {
            admin_consent::granted(call, &provider.scenario, interaction, asked, &tenant)
        }
    }
}

/// Writes the sign-in into the log: what it was for, and the policies it met.
fn note_success(
    provider: &mut Provider,
    call: &Call,
    interaction: &Interaction,
    person: &Person,
    tenant: &Tenant,
) {
    let (client, wanted, user) = (&interaction.client, &interaction.wanted, &person.user);
    let entry = provider.sign_ins.succeeded(call, client, Some(user)).at(tenant, client, Some(user));
    let graph = wanted.targets.is_empty().then(|| wanted.first(&provider.scenario));
    // The first resource is the one that the log names.
    for target in wanted.targets.iter().rev().chain(&graph) {
        let attempt = policies::Attempt {
            person: Some(person),
            tenant: Some(tenant),
            client,
            resource: &target.resource,
            claims: &interaction.asked.claims,
            accounts: &provider.accounts,
            address: call.address,
            way: standing::way_of(interaction),
            now: call.now,
        };
        entry.meeting(&provider.scenario, &attempt);
    }
}

/// The authorization response (reference §3.6).
fn authorized(
    provider: &mut Provider,
    call: &Call,
    interaction: &Interaction,
    authorization: &Authorization,
    person: Person,
    tenant: Arc<Tenant>,
) -> Reply {
    let (client, wanted, response) = (&interaction.client, &interaction.wanted, authorization.response);
    let mut fields: Vec<(&'static str, Field)> = Vec::new();
    let code = response.code.then(|| format!("1.A{}", provider.random.text(12)));
    if let Some(code) = &code {
        fields.push(("code", json!(code).into()));
    }
    if response.hands_out_tokens() {
        let target = wanted.first(&provider.scenario);
        let granted = provider.consents.granted(&tenant, client, &person.user, &target.resource);
        let (keys, scenario) = (provider.keys.clone(), Arc::clone(&provider.scenario));
        let claims = &interaction.asked.claims;
        let proof = Proof::None;
        let subject = Subject {
            scenario: &scenario,
            person: &person,
            tenant: &tenant,
            base: &call.base,
            address: call.address,
            in_an_address: true,
        };
        let mut mint =
            Mint { call, keys: &keys, random: &mut provider.random, tenant: &tenant, client, proof };
        if response.token {
            let extra = Extra::of(claims, &subject, &target.resource);
            let life = mint.access_token_life_for(&target, &extra);
            let scp = super::token::issue::scp(&target, &granted);
            fields.push(("access_token", mint.user_token(&person, &target, &scp, &extra, life).into()));
            fields.push(("token_type", json!("Bearer").into()));
            fields.push(("expires_in", json!(life.to_string()).into()));
            fields.push(("scope", json!(wanted.echo(&target, &granted)).into()));
        }
        if response.id_token {
            let parts = IdTokenParts {
                version: wanted.version,
                wanted,
                nonce: authorization.nonce.as_deref(),
                auth_time: interaction.asked.max_age.is_some() || claims.auth_time,
                contexts: policies::published(&scenario, &claims.id_token_contexts),
                code: code.as_deref(),
                beside_access_token: response.token,
                directory: subject.in_id_token(client),
            };
            fields.push(("id_token", mint.id_token(&person, &parts).into()));
        }
    }
    if authorization.client_info {
        fields.push(("client_info", json!(mint::client_info(&person)).into()));
    }
    if authorization.instance_aware {
        let host = call.host();
        for name in
            ["cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host"]
        {
            fields.push((name, json!(host).into()));
        }
    }
    // Personal accounts have no session that applications could watch.
    if tenant.id != CONSUMERS {
        fields.push(("session_state", json!(person.session).into()));
    }
    if let Some(code) = code {
        let record = record(call.now, interaction, authorization, person, tenant);
        provider.codes.put(code, record, call.now);
    }
    Reply::back(call, &authorization.to, fields)
}

fn record(
    now: UnixTime,
    interaction: &Interaction,
    authorization: &Authorization,
    person: Person,
    tenant: Arc<Tenant>,
) -> Code {
    Code {
        client: Arc::clone(&interaction.client),
        tenant,
        segment: interaction.segment.clone(),
        person,
        wanted: interaction.wanted.clone(),
        platform: authorization.platform,
        redirect_uri: authorization.redirect_uri.clone(),
        nonce: authorization.nonce.clone(),
        challenge: authorization.challenge.clone(),
        auth_time: interaction.asked.max_age.is_some(),
        claims: interaction.asked.claims.clone(),
        issued: now,
        redeemed: false,
    }
}
