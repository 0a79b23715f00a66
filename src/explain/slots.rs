//! Slots in prose: `{client_id}` and the like become what the request really held, or `<client-id>` where that is not
//! known.
//!
//! A command is meant to be copied into a shell, and its values come from outside. So each value is quoted for the place
//! where it lands, and one that cannot be quoted safely there stays a placeholder.

use super::facts::Facts;
use crate::text;

/// Every slot and what stands for it while it is not known.
const SLOTS: &[(&str, &str)] = &[
    ("client_id", "<client-id>"),
    ("tenant", "<tenant>"),
    ("redirect_uri", "<redirect-uri>"),
    ("scope", "<scope>"),
    ("permission", "<permission>"),
    ("resource", "<resource>"),
    ("resource_id", "<resource-id>"),
    ("username", "<user-name>"),
    ("correlation_id", "<correlation-id>"),
    ("param_name", "<parameter>"),
    ("authority", "https://login.microsoftonline.com"),
    // What rules find out (`Found::with`).
    ("open_causes", "<causes>"),
    ("open_question", "The evidence at hand does not decide"),
    ("object_id", "<object-id-of-the-application>"),
    ("principal_id", "<object-id-of-the-service-principal>"),
    ("platform", "<platform>"),
    ("registered_uri", "<registered-redirect-uri>"),
    ("all_uris", "<all-redirect-uris>"),
    ("web_uris", "<all-redirect-uris>"),
    ("public_uris", "<all-redirect-uris>"),
    ("spa_uris_json", "\"<redirect-uri>\""),
    ("moved_json", "<redirect-uris-of-each-platform>"),
    ("key_id", "<key-id>"),
    ("credential_name", "<credential-name>"),
    ("issuer", "<issuer>"),
    ("subject", "<subject>"),
    ("audience", "<audience>"),
    ("corrected_scope", "<corrected-scope>"),
    ("permission_id", "<permission-id>"),
    ("time_before", "<time>"),
    ("time_after", "<time>"),
    ("duration", "<duration>"),
    ("found", "<what-was-found>"),
    ("wanted", "<what-is-expected>"),
    ("version", "<version>"),
    ("claims", "<claims>"),
    ("action", "<action>"),
    ("azure_scope", "<scope-in-Azure>"),
    ("azure_role", "<role>"),
    ("method", "<method>"),
    ("port", "<port>"),
    ("thumbprint", "<thumbprint>"),
    ("credential_json", "@credential.json"),
    // At the end of a title: a colon and what it is about, or nothing.
    ("which", ""),
    // Permissions and tenants.
    ("other_scope", "<scopes-of-the-other-api>"),
    ("consent_scope", "<scopes>"),
    ("front_client_id", "<client-id-of-the-front-application>"),
    ("resource_principal_id", "<object-id-of-the-api's-service-principal>"),
];

/// Longer values are not put into sentences and commands.
const LONGEST: usize = 600;

/// The same for whole lists of addresses.
const LONGEST_LIST: usize = 6000;

/// Lists of words: each is quoted by itself. Where no rule made the list, the one address that is known stands for it.
const LISTS: [&str; 2] = ["web_uris", "public_uris"];

/// Values that are JSON already: inside single quotes they need no more.
fn is_json(name: &str) -> bool {
    name.ends_with("_json")
}

/// The names of the slots in a text.
#[cfg(test)]
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    Pieces { rest: text }.filter_map(|piece| match piece {
        Piece::Slot(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// Whether there is a slot of that name.
#[cfg(test)]
pub(super) fn is_known(name: &str) -> bool {
    SLOTS.iter().any(|(slot, _)| *slot == name)
}

/// Fills a sentence. Values come out safe to print.
pub(super) fn fill_text(template: &str, facts: &Facts) -> String {
    Pieces { rest: template }
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Slot(name) => value(name, facts).unwrap_or_else(|| placeholder(name).to_owned()),
        })
        .collect()
}

/// Fills a command for a POSIX shell. Outside quotes a value brings its own; inside quotes only a value that needs none
/// is taken.
pub(super) fn fill_command(template: &str, facts: &Facts) -> String {
    let mut out = String::with_capacity(template.len() + 64);
    let mut quote = None;
    for piece in (Pieces { rest: template }) {
        match piece {
            Piece::Text(text) => {
                out.push_str(text);
                let mut characters = text.chars();
                while let Some(c) = characters.next() {
                    match (quote, c) {
                        (Some('"') | None, '\\') => drop(characters.next()),
                        (None, '"' | '\'') => quote = Some(c),
                        (Some(open), c) if open == c => quote = None,
                        _ => {}
                    }
                }
            }
            Piece::Slot(name) => {
                let value = value(name, facts).filter(|value| !value.contains('•'));
                match value {
                    Some(value) if is_json(name) => {
                        let fits = quote == Some('\'') && !value.contains('\'');
                        out.push_str(if fits { &value } else { placeholder(name) });
                    }
                    Some(value) if LISTS.contains(&name) && quote.is_none() => {
                        let words = value.split_whitespace().map(|word| {
                            if word.chars().all(is_plain) { word.to_owned() } else { quoted(word) }
                        });
                        out.push_str(&words.collect::<Vec<_>>().join(" "));
                    }
                    Some(value) if value.chars().all(is_plain) => out.push_str(&value),
                    Some(value) if quote.is_none() => {
                        let in_word = out.ends_with(|c: char| !c.is_whitespace());
                        if in_word { out.push_str(placeholder(name)) } else { out.push_str(&quoted(&value)) }
                    }
                    _ => out.push_str(placeholder(name)),
                }
            }
        }
    }
    out
}

/// The value of a slot as it may be printed; `None` if it is not known or too long.
fn value(name: &str, facts: &Facts) -> Option<String> {
    let is_list = is_json(name) || LISTS.contains(&name);
    let longest = if is_list { LONGEST_LIST } else { LONGEST };
    let value = match facts.get(name) {
        None if LISTS.contains(&name) => facts.get("redirect_uri")?.to_owned(),
        None if name == "spa_uris_json" => serde_json::Value::from(facts.get("redirect_uri")?).to_string(),
        value => value?.to_owned(),
    };
    let fits = !value.is_empty() && value.chars().count() <= longest;
    fits.then(|| text::visible(&value).into_owned())
}

fn placeholder(name: &str) -> &'static str {
    SLOTS.iter().find(|(slot, _)| *slot == name).map_or("<value>", |(_, placeholder)| placeholder)
}

/// Characters that mean nothing to a shell, not even inside double quotes, and nothing to JSON.
const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/' | ':' | '@' | '%' | '+' | '=' | ',')
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

enum Piece<'a> {
    Text(&'a str),
    Slot(&'a str),
}

/// Cuts a template at its slots. Braces around anything but a lower-case name are text, as in JSON.
struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(at) = self.rest[from..].find('{').map(|at| from + at) {
            let name = slot_name(&self.rest[at + 1..]);
            match name {
                Some(name) if at == 0 => {
                    self.rest = &self.rest[name.len() + 2..];
                    return Some(Piece::Slot(name));
                }
                Some(_) => {
                    let (text, rest) = self.rest.split_at(at);
                    self.rest = rest;
                    return Some(Piece::Text(text));
                }
                None => from = at + 1,
            }
        }
        Some(Piece::Text(std::mem::take(&mut self.rest)))
    }
}

fn slot_name(text: &str) -> Option<&str> {
    let length = text.bytes().take_while(|b| b.is_ascii_lowercase() || *b == b'_').count();
    (length > 0 && text[length..].starts_with('}')).then(|| &text[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(values: &[(&'static str, &str)]) -> Facts {
        let mut facts = Facts::default();
        for (name, value) in values {
            facts.set(name, value);
        }
        facts
    }

    #[test]
    fn unknown_values_stay_placeholders() {
        let facts = facts(&[("client_id", "11111111-2222-3333-4444-555555555555")]);
        assert_eq!(
            fill_command("az ad app update --id {client_id} --web-redirect-uris {redirect_uri}", &facts),
            "az ad app update --id 11111111-2222-3333-4444-555555555555 --web-redirect-uris <redirect-uri>"
        );
        assert_eq!(
            fill_text("open {authority}/{tenant}/x?y={client_id}", &facts),
            "open https://login.microsoftonline.com/<tenant>/x?y=11111111-2222-3333-4444-555555555555"
        );
    }

    #[test]
    fn values_cannot_leave_their_place_in_a_shell() {
        let check = |template: &str, value: &str, filled: &str| {
            assert_eq!(fill_command(template, &facts(&[("scope", value)])), filled, "{template} {value}");
        };
        check("az x --scope {scope}", "a b", "az x --scope 'a b'");
        check("az x --scope {scope}", "x'; rm -rf ~ #", r"az x --scope 'x'\''; rm -rf ~ #'");
        check("az x --scope {scope}", "$(reboot)", "az x --scope '$(reboot)'");
        check("az x --scope {scope}", "a\nb\u{202e}", "az x --scope 'a␊b<U+202E>'");
        check("az x --url \"https://h?{scope}\"", "$(reboot)", "az x --url \"https://h?<scope>\"");
        check("az x --url \"h?\\$filter={scope}\"", "a`b", "az x --url \"h?\\$filter=<scope>\"");
        check("az x --body '{\"a\":\"{scope}\"}'", "q\"'", "az x --body '{\"a\":\"<scope>\"}'");
        check("az x --body '{\"a\":\"{scope}\"}'", "https://a/b", "az x --body '{\"a\":\"https://a/b\"}'");
        check("curl https://h/{scope}/x", "a;b", "curl https://h/<scope>/x");
        check("echo 'done' {scope}", "a;b", "echo 'done' 'a;b'");
    }

    #[test]
    fn lists_are_quoted_word_by_word_and_json_stays_inside_its_quotes() {
        let values = [
            ("web_uris", "https://a.example/cb https://b.example/x?y;reboot"),
            ("spa_uris_json", r#""https://a.example","https://b.example""#),
        ];
        let facts = facts(&values);
        assert_eq!(
            fill_command("az x --web-redirect-uris {web_uris}", &facts),
            "az x --web-redirect-uris https://a.example/cb 'https://b.example/x?y;reboot'"
        );
        assert_eq!(
            fill_command("az x --body '[{spa_uris_json}]' {spa_uris_json}", &facts),
            r#"az x --body '["https://a.example","https://b.example"]' "<redirect-uri>""#
        );
        let one = self::facts(&[("redirect_uri", "https://a.example/it's")]);
        assert_eq!(fill_command("x '[{spa_uris_json}]'", &one), r#"x '["<redirect-uri>"]'"#);
        assert_eq!(fill_command("x {web_uris}", &one), r"x 'https://a.example/it'\''s'");
    }

    #[test]
    fn braces_of_json_and_queries_are_text() {
        let empty = facts(&[]);
        for text in ["--body '{\"spa\":{}}'", "{", "{}", "{Upper}", "{web:x}", "tail {", ""] {
            assert_eq!(fill_command(text, &empty), text);
            assert_eq!(names(text).count(), 0, "{text}");
        }
        assert_eq!(names("{a}{b_c} {").collect::<Vec<_>>(), ["a", "b_c"]);
    }

    #[test]
    fn a_value_that_is_too_long_is_left_out() {
        let long = "x y ".repeat(LONGEST);
        assert_eq!(fill_text("{scope}", &facts(&[("scope", &long)])), "<scope>");
    }
}
