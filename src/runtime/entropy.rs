//! Random values, from the operating system. Small and quick on purpose: the first frame may need them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{flow::Seeds, secret::Secret};

/// Random values for one run: 128 bits of state and nonce, a verifier of 43 characters (RFC 7636 §4.1), a GUID.
pub fn seeds() -> Seeds {
    Seeds {
        state: text::<16>(),
        nonce: text::<16>(),
        verifier: Secret::new(text::<32>()),
        assertion_id: uuid::Builder::from_random_bytes(bytes()).into_uuid().to_string(),
    }
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    bytes
}

fn text<const N: usize>() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<N>())
}
