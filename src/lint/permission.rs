//! Permissions looked up offline: by GUID, by name, by words of the name; what each allows (`meaning`), and the commands that
//! list and grant them (`steps`).

mod meaning;
mod steps;

use serde_json::{Value, json};

use super::is_guid;
use crate::entra::{
    permissions::{self, Permission},
    registration::Kind,
    scopes::{self, Scope},
};

pub use meaning::allows;
pub use steps::{Recipient, Step, admin_consent_url, steps, steps_for};

/// Finds permissions: a GUID, a name, a scope with its API before it, or words. `delegated` (or `scope`) and `application`
/// (or `role`) choose a kind; words of an API's name choose the API. The best fit comes first.
pub fn find(text: &str) -> Vec<Permission> {
    let mut kind = None;
    let mut words = Vec::new();
    for word in text.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty()) {
        let (word, of) = word.split_once('=').map_or((word, None), |(word, of)| (word, Some(of)));
        if let Some(of) = of.and_then(kind_of) {
            kind = Some(of);
        }
        match kind_of(word) {
            Some(named) => kind = Some(named),
            None => words.push(word.to_lowercase()),
        }
    }
    let fits = |one: &Permission| kind.is_none_or(|kind| kind == one.kind);
    let ids: Vec<_> = words.iter().filter(|word| is_guid(word)).collect();
    if !ids.is_empty() {
        // The id of an API beside others chooses it; alone it stands for all of its permissions.
        let of_api = |one: &Permission| ids.iter().any(|id| one.api.eq_ignore_ascii_case(id));
        let exact = |one: &Permission| ids.iter().any(|id| one.id.eq_ignore_ascii_case(id));
        let found: Vec<_> = permissions::all().filter(|one| exact(one) && fits(one)).collect();
        return if found.is_empty() {
            permissions::all().filter(|one| of_api(one) && fits(one)).collect()
        } else {
            found
        };
    }
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, Permission)> =
        permissions::all().filter(fits).filter_map(|one| Some((rank(&one, &words)?, one))).collect();
    found.sort_by_key(|(rank, one)| (*rank, one.name.len()));
    // Whoever writes a name in full means it, and its parts are not asked for.
    let exact = found.iter().filter(|(rank, _)| *rank == 0).count();
    if exact > 0 {
        found.truncate(exact);
    }
    found.into_iter().map(|(_, one)| one).collect()
}

fn kind_of(word: &str) -> Option<Kind> {
    match word.to_ascii_lowercase().as_str() {
        "scope" | "delegated" => Some(Kind::Scope),
        "role" | "application" | "app-only" => Some(Kind::Role),
        _ => None,
    }
}

/// How well it fits, 0 best; `None` if it does not.
fn rank(one: &Permission, words: &[String]) -> Option<usize> {
    let name = one.name.to_lowercase();
    let api = one.api().map_or("", |api| api.name).to_lowercase();
    let mut worst = 0;
    for word in words {
        let asked = Scope::parse(word);
        let is_of_api = asked
            .resource
            .is_none_or(|resource| scopes::well_known(resource).is_some_and(|known| known.id == one.api));
        let own = if name == *word || (asked.resource.is_some() && is_of_api && name == asked.permission) {
            0
        } else if name.split(['.', '_', '-']).any(|part| part == word.as_str()) {
            1
        } else if parts(one.name).iter().any(|part| part.starts_with(word.as_str()))
            || name.starts_with(word.as_str())
        {
            2
        } else if name.contains(word.as_str()) {
            3
        } else if api.split_whitespace().any(|part| part == word.as_str()) {
            // It narrows, and says nothing of the name.
            continue;
        } else {
            return None;
        };
        worst = worst.max(own);
    }
    Some(worst)
}

/// `UserAuthenticationMethod.Read.All` has the parts user, authentication, method, read and all.
fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut begins = true;
    for c in name.chars() {
        if matches!(c, '.' | '_' | '-') {
            begins = true;
            continue;
        }
        if begins || c.is_ascii_uppercase() {
            parts.push(String::new());
        }
        begins = false;
        parts.last_mut().expect("one was pushed at the beginning").extend(c.to_lowercase());
    }
    parts
}

/// The permission of an API that a misspelled name most probably means.
pub fn nearest(name: &str, api: &str) -> Option<Permission> {
    const FAR: usize = 3;
    let wanted: Vec<char> = name.to_lowercase().chars().take(80).collect();
    let of_api = permissions::all().filter(|one| api.is_empty() || one.api.eq_ignore_ascii_case(api));
    let near = of_api.filter(|one| one.name.len().abs_diff(wanted.len()) <= FAR);
    let (distance, one) =
        near.map(|one| (distance(&wanted, one.name), one)).min_by_key(|(distance, _)| *distance)?;
    (distance <= FAR && distance * 3 <= wanted.len()).then_some(one)
}

/// How many letters have to change (Levenshtein), letter case aside.
fn distance(one: &[char], other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let best = (corner + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = best;
        }
    }
    row[other.len()]
}

/// Who may consent, in words.
pub const fn who(one: &Permission) -> &'static str {
    match (one.kind, one.needs_admin) {
        (Kind::Role, _) => "an administrator grants it; it works without anybody signed in",
        (Kind::Scope, true) => "an administrator consents",
        (Kind::Scope, false) => "people consent for themselves, unless the tenant forbids it",
    }
}

/// For programs.
pub fn to_json(one: &Permission) -> Value {
    let api = one.api();
    json!({
        "id": one.id, "name": one.name, "type": one.kind.name(), "needs_admin": one.needs_admin, "who_consents": who(one),
        "api": { "id": one.api, "name": api.map(|api| api.name), "identifier": api.map(|api| api.identifier).filter(|it| !it.is_empty()) },
    })
}
