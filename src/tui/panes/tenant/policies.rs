//! Policies in the list: what holds everywhere, and what is asked of some sign-ins.

use std::time::Duration;

use super::columns::{cell, last, mark, rest};
use crate::{
    provider::scenario::{ConditionalAccessPolicy, PolicyState, Scenario},
    text::{Line, Role},
    time::span,
    tui::look::Look,
};

/// The switches that hold for every tenant, as one row.
pub fn everywhere(scenario: &Scenario, width: usize, look: &Look) -> Line {
    let consent =
        if scenario.policy.users_may_consent { "people may consent" } else { "administrators consent" };
    row(Some(true), "Switches of every tenant", consent, width, look)
}

/// A policy as a row.
pub fn line(policy: &ConditionalAccessPolicy, width: usize, look: &Look) -> Line {
    let is_on = policy.state == PolicyState::Enabled;
    let mut asks: Vec<String> =
        policy.built_in_controls.iter().map(|control| control.name().to_owned()).collect();
    if let Some(seconds) = policy.sign_in_frequency {
        asks.push(format!("every {}", span(Duration::from_secs(seconds.into()))));
    }
    let asks = asks.join(", ");
    let words = if is_on { asks } else { format!("off ({asks})") };
    row(is_on.then_some(true), &policy.display_name, &words, width, look)
}

fn row(good: Option<bool>, name: &str, words: &str, width: usize, look: &Look) -> Line {
    let words_width = if width < 66 { 18 } else { 26 };
    let name_width = rest(width, &[words_width], look);
    let line = cell(mark(good, look), Role::Text, name, name_width, look);
    last(line, if good.is_some() { Role::Muted } else { Role::Warn }, words, words_width, look)
}
