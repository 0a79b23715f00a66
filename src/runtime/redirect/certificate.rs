//! The certificate of an https listener: made when the listener opens, gone with it, and vouched for by nobody. The person
//! compares its fingerprint with what the browser shows.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use sha2::{Digest as _, Sha256};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

use crate::runtime::clock;

/// How long it is good for; a sign-in does not take longer.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A key with its certificate, ready to shake hands.
pub(super) struct Identity {
    /// Takes connections.
    pub acceptor: TlsAcceptor,
    /// SHA-256 of the certificate, in hexadecimal pairs with colons.
    pub fingerprint: String,
}

impl Identity {
    /// Makes one for the three names of this machine.
    pub fn make() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name.push(DnType::CommonName, "authwright redirect listener");
        let seconds = u64::try_from(clock::now().seconds()).unwrap_or_default();
        let now = date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
        parameters.not_before = now - LIFE;
        parameters.not_after = now + LIFE;
        let certificate = parameters.self_signed(&key)?.der().clone();
        let fingerprint = fingerprint(&certificate);
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), fingerprint })
    }
}

fn fingerprint(certificate: &[u8]) -> String {
    let mut text = String::new();
    for (index, byte) in Sha256::digest(certificate).iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        write!(text, "{colon}{byte:02X}").expect("a string takes all text");
    }
    text
}
