//! Templates that were never filled in: braces, names of variables, sample text where a value belongs.

use super::{super::facts::is_guid, Case, Check, Found, wording};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[("request.placeholder", placeholder)];

/// Signs of template languages, shells and settings stores.
const SIGNS: [&str; 18] = [
    "{{",
    "}}",
    "${",
    "$(",
    "#{",
    "<%",
    "enc[",
    "enc(",
    "@microsoft.keyvault(",
    "process.env",
    "os.environ",
    "import.meta.env",
    "system.getenv",
    "$env:",
    "[object object]",
    "secreturi=",
    "-goes-here",
    "_goes_here",
];

/// What empty variables turn into, and what samples are called.
const WORDS: [&str; 30] = [
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "(null)",
    "tenant",
    "tenantid",
    "tenant-id",
    "tenant_id",
    "tenant id",
    "clientid",
    "client-id",
    "client_id",
    "client id",
    "appid",
    "app-id",
    "app_id",
    "applicationid",
    "application-id",
    "application_id",
    "clientsecret",
    "client-secret",
    "client_secret",
    "secret",
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "todo",
];

const BEGINNINGS: [&str; 15] = [
    "your-",
    "your_",
    "your ",
    "yourtenant",
    "yourapp",
    "yourclient",
    "yoursecret",
    "[your",
    "enter_",
    "enter-",
    "enter ",
    "insert-",
    "insert_",
    "replace-",
    "replace_",
];

/// Whether a value was meant to be replaced by another one.
pub(super) fn is_template(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let is_name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' '))
    };
    let between = |open: &str, close: &str| {
        let begin = value.find(open).map(|at| at + open.len());
        let inside = begin.and_then(|begin| value[begin..].find(close).map(|end| &value[begin..begin + end]));
        inside.is_some_and(|inside| inside.len() > 1 && is_name(inside))
    };
    let is_variable =
        value.strip_prefix('$').is_some_and(|name| is_name(name) && !name.starts_with(char::is_numeric));
    // NAMES_LIKE_THIS are variables: no id and no secret looks like it.
    let is_constant = value.contains('_')
        && value.len() > 5
        && value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let is_percent_name = value.match_indices('%').any(|(at, _)| {
        let name = value[at + 1..]
            .split_once('%')
            .map(|(name, _)| name)
            .filter(|name| name.len() > 3 && is_name(name));
        // %C3%BCber% is an escape and no variable.
        let is_escape =
            |name: &str| name.get(..2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        name.is_some_and(|name| name.contains('_') || !is_escape(name))
    });
    SIGNS.iter().any(|sign| lower.contains(sign))
        || WORDS.contains(&lower.as_str())
        || BEGINNINGS.iter().any(|begin| lower.starts_with(begin))
        || ["your-tenant", "your_tenant", "yourtenant", "-here>", "your-domain"]
            .iter()
            .any(|part| lower.contains(part))
        || between("<", ">")
        || between("{", "}")
        || (value.starts_with("__") && value.ends_with("__") && value.len() > 5)
        || is_variable
        || is_constant
        || is_percent_name
        || is_instruction(&lower)
        || is_sample_guid(&lower)
}

/// Words to the reader where a value belongs: `Insert your client id here`, `Application (client) ID`.
fn is_instruction(lower: &str) -> bool {
    const THINGS: [&str; 14] = [
        "id",
        "client",
        "clientid",
        "tenant",
        "tenantid",
        "app",
        "appid",
        "application",
        "secret",
        "guid",
        "name",
        "key",
        "resource",
        "uri",
    ];
    if lower.contains("://") || lower.len() > 80 {
        return false;
    }
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_asked = words
        .iter()
        .any(|word| matches!(*word, "your" | "my" | "here" | "insert" | "enter" | "replace" | "paste"));
    let about = words.iter().filter(|word| THINGS.contains(word)).count();
    let is_label =
        lower.contains(' ') && about >= 2 && words.last().is_some_and(|last| THINGS.contains(last));
    (is_asked && about > 0 && words.len() > 1) || is_label
}

/// All zeros, all x, or the digits in their order.
fn is_sample_guid(lower: &str) -> bool {
    let has_form = lower.len() == 36 && lower.matches('-').count() == 4;
    let all = |sign: u8| lower.bytes().all(|b| b == sign || b == b'-');
    has_form && (all(b'0') || all(b'x') || lower == "12345678-1234-1234-1234-123456789012")
}

/// A value as it may be shown: what looks like a template is none of a secret, but a long one may hold one.
fn shown(name: &str, value: &str) -> String {
    const LONGEST: usize = 24;
    let is_long = value.chars().count() >= 30 && !value.contains('$');
    if !is_long || !["client_secret", "password", "client_assertion"].contains(&name) {
        return value.to_owned();
    }
    value.chars().take(LONGEST).chain(['…']).collect()
}

fn placeholder(case: &Case<'_>) -> Option<Found> {
    let names: &[&str] = match case.code {
        Some(90002 | 900_023 | 900_021) => &["tenant"],
        Some(700_016 | 700_038 | 90112) => &["client_id", "tenant"],
        Some(7_000_215) => &["client_secret"],
        Some(50011 | 90102 | 900_971 | 500_112) => &["redirect_uri", "client_id"],
        _ => {
            &["tenant", "client_id", "client_secret", "client_assertion", "redirect_uri", "scope", "resource"]
        }
    };
    let of_request = names.iter().find_map(|name| {
        let value = match *name {
            "tenant" | "client_id" => case.facts.get(name),
            name => case.param(name).or_else(|| case.facts.get(name).filter(|_| name == "redirect_uri")),
        }?;
        let is_it = is_template(value) || (*name == "redirect_uri" && has_empty_part(value));
        is_it.then(|| (*name, value.to_owned()))
    });
    if let Some((name, value)) = of_request {
        let place =
            if name == "tenant" { "tenant in the path".to_owned() } else { format!("request {name}") };
        return Found::certain(&place, &shown(name, &value), "the real value");
    }
    // The message quotes what came, with the escapes of the page that it stood on.
    let words: &[&str] = match case.code {
        Some(90002 | 900_023 | 900_021) => &["tenant identifier", "tenant"],
        Some(700_016 | 700_038 | 90112 | 70001) => &["with identifier", "identifier", "application"],
        Some(50011) => &["redirect uri", "reply address", "redirect_uri"],
        _ => &[],
    };
    let told = wording::quoted_after(&case.sentence, words).filter(|value| is_template(value));
    if let Some(value) = told.filter(|_| case.evidence.request.is_none()) {
        return Found::certain("value in the message", value, "the real value");
    }
    if case.code == Some(7_000_216)
        && let Some((name, _)) =
            case.params.iter().find(|(name, _)| name.contains(['$', '{', '<', '%']) && is_template(name))
    {
        return Found::certain("request body", name, "client_secret and its value");
    }
    // Stray quotes and blanks: the value is there, and something around it.
    let client_id = case.param("client_id").filter(|_| names.contains(&"client_id"));
    if let Some(sent) = client_id {
        let inside = sent.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '{' | '}' | '<' | '>')
        });
        if inside != sent && is_guid(inside) {
            return Found::likely("request client_id", sent, inside);
        }
    }
    // What is known and holds no template is none.
    let first = names.first().filter(|_| names.len() <= 2)?;
    let known = match *first {
        "tenant" | "client_id" => case.facts.get(first).is_some(),
        "client_secret" => {
            case.param(first).is_some_and(|value| !super::client_secret::is_blacked_out(value))
        }
        name => case.param(name).or_else(|| case.facts.get(name)).is_some(),
    };
    if known { Found::excluded() } else { None }
}

/// An address with `undefined` or `null` where a name belongs.
fn has_empty_part(address: &str) -> bool {
    address
        .split(['/', '?', '#', ':'])
        .any(|part| matches!(part, "undefined" | "null" | "None" | "[object Object]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_told_from_values() {
        for text in [
            "{{client_id}}",
            "{tenantId}",
            "<your-tenant-id>",
            "${AZURE_CLIENT_SECRET}",
            "$CLIENT_ID",
            "%TENANT_ID%",
            "#{ClientId}#",
            "__TENANT__",
            "AZURE_CLIENT_ID",
            "undefined",
            "ENC[AES256_GCM,data:x]",
            "your-client-id-here",
            "process.env.CLIENT_ID",
            "@Microsoft.KeyVault(SecretUri=https://v.example/secrets/x)",
            "00000000-0000-0000-0000-000000000000",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "$(ClientSecret)",
            "Insert your client ID here",
            "Entra APP ID",
            "Application (client) ID",
            "ENTER_YOUR_CLIENT_ID",
        ] {
            assert!(is_template(text), "{text}");
        }
        for text in [
            "3f8267ec-198f-4b75-8c5c-c4459b03fce2",
            "contoso.onmicrosoft.com",
            "common",
            "https://app.example/signin%2Doidc%2Fx",
            "https%253A%252F%252Fapp.example%252Fcb",
            "https://app.example/%C3%BCber%20uns",
            "Qx98Q~abcdef_GHIJ-klmnop.qrstuvwxyz01234",
            "api://orders/Orders.Read",
            "Lake Ltd",
            "Orders app",
            "https://enter.example/app",
            "",
        ] {
            assert!(!is_template(text), "{text}");
        }
    }
}
