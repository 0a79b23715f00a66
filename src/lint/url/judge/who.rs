//! Who asks, and where the answer goes: `client_id` and `redirect_uri`.

use super::{super::UrlReport, missing};
use crate::{
    entra::address::Parts,
    lint::{LintFinding, is_guid, is_placeholder, is_zero},
};

pub(super) fn client(report: &mut UrlReport) {
    let Some(id) = report.get("client_id").map(str::to_owned) else {
        report.findings.push(missing(
            "client_id",
            "It says which application asks.",
            "Put the Application (client) ID there.",
        ));
        return;
    };
    if is_zero(&id) {
        report.findings.push(
            LintFinding::error("client_id.zero", "client_id", "client_id is the zero GUID")
                .value(id.as_str())
                .fails("The request", &[700_038])
                .why("It stands for no application: a setting has its default value.")
                .fix("Put the Application (client) ID there."),
        );
    } else if !is_guid(&id) && report.tenant.is_some() && !is_placeholder(&id) {
        report.findings.push(
            LintFinding::warning("client_id.form", "client_id", "client_id is no GUID")
                .value(id.as_str())
                .fails("The request", &[700_016])
                .why("Applications of Entra have GUIDs. An address (https://…, api://…) names an API; very old personal-account applications have 16 digits.")
                .fix("Put the Application (client) ID there."),
        );
    }
}

pub(super) fn redirect_uri(report: &mut UrlReport) {
    let place = "redirect_uri";
    let Some(uri) = report.get(place).map(str::to_owned) else {
        report.findings.push(
            LintFinding::warning("redirect_uri.missing", place, "redirect_uri is missing")
                .fails("The request, where several are registered or none", &[900_971, 500_113])
                .why("Entra takes one that is registered, and which one may change with the registration.")
                .fix("Send the one that the application listens at."),
        );
        return;
    };
    let wrong = |id, title: &str, codes: &'static [u32], why: &str, fix: String| {
        LintFinding::error(id, place, title).value(uri.as_str()).fails("The request", codes).why(why).fix(fix)
    };
    let found = match Parts::of(&uri) {
        None if uri.contains('%') || is_placeholder(&uri) => None,
        None => Some(wrong(
            "redirect_uri.not_absolute",
            "redirect_uri is no absolute address",
            &[90102, 50011],
            "It needs scheme and host.",
            "Send the whole address, as it is registered.".to_owned(),
        )),
        Some(_) if uri.contains('#') => Some(wrong(
            "redirect_uri.fragment",
            "redirect_uri has a # in it",
            &[50011],
            "OAuth forbids it; Entra registers none.",
            format!("Send {}", uri.split('#').next().unwrap_or_default()),
        )),
        Some(parts) if parts.is("http") && !parts.is_loopback() => Some(wrong(
            "redirect_uri.http",
            "redirect_uri is http",
            &[50011],
            "Entra takes http for this machine only. Usually the application does not know that a proxy before it speaks https.",
            format!(
                "Send https{}; behind a proxy, forward and trust X-Forwarded-Proto.",
                &uri[parts.scheme.len()..]
            ),
        )),
        Some(parts) if parts.host == "[::1]" => Some(wrong(
            "redirect_uri.ipv6",
            "Entra does not know [::1] as this machine",
            &[50011],
            "Only localhost and 127.0.0.1 stand for it.",
            "Send http://localhost.".to_owned(),
        )),
        Some(_) => None,
    };
    report.findings.extend(found);
}
