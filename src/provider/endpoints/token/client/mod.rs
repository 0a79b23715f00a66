//! Client authentication (reference §4.4): what was sent, and the rules that hold for every kind of credential.
//!
//! * `secret`: a client secret, in the form or by HTTP Basic.
//! * `assertion`: a JWT in place of a secret, read with the tolerance that Microsoft's own libraries need.
//! * `certificate`: the JWT is the application's own, signed with the key of a registered certificate.
//! * `single_use`: that JWT again.
//! * `federated`: the JWT is somebody else's, and the registration trusts that issuer.

mod assertion;
mod certificate;
mod federated;
mod secret;
pub mod single_use;

pub use assertion::LENIENT;

use super::Request;
use crate::{
    provider::{
        call::Call,
        mint::Proof,
        refusal::{Refusal, Verdict},
    },
    secret::Secret,
};

/// How the client tries to prove itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Not at all.
    None,
    /// With a secret, in the form or by HTTP Basic.
    Secret(Secret),
    /// With a signed assertion.
    Assertion(Secret),
}

impl Credential {
    /// The client id of HTTP Basic, and the credential. An assertion goes before a secret, and a header before a form.
    pub fn read(call: &Call) -> (Option<String>, Self) {
        let (id, basic) = call.authorization.as_deref().and_then(secret::basic).unzip();
        let secret = basic
            .filter(|secret| !secret.is_empty())
            .or_else(|| call.form.get("client_secret").map(Secret::new));
        let credential = match (call.form.get("client_assertion"), secret) {
            (Some(assertion), _) => Self::Assertion(Secret::new(assertion)),
            (None, Some(secret)) => Self::Secret(secret),
            (None, None) => Self::None,
        };
        (id, credential)
    }

    pub const fn proof(&self) -> Proof {
        match self {
            Self::None => Proof::None,
            Self::Secret(_) => Proof::Secret,
            Self::Assertion(_) => Proof::Assertion,
        }
    }
}

/// Rule: header and form name the same client.
pub fn is_one_client(call: &Call) -> Verdict {
    let (Some((in_header, _)), Some(in_form)) =
        (call.authorization.as_deref().and_then(secret::basic), call.form.get("client_id"))
    else {
        return Ok(());
    };
    if in_header.eq_ignore_ascii_case(in_form) {
        return Ok(());
    }
    let text = format!("The request names several applications: '{in_header}' and '{in_form}'.");
    Err(Refusal::new(7_000_110, "invalid_request", text)
        .demands("HTTP Basic and the form must name the same client; one of the two is enough")
        .compares("client_id", in_form, [in_header]))
}

/// Rule: a public client sends no credential. It could keep none.
pub fn is_silent_if_public(request: &Request<'_>, is_public: bool) -> Verdict {
    let what = match (&request.credential, is_public) {
        (_, false) | (Credential::None, true) => return Ok(()),
        (Credential::Secret(_), true) => "client_secret",
        (Credential::Assertion(_), true) => "client_assertion",
    };
    Err(Refusal::new(
        700_025,
        "invalid_client",
        "A public client must send neither client_secret nor client_assertion.",
    )
    .demands("the redirect URI's platform, or isFallbackPublicClient, makes this client public")
    .compares(what, "(sent)", ["(nothing)"]))
}

/// Rule: a confidential client sends a credential.
pub fn has_credential(request: &Request<'_>, is_public: bool) -> Verdict {
    if is_public || request.credential != Credential::None {
        return Ok(());
    }
    let (code, text) = if request.call.form.get("grant_type") == Some("client_credentials") {
        let text = "'client_assertion', 'client_secret' or 'request' is required for client_credentials.";
        (7_000_216, text)
    } else {
        (7_000_218, "The body must contain 'client_assertion' or 'client_secret'.")
    };
    Err(Refusal::new(code, "invalid_client", text)
        .demands("this client is confidential here: neither its redirect URI nor isFallbackPublicClient makes it public")
        .compares("client_secret", "(nothing)", ["the value of a secret of the application"]))
}

/// Rule: the credential is right.
pub fn is_right_credential(request: &Request<'_>) -> Verdict {
    match &request.credential {
        Credential::None => Ok(()),
        Credential::Secret(sent) => secret::is_right(request, sent),
        Credential::Assertion(sent) => assertion::is_right(request, sent),
    }
}
