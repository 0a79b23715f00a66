//! `aud`: whom the token is for, beside the API that was called and the identifiers by which it is known.

use super::{
    super::Certainty,
    Case, Check, Found,
    assertion::{shown, text},
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
    "allowed audiences map",
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
        let is_about_it = said.is(Complaint::Audience);
        let named = if is_about_it { said.first_of(SENT) } else { Vec::new() };
        let sent = match &case.token {
            Some(token) if token.claims.contains_key("aud") => shown(token, "aud"),
            _ => named.first()?.clone(),
        };
        let mut expected = if is_about_it { said.all_of(EXPECTED) } else { Vec::new() };
        expected.retain(|value| *value != sent);
        if expected.is_empty() {
            let wanted = said
                .challenges
                .iter()
                .find_map(|challenge| challenge.get("resource").or(challenge.get("resource_id")));
            expected.extend(wanted.map(str::to_owned));
        }
        if expected.is_empty() {
            expected.extend(api_called(case));
        }
        Some(Self { sent, expected })
    }
}

/// Without the prefix, a slash at the end, blanks, and letter case: two forms of one identifier are the same then.
fn bare(identifier: &str) -> String {
    let trimmed = identifier.trim();
    let lower = trimmed.to_ascii_lowercase();
    lower.strip_prefix("api://").unwrap_or(&lower).trim_end_matches('/').to_owned()
}

fn is_same(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
        || microsoft_api(one.trim()).is_some_and(|name| microsoft_api(other.trim()) == Some(name))
            && cloud_of(one) == cloud_of(other)
}

/// The end of the host, which differs between Microsoft's clouds; an id is the same in all of them.
fn cloud_of(identifier: &str) -> Option<&str> {
    let host = identifier.trim().split_once("://")?.1.split('/').next()?;
    host.rsplit('.').next().filter(|end| matches!(*end, "us" | "cn"))
}

/// The API of Microsoft that was called, as its tokens name it.
pub(super) fn api_called(case: &Case<'_>) -> Option<String> {
    let url = super::graph_call::called(case)?;
    let host = url.host_str()?;
    if host.ends_with(".vault.azure.net") {
        return Some("https://vault.azure.net".to_owned());
    }
    if host.ends_with(".blob.core.windows.net") || host.ends_with(".queue.core.windows.net") {
        return Some("https://storage.azure.com".to_owned());
    }
    let origin = format!("https://{host}");
    microsoft_api(&origin).map(|_| origin)
}

/// The registration of the API: the one that is given as such, or the one that is not the caller's.
pub(super) fn registration_of_api<'a>(case: &Case<'a>) -> Option<&'a Application> {
    if let Some(app) = case.evidence.resource_registration.as_ref() {
        return Some(app);
    }
    let app = case.evidence.registration.as_ref()?;
    let id = app.app_id.as_deref().unwrap_or_default();
    let Some(token) = case.token.as_ref() else {
        return exposes_something(app).then_some(app);
    };
    let audience = shown(token, "aud");
    let is_named = identifiers(app).any(|known| is_same(known, &audience));
    let callers = [text(token, "azp"), text(token, "appid")];
    let is_caller = callers.iter().any(|caller| caller.eq_ignore_ascii_case(id));
    (is_named && id_token_of(case).is_none() || !is_caller && exposes_something(app)).then_some(app)
}

fn exposes_something(app: &Application) -> bool {
    !app.identifier_uris.is_empty() || !app.scopes.is_empty() || !app.app_roles.is_empty()
}

fn identifiers(app: &Application) -> impl Iterator<Item = &str> {
    app.app_id.as_deref().into_iter().chain(app.identifier_uris.iter().map(String::as_str))
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
            Some(api) => found
                .with("resource_id", api.app_id.clone().unwrap_or_default())
                .with("object_id", api.object_id.clone().unwrap_or_default()),
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
    let version = api
        .access_token_version
        .map_or_else(|| "null, which means 1".to_owned(), |version| version.to_string());
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
