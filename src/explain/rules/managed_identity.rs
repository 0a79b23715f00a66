//! Managed identities: what the endpoint on the machine was asked, what it said, and what a library made of it.

use super::{super::place::Place, Case, Check, Found};
use crate::wire::Request;

/// One check for each way in which a machine gives no token.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("managed_identity.header_missing", proof_missing),
    ("managed_identity.forwarded", |case| {
        let sent = machine(case)?.headers.get("x-forwarded-for")?;
        Found::certain("request X-Forwarded-For", sent, "no such header")
    }),
    ("managed_identity.version", |case| {
        if machine(case)?.query().get("api-version").is_none() {
            return Found::certain(
                "request api-version",
                "absent",
                "2018-02-01, or 2019-08-01 in App Service",
            );
        }
        case.by_rule(&["identity.version"])
    }),
    ("managed_identity.resource_missing", |case| {
        if machine(case)?.query().get("resource").is_some_and(|resource| !resource.is_empty()) {
            return None;
        }
        Found::certain("request resource", "absent", "the identifier of one API")
    }),
    ("managed_identity.default_suffix", |case| {
        let query = machine(case)?.query();
        let sent = query.get("resource").filter(|resource| resource.ends_with("/.default"))?;
        Found::certain("request resource", sent, "the same without /.default")
    }),
    ("managed_identity.named_twice", |case| {
        let query = machine(case)?.query();
        let names: Vec<_> = SELECTORS.into_iter().filter(|name| query.get(name).is_some()).collect();
        if names.len() < 2 {
            return None;
        }
        Found::certain("request query", &names.join(" and "), "one of them, or none")
    }),
    ("managed_identity.several", |case| {
        if named(case).is_some() {
            return Found::excluded();
        }
        case.said(&["multiple user assigned", "multiple user-assigned", "multiple managed identities"])
            .or_else(|| case.said(&["specify the clientid", "specify the client id", "specify a client id"]))
            .or_else(Found::excluded)
    }),
    ("managed_identity.not_on_azure", |case| {
        case.said(&ABSENT).or_else(|| {
            let text = addressed(case)?;
            let cut_off = CUT_OFF.iter().find(|words| case.says(&[words]))?;
            Found::likely(
                "the message",
                &format!("{text} and “{cut_off}”"),
                "an answer of the identity endpoint",
            )
        })
    }),
    ("managed_identity.unavailable", not_assigned),
    ("managed_identity.nobody_signed_in", |case| {
        // Only where the chain says nothing more exact about the machine's identity.
        let about_machine = ["identity not found", "not been assigned", "multiple user assigned"];
        if case.says(&about_machine) {
            return None;
        }
        case.said(&["az login", "azure cli not installed", "azd auth login", "connect-azaccount"])
    }),
];

/// Ways to name an identity.
const SELECTORS: [&str; 5] = ["client_id", "object_id", "principal_id", "msi_res_id", "mi_res_id"];

/// How libraries say that there is no identity endpoint.
const ABSENT: [&str; 9] = [
    "no managed identity endpoint",
    "no response from the imds endpoint",
    "imds endpoint is not available",
    "failed to connect to imds",
    "not running on azure",
    "managedidentitycredential is not available",
    "could not contact the imds",
    "the managed identity endpoint is not available",
    "unable to connect to the instance metadata service",
];

/// How programs say that an address did not answer.
const CUT_OFF: [&str; 12] = [
    "timed out",
    "timeout",
    "etimedout",
    "ehostunreach",
    "enetunreach",
    "unreachable",
    "no route to host",
    "econnrefused",
    "connection refused",
    "ehostdown",
    "host is down",
    "max retries",
];

/// The request, if it went to the identity endpoint of a machine.
fn machine<'a>(case: &Case<'a>) -> Option<&'a Request> {
    case.evidence.request.as_ref().filter(|_| case.facts.place == Place::Machine)
}

/// The identity that the request names, and by which parameter.
fn named(case: &Case<'_>) -> Option<(&'static str, String)> {
    let query = machine(case)?.query();
    SELECTORS.into_iter().find_map(|name| Some((name, query.get(name)?.to_owned())))
}

/// The address of the endpoint, if the message holds it.
fn addressed(case: &Case<'_>) -> Option<&'static str> {
    ["169.254.169.254", "imds", "/msi/token", "metadata/identity"]
        .into_iter()
        .find(|address| case.says(&[address]))
}

fn not_assigned(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["identity.assigned"]) {
        return Some(found);
    }
    let found = case.said(&[
        "identity not found",
        "identity_not_found",
        "identitynotfound",
        "not been assigned",
        "no identity has been assigned",
        "not assigned",
        "no user assigned or delegated managed identity",
        "no managed identity found",
        "unable to load the proper managed identity",
        "does not have managed identity",
    ])?;
    Some(match named(case) {
        Some((name, value)) => {
            found.and(&format!("request {name}"), &value, "an identity that is assigned to this machine")
        }
        None => found,
    })
}

fn proof_missing(case: &Case<'_>) -> Option<Found> {
    let request = machine(case)?;
    if request.url.path().contains("/metadata/identity/") && request.headers.get("metadata") != Some("true") {
        // Without any header the request is out of a log, where nobody wrote them down.
        if case.has_headers() || case.says(&["metadata header", "metadata: true"]) {
            let sent = request.headers.get("metadata").unwrap_or("absent");
            return Found::certain("request Metadata", sent, "true");
        }
    }
    if request.url.path().contains("/msi/token") && request.headers.get("x-identity-header").is_none() {
        return Found::certain("request X-IDENTITY-HEADER", "absent", "the value of IDENTITY_HEADER");
    }
    case.by_rule(&["identity.caller_on_machine"])
}
