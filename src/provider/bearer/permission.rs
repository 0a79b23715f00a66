//! What a valid token allows: a scope for a client that acts for a person, a role for one that acts for itself. The two
//! never stand in for one another (reference §8.6, point 5).

use super::{Api, Kind, Token, error, refuse};
use crate::provider::refusal::{Refusal, Verdict};

/// What an operation asks for: one of the scopes, or one of the roles. None of a sort means that callers of that sort are
/// not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Delegated permissions, the one that allows least first.
    pub scopes: &'static [&'static str],
    /// Application permissions, the one that allows least first.
    pub roles: &'static [&'static str],
}

struct Asked<'a> {
    api: &'a Api,
    token: &'a Token,
    needs: Needs,
}

type Rule = fn(&Asked<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("permission.delegated", serves_caller_by_itself),
    ("permission.application", serves_caller_for_a_person),
    ("permission.scope", has_scope),
    ("permission.role", has_role),
];

/// The names of the rules of [`permit`], in their order.
pub fn permission_rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// The permission that lets the caller do it.
pub fn permit<'a>(api: &'a Api, token: &'a Token, needs: Needs) -> Result<&'a str, Box<Refusal>> {
    let asked = Asked { api, token, needs };
    RULES.iter().try_for_each(|(name, rule)| rule(&asked).map_err(|refusal| refusal.by(name)))?;
    let (held, accepted) = asked.permissions();
    Ok(held.into_iter().find(|one| accepted.contains(one)).expect("the rules of permissions were kept"))
}

impl<'a> Asked<'a> {
    fn permissions(&self) -> (Vec<&'a str>, &'static [&'static str]) {
        match self.token.kind() {
            Kind::Application => (self.token.list("roles"), self.needs.roles),
            Kind::Person | Kind::Id => (self.token.scopes(), self.needs.scopes),
        }
    }

    fn is_person(&self) -> bool {
        self.token.kind() == Kind::Person
    }

    fn holds_one(&self) -> bool {
        let (held, accepted) = self.permissions();
        held.iter().any(|one| accepted.contains(one))
    }
}

fn insufficient(text: String) -> Box<Refusal> {
    refuse(error::INSUFFICIENT_SCOPE, text)
}

fn serves_caller_by_itself(asked: &Asked<'_>) -> Verdict {
    if asked.is_person() || !asked.needs.roles.is_empty() {
        return Ok(());
    }
    let text = "The token is an application's own; this operation is done for a signed-in person only.";
    Err(insufficient(text.to_owned())
        .demands("a delegated token, one with `scp`: no role opens this operation")
        .compares("caller", "an application by itself", ["an application for a person"]))
}

fn serves_caller_for_a_person(asked: &Asked<'_>) -> Verdict {
    if !asked.is_person() || !asked.needs.scopes.is_empty() {
        return Ok(());
    }
    let text = "The token acts for a person; this operation is open to applications by themselves only.";
    Err(insufficient(text.to_owned())
        .demands("an app-only token, one with `roles` and without `scp`: no scope opens this operation")
        .compares("caller", "an application for a person", ["an application by itself"]))
}

fn has_scope(asked: &Asked<'_>) -> Verdict {
    if !asked.is_person() || asked.holds_one() {
        return Ok(());
    }
    let held = asked.token.text("scp");
    let text = format!(
        "The token is good, but does not go far enough: it holds the scope '{held}', and {} is needed.",
        one_of(asked.needs.scopes)
    );
    Err(insufficient(text)
        .demands("`scp` holds the scope; a person's own rights and roles do not replace it")
        .compares("scp", held, asked.needs.scopes.iter().copied()))
}

fn has_role(asked: &Asked<'_>) -> Verdict {
    if asked.is_person() || asked.holds_one() {
        return Ok(());
    }
    let held = asked.token.list("roles");
    let held = if held.is_empty() { "(none)".to_owned() } else { held.join(" ") };
    let text = format!(
        "The token is good, but does not go far enough: its roles are '{held}', and {} is needed.",
        one_of(asked.needs.roles)
    );
    let name = &asked.api.resource.display_name;
    Err(insufficient(text)
        .demands(format!("`roles` holds the role; an administrator grants it to the application on {name}"))
        .compares("roles", held, asked.needs.roles.iter().copied()))
}

/// `A`, `A or B`, `A, B or C`.
fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
