//! An entry as rows: name, value, what it means, and what can be done with it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Attempt, Entry, Tenant,
    members::{self, Inner, Member},
};
use crate::{
    provider::{
        PermissionGrant, RoleAssignment,
        clock::Clock,
        faults::ActiveFault,
        order::Step,
        scenario::{Application, Scenario},
    },
    secret::{Secret, is_harmless_member},
    text::visible,
    time::UnixTime,
};

pub use members::Kind;

/// A row of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Where it stands in the entry, such as `web.redirectUris.0`; empty where it is no member that could be changed.
    pub path: String,
    /// What it is called.
    pub name: String,
    /// How deep it stands: items of a list stand below it, and their members below these.
    pub depth: usize,
    /// What is there.
    pub value: Held,
    /// What kind of value belongs there, and with it what can be done.
    pub kind: Kind,
    /// What it means; may be empty.
    pub about: String,
}

/// What a row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is absent.
    Nothing,
    /// Yes.
    On,
    /// No.
    Off,
    /// A text, as it is.
    Text(String),
    /// A text to mask.
    Secret(Secret),
    /// A moment, and how it is written.
    Time(UnixTime, String),
    /// So many rows below.
    Count(usize),
}

impl Held {
    /// The text of it, for copying and editing; a secret's too. Empty where there is none.
    pub fn text(&self) -> Secret {
        Secret::new(match self {
            Self::Nothing | Self::Count(_) => "",
            Self::On => "true",
            Self::Off => "false",
            Self::Text(text) | Self::Time(_, text) => text,
            Self::Secret(secret) => return secret.clone(),
        })
    }
}

impl Fact {
    fn fixed(name: &str, value: impl Into<String>, about: impl Into<String>) -> Self {
        let value = match value.into() {
            text if text.is_empty() => Held::Nothing,
            text => Held::Text(text),
        };
        let (path, name) = (String::new(), name.to_owned());
        Self { path, name, depth: 0, value, kind: Kind::Fixed, about: about.into() }
    }

    /// Whether it can be taken away: an item of a list.
    pub fn is_item(&self) -> bool {
        self.path.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
            && !self.path.is_empty()
            && self.kind != Kind::Fixed
    }
}

/// The rows of an entry.
pub fn of(tenant: &Tenant, entry: Entry<'_>) -> Vec<Fact> {
    let scenario = &tenant.view().scenario;
    match entry {
        Entry::Listed(list, _, entry) => listed(entry, members::of(list)),
        Entry::Policy(entry) => listed(entry, members::POLICY),
        Entry::Grant(grant) => granted(grant, scenario),
        Entry::Role(role) => assigned(role, scenario),
        Entry::Clock(clock) => clock_of(tenant, clock),
        Entry::Fault(fault) => faulty(fault),
        Entry::Attempt(attempt) => attempted(attempt),
        Entry::Done(step) => stepped(step, "u takes back the last one, then the one before it, and so on"),
        Entry::Undone(step) => {
            stepped(step, "taken back; Ctrl-R does it again, the last one taken back first")
        }
    }
}

fn listed(entry: &Value, table: &'static [Member]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for member in table {
        rows(entry, member.path, member.path, 0, (member.kind, member.about), &mut facts);
    }
    let known: BTreeSet<&str> = table.iter().map(|member| member.path).collect();
    unknown(entry, "", &known, &mut facts);
    facts
}

/// The rows of one member, those of its items included. `path` leads to it in the whole entry, `name` in `entry`.
fn rows(
    entry: &Value,
    name: &str,
    path: &str,
    depth: usize,
    (kind, about): (Kind, &str),
    facts: &mut Vec<Fact>,
) {
    let value = name.split('.').try_fold(entry, |value, part| value.get(part)).unwrap_or(&Value::Null);
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let row = |path: String, name: &str, depth, value, kind, about: &str| Fact {
        path,
        name: name.to_owned(),
        depth,
        value,
        kind,
        about: about.to_owned(),
    };
    let held = match kind {
        Kind::Texts | Kind::Items(_) if items.is_empty() => Held::Nothing,
        Kind::Texts | Kind::Items(_) => Held::Count(items.len()),
        kind @ (Kind::Fixed
        | Kind::Switch
        | Kind::Text
        | Kind::OptionalText
        | Kind::Number
        | Kind::Time
        | Kind::Secret { .. }
        | Kind::Choice(_)
        | Kind::Words) => held(value, kind),
    };
    facts.push(row(path.to_owned(), name, depth, held, kind, about));
    for (index, item) in items.iter().enumerate() {
        let (path, ordinal) = (format!("{path}.{index}"), format!("{}", index + 1));
        match kind {
            Kind::Texts => {
                let held = self::held(item, Kind::Text);
                facts.push(row(path, &ordinal, depth + 1, held, Kind::Text, about));
            }
            Kind::Items(inner) => {
                // The first member names the item: both share a row.
                let mut below = Vec::new();
                for (name, kind, about) in inner {
                    rows(item, name, &format!("{path}.{name}"), depth + 2, (*kind, *about), &mut below);
                }
                facts.push(row(path, &ordinal, depth + 1, Held::Text(title(item, inner)), ITEM, about));
                facts.append(&mut below);
            }
            Kind::Fixed
            | Kind::Switch
            | Kind::Text
            | Kind::OptionalText
            | Kind::Number
            | Kind::Time
            | Kind::Secret { .. }
            | Kind::Choice(_)
            | Kind::Words => {}
        }
    }
}

/// An item of a list of entries: it can be taken away as a whole, and changed by its members.
const ITEM: Kind = Kind::Items(&[]);

/// What an item is called: what stands in its first member.
fn title(item: &Value, inner: &[Inner]) -> String {
    let first = inner.first().and_then(|(name, ..)| item[*name].as_str());
    first.unwrap_or_default().to_owned()
}

fn held(value: &Value, kind: Kind) -> Held {
    match (value, kind) {
        (Value::Bool(true), _) => Held::On,
        (Value::Bool(false), _) | (Value::Null, Kind::Switch) => Held::Off,
        (Value::Null, Kind::Choice(values)) if values.iter().any(|(value, _)| value.is_empty()) => {
            Held::Nothing
        }
        (Value::Null, _) => Held::Nothing,
        (Value::String(text), Kind::Secret { .. }) => Held::Secret(Secret::new(text.as_str())),
        (Value::String(text), Kind::Time) => match text.parse::<jiff::Timestamp>() {
            Ok(time) => Held::Time(UnixTime::from_millis(time.as_millisecond()), text.clone()),
            Err(_) => Held::Text(text.clone()),
        },
        (Value::String(text), _) => Held::Text(text.clone()),
        (Value::Array(items), _) => {
            let words =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            Held::Text(words.collect::<Vec<_>>().join(" "))
        }
        (other, _) => Held::Text(other.to_string()),
    }
}

/// Members that stand in no table: shown as they are.
fn unknown(entry: &Value, path: &str, known: &BTreeSet<&str>, facts: &mut Vec<Fact>) {
    let Value::Object(members) = entry else { return };
    for (name, value) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if known.contains(&*path) {
            continue;
        }
        if value.is_object() {
            unknown(value, &path, known, facts);
            continue;
        }
        let held = match (held(value, Kind::Fixed), value) {
            (Held::Text(text), Value::String(_)) if !is_harmless_member(name, &text) => {
                Held::Secret(Secret::new(text))
            }
            (held, _) => held,
        };
        let kind = if value.is_boolean() { Kind::Switch } else { Kind::Fixed };
        facts.push(Fact { name: path.clone(), path, depth: 0, value: held, kind, about: String::new() });
    }
}

fn named(scenario: &Scenario, key: &str) -> String {
    let name = |application: &Application| format!("{}, {}", application.display_name, application.app_id);
    scenario.application(key).map(|application| name(application)).unwrap_or_default()
}

fn organisation(scenario: &Scenario, key: &str) -> String {
    scenario.tenant(key).map_or_else(String::new, |tenant| tenant.display_name.clone())
}

fn granted(grant: &PermissionGrant, scenario: &Scenario) -> Vec<Fact> {
    let person = grant.principal.as_deref().and_then(|key| scenario.user(key));
    let whom = person.map_or("everybody", |user| &user.user_principal_name);
    let about = match person {
        Some(_) => "what this person agreed to",
        None => "an administrator agreed, for everybody in the tenant",
    };
    let mut facts = vec![
        Fact::fixed("client", &*grant.client, named(scenario, &grant.client)),
        Fact::fixed("resource", &*grant.resource, named(scenario, &grant.resource)),
        Fact::fixed("principal", whom, about),
        Fact::fixed("tenant", &*grant.tenant, organisation(scenario, &grant.tenant)),
    ];
    let resource = scenario.application(&grant.resource);
    for value in &grant.scopes {
        let scope = resource.and_then(|resource| resource.scope(value));
        let about = scope.map_or("", |scope| scope.display_name.as_str());
        facts.push(Fact::fixed("scope", value, about));
    }
    facts.push(Fact::fixed("id", &*grant.id, "what it is taken back by"));
    facts
}

fn assigned(role: &RoleAssignment, scenario: &Scenario) -> Vec<Fact> {
    let resource = scenario.application(&role.resource);
    let offered = resource.and_then(|resource| resource.app_roles.iter().find(|one| one.value == role.role));
    vec![
        Fact::fixed("client", &*role.client, named(scenario, &role.client)),
        Fact::fixed("resource", &*role.resource, named(scenario, &role.resource)),
        Fact::fixed("role", &*role.role, offered.map_or("", |role| role.display_name.as_str())),
        Fact::fixed("tenant", &*role.tenant, organisation(scenario, &role.tenant)),
        Fact::fixed("id", &*role.id, "what it is taken back by"),
    ]
}

fn clock_of(tenant: &Tenant, clock: Clock) -> Vec<Fact> {
    let mut facts = vec![
        Fact::fixed("clock", clock.said(), "a moves it: what was handed out grows old, keys are not touched"),
        Fact::fixed(
            "ahead",
            format!("{} s", clock.ahead() / 1000),
            "seconds; d shows the machine's time again",
        ),
    ];
    for (index, key) in tenant.view().keys.iter().enumerate() {
        let about = if index == 0 {
            "the key that signs now (kid)"
        } else {
            "published too: others may have cached it"
        };
        facts.push(Fact::fixed("key", key, about));
    }
    facts
}

fn faulty(fault: &ActiveFault) -> Vec<Fact> {
    let left = fault.left.map_or_else(|| "until it is switched off".to_owned(), |left| left.to_string());
    vec![
        Fact::fixed("fault", fault.fault.kind.said(), "what goes wrong"),
        Fact::fixed("endpoint", fault.fault.endpoint.name(), "where"),
        Fact::fixed("left", left, "how many requests it will still strike"),
        Fact::fixed("struck", fault.struck.to_string(), "how many it has struck"),
        Fact::fixed("rule", fault.fault.kind.rule(), "what notes on refusals name"),
        Fact::fixed("id", &*fault.id, "what it is switched off by"),
    ]
}

fn attempted(attempt: &Attempt) -> Vec<Fact> {
    let row = &attempt.sign_in;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (result, about) = match row.code {
        0 => ("let through".to_owned(), "the tenant gave what was asked for"),
        code => (format!("AADSTS{code}"), row.reason.as_str()),
    };
    let mut facts = vec![
        Fact::fixed("result", result, visible(about)),
        Fact::fixed("time", row.at.date_time(), "when the tenant decided, by its own clock"),
        Fact::fixed("user", text(&row.user), "as far as the request told"),
        Fact::fixed("application", text(&row.application), "what asked"),
        Fact::fixed("client id", text(&row.client_id), ""),
        Fact::fixed(
            "kind",
            row.kind.name(),
            "interactive: at a page; non-interactive: a client on behalf of a person",
        ),
        Fact::fixed(
            "correlation id",
            &*row.correlation_id,
            "the client chose it; ties its requests together",
        ),
        Fact::fixed(
            "trace id",
            &*row.trace_id,
            "the tenant's own id of the request; x-ms-request-id of the answer",
        ),
    ];
    let Some(note) = &attempt.note else { return facts };
    facts.push(Fact::fixed("rule", note.rule, "the check of the lab tenant that refused it"));
    facts.push(Fact::fixed("demand", &*note.demand, "what the rule wants"));
    for compared in &note.compared {
        facts.push(Fact::fixed(&compared.what, &*compared.sent, "what the request held"));
        let expected =
            Fact::fixed("expected", compared.expected.join(" or "), "what the tenant compared it with");
        facts.push(Fact { depth: 1, ..expected });
    }
    facts
}

fn stepped(step: &Step, about: &str) -> Vec<Fact> {
    vec![
        Fact::fixed("step", &*step.said, about),
        Fact::fixed("time", step.at.date_time(), "when it was done"),
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::workbench::tenant::Section;

    fn facts(section: Section, key: &str) -> Vec<Fact> {
        let tenant = Tenant::new(Arc::new(Scenario::northwind()));
        let count = tenant.count(section);
        let entries = (0..count).filter_map(|index| tenant.entry(section, index));
        let found = entries.into_iter().find(|entry| entry.identity() == key).expect("it is there");
        of(&tenant, found)
    }

    fn at<'a>(facts: &'a [Fact], path: &str) -> &'a Fact {
        facts.iter().find(|fact| fact.path == path).unwrap_or_else(|| panic!("{path}: {facts:#?}"))
    }

    #[test]
    fn switches_secrets_and_lists_are_told_apart() {
        let mina = facts(Section::People, "mina");
        assert_eq!(at(&mina, "accountEnabled").value, Held::On);
        assert_eq!(at(&mina, "lockedOut").value, Held::Off);
        assert!(matches!(at(&mina, "password").value, Held::Secret(_)));
        assert_eq!(at(&mina, "guestIn").value, Held::Nothing);
        let portal = facts(Section::Applications, "admin-portal");
        let uris = at(&portal, "web.redirectUris");
        assert!(matches!(uris.value, Held::Count(count) if count > 0) && !uris.is_item());
        assert!(at(&portal, "web.redirectUris.0").is_item());
        assert!(matches!(at(&portal, "passwordCredentials.0.secretText").value, Held::Secret(_)));
        assert!(at(&portal, "passwordCredentials.0").is_item());
        assert!(!at(&portal, "passwordCredentials.0.displayName").is_item());
    }

    #[test]
    fn no_secret_of_the_scenario_stands_in_clear() {
        let scenario = Scenario::northwind();
        let tenant = Tenant::new(Arc::new(scenario.clone()));
        let mut secrets: Vec<&str> = scenario.users().iter().map(|user| user.password.expose()).collect();
        for application in scenario.applications() {
            secrets.extend(application.password_credentials.iter().map(|one| one.secret_text.expose()));
        }
        let mut seen = 0;
        for section in Section::ALL {
            for entry in (0..tenant.count(section)).filter_map(|index| tenant.entry(section, index)) {
                for fact in of(&tenant, entry) {
                    if let Held::Text(text) = &fact.value {
                        assert!(!secrets.contains(&&**text), "{fact:?}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 200 && secrets.len() > 10);
    }

    #[test]
    fn a_member_that_no_table_knows_is_shown_all_the_same() {
        let entry = serde_json::json!({ "key": "x", "shoes": { "size": 44, "waterproof": true } });
        let facts = listed(&entry, members::POLICY);
        assert_eq!(at(&facts, "shoes.size").value, Held::Text("44".to_owned()));
        assert_eq!(
            (&at(&facts, "shoes.waterproof").value, at(&facts, "shoes.waterproof").kind),
            (&Held::On, Kind::Switch)
        );
    }
}
