//! The findings that decoding can make: one constant for each, holding its stable id, its severity and where the rule
//! stands. Whoever reports one adds the sentence with [`Rule::says`]; a rule that nobody reports is a compiler warning.

use crate::finding::{Finding, Severity};

/// A finding without its sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// The stable name, part of what `decode --json` promises.
    pub id: &'static str,
    severity: Severity,
    source: &'static str,
}

impl Rule {
    const fn info(id: &'static str, source: &'static str) -> Self {
        Self { id, severity: Severity::Info, source }
    }

    const fn warning(id: &'static str, source: &'static str) -> Self {
        Self { id, severity: Severity::Warning, source }
    }

    const fn error(id: &'static str, source: &'static str) -> Self {
        Self { id, severity: Severity::Error, source }
    }

    /// The finding, with what was seen. `title` must be safe to print already.
    pub fn says(self, title: impl Into<String>) -> Finding {
        Finding { id: self.id, severity: self.severity, title: title.into(), source: self.source }
    }
}

// What stood around the token.
pub(super) const BEARER_PREFIX: Rule = Rule::info("input.bearer_prefix", "RFC 6750 §2.1");
pub(super) const BEARER_TWICE: Rule = Rule::warning("input.bearer_twice", "RFC 6750 §2.1");
pub(super) const QUOTES: Rule = Rule::info("input.quotes", "");
pub(super) const WHITESPACE: Rule = Rule::info("input.whitespace", "");
pub(super) const URL: Rule = Rule::warning("input.url", "RFC 6750 §5.3");
pub(super) const JSON: Rule = Rule::info("input.json", "");
pub(super) const ASSIGNMENT: Rule = Rule::info("input.assignment", "");
pub(super) const PERCENT_ENCODED: Rule = Rule::info("input.percent_encoded", "RFC 3986 §2.1");
pub(super) const SEVERAL_TOKENS: Rule = Rule::info("input.several_tokens", "");
pub(super) const EMPTY: Rule = Rule::error("input.empty", "");

// What it is, when it is no JWT.
pub(super) const ENTRA_OPAQUE: Rule = Rule::info("kind.entra_refresh_or_code", "RFC 6749 §1.5");
pub(super) const PERSONAL_OPAQUE: Rule = Rule::info("kind.personal_opaque", "RFC 6749 §1.4");
pub(super) const PROVIDER_OPAQUE: Rule = Rule::info("kind.provider_opaque", "RFC 6749 §1.4");
pub(super) const CLIENT_SECRET: Rule = Rule::warning("kind.client_secret", "RFC 6749 §2.3.1");
pub(super) const GUID: Rule = Rule::info("kind.guid", "RFC 9562 §4");
pub(super) const KEY_MATERIAL: Rule = Rule::warning("kind.key_material", "RFC 7517 §9");
pub(super) const SAML: Rule = Rule::info("kind.saml", "SAML 2.0 Core §2.3");

// How it is made.
pub(super) const TRUNCATED: Rule = Rule::error("jwt.truncated", "RFC 7515 §7.1");
pub(super) const EXTRA_PARTS: Rule = Rule::error("jwt.extra_parts", "RFC 7516 §9");
pub(super) const BAD_BASE64: Rule = Rule::error("jwt.bad_base64", "RFC 7515 §2");
pub(super) const PADDING: Rule = Rule::warning("jwt.padding", "RFC 7515 §2");
pub(super) const STANDARD_ALPHABET: Rule = Rule::warning("jwt.standard_alphabet", "RFC 4648 §5");
pub(super) const HEADER_NOT_JSON: Rule = Rule::error("jwt.header_not_json", "RFC 7515 §4");
pub(super) const PAYLOAD_NOT_JSON: Rule = Rule::warning("jwt.payload_not_json", "RFC 7519 §7.2");
pub(super) const PAYLOAD_NOT_OBJECT: Rule = Rule::warning("jwt.payload_not_object", "RFC 7519 §7.2");
pub(super) const DUPLICATE_MEMBER: Rule = Rule::error("jwt.duplicate_member", "RFC 7515 §4");
pub(super) const ALG_NONE: Rule = Rule::error("jwt.alg_none", "RFC 8725 §3.2");
pub(super) const ALG_MISSING: Rule = Rule::error("jwt.alg_missing", "RFC 7515 §4.1.1");
pub(super) const ALG_HMAC: Rule = Rule::warning("jwt.alg_hmac", "RFC 8725 §3.1");
pub(super) const SIGNATURE_MISSING: Rule = Rule::error("jwt.signature_missing", "RFC 7515 §5.2");
pub(super) const KID_MISSING: Rule = Rule::warning("jwt.kid_missing", "RFC 7515 §4.1.4");
pub(super) const X5T_HEX: Rule = Rule::warning("jwt.x5t_hex", "RFC 7515 §4.1.7");
pub(super) const EMBEDDED_KEY: Rule = Rule::warning("jwt.embedded_key", "RFC 8725 §3.10");
pub(super) const CRIT: Rule = Rule::warning("jwt.crit", "RFC 7515 §4.1.11");
pub(super) const JSON_SERIALIZATION: Rule = Rule::info("jwt.json_serialization", "RFC 7515 §7.2");
pub(super) const NESTED: Rule = Rule::info("jwt.nested", "RFC 7519 §5.2");
pub(super) const ENCRYPTED: Rule = Rule::info("jwe.encrypted", "RFC 7516 §3");

// Its times.
pub(super) const EXPIRED: Rule = Rule::error("time.expired", "RFC 7519 §4.1.4");
pub(super) const NOT_YET_VALID: Rule = Rule::error("time.not_yet_valid", "RFC 7519 §4.1.5");
pub(super) const EXP_MISSING: Rule = Rule::warning("time.exp_missing", "RFC 7519 §4.1.4");
pub(super) const TIME_STRING: Rule = Rule::warning("time.string", "RFC 7519 §2");
pub(super) const TIME_FRACTION: Rule = Rule::info("time.fraction", "RFC 7519 §2");
pub(super) const TIME_NEGATIVE: Rule = Rule::warning("time.negative", "RFC 7519 §2");
pub(super) const TIME_MILLISECONDS: Rule = Rule::warning("time.milliseconds", "RFC 7519 §2");
pub(super) const TIME_OUT_OF_RANGE: Rule = Rule::error("time.out_of_range", "RFC 7519 §2");
pub(super) const TIME_NOT_A_NUMBER: Rule = Rule::error("time.not_a_number", "RFC 7519 §2");
pub(super) const TIME_ORDER: Rule = Rule::error("time.order", "RFC 7519 §4.1");
pub(super) const LONG_LIVED: Rule = Rule::info("time.long_lived", "RFC 6750 §5.3");

// Its claims.
pub(super) const AUD_MISSING: Rule = Rule::warning("claims.aud_missing", "RFC 8725 §3.9");
pub(super) const AUD_ARRAY: Rule = Rule::info("claims.aud_array", "RFC 7519 §4.1.3");
pub(super) const ISS_MISSING: Rule = Rule::warning("claims.iss_missing", "RFC 8725 §3.8");
pub(super) const ISS_TEMPLATE: Rule = Rule::error("claims.iss_template", "OIDC Core §2");
pub(super) const TID_NOT_IN_ISS: Rule = Rule::error("claims.tid_not_in_iss", "RFC 8725 §3.8");
pub(super) const VERSION_ISSUER: Rule = Rule::error("claims.version_issuer", "Entra token versions");
pub(super) const NO_PERMISSIONS: Rule = Rule::warning("claims.no_permissions", "Entra access token claims");
pub(super) const GROUP_OVERAGE: Rule = Rule::warning("claims.group_overage", "OIDC Core §5.6.2");
pub(super) const WRONG_TYPE: Rule = Rule::warning("claims.wrong_type", "RFC 7519 §4");

// What Entra means by it.
pub(super) const ID_TOKEN: Rule = Rule::info("entra.id_token", "OIDC Core §2");
pub(super) const ACCESS_V1: Rule = Rule::info("entra.access_v1", "Entra token versions");
pub(super) const ACCESS_V2: Rule = Rule::info("entra.access_v2", "Entra token versions");
pub(super) const APP_ONLY: Rule = Rule::info("entra.app_only", "RFC 6749 §4.4");
pub(super) const DELEGATED: Rule = Rule::info("entra.delegated", "Entra access token claims");
pub(super) const GRAPH_NONCE: Rule = Rule::info("entra.graph_nonce", "Entra access tokens");
pub(super) const GUEST: Rule = Rule::info("entra.guest", "Entra token claims");
pub(super) const PERSONAL_ACCOUNT: Rule = Rule::info("entra.personal_account", "Entra token claims");
pub(super) const PUBLIC_CLIENT: Rule = Rule::info("entra.public_client", "RFC 6749 §2.1");
pub(super) const CAE: Rule = Rule::info("entra.cae", "Entra continuous access evaluation");
pub(super) const POP: Rule = Rule::info("entra.pop", "RFC 7800 §3");
pub(super) const MANAGED_IDENTITY: Rule = Rule::info("entra.managed_identity", "Entra managed identities");
pub(super) const ISSUER_RECOGNISED: Rule = Rule::info("issuer.recognised", "");

// Its text and size.
pub(super) const TEXT_CONTROL: Rule = Rule::warning("text.control", "RFC 8259 §7");
pub(super) const TEXT_BIDI: Rule = Rule::warning("text.bidi", "Unicode UAX #9");
pub(super) const INVALID_UTF8: Rule = Rule::error("text.invalid_utf8", "RFC 8259 §8.1");
pub(super) const SIZE_LARGE: Rule = Rule::warning("size.large", "RFC 9110 §5.4");
