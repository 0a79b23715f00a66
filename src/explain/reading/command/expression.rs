//! Expressions of Python and JavaScript, as far as they say what is sent: strings with what is put into them, maps, lists,
//! calls that make a form or JSON of a map, and variables that were set before. The reader is no judge of syntax.

use std::cell::Cell;

use url::form_urlencoded::byte_serialize;

use super::{UNKNOWN, value::Value};

/// A place in a text from which an expression is read.
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Variables are looked for in front of this place.
    before: usize,
    depth: u32,
    /// How much more may be read, of all calls together.
    steps: &'t Cell<u32>,
}

impl<'t> Reader<'t> {
    /// Reads from a place on; variables are looked for in front of `before`, and `steps` bounds the work.
    pub const fn at(text: &'t str, at: usize, before: usize, steps: &'t Cell<u32>) -> Self {
        Self { text, at, before, depth: 0, steps }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn takes(&mut self, text: &str) -> bool {
        let takes = self.rest().starts_with(text);
        self.at += if takes { text.len() } else { 0 };
        takes
    }

    /// Blanks and comments. What stands behind `#` or `//` at the beginning of a word is one, up to the end of its line.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') && !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// The arguments of a call, from its parenthesis on; a name where one stands before `=`. What cannot be read ends them.
    pub fn arguments(&mut self) -> Vec<(Option<String>, Value)> {
        let mut found = Vec::new();
        if !self.takes("(") {
            return found;
        }
        loop {
            self.blanks();
            if self.takes(")") || self.rest().is_empty() {
                return found;
            }
            let name = self.keyword();
            found.push((name, self.expression()));
            self.blanks();
            if !self.takes(",") {
                self.takes(")");
                return found;
            }
        }
    }

    /// `name=` of an argument.
    fn keyword(&mut self) -> Option<String> {
        let rest = self.rest();
        let name = &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(0)];
        let behind = rest[name.len()..].trim_start();
        let is_named = !name.is_empty()
            && behind.starts_with('=')
            && !behind.starts_with("==")
            && !behind.starts_with("=>");
        let name = is_named.then(|| name.to_owned())?;
        self.at += rest.len() - behind.len() + 1;
        self.blanks();
        Some(name)
    }

    fn expression(&mut self) -> Value {
        const DEEPEST: u32 = 20;
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
                self.blanks();
                value = Value::Text(value.text() + &self.expression().text());
            } else if self.takes("||") || self.takes("??") || self.takes("|") {
                self.blanks();
                self.expression();
            } else if self.takes("%") {
                self.blanks();
                let values = match self.expression() {
                    Value::List(items) => items,
                    one => vec![one],
                };
                value = Value::Text(filled(&value.text(), "%s", &values));
            } else if self.rest().starts_with('[') {
                self.list("[", "]");
                value = Value::Unknown;
            } else if self.rest().starts_with(['.', '?', '!']) && !self.rest().starts_with("...") {
                self.takes("?");
                self.takes("!");
                if !self.takes(".") {
                    continue;
                }
                value = self.member(value);
            } else {
                self.at = before;
                self.depth -= 1;
                return value;
            }
        }
    }

    /// `.name` or `.name(…)` behind a value.
    fn member(&mut self, value: Value) -> Value {
        let name = self.word();
        self.blanks();
        if !self.rest().starts_with('(') {
            return value.member(&name).cloned().unwrap_or(Value::Unknown);
        }
        let arguments: Vec<Value> = self.arguments().into_iter().map(|(_, value)| value).collect();
        match (name.as_str(), value) {
            ("format", Value::Text(text)) => Value::Text(filled(&text, "{}", &arguments)),
            ("toString" | "strip" | "trim" | "encode" | "decode", value) => value,
            ("join", Value::Text(between)) => match arguments.first() {
                Some(Value::List(items)) => {
                    Value::Text(items.iter().map(Value::text).collect::<Vec<_>>().join(&between))
                }
                _ => Value::Unknown,
            },
            ("join", Value::List(items)) => {
                let between = arguments.first().map_or_else(|| ",".to_owned(), Value::text);
                Value::Text(items.iter().map(Value::text).collect::<Vec<_>>().join(&between))
            }
            _ => Value::Unknown,
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let word = &rest
            [..rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len())];
        self.at += word.len();
        word.to_owned()
    }

    fn primary(&mut self) -> Value {
        self.blanks();
        if let Some(text) = self.string() {
            // Strings that stand side by side are one, in Python.
            let mut text = text;
            loop {
                let before = self.at;
                self.blanks();
                let Some(more) = self.string() else {
                    self.at = before;
                    return Value::Text(text);
                };
                text.push_str(&more);
            }
        }
        match self.rest().chars().next() {
            Some('{') => self.map(),
            Some('[') => self.list("[", "]"),
            Some('(') => {
                // One in parentheses is itself, several are a tuple.
                match self.list("(", ")") {
                    Value::List(mut items) if items.len() == 1 => items.remove(0),
                    value => value,
                }
            }
            Some(c) if c.is_alphabetic() || c == '_' || c == '$' => self.name(),
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let rest = self.rest();
                let digits = rest[1..]
                    .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                    .map_or(rest.len(), |at| at + 1);
                let number = rest[..digits].to_owned();
                self.at += digits;
                Value::Text(number)
            }
            Some(_) | None => Value::Unknown,
        }
    }

    fn list(&mut self, open: &str, close: &str) -> Value {
        let mut items = Vec::new();
        self.takes(open);
        loop {
            self.blanks();
            if self.takes(close) || self.rest().is_empty() {
                return Value::List(items);
            }
            let before = self.at;
            items.push(self.expression());
            self.blanks();
            if !self.takes(",") && self.at == before {
                return Value::List(items);
            }
        }
    }

    fn map(&mut self) -> Value {
        let mut members = Vec::new();
        self.takes("{");
        loop {
            self.blanks();
            if self.takes("}") || self.rest().is_empty() {
                return Value::Map(members);
            }
            let before = self.at;
            if self.takes("...") || self.takes("**") {
                if let Value::Map(more) = self.expression() {
                    members.extend(more);
                }
            } else {
                let is_word =
                    !self.rest().starts_with(['"', '\'', '`', '[']) && self.string_begins().is_none();
                let name = if is_word { Value::Text(self.word()) } else { self.primary() };
                let name = match name {
                    Value::List(mut items) if items.len() == 1 => items.remove(0).text(),
                    name => name.text(),
                };
                self.blanks();
                let value = if self.takes(":") {
                    self.blanks();
                    self.expression()
                } else if is_word {
                    self.variable(&name)
                } else {
                    Value::Unknown
                };
                if !name.is_empty() {
                    members.push((name, value));
                }
            }
            self.blanks();
            if !self.takes(",") && self.at == before {
                return Value::Map(members);
            }
        }
    }

    /// A name: a variable, a call, or a word of the language.
    fn name(&mut self) -> Value {
        let mut path = self.word();
        if matches!(path.as_str(), "new" | "await" | "return" | "typeof") {
            self.blanks();
            return self.primary();
        }
        while self.rest().starts_with('.')
            && self.rest()[1..].starts_with(|c: char| c.is_alphabetic() || c == '_')
        {
            self.at += 1;
            path.push('.');
            path.push_str(&self.word());
        }
        if !self.rest().starts_with('(') {
            return match path.split_once('.') {
                None => self.variable(&path),
                Some((owner, member)) => {
                    self.variable(owner).member(member).cloned().unwrap_or(Value::Unknown)
                }
            };
        }
        let arguments = self.arguments();
        let first = arguments.first().map(|(_, value)| value);
        let (owner, name) = path.rsplit_once('.').unwrap_or(("", &path));
        let pairs = || first.and_then(Value::pairs).unwrap_or_default();
        match name {
            "URLSearchParams" | "urlencode" | "HttpParams" => Value::Form(pairs()),
            "FormData" => Value::Multipart(pairs()),
            "stringify" if owner == "JSON" => Value::Json(first.map(Value::json).unwrap_or_default()),
            "dumps" => Value::Json(first.map(Value::json).unwrap_or_default()),
            "stringify" => Value::Form(pairs()),
            "dict" => {
                Value::Map(arguments.into_iter().filter_map(|(name, value)| Some((name?, value))).collect())
            }
            "encodeURIComponent" | "quote" | "quote_plus" => {
                let text = first.map(Value::text).unwrap_or_default();
                Value::Text(byte_serialize(text.as_bytes()).collect())
            }
            "toString" | "encode" if !owner.is_empty() => self.variable(owner),
            "String" | "str" | "URL" => first.cloned().unwrap_or(Value::Unknown),
            _ => Value::Unknown,
        }
    }

    /// What the text sets a variable to, with what is added to it later.
    fn variable(&self, name: &str) -> Value {
        const TRIES: usize = 12;
        if matches!(name, "true" | "false" | "null" | "None" | "True" | "False" | "undefined") {
            return Value::Text(name.to_owned());
        }
        let before = &self.text[..self.before];
        let assigned = before.rmatch_indices(name).take(TRIES).find_map(|(at, _)| {
            let is_whole = !before[..at].ends_with(|c: char| c.is_alphanumeric() || "_.$'\"".contains(c));
            let rest = &before[at + name.len()..];
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            // A type may stand between: `const scope: string = …`.
            let typed =
                line.trim_start().strip_prefix(':').and_then(|kind| kind.find('=').map(|at| &kind[at..]));
            let rest = typed.unwrap_or_else(|| rest.trim_start());
            let value = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '>']))?;
            is_whole.then(|| (at, value.as_ptr().addr() - self.text.as_ptr().addr()))
        });
        let Some((at, begin)) = assigned else { return Value::Unknown };
        let mut reader =
            Reader { text: self.text, at: begin, before: at, depth: self.depth + 1, steps: self.steps };
        reader.blanks();
        let mut value = reader.expression();
        let later = &before[reader.at.min(before.len())..];
        for call in [".append(", ".set("] {
            for (at, _) in later.match_indices(call).filter(|(at, _)| later[..*at].ends_with(name)) {
                let open = reader.at + at + call.len() - 1;
                let mut reader = Reader {
                    text: self.text,
                    at: open,
                    before: begin,
                    depth: self.depth + 1,
                    steps: self.steps,
                };
                let arguments = reader.arguments();
                if let (Value::Form(pairs) | Value::Multipart(pairs), [(_, key), (_, held)]) =
                    (&mut value, arguments.as_slice())
                {
                    pairs.push((key.text(), held.text()));
                }
            }
        }
        value
    }

    /// Whether a string begins here: the length of its prefix, and whether values are put into its braces.
    fn string_begins(&self) -> Option<(usize, bool)> {
        let rest = self.rest();
        let prefix = rest.bytes().take(2).take_while(u8::is_ascii_alphabetic).count();
        let letters = rest[..prefix].to_ascii_lowercase();
        let is_prefix = ["", "f", "r", "b", "u", "rb", "br", "fr", "rf"].contains(&letters.as_str());
        let mark = rest[prefix..].chars().next()?;
        let begins = is_prefix && (matches!(mark, '"' | '\'') || (mark == '`' && prefix == 0));
        begins.then(|| (prefix, letters.contains('f')))
    }

    fn string(&mut self) -> Option<String> {
        let (prefix, is_formatted) = self.string_begins()?;
        let rest = &self.text[self.at + prefix..];
        let mark = &rest[..1];
        let is_long = rest.starts_with("\"\"\"") || rest.starts_with("'''");
        let mark = if is_long { &rest[..3] } else { mark };
        let mut at = self.at + prefix + mark.len();
        let mut out = String::new();
        while let Some(c) = self.text[at..].chars().next() {
            let rest = &self.text[at..];
            if rest.starts_with(mark) {
                at += mark.len();
                break;
            }
            let hole = match c {
                '{' if is_formatted && !rest.starts_with("{{") => Some(1),
                '$' if mark == "`" && rest.starts_with("${") => Some(2),
                _ => None,
            };
            if let Some(begin) = hole {
                let inside = &rest[begin..rest.find('}').unwrap_or(rest.len())];
                let is_name = inside.chars().all(|c| c.is_alphanumeric() || c == '_');
                let value = if is_name { self.variable(inside) } else { Value::Unknown };
                out.push_str(&value.text());
                at += (begin + inside.len() + 1).min(rest.len());
                continue;
            }
            at += c.len_utf8();
            match c {
                '\\' => {
                    let next = self.text[at..].chars().next();
                    at += next.map_or(0, char::len_utf8);
                    match next {
                        Some('n') => out.push('\n'),
                        Some('r') => out.push('\r'),
                        Some('t') => out.push('\t'),
                        Some('\n') | None => {}
                        Some(c) => out.push(c),
                    }
                }
                '\n' if !is_long && mark != "`" => {
                    // Nobody closed it, or the paste broke the line: it goes on where the next line does.
                    at += self.text[at..].len() - self.text[at..].trim_start_matches(' ').len();
                }
                c => out.push(c),
            }
        }
        self.at = at;
        Some(out)
    }
}

/// A text with values in place of its marks, one after the other.
fn filled(text: &str, mark: &str, values: &[Value]) -> String {
    let mut values = values.iter();
    let mut parts = text.split(mark);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(&values.next().map_or_else(|| UNKNOWN.to_owned(), Value::text));
        out.push_str(part);
    }
    out
}
