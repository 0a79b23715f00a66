//! Failures that come without any error: what a person says in their own words, and what a request shows by itself.
//!
//! `symptoms.tsv` is the table: an entry, and groups of words of which each must be there in one of its forms. It is asked
//! only where a text holds neither a number nor a known name, and the text is short: nobody describes a symptom in a
//! megabyte.

use super::{Evidence, phrases};
use crate::wire::Request;

const TABLE: &str = include_str!("symptoms.tsv");

/// The entry about what was described, or about what the requests show.
pub(super) fn find(evidence: &Evidence) -> Option<&'static str> {
    let text = evidence.text.as_deref().unwrap_or_default();
    described(text).or_else(|| shown_by_text(text)).or_else(|| shown_by_requests(evidence))
}

/// The entry whose words are all in the text.
fn described(text: &str) -> Option<&'static str> {
    const LONGEST: usize = 4000;
    let words = plain_words(crate::text::beginning(text, LONGEST));
    let holds = |group: &str| match group.strip_prefix('!') {
        Some(group) => !group.split('|').any(|form| words.contains(form)),
        None => group.split('|').any(|form| words.contains(form)),
    };
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t'))
        .find(|(_, groups)| groups.split('\t').all(holds))
        .map(|(entry, _)| entry)
}

/// Lower case, one blank between words and one at each end; what is neither letter nor digit is a blank, so that `sign-in`
/// and `sign in` are the same.
fn plain_words(text: &str) -> String {
    let mut out = String::from(" ");
    for c in text.chars() {
        if c.is_alphanumeric() || c == '_' {
            out.extend(c.to_lowercase());
        } else if !out.ends_with(' ') && !matches!(c, '\'' | '\u{2019}') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// What an address shows: an answer with tokens in its fragment, or a code that nobody took.
fn shown_by_text(text: &str) -> Option<&'static str> {
    if ["#access_token=", "#id_token=", "&access_token=", "response_type=token"]
        .iter()
        .any(|mark| text.contains(mark))
    {
        return Some("token_in_url");
    }
    let waits = |address: &str| {
        is_loopback(address) && ["?code=", "&code="].iter().any(|mark| address.contains(mark))
    };
    phrases::addresses(text).any(waits).then_some("listener_not_reached")
}

/// What the requests show where nothing was said.
fn shown_by_requests(evidence: &Evidence) -> Option<&'static str> {
    match evidence.response.as_ref().map(|response| response.status) {
        Some(404) => return Some("address_not_found"),
        Some(429) => return Some("too_many_requests"),
        Some(500..) => return Some("server_error"),
        _ => {}
    }
    let request = evidence.request.as_ref()?;
    let state = |request: &Request| request.query().get("state").map(str::to_owned);
    let arrived = state(request).or_else(|| request.form().get("state").map(str::to_owned));
    let sent = evidence.previous_request.as_ref().and_then(state);
    if arrived.zip(sent).is_some_and(|(arrived, sent)| arrived != sent) {
        return Some("state_lost");
    }
    let asks_for_token = |request: &Request| {
        let query = request.query();
        let types =
            query.get("response_type").unwrap_or_default().split(' ').map(str::to_owned).collect::<Vec<_>>();
        types.iter().any(|one| one == "token" || one == "id_token")
    };
    if asks_for_token(request) || evidence.previous_request.as_ref().is_some_and(asks_for_token) {
        return Some("token_in_url");
    }
    let has_secret = request.form().get("client_secret").is_some_and(|secret| !secret.is_empty());
    if has_secret && request.headers.get("origin").is_some() {
        return Some("secret_in_bundle");
    }
    let has_code = request.query().get("code").is_some();
    (has_code && is_loopback(request.url.as_str())).then_some("listener_not_reached")
}

/// Whether an address is on the machine of whoever opens it.
pub(super) fn is_loopback(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with([':', '/', '?', '#']);
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host.strip_prefix(name).is_some_and(is_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_leads_to_an_entry_and_can_match() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (entry, groups) = line.split_once('\t').expect("an entry and its words");
            assert!(super::super::entry_for_error(entry).is_some(), "{entry}");
            for form in groups.split('\t').flat_map(|group| group.trim_start_matches('!').split('|')) {
                assert!(form.trim().len() > 1, "{line}");
                assert_eq!(plain_words(form).trim(), form.trim(), "{form} can never be in a text");
            }
        }
    }

    #[test]
    fn one_symptom_in_many_words() {
        let check = |entry: &str, texts: &[&str]| {
            for text in texts {
                let evidence = Evidence { text: Some((*text).to_owned()), ..Evidence::default() };
                assert_eq!(find(&evidence), Some(entry), "{text}");
            }
        };
        check(
            "prompt_every_time",
            &[
                "The user must sign in on every request.",
                "our users are asked to log in again every hour",
                "Why do I have to login each time I start the CLI?",
            ],
        );
        check(
            "listener_not_reached",
            &[
                "browser ends on an unreachable localhost page",
                "After login: This site can’t be reached, localhost refused to connect",
                "http://localhost:8400/?code=0.AAA&state=x",
            ],
        );
        check("device_never_ends", &["device sign-in succeeded but the program keeps waiting"]);
        check("token_in_url", &["https://a.example/#access_token=eyJ.x"]);
    }

    #[test]
    fn a_greeting_is_no_symptom() {
        for text in ["hello", "", "everything works", "the secret of good coffee", "see you at the job fair"]
        {
            assert_eq!(
                find(&Evidence { text: Some(text.to_owned()), ..Evidence::default() }),
                None,
                "{text}"
            );
        }
    }
}
