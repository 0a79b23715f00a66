//! Redirect URIs: what was sent beside what is registered, or beside what the first request of the sign-in named.
//!
//! The address stands in the request or in the message; the registration has three lists of them. Where all is at hand, one
//! comparison (`address`) answers for all causes of the family at once: the one it names speaks, the others are ruled out.
//! Without a registration a few addresses tell by themselves: nobody can register http for a host in the network, and
//! libraries have defaults that are well known.

use std::borrow::Cow;

use super::{
    super::{difference::apart, facts::without_credentials},
    Case, Check, Found,
    address::{addresses, is_internal, nearest},
};
use crate::{
    entra::{
        address::Parts,
        registration::{Application, Platform},
    },
    text,
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("redirect_uri.scheme", |case| compare(case, "redirect_uri.scheme")),
    ("redirect_uri.trailing_slash", |case| compare(case, "redirect_uri.trailing_slash")),
    ("redirect_uri.path", |case| compare(case, "redirect_uri.path")),
    ("redirect_uri.port", |case| compare(case, "redirect_uri.port")),
    ("redirect_uri.host", |case| compare(case, "redirect_uri.host")),
    ("redirect_uri.path_case", |case| compare(case, "redirect_uri.path_case")),
    ("redirect_uri.loopback_alias", |case| compare(case, "redirect_uri.loopback_alias")),
    ("redirect_uri.encoding", |case| compare(case, "redirect_uri.encoding")),
    ("redirect_uri.library_default", |case| compare(case, "redirect_uri.library_default")),
    ("redirect_uri.not_registered", |case| compare(case, "redirect_uri.not_registered")),
    ("redirect_uri.none_registered", |case| compare(case, "redirect_uri.none_registered")),
    ("redirect_uri.missing_or_relative", |case| compare(case, "redirect_uri.missing_or_relative")),
    ("redirect_uri.token_request_differs", |case| compare(case, "redirect_uri.token_request_differs")),
    ("redirect_uri.broker", |case| compare(case, "redirect_uri.broker")),
];

/// The redirect URI that was refused, and where it stood.
pub(super) struct Sent<'a> {
    pub place: &'static str,
    pub uri: Cow<'a, str>,
}

/// Finds it: in the request, or else in the message.
pub(super) fn sent<'a>(case: &'a Case<'_>) -> Option<Sent<'a>> {
    for (name, place) in [
        ("redirect_uri", "request redirect_uri"),
        ("post_logout_redirect_uri", "request post_logout_redirect_uri"),
    ] {
        if let Some(uri) = case.params.get(name) {
            return Some(Sent { place, uri: Cow::Borrowed(uri) });
        }
    }
    let told = case.facts.get("redirect_uri");
    // Facts mask parameters that they do not know.
    if let Some(uri) = told.filter(|uri| !uri.contains('•')) {
        // A blank at the end is easily overlooked, and facts are kept without.
        let quoted = [format!("{uri} '"), format!("{uri}%20'"), format!("{uri} \"")];
        let has_blank = case.told().any(|text| quoted.iter().any(|quoted| text.contains(quoted)));
        let uri = if has_blank { Cow::Owned(format!("{uri} ")) } else { Cow::Borrowed(uri) };
        return Some(Sent { place: "redirect URI in the message", uri });
    }
    let uri = case.told().find_map(|text| addresses(text).next()).or_else(|| told.map(str::to_owned))?;
    Some(Sent { place: "redirect URI in the message", uri: Cow::Owned(uri) })
}

/// A cause with what speaks for it.
type Named = Option<(&'static str, Found)>;

fn compare(case: &Case<'_>, key: &str) -> Option<Found> {
    if case.code == Some(700_016) {
        return None; // about the client id; that a library has an address of its own is a hint at most
    }
    // A template is a cause of its own, whatever else it differs in.
    if sent(case).is_some_and(|sent| super::placeholder::is_template(&sent.uri)) {
        return None;
    }
    let (named, found) = by_lab(case)
        .or_else(|| of_both_requests(case))
        .or_else(|| of_broker(case))
        .or_else(|| without_address(case))
        .or_else(|| with_registration(case))
        .or_else(|| alone(case))?;
    if named == key {
        return Some(with_queries(found, case));
    }
    match found.certainty {
        Some(super::Certainty::Likely) => None, // the others stay possible
        _ => Found::excluded(),
    }
}

/// Lets evidence show the queries of addresses that are compared, as long as they hold nothing secret: what differs may
/// stand there.
fn with_queries(mut found: Found, case: &Case<'_>) -> Found {
    let sent = sent(case).map(|sent| sent.uri.into_owned());
    let registered =
        case.app().into_iter().flat_map(Application::all_redirect_uris).map(|(_, uri)| uri.to_owned());
    for uri in sent.into_iter().chain(registered).filter(|uri| uri.contains('?') && is_shown(uri)) {
        let (masked, shown) = (without_credentials(&uri), text::visible(&uri).into_owned());
        for line in &mut found.evidence {
            for value in [&mut line.sent, &mut line.expected] {
                if *value == masked {
                    value.clone_from(&shown);
                }
            }
        }
    }
    found
}

/// Whether the query of an address holds short values only, under names that are no credentials'.
fn is_shown(uri: &str) -> bool {
    const SECRET: [&str; 12] =
        ["code", "token", "secret", "pass", "pwd", "key", "sig", "assert", "session", "auth", "jwt", "state"];
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    query.split('&').all(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = name.to_ascii_lowercase();
        value.len() <= 24 && name.len() <= 24 && !SECRET.iter().any(|word| name.contains(word))
    })
}

/// What the lab tenant compared: it names every address that it would have taken.
fn by_lab(case: &Case<'_>) -> Named {
    // Other rules of the tenant note a redirect URI as well, and compare it with nothing that is registered.
    let rule = case.evidence.rule.as_ref().map(|(rule, _)| rule.as_str());
    if rule.is_some_and(|rule| rule != "redirect_uri.registered") {
        return None;
    }
    let compared = case.evidence.compared.iter().find(|compared| compared.what.contains("redirect_uri"))?;
    if compared.expected.is_empty() {
        let found = Found::certain(&compared.what, &compared.sent, "no redirect URI is registered")?;
        return Some(("redirect_uri.none_registered", found));
    }
    let registered = compared.expected.iter().map(|one| (Platform::Web, apart(one).0));
    let near = nearest(&compared.sent, registered)?;
    let expected = match near.cause {
        Some("redirect_uri.not_registered") => compared.expected.join(" or "),
        _ => near.uri.to_owned(),
    };
    Some((near.cause?, Found::certain(&compared.what, &compared.sent, &expected)?))
}

/// The token request beside the authorize request of the same sign-in (RFC 6749 §4.1.3).
fn of_both_requests(case: &Case<'_>) -> Named {
    const CAUSE: &str = "redirect_uri.token_request_differs";
    let is_told = matches!(case.code, Some(500_112 | 700_009));
    let is_redemption =
        case.grant().is_some_and(|grant| grant == "authorization_code") || case.param("code").is_some();
    let first = case.previous.get("redirect_uri").filter(|_| case.previous_param("response_type").is_some());
    if let Some(first) = first.filter(|_| is_redemption || is_told) {
        let second = case.params.get("redirect_uri").filter(|_| is_redemption);
        let differs = match second {
            Some(second) => second != first,
            None => is_redemption, // a token request without one
        };
        if differs && (is_told || matches!(case.code, None | Some(50011))) {
            let found = Found::certain("request redirect_uri", second.unwrap_or("absent"), first)?
                .and("previous request redirect_uri", first, "the same in both requests")
                .with("redirect_uri", first);
            return Some((CAUSE, found));
        }
    }
    if !is_told {
        return None;
    }
    // The message of 500112 names both, the token request's first.
    let mut told = case.told().flat_map(addresses);
    let found = match (told.next(), told.next()) {
        (Some(second), Some(first)) if case.code == Some(500_112) => {
            Found::certain("redirect_uri of the token request", &second, &first)?
        }
        _ => {
            let second = if is_redemption {
                case.param("redirect_uri").unwrap_or("absent")
            } else {
                "absent or another"
            };
            let expected = first.unwrap_or("the one of the authorize request");
            Found::certain("redirect_uri of the token request", second, expected)?
        }
    };
    Some((CAUSE, found))
}

/// Addresses of brokers, `brk-…://host`, and where they belong.
fn of_broker(case: &Case<'_>) -> Named {
    if !matches!(case.code, Some(700_046 | 7_000_471)) {
        return None;
    }
    let sent = sent(case);
    let sent_uri = sent.as_ref().map_or("absent", |sent| sent.uri.as_ref());
    let place = sent.as_ref().map_or("request redirect_uri", |sent| sent.place);
    let of_app = |app: &Application| {
        let all = app.spa.iter().filter(|uri| uri.starts_with("brk-")).cloned();
        all.collect::<Vec<_>>().join(" ")
    };
    let registered = case.app().map(of_app);
    let found = if case.code == Some(7_000_471) {
        let expected = "an ordinary redirect URI, named in the request";
        let found = match &registered {
            Some(brokered) if sent.is_none() && !brokered.is_empty() => {
                Found::new(super::Certainty::Certain, "registration spa.redirectUris", brokered, expected)
            }
            _ => Found::new(super::Certainty::Certain, place, sent_uri, expected),
        };
        match case.app().and_then(ordinary) {
            Some(uri) => found.with("redirect_uri", uri),
            None => found,
        }
    } else {
        let host = sent.as_ref().and_then(|sent| Parts::of(&sent.uri).map(|parts| parts.host.to_owned()));
        let wanted = format!("brk-multihub://{}", host.as_deref().unwrap_or("<host of the add-in>"));
        let found = Found::new(super::Certainty::Certain, place, sent_uri, &wanted);
        let found = match &registered {
            Some(none) if none.is_empty() => {
                found.and("registration spa.redirectUris", "no address with brk-", &wanted)
            }
            Some(brokered) => found.and("registration spa.redirectUris", brokered, &wanted),
            None => found,
        };
        with_lists(found.with("registered_uri", wanted.clone()), case, Some(Platform::Spa), &wanted)
    };
    Some(("redirect_uri.broker", found))
}

fn ordinary(app: &Application) -> Option<&str> {
    app.all_redirect_uris().map(|(_, uri)| uri).find(|uri| !uri.starts_with("brk-"))
}

/// No redirect URI at all, or one that is no address.
fn without_address(case: &Case<'_>) -> Named {
    const CAUSE: &str = "redirect_uri.missing_or_relative";
    // 50011 and its like name an address that was compared; only these can mean that there was none.
    let may_be_absent = matches!(case.code, Some(900_971 | 90102 | 500_113)) || case.code.is_none();
    let is_authorize = case.param("response_type").is_some() || case.request_ends_with("/authorize");
    match sent(case) {
        None if is_authorize && may_be_absent => {
            // With none in the request Entra takes a registered one, so an empty registration is the nearer cause.
            let is_other = match case.code {
                Some(900_971) => false,
                Some(500_113) => case.app().is_none_or(has_none),
                _ => case.app().is_some_and(has_none),
            };
            if is_other {
                return None;
            }
            let found = Found::certain("request redirect_uri", "absent", "a registered address")?;
            Some((CAUSE, with_registered(found, case)))
        }
        Some(sent) if sent.uri.trim().is_empty() => {
            let found = Found::certain(sent.place, "empty", "a registered address")?;
            Some((CAUSE, with_registered(found, case)))
        }
        Some(sent) if is_no_address(&sent.uri) => {
            let expected = "a whole address, with https:// or another scheme in front";
            if case.code == Some(50011) {
                // It may be a template that nobody filled in, which is told as such.
                let found = Found::likely(sent.place, &sent.uri, expected)?;
                return Some((CAUSE, with_registered(found, case)));
            }
            Some((CAUSE, with_registered(Found::certain(sent.place, &sent.uri, expected)?, case)))
        }
        _ => None,
    }
}

/// Whether a redirect URI is relative, a template that was never filled in, or the word of a missing value. One that is
/// encoded once too often is none of these.
fn is_no_address(uri: &str) -> bool {
    let uri = uri.trim();
    let lower = uri.to_ascii_lowercase();
    let is_template =
        ["{{", "${", "{base", "<your", "%(", "{0}", "#{", "$("].iter().any(|mark| lower.contains(mark))
            || Parts::of(uri).is_some_and(|parts| {
                parts.host.contains(['{', '}', '<', '>', '$'])
                    || ["undefined", "null", "none"].contains(&parts.host)
            });
    let is_encoded = lower.contains("%3a%2f%2f") || lower.contains("%253a");
    is_template || (Parts::of(uri).is_none() && !is_encoded)
}

fn with_registered(found: Found, case: &Case<'_>) -> Found {
    match case.app().and_then(ordinary) {
        Some(uri) => found.and("registration redirectUris", uri, "").with("registered_uri", uri),
        None => found,
    }
}

fn has_none(app: &Application) -> bool {
    app.all_redirect_uris().next().is_none()
}

/// The comparison with the three lists.
fn with_registration(case: &Case<'_>) -> Named {
    let app = case.app()?;
    let sent = sent(case);
    let certain = |place: &str, sent: &str, expected: &str| {
        Found::new(super::Certainty::Certain, place, sent, expected)
    };
    if has_none(app) {
        let uri = sent.as_ref().map(|sent| sent.uri.trim().to_owned());
        let found = certain(
            "registration web, spa and publicClient redirectUris",
            "no address in any of the three",
            uri.as_deref().unwrap_or("the address of the application"),
        );
        let found = match (&sent, &uri) {
            (Some(sent), Some(uri)) => {
                with_lists(found.and(sent.place, uri, "a registered address"), case, guess(case, uri), uri)
            }
            _ => found,
        };
        return Some(("redirect_uri.none_registered", found));
    }
    let sent = sent?;
    let uri = sent.uri.as_ref();
    let near = nearest(uri, app.all_redirect_uris())?;
    let Some(named) = near.cause else {
        // It is registered: nothing of this family is wrong, whatever the refusal says.
        return Some(("", certain(sent.place, uri, near.uri)));
    };
    let member = near.platform.member();
    if named == "redirect_uri.not_registered" {
        let shown: Vec<&str> = app.all_redirect_uris().map(|(_, uri)| uri).take(8).collect();
        let expected = shown.join(" or ");
        let (named, platform) = match library_default(uri) {
            Some(_) => ("redirect_uri.library_default", Some(Platform::PublicClient)),
            None => (named, guess(case, uri)),
        };
        let found = certain(sent.place, uri, &expected).with("registered_uri", near.uri);
        return Some((named, with_lists(found, case, platform, uri)));
    }
    let found = if near.only { super::Certainty::Certain } else { super::Certainty::Likely };
    let found = Found::new(found, sent.place, uri, near.uri)
        .and(&format!("registration {member}"), near.uri, "")
        .with("registered_uri", near.uri);
    Some((named, with_lists(found, case, Some(near.platform), uri)))
}

/// What an address tells where no registration is at hand.
fn alone(case: &Case<'_>) -> Named {
    if case.code == Some(500_113) {
        let found = Found::likely("the message", "no redirect URI is registered", "one at least")?;
        let uri = sent(case).filter(|sent| library_default(&sent.uri).is_some());
        return Some(match uri {
            Some(sent) => (
                "redirect_uri.library_default",
                with_lists(found.and(sent.place, &sent.uri, "an address of your own"), case, None, &sent.uri),
            ),
            None => ("redirect_uri.none_registered", found),
        });
    }
    let sent = sent(case)?;
    let uri = sent.uri.as_ref();
    let lower = uri.to_ascii_lowercase();
    if lower.contains("%3a%2f%2f") || lower.contains("%253a") {
        let decoded = percent_encoding::percent_decode_str(uri).decode_utf8_lossy();
        let decoded = percent_encoding::percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
        let found = Found::certain(sent.place, uri, &decoded)?.with("registered_uri", decoded.clone());
        return Some(("redirect_uri.encoding", found));
    }
    if uri.ends_with(' ') {
        let found = Found::likely(sent.place, &format!("{uri}\u{2423}"), uri.trim())?;
        return Some(("redirect_uri.encoding", found));
    }
    if let Some(library) = library_default(uri) {
        let found = Found::likely(
            sent.place,
            uri,
            &format!("an address of your own; this is the default of {library}"),
        )?;
        return Some((
            "redirect_uri.library_default",
            with_lists(found, case, Some(Platform::PublicClient), uri),
        ));
    }
    let parts = Parts::of(uri)?;
    if !parts.is_web() || parts.is_loopback() || parts.host == "0.0.0.0" && parts.path.is_empty() {
        return None;
    }
    if is_internal(parts.host) && case.code != Some(900_971) {
        let found =
            Found::likely(sent.place, uri, "the name by which browsers reach the application, with https")?;
        return Some(("redirect_uri.host", found));
    }
    if parts.scheme.eq_ignore_ascii_case("http") {
        let port = if parts.port.is_empty() { "" } else { ":" };
        let expected = format!("https://{}{port}{}{}", parts.host, parts.port, parts.path);
        let found = Found::likely(sent.place, uri, &expected)?.with("registered_uri", expected.clone());
        return Some(("redirect_uri.scheme", found));
    }
    None
}

/// Whose default an address is.
fn library_default(uri: &str) -> Option<&'static str> {
    let lower = uri.trim().trim_end_matches('/').to_ascii_lowercase();
    if lower.starts_with("urn:ietf:wg:oauth:2.0:oob") {
        return Some("older libraries, for programs without an address");
    }
    if lower.ends_with("/oauth2/nativeclient") {
        return Some("desktop libraries of Microsoft");
    }
    if lower.ends_with("/oauth20_desktop.srf") {
        return Some("desktop libraries for personal accounts");
    }
    if lower.starts_with("msal") && lower.ends_with("://auth")
        || lower.starts_with("msauth.")
        || lower.starts_with("ms-appx-web://")
    {
        return Some("mobile and desktop libraries of Microsoft");
    }
    let parts = Parts::of(uri.trim())?;
    let is_bare = parts.path.is_empty() || parts.path == "/";
    let is_random = parts.port.is_empty() || parts.port.len() == 5;
    (parts.host.eq_ignore_ascii_case("localhost") && parts.scheme == "http" && is_bare && is_random)
        .then_some("libraries that listen on this machine")
}

/// The platform that an address most probably belongs to.
fn guess(case: &Case<'_>, uri: &str) -> Option<Platform> {
    let parts = Parts::of(uri)?;
    if !parts.is_web() || library_default(uri).is_some() {
        return Some(Platform::PublicClient);
    }
    let app = case.app()?;
    if case.header("origin").is_some() {
        return Some(Platform::Spa);
    }
    let used: Vec<_> =
        Platform::ALL.into_iter().filter(|platform| !app.redirect_uris(*platform).is_empty()).collect();
    match used.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Fills the slots of the commands that register an address: the lists as they must be afterwards, because a command
/// writes a whole list.
pub(super) fn with_lists(found: Found, case: &Case<'_>, platform: Option<Platform>, uri: &str) -> Found {
    let uri = uri.trim();
    let app = case.app();
    let list = |of: Platform| {
        let mut uris: Vec<String> = app.map(|app| app.redirect_uris(of).to_vec()).unwrap_or_default();
        if !uris.iter().any(|known| known == uri) {
            uris.push(uri.to_owned());
        }
        uris
    };
    let found = found
        .with("redirect_uri", uri)
        .with("web_uris", list(Platform::Web).join(" "))
        .with("public_uris", list(Platform::PublicClient).join(" "))
        .with("spa_uris_json", json_list(&list(Platform::Spa)));
    let found = match app.and_then(|app| app.object_id.as_deref()) {
        Some(id) => found.with("object_id", id),
        None => found,
    };
    match platform {
        Some(platform) => found.with("platform", platform.label()).with("variant", kind(platform)),
        None => found,
    }
}

/// The word that `when` of a fix uses for a platform.
pub(super) const fn kind(platform: Platform) -> &'static str {
    match platform {
        Platform::Web => "web",
        Platform::Spa => "spa",
        Platform::PublicClient => "public",
    }
}

/// The inside of a JSON array.
pub(super) fn json_list(uris: &[String]) -> String {
    let quoted: Vec<_> = uris.iter().map(|uri| serde_json::Value::from(uri.as_str()).to_string()).collect();
    quoted.join(",")
}
