//! The shelf: tokens held, each decoded once when it comes, and the keys that are known for judging them ([`super::Term`]).

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::{ExchangeId, Session, SessionId, Term};
use crate::{
    flow::Authority,
    oauth::TokenSet,
    secret::Secret,
    time::UnixTime,
    token::{
        self, Decoded, KeySource,
        bend::{Altered, Bent, Signing},
    },
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
    /// A token of the lab that the person has changed.
    Bent,
    /// What a run sent to prove its client: the client's own assertion, or another issuer's.
    Proof,
}

impl TokenUse {
    /// A word for lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Id => "id",
            Self::Refresh => "refresh",
            Self::Pasted => "pasted",
            Self::Bent => "bent",
            Self::Proof => "proof",
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
    /// The exchange that brought it, or that it was sent with.
    pub exchange: Option<ExchangeId>,
    /// When it came.
    pub received: UnixTime,
    /// What was changed in it by hand, and who signed it then.
    pub bent: Option<(Vec<Altered>, Signing)>,
    /// What a person wants it compared with in place of what was filled in.
    pub terms: Vec<(Term, Vec<String>)>,
    /// The call of the lab's API that was made with it last.
    pub tried: Option<ExchangeId>,
    /// Who made the token that it was bent from: what it names itself may be what was bent.
    issuer: Option<String>,
    authority: Option<Authority>,
    /// Keys that a person has given for it; they go before those of its issuer.
    keys: Option<Value>,
}

impl Held {
    fn new(used_as: TokenUse, decoded: Decoded, received: UnixTime) -> Self {
        Self {
            used_as,
            decoded,
            session: None,
            exchange: None,
            received,
            bent: None,
            terms: Vec::new(),
            tried: None,
            issuer: None,
            authority: None,
            keys: None,
        }
    }

    fn of_run(self, session: &Session, exchange: Option<ExchangeId>) -> Self {
        let authority = Some(session.profile.authority.clone());
        Self { session: Some(session.id), exchange, authority, ..self }
    }

    /// Whether the lab tenant made it: it came from a run there, or its issuer is on this machine.
    pub fn is_from_lab(&self) -> bool {
        let on_this_machine = |issuer: &str| {
            let host = issuer.parse::<Url>().ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
            matches!(host.as_deref(), Some("localhost" | "127.0.0.1" | "[::1]"))
        };
        self.authority.as_ref().is_some_and(Authority::is_lab)
            || self.decoded.claims.get("iss").and_then(Value::as_str).is_some_and(on_this_machine)
    }
}

/// Tokens held, and the keys that are known for checking them.
#[derive(Debug, Default)]
pub struct Shelf {
    held: Vec<Held>,
    /// What was taken off last, and from where.
    discarded: Option<(usize, Held)>,
    /// Key sets by the address they were fetched from, and when they came.
    key_sets: BTreeMap<String, (Value, UnixTime)>,
    /// Issuer to the address of its keys, from every metadata document seen.
    issuers: BTreeMap<String, String>,
}

impl Shelf {
    /// All tokens, oldest first.
    pub fn all(&self) -> &[Held] {
        &self.held
    }

    /// Puts up what a run brought; `brought` knows the exchange by which each came.
    pub(super) fn take(
        &mut self,
        tokens: &TokenSet,
        session: &Session,
        brought: impl Fn(&Secret) -> Option<ExchangeId>,
        now: UnixTime,
    ) {
        let given = [
            (TokenUse::Id, &tokens.id_token),
            (TokenUse::Access, &tokens.access_token),
            (TokenUse::Refresh, &tokens.refresh_token),
        ];
        for (used_as, secret) in given {
            let Some(secret) = secret else { continue };
            let held = Held::new(used_as, token::decode(secret.expose()), now);
            self.held.push(held.of_run(session, brought(secret)));
        }
    }

    /// Puts up the assertion that a run has proven its client with, unless it is here. Where `takes_turns` says so of both
    /// exchanges, it takes the place of the one before: each poll proves the client anew.
    pub(super) fn take_proof(
        &mut self,
        assertion: &str,
        session: &Session,
        exchange: ExchangeId,
        takes_turns: impl Fn(&ExchangeId) -> bool,
        now: UnixTime,
    ) {
        let turns = |id: &ExchangeId| takes_turns(&exchange) && takes_turns(id);
        let is_before = |held: &Held| {
            held.used_as == TokenUse::Proof
                && held.session == Some(session.id)
                && held.exchange.as_ref().is_some_and(turns)
        };
        if let Some(before) = self.held.iter_mut().find(|held| is_before(held)) {
            before.exchange = Some(exchange);
            before.received = now;
            if before.decoded.raw.expose() != assertion {
                before.decoded = token::decode(assertion);
            }
            return;
        }
        if self.held.iter().any(|held| held.decoded.raw.expose() == assertion) {
            return;
        }
        let held = Held::new(TokenUse::Proof, token::decode(assertion), now);
        self.held.push(held.of_run(session, Some(exchange)));
    }

    /// The first token that a run was given; failing that, what it proved its client with.
    pub fn of_run(&self, session: SessionId) -> Option<usize> {
        let ours = |held: &Held| held.session == Some(session);
        let given = |held: &Held| ours(held) && held.used_as != TokenUse::Proof;
        self.held.iter().position(given).or_else(|| self.held.iter().position(ours))
    }

    /// Puts up every token in what a person pasted.
    pub(super) fn paste(&mut self, text: &str, now: UnixTime) {
        let all = token::decode_all(text).into_iter();
        self.held.extend(all.map(|decoded| Held::new(TokenUse::Pasted, decoded, now)));
    }

    /// Puts up a token that was made of one of these, beside which it is judged in the same way.
    pub(super) fn hold_bent(&mut self, bent: &Bent, signing: Signing, token: &Secret, now: UnixTime) {
        let origin = self.holding(bent.original());
        let held = Held {
            session: origin.and_then(|origin| origin.session),
            bent: Some((bent.changes(), signing)),
            terms: origin.map(|origin| origin.terms.clone()).unwrap_or_default(),
            issuer: origin.and_then(|origin| self.issuer_of(origin)),
            authority: origin.and_then(|origin| origin.authority.clone()),
            keys: origin.and_then(|origin| origin.keys.clone()),
            ..Held::new(TokenUse::Bent, token::decode(token.expose()), now)
        };
        self.held.push(held);
    }

    fn holding(&self, token: &Secret) -> Option<&Held> {
        self.held.iter().find(|held| held.decoded.raw == *token)
    }

    /// Whether this token is here and the lab tenant made it.
    pub(super) fn is_from_lab(&self, token: &Secret) -> bool {
        self.holding(token).is_some_and(Held::is_from_lab)
    }

    pub(super) fn discard(&mut self, index: usize) {
        if index < self.held.len() {
            self.discarded = Some((index, self.held.remove(index)));
        }
    }

    pub(super) fn put_back(&mut self) {
        if let Some((index, held)) = self.discarded.take() {
            self.held.insert(index.min(self.held.len()), held);
        }
    }

    /// Whether a token was taken off that can be put back.
    pub const fn can_put_back(&self) -> bool {
        self.discarded.is_some()
    }

    /// Remembers keys and issuers from any answer that carries them.
    pub(super) fn learn(&mut self, url: &Url, response: &Response, now: UnixTime) {
        if !response.is_success()
            || !response.headers.get("content-type").is_some_and(|kind| kind.contains("json"))
        {
            return;
        }
        let Ok(document) = serde_json::from_slice::<Value>(response.body.bytes()) else { return };
        if document.get("keys").is_some_and(Value::is_array) {
            self.key_sets.insert(url.as_str().to_owned(), (document, now));
        } else if let (Some(issuer), Some(jwks_uri)) =
            (document.get("issuer").and_then(Value::as_str), document.get("jwks_uri").and_then(Value::as_str))
        {
            // Whoever could vouch for another issuer could make any token pass its checks.
            let issuer_host =
                issuer.parse::<Url>().ok().and_then(|url| url.host_str().map(ToOwned::to_owned));
            let host = url.host_str().unwrap_or_default();
            if !issuer_host.is_some_and(|issuer| token::speaks_for(host, &issuer)) {
                return;
            }
            self.issuers.insert(issuer.to_owned(), jwks_uri.to_owned());
        }
    }

    /// The issuer whose keys and name apply: the one the token names, if its metadata were seen.
    fn issuer_of(&self, held: &Held) -> Option<String> {
        let named = held.decoded.claims.get("iss").and_then(Value::as_str).unwrap_or_default();
        if self.issuers.contains_key(named) {
            return Some(named.to_owned());
        }
        let tenant = held.decoded.claims.get("tid").and_then(Value::as_str);
        let template =
            |known: &&String| tenant.is_some_and(|tenant| known.replace("{tenantid}", tenant) == named);
        let by_template = self.issuers.keys().find(template).cloned();
        by_template.or_else(|| held.issuer.clone())
    }

    fn keys_of(&self, issuer: &str) -> Option<&Value> {
        self.key_sets.get(self.issuers.get(issuer)?).map(|(keys, _)| keys)
    }

    /// Whether the keys of the issuer of the token at `index` are known, so that its signature was looked at.
    pub fn knows_keys(&self, index: usize) -> bool {
        let Some(held) = self.held.get(index) else { return false };
        let issuer = self.issuer_of(held);
        held.keys.is_some() || issuer.is_some_and(|issuer| self.keys_of(&issuer).is_some())
    }

    /// Where to begin looking for the keys of the token at `index`: its issuer's metadata. [`super::User::FetchKeys`]
    /// asks there.
    pub fn key_source(&self, index: usize) -> Option<Url> {
        let held = self.held.get(index)?;
        let metadata = if let Some(authority) = &held.authority {
            let url = authority.metadata_url();
            // Tokens of version 1.0 have an issuer of their own, which another document names.
            let is_old = held.decoded.claims.get("ver").and_then(Value::as_str) == Some("1.0");
            if is_old { url.replace("/v2.0/.well-known/", "/.well-known/") } else { url }
        } else {
            let issuer = held.decoded.claims.get("iss").and_then(Value::as_str)?;
            format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
        };
        metadata.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
    }

    /// Keys that a metadata document has promised and that were not fetched yet.
    pub(super) fn next_key_source(&self) -> Option<Url> {
        let missing = self.issuers.values().find(|uri| !self.key_sets.contains_key(*uri))?;
        missing.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
    }

    /// The keys that apply to the token at `index`, and where they come from.
    pub(super) fn keys_for(&self, index: usize) -> Option<(Value, String)> {
        let held = self.held.get(index)?;
        if let Some(keys) = &held.keys {
            return Some((keys.clone(), KeySource::Pasted.to_string()));
        }
        let issuer = self.issuer_of(held)?;
        let source = self.issuers.get(&issuer)?;
        let (keys, fetched) = self.key_sets.get(source)?.clone();
        let source = KeySource::Authority { address: source.clone(), fetched, cached: false };
        Some((keys, source.to_string()))
    }

    /// The issuer that the metadata name which speak for the token at `index`.
    pub(super) fn issuer_at(&self, index: usize) -> Option<String> {
        self.issuer_of(self.held.get(index)?)
    }

    /// Compares the token at `index` with these values from now on; `None`: with what is filled in.
    pub(super) fn expect(&mut self, index: usize, term: Term, values: Option<Vec<String>>) {
        let Some(held) = self.held.get_mut(index) else { return };
        held.terms.retain(|(edited, _)| *edited != term);
        held.terms.extend(values.map(|values| (term, values)));
    }

    /// Judges the token at `index` by this key set from now on, whatever its issuer publishes.
    pub(super) fn use_keys(&mut self, index: usize, keys: Value) {
        if let Some(held) = self.held.get_mut(index) {
            held.keys = Some(keys);
        }
    }

    pub(super) fn tried(&mut self, index: usize, exchange: ExchangeId) {
        if let Some(held) = self.held.get_mut(index) {
            held.tried = Some(exchange);
        }
    }

    /// The text of the token at `index`, for copying.
    pub fn secret(&self, index: usize) -> Option<&Secret> {
        self.held.get(index).map(|held| &held.decoded.raw)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;
    use crate::{
        flow::{FlowKind, Seeds},
        provider::scenario::Scenario,
        token::bend::Part,
        wire::{Body, Headers},
        workbench::{Effect, Event, Start, User, Workbench},
    };

    const NOW: UnixTime = UnixTime::from_seconds(1_772_615_727);

    #[test]
    fn of_several_polls_the_last_proof_is_kept_and_of_other_requests_each() {
        let bench = Workbench::new(None, Scenario::northwind());
        let offer =
            bench.offers.iter().find(|offer| offer.kind == FlowKind::DeviceCode).expect("it is there");
        let start = Start {
            kind: offer.kind,
            profile: offer.profile.clone(),
            bends: Vec::new(),
            front: None,
            auto: false,
            seeds: Seeds {
                state: String::new(),
                nonce: String::new(),
                verifier: Secret::new(""),
                assertion_id: String::new(),
            },
        };
        let run = Session::new(SessionId::at(0), start, NOW);
        let is_poll = |id: &ExchangeId| id.0 > 1;
        let mut shelf = Shelf::default();
        for (proof, exchange) in [("a.b.c", 1), ("a.b.d", 2), ("a.b.d", 3), ("a.b.e", 4)] {
            shelf.take_proof(proof, &run, ExchangeId(exchange), is_poll, NOW);
        }
        let held: Vec<_> =
            shelf.all().iter().map(|held| (held.decoded.raw.expose(), held.exchange)).collect();
        assert_eq!(held, [("a.b.c", Some(ExchangeId(1))), ("a.b.e", Some(ExchangeId(4)))]);
    }

    fn with_token_of(issuer: &str) -> Shelf {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({"alg": "RS256", "kid": "k"}));
        let claims = part(json!({"iss": issuer, "aud": "api", "exp": 1_772_619_327}));
        let mut shelf = Shelf::default();
        shelf.paste(&format!("{header}.{claims}.c2lnbmF0dXJl"), NOW);
        shelf
    }

    fn learn(shelf: &mut Shelf, url: &str, document: &Value) {
        let headers = Headers::new().with("content-type", "application/json");
        let response = Response { status: 200, headers, body: Body::from(document.to_string()) };
        shelf.learn(&url.parse().expect("an address"), &response, NOW);
    }

    fn fetch(shelf: &mut Shelf, host: &str, issuer: &str) {
        let keys = format!("https://{host}/keys");
        let metadata = json!({"issuer": issuer, "jwks_uri": keys});
        learn(shelf, &format!("https://{host}/.well-known/openid-configuration"), &metadata);
        learn(shelf, &keys, &json!({"keys": [{"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB"}]}));
    }

    #[test]
    fn keys_are_known_once_metadata_and_key_set_came() {
        let mut shelf = with_token_of("https://idp.example");
        assert_eq!(
            shelf.key_source(0).map(String::from).as_deref(),
            Some("https://idp.example/.well-known/openid-configuration")
        );
        assert!(!shelf.knows_keys(0));
        fetch(&mut shelf, "idp.example", "https://idp.example");
        assert!(shelf.knows_keys(0));
    }

    #[test]
    fn metadata_speaks_only_for_its_own_host_or_among_the_hosts_of_entra() {
        let check = |host: &str, issuer: &str, known: bool| {
            let mut shelf = with_token_of(issuer);
            fetch(&mut shelf, host, issuer);
            assert_eq!(shelf.knows_keys(0), known, "{host} for {issuer}");
        };
        check("evil.example", "https://login.microsoftonline.com/tid/v2.0", false);
        check("evil.example", "https://idp.example", false);
        check("login.microsoftonline.com", "https://sts.windows.net/tid/", true);
        check("login.microsoftonline.com", "https://idp.example", false);
    }

    #[test]
    fn what_was_taken_off_last_can_be_put_back_in_its_place() {
        let mut shelf = with_token_of("https://one.example");
        shelf.paste("1.AXoA-refresh-token-of-somebody", NOW);
        let before = shelf.all().to_vec();
        shelf.discard(0);
        assert_eq!(shelf.all(), &before[1..]);
        assert!(shelf.can_put_back());
        shelf.put_back();
        assert_eq!(shelf.all(), before);
        assert!(!shelf.can_put_back());
        shelf.put_back();
        assert_eq!(shelf.all().len(), 2);
        shelf.discard(7);
        assert!(!shelf.can_put_back(), "there is no such place");
    }

    #[test]
    fn keys_that_a_person_gives_go_before_those_of_the_issuer() {
        let mut shelf = with_token_of("https://idp.example");
        let given = json!({"keys": [{"kty": "RSA", "kid": "other", "n": "AQAB", "e": "AQAB"}]});
        shelf.use_keys(0, given.clone());
        assert!(shelf.knows_keys(0));
        fetch(&mut shelf, "idp.example", "https://idp.example");
        assert_eq!(shelf.keys_for(0), Some((given, KeySource::Pasted.to_string())));
        shelf.use_keys(7, json!({}));
    }

    #[test]
    fn a_bent_copy_stands_beside_its_original_and_is_judged_like_it() {
        let issuer = "http://localhost:7080/tid/v2.0";
        let mut bench = Workbench::new(None, Scenario::northwind());
        let text = format!(
            "eyJhbGciOiJSUzI1NiJ9.{}.c2ln",
            URL_SAFE_NO_PAD.encode(json!({"iss": issuer, "sub": "x"}).to_string())
        );
        assert_eq!(bench.apply(Event::User(User::Decode(text.clone())), NOW), []);
        let mut bent = Bent::of(&bench.shelf.all()[0].decoded).unwrap();
        bent.set(Part::Claims, "sub", json!("y"));
        let chosen = |signing| Event::User(User::Bend(Box::new(bent.clone()), signing));
        assert_eq!(bench.apply(chosen(Signing::None), NOW), [], "no key is needed");
        assert_eq!(
            bench.apply(chosen(Signing::LabKey), NOW),
            [Effect::SignToken(Box::new(bent.clone()), Signing::LabKey)]
        );
        let signed =
            |result| Event::TokenSigned { bent: Box::new(bent.clone()), signing: Signing::LabKey, result };
        bench.apply(signed(Err("no key".to_owned())), NOW);
        bench.apply(signed(Ok(Secret::new("a.b.c"))), NOW);
        let held = bench.shelf.all();
        assert_eq!(held.len(), 3, "a signature that failed leaves nothing");
        let bent_copy = &held[1];
        assert_eq!(
            (bent_copy.used_as, bent_copy.decoded.claims["sub"].as_str()),
            (TokenUse::Bent, Some("y"))
        );
        let (changes, signing) = bent_copy.bent.clone().unwrap();
        assert_eq!((changes[0].name.as_str(), changes.len(), signing), ("sub", 1, Signing::None));
        assert_eq!(held[0].decoded.raw.expose(), text, "the original is as it was");
    }

    #[test]
    fn nobody_elses_token_is_bent() {
        let shelf = with_token_of("https://login.microsoftonline.com/tid/v2.0");
        let bent = Bent::of(&shelf.all()[0].decoded).unwrap();
        let mut bench = Workbench::new(None, Scenario::northwind());
        bench.shelf = shelf;
        for signing in Signing::ALL {
            assert_eq!(bench.apply(Event::User(User::Bend(Box::new(bent.clone()), signing)), NOW), []);
        }
        assert_eq!(bench.shelf.all().len(), 1);
    }

    #[test]
    fn a_token_is_from_the_lab_if_its_issuer_is_on_this_machine() {
        let check = |issuer: &str, lab: bool| assert_eq!(with_token_of(issuer).all()[0].is_from_lab(), lab);
        check("http://localhost:7080/tid/v2.0", true);
        check("http://127.0.0.1:7080/tid/v2.0", true);
        check("http://localhost.evil.example/tid/v2.0", false);
        check("https://login.microsoftonline.com/tid/v2.0", false);
        check("no address", false);
    }
}
