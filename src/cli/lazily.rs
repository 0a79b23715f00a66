//! Arguments of a command that are described when that command is met.
//!
//! A command line pays for what it describes: every option of every command would be built, and thrown away, before
//! `authwright decode` reads its token. That would be a third of all it does.

use std::ops::Deref;

use clap::{ArgMatches, Args, Command, FromArgMatches, error::Error};

/// The options of one command.
#[derive(Clone, Debug)]
pub struct Lazily<T>(pub T);

impl<T> Deref for Lazily<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: FromArgMatches> FromArgMatches for Lazily<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<T: Args> Args for Lazily<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| {
            // What the list of commands says about this one was set before, and stays.
            let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
            let mut command = T::augment_args(command);
            if let Some(about) = about {
                command = command.about(about);
            }
            if let Some(long_about) = long_about {
                command = command.long_about(long_about);
            }
            command
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(T::augment_args_for_update)
    }
}
