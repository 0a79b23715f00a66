//! The forms of a sign-in in progress: `{t}/login`. Each form carries a flow token, valid in the browser that began.

use std::sync::Arc;

use super::{
    next_page::{self, SESSION_COOKIE, set_cookie},
    outcome,
};
use crate::provider::{
    Provider,
    call::Call,
    consents,
    refusal::{Refusal, Verdict},
    reply::Reply,
    scenario::{Scenario, User},
    sessions::{Interaction, Person, Session},
};

/// Answers a form.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if !super::is_post(call) {
        return super::wrong_method(call, "POST");
    }
    let token = call.form.get("flow_token").unwrap_or_default().to_owned();
    let known = provider.interactions.get(&token, call.now);
    if !known.is_some_and(|interaction| next_page::is_same_browser(call, interaction)) {
        return Reply::error_page(call, page_is_over());
    }
    let interaction = provider.interactions.take(&token, call.now).expect("it was found above");
    if call.form.get("action") == Some("cancel") {
        return outcome::cancel(provider, call, &interaction);
    }
    // A form can be sent without its page having been shown; it counts only if its page is the one that is due.
    let due = next_page::due(provider, call, &interaction);
    match call.form.get("step").filter(|step| *step == due) {
        Some("sign_in") => sign_in(provider, call, token, interaction),
        Some("pick") => pick(provider, call, token, interaction),
        Some("verify") => verify(provider, call, token, interaction),
        Some("confirm") => {
            let interaction = Interaction { confirmed: true, ..interaction };
            next_page::proceed(provider, call, token, interaction, None)
        }
        Some("consent") => consent(provider, call, token, interaction),
        _ => next_page::proceed(provider, call, token, interaction, None),
    }
}

fn page_is_over() -> Box<Refusal> {
    Refusal::new(50089, "invalid_request", "This page is over; begin the sign-in again.")
        .by("flow_token.valid")
        .demands(
            "a form is sent once, within an hour, from the browser that began the sign-in, with cookies on",
        )
}

/// A name and password as typed, and the account that the name means.
struct Typed<'a> {
    name: &'a str,
    password: &'a str,
    user: Option<&'a User>,
    interaction: &'a Interaction,
}

type Rule = fn(&Typed<'_>) -> Verdict;

const SIGN_IN_RULES: &[(&str, Rule)] = &[
    ("user.known", is_known),
    ("password.present", has_password),
    ("password.right", is_right_password),
    ("account.enabled", is_enabled),
];

fn sign_in(provider: &mut Provider, call: &Call, token: String, interaction: Interaction) -> Reply {
    let scenario: Arc<Scenario> = Arc::clone(&provider.scenario);
    let name = call.form.get("loginfmt").unwrap_or_default().trim();
    let user = scenario.user_named(name);
    let password = call.form.raw("passwd").unwrap_or_default();
    let typed = Typed { name, password, user: user.map(Arc::as_ref), interaction: &interaction };
    let verdict =
        SIGN_IN_RULES.iter().try_for_each(|(rule, check)| check(&typed).map_err(|refusal| refusal.by(rule)));
    if let Err(refusal) = verdict {
        let refusal = refusal.concerning(&interaction.client, user.map(Arc::as_ref));
        return next_page::proceed(provider, call, token, interaction, Some(refusal));
    }
    let user = Arc::clone(user.expect("the rule user.known was kept"));
    welcome(provider, call, token, interaction, user, vec!["pwd"])
}

fn is_known(typed: &Typed<'_>) -> Verdict {
    if typed.user.is_some() {
        return Ok(());
    }
    let tenant = typed.interaction.segment.shown();
    Err(Refusal::new(
        50034,
        "invalid_grant",
        format!("User '{}' has no account in directory '{tenant}'.", typed.name),
    )
    .demands("the sign-in name must belong to somebody in the directory")
    .compares("username", typed.name, ["the sign-in name of somebody in the directory"]))
}

fn has_password(typed: &Typed<'_>) -> Verdict {
    if !typed.password.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(50056, "invalid_grant", "No usable password was given or stored.")
        .demands("a password must be typed"))
}

fn is_right_password(typed: &Typed<'_>) -> Verdict {
    let Some(user) = typed.user else { return Ok(()) };
    if user.password.expose() == typed.password {
        return Ok(());
    }
    Err(Refusal::new(50126, "invalid_grant", "User name or password is wrong.")
        .demands("the password must be the one in the directory")
        .compares_secret("password", typed.password, user.password.masked()))
}

fn is_enabled(typed: &Typed<'_>) -> Verdict {
    if typed.user.is_none_or(|user| user.account_enabled) {
        return Ok(());
    }
    Err(Refusal::new(50057, "invalid_grant", "This account is disabled.")
        .demands("accountEnabled must be true")
        .compares("accountEnabled", "false", ["true"]))
}

/// Somebody has proved who they are: they join the browser's session, under a new cookie so that nobody who planted the
/// old one comes along.
fn welcome(
    provider: &mut Provider,
    call: &Call,
    token: String,
    interaction: Interaction,
    user: Arc<User>,
    methods: Vec<&'static str>,
) -> Reply {
    let old = call.cookie(SESSION_COOKIE).and_then(|cookie| provider.sessions.take(cookie, call.now));
    let mut session = old.unwrap_or_else(|| Session { id: provider.random.guid(), people: Vec::new() });
    let person = Person { user, session: session.id.clone(), authenticated_at: call.now, methods };
    session.welcome(person.clone());
    let cookie = provider.random.text(1);
    provider.sessions.put(cookie.clone(), session, call.now);
    let interaction = Interaction { person: Some(person), ..interaction };
    next_page::proceed(provider, call, token, interaction, None)
        .with_header("set-cookie", set_cookie(call, SESSION_COOKIE, &cookie, None))
}

fn pick(provider: &mut Provider, call: &Call, token: String, mut interaction: Interaction) -> Reply {
    interaction.person = call.form.get("login").and_then(|name| {
        let session = provider.sessions.get(call.cookie(SESSION_COOKIE)?, call.now)?;
        session
            .people
            .iter()
            .find(|person| person.user.user_principal_name.eq_ignore_ascii_case(name))
            .cloned()
    });
    interaction.another_account = interaction.person.is_none();
    next_page::proceed(provider, call, token, interaction, None)
}

fn verify(provider: &mut Provider, call: &Call, token: String, interaction: Interaction) -> Reply {
    let Some(person) = interaction.person.clone() else {
        return next_page::proceed(provider, call, token, interaction, None);
    };
    let typed = call.form.get("otc").unwrap_or_default().trim();
    let right = person.user.one_time_code.as_ref().is_some_and(|code| code.expose() == typed);
    if right {
        let methods = vec!["pwd", "mfa"];
        return welcome(provider, call, token, interaction, Arc::clone(&person.user), methods);
    }
    let refusal = Refusal::new(500_121, "invalid_grant", "The second factor was not right.")
        .by("factor.right")
        .demands("the code must be the one that the lab has for this person")
        .compares_secret("otc", typed, "the code in `authwright tenant show`")
        .concerning(&interaction.client, Some(&person.user));
    next_page::proceed(provider, call, token, interaction, Some(refusal))
}

fn consent(provider: &mut Provider, call: &Call, token: String, interaction: Interaction) -> Reply {
    let accepted = interaction.person.clone().filter(|_| call.form.get("action") == Some("next"));
    let Some(person) = accepted else {
        return next_page::proceed(provider, call, token, interaction, None);
    };
    let asked = next_page::consent_asked(provider, &interaction, &person);
    let for_all = person.user.administrator && call.form.get("consent") == Some("organization");
    let tenant = Arc::clone(provider.scenario.tenant_of(&person.user));
    let principal = if for_all { None } else { Some(person.user.as_ref()) };
    provider.consents.grant(&tenant, &interaction.client, principal, &asked);
    for (middle_tier, needs) in consents::behind(&provider.scenario, &interaction.client, &interaction.wanted)
    {
        provider.consents.grant(&tenant, &middle_tier, principal, &needs);
    }
    let interaction = Interaction { consented: true, ..interaction };
    next_page::proceed(provider, call, token, interaction, None)
}
