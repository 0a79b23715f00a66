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
    runtime::key_pair,
    workbench::Event,
};

/// How long the certificates of applications last that are made at start.
const CLIENT_KEY_DAYS: u32 = 90;

/// A key could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no signing key could be made: {0}")]
pub struct KeyError(String);

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

/// Makes them all, those first that everybody waits for, and says after each how far it is. Belongs on a blocking thread.
pub(super) fn make_all(
    scenario: Scenario,
    seed: [u8; 32],
    state: &watch::Sender<State>,
    events: &mpsc::Sender<Event>,
) {
    let scenario = Arc::new(scenario);
    let provider = match make_keys() {
        Ok(keys) => Arc::new(Mutex::new(Provider::new(Arc::clone(&scenario), keys, seed))),
        Err(why) => {
            state.send_replace(State::Failed(why.to_string().into()));
            return;
        }
    };
    state.send_replace(State::Ready(Arc::clone(&provider)));
    // Without a key of its own the second issuer stays closed; the tenant goes on all the same.
    if let Ok(key) = make_key("authwright lab pipeline") {
        lock(&provider).open_pipeline(key);
    }
    state.send_replace(State::Complete(Arc::clone(&provider)));
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
        let next = scope.spawn(|| make_key("authwright lab tenant"));
        (make_key("authwright lab tenant"), next.join())
    });
    let next = next.map_err(|_| KeyError("the thread that made it ended early".to_owned()))?;
    Ok(Keys::new(current?, next?))
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
