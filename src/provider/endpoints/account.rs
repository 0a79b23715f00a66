//! Who of those signed in already is meant, or how to find out (reference §3.4).

use super::next_page::{Next, SESSION_COOKIE};
use crate::provider::{
    Provider,
    call::Call,
    refusal::Refusal,
    sessions::{Asked, Interaction, Person, Prompt},
};

/// The person who is meant; otherwise the page that finds out, or the refusal if no page may be shown.
pub fn choose(provider: &Provider, call: &Call, interaction: &Interaction) -> Result<Person, Next> {
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
