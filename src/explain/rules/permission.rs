//! Permissions: what a token holds (`scp` for people, `roles` for applications), beside what the call needs, what the
//! registration lists, and what was granted when.

use super::{
    Case, Check, Found,
    assertion::{shown, text},
    call::call,
    called_api::registration_of_api,
    graph_call::{self, Need},
    token::id_token_of,
    validation::Complaint,
};
use crate::{
    entra::{
        permissions,
        registration::{Application, Assigned, Kind as Listed},
        scopes::GRAPH,
    },
    explain::Certainty,
    token::{Decoded, Kind, group_overage, kind_of, microsoft_api},
};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("permission.needs_person", app_only_on_me),
    ("permission.needs_application", |case| case.by_rule(&["permission.application"])),
    ("permission.delegated_instead_of_application", delegated_instead),
    ("permission.application_not_granted", not_granted),
    ("permission.scope_missing", scope_missing),
    ("permission.user_lacks_right", lacks_right),
    ("permission.azure_role", azure_role),
    ("permission.mailbox_policy", mailbox_policy),
    ("permission.token_older_than_consent", older),
    ("permission.groups_overage", overage),
    ("token.no_permissions", no_permissions),
];

/// Behind these a message names what it wants.
const WANTED: &[&str] = &[
    "api requires one of ",
    "requires one of the following permissions: ",
    "one of the following scopes: ",
    "one of the following permissions: ",
    "required microsoft graph permission(s): ",
    "required msgraph permissions ",
    "required permissions: ",
    "required permission: ",
    "required scopes: ",
    "required scope: ",
    "required roles: ",
    "required role: ",
    "does not contain scopes ",
    "does not contain roles ",
    "does not contain the scope ",
    "insufficient scope: ",
    "missing scope: ",
    "missing required scope ",
    "missing required scope: ",
    "missing role: ",
    "one of the following roles: ",
    "requirement:scope= ",
    "requirement:scope=",
    "requires scope ",
    "scope=",
];

/// What the call needs, as far as it is known.
enum Needed {
    /// One of these, by the message or the challenge.
    Named(Vec<String>),
    /// By the path.
    ByPath(Need),
    Unknown,
}

impl Needed {
    fn of(case: &Case<'_>) -> Self {
        let said = case.validation();
        let challenge =
            said.challenges.iter().find(|challenge| challenge.get("error") == Some("insufficient_scope"));
        let mut named: Vec<String> = challenge
            .and_then(|challenge| challenge.get("scope"))
            .into_iter()
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect();
        if named.is_empty() {
            let found = said.first_of(WANTED);
            named = found.iter().flat_map(|value| value.split_whitespace()).map(str::to_owned).collect();
        }
        named.retain(|name| name.len() > 2 && !name.ends_with("/.default"));
        // Entra's scopes travel with the identifier of their API, and stand in tokens without.
        let named: Vec<String> =
            named.iter().map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect();
        if !named.is_empty() {
            return Self::Named(named);
        }
        graph_call::need(case).map_or(Self::Unknown, Self::ByPath)
    }

    fn fits(&self, permission: &str) -> bool {
        match self {
            Self::Named(names) => names.iter().any(|name| name.eq_ignore_ascii_case(permission)),
            Self::ByPath(need) => need.fits(permission),
            Self::Unknown => false,
        }
    }

    const fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    const fn is_named(&self) -> bool {
        matches!(self, Self::Named(_))
    }

    /// The one to ask for.
    fn first(&self, app_only: bool) -> String {
        match self {
            Self::Named(names) => names.first().cloned().unwrap_or_default(),
            Self::ByPath(need) => need.usual(app_only),
            Self::Unknown => String::new(),
        }
    }

    fn in_words(&self, app_only: bool) -> String {
        match self {
            Self::Named(names) => names.join(" or "),
            Self::ByPath(need) => format!("{}, or one that includes it", need.usual(app_only)),
            Self::Unknown => "the permission that the documentation of the call names".to_owned(),
        }
    }
}

/// The token of a call that was refused for want of a permission.
fn of_call<'a>(case: &'a Case<'_>) -> Option<&'a Decoded> {
    case.token.as_ref().filter(|token| token.kind == Kind::Jws && !token.claims.is_empty())
}

fn is_app_only(token: &Decoded) -> bool {
    kind_of(token).kind.is_app_only()
}

fn words<'a>(token: &'a Decoded, claim: &str) -> Vec<&'a str> {
    match token.claims.get(claim) {
        Some(serde_json::Value::String(text)) => text.split_whitespace().collect(),
        Some(serde_json::Value::Array(several)) => {
            several.iter().filter_map(serde_json::Value::as_str).collect()
        }
        _ => Vec::new(),
    }
}

/// The client's registration: the one whose id the token names as its client, or the only one there is.
fn client<'a>(case: &Case<'a>) -> Option<&'a Application> {
    let app = case.evidence.registration.as_ref()?;
    let Some(token) = case.token.as_ref() else { return Some(app) };
    let named = [text(token, "azp"), text(token, "appid")];
    let id = app.app_id.as_deref().unwrap_or_default();
    let is_named = named.iter().any(|name| name.eq_ignore_ascii_case(id));
    (is_named || named.iter().all(|name| name.is_empty())).then_some(app)
}

/// The client id of the resource that the token is for.
fn resource_id(case: &Case<'_>, token: &Decoded) -> Option<String> {
    let audience = shown(token, "aud");
    if let Some(known) = microsoft_api(&audience) {
        return crate::entra::scopes::WELL_KNOWN
            .iter()
            .find(|api| api.name == known)
            .map(|api| api.id.to_owned());
    }
    let bare = audience.trim_start_matches("api://").trim_end_matches('/');
    if crate::explain::facts::is_guid(bare) {
        return Some(bare.to_ascii_lowercase());
    }
    let api = registration_of_api(case).and_then(|api| api.app_id.clone());
    api.or_else(|| case.evidence.resource_service_principal.found().and_then(|api| api.app_id.clone()))
}

/// The name of a permission by its id: as the resource exposes it, or by the table.
fn name_of(case: &Case<'_>, id: &str, kind: Listed) -> Option<String> {
    let principal = case.evidence.resource_service_principal.found();
    let api = registration_of_api(case);
    let of_scopes = || {
        let all = principal
            .map(|api| api.scopes.as_slice())
            .into_iter()
            .chain(api.map(|api| api.scopes.as_slice()));
        all.flatten().find(|scope| scope.id.eq_ignore_ascii_case(id)).map(|scope| scope.value.clone())
    };
    let of_roles = || {
        let all = principal
            .map(|api| api.app_roles.as_slice())
            .into_iter()
            .chain(api.map(|api| api.app_roles.as_slice()));
        all.flatten().find(|role| role.id.eq_ignore_ascii_case(id)).map(|role| role.value.clone())
    };
    let exposed = match kind {
        Listed::Scope => of_scopes(),
        Listed::Role => of_roles(),
    };
    exposed.or_else(|| permissions::by_id(id, Some(kind)).map(|known| known.name.to_owned()))
}

fn role_id(case: &Case<'_>, name: &str) -> Option<String> {
    let principal = case.evidence.resource_service_principal.found().map(|api| api.app_roles.as_slice());
    let api = registration_of_api(case).map(|api| api.app_roles.as_slice());
    let exposed =
        principal.into_iter().chain(api).flatten().find(|role| role.value.eq_ignore_ascii_case(name));
    exposed.map(|role| role.id.clone()).or_else(|| {
        let mut known = permissions::by_name(GRAPH.id, name);
        known.find(|known| known.kind == Listed::Role).map(|known| known.id.to_owned())
    })
}

/// The permissions of a kind that the client's registration lists for the resource: name if it is known, and id.
fn listed(case: &Case<'_>, token: &Decoded, kind: Listed) -> Option<Vec<(Option<String>, String)>> {
    let app = client(case)?;
    let resource = resource_id(case, token);
    let rows = app.required.iter().filter(|row| {
        row.kind == kind
            && !row.permission.is_empty()
            && resource.as_deref().is_none_or(|id| id.eq_ignore_ascii_case(&row.resource))
    });
    Some(rows.map(|row| (name_of(case, &row.permission, kind), row.permission.clone())).collect())
}

fn in_words(listed: &[(Option<String>, String)]) -> String {
    let one = |(name, id): &(Option<String>, String)| {
        name.as_ref().map_or_else(|| id.clone(), |name| format!("{name} ({id})"))
    };
    listed.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// App roles that were assigned for the resource of the token.
fn assigned<'a>(case: &Case<'a>, token: &Decoded) -> Option<Vec<&'a Assigned>> {
    let grants = case.evidence.grants.as_ref()?;
    let resource = case.evidence.resource_service_principal.found();
    let name = microsoft_api(&shown(token, "aud"));
    let is_of = |row: &&Assigned| {
        let by_id = resource.and_then(|api| api.object_id.as_deref()).is_none_or(|id| id == row.resource);
        let by_name = name
            .zip(row.resource_name.as_deref())
            .is_none_or(|(name, own)| own.eq_ignore_ascii_case(name) || name == "Azure Resource Manager");
        by_id && by_name
    };
    Some(grants.application.iter().filter(is_of).collect())
}

/// The scopes that were granted to the client.
fn granted_scopes<'a>(case: &Case<'a>, token: &Decoded) -> Option<Vec<&'a str>> {
    let grants = case.evidence.grants.as_ref()?;
    let person = text(token, "oid").to_owned();
    let for_them = grants.delegated.iter().filter(|row| {
        row.principal
            .as_deref()
            .is_none_or(|principal| person.is_empty() || principal.eq_ignore_ascii_case(&person))
    });
    Some(for_them.flat_map(|row| row.scopes.iter().map(String::as_str)).collect())
}

fn fill(case: &Case<'_>, token: &Decoded, found: Found, permission: &str) -> Found {
    let caller = [text(token, "azp"), text(token, "appid")].into_iter().find(|id| !id.is_empty());
    let audience = shown(token, "aud");
    let scope = if permission.is_empty() {
        String::new()
    } else if microsoft_api(&audience) == Some("Microsoft Graph") {
        permission.to_owned()
    } else {
        format!("{}/{permission}", audience.trim_end_matches('/'))
    };
    found
        .with("client_id", caller.or_else(|| client(case)?.app_id.as_deref()).unwrap_or_default())
        .with("resource_id", resource_id(case, token).unwrap_or_default())
        .with("permission", permission)
        .with("permission_id", role_id(case, permission).unwrap_or_default())
        .with("corrected_scope", scope)
        .with("principal_id", text(token, "oid"))
        .with("tenant", text(token, "tid"))
}

/// Complaints under which permissions may be what is missing.
const ABOUT_PERMISSIONS: &[Complaint] = &[Complaint::NoPermission, Complaint::Scope, Complaint::Role];

fn app_only_on_me(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["permission.delegated"]) {
        return Some(found);
    }
    let said = case.validation();
    let is_me = graph_call::called(case).filter(graph_call::is_me);
    let told =
        said.says(&["/me request is only valid with delegated", "only valid with delegated authentication"]);
    let token = of_call(case);
    let path = is_me.as_ref().map(|url| url.path().to_owned());
    let kind = token
        .map(|token| if is_app_only(token) { "an application by itself: no scp" } else { "for a person" });
    let fill_in = |found: Found| match token {
        Some(token) => found.with("client_id", text(token, "appid")).with("tenant", text(token, "tid")),
        None => found,
    };
    match (path, token.map(is_app_only), told) {
        (Some(path), Some(true), _) => Found::certain("request path", &path, "/users/<id> in place of /me")
            .map(|found| {
                fill_in(found.and("the token", kind.unwrap_or_default(), "scp of a signed-in person"))
            }),
        (_, Some(true), true) => {
            Found::certain("the token", kind.unwrap_or_default(), "scp of a signed-in person").map(fill_in)
        }
        (_, None, true) => {
            Found::certain("the message", "says that /me needs a signed-in person (delegated)", "/users/<id>")
        }
        (None, _, false) if is_me.is_none() && graph_call::called(case).is_some() => Found::excluded(),
        (_, Some(false), _) => Found::excluded(),
        _ => None,
    }
}

fn delegated_instead(case: &Case<'_>) -> Option<Found> {
    if case.evidence.rule.is_some() {
        return None;
    }
    if !case.validation().may_be(ABOUT_PERMISSIONS) {
        return Found::excluded();
    }
    let Some(token) = of_call(case) else { return delegated_by_words(case) };
    if !is_app_only(token) {
        return Found::excluded();
    }
    if app_only_on_me(case).is_some_and(|found| found.certainty == Some(Certainty::Certain)) {
        return None;
    }
    let needed = Needed::of(case);
    let roles = words(token, "roles");
    if roles.iter().any(|role| needed.fits(role)) {
        return Found::excluded();
    }
    let held = if roles.is_empty() { "(none)".to_owned() } else { roles.join(" ") };
    let scopes = listed(case, token, Listed::Scope);
    let app_roles = listed(case, token, Listed::Role);
    let assigned = assigned(case, token);
    if let (Some(scopes), Some(app_roles)) = (scopes, app_roles) {
        // Those that the call needs, where names are known; or all of them.
        let fitting: Vec<_> = scopes
            .iter()
            .filter(|(name, _)| name.as_ref().is_some_and(|name| needed.fits(name)))
            .cloned()
            .collect();
        let role_fits = app_roles
            .iter()
            .any(|(name, _)| name.as_ref().is_none_or(|name| needed.fits(name) || !needed.is_known()));
        let culprits = if fitting.is_empty() { &scopes } else { &fitting };
        if culprits.is_empty() || role_fits {
            return Found::excluded();
        }
        let some_granted = assigned.as_ref().is_some_and(|rows| !rows.is_empty());
        if fitting.is_empty() && (!app_roles.is_empty() || some_granted && roles.is_empty()) {
            return None;
        }
        let is_only_sign_in =
            fitting.is_empty() && scopes.iter().all(|(name, _)| name.as_deref() == Some("User.Read"));
        let line = if is_only_sign_in { Found::likely } else { Found::certain };
        let named = culprits.iter().find_map(|(name, _)| name.clone());
        let permission =
            if is_only_sign_in || named.is_none() { needed.first(true) } else { named.unwrap_or_default() };
        let found = line(
            "roles of the token",
            &held,
            &if permission.is_empty() { needed.in_words(true) } else { permission.clone() },
        )?
        .and(
            "registration requiredResourceAccess",
            &format!("{} as Scope (delegated)", in_words(culprits)),
            "as Role (application permission)",
        );
        return Some(fill(case, token, found, &permission));
    }
    let granted = granted_scopes(case, token)?;
    if granted.is_empty() || assigned.is_none_or(|rows| !rows.is_empty()) || !roles.is_empty() {
        return None;
    }
    let permission = granted
        .iter()
        .find(|scope| needed.fits(scope))
        .copied()
        .map_or_else(|| needed.first(true), str::to_owned);
    let found = Found::likely("roles of the token", &held, &needed.in_words(true))?.and(
        "grants",
        &format!("{} as delegated permission, no app role", granted.join(" ")),
        "an appRoleAssignment",
    );
    Some(fill(case, token, found, &permission))
}

/// Somebody tells that the permission is a delegated one, and that the program acts by itself.
fn delegated_by_words(case: &Case<'_>) -> Option<Found> {
    let delegated = ["delegated permission", "(delegated", "type delegated", "delegated:", "as delegated"];
    let alone = [
        "client credentials",
        "client_credentials",
        "daemon",
        "app-only",
        "app only",
        "idtyp app",
        "without a user",
    ];
    let say = |words: &[&'static str]| words.iter().find(|word| case.says(&[word])).copied();
    let (delegated, alone) = (say(&delegated)?, say(&alone)?);
    let found =
        Found::likely("the text", &format!("“{delegated}” and “{alone}”"), "an application permission")?;
    let needed = Needed::of(case);
    Some(found.with("permission", needed.first(true)))
}

fn not_granted(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["permission.role"]) {
        return Some(found);
    }
    if case.code == Some(501_051) {
        return no_role_assigned(case);
    }
    if !case.validation().may_be(ABOUT_PERMISSIONS) {
        return Found::excluded();
    }
    let Some(token) = of_call(case) else { return role_named(case) };
    if !is_app_only(token) {
        return Found::excluded();
    }
    let needed = Needed::of(case);
    let roles = words(token, "roles");
    if roles.iter().any(|role| needed.fits(role)) {
        return Found::excluded();
    }
    let held = if roles.is_empty() { "(none)".to_owned() } else { roles.join(" ") };
    if needs_scope_of_person(case) {
        return None;
    }
    let app_roles = listed(case, token, Listed::Role);
    let assigned = assigned(case, token);
    let is_newer = assigned.as_ref().is_some_and(|rows| rows.iter().any(|row| is_after(token, row)));
    if is_newer {
        return None;
    }
    if let Some(app_roles) = app_roles.as_ref() {
        let is_assigned = |id: &str| {
            assigned.as_ref().is_some_and(|rows| rows.iter().any(|row| row.role.eq_ignore_ascii_case(id)))
        };
        let in_token =
            |name: &Option<String>| name.as_ref().is_some_and(|name| roles.contains(&name.as_str()));
        let waiting: Vec<_> =
            app_roles.iter().filter(|(name, id)| !in_token(name) && !is_assigned(id)).cloned().collect();
        let fitting: Vec<_> = waiting
            .iter()
            .filter(|(name, _)| name.as_ref().is_none_or(|name| !needed.is_known() || needed.fits(name)))
            .cloned()
            .collect();
        if let Some((name, _)) = fitting.first() {
            let permission = name.clone().unwrap_or_else(|| needed.first(true));
            let line = if assigned.is_some() && (roles.is_empty() || name.is_some()) {
                Found::certain
            } else {
                Found::likely
            };
            let mut found = line(
                "roles of the token",
                &held,
                &if permission.is_empty() { needed.in_words(true) } else { permission.clone() },
            )?
            .and(
                "registration requiredResourceAccess",
                &format!("{} as Role", in_words(&fitting)),
                "listed is not granted: admin consent",
            );
            if let Some(rows) = &assigned {
                found = found.and(
                    "grants appRoleAssignments",
                    &format!("{} for this API", rows.len()),
                    "one for each application permission",
                );
            }
            return Some(fill(case, token, found, &permission));
        }
    }
    if delegated_instead(case).is_some_and(|found| found.certainty.is_some()) {
        return None;
    }
    let permission = needed.first(true);
    if !roles.is_empty() && needed.is_known() || assigned.is_some() && app_roles.is_some() {
        let line = if needed.is_named() && !roles.is_empty() { Found::certain } else { Found::likely };
        let found = line("roles of the token", &held, &needed.in_words(true))?;
        return Some(fill(case, token, found, &permission));
    }
    let is_lab_or_api =
        call(case).is_some() && case.evidence.registration.is_none() && case.evidence.grants.is_none();
    if roles.is_empty() && !is_lab_or_api {
        return None;
    }
    // Nothing but the token: it holds no fitting role, and whether one was listed or granted is not known.
    if needed.is_known() || !roles.is_empty() {
        let found = Found::likely("roles of the token", &held, &needed.in_words(true))?;
        return Some(fill(case, token, found, &permission));
    }
    None
}

/// The authority itself refuses an application without a role.
fn no_role_assigned(case: &Case<'_>) -> Option<Found> {
    let app = case.app().or(case.evidence.registration.as_ref());
    let roles = app.map(|app| app.required.iter().filter(|row| row.kind == Listed::Role).count());
    let assigned = case.evidence.grants.as_ref().map(|grants| grants.application.len());
    match (roles, assigned) {
        (Some(count), Some(0)) if count > 0 => Found::certain(
            "grants appRoleAssignments",
            "none",
            "the application permissions that the registration lists",
        ),
        (_, Some(0)) => Found::likely("grants appRoleAssignments", "none", "a role of the API"),
        _ => None,
    }
}

/// Whether the API wants a scope, which only a person's token has.
fn needs_scope_of_person(case: &Case<'_>) -> bool {
    case.validation().is(Complaint::Scope)
}

fn is_after(token: &Decoded, row: &Assigned) -> bool {
    row.created.zip(token.time("iat")).is_some_and(|(created, issued)| created > issued)
}

fn scope_missing(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["permission.scope"]) {
        return Some(found);
    }
    let said = case.validation();
    if !said.may_be(ABOUT_PERMISSIONS) {
        return Found::excluded();
    }
    let needed = Needed::of(case);
    let Some(token) = of_call(case) else {
        let held = said.first_of(&[
            "scopes on the request ",
            "scopes in the token: ",
            "token scopes: ",
            "roles on the request ",
        ]);
        let Needed::Named(names) = &needed else { return None };
        let sent =
            if held.is_empty() { "not among the scopes of the token".to_owned() } else { held.join(" ") };
        if names.iter().any(|name| held.contains(name)) {
            return Found::excluded();
        }
        if said.says(&["role permissions on the request", "roles on the request"])
            || said.is(Complaint::Role) && held.is_empty()
        {
            return None;
        }
        let line = if held.is_empty() { Found::likely } else { Found::certain };
        return line("scp, by the message", &sent, &needed.in_words(false)).map(|found| {
            let first = needed.first(false);
            found.with("permission", first.clone()).with("corrected_scope", first)
        });
    };
    if id_token_of(case).is_some() {
        return None;
    }
    let held = words(token, "scp");
    if is_app_only(token) && !needs_scope_of_person(case) {
        return Found::excluded();
    }
    let sent = if held.is_empty() { "(none)".to_owned() } else { held.join(" ") };
    let permission = needed.first(false);
    if !needed.is_known() {
        return None;
    }
    if held.iter().any(|scope| needed.fits(scope)) {
        return Found::excluded();
    }
    let roles = words(token, "roles");
    if said.is(Complaint::Role) && !held.is_empty() {
        let shown = if roles.is_empty() { "(none)".to_owned() } else { roles.join(" ") };
        return Found::likely("roles of the token", &shown, &needed.in_words(false))
            .map(|found| fill(case, token, found, &permission));
    }
    if granted_scopes(case, token).is_some_and(|granted| granted.iter().any(|scope| needed.fits(scope))) {
        return None; // granted by now: told as a token that is older
    }
    let line = if needed.is_named() { Found::certain } else { Found::likely };
    let mut found = line("scp of the token", &sent, &needed.in_words(false))?;
    if let Some(path) = graph_call::called(case) {
        found = found.and("request", path.path(), "a path that this scope opens");
    }
    if let Some(asked) = case.previous_param("scope").or_else(|| case.param("scope")) {
        found = found.and("scope that was asked for", asked, &permission);
    }
    Some(fill(case, token, found, &permission))
}

fn lacks_right(case: &Case<'_>) -> Option<Found> {
    if let Some(found) = case.by_rule(&["person.administrator"]) {
        return Some(found);
    }
    if !case.validation().may_be(&[]) {
        return Found::excluded();
    }
    let needed = Needed::of(case);
    let token = of_call(case)?;
    let (claim, held) =
        if is_app_only(token) { ("roles", words(token, "roles")) } else { ("scp", words(token, "scp")) };
    if held.is_empty() {
        return Found::excluded();
    }
    let fitting: Vec<&str> = held.iter().copied().filter(|name| needed.fits(name)).collect();
    if fitting.is_empty() {
        return if needed.is_known() { Found::excluded() } else { None };
    }
    let directory_roles = words(token, "wids");
    let expected = if claim == "scp" {
        "a directory role of the person as well"
    } else {
        "a role of the application itself as well"
    };
    let mut found = Found::likely(&format!("{claim} of the token"), &fitting.join(" "), expected)?;
    if claim == "scp" {
        // The one id that every member has says nothing.
        let real: Vec<&str> =
            directory_roles.into_iter().filter(|id| *id != "b79fbf4d-3ef9-4689-8143-76b194e85509").collect();
        let shown = if real.is_empty() { "no directory role".to_owned() } else { real.join(" ") };
        found = found.and("wids of the token", &shown, "a role that covers the operation");
    }
    let who = ["upn", "preferred_username", "unique_name", "name"]
        .into_iter()
        .map(|name| text(token, name))
        .find(|who| !who.is_empty());
    Some(
        fill(case, token, found, fitting.first().copied().unwrap_or_default())
            .with("username", who.unwrap_or_default()),
    )
}

/// The message names the roles that it wants, and those that came.
fn role_named(case: &Case<'_>) -> Option<Found> {
    let said = case.validation();
    if !said.says(&["role permissions on the request", "roles on the request"]) {
        return None;
    }
    let needed = Needed::of(case);
    if !needed.is_named() {
        return None;
    }
    let held = said.first_of(&["roles on the request "]);
    let sent = if held.is_empty() { "(none)".to_owned() } else { held.join(" ") };
    let first = needed.first(true);
    let id = role_id(case, &first).unwrap_or_default();
    Found::likely("roles of the token, by the message", &sent, &needed.in_words(true))
        .map(|found| found.with("permission", first).with("permission_id", id))
}

/// Exchange has rules of its own about which mailboxes an application may open, whatever its roles are.
fn mailbox_policy(case: &Case<'_>) -> Option<Found> {
    let words = [
        "apponly accesspolicy",
        "app-only access policy",
        "applicationaccesspolicy",
        "[raop]",
        "application access policy",
    ];
    let Some(word) = words.into_iter().find(|word| case.validation().lower.contains(word)) else {
        return Found::excluded();
    };
    let token = of_call(case);
    let held = token.map(|token| words_of(token, "roles")).unwrap_or_default();
    let found = Found::certain(
        "the message",
        &format!("names the policy ({word})"),
        "a mailbox that the policy opens",
    )?;
    let client = token.map(|token| text(token, "appid").to_owned()).unwrap_or_default();
    let found = if held.is_empty() {
        found
    } else {
        found.and("roles of the token", &held, "enough for the call itself")
    };
    Some(found.with("client_id", client))
}

fn words_of(token: &Decoded, claim: &str) -> String {
    words(token, claim).join(" ")
}

/// Azure Resource Manager says who lacks which action where.
fn azure_role(case: &Case<'_>) -> Option<Found> {
    let said = case.validation();
    if said.says(&["authorizationpermissionmismatch"]) {
        let oid = case.token.as_ref().map(|token| text(token, "oid").to_owned()).unwrap_or_default();
        let role = "Storage Blob Data Contributor";
        let sent = format!("{oid} without a role for the data");
        return Found::likely(
            "principal",
            &sent,
            "a role such as Storage Blob Data Reader: Owner and Contributor do not open the data",
        )
        .map(|found| {
            found.with("principal_id", oid).with("azure_role", role).with("action", "the operation on data")
        });
    }
    let oid =
        said.first_of(&["with object id ", "object id: ", "oid=", "because principal "]).into_iter().next();
    let oid =
        oid.or_else(|| case.token.as_ref().map(|token| text(token, "oid").to_owned())).unwrap_or_default();
    if let Some(found) = vault_policy(&said.text, &oid) {
        return Some(found);
    }
    if let Some(found) = bus_claim(&said.text, &oid) {
        return Some(found);
    }
    let actions = ["to perform action(s) ", "to perform action ", "perform action: ", "action: "];
    let action = said.first_of(&actions).into_iter().next()?;
    let scopes = ["linked scope(s) ", "over scope ", "scope: ", "resource: "];
    let scope = said.first_of(&scopes).into_iter().next().unwrap_or_default();
    let role = match action.to_ascii_lowercase() {
        action if action.starts_with("microsoft.keyvault/vaults/secrets") => "Key Vault Secrets User",
        action if action.starts_with("microsoft.keyvault/vaults/keys") => "Key Vault Crypto User",
        action if action.starts_with("microsoft.keyvault/vaults/cert") => "Key Vault Certificate User",
        action if action.ends_with("/read") => "Reader",
        action if action.contains("roleassignments") => "User Access Administrator",
        _ => "Contributor",
    };
    Found::likely(
        "principal",
        &format!("{oid} without a role that holds {action}"),
        &format!("an Azure role with {action} over {scope}"),
    )
    .map(|found| {
        found
            .with("principal_id", oid)
            .with("action", action)
            .with("azure_scope", scope)
            .with("azure_role", role)
    })
}

/// Key Vault names what its access policy lacks: `does not have secrets get permission on key vault 'name;…'`.
fn vault_policy(said: &str, oid: &str) -> Option<Found> {
    let (before, behind) = said.split_once(" permission on key vault")?;
    let right = before.rsplit_once("does not have ")?.1;
    if right.len() > 60 {
        return None;
    }
    let vault = behind.trim_start_matches([' ', '\'', '"']);
    let vault = vault.split([';', '\'', '"', ' ']).next().unwrap_or_default();
    let role = match right.split(' ').next() {
        Some("keys") => "Key Vault Crypto User",
        Some("certificates") => "Key Vault Certificate User",
        _ => "Key Vault Secrets User",
    };
    let expected = format!("an access policy of the vault {vault} with {right}, or the role {role}");
    let found = Found::likely("principal", &format!("{oid} without {right}"), &expected)?;
    Some(found.with("principal_id", oid).with("action", right).with("azure_role", role))
}

/// Service Bus names the right by one word: `'Send' claim(s) are required to perform this operation`.
fn bus_claim(said: &str, oid: &str) -> Option<Found> {
    let before = said.split_once(" claim(s) are required to perform")?.0;
    let right = before.rsplit(['\'', '"', ' ']).find(|word| !word.is_empty())?;
    let role = match right {
        "Send" => "Azure Service Bus Data Sender",
        "Listen" => "Azure Service Bus Data Receiver",
        _ => "Azure Service Bus Data Owner",
    };
    let found = Found::likely(
        "principal",
        &format!("{oid} without the right {right}"),
        &format!("a role such as {role}"),
    )?;
    Some(found.with("principal_id", oid).with("action", right).with("azure_role", role))
}

fn older(case: &Case<'_>) -> Option<Found> {
    let said = case.validation();
    if !said.may_be(ABOUT_PERMISSIONS) || case.evidence.rule.is_some() {
        return if case.evidence.rule.is_some() { None } else { Found::excluded() };
    }
    let token = of_call(case)?;
    let needed = Needed::of(case);
    let issued = token.time("iat").map_or_else(|| "(none)".to_owned(), crate::time::UnixTime::date_time);
    if is_app_only(token) {
        let roles = words(token, "roles");
        let rows = assigned(case, token)?;
        let lacks = |row: &&&Assigned| {
            let name = name_of(case, &row.role, Listed::Role);
            name.as_ref().is_none_or(|name| !roles.contains(&name.as_str()))
        };
        let newer = rows.iter().filter(lacks).find(|row| is_after(token, row));
        let undated = rows.iter().filter(lacks).find(|row| row.created.is_none());
        let Some(row) = newer.or(undated) else { return Found::excluded() };
        let name = name_of(case, &row.role, Listed::Role);
        let created = row.created.map_or_else(|| "no date".to_owned(), crate::time::UnixTime::date_time);
        let granted = name.clone().unwrap_or_else(|| row.role.clone());
        let held = if roles.is_empty() { "(none)".to_owned() } else { roles.join(" ") };
        let found = Found::likely(
            "iat of the token",
            &issued,
            &format!("after the grant of {granted} at {created}"),
        )?
        .and("roles of the token", &held, &granted);
        return Some(
            fill(case, token, found, &granted).with("time_before", issued).with("time_after", created),
        );
    }
    let held = words(token, "scp");
    if held.iter().any(|scope| needed.fits(scope)) {
        return Found::excluded();
    }
    let granted = granted_scopes(case, token)?;
    let missing: Vec<&str> = granted.into_iter().filter(|scope| !held.contains(scope)).collect();
    let wanted = missing
        .iter()
        .find(|scope| needed.fits(scope))
        .or_else(|| missing.first().filter(|_| !needed.is_known()));
    let Some(wanted) = wanted else { return Found::excluded() };
    let found =
        Found::likely("scp of the token", &held.join(" "), &format!("{wanted}, which is granted by now"))?
            .and("iat of the token", &issued, "after the consent");
    Some(fill(case, token, found, wanted).with("time_before", issued))
}

fn overage(case: &Case<'_>) -> Option<Found> {
    if case.evidence.rule.is_some() || !case.validation().may_be(&[Complaint::Role]) {
        return None;
    }
    let Some(token) = of_call(case) else {
        let word =
            ["_claim_names", "hasgroups"].into_iter().find(|word| case.validation().lower.contains(word))?;
        return Found::certain("the token", word, "groups");
    };
    let Some(overage) = group_overage(&token.claims) else { return Found::excluded() };
    let shown = if overage.claim == "hasgroups" {
        "hasgroups: true".to_owned()
    } else {
        "_claim_names: groups".to_owned()
    };
    let (method, address) = overage.call.split_once(' ').unwrap_or(("POST", &overage.call));
    Found::certain("the token", &format!("{shown}, and no list of groups"), "groups").map(|found| {
        fill(case, token, found, "GroupMember.Read.All")
            .with("found", overage.claim)
            .with("method", method)
            .with("wanted", address)
    })
}

fn no_permissions(case: &Case<'_>) -> Option<Found> {
    if case.evidence.rule.is_some() || !case.validation().may_be(ABOUT_PERMISSIONS) {
        return if case.evidence.rule.is_some() { None } else { Found::excluded() };
    }
    let token = of_call(case)?;
    let has = |claim: &str| !words(token, claim).is_empty();
    if has("scp") || has("roles") {
        return Found::excluded();
    }
    if id_token_of(case).is_some() || overage(case).is_some_and(|found| found.certainty.is_some()) {
        return None;
    }
    let better = |check: Check| check(case).is_some_and(|found| found.certainty.is_some());
    if is_app_only(token) && (better(delegated_instead) || better(older) || better(not_granted)) {
        return None;
    }
    let expected = if is_app_only(token) {
        "roles: an app role of this API, granted to the client"
    } else {
        "scp: a scope of this API"
    };
    let found = Found::certain("scp and roles of the token", "neither", expected)?.and(
        "aud of the token",
        &shown(token, "aud"),
        "the API that was called",
    );
    Some(fill(case, token, found, ""))
}
