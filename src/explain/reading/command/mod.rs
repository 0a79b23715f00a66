//! Requests as somebody wrote them down to send them: `curl`, `wget` and `HTTPie` in a shell (`curl`, `shell`), PowerShell
//! (`powershell`), calls in Python and JavaScript (`script`, `expression`).
//!
//! What is written is not always what is sent: a variable may have been set elsewhere. Where its value stands in the text it
//! is taken; otherwise [`UNKNOWN`] stands for it, which says that something was sent and not what.

mod curl;
mod expression;
mod powershell;
mod script;
mod shell;
mod value;

use super::exchange::is_authority;
use crate::{entra::aadsts, wire::Request};

/// In place of a value that the text does not tell.
pub const UNKNOWN: &str = "…";

/// So many commands of one kind are tried.
const MOST: usize = 16;

/// The last command of a text, as a request; where an authority refused, the last one that went to an authority.
pub fn last(text: &str) -> Option<Request> {
    let mut found: Vec<(usize, Request)> = Vec::new();
    for read in [curl::all, shell::all, powershell::all, script::all] {
        found.extend(read(text));
    }
    found.sort_by_key(|(at, _)| *at);
    let is_refused = !aadsts::find(text).is_empty();
    let to_authority = found.iter().rposition(|(_, request)| is_refused && is_authority(&request.url));
    let at = to_authority.or_else(|| found.len().checked_sub(1))?;
    Some(found.swap_remove(at).1)
}

/// Where a word stands as a command of a shell: at the beginning of a line, behind a prompt or an operator.
fn commands<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let begins = |at: usize| {
        let before = text[..at].trim_end_matches([' ', '\t']);
        before.is_empty()
            || before.ends_with(['\n', '$', '#', '>', '|', ';', '&', '`', '(', '"', '%', ':', '='])
    };
    let is_command = move |at: &usize| {
        let rest = &text[at + word.len()..];
        begins(*at) && rest.strip_prefix(".exe").unwrap_or(rest).starts_with([' ', '\t', '\\'])
    };
    text.rmatch_indices(word).map(|(at, _)| at).filter(is_command).take(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_counts_and_that_to_an_authority_where_a_number_came() {
        let text = "requests.post('https://login.example/t/oauth2/v2.0/token', data={'scope': 'a'})\n\
                    $ curl https://api.example/orders -H 'X: y'\n";
        let host = |text: &str| last(text).and_then(|request| request.url.host_str().map(str::to_owned));
        assert_eq!(host(text).as_deref(), Some("api.example"));
        assert_eq!(host(&format!("{text}AADSTS70011: no")).as_deref(), Some("login.example"));
        assert_eq!(host("nothing is sent here (or there)"), None);
    }
}
