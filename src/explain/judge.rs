//! Which of the usual causes it is: each [`Check`] compares what the evidence holds and may name one cause.
//!
//! A check says `Certain` only when its comparison leaves no other cause open. Where no check speaks, the usual order
//! stands: the first cause is likely, the others are possible.

use std::time::Duration;

use super::{
    Certainty, Evidence, EvidenceLine, calls,
    difference::{apart, closest, difference, with_port_of},
    entry::{Entry, Reason},
    facts::{Facts, is_guid},
    presented::{self, Presented},
};
use crate::{
    entra::scopes::{self, Scope},
    secret,
    time::UnixTime,
    wire::Params,
};

/// A cause with what speaks for it.
pub(super) struct Verdict {
    pub reason: &'static Reason,
    pub certainty: Certainty,
    pub evidence: Vec<EvidenceLine>,
}

/// Puts the causes of an entry in the order that the evidence suggests.
pub(super) fn judge(entry: &'static Entry, evidence: &Evidence, facts: &Facts) -> Vec<Verdict> {
    let case = Case::new(entry, evidence, facts);
    let mut verdicts: Vec<Verdict> = entry
        .causes()
        .map(|reason| {
            match checks().find(|(key, _)| *key == reason.key).and_then(|(_, check)| check(&case)) {
                Some(found) => Verdict { reason, certainty: found.certainty, evidence: found.evidence },
                None => Verdict { reason, certainty: Certainty::Possible, evidence: Vec::new() },
            }
        })
        .collect();
    verdicts.sort_by_key(|verdict| verdict.certainty); // stable: the usual order stays
    let only_one = verdicts.len() == 1;
    let Some(first) = verdicts.first_mut() else { return verdicts };
    if entry.settled || (only_one && evidence.rule.is_some()) {
        first.certainty = Certainty::Certain;
    } else if first.certainty == Certainty::Possible {
        first.certainty = Certainty::Likely;
    }
    let is_certain = first.certainty == Certainty::Certain;
    if first.evidence.is_empty() {
        first.evidence = evidence.compared.iter().map(EvidenceLine::of).collect();
    }
    if is_certain {
        verdicts.truncate(1);
    } else {
        let rest = verdicts.iter_mut().skip(1).filter(|verdict| verdict.certainty == Certainty::Certain);
        rest.for_each(|verdict| verdict.certainty = Certainty::Likely);
    }
    verdicts
}

/// What a check says.
pub(super) struct Found {
    pub certainty: Certainty,
    pub evidence: Vec<EvidenceLine>,
}

impl Found {
    #[expect(clippy::unnecessary_wraps, reason = "checks end with it")]
    pub fn certain(place: &str, sent: &str, expected: &str) -> Option<Self> {
        Some(Self { certainty: Certainty::Certain, evidence: vec![EvidenceLine::new(place, sent, expected)] })
    }

    #[expect(clippy::unnecessary_wraps, reason = "checks end with it")]
    pub fn likely(place: &str, sent: &str, expected: &str) -> Option<Self> {
        Some(Self { certainty: Certainty::Likely, evidence: vec![EvidenceLine::new(place, sent, expected)] })
    }
}

/// What checks look at.
pub(super) struct Case<'a> {
    pub code: Option<u32>,
    pub evidence: &'a Evidence,
    pub facts: &'a Facts,
    /// The parameters of the request, query and form together.
    pub params: Params,
    /// The JWTs of the request.
    pub presented: Presented,
    /// What the refusal or the pasted text says, in lower case.
    pub message: String,
}

pub(super) type Check = fn(&Case<'_>) -> Option<Found>;

/// One check for each cause that a comparison can show.
fn checks() -> impl Iterator<Item = &'static (&'static str, Check)> {
    CHECKS.iter().chain(presented::CHECKS).chain(calls::CHECKS)
}

/// Checks about parameters; those about tokens stand in [`presented`] and [`calls`].
const CHECKS: &[(&str, Check)] = &[
    ("redirect_uri.scheme", |case| redirect(case, "redirect_uri.scheme")),
    ("redirect_uri.trailing_slash", |case| redirect(case, "redirect_uri.trailing_slash")),
    ("redirect_uri.path", |case| redirect(case, "redirect_uri.path")),
    ("redirect_uri.port", |case| redirect(case, "redirect_uri.port")),
    ("redirect_uri.host", |case| redirect(case, "redirect_uri.host")),
    ("redirect_uri.path_case", |case| redirect(case, "redirect_uri.path_case")),
    ("redirect_uri.loopback_alias", |case| redirect(case, "redirect_uri.loopback_alias")),
    ("redirect_uri.encoding", |case| redirect(case, "redirect_uri.encoding")),
    ("redirect_uri.not_registered", |case| redirect(case, "redirect_uri.not_registered")),
    ("redirect_uri.none_registered", |case| redirect(case, "redirect_uri.none_registered")),
    ("credential.secret_id_instead_of_value", secret_is_guid),
    ("credential.missing", credential_missing),
    ("credential.public_flag_off", no_redirect_uri_in_grant),
    ("platform.web_used_by_public_client", redirect_uri_in_grant),
    ("request.placeholder", placeholder),
    ("tenant.path_segment", path_segment),
    ("tenant.grant_needs_tenant", shared_tenant),
    ("client.first_party_borrowed", first_party),
    ("scope.separator", scope_separator),
    ("scope.malformed", scope_malformed),
    ("scope.default_mixed", scope_default_mixed),
    ("scope.multiple_resources", scope_of_two_apis),
    ("scope.named_in_client_credentials", scope_named_without_user),
    ("scope.unqualified", scope_unqualified),
    ("pkce.challenge_missing", challenge_missing),
    ("pkce.verifier_missing", verifier_missing),
    ("pkce.verifier_length", verifier_length),
    ("pkce.base64_form", challenge_in_base64),
    ("pkce.hex_digest", challenge_in_hexadecimal),
    ("browser.grant_not_allowed", grant_in_browser),
    ("consent.middle_tier_missing", on_behalf_of),
    ("mfa.obo_not_forwarded", on_behalf_of),
    ("consent.prompt_left", prompt_consent),
    ("consent.tenant_policy", |case| {
        case.by_rule(&["consent.by_people_allowed", "consent.not_while_assignment_required"])
    }),
    ("consent.publisher_unverified", |case| case.by_rule(&["consent.publisher_verified"])),
    ("consent.not_low_impact", |case| case.by_rule(&["consent.low_impact"])),
    ("claims.not_json", claims_not_json),
    ("user.wrong_password", wrong_password),
    ("ropc.not_possible", password_grant),
    ("session.none", prompt_none),
    ("refresh_token.inactive", refresh_grant),
    ("refresh_token.mangled", refresh_grant),
    ("code.expired", code_grant),
    ("code.mangled", code_grant),
    ("request.not_form_encoded", not_a_form),
    ("request.parameter_missing", parameter_missing),
    ("clock.skew", clock_skew),
];

impl<'a> Case<'a> {
    fn new(entry: &Entry, evidence: &'a Evidence, facts: &'a Facts) -> Self {
        let mut params = evidence.request.as_ref().map(crate::wire::Request::query).unwrap_or_default();
        params.0.extend(evidence.request.as_ref().map(crate::wire::Request::form).unwrap_or_default().0);
        let presented = evidence.request.as_ref().map(|request| Presented::read(request, &params));
        let told = evidence.refusal.as_ref().and_then(|refusal| refusal.description.as_deref());
        let message = told.or(evidence.text.as_deref()).unwrap_or_default().to_ascii_lowercase();
        Self { code: entry.code, evidence, facts, params, presented: presented.unwrap_or_default(), message }
    }

    /// A parameter of the request; empty ones count as absent.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).filter(|value| !value.is_empty())
    }

    fn grant(&self) -> Option<&str> {
        self.param("grant_type")
    }

    /// A value as it may stand in evidence.
    fn scope(&self) -> Option<&str> {
        self.facts.get("scope")
    }
}

// Redirect URIs: the lab tenant's own comparison decides.

fn redirect(case: &Case<'_>, key: &str) -> Option<Found> {
    let compared = case.evidence.compared.iter().find(|compared| compared.what.contains("redirect_uri"))?;
    let (found, expected) = redirect_difference(&compared.sent, &compared.expected);
    if found != key {
        return None;
    }
    Found::certain(&compared.what, &compared.sent, &expected)
}

/// Which part of a redirect URI differs from the closest registered one, by cause; and that one.
fn redirect_difference(sent: &str, registered: &[String]) -> (&'static str, String) {
    let Some(near) = closest(sent, registered) else {
        return ("redirect_uri.none_registered", "no redirect URI is registered".to_owned());
    };
    // The closest text may be farther in meaning than another one: ask each, and take the first that differs in one part.
    let mut all = std::iter::once(near).chain(registered.iter().map(|one| apart(one).0));
    let found = all.find_map(|one| Some((one_part(sent, one)?, one.to_owned())));
    found.unwrap_or_else(|| ("redirect_uri.not_registered", registered.join(" or ")))
}

fn one_part(sent: &str, registered: &str) -> Option<&'static str> {
    if sent.trim_end_matches('/') == registered.trim_end_matches('/') {
        return Some("redirect_uri.trailing_slash");
    }
    let decoded = percent_encoding::percent_decode_str(sent).decode_utf8_lossy();
    if decoded == registered || sent.replace([' ', '+'], "") == registered.replace([' ', '+'], "") {
        return Some("redirect_uri.encoding");
    }
    let (a, b) = (Parts::of(sent)?, Parts::of(registered)?);
    let is_loopback = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let same_port = a.port == b.port || (is_loopback(a.host) && is_loopback(b.host));
    let same_host = a.host.eq_ignore_ascii_case(b.host);
    match (a.scheme == b.scheme, same_host, same_port, a.path == b.path) {
        (false, true, true, true) => Some("redirect_uri.scheme"),
        (true, false, true, true) if is_loopback(a.host) && is_loopback(b.host) => {
            Some("redirect_uri.loopback_alias")
        }
        (true, false, _, true) => Some("redirect_uri.host"),
        (true, true, false, true) => Some("redirect_uri.port"),
        (true, true, true, false) if a.path.eq_ignore_ascii_case(b.path) => Some("redirect_uri.path_case"),
        (true, true, true, false) => Some("redirect_uri.path"),
        _ => None,
    }
}

/// An address taken apart as text: a reader of URLs would mend what we are looking for.
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(address: &'a str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // The colons of an IPv6 address are no port.
        let colon = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        let (host, port) = colon.map_or((authority, ""), |at| (&authority[..at], &authority[at + 1..]));
        Some(Self { scheme, host, port, path })
    }
}

// Clients and their credentials.

fn secret_is_guid(case: &Case<'_>) -> Option<Found> {
    let secret = case.param("client_secret").filter(|secret| is_guid(secret))?;
    Found::certain(
        "request client_secret",
        &format!("{}, a GUID", secret::mask(secret)),
        "a value, about 40 characters",
    )
}

fn credential_missing(case: &Case<'_>) -> Option<Found> {
    case.evidence.request.as_ref()?;
    match case.params.get("client_secret") {
        Some("") => Found::certain("request client_secret", "empty", "the secret's value"),
        None if matches!(case.code, Some(7_000_216 | 7_000_219)) => {
            Found::certain("request client_secret", "absent", "the secret's value")
        }
        _ => None,
    }
}

fn no_redirect_uri_in_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|_| case.param("redirect_uri").is_none())?;
    Found::likely("request grant_type", grant, "a grant without redirect URI needs isFallbackPublicClient")
}

fn redirect_uri_in_grant(case: &Case<'_>) -> Option<Found> {
    case.grant().and(case.param("redirect_uri"))?;
    let address = case.facts.get("redirect_uri")?;
    Found::likely("request redirect_uri", address, "an address under Mobile and desktop, or a credential")
}

fn placeholder(case: &Case<'_>) -> Option<Found> {
    ["tenant", "client_id"].into_iter().find_map(|name| {
        let value = case.facts.get(name)?;
        let lower = value.to_ascii_lowercase();
        let is_template = value.contains(['{', '}', '<', '>', '$'])
            || ["undefined", "null", "none"].contains(&lower.as_str())
            || ["your-", "your_", "enter_", "placeholder", "example-"]
                .iter()
                .any(|begin| lower.starts_with(begin))
            || (is_guid(value) && value.bytes().all(|b| b == b'0' || b == b'-'));
        if is_template { Found::certain(name, value, "a real value") } else { None }
    })
}

fn path_segment(case: &Case<'_>) -> Option<Found> {
    const WORDS: [&str; 7] =
        ["oauth2", "v2.0", "authorize", "token", "devicecode", "adminconsent", ".well-known"];
    let tenant = case.facts.get("tenant").filter(|tenant| WORDS.contains(tenant))?;
    Found::certain("tenant in the path", tenant, "a GUID or a domain")
}

fn shared_tenant(case: &Case<'_>) -> Option<Found> {
    let shared = |tenant: &&str| ["common", "organizations", "consumers"].contains(tenant);
    let tenant = case.facts.get("tenant").filter(shared)?;
    Found::certain("tenant in the path", tenant, "one tenant's GUID or domain")
}

fn first_party(case: &Case<'_>) -> Option<Found> {
    let client_id = case.facts.get("client_id")?;
    let known = scopes::well_known(client_id)?;
    Found::certain("client_id", &format!("{client_id} ({})", known.name), "a client id of your own")
}

// Scopes.

fn scope_separator(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?;
    let is_joined = scope.contains([',', ';', '\n', '\r', '\t', '+']) || scope.contains("%20");
    if is_joined { Found::certain("scope", scope, "single blanks between scopes") } else { None }
}

fn scope_malformed(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?.split_whitespace().find(|scope| {
        let parsed = Scope::parse(scope);
        let without_permission = parsed.permission.is_empty() || parsed.permission.contains("://");
        let without_resource =
            parsed.resource.is_some_and(|resource| resource.is_empty() || resource.ends_with("://"));
        let doubled = scope.contains("https://https://") || scope.matches("://").count() > 1;
        without_permission || without_resource || doubled
    })?;
    Found::likely("scope", scope, "<resource>/<permission>")
}

fn scope_default_mixed(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?;
    let apis: Vec<_> =
        scope.split_whitespace().map(Scope::parse).filter(|scope| !scope.is_openid()).collect();
    let has_default = apis.iter().any(|scope| scope.permission == ".default");
    let has_other = apis.iter().any(|scope| scope.permission != ".default");
    if has_default && has_other {
        Found::certain("scope", scope, "either /.default or named permissions")
    } else {
        None
    }
}

fn scope_of_two_apis(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?;
    let mut apis: Vec<_> = scope.split_whitespace().filter_map(|scope| Scope::parse(scope).api()).collect();
    apis.sort_unstable();
    apis.dedup();
    if apis.len() < 2 {
        return None;
    }
    Found::likely("scope", &format!("{} APIs: {}", apis.len(), apis.join(", ")), "one API in a token request")
}

fn scope_named_without_user(case: &Case<'_>) -> Option<Found> {
    case.grant().filter(|grant| *grant == "client_credentials")?;
    let scope = case.scope()?;
    let one_default = !scope.contains(char::is_whitespace) && scope.ends_with("/.default");
    if one_default { None } else { Found::certain("scope", scope, "one <resource>/.default") }
}

fn scope_unqualified(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?.split_whitespace().find(|scope| {
        let parsed = Scope::parse(scope);
        parsed.resource.is_none() && !parsed.is_openid()
    })?;
    Found::likely("scope", scope, "<identifier of the API>/<permission>")
}

// PKCE.

fn challenge_missing(case: &Case<'_>) -> Option<Found> {
    case.param("response_type").filter(|_| case.param("code_challenge").is_none())?;
    Found::likely("request code_challenge", "absent", "43 characters")
}

fn verifier_missing(case: &Case<'_>) -> Option<Found> {
    case.grant().filter(|_| case.param("code_verifier").is_none())?;
    Found::certain("request code_verifier", "absent", "the verifier that the challenge was made from")
}

fn verifier_length(case: &Case<'_>) -> Option<Found> {
    let length = case.param("code_verifier")?.chars().count();
    if (43..=128).contains(&length) {
        return None;
    }
    Found::certain("request code_verifier", &format!("{length} characters"), "43 to 128 characters")
}

fn challenge_in_base64(case: &Case<'_>) -> Option<Found> {
    let challenge = case.param("code_challenge").filter(|challenge| challenge.contains(['+', '/', '=']))?;
    Found::certain("request code_challenge", challenge, "letters, digits, - and _ only")
}

fn challenge_in_hexadecimal(case: &Case<'_>) -> Option<Found> {
    let challenge = case.param("code_challenge")?;
    let is_hex = challenge.len() == 64 && challenge.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex || challenge.len() == 86 {
        Found::certain("request code_challenge", &format!("{} characters", challenge.len()), "43 characters")
    } else {
        None
    }
}

// Grants and prompts.

fn grant_in_browser(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| !["authorization_code", "refresh_token"].contains(grant))?;
    Found::certain("request grant_type", grant, "authorization_code or refresh_token")
}

fn on_behalf_of(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| grant.ends_with(":jwt-bearer"))?;
    Found::likely("request grant_type", grant, "an interactive request of the front application")
}

fn prompt_consent(case: &Case<'_>) -> Option<Found> {
    let prompt = case.param("prompt").filter(|prompt| prompt.contains("consent"))?;
    Found::likely("request prompt", prompt, "absent")
}

fn claims_not_json(case: &Case<'_>) -> Option<Found> {
    let sent = case.param("claims")?;
    let is_object = serde_json::from_str::<serde_json::Value>(sent).is_ok_and(|value| value.is_object());
    if is_object { None } else { Found::certain("request claims", sent, "a JSON object") }
}

/// The lab tenant alone says that it was the password; Entra leaves that open.
fn wrong_password(case: &Case<'_>) -> Option<Found> {
    let compared = case.evidence.compared.iter().find(|compared| compared.what == "password")?;
    Found::certain("password", &compared.sent, "the one in the directory")
}

fn password_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| *grant == "password")?;
    Found::likely("request grant_type", grant, "a sign-in on a page")
}

fn prompt_none(case: &Case<'_>) -> Option<Found> {
    let prompt = case.param("prompt").filter(|prompt| *prompt == "none")?;
    Found::likely("request prompt", prompt, "absent, so that a page can be shown")
}

fn refresh_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| *grant == "refresh_token")?;
    Found::likely("request grant_type", grant, "a refresh token in use")
}

fn code_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|grant| *grant == "authorization_code")?;
    Found::likely("request grant_type", grant, "a fresh, unchanged code")
}

// The form of the request.

fn not_a_form(case: &Case<'_>) -> Option<Found> {
    let request = case.evidence.request.as_ref().filter(|request| !request.body.is_empty())?;
    let kind = request.headers.get("content-type").unwrap_or("absent");
    if kind.starts_with("application/x-www-form-urlencoded") {
        let glued = case.params.iter().any(|(name, _)| name.starts_with("amp;"));
        return if glued { Found::certain("request body", "&amp; between parameters", "&") } else { None };
    }
    Found::certain("request content-type", kind, "application/x-www-form-urlencoded")
}

fn parameter_missing(case: &Case<'_>) -> Option<Found> {
    let name = case.facts.get("param_name")?;
    case.evidence.request.as_ref()?;
    match case.params.get(name) {
        None => Found::certain(&format!("request {name}"), "absent", "a value"),
        Some("") => Found::certain(&format!("request {name}"), "empty", "a value"),
        Some(_) => None,
    }
}

fn clock_skew(case: &Case<'_>) -> Option<Found> {
    const TOLERANCE: Duration = Duration::from_secs(300);
    let now = case.evidence.now?;
    let stamp = case.facts.timestamp.as_deref()?;
    let at: jiff::Timestamp = stamp.parse().ok()?;
    let at = UnixTime::from_millis(at.as_millisecond());
    // A text may be pasted long after; only a time ahead of ours, or the answer itself, tells about the clock.
    let is_behind = at.since(now) > TOLERANCE;
    let is_ahead = case.evidence.response.is_some() && now.since(at) > TOLERANCE;
    if is_behind || is_ahead {
        Found::likely("clock of this machine", &now.date_time(), &at.date_time())
    } else {
        None
    }
}

/// Values that differ in one place only, for the screen: the pair and the words for it.
pub(super) fn difference_in_words(sent: &str, expected: &[String]) -> Option<String> {
    difference(sent, &with_port_of(sent, closest(sent, expected)?)).map(|found| found.in_words())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_a_redirect_uri_that_differs_is_named() {
        let check = |sent: &str, registered: &[&str], cause: &str| {
            let registered: Vec<String> = registered.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(redirect_difference(sent, &registered).0, format!("redirect_uri.{cause}"), "{sent}");
        };
        check("http://wiki.example/cb", &["https://wiki.example/cb"], "scheme");
        check(
            "https://wiki.example/cb/",
            &["https://other.example", "https://wiki.example/cb"],
            "trailing_slash",
        );
        check("https://wiki.example/callback", &["https://wiki.example/cb"], "path");
        check("https://wiki.example/cb?x=1", &["https://wiki.example/cb"], "path");
        check("https://wiki.example/CB", &["https://wiki.example/cb"], "path_case");
        check("https://wiki.example:8443/cb", &["https://wiki.example/cb"], "port");
        check("https://10.0.0.7/cb", &["https://wiki.example/cb"], "host");
        check("http://127.0.0.1:5000/cb", &["http://localhost/cb"], "loopback_alias");
        check("http://[::1]:5000/cb", &["http://localhost/cb"], "loopback_alias");
        check("http://localhost:53111/callback", &["http://localhost"], "path");
        check("https%3A%2F%2Fwiki.example%2Fcb", &["https://wiki.example/cb"], "encoding");
        check("myapp://auth", &["https://wiki.example/cb"], "not_registered");
        check("http://a.example/x", &["https://wiki.example/cb"], "not_registered");
        check("https://wiki.example/cb", &[], "none_registered");
    }

    #[test]
    fn every_check_belongs_to_a_cause_with_prose() {
        let mut seen = std::collections::BTreeSet::new();
        for (key, _) in checks() {
            assert!(super::super::entry::reason(key).is_some(), "{key}");
            assert!(seen.insert(key), "{key} has two checks, and the second is never asked");
        }
    }
}
