//! The provider's metadata (OpenID Connect Discovery §3, RFC 8414 §2): where its endpoints are and what it can do.

use serde_json::{Map, Value};
use url::Url;

use super::answer::{self, Members, Trouble};
use crate::wire::Response;

/// What the document is called in errors.
const DOCUMENT: &str = "the provider's metadata";

/// A provider's metadata. An endpoint that is not named is `None`: whoever needs it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Who issues the tokens. On Entra's shared tenants it holds the literal text `{tenantid}`.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: Option<Url>,
    /// Where grants become tokens.
    pub token_endpoint: Option<Url>,
    /// Where devices begin (RFC 8628 §4).
    pub device_authorization_endpoint: Option<Url>,
    /// Where claims about the person can be asked for (OpenID Connect Core §5.3).
    pub userinfo_endpoint: Option<Url>,
    /// Where people sign out (RP-Initiated Logout §2.1).
    pub end_session_endpoint: Option<Url>,
    /// Where the signing keys are.
    pub jwks_uri: Option<Url>,
    /// The ways a client may prove itself to the token endpoint; empty where nothing is said, which means
    /// `client_secret_basic` (RFC 8414 §2).
    pub token_endpoint_auth_methods: Vec<String>,
    /// The ways a code may be bound (RFC 8414 §2); empty where nothing is said, as with Entra, which does PKCE all the
    /// same.
    pub code_challenge_methods: Vec<String>,
    /// Whether every authorization response names its issuer (RFC 9207 §3).
    pub names_issuer_in_responses: bool,
    /// The whole document, in the server's order.
    pub document: Map<String, Value>,
}

impl Metadata {
    /// Reads the answer of the metadata address.
    pub fn read(response: &Response) -> Result<Self, Trouble> {
        let document = answer::object(response, DOCUMENT)?;
        let members = Members::new(DOCUMENT, &document);
        Ok(Self {
            issuer: members.text("issuer")?,
            authorization_endpoint: members.optional_url("authorization_endpoint")?,
            token_endpoint: members.optional_url("token_endpoint")?,
            device_authorization_endpoint: members.optional_url("device_authorization_endpoint")?,
            userinfo_endpoint: members.optional_url("userinfo_endpoint")?,
            end_session_endpoint: members.optional_url("end_session_endpoint")?,
            jwks_uri: members.optional_url("jwks_uri")?,
            token_endpoint_auth_methods: members.optional_texts("token_endpoint_auth_methods_supported")?,
            code_challenge_methods: members.optional_texts("code_challenge_methods_supported")?,
            names_issuer_in_responses: members.flag("authorization_response_iss_parameter_supported"),
            document,
        })
    }

    /// Whether `issuer` is this provider, where the metadata may hold `{tenantid}` in place of one tenant's id.
    pub fn is_issuer(&self, issuer: &str) -> bool {
        match self.issuer.split_once("{tenantid}") {
            None => self.issuer == issuer,
            Some((before, behind)) => issuer
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(behind))
                .is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/')),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::answer::tests::answer;

    fn document() -> Value {
        json!({
            "issuer": "https://login.example/{tenantid}/v2.0",
            "authorization_endpoint": "https://login.example/t/authorize",
            "token_endpoint": "https://login.example/t/token",
            "device_authorization_endpoint": "https://login.example/t/devicecode",
            "jwks_uri": "https://login.example/t/keys",
            "tenant_region_scope": null
        })
    }

    #[test]
    fn a_good_document_is_read_and_kept() {
        let metadata = Metadata::read(&answer(200, &document())).expect("good");
        assert_eq!(metadata.jwks_uri.map(String::from).as_deref(), Some("https://login.example/t/keys"));
        assert_eq!(Value::Object(metadata.document), document());
        assert!(!metadata.names_issuer_in_responses);
    }

    #[test]
    fn an_endpoint_may_be_absent_but_not_the_issuer() {
        let metadata = Metadata::read(&answer(200, &json!({"issuer": "https://i.example"}))).expect("good");
        assert_eq!(metadata.token_endpoint, None);
        let Err(Trouble::Unreadable(failure)) = Metadata::read(&answer(200, &json!({}))) else { panic!() };
        assert_eq!(failure.to_string(), "the answer is not the provider's metadata: `issuer` is missing");
    }

    #[test]
    fn each_malformed_member_is_named() {
        for (name, wrong) in [
            ("issuer", json!(7)),
            ("issuer", json!("")),
            ("authorization_endpoint", json!(["x"])),
            ("token_endpoint", json!("/relative")),
            ("device_authorization_endpoint", json!(true)),
            ("userinfo_endpoint", json!("userinfo")),
            ("end_session_endpoint", json!(1)),
            ("jwks_uri", json!("no address")),
            ("code_challenge_methods_supported", json!("S256")),
        ] {
            let mut document = document();
            document[name] = wrong;
            let Err(Trouble::Unreadable(failure)) = Metadata::read(&answer(200, &document)) else {
                panic!("{name} was accepted")
            };
            assert!(failure.to_string().contains(&format!("`{name}`")), "{failure}");
        }
    }

    #[test]
    fn an_issuer_with_a_placeholder_stands_for_one_tenant_and_nothing_else() {
        let metadata = Metadata::read(&answer(200, &document())).expect("good");
        assert!(metadata.is_issuer("https://login.example/3f2a9c1e/v2.0"));
        for other in [
            "https://login.example//v2.0",
            "https://login.example/a/b/v2.0",
            "https://evil.example/3f2a9c1e/v2.0",
            "https://login.example/v2.0",
        ] {
            assert!(!metadata.is_issuer(other), "{other}");
        }
    }
}
