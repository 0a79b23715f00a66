//! User flows and policies of Azure AD B2C: each is an authority of its own, named in the path or by `p`.

use super::{Case, Check, Found};
use crate::wire::Request;

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("grant.other_policy", other_policy),
    ("service.claims_provider", |case| {
        let labels =
            ["claims exchange ", "technical profile ", "service ", "provider with id ", "claims provider "];
        let name = case.validation().first_of(&labels).into_iter().next()?;
        Found::likely("claims exchange in the message", &name, "an answer that the policy can read")
    }),
    ("hint.expired", |case| case.said(&["expired"]).or_else(Found::excluded)),
    ("hint.audience", |case| case.said(&["audience"]).or_else(Found::excluded)),
    ("hint.issuer", |case| case.said(&["issuer"]).or_else(Found::excluded)),
    ("hint.signature", |case| case.said(&["signature", "could not be validated"]).or_else(Found::excluded)),
];

/// The policy that an address names: a path segment such as `b2c_1_signin`, or the parameter `p`.
fn policy_of(request: &Request) -> Option<String> {
    let named = request.query().get("p").or(request.form().get("p")).map(str::to_owned);
    named.or_else(|| {
        let is_policy =
            |segment: &&str| segment.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("b2c_1"));
        request.url.path_segments()?.find(is_policy).map(str::to_owned)
    })
}

fn other_policy(case: &Case<'_>) -> Option<Found> {
    let redeemed = case.evidence.request.as_ref().and_then(policy_of);
    let issued = case.evidence.previous_request.as_ref().and_then(policy_of);
    match (issued, redeemed) {
        (Some(issued), Some(redeemed)) if issued.eq_ignore_ascii_case(&redeemed) => Found::excluded(),
        (Some(issued), Some(redeemed)) => Found::certain("policy of the token request", &redeemed, &issued),
        (_, redeemed) => {
            // The message names both: “Actual Value : B2C_1_a and Expected Value : B2C_1_b”.
            let value = |label: &str| {
                let rest = &case.message[case.message.find(label)? + label.len()..];
                let rest = rest.trim_start_matches([' ', ':', '\'', '"']);
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c))
                    .unwrap_or(rest.len());
                (end > 0).then(|| rest[..end].to_owned())
            };
            let actual = value("actual value").or(redeemed)?;
            Found::likely("policy of the grant", &actual, &value("expected value")?)
        }
    }
}
