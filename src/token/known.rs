//! Ids and issuers that everybody meets in Entra's tokens: reference §12.5 (ids), §1.3 (hosts), §8.1 (issuers).

use serde_json::{Map, Value};
use uuid::Uuid;

/// The tenant of all personal Microsoft accounts.
pub(super) const PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What personal accounts' object ids begin with.
pub(super) const PERSONAL_OBJECT: &str = "00000000-0000-0000-";

/// Microsoft's resources, by the ways their tokens name them in `aud` (without a final slash).
const RESOURCES: &[(&str, &str)] = &[
    ("00000003-0000-0000-c000-000000000000", GRAPH),
    ("https://graph.microsoft.com", GRAPH),
    ("https://graph.microsoft.us", GRAPH),
    ("https://dod-graph.microsoft.us", GRAPH),
    ("https://microsoftgraph.chinacloudapi.cn", GRAPH),
    ("00000002-0000-0000-c000-000000000000", "Azure AD Graph (retired)"),
    ("https://graph.windows.net", "Azure AD Graph (retired)"),
    ("797f4846-ba00-4fd7-ba43-dac1f8f63013", "Azure Resource Manager"),
    ("https://management.azure.com", "Azure Resource Manager"),
    ("https://management.core.windows.net", "Azure Resource Manager"),
    ("cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "Azure Key Vault"),
    ("https://vault.azure.net", "Azure Key Vault"),
    ("e406a681-f3d4-42a8-90b6-c2b029497af1", "Azure Storage"),
    ("https://storage.azure.com", "Azure Storage"),
    ("00000007-0000-0000-c000-000000000000", "Dataverse"),
    ("api://azureadtokenexchange", "workload identity federation (an exchange for another token)"),
];

const GRAPH: &str = "Microsoft Graph";

/// Microsoft's own client applications.
const CLIENTS: &[(&str, &str)] = &[
    ("04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Azure CLI"),
    ("1950a258-227b-4e31-a9cf-717495945fc2", "Azure PowerShell"),
    ("872cd9fa-d31f-45e0-9eab-6e460a02d1f1", "Visual Studio"),
    ("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office"),
    ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams"),
    ("de8bc8b5-d9f9-48b1-a8ad-b748da725064", "Graph Explorer"),
];

/// Hosts of Entra's issuers, in every cloud.
const HOSTS: &[&str] = &[
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
    "login.microsoftonline.us",
    "login.usgovcloudapi.net",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "login-us.microsoftonline.com",
    "login.microsoftonline.de",
    "login.windows-ppe.net",
    "sts.windows-ppe.net",
    "login.microsoft-ppe.com",
    "login.sovcloud-identity.fr",
    "login.sovcloud-identity.de",
    "login.sovcloud-identity.sg",
];

fn look_up(table: &[(&str, &'static str)], wanted: &str) -> Option<&'static str> {
    table.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, name)| *name)
}

/// The name of the Microsoft resource behind an audience.
pub(super) fn resource(audience: &str) -> Option<&'static str> {
    look_up(RESOURCES, audience.trim_end_matches('/'))
}

/// The name of the Microsoft application behind a client id.
pub(crate) fn client(id: &str) -> Option<&'static str> {
    look_up(CLIENTS, id)
}

/// Whether the token is for Microsoft Graph: one audience, and that is it.
pub(super) fn is_for_graph(claims: &Map<String, Value>) -> bool {
    claims.get("aud").and_then(Value::as_str).and_then(resource) == Some(GRAPH)
}

/// The host of Microsoft Graph in the cloud of an issuer (reference §1.3).
pub(super) fn graph_host(issuer: &str) -> &'static str {
    match issuer_host(issuer).to_ascii_lowercase().as_str() {
        "login.microsoftonline.us" | "login.usgovcloudapi.net" => "graph.microsoft.us",
        "login.partner.microsoftonline.cn" | "login.chinacloudapi.cn" => "microsoftgraph.chinacloudapi.cn",
        _ => "graph.microsoft.com",
    }
}

/// Whether `text` is a GUID in its usual form with hyphens.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// The host of an issuer, without port.
pub(super) fn issuer_host(issuer: &str) -> &str {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.split_once(':').map_or(authority, |(host, _)| host)
}

/// Whether a host is one of Entra's, in any cloud.
pub(super) fn is_entra_host(host: &str) -> bool {
    HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host))
}

/// Whether the claims are of the form Entra gives them: by its hosts, or by version and tenant as any simulation of it
/// has them.
pub(super) fn is_entra(claims: &Map<String, Value>) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let host = issuer_host(text("iss"));
    is_entra_host(host) || is_guid(text("tid")) && matches!(text("ver"), "1.0" | "2.0")
}

/// Whether the claims are those of a workload outside Entra, by the audience of the exchange or by the issuer.
pub(super) fn is_workload(claims: &Map<String, Value>) -> bool {
    let is_exchange = |audience: &str| {
        let name = "api://azureadtokenexchange";
        audience.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let audiences = match claims.get("aud") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    audiences.iter().filter_map(Value::as_str).any(is_exchange)
        || issuer_host(issuer).eq_ignore_ascii_case("token.actions.githubusercontent.com")
}

/// Another kind of issuer that is known by its form: what to call it.
pub(super) fn other_issuer(issuer: &str) -> Option<&'static str> {
    let host = issuer_host(issuer).to_ascii_lowercase();
    let path =
        issuer.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let under =
        |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let kind = if host == "token.actions.githubusercontent.com" {
        "GitHub Actions (a workflow's identity)"
    } else if host == "accounts.google.com" {
        "Google"
    } else if under("b2clogin.com") || path.starts_with("tfp/") {
        "Azure AD B2C"
    } else if under("ciamlogin.com") {
        "Entra External ID"
    } else if under("okta.com") || under("oktapreview.com") {
        "Okta"
    } else if under("auth0.com") {
        "Auth0"
    } else if path.starts_with("realms/") || path.contains("/realms/") {
        "Keycloak"
    } else if host.starts_with("cognito-idp.") && under("amazonaws.com") {
        "Amazon Cognito"
    } else if path == "adfs" || path.starts_with("adfs/") {
        "AD FS"
    } else if host.starts_with("kubernetes.default") || issuer == "kubernetes/serviceaccount" {
        "Kubernetes (a service account)"
    } else {
        return None;
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_with_a_slash() {
        assert_eq!(resource("https://GRAPH.microsoft.com/"), Some(GRAPH));
        assert_eq!(client("04B07795-8DDB-461A-BBEE-02F9E1BF7B46"), Some("Azure CLI"));
        assert_eq!(resource("https://graph.microsoft.com.evil.example"), None);
    }

    #[test]
    fn issuers_are_known_by_host_not_by_substring() {
        assert_eq!(other_issuer("https://accounts.google.com"), Some("Google"));
        assert_eq!(other_issuer("https://accounts.google.com.evil.example"), None);
        assert_eq!(other_issuer("https://notokta.com"), None);
        assert_eq!(other_issuer("https://dev-1.okta.com/oauth2/default"), Some("Okta"));
        assert_eq!(other_issuer("https://idp.example:8443/realms/shop"), Some("Keycloak"));
        assert_eq!(issuer_host("http://127.0.0.1:7080/t/v2.0"), "127.0.0.1");
    }
}
