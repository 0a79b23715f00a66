//! `authwright certificate assert`: a client assertion made with every member in view, and judged before it is used.

use serde_json::{Map, Value, json};

use crate::{
    cli::{
        credential::CredentialOptions,
        exit::{Exit, print, say, usage},
    },
    flow::{ClientKey, Credential, Signing, SigningAlgorithm},
    oauth::assertion,
    runtime::{clock, entropy, sign},
    text::{visible, visible_json},
    token::{
        assertion::{Expected, judge},
        decode,
    },
    wire::Params,
};

/// The options of `certificate assert`.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The client that it is about
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// For whom it is: the tenant's token endpoint
    #[arg(long, value_name = "URL")]
    audience: String,
    /// Give a member of header or claims another value (repeatable); JSON where it is written as a list, an object or in quotes
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Leave a member out (repeatable)
    #[arg(long, value_name = "NAME")]
    drop: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    credential: CredentialOptions,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Members that stand in the header, wherever nothing of the name stands yet.
const IN_HEADER: &[&str] =
    &["alg", "typ", "kid", "x5t", "x5t#S256", "x5c", "x5u", "jwk", "jku", "crit", "cty"];

/// Makes one. The assertion goes to standard output, what is said about it to standard error.
pub(super) fn execute(options: &Options) -> Exit {
    let key = match options.credential.read() {
        Ok(Some(Credential::PrivateKey(key))) => key,
        Ok(_) => {
            return usage(
                "an assertion is signed with a private key: give --certificate with --key, --key, or --pfx",
            );
        }
        Err(why) => return usage(why),
    };
    let now = clock::now();
    let id = entropy::seeds().assertion_id;
    let header = assertion::header(key.algorithm.name(), &key.names);
    let claims = assertion::claims(&options.client_id, &options.audience, &id, now);
    let (header, claims) = changed(header, claims, options);
    let input = assertion::signing_input(header, claims);
    let made = match sign::sign(&signing(&key, &input)) {
        Ok(signature) => assertion::compact(&input, &signature),
        Err(why) => return usage(why.to_string()),
    };
    let token = decode(made.expose());
    let expected = Expected {
        client_id: Some(options.client_id.clone()),
        token_endpoint: Some(options.audience.clone()),
    };
    let lights = judge(&token, &expected, now);
    if options.json {
        let object = json!({
            "assertion": made.expose(),
            "client_assertion_type": assertion::TYPE,
            "header": token.header,
            "claims": token.claims,
            "findings": lights.iter().map(|light| json!({
                "id": light.id, "severity": light.severity.name(), "title": light.title,
            })).collect::<Vec<_>>(),
        });
        print(visible_json(&serde_json::to_string_pretty(&object).unwrap_or_default()));
        return Exit::Done;
    }
    for (title, members) in [("header", &token.header), ("claims", &token.claims)] {
        say(title);
        for (name, value) in members {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let short =
                assertion::meaning(name).map(|meaning| format!("   ({})", meaning.short)).unwrap_or_default();
            say(format!("  {:<8}  {}{short}", visible(name), visible(&text)));
        }
    }
    for light in &lights {
        say(format!("{} {}", light.severity.mark(), visible(&light.title)));
    }
    print(made.expose());
    Exit::Done
}

/// Header and claims as JSON, with what the options change. A changed member keeps its place.
fn changed(header: Params, claims: Params, options: &Options) -> (Map<String, Value>, Map<String, Value>) {
    let typed = |params: Params| -> Map<String, Value> {
        params.0.into_iter().map(|(name, text)| (name.clone(), assertion::typed(&name, &text))).collect()
    };
    let (mut header, mut claims) = (typed(header), typed(claims));
    for (name, text) in &options.set {
        let part = if header.contains_key(name) || IN_HEADER.contains(&name.as_str()) {
            &mut header
        } else {
            &mut claims
        };
        part.insert(name.clone(), assertion::typed(name, text));
    }
    for name in &options.drop {
        header.shift_remove(name);
        claims.shift_remove(name);
    }
    (header, claims)
}

/// Whoever sets the other algorithm of the two wants it used; any other one only contradicts the signature.
fn signing(key: &ClientKey, input: &str) -> Signing {
    let header = decode(&format!("{input}.")).header;
    let named = header.get("alg").and_then(Value::as_str).and_then(SigningAlgorithm::parse);
    Signing { key: key.pem.clone(), algorithm: named.unwrap_or(key.algorithm), input: input.to_owned() }
}
