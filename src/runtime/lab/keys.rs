//! The keys of the tenant, made while requests already come in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeySize,
    signature::RsaKeyPair,
};
use tokio::sync::{mpsc, watch};

use crate::{
    provider::{
        Provider,
        keys::{Keys, SigningKey},
        scenario::{Application, Scenario},
    },
    runtime::{clock, key_pair},
    workbench::Event,
};

/// How long the certificates of applications last that are made at start.
const CLIENT_KEY_DAYS: u32 = 90;

/// Whose certificate the keys of the tenant are published with.
const TENANT: &str = "authwright lab tenant";

/// A key could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no signing key could be made: {0}")]
pub struct KeyError(String);

impl From<String> for KeyError {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// Where the making of keys stands.
#[derive(Clone, Debug)]
pub(super) enum State {
    MakingKeys,
    /// The tenant answers; the second issuer has no key yet.
    Ready(Arc<Mutex<Provider>>),
    /// All keys are made.
    Complete(Arc<Mutex<Provider>>),
    Failed(Arc<str>),
}

/// Makes those that the tenant `kept` (if there is one) has not, those first that everybody waits for, and says after each how far it is. Belongs on a blocking thread.
pub(super) fn make_all(
    scenario: &Arc<Scenario>,
    kept: Option<Provider>,
    seed: [u8; 32],
    state: &watch::Sender<State>,
    events: &mpsc::Sender<Event>,
) {
    let made = kept.map_or_else(|| Ok(Provider::new(Arc::clone(scenario), make_keys()?, seed)), Ok);
    let provider = match made {
        Ok(provider) => Arc::new(Mutex::new(provider)),
        Err::<_, KeyError>(why) => {
            state.send_replace(State::Failed(why.to_string().into()));
            return;
        }
    };
    state.send_replace(State::Ready(Arc::clone(&provider)));
    // Without a key of its own the second issuer stays closed; the tenant goes on all the same.
    let has_pipeline = lock(&provider).has_pipeline();
    if !has_pipeline && let Ok(key) = make_key("authwright lab pipeline") {
        lock(&provider).open_pipeline(key);
    }
    state.send_replace(State::Complete(Arc::clone(&provider)));
    let scenario = Arc::clone(lock(&provider).scenario());
    make_client_keys(&scenario, &provider, events);
}

/// The tenant once it can answer; `complete` waits for the second issuer as well.
pub(super) async fn ready(
    mut state: watch::Receiver<State>,
    complete: bool,
) -> Result<Arc<Mutex<Provider>>, String> {
    let settled = state.wait_for(|state| match state {
        State::MakingKeys => false,
        State::Ready(_) => !complete,
        State::Complete(_) | State::Failed(_) => true,
    });
    match settled.await.as_deref() {
        Ok(State::Ready(provider) | State::Complete(provider)) => Ok(Arc::clone(provider)),
        Ok(State::Failed(why)) => Err(why.to_string()),
        Ok(State::MakingKeys) | Err(_) => Err("the lab tenant has stopped".to_owned()),
    }
}

/// The tenant, for one at a time.
pub(super) fn lock(provider: &Mutex<Provider>) -> MutexGuard<'_, Provider> {
    provider.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the two keys that a tenant publishes: RSA with 2048 bits, each with a self-signed certificate. Takes about a
/// tenth of a second on two cores; belongs on a blocking thread.
pub fn make_keys() -> Result<Keys, KeyError> {
    let (current, next) = std::thread::scope(|scope| {
        let next = scope.spawn(make_tenant_key);
        (make_tenant_key(), next.join())
    });
    let next = next.map_err(|_| KeyError("the thread that made it ended early".to_owned()))?;
    Ok(Keys::new(current?, next?))
}

/// Makes one more key for the tenant. Takes about a tenth of a second; belongs on a blocking thread.
pub(super) fn make_tenant_key() -> Result<SigningKey, KeyError> {
    make_key(TENANT)
}

/// Makes a key and has the tenant publish it; the one that was next signs from now on.
pub(super) async fn rotate(provider: &Arc<Mutex<Provider>>) -> Result<(), KeyError> {
    let made = tokio::task::spawn_blocking(make_tenant_key).await;
    let key = made.map_err(|why| KeyError(why.to_string()))??;
    lock(provider).rotate_keys(key, clock::now());
    Ok(())
}

/// Makes a key pair for each application that is to have one, registers the certificate, and tells the workbench.
fn make_client_keys(scenario: &Scenario, provider: &Mutex<Provider>, events: &mpsc::Sender<Event>) {
    for application in scenario.applications().iter().filter(|application| application.gets_a_key()) {
        if !make_client_key(application, provider, events) {
            return;
        }
    }
}

/// The same for one; false if nobody listens any more, for the lab was stopped.
pub(super) fn make_client_key(
    application: &Application,
    provider: &Mutex<Provider>,
    events: &mpsc::Sender<Event>,
) -> bool {
    let Ok(pair) = key_pair::make(&application.display_name, CLIENT_KEY_DAYS) else { return true };
    let registered = lock(provider).register_certificate(&application.key, &pair.certificate_der);
    let event = Event::LabKey { application: application.key.clone(), key: pair.client_key() };
    registered.is_err() || events.blocking_send(event).is_ok()
}

fn make_key(name: &str) -> Result<SigningKey, KeyError> {
    let failed = |why: &dyn std::fmt::Display| KeyError(why.to_string());
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|why| failed(&why))?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|why| failed(&why))?;
    let signer = rcgen::KeyPair::try_from(der.as_ref()).map_err(|why| failed(&why))?;
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).map_err(|why| failed(&why))?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.not_before = rcgen::date_time_ymd(2025, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2045, 1, 1);
    let certificate = parameters.self_signed(&signer).map_err(|why| failed(&why))?;
    SigningKey::new(pair, certificate.der().to_vec()).map_err(|why| failed(&why))
}
