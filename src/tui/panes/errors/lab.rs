//! What the lab tenant can do about a number that is explained: how it is brought there, where the number comes, and what
//! mending does.

use crate::{
    text::{Line, Role},
    tui::look::Look,
    workbench::{Workbench, reproduce::Standing},
};

/// The section; nothing where the lab has no way to the number.
pub fn lines(code: Option<u32>, bench: &Workbench, look: &Look) -> Vec<Line> {
    let Some((code, told)) = code
        .filter(|code| bench.can_reproduce(*code))
        .and_then(|code| bench.told(code).map(|told| (code, told)))
    else {
        return Vec::new();
    };
    let glyphs = look.glyphs;
    let current = bench.reproduction().filter(|shown| shown.code == code);
    let mut lines = vec![
        Line::new(),
        Line::of(Role::Title, "In the lab tenant"),
        Line::of(Role::Key, "R").then(Role::Text, format!(" shows it: {}.", told.shows)),
    ];
    if let Some(why) = told.played {
        lines.push(
            Line::of(Role::Warn, format!("{} ", glyphs.warning))
                .then(Role::Text, "Fault injection: the lab is told to answer so. ")
                .then(Role::Text, why),
        );
    }
    let item = |name: &str, text: &str| {
        Line::of(Role::Muted, format!("{} ", glyphs.bullet))
            .then(Role::Name, name)
            .then(Role::Text, format!(": {text}"))
    };
    lines.push(item("run", &told.run));
    lines.extend(told.changes.iter().map(|(part, text)| item(part.name(), text)));
    lines.push(item("the number comes", &told.seen));
    let does = if told.leaves_a_mark {
        " then takes the change back and starts the same run again, which works."
    } else {
        " then starts the same run again without the change, which works; nothing stays in the tenant."
    };
    lines.push(Line::of(Role::Key, "m").then(Role::Text, does));
    let now = match (current, bench.standing()) {
        (Some(shown), Some(Standing::Trouble(why))) if shown.trouble.is_some() => {
            Some((Role::Refused, glyphs.failed, format!("It could not be set up: {why}.")))
        }
        (Some(_), Some(Standing::Passes)) => {
            Some((Role::Ok, glyphs.ok, "Mended just now, and the run passed.".to_owned()))
        }
        (Some(shown), _) if !shown.is_mended => {
            Some((Role::Busy, glyphs.running, "It is set up at present.".to_owned()))
        }
        _ => None,
    };
    lines.extend(now.map(|(role, mark, text)| Line::of(role, format!("{mark} ")).then(Role::Text, text)));
    lines
}
