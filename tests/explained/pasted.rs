//! The way in under texts that nobody meant: many small mutations of what people paste, always the same ones. The fuzz
//! target in `fuzz/` asks the same questions (`properties`) of texts that a fuzzer finds.
//!
//! `EXPLAINING_CASES` and `EXPLAINING_SEED` in the environment make it longer, or another one.

use super::{corpus, properties};

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

/// What readers look for, and what breaks it.
const PIECES: &[&str] = &[
    "AADSTS50011",
    "AADSTS70002: ",
    "error_codes\":[70008,",
    "{\"error\":\"",
    "{\\\"error\\\":\\\"",
    "{'error': '",
    "error=",
    "&amp;",
    "&#39;",
    "\\u0027",
    "%25",
    "%7B%22",
    "curl ",
    " -d ",
    "'",
    "\"",
    "\\",
    "\\\n",
    "`",
    "$'",
    "POST https://a/oauth2/v2.0/token ",
    "HTTP/1.1 400\n",
    "GET /cb?error=x HTTP/1.1\n",
    "\n\n",
    "Host: x\n",
    "www-authenticate: Bearer error=\"",
    "Bearer ",
    "eyJ",
    "eyJhbGciOiJub25lIn0.e30.",
    "{\"log\":{\"entries\":[",
    "{\"appId\":\"",
    "\u{1b}[31m",
    "\u{1b}]0;",
    "\u{7}",
    "\u{202e}",
    "\u{200b}",
    "ＡＡＤＳＴＳ",
    "„",
    "“",
    "\r",
    "\u{0}",
    "Trace ID: ",
    "Timestamp: 2026-",
    "correlation id",
    "loginSuccess",
    "+",
    ",",
    "}",
    "]",
    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=",
    "&redirect_uri=",
    "x-ms-clitelem: 1,",
];

/// The texts of the corpus, and the bodies that stand beside them.
fn texts() -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    corpus()
        .iter()
        .flat_map(|case| [text(&case.input["text"]), text(&case.input["request"]["url"])])
        .flatten()
        .collect()
}

/// One to six mutations of a text.
fn mutated(dice: &mut Dice, texts: &[String]) -> String {
    let mut text: Vec<char> = dice.pick(texts).chars().collect();
    for _ in 0..=dice.below(6) {
        let at = dice.below(text.len() + 1);
        let length = dice.below(24).min(text.len() - at);
        match dice.below(8) {
            0 => drop(text.drain(at..at + length)),
            1 => text.truncate(at),
            2 | 3 => drop(text.splice(at..at, dice.pick(PIECES).chars())),
            4 => drop(text.splice(at..at + length, dice.pick(PIECES).chars())),
            5 => {
                let other: Vec<char> = dice.pick(texts).chars().collect();
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
fn every_paste_of_the_corpus_holds() {
    for text in texts() {
        properties::hold(&text);
    }
}

#[test]
fn five_hundred_mutations_hold() {
    let texts = texts();
    let (cases, seed) = (number("EXPLAINING_CASES", 500), number("EXPLAINING_SEED", 6));
    let mut dice = Dice(seed);
    for case in 0..cases {
        let text = mutated(&mut dice, &texts);
        let outcome = std::panic::catch_unwind(|| properties::hold(&text));
        assert!(outcome.is_ok(), "case {case} of seed {seed}: {text:?}");
    }
}

/// Writes the texts as files for the fuzzer: `EXPLAINING_CORPUS=fuzz/corpus/explain cargo test --test explained corpus`.
#[test]
fn the_corpus_can_be_handed_to_the_fuzzer() {
    let Some(folder) = std::env::var_os("EXPLAINING_CORPUS") else { return };
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    for (index, text) in texts().iter().enumerate() {
        let file = std::path::Path::new(&folder).join(format!("{index:03}"));
        std::fs::write(file, text).expect("the file can be written");
    }
}
