//! The service principal: the application as it stands in one tenant.

use super::{LintFinding, command};
use crate::entra::registration::{Application, ServicePrincipal};

pub fn check(app: &Application, principal: &ServicePrincipal, out: &mut Vec<LintFinding>) {
    let id = principal.app_id.as_deref().map_or_else(|| command::id(app), command::word);
    if let Some((own, other)) = app.app_id.as_deref().zip(principal.app_id.as_deref())
        && !own.eq_ignore_ascii_case(other)
    {
        out.push(
            LintFinding::warning(
                "principal.of_another",
                "appId",
                "The service principal is another application's",
            )
            .value(format!("{other}, and the application is {own}"))
            .why("What is said of one does not hold for the other.")
            .run("Fetch the right one:", format!("az ad sp show --id {}", command::word(own))),
        );
        return;
    }
    if principal.account_enabled == Some(false) {
        out.push(
            LintFinding::error(
                "principal.disabled",
                "accountEnabled",
                "The application is switched off in this tenant",
            )
            .value("false")
            .fails("Every sign-in and every token request", &[7_000_112])
            .why("An administrator, or a policy, has disabled the enterprise application.")
            .run("If that is over:", format!("az ad sp update --id {id} --set accountEnabled=true")),
        );
    }
    if principal.assignment_required == Some(true) {
        out.push(
            LintFinding::info(
                "principal.assignment",
                "appRoleAssignmentRequired",
                "Only people who are assigned get in",
            )
            .value("true")
            .fails("Sign-in by everybody else", &[50_105])
            .why("Groups count by direct members only, and people cannot consent for themselves.")
            .run(
                "If everybody shall get in:",
                format!("az ad sp update --id {id} --set appRoleAssignmentRequired=false"),
            ),
        );
    }
    if principal.single_sign_on_mode.as_deref().is_some_and(|mode| mode.eq_ignore_ascii_case("saml")) {
        out.push(
            LintFinding::info("principal.saml", "preferredSingleSignOnMode", "This enterprise application is set up for SAML")
                .value("saml")
                .why("OpenID Connect works beside it, with what stands in the registration; what is set on the SAML page does not count for it.")
                .fix("If the application speaks OpenID Connect only, leave the SAML page alone."),
        );
    }
    let missing: Vec<_> = app
        .identifier_uris
        .iter()
        .filter(|uri| !principal.names.iter().any(|name| name.eq_ignore_ascii_case(uri)))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() && !principal.names.is_empty() {
        out.push(
            LintFinding::warning("principal.names", "servicePrincipalNames", "An identifier of the application is missing in this tenant")
                .value(missing.join(", "))
                .fails("Asking for a token by this name, in this tenant", &[500_011])
                .why("Principals in other tenants keep the names they were made with until somebody consents again.")
                .run("Consent again:", format!("az ad app permission admin-consent --id {id}")),
        );
    }
}
