//! An application as an API: its identifiers, the permissions that it exposes, and the version of its tokens.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LintFinding, command, is_guid, listed};
use crate::entra::{
    registration::{Application, Kind},
    scopes,
};

pub fn check(app: &Application, out: &mut Vec<LintFinding>) {
    for uri in &app.identifier_uris {
        identifier(app, uri, out);
    }
    exposed(app, out);
    roles(app, out);
    version(app, out);
    clients(app, out);
    if app.accept_mapped_claims == Some(true) {
        out.push(
            LintFinding::warning("api.mapped_claims", "api.acceptMappedClaims", "Tokens may carry claims that were mapped in any tenant")
                .value("true")
                .why("Whoever may write claims-mapping policies for the application can put words into its tokens, those that it decides by included.")
                .run("Unless a claims mapping needs it:", command::patch(app, &json!({ "api": { "acceptMappedClaims": null } }))),
        );
    }
}

fn identifier(app: &Application, uri: &str, out: &mut Vec<LintFinding>) {
    let place = "identifierUris";
    let asking = "Asking for a token by this name";
    let rewrite = |by: &str| {
        let all: Vec<_> =
            app.identifier_uris.iter().map(|one| command::word(if one == uri { by } else { one })).collect();
        command::update(app, &format!("--identifier-uris {}", all.join(" ")))
    };
    let Some((scheme, rest)) = uri.split_once("://").or_else(|| uri.split_once(':')) else {
        out.push(
            LintFinding::error("identifier_uri.form", place, "An identifier has no scheme")
                .value(uri)
                .fails(asking, &[500_011])
                .why("It is an absolute address, as in api://CLIENT_ID.")
                .run(
                    "Write it so:",
                    rewrite(
                        &app.app_id
                            .as_deref()
                            .map_or_else(|| "api://<client-id>".to_owned(), |id| format!("api://{id}")),
                    ),
                ),
        );
        return;
    };
    let host = rest.split('/').next().unwrap_or_default();
    if uri.ends_with('/') && uri.contains("://") {
        out.push(
            LintFinding::warning("identifier_uri.slash", place, "An identifier ends with a slash")
                .value(uri)
                .fails("Scopes that are put together without a second slash", &[500_011, 650_053])
                .why("A scope is identifier, slash, name: here two slashes have to stand in a row, and aud ends with one.")
                .run("If nobody relies on it:", rewrite(uri.trim_end_matches('/'))),
        );
    }
    if uri.bytes().any(|b| b.is_ascii_uppercase()) {
        out.push(
            LintFinding::warning("identifier_uri.case", place, "An identifier has capital letters")
                .value(uri)
                .fails("A validator that compares aud letter for letter", &[])
                .why("Entra finds the API in any letter case, and aud then has what the client wrote or what stands here.")
                .run("Write it in small letters, and the API's audience with it:", rewrite(&uri.to_ascii_lowercase())),
        );
    }
    if scheme.eq_ignore_ascii_case("api")
        && is_guid(host)
        && app.app_id.as_deref().is_some_and(|id| !id.eq_ignore_ascii_case(host))
    {
        out.push(
            LintFinding::warning("identifier_uri.another_id", place, "The id in the identifier is not this application's")
                .value(format!("{uri}, and appId is {}", app.app_id.as_deref().unwrap_or_default()))
                .fails("Clients that put the client id into the scope", &[500_011])
                .why("Libraries and samples write api://CLIENT_ID. A tenant's id may stand there on purpose; another application's is a copy that was not finished.")
                .run("If it is a copy:", rewrite(&format!("api://{}", app.app_id.as_deref().unwrap_or_default()))),
        );
    }
    let domain = app.publisher_domain.as_deref().filter(|domain| !domain.is_empty());
    if scheme.eq_ignore_ascii_case("https")
        && let Some(domain) = domain
    {
        let host = host.to_ascii_lowercase();
        let domain = domain.to_ascii_lowercase();
        let is_own =
            host == domain || host.ends_with(&format!(".{domain}")) || host.ends_with(".onmicrosoft.com");
        if !is_own {
            out.push(
                LintFinding::info(
                    "identifier_uri.domain",
                    place,
                    "An identifier on a domain that may not be this tenant's",
                )
                .value(format!("{uri}, and publisherDomain is {domain}"))
                .why("Graph saves only domains that the tenant has verified.")
                .run(
                    "If saving it fails:",
                    rewrite(&format!("api://{}", app.app_id.as_deref().unwrap_or("<client-id>"))),
                ),
            );
        }
    }
}

fn exposed(app: &Application, out: &mut Vec<LintFinding>) {
    let place = "api.oauth2PermissionScopes";
    let enabled: Vec<_> = app.scopes.iter().filter(|scope| scope.is_enabled).collect();
    if !enabled.is_empty() && app.identifier_uris.is_empty() && app.json.get("identifierUris").is_some() {
        let id = app.app_id.as_deref().unwrap_or("<client-id>");
        let uri = if app.app_id.is_some() {
            command::word(&format!("api://{id}"))
        } else {
            "api://<client-id>".to_owned()
        };
        out.push(
            LintFinding::warning(
                "api.no_identifier",
                "identifierUris",
                "Permissions are exposed, and the API has no identifier",
            )
            .value(listed(enabled.iter().map(|scope| scope.value.as_str())))
            .fails(r"Asking for api://…/permission", &[500_011, 70011])
            .why(format!("Only {id}/PERMISSION works, and few clients write that."))
            .run("Give it the usual name:", command::update(app, &format!("--identifier-uris {uri}"))),
        );
    }
    let mut seen = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for scope in &app.scopes {
        let value = scope.value.as_str();
        if !seen.insert(value.to_ascii_lowercase()) && !value.is_empty() {
            out.push(
                LintFinding::error("api.scope_twice", place, "A permission name stands twice")
                    .value(value)
                    .why("Graph refuses to save the second one.")
                    .fix("Rename or remove one of them."),
            );
        }
        if !ids.insert(scope.id.to_ascii_lowercase()) && !scope.id.is_empty() {
            out.push(
                LintFinding::error("api.scope_id_twice", place, "Two permissions have one id")
                    .value(format!("{value} ({})", scope.id))
                    .why("Grants go by the id, and Graph refuses to save the second one.")
                    .fix("Give one of them a GUID of its own."),
            );
        }
        if value.contains(char::is_whitespace) || value.starts_with('.') {
            out.push(
                LintFinding::error("api.scope_form", place, "A permission name that no request can carry")
                    .value(value)
                    .fails("Asking for it", &[70011, 650_053])
                    .why("Names in scope are separated by blanks, and a dot at the beginning is kept for .default.")
                    .fix("Write it in one word, such as Orders.Read."),
            );
        }
        if scopes::OPENID_SCOPES.contains(&value) {
            out.push(
                LintFinding::warning(
                    "api.scope_reserved",
                    place,
                    "A permission has the name of an OpenID scope",
                )
                .value(value)
                .why("Clients that leave the identifier out get the OpenID one.")
                .fix("Choose a name that says what may be done, such as Profile.Read."),
            );
        }
        if !scope.is_enabled {
            out.push(
                LintFinding::info("api.scope_disabled", place, "A permission is switched off")
                    .value(value)
                    .fails("Asking for it", &[650_053])
                    .why("Nobody can consent to it any more; those who have it keep it until the grant goes.")
                    .fix("Switch it on, or remove it when nobody asks for it."),
            );
        }
    }
}

fn roles(app: &Application, out: &mut Vec<LintFinding>) {
    let mut seen = BTreeSet::new();
    for role in &app.app_roles {
        let value = role.value.as_str();
        let mut say = |id, title: &str, why: &str, fix: &str| {
            out.push(LintFinding::error(id, "appRoles", title).value(value).why(why).fix(fix));
        };
        if !value.is_empty() && !seen.insert(value.to_ascii_lowercase()) {
            say(
                "api.role_twice",
                "A role name stands twice",
                "Graph refuses to save the second one.",
                "Rename or remove one of them.",
            );
        }
        if value.contains(char::is_whitespace) {
            say(
                "api.role_form",
                "A role name has a blank in it",
                "Graph refuses to save it; people read the display name, programs this one.",
                "Write it in one word, such as Orders.Read.All.",
            );
        }
        if role.members.is_empty() && role.is_enabled {
            say(
                "api.role_members",
                "A role that nobody can have",
                "allowedMemberTypes says whether people (User) or applications (Application) are given it; it is empty.",
                "Add User, Application or both to allowedMemberTypes.",
            );
        }
        if value.is_empty() && role.is_enabled {
            out.push(
                LintFinding::info("api.role_nameless", "appRoles", "A role without a value")
                    .value(role.id.as_str())
                    .why("It can be assigned, and never stands in the roles claim.")
                    .fix("Give it a value if the application should see it."),
            );
        }
    }
}

/// Version 1 is what null means, and most validators are set up for version 2.
fn version(app: &Application, out: &mut Vec<LintFinding>) {
    let is_api = !app.scopes.is_empty()
        || app.app_roles.iter().any(|role| role.members.iter().any(|to| to == "Application"));
    let is_known = app.json.get("api").is_some_and(Value::is_object);
    if is_api
        && is_known
        && app.access_token_version.is_none_or(|version| version == 1)
        && !super::redirect_uris::is_for_personal(app)
    {
        let aud = app.identifier_uris.first().map_or("api://…", String::as_str);
        let shown = app.access_token_version.map_or("null", |_| "1");
        out.push(
            LintFinding::warning("api.version", "api.requestedAccessTokenVersion", "The API is given tokens of version 1")
                .value(shown)
                .fails("An API that expects version 2 answers 401 (IDX10205, IDX10214, invalid issuer)", &[])
                .why(format!(
                    "Whatever endpoint the client uses, iss is https://sts.windows.net/TENANT/ and aud is {aud}. In version 2 iss is https://login.microsoftonline.com/TENANT/v2.0 and aud the client id, {}.",
                    app.app_id.as_deref().unwrap_or("a GUID")
                ))
                .run("If the API is set up for version 2:", command::patch(app, &json!({ "api": { "requestedAccessTokenVersion": 2 } }))),
        );
    }
    if app.access_token_version.is_some_and(|version| version > 2 || version == 0) {
        out.push(
            LintFinding::error(
                "api.version_unknown",
                "api.requestedAccessTokenVersion",
                "A token version that there is not",
            )
            .value(app.access_token_version.unwrap_or_default().to_string())
            .why("It is 1, 2 or null, and Graph saves no other.")
            .run(
                "Set version 2:",
                command::patch(app, &json!({ "api": { "requestedAccessTokenVersion": 2 } })),
            ),
        );
    }
}

/// Clients that are known beforehand, for consent in one go and for none at all.
fn clients(app: &Application, out: &mut Vec<LintFinding>) {
    for (place, all) in [
        ("api.knownClientApplications", &app.known_clients),
        ("api.preAuthorizedApplications", &app.pre_authorized),
    ] {
        for id in all {
            if !is_guid(id) {
                out.push(
                    LintFinding::error("api.client_form", place, "A client is not named by its id")
                        .value(id.as_str())
                        .why("Clients are named by their client id, a GUID; Graph saves nothing else.")
                        .fix("Put the client's appId there."),
                );
            } else if app.app_id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(id))
                && place.ends_with("knownClientApplications")
            {
                out.push(
                    LintFinding::warning("api.client_is_self", place, "The API is its own client")
                        .value(id.as_str())
                        .why(
                            "The list names other applications, those that sign people in and call this API.",
                        )
                        .fix("Put the front application's appId there."),
                );
            }
        }
    }
    let known: BTreeSet<_> = app.scopes.iter().map(|scope| scope.id.to_ascii_lowercase()).collect();
    let pre = app.json.pointer("/api/preAuthorizedApplications").and_then(Value::as_array);
    for client in pre.into_iter().flatten() {
        let ids = client.get("delegatedPermissionIds").or_else(|| client.get("permissionIds"));
        let id = client.get("appId").and_then(Value::as_str).unwrap_or_default();
        for permission in ids.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !known.contains(&permission.to_ascii_lowercase()) {
                out.push(
                    LintFinding::error(
                        "api.pre_authorized_unknown",
                        "api.preAuthorizedApplications",
                        "A client is pre-authorized for a permission that is not exposed",
                    )
                    .value(format!("{id}: {permission}"))
                    .fails("Asking for it without consent", &[65001])
                    .why(
                        "The id is that of no entry in api.oauth2PermissionScopes; Graph refuses to save it.",
                    )
                    .fix("Use the id of the exposed permission."),
                );
            }
        }
    }
    // An API in the middle: it is called for people, and calls others for them.
    let calls_on = app.required.iter().any(|one| {
        one.kind == Kind::Scope && !one.permission.is_empty() && !is_sign_in_only(&one.permission)
    });
    let is_called = app.scopes.iter().any(|scope| scope.is_enabled);
    if is_called
        && calls_on
        && app.known_clients.is_empty()
        && app.json.get("api").is_some()
        && app.all_redirect_uris().count() == 0
    {
        out.push(
            LintFinding::info("api.no_known_clients", "api.knownClientApplications", "The API calls others for people, and no client is known to it")
                .value("[]")
                .fails("On-behalf-of, for people who never saw this API's own consent page", &[65001])
                .why("With the client listed here, the client's request for .default asks consent for both in one go. An administrator's consent for the API does as well.")
                .run("Name the client:", command::patch(app, &json!({ "api": { "knownClientApplications": ["<client-id-of-the-front-application>"] } }))),
        );
    }
}

/// `User.Read` and the OpenID scopes: listed by the portal without anybody asking.
fn is_sign_in_only(permission: &str) -> bool {
    let known = crate::entra::permissions::by_id(permission, Some(Kind::Scope));
    known.is_some_and(|known| known.name == "User.Read" || scopes::OPENID_SCOPES.contains(&known.name))
}
