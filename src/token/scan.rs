//! Finding compact tokens in running text, in one pass.
//!
//! A JOSE header is base64url of a JSON object, so it begins with `eyJ` (for `{"` and a letter) or `eyI` (for `{"` and a
//! digit), or with `eyA`, `ewo`, `ewk`, `ew0` where the issuer wrote white space after the brace. From there the token runs on to the next delimiter. Line breaks
//! are crossed where what follows still looks like base64, because mail programs and terminals wrap long words.

use serde_json::Value;

use super::part;

/// A compact token in a text.
#[derive(Debug)]
pub(super) struct Spotted {
    /// Where it begins.
    pub start: usize,
    /// Where the text goes on after it.
    pub end: usize,
    /// The token, white space inside removed.
    pub token: String,
    /// White space was inside.
    pub blanks: bool,
    /// An ellipsis says that somebody shortened it.
    pub shortened: bool,
    /// A punctuation mark that clung to its end.
    pub punctuation: Option<char>,
}

/// Headers longer than this are not decoded to learn the signature's length.
const LONGEST_HEADER: usize = 16 * 1024;

/// White space, and the invisible characters that copying brings along.
pub(super) const fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// What a search brought.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The tokens in their order: those with a dot in them, as many as were asked for.
    pub tokens: Vec<Spotted>,
    /// How many there are in all.
    pub count: usize,
    /// The first piece that begins like a token and has no dot; only looked for until a token is found.
    pub fragment: Option<Spotted>,
}

/// Every token in `text`, at most `most` of them in full.
pub(super) fn search(text: &str, most: usize) -> Search {
    let mut search = Search::default();
    let mut from = 0;
    while let Some(spotted) = next(text, from) {
        from = spotted.end;
        if spotted.token.contains('.') {
            search.count += 1;
            if search.tokens.len() < most {
                search.tokens.push(spotted);
            }
        } else if search.fragment.is_none() && (spotted.shortened || spotted.token.len() >= 8) {
            search.fragment = Some(spotted);
        }
    }
    search
}

fn next(text: &str, from: usize) -> Option<Spotted> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += text.get(at..)?.find('e')?;
        let alone = at == 0
            || !(bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'-' | b'_' | b'.'))
            || ends_colour(&bytes[..at]);
        if alone && begins_header(&bytes[at..]) {
            return Some(run(text, at));
        }
        at += 1;
    }
}

/// Whether a terminal's colour ends here that has lost its escape character, as terminals take it out of what is pasted
/// (`[31m`).
fn ends_colour(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b"m") else { return false };
    let numbers =
        before.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';').take(20).count();
    before[..before.len() - numbers].ends_with(b"[")
}

/// Whether this is how base64url of a JSON object with members begins.
pub(super) fn begins_header(bytes: &[u8]) -> bool {
    [b"eyJ", b"eyI", b"eyA", b"ewo", b"ewk", b"ew0"].iter().any(|start| bytes.starts_with(*start))
}

/// Follows the token that begins at `start`.
fn run(text: &str, start: usize) -> Spotted {
    let mut token = String::new();
    let mut tally = Tally::default();
    let mut blanks = false;
    let mut end = start;
    loop {
        let chunk = chunk_at(text, end);
        token.push_str(chunk);
        tally.take(&token, chunk.len());
        end += chunk.len();
        let rest = &text[end..];
        let blank = rest.len() - rest.trim_start_matches(is_blank).len();
        let following = chunk_at(text, end + blank);
        if blank == 0 || !tally.goes_on_with(following, &rest[..blank], &rest[blank + following.len()..]) {
            break;
        }
        blanks = true;
        end += blank;
    }
    let mut spotted = Spotted { start, end, token, blanks, shortened: false, punctuation: None };
    spotted.shortened = text[end..].starts_with('…');
    tidy_end(&mut spotted);
    spotted
}

/// The text from `at` up to a blank or a character that ends a token wherever it stands.
fn chunk_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let ends = |c: char| {
        is_blank(c)
            || matches!(c, '"' | '\'' | '`' | '<' | '>' | '&' | ';' | ',' | '(' | ')' | '{' | '}' | '[' | ']')
            || matches!(c, '|' | '\\' | '^' | '?' | '#' | '…' | '“' | '”' | '‘' | '’')
    };
    &rest[..rest.find(ends).unwrap_or(rest.len())]
}

/// What has been read so far, kept so that each further chunk costs only its own length.
#[derive(Default)]
struct Tally {
    dots: usize,
    /// Characters since the last dot.
    last: usize,
    /// How many characters the third part must have, by the header's algorithm; known once the header is complete.
    signature: Option<&'static [usize]>,
    looked: bool,
}

impl Tally {
    fn take(&mut self, token: &str, added: usize) {
        for byte in &token.as_bytes()[token.len() - added..] {
            if *byte == b'.' {
                self.dots += 1;
                self.last = 0;
            } else {
                self.last += 1;
            }
        }
        if self.dots > 0 && !self.looked {
            self.looked = true;
            let header = token.split('.').next().unwrap_or_default();
            self.signature = signature_lengths(header);
        }
    }

    fn goes_on_with(&self, chunk: &str, blank: &str, after: &str) -> bool {
        let body = chunk.trim_end_matches('=');
        if body.is_empty() || !body.chars().all(|c| part::is_base64(c) || c == '.') {
            return false;
        }
        if self.dots >= 2 {
            if begins_header(chunk.as_bytes()) || self.dots > 4 {
                return false;
            }
            if self.dots == 2 && self.signature.is_some_and(|lengths| lengths.contains(&self.last)) {
                return false;
            }
        }
        let alone_on_its_line = blank.contains(['\n', '\r'])
            && after.chars().find(|c| *c != ' ').is_none_or(|c| matches!(c, '\n' | '\r' | '"' | '\'' | '`'));
        alone_on_its_line || looks_random(body)
    }
}

/// Whether `word` looks like base64 rather than like a word of a language.
fn looks_random(word: &str) -> bool {
    word.len() >= 24
        || word.contains('.') && word.len() >= 8
        || word.bytes().any(|b| b.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_alphabetic())
        || word.bytes().skip(1).any(|b| b.is_ascii_uppercase())
            && word.bytes().any(|b| b.is_ascii_lowercase())
}

/// The possible lengths of the signature in base64url characters, by the algorithm a header names.
fn signature_lengths(header: &str) -> Option<&'static [usize]> {
    if header.len() > LONGEST_HEADER {
        return None;
    }
    let header: Value = serde_json::from_slice(&part::read(header).bytes).ok()?;
    match header.get("alg")?.as_str()? {
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => Some(&[342, 512, 683]),
        "HS256" => Some(&[43]),
        "HS384" => Some(&[64]),
        "HS512" | "ES256" | "EdDSA" => Some(&[86]),
        "ES384" => Some(&[128]),
        "ES512" => Some(&[176]),
        _ => None,
    }
}

/// Takes off what clung to the end. A final dot may belong to the token: an unsecured one ends with it.
fn tidy_end(spotted: &mut Spotted) {
    let token = &mut spotted.token;
    if let Some(position) = token.find("...") {
        token.truncate(position);
        spotted.shortened = true;
        return;
    }
    if let Some(mark) = token.chars().last().filter(|c| matches!(c, '!' | ':')) {
        token.truncate(token.len() - mark.len_utf8());
        spotted.punctuation = Some(mark);
    }
    let dots = token.bytes().filter(|b| *b == b'.').count();
    if (dots == 3 || dots == 5) && token.ends_with('.') {
        token.truncate(token.len() - 1);
        spotted.punctuation = Some('.');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_begins_behind_a_colour_that_lost_its_escape_character() {
        let check = |before: &str, found: bool| {
            let text = format!("{before}eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.");
            let search = search(&text, 1);
            assert_eq!(search.tokens.first().map(|one| one.start), found.then_some(before.len()), "{before}");
        };
        for before in ["[31m", "^[[1;31m", "\\u001b[m", "token=[38;5;4m", ""] {
            check(before, true);
        }
        for before in ["31m", "m", "[m3", "[31;x1m", "a"] {
            check(before, false);
        }
    }
}
