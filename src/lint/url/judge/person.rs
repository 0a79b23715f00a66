//! What is asked of the person: `prompt`, hints, `max_age`, `claims`.

use serde_json::Value;

use super::super::UrlReport;
use crate::lint::LintFinding;

pub(super) fn check(report: &mut UrlReport) {
    let mut out = Vec::new();
    if let Some(prompt) = report.get("prompt") {
        let words: Vec<_> = prompt.split_whitespace().collect();
        let is_known = |word: &&str| ["none", "login", "consent", "select_account", "create"].contains(word);
        if let Some(unknown) = words.iter().find(|word| !is_known(word)) {
            let why = if *unknown == "admin_consent" {
                "It belonged to version 1; an administrator consents at /adminconsent."
            } else {
                "It is none, login, consent, select_account or create."
            };
            out.push(
                LintFinding::error("prompt.unknown", "prompt", format!("prompt knows no {unknown}"))
                    .value(prompt)
                    .fails("The request", &[90023])
                    .why(why)
                    .fix("Leave it out."),
            );
        } else if words.contains(&"none") && words.len() > 1 {
            out.push(
                LintFinding::error("prompt.none_mixed", "prompt", "none stands beside other words")
                    .value(prompt)
                    .fails("The request", &[90023])
                    .why("none forbids every page (OpenID Connect Core §3.1.2.1).")
                    .fix("Write none alone."),
            );
        } else if words.contains(&"consent") {
            out.push(
                LintFinding::warning(
                    "prompt.consent",
                    "prompt",
                    "Everybody is asked for consent, every time",
                )
                .value(prompt)
                .fails("Sign-in by people who may not consent, although an administrator has", &[90_094])
                .why("Left out, Entra asks when something is missing.")
                .fix("Leave it out."),
            );
        } else if words.contains(&"select_account") && report.get("login_hint").is_some() {
            out.push(
                LintFinding::info(
                    "prompt.hint",
                    "prompt",
                    "login_hint names the account and prompt asks for it",
                )
                .value(prompt)
                .why("They cancel each other out.")
                .fix("Keep one of them."),
            );
        }
    }
    if let Some(age) = report.get("max_age").filter(|age| age.parse::<u32>().is_err()) {
        out.push(
            LintFinding::error("max_age.form", "max_age", "max_age is no number of seconds")
                .value(age)
                .fails("The request", &[90023])
                .fix("Write seconds, such as 3600."),
        );
    }
    if let Some(claims) =
        report.get("claims").filter(|claims| !matches!(serde_json::from_str(claims), Ok(Value::Object(_))))
    {
        out.push(
            LintFinding::error("claims.form", "claims", "claims is no JSON object")
                .value(claims)
                .why("A claims challenge comes as base64 in a header and goes into the request decoded, as JSON.")
                .fix("Decode it first; send it unchanged otherwise."),
        );
    }
    if report.get("login_hint").is_some() || report.get("id_token_hint").is_some() {
        let place = if report.get("login_hint").is_some() { "login_hint" } else { "id_token_hint" };
        out.push(
            LintFinding::info("personal", place, "The address says who signs in")
                .why("It stands in histories and logs. That is what hints are for; do not publish the link.")
                .fix("Nothing to do."),
        );
    }
    report.findings.extend(out);
}
