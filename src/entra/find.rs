//! Finding AADSTS numbers in any text, whatever it is wrapped in.

use std::{borrow::Cow, collections::BTreeMap};

/// Numbers that only wrap a more precise one (reference, parsing rule 2).
const WRAPPERS: [u32; 8] = [50000, 50012, 70000, 70001, 70002, 90023, 1_100_000, 1_100_001];

/// The AADSTS numbers in any text, the one that matters first: log, page, JSON, URL, header line, encoded or not.
///
/// Read are `AADSTS50011`, the members `error_codes` and `errorCode`, the address `error?code=50011`, and the header
/// `x-ms-clitelem`. A number that only wraps another, or that another one refines (50011 and 500113), goes behind it;
/// otherwise the last one in the text comes first, because logs end with the failure that stayed. Takes time and memory
/// in proportion to the text.
pub fn find(text: &str) -> Vec<u32> {
    let mut seen = BTreeMap::new();
    let mut bytes = Cow::Borrowed(text.as_bytes());
    // A URL inside a URL is encoded twice; nobody encodes more often in earnest.
    for _ in 0..3 {
        collect(&bytes, &mut seen);
        let decoded: Vec<u8> = percent_encoding::percent_decode(&bytes).collect();
        if decoded == *bytes {
            break;
        }
        bytes = Cow::Owned(decoded);
    }
    let is_refined = |number: u32| {
        let begin = number.to_string();
        seen.keys().any(|other| *other > number && other.to_string().starts_with(&begin))
    };
    // Refinement is only worth looking for among the few numbers that an honest text has.
    let few = seen.len() <= 64;
    let mut found: Vec<_> = seen
        .iter()
        .map(|(number, at)| {
            (WRAPPERS.contains(number), few && is_refined(*number), std::cmp::Reverse(*at), *number)
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(.., number)| number).collect()
}

/// Notes each number with the place of its last mention.
fn collect(text: &[u8], seen: &mut BTreeMap<u32, usize>) {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let found = match rest[0] {
            b'a' | b'A' => after(rest, b"aadsts").and_then(|length| single(&rest[length..])),
            b'e' | b'E' => {
                if let Some(length) = after(rest, b"error?code=") {
                    single(&rest[length..])
                } else {
                    [&b"error_code"[..], b"errorcode", b"error code"]
                        .iter()
                        .find_map(|name| after(rest, name))
                        .and_then(|length| listed(&rest[length..], at + length, seen))
                }
            }
            b'x' | b'X' => after(rest, b"x-ms-clitelem").and_then(|length| clitelem(&rest[length..])),
            _ => None,
        };
        if let Some(number) = found {
            seen.insert(number, at);
        }
        at += 1;
    }
}

fn after(text: &[u8], name: &[u8]) -> Option<usize> {
    text.get(..name.len()).filter(|begin| begin.eq_ignore_ascii_case(name)).map(<[u8]>::len)
}

/// A number that follows at once, or behind a blank, colon, dash or the like.
fn single(text: &[u8]) -> Option<u32> {
    let gap = text.iter().take(2).take_while(|b| b" :-_#=".contains(b)).count();
    number(&text[gap..]).map(|(number, _)| number)
}

/// The numbers of an array such as `s": [70002, 70008]`, or one number behind `": `. An array's last number is returned
/// and the others are noted, so that the caller notes the last one as the latest.
fn listed(text: &[u8], at: usize, seen: &mut BTreeMap<u32, usize>) -> Option<u32> {
    const GAP: usize = 24; // `s\\\":&nbsp;[` and the like
    const ARRAY: usize = 160;
    let begin = text.iter().take(GAP).position(|b| b.is_ascii_digit() || *b == b'[')?;
    if text[begin] != b'[' {
        // `error code of type: 5` is no number of ours; only punctuation may stand between.
        let punctuation = text[..begin].iter().filter(|b| b.is_ascii_alphabetic()).count() <= 1;
        return number(&text[begin..]).map(|(number, _)| number).filter(|_| punctuation);
    }
    let array = &text[begin + 1..text.len().min(begin + ARRAY)];
    let end = array.iter().position(|b| *b == b']').unwrap_or(array.len());
    let mut last = None;
    let mut place = 0;
    while place < end {
        if let Some((number, length)) = number(&array[place..end]) {
            if let Some(previous) = last.replace(number) {
                seen.insert(previous, at);
            }
            place += length;
        } else {
            place += array[place..end].iter().take_while(|b| b.is_ascii_digit()).count().max(1);
        }
    }
    last
}

/// The second field of `x-ms-clitelem: 1,50011,0,,`.
fn clitelem(text: &[u8]) -> Option<u32> {
    let comma = text.iter().take(16).position(|b| *b == b',')?;
    number(&text[comma + 1..]).map(|(number, _)| number)
}

/// Five to eight digits, and no more of them.
fn number(text: &[u8]) -> Option<(u32, usize)> {
    let length = text.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
    if !(5..=8).contains(&length) {
        return None;
    }
    let number = text[..length].iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some((number, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_any_wrapping() {
        let check = |text: &str, numbers: &[u32]| assert_eq!(find(text), numbers, "{text}");
        check("AADSTS50011: The redirect", &[50011]);
        check("aadsts 50011", &[50011]);
        check("<h2>Sign in</h2><div id=\"err\">AADSTS700016&#58; App</div>", &[700_016]);
        check(r#"{"error":"invalid_grant","error_codes":[70002,70008]}"#, &[70008, 70002]);
        check(r#"{\"error_codes\":[65001],\"timestamp\":\"2026-03-04 09:15:27Z\"}"#, &[65001]);
        check("%7B%22error_codes%22%3A%5B50126%2C70002%5D%7D", &[50126, 70002]);
        check(
            "https://app.example/#error=x&error_uri=https%3a%2f%2flogin.example%2ferror%3fcode%3d90094",
            &[90094],
        );
        check("u=https%253A%252F%252Flogin.example%252Ferror%253Fcode%253D65004", &[65004]);
        check(r#""status":{"errorCode":50105,"failureReason":"…"}"#, &[50105]);
        check("Error code: 530032", &[530_032]);
        check("x-ms-clitelem: 1,90102,0,,", &[90102]);
        check("AADSTS50011 then AADSTS500113", &[500_113, 50011]);
        check("AADSTS500113 then AADSTS50011", &[500_113, 50011]);
        check("retry after AADSTS50076 … finally AADSTS65001", &[65001, 50076]);
        check(
            "AADSTS70002: Error validating credentials. AADSTS50012: x. AADSTS7000222: y",
            &[7_000_222, 50012, 70002],
        );
        check("&quot;error_codes&quot;:[7000215]", &[7_000_215]);
    }

    #[test]
    fn what_is_no_number_of_ours_is_left_alone() {
        for text in [
            "",
            "AADSTS",
            "AADSTS1234: four digits",
            "AADSTS123456789: nine digits",
            "error_codes: none; correlation 12345678-1234-1234-1234-123456789012",
            "port 50011, phone 7000215",
            "error?code=OAQABAAIAAAD",
            "errorCode\":0,",
            "error_codes\":[",
            "%",
            "%4",
            "error code",
        ] {
            assert_eq!(find(text), [] as [u32; 0], "{text}");
        }
    }

    #[test]
    fn a_megabyte_of_hostile_text_is_read_in_proportion() {
        let mut patterns = vec!["AADSTS", "error_codes[", "error_codes[123456", "%25", "e", "AADSTS50011 "];
        let many = (10_000..100_000).map(|number| format!("AADSTS{number}")).collect::<Vec<_>>().join(",");
        patterns.push(&many);
        for pattern in patterns {
            let text = pattern.repeat(1_000_000 / pattern.len());
            let numbers = find(&text).len();
            assert!(numbers <= 90_000, "{pattern:.20}");
        }
        assert_eq!(find(&many).len(), 90_000);
        assert_eq!(find(&many)[0], 99_999);
    }
}
