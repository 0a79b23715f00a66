//! Signatures with a client's private key.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    flow::{Signing, SigningAlgorithm},
    wire::Failure,
};

/// Signs with the key that comes along. RSA keys of 2048 bits and more are taken.
pub fn sign(signing: &Signing) -> Result<Vec<u8>, Failure> {
    let unusable = |why: &str| Failure::Unsendable { reason: format!("the private key cannot sign: {why}") };
    let der = pkcs8(signing.key.expose()).ok_or_else(|| unusable("it is not PKCS#8 in PEM"))?;
    let key = KeyPair::from_pkcs8(&der).map_err(|why| unusable(&why.to_string()))?;
    let algorithm: &'static dyn RsaEncoding = match signing.algorithm {
        SigningAlgorithm::Rs256 => &RSA_PKCS1_SHA256,
        SigningAlgorithm::Ps256 => &RSA_PSS_SHA256,
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(algorithm, &SystemRandom::new(), signing.input.as_bytes(), &mut signature)
        .map_err(|_| unusable("the library refuses it"))?;
    Ok(signature)
}

fn pkcs8(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer as _, Pkcs8V1Der},
        rsa::KeySize,
        signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey},
    };

    use super::*;
    use crate::secret::Secret;

    #[test]
    fn what_is_signed_verifies_with_the_public_key_and_the_same_algorithm() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        let sign = |algorithm| {
            sign(&Signing { key: Secret::new(pem.clone()), algorithm, input: "header.payload".into() })
                .unwrap()
        };
        let (rs256, ps256) = (sign(SigningAlgorithm::Rs256), sign(SigningAlgorithm::Ps256));
        let public = pair.public_key().as_ref();
        let pkcs1 = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        let pss = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public);
        assert!(
            pkcs1.verify(b"header.payload", &rs256).is_ok() && pss.verify(b"header.payload", &ps256).is_ok()
        );
        assert!(pss.verify(b"header.payload", &rs256).is_err());
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_not_repeated() {
        for key in ["hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"] {
            let signing = Signing {
                key: Secret::new(key),
                algorithm: SigningAlgorithm::Rs256,
                input: "header.payload".into(),
            };
            let text = sign(&signing).unwrap_err().to_string();
            assert!(text.contains("private key") && !text.contains("hunter2"), "{text}");
        }
    }
}
