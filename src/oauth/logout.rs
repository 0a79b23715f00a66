//! The end-session endpoint (OpenID Connect RP-Initiated Logout §2; reference §6.3): a visit that ends the person's
//! session at the authority. It takes no token away: what was issued stays good until it ends.

use crate::{secret::Secret, wire::Params};

/// What a logout request may carry; all of it is optional.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogoutRequest<'a> {
    /// Whose session: the ID token of that sign-in. It may have ended.
    pub id_token_hint: Option<&'a Secret>,
    /// The account, as the `login_hint` claim names it.
    pub logout_hint: Option<&'a str>,
    /// The application that asks.
    pub client_id: Option<&'a str>,
    /// Where the person goes afterwards.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// Comes back with the person.
    pub state: Option<&'a str>,
}

impl LogoutRequest<'_> {
    /// The query, in the order it is sent.
    pub fn params(&self) -> Params {
        let fields = [
            ("id_token_hint", self.id_token_hint.map(Secret::expose)),
            ("logout_hint", self.logout_hint),
            ("client_id", self.client_id),
            ("post_logout_redirect_uri", self.post_logout_redirect_uri),
            ("state", self.state),
        ];
        let sent = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        Params(sent.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_what_is_known_and_nothing_else() {
        assert_eq!(LogoutRequest::default().params().encode(), "");
        let token = Secret::new("i");
        let full = LogoutRequest {
            id_token_hint: Some(&token),
            logout_hint: Some("h"),
            client_id: Some("app"),
            post_logout_redirect_uri: Some("http://localhost:1/"),
            state: Some("s"),
        };
        assert_eq!(
            full.params().encode(),
            "id_token_hint=i&logout_hint=h&client_id=app&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A1%2F&state=s"
        );
    }
}
