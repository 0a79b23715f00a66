//! A small Microsoft Graph (reference §12): the signed-in person, people, the organisation, and revoking sessions. It
//! answers and refuses in the shapes of the real one, and its tokens are verified as Graph verifies them.
//!
//! [`OPERATIONS`] says what there is and which permissions open it; `answer` holds the surfaces.

mod answer;
mod people;
mod query;

use std::sync::Arc;

use crate::{
    provider::{
        Provider,
        bearer::{self, Api, Needs},
        call::Call,
        refusal::Refusal,
        reply::Reply,
        scenario::Tenant,
        token::Token,
    },
    wire::Method,
};
pub use answer::{plain, preflight, refused};

/// A call that passed the validator, with what its token says.
struct Permitted<'a> {
    call: &'a Call,
    token: &'a Token,
    tenant: Arc<Tenant>,
    /// The permission that opened the operation.
    by: &'a str,
    /// The path segment that the pattern left open, decoded.
    named: String,
}

/// Does it, once it is permitted.
type Act = fn(&mut Provider, &Permitted<'_>) -> Result<Reply, Box<Refusal>>;

struct Operation {
    method: Method,
    path: &'static str,
    needs: Needs,
    act: Act,
}

/// Reading one's own profile; `/me` needs a person, so no role opens it.
const OWN_PROFILE: Needs =
    Needs { scopes: &["User.Read", "User.Read.All", "Directory.Read.All"], roles: &[] };

const PEOPLE: Needs = Needs {
    scopes: &["User.ReadBasic.All", "User.Read.All", "Directory.Read.All"],
    roles: &["User.Read.All", "Directory.Read.All"],
};

/// As [`PEOPLE`]; `User.Read` is enough for reading oneself by id.
const PERSON: Needs = Needs {
    scopes: &["User.ReadBasic.All", "User.Read.All", "Directory.Read.All", "User.Read"],
    roles: PEOPLE.roles,
};

const ORGANIZATION: Needs =
    Needs { scopes: &["User.Read", "Directory.Read.All"], roles: &["Directory.Read.All"] };

const OWN_SESSIONS: Needs = Needs { scopes: &["User.RevokeSessions.All"], roles: &[] };

const SESSIONS: Needs = Needs { scopes: OWN_SESSIONS.scopes, roles: &["User.RevokeSessions.All"] };

const OPERATIONS: &[Operation] = &[
    Operation { method: Method::Get, path: "v1.0/me", needs: OWN_PROFILE, act: people::me },
    Operation { method: Method::Get, path: "v1.0/me/photo/$value", needs: OWN_PROFILE, act: people::photo },
    Operation {
        method: Method::Post,
        path: "v1.0/me/revokeSignInSessions",
        needs: OWN_SESSIONS,
        act: people::revoke_own_sessions,
    },
    Operation { method: Method::Get, path: "v1.0/users", needs: PEOPLE, act: people::list },
    Operation { method: Method::Get, path: "v1.0/users/{}", needs: PERSON, act: people::one },
    Operation {
        method: Method::Post,
        path: "v1.0/users/{}/revokeSignInSessions",
        needs: SESSIONS,
        act: people::revoke_sessions,
    },
    Operation {
        method: Method::Get,
        path: "v1.0/organization",
        needs: ORGANIZATION,
        act: people::organization,
    },
];

/// `v1.0/…`.
pub fn answer(provider: &mut Provider, call: &Call) -> Reply {
    if call.method == Method::Options {
        return preflight(call);
    }
    permitted(provider, call).unwrap_or_else(|refusal| refused(call, refusal))
}

/// The token comes first: who is not known is not told what there is.
fn permitted(provider: &mut Provider, call: &Call) -> Result<Reply, Box<Refusal>> {
    let graph = Arc::clone(provider.scenario.graph());
    let api = Api::new(provider, &graph);
    let token = bearer::judge(&api, call)?;
    bearer::continuous::still_counts(provider, call, &token, &graph)?;
    let path = call.path.trim_end_matches('/');
    let mut here = OPERATIONS.iter().filter(|operation| super::matches(operation.path, path)).peekable();
    if here.peek().is_none() {
        return Err(answer::no_such_segment(path));
    }
    let Some(operation) = here.find(|operation| operation.method == call.method) else {
        return Err(answer::wrong_method(call));
    };
    let by = bearer::permit(&api, &token, operation.needs)?;
    let tenant = Arc::clone(api.tenant_of(&token).expect("the rule token.tenant was kept"));
    let open = operation.path.split('/').position(|segment| segment == "{}");
    let named = open.and_then(|index| path.split('/').nth(index)).unwrap_or_default();
    let named = percent_encoding::percent_decode_str(named).decode_utf8_lossy().into_owned();
    (operation.act)(provider, &Permitted { call, token: &token, tenant, by, named })
}
