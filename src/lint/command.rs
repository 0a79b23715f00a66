//! Commands for a POSIX shell, made from values that come from outside: every word is quoted unless it needs none.
//!
//! `az ad app` writes a whole list of redirect URIs at once, has no switch for those of single-page applications, and
//! takes either id of an application; Graph's PATCH wants the object id.

use serde_json::{Value, json};

use crate::{
    entra::registration::{Application, Platform},
    text::visible,
};

/// A word of a command line.
pub fn word(text: &str) -> String {
    let text = visible(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && !text.starts_with(['-', '=']) && text.chars().all(is_plain) {
        text.into_owned()
    } else {
        quoted(&text)
    }
}

/// Between single quotes, which take everything but themselves.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What commands of `az ad app` name the application by.
pub fn id(application: &Application) -> String {
    let known = application.app_id.as_deref().or(application.object_id.as_deref());
    known.filter(|id| !id.is_empty()).map_or_else(|| "<client-id>".to_owned(), word)
}

/// `az ad app update --id …` with these arguments.
pub fn update(application: &Application, arguments: &str) -> String {
    format!("az ad app update --id {} {arguments}", id(application))
}

/// A PATCH of the application object.
pub fn patch(application: &Application, body: &Value) -> String {
    let object = application.object_id.as_deref().filter(|id| super::is_guid(id));
    format!(
        "az rest --method PATCH --uri \"https://graph.microsoft.com/v1.0/applications/{}\" --headers \
         Content-Type=application/json --body {}",
        object.unwrap_or("<object-id>"),
        quoted(&visible(&body.to_string()))
    )
}

/// Writes the redirect URIs of a platform, all of them.
pub fn redirect_uris(application: &Application, platform: Platform, uris: &[&str]) -> String {
    let words = || uris.iter().map(|uri| word(uri)).collect::<Vec<_>>().join(" ");
    match platform {
        // An empty list needs the PATCH: the switches take at least one address.
        Platform::Web if !uris.is_empty() => update(application, &format!("--web-redirect-uris {}", words())),
        Platform::PublicClient if !uris.is_empty() => {
            update(application, &format!("--public-client-redirect-uris {}", words()))
        }
        Platform::Web => patch(application, &json!({ "web": { "redirectUris": uris } })),
        Platform::Spa => patch(application, &json!({ "spa": { "redirectUris": uris } })),
        Platform::PublicClient => patch(application, &json!({ "publicClient": { "redirectUris": uris } })),
    }
}
