//! Recipes as they stand in `recipes.toml`.
//!
//! ```toml
//! [[recipe]]
//! code = 50011
//! shows = "the request names an address that the registration does not have"
//! run = { flow = "authorization_code", as = "desktop" }   # works once all is mended
//! but = { bend = ["authorize redirect_uri=…"] }           # what is wrong about the request or whoever sends it
//! lab.clock = 60                                          # what is wrong with the tenant, done before the run
//! during = [{ step = "token", sent_before = 1 }]          # what is done while a step or a page waits
//! seen = { at = "authorize", on = "page" }
//! ```
//!
//! A bend is a step and a change: `token -code` leaves a parameter out, `token code=x` sets it, `token +form code=x` adds
//! one more (`query`, `form`, `header`, `jose`). Values may hold `{base}` (the lab's address, without a slash at its end),
//! `{home}` (the tenant's id), `{id:key}`, `{secret:key}` and `{basic:key}` of an application, and `{long}`, a text of
//! 16 KiB. What is bent while a step waits may hold what came before: `{source:id_token}` is a token of the run that
//! brought the one to begin with, `{1:access_token}` one of the first run before, and `{1:sid}` a claim of its ID token.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::provider::{
    order::Order,
    scenario::edit::{Edit, List},
};

/// How a number is provoked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The AADSTS number.
    pub code: u32,
    /// What is wrong, in one sentence without a capital and a full stop.
    pub shows: String,
    /// The run that works once all is mended.
    pub run: Run,
    /// What is wrong about the run.
    #[serde(default)]
    pub but: But,
    /// What is done to the tenant before the run.
    #[serde(default)]
    pub lab: Lab,
    /// What is done while a step or a page of the run waits.
    #[serde(default)]
    pub during: Vec<During>,
    /// Runs before it, in the same browser.
    #[serde(default)]
    pub before: Vec<Run>,
    /// Where the number comes.
    pub seen: Seen,
    /// Why no state of the tenant leads to the number, so that the lab is told to answer with it.
    #[serde(default)]
    pub played: Option<String>,
}

/// A run of a ready-made profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The kind of run, by its name on the command line.
    pub flow: String,
    /// The short name of the application.
    #[serde(rename = "as")]
    pub application: String,
    /// Who signs in; the first person of the tenant if absent.
    #[serde(default)]
    pub person: Option<String>,
    /// Which scopes; those of the ready-made run if absent.
    #[serde(default)]
    pub scope: Option<String>,
    /// Which tenant or group of accounts stands in the path; the home tenant if absent.
    #[serde(default)]
    pub tenant: Option<String>,
    /// `response_type`.
    #[serde(default)]
    pub response_type: Option<String>,
    /// Changes to the requests.
    #[serde(default)]
    pub bend: Vec<String>,
}

/// What is wrong about a run; all of it is left out once it is mended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct But {
    /// Somebody else signs in.
    pub person: Option<String>,
    /// Other scopes.
    pub scope: Option<String>,
    /// Another tenant or group of accounts in every path.
    pub tenant: Option<String>,
    /// `response_type`.
    pub response_type: Option<String>,
    /// Changes to the requests.
    pub bend: Vec<String>,
    /// Whoever signs in types something else.
    pub types: Types,
    /// Nobody comes to sign in.
    pub nobody: bool,
    /// Buttons of pages that are pressed as soon as they are there.
    pub press: Vec<String>,
    /// No PKCE.
    pub without_pkce: bool,
    /// The run that brings the token, in place of the usual one.
    pub source: Option<Run>,
    /// A token of another issuer in place of the credential, unsigned.
    pub vouched: Option<Vouched>,
}

impl Run {
    /// The run with what is wrong about it.
    #[must_use]
    pub fn but(&self, but: &But) -> Self {
        let or = |other: &Option<String>, own: &Option<String>| other.clone().or_else(|| own.clone());
        Self {
            person: or(&but.person, &self.person),
            scope: or(&but.scope, &self.scope),
            tenant: or(&but.tenant, &self.tenant),
            response_type: or(&but.response_type, &self.response_type),
            bend: self.bend.iter().chain(&but.bend).cloned().collect(),
            ..self.clone()
        }
    }
}

/// What somebody types in place of what is right.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Types {
    /// The sign-in name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The one-time code; nothing at all if it is empty.
    pub one_time_code: Option<String>,
    /// The code of the device.
    pub user_code: Option<String>,
}

/// Things done to the tenant, in this order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lab {
    /// Members of entries of the directory: list, entry, members.
    pub set: BTreeMap<List, BTreeMap<String, Map<String, Value>>>,
    /// Conditional Access policies. They are about everybody and the application of the run unless they say otherwise.
    pub conditions: Vec<Map<String, Value>>,
    /// Switches that hold for every tenant.
    pub policy: Map<String, Value>,
    /// By how many seconds its clock moves.
    pub clock: i64,
    /// Anything else.
    pub orders: Vec<Order>,
}

/// What the policies have that say nothing else.
const POLICY_ID: &str = "7c1e5a90-2b4d-4f36-8d07-e9a3f612c58b";

impl Lab {
    /// The same as orders; `application` is the one of the run.
    pub fn orders(&self, application: &str) -> Vec<Order> {
        let set = self.set.iter().flat_map(|(list, entries)| {
            entries.iter().map(|(entry, members)| Edit::Set {
                of: *list,
                entry: entry.clone(),
                members: members.clone(),
            })
        });
        let conditions = self.conditions.iter().map(|members| {
            let mut entry = Map::from_iter([
                ("id".to_owned(), json!(POLICY_ID)),
                ("displayName".to_owned(), json!("Shown on the Errors screen")),
                ("includeUsers".to_owned(), json!(["All"])),
                ("includeApplications".to_owned(), json!([application])),
            ]);
            // A policy about something that a person does is about no application.
            if members.contains_key("includeUserActions") {
                entry.remove("includeApplications");
            }
            entry.extend(members.clone());
            Edit::Add { to: List::ConditionalAccessPolicies, entry }
        });
        let policy = (!self.policy.is_empty()).then(|| Edit::Policy { members: self.policy.clone() });
        let edits = set.chain(conditions).chain(policy).map(|change| Order::Edit { change });
        let clock = (self.clock != 0).then_some(Order::MoveClock { seconds: self.clock });
        edits.chain(clock).chain(self.orders.iter().cloned()).collect()
    }
}

/// Something done in the middle of a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct During {
    /// The step that waits meanwhile.
    pub step: String,
    /// The button of a page that waits meanwhile; the step itself if absent.
    #[serde(default)]
    pub page: Option<String>,
    /// What is done to the tenant.
    #[serde(default)]
    pub lab: Lab,
    /// Changes to the step's request, without the name of the step.
    #[serde(default)]
    pub bend: Vec<String>,
    /// How often the step's own request is sent beforehand.
    #[serde(default)]
    pub sent_before: u32,
    /// How often somebody comes to the device beforehand.
    #[serde(default)]
    pub visits_before: u32,
}

/// Where a number comes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// At which step of the run.
    pub at: String,
    /// In what.
    pub on: On,
}

/// In what a number comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// On a page that tells the error.
    Page,
    /// A page asks for something more; only the sign-in log and the lab's own word name the number.
    Interrupt,
    /// In the redirect to the application.
    Redirect,
    /// In the form that the browser sends to the application (`response_mode=form_post`).
    Form,
    /// In JSON.
    Json,
}

/// A token that nobody signed, for rules that fire before a signature is looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouched {
    /// The `kid` of its header.
    pub kid: String,
    /// Its claims, without times.
    pub claims: Map<String, Value>,
}

#[derive(Deserialize)]
struct File {
    recipe: Vec<Recipe>,
}

static RECIPES: LazyLock<BTreeMap<u32, Recipe>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("recipes.toml")).expect("recipes.toml is well formed");
    file.recipe.into_iter().map(|recipe| (recipe.code, recipe)).collect()
});

/// How this number is provoked, if the lab can be brought to it.
pub fn recipe(code: u32) -> Option<&'static Recipe> {
    RECIPES.get(&code)
}

/// Every recipe, by number.
pub fn recipes() -> impl Iterator<Item = &'static Recipe> {
    RECIPES.values()
}
