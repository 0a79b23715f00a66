//! The request beside the registration of its client: where both are known, most refusals can be foretold.

use super::{Endpoint, UrlReport};
use crate::{
    entra::{
        permissions,
        registration::{Application, Grants, Kind, Platform},
        scopes::{self, Scope},
    },
    lint::{LintFinding, client, command},
};

pub fn check(report: &mut UrlReport, app: &Application, grants: Option<&Grants>) {
    if let Some((asked, own)) = report.get("client_id").zip(app.app_id.as_deref())
        && !asked.eq_ignore_ascii_case(own)
    {
        let is_object = app.object_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(asked));
        let finding = if is_object {
            LintFinding::error("client_id.object_id", "client_id", "client_id is the application's object id")
                .fails("The request", &[700_016])
                .why("Commands of Graph take the object id; requests take the client id.")
                .fix(format!("Send {own}."))
        } else {
            LintFinding::warning(
                "client_id.another",
                "client_id",
                "The registration is another application's",
            )
            .why(format!("It is that of {own}; nothing else was compared."))
            .fix("Fetch the right one: az ad app show --id CLIENT_ID.")
        };
        let finding = finding.value(asked);
        report.findings.push(finding);
        if !is_object {
            return;
        }
    }
    let mut out = Vec::new();
    let platforms = redirect_uri(report, app, &mut out);
    if report.endpoint == Endpoint::Authorize || report.endpoint == Endpoint::AuthorizeV1 {
        authority(report, app, &mut out);
        implicit(report, app, &mut out);
        proof(report, app, &platforms, &mut out);
        permissions_of(report, app, grants, &mut out);
    }
    report.findings.extend(out);
}

fn redirect_uri(report: &UrlReport, app: &Application, out: &mut Vec<LintFinding>) -> Vec<Platform> {
    let Some(uri) = report.get("redirect_uri") else { return Vec::new() };
    let platforms = client::platforms_of(app, uri);
    let all: Vec<_> = app.all_redirect_uris().map(|(_, uri)| uri).collect();
    let is_wildcard = all.iter().any(|one| one.contains('*'));
    if platforms.is_empty() && !is_wildcard {
        let near = all.iter().find(|one| crate::lint::address::twins(uri, one).is_some());
        let why = match near {
            Some(near) => format!(
                "Registered is {near}: they differ by {}.",
                crate::lint::address::twins(uri, near).unwrap_or_default()
            ),
            None if all.is_empty() => "The registration has no redirect URI at all.".to_owned(),
            None => format!("Registered: {}.", crate::lint::listed(all.iter().copied())),
        };
        let mut web: Vec<_> = app.web.iter().map(String::as_str).collect();
        web.push(uri);
        let codes: &'static [u32] = if all.is_empty() { &[500_113, 50011] } else { &[50011] };
        out.push(
            LintFinding::error(
                "redirect_uri.not_registered",
                "redirect_uri",
                "redirect_uri is not registered",
            )
            .value(uri)
            .fails("The request", codes)
            .why(why)
            .run(
                "Send a registered one, or, for a Web application, register this one:",
                command::redirect_uris(app, Platform::Web, &web),
            ),
        );
    }
    platforms
}

fn authority(report: &UrlReport, app: &Application, out: &mut Vec<LintFinding>) {
    let Some((audience, tenant)) = app.sign_in_audience.as_deref().zip(report.tenant.as_deref()) else {
        return;
    };
    if let Some((codes, better)) = client::refused_at(audience, &tenant.to_ascii_lowercase()) {
        out.push(
            LintFinding::error(
                "tenant.audience",
                "tenant",
                format!("/{tenant} does not serve this application"),
            )
            .value(format!("{tenant}, and signInAudience is {audience}"))
            .fails("The request", codes)
            .why("signInAudience says who may sign in, and the path says who is asked: they have to agree.")
            .fix(format!(
                "Put {better} into the path. Change signInAudience only if outsiders shall sign in."
            )),
        );
    }
}

fn implicit(report: &UrlReport, app: &Application, out: &mut Vec<LintFinding>) {
    let asked: Vec<_> = report.get("response_type").unwrap_or_default().split_whitespace().collect();
    let cases: [(&str, Option<bool>, &'static [u32], &str); 2] = [
        ("id_token", app.implicit_id_token, &[700_054], "--enable-id-token-issuance true"),
        ("token", app.implicit_access_token, &[700_051], "--enable-access-token-issuance true"),
    ];
    for (word, switch, codes, argument) in cases {
        if asked.contains(&word) && switch == Some(false) {
            out.push(
                LintFinding::error(
                    "response_type.switched_off",
                    "response_type",
                    format!("{word} is asked for, and the registration does not allow it"),
                )
                .value(asked.join(" "))
                .fails("The request", codes)
                .why("Tokens from the sign-in page are a switch of the registration, and it is off.")
                .run("Ask for code alone; or, for hybrid sign-in:", command::update(app, argument)),
            );
        }
    }
}

/// PKCE for single-page addresses.
fn proof(report: &UrlReport, app: &Application, platforms: &[Platform], out: &mut Vec<LintFinding>) {
    let asks_code =
        report.get("response_type").is_some_and(|asked| asked.split_whitespace().any(|word| word == "code"));
    if asks_code && platforms == [Platform::Spa] && report.get("code_challenge").is_none() {
        let mut web: Vec<_> = app.web.iter().map(String::as_str).collect();
        web.extend(report.get("redirect_uri"));
        out.push(
            LintFinding::error("pkce.spa", "code_challenge", "A single-page address, and no code_challenge")
                .value(report.get("redirect_uri").unwrap_or_default())
                .fails("The request", &[9_002_325])
                .why("Single-page applications must use PKCE. Most often a server redeems the code, and the address belongs under Web.")
                .run("If a server redeems it, register it as Web, and take it out of single-page:", command::redirect_uris(app, Platform::Web, &web)),
        );
    }
}

/// What is asked, what is listed, what was granted.
fn permissions_of(
    report: &UrlReport,
    app: &Application,
    grants: Option<&Grants>,
    out: &mut Vec<LintFinding>,
) {
    let Some(scope) = report.get("scope") else { return };
    let granted: Option<Vec<String>> = grants.map(|grants| {
        grants.delegated.iter().flat_map(|one| &one.scopes).map(|name| name.to_ascii_lowercase()).collect()
    });
    for word in scope.split_whitespace() {
        let asked = Scope::parse(word);
        let Some(api) = asked.api() else { continue };
        let known_api = scopes::well_known(api).map_or(api, |known| known.id);
        if asked.permission == ".default" {
            let id = known_api.trim_start_matches("api://");
            let is_listed = app.required.iter().any(|one| one.resource.eq_ignore_ascii_case(id));
            if !is_listed
                && crate::lint::is_guid(id)
                && !app.app_id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(id))
            {
                out.push(
                    LintFinding::error("scope.default_unlisted", "scope", ".default of an API that the registration does not list")
                        .value(word)
                        .fails("The request", &[650_057, 65001])
                        .why(".default stands for what is listed in requiredResourceAccess, and nothing of this API is.")
                        .run("List a permission of it:", format!("az ad app permission add --id {} --api {} --api-permissions <permission-id>=Scope", command::id(app), command::word(id))),
                );
            }
            continue;
        }
        let Some(found) =
            permissions::by_name(known_api, asked.permission).find(|one| one.kind == Kind::Scope)
        else {
            continue;
        };
        let is_listed = app.required.iter().any(|one| one.permission.eq_ignore_ascii_case(found.id));
        let is_granted = granted.as_ref().map(|names| names.contains(&found.name.to_ascii_lowercase()));
        let add = format!(
            "az ad app permission add --id {} --api {} --api-permissions {}",
            command::id(app),
            found.api,
            found.argument()
        );
        if is_granted == Some(false) && found.needs_admin {
            out.push(
                LintFinding::error(
                    "scope.not_granted",
                    "scope",
                    format!("{} needs an administrator, and nobody has granted it", found.name),
                )
                .value(word)
                .fails("The request, for everybody but administrators", &[90_094, 65001])
                .why("People cannot consent to it for themselves.")
                .run(
                    "List it if it is not, then consent:",
                    if is_listed {
                        format!("az ad app permission admin-consent --id {}", command::id(app))
                    } else {
                        format!("{add} && az ad app permission admin-consent --id {}", command::id(app))
                    },
                ),
            );
        } else if !is_listed && is_granted != Some(true) {
            out.push(
                LintFinding::info("scope.unlisted", "scope", format!("{} is asked for and not listed in the registration", found.name))
                    .value(word)
                    .why("Asking works: the consent page adds it. An administrator's consent for what is listed does not cover it.")
                    .run("To list it:", add),
            );
        }
    }
}
