//! Https on loopback: a certificate made at each start, and the shaking of hands.
//!
//! Making it takes about a millisecond, or more where files are slow; it happens beside the start, and connections that
//! come before it is done wait.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType};
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
    server::TlsStream,
};

use super::{
    authority::{self, Authority, Ca, Failed, SKEW, set_validity},
    door::CLOUD,
};
use crate::time::UnixTime;

/// How long the certificate lasts: longer than anybody leaves a lab running.
const LIFE: Duration = Duration::from_secs(90 * 86_400);

/// How long a client may take to shake hands.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first byte of whatever speaks TLS: a handshake record (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// What the https port needs, once it is made.
#[derive(Clone)]
pub(super) struct Ready {
    acceptor: TlsAcceptor,
    pub ca: Ca,
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").field("ca", &self.ca).finish_non_exhaustive()
    }
}

/// `None` until it is made.
pub(super) type State = Option<Result<Ready, Arc<str>>>;

/// What came of a connection to the https port.
pub(super) enum Opened {
    Encrypted(Box<TlsStream<TcpStream>>),
    /// The client speaks plainly; most likely it took the one port for the other.
    Plain(TcpStream),
    /// It went away, or does not trust us.
    Gone,
}

/// Opens the authority, and makes a certificate with it. Belongs on a blocking thread.
pub(super) fn make(folder: Option<&Path>, now: UnixTime) -> Result<Ready, Failed> {
    let (authority, ca) = authority::open(folder, now)?;
    Ok(Ready { acceptor: acceptor(&authority, now)?, ca })
}

fn acceptor(authority: &Authority, now: UnixTime) -> Result<TlsAcceptor, Failed> {
    let key = KeyPair::generate()?;
    let mut asked = CertificateParams::default();
    asked.distinguished_name = rcgen::DistinguishedName::new();
    asked.distinguished_name.push(DnType::CommonName, "authwright lab tenant");
    asked.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        SanType::DnsName(CLOUD.try_into()?),
    ];
    // Said outright, so that the key's identifier is written as well.
    asked.is_ca = IsCa::ExplicitNoCa;
    asked.use_authority_key_identifier_extension = true;
    asked.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    asked.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let begins = now - SKEW;
    set_validity(&mut asked, begins, begins + LIFE);
    let certificate = authority.sign(&key, &asked)?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What the https port needs, as soon as it is there.
pub(super) async fn ready(mut state: watch::Receiver<State>) -> Result<Ready, String> {
    match state.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(made)) => made.clone().map_err(|why| why.to_string()),
        Ok(None) | Err(_) => Err("the lab tenant has stopped".to_owned()),
    }
}

/// Shakes hands with a client.
pub(super) async fn open(stream: TcpStream, state: watch::Receiver<State>) -> Opened {
    let shaken = tokio::time::timeout(PATIENCE, async {
        let mut first = [0];
        if stream.peek(&mut first).await.is_ok_and(|count| count == 1 && first[0] != HANDSHAKE) {
            return Opened::Plain(stream);
        }
        let Ok(ready) = ready(state).await else { return Opened::Gone };
        match ready.acceptor.accept(stream).await {
            Ok(stream) => Opened::Encrypted(Box::new(stream)),
            Err(_) => Opened::Gone,
        }
    });
    shaken.await.unwrap_or(Opened::Gone)
}
