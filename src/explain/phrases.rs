//! Values that messages without an AADSTS number name: the redirect URI in a page of Google, the client id in a refusal of
//! B2C, the address that a library could not read. Providers word their messages differently; what stays is a word, and the
//! value in quotes or behind a colon after it.

use super::{names, quotes};
use crate::text::beginning;

/// A word that announces a value, in lower case, and the slot that takes the value.
const ANNOUNCED: [(&str, &str); 18] = [
    ("the redirect uri ", "redirect_uri"),
    ("redirect_uri=", "redirect_uri"),
    ("redirect_uri: ", "redirect_uri"),
    ("redirect url ", "redirect_uri"),
    ("redirect uri: ", "redirect_uri"),
    ("callback url ", "redirect_uri"),
    ("callback url: ", "redirect_uri"),
    ("received client_id: ", "client_id"),
    ("client id ", "client_id"),
    ("client_id=", "client_id"),
    ("clientid=", "client_id"),
    ("with id ", "client_id"),
    ("the client '", "client_id"),
    ("the scope ", "scope"),
    ("requested scope: ", "scope"),
    ("service not found: ", "resource"),
    ("the resource ", "resource"),
    ("in tenant ", "tenant"),
];

/// The values that a message names, with the slot for each; the first one of a kind comes first. Takes time in proportion to
/// the text, of which only the first part is read: messages are short.
pub(super) fn values(text: &str) -> Vec<(&'static str, String)> {
    const MOST: usize = 16 * 1024;
    let text = names::as_seen(beginning(text, MOST));
    let lower = text.to_ascii_lowercase(); // keeps byte positions
    let mut found: Vec<(usize, &'static str, String)> = Vec::new();
    for (word, slot) in ANNOUNCED {
        for (at, _) in lower.match_indices(word).take(8) {
            let value = value(&text[at + word.trim_end_matches('\'').len()..]);
            found.extend(
                value
                    .filter(|value| word.starts_with("received ") || fits(slot, value))
                    .map(|value| (at, slot, value.to_owned())),
            );
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    found.into_iter().map(|(_, slot, value)| (slot, value)).collect()
}

/// What stands in quotes at the beginning, or else the first word.
fn value(text: &str) -> Option<&str> {
    let text = text.trim_start_matches([' ', ':']);
    let value = match quotes::at_start(text) {
        Some((value, _)) => value,
        None => text.split([' ', ',', ';', '&', '<', ')', '"', '\'']).next()?.trim_end_matches('.'),
    };
    (!value.is_empty() && value.len() <= 600).then_some(value)
}

/// Whether a value can be what the slot is for: messages use the same words in sentences.
fn fits(slot: &str, value: &str) -> bool {
    match slot {
        "redirect_uri" => value.contains("://") || value.starts_with("urn:"),
        "client_id" => {
            let is_unset = ["undefined", "null", "none"].contains(&value);
            is_unset || value.len() > 5 && value.bytes().any(|b| b.is_ascii_digit())
        }
        "tenant" => value.contains('.') || super::facts::is_guid(value),
        "scope" | "resource" => value.len() > 2 && value.contains(['.', '/', ':', '-', '_']),
        _ => true,
    }
}

/// The addresses in a text, as they stand there.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    const MOST: usize = 64;
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\' | ')' | ']' | '|');
    text.match_indices("http").take(MOST).filter_map(move |(at, _)| {
        let rest = &text[at..];
        let address = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let address = address.trim_end_matches(['.', ',', ';']);
        (address.starts_with("http://") || address.starts_with("https://")).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_however_the_message_quotes_them() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found = values(text);
            let found: Vec<_> = found.iter().map(|(slot, value)| (*slot, value.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            "AADB2C90006: The redirect URI 'https://a.example/cb' provided in the request is not registered for the \
             client ID 'b10e7cea-04d8-4d7c-acba-73f3d47a97ee'.",
            &[
                ("redirect_uri", "https://a.example/cb"),
                ("client_id", "b10e7cea-04d8-4d7c-acba-73f3d47a97ee"),
            ],
        );
        check(
            "Request details: redirect_uri=http://h.example/x flowName=y",
            &[("redirect_uri", "http://h.example/x")],
        );
        check("Service not found: https://api.example/", &[("resource", "https://api.example/")]);
        check("the redirect URI is not registered for client id here", &[]);
        check("The+scope+%27api.read%27+provided", &[("scope", "api.read")]);
    }

    #[test]
    fn addresses_end_where_the_text_around_them_begins() {
        let found: Vec<_> =
            addresses("from: 'https://h.example/a'. (http://localhost:1/?code=x), httpx").collect();
        assert_eq!(found, ["https://h.example/a", "http://localhost:1/?code=x"]);
    }
}
