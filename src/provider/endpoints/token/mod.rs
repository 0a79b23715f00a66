//! The token endpoint (reference §4): what holds for every grant, then one file for each.
//!
//! Order: tenant, client, grant type, client authentication, what the grant shows, scope, consent, tokens.

mod authorization_code;
mod client;
mod client_credentials;
mod device_code;
pub mod issue;
mod on_behalf_of;
mod password;
mod refresh_token;
mod saml_bearer;
mod spa_code;

use std::sync::Arc;

use crate::{
    provider::{
        Provider,
        call::Call,
        claims::Claims,
        issuers::Issuers,
        refusal::{Refusal, Verdict, missing},
        reply::{Reply, reads},
        resource,
        scenario::{Application, PlatformKind, Scenario, Tenant},
        scope::{self, Fault, Wanted},
        tenant::{self, Segment},
        version::Version,
    },
    wire::Method,
};
use client::Credential;

/// A token request with what the directory says about it. Nothing is judged yet.
pub struct Request<'a> {
    pub call: &'a Call,
    pub version: Version,
    pub scenario: &'a Scenario,
    pub segment: Segment,
    pub client_id: Option<String>,
    pub client: Option<Arc<Application>>,
    pub credential: Credential,
    /// Whether its assertion was already used for just this.
    pub assertion_is_spent: bool,
    /// Whose signatures can be checked.
    pub issuers: Issuers,
}

type Rule = fn(&Request<'_>) -> Verdict;

/// What holds for every grant.
const RULES: &[(&str, Rule)] = &[
    ("method.post", |request| is_post(request.call)),
    ("request.readable", |request| is_readable(request.call)),
    ("tenant.named", |request| tenant::is_named(&request.segment)),
    ("tenant.known", |request| tenant::is_known(&request.segment, request.scenario)),
    ("tenant.open", |request| tenant::is_open(&request.segment, request.call.host())),
    ("tenant.has_version", |request| tenant::has_version(&request.segment, request.version)),
    ("grant_type.present", |request| request.has("grant_type")),
    (
        "client_id.present",
        |request| if request.client_id.is_some() { Ok(()) } else { Err(missing("client_id")) },
    ),
    ("client_id.one", |request| client::is_one_client(request.call)),
    ("parameters.once", |request| is_unambiguous(request.call)),
    ("client_id.guid", |request| tenant::is_client_id(request.sent_client_id())),
    ("client.in_tenant", |request| {
        tenant::has_client(&request.segment, request.sent_client_id(), request.client.as_deref())
    }),
    ("client.enabled", |request| request.client.as_deref().map_or(Ok(()), tenant::is_enabled)),
    ("tenant.suits_grant", suits_grant),
    ("client.audience", |request| {
        request.client.as_ref().map_or(Ok(()), |client| tenant::suits_audience(&request.segment, client))
    }),
    ("grant_type.supported", is_supported_grant),
    ("claims.readable", |request| has_readable_claims(request.call)),
    ("resource.owns_scope", owns_scope),
];

/// What answers a grant.
type Grant = fn(&mut Provider, &Request<'_>) -> Answered;

/// The grants, by every name they go by. Microsoft's own libraries use the bare `device_code`.
const GRANTS: &[(&str, Grant)] = &[
    ("authorization_code", authorization_code::answer),
    ("refresh_token", refresh_token::answer),
    ("client_credentials", client_credentials::answer),
    ("password", password::answer),
    ("urn:ietf:params:oauth:grant-type:jwt-bearer", on_behalf_of::answer),
    ("urn:ietf:params:oauth:grant-type:device_code", device_code::answer),
    ("device_code", device_code::answer),
    ("urn:ietf:params:oauth:grant-type:saml2-bearer", saml_bearer::answer),
    ("urn:ietf:params:oauth:grant-type:saml1_1-bearer", saml_bearer::answer),
];

/// How a grant ended, and whether a page in a browser may read that.
pub struct Answered {
    pub result: Result<Reply, Box<Refusal>>,
    pub platform: Option<PlatformKind>,
}

/// `{t}/oauth2/v2.0/token`, and `{t}/oauth2/token`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if call.method == Method::Options {
        return Reply::preflight(call, "POST, OPTIONS");
    }
    let scenario = Arc::clone(&provider.scenario);
    let use_of_assertion = client::single_use::name(call);
    let is_spent = |name: &String| provider.assertions.get(name, call.now).is_some();
    let assertion_is_spent = use_of_assertion.as_ref().is_some_and(is_spent);
    let request = Request { assertion_is_spent, ..Request::read(call, &scenario, provider.issuers()) };
    if let Some(tenant) = request.segment.tenant()
        && let Err((refusal, wait)) = provider.pace.admits(&scenario.policy, tenant, call.now)
    {
        return Reply::refused(call, refusal).with_header("retry-after", wait.to_string());
    }
    let version = request.version;
    if let Err(refusal) = judge(RULES, &request).map_err(|refusal| version.spell(refusal)) {
        // Version 1 takes whoever opens it for a person.
        let is_opened = version == Version::One && reads(call.method);
        return if is_opened { Reply::error_page(call, refusal) } else { Reply::refused(call, refusal) };
    }
    let grant =
        call.form.get("grant_type").and_then(grant_named).expect("the rule grant_type.supported was kept");
    let Answered { result, platform } = grant(provider, &request);
    if let (Ok(_), Some(name)) = (&result, use_of_assertion) {
        provider.assertions.put(name, (), call.now);
    }
    let reply = result.unwrap_or_else(|refusal| Reply::refused(call, version.spell(refusal)));
    if platform == Some(PlatformKind::Spa) && call.origin.is_some() {
        reply.readable_across_origins()
    } else {
        reply
    }
}

fn judge(rules: &[(&'static str, Rule)], request: &Request<'_>) -> Verdict {
    rules.iter().try_for_each(|(name, rule)| rule(request).map_err(|refusal| refusal.by(name)))
}

fn grant_named(name: &str) -> Option<Grant> {
    GRANTS.iter().find(|(known, _)| *known == name).map(|(_, grant)| *grant)
}

impl<'a> Request<'a> {
    fn read(call: &'a Call, scenario: &'a Scenario, issuers: Issuers) -> Self {
        let (basic_id, credential) = Credential::read(call);
        let client_id = basic_id.or_else(|| call.form.get("client_id").map(str::to_owned));
        let client = client_id.as_deref().and_then(|id| scenario.application_with_id(id)).cloned();
        Self {
            call,
            version: Version::of(call),
            scenario,
            segment: Segment::read(&call.segment(), scenario),
            client_id,
            client,
            credential,
            assertion_is_spent: false,
            issuers,
        }
    }

    fn sent_client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or_default()
    }

    /// The client, once the common rules have been kept.
    pub fn client(&self) -> &Arc<Application> {
        self.client.as_ref().expect("the rule client.in_tenant was kept")
    }

    /// What the request asks for: scopes, or in version 1 a resource. `tenant` is where it must exist, if that is known.
    pub fn wanted(&self, tenant: Option<&Tenant>) -> Option<Result<Wanted, Fault>> {
        match self.version {
            Version::One => {
                let name = self.call.form.get("resource")?;
                Some(Wanted::of_resource(name, self.scenario, tenant))
            }
            Version::Two => {
                let text = self.call.form.get("scope")?;
                Some(Wanted::read(text, self.scenario, tenant))
            }
        }
    }

    /// Rule: it asks for something.
    pub fn names_target(&self) -> Verdict {
        let form = &self.call.form;
        let has_resource = form.get("resource").is_some();
        match self.version {
            Version::One if has_resource => Ok(()),
            Version::One => Err(resource::none_named()),
            Version::Two if form.get("scope").is_none() && has_resource => {
                Err(scope::resource_in_place_of_scope(form.get("resource").unwrap_or_default()))
            }
            Version::Two => self.has("scope"),
        }
    }

    /// Rule: a parameter is there.
    pub fn has(&self, name: &str) -> Verdict {
        if self.call.form.get(name).is_some() { Ok(()) } else { Err(missing(name)) }
    }
}

/// Rule: the parameters come by POST.
pub fn is_post(call: &Call) -> Verdict {
    if super::is_post(call) {
        return Ok(());
    }
    let text = format!("This endpoint takes POST, OPTIONS; a {} request arrived.", call.method);
    Err(Refusal::new(900_561, "invalid_request", text)
        .demands("tokens are asked for by POST, with a form in the body")
        .compares("method", call.method.as_str(), ["POST"]))
}

/// Rule: the form can be read.
pub fn is_readable(call: &Call) -> Verdict {
    if !call.form.is_broken() {
        return Ok(());
    }
    Err(Refusal::new(9_002_313, "invalid_request", "The request is malformed.")
        .demands("names and values must be percent-encoded UTF-8")
        .compares("encoding", "(cannot be read)", ["percent-encoded UTF-8"]))
}

/// Rule: nothing is sent twice.
pub fn is_unambiguous(call: &Call) -> Verdict {
    let Some(name) = call.form.repeated() else { return Ok(()) };
    Err(Refusal::new(9_000_411, "invalid_request", format!("Parameter '{name}' is given twice."))
        .demands("each parameter is sent at most once")
        .compares(name, "(twice)", ["once"]))
}

/// A password is sent to the tenant that knows it: nobody asks which account is meant.
fn suits_grant(request: &Request<'_>) -> Verdict {
    let is_password = request.call.form.get("grant_type") == Some("password");
    if !(is_password && matches!(request.segment, Segment::Common | Segment::Consumers)) {
        return Ok(());
    }
    let text = "This grant does not work on /common or /consumers; use /organizations or the tenant.";
    Err(Refusal::new(9_001_023, "invalid_request", text)
        .demands("with a password the path names a tenant, or `organizations`")
        .compares("tenant", request.segment.name(), ["a GUID or domain", "organizations"]))
}

/// Rule: `claims` is a request for claims.
pub fn has_readable_claims(call: &Call) -> Verdict {
    let sent = call.form.get("claims");
    if Claims::read(sent).is_some() { Ok(()) } else { Err(Claims::unreadable(sent.unwrap_or_default())) }
}

fn owns_scope(request: &Request<'_>) -> Verdict {
    if request.version == Version::One {
        return Ok(());
    }
    let form = &request.call.form;
    let tenant = request.segment.tenant().map(Arc::as_ref);
    let wanted = form.get("scope").and_then(|text| Wanted::read(text, request.scenario, tenant).ok());
    scope::suits_resource(form.get("resource"), wanted.as_ref())
}

fn is_supported_grant(request: &Request<'_>) -> Verdict {
    let sent = request.call.form.get("grant_type").unwrap_or_default();
    if grant_named(sent).is_some() {
        return Ok(());
    }
    Err(Refusal::new(70003, "unsupported_grant_type", format!("grant_type '{sent}' is not supported."))
        .demands("`grant_type` is one of those that the endpoint knows, letter for letter")
        .compares("grant_type", sent, GRANTS.iter().map(|(name, _)| *name)))
}

/// Rule: browsers redeem what belongs to single-page applications, and nothing else (reference §4.7). The value of
/// `Origin` is not compared with the redirect URI.
pub fn suits_origin(request: &Request<'_>, platform: Option<PlatformKind>) -> Verdict {
    let is_spa = platform == Some(PlatformKind::Spa);
    let name = platform.map_or("(no redirect URI)", PlatformKind::name);
    match &request.call.origin {
        Some(origin) if !is_spa => {
            let text = format!(
                "Redeeming from origin '{origin}' is reserved for redirect addresses of the single-page type."
            );
            Err(Refusal::new(9_002_326, "invalid_request", text)
                .demands("a request with an Origin header comes from a browser; only the spa platform redeems there")
                .compares("Origin", origin, ["(no such header)"])
                .compares("platform", name, [PlatformKind::Spa.name()]))
        }
        None if is_spa => {
            let text = "This grant belongs to a single-page app and needs a cross-origin request.";
            Err(Refusal::new(9_002_327, "invalid_request", text)
                .demands("a grant of the spa platform is redeemed by a browser, which sends an Origin header")
                .compares("Origin", "(no such header)", ["the origin of the page"]))
        }
        _ => Ok(()),
    }
}
