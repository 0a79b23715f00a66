//! The matrix of the refresh token: each scope that it is tried on, with what was answered.
//!
//! ```text
//! ✓ https://graph.microsoft.com/User.Read
//!     granted  User.Read profile openid   1 h 12 min, refresh token
//! ✗ https://vault.azure.net/user_impersonation
//!     invalid_grant, AADSTS50076  A second factor is needed
//! ```

use std::time::Duration;

use super::outcome;
use crate::{
    entra::aadsts,
    flow::{FanOutResult, FanOutRow},
    text::{Line, Role},
    time,
    tui::glyphs::Glyphs,
};

/// The matrix, two lines for each scope.
pub fn lines(rows: &[FanOutRow], glyphs: &Glyphs) -> Vec<Line> {
    let answered = rows.iter().filter(|row| row.result.is_some()).count();
    let granted = rows.iter().filter(|row| matches!(row.result, Some(FanOutResult::Granted(_)))).count();
    let mut lines = vec![
        Line::of(Role::Title, "One refresh token on each scope")
            .then(Role::Muted, format!("  {granted} granted, {answered} of {} answered", rows.len())),
    ];
    for row in rows {
        let (mark, role) = match &row.result {
            None => (glyphs.todo, Role::Muted),
            Some(FanOutResult::Granted(_)) => (glyphs.ok, Role::Ok),
            Some(FanOutResult::Refused(_) | FanOutResult::Failed(_)) => (glyphs.failed, Role::Refused),
        };
        lines.push(Line::of(role, format!("{mark} ")).then(Role::Value, &row.scope));
        lines.push(answer(row));
    }
    lines
}

fn answer(row: &FanOutRow) -> Line {
    let line = Line::of(Role::Text, "    ");
    match &row.result {
        None => line.then(Role::Muted, "its turn has not come"),
        Some(FanOutResult::Granted(tokens)) => {
            let mut extras = Vec::new();
            extras.extend(tokens.expires_in.map(|seconds| time::span(Duration::from_secs(seconds))));
            extras.extend(tokens.refresh_token.as_ref().map(|_| "new refresh token".to_owned()));
            extras.extend(tokens.foci.as_ref().map(|family| format!("family {family}")));
            let scopes = row.granted().join(" ");
            let scopes = if scopes.is_empty() { "no scope was named".to_owned() } else { scopes };
            line.then(Role::Muted, "granted  ")
                .then(Role::Value, scopes)
                .then(Role::Muted, format!("  {}", extras.join(", ")))
        }
        Some(FanOutResult::Refused(refusal)) => {
            let title = refusal.error_codes.iter().find_map(|code| aadsts::lookup(*code));
            line.then(Role::Refused, outcome::name_of(refusal))
                .then(Role::Text, title.map_or_else(String::new, |code| format!("  {}", code.title)))
        }
        Some(FanOutResult::Failed(failure)) => line.then(Role::Refused, failure.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        oauth::{Refusal, Surface, TokenSet},
        tui::glyphs::Charset,
    };

    #[test]
    fn each_scope_has_its_answer() {
        let row = |scope: &str, result| FanOutRow { scope: scope.to_owned(), result };
        let tokens = TokenSet {
            scope: Some("User.Read openid".to_owned()),
            expires_in: Some(3600),
            refresh_token: Some(crate::secret::Secret::new("next")),
            ..TokenSet::default()
        };
        let refusal = Refusal {
            surface: Surface::Json(400),
            error: "invalid_grant".to_owned(),
            error_codes: vec![65001],
            description: None,
            error_uri: None,
            suberror: None,
            claims: None,
            timestamp: None,
            trace_id: None,
            correlation_id: None,
        };
        let rows = [
            row("graph/User.Read", Some(FanOutResult::Granted(Box::new(tokens)))),
            row("vault/x", Some(FanOutResult::Refused(Box::new(refusal)))),
            row("late/x", None),
        ];
        let text: Vec<String> = lines(&rows, Glyphs::of(Charset::Unicode)).iter().map(Line::plain).collect();
        assert!(text[0].ends_with("1 granted, 2 of 3 answered"), "{text:#?}");
        assert_eq!(text[2], "    granted  User.Read openid  1 h 0 min, new refresh token");
        assert!(text[4].starts_with("    invalid_grant, AADSTS65001  "), "{text:#?}");
        assert_eq!(text[6], "    its turn has not come");
    }
}
