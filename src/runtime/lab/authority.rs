//! The certificate authority of this machine's lab tenant: made on first use, kept in the state folder, installed nowhere.
//! Whoever wants to reach the lab over https is told its file.
//!
//! Two files: `lab-ca-key.pem` holds key and certificate and is for its owner alone; `lab-ca.pem` repeats the certificate,
//! for others to trust. The first is the one that counts, so that the two cannot disagree. One that cannot be read, ends
//! soon, or is not what this version would make is replaced.
//!
//! What it may vouch for is written into it (name constraints, RFC 5280 §4.2.1.10): the names of this machine, and that of the
//! public cloud's sign-in host. A stolen key is worth nothing elsewhere.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256, PublicKeyData as _,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::door::CLOUD;
use crate::{
    provider::certificate::hex,
    runtime::{
        files::{self, Readers},
        key_pair::pem,
    },
    time::UnixTime,
};

/// The file that others are told to trust.
const CERTIFICATE_FILE: &str = "lab-ca.pem";

/// The file that counts: the private key, then the certificate.
const KEY_FILE: &str = "lab-ca-key.pem";

/// How long a new one lasts.
const LIFE: Duration = Duration::from_secs(825 * 86_400);

/// With less time left than this it is replaced: longer than the certificates it signs.
const LEAST_LEFT: Duration = Duration::from_secs(100 * 86_400);

/// Clocks of containers and virtual machines may be late by so much.
pub(super) const SKEW: Duration = Duration::from_secs(86_400);

pub(super) type Failed = Box<dyn Error + Send + Sync>;

/// What others have to trust to reach the lab tenant over https.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ca {
    /// The certificate, in PEM.
    pub pem: String,
    /// The file that holds it; `None` if it is kept in memory only.
    pub file: Option<PathBuf>,
    /// Why it is not in a file although it should be.
    pub remark: Option<String>,
}

/// The key with its certificate.
pub(super) struct Authority {
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

/// The authority kept in `folder`, made now if there is none that is good at `now`; without a folder, or where the folder
/// cannot be written, one that nobody keeps.
pub(super) fn open(folder: Option<&Path>, now: UnixTime) -> Result<(Authority, Ca), Failed> {
    let kept = folder.map(|folder| keep(folder, now).map_err(|why| (folder, why)));
    let (authority, file, remark) = match kept {
        Some(Ok((authority, file))) => (authority, Some(file), None),
        Some(Err((folder, why))) => {
            let remark = format!(
                "the lab's CA cannot be kept in {}: {why}; this one ends with the lab",
                folder.display()
            );
            (Authority::make(now)?, None, Some(remark))
        }
        None => (Authority::make(now)?, None, None),
    };
    let ca = Ca { pem: pem("CERTIFICATE", &authority.certificate), file, remark };
    Ok((authority, ca))
}

fn keep(folder: &Path, now: UnixTime) -> Result<(Authority, PathBuf), Failed> {
    // Clients may run elsewhere than we do.
    let folder = std::path::absolute(folder)?;
    let (key_file, certificate_file) = (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE));
    let authority = match read(&key_file, now) {
        Ok(authority) => authority,
        Err(why) => replace(&key_file, &why, now)?,
    };
    let text = pem("CERTIFICATE", &authority.certificate);
    if std::fs::read_to_string(&certificate_file).ok().as_ref() != Some(&text) {
        files::replace(&certificate_file, text.as_bytes(), Readers::Everybody)?;
    }
    Ok((authority, certificate_file))
}

fn read(key_file: &Path, now: UnixTime) -> io::Result<Authority> {
    let bytes = std::fs::read(key_file)?;
    Authority::read(&bytes, now).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
}

/// Makes a new one in the place of one that could not be read. Where there was none, somebody who starts at the same
/// moment may have been first: then theirs is the one.
fn replace(key_file: &Path, why: &io::Error, now: UnixTime) -> Result<Authority, Failed> {
    let made = Authority::make(now)?;
    let text =
        [pem("PRIVATE KEY", made.key.serialized_der()), pem("CERTIFICATE", &made.certificate)].concat();
    let is_ours = if why.kind() == io::ErrorKind::NotFound {
        files::create(key_file, text.as_bytes(), Readers::Owner)?
    } else {
        files::replace(key_file, text.as_bytes(), Readers::Owner)?;
        true
    };
    if is_ours { Ok(made) } else { Ok(read(key_file, now)?) }
}

impl Authority {
    fn make(now: UnixTime) -> Result<Self, Failed> {
        let key = KeyPair::generate()?;
        let begins = UnixTime::from_seconds(now.seconds()) - SKEW;
        let certificate = parameters(&key, begins, begins + LIFE).self_signed(&key)?.der().clone();
        Ok(Self { key, certificate })
    }

    /// Reads key and certificate from PEM text, and refuses what is not good or not for long.
    fn read(text: &[u8], now: UnixTime) -> Result<Self, Failed> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(text)?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)?;
        let certificate = CertificateDer::from_pem_slice(text)?;
        let (_, found) = X509Certificate::from_der(&certificate)?;
        let begins = UnixTime::from_seconds(found.validity().not_before.timestamp());
        let ends = UnixTime::from_seconds(found.validity().not_after.timestamp());
        if now < begins || ends < now + LEAST_LEFT {
            return Err("it is too old, or not valid yet".into());
        }
        // Signatures differ each time; what is signed must be what we would sign.
        let again = parameters(&key, begins, ends).self_signed(&key)?;
        let (_, again) = X509Certificate::from_der(again.der())?;
        if again.tbs_certificate.as_ref() != found.tbs_certificate.as_ref() {
            return Err("it does not belong to the key, or was made by another version".into());
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.der_bytes())
            .verify(found.tbs_certificate.as_ref(), &found.signature_value.data)
            .map_err(|_| "its signature is not good")?;
        Ok(Self { key, certificate })
    }

    /// A certificate for `subject`, signed by this authority.
    pub fn sign(
        &self,
        subject: &KeyPair,
        asked: &CertificateParams,
    ) -> Result<CertificateDer<'static>, Failed> {
        // Only the name and the key are taken from these; both are those of our certificate.
        let own = parameters(&self.key, UnixTime::default(), UnixTime::default());
        Ok(asked.signed_by(subject, &Issuer::from_params(&own, &self.key))?.der().clone())
    }
}

/// What stands in the certificate of an authority with this key. Its name carries a part of the key's digest, so that a
/// client that still trusts an earlier one says that it does not know this one, not that a signature is bad.
fn parameters(key: &KeyPair, begins: UnixTime, ends: UnixTime) -> CertificateParams {
    let digest = hex(&Sha256::digest(key.subject_public_key_info())[..4]);
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, format!("authwright lab CA {digest}"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    parameters.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::DnsName(CLOUD.to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix(Ipv4Addr::LOCALHOST.octets(), 32)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(Ipv6Addr::LOCALHOST.octets(), 128)),
        ],
        excluded_subtrees: Vec::new(),
    });
    set_validity(&mut parameters, begins, ends);
    parameters
}

/// Writes the first and the last moment into a certificate to be.
pub(super) fn set_validity(parameters: &mut CertificateParams, begins: UnixTime, ends: UnixTime) {
    let date = |moment: UnixTime| {
        let seconds = u64::try_from(moment.seconds()).unwrap_or_default();
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    parameters.not_before = date(begins);
    parameters.not_after = date(ends);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_772_615_727);
    const DAY: Duration = Duration::from_secs(86_400);

    fn text(authority: &Authority) -> String {
        [pem("PRIVATE KEY", authority.key.serialized_der()), pem("CERTIFICATE", &authority.certificate)]
            .concat()
    }

    #[test]
    fn what_was_kept_is_read_back_until_it_ends_soon() {
        let made = Authority::make(NOW).unwrap();
        let kept = text(&made);
        let read = |now: UnixTime| Authority::read(kept.as_bytes(), now);
        for days in [0, 1, 700] {
            assert_eq!(read(NOW + DAY * days).unwrap().certificate, made.certificate, "after {days} days");
        }
        assert!(read(NOW + DAY * 730).is_err(), "what it signs would outlive it");
        assert!(read(NOW - DAY * 2).is_err(), "it is not valid yet");
    }

    #[test]
    fn what_is_not_whole_or_does_not_belong_together_is_refused() {
        let (one, other) = (text(&Authority::make(NOW).unwrap()), text(&Authority::make(NOW).unwrap()));
        let certificate_at = one.find("-----BEGIN CERTIFICATE").unwrap();
        let swapped = format!("{}{}", &one[..certificate_at], &other[certificate_at..]);
        let mut bent = one.clone();
        // The last line of base64 holds the end of the signature.
        let last = bent.trim_end().rfind("=\n").or(bent.trim_end().rfind("\n-----END")).unwrap() - 8;
        bent.replace_range(last..=last, if &bent[last..=last] == "A" { "B" } else { "A" });
        for broken in
            ["", "nothing of the kind", &one[..certificate_at], &one[..one.len() - 60], &swapped, &bent]
        {
            assert!(Authority::read(broken.as_bytes(), NOW).is_err(), "{broken}");
        }
    }

    #[test]
    fn of_two_that_start_at_once_both_use_the_same() {
        let folder = std::env::temp_dir().join(format!("authwright-authority-{}", std::process::id()));
        let opened = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| open(Some(&folder), NOW).unwrap().1)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(opened.iter().all(|ca| *ca == opened[0]), "{opened:#?}");
        let file = opened[0].file.as_ref().unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), opened[0].pem);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn it_may_sign_for_this_machine_only_and_no_further_authority() {
        let authority = Authority::make(NOW).unwrap();
        let (_, read) = X509Certificate::from_der(&authority.certificate).unwrap();
        let basic = read.basic_constraints().unwrap().unwrap();
        assert!(basic.critical && basic.value.ca && basic.value.path_len_constraint == Some(0));
        let usage = read.key_usage().unwrap().unwrap();
        assert!(usage.critical && usage.value.key_cert_sign() && !usage.value.digital_signature());
        let names = read.name_constraints().unwrap().unwrap();
        assert!(names.critical);
        let permitted = names.value.permitted_subtrees.as_ref().unwrap();
        let permitted: Vec<String> = permitted.iter().map(|one| one.base.to_string()).collect();
        assert_eq!(permitted.len(), 4, "{permitted:?}");
        assert!(permitted[0].contains("localhost") && permitted[1].contains(CLOUD), "{permitted:?}");
    }
}
