//! A sign-in in progress: which page comes next, and what happens when there is none left.
//!
//! The next page follows from what is known ([`Interaction`]): who it is, whether the second factor was given, whether the
//! application was confirmed and consented to. So every way in (a new request, a form, an account picked) ends here.

use std::sync::Arc;

use serde_json::json;

use crate::{
    provider::{
        Provider,
        call::Call,
        consents,
        grants::{Code, Progress},
        mint::{self, IdTokenParts, Mint, Proof},
        pages::{self, Form},
        refusal::Refusal,
        reply::{Field, Reply},
        scenario::{Application, PlatformKind, Tenant},
        scope,
        sessions::{Asked, Authorization, Interaction, Person, Prompt, Purpose},
        tenant::Segment,
    },
    time::UnixTime,
};

/// The cookie that names the browser, signed in or not.
const BROWSER_COOKIE: &str = "fpc";

/// The cookie that names the session.
pub const SESSION_COOKIE: &str = "ESTSAUTH";

/// `error` for missing consent where no page may be shown. Sources name `consent_required`, too.
const SILENT_CONSENT_ERROR: &str = "interaction_required";

/// `error` for a person who declined. Sources name `consent_required`, too.
const DECLINED_ERROR: &str = "access_denied";

/// Begins a sign-in: notes the browser, and goes to the first page.
pub fn begin(provider: &mut Provider, call: &Call, mut interaction: Interaction) -> Reply {
    let known = call.cookie(BROWSER_COOKIE).filter(|value| value.len() >= 20);
    interaction.browser = known.map_or_else(|| provider.random.short(), str::to_owned);
    let cookie = set_cookie(call, BROWSER_COOKIE, &interaction.browser, Some(30 * 86_400));
    let flow_token = provider.random.text(1);
    proceed(provider, call, flow_token, interaction, None).with_header("set-cookie", cookie)
}

/// A cookie for this authority only. Over https it may travel in hidden frames; over http browsers take no such cookie.
pub fn set_cookie(call: &Call, name: &str, value: &str, seconds: Option<u32>) -> String {
    let life = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let site = if call.base.starts_with("https:") { "Secure; SameSite=None" } else { "SameSite=Lax" };
    format!("{name}={value}; Path=/{life}; HttpOnly; {site}")
}

/// Whether the request comes from the browser that began the sign-in.
pub fn is_same_browser(call: &Call, interaction: &Interaction) -> bool {
    call.cookie(BROWSER_COOKIE) == Some(interaction.browser.as_str())
}

/// What comes next.
enum Next {
    SignIn,
    Pick(Vec<Person>),
    Verify(Person),
    Confirm(Person),
    Consent(Person, Vec<consents::Missing>),
    AdminApproval(Arc<Tenant>, Box<Refusal>),
    /// Refused on a page, whoever asked.
    Page(Box<Refusal>),
    /// Refused back to the application, if there is a way back.
    Back(Box<Refusal>),
    Finish(Person, Arc<Tenant>),
}

/// Shows the next page or finishes. `problem` is why the last form did not work.
pub fn proceed(
    provider: &mut Provider,
    call: &Call,
    flow_token: String,
    mut interaction: Interaction,
    problem: Option<Box<Refusal>>,
) -> Reply {
    let client = Arc::clone(&interaction.client);
    let segment = interaction.segment.name().to_owned();
    let form = Form { segment: &segment, flow_token: &flow_token };
    let html = match next(provider, call, &mut interaction) {
        Next::SignIn => {
            let typed =
                call.form.get("loginfmt").or(interaction.asked.login_hint.as_deref()).unwrap_or_default();
            pages::sign_in(&form, &provider.scenario, &client, typed, problem.as_deref())
        }
        Next::Pick(people) => pages::pick(&form, &client, &people),
        Next::Verify(person) => pages::verify(&form, &person.user, problem.as_deref()),
        Next::Confirm(person) => {
            let code = user_code(provider, call, &interaction.purpose);
            pages::confirm(&form, &client, &code, &person)
        }
        Next::Consent(person, permissions) => pages::consent(&form, &client, &person, &permissions),
        Next::AdminApproval(tenant, refusal) => {
            let html = pages::admin_approval(call, &client, &tenant, &refusal);
            return Reply::page_refusing(call, html, refusal);
        }
        Next::Page(refusal) => return Reply::error_page(call, refusal),
        Next::Back(refusal) => return refuse(provider, call, &interaction, refusal),
        Next::Finish(person, tenant) => return finish(provider, call, &interaction, person, tenant),
    };
    provider.interactions.put(flow_token, interaction, call.now);
    match problem {
        Some(problem) => Reply::page_refusing(call, html, problem),
        None => Reply::page(call, html),
    }
}

/// The step whose page is due now, as forms name it; empty if none is.
pub fn due(provider: &Provider, call: &Call, interaction: &Interaction) -> &'static str {
    match next(provider, call, &mut interaction.clone()) {
        Next::SignIn => "sign_in",
        Next::Pick(_) => "pick",
        Next::Verify(_) => "verify",
        Next::Confirm(_) => "confirm",
        Next::Consent(..) => "consent",
        Next::AdminApproval(..) | Next::Page(_) | Next::Back(_) | Next::Finish(..) => "",
    }
}

type Rule = fn(&Standing<'_>) -> Result<(), Next>;

/// Rules about the person and the application, in the order in which they are applied.
const RULES: &[(&str, Rule)] = &[
    ("account.in_tenant", is_in_tenant),
    ("resource.in_tenant", has_resources_in_tenant),
    ("client.assigned", is_assigned),
    ("factor.second", has_second_factor),
    ("client.confirmed", is_confirmed),
    ("consent.given", has_consent),
];

/// What the rules look at.
struct Standing<'a> {
    provider: &'a Provider,
    interaction: &'a Interaction,
    person: &'a Person,
    tenant: &'a Arc<Tenant>,
}

fn next(provider: &Provider, call: &Call, interaction: &mut Interaction) -> Next {
    if interaction.person.is_none() {
        match choose(provider, call, interaction) {
            Ok(person) => interaction.person = Some(person),
            Err(next) => return next,
        }
    }
    let person = interaction.person.clone().expect("it was chosen above");
    let tenant = Arc::clone(provider.scenario.tenant_of(&person.user));
    let standing = Standing { provider, interaction, person: &person, tenant: &tenant };
    for (name, rule) in RULES {
        if let Err(next) = rule(&standing) {
            return concerning(next, name, interaction, &person);
        }
    }
    Next::Finish(person, tenant)
}

fn concerning(next: Next, rule: &'static str, interaction: &Interaction, person: &Person) -> Next {
    let name = |refusal: Box<Refusal>| refusal.by(rule).concerning(&interaction.client, Some(&person.user));
    match next {
        Next::AdminApproval(tenant, refusal) => Next::AdminApproval(tenant, name(refusal)),
        Next::Page(refusal) => Next::Page(name(refusal)),
        Next::Back(refusal) => Next::Back(name(refusal)),
        other => other,
    }
}

/// Who of those signed in already is meant (reference §3.4); otherwise the page that finds out, or the refusal if no page
/// may be shown.
fn choose(provider: &Provider, call: &Call, interaction: &Interaction) -> Result<Person, Next> {
    let Asked { prompt, login_hint, max_age } = &interaction.asked;
    let session = call.cookie(SESSION_COOKIE).and_then(|cookie| provider.sessions.get(cookie, call.now));
    let signed_in = session.map(|session| session.people.as_slice()).unwrap_or_default();
    let is_recent = |person: &Person| {
        max_age.is_none_or(|age| {
            call.now.since(person.authenticated_at).as_secs() <= u64::try_from(age).unwrap_or(0)
        })
    };
    let usable: Vec<Person> = signed_in
        .iter()
        .filter(|person| {
            interaction.segment.admits(provider.scenario.tenant_of(&person.user)) && is_recent(person)
        })
        .filter(|person| {
            login_hint.as_ref().is_none_or(|hint| person.user.user_principal_name.eq_ignore_ascii_case(hint))
        })
        .cloned()
        .collect();
    if *prompt == Prompt::Login || interaction.another_account {
        return Err(Next::SignIn);
    }
    match (prompt, usable.as_slice()) {
        (Prompt::None, []) => Err(Next::Back(nobody_signed_in(login_hint.as_deref()).by("session.present"))),
        (_, []) => Err(Next::SignIn),
        (Prompt::SelectAccount, _) => Err(Next::Pick(usable)),
        (_, [person]) => Ok(person.clone()),
        (Prompt::None, _) => {
            Err(Next::Back(several_signed_in(provider, interaction, &usable).by("session.unambiguous")))
        }
        _ => Err(Next::Pick(usable)),
    }
}

fn nobody_signed_in(hint: Option<&str>) -> Box<Refusal> {
    Refusal::new(50058, "login_required", "A silent request arrived but nobody is signed in.")
        .demands("with prompt=none somebody must have signed in earlier, in the same browser")
        .compares("session", "(none that fits)", [hint.unwrap_or("one account signed in").to_owned()])
}

fn several_signed_in(provider: &Provider, interaction: &Interaction, people: &[Person]) -> Box<Refusal> {
    let client = &interaction.client;
    let text = format!(
        "Account '{}' from '{}' cannot be used with app '{}' ({}) in '{}'; choose one account.",
        "{EmailHidden}",
        provider.scenario.home().domains.first().map_or("", String::as_str),
        client.app_id,
        client.display_name,
        interaction.segment.shown(),
    );
    Refusal::new(16000, "interaction_required", text)
        .demands("with prompt=none and several accounts signed in, `login_hint` must say which")
        .compares(
            "login_hint",
            interaction.asked.login_hint.as_deref().unwrap_or("(nothing)"),
            people.iter().map(|person| person.user.user_principal_name.clone()),
        )
}

fn is_silent(interaction: &Interaction) -> bool {
    interaction.asked.prompt == Prompt::None
}

fn is_in_tenant(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, person, tenant, .. } = standing;
    if interaction.segment.admits(tenant) {
        return Ok(());
    }
    let (user, client, here) = (&person.user, &interaction.client, interaction.segment.shown());
    let text = format!(
        "User '{}' from provider '{}' is not in tenant '{here}', so app '{}' ({}) is out of reach; invite the user first.",
        user.user_principal_name, tenant.display_name, client.app_id, client.display_name,
    );
    Err(Next::Page(
        Refusal::new(50020, "access_denied", text)
            .demands("the account must be a member or guest of the tenant in the path")
            .compares("tenant", &tenant.display_name, [here]),
    ))
}

/// On `common` the tenant is known only now, and so whether its directory has the resource.
fn has_resources_in_tenant(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, tenant, .. } = standing;
    let absent =
        interaction.wanted.targets.iter().find(|target| !scope::exists_in(&target.resource, Some(tenant)));
    absent.map_or(Ok(()), |target| {
        Err(Next::Back(scope::unknown_resource(&target.audience, &tenant.display_name)))
    })
}

fn is_assigned(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, person, .. } = standing;
    let client = &interaction.client;
    if !client.app_role_assignment_required || client.assigned_users.contains(&person.user.key) {
        return Ok(());
    }
    let text = format!(
        "User '{}' is not assigned to app '{}' ({}), which requires assignment.",
        "{EmailHidden}", client.app_id, client.display_name
    );
    Err(Next::Back(
        Refusal::new(50105, "interaction_required", text)
            .demands("the application has appRoleAssignmentRequired, so the person must be assigned to it")
            .compares("user", &person.user.user_principal_name, client.assigned_users.clone()),
    ))
}

fn has_second_factor(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, .. } = standing;
    if !person.owes_second_factor() {
        return Ok(());
    }
    if !is_silent(interaction) {
        return Err(Next::Verify((*person).clone()));
    }
    let resource = interaction.wanted.first(&provider.scenario).resource;
    let text = format!(
        "A policy or a new location asks for multifactor sign-in before '{}' can be reached.",
        resource.app_id
    );
    Err(Next::Back(
        Refusal::new(50076, "interaction_required", text)
            .suberror("basic_action")
            .demands("this person needs a second factor, and prompt=none leaves no way to ask for it")
            .compares("amr", person.methods.join(" "), ["pwd mfa"]),
    ))
}

fn is_confirmed(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, person, .. } = standing;
    match &interaction.purpose {
        Purpose::Device(_) if !interaction.confirmed => Err(Next::Confirm((*person).clone())),
        Purpose::Device(_) | Purpose::Authorize(_) => Ok(()),
    }
}

/// The decision of reference §9.2.
fn has_consent(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, tenant } = standing;
    let (client, wanted) = (&interaction.client, &interaction.wanted);
    let mut missing = provider.consents.missing(&provider.scenario, tenant, client, &person.user, wanted);
    let asks_anyway = interaction.asked.prompt == Prompt::Consent && !interaction.consented;
    if missing.is_empty() && !asks_anyway {
        return Ok(());
    }
    let by_administrator_only = missing.iter().any(consents::Missing::needs_administrator)
        || client.app_role_assignment_required
        || !provider.scenario.policy.users_may_consent;
    if by_administrator_only && !missing.is_empty() && !person.user.administrator {
        let refusal = needs_administrator(tenant, client, &missing);
        return Err(if is_silent(interaction) {
            Next::Back(refusal)
        } else {
            Next::AdminApproval(Arc::clone(tenant), refusal)
        });
    }
    if is_silent(interaction) {
        let expected = missing.iter().map(|missing| missing.scope.value.clone());
        return Err(Next::Back(not_consented(client, expected).as_error(SILENT_CONSENT_ERROR)));
    }
    if asks_anyway {
        let named = consents::named(&provider.scenario, wanted);
        missing.extend(named.into_iter().filter(|named| !missing.contains(named)).collect::<Vec<_>>());
    }
    Err(Next::Consent((*person).clone(), with_offline_access(provider, missing)))
}

/// The page always names lasting access, asked for or not (reference §9.2).
fn with_offline_access(
    provider: &Provider,
    mut permissions: Vec<consents::Missing>,
) -> Vec<consents::Missing> {
    let graph = provider.scenario.graph();
    if let Some(scope) = graph.scope("offline_access") {
        let lasting = consents::Missing { resource: Arc::clone(graph), scope: scope.clone() };
        if !permissions.contains(&lasting) {
            permissions.push(lasting);
        }
    }
    permissions
}

/// What accepting the consent page grants: what the page named.
pub fn consent_asked(
    provider: &Provider,
    interaction: &Interaction,
    person: &Person,
) -> Vec<consents::Missing> {
    let tenant = provider.scenario.tenant_of(&person.user);
    let (client, wanted) = (&interaction.client, &interaction.wanted);
    let missing = provider.consents.missing(&provider.scenario, tenant, client, &person.user, wanted);
    with_offline_access(provider, missing)
}

fn needs_administrator(tenant: &Tenant, client: &Application, missing: &[consents::Missing]) -> Box<Refusal> {
    let scopes: Vec<&str> = missing.iter().map(|missing| missing.scope.value.as_str()).collect();
    Refusal::new(90094, "consent_required", "An administrator has to consent.")
        .demands("permissions of type Admin, and any permission of an application that requires assignment, are granted by an administrator")
        .compares("scope", scopes.join(" "), ["permissions that people may grant themselves"])
        .compares("application", &client.display_name, Vec::<String>::new())
        .compares("tenant", &tenant.display_name, Vec::<String>::new())
}

/// 65001: nobody has allowed this.
pub fn not_consented(client: &Application, missing: impl IntoIterator<Item = String>) -> Box<Refusal> {
    let text = format!(
        "Nobody has consented to app '{}' named '{}' for this request; send an interactive one.",
        client.app_id, client.display_name
    );
    let missing: Vec<String> = missing.into_iter().collect();
    Refusal::new(65001, "invalid_grant", text)
        .suberror("consent_required")
        .demands("each permission asked for must have been granted by the person or for the whole tenant")
        .compares("scope", missing.join(" "), ["(not granted)"])
}

/// The person said no: on the sign-in page, at the confirmation, or to the permissions.
pub fn cancel(provider: &mut Provider, call: &Call, interaction: &Interaction) -> Reply {
    let refusal = Refusal::new(65004, DECLINED_ERROR, "The user refused consent.")
        .subcode("cancel")
        .by("consent.given")
        .concerning(&interaction.client, interaction.person.as_ref().map(|person| person.user.as_ref()))
        .demands("the person must accept");
    refuse(provider, call, interaction, refusal)
}

/// Refuses to whoever asked: the application, by redirect; or the person, while the device learns of it when it polls.
fn refuse(provider: &mut Provider, call: &Call, interaction: &Interaction, refusal: Box<Refusal>) -> Reply {
    match &interaction.purpose {
        Purpose::Authorize(authorization) => Reply::refused_back(call, &authorization.to, refusal),
        Purpose::Device(code) if refusal.code == 65004 => {
            if let Some(device) = provider.devices.get_mut(code, call.now) {
                device.progress = Progress::Declined;
            }
            Reply::page_refusing(call, pages::device_declined(&interaction.client), refusal)
        }
        Purpose::Device(_) => Reply::error_page(call, refusal),
    }
}

fn user_code(provider: &Provider, call: &Call, purpose: &Purpose) -> String {
    match purpose {
        Purpose::Device(code) => {
            provider.devices.get(code, call.now).map(|device| device.user_code.clone()).unwrap_or_default()
        }
        Purpose::Authorize(_) => String::new(),
    }
}

fn finish(
    provider: &mut Provider,
    call: &Call,
    interaction: &Interaction,
    person: Person,
    tenant: Arc<Tenant>,
) -> Reply {
    provider.sign_ins.succeeded(call, &interaction.client, Some(&person.user));
    match &interaction.purpose {
        Purpose::Authorize(authorization) => {
            authorized(provider, call, interaction, authorization, person, tenant)
        }
        Purpose::Device(code) => {
            if let Some(device) = provider.devices.get_mut(code, call.now) {
                device.progress = Progress::Approved(Box::new(person), tenant);
            }
            Reply::page(call, pages::device_done(&interaction.client))
        }
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
        let keys = provider.keys.clone();
        let proof = Proof::None;
        let mut mint =
            Mint { call, keys: &keys, random: &mut provider.random, tenant: &tenant, client, proof };
        if response.token {
            let life = mint.access_token_life();
            let scp = super::token::issue::scp(&target, &granted);
            fields.push(("access_token", mint.user_token(&person, &target, &scp, life).into()));
            fields.push(("token_type", json!("Bearer").into()));
            fields.push(("expires_in", json!(life.to_string()).into()));
            fields.push(("scope", json!(wanted.echo(&target, &granted)).into()));
        }
        if response.id_token {
            let parts = IdTokenParts {
                wanted,
                nonce: authorization.nonce.as_deref(),
                auth_time: interaction.asked.max_age.is_some(),
                code: code.as_deref(),
                beside_access_token: response.token,
            };
            fields.push(("id_token", mint.id_token(&person, &parts).into()));
        }
    }
    if authorization.client_info {
        fields.push(("client_info", json!(mint::client_info(&person, &tenant)).into()));
    }
    fields.push(("session_state", json!(person.session).into()));
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
        issued: now,
        redeemed: false,
    }
}

/// Whether a person may sign in to a segment is asked again where a grant is redeemed.
pub fn same_tenant(segment: &Segment, issued_at: &Segment, tenant: &Tenant) -> bool {
    segment.name() == issued_at.name() || segment.tenant().is_some_and(|own| own.id == tenant.id)
}

/// Whether the redirect URI of that platform makes its user a public client.
pub const fn is_public(platform: PlatformKind) -> bool {
    matches!(platform, PlatformKind::Spa | PlatformKind::PublicClient)
}
