//! Finding secrets where they stand among other text: in parameters, header lines, bodies, pages and prose.
//!
//! The rule for a value with a name is [`is_harmless`], and [`is_harmless_member`] in JSON: what is not listed there is a
//! secret. In prose there is no such
//! certainty, so names have to be well known, and JWTs are known by their looks. [`anything`] also takes long opaque
//! runs for secrets; it is for text that leaves the program.
//!
//! Masking on screens and redacting in exports both work on what is found here; they differ in what they put in its
//! place.

use std::ops::Range;

use serde_json::Value;

use super::{is_harmless, is_harmless_member};

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// The name it goes by, such as `client_secret`; `token` where nothing names it.
    pub name: String,
    /// Whether it is a signed or encrypted JWT.
    pub is_jwt: bool,
}

/// Whether the whole text is a JWT (RFC 7519) or the beginning of one: base64url parts with dots between them, the first
/// of which opens a JSON object.
pub fn is_jwt(text: &str) -> bool {
    jwt_at(text).is_some_and(|length| length == text.len())
}

/// What is secret in the value of a parameter.
pub fn in_parameter(name: &str, value: &str) -> Vec<Found> {
    in_value(name, value, is_harmless(name))
}

/// What is secret in the value of a member of a JSON document.
pub fn in_member(name: &str, value: &str) -> Vec<Found> {
    in_value(name, value, is_harmless_member(name, value))
}

fn in_value(name: &str, value: &str, is_harmless: bool) -> Vec<Found> {
    if value.is_empty() {
        Vec::new()
    } else if is_harmless {
        in_text(value)
    } else {
        vec![whole(name, value, 0)]
    }
}

/// What is secret in the value of a header: of `authorization` what follows the scheme, of cookies the values, of
/// addresses their parameters.
pub fn in_header(name: &str, value: &str) -> Vec<Found> {
    match name.to_ascii_lowercase().as_str() {
        "location" | "content-location" | "referer" | "refresh" => in_text(value),
        "authorization" | "proxy-authorization" => {
            let start = value.find(' ').map_or(0, |end| end + 1);
            in_parameter(name, &value[start..]).into_iter().map(|found| found.moved(start)).collect()
        }
        "cookie" => in_cookies(value, usize::MAX),
        // What follows the first pair are attributes.
        "set-cookie" => in_cookies(value, 1),
        _ => in_parameter(name, value),
    }
}

/// What is known to be secret in a text: JWTs, parameters of addresses and forms, members of JSON, values beside a name
/// that is well known to be secret, and what follows `Bearer` or `Basic`.
pub fn in_text(text: &str) -> Vec<Found> {
    Scanner { text, at: 0, found: Vec::new(), long_runs: false }.run()
}

/// The same, and every long run of mixed letters and digits: it could be a code, a refresh token or a key.
pub fn anything(text: &str) -> Vec<Found> {
    Scanner { text, at: 0, found: Vec::new(), long_runs: true }.run()
}

/// What is secret in the source of a page: values of inputs, save those of buttons and harmless ones, and what the text
/// holds.
pub fn in_html(html: &str) -> Vec<Found> {
    let mut found = input_values(html);
    found.extend(in_text(html));
    // Of two that overlap the longer one counts, and of two equals the one with the better name.
    found.sort_by_key(|found| (found.range.start, std::cmp::Reverse(found.range.end)));
    let mut end = 0;
    found.retain(|found| {
        let is_free = found.range.start >= end;
        if is_free {
            end = found.range.end;
        }
        is_free
    });
    found
}

/// Whether a document is made to be public: provider metadata (OIDC Discovery §3) or a set of public keys (RFC 7517).
/// Its members need no list.
pub fn is_public_document(document: &Value) -> bool {
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"];
    let is_metadata = document.get("issuer").is_some() && document.get("authorization_endpoint").is_some();
    let public_keys = document.get("keys").and_then(Value::as_array).is_some_and(|keys| {
        keys.iter().all(|key| key.is_object() && PRIVATE.iter().all(|member| key.get(member).is_none()))
    });
    is_metadata || public_keys
}

/// The name by which a member of a JSON object is judged. Inside of `error` a `code` says what went wrong (Microsoft
/// Graph); everywhere else it may be the one that is redeemed.
pub fn judged_name<'a>(parent: &str, name: &'a str) -> &'a str {
    let is_of_error = parent == "error" || parent.eq_ignore_ascii_case("innerError");
    if is_of_error && name == "code" { "error" } else { name }
}

/// Whether a name is well known to carry a secret, wherever it stands.
pub fn is_well_known(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "code",
        "device_code",
        "authorization_code",
        "auth_code",
        "one_time_code",
        "otp",
        "otc",
        "id_token_hint",
        "api_key",
    ];
    const ENDINGS: [&str; 9] =
        ["secret", "password", "passwd", "pwd", "token", "verifier", "assertion", "authorization", "cookie"];
    let name = name.to_ascii_lowercase();
    !is_harmless(&name)
        && (NAMES.contains(&name.as_str()) || ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// The text with something else in place of what was found. `found` is in order, as the functions above return it.
pub fn replace(text: &str, found: &[Found], mut with: impl FnMut(&Found, &str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for secret in found {
        out.push_str(&text[end..secret.range.start]);
        out.push_str(&with(secret, &text[secret.range.clone()]));
        end = secret.range.end;
    }
    out.push_str(&text[end..]);
    out
}

impl Found {
    fn moved(mut self, by: usize) -> Self {
        self.range = self.range.start + by..self.range.end + by;
        self
    }
}

fn whole(name: &str, value: &str, start: usize) -> Found {
    Found { range: start..start + value.len(), name: name.to_owned(), is_jwt: is_jwt(value) }
}

fn in_cookies(line: &str, most: usize) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = 0;
    for pair in line.split(';').take(most) {
        let name = pair.split_once('=').map_or("", |(name, _)| name);
        let from = if name.is_empty() && !pair.starts_with('=') { 0 } else { name.len() + 1 };
        let value = pair[from..].trim_start();
        let from = start + pair.len() - value.len();
        let value = value.trim_end();
        if !value.is_empty() {
            let name = if name.trim().is_empty() { "cookie" } else { name.trim() };
            found.push(whole(name, value, from));
        }
        start += pair.len() + 1;
    }
    found
}

/// How long the JWT at the beginning of `text` is.
fn jwt_at(text: &str) -> Option<usize> {
    let in_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !text.starts_with("eyJ") {
        return None;
    }
    let bytes = text.as_bytes();
    let part = |from: usize| bytes[from..].iter().take_while(|b| in_part(**b)).count();
    let mut end = part(0);
    if end < 8 || bytes.get(end) != Some(&b'.') || part(end + 1) < 2 {
        return None;
    }
    // Up to five parts (JWE, RFC 7516); parts after the second may be empty, but a last full stop ends a sentence.
    for number in 2..=5 {
        if bytes.get(end) != Some(&b'.') {
            break;
        }
        let length = part(end + 1);
        let goes_on = length > 0 || number == 3 || bytes.get(end + 1) == Some(&b'.');
        if !goes_on {
            break;
        }
        end += 1 + length;
    }
    Some(end)
}

/// Looks at each place of a text once.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Found>,
    long_runs: bool,
}

const fn in_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'~')
}

impl Scanner<'_> {
    fn run(mut self) -> Vec<Found> {
        if self.is_a_form() {
            self.pair();
        }
        while let Some(&b) = self.text.as_bytes().get(self.at) {
            match b {
                b'?' | b'&' | b'#' => {
                    self.at += if self.rest().starts_with("&amp;") { 5 } else { 1 };
                    self.pair();
                }
                b'"' | b'\'' if self.member() => {}
                b if in_word(b) => self.word(),
                _ => self.at += 1,
            }
        }
        self.found
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// The number of bytes from `from` on that satisfy a condition; only ASCII ends a run, so ends are char boundaries.
    fn run_length(&self, from: usize, goes_on: impl Fn(u8) -> bool) -> usize {
        self.text.as_bytes()[from..].iter().take_while(|b| goes_on(**b)).count()
    }

    /// A text without blanks and quotes that has an `=` before anything that an address has before its query.
    fn is_a_form(&self) -> bool {
        let separator = self.text.bytes().find(|b| !in_word(*b) && !matches!(b, b'%' | b'+'));
        separator == Some(b'=')
            && !self.text.bytes().any(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'<'))
    }

    /// `name=value` of a query, fragment or form, just behind its separator.
    fn pair(&mut self) {
        let in_name = |b: u8| {
            !matches!(b, b'=' | b'&' | b'#' | b'?' | b'"' | b'\'' | b'<' | b'>') && !b.is_ascii_whitespace()
        };
        let length = self.run_length(self.at, in_name).min(200);
        let equals = self.at + length;
        if self.text.as_bytes().get(equals) != Some(&b'=') {
            return;
        }
        let name = percent_encoding::percent_decode_str(&self.text[self.at..equals])
            .decode_utf8_lossy()
            .into_owned();
        self.at = equals + 1;
        if is_harmless(&name) {
            return;
        }
        let end = self.at
            + self.run_length(self.at, |b| {
                !matches!(b, b'&' | b'#' | b'"' | b'<' | b'>') && !b.is_ascii_whitespace()
            });
        self.take(&name, end);
    }

    /// `"name": "value"`, also with its quotes escaped. False if there is no such thing here.
    fn member(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let name_end = start + self.run_length(start, |b| in_word(b) || b == b'$' || b == b'@').min(100);
        let escaped = bytes.get(name_end) == Some(&b'\\');
        let close = name_end + usize::from(escaped);
        if bytes.get(close) != Some(&bytes[self.at]) || name_end == start {
            return false;
        }
        let blanks = |from: usize| from + self.run_length(from, |b| b.is_ascii_whitespace()).min(100);
        let colon = blanks(close + 1);
        if bytes.get(colon) != Some(&b':') {
            return false;
        }
        let open = blanks(colon + 1) + usize::from(escaped);
        let Some(&quote) = bytes.get(open).filter(|b| matches!(b, b'"' | b'\'')) else {
            self.at = colon + 1;
            return true;
        };
        let name = self.text[start..name_end].to_owned();
        self.at = open + 1;
        if !is_harmless(&name) {
            let end = self.string_end(quote, escaped);
            // The end of a string that was cut off may lie behind the text.
            let value = self.text.get(self.at..end).unwrap_or(self.rest());
            if !is_harmless_member(&name, value) {
                self.take(&name, end);
            }
        }
        true
    }

    /// Where the string that begins here ends; a string that was cut off ends with the text.
    fn string_end(&self, quote: u8, escaped: bool) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(&b) = bytes.get(at) {
            match b {
                b'\\' if escaped && bytes.get(at + 1) == Some(&quote) => return at,
                b'\\' => at += 2,
                b if b == quote => return at,
                _ => at += 1,
            }
        }
        self.text.len()
    }

    /// A word, and what its being here says about what follows.
    fn word(&mut self) {
        let start = self.at;
        let end = start + self.run_length(start, in_word);
        let word = &self.text[start..end];
        if self.tokens(start..end) {
            return;
        }
        self.at = end;
        let next = self.text.as_bytes().get(end).copied();
        // The name is what stands directly before the sign: `request.client_secret=`.
        let name = word.rsplit(['.', '~']).next().unwrap_or(word).to_owned();
        match next {
            Some(b'=') if is_well_known(&name) => self.named(&name, end + 1),
            // "Code: 50011" and "token: expired" are prose.
            Some(b':')
                if is_well_known(&name)
                    && !matches!(name.to_ascii_lowercase().as_str(), "code" | "token") =>
            {
                self.named(&name, end + 1);
            }
            Some(b' ') if word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic") => {
                let value = end + 1;
                let length = self.run_length(value, |b| in_word(b) || matches!(b, b'+' | b'/' | b'='));
                let credentials = &self.text[value..value + length];
                if length >= 8 && looks_random(credentials) {
                    self.at = value;
                    self.take(&word.to_ascii_lowercase(), value + length);
                }
            }
            _ if self.long_runs && word.len() >= 40 && is_mixed(word) => {
                self.at = start;
                self.take("token", end);
            }
            _ => {}
        }
    }

    /// Takes the JWTs in a word; whether there was one.
    fn tokens(&mut self, word: Range<usize>) -> bool {
        let mut from = word.start;
        let mut any = false;
        while let Some(offset) = self.text[from..word.end].find("eyJ") {
            let start = from + offset;
            // A token begins the word or a part of it; looking elsewhere would cost the square of the length.
            let begins = start == word.start || matches!(self.text.as_bytes()[start - 1], b'.' | b'~');
            match begins.then(|| jwt_at(&self.text[start..word.end])).flatten() {
                Some(length) => {
                    self.at = start;
                    self.take("token", start + length);
                    from = start + length;
                    any = true;
                }
                None => from = start + 3,
            }
        }
        if any {
            self.at = word.end;
        }
        any
    }

    /// The value behind a well-known name and its sign.
    fn named(&mut self, name: &str, sign_end: usize) {
        let value = sign_end + self.run_length(sign_end, |b| b == b' ').min(4);
        let line = matches!(name.to_ascii_lowercase().as_str(), "authorization" | "cookie" | "set-cookie");
        self.at = value;
        match self.text.as_bytes().get(value) {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let end = self.string_end(*quote, false);
                self.take(name, end);
            }
            _ if line => {
                let end =
                    value + self.run_length(value, |b| !matches!(b, b'\r' | b'\n' | b'"' | b'\'' | b'<'));
                self.take(name, end);
            }
            _ => {
                let goes_on =
                    |b: u8| !b.is_ascii_whitespace() && !matches!(b, b'&' | b'"' | b'\'' | b'<' | b'>');
                let end = value + self.run_length(value, goes_on);
                self.take(name, end);
            }
        }
    }

    /// Takes what stands from here to `end`, and goes on behind it.
    fn take(&mut self, name: &str, end: usize) {
        // A backslash may have led past the end, or into the middle of a character.
        let end =
            (end..=self.text.len()).find(|end| self.text.is_char_boundary(*end)).unwrap_or(self.text.len());
        if self.at < end {
            self.found.push(whole(name, &self.text[self.at..end], self.at));
        }
        self.at = end;
    }
}

fn looks_random(text: &str) -> bool {
    text.bytes().any(|b| !b.is_ascii_alphabetic()) || text.bytes().skip(1).any(|b| b.is_ascii_uppercase())
}

fn is_mixed(text: &str) -> bool {
    let any = |fits: fn(&u8) -> bool| text.as_bytes().iter().any(fits);
    any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase) && any(u8::is_ascii_digit)
}

/// The values of `<input>` elements that may hold something secret.
fn input_values(html: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let bytes = html.as_bytes();
    let mut at = 0;
    while let Some(start) = html[at..].find('<') {
        at += start + 1;
        let is_input = bytes[at..].len() > 5
            && bytes[at..at + 5].eq_ignore_ascii_case(b"input")
            && (bytes[at + 5].is_ascii_whitespace() || bytes[at + 5] == b'/');
        if !is_input {
            continue;
        }
        let (end, attributes) = attributes(html, at + 5);
        at = end;
        let get = |wanted: &str| {
            attributes
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, range)| range.clone())
        };
        let text = |wanted: &str| get(wanted).map_or("", |range| &html[range]);
        let is_button =
            ["submit", "button", "reset", "image"].iter().any(|kind| text("type").eq_ignore_ascii_case(kind));
        if let Some(value) = get("value")
            && !is_button
        {
            let name = text("name");
            let shift = value.start;
            found.extend(in_parameter(name, &html[value]).into_iter().map(|found| found.moved(shift)));
        }
    }
    found
}

/// The attributes of the tag whose name ends at `at`, and where the tag ends.
fn attributes(html: &str, mut at: usize) -> (usize, Vec<(&str, Range<usize>)>) {
    let bytes = html.as_bytes();
    let mut attributes = Vec::new();
    let skip = |from: usize, goes_on: &dyn Fn(u8) -> bool| {
        from + bytes[from.min(bytes.len())..].iter().take_while(|b| goes_on(**b)).count()
    };
    let blank = |b: u8| b.is_ascii_whitespace();
    loop {
        at = skip(at, &|b| blank(b) || b == b'/');
        match bytes.get(at) {
            None => return (bytes.len(), attributes),
            Some(b'>') => return (at + 1, attributes),
            Some(_) => {}
        }
        let name_end = skip(at, &|b| !blank(b) && !matches!(b, b'=' | b'>' | b'/')).max(at + 1);
        let Some(name) = html.get(at..name_end) else { return (bytes.len(), attributes) };
        let equals = skip(name_end, &blank);
        if bytes.get(equals) != Some(&b'=') {
            attributes.push((name, name_end..name_end));
            at = name_end;
            continue;
        }
        let start = skip(equals + 1, &blank);
        let range = match bytes.get(start) {
            Some(quote @ (b'"' | b'\'')) => start + 1..skip(start + 1, &|b| b != *quote),
            _ => start..skip(start, &|b| !blank(b) && b != b'>'),
        };
        at = if bytes.get(start).is_some_and(|b| matches!(b, b'"' | b'\'')) {
            range.end + 1
        } else {
            range.end
        };
        attributes.push((name, range));
        if at > bytes.len() {
            return (bytes.len(), attributes);
        }
    }
}

#[cfg(test)]
mod tests;
