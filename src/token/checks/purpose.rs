//! What a token may serve for: the kind of token a seat takes, and the permissions that an operation demands.

use serde_json::Value;

use super::{KIND, PERMISSION};
use crate::{
    finding::Finding,
    token::{Decoded, TokenKind, kind_of, remarks::quote},
};

/// What a token is to serve for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Telling a client who signed in.
    SignIn,
    /// Calling an API. Without scopes and roles, any token for the API will do.
    Call {
        /// Delegated permissions of which one is enough, by the short names that `scp` holds.
        scopes: Vec<String>,
        /// Application permissions of which one is enough, by value.
        roles: Vec<String>,
    },
}

/// The findings `check.kind` and, for calls, `check.permission`.
pub(super) fn judge(token: &Decoded, purpose: &Purpose) -> Vec<Finding> {
    match purpose {
        Purpose::SignIn => vec![for_sign_in(token)],
        Purpose::Call { scopes, roles } => vec![for_call(token), permission(token, scopes, roles)],
    }
}

fn for_sign_in(token: &Decoded) -> Finding {
    let recognised = kind_of(token);
    let (title, because) = (recognised.kind.title(), recognised.because);
    match recognised.kind {
        TokenKind::IdToken if token.text("sub").is_none_or(str::is_empty) => {
            KIND.error("An ID token without sub: it does not say who signed in.")
        }
        TokenKind::IdToken => KIND.passed(format!("An ID token, as a client wants it. {because}")),
        TokenKind::Unknown => KIND.warning(format!("Whether it is an ID token cannot be told. {because}")),
        TokenKind::AccessDelegated
        | TokenKind::AccessAppOnly
        | TokenKind::GraphDelegated
        | TokenKind::GraphAppOnly
        | TokenKind::ClientAssertion
        | TokenKind::WorkloadAssertion => {
            KIND.error(format!("A client signs people in with an ID token; this is: {title}. {because}"))
        }
    }
}

fn for_call(token: &Decoded) -> Finding {
    let recognised = kind_of(token);
    let (title, because) = (recognised.kind.title(), recognised.because);
    match recognised.kind {
        TokenKind::IdToken => KIND.error(format!(
            "An API takes access tokens; this is an ID token, which is for the client alone. {because}"
        )),
        TokenKind::ClientAssertion | TokenKind::WorkloadAssertion => KIND
            .error(format!("An API takes access tokens; this is for a token endpoint: {title}. {because}")),
        TokenKind::Unknown => {
            KIND.warning(format!("Whether it is an access token cannot be told. {because}"))
        }
        TokenKind::AccessDelegated
        | TokenKind::AccessAppOnly
        | TokenKind::GraphDelegated
        | TokenKind::GraphAppOnly => KIND.passed(format!("It is: {title}. {because}")),
    }
}

fn permission(token: &Decoded, scopes: &[String], roles: &[String]) -> Finding {
    if scopes.is_empty() && roles.is_empty() {
        if scopes_of(token).is_empty() && roles_of(token).is_empty() {
            return PERMISSION.warning(
                "Neither scp nor roles is in it, and none was demanded: every application of the tenant can get such a \
                 token, so it allows nothing by itself.",
            );
        }
        return PERMISSION.info("No scope or role was compared: it is not known what the operation demands.");
    }
    // A person's roles are no application permission, and an application has no delegated ones.
    let app_only = kind_of(token).kind.is_app_only();
    let (claim, held, wanted) =
        if app_only { ("roles", roles_of(token), roles) } else { ("scp", scopes_of(token), scopes) };
    if let Some(enough) = wanted.iter().find(|wanted| held.contains(&wanted.as_str())) {
        return PERMISSION.passed(format!("{claim} holds {}, which is enough.", quote(enough)));
    }
    let list = |words: &mut dyn Iterator<Item = &str>| {
        let shown: Vec<String> = words.take(6).map(quote).collect();
        if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") }
    };
    let names = |words: &[String]| list(&mut words.iter().map(String::as_str));
    PERMISSION.error(match (app_only, wanted) {
        (true, []) => format!(
            "The token is for an application by itself, and the operation demands a delegated scope: {}.",
            names(scopes)
        ),
        (false, []) => format!(
            "The token is for a client that acts for a user, and the operation demands an application role: {}.",
            names(roles)
        ),
        _ => format!(
            "{claim} holds {}; one of these is demanded: {}.",
            list(&mut held.iter().copied()),
            names(wanted)
        ),
    })
}

/// The delegated permissions that a token holds.
pub(in crate::token) fn scopes_of(token: &Decoded) -> Vec<&str> {
    let text = token.text("scp").or_else(|| token.text("scope")).unwrap_or_default();
    text.split_ascii_whitespace().collect()
}

/// The roles that a token holds.
pub(in crate::token) fn roles_of(token: &Decoded) -> Vec<&str> {
    match token.claims.get("roles") {
        Some(Value::Array(roles)) => roles.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(role)) => vec![role],
        _ => Vec::new(),
    }
}
