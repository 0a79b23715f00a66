//! The form of a request, and the clock of the machine that made it.

use std::time::Duration;

use super::{Case, Check, Found};
use crate::time::UnixTime;

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("request.not_form_encoded", not_a_form),
    ("request.parameter_missing", parameter_missing),
    ("clock.skew", clock_skew),
];

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

fn clock_skew(case: &Case<'_>) -> Option<Found> {
    const TOLERANCE: Duration = Duration::from_secs(300);
    let now = case.evidence.now?;
    let stamp = case.facts.timestamp.as_deref()?;
    let at: jiff::Timestamp = stamp.parse().ok()?;
    let at = UnixTime::from_millis(at.as_millisecond());
    // A text may be pasted long after; only a time ahead of ours, or the answer itself, tells about the clock.
    let is_behind = at.since(now) > TOLERANCE;
    let is_ahead = case.evidence.response.is_some() && now.since(at) > TOLERANCE;
    if is_behind || is_ahead {
        Found::likely("clock of this machine", &now.date_time(), &at.date_time())
    } else {
        None
    }
}
