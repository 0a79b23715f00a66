//! The forms of a sign-in in progress: `{t}/login`. Each form carries a flow token, valid in the browser that began.

use std::sync::Arc;

use super::{
    account, admin_consent, consent_policy,
    next_page::{self, Next, SESSION_COOKIE, set_cookie},
    outcome, remedies,
};
use crate::{
    provider::{
        Provider,
        accounts::{self, Accounts},
        call::Call,
        consents,
        refusal::{Refusal, Verdict},
        reply::Reply,
        scenario::User,
        sessions::{Interaction, Person, Purpose},
    },
    time::UnixTime,
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
    if let Some(asked) = next_page::asked(provider, call, &interaction)
        && asked.step() != "verify"
        && call.form.get("step") == Some(asked.step())
    {
        return remedies::answer(provider, call, token, interaction, &asked);
    }
    // Whoever picked an account that is gone since must not go on as the one that is left.
    if call.form.get("step") == Some("pick") && interaction.person.is_none() {
        return pick(provider, call, token, interaction);
    }
    match call.form.get("step").filter(|step| *step == due) {
        Some("sign_in") => sign_in(provider, call, token, interaction),
        Some("home_realm") => sign_in_at_home(provider, call, token, interaction),
        Some("verify") => verify(provider, call, token, interaction),
        Some("confirm") => {
            let interaction = Interaction { confirmed: true, ..interaction };
            next_page::proceed(provider, call, token, interaction, None)
        }
        Some("consent") => consent(provider, call, token, interaction),
        Some("request") => consent_policy::request(provider, call, &interaction, call.now),
        _ => next_page::proceed(provider, call, token, interaction, None),
    }
}

fn page_is_over() -> Box<Refusal> {
    Refusal::new(50089, "invalid_request", "This page is over; begin the sign-in again.")
        .by("flow_token.valid")
        .demands(
            "a form is sent once, within an hour, from the browser that began the sign-in, with cookies on",
        )
        .compares(
            "flow_token",
            "(of no sign-in that this browser has open)",
            ["that of the page as it was sent"],
        )
}

/// A name and password as typed, and the account that the name means.
struct Typed<'a> {
    accounts: &'a Accounts,
    now: UnixTime,
    name: &'a str,
    password: &'a str,
    user: Option<&'a User>,
    interaction: &'a Interaction,
}

type Rule = fn(&Typed<'_>) -> Verdict;

/// Before the password is looked at.
const RULES_OF_THE_NAME: &[(&str, Rule)] =
    &[("user.known", is_known), ("password.present", has_password), ("account.unlocked", is_unlocked)];

/// Told only to those who know the password.
const RULES_OF_THE_OWNER: &[(&str, Rule)] =
    &[("account.enabled", is_enabled), ("password.unexpired", is_unexpired)];

fn sign_in(provider: &mut Provider, call: &Call, token: String, mut interaction: Interaction) -> Reply {
    let name = call.form.get("loginfmt").unwrap_or_default().trim();
    let known = provider.scenario.user_named(name).cloned();
    if let Some(user) = known.as_ref().filter(|user| user.federated) {
        interaction.elsewhere = Some(Arc::clone(user));
        interaction.person = None;
        return next_page::proceed(provider, call, token, interaction, None);
    }
    prove(provider, call, token, interaction, known, "pwd")
}

/// The page that plays the identity provider of the person's own company. "Another name" leads back.
fn sign_in_at_home(
    provider: &mut Provider,
    call: &Call,
    token: String,
    mut interaction: Interaction,
) -> Reply {
    let user = interaction.elsewhere.clone();
    if call.form.get("action") == Some("other") {
        interaction.elsewhere = None;
        interaction.another_account = true;
        return next_page::proceed(provider, call, token, interaction, None);
    }
    prove(provider, call, token, interaction, user, "fed")
}

/// Judges the password; `method` is how it proves somebody.
fn prove(
    provider: &mut Provider,
    call: &Call,
    token: String,
    interaction: Interaction,
    user: Option<Arc<User>>,
    method: &'static str,
) -> Reply {
    let name = call.form.get("loginfmt").unwrap_or_default().trim();
    let password = call.form.raw("passwd").unwrap_or_default();
    let judge = |accounts: &Accounts, rules: &[(&'static str, Rule)]| {
        let user = user.as_deref();
        let typed = Typed { accounts, now: call.now, name, password, user, interaction: &interaction };
        rules.iter().try_for_each(|(rule, check)| check(&typed).map_err(|refusal| refusal.by(rule)))
    };
    let mut verdict = judge(&provider.accounts, RULES_OF_THE_NAME);
    if let (Ok(()), Some(user)) = (&verdict, &user) {
        let right = user.password.expose() == password;
        provider.accounts.password_tried(user, right, call.now);
        verdict = if right {
            judge(&provider.accounts, RULES_OF_THE_OWNER)
        } else {
            Err(accounts::wrong_password(password, user).by("password.right"))
        };
    }
    match (verdict, user) {
        (Ok(()), Some(user)) => {
            let person = Person::new(user, String::new(), call.now, vec![method]);
            welcome(provider, call, token, interaction, person)
        }
        (Ok(()), None) => next_page::proceed(provider, call, token, interaction, None),
        (Err(refusal), user) => {
            let refusal = refusal.concerning(&interaction.client, user.as_deref());
            next_page::proceed(provider, call, token, interaction, Some(refusal))
        }
    }
}

fn is_known(typed: &Typed<'_>) -> Verdict {
    if typed.user.is_some_and(|user| typed.accounts.exists(user)) {
        return Ok(());
    }
    Err(accounts::unknown(typed.name, typed.interaction.segment.shown()))
}

fn has_password(typed: &Typed<'_>) -> Verdict {
    if !typed.password.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(50056, "invalid_grant", "No usable password was given or stored.")
        .demands("a password must be typed")
        .compares("passwd", "(nothing)", ["the password"]))
}

fn on_user(typed: &Typed<'_>, is_fine: impl Fn(&User) -> bool, refusal: fn() -> Box<Refusal>) -> Verdict {
    if typed.user.is_none_or(is_fine) { Ok(()) } else { Err(refusal()) }
}

fn is_unlocked(typed: &Typed<'_>) -> Verdict {
    on_user(typed, |user| !typed.accounts.is_locked(user, typed.now), accounts::locked)
}

fn is_enabled(typed: &Typed<'_>) -> Verdict {
    on_user(typed, |user| user.account_enabled, accounts::switched_off)
}

fn is_unexpired(typed: &Typed<'_>) -> Verdict {
    on_user(typed, |user| !user.password_expired, accounts::password_expired)
}

/// Somebody has proved who they are: they join the browser's session, under a new cookie so that nobody who planted the
/// old one comes along.
pub fn welcome(
    provider: &mut Provider,
    call: &Call,
    token: String,
    interaction: Interaction,
    mut person: Person,
) -> Reply {
    let old = call.cookie(SESSION_COOKIE).and_then(|cookie| provider.sessions.take(cookie, call.now));
    let mut session = old.unwrap_or_default();
    let known = session.people.iter().find(|known| known.user.id == person.user.id);
    person.session = known.map_or_else(|| provider.random.guid(), |known| known.session.clone());
    session.welcome(person.clone());
    let cookie = provider.random.text(1);
    provider.sessions.put(cookie.clone(), session, call.now);
    let interaction = Interaction { person: Some(person), elsewhere: None, ..interaction };
    next_page::proceed(provider, call, token, interaction, None)
        .with_header("set-cookie", set_cookie(call, SESSION_COOKIE, &cookie, None))
}

fn pick(provider: &mut Provider, call: &Call, token: String, mut interaction: Interaction) -> Reply {
    // Where the password is to be typed in any case, no account can be picked.
    let usable = match account::choose(provider, call, &interaction) {
        Ok(person) => vec![person],
        Err(Next::Pick(people)) => people,
        Err(_) => Vec::new(),
    };
    interaction.person = call.form.get("login").and_then(|name| {
        usable.into_iter().find(|person| person.user.user_principal_name.eq_ignore_ascii_case(name))
    });
    interaction.another_account = interaction.person.is_none();
    let gone = call.form.get("login").filter(|_| interaction.person.is_none()).map(|name| {
        Refusal::new(16001, "interaction_required", "That account can no longer be picked; sign in again.")
            .by("account.selectable")
            .demands("an account on the list must still be signed in, in this browser")
            .compares("login", name, ["an account of the list"])
            .concerning(&interaction.client, None)
    });
    next_page::proceed(provider, call, token, interaction, gone)
}

fn verify(provider: &mut Provider, call: &Call, token: String, interaction: Interaction) -> Reply {
    let Some(person) = interaction.person.clone() else {
        return next_page::proceed(provider, call, token, interaction, None);
    };
    let typed = call.form.get("otc").unwrap_or_default().trim();
    let right = person.user.one_time_code.as_ref().is_some_and(|code| code.expose() == typed);
    if right {
        let mut person = person;
        person.gave_second_factor(call.now);
        return welcome(provider, call, token, interaction, person);
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
    let entered = accepted
        .and_then(|person| Some((next_page::tenant_entered(provider, &interaction, &person)?, person)));
    let Some((tenant, person)) = entered else {
        return next_page::proceed(provider, call, token, interaction, None);
    };
    if let Purpose::AdminConsent(_) = &interaction.purpose {
        admin_consent::grant(provider, call, &interaction, &tenant);
        let interaction = Interaction { consented: true, ..interaction };
        return next_page::proceed(provider, call, token, interaction, None);
    }
    let asked = next_page::consent_asked(provider, &interaction, &person, &tenant);
    let for_all =
        next_page::administers(&person, &tenant) && call.form.get("consent") == Some("organization");
    let principal = if for_all { None } else { Some(person.user.as_ref()) };
    let behind = consents::behind(&provider.scenario, &interaction.client, &interaction.wanted);
    let whom = if for_all { " for everybody" } else { "" };
    let said = format!("{} consented to {}{whom}", person.user.display_name, interaction.client.display_name);
    provider.consented(said, call.now, |consents| {
        consents.grant(&tenant, &interaction.client, principal, &asked);
        for (middle_tier, needs) in behind {
            consents.grant(&tenant, &middle_tier, principal, &needs);
        }
    });
    let interaction = Interaction { consented: true, ..interaction };
    next_page::proceed(provider, call, token, interaction, None)
}
