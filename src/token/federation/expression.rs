//! The expression of a flexible federated credential (`claimsMatchingExpression`, language version 1), which takes the place
//! of the subject: `claims['sub'] matches 'repo:contoso/*' and claims['job_workflow_ref'] eq '…'`.
//!
//! `eq` compares letter for letter. `matches` knows two wildcards: `*` for any run of characters, also an empty one, and `?`
//! for exactly one. Terms are joined by `and`; there is nothing else.

use serde_json::{Map, Value};

/// An expression, as its terms; all of them must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    claim: String,
    is_pattern: bool,
    value: String,
}

/// A term beside the claim of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The name of the claim.
    pub claim: String,
    /// What the token has; `None` where it has no such claim.
    pub presented: Option<String>,
    /// The term without the claim: `matches 'repo:contoso/*'`.
    pub expected: String,
    /// Whether it holds.
    pub fits: bool,
}

/// Letters that are the same, or only nearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// As Entra compares.
    Exact,
    /// Upper and lower case count as one.
    AnyCase,
}

impl Expression {
    /// Reads an expression; `None` if it is none of the language above.
    pub fn read(text: &str) -> Option<Self> {
        const MOST: usize = 16;
        let mut rest = text.trim();
        let mut terms = Vec::new();
        loop {
            let (term, behind) = term(rest)?;
            terms.push(term);
            rest = behind.trim_start();
            if rest.is_empty() {
                return Some(Self(terms));
            }
            rest = keyword(rest, "and")?;
            if terms.len() == MOST {
                return None;
            }
        }
    }

    /// Each term beside the claims of a token.
    pub fn check(&self, claims: &Map<String, Value>, letters: Letters) -> Vec<Checked> {
        let folded = |text: &str| match letters {
            Letters::Exact => text.to_owned(),
            Letters::AnyCase => text.to_lowercase(),
        };
        let check = |term: &Term| {
            let presented = claims.get(&term.claim).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let fits = presented.as_deref().is_some_and(|sent| {
                let (sent, value) = (folded(sent), folded(&term.value));
                if term.is_pattern { matches(&sent, &value) } else { sent == value }
            });
            let operator = if term.is_pattern { "matches" } else { "eq" };
            let expected = format!("{operator} '{}'", term.value);
            Checked { claim: term.claim.clone(), presented, expected, fits }
        };
        self.0.iter().map(check).collect()
    }
}

/// `claims['sub'] eq 'x'`, and what stands behind it.
fn term(text: &str) -> Option<(Term, &str)> {
    let rest = keyword(text, "claims")?;
    let (claim, rest) = quoted(rest.strip_prefix('[')?.trim_start())?;
    let rest = rest.trim_start().strip_prefix(']')?.trim_start();
    let (is_pattern, rest) = match keyword(rest, "matches") {
        Some(rest) => (true, rest),
        None => (false, keyword(rest, "eq")?),
    };
    let (value, rest) = quoted(rest)?;
    Some((Term { claim, is_pattern, value }, rest))
}

/// What stands behind a word of the language, in any case.
fn keyword<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (begin, rest) = text.split_at_checked(word.len())?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (begin.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_start())
}

/// A value in single or double quotes. A backslash stands before a quotation mark that is part of it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mark = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.push(characters.next()?.1),
            c if c == mark => return Some((value, &text[at + 1..])),
            c => value.push(c),
        }
    }
    None
}

/// Whether a text fits a pattern with `*` and `?`. Where it fails behind a `*`, that one takes a character more.
fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(of) {
            Some('*') => {
                star = Some((at, of));
                of += 1;
            }
            Some(c) if *c == '?' || *c == text[at] => {
                at += 1;
                of += 1;
            }
            Some(_) | None => {
                let Some((taken, place)) = star else { return false };
                star = Some((taken + 1, place));
                at = taken + 1;
                of = place + 1;
            }
        }
    }
    pattern[of..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(expression: &str, claims: &Value) -> bool {
        let expression = Expression::read(expression).unwrap_or_else(|| panic!("{expression}"));
        let claims = claims.as_object().expect("an object");
        expression.check(claims, Letters::Exact).iter().all(|one| one.fits)
    }

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (text, pattern, fits) in [
            ("repo:o/r:ref:refs/heads/main", "repo:o/r:ref:refs/heads/*", true),
            ("repo:o/r:ref:refs/heads/", "repo:o/r:ref:refs/heads/*", true),
            ("repo:o/r:ref:refs/tags/v1", "repo:o/r:ref:refs/heads/*", false),
            ("repo:o/web-1:environment:prod", "repo:o/*:environment:prod", true),
            ("repo:o/web-1:environment:production", "repo:o/*:environment:prod", false),
            ("v1", "v?", true),
            ("v12", "v?", false),
            ("aXbXc", "a*b*c", true),
            ("aab", "*ab", true),
            ("", "*", true),
            ("", "?", false),
            ("a*", "a*", true),
            ("Main", "main", false),
        ] {
            assert_eq!(matches(text, pattern), fits, "{text} {pattern}");
        }
        // A hostile pattern takes no more than text times pattern.
        assert!(!matches(&"a".repeat(600), &"a*".repeat(299).replace("a*a", "a*b")));
    }

    #[test]
    fn every_term_must_hold() {
        let claims = json!({"sub": "repo:o/r:environment:prod", "job_workflow_ref": "o/shared/.github/workflows/x.yml@refs/heads/main", "run": 7});
        for (expression, expected) in [
            ("claims['sub'] matches 'repo:o/*'", true),
            ("claims['sub'] eq 'repo:o/*'", false),
            ("claims['sub'] eq 'repo:o/r:environment:prod'", true),
            (r#"  CLAIMS["sub"]  matches  "repo:o/*" "#, true),
            ("claims['sub'] matches 'repo:o/*' and claims['job_workflow_ref'] matches 'o/shared/*'", true),
            ("claims['sub'] matches 'repo:o/*' AND claims['job_workflow_ref'] eq 'o/other'", false),
            ("claims['sub'] matches 'repo:o/*' and claims['absent'] matches '*'", false),
            ("claims['run'] eq '7'", true),
        ] {
            assert_eq!(fits(expression, &claims), expected, "{expression}");
        }
        let expression = Expression::read("claims['sub'] eq 'REPO:o/r:environment:prod'").expect("one");
        let claims = claims.as_object().expect("an object");
        assert!(!expression.check(claims, Letters::Exact)[0].fits);
        assert!(expression.check(claims, Letters::AnyCase)[0].fits);
    }

    #[test]
    fn what_is_not_of_the_language_is_not_read() {
        for text in [
            "",
            "claims['sub']",
            "claims['sub'] like 'x'",
            "claims['sub'] eq 'x' or claims['sub'] eq 'y'",
            "claims['sub'] eq 'x' and",
            "claims['sub'] eq 'x",
            "sub eq 'x'",
            "claims.sub eq 'x'",
            "claims['sub'] equals 'x'",
        ] {
            assert_eq!(Expression::read(text), None, "{text}");
        }
    }
}
