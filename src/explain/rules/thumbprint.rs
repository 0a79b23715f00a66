//! Thumbprints of certificates in all the forms that people send and tools print: hexadecimal, base64, base64url.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use serde_json::Value;
use sha1::Digest as _;

use super::Case;
use crate::time::UnixTime;

/// Base64 with or without padding; give it the standard alphabet.
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENTLY);
const LENIENTLY: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Base64 in either alphabet, with or without padding.
pub(super) struct Lenient;

/// See [`Lenient`].
pub(super) const LENIENT: Lenient = Lenient;

impl Lenient {
    /// The bytes behind a text.
    #[expect(clippy::unused_self, reason = "reads like any other engine of base64")]
    pub fn decode(&self, text: &str) -> Result<Vec<u8>, base64::DecodeError> {
        STANDARD.decode(text.replace('-', "+").replace('_', "/"))
    }
}

/// Bytes in hexadecimal, upper case as Windows and Azure print thumbprints.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02X}");
        out
    })
}

/// Bytes as `x5t` needs them.
pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes from hexadecimal digits; blanks and colons between them do not matter.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b':' | b' '))
        .map(|b| char::from(b).to_digit(16))
        .map(|digit| u8::try_from(digit.unwrap_or(255)).unwrap_or(255))
        .collect();
    if digits.is_empty() || digits.len() % 2 == 1 || digits.contains(&255) {
        return None;
    }
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// The SHA-1 or SHA-256 thumbprint behind a text in any form.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let fits = |bytes: &Vec<u8>| matches!(bytes.len(), 20 | 32);
    let text = text.trim();
    from_hex(text).filter(fits).or_else(|| LENIENT.decode(text).ok().filter(fits))
}

/// The hexadecimal digits that were taken for the thumbprint: written down as they are, or in base64.
pub(super) fn digits_behind(sent: &str) -> Option<String> {
    let are_digits =
        |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let plain: String = sent.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    if are_digits(&plain) {
        return Some(plain);
    }
    let inner = String::from_utf8(LENIENT.decode(sent).ok()?).ok()?;
    let inner: String = inner.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    are_digits(&inner).then_some(inner)
}

/// A certificate that is registered.
pub(super) struct Key {
    /// SHA-1.
    pub thumbprint: Vec<u8>,
    /// SHA-256, where the certificate itself is at hand.
    pub sha256: Option<Vec<u8>>,
    /// `displayName`, or the key's id.
    pub name: String,
    /// `startDateTime`.
    pub start: Option<UnixTime>,
    /// `endDateTime`.
    pub end: Option<UnixTime>,
}

impl Key {
    /// Whether this is its thumbprint.
    pub fn has(&self, bytes: &[u8]) -> bool {
        self.thumbprint == bytes || self.sha256.as_deref() == Some(bytes)
    }

    /// Name and thumbprint in both forms.
    pub fn shown(&self) -> String {
        format!("{} = {} (“{}”)", hex(&self.thumbprint), base64url(&self.thumbprint), self.name)
    }
}

/// The certificates of the registration, if it is at hand. Those without a readable thumbprint are left out.
pub(super) fn registered(case: &Case<'_>) -> Option<Vec<Key>> {
    let app = case.app()?;
    let list = app.json.get("keyCredentials").and_then(Value::as_array)?;
    Some(
        app.certificates
            .iter()
            .zip(list)
            .filter_map(|(certificate, json)| {
                let der = json.get("key").and_then(Value::as_str).and_then(|key| LENIENT.decode(key).ok());
                let der = der.filter(|der| der.len() > 100);
                let thumbprint = certificate.thumbprint.as_deref().and_then(bytes_of);
                let made = || der.as_ref().map(|der| sha1::Sha1::digest(der).to_vec());
                Some(Key {
                    thumbprint: thumbprint.or_else(made)?,
                    sha256: der.as_ref().map(|der| sha2::Sha256::digest(der).to_vec()),
                    name: certificate.display_name.clone().unwrap_or_else(|| certificate.key_id.clone()),
                    start: certificate.start,
                    end: certificate.end,
                })
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thumbprint_has_many_forms() {
        let hex_form = "0123456789ABCDEF0123456789ABCDEF01234567";
        let bytes = from_hex(hex_form).expect("digits");
        assert_eq!(bytes_of(&base64url(&bytes)), Some(bytes.clone()));
        assert_eq!(bytes_of(&STANDARD.encode(&bytes)), Some(bytes.clone()));
        assert_eq!(bytes_of("01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67"), Some(bytes));
        assert_eq!(digits_behind(hex_form).as_deref(), Some(hex_form));
        assert_eq!(digits_behind(&URL_SAFE_NO_PAD.encode(hex_form)).as_deref(), Some(hex_form));
        assert_eq!(digits_behind("aK_dG02TMk9bZEmfm8Vs32o5VBR"), None);
        assert_eq!(from_hex("xyz"), None);
    }
}
