//! Which number or error a text is about, where it names several, or is nothing but one.

use crate::{entra::aadsts, explain::place::Place};

/// The number to explain. The texts stand in the order of how close to the wire they are; where the closest has only a
/// number that wraps others, the next may have the precise one.
pub(super) fn most_telling(texts: &[String]) -> Option<u32> {
    let found: Vec<Vec<u32>> =
        texts.iter().map(|text| aadsts::find(text)).filter(|all| !all.is_empty()).collect();
    let closest = found.first()?;
    let known = |all: &Vec<u32>| all.iter().copied().find(|number| aadsts::lookup(*number).is_some());
    let first = known(closest).or_else(|| closest.first().copied())?;
    let precise = found.iter().skip(1).filter_map(known).find(|number| !aadsts::is_wrapper(*number));
    if aadsts::is_wrapper(first) { precise.or(Some(first)) } else { Some(first) }
}

/// A number or symbol that somebody typed by itself, or in a few words of their own.
pub(super) fn alone(text: &str) -> Option<u32> {
    const FEW: usize = 200;
    let text = text.trim();
    if text.len() > FEW {
        return None;
    }
    if (5..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok(); // known or not: nothing else can be meant
    }
    let words = || text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '#' | '"' | '\''));
    let words: Vec<&str> = words()
        .map(|word| word.trim_end_matches(['.', ':', '?', '!']))
        .filter(|word| !word.is_empty())
        .collect();
    // In a sentence a number can be anything: it counts where it is called an error or a code, or stands almost alone.
    let is_called = |word: &str| {
        ["error", "code", "errorcode", "aadsts", "aad", "entra", "azure", "number"]
            .contains(&word.to_ascii_lowercase().trim_end_matches([':', '=']))
    };
    let is_other = |word: &str| {
        ["port", "line", "pid", "id", "order", "ticket", "process", "room", "status", "exit"]
            .contains(&word.to_ascii_lowercase().trim_end_matches([':', '=']))
    };
    let number = words.iter().enumerate().find_map(|(at, word)| {
        let number: u32 = word.parse().ok().filter(|number| aadsts::lookup(*number).is_some())?;
        let before = &words[at.saturating_sub(2)..at];
        let is_ours = before.iter().any(|word| is_called(word)) || words.len() <= 4;
        (is_ours && !before.last().is_some_and(|word| is_other(word))).then_some(number)
    });
    number.or_else(|| {
        // Symbols have capitals inside; a single word of a sentence is none, and neither is one of an answer in JSON, or of a
        // failure that has a name of its own.
        if words.len() > 6 || text.contains('{') || !crate::explain::names::entries(text).is_empty() {
            return None;
        }
        words.iter().find_map(|word| aadsts::by_symbol(word).first().map(|code| code.number))
    })
}

/// The error that stands for a status, where somebody typed nothing else: `403`, `HTTP 403`.
pub(super) fn status_alone(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix("HTTP").or_else(|| text.strip_prefix("http")).unwrap_or(text).trim();
    let status = digits.parse().ok().filter(|status| digits.len() == 3 && (400..600).contains(status))?;
    Some(Place::Api(status).entry(None)?.error.to_owned())
}
