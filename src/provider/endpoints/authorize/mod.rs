//! The authorization endpoint (reference §3): judges the request, then hands over to `next_page`, which asks the person.
//!
//! Two tables of rules. While the redirect URI is not known to belong to the application, a refusal is shown as a page; once
//! it is, the refusal goes back to the application (RFC 6749 §4.1.2.1).

mod pkce;
mod response;

use std::sync::Arc;

use url::Url;

use super::next_page;
use crate::{
    provider::{
        Provider,
        call::{Call, Fields},
        claims::Claims,
        grants::{Challenge, ChallengeMethod},
        redirect_uri::{self, Matched},
        refusal::{Refusal, Verdict, missing},
        reply::{Mode, Reply, Return, reads},
        resource,
        scenario::{Application, PlatformKind, Scenario},
        scope::{self, Fault, Wanted},
        sessions::{Asked, Authorization, DomainHint, Interaction, Prompt, Purpose, ResponseType},
        tenant::{self, Segment},
        version::Version,
    },
    wire::Method,
};

pub use pkce::is_verifier_shaped;

/// An authorization request with everything that the directory says about it. Nothing is judged yet.
pub struct Request<'a> {
    pub fields: &'a Fields,
    /// The host that was asked.
    host: &'a str,
    version: Version,
    pub scenario: &'a Scenario,
    pub segment: Segment,
    pub client: Option<Arc<Application>>,
    pub redirect: Option<Matched>,
    response: Option<ResponseType>,
    pub wanted: Option<Result<Wanted, Fault>>,
}

pub type Rule = fn(&Request<'_>) -> Verdict;

/// Refused with a page. Admin consent begins with the same rules.
pub const BEFORE_THE_WAY_BACK_IS_KNOWN: &[(&str, Rule)] = &[
    ("request.readable", is_readable),
    ("request.short_enough", is_short_enough),
    ("tenant.named", |request| tenant::is_named(&request.segment)),
    ("tenant.known", |request| tenant::is_known(&request.segment, request.scenario)),
    ("tenant.open", |request| tenant::is_open(&request.segment, request.host)),
    ("tenant.has_version", |request| tenant::has_version(&request.segment, request.version)),
    ("client_id.present", |request| is_present(request, "client_id")),
    ("client_id.guid", |request| tenant::is_client_id(request.client_id())),
    ("client.in_tenant", |request| {
        tenant::has_client(&request.segment, request.client_id(), request.client.as_deref())
    }),
    ("client.audience", |request| {
        on_client(request, |client| tenant::suits_audience(&request.segment, client))
    }),
    ("client.enabled", |request| on_client(request, tenant::is_enabled)),
    ("redirect_uri.not_empty", is_not_empty),
    ("redirect_uri.absolute", is_absolute),
    ("redirect_uri.exists", |request| on_client(request, has_redirect_uri)),
    ("redirect_uri.registered", is_registered),
];

/// Refused with a page, although there would be a way back: the application can do nothing about it.
const ABOUT_THE_RESOURCE: &[(&str, Rule)] = &[
    ("resource.suits_shared_path", |request| {
        on_wanted(request, |client, wanted| {
            resource::suit_shared_paths(&request.segment, client, request.version, &wanted.targets)
        })
    }),
    ("claims.mapping", |request| {
        on_wanted(request, |client, wanted| {
            resource::take_mapped_claims(request.scenario, client, &wanted.targets)
        })
    }),
];

/// Refused with a redirect.
const ONCE_THE_WAY_BACK_IS_KNOWN: &[(&str, Rule)] = &[
    ("parameters.once", is_unambiguous),
    ("response_type.present", |request| is_present(request, "response_type")),
    ("response_type.known", response::is_known_response_type),
    ("response_type.enabled", response::is_enabled_response_type),
    ("response_mode.suits", response::suits_response_mode),
    ("resource.not_for_scope", has_no_resource_for_scope),
    ("scope.present", has_scope),
    ("scope.openid_for_id_token", response::has_openid_for_id_token),
    ("nonce.for_id_token", response::has_nonce_for_id_token),
    ("prompt.known", is_known_prompt),
    ("max_age.number", is_number_of_seconds),
    ("claims.readable", has_readable_claims),
    ("pkce.method", pkce::is_known_challenge_method),
    ("pkce.challenge_present", pkce::has_challenge_for_method),
    ("pkce.challenge_size", pkce::has_challenge_of_right_size),
    ("pkce.spa", pkce::has_pkce_on_spa),
    ("scope.known", is_known_scope),
    ("resource.named", names_resource),
    ("resource.owns_scope", owns_scope),
    ("resource.usable", |request| {
        on_wanted(request, |client, wanted| {
            resource::are_usable(request.scenario, client, request.version, &wanted.targets)
        })
    }),
    ("resource.required", lists_resource),
];

/// The longest query that is read. Entra's limit is not published; browsers and libraries stay far below this one.
const LONGEST_QUERY: usize = 16 * 1024;

/// `{t}/oauth2/v2.0/authorize`, and `{t}/oauth2/authorize`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    let fields = match call.method {
        Method::Post => &call.form,
        method if reads(method) => &call.query,
        _ => return super::wrong_method(call, "GET, HEAD, POST"),
    };
    let scenario = Arc::clone(&provider.scenario);
    let request = Request::read(call, fields, &scenario);
    let verdict =
        request.judge(BEFORE_THE_WAY_BACK_IS_KNOWN).and_then(|()| request.judge(ABOUT_THE_RESOURCE));
    if let Err(refusal) = verdict {
        return Reply::error_page(call, refusal);
    }
    let to = request.way_back();
    if let Err(refusal) = request.judge(ONCE_THE_WAY_BACK_IS_KNOWN) {
        return Reply::refused_back(call, &to, refusal);
    }
    let interaction = request.into_interaction(to);
    next_page::begin(provider, call, interaction)
}

impl<'a> Request<'a> {
    pub fn read(call: &'a Call, fields: &'a Fields, scenario: &'a Scenario) -> Self {
        let segment = Segment::read(&call.segment(), scenario);
        let client = fields.get("client_id").and_then(|id| scenario.application_with_id(id)).cloned();
        let redirect = client.as_ref().and_then(|client| match fields.get("redirect_uri") {
            Some(sent) => redirect_uri::find(client, sent),
            None => only_registered(client),
        });
        let tenant = segment.tenant().map(Arc::as_ref);
        let version = Version::of(call);
        let wanted = match version {
            Version::One => Some(match fields.get("resource") {
                Some(name) => Wanted::of_resource(name, scenario, tenant),
                None => Ok(Wanted::of_sign_in()),
            }),
            Version::Two => fields.get("scope").map(|text| Wanted::read(text, scenario, tenant)),
        };
        let response = fields.get("response_type").and_then(ResponseType::parse);
        Self { fields, host: call.host(), version, scenario, segment, client, redirect, response, wanted }
    }

    pub fn judge(&self, rules: &[(&'static str, Rule)]) -> Verdict {
        let spell = |refusal| self.version.spell(refusal);
        rules.iter().try_for_each(|(name, rule)| rule(self).map_err(|refusal| spell(refusal.by(name))))
    }

    pub fn client_id(&self) -> &str {
        self.fields.get("client_id").unwrap_or_default()
    }

    fn platform(&self) -> Option<PlatformKind> {
        self.redirect.as_ref().map(|redirect| redirect.platform)
    }

    /// The response mode: as asked for if that is possible, else the default of the response type.
    fn way_back(&self) -> Return {
        let tokens = self.response.is_some_and(ResponseType::hands_out_tokens);
        let default = if tokens { Mode::Fragment } else { Mode::Query };
        let asked = self.fields.get("response_mode").and_then(Mode::parse);
        let mode = asked.filter(|mode| !(tokens && *mode == Mode::Query)).unwrap_or(default);
        let redirect = self.redirect.as_ref().expect("the rule redirect_uri.registered was kept");
        Return { uri: redirect.uri.clone(), mode, state: self.fields.raw("state").map(str::to_owned) }
    }

    fn into_interaction(self, to: Return) -> Interaction {
        let get = |name: &str| self.fields.get(name).map(str::to_owned);
        let method = ChallengeMethod::parse(self.fields.get("code_challenge_method"));
        let method = method.expect("the rule pkce.method was kept");
        let wanted = self.wanted.as_ref().and_then(|wanted| wanted.as_ref().ok());
        let purpose = Purpose::Authorize(Box::new(Authorization {
            to,
            platform: self.platform().expect("the rule redirect_uri.registered was kept"),
            redirect_uri: get("redirect_uri"),
            response: self.response.expect("the rule response_type.known was kept"),
            nonce: get("nonce"),
            challenge: get("code_challenge").map(|value| Challenge { value, method }),
            client_info: self.fields.get("client_info") == Some("1"),
            instance_aware: self.fields.get("instance_aware") == Some("true"),
        }));
        let asked = Asked {
            prompt: Prompt::parse(self.fields.get("prompt")).expect("the rule prompt.known was kept"),
            login_hint: get("login_hint"),
            domain_hint: self.fields.get("domain_hint").map(DomainHint::parse),
            sid: get("sid"),
            max_age: self.fields.get("max_age").and_then(|text| text.parse().ok()),
            claims: Claims::read(self.fields.get("claims")).expect("the rule claims.readable was kept"),
        };
        let wanted = wanted.expect("the rule scope.known was kept").clone();
        let client = self.client.expect("the rule client.in_tenant was kept");
        Interaction::new(purpose, self.segment, client, wanted, asked)
    }
}

/// The redirect URI for requests that send none.
fn only_registered(client: &Application) -> Option<Matched> {
    let (platform, uri) = client.redirect_uri()?;
    Some(Matched { platform, uri: Url::parse(uri).ok()? })
}

fn on_client(request: &Request<'_>, rule: impl Fn(&Application) -> Verdict) -> Verdict {
    request.client.as_deref().map_or(Ok(()), rule)
}

/// For rules about a client and what it asks for, where both are known.
fn on_wanted(request: &Request<'_>, rule: impl Fn(&Arc<Application>, &Wanted) -> Verdict) -> Verdict {
    match (&request.client, &request.wanted) {
        (Some(client), Some(Ok(wanted))) => rule(client, wanted),
        _ => Ok(()),
    }
}

fn is_short_enough(request: &Request<'_>) -> Verdict {
    let length = request.fields.length();
    if length <= LONGEST_QUERY {
        return Ok(());
    }
    Err(Refusal::new(90015, "invalid_request", "The query string is too long.")
        .demands("an address stays short; what is long, such as `claims`, goes into a form that is posted")
        .compares("query", format!("{length} bytes"), [format!("{LONGEST_QUERY} at most")]))
}

fn has_no_resource_for_scope(request: &Request<'_>) -> Verdict {
    let sent = request.fields.get("resource").filter(|_| request.fields.get("scope").is_none());
    match (request.version, sent) {
        (Version::Two, Some(sent)) => Err(scope::resource_in_place_of_scope(sent)),
        _ => Ok(()),
    }
}

/// In version 1 everything is named by its resource, or nothing but a sign-in is wanted.
fn has_scope(request: &Request<'_>) -> Verdict {
    if request.version == Version::One { Ok(()) } else { is_present(request, "scope") }
}

fn names_resource(request: &Request<'_>) -> Verdict {
    let wants_token = request.response.is_some_and(|response| response.token);
    match &request.wanted {
        Some(Ok(wanted)) if wants_token && request.version == Version::One && wanted.targets.is_empty() => {
            Err(resource::none_named())
        }
        _ => Ok(()),
    }
}

fn is_readable(request: &Request<'_>) -> Verdict {
    if !request.fields.is_broken() {
        return Ok(());
    }
    Err(Refusal::new(9_002_313, "invalid_request", "The request is malformed.")
        .demands("names and values must be percent-encoded UTF-8")
        .compares("encoding", "(cannot be read)", ["percent-encoded UTF-8"]))
}

pub fn is_present(request: &Request<'_>, name: &str) -> Verdict {
    if request.fields.get(name).is_some() { Ok(()) } else { Err(missing(name)) }
}

/// 900971 is for an address that was sent and is empty; one that was not sent at all is looked up.
fn is_not_empty(request: &Request<'_>) -> Verdict {
    if request.fields.raw("redirect_uri") != Some("") {
        return Ok(());
    }
    Err(Refusal::new(900_971, "invalid_request", "The redirect address is empty.")
        .demands("`redirect_uri` is an address, or is left out")
        .compares("redirect_uri", "(empty)", ["an absolute address"]))
}

fn is_absolute(request: &Request<'_>) -> Verdict {
    let Some(sent) = request.fields.get("redirect_uri").filter(|sent| Url::parse(sent).is_err()) else {
        return Ok(());
    };
    let text = format!("The value of 'redirect_uri' is no absolute address: '{sent}'.");
    Err(Refusal::new(90102, "invalid_request", text)
        .demands("`redirect_uri` is an address with a scheme, percent-encoded as a parameter")
        .compares("redirect_uri", sent, ["an absolute address"]))
}

fn has_redirect_uri(client: &Application) -> Verdict {
    if client.redirect_uri().is_some() {
        return Ok(());
    }
    Err(Refusal::new(500_113, "invalid_request", "The app has no redirect address at all.")
        .demands("an application that signs people in needs a registered redirect URI")
        .compares("redirect_uri", "(not looked at)", ["(none registered)"]))
}

fn is_registered(request: &Request<'_>) -> Verdict {
    let (Some(client), Some(sent)) = (&request.client, request.fields.get("redirect_uri")) else {
        return Ok(());
    };
    if request.redirect.is_some() {
        return Ok(());
    }
    let text = format!("Redirect address '{sent}' is not registered on app '{}'.", client.app_id);
    Err(Refusal::new(50011, "invalid_request", text)
        .demands("`redirect_uri` must equal a registered one; only the port of a loopback address may differ")
        .compares("redirect_uri", sent, redirect_uri::registered(client)))
}

pub fn is_unambiguous(request: &Request<'_>) -> Verdict {
    let Some(name) = request.fields.repeated() else { return Ok(()) };
    Err(Refusal::new(9_000_411, "invalid_request", format!("Parameter '{name}' is given twice."))
        .demands("each parameter is sent at most once")
        .compares(name, "(twice)", ["once"]))
}

fn is_known_prompt(request: &Request<'_>) -> Verdict {
    let sent = request.fields.get("prompt");
    if Prompt::parse(sent).is_some() {
        return Ok(());
    }
    let sent = sent.unwrap_or_default();
    Err(Refusal::new(90023, "invalid_request", format!("The value '{sent}' of prompt is not supported."))
        .demands("`prompt` is one of the known words, or absent")
        .compares("prompt", sent, ["none", "login", "consent", "select_account", "create"]))
}

fn is_number_of_seconds(request: &Request<'_>) -> Verdict {
    let Some(sent) = request.fields.get("max_age").filter(|text| text.parse::<u64>().is_err()) else {
        return Ok(());
    };
    Err(Refusal::new(90023, "invalid_request", format!("The value '{sent}' of max_age is not supported."))
        .demands("`max_age` is a number of seconds; 0 asks for the password in any case")
        .compares("max_age", sent, ["a number of seconds"]))
}

fn has_readable_claims(request: &Request<'_>) -> Verdict {
    let sent = request.fields.get("claims");
    if Claims::read(sent).is_some() {
        return Ok(());
    }
    Err(Claims::unreadable(sent.unwrap_or_default()))
}

pub fn is_known_scope(request: &Request<'_>) -> Verdict {
    match (&request.wanted, &request.client) {
        (Some(Err(fault)), Some(client)) => Err(fault.at_authorize(request.segment.shown(), client)),
        _ => Ok(()),
    }
}

fn owns_scope(request: &Request<'_>) -> Verdict {
    if request.version == Version::One {
        return Ok(());
    }
    let wanted = request.wanted.as_ref().and_then(|wanted| wanted.as_ref().ok());
    scope::suits_resource(request.fields.get("resource"), wanted)
}

/// Rule: a resource other than Graph must be listed in the registration.
pub fn lists_resource(request: &Request<'_>) -> Verdict {
    let (Some(Ok(wanted)), Some(client)) = (&request.wanted, &request.client) else { return Ok(()) };
    let is_listed = |key: &str| client.required_resource_access.iter().any(|access| access.resource == key);
    let unlisted = wanted.targets.iter().find(|target| {
        !target.resource.is_graph()
            && target.resource.app_id != client.app_id
            && !is_listed(&target.resource.key)
    });
    let Some(target) = unlisted else { return Ok(()) };
    let listed = client
        .required_resource_access
        .iter()
        .filter_map(|access| request.scenario.application(&access.resource));
    let listed: Vec<String> = listed.map(|resource| resource.app_id.clone()).collect();
    let text = format!(
        "Resource is not among the app's required permissions. Client: {}({}). Asked: {}. Resource app: {}. Allowed: {}.",
        client.app_id,
        client.display_name,
        target.audience,
        target.resource.app_id,
        listed.join(", "),
    );
    Err(Refusal::new(650_057, "invalid_client", text)
        .demands("the registration must list the resource under requiredResourceAccess")
        .compares("scope", &target.audience, listed))
}
