//! The form of a request.

use super::{Case, Check, Found, credential::names};
use crate::{
    explain::Certainty,
    wire::{Method, Request},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("request.not_form_encoded", not_a_form),
    ("request.parameter_missing", parameter_missing),
    ("request.get_on_token", get_on_token),
    ("request.grant_type_unknown", unknown_grant),
    ("request.value_not_allowed", value_not_allowed),
    ("request.grant_not_offered", |case| {
        let grant = grant_meant(case)?;
        if is_of_public_clients(&grant) {
            return Found::excluded();
        }
        Found::likely("grant_type", &grant, "a grant that the client's registration lists")
            .map(|found| found.with("found", grant))
    }),
    ("credential.flow_disabled", |case| {
        let grant = grant_meant(case)?;
        if is_of_public_clients(&grant) {
            return Found::likely("grant_type", &grant, "a flow that is switched on for the client");
        }
        Found::excluded()
    }),
];

/// The grant that a provider does not let the client use: of the request, or as the message calls it.
fn grant_meant(case: &Case<'_>) -> Option<String> {
    const WORDS: [(&str, &str); 9] = [
        ("client_credentials", "client_credentials"),
        ("client credentials", "client_credentials"),
        ("authorization_code", "authorization_code"),
        ("refresh_token", "refresh_token"),
        ("device", "device_code"),
        ("direct access", "password"),
        ("password", "password"),
        ("implicit", "implicit"),
        ("token-exchange", "token-exchange"),
    ];
    let told = || WORDS.into_iter().find(|(word, _)| case.says(&[word])).map(|(_, grant)| grant.to_owned());
    case.grant().map(str::to_owned).or_else(told)
}

/// Whether a grant is one that is switched on for clients without a secret.
fn is_of_public_clients(grant: &str) -> bool {
    grant == "password" || grant.contains("device_code")
}

fn value_not_allowed(case: &Case<'_>) -> Option<Found> {
    let is_number = |value: &str| value.bytes().all(|b| b.is_ascii_digit());
    if let Some(value) = case.param("max_age").filter(|value| !is_number(value)) {
        return Found::certain("request max_age", value, "a number of seconds");
    }
    // Those of response_type, response_mode and prompt have a cause of their own.
    let sent = case.param("requested_token_use").filter(|sent| *sent != "on_behalf_of")?;
    Found::certain("request requested_token_use", sent, "on_behalf_of")
}

/// The request, if it went to an endpoint that reads a form from the body.
fn to_form_endpoint<'a>(case: &Case<'a>) -> Option<&'a Request> {
    let request = case.evidence.request.as_ref()?;
    let path = request.url.path().trim_end_matches('/');
    ["/token", "/devicecode", "/device"].iter().any(|end| path.ends_with(end)).then_some(request)
}

/// A percent sign with something else than two hexadecimal digits behind it, and what stands there (RFC 3986 §2.1).
fn broken_escape(encoded: &str) -> Option<&str> {
    encoded.match_indices('%').find_map(|(at, _)| {
        let behind: Vec<u8> = encoded.bytes().skip(at + 1).take(2).collect();
        let is_whole = behind.len() == 2 && behind.iter().all(u8::is_ascii_hexdigit);
        let end = encoded[at..].char_indices().nth(3).map_or(encoded.len(), |(end, _)| at + end);
        (!is_whole).then(|| &encoded[at..end])
    })
}

fn not_a_form(case: &Case<'_>) -> Option<Found> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let asked = case.evidence.request.as_ref()?;
    if let Some(broken) = broken_escape(asked.url.query().unwrap_or_default()) {
        return Found::certain(
            "request address",
            broken,
            "two hexadecimal digits behind each %, %25 for % itself",
        );
    }
    let request = to_form_endpoint(case).filter(|request| request.method == Method::Post)?;
    let kind = request.headers.get("content-type");
    let body = request.body.text();
    let body = body.trim();
    if body.is_empty() {
        let query = request.query();
        let in_query = ["grant_type", "client_id", "code"].into_iter().find(|name| query.get(name).is_some());
        if let Some(name) = in_query {
            return Found::certain(
                "place of the parameters",
                &format!("{name} stands in the query, and the body is empty"),
                "the form in the body",
            );
        }
    }
    if let Some(kind) = kind.filter(|kind| !kind.trim().to_ascii_lowercase().starts_with(FORM)) {
        return Found::certain("request Content-Type", kind, FORM);
    }
    if body.is_empty() {
        return if is_body_untold(request) { None } else { Found::excluded() };
    }
    if body.starts_with(['{', '[']) {
        return Found::certain("request body", "JSON", &format!("{FORM}: a=1&b=2"));
    }
    if body.starts_with("--") && body.contains("form-data") {
        return Found::certain("request body", "multipart/form-data", &format!("{FORM}: a=1&b=2"));
    }
    if kind.is_none() && case.has_headers() {
        return Found::certain("request Content-Type", "absent", FORM);
    }
    if case.params.iter().any(|(name, _)| name.starts_with("amp;")) {
        return Found::certain("request body", "&amp; between parameters", "& alone");
    }
    if !body.contains('=') {
        return Found::certain("request body", "no name=value pairs", "a=1&b=2");
    }
    if let Some(name) = cut_by_its_own_sign(body) {
        return Found::certain(
            "request body",
            &format!("the value of {name} holds a & or % that is not percent-encoded"),
            "each value percent-encoded: %26 for &, %2B for +, %25 for %",
        );
    }
    if let Some(broken) = broken_escape(body) {
        return Found::certain(
            "request body",
            broken,
            "two hexadecimal digits behind each %, %25 for % itself",
        );
    }
    // A password is refused as wrong where a plus sign in it arrives as a blank.
    let with_plus = pairs(body).find(|(name, value)| *name == "password" && value.contains('+'));
    if let Some((name, _)) = with_plus.filter(|_| case.code == Some(50126)) {
        return Found::likely(
            "request body",
            &format!("{name} holds a + that is not percent-encoded, and is read as a blank"),
            "%2B for +",
        );
    }
    // The form is right. Where other things can be wrong with what stands in it, that alone settles nothing.
    if [900_144, 90014, 7_000_216].map(Some).contains(&case.code) { Found::excluded() } else { None }
}

/// Whether a body was sent that the evidence does not show: a trace can leave it out.
fn is_body_untold(request: &Request) -> bool {
    let length = request.headers.get("content-length").and_then(|length| length.trim().parse::<u64>().ok());
    request.body.is_empty() && length.is_some_and(|length| length > 0)
}

/// The pairs of a form as they were written.
fn pairs(body: &str) -> impl Iterator<Item = (&str, &str)> {
    body.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// A parameter whose value holds a separator, so that a piece without a name follows; or a percent sign of its own.
fn cut_by_its_own_sign(body: &str) -> Option<&str> {
    let mut before = None;
    for pair in body.split('&') {
        let Some((name, value)) = pair.split_once('=') else {
            if before.is_some() && !pair.is_empty() {
                return before;
            }
            continue;
        };
        let bad_percent = value.split('%').skip(1).any(|rest| {
            let bytes = rest.as_bytes();
            !(bytes.len() >= 2 && bytes[0].is_ascii_hexdigit() && bytes[1].is_ascii_hexdigit())
        });
        if bad_percent {
            return Some(name);
        }
        before = Some(name);
    }
    None
}

/// What a request of each grant cannot do without.
const REQUIRED: &[(&str, &[&str])] = &[
    ("authorization_code", &["client_id", "code", "redirect_uri"]),
    ("refresh_token", &["client_id", "refresh_token"]),
    ("client_credentials", &["client_id", "scope"]),
    ("password", &["client_id", "username", "password", "scope"]),
    ("urn:ietf:params:oauth:grant-type:device_code", &["client_id", "device_code"]),
    (
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        &["client_id", "assertion", "scope", "requested_token_use"],
    ),
];

/// The name of the parameter that a message misses.
fn named(case: &Case<'_>) -> Option<String> {
    if case.code == Some(50001) {
        return Some("resource".to_owned());
    }
    if case.code == Some(28003) {
        return Some("scope".to_owned());
    }
    let labels = [
        "following parameter: ",
        "required parameter: ",
        "required field ",
        "required parameter ",
        "missing required parameter: ",
        "missing parameter: ",
        "missing parameter ",
        "parameter: ",
        "the parameter ",
    ];
    let told = || case.validation().first_of(&labels).into_iter().next();
    case.facts.get("param_name").map(str::to_owned).or_else(told)
}

fn parameter_missing(case: &Case<'_>) -> Option<Found> {
    if not_a_form(case).is_some_and(|found| found.certainty == Some(Certainty::Certain)) {
        return Found::excluded();
    }
    let fill = |found: Found, name: &str| found.with("param_name", name);
    let Some(name) = named(case) else {
        // A provider that names nothing: what the grant cannot do without.
        let grant = case.grant()?;
        let (_, required) = REQUIRED.iter().find(|(known, _)| *known == grant)?;
        let version_1 = case.param("resource").is_some();
        let name =
            required.iter().find(|name| case.param(name).is_none() && !(version_1 && **name == "scope"));
        let Some(name) = name.filter(|name| **name != "client_id" || !case.has_headers()) else {
            return Found::excluded();
        };
        return Found::likely(&format!("request {name}"), "absent", "a value").map(|found| fill(found, name));
    };
    if case.evidence.request.is_none() {
        // Whoever misses the first of all may not have found any: then the body was no form.
        if name == "grant_type" || case.code == Some(50001) {
            return None;
        }
        return Found::likely("the message", &format!("{name} is missing"), "a value")
            .map(|found| fill(found, &name));
    }
    if case.evidence.request.as_ref().is_some_and(is_body_untold) {
        return None;
    }
    let place = format!("request {name}");
    let letters = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' ', '.'], "");
    let misnamed = case
        .params
        .iter()
        .map(|(sent, _)| sent)
        .find(|sent| *sent != name && letters(sent) == letters(&name));
    let found = match case.params.get(&name) {
        None => Found::certain(&place, "absent", "a value").map(|found| match misnamed {
            Some(sent) => found.and("request parameters", sent, &name),
            None => found.and("request parameters", &names(&case.params), &format!("{name} among them")),
        }),
        Some(value) if value.trim().is_empty() => Found::certain(&place, "empty", "a value"),
        Some(_) if case.is_untold(&name) => {
            Found::likely(&place, "from a variable that was empty", "a value")
        }
        Some(_) => return Found::excluded(),
    };
    if case.code == Some(50001) && case.param("scope").is_some() {
        return Found::excluded();
    }
    found.map(|found| fill(found, &name))
}

fn get_on_token(case: &Case<'_>) -> Option<Found> {
    let Some(request) = case.evidence.request.as_ref() else {
        return case
            .says(&["get request", "'get'"])
            .then(|| Found::certain("the message", "says that a GET came", "POST"))
            .flatten();
    };
    let path = request.url.path();
    if request.method == Method::Get && path.trim_end_matches('/').ends_with("/token") {
        return Found::certain("request", &format!("GET {path}"), &format!("POST {path}"));
    }
    None
}

fn unknown_grant(case: &Case<'_>) -> Option<Found> {
    let known = REQUIRED.iter().map(|(grant, _)| *grant);
    let told = || {
        case.validation()
            .first_of(&[
                "unsupported grant type ",
                "grant type: ",
                "grant_type: ",
                "grant type ",
                "grant_type ",
            ])
            .into_iter()
            .next()
    };
    let sent = case.grant().map(str::to_owned).or_else(told)?;
    if known.clone().any(|grant| grant == sent) {
        return None;
    }
    let all: Vec<String> = known.map(str::to_owned).collect();
    let letters = |text: &str| text.to_ascii_lowercase().replace(['-', ' ', '_'], "");
    let near =
        all.iter().find(|grant| letters(grant) == letters(&sent) || grant.ends_with(&format!(":{sent}")));
    let near = near.or_else(|| {
        all.iter().find(|grant| {
            letters(grant).contains(&letters(&sent)) || letters(&sent).contains(&letters(grant))
        })
    });
    let expected = near.cloned().unwrap_or_else(|| all.join(", "));
    Found::certain("request grant_type", &sent, &expected)
        .map(|found| found.with("found", sent).with("wanted", expected))
}
