//! Checks of a token, each in a light of its own: what was compared with what, and the result.
//!
//! The rules are those of RFC 7519 §7.2, OpenID Connect Core §3.1.3.7, RFC 8725 and of Entra's own libraries (reference
//! §8.6). All checks run whatever the others say. Where there is nothing to compare with, the finding says that the
//! check was not made; it never passes by default.

use jsonwebtoken::Algorithm;
use serde_json::Value;

use super::{
    Decoded, Kind,
    compact::is_unsecured,
    known,
    moment::Moment,
    part,
    remarks::quote,
    signature::{self, Choice, Key, Unusable},
};
use crate::{
    finding::{Finding, Severity},
    time::{self, UnixTime},
};

/// How far the clocks of issuer and validator may differ, in seconds: what Entra's own libraries grant.
pub const LEEWAY: i64 = 300;

/// The part of Entra's metadata that stands for the id of a tenant.
const TEMPLATE: &str = "{tenantid}";

/// What the checks compare with. What is absent is not checked, and the finding says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// The key set document (RFC 7517 §5), as fetched.
    pub jwks: Option<Value>,
    /// The issuer the metadata names; may hold Entra's literal `{tenantid}`.
    pub issuer: Option<String>,
    /// The audience this seat expects.
    pub audience: Option<String>,
    /// The nonce that was sent.
    pub nonce: Option<String>,
}

/// Every check, in order; the first failure is not the answer.
///
/// The ids are `check.form`, `check.algorithm`, `check.key`, `check.signature`, `check.issuer`, `check.key_issuer`,
/// `check.audience`, `check.expiry`, `check.not_before`, `check.issued_at` and `check.nonce`.
pub fn judge(token: &Decoded, expected: &Expected, now: UnixTime) -> Vec<Finding> {
    match token.kind {
        Kind::Jws => {}
        Kind::Jwe => return vec![FORM.info("It is encrypted: nobody but the recipient can check it.")],
        Kind::Opaque => return vec![FORM.info("It is opaque: nobody but its issuer can check it.")],
        Kind::Saml => return vec![FORM.info("It is SAML; its signatures are not checked here.")],
        Kind::NotAToken => return vec![FORM.error("It is no token.")],
    }
    let mut findings = vec![form(token)];
    let signing_key = judge_signature(token, expected.jwks.as_ref(), &mut findings);
    findings.push(issuer(token, expected.issuer.as_deref()));
    findings.extend(signing_key.and_then(|key| key_issuer(token, key)));
    findings.push(audience(token, expected.audience.as_deref()));
    findings.push(expiry(token, now));
    findings.push(start(NOT_BEFORE, "nbf", token, now));
    findings.push(start(ISSUED_AT, "iat", token, now));
    findings.extend(nonce(token, expected.nonce.as_deref()));
    findings
}

/// A check's stable name and the place of its rule.
#[derive(Clone, Copy)]
struct Check {
    id: &'static str,
    source: &'static str,
}

const FORM: Check = Check { id: "check.form", source: "RFC 7519 §7.2" };
const ALGORITHM: Check = Check { id: "check.algorithm", source: "RFC 8725 §3.1" };
const KEY: Check = Check { id: "check.key", source: "RFC 7515 §4.1.4" };
const SIGNATURE: Check = Check { id: "check.signature", source: "RFC 7515 §5.2" };
const ISSUER: Check = Check { id: "check.issuer", source: "OIDC Core §3.1.3.7" };
const KEY_ISSUER: Check = Check { id: "check.key_issuer", source: "Entra access tokens" };
const AUDIENCE: Check = Check { id: "check.audience", source: "RFC 7519 §4.1.3" };
const EXPIRY: Check = Check { id: "check.expiry", source: "RFC 7519 §4.1.4" };
const NOT_BEFORE: Check = Check { id: "check.not_before", source: "RFC 7519 §4.1.5" };
const ISSUED_AT: Check = Check { id: "check.issued_at", source: "RFC 7519 §4.1.6" };
const NONCE: Check = Check { id: "check.nonce", source: "OIDC Core §3.1.3.7" };

impl Check {
    fn says(self, severity: Severity, title: impl Into<String>) -> Finding {
        Finding { id: self.id, severity, title: title.into(), source: self.source }
    }

    fn passed(self, title: impl Into<String>) -> Finding {
        self.says(Severity::Passed, title)
    }

    fn info(self, title: impl Into<String>) -> Finding {
        self.says(Severity::Info, title)
    }

    fn warning(self, title: impl Into<String>) -> Finding {
        self.says(Severity::Warning, title)
    }

    fn error(self, title: impl Into<String>) -> Finding {
        self.says(Severity::Error, title)
    }
}

/// Three parts, readable, and nothing in them that readers disagree about.
fn form(token: &Decoded) -> Finding {
    // These have checks of their own below.
    let elsewhere = ["jwt.alg_none", "jwt.alg_missing", "jwt.signature_missing"];
    let broken = token.findings.iter().find(|finding| {
        finding.severity == Severity::Error
            && (finding.id.starts_with("jwt.") || finding.id == "text.invalid_utf8")
            && !elsewhere.contains(&finding.id)
    });
    if let Some(broken) = broken {
        return FORM.error(broken.title.clone());
    }
    if token.header.contains_key("crit") {
        return FORM.error("crit demands extensions that are not known here; such a token must be refused.");
    }
    if token.claims.is_empty() {
        return FORM.error("The payload is no JSON object with claims.");
    }
    let sloppy = ["jwt.padding", "jwt.standard_alphabet"];
    if let Some(sloppy) = token.findings.iter().find(|finding| sloppy.contains(&finding.id)) {
        return FORM.warning(sloppy.title.clone());
    }
    FORM.passed("Three base64url parts; header and payload are JSON objects without doubled members.")
}

/// Algorithm, key and signature: one finding each. Returns the key that the token names or was signed with.
fn judge_signature<'a>(
    token: &'a Decoded,
    jwks: Option<&'a Value>,
    findings: &mut Vec<Finding>,
) -> Option<Key<'a>> {
    let named = token.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if let Some(refused) = refuse_algorithm(token, named, jwks.is_some()) {
        findings.push(refused);
        findings.push(KEY.info("No key was looked for: the algorithm is refused."));
        findings.push(if is_unsecured(&token.header) {
            SIGNATURE.error("There is no signature: anybody can have written this token.")
        } else {
            SIGNATURE.warning("The signature was not checked: the algorithm is refused.")
        });
        return None;
    }
    let Some(jwks) = jwks else {
        findings.push(ALGORITHM.info(format!(
            "The header names {}; without a key there is nothing to compare it with.",
            quote(named)
        )));
        findings.push(KEY.info("No key was looked for: no key set is at hand."));
        findings.push(SIGNATURE.info("The signature was not checked: no key set is at hand."));
        return None;
    };
    let Some(keys) = Key::all(jwks) else {
        findings.push(ALGORITHM.warning("The algorithm was not compared: there is no key."));
        findings.push(KEY.error("What was fetched as the key set has no array \u{201c}keys\u{201d}."));
        findings.push(SIGNATURE.warning("The signature was not checked: there is no key."));
        return None;
    };
    let (candidates, guessed) = match signature::choose(&token.header, &keys) {
        Choice::Named(candidates) => (candidates, false),
        Choice::Guessed(candidates) if !candidates.is_empty() => (candidates, true),
        Choice::Guessed(_) => {
            findings.push(ALGORITHM.warning("The algorithm was not compared: there is no key."));
            findings.push(KEY.error("The key set is empty."));
            findings.push(SIGNATURE.warning("The signature was not checked: there is no key."));
            return None;
        }
        Choice::Missing { wanted } => {
            findings.push(ALGORITHM.warning("The algorithm was not compared: there is no key."));
            findings.push(KEY.error(format!(
                "The token names the key {}, and the set has {}. Either it was renewed since it was fetched, or the \
                 token comes from elsewhere.",
                quote(wanted),
                list(&keys)
            )));
            findings.push(SIGNATURE.warning("The signature was not checked: its key is not in the set."));
            return None;
        }
    };
    let signing = verify(token, named, &candidates);
    // Of several keys, talk about the one that signed; of one, about that one.
    let key = signing.or_else(|| candidates.first().copied())?;
    findings.push(judge_algorithm(named, &candidates, key));
    findings.push(judge_key(key, guessed, signing.is_some(), candidates.len()));
    findings.push(verdict(token, named, &candidates, key, signing.is_some()));
    Some(key)
}

/// Algorithms that no public key can ever be used with.
fn refuse_algorithm(token: &Decoded, named: &str, has_keys: bool) -> Option<Finding> {
    if is_unsecured(&token.header) {
        return Some(ALGORITHM.error("alg is none: a token without signature is always refused."));
    }
    if named.is_empty() {
        return Some(ALGORITHM.error("The header does not say how the token was signed (alg)."));
    }
    if !matches!(signature::algorithm(named), Some(Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)) {
        return None;
    }
    Some(if has_keys {
        ALGORITHM.error(format!(
            "The header names {named}, which needs a shared secret; the key set holds public keys, and those are no \
             secret: anybody could have made this signature."
        ))
    } else {
        ALGORITHM.warning(format!("{named} needs a shared secret, which is not known here."))
    })
}

/// The first of the keys that verifies the signature, with an algorithm that this very key allows.
fn verify<'a>(token: &Decoded, named: &str, candidates: &[Key<'a>]) -> Option<Key<'a>> {
    let algorithm = signature::algorithm(named)?;
    let (message, signature) = token.raw.expose().rsplit_once('.')?;
    let signature = part::read(signature);
    if signature.cut || signature.bytes.is_empty() || !message.contains('.') {
        return None;
    }
    candidates.iter().copied().find(|key| {
        key.allowed().is_ok_and(|allowed| allowed.contains(&algorithm))
            && key.verifies(algorithm, message, &signature.bytes) == Ok(true)
    })
}

fn judge_algorithm(named: &str, candidates: &[Key<'_>], key: Key<'_>) -> Finding {
    let wanted = signature::algorithm(named);
    let fits = |key: &Key<'_>| key.allowed().is_ok_and(|allowed| wanted.is_some_and(|wanted| allowed.contains(&wanted)));
    let key = if fits(&key) { key } else { candidates.iter().copied().find(fits).unwrap_or(key) };
    match key.allowed() {
        Err(_) => ALGORITHM.warning("The algorithm was not compared: the key cannot be used."),
        Ok(allowed) => {
            let names: Vec<_> = allowed.iter().map(|algorithm| signature::name(*algorithm)).collect();
            let names = names.join(", ");
            if fits(&key) {
                ALGORITHM.passed(format!("{named} is among what the key ({}) allows: {names}.", key.description()))
            } else {
                ALGORITHM.error(format!(
                    "The header names {}; the key ({}) only allows {names}.",
                    quote(named),
                    key.description()
                ))
            }
        }
    }
}

fn judge_key(key: Key<'_>, guessed: bool, verified: bool, tried: usize) -> Finding {
    let name = quote(key.name());
    match key.allowed() {
        Err(Unusable::NotForSignatures) => KEY.error(format!("The key {name} is not meant for signatures.")),
        Err(Unusable::TooShort(bits)) => {
            KEY.error(format!("The key {name} has {bits} bits; RSA keys below 2048 are refused."))
        }
        Err(Unusable::SharedSecret) => {
            KEY.error(format!("The key {name} is symmetric; a published secret is none, and proves nothing."))
        }
        Err(Unusable::UnknownType) => {
            KEY.warning(format!("The key {name} ({}) is of a type that is not supported here.", quote(&key.description())))
        }
        Err(Unusable::OtherAlgorithm(own)) => {
            KEY.error(format!("The key {name} is reserved for {}, which does not fit its type.", quote(&own)))
        }
        Err(Unusable::Unreadable) => KEY.error(format!("The key {name} is malformed.")),
        Ok(_) if !guessed => KEY.passed(format!("The token names the key {name}, and the set has it ({}).", key.description())),
        Ok(_) if verified => KEY.warning(format!("The token names no key; {name} of the set fits it.")),
        Ok(_) => KEY.warning(format!("The token names no key; {tried} of the set were tried.")),
    }
}

fn verdict(token: &Decoded, named: &str, candidates: &[Key<'_>], key: Key<'_>, verified: bool) -> Finding {
    let name = quote(key.name());
    if verified {
        return SIGNATURE.passed(format!("The {named} signature verifies with the key {name}."));
    }
    // Microsoft Graph changes the header before it verifies; a failure here says nothing.
    if token.header.contains_key("nonce") && known::is_for_graph(&token.claims) {
        return SIGNATURE.info(
            "Only Microsoft Graph can check this signature: it covers a header in which nonce was replaced.",
        );
    }
    if !token.raw.expose().rsplit_once('.').is_some_and(|(message, part)| message.contains('.') && !part.is_empty()) {
        return SIGNATURE.error("There is no signature to check.");
    }
    let wanted = signature::algorithm(named);
    let usable = candidates.iter().filter_map(|key| key.allowed().ok());
    let mut usable = usable.peekable();
    if usable.peek().is_none() {
        return SIGNATURE.warning("The signature was not checked: the key cannot be used.");
    }
    if !usable.any(|allowed| wanted.is_some_and(|wanted| allowed.contains(&wanted))) {
        return SIGNATURE.warning("The signature was not checked: the key does not allow that algorithm.");
    }
    let which = if candidates.len() == 1 { format!("the key {name}") } else { "any of those keys".to_owned() };
    SIGNATURE.error(format!("The {named} signature does not verify with {which}: token or signature was altered."))
}

/// The names of keys, a few of them.
fn list(keys: &[Key<'_>]) -> String {
    const NAMED: usize = 4;
    if keys.is_empty() {
        return "no key at all".to_owned();
    }
    let mut out = keys.iter().take(NAMED).map(|key| quote(key.name())).collect::<Vec<_>>().join(", ");
    if keys.len() > NAMED {
        out.push_str(&format!(" and {} more", keys.len() - NAMED));
    }
    out
}

/// The tenant that may stand in a template: only a GUID.
fn tenant(token: &Decoded) -> Option<&str> {
    token.text("tid").filter(|tenant| known::is_guid(tenant))
}

fn issuer(token: &Decoded, expected: Option<&str>) -> Finding {
    let Some(expected) = expected else {
        return ISSUER.info("The issuer was not compared: it is not known whom to expect.");
    };
    let Some(issuer) = token.text("iss") else {
        return ISSUER.error(format!("There is no iss; expected is {}.", quote(expected)));
    };
    let from_template = expected.contains(TEMPLATE);
    let concrete = if from_template {
        let Some(tenant) = tenant(token) else {
            return ISSUER.error(format!(
                "The metadata's issuer is a template, {}, and there is no tid (a GUID) to put into it.",
                quote(expected)
            ));
        };
        expected.replace(TEMPLATE, tenant)
    } else {
        expected.to_owned()
    };
    if issuer == concrete {
        let how = if from_template { "the metadata's template with tid put in" } else { "the issuer that is expected" };
        return ISSUER.passed(format!("iss is {}, exactly {how}.", quote(issuer)));
    }
    let old_form = |issuer: &str| !issuer.trim_end_matches('/').ends_with("/v2.0");
    let hint = if issuer.trim_end_matches('/') == concrete.trim_end_matches('/') {
        " They differ in the final slash only."
    } else if known::is_entra(&token.claims) && old_form(issuer) != old_form(&concrete) {
        " One is the form of version 1.0 and the other that of 2.0: use the metadata document of the token's version."
    } else {
        ""
    };
    ISSUER.error(format!("iss is {}; expected is {}.{hint}", quote(issuer), quote(&concrete)))
}

/// Entra says with each key for whose tokens it may be used; a key of personal accounts must not vouch for a tenant.
fn key_issuer(token: &Decoded, key: Key<'_>) -> Option<Finding> {
    let of_key = key.member("issuer")?;
    let name = quote(key.name());
    let issuer = token.text("iss").unwrap_or_default();
    let concrete = match tenant(token) {
        Some(tenant) => of_key.replace(TEMPLATE, tenant),
        None if of_key.contains(TEMPLATE) => {
            let title = format!("The key {name} is for a template of issuers, and there is no tid to put into it.");
            return Some(KEY_ISSUER.error(title));
        }
        None => of_key.to_owned(),
    };
    if issuer == concrete {
        return Some(KEY_ISSUER.passed(format!("The key {name} is meant for this issuer.")));
    }
    // Tokens of version 1.0 have the older issuer; keys carry the newer one for both.
    let same_tenant = tenant(token).is_some_and(|tenant| {
        let names = |issuer: &str| issuer.split('/').any(|segment| segment.eq_ignore_ascii_case(tenant));
        names(issuer) && names(&concrete)
    });
    Some(if token.text("ver") == Some("1.0") && same_tenant {
        KEY_ISSUER.passed(format!("The key {name} is meant for this tenant (its issuer has the form of version 2.0)."))
    } else {
        KEY_ISSUER.error(format!(
            "The key {name} may only sign for {}, and iss is {}.",
            quote(&concrete),
            quote(issuer)
        ))
    })
}

fn audience(token: &Decoded, expected: Option<&str>) -> Finding {
    let Some(expected) = expected else {
        return AUDIENCE.info("The audience was not compared: it is not known who this seat is.");
    };
    let named: Vec<&str> = match token.claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => return AUDIENCE.error(format!("There is no aud; expected is {}.", quote(expected))),
    };
    if named.contains(&expected) {
        return AUDIENCE.passed(format!("aud is {}, exactly what is expected.", quote(expected)));
    }
    let shown = named.iter().take(4).map(|one| quote(one)).collect::<Vec<_>>().join(", ");
    let near = |one: &&str| {
        let bare = |text: &str| text.trim_start_matches("api://").trim_end_matches('/').to_ascii_lowercase();
        bare(one) == bare(expected)
    };
    let hint = if named.iter().any(near) {
        " They only differ in letter case, in api:// or in a final slash, and still count as different.".to_owned()
    } else if let Some(resource) = named.iter().find_map(|one| known::resource(one)) {
        format!(" This token is for {resource}.")
    } else {
        String::new()
    };
    AUDIENCE.error(format!("aud is {shown}; expected is {}.{hint}", quote(expected)))
}

fn expiry(token: &Decoded, now: UnixTime) -> Finding {
    let Some(value) = token.claims.get("exp") else {
        return EXPIRY.error("There is no exp: the token would be valid for ever.");
    };
    let Some(exp) = Moment::read(value).time() else {
        return EXPIRY.error(format!("exp cannot be read as a time: {}.", quote(&value.to_string())));
    };
    let when = format!("exp is {exp}, {}", time::relative(exp, now));
    let over = now.seconds() - exp.seconds();
    if over < 0 {
        EXPIRY.passed(format!("{when}."))
    } else if over < LEEWAY {
        EXPIRY.warning(format!("{when}: over, but within the {LEEWAY} s of leeway that Entra's libraries grant."))
    } else {
        EXPIRY.error(format!("{when}: over, also with {LEEWAY} s of leeway."))
    }
}

/// `nbf` and `iat`: neither may lie ahead by more than the leeway.
fn start(check: Check, name: &str, token: &Decoded, now: UnixTime) -> Finding {
    let Some(value) = token.claims.get(name) else {
        return check.info(format!("There is no {name}, so it was not compared with the clock."));
    };
    let Some(start) = Moment::read(value).time() else {
        return check.error(format!("{name} cannot be read as a time: {}.", quote(&value.to_string())));
    };
    let when = format!("{name} is {start}, {}", time::relative(start, now));
    let ahead = start.seconds() - now.seconds();
    if ahead <= 0 {
        check.passed(format!("{when}."))
    } else if ahead <= LEEWAY {
        check.passed(format!("{when}: ahead, but within {LEEWAY} s of leeway."))
    } else {
        check.error(format!("{when}: ahead by more than {LEEWAY} s of leeway. Compare the clocks."))
    }
}

fn nonce(token: &Decoded, expected: Option<&str>) -> Option<Finding> {
    let held = token.text("nonce");
    Some(match (expected, held) {
        (None, None) => return None,
        (None, Some(_)) => NONCE.info("The nonce was not compared: it is not known which one was sent."),
        (Some(_), None) => NONCE.error("A nonce was sent, and the token holds none: it may stem from another sign-in."),
        (Some(sent), Some(held)) if sent == held => NONCE.passed("nonce is the one that was sent."),
        (Some(sent), Some(held)) => NONCE.error(format!(
            "nonce is {}; {} was sent: the token belongs to another sign-in.",
            quote(held),
            quote(sent)
        )),
    })
}
