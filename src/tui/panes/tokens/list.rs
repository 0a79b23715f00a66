//! The shelf as a list: what each token was given as, whom it is for, and how long it lasts. A bent copy says in what it is
//! bent instead: whom it is for stands in the row of its original.

use serde_json::Value;

use crate::{
    text::{Line, Role, visible},
    time::{self, UnixTime},
    token::{Kind, bend, values},
    tui::{glyphs::Glyphs, widgets::fit},
    workbench::{Held, TokenUse, Workbench},
};

/// How wide the first column is.
const USED_AS: u16 = 8;

/// One row of the list, `width` columns wide.
pub fn row(
    held: &Held,
    bench: &Workbench,
    is_marked: bool,
    now: UnixTime,
    width: u16,
    glyphs: &Glyphs,
) -> Line {
    let mark = if is_marked { "*" } else { "" };
    let number = alike(held, bench).map(|number| format!(" {number}")).unwrap_or_default();
    let used_as = fit::cell(&format!("{}{number}{mark}", held.used_as.name()), USED_AS, glyphs);
    let room = width.saturating_sub(USED_AS);
    let (mut time, role) = lasts(held, now);
    let about = match in_short(held) {
        Some(words) => {
            // What tells two copies apart is worth more than how long they last.
            if fit::width(&words) + 1 + fit::width(&time) > room {
                time.clear();
            }
            words
        }
        None => audience(held, bench),
    };
    let taken = if time.is_empty() { 0 } else { fit::width(&time) + 1 };
    let about = fit::cell(&about, room.saturating_sub(taken), glyphs);
    let blank = if time.is_empty() { "" } else { " " };
    Line::of(Role::Name, used_as).then(Role::Value, about).then(role, format!("{blank}{time}"))
}

/// In what a copy is bent; `None` for every other token.
fn in_short(held: &Held) -> Option<String> {
    let (changes, signing) = held.bent.as_ref()?;
    Some(visible(&bend::in_short(changes, *signing)).into_owned())
}

/// The number of a copy among those that are bent in the same words, from 2: values alone tell those apart.
fn alike(held: &Held, bench: &Workbench) -> Option<usize> {
    let words = in_short(held)?;
    let before = bench.shelf.all().iter().take_while(|other| !std::ptr::eq(*other, held));
    let alike = before.filter(|other| in_short(other).as_ref() == Some(&words)).count();
    (alike > 0).then_some(alike + 1)
}

/// Whom a token is for, by the name that a person knows.
fn audience(held: &Held, bench: &Workbench) -> String {
    match held.decoded.kind {
        Kind::Jws => {}
        Kind::Jwe => return "encrypted".to_owned(),
        Kind::Opaque => return "opaque".to_owned(),
        Kind::Saml => return "SAML".to_owned(),
        Kind::NotAToken => return "not a token".to_owned(),
    }
    if held.used_as == TokenUse::Proof {
        // It is for the token endpoint, as all of them are; what tells them apart is whom they are about.
        let client = held.decoded.claims.get("sub").and_then(Value::as_str).unwrap_or("nobody named");
        let is_own = held.session.and_then(|id| bench.session(id)).map(|run| run.profile.client_id.as_str());
        return if is_own == Some(client) { "of this app".to_owned() } else { format!("of {client}") };
    }
    let named = match held.decoded.claims.get("aud") {
        Some(Value::String(one)) => one.as_str(),
        Some(Value::Array(all)) => match all.first().and_then(Value::as_str) {
            Some(first) if all.len() > 1 => return format!("{first} and {} more", all.len() - 1),
            Some(first) => first,
            None => return "nobody named".to_owned(),
        },
        _ => return "nobody named".to_owned(),
    };
    let of_this_run = held.session.and_then(|id| bench.session(id));
    if of_this_run.is_some_and(|session| session.profile.client_id == named) {
        return "this app".to_owned();
    }
    if let Some(known) = values::explain_value("aud", &Value::from(named), UnixTime::default()) {
        return known;
    }
    let is_meant = |uri: &String| uri == named;
    let mut applications = bench.lab.scenario.applications().iter();
    let in_lab = applications.find(|one| one.app_id == named || one.identifier_uris.iter().any(is_meant));
    match in_lab {
        Some(application) if held.is_from_lab() => application.display_name.clone(),
        _ => named.strip_prefix("api://").unwrap_or(named).to_owned(),
    }
}

/// How long it lasts, in a word.
fn lasts(held: &Held, now: UnixTime) -> (String, Role) {
    let starts = held.decoded.time("nbf").filter(|start| *start > now);
    match held.decoded.time("exp") {
        Some(end) if end <= now => ("expired".to_owned(), Role::Refused),
        _ if starts.is_some() => ("not yet".to_owned(), Role::Warn),
        Some(end) => (time::span(end.since(now)), Role::Ok),
        None => (String::new(), Role::Muted),
    }
}
