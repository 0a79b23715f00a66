//! What is asked for: `scope`, and `resource` in version 1.

use super::{
    super::{Endpoint, UrlReport},
    Asked, missing,
};
use crate::{
    entra::{
        permissions,
        scopes::{self, OPENID_SCOPES, Scope},
    },
    lint::LintFinding,
};

pub(super) fn check(report: &mut UrlReport, asked: Asked) {
    let place = "scope";
    if report.endpoint == Endpoint::AuthorizeV1 {
        if report.get("resource").is_none() {
            report.findings.push(
                LintFinding::info(
                    "resource.missing",
                    "resource",
                    "Version 1 takes the API from resource, and there is none",
                )
                .why("The code can then only be redeemed with a resource in the token request.")
                .fix("Send resource, or go to the v2.0 endpoint."),
            );
        }
        return;
    }
    if report.get("resource").is_some() && report.tenant.is_some() {
        report.findings.push(
            LintFinding::error("resource.version_2", "resource", "resource belongs to version 1")
                .value(report.get("resource").unwrap_or_default())
                .fails("The request", &[901_002, 9_010_010])
                .why("At v2.0 the API stands before the permission in scope.")
                .fix("Leave resource out and write API/permission into scope."),
        );
    }
    let Some(text) = report.get(place).map(str::to_owned) else {
        report.findings.push(missing(
            place,
            "It says what is asked for.",
            "At least scope=openid%20profile.",
        ));
        return;
    };
    let is_entra = report.tenant.is_some();
    if let Some(sign) = text.chars().find(|c| matches!(c, ',' | ';' | '|')) {
        report.findings.push(
            LintFinding::error("scope.separator", place, format!("scope has {sign} between its words"))
                .value(text.as_str())
                .fails("The request", &[70011])
                .why("Scopes are separated by blanks; a list that was printed into the address has its commas.")
                .fix(format!("Write {}", text.split([',', ';', '|', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("%20"))),
        );
        return;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let apis: Vec<_> =
        words.iter().map(|word| Scope::parse(word)).filter(|scope| !scope.is_openid()).collect();
    let mut out = Vec::new();
    for word in &words {
        if let Some(meant) =
            OPENID_SCOPES.iter().find(|known| **known != *word && known.eq_ignore_ascii_case(word))
        {
            out.push(
                LintFinding::warning("scope.case", place, format!("{word} is not {meant}"))
                    .value(*word)
                    .why("OpenID scopes are written in small letters.")
                    .fix(format!("Write {meant}.")),
            );
        }
    }
    if asked.id_token && !has("openid") {
        out.push(
            LintFinding::error("scope.no_openid", place, "An ID token is asked for, and scope has no openid")
                .value(text.as_str())
                .fails("The request", &[70011])
                .why("openid is what makes it a sign-in (OpenID Connect Core §3.1.2.1).")
                .fix("Add openid."),
        );
    } else if !has("openid") {
        out.push(
            LintFinding::info("scope.no_openid", place, "scope has no openid")
                .why("No ID token comes, and the application does not learn who signed in.")
                .fix("Add openid if it is a sign-in."),
        );
    }
    if asked.code && !has("offline_access") {
        out.push(
            LintFinding::info("scope.no_offline_access", place, "scope has no offline_access")
                .why("No refresh token comes: after about an hour the person is sent here again.")
                .fix("Add offline_access if the application goes on longer."),
        );
    }
    if is_entra {
        let default = apis.iter().find(|scope| scope.permission == ".default");
        let single = apis.iter().find(|scope| scope.permission != ".default");
        if let Some((default, single)) = default.zip(single)
            && default.api() == single.api()
        {
            out.push(
                LintFinding::error(
                    "scope.default_mixed",
                    place,
                    ".default stands beside a single permission",
                )
                .value(text.as_str())
                .fails("The request", &[70011])
                .why(format!(
                    ".default stands for all that is registered; {} is part of it or not asked for.",
                    single.permission
                ))
                .fix("Keep one of the two forms."),
            );
        }
        let first = apis.first().and_then(Scope::api).unwrap_or_default();
        if let Some(other) = apis.iter().filter_map(Scope::api).find(|api| !api.eq_ignore_ascii_case(first)) {
            out.push(
                LintFinding::warning("scope.several_apis", place, "scope names several APIs")
                    .value(format!("{first}, {other}"))
                    .fails("Redeeming the code for both at once", &[28000])
                    .why("A sign-in may ask consent for several; each token is for one.")
                    .fix("Redeem the code for the first, and use the refresh token for the others."),
            );
        }
        for asked in apis
            .iter()
            .filter(|scope| scope.api() == Some(scopes::GRAPH.identifier) && scope.permission != ".default")
        {
            unknown_permission(asked, &mut out);
        }
    }
    report.findings.extend(out);
}

/// A name that Graph does not have for people.
fn unknown_permission(asked: &Scope<'_>, out: &mut Vec<LintFinding>) {
    use crate::entra::registration::Kind;
    let found: Vec<_> = permissions::by_name(scopes::GRAPH.id, asked.permission).collect();
    let delegated = found.iter().find(|one| one.kind == Kind::Scope);
    match (delegated, found.first()) {
        (Some(one), _) if one.needs_admin => out.push(
            LintFinding::info(
                "scope.needs_admin",
                "scope",
                format!("{} needs an administrator's consent", one.name),
            )
            .fails("Sign-in by others, until an administrator has consented", &[90_094])
            .why("People cannot consent to it for themselves.")
            .fix("Have an administrator consent first."),
        ),
        (Some(_), _) => {}
        (None, Some(role)) => out.push(
            LintFinding::error(
                "scope.role",
                "scope",
                format!("{} is a permission for applications only", role.name),
            )
            .value(asked.permission)
            .fails("The request", &[650_053])
            .why("People cannot give it. Client credentials bring it, with …/.default.")
            .fix("Choose a delegated permission."),
        ),
        (None, None) => {
            let better = crate::lint::permission::nearest(asked.permission, scopes::GRAPH.id);
            let why = if asked.resource.is_none() && !asked.permission.contains("://") {
                "A name without an API before it is Microsoft Graph's, which has none of this name. Permissions of your own API begin with api://…/."
            } else {
                "Microsoft Graph has none of this name."
            };
            let finding = LintFinding::warning(
                "scope.unknown",
                "scope",
                format!("Microsoft Graph has no permission {}", asked.permission),
            )
            .value(asked.permission)
            .fails("The request", &[650_053, 70011])
            .why(why);
            out.push(match better {
                Some(better) => finding.fix(format!("Perhaps {} is meant.", better.name)),
                None => finding.fix("Look it up: authwright permission WORDS."),
            });
        }
    }
}
