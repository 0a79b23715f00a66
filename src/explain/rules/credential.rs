//! Whether a client has to prove itself, whether it did, and whether it should have: a secret that is missing, one that a
//! public client must not send, and the switch that says which of the two a client is.

use super::{Case, Check, Found, client_secret::sent_secret};
use crate::{entra::registration::Platform, wire::Params};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("credential.missing", missing),
    ("credential.public_flag_off", public_flag_off),
    ("credential.sent_by_public_client", sent_by_public_client),
];

/// The older number for credentials is said of secrets and of assertions: whether a cause is about the kind that it was not.
pub(super) fn is_other_kind(key: &str, case: &Case<'_>) -> bool {
    let is_about_secrets =
        key.ends_with("_secret") || key.contains("secret_id") || key == "request.placeholder";
    let is_sent = |name: &str| case.params.get(name).is_some();
    let told = |words: &[&str]| words.iter().any(|word| case.sentence.to_ascii_lowercase().contains(word));
    let is_secret = is_sent("client_secret") || told(&["client secret", "client_secret"]);
    let is_assertion =
        is_sent("client_assertion") || told(&["assertion", "audience", "certificate", "signature"]);
    match (is_secret, is_assertion) {
        (true, false) => !is_about_secrets,
        (false, true) => is_about_secrets,
        (true, true) | (false, false) => false,
    }
}

const DEVICE_AND_PASSWORD: [&str; 6] = [
    "password",
    "device_code",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:saml1_1-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "windows_integrated",
];

fn missing(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["credential.present"]) {
        return Some(found).filter(|_| case.code != Some(7_000_218));
    }
    let request = case.evidence.request.as_ref()?;
    let names = names(&case.params);
    if case.params.get("client_secret") == Some("") || case.params.get("client_assertion") == Some("") {
        let name =
            if case.params.get("client_secret") == Some("") { "client_secret" } else { "client_assertion" };
        return Found::certain(&format!("request {name}"), "empty", "a value");
    }
    let form = request.form();
    let in_query = request.query().get("client_secret").is_some() && form.get("client_secret").is_none();
    if in_query && request.method.as_str() == "POST" {
        return Found::certain("request client_secret", "in the query of the address", "in the form body");
    }
    if case.param("client_assertion").is_some() && case.param("client_assertion_type").is_none() {
        return Found::certain(
            "request client_assertion_type",
            "absent",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        );
    }
    let untold = ["client_secret", "client_assertion"].into_iter().find(|name| case.is_untold(name));
    if let Some(name) = untold {
        return Found::likely(&format!("request {name}"), "from a variable that was empty", "a value");
    }
    if case.param("client_secret").or(case.param("client_assertion")).is_some() || sent_secret(case).is_some()
    {
        return Found::excluded();
    }
    if case.code == Some(7_000_219) {
        let expected = "client_secret, or client_assertion with its type";
        return Found::certain("request parameters", &names, expected);
    }
    let misnamed = case.params.iter().map(|(name, _)| name).find(|name| {
        let bare: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        ["clientsecret", "secret", "appsecret", "apikey", "clientassertion", "assertion"]
            .contains(&bare.as_str())
            && !["client_secret", "client_assertion", "assertion"].contains(name)
    });
    if let Some(name) = misnamed {
        return Found::certain(&format!("request {name}"), "sent under this name", "client_secret");
    }
    let body = request.body.text();
    let is_form = !body.trim_start().starts_with(['{', '[', '<']) && !body.contains("&amp;");
    if case.grant() == Some("client_credentials") && is_form {
        return Found::certain("request parameters", &names, "client_secret or client_assertion among them");
    }
    // Who has a secret or certificate registered meant to be confidential.
    let app = case.app()?;
    let has_credentials = !app.passwords.is_empty() || !app.certificates.is_empty() || has_federated(case);
    let address = case.param("redirect_uri")?;
    let is_web = case.platforms_of(address).is_some_and(|platforms| platforms.contains(&Platform::Web));
    let is_own_machine = ["http://localhost", "http://127.0.0.1", "http://[::1]"]
        .iter()
        .any(|begin| address.starts_with(begin));
    if !has_credentials || !is_web || is_own_machine {
        return None;
    }
    Found::likely("request parameters", &names, "client_secret or client_assertion among them")
        .map(|found| found.and("registration web.redirectUris", address, "a server that proves itself"))
}

/// The names of parameters, for evidence.
pub(super) fn names(params: &Params) -> String {
    let names: Vec<&str> = params.iter().map(|(name, _)| name).take(16).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn has_federated(case: &Case<'_>) -> bool {
    case.app().and_then(|app| app.federated.as_ref()).is_some_and(|all| !all.is_empty())
}

fn public_flag_off(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["credential.present"]) {
        let is_code = case.grant() == Some("authorization_code");
        return Some(found).filter(|_| case.code == Some(7_000_218) && !is_code);
    }
    let flag = case.app().map(|app| app.is_fallback_public_client == Some(true));
    if flag == Some(true) || case.params.get("client_secret").is_some() {
        return Found::excluded();
    }
    let expected = "true, as a grant without redirect URI needs it";
    let Some(grant) = case.grant() else {
        // A library names the grant in its log.
        const WORDS: [&str; 12] = [
            "device_flow",
            "device flow",
            "devicecode",
            "device code",
            "device_code",
            "usernamepassword",
            "username_password",
            "byusernamepassword",
            "integratedwindowsauth",
            "grant_type=password",
            "ropc",
            "resourceownerpassword",
        ];
        let word = WORDS.into_iter().find(|word| case.says(&[word]))?;
        return Found::likely("the message", &format!("speaks of {word}"), "isFallbackPublicClient: true");
    };
    let is_refresh = grant == "refresh_token" && flag == Some(false);
    if case.param("redirect_uri").is_some() || !(DEVICE_AND_PASSWORD.contains(&grant) || is_refresh) {
        return if case.param("redirect_uri").is_some() { Found::excluded() } else { None };
    }
    let Some(app) = case.app() else {
        return Found::likely(
            "request grant_type",
            grant,
            "a grant without redirect URI needs isFallbackPublicClient",
        );
    };
    let shown = match app.is_fallback_public_client {
        Some(value) => value.to_string(),
        None => "null".to_owned(),
    };
    let proves_itself = is_refresh || !app.passwords.is_empty() || !app.certificates.is_empty();
    let found = if proves_itself { Found::likely } else { Found::certain };
    found("registration isFallbackPublicClient", &shown, expected)
        .map(|found| found.and("request grant_type", grant, "a grant without redirect URI"))
}

fn sent_by_public_client(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["credential.none_if_public"]) {
        return Some(found);
    }
    if case.code == Some(90023)
        && !case.says(&["public client", "public clients", "client secret", "client_secret"])
    {
        return Found::excluded();
    }
    let secret = sent_secret(case);
    let what = if secret.is_some() {
        "client_secret"
    } else if case.param("client_assertion").is_some() {
        "client_assertion"
    } else if case.evidence.request.is_some() {
        return None;
    } else {
        return Found::likely("the message", "a credential came from a public client", "no credential");
    };
    let place = format!("request {what}");
    let address = case.param("redirect_uri").or(case.previous_param("redirect_uri"));
    let Some(app) = case.app() else {
        return Found::likely(&place, "sent", "nothing: public clients send none");
    };
    if let Some(address) = address {
        let platforms = case.platforms_of(address).unwrap_or_default();
        let public = platforms.iter().find(|platform| **platform != Platform::Web);
        if let Some(platform) = public {
            let found = if platforms.contains(&Platform::Web) { Found::likely } else { Found::certain };
            return found(&place, "sent", "nothing: this address makes the client public").map(|found| {
                found.and(&format!("registration {}", platform.member()), address, "an address under Web")
            });
        }
    }
    if app.is_fallback_public_client == Some(true) {
        let found = if address.is_none() { Found::certain } else { Found::likely };
        return found(&place, "sent", "nothing: public clients send none").map(|found| {
            found.and("registration isFallbackPublicClient", "true", "false, if this is a server")
        });
    }
    Found::likely(&place, "sent", "nothing: public clients send none")
}
