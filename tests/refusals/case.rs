//! A row of the table, and what is checked of each refusal whatever its surface.

use std::{collections::BTreeMap, pin::Pin};

use authwright::{
    explain::{self, Evidence},
    provider::scenario::Scenario,
    runtime::clock,
    workbench::evidence::gather,
};
use serde_json::Value;

use crate::{
    desk::{Answer, Desk, STATE, VERIFIER},
    truth,
};

/// Does something that the tenant refuses, and gives its answer.
pub type Provoke = for<'a> fn(&'a Desk) -> Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// A poll of a device that waits is no sign-in that failed, and a tenant in trouble looks at nobody.
const NOT_LOGGED: [u32; 3] = [70016, 90036, 90055];

/// A refusal as it is expected.
pub struct Case {
    pub code: u32,
    name: &'static str,
    surface: Surface,
    error: &'static str,
    suberror: Option<&'static str>,
    /// Members beyond those that the surface always has.
    extra: &'static [&'static str],
    has_uri: bool,
    /// Parts of the message in their order. `@key` stands for the id of an application, `#key` for that of a tenant.
    slots: &'static [&'static str],
    /// A directory of its own: because it has to be another one, or because what the row does would show in other rows.
    pub scenario: Option<fn() -> Scenario>,
    provoke: Provoke,
}

/// On which surface a refusal comes.
enum Surface {
    /// JSON with this status.
    Json(u16),
    /// A document of metadata, which any page may read.
    Metadata,
    /// A page from which nothing leads on.
    Page,
    /// A page on which the person can try again.
    Form,
    /// A page that asks for more; the number is for the log only.
    Interrupt,
    /// A page that says that it is over, to whoever said no.
    Farewell,
    /// Back to the application, at the address that begins like this.
    Redirect(&'static str),
}

fn case(code: u32, name: &'static str, surface: Surface, error: &'static str, provoke: Provoke) -> Case {
    Case {
        code,
        name,
        surface,
        error,
        suberror: None,
        extra: &[],
        has_uri: true,
        slots: &[],
        scenario: None,
        provoke,
    }
}

/// Refused as JSON.
pub fn json(code: u32, error: &'static str, name: &'static str, provoke: Provoke) -> Case {
    let status = if error == "invalid_client" { 401 } else { 400 };
    case(code, name, Surface::Json(status), error, provoke)
}

/// Refused by an endpoint for metadata.
pub fn metadata(code: u32, error: &'static str, name: &'static str, provoke: Provoke) -> Case {
    case(code, name, Surface::Metadata, error, provoke)
}

/// Refused on a page.
pub fn page(code: u32, name: &'static str, provoke: Provoke) -> Case {
    case(code, name, Surface::Page, "", provoke)
}

/// Refused on a page with a form for the next try.
pub fn form(code: u32, name: &'static str, provoke: Provoke) -> Case {
    case(code, name, Surface::Form, "", provoke)
}

/// Interrupted by a page that asks for more.
pub fn interrupt(code: u32, name: &'static str, provoke: Provoke) -> Case {
    case(code, name, Surface::Interrupt, "", provoke)
}

/// Refused by the person, who is told that it is over.
pub fn farewell(code: u32, name: &'static str, provoke: Provoke) -> Case {
    case(code, name, Surface::Farewell, "", provoke)
}

/// Refused by a redirect.
pub fn redirect(
    code: u32,
    error: &'static str,
    to: &'static str,
    name: &'static str,
    provoke: Provoke,
) -> Case {
    case(code, name, Surface::Redirect(to), error, provoke)
}

impl Case {
    pub fn suberror(self, suberror: &'static str) -> Self {
        Self { suberror: Some(suberror), ..self }
    }

    /// Another status than the one that goes with the error.
    pub fn status(self, status: u16) -> Self {
        Self { surface: Surface::Json(status), ..self }
    }

    pub fn with(self, extra: &'static [&'static str]) -> Self {
        Self { extra, ..self }
    }

    pub fn without_uri(self) -> Self {
        Self { has_uri: false, ..self }
    }

    pub fn says(self, slots: &'static [&'static str]) -> Self {
        Self { slots, ..self }
    }

    /// In a lab of its own.
    pub fn alone(self) -> Self {
        self.stocked(Scenario::northwind)
    }

    /// With another directory.
    pub fn stocked(self, scenario: fn() -> Scenario) -> Self {
        Self { scenario: Some(scenario), ..self }
    }

    /// Provokes the refusal and says what is wrong with it.
    pub async fn run(&self, desk: &Desk) -> Outcome {
        let begun = desk.sent().len();
        let answer = (self.provoke)(desk).await;
        let mut found = Found { name: format!("{} {}", self.code, self.name), problems: Vec::new() };
        let message = match &self.surface {
            Surface::Json(status) => {
                found.headers(&answer, TOKEN_HEADERS);
                self.check_json(desk, &answer, *status, &mut found)
            }
            Surface::Metadata => {
                found.headers(&answer, METADATA_HEADERS);
                self.check_json(desk, &answer, 400, &mut found)
            }
            Surface::Page | Surface::Form | Surface::Interrupt | Surface::Farewell => {
                self.check_page(&answer, &mut found)
            }
            Surface::Redirect(to) => self.check_redirect(desk, &answer, to, &mut found),
        };
        self.check_message(desk, &message, &mut found);
        found.headers(&answer, COMMON_HEADERS);
        // An interrupt is for the log, and the page says nothing of it.
        let code = if matches!(self.surface, Surface::Interrupt) { 0 } else { self.code };
        found.same("x-ms-clitelem", answer.header("x-ms-clitelem"), &format!("1,{code},0,,"));
        self.check_log(desk, &answer, &mut found);
        self.check_note(desk, begun, &answer, &mut found).await;
        found
    }

    fn check_json(&self, desk: &Desk, answer: &Answer, status: u16, found: &mut Found) -> String {
        found.same("status", &answer.status.to_string(), &status.to_string());
        let Ok(body) = serde_json::from_str::<Value>(&answer.body) else {
            found.say(format!("no JSON: {answer:?}"));
            return String::new();
        };
        let text = |member: &str| body[member].as_str().unwrap_or_default();
        found.same("error", text("error"), self.error);
        found.same("error_codes", &body["error_codes"].to_string(), &format!("[{}]", self.code));
        found.same("suberror", text("suberror"), self.suberror.unwrap_or_default());
        let mut members =
            vec!["error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"];
        members.extend(self.has_uri.then_some("error_uri"));
        members.extend(self.suberror.is_some().then_some("suberror"));
        members.extend(self.extra);
        let present: Vec<_> = body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        found.same("members", &present.join(" "), &members.join(" "));
        if self.has_uri {
            found.same("error_uri", text("error_uri"), &desk.url(&format!("error?code={}", self.code)));
        }
        found.same("x-ms-request-id", answer.header("x-ms-request-id"), text("trace_id"));
        for id in ["trace_id", "correlation_id"] {
            found.expect(is_guid(text(id)), || format!("{id}: {:?}", text(id)));
        }
        found.expect(is_moment(text("timestamp")), || format!("timestamp: {:?}", text("timestamp")));
        let ids = format!(
            " Trace ID: {} Correlation ID: {} Timestamp: {}",
            text("trace_id"),
            text("correlation_id"),
            text("timestamp")
        );
        self.message(text("error_description"), &ids, found)
    }

    fn check_redirect(&self, desk: &Desk, answer: &Answer, to: &str, found: &mut Found) -> String {
        found.same("status", &answer.status.to_string(), "302");
        let location = answer.header("location");
        found.expect(location.starts_with(to), || format!("location: {location}"));
        let sent = location.split_once(['?', '#']).map_or("", |(_, sent)| sent.trim_end_matches('#'));
        let sent: BTreeMap<String, String> = form_urlencoded::parse(sent.as_bytes()).into_owned().collect();
        let text = |member: &str| sent.get(member).map(String::as_str).unwrap_or_default();
        found.same("error", text("error"), self.error);
        found.same("state", text("state"), STATE);
        found.same("suberror", text("suberror"), self.suberror.unwrap_or_default());
        let mut members = vec!["error", "error_description", "state"];
        members.extend(self.has_uri.then_some("error_uri"));
        members.extend(self.suberror.is_some().then_some("suberror"));
        members.extend(self.extra);
        members.sort_unstable();
        let present: Vec<_> = sent.keys().map(String::as_str).collect();
        found.same("members", &present.join(" "), &members.join(" "));
        if self.has_uri {
            found.same("error_uri", text("error_uri"), &desk.url(&format!("error?code={}", self.code)));
        }
        let description = text("error_description").to_owned();
        let ids = description.find(" Trace ID: ").map_or("", |at| &description[at..]).to_owned();
        let parts: Vec<&str> = ids.split(' ').collect();
        let is_well_formed = ids.starts_with(&format!(" Trace ID: {} ", answer.header("x-ms-request-id")))
            && parts.len() == 10
            && is_guid(parts[6])
            && is_moment(&parts[8..].join(" "));
        found.expect(is_well_formed, || format!("ids: {ids:?}"));
        self.message(&description, &ids, found)
    }

    fn check_page(&self, answer: &Answer, found: &mut Found) -> String {
        found.same("status", &answer.status.to_string(), "200");
        found.headers(answer, PAGE_HEADERS);
        found.same("location", answer.header("location"), "");
        let body = &answer.body;
        if matches!(self.surface, Surface::Farewell) {
            found.expect(!body.contains("<form"), || "something leads on".to_owned());
            return String::new();
        }
        if matches!(self.surface, Surface::Interrupt) {
            found.expect(body.contains("<form"), || "nothing leads on".to_owned());
            found.expect(!body.contains("AADSTS"), || "it looks like an error".to_owned());
            return String::new();
        }
        let is_form = matches!(self.surface, Surface::Form);
        found.expect(body.contains("<form") == is_form, || format!("a form: {}", !is_form));
        if !is_form {
            for shown in ["Request Id:", "Correlation Id:", "Timestamp:", answer.header("x-ms-request-id")] {
                found.expect(body.contains(shown), || format!("the page does not show {shown}"));
            }
        }
        let prefix = format!("AADSTS{}: ", self.code);
        let Some((_, rest)) = body.split_once(&prefix) else {
            found.say(format!("the page does not say {prefix}"));
            return String::new();
        };
        let text = rest.split('<').next().unwrap_or_default();
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        entities.iter().fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c))
    }

    /// The text between the number and the ids.
    fn message(&self, description: &str, ids: &str, found: &mut Found) -> String {
        let prefix = format!("AADSTS{}: ", self.code);
        let text = description.strip_prefix(&prefix).and_then(|text| text.strip_suffix(ids));
        found.expect(text.is_some(), || format!("error_description: {description}"));
        text.unwrap_or_default().to_owned()
    }

    fn check_message(&self, desk: &Desk, message: &str, found: &mut Found) {
        if matches!(self.surface, Surface::Farewell | Surface::Interrupt) {
            return;
        }
        found.expect(message.ends_with(['.', ']']) && message.len() > 10, || format!("message: {message:?}"));
        let mut rest = message;
        for slot in self.slots {
            let value = match slot.split_at(1) {
                ("@", key) => desk.client_id(key).to_owned(),
                ("#", key) => desk.scenario.tenant(key).expect("a tenant").id.clone(),
                _ => (*slot).to_owned(),
            };
            match rest.split_once(value.as_str()) {
                Some((_, behind)) => rest = behind,
                None => found.say(format!("{value:?} is not where it belongs: {message}")),
            }
        }
    }

    fn check_log(&self, desk: &Desk, answer: &Answer, found: &mut Found) {
        let id = answer.header("x-ms-request-id");
        let row = desk.lab.sign_ins().into_iter().find(|row| row.trace_id == id);
        match row {
            None => found.expect(NOT_LOGGED.contains(&self.code), || "no row in the sign-in log".to_owned()),
            Some(row) => {
                found.expect(!NOT_LOGGED.contains(&self.code), || format!("logged: {row:?}"));
                found.same("code in the log", &row.code.to_string(), &self.code.to_string());
                found.expect(!row.reason.is_empty() && is_guid(&row.correlation_id), || format!("{row:?}"));
            }
        }
    }

    /// The learner's side: what the tenant notes, and what is explained from the run, with the note and without it.
    async fn check_note(&self, desk: &Desk, begun: usize, answer: &Answer, found: &mut Found) {
        let trace = answer.header("x-ms-request-id");
        let note = desk.note(trace).await;
        found.same("code of the note", &note.code.to_string(), &self.code.to_string());
        found.expect(note.rule.contains('.'), || format!("rule: {note:?}"));
        found.expect(note.demand.contains(' '), || format!("demand: {note:?}"));
        found.expect(!note.compared.is_empty(), || format!("nothing was compared: {note:?}"));
        let shown = format!("{note:?}");
        for secret in [desk.secret("inventory-sync"), "lab-Mina-1", VERIFIER] {
            found.expect(!shown.contains(secret), || format!("a secret in the note: {shown}"));
        }

        let sent = desk.sent().split_off(begun);
        let at = sent.iter().position(|(_, id)| id == trace).expect("it was sent");
        let before: Vec<_> = sent[..at].iter().map(|(request, _)| request).collect();
        let view = desk.lab.view().await.expect("the tenant is there");
        let without = Evidence {
            lab: true,
            now: Some(clock::now()),
            // The number is in the sign-in log only, which people have before them as well.
            text: matches!(self.surface, Surface::Interrupt | Surface::Farewell)
                .then(|| format!("AADSTS{}", self.code)),
            ..gather(&before, &sent[at].0, Some(&answer.response()), Some(&view))
        };
        let with = Evidence {
            rule: Some((note.rule.to_owned(), note.demand)),
            compared: note.compared,
            ..without.clone()
        };
        for (has_note, kind, evidence) in [(false, "without the note", without), (true, "with it", with)] {
            let explanation = explain::explain(&evidence);
            found.expect(explanation.code == Some(self.code), || {
                format!("{kind}: explained as {:?}", explanation.code)
            });
            found.expect(!explanation.meaning.is_empty(), || "no meaning".to_owned());
            let problem =
                truth::Diagnosis::new(self.code, note.rule, &explanation).problem(self.name, has_note);
            found.expect(problem.is_none(), || format!("{kind}: {}", problem.unwrap_or_default()));
        }
    }
}

/// What is wrong with a refusal.
pub struct Outcome {
    name: String,
    pub problems: Vec<String>,
}

use Outcome as Found;

impl Outcome {
    fn say(&mut self, problem: impl std::fmt::Display) {
        self.problems.push(format!("{}: {problem}", self.name));
    }

    fn expect(&mut self, is_right: bool, problem: impl FnOnce() -> String) {
        if !is_right {
            self.say(problem());
        }
    }

    fn same(&mut self, what: &str, shown: &str, expected: &str) {
        self.expect(shown == expected, || format!("{what} is {shown:?}, not {expected:?}"));
    }

    fn headers(&mut self, answer: &Answer, expected: &[(&str, &str)]) {
        for (name, value) in expected {
            self.same(name, answer.header(name), value);
        }
    }
}

/// Reference §14.1.
const COMMON_HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("p3p", r#"CP="DSP CUR OTPi IND OTRi ONL FIN""#),
    ("x-ms-ests-server", "2.1.0 - LAB ProdSlices"),
    ("x-xss-protection", "0"),
];

const TOKEN_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store, no-cache"),
    ("pragma", "no-cache"),
    ("expires", "-1"),
    ("content-type", "application/json; charset=utf-8"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
];

const METADATA_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "max-age=86400, private"),
    ("content-type", "application/json; charset=utf-8"),
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "GET, OPTIONS"),
];

const PAGE_HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store, no-cache"),
    ("content-type", "text/html; charset=utf-8"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
];

fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

/// `YYYY-MM-DD hh:mm:ssZ`.
fn is_moment(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00 00:00:00Z"
}
