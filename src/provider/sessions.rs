//! Who is signed in, in which browser, and what a sign-in in progress is waiting for.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    claims::Claims,
    grants::Challenge,
    reply::Return,
    scenario::{Application, CONSUMERS, PlatformKind, Tenant, User},
    scope::Wanted,
    tenant::Segment,
};
use crate::time::UnixTime;

/// Somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: Arc<User>,
    /// The `sid` of tokens: this person's session in this browser, and nobody else's.
    pub session: String,
    /// When the password was given.
    pub authenticated_at: UnixTime,
    /// `amr`: `pwd`, and `mfa` after a second factor.
    pub methods: Vec<&'static str>,
    /// When the second factor was given.
    pub second_factor_at: Option<UnixTime>,
    /// The device that was shown.
    pub device: DeviceShown,
}

/// Which device somebody sits at, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceShown {
    /// Nobody has asked yet.
    #[default]
    NotAsked,
    /// One that the directory does not know.
    Unregistered,
    /// The one with that key.
    Device(Arc<str>),
}

impl Person {
    /// Somebody who has just signed in; the session is named when it begins.
    pub const fn new(user: Arc<User>, session: String, now: UnixTime, methods: Vec<&'static str>) -> Self {
        Self {
            user,
            session,
            authenticated_at: now,
            methods,
            second_factor_at: None,
            device: DeviceShown::NotAsked,
        }
    }

    /// Takes note of a second factor.
    pub fn gave_second_factor(&mut self, now: UnixTime) {
        if !self.methods.contains(&"mfa") {
            self.methods.push("mfa");
        }
        self.second_factor_at = Some(now);
    }

    /// Whether a hint means this person: the sign-in name, the mail address, or the claim `login_hint` of an ID token.
    pub fn is_meant_by(&self, hint: &str) -> bool {
        is_meant_by(&self.user, hint)
    }

    /// Whether a second factor is still owed, whatever is to be reached. Policies may ask for one beyond that.
    pub fn owes_second_factor(&self) -> bool {
        let always = self.user.one_time_code.is_some() && !self.user.second_factor_on_demand;
        always && !self.methods.contains(&"mfa")
    }
}

/// Whether `login_hint` of a request means somebody.
pub fn is_meant_by(user: &User, hint: &str) -> bool {
    let hint = hint.trim();
    user.user_principal_name.eq_ignore_ascii_case(hint)
        || user.mail.as_ref().is_some_and(|mail| mail.eq_ignore_ascii_case(hint))
        || login_hint(user) == hint
}

/// The claim `login_hint`, opaque to clients: who somebody is in their home tenant.
pub fn login_hint(user: &User) -> String {
    format!("O.{}", URL_SAFE_NO_PAD.encode(format!("{}{}", user.id, user.tenant_id).replace('-', "")))
}

/// A browser session; its cookie is the name it is kept under.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub people: Vec<Person>,
    /// Those whose sessions were ended from elsewhere: by a new password, an administrator, or themselves.
    pub ended: Vec<Person>,
}

impl Session {
    /// Adds somebody, or takes over that they signed in again.
    pub fn welcome(&mut self, person: Person) {
        self.people.retain(|known| known.user.id != person.user.id);
        self.ended.retain(|known| known.user.id != person.user.id);
        self.people.push(person);
    }

    /// Ends the session of somebody.
    pub fn end(&mut self, user: &User) {
        let ended = self.people.extract_if(.., |person| person.user.id == user.id);
        self.ended.extend(ended);
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
    /// Somebody who typed their name, and whose password is another identity provider's to check.
    pub elsewhere: Option<Arc<User>>,
    /// The application was confirmed by the person (device flow).
    pub confirmed: bool,
    /// The consent page was accepted.
    pub consented: bool,
}

impl Interaction {
    /// A sign-in of which nothing has happened yet.
    pub const fn new(
        purpose: Purpose,
        segment: Segment,
        client: Arc<Application>,
        wanted: Wanted,
        asked: Asked,
    ) -> Self {
        Self {
            purpose,
            segment,
            client,
            wanted,
            asked,
            browser: String::new(),
            person: None,
            another_account: false,
            elsewhere: None,
            confirmed: false,
            consented: false,
        }
    }
}

/// What the sign-in is for.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// An answer to an application.
    Authorize(Box<Authorization>),
    /// A device that waits; the device code it polls with.
    Device(String),
    /// Consent for everybody.
    AdminConsent(Box<AdminConsent>),
}

/// A request for the consent of an administrator, for everybody in the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminConsent {
    pub to: Return,
    /// `scope`; `None` in version 1, which has no such parameter and stands for the whole registration.
    pub wanted: Option<Wanted>,
}

/// An application that somebody signed in to, in one browser session. It is told when the session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub client: Arc<Application>,
    pub tenant: Arc<Tenant>,
}

/// How the application wants the person to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub prompt: Prompt,
    pub login_hint: Option<String>,
    pub domain_hint: Option<DomainHint>,
    /// The session that is meant, by the `sid` of an earlier ID token.
    pub sid: Option<String>,
    /// Seconds since the password was given, at most.
    pub max_age: Option<u64>,
    pub claims: Claims,
}

/// `domain_hint`: whose account is meant, when it is not known who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainHint {
    /// A work or school account.
    Organizations,
    /// A personal account.
    Consumers,
    /// A tenant, by GUID or domain name.
    Tenant(String),
}

impl DomainHint {
    pub fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "organizations" => Self::Organizations,
            "consumers" | CONSUMERS => Self::Consumers,
            _ => Self::Tenant(text.to_owned()),
        }
    }

    /// Whether an account of this home tenant is meant.
    pub fn means(&self, home: &Tenant) -> bool {
        match self {
            Self::Organizations => home.id != CONSUMERS,
            Self::Consumers => home.id == CONSUMERS,
            Self::Tenant(name) => {
                home.id.eq_ignore_ascii_case(name)
                    || home.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))
            }
        }
    }
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
    /// Signing up. The lab's tenants let nobody, and say so on the sign-in page.
    Create,
}

impl Prompt {
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Unset),
            Some("none") => Some(Self::None),
            Some("login") => Some(Self::Login),
            Some("consent") => Some(Self::Consent),
            Some("select_account") => Some(Self::SelectAccount),
            Some("create") => Some(Self::Create),
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
    /// Whether the answer names the hosts of the cloud (`instance_aware`).
    pub instance_aware: bool,
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
    use super::{super::scenario::Scenario, *};

    #[test]
    fn hints_mean_people_in_several_ways() {
        let scenario = Scenario::northwind();
        let (mina, theo) = (scenario.user("mina").unwrap(), scenario.user("theo").unwrap());
        for hint in ["Mina@Northwind.example", " mina@northwind.example", &login_hint(mina)] {
            assert!(is_meant_by(mina, hint) && !is_meant_by(theo, hint), "{hint:?}");
        }
        let home = scenario.home();
        for (hint, means) in [
            ("organizations", true),
            ("consumers", false),
            ("northwind.EXAMPLE", true),
            (home.id.as_str(), true),
            ("fabrikam.example", false),
        ] {
            assert_eq!(DomainHint::parse(hint).means(home), means, "{hint}");
        }
    }

    #[test]
    fn response_types_are_sets() {
        let both = ResponseType { code: true, id_token: true, token: false };
        assert_eq!(ResponseType::parse("code id_token"), Some(both));
        assert_eq!(ResponseType::parse("id_token code"), Some(both));
        assert_eq!(ResponseType::parse("id_token token"), ResponseType::parse("token id_token"));
        for unknown in ["", "code code", "password", "code,id_token"] {
            assert_eq!(ResponseType::parse(unknown), None, "{unknown:?}");
        }
    }
}
