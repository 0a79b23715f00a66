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
    cli::read_own_explanations();
    let read = || -> Result<_, String> {
        Ok((given.target.profile()?, given.target.http()?, cli::scenario(given.scenario.as_deref())?))
    };
    match read() {
        Ok((target, http, scenario)) => tui::run::run(tui::run::Options {
            theme: given.theme.clone(),
            ascii: given.ascii,
            target,
            scenario,
            http,
            config: folders::config(),
            state: folders::state(),
        }),
        Err(why) => cli::usage(why).report(),
    }
}
