//! Arguments, choice of driver, exit status.

use authwright::cli::{self, Arguments, Exit};
use clap::Parser as _;

fn main() -> Exit {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(command) => cli::execute(command),
        None => authwright::tui::run(arguments.workbench),
    }
}
