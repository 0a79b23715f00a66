//! The API that is asked for: its registration and its service principal seen as one, and the scopes that were asked.

use std::borrow::Cow;

use super::{Case, message};
use crate::entra::{
    registration::{AppRole, Application, ExposedScope, Kind, ServicePrincipal},
    scopes::{self, GRAPH, Scope},
};

/// What is known about the API, from its registration, its service principal, or both.
pub(super) struct Api<'a> {
    pub registration: Option<&'a Application>,
    pub principal: Option<&'a ServicePrincipal>,
}

impl<'a> Api<'a> {
    /// The API of the evidence, if anything is known about it.
    pub fn at_hand(case: &Case<'a>) -> Option<Self> {
        let registration = case.evidence.resource_registration.as_ref();
        let principal = case.evidence.resource_service_principal.found();
        (registration.is_some() || principal.is_some()).then_some(Self { registration, principal })
    }

    /// The client's own registration as an API, where front end and API are one.
    pub fn of_client(case: &Case<'a>) -> Option<Self> {
        Some(Self { registration: Some(case.app()?), principal: None })
    }

    pub fn app_id(&self) -> Option<&'a str> {
        let of_registration = self.registration.and_then(|app| app.app_id.as_deref());
        of_registration.or_else(|| self.principal.and_then(|principal| principal.app_id.as_deref()))
    }

    /// Whether it is meant for the tenant in which it is registered only.
    pub fn is_for_one_tenant(&self) -> bool {
        self.registration.and_then(|app| app.sign_in_audience.as_deref()) == Some("AzureADMyOrg")
    }

    /// Everything by which the API is found: identifier URIs, names of the service principal, client id.
    pub fn identifiers(&self) -> Vec<&'a str> {
        let uris = self.registration.into_iter().flat_map(|app| &app.identifier_uris);
        let names = self.principal.into_iter().flat_map(|principal| &principal.names);
        let mut all: Vec<&str> = uris.chain(names).map(String::as_str).chain(self.app_id()).collect();
        all.sort_by_key(|identifier| !identifier.contains("://")); // stable: what reads best first
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|identifier| !identifier.is_empty() && seen.insert(*identifier));
        all
    }

    /// What to write in front of a permission.
    pub fn identifier(&self) -> Option<&'a str> {
        self.identifiers().first().copied()
    }

    /// Whether it is registered under that very identifier.
    pub fn has_identifier(&self, identifier: &str) -> bool {
        self.identifiers().iter().any(|known| known.eq_ignore_ascii_case(identifier))
    }

    /// Whether somebody who wrote this meant this API: letter case, a slash at the end and `api://` do not count.
    pub fn is_meant_by(&self, identifier: &str) -> bool {
        let bare = |text: &str| {
            let text = text.trim_end_matches('/').to_ascii_lowercase();
            text.strip_prefix("api://").map(str::to_owned).unwrap_or(text)
        };
        let wanted = bare(identifier);
        self.identifiers().iter().any(|known| bare(known) == wanted)
            || (scopes::well_known(identifier).is_some_and(|known| Some(known.id) == self.app_id()))
    }

    /// Whether its delegated permissions are known.
    pub fn lists_scopes(&self) -> bool {
        self.registration.is_some_and(|app| app.json["api"]["oauth2PermissionScopes"].is_array())
            || self.principal.is_some_and(|principal| principal.json["oauth2PermissionScopes"].is_array())
    }

    pub fn scopes(&self) -> impl Iterator<Item = &'a ExposedScope> {
        let own = self.registration.into_iter().flat_map(|app| &app.scopes);
        own.chain(self.principal.into_iter().flat_map(|principal| &principal.scopes))
    }

    pub fn roles(&self) -> impl Iterator<Item = &'a AppRole> {
        let own = self.registration.into_iter().flat_map(|app| &app.app_roles);
        own.chain(self.principal.into_iter().flat_map(|principal| &principal.app_roles))
    }

    /// The delegated permission of that name; an enabled one before one that was switched off.
    pub fn scope(&self, name: &str) -> Option<&'a ExposedScope> {
        let of_name = || self.scopes().filter(|scope| scope.value.eq_ignore_ascii_case(name));
        of_name().find(|scope| scope.is_enabled).or_else(|| of_name().next())
    }

    /// The names of its enabled delegated permissions, as evidence.
    pub fn offers(&self) -> String {
        let mut names: Vec<_> =
            self.scopes().filter(|scope| scope.is_enabled).map(|scope| scope.value.as_str()).collect();
        names.dedup();
        if names.is_empty() { "no delegated permission".to_owned() } else { names.join(" ") }
    }

    /// Its name, or what it is called otherwise.
    pub fn name(&self) -> &'a str {
        let of_registration = self.registration.and_then(|app| app.display_name.as_deref());
        of_registration
            .or_else(|| self.principal.and_then(|principal| principal.display_name.as_deref()))
            .or_else(|| self.identifier())
            .unwrap_or("the API")
    }
}

/// The scopes that were asked, and where they were read.
pub(super) struct Asked<'a> {
    pub place: &'static str,
    pub text: Cow<'a, str>,
}

impl Asked<'_> {
    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = Scope<'_>> {
        self.text.split_whitespace().map(Scope::parse)
    }

    /// Those that name a permission of an API.
    pub fn of_apis(&self) -> impl Iterator<Item = Scope<'_>> {
        self.each().filter(|scope| !scope.is_openid())
    }
}

/// The scopes of the request; else those that the message or a pasted address names; else those of the request before.
pub(super) fn asked<'a>(case: &'a Case<'_>) -> Option<Asked<'a>> {
    if let Some(text) = case.param("scope") {
        return Some(Asked { place: "request scope", text: Cow::Borrowed(text) });
    }
    let pasted = || {
        let text = case.evidence.text.as_deref()?;
        text.contains("scope=").then(|| case.facts.get("scope")).flatten()
    };
    if let Some(text) = pasted() {
        return Some(Asked { place: "scope in the text", text: Cow::Borrowed(text) });
    }
    if case.evidence.request.is_none()
        && let Some(text) = in_message(&case.sentence)
    {
        return Some(Asked { place: "scope in the message", text: Cow::Borrowed(text) });
    }
    let before = case.previous_param("scope")?;
    Some(Asked { place: "scope of the request before", text: Cow::Borrowed(before) })
}

/// The scope that a message complains about.
pub(super) fn in_message(told: &str) -> Option<&str> {
    const ENDS: [&str; 8] = [
        " is not valid",
        " is invalid",
        " isn't valid",
        " doesn't exist",
        " does not exist",
        ". ",
        "\n",
        " was not",
    ];
    const WORDS: [&str; 5] = ["scope", "input parameter", "parameter", "client", "format"];
    let lower = told.to_ascii_lowercase();
    let mut best = None;
    for (at, _) in lower.match_indices("scope").take(32) {
        let is_word = !lower[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = told[at + "scope".len()..].strip_prefix('s').unwrap_or(&told[at + "scope".len()..]);
        if !is_word || !rest.starts_with([' ', ':']) {
            continue;
        }
        let Some(value) = message::behind(rest, &[rest.get(..1).unwrap_or(" ")], &ENDS) else { continue };
        let is_sentence = value.split_whitespace().filter(|word| is_plain_word(word)).count() > 1;
        if !is_sentence && !WORDS.contains(&value.to_ascii_lowercase().as_str()) && !starts_plainly(value) {
            best = Some(value);
        }
    }
    best
}

/// Words of every day: no scope is written so.
fn is_plain_word(word: &str) -> bool {
    const KNOWN: [&str; 6] = ["openid", "profile", "email", "user", "mail", "basic"];
    word.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'') && !KNOWN.contains(&word) && word.len() < 14
}

fn starts_plainly(value: &str) -> bool {
    const BEGIN: [&str; 10] =
        ["is ", "of ", "that ", "for ", "value", "parameter", "in ", "must ", "input", "because "];
    BEGIN.iter().any(|begin| value.to_ascii_lowercase().starts_with(begin))
}

/// The identifier of an API in one form, so that two can be compared: Graph by its address, a slash at the end off.
pub(super) fn one_form(identifier: &str) -> String {
    let known = scopes::well_known(identifier).filter(|known| !known.identifier.is_empty());
    known.map_or_else(
        || identifier.trim_end_matches('/').to_ascii_lowercase(),
        |known| known.identifier.to_owned(),
    )
}

/// Whether that identifier stands for Microsoft Graph.
pub(super) fn is_graph(identifier: &str) -> bool {
    scopes::well_known(identifier).is_some_and(|known| *known == GRAPH)
}

/// The client id of the API behind an identifier, as far as it can be told.
pub(super) fn id_of<'a>(case: &Case<'a>, identifier: &'a str) -> Option<&'a str> {
    let api = Api::at_hand(case).filter(|api| api.is_meant_by(identifier));
    if let Some(id) = api.and_then(|api| api.app_id()) {
        return Some(id);
    }
    let known = scopes::well_known(identifier).map(|known| known.id);
    known.or_else(|| message::guids(identifier).first().copied())
}

/// The permissions of a kind that a registration lists of an API, by their GUIDs.
pub(super) fn required<'a>(app: &'a Application, api: &str, kind: Kind) -> impl Iterator<Item = &'a str> {
    let of_api =
        app.required.iter().filter(move |row| row.resource.eq_ignore_ascii_case(api) && row.kind == kind);
    of_api
        .map(|row| row.permission.as_str())
        .filter(|permission| !permission.is_empty())
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_of_a_message_is_found_in_many_wordings() {
        let check = |text: &str, scope: Option<&str>| assert_eq!(in_message(text), scope, "{text}");
        check(
            "AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the input \
             parameter 'scope' is not valid. The scope openid;email is not valid.",
            Some("openid;email"),
        );
        check(
            "The application 'x' asked for scope 'Pump.Start' that doesn't exist on the resource 'y'.",
            Some("Pump.Start"),
        );
        check(
            "The provided value for scope openid profile is not valid. Client credential flows must have",
            Some("openid profile"),
        );
        check("The scope 'openid User.Read api://x/y' is not valid.", Some("openid User.Read api://x/y"));
        check("a 'scope' input parameter is missing", None);
        check("The provided value for the input parameter 'scope' is not valid.", None);
    }
}
