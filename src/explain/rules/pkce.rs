//! PKCE: verifier and challenge, and how one should follow from the other (RFC 7636 §4).
//!
//! The challenge stands in the authorize request and the verifier in the token request. With both at hand it is computed
//! which of the usual mistakes leads from one to the other; with the challenge alone its form tells some of them.

use std::fmt::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use sha2::{Digest as _, Sha256};

use super::{super::Certainty, Case, Check, Found, platform};
use crate::{
    oauth::pkce::{self, Method},
    secret::{Secret, mask},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("pkce.challenge_missing", challenge_missing),
    ("pkce.verifier_missing", |case| asked(case, "pkce.verifier_missing")),
    ("pkce.verifier_length", |case| asked(case, "pkce.verifier_length")),
    ("pkce.base64_form", |case| asked(case, "pkce.base64_form")),
    ("pkce.hex_digest", |case| asked(case, "pkce.hex_digest")),
    ("pkce.method_mismatch", |case| asked(case, "pkce.method_mismatch")),
    ("pkce.verifier_mismatch", |case| asked(case, "pkce.verifier_mismatch")),
];

/// How challenge and verifier belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// As the standard wants it.
    S256,
    /// The verifier itself.
    Plain,
    /// Right but for `=` at the end.
    Padded,
    /// The alphabet of ordinary base64.
    Standard,
    /// The digest as hexadecimal text.
    Hex,
    /// That text once more in base64.
    EncodedHex,
    /// None of these.
    None,
}

/// A challenge as it arrives: a plus sign that nobody encoded has become a blank.
fn as_sent(challenge: &str) -> String {
    challenge.replace(' ', "+")
}

fn relation(challenge: &str, verifier: &str) -> Relation {
    let challenge = as_sent(challenge);
    let digest = Sha256::digest(verifier.as_bytes());
    let hex = digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all text");
        hex
    });
    let upper = hex.to_ascii_uppercase();
    let is_encoded = |text: &str| {
        [
            URL_SAFE_NO_PAD.encode(text),
            URL_SAFE.encode(text),
            STANDARD.encode(text),
            STANDARD_NO_PAD.encode(text),
        ]
        .contains(&challenge)
    };
    if challenge == pkce::challenge(Method::S256, &Secret::new(verifier)) {
        Relation::S256
    } else if challenge == verifier {
        Relation::Plain
    } else if challenge == URL_SAFE.encode(digest) {
        Relation::Padded
    } else if challenge == STANDARD.encode(digest) || challenge == STANDARD_NO_PAD.encode(digest) {
        Relation::Standard
    } else if challenge.eq_ignore_ascii_case(&hex) {
        Relation::Hex
    } else if is_encoded(&hex) || is_encoded(&upper) {
        Relation::EncodedHex
    } else {
        Relation::None
    }
}

/// What the form of a challenge tells without its verifier.
fn form(challenge: &str) -> Relation {
    let challenge = as_sent(challenge);
    let is_hex = |text: &[u8]| text.len() == 64 && text.iter().all(u8::is_ascii_hexdigit);
    let decoded = URL_SAFE_NO_PAD.decode(challenge.trim_end_matches('=')).unwrap_or_default();
    if is_hex(challenge.as_bytes()) {
        Relation::Hex
    } else if is_hex(&decoded) {
        Relation::EncodedHex
    } else if challenge.contains(['+', '/']) {
        Relation::Standard
    } else if challenge.ends_with('=') {
        Relation::Padded
    } else {
        Relation::None
    }
}

/// What the requests hold.
struct Pair<'a> {
    /// `code_challenge`, and the request that it is from.
    challenge: Option<(&'static str, &'a str)>,
    /// The method that goes with it; absent means plain.
    method: Option<&'a str>,
    verifier: Option<&'a str>,
    /// Whether the request that failed redeems a code.
    redeems: bool,
}

impl<'a> Pair<'a> {
    fn of(case: &'a Case<'_>) -> Self {
        let here = case.param("code_challenge").map(|found| ("request code_challenge", found));
        let before =
            case.previous_param("code_challenge").map(|found| ("previous request code_challenge", found));
        let method = match here {
            Some(_) => case.param("code_challenge_method"),
            None => case.previous_param("code_challenge_method").or(case.param("code_challenge_method")),
        };
        Self {
            challenge: here.or(before),
            method,
            verifier: case.param("code_verifier"),
            redeems: case.grant() == Some("authorization_code") || case.param("code").is_some(),
        }
    }

    /// A challenge as it may be shown: with `plain` it is the verifier.
    fn shown(&self) -> String {
        let Some((_, challenge)) = self.challenge else { return "absent".to_owned() };
        let is_secret = self.verifier == Some(challenge) || self.method.is_none_or(|method| method != "S256");
        let form = form(challenge);
        if is_secret && form == Relation::None {
            return mask(challenge);
        }
        format!("{challenge} ({} characters)", challenge.chars().count())
    }

    fn method_name(&self) -> &'a str {
        self.method.unwrap_or("absent, which means plain")
    }

    /// Whether the declared method is one that exists (RFC 7636 §4.3).
    fn has_known_method(&self) -> bool {
        matches!(self.method, None | Some("S256" | "plain"))
    }
}

fn asked(case: &Case<'_>, key: &str) -> Option<Found> {
    if let Some(found) = by_lab(case, key) {
        return Some(found);
    }
    let (named, found) = judge(case)?;
    if named == key {
        return Some(found);
    }
    if found.certainty == Some(Certainty::Likely) { None } else { Found::excluded() }
}

fn by_lab(case: &Case<'_>, key: &str) -> Option<Found> {
    let rules: &[&str] = match key {
        "pkce.verifier_missing" => &["pkce.verifier_present"],
        "pkce.verifier_length" => &["pkce.verifier_size"],
        "pkce.method_mismatch" => &["pkce.method"],
        _ => return None,
    };
    case.by_rule(rules)
}

fn judge(case: &Case<'_>) -> Option<(&'static str, Found)> {
    let pair = Pair::of(case);
    let certain =
        |place: &str, sent: &str, expected: &str| Found::new(Certainty::Certain, place, sent, expected);
    if pair.challenge.is_some() && !pair.has_known_method() {
        let place = "code_challenge_method of the authorize request";
        return Some(("pkce.method_mismatch", certain(place, pair.method_name(), "S256")));
    }
    match (pair.challenge, pair.verifier) {
        (Some((place, challenge)), Some(verifier)) => both(&pair, place, challenge, verifier),
        (Some((place, challenge)), None) if pair.redeems => Some(no_verifier(case, &pair, place, challenge)),
        (Some((place, challenge)), None) => challenge_alone(&pair, place, challenge),
        (None, Some(verifier)) => length(verifier).map(|found| ("pkce.verifier_length", found)),
        (None, None) if pair.redeems && case.previous.is_empty() && is_about_verifier(case) => {
            // Entra asked for a verifier, so there was a challenge.
            let found =
                certain("request code_verifier", "absent", "the verifier that the challenge was made from");
            Some(("pkce.verifier_missing", other_name(case, found, None)))
        }
        (None, None) => None,
    }
}

/// Whether the refusal itself tells that the sign-in began with a challenge.
fn is_about_verifier(case: &Case<'_>) -> bool {
    matches!(case.code, Some(50148 | 501_481)) || case.says(&["code_verifier", "code verifier", "pkce"])
}

fn both(pair: &Pair<'_>, place: &str, challenge: &str, verifier: &str) -> Option<(&'static str, Found)> {
    let expected = pkce::challenge(Method::S256, &Secret::new(verifier));
    let certain =
        |place: &str, sent: &str, expected: &str| Found::new(Certainty::Certain, place, sent, expected);
    let challenged = |sent: &str, what: &str| {
        let sent = format!("{sent}: {what}");
        certain(place, &sent, &format!("{expected} (43 characters of base64url, no padding)"))
            .with("found", what)
    };
    let shown = format!("{challenge} ({} characters)", challenge.chars().count());
    let method = "code_challenge_method of the authorize request";
    let declares_s256 = pair.method == Some("S256");
    match relation(challenge, verifier) {
        Relation::S256 if !declares_s256 => {
            let found = certain(method, pair.method_name(), "S256").and(
                place,
                &format!("{challenge}, the SHA-256 of the verifier"),
                "the verifier itself, if the method is plain",
            );
            Some(("pkce.method_mismatch", found))
        }
        Relation::Plain if declares_s256 => {
            let sent = format!("{}, the verifier itself (plain)", mask(challenge));
            let found = certain(place, &sent, &expected).and(method, "S256", "plain, for such a challenge");
            Some(("pkce.method_mismatch", found))
        }
        Relation::Padded => Some(("pkce.base64_form", challenged(&shown, "with the padding = at the end"))),
        Relation::Standard => {
            let padded = if as_sent(challenge).ends_with('=') { " and padding =" } else { "" };
            let what = format!("ordinary base64, with + and / for - and _{padded}");
            Some(("pkce.base64_form", challenged(&shown, &what)))
        }
        Relation::Hex => {
            Some(("pkce.hex_digest", challenged(&shown, "the SHA-256 digest as hexadecimal text")))
        }
        Relation::EncodedHex => {
            Some(("pkce.hex_digest", challenged(&shown, "base64 of the digest's hexadecimal text")))
        }
        Relation::S256 | Relation::Plain => {
            // They fit, so the length is left; or these requests are not of the same sign-in.
            length(verifier).map(|found| ("pkce.verifier_length", found))
        }
        Relation::None => {
            if let Some(found) = length(verifier) {
                return Some(("pkce.verifier_length", found));
            }
            let of_form = match form(challenge) {
                Relation::Padded | Relation::Standard => Some(("pkce.base64_form", "no base64url")),
                Relation::Hex | Relation::EncodedHex => {
                    Some(("pkce.hex_digest", "a digest as hexadecimal text"))
                }
                _ => None,
            };
            if let Some((cause, what)) = of_form.filter(|_| declares_s256) {
                let found = Found::new(Certainty::Likely, place, &format!("{shown}: {what}"), &expected);
                return Some((cause, found));
            }
            let found = Found::new(Certainty::Likely, place, &pair.shown(), &expected).and(
                "request code_verifier",
                &format!("{}, which leads to another challenge in every form", mask(verifier)),
                "the verifier of this sign-in",
            );
            Some(("pkce.verifier_mismatch", found))
        }
    }
}

fn no_verifier(case: &Case<'_>, pair: &Pair<'_>, place: &str, challenge: &str) -> (&'static str, Found) {
    let found = Found::new(
        Certainty::Certain,
        "request code_verifier",
        "absent",
        "the verifier that the challenge was made from",
    );
    let found = found.and(place, &pair.shown(), "");
    ("pkce.verifier_missing", other_name(case, found, Some(challenge)))
}

/// Adds the parameter in which the verifier travelled instead, if there is one.
fn other_name(case: &Case<'_>, found: Found, challenge: Option<&str>) -> Found {
    const NAMES: [&str; 9] = [
        "codeVerifier",
        "code-verifier",
        "verifier",
        "pkce_verifier",
        "pkce",
        "code_challenge",
        "codeverifier",
        "code_verfier",
        "PKCE_verifier",
    ];
    let fits = |value: &str| {
        challenge.is_some_and(|challenge| relation(challenge, value) != Relation::None)
            && pkce::flaw(value).is_none()
    };
    let other = case.params.iter().find(|(name, value)| {
        *name != "code_verifier" && (NAMES.contains(name) || fits(value)) && !value.is_empty()
    });
    match other {
        Some((name, value)) => {
            let line = if fits(value) { "the verifier, under this name" } else { "perhaps the verifier" };
            found.and(&format!("request {name}"), &format!("{}, {line}", mask(value)), "code_verifier")
        }
        None => found,
    }
}

fn challenge_alone(pair: &Pair<'_>, place: &str, challenge: &str) -> Option<(&'static str, Found)> {
    let shown = pair.shown();
    let length = challenge.chars().count();
    let found = |what: &str| {
        let expected = "43 characters of base64url: letters, digits, - and _, no padding";
        Found::new(Certainty::Certain, place, &format!("{shown}: {what}"), expected).with("found", what)
    };
    let is_plain = pair.method != Some("S256");
    match form(challenge) {
        Relation::Hex if !is_plain => Some(("pkce.hex_digest", found("a digest as hexadecimal text"))),
        Relation::EncodedHex if !is_plain => Some(("pkce.hex_digest", found("base64 of hexadecimal text"))),
        Relation::Standard => Some(("pkce.base64_form", found("ordinary base64, with + or /"))),
        Relation::Padded => Some(("pkce.base64_form", found("with the padding = at the end"))),
        _ if is_plain && !(43..=128).contains(&length) => {
            let found = Found::new(
                Certainty::Certain,
                place,
                &format!("{length} characters"),
                "43 to 128 characters",
            )
            .and("code_challenge_method", pair.method_name(), "S256");
            Some(("pkce.verifier_length", found))
        }
        _ if !is_plain && length != 43 => {
            let found = Found::new(
                Certainty::Likely,
                place,
                &format!("{length} characters, no SHA-256"),
                "43 characters",
            );
            Some((
                "pkce.method_mismatch",
                found.and("code_challenge_method", "S256", "plain, for such a challenge"),
            ))
        }
        _ => None,
    }
}

fn length(verifier: &str) -> Option<Found> {
    let length = verifier.chars().count();
    if (43..=128).contains(&length) {
        return None;
    }
    let is_hex = length > 128 && verifier.bytes().all(|b| b.is_ascii_hexdigit());
    let sent = if is_hex {
        format!("{length} characters: {} bytes as hexadecimal text", length / 2)
    } else {
        format!("{length} characters")
    };
    Found::certain("request code_verifier", &sent, "43 to 128 characters")
}

/// The authorize request of a page without a challenge.
fn challenge_missing(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["pkce.challenge_present"]) {
        return Some(found);
    }
    let is_authorize = case.param("response_type").is_some();
    let (params, place) = if is_authorize {
        (&case.params, "request code_challenge")
    } else {
        (&case.previous, "previous request code_challenge")
    };
    if params.get("code_challenge").is_some_and(|challenge| !challenge.is_empty()) {
        return Found::excluded();
    }
    if let Some(method) = params.get("code_challenge_method").filter(|method| !method.is_empty()) {
        let found =
            Found::new(Certainty::Certain, place, "absent", "the challenge that belongs to the method");
        return Some(found.and("request code_challenge_method", method, "a challenge beside it, or nothing"));
    }
    let is_known = params.get("response_type").is_some() || params.get("client_id").is_some();
    if platform::is_server(case) {
        return None;
    }
    let (at, value) = platform::is_page(case)?;
    let expected = "the SHA-256 of a verifier in base64url, 43 characters";
    let found = if is_known {
        Found::certain(place, "absent", expected)
    } else {
        Found::likely(place, "absent", expected)
    };
    found.map(|found| found.and(at, &value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const HEX: &str = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";

    #[test]
    fn each_way_from_verifier_to_challenge_is_recognised() {
        let check =
            |challenge: &str, expected| assert_eq!(relation(challenge, VERIFIER), expected, "{challenge}");
        check(CHALLENGE, Relation::S256);
        check(VERIFIER, Relation::Plain);
        check(&format!("{CHALLENGE}="), Relation::Padded);
        check(&CHALLENGE.replace('-', "+"), Relation::Standard);
        check(&format!("{}=", CHALLENGE.replace('-', " ")), Relation::Standard);
        check(HEX, Relation::Hex);
        check(&HEX.to_ascii_uppercase(), Relation::Hex);
        check(&URL_SAFE_NO_PAD.encode(HEX), Relation::EncodedHex);
        check(&STANDARD.encode(HEX), Relation::EncodedHex);
        check("something else", Relation::None);
    }

    #[test]
    fn the_form_of_a_challenge_tells_some_mistakes() {
        assert_eq!(form(HEX), Relation::Hex);
        assert_eq!(form(&URL_SAFE_NO_PAD.encode(HEX)), Relation::EncodedHex);
        assert_eq!(form("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), Relation::Standard);
        assert_eq!(form(&format!("{CHALLENGE}=")), Relation::Padded);
        assert_eq!(form(CHALLENGE), Relation::None);
    }
}
