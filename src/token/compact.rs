//! Reading a compact token part by part (RFC 7515 §7.1, RFC 7516 §7.1): each part says how far it could be read, and
//! nothing stops the reading of the others. Every fault carries its place in the token.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{
    Decoded, Kind, catalogue, json,
    part::{self, Part},
    paste::Pasted,
    place::{Noted, Place, Within},
    remarks, scan, serialized,
};
use crate::{secret::Secret, text::visible};

/// Above this many bytes many servers refuse the request that carries the token.
const LARGE: usize = 8 * 1024;

/// Reads a token whose parts are separated by dots. `shortened` says that an ellipsis stood in it.
pub(super) fn read(pasted: Pasted, shortened: bool) -> Decoded {
    let Pasted { token, noted, name, .. } = pasted;
    let dots = token.bytes().filter(|b| *b == b'.').count();
    let kind = if dots == 4 { Kind::Jwe } else { Kind::Jws };
    let mut parts = token.splitn(4, '.');
    let first = parts.next().unwrap_or_default();
    let second = parts.next();
    let third = parts.next();

    let mut reader = Reader { token: &token, noted, missing: None, manners: Manners::default() };
    if shortened {
        reader.miss("An ellipsis shows that it was shortened.".to_owned());
    }
    let second_start = first.len() + 1;
    let third_start = second_start + second.map_or(0, |second| second.len() + 1);
    let header = reader.header(first, second.is_none());
    let mut claims = Map::new();
    if kind == Kind::Jwe {
        reader.noted.push(catalogue::ENCRYPTED.says(
            "Five parts: this token is encrypted. The header can be read; the rest needs the recipient's private key.",
        ));
    } else {
        let unencoded = header.get("b64") == Some(&Value::Bool(false));
        match second {
            Some(payload) if unencoded => claims = reader.unencoded(payload, second_start),
            Some(payload) => claims = reader.payload(payload, second_start, third.is_none()),
            None => {}
        }
        match (dots, third) {
            (2, Some(signature)) => reader.signature(signature, third_start, &header),
            (0, _) if header.contains_key("uid") && header.contains_key("utid") => reader.miss(
                "One part, with uid and utid in it: by its form this is client_info, which names the account's home \
                 and is no token."
                    .to_owned(),
            ),
            (0 | 1, _) if !is_unsecured(&header) => {
                let title = if dots == 0 { "Only the header is here" } else { "The signature is missing" };
                reader
                    .miss(format!("{title}: a signed token has three parts, this text has {}.", dots + 1));
            }
            (0 | 1, _) => {
                let title = "Even an unsecured token ends with a dot; that dot is missing.";
                reader.miss(title.to_owned());
            }
            _ => {
                let title = format!(
                    "It has {} parts: a signed token has three and an encrypted one five.",
                    dots + 1
                );
                let extra = third_start + third.map_or(0, str::len);
                let place = Place::bytes(Within::Signature, extra.min(token.len())..token.len());
                reader.noted.push_at(catalogue::EXTRA_PARTS.says(title), place);
            }
        }
    }
    let mut noted = reader.finish();
    if token.len() > LARGE {
        noted.push(catalogue::SIZE_LARGE.says(format!(
            "The token has {} bytes; many servers refuse a header above {LARGE}.",
            token.len()
        )));
    }
    remarks::on_header(&header, kind, &mut noted);
    remarks::on_claims(&header, &claims, &mut noted);
    Decoded::new(kind, header, claims, noted, Secret::new(token), name)
}

/// Reads a signed token in JSON serialization whose payload stands there as it is (RFC 7797 §3): it has no compact form
/// that every reader could take apart again, so the JSON text stays the token.
pub(super) fn read_unencoded(pasted: Pasted) -> Decoded {
    let Pasted { token, noted, name, .. } = pasted;
    let parts = serde_json::from_str(&token).ok().as_ref().and_then(serialized::signed);
    let (protected, payload) = parts.map_or_else(Default::default, |parts| (parts.protected, parts.payload));
    let mut reader = Reader { token: &token, noted, missing: None, manners: Manners::default() };
    let header = reader.header(&protected, false);
    let claims = reader.unencoded(&payload, 0);
    let mut noted = reader.finish();
    // Where these bytes stand in the JSON text cannot be told.
    for place in noted.places.iter_mut().flatten().filter(|place| place.within != Within::Input) {
        place.bytes = None;
    }
    remarks::on_header(&header, Kind::Jws, &mut noted);
    remarks::on_claims(&header, &claims, &mut noted);
    Decoded::new(Kind::Jws, header, claims, noted, Secret::new(token), name)
}

/// The token that is the payload of `token` (RFC 7519 §5.2), if one is.
pub(super) fn nested(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1).filter(|_| token.bytes().filter(|b| *b == b'.').count() == 2)?;
    let text = String::from_utf8(part::read(payload).bytes).ok()?;
    looks_compact(&text).then_some(text)
}

fn looks_compact(text: &str) -> bool {
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    scan::begins_header(text.as_bytes())
        && (dots == 2 || dots == 4)
        && text.chars().all(|c| part::is_base64(c) || c == '.')
}

/// Departures from base64url, gathered over all parts so that each is reported once.
#[derive(Default)]
struct Manners {
    padded: Vec<(&'static str, Place)>,
    standard: Vec<(&'static str, Place)>,
}

impl Manners {
    fn report(self, noted: &mut Noted) {
        let names = |parts: &[(&'static str, Place)]| {
            parts.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" and the ")
        };
        if let Some((_, place)) = self.padded.first() {
            let title =
                format!("= padding stands after the {}; strict readers refuse it.", names(&self.padded));
            noted.push_at(catalogue::PADDING.says(title), place.clone());
        }
        if let Some((_, place)) = self.standard.first() {
            let title = format!(
                "The {} is written with + or / where base64url has - and _; strict readers refuse it.",
                names(&self.standard)
            );
            noted.push_at(catalogue::STANDARD_ALPHABET.says(title), place.clone());
        }
    }
}

/// Reads the parts of one token, and gathers what is wrong with them.
struct Reader<'t> {
    token: &'t str,
    noted: Noted,
    /// The first reason to believe that something was cut off.
    missing: Option<String>,
    manners: Manners,
}

impl Reader<'_> {
    fn miss(&mut self, title: String) {
        self.missing.get_or_insert(title);
    }

    fn finish(mut self) -> Noted {
        self.manners.report(&mut self.noted);
        if let Some(title) = self.missing {
            let end = self.token.len();
            let within = match self.token.bytes().filter(|byte| *byte == b'.').count() {
                0 => Within::Header,
                1 => Within::Payload,
                _ => Within::Signature,
            };
            self.noted.push_at(catalogue::TRUNCATED.says(title), Place::bytes(within, end..end));
        }
        self.noted
    }

    /// Decodes one part; `None` if it is not base64 at all.
    fn part(&mut self, within: Within, text: &str, start: usize, is_last: bool) -> Option<Vec<u8>> {
        let what = within.name();
        let Part { bytes, padded, standard_alphabet, cut, stray } = part::read(text);
        if let Some((position, stray)) = stray {
            let at = start + text.char_indices().nth(position - 1).map_or(0, |(at, _)| at);
            let title = format!(
                "The {what} is not base64url: character {position} is \u{201c}{}\u{201d}.",
                visible(stray.encode_utf8(&mut [0; 4]))
            );
            let place = Place::bytes(within, at..at + stray.len_utf8());
            self.noted.push_at(catalogue::BAD_BASE64.says(title), place);
            return None;
        }
        let end = start + text.len();
        if padded {
            let digits = start + text.trim_end_matches('=').len();
            self.manners.padded.push((what, Place::bytes(within, digits..end)));
        }
        if standard_alphabet && let Some(at) = text.find(['+', '/']) {
            self.manners.standard.push((what, Place::bytes(within, start + at..start + at + 1)));
        }
        if cut {
            let title = format!(
                "The {what} has {} characters, a length base64 cannot have: some are missing.",
                text.len()
            );
            if is_last {
                self.miss(title);
            } else {
                self.noted.push_at(catalogue::BAD_BASE64.says(title), Place::bytes(within, end..end));
            }
        }
        Some(bytes)
    }

    /// The text of a part; invalid UTF-8 is reported and replaced, so that the rest can be seen.
    fn text(&mut self, within: Within, bytes: &[u8], encoded: &Encoded) -> String {
        if let Err(error) = std::str::from_utf8(bytes) {
            let (what, at) = (within.name(), error.valid_up_to());
            let title = format!("The {what} is not UTF-8: byte {} begins no character.", at + 1);
            self.noted.push_at(catalogue::INVALID_UTF8.says(title), encoded.place(at));
        }
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn header(&mut self, text: &str, is_last: bool) -> Map<String, Value> {
        let within = Within::Header;
        let encoded = Encoded { within, bytes: 0..text.len() };
        let Some(bytes) = self.part(within, text, 0, is_last) else {
            return Map::new();
        };
        let text = self.text(within, &bytes, &encoded);
        match json::read(&text) {
            Ok(strict) => {
                self.duplicates(within, &strict.duplicates);
                if let Value::Object(header) = strict.value {
                    return header;
                }
                let title = format!("The header is {}, not a JSON object.", type_name(&strict.value));
                self.noted.push_at(catalogue::HEADER_NOT_JSON.says(title), encoded.place(0));
            }
            Err(error) if is_last && error.is_eof() => {
                self.miss(format!("The header stops in the middle ({}).", position(&error)));
            }
            Err(error) => {
                let title = format!("The header is not JSON: {}.", complaint(&error));
                let place = encoded.place(offset(&text, &error));
                self.noted.push_at(catalogue::HEADER_NOT_JSON.says(title), place);
            }
        }
        Map::new()
    }

    fn payload(&mut self, text: &str, start: usize, is_last: bool) -> Map<String, Value> {
        let within = Within::Payload;
        let encoded = Encoded { within, bytes: start..start + text.len() };
        let Some(bytes) = self.part(within, text, start, is_last) else {
            return Map::new();
        };
        if bytes.is_empty() {
            let title = "The payload is empty: nothing is claimed, or it travels apart from the signature.";
            self.noted.push_at(catalogue::PAYLOAD_NOT_JSON.says(title), Place::bytes(within, start..start));
            return Map::new();
        }
        let text = self.text(within, &bytes, &encoded);
        self.claims(&text, |offset| encoded.place(offset), is_last)
    }

    /// A payload that is not encoded (RFC 7797 §3).
    fn unencoded(&mut self, text: &str, start: usize) -> Map<String, Value> {
        let within = Within::Payload;
        if text.is_empty() {
            let title = "The payload travels apart from the signature, as it is (b64 is false).";
            self.noted.push_at(catalogue::PAYLOAD_NOT_JSON.says(title), Place::bytes(within, start..start));
            return Map::new();
        }
        let place = |mut offset: usize| {
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            Place::bytes(within, start + offset..start + offset)
        };
        self.claims(text, place, false)
    }

    /// The claims in the text of a payload.
    fn claims(&mut self, text: &str, place: impl Fn(usize) -> Place, is_last: bool) -> Map<String, Value> {
        match json::read(text) {
            Ok(strict) => {
                self.duplicates(Within::Payload, &strict.duplicates);
                if let Value::Object(claims) = strict.value {
                    return claims;
                }
                let title = format!("The payload is {}; claims come in an object.", type_name(&strict.value));
                self.noted.push_at(catalogue::PAYLOAD_NOT_OBJECT.says(title), place(0));
            }
            Err(_) if looks_compact(text) => {
                let title = "The payload is another token, which stands inside this one.";
                self.noted.push_at(catalogue::NESTED.says(title), place(0));
            }
            Err(error) => {
                if is_last && error.is_eof() {
                    self.miss(format!("The payload stops in the middle ({}).", position(&error)));
                }
                let title = format!("The payload is not JSON: {}.", complaint(&error));
                self.noted.push_at(catalogue::PAYLOAD_NOT_JSON.says(title), place(offset(text, &error)));
            }
        }
        Map::new()
    }

    fn signature(&mut self, text: &str, start: usize, header: &Map<String, Value>) {
        let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() {
            if !algorithm.is_empty() && !is_unsecured(header) {
                let title =
                    format!("The header promises a {} signature, and there is none.", visible(algorithm));
                let place = Place::bytes(Within::Signature, start..start);
                self.noted.push_at(catalogue::SIGNATURE_MISSING.says(title), place);
            }
            return;
        }
        let Some(bytes) = self.part(Within::Signature, text, start, true) else { return };
        let least = match algorithm {
            "HS256" => 32,
            "HS384" => 48,
            "HS512" | "ES256" | "EdDSA" => 64,
            "ES384" => 96,
            "ES512" => 132,
            "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => 256,
            _ => 0,
        };
        if bytes.len() < least {
            self.miss(format!(
                "The signature has {} bytes; {algorithm} makes at least {least}, so its end is missing.",
                bytes.len()
            ));
        }
    }

    fn duplicates(&mut self, within: Within, names: &[String]) {
        let what = within.name();
        for name in names {
            let shown: String = visible(name).chars().take(60).collect();
            let title = format!(
                "The {what} holds \u{201c}{shown}\u{201d} twice. The last one is shown; other readers may take the first."
            );
            self.noted.push_at(catalogue::DUPLICATE_MEMBER.says(title), Place::member(within, name));
        }
    }
}

/// A base64 part of a token, to find the characters that hold a decoded byte.
struct Encoded {
    within: Within,
    bytes: Range<usize>,
}

impl Encoded {
    /// The characters that hold the decoded byte at `index`; the end of the part where there is no such byte.
    fn place(&self, index: usize) -> Place {
        let from = self.bytes.start + index * 4 / 3;
        let to = self.bytes.start + (index * 8 + 8).div_ceil(6);
        let end = self.bytes.end;
        Place::bytes(self.within, from.min(end)..to.min(end))
    }
}

/// Whether the header says that nothing protects the token, in any letter case.
pub(super) fn is_unsecured(header: &Map<String, Value>) -> bool {
    header.get("alg").and_then(Value::as_str).is_some_and(|alg| alg.eq_ignore_ascii_case("none"))
}

/// What a JSON error says, without ever quoting the input.
fn complaint(error: &serde_json::Error) -> String {
    let what = if error.is_eof() { "it stops in the middle" } else { "something is out of place" };
    format!("{what} at {}", position(error))
}

fn position(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// The byte at which the reading of JSON stopped.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    (before + error.column().saturating_sub(1)).min(text.len())
}

/// What people call a JSON type.
pub(super) const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
