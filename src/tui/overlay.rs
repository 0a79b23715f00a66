//! What lies over a screen: help, the command palette, a question, a text to select by hand, the messages so far.
//!
//! Overlays are a stack. The top one sees every action first and answers what became of it.

use super::{
    action::Action,
    keymap::{Context, Key},
    pane::{Choice, Intent},
    widgets::{field::Field, lines::Scroll},
};
use crate::secret::Secret;

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys of a screen, filtered by what is typed.
    Help {
        /// Whose keys.
        context: Context,
        /// The filter.
        filter: Field,
        /// Where it is scrolled to.
        scroll: Scroll,
    },
    /// Every action by name.
    Palette {
        /// On which screen it was opened.
        context: Context,
        /// What is typed.
        query: Field,
        /// The selected hit.
        selected: usize,
    },
    /// A question; the default is no.
    Question {
        /// What is asked, naming the thing.
        question: String,
        /// What yes means.
        confirm: Confirm,
    },
    /// A text alone, unboxed, to select by hand.
    Plain {
        /// What it is.
        title: String,
        /// The text.
        text: Secret,
        /// Where it is scrolled to.
        scroll: Scroll,
    },
    /// Everything that can be copied here.
    Copies {
        /// What it is, and the text.
        copies: Vec<(String, Secret)>,
        /// The selected one.
        selected: usize,
    },
    /// A list to choose from.
    Choices {
        /// What is chosen.
        title: String,
        /// The list.
        choices: Vec<Choice>,
        /// The selected one.
        selected: usize,
    },
    /// The messages so far, newest first.
    Messages {
        /// Where they are scrolled to.
        scroll: Scroll,
    },
}

/// What a yes leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// The program ends.
    Quit,
    /// The scenario file of that name is written anew.
    ReplaceScenario(String),
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It was dealt with.
    Taken,
    /// The overlay closes.
    Closed,
    /// The overlay closes, and this is done.
    Do(Action),
    /// The overlay closes, and this is copied.
    Copy(String, Secret),
    /// The overlay closes, and this is carried out.
    Chosen(Box<Intent>),
    /// The question was answered with yes.
    Confirmed(Confirm),
    /// It is not for the overlay.
    Passed,
}

impl Overlay {
    /// Help for a screen.
    pub fn help(context: Context) -> Self {
        Self::Help { context, filter: Field::default(), scroll: Scroll::default() }
    }

    /// The palette.
    pub fn palette(context: Context) -> Self {
        Self::Palette { context, query: Field::default(), selected: 0 }
    }

    /// A question.
    pub const fn confirm(question: String, confirm: Confirm) -> Self {
        Self::Question { question, confirm }
    }

    /// A text alone.
    pub fn plain(title: String, text: Secret) -> Self {
        Self::Plain { title, text, scroll: Scroll::default() }
    }

    /// The messages.
    pub fn messages() -> Self {
        Self::Messages { scroll: Scroll::default() }
    }

    /// What can be copied.
    pub const fn copies(copies: Vec<(String, Secret)>) -> Self {
        Self::Copies { copies, selected: 0 }
    }

    /// A list to choose from.
    pub const fn choices(title: String, choices: Vec<Choice>) -> Self {
        Self::Choices { title, choices, selected: 0 }
    }

    /// Which part of the keymap applies while this is on top.
    pub const fn context(&self) -> Context {
        match self {
            Self::Help { .. } | Self::Messages { .. } => Context::Help,
            Self::Palette { .. } => Context::Palette,
            Self::Question { .. } => Context::Confirm,
            Self::Plain { .. } => Context::Value,
            Self::Copies { .. } | Self::Choices { .. } => Context::Menu,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self {
            Self::Help { filter: field, .. } | Self::Palette { query: field, .. } => Some(field),
            Self::Question { .. }
            | Self::Plain { .. }
            | Self::Copies { .. }
            | Self::Choices { .. }
            | Self::Messages { .. } => None,
        }
    }

    /// Takes a key that stands for itself.
    pub fn typed(&mut self, key: Key) {
        if let Some(field) = self.field() {
            field.key(key);
        }
        self.begin_again();
    }

    /// Takes a pasted text.
    pub fn pasted(&mut self, text: &str) {
        if let Some(field) = self.field() {
            field.paste(text);
        }
        self.begin_again();
    }

    /// Empties the field; says whether there was something in it.
    pub fn clear(&mut self) -> bool {
        let filled = self.field().is_some_and(|field| !field.is_empty());
        if let Some(field) = self.field() {
            field.clear();
        }
        filled
    }

    /// What is typed has changed what is shown.
    fn begin_again(&mut self) {
        match self {
            Self::Help { scroll, .. } => scroll.to_top(),
            Self::Palette { selected, .. } => *selected = 0,
            Self::Question { .. }
            | Self::Plain { .. }
            | Self::Copies { .. }
            | Self::Choices { .. }
            | Self::Messages { .. } => {}
        }
    }

    /// Takes an action.
    pub fn update(&mut self, action: Action) -> Answer {
        match (self, action) {
            (Self::Question { confirm, .. }, Action::Confirm) => Answer::Confirmed(confirm.clone()),
            (Self::Question { .. }, Action::Mouse | Action::Redraw | Action::Suspend) => Answer::Passed,
            // Whatever else is pressed means no.
            (Self::Question { .. }, _) => Answer::Closed,
            (Self::Palette { context, query, selected }, Action::Activate) => hits(*context, query.text())
                .get(*selected)
                .map_or(Answer::Taken, |action| Answer::Do(*action)),
            (Self::Palette { selected, .. }, Action::MoveUp) => {
                *selected = selected.saturating_sub(1);
                Answer::Taken
            }
            (Self::Palette { context, query, selected }, Action::MoveDown) => {
                *selected = (*selected + 1).min(hits(*context, query.text()).len().saturating_sub(1));
                Answer::Taken
            }
            (Self::Copies { copies, selected }, Action::Activate) => match copies.get(*selected) {
                Some((what, text)) => Answer::Copy(what.clone(), text.clone()),
                None => Answer::Closed,
            },
            (Self::Copies { copies, selected }, Action::MoveDown) => {
                *selected = (*selected + 1).min(copies.len().saturating_sub(1));
                Answer::Taken
            }
            (Self::Copies { selected, .. }, Action::MoveUp) => {
                *selected = selected.saturating_sub(1);
                Answer::Taken
            }
            (Self::Choices { choices, selected, .. }, Action::Activate) => match choices.get(*selected) {
                Some(choice) => Answer::Chosen(Box::new(choice.intent.clone())),
                None => Answer::Closed,
            },
            (Self::Choices { choices, selected, .. }, action) if list_move(action) => {
                let last = choices.len().saturating_sub(1);
                *selected = match action {
                    Action::MoveDown => (*selected + 1).min(last),
                    Action::MoveUp => selected.saturating_sub(1),
                    Action::MoveTop => 0,
                    _ => last,
                };
                Answer::Taken
            }
            (Self::Plain { title, text, .. }, Action::Copy) => Answer::Copy(title.clone(), text.clone()),
            (_, Action::Close | Action::Back | Action::Help | Action::Palette | Action::Activate) => {
                Answer::Closed
            }
            (_, Action::Redraw | Action::Suspend | Action::Mouse) => Answer::Passed,
            (Self::Help { scroll, .. } | Self::Messages { scroll } | Self::Plain { scroll, .. }, action) => {
                scroll.act(action);
                Answer::Taken
            }
            (Self::Palette { .. } | Self::Copies { .. } | Self::Choices { .. }, _) => Answer::Taken,
        }
    }
}

const fn list_move(action: Action) -> bool {
    matches!(action, Action::MoveDown | Action::MoveUp | Action::MoveTop | Action::MoveBottom)
}

/// The actions that match what is typed, best first: those that work on the screen it was opened on, and everywhere.
pub fn hits(context: Context, query: &str) -> Vec<Action> {
    let query = query.to_lowercase();
    let usable = Action::ALL.iter().copied().filter(|action| super::keymap::is_usable(context, *action));
    let mut hits: Vec<_> = usable
        .filter_map(|action| {
            let about = super::keymap::about(context, action);
            let text = format!("{} {about}", action.name()).to_lowercase();
            Some((score(&text, &query)?, action))
        })
        .collect();
    hits.sort_by_key(|(score, _)| *score);
    hits.into_iter().map(|(_, action)| action).collect()
}

/// How far apart the letters of `query` stand in `text`; `None` if they do not all stand there in this order. Less is
/// better.
fn score(text: &str, query: &str) -> Option<usize> {
    if let Some(at) = text.find(query) {
        return Some(at);
    }
    let mut rest = text.char_indices();
    let mut total = 1000;
    let mut last = None;
    for wanted in query.chars().filter(|c| !c.is_whitespace()) {
        let (at, _) = rest.find(|(_, c)| *c == wanted)?;
        total += last.map_or(at, |last: usize| at - last);
        last = Some(at);
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_stand_together_win() {
        assert!(score("flow.next does it", "next").unwrap() < score("never explained text", "next").unwrap());
        assert_eq!(score("abc", "abd"), None);
        assert_eq!(score("anything", ""), Some(0));
    }

    #[test]
    fn a_question_takes_everything_but_yes_for_no() {
        let mut question = Overlay::confirm("Quit?".to_owned(), Confirm::Quit);
        assert_eq!(question.update(Action::Activate), Answer::Closed);
        assert_eq!(question.update(Action::Confirm), Answer::Confirmed(Confirm::Quit));
    }
}
