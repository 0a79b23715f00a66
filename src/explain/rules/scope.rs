//! Scopes: how they are written, and whose permissions they name.

use super::{Case, Check, Found};
use crate::entra::scopes::Scope;

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("scope.separator", scope_separator),
    ("scope.malformed", scope_malformed),
    ("scope.default_mixed", scope_default_mixed),
    ("scope.multiple_resources", scope_of_two_apis),
    ("scope.named_in_client_credentials", scope_named_without_user),
    ("scope.unqualified", scope_unqualified),
];

fn scope_separator(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?;
    let is_joined = scope.contains([',', ';', '\n', '\r', '\t', '+']) || scope.contains("%20");
    if is_joined { Found::certain("scope", scope, "single blanks between scopes") } else { None }
}

fn scope_malformed(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?.split_whitespace().find(|scope| {
        let parsed = Scope::parse(scope);
        let without_permission = parsed.permission.is_empty() || parsed.permission.contains("://");
        let without_resource =
            parsed.resource.is_some_and(|resource| resource.is_empty() || resource.ends_with("://"));
        let doubled = scope.contains("https://https://") || scope.matches("://").count() > 1;
        without_permission || without_resource || doubled
    })?;
    Found::likely("scope", scope, "<resource>/<permission>")
}

fn scope_default_mixed(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?;
    let apis: Vec<_> =
        scope.split_whitespace().map(Scope::parse).filter(|scope| !scope.is_openid()).collect();
    let has_default = apis.iter().any(|scope| scope.permission == ".default");
    let has_other = apis.iter().any(|scope| scope.permission != ".default");
    if has_default && has_other {
        Found::certain("scope", scope, "either /.default or named permissions")
    } else {
        None
    }
}

fn scope_of_two_apis(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?;
    let mut apis: Vec<_> = scope.split_whitespace().filter_map(|scope| Scope::parse(scope).api()).collect();
    apis.sort_unstable();
    apis.dedup();
    if apis.len() < 2 {
        return None;
    }
    Found::likely("scope", &format!("{} APIs: {}", apis.len(), apis.join(", ")), "one API in a token request")
}

fn scope_named_without_user(case: &Case<'_>) -> Option<Found> {
    case.grant().filter(|grant| *grant == "client_credentials")?;
    let scope = case.scope()?;
    let one_default = !scope.contains(char::is_whitespace) && scope.ends_with("/.default");
    if one_default { None } else { Found::certain("scope", scope, "one <resource>/.default") }
}

fn scope_unqualified(case: &Case<'_>) -> Option<Found> {
    let scope = case.scope()?.split_whitespace().find(|scope| {
        let parsed = Scope::parse(scope);
        parsed.resource.is_none() && !parsed.is_openid()
    })?;
    Found::likely("scope", scope, "<identifier of the API>/<permission>")
}
