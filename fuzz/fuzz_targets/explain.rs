//! The way into explanations under texts that libFuzzer finds: the questions are those of the seeded test.

#![no_main]

#[path = "../../tests/explained/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    properties::hold(&String::from_utf8_lossy(data));
});
