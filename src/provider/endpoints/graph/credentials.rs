//! What proves an application: its secrets, which are shown once, when they are made, and its certificates.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answered, Permitted, answer, applications, body, edit, not_found};
use crate::{
    provider::{
        Provider,
        certificate::Certificate,
        refusal::Refusal,
        scenario::{
            Application, Key, KeyCredential, PasswordCredential,
            edit::{Edit, List},
        },
    },
    secret::Secret,
    time::UnixTime,
};

/// How long a secret lasts if nobody says.
const TWO_YEARS: Duration = Duration::from_secs(2 * 365 * 86_400);

/// The secrets of a registration, without their values.
pub fn passwords(application: &Application) -> Vec<Value> {
    application.password_credentials.iter().map(|credential| password(credential, None)).collect()
}

fn password(credential: &PasswordCredential, value: Option<&Secret>) -> Value {
    let hint: String = credential.secret_text.expose().chars().take(3).collect();
    json!({
        "customKeyIdentifier": null, "displayName": credential.display_name,
        "endDateTime": credential.end_date_time.map(UnixTime::rfc3339), "hint": hint, "keyId": credential.key_id,
        "secretText": value.map(Secret::expose),
        "startDateTime": credential.start_date_time.map(UnixTime::rfc3339),
    })
}

/// The certificates of a registration, without their keys.
pub fn keys(application: &Application) -> Vec<Value> {
    let shown = |credential: &KeyCredential| {
        let (thumbprint, begin, end) = match &credential.key {
            Key::Certificate(certificate) => (
                Some(STANDARD.encode(certificate.sha1)),
                Some(certificate.not_before.rfc3339()),
                Some(certificate.not_after.rfc3339()),
            ),
            Key::MadeAtStart => (None, None, None),
        };
        json!({
            "customKeyIdentifier": thumbprint, "displayName": credential.display_name, "endDateTime": end,
            "key": null, "keyId": key_id(application, credential), "startDateTime": begin,
            "type": "AsymmetricX509Cert", "usage": "Verify",
        })
    };
    application.key_credentials.iter().map(shown).collect()
}

/// The id of a certificate in a registration: made of the two, so that it stays the same.
fn key_id(application: &Application, credential: &KeyCredential) -> String {
    let of = match &credential.key {
        Key::Certificate(certificate) => certificate.thumbprint(),
        Key::MadeAtStart => credential.display_name.clone(),
    };
    let digest = Sha256::digest(format!("{}/{of}", application.app_id));
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = <[u8; 32]>::from(digest);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// The certificates that a request wants a registration to have: all of them. Those it has already are named by their
/// `keyId`, for nobody gets a key back out of Graph.
pub fn keys_sent(sent: &Map<String, Value>, own: &Application) -> Result<Vec<Value>, Box<Refusal>> {
    let mut all = Vec::new();
    for entry in body::objects(sent, "keyCredentials")? {
        for (name, only) in [("type", "AsymmetricX509Cert"), ("usage", "Verify")] {
            if body::text(entry, name)?.is_some_and(|value| value != only) {
                return Err(body::wrong(name, &entry[name], only, "body.value"));
            }
        }
        let name = body::text(entry, "displayName")?;
        if let Some(key) = body::text(entry, "key")? {
            let certificate = Certificate::from_text(key).map_err(|why| {
                body::wrong("key", &Value::Null, &why.to_string(), "body.certificate_readable")
            })?;
            let name = name.map_or_else(|| certificate.subject.clone(), str::to_owned);
            all.push(json!({ "displayName": name, "key": STANDARD.encode(&certificate.der) }));
        } else {
            let id = body::required(entry, "keyId")?;
            let kept = own.key_credentials.iter().find(|one| key_id(own, one).eq_ignore_ascii_case(id));
            let expected = "the keyId of a certificate that is there, or the key of a new one";
            let kept =
                kept.ok_or_else(|| body::wrong("keyId", &entry["keyId"], expected, "body.key_known"))?;
            all.push(serde_json::to_value(kept).expect("every key is a text"));
        }
    }
    Ok(all)
}

/// Makes a secret. This answer is the only one that tells it.
pub fn add_password(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let (call, application) = (permitted.call, applications::named(provider, permitted)?);
    // An empty request makes a secret without a name.
    let whole =
        if call.headers.get("content-type").is_some() { body::read(call)?.clone() } else { Map::new() };
    let sent = body::object(&whole, "passwordCredential")?;
    let begin = body::moment(&sent, "startDateTime")?.unwrap_or(call.now);
    let end = body::moment(&sent, "endDateTime")?.unwrap_or(begin + TWO_YEARS);
    if end <= begin {
        let expected = "a moment later than startDateTime";
        return Err(body::wrong("endDateTime", &json!(end.rfc3339()), expected, "body.value"));
    }
    let text = provider.random.text(2);
    let credential = PasswordCredential {
        key_id: provider.random.guid(),
        display_name: body::text(&sent, "displayName")?.unwrap_or_default().to_owned(),
        secret_text: Secret::new(format!("{}8Q~{}", &text[..3], &text[3..37])),
        start_date_time: Some(begin),
        end_date_time: Some(end),
    };
    let mut all = application.password_credentials.clone();
    all.push(credential.clone());
    write(provider, &application, &all, call.now)?;
    let Value::Object(members) = password(&credential, Some(&credential.secret_text)) else {
        unreachable!("it was written as an object")
    };
    Ok(answer::document(call, "microsoft.graph.passwordCredential", members))
}

pub fn remove_password(provider: &mut Provider, permitted: &Permitted<'_>) -> Answered {
    let application = applications::named(provider, permitted)?;
    let id = body::required(body::read(permitted.call)?, "keyId")?;
    let mut all = application.password_credentials.clone();
    all.retain(|credential| !credential.key_id.eq_ignore_ascii_case(id));
    if all.len() == application.password_credentials.len() {
        return Err(not_found(id, "the keyId of a secret of this application"));
    }
    write(provider, &application, &all, permitted.call.now)?;
    Ok(answer::done(permitted.call))
}

fn write(
    provider: &mut Provider,
    application: &Application,
    all: &[PasswordCredential],
    now: UnixTime,
) -> Result<String, Box<Refusal>> {
    let all = serde_json::to_value(all).expect("every key is a text");
    edit(provider, &Edit::set(List::Applications, &application.key, "passwordCredentials", all), now)
}
