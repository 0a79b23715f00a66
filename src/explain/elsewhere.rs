//! Whose authority it is, where it is not Entra: what that provider calls its registrations, and where they stand.
//!
//! Most causes are the same everywhere, and most of their prose is. What differs is where things are mended: nobody changes
//! a client of Okta with `az`. So commands of Azure are left out there, and a sentence takes their place that names the page
//! of the provider's own console.

use std::sync::LazyLock;

use url::Url;

use super::{Cause, Evidence, Fix, entry::Entry, phrases, place::Place};
use crate::{text::beginning, wire::Request};

/// A provider of sign-ins other than Entra.
pub(super) struct Provider {
    /// How it calls itself.
    name: &'static str,
    /// Ends of host names, in lower case.
    hosts: &'static [&'static str],
    /// Parts of paths that only its servers have.
    paths: &'static [&'static str],
    /// Words in its messages, in lower case.
    words: &'static [&'static str],
    /// Where clients are registered.
    client: &'static str,
    /// What the list of redirect URIs is called.
    redirects: &'static str,
    /// Where secrets stand.
    secret: &'static str,
    /// Where scopes and APIs are defined.
    scopes: &'static str,
    /// Where people, groups and rules about them are looked after.
    people: &'static str,
}

const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Google",
        hosts: &["accounts.google.com", "googleapis.com", "googleusercontent.com"],
        paths: &[],
        words: &[
            "google",
            "googleusercontent",
            "deleted_client",
            "admin_policy_enforced",
            "disallowed_useragent",
        ],
        client: "the OAuth client in the Google Cloud console (Google Auth Platform, Clients; formerly APIs & Services, Credentials)",
        redirects: "Authorized redirect URIs",
        secret: "Client secrets",
        scopes: "Data access (the scopes of the consent screen)",
        people: "Audience (publishing status and test users), and App access control in the Admin console",
    },
    Provider {
        name: "GitHub",
        hosts: &["github.com"],
        paths: &["/login/oauth/"],
        words: &[
            "github.com/login",
            "the redirect_uri must match the registered callback",
            "incorrect_client_credentials",
            "the code passed is incorrect or expired",
            "device_flow_disabled",
        ],
        client: "the application under Settings, Developer settings of GitHub (OAuth Apps or GitHub Apps)",
        redirects: "Authorization callback URL",
        secret: "Client secrets",
        scopes: "the scopes of OAuth apps, or the Permissions of a GitHub App",
        people: "the organisation's settings for third-party access",
    },
    Provider {
        name: "Okta",
        hosts: &[".okta.com", ".oktapreview.com", ".okta-emea.com"],
        paths: &["/oauth2/default/v1/", "/oauth2/v1/authorize", "/oauth2/v1/token"],
        words: &[
            "okta",
            "login redirect uri in the client app settings",
            "configured for the authorization server resource",
            "policy evaluation failed",
            "user is not assigned to the client application",
        ],
        client: "the application in the Okta Admin Console (Applications, General)",
        redirects: "Sign-in redirect URIs",
        secret: "Client Credentials",
        scopes: "Security, API: Scopes and Access Policies of the authorization server",
        people: "Assignments of the application, and its authentication policy",
    },
    Provider {
        name: "Auth0",
        hosts: &[".auth0.com"],
        paths: &[],
        words: &["auth0", "callback url mismatch", "list of allowed callback urls", "service not found:"],
        client: "the application in the Auth0 Dashboard (Applications, Settings)",
        redirects: "Allowed Callback URLs",
        secret: "Client Secret (Credentials)",
        scopes: "Applications, APIs: Identifier, Permissions, and Machine to Machine Applications",
        people: "Actions and the user's entry in the Dashboard",
    },
    Provider {
        name: "Keycloak",
        hosts: &[],
        paths: &["/protocol/openid-connect/", "/realms/"],
        words: &[
            "keycloak",
            "invalid parameter: redirect_uri",
            "invalid client or invalid client credentials",
            "account is not fully set up",
            "token is not active",
            "/realms/",
        ],
        client: "the client in the Keycloak admin console (Clients, Settings)",
        redirects: "Valid redirect URIs",
        secret: "Credentials of the client",
        scopes: "Client scopes, and the client's mappers",
        people: "Users (Required user actions) and the flows under Authentication",
    },
    Provider {
        name: "Amazon Cognito",
        hosts: &[".amazoncognito.com", "cognito-idp.amazonaws.com"],
        paths: &[],
        words: &[
            "cognito",
            "amazoncognito",
            "redirect_mismatch",
            "invalid_client_secret",
            "secret_hash",
            "user pool client",
        ],
        client: "the app client of the user pool in the Amazon Cognito console",
        redirects: "Allowed callback URLs (Login pages)",
        secret: "the app client's secret, which cannot be changed: a new app client has a new one",
        scopes: "Resource servers (Domain), and the app client's custom scopes",
        people: "Users and groups of the user pool",
    },
    Provider {
        name: "AD FS",
        hosts: &[],
        paths: &["/adfs/"],
        words: &["msis9", "msis7", "msis5", "msis3", "/adfs/", "ad fs", "adfs"],
        client: "the application group in AD FS Management (Get-AdfsNativeClientApplication, Get-AdfsServerApplication)",
        redirects: "RedirectUri: Set-AdfsNativeClientApplication or Set-AdfsServerApplication -RedirectUri",
        secret: "Set-AdfsServerApplication -ResetClientSecret",
        scopes: "Get-AdfsWebApiApplication and Get-AdfsApplicationPermission",
        people: "the access control policy of the application",
    },
    Provider {
        name: "Ping",
        hosts: &[".pingone.com", ".pingone.eu", ".pingone.asia", ".pingone.ca", ".pingidentity.com"],
        paths: &["/as/authorization.oauth2", "/as/token.oauth2"],
        words: &["pingfederate", "pingone", "pingidentity"],
        client: "the application in the PingOne console (Applications), or the client in PingFederate (OAuth, Clients)",
        redirects: "Redirect URIs",
        secret: "Client Secret",
        scopes: "Resources of the application, or Scope Management",
        people: "Access and Policies of the application",
    },
    Provider {
        name: "Apple",
        hosts: &["appleid.apple.com"],
        paths: &[],
        words: &["appleid.apple.com", "sign in with apple"],
        client: "the Services ID in Apple's developer account (Certificates, Identifiers & Profiles)",
        redirects: "Return URLs of Sign in with Apple",
        secret: "the JWT that you sign: iss is the team ID, sub the Services ID, kid the key ID, exp at most six months ahead",
        scopes: "name and email, the only scopes there are",
        people: "the account's own settings",
    },
    Provider {
        name: "OneLogin",
        hosts: &[".onelogin.com"],
        paths: &["/oidc/2/"],
        words: &["onelogin"],
        client: "the application in the OneLogin administration (Applications, Configuration and SSO)",
        redirects: "Redirect URIs",
        secret: "Client Secret (SSO)",
        scopes: "API Authorization",
        people: "Users and Rules of the application",
    },
    Provider {
        name: "GitLab",
        hosts: &["gitlab.com"],
        paths: &[],
        words: &["gitlab"],
        client: "the application under Applications in the settings of GitLab's user, group or instance",
        redirects: "Redirect URI",
        secret: "Secret",
        scopes: "Scopes of the application",
        people: "the group's or instance's sign-in restrictions",
    },
    Provider {
        name: "Salesforce",
        hosts: &[".salesforce.com", ".force.com"],
        paths: &["/services/oauth2/"],
        words: &["salesforce"],
        client: "the connected app in Salesforce Setup (App Manager)",
        redirects: "Callback URL",
        secret: "Consumer Secret",
        scopes: "Selected OAuth Scopes",
        people: "OAuth policies of the connected app (Permitted Users, IP Relaxation)",
    },
];

/// A provider about which no more is known than that it is not Entra.
static ANOTHER: Provider = Provider {
    name: "The provider",
    hosts: &[],
    paths: &[],
    words: &[],
    client: "the client's registration at the provider",
    redirects: "redirect URIs (callback URLs)",
    secret: "client secrets",
    scopes: "the scopes and APIs that it allows",
    people: "the people, groups and policies that it names",
};

/// Ends of Microsoft's own host names.
const MICROSOFT: [&str; 15] = [
    "microsoftonline.com",
    "microsoftonline.us",
    "microsoftonline.cn",
    "microsoftonline-p.com",
    "microsoft.com",
    "windows.net",
    "live.com",
    "b2clogin.com",
    "ciamlogin.com",
    "azure.com",
    "azure.net",
    "azure.us",
    "azure.cn",
    "office.com",
    "azurewebsites.net",
];

/// Words that only Microsoft's messages and libraries have, in lower case.
const MICROSOFTS_WORDS: [&str; 12] = [
    "aadsts",
    "aadb2c",
    "microsoft",
    "msal",
    "azure",
    "idx1",
    "idx2",
    "idw1",
    "entra",
    "login.live",
    "sts.windows",
    "b2clogin",
];

/// Entries that only other providers' words lead to.
static ELSEWHERE: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    vec![
        "redirect_uri_mismatch",
        "client_unknown",
        "deleted_client",
        "embedded_browser_refused",
        "blocked_by_administrator",
        "org_internal",
        "not_a_tester",
        "person_not_assigned",
        "policy_refuses",
        "grant_expired_elsewhere",
        "code_not_accepted",
        "client_refused",
        "secret_missing_elsewhere",
        "flow_disabled",
        "audience_unknown",
        "resource_not_allowed",
        "scope_not_offered",
        "account_not_ready",
        "wrong_password_elsewhere",
        "pkce_refused",
        "issuer_elsewhere",
        "incorrect_device_code",
        "loop_at_federation",
        "federation_path",
        "redirect_uri_unregistered",
        "origin_mismatch",
    ]
});

/// The provider, if the evidence says that it is another one than Entra. Hosts of requests count most, then the words of the
/// message, then that the failure is one that Entra words otherwise.
pub(super) fn provider(evidence: &Evidence, entry: &Entry, place: Place) -> Option<&'static Provider> {
    if evidence.lab || place == Place::Machine || entry.code.is_some() {
        return None;
    }
    let requests = [&evidence.request, &evidence.previous_request];
    if let Some(request) = requests.into_iter().flatten().find(|request| is_sign_in(request)) {
        if is_microsofts(&request.url) {
            return None;
        }
        return Some(of_url(&request.url).or_else(|| of_words(evidence)).unwrap_or(&ANOTHER));
    }
    if let Some(found) = of_words(evidence) {
        return (!speaks_microsoft(evidence)).then_some(found);
    }
    (ELSEWHERE.contains(&entry.error) && !speaks_microsoft(evidence)).then_some(&ANOTHER)
}

/// Whether a request goes to an authority: an API is called at addresses of its own.
fn is_sign_in(request: &Request) -> bool {
    let (query, form) = (request.query(), request.form());
    let asks = ["client_id", "grant_type", "response_type"];
    asks.iter().any(|name| query.get(name).or_else(|| form.get(name)).is_some())
        || request.url.path().contains("/.well-known/")
        || of_url(&request.url).is_some()
}

/// Microsoft's by its host, or by a path that only Entra has: it may stand behind a name of the company's own.
pub(super) fn is_microsofts(url: &Url) -> bool {
    if url.path().contains("/oauth2/v2.0/") {
        return true;
    }
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let is_own =
        |end: &str| host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    MICROSOFT.into_iter().any(is_own)
}

fn of_url(url: &Url) -> Option<&'static Provider> {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let path = url.path().to_ascii_lowercase();
    let ends = |end: &&str| {
        let bare = end.trim_start_matches('.');
        host.strip_suffix(bare).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let by_host = PROVIDERS.iter().find(|provider| provider.hosts.iter().any(ends));
    by_host.or_else(|| PROVIDERS.iter().find(|one| one.paths.iter().any(|part| path.contains(part))))
}

/// Whether an address in a message about redirect URIs can be the one that is meant: none of the provider's own pages.
pub(super) fn may_be_redirect_uri(address: &str) -> bool {
    let host_of = |url: &Url| url.host_str().unwrap_or_default().to_ascii_lowercase();
    let is_page = |url: &Url| {
        ["developers.", "developer.", "docs.", "support.", "help.", "aka.ms", "learn."]
            .iter()
            .any(|begin| host_of(url).starts_with(begin))
    };
    Url::parse(address).is_ok_and(|url| of_url(&url).is_none() && !is_microsofts(&url) && !is_page(&url))
}

/// All that is said, in lower case; a message that names its provider does it near its ends.
fn said(evidence: &Evidence) -> String {
    const MOST: usize = 16 * 1024;
    let of_refusal = evidence.refusal.as_ref().map(|refusal| {
        format!(
            "{} {} {}",
            refusal.error,
            refusal.description.as_deref().unwrap_or_default(),
            refusal.error_uri.as_deref().unwrap_or_default()
        )
    });
    let text = beginning(evidence.text.as_deref().unwrap_or_default(), MOST);
    format!("{}\n{text}", of_refusal.unwrap_or_default()).to_ascii_lowercase().replace("google chrome", "")
}

fn of_words(evidence: &Evidence) -> Option<&'static Provider> {
    let said = said(evidence);
    let by_address =
        phrases::addresses(&said).filter_map(|address| Url::parse(address).ok()).find_map(|url| of_url(&url));
    by_address
        .or_else(|| PROVIDERS.iter().find(|provider| provider.words.iter().any(|word| holds(&said, word))))
}

fn speaks_microsoft(evidence: &Evidence) -> bool {
    let said = said(evidence);
    MICROSOFTS_WORDS.iter().any(|word| holds(&said, word))
}

/// Whether a word begins somewhere in a text.
fn holds(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Whether a cause can be one with Entra only.
pub(super) fn is_entras_own(id: &str) -> bool {
    const OWN: [&str; 14] = [
        "scope.unqualified",
        "scope.named_in_client_credentials",
        "scope.default_mixed",
        "scope.app_role_as_scope",
        "tenant.",
        "endpoint.",
        "cloud.",
        "service_principal.",
        "client_id.is_object_id",
        "client_id.first_party_borrowed",
        "client.",
        "credential.secret_id_instead_of_value",
        "resource.v1_parameter",
        "resource.no_service_principal",
    ];
    OWN.iter().any(|own| id.starts_with(own))
}

impl Provider {
    /// What to look at there for a cause of that id.
    fn place(&self, id: &str) -> String {
        let family = id.split('.').next().unwrap_or_default();
        let at = |part: &str| format!("{part}, in {}", self.client);
        match family {
            "redirect_uri" | "platform" | "listener" | "browser" => at(self.redirects),
            "credential" | "security" => at(self.secret),
            "scope" | "resource" | "permission" | "token" | "obo" => self.scopes.to_owned(),
            "consent" | "user" | "ca" | "app" | "mfa" | "licence" | "ropc" => self.people.to_owned(),
            _ => self.client.to_owned(),
        }
    }

    /// What to do there about a cause of that id; `redirect_uri` is the one that was sent, if it is known.
    fn remedy(&self, id: &str, redirect_uri: Option<&str>) -> String {
        let place = self.place(id);
        let name = self.name;
        if id.starts_with("redirect_uri.") {
            let sent = redirect_uri.unwrap_or("the redirect URI of the request");
            return format!(
                "{name}: compare {sent} with {place}, letter by letter, and add it there (register it exactly as it is sent) or send one that stands there"
            );
        }
        if id.starts_with("refresh_token.") {
            let testing = if name == "Google" {
                "; while the consent screen is in testing they live for seven days only, so publish the app (production)"
            } else {
                ""
            };
            return format!(
                "{name}: let the person sign in again; how long refresh tokens live stands with {place}{testing}"
            );
        }
        format!("{name}: look at {place}")
    }

    /// The causes without fixes that are commands of Azure, and with what takes their place.
    pub fn reword(&self, causes: &mut [Cause], redirect_uri: Option<&str>) {
        // What is open is settled where the first of the open ones would be mended.
        let first_open = causes.get(1).map(|cause| cause.id.clone());
        for cause in causes {
            let about = if cause.id == "undetermined" {
                first_open.as_deref().unwrap_or_default()
            } else {
                &cause.id
            };
            let before = cause.fixes.len();
            let remedy = self.remedy(about, redirect_uri);
            cause.fixes.retain(|fix| !is_azures(fix));
            if cause.fixes.len() < before || cause.fixes.is_empty() || about.starts_with("redirect_uri.") {
                cause.fixes.insert(0, Fix { title: remedy, command: None });
            }
        }
    }
}

/// Whether a fix is for Azure only.
fn is_azures(fix: &Fix) -> bool {
    const WORDS: [&str; 6] =
        ["AuditLog.Read.All", "graph.microsoft.com", "login.microsoftonline.com", "Entra", "Azure", "az ad "];
    let command = fix.command.as_deref().unwrap_or_default();
    command.starts_with("az ") || WORDS.iter().any(|word| command.contains(word) || fix.title.contains(word))
}
