//! What the words on a page mean to somebody who signs in.

/// What a text control asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Username,
    UserCode,
    OneTimeCode,
    /// A code that could be either.
    SomeCode,
}

pub(super) fn asks_for(words: &[String]) -> Option<Asked> {
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let pair = |first: &str, second: &str| words.windows(2).any(|two| two[0] == first && two[1] == second);
    if pair("user", "code")
        || any(&["usercode"])
        || (any(&["code"]) && any(&["device", "displayed", "shown"]))
    {
        Some(Asked::UserCode)
    } else if any(&["otp", "totp", "mfa", "2fa", "authenticator", "passcode"])
        || pair("one", "time")
        || pair("verification", "code")
    {
        Some(Asked::OneTimeCode)
    } else if any(&["code", "otc", "pin"]) && !any(&["postal", "post", "zip", "country", "promo"]) {
        Some(Asked::SomeCode)
    } else if any(&[
        "login",
        "loginfmt",
        "user",
        "username",
        "email",
        "mail",
        "account",
        "upn",
        "identifier",
        "userid",
        "signin",
    ]) || pair("sign", "in")
    {
        Some(Asked::Username)
    } else {
        None
    }
}

/// Text controls that are no part of signing in.
pub(super) fn asks_for_an_entry(words: &[String]) -> bool {
    const OTHER: [&str; 8] =
        ["search", "query", "find", "comment", "reason", "justification", "note", "message"];
    words.iter().any(|word| OTHER.contains(&word.as_str()))
}

pub(super) fn refuses(text: &str) -> bool {
    const REFUSALS: [&str; 32] = [
        "abort",
        "another",
        "back",
        "can",
        "cancel",
        "cannot",
        "create",
        "decline",
        "delete",
        "deny",
        "different",
        "disagree",
        "dismiss",
        "don",
        "exit",
        "forget",
        "forgot",
        "help",
        "logout",
        "never",
        "no",
        "not",
        "other",
        "register",
        "reject",
        "remove",
        "reset",
        "resend",
        "signout",
        "signup",
        "skip",
        "without",
    ];
    let words = words(text);
    let pair = |first: &str, second: &str| words.windows(2).any(|two| two[0] == first && two[1] == second);
    words.iter().any(|word| REFUSALS.contains(&word.as_str()))
        || pair("sign", "out")
        || pair("sign", "up")
        || pair("log", "out")
}

pub(super) fn goes_on(text: &str) -> bool {
    const GOING_ON: [&str; 22] = [
        "accept",
        "agree",
        "allow",
        "approve",
        "authorise",
        "authorize",
        "confirm",
        "consent",
        "continue",
        "finish",
        "grant",
        "login",
        "next",
        "ok",
        "proceed",
        "send",
        "signin",
        "start",
        "submit",
        "verify",
        "yes",
        "enter",
    ];
    let words = words(text);
    let pair = |first: &str, second: &str| words.windows(2).any(|two| two[0] == first && two[1] == second);
    words.iter().any(|word| GOING_ON.contains(&word.as_str())) || pair("sign", "in") || pair("log", "in")
}

pub(super) fn another_account(text: &str) -> bool {
    let words = words(text);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    any(&["account", "user"])
        && any(&["another", "different", "other", "add", "else"])
        && !any(&["create", "sign-up"])
}

/// Whether a text refuses, the sign-in name left out: that may hold any word.
pub(super) fn refuses_besides(text: &str, username: &str) -> bool {
    refuses(&text.to_lowercase().replace(&username.to_lowercase(), " "))
}

/// Whether the sign-in name stands in the text by itself: `alice@x.example` is not in `malice@x.example`.
pub(super) fn mentions(text: &str, username: &str) -> bool {
    let (text, name) = (text.to_lowercase(), username.to_lowercase());
    if name.is_empty() {
        return false;
    }
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@');
    text.match_indices(&name).any(|(at, _)| {
        let after = &text[at + name.len()..];
        // A full stop ends a sentence as well.
        let goes_further = after.strip_prefix(['.', '-']).unwrap_or(after).starts_with(char::is_alphanumeric)
            || after.starts_with(['_', '@']);
        !text[..at].ends_with(joins) && !goes_further
    })
}

pub(super) fn names_somebody_else(text: &str, username: &str) -> bool {
    text.contains('@') && !mentions(text, username)
}

/// Lower-case words; `userCode` and `user_code` are two.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower_before = false;
    for c in text.chars() {
        let starts = c.is_uppercase() && lower_before;
        if (starts || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
