//! Client libraries and what surrounds them: state that was lost between two requests, metadata that cannot be read, a
//! listener that nobody reaches, a cache that is not kept, a flow that waits for a person, and two ways of being careless
//! with secrets and tokens.

use url::{Url, form_urlencoded};

use super::{
    super::{Certainty, phrases, symptoms::is_loopback},
    Case, Check, Found,
};
use crate::{entra::registration::Platform, secret, token::Decoded, wire::Request};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("library.state_of_another", |case| state_of_another(case).or_else(Found::excluded)),
    ("library.nonce_of_another", |case| nonce_of_another(case).or_else(Found::excluded)),
    ("library.state_other_host", |case| other_host(case).or_else(Found::excluded)),
    ("library.state_cookie", |case| cookie_blocked(case).or_else(Found::excluded)),
    ("library.keys_not_shared", |case| {
        case.said(&["unprotect", "data protection", "dataprotection", "key ring", "keys not shared"])
            .or_else(Found::excluded)
    }),
    ("library.state_lost", |case| {
        // The browser kept its part; what is gone is the program's.
        let expected = "the same value in what the program kept";
        if let (Some(sent), Some(arrived)) = (sent_state(case), arrived_state(case)) {
            let found = || Found::new(Certainty::Possible, "state of the answer", &arrived, expected);
            return (sent == arrived).then(found);
        }
        let word = ["nonce", "correlation", "csrf", "state"].into_iter().find(|word| case.says(&[word]))?;
        Some(Found::new(
            Certainty::Possible,
            &format!("{word} of the answer"),
            "not as it is remembered",
            expected,
        ))
    }),
    ("library.authority_misspelt", |case| misspelt(case).or_else(Found::excluded)),
    ("library.authority_path", |case| odd_path(case).or_else(Found::excluded)),
    ("library.authority_unknown", |case| unknown_authority(case).or_else(Found::excluded)),
    ("library.certificate", |case| {
        about_address(
            case,
            &[
                "ssl",
                "certificate",
                "untrustedroot",
                "pkix",
                "self signed",
                "self-signed",
                "tls",
                "handshake",
                "x509",
            ],
        )
    }),
    ("library.name_unknown", |case| {
        about_address(
            case,
            &[
                "enotfound",
                "getaddrinfo",
                "name or service not known",
                "no such host",
                "nxdomain",
                "unknownhostexception",
                "nodename nor servname",
                "name resolution",
                "could not resolve",
                "name could not be resolved",
                "err_name_not_resolved",
            ],
        )
    }),
    ("library.network", |case| {
        about_address(
            case,
            &[
                "etimedout",
                "timed out",
                "timeout",
                "proxy error",
                "proxyerror",
                "corporate proxy",
                "behind a proxy",
                "tunneling socket",
                "econnrefused",
                "connection refused",
                "econnreset",
                "failed to respond",
                "did not properly respond",
                "unreachable",
                "actively refused",
                "socket hang up",
                "fetch failed",
            ],
        )
    }),
    ("library.metadata", |case| {
        // The finer causes come first where they apply.
        let expected = "an answer with issuer and jwks_uri";
        let address = metadata_address(case).map(|address| ("address of the metadata", address));
        let status = ["404", "400 bad request", "403", "500", "502", "503"].into_iter();
        let mut answered = status.filter(|status| case.says(&[status]));
        let told = || Some(("the message", format!("says “{}”", answered.next()?)));
        let (place, sent) = address.or_else(told)?;
        Some(Found::new(Certainty::Possible, place, &sent, expected))
    }),
    ("credential.environment", |case| {
        let only_it = !case.says(&["managedidentitycredential", "imds", "managed identity"]);
        case.said(&["environmentcredential", "azure_client_id", "azure_tenant_id"]).filter(|_| only_it)
    }),
    ("listener.port_taken", |case| {
        case.said(&[
            "eaddrinuse",
            "address already in use",
            "port is already in use",
            "port already in use",
            "only one usage of each socket",
        ])
        .or_else(Found::excluded)
    }),
    ("listener.no_browser", |case| {
        case.said(&[
            "failed to open browser",
            "could not open browser",
            "couldn't open browser",
            "xdg-open",
            "no browser",
            "open a browser",
        ])
        .or_else(Found::excluded)
    }),
    ("listener.not_reached", not_reached),
    ("flow.needs_user", needs_user),
    ("cache.no_offline_access", no_offline_access),
    ("cache.not_kept", not_kept),
    ("security.secret_in_public_client", secret_shipped),
    ("security.implicit_flow", implicit),
];

// --- State ---

/// `state` of the authorization request.
fn sent_state(case: &Case<'_>) -> Option<String> {
    let of_request = || case.param("response_type").and(case.param("state"));
    case.previous_param("state").or_else(of_request).map(str::to_owned)
}

/// `state` with which the browser came back: in the request that the program refused, or in an address in the text.
fn arrived_state(case: &Case<'_>) -> Option<String> {
    let of_request = case.param("state").filter(|_| case.param("response_type").is_none()).map(str::to_owned);
    of_request.or_else(|| {
        let mut addresses =
            phrases::addresses(case.evidence.text.as_deref()?).filter_map(|text| Url::parse(text).ok());
        addresses.find_map(|address| {
            let part = |name: &str| {
                let in_query =
                    address.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
                let fragment = address.fragment().unwrap_or_default().as_bytes();
                let in_fragment = || {
                    let mut pairs = form_urlencoded::parse(fragment);
                    pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
                };
                in_query.or_else(in_fragment)
            };
            if part("response_type").is_some() { None } else { part("state") }
        })
    })
}

fn state_of_another(case: &Case<'_>) -> Option<Found> {
    match (sent_state(case), arrived_state(case)) {
        (Some(sent), Some(arrived)) if sent != arrived => {
            Found::likely("state of the answer", &arrived, &sent)
        }
        (Some(_), Some(_)) => Found::excluded(),
        _ => None,
    }
}

fn nonce_of_another(case: &Case<'_>) -> Option<Found> {
    let nonce =
        |token: &Decoded| token.claims.get("nonce").and_then(|nonce| nonce.as_str()).map(str::to_owned);
    let sent = case.previous_param("nonce").or_else(|| case.param("nonce"));
    match (sent, case.token.as_ref().and_then(nonce)) {
        (Some(sent), Some(got)) if sent != got => Found::likely("nonce of the ID token", &got, sent),
        (Some(_), Some(_)) => Found::excluded(),
        _ => None,
    }
}

/// The address of the callback: of the request that was refused, or where the answer had to go.
fn callback(case: &Case<'_>) -> Option<String> {
    let request = case.evidence.request.as_ref();
    let is_answer = |request: &&Request| {
        let params = [request.query(), request.form()];
        params.iter().any(|params| params.get("state").or(params.get("code")).is_some())
            && params.iter().all(|params| params.get("response_type").or(params.get("grant_type")).is_none())
    };
    let arrived = request.filter(is_answer).map(|request| request.url.to_string());
    let asked = || case.param("redirect_uri").or(case.previous_param("redirect_uri")).map(str::to_owned);
    let mentioned = || {
        let text = case.evidence.text.as_deref()?;
        let is_callback = |address: &&str| {
            ["signin-oidc", "callback", "/cb", "code=", "/auth", "redirect"]
                .iter()
                .any(|mark| address.contains(mark))
                && !address.contains("/oauth2/")
        };
        phrases::addresses(text).find(is_callback).map(str::to_owned)
    };
    arrived.or_else(asked).or_else(mentioned).or_else(|| case.facts.get("redirect_uri").map(str::to_owned))
}

fn host_of(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}

/// The sign-in began on another host than the one that the answer came to, so the cookie stayed behind.
fn other_host(case: &Case<'_>) -> Option<Found> {
    let back = callback(case)?;
    let previous = case.evidence.previous_request.as_ref();
    let referer = previous.and_then(|request| request.headers.get("referer")).map(str::to_owned);
    let is_authority = |host: &str| {
        ["microsoftonline", "login.live.com", "b2clogin", "ciamlogin", "windows.net"]
            .iter()
            .any(|mark| host.contains(mark))
    };
    let began = referer.filter(|referer| host_of(referer).is_some_and(|host| !is_authority(&host))).or_else(
        || {
            let own = host_of(&back)?;
            let differs = |address: &&str| {
                host_of(address)
                    .is_some_and(|host| host != own && !is_authority(&host) && same_site_by_eye(&host, &own))
            };
            phrases::addresses(case.evidence.text.as_deref()?).find(differs).map(str::to_owned)
        },
    )?;
    let (began_on, came_to) = (host_of(&began)?, host_of(&back)?);
    if began_on.eq_ignore_ascii_case(&came_to) {
        return None;
    }
    Some(Found::new(Certainty::Likely, "host where the sign-in began", &began_on, &came_to).and(
        "address of the callback",
        &back,
        &format!("an address on {began_on}"),
    ))
}

/// Whether two hosts look like names of one site: loopback names, or the same name with and without `www`.
fn same_site_by_eye(one: &str, other: &str) -> bool {
    let loopback = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let bare = |host: &str| host.trim_start_matches("www.").to_ascii_lowercase();
    (loopback(one) && loopback(other)) || bare(one) == bare(other)
}

/// The cookie could not come along: `form_post` or plain http with `SameSite`, or the callback came without cookies.
fn cookie_blocked(case: &Case<'_>) -> Option<Found> {
    let back = callback(case);
    let is_plain = back.as_deref().is_some_and(|back| back.starts_with("http://") && !is_loopback(back));
    let posted = case.param("response_mode").or(case.previous_param("response_mode")) == Some("form_post")
        || case.evidence.request.as_ref().is_some_and(|request| {
            request.form().get("state").is_some() && request.form().get("grant_type").is_none()
        });
    if is_plain {
        return Found::likely(
            "address of the callback",
            &back?,
            "https, because the cookie is marked Secure",
        );
    }
    if let Some(found) = case.said(&[
        "samesite",
        "same-site",
        "set-cookie was blocked",
        "third-party cookie",
        "cookie was blocked",
    ]) {
        return Some(found);
    }
    if posted {
        return Found::likely(
            "response_mode",
            "form_post",
            "a cookie with SameSite=None; Secure, or response_mode=query",
        );
    }
    let is_answer =
        case.evidence.request.as_ref().filter(|_| arrived_state(case).is_some() && case.has_headers());
    if is_answer.is_some_and(|request| request.headers.get("cookie").is_none()) {
        return Found::likely("request Cookie", "absent", "the cookie that was set when the sign-in began");
    }
    None
}

// --- Metadata ---

/// Hosts of authorities.
const AUTHORITIES: [&str; 6] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.windows.net",
    "sts.windows.net",
    "login.live.com",
];

/// The address that could not be read: of a discovery document, of keys, or the authority that was configured.
fn metadata_address(case: &Case<'_>) -> Option<String> {
    let text = case.evidence.text.as_deref().unwrap_or_default();
    let described =
        case.evidence.refusal.as_ref().and_then(|refusal| refusal.description.as_deref()).unwrap_or_default();
    let is_document = |address: &&str| {
        [".well-known", "/discovery/", "/keys", "/jwks", "/certs"].iter().any(|mark| address.contains(mark))
    };
    let is_authority = |address: &&str| {
        let names =
            ["login.", "sts.", "b2clogin", "ciamlogin", "/realms/", "okta", "auth0", "cognito", "/adfs"];
        !address.contains("aka.ms")
            && !address.contains("/docs")
            && names.iter().any(|name| address.contains(name))
    };
    let of_request = || {
        let url = case.evidence.request.as_ref()?.url.as_str();
        is_document(&url).then(|| url.to_owned())
    };
    let mentioned = || {
        let of = |text| {
            phrases::addresses(text).find(is_document).or_else(|| phrases::addresses(text).find(is_authority))
        };
        of(described).or_else(|| of(text)).map(str::to_owned)
    };
    of_request().or_else(mentioned)
}

fn misspelt(case: &Case<'_>) -> Option<Found> {
    let address = metadata_address(case)?;
    let host = host_of(&address)?.to_ascii_lowercase();
    let near = AUTHORITIES.into_iter().find(|known| *known != host && distance_at_most(&host, known, 3))?;
    // Real names that are close to each other by design.
    if AUTHORITIES.contains(&host.as_str()) {
        return None;
    }
    Some(
        Found::likely("host of the authority", &host, near)?
            .with("found", host)
            .with("authority", format!("https://{near}")),
    )
}

/// Whether at most so many letters have to be changed, added or dropped to make one name of the other.
fn distance_at_most(one: &str, other: &str, most: usize) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().take(80).collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return false;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.iter().enumerate() {
        let mut left = at + 1;
        let mut diagonal = std::mem::replace(&mut row[0], left);
        for (column, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            left = changed.min(left + 1).min(diagonal + 1);
            row[column + 1] = left;
        }
    }
    row[other.len()] <= most
}

fn odd_path(case: &Case<'_>) -> Option<Found> {
    let address = metadata_address(case)?;
    let url = Url::parse(&address).ok()?;
    let host = url.host_str()?;
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let count = |word: &str| segments.iter().filter(|segment| segment.eq_ignore_ascii_case(word)).count();
    let wrong = if count("v2.0") > 1 {
        "v2.0 stands in it twice"
    } else if count(".well-known") > 1 || count("openid-configuration") > 1 {
        "the well-known path stands in it twice"
    } else if address.trim_start_matches("https://").contains("https://") || address.contains("https:/https")
    {
        "it holds https:// twice"
    } else if AUTHORITIES.contains(&host)
        && segments.first().is_some_and(|first| [".well-known", "v2.0", "oauth2"].contains(first))
    {
        "no tenant stands in front"
    } else if AUTHORITIES.contains(&host)
        && (count("authorize") > 0 || count("token") > 0)
        && count(".well-known") > 0
    {
        "it was built from an endpoint in place of the authority"
    } else {
        return None;
    };
    Some(
        Found::likely(
            "address of the metadata",
            &format!("{address}: {wrong}"),
            "https://<authority>/<tenant>/v2.0/.well-known/openid-configuration",
        )?
        .with("found", wrong),
    )
}

fn unknown_authority(case: &Case<'_>) -> Option<Found> {
    let own_host = |host: &str| {
        ["b2clogin.com", "ciamlogin.com"].iter().any(|end| host.ends_with(end))
            || !host.contains("microsoftonline")
    };
    let untrusted = case.says(&[
        "untrusted_authority",
        "knownauthorities",
        "known authorities",
        "not in the list of trusted",
        "authority is not trusted",
        "untrusted authority",
    ]);
    let address = metadata_address(case);
    let host = address.as_deref().and_then(host_of).filter(|host| own_host(host));
    match (untrusted, host) {
        (true, Some(host)) => Some(
            Found::likely("host of the authority", &host, "a host that knownAuthorities names")?
                .with("found", host),
        ),
        (true, None) => {
            case.said(&["untrusted_authority", "knownauthorities", "known authorities", "trusted"])
        }
        _ => None,
    }
}

/// What the message says about the address that could not be read; ruled out where it says nothing of the kind.
fn about_address(case: &Case<'_>, words: &[&str]) -> Option<Found> {
    let Some(found) = words.iter().find(|word| case.says(&[word])) else { return Found::excluded() };
    let address = metadata_address(case);
    let place = address.as_deref().and_then(host_of).unwrap_or_else(|| "the authority".to_owned());
    let sent = format!("“{found}” for {}", address.as_deref().unwrap_or(&place));
    Some(Found::likely("the message", &sent, "an answer")?.with("found", place))
}

// --- Listener ---

fn not_reached(case: &Case<'_>) -> Option<Found> {
    let text = case.evidence.text.as_deref().unwrap_or_default();
    let asked =
        [case.param("redirect_uri"), case.previous_param("redirect_uri"), case.facts.get("redirect_uri")];
    let of_request = case.evidence.request.as_ref().map(|request| request.url.as_str());
    let mut all = phrases::addresses(text).chain(of_request).chain(asked.into_iter().flatten()).peekable();
    let any = all.peek().is_some();
    let Some(address) = all.find(|address| is_loopback(address)) else {
        let is_named = case.says(&["localhost", "127.0.0.1", "[::1]", "loopback"]);
        return if any && !is_named { Found::excluded() } else { None };
    };
    let url = Url::parse(address).ok()?;
    let port = url.port_or_known_default().unwrap_or(80);
    let place = format!("{}:{port}", url.host_str().unwrap_or("localhost"));
    let has_code = url.query_pairs().any(|(name, _)| name == "code");
    let sent = if has_code { format!("{address} (holds the code)") } else { address.to_owned() };
    Some(
        Found::likely("address in the browser", &sent, &format!("a program that listens on {place}"))?
            .with("found", place)
            .with("port", port.to_string()),
    )
}

// --- Flows and caches ---

fn needs_user(case: &Case<'_>) -> Option<Found> {
    case.said(&[
        "cron",
        "nightly",
        "scheduled",
        "daemon",
        "headless",
        "pipeline",
        "unattended",
        "background",
        "runbook",
        "timer",
        "systemd",
        "github actions",
        "build agent",
        "no browser",
        "no user interaction",
        "noninteractive",
        "non-interactive",
        "service account",
        "eoferror",
        "nobody",
        "no one",
        " job",
        "worker",
        "windows service",
        "hosted service",
        "devicelogin",
    ])
}

/// The scopes of the sign-in: those of the authorization or device code request, or of the redemption.
fn asked_scope<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    case.previous_param("scope").or_else(|| case.param("scope")).or_else(|| case.scope())
}

fn no_offline_access(case: &Case<'_>) -> Option<Found> {
    if matches!(case.grant(), Some("client_credentials" | "refresh_token")) {
        return Found::excluded(); // no refresh token belongs there, or there is one
    }
    let Some(scope) = asked_scope(case) else { return as_told(case) };
    if scope.split_whitespace().any(|one| one == "offline_access") {
        return Found::excluded();
    }
    let wanted = format!("{scope} offline_access");
    Some(Found::certain("request scope", scope, &wanted)?.with("corrected_scope", wanted))
}

/// The same from words alone: a scope that somebody quotes, or the hour after which access tokens end.
fn as_told(case: &Case<'_>) -> Option<Found> {
    if case.says(&["offline_access", "offline access"]) {
        return None;
    }
    let quoted = || {
        let rest = &case.message[case.message.find("scope")?..];
        let rest = crate::text::beginning(rest, 300);
        let begin = rest.find(['"', '\'', '=', '['])? + 1;
        let end = rest[begin..].find(['"', '&', ']', '\n']).map_or(rest.len(), |end| begin + end);
        let scope = rest[begin..end].trim();
        let names_api = ["openid", "profile", ".default", "user.read", "api://", "https://"];
        names_api.iter().any(|name| scope.contains(name)).then(|| scope.to_owned())
    };
    if let Some(scope) = quoted() {
        let wanted = format!("{scope} offline_access");
        return Some(Found::likely("scope in the text", &scope, &wanted)?.with("corrected_scope", wanted));
    }
    case.said(&["every hour", "each hour", "an hour", "one hour", "60 min", "hourly", "3600", "3599"])
}

fn not_kept(case: &Case<'_>) -> Option<Found> {
    let key = |request: &Request| {
        let form = request.form();
        let all = if form.0.is_empty() { request.query() } else { form };
        ["grant_type", "client_id", "scope", "username"].map(|name| all.get(name).map(str::to_owned))
    };
    let last = case.evidence.request.as_ref().map(key);
    if let Some(last) = last.filter(|last| last.iter().any(Option::is_some)) {
        let before = case.evidence.previous_request.iter().chain(&case.evidence.history);
        let same = before.filter(|request| key(request) == last).count();
        if same > 0 {
            return Found::likely("requests for the same token", &(same + 1).to_string(), "one an hour");
        }
        if case.grant() == Some("password") {
            return Found::likely("request grant_type", "password", "a kept token, asked silently first");
        }
    }
    if asked_scope(case).is_some_and(|scope| scope.split_whitespace().any(|one| one == "offline_access")) {
        return Found::likely(
            "request scope",
            "holds offline_access",
            "a cache that keeps the refresh token it brings",
        );
    }
    case.said(&[
        "new client",
        "new publicclientapplication",
        "new confidentialclientapplication",
        "each request",
        "per request",
        "each call creates",
        "in memory",
        "in-memory",
        "restart",
        "cache",
        "every request",
        "loop",
        "new instance",
    ])
}

// --- Carelessness ---

/// Names of variables that build tools write into what the browser loads.
const SHIPPED: [&str; 8] =
    ["next_public_", "react_app_", "vite_", "expo_public_", "nuxt_public_", "gatsby_", "ng_app_", "vue_app_"];

fn secret_shipped(case: &Case<'_>) -> Option<Found> {
    let secret = case.param("client_secret").or_else(|| case.previous_param("client_secret"));
    let expected = "no client_secret: PKCE proves a public client";
    if let Some(secret) = secret {
        let hint: String = secret.chars().take(3).collect();
        let sent = format!("{hint}… ({})", secret::mask(secret));
        let redirect = case.param("redirect_uri").or_else(|| case.previous_param("redirect_uri"));
        let own_scheme = redirect
            .filter(|uri| !uri.starts_with("http://") && !uri.starts_with("https://") && uri.contains(':'));
        let platforms = redirect.and_then(|uri| case.platforms_of(uri)).unwrap_or_default();
        let shown = |place: &str, what: &str| {
            Found::certain(place, what, "a server")
                .map(|found| found.and("request client_secret", &sent, expected))
        };
        if let Some(origin) = case.header("origin") {
            return shown("request Origin", origin);
        }
        if let Some(uri) = own_scheme {
            return shown("request redirect_uri", uri);
        }
        if let Some(platform) = platforms.iter().find(|platform| **platform != Platform::Web) {
            return shown(
                "registration",
                &format!("{} under {}", redirect.unwrap_or_default(), platform.label()),
            );
        }
        if let Some(agent) = case.header("user-agent").filter(|agent| {
            ["okhttp", "CFNetwork", "Dart/", "Mozilla/", "Electron", "Darwin"]
                .iter()
                .any(|mark| agent.contains(mark))
        }) {
            return shown("request User-Agent", agent);
        }
        return Found::likely("request client_secret", &sent, expected);
    }
    if let Some(prefix) = SHIPPED.into_iter().find(|prefix| case.says(&[prefix]) && case.says(&["secret"])) {
        return Found::likely(
            "name of the variable",
            &format!("begins with {}", prefix.to_ascii_uppercase()),
            "a variable that only the server reads",
        );
    }
    case.said(&[
        "bundle",
        "javascript",
        "apk",
        "decompil",
        "devtools",
        "source map",
        "browser",
        "mobile app",
        "desktop app",
    ])
}

fn implicit(case: &Case<'_>) -> Option<Found> {
    let kinds = case.param("response_type").or_else(|| case.previous_param("response_type"));
    if let Some(kinds) = kinds {
        let asks = kinds.split_whitespace().any(|kind| kind == "token" || kind == "id_token");
        // By form_post they travel in a body.
        let posted =
            case.param("response_mode").or_else(|| case.previous_param("response_mode")) == Some("form_post");
        if !asks || posted {
            return Found::excluded();
        }
        return Found::certain("request response_type", kinds, "code, with code_challenge");
    }
    let text = case.evidence.text.as_deref().unwrap_or_default();
    let mark =
        ["#access_token=", "&access_token=", "#id_token=", "response_type=token", "response_type=id_token"]
            .into_iter()
            .find(|mark| text.contains(mark));
    if let Some(mark) = mark {
        return Found::certain(
            "address in the browser",
            mark.trim_start_matches(['#', '&']),
            "code, which is worth nothing without the verifier",
        );
    }
    let app = case.app()?;
    if app.implicit_access_token == Some(true) {
        return Found::likely("registration enableAccessTokenIssuance", "true", "false");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_close_to_each_other_are_told_from_others() {
        assert!(distance_at_most("login.micorosftonline.com", "login.microsoftonline.com", 3));
        assert!(distance_at_most("login.microsoftonlin.com", "login.microsoftonline.com", 1));
        assert!(!distance_at_most("login.example.com", "login.microsoftonline.com", 3));
        assert!(!distance_at_most("", "login.windows.net", 3));
    }
}
