//! Values that nobody can guess, from a seed: ids, codes, session keys. Given the same seed and the same requests, a
//! tenant makes the same values again, which is what tests and recordings need.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A stream of HMAC-SHA256 blocks over a counter.
pub struct Random {
    /// Keyed once: half of the work of an HMAC is its key.
    keyed: Hmac<Sha256>,
    counter: u64,
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Random(value {})", self.counter)
    }
}

/// Letters and digits that are not mistaken for one another when they are read off a screen.
const USER_CODE_ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

impl Random {
    pub fn new(seed: [u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(&seed).expect("HMAC takes keys of any length");
        Self { keyed, counter: 0 }
    }

    fn block(&mut self) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        mac.update(&self.counter.to_be_bytes());
        self.counter += 1;
        mac.finalize().into_bytes().into()
    }

    /// A version 4 GUID.
    pub fn guid(&mut self) -> String {
        let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.block();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// A trace id; those of the real service end in `00` or `01`, too.
    pub fn trace_id(&mut self) -> String {
        let mut id = self.guid();
        id.replace_range(34.., "00");
        id
    }

    /// `blocks` times 32 bytes as base64url.
    pub fn text(&mut self, blocks: usize) -> String {
        let bytes: Vec<u8> = (0..blocks).flat_map(|_| self.block()).collect();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// 22 characters of base64url, as in `uti`.
    pub fn short(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(&self.block()[..16])
    }

    /// Nine characters for a person to type.
    pub fn user_code(&mut self) -> String {
        let block = self.block();
        block[..9].iter().map(|byte| char::from(USER_CODE_ALPHABET[usize::from(*byte) % 32])).collect()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let block = self.block();
        let number = block[..4].iter().fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        low + number % (high - low + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_values_and_another_gives_others() {
        let values = |seed| {
            let mut random = Random::new([seed; 32]);
            (random.guid(), random.text(2), random.user_code(), random.between(3600, 5400))
        };
        assert_eq!(values(1), values(1));
        assert_ne!(values(1), values(2));
    }

    #[test]
    fn values_do_not_repeat_and_have_their_shape() {
        let mut random = Random::new([7; 32]);
        let codes: std::collections::BTreeSet<_> = (0..100).map(|_| random.user_code()).collect();
        assert_eq!(codes.len(), 100);
        assert!(codes.iter().all(|code| code.len() == 9));
        assert!(random.trace_id().ends_with("00"));
        assert!((0..1000).all(|_| (5..=7).contains(&random.between(5, 7))));
    }
}
