//! Which application a request speaks of: the id in it beside the registration, the service principal, and the tenant.

use serde_json::Value;

use super::{
    super::facts::is_guid, Case, Check, Found, placeholder::is_template, replication::in_text, wording,
};
use crate::entra::scopes;

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("client_id.is_object_id", is_object_id),
    ("client_id.is_other_guid", is_other_guid),
    ("client_id.other_tenant", other_tenant),
    ("client_id.other_app", other_app),
    ("client_id.deleted", deleted),
];

/// The client id of the request, or else of the message.
pub(super) fn asked<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let quoted = || {
        let is_about_it = matches!(case.code, Some(700_016 | 700_038 | 90112 | 70001));
        wording::quoted_after(&case.sentence, &["with identifier", "identifier"]).filter(|_| is_about_it)
    };
    let of_request = case.facts.get("client_id").filter(|_| case.param("client_id").is_some());
    of_request.or_else(quoted).or_else(|| case.facts.get("client_id"))
}

fn same(a: Option<&str>, b: &str) -> bool {
    a.is_some_and(|a| a.eq_ignore_ascii_case(b))
}

// Another id in its place.

fn is_object_id(case: &Case<'_>) -> Option<Found> {
    let (place, sent) = if case.code == Some(90002) {
        ("tenant in the path", case.facts.get("tenant")?)
    } else {
        ("request client_id", asked(case)?)
    };
    let app = case.evidence.registration.as_ref();
    let own = app.and_then(|app| app.app_id.as_deref());
    let expected = if case.code == Some(90002) {
        "the tenant's id or domain"
    } else {
        own.unwrap_or("the appId of the application")
    };
    if app.is_some_and(|app| same(app.object_id.as_deref(), sent)) {
        return Found::certain(place, sent, expected).map(|found| {
            found.and("registration id", sent, "this is the object id of the application").with_own(own)
        });
    }
    let principal = case.evidence.service_principal.found()?;
    if !same(principal.object_id.as_deref(), sent) {
        return None;
    }
    let own = own.or(principal.app_id.as_deref());
    Found::certain(place, sent, own.filter(|_| case.code != Some(90002)).unwrap_or(expected)).map(|found| {
        found
            .and("service principal id", sent, "this is the object id of the service principal")
            .with_own(own)
    })
}

impl Found {
    /// The right client id, so that commands use it in place of the one that was sent.
    fn with_own(self, app_id: Option<&str>) -> Self {
        match app_id {
            Some(app_id) => self.with("client_id", app_id),
            None => self,
        }
    }
}

/// Ids at hand that are no client id, with what they are.
fn other_ids(case: &Case<'_>) -> Vec<(&'static str, String)> {
    let mut ids = Vec::new();
    let mut add =
        |what, id: Option<&str>| ids.extend(id.filter(|id| !id.is_empty()).map(|id| (what, id.to_owned())));
    add("the tenant in the path", case.facts.get("tenant"));
    if let Some(principal) = case.evidence.service_principal.found() {
        add("appOwnerOrganizationId, the home tenant", principal.home_tenant.as_deref());
    }
    let Some(app) = &case.evidence.registration else { return ids };
    for password in &app.passwords {
        add("the id of a secret (passwordCredentials keyId)", Some(&password.key_id));
    }
    for certificate in &app.certificates {
        add("the id of a certificate (keyCredentials keyId)", Some(&certificate.key_id));
    }
    for uri in &app.identifier_uris {
        add("an Application ID URI (identifierUris)", Some(uri));
    }
    for role in &app.app_roles {
        add("the id of an app role", Some(&role.id));
    }
    for scope in &app.scopes {
        add("the id of a permission (oauth2PermissionScopes)", Some(&scope.id));
    }
    let list = app.json.get("federatedIdentityCredentials").and_then(Value::as_array);
    for credential in list.into_iter().flatten() {
        add("the id of a federated credential", credential.get("id").and_then(Value::as_str));
    }
    add("the name of the application (displayName)", app.display_name.as_deref());
    ids
}

fn is_other_guid(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["client_id.guid"]) {
        return Some(found).filter(|_| asked(case).is_none_or(|sent| !is_template(sent)));
    }
    let sent = asked(case)?;
    let app = case.evidence.registration.as_ref();
    let own = app.and_then(|app| app.app_id.as_deref());
    if same(own, sent) {
        return Found::excluded();
    }
    let expected = own.unwrap_or("the client id (appId) of the application");
    let known = other_ids(case).into_iter().find(|(_, id)| id.eq_ignore_ascii_case(sent));
    if let Some((what, _)) = known {
        return Found::certain("request client_id", &format!("{sent}, {what}"), expected)
            .map(|found| found.with_own(own));
    }
    let is_uri = sent.starts_with("api://") || (sent.starts_with("https://") && case.code == Some(700_038));
    if is_uri {
        return Found::certain("request client_id", &format!("{sent}, an Application ID URI"), expected);
    }
    if scopes::well_known(sent).is_some_and(|known| !known.identifier.is_empty()) {
        return Found::likely("request client_id", &format!("{sent}, the id of an API"), expected);
    }
    // A name is no id, whatever it names.
    let is_name = matches!(case.code, Some(700_038 | 90112)) && !is_template(sent) && !is_guid(sent);
    let has_quotes = sent.trim_matches(['\'', '"', ' ', '{', '}', '<', '>']) != sent;
    if is_name && !has_quotes {
        return Found::likely("request client_id", sent, "a GUID");
    }
    None
}

fn other_app(case: &Case<'_>) -> Option<Found> {
    let sent = asked(case).filter(|sent| is_guid(sent))?;
    let app = case.evidence.registration.as_ref()?;
    let own = app.app_id.as_deref()?;
    if same(Some(own), sent) {
        return Found::excluded();
    }
    if same(app.object_id.as_deref(), sent) || is_template(sent) {
        return None;
    }
    let name = app.display_name.as_deref().map(|name| format!("{own} (“{name}”)"));
    let found = Found::certain("request client_id", sent, name.as_deref().unwrap_or(own))?;
    let address = case.facts.get("redirect_uri");
    let is_there = address.filter(|address| app.all_redirect_uris().any(|(_, uri)| uri == *address));
    Some(
        match is_there {
            Some(address) => found.and(
                "request redirect_uri",
                address,
                "registered with the application at hand, not with the one in the request",
            ),
            None => found,
        }
        .with("found", own),
    )
}

// Where the application is known.

fn other_tenant(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["client.in_tenant"]) {
        return Some(found);
    }
    let sent = asked(case)?;
    let tenant = case.facts.get("tenant").unwrap_or("the tenant of the request");
    let told = wording::quoted_after(&case.sentence, &["in the directory", "in directory"]);
    if case.app().is_none_or(|app| app.app_id.is_none()) || !is_guid(sent) {
        return None;
    }
    let app = case.app()?;
    // Where it has a service principal it is known.
    if let Some(principal) = case.evidence.service_principal.found() {
        let home = principal
            .home_tenant
            .as_deref()
            .filter(|home| is_guid(tenant) && !home.eq_ignore_ascii_case(tenant))?;
        return if app.sign_in_audience.as_deref() == Some("AzureADMyOrg") {
            Found::likely("tenant in the path", tenant, &format!("{home}, where the application is at home"))
        } else {
            None
        };
    }
    let audience = app.sign_in_audience.as_deref()?;
    if audience != "AzureADMyOrg" {
        return if case.code == Some(700_016) { Found::excluded() } else { None };
    }
    if is_deleted(case) || super::cloud::mismatch(case).is_some() {
        return None;
    }
    let home = app.publisher_domain.as_deref().unwrap_or("the application's home tenant");
    if case.code != Some(700_016) && case.code != Some(70001) && !case.evidence.service_principal.is_absent()
    {
        return None;
    }
    Found::likely("tenant in the path", told.filter(|_| is_shared(tenant)).unwrap_or(tenant), home).map(
        |found| {
            found.and(
                "registration signInAudience",
                audience,
                &format!("known in its home tenant only: {home}"),
            )
        },
    )
}

fn is_shared(tenant: &str) -> bool {
    ["common", "organizations", "consumers"].contains(&tenant)
}

pub(super) fn is_deleted(case: &Case<'_>) -> bool {
    let at = case.app().and_then(|app| app.json.get("deletedDateTime"));
    at.is_some_and(|at| !at.is_null())
}

fn deleted(case: &Case<'_>) -> Option<Found> {
    // Ids that Microsoft itself has retired.
    const RETIRED: [(&str, &str); 2] = [
        ("d1ddf0e4-d672-4dae-b554-9d5bdfd93547", "the old id of Intune PowerShell"),
        ("1b730954-1685-4b74-9bfd-dac224a7b894", "the id of the retired Azure AD PowerShell"),
    ];
    let sent = asked(case).unwrap_or("the application");
    if let Some((_, what)) = RETIRED.iter().find(|(id, _)| id.eq_ignore_ascii_case(sent)) {
        return Found::likely(
            "request client_id",
            &format!("{sent}, {what}"),
            "an application that still exists",
        );
    }
    let json = case.app().map(|app| &app.json);
    if let Some(at) = json.and_then(|json| json.get("deletedDateTime")).and_then(Value::as_str) {
        return Found::likely("registration deletedDateTime", at, "null");
    }
    if case.app().is_some() {
        return Found::excluded();
    }
    let word = [
        "was deleted",
        "been deleted",
        "deleted_client",
        "has been retired",
        "recycle bin",
        "soft-deleted",
        "clean-up",
        "cleaned up",
    ]
    .into_iter()
    .find(|word| in_text(case, word));
    word.and_then(|word| {
        Found::likely("the text", &format!("says “{word}” of {sent}"), "an application that exists")
    })
}
