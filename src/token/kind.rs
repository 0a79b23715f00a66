//! Which of Entra's tokens this is. A token does not say so itself; its claims together do (reference §8.1, §8.4).

use serde_json::{Map, Value};

use super::{Decoded, Kind, known};

/// The kinds of token that a person should tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Tells the client who signed in.
    IdToken,
    /// Lets a client call an API for a user.
    AccessDelegated,
    /// Lets an application call an API as itself.
    AccessAppOnly,
    /// The former, for Microsoft Graph.
    GraphDelegated,
    /// The latter, for Microsoft Graph.
    GraphAppOnly,
    /// A client's own word on who it is, for the token endpoint (RFC 7523 §2.2).
    ClientAssertion,
    /// Another issuer's word on a workload (a CI job, a pod), to be exchanged at the token endpoint.
    WorkloadAssertion,
    /// Cannot be told.
    Unknown,
}

impl TokenKind {
    /// The words used on screens.
    pub const fn title(self) -> &'static str {
        match self {
            Self::IdToken => "ID token",
            Self::AccessDelegated => "access token, for a user",
            Self::AccessAppOnly => "access token, app-only",
            Self::GraphDelegated => "Graph access token, for a user",
            Self::GraphAppOnly => "Graph access token, app-only",
            Self::ClientAssertion => "client assertion",
            Self::WorkloadAssertion => "workload's token, for an exchange",
            Self::Unknown => "unknown kind",
        }
    }

    /// Whether it is meant for an API.
    pub const fn is_access(self) -> bool {
        match self {
            Self::AccessDelegated | Self::AccessAppOnly | Self::GraphDelegated | Self::GraphAppOnly => true,
            Self::IdToken | Self::ClientAssertion | Self::WorkloadAssertion | Self::Unknown => false,
        }
    }

    /// Whether no user takes part.
    pub const fn is_app_only(self) -> bool {
        matches!(self, Self::AccessAppOnly | Self::GraphAppOnly)
    }
}

/// A kind and why we think so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The kind.
    pub kind: TokenKind,
    /// One sentence with the reason.
    pub because: &'static str,
}

/// Which kind of token this is, and the reason.
pub fn kind_of(token: &Decoded) -> Recognised {
    match token.kind {
        Kind::Jws if !token.claims.is_empty() => kind_of_claims(&token.header, &token.claims),
        Kind::Jws => unknown("Its claims cannot be read."),
        Kind::Jwe => unknown("It is encrypted; only the recipient can tell."),
        Kind::Opaque => unknown("Only its issuer can read it."),
        Kind::Saml => unknown("It is SAML, not a JWT."),
        Kind::NotAToken => unknown("It is no token."),
    }
}

/// The same, from the two readable parts of a signed token.
pub(super) fn kind_of_claims(header: &Map<String, Value>, claims: &Map<String, Value>) -> Recognised {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let has = |name: &str| claims.contains_key(name);
    let graph = known::is_for_graph(claims);
    let delegated = |because| Recognised {
        kind: if graph { TokenKind::GraphDelegated } else { TokenKind::AccessDelegated },
        because,
    };
    let app_only = |because| Recognised {
        kind: if graph { TokenKind::GraphAppOnly } else { TokenKind::AccessAppOnly },
        because,
    };
    match text("idtyp") {
        Some("app") => return app_only("idtyp is app: the application acts as itself."),
        Some("user") => return delegated("idtyp is user: a client acts for a user."),
        _ => {}
    }
    if has("scp") {
        return delegated("It has scp: a client may do these things for a user.");
    }
    let is_entras_own = has("tid") || has("ver") || has("oid");
    if !is_entras_own && !has("nonce") && has("aud") && text("iss").is_some() && text("iss") == text("sub") {
        return Recognised {
            kind: TokenKind::ClientAssertion,
            because: "iss and sub are the same: a client speaks of itself, to a token endpoint.",
        };
    }
    if !is_entras_own && text("sub").is_some() && known::is_workload(claims) {
        return Recognised {
            kind: TokenKind::WorkloadAssertion,
            because: "Issuer or audience are those of a workload that proves itself at a token endpoint.",
        };
    }
    let names_client = has("azp") || has("appid");
    if names_client && (has("azpacr") || has("appidacr") || has("appid")) {
        let subject = text("sub");
        return if subject.is_some() && subject == text("oid") {
            app_only("sub equals oid and there is no scp: the subject is the application itself.")
        } else if has("oid") || has("preferred_username") || has("upn") || has("unique_name") || has("name") {
            delegated("It names the calling client and, beside it, a user.")
        } else {
            app_only("It names the calling client, and no user.")
        };
    }
    let header_type = header.get("typ").and_then(Value::as_str).unwrap_or_default();
    if header_type.eq_ignore_ascii_case("at+jwt") || header_type.eq_ignore_ascii_case("application/at+jwt") {
        let own = text("sub").is_some() && text("sub") == text("client_id");
        return if own {
            app_only("typ is at+jwt and sub equals client_id.")
        } else {
            delegated("typ is at+jwt, and the subject is not the client.")
        };
    }
    if has("scope") || graph {
        return delegated(
            "It carries a scope or names an API as its audience, and no sign of an application alone.",
        );
    }
    if has("aud") && (has("nonce") || has("at_hash") || has("c_hash")) {
        return Recognised {
            kind: TokenKind::IdToken,
            because: "An ID token: it has a nonce, or a code's or token's hash, and no scope.",
        };
    }
    let audience = text("aud").unwrap_or_default();
    if known::is_entra(claims) && known::is_guid(audience) && has("sub") {
        return Recognised {
            kind: TokenKind::IdToken,
            because: "An ID token: its audience is an application; no client and no scope.",
        };
    }
    unknown("Nothing in it tells an ID token from an access token.")
}

const fn unknown(because: &'static str) -> Recognised {
    Recognised { kind: TokenKind::Unknown, because }
}
