//! Who sent a request: a page in a browser, or a program. The platform of a redirect URI must fit that.

use super::Case;

/// Who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// Code in a page.
    Browser,
    /// A server, a tool, a desktop application.
    Program,
    /// Nothing tells.
    Unknown,
}

/// Who sent it, and what tells so: where, and what stood there.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub sender: Sender,
    pub place: &'static str,
    pub value: String,
}

/// Words of a `User-Agent` that no browser sends.
const PROGRAMS: [&str; 34] = [
    "postman",
    "insomnia",
    "bruno",
    "curl/",
    "wget/",
    "httpie",
    "python",
    "aiohttp",
    "httpx",
    "axios",
    "node",
    "undici",
    "got (",
    "go-http-client",
    "okhttp",
    "java/",
    "apache-httpclient",
    "powershell",
    "ruby",
    "faraday",
    "guzzle",
    "php",
    "dart",
    "rest-client",
    "deno",
    "bun/",
    "spring",
    "reactornetty",
    "dotnet",
    "restsharp",
    "libwww",
    "thunder client",
    "reqwest",
    "openid-client",
];

/// Words of a log that stem from libraries for pages.
const PAGE_WORDS: [&str; 10] = [
    "msal-browser",
    "msal.js.browser",
    "browserautherror",
    "clientautherror",
    "msal-react",
    "msal-angular",
    "oidc-client",
    "access to xmlhttprequest",
    "access to fetch at",
    "blocked by cors policy",
];

/// Words of a log that stem from servers.
const SERVER_WORDS: [&str; 20] = [
    "next-auth",
    "nextauth",
    "[auth]",
    "traceback (most recent call last)",
    "org.springframework",
    "passport",
    "oauthlib",
    "node:internal",
    "node_modules",
    "microsoft.identity.web",
    "microsoft.identitymodel",
    "openidconnecthandler",
    "openid-client",
    "/.auth/login",
    "django",
    "flask",
    "laravel",
    "guzzlehttp",
    "omniauth",
    "oauth2-proxy",
];

/// Reads headers, parameters and, at last, the words of a log. The page that a person was sent through is always a
/// browser's, so the headers of an authorize request tell nothing.
pub(super) fn sender(case: &Case<'_>) -> Told {
    let told =
        |sender: Sender, place: &'static str, value: &str| Told { sender, place, value: value.to_owned() };
    let is_page = case.param("response_type").is_some() && case.grant().is_none();
    let agent = case.header("user-agent").unwrap_or_default();
    let lower = agent.to_ascii_lowercase();
    if !is_page {
        if PROGRAMS.iter().any(|word| lower.contains(word)) {
            return told(Sender::Program, "request User-Agent", agent);
        }
        if case.header("postman-token").is_some() {
            return told(Sender::Program, "request Postman-Token", "present");
        }
    }
    let library = case.param("x-client-sku").or(case.param("x-client-SKU")).or(case.header("x-client-sku"));
    if let Some(library) = library {
        let name = library.to_ascii_lowercase();
        let is_browsers = name.contains("browser") || name == "msal.js";
        let sender = if is_browsers { Sender::Browser } else { Sender::Program };
        return told(sender, "request x-client-SKU", library);
    }
    if !is_page {
        let is_forwarded =
            ["x-forwarded-for", "forwarded", "via"].into_iter().find(|name| case.header(name).is_some());
        let proves_itself =
            ["client_secret", "client_assertion"].into_iter().find(|name| case.param(name).is_some());
        let has_basic = case
            .header("authorization")
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("basic "));
        if let Some(name) = is_forwarded {
            return told(Sender::Program, "request headers", &format!("{name}, which a proxy adds"));
        }
        if let Some(mode) = case.header("sec-fetch-mode") {
            return told(Sender::Browser, "request Sec-Fetch-Mode", mode);
        }
        if lower.starts_with("mozilla/") {
            return told(Sender::Browser, "request User-Agent", agent);
        }
        if let Some(name) = proves_itself {
            return told(Sender::Program, "request", &format!("{name}, which pages do not have"));
        }
        if has_basic {
            return told(Sender::Program, "request Authorization", "Basic, which pages do not have");
        }
    }
    let says = |words: &[&'static str]| words.iter().copied().find(|word| case.says(&[word]));
    if let Some(word) = says(&SERVER_WORDS) {
        return told(Sender::Program, "the text", word);
    }
    if let Some(word) = says(&PAGE_WORDS) {
        return told(Sender::Browser, "the text", word);
    }
    told(Sender::Unknown, "", "")
}
