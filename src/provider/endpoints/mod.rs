//! The endpoints, one file each, and the table of paths that leads to them.

mod account;
mod admin_consent;
mod authorize;
mod careful_api;
mod consent_policy;
mod device_authorization;
mod device_page;
mod graph;
mod instance;
mod login;
mod logout;
pub mod managed_identity;
mod metadata;
mod next_page;
mod outcome;
mod pipeline;
mod remedies;
mod standing;
mod token;
mod user_info;

use super::{Provider, call::Call, pages, reply::Reply};
use crate::wire::Method;

/// What answers a path. `{t}` stands for a tenant's GUID, domain or one of the words of reference §1.2.
type Endpoint = fn(&mut Provider, &Call) -> Reply;

/// The APIs have tables of their own for what lies below their roots.
const PATHS: &[(&str, Endpoint)] = &[
    ("", home),
    ("error", error_look_up),
    ("devicelogin", device_page::short_address),
    ("common/discovery/instance", instance::discovery),
    ("common/oauth2/deviceauth", device_page::answer),
    ("common/oauth2/nativeclient", native_client),
    ("oidc/userinfo", user_info::answer),
    ("pipeline/.well-known/openid-configuration", pipeline::configuration),
    ("pipeline/keys", pipeline::keys),
    ("pipeline/token", pipeline::token),
    ("metadata/identity/oauth2/token", managed_identity::virtual_machine),
    ("metadata/identity/oauth2/token/", managed_identity::virtual_machine), // so MSAL Node spells it
    ("msi/token", managed_identity::app_service),
    ("v1.0", graph::answer),
    ("v1.0/{}", graph::answer),
    ("v1.0/{}/{}", graph::answer),
    ("v1.0/{}/{}/{}", graph::answer),
    ("v1.0/{}/{}/{}/{}", graph::answer),
    ("beta", graph::answer),
    ("beta/{}", graph::answer),
    ("beta/{}/{}", graph::answer),
    ("beta/{}/{}/{}", graph::answer),
    ("beta/{}/{}/{}/{}", graph::answer),
    ("api", careful_api::answer),
    ("api/{}", careful_api::answer),
    ("api/{}/{}", careful_api::answer),
    ("{t}/v2.0/.well-known/openid-configuration", metadata::configuration),
    ("{t}/.well-known/openid-configuration", metadata::configuration_v1),
    ("{t}/discovery/v2.0/keys", metadata::keys),
    ("{t}/discovery/keys", metadata::keys_v1),
    ("{t}/userrealm/{user}", instance::user_realm),
    ("{t}/oauth2/v2.0/authorize", authorize::answer),
    ("{t}/oauth2/v2.0/token", token::answer),
    ("{t}/oauth2/v2.0/devicecode", device_authorization::answer),
    ("{t}/oauth2/authorize", authorize::answer),
    ("{t}/oauth2/token", token::answer),
    ("{t}/oauth2/devicecode", device_authorization::answer),
    ("{t}/oauth2/v2.0/logout", logout::answer),
    ("{t}/oauth2/logout", logout::answer),
    ("{t}/v2.0/adminconsent", admin_consent::answer),
    ("{t}/adminconsent", admin_consent::answer_v1),
    ("{t}/login", login::answer),
];

/// The patterns of the table.
pub fn paths() -> impl Iterator<Item = &'static str> {
    PATHS.iter().map(|(pattern, _)| *pattern)
}

/// Answers a request.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    match PATHS.iter().find(|(pattern, _)| matches(pattern, &call.path)) {
        Some((_, endpoint)) => endpoint(provider, call),
        None => Reply::plain_page(call, 404, pages::not_found(call)),
    }
}

/// Compares segment by segment; letters count as equal whatever their case, for some clients put whole URLs in lower case.
pub fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.split('/'), path.split('/'));
    pattern.clone().count() == path.clone().count()
        && pattern
            .zip(path)
            .all(|(pattern, segment)| pattern.starts_with('{') || pattern.eq_ignore_ascii_case(segment))
}

fn home(provider: &mut Provider, call: &Call) -> Reply {
    Reply::page(call, pages::home(call, &provider.scenario))
}

fn error_look_up(_: &mut Provider, call: &Call) -> Reply {
    Reply::page(call, pages::error_look_up(call.query.get("code").unwrap_or_default()))
}

fn native_client(_: &mut Provider, call: &Call) -> Reply {
    Reply::page(call, pages::blank())
}

/// A page that says which methods an endpoint takes.
fn wrong_method(call: &Call, allowed: &str) -> Reply {
    Reply::plain_page(call, 405, pages::not_found(call)).with_header("allow", allowed)
}

/// Whether the parameters stand in the body.
fn is_post(call: &Call) -> bool {
    call.method == Method::Post
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_by_segment_and_without_letter_case() {
        assert!(matches("{t}/oauth2/v2.0/token", "northwind.example/OAuth2/v2.0/token"));
        assert!(!matches("{t}/oauth2/v2.0/token", "a/b/oauth2/v2.0/token"));
        assert!(!matches("{t}/oauth2/v2.0/token", "a/oauth2/v2.0/token/"));
        assert!(matches("", ""));
    }
}
