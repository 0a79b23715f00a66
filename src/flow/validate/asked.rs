//! What was asked for with the `claims` parameter, compared with what the tokens hold (OpenID Connect Core §5.5).
//!
//! A claim can be asked for as such (`null`), as essential, or with the values that would do. A server may leave out what
//! is not essential, so only that is worth a warning; a value that was asked for and not given is one in any case.

use serde_json::{Map, Value};

use crate::{
    finding::{Finding, Severity},
    text::visible,
    token::Decoded,
};

const SOURCE: &str = "OpenID Connect Core §5.5.1";

/// Compares. A parameter that is no JSON object asks for nothing; that was said before it was sent.
pub(super) fn judge(asked: &str, id_token: Option<Decoded>, access_token: Option<Decoded>) -> Vec<Finding> {
    let Ok(Value::Object(asked)) = serde_json::from_str(asked) else { return Vec::new() };
    let seats = [("id_token", "ID token", id_token), ("access_token", "Access token", access_token)];
    let mut findings = Vec::new();
    for (member, title, token) in seats {
        let (Some(Value::Object(wanted)), Some(token)) = (asked.get(member), token) else { continue };
        // An access token that only its API can read says nothing here.
        if !token.claims.is_empty() {
            findings.extend(wanted.iter().map(|(name, wish)| one(title, name, wish, &token.claims)));
        }
    }
    findings
}

fn one(token: &str, name: &str, wish: &Value, claims: &Map<String, Value>) -> Finding {
    let shown = visible(name);
    let is_essential = wish.get("essential").and_then(Value::as_bool).unwrap_or(false);
    let values: Vec<&Value> = match (wish.get("value"), wish.get("values").and_then(Value::as_array)) {
        (Some(value), _) => vec![value],
        (None, Some(values)) => values.iter().collect(),
        (None, None) => Vec::new(),
    };
    let (id, severity, title) = match claims.get(name) {
        None if is_essential => (
            "claims.missing",
            Severity::Warning,
            format!("{shown} was asked for as essential, and is not there."),
        ),
        None => ("claims.missing", Severity::Info, format!("{shown} was asked for, and is not there.")),
        Some(held) if values.is_empty() || values.iter().any(|value| suits(name, held, value)) => {
            ("claims.given", Severity::Passed, format!("{shown} is {}, as asked for.", brief(held)))
        }
        Some(held) => {
            let wanted = values.into_iter().map(brief).collect::<Vec<_>>().join(" or ");
            let title = format!("{shown} is {}; {wanted} was asked for.", brief(held));
            ("claims.other_value", Severity::Warning, title)
        }
    };
    Finding { id, severity, title: format!("{token}: {title}"), source: SOURCE }
}

/// Whether what is held satisfies a value that was asked for. A claim with several values needs to hold it among them.
/// In a claims challenge `nbf` names the earliest time that will do, as text.
fn suits(name: &str, held: &Value, wanted: &Value) -> bool {
    let number = |value: &Value| value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    match held {
        Value::Array(all) => all.contains(wanted),
        _ if name == "nbf" => number(held) >= number(wanted) && number(wanted).is_some(),
        _ => held == wanted,
    }
}

fn brief(value: &Value) -> String {
    let text: String = value.to_string().chars().take(80).collect();
    visible(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;
    use crate::token::decode;

    fn token(claims: &Value) -> Decoded {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        decode(&format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(claims)))
    }

    #[test]
    fn each_claim_that_was_asked_for_is_looked_for() {
        let held = json!({"auth_time": 7, "acr": "1", "xms_cc": ["cp1"], "nbf": 100});
        let check = |wish: Value, expected: Option<(&str, Severity)>| {
            for seat in ["id_token", "access_token"] {
                let asked = json!({seat: wish}).to_string();
                let findings = judge(&asked, Some(token(&held)), Some(token(&held)));
                let found = findings.first().map(|finding| (finding.id, finding.severity));
                assert_eq!(found, expected, "{asked}");
            }
        };
        check(json!({"auth_time": null}), Some(("claims.given", Severity::Passed)));
        check(json!({"auth_time": {"essential": true}}), Some(("claims.given", Severity::Passed)));
        check(json!({"email": null}), Some(("claims.missing", Severity::Info)));
        check(json!({"email": {"essential": true}}), Some(("claims.missing", Severity::Warning)));
        check(json!({"acr": {"value": "1"}}), Some(("claims.given", Severity::Passed)));
        check(json!({"acr": {"values": ["2", "3"]}}), Some(("claims.other_value", Severity::Warning)));
        check(json!({"xms_cc": {"values": ["cp1"]}}), Some(("claims.given", Severity::Passed)));
        check(json!({"nbf": {"value": "99"}}), Some(("claims.given", Severity::Passed)));
        check(json!({"nbf": {"value": "101"}}), Some(("claims.other_value", Severity::Warning)));
        check(json!({}), None);
        assert_eq!(judge("no JSON", Some(token(&held)), None), []);
    }
}
