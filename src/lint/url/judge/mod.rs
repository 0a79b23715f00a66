//! The parameters of an authorization request: what is missing, what contradicts, and what gives something away.
//!
//! One file for each thing that a request has to say. Here: in which order they are asked, what kind of answer is wanted and
//! how it comes back, and the address that an administrator is sent to.

mod binding;
pub mod leaks;
mod names;
mod person;
mod scope;
mod who;

use super::{Endpoint, UrlReport};
use crate::lint::LintFinding;

/// What the response type asks for.
#[derive(Clone, Copy, Default)]
struct Asked {
    code: bool,
    id_token: bool,
    token: bool,
}

pub fn check(report: &mut UrlReport) {
    names::check(report);
    let asked = response_type(report);
    who::client(report);
    who::redirect_uri(report);
    scope::check(report, asked);
    binding::state_and_nonce(report, asked);
    binding::challenge(report, asked);
    response_mode(report, asked);
    person::check(report);
}

/// A parameter that is not there and has to be.
fn missing(name: &'static str, why: &str, fix: &str) -> LintFinding {
    LintFinding::error("parameter.missing", name, format!("{name} is missing"))
        .fails("The request", &[900_144])
        .why(why)
        .fix(fix)
}

fn response_type(report: &mut UrlReport) -> Asked {
    let place = "response_type";
    let Some(text) = report.get(place).map(str::to_owned) else {
        report.findings.push(missing(place, "It says what shall come back.", "Write response_type=code."));
        return Asked { code: true, ..Asked::default() };
    };
    let mut asked = Asked::default();
    for word in text.split_whitespace() {
        match word {
            "code" => asked.code = true,
            "id_token" => asked.id_token = true,
            "token" => asked.token = true,
            _ => {
                let title = format!("response_type knows no {word}");
                let mut finding = LintFinding::error("response_type.unknown", place, title)
                    .value(text.as_str())
                    .fails("The request", &[70005])
                    .why("It is made of code, id_token and token, with blanks between them.");
                finding = finding.fix("Write response_type=code.");
                report.findings.push(finding);
            }
        }
    }
    if asked.token {
        report.findings.push(
            LintFinding::warning("response_type.token", place, "An access token is asked for through the browser")
                .value(text.as_str())
                .fails("The request, unless the registration allows it", &[700_051])
                .why("It stands in the address where scripts and history read it, and no refresh token comes with it.")
                .fix("Ask for code, with PKCE."),
        );
    }
    if asked.id_token {
        report.findings.push(
            LintFinding::info("response_type.id_token", place, "An ID token comes through the browser")
                .value(text.as_str())
                .fails("The request, unless the registration allows it", &[700_054])
                .why("enableIdTokenIssuance has to be on.")
                .fix("Unless the framework needs it: response_type=code brings the ID token from the token endpoint."),
        );
    }
    asked
}

fn response_mode(report: &mut UrlReport, asked: Asked) {
    let place = "response_mode";
    let brings = asked.id_token || asked.token;
    let found = match report.get(place) {
        None if brings => {
            report.absent.push((
                place,
                "the answer comes behind a #, which no server sees; form_post brings it to one",
            ));
            None
        }
        None => {
            report
                .absent
                .push((place, "the code comes in the query; form_post keeps it out of addresses and logs"));
            None
        }
        Some("query") if brings => Some(
            LintFinding::error("response_mode.query", place, "Tokens may not travel in the query")
                .value("query")
                .fails("The request", &[70007])
                .why("Servers and proxies write addresses down.")
                .fix("Write fragment for a script, form_post for a server."),
        ),
        Some("query" | "fragment" | "form_post") => None,
        Some(other) => Some(
            LintFinding::error("response_mode.unknown", place, "response_mode is none that Entra knows")
                .value(other)
                .fails("The request", &[70007, 90023])
                .why("It is query, fragment or form_post.")
                .fix("Leave it out, or write one of these."),
        ),
    };
    report.findings.extend(found);
}

/// The address that an administrator is sent to.
pub fn admin_consent(report: &mut UrlReport) {
    names::check(report);
    who::client(report);
    let tenant = report.tenant.clone().unwrap_or_default();
    if report.get("redirect_uri").is_none() {
        report.findings.push(
            LintFinding::warning("redirect_uri.missing", "redirect_uri", "redirect_uri is missing")
                .fails("The way back, where the first registered address is a brokered one", &[7_000_471])
                .why("Entra sends the administrator to the first one that is registered.")
                .fix("Send one that can say thank you."),
        );
    } else {
        who::redirect_uri(report);
    }
    if report.get("scope").is_none() && report.endpoint == Endpoint::AdminConsent {
        report.findings.push(missing(
            "scope",
            "The v2.0 endpoint is told what to consent to.",
            "Send scope=https://graph.microsoft.com/.default, or single permissions with their API.",
        ));
    }
    if tenant.eq_ignore_ascii_case("common") || tenant.eq_ignore_ascii_case("consumers") {
        report.findings.push(
            LintFinding::warning("tenant.shared", "tenant", "The administrator's tenant is not named")
                .value(tenant)
                .why("Consent is for one tenant. organizations takes that of the account; personal accounts have no administrator.")
                .fix("Write the tenant's id or domain, or organizations."),
        );
    }
    if report.get("state").is_none() {
        report.absent.push(("state", "comes back unchanged, and shows that the answer is yours"));
    }
}
