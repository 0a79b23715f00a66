//! Applications in the list: what kind each is, and whether it is open to everybody.

use super::columns::{cell, last, mark, rest};
use crate::{
    provider::scenario::{Application, Audience, PlatformKind},
    text::{Line, Role},
    tui::look::Look,
};

/// An application as a row.
pub fn line(application: &Application, width: usize, look: &Look) -> Line {
    let (name, key) = if width < 66 { (24, 14) } else { (27, 18) };
    let words_width = rest(width, &[name, key], look);
    let good = !application.is_disabled;
    let line = cell(mark(Some(good), look), Role::Text, &application.display_name, name, look);
    let line = cell(line, Role::Muted, &application.key, key, look);
    let role = if good { Role::Muted } else { Role::Refused };
    last(line, role, &words(application), words_width, look)
}

fn words(application: &Application) -> String {
    let platform = match application.redirect_uri() {
        Some((PlatformKind::Web, _)) => "web",
        Some((PlatformKind::Spa, _)) => "single page",
        Some((PlatformKind::PublicClient, _)) => "installed",
        None if application.is_resource() => "API",
        None if application.is_fallback_public_client => "device",
        None => "daemon",
    };
    let audience = match application.sign_in_audience {
        Audience::MyOrg => "",
        Audience::MultipleOrgs => "any organisation",
        Audience::Everyone => "everybody",
        Audience::Personal => "personal accounts",
    };
    let words = [
        (application.is_disabled, "disabled"),
        (true, platform),
        (application.app_role_assignment_required, "assigned people only"),
        (true, audience),
    ];
    let said = words.into_iter().filter(|(holds, word)| *holds && !word.is_empty()).map(|(_, word)| word);
    said.collect::<Vec<_>>().join(", ")
}
