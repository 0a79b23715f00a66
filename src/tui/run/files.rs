//! Scenario files as the loop reads and writes them, files that somebody brings as evidence, and what is said about it.

use std::{fs::File, io::Read as _, path::Path};

use crate::{
    provider::order::Order,
    runtime::scenarios::{self, Written},
    secret::Secret,
    text::of_file,
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

/// More than any registration, log or HAR file of one sign-in holds.
const MOST: u64 = 16 * 1024 * 1024;

/// Reads a file that somebody names. A tilde at its beginning is the home folder.
pub fn text_of(name: &str) -> Result<String, String> {
    let path = match (name.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(name).to_owned(),
    };
    let read = || {
        let mut bytes = Vec::new();
        File::open(&path)?.take(MOST).read_to_end(&mut bytes)?;
        std::io::Result::Ok(of_file(&bytes))
    };
    read().map_err(|why| format!("{} cannot be read: {why}", path.display()))
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
