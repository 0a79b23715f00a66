//! Tokens in JSON: in the members of an answer or a log record, or in JSON serialization (RFC 7515 §7.2, RFC 7516 §7.2).

use serde_json::Value;

use super::{
    catalogue,
    front::{note, short},
    paste::{self, Found, KeyMaterial, Pasted, Shape, Source, TOKEN_NAMES},
    place::{Noted, Place, Within},
    scan,
};

/// The tokens in a JSON text.
pub(super) fn find(value: &Value, text: &str, mut noted: Noted, most: usize) -> Found {
    if let Some(Serialized { token, signatures }) = serialization(value) {
        let more = if signatures > 1 {
            format!(" It has {signatures} signatures; the first is shown.")
        } else {
            String::new()
        };
        let title = "This is the JSON serialization; Entra and most libraries only take the compact one.";
        note(&mut noted, catalogue::JSON_SERIALIZATION, &format!("{title}{more}"), None);
        let (token, shape) = match token {
            Some(token) => (token, Shape::Compact { shortened: false }),
            None => (text.to_owned(), Shape::Unencoded),
        };
        return Found { pasted: vec![Pasted { token, shape, noted, name: None }], count: 1 };
    }
    let mut strings = Vec::new();
    collect_strings(value, "", &mut strings);
    let (mut compact, mut opaque, mut fragment, mut count) = (Vec::new(), Vec::new(), None, 0);
    for (name, text) in &strings {
        let room = most.saturating_sub(compact.len()).max(1);
        let searched = paste::search(text, room);
        let has_token = searched.search.count > 0;
        let mut inner = noted.clone();
        let place = Place::member(Within::Input, name);
        note(&mut inner, catalogue::JSON, &taken_from(name), place);
        paste::report_rounds(searched.rounds, &mut inner);
        let source = Source { text: &searched.text, offset: None };
        let had_fragment = searched.search.fragment.is_some();
        let mut found = paste::all_in(source, searched.search, Some(name), &inner, room);
        for pasted in &mut found.pasted {
            pasted.name.get_or_insert_with(|| (*name).to_owned());
        }
        if has_token {
            count += found.count;
            compact.append(&mut found.pasted);
        } else if had_fragment
            && found.pasted.first().is_some_and(|first| matches!(first.shape, Shape::Compact { .. }))
        {
            fragment = fragment.or_else(|| found.pasted.pop());
        } else {
            count += found.count;
            if opaque.len() < most {
                opaque.append(&mut found.pasted);
            }
        }
    }
    let rank = |pasted: &Pasted| {
        let name = pasted.name.as_deref().unwrap_or_default();
        TOKEN_NAMES.iter().position(|wanted| *wanted == name).unwrap_or(TOKEN_NAMES.len())
    };
    opaque.sort_by_key(rank);
    compact.append(&mut opaque);
    compact.truncate(most);
    if compact.is_empty() {
        compact.extend(fragment);
    }
    if !compact.is_empty() {
        return Found { pasted: compact, count: count.max(1) };
    }
    for wanted in TOKEN_NAMES {
        if let Some((name, text)) = strings.iter().find(|(name, _)| name == wanted) {
            note(&mut noted, catalogue::JSON, &taken_from(name), Place::member(Within::Input, name));
            let source = Source { text: text.trim_matches(scan::is_blank), offset: None };
            return Found { pasted: vec![paste::word(source, noted)], count: 1 };
        }
    }
    let shape = Shape::Json { key: key_material(value) };
    Found { pasted: vec![Pasted { token: text.to_owned(), shape, noted, name: None }], count: 1 }
}

fn taken_from(name: &str) -> String {
    format!("Taken from the member \u{201c}{}\u{201d} of a JSON text.", short(name))
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

/// A token in JSON serialization.
struct Serialized {
    /// Its compact form; `None` where it has none, as its payload is not encoded.
    token: Option<String>,
    /// How many signatures it has.
    signatures: usize,
}

/// The compact form of a token in JSON serialization, with the first signature or recipient.
fn serialization(value: &Value) -> Option<Serialized> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let several = |name: &str| value.get(name).and_then(Value::as_array);
    if let Some(parts) = signed(value) {
        let signatures = several("signatures").map_or(1, Vec::len);
        let compact = || without_blanks(format!("{}.{}.{}", parts.protected, parts.payload, parts.signature));
        return Some(Serialized { token: (!parts.unencoded).then(compact), signatures });
    }
    let ciphertext = text(value, "ciphertext")?;
    let recipient = several("recipients").and_then(|all| all.first()).unwrap_or(value);
    let token = format!(
        "{}.{}.{}.{ciphertext}.{}",
        text(value, "protected")?,
        text(recipient, "encrypted_key").unwrap_or_default(),
        text(value, "iv").unwrap_or_default(),
        text(value, "tag").unwrap_or_default(),
    );
    Some(Serialized { token: Some(without_blanks(token)), signatures: 1 })
}

/// White space inside a part is no more than wrapping, here as elsewhere.
fn without_blanks(text: String) -> String {
    if text.contains(scan::is_blank) { text.replace(scan::is_blank, "") } else { text }
}

/// The parts of a signed token in JSON serialization.
pub(super) struct Signed {
    pub protected: String,
    pub payload: String,
    pub signature: String,
    /// The payload stands there as it is (RFC 7797 §3).
    pub unencoded: bool,
}

/// Reads them, with the first signature.
pub(super) fn signed(value: &Value) -> Option<Signed> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let first = value.get("signatures").and_then(|all| all.get(0)).unwrap_or(value);
    let signature = text(first, "signature")?;
    let protected = text(first, "protected").unwrap_or_default();
    // Detached: the payload travels apart (RFC 7515 appendix F).
    let payload = text(value, "payload").or_else(|| (!protected.is_empty()).then(String::new))?;
    let header: Value = serde_json::from_slice(&super::part::read(&protected).bytes).unwrap_or_default();
    let unencoded = header.get("b64") == Some(&Value::Bool(false)) && !payload.is_empty();
    Some(Signed { protected, payload, signature, unencoded })
}
