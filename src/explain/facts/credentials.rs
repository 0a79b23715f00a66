//! Values without the credentials in them: what is kept of a text may be shown.

use crate::secret;

/// Masks a value that looks like a credential, and the parameters of an address that may be one.
pub(in crate::explain) fn without_credentials(value: &str) -> String {
    if looks_like_credential(value) {
        return secret::mask(value);
    }
    let Some(at) = value.find(['?', '#']).filter(|_| value.contains("://")) else {
        return value.to_owned();
    };
    let (address, rest) = value.split_at(at);
    let separators = ['?', '#', '&'];
    let mut out = address.to_owned();
    for part in rest.split_inclusive(separators) {
        let (part, separator) = match part.chars().last() {
            Some(last) if separators.contains(&last) => (&part[..part.len() - 1], Some(last)),
            _ => (part, None),
        };
        match part.split_once('=') {
            Some((name, _)) if !secret::is_harmless(name) => {
                out.push_str(name);
                out.push_str("=•••");
            }
            _ if looks_like_credential(part) => out.push_str("•••"),
            _ => out.push_str(part),
        }
        out.extend(separator);
    }
    out
}

/// Tokens, codes, and client secrets as Entra makes them: 40 characters with a tilde, or long texts without blanks.
fn looks_like_credential(value: &str) -> bool {
    const LONGEST_NAME: usize = 120;
    let is_one_word = !value.contains(char::is_whitespace);
    let is_token = value.starts_with("eyJ") && value.contains('.');
    let is_secret = value.contains('~') && (30..=60).contains(&value.len()) && !value.contains('/');
    let is_code = value.len() > LONGEST_NAME && !value.contains("://") && !value.contains('/');
    is_one_word && (is_token || is_secret || is_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_secrets_and_codes_are_masked_and_names_are_not() {
        let secret = "Abc8Q~".to_owned() + &"x".repeat(34);
        let check = |value: &str, kept: &str| assert_eq!(without_credentials(value), kept);
        check(&secret, "•••••••• (40 chars)");
        check("eyJhbGciOiJub25lIn0.e30.", "•••••••• (24 chars)");
        check("https://a/cb?code=0.AbC&state=s1#x", "https://a/cb?code=•••&state=s1#x");
        check("https://a/cb#access_token=eyJ.x", "https://a/cb#access_token=•••");
        check("https://a/cb", "https://a/cb");
        check("User.Read Mail.Read", "User.Read Mail.Read");
    }
}
