//! How an API reads and judges the bearer token of a request (reference §8.6, RFC 6750, RFC 9068 §4 in spirit).
//!
//! The APIs of the lab share this one validator. [`judge`] walks [`RULES`] in their order and gives the token, or the
//! refusal of the first rule that was broken; `permission` then decides what the token allows. How a refusal looks on the
//! wire is the business of each API.
//!
//! Its refusals carry an error code of RFC 6750 §3.1 (empty where nothing was presented, so that nothing is wrong yet) and
//! [`NO_NUMBER`] for the AADSTS number.

pub mod continuous;
mod credential;
mod permission;

use std::sync::Arc;

use serde_json::Value;

use super::{
    Provider,
    call::Call,
    issuers::is_lab,
    keys::Keys,
    refusal::{NO_NUMBER, Refusal, Verdict},
    scenario::{Application, Scenario, Tenant, is_guid},
    token::{Kind, Token},
};
use crate::time::{UnixTime, span};
use credential::Credential;
pub use permission::{Needs, permission_rules, permit};

/// How far clocks may be apart, in seconds: what Microsoft's own validators allow.
const LEEWAY: i64 = 300;

/// The error codes of RFC 6750 §3.1, and that of a claims challenge (reference §8.9).
pub mod error {
    /// Nobody has proved anything yet: there is nothing to be wrong.
    pub const NONE: &str = "";
    pub const INVALID_REQUEST: &str = "invalid_request";
    pub const INVALID_TOKEN: &str = "invalid_token";
    pub const INSUFFICIENT_SCOPE: &str = "insufficient_scope";
    pub const INSUFFICIENT_CLAIMS: &str = "insufficient_claims";
}

/// The API that is asked, and what it knows about its tenant.
#[derive(Clone, Debug)]
pub struct Api {
    pub resource: Arc<Application>,
    scenario: Arc<Scenario>,
    keys: Keys,
}

impl Api {
    /// The API that is registered as `resource`.
    pub fn new(provider: &Provider, resource: &Arc<Application>) -> Self {
        Self {
            resource: Arc::clone(resource),
            scenario: Arc::clone(&provider.scenario),
            keys: provider.keys.clone(),
        }
    }

    /// What `aud` may hold: the client id, and for version 1 the App ID URIs with and without a slash at the end.
    fn audiences(&self) -> Vec<String> {
        let uris = self.resource.identifier_uris.iter().filter(|_| self.version() == 1);
        [self.resource.app_id.clone()].into_iter().chain(uris.cloned()).collect()
    }

    fn version(&self) -> u8 {
        self.resource.api.requested_access_token_version.unwrap_or(1)
    }

    /// What somebody calls an application, by its client id or one of its App ID URIs.
    fn name_of(&self, audience: &str) -> Option<&str> {
        let bare = audience.trim_end_matches('/');
        let known = self.scenario.applications().iter().find(|application| {
            application.app_id.eq_ignore_ascii_case(bare)
                || application.identifier_uris.iter().any(|uri| uri.trim_end_matches('/') == bare)
        });
        known.map(|application| application.display_name.as_str())
    }

    /// The tenant that the token says it comes from.
    pub fn tenant_of(&self, token: &Token) -> Option<&Arc<Tenant>> {
        self.scenario.tenants().iter().find(|tenant| tenant.id == token.text("tid"))
    }
}

/// A request as the rules look at it. Nothing is judged yet.
struct Asked<'a> {
    api: &'a Api,
    credential: Credential,
    token: Result<Token, String>,
    now: UnixTime,
}

type Rule = fn(&Asked<'_>) -> Verdict;

/// What must hold before the question of permissions comes up. Signature before claims: what is not signed by the tenant
/// says nothing about anybody.
const RULES: &[(&str, Rule)] = &[
    ("credential.nowhere_else", |asked| asked.credential.is_nowhere_else()),
    ("credential.present", |asked| asked.credential.is_present()),
    ("credential.once", |asked| asked.credential.is_single()),
    ("credential.scheme", |asked| asked.credential.is_bearer()),
    ("credential.form", |asked| asked.credential.is_well_formed()),
    ("token.shape", has_shape),
    ("token.algorithm", has_safe_algorithm),
    ("token.key", has_known_key),
    ("token.signature", is_signed),
    ("token.kind", is_access_token),
    ("token.audience", is_for_this_api),
    ("token.version", is_of_this_version),
    ("token.issuer", is_from_this_authority),
    ("token.tenant", is_from_welcome_tenant),
    ("token.valid_from", has_begun),
    ("token.valid_until", has_not_ended),
];

/// The names of the rules of [`judge`], in their order.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// The token of a request, if it is one that the API can rely on.
pub fn judge(api: &Api, call: &Call) -> Result<Token, Box<Refusal>> {
    let credential = Credential::read(call);
    let token = Token::read(credential.token());
    let asked = Asked { api, credential, token, now: call.now };
    RULES.iter().try_for_each(|(name, rule)| rule(&asked).map_err(|refusal| refusal.by(name)))?;
    Ok(asked.token.expect("the rule token.shape was kept"))
}

/// A refusal of an API.
pub fn refuse(error: &'static str, text: impl Into<String>) -> Box<Refusal> {
    Refusal::new(NO_NUMBER, error, text)
}

fn invalid(text: impl Into<String>) -> Box<Refusal> {
    refuse(error::INVALID_TOKEN, text)
}

impl Asked<'_> {
    fn token(&self) -> &Token {
        self.token.as_ref().expect("the rule token.shape was kept")
    }
}

fn has_shape(asked: &Asked<'_>) -> Verdict {
    let Err(reason) = &asked.token else { return Ok(()) };
    Err(invalid(format!("The token {reason}."))
        .demands("an access token is a signed JWT: header, payload and signature, base64url, joined by dots")
        .compares("token", reason, ["three parts, the first two JSON objects"]))
}

fn has_safe_algorithm(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    let named = token.in_header("alg");
    let text = if token.header.contains_key("crit") {
        "The header marks extensions as critical (crit) that this API does not know.".to_owned()
    } else if named == "RS256" {
        return Ok(());
    } else if named.eq_ignore_ascii_case("none") {
        "The token is not signed: its alg is none, so anybody could have written it.".to_owned()
    } else if named.starts_with("HS") {
        format!("The alg {named} works with a shared secret; this tenant signs with RS256 and shares none.")
    } else {
        format!("The alg is '{named}'; this tenant signs with RS256 only.")
    };
    Err(invalid(text)
        .demands("the algorithm is the API's choice and never the token's: RS256, no critical extensions")
        .compares("alg", named, ["RS256"]))
}

fn has_known_key(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    let kid = token.in_header("kid");
    if asked.api.keys.find(kid).is_some() {
        return Ok(());
    }
    let text = format!(
        "No key of this tenant has the kid '{kid}'; the token says it comes from '{}'.",
        token.text("iss")
    );
    Err(invalid(text)
        .demands("`kid` is one of the tenant's key set; the lab makes new keys at each start, so old tokens end with it")
        .compares("kid", kid, asked.api.keys.ids())
        .compares("iss", token.text("iss"), asked.api.scenario.tenants().iter().map(|tenant| tenant.id.clone())))
}

fn is_signed(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    let (api, kid) = (asked.api, token.in_header("kid"));
    let hashes_nonce = api.resource.nonce_header;
    let key = api.keys.find(kid).expect("the rule token.key was kept");
    if token.is_signed_by(key, hashes_nonce) {
        return Ok(());
    }
    let refusal = if token.has_nonce() && !hashes_nonce {
        invalid(
            "The signature does not fit. The header holds a nonce: the token was made for Microsoft Graph, and nobody \
             but Graph can verify it.",
        )
    } else {
        invalid(
            "The signature does not fit: header or payload were changed after signing, or the token is cut off.",
        )
    };
    Err(refusal
        .demands(
            "the signature over header and payload, as they were sent, is made with the key that `kid` names",
        )
        .compares("signature", "(does not fit)", [format!("made with the key {kid}")]))
}

fn is_access_token(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    if token.kind() != Kind::Id {
        return Ok(());
    }
    let client = token.text("aud");
    let name = asked.api.name_of(client).unwrap_or(client);
    let text = format!(
        "This is an ID token: it tells {name} who signed in, and lets nobody call an API. Send the access token instead."
    );
    Err(invalid(text)
        .demands("an access token: it names a client in azp or appid, and holds scp, roles or both")
        .compares("kind of token", "ID token", ["access token"])
        .compares("aud", client, asked.api.audiences()))
}

fn is_for_this_api(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    let (sent, accepted) = (token.claims.get("aud"), asked.api.audiences());
    let fits = |one: &str| accepted.iter().any(|known| known == one.strip_suffix('/').unwrap_or(one));
    // A list would be legal (RFC 7519 §4.1.3), but this tenant writes one audience, so more than one is somebody else's.
    if sent.and_then(Value::as_str).is_some_and(fits) {
        return Ok(());
    }
    let shown = sent.map_or_else(
        || "(nothing)".to_owned(),
        |sent| sent.as_str().map_or_else(|| sent.to_string(), str::to_owned),
    );
    let name = asked.api.name_of(&shown).map_or_else(String::new, |name| format!(" ({name})"));
    let text = format!("The token is for '{shown}'{name}, not for {}.", asked.api.resource.display_name);
    Err(invalid(text)
        .demands("`aud` is this API: its client id, or one of its App ID URIs if its tokens are of version 1")
        .compares("aud", shown, accepted))
}

fn is_of_this_version(asked: &Asked<'_>) -> Verdict {
    let (sent, own) = (asked.token().text("ver"), format!("{}.0", asked.api.version()));
    if sent == own {
        return Ok(());
    }
    Err(invalid(format!("The token is of version '{sent}'; this API takes version {own}."))
        .demands(
            "`ver` is the version that the registration of the API asks for (requestedAccessTokenVersion)",
        )
        .compares("ver", sent, [own]))
}

fn is_from_this_authority(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    let (issuer, tenant) = (token.text("iss"), token.text("tid"));
    let path = if asked.api.version() == 2 { format!("{tenant}/v2.0") } else { format!("{tenant}/") };
    // The lab answers under several names and on two ports, and all of them are this authority.
    let own = url::Url::parse(issuer).is_ok_and(|issuer| {
        is_lab(&issuer) && issuer.path() == format!("/{path}") && issuer.query().is_none()
    });
    if is_guid(tenant) && own {
        return Ok(());
    }
    Err(invalid(format!("The issuer is '{issuer}', which is not the one of tenant '{tenant}'."))
        .demands("`iss` is the issuer of the version's metadata, with the GUID of `tid` in its place")
        .compares("iss", issuer, [format!("the lab's address, then /{path}")]))
}

fn is_from_welcome_tenant(asked: &Asked<'_>) -> Verdict {
    let (api, sent) = (asked.api, asked.token().text("tid"));
    let home = api.resource.tenant.as_deref();
    let tenant = api.tenant_of(asked.token());
    let is_welcome = |tenant: &Arc<Tenant>| {
        home.is_none_or(|home| home == tenant.key)
            || api.resource.sign_in_audience != super::scenario::Audience::MyOrg
    };
    if tenant.is_some_and(is_welcome) {
        return Ok(());
    }
    let expected = home.and_then(|home| api.scenario.tenant(home)).map(|tenant| tenant.id.clone());
    let text = format!("The token comes from tenant '{sent}', whose people may not use this API.");
    Err(invalid(text)
        .demands("`tid` is a tenant that the API serves; one registered as AzureADMyOrg serves its own alone")
        .compares("tid", sent, expected))
}

fn has_begun(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    let Some(begin) = token.seconds("nbf") else { return Err(no_time("nbf")) };
    if begin <= asked.now.seconds() + LEEWAY {
        return Ok(());
    }
    let begin = UnixTime::from_seconds(begin);
    let ahead = span(begin.since(asked.now));
    Err(invalid(format!("The token begins to hold at {begin}, in {ahead}; a clock is wrong, here or there."))
        .demands("`nbf` is not in the future; five minutes between clocks are let pass")
        .compares("nbf", begin.date_time(), [format!("{} or earlier", asked.now)]))
}

fn has_not_ended(asked: &Asked<'_>) -> Verdict {
    let token = asked.token();
    let Some(end) = token.seconds("exp") else { return Err(no_time("exp")) };
    if asked.now.seconds() < end.saturating_add(LEEWAY) {
        return Ok(());
    }
    let end = UnixTime::from_seconds(end);
    let ago = span(asked.now.since(end));
    Err(invalid(format!("The token expired at {end}, {ago} ago."))
        .demands("`exp` is not past; five minutes between clocks are let pass")
        .compares("exp", end.date_time(), [format!("later than {}", asked.now)]))
}

fn no_time(claim: &str) -> Box<Refusal> {
    invalid(format!("The token holds no {claim}, or not as a number."))
        .demands("`nbf` and `exp` are there, as seconds since 1970")
        .compares(claim, "(nothing that can be read)", ["a number"])
}
