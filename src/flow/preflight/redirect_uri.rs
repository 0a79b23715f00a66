//! The redirect URI: whether the answer reaches us, and Entra's rules for what can be registered (reference §7).

use url::{Host, Url};

use super::{Report, is_loopback};
use crate::flow::{Draft, Platform, Profile};

/// Looks at the redirect URI that is sent. `listener` is the address at which answers are caught, if any is.
pub(super) fn judge(report: &mut Report, profile: &Profile, draft: &Draft, listener: Option<&Url>) {
    let Some(text) = draft.value("redirect_uri").filter(|text| !text.is_empty()) else { return };
    let Ok(sent) = Url::parse(text) else {
        report.warn("redirect_uri.form", "RFC 6749 §3.1.2", "redirect_uri is no absolute address.");
        return;
    };
    if let Some(listener) = listener
        && sent != *listener
    {
        let title = format!(
            "We listen at {listener}, and the answer goes to {sent}: it has to be pasted, or caught by the \
             built-in user agent."
        );
        report.warn("redirect_uri.not_ours", "RFC 8252 §7.3", title);
    }
    if sent.fragment().is_some() {
        report.warn("redirect_uri.fragment", "RFC 6749 §3.1.2", "A redirect URI has no # in it.");
    }
    if !profile.authority.is_entra() {
        return;
    }
    let is_local = is_loopback(&sent);
    match sent.scheme() {
        "http" if !is_local => report.warn(
            "redirect_uri.http",
            "Entra",
            "Entra takes http for this machine only; everything else must be https.",
        ),
        "http" | "https" => {}
        _ if profile.platform == Platform::Native => {}
        _ => report.warn(
            "redirect_uri.scheme",
            "Entra",
            "An address of an application's own kind can be registered for mobile and desktop applications only.",
        ),
    }
    match sent.host() {
        Some(Host::Ipv6(_)) if is_local => report.warn(
            "redirect_uri.ipv6",
            "Entra",
            "Entra does not take [::1]; register http://localhost or http://127.0.0.1.",
        ),
        Some(Host::Ipv4(_)) if is_local && sent.scheme() == "http" => report.info(
            "redirect_uri.ipv4",
            "Entra",
            "127.0.0.1 with http can be registered in the manifest only; the portal's text box refuses it.",
        ),
        _ => {}
    }
    if text.contains(['!', '$', '\'', '(', ')', ',', ';', '*']) {
        report.warn(
            "redirect_uri.characters",
            "Entra",
            "There is a character in it that Entra refuses in a redirect URI: one of ! $ ' ( ) , ; or *.",
        );
    }
    registration(report, profile, &sent);
}

/// What the registration says of it, as far as it is known.
fn registration(report: &mut Report, profile: &Profile, sent: &Url) {
    const RULE: &str = "Every part must be as registered, letter case and last slash included; the port of localhost alone \
                        does not count.";
    let places = places(profile, sent);
    if !places.is_empty() && !places.contains(&profile.platform) {
        let title = format!(
            "It is registered for a {}, and this profile is a {}. Entra goes by the registration when the code is redeemed: \
             that decides on secret, PKCE and Origin.",
            places[0].title(),
            profile.platform.title()
        );
        report.warn("redirect_uri.platform", "Entra", title);
    } else if places.is_empty() && !profile.registered.is_empty() {
        let known: Vec<_> = profile.registered.iter().map(|(_, uri)| uri.as_str()).collect();
        let title = format!("The registration does not hold it, but {}. {RULE}", known.join(", "));
        report.warn("redirect_uri.not_registered", "Entra", title);
    } else if let Some(registered) = &profile.redirect_uri
        && places.is_empty()
        && !is_same_place(registered, sent)
    {
        let title = format!("The profile's redirect URI is {registered}. {RULE}");
        report.warn("redirect_uri.not_registered", "Entra", title);
    }
}

/// The platforms for which an address is registered, where the registration is known.
pub(super) fn places(profile: &Profile, sent: &Url) -> Vec<Platform> {
    let known = profile.registered.iter().filter(|(_, registered)| is_same_place(registered, sent));
    known.map(|(platform, _)| *platform).collect()
}

/// Whether Entra takes the one for the other: character for character, but for the port of this machine and the slash
/// after a host without path, which `Url` has added to both.
fn is_same_place(registered: &Url, sent: &Url) -> bool {
    let mut registered = registered.clone();
    if is_loopback(&registered) && registered.set_port(sent.port()).is_err() {
        return false;
    }
    registered == *sent
}
