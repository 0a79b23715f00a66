//! What people have in their files, and the registrations of the lab.

use authwright::{
    entra::registration::{Application, Platform},
    lint,
    time::UnixTime,
};
use serde_json::{Value, json};

use super::{found, silent, well_formed};

const APP: &str = "6a1c7f0e-2b3d-4a58-9c11-0d5e8f7a4b62";

fn app() -> Value {
    json!({ "appId": APP, "displayName": "Orders", "signInAudience": "AzureADMyOrg", "web": { "redirectUris": ["https://a.example/cb"] } })
}

fn principal() -> Value {
    json!({ "appId": APP, "servicePrincipalType": "Application", "accountEnabled": false })
}

#[test]
fn parts_are_found_whatever_stands_around_them() {
    let fic = json!({ "name": "ci", "issuer": "https://i.example", "subject": "s", "audiences": ["api://AzureADTokenExchange"] });
    let grant =
        json!({ "clientId": "o", "consentType": "AllPrincipals", "scope": "openid", "resourceId": "r" });
    let role =
        json!({ "appRoleId": "810c84a8-4a9e-49e6-bf7d-12d183f40d01", "principalId": "o", "resourceId": "r" });
    let documents = [
        json!([principal(), app(), grant, role, fic]),
        json!({ "registration": app(), "service_principal": principal(), "federated_credentials": [fic],
                "grants": { "oauth2PermissionGrants": [grant], "appRoleAssignments": [role] }, "now": "2026-01-01T00:00:00Z" }),
        json!({ "application": app(), "sp": principal(), "federatedIdentityCredentials": [fic], "oauth2PermissionGrants": [grant], "appRoleAssignments": [role] }),
        json!([{ "value": [app()] }, [principal()], { "value": [grant] }, { "value": [role] }, { "value": [fic] }]),
    ];
    for document in documents {
        let subjects = lint::read(&document.to_string()).unwrap();
        let [one] = subjects.as_slice() else { panic!("{document}") };
        assert_eq!(one.application.app_id.as_deref(), Some(APP));
        assert_eq!(one.principal.as_ref().and_then(|one| one.account_enabled), Some(false), "{document}");
        let grants = one.grants.as_ref().unwrap();
        assert_eq!((grants.delegated.len(), grants.application.len()), (1, 1), "{document}");
        assert_eq!(one.application.federated.as_ref().map(Vec::len), Some(1), "{document}");
    }
    let alone = lint::read(&format!("\u{feff}{}", app())).unwrap();
    assert!(
        alone[0].grants.is_none() && alone[0].principal.is_none() && alone[0].application.federated.is_none()
    );
}

#[test]
fn of_several_applications_each_gets_its_own_principal() {
    let mut other = app();
    other["appId"] = "99999999-2b3d-4a58-9c11-0d5e8f7a4b62".into();
    let subjects = lint::read(&json!([other, app(), principal()]).to_string()).unwrap();
    assert_eq!(subjects.iter().map(|one| one.principal.is_some()).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn the_manifest_of_the_older_portal_is_read() {
    let manifest = json!({
        "id": "0f0b6a52-7d3c-4a1e-8f8f-4b7a2f1f9d10", "appId": APP, "name": "Orders", "signInAudience": "AzureADMyOrg",
        "allowPublicClient": true, "accessTokenAcceptedVersion": null, "oauth2AllowIdTokenImplicitFlow": true,
        "oauth2AllowImplicitFlow": false, "identifierUris": [format!("api://{APP}")],
        "replyUrlsWithType": [{ "url": "https://a.example/cb", "type": "Web" }, { "url": "http://localhost:3000", "type": "Spa" },
                              { "url": "http://localhost", "type": "InstalledClient" }],
        "oauth2Permissions": [{ "id": "c1f0a9b2-3d4e-4f5a-8b6c-7d8e9f0a1b2c", "value": "Orders.Read", "isEnabled": true }],
        "passwordCredentials": [{ "keyId": "k", "endDate": "2025-01-01T00:00:00Z" }], "keyCredentials": [], "appRoles": [],
        "requiredResourceAccess": [],
    });
    let subjects = lint::read(&manifest.to_string()).unwrap();
    let app = &subjects[0].application;
    for (platform, uri) in [
        (Platform::Web, "https://a.example/cb"),
        (Platform::Spa, "http://localhost:3000"),
        (Platform::PublicClient, "http://localhost"),
    ] {
        assert_eq!(app.redirect_uris(platform), [uri]);
    }
    assert_eq!(
        (app.is_fallback_public_client, app.implicit_id_token, app.implicit_access_token),
        (Some(true), Some(true), Some(false))
    );
    assert_eq!(app.scopes[0].value, "Orders.Read");
    let findings = lint::registration(app, None, None, UnixTime::parse("2026-05-04T12:00:00Z").unwrap());
    well_formed(&findings);
    found(&findings, "secret.expired");
    found(&findings, "api.version");
}

#[test]
fn what_is_no_registration_is_said() {
    for (text, expected) in [
        ("{", "no JSON"),
        ("[]", "no application"),
        (r#"{"error":{"code":"x"}}"#, "no application"),
        ("3", "no application"),
    ] {
        let why = lint::read(text).unwrap_err();
        assert!(why.contains(expected), "{text}: {why}");
    }
}

/// Odd members never break it.
#[test]
fn strange_documents_are_survived() {
    let strange = json!({
        "appId": 7, "id": null, "displayName": ["x"], "signInAudience": null, "identifierUris": [1, null, "", ":", "api://"],
        "web": { "redirectUris": ["", "x", "https://", "://", null, "http://é.example/ü", "https://[::1", "*"], "implicitGrantSettings": 3 },
        "spa": [], "publicClient": "x", "requiredResourceAccess": [null, 3, { "resourceAppId": null, "resourceAccess": [{}] }],
        "api": { "oauth2PermissionScopes": [{}], "preAuthorizedApplications": [null, { "delegatedPermissionIds": 3 }] }, "appRoles": [{}],
        "passwordCredentials": [{}, null, { "endDateTime": "soon" }], "keyCredentials": null,
        "federatedIdentityCredentials": [{}, { "issuer": "", "subject": "repo:", "audiences": 3 }],
    });
    let app = Application::read(&strange).unwrap();
    let findings = lint::registration(&app, None, None, UnixTime::from_seconds(i64::MAX));
    well_formed(&findings);
    let printed: Vec<_> = lint::lines(&app, &findings).iter().map(authwright::text::Line::plain).collect();
    assert!(printed.len() > 5);
}

/// A hostile name in a file does not get out of the command that is to be copied.
#[test]
fn values_cannot_leave_their_place_in_a_command() {
    let mut value = app();
    value["appId"] = "x'; reboot #".into();
    value["web"]["redirectUris"] = json!(["http://a.example/$(reboot)", "https://b.example/`id`"]);
    let app = Application::read(&value).unwrap();
    let findings = lint::registration(&app, None, None, UnixTime::default());
    let command = found(&findings, "redirect_uri.http").fix.clone().unwrap().command.unwrap();
    assert_eq!(
        command,
        r"az ad app update --id 'x'\''; reboot #' --web-redirect-uris 'https://a.example/$(reboot)' 'https://b.example/`id`'"
    );
    silent(&findings, "redirect_uri.not_absolute");
}

/// The lab's own registrations, as its Graph prints them: what they are made wrong for is seen, and nothing else fails.
#[test]
fn the_registrations_of_the_lab() {
    use authwright::{
        entra::registration::ServicePrincipal,
        finding::Severity,
        provider::{order::View, scenario::Scenario},
    };
    let scenario = std::sync::Arc::new(Scenario::northwind());
    let view = View::of(std::sync::Arc::clone(&scenario));
    let now = UnixTime::parse("2026-05-04T12:00:00Z").unwrap();
    let mut failing = Vec::new();
    for application in scenario.applications() {
        let shown = view.registration(&application.app_id, "https://login.example").unwrap();
        let subjects = lint::read(&shown.to_string()).unwrap();
        let registration = &subjects[0].application;
        let principal = view.service_principal(&application.app_id, "northwind.example");
        let principal = principal.as_ref().and_then(ServicePrincipal::read);
        let findings = lint::registration(registration, principal.as_ref(), None, now);
        well_formed(&findings);
        let errors = findings.iter().filter(|one| one.severity == Severity::Error);
        failing.extend(errors.map(|one| format!("{} {}", application.key, one.id)));
    }
    assert_eq!(failing, LAB_FAULTS, "{failing:#?}");
}

/// What Northwind's registrations have on purpose: one that is switched off.
const LAB_FAULTS: [&str; 1] = ["price-tags principal.disabled"];
