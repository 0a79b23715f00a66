//! What lies over a screen: help, the command palette, a question, a text to select by hand, the messages so far.
//!
//! Overlays are a stack. The top one sees every action first and answers what became of it.

use crossterm::event::KeyEvent;
use tui_input::{Input, backend::crossterm::EventHandler as _};

use super::{action::Action, keymap::Context};
use crate::secret::Secret;

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys of a screen, filtered by what is typed.
    Help {
        /// Whose keys.
        context: Context,
        /// The filter.
        filter: Input,
        /// The first line shown.
        scroll: usize,
    },
    /// Every action by name.
    Palette {
        /// On which screen it was opened.
        context: Context,
        /// What is typed.
        query: Input,
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
    },
    /// The messages so far.
    Messages {
        /// The first line shown, counted from the newest.
        scroll: usize,
    },
}

/// What a yes leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// The program ends.
    Quit,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was dealt with.
    Taken,
    /// The overlay closes.
    Closed,
    /// The overlay closes, and this is done.
    Do(Action),
    /// The question was answered with yes.
    Confirmed(Confirm),
    /// It is not for the overlay.
    Passed,
}

impl Overlay {
    /// Help for a screen.
    pub fn help(context: Context) -> Self {
        Self::Help { context, filter: Input::default(), scroll: 0 }
    }

    /// The palette.
    pub fn palette(context: Context) -> Self {
        Self::Palette { context, query: Input::default(), selected: 0 }
    }

    /// A question.
    pub const fn confirm(question: String, confirm: Confirm) -> Self {
        Self::Question { question, confirm }
    }

    /// A text alone.
    pub const fn plain(title: String, text: Secret) -> Self {
        Self::Plain { title, text }
    }

    /// The messages.
    pub const fn messages() -> Self {
        Self::Messages { scroll: 0 }
    }

    /// Which part of the keymap applies while this is on top.
    pub const fn context(&self) -> Context {
        match self {
            Self::Help { .. } => Context::Help,
            Self::Palette { .. } => Context::Palette,
            Self::Question { .. } => Context::Confirm,
            Self::Plain { .. } | Self::Messages { .. } => Context::Popup,
        }
    }

    /// Takes a key that stands for itself.
    pub fn typed(&mut self, key: KeyEvent) {
        let event = crossterm::event::Event::Key(key);
        match self {
            Self::Help { filter, scroll, .. } => {
                filter.handle_event(&event);
                *scroll = 0;
            }
            Self::Palette { query, selected, .. } => {
                query.handle_event(&event);
                *selected = 0;
            }
            Self::Question { .. } | Self::Plain { .. } | Self::Messages { .. } => {}
        }
    }

    /// Takes a pasted text: its first line.
    pub fn pasted(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        if let Self::Help { filter: field, .. } | Self::Palette { query: field, .. } = self {
            *field = Input::new(format!("{}{line}", field.value()));
        }
    }

    /// Empties the field; says whether there was something in it.
    pub fn clear(&mut self) -> bool {
        match self {
            Self::Help { filter: field, .. } | Self::Palette { query: field, .. } => {
                let filled = !field.value().is_empty();
                field.reset();
                filled
            }
            Self::Question { .. } | Self::Plain { .. } | Self::Messages { .. } => false,
        }
    }

    /// Takes an action.
    pub fn update(&mut self, action: Action) -> Answer {
        match (self, action) {
            (Self::Question { confirm, .. }, Action::Confirm) => Answer::Confirmed(*confirm),
            (Self::Question { .. }, Action::Mouse | Action::Redraw | Action::Suspend) => Answer::Passed,
            // Whatever else is pressed means no.
            (Self::Question { .. }, _) => Answer::Closed,
            (Self::Palette { context, query, selected }, Action::Activate) => {
                hits(*context, query.value()).get(*selected).map_or(Answer::Taken, |action| Answer::Do(*action))
            }
            (Self::Palette { selected, .. }, Action::MoveUp) => {
                *selected = selected.saturating_sub(1);
                Answer::Taken
            }
            (Self::Palette { context, query, selected }, Action::MoveDown) => {
                *selected = (*selected + 1).min(hits(*context, query.value()).len().saturating_sub(1));
                Answer::Taken
            }
            (Self::Help { scroll, .. } | Self::Messages { scroll }, action) if moved(action, *scroll).is_some() => {
                *scroll = moved(action, *scroll).unwrap_or_default();
                Answer::Taken
            }
            (_, Action::Close | Action::Back | Action::Help | Action::Palette | Action::Activate) => Answer::Closed,
            (_, Action::Redraw | Action::Suspend | Action::Mouse) => Answer::Passed,
            _ => Answer::Taken,
        }
    }
}

/// Where a scroll position goes; clamped to the content when it is drawn.
const fn moved(action: Action, scroll: usize) -> Option<usize> {
    Some(match action {
        Action::MoveUp => scroll.saturating_sub(1),
        Action::MoveDown => scroll.saturating_add(1),
        Action::PageUp | Action::HalfPageUp => scroll.saturating_sub(10),
        Action::PageDown | Action::HalfPageDown => scroll.saturating_add(10),
        Action::MoveTop => 0,
        _ => return None,
    })
}

/// The actions that match what is typed, best first: those that work on the screen it was opened on, and everywhere.
pub fn hits(context: Context, query: &str) -> Vec<Action> {
    let query = query.to_lowercase();
    let usable = Action::ALL.iter().copied().filter(|action| super::keymap::key_of(context, *action).is_some());
    let mut hits: Vec<_> = usable
        .filter_map(|action| {
            let text = format!("{} {}", action.name(), action.about()).to_lowercase();
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
