//! What there is to go by when something was refused: the requests of the run, the answer, and, of the lab tenant, what its
//! directory said at that moment and which rule fired.
//!
//! [`gather`] works on plain requests, so that every driver gathers alike. It tells requests of the application from those
//! that belong to the pages of a sign-in: where a page refuses, the request that counts is the one that led there.

use serde_json::Value;

use super::{Exchange, ExchangeId, SessionId, Workbench, tenant};
use crate::{
    entra::{
        registration::{Application, Grants, ServicePrincipal},
        scopes,
    },
    explain::{Evidence, Looked},
    flow::Outcome,
    oauth::{Refusal, error},
    provider::order::View,
    time::UnixTime,
    token,
    wire::{Headers, Params, Request, Response},
};

/// What a request is to the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// It begins something: a sign-in, a device code, a consent, a sign-out.
    Opens,
    /// It asks the token endpoint.
    Redeems,
    /// It is one of the authority's own pages on the way: sign-in, second factor, consent.
    Page,
    /// Anything else: metadata, a call of an API, a token of the platform.
    Other,
}

impl Part {
    fn of(request: &Request) -> Self {
        let path = request.url.path().to_ascii_lowercase();
        let is_under = |area: &str| path.starts_with(area);
        match path.rsplit('/').next().unwrap_or_default() {
            _ if ["/metadata/", "/msi/", "/pipeline", "/v1.0/", "/beta/", "/api/", "/oidc/"]
                .iter()
                .any(|area| is_under(area)) =>
            {
                Self::Other
            }
            "authorize" | "devicecode" | "adminconsent" | "logout" => Self::Opens,
            "token" => Self::Redeems,
            "openid-configuration" | "keys" | "instance" => Self::Other,
            _ if request.headers.get("authorization").is_some() => Self::Other,
            _ => Self::Page,
        }
    }
}

/// What there is to go by about the answer to `refused`: `before` are the requests of the same run that came earlier, oldest
/// first; `directory` is the lab tenant, where it was one.
pub fn gather(
    before: &[&Request],
    refused: &Request,
    response: Option<&Response>,
    directory: Option<&View>,
) -> Evidence {
    // The pages are the authority's own; what the application asked for stands in the request that led to them.
    let led_here = |request: &&&Request| Part::of(request) == Part::Opens;
    let (before, request) = match before.iter().rposition(|request| led_here(&request)) {
        Some(at) if Part::of(refused) == Part::Page => (&before[..at], before[at]),
        _ => (before, refused),
    };
    let earlier: Vec<&Request> =
        before.iter().copied().filter(|request| Part::of(request) != Part::Page).collect();
    let previous = previous(&earlier, request);
    let history = earlier.iter().rev().filter(|one| Some(**one) != previous).copied().cloned().collect();
    let mut evidence = Evidence {
        refusal: response.and_then(error::from_response),
        request: Some(request.clone()),
        previous_request: previous.cloned(),
        history,
        response: response.cloned(),
        token: bearer(&request.headers).map(str::to_owned),
        ..Evidence::default()
    };
    if let Some(directory) = directory {
        let pages = std::iter::once(refused).filter(|one| Part::of(one) == Part::Page);
        look_up(&mut evidence, directory, pages.chain(before.iter().rev().copied()));
    }
    evidence
}

/// The request of the same sign-in before this one.
fn previous<'a>(earlier: &[&'a Request], request: &Request) -> Option<&'a Request> {
    let form = request.form();
    let same = |name: &str| {
        let value = form.get(name).filter(|value| !value.is_empty())?;
        earlier.iter().rev().copied().find(|other| other.form().get(name) == Some(value))
    };
    let last = |part: Part| earlier.iter().rev().copied().find(|other| Part::of(other) == part);
    match (Part::of(request), form.get("grant_type").unwrap_or_default()) {
        (Part::Redeems, "authorization_code") => same("code").or_else(|| last(Part::Opens)),
        // Polls repeat themselves: what tells more is where the code came from.
        (Part::Redeems, grant) if grant.ends_with("device_code") => {
            let begun = earlier.iter().rev().find(|one| one.url.path().ends_with("/devicecode")).copied();
            begun.or_else(|| same("device_code"))
        }
        // A program by itself begins anew each time.
        (Part::Redeems, "client_credentials") => None,
        (Part::Redeems | Part::Other, _) => last(Part::Redeems).or_else(|| last(Part::Opens)),
        (Part::Opens | Part::Page, _) => last(Part::Opens),
    }
}

/// Looks client and API up in the directory of the lab tenant. `visits` are the pages that were visited, the latest first.
fn look_up<'a>(evidence: &mut Evidence, directory: &View, visits: impl Iterator<Item = &'a Request>) {
    let (Some(request), previous) = (&evidence.request, &evidence.previous_request) else { return };
    let known = Known::of(request, previous.as_ref());
    let base = request.url.origin().ascii_serialization();
    let Some(client) = known.client else { return };
    let tenant = known.tenant.or_else(|| tenant_of_visitor(visits));
    evidence.registration = directory.registration(&client, &base).as_ref().and_then(Application::read);
    let principal = |client: &str, tenant: &str| match directory.service_principal(client, tenant) {
        Some(value) => ServicePrincipal::read(&value).map_or(Looked::Unknown, Looked::Found),
        None => Looked::Absent,
    };
    let tenant = tenant.filter(|tenant| directory.scenario.tenant_named(tenant).is_some());
    if let Some(tenant) = &tenant {
        evidence.service_principal = principal(&client, tenant);
        evidence.grants = directory.granted_to(&client, tenant).as_ref().and_then(Grants::read);
    }
    let Some(name) = known.resource else { return };
    match directory.resource_called(&name) {
        Some(resource) => {
            evidence.resource_registration =
                directory.registration(&resource, &base).as_ref().and_then(Application::read);
            if let Some(tenant) = &tenant {
                evidence.resource_service_principal = principal(&resource, tenant);
            }
        }
        None if tenant.is_some() => evidence.resource_service_principal = Looked::Absent,
        None => {}
    }
}

/// Who asks whom for what, as the requests have it.
#[derive(Debug, Default)]
struct Known {
    client: Option<String>,
    tenant: Option<String>,
    resource: Option<String>,
}

impl Known {
    fn of(request: &Request, previous: Option<&Request>) -> Self {
        let mut known = Self::default();
        for request in std::iter::once(request).chain(previous) {
            known.learn(request);
        }
        known
    }

    /// What is known already stays.
    fn learn(&mut self, request: &Request) {
        let mut params = request.query();
        params.0.extend(request.form().0);
        let param = |name: &str| params.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let is_of_api = Part::of(request) == Part::Other;
        let bearer = bearer(&request.headers).filter(|_| is_of_api).map(token::decode);
        let claim = |names: &[&str]| {
            let claims = &bearer.as_ref()?.claims;
            names.iter().find_map(|name| claims.get(*name)?.as_str().map(str::to_owned))
        };
        let asserted = || {
            let decoded = token::decode(&param("client_assertion")?);
            decoded.claims.get("sub").and_then(Value::as_str).map(str::to_owned)
        };
        let hinted = || {
            let decoded = token::decode(&param("id_token_hint")?);
            decoded.claims.get("aud").and_then(Value::as_str).map(str::to_owned)
        };
        self.client = self.client.take().or_else(|| {
            param("client_id")
                .or_else(|| basic_user(&request.headers))
                .or_else(asserted)
                .or_else(hinted)
                .or_else(|| claim(&["azp", "appid"]))
        });
        self.resource = self.resource.take().or_else(|| {
            let scope = param("scope");
            let api = scope.as_deref().and_then(scopes::first_api).map(str::to_owned);
            api.or_else(|| param("resource")).or_else(|| claim(&["aud"]))
        });
        let segment = request.url.path_segments().and_then(|mut segments| segments.next());
        let is_one = |segment: &&str| {
            !["common", "organizations", "consumers", ""].contains(&segment.to_ascii_lowercase().as_str())
        };
        let in_path = segment.filter(|_| !is_of_api).filter(is_one).map(str::to_owned);
        self.tenant = self.tenant.take().or(in_path).or_else(|| claim(&["tid"])).or_else(|| {
            let name = param("username").or_else(|| param("login_hint"))?;
            Some(name.rsplit_once('@')?.1.to_owned())
        });
    }
}

/// The domain of whoever typed a name on a page of the sign-in.
fn tenant_of_visitor<'a>(mut visits: impl Iterator<Item = &'a Request>) -> Option<String> {
    let name = visits.find_map(|page| {
        let form: Params = page.form();
        form.get("loginfmt").filter(|name| !name.is_empty()).map(str::to_owned)
    })?;
    Some(name.rsplit_once('@')?.1.to_owned())
}

fn bearer(headers: &Headers) -> Option<&str> {
    let (scheme, token) = headers.get("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The client id of HTTP Basic authentication (RFC 6749 §2.3.1), decoded.
fn basic_user(headers: &Headers) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let (scheme, pair) = headers.get("authorization")?.split_once(' ')?;
    let pair = STANDARD.decode(pair).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let pair = String::from_utf8(pair).ok()?;
    let user = pair.split_once(':')?.0;
    Some(percent_encoding::percent_decode_str(user).decode_utf8().ok()?.into_owned())
}

impl Workbench {
    /// What is known about how a run ended, for the explainer: its refusal, the exchange that brought it with those before
    /// it, and, with the lab tenant, what the directory said and the rule that fired.
    pub fn evidence(&self, id: SessionId, now: UnixTime) -> Option<Evidence> {
        let session = self.session(id)?;
        let Some(Outcome::Refused(refusal)) = &session.outcome else { return None };
        let exchange =
            session.exchanges.iter().rev().filter_map(|id| self.traffic.get(*id)).find(|exchange| {
                exchange.note.is_some() || exchange.response().is_some_and(|response| !response.is_success())
            });
        let exchange = exchange.or_else(|| session.exchanges.last().and_then(|id| self.traffic.get(*id)));
        Some(self.evidence_of(exchange, Some(refusal.clone()), session.profile.authority.is_lab(), now))
    }

    /// The same for a refused row of the lab tenant's sign-in log: from its exchange if it is one of ours, else from what
    /// the tenant itself wrote down.
    pub fn evidence_for_attempt(&self, attempt: &tenant::Attempt, now: UnixTime) -> Option<Evidence> {
        if attempt.succeeded() {
            return None;
        }
        let of_exchange = self.traffic.by_trace(&attempt.sign_in.trace_id);
        if let Some(evidence) = of_exchange.and_then(|exchange| self.evidence_for(exchange.id, now)) {
            return Some(evidence);
        }
        let note = attempt.note.as_ref();
        let mut evidence = Evidence {
            text: Some(format!("AADSTS{}: {}", attempt.sign_in.code, attempt.sign_in.reason)),
            compared: note.map(|note| note.compared.clone()).unwrap_or_default(),
            rule: note.map(|note| (note.rule.to_owned(), note.demand.clone())),
            lab: true,
            now: Some(now),
            ..Evidence::default()
        };
        if let Some(client) = &attempt.sign_in.client_id {
            let base = self.lab.base().origin().ascii_serialization();
            let registration = self.tenant.view().registration(client, &base);
            evidence.registration = registration.as_ref().and_then(Application::read);
        }
        Some(evidence)
    }

    /// The same for one exchange of the log.
    pub fn evidence_for(&self, id: ExchangeId, now: UnixTime) -> Option<Evidence> {
        let exchange = self.traffic.get(id)?;
        let refusal = exchange.response().and_then(error::from_response);
        if refusal.is_none() && exchange.note.is_none() {
            return None;
        }
        Some(self.evidence_of(Some(exchange), refusal, self.is_lab(), now))
    }

    fn evidence_of(
        &self,
        exchange: Option<&Exchange>,
        refusal: Option<Refusal>,
        lab: bool,
        now: UnixTime,
    ) -> Evidence {
        let Some(exchange) = exchange else {
            return Evidence { refusal, lab, now: Some(now), ..Evidence::default() };
        };
        let before = self.before(exchange);
        let directory = exchange.directory.as_deref().filter(|_| lab);
        let note = exchange.note.as_ref();
        Evidence {
            refusal,
            compared: note.map(|note| note.compared.clone()).unwrap_or_default(),
            rule: note.map(|note| (note.rule.to_owned(), note.demand.clone())),
            lab,
            now: exchange.answered.or(Some(now)),
            ..gather(&before, &exchange.request, exchange.response(), directory)
        }
    }

    /// The requests of a run before one of its exchanges, oldest first; those of the run that brought its token stand in
    /// front. What was sent again comes after everything that it repeats.
    fn before(&self, exchange: &Exchange) -> Vec<&Request> {
        let (of, until) = match exchange.owner {
            super::Owner::Replay(original) => {
                (self.traffic.get(original).and_then(Exchange::session), exchange.id)
            }
            super::Owner::Flow(..)
            | super::Owner::Agent(_)
            | super::Owner::Keys
            | super::Owner::Trial
            | super::Owner::Ahead(_) => (exchange.session(), exchange.id),
        };
        let Some(session) = of.and_then(|id| self.session(id)) else { return Vec::new() };
        let brought = session.source_run.and_then(|id| self.session(id));
        let exchanges = brought.into_iter().chain([session]).flat_map(|session| &session.exchanges);
        let earlier = exchanges.filter(|id| **id < until).filter_map(|id| self.traffic.get(*id));
        earlier.map(|exchange| &exchange.request).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        provider::scenario::Scenario,
        wire::{Body, Method},
    };

    fn get(url: &str) -> Request {
        Request::get(url.parse().expect("an address"))
    }

    fn post(url: &str, form: &str) -> Request {
        let headers = Headers::new().with("content-type", "application/x-www-form-urlencoded");
        Request { method: Method::Post, headers, body: Body::from(form.to_owned()), ..get(url) }
    }

    const LAB: &str = "http://localhost:7080";

    fn view() -> View {
        View::of(Arc::new(Scenario::northwind()))
    }

    fn client(key: &str) -> String {
        Scenario::northwind().application(key).expect("it is there").app_id.clone()
    }

    #[test]
    fn where_a_page_refuses_the_request_that_led_there_counts() {
        let authorize = get(&format!(
            "{LAB}/organizations/oauth2/v2.0/authorize?client_id={}&scope=openid+User.Read",
            client("desktop")
        ));
        let page = post(&format!("{LAB}/organizations/login"), "loginfmt=mina%40northwind.example&passwd=x");
        let found = gather(&[&authorize], &page, None, Some(&view()));
        assert_eq!(found.request.as_ref(), Some(&authorize));
        assert_eq!((found.previous_request, found.history), (None, Vec::new()));
        let app = found.registration.expect("it is registered");
        assert_eq!(app.app_id, Some(client("desktop")));
        assert!(found.service_principal.found().is_some(), "whoever typed a name belongs to a tenant");
        let graph = found.resource_registration.expect("scopes without an API are those of Graph");
        assert_eq!(graph.app_id, Some(client("microsoft-graph")));
    }

    #[test]
    fn a_code_has_its_first_redemption_before_it_and_else_its_sign_in() {
        let authorize = get(&format!("{LAB}/t/oauth2/v2.0/authorize?client_id=c"));
        let form = "grant_type=authorization_code&client_id=c&code=1.Ax";
        let redemption = post(&format!("{LAB}/t/oauth2/v2.0/token"), form);
        let first = gather(&[&authorize], &redemption, None, None);
        assert_eq!(first.previous_request.as_ref(), Some(&authorize));
        let second = gather(&[&authorize, &redemption], &redemption, None, None);
        assert_eq!(second.previous_request.as_ref(), Some(&redemption));
        assert_eq!(second.history, std::slice::from_ref(&authorize));
    }

    #[test]
    fn what_the_directory_does_not_have_is_absent_and_what_nobody_knows_is_unknown() {
        let asks = |tenant: &str, client: &str, scope: &str| {
            let url = format!("{LAB}/{tenant}/oauth2/v2.0/token");
            let form = format!("grant_type=client_credentials&client_id={client}&scope={scope}");
            gather(&[], &post(&url, &form), None, Some(&view()))
        };
        let home = &Scenario::northwind().home().id.clone();
        let nobody = asks(home, "11111111-2222-3333-4444-555555555555", "api%3A%2F%2Fnobody%2F.default");
        assert!(nobody.service_principal.is_absent() && nobody.resource_service_principal.is_absent());
        assert_eq!(nobody.registration, None);
        let common = asks("common", &client("inventory-sync"), "api%3A%2F%2Fnorthwind-catalog%2F.default");
        assert!(common.service_principal.is_unknown() && common.registration.is_some());
        assert!(common.resource_registration.is_some() && common.grants.is_none());
        let there = asks("fabrikam.example", &client("staff-directory"), "x");
        assert!(there.service_principal.is_absent() && there.registration.is_some());
    }

    #[test]
    fn an_api_is_asked_in_the_name_of_the_client_in_the_token() {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let part = |json: String| URL_SAFE_NO_PAD.encode(json);
        let claims = format!(
            r#"{{"aud":"api://northwind-catalog","azp":"{}","tid":"{}"}}"#,
            client("desktop"),
            Scenario::northwind().home().id
        );
        let token = format!("{}.{}.c2ln", part(r#"{"alg":"none"}"#.to_owned()), part(claims));
        let mut call = get(&format!("{LAB}/api/catalog/products"));
        call.headers = Headers::new().with("authorization", format!("Bearer {token}"));
        let found = gather(&[], &call, None, Some(&view()));
        assert_eq!(found.token, Some(token));
        assert_eq!(found.registration.and_then(|app| app.app_id), Some(client("desktop")));
        assert_eq!(found.resource_registration.and_then(|app| app.app_id), Some(client("catalog-api")));
    }
}
