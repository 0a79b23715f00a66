//! A pasted text without what a terminal, a page or a chat put into it: escape sequences, invisible characters, digits and
//! letters of full width. And the same text once more with character references undone, for reading the words.

use std::borrow::Cow;

/// The text without escape sequences (ECMA-48 §5.4, §5.6) and invisible characters; letters and digits of full width
/// become ordinary ones. Line breaks and tabs stay. What was clean is borrowed.
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_strange = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_invisible(c) || is_wide(c);
    let Some(first) = text.find(is_strange) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut characters = text[first..].chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\u{1b}' => match characters.peek() {
                Some('[') => {
                    characters.next();
                    control_sequence(&mut characters);
                }
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    characters.next();
                    control_string(&mut characters);
                }
                // Two characters, such as `ESC c` and `ESC ( B`.
                Some('('..='/') => drop((characters.next(), characters.next())),
                Some('0'..='~') => drop(characters.next()),
                _ => {}
            },
            '\u{9b}' => control_sequence(&mut characters),
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\n' | '\t' => out.push(c),
            // Where words were divided by something that cannot be seen, they stay divided by something that can.
            '\u{2028}' | '\u{2029}' | '\u{85}' => out.push('\n'),
            c if is_wide(c) => out.extend(char::from_u32(c as u32 - 0xfee0)),
            c if c.is_control() || is_invisible(c) => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Numbers in one piece: some pages make a link of the digits that stand for a secret elsewhere, `700[21](https://…)1`.
pub fn whole_numbers(text: &str) -> Cow<'_, str> {
    const MOST: usize = 64;
    const LONGEST: usize = 2048;
    let mut out = String::new();
    let mut kept = 0;
    for (middle, _) in text.match_indices("](http").take(MOST) {
        let before = &text[kept..middle];
        let Some(open) = before.rfind('[').map(|at| kept + at) else { continue };
        let digits = &text[open + 1..middle];
        let is_part = text[..open].ends_with(|c: char| c.is_ascii_alphanumeric())
            && (1..=8).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit());
        let close = text[middle..].bytes().take(LONGEST).position(|b| b == b')');
        if let Some(close) = close.filter(|_| is_part) {
            out.push_str(&text[kept..open]);
            out.push_str(digits);
            kept = middle + close + 1;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// Parameters and a last letter; a sequence of more than a line is none, and its introducer alone is dropped.
fn control_sequence(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    const LONGEST: usize = 64;
    for _ in 0..LONGEST {
        match characters.peek() {
            Some(' '..='?') => drop(characters.next()),
            Some('@'..='~') => {
                characters.next();
                return;
            }
            _ => return,
        }
    }
}

/// A title or the like, up to its end; without an end within a line it is text.
fn control_string(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    const LONGEST: usize = 256;
    let mut ahead = characters.clone();
    for _ in 0..LONGEST {
        match ahead.next() {
            Some('\u{7}' | '\u{9c}') => break,
            Some('\u{1b}') => {
                if ahead.peek() == Some(&'\\') {
                    ahead.next();
                }
                break;
            }
            Some('\n') | None => return,
            Some(_) => {}
        }
    }
    *characters = ahead;
}

const fn is_invisible(c: char) -> bool {
    crate::text::is_unsafe(c) && !c.is_ascii_control()
}

const fn is_wide(c: char) -> bool {
    matches!(c, '\u{ff01}'..='\u{ff5e}')
}

/// The words of a text: character references of HTML and JSON undone, quotation marks of any kind made `'` or `"`, and the
/// marks taken out that make letters bold in Markdown.
pub fn words(text: &str) -> Cow<'_, str> {
    const MARKS: [char; 16] =
        ['*', '&', '\\', '`', '´', '‘', '’', '‚', '‛', '“', '”', '„', '«', '»', '「', '」'];
    let Some(first) = text.find(MARKS) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let mut rest = &text[first..];
    out.push_str(&text[..first]);
    while let Some(c) = rest.chars().next() {
        let (written, length) = match c {
            '&' => reference(rest).unwrap_or(('&', 1)),
            '\\' => escape(rest).unwrap_or(('\\', 1)),
            '*' => {
                let run = rest.bytes().take_while(|b| *b == b'*').count();
                // Two of them make letters bold; any other number of them is text.
                out.extend(std::iter::repeat_n('*', if run == 2 { 0 } else { run }));
                rest = &rest[run..];
                continue;
            }
            '`' | '´' | '‘' | '’' | '‚' | '‛' | '「' | '」' => ('\'', c.len_utf8()),
            '“' | '”' | '„' | '«' | '»' => ('"', c.len_utf8()),
            c => (c, c.len_utf8()),
        };
        out.push(written);
        rest = &rest[length..];
    }
    Cow::Owned(out)
}

/// `&quot;`, `&#39;`, `&#x27;` and the like, and how long they are.
fn reference(text: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|b| b == b';')?;
    let name = &text[1..end];
    let character = match name {
        "quot" => '"',
        "apos" => '\'',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "nbsp" => ' ',
        "colon" => ':',
        "sol" => '/',
        "equals" => '=',
        _ => {
            let digits = name.strip_prefix('#')?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => digits.parse(),
            };
            char::from_u32(number.ok()?).filter(|c| !c.is_control())?
        }
    };
    Some((character, end + 1))
}

/// An escape of a JSON string in any depth of strings within strings: `\"`, `\\\"`, `\u0027`, `\/`, `\n`.
fn escape(text: &str) -> Option<(char, usize)> {
    const DEEPEST: usize = 15;
    let depth = text.bytes().take(DEEPEST + 1).take_while(|b| *b == b'\\').count();
    if depth > DEEPEST {
        return None;
    }
    let rest = text.get(depth..)?;
    match rest.chars().next()? {
        c @ ('"' | '\'' | '/') => Some((c, depth + 1)),
        'n' | 'r' if is_line_break(rest) => Some(('\n', depth + 1)),
        'u' => {
            let digits = rest.get(1..5).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
            let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            let is_safe = !character.is_control() && !is_invisible(character);
            is_safe.then_some((character, depth + 5))
        }
        _ => None,
    }
}

/// `\nTrace ID` is a line break in a string, `C:\new` is none.
fn is_line_break(rest: &str) -> bool {
    !rest.as_bytes().get(1).is_some_and(u8::is_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_put_in_is_taken_out() {
        let check = |text: &str, clean: &str| assert_eq!(plain(text), clean, "{text:?}");
        check("\u{1b}[31mAADSTS\u{1b}[1;4m50011\u{1b}[0m: x", "AADSTS50011: x");
        check("a\u{1b}]0;title\u{7}b\u{1b}]8;;https://x\u{1b}\\c", "abc");
        check("\u{9b}31mred\u{1b}(Bx\u{1b}7y", "redxy");
        check("ＡＡＤＳＴＳ５００１１：x", "AADSTS50011:x");
        check("AADSTS\u{200b}50011\u{feff}\u{202e}\u{ad}", "AADSTS50011");
        check("a\r\nb\rc\td", "a\nb\nc\td");
        check("\u{1b}", "");
        check("\u{1b}[", "");
        check("\u{1b}]no end of it", "no end of it");
        assert!(matches!(plain("clean – text"), Cow::Borrowed(_)));
    }

    #[test]
    fn references_and_quotation_marks_become_ordinary() {
        let check = |text: &str, clean: &str| assert_eq!(words(text), clean, "{text:?}");
        check(
            "isn&#39;t &quot;it&quot; &#x27;x&#x27; &amp;amp; &unknown; &",
            "isn't \"it\" 'x' &amp; &unknown; &",
        );
        check(r"\u0027https://a/cb\u0027 C:\new C:\users", r"'https://a/cb' C:\new C:\users");
        check(r#"{\\\"error\\\":\"x\\nTrace\"}"#, "{\"error\":\"x\nTrace\"}");
        check("‘a’ „b“ «c» `d`", "'a' \"b\" \"c\" 'd'");
        check(r"\u202e\u0000", r"\u202e\u0000");
        check("'**https://a/cb**' *x* ***", "'https://a/cb' *x* ***");
    }

    #[test]
    fn a_number_that_holds_a_link_is_made_whole() {
        let check = |text: &str, clean: &str| assert_eq!(whole_numbers(text), clean, "{text:?}");
        check("AADSTS700[21](https://x.example/a)1: no", "AADSTS700211: no");
        check(
            "see [21](https://x.example) and a[b](https://y)",
            "see [21](https://x.example) and a[b](https://y)",
        );
        check("AADSTS700[21](https://never closed", "AADSTS700[21](https://never closed");
    }
}
