//! APIs: whether the name that was asked for is theirs, whether they are in the tenant, and whether the client lists them.

use super::{
    Case, Check, Found,
    api::{self, Api},
    graph, message,
    placeholder::is_template,
    scope::{fault_of, first_fault},
    tenant::{asked_tenant, is_shared},
};
use crate::{
    entra::{
        registration::Kind,
        scopes::{self, Scope, WELL_KNOWN},
    },
    explain::{Certainty, difference::difference, evidence::Looked},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("resource.v1_parameter", version_1_parameter),
    ("resource.indicator_mismatch", indicator),
    ("resource.self_by_uri", itself_by_uri),
    ("resource.identifier_mismatch", identifier),
    ("resource.no_service_principal", no_service_principal),
    ("resource.provisioning_failed", provisioning_failed),
    ("resource.wrong_tenant", wrong_tenant),
    ("resource.not_required", not_required),
    ("resource.missing_in_version_1", missing_in_version_1),
];

/// Services whose address is not the name that tokens for them carry.
const SERVICES: [(&str, &str); 12] = [
    (".search.windows.net", "https://search.azure.com"),
    (".openai.azure.com", "https://cognitiveservices.azure.com"),
    (".cognitiveservices.azure.com", "https://cognitiveservices.azure.com"),
    (".services.ai.azure.com", "https://ai.azure.com"),
    (".vault.azure.net", "https://vault.azure.net"),
    (".database.windows.net", "https://database.windows.net"),
    (".azurecr.io", "https://containerregistry.azure.net"),
    (".azuredatabricks.net", "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"),
    (".kusto.windows.net", "https://kusto.kusto.windows.net"),
    (".servicebus.windows.net", "https://servicebus.azure.net"),
    (".documents.azure.com", "https://cosmos.azure.com"),
    (".monitor.azure.com", "https://monitor.azure.com"),
];

/// The API that was asked for, as it was written: what the message says, then the request.
pub(super) fn wanted<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let ends = [" was not", " wasn't", " is not", " could not", " does not", " has not", ", ", ". ", " ("];
    let named = message::behind(
        &case.sentence,
        &["principal named ", "resource principal ", "value from request: "],
        &ends,
    )
    .filter(|value| !value.contains(' '));
    let quoted = || {
        let values = message::quoted(&case.sentence);
        values
            .into_iter()
            .find(|value| (value.contains("://") || value.contains('.')) && !value.contains(' '))
    };
    let is_about_it = matches!(case.code, Some(500_011 | 50001 | 650_057 | 65005 | 500_014 | 650_052));
    named
        .or_else(|| case.param("resource"))
        .or_else(|| case.param("scope").and_then(scopes::first_api))
        .or_else(|| quoted().filter(|_| is_about_it))
        .or_else(|| case.facts.get("resource").filter(|_| is_about_it))
}

/// Its name with the place where it was read.
fn place_of(case: &Case<'_>, wanted: &str) -> &'static str {
    if case.param("resource") == Some(wanted) {
        "request resource"
    } else if case.param("scope").is_some_and(|scope| scope.contains(wanted)) {
        "request scope"
    } else {
        "the message"
    }
}

/// The permissions that were asked of that API, in the request's own words; `.default` if there are none.
fn with_permissions(case: &Case<'_>, resource: &str, corrected: &str) -> String {
    let asked = case.param("scope").unwrap_or_default();
    let parts: Vec<_> = asked
        .split_whitespace()
        .map(|part| {
            let scope = Scope::parse(part);
            if scope.api() == Some(resource) {
                format!("{corrected}/{}", scope.permission)
            } else {
                part.to_owned()
            }
        })
        .collect();
    if parts.is_empty() { format!("{corrected}/.default") } else { parts.join(" ") }
}

fn version_1_parameter(case: &Case<'_>) -> Option<Found> {
    let is_version_2 = case.evidence.request.as_ref().map(|request| request.url.path().contains("/v2.0"));
    let Some(resource) = case.param("resource") else {
        let named = case.code == Some(901_002) && is_version_2.is_none();
        return if named {
            Found::likely("the message", "a parameter resource", "scope alone")
        } else {
            Found::excluded()
        };
    };
    if is_version_2 == Some(false) {
        return Found::excluded();
    }
    let corrected = format!("{}/.default", resource.trim_end_matches('/'));
    let found = Found::new(Certainty::Certain, "request resource", resource, "absent")
        .and("request scope", case.param("scope").unwrap_or("absent"), &corrected)
        .with("resource", resource.trim_end_matches('/'))
        .with("corrected_scope", corrected);
    // Beside scopes, resource is what RFC 8707 calls so.
    let is_alone = case.param("scope").is_none_or(|scope| scopes::first_api(scope).is_none());
    if is_alone || case.code == Some(901_002) { Some(found) } else { None }
}

/// RFC 8707: the parameter names another API than the scopes do.
fn indicator(case: &Case<'_>) -> Option<Found> {
    let resource = case
        .param("resource")
        .or_else(|| case.facts.get("resource").filter(|_| case.code == Some(9_010_010)))?;
    let scope = api::asked(case);
    let of_scopes = scope.as_ref().and_then(|scope| scopes::first_api(&scope.text));
    let api = Api::at_hand(case);
    let is_same = of_scopes.is_some_and(|api| api::one_form(api) == api::one_form(resource));
    if is_same && case.code != Some(9_010_010) {
        return Found::excluded();
    }
    let expected = of_scopes.unwrap_or("the API that owns the scopes");
    let text = scope.as_ref().map_or("", |scope| scope.text.as_ref());
    let mut found = Found::new(Certainty::Certain, "request resource", resource, expected).and(
        "request scope",
        text,
        &format!("scopes that begin with {resource}"),
    );
    if let Some(api) = &api {
        found = found.and("identifierUris of the API", &api.identifiers().join(" "), resource);
        found = found.with("resource_id", api.app_id().unwrap_or_default());
    }
    found = found.about(resource);
    if let Some(of_scopes) = of_scopes {
        found = found.with("resource", of_scopes);
    }
    Some(found)
}

/// Client and API are one registration, which was named by its URI.
fn itself_by_uri(case: &Case<'_>) -> Option<Found> {
    let client = message::guids(&case.sentence).first().copied().or_else(|| case.facts.get("client_id"));
    let Some(wanted) = case.param("resource").or_else(|| case.param("scope").and_then(scopes::first_api))
    else {
        let client = client?;
        return Found::certain("the message", client, &format!("{client}/.default")).map(|found| {
            found.with("client_id", client).with("corrected_scope", format!("{client}/.default"))
        });
    };
    let client = case.facts.get("client_id").or(client)?;
    let corrected = with_permissions(case, wanted, client);
    let place = place_of(case, wanted);
    let mut found = Found::new(Certainty::Certain, place, wanted, client);
    if let Some(app) = case.app() {
        found =
            found.and("registration identifierUris", &app.identifier_uris.join(" "), "not used for itself");
    }
    Some(found.with("client_id", client).with("corrected_scope", corrected))
}

/// What is wrong with the name of an API by itself, and what to write.
fn slip(wanted: &str, api: Option<&Api<'_>>) -> Option<(String, &'static str)> {
    let lower = wanted.to_ascii_lowercase();
    let known = || api.and_then(Api::identifier).unwrap_or("<identifier of the API>").to_owned();
    if ["api://", "https://", "http://"].contains(&lower.trim_end().trim_end_matches("/.default")) {
        return Some((known(), "nothing stands behind the scheme"));
    }
    if wanted.split('/').any(is_template) {
        return Some((known(), "a template that was never filled in"));
    }
    if let Some(fault) = fault_of(&format!("{wanted}/.default"), api).filter(|fault| fault.is_about_name) {
        let corrected = fault.corrected.trim_end_matches("/.default").to_owned();
        return Some((corrected, fault.what));
    }
    if let Some((_, right)) =
        SERVICES.iter().find(|(host, right)| lower.contains(host) && !lower.starts_with(right))
    {
        return Some(((*right).to_owned(), "the address of a service, not its identifier"));
    }
    let known =
        || WELL_KNOWN.iter().map(|known| known.identifier).filter(|identifier| !identifier.is_empty());
    let bare = lower.trim_end_matches('/');
    if let Some(secure) = bare.strip_prefix("http://").map(|rest| format!("https://{rest}"))
        && known().any(|identifier| identifier == secure)
    {
        return Some((secure, "http in place of https"));
    }
    if let Some(identifier) = known().find(|identifier| {
        bare.strip_prefix(identifier).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
    }) {
        return Some((identifier.to_owned(), "a path behind the identifier"));
    }
    let near = known().find(|identifier| {
        *identifier != bare
            && bare.len() < 64
            && bare.starts_with("http")
            && (1..=2).contains(&graph::steps(bare, identifier))
    });
    near.map(|identifier| (identifier.to_owned(), "misspelt"))
}

fn identifier(case: &Case<'_>) -> Option<Found> {
    let wanted = wanted(case)?;
    // A scope that is glued together gives a wrong name as well, but the name is not what is wrong.
    if first_fault(case).is_some_and(|(_, fault)| !fault.is_about_name) {
        return None;
    }
    let place = place_of(case, wanted);
    let api = Api::at_hand(case);
    let found = |certainty, corrected: &str, what: &str| {
        let mut found = Found::new(certainty, place, wanted, corrected);
        if let Some(difference) = difference(wanted, corrected) {
            found = found.and("the difference", &difference.in_words(), "");
        }
        if !what.is_empty() {
            found = found.and("form of the identifier", what, "");
        }
        let corrected_scope = with_permissions(case, wanted, corrected.trim_end_matches('/'));
        found.about(wanted).with("audience", corrected).with("corrected_scope", corrected_scope)
    };
    if let Some(api) = &api {
        if api.has_identifier(wanted) {
            return Found::excluded();
        }
        let identifiers: Vec<String> = api.identifiers().into_iter().map(str::to_owned).collect();
        // Its client id is the last resort: any text differs from it in everything.
        let uris: Vec<String> = identifiers.iter().filter(|known| known.contains("://")).cloned().collect();
        let near =
            crate::explain::closest(wanted, if uris.is_empty() { &identifiers } else { &uris })?.to_owned();
        let is_another = scopes::well_known(wanted).is_some();
        let certainty = if is_another { Certainty::Likely } else { Certainty::Certain };
        let mut found = found(certainty, &near, slip(wanted, Some(api)).map_or("", |(_, what)| what));
        found = found.and("identifiers of the API", &identifiers.join(" "), wanted);
        return Some(found.with("resource_id", api.app_id().unwrap_or_default()));
    }
    if scopes::well_known(wanted).is_some() {
        return Found::excluded();
    }
    let (corrected, what) = slip(wanted, None)?;
    Some(found(Certainty::Likely, &corrected, what))
}

fn no_service_principal(case: &Case<'_>) -> Option<Found> {
    let about = matches!(case.code, Some(650_052 | 650_051));
    let tenant = tenant_of_message(case).or_else(|| asked_tenant(case)).unwrap_or("this tenant");
    let wanted = wanted(case);
    let api_id = message::guids(&case.sentence)
        .first()
        .copied()
        .filter(|_| case.code == Some(650_052))
        .or_else(|| case.evidence.resource_registration.as_ref()?.app_id.as_deref())
        .or_else(|| api::id_of(case, wanted?));
    let sent = api_id.or(wanted).unwrap_or("the API").to_owned();
    let found = |certainty, place: &str, sent: &str| {
        Some(
            Found::new(certainty, place, sent, &format!("a service principal in {tenant}"))
                .and("the API that was asked for", wanted.unwrap_or(sent), "")
                .with("resource_id", api_id.unwrap_or_default())
                .about(tenant),
        )
    };
    match &case.evidence.resource_service_principal {
        // It is here, so that is not what was missed; for 650052 it was made since then.
        Looked::Found(_) => return Found::excluded(),
        Looked::Absent => {
            let wanted = wanted.unwrap_or_default();
            let is_its_name = Api::at_hand(case).is_none_or(|api| api.has_identifier(wanted));
            let is_slip = Api::at_hand(case).is_none() && slip(wanted, None).is_some();
            if !about && (!is_its_name || is_slip) {
                return None;
            }
            let certainty = if is_elsewhere(case).is_some() { Certainty::Likely } else { Certainty::Certain };
            return found(certainty, "service principal of the API", &format!("{sent}: none"));
        }
        Looked::Unknown => {}
    }
    let is_its_name = Api::at_hand(case)
        .is_some_and(|api| api.has_identifier(wanted.unwrap_or_default()) && !api.is_for_one_tenant());
    if about {
        found(Certainty::Certain, "the message", &sent)
    } else if is_its_name && case.code == Some(500_011) {
        // The name is right and other tenants may use it; so far this one does not.
        found(Certainty::Likely, "the message", &sent)
    } else {
        None
    }
}

fn provisioning_failed(case: &Case<'_>) -> Option<Found> {
    let client = case.facts.get("client_id").or_else(|| message::guids(&case.sentence).first().copied());
    let client = client.unwrap_or_default();
    let name = message::quoted(&case.sentence).first().copied().unwrap_or(client);
    Found::certain("the message", name, "a service principal that could be made")
        .map(|found| found.with("client_id", client))
}

/// The tenant that was searched, as the message calls it.
fn tenant_of_message<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let words =
        ["in the tenant named ", "tenant named ", "your organization ", "in the tenant ", "in tenant "];
    message::behind(&case.sentence, &words, &[". ", " lacks", " that", ", "])
}

/// What speaks for the API being at home in another tenant than the one that was searched.
fn is_elsewhere(case: &Case<'_>) -> Option<Found> {
    let searched = tenant_of_message(case);
    let path = asked_tenant(case);
    let app = case.evidence.resource_registration.as_ref();
    let is_single = app.and_then(|app| app.sign_in_audience.as_deref()) == Some("AzureADMyOrg");
    let home = app.and_then(|app| app.publisher_domain.as_deref());
    let found = |place: &str, sent: &str, expected: &str| {
        let found = Found::new(Certainty::Likely, place, sent, expected);
        let found =
            found.and("the tenant that was searched", searched.or(path).unwrap_or("not told"), expected);
        Some(
            found
                .with("tenant", if expected.contains(' ') { "" } else { expected })
                .about(searched.or(path).unwrap_or_default()),
        )
    };
    if let (Some(home), Some(path)) = (home, path.filter(|path| path.contains('.')))
        && !path.eq_ignore_ascii_case(home)
        && is_single
    {
        return found("tenant of the request", path, home);
    }
    if let (Some(home), Some(searched)) = (home, searched.filter(|searched| searched.contains('.')))
        && !searched.eq_ignore_ascii_case(home)
        && is_single
    {
        return found("tenant in the message", searched, home);
    }
    if let Some(path) = path.filter(|path| is_shared(path)) {
        return found("tenant of the request", path, home.unwrap_or("the tenant of the API"));
    }
    // The client is at home in another tenant, and the API is for its own only.
    let guid = |text: &&str| crate::explain::facts::is_guid(text);
    let api_home = case.evidence.resource_service_principal.found().and_then(|sp| sp.home_tenant.as_deref());
    if let (Some(api_home), Some(path)) = (api_home, path.filter(guid).or(searched.filter(guid)))
        && !api_home.eq_ignore_ascii_case(path)
    {
        return found("tenant of the request", path, api_home);
    }
    let before = case.evidence.previous_request.as_ref().and_then(super::tenant::tenant_in_path);
    if let (Some(before), Some(path)) = (before.as_deref(), path)
        && !before.eq_ignore_ascii_case(path)
    {
        return found("tenant of the request", path, before);
    }
    None
}

fn wrong_tenant(case: &Case<'_>) -> Option<Found> {
    let wanted = wanted(case)?;
    let api = Api::at_hand(case);
    if let Some(api) = &api
        && !api.has_identifier(wanted)
    {
        return None;
    }
    if let Some(found) = is_elsewhere(case) {
        // Microsoft's own APIs are in every tenant, and a slip in the name is found nowhere.
        let is_other_cause =
            scopes::well_known(wanted).is_some() || (api.is_none() && slip(wanted, None).is_some());
        return if is_other_cause { None } else { Some(found.and("the API that was asked for", wanted, "")) };
    }
    // The name is right, so the tenant lacks the API; one that is meant for its own tenant only is at home elsewhere.
    if let (Some(api), Looked::Unknown) = (&api, &case.evidence.resource_service_principal)
        && api.is_for_one_tenant()
        && case.code == Some(500_011)
    {
        let searched = tenant_of_message(case).or_else(|| asked_tenant(case)).unwrap_or("not told");
        return Found::likely(
            "signInAudience of the API",
            "AzureADMyOrg",
            "an API that other tenants may use",
        )
        .map(|found| found.and("the tenant that was searched", searched, "the tenant of the API"))
        .map(|found| found.and("the API that was asked for", wanted, ""));
    }
    // Looked up and found under that very name, and the request did not find it: it looked elsewhere.
    let principal = case.evidence.resource_service_principal.found()?;
    let is_named = principal.names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let searched = tenant_of_message(case).or_else(|| asked_tenant(case))?;
    let expected = principal.home_tenant.as_deref().unwrap_or("the tenant where the API was found");
    if is_named { Found::likely("the tenant that was searched", searched, expected) } else { None }
}

fn not_required(case: &Case<'_>) -> Option<Found> {
    let told = &case.sentence;
    let label =
        |words: &[&str]| message::behind(told, words, &[". ", ", ", "(", " Resource", " List", " Client"]);
    let resource = label(&["resource app id:", "resource app id"])
        .and_then(|text| message::guids(text).first().copied());
    let wanted = wanted(case);
    let resource = resource.or_else(|| api::id_of(case, wanted?));
    let listed =
        told.to_ascii_lowercase().find("valid resources").map(|at| message::guids(&told[at..]).join(" "));
    let client = label(&["client app id:"]).and_then(|text| message::guids(text).first().copied());
    let client = client.or_else(|| case.facts.get("client_id"));
    if client.is_some_and(|id| scopes::well_known(id).is_some()) {
        return Found::excluded(); // whose list nobody can edit
    }
    let sent = match (wanted, resource) {
        (Some(wanted), Some(id)) if wanted != id => format!("{wanted} ({id})"),
        (wanted, id) => wanted.or(id)?.to_owned(),
    };
    let permission = permission_to_add(case, resource.unwrap_or_default());
    let (id, name) = permission.as_ref().map_or(("", ""), |(id, name)| (id.as_str(), name.as_str()));
    let with = |found: Found| {
        let found = found
            .with("resource_id", resource.unwrap_or_default())
            .with("client_id", client.unwrap_or_default());
        Some(found.with("permission_id", id).with("permission", name).about(&sent))
    };
    if let Some(app) = case.app() {
        let mut ids: Vec<_> = app.required.iter().map(|row| row.resource.as_str()).collect();
        ids.dedup();
        let is_listed = resource.is_some_and(|id| ids.iter().any(|known| known.eq_ignore_ascii_case(id)));
        if is_listed {
            return Found::excluded();
        }
        let listed = if ids.is_empty() { "empty".to_owned() } else { ids.join(" ") };
        let found =
            Found::new(Certainty::Certain, "the API that was asked for", &sent, "an API that is listed");
        return with(found.and("registration requiredResourceAccess", &listed, &sent));
    }
    if let Some(listed) = listed {
        let is_listed = resource.is_some_and(|id| listed.contains(id));
        if is_listed {
            return None;
        }
        let listed = if listed.is_empty() { "empty".to_owned() } else { listed };
        let found = Found::new(
            Certainty::Certain,
            "the message: API that was asked for",
            &sent,
            "an API that is listed",
        );
        return with(found.and("the message: APIs that are listed", &listed, &sent));
    }
    with(Found::new(
        Certainty::Likely,
        "the API that was asked for",
        &sent,
        "an API that the registration lists",
    ))
}

/// The permission that was asked of an API, by GUID and name, so that it can be added.
fn permission_to_add(case: &Case<'_>, resource: &str) -> Option<(String, String)> {
    let asked = api::asked(case);
    let mut named = asked.iter().flat_map(api::Asked::of_apis).map(|scope| scope.permission);
    let api = Api::at_hand(case);
    if let Some(api) = api.filter(|api| api.app_id().is_some_and(|id| id.eq_ignore_ascii_case(resource))) {
        let found = named.find_map(|name| api.scope(name));
        let found = found.or_else(|| api.scopes().find(|scope| scope.is_enabled))?;
        return Some((found.id.clone(), found.value.clone()));
    }
    None
}

fn missing_in_version_1(case: &Case<'_>) -> Option<Found> {
    let request = case.evidence.request.as_ref()?;
    let is_version_1 = !request.url.path().contains("/v2.0");
    match (is_version_1, case.param("resource")) {
        (true, None) => {
            let scope = case.param("scope").unwrap_or("absent");
            let found = Found::certain("request resource", "absent", "the identifier of one API")?;
            Some(found.and("path of the request", request.url.path(), "with /v2.0 if scope is sent").and(
                "request scope",
                scope,
                "not read by version 1",
            ))
        }
        _ => Found::excluded(),
    }
}

/// Whether a registration lists anything of an API.
pub(super) fn lists(case: &Case<'_>, api: &str) -> Option<bool> {
    let app = case.app()?;
    let of_kind = |kind| api::required(app, api, kind).next().is_some();
    Some(of_kind(Kind::Scope) || of_kind(Kind::Role))
}
