//! What a server wants as credential: the `WWW-Authenticate` header (RFC 9110 §11.6.1), which a 401 must carry.
//!
//! One header line may hold several challenges and several lines may come, so nothing can be found by searching the
//! text: a comma divides parameters as well as challenges. [`read`] follows the grammar, forgives what servers are known
//! to get wrong (values that should stand in quotes and do not), and says where it had to.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::Value;

use crate::wire::Headers;

/// One challenge: a scheme and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as it was written, such as `Bearer`; matched in any letter case.
    pub scheme: String,
    /// What some schemes carry in place of parameters.
    pub token68: Option<String>,
    /// The parameters in their order, names in lower case, quotes and escapes undone.
    pub params: Vec<(String, String)>,
    /// What is wrong with its form, if anything is.
    pub flaw: Option<&'static str>,
}

impl Challenge {
    /// Whether it asks for a bearer token (RFC 6750 §3).
    pub fn is_bearer(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("bearer")
    }

    /// The first parameter of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The claims challenge in it (reference §8.9): a JSON document in base64, of either alphabet, padded or not. An error
    /// says what cannot be read.
    pub fn claims(&self) -> Option<Result<Value, &'static str>> {
        let text = self.get("claims").filter(|text| !text.is_empty())?;
        Some(decode_claims(text))
    }
}

fn decode_claims(text: &str) -> Result<Value, &'static str> {
    let read = |bytes: &[u8]| match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it holds JSON, but no object"),
        Err(_) => Err("it holds no JSON"),
    };
    if text.trim_start().starts_with('{') {
        return read(text.as_bytes());
    }
    let plain: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let bytes = STANDARD_NO_PAD.decode(plain.trim_end_matches('=')).map_err(|_| "it is no base64")?;
    read(&bytes)
}

/// Every challenge among the headers, in order.
pub fn read(headers: &Headers) -> Vec<Challenge> {
    headers.all("www-authenticate").flat_map(parse).collect()
}

/// Every challenge in one header value. Never fails: what cannot be read is passed over and marked.
pub fn parse(text: &str) -> Vec<Challenge> {
    let mut reader = Reader { rest: text };
    let mut challenges: Vec<Challenge> = Vec::new();
    loop {
        reader.skip(|c| c == ',' || is_blank(c));
        if reader.rest.is_empty() {
            return challenges;
        }
        let scheme = reader.token();
        if scheme.is_empty() {
            reader.skip_item();
            if let Some(before) = challenges.last_mut() {
                before.flaw.get_or_insert("something in it is neither a parameter nor a scheme");
            }
            continue;
        }
        let mut challenge = Challenge { scheme: scheme.to_owned(), ..Challenge::default() };
        if reader.rest.starts_with(is_blank) {
            reader.skip(is_blank);
            match reader.token68() {
                Some(token) => challenge.token68 = Some(token.to_owned()),
                None => reader.params(&mut challenge),
            }
        }
        challenges.push(challenge);
    }
}

/// What is left to read. Each step either takes something or ends, so the work grows with the length alone.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, belongs: impl Fn(char) -> bool) {
        self.take(belongs);
    }

    fn token(&mut self) -> &'a str {
        self.take(is_token)
    }

    /// Passes over what makes no sense, up to the next comma.
    fn skip_item(&mut self) {
        self.skip(|c| c != ',');
    }

    /// `abc==`, if it stands alone before the next comma.
    fn token68(&mut self) -> Option<&'a str> {
        let before = self.rest;
        let word = self.take(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c)).len();
        let padding = self.take(|c| c == '=').len();
        let taken = &before[..word + padding];
        self.skip(is_blank);
        if word > 0 && (self.rest.is_empty() || self.rest.starts_with(',')) {
            return Some(taken);
        }
        self.rest = before;
        None
    }

    /// Parameters, until something begins that is none: the next scheme.
    fn params(&mut self, challenge: &mut Challenge) {
        loop {
            let before = self.rest;
            self.skip(|c| c == ',' || is_blank(c));
            let name = self.token();
            self.skip(is_blank);
            let Some(rest) = self.rest.strip_prefix('=').filter(|_| !name.is_empty()) else {
                self.rest = before;
                return;
            };
            self.rest = rest;
            self.skip(is_blank);
            let value = self.value(&mut challenge.flaw);
            let name = name.to_ascii_lowercase();
            if challenge.get(&name).is_some() {
                challenge.flaw.get_or_insert("a parameter stands in it twice");
            }
            challenge.params.push((name, value));
            self.skip(is_blank);
            if !self.rest.is_empty() && !self.rest.starts_with(',') {
                challenge.flaw.get_or_insert("a comma is missing between two parameters");
            }
        }
    }

    fn value(&mut self, flaw: &mut Option<&'static str>) -> String {
        let Some(inside) = self.rest.strip_prefix('"') else {
            let value = self.take(|c| c != ',' && !is_blank(c));
            if !value.chars().all(is_token) {
                flaw.get_or_insert("a value that needs quotes stands without them");
            }
            return value.to_owned();
        };
        let mut value = String::new();
        let mut chars = inside.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &inside[at + 1..];
                    return value;
                }
                '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
                other => value.push(other),
            }
        }
        self.rest = "";
        flaw.get_or_insert("a quotation mark is never closed");
        value
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    fn pairs(challenge: &Challenge) -> Vec<(&str, &str)> {
        challenge.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn schemes(text: &str) -> Vec<String> {
        parse(text).into_iter().map(|challenge| challenge.scheme).collect()
    }

    #[test]
    fn an_api_of_entra_is_read_whole() {
        let text = "Bearer realm=\"\", authorization_uri=\"https://login.example/common/oauth2/authorize\", \
                    client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", \
                    claims=\"eyJhIjoxfQ==\"";
        let [challenge] = &parse(text)[..] else { panic!("not one challenge") };
        assert!(challenge.is_bearer() && challenge.flaw.is_none());
        assert_eq!(
            pairs(challenge),
            [
                ("realm", ""),
                ("authorization_uri", "https://login.example/common/oauth2/authorize"),
                ("client_id", "00000003-0000-0000-c000-000000000000"),
                ("error", "insufficient_claims"),
                ("claims", "eyJhIjoxfQ=="),
            ]
        );
        assert_eq!(challenge.claims(), Some(Ok(json!({"a": 1}))));
    }

    #[test]
    fn the_example_of_the_rfc_holds_two_challenges() {
        let read =
            parse("Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"");
        assert_eq!(read.len(), 2);
        assert_eq!((&*read[0].scheme, pairs(&read[0])), ("Basic", vec![("realm", "simple")]));
        assert_eq!(read[1].scheme, "Newauth");
        assert_eq!(pairs(&read[1]), [("realm", "apps"), ("type", "1"), ("title", "Login to \"apps\"")]);
    }

    #[test]
    fn schemes_without_parameters_and_with_a_token_are_told_apart() {
        assert_eq!(schemes("Negotiate, Bearer , Basic realm=x"), ["Negotiate", "Bearer", "Basic"]);
        let read = parse("Negotiate YII+/a==, bearer error=invalid_token");
        assert_eq!(read[0].token68.as_deref(), Some("YII+/a=="));
        assert!(read[1].is_bearer());
        assert_eq!(read[1].get("error"), Some("invalid_token"));
    }

    #[test]
    fn commas_and_equal_signs_inside_quotes_divide_nothing() {
        let read = parse("Bearer error_description=\"a, b=c, Basic realm=x\" , scope = \"r w\"");
        assert_eq!(read.len(), 1);
        assert_eq!(pairs(&read[0]), [("error_description", "a, b=c, Basic realm=x"), ("scope", "r w")]);
        assert_eq!(read[0].flaw, None);
    }

    #[test]
    fn several_lines_are_read_in_order() {
        let headers = Headers::new()
            .with("WWW-Authenticate", "Bearer realm=\"a\"")
            .with("www-authenticate", "PoP, Basic realm=\"b\"");
        let schemes: Vec<_> = read(&headers).into_iter().map(|challenge| challenge.scheme).collect();
        assert_eq!(schemes, ["Bearer", "PoP", "Basic"]);
        assert_eq!(read(&Headers::new()), []);
    }

    #[test]
    fn what_servers_get_wrong_is_read_and_said() {
        let check = |text: &str, name: &str, value: &str, flaw: &str| {
            let read = parse(text);
            assert_eq!(read.len(), 1, "{text}: {read:?}");
            assert_eq!(read[0].get(name), Some(value), "{text}");
            assert!(read[0].flaw.is_some_and(|said| said.contains(flaw)), "{text}: {:?}", read[0].flaw);
        };
        check(
            "Bearer authorization_uri=https://a.example/b",
            "authorization_uri",
            "https://a.example/b",
            "quotes",
        );
        check("Bearer error=\"invalid_token", "error", "invalid_token", "never closed");
        check("Bearer error=\"a\\", "error", "a", "never closed");
        check("Bearer realm=\"a\" error=\"b\"", "error", "b", "comma");
        check("Bearer error=\"a\", error=\"b\"", "error", "a", "twice");
        check("Bearer error=\"a\", =\"b\"", "error", "a", "neither");
    }

    #[test]
    fn hostile_values_end_and_take_no_more_than_their_length() {
        for text in [
            "",
            ",,, ,",
            "=",
            "\"",
            "Bearer \"",
            "Bearer =",
            "Bearer a=",
            "Bearer ä=\"ö\"",
            "\u{0}\u{1b}[2J",
            "Bearer realm=\"\\",
        ] {
            let read = parse(text);
            assert!(read.len() <= 2, "{text:?}: {read:?}");
        }
        let commas = ",".repeat(100_000);
        assert_eq!(parse(&commas), []);
        let quotes = format!("Bearer realm=\"{}", "\\\"".repeat(50_000));
        assert_eq!(parse(&quotes).len(), 1);
        let equals = format!("Bearer {}", "=".repeat(100_000));
        assert_eq!(parse(&equals)[0].scheme, "Bearer");
        let many = "a b=\"c\", ".repeat(10_000);
        assert_eq!(parse(&many).len(), 10_000);
    }

    #[test]
    fn claims_come_in_either_alphabet_and_say_what_is_wrong() {
        let document =
            json!({"access_token": {"nbf": {"essential": true, "value": "1772615790"}, "x": "???>>>"}});
        let with = |claims: &str| Challenge {
            scheme: "Bearer".into(),
            params: vec![("claims".into(), claims.into())],
            ..Challenge::default()
        };
        let text = document.to_string();
        for coded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text), text.clone()] {
            assert_eq!(with(&coded).claims(), Some(Ok(document.clone())), "{coded}");
        }
        assert_eq!(with("").claims(), None);
        for (claims, part) in [("%%%", "base64"), ("aGVsbG8", "no JSON"), ("W10", "no object")] {
            let why = with(claims).claims().expect("there is one").expect_err(claims);
            assert!(why.contains(part), "{claims}: {why}");
        }
    }
}
