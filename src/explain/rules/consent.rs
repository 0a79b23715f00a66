//! Consent: what was asked, beside what was granted and what the registration lists.

use url::form_urlencoded;

use super::{
    Case, Check, Found,
    api::{self, Api},
    graph, message, resource,
    tenant::{asked_tenant, is_shared, tenant_in_path},
};
use crate::{
    entra::{
        registration::{Application, Grants, Kind},
        scopes::{GRAPH, Scope},
    },
    explain::{Certainty, facts::is_guid},
    token::{self, Kind as TokenKind},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("consent.delegated_missing", delegated_missing),
    ("consent.middle_tier_missing", middle_tier),
    ("consent.elsewhere", elsewhere),
    ("consent.no_permissions", no_permissions),
    ("registration.lacks_sign_in", lacks_sign_in),
    ("user.cancelled", cancelled),
];

/// Words by which a program tells that it exchanges a token for somebody.
const ON_BEHALF: [&str; 9] = [
    "on_behalf_of",
    "on-behalf-of",
    "onbehalfof",
    "on behalf of flow",
    "grant-type:jwt-bearer",
    "grant-type%3ajwt-bearer",
    "userassertion",
    "obo_",
    "obo flow",
];

/// Whether the request exchanges a token for another one on behalf of somebody.
pub(super) fn is_on_behalf_of(case: &Case<'_>) -> bool {
    if let Some(grant) = case.grant() {
        return grant.ends_with(":jwt-bearer") || case.param("requested_token_use") == Some("on_behalf_of");
    }
    let text = case.evidence.text.as_deref().unwrap_or_default().to_ascii_lowercase();
    ON_BEHALF.iter().any(|word| text.contains(word))
}

/// What was asked of one API, by the names that grants use.
pub(super) struct Wanted<'a> {
    pub place: &'static str,
    pub scope: String,
    pub resource: String,
    pub names: Vec<String>,
    pub api: Option<Api<'a>>,
}

/// What was asked: the named permissions of the first API, or for `.default` those that the registration lists.
pub(super) fn wanted<'a>(case: &Case<'a>) -> Option<Wanted<'a>> {
    let asked = api::asked(case)?;
    let resource = asked.of_apis().find_map(|scope| scope.api())?.to_owned();
    let api = Api::at_hand(case).filter(|api| api.is_meant_by(&resource));
    let of_api = || asked.of_apis().filter(|scope| scope.api() == Some(resource.as_str()));
    let mut names: Vec<String> = Vec::new();
    for scope in of_api() {
        if scope.permission != ".default" {
            names.push(scope.permission.to_owned());
            continue;
        }
        let id =
            api.as_ref().and_then(Api::app_id).or_else(|| api::id_of(case, &resource)).map(str::to_owned);
        let listed = case.app().zip(id);
        for permission in listed.iter().flat_map(|(app, id)| api::required(app, id, Kind::Scope)) {
            let of_api = api.as_ref().and_then(|api| api.scopes().find(|scope| scope.id == permission));
            names.extend(
                of_api
                    .map(|scope| scope.value.clone())
                    .or_else(|| graph::by_id(permission).map(str::to_owned)),
            );
        }
    }
    names.retain(|name| !Scope { resource: None, permission: name }.is_openid());
    Some(Wanted { place: asked.place, scope: asked.text.to_string(), resource, names, api })
}

/// What the grants say about the permissions that were asked.
pub(super) struct Coverage {
    /// Those that no grant has.
    pub missing: Vec<String>,
    /// What was granted of this API, as evidence.
    pub granted: String,
    /// The people for whom alone something was granted.
    pub only_for: Vec<String>,
}

/// The grants beside what was asked; `None` if nobody looked.
pub(super) fn coverage(case: &Case<'_>, wanted: &Wanted<'_>) -> Option<Coverage> {
    let grants = case.evidence.grants.as_ref()?;
    let principal = case.evidence.resource_service_principal.found();
    let api = principal.filter(|_| wanted.api.is_some()).and_then(|principal| principal.object_id.as_deref());
    // Without the API's object id no row can be told from those of other APIs.
    let rows: Vec<_> =
        grants.delegated.iter().filter(|row| api.is_none_or(|api| row.resource == api)).collect();
    let person = person_id(case);
    let counts = |row: &&&crate::entra::registration::Delegated| match (&row.principal, &person) {
        (None, _) | (Some(_), None) => true,
        (Some(one), Some(person)) => one.eq_ignore_ascii_case(person),
    };
    let has = |name: &str| {
        rows.iter().filter(counts).any(|row| row.scopes.iter().any(|scope| scope.eq_ignore_ascii_case(name)))
    };
    let missing = wanted.names.iter().filter(|name| !has(name)).cloned().collect();
    let only_for = rows.iter().filter_map(|row| row.principal.clone()).collect();
    Some(Coverage { missing, granted: listed(grants, api), only_for })
}

/// The names in the grants, as evidence.
fn listed(grants: &Grants, api: Option<&str>) -> String {
    let of_api = grants.delegated.iter().filter(|row| api.is_none_or(|api| row.resource == api));
    let mut names: Vec<&str> = of_api.flat_map(|row| &row.scopes).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }
}

/// The object id of the person, where a token of theirs is at hand.
pub(super) fn person_id(case: &Case<'_>) -> Option<String> {
    let tokens = [case.presented.user.as_ref(), case.token.as_ref()].into_iter().flatten();
    let mut tokens = tokens.filter(|token| token.kind == TokenKind::Jws);
    tokens.find_map(|token: &token::Decoded| Some(token.claims.get("oid")?.as_str()?.to_owned()))
}

/// Slots for links and commands about consent.
pub(super) fn with_slots(
    found: Found,
    case: &Case<'_>,
    wanted: Option<&Wanted<'_>>,
    names: &[String],
) -> Found {
    let tenant = asked_tenant(case).filter(|tenant| !is_shared(tenant)).unwrap_or("organizations");
    let mut found = found.with("tenant", tenant);
    if let Some(client) = client(case) {
        found = found.with("client_id", client);
    }
    let Some(wanted) = wanted else { return found };
    let scope = |name: &String| match wanted.resource.as_str() {
        resource if api::is_graph(resource) => format!("{}/{name}", GRAPH.identifier),
        resource => format!("{resource}/{name}"),
    };
    let scopes: Vec<_> = if names.is_empty() {
        vec![format!("{}/.default", wanted.resource)]
    } else {
        names.iter().map(scope).collect()
    };
    let encoded: String = form_urlencoded::byte_serialize(scopes.join(" ").as_bytes()).collect();
    found =
        found.with("consent_scope", encoded.replace('+', "%20")).with("corrected_scope", scopes.join(" "));
    if !names.is_empty() {
        found = found.with("permission", names.join(" "));
    }
    match api::id_of(case, &wanted.resource) {
        Some(id) => found.with("resource_id", id),
        None => found,
    }
}

/// The application that lacks consent: the one that the message names.
fn client<'a>(case: &'a Case<'_>) -> Option<&'a str> {
    let named = message::guids(&case.sentence).first().copied().filter(|_| case.code == Some(65001));
    named.or_else(|| case.facts.get("client_id").filter(|id| is_guid(id)))
}

fn delegated_missing(case: &Case<'_>) -> Option<Found> {
    if is_on_behalf_of(case) && case.grant().is_some() {
        return Found::excluded(); // has a cause of its own
    }
    if case.evidence.grants.is_none() && granted_before(case).is_some() {
        return None;
    }
    let wanted = wanted(case);
    let granted = wanted.as_ref().and_then(|wanted| Some((wanted, coverage(case, wanted)?)));
    if let Some((wanted, coverage)) = granted {
        if coverage.missing.is_empty() && !wanted.names.is_empty() {
            if coverage.only_for.is_empty() || person_id(case).is_some() {
                return Found::excluded();
            }
            let found = Found::new(
                Certainty::Likely,
                "grants",
                &format!("{} for {} only", coverage.granted, coverage.only_for.join(" ")),
                "for everybody, or for the person who signs in",
            );
            let found = found.and(wanted.place, &wanted.scope, "");
            return Some(with_slots(found, case, Some(wanted), &wanted.names));
        }
        let missing =
            if coverage.missing.is_empty() { wanted.scope.clone() } else { coverage.missing.join(" ") };
        let found =
            Found::new(Certainty::Certain, wanted.place, &wanted.scope, &format!("granted: {missing}"))
                .and("grants", &coverage.granted, &missing)
                .about(&missing);
        return Some(with_slots(found, case, Some(wanted), &coverage.missing));
    }
    if case.evidence.grants.as_ref().is_some_and(|grants| grants.delegated.is_empty()) {
        let sent = case.facts.get("scope").unwrap_or("no grant for this client");
        let found = Found::new(Certainty::Certain, "grants", "nothing", sent).about(sent);
        return Some(with_slots(found, case, None, &[]));
    }
    if case.evidence.service_principal.is_absent() {
        let found =
            Found::new(Certainty::Likely, "service principal of the client", "none", "one with a grant");
        let found = match &wanted {
            Some(wanted) => found.and(wanted.place, &wanted.scope, "granted in this tenant"),
            None => found,
        };
        let names = wanted.as_ref().map(|wanted| wanted.names.clone()).unwrap_or_default();
        return Some(with_slots(found, case, wanted.as_ref(), &names));
    }
    // A request that cannot show a page, or a message: what it says, nobody looked up yet.
    let place = wanted.as_ref().map_or("the message", |wanted| wanted.place);
    let has_words = case.code.is_some() && case.sentence.len() > 40;
    if case.evidence.request.is_none() && !has_words || is_on_behalf_of(case) {
        return None;
    }
    let sent = wanted.as_ref().map(|wanted| wanted.scope.clone());
    let sent = sent.or_else(|| client(case).map(str::to_owned)).unwrap_or_else(|| "no consent".to_owned());
    let names = wanted.as_ref().map(|wanted| wanted.names.clone()).unwrap_or_default();
    let found = Found::new(Certainty::Likely, place, &sent, "a grant for it").about(&sent);
    Some(with_slots(found, case, wanted.as_ref(), &names))
}

/// On-behalf-of: the service in the middle needs consent of its own.
fn middle_tier(case: &Case<'_>) -> Option<Found> {
    if !is_on_behalf_of(case) {
        return if case.grant().is_some() { Found::excluded() } else { None };
    }
    let client = client(case).unwrap_or_default();
    let wanted = wanted(case);
    let covered = wanted.as_ref().and_then(|wanted| Some((coverage(case, wanted)?, wanted)));
    if let Some((coverage, wanted)) = &covered
        && coverage.missing.is_empty()
        && !wanted.names.is_empty()
    {
        return None;
    }
    let certainty = if case.grant().is_some() { Certainty::Certain } else { Certainty::Likely };
    let grant = case.grant().unwrap_or("on behalf of somebody");
    let mut found = Found::new(certainty, "request grant_type", grant, "consent for the service itself").and(
        "client that lacks consent",
        client,
        "the service in the middle",
    );
    let names = match (&covered, &wanted) {
        (Some((coverage, _)), _) if !coverage.missing.is_empty() => coverage.missing.clone(),
        (_, Some(wanted)) => wanted.names.clone(),
        _ => Vec::new(),
    };
    if let Some(wanted) = &wanted {
        let granted = covered.as_ref().map_or("not known", |(coverage, _)| coverage.granted.as_str());
        found = found.and(wanted.place, &wanted.scope, &format!("granted to {client}")).and(
            "grants",
            granted,
            &names.join(" "),
        );
    }
    // The front application, as the token that came from it names it.
    let token = case.presented.user.as_ref().filter(|token| token.kind == TokenKind::Jws);
    let front =
        token.and_then(|token| token.claims.get("azp").or_else(|| token.claims.get("appid"))?.as_str());
    if let Some(front) = front {
        let known = case.app().map(|app| app.known_clients.join(" "));
        if let Some(known) = known.filter(|known| !known.contains(front)) {
            let known = if known.is_empty() { "empty".to_owned() } else { known };
            found = found.and("knownClientApplications of the service", &known, front);
        }
        found = found.with("front_client_id", front);
    }
    if let Some(id) = case.app().and_then(|app| app.object_id.as_deref()) {
        found = found.with("object_id", id);
    }
    Some(with_slots(found, case, wanted.as_ref(), &names))
}

/// The tenant of the request before, and that of this one, if they differ.
fn granted_before<'a>(case: &'a Case<'_>) -> Option<(String, &'a str)> {
    let before = case.evidence.previous_request.as_ref().and_then(tenant_in_path)?;
    let now = asked_tenant(case)?;
    (!before.eq_ignore_ascii_case(now) && !is_shared(&before)).then_some((before, now))
}

/// What was granted is enough, so it was granted for something else.
fn elsewhere(case: &Case<'_>) -> Option<Found> {
    if let Some((before, now)) = granted_before(case) {
        let found = Found::new(Certainty::Likely, "tenant of the request", now, &before);
        let found = found.and("tenant of the consent", &before, now);
        return Some(with_slots(found, case, wanted(case).as_ref(), &[]).about(&before));
    }
    let clients = case.previous_param("client_id").zip(case.param("client_id"));
    if let Some((before, now)) = clients.filter(|(before, now)| !before.eq_ignore_ascii_case(now)) {
        let found = Found::new(Certainty::Likely, "request client_id", now, before);
        return Some(found.and("client of the consent", before, now).about(before));
    }
    let wanted = wanted(case)?;
    let coverage = coverage(case, &wanted)?;
    let is_covered = coverage.missing.is_empty() && !wanted.names.is_empty();
    if !is_covered {
        return Found::excluded();
    }
    if case.param("prompt").is_some_and(|prompt| prompt.contains("consent")) {
        return None;
    }
    let is_single = !coverage.only_for.is_empty() && person_id(case).is_none();
    let certainty = if is_single { Certainty::Possible } else { Certainty::Likely };
    let tenant = asked_tenant(case).unwrap_or("the tenant of the request");
    let found = Found::new(
        certainty,
        "grants",
        &coverage.granted,
        "the same tenant, client and person as in the request",
    )
    .and(wanted.place, &wanted.scope, "granted already")
    .and("tenant of the request", tenant, "the tenant where the grants were listed");
    Some(with_slots(found, case, Some(&wanted), &wanted.names))
}

fn no_permissions(case: &Case<'_>) -> Option<Found> {
    let app = case.app();
    let named = message::quoted(&case.sentence).first().copied();
    let api = named.and_then(|name| api::id_of(case, name)).or_else(|| {
        let api = resource::wanted(case)?;
        api::id_of(case, api)
    });
    let Some(app) = app else {
        return if case.code == Some(650_056) && case.sentence.len() > 40 {
            let client =
                message::guids(&case.sentence).last().copied().or_else(|| case.facts.get("client_id"))?;
            let found =
                Found::new(Certainty::Likely, "client in the message", client, "permissions that it lists");
            Some(found.with("client_id", client).with("resource_id", api.unwrap_or(GRAPH.id)))
        } else {
            None
        };
    };
    let listed = listed_apis(app);
    if app.required.iter().all(|row| row.permission.is_empty()) {
        let found = Found::new(
            Certainty::Certain,
            "registration requiredResourceAccess",
            &listed,
            "at least one permission",
        );
        return Some(with_client(found, app).with("resource_id", api.unwrap_or(GRAPH.id)));
    }
    let Some(api) = api else {
        return if case.code == Some(1_003_031) { None } else { Found::excluded() };
    };
    if resource::lists(case, api) == Some(true) {
        return Found::excluded();
    }
    let found = Found::new(Certainty::Certain, "registration requiredResourceAccess", &listed, api);
    Some(with_client(found, app).with("resource_id", api))
}

fn lacks_sign_in(case: &Case<'_>) -> Option<Found> {
    let app = case.app()?;
    let has_it = api::required(app, GRAPH.id, Kind::Scope).any(|id| graph::by_id(id) == Some("User.Read"));
    if has_it {
        return None;
    }
    let found = Found::new(
        Certainty::Certain,
        "registration requiredResourceAccess",
        &listed_apis(app),
        "User.Read of Microsoft Graph",
    );
    Some(with_client(found, app))
}

fn listed_apis(app: &Application) -> String {
    let mut ids: Vec<_> = app.required.iter().map(|row| row.resource.as_str()).collect();
    ids.dedup();
    if ids.is_empty() { "empty".to_owned() } else { ids.join(" ") }
}

fn with_client(found: Found, app: &Application) -> Found {
    let id = app.app_id.as_deref().unwrap_or_default();
    found.and("registration appId", id, "").with("client_id", id)
}

fn cancelled(case: &Case<'_>) -> Option<Found> {
    if case.code == Some(65004) {
        return Found::certain("the answer", "the person declined on the consent page", "accepted");
    }
    if case.code == Some(500_121) {
        return Found::likely("the answer", "the second factor was not passed", "passed");
    }
    let is_cancel = case.says(&[
        "error_subcode=cancel",
        "user_cancelled",
        "user cancelled",
        "user canceled",
        "canceled",
        "cancelled",
    ]);
    let text = case.evidence.text.as_deref().unwrap_or_default();
    if is_cancel || text.contains("error_subcode=cancel") {
        return Found::certain(
            "the answer",
            "error_subcode=cancel: the person pressed Cancel",
            "a finished sign-in",
        );
    }
    if case.says(&["declined", "denied the request", "did not consent", "denied access"]) {
        return Found::likely("the answer", "the person declined", "accepted");
    }
    None
}
