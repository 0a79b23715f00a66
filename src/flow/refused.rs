//! What a refusal carries besides its code: a claims challenge (reference §8.9).

use serde_json::Value;

use super::{Fact, StepId, course::Course};
use crate::{
    finding::{Finding, Severity},
    oauth::Refusal,
    text::visible,
};

/// Notes the challenge at the step that was refused, decoded, so that it can be read and copied.
pub(super) fn note(course: &mut Course, id: StepId, refusal: &Refusal) {
    let Some(claims) = &refusal.claims else { return };
    let record = course.record_mut(id);
    record.facts.push(Fact::open(
        "claims",
        claims,
        "What the authority wants to see in a token before it gives one. Sent as it stands in the parameter claims of a \
         new sign-in, it makes that sign-in ask for it.",
    ));
    record.findings.push(Finding {
        id: "claims.challenge",
        severity: Severity::Info,
        title: format!("The refusal is a claims challenge: {}.", in_words(claims)),
        source: "OpenID Connect Core §5.5",
    });
}

/// A challenge in words: which claims, for which token, with which values.
fn in_words(claims: &str) -> String {
    let Ok(Value::Object(document)) = serde_json::from_str(claims) else {
        return "it cannot be read as JSON".to_owned();
    };
    let mut wants = Vec::new();
    for (token, members) in &document {
        for (claim, demand) in members.as_object().into_iter().flatten() {
            let one = demand.get("value").into_iter();
            let several = demand.get("values").and_then(Value::as_array).into_iter().flatten();
            let values: Vec<_> = one
                .chain(several)
                .map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
                .collect();
            let what = match claim.as_str() {
                "acrs" => "an authentication context",
                "capolids" | "polids" => "what these policies ask for",
                "nbf" => "a token made after",
                _ => "a claim",
            };
            wants.push(format!("{what} ({claim} in {token}: {})", values.join(", ")));
        }
    }
    if wants.is_empty() { "it names no claim".to_owned() } else { visible(&wants.join("; ")).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_told_in_words_and_nonsense_is_called_so() {
        let policies = r#"{"access_token":{"capolids":{"essential":true,"values":["p1","p2"]}}}"#;
        assert_eq!(in_words(policies), "what these policies ask for (capolids in access_token: p1, p2)");
        let later =
            r#"{"access_token":{"nbf":{"essential":true,"value":"1772615727"},"xms_cc":{"values":["cp1"]}}}"#;
        assert_eq!(
            in_words(later),
            "a token made after (nbf in access_token: 1772615727); a claim (xms_cc in access_token: cp1)"
        );
        assert_eq!(in_words("{}"), "it names no claim");
        assert_eq!(in_words("\u{1b}[31m"), "it cannot be read as JSON");
    }
}
