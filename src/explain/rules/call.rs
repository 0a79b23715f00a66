//! Which cause it is where an API refuses a request for its form: path, query and body. What is wrong with a token stands
//! in `token`, `audience`, `issuer`, `signing_key` and `permission`.

use super::{super::place::Place, Case, Check};
use crate::wire::Request;

/// Checks about calls to APIs.
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
];

/// The request, if it went to an API.
pub(super) fn call<'a>(case: &Case<'a>) -> Option<&'a Request> {
    case.evidence.request.as_ref().filter(|_| matches!(case.facts.place, Place::Api(_)))
}
