//! `Invoke-RestMethod` and `Invoke-WebRequest` of PowerShell, also in the form in which a browser copies a request.

use std::{cell::Cell, iter::Peekable, str::CharIndices};

use super::{
    MOST, UNKNOWN,
    value::{Draft, Value},
};
use crate::wire::{Method, Request};

/// Every such command of a text, and where it stands.
pub fn all(text: &str) -> Vec<(usize, Request)> {
    const NAMES: [&str; 4] = ["invoke-restmethod", "invoke-webrequest", "irm ", "iwr "];
    if !text.contains('-') {
        return Vec::new(); // no command without a parameter
    }
    let lower = text.to_ascii_lowercase(); // keeps byte positions
    let steps = Cell::new(20_000);
    let mut found = Vec::new();
    for name in NAMES {
        let begins =
            |at: &usize| !lower[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        for at in lower.rmatch_indices(name).map(|(at, _)| at).filter(begins).take(MOST) {
            let mut reader =
                Reader { text, at: at + name.trim_end().len(), before: at, depth: 0, steps: &steps };
            found.extend(reader.request().map(|request| (at, request)));
        }
    }
    found
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    before: usize,
    depth: u32,
    steps: &'t Cell<u32>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn takes(&mut self, text: &str) -> bool {
        let takes = self.rest().get(..text.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(text));
        self.at += if takes { text.len() } else { 0 };
        takes
    }

    /// Blanks within a command: a line goes on behind a backtick.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t']);
            self.at += rest.len() - trimmed.len();
            if !self.takes("`\n") && !self.takes("`\r\n") {
                return;
            }
        }
    }

    /// Blanks, line ends and comments within braces.
    fn gaps(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        self.at += end;
        word
    }

    fn request(&mut self) -> Option<Request> {
        let mut given: Vec<(String, Value)> = Vec::new();
        loop {
            self.blanks();
            let rest = self.rest();
            if rest.is_empty() || rest.starts_with(['\n', '|', ';', ')', '}']) {
                break;
            }
            if rest.starts_with('@') && rest[1..].starts_with(|c: char| c.is_alphabetic()) {
                self.at += 1;
                let name = self.word();
                if let Value::Map(members) = self.variable(&name) {
                    given.extend(members);
                }
            } else if rest.starts_with('-') {
                self.at += 1;
                let name = self.word();
                self.takes(":");
                self.blanks();
                let is_switch = self.rest().is_empty()
                    || self.rest().starts_with(['-', '\n', '|', ';', ')'])
                    || name.eq_ignore_ascii_case("UseBasicParsing");
                let value = if is_switch { Value::Unknown } else { self.expression() };
                given.push((name, value));
            } else {
                let before = self.at;
                let value = self.expression();
                if self.at == before {
                    break;
                }
                given.push(("Uri".to_owned(), value));
            }
        }
        request_of(&Value::Map(given))
    }

    fn expression(&mut self) -> Value {
        const DEEPEST: u32 = 16;
        let left = self.steps.get();
        if left == 0 || self.depth == DEEPEST {
            self.at = self.text.len();
            return Value::Unknown;
        }
        self.steps.set(left - 1);
        self.depth += 1;
        let mut value = self.primary();
        loop {
            let before = self.at;
            self.blanks();
            if self.takes("+") {
                self.gaps();
                value = Value::Text(value.text() + &self.primary().text());
            } else if self.takes("-f ") {
                self.blanks();
                let held = self.primary().text();
                value = Value::Text(value.text().replace("{0}", &held));
            } else {
                self.at = before;
                self.depth -= 1;
                return value;
            }
        }
    }

    fn primary(&mut self) -> Value {
        let rest = self.rest();
        // `[string]$x`, `[pscustomobject]@{…}`
        if let Some(end) = rest.strip_prefix('[').and_then(|rest| rest.find(']')).filter(|end| *end < 60) {
            self.at += end + 2;
            return self.primary();
        }
        if rest.starts_with("@{") {
            return self.table();
        }
        if rest.starts_with("@'") || rest.starts_with("@\"") {
            let close = format!("\n{}@", &rest[1..2]);
            let inside = &rest[2..rest.find(&close).unwrap_or(rest.len())];
            let value = inside.trim_start_matches(['\r', '\n']).to_owned();
            self.at += (2 + inside.len() + close.len()).min(rest.len());
            return Value::Text(if close.contains('"') { self.interpolated(&value) } else { value });
        }
        match rest.chars().next() {
            Some(quote @ ('\'' | '"')) => self.string(quote),
            Some('$') if rest.starts_with("$(") => {
                self.at += 1;
                self.group();
                Value::Unknown
            }
            Some('$') => {
                self.at += 1;
                let (name, value) = self.named();
                if name.is_empty() { Value::Unknown } else { value }
            }
            Some('(') => self.group(),
            Some(_) => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, ';' | ')' | '}' | '|'))
                    .unwrap_or(rest.len());
                let word = rest[..end].to_owned();
                self.at += end;
                Value::Text(self.interpolated(&word))
            }
            None => Value::Unknown,
        }
    }

    /// `(…)`, with what a pipe makes of it.
    fn group(&mut self) -> Value {
        self.at += 1;
        self.gaps();
        let mut value = self.expression();
        self.blanks();
        if self.takes("|") {
            self.blanks();
            if self.takes("ConvertTo-Json") {
                value = Value::Json(value.json());
            } else {
                value = Value::Unknown;
            }
        }
        let rest = self.rest();
        self.at += rest.find(')').map_or(rest.len(), |end| end + 1);
        value
    }

    /// A variable behind its `$`, with members: its name and its value.
    fn named(&mut self) -> (String, Value) {
        let rest = self.rest();
        let name = if let Some(name) = braced(rest) {
            self.at += name.len() + 2;
            name
        } else {
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(':');
            self.at += name.len();
            name
        };
        let name = name.to_owned();
        let mut value = self.variable(&name);
        while self.rest().starts_with('.') && self.rest()[1..].starts_with(|c: char| c.is_alphabetic()) {
            self.at += 1;
            let member = self.word();
            value = value.member(&member).cloned().unwrap_or(Value::Unknown);
        }
        (name, value)
    }

    fn variable(&self, name: &str) -> Value {
        const TRIES: usize = 12;
        let before = &self.text[..self.before];
        let assigned = before.rmatch_indices('$').filter_map(|(at, _)| {
            let rest = before.get(at + 1..)?;
            let begin = rest.get(..name.len()).filter(|begin| begin.eq_ignore_ascii_case(name))?;
            let rest = rest[begin.len()..].trim_start_matches([' ', '\t']);
            let value = rest.strip_prefix('=')?;
            Some((at, value.as_ptr().addr() - self.text.as_ptr().addr()))
        });
        let Some((at, begin)) = assigned.take(TRIES).next().filter(|_| !name.is_empty()) else {
            return Value::Unknown;
        };
        let mut reader =
            Reader { text: self.text, at: begin, before: at, depth: self.depth + 1, steps: self.steps };
        reader.blanks();
        let value = reader.expression();
        reader.blanks();
        if reader.takes("|") {
            reader.blanks();
            return if reader.takes("ConvertTo-Json") { Value::Json(value.json()) } else { Value::Unknown };
        }
        value
    }

    fn table(&mut self) -> Value {
        self.at += 2;
        let mut members = Vec::new();
        loop {
            self.gaps();
            if self.takes("}") || self.rest().is_empty() {
                return Value::Map(members);
            }
            let before = self.at;
            let name = match self.rest().chars().next() {
                Some(quote @ ('\'' | '"')) => self.string(quote).text(),
                Some(_) | None => self.word(),
            };
            self.blanks();
            if self.takes("=") {
                self.blanks();
                let value = self.expression();
                members.push((name, value));
            }
            // What cannot be read is passed over.
            let rest = self.rest();
            let is_next = rest.starts_with(['\n', '\r', ';', '}', ' ', '\t', '#']);
            if !is_next || self.at == before {
                self.at += rest.find(['\n', ';', '}']).unwrap_or(rest.len());
            }
        }
    }

    fn string(&mut self, quote: char) -> Value {
        let begin = self.at + 1;
        let mut characters = self.text[begin..].char_indices().peekable();
        let mut out = String::new();
        while let Some((at, c)) = characters.next() {
            match c {
                c if c == quote => {
                    if characters.next_if(|(_, next)| *next == quote).is_none() {
                        self.at = begin + at + 1;
                        return Value::Text(out);
                    }
                    out.push(quote);
                }
                '`' if quote == '"' => match characters.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 'r')) => out.push('\r'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, c)) => out.push(c),
                    None => {}
                },
                '$' if quote == '"' => out.push_str(&self.hole(&mut characters, begin)),
                c => out.push(c),
            }
        }
        self.at = self.text.len();
        Value::Text(out)
    }

    /// The value of a variable within a string, from behind its `$`.
    fn hole(&self, characters: &mut Peekable<CharIndices<'_>>, begin: usize) -> String {
        let Some((at, c)) = characters.peek().copied() else { return "$".to_owned() };
        if c == '(' {
            let mut open = 0;
            for (_, c) in characters.by_ref() {
                open += i32::from(c == '(') - i32::from(c == ')');
                if open == 0 {
                    break;
                }
            }
            return UNKNOWN.to_owned();
        }
        if !(c.is_alphabetic() || c == '_' || c == '{') {
            return "$".to_owned();
        }
        let mut reader = Reader {
            text: self.text,
            at: begin + at,
            before: self.before,
            depth: self.depth,
            steps: self.steps,
        };
        // Within a string a dot is a dot.
        let rest = reader.rest();
        let name = if let Some(name) = braced(rest) {
            reader.at += name.len() + 2;
            name
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let end = if &rest[..end] == "env" && rest[end..].starts_with(':') {
                let more = &rest[end + 1..];
                end + 1 + more.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(more.len())
            } else {
                end
            };
            reader.at += end;
            &rest[..end]
        };
        let value = self.variable(name).text();
        let end = reader.at - begin;
        while characters.next_if(|(at, _)| *at < end).is_some() {}
        value
    }

    /// A text outside of quotes, or of a here-string, with its variables.
    fn interpolated(&self, text: &str) -> String {
        let mut parts = text.split('$');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let name = part.trim_start_matches('{');
            let end =
                name.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(name.len());
            let held = name[..end].trim_end_matches(':');
            if held.is_empty() {
                out.push('$');
                out.push_str(part);
                continue;
            }
            out.push_str(&self.variable(held).text());
            out.push_str(name[held.len()..].trim_start_matches('}'));
        }
        out
    }
}

/// The name in `{…}` at the beginning.
fn braced(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    inside.find('}').map(|end| &inside[..end])
}

fn request_of(given: &Value) -> Option<Request> {
    // Parameters may be shortened.
    let parameter = |name: &str, shortest: usize| {
        let Value::Map(members) = given else { return None };
        let is_it = |known: &str| {
            known.len() >= shortest
                && name.get(..known.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(known))
        };
        members.iter().find(|(known, _)| is_it(known)).map(|(_, value)| value)
    };
    let mut draft = Draft { is_complete: true, address: parameter("Uri", 1)?.text(), ..Draft::default() };
    draft.method =
        parameter("Method", 2).and_then(|method| Method::parse(&method.text().to_ascii_uppercase()));
    if let Some(headers) = parameter("Headers", 1) {
        draft.add_headers(headers);
    }
    if let Some(kind) = parameter("ContentType", 2).map(Value::text).filter(|kind| !kind.contains(UNKNOWN)) {
        draft.headers.push("content-type", kind);
    }
    let body = parameter("Body", 1).cloned();
    let body = body.map(|body| match body.pairs() {
        Some(pairs) if matches!(body, Value::Map(_)) => Value::Form(pairs),
        _ => body,
    });
    draft.body = body.or_else(|| parameter("Form", 1).and_then(Value::pairs).map(Value::Multipart));
    // Without a method it is GET, and then a table goes into the query.
    if draft.method.unwrap_or(Method::Get) == Method::Get {
        draft.method = Some(Method::Get);
        draft.query = draft.body.take().and_then(|body| body.pairs()).unwrap_or_default();
    } else if let Some(Value::Json(_)) = draft.body
        && draft.headers.get("content-type").is_none()
    {
        // A text goes out as a form, whatever it holds.
        draft.headers.push("content-type", "application/x-www-form-urlencoded");
    }
    draft.request()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Request {
        all(text).pop().unwrap_or_else(|| panic!("{text}")).1
    }

    #[test]
    fn the_usual_ways_to_send_a_form() {
        for text in [
            "Invoke-RestMethod -Method Post -Uri \"https://login.example/t1/token\" -Body @{ client_id='c1'; scope = 'a b' }",
            "$tenant = 't1'\n$body = @{\n    client_id     = \"c1\" # the app\n    scope         = \"a b\"\n}\n$r = Invoke-RestMethod \"https://login.example/$tenant/token\" -Method POST -Body $body -ContentType 'application/x-www-form-urlencoded'",
            "$t='t1'\nirm -Uri https://login.example/$t/token `\n  -Method Post `\n  -Body \"client_id=c1&scope=a%20b\" | select access_token",
            "$p = @{ Uri = \"https://login.example/t1/token\"; Method = 'POST'; Body = @{ 'client_id' = 'c1'; 'scope' = 'a ' + 'b' } }\nInvoke-WebRequest @p",
            "PS C:\\> Invoke-WebRequest -UseBasicParsing -Uri \"https://login.example/t1/token\" `\n-Method \"POST\" `\n-Headers @{\n\"Origin\"=\"https://app.example\"\n} `\n-Body \"client_id=c1&scope=a+b\"",
        ] {
            let request = one(text);
            assert_eq!(request.url.as_str(), "https://login.example/t1/token", "{text}");
            assert_eq!(request.method, Method::Post, "{text}");
            let form = request.form();
            assert_eq!((form.get("client_id"), form.get("scope")), (Some("c1"), Some("a b")), "{text}");
        }
    }

    #[test]
    fn what_is_not_told_is_unknown() {
        let request = one(
            "Invoke-RestMethod -Method Post -Uri \"https://login.example/${tenant}/token\" -Body @{ client_id = $appId; client_secret = $env:SECRET; x = \"$($y.z)-$y\" }",
        );
        let form = request.form();
        for name in ["client_id", "client_secret"] {
            assert_eq!(form.get(name), Some(UNKNOWN), "{name}");
        }
        assert_eq!(form.get("x"), Some("…-…"));
    }

    #[test]
    fn json_and_query_are_told_apart() {
        let request = one(
            "Invoke-RestMethod -Method Post -Uri https://login.example/token -Body (@{ client_id = 'c1' } | ConvertTo-Json) -ContentType 'application/json'",
        );
        assert_eq!(request.headers.get("content-type"), Some("application/json"));
        assert_eq!(request.body.text(), r#"{"client_id":"c1"}"#);
        let request = one("irm https://login.example/token -Body @{ client_id = 'c1' }");
        assert_eq!((request.method, request.url.query()), (Method::Get, Some("client_id=c1")));
    }

    #[test]
    fn words_about_it_are_no_command() {
        for text in ["Invoke-RestMethod: it failed - see above", "irm -", "use iwr or irm - both work"] {
            assert!(all(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_megabyte_of_anything_comes_to_an_end() {
        for pattern in ["irm -Body @{", "irm \"$a", "$a=$a\nirm $a -B $a", "irm -Uri ($", "irm -x @{a=("] {
            let text = pattern.repeat(1_000_000 / pattern.len());
            assert!(all(&text).len() <= MOST * 4, "{pattern}");
        }
    }
}
