//! What kind of client this is: public or confidential, for whom, and which shortcuts it allows.

use serde_json::json;

use super::{LintFinding, command, credentials, redirect_uris::is_for_personal};
use crate::{
    entra::registration::{Application, Platform},
    time::UnixTime,
};

/// What `signInAudience` may say.
pub const AUDIENCES: [&str; 4] =
    ["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"];

pub fn check(app: &Application, now: UnixTime, out: &mut Vec<LintFinding>) {
    proof(app, now, out);
    fallback(app, out);
    implicit(app, out);
    audience(app, out);
    if let Some(status) = app.json.get("disabledByMicrosoftStatus").and_then(serde_json::Value::as_str)
        && !status.eq_ignore_ascii_case("NotDisabled")
        && !status.is_empty()
    {
        out.push(
            LintFinding::error(
                "application.disabled_by_microsoft",
                "disabledByMicrosoftStatus",
                "Microsoft has closed this application",
            )
            .value(status)
            .fails("Every request", &[1_000_031])
            .why("Nothing in the registration brings it back.")
            .fix("Ask Microsoft support, from the tenant that owns it."),
        );
    }
}

/// Redirect URIs of a kind that does not go with the credentials.
fn proof(app: &Application, now: UnixTime, out: &mut Vec<LintFinding>) {
    let has_any = !app.passwords.is_empty() || !app.certificates.is_empty();
    let has_federated = app.federated.as_ref().is_some_and(|all| !all.is_empty());
    let is_known = app.json.get("passwordCredentials").is_some() && app.json.get("keyCredentials").is_some();
    let is_implicit = app.implicit_id_token == Some(true) || app.implicit_access_token == Some(true);
    if !app.web.is_empty() && is_known && !has_any && !has_federated && !is_implicit {
        let uri = app.web[0].as_str();
        let finding = match app.federated {
            // A managed identity may stand in for the secret, and nobody has looked.
            None => LintFinding::warning(
                "web.no_credential",
                "web.redirectUris",
                "Web addresses, and neither secret nor certificate",
            ),
            Some(_) => LintFinding::error(
                "web.no_credential",
                "web.redirectUris",
                "Web addresses, and nothing to prove the application with",
            ),
        };
        out.push(
            finding
                .value(uri)
                .fails("Redeeming the code", &[7_000_218])
                .why("A code that went to a Web address is given tokens only with a secret, an assertion, or a federated credential. An application in a browser or on a device belongs under another platform.")
                .run("Give it a certificate that stays in a key vault:", format!("az ad app credential reset --id {} --append --create-cert --cert <name> --keyvault <vault>", command::id(app))),
        );
    }
    let live = credentials::any_live_secret(app, now);
    if live && app.web.is_empty() && !app.spa.is_empty() && app.scopes.is_empty() && !has_roles(app) {
        out.push(
            LintFinding::warning("spa.with_secret", "spa.redirectUris, passwordCredentials", "Single-page addresses, and a secret")
                .value(app.spa[0].as_str())
                .fails("A server that redeems the code with the secret", &[9_002_327])
                .why("A browser cannot keep a secret, and Entra takes none for these addresses: codes are redeemed by script, with PKCE and Origin. If a server redeems them, it is a Web application.")
                .run("If a server does it, register the address as Web and take it out of the others:", command::patch(app, &json!({ "web": { "redirectUris": app.web.iter().chain(&app.spa).collect::<Vec<_>>() }, "spa": { "redirectUris": [] } }))),
        );
    }
    if live && app.web.is_empty() && app.spa.is_empty() && !app.public_client.is_empty() && !has_roles(app) {
        out.push(
            LintFinding::warning(
                "public_client.with_secret",
                "publicClient.redirectUris, passwordCredentials",
                "A mobile or desktop application, and a secret",
            )
            .value(app.public_client[0].as_str())
            .fails("Redeeming the code with the secret", &[700_025])
            .why("Whoever has the program has the secret, so Entra refuses it for these addresses.")
            .fix("Leave the secret out of the program, and delete it."),
        );
    }
}

fn has_roles(app: &Application) -> bool {
    app.required.iter().any(|one| one.kind == crate::entra::registration::Kind::Role)
}

/// `isFallbackPublicClient`, which decides where no redirect URI is sent.
fn fallback(app: &Application, out: &mut Vec<LintFinding>) {
    let is_on = app.is_fallback_public_client == Some(true);
    let is_native = !app.public_client.is_empty();
    let has_credentials = !app.passwords.is_empty() || !app.certificates.is_empty();
    let shown = app.is_fallback_public_client.map_or("null", |on| if on { "true" } else { "false" });
    if !is_on && is_native && app.json.get("isFallbackPublicClient").is_some() {
        out.push(
            LintFinding::warning("fallback.off", "isFallbackPublicClient", "Public client flows are off, and mobile or desktop addresses are registered")
                .value(shown)
                .fails("Device code, user name and password, integrated Windows sign-in", &[7_000_218])
                .why("These flows send no redirect URI, so this switch alone says whether they need a secret. Sign-in through the browser works without it.")
                .run("If the program uses one of them:", command::update(app, "--is-fallback-public-client true")),
        );
    }
    if is_on && (has_credentials || !app.web.is_empty()) && !is_native {
        out.push(
            LintFinding::warning("fallback.on", "isFallbackPublicClient", "Public client flows are on for an application that has a server")
                .value(shown)
                .why("Anybody who knows the client id can start a device-code sign-in in your application's name and send the code to a victim, or try passwords.")
                .run("Unless it needs device code:", command::update(app, "--is-fallback-public-client false")),
        );
    }
}

/// Tokens straight from the sign-in page.
fn implicit(app: &Application, out: &mut Vec<LintFinding>) {
    if app.implicit_access_token == Some(true) {
        out.push(
            LintFinding::warning("implicit.access_token", "web.implicitGrantSettings.enableAccessTokenIssuance", "Access tokens come straight from the sign-in page")
                .value("true")
                .why("They stand in the address, where history and scripts of the page can read them. The code flow with PKCE does the same without.")
                .run("When no client asks for response_type=token any more:", command::update(app, "--enable-access-token-issuance false")),
        );
    }
    if app.implicit_id_token == Some(true) {
        out.push(
            LintFinding::info("implicit.id_token", "web.implicitGrantSettings.enableIdTokenIssuance", "ID tokens come straight from the sign-in page")
                .value("true")
                .why("Needed for response_type=id_token and code id_token, as ASP.NET's defaults and App Service send them. With response_type=code nothing uses it.")
                .run("If your framework asks for code only:", command::update(app, "--enable-id-token-issuance false")),
        );
    }
}

/// For whom, and which addresses of the authority serve them (reference §4, audience table).
fn audience(app: &Application, out: &mut Vec<LintFinding>) {
    let Some(audience) = app.sign_in_audience.as_deref() else { return };
    let place = "signInAudience";
    let Some(known) = AUDIENCES.iter().find(|known| known.eq_ignore_ascii_case(audience)) else {
        out.push(
            LintFinding::error("audience.unknown", place, "signInAudience is none that Entra knows")
                .value(audience)
                .why(format!("It is one of {}.", AUDIENCES.join(", ")))
                .run("For people of one tenant:", command::update(app, "--sign-in-audience AzureADMyOrg")),
        );
        return;
    };
    out.push(authorities(known));
    if is_for_personal(app) {
        if app.access_token_version != Some(2) && app.json.get("api").is_some() {
            out.push(
                LintFinding::error(
                    "audience.version",
                    "api.requestedAccessTokenVersion",
                    "Personal accounts may sign in, and the token version is not 2",
                )
                .value(
                    app.access_token_version.map_or_else(|| "null".to_owned(), |version| version.to_string()),
                )
                .why("Personal accounts know version 2 only, and Graph refuses to save the two together.")
                .run(
                    "Set version 2:",
                    command::patch(app, &json!({ "api": { "requestedAccessTokenVersion": 2 } })),
                ),
            );
        }
        if has_roles(app) {
            out.push(
                LintFinding::info("audience.roles", "requiredResourceAccess", "Application permissions count for organisations only")
                    .why("No application permission can be granted for personal accounts: they have no administrator.")
                    .fix("Sign personal accounts in with delegated permissions."),
            );
        }
    }
    let is_shared = *known == "AzureADMultipleOrgs" || *known == "AzureADandPersonalMicrosoftAccount";
    if is_shared && app.json.get("verifiedPublisher").is_some() && !app.has_verified_publisher {
        out.push(
            LintFinding::warning("audience.unverified", "verifiedPublisher", "Other tenants' people may sign in, and the publisher is not verified")
                .value(app.publisher_domain.as_deref().unwrap_or("null"))
                .fails("Consent by people of other tenants", &[90_094, 900_941])
                .why("Their tenants' usual policy sends the consent for an unverified publisher to an administrator.")
                .fix("Verify the publisher: portal, App registrations, Branding & properties, Publisher verification."),
        );
    }
    let lock = app.json.get("servicePrincipalLockConfiguration");
    let is_locked = lock.and_then(|lock| lock.get("isEnabled")).and_then(serde_json::Value::as_bool);
    if is_shared
        && lock.is_some()
        && is_locked != Some(true)
        && app.passwords.len() + app.certificates.len() > 0
    {
        out.push(
            LintFinding::info("audience.unlocked", "servicePrincipalLockConfiguration", "Service principals in other tenants are not locked")
                .why("An administrator of another tenant can add a secret of their own to your application's principal there, and act as it.")
                .run("Lock them:", command::patch(app, &json!({ "servicePrincipalLockConfiguration": { "isEnabled": true, "allProperties": true } }))),
        );
    }
}

/// The row of the audience table.
fn authorities(audience: &str) -> LintFinding {
    let (title, why, codes): (_, _, &'static [u32]) = match audience {
        "AzureADMyOrg" => (
            "Only people of its own tenant sign in",
            "Use the tenant's id or domain as authority. /common is refused (50194), /consumers too (9002332); /organizations lets its own people in and no others (700016, 50020).",
            &[50_194, 9_002_332, 700_016, 50_020],
        ),
        "AzureADMultipleOrgs" => (
            "People of every organisation sign in, and no personal accounts",
            "Use /organizations or a tenant. /common sends personal accounts to a refusal, /consumers is refused (9002332).",
            &[9_002_332],
        ),
        "AzureADandPersonalMicrosoftAccount" => (
            "Everybody signs in, with work and personal accounts",
            "/common, /organizations, /consumers and tenants all work; a tenant takes its own people and guests only.",
            &[],
        ),
        _ => (
            "Only personal accounts sign in",
            "Use /consumers. /common and /organizations are refused (9002331, 9002346), and so are tenants.",
            &[9_002_331, 9_002_346],
        ),
    };
    let finding = LintFinding::info("audience.authorities", "signInAudience", title).value(audience).why(why);
    if codes.is_empty() { finding } else { finding.fails("Sign-in at another authority", codes) }
}

/// How a request to this segment of the authority ends for an application of that audience: the numbers of the refusal,
/// and what to put in its place. `None` where it works for somebody.
pub fn refused_at(audience: &str, segment: &str) -> Option<(&'static [u32], &'static str)> {
    match (audience, segment) {
        ("AzureADMyOrg", "common") => Some((&[50_194], "the id of your tenant")),
        ("AzureADMyOrg" | "AzureADMultipleOrgs", "consumers") => {
            Some((&[9_002_332], "the id of a tenant, or organizations"))
        }
        ("PersonalMicrosoftAccount", "common") => Some((&[9_002_331, 9_002_346], "consumers")),
        ("PersonalMicrosoftAccount", segment) if segment != "consumers" => Some((&[9_002_346], "consumers")),
        _ => None,
    }
}

/// The platforms under which an address is registered.
pub fn platforms_of(app: &Application, uri: &str) -> Vec<Platform> {
    let fits = app.all_redirect_uris().filter(|(_, registered)| super::address::same(uri, registered));
    let mut found: Vec<_> = fits.map(|(platform, _)| platform).collect();
    found.dedup();
    found
}
