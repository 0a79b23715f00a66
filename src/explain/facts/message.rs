//! What Entra's messages name: the values that they quote, and the ids and the time that stand behind them. A message is
//! cut out of the text around it by its number.

use super::{Facts, is_guid};
use crate::{
    entra::aadsts,
    explain::{quotes, reading::plain},
};

/// The words by which messages name their values, and the slots that take them.
const MESSAGE_SLOTS: [(&str, &str); 10] = [
    ("client_id", "client_id"),
    ("redirect_uri", "redirect_uri"),
    ("scope", "scope"),
    ("tenant", "tenant"),
    ("tenant_name", "tenant"),
    ("resource", "resource"),
    ("resource_app_id", "resource"),
    ("user", "username"),
    ("param_name", "param_name"),
    ("request_origin", "origin"),
];

impl Facts {
    /// The values that Entra's message names, and what stands behind it: the ids and the time.
    pub(super) fn read_message(&mut self, text: &str) {
        const MOST: usize = 8;
        if let Some(code) = self.code.and_then(aadsts::lookup) {
            let mark = format!("aadsts{}", code.number);
            let lower = text.to_ascii_lowercase(); // keeps byte positions
            // The last mention is the failure that stayed; the ones before it fill what that one leaves out.
            let mentions = lower.rmatch_indices(&mark).map(|(at, _)| at);
            for at in mentions
                .filter(|at| !lower[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()))
                .take(MOST)
            {
                self.read_values(code, message_at(text, at));
            }
        }
        let id = |label: &str| labelled(text, label).and_then(guid_at);
        if let Some(id) =
            id("correlation id").or_else(|| id("correlation_id")).or_else(|| id("correlationid"))
        {
            self.set("correlation_id", id);
        }
        if let Some(id) = id("trace id").or_else(|| id("trace_id")).or_else(|| id("request id")) {
            self.set("trace_id", id);
        }
        self.timestamp = self.timestamp.take().or_else(|| labelled(text, "timestamp").and_then(time_at));
    }

    /// The quoted values of one message, each for the next slot that it fits; what is left is looked for without quotes.
    fn read_values(&mut self, code: &aadsts::Code, message: &str) {
        // Some libraries print it as it stood in the address.
        let is_encoded =
            message.contains(":+") && message.matches('+').count() > message.matches(' ').count();
        let spaced = if is_encoded { message.replace('+', " ") } else { String::new() };
        let words = plain::words(if is_encoded { &spaced } else { message });
        let words = words.split("Trace ID").next().unwrap_or_default();
        let all: Vec<&'static str> = code.slots().collect();
        let mut slots = all.as_slice();
        for value in quotes::within(words) {
            // `{EmailHidden}` and the like: the authority keeps the name to itself.
            let is_hidden = value.starts_with('{') && code.number != 900_023;
            // Older and newer wordings leave values out: then the next slot that can hold it takes it.
            let Some(at) = slots.iter().position(|slot| fits(slot, value)) else { continue };
            let slot = slots[at];
            slots = &slots[at + 1..];
            let known = MESSAGE_SLOTS.iter().find(|(name, _)| *name == slot);
            if let Some((_, slot)) = known.filter(|_| !is_hidden) {
                self.set(slot, value);
            }
        }
        let has = |name: &str| all.contains(&name);
        // Names of APIs and tenants stand without quotation marks in some messages.
        for (slot, label) in [("resource", "principal named "), ("tenant", "tenant named ")] {
            let named = words.find(label).map(|at| &words[at + label.len()..]);
            let ends = [" was ", " wasn", " is ", " could ", ". ", ", "];
            let named = named.map(|rest| {
                ends.iter()
                    .filter_map(|end| rest.split(end).next())
                    .min_by_key(|name| name.len())
                    .unwrap_or(rest)
            });
            if let Some(name) = named.filter(|name| has(slot) && name.len() <= 300) {
                self.set(slot, name.trim_end_matches('.').trim_matches(['\'', '"']));
            }
        }
        let scope = ["The scope ", "value for scope ", "asked for scope "]
            .iter()
            .find_map(|label| words.split(label).nth(1));
        let scope = scope.and_then(|rest| rest.split_once(" is not valid")).map(|(scope, _)| scope);
        if let Some(scope) = scope.filter(|scope| has("scope") && scope.len() <= 600) {
            self.set("scope", scope.trim_matches(['\'', '"']));
        }
        if let Some(id) = labelled(words, "client app id").and_then(guid_at).filter(|_| has("client_id")) {
            self.set("client_id", id);
        }
        if has("client_id") && self.get("client_id").is_none() {
            // Behind the word for it, also where a mail broke the line.
            let called = words
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
                .filter(|word| !word.is_empty());
            let mut before = "";
            for word in called {
                if is_guid(word)
                    && ["application", "app", "client"].contains(&before.to_ascii_lowercase().as_str())
                {
                    self.set("client_id", word);
                    break;
                }
                before = word;
            }
        }
        if has("client_id") && self.get("client_id").is_none() {
            let mut ids = words.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|id| is_guid(id));
            if let (Some(id), None) = (ids.next(), ids.next()) {
                self.set("client_id", id);
            }
        }
        if has("redirect_uri") && self.get("redirect_uri").is_none() {
            let mut addresses =
                words.split_whitespace().map(|word| word.trim_matches(['.', ',', '(', ')', ';', '"', '\'']));
            let is_theirs = |address: &&str| {
                address.contains("://")
                    && !["//aka.ms", "//login.", "//learn.microsoft", "//go.microsoft"]
                        .iter()
                        .any(|own| address.contains(own))
            };
            if let Some(address) = addresses.find(is_theirs) {
                self.set("redirect_uri", address);
            }
        }
    }
}

/// The message that begins with its number at that place.
fn message_at(text: &str, at: usize) -> &str {
    const LONGEST: usize = 4000;
    // In JSON among other text, the message ends where its string does: the quotes behind are not its own.
    let rest = &text[at..];
    let message = if text[..at].ends_with('"') { within_string(rest) } else { rest };
    let end = message.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST).unwrap_or(message.len());
    let message = &message[..end];
    // Another number is another message.
    let next =
        message.get(6..).and_then(|behind| behind.find("AADSTS")).map_or(message.len(), |next| next + 6);
    &message[..next]
}

/// The text up to the quotation mark that ends a JSON string (RFC 8259 §7).
fn within_string(text: &str) -> &str {
    let mut escaped = false;
    let end = text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    &text[..end.unwrap_or(text.len())]
}

/// What stands behind a label, in any letter case: colons, blanks, quotes and encodings of these are passed over.
fn labelled<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let bytes = text.as_bytes();
    let first = label.as_bytes().first()?.to_ascii_lowercase();
    let is_label = |at: &usize| {
        bytes[*at].to_ascii_lowercase() == first
            && bytes
                .get(*at..*at + label.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(label.as_bytes()))
    };
    let at = (0..bytes.len()).rev().find(is_label)?;
    let rest =
        text[at + label.len()..].trim_start_matches([':', ' ', '"', '\'', '=', '\\', '\n', '\t', '+', '>']);
    let rest = rest.strip_prefix("%3a").or_else(|| rest.strip_prefix("%3A")).unwrap_or(rest);
    Some(rest.trim_start_matches(['+', ' ']).trim_start_matches("%20"))
}

/// A GUID at the beginning.
fn guid_at(text: &str) -> Option<&str> {
    text.get(..36).filter(|id| is_guid(id))
}

/// A time at the beginning, as Entra writes it: `2026-03-04 09:15:27Z`; also percent-encoded, or with a `T`.
fn time_at(text: &str) -> Option<String> {
    let begin: String = text.chars().take(40).collect();
    let begin = begin.replace("%3a", ":").replace("%3A", ":").replace("%20", " ").replace('+', " ");
    let date = begin.get(..10)?;
    let clock = begin.get(11..19)?;
    let is_date = date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let is_clock = clock.bytes().all(|b| b.is_ascii_digit() || b == b':');
    (is_date && is_clock).then(|| format!("{date} {clock}Z"))
}

/// Whether a value can be what a slot is for.
fn fits(slot: &str, value: &str) -> bool {
    match slot {
        "redirect_uri" | "request_origin" => {
            // Also one that is relative, encoded twice, or ends in a blank: that is why it is refused.
            let value = value.trim();
            let is_address = value.contains([':', '/']) || value.to_ascii_lowercase().contains("%3a");
            is_address && !value.contains(' ') && !is_guid(value)
        }
        "client_id" => !value.contains("://") && !value.contains(' ') || value.starts_with("api://"),
        "tenant" | "tenant_name" => !value.contains("://"),
        // The name of the parameter is none of its values.
        "scope" => !["scope", "scopes"].contains(&value),
        _ => true,
    }
}
