//! Scopes: how they are written, and how many APIs they name. Whether the permissions exist is for `permission_name`.
//!
//! The form comes first: while it is broken, nothing is said about what the parts mean.

use super::{
    Case, Check, Found,
    api::{self, Api, Asked},
};
use crate::{
    entra::scopes::{OPENID_SCOPES, Scope, WELL_KNOWN, first_api},
    explain::{Certainty, facts::is_guid},
};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("scope.separator", separator),
    ("scope.malformed", malformed),
    ("scope.absent", absent),
    ("scope.default_mixed", default_mixed),
    ("scope.multiple_resources", several_apis),
    ("scope.named_in_client_credentials", named_without_user),
];

/// Identifiers that end with a slash, so that two slashes are right in front of the permission.
const WITH_SLASH: [&str; 6] = [
    "management.core.windows.net",
    "management.azure.com",
    "database.windows.net",
    "vault.azure.net",
    "storage.azure.com",
    "batch.core.windows.net",
];

/// Scopes of which many APIs have one of that name.
const COMMON: [&str; 4] = [".default", "user_impersonation", "access_as_user", "User.Read"];

fn separator(case: &Case<'_>) -> Option<Found> {
    let asked = api::asked(case)?;
    match separated(&asked) {
        Some((corrected, certainty)) => Some(
            Found::new(certainty, asked.place, &asked.text, &corrected).with("corrected_scope", corrected),
        ),
        None if asked.place == "request scope" => Found::excluded(),
        None => None,
    }
}

/// The scopes with one blank between them, if something else stands there.
pub(super) fn separated(asked: &Asked<'_>) -> Option<(String, Certainty)> {
    let text = asked.text.as_ref();
    // A line end in a message may only be the layout of whoever printed it.
    let is_wrong = |c: char| {
        matches!(c, ',' | ';' | '|' | '+' | '[' | ']' | '，' | '；' | '、')
            || (c.is_whitespace() && c != ' ' && asked.place == "request scope")
    };
    let encoded = ["%20", "%2B", "%2b", "%2C", "%2c", "%3B", "%3b", "&#32;", "&nbsp;", "\\n", "\\u0020"];
    let is_encoded = encoded.iter().any(|escape| text.contains(escape));
    if text.contains(is_wrong) || is_encoded {
        let spaced = encoded.iter().fold(text.to_owned(), |text, escape| text.replace(escape, " "));
        let parts = spaced.split(|c: char| is_wrong(c) || c.is_whitespace());
        let parts: Vec<_> = parts.map(|part| part.trim_matches(['"', '\'', '(', ')'])).collect();
        let corrected = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        return Some((corrected, Certainty::Certain));
    }
    let apart = text.split_whitespace().map(|part| glued_names(part).unwrap_or_else(|| part.to_owned()));
    let corrected = apart.collect::<Vec<_>>().join(" ");
    (corrected != text && text.split_whitespace().any(|part| glued_names(part).is_some()))
        .then_some((corrected, Certainty::Certain))
}

/// Names of OpenID Connect that stand together without a blank.
fn glued_names(part: &str) -> Option<String> {
    let mut names = Vec::new();
    let mut rest = part;
    while !rest.is_empty() {
        let name = OPENID_SCOPES.into_iter().chain(["User.Read"]).find(|name| rest.starts_with(name))?;
        names.push(name);
        rest = &rest[name.len()..];
    }
    (names.len() > 1).then(|| names.join(" "))
}

fn malformed(case: &Case<'_>) -> Option<Found> {
    let Some((part, fault)) = first_fault(case) else {
        // All of them have the right form, so it is not what was missed.
        let is_known = case.code == Some(500_011) && api::asked(case).is_some();
        return if is_known { Found::excluded() } else { None };
    };
    // About an API that is not found, a doubled scheme and the like count as a wrong name, not as a wrong form.
    if case.code == Some(500_011) && fault.is_about_name {
        return None;
    }
    let place = api::asked(case).map_or("scope", |asked| asked.place);
    let corrected = in_whole(case, &part, &fault.corrected);
    Some(
        Found::new(Certainty::Certain, place, &part, &fault.corrected)
            .and("form of the scope", fault.what, "<resource>/<permission>")
            .with("corrected_scope", corrected)
            .about(fault.what),
    )
}

/// The first scope whose form is broken. Nothing is said while the separators are wrong: they glue parts together.
pub(super) fn first_fault(case: &Case<'_>) -> Option<(String, Fault)> {
    let asked = api::asked(case)?;
    if separated(&asked).is_some() {
        return None;
    }
    let api = Api::at_hand(case);
    asked.text.split_whitespace().find_map(|part| Some((part.to_owned(), fault_of(part, api.as_ref())?)))
}

/// The whole list with one of its scopes corrected.
pub(super) fn in_whole(case: &Case<'_>, part: &str, corrected: &str) -> String {
    let Some(asked) = api::asked(case) else { return corrected.to_owned() };
    let each = asked.text.split_whitespace().map(|scope| if scope == part { corrected } else { scope });
    each.collect::<Vec<_>>().join(" ")
}

/// What is wrong with the form of a scope.
pub(super) struct Fault {
    pub corrected: String,
    pub what: &'static str,
    /// Whether the API's name is what is wrong.
    pub is_about_name: bool,
}

/// What is wrong with the form of one scope; `None` if it can be one.
pub(super) fn fault_of(part: &str, api: Option<&Api<'_>>) -> Option<Fault> {
    let fault = |what, corrected: String| Some(Fault { corrected, what, is_about_name: false });
    let of_name = |what, corrected: String| Some(Fault { corrected, what, is_about_name: true });
    let identifier = || api.and_then(Api::identifier).unwrap_or("<identifier of the API>").to_owned();
    let bare = part.trim_matches(['"', '\'', '`', '(', ')']);
    if bare != part && !bare.is_empty() {
        return fault("quotes around it", bare.to_owned());
    }
    let last = part.rsplit('/').next().unwrap_or_default();
    let is_template = part.contains(['{', '}', '<', '>', '$'])
        || part.split('/').any(|segment| matches!(segment, "undefined" | "null" | "None"))
        || part.to_ascii_lowercase().contains("your-")
        || part.to_ascii_lowercase().contains("your_");
    if is_template {
        let permission = if last.contains(['{', '}', '<', '>', '$']) { "<permission>" } else { last };
        return of_name("a template that was never filled in", format!("{}/{permission}", identifier()));
    }
    if part.contains('\\') {
        return fault("backslashes", part.replace('\\', "/"));
    }
    let lower = part.to_ascii_lowercase();
    for (typed, meant) in [("https//", "https://"), ("http//", "http://"), ("api//", "api://")] {
        if lower.starts_with(typed) {
            return fault("a colon is missing behind the scheme", format!("{meant}{}", &part[typed.len()..]));
        }
    }
    for scheme in ["https", "http", "api"] {
        let rest = lower.strip_prefix(scheme).and_then(|rest| rest.strip_prefix(':'));
        if let Some(rest) = rest.filter(|rest| !rest.starts_with("//")) {
            let kept = &part[part.len() - rest.len()..];
            let corrected = format!("{scheme}://{}", kept.trim_start_matches('/'));
            return fault("the slashes behind the scheme are incomplete", corrected);
        }
    }
    if part.matches("://").count() > 1 {
        let second = part.rfind("://").unwrap_or(0);
        let begin = part[..second].rfind(['/', ':']).map_or(0, |at| at + 1);
        return of_name("the scheme stands there twice", part[begin..].to_owned());
    }
    let Some((scheme, rest)) = part.split_once("://") else { return without_scheme(part, api) };
    if rest.starts_with('/') || rest.is_empty() {
        return fault("no API in front of the permission", format!("{}/{last}", identifier()));
    }
    let Some((host, path)) = rest.split_once('/') else { return glued(part, api) };
    if path.is_empty() {
        return fault("no permission behind the API", format!("{scheme}://{host}/.default"));
    }
    if part.ends_with('/') {
        let known = part.trim_end_matches('/');
        return fault("a slash at the end and no permission behind it", known.to_owned());
    }
    let is_known = |resource: &str| api.is_some_and(|api| api.has_identifier(resource));
    let resource = Scope::parse(part).resource.unwrap_or_default();
    if rest.contains("//") && !is_known(resource) && !WITH_SLASH.contains(&host) {
        let single = rest.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("/");
        return fault("a doubled slash", format!("{scheme}://{single}"));
    }
    None
}

/// A scope without a scheme: a plain name, a GUID with a permission, or an address whose scheme was left out.
fn without_scheme(part: &str, api: Option<&Api<'_>>) -> Option<Fault> {
    let fault = |what, corrected: String| Some(Fault { corrected, what, is_about_name: false });
    let identifier = || api.and_then(Api::identifier).unwrap_or("<identifier of the API>").to_owned();
    if let Some(permission) = part.strip_prefix('/') {
        return fault(
            "no API in front of the slash",
            format!("{}/{}", identifier(), permission.trim_start_matches('/')),
        );
    }
    if let Some(id) = part.get(..36).filter(|id| is_guid(id)) {
        let rest = &part[36..];
        let permission = rest.trim_start_matches('/');
        let permission = if permission.is_empty() { ".default" } else { permission };
        let is_right = rest.starts_with('/') && rest.len() > 1 && !rest.starts_with("//");
        return if is_right {
            None
        } else {
            fault("no slash between API and permission", format!("{id}/{permission}"))
        };
    }
    let (host, permission) = part.split_once('/').unwrap_or((part, ""));
    let ends_as_host =
        [".com", ".net", ".org", ".io", ".dev", ".app", ".us", ".cn", ".example", ".de", ".uk"];
    let is_host = ends_as_host.iter().any(|end| host.to_ascii_lowercase().ends_with(end));
    let is_known = api.is_some_and(|api| api.has_identifier(host));
    if is_host && !is_known {
        let permission = if permission.is_empty() { ".default" } else { permission };
        return fault("no scheme in front of the host", format!("https://{host}/{permission}"));
    }
    (part.ends_with('/') && part.len() > 1)
        .then(|| {
            fault("a slash at the end and no permission behind it", part.trim_end_matches('/').to_owned())
        })
        .flatten()
}

/// `https://graph.microsoft.comUser.Read` and the like: no slash behind the host.
fn glued(part: &str, api: Option<&Api<'_>>) -> Option<Fault> {
    let fault = |what, corrected: String| Some(Fault { corrected, what, is_about_name: false });
    let known = WELL_KNOWN.iter().map(|known| known.identifier).filter(|identifier| !identifier.is_empty());
    let own = api.map(Api::identifiers).unwrap_or_default();
    let begins = own.into_iter().chain(known).find(|identifier| {
        part.get(..identifier.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(identifier))
    });
    let by_guid = || part.strip_prefix("api://")?.get(..36).filter(|id| is_guid(id)).map(|_| &part[..42]);
    let missing = "no permission behind the API";
    let no_slash = "no slash between API and permission";
    if let Some(identifier) = begins.or_else(by_guid) {
        let rest = part[identifier.len()..].trim_start_matches('.');
        return match rest {
            "" => fault(missing, format!("{identifier}/.default")),
            "default" => fault(no_slash, format!("{identifier}/.default")),
            rest => fault(no_slash, format!("{identifier}/{rest}")),
        };
    }
    let ends = COMMON.into_iter().find(|name| part.ends_with(name) && part.len() > name.len() + 8);
    match ends {
        Some(name) => fault(no_slash, format!("{}/{name}", &part[..part.len() - name.len()])),
        None => fault(missing, format!("{part}/.default")),
    }
}

/// No scope at all where one is needed.
fn absent(case: &Case<'_>) -> Option<Found> {
    let request = case.evidence.request.as_ref()?;
    if case.param("scope").is_some() {
        return Found::excluded();
    }
    let is_version_2 = request.url.path().contains("/v2.0/") && case.param("resource").is_none();
    let sent = if case.params.get("scope").is_some() { "empty" } else { "absent" };
    if is_version_2 {
        Found::certain("request scope", sent, "openid, and the scopes of one API")
    } else {
        None
    }
}

fn default_mixed(case: &Case<'_>) -> Option<Found> {
    let asked = api::asked(case)?;
    if separated(&asked).is_some() || first_fault(case).is_some() {
        return None;
    }
    let (all, named): (Vec<_>, Vec<_>) = asked.of_apis().partition(|scope| scope.permission == ".default");
    let (Some(default), false) = (all.first(), named.is_empty()) else { return Found::excluded() };
    let resource = default.resource.unwrap_or("https://graph.microsoft.com");
    let beside = named.iter().map(|scope| scope.permission).collect::<Vec<_>>().join(" ");
    let corrected = named.iter().map(whole).collect::<Vec<_>>().join(" ");
    Some(
        Found::new(
            Certainty::Certain,
            asked.place,
            &asked.text,
            &format!("{resource}/.default alone, or the named permissions alone"),
        )
        .and("named beside .default", &beside, "nothing, or no .default")
        .with("corrected_scope", corrected)
        .with("resource", resource),
    )
}

pub(super) fn whole(scope: &Scope<'_>) -> String {
    scope
        .resource
        .map_or_else(|| scope.permission.to_owned(), |resource| format!("{resource}/{}", scope.permission))
}

fn several_apis(case: &Case<'_>) -> Option<Found> {
    let asked = api::asked(case)?;
    if separated(&asked).is_some() || first_fault(case).is_some() {
        return None;
    }
    let at_hand = Api::at_hand(case);
    // The API at hand may be written by its client id here and by its URI there.
    let form = |identifier: &str| {
        let own = at_hand.as_ref().filter(|api| api.is_meant_by(identifier)).and_then(Api::identifier);
        api::one_form(own.unwrap_or(identifier))
    };
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for scope in asked.of_apis() {
        let key = form(scope.api().unwrap_or_default());
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, scopes)) => scopes.push(whole(&scope)),
            None => groups.push((key, vec![whole(&scope)])),
        }
    }
    if groups.len() < 2 {
        return if asked.place == "request scope" { Found::excluded() } else { None };
    }
    let names = groups.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" and ");
    let is_about_it =
        matches!(case.code, Some(28000 | 700_022)) || case.facts.error.as_deref() == Some("AADB2C90146");
    let is_token = case.grant().is_some() || case.says(&["more than one resource"]);
    let certainty = if is_about_it || is_token { Certainty::Certain } else { Certainty::Likely };
    let neutral: Vec<_> = asked.each().filter(Scope::is_openid).map(|scope| scope.permission).collect();
    let first =
        neutral.iter().copied().chain(groups[0].1.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let mut found = Found::new(certainty, asked.place, &asked.text, "the scopes of one API")
        .with("corrected_scope", first)
        .with("other_scope", groups[1].1.join(" "))
        .about(&names);
    for (name, scopes) in &groups {
        found = found.and(&format!("asked of {name}"), &scopes.join(" "), "a request of its own");
    }
    Some(found)
}

fn named_without_user(case: &Case<'_>) -> Option<Found> {
    let is_about_it = case.code == Some(1_002_012)
        || case.grant() == Some("client_credentials")
        || case.says(&["client credential flow", "client_credentials"]);
    if !is_about_it {
        return if case.grant().is_some() { Found::excluded() } else { None };
    }
    let Some(asked) = api::asked(case) else {
        let found =
            Found::likely("the number", "about a scope of client credentials", "one <resource>/.default");
        return found.filter(|_| case.code == Some(1_002_012));
    };
    let fault = first_fault(case).map(|(_, fault)| fault);
    // The number is about the form <resource>/.default, so what breaks it is what is meant.
    if separated(&asked).is_some() || (fault.is_some() && case.code != Some(1_002_012)) {
        return None;
    }
    let mut each = asked.each();
    let is_right = each.next().is_some_and(|scope| scope.permission == ".default") && each.next().is_none();
    if is_right {
        return Found::excluded();
    }
    if asked.each().all(|scope| scope.permission == ".default") {
        return None; // several APIs, each asked in the right form
    }
    let api = Api::at_hand(case);
    let written = first_api(&asked.text);
    let resource = match (written, &api) {
        // Only names of OpenID Connect, or an unqualified one that the API at hand offers.
        (None, Some(api)) => api.identifier(),
        (Some(_), Some(api)) if asked.of_apis().all(|scope| scope.resource.is_none()) => {
            let is_its_own = asked.of_apis().any(|scope| {
                api.scope(scope.permission).is_some()
                    || api.roles().any(|role| role.value == scope.permission)
            });
            if is_its_own { api.identifier() } else { written }
        }
        _ => written,
    };
    let resource = resource.unwrap_or("https://graph.microsoft.com");
    let corrected = match fault {
        Some(fault) => {
            format!("{}/.default", fault.corrected.trim_end_matches("/.default").trim_end_matches('/'))
        }
        None => format!("{}/.default", resource.strip_suffix('/').unwrap_or(resource)),
    };
    Some(
        Found::new(Certainty::Certain, asked.place, &asked.text, &corrected)
            .with("corrected_scope", corrected)
            .with("resource", resource),
    )
}
