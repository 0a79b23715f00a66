//! People in the list: who can sign in, and what stands in their way.

use super::columns::{cell, last, mark, rest};
use crate::{
    provider::scenario::User,
    text::{Line, Role},
    tui::look::Look,
};

/// A person as a row.
pub fn line(user: &User, width: usize, look: &Look) -> Line {
    let good = match user {
        _ if !user.account_enabled || user.locked_out => Some(false),
        _ if user.password_expired => None,
        _ => Some(true),
    };
    let (name, address) = if width < 66 { (15, 22) } else { (20, 26) };
    let words_width = rest(width, &[name, address], look);
    let line = cell(mark(good, look), Role::Text, &user.display_name, name, look);
    let line = cell(line, Role::Muted, &user.user_principal_name, address, look);
    let role = if good == Some(true) { Role::Muted } else { Role::Warn };
    last(line, role, &words(user), words_width, look)
}

fn words(user: &User) -> String {
    let second_factor = match &user.one_time_code {
        None => "",
        Some(_) if user.second_factor_on_demand => "code on demand",
        Some(_) => "code every time",
    };
    let guest = if user.guest_in.is_empty() { "" } else { "guest elsewhere" };
    let words = [
        (!user.account_enabled, "blocked"),
        (user.locked_out, "locked out"),
        (user.password_expired, "password expired"),
        (user.administrator, "administrator"),
        (user.federated, "federated"),
        (true, guest),
        (true, second_factor),
    ];
    let said = words.into_iter().filter(|(holds, word)| *holds && !word.is_empty()).map(|(_, word)| word);
    said.collect::<Vec<_>>().join(", ")
}
