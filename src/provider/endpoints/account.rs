//! Who of those signed in already is meant, or how to find out (reference §3.4).

use super::next_page::{Next, SESSION_COOKIE};
use crate::provider::{
    Provider,
    call::Call,
    refusal::Refusal,
    sessions::{Interaction, Person, Prompt, Session},
    tenant,
};

/// The person who is meant; otherwise the page that finds out, or the refusal if no page may be shown.
pub fn choose(provider: &Provider, call: &Call, interaction: &Interaction) -> Result<Person, Next> {
    if let Some(user) = &interaction.elsewhere {
        return Err(Next::HomeRealm(user.clone()));
    }
    let prompt = interaction.asked.prompt;
    if matches!(prompt, Prompt::Login | Prompt::Create) || interaction.another_account {
        return Err(Next::SignIn);
    }
    let usable = usable(provider, call, interaction);
    let is_silent = prompt == Prompt::None;
    match usable.as_slice() {
        [] if is_silent => Err(Next::Back(nobody_usable(provider, call, interaction))),
        [] => Err(Next::SignIn),
        _ if prompt == Prompt::SelectAccount => Err(Next::Pick(usable)),
        [person] => Ok(person.clone()),
        _ if is_silent => {
            Err(Next::Back(several_signed_in(provider, interaction, &usable).by("session.unambiguous")))
        }
        _ => Err(Next::Pick(usable)),
    }
}

/// Those signed in in this browser whom the request can mean: who may enter, signed in lately enough, and fits the hints.
pub fn usable(provider: &Provider, call: &Call, interaction: &Interaction) -> Vec<Person> {
    let asked = &interaction.asked;
    // A hint that goes with a list to choose from would leave nothing to choose.
    let hint = asked.login_hint.as_ref().filter(|_| asked.prompt != Prompt::SelectAccount);
    signed_in(provider, call)
        .iter()
        .filter(|person| {
            tenant::entered_by(&interaction.segment, &person.user, &provider.scenario).is_some()
                && provider.accounts.exists(&person.user)
                && !person.user.password_expired
                && person.user.account_enabled
        })
        .filter(|person| {
            asked.max_age.is_none_or(|age| call.now.since(person.authenticated_at).as_secs() <= age)
        })
        .filter(|person| hint.is_none_or(|hint| person.is_meant_by(hint)))
        .filter(|person| asked.sid.as_ref().is_none_or(|sid| person.session == *sid))
        .filter(|person| {
            let home = provider.scenario.tenant_of(&person.user);
            asked.domain_hint.as_ref().is_none_or(|hint| hint.means(home))
        })
        .cloned()
        .collect()
}

fn session<'a>(provider: &'a Provider, call: &Call) -> Option<&'a Session> {
    call.cookie(SESSION_COOKIE).and_then(|cookie| provider.sessions.get(cookie, call.now))
}

fn signed_in<'a>(provider: &'a Provider, call: &Call) -> &'a [Person] {
    session(provider, call).map(|session| session.people.as_slice()).unwrap_or_default()
}

/// Why the session of somebody who fits the hints no longer counts, if there was one.
fn ended(provider: &Provider, call: &Call, hint: Option<&str>) -> Option<Box<Refusal>> {
    let session = session(provider, call)?;
    let fits = |person: &&Person| hint.is_none_or(|hint| person.is_meant_by(hint));
    let refusal = |code, text: &str| Refusal::new(code, "login_required", text);
    if let Some(person) = session.ended.iter().find(fits) {
        let began = person.authenticated_at.date_time();
        return Some(
            refusal(50133, "The session was revoked, as a new password does it.")
                .by("session.not_revoked")
                .demands("the sign-in behind the session must be later than the last time when the person's sessions were ended")
                .compares("signed in", began, ["after the sessions were ended"]),
        );
    }
    session.people.iter().filter(fits).find(|person| person.user.password_expired)?;
    Some(
        refusal(50132, "The session ended because the password changed or expired.")
            .by("session.password_unexpired")
            .demands("the password behind the session must not have expired")
            .compares("passwordExpired", "true", ["false"]),
    )
}

/// Why a silent request finds nobody: an application that names a session learns what is wrong with that one.
fn nobody_usable(provider: &Provider, call: &Call, interaction: &Interaction) -> Box<Refusal> {
    let asked = &interaction.asked;
    if let Some(sid) = &asked.sid {
        let known = signed_in(provider, call);
        if known.iter().any(|person| person.session == *sid) {
            let text = "The session that the app named does not fit the rest of its request.";
            return Refusal::new(16002, "interaction_required", text)
                .by("session.suits")
                .demands("the account of the session in `sid` must fit tenant, hints and `max_age`, too")
                .compares("sid", sid, ["a session whose account fits"]);
        }
        return Refusal::new(
            160_021,
            "interaction_required",
            "The session that the app named does not exist.",
        )
        .by("session.known")
        .demands("`sid` is the session of somebody who is signed in, in the same browser")
        .compares("sid", sid, known.iter().map(|person| person.session.clone()));
    }
    if let Some(refusal) = ended(provider, call, asked.login_hint.as_deref()) {
        return refusal;
    }
    let expected = match (&asked.login_hint, asked.max_age) {
        (Some(hint), _) => hint.clone(),
        (None, Some(age)) => format!("somebody who signed in within {age} s"),
        (None, None) => "one account signed in".to_owned(),
    };
    Refusal::new(50058, "login_required", "A silent request arrived but nobody is signed in.")
        .by("session.present")
        .demands("with prompt=none somebody must have signed in earlier, in the same browser")
        .compares("session", "(none that fits)", [expected])
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
        .demands("with prompt=none and several accounts signed in, `login_hint` or `sid` must say which")
        .compares(
            "login_hint",
            interaction.asked.login_hint.as_deref().unwrap_or("(nothing)"),
            people.iter().map(|person| person.user.user_principal_name.clone()),
        )
}
