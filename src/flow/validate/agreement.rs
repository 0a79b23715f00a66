//! Two ID tokens of one sign-in, one that came through the browser and one from the token endpoint, speak of the same
//! person (OpenID Connect Core §3.3.3.6).

use crate::{
    finding::{Finding, Severity},
    text::visible,
    token::Decoded,
};

const SOURCE: &str = "OpenID Connect Core §3.3.3.6";

/// Claims that each token has for itself: its life, what it vouches for, and the issuer's own book-keeping.
const OWN: [&str; 8] = ["iat", "nbf", "exp", "at_hash", "c_hash", "aio", "uti", "rh"];

/// Compares the two. Issuer and subject must be the same; whatever else stands in both should be.
pub(super) fn judge(first: &Decoded, second: &Decoded) -> Vec<Finding> {
    let differing = |name: &&str| first.claims.get(*name) != second.claims.get(*name);
    let identity: Vec<_> = ["iss", "sub"].into_iter().filter(|name| differing(name)).collect();
    if !identity.is_empty() {
        let title = format!(
            "The two ID tokens do not speak of the same person: {} differs between the one from the browser and the one \
             from the token endpoint.",
            identity.join(" and ")
        );
        return vec![Finding { id: "id_tokens.differ", severity: Severity::Error, title, source: SOURCE }];
    }
    let others: Vec<_> = first
        .claims
        .keys()
        .map(String::as_str)
        .filter(|name| !OWN.contains(name) && second.claims.contains_key(*name) && differing(name))
        .map(|name| visible(name).into_owned())
        .collect();
    let (id, severity, title) = if others.is_empty() {
        let title = "Both ID tokens name the same issuer and subject, and agree in every claim they share.";
        ("id_tokens.agree", Severity::Passed, title.to_owned())
    } else {
        let title =
            format!("Both ID tokens name the same issuer and subject, and differ in {}.", others.join(", "));
        ("id_tokens.claims_differ", Severity::Warning, title)
    };
    vec![Finding { id, severity, title, source: SOURCE }]
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;
    use crate::token::decode;

    fn token(claims: &Value) -> Decoded {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        decode(&format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(claims)))
    }

    #[test]
    fn issuer_and_subject_must_agree_and_the_rest_should() {
        let first = token(&json!({"iss": "i", "sub": "s", "name": "n", "iat": 1, "c_hash": "c"}));
        let check = |second: Value, id: &str| {
            let ids: Vec<_> = judge(&first, &token(&second)).into_iter().map(|one| one.id).collect();
            assert_eq!(ids, [id], "{second}");
        };
        check(json!({"iss": "i", "sub": "s", "name": "n", "iat": 2, "more": 1}), "id_tokens.agree");
        check(json!({"iss": "i", "sub": "s", "name": "m"}), "id_tokens.claims_differ");
        check(json!({"iss": "i", "sub": "t"}), "id_tokens.differ");
        check(json!({"iss": "j", "sub": "s"}), "id_tokens.differ");
        check(json!({"iss": "i"}), "id_tokens.differ");
    }
}
