//! `authwright serve`: the lab tenant alone, for other programs.

use serde_json::json;
use tokio::sync::mpsc;

use super::exit::{Exit, print, say, usage};
use crate::runtime::{self, lab, signals};

/// The options of `serve`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The port for http; 7080 or a free one if absent
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,
    /// A scenario file (TOML) in place of Northwind Retail
    #[arg(long, value_name = "FILE")]
    scenario: Option<std::path::PathBuf>,
    /// Print JSON lines: first one that says where it listens
    #[arg(long)]
    json: bool,
}

/// Runs it until it is interrupted.
pub fn execute(options: &Options) -> Exit {
    let tokio = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(tokio) => tokio,
        Err(why) => return usage(format!("no worker threads can be started: {why}")),
    };
    let scenario = match super::tenant::scenario(options.scenario.as_deref()) {
        Ok(scenario) => scenario,
        Err(why) => return usage(why),
    };
    let lab_options = lab::Options { port: options.http_port, scenario };
    tokio.block_on(async {
        // Nobody looks at the notes here; the queue is drained so that it never fills.
        let (events, mut queue) = mpsc::channel(runtime::QUEUE);
        let lab = match lab::start(lab_options, events).await {
            Ok(lab) => lab,
            Err(why) => return usage(format!("the lab tenant cannot start: {why}")),
        };
        if options.json {
            print(json!({"event": "ready", "http": lab.base().as_str()}).to_string());
        } else {
            print(format!("The lab tenant answers at {}", lab.base()));
            print("People, applications and their lab credentials: authwright tenant show");
            say("Ctrl-C ends it.");
        }
        let drain = async { while queue.recv().await.is_some() {} };
        tokio::select! {
            () = signals::ended() => {}
            () = drain => {}
        }
        Exit::Done
    })
}
