//! Checks of a token, each in a light of its own: what was compared with what, and the result.
//!
//! The rules are those of RFC 7519 §7.2, OpenID Connect Core §3.1.3.7, RFC 8725 and of Entra's own libraries (reference
//! §8.6). All checks run whatever the others say. Where there is nothing to compare with, the finding says that the
//! check was not made; it never passes by default.

mod binding;
mod signing;

pub use binding::Companion;

use serde_json::Value;

use super::{Decoded, Kind, known, moment::Moment, remarks::quote, signature::Key};
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
    /// The access token that came with an ID token.
    pub access_token: Option<Companion>,
    /// The code that came with an ID token.
    pub code: Option<Companion>,
    /// The person must not have signed in before this: when `max_age` was asked for, less that age.
    pub signed_in_since: Option<UnixTime>,
}

/// Every check, in order; the first failure is not the answer.
///
/// The ids are `check.form`, `check.algorithm`, `check.key`, `check.signature`, `check.issuer`, `check.key_issuer`,
/// `check.audience`, `check.expiry`, `check.not_before`, `check.issued_at`,
/// `check.nonce`, `check.at_hash`, `check.c_hash` and `check.auth_time`.
pub fn judge(token: &Decoded, expected: &Expected, now: UnixTime) -> Vec<Finding> {
    match token.kind {
        Kind::Jws => {}
        Kind::Jwe => return vec![FORM.info("It is encrypted: nobody but the recipient can check it.")],
        Kind::Opaque => return vec![FORM.info("It is opaque: nobody but its issuer can check it.")],
        Kind::Saml => return vec![FORM.info("It is SAML; its signatures are not checked here.")],
        Kind::NotAToken => return vec![FORM.error("It is no token.")],
    }
    let mut findings = vec![form(token)];
    let signing_key = signing::judge(token, expected.jwks.as_ref(), &mut findings);
    findings.push(issuer(token, expected.issuer.as_deref()));
    findings.extend(signing_key.and_then(|key| key_issuer(token, key)));
    findings.push(audience(token, expected.audience.as_deref()));
    findings.push(expiry(token, now));
    findings.push(start(NOT_BEFORE, "nbf", token, now));
    findings.push(start(ISSUED_AT, "iat", token, now));
    findings.extend(nonce(token, expected.nonce.as_deref()));
    findings.extend(binding::at_hash(token, expected.access_token.as_ref()));
    findings.extend(binding::c_hash(token, expected.code.as_ref()));
    findings.extend(expected.signed_in_since.map(|since| auth_time(token, since)));
    findings
}

/// Findings of [`judge`] brought to the present: those about the clock are made anew, without looking at the signature
/// again. Screens draw a token many times while its life runs out.
pub fn at(findings: &[Finding], token: &Decoded, now: UnixTime) -> Vec<Finding> {
    let anew = |finding: &Finding| match finding.id {
        id if id == EXPIRY.id => expiry(token, now),
        id if id == NOT_BEFORE.id => start(NOT_BEFORE, "nbf", token, now),
        id if id == ISSUED_AT.id => start(ISSUED_AT, "iat", token, now),
        _ => finding.clone(),
    };
    findings.iter().map(anew).collect()
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
const AT_HASH: Check = Check { id: "check.at_hash", source: "OIDC Core §3.1.3.8, §3.2.2.9" };
const C_HASH: Check = Check { id: "check.c_hash", source: "OIDC Core §3.3.2.10" };
const AUTH_TIME: Check = Check { id: "check.auth_time", source: "OIDC Core §3.1.3.7" };

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
        let how = if from_template {
            "the metadata's template with tid put in"
        } else {
            "the issuer that is expected"
        };
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
            let title =
                format!("The key {name} is for a template of issuers, and there is no tid to put into it.");
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
        KEY_ISSUER.passed(format!(
            "The key {name} is meant for this tenant (its issuer has the form of version 2.0)."
        ))
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
        " They only differ in letter case, in api:// or in a final slash, and still count as different."
            .to_owned()
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
        EXPIRY.warning(format!(
            "{when}: over, but within the {LEEWAY} s of leeway that Entra's libraries grant."
        ))
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
        (Some(_), None) => {
            NONCE.error("A nonce was sent, and the token holds none: it may stem from another sign-in.")
        }
        (Some(sent), Some(held)) if sent == held => NONCE.passed("nonce is the one that was sent."),
        (Some(sent), Some(held)) => NONCE.error(format!(
            "nonce is {}; {} was sent: the token belongs to another sign-in.",
            quote(held),
            quote(sent)
        )),
    })
}

/// `max_age` was asked for, so the token says when the person signed in, and that is not too long ago.
fn auth_time(token: &Decoded, since: UnixTime) -> Finding {
    let Some(value) = token.claims.get("auth_time") else {
        return AUTH_TIME
            .error("max_age was asked for, and there is no auth_time: nobody knows how old the sign-in is.");
    };
    let Some(signed_in) = Moment::read(value).time() else {
        return AUTH_TIME
            .error(format!("auth_time cannot be read as a time: {}.", quote(&value.to_string())));
    };
    let early = since.seconds() - signed_in.seconds();
    if early <= 0 {
        AUTH_TIME.passed(format!("auth_time is {signed_in}: as recent as max_age asked for."))
    } else if early <= LEEWAY {
        AUTH_TIME.warning(format!(
            "auth_time is {signed_in}, {early} s older than max_age allowed; clocks may differ by {LEEWAY} s."
        ))
    } else {
        AUTH_TIME.error(format!("auth_time is {signed_in}; max_age allowed nothing before {since}."))
    }
}
