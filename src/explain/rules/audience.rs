//! `aud`: whom the token is for, beside the API that was called and the identifiers by which it is known.

use super::{
    super::Certainty,
    Case, Check, Found,
    assertion::shown,
    called_api::{api_called, bare, identifiers, is_same, registration_of_api, token_version, with_ids},
    signing_key::is_graphs,
    token::id_token_of,
    validation::Complaint,
};
use crate::{
    entra::registration::Application,
    explain::facts::is_guid,
    token::{TokenKind, kind_of, microsoft_api},
};

pub(super) const CHECKS: &[(&str, Check)] =
    &[("token.audience", other_api), ("token.audience_form", other_form)];

/// Behind these stands what the token named. Words of .NET, Azure, Go, Ruby.
const SENT: &[&str] = &[
    "audiences: ",
    "claim aud with value ",
    "audience validation failed. audience: ",
    "the audience ",
    "wrong audience or resource ",
    "audience rejected: ",
    "(aud) claim ",
    "got ",
    "found: ",
    "found ",
    "received ",
    "actual: ",
];

/// Behind these stands what was expected.
const EXPECTED: &[&str] = &[
    "validationparameters.validaudience: ",
    "validationparameters.validaudiences: ",
    "validaudience: ",
    "validaudiences: ",
    "allowed audiences ",
    "expected audience ",
    "expected audience: ",
    "audience invalid. expected: ",
    "expected: ",
    "expected one of ",
    "expected ",
    "must be ",
];

/// An audience as it was sent, and what would have been right.
struct Audience {
    sent: String,
    expected: Vec<String>,
}

impl Audience {
    fn of(case: &Case<'_>) -> Option<Self> {
        let said = case.validation();
        let (named, mut expected) = said.named(Complaint::Audience, SENT, EXPECTED);
        let sent = match &case.token {
            Some(token) if token.claims.contains_key("aud") => shown(token, "aud"),
            _ => named.first()?.clone(),
        };
        expected.retain(|value| *value != sent);
        if expected.is_empty() {
            expected.extend(said.challenged(&["resource", "resource_id"]));
        }
        if expected.is_empty() {
            expected.extend(api_called(case));
        }
        Some(Self { sent, expected })
    }
}

fn list(app: &Application) -> String {
    identifiers(app).collect::<Vec<_>>().join(" or ")
}

fn other_form(case: &Case<'_>) -> Option<Found> {
    if case.evidence.rule.is_some() {
        return case.by_rule(&["token.audience"]).filter(|_| lab_names_it(case));
    }
    if !case.validation().may_be(&[Complaint::Audience]) {
        return Found::excluded();
    }
    let found = Audience::of(case)?;
    let is_said = case.validation().is(Complaint::Audience);
    let api = registration_of_api(case);
    let is_apis = |value: &str| api.is_some_and(|api| identifiers(api).any(|known| is_same(known, value)));
    let fill = |found: Found| {
        let found = found.with("audience", found_sent(case));
        match api {
            Some(api) => with_ids(found, api),
            None => found,
        }
    };
    let same = found
        .expected
        .iter()
        .find(|expected| is_same(expected, &found.sent) || is_apis(expected) && is_apis(&found.sent));
    if let Some(same) = same {
        let line = Found::certain("aud of the token", &found.sent, same);
        let line = line.map(|line| with_registration(line, api));
        return line.map(|line| fill(line).with("wanted", same.clone()));
    }
    if !found.expected.is_empty() {
        // Neither form of the other; only the registration could say that both mean one API.
        let is_open = api.is_none() && !both_tell(&found.sent, &found.expected);
        return if is_open { None } else { Found::excluded() };
    }
    if !is_said {
        return Found::excluded().filter(|_| case.token.is_some());
    }
    let api = api.filter(|_| is_apis(&found.sent))?;
    if id_token_of(case).is_some() {
        return Found::excluded();
    }
    let others: Vec<&str> = identifiers(api).filter(|known| *known != found.sent).collect();
    Found::certain("aud of the token", &found.sent, &others.join(" or "))
        .map(|line| fill(with_registration(line, Some(api))).with("wanted", others.join(" or ")))
}

fn found_sent(case: &Case<'_>) -> String {
    Audience::of(case).map(|found| found.sent).unwrap_or_default()
}

fn with_registration(found: Found, api: Option<&Application>) -> Found {
    let Some(api) = api else { return found };
    let version = token_version(api);
    found.and("registration appId and identifierUris", &list(api), "all of them accepted by the API").and(
        "registration api.requestedAccessTokenVersion",
        &version,
        "2 makes aud the client id",
    )
}

/// Whether two identifiers alone tell that these are different APIs: two ids, two URIs, or one that everybody knows.
fn both_tell(sent: &str, expected: &[String]) -> bool {
    let is_id = |value: &str| is_guid(&bare(value));
    let is_uri = |value: &str| value.contains("://");
    microsoft_api(sent).is_some()
        || expected.iter().all(|other| {
            microsoft_api(other).is_some() || is_id(sent) == is_id(other) || is_uri(sent) && is_uri(other)
        })
}

fn other_api(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["token.audience"]) {
        return Some(found).filter(|_| !lab_names_it(case));
    }
    if !case.validation().may_be(&[Complaint::Audience]) {
        return Found::excluded();
    }
    let found = Audience::of(case)?;
    let is_said = case.validation().is(Complaint::Audience);
    if id_token_of(case).is_some() {
        return None;
    }
    let called = api_called(case);
    if !is_said && called.is_none() && case.token.as_ref().is_some_and(is_graphs) {
        return None; // told as a token for Graph
    }
    let api = registration_of_api(case);
    let is_apis = |value: &str| api.is_some_and(|api| identifiers(api).any(|known| is_same(known, value)));
    if found.expected.iter().any(|expected| is_same(expected, &found.sent)) {
        return Found::excluded();
    }
    let fill = |line: Found, wanted: String| {
        let corrected = format!("{}/.default", wanted.trim_end_matches('/'));
        line.with("audience", found.sent.clone())
            .with("resource", wanted.clone())
            .with("wanted", wanted)
            .with("corrected_scope", corrected)
    };
    if let Some(first) = found.expected.first() {
        if is_apis(&found.sent) {
            return if is_apis(first) { Found::excluded() } else { None };
        }
        let is_access = case.token.as_ref().is_some_and(|token| kind_of(token).kind.is_access());
        let certain = is_access
            || both_tell(&found.sent, &found.expected) && (!is_guid(&found.sent) || case.token.is_some());
        let line = if certain { Found::certain } else { Found::likely };
        if !certain && api.is_none() && !both_tell(&found.sent, &found.expected) {
            let expected = found.expected.join(" or ");
            return Some(Found::new(Certainty::Possible, "aud of the token", &found.sent, &expected));
        }
        // Of the names of an API of Microsoft, the one that scopes are written with today.
        let known = found.expected.iter().find_map(|one| {
            let known = crate::entra::scopes::well_known(one)?;
            Some(known.identifier.to_owned()).filter(|identifier| !identifier.is_empty())
        });
        let wanted = known.unwrap_or_else(|| first.clone());
        return line("aud of the token", &found.sent, &found.expected.join(" or "))
            .map(|line| fill(line, wanted));
    }
    if is_apis(&found.sent) {
        return Found::excluded();
    }
    if let Some(api) = api {
        let wanted = api.identifier_uris.first().or(api.app_id.as_ref()).cloned().unwrap_or_default();
        let line = Found::certain("aud of the token", &found.sent, &list(api))?;
        return Some(fill(line, wanted));
    }
    if let Some(name) = microsoft_api(&found.sent) {
        // Whoever validates tokens with a library of its own is none of these.
        let line = if is_said { Found::certain } else { Found::likely };
        return line(
            "aud of the token",
            &found.sent,
            &format!("an identifier of the API that was called, not {name}"),
        )
        .map(|line| line.with("audience", found.sent.clone()));
    }
    let kind = case.token.as_ref().map(|token| kind_of(token).kind);
    if is_said && kind.is_some_and(TokenKind::is_access) {
        return None; // this API in its other form, or another one: only its registration tells
    }
    None
}

/// Whether the lab's API is named after all, in the form that it does not take.
fn lab_names_it(case: &Case<'_>) -> bool {
    case.compared("aud")
        .is_some_and(|compared| compared.expected.iter().any(|expected| is_same(expected, &compared.sent)))
}
