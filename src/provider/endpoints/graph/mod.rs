//! A small Microsoft Graph (reference §12) over the lab's directory: people, applications, service principals, grants,
//! policies and the sign-in log, to be read and changed with `curl`. It answers and refuses in the shapes of the real one,
//! and its tokens are verified as Graph verifies them. Every change is a step that can be undone (`order`).
//!
//! [`OPERATIONS`] says what there is, which permissions open it, and what does it; there is a file for each collection.
//! `printed` shows the same objects to the owner of the tenant.
//! `registration` translates between Graph's members and the scenario's; `body`, `query` and `filter` read requests;
//! `answer` holds the surfaces.

mod answer;
mod applications;
mod assignments;
mod body;
mod credentials;
mod federated;
mod filter;
mod grants;
mod needs;
mod people;
mod people_changed;
mod policies;
mod printed;
mod query;
mod registration;
mod service_principals;
mod sign_ins;

use std::sync::Arc;

use crate::{
    provider::{
        Provider,
        bearer::{self, Api, Needs, error},
        call::Call,
        refusal::{Refusal, Verdict},
        reply::Reply,
        scenario::{
            Tenant,
            edit::{Edit, EditError},
        },
        token::{Kind, Token},
    },
    time::UnixTime,
    wire::Method,
};
pub use answer::{plain, preflight, refused};

/// How an operation ends.
type Answered = Result<Reply, Box<Refusal>>;

/// A call that passed the validator, with what its token says.
struct Permitted<'a> {
    call: &'a Call,
    token: &'a Token,
    tenant: Arc<Tenant>,
    /// The permission that opened the operation.
    by: &'a str,
    /// The path segments that the pattern left open, decoded.
    named: Vec<String>,
}

impl Permitted<'_> {
    /// A path segment that the pattern left open.
    fn named(&self, index: usize) -> &str {
        self.named.get(index).map_or("", String::as_str)
    }
}

/// Whose delegated calls are served, beyond the scope: a token never allows more than its person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Anybody,
    Administrators,
}

/// Does it, once it is permitted.
type Act = fn(&mut Provider, &Permitted<'_>) -> Answered;

struct Operation {
    method: Method,
    path: &'static str,
    needs: Needs,
    by: By,
    act: Act,
}

const fn get(path: &'static str, needs: Needs, act: Act) -> Operation {
    Operation { method: Method::Get, path, needs, by: By::Anybody, act }
}

const fn post(path: &'static str, needs: Needs, act: Act) -> Operation {
    Operation { method: Method::Post, path, needs, by: By::Administrators, act }
}

const fn patch(path: &'static str, needs: Needs, act: Act) -> Operation {
    Operation { method: Method::Patch, path, needs, by: By::Administrators, act }
}

const fn delete(path: &'static str, needs: Needs, act: Act) -> Operation {
    Operation { method: Method::Delete, path, needs, by: By::Administrators, act }
}

impl Operation {
    const fn by(self, by: By) -> Self {
        Self { by, ..self }
    }
}

const OPERATIONS: &[Operation] = &[
    get("v1.0/me", needs::OWN_PROFILE, people::me),
    get("v1.0/me/photo/$value", needs::OWN_PROFILE, people::photo),
    get("v1.0/me/memberOf", needs::OWN_PROFILE, people::own_memberships),
    // Whose sessions may be ended is the operation's own question.
    post("v1.0/me/revokeSignInSessions", needs::OWN_SESSIONS, people::revoke_own_sessions).by(By::Anybody),
    get("v1.0/users", needs::PEOPLE, people::list),
    post("v1.0/users", needs::PEOPLE_CHANGED, people_changed::add),
    get("v1.0/users/{}", needs::PERSON, people::one),
    patch("v1.0/users/{}", needs::PEOPLE_CHANGED, people_changed::change),
    delete("v1.0/users/{}", needs::PEOPLE_CHANGED, people_changed::remove),
    get("v1.0/users/{}/memberOf", needs::PEOPLE, people::memberships),
    post("v1.0/users/{}/revokeSignInSessions", needs::SESSIONS, people::revoke_sessions).by(By::Anybody),
    get("v1.0/organization", needs::ORGANIZATION, people::organization),
    get("v1.0/applications", needs::APPLICATIONS, applications::list),
    post("v1.0/applications", needs::APPLICATIONS_CHANGED, applications::add),
    get("v1.0/applications/{}", needs::APPLICATIONS, applications::one),
    patch("v1.0/applications/{}", needs::APPLICATIONS_CHANGED, applications::change),
    delete("v1.0/applications/{}", needs::APPLICATIONS_CHANGED, applications::remove),
    post("v1.0/applications/{}/addPassword", needs::APPLICATIONS_CHANGED, credentials::add_password),
    post("v1.0/applications/{}/removePassword", needs::APPLICATIONS_CHANGED, credentials::remove_password),
    get("v1.0/applications/{}/federatedIdentityCredentials", needs::APPLICATIONS, federated::list),
    post("v1.0/applications/{}/federatedIdentityCredentials", needs::APPLICATIONS_CHANGED, federated::add),
    get("v1.0/applications/{}/federatedIdentityCredentials/{}", needs::APPLICATIONS, federated::one),
    patch(
        "v1.0/applications/{}/federatedIdentityCredentials/{}",
        needs::APPLICATIONS_CHANGED,
        federated::change,
    ),
    delete(
        "v1.0/applications/{}/federatedIdentityCredentials/{}",
        needs::APPLICATIONS_CHANGED,
        federated::remove,
    ),
    get("v1.0/servicePrincipals", needs::APPLICATIONS, service_principals::list),
    post("v1.0/servicePrincipals", needs::APPLICATIONS_CHANGED, service_principals::add),
    get("v1.0/servicePrincipals/{}", needs::APPLICATIONS, service_principals::one),
    patch("v1.0/servicePrincipals/{}", needs::APPLICATIONS_CHANGED, service_principals::change),
    delete("v1.0/servicePrincipals/{}", needs::APPLICATIONS_CHANGED, service_principals::remove),
    get("v1.0/servicePrincipals/{}/oauth2PermissionGrants", needs::APPLICATIONS, grants::of_client),
    get("v1.0/servicePrincipals/{}/appRoleAssignments", needs::APPLICATIONS, assignments::held),
    post("v1.0/servicePrincipals/{}/appRoleAssignments", needs::ASSIGNMENTS_CHANGED, assignments::add),
    delete(
        "v1.0/servicePrincipals/{}/appRoleAssignments/{}",
        needs::ASSIGNMENTS_CHANGED,
        assignments::remove,
    ),
    get("v1.0/servicePrincipals/{}/appRoleAssignedTo", needs::APPLICATIONS, assignments::offered),
    post("v1.0/servicePrincipals/{}/appRoleAssignedTo", needs::ASSIGNMENTS_CHANGED, assignments::add),
    delete("v1.0/servicePrincipals/{}/appRoleAssignedTo/{}", needs::ASSIGNMENTS_CHANGED, assignments::remove),
    get("v1.0/oauth2PermissionGrants", needs::GRANTS, grants::list),
    post("v1.0/oauth2PermissionGrants", needs::GRANTS_CHANGED, grants::add),
    get("v1.0/oauth2PermissionGrants/{}", needs::GRANTS, grants::one),
    patch("v1.0/oauth2PermissionGrants/{}", needs::GRANTS_CHANGED, grants::change),
    delete("v1.0/oauth2PermissionGrants/{}", needs::GRANTS_CHANGED, grants::remove),
    get("v1.0/identity/conditionalAccess/policies", needs::POLICIES, policies::list).by(By::Administrators),
    post("v1.0/identity/conditionalAccess/policies", needs::POLICIES_CHANGED, policies::add),
    get("v1.0/identity/conditionalAccess/policies/{}", needs::POLICIES, policies::one).by(By::Administrators),
    patch("v1.0/identity/conditionalAccess/policies/{}", needs::POLICIES_CHANGED, policies::change),
    delete("v1.0/identity/conditionalAccess/policies/{}", needs::POLICIES_CHANGED, policies::remove),
    get("v1.0/auditLogs/signIns", needs::SIGN_INS, sign_ins::list).by(By::Administrators),
    get("v1.0/auditLogs/signIns/{}", needs::SIGN_INS, sign_ins::one).by(By::Administrators),
    // Only there are sign-ins without a page to be had.
    get("beta/auditLogs/signIns", needs::SIGN_INS, sign_ins::list_of_every_sort).by(By::Administrators),
    get("beta/auditLogs/signIns/{}", needs::SIGN_INS, sign_ins::one_of_every_sort).by(By::Administrators),
];

/// `v1.0/…` and `beta/…`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if call.method == Method::Options {
        return preflight(call);
    }
    permitted(provider, call).unwrap_or_else(|refusal| refused(call, refusal))
}

/// The token comes first: who is not known is not told what there is.
fn permitted(provider: &mut Provider, call: &Call) -> Answered {
    let graph = Arc::clone(provider.scenario.graph());
    let api = Api::new(provider, &graph);
    let token = bearer::judge(&api, call)?;
    bearer::continuous::still_counts(provider, call, &token, &graph)?;
    let path = segments(&call.path);
    let mut here = OPERATIONS.iter().filter(|operation| leads_to(operation.path, &path)).peekable();
    if here.peek().is_none() {
        return Err(answer::no_such_segment(call.path.trim_end_matches('/')));
    }
    let Some(operation) = here.find(|operation| operation.method == call.method) else {
        return Err(answer::wrong_method(call));
    };
    let by = bearer::permit(&api, &token, operation.needs)?;
    let tenant = Arc::clone(api.tenant_of(&token).expect("the rule token.tenant was kept"));
    let pattern = operation.path.split('/');
    let named = pattern.zip(path).filter(|(pattern, _)| *pattern == "{}").map(|(_, segment)| segment);
    let permitted = Permitted { call, token: &token, tenant, by, named: named.collect() };
    if operation.by == By::Administrators {
        is_for_an_administrator(provider, &permitted)?;
    }
    (operation.act)(provider, &permitted)
}

/// The segments of a path, decoded. A key in parentheses (`applications(appId='…')`, `users('…')`) is one of its own.
fn segments(path: &str) -> Vec<String> {
    let decoded = path
        .trim_end_matches('/')
        .split('/')
        .map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned());
    let split =
        decoded.flat_map(|segment| match segment.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
            Some((name, key)) if !name.is_empty() => {
                let bare = key.strip_prefix('\'').and_then(|key| key.strip_suffix('\'')).unwrap_or(key);
                vec![name.to_owned(), bare.to_owned()]
            }
            _ => vec![segment],
        });
    split.collect()
}

fn leads_to(pattern: &str, path: &[String]) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(path)
            .all(|(pattern, segment)| *pattern == "{}" || pattern.eq_ignore_ascii_case(segment))
}

/// Rule: a person who is signed in administers the tenant. An application by itself has its roles.
fn is_for_an_administrator(provider: &Provider, permitted: &Permitted<'_>) -> Verdict {
    if permitted.token.kind() == Kind::Application {
        return Ok(());
    }
    let caller = people::caller(provider, permitted)?;
    if caller.administrator && caller.tenant == permitted.tenant.key {
        return Ok(());
    }
    let text = "The scope is there, but the person who is signed in may not do this.";
    Err(bearer::refuse(error::INSUFFICIENT_SCOPE, text)
        .demands("a delegated token never allows more than its person may do: an administrator is needed")
        .compares("person", &caller.user_principal_name, ["an administrator of the tenant"])
        .by("person.administrator"))
}

/// Changes the directory as one step.
fn edit(provider: &mut Provider, change: &Edit, now: UnixTime) -> Result<String, Box<Refusal>> {
    provider.edit(change, now).map_err(|why: EditError| body::not_taken(&why))
}

/// 404: nothing of the tenant has that id. `expected` says what would.
fn not_found(id: &str, expected: &str) -> Box<Refusal> {
    let text = format!("The resource '{id}' does not exist, or it is not one of this query's.");
    bearer::refuse(error::INVALID_REQUEST, text)
        .demands("what the path names is in the directory of the token's own tenant")
        .compares("id", id, [expected])
        .by("resource.exists")
}

/// 409: it is there already.
fn not_unique(text: impl Into<String>, what: &str, sent: &str) -> Box<Refusal> {
    bearer::refuse(error::INVALID_REQUEST, text)
        .demands("what is made does not exist yet")
        .compares(what, sent, Vec::<String>::new())
        .by("object.unique")
}

/// 403: it is there, and not to be changed from here.
fn not_writable(text: impl Into<String>, name: &str, expected: &str) -> Box<Refusal> {
    bearer::refuse(error::INSUFFICIENT_SCOPE, text)
        .demands("a tenant changes what belongs to it; Microsoft's own and what other tenants own it can only read")
        .compares("object", name, [expected])
        .by("object.writable")
}

/// A short name for the scenario, from what people call it.
fn key_for<'a>(name: &str, taken: impl Iterator<Item = &'a str>) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = match slug.trim_matches('-') {
        "" => "unnamed",
        slug => slug,
    };
    let taken: Vec<&str> = taken.collect();
    let is_free = |key: &String| !taken.iter().any(|one| one.eq_ignore_ascii_case(key));
    let numbered = (2_u32..).map(|number| format!("{slug}-{number}"));
    std::iter::once(slug.to_owned()).chain(numbered).find(is_free).expect("the numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_parentheses_are_segments() {
        let split = |path: &str| segments(path).join("|");
        assert_eq!(split("v1.0/applications(appId='a-1')"), "v1.0|applications|appId='a-1'");
        assert_eq!(split("v1.0/users('a%40b')/memberOf/"), "v1.0|users|a@b|memberOf");
        assert_eq!(split("v1.0/me/photo/$value"), "v1.0|me|photo|$value");
        assert_eq!(split("v1.0/(x)"), "v1.0|(x)");
        assert!(leads_to("v1.0/Users/{}", &segments("V1.0/users('x')")));
        assert!(!leads_to("v1.0/users", &segments("v1.0/users/x")));
    }

    #[test]
    fn keys_are_made_of_names_and_differ() {
        let key = |name: &str| key_for(name, ["till", "till-2"].into_iter());
        assert_eq!((key("Till").as_str(), key(" My  Shop! ").as_str()), ("till-3", "my-shop"));
        assert_eq!(key("店"), "unnamed");
    }
}
