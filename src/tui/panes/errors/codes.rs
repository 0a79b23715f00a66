//! Everything that can be looked up: the numbers, and the OAuth errors without one, found as one types.

use crate::{
    entra::aadsts,
    explain::{self, Listed},
    text::{Line, Role},
    tui::{glyphs::Glyphs, widgets::fit},
};

/// The list, as far as the query leaves it.
#[derive(Debug, Default)]
pub struct Codes {
    /// Everything; empty until somebody looks, since a program that is just starting should not pay for it.
    all: Vec<Listed>,
    found: Vec<Listed>,
    query: String,
}

impl Codes {
    /// Reads the list, if that was not done yet.
    pub fn open(&mut self) {
        if self.all.is_empty() {
            self.all = explain::catalogue();
            self.found.clone_from(&self.all);
        }
    }

    /// What was searched for.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Lists what fits a query, best first.
    pub fn search(&mut self, query: &str) {
        self.open();
        query.trim().clone_into(&mut self.query);
        if self.query.is_empty() {
            self.found.clone_from(&self.all);
            return;
        }
        let wanted = self.query.to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let fits = |row: &&Listed| {
            let text = format!("{} {} {}", row.error, row.error.replace('_', " "), row.title).to_lowercase();
            row.code.is_none() && words.iter().all(|word| text.contains(word))
        };
        let mut found: Vec<Listed> = self.all.iter().filter(fits).copied().collect();
        // An error that was spelled out comes before the numbers it goes with; others come behind.
        let named = found.extract_if(.., |row| row.error.starts_with(&wanted)).collect::<Vec<_>>();
        let of = |number: u32| self.all.iter().find(|row| row.code == Some(number)).copied();
        let mut numbers: Vec<_> =
            aadsts::search(&self.query).into_iter().filter_map(|code| of(code.number)).collect();
        if !self.query.bytes().all(|b| b.is_ascii_digit()) {
            // Behind the one that was named exactly, those that something can be said about come first.
            let exact = usize::from(numbers.first().is_some_and(|row| is_named(row, &wanted)));
            numbers[exact..].sort_by_key(|row| !row.is_explained);
        }
        self.found = named.into_iter().chain(numbers).chain(found).collect();
    }

    /// How many rows there are.
    pub const fn count(&self) -> usize {
        self.found.len()
    }

    /// How many there would be without a query.
    pub const fn all(&self) -> usize {
        self.all.len()
    }

    /// A row.
    pub fn at(&self, row: usize) -> Option<&Listed> {
        self.found.get(row)
    }

    /// Where a number stands.
    pub fn row_of(&self, code: u32) -> Option<usize> {
        self.found.iter().position(|row| row.code == Some(code))
    }
}

/// Whether a query is the number or the symbol itself.
fn is_named(row: &Listed, query: &str) -> bool {
    let code = row.code.and_then(aadsts::lookup);
    code.is_some_and(|code| {
        code.symbol.eq_ignore_ascii_case(query) || code.to_string().eq_ignore_ascii_case(query)
    })
}

/// `● 50011    Redirect URI is not registered`; the mark says that the lab tenant can show it.
pub fn line(row: &Listed, is_in_lab: bool, glyphs: &Glyphs) -> Line {
    let (mark, role) = if is_in_lab { (glyphs.running, Role::Ok) } else { (" ", Role::Muted) };
    let mark = fit::cell(mark, glyphs.mark_width, glyphs);
    let name = row.code.map_or_else(|| format!("{}  ", row.error), |code| format!("{code:<9}"));
    let (of_name, of_title) =
        if row.is_explained { (Role::Name, Role::Text) } else { (Role::Muted, Role::Muted) };
    Line::of(role, mark).then(Role::Text, " ").then(of_name, name).then(of_title, row.title)
}

/// The text that stands for a row when it is explained or copied.
pub fn text(row: &Listed) -> String {
    row.code.map_or_else(|| row.error.to_owned(), |code| format!("AADSTS{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str) -> Vec<String> {
        let mut codes = Codes::default();
        codes.search(query);
        codes.found.iter().map(text).collect()
    }

    #[test]
    fn an_empty_query_lists_everything_and_what_is_explained_first() {
        let mut codes = Codes::default();
        codes.open();
        assert_eq!(codes.count(), codes.all());
        assert!(codes.count() > 400);
        assert!(codes.at(0).is_some_and(|row| row.is_explained));
        assert!(codes.found.iter().any(|row| !row.is_explained));
    }

    #[test]
    fn numbers_symbols_words_and_errors_find_their_rows() {
        assert_eq!(found("50011")[0], "AADSTS50011");
        assert_eq!(found("aadsts50011")[0], "AADSTS50011");
        assert_eq!(found("InvalidReplyTo")[0], "AADSTS50011");
        assert!(found("redirect uri").contains(&"AADSTS50011".to_owned()));
        assert_eq!(found("access_denied")[0], "access_denied");
        assert!(found("slow down").contains(&"slow_down".to_owned()));
        assert!(found("zzz").is_empty());
    }

    #[test]
    fn no_row_is_listed_twice() {
        for query in ["", "50", "invalid", "invalid_grant", "a"] {
            let found = found(query);
            let distinct: std::collections::BTreeSet<_> = found.iter().collect();
            assert_eq!(distinct.len(), found.len(), "{query}");
        }
    }
}
