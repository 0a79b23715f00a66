//! What the screen asks the person step by step: what to grant to whom, which scenario to load; and what it says when the
//! tenant has answered.

use super::{Purpose, Region, State, trouble};
use crate::{
    provider::{
        PermissionGrant, RoleAssignment,
        faults::{Endpoint, FaultKind},
        order::Order,
        scenario::{Application, Audience, Scenario, Tenant},
    },
    tui::{
        pane::{Choice, Intent, Toast},
        widgets::field::Field,
    },
    workbench::{User, Workbench, tenant::edits},
};

/// What was chosen so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A text is to be added to this list of the selected entry.
    Add(String),
    /// Something is to be granted to this application.
    GrantTo(String),
    /// To this application, something of this resource.
    GrantOf(String, String),
    /// To this application, this permission of this resource.
    Grant(String, String, Permission),
    /// This is to go wrong somewhere.
    Fault(FaultKind),
    /// This, there.
    FaultAt(FaultKind, Endpoint),
}

/// What can be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Something to do for people who are signed in.
    Scope(String),
    /// Something to do by itself.
    Role(String),
}

/// What the tenant said to an order.
pub fn answer(order: &Order, result: &Result<String, String>) -> Toast {
    match (result, order) {
        (Err(why), _) => Toast::bad(why.clone()),
        // Nobody is given a session back, and faults are switched off.
        (
            Ok(said),
            Order::RevokeSessions { .. }
            | Order::Fault { .. }
            | Order::RemoveFault { .. }
            | Order::ClearFaults,
        ) => Toast::good(said.clone()),
        (Ok(said), Order::Undo) => Toast::good(format!("{said} (Ctrl-R does it again)")),
        (Ok(said), _) => Toast::good(format!("{said} (u undoes it)")),
    }
}

/// What can be loaded: the built-in scenario, and the files of these names.
pub fn to_load(names: Vec<String>) -> (String, Vec<Choice>) {
    let built_in = Choice {
        name: "Northwind Retail".to_owned(),
        note: "built in".to_owned(),
        intent: order(Order::Load { text: Scenario::northwind().to_toml() }),
    };
    let files = names.into_iter().map(|name| Choice {
        note: format!("scenarios/{name}.toml"),
        intent: Intent::LoadScenario(name.clone()),
        name,
    });
    (
        "Load a scenario: its directory takes the place of this one".to_owned(),
        [built_in].into_iter().chain(files).collect(),
    )
}

pub fn order(order: Order) -> Intent {
    Intent::Bench(User::Order(order))
}

impl State {
    /// Goes on with what was chosen.
    pub fn ask(&mut self, ask: Ask, bench: &Workbench) -> Vec<Intent> {
        let scenario = &bench.tenant.view().scenario;
        match ask {
            Ask::Add(list) => {
                self.add_to(&list, bench);
                Vec::new()
            }
            Ask::Fault(kind) => vec![trouble::at_which(&kind)],
            Ask::FaultAt(kind, endpoint) => vec![trouble::how_often(&kind, endpoint)],
            Ask::GrantTo(client) => vec![of_which(scenario, &client)],
            Ask::GrantOf(client, resource) => vec![which(scenario, &client, &resource)],
            Ask::Grant(client, resource, permission) => for_whom(scenario, &client, &resource, &permission),
        }
    }

    /// Opens the field for a new item of a list of the selected entry.
    pub(super) fn add_to(&mut self, list: &str, bench: &Workbench) {
        let Some(entry) = self.entry(bench) else { return };
        let (identity, path) = (entry.identity(), edits::behind(entry, list));
        let rows = self.facts(bench);
        // The field stands in the row of the list itself: its new item has none yet.
        if let Some(row) = rows.iter().position(|fact| fact.path == list) {
            self.fact.select(row);
        }
        self.region = Region::Detail;
        let kind = crate::workbench::tenant::facts::Kind::Text;
        self.open(Purpose::Value { identity, path, kind }, Field::default());
    }
}

/// To whom something can be granted.
pub fn to_which(scenario: &Scenario) -> Intent {
    let mut clients: Vec<_> = scenario.applications().iter().collect();
    clients.sort_by_key(|application| application.is_resource());
    let choice = |application: &&std::sync::Arc<Application>| Choice {
        name: application.display_name.clone(),
        note: application.about.clone(),
        intent: Intent::Ask(Ask::GrantTo(application.key.clone())),
    };
    let choices = clients.iter().map(choice).collect();
    Intent::Choose { title: "Grant something to".to_owned(), choices }
}

fn of_which(scenario: &Scenario, client: &str) -> Intent {
    let offering = scenario
        .applications()
        .iter()
        .filter(|application| !application.api.scopes.is_empty() || !application.app_roles.is_empty());
    let choices = offering.map(|application| Choice {
        name: application.display_name.clone(),
        note: application.about.clone(),
        intent: Intent::Ask(Ask::GrantOf(client.to_owned(), application.key.clone())),
    });
    Intent::Choose {
        title: format!("{}: a permission of", name(scenario, client)),
        choices: choices.collect(),
    }
}

fn which(scenario: &Scenario, client: &str, resource: &str) -> Intent {
    let ask = |permission| Intent::Ask(Ask::Grant(client.to_owned(), resource.to_owned(), permission));
    let mut choices = Vec::new();
    if let Some(offering) = scenario.application(resource) {
        choices.extend(offering.api.scopes.iter().map(|scope| Choice {
            name: scope.value.clone(),
            note: format!("for people: {}", scope.display_name),
            intent: ask(Permission::Scope(scope.value.clone())),
        }));
        choices.extend(offering.app_roles.iter().map(|role| Choice {
            name: role.value.clone(),
            note: format!("by itself: {}", role.display_name),
            intent: ask(Permission::Role(role.value.clone())),
        }));
    }
    Intent::Choose { title: format!("{}: which permission", name(scenario, client)), choices }
}

fn for_whom(scenario: &Scenario, client: &str, resource: &str, permission: &Permission) -> Vec<Intent> {
    let tenants = scenario.tenants().iter().filter(|tenant| is_in(scenario, client, tenant));
    let mut choices: Vec<Choice> = Vec::new();
    for tenant in tenants {
        let (name, note, asked) = match permission {
            Permission::Role(role) => (
                format!("in {}", tenant.display_name),
                "as an administrator would".to_owned(),
                Order::Assign {
                    assignment: RoleAssignment {
                        id: String::new(),
                        tenant: tenant.key.clone(),
                        client: client.to_owned(),
                        resource: resource.to_owned(),
                        role: role.clone(),
                    },
                },
            ),
            Permission::Scope(scope) => {
                let grant = PermissionGrant {
                    id: String::new(),
                    tenant: tenant.key.clone(),
                    client: client.to_owned(),
                    resource: resource.to_owned(),
                    principal: None,
                    scopes: vec![scope.clone()],
                };
                for user in scenario.users().iter().filter(|user| user.object_id_in(tenant).is_some()) {
                    let grant = PermissionGrant { principal: Some(user.key.clone()), ..grant.clone() };
                    choices.push(Choice {
                        name: user.display_name.clone(),
                        note: format!("as they could themselves, in {}", tenant.display_name),
                        intent: order(Order::Grant { grant }),
                    });
                }
                let everybody = format!("everybody in {}", tenant.display_name);
                (everybody, "as an administrator would".to_owned(), Order::Grant { grant })
            }
        };
        choices.push(Choice { name, note, intent: order(asked) });
    }
    // What concerns everybody stands first.
    choices.sort_by_key(|choice| !choice.note.starts_with("as an administrator"));
    match (choices.len(), permission) {
        (1, Permission::Role(_)) => choices.into_iter().map(|choice| choice.intent).collect(),
        _ => vec![Intent::Choose { title: format!("{}: for whom", name(scenario, client)), choices }],
    }
}

/// Whether an application can be in a tenant.
fn is_in(scenario: &Scenario, client: &str, tenant: &Tenant) -> bool {
    scenario.application(client).is_some_and(|application| {
        application.tenant.as_ref().is_none_or(|home| *home == tenant.key)
            || !matches!(application.sign_in_audience, Audience::MyOrg)
    })
}

fn name<'a>(scenario: &'a Scenario, key: &'a str) -> &'a str {
    scenario.application(key).map_or(key, |application| &application.display_name)
}
