//! Recipes as they stand in `recipes.toml`.
//!
//! ```toml
//! [[recipe]]
//! code = 50011
//! shows = "the request names an address that the registration does not have"
//! flow = "authorization_code"                       # the run that works once all is mended
//! as = "desktop"
//! but = { bend = ["authorize redirect_uri=…"] }     # what is wrong about the request or whoever sends it
//! orders = [{ order = "moveClock", seconds = 60 }]  # what is wrong with the tenant, done before the run
//! ```
//!
//! A bend is a step and a change: `token -code` leaves a parameter out, `token code=x` sets it, `token +form code=x` adds
//! one more (`query`, `form`, `header`, `jose`). Values may hold `{base}` (the lab's address, without a slash at its end),
//! `{home}` (the tenant's id), `{id:key}`, `{secret:key}` and `{basic:key}` of an application, and `{long}`, a text of
//! 16 KiB.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provider::order::Order;

/// How a number is provoked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The AADSTS number.
    pub code: u32,
    /// What is wrong, in one sentence without a capital and a full stop.
    pub shows: String,
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
    /// What is wrong about the run.
    #[serde(default)]
    pub but: But,
    /// What is done to the tenant before the run.
    #[serde(default)]
    pub orders: Vec<Order>,
    /// What is done while a step of the run waits to be done.
    #[serde(default)]
    pub during: Vec<During>,
    /// Runs before it, in the same browser.
    #[serde(default)]
    pub before: Vec<Before>,
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
    /// Changes to the requests.
    pub bend: Vec<String>,
    /// Whoever signs in types something else.
    pub types: Types,
    /// Nobody comes to sign in.
    pub nobody: bool,
    /// Buttons of pages that are pressed as soon as they are there.
    pub press: Vec<String>,
    /// `response_type`.
    pub response_type: Option<String>,
    /// No PKCE.
    pub without_pkce: bool,
    /// The run that brings the token, in place of the usual one.
    pub source: Option<Before>,
    /// A token of another issuer in place of the credential, unsigned.
    pub vouched: Option<Vouched>,
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

/// Something done in the middle of a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct During {
    /// The step that waits meanwhile.
    pub step: String,
    /// What is done to the tenant.
    #[serde(default)]
    pub orders: Vec<Order>,
    /// How often the step's own request is sent beforehand.
    #[serde(default)]
    pub sent_before: u32,
}

/// A run beside the one that shows the number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The kind of run.
    pub flow: String,
    /// The application.
    #[serde(rename = "as")]
    pub application: String,
    /// Who signs in.
    #[serde(default)]
    pub person: Option<String>,
    /// Which scopes.
    #[serde(default)]
    pub scope: Option<String>,
    /// Which tenant stands in the path.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Changes to its requests.
    #[serde(default)]
    pub bend: Vec<String>,
    /// `response_type`.
    #[serde(default)]
    pub response_type: Option<String>,
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
