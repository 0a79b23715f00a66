//! One check, one case where it fires, one where it does not. Each case is a merge patch of a registration that has no
//! fault.

use authwright::{
    entra::registration::{Application, Grants, ServicePrincipal},
    finding::Severity::{self, Error, Info, Warning},
    lint::{self, LintFinding},
    time::UnixTime,
};
use serde_json::{Value, json};

use super::{found, silent, well_formed};

const APP: &str = "6a1c7f0e-2b3d-4a58-9c11-0d5e8f7a4b62";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const USER_READ: &str = "e1fe6dd8-ba31-4d61-89e7-88639da4683d";
const MAIL_READ_ROLE: &str = "810c84a8-4a9e-49e6-bf7d-12d183f40d01";
const GITHUB: &str = "https://token.actions.githubusercontent.com";

fn now() -> UnixTime {
    UnixTime::parse("2026-05-04T12:00:00Z").unwrap()
}

/// A Web application with a certificate, as `az ad app show` prints it.
fn faultless() -> Value {
    json!({
        "id": "0f0b6a52-7d3c-4a1e-8f8f-4b7a2f1f9d10", "appId": APP, "displayName": "Orders", "signInAudience": "AzureADMyOrg",
        "publisherDomain": "contoso.example", "identifierUris": [], "isFallbackPublicClient": null,
        "web": { "redirectUris": ["https://orders.contoso.example/signin-oidc"], "logoutUrl": null,
                 "implicitGrantSettings": { "enableIdTokenIssuance": false, "enableAccessTokenIssuance": false } },
        "spa": { "redirectUris": [] }, "publicClient": { "redirectUris": [] },
        "requiredResourceAccess": [{ "resourceAppId": GRAPH, "resourceAccess": [{ "id": USER_READ, "type": "Scope" }] }],
        "api": { "oauth2PermissionScopes": [], "requestedAccessTokenVersion": 2, "knownClientApplications": [],
                 "preAuthorizedApplications": [], "acceptMappedClaims": null },
        "appRoles": [], "passwordCredentials": [],
        "keyCredentials": [{ "keyId": "b7d8e0d2-94f5-4c3a-8a57-11c9f1f3a001", "displayName": "CN=orders",
                             "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z" }],
        "verifiedPublisher": { "displayName": null, "verifiedPublisherId": null },
    })
}

fn merged(target: &mut Value, patch: &Value) {
    match patch {
        Value::Object(members) => {
            if !target.is_object() {
                *target = json!({});
            }
            for (name, value) in members {
                merged(&mut target[name], value);
            }
        }
        other => *target = other.clone(),
    }
}

fn lint(patch: &Value) -> Vec<LintFinding> {
    lint_with(patch, None, None)
}

fn lint_with(patch: &Value, principal: Option<&Value>, grants: Option<&Value>) -> Vec<LintFinding> {
    let mut value = faultless();
    merged(&mut value, patch);
    let app = Application::read(&value).unwrap();
    let principal = principal.and_then(ServicePrincipal::read);
    let grants = grants.and_then(Grants::read);
    let findings = lint::registration(&app, principal.as_ref(), grants.as_ref(), now());
    well_formed(&findings);
    // Everything prints.
    assert!(lint::lines(&app, &findings).len() >= 2);
    assert_eq!(lint::to_json(&app, &findings)["findings"].as_array().unwrap().len(), findings.len());
    findings
}

/// The check speaks about the first, as bad as said, and is silent about the second.
#[track_caller]
fn check(id: &str, severity: Severity, fires: &Value, not: &Value) {
    let findings = lint(fires);
    assert_eq!(found(&findings, id).severity, severity, "{id}");
    silent(&lint(not), id);
}

fn web(uris: &[&str]) -> Value {
    json!({ "web": { "redirectUris": uris } })
}

fn spa(uris: &[&str]) -> Value {
    json!({ "web": { "redirectUris": [] }, "spa": { "redirectUris": uris }, "keyCredentials": [] })
}

fn native(uris: &[&str]) -> Value {
    json!({ "web": { "redirectUris": [] }, "publicClient": { "redirectUris": uris }, "keyCredentials": [] })
}

fn secret(start: &str, end: &str) -> Value {
    json!({ "keyId": "3e5f9b1c-0f21-4f0e-9a58-6d3a4c1b2e70", "displayName": "ci", "hint": "abc", "startDateTime": start, "endDateTime": end })
}

#[test]
fn a_faultless_registration_has_no_fault() {
    let findings = lint(&json!({}));
    assert!(findings.iter().all(|one| one.severity == Info), "{findings:#?}");
    assert!(!lint::will_fail(&findings));
    assert_eq!(findings.iter().map(|one| one.id).collect::<Vec<_>>(), ["audience.authorities"]);
}

#[test]
fn nothing_is_said_of_what_is_not_known() {
    let app =
        Application::read(&json!({ "appId": APP, "passwordCredentials": null, "web": null, "api": null }))
            .unwrap();
    assert_eq!(lint::registration(&app, None, None, now()), []);
}

#[test]
fn redirect_uris_by_themselves() {
    let ok = web(&["https://orders.contoso.example/signin-oidc", "http://localhost:5000/cb"]);
    check("redirect_uri.blank", Error, &web(&["https://a.example/cb "]), &ok);
    check("redirect_uri.not_absolute", Error, &web(&["/signin-oidc"]), &ok);
    check("redirect_uri.not_absolute", Error, &web(&["localhost:3000/cb"]), &native(&["myapp://auth"]));
    check("redirect_uri.fragment", Error, &spa(&["https://a.example/#/cb"]), &spa(&["https://a.example/cb"]));
    check("redirect_uri.characters", Error, &web(&["https://a.example/cb(1)"]), &ok);
    check("redirect_uri.too_long", Error, &web(&[&format!("https://a.example/{}", "x".repeat(240))]), &ok);
    check("redirect_uri.http", Error, &web(&["http://orders.contoso.example/signin-oidc"]), &ok);
    check("redirect_uri.scheme", Error, &web(&["msal6a1c7f0e://auth"]), &native(&["msal6a1c7f0e://auth"]));
    check(
        "redirect_uri.ipv6",
        Error,
        &native(&["http://[::1]:5000/cb"]),
        &native(&["http://127.0.0.1:5000/cb"]),
    );
    check(
        "redirect_uri.out_of_band",
        Warning,
        &native(&["urn:ietf:wg:oauth:2.0:oob"]),
        &native(&["http://localhost"]),
    );
    check("redirect_uri.wildcard", Warning, &web(&["https://*.preview.contoso.example/cb"]), &ok);
    check("redirect_uri.tunnel", Warning, &web(&["https://3f2a.ngrok-free.app/cb"]), &ok);
    check("redirect_uri.rented_host", Info, &web(&["https://orders.azurewebsites.net/cb"]), &ok);
    check("redirect_uri.development", Warning, &ok, &web(&["http://localhost:5000/cb"]));
    check(
        "logout_url.form",
        Error,
        &json!({ "web": { "logoutUrl": "http://a.example/out" } }),
        &json!({ "web": { "logoutUrl": "https://a.example/out" } }),
    );
    let findings = lint(&web(&["http://orders.contoso.example/cb", "https://b.example/cb?x;y"]));
    let fix = found(&findings, "redirect_uri.http").fix.clone().unwrap().command.unwrap();
    assert_eq!(
        fix,
        format!(
            "az ad app update --id {APP} --web-redirect-uris https://orders.contoso.example/cb 'https://b.example/cb?x;y'"
        )
    );
}

#[test]
fn personal_accounts_take_less() {
    let everyone = |mut patch: Value| {
        patch["signInAudience"] = "AzureADandPersonalMicrosoftAccount".into();
        patch
    };
    check(
        "redirect_uri.wildcard",
        Error,
        &everyone(web(&["https://*.contoso.example/cb"])),
        &everyone(web(&["https://contoso.example/cb"])),
    );
    check(
        "redirect_uri.query",
        Error,
        &everyone(web(&["https://a.example/cb?x=1"])),
        &web(&["https://a.example/cb?x=1"]),
    );
    let many: Vec<String> = (0..120).map(|at| format!("https://a.example/{at}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check("redirect_uri.too_many", Error, &everyone(web(&many)), &web(&many));
    check(
        "audience.version",
        Error,
        &everyone(json!({ "api": { "requestedAccessTokenVersion": null } })),
        &everyone(json!({})),
    );
    let role = json!({ "requiredResourceAccess": [{ "resourceAppId": GRAPH, "resourceAccess": [{ "id": MAIL_READ_ROLE, "type": "Role" }] }] });
    check("audience.roles", Info, &everyone(role.clone()), &role);
}

#[test]
fn redirect_uris_beside_each_other() {
    let both = json!({ "web": { "redirectUris": ["http://localhost:5000/cb"] }, "spa": { "redirectUris": ["http://localhost:3000/cb"] } });
    let apart = json!({ "web": { "redirectUris": ["http://localhost:5000/cb"] }, "spa": { "redirectUris": ["http://localhost:3000/app"] } });
    check("redirect_uri.two_platforms", Warning, &both, &apart);
    check(
        "redirect_uri.twins",
        Info,
        &web(&["https://a.example/cb", "https://a.example/cb/"]),
        &web(&["https://a.example/cb", "https://a.example/out"]),
    );
    check(
        "redirect_uri.twins",
        Info,
        &web(&["https://a.example/CB", "https://a.example/cb"]),
        &web(&["https://a.example/cb"]),
    );
    let many: Vec<String> = (0..260).map(|at| format!("https://a.example/{at}")).collect();
    check(
        "redirect_uri.too_many",
        Error,
        &web(&many.iter().map(String::as_str).collect::<Vec<_>>()),
        &web(&["https://a.example/cb"]),
    );
    check(
        "redirect_uri.none",
        Info,
        &web(&[]),
        &json!({ "web": { "redirectUris": [] }, "requiredResourceAccess": [] }),
    );
    check(
        "redirect_uri.broker_first",
        Info,
        &spa(&["brk-multihub://a.example", "https://a.example"]),
        &spa(&["https://a.example", "brk-multihub://a.example"]),
    );
    check(
        "redirect_uri.broker_platform",
        Error,
        &web(&["brk-multihub://a.example"]),
        &spa(&["brk-multihub://a.example"]),
    );
}

#[test]
fn client_and_proof() {
    let live = secret("2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let bare = json!({ "keyCredentials": [] });
    check("web.no_credential", Warning, &bare, &json!({}));
    check(
        "web.no_credential",
        Error,
        &json!({ "keyCredentials": [], "federatedIdentityCredentials": [] }),
        &spa(&["https://a.example"]),
    );
    silent(
        &lint(
            &json!({ "keyCredentials": [], "web": { "implicitGrantSettings": { "enableIdTokenIssuance": true } } }),
        ),
        "web.no_credential",
    );
    let mut with_secret = spa(&["https://a.example"]);
    with_secret["passwordCredentials"] = json!([live]);
    check("spa.with_secret", Warning, &with_secret, &spa(&["https://a.example"]));
    let mut with_secret = native(&["http://localhost"]);
    with_secret["passwordCredentials"] = json!([live]);
    check("public_client.with_secret", Warning, &with_secret, &native(&["http://localhost"]));
    let mut on = native(&["http://localhost"]);
    on["isFallbackPublicClient"] = true.into();
    check("fallback.off", Warning, &native(&["http://localhost"]), &on);
    check("fallback.on", Warning, &json!({ "isFallbackPublicClient": true }), &on);
    check(
        "implicit.access_token",
        Warning,
        &json!({ "web": { "implicitGrantSettings": { "enableAccessTokenIssuance": true } } }),
        &json!({}),
    );
    check(
        "implicit.id_token",
        Info,
        &json!({ "web": { "implicitGrantSettings": { "enableIdTokenIssuance": true } } }),
        &json!({}),
    );
    check(
        "application.disabled_by_microsoft",
        Error,
        &json!({ "disabledByMicrosoftStatus": "DisabledDueToViolationOfServicesAgreement" }),
        &json!({ "disabledByMicrosoftStatus": "NotDisabled" }),
    );
}

#[test]
fn audiences() {
    check(
        "audience.unknown",
        Error,
        &json!({ "signInAudience": "MyOrg" }),
        &json!({ "signInAudience": "AzureADMultipleOrgs" }),
    );
    check(
        "audience.unverified",
        Warning,
        &json!({ "signInAudience": "AzureADMultipleOrgs" }),
        &json!({ "signInAudience": "AzureADMultipleOrgs", "verifiedPublisher": { "verifiedPublisherId": "1234" } }),
    );
    let locked = json!({ "signInAudience": "AzureADMultipleOrgs", "servicePrincipalLockConfiguration": { "isEnabled": true } });
    check(
        "audience.unlocked",
        Info,
        &json!({ "signInAudience": "AzureADMultipleOrgs", "servicePrincipalLockConfiguration": null }),
        &locked,
    );
    for (audience, code) in [
        ("AzureADMyOrg", 50_194),
        ("AzureADMultipleOrgs", 9_002_332),
        ("PersonalMicrosoftAccount", 9_002_346),
    ] {
        let findings = lint(&json!({ "signInAudience": audience }));
        let fails = found(&findings, "audience.authorities").fails.unwrap();
        assert!(fails.codes.contains(&code), "{audience}");
    }
    let everyone = lint(&json!({ "signInAudience": "AzureADandPersonalMicrosoftAccount" }));
    assert_eq!(found(&everyone, "audience.authorities").fails, None);
}

#[test]
fn secrets_and_certificates() {
    let with = |all: &[Value]| json!({ "passwordCredentials": all, "keyCredentials": [] });
    let ok = with(&[secret("2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z")]);
    let expired = secret("2025-01-01T00:00:00Z", "2026-05-04T12:00:00Z");
    check("secret.expired", Error, &with(std::slice::from_ref(&expired)), &ok);
    check("secret.expired", Info, &json!({ "passwordCredentials": [expired] }), &ok);
    check("secret.expires", Warning, &with(&[secret("2026-01-01T00:00:00Z", "2026-05-20T00:00:00Z")]), &ok);
    check("secret.not_yet", Warning, &with(&[secret("2026-06-01T00:00:00Z", "2026-12-01T00:00:00Z")]), &ok);
    check(
        "secret.long",
        Warning,
        &with(&[secret("2026-01-01T00:00:00Z", "2299-12-30T00:00:00Z")]),
        &with(&[secret("2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z")]),
    );
    let one = || secret("2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z");
    check("secret.too_many", Warning, &with(&[one(), one(), one()]), &with(&[one(), one()]));
    check("secret.beside_certificate", Info, &json!({ "passwordCredentials": [one()] }), &ok);
    let key = |end: &str| json!({ "keyCredentials": [{ "keyId": "k", "displayName": "CN=x", "endDateTime": end }] });
    check("certificate.expired", Error, &key("2026-05-01T00:00:00Z"), &key("2027-05-01T00:00:00Z"));
    check("certificate.expires", Warning, &key("2026-05-10T00:00:00Z"), &key("2027-05-01T00:00:00Z"));
    check(
        "certificate.not_yet",
        Warning,
        &json!({ "keyCredentials": [{ "keyId": "k", "startDateTime": "2026-06-01T00:00:00Z" }] }),
        &ok,
    );
    let told = |value: Value| json!({ "passwordCredentials": [{ "keyId": "k", "secretText": value }], "keyCredentials": [] });
    check("secret.in_file", Warning, &told("w8Q~not-the-real-one".into()), &told(Value::Null));
    let findings = lint(&told("w8Q~not-the-real-one".into()));
    assert!(!format!("{findings:?}").contains("not-the-real-one"), "the value stays hidden");
    let shown =
        found(&lint(&with(&[secret("2025-01-01T00:00:00Z", "2026-05-01T00:00:00Z")])), "secret.expired")
            .value
            .clone();
    assert!(shown.contains("ci (3e5f9b1c") && shown.contains("2026-05-01"), "{shown}");
}

fn federated(entries: &[(&str, &str, &str)]) -> Value {
    let all: Vec<_> = entries
        .iter()
        .enumerate()
        .map(|(at, (issuer, subject, audience))| json!({ "name": format!("fic-{at}"), "issuer": issuer, "subject": subject, "audiences": [audience] }))
        .collect();
    json!({ "federatedIdentityCredentials": all })
}

#[test]
fn federated_credentials() {
    const AUD: &str = "api://AzureADTokenExchange";
    const MAIN: &str = "repo:contoso/orders:ref:refs/heads/main";
    let one = |issuer: &str, subject: &str, audience: &str| federated(&[(issuer, subject, audience)]);
    let ok = one(GITHUB, MAIN, AUD);
    check("federated.blank", Error, &one(&format!("{GITHUB} "), MAIN, AUD), &ok);
    check("federated.issuer", Error, &one("token.actions.githubusercontent.com", MAIN, AUD), &ok);
    check("federated.issuer_slash", Error, &one(&format!("{GITHUB}/"), MAIN, AUD), &ok);
    let aks = "https://westeurope.oic.prod-aks.azure.com/8a7c1f2e-0d5b-4c3a-9e11-7f6a5b4c3d20/1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809";
    let account = "system:serviceaccount:shop:orders";
    check("federated.issuer_slash", Error, &one(aks, account, AUD), &one(&format!("{aks}/"), account, AUD));
    check("federated.audience", Error, &one(GITHUB, MAIN, "api://azureadtokenexchange"), &ok);
    check(
        "federated.audience",
        Warning,
        &one(GITHUB, MAIN, "https://github.com/contoso"),
        &one(GITHUB, MAIN, "api://AzureADTokenExchangeUSGov"),
    );
    for subject in [
        "repo:contoso/orders:refs/heads/main",
        "repo:contoso/orders:ref:main",
        "repo:contoso/orders:main",
        "repo:contoso/orders",
        "repo:orders:ref:refs/heads/main",
        "https://github.com/contoso/orders",
        "repo:contoso/orders:*",
        "Repo:contoso/orders:pull_request",
        "",
    ] {
        check("federated.subject", Error, &one(GITHUB, subject, AUD), &ok);
    }
    for subject in [
        "repo:contoso/orders:environment:Production",
        "repo:contoso/orders:ref:refs/tags/v1",
        "repo:contoso/orders:pull_request",
        "repository_owner:contoso:workflow:deploy",
        "repo:contoso@1234/orders@5678:ref:refs/heads/main",
    ] {
        silent(&lint(&one(GITHUB, subject, AUD)), "federated.subject");
    }
    check(
        "federated.subject",
        Error,
        &one(&format!("{aks}/"), "shop:orders", AUD),
        &one(&format!("{aks}/"), account, AUD),
    );
    check("federated.pull_request", Warning, &one(GITHUB, "repo:contoso/orders:pull_request", AUD), &ok);
    check(
        "federated.twice",
        Error,
        &federated(&[(GITHUB, MAIN, AUD), (GITHUB, MAIN, AUD)]),
        &federated(&[(GITHUB, MAIN, AUD), (GITHUB, "repo:contoso/orders:environment:x", AUD)]),
    );
    let many: Vec<String> = (0..21).map(|at| format!("repo:contoso/orders:environment:e{at}")).collect();
    let many: Vec<_> = many.iter().map(|subject| (GITHUB, subject.as_str(), AUD)).collect();
    check("federated.too_many", Error, &federated(&many), &federated(&many[..20]));
    let expression = json!({ "federatedIdentityCredentials": [{ "name": "any", "issuer": GITHUB, "audiences": [AUD],
        "claimsMatchingExpression": { "value": "claims['sub'] matches 'repo:contoso/*'", "languageVersion": 1 } }] });
    assert!(!lint::will_fail(&lint(&expression)));
    let fix = found(&lint(&one(GITHUB, "repo:contoso/orders:main", AUD)), "federated.subject")
        .fix
        .clone()
        .unwrap()
        .command
        .unwrap();
    assert!(
        fix.contains("repo:contoso/orders:ref:refs/heads/main")
            && fix.contains("--federated-credential-id fic-0"),
        "{fix}"
    );
}

#[test]
fn an_api() {
    let scope = |value: &str| json!({ "id": "c1f0a9b2-3d4e-4f5a-8b6c-7d8e9f0a1b2c", "value": value, "isEnabled": true, "type": "User" });
    let uri = format!("api://{APP}");
    let api = |scopes: Value| json!({ "identifierUris": [uri], "api": { "oauth2PermissionScopes": scopes } });
    let ok = api(json!([scope("Orders.Read")]));
    check("identifier_uri.form", Error, &json!({ "identifierUris": ["orders"] }), &ok);
    check("identifier_uri.slash", Warning, &json!({ "identifierUris": [format!("{uri}/")] }), &ok);
    check("identifier_uri.case", Warning, &json!({ "identifierUris": ["api://Orders"] }), &ok);
    check(
        "identifier_uri.another_id",
        Warning,
        &json!({ "identifierUris": ["api://99999999-2b3d-4a58-9c11-0d5e8f7a4b62"] }),
        &ok,
    );
    check(
        "identifier_uri.domain",
        Info,
        &json!({ "identifierUris": ["https://orders.example"] }),
        &json!({ "identifierUris": ["https://orders.contoso.example"] }),
    );
    check(
        "api.no_identifier",
        Warning,
        &json!({ "api": { "oauth2PermissionScopes": [scope("Orders.Read")] } }),
        &ok,
    );
    let other = json!({ "id": "d2a1b0c3-4e5f-4a6b-9c7d-8e9f0a1b2c3d", "value": "orders.read" });
    check("api.scope_twice", Error, &api(json!([scope("Orders.Read"), other])), &ok);
    check("api.scope_id_twice", Error, &api(json!([scope("Orders.Read"), scope("Orders.Write")])), &ok);
    check("api.scope_form", Error, &api(json!([scope("Orders Read")])), &ok);
    check("api.scope_reserved", Warning, &api(json!([scope("profile")])), &ok);
    check("api.scope_disabled", Info, &api(json!([{ "id": "x", "value": "Old", "isEnabled": false }])), &ok);
    let role = |value: &str, members: Value| json!({ "id": value, "value": value, "allowedMemberTypes": members, "isEnabled": true });
    let roles = |all: Value| json!({ "appRoles": all });
    let fine = roles(json!([role("Orders.All", json!(["Application"]))]));
    check(
        "api.role_twice",
        Error,
        &roles(json!([role("A", json!(["User"])), role("a", json!(["User"]))])),
        &fine,
    );
    check("api.role_form", Error, &roles(json!([role("Orders All", json!(["User"]))])), &fine);
    check("api.role_members", Error, &roles(json!([role("A", json!([]))])), &fine);
    check(
        "api.role_nameless",
        Info,
        &roles(json!([{ "id": "r", "value": null, "allowedMemberTypes": ["User"] }])),
        &fine,
    );
    let old = json!({ "identifierUris": [uri], "api": { "oauth2PermissionScopes": [scope("Orders.Read")], "requestedAccessTokenVersion": null } });
    check("api.version", Warning, &old, &ok);
    silent(&lint(&json!({ "api": { "requestedAccessTokenVersion": null } })), "api.version");
    check("api.version_unknown", Error, &json!({ "api": { "requestedAccessTokenVersion": 3 } }), &ok);
    check("api.mapped_claims", Warning, &json!({ "api": { "acceptMappedClaims": true } }), &ok);
    check(
        "api.client_form",
        Error,
        &json!({ "api": { "knownClientApplications": ["storefront"] } }),
        &json!({ "api": { "knownClientApplications": ["99999999-2b3d-4a58-9c11-0d5e8f7a4b62"] } }),
    );
    check("api.client_is_self", Warning, &json!({ "api": { "knownClientApplications": [APP] } }), &ok);
    let pre = |id: &str| {
        let mut value = ok.clone();
        value["api"]["preAuthorizedApplications"] =
            json!([{ "appId": "99999999-2b3d-4a58-9c11-0d5e8f7a4b62", "delegatedPermissionIds": [id] }]);
        value
    };
    check(
        "api.pre_authorized_unknown",
        Error,
        &pre("00000000-3d4e-4f5a-8b6c-7d8e9f0a1b2c"),
        &pre("C1F0A9B2-3d4e-4f5a-8b6c-7d8e9f0a1b2c"),
    );
    let mut middle = ok.clone();
    middle["web"] = json!({ "redirectUris": [] });
    let quiet = middle.clone();
    middle["requiredResourceAccess"] = json!([{ "resourceAppId": GRAPH, "resourceAccess": [{ "id": "570282fd-fa5c-430d-a7fd-fc8dc98a9dca", "type": "Scope" }] }]);
    check("api.no_known_clients", Info, &middle, &quiet);
}

fn needs(entries: &[(&str, &str, &str)]) -> Value {
    let all: Vec<_> = entries
        .iter()
        .map(
            |(api, id, kind)| json!({ "resourceAppId": api, "resourceAccess": [{ "id": id, "type": kind }] }),
        )
        .collect();
    json!({ "requiredResourceAccess": all })
}

#[test]
fn permissions() {
    const CALENDARS_READ: &str = "465a38f9-76ea-45b9-9f34-9e8b0d4b0b42";
    const CALENDARS_READ_WRITE: &str = "1ec239c2-d7c9-4623-a91a-a9775856bb36";
    let ok = needs(&[(GRAPH, USER_READ, "Scope")]);
    check(
        "permission.retired_api",
        Error,
        &needs(&[("00000002-0000-0000-c000-000000000000", "311a71cc-e848-46a1-bdf8-97ff7156d8e6", "Scope")]),
        &ok,
    );
    check(
        "permission.none",
        Info,
        &json!({ "requiredResourceAccess": [{ "resourceAppId": GRAPH, "resourceAccess": [] }] }),
        &ok,
    );
    check(
        "permission.twice",
        Warning,
        &needs(&[(GRAPH, USER_READ, "Scope"), (GRAPH, USER_READ, "Scope")]),
        &ok,
    );
    check(
        "permission.unknown",
        Warning,
        &needs(&[(GRAPH, "12345678-1234-4234-8234-123456789012", "Scope")]),
        &needs(&[("99999999-2b3d-4a58-9c11-0d5e8f7a4b62", "12345678-1234-4234-8234-123456789012", "Scope")]),
    );
    check(
        "permission.kind",
        Error,
        &needs(&[(GRAPH, MAIL_READ_ROLE, "Scope")]),
        &needs(&[(GRAPH, MAIL_READ_ROLE, "Role")]),
    );
    check(
        "permission.powerful",
        Warning,
        &needs(&[(GRAPH, MAIL_READ_ROLE, "Role")]),
        &needs(&[(GRAPH, "570282fd-fa5c-430d-a7fd-fc8dc98a9dca", "Scope")]),
    );
    check(
        "permission.covered",
        Info,
        &needs(&[(GRAPH, CALENDARS_READ, "Scope"), (GRAPH, CALENDARS_READ_WRITE, "Scope")]),
        &needs(&[(GRAPH, CALENDARS_READ, "Scope")]),
    );
    check("permission.needs_admin", Info, &needs(&[(GRAPH, MAIL_READ_ROLE, "Role")]), &ok);
    // The Graph permission of that name has this id, and SharePoint's has not.
    check(
        "permission.kind",
        Error,
        &needs(&[("00000003-0000-0ff1-ce00-000000000000", "20d37865-089c-4dee-8c41-6967602d4ac8", "Scope")]),
        &ok,
    );
    let mended = found(&lint(&needs(&[(GRAPH, MAIL_READ_ROLE, "Scope")])), "permission.kind")
        .fix
        .clone()
        .unwrap()
        .command
        .unwrap();
    assert!(mended.ends_with("570282fd-fa5c-430d-a7fd-fc8dc98a9dca=Scope"), "{mended}");
}

#[test]
fn what_is_listed_and_what_was_granted() {
    const DIRECTORY_READ: &str = "06da0dbc-49e2-44d2-8312-53f166ab848a";
    let grants = |scope: &str, roles: &[&str]| {
        let roles: Vec<_> = roles
            .iter()
            .map(|role| json!({ "appRoleId": role, "resourceDisplayName": "Microsoft Graph" }))
            .collect();
        json!({ "oauth2PermissionGrants": [{ "scope": scope, "consentType": "AllPrincipals", "principalId": null }], "appRoleAssignments": roles })
    };
    let run =
        |entries: &[(&str, &str, &str)], granted: &Value| lint_with(&needs(entries), None, Some(granted));
    let mail = [(GRAPH, MAIL_READ_ROLE, "Role")];
    assert_eq!(found(&run(&mail, &grants("", &[])), "grant.role_missing").severity, Error);
    silent(&run(&mail, &grants("", &[MAIL_READ_ROLE])), "grant.role_missing");
    silent(&run(&mail, &grants("", &[])), "permission.needs_admin");
    let directory = [(GRAPH, DIRECTORY_READ, "Scope")];
    assert_eq!(found(&run(&directory, &grants("openid", &[])), "grant.scope_missing").severity, Error);
    silent(&run(&directory, &grants("Directory.Read.All", &[])), "grant.scope_missing");
    assert_eq!(
        found(&run(&[(GRAPH, USER_READ, "Scope")], &grants("openid", &[])), "grant.scope_missing").severity,
        Info
    );
    assert_eq!(
        found(&run(&[(GRAPH, USER_READ, "Scope")], &grants("User.Read Mail.Send", &[])), "grant.extra").value,
        "mail.send"
    );
    silent(&run(&[(GRAPH, USER_READ, "Scope")], &grants("openid User.Read", &[])), "grant.extra");
    assert!(found(&run(&[], &grants("", &[MAIL_READ_ROLE])), "grant.extra_role").value.contains("Mail.Read"));
    silent(&run(&mail, &grants("", &[MAIL_READ_ROLE])), "grant.extra_role");
}

#[test]
fn the_service_principal() {
    let principal = |patch: Value| {
        let mut value = json!({ "appId": APP, "id": "x", "accountEnabled": true, "appRoleAssignmentRequired": false,
                                "servicePrincipalNames": [APP], "preferredSingleSignOnMode": null });
        merged(&mut value, &patch);
        lint_with(&json!({}), Some(&value), None)
    };
    let check = |id: &str, severity: Severity, patch: Value| {
        assert_eq!(found(&principal(patch), id).severity, severity, "{id}");
        silent(&principal(json!({})), id);
    };
    check("principal.disabled", Error, json!({ "accountEnabled": false }));
    check("principal.assignment", Info, json!({ "appRoleAssignmentRequired": true }));
    check("principal.saml", Info, json!({ "preferredSingleSignOnMode": "saml" }));
    check("principal.of_another", Warning, json!({ "appId": "99999999-2b3d-4a58-9c11-0d5e8f7a4b62" }));
    let named = json!({ "identifierUris": ["api://orders"] });
    let at = |names: Value| {
        lint_with(&named, Some(&json!({ "appId": APP, "servicePrincipalNames": names })), None)
    };
    assert_eq!(found(&at(json!([APP])), "principal.names").severity, Warning);
    silent(&at(json!([APP, "api://orders"])), "principal.names");
}
