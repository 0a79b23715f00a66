//! Servers in processes of their own: the lab tenant as `authwright serve`, and those that others wrote.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use authwright::provider::scenario::Scenario;
use serde_json::Value;
use url::Url;

use super::load::Target;

/// What the daemon of the peers is configured with; nothing outside this run knows it.
const PEERS_SECRET: &str = "made-for-this-run-only";

/// A server; it ends when this is dropped.
pub struct Server {
    child: Child,
    /// What it printed first.
    pub line: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        output.read_line(&mut line).expect("it says where it listens");
        Self { child, line }
    }

    /// The lab tenant. Its certificate authority goes to a folder below the build's.
    pub fn lab() -> (Self, Url) {
        let state = target().join("figures-state");
        let serve = ["serve", "--json", "--http-port", "0", "--https-port", "0"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_authwright"));
        // Its certificate authority stays out of the user's own folder; the tenant itself is not kept.
        let server = Self::start(command.args(serve).env("XDG_STATE_HOME", state));
        let ready: Value = serde_json::from_str(&server.line).expect("one line of JSON");
        let base = ready["http"].as_str().and_then(|base| base.parse().ok()).expect("an address");
        (server, base)
    }

    /// How many kilobytes of it are in memory; only Linux tells.
    pub fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        resident.trim().trim_end_matches("kB").trim().parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client credentials request to the lab tenant.
pub fn lab_request(base: &Url) -> Target {
    let scenario = Scenario::northwind();
    let daemon = scenario.application("inventory-sync").expect("the daemon is there");
    let url = base.join(&format!("{}/oauth2/v2.0/token", scenario.home().id)).expect("an address");
    Target::form(
        &url,
        &[
            ("grant_type", "client_credentials"),
            ("client_id", &daemon.app_id),
            ("client_secret", daemon.secret().expect("it has a secret").expose()),
            ("scope", "api://northwind-catalog/.default"),
        ],
    )
}

/// The peers that run here, as `npm ci` installed them below the build folder. Each signs with RS256, as we do.
pub fn peers() -> Result<Vec<(&'static str, Server, Target)>, String> {
    let (here, place) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers"), target().join("peers"));
    std::fs::create_dir_all(&place).map_err(|why| why.to_string())?;
    for file in ["package.json", "package-lock.json", "oidc-provider.mjs", "oauth2-mock-server.mjs"] {
        std::fs::copy(here.join(file), place.join(file)).map_err(|why| format!("{file}: {why}"))?;
    }
    let quiet = ["ci", "--no-audit", "--no-fund", "--silent", "--prefix"];
    let installed =
        Command::new("npm").args(quiet).arg(&place).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match installed {
        Ok(status) if status.success() => {}
        Ok(_) => return Err("npm could not install them".to_owned()),
        Err(_) => return Err("there is no npm".to_owned()),
    }
    let start = |name: &'static str| {
        let script = place.join(format!("{name}.mjs"));
        let server = Server::start(Command::new("node").arg(script).env("DAEMON_SECRET", PEERS_SECRET));
        let url: Url = server.line.trim().parse().map_err(|_| format!("{name} does not start"))?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "daemon"),
            ("client_secret", PEERS_SECRET),
            ("scope", "read"),
        ];
        Ok((name, server, Target::form(&url, &form)))
    };
    ["oidc-provider", "oauth2-mock-server"].into_iter().map(start).collect()
}

/// The build folder that the program lies in: `target/release/authwright`.
fn target() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_authwright"));
    program.ancestors().nth(2).expect("it lies two folders deep").to_owned()
}
