//! Where `verify` gets its keys from: a file, an address, or the metadata of an authority that the options name. An address
//! that only the token names is asked if the options say so, and then for keys alone.

use std::{fs, path::Path};

use serde_json::Value;
use url::{Host, Url};

use super::Options;
use crate::{
    oauth::{answer, discovery::Metadata, jwks::KeySet},
    runtime::{clock, http},
    text::visible,
    time::UnixTime,
    token::{self, Decoded, KeySource, checks::Expected},
    wire::{Request, Response},
};

/// Why there are no keys.
pub enum Trouble {
    /// The options, or a file that they name.
    Usage(String),
    /// An address that did not give what it should.
    NoAnswer(String),
}

/// Completes what is expected with the keys and, where metadata are read, with their issuers and their clock.
pub fn find(options: &Options, token: &Decoded, expected: &mut Expected) -> Result<(), Trouble> {
    let address = options.jwks.as_deref().and_then(|given| given.parse::<Url>().ok());
    match (&options.jwks, address.filter(|address| matches!(address.scheme(), "http" | "https"))) {
        (Some(_), Some(address)) if options.offline => {
            Err(Trouble::Usage(format!("--jwks {address} is an address, and --offline asks nobody")))
        }
        (Some(_), Some(address)) => ask(options, expected, &Wanted::Keys(address)),
        (Some(file), None) => {
            let text =
                fs::read_to_string(file).map_err(|why| Trouble::Usage(format!("--jwks {file}: {why}")))?;
            let set =
                token::key_set(&text).map_err(|what| Trouble::Usage(format!("--jwks {file}: {what}")))?;
            expected.jwks = Some(set);
            expected.jwks_source = Some(KeySource::File(file_name(file)).to_string());
            Ok(())
        }
        (None, _) if options.offline || options.shared_key.is_some() => Ok(()),
        (None, _) => {
            let metadata = if options.ask_issuer { of_token(token)? } else { metadata(options)? };
            if metadata.is_empty() { Ok(()) } else { ask(options, expected, &Wanted::Metadata(metadata)) }
        }
    }
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

enum Wanted {
    Keys(Url),
    Metadata(Vec<Provider>),
}

/// Metadata to be read, and what their issuer must be.
struct Provider {
    address: Url,
    /// The issuer that a person named; `None`: the authority says it.
    issuer: Option<String>,
}

/// The metadata of the issuer that the token names.
fn of_token(token: &Decoded) -> Result<Vec<Provider>, Trouble> {
    let named = token.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    match at_issuer(named) {
        Some(provider) => Ok(vec![provider]),
        None => Err(Trouble::Usage("--ask-issuer: the token names no issuer with an address".to_owned())),
    }
}

/// Where an issuer has its metadata (OpenID Connect Discovery §4), if it is an address.
fn at_issuer(issuer: &str) -> Option<Provider> {
    let text = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address: Url = text.parse().ok()?;
    matches!(address.scheme(), "http" | "https")
        .then(|| Provider { address, issuer: Some(issuer.to_owned()) })
}

/// The metadata that the options name.
fn metadata(options: &Options) -> Result<Vec<Provider>, Trouble> {
    if let Some(base) = &options.authority {
        let tenant = options.tenant.first().map_or("common", String::as_str);
        let mut found = Vec::new();
        for version in &options.token_version {
            let mut address = base.clone();
            let mut segments = address
                .path_segments_mut()
                .map_err(|()| Trouble::Usage(format!("--authority {base}: not an address of a server")))?;
            segments.pop_if_empty().push(tenant);
            if *version == 2 {
                segments.push("v2.0");
            }
            segments.push(".well-known").push("openid-configuration");
            drop(segments);
            found.push(Provider { address, issuer: None });
        }
        return Ok(found);
    }
    // An issuer with a placeholder has no address of its own, and one that is no address is only compared.
    let named = options.issuer.iter().filter(|issuer| !issuer.contains("{tenantid}"));
    Ok(named.filter_map(|issuer| at_issuer(issuer)).collect())
}

/// Asks for what is wanted, and fills it in.
fn ask(options: &Options, expected: &mut Expected, wanted: &Wanted) -> Result<(), Trouble> {
    let ca = match &options.ca {
        Some(file) => {
            Some(fs::read(file).map_err(|why| Trouble::Usage(format!("--ca {}: {why}", file.display())))?)
        }
        None => None,
    };
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Trouble::NoAnswer(format!("the asynchronous runtime cannot start: {why}")))?;
    let client = http::Client::new(http::Options { ca, ..http::Options::default() });
    tokio.block_on(async {
        match wanted {
            Wanted::Keys(address) => {
                let (keys, _) = keys_at(&client, address).await?;
                expected.jwks = Some(keys);
                expected.jwks_source = Some(KeySource::Address(address.to_string()).to_string());
                Ok(())
            }
            Wanted::Metadata(providers) => from_metadata(&client, options, expected, providers).await,
        }
    })
}

async fn from_metadata(
    client: &http::Client,
    options: &Options,
    expected: &mut Expected,
    providers: &[Provider],
) -> Result<(), Trouble> {
    let (mut keys, mut sources, mut issuers) = (Vec::<Value>::new(), Vec::new(), Vec::new());
    for Provider { address, issuer } in providers {
        let answer = get(client, address).await?;
        let metadata = Metadata::read(&answer).map_err(|why| no_answer(address, why))?;
        if let Some(issuer) = issuer.as_ref().filter(|issuer| **issuer != metadata.issuer) {
            let why = format!(
                "the metadata are those of the issuer {}, not of {} (OpenID Connect Discovery §4.3)",
                visible(&metadata.issuer),
                visible(issuer)
            );
            return Err(Trouble::NoAnswer(format!("{address}: {why}")));
        }
        let jwks_uri = metadata
            .jwks_uri
            .ok_or_else(|| Trouble::NoAnswer(format!("{address}: the metadata name no jwks_uri")))?;
        if is_protected(address) && !is_protected(&jwks_uri) {
            return Err(Trouble::NoAnswer(format!(
                "{address}: its jwks_uri is not protected by TLS ({jwks_uri})"
            )));
        }
        let (set, fetched) = keys_at(client, &jwks_uri).await?;
        if let Some(Value::Array(more)) = set.get("keys") {
            // Both versions of Entra's metadata list mostly the same keys.
            for key in more {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
        }
        let source = KeySource::Authority { address: jwks_uri.to_string(), fetched, cached: false };
        sources.push(source.to_string());
        issuers.push(metadata.issuer);
        if options.at.is_none()
            && let Some(date) = answer.headers.get("date")
        {
            expected.clock = expected.clock.by_date(date, clock::now());
        }
    }
    // What a person names counts more than what an authority says of itself, and what the token names counts nothing.
    if expected.issuers.is_empty() && !options.ask_issuer {
        expected.issuers = issuers;
    }
    expected.jwks = Some(serde_json::json!({ "keys": keys }));
    expected.jwks_source = Some(sources.join(" and "));
    Ok(())
}

async fn keys_at(client: &http::Client, address: &Url) -> Result<(Value, UnixTime), Trouble> {
    let answer = get(client, address).await?;
    let set = KeySet::read(&answer).map_err(|why| no_answer(address, why))?;
    Ok((set.document, clock::now()))
}

async fn get(client: &http::Client, address: &Url) -> Result<Response, Trouble> {
    let (answer, _) = client.send(Request::get(address.clone())).await;
    answer.map_err(|failure| Trouble::NoAnswer(format!("{address}: {failure}")))
}

fn no_answer(address: &Url, trouble: answer::Trouble) -> Trouble {
    Trouble::NoAnswer(match trouble {
        answer::Trouble::Refused(refusal) => format!("{address}: {}", visible(&refusal.error)),
        answer::Trouble::Unreadable(failure) => format!("{address}: {failure}"),
    })
}

/// Whether nobody on the way can change what an address answers.
fn is_protected(address: &Url) -> bool {
    let is_here = match address.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(host)) => host.is_loopback(),
        Some(Host::Ipv6(host)) => host.is_loopback(),
        None => false,
    };
    address.scheme() == "https" || is_here
}
