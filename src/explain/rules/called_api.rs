//! The API that was called with a token: which one it is, its registration, and the names by which its tokens know it.
//! What compares a claim with the API (`audience`, `issuer`, `signing_key`, `permission`) looks here.

use super::{
    Case, Found,
    assertion::{shown, text},
    token::id_token_of,
};
use crate::{entra::registration::Application, token::microsoft_api};

/// The API of Microsoft that was called, as its tokens name it.
pub(super) fn api_called(case: &Case<'_>) -> Option<String> {
    let url = super::graph_call::called(case)?;
    let host = url.host_str()?;
    if host.ends_with(".vault.azure.net") {
        return Some("https://vault.azure.net".to_owned());
    }
    if host.ends_with(".blob.core.windows.net") || host.ends_with(".queue.core.windows.net") {
        return Some("https://storage.azure.com".to_owned());
    }
    let origin = format!("https://{host}");
    microsoft_api(&origin).map(|_| origin)
}

/// The registration of the API: the one that is given as such, or the one that is not the caller's.
pub(super) fn registration_of_api<'a>(case: &Case<'a>) -> Option<&'a Application> {
    if let Some(app) = case.evidence.resource_registration.as_ref() {
        return Some(app);
    }
    let app = case.evidence.registration.as_ref()?;
    let id = app.app_id.as_deref().unwrap_or_default();
    let Some(token) = case.token.as_ref() else {
        return exposes_something(app).then_some(app);
    };
    let audience = shown(token, "aud");
    let is_named = identifiers(app).any(|known| is_same(known, &audience));
    let callers = [text(token, "azp"), text(token, "appid")];
    let is_caller = callers.iter().any(|caller| caller.eq_ignore_ascii_case(id));
    (is_named && id_token_of(case).is_none() || !is_caller && exposes_something(app)).then_some(app)
}

fn exposes_something(app: &Application) -> bool {
    !app.identifier_uris.is_empty() || !app.scopes.is_empty() || !app.app_roles.is_empty()
}

/// Everything that the API may be called in `aud`.
pub(super) fn identifiers(app: &Application) -> impl Iterator<Item = &str> {
    app.app_id.as_deref().into_iter().chain(app.identifier_uris.iter().map(String::as_str))
}

/// Without the prefix, a slash at the end, blanks, and letter case: two forms of one identifier are the same then.
pub(super) fn bare(identifier: &str) -> String {
    let trimmed = identifier.trim();
    let lower = trimmed.to_ascii_lowercase();
    lower.strip_prefix("api://").unwrap_or(&lower).trim_end_matches('/').to_owned()
}

/// Whether both mean one API, as far as the two can tell.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
        || microsoft_api(one.trim()).is_some_and(|name| microsoft_api(other.trim()) == Some(name))
            && cloud_of(one) == cloud_of(other)
}

/// The end of the host, which differs between Microsoft's clouds; an id is the same in all of them.
fn cloud_of(identifier: &str) -> Option<&str> {
    let host = identifier.trim().split_once("://")?.1.split('/').next()?;
    host.rsplit('.').next().filter(|end| matches!(*end, "us" | "cn"))
}

/// The ids of the API's registration, for the commands that change it.
pub(super) fn with_ids(found: Found, api: &Application) -> Found {
    found
        .with("resource_id", api.app_id.clone().unwrap_or_default())
        .with("object_id", api.object_id.clone().unwrap_or_default())
}

/// `requestedAccessTokenVersion` as a person reads it.
pub(super) fn token_version(api: &Application) -> String {
    api.access_token_version.map_or_else(|| "null, which means 1".to_owned(), |version| version.to_string())
}
