//! What each seat holds a token against: the issuer, audience, nonce, scope, … that it expects, each with where it comes
//! from. They are filled in from the run that brought the token, or from the registration in the lab; a person can put
//! others in their place.
//!
//! [`Workbench::terms`] gathers them, [`Workbench::verdict`] judges by them. What nobody knows stays empty and is not
//! compared: nothing is ever taken from the token to be compared with itself, except to look up the registration that it
//! names.

use serde_json::Value;

use super::{Held, Session, Workbench};
use crate::{
    provider::scenario::{Application, Audience},
    time::UnixTime,
    token::{
        TokenKind,
        checks::{Clock, Companion, Expected, LEEWAY},
        kind_of,
        seat::{self, Expectations, Seat, Verdict},
    },
};

/// One thing that a seat can expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// The client's id: the audience of ID tokens.
    ClientId,
    /// The names of the API, one of which the audience must be.
    Audience,
    /// Who must have made it.
    Issuer,
    /// The tenants that are let in.
    Tenant,
    /// The nonce that was sent.
    Nonce,
    /// Scopes of which one is demanded.
    Scope,
    /// Roles of which one is demanded.
    Role,
    /// How far clocks may differ, in seconds.
    Leeway,
}

impl Term {
    /// Those that a seat has, in the order of its questions.
    pub const fn of(seat: Seat) -> &'static [Self] {
        match seat {
            Seat::Client => &[Self::ClientId, Self::Issuer, Self::Tenant, Self::Nonce, Self::Leeway],
            Seat::Api => &[Self::Audience, Self::Issuer, Self::Tenant, Self::Scope, Self::Role, Self::Leeway],
        }
    }

    /// A word for lists.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClientId => "client id",
            Self::Audience => "audience",
            Self::Issuer => "issuer",
            Self::Tenant => "tenant",
            Self::Nonce => "nonce",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::Leeway => "leeway",
        }
    }

    /// What to write for it.
    pub const fn form(self) -> &'static str {
        match self {
            Self::ClientId => "the application (client) id",
            Self::Audience => "client id and App ID URIs, with blanks between; any of them will do",
            Self::Issuer => "as iss has it; {tenantid} stands for any tenant",
            Self::Tenant => "tenant ids, with blanks between; nothing lets every tenant in",
            Self::Nonce => "the value that the client sent",
            Self::Scope => "delegated permissions, with blanks between; one of them is enough",
            Self::Role => "application permissions, with blanks between; one of them is enough",
            Self::Leeway => "seconds",
        }
    }

    /// Whether what a person has written can be used: the values, or why not.
    pub fn read(self, text: &str) -> Result<Vec<String>, &'static str> {
        let words: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
        match (self, words.as_slice()) {
            (Self::Leeway, [seconds]) if seconds.parse::<u32>().is_ok_and(|seconds| seconds <= 86_400) => {
                Ok(words)
            }
            (Self::Leeway, _) => Err("leeway is a number of seconds, up to a day"),
            (Self::ClientId | Self::Nonce, [_, _, ..]) => Err("this is one value, without blanks"),
            _ => Ok(words),
        }
    }
}

/// The expected values for one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Which.
    pub term: Term,
    /// Any of these will do; none: not compared.
    pub values: Vec<String>,
    /// Where they come from, in a few words.
    pub source: String,
    /// Whether a person has put them there.
    pub edited: bool,
}

impl Workbench {
    /// Everything that the seats expect of the token at this place of the shelf.
    pub fn terms(&self, index: usize) -> Vec<Demand> {
        let Some(held) = self.shelf.all().get(index) else { return Vec::new() };
        const ALL: [Term; 8] = [
            Term::ClientId,
            Term::Audience,
            Term::Issuer,
            Term::Tenant,
            Term::Nonce,
            Term::Scope,
            Term::Role,
            Term::Leeway,
        ];
        let desk = Desk { bench: self, held, session: held.session.and_then(|id| self.session(id)) };
        let api = desk.api();
        ALL.map(|term| {
            let own = held.terms.iter().find(|(edited, _)| *edited == term);
            let (values, source) = match own {
                Some((_, values)) => (values.clone(), "set by you".to_owned()),
                None => desk.filled_in(term, api, index),
            };
            Demand { term, values, source, edited: own.is_some() }
        })
        .into()
    }

    /// What one seat makes of the token at this place of the shelf.
    pub fn verdict(&self, index: usize, seat: Seat, now: UnixTime) -> Option<Verdict> {
        let held = self.shelf.all().get(index)?;
        Some(seat::verdict(&held.decoded, seat, &self.expectations(index), now))
    }

    /// The seat that a token was made for.
    pub fn natural_seat(held: &Held) -> Seat {
        if kind_of(&held.decoded).kind == TokenKind::IdToken { Seat::Client } else { Seat::Api }
    }

    fn expectations(&self, index: usize) -> Expectations {
        let terms = self.terms(index);
        let values = |term| {
            terms
                .iter()
                .find(|wanted| wanted.term == term)
                .map(|wanted| wanted.values.clone())
                .unwrap_or_default()
        };
        let Some(held) = self.shelf.all().get(index) else { return Expectations::default() };
        let (jwks, jwks_source) = self.shelf.keys_for(index).unzip();
        let leeway = values(Term::Leeway).first().and_then(|text| text.parse().ok()).unwrap_or(LEEWAY);
        Expectations {
            common: Expected {
                jwks,
                jwks_source,
                issuers: values(Term::Issuer),
                tenants: values(Term::Tenant),
                access_token: self.companion(held),
                clock: Clock { leeway, ..self.clock(held) },
                ..Expected::default()
            },
            client_id: values(Term::ClientId).into_iter().next(),
            nonce: values(Term::Nonce).into_iter().next(),
            api_audiences: values(Term::Audience),
            scopes: values(Term::Scope),
            roles: values(Term::Role),
        }
    }

    /// How far the authority's clock was from ours when it answered with the token.
    fn clock(&self, held: &Held) -> Clock {
        let answer =
            held.exchange.and_then(|id| self.traffic.get(id)).and_then(|exchange| exchange.response());
        match answer.and_then(|answer| answer.headers.get("date")) {
            Some(date) => Clock::default().by_date(date, held.received),
            None => Clock::default(),
        }
    }

    /// The access token that came in the same answer as an ID token.
    fn companion(&self, held: &Held) -> Option<Companion> {
        use super::TokenUse;
        if held.used_as != TokenUse::Id {
            return None;
        }
        let came_along = |other: &&Held| {
            other.used_as == TokenUse::Access
                && other.session == held.session
                && other.exchange == held.exchange
        };
        let access = self.shelf.all().iter().find(came_along)?;
        Some(Companion { secret: access.decoded.raw.clone(), is_vouched_for: false })
    }

    /// The registration in the lab of the API that is asked in the API's seat.
    pub fn api_of(&self, index: usize) -> Option<&Application> {
        let held = self.shelf.all().get(index)?;
        Desk { bench: self, held, session: held.session.and_then(|id| self.session(id)) }.api()
    }
}

/// One token with what is known around it.
struct Desk<'a> {
    bench: &'a Workbench,
    held: &'a Held,
    session: Option<&'a Session>,
}

impl<'a> Desk<'a> {
    fn claim(&self, name: &str) -> Option<&'a str> {
        self.held.decoded.claims.get(name).and_then(Value::as_str)
    }

    fn named(&self, name: &str) -> Option<&'a Application> {
        let scenario = &self.bench.lab.scenario;
        let bare = name.strip_prefix("api://").unwrap_or(name);
        let is_it = |one: &&std::sync::Arc<Application>| {
            one.app_id == bare || one.identifier_uris.iter().any(|uri| uri == name)
        };
        scenario.applications().iter().find(is_it).map(AsRef::as_ref)
    }

    /// The resources that the scopes of the run name.
    fn asked(&self) -> impl Iterator<Item = &'a str> {
        let scope = self.session.map_or("", |session| &session.profile.scope);
        scope.split_ascii_whitespace().filter_map(|scope| {
            let (resource, _) = scope.rsplit_once('/')?;
            (!resource.is_empty()).then_some(resource)
        })
    }

    /// The API whose seat it is: the one the run asked a token for, else the one that the token names. Graph judges its own
    /// tokens.
    fn api(&self) -> Option<&'a Application> {
        if !self.held.is_from_lab() {
            return None;
        }
        let by_token = || self.claim("aud").and_then(|audience| self.named(audience));
        self.asked().find_map(|resource| self.named(resource)).or_else(by_token).filter(|api| !api.is_graph())
    }

    fn filled_in(&self, term: Term, api: Option<&Application>, index: usize) -> (Vec<String>, String) {
        let unknown = || (Vec::new(), "not known".to_owned());
        let registered = |api: &Application| format!("the registration of {} in the lab", api.key);
        match term {
            Term::Leeway => (vec![LEEWAY.to_string()], "what Entra's libraries grant".to_owned()),
            Term::Issuer => match self.bench.shelf.issuer_at(index) {
                Some(issuer) => (vec![issuer], "the metadata that was fetched".to_owned()),
                None => unknown(),
            },
            Term::Nonce => match self.session.and_then(Session::nonce) {
                Some(nonce) => (vec![nonce], "the run's authorization request".to_owned()),
                None => (Vec::new(), "no run sent one".to_owned()),
            },
            Term::ClientId => match self.session {
                Some(session) => (vec![session.profile.client_id.clone()], "the run".to_owned()),
                None => match self.client() {
                    Some(client) => (vec![client.app_id.clone()], registered(client)),
                    None => unknown(),
                },
            },
            Term::Tenant => self.tenant(api).unwrap_or_else(unknown),
            Term::Audience => match api {
                Some(api) => {
                    let names = std::iter::once(&api.app_id).chain(&api.identifier_uris).cloned();
                    (names.collect(), registered(api))
                }
                None => self.asked_names().unwrap_or_else(unknown),
            },
            Term::Scope | Term::Role => {
                let Some(api) = api else { return unknown() };
                let values: Vec<String> = if term == Term::Scope {
                    api.api.scopes.iter().map(|scope| scope.value.clone()).collect()
                } else {
                    api.app_roles.iter().map(|role| role.value.clone()).collect()
                };
                (values, format!("whatever {} offers", api.key))
            }
        }
    }

    /// A client of the lab whose token this seems to be.
    fn client(&self) -> Option<&'a Application> {
        if !self.held.is_from_lab() {
            return None;
        }
        let is_id = kind_of(&self.held.decoded).kind == TokenKind::IdToken;
        let claims: &[&str] = if is_id { &["aud"] } else { &["azp", "appid", "aud"] };
        claims.iter().find_map(|name| self.claim(name)).and_then(|id| self.named(id))
    }

    /// The names of an API outside the lab, by what the run asked for.
    fn asked_names(&self) -> Option<(Vec<String>, String)> {
        if self.held.is_from_lab() {
            return None;
        }
        let resource = self.asked().next()?;
        let mut names = vec![resource.to_owned()];
        names.extend(resource.strip_prefix("api://").map(str::to_owned));
        Some((names, "the scope that the run asked for".to_owned()))
    }

    /// The one tenant that a registration of its own tenant only lets in.
    fn tenant(&self, api: Option<&Application>) -> Option<(Vec<String>, String)> {
        let api = api.or_else(|| self.client())?;
        if api.sign_in_audience != Audience::MyOrg {
            return Some((Vec::new(), format!("{} lets every tenant in", api.key)));
        }
        let tenant = self.bench.lab.scenario.tenant(api.tenant.as_deref()?)?;
        Some((vec![tenant.id.clone()], format!("{} is for its own tenant", api.key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_writes_becomes_values() {
        let ok = |term: Term, text: &str, values: &[&str]| {
            assert_eq!(
                term.read(text),
                Ok(values.iter().map(|value| (*value).to_owned()).collect()),
                "{text}"
            );
        };
        ok(Term::Audience, " api://a  b ", &["api://a", "b"]);
        ok(Term::Audience, "", &[]);
        ok(Term::Leeway, "0", &["0"]);
        for (term, text) in [
            (Term::Leeway, ""),
            (Term::Leeway, "-1"),
            (Term::Leeway, "1 2"),
            (Term::Leeway, "90000"),
            (Term::Nonce, "a b"),
        ] {
            assert!(term.read(text).is_err(), "{term:?} {text}");
        }
    }

    #[test]
    fn each_seat_asks_for_its_own_and_both_for_what_they_share() {
        for term in [Term::Issuer, Term::Tenant, Term::Leeway] {
            assert!(Term::of(Seat::Client).contains(&term) && Term::of(Seat::Api).contains(&term));
        }
        assert!(
            !Term::of(Seat::Api).contains(&Term::Nonce) && !Term::of(Seat::Client).contains(&Term::Scope)
        );
    }
}
