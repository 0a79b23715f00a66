//! The decoder under texts that nobody meant: many small mutations of what people paste, always the same ones. The fuzz
//! target in `fuzz/` asks the same questions (`properties`) of texts that a fuzzer finds.
//!
//! `DECODING_CASES` and `DECODING_SEED` in the environment make it longer, or another one.

mod corpus;
mod properties;

/// A small generator of numbers (SplitMix64): the same texts on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).expect("it is below a usize")
    }

    fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// One to six mutations of a text.
fn mutated(dice: &mut Dice, corpus: &[String]) -> String {
    let mut text: Vec<char> = dice.pick(corpus).chars().collect();
    for _ in 0..=dice.below(6) {
        let at = dice.below(text.len() + 1);
        let length = dice.below(12).min(text.len() - at);
        match dice.below(8) {
            0 => drop(text.drain(at..at + length)),
            1 => text.truncate(at),
            2 => {
                let piece = dice.pick(corpus::PIECES);
                text.splice(at..at, piece.chars());
            }
            3 => {
                let piece = dice.pick(corpus::PIECES);
                text.splice(at..at + length, piece.chars());
            }
            4 => {
                let copy: Vec<char> = text[at..at + length].to_vec();
                text.splice(at..at, copy);
            }
            5 => {
                let other: Vec<char> = dice.pick(corpus).chars().collect();
                let from = dice.below(other.len() + 1);
                text.splice(at.., other[from..].iter().copied());
            }
            6 if at < text.len() => text[at] = char::from(u8::try_from(dice.below(128)).expect("below 128")),
            _ => {
                let c = char::from_u32(u32::try_from(dice.below(0x11_0000)).expect("a code point fits"));
                text.splice(at..at, c);
            }
        }
    }
    text.into_iter().collect()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn what_people_paste_holds_as_it_is() {
    for text in corpus::corpus() {
        properties::hold(&text);
    }
}

#[test]
fn twenty_thousand_mutations_hold() {
    let corpus = corpus::corpus();
    let (cases, seed) = (number("DECODING_CASES", 20_000), number("DECODING_SEED", 5));
    let mut dice = Dice(seed);
    for case in 0..cases {
        let text = mutated(&mut dice, &corpus);
        let outcome = std::panic::catch_unwind(|| properties::hold(&text));
        assert!(outcome.is_ok(), "case {case} of seed {seed}: {text:?}");
    }
}

/// Writes the corpus as files for the fuzzer: `DECODING_CORPUS=fuzz/corpus/decode cargo test --test decoding corpus`.
#[test]
fn the_corpus_can_be_handed_to_the_fuzzer() {
    let Some(folder) = std::env::var_os("DECODING_CORPUS") else { return };
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    for (index, text) in corpus::corpus().iter().enumerate() {
        let file = std::path::Path::new(&folder).join(format!("{index:03}"));
        std::fs::write(file, text).expect("the file can be written");
    }
}
