//! The service's own side: it limits or it fails. What an answer says about when to come back is the evidence.

use super::{Case, Check, Found};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[("service.throttled", throttled), ("service.outage", outage)];

/// The time to wait as the answer names it: the header, or the same word in a log.
fn retry_after(case: &Case<'_>) -> Option<String> {
    let header = case.evidence.response.as_ref().and_then(|response| response.headers.get("retry-after"));
    header.map(str::to_owned).or_else(|| {
        let at = ["retry-after", "retry after", "retryafter"]
            .into_iter()
            .find_map(|word| case.message.find(word).map(|at| at + word.len()))?;
        let rest = case.message[at..].trim_start_matches([':', '=', '"', '\'', ' ', '[', '\\']);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).take(6).count();
        (digits > 0).then(|| rest[..digits].to_owned())
    })
}

fn status(case: &Case<'_>) -> Option<u16> {
    case.evidence.response.as_ref().map(|response| response.status)
}

fn throttled(case: &Case<'_>) -> Option<Found> {
    let wait = retry_after(case);
    let seconds = |wait: &str| {
        if wait.bytes().all(|b| b.is_ascii_digit()) { format!("{wait} seconds") } else { wait.to_owned() }
    };
    let is_limited = status(case) == Some(429)
        || matches!(case.code, Some(90055 | 90024))
        || case.says(&[
            "http 429",
            "status 429",
            "429 too many",
            "too many requests",
            "toomanyrequests",
            "throttl",
        ]);
    match (is_limited, wait) {
        (true, Some(wait)) => Some(
            Found::certain("Retry-After", &seconds(&wait), "no request before that")?
                .with("duration", seconds(&wait)),
        ),
        (true, None) => Found::certain("the answer", "too many requests", "a pause that grows each time"),
        (false, _) => None,
    }
}

fn outage(case: &Case<'_>) -> Option<Found> {
    if let Some(status) = status(case).filter(|status| *status >= 500) {
        let found = Found::likely("status of the answer", &status.to_string(), "below 500")?;
        return Some(match retry_after(case) {
            Some(wait) => found.and("Retry-After", &wait, "no request before that"),
            None => found,
        });
    }
    let status = ["500 internal", "502 bad", "503 service", "504 gateway"];
    case.said(&status)
}
