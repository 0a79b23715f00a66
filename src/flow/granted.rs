//! What a token response brought, as facts, and compared with what was asked for.

use std::time::Duration;

use super::{Fact, Outcome, StepId, course::Course, refused};
use crate::{
    finding::{Finding, Severity},
    oauth::{TokenSet, Trouble},
    secret::Secret,
    text,
    time::UnixTime,
    wire::Response,
};

/// Reads the token response of step `id` and settles the step, or says how the run ends.
pub(super) fn settle(
    course: &mut Course,
    id: StepId,
    response: &Response,
    now: UnixTime,
) -> Result<Box<TokenSet>, Box<Outcome>> {
    let tokens = match TokenSet::read(response) {
        Ok(tokens) => tokens,
        Err(trouble) => {
            if let Trouble::Refused(refusal) = &trouble {
                refused::note(course, id, refusal);
            }
            return Err(trouble.into());
        }
    };
    // Not every step repeats the scope in its token request; then it was asked for earlier.
    let steps = [id, StepId::Authorize, StepId::DeviceAuthorization];
    let asked = steps.iter().find_map(|step| course.sent(*step, "scope")).map(str::to_owned);
    let record = course.record_mut(id);
    record.facts.extend(facts(&tokens, now));
    record.findings.extend(findings(&tokens, asked.as_deref()));
    course.settle(id);
    Ok(Box::new(tokens))
}

/// Each member that came.
fn facts(tokens: &TokenSet, now: UnixTime) -> Vec<Fact> {
    let open = |name: &'static str, value: Option<String>| {
        value.map(|value| Fact::open(name, value, Fact::meaning_of(name)))
    };
    let secret = |name: &'static str, value: &Option<Secret>| {
        value.as_ref().map(|value| Fact::secret(name, value, Fact::meaning_of(name)))
    };
    let seconds = |value: Option<u64>| {
        value.map(|seconds| {
            let end = now + Duration::from_secs(seconds);
            format!("{seconds} s (until {})", end.clock())
        })
    };
    [
        open("token_type", tokens.token_type.clone()),
        open("expires_in", seconds(tokens.expires_in)),
        open("scope", tokens.scope.clone()),
        secret("access_token", &tokens.access_token),
        secret("id_token", &tokens.id_token),
        secret("refresh_token", &tokens.refresh_token),
        open("ext_expires_in", seconds(tokens.ext_expires_in)),
        open("refresh_in", seconds(tokens.refresh_in)),
        open("client_info", tokens.client_info.clone()),
        open("foci", tokens.foci.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is odd about the response, given the scope that was asked for.
fn findings(tokens: &TokenSet, asked: Option<&str>) -> Vec<Finding> {
    let finding =
        |id, severity, title: &str, source| Finding { id, severity, title: title.to_owned(), source };
    let mut findings = Vec::new();
    match tokens.token_type.as_deref() {
        None => findings.push(finding(
            "token_type.missing",
            Severity::Warning,
            "The answer does not say how the access token is presented; Bearer is assumed.",
            "RFC 6749 §5.1",
        )),
        Some(kind) if !kind.eq_ignore_ascii_case("bearer") => findings.push(finding(
            "token_type.unusual",
            Severity::Warning,
            &format!("The access token is of type {}, not Bearer.", text::visible(kind)),
            "RFC 6749 §7.1",
        )),
        Some(_) => {}
    }
    let asked_for = |word: &str| asked.is_some_and(|scope| scope.split(' ').any(|one| one == word));
    if asked_for("openid") && tokens.id_token.is_none() {
        findings.push(finding(
            "id_token.absent",
            Severity::Warning,
            "openid was asked for, and no ID token came.",
            "OpenID Connect Core §3.1.3.3",
        ));
    }
    if asked_for("offline_access") && tokens.refresh_token.is_none() {
        findings.push(finding(
            "refresh_token.absent",
            Severity::Info,
            "offline_access was asked for, and no refresh token came.",
            "OpenID Connect Core §11",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_masked_and_what_is_missing_is_told() {
        let tokens = TokenSet {
            access_token: Some(Secret::new("hunter2")),
            expires_in: Some(60),
            ..TokenSet::default()
        };
        let facts = facts(&tokens, UnixTime::from_seconds(1_772_615_727));
        let shown: Vec<_> = facts.iter().map(|fact| (fact.name, fact.value.plain())).collect();
        assert_eq!(
            shown,
            [
                ("expires_in", "60 s (until 09:16:27Z)".to_owned()),
                ("access_token", "•••••••• (7 chars)".to_owned())
            ]
        );
        let ids: Vec<_> =
            findings(&tokens, Some("openid offline_access")).into_iter().map(|one| one.id).collect();
        assert_eq!(ids, ["token_type.missing", "id_token.absent", "refresh_token.absent"]);
        let good = TokenSet { token_type: Some("bearer".into()), ..tokens };
        assert_eq!(findings(&good, Some("openidx")), []);
    }
}
