//! Redirect URIs: what Entra takes (reference §7), and lists in which one entry spoils another.

use std::collections::BTreeSet;

use super::{LintFinding, address, command, listed};
use crate::entra::{
    address::Parts,
    registration::{Application, Platform},
};

/// How many an application may have: fewer where personal accounts sign in.
const MOST: usize = 256;
const MOST_FOR_PERSONAL: usize = 100;

pub fn check(app: &Application, out: &mut Vec<LintFinding>) {
    for (platform, uri) in app.all_redirect_uris() {
        form(app, platform, uri, out);
    }
    pairs(app, out);
    count(app, out);
    hosts(app, out);
    brokered(app, out);
    if let Some(logout) = app.json.pointer("/web/logoutUrl").and_then(serde_json::Value::as_str)
        && !logout.is_empty()
        && Parts::of(logout)
            .is_none_or(|parts| !(parts.is("https") || parts.is("http") && parts.is_loopback()))
    {
        let finding =
            LintFinding::error("logout_url.form", "web.logoutUrl", "The logout address is not https");
        out.push(
            finding
                .value(logout)
                .why("Entra calls it from its own page when somebody signs out; it takes https, or this machine.")
                .run("Set an https address:", command::patch(app, &serde_json::json!({ "web": { "logoutUrl": "https://<host>/signout" } }))),
        );
    }
}

/// Whether personal accounts sign in to it.
pub fn is_for_personal(app: &Application) -> bool {
    app.sign_in_audience.as_deref().is_some_and(|audience| audience.contains("PersonalMicrosoftAccount"))
}

/// The command that takes one address out of its list.
fn without(app: &Application, platform: Platform, uri: &str) -> String {
    let kept: Vec<_> =
        app.redirect_uris(platform).iter().map(String::as_str).filter(|one| *one != uri).collect();
    command::redirect_uris(app, platform, &kept)
}

/// The command that puts another address in its place.
fn replaced(app: &Application, platform: Platform, uri: &str, by: &str) -> String {
    let mut all: Vec<_> =
        app.redirect_uris(platform).iter().map(|one| if one == uri { by } else { one.as_str() }).collect();
    let mut seen = BTreeSet::new();
    all.retain(|one| seen.insert(*one));
    command::redirect_uris(app, platform, &all)
}

/// One address by itself.
fn form(app: &Application, platform: Platform, uri: &str, out: &mut Vec<LintFinding>) {
    const NEVER: &str = "Every sign-in that sends it";
    let wrong = |id, title: &str, why: &str| {
        LintFinding::error(id, platform.member(), title).value(uri).why(why).fails(NEVER, &[50011])
    };
    if uri.trim() != uri {
        out.push(
            wrong(
                "redirect_uri.blank",
                "A redirect URI has a blank at its end",
                "Addresses are compared character for character, and no library sends the blank.",
            )
            .run("Write it without:", replaced(app, platform, uri, uri.trim())),
        );
        return;
    }
    let Some(parts) = Parts::of(uri) else {
        out.push(
            wrong(
                "redirect_uri.not_absolute",
                "A redirect URI is no absolute address",
                "It needs a scheme and a host, as in https://app.example/callback.",
            )
            .run("Take it out, and register the whole address:", without(app, platform, uri)),
        );
        return;
    };
    if let Some((plain, _)) = uri.split_once('#') {
        out.push(
            wrong("redirect_uri.fragment", "A redirect URI has a # in it", "What stands behind # never leaves the browser, so OAuth forbids it here. Single-page applications register the page without it.")
                .run("Register it without:", replaced(app, platform, uri, plain)),
        );
    }
    if let Some(c) = uri.chars().find(|c| "!$'(),;".contains(*c)) {
        out.push(
            wrong(
                "redirect_uri.characters",
                &format!("A redirect URI has the character {c} in it"),
                "Entra refuses ! $ ' ( ) , and ; in redirect URIs.",
            )
            .fix("Choose a path without it, in the application and here."),
        );
    }
    if uri.len() > 256 {
        out.push(
            wrong(
                "redirect_uri.too_long",
                "A redirect URI is longer than 256 characters",
                "Entra stores none that is longer.",
            )
            .fix("Shorten the path, and carry what it said in state."),
        );
    }
    scheme(app, platform, uri, &parts, out);
    let is_personal = is_for_personal(app);
    if uri.contains('*') {
        let place = platform.member();
        out.push(if is_personal {
            wrong("redirect_uri.wildcard", "A wildcard, and personal accounts may sign in", "Applications for personal accounts have no wildcards in their redirect URIs.")
                .fix("Register each address, or one fixed callback that hands on by state.")
        } else {
            LintFinding::warning("redirect_uri.wildcard", place, "A redirect URI is a wildcard")
                .value(uri)
                .why("Whoever gets a page on any matching address receives codes and tokens of your users: an abandoned preview host or an open redirect is enough.")
                .fix("Register each address, or one fixed callback that hands on by state.")
        });
    }
    if is_personal && parts.path.contains('?') {
        out.push(
            wrong(
                "redirect_uri.query",
                "A redirect URI has a query, and personal accounts may sign in",
                "Applications for personal accounts have no query in their redirect URIs.",
            )
            .fix("Carry the values in state and register the address without them."),
        );
    }
}

fn scheme(app: &Application, platform: Platform, uri: &str, parts: &Parts<'_>, out: &mut Vec<LintFinding>) {
    let member = platform.member();
    let is_broker = parts.scheme.starts_with("brk-");
    if parts.is("http") && !parts.is_loopback() {
        let https = format!("https{}", &uri[parts.scheme.len()..]);
        out.push(
            LintFinding::error("redirect_uri.http", member, "A redirect URI is http")
                .value(uri)
                .fails("Every sign-in that sends it", &[50011])
                .why("Entra takes http for this machine only. Behind a proxy the application has to learn its outer address (X-Forwarded-Proto), or it will send http again.")
                .run("Register https:", replaced(app, platform, uri, &https)),
        );
    } else if !parts.is_web() && !is_broker && platform != Platform::PublicClient {
        let mut all: Vec<_> = app.public_client.iter().map(String::as_str).collect();
        all.push(uri);
        out.push(
            LintFinding::error("redirect_uri.scheme", member, "A scheme of an application's own does not belong here")
                .value(uri)
                .fails("Every sign-in that sends it", &[50011])
                .why("Web and single-page applications have https addresses. Schemes such as msal… or myapp belong to mobile and desktop applications.")
                .run("Register it for mobile and desktop:", command::redirect_uris(app, Platform::PublicClient, &all)),
        );
    }
    if is_broker && platform != Platform::Spa {
        out.push(
            LintFinding::error(
                "redirect_uri.broker_platform",
                member,
                "A brokered address is registered for the wrong platform",
            )
            .value(uri)
            .fails("Nested sign-in in Teams and Office", &[700_046])
            .why("Addresses that begin with brk- count under single-page applications only.")
            .run(
                "Register it there:",
                command::redirect_uris(
                    app,
                    Platform::Spa,
                    &app.spa.iter().map(String::as_str).chain([uri]).collect::<Vec<_>>(),
                ),
            ),
        );
    }
    if parts.host == "[::1]" {
        out.push(
            LintFinding::error("redirect_uri.ipv6", member, "Entra does not know [::1] as this machine")
                .value(uri)
                .fails("Every sign-in that sends it", &[50011])
                .why("Only localhost and 127.0.0.1 stand for this machine, and only for them the port is set aside.")
                .run("Register localhost:", replaced(app, platform, uri, &uri.replacen("[::1]", "localhost", 1))),
        );
    }
    if parts.is("urn") && uri.eq_ignore_ascii_case("urn:ietf:wg:oauth:2.0:oob") {
        out.push(
            LintFinding::warning("redirect_uri.out_of_band", member, "The address of libraries that have none")
                .value(uri)
                .why("Old libraries show the code for people to copy. Anybody can start such a sign-in under your application's name and ask for the code.")
                .run("Take it out, and use http://localhost or device code:", without(app, platform, uri)),
        );
    }
}

/// Entries that get into each other's way.
fn pairs(app: &Application, out: &mut Vec<LintFinding>) {
    const UNSURE: &[u32] = &[7_000_218, 9_002_326, 9_002_327];
    let all: Vec<_> = app.all_redirect_uris().collect();
    for (at, (platform, uri)) in all.iter().enumerate() {
        for (other_platform, other) in &all[at + 1..] {
            let places = format!("{}, {}", platform.member(), other_platform.member());
            let both = if uri == other { (*uri).to_owned() } else { format!("{uri}, {other}") };
            if platform != other_platform && address::same(uri, other) {
                out.push(
                    LintFinding::warning("redirect_uri.two_platforms", places, "One address is registered for two platforms")
                        .value(both)
                        .fails("Redeeming the code, for one of the two kinds of client", UNSURE)
                        .why(format!(
                            "The platform decides on secret, PKCE and Origin, and Entra picks one of the two: {} or {}. The port of localhost does not tell them apart.",
                            platform.label(),
                            other_platform.label()
                        ))
                        .run(format!("If it is not a {}, take it out there:", other_platform.label()), without(app, *other_platform, other)),
                );
            } else if let Some(what) = address::twins(uri, other) {
                out.push(
                    LintFinding::info("redirect_uri.twins", places, format!("Two redirect URIs differ only by {what}"))
                        .value(both)
                        .why("One of them was probably an attempt to mend AADSTS50011. The one that the application does not send can go.")
                        .fix("See which one the application sends, and remove the other."),
                );
            }
        }
    }
}

fn count(app: &Application, out: &mut Vec<LintFinding>) {
    let count = app.all_redirect_uris().count();
    let most = if is_for_personal(app) { MOST_FOR_PERSONAL } else { MOST };
    if count > most {
        out.push(
            LintFinding::error(
                "redirect_uri.too_many",
                "redirectUris",
                format!("{count} redirect URIs, where {most} is the limit"),
            )
            .why("Entra saves no more than that, so a deployment of this registration fails.")
            .fix("Register one fixed callback that hands on by state."),
        );
    } else if count * 10 > most * 9 {
        out.push(
            LintFinding::warning("redirect_uri.too_many", "redirectUris", format!("{count} redirect URIs, and {most} is the limit"))
                .why("The next ones cannot be saved. A list of this length usually has addresses that nobody owns any more.")
                .fix("Register one fixed callback that hands on by state."),
        );
    }
    // An application that only offers an API, or runs by itself, needs none.
    let asks_for_people = app
        .required
        .iter()
        .any(|one| one.kind == crate::entra::registration::Kind::Scope && !one.permission.is_empty());
    if count == 0 && asks_for_people && app.scopes.is_empty() {
        out.push(
            LintFinding::info("redirect_uri.none", "redirectUris", "No redirect URI is registered, and delegated permissions are listed")
                .fails("Every sign-in through the browser", &[500_113])
                .why("Without an address nobody can come back from the sign-in page. Device code and on-behalf-of do without.")
                .run("If people sign in through the browser, register where:", command::update(app, "--web-redirect-uris https://<host>/<path>")),
        );
    }
}

/// Hosts that others may come to own.
fn hosts(app: &Application, out: &mut Vec<LintFinding>) {
    const TUNNELS: &[&str] = &[
        ".ngrok.io",
        ".ngrok-free.app",
        ".ngrok.app",
        ".loca.lt",
        ".trycloudflare.com",
        ".serveo.net",
        ".devtunnels.ms",
        ".gitpod.io",
    ];
    const RENTED: &[&str] = &[
        ".azurewebsites.net",
        ".cloudapp.net",
        ".cloudapp.azure.com",
        ".trafficmanager.net",
        ".azureedge.net",
        ".web.core.windows.net",
        ".azurestaticapps.net",
        ".herokuapp.com",
        ".vercel.app",
        ".netlify.app",
        ".github.io",
        ".pages.dev",
        ".onrender.com",
    ];
    let mut local = Vec::new();
    let mut public = 0;
    let mut rented = Vec::new();
    for (platform, uri) in app.all_redirect_uris() {
        let Some(parts) = Parts::of(uri).filter(Parts::is_web) else { continue };
        let host = parts.host.to_ascii_lowercase();
        if parts.is_loopback() {
            if platform != Platform::PublicClient {
                local.push(uri);
            }
            continue;
        }
        public += 1;
        if TUNNELS.iter().any(|end| host.ends_with(end)) {
            out.push(
                LintFinding::warning("redirect_uri.tunnel", platform.member(), "A redirect URI leads through a tunnel with a borrowed name")
                    .value(uri)
                    .why("The name goes to somebody else when the tunnel closes; a link to your sign-in page then hands them the codes of your users.")
                    .run("Take it out:", without(app, platform, uri)),
            );
        } else if RENTED.iter().any(|end| host.ends_with(end)) {
            rented.push(uri);
        }
    }
    if !rented.is_empty() {
        out.push(
            LintFinding::info("redirect_uri.rented_host", "redirectUris", "Redirect URIs on host names that are given out again")
                .value(listed(rented))
                .why("Delete such a site and anybody can take its name, and with it the codes that are sent there.")
                .fix("Remove the redirect URI before the site; better, use a name of your own domain."),
        );
    }
    if !local.is_empty() && public > 0 {
        out.push(
            LintFinding::warning("redirect_uri.development", "redirectUris", "localhost stands beside public addresses")
                .value(listed(local))
                .why("Any program on a person's machine can listen there and receive codes of the real application. For development a registration of its own is safer.")
                .fix("Move the localhost addresses to a second registration for development."),
        );
    }
}

fn brokered(app: &Application, out: &mut Vec<LintFinding>) {
    let first = app.all_redirect_uris().map(|(_, uri)| uri).find(|uri| !uri.is_empty());
    let is_broker = |uri: &str| uri.starts_with("brk-");
    if first.is_some_and(is_broker) {
        out.push(
            LintFinding::info(
                "redirect_uri.broker_first",
                "spa.redirectUris",
                "A brokered address comes first",
            )
            .value(first.unwrap_or_default())
            .fails("An admin-consent link without redirect_uri", &[7_000_471])
            .why("Where a link names no redirect URI Entra takes the first one, and this one is no page.")
            .fix("Put an ordinary redirect_uri into admin-consent links."),
        );
    }
}
