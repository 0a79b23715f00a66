//! Tokens: which claims they hold (reference §8), and their signature.

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::{
    call::Call,
    claims::Claims,
    directory_claims::{self, Claim, Subject},
    keys::{Keys, SigningKey},
    policies,
    random::Random,
    scenario::{Application, ManagedIdentity, Tenant},
    scope::{Target, Wanted},
    sessions::{Person, login_hint},
    version::Version,
};
use crate::time::UnixTime;

/// Tokens are dated back by this much, so that a client whose clock is behind does not take them for tokens of the future.
pub const BACKDATED: i64 = 300;

/// How long an ID token lives from now.
const ID_TOKEN_LIFE: i64 = 3600;

/// `wids` of app-only Graph tokens.
const APPLICATION_ROLE: &str = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";

/// Ways of proving oneself that `aio` can hold.
const METHODS: &[&str] = &["pwd", "mfa", "otp", "rsa", "fed"];

/// The alphabet of base64url, for one character at the end of `aio`.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A token without its signature.
#[derive(Clone, Debug)]
pub struct Unsigned {
    key: Arc<SigningKey>,
    header: Value,
    claims: Map<String, Value>,
    holds_access_token_hash: bool,
}

impl Unsigned {
    /// A token of an issuer that is not a tenant.
    pub fn new(key: Arc<SigningKey>, header: Value, claims: Map<String, Value>) -> Self {
        Self { key, header, claims, holds_access_token_hash: false }
    }

    /// Header and claims.
    pub fn into_parts(self) -> (Value, Map<String, Value>) {
        (self.header, self.claims)
    }

    /// The finished token. An ID token from the authorization endpoint takes the hash of the access token beside it.
    pub fn sign(self, access_token: Option<&str>) -> String {
        let mut claims = self.claims;
        if let Some(access_token) = access_token.filter(|_| self.holds_access_token_hash) {
            claims.insert("at_hash".to_owned(), json!(half_hash(access_token)));
        }
        let claims = URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string());
        let sent = URL_SAFE_NO_PAD.encode(self.header.to_string());
        let signed = match self.header.get("nonce") {
            Some(_) => URL_SAFE_NO_PAD.encode(signed_header(&self.header).to_string()),
            None => sent.clone(),
        };
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(format!("{signed}.{claims}").as_bytes()));
        format!("{sent}.{claims}.{signature}")
    }
}

/// The header as it is signed. Where it carries a `nonce`, the hash of the nonce is signed instead: only those who know
/// the rule can verify the token, which is how Graph keeps others from relying on its tokens (reference §8.2).
pub fn signed_header(header: &Value) -> Value {
    let mut signed = header.clone();
    if let Some(nonce) = header["nonce"].as_str() {
        signed["nonce"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(nonce)));
    }
    signed
}

/// How a client proved itself, as `azpacr` and `appidacr` say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Not at all: a public client.
    None,
    /// With a secret.
    Secret,
    /// With an assertion signed by a key of its own, or by an issuer it trusts.
    Assertion,
}

impl Proof {
    const fn acr(self) -> &'static str {
        match self {
            Self::None => "0",
            Self::Secret => "1",
            Self::Assertion => "2",
        }
    }
}

/// What all tokens of one answer have in common.
pub struct Mint<'a> {
    pub call: &'a Call,
    pub keys: &'a Keys,
    pub random: &'a mut Random,
    pub tenant: &'a Tenant,
    pub client: &'a Application,
    pub proof: Proof,
}

/// What an ID token says beyond who signed in.
#[derive(Debug)]
pub struct IdTokenParts<'a> {
    /// That of the endpoint.
    pub version: Version,
    /// The scopes, which decide what is told of the person.
    pub wanted: &'a Wanted,
    pub nonce: Option<&'a str>,
    /// The moment of signing in is told where `max_age` or `claims` asked for it.
    pub auth_time: bool,
    /// Authentication contexts, all of them met.
    pub contexts: Vec<String>,
    /// The code beside it, in answers of the authorization endpoint.
    pub code: Option<&'a str>,
    /// Whether an access token stands beside it, in answers of the authorization endpoint.
    pub beside_access_token: bool,
    /// What the directory adds.
    pub directory: Vec<Claim>,
}

/// What an access token says because `claims` or the registration of its resource asked for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Authentication contexts (`acrs`), all of them met.
    pub contexts: Vec<String>,
    /// What the client can do (`xms_cc`), for resources that want to know.
    pub capabilities: Vec<&'static str>,
    /// What the directory adds.
    pub directory: Vec<Claim>,
}

impl Extra {
    /// What of a `claims` parameter comes into a token for `resource`, once every policy is met.
    pub fn of(claims: &Claims, subject: &Subject<'_>, resource: &Application) -> Self {
        let scenario = subject.scenario;
        let wants_to_know = resource.is_graph() || names(&resource.optional_claims.access_token, "xms_cc");
        Self {
            contexts: policies::published(scenario, &claims.contexts),
            capabilities: if wants_to_know && claims.takes_challenges() { vec!["cp1"] } else { Vec::new() },
            directory: subject.in_access_token(resource),
        }
    }
}

fn names(optional_claims: &[String], claim: &str) -> bool {
    optional_claims.iter().any(|one| one == claim)
}

/// Adds what is not there yet.
fn add(claims: &mut Map<String, Value>, more: &[Claim]) {
    for (name, value) in more {
        claims.entry(*name).or_insert_with(|| value.clone());
    }
}

impl Mint<'_> {
    /// Seconds that an access token lives: random, so that the clients of a tenant do not all come back at once.
    pub fn access_token_life(&mut self) -> i64 {
        self.random.between(3600, 5399)
    }

    /// The same; but where client and resource can tell each other of a revocation, a token lives 20 to 28 hours
    /// (continuous access evaluation, reference §8.7).
    pub fn access_token_life_for(&mut self, target: &Target, extra: &Extra) -> i64 {
        if target.resource.is_graph() && !extra.capabilities.is_empty() {
            return self.random.between(72_000, 100_800);
        }
        // The random one is drawn in any case: a policy must not change every value after it.
        let usual = self.access_token_life();
        target.resource.access_token_lifetime.map_or(usual, i64::from)
    }

    /// An ID token.
    pub fn id_token(&mut self, person: &Person, parts: &IdTokenParts<'_>) -> Unsigned {
        let user = &person.user;
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        claim("aud", json!(self.client.app_id));
        let is_old = parts.version == Version::One;
        claim("iss", json!(self.issuer(parts.version.number())));
        self.times(ID_TOKEN_LIFE, &mut claim);
        claim("aio", json!(self.random.text(2)));
        let optional = &self.client.optional_claims.id_token;
        if !parts.contexts.is_empty() {
            claim("acrs", json!(parts.contexts));
        }
        if is_old {
            claim("amr", json!(person.methods));
        }
        if parts.auth_time || names(optional, "auth_time") {
            claim("auth_time", json!(person.authenticated_at.seconds()));
        }
        let idp = self.foreign_issuer(person);
        if let Some(mail) = user.mail.as_ref().filter(|_| parts.wanted.has("email") || idp.is_some()) {
            claim("email", json!(mail));
        }
        if is_old {
            claim("family_name", json!(user.surname));
            claim("given_name", json!(user.given_name));
        }
        if let Some(idp) = idp {
            claim("idp", json!(idp));
        }
        if names(optional, "login_hint") {
            claim("login_hint", json!(login_hint(user)));
        }
        if parts.wanted.has("profile") {
            claim("name", json!(user.display_name));
        }
        if let Some(nonce) = parts.nonce {
            claim("nonce", json!(nonce));
        }
        if parts.wanted.has("profile") {
            claim("oid", json!(self.object_id(person)));
        }
        if parts.wanted.has("profile") && !is_old {
            claim("preferred_username", json!(user.user_principal_name));
        }
        claim("rh", json!(self.rh()));
        claim("sid", json!(person.session));
        claim("sub", json!(pairwise(&user.id, &self.client.app_id)));
        claim("tid", json!(self.tenant.id));
        if is_old {
            claim("unique_name", json!(user.user_principal_name));
            claim("upn", json!(user.user_principal_name));
        }
        claim("uti", json!(self.random.short()));
        claim("ver", json!(format!("{}.0", parts.version.number())));
        if let Some(code) = parts.code {
            claim("c_hash", json!(half_hash(code)));
        }
        add(&mut claims, &parts.directory);
        let kid = self.keys.current().thumbprint();
        let mut header = json!({ "typ": "JWT", "alg": "RS256", "kid": kid });
        if is_old {
            header["x5t"] = json!(kid);
        }
        Unsigned {
            key: Arc::clone(self.keys.current()),
            header,
            claims,
            holds_access_token_hash: parts.beside_access_token,
        }
    }

    /// An access token for an application on behalf of a person.
    pub fn user_token(
        &mut self,
        person: &Person,
        target: &Target,
        scp: &BTreeSet<String>,
        extra: &Extra,
        life: i64,
    ) -> Unsigned {
        let user = &person.user;
        let version = version_of(&target.resource);
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        self.opening(target, version, life, &person.methods, &mut claim);
        if !extra.contexts.is_empty() {
            claim("acrs", json!(extra.contexts));
        }
        if version == 1 {
            claim("acr", json!("1"));
            claim("amr", json!(person.methods));
            claim("appid", json!(self.client.app_id));
            claim("appidacr", json!(self.proof.acr()));
            claim("family_name", json!(user.surname));
            claim("given_name", json!(user.given_name));
            claim("ipaddr", json!(self.call.address.to_string()));
        } else {
            claim("azp", json!(self.client.app_id));
            claim("azpacr", json!(self.proof.acr()));
        }
        if target.resource.nonce_header {
            claim("app_displayname", json!(self.client.display_name));
            claim("idtyp", json!("user"));
        }
        if let Some(idp) = self.foreign_issuer(person) {
            claim("idp", json!(idp));
        }
        claim("name", json!(user.display_name));
        claim("oid", json!(self.object_id(person)));
        if version == 2 {
            claim("preferred_username", json!(user.user_principal_name));
        }
        claim("rh", json!(self.rh()));
        claim("scp", json!(scp.iter().map(String::as_str).collect::<Vec<_>>().join(" ")));
        claim("sid", json!(person.session));
        claim("sub", json!(pairwise(&user.id, &target.resource.app_id)));
        if target.resource.nonce_header {
            claim("tenant_region_scope", json!(self.tenant.region));
        }
        claim("tid", json!(self.tenant.id));
        if version == 1 {
            claim("unique_name", json!(user.user_principal_name));
            claim("upn", json!(user.user_principal_name));
        }
        claim("uti", json!(self.random.short()));
        claim("ver", json!(format!("{version}.0")));
        if !extra.capabilities.is_empty() {
            claim("xms_cc", json!(extra.capabilities));
        }
        if target.resource.nonce_header {
            claim("wids", json!(directory_claims::directory_roles(user)));
            claim("xms_st", json!({ "sub": pairwise(&user.id, &self.client.app_id) }));
        }
        add(&mut claims, &extra.directory);
        self.access_token(target, version, claims)
    }

    /// An access token for an application by itself. Without a granted role it has no `roles`, and nothing else tells so.
    pub fn app_token(&mut self, target: &Target, roles: &[String], life: i64) -> Unsigned {
        let principal = service_principal(self.tenant, self.client);
        self.principal_token(target, roles, life, (&principal, None))
    }

    /// An access token for a managed identity, which no credential of its own has proved.
    pub fn identity_token(&mut self, target: &Target, identity: &ManagedIdentity, life: i64) -> Unsigned {
        let principal = (identity.object_id.as_str(), Some(identity.resource_id.as_str()));
        self.principal_token(target, identity.roles_on(&target.resource), life, principal)
    }

    /// `principal` is the object id, and the resource id if it is a managed identity.
    fn principal_token(
        &mut self,
        target: &Target,
        roles: &[String],
        life: i64,
        (principal, resource_id): (&str, Option<&str>),
    ) -> Unsigned {
        let version = version_of(&target.resource);
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        self.opening(target, version, life, &[], &mut claim);
        if target.resource.nonce_header {
            claim("app_displayname", json!(self.client.display_name));
        }
        if version == 1 {
            claim("appid", json!(self.client.app_id));
            claim("appidacr", json!(self.proof.acr()));
            claim("idp", json!(self.issuer(1)));
        } else {
            claim("azp", json!(self.client.app_id));
            claim("azpacr", json!(self.proof.acr()));
        }
        if target.resource.nonce_header || names(&target.resource.optional_claims.access_token, "idtyp") {
            claim("idtyp", json!("app"));
        }
        claim("oid", json!(principal));
        claim("rh", json!(self.rh()));
        if !roles.is_empty() {
            claim("roles", json!(roles));
        }
        claim("sub", json!(principal));
        claim("tid", json!(self.tenant.id));
        claim("uti", json!(self.random.short()));
        claim("ver", json!(format!("{version}.0")));
        if target.resource.nonce_header {
            claim("wids", json!([APPLICATION_ROLE]));
        }
        if let Some(resource_id) = resource_id {
            claim("xms_mirid", json!(resource_id));
        }
        self.access_token(target, version, claims)
    }

    fn opening(
        &mut self,
        target: &Target,
        version: u8,
        life: i64,
        methods: &[&str],
        claim: &mut impl FnMut(&str, Value) -> Option<Value>,
    ) {
        let audience = if version == 2 { &target.resource.app_id } else { &target.audience };
        claim("aud", json!(audience));
        claim("iss", json!(self.issuer(version)));
        self.times(life, claim);
        claim("aio", json!(format!("{}{}", self.random.text(1), remembered(methods))));
    }

    /// The object id in the tenant of the token: a guest has another one there than at home.
    fn object_id<'a>(&self, person: &'a Person) -> &'a str {
        person.user.object_id_in(self.tenant).unwrap_or(&person.user.id)
    }

    /// Who vouches for a guest: the home tenant.
    fn foreign_issuer(&self, person: &Person) -> Option<String> {
        let home = &person.user.tenant_id;
        (*home != self.tenant.id).then(|| issuer(&self.call.base, home, 1))
    }

    fn times(&self, life: i64, claim: &mut impl FnMut(&str, Value) -> Option<Value>) {
        let now = self.call.now.seconds();
        claim("iat", json!(now - BACKDATED));
        claim("nbf", json!(now - BACKDATED));
        claim("exp", json!(now + life));
    }

    fn access_token(&mut self, target: &Target, version: u8, claims: Map<String, Value>) -> Unsigned {
        let kid = self.keys.current().thumbprint();
        let mut header = json!({ "typ": "JWT" });
        if target.resource.nonce_header {
            header["nonce"] = json!(self.random.text(1));
        }
        header["alg"] = json!("RS256");
        if version == 1 {
            header["x5t"] = json!(kid);
        }
        header["kid"] = json!(kid);
        Unsigned { key: Arc::clone(self.keys.current()), header, claims, holds_access_token_hash: false }
    }

    /// The issuer, always on the tenant's own loopback address: no lab token can pass for a real one.
    fn issuer(&self, version: u8) -> String {
        issuer(&self.call.base, &self.tenant.id, version)
    }

    fn rh(&mut self) -> String {
        format!("1.A{}.", self.random.short())
    }
}

/// How somebody signed in, as one character at the end of `aio`. Version 2 tokens have no `amr`, and yet the tenant knows
/// when it sees one again (on behalf of its person) whether there was a second factor: by what only it can read.
fn remembered(methods: &[&str]) -> char {
    let bits = METHODS.iter().enumerate().filter(|(_, known)| methods.contains(known));
    char::from(ALPHABET[bits.map(|(bit, _)| 1 << bit).sum::<usize>()])
}

/// The methods that `aio` remembers.
pub fn methods_of(aio: &str) -> Vec<&'static str> {
    let mark = aio.bytes().last().and_then(|mark| ALPHABET.iter().position(|known| *known == mark));
    let bits = mark.unwrap_or_default();
    METHODS.iter().enumerate().filter(|(bit, _)| bits & 1 << bit != 0).map(|(_, method)| *method).collect()
}

/// The way of proving oneself with that name.
pub fn method_named(name: &str) -> Option<&'static str> {
    METHODS.iter().find(|known| **known == name).copied()
}

/// The issuer of a tenant's tokens of that version.
pub fn issuer(base: &str, tenant: &str, version: u8) -> String {
    if version == 2 { format!("{base}/{tenant}/v2.0") } else { format!("{base}/{tenant}/") }
}

/// The version of a resource's access tokens; the registration decides it, never the endpoint.
fn version_of(resource: &Application) -> u8 {
    resource.api.requested_access_token_version.unwrap_or(1)
}

/// A subject that differs from application to application (OpenID Connect Core §8.1).
pub fn pairwise(user: &str, application: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{user}/{application}")))
}

/// The object id of an application's service principal in a tenant, the same at every start.
pub fn service_principal(tenant: &Tenant, application: &Application) -> String {
    let digest = Sha1::digest(format!("{}/{}", tenant.id, application.app_id));
    let [bytes @ .., _, _, _, _] = <[u8; 20]>::from(digest);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
}

/// The object id of a registration, the same at every start; tokens never carry it.
pub fn registration(application: &Application) -> String {
    let digest = Sha1::digest(format!("registration/{}", application.app_id));
    let [bytes @ .., _, _, _, _] = <[u8; 20]>::from(digest);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
}

/// The left half of the SHA-256 hash (`c_hash`, `at_hash`; OpenID Connect Core §3.3.2.11).
fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}

/// `client_info`: the account's home object id and home tenant, for guests as well.
pub fn client_info(person: &Person) -> String {
    let user = &person.user;
    URL_SAFE_NO_PAD.encode(json!({ "uid": user.id, "utid": user.tenant_id }).to_string())
}

/// A point in time as error texts write it: ISO 8601 with seven decimals.
pub fn precise(time: UnixTime) -> String {
    time.rfc3339().replace('Z', "0000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_somebody_signed_in_can_be_read_back() {
        for methods in [&[] as &[&str], &["pwd"], &["pwd", "mfa"], METHODS] {
            let aio = format!("AXQAi{}", remembered(methods));
            assert_eq!(methods_of(&aio), methods);
        }
        assert!(methods_of("").is_empty());
    }
}
