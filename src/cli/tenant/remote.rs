//! Talking to a tenant that is served elsewhere, at its control address.

use serde_json::Value;
use url::Url;

use crate::{
    cli::exit::{Exit, print, say, usage},
    runtime::http,
    secret::Secret,
    text::visible,
    wire::{Body, Headers, Method, Request},
};

/// Which tenant is meant.
#[derive(Debug, clap::Args)]
pub struct Control {
    /// The control address that `serve` printed
    #[arg(long = "control", value_name = "URL", env = "AUTHWRIGHT_CONTROL")]
    pub address: Option<Url>,
    /// What opens it, as `serve` printed it; the variable keeps it out of the list of processes
    #[arg(
        long = "control-token",
        value_name = "TOKEN",
        env = "AUTHWRIGHT_CONTROL_TOKEN",
        hide_env_values = true
    )]
    pub token: Option<String>,
}

/// A tenant that can be asked.
pub struct Remote {
    address: Url,
    token: Secret,
}

impl Control {
    /// The tenant that is named; `None` where none is.
    pub fn remote(&self) -> Result<Option<Remote>, String> {
        let Some(address) = &self.address else { return Ok(None) };
        let token =
            self.token.as_ref().ok_or("--control needs --control-token, or AUTHWRIGHT_CONTROL_TOKEN")?;
        let mut address = address.clone();
        if !address.path().ends_with('/') {
            address.set_path(&format!("{}/", address.path()));
        }
        if !is_near(&address) {
            return Err(format!("{address} is not on this machine; the token is sent nowhere else"));
        }
        Ok(Some(Remote { address, token: Secret::new(token.clone()) }))
    }

    /// The tenant that must be named.
    pub fn required(&self) -> Result<Remote, String> {
        let absent = "which tenant? Give --control and --control-token as serve printed them, or AUTHWRIGHT_CONTROL and \
                      AUTHWRIGHT_CONTROL_TOKEN";
        self.remote()?.ok_or_else(|| absent.to_owned())
    }
}

fn is_near(address: &Url) -> bool {
    let is_loopback = match address.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    address.scheme() == "http" && is_loopback
}

impl Remote {
    /// Asks, and hands the answer on; a refusal is said and becomes the exit status.
    pub fn ask(&self, method: Method, path: &str, body: Option<String>) -> Result<String, Exit> {
        let url = self.address.join(path).expect("the paths here are well formed");
        let headers = Headers::new()
            .with("authorization", format!("Bearer {}", self.token.expose()))
            .with("content-type", "application/json");
        let request = Request { method, url, headers, body: body.map_or(Body::Empty, Body::from) };
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let tokio = tokio.map_err(|why| usage(format!("no worker threads can be started: {why}")))?;
        let (result, _) = tokio.block_on(http::Client::new(http::Options::default()).send(request));
        let response = match result {
            Ok(response) => response,
            Err(why) => {
                say(format!("authwright: the tenant does not answer at {}: {why}", self.address));
                return Err(Exit::NoAnswer);
            }
        };
        let text = response.body.text().into_owned();
        if response.is_success() {
            return Ok(text);
        }
        say(format!("authwright: {}", complaint(response.status, &text)));
        Err(if response.status == 400 { Exit::Usage } else { Exit::Refused })
    }
}

/// What a refusal says, in lines.
fn complaint(status: u16, text: &str) -> String {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let member = |name: &str| document["error"][name].as_str().map(|text| visible(text).into_owned());
    match (member("what"), member("where"), member("help")) {
        (Some(what), Some(place), Some(help)) => format!("{place}: {what}\n  {help}"),
        _ => format!("status {status}: {}", visible(text.trim())),
    }
}

/// Prints what orders did.
pub fn print_done(text: &str) {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    for said in document["done"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        print(visible(said));
    }
}
