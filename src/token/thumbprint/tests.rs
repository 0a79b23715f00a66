//! The mix-ups, each made from a certificate as people make them.

use serde_json::json;

use super::*;
use crate::token::signed;

struct Made {
    pem: String,
    der: Vec<u8>,
    read: Certificate,
    key: aws_lc_rs::rsa::KeyPair,
}

/// A certificate of a new RSA key.
fn make(name: &str) -> Made {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let signer = rcgen::KeyPair::try_from(pkcs8.as_ref()).unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let made = params.self_signed(&signer).unwrap();
    let base64 = STANDARD.encode(made.der());
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    Made { read: Certificate::read(pem.as_bytes()).unwrap(), der: made.der().to_vec(), pem, key }
}

#[track_caller]
fn one(made: &Made, text: &str) -> Comparison {
    let mut found = made.read.compare(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.remove(0)
}

#[test]
fn every_form_of_file_gives_the_same_certificate() {
    let made = make("Price Feed");
    assert_eq!((made.read.subject.as_str(), made.read.key.as_str()), ("CN=Price Feed", "RSA, 2048 bits"));
    assert_eq!(made.read.sha1, <[u8; 20]>::from(Sha1::digest(&made.der)));
    let same = |file: &[u8]| {
        let read = Certificate::read(file).unwrap();
        assert_eq!(
            (read.sha1, read.sha256, &read.serial),
            (made.read.sha1, made.read.sha256, &made.read.serial)
        );
    };
    same(&made.der);
    same(STANDARD.encode(&made.der).as_bytes());
    same(format!("Bag Attributes\r\n{}", made.pem.replace('\n', "\r\n")).as_bytes());
    for (file, expected) in [
        (&b""[..], CertificateError::Absent),
        (b"hello", CertificateError::Absent),
        (b"\xff\xfe", CertificateError::Absent),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", CertificateError::OnlyKey),
    ] {
        assert_eq!(Certificate::read(file), Err(expected));
    }
    assert!(matches!(Certificate::read(&made.der[..100]), Err(CertificateError::Unreadable(_))));
    assert!(matches!(
        Certificate::read(&[&made.der[..], b"x"].concat()),
        Err(CertificateError::Unreadable(_))
    ));
}

#[test]
fn every_form_that_is_shown_names_the_certificate() {
    let made = make("Price Feed");
    let forms = made.read.forms();
    assert_eq!(forms.len(), 9);
    for form in forms {
        let found = one(&made, &form.text);
        assert!(found.fits && found.mixups.is_empty(), "{}: {found:?}", form.name);
    }
}

#[test]
fn each_mix_up_is_named_where_it_is_made() {
    let made = make("Price Feed");
    let (sha1, sha256) = (made.read.sha1, made.read.sha256);
    let upper = hex(&sha1);
    let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let read = x509_parser::certificate::X509Certificate::from_der(&made.der).unwrap().1;
    let pem_hash = Sha1::digest(made.pem.as_bytes());
    let key_hash = Sha256::digest(read.public_key().raw);
    let cases = [
        (format!("x5t={upper}"), Mixup::HexForBase64),
        (format!("x5t={}", b64(upper.as_bytes())), Mixup::HexTextEncoded),
        (format!("x5t={}", b64(upper.to_lowercase().as_bytes())), Mixup::HexTextEncoded),
        (format!("x5t={}", b64(colons(&upper).as_bytes())), Mixup::HexTextEncoded),
        (hex(&STANDARD.decode(&upper).unwrap()), Mixup::HexDecodedAsBase64),
        (format!("x5t={}", b64(&sha256)), Mixup::Sha256ForSha1),
        (format!("x5t#S256={}", b64(&sha1)), Mixup::Sha1ForSha256),
        (format!("x5t#S256={}", hex(&sha256)), Mixup::HexForBase64),
        (format!("thumbprint: {}", b64(&sha1)), Mixup::Base64ForHex),
        (format!("thumbprint: {}", colons(&upper)), Mixup::Separators),
        (format!("thumbprint: \u{200e}{upper}"), Mixup::Invisible),
        (format!("\u{feff}{}", upper.to_lowercase()), Mixup::Invisible),
        (hex(&pem_hash), Mixup::OfPemText),
        (format!("x5t={}", b64(&pem_hash)), Mixup::OfPemText),
        (hex(&Sha1::digest(STANDARD.encode(&made.der))), Mixup::OfBase64Text),
        (b64(&key_hash), Mixup::OfPublicKey),
        (hex(&Sha1::digest(&read.public_key().subject_public_key.data)), Mixup::OfKeyBits),
        (hex(&Sha1::digest(read.tbs_certificate.as_ref())), Mixup::OfSignedPart),
        (made.read.serial.clone(), Mixup::Serial),
        (STANDARD.encode(&made.der), Mixup::WholeCertificate),
        ("x5t=4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d".to_owned(), Mixup::KeyId),
        (upper[..38].to_owned(), Mixup::CutOff),
        (format!("x5t={}", &b64(&sha1)[..24]), Mixup::CutOff),
    ];
    for (text, expected) in cases {
        let found = one(&made, &text);
        assert_eq!(found.mixups.first(), Some(&expected), "{text}: {found:?}");
        assert!(!found.fits && found.finding.severity == Severity::Error, "{text}: {found:?}");
        assert!(!found.used.chars().any(crate::text::is_unsafe), "{text:?}");
    }
}

#[test]
fn padding_is_forgiven_and_said_and_the_other_alphabet_is_not() {
    // A fingerprint whose base64 has a character in which the alphabets differ.
    let made = std::iter::repeat_with(|| make("x"))
        .find(|made| STANDARD.encode(made.read.sha1).contains(['+', '/']))
        .unwrap();
    let padded = one(&made, &format!("x5t={}=", URL_SAFE_NO_PAD.encode(made.read.sha1)));
    assert_eq!((padded.fits, padded.mixups.as_slice()), (true, &[Mixup::Padded][..]));
    assert_eq!(padded.finding.severity, Severity::Warning);
    let standard = one(&made, &format!("x5t={}", STANDARD.encode(made.read.sha1)));
    assert_eq!(
        (standard.fits, standard.mixups.as_slice()),
        (false, &[Mixup::StandardAlphabet, Mixup::Padded][..])
    );
    let graph = one(&made, &format!("customKeyIdentifier: {}", STANDARD.encode(made.read.sha1)));
    assert!(graph.fits && graph.mixups.is_empty(), "Graph writes it so");
}

#[test]
fn another_certificate_is_just_that() {
    let (made, other) = (make("one"), make("two"));
    let found = one(&made, &format!("x5t={}", URL_SAFE_NO_PAD.encode(other.read.sha1)));
    assert_eq!((found.fits, found.mixups.len()), (false, 0));
    assert!(found.finding.title.contains("another certificate"), "{found:?}");
    assert_eq!(found.expected, URL_SAFE_NO_PAD.encode(made.read.sha1));
    assert_eq!(made.read.compare("  "), []);
}

#[test]
fn a_registration_and_an_assertion_are_searched() {
    let (made, other) = (make("one"), make("two"));
    let registration = json!({"appId": "x", "keyCredentials": [
        {"customKeyIdentifier": hex(&other.read.sha1), "keyId": "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d"},
        {"customKeyIdentifier": hex(&made.read.sha1)},
    ]});
    let found = made.read.compare(&registration.to_string());
    assert_eq!(found.iter().map(|one| one.fits).collect::<Vec<_>>(), [false, true]);

    let header = json!({"alg": "RS256", "x5t": hex(&made.read.sha1), "kid": "mine"});
    let assertion = signed::sign(&header, &json!({"iss": "app", "sub": "app"}));
    let found = made.read.compare(&assertion);
    assert_eq!((found.len(), found[0].slot), (1, Slot::X5t), "a kid of one's own choice is no thumbprint");
    assert_eq!(found[0].mixups, [Mixup::HexForBase64]);
    assert_eq!(made.read.signed(&assertion).unwrap().severity, Severity::Error, "another key signed it");
    assert_eq!(made.read.signed("x5t=abc"), None);
}

#[test]
fn the_signature_of_an_assertion_is_looked_at() {
    let made = make("one");
    let input = format!("{}.{}", signed::encode(r#"{"alg":"RS256"}"#), signed::encode(r#"{"iss":"app"}"#));
    let mut signature = vec![0; made.key.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    made.key
        .sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, input.as_bytes(), &mut signature)
        .unwrap();
    let token = |input: &str| format!("{input}.{}", signed::encode(&signature));
    assert_eq!(made.read.signed(&token(&input)).unwrap().severity, Severity::Passed);
    let changed = input.replace(&signed::encode(r#"{"iss":"app"}"#), &signed::encode(r#"{"iss":"bpp"}"#));
    assert_eq!(made.read.signed(&token(&changed)).unwrap().severity, Severity::Error);
    let confused =
        input.replace(&signed::encode(r#"{"alg":"RS256"}"#), &signed::encode(r#"{"alg":"HS256"}"#));
    let found = made.read.signed(&token(&confused)).unwrap();
    assert!(found.severity == Severity::Error && found.title.contains("HS256"), "{found:?}");
}
