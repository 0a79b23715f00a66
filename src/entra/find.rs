//! Finding AADSTS numbers in any text, whatever it is wrapped in.

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::aadsts;

/// Numbers that only wrap a more precise one (reference, parsing rule 2).
const WRAPPERS: [u32; 8] = [50000, 50012, 70000, 70001, 70002, 90023, 1_100_000, 1_100_001];

/// Whether a number says no more than that something failed, and leaves it to others to say what.
pub fn is_wrapper(number: u32) -> bool {
    WRAPPERS.contains(&number)
}

/// The AADSTS numbers in any text, the one that matters first: log, page, JSON, URL, header line, encoded or not.
///
/// Read are `AADSTS50011`, the members `error_codes`, `errorCode` and `errorNo`, the address `error?code=50011`, and the
/// header `x-ms-clitelem`. Programs try again and fail anew, and the failure that stayed stands last; so mentions that
/// belong together are taken together, the last of them first. Among those, a number that only wraps another, or that
/// another one refines (50011 and 500113), goes behind it, and so does one that is only spoken of. Takes time and memory in proportion to the text.
pub fn find(text: &str) -> Vec<u32> {
    let mentions = mentions(text);
    let mut places: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    let mut reported = BTreeSet::new();
    for (number, mention) in mentions.iter().map(|mention| (mention.number, mention)) {
        places.insert(number, (mention.failure, mention.at)); // the last mention counts
        if !mention.is_in_prose {
            reported.insert(number);
        }
    }
    // Refinement is only worth looking for among the few numbers that an honest text has.
    let few = places.len() <= 64;
    let is_refined = |number: u32, failure: usize| {
        let begin = number.to_string();
        few && places.iter().any(|(other, (place, _))| {
            *other > number && *place == failure && other.to_string().starts_with(&begin)
        })
    };
    let mut found: Vec<_> = places
        .iter()
        .map(|(number, (failure, at))| {
            let is_general = (WRAPPERS.contains(number), is_refined(*number, *failure));
            (Reverse(*failure), is_general, !reported.contains(number), Reverse(*at), *number)
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(.., number)| number).collect()
}

/// A number at its place in the text, with every percent-encoding undone.
struct Mention {
    number: u32,
    at: usize,
    /// Which failure of the text it belongs to, counted from the first.
    failure: usize,
    /// Whether somebody speaks of it, rather than a program reports it.
    is_in_prose: bool,
}

/// A number in a sentence, such as `(before that we had AADSTS50011)`: no message stands behind it.
fn is_in_prose(mention: &[u8]) -> bool {
    let Some(length) = after(mention, b"aadsts") else { return false };
    let digits = mention[length..].iter().take_while(|b| b.is_ascii_digit()).count();
    match mention.get(length + digits..).unwrap_or_default() {
        [b')' | b',' | b';', ..] => true,
        [b' ', next, ..] => next.is_ascii_lowercase(),
        _ => false,
    }
}

/// Every mention in its order, divided into failures.
fn mentions(text: &str) -> Vec<Mention> {
    /// Farther apart, two mentions tell about two failures.
    const NEAR: usize = 1200;
    let mut bytes = Cow::Borrowed(text.as_bytes());
    // A URL inside a URL is encoded twice; nobody encodes more often in earnest.
    for _ in 0..2 {
        if !bytes.contains(&b'%') {
            break;
        }
        bytes = Cow::Owned(percent_encoding::percent_decode(&bytes).collect());
    }
    let mut found: Vec<Mention> = Vec::new();
    collect(&bytes, &mut |number, at| {
        let mut failure = 0;
        if let Some(last) = found.last() {
            let between = bytes.get(last.at..at).unwrap_or_default();
            failure = last.failure + usize::from(between.len() > NEAR || has_new_record(between));
        }
        found.push(Mention { number, at, failure, is_in_prose: is_in_prose(&bytes[at..]) });
    });
    // What repeats numbers of the failure before it, such as an answer behind its exception, is no failure of its own.
    let last = found.last().map_or(0, |mention| mention.failure);
    let first_of_last = found.partition_point(|mention| mention.failure < last);
    let first_before = found.partition_point(|mention| mention.failure + 1 < last);
    let (before, repeated) = (&found[first_before..first_of_last], &found[first_of_last..]);
    if last > 0
        && before.len() + repeated.len() <= 64
        && repeated.iter().all(|mention| before.iter().any(|other| other.number == mention.number))
    {
        found.iter_mut().filter(|mention| mention.failure == last).for_each(|mention| mention.failure -= 1);
    }
    found
}

/// Whether a line of a log begins in there: with a time, or with how bad it is.
fn has_new_record(text: &[u8]) -> bool {
    const LEVELS: [&[u8]; 6] = [b"INFO", b"WARN", b"ERROR", b"DEBUG", b"TRACE", b"FATAL"];
    text.split(|b| *b == b'\n').skip(1).any(|line| {
        let line = line.trim_ascii_start();
        let line = line.strip_prefix(b"[").or_else(|| line.strip_prefix(b"(")).unwrap_or(line);
        let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
        let is_time = (1..=4).contains(&digits)
            && matches!(line.get(digits), Some(b'-' | b'/' | b':' | b'.'))
            && line.get(digits + 1).is_some_and(u8::is_ascii_digit);
        is_time || LEVELS.iter().any(|level| after(line, level).is_some())
    })
}

/// Names behind which a number of ours may stand, and whether others of that size stand behind them as well.
const NAMES: [(&[u8], bool); 8] = [
    (b"error?code=", false),
    (b"error_codes", false),
    (b"error_code", true),
    (b"errorcode", true),
    (b"error code", true),
    (b"error_no", true),
    (b"errorno", true),
    (b"error number", true),
];

/// Notes each number with the place of its mention.
fn collect(text: &[u8], note: &mut impl FnMut(u32, usize)) {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        match rest[0] {
            b'a' | b'A' => {
                if let Some(number) = after(rest, b"aadsts").and_then(|length| single(&rest[length..])) {
                    note(number, at);
                }
            }
            b'e' | b'E' => {
                let named = NAMES.iter().find_map(|(name, shared)| Some((after(rest, name)?, *shared)));
                if let Some((length, is_shared)) = named {
                    listed(&rest[length..], &mut |number| {
                        // Windows and others number their errors too; and 0 to 9999 are no numbers of ours.
                        if !is_shared || aadsts::lookup(number).is_some() {
                            note(number, at);
                        }
                    });
                }
            }
            b'x' | b'X' => {
                let number = after(rest, b"x-ms-clitelem").and_then(|length| clitelem(&rest[length..]));
                if let Some(number) = number {
                    note(number, at);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn after(text: &[u8], name: &[u8]) -> Option<usize> {
    text.get(..name.len()).filter(|begin| begin.eq_ignore_ascii_case(name)).map(<[u8]>::len)
}

/// A number that follows at once, or behind a blank, colon, dash, the end of a line, or a tag of a page.
fn single(text: &[u8]) -> Option<u32> {
    const TAG: usize = 40;
    let mut text = text;
    while let Some(tag) = text.strip_prefix(b"<") {
        let end = tag.iter().take(TAG).position(|b| *b == b'>')?;
        text = &tag[end + 1..];
    }
    let gap = text.iter().take(3).take_while(|b| b" :-_#=\r\n".contains(b)).count();
    broken(&text[gap..]).or_else(|| number(&text[gap..]).map(|(number, _)| number))
}

/// A number that a narrow terminal or a mail broke over two lines: the whole is known, and a colon follows it.
fn broken(text: &[u8]) -> Option<u32> {
    let digits = |text: &[u8]| text.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
    let first = digits(text);
    let gap = text[first..].iter().take(4).take_while(|b| b.is_ascii_whitespace()).count();
    let rest = text.get(first + gap..)?;
    let second = digits(rest);
    let fits = first > 0 && text[first..first + gap].contains(&b'\n') && rest.get(second) == Some(&b':');
    let whole = [text.get(..first)?, rest.get(..second)?].concat();
    let known = number(&whole).map(|(number, _)| number).filter(|number| aadsts::lookup(*number).is_some());
    known.filter(|_| fits && second > 0)
}

/// The numbers of an array such as `: [70002, 70008]`, or one number behind `": `.
fn listed(text: &[u8], note: &mut impl FnMut(u32)) {
    const GAP: usize = 24; // `s\\\":&nbsp;[` and the like
    const ARRAY: usize = 160;
    let opens = |b: &u8| b.is_ascii_digit() || *b == b'[' || *b == b'(';
    let Some(begin) = text.iter().take(GAP).position(opens) else { return };
    // `error code of type: 5` is no number of ours; only punctuation may stand between, and the end of the name.
    let letters = text[..begin].iter().filter(|b| b.is_ascii_alphabetic());
    let letters: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
    if !matches!(letters.as_slice(), b"" | b"s" | b"skey" | b"nbsp" | b"quot") {
        return;
    }
    if text[begin].is_ascii_digit() {
        let whole = broken(&text[begin..]).or_else(|| number(&text[begin..]).map(|(number, _)| number));
        whole.into_iter().for_each(note);
        return;
    }
    let array = &text[begin + 1..text.len().min(begin + ARRAY)];
    let end = array.iter().position(|b| *b == b']' || *b == b')').unwrap_or(array.len());
    let mut place = 0;
    while place < end {
        if let Some((number, length)) = number(&array[place..end]) {
            note(number);
            place += length;
        } else {
            place += array[place..end].iter().take_while(|b| b.is_ascii_digit()).count().max(1);
        }
    }
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
        check("MSALSTSErrorCodesKey=(50076)", &[50076]);
        check(r#"{"errorNo":"500208","subError":""}"#, &[500_208]);
        check("<b>AADSTS</b>50011", &[50011]);
        check("AADSTS650053: no such scope (the first try gave AADSTS9010010)", &[650_053, 9_010_010]);
        check("AADSTS50105 The user is not assigned; AADSTS50020 came before that", &[50105, 50020]);
        check("AADSTS70002\n15: Invalid client secret", &[7_000_215]);
        check("AADSTS\r\n50011: x", &[50011]);
        check("AADSTS50011\n2026 began with it", &[50011]);
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
            "CompactToken parsing failed with error code: 80049217",
            "connect ECONNREFUSED, socket error code 10061",
            "AADB2C90006: The redirect URI",
            "error not 50011",
        ] {
            assert_eq!(find(text), [] as [u32; 0], "{text}");
        }
    }

    #[test]
    fn the_failure_that_stayed_comes_first() {
        let check = |text: &str, first: u32| assert_eq!(find(text).first(), Some(&first), "{text}");
        let silent = "2026-10-14 08:00:01 silent: AADSTS50058: nobody is signed in\n";
        check(&format!("{silent}2026-10-14 08:00:09 code: AADSTS70000: the grant was wrong"), 70000);
        check(&format!("{silent}[08:00:09] AADSTS70002: x. AADSTS50126: y"), 50126);
        check(
            &format!("{silent}WARN AADSTS70002: x. AADSTS54005: y\nERROR {{\"error_codes\":[70002]}}"),
            54005,
        );
        let long = format!("AADSTS500113: x {}", "at System.Net ".repeat(200));
        check(&format!("{long}AADSTS50011: the reply address"), 50011);
        check("AADSTS50011: x\n  at frame 1\n  AADSTS500113: y", 500_113);
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
