//! The telling part of a text that is longer than anybody reads: its beginning, its end, and what stands around the last
//! failures in between. Everything behind this module looks at that part many times, for one rule after the other.

use std::borrow::Cow;

/// Texts up to this size are kept whole.
const WHOLE: usize = 192 * 1024;
const BEGINNING: usize = 16 * 1024;
const END: usize = 64 * 1024;
/// What is kept on both sides of a failure.
const AROUND: usize = 2 * 1024;

/// Words that failures are told by, and how many of the last places where they stand are kept.
const MARKS: [(&str, usize); 4] = [("AADSTS", 8), ("error", 8), ("Exception", 4), ("IDX1", 4)];

/// The text, or its telling part with `…` where something was left out.
pub fn shortened(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= WHOLE {
        return text;
    }
    let mut parts = vec![(0, BEGINNING), (text.len() - END, text.len())];
    for (mark, most) in MARKS {
        // Far enough from each other: many mentions in one place are one failure.
        let mut last = usize::MAX;
        let places = text.rmatch_indices(mark).map(|(at, _)| at).filter(|at| {
            let is_new = last.saturating_sub(*at) > AROUND;
            if is_new {
                last = *at;
            }
            is_new
        });
        parts.extend(places.take(most).map(|at| (at.saturating_sub(AROUND), at + AROUND)));
    }
    parts.sort_unstable();
    let mut out = String::with_capacity(WHOLE);
    let mut end = 0;
    for (from, to) in parts {
        let from = boundary(&text, from.max(end));
        let to = boundary(&text, to.min(text.len()));
        if from < to {
            if from > end {
                out.push_str("\n…\n");
            }
            out.push_str(&text[from..to]);
            end = to;
        }
    }
    Cow::Owned(out)
}

/// The place, or the next one between two characters.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_anywhere_in_a_long_log_is_kept() {
        let noise = "2026-10-14 08:00:00 INFO nothing of interest – really\n".repeat(10_000);
        for at in [0, noise.len() / 2, noise.len()] {
            let at = boundary(&noise, at);
            let text = format!("{}AADSTS700016: 'the app' is unknown\n{}", &noise[..at], &noise[at..]);
            let short = shortened(Cow::Owned(text));
            assert!(short.contains("AADSTS700016: 'the app' is unknown"), "at {at}");
            assert!(short.len() <= WHOLE, "{}", short.len());
        }
    }

    #[test]
    fn a_text_that_can_be_read_stays_whole() {
        assert!(matches!(shortened(Cow::Borrowed("AADSTS50011")), Cow::Borrowed("AADSTS50011")));
        let crowded = "error AADSTS50011 ".repeat(60_000);
        assert!(shortened(Cow::Borrowed(&crowded)).len() <= WHOLE);
    }
}
