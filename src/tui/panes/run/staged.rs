//! The lines at the top of a run that shows an error number in the lab tenant, or the run that works since it was mended:
//! what is wrong, whether the number has come, what `m` does, and that it passed afterwards.

use super::shown::Shown;
use crate::{
    flow::Outcome,
    text::{Line, Role},
    tui::look::Look,
    workbench::{
        SessionId, Workbench,
        reproduce::{Part, Standing, Told},
    },
};

/// What is said; nothing about a run that has nothing to do with it. With `room` there is a line about what was changed.
pub fn lines(bench: &Workbench, shown: Option<&Shown<'_>>, look: &Look, room: bool) -> Vec<Line> {
    let Some(reproduction) = bench.reproduction() else { return Vec::new() };
    if !shown.map_or_else(
        || reproduction.session.is_none(),
        |shown| reproduction.concerns(bench.root(shown.session.id)),
    ) {
        return Vec::new();
    }
    let (Some(standing), told) = (bench.standing(), bench.told(reproduction.code)) else { return Vec::new() };
    let number = format!("AADSTS{}", reproduction.code);
    let mut lines = vec![
        Line::of(Role::Lab, "In the lab")
            .then(Role::Text, "  ")
            .then(Role::Refused, &number)
            .then(Role::Text, format!(": {}", reproduction.shows)),
    ];
    if let Some(told) = &told {
        if room && !reproduction.is_mended {
            lines.extend(changed(told));
        }
        if told.played.is_some() {
            lines.push(Line::of(Role::Warn, format!("{} ", look.glyphs.warning)).then(
                Role::Text,
                "Fault injection: the lab is told to answer so. No state of it leads here.",
            ));
        }
    }
    lines.push(state(bench, &standing, &number, told.as_ref(), look));
    lines
}

/// The run of a reproduction, for keys that are about it.
pub fn waits_to_be_mended(bench: &Workbench, run: SessionId) -> bool {
    bench.reproduction().is_some_and(|one| !one.is_mended && one.concerns(bench.root(run)))
}

/// `Changed: lab tenant: Mina: lockedOut true; …`.
fn changed(told: &Told) -> Option<Line> {
    let is_wrong = |change: &&(Part, String)| change.0 != Part::Before;
    let (part, first) = told.changes.iter().find(is_wrong).or(told.changes.first())?;
    let line = Line::of(Role::Muted, "Changed  ")
        .then(Role::Name, part.name())
        .then(Role::Text, format!(": {first}"));
    Some(match told.changes.len() - 1 {
        0 => line,
        more => line
            .then(Role::Muted, format!("; {more} more, see "))
            .then(Role::Key, "4")
            .then(Role::Muted, " Errors"),
    })
}

fn state(bench: &Workbench, standing: &Standing, number: &str, told: Option<&Told>, look: &Look) -> Line {
    let glyphs = look.glyphs;
    let mends = |line: Line| {
        let does = match told {
            Some(told) if told.leaves_a_mark => " takes it back and runs again",
            _ => " runs again without it",
        };
        line.then(Role::Key, "m").then(Role::Muted, does)
    };
    match standing {
        Standing::Trouble(why) => Line::of(Role::Refused, format!("{} Not set up: ", glyphs.failed))
            .then(Role::Text, why)
            .then(Role::Muted, ".  ")
            .then(Role::Key, "8")
            .then(Role::Muted, " shows the tenant"),
        Standing::SettingUp => Line::of(Role::Busy, "Being set up: what comes before the run goes first."),
        Standing::Running => {
            let comes = told.map(|told| format!("It comes {}.  ", told.seen)).unwrap_or_default();
            mends(Line::of(Role::Text, comes))
        }
        Standing::Met(id) => {
            let exchange = bench.traffic.get(*id);
            let step = exchange.and_then(|exchange| {
                let steps = bench.session(exchange.session()?)?.flow.steps();
                steps.iter().find(|step| Some(step.id) == exchange.step).map(|step| step.title)
            });
            let at = step.map(|title| format!(" at \"{title}\"")).unwrap_or_default();
            let run = bench.reproduction().and_then(|shown| bench.session(shown.session?));
            let went_on =
                run.is_some_and(|run| matches!(run.outcome, Some(Outcome::Tokens(_) | Outcome::Done(_))));
            let line = Line::of(Role::Ok, format!("{} ", glyphs.ok))
                .then(Role::Text, format!("It came{at}, #{}", id.0))
                .then(Role::Text, if went_on { ", and the sign-in went on.  " } else { ".  " });
            mends(line)
        }
        Standing::Missed => mends(
            Line::of(Role::Warn, format!("{} ", glyphs.warning))
                .then(Role::Text, "The run ended without it: something else was done than set up.  "),
        ),
        Standing::Mending => Line::of(Role::Busy, "Mended: the same run goes again, as it should be."),
        Standing::Passes => Line::of(Role::Ok, format!("{} Mended, and it passes", glyphs.ok))
            .then(Role::Text, format!(": {number} does not come any more.")),
        Standing::StillFails => {
            Line::of(Role::Refused, format!("{} Mended, yet it does not pass", glyphs.failed))
                .then(Role::Text, ": something else is changed in the lab tenant.  ")
                .then(Role::Key, "8")
                .then(Role::Muted, " shows it")
        }
    }
}
