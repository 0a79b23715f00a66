//! An assertion from somebody else (RFC 7523 §3; reference §4.6, §11.4, §11.5): the answer of the service that issues it
//! to whoever runs on its machine.
//!
//! There is no standard for that answer. Build services give `{"value": "…"}`, managed identities a token response, and
//! some services the bare token.

use super::answer::{self, Members, Trouble};
use crate::{
    secret::Secret,
    wire::{Failure, Response},
};

/// What the document is called in errors.
const DOCUMENT: &str = "an assertion of another issuer";

/// Where the assertion may stand in a JSON answer, the most telling name first.
const NAMES: &[&str] = &["value", "access_token", "id_token", "token"];

/// Reads the answer of the service that issues assertions.
pub fn read(response: &Response) -> Result<Secret, Trouble> {
    if response.is_success() {
        let text = response.body.text();
        let text = text.trim();
        let is_compact = text.split('.').count() == 3
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if is_compact {
            return Ok(Secret::new(text));
        }
    }
    let document = answer::object(response, DOCUMENT)?;
    let members = Members::new(DOCUMENT, &document);
    for name in NAMES {
        if let Some(text) = members.optional_text(name)? {
            return Ok(Secret::new(text));
        }
    }
    Err(Trouble::Unreadable(Failure::Unreadable {
        expected: DOCUMENT.to_owned(),
        reason: format!("none of {} is in the answer", NAMES.join(", ")),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{oauth::answer::tests::answer, wire::Headers};

    #[test]
    fn each_way_of_answering_is_understood() {
        let bare = Response {
            status: 200,
            headers: Headers::new().with("content-type", "text/plain"),
            body: "a.b-_.c\n".to_owned().into(),
        };
        for response in [
            answer(200, &json!({"value": "a.b-_.c", "count": 1})),
            answer(200, &json!({"access_token": "a.b-_.c", "token_type": "Bearer"})),
            bare,
        ] {
            assert_eq!(read(&response), Ok(Secret::new("a.b-_.c")));
        }
    }

    #[test]
    fn what_is_none_says_so_and_is_not_repeated() {
        let html = Response {
            status: 200,
            headers: Headers::new(),
            body: "<p>hunter2. No. No.</p>".to_owned().into(),
        };
        for response in [html, answer(200, &json!({"other": "hunter2"})), answer(200, &json!({"value": 2}))] {
            let Err(Trouble::Unreadable(failure)) = read(&response) else { panic!("{response:?}") };
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
        assert!(matches!(
            read(&answer(400, &json!({"error": "invalid_request"}))),
            Err(Trouble::Refused(refusal)) if refusal.error == "invalid_request"
        ));
    }
}
