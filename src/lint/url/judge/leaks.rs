//! What must not be in an address at all, at any endpoint.

use super::super::{SECRETS, UrlReport};
use crate::{lint::LintFinding, secret};

/// Says which secrets stand in the address.
pub fn check(report: &mut UrlReport) {
    for parameter in report.parameters.iter().filter(|one| one.is_secret) {
        let name = parameter.name.as_str();
        let is_hint = name == "id_token_hint";
        let is_plain =
            !SECRETS.contains(&name.to_ascii_lowercase().as_str()) && !secret::find::is_well_known(name);
        if is_hint || is_plain || ["state", "nonce", "code_challenge", "login_hint"].contains(&name) {
            continue;
        }
        let (why, fix) = match name {
            "client_secret" => (
                "The browser, every proxy and the history have it now. The authorization endpoint wants none: the secret goes into the body of the token request.",
                "Take it out, and replace the secret: az ad app credential reset.",
            ),
            "code_verifier" => (
                "Whoever sees the address can redeem the code: PKCE is void.",
                "Send code_challenge here and the verifier to the token endpoint.",
            ),
            "code" => (
                "An authorization code can be redeemed by whoever gets there first.",
                "Do not pass the address on; codes end after ten minutes.",
            ),
            _ => (
                "Addresses end up in histories, logs and the Referer header.",
                "Take it out, and treat it as leaked.",
            ),
        };
        report.findings.push(
            LintFinding::error("url.secret", name, format!("A secret stands in the address: {name}"))
                .value(parameter.value.as_str())
                .why(why)
                .fix(fix),
        );
    }
    // A token can hide in any value.
    let hidden: Vec<_> = report
        .sent
        .iter()
        .filter(|(name, value)| {
            secret::find::is_jwt(value)
                && !SECRETS.contains(&name.as_str())
                && name != "id_token_hint"
                && name != "request"
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in hidden {
        if report.findings.iter().all(|one| one.id != "url.secret" || one.place != name) {
            report.findings.push(
                LintFinding::error("url.secret", name.as_str(), format!("A token stands in {name}"))
                    .why("Addresses end up in histories, logs and the Referer header.")
                    .fix("Take it out, and treat it as leaked."),
            );
        }
    }
}
