//! The endpoints from which programs on a machine in Azure get tokens without any credential (reference §11): the
//! instance metadata service of virtual machines, and what App Service offers in its place.
//!
//! Both answer for the same identities with the same tokens. They differ in how a caller shows that it runs on the
//! machine, in the shape of answers, and in the shape of refusals. All numbers in the answers are texts.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::wrong_method;
use crate::{
    provider::{
        Provider,
        call::Call,
        mint::{Mint, Proof, Unsigned},
        refusal::{NO_NUMBER, Refusal},
        reply::{Field, Reply},
        scenario::{IdentityKind, ManagedIdentity},
        scope::{Target, resource_named, unknown_resource},
    },
    time::UnixTime,
    wire::Method,
};

/// How long a token lasts. The platform keeps it for half of that and gives the same one to whoever asks meanwhile.
pub const TOKEN_LIFE: Duration = Duration::from_secs(86_400);

/// By how much tokens are dated back.
const BACKDATED: i64 = 300;

/// The versions of the metadata service that are spoken; each of them answers alike.
const IMDS_VERSIONS: &[&str] = &["2018-02-01", "2018-10-01", "2019-08-01", "2020-06-01", "2021-02-01"];

/// The version of the App Service endpoint.
const APP_SERVICE_VERSIONS: &[&str] = &["2019-08-01", "2019-11-01"];

/// A token that was handed out, kept by the platform.
#[derive(Clone, Debug)]
pub struct IdentityToken {
    token: Unsigned,
    issued: UnixTime,
}

/// Which of the two endpoints is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    VirtualMachine,
    AppService,
}

/// `metadata/identity/oauth2/token`.
pub fn virtual_machine(provider: &mut Provider, call: &Call) -> Reply {
    answer(provider, call, Host::VirtualMachine)
}

/// `msi/token`.
pub fn app_service(provider: &mut Provider, call: &Call) -> Reply {
    answer(provider, call, Host::AppService)
}

/// A request, and whose token it asks for. Nothing is judged yet.
struct Asked<'a> {
    provider: &'a Provider,
    call: &'a Call,
    host: Host,
    /// Parameters by which a request names an identity, with their values.
    named: Vec<(&'static str, &'a str)>,
    identity: Option<Arc<ManagedIdentity>>,
    target: Option<Target>,
}

/// A refusal before it has the shape of either endpoint.
struct Refused {
    status: u16,
    error: &'static str,
    refusal: Box<Refusal>,
}

type Rule = fn(&Asked<'_>) -> Result<(), Refused>;

const RULES: &[(&str, Rule)] = &[
    ("identity.request_readable", is_readable),
    ("identity.caller_on_machine", is_on_the_machine),
    ("identity.not_forwarded", is_not_forwarded),
    ("identity.version", has_known_version),
    ("identity.resource_present", has_resource),
    ("identity.named_once", names_one_identity),
    ("identity.assigned", is_assigned),
    ("identity.resource_known", is_known_resource),
];

fn answer(provider: &mut Provider, call: &Call, host: Host) -> Reply {
    if call.method != Method::Get {
        return wrong_method(call, "GET");
    }
    let asked = Asked::read(provider, call, host);
    let verdict = RULES.iter().try_for_each(|(name, rule)| {
        rule(&asked).map_err(|refused| Refused { refusal: refused.refusal.by(name), ..refused })
    });
    match (verdict, asked.identity, asked.target) {
        (Err(refused), ..) => refuse(call, host, refused),
        (Ok(()), Some(identity), Some(target)) => issue(provider, call, host, &identity, &target),
        (Ok(()), ..) => unreachable!("the rules identity.assigned and identity.resource_known were kept"),
    }
}

impl<'a> Asked<'a> {
    fn read(provider: &'a Provider, call: &'a Call, host: Host) -> Self {
        let resource_id = match host {
            Host::VirtualMachine => "msi_res_id",
            Host::AppService => "mi_res_id",
        };
        let selectors = ["client_id", "object_id", "principal_id", resource_id];
        let sent = |name: &'static str| Some((name, call.query.get(name)?));
        let named: Vec<_> = selectors.into_iter().filter_map(sent).collect();
        let identity = provider
            .scenario
            .managed_identities()
            .iter()
            .find(|identity| match named.first() {
                None => identity.kind == IdentityKind::System,
                Some((name, value)) => {
                    let own = match *name {
                        "client_id" => &identity.client_id,
                        "object_id" | "principal_id" => &identity.object_id,
                        _ => &identity.resource_id,
                    };
                    own.eq_ignore_ascii_case(value)
                }
            })
            .cloned();
        let tenant = identity.as_ref().and_then(|identity| provider.scenario.tenant(&identity.tenant));
        let target = call.query.get("resource").and_then(|name| {
            let resource = resource_named(name, &provider.scenario, tenant.map(Arc::as_ref))?;
            Some(Target { resource, audience: name.to_owned(), default: true, permissions: Vec::new() })
        });
        Self { provider, call, host, named, identity, target }
    }
}

fn issue(
    provider: &mut Provider,
    call: &Call,
    host: Host,
    identity: &Arc<ManagedIdentity>,
    target: &Target,
) -> Reply {
    let client = identity.as_client();
    let name = format!("{} {} {}", call.base, identity.client_id, target.audience);
    let kept = provider.identity_tokens.get(&name, call.now).cloned();
    let IdentityToken { token, issued } = kept.unwrap_or_else(|| {
        let tenant =
            Arc::clone(provider.scenario.tenant(&identity.tenant).expect("checked when it was read"));
        let keys = provider.keys.clone();
        let random = &mut provider.random;
        let mut mint =
            Mint { call, keys: &keys, random, tenant: &tenant, client: &client, proof: Proof::Assertion };
        let life = i64::try_from(TOKEN_LIFE.as_secs()).expect("a day in seconds fits");
        let made = IdentityToken { token: mint.identity_token(target, identity, life), issued: call.now };
        provider.identity_tokens.put(name, made.clone(), call.now);
        made
    });
    let ends = issued + TOKEN_LIFE;
    let value = |text: String| Field::from(Value::String(text));
    let mut fields: Vec<(&'static str, Field)> = vec![("access_token", token.into())];
    if host == Host::VirtualMachine {
        fields.push(("refresh_token", value(String::new())));
        fields.push(("expires_in", value(ends.since(call.now).as_secs().to_string())));
    }
    fields.push(("expires_on", value(ends.seconds().to_string())));
    if host == Host::VirtualMachine {
        fields.push(("not_before", value((issued.seconds() - BACKDATED).to_string())));
    }
    fields.push(("resource", value(target.audience.clone())));
    fields.push(("token_type", value("Bearer".to_owned())));
    fields.push(("client_id", value(identity.client_id.clone())));
    let entry = provider.sign_ins.succeeded(call, &client, None).asking_for(&target.resource);
    entry.tenant_id = provider.scenario.tenant(&identity.tenant).map(|tenant| tenant.id.clone());
    entry.principal_id = Some(identity.object_id.clone());
    Reply::tokens(call, fields)
}

fn refuse(call: &Call, host: Host, refused: Refused) -> Reply {
    let Refused { mut status, error, refusal } = refused;
    let text = match refusal.code {
        NO_NUMBER => refusal.text.clone(),
        code => format!("AADSTS{code}: {} Trace ID: {}", refusal.text, call.trace_id),
    };
    let body = match host {
        Host::VirtualMachine => json!({ "error": error, "error_description": text }),
        Host::AppService => {
            // Where the token service says no, this endpoint reports a failure of its own.
            if refusal.code != NO_NUMBER {
                status = 500;
            }
            json!({ "statusCode": status, "message": text, "correlationId": call.correlation_id })
        }
    };
    Reply::refused_as(call, status, &body, refusal)
}

/// A refusal without an AADSTS number: the token service was not asked.
fn refused(status: u16, error: &'static str, text: &str) -> Refused {
    Refused { status, error, refusal: Refusal::new(NO_NUMBER, error, text) }
}

impl Refused {
    fn because(self, demand: &str, what: &str, sent: &str, expected: &[&str]) -> Self {
        let expected = expected.iter().copied();
        Self { refusal: self.refusal.demands(demand).compares(what, sent, expected), ..self }
    }
}

fn is_readable(asked: &Asked<'_>) -> Result<(), Refused> {
    if !asked.call.query.is_broken() {
        return Ok(());
    }
    let demand = "the parameters must be percent-encoded UTF-8";
    Err(refused(401, "unknown_source", "The address cannot be read.").because(
        demand,
        "query",
        "(a broken escape)",
        &["%20 and the like"],
    ))
}

/// A program shows that it runs on the machine by a header that a web page, or a server that was tricked into a request,
/// cannot set.
fn is_on_the_machine(asked: &Asked<'_>) -> Result<(), Refused> {
    let (call, provider) = (asked.call, asked.provider);
    match asked.host {
        Host::VirtualMachine if call.header("metadata") != Some("true") => {
            let sent = call.header("metadata").unwrap_or("(nothing)");
            let demand = "the header `Metadata: true`, in lower case, shows that the caller can set headers";
            let text = "The header Metadata: true is missing.";
            Err(refused(400, "bad_request_102", text).because(demand, "Metadata", sent, &["true"]))
        }
        Host::AppService if call.header("x-identity-header") != Some(provider.identity_header.expose()) => {
            let sent =
                if call.header("x-identity-header").is_some() { "(another value)" } else { "(nothing)" };
            let demand = "X-IDENTITY-HEADER must be the value of the environment variable IDENTITY_HEADER, which only \
                          programs on the machine know";
            let text = "The header X-IDENTITY-HEADER is missing or wrong.";
            let expected = ["the value of IDENTITY_HEADER, new at every start"];
            Err(refused(401, "unauthorized", text).because(demand, "X-IDENTITY-HEADER", sent, &expected))
        }
        Host::VirtualMachine | Host::AppService => Ok(()),
    }
}

fn is_not_forwarded(asked: &Asked<'_>) -> Result<(), Refused> {
    let forwarded = asked.call.header("x-forwarded-for").filter(|_| asked.host == Host::VirtualMachine);
    let Some(sent) = forwarded else { return Ok(()) };
    let demand = "a request that came through a proxy is not one of this machine";
    let text = "Requests with X-Forwarded-For are not answered.";
    Err(refused(400, "invalid_request", text).because(demand, "X-Forwarded-For", sent, &["(no such header)"]))
}

fn has_known_version(asked: &Asked<'_>) -> Result<(), Refused> {
    let versions = match asked.host {
        Host::VirtualMachine => IMDS_VERSIONS,
        Host::AppService => APP_SERVICE_VERSIONS,
    };
    let sent = asked.call.query.get("api-version");
    if sent.is_some_and(|sent| versions.contains(&sent)) {
        return Ok(());
    }
    let demand = "`api-version` says which version of the endpoint is meant";
    let text = "Parameter 'api-version' is missing or unknown.";
    let sent = sent.unwrap_or("(nothing)");
    Err(refused(400, "invalid_request", text).because(demand, "api-version", sent, versions))
}

fn has_resource(asked: &Asked<'_>) -> Result<(), Refused> {
    if asked.call.query.get("resource").is_some() {
        return Ok(());
    }
    let demand = "these endpoints know no scopes: `resource` is the App ID URI of the API, without /.default";
    Err(refused(400, "invalid_request", "Parameter 'resource' is missing.").because(
        demand,
        "resource",
        "(nothing)",
        &["an App ID URI"],
    ))
}

fn names_one_identity(asked: &Asked<'_>) -> Result<(), Refused> {
    if asked.named.len() < 2 {
        return Ok(());
    }
    let names = asked.named.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
    let demand = "an identity is named by one of these parameters";
    let text = "The identity is named in more than one way.";
    Err(refused(400, "invalid_request", text).because(demand, "parameters", &names, &["one of them"]))
}

fn is_assigned(asked: &Asked<'_>) -> Result<(), Refused> {
    if asked.identity.is_some() {
        return Ok(());
    }
    let (what, sent) = asked.named.first().copied().unwrap_or(("client_id", "(the machine's own identity)"));
    let identities = asked.provider.scenario.managed_identities();
    let known: Vec<String> = identities
        .iter()
        .map(|identity| {
            let id = match what {
                "client_id" => &identity.client_id,
                "object_id" | "principal_id" => &identity.object_id,
                _ => &identity.resource_id,
            };
            format!("{id} ({})", identity.key)
        })
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let demand = "the identity must be assigned to the machine; without a parameter its own one is meant";
    let text = "Identity not found: it is not assigned to this machine.";
    Err(refused(400, "invalid_request", text).because(demand, what, sent, &known))
}

fn is_known_resource(asked: &Asked<'_>) -> Result<(), Refused> {
    let Some(identity) = asked.identity.as_ref().filter(|_| asked.target.is_none()) else { return Ok(()) };
    let tenant = asked.provider.scenario.tenant(&identity.tenant);
    let tenant = tenant.map_or("", |tenant| tenant.display_name.as_str());
    let name = asked.call.query.get("resource").unwrap_or_default();
    let mut refusal = unknown_resource(name, tenant);
    refusal.client = Some(identity.client_id.clone());
    if name.ends_with("/.default") {
        refusal = refusal.demands("`resource` is the App ID URI alone: /.default belongs to scopes");
    }
    Err(Refused { status: 400, error: "invalid_resource", refusal })
}
