//! The claims of a client assertion: for whom it speaks, whom it is meant for, and its times beside the clocks of both
//! sides.
//!
//! Entra's message about times (700024, 500133) gives three: its own clock, and begin and end of the assertion. Where the
//! clock of this machine is known as well, a cached assertion is told from a clock that is wrong, and minutes from hours.

use std::time::Duration;

use super::{
    super::Certainty,
    Case, Check, Found,
    assertion::{TOLERANCE, ahead, over, shown, text},
    wording,
};
use crate::{
    text::beginning,
    time::{UnixTime, span},
    token::{Decoded, Kind},
    wire::Request,
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("credential.assertion_claims", issuer_is_not_client),
    ("credential.assertion_incomplete", something_missing),
    ("credential.assertion_audience", meant_for_another),
    ("credential.assertion_replayed", used_before),
    ("credential.assertion_expired", expired),
    ("credential.assertion_ahead", |case| {
        if in_hours(case).is_some() || skewed(case).is_some() {
            return None;
        }
        ahead(case, client(case)?)
    }),
    ("clock.skew", skew),
    ("clock.time_zone", in_hours),
];

/// A token endpoint that has seen an assertion does not take it again; where it was sent before stands in the session.
fn used_before(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.unused"]) {
        return Some(found);
    }
    if case.code != Some(50027) {
        return None;
    }
    let token = client(case)?;
    let earlier = case.evidence.previous_request.iter().chain(&case.evidence.history);
    let same = |request: &&Request| request.form().get("client_assertion") == Some(token.raw.expose());
    earlier.filter(same).count().checked_sub(1)?;
    // What is wrong with the assertion itself was wrong the first time, too: that is looked for by others.
    Found::likely("jti of the client assertion", &shown(token, "jti"), "one that no request has sent before")
}

fn client<'a>(case: &'a Case<'_>) -> Option<&'a Decoded> {
    case.presented.client.as_ref().filter(|token| token.kind == Kind::Jws)
}

fn issuer_is_not_client(case: &Case<'_>) -> Option<Found> {
    let rules = ["assertion.issuer_is_subject", "assertion.client_id"];
    if let Some(found) = case.by_rule(&rules) {
        return Some(found);
    }
    let Some(token) = client(case) else {
        let is_it = case.code == Some(50027)
            && case.says(&["thumbprint", "x5t", "'iss'", "'sub'", "issuer", "subject claim"]);
        return if is_it {
            Found::likely("the message", "names a part of the assertion that is missing", "")
        } else {
            None
        };
    };
    let (issuer, subject) = (text(token, "iss"), text(token, "sub"));
    let client_id = case.facts.get("client_id").unwrap_or_default();
    let place = |name: &str| format!("{name} of the client assertion");
    let is_client = |value: &str| !value.is_empty() && value.eq_ignore_ascii_case(client_id);
    if !issuer.is_empty() && !subject.is_empty() && issuer != subject {
        let wrong = if is_client(issuer) { ("sub", subject, issuer) } else { ("iss", issuer, subject) };
        let expected = if client_id.is_empty() { wrong.2 } else { client_id };
        let found = Found::certain(&place(wrong.0), wrong.1, expected)?;
        return Some(if is_client(issuer) || is_client(subject) || client_id.is_empty() {
            found
        } else {
            found.and(&place("sub"), subject, client_id)
        });
    }
    if issuer.is_empty() || client_id.is_empty() || is_client(issuer) {
        return None;
    }
    let of_app = case.evidence.registration.as_ref();
    let is_object_id =
        of_app.and_then(|app| app.object_id.as_deref()).is_some_and(|id| id.eq_ignore_ascii_case(issuer));
    let seen = if is_object_id { format!("{issuer}, the object id") } else { issuer.to_owned() };
    Found::certain(&place("iss"), &seen, client_id)
}

fn something_missing(case: &Case<'_>) -> Option<Found> {
    let rules = ["assertion.thumbprint", "assertion.claims"];
    if let Some(found) = case.by_rule(&rules) {
        return Some(found);
    }
    let token = client(case)?;
    let name = ["iss", "sub", "aud", "exp"].into_iter().find(|name| !token.claims.contains_key(*name));
    if let Some(name) = name {
        return Found::certain(&format!("{name} of the client assertion"), "absent", "a value");
    }
    let names_certificate = ["x5t", "x5t#S256", "kid"].iter().any(|name| token.header.contains_key(*name));
    if names_certificate || text(token, "iss").contains("://") {
        return None;
    }
    Found::certain(
        "x5t#S256 of the client assertion",
        "absent",
        "the thumbprint of the certificate (x5t#S256 or x5t)",
    )
}

fn meant_for_another(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.audience"]) {
        return Some(found);
    }
    let is_told = case.says(&["audience"]);
    let Some(token) = client(case) else {
        // Without an assertion 700023 is about a scope.
        let is_assertion = is_told && case.says(&["assertion", "client_assertion"]);
        return if is_assertion && case.evidence.request.is_none() {
            Found::likely(
                "the message",
                "says that the audience does not fit",
                "this tenant's token endpoint",
            )
        } else {
            None
        };
    };
    let sent = shown(token, "aud");
    let request = case.evidence.request.as_ref()?;
    let host = request.url.host_str().unwrap_or_default();
    let tenant = case.facts.get("tenant").unwrap_or_default();
    let base = format!("https://{host}/{tenant}");
    let fitting =
        [format!("{base}/oauth2/v2.0/token"), format!("{base}/oauth2/token"), format!("{base}/v2.0")];
    let asked = request.url.as_str().split('?').next().unwrap_or_default();
    let fits = |expected: &str| sent.split(' ').any(|one| one.eq_ignore_ascii_case(expected));
    let is_shared = |name: &str| ["common", "organizations", "consumers"].contains(&name);
    if !is_shared(tenant) && (fits(asked) || fitting.iter().any(|one| fits(one))) {
        return if case.code == Some(700_023) { None } else { Found::excluded() };
    }
    // Where the number does not say that it is the audience, other claims are as likely to be at fault.
    let found = if matches!(case.code, Some(700_023)) || is_told { Found::certain } else { Found::likely };
    let expected = if is_shared(tenant) {
        format!("https://{host}/<tenant id>/oauth2/v2.0/token")
    } else {
        fitting[0].clone()
    };
    found("aud of the client assertion", &sent, &expected)
}

// Times.

/// Begin, end, and Entra's clock.
struct Times {
    begin: Option<UnixTime>,
    end: Option<UnixTime>,
    /// When the other side looked, by its own clock.
    there: Option<UnixTime>,
    /// Whether the other side looked with a clock that is right: Entra's.
    is_entras: bool,
}

fn times(case: &Case<'_>) -> Times {
    let told = case.sentence.as_str();
    let told_now = wording::time_after(told, &["current time (utc)", "current time"]);
    let is_entras = case.code.is_some();
    let token = match case.code {
        Some(500_133 | 50013) => case.presented.user.as_ref(),
        Some(_) => case.presented.client.as_ref(),
        None => case.token.as_ref(),
    };
    let token = token.filter(|token| token.kind == Kind::Jws);
    let of_token = |names: &[&str]| token.and_then(|token| names.iter().find_map(|name| token.time(name)));
    let begin = wording::time_after(told, &["valid from", "validfrom (utc)", "validfrom", "notbefore"]);
    let end = wording::time_after(
        told,
        &["expiry time of assertion", "expiry time", "validto (utc)", "validto", "valid to"],
    );
    Times {
        begin: begin.or_else(|| of_token(&["nbf", "iat"])),
        end: end.or_else(|| of_token(&["exp"])),
        there: told_now.or_else(|| if is_entras { answered_at(case) } else { case.evidence.now }),
        is_entras,
    }
}

/// When the answer was written, by the clock of whoever wrote it.
fn answered_at(case: &Case<'_>) -> Option<UnixTime> {
    if let Some(answered) = case.facts.answered {
        return Some(answered);
    }
    let date = case.evidence.response.as_ref().and_then(|response| response.headers.get("date"));
    date.and_then(UnixTime::from_http_date)
        .or_else(|| case.facts.timestamp.as_deref().and_then(UnixTime::parse))
        .or_else(|| {
            let text = case.evidence.text.as_deref()?;
            let text = beginning(text, 20_000);
            let stamp = wording::time_after(text, &["timestamp"]);
            let header = || {
                let line = text.lines().map(|line| line.trim_start_matches(['<', ' '])).find_map(|line| {
                    line.get(..5).filter(|name| name.eq_ignore_ascii_case("date:"))?;
                    line.get(5..)
                })?;
                UnixTime::from_http_date(line)
            };
            stamp.or_else(header)
        })
}

/// Seconds from one time to another.
const fn between(from: UnixTime, to: UnixTime) -> i64 {
    to.seconds() - from.seconds()
}

/// Whether so many seconds are whole hours, or half ones as some zones have them, give or take.
fn are_hours(seconds: i64, tolerance: i64) -> bool {
    const HALF_HOUR: i64 = 1800;
    let seconds = seconds.abs();
    let off = seconds % HALF_HOUR;
    (HALF_HOUR * 2 - tolerance..=14 * 3600 + tolerance).contains(&seconds)
        && (off <= tolerance || HALF_HOUR - off <= tolerance)
}

fn shown_offset(seconds: i64) -> String {
    let word = if seconds < 0 { "behind" } else { "ahead" };
    format!("{} {word}", span(Duration::from_secs(seconds.unsigned_abs())))
}

/// Somebody speaks of the time zone beside times that do not fit.
fn told_zone(case: &Case<'_>) -> Option<Found> {
    let word =
        ["time zone", "timezone", "not in utc", "local time"].into_iter().find(|word| case.says(&[word]))?;
    let Times { begin, end, there, .. } = times(case);
    let (end, there) = (end?, there?);
    let is_off = end < there || begin.is_some_and(|begin| begin > there);
    let found =
        Found::likely("end of the assertion (exp)", &end.rfc3339(), &there.rfc3339()).filter(|_| is_off)?;
    let hours = shown_offset(between(there, end));
    Some(
        found
            .and("the text", &format!("speaks of “{word}”"), "seconds since 1970 in UTC")
            .with("duration", hours),
    )
}

fn in_hours(case: &Case<'_>) -> Option<Found> {
    told_zone(case).or_else(|| hours_off(case))
}

fn hours_off(case: &Case<'_>) -> Option<Found> {
    let Times { begin, end, there, .. } = times(case);
    let (begin, there) = (begin?, there.or_else(|| case.evidence.now.filter(|_| client(case).is_some()))?);
    let ahead = between(there, begin);
    let life = end.map_or(0, |end| between(begin, end));
    let is_ahead = ahead > 0 && are_hours(ahead, 240);
    // An assertion of some minutes that is exactly hours old was hardly kept that long.
    let is_of_client = client(case).is_none_or(|token| !text(token, "iss").contains("://"));
    let is_behind = ahead < 0 && are_hours(ahead, 60) && (60..=900).contains(&life) && is_of_client;
    // Made by a clock that is hours off, as the clock of this machine shows.
    let machine = case.clock_offset(there).filter(|seconds| are_hours(*seconds, 120));
    let is_machine =
        machine.is_some() && case.evidence.now.is_some_and(|now| between(begin, now).abs() <= 900);
    if !(is_ahead || is_behind || is_machine) {
        return None;
    }
    let found = Found::likely("begin of the assertion (nbf)", &begin.rfc3339(), &there.rfc3339())?;
    let hours = shown_offset(ahead);
    let found = found
        .and("difference", &format!("{hours}: whole hours"), "seconds since 1970 in UTC")
        .with("duration", hours);
    Some(match (is_machine, case.evidence.now) {
        (true, Some(now)) => found.and("clock of this machine", &now.rfc3339(), &there.rfc3339()),
        _ => found,
    })
}

fn skew(case: &Case<'_>) -> Option<Found> {
    // The authority says that the token is over; by the clock here it is not.
    let end = case.presented.user.as_ref().and_then(|token| token.time("exp"));
    let ours = end.zip(case.evidence.now).filter(|(end, now)| case.code == Some(500_133) && *now < *end);
    if let Some((end, now)) = ours {
        let found =
            Found::new(Certainty::Likely, "exp of the token", &end.date_time(), "past, says the authority");
        return Some(found.and("clock of this machine", &now.date_time(), "that of the authority"));
    }
    skewed(case).filter(|_| in_hours(case).is_none_or(|found| found.certainty.is_none()))
}

pub(super) fn skewed(case: &Case<'_>) -> Option<Found> {
    if case.code == Some(50013) && !case.says(&["time range", "expired", "lifetime"]) {
        return None;
    }
    let Times { begin, end, there, is_entras } = times(case);
    let tolerance = i64::try_from(TOLERANCE.as_secs()).unwrap_or(300);
    let not_yet = begin.zip(there).map(|(begin, there)| between(there, begin)).filter(|seconds| *seconds > 0);
    if let (Some(seconds), Some(begin), Some(there)) = (not_yet, begin, there)
        && seconds <= 14 * 3600
        && !are_hours(seconds, 240)
    {
        let found = Found::likely(
            "begin of the assertion (nbf)",
            &begin.rfc3339(),
            &format!("{} or earlier", there.rfc3339()),
        )?;
        let off = format!("{} ahead of the other clock", span(Duration::from_secs(seconds.unsigned_abs())));
        return Some(found.and("difference", &off, "less than 5 minutes"));
    }
    if !is_entras && case.says(&["not yet valid", "immature"]) && begin.is_none() {
        return Found::likely("the message", "the token is not yet valid", "clocks that agree");
    }
    let there = there.or_else(|| answered_at(case))?;
    let now = case.evidence.now?;
    let off = case.clock_offset(there)?;
    // A text may be pasted long after; only a time ahead of ours, or the answer itself, tells about the clock.
    let is_behind = off < -tolerance;
    let is_ahead = off > tolerance
        && (case.evidence.response.is_some() || case.evidence.request.is_some())
        && end.is_none_or(|end| end > now);
    if !(is_behind || is_ahead) {
        return None;
    }
    Found::likely("clock of this machine", &now.rfc3339(), &there.rfc3339())
        .map(|found| found.and("difference", &shown_offset(off), "less than 5 minutes"))
}

fn expired(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["assertion.in_time", "federation.in_time"]) {
        let begins_later = case.presented.client.as_ref().is_some_and(|token| ahead(case, token).is_some());
        return Some(found).filter(|_| !begins_later);
    }
    let Times { begin, end, there, .. } = times(case);
    let is_ahead = begin.zip(there).is_some_and(|(begin, there)| begin > there);
    if is_ahead {
        return Found::excluded();
    }
    if in_hours(case).is_some() || skewed(case).is_some() {
        return None;
    }
    let kind = client(case).map(|token| text(token, "iss")).filter(|issuer| issuer.contains("://"));
    let with_issuer = |found: Found| match kind {
        Some(issuer) => {
            found.and("iss of the assertion", issuer, "a token that was fetched right before its use")
        }
        None => found,
    };
    let Some((end, there)) = end.zip(there) else {
        let mut found = over(case, client(case)?, TOLERANCE)?;
        if case.evidence.is_asked_later {
            found.certainty = Some(Certainty::Likely); // by now it would be over anyway
        }
        return Some(with_issuer(found));
    };
    if end >= there {
        return None;
    }
    let agrees = case.clock_offset(there).is_some_and(|off| off.unsigned_abs() <= TOLERANCE.as_secs());
    let found = if agrees { Found::certain } else { Found::likely };
    let age = begin.map(|begin| span(there.since(begin)));
    let found =
        found("end of the assertion (exp)", &end.rfc3339(), &format!("later than {}", there.rfc3339()))?;
    let found = match age {
        Some(age) => found.and("age of the assertion", &age, "some minutes: a new one for each request"),
        None => found,
    };
    Some(with_issuer(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_told_from_minutes() {
        for seconds in [3600, -7195, 19_800, 7260] {
            assert!(are_hours(seconds, 60), "{seconds}");
        }
        for seconds in [0, 420, 1800, 3000, 6300, 15 * 3600] {
            assert!(!are_hours(seconds, 60), "{seconds}");
        }
    }
}
