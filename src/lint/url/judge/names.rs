//! The names of the parameters: those that are nearly right, unknown, empty, or hold a placeholder.

use super::super::{SECRETS, UrlReport};
use crate::lint::{LintFinding, is_placeholder};

/// Names that people write, and the one that is meant.
const NEAR: &[(&str, &str)] = &[
    ("redirect_url", "redirect_uri"),
    ("redirecturi", "redirect_uri"),
    ("redirecturl", "redirect_uri"),
    ("reply_url", "redirect_uri"),
    ("callback_url", "redirect_uri"),
    ("returnurl", "redirect_uri"),
    ("return_uri", "redirect_uri"),
    ("return_url", "redirect_uri"),
    ("clientid", "client_id"),
    ("appid", "client_id"),
    ("app_id", "client_id"),
    ("application_id", "client_id"),
    ("responsetype", "response_type"),
    ("responsemode", "response_mode"),
    ("scopes", "scope"),
    ("loginhint", "login_hint"),
    ("codechallenge", "code_challenge"),
    ("code_challenge_type", "code_challenge_method"),
    ("challenge_method", "code_challenge_method"),
    ("domainhint", "domain_hint"),
    ("grant_type", "response_type"),
];

pub(super) fn check(report: &mut UrlReport) {
    let mut found = Vec::new();
    for (name, _) in &report.sent {
        let lower = name.to_ascii_lowercase();
        if report.endpoint.takes(name) {
            continue;
        }
        let meant = if report.endpoint.takes(&lower) {
            Some(lower.as_str())
        } else {
            NEAR.iter().find(|(near, _)| *near == lower).map(|(_, meant)| *meant)
        };
        if let Some(meant) = meant {
            found.push(
                LintFinding::error("parameter.name", name.as_str(), format!("{name} is not {meant}"))
                    .fails("The request, as if the parameter were missing", &[900_144])
                    .why("Names are compared letter for letter, and unknown ones are ignored.")
                    .fix(format!("Write {meant}.")),
            );
        } else if !SECRETS.contains(&lower.as_str()) && lower != "resource" && !name.starts_with("amp;") {
            found.push(
                LintFinding::info(
                    "parameter.unknown",
                    name.as_str(),
                    format!("{name} is no parameter of this endpoint"),
                )
                .why("Entra ignores it. If it shall come back to the application, it belongs into state.")
                .fix("Leave it out."),
            );
        }
    }
    for (name, value) in &report.sent {
        if value.is_empty() && report.endpoint.takes(name) {
            found.push(
                LintFinding::warning("parameter.empty", name.as_str(), format!("{name} is empty"))
                    .why("Entra treats it as missing. Usually a setting was not read.")
                    .fix("Give it a value, or leave it out."),
            );
        } else if is_placeholder(value) && name != "state" && name != "nonce" && name != "claims" {
            found.push(
                LintFinding::error(
                    "parameter.placeholder",
                    name.as_str(),
                    format!("{name} is a placeholder that nobody filled"),
                )
                .value(value.as_str())
                .fails("The request", if name == "client_id" { &[700_016] } else { &[] })
                .why("A setting is missing where the address is put together.")
                .fix("Put the value there."),
            );
        }
    }
    report.findings.extend(found);
}
