//! What is not a JWT: tokens that only their issuer reads, SAML, and things that are pasted in place of a token.
//!
//! Recognition goes by published or widely seen beginnings. It is a hint for people; no program may rely on it.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Kind, catalogue, part, paste::KeyMaterial, saml, scan};
use crate::finding::Finding;

/// Beginnings of other providers' tokens, and whose they are.
const PROVIDERS: &[(&str, &str)] = &[
    ("ghp_", "GitHub (personal access token)"),
    ("gho_", "GitHub (OAuth access token)"),
    ("ghu_", "GitHub (app user token)"),
    ("ghs_", "GitHub (app installation token)"),
    ("ghr_", "GitHub (app refresh token)"),
    ("github_pat_", "GitHub (fine-grained personal access token)"),
    ("glpat-", "GitLab (personal access token)"),
    ("ya29.", "Google (access token)"),
    ("1//0", "Google (refresh token)"),
    ("xoxb-", "Slack (bot token)"),
    ("xoxp-", "Slack (user token)"),
    ("npm_", "npm (access token)"),
    ("pypi-", "PyPI (API token)"),
    ("hf_", "Hugging Face (access token)"),
    ("EAA", "Facebook (access token)"),
];

/// Beginnings of Entra's refresh tokens and authorization codes: the version, a dot, and base64 of a tenant's region.
const ENTRA: &[&str] = &["0.A", "1.A", "2.A", "AQAB", "OAQAB", "M.C", "M.R3"];

/// Opaque tokens are long; anything shorter with the same beginning is chance.
const LEAST_OPAQUE: usize = 20;

/// What something that is no JWT turned out to be.
#[derive(Debug)]
pub(super) struct Other {
    /// What it is.
    pub kind: Kind,
    /// The finding that says so.
    pub finding: Option<Finding>,
    /// What it says, if it is SAML.
    pub claims: Map<String, Value>,
}

impl Other {
    fn new(kind: Kind, finding: impl Into<Option<Finding>>) -> Self {
        Self { kind, finding: finding.into(), claims: Map::new() }
    }

    fn saml(saml: &saml::Saml) -> Self {
        let finding = catalogue::SAML.says(saml.title());
        Self { kind: Kind::Saml, finding: Some(finding), claims: saml::facts(&saml.xml) }
    }
}

/// What `word` is.
pub(super) fn recognise_word(word: &str) -> Other {
    if Uuid::try_parse(word).is_ok() {
        let title = "This is a GUID: it names a tenant, an application or an object. It is no token.";
        return Other::new(Kind::NotAToken, catalogue::GUID.says(title));
    }
    if is_client_secret(word) {
        let title = "This looks like a client secret of an app registration, not like a token. If others can see it, replace it.";
        return Other::new(Kind::NotAToken, catalogue::CLIENT_SECRET.says(title));
    }
    if let Some(saml) = saml::read_word(word) {
        return Other::saml(&saml);
    }
    if word.len() < LEAST_OPAQUE || !word.chars().all(is_token_character) {
        return Other::new(Kind::NotAToken, None);
    }
    if let Some((_, whose)) = PROVIDERS.iter().find(|(prefix, _)| word.starts_with(prefix)) {
        let title = format!("By its beginning this belongs to {whose}. Only that provider can read it.");
        return Other::new(Kind::Opaque, catalogue::PROVIDER_OPAQUE.says(title));
    }
    if word.len() >= 100 && word.starts_with("Ew") {
        let title = "An access token of a personal Microsoft account: encrypted, and only the API it was made for can read it.";
        return Other::new(Kind::Opaque, catalogue::PERSONAL_OPAQUE.says(title));
    }
    if ENTRA.iter().any(|prefix| word.starts_with(prefix)) {
        let title =
            "A refresh token or an authorization code of Microsoft's: only the token endpoint can read it.";
        return Other::new(Kind::Opaque, catalogue::ENTRA_OPAQUE.says(title));
    }
    let mixed = word.bytes().any(|b| b.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_alphabetic());
    Other::new(if mixed { Kind::Opaque } else { Kind::NotAToken }, None)
}

/// What a text of several words or lines is.
pub(super) fn recognise_text(text: &str) -> Other {
    if saml::is_saml(text) {
        return Other::saml(&saml::Saml { xml: text.to_owned(), wrapping: saml::Wrapping::Plain });
    }
    if text.contains("-----BEGIN ") {
        let private = text.contains("PRIVATE KEY-----");
        let key = if private { KeyMaterial::Private } else { KeyMaterial::Public };
        return Other::new(Kind::NotAToken, key_material(key));
    }
    let joined: String = text.split_whitespace().collect();
    match saml::read_word(&joined) {
        Some(saml) => Other::saml(&saml),
        None => Other::new(Kind::NotAToken, None),
    }
}

/// JSON without a token in it.
pub(super) fn recognise_json(key: Option<KeyMaterial>) -> Other {
    Other::new(Kind::NotAToken, key.map(key_material))
}

/// That a key was pasted in place of a token.
fn key_material(key: KeyMaterial) -> Finding {
    catalogue::KEY_MATERIAL.says(match key {
        KeyMaterial::Private => "This is a private key. It is no token, and nobody else should see it.",
        KeyMaterial::Public => "This is a certificate or a public key: it checks tokens, it is none.",
    })
}

/// Whether a word without readable header still has the shape of a compact token: three or five base64 parts of some
/// length, or a payload that begins like an object.
pub(super) fn has_compact_shape(word: &str) -> bool {
    let dots = word.bytes().filter(|b| *b == b'.').count();
    if !(2..=5).contains(&dots) {
        return false;
    }
    let mut parts = word.split('.');
    let first = parts.next().unwrap_or_default();
    let payload = parts.next().unwrap_or_default();
    if scan::begins_header(payload.as_bytes()) {
        return !first.is_empty();
    }
    let whole = word.split('.').all(|part| part.len() >= 6 && part.chars().all(part::is_base64));
    whole && (dots == 2 || dots == 4) && word.len() >= 48 && word.bytes().any(|b| b.is_ascii_digit())
}

/// Whether the word is known by its beginning; such words may hold dots and still be no JWT.
pub(super) fn has_known_beginning(word: &str) -> bool {
    ENTRA.iter().chain(PROVIDERS.iter().map(|(prefix, _)| prefix)).any(|prefix| word.starts_with(prefix))
}

/// Whether opaque tokens have such characters.
pub(super) const fn is_token_character(c: char) -> bool {
    part::is_base64(c) || matches!(c, '.' | '=' | '~' | '!' | '*' | '$')
}

/// The form Entra gives to client secrets: three characters, a digit, `Q~`, and 31 to 34 more.
pub(super) fn is_client_secret(word: &str) -> bool {
    let bytes = word.as_bytes();
    (37..=40).contains(&bytes.len())
        && bytes[3].is_ascii_digit()
        && &bytes[4..6] == b"Q~"
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-'))
}
