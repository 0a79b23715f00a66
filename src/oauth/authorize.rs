//! The authorization endpoint: the parameters of the request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core
//! §3.1.2.1) and the answer that comes back to the redirect URI (RFC 6749 §4.1.2 and §4.2.2, OpenID Connect Core §3.2.2.5
//! and §3.3.2.5, RFC 9207 §2).

use super::{Arrival, Refusal, TokenSet, error};
use crate::{secret::Secret, wire::Params};

/// What a `response_type` asks for: each word brings one thing, in any order (OAuth 2.0 Multiple Response Types §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseType {
    /// An authorization code, to be redeemed at the token endpoint.
    pub code: bool,
    /// An ID token, at once.
    pub id_token: bool,
    /// An access token, at once.
    pub token: bool,
}

impl ResponseType {
    /// Reads the value; `None` if it is empty or has a word that is none of the three.
    pub fn read(value: &str) -> Option<Self> {
        let mut read = Self::default();
        for word in value.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "code" => read.code = true,
                "id_token" => read.id_token = true,
                "token" => read.token = true,
                _ => return None,
            }
        }
        (read != Self::default()).then_some(read)
    }

    /// Whether a token travels through the browser.
    pub const fn brings_tokens(self) -> bool {
        self.id_token || self.token
    }
}

/// What an authorization request says.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// What shall come back.
    pub response_type: &'a str,
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
    /// Whatever else is said, such as `prompt` or `login_hint`.
    pub more: &'a [(String, String)],
}

impl AuthorizationRequest<'_> {
    /// The parameters, in the order they are sent.
    pub fn params(&self) -> Params {
        let mut params = vec![
            ("client_id", self.client_id),
            ("response_type", self.response_type),
            ("redirect_uri", self.redirect_uri),
            ("scope", self.scope),
        ];
        params.extend(self.response_mode.map(|mode| ("response_mode", mode)));
        params.push(("state", self.state));
        params.extend(self.nonce.map(|nonce| ("nonce", nonce)));
        if let Some((method, challenge)) = &self.challenge {
            params.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", method)]);
        }
        params.extend(self.more.iter().map(|(name, value)| (name.as_str(), value.as_str())));
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
    /// The tokens that came through the browser, if any did.
    pub tokens: TokenSet,
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
            tokens: TokenSet {
                access_token: text("access_token").map(Secret::new),
                id_token: text("id_token").map(Secret::new),
                token_type: text("token_type"),
                expires_in: text("expires_in").and_then(|seconds| seconds.parse().ok()),
                scope: text("scope"),
                client_info: text("client_info"),
                ..TokenSet::default()
            },
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
            response_type: "code",
            redirect_uri: "http://localhost/",
            scope: "openid",
            response_mode: None,
            state: "s",
            nonce: None,
            challenge: None,
            more: &[],
        };
        let expected =
            "client_id=app&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%2F&scope=openid&state=s";
        assert_eq!(bare.params().encode(), expected);
        let full = AuthorizationRequest {
            response_mode: Some("query"),
            nonce: Some("n"),
            challenge: Some(("S256", "c".to_owned())),
            more: &[("prompt".to_owned(), "login".to_owned()), ("max_age".to_owned(), "60".to_owned())],
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
            "prompt",
            "max_age",
        ];
        assert_eq!(names, order);
    }

    #[test]
    fn a_response_type_is_a_set_of_three_words() {
        let read = |text: &str| ResponseType::read(text).map(|read| (read.code, read.id_token, read.token));
        assert_eq!(read("code"), Some((true, false, false)));
        assert_eq!(read("id_token code"), Some((true, true, false)));
        assert_eq!(read(" code  token id_token "), Some((true, true, true)));
        assert_eq!(read("token"), Some((false, false, true)));
        for wrong in ["", " ", "none", "code,token", "Code"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert!(ResponseType::read("code token").is_some_and(ResponseType::brings_tokens));
        assert!(!ResponseType::read("code").is_some_and(ResponseType::brings_tokens));
    }

    #[test]
    fn tokens_that_came_through_the_browser_are_read_too() {
        let answer = read(
            "access_token=a&token_type=Bearer&expires_in=3599&scope=x+y&id_token=i&client_info=e30&state=s",
        );
        let expected = TokenSet {
            access_token: Some(Secret::new("a")),
            id_token: Some(Secret::new("i")),
            token_type: Some("Bearer".into()),
            expires_in: Some(3599),
            scope: Some("x y".into()),
            client_info: Some("e30".into()),
            ..TokenSet::default()
        };
        assert_eq!(answer.tokens, expected);
        assert_eq!(read("access_token=a&expires_in=soon").tokens.expires_in, None);
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
