//! JSON, indented by two blanks.
//!
//! The text itself is walked, not a value read from it: members that come twice, numbers of any length and a document
//! that was cut off all appear as they were sent.

use std::borrow::Cow;

use super::{Content, Fit, Reveal, marking};
use crate::{
    secret::find::{self, Found},
    text::{Line, Role},
};

/// Deeper levels are not indented further.
const DEEPEST: usize = 40;

pub(super) fn fit(content: &Content<'_>) -> Fit {
    let begins = content.text.as_deref().is_some_and(|text| text.trim_start().starts_with(['{', '[']));
    // What was cut off cannot be parsed, but can be walked.
    let readable = content.json.is_some() || (begins && content.is_cut);
    match (readable, content.says_json()) {
        (true, true) => Fit::Certain,
        (true, false) => Fit::Likely,
        (false, _) => Fit::Declined,
    }
}

pub(super) fn show(content: &Content<'_>, reveal: Reveal) -> Vec<Line> {
    let is_public = content.json.as_ref().is_some_and(find::is_public_document);
    pretty(content.text(), if is_public { Rule::Public } else { Rule::Listed }, reveal)
}

/// Which members are secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// All but the harmless ones.
    Listed,
    /// Only those that are well known to be.
    Public,
}

/// Writes `text` over several lines. It need not be complete.
pub(super) fn pretty(text: &str, rule: Rule, reveal: Reveal) -> Vec<Line> {
    let mut printer = Printer { lines: vec![Line::new()], open: Vec::new(), name: None, rule, reveal };
    let mut tokens = Tokens { text, at: 0 }.peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().copied();
        printer.token(token, next);
    }
    // A document that was cut off may end with the indentation of what is missing.
    printer.lines.pop_if(|line| line.plain().trim().is_empty());
    printer.lines
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Open(char),
    Close(char),
    Comma,
    Colon,
    /// With its quotes; without the last one if it was cut off.
    Text(&'a str),
    /// A number, `true`, `false`, `null`, or what should not be there.
    Literal(&'a str),
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '{' | '[' => (Token::Open(first), 1),
            '}' | ']' => (Token::Close(first), 1),
            ',' => (Token::Comma, 1),
            ':' => (Token::Colon, 1),
            '"' => {
                let length = string_length(rest);
                (Token::Text(&rest[..length]), length)
            }
            _ => {
                let is_end =
                    |c: char| c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"');
                let length = rest.find(is_end).unwrap_or(rest.len()).max(first.len_utf8());
                (Token::Literal(&rest[..length]), length)
            }
        };
        self.at += length;
        Some(token)
    }
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, b) in text.bytes().enumerate().skip(1) {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

struct Printer {
    lines: Vec<Line>,
    /// The brackets that are open, and the member whose value they are.
    open: Vec<(char, Option<String>)>,
    /// The member whose value comes next.
    name: Option<String>,
    rule: Rule,
    reveal: Reveal,
}

impl Printer {
    fn token(&mut self, token: Token<'_>, next: Option<Token<'_>>) {
        match token {
            Token::Open(bracket) => {
                self.add(Role::Muted, bracket.encode_utf8(&mut [0; 4]));
                // Members of an array go by the name of the array.
                let name = self.name.take().or_else(|| self.inherited());
                self.open.push((bracket, name));
                if !matches!(next, Some(Token::Close(_))) {
                    self.new_line();
                }
            }
            Token::Close(bracket) => {
                self.open.pop();
                let empty = self.lines.last().is_some_and(|line| {
                    line.0.last().is_some_and(|span| matches!(span.text.as_str(), "{" | "["))
                });
                if !empty {
                    self.new_line();
                }
                self.add(Role::Muted, bracket.encode_utf8(&mut [0; 4]));
            }
            Token::Comma => {
                self.add(Role::Muted, ",");
                self.name = None;
                self.new_line();
            }
            Token::Colon => self.add(Role::Muted, ": "),
            Token::Text(text) => {
                let is_name =
                    matches!(next, Some(Token::Colon)) && matches!(self.open.last(), Some(('{', _)));
                if is_name {
                    let name = decoded(text);
                    self.add(Role::Name, &quoted(&name));
                    self.name = Some(name.into_owned());
                } else {
                    self.value(text);
                }
            }
            Token::Literal(text) => self.add(Role::Value, text),
        }
    }

    fn value(&mut self, raw: &str) {
        let text = decoded(raw);
        let name = self.name.take().or_else(|| self.inherited()).unwrap_or_default();
        let parent = self.open.last().and_then(|(_, parent)| parent.as_deref()).unwrap_or_default();
        let name = find::judged_name(parent, &name);
        let found = match self.rule {
            _ if text.is_empty() => Vec::new(),
            Rule::Public if !find::is_well_known(name) => find::in_text(&text),
            Rule::Listed | Rule::Public => find::in_member(name, &text),
        };
        let line = self.lines.pop().unwrap_or_default();
        let line = match found.as_slice() {
            // A secret is shown without quotes, so that its mask is not taken for its text.
            [Found { range, .. }] if range.len() == text.len() && self.reveal == Reveal::Masked => {
                marking::value(line, Role::Value, &text, &found, self.reveal)
            }
            [] => line.then(Role::Value, quoted(&text)),
            _ => {
                let line = line.then(Role::Value, "\"");
                marking::value(line, Role::Value, &text, &found, self.reveal).then(Role::Value, "\"")
            }
        };
        self.lines.push(line);
    }

    fn inherited(&self) -> Option<String> {
        match self.open.last() {
            Some(('[', name)) => name.clone(),
            _ => None,
        }
    }

    fn add(&mut self, role: Role, text: &str) {
        let line = self.lines.pop().unwrap_or_default();
        self.lines.push(line.then(role, text));
    }

    fn new_line(&mut self) {
        let depth = self.open.len().min(DEEPEST);
        self.lines.push(if depth == 0 { Line::new() } else { Line::of(Role::Text, "  ".repeat(depth)) });
    }
}

/// The text that a JSON string stands for; what cannot be decoded stays as it is.
fn decoded(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').unwrap_or(raw);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner.strip_suffix('"').unwrap_or(inner));
    }
    match serde_json::from_str::<String>(raw) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(inner),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text can be written as JSON")
}
