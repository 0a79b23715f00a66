//! Arguments, choice of driver, exit status.

use std::process::{ExitCode, Termination as _};

use authwright::{
    cli::{self, Arguments, WorkbenchOptions},
    runtime::folders,
    tui,
};
use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(command) => cli::execute(command).report(),
        None => workbench(&arguments.workbench),
    }
}

fn workbench(given: &WorkbenchOptions) -> ExitCode {
    let target = given.target.profile().and_then(|target| Ok((target, given.target.http()?)));
    match target {
        Ok((target, http)) => tui::run::run(tui::run::Options {
            theme: given.theme.clone(),
            ascii: given.ascii,
            target,
            http,
            config: folders::config(),
            state: folders::state(),
        }),
        Err(why) => cli::usage(why).report(),
    }
}
