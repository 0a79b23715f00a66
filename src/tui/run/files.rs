//! Scenario files as the loop reads and writes them, and what is said about it.

use std::path::Path;

use crate::{
    provider::order::Order,
    runtime::scenarios::{self, Written},
    secret::Secret,
    tui::{msg::Msg, pane::Toast},
    workbench::{Event, User},
};

/// Writes one.
pub fn save(config: &Path, name: String, text: &Secret, replace: bool) -> Msg {
    match scenarios::write(config, &name, text.expose(), replace) {
        Ok(Written::Taken) => Msg::ScenarioThere(name),
        Ok(Written::Done(path)) => Msg::Said(Toast::good(format!("saved to {}", path.display()))),
        Err(why) => Msg::Said(Toast::bad(format!("scenarios/{name}.toml could not be written: {why}"))),
    }
}

/// Looks for those that there are.
pub fn list(config: &Path) -> Msg {
    match scenarios::names(config) {
        Ok(names) => Msg::Scenarios(names),
        Err(why) => Msg::Said(Toast::bad(format!("the scenarios folder cannot be read: {why}"))),
    }
}

/// Reads one, for the tenant to load.
pub fn load(config: &Path, name: &str) -> Msg {
    match scenarios::read(config, name) {
        Ok(text) => Msg::Bench(Event::User(User::Order(Order::Load { text }))),
        Err(why) => Msg::Said(Toast::bad(format!("scenarios/{name}.toml cannot be read: {why}"))),
    }
}
