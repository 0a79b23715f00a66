//! What people use in place of a thumbprint, and how it is recognised: the text is peeled (invisible characters, separators,
//! encodings) until bytes are left, and those are compared with everything that the certificate could have given.

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig,
        general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    },
};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use x509_parser::certificate::X509Certificate;

use super::{Certificate, Comparison, Hash, Slot, shown};
use crate::{
    finding::{Finding, Severity},
    text::is_unsafe,
};

/// How a thumbprint came to be wrong, or is only written in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixup {
    /// A character that nobody sees stands in it, as the Windows certificate dialog puts U+200E in front.
    Invisible,
    /// Hexadecimal where base64url belongs.
    HexForBase64,
    /// The letters of the hexadecimal text were base64url-encoded, not the bytes.
    HexTextEncoded,
    /// The hexadecimal text was decoded as if it were base64.
    HexDecodedAsBase64,
    /// base64url where hexadecimal belongs.
    Base64ForHex,
    /// The SHA-256 in a place for SHA-1.
    Sha256ForSha1,
    /// The SHA-1 in a place for SHA-256.
    Sha1ForSha256,
    /// `=` at the end, which base64url leaves out.
    Padded,
    /// `+` or `/` where base64url has `-` and `_`.
    StandardAlphabet,
    /// Colons, blanks or dashes between the digits.
    Separators,
    /// The fingerprint of the PEM text, not of the bytes in it.
    OfPemText,
    /// The fingerprint of the base64 in the PEM text.
    OfBase64Text,
    /// The fingerprint of the public key (`SubjectPublicKeyInfo`).
    OfPublicKey,
    /// The subject key identifier.
    OfKeyBits,
    /// The fingerprint of the signed part without the signature.
    OfSignedPart,
    /// The serial number.
    Serial,
    /// The certificate itself.
    WholeCertificate,
    /// A GUID: the id of the key in the registration.
    KeyId,
    /// Characters are missing at the end.
    CutOff,
}

impl Mixup {
    /// A stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invisible => "invisible_character",
            Self::HexForBase64 => "hex_for_base64url",
            Self::HexTextEncoded => "hex_text_encoded",
            Self::HexDecodedAsBase64 => "hex_decoded_as_base64",
            Self::Base64ForHex => "base64_for_hex",
            Self::Sha256ForSha1 => "sha256_for_sha1",
            Self::Sha1ForSha256 => "sha1_for_sha256",
            Self::Padded => "padded",
            Self::StandardAlphabet => "standard_alphabet",
            Self::Separators => "separators",
            Self::OfPemText => "of_pem_text",
            Self::OfBase64Text => "of_base64_text",
            Self::OfPublicKey => "of_public_key",
            Self::OfKeyBits => "subject_key_identifier",
            Self::OfSignedPart => "of_signed_part",
            Self::Serial => "serial_number",
            Self::WholeCertificate => "whole_certificate",
            Self::KeyId => "key_id",
            Self::CutOff => "cut_off",
        }
    }

    /// What happened, and what to do.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Invisible => {
                "An invisible character stands in it, such as the U+200E that the Windows certificate dialog copies along. \
                 Delete it: type the first digit anew."
            }
            Self::HexForBase64 => {
                "It is hexadecimal. The header wants base64url of the bytes, not of their digits."
            }
            Self::HexTextEncoded => {
                "The letters of the hexadecimal text were encoded. Turn the digits into bytes first, then encode those."
            }
            Self::HexDecodedAsBase64 => {
                "The hexadecimal text was read as base64, which makes other bytes of it. Error messages show it so where x5t held hexadecimal."
            }
            Self::Base64ForHex => "It is base64 of the right bytes; here hexadecimal is written.",
            Self::Sha256ForSha1 => {
                "It is the SHA-256. x5t and the portal's thumbprint are SHA-1; the SHA-256 belongs in x5t#S256."
            }
            Self::Sha1ForSha256 => "It is the SHA-1. x5t#S256 wants the SHA-256; the SHA-1 belongs in x5t.",
            Self::Padded => {
                "base64url in a JWT has no = at the end. Entra forgives it; other authorities do not."
            }
            Self::StandardAlphabet => "base64url writes - and _ where base64 has + and /.",
            Self::Separators => "Colons, blanks or dashes stand between the digits; leave them out.",
            Self::OfPemText => {
                "It is the hash of the PEM file. Decode the base64 between the lines and hash the bytes (DER)."
            }
            Self::OfBase64Text => "It is the hash of the base64 text. Decode it and hash the bytes (DER).",
            Self::OfPublicKey => {
                "It is the hash of the public key. A thumbprint covers the whole certificate."
            }
            Self::OfKeyBits => {
                "It is the subject key identifier, a hash of the key. A thumbprint covers the whole certificate."
            }
            Self::OfSignedPart => {
                "It is the hash of the certificate without its signature. A thumbprint covers all of it."
            }
            Self::Serial => "It is the serial number, which stands beside the thumbprint in most dialogs.",
            Self::WholeCertificate => {
                "It is the certificate itself, as x5c or the registration's key has it; its hash belongs here."
            }
            Self::KeyId => {
                "It is a GUID: the keyId of the entry in the registration. Entra finds the key by its thumbprint, not by that."
            }
            Self::CutOff => "It begins like the right one and ends too early.",
        }
    }

    /// Whether it names the right certificate all the same, so that lenient readers find it.
    const fn is_harmless(self) -> bool {
        matches!(self, Self::Padded)
    }
}

/// What else the certificate could have given, with what that is. `text` is the file, if it was text.
pub(super) fn lookalikes(
    der: &[u8],
    read: &X509Certificate<'_>,
    text: Option<&str>,
) -> Vec<(Mixup, Vec<u8>)> {
    let mut all = Vec::new();
    let mut hashes = |mixup, bytes: &[u8]| {
        all.push((mixup, Sha1::digest(bytes).to_vec()));
        all.push((mixup, Sha256::digest(bytes).to_vec()));
    };
    if let Some(text) = text.filter(|text| text.contains("-----BEGIN")) {
        let unix = text.replace("\r\n", "\n");
        let trimmed = unix.trim_end();
        let variants = [
            text.to_owned(),
            unix.clone(),
            trimmed.to_owned(),
            format!("{trimmed}\n"),
            trimmed.replace('\n', "\r\n"),
        ];
        for variant in &variants {
            hashes(Mixup::OfPemText, variant.as_bytes());
        }
    }
    let base64 = STANDARD.encode(der);
    hashes(Mixup::OfBase64Text, base64.as_bytes());
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    hashes(Mixup::OfBase64Text, lines.join("\n").as_bytes());
    hashes(Mixup::OfBase64Text, format!("{}\n", lines.join("\n")).as_bytes());
    hashes(Mixup::OfPublicKey, read.public_key().raw);
    hashes(Mixup::OfKeyBits, &read.public_key().subject_public_key.data);
    hashes(Mixup::OfSignedPart, read.tbs_certificate.as_ref());
    all.push((Mixup::Serial, read.raw_serial().to_vec()));
    all.push((Mixup::WholeCertificate, der.to_vec()));
    all
}

/// base64 of either alphabet, padded or not, as long as its length is one that base64 has.
fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    LENIENT.decode(text.replace('+', "-").replace('/', "_")).ok().filter(|bytes| !bytes.is_empty())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits.chunks(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Hex,
    Base64,
}

/// Compares a thumbprint with the certificate.
pub(super) fn compare(certificate: &Certificate, slot: Slot, used: &str) -> Comparison {
    let mut mixups = Vec::new();
    let plain: String = used.chars().filter(|c| !is_unsafe(*c) && !is_invisible(*c)).collect();
    if plain.chars().count() < used.chars().count() {
        mixups.push(Mixup::Invisible);
    }
    let plain = plain.trim();
    let found = recognise(certificate, slot, plain, &mut mixups);
    let expected = certificate.expected(slot);
    let fits = found.is_some() && mixups.iter().all(|mixup| mixup.is_harmless());
    let names = found.is_some();
    let (severity, title) = match (fits, mixups.first()) {
        (true, None) => (Severity::Passed, format!("{} names this certificate.", slot.name())),
        (true, Some(mixup)) => {
            (Severity::Warning, format!("{} names this certificate. {}", slot.name(), mixup.about()))
        }
        (false, Some(mixup)) if names => (
            Severity::Error,
            format!(
                "{} comes from this certificate, and is not what belongs there. {}",
                slot.name(),
                mixup.about()
            ),
        ),
        (false, Some(mixup)) => {
            (Severity::Error, format!("{} is not the thumbprint. {}", slot.name(), mixup.about()))
        }
        (false, None) if slot == Slot::Kid => {
            (Severity::Info, "kid is not a thumbprint of this certificate. It need not be one.".to_owned())
        }
        (false, None) => (
            Severity::Error,
            format!("{} is that of another certificate: none of this one's values is like it.", slot.name()),
        ),
    };
    let source = match slot {
        Slot::X5tS256 => "RFC 7515 §4.1.8",
        Slot::Kid => "RFC 7515 §4.1.4",
        Slot::CustomKeyIdentifier => "Graph keyCredential",
        Slot::X5t | Slot::Thumbprint | Slot::Unnamed => "RFC 7515 §4.1.7",
    };
    let id = if fits { "thumbprint.fits" } else { "thumbprint.differs" };
    Comparison {
        slot,
        used: shown(used),
        expected,
        fits,
        mixups,
        finding: Finding { id, severity, title, source },
    }
}

/// Characters that take no place on a screen, beyond those that are unsafe on one.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{a0}')
}

/// Which of the two hashes the text holds, or stems from. What is unusual about it is added to `mixups`.
fn recognise(certificate: &Certificate, slot: Slot, text: &str, mixups: &mut Vec<Mixup>) -> Option<Hash> {
    if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() {
        mixups.push(Mixup::KeyId);
        return None;
    }
    let hash_of = |bytes: &[u8]| {
        if bytes == certificate.sha1 {
            Some(Hash::Sha1)
        } else if bytes == certificate.sha256 {
            Some(Hash::Sha256)
        } else {
            None
        }
    };
    let plain_digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ' | '-' | '\t')).collect();
    let as_hex = unhex(&plain_digits);
    let as_base64 = base64(text);
    let hexadecimal = as_hex.as_deref().and_then(|bytes| hash_of(bytes).map(|hash| (hash, Writing::Hex)));
    let encoded = as_base64.as_deref().and_then(|bytes| hash_of(bytes).map(|hash| (hash, Writing::Base64)));
    if let Some((hash, writing)) = hexadecimal.or(encoded) {
        written(slot, text, hash, writing, mixups);
        return Some(hash);
    }
    // The digits of the hash, encoded as if they were its bytes; with colons, or in hexadecimal once more.
    for bytes in [as_base64.as_deref(), as_hex.as_deref()].into_iter().flatten() {
        let inner = std::str::from_utf8(bytes).ok();
        let inner: Option<String> = inner.map(|text| text.chars().filter(char::is_ascii_hexdigit).collect());
        if let Some(hash) = inner.and_then(|digits| unhex(&digits)).and_then(|bytes| hash_of(&bytes)) {
            mixups.push(Mixup::HexTextEncoded);
            other_hash(slot, hash, mixups);
            return Some(hash);
        }
    }
    for (hash, bytes) in [(Hash::Sha1, &certificate.sha1[..]), (Hash::Sha256, &certificate.sha256[..])] {
        let digits = super::hex(bytes);
        let misread =
            [digits.to_lowercase(), digits.clone()].into_iter().filter_map(|digits| base64(&digits));
        let held = [&as_base64, &as_hex].into_iter().flatten();
        if misread.into_iter().any(|misread| held.clone().any(|held| *held == misread)) {
            mixups.push(Mixup::HexDecodedAsBase64);
            return Some(hash);
        }
        let forms = [digits.to_lowercase(), URL_SAFE_NO_PAD.encode(bytes)];
        let starts = [plain_digits.to_lowercase(), text.trim_end_matches('=').to_owned()];
        let is_start = |form: &String| {
            starts.iter().any(|start| start.len() >= 8 && start.len() < form.len() && form.starts_with(start))
        };
        if forms.iter().any(is_start) {
            mixups.push(Mixup::CutOff);
            return Some(hash);
        }
    }
    for (mixup, bytes) in &certificate.lookalikes {
        if [&as_base64, &as_hex].into_iter().flatten().any(|held| held == bytes) {
            mixups.push(*mixup);
            return None;
        }
    }
    None
}

/// What is unusual about the right bytes, as they are written for this slot.
fn written(slot: Slot, text: &str, hash: Hash, writing: Writing, mixups: &mut Vec<Mixup>) {
    let wants_base64url = matches!(slot, Slot::X5t | Slot::X5tS256);
    match writing {
        Writing::Hex => {
            if wants_base64url {
                mixups.push(Mixup::HexForBase64);
            } else if slot != Slot::Unnamed && text.contains([':', ' ', '-', '\t']) {
                mixups.push(Mixup::Separators);
            }
        }
        Writing::Base64 => {
            if slot == Slot::Thumbprint {
                mixups.push(Mixup::Base64ForHex);
            }
            if wants_base64url && text.contains(['+', '/']) {
                mixups.push(Mixup::StandardAlphabet);
            }
            if wants_base64url && text.ends_with('=') {
                mixups.push(Mixup::Padded);
            }
        }
    }
    other_hash(slot, hash, mixups);
}

/// Whether the hash is the other one of the two, where the slot prescribes one. It comes first: that is what has to change.
fn other_hash(slot: Slot, hash: Hash, mixups: &mut Vec<Mixup>) {
    match (slot, hash) {
        (Slot::X5t | Slot::CustomKeyIdentifier, Hash::Sha256) => mixups.insert(0, Mixup::Sha256ForSha1),
        (Slot::X5tS256, Hash::Sha1) => mixups.insert(0, Mixup::Sha1ForSha256),
        _ => {}
    }
}
