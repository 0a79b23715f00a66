//! What is not a JWT: tokens that only their issuer reads, SAML, and things that are pasted in place of a token.
//!
//! Recognition goes by published or widely seen beginnings. It is a hint for people; no program may rely on it.

use base64::{Engine, engine::general_purpose::STANDARD};
use uuid::Uuid;

use super::{Kind, catalogue, part, paste::KeyMaterial, scan};
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

/// What `word` is, with the finding that says so.
pub(super) fn recognise_word(word: &str) -> (Kind, Option<Finding>) {
    if Uuid::try_parse(word).is_ok() {
        let title = "This is a GUID: it names a tenant, an application or an object. It is no token.";
        return (Kind::NotAToken, Some(catalogue::GUID.says(title)));
    }
    if is_client_secret(word) {
        let title = "This looks like a client secret of an app registration, not like a token. If others can see it, replace it.";
        return (Kind::NotAToken, Some(catalogue::CLIENT_SECRET.says(title)));
    }
    if let Some(title) = saml_in_base64(word) {
        return (Kind::Saml, Some(catalogue::SAML.says(title)));
    }
    if word.len() < LEAST_OPAQUE || !word.chars().all(is_token_character) {
        return (Kind::NotAToken, None);
    }
    if let Some((_, whose)) = PROVIDERS.iter().find(|(prefix, _)| word.starts_with(prefix)) {
        let title = format!("By its beginning this belongs to {whose}. Only that provider can read it.");
        return (Kind::Opaque, Some(catalogue::PROVIDER_OPAQUE.says(title)));
    }
    if word.len() >= 100 && word.starts_with("Ew") {
        let title = "An access token of a personal Microsoft account: encrypted, and only the API it was made for can read it.";
        return (Kind::Opaque, Some(catalogue::PERSONAL_OPAQUE.says(title)));
    }
    if ENTRA.iter().any(|prefix| word.starts_with(prefix)) {
        let title =
            "A refresh token or an authorization code of Microsoft's: only the token endpoint can read it.";
        return (Kind::Opaque, Some(catalogue::ENTRA_OPAQUE.says(title)));
    }
    let mixed = word.bytes().any(|b| b.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_alphabetic());
    (if mixed { Kind::Opaque } else { Kind::NotAToken }, None)
}

/// What a text of several words or lines is.
pub(super) fn recognise_text(text: &str) -> (Kind, Option<Finding>) {
    if text.starts_with('<') && is_saml(text) {
        let title = "A SAML message or assertion, in plain XML: made for browser sign-ins, not for API calls with OAuth.";
        return (Kind::Saml, Some(catalogue::SAML.says(title)));
    }
    if text.contains("-----BEGIN ") {
        let private = text.contains("PRIVATE KEY-----");
        return (
            Kind::NotAToken,
            Some(key_material(if private { KeyMaterial::Private } else { KeyMaterial::Public })),
        );
    }
    let joined: String = text.split_whitespace().collect();
    if joined.chars().all(is_token_character)
        && let Some(title) = saml_in_base64(&joined)
    {
        return (Kind::Saml, Some(catalogue::SAML.says(title)));
    }
    (Kind::NotAToken, None)
}

/// That a key was pasted in place of a token.
pub(super) fn key_material(key: KeyMaterial) -> Finding {
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

const fn is_token_character(c: char) -> bool {
    part::is_base64(c) || matches!(c, '.' | '=' | '~' | '!' | '*' | '$')
}

/// The form Entra gives to client secrets: three characters, a digit, `Q~`, and 31 to 34 more.
fn is_client_secret(word: &str) -> bool {
    let bytes = word.as_bytes();
    (37..=40).contains(&bytes.len())
        && bytes[3].is_ascii_digit()
        && &bytes[4..6] == b"Q~"
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-'))
}

fn is_saml(text: &str) -> bool {
    let head = text.get(..2000).unwrap_or(text);
    head.contains(":SAML:") || head.contains(":Assertion") || head.contains("<Assertion")
}

/// A sentence, if `word` is base64 of SAML; of deflated XML only the form can be told.
fn saml_in_base64(word: &str) -> Option<String> {
    let padded = word.trim_end_matches('=');
    if padded.starts_with("PH") || padded.starts_with("PD94") {
        // `<s` or `<?x`
        let bytes = part::read(word).bytes;
        let text = String::from_utf8_lossy(&bytes);
        return is_saml(&text)
            .then(|| "A SAML message or assertion in base64, as in a form post.".to_owned());
    }
    let deflated = word.len() >= 100
        && ["fZ", "fV", "jZ", "nZ", "lZ", "rZ", "hZ", "tZ"].iter().any(|start| word.starts_with(start))
        && word.contains(['+', '/'])
        && STANDARD.decode(word).is_ok();
    deflated.then(|| {
        "This looks like a deflated SAML request, as in the query of a redirect; it is not unpacked here."
            .to_owned()
    })
}
