//! The words on a page of the authority. Entra's real pages keep the message in a script, simulated ones in the text.

use html5gum::{Token, Tokenizer, emitters::default::DefaultEmitter};

/// What a page says.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The visible text, one line for each block.
    pub text: String,
    /// The line with Entra's number in it.
    pub message: Option<String>,
    /// The first heading, or the title.
    pub heading: Option<String>,
}

/// Reads a page.
pub(super) fn read(html: &str) -> Page {
    let mut reader = Reader::default();
    let mut emitter = DefaultEmitter::default();
    // Lets the tokenizer treat the inside of script and style as plain text.
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => reader.opens(&tag.name),
            Token::EndTag(tag) => reader.closes(&tag.name),
            Token::String(text) => reader.says(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    reader.line_ends();
    let Reader { text, title, heading, .. } = reader;
    let message = text.lines().find(|line| line.contains("AADSTS")).map(from_the_number);
    let heading = [heading, title].into_iter().find(|words| !words.trim().is_empty());
    Page {
        message: message.or_else(|| in_script(html)),
        heading: heading.map(|words| words.split_whitespace().collect::<Vec<_>>().join(" ")),
        text,
    }
}

fn from_the_number(line: &str) -> String {
    line.find("AADSTS").map_or(line, |at| &line[at..]).to_owned()
}

/// The message as a JSON string inside a script.
fn in_script(html: &str) -> Option<String> {
    let at = html.match_indices("AADSTS").map(|(at, _)| at).find(|at| {
        let rest = &html[at + "AADSTS".len()..];
        rest.starts_with(|c: char| c.is_ascii_digit())
    })?;
    let rest = &html[at..];
    let mut escaped = false;
    let end = rest.find(|c: char| {
        let ends = matches!(c, '"' | '<' | '\n') && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let raw = &rest[..end.unwrap_or(rest.len())];
    Some(serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned()))
}

#[derive(Debug, Default)]
struct Reader {
    text: String,
    line: String,
    title: String,
    heading: String,
    hidden: bool,
    in_title: bool,
    in_heading: bool,
}

impl Reader {
    fn opens(&mut self, name: &[u8]) {
        match name {
            b"script" | b"style" | b"template" => self.hidden = true,
            b"title" => self.in_title = true,
            b"h1" | b"h2" if self.heading.trim().is_empty() => self.in_heading = true,
            _ => {}
        }
        self.breaks(name);
    }

    fn closes(&mut self, name: &[u8]) {
        match name {
            b"script" | b"style" | b"template" => self.hidden = false,
            b"title" => self.in_title = false,
            b"h1" | b"h2" => self.in_heading = false,
            _ => {}
        }
        self.breaks(name);
    }

    fn says(&mut self, words: &str) {
        if self.hidden {
            return;
        }
        if self.in_title {
            self.title.push_str(words);
            return;
        }
        if self.in_heading {
            self.heading.push_str(words);
        }
        self.line.push_str(words);
    }

    fn breaks(&mut self, name: &[u8]) {
        let inline: [&[u8]; 9] = [b"a", b"b", b"i", b"em", b"strong", b"span", b"code", b"small", b"wbr"];
        if !inline.contains(&name) {
            self.line_ends();
        }
    }

    fn line_ends(&mut self) {
        let words = self.line.split_whitespace().collect::<Vec<_>>().join(" ");
        self.line.clear();
        if !words.is_empty() {
            self.text.push_str(&words);
            self.text.push('\n');
        }
    }
}
