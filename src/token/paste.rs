//! From whatever was pasted to the token inside it.
//!
//! People paste header lines, log lines, `.env` files, JSON bodies, addresses, curl commands, and tokens that a mail
//! program wrapped. Signed and encrypted tokens are easy to spot anywhere, since their header is base64 of `{`; so the
//! search looks for that beginning first ([`scan`]), and only then treats the text as one opaque word.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    catalogue::{self, Rule},
    scan::{self, Spotted},
};
use crate::{finding::Finding, text::visible};

/// Names under which tokens travel, best first; used where the value itself does not tell.
const TOKEN_NAMES: &[&str] = &[
    "access_token",
    "id_token",
    "refresh_token",
    "code",
    "accessToken",
    "idToken",
    "refreshToken",
    "SAMLResponse",
    "SAMLRequest",
    "assertion",
    "client_assertion",
    "device_code",
    "client_secret",
    "secret",
    "token",
];

/// What was found.
#[derive(Debug)]
pub(super) struct Pasted {
    /// The token, or the whole text where nothing looks like one.
    pub token: String,
    /// What the token looks like from outside.
    pub shape: Shape,
    /// What was removed, and where it was found.
    pub findings: Vec<Finding>,
}

/// What a text looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Dot-separated parts that begin with a JOSE header.
    Compact {
        /// An ellipsis says that somebody shortened it.
        shortened: bool,
    },
    /// A single word.
    Word,
    /// Several words, markup, or lines: no token in compact form.
    Text,
    /// JSON without a token in it, perhaps a key.
    Json {
        /// What part of a key it holds.
        key: Option<KeyMaterial>,
    },
    /// Nothing.
    Empty,
}

/// A key where a token was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyMaterial {
    /// Only what everybody may know.
    Public,
    /// What only its owner may know.
    Private,
}

/// Finds the token in `text`.
pub(super) fn find(text: &str) -> Pasted {
    let trimmed = text.trim_matches(scan::is_blank);
    let mut findings = Vec::new();
    if trimmed.is_empty() {
        findings.push(catalogue::EMPTY.says("There is nothing here but white space."));
        return Pasted { token: String::new(), shape: Shape::Empty, findings };
    }
    if trimmed.len() < text.len() {
        note(&mut findings, catalogue::WHITESPACE, "White space around the text was removed.");
    }
    if trimmed.starts_with('<') || trimmed.contains("-----BEGIN ") {
        return Pasted { token: trimmed.to_owned(), shape: Shape::Text, findings };
    }
    if trimmed.starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str(trimmed)
    {
        return from_json(&value, trimmed, findings);
    }
    if let Some(spotted) = scan::first(trimmed) {
        return compact(spotted, trimmed, findings);
    }
    if let Cow::Owned(decoded) = percent_decode_str(trimmed).decode_utf8_lossy()
        && let Some(spotted) = scan::first(&decoded)
    {
        note(&mut findings, catalogue::PERCENT_ENCODED, "The text was percent-encoded and has been decoded.");
        return compact(spotted, &decoded, findings);
    }
    word(trimmed, findings)
}

/// A compact token inside `text`, with the words around it explained.
fn compact(spotted: Spotted, text: &str, mut findings: Vec<Finding>) -> Pasted {
    look_back(&text[..spotted.start], &mut findings);
    let after = &text[spotted.end..];
    if after.starts_with(['"', '\'', '`', '\\']) {
        note(&mut findings, catalogue::QUOTES, "Quotation marks around the token were removed.");
    }
    if spotted.blanks {
        note(&mut findings, catalogue::WHITESPACE, "Blanks or line breaks inside the token were removed.");
    }
    let mut token = spotted.token;
    if token.contains('%')
        && let Cow::Owned(decoded) = percent_decode_str(&token).decode_utf8_lossy()
    {
        note(
            &mut findings,
            catalogue::PERCENT_ENCODED,
            "The token was percent-encoded and has been decoded.",
        );
        token = scan::first(&decoded).map_or(decoded, |inner| inner.token);
    }
    if let Some(mark) = spotted.punctuation {
        note(&mut findings, catalogue::QUOTES, &format!("A trailing \u{201c}{mark}\u{201d} was removed."));
    }
    let others = scan::count(after);
    if others > 0 {
        let title = format!("{} tokens were found; the first one is shown.", others + 1);
        note(&mut findings, catalogue::SEVERAL_TOKENS, &title);
    }
    Pasted { token, shape: Shape::Compact { shortened: spotted.shortened }, findings }
}

/// The first token in a JSON text: a token response, a log record, or a token in JSON serialization.
fn from_json(value: &Value, text: &str, mut findings: Vec<Finding>) -> Pasted {
    if let Some(token) = json_serialization(value) {
        let title = "This is the JSON serialization; Entra and most libraries only take the compact one.";
        note(&mut findings, catalogue::JSON_SERIALIZATION, title);
        return Pasted { token, shape: Shape::Compact { shortened: false }, findings };
    }
    let mut strings = Vec::new();
    collect_strings(value, "", &mut strings);
    let mut tokens =
        strings.iter().filter_map(|(name, text)| scan::first(text).map(|spotted| (*name, *text, spotted)));
    if let Some((name, text, spotted)) = tokens.next() {
        let title = format!("Taken from the member \u{201c}{}\u{201d} of a JSON text.", short(name));
        note(&mut findings, catalogue::JSON, &title);
        let others = tokens.count();
        if others > 0 {
            let title =
                format!("{} tokens were found; \u{201c}{}\u{201d} is shown.", others + 1, short(name));
            note(&mut findings, catalogue::SEVERAL_TOKENS, &title);
        }
        return compact(spotted, text, findings);
    }
    for wanted in TOKEN_NAMES {
        if let Some((name, text)) = strings.iter().find(|(name, _)| name == wanted) {
            let title = format!("Taken from the member \u{201c}{name}\u{201d} of a JSON text.");
            note(&mut findings, catalogue::JSON, &title);
            return word(text.trim_matches(scan::is_blank), findings);
        }
    }
    Pasted { token: text.to_owned(), shape: Shape::Json { key: key_material(value) }, findings }
}

/// Whether `value` is a key or a set of keys (RFC 7517), and whether its private part is there.
fn key_material(value: &Value) -> Option<KeyMaterial> {
    let key = value.get("keys").and_then(|keys| keys.get(0)).unwrap_or(value);
    key.get("kty")?;
    let private = key.get("d").is_some() || key.get("k").is_some();
    Some(if private { KeyMaterial::Private } else { KeyMaterial::Public })
}

/// Every string of `value` with the name of the member that holds it, in document order.
fn collect_strings<'v>(value: &'v Value, name: &'v str, out: &mut Vec<(&'v str, &'v str)>) {
    match value {
        Value::String(text) => out.push((name, text)),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, name, out)),
        Value::Object(members) => members.iter().for_each(|(name, item)| collect_strings(item, name, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The compact form of a token in JSON serialization (RFC 7515 §7.2, RFC 7516 §7.2), taking the first signature or
/// recipient.
fn json_serialization(value: &Value) -> Option<String> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(payload) = text(value, "payload") {
        let signed = value.get("signatures").and_then(|all| all.get(0)).unwrap_or(value);
        let signature = text(signed, "signature")?;
        return Some(format!("{}.{payload}.{signature}", text(signed, "protected").unwrap_or_default()));
    }
    let ciphertext = text(value, "ciphertext")?;
    let recipient = value.get("recipients").and_then(|all| all.get(0)).unwrap_or(value);
    Some(format!(
        "{}.{}.{}.{ciphertext}.{}",
        text(value, "protected")?,
        text(recipient, "encrypted_key").unwrap_or_default(),
        text(value, "iv").unwrap_or_default(),
        text(value, "tag").unwrap_or_default(),
    ))
}

/// A text without compact token: one opaque word, perhaps dressed up, or no token at all.
fn word(text: &str, mut findings: Vec<Finding>) -> Pasted {
    if let Some((name, value)) = parameter(text) {
        let title = format!("Taken from the parameter \u{201c}{}\u{201d} of an address.", short(name));
        note(&mut findings, catalogue::URL, &title);
        let decoded = percent_decode_str(value).decode_utf8_lossy();
        if let Cow::Owned(_) = decoded {
            note(
                &mut findings,
                catalogue::PERCENT_ENCODED,
                "The value was percent-encoded and has been decoded.",
            );
        }
        return Pasted { token: decoded.into_owned(), shape: Shape::Word, findings };
    }
    let end = text.trim_end_matches(['"', '\'', '`', ',', ';', '.']);
    let digits = end.trim_end_matches('=');
    let start = digits
        .char_indices()
        .rev()
        .find(|(_, c)| scan::is_blank(*c) || matches!(c, '"' | '\'' | '`' | '=' | ':'))
        .map_or(0, |(index, c)| index + c.len_utf8());
    let mut dressing = findings.clone();
    if look_back(&text[..start], &mut dressing) {
        let joined: String = text.chars().filter(|c| !scan::is_blank(*c)).collect();
        if text.contains(['\n', '\r']) && joined.len() > 40 && is_opaque_word(&joined) {
            note(&mut findings, catalogue::WHITESPACE, "Line breaks inside the token were removed.");
            return Pasted { token: joined, shape: Shape::Word, findings };
        }
        return Pasted { token: text.to_owned(), shape: Shape::Text, findings };
    }
    if end.len() < text.len() {
        note(
            &mut dressing,
            catalogue::QUOTES,
            "Quotation marks or punctuation around the text were removed.",
        );
    }
    Pasted { token: end[start..].to_owned(), shape: Shape::Word, findings: dressing }
}

/// Whether all of `text` could be one opaque token.
fn is_opaque_word(text: &str) -> bool {
    text.chars().all(|c| super::part::is_base64(c) || matches!(c, '.' | '=' | '~' | '!' | '*' | '$'))
}

/// The first parameter of an address that carries a token by its name.
fn parameter(text: &str) -> Option<(&str, &str)> {
    if !(text.contains("://") || text.starts_with(['?', '#'])) {
        return None;
    }
    let (_, parameters) = text.split_once(['?', '#'])?;
    let named = |wanted: &&str| {
        parameters
            .split(['&', '?', '#'])
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, value)| name == wanted && !value.is_empty())
    };
    TOKEN_NAMES.iter().find_map(named)
}

/// Explains what stands in front of a token, from the token backwards: quotes, `Bearer`, a header or variable name, an
/// address. Whether something is left that it cannot explain is the answer.
fn look_back(before: &str, findings: &mut Vec<Finding>) -> bool {
    let mut rest = before.trim_end_matches(scan::is_blank);
    let mut bearers = 0;
    loop {
        let length = rest.len();
        rest = rest.trim_end_matches(['"', '\'', '`', '\\', '(', '[', '{', '<', ',']);
        if rest.len() < length && before[rest.len()..length].contains(['"', '\'', '`']) {
            note(findings, catalogue::QUOTES, "Quotation marks around the token were removed.");
        }
        rest = rest.trim_end_matches(scan::is_blank);
        if let Some(shorter) = strip_scheme(rest) {
            bearers += 1;
            rest = shorter.trim_end_matches(scan::is_blank);
        }
        if rest.len() == length {
            break;
        }
    }
    if bearers > 0 {
        note(findings, catalogue::BEARER_PREFIX, "The authentication scheme in front was removed.");
    }
    if bearers > 1 {
        let title = "The scheme stands there twice; a server would refuse that header.";
        note(findings, catalogue::BEARER_TWICE, title);
    }
    if let Some(named) = rest.strip_suffix('=') {
        let (rest, name) = split_name(named.trim_end_matches(' '));
        if rest.ends_with(['?', '&', '#']) || last_word(rest).contains("://") {
            let title =
                format!("Taken from \u{201c}{}\u{201d} of an address: those end up in logs.", short(name));
            note(findings, catalogue::URL, &title);
            return false;
        }
        if name.is_empty() {
            return !rest.is_empty();
        }
        let title = format!("Taken from the assignment to \u{201c}{}\u{201d}.", short(name));
        note(findings, catalogue::ASSIGNMENT, &title);
        return !rest.is_empty() && !is_declaration(rest);
    }
    if let Some(named) = rest.strip_suffix(':') {
        let named = named.trim_end_matches(' ');
        if let Some(named) = named.strip_suffix('"') {
            let (_, name) = split_name(named.trim_end_matches('\\'));
            let title = format!("Taken from the member \u{201c}{}\u{201d} of a JSON text.", short(name));
            note(findings, catalogue::JSON, &title);
            return false;
        }
        let (rest, name) = split_name(named);
        if name.eq_ignore_ascii_case("authorization") || name.contains('-') {
            note(findings, catalogue::BEARER_PREFIX, "The header name in front was removed.");
            return false;
        }
        let at_line_start = rest.trim_end_matches([' ', '\t']).is_empty() || rest.trim_end().ends_with('\n');
        if at_line_start && !name.is_empty() {
            let title = format!("Taken from the line of \u{201c}{}\u{201d}.", short(name));
            note(findings, catalogue::ASSIGNMENT, &title);
            return false;
        }
        return true;
    }
    if before.len() == rest.len() && last_word(rest).contains("://") {
        note(findings, catalogue::URL, "Taken from the path of an address: those end up in logs.");
        return false;
    }
    if rest.eq_ignore_ascii_case("authorization") {
        note(findings, catalogue::BEARER_PREFIX, "The header name in front was removed.");
        return false;
    }
    !rest.is_empty()
}

/// Without an authentication scheme at its end (RFC 6750 §2.1, RFC 9449 §7.1), if there is one.
fn strip_scheme(text: &str) -> Option<&str> {
    let text = text.strip_suffix([':', '=', '+']).unwrap_or(text);
    ["bearer", "dpop", "pop"].iter().find_map(|scheme| {
        let start = text.len().checked_sub(scheme.len())?;
        let (before, end) = (text.get(..start)?, text.get(start..)?);
        let whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        (whole && end.eq_ignore_ascii_case(scheme)).then_some(before)
    })
}

/// Splits a name off the end.
fn split_name(text: &str) -> (&str, &str) {
    let start = text
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .map_or(0, |index| index + text[index..].chars().next().map_or(1, char::len_utf8));
    text.split_at(start)
}

/// What follows the last blank.
fn last_word(text: &str) -> &str {
    text.rsplit(scan::is_blank).next().unwrap_or_default()
}

/// Whether `text` is what shells and languages put before the name of a variable.
fn is_declaration(text: &str) -> bool {
    let text = text.trim_matches(scan::is_blank);
    let text = text.rsplit(['\n', ';']).next().unwrap_or_default().trim();
    matches!(
        text.to_ascii_lowercase().as_str(),
        "" | "$" | "$env:" | "export" | "set" | "setx" | "let" | "const" | "var" | "declare -x"
    )
}

/// A name from outside, shortened and safe to print.
fn short(name: &str) -> String {
    let mut out: String = visible(name).chars().take(40).collect();
    if out.is_empty() {
        "(no name)".clone_into(&mut out);
    }
    out
}

/// Adds a finding, unless one of its kind is there.
fn note(findings: &mut Vec<Finding>, rule: Rule, title: &str) {
    if findings.iter().all(|finding| finding.id != rule.id) {
        findings.push(rule.says(title));
    }
}
