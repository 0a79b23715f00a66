//! SAML messages and assertions (SAML 2.0 Core): recognised in plain XML, in base64 as forms carry them, and deflated as
//! addresses do (SAML 2.0 Bindings §3.4.4.1). What a reader looks for first is taken out; signatures are not checked.
//!
//! This is no XML parser. It walks over the tags once, expands no entity but the five that XML defines, and follows no
//! reference, so there is nothing in it for hostile XML to take hold of.

use serde_json::{Map, Value};

use super::part;
use crate::text::beginning;

/// No honest message unpacks to more. A small text can unpack to a thousand times its size.
const MOST_UNPACKED: usize = 256 * 1024;
/// So many attributes are listed, and so many characters of each text.
const MOST_ATTRIBUTES: usize = 200;
const LONGEST_TEXT: usize = 2000;

/// A SAML message.
#[derive(Debug)]
pub(super) struct Saml {
    /// The XML, as far as it was unpacked.
    pub xml: String,
    /// How it was wrapped.
    pub wrapping: Wrapping,
}

/// How a SAML message was wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    Plain,
    Base64,
    Deflated,
    /// Deflated, and larger than anything honest.
    Bomb,
}

impl Saml {
    /// What it is, in a sentence.
    pub fn title(&self) -> String {
        let form = match self.wrapping {
            Wrapping::Plain => "in plain XML",
            Wrapping::Base64 => "in base64, as in a form post",
            Wrapping::Deflated => "deflated and in base64, as in the query of a redirect",
            Wrapping::Bomb => {
                return format!(
                    "SAML that unpacks to more than {} kB: no honest message does. Only its beginning was read.",
                    MOST_UNPACKED / 1024
                );
            }
        };
        format!(
            "A SAML message or assertion, {form}: made for browser sign-ins, not for API calls with OAuth."
        )
    }
}

/// Whether a text is SAML in plain XML.
pub(super) fn is_saml(text: &str) -> bool {
    let head = beginning(text, 2000);
    head.starts_with('<')
        && (head.contains(":SAML:") || head.contains(":Assertion") || head.contains("<Assertion"))
}

/// Whether a word begins as base64 of XML or of what deflating makes of it.
pub(super) fn begins_encoded(word: &str) -> bool {
    // `<` and nearly every deflated stream have a one as third lowest bit, so their first digit is an odd one.
    word.bytes().next().is_some_and(|byte| match byte {
        b'A'..=b'Z' => (byte - b'A') % 2 == 1,
        b'a'..=b'z' => (byte - b'a') % 2 == 1,
        b'0'..=b'9' => (byte - b'0') % 2 == 1,
        _ => byte == b'/' || byte == b'_',
    })
}

/// A message in base64, deflated or not.
pub(super) fn read_word(word: &str) -> Option<Saml> {
    let digits = word.trim_end_matches('=');
    if digits.len() < 24 || !digits.bytes().all(|byte| part::is_base64(char::from(byte))) {
        return None;
    }
    let bytes = part::read(word).bytes;
    if bytes.first() == Some(&b'<') || bytes.starts_with(b"\xef\xbb\xbf<") {
        let xml = String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned();
        return is_saml(&xml).then_some(Saml { xml, wrapping: Wrapping::Base64 });
    }
    // Whatever is no deflated stream fails within its first bytes.
    let (bytes, wrapping) = match miniz_oxide::inflate::decompress_to_vec_with_limit(&bytes, MOST_UNPACKED) {
        Ok(bytes) => (bytes, Wrapping::Deflated),
        Err(why) if why.status == miniz_oxide::inflate::TINFLStatus::HasMoreOutput => {
            (why.output, Wrapping::Bomb)
        }
        Err(_) => return None,
    };
    let xml = String::from_utf8_lossy(&bytes).into_owned();
    is_saml(&xml).then_some(Saml { xml, wrapping })
}

/// What the XML says, under the names that SAML gives it: `Issuer`, `Audience`, `NotOnOrAfter`, `NameID`, ….
pub(super) fn facts(xml: &str) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut attributes = Map::new();
    let mut attribute = String::new();
    let mut root = true;
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        // A sign that ends a tag cannot stand in an attribute of well-formed SAML as its libraries write it.
        let Some(end) = rest.find('>') else { break };
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if tag.starts_with(['/', '?', '!']) {
            continue;
        }
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let name = tag.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        let text = || text_of(&after[..after.find('<').unwrap_or(after.len())]);
        let of = |attribute: &str| value_of(tag, attribute);
        if root {
            root = false;
            put(&mut facts, "Message", Some(text_of(name)));
            for member in ["ID", "IssueInstant", "Destination", "InResponseTo", "AssertionConsumerServiceURL"]
            {
                put(&mut facts, member, of(member));
            }
        }
        match name {
            "Issuer" => put(&mut facts, "Issuer", Some(text())),
            "NameID" => {
                put(&mut facts, "NameID", Some(text()));
                put(&mut facts, "NameIDFormat", of("Format"));
            }
            "Audience" => append(&mut facts, "Audience", text()),
            "Conditions" => {
                put(&mut facts, "NotBefore", of("NotBefore"));
                put(&mut facts, "NotOnOrAfter", of("NotOnOrAfter"));
            }
            "SubjectConfirmationData" => {
                put(&mut facts, "Recipient", of("Recipient"));
                put(&mut facts, "InResponseTo", of("InResponseTo"));
            }
            "AuthnStatement" => {
                put(&mut facts, "AuthnInstant", of("AuthnInstant"));
                put(&mut facts, "SessionIndex", of("SessionIndex"));
            }
            "AuthnContextClassRef" => put(&mut facts, "AuthnContextClassRef", Some(text())),
            "StatusCode" => {
                if let Some(value) = of("Value") {
                    append(&mut facts, "StatusCode", value);
                }
            }
            "StatusMessage" => put(&mut facts, "StatusMessage", Some(text())),
            "SignatureMethod" => put(&mut facts, "SignatureMethod", of("Algorithm")),
            "EncryptedAssertion" => put(&mut facts, "EncryptedAssertion", Some("present".to_owned())),
            "Attribute" => attribute = of("Name").unwrap_or_default(),
            "AttributeValue" if !attribute.is_empty() && attributes.len() < MOST_ATTRIBUTES => {
                append(&mut attributes, &attribute, text());
            }
            _ => {}
        }
    }
    if !attributes.is_empty() {
        facts.insert("Attributes".to_owned(), attributes.into());
    }
    facts
}

/// Adds a fact; of several the first stands.
fn put(facts: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        facts.entry(name).or_insert_with(|| value.into());
    }
}

/// Adds a value to what is there.
fn append(facts: &mut Map<String, Value>, name: &str, value: String) {
    match facts.get_mut(name) {
        None => {
            facts.insert(name.to_owned(), value.into());
        }
        Some(Value::Array(all)) if all.len() < MOST_ATTRIBUTES => all.push(value.into()),
        Some(Value::Array(_)) => {}
        Some(one) => *one = Value::Array(vec![one.take(), value.into()]),
    }
}

/// The value of an attribute in a tag.
fn value_of(tag: &str, wanted: &str) -> Option<String> {
    tag.match_indices(wanted).find_map(|(at, _)| {
        let before = tag[..at].chars().next_back()?;
        let value = tag[at + wanted.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote =
            value.chars().next().filter(|c| before.is_ascii_whitespace() && matches!(c, '"' | '\''))?;
        value[1..].split(quote).next().map(text_of)
    })
}

/// A text of XML in its own characters.
fn text_of(text: &str) -> String {
    let text: String = text.trim().chars().take(LONGEST_TEXT).collect();
    if !text.contains('&') {
        return text;
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde_json::json;

    use super::*;

    const RESPONSE: &str = r#"<?xml version="1.0"?>
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" InResponseTo="_q" Version="2.0"
    IssueInstant="2026-03-04T09:10:27.000Z" Destination="https://app.example/acs">
  <Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">https://sts.windows.net/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/</Issuer>
  <!-- <Issuer>not this one</Issuer> -->
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion ID="_a"><saml:Subject><saml:NameID Format="urn:x">mina&amp;co</saml:NameID>
  <saml:SubjectConfirmationData InResponseTo="_q" NotOnOrAfter="2026-03-04T10:10:27Z" Recipient="https://app.example/acs"/></saml:Subject>
  <saml:Conditions NotBefore='2026-03-04T09:05:27Z' NotOnOrAfter='2026-03-04T10:10:27Z'>
  <saml:AudienceRestriction><saml:Audience>urn:app</saml:Audience><saml:Audience>urn:b</saml:Audience></saml:AudienceRestriction></saml:Conditions>
  <saml:AttributeStatement><saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>
  </saml:AttributeStatement><saml:AuthnStatement AuthnInstant="2026-03-04T09:00:00Z" SessionIndex="_s"/></saml:Assertion></samlp:Response>"#;

    fn deflated(text: &str) -> String {
        STANDARD.encode(miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 6))
    }

    #[test]
    fn what_a_reader_looks_for_is_taken_out() {
        let facts = facts(RESPONSE);
        let check = |name: &str, value: Value| assert_eq!(facts.get(name), Some(&value), "{name}");
        check("Message", json!("Response"));
        check("Issuer", json!("https://sts.windows.net/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/"));
        check("Audience", json!(["urn:app", "urn:b"]));
        check("NotOnOrAfter", json!("2026-03-04T10:10:27Z"));
        check("NameID", json!("mina&co"));
        check("Recipient", json!("https://app.example/acs"));
        check("Attributes", json!({"groups": ["a", "b"]}));
        check("InResponseTo", json!("_q"));
    }

    #[test]
    fn each_wrapping_is_undone() {
        assert!(is_saml(RESPONSE.split_once('\n').unwrap().1));
        let plain = read_word(&STANDARD.encode(RESPONSE)).unwrap();
        assert_eq!((plain.wrapping, plain.xml.as_str()), (Wrapping::Base64, RESPONSE));
        let word = deflated(RESPONSE);
        assert!(begins_encoded(&word), "{word}");
        let unpacked = read_word(&word).unwrap();
        assert_eq!((unpacked.wrapping, unpacked.xml.as_str()), (Wrapping::Deflated, RESPONSE));
        assert!(read_word("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo").is_none());
    }

    #[test]
    fn a_bomb_is_unpacked_no_further_than_its_limit() {
        let bomb = format!("{RESPONSE}{}", " ".repeat(64 << 20));
        let word = deflated(&bomb);
        assert!(word.len() < 200_000, "{}", word.len());
        let read = read_word(&word).unwrap();
        assert_eq!(read.wrapping, Wrapping::Bomb);
        assert!(read.xml.len() <= MOST_UNPACKED);
        assert!(read.title().contains("256 kB"));
    }

    #[test]
    fn broken_xml_is_read_as_far_as_it_goes() {
        for at in (0..RESPONSE.len()).filter(|at| RESPONSE.is_char_boundary(*at)) {
            let _ = facts(&RESPONSE[..at]);
            let _ = facts(&RESPONSE[at..]);
        }
        assert_eq!(facts("<a ID"), Map::new());
    }
}
