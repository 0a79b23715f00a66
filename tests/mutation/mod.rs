//! Texts that nobody meant: many small mutations of what people paste, the same ones for the same seed.

pub mod dice;

use dice::Dice;

/// What is mutated.
pub struct Mutated<'t> {
    /// Whole texts.
    pub texts: &'t [String],
    /// What readers look for, and what breaks it.
    pub pieces: &'t [&'t str],
    /// A mutation touches fewer characters than this.
    pub longest: usize,
}

impl Mutated<'_> {
    /// Asks `questions` of so many mutations. `NAME_CASES` and `NAME_SEED` in the environment make it longer, or another
    /// one.
    pub fn hold(
        &self,
        name: &str,
        cases: u64,
        seed: u64,
        questions: impl Fn(&str) + std::panic::RefUnwindSafe,
    ) {
        let (cases, seed) = (number(&format!("{name}_CASES"), cases), number(&format!("{name}_SEED"), seed));
        let mut dice = Dice::new(seed);
        for case in 0..cases {
            let text = self.mutated(&mut dice);
            let outcome = std::panic::catch_unwind(|| questions(&text));
            assert!(outcome.is_ok(), "case {case} of seed {seed}: {text:?}");
        }
    }

    /// One to six mutations of a text.
    fn mutated(&self, dice: &mut Dice) -> String {
        let mut text: Vec<char> = dice.pick(self.texts).chars().collect();
        for _ in 0..=dice.below(6) {
            let at = dice.below(text.len() + 1);
            let length = dice.below(self.longest).min(text.len() - at);
            match dice.below(8) {
                0 => drop(text.drain(at..at + length)),
                1 => text.truncate(at),
                2 => drop(text.splice(at..at, dice.pick(self.pieces).chars())),
                3 => drop(text.splice(at..at + length, dice.pick(self.pieces).chars())),
                4 => {
                    let copy: Vec<char> = text[at..at + length].to_vec();
                    text.splice(at..at, copy);
                }
                5 => {
                    let other: Vec<char> = dice.pick(self.texts).chars().collect();
                    let from = dice.below(other.len() + 1);
                    text.splice(at.., other[from..].iter().copied());
                }
                6 if at < text.len() => {
                    text[at] = char::from(u8::try_from(dice.below(128)).expect("below 128"));
                }
                _ => {
                    let c = char::from_u32(u32::try_from(dice.below(0x11_0000)).expect("a code point fits"));
                    text.splice(at..at, c);
                }
            }
        }
        text.into_iter().collect()
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Writes texts as files for the fuzzer into the folder that `variable` names in the environment, if it names one.
pub fn hand_over(variable: &str, texts: &[String]) {
    let Some(folder) = std::env::var_os(variable) else { return };
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    for (index, text) in texts.iter().enumerate() {
        let file = std::path::Path::new(&folder).join(format!("{index:03}"));
        std::fs::write(file, text).expect("the file can be written");
    }
}
