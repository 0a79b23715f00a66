//! Platforms: under which of them the redirect URI stands, and whether that suits whoever redeems the code. A page must
//! use a single-page address, a server one of Web, a program without secrets one of Mobile and desktop.

use super::{
    super::Certainty,
    Case, Check, Found,
    address::same,
    redirect_uri::{json_list, with_lists},
    sender::{Sender, sender},
};
use crate::entra::{
    address::Parts,
    registration::{Application, Platform},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("platform.spa_expected", spa_expected),
    ("platform.spa_used_by_server", spa_used_by_server),
    ("platform.web_used_by_public_client", web_used_by_public_client),
    ("platform.ambiguous", ambiguous),
    ("browser.grant_not_allowed", grant_not_allowed),
    ("browser.stray_origin", stray_origin),
    ("browser.origin_stripped", origin_stripped),
];

/// The redirect URI of the sign-in: in the request, or in the one before it.
fn address<'a>(case: &'a Case<'_>) -> Option<(&'static str, &'a str)> {
    let here = case.param("redirect_uri").map(|uri| ("request redirect_uri", uri));
    here.or_else(|| case.previous_param("redirect_uri").map(|uri| ("previous request redirect_uri", uri)))
        .or_else(|| case.facts.get("redirect_uri").map(|uri| ("redirect URI in the text", uri)))
}

/// Where the page runs that sent the request: in its header, or in the message, which repeats it.
fn origin<'a>(case: &'a Case<'_>) -> Option<(&'static str, &'a str)> {
    let of_message = || {
        let told = case.told().find_map(|text| {
            ["Request origin: ", "from origin "].into_iter().find_map(|mark| {
                let (_, rest) = text.split_once(mark)?;
                rest.trim_start_matches(['\'', '"']).split(['\'', '"', ' ', '\n']).next()
            })
        });
        told.filter(|origin| origin.contains("://")).map(|origin| origin.trim_end_matches(['.', ',']))
    };
    let of_request = case.header("origin").map(|origin| ("request Origin", origin));
    let of_text = || {
        case.facts.get("origin").or_else(of_message).map(|origin| ("request origin in the message", origin))
    };
    of_request.or_else(of_text)
}

/// The grant, if pages must not use it.
fn server_grant<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let grant = case.grant();
    let in_text = || {
        ["client_credentials", "grant_type=password", "jwt-bearer", "grant_type=urn:"]
            .into_iter()
            .find(|word| case.evidence.request.is_none() && case.says(&[word]))
    };
    let of_device = case.request_ends_with("/devicecode").then_some("device code");
    grant
        .filter(|grant| !["authorization_code", "refresh_token"].contains(grant))
        .or(of_device)
        .or_else(in_text)
}

/// Whether the refusal is about what pages may do.
fn is_cross_origin(case: &Case<'_>) -> bool {
    matches!(case.code, Some(9_002_326)) || is_consumers(case) || is_blocked(case)
}

/// The same refusal for personal accounts, under a number that stands for much else.
fn is_consumers(case: &Case<'_>) -> bool {
    case.code == Some(90023) && (case.says(&["cross-origin"]) || case.header("origin").is_some())
}

/// What the browser says where the answer was withheld from the page.
fn is_blocked(case: &Case<'_>) -> bool {
    case.code.is_none() && case.says(&["cors", "access-control-allow-origin", "cross-origin request blocked"])
}

fn spa_expected(case: &Case<'_>) -> Option<Found> {
    if server_grant(case).is_some() {
        return Found::excluded();
    }
    if is_blocked(case) && !case.says(&["/token"]) && !case.request_ends_with("/token") {
        return Found::excluded();
    }
    if !is_cross_origin(case) {
        return None;
    }
    let who = sender(case);
    let (origin_place, origin) =
        origin(case).unwrap_or(("the number", "says that an Origin header came, as pages send it"));
    let Some((place, uri)) = address(case) else {
        return by_origin(case, origin_place, origin)
            .or_else(|| by_number(case, who.sender, origin_place, origin));
    };
    let Some(platforms) = case.platforms_of(uri) else {
        return by_number(case, who.sender, origin_place, origin).map(|found| {
            moved(found.and(place, uri, "registered as single-page (SPA)"), case, uri, Platform::Spa)
        });
    };
    let stands = platforms.first()?; // registered nowhere: another refusal would have come
    if platforms.contains(&Platform::Spa) {
        return Found::excluded(); // there as well, so it is another matter
    }
    if who.sender == Sender::Program {
        return None;
    }
    let is_own_page = Parts::of(uri).is_some_and(|parts| parts.origin().eq_ignore_ascii_case(origin));
    let certainty =
        if who.sender == Sender::Browser || is_own_page { Certainty::Certain } else { Certainty::Likely };
    let found = Found::new(certainty, place, uri, "an address registered as single-page (SPA)")
        .and(&format!("registration {}", stands.member()), uri, "spa.redirectUris")
        .and(origin_place, origin, "");
    Some(moved(found, case, uri, Platform::Spa))
}

/// A refresh token comes without redirect URI; then the page's origin tells which of them it was.
fn by_origin(case: &Case<'_>, place: &str, origin: &str) -> Option<Found> {
    let app = case.app()?;
    let here = |platform: Platform| {
        let of_page =
            |uri: &&String| Parts::of(uri).is_some_and(|parts| parts.origin().eq_ignore_ascii_case(origin));
        app.redirect_uris(platform).iter().find(of_page)
    };
    if here(Platform::Spa).is_some() {
        return None;
    }
    let (platform, uri) =
        [Platform::Web, Platform::PublicClient].into_iter().find_map(|p| Some((p, here(p)?)))?;
    if sender(case).sender == Sender::Program {
        return None;
    }
    let found = Found::new(
        Certainty::Certain,
        &format!("registration {}", platform.member()),
        uri,
        "spa.redirectUris",
    )
    .and(place, origin, "the origin of a single-page (SPA) address");
    Some(moved(found, case, uri, Platform::Spa))
}

/// Nearly every refusal of this number has this cause.
fn by_number(case: &Case<'_>, sender: Sender, place: &str, origin: &str) -> Option<Found> {
    if sender == Sender::Program || case.app().is_some() || !is_cross_origin(case) {
        return None;
    }
    let found =
        Found::likely(place, origin, "the origin of an address that is registered as single-page (SPA)")?;
    Some(found.with("variant", "alone"))
}

/// The slots for moving an address to another platform in one go.
fn moved(found: Found, case: &Case<'_>, uri: &str, to: Platform) -> Found {
    let found = found.with("platform", to.label());
    let Some(app) = case.app() else { return with_lists(found.with("variant", "alone"), case, None, uri) };
    let rest = |platform: Platform| -> Vec<String> {
        app.redirect_uris(platform)
            .iter()
            .filter(|known| platform == to || !same(uri, known))
            .cloned()
            .collect()
    };
    // The address as it is registered moves, so that a port that does not count is no new entry.
    let registered =
        app.all_redirect_uris().map(|(_, known)| known).find(|known| same(uri, known)).unwrap_or(uri);
    let mut there = rest(to);
    if !there.iter().any(|known| known == registered) {
        there.push(registered.to_owned());
    }
    let body = Platform::ALL
        .into_iter()
        .filter(|platform| *platform == to || !app.redirect_uris(*platform).is_empty());
    let body: Vec<_> = body
        .map(|platform| {
            let list = if platform == to { there.clone() } else { rest(platform) };
            let member = platform.member().trim_end_matches(".redirectUris");
            format!("\"{member}\":{{\"redirectUris\":[{}]}}", json_list(&list))
        })
        .collect();
    let found = found.with("moved_json", format!("{{{}}}", body.join(","))).with("variant", "moved");
    with_lists(found, case, None, uri)
}

fn has_credentials(app: &Application) -> bool {
    !app.passwords.is_empty() || !app.certificates.is_empty()
}

fn spa_used_by_server(case: &Case<'_>) -> Option<Found> {
    let who = sender(case);
    // A refresh token comes without redirect URI; then one of the application's single-page addresses was meant.
    let of_app = || Some(("registration spa.redirectUris", case.app()?.spa.first()?.as_str()));
    let address = address(case).or_else(of_app);
    let stands = address.map(|(_, uri)| uri).and_then(|uri| case.platforms_of(uri));
    match stands.as_deref() {
        Some([]) => return None, // registered nowhere: the address itself is the matter
        Some(platforms) if !platforms.contains(&Platform::Spa) => return Found::excluded(),
        _ => {}
    }
    let is_spa = stands.as_ref().is_some_and(|platforms| platforms.contains(&Platform::Spa));
    let server = server_sign(case).filter(|_| who.sender != Sender::Browser);
    let (certainty, place, value) = match (who.sender, server) {
        (Sender::Browser, _) => return None,
        (Sender::Program, _) => (Certainty::Certain, who.place, who.value),
        (Sender::Unknown, Some((place, value))) => (Certainty::Certain, place, value),
        (Sender::Unknown, None) if page_sign(case).is_some() => return None,
        (Sender::Unknown, None) => (Certainty::Likely, "request Origin", "absent".to_owned()),
    };
    // Without the registration the number says that the address is a single-page one.
    let certainty = if is_spa { certainty } else { Certainty::Likely };
    let mut found = match address {
        Some((at, uri)) => Found::new(certainty, at, uri, "an address registered under Web"),
        None => Found::new(certainty, place, &value, "a page in a browser"),
    };
    if let Some((_, uri)) = address {
        if is_spa {
            found = found.and("registration spa.redirectUris", uri, "web.redirectUris");
        }
        found = moved(found.and(place, &value, "a page in a browser"), case, uri, Platform::Web);
    }
    Some(found)
}

/// What shows in an authorize request that a server will redeem the code.
fn server_sign(case: &Case<'_>) -> Option<(&'static str, String)> {
    const PATHS: [&str; 16] = [
        "/signin-oidc",
        "/api/auth/",
        "/login/oauth2/code",
        "/.auth/login/",
        "/oauth2/callback",
        "/oauth2/redirect",
        "/auth/openid/return",
        "/gettoken",
        "/oidc/callback",
        "/accounts/",
        "/users/auth/",
        "/auth/microsoft",
        "/auth/azure",
        "/complete/azuread",
        "/authorized",
        "/.well-known/",
    ];
    if case.param("response_mode") == Some("form_post") {
        return Some(("request response_mode", "form_post, which only a server can read".to_owned()));
    }
    if let Some(uri) = address(case).map(|(_, uri)| uri) {
        let path = Parts::of(uri).map_or(String::new(), |parts| parts.path.to_ascii_lowercase());
        if PATHS.iter().any(|known| path.contains(known)) {
            return Some(("request redirect_uri", format!("{uri}, a path of server frameworks")));
        }
    }
    let app = case.app().filter(|app| has_credentials(app))?;
    let name = app.passwords.first().and_then(|password| password.display_name.clone());
    Some(("registration passwordCredentials", name.unwrap_or_else(|| "a credential".to_owned())))
}

/// What shows in an authorize request that a page will redeem the code.
fn page_sign(case: &Case<'_>) -> Option<(&'static str, &'static str)> {
    if case.param("response_mode") == Some("fragment") {
        return Some(("request response_mode", "fragment, which only a page can read"));
    }
    (sender(case).sender == Sender::Browser).then_some(("request", "from a library for pages"))
}

/// For `pkce`: whether the client of an authorize request is a page, and what tells.
pub(super) fn is_page(case: &Case<'_>) -> Option<(&'static str, String)> {
    let who = sender(case);
    if who.sender == Sender::Browser {
        return Some((who.place, who.value));
    }
    page_sign(case).map(|(place, value)| (place, value.to_owned()))
}

/// For `pkce`: whether it is a server, as far as can be told.
pub(super) fn is_server(case: &Case<'_>) -> bool {
    sender(case).sender == Sender::Program || (is_page(case).is_none() && server_sign(case).is_some())
}

fn web_used_by_public_client(case: &Case<'_>) -> Option<Found> {
    if case.code == Some(70002) && case.says(&["already redeemed", "expired", "secret is invalid"]) {
        return Found::excluded();
    }
    let proves = ["client_secret", "client_assertion"].iter().any(|name| case.params.get(name).is_some());
    if proves {
        return Found::excluded();
    }
    if case.grant().is_some_and(|grant| !["authorization_code", "refresh_token"].contains(&grant)) {
        return Found::excluded(); // such a grant has no redirect URI; the switch decides
    }
    let (place, uri) = address(case)?;
    let parts = Parts::of(uri)?;
    let is_local = parts.is_loopback() || !parts.is_web() || uri.ends_with("/nativeclient");
    let pkce = case.param("code_verifier").is_some();
    let Some(platforms) = case.platforms_of(uri) else {
        let found = Found::likely(place, uri, "an address under Mobile and desktop, or a credential");
        return found
            .filter(|_| is_local && case.app().is_none())
            .map(|found| moved(found, case, uri, Platform::PublicClient));
    };
    match platforms.as_slice() {
        [Platform::Web] => {}
        [] => return None,
        _ => return Found::excluded(),
    }
    let app = case.app()?;
    let told = sender(case);
    let is_public = !has_credentials(app) || is_local;
    if !is_public {
        return None; // it can prove itself, and forgot to
    }
    let sure = is_local || (pkce && !has_credentials(app)) || told.sender == Sender::Browser;
    let certainty = if sure && !has_credentials(app) { Certainty::Certain } else { Certainty::Likely };
    let switch = match app.is_fallback_public_client {
        Some(true) => "true, and does not count with a redirect URI",
        _ => "not true",
    };
    let found = Found::new(certainty, place, uri, "an address under Mobile and desktop")
        .and("registration web.redirectUris", uri, "publicClient.redirectUris")
        .and("registration isFallbackPublicClient", switch, "");
    Some(moved(found, case, uri, Platform::PublicClient))
}

fn ambiguous(case: &Case<'_>) -> Option<Found> {
    let app = case.app()?;
    let (place, uri) = match address(case) {
        Some((place, uri)) => (place, uri.to_owned()),
        None => ("registration", twice_registered(app)?),
    };
    let stands: Vec<(Platform, &str)> =
        app.all_redirect_uris().filter(|(_, known)| same(&uri, known)).collect();
    let (first, other) = (stands.first()?, stands.iter().find(|(platform, _)| *platform != stands[0].0));
    let Some(other) = other else { return Found::excluded() };
    let found = Found::new(Certainty::Likely, place, &uri, "registered under one platform")
        .and(&format!("registration {}", first.0.member()), first.1, "")
        .and(&format!("registration {}", other.0.member()), other.1, "");
    Some(with_lists(found, case, None, &uri))
}

/// An address that two platforms have.
fn twice_registered(app: &Application) -> Option<String> {
    let all: Vec<_> = app.all_redirect_uris().collect();
    let twice = all.iter().find(|(platform, uri)| all.iter().any(|(p, u)| p != platform && same(uri, u)));
    twice.map(|(_, uri)| (*uri).to_owned())
}

fn grant_not_allowed(case: &Case<'_>) -> Option<Found> {
    let Some(grant) = server_grant(case) else {
        let is_known = case.grant().is_some();
        return if is_known { Found::excluded() } else { None };
    };
    if !is_cross_origin(case) {
        return None;
    }
    let who = sender(case);
    let (place, origin) = origin(case).unwrap_or(("request Origin", "a page"));
    match who.sender {
        Sender::Program if !is_blocked(case) => None,
        _ if case.evidence.request.is_none() => {
            let found = Found::likely("the text", grant, "authorization_code or refresh_token");
            found.map(|found| found.and(place, origin, ""))
        }
        _ => {
            let found = Found::certain("request grant_type", grant, "authorization_code or refresh_token");
            found.map(|found| found.and(place, origin, "no page: this belongs on a server"))
        }
    }
}

fn stray_origin(case: &Case<'_>) -> Option<Found> {
    let who = sender(case);
    match who.sender {
        Sender::Browser => Found::excluded(),
        Sender::Unknown => None,
        Sender::Program => {
            let (place, origin) = origin(case).filter(|_| !is_blocked(case))?;
            let found = Found::likely(place, origin, "absent: only pages send it")?;
            Some(found.and(who.place, &who.value, "a page in a browser"))
        }
    }
}

fn origin_stripped(case: &Case<'_>) -> Option<Found> {
    if case.header("origin").is_some() {
        return None;
    }
    let who = sender(case);
    match who.sender {
        Sender::Program => Found::excluded(),
        Sender::Unknown => None,
        Sender::Browser => {
            let found = Found::likely("request Origin", "absent", "the origin of the page")?;
            Some(found.and(who.place, &who.value, ""))
        }
    }
}
