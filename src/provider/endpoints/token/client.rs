//! Client authentication (reference §4.4).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Request;
use crate::{
    provider::{
        call::Call,
        mint::Proof,
        refusal::{Refusal, Verdict},
        scenario::PasswordCredential,
    },
    secret::Secret,
    time::UnixTime,
};

/// How the client tries to prove itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Not at all.
    None,
    /// With a secret, in the body or by HTTP Basic.
    Secret(Secret),
    /// With a signed assertion. Registrations of the lab hold no certificates yet, so none fits.
    Assertion,
}

impl Credential {
    /// The client id of HTTP Basic, and the credential. An assertion goes before a secret.
    pub fn read(call: &Call) -> (Option<String>, Self) {
        let (id, basic) = call.authorization.as_deref().and_then(basic).unzip();
        let secret = basic.or_else(|| call.form.get("client_secret").map(Secret::new));
        let credential = match (call.form.get("client_assertion"), secret) {
            (Some(_), _) => Self::Assertion,
            (None, Some(secret)) => Self::Secret(secret),
            (None, None) => Self::None,
        };
        (id, credential)
    }

    pub const fn proof(&self) -> Proof {
        match self {
            Self::None => Proof::None,
            Self::Secret(_) | Self::Assertion => Proof::Secret,
        }
    }
}

/// `Basic base64(id:secret)`, both form-encoded first (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, Secret)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded =
        |part: &str| form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned());
    Some((decoded(id)?, Secret::new(decoded(secret).unwrap_or_default())))
}

/// Rule: a public client sends no credential. It could keep none.
pub fn is_silent_if_public(request: &Request<'_>, is_public: bool) -> Verdict {
    let what = match (&request.credential, is_public) {
        (_, false) | (Credential::None, true) => return Ok(()),
        (Credential::Secret(_), true) => "client_secret",
        (Credential::Assertion, true) => "client_assertion",
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
    let refusal = if request.call.form.get("grant_type") == Some("client_credentials") {
        let text = "'client_assertion', 'client_secret' or 'request' is required for client_credentials.";
        Refusal::new(7_000_216, "invalid_client", text)
    } else {
        Refusal::new(
            7_000_218,
            "invalid_client",
            "The body must contain 'client_assertion' or 'client_secret'.",
        )
    };
    Err(refusal
        .demands("this client is confidential here: neither its redirect URI nor isFallbackPublicClient makes it public")
        .compares("client_secret", "(nothing)", ["the value of a secret of the application"]))
}

/// Rule: the credential is right.
pub fn is_right_credential(request: &Request<'_>) -> Verdict {
    let client = request.client();
    let sent = match &request.credential {
        Credential::None => return Ok(()),
        Credential::Secret(sent) => sent,
        Credential::Assertion => {
            let text = format!(
                "The client assertion failed signature validation: key was not found. Thumbprint '', app '{}'.",
                client.app_id
            );
            return Err(Refusal::new(700_027, "invalid_client", text)
                .demands("the assertion must be signed with a certificate of the registration")
                .compares("keyCredentials", "(the key of the assertion)", ["(none registered)"]));
        }
    };
    let credentials = &client.password_credentials;
    match credentials.iter().find(|credential| credential.secret_text == *sent) {
        Some(credential) => is_unexpired(request, credential),
        None => Err(wrong_secret(request, sent)),
    }
}

fn wrong_secret(request: &Request<'_>, sent: &Secret) -> Box<Refusal> {
    let client = request.client();
    let text =
        format!("The secret is wrong for app '{}'; send the secret's value, not its id.", client.app_id);
    let is_id = client.password_credentials.iter().any(|credential| credential.key_id == sent.expose());
    let sent = if is_id { "(the id of a secret)".to_owned() } else { sent.masked() };
    let registered = client
        .password_credentials
        .iter()
        .map(|credential| format!("{} ({})", credential.secret_text.masked(), credential.display_name));
    Refusal::new(7_000_215, "invalid_client", text)
        .demands("the secret must be the value of one that the registration holds")
        .compares("client_secret", sent, registered)
}

fn is_unexpired(request: &Request<'_>, credential: &PasswordCredential) -> Verdict {
    let now = request.call.now;
    if credential.end_date_time.is_none_or(|end| now < end) {
        return Ok(());
    }
    let id = &request.client().app_id;
    let text = format!("All secrets of app '{id}' sent here have expired; make a new one.");
    let ended = credential.end_date_time.map(UnixTime::date_time).unwrap_or_default();
    Err(Refusal::new(7_000_222, "invalid_client", text).demands("the secret must not have ended").compares(
        "now",
        now.date_time(),
        [format!("before {ended}, the end of {}", credential.display_name)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_decoded_twice() {
        let header = format!("Basic {}", STANDARD.encode("an%3Aid:a%2Bb+c"));
        let (id, secret) = basic(&header).unwrap();
        assert_eq!((id.as_str(), secret.expose()), ("an:id", "a+b c"));
        for broken in ["Basic", "Basic ???", "Bearer x", &format!("Basic {}", STANDARD.encode("no colon"))] {
            assert_eq!(basic(broken), None, "{broken}");
        }
    }
}
