//! Second factors and Conditional Access: what a policy asks for, and whether this kind of request can give it.

use serde_json::Value;

use super::{Case, Check, Found, consent::is_on_behalf_of, message, user::is_password_grant};
use crate::{explain::Certainty, text};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("mfa.interaction_needed", second_factor),
    ("mfa.too_old", second_factor),
    ("terms.not_accepted", terms),
    ("mfa.obo_not_forwarded", on_behalf_of),
    ("mfa.not_passed", not_passed),
    ("ca.blocked", |case| Some(blocked(case))),
    ("ca.device_state", device),
    ("device.not_shown", device),
    ("device.not_joined", device),
    ("device.not_registered", device),
    ("device.of_another", device),
    ("device.gone", device),
    ("device.disabled", device),
    ("device.token_not_bound", device),
    ("ca.flow_blocked", flow),
    ("ca.security_defaults", flow),
    ("ca.sign_in_frequency", frequency),
    ("claims.not_json", claims_not_json),
];

/// The claims that an answer asks to be passed on, as JSON.
fn challenge(case: &Case<'_>) -> Option<String> {
    let of_refusal = case.evidence.refusal.as_ref().and_then(|refusal| refusal.claims.clone());
    let of_answer = || {
        let body = case.evidence.response.as_ref()?.body.text().into_owned();
        let value: Value = serde_json::from_str(&body).ok()?;
        value.get("claims")?.as_str().map(str::to_owned)
    };
    let of_text = || {
        let text = case.evidence.text.as_deref()?;
        let at = text.find(r#"{\"access_token\""#).or_else(|| text.find(r#"{"access_token""#))?;
        let rest: String = text[at..].chars().take(400).collect();
        let plain = rest.replace("\\\"", "\"");
        let mut values = serde_json::Deserializer::from_str(&plain).into_iter::<Value>();
        values.next()?.ok().map(|value| value.to_string())
    };
    of_refusal.or_else(of_answer).or_else(of_text).filter(|claims| !claims.is_empty())
}

/// The API that asks for it, by the message.
fn resource(case: &Case<'_>) -> Option<String> {
    let named =
        message::behind(&case.sentence, &["to access ", "access to ", "for resource "], &[". ", ", "]);
    let named = named.filter(|value| !value.contains(' ')).map(str::to_owned);
    named
        .or_else(|| message::guids(&case.sentence).first().map(|id| (*id).to_owned()))
        .or_else(|| case.facts.get("resource").map(str::to_owned))
}

fn with_challenge(found: Found, case: &Case<'_>) -> Found {
    let found = match resource(case) {
        Some(resource) => found.and("API that asks for it", &resource, "").with("resource", resource),
        None => found,
    };
    match challenge(case) {
        Some(claims) => {
            let shown = text::visible(&claims).into_owned();
            found
                .and("claims of the answer", &shown, "the parameter claims of an interactive request")
                .with("claims", claims)
        }
        None => found,
    }
}

fn second_factor(case: &Case<'_>) -> Option<Found> {
    if is_on_behalf_of(case) || is_password_grant(case) {
        return None; // these have causes of their own
    }
    let words = ["multi-factor", "multifactor", "second factor", "mfa"];
    if case.code.is_none() && challenge(case).is_none() && !case.says(&words) {
        return None; // interaction_required by itself has other reasons as well
    }
    let grant = case.grant();
    let what = match (grant, case.param("prompt")) {
        (_, Some("none")) => "prompt=none: no page may be shown",
        (Some("refresh_token"), _) => "refresh_token: no page can be shown",
        (Some("authorization_code"), _) => {
            "authorization_code: the sign-in asked no second factor for this API"
        }
        (Some(grant), _) if grant.ends_with("device_code") => "device_code",
        (Some(_), _) => "no page can be shown",
        (None, _) if case.evidence.request.is_some() => "an authorize request",
        (None, _) => {
            let found = Found::new(
                Certainty::Likely,
                "the answer",
                "a second factor is asked for",
                "an interactive request",
            );
            return Some(with_challenge(found, case));
        }
    };
    let place = if case.param("prompt").is_some() && grant.is_none() {
        "request prompt"
    } else {
        "request grant_type"
    };
    Some(with_challenge(Found::new(Certainty::Likely, place, what, "an interactive request"), case))
}

fn terms(case: &Case<'_>) -> Option<Found> {
    case.by_rule(&["terms.accepted"]).or_else(|| second_factor(case))
}

fn not_passed(case: &Case<'_>) -> Option<Found> {
    let found = case.by_rule(&["factor.right"]);
    found.or_else(|| {
        Found::likely("the answer", "the second factor was not passed: refused, wrong or too late", "passed")
    })
}

fn on_behalf_of(case: &Case<'_>) -> Option<Found> {
    if !is_on_behalf_of(case) {
        return if case.grant().is_some() { Found::excluded() } else { None };
    }
    let certainty = if case.grant().is_some() { Certainty::Certain } else { Certainty::Likely };
    let grant = case.grant().unwrap_or("on behalf of somebody");
    let found =
        Found::new(certainty, "request grant_type", grant, "an interactive request of the front application");
    Some(with_challenge(found, case))
}

fn blocked(case: &Case<'_>) -> Found {
    let found =
        Found::new(Certainty::Likely, "the answer", "blocked by a policy", "let in, or excepted from it");
    let found = match case.grant() {
        Some(grant) => found.and("request grant_type", grant, ""),
        None => found,
    };
    let found = match case.facts.get("correlation_id") {
        Some(id) => found.and("correlation id", id, "the entry in the sign-in log"),
        None => found,
    };
    let policies =
        challenge(case).map(|claims| message::guids(&claims).join(" ")).filter(|ids| !ids.is_empty());
    match policies {
        Some(ids) => found.and("policies in the answer", &ids, "").about(&ids),
        None => found,
    }
}

/// A device was asked for: what the request or the page tells about it.
fn device(case: &Case<'_>) -> Option<Found> {
    let rules = ["device.shown", "device.joined", "device.known", "device.own", "device.enabled"];
    if let Some(found) = case.by_rule(&rules) {
        return Some(found);
    }
    let text = case.evidence.text.as_deref().unwrap_or_default();
    let line = |words: &[&str]| message::behind(text, words, &["\n", "\\n", "\r", "<", " Device", " App"]);
    let identifier = line(&["device identifier:"]);
    let state = line(&["device state:"])
        .or_else(|| message::behind(&case.sentence, &["device state:"], &[". ", ", "]));
    let platform = line(&["device platform:"]);
    let what = match case.grant() {
        Some(grant) if grant.ends_with("device_code") => {
            Some("device_code: the device that polls cannot prove what it is")
        }
        Some("password") => Some("password: a bare password proves no device"),
        Some("refresh_token") => Some("refresh_token"),
        Some(_) => Some("a request without a browser"),
        None => None,
    };
    let is_about_it = matches!(
        case.code,
        Some(53000 | 53001 | 530_003 | 530_033 | 530_084 | 50097 | 50129 | 50155 | 700_003 | 135_011 | 50005)
    );
    if !is_about_it && identifier.is_none() && state.is_none() {
        return None;
    }
    let certainty = if is_about_it { Certainty::Likely } else { Certainty::Possible };
    let mut found = Found::new(
        certainty,
        "the answer",
        "a device that is known and in order is asked for",
        "shown by the request",
    );
    if let Some(what) = what {
        found = found.and("request grant_type", what, "a browser or broker on the managed device");
    }
    for (name, value) in
        [("Device identifier", identifier), ("Device state", state), ("Device platform", platform)]
    {
        if let Some(value) = value.filter(|value| value.len() < 80) {
            found = found.and(name, value, "");
        }
    }
    Some(found)
}

fn flow(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["flow.transferable", "security_defaults.allow"]) {
        return Some(found);
    }
    let is_about_it = matches!(case.code, Some(530_036 | 530_035));
    let grant = case.grant();
    let words = [
        ("device code", "device_code"),
        ("devicecode", "device_code"),
        ("device_code", "device_code"),
        ("usernamepassword", "password"),
    ];
    let told = case.evidence.text.as_deref().unwrap_or_default().to_ascii_lowercase();
    let by_words = words.iter().find(|(word, _)| told.contains(word)).map(|(_, grant)| *grant);
    if !is_about_it {
        return None;
    }
    let sent = grant.or(by_words).unwrap_or("a kind of request that the policy names");
    Found::likely("request grant_type", sent, "authorization_code with a redirect URI on this machine")
}

fn frequency(case: &Case<'_>) -> Option<Found> {
    let issued = message::behind(&case.sentence, &["issued on "], &[" and", ". ", ", "]);
    let lifetime = message::behind(&case.sentence, &["for this request is "], &[". ", " ", ", "]);
    let issued = issued?;
    let allowed =
        lifetime.map_or_else(|| "newer".to_owned(), |seconds| format!("at most {seconds} seconds old"));
    let found = Found::certain("sign-in behind the token", issued, &allowed)?;
    let span = lifetime
        .and_then(|seconds| seconds.parse().ok())
        .map(|seconds: u64| span(seconds))
        .unwrap_or_default();
    Some(found.with("duration", span).with("time_before", issued))
}

/// A number of seconds as people say it.
fn span(seconds: u64) -> String {
    match seconds {
        0..3600 => format!("{} minutes", seconds / 60),
        3600..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn claims_not_json(case: &Case<'_>) -> Option<Found> {
    let sent = case.param("claims")?;
    let is_object = serde_json::from_str::<Value>(sent).is_ok_and(|value| value.is_object());
    if is_object { None } else { Found::certain("request claims", sent, "a JSON object") }
}
