//! The UserInfo endpoint (OpenID Connect Core §5.3; reference §6.4): claims about the person who signed in, for an access
//! token that holds `openid`. The request is any API's ([`super::bearer`]); this is the answer.

use serde_json::{Map, Value};

use super::answer::{self, Members, Trouble};
use crate::{secret::Secret, wire::Response};

/// What the document is called in errors.
const DOCUMENT: &str = "a UserInfo response";

/// Claims about the person, in one of the two forms that the endpoint may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserInfo {
    /// A JSON object.
    Plain(Map<String, Value>),
    /// A token that holds the claims, signed or encrypted for this client (§5.3.2).
    Token(Secret),
}

impl UserInfo {
    /// Reads a successful answer. Plain claims must hold a `sub`; those in a token are for the reader of tokens.
    pub fn read(response: &Response) -> Result<Self, Trouble> {
        let kind = response.headers.get("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
        if kind.starts_with("application/jwt") {
            return Ok(Self::Token(Secret::new(response.body.text().trim())));
        }
        let members = answer::object(response, DOCUMENT)?;
        Members::new(DOCUMENT, &members).text("sub")?;
        Ok(Self::Plain(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{oauth::answer::tests::answer, wire::Headers};

    #[test]
    fn claims_come_plain_or_in_a_token() {
        let document = json!({"sub": "s", "name": "Mina Okafor", "picture": null});
        let UserInfo::Plain(claims) = UserInfo::read(&answer(200, &document)).expect("good") else {
            panic!()
        };
        assert_eq!(Value::Object(claims), document);
        let headers = Headers::new().with("content-type", "application/JWT; charset=utf-8");
        let token = Response { status: 200, headers, body: " a.b.c\n".to_owned().into() };
        assert_eq!(UserInfo::read(&token), Ok(UserInfo::Token(Secret::new("a.b.c"))));
    }

    #[test]
    fn an_answer_without_a_subject_is_none() {
        for document in [json!({"name": "x"}), json!({"sub": ""}), json!({"sub": 7})] {
            let Err(Trouble::Unreadable(failure)) = UserInfo::read(&answer(200, &document)) else {
                panic!("{document} was accepted")
            };
            assert!(failure.to_string().contains("`sub`"), "{failure}");
        }
    }
}
