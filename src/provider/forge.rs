//! The token forge: tokens of the lab with one thing wrong, to see whether one's own API notices.
//!
//! A token is made for an application (and a person), or an earlier one is pasted; [`Flaw`] says what is to be wrong with it.
//! Its times are new, and everything but the flaw is as in a token that the tenant hands out. It can harm nobody: keys and
//! issuer are the lab's. [`Provider::forge`] settles what the token says, [`Forgery::sign`] signs it and needs no lock.

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{
    Provider,
    call::Call,
    keys::SigningKey,
    mint::{self, BACKDATED, Extra, IdTokenParts, Mint, Proof, Unsigned},
    scenario::{Application, GRAPH, Scenario, Tenant, User},
    scope::{Target, Wanted},
    sessions::Person,
    token::Token,
    version::Version,
};
use crate::{secret::Secret, time::UnixTime, wire::Request};

/// How long a forged token lasts, in seconds.
const LIFE: i64 = 3600;

/// A token to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Spec {
    /// A token of the lab to begin with; then nothing else but the flaw is said.
    pub token: Option<String>,
    /// The key or client id of the application that shall hold the token.
    pub client: Option<String>,
    /// The key or client id of the API that it is for.
    pub resource: Option<String>,
    /// The key or sign-in name of the person; without one the application acts by itself.
    pub person: Option<String>,
    /// The permissions in `scp`; those that are granted, or else all, if there are none here.
    pub scopes: Vec<String>,
    /// The same for `roles`, where the application acts by itself.
    pub roles: Vec<String>,
    /// What shall be wrong.
    pub flaw: Flaw,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// Another key signed it than the one that `kid` names.
    WrongKey,
    /// `kid` names a key that nobody publishes.
    UnknownKey,
    /// It says `alg: none` and has no signature.
    AlgNone,
    /// It says HS256, and the public key is the secret: what a verifier accepts that believes `alg`.
    Hs256,
    /// `iss` is somebody else.
    WrongIssuer,
    /// `aud` is another API.
    WrongAudience,
    /// It was good until an hour ago.
    Expired,
    /// It will be good in an hour.
    NotYetValid,
    /// It says neither `scp` nor `roles`.
    NoPermissions,
    /// The permissions stand in `roles` where they belong into `scp`, or the other way round.
    SwappedPermissions,
    /// It is of version 1 where the API asks for version 2, or the other way round.
    OtherVersion,
    /// Another tenant issued it.
    WrongTenant,
    /// It is the ID token of the same sign-in.
    IdToken,
}

/// A token that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// It is not said what to make.
    #[error("say `client` and `resource`, or give a `token` to begin with, and not both")]
    Unclear,
    /// No entry of the directory.
    #[error("{what}: the directory has no {key:?}")]
    NoEntry {
        /// The member.
        what: &'static str,
        /// What stands there.
        key: String,
    },
    /// The API has no such permission.
    #[error("{what}: {resource} offers no {value:?}")]
    NotOffered {
        /// The member.
        what: &'static str,
        /// The key of the API.
        resource: String,
        /// The permission.
        value: String,
    },
    /// The token to begin with is not from here.
    #[error("token: it {0}; only tokens that this lab has signed can be changed")]
    NotOurs(String),
    /// The flaw needs something that the token lacks.
    #[error("flaw: {0}")]
    DoesNotFit(&'static str),
}

/// A token that is complete but for its signature.
#[derive(Debug)]
pub struct Forgery {
    flaw: Flaw,
    header: Value,
    claims: Map<String, Value>,
    signing: Signing,
}

/// Who signs a token that somebody wrote member by member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// The published key that the header names, or else the one that signs at present.
    TenantKey,
    /// A key that nobody publishes, under whatever name the header gives.
    OtherKey,
    /// Nobody: the public key serves as the secret of an HMAC.
    PublicKeyAsSecret,
}

/// A token of which somebody wrote every member, with whatever signs it.
#[derive(Debug)]
pub struct Bespoke {
    header: Value,
    claims: Map<String, Value>,
    signing: Signing,
}

#[derive(Debug)]
enum Signing {
    With(Arc<SigningKey>),
    Nobody,
    /// With the public key for a secret.
    Hmac(String),
}

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forged {
    /// The token.
    pub token: String,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// The same in a sentence, with what an API should make of it.
    pub about: &'static str,
    /// Its header.
    pub header: Value,
    /// Its claims.
    pub claims: Map<String, Value>,
}

/// What the flaws are made in.
struct Draft {
    header: Value,
    claims: Map<String, Value>,
    client: Arc<Application>,
    resource: Arc<Application>,
    tenant: Arc<Tenant>,
    person: Option<Person>,
}

impl Flaw {
    /// Every one, the harmless first.
    pub const ALL: [Self; 14] = [
        Self::None,
        Self::WrongKey,
        Self::UnknownKey,
        Self::AlgNone,
        Self::Hs256,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::Expired,
        Self::NotYetValid,
        Self::NoPermissions,
        Self::SwappedPermissions,
        Self::OtherVersion,
        Self::WrongTenant,
        Self::IdToken,
    ];

    /// Its name in orders.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::WrongKey => "wrongKey",
            Self::UnknownKey => "unknownKey",
            Self::AlgNone => "algNone",
            Self::Hs256 => "hs256",
            Self::WrongIssuer => "wrongIssuer",
            Self::WrongAudience => "wrongAudience",
            Self::Expired => "expired",
            Self::NotYetValid => "notYetValid",
            Self::NoPermissions => "noPermissions",
            Self::SwappedPermissions => "swappedPermissions",
            Self::OtherVersion => "otherVersion",
            Self::WrongTenant => "wrongTenant",
            Self::IdToken => "idToken",
        }
    }

    /// The flaw with that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flaw| flaw.name() == name)
    }

    /// What is wrong, and what an API should make of it.
    pub const fn about(self) -> &'static str {
        match self {
            Self::None => "Nothing is wrong with it: an API that refuses it is misconfigured.",
            Self::WrongKey => "Another key signed it than its kid names: 401.",
            Self::UnknownKey => {
                "Its kid is in no key set: 401, after one look for new keys and not at every request."
            }
            Self::AlgNone => {
                "It has no signature and says alg none: 401. The algorithm is the API's to choose."
            }
            Self::Hs256 => {
                "The public key is the secret of its HMAC: 401. The algorithm is the API's to choose."
            }
            Self::WrongIssuer => "The tenant's key signed it, and its issuer is somebody else: 401.",
            Self::WrongAudience => "It is for another API: 401, though issuer and signature are right.",
            Self::Expired => "It ended an hour ago: 401.",
            Self::NotYetValid => "It begins in an hour: 401.",
            Self::NoPermissions => {
                "It says neither scp nor roles: 403, for it proves who calls and allows nothing."
            }
            Self::SwappedPermissions => {
                "Its permissions stand in the wrong claim: 403. Roles are for applications, scp for people."
            }
            Self::OtherVersion => "It is of the other version, with the other issuer and audience: 401.",
            Self::WrongTenant => "Another tenant issued it: 401, unless the API serves every tenant.",
            Self::IdToken => "It is an ID token, made for the client and not for the API: 401.",
        }
    }
}

impl Provider {
    /// Settles what a forged token says. `base` is the address under which the API knows the tenant; `now` is the machine's
    /// time.
    pub fn forge(&mut self, spec: &Spec, base: &Url, now: UnixTime) -> Result<Forgery, ForgeError> {
        let now = self.clock.at(now);
        let call = Call::read(&Request::get(base.clone()), now, &mut self.random);
        let mut draft = match (&spec.token, &spec.client, &spec.resource) {
            (Some(token), None, None) => self.pasted(token, now)?,
            (None, Some(client), Some(resource)) => self.drafted(spec, client, resource, &call)?,
            _ => return Err(ForgeError::Unclear),
        };
        draft.set_times(now.seconds() - BACKDATED, now.seconds() + LIFE);
        let mut signing = Signing::With(Arc::clone(self.keys.current()));
        match spec.flaw {
            Flaw::None => {}
            Flaw::WrongKey => signing = Signing::With(self.another_key()?),
            Flaw::UnknownKey => {
                signing = Signing::With(self.another_key()?);
                let unknown = URL_SAFE_NO_PAD.encode(Sha1::digest(self.keys.current().thumbprint()));
                for name in ["kid", "x5t"] {
                    if draft.header.get(name).is_some() {
                        draft.header[name] = json!(unknown);
                    }
                }
            }
            Flaw::AlgNone => {
                draft.set_algorithm("none");
                signing = Signing::Nobody;
            }
            Flaw::Hs256 => {
                draft.set_algorithm("HS256");
                signing = Signing::Hmac(self.keys.current().public_pem());
            }
            Flaw::WrongIssuer => {
                let issuer = format!("https://sts.example/{}/v2.0", draft.tenant.id);
                draft.claims.insert("iss".to_owned(), json!(issuer));
            }
            Flaw::WrongAudience => draft.name_another_audience(&self.scenario),
            Flaw::Expired => draft.set_times(now.seconds() - 2 * LIFE, now.seconds() - LIFE),
            Flaw::NotYetValid => draft.set_times(now.seconds() + LIFE, now.seconds() + 2 * LIFE),
            Flaw::NoPermissions => {
                let had = ["scp", "roles"].map(|claim| draft.claims.shift_remove(claim).is_some());
                if had == [false, false] {
                    return Err(ForgeError::DoesNotFit(
                        "the token has no permissions that could be taken away",
                    ));
                }
            }
            Flaw::SwappedPermissions => draft.swap_permissions()?,
            Flaw::OtherVersion => draft.change_version(&call.base)?,
            Flaw::WrongTenant => draft.change_tenant(&self.scenario, &call.base),
            Flaw::IdToken => self.make_id_token(&mut draft, &call)?,
        }
        Ok(Forgery { flaw: spec.flaw, header: draft.header, claims: draft.claims, signing })
    }

    /// Takes header and claims as they are and settles who signs; [`Bespoke::sign`] does it and needs no lock.
    pub fn bespoke(
        &self,
        header: Map<String, Value>,
        claims: Map<String, Value>,
        by: SignedBy,
    ) -> Result<Bespoke, ForgeError> {
        let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default();
        let named = self.keys.find(kid).unwrap_or_else(|| self.keys.current());
        let signing = match by {
            SignedBy::TenantKey => Signing::With(Arc::clone(named)),
            SignedBy::OtherKey => Signing::With(self.another_key()?),
            SignedBy::PublicKeyAsSecret => Signing::Hmac(named.public_pem()),
        };
        Ok(Bespoke { header: header.into(), claims, signing })
    }

    /// A key that none of the tenants publishes.
    fn another_key(&self) -> Result<Arc<SigningKey>, ForgeError> {
        let missing = ForgeError::DoesNotFit("the lab's other key is not made yet; ask again in a moment");
        self.pipeline_key.clone().ok_or(missing)
    }

    /// Begins with a token that was issued here.
    fn pasted(&self, text: &str, now: UnixTime) -> Result<Draft, ForgeError> {
        let ours = |why: &str| ForgeError::NotOurs(why.to_owned());
        let token = Token::read(text.trim()).map_err(ForgeError::NotOurs)?;
        let key = self
            .keys
            .find(token.in_header("kid"))
            .ok_or_else(|| ours("names a key that is not the lab's"))?;
        if token.in_header("alg") != "RS256"
            || !(token.is_signed_by(key, false) || token.is_signed_by(key, true))
        {
            return Err(ours("has a signature that does not fit"));
        }
        let scenario = &self.scenario;
        let unknown =
            |claim: &str| ForgeError::NotOurs(format!("has a {claim} that is not in the directory"));
        let audience = token.text("aud").trim_end_matches('/');
        let is_meant = |one: &&Arc<Application>| {
            one.app_id.eq_ignore_ascii_case(audience)
                || one.identifier_uris.iter().any(|uri| uri.trim_end_matches('/') == audience)
        };
        let resource = scenario.applications().iter().find(is_meant).ok_or_else(|| unknown("aud"))?;
        let client = scenario.application_with_id(token.client()).unwrap_or(resource);
        let tenant = scenario.tenant_named(token.text("tid")).ok_or_else(|| unknown("tid"))?;
        let person = scenario.user_with_id(token.text("oid")).map(|user| {
            let methods = mint::methods_of(token.text("aio"));
            Person::new(Arc::clone(user), token.text("sid").to_owned(), now, methods)
        });
        let (kid, mut header) = (self.keys.current().thumbprint(), Value::Object(token.header));
        for name in ["kid", "x5t"] {
            if header.get(name).is_some() {
                header[name] = json!(kid);
            }
        }
        Ok(Draft {
            header,
            claims: token.claims,
            client: Arc::clone(client),
            resource: Arc::clone(resource),
            tenant: Arc::clone(tenant),
            person,
        })
    }

    /// Begins with what the directory says.
    fn drafted(
        &mut self,
        spec: &Spec,
        client: &str,
        resource: &str,
        call: &Call,
    ) -> Result<Draft, ForgeError> {
        let scenario = Arc::clone(&self.scenario);
        let application = |what, key: &str| {
            let found = scenario.application(key).or_else(|| scenario.application_with_id(key));
            found.cloned().ok_or_else(|| ForgeError::NoEntry { what, key: key.to_owned() })
        };
        let (client, resource) = (application("client", client)?, application("resource", resource)?);
        let user = spec.person.as_ref().map(|key| {
            let found = scenario.user(key).or_else(|| scenario.user_named(key));
            found.cloned().ok_or_else(|| ForgeError::NoEntry { what: "person", key: key.clone() })
        });
        let person = user.transpose()?.map(|user| self.present(user, call.now));
        let tenant = match (&person, &client.tenant) {
            (Some(person), _) => scenario.tenant_of(&person.user),
            (None, Some(home)) => scenario.tenant(home).unwrap_or_else(|| scenario.home()),
            (None, None) => scenario.home(),
        };
        let granted = match &person {
            Some(person) => {
                self.consents.granted(tenant, &client, &person.user, &resource).into_iter().collect()
            }
            None => self.consents.roles(tenant, &client, &resource),
        };
        let audience = resource.identifier_uris.first().unwrap_or(&resource.app_id).clone();
        let target =
            Target { resource: Arc::clone(&resource), audience, default: true, permissions: Vec::new() };
        let keys = self.keys.clone();
        let proof = if client.secret().is_some() { Proof::Secret } else { Proof::None };
        let mut mint = Mint { call, keys: &keys, random: &mut self.random, tenant, client: &client, proof };
        let made = if let Some(person) = &person {
            let offered: Vec<&str> = resource.api.scopes.iter().map(|scope| scope.value.as_str()).collect();
            let scp = permissions("scopes", &spec.scopes, granted, &offered, &resource)?;
            mint.user_token(person, &target, &BTreeSet::from_iter(scp), &Extra::default(), LIFE)
        } else {
            let offered: Vec<&str> = resource.app_roles.iter().map(|role| role.value.as_str()).collect();
            let roles = permissions("roles", &spec.roles, granted, &offered, &resource)?;
            mint.app_token(&target, &roles, LIFE)
        };
        let (header, claims) = made.into_parts();
        Ok(Draft { header, claims, tenant: Arc::clone(tenant), client, resource, person })
    }

    /// Somebody who has just signed in.
    fn present(&mut self, user: Arc<User>, now: UnixTime) -> Person {
        let mut methods = vec!["pwd"];
        if user.one_time_code.is_some() {
            methods.push("mfa");
        }
        Person::new(user, self.random.guid(), now, methods)
    }

    fn make_id_token(&mut self, draft: &mut Draft, call: &Call) -> Result<(), ForgeError> {
        let nobody = ForgeError::DoesNotFit("an ID token is about a person, and this token is about none");
        let person = draft.person.as_ref().ok_or(nobody)?;
        let wanted = Wanted::restore(
            String::new(),
            Version::Two,
            &["openid".to_owned(), "profile".to_owned()],
            Vec::new(),
        );
        let keys = self.keys.clone();
        let mut mint = Mint {
            call,
            keys: &keys,
            random: &mut self.random,
            tenant: &draft.tenant,
            client: &draft.client,
            proof: Proof::None,
        };
        let parts = IdTokenParts {
            version: Version::Two,
            wanted: &wanted,
            nonce: None,
            auth_time: false,
            contexts: Vec::new(),
            code: None,
            beside_access_token: false,
            directory: Vec::new(),
        };
        (draft.header, draft.claims) = mint.id_token(person, &parts).into_parts();
        Ok(())
    }
}

/// What was asked for, or else what is granted, or else all that there is.
fn permissions(
    what: &'static str,
    asked: &[String],
    granted: Vec<String>,
    offered: &[&str],
    resource: &Application,
) -> Result<Vec<String>, ForgeError> {
    if let Some(unknown) = asked.iter().find(|value| !offered.contains(&value.as_str())) {
        let (resource, value) = (resource.key.clone(), unknown.clone());
        return Err(ForgeError::NotOffered { what, resource, value });
    }
    Ok(match (asked, granted.is_empty()) {
        ([], false) => granted,
        ([], true) => offered.iter().map(|value| (*value).to_owned()).collect(),
        (asked, _) => asked.to_vec(),
    })
}

impl Draft {
    fn set_times(&mut self, begins: i64, ends: i64) {
        for (claim, seconds) in [("iat", begins), ("nbf", begins), ("exp", ends)] {
            self.claims.insert(claim.to_owned(), json!(seconds));
        }
    }

    /// A header that is signed otherwise has no `nonce`, which is a matter of the tenant's own signatures.
    fn set_algorithm(&mut self, algorithm: &str) {
        self.header["alg"] = json!(algorithm);
        if let Some(header) = self.header.as_object_mut() {
            header.shift_remove("nonce");
        }
    }

    fn is_version_2(&self) -> bool {
        self.claims.get("ver").is_some_and(|version| version == "2.0")
    }

    fn own_name(&self, application: &Application) -> String {
        let uri = application.identifier_uris.first().filter(|_| !self.is_version_2());
        uri.unwrap_or(&application.app_id).clone()
    }

    /// Graph, most likely: the token that is sent to the wrong API is mostly its.
    fn name_another_audience(&mut self, scenario: &Scenario) {
        let another = if self.resource.app_id == GRAPH {
            let others = scenario.applications().iter();
            others.filter(|one| one.is_resource()).find(|one| one.app_id != GRAPH)
        } else {
            Some(scenario.graph())
        };
        let audience = another.map_or_else(|| "api://another".to_owned(), |another| self.own_name(another));
        self.claims.insert("aud".to_owned(), json!(audience));
    }

    fn swap_permissions(&mut self) -> Result<(), ForgeError> {
        if let Some(scp) = self.claims.shift_remove("scp") {
            let roles: Vec<&str> = scp.as_str().unwrap_or_default().split_ascii_whitespace().collect();
            self.claims.insert("roles".to_owned(), json!(roles));
        } else if let Some(roles) = self.claims.shift_remove("roles") {
            let roles: Vec<&str> = roles.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            self.claims.insert("scp".to_owned(), json!(roles.join(" ")));
        } else {
            return Err(ForgeError::DoesNotFit("the token has no permissions that could be swapped"));
        }
        Ok(())
    }

    fn change_version(&mut self, base: &str) -> Result<(), ForgeError> {
        if !["azp", "appid"].iter().any(|claim| self.claims.contains_key(*claim)) {
            return Err(ForgeError::DoesNotFit("only access tokens come in two versions"));
        }
        let (version, names) = if self.is_version_2() {
            (1, [("azp", "appid"), ("azpacr", "appidacr"), ("preferred_username", "unique_name")])
        } else {
            (2, [("appid", "azp"), ("appidacr", "azpacr"), ("unique_name", "preferred_username")])
        };
        for (from, to) in names {
            if let Some(value) = self.claims.shift_remove(from) {
                self.claims.insert(to.to_owned(), value);
            }
        }
        for claim in ["acr", "amr", "upn"] {
            self.claims.shift_remove(claim);
        }
        self.claims.insert("ver".to_owned(), json!(format!("{version}.0")));
        self.claims.insert("iss".to_owned(), json!(mint::issuer(base, &self.tenant.id, version)));
        let audience = self.own_name(&self.resource);
        self.claims.insert("aud".to_owned(), json!(audience));
        let kid = self.header["kid"].clone();
        if let Some(header) = self.header.as_object_mut() {
            if version == 1 {
                header.insert("x5t".to_owned(), kid);
            } else {
                header.shift_remove("x5t");
            }
        }
        Ok(())
    }

    fn change_tenant(&mut self, scenario: &Scenario, base: &str) {
        let other = scenario.tenants().iter().find(|one| one.id != self.tenant.id);
        let id = other.map_or("00000000-0000-4000-8000-000000000000", |other| other.id.as_str());
        let version = if self.is_version_2() { 2 } else { 1 };
        self.claims.insert("tid".to_owned(), json!(id));
        self.claims.insert("iss".to_owned(), json!(mint::issuer(base, id, version)));
    }
}

impl Forgery {
    /// Signs it, or whatever is done in place of signing.
    pub fn sign(self) -> Forged {
        let Self { flaw, header, claims, signing } = self;
        let token = signing.sign(&header, &claims);
        Forged { token, flaw, about: flaw.about(), header, claims }
    }
}

impl Bespoke {
    /// The token.
    pub fn sign(self) -> Secret {
        Secret::new(self.signing.sign(&self.header, &self.claims))
    }
}

impl Signing {
    fn sign(self, header: &Value, claims: &Map<String, Value>) -> String {
        match self {
            Self::With(key) => Unsigned::new(key, header.clone(), claims.clone()).sign(None),
            Self::Nobody => format!("{}.", parts(header, claims)),
            Self::Hmac(secret) => {
                let text = parts(header, claims);
                let mut mac =
                    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
                mac.update(text.as_bytes());
                format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
            }
        }
    }
}

fn parts(header: &Value, claims: &Map<String, Value>) -> String {
    let claims = Value::Object(claims.clone()).to_string();
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_has_its_name() {
        for flaw in Flaw::ALL {
            assert_eq!(json!(flaw), flaw.name());
            assert_eq!(Flaw::named(flaw.name()), Some(flaw));
        }
    }
}
