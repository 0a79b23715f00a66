//! What stands in front of a token, explained from the token backwards: quotes, an authentication scheme, the name of a
//! header, a variable, a member or a parameter, an address.

use super::{
    catalogue::{self, Rule},
    paste::Source,
    place::{Noted, Place},
    scan,
};
use crate::text::visible;

/// What was made of it.
#[derive(Debug, Default)]
pub(super) struct Front {
    /// Something is left that explains nothing: the token stands in running text.
    pub unexplained: bool,
    /// The name that the token has there.
    pub name: Option<String>,
}

impl Front {
    fn named(name: &str) -> Self {
        Self { unexplained: false, name: (!name.is_empty()).then(|| name.chars().take(80).collect()) }
    }
}

/// Explains what stands in front of a token; `before` ends where the token begins.
pub(super) fn look_back(before: Source<'_>, noted: &mut Noted) -> Front {
    let text = before.text;
    let mut rest = text.trim_end_matches(scan::is_blank);
    let mut bearers = 0;
    loop {
        let length = rest.len();
        rest = rest.trim_end_matches(['"', '\'', '`', '\\', '(', '[', '{', '<', ',']);
        if rest.len() < length && text[rest.len()..length].contains(['"', '\'', '`']) {
            let place = before.place(rest.len(), length);
            note(noted, catalogue::QUOTES, "Quotation marks around the token were removed.", place);
        }
        rest = rest.trim_end_matches(scan::is_blank);
        if let Some(shorter) = strip_scheme(rest) {
            bearers += 1;
            let place = before.place(shorter.len(), rest.len());
            if bearers == 1 {
                let title = "The authentication scheme in front was removed.";
                note(noted, catalogue::BEARER_PREFIX, title, place);
            } else {
                let title = "The scheme stands there twice; a server would refuse that header.";
                note(noted, catalogue::BEARER_TWICE, title, place);
            }
            rest = shorter.trim_end_matches(scan::is_blank);
        }
        if rest.len() == length {
            break;
        }
    }
    let from = |name: &str| before.place(rest.len() - 1 - name.len(), rest.len());
    if let Some(named) = rest.strip_suffix('=') {
        let (rest, name) = split_name(named.trim_end_matches(' '));
        if rest.ends_with(['?', '&', '#']) && !is_form(rest) || last_word(rest).contains("://") {
            let title =
                format!("Taken from \u{201c}{}\u{201d} of an address: those end up in logs.", short(name));
            note(noted, catalogue::URL, &title, from(name));
            return Front::named(name);
        }
        if name.is_empty() {
            return Front { unexplained: !rest.is_empty(), name: None };
        }
        let title = format!("Taken from the assignment to \u{201c}{}\u{201d}.", short(name));
        note(noted, catalogue::ASSIGNMENT, &title, from(name));
        let explained = rest.is_empty() || is_declaration(rest) || rest.ends_with('&');
        return Front { unexplained: !explained, ..Front::named(name) };
    }
    if let Some(named) = rest.strip_suffix(':') {
        let named = named.trim_end_matches(' ');
        if let Some(named) = named.strip_suffix('"') {
            let (_, name) = split_name(named.trim_end_matches('\\'));
            let title = format!("Taken from the member \u{201c}{}\u{201d} of a JSON text.", short(name));
            note(noted, catalogue::JSON, &title, None);
            return Front::named(name);
        }
        let (rest, name) = split_name(named);
        if name.eq_ignore_ascii_case("authorization") || name.contains('-') {
            note(noted, catalogue::BEARER_PREFIX, "The header name in front was removed.", from(name));
            return Front::named(name);
        }
        let at_line_start = rest.trim_end_matches([' ', '\t']).is_empty() || rest.trim_end().ends_with('\n');
        if at_line_start && !name.is_empty() {
            let title = format!("Taken from the line of \u{201c}{}\u{201d}.", short(name));
            note(noted, catalogue::ASSIGNMENT, &title, from(name));
            return Front::named(name);
        }
        return Front { unexplained: true, name: None };
    }
    if text.len() == rest.len() && last_word(rest).contains("://") {
        note(noted, catalogue::URL, "Taken from the path of an address: those end up in logs.", None);
        return Front::default();
    }
    if rest.eq_ignore_ascii_case("authorization") {
        note(noted, catalogue::BEARER_PREFIX, "The header name in front was removed.", None);
        return Front::default();
    }
    Front { unexplained: !rest.is_empty(), name: None }
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

/// Whether the parameters that end here are those of a form, as in a body, and not of an address.
fn is_form(text: &str) -> bool {
    let word = last_word(text).trim_start_matches(['"', '\'', '`', '&']);
    !word.contains(['?', '#']) && !word.contains("://") && word.contains('=')
}

/// Whether `text` is what shells and languages put before the name of a variable.
fn is_declaration(text: &str) -> bool {
    let text = text.trim_matches(scan::is_blank);
    let text = text.rsplit(['\n', ';']).next().unwrap_or_default().trim();
    matches!(
        text.to_ascii_lowercase().as_str(),
        "" | "$" | "$env:" | "export" | "set" | "setx" | "let" | "const" | "var" | "declare -x" | "cookie:"
    )
}

/// A name from outside, shortened and safe to print.
pub(super) fn short(name: &str) -> String {
    let mut out: String = visible(name).chars().take(40).collect();
    if out.is_empty() {
        "(no name)".clone_into(&mut out);
    }
    out
}

/// Adds a finding, unless one of its kind is there.
pub(super) fn note(noted: &mut Noted, rule: Rule, title: &str, place: impl Into<Option<Place>>) {
    if !noted.has(rule.id) {
        noted.push_at(rule.says(title), place);
    }
}
