//! The footer: the most useful keys, and always the way to the others.

use ratatui::{buffer::Buffer, layout::Rect, text::Line, widgets::Widget};

use super::fit;
use crate::{
    text::{self, Role},
    tui::{action::Action, keymap::Hint, look::Look},
};

/// Blanks between two hints.
const GAP: u16 = 2;

/// A footer to be drawn; takes one row.
#[derive(Clone, Copy, Debug)]
pub struct Footer<'a> {
    hints: &'a [Hint],
    look: &'a Look,
}

impl<'a> Footer<'a> {
    /// Hints, most useful first, the one that leads to the others last.
    pub const fn new(hints: &'a [Hint], look: &'a Look) -> Self {
        Self { hints, look }
    }

    /// Where each hint stands that has room, for drawing and for clicks.
    pub fn places(&self, area: Rect) -> Vec<(Rect, Action)> {
        self.layout(area).into_iter().map(|(place, hint)| (place, hint.action)).collect()
    }

    /// The last hint is placed first: it is never the one to go.
    fn layout(&self, area: Rect) -> Vec<(Rect, &'a Hint)> {
        let Some((last, others)) = self.hints.split_last().filter(|_| !area.is_empty()) else {
            return Vec::new();
        };
        let width = |hint: &Hint| fit::width(&hint.keys) + 1 + fit::width(hint.words);
        let end = area.right().saturating_sub(width(last));
        let mut x = area.left() + area.width.min(1);
        let mut places = Vec::new();
        for hint in others {
            if x + width(hint) + GAP > end {
                break;
            }
            places.push((Rect { x, width: width(hint), height: 1, ..area }, hint));
            x += width(hint) + GAP;
        }
        places.push((Rect { x, width: width(last), height: 1, ..area }.intersection(area), last));
        places.retain(|(place, _)| !place.is_empty());
        places
    }
}

impl Widget for &Footer<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        for (place, hint) in self.layout(area) {
            let line = text::Line::of(Role::Key, &hint.keys).then(Role::Text, format!(" {}", hint.words));
            let line: Line<'_> = self.look.line(&line);
            buffer.set_line(place.x, place.y, &line, place.width);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{
        glyphs::Charset,
        keymap::{self, Context},
        widgets::testing::{at_all_sizes, drawn, look},
    };

    #[test]
    fn what_does_not_fit_goes_from_the_end_but_never_the_help() {
        let look = look(Charset::Unicode);
        let hints = keymap::footer(Context::Flows, Charset::Unicode);
        let footer = Footer::new(&hints, &look);
        let row = |width| drawn(width, 1, |area, buffer| footer.render(area, buffer)).remove(0);
        assert_eq!(
            row(80),
            " ↑↓ move  Enter run  a run through  / find  Tab pane  : command  q quit  ? help"
        );
        assert_eq!(row(30), " ↑↓ move  Enter run  ? help");
        assert_eq!(row(7), " ? help");
        for width in 7..120 {
            assert!(row(width).ends_with("? help"), "{width}");
        }
    }

    #[test]
    fn a_click_finds_the_hint_that_is_drawn_there() {
        let look = look(Charset::Unicode);
        let hints = keymap::footer(Context::Flows, Charset::Unicode);
        let places = Footer::new(&hints, &look).places(Rect::new(0, 23, 80, 1));
        let at =
            |x| places.iter().find(|(place, _)| place.contains((x, 23).into())).map(|(_, action)| *action);
        assert_eq!(at(1), Some(Action::MoveUp));
        assert_eq!(at(10), Some(Action::FlowStart));
        assert_eq!(at(9), None);
        assert_eq!(places.last().map(|(_, action)| *action), Some(Action::Help));
    }

    #[test]
    fn any_area_will_do() {
        let look = look(Charset::Ascii);
        let hints = keymap::footer(Context::Run, Charset::Ascii);
        at_all_sizes(|area, buffer| Footer::new(&hints, &look).render(area, buffer));
        at_all_sizes(|area, buffer| Footer::new(&[], &look).render(area, buffer));
    }
}
