//! Values in quotation marks. Messages quote what they name, but each in its own marks: straight ones, those of a language,
//! backticks; and an apostrophe looks like one of them.

/// The values in quotes in a text, one after the other. An apostrophe inside a word neither opens nor closes one. Takes time
/// in proportion to the text.
pub(super) fn within(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    // What is not closed here is not closed farther behind either.
    let mut unclosed = Vec::new();
    std::iter::from_fn(move || {
        loop {
            let (at, open) = rest.char_indices().find(|(_, c)| opens(*c) && !unclosed.contains(c))?;
            let inside = &rest[at + open.len_utf8()..];
            if open == '\'' && rest[..at].ends_with(char::is_alphanumeric) {
                rest = inside;
                continue;
            }
            let ends = |(at, c): &(usize, &str)| !inside[at + c.len()..].starts_with(char::is_alphanumeric);
            if let Some((end, close)) = inside.match_indices(|c| closes(open, c)).find(ends) {
                rest = &inside[end + close.len()..];
                return Some(&inside[..end]);
            }
            unclosed.push(open);
            rest = inside;
        }
    })
}

/// The value in quotes that a text begins with, and what follows behind the closing mark.
pub(super) fn at_start(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next().filter(|c| opens(*c))?;
    let inside = &text[open.len_utf8()..];
    let (end, close) = inside.match_indices(|c| closes(open, c)).next()?;
    Some((&inside[..end], &inside[end + close.len()..]))
}

/// Whether a value in quotes may begin with this.
pub(super) const fn opens(c: char) -> bool {
    matches!(c, '\'' | '"' | '`' | '‘' | '“' | '„' | '«')
}

fn closes(open: char, c: char) -> bool {
    match open {
        '‘' | '“' | '„' => matches!(c, '’' | '”' | '“'),
        '«' => c == '»',
        same => c == same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_told_from_apostrophes() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(within(text).collect::<Vec<_>>(), expected, "{text}");
        };
        check(
            "it isn't 'one' but \"two\", 'it's three', “four” „five“ «six» `seven` and 'open",
            &["one", "two", "it's three", "four", "five", "six", "seven"],
        );
        check("\"open, and 'closed' all the same", &["closed"]);
        check("''", &[""]);
        check("", &[]);
    }

    #[test]
    fn a_value_at_the_start_is_parted_from_what_follows() {
        assert_eq!(at_start("'a b' and 'c'"), Some(("a b", " and 'c'")));
        assert_eq!(at_start("„a“."), Some(("a", ".")));
        assert_eq!(at_start("'a"), None);
        assert_eq!(at_start(" 'a'"), None);
    }
}
