//! Claims that a program misses in an ID token.

use super::{Case, Check, Found, assertion::shown};

pub(super) const CHECKS: &[(&str, Check)] = &[("scope.claims_not_requested", not_requested)];

/// A claim, and the scope that brings it (OpenID Connect Core §5.4).
const BROUGHT_BY: &[(&str, &str)] = &[
    ("email", "email"),
    ("email_verified", "email"),
    ("preferred_username", "profile"),
    ("name", "profile"),
    ("given_name", "profile"),
    ("family_name", "profile"),
    ("upn", "profile"),
    ("oid", "profile"),
];

fn not_requested(case: &Case<'_>) -> Option<Found> {
    let asked = case.param("scope").or_else(|| case.previous_param("scope")).or_else(|| case.scope())?;
    let has = |scope: &str| asked.split([' ', '+']).any(|one| one.eq_ignore_ascii_case(scope));
    let lower = &case.validation().lower;
    let is_named = |claim: &str| {
        lower.match_indices(claim).any(|(at, _)| {
            let around = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !lower[..at].ends_with(around) && !lower[at + claim.len()..].starts_with(around)
        })
    };
    let in_token = |claim: &str| case.token.as_ref().is_some_and(|token| token.claims.contains_key(claim));
    let wanting = |claim: &&(&str, &str)| !has(claim.1) && !in_token(claim.0);
    let named = BROUGHT_BY.iter().filter(|(claim, _)| is_named(claim)).find(wanting);
    let any = || case.token.as_ref().and_then(|_| BROUGHT_BY.iter().find(wanting));
    let Some((claim, scope)) = named.or_else(any) else {
        return if ["email", "profile"].into_iter().all(has) { Found::excluded() } else { None };
    };
    let corrected = format!("{asked} {scope}");
    let mut found =
        Found::likely("request scope", asked, &format!("{scope} as well: it brings the claim {claim}"))?;
    if let Some(token) = &case.token {
        found = found.and(&format!("{claim} of the token"), &shown(token, claim), "a value");
    }
    Some(found.with("param_name", *claim).with("permission", *scope).with("corrected_scope", corrected))
}
