//! A sign-in in progress: which page comes next, and what happens when there is none left.
//!
//! The next page follows from what is known ([`Interaction`]): who it is, whether the second factor was given, whether the
//! application was confirmed and consented to. So every way in (a new request, a form, an account picked) ends here.

use std::sync::Arc;

use super::{account, admin_consent, consent_policy, outcome, remedies, standing};
use crate::provider::{
    Provider,
    call::Call,
    consents,
    pages::{self, Form},
    refusal::Refusal,
    reply::Reply,
    scenario::{Application, Scenario, Tenant, User},
    sessions::{Interaction, Person, Prompt, Purpose, is_meant_by},
    tenant,
};

/// The cookie that names the browser, signed in or not.
const BROWSER_COOKIE: &str = "fpc";

/// The cookie that names the session.
pub const SESSION_COOKIE: &str = "ESTSAUTH";

/// `error` for missing consent where no page may be shown. Sources name `consent_required`, too.
const SILENT_CONSENT_ERROR: &str = "interaction_required";

/// Begins a sign-in: notes the browser, and goes to the first page.
pub fn begin(provider: &mut Provider, call: &Call, mut interaction: Interaction) -> Reply {
    let known = call.cookie(BROWSER_COOKIE).filter(|value| is_one_of_ours(value));
    interaction.browser = known.map_or_else(|| provider.random.short(), str::to_owned);
    let cookie = set_cookie(call, BROWSER_COOKIE, &interaction.browser, Some(30 * 86_400));
    let flow_token = provider.random.text(1);
    proceed(provider, call, flow_token, interaction, None).with_header("set-cookie", cookie)
}

/// Whether a cookie can be the name that a browser was given. Anything else is not repeated in a header.
fn is_one_of_ours(value: &str) -> bool {
    value.len() == 22 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
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
pub enum Next {
    SignIn,
    /// Somebody's password is another identity provider's to check.
    HomeRealm(Arc<User>),
    Pick(Vec<Person>),
    /// Something is asked that a page can take.
    Mend(Box<remedies::Asked>),
    Confirm(Box<Person>),
    Consent(Box<Person>, Vec<consents::Missing>),
    ConsentForAll(Box<Person>, Arc<Tenant>),
    AdminApproval(Arc<Tenant>, Box<Refusal>),
    /// Refused on a page, whoever asked.
    Page(Box<Refusal>),
    /// Refused back to the application, if there is a way back.
    Back(Box<Refusal>),
    Finish(Box<Person>, Arc<Tenant>),
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
    let mut interrupt = None;
    let html = match next(provider, call, &mut interaction) {
        Next::SignIn => {
            let hint = interaction.asked.login_hint.as_deref().map(|hint| name_meant(provider, hint));
            let again = interaction.person.as_ref().map(|person| person.user.user_principal_name.as_str());
            let typed = call.form.get("loginfmt").or(again).or(hint).unwrap_or_default();
            let signs_up = interaction.asked.prompt == Prompt::Create;
            pages::sign_in(&form, &provider.scenario, &client, typed, signs_up, problem.as_deref())
        }
        Next::HomeRealm(user) => {
            let home = provider.scenario.tenant_of(&user);
            pages::home_realm(&form, &client, &user, home, problem.as_deref())
        }
        Next::Pick(people) => pages::pick(&form, &client, &people),
        Next::Mend(asked) => {
            let html = asked.page(provider, &form, problem.as_deref());
            interrupt = Some(asked.interrupt);
            html
        }
        Next::Confirm(person) => {
            let code = user_code(provider, call, &interaction.purpose);
            pages::confirm(&form, &client, &code, &person)
        }
        Next::Consent(person, permissions) => {
            let publisher = publisher(&provider.scenario, &client);
            pages::consent(&form, &client, &publisher, &person, &permissions)
        }
        Next::ConsentForAll(person, tenant) => {
            let asked = admin_consent::asked(&provider.scenario, &interaction);
            pages::admin_consent::review(&form, &client, &person, &tenant, &asked)
        }
        Next::AdminApproval(tenant, refusal) => {
            let way = admin_consent::address(call, &interaction, &tenant);
            let asks = consent_policy::takes_requests(provider, &interaction).then_some(&form);
            let html = pages::admin_consent::approval(call, &client, &tenant, way.as_ref(), asks, &refusal);
            if asks.is_some() {
                provider.interactions.put(flow_token, interaction, call.now);
            }
            return Reply::page_refusing(call, html, refusal);
        }
        Next::Page(refusal) => return Reply::error_page(call, refusal),
        Next::Back(refusal) => return outcome::refuse(provider, call, &interaction, refusal),
        Next::Finish(person, tenant) => {
            return outcome::finish(provider, call, &interaction, *person, tenant);
        }
    };
    provider.interactions.put(flow_token, interaction, call.now);
    match problem {
        Some(problem) => Reply::page_refusing(call, html, problem),
        // The sign-in log counts such pages, although nothing has failed (reference §3.8); the page itself says nothing of it.
        None => match interrupt {
            Some(interrupt) => Reply::page(call, html).refusing(interrupt),
            None => Reply::page(call, html),
        },
    }
}

/// The sign-in name behind a hint: the claim `login_hint` of an ID token says nothing to people.
fn name_meant<'a>(provider: &'a Provider, hint: &'a str) -> &'a str {
    let meant = provider.scenario.users().iter().find(|user| is_meant_by(user, hint));
    meant.map_or(hint, |user| &user.user_principal_name)
}

/// Who stands behind an application, for the consent page.
fn publisher(scenario: &Scenario, client: &Application) -> String {
    match (&client.verified_publisher, client.tenant.as_ref().and_then(|home| scenario.tenant(home))) {
        (Some(name), _) => format!("{name} (verified publisher)"),
        (None, Some(home)) => format!("{} (unverified)", home.display_name),
        (None, None) => "Microsoft".to_owned(),
    }
}

/// The step whose page is due now, as forms name it; empty if none is.
pub fn due(provider: &Provider, call: &Call, interaction: &Interaction) -> &'static str {
    match next(provider, call, &mut interaction.clone()) {
        Next::SignIn => "sign_in",
        Next::HomeRealm(_) => "home_realm",
        Next::Pick(_) => "pick",
        Next::Mend(asked) => asked.step(),
        Next::Confirm(_) => "confirm",
        Next::Consent(..) | Next::ConsentForAll(..) => "consent",
        Next::AdminApproval(..) if consent_policy::takes_requests(provider, interaction) => "request",
        Next::AdminApproval(..) | Next::Page(_) | Next::Back(_) | Next::Finish(..) => "",
    }
}

/// What a page asks for now, if it asks for something that a policy wants.
pub fn asked(provider: &Provider, call: &Call, interaction: &Interaction) -> Option<Box<remedies::Asked>> {
    match next(provider, call, &mut interaction.clone()) {
        Next::Mend(asked) => Some(asked),
        Next::SignIn
        | Next::HomeRealm(_)
        | Next::Pick(_)
        | Next::Confirm(_)
        | Next::Consent(..)
        | Next::ConsentForAll(..)
        | Next::AdminApproval(..)
        | Next::Page(_)
        | Next::Back(_)
        | Next::Finish(..) => None,
    }
}

pub type Rule = fn(&Standing<'_>) -> Result<(), Next>;

/// Rules about the person and the application, in the order in which they are applied.
const RULES: &[(&str, Rule)] = &[
    ("account.has_version", standing::has_version),
    ("account.kind", standing::is_kind_of_account),
    ("account.let_in", standing::is_let_in),
    ("resource.in_tenant", standing::has_resources_in_tenant),
    ("client.assigned", standing::is_assigned),
    ("factor.second", standing::has_second_factor),
    ("policy.sign_in_frequency", standing::is_signed_in_lately),
    ("policy.met", standing::meets_policies),
    ("client.confirmed", is_confirmed),
    ("registration.lists_api", standing::lists_api),
    ("consent.given", has_consent),
];

/// What the rules look at.
pub struct Standing<'a> {
    pub provider: &'a Provider,
    pub call: &'a Call,
    pub interaction: &'a Interaction,
    pub person: &'a Person,
    /// The tenant that is signed in to: a guest's is not their own.
    pub tenant: &'a Arc<Tenant>,
}

fn next(provider: &Provider, call: &Call, interaction: &mut Interaction) -> Next {
    if interaction.person.is_none() {
        match account::choose(provider, call, interaction) {
            Ok(person) => interaction.person = Some(person),
            Err(next) => return next,
        }
    }
    let person = interaction.person.clone().expect("it was chosen above");
    let Some(tenant) = tenant_entered(provider, interaction, &person) else {
        let refusal = standing::not_in_tenant(provider, interaction, &person);
        let next = match interaction.purpose {
            Purpose::AdminConsent(_) => Next::Back(refusal),
            Purpose::Authorize(_) | Purpose::Device(_) => Next::Page(refusal),
        };
        return concerning(next, "account.in_tenant", interaction, &person);
    };
    let standing = Standing { provider, call, interaction, person: &person, tenant: &tenant };
    let rules = match interaction.purpose {
        Purpose::AdminConsent(_) => admin_consent::RULES_ABOUT_THE_PERSON,
        Purpose::Authorize(_) | Purpose::Device(_) => RULES,
    };
    for (name, rule) in rules {
        if let Err(next) = rule(&standing) {
            return concerning(next, name, interaction, &person);
        }
    }
    Next::Finish(Box::new(person), tenant)
}

fn concerning(next: Next, rule: &'static str, interaction: &Interaction, person: &Person) -> Next {
    let resource = interaction.wanted.targets.first().map(|target| &target.resource);
    let name = |refusal: Box<Refusal>| {
        let refusal = refusal.by(rule).concerning(&interaction.client, Some(&person.user));
        // A policy names the resource that it guards.
        match resource.filter(|_| refusal.resource.is_none()) {
            Some(resource) => refusal.asking_for(resource),
            None => refusal,
        }
    };
    match next {
        Next::AdminApproval(tenant, refusal) => Next::AdminApproval(tenant, name(refusal)),
        Next::Page(refusal) => Next::Page(name(refusal)),
        Next::Back(refusal) => Next::Back(name(refusal)),
        Next::Mend(asked) => {
            let remedies::Asked { person, remedy, interrupt, terms } = *asked;
            Next::Mend(Box::new(remedies::Asked { person, remedy, interrupt: name(interrupt), terms }))
        }
        other @ (Next::SignIn
        | Next::HomeRealm(_)
        | Next::Pick(_)
        | Next::Confirm(_)
        | Next::Consent(..)
        | Next::ConsentForAll(..)
        | Next::Finish(..)) => other,
    }
}

/// The tenant that somebody signs in to with this request, if they have any business there.
pub fn tenant_entered(
    provider: &Provider,
    interaction: &Interaction,
    person: &Person,
) -> Option<Arc<Tenant>> {
    tenant::entered_by(&interaction.segment, &person.user, &provider.scenario)
}

/// Whether somebody can consent for a tenant: its own administrators do, and no guest.
pub fn administers(person: &Person, tenant: &Tenant) -> bool {
    person.user.administrator && person.user.tenant == tenant.key
}

pub fn is_silent(interaction: &Interaction) -> bool {
    interaction.asked.prompt == Prompt::None
}

fn is_confirmed(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { interaction, person, .. } = standing;
    match &interaction.purpose {
        Purpose::Device(_) if !interaction.confirmed => Err(Next::Confirm(Box::new((*person).clone()))),
        Purpose::Device(_) | Purpose::Authorize(_) | Purpose::AdminConsent(_) => Ok(()),
    }
}

/// The decision of reference §9.2.
fn has_consent(standing: &Standing<'_>) -> Result<(), Next> {
    let Standing { provider, interaction, person, tenant, .. } = standing;
    let (client, wanted) = (&interaction.client, &interaction.wanted);
    let mut missing = provider.consents.missing(&provider.scenario, tenant, client, &person.user, wanted);
    let asks_anyway = interaction.asked.prompt == Prompt::Consent && !interaction.consented;
    if missing.is_empty() && !asks_anyway {
        return Ok(());
    }
    let obstacle = consent_policy::obstacle(&provider.scenario.policy, tenant, client, &missing);
    if let Some(refusal) = obstacle.filter(|_| !administers(person, tenant)) {
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
    Err(Next::Consent(Box::new((*person).clone()), with_offline_access(provider, missing)))
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
    tenant: &Tenant,
) -> Vec<consents::Missing> {
    let (client, wanted) = (&interaction.client, &interaction.wanted);
    let missing = provider.consents.missing(&provider.scenario, tenant, client, &person.user, wanted);
    with_offline_access(provider, missing)
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

fn user_code(provider: &Provider, call: &Call, purpose: &Purpose) -> String {
    match purpose {
        Purpose::Device(code) => {
            provider.devices.get(code, call.now).map(|device| device.user_code.clone()).unwrap_or_default()
        }
        Purpose::Authorize(_) | Purpose::AdminConsent(_) => String::new(),
    }
}
