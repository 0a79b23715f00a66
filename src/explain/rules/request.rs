//! The form of a request.

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] =
    &[("request.not_form_encoded", not_a_form), ("request.parameter_missing", parameter_missing)];

fn not_a_form(case: &Case<'_>) -> Option<Found> {
    let request = case.evidence.request.as_ref().filter(|request| !request.body.is_empty())?;
    let kind = request.headers.get("content-type").unwrap_or("absent");
    if kind.starts_with("application/x-www-form-urlencoded") {
        let glued = case.params.iter().any(|(name, _)| name.starts_with("amp;"));
        return if glued { Found::certain("request body", "&amp; between parameters", "&") } else { None };
    }
    Found::certain("request content-type", kind, "application/x-www-form-urlencoded")
}

fn parameter_missing(case: &Case<'_>) -> Option<Found> {
    let name = case.facts.get("param_name")?;
    case.evidence.request.as_ref()?;
    match case.params.get(name) {
        None => Found::certain(&format!("request {name}"), "absent", "a value"),
        Some("") => Found::certain(&format!("request {name}"), "empty", "a value"),
        Some(_) => None,
    }
}
