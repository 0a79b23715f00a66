//! The figures of the budgets: start to first frame, key to repaint, the lab tenant's tokens per second beside what the
//! signing library alone does and beside other people's servers, its memory after many sign-ins, a whole sign-in, and the
//! small commands. Prints a table; asserts nothing.
//!
//! `cargo bench --bench figures` runs it on the release build, and `cargo bench --bench figures -- lab` one part of it:
//! `screen`, `commands`, `decode`, `lab`, `memory`. What depends on the machine is given as a ratio where that is possible.
//!
//! * `screen`: what a person waits for. `decoding`: tokens and mischief, read. `lab`: tokens and sign-ins. `memory`: what they leave behind.
//! * `load`: the client that asks all servers. `server`: the servers, ours and npm's.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

#[path = "../../tests/common/mod.rs"]
mod common;

mod decoding;
mod lab;
mod load;
mod memory;
mod screen;
mod server;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    // Cargo adds `--bench`; whatever else is there names parts.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("{:<58} {:>12} {:>12}", "what", "median", "p99");
    for (name, part) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            part();
        }
    }
}

/// The parts of the table, in their order.
const PARTS: &[(&str, fn())] = &[
    ("screen", || {
        screen::start_to_first_frame();
        screen::key_to_repaint();
        screen::key_to_repaint_with_a_full_log();
    }),
    ("commands", screen::commands),
    ("decode", || {
        decoding::beside_the_peer();
        decoding::hostile();
    }),
    ("lab", || {
        lab::tokens_per_second();
        lab::sign_in_round_trip();
    }),
    ("memory", memory::after_many_sign_ins),
];

/// Prints one row of times in milliseconds.
fn row(what: &str, mut samples: Vec<f64>) {
    samples.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let index = ((samples.len() - 1) as f64 * share).round() as usize;
        samples[index]
    };
    println!("{what:<58} {:>9.2} ms {:>9.2} ms", at(0.5), at(0.99));
}
