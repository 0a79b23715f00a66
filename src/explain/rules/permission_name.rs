//! Whether the permissions that were asked exist, and whose they are: misspelt ones, application permissions, and those of
//! an API of one's own whose identifier was left out.

use super::{
    Case, Check, Found,
    api::{self, Api, Asked},
    graph, message,
    scope::{first_fault, in_whole, separated, whole},
};
use crate::{
    entra::scopes::{OPENID_SCOPES, Scope},
    explain::Certainty,
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("scope.unqualified", |case| of_standing(case, "scope.unqualified")),
    ("scope.unknown_on_resource", |case| of_standing(case, "scope.unknown_on_resource")),
    ("scope.app_role_as_scope", |case| of_standing(case, "scope.app_role_as_scope")),
];

/// What can be said about the permission that one scope names.
struct Standing {
    /// The key of the cause.
    cause: &'static str,
    certainty: Certainty,
    scope: String,
    /// What to write in its place.
    corrected: Option<String>,
    place: String,
    expected: String,
}

fn of_standing(case: &Case<'_>, key: &'static str) -> Option<Found> {
    let asked = api::asked(case)?;
    if separated(&asked).is_some() || first_fault(case).is_some() {
        return None;
    }
    let standings = standings(case, &asked);
    let found = standings.iter().min_by_key(|standing| standing.certainty)?;
    if found.cause != key {
        // One that is certain closes the others; a likely one leaves them open.
        return if found.certainty == Certainty::Certain { Found::excluded() } else { None };
    }
    let corrected = found.corrected.as_ref().map(|corrected| in_whole(case, &found.scope, corrected));
    let name = Scope::parse(&found.scope).permission;
    let mut result =
        Found::new(found.certainty, asked.place, &found.scope, found.corrected.as_deref().unwrap_or(""))
            .and(&found.place, name, &found.expected)
            .about(&found.scope);
    if let Some(corrected) = corrected {
        result = result.with("corrected_scope", corrected);
    }
    if let Some(api) = Api::at_hand(case) {
        result = result.with("resource_id", api.app_id().unwrap_or_default());
    }
    Some(result)
}

/// What is wrong with the permissions that were asked, as far as it can be told.
fn standings(case: &Case<'_>, asked: &Asked<'_>) -> Vec<Standing> {
    // A message about one scope of many names it.
    let blamed =
        api::in_message(&case.sentence).filter(|_| matches!(case.code, Some(650_053 | 70011 | 28002)));
    let is_blamed = |scope: &Scope<'_>| {
        blamed.is_none_or(|blamed| {
            blamed.contains(' ')
                || blamed.eq_ignore_ascii_case(scope.permission)
                || blamed.eq_ignore_ascii_case(&whole(scope))
        })
    };
    let any = asked.each().any(|scope| is_blamed(&scope));
    asked
        .each()
        .filter(|scope| !scope.is_openid() && scope.permission != ".default")
        .filter(|scope| !any || is_blamed(scope))
        .filter_map(|scope| standing(case, &scope))
        .collect()
}

fn standing(case: &Case<'_>, scope: &Scope<'_>) -> Option<Standing> {
    // A message names the API that was searched by its client id.
    let searched = message::guids(&case.sentence).into_iter().find(|id| !api::is_graph(id));
    let is_elsewhere = case.code == Some(650_053)
        && !message::guids(&case.sentence).into_iter().any(api::is_graph)
        && searched.is_some();
    match scope.resource {
        Some(resource) if !api::is_graph(resource) => of_own_api(case, scope, resource),
        None if is_elsewhere && case.evidence.request.is_none() => of_own_api(case, scope, searched?),
        _ => of_graph(case, scope),
    }
}

/// A permission that is looked up at an API which is not Microsoft Graph.
fn of_own_api(case: &Case<'_>, scope: &Scope<'_>, resource: &str) -> Option<Standing> {
    let of = |cause, certainty, corrected: Option<String>, place: String, expected: String| {
        Some(Standing { cause, certainty, scope: whole(scope), corrected, place, expected })
    };
    let api = Api::at_hand(case).filter(|api| api.is_meant_by(resource) && api.lists_scopes());
    let Some(api) = api else {
        let is_said = case.code == Some(650_053) || case.code == Some(28002);
        let place = format!("permission of {resource}");
        return is_said
            .then(|| {
                of(
                    "scope.unknown_on_resource",
                    Certainty::Likely,
                    None,
                    place,
                    "one that the API offers".into(),
                )
            })
            .flatten();
    };
    let name = scope.permission;
    let place = format!("delegated permissions of {}", api.name());
    let written = |permission: &str| {
        let resource = scope.resource.unwrap_or_else(|| api.identifier().unwrap_or(resource));
        Some(format!("{resource}/{permission}"))
    };
    match api.scope(name) {
        Some(found) if found.is_enabled => None,
        Some(found) => of(
            "scope.unknown_on_resource",
            Certainty::Certain,
            None,
            format!("isEnabled of {}", found.value),
            "true; it is false".into(),
        ),
        None if api.roles().any(|role| role.value.eq_ignore_ascii_case(name)) => of(
            "scope.app_role_as_scope",
            Certainty::Certain,
            written(".default"),
            format!("appRoles of {}", api.name()),
            format!("a delegated permission: {}", api.offers()),
        ),
        None => {
            let enabled = api.scopes().filter(|scope| scope.is_enabled).map(|scope| scope.value.as_str());
            let meant = graph::nearest(name, enabled).and_then(written);
            of("scope.unknown_on_resource", Certainty::Certain, meant, place, api.offers())
        }
    }
}

/// A permission that is looked up at Microsoft Graph, because it says so or says nothing.
fn of_graph(case: &Case<'_>, scope: &Scope<'_>) -> Option<Standing> {
    let name = scope.permission;
    let is_short = scope.resource.is_none();
    let of = |cause, certainty, corrected: Option<String>, expected: &str| {
        let place = "looked up at Microsoft Graph".to_owned();
        Some(Standing {
            cause,
            certainty,
            scope: whole(scope),
            corrected,
            place,
            expected: expected.to_owned(),
        })
    };
    if graph::is_delegated(name) {
        return None;
    }
    let own = || [Api::at_hand(case), Api::of_client(case)].into_iter().flatten();
    let mut exposing = own().filter(|api| api.scope(name).is_some_and(|scope| scope.is_enabled));
    if let Some(api) = exposing.next().filter(|_| is_short) {
        let corrected = api.identifier().map(|identifier| format!("{identifier}/{name}"));
        let expected = format!("a permission of {}", api.name());
        return of("scope.unqualified", Certainty::Certain, corrected, &expected);
    }
    if let Some(api) =
        own().find(|api| is_short && api.roles().any(|role| role.value.eq_ignore_ascii_case(name)))
    {
        let corrected = api.identifier().map(|identifier| format!("{identifier}/.default"));
        let expected = format!("{name} is an application permission of {}", api.name());
        return of("scope.app_role_as_scope", Certainty::Certain, corrected, &expected);
    }
    if let Some(meant) =
        graph::nearest(name, OPENID_SCOPES.into_iter()).filter(|_| is_short && name.len() > 4)
    {
        return of(
            "scope.unknown_on_resource",
            Certainty::Certain,
            Some(meant.to_owned()),
            "a misspelt OpenID scope",
        );
    }
    let prefix = scope.resource.map(|resource| format!("{resource}/")).unwrap_or_default();
    if graph::is_for_applications_only(name) {
        let resource = scope.resource.unwrap_or("https://graph.microsoft.com");
        let expected = "an application permission, for programs without a user";
        return of(
            "scope.app_role_as_scope",
            Certainty::Certain,
            Some(format!("{resource}/.default")),
            expected,
        );
    }
    if let Some(meant) = graph::meant(name) {
        return of(
            "scope.unknown_on_resource",
            Certainty::Certain,
            Some(format!("{prefix}{meant}")),
            "a permission that exists",
        );
    }
    if !is_short || graph::looks_like_one(name) {
        return of("scope.unknown_on_resource", Certainty::Likely, None, "a permission of Microsoft Graph");
    }
    if let Some(misnamed) = own().find_map(|api| {
        let enabled = api.scopes().filter(|scope| scope.is_enabled).map(|scope| scope.value.as_str());
        Some(format!("{}/{}", api.identifier()?, graph::nearest(name, enabled)?))
    }) {
        return of("scope.unqualified", Certainty::Likely, Some(misnamed), "a permission of your own API");
    }
    let identifier = own().find_map(|api| api.identifier()).unwrap_or("<identifier of the API>");
    let corrected = format!("{identifier}/{name}");
    of(
        "scope.unqualified",
        Certainty::Likely,
        Some(corrected),
        "no permission of Microsoft Graph is called so",
    )
}
