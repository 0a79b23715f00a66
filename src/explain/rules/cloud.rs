//! Clouds and protocols that were mixed up: hosts, tenants and APIs of different clouds, and SAML where OAuth is meant.

use super::{Case, Check, Found, wording};
use crate::wire::Request;

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] =
    &[("cloud.mismatch", mismatch), ("grant.other_cloud", other_cloud), ("saml.mixed_up", mixed_up)];

/// A national cloud: directories and applications of one are unknown in the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cloud {
    Public,
    Government,
    China,
    Germany,
}

impl Cloud {
    const fn host(self) -> &'static str {
        match self {
            Self::Public => "login.microsoftonline.com",
            Self::Government => "login.microsoftonline.us",
            Self::China => "login.partner.microsoftonline.cn",
            Self::Germany => "login.microsoftonline.com, as the German cloud is closed",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Public => "the public cloud",
            Self::Government => "US Government",
            Self::China => "China",
            Self::Germany => "Germany, closed",
        }
    }

    /// The cloud of a host, or of a domain that a tenant has from the start.
    fn of(host: &str) -> Option<Self> {
        const HOSTS: [(&str, Cloud); 24] = [
            ("microsoftonline.us", Cloud::Government),
            ("usgovcloudapi.net", Cloud::Government),
            ("onmicrosoft.us", Cloud::Government),
            ("graph.microsoft.us", Cloud::Government),
            ("azure.us", Cloud::Government),
            ("sharepoint.us", Cloud::Government),
            ("office365.us", Cloud::Government),
            ("microsoftonline.cn", Cloud::China),
            ("chinacloudapi.cn", Cloud::China),
            ("onmschina.cn", Cloud::China),
            ("azure.cn", Cloud::China),
            ("sharepoint.cn", Cloud::China),
            ("microsoftonline.de", Cloud::Germany),
            ("onmicrosoft.de", Cloud::Germany),
            ("microsoftonline.com", Cloud::Public),
            ("login.windows.net", Cloud::Public),
            ("sts.windows.net", Cloud::Public),
            ("onmicrosoft.com", Cloud::Public),
            ("graph.microsoft.com", Cloud::Public),
            ("management.azure.com", Cloud::Public),
            ("management.core.windows.net", Cloud::Public),
            ("vault.azure.net", Cloud::Public),
            ("storage.azure.com", Cloud::Public),
            ("sharepoint.com", Cloud::Public),
        ];
        let host = host.trim().trim_end_matches(['/', '.']).to_ascii_lowercase();
        let under = |domain: &str| {
            host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
        };
        HOSTS.iter().find(|(domain, _)| under(domain)).map(|(_, cloud)| *cloud)
    }

    /// The cloud that a text names in words.
    fn named(text: &str) -> Option<Self> {
        let is_there = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if is_there(&[
            "us government",
            "usgov",
            "microsoftonline.us",
            "azureusgovernment",
            "gcc high",
            "fairfax",
        ]) {
            Some(Self::Government)
        } else if is_there(&["21vianet", "azurechina", "microsoftonline.cn", "mooncake", "chinacloudapi.cn"])
        {
            Some(Self::China)
        } else {
            None
        }
    }
}

/// What shows a cloud: where it stands, and the value.
fn signs(case: &Case<'_>) -> Vec<(&'static str, String, Cloud)> {
    let mut signs = Vec::new();
    let mut add = |place, value: &str, host: &str| {
        signs.extend(Cloud::of(host).map(|cloud| (place, value.to_owned(), cloud)));
    };
    let host = case.evidence.request.as_ref().and_then(|request| request.url.host_str());
    let authority = case.facts.get("authority").and_then(|authority| authority.split("://").nth(1));
    if let Some(host) = host.or(authority) {
        add("host of the request", host, host);
    }
    if let Some(tenant) = case.facts.get("tenant") {
        add("tenant in the path", tenant, tenant);
    }
    let wanted = [case.param("resource"), case.facts.get("scope")];
    for wanted in wanted.into_iter().flatten().flat_map(str::split_whitespace) {
        let host = wanted.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        add("the API that is asked for", wanted, host);
    }
    let told =
        wording::quoted_after(&case.sentence, &["resource principal named", "in the directory", "tenant"]);
    if let Some(told) = told {
        let host = told.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(told);
        add("the message", told, host);
    }
    if let Some(domain) = case.app().and_then(|app| app.publisher_domain.as_deref()) {
        add("registration publisherDomain", domain, domain);
    }
    if let Some(token) = case.presented.client.as_ref() {
        let audience = super::assertion::text(token, "aud");
        let host = audience.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        add("aud of the client assertion", audience, host);
    }
    signs
}

pub(super) fn mismatch(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["tenant.in_this_cloud"]) {
        return Some(found);
    }
    let signs = signs(case);
    let other = signs.first().and_then(|first| Some((first, signs.iter().find(|sign| sign.2 != first.2)?)));
    if let Some(((place, value, cloud), (other_place, other_value, other))) = other {
        return Found::likely(
            place,
            &format!("{value} ({})", cloud.name()),
            &format!("{} ({})", other.host(), other.name()),
        )
        .map(|found| {
            found.and(
                other_place,
                &format!("{other_value} ({})", other.name()),
                &format!("of {}", cloud.name()),
            )
        })
        .map(|found| found.with("found", other.host()));
    }
    if !matches!(case.code, Some(90038 | 900_382 | 900_432 | 900_439)) {
        return None;
    }
    let told = Cloud::named(&case.message).filter(|cloud| signs.iter().all(|sign| sign.2 != *cloud));
    let sent = signs.first().map_or("the public cloud's host", |(_, value, _)| value.as_str());
    let expected = told.map_or("the host of the tenant's own cloud", Cloud::host);
    Found::likely("host of the request", sent, expected)
}

/// A token of one cloud that is exchanged in another.
fn other_cloud(case: &Case<'_>) -> Option<Found> {
    let issuer = super::assertion::text(case.presented.user.as_ref()?, "iss");
    let host = issuer.split("://").nth(1)?.split('/').next()?;
    let here = case.evidence.request.as_ref()?.url.host_str()?;
    let (theirs, ours) = (Cloud::of(host)?, Cloud::of(here)?);
    if theirs == ours {
        return Found::excluded();
    }
    Found::likely(
        "iss of the assertion",
        &format!("{issuer} ({})", theirs.name()),
        &format!("{here} ({})", ours.name()),
    )
}

fn is_saml(request: &Request) -> bool {
    let path = request.url.path().to_ascii_lowercase();
    path.contains("/saml2")
        || path.contains("/wsfed")
        || path.contains("/samlp")
        || request.query().get("SAMLRequest").is_some()
}

/// Words of SAML in addresses and logs.
const PATHS: [&str; 6] = ["/saml2", "/wsfed", "samlrequest", "saml 2.0", "passport-saml", "saml"];

fn mixed_up(case: &Case<'_>) -> Option<Found> {
    let oauth = "an OAuth path: /oauth2/v2.0/authorize or /oauth2/v2.0/token";
    let mode = case
        .evidence
        .service_principal
        .found()
        .and_then(|principal| principal.single_sign_on_mode.as_deref());
    if mode.is_some_and(|mode| mode.eq_ignore_ascii_case("saml")) {
        return Found::likely(
            "service principal preferredSingleSignOnMode",
            "saml",
            "a registration of its own for OAuth",
        );
    }
    if let Some(request) = &case.evidence.request {
        if is_saml(request) {
            let path = request.url.path();
            let has_message =
                request.query().get("SAMLRequest").is_some() || request.form().get("SAMLRequest").is_some();
            let sent = if has_message {
                format!("{path} with SAMLRequest")
            } else {
                format!("{path} without SAMLRequest")
            };
            return Found::likely("path of the request", &sent, oauth);
        }
        if case.code == Some(700_016) && request.url.path().contains("/oauth2/") {
            return Found::excluded();
        }
    }
    if case.code == Some(700_016) {
        // OAuth knows GUIDs only; an entity id is an address or a name.
        let told = super::client_id::asked(case)?;
        let is_entity = told.starts_with("http://")
            || (told.starts_with("https://") || told.starts_with("urn:"))
            || told.starts_with("spn:");
        return if is_entity {
            Found::likely(
                "identifier in the message",
                told,
                "the entity id of a SAML application, or a client id",
            )
        } else {
            None
        };
    }
    let path = PATHS.into_iter().find(|path| case.says(&[path]));
    path.and_then(|path| {
        Found::likely("the message", &format!("speaks of {path}"), "one protocol on both sides")
    })
}
