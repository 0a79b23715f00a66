//! The decoder under texts that nobody meant. The fuzz target in `fuzz/` asks the same questions (`properties`) of texts
//! that a fuzzer finds.
//!
//! `DECODING_CASES` and `DECODING_SEED` in the environment make it longer, or another one.

mod corpus;
#[path = "../mutation/mod.rs"]
mod mutation;
mod properties;

use corpus::{PIECES, corpus};
use mutation::Mutated;

#[test]
fn what_people_paste_holds_as_it_is() {
    for text in corpus() {
        properties::hold(&text);
    }
}

#[test]
fn twenty_thousand_mutations_hold() {
    let mutated = Mutated { texts: &corpus(), pieces: PIECES, longest: 12 };
    mutated.hold("DECODING", 20_000, 5, properties::hold);
}

/// Writes the corpus as files for the fuzzer: `DECODING_CORPUS=fuzz/corpus/decode cargo test --test decoding corpus`.
#[test]
fn the_corpus_can_be_handed_to_the_fuzzer() {
    mutation::hand_over("DECODING_CORPUS", &corpus());
}
