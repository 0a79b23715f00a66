//! Clients: what they call themselves, which tenant they ask, and how they prove themselves.

use super::{super::facts::is_guid, Case, Check, Found};
use crate::{entra::scopes, secret};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("credential.secret_id_instead_of_value", secret_is_guid),
    ("credential.missing", credential_missing),
    ("credential.public_flag_off", no_redirect_uri_in_grant),
    ("request.placeholder", placeholder),
    ("client.first_party_borrowed", first_party),
];

fn secret_is_guid(case: &Case<'_>) -> Option<Found> {
    let secret = case.param("client_secret").filter(|secret| is_guid(secret))?;
    Found::certain(
        "request client_secret",
        &format!("{}, a GUID", secret::mask(secret)),
        "a value, about 40 characters",
    )
}

fn credential_missing(case: &Case<'_>) -> Option<Found> {
    case.evidence.request.as_ref()?;
    match case.params.get("client_secret") {
        Some("") => Found::certain("request client_secret", "empty", "the secret's value"),
        None if matches!(case.code, Some(7_000_216 | 7_000_219)) => {
            Found::certain("request client_secret", "absent", "the secret's value")
        }
        _ => None,
    }
}

fn no_redirect_uri_in_grant(case: &Case<'_>) -> Option<Found> {
    let grant = case.grant().filter(|_| case.param("redirect_uri").is_none())?;
    Found::likely("request grant_type", grant, "a grant without redirect URI needs isFallbackPublicClient")
}

fn placeholder(case: &Case<'_>) -> Option<Found> {
    ["tenant", "client_id"].into_iter().find_map(|name| {
        let value = case.facts.get(name)?;
        let lower = value.to_ascii_lowercase();
        let is_template = value.contains(['{', '}', '<', '>', '$'])
            || ["undefined", "null", "none"].contains(&lower.as_str())
            || ["your-", "your_", "enter_", "placeholder", "example-"]
                .iter()
                .any(|begin| lower.starts_with(begin))
            || (is_guid(value) && value.bytes().all(|b| b == b'0' || b == b'-'));
        if is_template { Found::certain(name, value, "a real value") } else { None }
    })
}

fn first_party(case: &Case<'_>) -> Option<Found> {
    let client_id = case.facts.get("client_id")?;
    let known = scopes::well_known(client_id)?;
    Found::certain("client_id", &format!("{client_id} ({})", known.name), "a client id of your own")
}
