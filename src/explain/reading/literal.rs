//! Objects as programs print them: JSON, JSON inside of a string, what Python, Ruby, PHP and `console.log` make of a map.
//!
//! The reader is no judge of syntax. It takes `{'error': 'x'}`, `{ error: 'x' }`, `{"error"=>"x"}` and `{\"error\":\"x\"}`
//! for the same object, keeps what it has where a text was cut off, and looks at each character once.

use serde_json::{Map, Value};

/// An object and where it stands, in bytes of the text.
pub struct Literal {
    pub begin: usize,
    pub end: usize,
    pub members: Map<String, Value>,
}

/// Nesting beyond this is read as text.
const DEEPEST: usize = 24;
/// So many members and items are kept of all objects together.
const MOST: usize = 60_000;

/// Every outermost object of a text that has members, in order.
pub fn objects(text: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut room = MOST;
    let mut at = 0;
    while let Some(begin) = text[at..].find('{').map(|next| at + next) {
        let mut reader = Reader { text, at: begin, quote: String::new(), room };
        let members = reader.object(DEEPEST);
        room = reader.room;
        at = reader.at.max(begin + 1);
        if !members.is_empty() {
            found.push(Literal { begin, end: at, members });
        }
        if room == 0 {
            break;
        }
    }
    found
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The backslashes before each quotation mark of this object: it stands in a string of another one.
    quote: String,
    room: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            // Line breaks of an object within a string, and `'…' +` of a string over several lines.
            let rest = self.rest();
            let escaped = rest.trim_start_matches('\\');
            let depth = rest.len() - escaped.len();
            let is_break = depth > 0 && depth <= 8 && escaped.starts_with(['n', 'r', 't']);
            if is_break && !self.quote.is_empty() {
                self.at += depth + 1;
            } else if blank == 0 {
                return;
            }
        }
    }

    fn takes(&mut self, text: &str) -> bool {
        let takes = self.rest().starts_with(text);
        if takes {
            self.at += text.len();
        }
        takes
    }

    /// The object that opens here. What cannot be read ends it.
    fn object(&mut self, depth: usize) -> Map<String, Value> {
        let mut members = Map::new();
        if !self.takes("{") || depth == 0 {
            return members;
        }
        if depth == DEEPEST {
            self.blanks();
            let escapes = self.rest().bytes().take(16).take_while(|b| *b == b'\\').count();
            if self.rest()[escapes..].starts_with('"') && escapes < 16 {
                self.quote = "\\".repeat(escapes);
            }
        }
        loop {
            self.blanks();
            if self.takes("}") {
                return members;
            }
            let Some(name) = self.name() else { return members };
            self.blanks();
            if !(self.takes("=>") || self.takes(":") || self.takes("=")) {
                return members;
            }
            self.blanks();
            let Some(value) = self.value(depth - 1) else { return members };
            if self.room == 0 {
                return members;
            }
            self.room -= 1;
            // The first of two: a later one is what somebody put behind it.
            members.entry(name).or_insert(value);
            self.blanks();
            if !(self.takes(",") || self.takes(";")) {
                self.takes("}");
                return members;
            }
        }
    }

    fn list(&mut self, close: &str, depth: usize) -> Value {
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.takes(close) || depth == 0 || self.room == 0 {
                return Value::Array(items);
            }
            let Some(item) = self.value(depth - 1) else { return Value::Array(items) };
            self.room = self.room.saturating_sub(1);
            items.push(item);
            self.blanks();
            if !self.takes(",") {
                self.takes(close);
                return Value::Array(items);
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        if let Some(name) = self.string() {
            return Some(name);
        }
        self.takes(":"); // Ruby's symbols
        self.word()
    }

    /// A run of letters, digits and what names are made of.
    fn word(&mut self) -> Option<String> {
        const LONGEST: usize = 80;
        let length = self
            .rest()
            .bytes()
            .take(LONGEST + 1)
            .take_while(|b| b.is_ascii_alphanumeric() || b"_-.$@+".contains(b))
            .count();
        let word = self.rest().get(..length).filter(|_| (1..=LONGEST).contains(&length))?.to_owned();
        self.at += length;
        Some(word)
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        match self.peek()? {
            '{' => Some(Value::Object(self.object(depth))),
            '[' => {
                self.at += 1;
                Some(self.list("]", depth))
            }
            '(' => {
                self.at += 1;
                Some(self.list(")", depth))
            }
            _ => {
                if let Some(mut text) = self.string() {
                    loop {
                        let before = self.at;
                        self.blanks();
                        let goes_on = self.takes("+");
                        self.blanks();
                        let Some(more) = goes_on.then(|| self.string()).flatten() else {
                            self.at = before;
                            return Some(Value::String(text));
                        };
                        text.push_str(&more);
                    }
                }
                Some(match self.word()?.as_str() {
                    "true" | "True" => Value::Bool(true),
                    "false" | "False" => Value::Bool(false),
                    "null" | "None" | "nil" | "undefined" | "NULL" => Value::Null,
                    word => match word.parse::<i64>() {
                        Ok(number) => Value::Number(number.into()),
                        Err(_) => Value::String(word.to_owned()),
                    },
                })
            }
        }
    }

    /// A string, with its escapes undone; one that nobody closed goes to the end of the text.
    fn string(&mut self) -> Option<String> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        // `b'…'` and `u'…'` of Python.
        if matches!(bytes.get(at), Some(b'b' | b'u')) && matches!(bytes.get(at + 1), Some(b'\'' | b'"')) {
            at += 1;
        }
        let depth = self.quote.len();
        if !self.text[at..].starts_with(&self.quote) {
            return None;
        }
        let mark = *bytes.get(at + depth)?;
        let is_mark = mark == b'"' || (depth == 0 && matches!(mark, b'\'' | b'`'));
        if !is_mark {
            return None;
        }
        at += depth + 1;
        let mut out = String::new();
        let mut kept = at;
        while let Some(&byte) = bytes.get(at) {
            if byte != b'\\' && byte != mark {
                at += 1;
                continue;
            }
            out.push_str(&self.text[kept..at]);
            let escapes = bytes[at..].iter().take_while(|b| **b == b'\\').count();
            let next = at + escapes;
            let (backslashes, meaning) = undo(escapes, self.levels(), bytes.get(next) == Some(&mark));
            if meaning == Meaning::EndsAround {
                self.at = at;
                return Some(out);
            }
            out.extend(std::iter::repeat_n('\\', backslashes));
            match meaning {
                Meaning::Ends => {
                    self.at = next + 1;
                    return Some(out);
                }
                Meaning::Escape => at = self.escape(next, &mut out),
                Meaning::Plain | Meaning::EndsAround => at = next,
            }
            kept = at;
        }
        out.push_str(&self.text[kept..]);
        self.at = self.text.len();
        Some(out)
    }

    /// How many strings within each other this one is, with itself.
    fn levels(&self) -> u32 {
        (self.quote.len() + 1).ilog2() + 1
    }

    /// The character behind a backslash; gives where the text goes on.
    fn escape(&self, next: usize, out: &mut String) -> usize {
        let Some(c) = self.text[next..].chars().next() else { return next };
        let digits = |length: usize| self.text.get(next + 1..=next + length);
        match c {
            'n' => out.push('\n'),
            'r' => {}
            't' => out.push('\t'),
            'u' => {
                let number = digits(4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                // Halves of a pair are of no use to anybody here.
                out.push(number.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                return next + if number.is_some() { 5 } else { 1 };
            }
            'x' => {
                let number = digits(2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                out.extend(number.map(char::from));
                return next + if number.is_some() { 3 } else { 1 };
            }
            c => out.push(c),
        }
        next + c.len_utf8()
    }
}

/// What a run of backslashes makes of the character behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// It is a quotation mark and ends the string.
    Ends,
    /// It is a quotation mark and ends the string around the object.
    EndsAround,
    /// It is escaped.
    Escape,
    /// It stands for itself.
    Plain,
}

/// Undoes the backslashes of so many strings within each other: how many stay, and what becomes of the next character.
fn undo(escapes: usize, levels: u32, is_mark: bool) -> (usize, Meaning) {
    let mut left = escapes;
    for level in 1..=levels {
        let is_escaped = left % 2 == 1;
        left /= 2;
        match (is_mark, is_escaped, level == levels) {
            (true, false, true) => return (left, Meaning::Ends),
            (true, false, false) => return (0, Meaning::EndsAround),
            (true, true, true) => return (left, Meaning::Escape),
            (false, true, _) => return (left >> (levels - level), Meaning::Escape),
            (true, true, false) | (false, false, _) => {}
        }
    }
    (left, Meaning::Plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(text: &str) -> Value {
        objects(text).into_iter().next().map_or(Value::Null, |found| Value::Object(found.members))
    }

    #[test]
    fn objects_are_read_as_programs_print_them() {
        let expected = json!({"error": "invalid_grant", "codes": [50011, 2], "x": null});
        for text in [
            r#"log {"error":"invalid_grant","codes":[50011,2],"x":null} tail"#,
            "{'error': 'invalid_grant', 'codes': [50011, 2], 'x': None}",
            "{\n  error: 'invalid_grant',\n  codes: [ 50011, 2 ],\n  x: undefined\n}",
            r#"{"error"=>"invalid_grant", "codes"=>[50011, 2], "x"=>nil}"#,
            r#"{:error=>"invalid_grant", :codes=>[50011, 2], :x=>nil}"#,
            r#"msg="{\"error\":\"invalid_grant\",\"codes\":[50011,2],\"x\":null}" level=info"#,
            r#"{\\\"error\\\": \\\"invalid_grant\\\", \\\"codes\\\": [50011, 2], \\\"x\\\": null}"#,
            "{error=invalid_grant, codes=[50011, 2], x=null}",
        ] {
            assert_eq!(first(text), expected, "{text}");
        }
    }

    #[test]
    fn strings_lose_one_level_of_escapes() {
        assert_eq!(first(r#"{"a":"b\"c\u0027d\ne\\"}"#), json!({"a": "b\"c'd\ne\\"}));
        assert_eq!(first(r#"{\"a\":\"b\\\"c\\nd\"}"#), json!({"a": "b\"c\nd"}));
        assert_eq!(first("{a: 'one ' +\n   'two'}"), json!({"a": "one two"}));
        let within = first(r#"{"message":"got {\"error\":\"x\"}"}"#);
        assert_eq!(first(within["message"].as_str().expect("a string")), json!({"error": "x"}));
    }

    #[test]
    fn what_was_cut_off_is_kept() {
        assert_eq!(
            first(r#"{"error":"x","error_description":"AADSTS7000"#),
            json!({"error": "x", "error_description": "AADSTS7000"})
        );
        assert_eq!(first(r#"{"a":{"b":[1,{"c":"d"#), json!({"a": {"b": [1, {"c": "d"}]}}));
        assert_eq!(objects("{ } {{ {x} function() { return 1; }").len(), 0);
    }

    #[test]
    fn several_stand_beside_each_other() {
        let text = r#"one {"a":1} two {"b":2}"#;
        let found = objects(text);
        assert_eq!(found.len(), 2);
        assert_eq!(&text[found[1].begin..found[1].end], r#"{"b":2}"#);
    }

    #[test]
    fn a_megabyte_of_anything_is_read_once() {
        for pattern in ["{", "{\"", "{'a':", "{\"a\":[", "{\\\"", "{a:{", "{a:1},", "\\", "{\"a\":\"\\"] {
            let text = pattern.repeat(1_000_000 / pattern.len());
            assert!(objects(&text).len() <= MOST, "{pattern}");
        }
    }
}
