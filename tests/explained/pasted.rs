//! The way in under texts that nobody meant. The fuzz target in `fuzz/` asks the same questions (`properties`) of texts
//! that a fuzzer finds.
//!
//! `EXPLAINING_CASES` and `EXPLAINING_SEED` in the environment make it longer, or another one.

use super::{
    corpus,
    mutation::{self, Mutated},
    properties,
};

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

#[test]
fn every_paste_of_the_corpus_holds() {
    for text in texts() {
        properties::hold(&text);
    }
}

#[test]
fn five_hundred_mutations_hold() {
    let mutated = Mutated { texts: &texts(), pieces: PIECES, longest: 24 };
    mutated.hold("EXPLAINING", 500, 6, properties::hold);
}

/// Writes the texts as files for the fuzzer: `EXPLAINING_CORPUS=fuzz/corpus/explain cargo test --test explained corpus`.
#[test]
fn the_corpus_can_be_handed_to_the_fuzzer() {
    mutation::hand_over("EXPLAINING_CORPUS", &texts());
}
