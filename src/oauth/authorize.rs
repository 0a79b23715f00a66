//! The authorization endpoint: the parameters of the request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core
//! §3.1.2.1) and the answer that comes back to the redirect URI (RFC 6749 §4.1.2, RFC 9207 §2).

use super::{Arrival, Refusal, error};
use crate::{secret::Secret, wire::Params};

/// What an authorization request for a code says.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// Where the answer shall go.
    pub redirect_uri: &'a str,
    /// What is asked for.
    pub scope: &'a str,
    /// How the answer travels; `None` leaves it to the server.
    pub response_mode: Option<&'a str>,
    /// Comes back as it was sent.
    pub state: &'a str,
    /// Comes back inside the ID token; `None` where none is asked for.
    pub nonce: Option<&'a str>,
    /// The PKCE method and challenge.
    pub challenge: Option<(&'a str, String)>,
}

impl AuthorizationRequest<'_> {
    /// The parameters, in the order they are sent.
    pub fn params(&self) -> Params {
        let mut params = vec![
            ("client_id", self.client_id),
            ("response_type", "code"),
            ("redirect_uri", self.redirect_uri),
            ("scope", self.scope),
        ];
        params.extend(self.response_mode.map(|mode| ("response_mode", mode)));
        params.push(("state", self.state));
        params.extend(self.nonce.map(|nonce| ("nonce", nonce)));
        if let Some((method, challenge)) = &self.challenge {
            params.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", method)]);
        }
        Params(params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// What came to the redirect URI, member by member; nothing in it has been checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// The authorization code.
    pub code: Option<Secret>,
    /// The state, to be compared with the one that was sent.
    pub state: Option<String>,
    /// The issuer that answers (RFC 9207).
    pub iss: Option<String>,
    /// Entra's id of the browser session.
    pub session_state: Option<String>,
    /// The refusal, if it is one.
    pub refusal: Option<Refusal>,
    /// Parameters that came more than once, which RFC 6749 §3.1 forbids.
    pub repeated: Vec<String>,
}

impl AuthorizationResponse {
    /// Reads what arrived. Empty values count as absent (RFC 6749 §3.1).
    pub fn read(arrival: &Arrival) -> Self {
        let text = |name: &str| arrival.params.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let mut repeated = Vec::new();
        for (index, (name, _)) in arrival.params.iter().enumerate() {
            let is_second = arrival.params.iter().take(index).any(|(earlier, _)| earlier == name);
            if is_second && !repeated.iter().any(|known| known == name) {
                repeated.push(name.to_owned());
            }
        }
        Self {
            code: text("code").map(Secret::new),
            state: text("state"),
            iss: text("iss"),
            session_state: text("session_state"),
            refusal: error::from_params(&arrival.params),
            repeated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::ArrivedBy;

    fn read(query: &str) -> AuthorizationResponse {
        AuthorizationResponse::read(&Arrival { by: ArrivedBy::Query, params: Params::parse(query) })
    }

    #[test]
    fn a_request_carries_what_was_given_and_nothing_else() {
        let bare = AuthorizationRequest {
            client_id: "app",
            redirect_uri: "http://localhost/",
            scope: "openid",
            response_mode: None,
            state: "s",
            nonce: None,
            challenge: None,
        };
        let expected =
            "client_id=app&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%2F&scope=openid&state=s";
        assert_eq!(bare.params().encode(), expected);
        let full = AuthorizationRequest {
            response_mode: Some("query"),
            nonce: Some("n"),
            challenge: Some(("S256", "c".to_owned())),
            ..bare
        };
        let names: Vec<_> = full.params().0.into_iter().map(|(name, _)| name).collect();
        let order = [
            "client_id",
            "response_type",
            "redirect_uri",
            "scope",
            "response_mode",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        ];
        assert_eq!(names, order);
    }

    #[test]
    fn an_answer_is_read_member_by_member() {
        let answer = read("code=c%2B1&state=s&session_state=x&iss=https%3A%2F%2Fi.example&more=1");
        let expected = AuthorizationResponse {
            code: Some(Secret::new("c+1")),
            state: Some("s".into()),
            iss: Some("https://i.example".into()),
            session_state: Some("x".into()),
            ..AuthorizationResponse::default()
        };
        assert_eq!(answer, expected);
    }

    #[test]
    fn empty_values_are_absent_and_repeated_names_are_told_once() {
        let answer = read("code=&state=a&state=b&state=c&code=&error=");
        assert_eq!((answer.code, answer.refusal), (None, None));
        assert_eq!(answer.repeated, ["state", "code"]);
    }

    #[test]
    fn a_refusal_is_found() {
        let refusal = read("error=access_denied&state=s").refusal.expect("a refusal");
        assert_eq!(refusal.error, "access_denied");
    }
}
