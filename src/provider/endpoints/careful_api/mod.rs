//! The lab's own APIs, catalog and payments: what a careful API does with a token, and how it says no.
//!
//! They validate as an API of yours should (`provider::bearer`), and answer as RFC 6750 §3 asks. Beyond that they tell, in
//! the body, which check failed, what was compared and what to do about it, for they are there to be learned from. A real
//! API would keep that to its log.
//!
//! [`OPERATIONS`] says what there is, which registration it belongs to and what opens it.

mod advice;
mod answer;
mod operations;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    provider::{
        Provider,
        bearer::{self, Api, Needs, error, refuse},
        call::Call,
        refusal::{Refusal, Verdict},
        reply::Reply,
        scenario::{Application, Scenario},
        token::Token,
    },
    wire::Method,
};

/// The authentication context that stands for "a second factor was used just for this" in the lab.
const STEP_UP: &str = "c1";

/// Does it, once it is permitted: a status and a document.
type Act = fn(&mut Provider, &Call) -> Result<(u16, Value), Box<Refusal>>;

struct Operation {
    method: Method,
    path: &'static str,
    /// The key of the registration that the API has.
    api: &'static str,
    needs: Needs,
    /// Whether the token must hold the authentication context [`STEP_UP`].
    step_up: bool,
    act: Act,
    /// What it does, for the front page.
    about: &'static str,
}

const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::Get,
        path: "api/catalog/products",
        api: "catalog-api",
        needs: Needs {
            scopes: &["Catalog.Read", "Catalog.Write"],
            roles: &["Catalog.Read.All", "Catalog.Write.All"],
        },
        step_up: false,
        act: operations::products,
        about: "all products",
    },
    Operation {
        method: Method::Post,
        path: "api/catalog/products",
        api: "catalog-api",
        needs: Needs { scopes: &["Catalog.Write"], roles: &["Catalog.Write.All"] },
        step_up: false,
        act: operations::add_product,
        about: "a new product: name, priceInCents",
    },
    Operation {
        method: Method::Get,
        path: "api/catalog/orders",
        api: "catalog-api",
        needs: Needs { scopes: &[], roles: &["Orders.Read.All"] },
        step_up: false,
        act: operations::orders,
        about: "all orders, for applications by themselves",
    },
    Operation {
        method: Method::Post,
        path: "api/catalog/refunds",
        api: "catalog-api",
        needs: Needs { scopes: &["Refunds.Issue"], roles: &[] },
        step_up: true,
        act: operations::refund,
        about: "a refund: order; asks for a second factor by a claims challenge",
    },
    Operation {
        method: Method::Get,
        path: "api/payments/transactions",
        api: "payments-api",
        needs: Needs { scopes: &["Payments.Read"], roles: &["Payments.Settle"] },
        step_up: false,
        act: operations::transactions,
        about: "all payments; version 1 tokens",
    },
    Operation {
        method: Method::Post,
        path: "api/payments/settlements",
        api: "payments-api",
        needs: Needs { scopes: &[], roles: &["Payments.Settle"] },
        step_up: false,
        act: operations::settle,
        about: "settles what is open, for applications by themselves",
    },
];

/// The rules behind those of token and permission.
const STEP_UP_RULE: &str = "context.stepped_up";

/// `api/…`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if call.method == Method::Options {
        return answer::preflight(call);
    }
    let scenario = Arc::clone(&provider.scenario);
    let path = call.path.trim_end_matches('/');
    let here = || OPERATIONS.iter().filter(|one| super::matches(one.path, path));
    if here().next().is_none() {
        return front(call, &scenario, path);
    }
    let Some(operation) = here().find(|operation| operation.method == call.method) else {
        return answer::wrong_method(call, here().map(|operation| operation.method));
    };
    let Some(resource) = scenario.application(operation.api) else {
        return answer::not_found(call, &scenario);
    };
    let api = Api::new(provider, resource);
    let asked = Asked { call, scenario: &scenario, resource, operation };
    let token = match bearer::judge(&api, call) {
        Ok(token) => token,
        Err(refusal) => return answer::refused(&asked, None, refusal),
    };
    let counts = bearer::continuous::still_counts(provider, call, &token, resource);
    let done = counts.and_then(|()| bearer::permit(&api, &token, operation.needs)).and_then(|by| {
        is_stepped_up(&asked, &token).map_err(|refusal| refusal.by(STEP_UP_RULE))?;
        let (status, document) = (operation.act)(provider, call)?;
        Ok((by, status, document))
    });
    match done {
        Ok((by, status, document)) => answer::done(&asked, &token, by, status, &document),
        Err(refusal) => answer::refused(&asked, Some(&token), refusal),
    }
}

/// A call with the operation that it is about.
struct Asked<'a> {
    call: &'a Call,
    scenario: &'a Scenario,
    resource: &'a Application,
    operation: &'static Operation,
}

impl Asked<'_> {
    /// The names of all rules, in the order in which they are applied.
    fn rules() -> impl Iterator<Item = &'static str> {
        bearer::rules()
            .chain(bearer::continuous::rules())
            .chain(bearer::permission_rules())
            .chain([STEP_UP_RULE])
    }

    /// A permission of this API as a request for a token names it.
    fn scope(&self, permission: &str) -> String {
        format!("{}/{permission}", self.resource.identifier_uris.first().unwrap_or(&self.resource.app_id))
    }
}

fn front(call: &Call, scenario: &Scenario, path: &str) -> Reply {
    let is_root =
        OPERATIONS.iter().any(|one| one.path.rsplit_once('/').is_some_and(|(root, _)| root == path));
    if is_root || path == "api" {
        return answer::front(call, scenario, path);
    }
    answer::not_found(call, scenario)
}

/// The claims challenge of an authentication context (reference §8.9).
fn is_stepped_up(asked: &Asked<'_>, token: &Token) -> Verdict {
    let held = token.list("acrs");
    if !asked.operation.step_up || held.contains(&STEP_UP) {
        return Ok(());
    }
    let text = "The token is good, but this operation wants the person to have used a second factor for it.";
    let held = if held.is_empty() { "(none)".to_owned() } else { held.join(" ") };
    Err(refuse(error::INSUFFICIENT_CLAIMS, text)
        .demands("`acrs` holds the authentication context; sign in again with the `claims` of this challenge")
        .compares("acrs", held, [STEP_UP])
        .claims(json!({ "access_token": { "acrs": { "essential": true, "value": STEP_UP } } }).to_string()))
}
