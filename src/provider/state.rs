//! What of a tenant survives its end: directory, grants, keys, clock, refresh tokens, revoked sessions and the log. Browser
//! sessions, codes and faults end with it, and so do certificates that whoever ran it registered.
//!
//! [`Provider::save`] is quick; [`Saved::to_json`] is slow and needs no lock. [`Provider::resume`] goes on from the text. It
//! holds private keys and lab passwords: who has it can be anybody in the lab, and nobody outside.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Provider, SignIn,
    accounts::Accounts,
    clock::Clock,
    consents::Consents,
    grants::Refresh,
    keys::{Keys, Retired, SigningKey},
    mint,
    scenario::{PlatformKind, Scenario, plain},
    scope::{Permission, Target, Wanted},
    sessions::{DeviceShown, Person},
    sign_ins::SignIns,
    stock::Stock,
    version::Version,
};
use crate::{secret::Secret, time::UnixTime};

/// The version of the form. What it does not know it would lose, so a newer one is not read.
const FORMAT: u64 = 1;

/// How many entries of the log are kept.
const LOG: usize = 1000;

/// Changes when something changed that is worth saving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    revision: u64,
    refresh_tokens: u64,
    sign_ins: u64,
}

/// A tenant at one moment.
#[derive(Debug)]
pub struct Saved {
    scenario: Arc<Scenario>,
    /// Certificates that do not belong to the directory.
    registered: Vec<Vec<u8>>,
    consents: Consents,
    clock: Clock,
    valid_from: BTreeMap<String, UnixTime>,
    known: BTreeSet<String>,
    keys: Keys,
    pipeline: Option<Arc<SigningKey>>,
    refresh_tokens: Vec<(String, Refresh)>,
    sign_ins: Vec<SignIn>,
}

/// A text from which no tenant can go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// It is of a later version.
    #[error("it was written by a newer version (form {0}; this one reads up to {FORMAT})")]
    Newer(u64),
    /// It is not whole, or somebody changed it.
    #[error("it cannot be read: {0}")]
    Damaged(String),
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    format: u64,
    directory: Value,
    grants: Consents,
    clock_ahead_milliseconds: i64,
    sessions_valid_from: BTreeMap<String, Moment>,
    ever_known: BTreeSet<String>,
    keys: KeysEntry,
    refresh_tokens: Vec<RefreshEntry>,
    sign_ins: Vec<SignIn>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct Moment(#[serde(with = "plain::time")] UnixTime);

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeysEntry {
    current: KeyEntry,
    next: KeyEntry,
    retired: Vec<RetiredEntry>,
    pipeline: Option<KeyEntry>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyEntry {
    #[serde(with = "plain::secret")]
    private_key: Secret,
    certificate: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RetiredEntry {
    key: KeyEntry,
    until: Moment,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RefreshEntry {
    /// What the token is kept as: a digest of it.
    name: String,
    client: String,
    tenant: String,
    user: String,
    session: String,
    authenticated_at: Moment,
    methods: Vec<String>,
    #[serde(default)]
    second_factor_at: Option<Moment>,
    /// The key of the device that was shown; empty for one that the directory does not know.
    #[serde(default)]
    device: Option<String>,
    scope: String,
    version: Version,
    oidc: Vec<String>,
    targets: Vec<TargetEntry>,
    platform: Option<String>,
    issued: Moment,
    row_began: Moment,
    revoked: Option<Moment>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetEntry {
    resource: String,
    audience: String,
    default: bool,
    /// Each with the scope as the request wrote it.
    permissions: Vec<(String, String)>,
}

impl Provider {
    /// Changes when something changed that is worth saving.
    pub const fn mark(&self) -> Mark {
        Mark {
            revision: self.revision,
            refresh_tokens: self.refresh_tokens.inserted(),
            sign_ins: self.sign_ins.written(),
        }
    }

    /// The tenant as it is now.
    pub fn save(&self) -> Saved {
        let tokens = self.refresh_tokens.iter().map(|(name, token)| (name.to_owned(), token.clone()));
        let log: Vec<SignIn> = self.sign_ins.iter().cloned().collect();
        Saved {
            scenario: Arc::clone(&self.scenario),
            registered: self.registered.clone(),
            consents: self.consents.clone(),
            clock: self.clock,
            valid_from: self.accounts.valid_from().clone(),
            known: self.accounts.known().clone(),
            keys: self.keys.clone(),
            pipeline: self.pipeline_key.clone(),
            refresh_tokens: tokens.collect(),
            sign_ins: log[log.len().saturating_sub(LOG)..].to_vec(),
        }
    }

    /// Goes on from what was saved. `began` is the directory to go back to; `seed` is a new one, or values would repeat.
    pub fn resume(began: Arc<Scenario>, saved: &[u8], seed: [u8; 32]) -> Result<Self, ResumeError> {
        let damaged = |why: &dyn std::fmt::Display| ResumeError::Damaged(why.to_string());
        let document: Value = serde_json::from_slice(saved).map_err(|why| damaged(&why))?;
        if let Some(newer) = document["format"].as_u64().filter(|format| *format > FORMAT) {
            return Err(ResumeError::Newer(newer));
        }
        let file: File = serde_json::from_value(document).map_err(|why| damaged(&why))?;
        let scenario = Arc::new(Scenario::from_document(&file.directory).map_err(|why| damaged(&why))?);
        let keys = file.keys;
        let pipeline = keys.pipeline.as_ref().map(KeyEntry::read).transpose()?;
        let retired = keys
            .retired
            .iter()
            .map(|entry| Ok(Retired { key: Arc::new(entry.key.read()?), until: entry.until.0 }));
        let retired = retired.collect::<Result<Vec<_>, ResumeError>>()?;
        let keys = Keys::new(keys.current.read()?, keys.next.read()?).with_retired(retired);

        let mut provider = Self::new(Arc::clone(&scenario), keys, seed);
        provider.began = began;
        provider.pipeline_key = pipeline.map(Arc::new);
        provider.consents = file.grants;
        provider.clock = Clock::ahead_by(file.clock_ahead_milliseconds);
        let valid_from = file.sessions_valid_from.into_iter().map(|(id, moment)| (id, moment.0)).collect();
        provider.accounts = Accounts::restore(valid_from, file.ever_known);
        provider.accounts.keep_track(&scenario);
        for entry in file.refresh_tokens {
            let issued = entry.issued.0;
            if let Some((name, token)) = entry.read(&scenario) {
                provider.refresh_tokens.put(name, token, issued);
            }
        }
        provider.sign_ins = SignIns::restore(file.sign_ins);
        Ok(provider)
    }

    /// Whether the second issuer has its key.
    pub const fn has_pipeline(&self) -> bool {
        self.pipeline_key.is_some()
    }

    /// Ends every session, takes back whatever was handed out, and forgets what was done. Keys stay.
    pub(super) fn forget_everybody(&mut self) {
        self.codes.clear();
        self.devices.clear();
        self.refresh_tokens.clear();
        self.interactions.clear();
        self.sessions.clear();
        self.participants.clear();
        self.assertions.clear();
        self.identity_tokens.clear();
        self.sign_ins = SignIns::default();
        self.stock = Stock::default();
        self.accounts = Accounts::default();
        self.accounts.keep_track(&self.scenario);
    }
}

impl Saved {
    /// The text that [`Provider::resume`] reads.
    pub fn to_json(&self) -> Vec<u8> {
        let file = File {
            format: FORMAT,
            directory: self.scenario.without_certificates(&self.registered).document(),
            grants: self.consents.clone(),
            clock_ahead_milliseconds: self.clock.ahead(),
            sessions_valid_from: self.valid_from.iter().map(|(id, at)| (id.clone(), Moment(*at))).collect(),
            ever_known: self.known.clone(),
            keys: KeysEntry {
                current: KeyEntry::of(self.keys.current()),
                next: KeyEntry::of(self.keys.next()),
                retired: self
                    .keys
                    .retired()
                    .iter()
                    .map(|retired| RetiredEntry {
                        key: KeyEntry::of(&retired.key),
                        until: Moment(retired.until),
                    })
                    .collect(),
                pipeline: self.pipeline.as_deref().map(KeyEntry::of),
            },
            refresh_tokens: self.refresh_tokens.iter().map(RefreshEntry::of).collect(),
            sign_ins: self.sign_ins.clone(),
        };
        serde_json::to_vec(&file).expect("every key is a text")
    }
}

impl KeyEntry {
    fn of(key: &SigningKey) -> Self {
        Self { private_key: key.private_key(), certificate: key.certificate() }
    }

    fn read(&self) -> Result<SigningKey, ResumeError> {
        SigningKey::restore(&self.private_key, &self.certificate)
            .map_err(|why| ResumeError::Damaged(why.to_string()))
    }
}

impl RefreshEntry {
    fn of((name, refresh): &(String, Refresh)) -> Self {
        let Refresh { client, tenant, person, wanted, platform, issued, row_began, revoked } = refresh;
        let target = |target: &Target| TargetEntry {
            resource: target.resource.app_id.clone(),
            audience: target.audience.clone(),
            default: target.default,
            permissions: target
                .permissions
                .iter()
                .map(|permission| (permission.value.clone(), permission.written.clone()))
                .collect(),
        };
        Self {
            name: name.clone(),
            client: client.app_id.clone(),
            tenant: tenant.id.clone(),
            user: person.user.id.clone(),
            session: person.session.clone(),
            authenticated_at: Moment(person.authenticated_at),
            methods: person.methods.iter().map(|method| (*method).to_owned()).collect(),
            second_factor_at: person.second_factor_at.map(Moment),
            device: match &person.device {
                DeviceShown::NotAsked => None,
                DeviceShown::Unregistered => Some(String::new()),
                DeviceShown::Device(key) => Some(key.to_string()),
            },
            scope: wanted.text.clone(),
            version: wanted.version,
            oidc: wanted.every_oidc().map(str::to_owned).collect(),
            targets: wanted.targets.iter().map(target).collect(),
            platform: platform.map(|platform| platform.name().to_owned()),
            issued: Moment(*issued),
            row_began: Moment(*row_began),
            revoked: revoked.map(Moment),
        }
    }

    /// `None` where somebody or something it is about is no longer in the directory: nobody could use it.
    fn read(self, scenario: &Scenario) -> Option<(String, Refresh)> {
        let target = |entry: TargetEntry| {
            let permissions =
                entry.permissions.into_iter().map(|(value, written)| Permission { value, written }).collect();
            Some(Target {
                resource: Arc::clone(scenario.application_with_id(&entry.resource)?),
                audience: entry.audience,
                default: entry.default,
                permissions,
            })
        };
        let targets = self.targets.into_iter().map(target).collect::<Option<Vec<_>>>()?;
        let refresh = Refresh {
            client: Arc::clone(scenario.application_with_id(&self.client)?),
            tenant: Arc::clone(scenario.tenant_named(&self.tenant)?),
            person: Person {
                user: Arc::clone(scenario.user_with_id(&self.user)?),
                session: self.session,
                authenticated_at: self.authenticated_at.0,
                methods: self.methods.iter().filter_map(|method| mint::method_named(method)).collect(),
                second_factor_at: self.second_factor_at.map(|moment| moment.0),
                device: match self.device.as_deref() {
                    None => DeviceShown::NotAsked,
                    Some("") => DeviceShown::Unregistered,
                    Some(key) => DeviceShown::Device(key.into()),
                },
            },
            wanted: Wanted::restore(self.scope, self.version, &self.oidc, targets),
            platform: self.platform.as_deref().and_then(PlatformKind::named),
            issued: self.issued.0,
            row_began: self.row_began.0,
            revoked: self.revoked.map(|moment| moment.0),
        };
        Some((self.name, refresh))
    }
}
