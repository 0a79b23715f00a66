//! Reading a compact token part by part (RFC 7515 §7.1, RFC 7516 §7.1): each part says how far it could be read, and
//! nothing stops the reading of the others.

use serde_json::{Map, Value};

use super::{
    Decoded, Kind, catalogue, json,
    part::{self, Part},
    remarks,
};
use crate::{finding::Finding, secret::Secret, text::visible};

/// Above this many bytes many servers refuse the request that carries the token.
const LARGE: usize = 8 * 1024;

/// Reads a token whose parts are separated by dots. `shortened` says that an ellipsis stood in it.
pub(super) fn read(token: String, shortened: bool, mut findings: Vec<Finding>) -> Decoded {
    let dots = token.bytes().filter(|b| *b == b'.').count();
    let kind = if dots == 4 { Kind::Jwe } else { Kind::Jws };
    let mut parts = token.splitn(4, '.');
    let first = parts.next().unwrap_or_default();
    let second = parts.next();
    let third = parts.next();

    let mut missing = Missing(shortened.then(|| "An ellipsis shows that it was shortened.".to_owned()));
    let mut manners = Manners::default();
    let header = read_header(first, &mut manners, &mut missing, second.is_none(), &mut findings);
    let mut claims = Map::new();
    if kind == Kind::Jwe {
        findings.push(catalogue::ENCRYPTED.says(
            "Five parts: this token is encrypted. The header can be read; the rest needs the recipient's private key.",
        ));
    } else {
        if let Some(payload) = second {
            claims = read_payload(payload, &mut manners, &mut missing, third.is_none(), &mut findings);
        }
        match (dots, third) {
            (2, Some(signature)) => {
                read_signature(signature, &header, &mut manners, &mut missing, &mut findings);
            }
            (0 | 1, _) if !is_unsecured(&header) => {
                let title = if dots == 0 { "Only the header is here" } else { "The signature is missing" };
                missing.say(format!("{title}: a signed token has three parts, this text has {}.", dots + 1));
            }
            (0 | 1, _) => {
                let title = "Even an unsecured token ends with a dot; that dot is missing.";
                missing.say(title.to_owned());
            }
            _ => findings.push(catalogue::EXTRA_PARTS.says(format!(
                "It has {} parts: a signed token has three and an encrypted one five.",
                dots + 1
            ))),
        }
    }
    manners.report(&mut findings);
    if let Some(title) = missing.0 {
        findings.push(catalogue::TRUNCATED.says(title));
    }
    if token.len() > LARGE {
        findings.push(catalogue::SIZE_LARGE.says(format!(
            "The token has {} bytes; many servers refuse a header above {LARGE}.",
            token.len()
        )));
    }
    remarks::on_header(&header, kind, &mut findings);
    remarks::on_claims(&header, &claims, &mut findings);
    Decoded { kind, header, claims, findings, raw: Secret::new(token) }
}

/// The first reason to believe that something was cut off.
struct Missing(Option<String>);

impl Missing {
    fn say(&mut self, title: String) {
        self.0.get_or_insert(title);
    }
}

/// Departures from base64url, gathered over all parts so that each is reported once.
#[derive(Default)]
struct Manners {
    padded: Vec<&'static str>,
    standard: Vec<&'static str>,
}

impl Manners {
    fn report(self, findings: &mut Vec<Finding>) {
        if !self.padded.is_empty() {
            let title = format!(
                "= padding stands after the {}; strict readers refuse it.",
                self.padded.join(" and the ")
            );
            findings.push(catalogue::PADDING.says(title));
        }
        if !self.standard.is_empty() {
            let title = format!(
                "The {} is written with + or / where base64url has - and _; strict readers refuse it.",
                self.standard.join(" and the ")
            );
            findings.push(catalogue::STANDARD_ALPHABET.says(title));
        }
    }
}

/// Decodes one part; `None` if it is not base64 at all.
fn read_part(
    what: &'static str,
    text: &str,
    manners: &mut Manners,
    missing: &mut Missing,
    is_last: bool,
    findings: &mut Vec<Finding>,
) -> Option<Vec<u8>> {
    let Part { bytes, padded, standard_alphabet, cut, stray } = part::read(text);
    if let Some((position, stray)) = stray {
        findings.push(catalogue::BAD_BASE64.says(format!(
            "The {what} is not base64url: character {position} is \u{201c}{}\u{201d}.",
            visible(stray.encode_utf8(&mut [0; 4]))
        )));
        return None;
    }
    if padded {
        manners.padded.push(what);
    }
    if standard_alphabet {
        manners.standard.push(what);
    }
    if cut {
        let title = format!(
            "The {what} has {} characters, a length base64 cannot have: some are missing.",
            text.len()
        );
        if is_last {
            missing.say(title);
        } else {
            findings.push(catalogue::BAD_BASE64.says(title));
        }
    }
    Some(bytes)
}

/// The text of a part; invalid UTF-8 is reported and replaced, so that the rest can be seen.
fn read_text(what: &str, bytes: &[u8], findings: &mut Vec<Finding>) -> String {
    if let Err(error) = std::str::from_utf8(bytes) {
        let title = format!("The {what} is not UTF-8: byte {} begins no character.", error.valid_up_to() + 1);
        findings.push(catalogue::INVALID_UTF8.says(title));
    }
    String::from_utf8_lossy(bytes).into_owned()
}

fn read_header(
    text: &str,
    manners: &mut Manners,
    missing: &mut Missing,
    is_last: bool,
    findings: &mut Vec<Finding>,
) -> Map<String, Value> {
    let Some(bytes) = read_part("header", text, manners, missing, is_last, findings) else {
        return Map::new();
    };
    let text = read_text("header", &bytes, findings);
    match json::read(&text) {
        Ok(strict) => {
            report_duplicates("header", &strict.duplicates, findings);
            if let Value::Object(header) = strict.value {
                return header;
            }
            let title = format!("The header is {}, not a JSON object.", type_name(&strict.value));
            findings.push(catalogue::HEADER_NOT_JSON.says(title));
        }
        Err(error) if is_last && error.is_eof() => {
            missing.say(format!("The header stops in the middle ({}).", position(&error)));
        }
        Err(error) => {
            let title = format!("The header is not JSON: {}.", complaint(&error));
            findings.push(catalogue::HEADER_NOT_JSON.says(title));
        }
    }
    Map::new()
}

fn read_payload(
    text: &str,
    manners: &mut Manners,
    missing: &mut Missing,
    is_last: bool,
    findings: &mut Vec<Finding>,
) -> Map<String, Value> {
    let Some(bytes) = read_part("payload", text, manners, missing, is_last, findings) else {
        return Map::new();
    };
    if bytes.is_empty() {
        findings.push(
            catalogue::PAYLOAD_NOT_JSON
                .says("The payload is empty: nothing is claimed, or it travels apart."),
        );
        return Map::new();
    }
    let text = read_text("payload", &bytes, findings);
    match json::read(&text) {
        Ok(strict) => {
            report_duplicates("payload", &strict.duplicates, findings);
            if let Value::Object(claims) = strict.value {
                return claims;
            }
            let title = format!("The payload is {}; claims come in an object.", type_name(&strict.value));
            findings.push(catalogue::PAYLOAD_NOT_OBJECT.says(title));
        }
        Err(error) => {
            if is_last && error.is_eof() {
                missing.say(format!("The payload stops in the middle ({}).", position(&error)));
            }
            let title = format!("The payload is not JSON: {}.", complaint(&error));
            findings.push(catalogue::PAYLOAD_NOT_JSON.says(title));
        }
    }
    Map::new()
}

fn read_signature(
    text: &str,
    header: &Map<String, Value>,
    manners: &mut Manners,
    missing: &mut Missing,
    findings: &mut Vec<Finding>,
) {
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if text.is_empty() {
        if !algorithm.is_empty() && !is_unsecured(header) {
            let title = format!("The header promises a {} signature, and there is none.", visible(algorithm));
            findings.push(catalogue::SIGNATURE_MISSING.says(title));
        }
        return;
    }
    let Some(bytes) = read_part("signature", text, manners, missing, true, findings) else { return };
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
        missing.say(format!(
            "The signature has {} bytes; {algorithm} makes at least {least}, so its end is missing.",
            bytes.len()
        ));
    }
}

/// Whether the header says that nothing protects the token, in any letter case.
pub(super) fn is_unsecured(header: &Map<String, Value>) -> bool {
    header.get("alg").and_then(Value::as_str).is_some_and(|alg| alg.eq_ignore_ascii_case("none"))
}

fn report_duplicates(what: &str, names: &[String], findings: &mut Vec<Finding>) {
    for name in names {
        let name: String = visible(name).chars().take(60).collect();
        findings.push(catalogue::DUPLICATE_MEMBER.says(format!(
            "The {what} holds \u{201c}{name}\u{201d} twice. The last one is shown; other readers may take the first."
        )));
    }
}

/// What a JSON error says, without ever quoting the input.
fn complaint(error: &serde_json::Error) -> String {
    let what = if error.is_eof() { "it stops in the middle" } else { "something is out of place" };
    format!("{what} at {}", position(error))
}

fn position(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
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
