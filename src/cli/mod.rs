//! The command line: arguments, and the headless drivers. Results go to standard output, talk to standard error.

mod certificate;
mod credential;
mod decode;
mod diff;
mod errands;
mod exit;
mod explain;
mod lazily;
mod lint;
mod matching;
mod permission;
mod report;
mod run;
mod serve;
mod target;
mod tenant;
mod verify;

pub use exit::{Exit, usage};
pub use target::TargetOptions;
pub use tenant::scenario;

use clap::{Parser, Subcommand};

use crate::runtime::{explanations, folders};
use lazily::Lazily;

/// See every Microsoft Entra ID sign-in: flows step by step, tokens decoded, AADSTS errors explained.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Without a command the workbench opens on the lab tenant, a simulated Entra ID inside the program: \
                  no account and no network needed.\n\n\
                  Exit status: 0 done, 2 usage or bad input, 3 refused by the authority or a check failed, \
                  4 no answer, 5 cancelled."
)]
pub struct Arguments {
    /// What to do; the workbench if absent.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings of the workbench.
    #[command(flatten)]
    pub workbench: WorkbenchOptions,
}

/// Settings of the workbench.
#[derive(Debug, clap::Args)]
pub struct WorkbenchOptions {
    /// Look: terminal, dark, light, high-contrast, mono, or the name of a file in your themes folder
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Draw with plain ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// Stock the lab tenant from a scenario file (TOML) in place of Northwind Retail
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<std::path::PathBuf>,
    /// Where to sign in, as whom.
    #[command(flatten)]
    pub target: TargetOptions,
}

/// The headless commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a flow, from the metadata to its end (`authwright run --help` names them all)
    Run(Lazily<run::Options>),
    /// Decode a token, however it was pasted; nothing is verified
    Decode(Lazily<decode::Options>),
    /// Judge a token as a client or an API would, each check in a light of its own
    Verify(Lazily<verify::Options>),
    /// Compare two tokens, claim by claim, and say why they differ
    Diff(Lazily<diff::Options>),
    /// Compare a workload's token with the federated credentials of a registration
    Match(Lazily<matching::Options>),
    /// Explain an AADSTS number, an OAuth error, or a pasted error text
    Explain(Lazily<explain::Options>),
    /// Check a registration, or an authorize URL, before anybody signs in
    Lint(Lazily<lint::Options>),
    /// A permission by its GUID, its name, or words of it, and the commands that grant it
    Permission(Lazily<permission::Options>),
    /// Key pairs and certificates with which applications prove themselves
    Certificate(Lazily<certificate::Options>),
    /// Serve the lab tenant for other programs
    Serve(Lazily<serve::Options>),
    /// The lab tenant's people, applications and their lab credentials
    Tenant(Lazily<tenant::Options>),
}

/// Takes up the explanations in the person's own folder, and says what is wrong with them.
pub fn read_own_explanations() {
    let Some(config) = folders::config() else { return };
    let (files, mut problems) = explanations::read(&config);
    problems.extend(crate::explain::extend(&files));
    for problem in problems {
        exit::say(format!("authwright: {}", crate::text::visible(&problem)));
    }
}

/// Runs a headless command to its end.
pub fn execute(command: Command) -> Exit {
    match command {
        Command::Run(options) => {
            read_own_explanations();
            run::execute(options.0)
        }
        Command::Decode(options) => decode::execute(&options),
        Command::Verify(options) => verify::execute(&options),
        Command::Diff(options) => diff::execute(&options),
        Command::Match(options) => matching::execute(&options),
        Command::Explain(options) => {
            read_own_explanations();
            explain::execute(&options)
        }
        Command::Lint(options) => lint::execute(&options),
        Command::Permission(options) => permission::execute(&options),
        Command::Certificate(options) => certificate::execute(&options),
        Command::Serve(options) => serve::execute(&options),
        Command::Tenant(options) => tenant::execute(&options),
    }
}
