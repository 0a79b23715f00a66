//! `authwright verify`: judges a token as a client or as an API would, light by light, and says what the other seat would
//! make of it.
//!
//! Nobody is asked for anything unless an address was given: the token names an issuer, but whoever made the token chose
//! that name. With `--authority` or `--issuer` and no key of one's own, the metadata there are read, and the keys that they
//! point to; `--ask-issuer` does the same with the issuer that the token names, and believes it no more for that.

mod keys;
mod report;

use std::path::PathBuf;

use url::Url;

use super::exit::{Exit, optional_argument, print, say, usage};
use crate::{
    runtime::clock,
    text::visible_json,
    time::UnixTime,
    token::{
        self, SharedKey,
        checks::{Clock, Expected, LEEWAY},
        seat::{self, Answer, Expectations, Seat},
    },
};

/// The options of `verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 accepted, 3 not accepted (rejected, forbidden, or not everything could be checked), \
                        2 usage or bad input, 4 the address given for keys or metadata did not answer."
)]
pub struct Options {
    /// The token, with or without what stands around it; @FILE reads a file, - or nothing standard input
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    token: Option<String>,
    /// Who judges: client (wants an ID token) or api (wants an access token)
    #[arg(long = "as", value_name = "SEAT", value_parser = seat)]
    seat: Seat,
    /// A name of the API: its client id or an App ID URI. Repeat it for both
    #[arg(long, value_name = "NAME", help_heading = "Expected")]
    audience: Vec<String>,
    /// The client's id, the audience of ID tokens
    #[arg(long, value_name = "ID", help_heading = "Expected")]
    client_id: Option<String>,
    /// An issuer whose tokens are taken; may hold {tenantid}. Repeat it for several
    #[arg(long, value_name = "ISSUER", help_heading = "Expected")]
    issuer: Vec<String>,
    /// A tenant that is let in, by id. With --authority the first one is where to ask, and may be a domain or common
    #[arg(long, value_name = "TENANT", help_heading = "Expected")]
    tenant: Vec<String>,
    /// The nonce that the client sent
    #[arg(long, value_name = "NONCE", help_heading = "Expected")]
    nonce: Option<String>,
    /// A delegated permission that is enough, by the short name that scp holds; any one of several
    #[arg(long, value_name = "SCOPE", value_delimiter = ' ', help_heading = "Expected")]
    scope: Vec<String>,
    /// An application permission that is enough, by its value; any one of several
    #[arg(long, value_name = "ROLE", value_delimiter = ' ', help_heading = "Expected")]
    role: Vec<String>,
    /// The keys: a key set, a key, a certificate or a public key, in a file or at an address
    #[arg(long, value_name = "FILE|URL", help_heading = "Keys")]
    jwks: Option<String>,
    /// A secret shared with the issuer, for HS256 and its kin: bare bytes or a JWK
    #[arg(long, value_name = "FILE", help_heading = "Keys")]
    shared_key: Option<PathBuf>,
    /// Read issuer and keys from the metadata of this authority, such as `https://login.microsoftonline.com`
    #[arg(long, value_name = "URL", requires = "tenant", help_heading = "Keys")]
    authority: Option<Url>,
    /// The version of the tokens that the API takes, 1 or 2: which metadata of the authority are read. Repeat it for both
    #[arg(long, value_name = "VERSION", default_values_t = [2], value_parser = clap::value_parser!(u8).range(1..=2), help_heading = "Keys")]
    token_version: Vec<u8>,
    /// Ask the issuer that the token names for its keys; this contacts a host that whoever made the token chose
    #[arg(long, conflicts_with_all = ["jwks", "shared_key", "authority", "offline"], help_heading = "Keys")]
    ask_issuer: bool,
    /// Ask nobody, even where an address would be known
    #[arg(long, help_heading = "Keys")]
    offline: bool,
    /// Certificates (PEM) to trust besides the system's
    #[arg(long, value_name = "FILE", help_heading = "Keys")]
    ca: Option<PathBuf>,
    /// How far clocks may differ, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = LEEWAY, value_parser = clap::value_parser!(i64).range(0..=86_400), help_heading = "Time")]
    leeway: i64,
    /// Judge as at this time: seconds since 1970, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Time")]
    at: Option<UnixTime>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let text = match optional_argument(options.token.as_deref(), "token") {
        Ok(text) => text,
        Err(why) => return usage(why),
    };
    let mut expectations = match expectations(options) {
        Ok(expectations) => expectations,
        Err(why) => return usage(why),
    };
    let decoded = token::decode(&text);
    match keys::find(options, &decoded, &mut expectations.common) {
        Ok(()) => {}
        Err(keys::Trouble::Usage(why)) => return usage(why),
        Err(keys::Trouble::NoAnswer(why)) => {
            say(format!("authwright: {why}"));
            return Exit::NoAnswer;
        }
    }
    let now = options.at.unwrap_or_else(clock::now);
    let own = seat::verdict(&decoded, options.seat, &expectations, now);
    let other = seat::verdict(&decoded, options.seat.other(), &expectations, now);
    let report = report::Report { token: &decoded, own: &own, other: &other, now };
    if options.json {
        print(visible_json(&serde_json::to_string_pretty(&report.to_json()).unwrap_or_default()));
    } else {
        print(report.lines().join("\n"));
    }
    match own.answer {
        Answer::Accepted => Exit::Done,
        // Nothing in it was a token: the input is at fault, as for `decode`.
        Answer::Rejected if decoded.kind == token::Kind::NotAToken => Exit::Usage,
        Answer::Rejected | Answer::Forbidden | Answer::Open | Answer::NotOurs => Exit::Refused,
    }
}

/// What the options say is expected; keys and what is fetched with them come later.
fn expectations(options: &Options) -> Result<Expectations, String> {
    let shared_key = match &options.shared_key {
        Some(file) => {
            let name = file.display();
            let bytes = std::fs::read(file).map_err(|why| format!("--shared-key {name}: {why}"))?;
            Some(SharedKey::read(&bytes).map_err(|why| format!("--shared-key {name}: {why}"))?)
        }
        None => None,
    };
    let is_id = |tenant: &&String| tenant.len() == 36 && uuid::Uuid::try_parse(tenant).is_ok();
    let (ids, words): (Vec<&String>, Vec<&String>) = options.tenant.iter().partition(is_id);
    // A domain or `common` says where to ask; tokens name tenants by id.
    if let Some(word) =
        words.into_iter().find(|word| options.authority.is_none() || **word != options.tenant[0])
    {
        return Err(format!("--tenant {word}: tokens name their tenant by its id (a GUID)"));
    }
    let issuers = options.issuer.clone();
    let client_id = match (&options.client_id, options.seat) {
        (Some(client_id), _) => Some(client_id.clone()),
        // An ID token's audience is the client.
        (None, Seat::Client) => options.audience.first().cloned(),
        (None, Seat::Api) => None,
    };
    Ok(Expectations {
        common: Expected {
            issuers,
            tenants: ids.into_iter().cloned().collect(),
            shared_key,
            clock: Clock { leeway: options.leeway, ahead: 0 },
            ..Expected::default()
        },
        client_id,
        nonce: options.nonce.clone(),
        api_audiences: options.audience.clone(),
        scopes: words_of(&options.scope),
        roles: words_of(&options.role),
    })
}

fn words_of(given: &[String]) -> Vec<String> {
    given.iter().filter(|word| !word.is_empty()).cloned().collect()
}

fn seat(text: &str) -> Result<Seat, String> {
    [Seat::Client, Seat::Api]
        .into_iter()
        .find(|seat| seat.name() == text)
        .ok_or_else(|| "client or api".to_owned())
}

fn time(text: &str) -> Result<UnixTime, String> {
    UnixTime::parse(text)
        .ok_or_else(|| "seconds since 1970, or a time such as 2026-03-04T09:15:27Z".to_owned())
}
