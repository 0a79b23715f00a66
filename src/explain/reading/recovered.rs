//! Failures that a program recovered from: a silent attempt that found nobody, and the sign-in that followed and worked.

/// Words by which libraries say that they got what they wanted, in lower case.
const SUCCESS: [&str; 25] = [
    "acquire_token_success",
    "acquiretokensuccess",
    "acquiretokenfromnetwork_success",
    "login_success",
    "loginsuccess",
    "sso_silent_success",
    "token acquired",
    "acquired token",
    "acquired a token",
    "token refreshed",
    "refreshed token",
    "refreshed the token",
    "token renewed",
    "renewed the token",
    "got a new token",
    "obtained a new token",
    "access token acquired",
    "successfully acquired",
    "acquired successfully",
    "token endpoint succeeded",
    "token request succeeded",
    "signed in successfully",
    "sign-in succeeded",
    "login successful",
    "login succeeded",
];

/// The part of a log in which the failure stands that stayed: what follows the last success, if something failed there,
/// and otherwise the whole.
pub fn what_stayed(text: &str) -> &str {
    let Some(begin) = last_success(text) else { return text };
    let rest = &text[begin..];
    let fails = !crate::entra::aadsts::find(rest).is_empty() || crate::explain::names::find(rest).is_some();
    if fails { rest } else { text }
}

fn last_success(text: &str) -> Option<usize> {
    // Nearly every text has none of these words.
    let is_near =
        |part: &[u8]| [b"succe", b"acqui", b"token"].iter().any(|word| part.eq_ignore_ascii_case(*word));
    text.as_bytes().windows(5).any(is_near).then_some(())?;
    let lower = text.to_ascii_lowercase(); // keeps byte positions
    SUCCESS.iter().filter_map(|words| lower.rfind(words).map(|at| at + words.len())).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recovered_from_is_left_out() {
        let log = "AADSTS50058: nobody\nmsal:acquireTokenSuccess\n";
        assert_eq!(what_stayed(log), log, "nothing failed afterwards, so that is what there is");
        let text = format!("{log}AADSTS65001: no consent");
        assert_eq!(what_stayed(&text).trim(), "AADSTS65001: no consent");
        let text = format!("{log}error: invalid_token");
        assert_eq!(what_stayed(&text).trim(), "error: invalid_token");
    }
}
