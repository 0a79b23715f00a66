//! Who is signed in, in which browser, and what a sign-in in progress is waiting for.

use std::sync::Arc;

use super::{
    grants::Challenge,
    reply::Return,
    scenario::{Application, PlatformKind, User},
    scope::Wanted,
    tenant::Segment,
};
use crate::time::UnixTime;

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: Arc<User>,
    /// The browser session, the `sid` of tokens.
    pub session: String,
    /// When the password was given.
    pub authenticated_at: UnixTime,
    /// `amr`: `pwd`, and `mfa` after a second factor.
    pub methods: Vec<&'static str>,
}

impl Person {
    /// Whether a second factor is still owed, whatever is to be reached. Policies may ask for one beyond that.
    pub fn owes_second_factor(&self) -> bool {
        let always = self.user.one_time_code.is_some() && !self.user.second_factor_on_demand;
        always && !self.methods.contains(&"mfa")
    }
}

/// A browser session; its cookie is the name it is kept under.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub id: String,
    pub people: Vec<Person>,
}

impl Session {
    /// Adds somebody, or takes over that they signed in again.
    pub fn welcome(&mut self, person: Person) {
        self.people.retain(|known| known.user.id != person.user.id);
        self.people.push(person);
    }
}

/// A sign-in in progress. Which page comes next follows from what is known so far; nothing else is remembered.
#[derive(Clone, Debug)]
pub struct Interaction {
    pub purpose: Purpose,
    pub segment: Segment,
    pub client: Arc<Application>,
    pub wanted: Wanted,
    pub asked: Asked,
    /// The browser that began it; forms from another one are refused.
    pub browser: String,
    pub person: Option<Person>,
    /// On the list of accounts the person chose none of them.
    pub another_account: bool,
    /// The application was confirmed by the person (device flow).
    pub confirmed: bool,
    /// The consent page was accepted.
    pub consented: bool,
}

/// What the sign-in is for.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// An answer to an application.
    Authorize(Box<Authorization>),
    /// A device that waits; the device code it polls with.
    Device(String),
}

/// How the application wants the person to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub prompt: Prompt,
    pub login_hint: Option<String>,
    /// Seconds since the password was given, at most.
    pub max_age: Option<i64>,
}

/// `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prompt {
    /// Only what is necessary.
    #[default]
    Unset,
    None,
    Login,
    Consent,
    SelectAccount,
}

impl Prompt {
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Unset),
            Some("none") => Some(Self::None),
            Some("login") => Some(Self::Login),
            Some("consent") => Some(Self::Consent),
            Some("select_account") => Some(Self::SelectAccount),
            Some(_) => None,
        }
    }
}

/// An authorization request that passed every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    pub to: Return,
    pub platform: PlatformKind,
    /// `redirect_uri` as sent; absent if it was left out.
    pub redirect_uri: Option<String>,
    pub response: ResponseType,
    pub nonce: Option<String>,
    pub challenge: Option<Challenge>,
    pub client_info: bool,
}

/// `response_type`, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseType {
    pub code: bool,
    pub id_token: bool,
    pub token: bool,
}

impl ResponseType {
    /// The set that the words name; `None` for an unknown or repeated word, or none at all.
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = Self::default();
        for word in text.split_ascii_whitespace() {
            let member = match word {
                "code" => &mut set.code,
                "id_token" => &mut set.id_token,
                "token" => &mut set.token,
                _ => return None,
            };
            if std::mem::replace(member, true) {
                return None;
            }
        }
        (set != Self::default()).then_some(set)
    }

    /// Whether tokens come straight from the authorization endpoint.
    pub const fn hands_out_tokens(self) -> bool {
        self.id_token || self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_types_are_sets() {
        let both = ResponseType { code: true, id_token: true, token: false };
        assert_eq!(ResponseType::parse("code id_token"), Some(both));
        assert_eq!(ResponseType::parse("id_token code"), Some(both));
        for unknown in ["", "code code", "password", "code,id_token"] {
            assert_eq!(ResponseType::parse(unknown), None, "{unknown:?}");
        }
    }
}
