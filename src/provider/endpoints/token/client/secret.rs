//! Client secrets: how they are sent (RFC 6749 §2.3.1), and whether one is right.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Request;
use crate::{
    provider::{
        refusal::{Refusal, Verdict},
        scenario::PasswordCredential,
    },
    secret::Secret,
    time::UnixTime,
};

/// `Basic base64(id:secret)`, both form-encoded first. A part that was not encoded is taken as it stands, as far as it
/// holds no `%` and no `+`.
pub fn basic(header: &str) -> Option<(String, Secret)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let id = decoded(id)?;
    (!id.is_empty()).then_some((id, Secret::new(decoded(secret)?)))
}

/// One value of a form. Not read as a form: an `=` or `&` that stands there bare belongs to the value.
fn decoded(part: &str) -> Option<String> {
    let spaced = part.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Rule: the secret is one that the registration holds, and has not ended.
pub fn is_right(request: &Request<'_>, sent: &Secret) -> Verdict {
    let credentials = &request.client().password_credentials;
    match credentials.iter().find(|credential| credential.secret_text == *sent) {
        Some(credential) => is_unexpired(request, credential),
        None => Err(wrong(request, sent)),
    }
}

fn wrong(request: &Request<'_>, sent: &Secret) -> Box<Refusal> {
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

    fn sent(text: &str) -> Option<(String, String)> {
        let header = format!("Basic {}", STANDARD.encode(text));
        basic(&header).map(|(id, secret)| (id, secret.expose().to_owned()))
    }

    #[test]
    fn basic_credentials_are_decoded_twice() {
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(sent("an%3Aid:a%2Bb+c"), pair("an:id", "a+b c"));
        assert_eq!(sent("id:a=b&c:d%"), pair("id", "a=b&c:d%"), "what was sent bare is not cut short");
        assert_eq!(sent("id:"), pair("id", ""));
    }

    #[test]
    fn what_is_no_basic_header_is_passed_over() {
        assert_eq!((sent("no colon"), sent(":secret"), sent("id:%ff")), (None, None, None));
        for broken in ["Basic", "Basic ???", "Bearer x"] {
            assert_eq!(basic(broken), None, "{broken}");
        }
    }
}
