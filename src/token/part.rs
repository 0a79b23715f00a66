//! One part of a compact token: base64url (RFC 7515 §2), read with forgiveness, and every forgiveness is recorded.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Unpadded or padded, and with stray bits at the end: we report such things rather than stop at them.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What was read of a part, and what had to be forgiven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The bytes, as far as they could be read.
    pub bytes: Vec<u8>,
    /// `=` stood at the end.
    pub padded: bool,
    /// `+` or `/` stood in place of `-` or `_`.
    pub standard_alphabet: bool,
    /// The length is one that base64 cannot have: characters are missing.
    pub cut: bool,
    /// The first character that is not base64 at all, with its position counted from 1.
    pub stray: Option<(usize, char)>,
}

/// Reads one part.
pub(super) fn read(text: &str) -> Part {
    let digits = text.trim_end_matches('=');
    let mut part = Part { padded: digits.len() < text.len(), ..Part::default() };
    if let Some((index, stray)) = digits.chars().enumerate().find(|(_, c)| !is_base64(*c)) {
        part.stray = Some((index + 1, stray));
        return part;
    }
    part.standard_alphabet = digits.contains(['+', '/']);
    part.cut = digits.len() % 4 == 1;
    let whole = if part.cut { &digits[..digits.len() - 1] } else { digits };
    let decoded = if part.standard_alphabet {
        LENIENT.decode(whole.replace('+', "-").replace('/', "_"))
    } else {
        LENIENT.decode(whole)
    };
    part.bytes = decoded.expect("only base64 digits are left, in a length that base64 has");
    part
}

/// Whether `c` is a digit of either base64 alphabet.
pub(super) const fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgiven_and_recorded() {
        let check = |text: &str, expected: Part| assert_eq!(read(text), expected, "{text}");
        let ok = |bytes: &[u8]| Part { bytes: bytes.to_vec(), ..Part::default() };
        check("", ok(b""));
        check("aGk", ok(b"hi"));
        check("aGk=", Part { padded: true, ..ok(b"hi") });
        check("-_8", ok(&[0xfb, 0xff]));
        check("+/8", Part { standard_alphabet: true, ..ok(&[0xfb, 0xff]) });
        check("aGl", ok(b"hi")); // bits left over at the end
        check("aGkgX", Part { cut: true, ..ok(b"hi ") });
        check("a€k", Part { stray: Some((2, '€')), ..Part::default() });
        check("a=k", Part { stray: Some((2, '=')), ..Part::default() });
    }
}
