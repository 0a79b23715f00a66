//! Which cause it is where an API refuses a request for its form, or a machine a request for a token: path, query and
//! headers, and the words of the answer. What is wrong with a token stands in `token`, `audience`, `issuer`,
//! `signing_key` and `permission`.

use super::{super::place::Place, Case, Check, Found};
use crate::wire::Request;

/// Ways to name an identity.
const SELECTORS: [&str; 5] = ["client_id", "object_id", "principal_id", "msi_res_id", "mi_res_id"];

/// Checks about calls to APIs and to the identity endpoint.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("api.request_form", |case| {
        case.by_rule(&[
            "path.known",
            "query.select",
            "query.supported",
            "method.allowed",
            "body.readable",
            "stock.room",
        ])
    }),
    ("api.object_elsewhere", |case| case.by_rule(&["resource.exists", "photo.exists"])),
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
    ("managed_identity.unavailable", |case| {
        case.by_rule(&["identity.assigned"]).or_else(|| case.said(&["identity not found", "not assigned"]))
    }),
];

/// The request, if it went to an API.
pub(super) fn call<'a>(case: &Case<'a>) -> Option<&'a Request> {
    case.evidence.request.as_ref().filter(|_| matches!(case.facts.place, Place::Api(_)))
}

/// The request, if it went to the identity endpoint of a machine.
fn machine<'a>(case: &Case<'a>) -> Option<&'a Request> {
    case.evidence.request.as_ref().filter(|_| case.facts.place == Place::Machine)
}

fn proof_missing(case: &Case<'_>) -> Option<Found> {
    let request = machine(case)?;
    if request.url.path().contains("/metadata/identity/") && request.headers.get("metadata") != Some("true") {
        let sent = request.headers.get("metadata").unwrap_or("absent");
        return Found::certain("request Metadata", sent, "true");
    }
    if request.url.path().contains("/msi/token") && request.headers.get("x-identity-header").is_none() {
        return Found::certain("request X-IDENTITY-HEADER", "absent", "the value of IDENTITY_HEADER");
    }
    case.by_rule(&["identity.caller_on_machine"])
}
