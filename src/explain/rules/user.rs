//! People: whose account it is, whether it may use the application, and what a bare password can do.

use super::{
    Case, Check, Found,
    consent::is_on_behalf_of,
    message,
    tenant::{asked_tenant, is_shared, tenant_in_path},
};
use crate::{
    entra::scopes::{Scope, first_api},
    explain::Certainty,
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("user.personal_not_allowed", personal),
    ("user.other_org", other_organisation),
    ("guest.invitation_open", named),
    ("user.not_assigned", |case| Some(not_assigned(case))),
    ("user.unknown", unknown),
    ("user.wrong_password", wrong_password),
    ("user.password_not_encoded", password_not_encoded),
    ("user.locked", named),
    ("user.disabled", named),
    ("user.password_expired", named),
    ("user.password_expired_on_premises", named),
    ("user.no_password", no_password),
    ("ropc.not_possible", password_grant),
    ("app.not_assigned", |case| Some(application_not_assigned(case))),
];

/// Domains whose accounts are personal ones.
const PERSONAL: [&str; 9] = [
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "gmail.com",
    "passport.com",
    "hotmail.co.uk",
    "outlook.de",
    "live.nl",
];

/// Who signed in, by the message or the request.
fn person<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let named = message::person(&case.sentence);
    let asked = || case.param("username").or_else(|| case.param("login_hint"));
    let known = || case.facts.get("username").filter(|name| name.contains('@'));
    named.or_else(asked).or_else(known)
}

fn is_personal(name: &str) -> bool {
    let domain = name.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    PERSONAL.contains(&domain.as_str())
}

/// The identity provider that the message names, such as `live.com` or `https://sts.windows.net/<tenant>/`.
fn provider<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let ends = [" does", ".", ",", " and"];
    message::behind(&case.sentence, &["identity provider "], &ends).or_else(|| {
        let values = message::quoted(&case.sentence);
        values.into_iter().find(|value| {
            *value == "live.com" || value.contains("sts.windows.net") || value.contains("/v2.0")
        })
    })
}

fn application<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    message::guids(&case.sentence)
        .into_iter()
        .find(|id| provider(case).is_none_or(|provider| !provider.contains(id)))
        .or_else(|| case.facts.get("client_id"))
}

fn audience<'a>(case: &Case<'a>) -> Option<&'a str> {
    case.app().and_then(|app| app.sign_in_audience.as_deref())
}

/// A personal account where none is taken.
fn personal(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["account.kind"]) {
        return Some(found);
    }
    let provider = provider(case);
    let is_live = provider.is_some_and(|provider| provider.eq_ignore_ascii_case("live.com"))
        || case.says(&["live.com", "personal microsoft account", "personal account", "msa account"]);
    if case.code == Some(70011) {
        return scope_for_work_only(case);
    }
    if case.code == Some(9_002_332) {
        return None;
    }
    let who = person(case);
    if !is_live && !who.is_some_and(is_personal) {
        return if provider.is_some() { Found::excluded() } else { None };
    }
    let takes_personal = audience(case).map(|audience| audience.contains("PersonalMicrosoftAccount"));
    let certainty = if takes_personal == Some(false) { Certainty::Certain } else { Certainty::Likely };
    let path = asked_tenant(case).unwrap_or("the path of the request");
    let mut found = Found::new(
        certainty,
        "identity provider",
        provider.unwrap_or("live.com"),
        "the tenant's own accounts",
    )
    .and("account", who.unwrap_or("not told"), "a work or school account")
    .and("client", application(case).unwrap_or_default(), "");
    if let Some(audience) = audience(case) {
        found = found.and(
            "registration signInAudience",
            audience,
            "AzureADandPersonalMicrosoftAccount, if personal accounts shall sign in",
        );
    }
    found =
        found.and("tenant of the request", path, "common or consumers, if personal accounts shall sign in");
    Some(found.with("client_id", application(case).unwrap_or_default()))
}

/// A scope of an API for work accounts, asked on the path of personal ones.
fn scope_for_work_only(case: &Case<'_>) -> Option<Found> {
    let path = case.evidence.request.as_ref().and_then(tenant_in_path)?;
    let is_consumers = path == "consumers" || path == "9188040d-6c67-4c5b-b112-36a304b66dad";
    if !is_consumers && !case.says(&["live.com", "personal"]) {
        return Found::excluded();
    }
    let scope = case.param("scope")?;
    let api = case.evidence.resource_registration.as_ref();
    let api_audience = api.and_then(|api| api.sign_in_audience.as_deref());
    let is_own = first_api(scope).is_some_and(|api| !super::api::is_graph(api));
    let has_work_names = scope
        .split_whitespace()
        .map(Scope::parse)
        .any(|scope| super::graph::needs_administrator(scope.permission) == Some(true));
    let is_for_work = api_audience.is_some_and(|audience| !audience.contains("Personal"));
    let certainty = match (is_for_work, is_own || has_work_names) {
        (true, _) => Certainty::Certain,
        (false, true) if api_audience.is_none() => Certainty::Likely,
        _ => return None,
    };
    let found = Found::new(certainty, "tenant of the request", &path, "organizations, or one tenant")
        .and("request scope", scope, "scopes that personal accounts have")
        .and("signInAudience of the API", api_audience.unwrap_or("not known"), "one with personal accounts");
    Some(found.with("client_id", case.facts.get("client_id").unwrap_or_default()))
}

/// An account of another organisation.
fn other_organisation(case: &Case<'_>) -> Option<Found> {
    if case.code == Some(500_208) {
        return None; // about the kind of the account, whoever it belongs to
    }
    let provider = provider(case);
    let who = person(case);
    if provider.is_some_and(|provider| provider.eq_ignore_ascii_case("live.com"))
        || who.is_some_and(is_personal)
    {
        return Found::excluded();
    }
    if case.says(&["live.com"]) && provider.is_none() {
        return Found::excluded();
    }
    let tenant = message::behind(&case.sentence, &["in tenant ", "tenant "], &[" and", ". ", ", "]);
    let tenant = tenant.or_else(|| asked_tenant(case)).unwrap_or("this tenant");
    let home = provider.map(|provider| message::guids(provider).first().copied().unwrap_or(provider));
    // Without a name or a provider there is nothing to compare.
    if home.is_none() && who.is_none() && !matches!(case.code, Some(50014 | 16003)) {
        return None;
    }
    let mut found = Found::new(
        Certainty::Likely,
        "account",
        who.unwrap_or("not told"),
        &format!("a member or guest of {tenant}"),
    )
    .and("home of the account", home.unwrap_or("another directory"), tenant)
    .and("client", application(case).unwrap_or_default(), "");
    if let Some(audience) = audience(case) {
        found = found.and(
            "registration signInAudience",
            audience,
            "AzureADMultipleOrgs, if other organisations shall sign in",
        );
    }
    Some(
        found
            .with("username", who.unwrap_or_default())
            .with("client_id", application(case).unwrap_or_default()),
    )
}

/// The number settles it; what is at hand names the person.
fn named(case: &Case<'_>) -> Option<Found> {
    let found = Found::new(Certainty::Likely, "account", person(case)?, "");
    Some(found.with("username", person(case).unwrap_or_default()))
}

fn not_assigned(case: &Case<'_>) -> Found {
    let who = person(case).unwrap_or("the person who signs in");
    let client = message::guids(&case.sentence)
        .first()
        .copied()
        .or_else(|| case.facts.get("client_id"))
        .unwrap_or_default();
    let principal = case.evidence.service_principal.found();
    let required = principal.and_then(|principal| principal.assignment_required);
    let name = principal.and_then(|principal| principal.display_name.as_deref()).unwrap_or_default();
    let (certainty, sent) = match required {
        Some(true) => (Certainty::Certain, "true"),
        Some(false) => {
            (Certainty::Likely, "false: it was changed since, or the message names another application")
        }
        None => (Certainty::Certain, "true, says the message"),
    };
    let found = Found::new(
        certainty,
        "appRoleAssignmentRequired",
        sent,
        "an assignment for the person or a direct group",
    )
    .and("account", who, "assigned")
    .and("application", &format!("{client} {name}"), "");
    let id = principal.and_then(|principal| principal.object_id.as_deref()).unwrap_or_default();
    found
        .with("client_id", client)
        .with("principal_id", id)
        .with("username", person(case).unwrap_or_default())
}

fn unknown(case: &Case<'_>) -> Option<Found> {
    if password_grant(case).is_some_and(|found| found.certainty.is_some()) {
        return None;
    }
    let who = person(case);
    let tenant = message::behind(
        &case.sentence,
        &["exist in the ", "exist in tenant ", "directory "],
        &[" directory", ". ", ", "],
    );
    let tenant = tenant.or_else(|| asked_tenant(case)).unwrap_or("the tenant of the request");
    let who = who.or_else(|| case.param("username")).unwrap_or("the name that was sent");
    let domain = who.rsplit('@').next().filter(|_| who.contains('@'));
    let mut found = Found::new(Certainty::Likely, "account", who, &format!("a user of {tenant}"));
    if let Some((domain, path)) = domain.zip(asked_tenant(case))
        && path.contains('.')
        && !path.eq_ignore_ascii_case(domain)
    {
        found = found.and("domain of the account", domain, path);
    }
    Some(found.with("username", if who.contains('@') { who } else { "" }))
}

/// The lab tenant alone says that it was the password; Entra leaves that open.
fn wrong_password(case: &Case<'_>) -> Option<Found> {
    if let Some(compared) = case.compared("password") {
        return Found::certain("password", &compared.sent, "the one in the directory");
    }
    None
}

/// A password whose characters mean something in a form, and were not encoded.
fn password_not_encoded(case: &Case<'_>) -> Option<Found> {
    case.grant().filter(|grant| *grant == "password")?;
    let body = case.evidence.request.as_ref()?.body.text().into_owned();
    let raw = body.split('&').find_map(|pair| pair.strip_prefix("password="))?;
    let bare = body.split('&').find(|pair| !pair.contains('=') && !pair.is_empty());
    let percent = raw
        .split('%')
        .skip(1)
        .any(|rest| !rest.get(..2).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())));
    // Not the password itself: only which of its characters went wrong.
    let what = match () {
        () if bare.is_some() => "an & that ends the value",
        () if raw.contains('+') => "a + that is read as a blank",
        () if percent => "a % that begins no escape",
        () if raw.contains('#') => "a # that is not encoded",
        () => return None,
    };
    Found::likely("request password", what, "percent-encoded")
}

fn no_password(case: &Case<'_>) -> Option<Found> {
    let who = person(case);
    if case.params.get("password") == Some("") {
        let found = Found::certain("request password", "empty", "the password")?;
        return Some(found.and("account", who.unwrap_or_default(), ""));
    }
    if password_grant(case).is_some_and(|found| found.certainty.is_some()) {
        return None;
    }
    let found = Found::new(
        Certainty::Likely,
        "account",
        who.unwrap_or("not told"),
        "one with a password in this directory",
    );
    Some(found.with("username", who.unwrap_or_default()))
}

/// Whether a bare password was sent: by the request, or by the words of a library.
pub(super) fn is_password_grant(case: &Case<'_>) -> bool {
    const WORDS: [&str; 5] = [
        "usernamepassword",
        "username_password",
        "byusernamepassword",
        "resource owner password",
        "grant_type=password",
    ];
    if let Some(grant) = case.grant() {
        return grant == "password";
    }
    let text = case.evidence.text.as_deref().unwrap_or_default().to_ascii_lowercase();
    let is_abbreviated = text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "ropc");
    is_abbreviated || WORDS.iter().any(|word| text.contains(word))
}

/// What makes a password grant impossible, apart from a wrong password.
pub(super) fn password_grant(case: &Case<'_>) -> Option<Found> {
    if !is_password_grant(case) {
        return if case.grant().is_some() { Found::excluded() } else { None };
    }
    if is_on_behalf_of(case) && case.grant().is_none() {
        return None;
    }
    let who = person(case).or_else(|| case.param("username"));
    let grant = "password: no page can be shown";
    let found = |what: &str, expected: &str| {
        let found = Found::new(Certainty::Likely, "request grant_type", grant, "a sign-in on a page");
        Some(found.and(what, who.unwrap_or("not told"), expected).about(what))
    };
    if matches!(case.code, Some(50076 | 50079 | 50072 | 50074 | 50158)) {
        return found("account that needs a second factor", "one without");
    }
    // The lab tenant says which of the two it was.
    if case.code == Some(50126) && case.compared("username").is_some() {
        return found("account without a password here", "an account of this tenant");
    }
    let is_guest = who.is_some_and(|who| who.to_ascii_lowercase().contains("#ext#"));
    if who.is_some_and(is_personal) {
        return found("personal account", "a work account of the tenant");
    }
    if is_guest {
        return found("guest account", "a member of the tenant");
    }
    if case.says(&["federat", "adfs", "ad fs", "ws-trust", "wstrust", "password hash", "managed domain"]) {
        return found("federated account", "one with a password in the cloud");
    }
    let path = case.evidence.request.as_ref().and_then(tenant_in_path);
    if path.as_deref() == Some("consumers") && case.code == Some(9_001_023) {
        return found("personal account on consumers", "a work account at its tenant");
    }
    // Of another domain than the tenant in the path: a guest, who has no password here.
    let domain = who.and_then(|who| who.split_once('@')).map(|(_, domain)| domain);
    let is_foreign = domain.zip(path.as_deref()).is_some_and(|(domain, path)| {
        path.contains('.')
            && !is_shared(path)
            && !path.ends_with("onmicrosoft.com")
            && !domain.ends_with(path)
    });
    if is_foreign && case.code == Some(50126) {
        return found("account of another domain", path.as_deref().unwrap_or_default());
    }
    None
}

/// The API gives tokens to assigned applications only.
fn application_not_assigned(case: &Case<'_>) -> Found {
    let ids = message::guids(&case.sentence);
    let client = ids.first().copied().or_else(|| case.facts.get("client_id")).unwrap_or_default();
    let values = message::quoted(&case.sentence);
    let resource = values.get(1).copied().or_else(|| ids.get(1).copied());
    let resource = resource.or_else(|| super::resource::wanted(case)).unwrap_or("the API");
    let api = case.evidence.resource_service_principal.found();
    let required = api.and_then(|api| api.assignment_required);
    let held = case.evidence.grants.as_ref().zip(api.and_then(|api| api.object_id.as_deref()));
    let holds = held.map(|(grants, id)| grants.application.iter().filter(|row| row.resource == id).count());
    if let Some(count) = holds.filter(|count| *count > 0) {
        // Given since then: the request only has to be sent again.
        let found = Found::new(
            Certainty::Likely,
            "roles of the client at the API",
            &count.to_string(),
            "at least one",
        )
        .and("client", client, "")
        .and("API", resource, "");
        return found.with("client_id", client);
    }
    let is_empty = case.evidence.grants.as_ref().is_some_and(|grants| grants.application.is_empty());
    let shown = if holds == Some(0) || is_empty { "none" } else { "none, says the message" };
    let sent = match required {
        Some(false) => "false: it was changed since",
        Some(true) => "true",
        None => "true, says the message",
    };
    let certainty = if required == Some(false) { Certainty::Likely } else { Certainty::Certain };
    let id = |principal: Option<&crate::entra::registration::ServicePrincipal>| {
        principal.and_then(|principal| principal.object_id.clone()).unwrap_or_default()
    };
    let role = api.and_then(|api| {
        api.app_roles
            .iter()
            .find(|role| role.is_enabled && role.members.iter().any(|member| member == "Application"))
    });
    let found = Found::new(certainty, "appRoleAssignmentRequired of the API", sent, "a role for the client")
        .and(
            "roles of the client at the API",
            shown,
            role.map_or("one application role", |role| role.value.as_str()),
        )
        .and("client", client, "")
        .and("API", resource, "");
    let resource_id = api
        .and_then(|api| api.app_id.clone())
        .or_else(|| super::api::id_of(case, resource).map(str::to_owned));
    found
        .with("client_id", client)
        .with("resource_id", resource_id.unwrap_or_default())
        .with("principal_id", id(case.evidence.service_principal.found()))
        .with("resource_principal_id", id(api))
        .with("permission_id", role.map(|role| role.id.clone()).unwrap_or_default())
}
