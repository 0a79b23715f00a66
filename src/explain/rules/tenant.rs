//! Tenants: what stands in the path, and whether it fits the application and the kind of request.
//!
//! One table decides most of it (reference §1.2): whom the application takes (`signInAudience`) against the path.

use super::{super::facts::is_guid, Case, Check, Found, graph, message};
use crate::{explain::Certainty, wire::Request};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("tenant.unknown", unknown),
    ("tenant.path_segment", path_segment),
    ("tenant.single_tenant_on_common", |case| Some(single_tenant(case))),
    ("tenant.audience_mismatch", audience),
    ("tenant.grant_needs_tenant", needs_tenant),
    ("resource.not_for_personal_accounts", needs_tenant),
    ("tenant.cross_tenant_policy", cross_tenant),
    ("tenant.restricted_by_network", cross_tenant),
    ("tenant.closed", closed),
    ("endpoint.v1_personal_account", version_1),
];

/// The path of personal accounts, by name and by id.
const CONSUMERS: [&str; 2] = ["consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"];

/// Words of the path that belong behind the tenant.
const WORDS: [&str; 11] = [
    "oauth2",
    "v2.0",
    "v1.0",
    "authorize",
    "token",
    "devicecode",
    "adminconsent",
    ".well-known",
    "logout",
    "saml2",
    "login",
];

/// Whether it stands for many tenants.
pub(super) fn is_shared(tenant: &str) -> bool {
    ["common", "organizations"].contains(&tenant) || is_consumers(tenant)
}

fn is_consumers(tenant: &str) -> bool {
    CONSUMERS.iter().any(|name| name.eq_ignore_ascii_case(tenant))
}

/// The first segment of an authority's address, percent-decoded.
pub(super) fn tenant_in_path(request: &Request) -> Option<String> {
    const ENDPOINTS: [&str; 6] =
        ["/oauth2/", "/adminconsent", "/v2.0/", "/.well-known/", "/saml2", "/authorize"];
    let path = request.url.path();
    if !ENDPOINTS.iter().any(|endpoint| path.contains(endpoint)) {
        return None;
    }
    let first = request.url.path_segments()?.next()?;
    let decoded = percent_encoding::percent_decode_str(first).decode_utf8_lossy().into_owned();
    Some(decoded).filter(|tenant| !tenant.is_empty())
}

/// The tenant that the request went to, or that a pasted address names.
pub(super) fn asked_tenant<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    case.facts.get("tenant")
}

/// The tenant to use in place of a shared path.
fn home<'a>(case: &Case<'a>) -> Option<&'a str> {
    let principal =
        case.evidence.service_principal.found().and_then(|principal| principal.home_tenant.as_deref());
    let app = case.evidence.registration.as_ref();
    principal.or_else(|| app.and_then(|app| app.publisher_domain.as_deref()))
}

fn audience_of<'a>(case: &Case<'a>) -> Option<&'a str> {
    case.app().and_then(|app| app.sign_in_audience.as_deref())
}

/// The path as it is shown as evidence.
fn shown_path(case: &Case<'_>) -> String {
    case.evidence.request.as_ref().map(|request| request.url.path().to_owned()).unwrap_or_default()
}

fn unknown(case: &Case<'_>) -> Option<Found> {
    let tenant = tenant_in_question(case)?;
    if is_template(&tenant) || WORDS.contains(&tenant.to_ascii_lowercase().as_str()) || is_shared(&tenant) {
        return Found::excluded();
    }
    if tenant.bytes().all(|b| b == b'0' || b == b'-') {
        return Found::excluded();
    }
    let app = case.evidence.registration.as_ref();
    let principal = case.evidence.service_principal.found();
    let same = |other: Option<&str>| other.is_some_and(|other| other.eq_ignore_ascii_case(&tenant));
    let others: [(Option<&str>, &str); 4] = [
        (case.param("client_id").or_else(|| case.facts.get("client_id")), "the client id"),
        (app.and_then(|app| app.app_id.as_deref()), "the client id of the registration"),
        (app.and_then(|app| app.object_id.as_deref()), "the object id of the registration"),
        (
            principal.and_then(|principal| principal.object_id.as_deref()),
            "the object id of the service principal",
        ),
    ];
    let place = "tenant of the request";
    let expected = home(case).unwrap_or("the id or a domain of a tenant");
    if let Some((_, what)) = others.into_iter().find(|(other, _)| same(*other)) {
        let found = Found::new(Certainty::Certain, place, &tenant, expected).and(
            "that value is",
            what,
            "a tenant's id",
        );
        return Some(found.about(&tenant));
    }
    // A domain that is nearly the known one.
    let domain = app.and_then(|app| app.publisher_domain.as_deref());
    let near = domain.filter(|domain| (1..=3).contains(&graph::steps(&tenant.to_ascii_lowercase(), domain)));
    if let Some(near) = near {
        let found = Found::new(Certainty::Likely, place, &tenant, near);
        return Some(
            found.and("registration publisherDomain", near, &tenant).with("tenant", near).about(&tenant),
        );
    }
    let suffix = tenant.split_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase()).unwrap_or_default();
    let is_slip = (1..=3).contains(&graph::steps(&suffix, "onmicrosoft.com")) && suffix.len() > 8;
    let form = match (is_guid(&tenant), is_slip, tenant.contains('.')) {
        (true, ..) => "a well-formed GUID that no tenant has",
        (_, true, _) => "onmicrosoft.com is misspelt",
        (.., true) => "a domain that no tenant has verified",
        _ => "neither a GUID nor a domain",
    };
    let found = Found::new(Certainty::Likely, place, &tenant, expected).and("form", form, "");
    Some(found.with("tenant", tenant.clone()).about(&tenant))
}

/// The tenant that was not found: what the message quotes, or what stands in the path.
fn tenant_in_question(case: &Case<'_>) -> Option<String> {
    let path = case.evidence.request.as_ref().and_then(tenant_in_path);
    let quoted = message::quoted(&case.sentence).first().map(|tenant| (*tenant).to_owned());
    let named = || {
        message::behind(&case.sentence, &["tenant "], &[" not found", " was not", " is neither", ". "])
            .map(str::to_owned)
    };
    path.or(quoted.filter(|value| !value.contains(' '))).or_else(|| {
        named().filter(|value| !value.contains(' ')).or_else(|| case.facts.get("tenant").map(str::to_owned))
    })
}

fn is_template(tenant: &str) -> bool {
    let lower = tenant.to_ascii_lowercase();
    tenant.contains(['{', '}', '<', '>', '$', '%'])
        || ["undefined", "null", "none", "tenantid", "tenant_id", "tenant", "tenantname"]
            .contains(&lower.as_str())
        || ["your", "enter_", "enter-", "placeholder", "example-", "<", "my-tenant", "insert"]
            .iter()
            .any(|word| lower.starts_with(word))
}

/// A word of the path where the tenant belongs, or the version twice.
fn path_segment(case: &Case<'_>) -> Option<Found> {
    let path = shown_path(case);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let right = |tenant: &str, end: &str| format!("/{tenant}/oauth2/v2.0/{end}");
    let end = segments.last().copied().unwrap_or("token");
    let twice = ["v2.0", "oauth2", "authorize", "token", "common", "organizations"]
        .into_iter()
        .find(|word| segments.iter().filter(|segment| **segment == *word).count() > 1);
    let at_authority = case.evidence.request.as_ref().is_some_and(|request| {
        request.url.host_str().is_some_and(|host| host.starts_with("login.")) || path.contains("/oauth2/")
    });
    if let Some(word) = twice.filter(|_| at_authority) {
        let tenant = segments.first().copied().filter(|first| !WORDS.contains(first)).unwrap_or("<tenant>");
        let found = Found::new(Certainty::Certain, "path of the request", &path, &right(tenant, end));
        return Some(found.and("stands there twice", word, "once").about(&path).with("tenant", tenant));
    }
    let order = segments.windows(2).any(|pair| pair == ["v2.0", "oauth2"]);
    if order {
        let tenant = segments.first().copied().unwrap_or("<tenant>");
        let found = Found::new(Certainty::Certain, "path of the request", &path, &right(tenant, end));
        return Some(found.about(&path));
    }
    let tenant = tenant_in_question(case)?;
    let lower = tenant.to_ascii_lowercase();
    let expected = home(case).unwrap_or("a GUID or a domain");
    // The whole authority, pasted behind itself, begins with its scheme.
    let is_address = ["https:", "http:", "login.microsoftonline.com"].contains(&lower.as_str());
    if WORDS.contains(&lower.as_str()) || is_address {
        let found = Found::new(Certainty::Certain, "tenant of the request", &tenant, expected);
        let found = if path.is_empty() {
            found
        } else {
            found.and("path of the request", &path, &right(expected, end))
        };
        return Some(found.about(&tenant).with("tenant", home(case).unwrap_or_default()));
    }
    // One of the shared names, misspelt: it is no domain, so it is taken for a word of the path.
    let shared = ["common", "organizations", "consumers"];
    let near = shared.into_iter().find(|name| (1..=2).contains(&graph::steps(&lower, name)));
    if let Some(near) = near {
        return Found::likely("tenant of the request", &tenant, near)
            .map(|found| found.about(&tenant).with("tenant", near));
    }
    Found::excluded()
}

fn single_tenant(case: &Case<'_>) -> Found {
    let path = asked_tenant(case).filter(|tenant| is_shared(tenant)).unwrap_or("common");
    let client = client(case);
    let expected = home(case).unwrap_or("the tenant of the application");
    let found = Found::new(Certainty::Certain, "tenant of the request", path, expected);
    let found = found.and(
        "registration signInAudience",
        audience_of(case).unwrap_or("one tenant, says the message"),
        "",
    );
    let found = if let Some(client) = &client { found.and("client", client, "") } else { found };
    found.with("client_id", client.unwrap_or_default()).with("tenant", home(case).unwrap_or_default())
}

/// The client: the first GUID of the message, where the request is not known.
fn client(case: &Case<'_>) -> Option<String> {
    let named = message::guids(&case.sentence).first().map(|id| (*id).to_owned());
    case.param("client_id")
        .map(str::to_owned)
        .or(named)
        .or_else(|| case.facts.get("client_id").map(str::to_owned))
}

/// The audience table: the path against whom the application takes.
fn audience(case: &Case<'_>) -> Option<Found> {
    let path = case.evidence.request.as_ref().and_then(tenant_in_path);
    let path = path.or_else(|| asked_tenant(case).map(str::to_owned));
    let for_personal = match case.code {
        Some(9_002_331 | 9_002_346) => Some(true),
        Some(9_002_332 | 90130) => Some(false),
        _ => match audience_of(case) {
            Some("PersonalMicrosoftAccount") => Some(true),
            Some("AzureADMyOrg" | "AzureADMultipleOrgs") => Some(false),
            _ => None,
        },
    };
    let is_for_consumers = case.says(&["not enabled for consumers", "enabled for consumers", "users only"]);
    let is_on_consumers =
        path.as_deref().is_some_and(is_consumers) || case.says(&["/consumers", "consumers endpoint"]);
    let client = client(case);
    let of = |certainty, expected: &str, takes: &str| {
        let path = path.clone().unwrap_or_else(|| {
            if is_on_consumers { "consumers".to_owned() } else { "the path of the message".to_owned() }
        });
        let mut found = Found::new(certainty, "tenant of the request", &path, expected);
        found = found.and(
            "registration signInAudience",
            audience_of(case).unwrap_or(takes),
            &format!("one that fits {path}"),
        );
        if let Some(client) = &client {
            found = found.and("client", client, "").with("client_id", client.clone());
        }
        Some(found.with("found", expected).about(expected))
    };
    let is_about_it = matches!(case.code, Some(9_002_331 | 9_002_332 | 9_002_346 | 90130));
    match for_personal {
        Some(true) if is_about_it => of(Certainty::Certain, "consumers", "PersonalMicrosoftAccount"),
        Some(false) if is_about_it => {
            let expected =
                home(case).filter(|_| audience_of(case) == Some("AzureADMyOrg")).unwrap_or("organizations");
            of(Certainty::Certain, expected, "work and school accounts")
        }
        Some(false) if is_on_consumers || is_for_consumers => {
            of(Certainty::Certain, "organizations", "work and school accounts")
        }
        Some(true) if path.as_deref().is_some_and(|path| !is_consumers(path) && path != "common") => {
            of(Certainty::Certain, "consumers", "PersonalMicrosoftAccount")
        }
        None if is_for_consumers => of(Certainty::Likely, "organizations", "work and school accounts only"),
        _ => None,
    }
}

fn needs_tenant(case: &Case<'_>) -> Option<Found> {
    let is_no_tenant_enough =
        super::user::password_grant(case).is_some_and(|found| found.certainty.is_some());
    if is_no_tenant_enough && case.code == Some(9_001_023) {
        return None;
    }
    let path = case.evidence.request.as_ref().and_then(tenant_in_path);
    let path = path.or_else(|| asked_tenant(case).map(str::to_owned));
    let grant = case.grant().unwrap_or("this kind of request");
    let expected = home(case).unwrap_or("the id or a domain of the tenant");
    let slots = |found: Found| found.with("tenant", home(case).unwrap_or_default()).about(grant);
    if let Some(path) = path.filter(|path| is_shared(path)) {
        let found = Found::new(Certainty::Certain, "tenant of the request", &path, expected);
        return Some(slots(found.and("request grant_type", grant, "a path with one tenant")));
    }
    if let Some(name) = case.param("username").filter(|name| !name.contains('@')) {
        let found =
            Found::new(Certainty::Certain, "request username", name, "a name with the domain of the tenant");
        return Some(slots(found));
    }
    if case.evidence.request.is_none() && case.sentence.len() > 30 {
        let found = Found::likely("the message", "no tenant can be told from the request", expected)?;
        return Some(slots(found));
    }
    None
}

fn cross_tenant(case: &Case<'_>) -> Option<Found> {
    let tenant =
        message::quoted(&case.sentence).into_iter().find(|value| !value.contains(' ') && !value.is_empty());
    let tenant =
        tenant.or_else(|| message::guids(&case.sentence).first().copied()).or_else(|| asked_tenant(case));
    let tenant = tenant.unwrap_or("the tenant of the request").to_owned();
    Found::likely("tenant that was asked", &tenant, "allowed by the policy")
        .map(|found| found.with("tenant", tenant))
}

fn closed(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["tenant.not_blocked"]) {
        return Some(found);
    }
    let quoted =
        message::quoted(&case.sentence).into_iter().find(|value| is_guid(value) || value.contains('.'));
    let tenant =
        quoted.or_else(|| message::guids(&case.sentence).first().copied()).or_else(|| asked_tenant(case))?;
    Found::likely("tenant that was asked", tenant, "open").map(|found| found.with("tenant", tenant))
}

fn version_1(case: &Case<'_>) -> Option<Found> {
    let path = shown_path(case);
    let person = message::person(&case.sentence).unwrap_or("a personal account");
    if path.is_empty() {
        return Found::certain(
            "the message",
            "a personal account at an endpoint of version 1",
            "an endpoint with /v2.0",
        );
    }
    let corrected = path.replacen("/oauth2/", "/oauth2/v2.0/", 1);
    let expected = if path.contains("/v2.0") { "a work or school account" } else { corrected.as_str() };
    Found::certain("path of the request", &path, expected)
        .map(|found| found.and("account", person, "").with("found", expected))
}
