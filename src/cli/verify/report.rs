//! What `verify` prints: the verdict first, then each light, the mistakes, and the verdict of the other seat.

use serde_json::{Map, Value, json};

use crate::{
    finding::{Finding, Severity},
    text::visible,
    time::UnixTime,
    token::{
        Decoded, kind_of,
        seat::{Answer, Verdict},
    },
};

/// No line is longer, so that it fits into an ordinary terminal.
const WIDTH: usize = 80;

/// Everything that is printed about one token.
pub struct Report<'a> {
    /// The token.
    pub token: &'a Decoded,
    /// The verdict that was asked for.
    pub own: &'a Verdict,
    /// The verdict of the other seat.
    pub other: &'a Verdict,
    /// When it was judged.
    pub now: UnixTime,
}

impl Report<'_> {
    /// One object: that of the verdict, with `token` (`{"kind", "title"}`), `at`, and `other`, the other seat's verdict.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        if let Value::Object(own) = self.own.to_json() {
            object.extend(own);
        }
        let title = kind_of(self.token).kind.title();
        object.insert("token".to_owned(), json!({"kind": self.token.kind.name(), "title": title}));
        object.insert("at".to_owned(), self.now.rfc3339().into());
        object.insert("other".to_owned(), self.other.to_json());
        Value::Object(object)
    }

    /// The lines for a person.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = headline(self.own);
        lines.push(String::new());
        lines.extend(self.own.checks.iter().flat_map(light));
        lines.extend(mistakes(self.own));
        lines.push(format!("\nthe same token as {}", article(self.other)));
        lines.extend(headline(self.other).into_iter().map(|line| format!("  {line}")));
        let decided = self.other.checks.iter().filter(|finding| self.other.because.contains(&finding.id));
        lines.extend(decided.flat_map(light));
        lines
    }
}

fn article(verdict: &Verdict) -> &'static str {
    match verdict.seat {
        crate::token::seat::Seat::Client => "a client",
        crate::token::seat::Seat::Api => "an API",
    }
}

fn headline(verdict: &Verdict) -> Vec<String> {
    let mark = match verdict.answer {
        Answer::Accepted => Severity::Passed.mark(),
        Answer::Rejected | Answer::Forbidden => Severity::Error.mark(),
        Answer::Open => Severity::Warning.mark(),
        Answer::NotOurs => Severity::Info.mark(),
    };
    let mut lines = vec![format!("{mark} {}", verdict.headline())];
    lines.extend(
        verdict.challenge.as_ref().map(|challenge| format!("  WWW-Authenticate: {}", visible(challenge))),
    );
    lines
}

/// A light: its name, what was compared with what, and where the rule stands.
fn light(finding: &Finding) -> Vec<String> {
    const NAMES: usize = 11;
    let name = finding.id.strip_prefix("check.").unwrap_or(finding.id).replace('_', " ");
    let first = format!("  {} {name:<NAMES$}  ", finding.severity.mark());
    let source = if finding.source.is_empty() { String::new() } else { format!(" ({})", finding.source) };
    wrapped(&first, &format!("{}{source}", visible(&finding.title)))
}

fn mistakes(verdict: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    if !verdict.mistakes.is_empty() {
        lines.push("\nwhat went wrong".to_owned());
    }
    for mistake in &verdict.mistakes {
        lines.extend(wrapped("  ! ", &visible(&mistake.title)));
        lines.extend(wrapped("    ", mistake.advice));
    }
    lines
}

/// `text` behind `first`, its later lines indented as far; words are never broken.
fn wrapped(first: &str, text: &str) -> Vec<String> {
    let indent = first.chars().count();
    let mut lines = vec![first.to_owned()];
    let mut used = indent;
    for word in text.split(' ') {
        let width = word.chars().count();
        if used > indent && used + 1 + width > WIDTH {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        let line = lines.last_mut().expect("there is always a line");
        if used > indent {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += width;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_hang_under_their_beginning_and_nothing_is_lost() {
        let text = "words of ordinary length ".repeat(12);
        let lines = wrapped("  x name  ", text.trim_end());
        assert!(lines.len() > 3 && lines.iter().all(|line| line.chars().count() <= WIDTH));
        let indent = |line: &String| line.len() - line.trim_start().len();
        assert!(lines[1..].iter().all(|line| indent(line) == "  x name  ".len()), "{lines:?}");
        let joined: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).skip(2).collect();
        assert_eq!(joined.join(" "), text.trim_end());
        let long = "x".repeat(200);
        assert_eq!(wrapped("  ", &long), [format!("  {long}")]);
    }
}
