//! The shelf: tokens held, each decoded and checked once when it comes or when keys become known.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::{ExchangeId, Session, SessionId};
use crate::{
    finding::Finding,
    flow::Authority,
    oauth::TokenSet,
    secret::Secret,
    time::UnixTime,
    token::{self, Decoded, checks::Expected},
    wire::Response,
};

/// What a token was given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// The access token of an answer.
    Access,
    /// The ID token of an answer.
    Id,
    /// The refresh token of an answer.
    Refresh,
    /// Pasted by the person.
    Pasted,
}

impl TokenUse {
    /// A word for lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Id => "id",
            Self::Refresh => "refresh",
            Self::Pasted => "pasted",
        }
    }
}

/// A token on the shelf.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// What it was given as.
    pub used_as: TokenUse,
    /// What could be read of it; its text is in `decoded.raw`.
    pub decoded: Decoded,
    /// The run it came from.
    pub session: Option<SessionId>,
    /// The exchange that brought it.
    pub exchange: Option<ExchangeId>,
    /// When it came.
    pub received: UnixTime,
    /// The result of every check.
    pub checks: Vec<Finding>,
    expected: Expected,
    authority: Option<Authority>,
}

/// Tokens held, and the keys that are known for checking them.
#[derive(Debug, Default)]
pub struct Shelf {
    held: Vec<Held>,
    /// Key sets by the address they were fetched from.
    key_sets: BTreeMap<String, Value>,
    /// Issuer to the address of its keys, from every metadata document seen.
    issuers: BTreeMap<String, String>,
}

impl Shelf {
    /// All tokens, oldest first.
    pub fn all(&self) -> &[Held] {
        &self.held
    }

    /// Puts up what a run brought.
    pub(super) fn take(
        &mut self,
        tokens: &TokenSet,
        session: &Session,
        exchange: Option<ExchangeId>,
        now: UnixTime,
    ) {
        let given = [
            (TokenUse::Id, &tokens.id_token),
            (TokenUse::Access, &tokens.access_token),
            (TokenUse::Refresh, &tokens.refresh_token),
        ];
        for (used_as, secret) in given {
            let Some(secret) = secret else { continue };
            let nonce = (used_as == TokenUse::Id).then(|| session.nonce()).flatten();
            let audience = (used_as == TokenUse::Id).then(|| session.profile.client_id.clone());
            self.hold(
                Held {
                    used_as,
                    decoded: token::decode(secret.expose()),
                    session: Some(session.id),
                    exchange,
                    received: now,
                    checks: Vec::new(),
                    expected: Expected { nonce, audience, ..Expected::default() },
                    authority: Some(session.profile.authority.clone()),
                },
                now,
            );
        }
    }

    /// Puts up what a person pasted.
    pub(super) fn paste(&mut self, text: &str, now: UnixTime) {
        self.hold(
            Held {
                used_as: TokenUse::Pasted,
                decoded: token::decode(text),
                session: None,
                exchange: None,
                received: now,
                checks: Vec::new(),
                expected: Expected::default(),
                authority: None,
            },
            now,
        );
    }

    fn hold(&mut self, mut held: Held, now: UnixTime) {
        self.check(&mut held, now);
        self.held.push(held);
    }

    pub(super) fn discard(&mut self, index: usize) {
        if index < self.held.len() {
            self.held.remove(index);
        }
    }

    /// Remembers keys and issuers from any answer that carries them, and checks the shelf again.
    pub(super) fn learn(&mut self, url: &Url, response: &Response, now: UnixTime) {
        if !response.is_success()
            || !response.headers.get("content-type").is_some_and(|kind| kind.contains("json"))
        {
            return;
        }
        let Ok(document) = serde_json::from_slice::<Value>(response.body.bytes()) else { return };
        if document.get("keys").is_some_and(Value::is_array) {
            self.key_sets.insert(url.as_str().to_owned(), document);
        } else if let (Some(issuer), Some(jwks_uri)) =
            (document.get("issuer").and_then(Value::as_str), document.get("jwks_uri").and_then(Value::as_str))
        {
            self.issuers.insert(issuer.to_owned(), jwks_uri.to_owned());
        } else {
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        for held in &mut held {
            self.check(held, now);
        }
        self.held = held;
    }

    fn check(&self, held: &mut Held, now: UnixTime) {
        let issuer = self.issuer_of(held);
        let keys = issuer
            .as_ref()
            .and_then(|issuer| self.issuers.get(issuer))
            .and_then(|uri| self.key_sets.get(uri));
        let expected = Expected {
            jwks: keys.cloned(),
            issuer: issuer.filter(|_| keys.is_some()),
            ..held.expected.clone()
        };
        held.checks = token::checks::judge(&held.decoded, &expected, now);
    }

    /// The issuer whose keys and name apply: the one the token names, if its metadata were seen.
    fn issuer_of(&self, held: &Held) -> Option<String> {
        let named = held.decoded.claims.get("iss").and_then(Value::as_str)?;
        if self.issuers.contains_key(named) {
            return Some(named.to_owned());
        }
        let tenant = held.decoded.claims.get("tid").and_then(Value::as_str);
        let template =
            |known: &&String| tenant.is_some_and(|tenant| known.replace("{tenantid}", tenant) == named);
        self.issuers.keys().find(template).cloned()
    }

    /// Where to begin looking for the keys of the token at `index`: its issuer's metadata.
    pub(super) fn key_source(&self, index: usize) -> Option<Url> {
        let held = self.held.get(index)?;
        let metadata = match &held.authority {
            Some(authority) => authority.metadata_url(),
            None => {
                let issuer = held.decoded.claims.get("iss").and_then(Value::as_str)?;
                format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
            }
        };
        metadata.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
    }

    /// Keys that a metadata document has promised and that were not fetched yet.
    pub(super) fn next_key_source(&self) -> Option<Url> {
        let missing = self.issuers.values().find(|uri| !self.key_sets.contains_key(*uri))?;
        missing.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
    }

    /// The text of the token at `index`, for copying.
    pub fn secret(&self, index: usize) -> Option<&Secret> {
        self.held.get(index).map(|held| &held.decoded.raw)
    }
}
