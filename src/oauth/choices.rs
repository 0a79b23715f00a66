//! The values that a parameter can have where the standards or Entra list them: what an editor offers instead of having
//! it typed.

/// The known values of a parameter, header or member of an assertion, the usual one first; empty where anything may stand.
pub fn choices(name: &str) -> &'static [&'static str] {
    let found = CHOICES.iter().find(|(known, _)| *known == name || known.eq_ignore_ascii_case(name));
    found.map_or(&[], |(_, values)| values)
}

/// Names with their values: RFC 6749, RFC 7636, RFC 8628, RFC 7523, OpenID Connect Core, and reference §3, §4, §11.
const CHOICES: &[(&str, &[&str])] = &[
    ("response_type", &["code", "id_token", "token", "id_token token", "code id_token", "none"]),
    ("response_mode", &["query", "fragment", "form_post"]),
    ("prompt", &["login", "none", "consent", "select_account", "create"]),
    ("code_challenge_method", &["S256", "plain"]),
    ("domain_hint", &["organizations", "consumers"]),
    ("max_age", &["0", "3600"]),
    (
        "grant_type",
        &[
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "password",
        ],
    ),
    ("client_assertion_type", &["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]),
    ("requested_token_use", &["on_behalf_of"]),
    ("mkt", &["en-US", "de-DE", "es-ES", "fr-FR", "ja-JP", "pt-BR", "zh-CN"]),
    ("metadata", &["true"]),
    ("api-version", &["2018-02-01", "2019-08-01"]),
    ("alg", &["RS256", "PS256", "none"]),
    ("typ", &["JWT"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_stands_once_with_values_that_differ() {
        let names: BTreeSet<_> = CHOICES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), CHOICES.len());
        for (name, values) in CHOICES {
            let distinct: BTreeSet<_> = values.iter().collect();
            assert!(!values.is_empty() && distinct.len() == values.len(), "{name}");
        }
    }

    #[test]
    fn parameters_are_found_as_written_and_headers_in_any_letter_case() {
        assert_eq!(choices("Metadata"), ["true"]);
        assert_eq!(choices("response_mode").first(), Some(&"query"));
        assert!(choices("state").is_empty());
    }
}
