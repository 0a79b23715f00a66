//! Checks of a token, each in a light of its own: what was compared with what, and the result.
//!
//! The rules are those of RFC 7519 §7.2, OpenID Connect Core §3.1.3.7, RFC 8725 and of Entra's own libraries (reference
//! §8.6). All checks run whatever the others say. Where there is nothing to compare with, the finding says that the
//! check was not made; it never passes by default.

mod binding;
mod form;
mod names;
mod purpose;
mod signing;
mod times;

pub use binding::Companion;
pub use purpose::Purpose;
pub(super) use purpose::{roles_of, scopes_of};
pub use times::{Clock, LEEWAY};

use serde_json::Value;

use super::{Decoded, Kind, SharedKey, remarks::quote};
use crate::{
    finding::{Finding, Severity},
    time::UnixTime,
};

/// What the checks compare with. What is absent is not checked, and the finding says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// The key set document (RFC 7517 §5), as fetched.
    pub jwks: Option<Value>,
    /// Where the key set comes from, in words such as `the file keys.json`; findings about the key say it.
    /// [`KeySource`](super::KeySource) has the usual ones.
    pub jwks_source: Option<String>,
    /// A secret shared with the issuer. Only with it are HS256 and its kin looked at; none is ever taken from a key set.
    pub shared_key: Option<SharedKey>,
    /// The issuers whose tokens are taken; each may hold Entra's literal `{tenantid}`. Empty: not compared.
    pub issuers: Vec<String>,
    /// The tenants whose people and applications are let in, by id. Empty: not compared.
    pub tenants: Vec<String>,
    /// The names this seat goes by, one of which the audience must be: client id, App ID URIs. Empty: not compared.
    pub audiences: Vec<String>,
    /// The nonce that was sent.
    pub nonce: Option<String>,
    /// The access token that came with an ID token.
    pub access_token: Option<Companion>,
    /// The code that came with an ID token.
    pub code: Option<Companion>,
    /// The person must not have signed in before this: when `max_age` was asked for, less that age.
    pub signed_in_since: Option<UnixTime>,
    /// What the token is to serve for; `None`: not compared.
    pub purpose: Option<Purpose>,
    /// How exactly times are compared, and by whose clock.
    pub clock: Clock,
}

/// Every check, in order; the first failure is not the answer.
///
/// The ids are `check.form`, `check.algorithm`, `check.key`, `check.signature`, `check.issuer`, `check.key_issuer`,
/// `check.tenant`, `check.audience`, `check.expiry`, `check.not_before`, `check.issued_at`,
/// `check.nonce`, `check.at_hash`, `check.c_hash`, `check.auth_time`, `check.kind` and `check.permission`.
pub fn judge(token: &Decoded, expected: &Expected, now: UnixTime) -> Vec<Finding> {
    match token.kind {
        Kind::Jws => {}
        Kind::Jwe => return vec![FORM.info("It is encrypted: nobody but the recipient can check it.")],
        Kind::Opaque => return vec![FORM.info("It is opaque: nobody but its issuer can check it.")],
        Kind::Saml => return vec![FORM.info("It is SAML; its signatures are not checked here.")],
        Kind::NotAToken => {
            // What it is instead, where that was recognised.
            let instead = token.findings.iter().find(|finding| finding.id.starts_with("kind."));
            let title = instead.map_or("It is no token.", |finding| finding.title.as_str());
            return vec![FORM.error(title)];
        }
    }
    let mut findings = vec![form::judge(token)];
    let signing_key = signing::judge(token, expected, &mut findings);
    findings.push(names::issuer(token, &expected.issuers));
    findings.extend(signing_key.and_then(|key| names::key_issuer(token, key)));
    findings.extend(names::tenant(token, &expected.tenants));
    let alone = expected.purpose == Some(Purpose::SignIn);
    findings.push(names::audience(token, &expected.audiences, alone));
    findings.push(times::expiry(token, expected.clock, now));
    findings.push(times::not_before(token, expected.clock, now));
    findings.push(times::issued_at(token, expected.clock, now));
    findings.extend(nonce(token, expected.nonce.as_deref()));
    findings.extend(binding::at_hash(token, expected.access_token.as_ref()));
    findings.extend(binding::c_hash(token, expected.code.as_ref()));
    findings.extend(expected.signed_in_since.map(|since| times::auth_time(token, since, expected.clock)));
    if let Some(purpose) = &expected.purpose {
        findings.extend(purpose::judge(token, purpose));
    }
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
const TENANT: Check = Check { id: "check.tenant", source: "Entra claims validation" };
const AUDIENCE: Check = Check { id: "check.audience", source: "RFC 7519 §4.1.3" };
const EXPIRY: Check = Check { id: "check.expiry", source: "RFC 7519 §4.1.4" };
const NOT_BEFORE: Check = Check { id: "check.not_before", source: "RFC 7519 §4.1.5" };
const ISSUED_AT: Check = Check { id: "check.issued_at", source: "RFC 7519 §4.1.6" };
const NONCE: Check = Check { id: "check.nonce", source: "OIDC Core §3.1.3.7" };
const AT_HASH: Check = Check { id: "check.at_hash", source: "OIDC Core §3.1.3.8, §3.2.2.9" };
const C_HASH: Check = Check { id: "check.c_hash", source: "OIDC Core §3.3.2.10" };
const AUTH_TIME: Check = Check { id: "check.auth_time", source: "OIDC Core §3.1.3.7" };
const KIND: Check = Check { id: "check.kind", source: "RFC 8725 §3.11" };
const PERMISSION: Check = Check { id: "check.permission", source: "RFC 6750 §3.1" };

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
