//! What the checks say of the selected registration or address, as lines with places to stop at: what will be refused first,
//! each finding with its numbers and its fix; then what it asks for, by name; then what was looked at, and what was not.

use super::listing::origin;
use crate::{
    entra::{aadsts, registration::Kind},
    finding::Severity,
    lint::{self, LintFinding, UrlReport},
    text::{Line, Role},
    workbench::registrations::{Entry, EntryId, Examined, Form, Known, Requested, Standing},
};

/// Something that can be done from a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Something that helps: its command is copied, and shown alone.
    Fix {
        /// In words.
        title: String,
        /// The command, if there is one.
        command: Option<String>,
    },
    /// A value that is copied.
    Value {
        /// What it is.
        what: &'static str,
        /// The value.
        text: String,
    },
    /// A number that is explained on the Errors screen.
    Code(u32),
    /// A permission that is found in the list of all.
    Permission {
        /// The client id of its API.
        api: String,
        /// Its GUID.
        id: String,
        /// Delegated or application.
        kind: Kind,
    },
}

/// How a mark is shown.
const fn role_of(severity: Severity) -> Role {
    match severity {
        Severity::Passed => Role::Ok,
        Severity::Info => Role::Muted,
        Severity::Warning => Role::Warn,
        Severity::Error => Role::Refused,
    }
}

/// Lines, and what can be done from which.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub lines: Vec<Line>,
    pub places: Vec<(usize, Place)>,
}

/// Tells everything about an entry. `known` is what is known of the application, `None` for an address.
pub fn told(entry: &Entry, known: Option<&Known>, examined: &Examined) -> Told {
    let mut out = Told::default();
    out.head(entry, known);
    out.line(Line::of(Role::Text, lint::summary(&examined.findings)));
    match (entry.form, &entry.id) {
        (Form::Principal, _) => out.muted(
            "Only what its tenant says of it is here, so only that was looked at. The registration tells the rest.",
        ),
        (Form::Address, _) => out.compared(entry, examined),
        (Form::Registration, EntryId::Lab(_)) => out.line(
            Line::of(Role::Key, "e")
                .then(Role::Muted, " changes it on screen 8. The commands are those of a real tenant."),
        ),
        (Form::Registration, EntryId::Kept(_)) => {}
    }
    for (severity, title, _) in lint::GROUPS {
        out.group(severity, title, &examined.findings);
    }
    if let Some(report) = &examined.report {
        out.parameters(report);
    }
    out.requested(&examined.requested);
    if let Some(known) = known {
        out.looked_at(known);
    }
    out
}

impl Told {
    /// What is said while there is nothing to tell of: what can be brought.
    pub fn of_nothing() -> Self {
        const TAKEN: [(&str, &str); 7] = [
            ("az ad app show --id CLIENT_ID", "the registration; az ad app list brings many"),
            ("az ad sp show --id CLIENT_ID", "how it stands in its tenant"),
            ("az ad app permission list-grants --id CLIENT_ID", "what was consented to"),
            ("az ad app federated-credential list --id CLIENT_ID", "whose tokens prove it"),
            ("Microsoft Graph", "the same objects, one or a page of them"),
            ("the manifest of the portal", "in its older form, too"),
            ("an authorize URL", "judged by itself, and beside the registration of its client"),
        ];
        let mut out = Self::default();
        out.line(Line::of(Role::Title, "What can be pasted, in any order"));
        for (what, about) in TAKEN {
            out.line(Line::of(Role::Value, what).then(Role::Muted, format!("  {about}")));
        }
        out.line(Line::new());
        out.muted("Pieces of one application find each other. Nothing is sent anywhere.");
        out
    }

    /// The whole as text.
    pub fn text(&self) -> String {
        self.lines.iter().map(Line::plain).collect::<Vec<_>>().join("\n")
    }

    /// The first place that helps, rather than explains.
    pub fn first_fix(&self) -> Option<usize> {
        let is_fix = |place: &Place| matches!(place, Place::Fix { .. });
        let first = self.places.iter().position(|(_, place)| is_fix(place));
        first.or_else(|| (!self.places.is_empty()).then_some(0))
    }

    /// The lines of the places, for walking.
    pub fn stops(&self) -> Vec<usize> {
        self.places.iter().map(|(line, _)| *line).collect()
    }

    pub fn line(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub fn muted(&mut self, text: &str) {
        self.line(Line::of(Role::Muted, text));
    }

    pub fn section(&mut self, title: &str) {
        self.line(Line::new());
        self.line(Line::of(Role::Title, title));
    }

    pub fn place(&mut self, place: Place, line: Line) {
        self.places.push((self.lines.len(), place));
        self.line(line);
    }

    pub fn fix(&mut self, title: &str, command: Option<&str>) {
        let place = Place::Fix { title: title.to_owned(), command: command.map(str::to_owned) };
        self.place(place, Line::of(Role::Ok, "→ ").then(Role::Text, title));
        if let Some(command) = command {
            self.line(Line::of(Role::Text, "    ").then(Role::Value, command));
        }
    }

    fn head(&mut self, entry: &Entry, known: Option<&Known>) {
        let mut head = Line::of(Role::Title, &entry.name);
        let shows_id = entry.client_id.as_ref().filter(|id| !entry.name.contains(id.as_str()));
        if let Some(id) = shows_id {
            head = head.then(Role::Muted, "  ").then(Role::Value, id);
        }
        self.line(head.then(Role::Muted, format!("  {}", origin(&entry.id))));
        let audience = known.and_then(|known| known.application.as_ref()?.sign_in_audience.as_deref());
        let tenant = known.and_then(Known::tenant_name);
        let parts = [("for ", audience), ("of ", tenant)];
        let parts: Vec<String> =
            parts.into_iter().filter_map(|(word, value)| Some(format!("{word}{}", value?))).collect();
        if !parts.is_empty() {
            self.muted(&parts.join(", "));
        }
    }

    fn compared(&mut self, entry: &Entry, examined: &Examined) {
        let line = match (&examined.compared_with, &entry.client_id) {
            (Some(name), _) => Line::of(Role::Muted, "Compared with the registration of ")
                .then(Role::Value, name)
                .then(Role::Muted, "."),
            (None, Some(id)) => {
                let command = format!("az ad app show --id {id}");
                self.muted("Its registration is not here: with it, more could be said.");
                return self.fix("Paste here what this prints:", Some(&command));
            }
            (None, None) => {
                Line::of(Role::Muted, "It names no client, so there is no registration to compare it with.")
            }
        };
        self.line(line);
    }

    fn group(&mut self, severity: Severity, title: &str, findings: &[LintFinding]) {
        let mut group = findings.iter().filter(|finding| finding.severity == severity).peekable();
        if group.peek().is_some() {
            self.section(title);
        }
        for finding in group {
            self.finding(finding);
        }
    }

    fn finding(&mut self, finding: &LintFinding) {
        let (mark, role) = (finding.severity.mark(), role_of(finding.severity));
        self.line(Line::of(role, mark).then(Role::Text, " ").then(Role::Text, &finding.title));
        if !finding.place.is_empty() {
            let line = Line::of(Role::Muted, "  ").then(Role::Name, &finding.place);
            self.line(if finding.value.is_empty() {
                line
            } else {
                line.then(Role::Muted, "  ").then(Role::Value, &finding.value)
            });
        }
        if let Some(fails) = &finding.fails {
            self.line(Line::of(Role::Muted, "  fails: ").then(Role::Text, fails.flow));
            for code in fails.codes {
                let title = aadsts::lookup(*code).map_or_else(String::new, |known| known.title.to_string());
                let line = Line::of(Role::Muted, "    ").then(Role::Refused, format!("AADSTS{code}"));
                self.place(Place::Code(*code), line.then(Role::Muted, format!("  {title}")));
            }
        }
        if !finding.why.is_empty() {
            self.line(Line::of(Role::Text, format!("  {}", finding.why)));
        }
        if let Some(fix) = &finding.fix {
            let place = Place::Fix { title: fix.title.clone(), command: fix.command.clone() };
            self.place(place, Line::of(Role::Ok, "  → ").then(Role::Text, &fix.title));
            if let Some(command) = &fix.command {
                self.line(Line::of(Role::Value, format!("    {command}")));
            }
        }
    }

    fn parameters(&mut self, report: &UrlReport) {
        self.section("Parameter by parameter");
        self.line(Line::of(Role::Link, &report.base));
        let audience = report.audience();
        if let Some(tenant) = report.tenant.as_deref().filter(|_| !audience.is_empty()) {
            self.line(Line::of(Role::Name, tenant).then(Role::Muted, format!("  {audience}")));
        }
        for one in &report.parameters {
            let worst = report.worst(&one.name);
            // What is only worth knowing is no fault.
            let mark = if worst == Severity::Info { Severity::Passed } else { worst };
            let (mark, role) = (mark.mark(), role_of(mark));
            self.line(
                Line::of(role, mark)
                    .then(Role::Text, " ")
                    .then(Role::Name, &one.name)
                    .then(Role::Muted, "  ")
                    .then(if one.is_secret { Role::Secret } else { Role::Value }, &one.value),
            );
            self.line(Line::of(Role::Muted, format!("  {}", one.about)));
        }
        for (name, about) in &report.absent {
            self.line(
                Line::of(Role::Muted, "– ")
                    .then(Role::Name, *name)
                    .then(Role::Muted, format!("  not sent: {about}")),
            );
        }
    }

    fn requested(&mut self, requested: &[Requested]) {
        if requested.is_empty() {
            return;
        }
        self.section(&format!("Permissions it lists  {}", requested.len()));
        let mut api = None;
        for one in requested {
            if api != Some(&one.api) {
                let line = Line::of(Role::Name, &one.api_name);
                let is_named = one.api_name != one.api;
                self.line(if is_named {
                    line.then(Role::Muted, "  ").then(Role::Muted, &one.api)
                } else {
                    line
                });
            }
            api = Some(&one.api);
            self.permission(one);
        }
    }

    fn permission(&mut self, one: &Requested) {
        let (mark, role, stands) = match one.standing {
            Standing::Granted => ("✓", Role::Ok, "granted"),
            Standing::ForSome => ("·", Role::Text, "granted to some people"),
            Standing::Missing => ("–", Role::Muted, "not granted"),
            Standing::Unknown => ("·", Role::Muted, ""),
        };
        let name = match &one.name {
            Some(name) => name.as_str(),
            None if one.id.is_empty() => "without a permission",
            None => &one.id,
        };
        let kind = match one.kind {
            Kind::Scope => "delegated",
            Kind::Role => "application",
        };
        let who = match (one.kind, one.needs_admin) {
            (Kind::Role, _) | (Kind::Scope, Some(true)) => "an administrator consents",
            (Kind::Scope, Some(false)) => "people consent",
            (Kind::Scope, None) => "",
        };
        let unknown =
            if one.name.is_none() && !one.id.is_empty() { "its name is not known here" } else { "" };
        let notes: Vec<&str> =
            [kind, who, stands, unknown].into_iter().filter(|note| !note.is_empty()).collect();
        let line = Line::of(role, format!("  {mark} "))
            .then(Role::Value, name)
            .then(Role::Muted, format!("  {}", notes.join(", ")));
        if one.listed().is_some() {
            self.place(Place::Permission { api: one.api.clone(), id: one.id.clone(), kind: one.kind }, line);
        } else {
            self.line(line);
        }
    }

    fn looked_at(&mut self, known: &Known) {
        self.section("Looked at");
        let id = known.app_id().unwrap_or("<client-id>").to_owned();
        let mut missing: Vec<(&str, String)> = Vec::new();
        let mut look = |is_there: bool, what: &str, about: &str, wanted: &'static str, command: String| {
            if is_there {
                self.line(
                    Line::of(Role::Ok, "✓ ").then(Role::Text, what).then(Role::Muted, format!("  {about}")),
                );
            } else {
                missing.push((wanted, command));
            }
        };
        let federated = known.application.as_ref().is_some_and(|app| app.federated.is_some());
        look(
            known.application.is_some(),
            "registration",
            "redirect URIs, kinds of client, secrets and certificates with their dates, what it exposes and asks for",
            "The registration: most of what can fail stands in it.",
            format!("az ad app show --id {id}"),
        );
        look(
            federated,
            "federated credentials",
            "issuers, subjects and audiences",
            "Federated credentials, which are printed apart.",
            format!("az ad app federated-credential list --id {id}"),
        );
        look(
            known.principal.is_some(),
            "service principal",
            "whether it is switched on in its tenant, and who gets in",
            "The service principal: whether it is switched on, and who gets in.",
            format!("az ad sp show --id {id}"),
        );
        look(
            known.knows_delegated,
            "delegated grants",
            "what people and administrators have consented to",
            "Delegated grants: what was consented to.",
            format!("az ad app permission list-grants --id {id}"),
        );
        look(
            known.knows_assigned,
            "application permissions that were granted",
            "",
            "Application permissions that were granted.",
            format!(
                "az rest --uri \"https://graph.microsoft.com/v1.0/servicePrincipals(appId='{id}')/appRoleAssignments\""
            ),
        );
        if missing.is_empty() {
            return;
        }
        self.section("Would tell more, pasted here");
        for (title, command) in missing {
            self.fix(title, Some(&command));
        }
    }
}
