//! The token endpoint: what is sent for each grant (RFC 6749 §4.1.3, §4.4.2; RFC 8628 §3.4), and what comes back
//! (RFC 6749 §5.1).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::answer::{self, Members, Trouble};
use crate::{
    secret::Secret,
    wire::{Params, Response},
};

/// What the document is called in errors.
const DOCUMENT: &str = "a token response";

/// What is exchanged for tokens.
#[derive(Clone, Debug)]
pub enum Grant<'a> {
    /// The code that came to the redirect URI.
    AuthorizationCode {
        /// The code.
        code: &'a Secret,
        /// The redirect URI exactly as the authorization request carried it; `None` if it carried none.
        redirect_uri: Option<&'a str>,
        /// What the PKCE challenge was made from.
        code_verifier: Option<&'a Secret>,
    },
    /// Nothing but the client's own credential.
    ClientCredentials,
    /// The code of a device on which nobody types.
    DeviceCode(&'a Secret),
    /// A person's name and password (RFC 6749 §4.3.2).
    Password {
        /// The account.
        username: &'a str,
        /// Its password.
        password: &'a Secret,
    },
    /// The token that an API was called with (RFC 7523 §2.1; reference §4.11).
    OnBehalfOf {
        /// The token, whose audience is the client.
        assertion: &'a Secret,
        /// Entra's word for what the exchange is for, `on_behalf_of`; other servers know no such parameter.
        requested_token_use: Option<&'a str>,
    },
    /// An earlier answer's refresh token (RFC 6749 §6).
    RefreshToken(&'a Secret),
}

impl Grant<'_> {
    /// The value of `grant_type`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AuthorizationCode { .. } => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode(_) => "urn:ietf:params:oauth:grant-type:device_code",
            Self::Password { .. } => "password",
            Self::OnBehalfOf { .. } => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::RefreshToken(_) => "refresh_token",
        }
    }

    /// The form of the token request, in the order it is sent. `client_secret` makes it `client_secret_post`
    /// (OpenID Connect Core §9).
    pub fn params(&self, client_id: &str, client_secret: Option<&Secret>, scope: Option<&str>) -> Params {
        let mut params = vec![("grant_type", self.name()), ("client_id", client_id)];
        match self {
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => {
                params.push(("code", code.expose()));
                params.extend(redirect_uri.map(|uri| ("redirect_uri", uri)));
                params.extend(code_verifier.map(|verifier| ("code_verifier", verifier.expose())));
            }
            Self::ClientCredentials => {}
            Self::DeviceCode(code) => params.push(("device_code", code.expose())),
            Self::Password { username, password } => {
                params.extend([("username", *username), ("password", password.expose())]);
            }
            Self::OnBehalfOf { assertion, requested_token_use } => {
                params.push(("assertion", assertion.expose()));
                params.extend(requested_token_use.map(|value| ("requested_token_use", value)));
            }
            Self::RefreshToken(token) => params.push(("refresh_token", token.expose())),
        }
        params.extend(client_secret.map(|secret| ("client_secret", secret.expose())));
        params.extend(scope.map(|scope| ("scope", scope)));
        Params(params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// The value of the header `authorization` by which a client sends its secret (`client_secret_basic`). Id and secret are
/// form-encoded before they are joined, so that a colon in either does no harm (RFC 6749 §2.3.1).
pub fn basic(client_id: &str, client_secret: &Secret) -> Secret {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encoded(client_id), encoded(client_secret.expose()));
    Secret::new(format!("Basic {}", STANDARD.encode(joined)))
}

/// What a token endpoint gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenSet {
    /// The key to an API.
    pub access_token: Option<Secret>,
    /// Who signed in, for the client.
    pub id_token: Option<Secret>,
    /// For getting more later.
    pub refresh_token: Option<Secret>,
    /// How the access token is presented, `Bearer`.
    pub token_type: Option<String>,
    /// Seconds the access token lives.
    pub expires_in: Option<u64>,
    /// What was granted, blank-separated.
    pub scope: Option<String>,
    /// Entra: seconds the access token may still be used while the authority is down.
    pub ext_expires_in: Option<u64>,
    /// Entra: seconds after which a new token should be fetched.
    pub refresh_in: Option<u64>,
    /// Entra: the account's ids, base64url JSON.
    pub client_info: Option<String>,
    /// Entra: the family of clients that may use this refresh token.
    pub foci: Option<String>,
}

impl TokenSet {
    /// Reads the answer of the token endpoint.
    pub fn read(response: &Response) -> Result<Self, Trouble> {
        let document = answer::object(response, DOCUMENT)?;
        let members = Members::new(DOCUMENT, &document);
        let secret = |name: &str| members.optional_text(name).map(|text| text.map(Secret::new));
        Ok(Self {
            access_token: Some(Secret::new(members.text("access_token")?)),
            id_token: secret("id_token")?,
            refresh_token: secret("refresh_token")?,
            token_type: members.optional_text("token_type")?,
            expires_in: members.optional_seconds("expires_in")?,
            scope: members.optional_text("scope")?,
            // An odd extension is no reason to lose the tokens.
            ext_expires_in: members.optional_seconds("ext_expires_in").unwrap_or_default(),
            refresh_in: members.optional_seconds("refresh_in").unwrap_or_default(),
            client_info: members.optional_text("client_info").unwrap_or_default(),
            foci: members.optional_text("foci").unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::oauth::answer::tests::answer;

    fn document() -> Value {
        json!({
            "token_type": "Bearer", "scope": "User.Read", "expires_in": "4512", "ext_expires_in": 4512,
            "refresh_in": 2256, "access_token": "a", "refresh_token": "r", "id_token": "i",
            "client_info": "e30", "foci": "1", "unknown": {}
        })
    }

    #[test]
    fn every_member_is_read() {
        let expected = TokenSet {
            access_token: Some(Secret::new("a")),
            id_token: Some(Secret::new("i")),
            refresh_token: Some(Secret::new("r")),
            token_type: Some("Bearer".into()),
            expires_in: Some(4512),
            scope: Some("User.Read".into()),
            ext_expires_in: Some(4512),
            refresh_in: Some(2256),
            client_info: Some("e30".into()),
            foci: Some("1".into()),
        };
        assert_eq!(TokenSet::read(&answer(200, &document())), Ok(expected));
    }

    #[test]
    fn each_malformed_member_is_named_and_no_token_is_quoted() {
        for (name, wrong) in [
            ("access_token", json!(null)),
            ("access_token", json!("")),
            ("access_token", json!({"hunter2": 1})),
            ("id_token", json!(["hunter2"])),
            ("refresh_token", json!(2)),
            ("token_type", json!(1)),
            ("expires_in", json!("hunter2")),
            ("scope", json!(["hunter2"])),
        ] {
            let mut document = document();
            document[name] = wrong;
            let Err(Trouble::Unreadable(failure)) = TokenSet::read(&answer(200, &document)) else {
                panic!("{name} was accepted")
            };
            let text = failure.to_string();
            assert!(text.contains(&format!("`{name}`")) && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_malformed_extension_costs_only_itself() {
        for (name, wrong) in [
            ("ext_expires_in", json!(-1)),
            ("refresh_in", json!([])),
            ("client_info", json!({})),
            ("foci", json!(1)),
        ] {
            let (mut document, mut without) = (document(), document());
            document[name] = wrong;
            without.as_object_mut().expect("an object").remove(name);
            let read = |document| TokenSet::read(&answer(200, document)).expect(name);
            assert_eq!(read(&document), read(&without), "{name}");
        }
    }

    #[test]
    fn each_grant_sends_its_own_form() {
        let (code, verifier, secret) = (Secret::new("c"), Secret::new("v"), Secret::new("s"));
        let grant = Grant::AuthorizationCode {
            code: &code,
            redirect_uri: Some("http://localhost:1/"),
            code_verifier: Some(&verifier),
        };
        assert_eq!(
            grant.params("app", Some(&secret), Some("openid")).encode(),
            "grant_type=authorization_code&client_id=app&code=c&redirect_uri=http%3A%2F%2Flocalhost%3A1%2F\
             &code_verifier=v&client_secret=s&scope=openid"
        );
        assert_eq!(
            Grant::ClientCredentials.params("app", None, Some("x/.default")).encode(),
            "grant_type=client_credentials&client_id=app&scope=x%2F.default"
        );
        assert_eq!(
            Grant::Password { username: "mina@x.example", password: &secret }
                .params("app", None, None)
                .encode(),
            "grant_type=password&client_id=app&username=mina%40x.example&password=s"
        );
        assert_eq!(
            Grant::RefreshToken(&code).params("app", None, Some("a b")).encode(),
            "grant_type=refresh_token&client_id=app&refresh_token=c&scope=a+b"
        );
        let exchange = Grant::OnBehalfOf { assertion: &code, requested_token_use: Some("on_behalf_of") };
        assert_eq!(
            exchange.params("app", None, None).encode(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&client_id=app&assertion=c\
             &requested_token_use=on_behalf_of"
        );
        assert_eq!(
            Grant::DeviceCode(&code).params("app", None, None).encode(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=app&device_code=c"
        );
    }

    #[test]
    fn id_and_secret_are_form_encoded_before_they_are_joined() {
        // "app:1" and "p%ss word+", encoded by another program.
        let basic = basic("app:1", &Secret::new("p%ss word+"));
        assert_eq!(basic.expose(), "Basic YXBwJTNBMTpwJTI1c3Mrd29yZCUyQg==");
    }
}
