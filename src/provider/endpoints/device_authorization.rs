//! The device authorization endpoint (reference §5.1, §5.2; RFC 8628 §3.1, §3.2).

use std::sync::Arc;

use serde_json::json;

use crate::{
    provider::{
        Provider,
        call::Call,
        grants::{DEVICE_CODE_LIFE, Device, POLL_INTERVAL, Progress},
        refusal::{Refusal, Verdict, missing},
        reply::Reply,
        resource,
        scenario::{Application, Audience, Scenario},
        scope::{self, Fault, Wanted},
        tenant::{self, Segment},
        version::Version,
    },
    wire::Method,
};

struct Request<'a> {
    call: &'a Call,
    version: Version,
    scenario: &'a Scenario,
    segment: Segment,
    client: Option<Arc<Application>>,
    wanted: Option<Result<Wanted, Fault>>,
}

type Rule = fn(&Request<'_>) -> Verdict;

const RULES: &[(&str, Rule)] = &[
    ("method.post", |request| super::token::is_post(request.call)),
    ("request.readable", |request| super::token::is_readable(request.call)),
    ("tenant.named", |request| tenant::is_named(&request.segment)),
    ("tenant.known", |request| tenant::is_known(&request.segment, request.scenario)),
    ("tenant.open", |request| tenant::is_open(&request.segment, request.call.host())),
    ("tenant.has_version", |request| tenant::has_version(&request.segment, request.version)),
    ("client_id.present", |request| is_present(request, "client_id")),
    ("parameters.once", |request| super::token::is_unambiguous(request.call)),
    ("client_id.guid", |request| tenant::is_client_id(request.client_id())),
    ("client.in_tenant", |request| {
        tenant::has_client(&request.segment, request.client_id(), request.client.as_deref())
    }),
    ("client.audience", suits_audience),
    ("scope.present", names_target),
    ("scope.known", is_known_scope),
];

/// `{t}/oauth2/v2.0/devicecode`, and `{t}/oauth2/devicecode`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if call.method == Method::Options {
        return super::wrong_method(call, "POST");
    }
    let scenario = Arc::clone(&provider.scenario);
    let segment = Segment::read(&call.segment(), &scenario);
    let client = call.form.get("client_id").and_then(|id| scenario.application_with_id(id)).cloned();
    let version = Version::of(call);
    let tenant = segment.tenant().map(Arc::as_ref);
    let wanted = match version {
        Version::One => call.form.get("resource").map(|name| Wanted::of_resource(name, &scenario, tenant)),
        Version::Two => call.form.get("scope").map(|text| Wanted::read(text, &scenario, tenant)),
    };
    let request = Request { call, version, scenario: &scenario, segment, client, wanted };
    let verdict =
        RULES.iter().try_for_each(|(name, rule)| rule(&request).map_err(|refusal| refusal.by(name)));
    if let Err(refusal) = verdict {
        return Reply::refused(call, version.spell(refusal));
    }
    let Request { segment, client, wanted, .. } = request;
    let device_code = format!("FAQABIQEAAA{}", provider.random.text(4));
    let user_code = provider.random.user_code();
    let address = format!("{}/devicelogin", call.base);
    let (seconds, message) =
        (DEVICE_CODE_LIFE.as_secs(), message(call.query.get("mkt"), &address, &user_code));
    let body = match version {
        Version::One => json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_url": address,
            "expires_in": seconds.to_string(),
            "interval": POLL_INTERVAL.to_string(),
            "message": message,
        }),
        Version::Two => json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": address,
            "expires_in": seconds,
            "interval": POLL_INTERVAL,
            "message": message,
        }),
    };
    let device = Device {
        user_code,
        client: client.expect("the rule client.in_tenant was kept"),
        segment,
        wanted: wanted.and_then(Result::ok).expect("the rule scope.known was kept"),
        issued: call.now,
        progress: Progress::Waiting,
        polled: None,
    };
    provider.devices.put(device_code, device, call.now);
    Reply::json(call, 200, &body)
}

impl Request<'_> {
    fn client_id(&self) -> &str {
        self.call.form.get("client_id").unwrap_or_default()
    }
}

fn is_present(request: &Request<'_>, name: &str) -> Verdict {
    if request.call.form.get(name).is_some() { Ok(()) } else { Err(missing(name)) }
}

fn names_target(request: &Request<'_>) -> Verdict {
    let resource = request.call.form.get("resource");
    match (request.version, resource) {
        (Version::One, Some(_)) => Ok(()),
        (Version::One, None) => Err(resource::none_named()),
        (Version::Two, Some(sent)) if request.call.form.get("scope").is_none() => {
            Err(scope::resource_in_place_of_scope(sent))
        }
        (Version::Two, _) => is_present(request, "scope"),
    }
}

/// This endpoint has a number of its own for a single-tenant application on `common`.
fn suits_audience(request: &Request<'_>) -> Verdict {
    let Some(client) = &request.client else { return Ok(()) };
    if request.segment == Segment::Common && client.sign_in_audience == Audience::MyOrg {
        let text = "No tenant could be derived from the request or its credentials.";
        return Err(Refusal::new(50059, "invalid_request", text)
            .demands("an application for one tenant is used with that tenant's id or domain in the path")
            .compares("tenant", request.segment.name(), [client.tenant.clone().unwrap_or_default()]));
    }
    tenant::suits_audience(&request.segment, client)
}

fn is_known_scope(request: &Request<'_>) -> Verdict {
    match &request.wanted {
        Some(Err(fault)) => {
            Err(fault.at_token(request.segment.shown(), request.call.form.get("scope").unwrap_or_default()))
        }
        _ => Ok(()),
    }
}

/// The sentence for the person, in the language of `mkt` as far as the lab speaks it.
fn message(market: Option<&str>, address: &str, code: &str) -> String {
    let language = market.unwrap_or_default().split('-').next().unwrap_or_default().to_ascii_lowercase();
    match language.as_str() {
        "de" => format!("Öffnen Sie zum Anmelden {address} im Browser und geben Sie den Code {code} ein."),
        "fr" => {
            format!("Pour vous connecter, ouvrez {address} dans un navigateur et saisissez le code {code}.")
        }
        "es" => format!("Para iniciar sesión, abra {address} en un navegador y escriba el código {code}."),
        "nl" => format!("Open {address} in een browser en voer code {code} in om u aan te melden."),
        "it" => format!("Per accedere, apra {address} in un browser e inserisca il codice {code}."),
        _ => format!("To sign in, open {address} in a web browser and enter the code {code}."),
    }
}
