//! Findings for people and for programs. What will fail comes first, then what is risky, then what is worth knowing.

use serde_json::{Value, json};

use super::{LintFinding, UrlReport, will_fail};
use crate::{
    entra::{aadsts, registration::Application},
    finding::Severity,
    text::{Line, Role},
};

/// The groups of findings in their order: what each is called, and how its mark is shown.
pub const GROUPS: [(Severity, &str, Role); 3] = [
    (Severity::Error, "Will fail", Role::Refused),
    (Severity::Warning, "May fail, or is risky", Role::Warn),
    (Severity::Info, "Worth knowing", Role::Muted),
];

/// A registration's findings, for people.
pub fn lines(application: &Application, findings: &[LintFinding]) -> Vec<Line> {
    let name = application.display_name.as_deref().unwrap_or("The application");
    let mut head = Line::of(Role::Title, name);
    if let Some(id) = &application.app_id {
        head = head.then(Role::Muted, "  ").then(Role::Value, id);
    }
    let mut out = vec![head, Line::of(Role::Text, summary(findings))];
    grouped(&mut out, findings);
    out
}

/// What findings come to, in one sentence.
pub fn summary(findings: &[LintFinding]) -> String {
    let count = |severity| findings.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let things = |count: usize| if count == 1 { "1 thing".to_owned() } else { format!("{count} things") };
    match (errors, warnings) {
        (0, 0) => "Nothing is wrong with it, as far as this can be seen.".to_owned(),
        (0, warnings) => format!("Nothing fails for certain; {} may, or may be risky.", things(warnings)),
        (errors, 0) => format!("{} will fail.", things(errors)),
        (errors, warnings) => {
            format!("{} will fail, {} may, or may be risky.", things(errors), things(warnings))
        }
    }
}

fn grouped(out: &mut Vec<Line>, findings: &[LintFinding]) {
    for (severity, title, role) in GROUPS {
        let mut group = findings.iter().filter(|finding| finding.severity == severity).peekable();
        if group.peek().is_none() {
            continue;
        }
        out.push(Line::new());
        out.push(Line::of(Role::Title, title));
        group.for_each(|finding| finding_lines(out, finding, role));
    }
}

fn finding_lines(out: &mut Vec<Line>, finding: &LintFinding, role: Role) {
    out.push(Line::of(role, finding.severity.mark()).then(Role::Text, " ").then(Role::Text, &finding.title));
    if !finding.place.is_empty() {
        let place = Line::of(Role::Muted, "  ").then(Role::Name, &finding.place);
        out.push(if finding.value.is_empty() {
            place
        } else {
            place.then(Role::Muted, "  ").then(Role::Value, &finding.value)
        });
    }
    if let Some(fails) = &finding.fails {
        let mut line = Line::of(Role::Muted, "  fails: ").then(Role::Text, fails.flow);
        if !fails.codes.is_empty() {
            let codes = fails.codes.iter().map(|code| format!("AADSTS{code}")).collect::<Vec<_>>().join(", ");
            line = line.then(Role::Muted, "  ").then(Role::Name, codes);
        }
        out.push(line);
    }
    if !finding.why.is_empty() {
        out.push(Line::of(Role::Text, format!("  {}", finding.why)));
    }
    if let Some(fix) = &finding.fix {
        out.push(Line::of(Role::Ok, "  → ").then(Role::Text, &fix.title));
        out.extend(fix.command.as_ref().map(|command| Line::of(Role::Value, format!("    {command}"))));
    }
}

/// The same for programs.
pub fn to_json(application: &Application, findings: &[LintFinding]) -> Value {
    json!({
        "kind": "registration",
        "app_id": application.app_id,
        "display_name": application.display_name,
        "will_fail": will_fail(findings),
        "findings": findings.iter().map(finding_json).collect::<Vec<_>>(),
    })
}

fn finding_json(finding: &LintFinding) -> Value {
    let code = |number: &u32| json!({ "code": number, "title": aadsts::lookup(*number).map(|code| code.title.clone()) });
    json!({
        "id": finding.id,
        "severity": finding.severity.name(),
        "title": finding.title,
        "place": finding.place,
        "value": finding.value,
        "fails": finding.fails.map(|fails| json!({ "flow": fails.flow, "codes": fails.codes.iter().map(code).collect::<Vec<_>>() })),
        "why": finding.why,
        "fix": finding.fix.as_ref().map(|fix| json!({ "title": fix.title, "command": fix.command })),
    })
}

/// An annotated address, for people: every parameter, then the findings.
pub fn url_lines(report: &UrlReport) -> Vec<Line> {
    let mut out = vec![
        Line::of(Role::Title, report.endpoint.title()).then(Role::Muted, "  ").then(Role::Link, &report.base),
        Line::of(Role::Text, summary(&report.findings)),
    ];
    if let Some(tenant) = &report.tenant {
        out.push(
            Line::of(Role::Muted, "tenant  ")
                .then(Role::Value, tenant)
                .then(Role::Muted, "  ")
                .then(Role::Text, report.audience()),
        );
    }
    grouped(&mut out, &report.findings);
    out.push(Line::new());
    out.push(Line::of(Role::Title, "Parameter by parameter"));
    for parameter in &report.parameters {
        let worst = report.worst(&parameter.name);
        let role = match worst {
            Severity::Error => Role::Refused,
            Severity::Warning => Role::Warn,
            Severity::Info | Severity::Passed => Role::Ok,
        };
        let mark = if worst == Severity::Info { Severity::Passed.mark() } else { worst.mark() };
        out.push(
            Line::of(role, mark)
                .then(Role::Text, " ")
                .then(Role::Name, &parameter.name)
                .then(Role::Muted, "  ")
                .then(if parameter.is_secret { Role::Secret } else { Role::Value }, &parameter.value),
        );
        out.push(Line::of(Role::Muted, format!("  {}", parameter.about)));
        for finding in report.findings.iter().filter(|finding| finding.place == parameter.name) {
            out.push(Line::of(Role::Text, format!("  {}", finding.title)));
        }
    }
    for (name, about) in &report.absent {
        out.push(
            Line::of(Role::Muted, "- ")
                .then(Role::Name, *name)
                .then(Role::Muted, "  not sent: ")
                .then(Role::Muted, about),
        );
    }
    out
}

/// The same for programs.
pub fn url_to_json(report: &UrlReport) -> Value {
    let parameters = report.parameters.iter().map(|one| {
        json!({
            "name": one.name, "value": one.value, "about": one.about, "known": one.is_known, "secret": one.is_secret,
            "severity": report.worst(&one.name).name(),
        })
    });
    json!({
        "kind": "url",
        "endpoint": report.endpoint.name(),
        "base": report.base,
        "tenant": report.tenant,
        "parameters": parameters.collect::<Vec<_>>(),
        "absent": report.absent.iter().map(|(name, about)| json!({ "name": name, "about": about })).collect::<Vec<_>>(),
        "will_fail": will_fail(&report.findings),
        "findings": report.findings.iter().map(finding_json).collect::<Vec<_>>(),
    })
}
