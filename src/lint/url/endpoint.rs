//! Host, path and tenant of the address: which endpoint it is, and whether it can be reached at all.

use super::{UrlReport, read::Address};
use crate::lint::{LintFinding, is_guid, is_placeholder, is_zero};

/// Entra's hosts, and what is special about them.
pub const HOSTS: [(&str, &str); 9] = [
    ("login.microsoftonline.com", ""),
    ("login.microsoft.com", ""),
    (
        "login.microsoftonline.us",
        "Azure Government: accounts and applications of the public cloud are not known there.",
    ),
    (
        "login.partner.microsoftonline.cn",
        "Azure operated by 21Vianet: accounts and applications of the public cloud are not known there.",
    ),
    ("login.chinacloudapi.cn", "An older name of Azure China."),
    ("login.windows.net", "An older name of login.microsoftonline.com; issuer and keys are the same."),
    ("sts.windows.net", "The name in version 1 issuers; sign-in pages are at login.microsoftonline.com."),
    ("login.live.com", "The endpoint of personal accounts, with rules of its own."),
    ("login.microsoftonline.de", "Azure Germany, which is closed."),
];

/// What the address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/oauth2/v2.0/authorize`, or the authorization endpoint of another provider.
    Authorize,
    /// `/oauth2/authorize`.
    AuthorizeV1,
    /// `/v2.0/adminconsent`.
    AdminConsent,
    /// `/adminconsent`.
    AdminConsentV1,
    /// The logout endpoint.
    Logout,
    /// The token endpoint, which no browser visits.
    Token,
    /// The device authorization endpoint, which no browser visits.
    DeviceCode,
    /// Something else.
    Other,
}

/// What an authorization endpoint takes: OpenID Connect's, and Entra's own.
const AUTHORIZE: &[&str] = &[
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "response_mode",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "login_hint",
    "domain_hint",
    "max_age",
    "claims",
    "ui_locales",
    "display",
    "acr_values",
    "id_token_hint",
    "sid",
    "instance_aware",
    "client_info",
    "request",
    "request_uri",
    "lc",
    "mkt",
    "p",
    "amr_values",
    "hsu",
    "sso_reload",
    "x-client-sku",
    "x-client-ver",
    "x-client-os",
    "x-client-cpu",
    "x-client-brkrver",
    "x-app-name",
    "x-app-ver",
    "client-request-id",
    "msafed",
    "clidata",
    "brk_client_id",
    "brk_redirect_uri",
    "dm",
    "wsucxt",
    "telemetry",
    "haschrome",
    "nux",
    "domain",
    "nopa",
    "username",
    "iframe-request-id",
];

impl Endpoint {
    /// By the segments of the path.
    pub fn of(path: &[String]) -> Self {
        let last = path.last().map(|segment| segment.to_ascii_lowercase()).unwrap_or_default();
        let has = |name: &str| path.iter().any(|segment| segment.eq_ignore_ascii_case(name));
        match last.as_str() {
            "authorize" if path.len() > 2 && path[path.len() - 2].eq_ignore_ascii_case("oauth2") => {
                Self::AuthorizeV1
            }
            "authorize" | "auth" | "authorization" => Self::Authorize,
            "adminconsent" if has("v2.0") => Self::AdminConsent,
            "adminconsent" => Self::AdminConsentV1,
            "logout" | "signout" | "endsession" => Self::Logout,
            "token" => Self::Token,
            "devicecode" | "device_authorization" => Self::DeviceCode,
            _ => Self::Other,
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Authorize => "Authorization request",
            Self::AuthorizeV1 => "Authorization request, version 1",
            Self::AdminConsent => "Administrator's consent",
            Self::AdminConsentV1 => "Administrator's consent, version 1",
            Self::Logout => "Sign-out",
            Self::Token => "Token endpoint",
            Self::DeviceCode => "Device authorization endpoint",
            Self::Other => "An address",
        }
    }

    /// For programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::AuthorizeV1 => "authorize_v1",
            Self::AdminConsent => "admin_consent",
            Self::AdminConsentV1 => "admin_consent_v1",
            Self::Logout => "logout",
            Self::Token => "token",
            Self::DeviceCode => "device_code",
            Self::Other => "other",
        }
    }

    /// Whether it knows a parameter of that name.
    pub fn takes(self, name: &str) -> bool {
        let any = |names: &[&str]| names.contains(&name);
        match self {
            Self::Authorize => any(AUTHORIZE),
            Self::AuthorizeV1 => any(AUTHORIZE) || name == "resource",
            Self::AdminConsent | Self::AdminConsentV1 => {
                any(&["client_id", "redirect_uri", "scope", "state"])
            }
            Self::Logout => any(&[
                "post_logout_redirect_uri",
                "id_token_hint",
                "logout_hint",
                "state",
                "client_id",
                "ui_locales",
                "sid",
            ]),
            Self::Token | Self::DeviceCode | Self::Other => true,
        }
    }
}

/// What the parameters are that stand in no standard.
pub fn own_meaning(name: &str) -> &'static str {
    match name {
        "request" => "the whole request as a signed JWT; Entra does not take it",
        "request_uri" => "where the whole request lies; Entra does not take it",
        "p" => "Azure AD B2C: the user flow or policy",
        "lc" | "mkt" => "Entra: the language of the pages",
        "brk_client_id" | "brk_redirect_uri" => "nested sign-in: the application that hosts this one",
        name if name.starts_with("x-") || name == "client-request-id" => {
            "what a library says of itself, for support"
        }
        _ => "a parameter of Microsoft's own libraries",
    }
}

pub fn check(address: &Address, report: &mut UrlReport) {
    let out = &mut report.findings;
    let is_local =
        ["localhost", "127.0.0.1", "[::1]"].contains(&address.host.split(':').next().unwrap_or_default());
    if address.scheme == "http" && !is_local {
        out.push(
            LintFinding::error("url.http", "url", "The sign-in address is http")
                .value(address.base.as_str())
                .why("Everything in it, and the page for the password, would travel in the clear. Entra answers on https only.")
                .fix("Write https."),
        );
    }
    if let Some((_, about)) = HOSTS.iter().find(|(host, about)| *host == address.host && !about.is_empty()) {
        out.push(
            LintFinding::info("url.host", "url", "Not the usual host")
                .value(address.host.as_str())
                .why(*about)
                .fix("If that is not meant: login.microsoftonline.com."),
        );
    }
    match report.endpoint {
        Endpoint::Token | Endpoint::DeviceCode => out.push(
            LintFinding::error("url.endpoint", "url", "A browser has no business at this endpoint")
                .value(address.base.as_str())
                .fails("A GET, or a form of a page", &[900_561])
                .why("It takes POST with the parameters in the body, sent by the application itself. The address for the browser ends with /authorize.")
                .fix("Send people to /oauth2/v2.0/authorize."),
        ),
        Endpoint::Other => out.push(
            LintFinding::warning("url.endpoint", "url", "This is no authorization endpoint that is known here")
                .value(address.base.as_str())
                .why("Entra's ends with /oauth2/v2.0/authorize.")
                .fix("Take the address from authorization_endpoint of the metadata."),
        ),
        Endpoint::AuthorizeV1 => out.push(
            LintFinding::warning("url.version_1", "url", "The endpoint of version 1")
                .value(address.base.as_str())
                .why("It takes the API from resource and ignores what scope says of permissions. Personal accounts cannot sign in there (AADSTS50194, 9001023 and their like).")
                .fix(format!("Write {}", address.base.replacen("/oauth2/", "/oauth2/v2.0/", 1))),
        ),
        Endpoint::Authorize | Endpoint::AdminConsent | Endpoint::AdminConsentV1 | Endpoint::Logout => {}
    }
    if !address.is_entra() {
        return;
    }
    tenant(address, report);
}

fn tenant(address: &Address, report: &mut UrlReport) {
    let Some(tenant) = report.tenant.clone() else {
        if !address.host.ends_with(".ciamlogin.com") && report.endpoint != Endpoint::Other {
            report.findings.push(
                LintFinding::error("tenant.missing", "tenant", "The tenant is missing in the path")
                    .value(address.base.as_str())
                    .fails("The request", &[90002, 900_023])
                    .why("Between host and /oauth2 stands a tenant's id or domain, or common, organizations or consumers.")
                    .fix("Put the tenant's id there."),
            );
        }
        return;
    };
    let finding = |id, title: &str, codes: &'static [u32], why: &str| {
        LintFinding::error(id, "tenant", title)
            .value(tenant.as_str())
            .fails("The request", codes)
            .why(why)
            .fix("Put the tenant's id or domain there.")
    };
    let is_client = report.get("client_id").is_some_and(|client| client.eq_ignore_ascii_case(&tenant));
    let found = if is_placeholder(&tenant) {
        Some(finding(
            "tenant.placeholder",
            "The tenant is a placeholder that nobody filled",
            &[900_023, 90002],
            "A setting is missing where the address is put together.",
        ))
    } else if is_zero(&tenant) {
        Some(finding(
            "tenant.zero",
            "The tenant is the zero GUID",
            &[900_021],
            "It stands for no tenant: a setting has its default value.",
        ))
    } else if is_client {
        Some(finding(
            "tenant.is_client",
            "The tenant is the client id",
            &[90002],
            "Both are GUIDs and stand side by side in the portal: Application (client) ID and Directory (tenant) ID.",
        ))
    } else if !is_guid(&tenant)
        && !tenant.contains('.')
        && !["common", "organizations", "consumers"].contains(&tenant.to_ascii_lowercase().as_str())
    {
        Some(finding(
            "tenant.form",
            "This has the form of no tenant",
            &[90002, 900_023],
            "It is a GUID, a domain such as contoso.onmicrosoft.com, or common, organizations or consumers.",
        ))
    } else {
        None
    };
    report.findings.extend(found);
}
