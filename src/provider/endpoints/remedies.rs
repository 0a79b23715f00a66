//! The pages on which somebody meets what a policy asks: registering a second factor, showing a device, choosing a new
//! password, accepting terms. Giving the second factor stands in `login`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{login::welcome, next_page};
use crate::{
    provider::{
        Provider,
        call::Call,
        pages::{self, Form},
        policies::Remedy,
        refusal::Refusal,
        reply::Reply,
        scenario::{
            User,
            edit::{Edit, List},
        },
        sessions::{DeviceShown, Interaction, Person},
    },
    secret::Secret,
};

/// What the page says where the person uses none of their devices.
pub const NO_DEVICE: &str = "";

/// Shortest new password.
const SHORTEST: usize = 8;

/// What is asked for, and whom.
pub struct Asked {
    pub person: Person,
    pub remedy: Remedy,
    /// The interrupt, as the sign-in log counts it.
    pub interrupt: Box<Refusal>,
    /// The terms that are not accepted yet.
    pub terms: Vec<String>,
}

impl Asked {
    /// `refusal` is what a client hears that cannot show the page.
    pub fn new(person: Person, remedy: Remedy, refusal: Box<Refusal>, terms: Vec<String>) -> Self {
        let interrupt = match remedy {
            Remedy::Verify => Refusal::new(50074, "interaction_required", "The second factor is asked for.")
                .demands("the person gives the second factor on this page; the sign-in goes on then"),
            Remedy::Register => {
                Refusal::new(50072, "interaction_required", "The user has to register a second factor.")
                    .demands("the person registers a second factor on this page; the sign-in goes on then")
            }
            Remedy::ShowDevice | Remedy::ChangePassword | Remedy::AcceptTerms => {
                return Self { person, remedy, interrupt: refusal, terms };
            }
        };
        let interrupt = Box::new(Refusal { compared: refusal.compared, rule: refusal.rule, ..*interrupt });
        Self { person, remedy, interrupt, terms }
    }

    /// The step, as forms name it.
    pub const fn step(&self) -> &'static str {
        match self.remedy {
            Remedy::Verify => "verify",
            Remedy::Register => "register",
            Remedy::ShowDevice => "device",
            Remedy::ChangePassword => "change_password",
            Remedy::AcceptTerms => "terms",
        }
    }

    /// The page.
    pub fn page(&self, provider: &Provider, form: &Form<'_>, problem: Option<&Refusal>) -> String {
        let user = &self.person.user;
        match self.remedy {
            Remedy::Verify => pages::verify(form, user, problem),
            Remedy::Register => pages::remedies::register(form, user),
            Remedy::ShowDevice => {
                let devices: Vec<_> = provider.scenario.devices_of(user).collect();
                pages::remedies::device(form, user, &devices)
            }
            Remedy::ChangePassword => pages::remedies::change_password(form, user),
            Remedy::AcceptTerms => pages::remedies::terms(form, user, &self.terms),
        }
    }
}

/// Takes the form of a page that was due.
pub fn answer(
    provider: &mut Provider,
    call: &Call,
    token: String,
    interaction: Interaction,
    asked: &Asked,
) -> Reply {
    let person = asked.person.clone();
    let done = match asked.remedy {
        Remedy::Verify => None,
        Remedy::Register => register(provider, call, person),
        Remedy::ShowDevice => Some(show_device(provider, call, person)),
        Remedy::ChangePassword => change_password(provider, call, person),
        Remedy::AcceptTerms => {
            for terms in &asked.terms {
                provider.accounts.accept(&person.user, terms);
            }
            Some(person)
        }
    };
    match done {
        Some(person) => welcome(provider, call, token, interaction, person),
        None => next_page::proceed(provider, call, token, interaction, None),
    }
}

/// The code becomes the person's second factor, and has been given with that.
fn register(provider: &mut Provider, call: &Call, mut person: Person) -> Option<Person> {
    let code = call.form.get("otc").unwrap_or_default().trim();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let members = Map::from_iter([
        ("oneTimeCode".to_owned(), json!(code)),
        ("secondFactorOnDemand".to_owned(), json!(true)),
    ]);
    person.user = change(provider, call, &person.user, members)?;
    person.gave_second_factor(call.now);
    Some(person)
}

fn show_device(provider: &Provider, call: &Call, mut person: Person) -> Person {
    let key = call.form.get("device").unwrap_or(NO_DEVICE);
    person.device = match provider.scenario.device(key) {
        Some(device) => DeviceShown::Device(device.key.as_str().into()),
        None => DeviceShown::Unregistered,
    };
    person
}

/// A new password takes away what spoke against the person, and ends every session that began with the old one.
fn change_password(provider: &mut Provider, call: &Call, mut person: Person) -> Option<Person> {
    let new = Secret::new(call.form.raw("newpasswd").unwrap_or_default());
    if new.expose().chars().count() < SHORTEST || new.expose() == person.user.password.expose() {
        return None;
    }
    let members =
        Map::from_iter([("password".to_owned(), json!(new.expose())), ("riskLevel".to_owned(), Value::Null)]);
    person.user = change(provider, call, &person.user, members)?;
    provider.revoke_sessions(&person.user.id, call.now);
    person.authenticated_at = call.now;
    Some(person)
}

/// Changes members of a person in the directory and gives the person as they are then.
fn change(
    provider: &mut Provider,
    call: &Call,
    user: &User,
    members: Map<String, Value>,
) -> Option<Arc<User>> {
    let edit = Edit::Set { of: List::Users, entry: user.key.clone(), members };
    provider.edit(&edit, call.now).ok()?;
    provider.scenario.user(&user.key).cloned()
}
