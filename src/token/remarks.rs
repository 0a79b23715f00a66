//! What is odd or telling about a readable token, seen by itself: no key, no expectation, and only [`on_present`] knows
//! the time. Entra's own signs (reference §8) are noted where the token has Entra's form.

use serde_json::{Map, Value};

use super::{
    Kind, TokenKind, catalogue,
    compact::{is_unsecured, type_name},
    kind::kind_of_claims,
    known,
    moment::{self, Moment, Written},
    overage,
    place::{Noted, Place, Within},
};
use crate::{
    text::{is_unsafe, visible},
    time::{self, UnixTime},
};

/// Longer lives are worth a word, in seconds.
const LONG: i64 = 24 * 3600;

/// Claims that are times.
pub(super) const TIMES: &[&str] = &["exp", "nbf", "iat"];

/// Remarks on the JOSE header.
pub(super) fn on_header(header: &Map<String, Value>, kind: Kind, noted: &mut Noted) {
    if header.is_empty() {
        return;
    }
    let algorithm = header.get("alg").and_then(Value::as_str);
    match algorithm {
        None => noted.header("alg", catalogue::ALG_MISSING.says("The header does not name an algorithm (alg).")),
        Some(_) if is_unsecured(header) => noted.header(
            "alg",
            catalogue::ALG_NONE.says("alg is none: nothing protects this token, anybody can have written it."),
        ),
        Some("HS256" | "HS384" | "HS512") => noted.header("alg", catalogue::ALG_HMAC.says(
            "Signed with a shared secret (HMAC); Entra signs with a private key, so this is not from its key set.",
        )),
        Some(algorithm)
            if kind == Kind::Jws
                && !["kid", "x5t", "x5t#S256"].iter().any(|name| header.contains_key(*name)) =>
        {
            noted.header("kid", catalogue::KID_MISSING.says(format!(
                "{} without kid: which key of the set signed it must be guessed.",
                quote(algorithm)
            )));
        }
        Some(_) => {}
    }
    for name in ["x5t", "x5t#S256"] {
        if header.get(name).and_then(Value::as_str).is_some_and(is_hexadecimal) {
            noted.header(
                name,
                catalogue::X5T_HEX.says(format!(
                    "{name} holds hexadecimal digits; it should be base64url of the bytes themselves."
                )),
            );
        }
    }
    let embedded: Vec<_> =
        ["jwk", "jku", "x5u", "x5c"].into_iter().filter(|name| header.contains_key(*name)).collect();
    if !embedded.is_empty() {
        noted.header(embedded[0], catalogue::EMBEDDED_KEY.says(format!(
            "The header brings its own key or points to one ({}): whoever made the token chose it, so it proves nothing.",
            embedded.join(", ")
        )));
    }
    if let Some(extensions) = header.get("crit") {
        noted.header(
            "crit",
            catalogue::CRIT.says(format!(
                "crit names extensions that a validator must understand or else refuse: {}.",
                quote(&extensions.to_string())
            )),
        );
    }
    let cty = header.get("cty").and_then(Value::as_str);
    if cty.is_some_and(|cty| cty.eq_ignore_ascii_case("JWT")) && !noted.has(catalogue::NESTED.id) {
        noted.header("cty", catalogue::NESTED.says("cty is JWT: the content is another token."));
    }
    if kind == Kind::Jws && header.contains_key("nonce") {
        noted.header("nonce", catalogue::GRAPH_NONCE.says(
            "nonce in the header: the signature covers a changed header, so only the API it was made for can check it.",
        ));
    }
    on_text(Within::Header, header, noted);
}

/// Remarks on the claims.
pub(super) fn on_claims(header: &Map<String, Value>, claims: &Map<String, Value>, noted: &mut Noted) {
    if claims.is_empty() {
        return;
    }
    on_times(claims, noted);
    on_types(claims, noted);
    on_names(claims, noted);
    if known::is_entra(claims) {
        on_entra(header, claims, noted);
    }
    on_text(Within::Payload, claims, noted);
}

/// Remarks that depend on the present.
pub(super) fn on_present(claims: &Map<String, Value>, now: UnixTime, noted: &mut Noted) {
    let at = |name: &str| claims.get(name).and_then(|value| Moment::read(value).time());
    if let Some(exp) = at("exp").filter(|exp| *exp <= now) {
        let title = format!("Expired {} (exp is {exp}).", time::relative(exp, now));
        noted.claim("exp", catalogue::EXPIRED.says(title));
    }
    if let Some(end) = claims.get("NotOnOrAfter").and_then(moment::read_rfc3339).filter(|end| *end <= now) {
        let title = format!("Expired {} (NotOnOrAfter is {end}).", time::relative(end, now));
        noted.claim("NotOnOrAfter", catalogue::EXPIRED.says(title));
    }
    for name in ["nbf", "iat"] {
        if let Some(start) = at(name).filter(|start| *start > now) {
            let title = format!("Not valid before {start}, {} ({name}).", time::relative(start, now));
            noted.claim(name, catalogue::NOT_YET_VALID.says(title));
            break;
        }
    }
}

fn on_times(claims: &Map<String, Value>, noted: &mut Noted) {
    if !claims.contains_key("exp") {
        noted.claim("exp", catalogue::EXP_MISSING.says("There is no exp: this token never ends."));
    }
    for name in TIMES {
        let Some(value) = claims.get(*name) else { continue };
        match Moment::read(value) {
            Moment::At(time, written) => {
                match written {
                    Written::Number => {}
                    Written::Fraction => noted.claim(name, catalogue::TIME_FRACTION.says(format!(
                        "{name} has a fractional part; some libraries only read whole seconds."
                    ))),
                    Written::Text => noted.claim(name, catalogue::TIME_STRING.says(format!(
                        "{name} is a string of digits; it should be a number, and strict libraries refuse it."
                    ))),
                }
                if time.seconds() < 0 {
                    let title = format!("{name} lies before 1970.");
                    noted.claim(name, catalogue::TIME_NEGATIVE.says(title));
                }
            }
            Moment::Milliseconds(time) => noted.claim(
                name,
                catalogue::TIME_MILLISECONDS.says(format!(
                    "{name} looks like milliseconds (that would be {time}); it is counted in seconds."
                )),
            ),
            Moment::OutOfRange => {
                noted.claim(
                    name,
                    catalogue::TIME_OUT_OF_RANGE.says(format!("{name} lies beyond what calendars hold.")),
                );
            }
            Moment::NotANumber => {
                let title = format!("{name} is {}; it should be a number of seconds.", type_name(value));
                noted.claim(name, catalogue::TIME_NOT_A_NUMBER.says(title));
            }
        }
    }
    let at =
        |name: &str| claims.get(name).and_then(|value| Moment::read(value).time()).map(UnixTime::seconds);
    let start = [("nbf", at("nbf")), ("iat", at("iat"))];
    if let Some(exp) = at("exp") {
        if let Some((name, _)) = start.iter().find(|(_, start)| start.is_some_and(|start| exp <= start)) {
            let title = format!("exp is not after {name}: there is no moment at which this token is valid.");
            noted.claim("exp", catalogue::TIME_ORDER.says(title));
        }
        if let Some(start) = at("iat").or(at("nbf")).filter(|start| exp - start > LONG) {
            let span = time::span(std::time::Duration::from_secs(exp.abs_diff(start)));
            noted.claim("exp", catalogue::LONG_LIVED.says(format!("It lives for {span}.")));
        }
    }
}

/// Well-known claims and the JSON types they may have.
const TYPES: &[(&str, &[&str])] = &[
    ("iss", &["a string"]),
    ("sub", &["a string"]),
    ("aud", &["a string", "an array"]),
    ("tid", &["a string"]),
    ("oid", &["a string"]),
    ("ver", &["a string"]),
    ("nonce", &["a string"]),
    ("azp", &["a string"]),
    ("azpacr", &["a string"]),
    ("appid", &["a string"]),
    ("appidacr", &["a string"]),
    ("scp", &["a string"]),
    ("idtyp", &["a string"]),
    ("roles", &["an array"]),
    ("wids", &["an array"]),
    ("groups", &["an array"]),
    ("amr", &["an array"]),
    ("acrs", &["an array"]),
    ("name", &["a string"]),
    ("preferred_username", &["a string"]),
    ("upn", &["a string"]),
    ("email", &["a string"]),
    ("_claim_names", &["an object"]),
    ("_claim_sources", &["an object"]),
    ("cnf", &["an object"]),
];

fn on_types(claims: &Map<String, Value>, noted: &mut Noted) {
    // Okta writes scp as an array; that is its custom and no fault.
    let entra = known::is_entra(claims);
    for (name, allowed) in TYPES {
        if let Some(value) = claims.get(*name)
            && !allowed.contains(&type_name(value))
            && (entra || *name != "scp")
        {
            let title = format!("{name} is {}; it should be {}.", type_name(value), allowed.join(" or "));
            noted.claim(name, catalogue::WRONG_TYPE.says(title));
        }
    }
}

fn on_names(claims: &Map<String, Value>, noted: &mut Noted) {
    match claims.get("aud") {
        None => noted.claim(
            "aud",
            catalogue::AUD_MISSING.says("There is no aud: the token does not say for whom it is."),
        ),
        Some(Value::Array(all)) => noted.claim(
            "aud",
            catalogue::AUD_ARRAY
                .says(format!("aud is an array of {}; Entra always writes a single string.", all.len())),
        ),
        Some(_) => {}
    }
    let Some(issuer) = claims.get("iss") else {
        noted.claim(
            "iss",
            catalogue::ISS_MISSING.says("There is no iss: the token does not say who made it."),
        );
        return;
    };
    let issuer = issuer.as_str().unwrap_or_default();
    if let Some(kind) = known::other_issuer(issuer) {
        noted.claim("iss", catalogue::ISSUER_RECOGNISED.says(format!("By its form the issuer is {kind}.")));
    }
    let alias =
        issuer.split('/').find(|segment| matches!(*segment, "{tenantid}" | "common" | "organizations"));
    if let Some(alias) = alias.filter(|_| issuer.starts_with("http") && known::other_issuer(issuer).is_none())
    {
        noted.claim("iss", catalogue::ISS_TEMPLATE.says(format!(
            "iss holds {alias} where the id of a tenant belongs: that is a template of metadata, never a real issuer."
        )));
    }
}

fn on_entra(header: &Map<String, Value>, claims: &Map<String, Value>, noted: &mut Noted) {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let issuer = text("iss").unwrap_or_default();
    let version = text("ver");
    if let (Some(tenant), Some(named)) =
        (text("tid"), issuer.split('/').find(|segment| known::is_guid(segment)))
        && !tenant.eq_ignore_ascii_case(named)
    {
        noted.claim(
            "tid",
            catalogue::TID_NOT_IN_ISS
                .says(format!("tid is {}, and iss names the tenant {named}.", quote(tenant))),
        );
    }
    let new_form = issuer.trim_end_matches('/').ends_with("/v2.0");
    // B2C writes 1.0 into tokens of its version 2.0 endpoints.
    let own = !issuer.is_empty() && known::other_issuer(issuer).is_none();
    if own && (version == Some("2.0") && !new_form || version == Some("1.0") && new_form) {
        noted.claim(
            "ver",
            catalogue::VERSION_ISSUER.says(format!(
                "ver is {}, and iss has the form of version {}.",
                version.unwrap_or_default(),
                if new_form { "2.0" } else { "1.0" }
            )),
        );
    }
    let recognised = kind_of_claims(header, claims);
    let kind = recognised.kind;
    if kind == TokenKind::IdToken {
        noted.push(
            catalogue::ID_TOKEN
                .says("An ID token: it tells the client who signed in. An API must not accept it."),
        );
    }
    if kind.is_access() {
        let (rule, form) = if version == Some("2.0") {
            (catalogue::ACCESS_V2, "2.0, the version its API asked for")
        } else {
            (catalogue::ACCESS_V1, "1.0, the form APIs get unless their registration asks for 2.0")
        };
        noted.push(rule.says(format!("An access token of version {form}.")));
        if kind.is_app_only() {
            noted.push(
                catalogue::APP_ONLY.says(format!("App-only: no user takes part. {}", recognised.because)),
            );
        } else if claims.contains_key("scp") {
            noted.claim("scp", catalogue::DELEGATED.says("Delegated: a client acts for a user, within scp."));
        }
        if !claims.contains_key("scp") && !claims.contains_key("roles") {
            noted.push(catalogue::NO_PERMISSIONS.says(
                "Neither scp nor roles: it proves who calls, and allows nothing that an API should check for.",
            ));
        }
    }
    if let Some(name) = ["azpacr", "appidacr"].into_iter().find(|name| text(name) == Some("0")) {
        noted.claim(
            name,
            catalogue::PUBLIC_CLIENT.says("A public client: the application did not prove its identity."),
        );
    }
    if is_guest(claims, issuer) {
        noted.claim(
            if claims.contains_key("idp") { "idp" } else { "acct" },
            catalogue::GUEST.says("A guest: this person's home is another tenant or provider (see idp)."),
        );
    }
    if text("tid").is_some_and(|tenant| tenant.eq_ignore_ascii_case(known::PERSONAL_TENANT)) {
        noted.claim(
            "tid",
            catalogue::PERSONAL_ACCOUNT
                .says("A personal Microsoft account: its tenant is the one they all share."),
        );
    }
    let capable = claims.get("xms_cc").and_then(Value::as_array).is_some_and(|all| {
        all.iter().filter_map(Value::as_str).any(|capability| capability.eq_ignore_ascii_case("cp1"))
    });
    if capable {
        noted.claim("xms_cc", catalogue::CAE.says(
            "The client can handle claims challenges (cp1): such tokens live long and can be revoked at once.",
        ));
    }
    if claims.contains_key("cnf") {
        noted.claim(
            "cnf",
            catalogue::POP.says("Bound to a key (cnf): whoever only copied the token cannot use it."),
        );
    }
    if claims.contains_key("xms_mirid") {
        noted.claim(
            "xms_mirid",
            catalogue::MANAGED_IDENTITY.says("Issued to a managed identity of an Azure resource."),
        );
    }
    if let Some(overage) = overage::group_overage(claims) {
        noted.claim(overage.claim, catalogue::GROUP_OVERAGE.says(overage.sentence()));
    }
}

/// Whether `idp` names another home than the tenant of the token, or `acct` says guest.
fn is_guest(claims: &Map<String, Value>, issuer: &str) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let elsewhere = text("idp").is_some_and(|idp| {
        let tenant = text("tid").unwrap_or_default().to_ascii_lowercase();
        idp != issuer && (tenant.is_empty() || !idp.to_ascii_lowercase().contains(&tenant))
    });
    let marked = claims.get("acct").is_some_and(|acct| *acct == 1 || *acct == "1");
    let personal = text("tid").is_some_and(|tenant| tenant.eq_ignore_ascii_case(known::PERSONAL_TENANT));
    (elsewhere || marked) && !personal
}

/// Hexadecimal text of a SHA-1 or SHA-256 digest, or base64 of such text.
fn is_hexadecimal(text: &str) -> bool {
    let digest = |bytes: &[u8]| matches!(bytes.len(), 40 | 64) && bytes.iter().all(u8::is_ascii_hexdigit);
    digest(text.as_bytes()) || digest(&super::part::read(text).bytes)
}

/// Names and values with characters that act on terminals or reorder text, at any depth.
fn on_text(within: Within, members: &Map<String, Value>, noted: &mut Noted) {
    let mut suspicion = Suspicion::default();
    for (name, value) in members {
        suspicion.look_at(name, name);
        suspicion.look_into(name, value);
    }
    if let Some(name) = suspicion.control {
        let title = format!("Control characters in the {}, at {}.", within.name(), quote(&name));
        noted.push_at(catalogue::TEXT_CONTROL.says(title), Place::member(within, &name));
    }
    if let Some(name) = suspicion.hidden {
        let title = format!(
            "Invisible or direction-changing characters in the {}, at {}.",
            within.name(),
            quote(&name)
        );
        noted.push_at(catalogue::TEXT_BIDI.says(title), Place::member(within, &name));
    }
}

/// The members at which suspicious characters were first seen.
#[derive(Default)]
struct Suspicion {
    control: Option<String>,
    hidden: Option<String>,
}

impl Suspicion {
    fn look_into(&mut self, member: &str, value: &Value) {
        match value {
            Value::String(text) => self.look_at(member, text),
            Value::Array(items) => items.iter().for_each(|item| self.look_into(member, item)),
            Value::Object(members) => {
                for (name, item) in members {
                    self.look_at(member, name);
                    self.look_into(member, item);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn look_at(&mut self, member: &str, text: &str) {
        for c in text.chars() {
            if c.is_control() {
                self.control.get_or_insert_with(|| member.to_owned());
            } else if is_unsafe(c) {
                self.hidden.get_or_insert_with(|| member.to_owned());
            }
        }
    }
}

/// A value from outside in quotation marks: safe to print, and not too long.
pub(super) fn quote(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = visible(text).chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("\u{201c}{shown}\u{201d}")
}
