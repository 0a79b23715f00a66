//! Where a request carries its token (RFC 6750 §2), before anybody looks inside. The APIs of the lab take it from the
//! `Authorization` header alone: what stands in a URL ends up in histories and logs.

use super::{error, refuse};
use crate::provider::{
    call::Call,
    refusal::{Refusal, Verdict},
};

/// What there is of a credential.
#[derive(Clone, Debug, Default)]
pub struct Credential {
    headers: Vec<String>,
    elsewhere: Option<&'static str>,
}

impl Credential {
    pub fn read(call: &Call) -> Self {
        let elsewhere = if call.query.get("access_token").is_some() {
            Some("query")
        } else {
            call.form.get("access_token").map(|_| "form body")
        };
        Self {
            headers: call.headers.all("authorization").map(|line| line.trim().to_owned()).collect(),
            elsewhere,
        }
    }

    /// What stands behind the scheme of the first header.
    pub fn token(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        let line = self.headers.first().map(String::as_str).unwrap_or_default();
        line.split_once(' ').map_or((line, ""), |(scheme, token)| (scheme, token.trim()))
    }

    pub fn is_nowhere_else(&self) -> Verdict {
        let Some(place) = self.elsewhere else { return Ok(()) };
        Err(wrong(format!(
            "The token stands in the {place}; this API takes it from the Authorization header only."
        ))
        .compares("place of the token", place, ["the Authorization header"]))
    }

    pub fn is_present(&self) -> Verdict {
        if !self.headers.is_empty() {
            return Ok(());
        }
        Err(refuse(error::NONE, "The request has no Authorization header, so nobody is known to be calling.")
            .demands(DEMAND)
            .compares("Authorization", "(no such header)", ["Bearer and an access token"]))
    }

    pub fn is_single(&self) -> Verdict {
        if self.headers.len() == 1 {
            return Ok(());
        }
        let count = format!("{} headers", self.headers.len());
        Err(wrong(format!("The request has {count} named Authorization; one has to be enough.")).compares(
            "Authorization",
            count,
            ["one header"],
        ))
    }

    pub fn is_bearer(&self) -> Verdict {
        let (scheme, rest) = self.parts();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Ok(());
        }
        // A token without a scheme must not be shown as one.
        let shown = if rest.is_empty() { "(one word, no scheme)" } else { scheme };
        Err(refuse(error::NONE, "The Authorization header does not begin with Bearer.")
            .demands(DEMAND)
            .compares("scheme", shown, ["Bearer"]))
    }

    pub fn is_well_formed(&self) -> Verdict {
        let token = self.token();
        let is_token68 = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        let fault = if token.is_empty() {
            "nothing stands behind it"
        } else if token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
            "the word stands there twice"
        } else if token.starts_with(['"', '\'', '`']) {
            "the token is in quotes"
        } else if token.contains(char::is_whitespace) {
            "the token has a blank or a line break inside"
        } else if !token.bytes().all(is_token68) {
            "a character stands there that no token has"
        } else {
            return Ok(());
        };
        Err(wrong(format!("The header begins with Bearer, but {fault}.")).compares(
            "Authorization",
            fault,
            ["Bearer, one blank, the token"],
        ))
    }
}

const DEMAND: &str = "the request carries `Authorization: Bearer` and an access token, once";

fn wrong(text: String) -> Box<Refusal> {
    refuse(error::INVALID_REQUEST, text).demands(DEMAND)
}
