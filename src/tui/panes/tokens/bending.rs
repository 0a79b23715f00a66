//! A token of the lab that is being changed: its members as they are now, and what is typed for one of them. It becomes a
//! token of its own on the shelf when a person says who signs it.

use crate::{
    secret::Secret,
    text::{Line, Role, visible},
    token::{
        Decoded,
        bend::{Altered, Bent, Part, Signing},
    },
    tui::{
        pane::{Choice, Intent},
        widgets::field::Field,
    },
    workbench::Held,
};

/// Values longer than this are not shown again in a line.
const SHORT: usize = 24;

/// The token that is being changed.
#[derive(Clone, Debug)]
pub struct Bending {
    /// The token with its changes.
    pub bent: Bent,
    /// The same as the screen shows tokens.
    pub shown: Decoded,
}

impl Bending {
    /// Begins; `None` for what cannot be bent: tokens that the lab has not made, or that nobody can read.
    pub fn of(held: &Held) -> Option<Self> {
        let bent = held.is_from_lab().then(|| Bent::of(&held.decoded)).flatten()?;
        Some(Self { bent, shown: held.decoded.clone() })
    }

    /// Whether it is still this token that is changed.
    pub fn is_of(&self, token: &Secret) -> bool {
        self.bent.original() == token
    }

    /// Gives a member what a person typed.
    pub fn set(&mut self, part: Part, name: &str, text: &str) {
        self.bent.set_text(part, name, text);
        self.refresh();
    }

    /// Takes a member out.
    pub fn remove(&mut self, part: Part, name: &str) {
        self.bent.remove(part, name);
        self.refresh();
    }

    /// Takes the last of the changes back; says which member it was.
    pub fn restore(&mut self) -> Option<String> {
        let last = self.bent.changes().pop()?;
        self.bent.restore(last.part, &last.name);
        self.refresh();
        Some(last.name)
    }

    fn refresh(&mut self) {
        self.shown.header = self.bent.part(Part::Header).clone();
        self.shown.claims = self.bent.part(Part::Claims).clone();
    }

    /// The question who signs it.
    pub fn signers(&self) -> Intent {
        let choice = |signing: Signing| Choice {
            name: signing.title().to_owned(),
            note: signing.about().to_owned(),
            intent: Intent::Bend(Box::new(self.bent.clone()), signing),
        };
        Intent::Choose {
            title: "Who signs the bent copy?".to_owned(),
            choices: Signing::ALL.into_iter().map(choice).collect(),
        }
    }

    /// What stands above its members.
    pub fn line(&self) -> Line {
        let changes = self.bent.changes();
        let line =
            Line::of(Role::Edited, "Bending: ").then(Role::Text, told(&changes)).then(Role::Text, ". ");
        line.then(Role::Key, "s")
            .then(Role::Muted, " signs the copy, ")
            .then(Role::Key, "Esc")
            .then(Role::Muted, " drops it")
    }
}

/// What stands above the verdict meanwhile.
pub fn not_judged() -> Line {
    Line::of(Role::Edited, "Without your changes: ")
        .then(Role::Muted, "the copy is judged once it is signed.")
}

/// The changes in a few words.
pub fn told(changes: &[Altered]) -> String {
    if changes.is_empty() {
        return "nothing is changed".to_owned();
    }
    let one = |altered: &Altered| {
        let name = visible(&altered.name).into_owned();
        match (&altered.before, &altered.after) {
            (_, None) => format!("{name} taken out"),
            (None, Some(_)) => format!("{name} added"),
            (Some(_), Some(after)) => {
                let after = super::claims::text_of(after);
                let short: String = visible(&after).chars().take(SHORT).collect();
                if short.len() < after.len() {
                    format!("{name} changed")
                } else {
                    format!("{name} is now {short}")
                }
            }
        }
    };
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What stands above the claims of a bent copy.
pub fn line_of(changes: &[Altered], signing: Signing) -> Line {
    Line::of(Role::Edited, "Bent copy: ")
        .then(Role::Text, told(changes))
        .then(Role::Muted, format!("; signed: {}", signing.title()))
}

/// The member that is typed.
#[derive(Debug)]
pub struct Member {
    /// Where it stands.
    pub part: Part,
    /// Its name; of a new one it is typed with the value.
    pub name: Option<String>,
    /// Its value.
    pub field: Field,
}

impl Member {
    /// Name and value, as far as both were typed.
    pub fn read(&self) -> Option<(String, String)> {
        let text = self.field.text();
        if let Some(name) = &self.name {
            return Some((name.clone(), text.to_owned()));
        }
        let (name, value) = text.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.trim().to_owned()))
    }
}
